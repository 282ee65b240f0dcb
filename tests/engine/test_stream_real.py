"""Live samples are those of the run on real data of many layouts: ``AUGMENT_REAL_DATA=FOLDER pytest -m realdata``.

Whoever makes them, here, workers or a DataLoader's, forked or spawned: each pixel, sample and character.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
from augment.engine.stream import Stream
from tests.engine import samples

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*(were left out|it is left out|takes its place|stands in):UserWarning"),
    pytest.mark.realdata,
    pytest.mark.skipif("AUGMENT_REAL_DATA" not in os.environ, reason="AUGMENT_REAL_DATA names no folder"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
STEPS: dict[str, list[dict[str, Any]]] = {
    "image": [
        {"HorizontalFlip": {"p": 0.5}},
        {"Affine": {"rotate": [-15, 15], "scale": [0.9, 1.1], "p": 0.8}},
        {"GaussNoise": {"std_range": [0.02, 0.1], "p": 1.0}},
    ],
    "audio": [{"Gain": {"p": 0.5}}, {"AddGaussianNoise": {"p": 1.0}}, {"PolarityInversion": {"p": 0.5}}],
    "text": [{"SynonymReplacement": {"p": 0.5}}, {"RandomSwap": {"p": 0.3}}, {"Typos": {"rate": 0.05, "p": 0.9}}],
}
LOSSLESS = {"image": {"format": "png"}, "audio": {"format": "wav", "subtype": "FLOAT"}, "text": {}}
CAMVID = ["sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"]
PATHS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "photos": ("image", "photos_clothing", {}),
    "grays": ("image", "imagenet", {}),
    "coco": ("image", "coco", {}),
    "voc": ("image", "voc_bccd", {}),
    "yolo": ("image", "yolo_ships", {"splits": {"val": "validate/images"}, "names": {0: "Ships", 3: "Ships"}}),
    "masks": ("image", "seg_camvid", {"classes": [*CAMVID, "void"], "void": 11}),
    "odd pictures": ("image", "images_odd_formats", {}),
    "digits": ("audio", "fsdd", {}),
    "ogg": ("audio", "esc10", {}),
    "flac": ("audio", "librispeech", {}),
    "odd sounds": ("audio", "audio_odd_formats", {}),
    "folders": ("text", "imdb/aclImdb", {}),
    "newsgroups": ("text", "20newsgroups", {}),
    "csv": ("text", "intent_banking77/banking_data/test.csv", {}),
    "lines": ("text", "trec_qc", {}),
    "conll": ("text", "ner_conll2002/esp.testa", {}),
}
"""Name -> modality, path, keys of ``input``."""


@dataclass(frozen=True)
class Real:
    """A set, its recipe, and what a run on disk has made of it."""

    kind: str
    recipe: dict[str, Any]
    input: Path
    split: str
    run: dict[str, samples.Marks]

    def live(self, **options: Any) -> Stream:
        return augment.stream(self.recipe, input=self.input, **{"split": self.split, **options})


@pytest.fixture(scope="module", params=PATHS)
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    kind, place, keys = PATHS[request.param]
    path = Path(os.environ["AUGMENT_REAL_DATA"]) / place
    if not path.exists():
        pytest.skip(f"there is no {path}")
    recipe = {
        "seed": 7,
        "input": keys,
        "expand": {"multiplier": 3 if kind != "text" else 2},
        kind: STEPS[kind],
        "output": {"format": "webdataset", kind: LOSSLESS[kind]},
        "labels": {"min_area": 1},
    }
    if kind != "image":
        del recipe["labels"]
    result = augment.run(recipe, input=path, output=tmp_path_factory.mktemp("real") / "out", workers=2)
    splits = list(result.manifest["splits"])
    split = "train" if "train" in splits else splits[0]
    yield Real(kind, recipe, path, split, {name: samples.on_disk(result, name, kind) for name in splits})


def agree(found: list[Any], wanted: samples.Marks) -> None:
    """Each sample of the run once, and equal to it in value, class and annotations."""
    assert Counter(key for key, _ in found) == Counter(list(wanted))
    different = [key for key, mark in found if mark != wanted[key]]
    assert different == []


@pytest.mark.parametrize("workers", [0, 1, 2, 4])
def test_an_epoch_is_the_run(real: Real, workers: int) -> None:
    for split, wanted in real.run.items():
        agree([samples.mark(item) for item in real.live(split=split, workers=workers)], wanted)


WAYS = [(0, None, False), (1, "fork", False), (2, "fork", True), (4, "fork", False), (2, "spawn", True)]
MORE = [(1, "fork", True), (2, "fork", False), (4, "fork", True), (1, "spawn", False), (4, "spawn", False)]
"""Workers, how they start, and whether they last, for all sets and for one of each modality: they start slowly."""


@pytest.mark.parametrize(("workers", "start", "lasting"), [*WAYS, *MORE])
def test_a_loader_of_torch_gives_the_run(real: Real, workers: int, start: str | None, lasting: bool) -> None:
    pytest.importorskip("torch")
    from torch.utils.data import DataLoader

    import augment.torch as live

    if (workers, start, lasting) in MORE and real.input.name not in ("coco", "fsdd", "esp.testa"):
        pytest.skip("a set of each modality goes all ways")
    options = {"input": real.input, "split": real.split, "convert": samples.mark}
    ways = {"num_workers": workers, "multiprocessing_context": start, "persistent_workers": lasting}
    wanted = real.run[real.split]
    kinds = (live.IterableDataset, live.Dataset) if start != "spawn" else (live.IterableDataset,)
    for dataset in (kind(real.recipe, **options) for kind in kinds):
        loader = DataLoader(dataset, 16, collate_fn=list, **ways)
        for _ in range(1 + lasting):  # workers that last go over the epoch again
            found = [one for batch in loader for one in batch]
            if isinstance(dataset, live.Dataset):  # where others stand in for what can't be made
                assert len(found) == len(dataset)
                assert len(found) - len(dict(found)) <= len(dataset) - len(wanted)
                found = list(dict(found).items())
            agree(found, wanted)
        del loader


def test_no_two_workers_draw_the_same_and_epochs_differ(real: Real) -> None:
    live = real.live(workers=4)
    items = [list(live) for _ in range(2)]
    epochs = [[samples.mark(item) for item in epoch] for epoch in items]
    copies = [[(key, mark[0]) for key, mark in epoch if key[1]] for epoch in epochs]
    keys = Counter(key for epoch in copies for key, _ in epoch)
    assert set(keys.values()) <= {1}, "a copy is drawn once, by one worker, in one epoch"
    tiny = {item.source for epoch in items for item in epoch if np.size(item.value) < 16}
    few = tiny if real.kind != "text" else set()
    values = Counter((key[0], value) for epoch in copies for key, value in epoch if key[0] not in few)
    twice = sum(count - 1 for count in values.values())
    most = 0.2 * len(values) if real.kind == "text" else 0
    assert twice <= most, "but for pictures of a pixel and short texts, of which there are few copies"
    assert [key for key, _ in epochs[0]] != [key for key, _ in epochs[1]]
    others = [key for key, _ in epochs[1] if not key[1]]
    assert sorted(key for key, _ in epochs[0] if not key[1]) == sorted(others)

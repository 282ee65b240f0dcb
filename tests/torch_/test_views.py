"""Views come as a tuple of batches: the same samples that the stream has together, whatever makes them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import augment
from augment import demo
from tests.conftest import STEPS

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
RECIPE: dict[str, Any] = {"seed": 7, "views": 2, "expand": {"multiplier": 4}, "image": STEPS}


def wanted(shapes: Path, epoch: int = 0) -> dict[tuple[str, int], Any]:
    groups = augment.stream(RECIPE, input=shapes, epoch=epoch)
    return {(one.source, one.copy): (one, other) for one, other in groups}


def check(batches: Any, found: dict[tuple[str, int], Any]) -> None:
    """Each pair of the stream once, and equal to it."""
    seen: Counter[tuple[str, int]] = Counter()
    for one, other in batches:
        assert set(one) == set(other) == {"value", "label", "source", "copy"}
        assert one["source"] == other["source"] and torch.equal(one["label"], other["label"])
        for place, key in enumerate(zip(one["source"], one["copy"].tolist(), strict=True)):
            seen[key] += 1
            for batch, item in zip((one, other), found[key], strict=True):
                assert batch["copy"][place] == item.copy and batch["label"][place] == item.label_index
                assert torch.equal(batch["value"][place], torch.from_numpy(item.value).permute(2, 0, 1))
    assert seen == Counter(list(found))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pair_of_batches_is_the_pairs_of_the_stream(shapes: Path, workers: int) -> None:
    iterable = live.IterableDataset(RECIPE, input=shapes, mapping=True)
    mapped = live.Dataset(RECIPE, input=shapes, mapping=True)
    assert len(iterable) == len(mapped) == 36
    check(DataLoader(iterable, 8, num_workers=workers, collate_fn=live.collate), wanted(shapes))
    if not workers:
        mapped.set_epoch(1)
        check(DataLoader(mapped, 8, shuffle=True, collate_fn=live.collate), wanted(shapes, 1))
        loader = live.Loader(iterable, 8)
        check(loader, wanted(shapes))
        check(loader, wanted(shapes, 1))


def test_a_loader_goes_on_where_it_was(shapes: Path) -> None:
    def loader() -> Any:
        return live.Loader(live.IterableDataset(RECIPE, input=shapes, mapping=True), 5)

    whole = [(one["copy"].tolist(), other["source"]) for one, other in loader()]
    begun = loader()
    some = iter(begun)
    got = [next(some) for _ in range(3)]
    rest = loader()
    rest.load_state_dict(begun.state_dict())
    assert [(one["copy"].tolist(), other["source"]) for one, other in [*got, *rest]] == whole


def test_pairs_of_values_and_labels(shapes: Path) -> None:
    for (values, labels), (others, same) in DataLoader(
        live.IterableDataset({**RECIPE, "views": 2}, input=shapes, dtype="float"), 4, collate_fn=live.collate
    ):
        assert values.shape == others.shape == (4, 3, *values.shape[2:]) and torch.equal(labels, same)
    values = live.Dataset(RECIPE, input=shapes, convert=lambda item: item.copy)
    assert values[0] == (1, 2) and values[1] == (3, 4)


def test_more_than_two_of_sounds_of_any_length(sounds: Path) -> None:
    recipe = {"views": 3, "audio": [{"SpeedPerturb": {"p": 1}}]}
    batches = DataLoader(
        live.IterableDataset(recipe, input=sounds), 6, collate_fn=lambda batch: live.collate(batch, pad=0.0)
    )
    for batch in batches:
        assert len(batch) == 3
        for values, lengths, labels in batch:
            assert values.shape[0] == len(lengths) == len(labels) == 6 and values.shape[2] == lengths.max()


def test_texts_of_several_columns(tmp_path: Path) -> None:
    demo.draw_texts(tmp_path, each=3)
    recipe = {"views": 2, "text": [{"Typos": {"rate": 0.1, "p": 1}}]}
    one, other = next(iter(live.Loader(live.IterableDataset(recipe, input=tmp_path / "requests.csv"), 4)))
    assert len(one[0]) == len(other[0]) == 4 and one[0] != other[0] and torch.equal(one[1], other[1])
    one, other = next(iter(live.Loader(live.IterableDataset(recipe, input=tmp_path / "questions.jsonl"), 4)))
    assert {*one[0]} == {*other[0]} and all(len(texts) == 4 for texts in one[0].values())


def test_masks_and_angles_are_targets(shapes: Path) -> None:
    expand = {"multiplier": 2, "keep_originals": False}
    pictures = live.IterableDataset({"expand": expand, "image": ["MaskedLabel"]}, input=shapes)
    values, targets = next(iter(live.Loader(pictures, 4)))
    for value, target in zip(values, targets, strict=True):
        hidden = target["class_masks"]["masked"]
        assert hidden.shape == value.shape[1:] and not value[:, hidden == 1].any()
        assert 0.7 < hidden.float().mean() < 0.8
    turned = live.IterableDataset({"expand": expand, "image": ["RotationLabel"]}, input=shapes)
    assert turned.classes == ("0", "90", "180", "270")
    assert {int(label) for _, labels in live.Loader(turned, 6) for label in labels} == {0, 1, 2, 3}

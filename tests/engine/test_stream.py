"""The stream has the samples of the run on disk; order, ranks, workers and resumes neither lose nor repeat one."""

from __future__ import annotations

import inspect
import io
import itertools
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
from augment import catalog, demo
from augment.engine.items import Item
from augment.engine.stream import Stream
from augment.executors import processes
from tests.conftest import STEPS

SOUND = [{"Gain": {"min_gain_db": -9, "max_gain_db": 3, "p": 0.5}}, {"PolarityInversion": {"p": 0.5}}]
TEXT = [{"Typos": {"rate": 0.05, "p": 0.9}}, {"RandomSwap": {"p": 0.5}}]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    demo.draw_texts(folder, each=3)
    return folder / "requests.csv"


@pytest.fixture(params=["image", "audio", "text"])
def case(request: pytest.FixtureRequest, shapes: Path, sounds: Path, texts: Path) -> tuple[str, Path, dict[str, Any]]:
    """A modality, its data, and a recipe whose output loses nothing."""
    kind = str(request.param)
    data, steps = {"image": (shapes, STEPS), "audio": (sounds, SOUND), "text": (texts, TEXT)}[kind]
    encoding = {"image": {"format": "png"}, "audio": {"format": "wav", "subtype": "FLOAT"}, "text": {}}[kind]
    return kind, data, {"seed": 7, "expand": {"multiplier": 3}, kind: steps, "output": {kind: encoding}}


def same(one: Any, other: Any) -> bool:
    """Whether two items have the same value and class."""
    equal = np.array_equal(np.asarray(one.value), np.asarray(other.value))
    return bool(equal) and (one.source, one.copy, one.label) == (other.source, other.copy, other.label)


def on_disk(folder: Path, kind: str) -> dict[tuple[str, int], Any]:
    """(source, copy) -> what was encoded, decoded again."""
    found: dict[tuple[str, int], Any] = {}
    modality = catalog.modality(kind)
    for shard in folder.rglob("*.tar"):
        with tarfile.open(shard) as archive:
            members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        for name, data in members.items():
            stem, _, ending = name.partition(".")
            if ending not in ("json", "cls"):
                facts = json.loads(members[f"{stem}.json"])
                found[facts["source"], facts["copy"]] = modality.plain(modality.decode(data))[0]
    return found


def test_an_epoch_is_the_run(case: tuple[str, Path, dict[str, Any]], tmp_path: Path) -> None:
    kind, data, recipe = case
    result = augment.run(
        {**recipe, "output": {**recipe["output"], "format": "webdataset"}}, input=data, output=tmp_path / "out"
    )
    written = on_disk(result.output / "train", kind)
    items = list(augment.stream(recipe, input=data))
    assert len(items) == len(written)
    for item in items:
        there = written[item.source, item.copy]
        assert np.array_equal(item.value, there) if kind != "text" else item.value == there, (item.source, item.copy)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(case: tuple[str, Path, dict[str, Any]], workers: int) -> None:
    _, data, recipe = case
    here = list(augment.stream(recipe, input=data))
    there = list(augment.stream(recipe, input=data, workers=workers))
    assert all(same(*pair) for pair in zip(here, there, strict=True))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_nor_does_how_workers_start(texts: Path, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """We take forkserver where it is, else spawn, as on Windows; a step may not hang on which it was."""
    recipe = {"seed": 7, "expand": {"multiplier": 3}, "text": TEXT}
    here = list(augment.stream(recipe, input=texts))
    monkeypatch.setattr(processes, "METHOD", start)
    there = list(augment.stream(recipe, input=texts, workers=2))
    assert all(same(*pair) for pair in zip(here, there, strict=True))


def test_epochs_differ_and_come_again(case: tuple[str, Path, dict[str, Any]]) -> None:
    _, data, recipe = case
    live = augment.stream(recipe, input=data)
    first, second = list(live), list(live)
    assert [(item.source, item.copy) for item in first] != [(item.source, item.copy) for item in second]
    copies = [Counter((item.source, item.copy) for item in epoch if item.copy) for epoch in (first, second)]
    assert not copies[0] & copies[1], "a copy comes in one epoch only"
    assert {item.source for item in first} == {item.source for item in second}
    again = list(augment.stream(recipe, input=data, epoch=1))
    assert all(same(*pair) for pair in zip(second, again, strict=True))


def test_ranks_part_an_epoch(shapes: Path) -> None:
    recipe = {"expand": {"multiplier": 2}, "image": STEPS}
    whole = [(item.source, item.copy) for item in augment.stream(recipe, input=shapes)]
    parts = [
        [(item.source, item.copy) for item in augment.stream(recipe, input=shapes, rank=rank, world_size=5)]
        for rank in range(5)
    ]
    assert sorted(itertools.chain(*parts)) == sorted(whole)
    assert [whole[place::5] for place in range(5)] == parts


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("workers", [0, 2])
def test_it_goes_on_where_it_was(texts: Path, batch_size: int | None, workers: int) -> None:
    recipe = {"expand": {"multiplier": 5}, "text": TEXT}

    def live() -> Stream:
        return augment.stream(recipe, input=texts, batch_size=batch_size, workers=workers)

    def flat(found: list[Any]) -> list[Item]:
        return found if batch_size is None else list(itertools.chain(*found))

    whole = flat(list(live()))
    state = live().state_dict()
    got: list[Item] = []
    while state["epoch"] == 0:
        part = live()
        part.load_state_dict(state)
        some = list(itertools.islice(iter(part), 3 if batch_size else 7))
        got += flat(some)
        state = json.loads(json.dumps(part.state_dict()))
        if not some:
            break
    assert all(same(*pair) for pair in zip(got, whole, strict=True))


def test_what_is_bad_is_noted_and_left_out(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes(io.BytesIO(b"\x89PNG\r\n\x1a\nnothing").getvalue())
    live = augment.stream({"expand": {"multiplier": 2}, "image": []}, input=tmp_path)
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"2 of 6 samples could not be made and were left out.*b\.png"):
            assert {item.source for item in live} == {"a.png", "c.png"}
        assert [skip.source for skip in live.skipped] == ["b.png", "b.png"]


def test_without_shuffling_sources_come_as_they_lie(tmp_path: Path) -> None:
    for place in range(12):
        Image.fromarray(np.full((4, 4, 3), place, np.uint8)).save(tmp_path / f"{place}.png")
    rows_of = tmp_path.with_name(f"{tmp_path.name}.csv")
    rows_of.write_text("text\n" + "".join(f"row {place} of some\n" for place in range(12)))
    for seed in range(3):
        asked: dict[str, Any] = {"seed": seed, "expand": {"multiplier": 2}, "text": [], "image": []}
        live = augment.stream(asked, input=tmp_path, shuffle=False)
        assert [(item.source, item.copy) for item in live] == [(f"{n}.png", c) for n in range(12) for c in (0, 1)]
        rows = augment.stream({**asked, "expand": {"multiplier": 1}}, input=rows_of, shuffle=False)
        assert [item.value for item in rows] == [f"row {place} of some" for place in range(12)]


def test_a_state_of_another_stream_is_refused(shapes: Path) -> None:
    def live(**options: Any) -> Stream:
        return augment.stream({"image": []}, input=shapes, **{"multiplier": 2, **options})

    state = live().state_dict()
    live().load_state_dict(json.loads(json.dumps(state)))
    for options in ({"multiplier": 3}, {"seed": 1}, {"world_size": 2}, {"shuffle": False}, {"split": "val"}):
        with pytest.raises(augment.AugmentError, match="of another stream"):
            live(**options).load_state_dict(state)
    for bad in ({}, None, {**state, "position": 10**6}, {**state, "epoch": -1}):
        with pytest.raises(augment.AugmentError, match="expected"):
            live().load_state_dict(bad)  # type: ignore[arg-type]


def test_an_iterator_no_longer_asked_says_nothing_of_where_the_stream_is(shapes: Path) -> None:
    live = augment.stream({"image": []}, input=shapes, multiplier=1)
    old = iter(live)
    next(old)
    live.set_epoch(3)
    next(old)
    assert (live.state_dict()["epoch"], live.state_dict()["position"]) == (3, 0)
    list(old)
    assert live.epoch == 3


def test_its_options_are_seen() -> None:
    shown = inspect.signature(augment.stream).parameters
    assert {"input", "seed", "epoch", "shuffle", "rank", "workers"} <= shown.keys()
    assert shown["world_size"].default == 1 and shown["shuffle"].default is True
    assert {"input", "output", "multiplier", "workers"} <= inspect.signature(augment.run).parameters.keys()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_of_nothing_is_an_error_and_not_an_empty_loop(shapes: Path, workers: int) -> None:
    live = augment.stream(
        {"expand": {"keep_originals": False}, "image": [{"RandomCrop": {"height": 250, "width": 250, "p": 1.0}}]},
        input=shapes,
        workers=workers,
    )
    with pytest.raises(augment.AugmentError, match=r"none of the \d+ samples of an epoch could be made.*RandomCrop"):
        list(live)


def test_an_item_and_a_plan_say_themselves_in_a_line(case: tuple[str, Path, dict[str, Any]]) -> None:
    _, data, recipe = case
    live = augment.stream(recipe, input=data)
    assert all(len(repr(item)) < 200 and item.source in repr(item) for item in live)
    assert len(repr(live.plan)) < 80 + len(str(data))
    assert f"{len(live.plan.listing)} sources" in repr(live.plan)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 2, "world_size": 2}, "rank: expected a whole number, 0 to 1, got 2"),
        ({"rank": 5}, "rank: expected a whole number, 0 to 0, got 5"),
        ({"shuffle": "no"}, "shuffle: expected True or False"),
        ({"batch_size": 0}, "batch_size: expected a whole number, 1 or more"),
        ({"epoch": -1}, "epoch: expected"),
        ({"workers": 1.5}, "workers: expected"),
        ({"split": "trian"}, "has no split .trian.; say which, as in split=.train, val."),
    ],
)
def test_wrong_options_are_told(shapes: Path, options: dict[str, Any], said: str) -> None:
    live: Callable[..., Stream] = augment.stream
    with pytest.raises(augment.AugmentError, match=said):
        live({"image": []}, input=shapes, **options)
    with pytest.raises(TypeError, match="unexpected option 'bach'"):
        live({"image": []}, input=shapes, bach=3)


def test_validation_data_passes_as_it_is(shapes: Path) -> None:
    live = augment.stream({"image": STEPS}, input=shapes, split="val", shuffle=False)
    assert [item.copy for item in live] == [0, 0, 0]
    assert len(live) == 3

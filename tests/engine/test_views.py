"""Views: tuples of copies of one source, the same as on disk; and labels that steps write, true wherever they are."""

from __future__ import annotations

import itertools
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import catalog, demo
from augment.engine.stream import Stream
from tests.conftest import STEPS

TEXT = [{"Typos": {"rate": 0.05, "p": 0.9}}, {"RandomSwap": {"p": 0.5}}]
ANGLES = ["0", "90", "180", "270"]
TURNED: dict[str, Any] = {"seed": 3, "expand": {"multiplier": 4, "keep_originals": False}, "image": ["RotationLabel"]}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    demo.draw_texts(folder, each=3)
    return folder / "requests.csv"


def keys(found: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(views[0].source, tuple(view.copy for view in views)) for views in found]


@given(
    views=st.integers(1, 16),
    multiplier=st.none() | st.integers(1, 40),
    originals=st.none() | st.booleans(),
)
def test_all_copies_are_in_groups_or_the_recipe_is_refused(
    views: int, multiplier: int | None, originals: bool | None
) -> None:
    said = {
        key: value for key, value in (("multiplier", multiplier), ("keep_originals", originals)) if value is not None
    }
    wrong = views > 1 and ((multiplier or views) % views or originals)
    recipe = {"views": views, "expand": said, "image": []}
    if wrong:
        with pytest.raises(augment.RecipeError) as raised:
            augment.load(recipe)
        named = {problem.path for problem in raised.value.problems}
        assert named <= {f"expand.{key}" for key in said}
        assert len(named) == bool((multiplier or views) % views) + bool(originals)
        return
    expand = augment.load(recipe).frame.expand
    assert expand.multiplier == (multiplier or (views if views > 1 else 10))
    assert expand.keep_originals == (views == 1 and originals is not False)
    assert len(expand.copies) % views == 0


def test_the_line_of_a_mistake_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("views: 2\nexpand:\n  multiplier: 5\n  keep_originals: true\nimage: []\n")
    with pytest.raises(augment.RecipeError, match=r"r\.yaml:3  expand\.multiplier\n.*\n  write multiplier: 4 or 6"):
        augment.load(tmp_path / "r.yaml")
    for wrong in (0, 17, 1.5, True, "two"):
        with pytest.raises(augment.RecipeError, match="views"):
            augment.load({"views": wrong, "image": []})


@pytest.mark.parametrize("views", [2, 3])
def test_an_epoch_has_each_group_once_and_the_next_has_others(shapes: Path, views: int) -> None:
    recipe = {"seed": 7, "views": views, "expand": {"multiplier": 2 * views}, "image": STEPS}
    live = augment.stream(recipe, input=shapes)
    first, second = list(live), list(live)
    assert len(first) == len(live) == live.total == 18 * 2
    both = [*keys(first), *keys(second)]
    assert len({*both}) == len(both)
    for number, (source, copies) in enumerate(both):
        assert list(copies) == [*range(copies[0], copies[0] + views)], "copies that follow each other"
        assert (copies[0] - 1) // (2 * views) == number // len(first), "of this epoch"
        assert source
    for group in itertools.chain(first, second):
        assert len({view.source for view in group}) == 1
    different = sum(not np.array_equal(group[0].value, group[1].value) for group in first)
    assert different > 0.9 * len(first)
    assert 0 not in {view.copy for group in first for view in group}


@pytest.mark.parametrize("kind", ["image", "text"])
def test_views_are_the_copies_of_the_run_which_stand_side_by_side(
    kind: str, shapes: Path, texts: Path, tmp_path: Path
) -> None:
    data, steps = {"image": (shapes, STEPS), "text": (texts, TEXT)}[kind]
    output = {"format": "webdataset", "shard_size": 8, **({"image": {"format": "png"}} if kind == "image" else {})}
    recipe = {"seed": 7, "views": 2, "expand": {"multiplier": 4}, kind: steps, "output": output}
    result = augment.run(recipe, input=data, output=tmp_path / "out", executor="serial")
    written: dict[tuple[str, int], Any] = {}
    modality = catalog.modality(kind)
    shards = sorted((result.output / "train").glob("*.tar"))
    assert len(shards) > 2
    for shard in shards:
        with tarfile.open(shard) as archive:
            members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        order = []
        for name, data_ in members.items():
            stem, _, ending = name.partition(".")
            if ending == "json":
                facts = json.loads(data_)
                order.append((facts["source"], facts["copy"]))
                value = next(
                    (d for n, d in members.items() if n.partition(".")[0] == stem and n[-3:] in ("png", "txt"))
                )
                written[order[-1]] = modality.plain(modality.decode(value))[0] if kind == "image" else value
        for one, other in zip(order[::2], order[1::2], strict=True):
            assert one[0] == other[0] and one[1] % 2 == 1 and other[1] == one[1] + 1, "a pair stands in one shard"
        assert len(order) <= 8
    counted = {
        (row["source"], row["copy"]): row["shard"]
        for row in pq.read_table(result.output / "provenance.parquet").to_pylist()
    }
    assert all(counted[source, copy] == counted[source, copy + 1] for source, copy in counted if copy % 2 == 1)
    assert len(written) == sum(1 for _, copy in counted if copy)
    groups = list(augment.stream(recipe, input=data))
    assert {(view.source, view.copy) for group in groups for view in group} == {*written}
    if kind == "image":
        assert all(np.array_equal(view.value, written[view.source, view.copy]) for group in groups for view in group)
    assert not augment.verify(result.output, rederive=10).problems


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("workers", [0, 2])
def test_workers_change_nothing_and_it_goes_on_where_it_was(texts: Path, batch_size: int | None, workers: int) -> None:
    recipe = {"views": 2, "expand": {"multiplier": 4}, "text": TEXT}

    def live(workers: int) -> Stream:
        return augment.stream(recipe, input=texts, batch_size=batch_size, workers=workers)

    def flat(found: list[Any]) -> list[Any]:
        return found if batch_size is None else list(itertools.chain(*found))

    whole = flat(list(live(0)))
    begun = live(workers)
    some = flat(list(itertools.islice(iter(begun), 3)))
    state = json.loads(json.dumps(begun.state_dict()))
    assert state["position"] == 3 * (batch_size or 1)
    rest = live(workers)
    rest.load_state_dict(state)
    got = [*some, *flat(list(rest))]
    assert [[(view.source, view.copy, view.value) for view in group] for group in got] == [
        [(view.source, view.copy, view.value) for view in group] for group in whole
    ]


def test_ranks_part_groups(shapes: Path) -> None:
    recipe = {"views": 2, "image": STEPS}
    whole = keys(augment.stream(recipe, input=shapes))
    parts = [keys(augment.stream(recipe, input=shapes, rank=rank, world_size=5)) for rank in range(5)]
    assert [whole[place::5] for place in range(5)] == parts


def test_a_group_of_which_a_view_cannot_be_made_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ab")  # one swap is possible, and a second copy can't differ from the first
    (tmp_path / "b.txt").write_text("the quick brown fox jumps over the lazy dog")
    steps = [{"RandomSwap": {"rate": 1.0, "p": 1}}]
    live = augment.stream({"views": 2, "text": steps, "input": {"format": "folder"}}, input=tmp_path)
    with pytest.warns(UserWarning, match="1 of 2 samples could not be made"):
        assert {views[0].source for views in live} == {"b.txt"}
    assert {skip.source for skip in live.skipped} == {"a.txt"}
    assert {skip.reason for skip in live.skipped} == {"shortfall"}


def test_validation_data_comes_one_by_one(shapes: Path) -> None:
    live = augment.stream({"views": 2, "image": STEPS}, input=shapes, split="val", shuffle=False)
    assert [item.copy for item in live] == [0, 0, 0]


def test_rows_have_no_views() -> None:
    with pytest.raises(augment.AugmentError, match=r"views: expected 1 .* got 2"):
        augment.arrays({"views": 2, "image": STEPS}, np.zeros((2, 8, 8), np.uint8))


# labels that steps write


def arrow(folder: Path) -> Path:
    """Two pictures that are bright at the top, in a class each."""
    for name in ("a", "b"):
        pixels = np.zeros((24, 24, 3), np.uint8)
        pixels[:8] = 255
        (folder / "train" / name).mkdir(parents=True)
        (folder / "val" / name).mkdir(parents=True)
        for split in ("train", "val"):
            Image.fromarray(pixels).save(folder / split / name / "1.png")
    return folder


def bright(pixels: np.ndarray) -> str:
    """By which angle an arrow has been turned, counter-clockwise."""
    sides = {"0": pixels[:8], "90": pixels[:, :8], "180": pixels[-8:], "270": pixels[:, -8:]}
    return max(sides, key=lambda name: float(sides[name].mean()))


@pytest.mark.parametrize("format", ["webdataset", "folder", "parquet"])
def test_the_class_is_what_the_pixels_show_everywhere(tmp_path: Path, format: str) -> None:
    data = arrow(tmp_path / "in")
    recipe = {**TURNED, "expand": {"multiplier": 12, "keep_originals": False}}
    for item in augment.stream(recipe, input=data):
        assert item.label == bright(item.value)
        assert item.label_index == ANGLES.index(item.label)
    output = {"format": format, "image": {"format": "png"}}
    result = augment.run({**recipe, "output": output}, input=data, output=tmp_path / "out", executor="serial")
    rows = [row for row in pq.read_table(result.output / "provenance.parquet").to_pylist() if row["split"] == "train"]
    angles = [str(json.loads(row["parameters"])[0]["angle"]) for row in rows]
    assert [row["class"] for row in rows] == angles
    counts = {name: entry["outputs"] for name, entry in result.manifest["splits"]["train"]["classes"].items()}
    assert Counter(counts) == Counter(angles)
    assert result.manifest["classes"] == ANGLES
    assert not augment.verify(result.output, rederive=8).problems
    for item in augment.stream({"image": [], "expand": {"multiplier": 1}}, input=result.output):
        assert item.label == bright(item.value), "read again"


def test_prepared_the_class_is_that_of_originals_and_validation_data_too(tmp_path: Path) -> None:
    data = arrow(tmp_path / "in")
    recipe = {"expand": {"multiplier": 3}, "prepare": {"image": ["RotationLabel"]}, "image": []}
    for split in ("train", "val"):
        for item in augment.stream(recipe, input=data, split=split):
            assert item.label == bright(item.value)
            assert item.label_index == ANGLES.index(item.label)


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ({"expand": {"multiplier": 4}}, "expand.keep_originals"),
        ({"image": [{"RotationLabel": {"p": 0.5}}]}, "p: 1"),
        ({"image": [{"one_of": ["RotationLabel", "HorizontalFlip"]}]}, "in no group"),
        ({"image": ["RotationLabel", "RotationLabel"]}, "one step that writes the class, got 2"),
        ({"prepare": {"image": ["RotationLabel"]}}, "one step that writes the class, got 2"),
        ({"image": ["RotationLabel", "HorizontalFlip"]}, "put HorizontalFlip before it"),
        ({"image": ["RotationLabel", {"one_of": ["MixUp"]}]}, "put MixUp before it"),
        ({"prepare": {"image": ["RotationLabel"]}, "image": ["Rotate"]}, "put Rotate before it"),
        ({"image": [{"RotationLabel": {"angles": [0, 45]}}]}, "angles"),
        ({"image": [{"RotationLabel": {"angles": [0, 0]}}]}, "each angle once"),
    ],
)
def test_what_would_make_the_class_untrue_is_refused(shapes: Path, blocks: dict[str, Any], said: str) -> None:
    with pytest.raises(augment.RecipeError) as raised:
        augment.plan({**TURNED, **blocks}, input=shapes)
    assert said in str(raised.value)


def test_what_keeps_it_true_is_not(shapes: Path) -> None:
    for steps in (
        ["HorizontalFlip", "RotationLabel", "GaussNoise"],
        ["RotationLabel", {"HorizontalFlip": {"allow_label_change": True}}],
        [{"one_of": [{"RotationLabel": {"field": "angle"}}]}, "HorizontalFlip"],
    ):
        augment.plan({**TURNED, "image": steps}, input=shapes)


def test_a_field_leaves_the_class_alone(tmp_path: Path) -> None:
    data = arrow(tmp_path / "in")
    steps = [{"RotationLabel": {"field": "turn", "p": 1}}]
    live = augment.stream({"expand": {"multiplier": 8}, "image": steps}, input=data)
    assert live.plan.dataset.classes == ("a", "b")
    for item in live:
        assert item.label == item.source.split("/")[1]
        assert str(item.fields.get("turn", 0)) == bright(item.value)


@pytest.mark.parametrize("short", ["rotation", "masked"])
def test_short_names_lead_to_the_steps(short: str) -> None:
    kinds: dict[str, list[str]] = {"rotation": ["image"], "masked": ["image", "audio", "text"]}
    load: Callable[..., Any] = augment.load
    for kind in kinds[short]:
        with pytest.raises(augment.RecipeError, match=rf"did you mean {short.capitalize()}Label"):
            load({kind: [short]})

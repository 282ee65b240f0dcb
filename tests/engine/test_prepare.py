"""Steps that every source takes once: originals and all splits too, labels with them, and nothing is made twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

import augment
from augment.engine.bench import Bench, Job, Made
from augment.engine.manifest import PROVENANCE_FILE
from augment.engine.plan import plan
from tests.conftest import tree

PREPARE = {"image": [{"Resize": {"height": 48, "width": 64, "p": 1}}]}
STEPS = [{"HorizontalFlip": {"p": 0.5}}, {"GaussNoise": {"p": 0.5}}]
Rest = Callable[..., dict[str, Any]]


@pytest.fixture
def grown(recipe: Rest) -> Rest:
    def make(**rest: Any) -> dict[str, Any]:
        return recipe(**{"image": STEPS, "prepare": PREPARE, "expand": {"multiplier": 3}, **rest})

    return make


def made_of(recipe: dict[str, Any], folder: Path) -> list[Made]:
    planned = plan(recipe, input=folder)
    bench = Bench(Job.of(planned, Path()), planned.listing)
    entries = planned.listing.entries(range(len(planned.listing)))
    found = [made for entry in entries for _, made in bench.copies(entry, range(3 if entry.split == "train" else 1))]
    assert all(isinstance(made, Made) for made in found)
    return [made for made in found if isinstance(made, Made)]


def test_originals_of_all_splits_are_prepared_as_copies_are(grown: Rest, shapes: Path) -> None:
    made = made_of(grown(), shapes)
    assert {output.record.split for output in made} == {"train", "val"}
    assert {Image.open(io.BytesIO(output.record.data)).size for output in made} == {(64, 48)}
    assert {output.applied[0].step for output in made} == {"Resize"}
    assert {len(output.applied) for output in made if output.record.copy == 0} == {1}


def test_objects_are_prepared_with_their_picture(grown: Rest, scenes: Path) -> None:
    before = {output.record.key: output.record for output in made_of(grown(prepare={}, image=[]), scenes)}
    after = {output.record.key: output.record for output in made_of(grown(image=[]), scenes)}
    assert before.keys() == after.keys()
    for key, record in after.items():
        old, new = before[key].annotations, record.annotations
        assert old is not None and new is not None and old.size is not None
        assert new.size == (64, 48)
        scale = 64 / old.size[0], 48 / old.size[1]
        for one, other in zip(old.instances, new.instances, strict=True):
            assert one.box is not None and other.box is not None
            assert other.box == pytest.approx([side * scale[place % 2] for place, side in enumerate(one.box)], abs=0.1)


def test_any_number_of_workers_and_verify(grown: Rest, shapes: Path, tmp_path: Path) -> None:
    made = [
        augment.run(grown(), input=shapes, output=tmp_path / name, executor=executor, workers=workers)
        for name, executor, workers in (("one", "serial", 1), ("two", "processes", 2))
    ]
    one, two = ({name: data for name, data in tree(run.output).items() if name != "recipe.yaml"} for run in made)
    assert one == two
    assert made[0].outputs == 18 * 3 + 3
    assert augment.verify(made[0].output, rederive=20).problems == []
    steps = pq.read_table(made[0].output / PROVENANCE_FILE)["steps"].to_pylist()
    assert all(names[0] == "Resize" for names in steps)


def test_a_random_preparation_is_drawn_once_a_source(grown: Rest, shapes: Path) -> None:
    made = made_of(grown(prepare={"image": [{"Rotate": {"limit": [-90, 90], "p": 0.5}}]}), shapes)
    drawn: dict[str, set[str]] = {}
    for output in made:
        told = [str(applied.parameters) for applied in output.applied if applied.step == "Rotate"]
        drawn.setdefault(output.record.source, set()).add("".join(told))
    assert {len(texts) for texts in drawn.values()} == {1}
    assert len(set.union(*drawn.values())) > 5


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ([{"Resize": {}}], "expected `image:` below it"),
        ({"smell": []}, "expected audio or image or text, got 'smell'"),
        ({"image": [{"Resiz": {}}]}, "prepare.image[0].Resiz"),
        ({"image": {"Resize": {}}}, "expected a list of steps"),
    ],
)
def test_mistakes_are_told_with_their_place(grown: Rest, block: Any, said: str) -> None:
    with pytest.raises(augment.RecipeError) as caught:
        augment.load(grown(prepare=block))
    assert said in str(caught.value)


def test_it_is_part_of_the_fingerprint(grown: Rest) -> None:
    assert augment.load(grown()).fingerprint() != augment.load(grown(prepare={})).fingerprint()


def test_a_recipe_may_only_prepare(recipe: Rest, shapes: Path) -> None:
    bare = {key: value for key, value in recipe(prepare=PREPARE).items() if key != "image"}
    made = made_of({**bare, "expand": {"multiplier": 3}}, shapes)
    assert {Image.open(io.BytesIO(output.record.data)).size for output in made} == {(64, 48)}

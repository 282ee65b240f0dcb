"""Objects through the whole engine: every format, any number of workers, partners of one split, counted repairs."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import augment
from augment import catalog
from augment.annotations import Annotations
from augment.engine.bench import Bench, Job, Made
from augment.engine.plan import plan
from tests.conftest import PICTURE_WRITERS, tree

STEPS = [
    {"Mosaic": {"p": 0.4}},
    {"CopyPaste": {"p": 0.5}},
    {"HorizontalFlip": {"p": 0.5}},
    {"Affine": {"rotate": [-20, 20], "p": 0.7}},
    {"one_of": [{"CoarseDropout": {}}, {"GridDistortion": {}}]},
]

Grow = Callable[..., augment.Result]


@pytest.fixture
def grow(tmp_path: Path, scenes: Path) -> Grow:
    def make(name: str = "out", *, input: Path | None = None, steps: Any = STEPS, **rest: Any) -> augment.Result:
        run = {key: rest.pop(key) for key in ("workers", "append", "multiplier") if key in rest}
        recipe = {"seed": 3, "expand": {"multiplier": 3}, "image": steps, **rest}
        executor = "processes" if "workers" in run else "serial"
        return augment.run(recipe, input=input or scenes, output=tmp_path / name, executor=executor, **run)

    return make


def originals(folder: Path, **input: Any) -> dict[bytes, Annotations | None]:
    """Every picture of a data set with what is annotated, as an untouched original would carry it."""
    planned = plan({"image": [], "input": {"path": str(folder), **input}})
    bench = Bench(Job.of(planned, Path()), planned.listing)
    found = {}
    for entry in planned.listing.entries(range(len(planned.listing))):
        ((_, made),) = bench.copies(entry, range(1))
        assert isinstance(made, Made), made
        found[made.record.data] = made.record.annotations
    return found


@pytest.mark.parametrize("format", PICTURE_WRITERS)
def test_workers_do_not_change_a_byte(grow: Grow, format: str) -> None:
    output = {"format": format, "shard_size": 10}
    serial = tree(grow("serial", output=output).output)
    assert len(serial) > 4
    for workers in (1, 3):
        other = tree(grow(f"w{workers}", output=output, workers=workers).output)
        assert {**other, "recipe.yaml": b""} == {**serial, "recipe.yaml": b""}


@pytest.mark.parametrize("format", PICTURE_WRITERS)
def test_what_was_written_is_verified_and_made_again(grow: Grow, format: str) -> None:
    found = augment.verify(grow(output={"format": format}).output, rederive=20)
    assert found.problems == []
    assert found.rederived == 20


@pytest.mark.parametrize(
    ("format", "ending"), [("yolo", ".txt"), ("voc", ".xml"), ("coco", ".json"), ("masks", ".png")]
)
def test_a_label_file_that_was_changed_is_found(grow: Grow, format: str, ending: str) -> None:
    output = grow(output={"format": format, "image": {"format": "jpg"}}).output
    told = [name for name in tree(output) if name.endswith(ending) and "manifest" not in name]
    assert told
    for name in (told[0], told[-1]):
        path = output / name
        data = path.read_bytes()
        path.write_bytes(data + b" ")
        assert any(name in problem for problem in augment.verify(output).problems)
        path.write_bytes(data)
    assert augment.verify(output).problems == []


def test_a_format_from_which_places_are_not_read_again_says_so(grow: Grow) -> None:
    result = grow(output={"format": "folder"})
    assert [count for told, count in result.manifest["notes"].items() if ".json beside" in told] == [result.outputs]
    assert not any(".json beside" in told for told in grow("coco", output={"format": "coco"}).manifest["notes"])


READ_BACK = [name for name in PICTURE_WRITERS if name in catalog.names("readers")]
READ_BACK = [name for name in READ_BACK if name not in ("folder", "events")]  # which hold no objects


@pytest.mark.parametrize("format", READ_BACK)
def test_a_round_trip_without_steps_changes_nothing(grow: Grow, scenes: Path, format: str) -> None:
    grown = grow(multiplier=1, steps=[], output={"format": format})
    table = next(grown.output.glob("boxes.*"), grown.output)
    before, after = originals(scenes), originals(table)
    assert before.keys() == after.keys()
    for data, old in before.items():
        new = after[data]
        assert old is not None
        if format == "masks":
            assert new is not None and new.masks
            continue
        objects = () if new is None else new.instances
        assert [one.label for one in objects] == [one.label for one in old.instances]
        for one, other in zip(old.instances, objects, strict=True):
            assert other.box == pytest.approx(one.box, abs=0.01)
            if format not in ("voc", "boxes", "yolo"):  # YOLO has either keypoints or polygons
                flat = [value for ring in one.polygons for value in ring]
                assert [value for ring in other.polygons for value in ring] == pytest.approx(flat, abs=0.01)


def test_the_output_has_the_format_of_the_input(grow: Grow, shapes: Path) -> None:
    assert grow("a").manifest["format"] == "coco"
    assert grow("b", input=shapes, steps=[]).manifest["format"] == "webdataset"


def test_partners_come_from_the_same_split_and_are_told(tmp_path: Path, shapes: Path, grow: Grow) -> None:
    both = tmp_path / "both"  # splits of both names grow
    shutil.copytree(shapes, both)
    (both / "val").rename(both / "training")
    result = grow(input=both, steps=[{"MixUp": {"p": 1.0}}, {"Mosaic": {"p": 1.0}}])
    partners: Counter[str] = Counter()
    for row in pq.read_table(result.output / "provenance.parquet").to_pylist():
        for told in json.loads(row["parameters"]):
            for key in [told["partner"]] if "partner" in told else told["partners"]:
                assert key.split("/")[0] == row["source"].split("/")[0] == row["split"]
                assert key != row["source"]
                partners[key] += 1
    assert len(partners) == 21


def test_a_new_source_changes_few_copies_of_others(tmp_path: Path, shapes: Path, grow: Grow) -> None:
    more = tmp_path / "more"
    shutil.copytree(shapes, more)
    shutil.copy(more / "train/circle/00.jpg", more / "train/circle/new.jpg")
    steps, output = [{"CutMix": {"p": 1.0}}], {"format": "folder"}
    grown = [grow(name, input=data, steps=steps, output=output) for name, data in (("a", shapes), ("b", more))]
    tables = [pq.read_table(result.output / "provenance.parquet").to_pylist() for result in grown]
    rows = [{row["key"]: row for row in table} for table in tables]
    changed = [key for key in rows[0] if rows[0][key]["sha256"] != rows[1][key]["sha256"]]
    assert {key for key in rows[0] if "new.jpg" in rows[1][key]["parameters"]} <= set(changed)
    assert 0 < len(changed) < len(rows[0]) / 3


def test_classes_become_soft(grow: Grow, shapes: Path) -> None:
    result = grow(input=shapes, steps=[{"MixUp": {"alpha": 1.0, "p": 1.0}}], output={"format": "folder"})
    notes = [json.loads(path.read_text()) for path in result.output.rglob("*.json") if "-" in path.name]
    soft = [note["annotations"]["classes"] for note in notes if "classes" in note.get("annotations", {})]
    assert len(soft) > 10
    for classes in soft:
        assert sum(classes.values()) == pytest.approx(1, abs=1e-4)
        assert set(classes) <= {"circle", "square", "triangle"}


def broken(scenes: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The scenes with something changed in their annotations."""
    copy = tmp_path / "broken"
    shutil.copytree(scenes, copy)
    path = copy / "annotations/instances_train.json"
    whole = json.loads(path.read_text())
    change(whole)
    path.write_text(json.dumps(whole))
    return copy


def test_what_was_mended_is_counted_once_a_source(scenes: Path, tmp_path: Path, grow: Grow) -> None:
    def change(whole: dict[str, Any]) -> None:
        for found in whole["annotations"][:3]:
            found.update(segmentation=[], bbox=[*found["bbox"][:2], 0, 0])
        whole["annotations"][3].update(segmentation=[], bbox=[150, 150, 100, 100])

    counts = grow(input=broken(scenes, tmp_path, change), steps=[]).manifest["notes"]
    assert counts == {"box cut off at the border": 1, "object dropped: zero size": 3}


def test_changed_annotations_are_not_mixed_with_old_ones(scenes: Path, tmp_path: Path, grow: Grow) -> None:
    copy = broken(scenes, tmp_path, lambda whole: None)
    grow(input=copy)
    path = copy / "annotations/instances_train.json"
    path.write_text(path.read_text().replace('"category_id": 1', '"category_id": 2', 1))
    with pytest.raises(augment.ChangedError):
        grow(input=copy)


def test_new_categories_may_come_at_the_end_only(scenes: Path, tmp_path: Path, grow: Grow) -> None:
    def ahead(whole: dict[str, Any]) -> None:
        whole["categories"].insert(0, {"id": 9, "name": "hexagon"})

    grow(output={"format": "yolo"})
    with pytest.raises(augment.ChangedError, match="categories"):
        grow(input=broken(scenes, tmp_path, ahead), output={"format": "yolo"}, append=True)


def sided(scenes: Path, tmp_path: Path) -> Path:
    def rename(whole: dict[str, Any]) -> None:
        for category, name in zip(whole["categories"], ("left hand", "right_hand", "face"), strict=True):
            category["name"] = name

    copy = broken(scenes, tmp_path, rename)
    (copy / "annotations/instances_val.json").unlink()
    return copy


def test_a_mirror_of_left_and_right_is_refused_until_they_are_paired(scenes: Path, tmp_path: Path, grow: Grow) -> None:
    copy, mirror = sided(scenes, tmp_path), {"HorizontalFlip": {"p": 1.0}}
    with pytest.raises(augment.RecipeError, match=r"left hand, right_hand.*flip_pairs"):
        grow(input=copy, steps=[mirror])
    assert grow("turned", input=copy, steps=[{"RandomRotate90": {}}]).outputs
    assert grow("allowed", input=copy, steps=[{"HorizontalFlip": {"allow_label_change": True}}]).outputs
    paired = grow("paired", input=copy, steps=[mirror], labels={"flip_pairs": [["left hand", "right_hand"]]})
    whole = json.loads((paired.output / "annotations/instances_train.json").read_text())
    counts: dict[int, Counter[int]] = {0: Counter(), 1: Counter()}
    copies = {image["id"]: image["copy"] for image in whole["images"]}
    for found in whole["annotations"]:
        counts[min(copies[found["image_id"]], 1)][found["category_id"]] += 1
    assert counts[1] == {1: 2 * counts[0][2], 2: 2 * counts[0][1], 3: 2 * counts[0][3]}


def test_steps_that_look_at_objects_need_some(shapes: Path, grow: Grow) -> None:
    with pytest.raises(augment.RecipeError, match="looks at boxes or masks"):
        grow(input=shapes, steps=[{"BBoxSafeRandomCrop": {}}])


def test_pictures_without_labels_do_not_join_a_mosaic(scenes: Path, grow: Grow) -> None:
    with pytest.raises(augment.RecipeError, match="have no labels"):
        grow(steps=[{"Mosaic": {"reference_images": str(scenes / "val")}}])


def test_mistakes_in_the_labels_block_come_at_once() -> None:
    labels = {"min_visibility": 3, "min_aera": 2, "clip": "yes", "flip_pairs": [["a"]]}
    with pytest.raises(augment.RecipeError) as caught:
        augment.load({"image": [], "labels": labels})
    paths = {problem.path for problem in caught.value.problems}
    assert {"labels.min_visibility", "labels.min_aera", "labels.clip"} <= paths
    assert any(path.startswith("labels.flip_pairs") for path in paths)
    assert "did you mean min_area?" in str(caught.value)

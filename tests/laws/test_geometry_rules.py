"""The rules under ``labels:``: what is dropped, what is cut, what trades names in a mirror, what is void."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import masks
from augment.annotations import INDEX, Annotations, Instance
from augment.chance import Chance
from augment.engine.draw import draw
from augment.engine.recipe import load
from augment.errors import SampleError
from augment.image import modality
from augment.sample import Category, Dataset, Sample
from tests.laws import geometry_recipes as recipes
from tests.laws import scenes
from tests.laws.scenes import Block, Reading, Scene
from tests.laws.test_geometry import LAW, Case, cases, moved

EXACT = {**recipes.UPRIGHT, **recipes.COVERING}
"""Steps after which the part that is left of an object can be counted in whole pixels."""

EDGE = 0.03
"""Polygons are measured as areas and counted as pixels, which is not quite the same."""


def left(case: Case, **labels: Any) -> tuple[dict[int, float], dict[int, int], Any]:
    """Of each block: the part that is left, its pixels; and what has come out."""
    try:
        result = moved(case, case.scene.addressed, **labels)
    except SampleError:
        assume(False)
    reading = Reading(case.scene, result.value)
    sources = {block.code: block.pixels(case.scene.size) for block in case.scene.blocks}
    shares = {code: reading.share(source) for code, source in sources.items()}
    return shares, {code: int(reading.region(source).sum()) for code, source in sources.items()}, result


@pytest.mark.slow
def test_what_is_left_of_an_object_decides_whether_it_stays() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, **LAW)
    @given(cases(EXACT, most=2), st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0]))
    def law(case: Case, least: float) -> None:
        shares, _, result = left(case, min_visibility=least)
        there = dict(scenes.instances(result.annotations))
        for code, share in shares.items():
            if share < least - EDGE:
                assert code not in there, f"{share:.3f} of class {code} is left"
                seen["gone"] += 1
            elif share > least + EDGE or (share == 1 and case.form != "polygons"):  # whose raster is off by pixels
                assert code in there, f"{share:.3f} of class {code} is left: {result.notes}"
                seen["there"] += 1
        assert sum(result.notes.values()) == len(shares) - len(there)
        assert all("object dropped" in reason for reason in result.notes)

    law()
    assert min(seen["gone"], seen["there"]) >= 50, seen


@pytest.mark.slow
def test_objects_with_too_few_pixels_left_are_dropped() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=100, **LAW)
    @given(cases(EXACT, most=2), st.sampled_from([1000, 4000, 8000]))
    def law(case: Case, least: int) -> None:
        _, counts, result = left(case, min_area=least)
        there = dict(scenes.instances(result.annotations))
        for code, count in counts.items():
            if count < least * (1 - EDGE) - 10:
                assert code not in there, f"{count} pixels of class {code} are left"
                seen["gone"] += 1
            elif count > least * (1 + EDGE) + 10:
                assert code in there, f"{count} pixels of class {code} are left"
                seen["there"] += 1

    law()
    assert min(seen["gone"], seen["there"]) >= 50, seen


CROP = {"Crop": {"x_min": 30, "y_min": 20, "x_max": 90, "y_max": 80, "p": 1.0}}
CUT = Scene((120, 100), (Block(1, (10, 10, 60, 50)), Block(2, (62, 30, 110, 95)), Block(4, (95, 85, 115, 95))))


def after(steps: list[Any], found: Annotations, dataset: Dataset = scenes.DATASET, **labels: Any) -> Sample:
    """A picture of CUT, or black where the labels are for another size, after some steps that always fire."""
    width, height = found.size or CUT.size
    value = CUT.painted if found.size == CUT.size else np.zeros((height, width, 3), np.uint8)
    settled, options = scenes.settled(value, found, dataset, **labels)
    drawn = draw(load({"image": steps}).steps["image"], Chance.of(0, "a", 1).child("image"))
    return modality.apply(Sample(value, annotations=settled.working), drawn, options)[0]


def test_a_dropped_object_takes_its_box_mask_and_keypoints_along() -> None:
    for form in ("box", "polygons", "rle"):
        sample = after([CROP], CUT.annotations(form, keypoints=True), min_visibility=0.1)
        assert [code for code, _ in scenes.instances(sample.annotations)] == [1, 2]
        assert sum(sample.notes.values()) == 1


def test_clip_false_leaves_boxes_and_polygons_as_they_reach_beyond_the_border() -> None:
    for form in ("box", "polygons"):
        sample = after([CROP, {"HorizontalFlip": {"p": 1.0}}], CUT.annotations(form), clip=False)
        found = dict(scenes.instances(sample.annotations))
        assert found.keys() == {1, 2}
        assert found[1].box == (30, -10, 80, 30)  # 60 wide: 10-30 = -20 .. 30, seen in a mirror
        assert found[2].box == (-20, 10, 28, 75)
        if form == "polygons":
            xs, ys = found[1].polygons[0][0::2], found[1].polygons[0][1::2]
            assert (min(xs), min(ys), max(xs), max(ys)) == (30, -10, 80, 30)


def test_clip_cuts_boxes_and_polygons_at_the_border() -> None:
    for form in ("box", "polygons"):
        found = dict(scenes.instances(after([CROP], CUT.annotations(form)).annotations))
        assert found[1].box == (0, 0, 30, 30)
        assert found[2].box == (32, 10, 60, 60)
        for one in found.values():
            assert all(0 <= value <= 60 for ring in one.polygons for value in ring)


def test_what_a_crop_has_cut_does_not_come_back_by_padding() -> None:
    pad = {"Pad": {"padding": 30, "p": 1.0}}
    for form in ("box", "polygons", "rle"):
        found = dict(scenes.instances(after([CROP, pad], CUT.annotations(form)).annotations))
        assert found[1].box == (30, 30, 60, 60)


def test_keypoints_outside_are_not_labelled_any_more_and_in_a_hole_are_hidden() -> None:
    found = dict(scenes.instances(after([CROP], CUT.annotations("box", keypoints=True)).annotations))
    top, middle, bottom = found[1].keypoints
    assert top == (0, 0, 0)
    assert middle == (35.5 - 30, 30.5 - 20, 2)
    assert bottom == (55.5 - 30, 45.5 - 20, 2)
    hole = {"XYMasking": {"num_masks_x": 1, "mask_x_length": 119, "num_masks_y": 0, "fill": 0, "p": 1.0}}
    sample = after([hole], CUT.annotations("box", keypoints=True), min_visibility=0)
    for _, one in scenes.instances(sample.annotations):
        for x, y, seen in one.keypoints:
            assert (x, y) != (0, 0)
            assert seen == 2 - (not sample.value[int(y), int(x)].any())


def test_keypoints_that_are_hidden_or_not_labelled_stay_so() -> None:
    points = ((20.5, 20.5, 1), (0.0, 0.0, 0), (40.5, 30.5, 2))
    found = replace(CUT.annotations("box"), instances=(Instance("class 1", (10, 10, 60, 50), keypoints=points),))
    flipped = after([{"HorizontalFlip": {"p": 1.0}}], found).annotations
    assert flipped.instances[0].keypoints == ((99.5, 20.5, 1), (0, 0, 0), (79.5, 30.5, 2))


ROTATED = {"Rotate": {"limit": [45, 45], "interpolation": "nearest", "p": 1.0}}


def test_void_is_what_the_index_mask_shows_of_the_outside_and_only_it() -> None:
    addressed = after([ROTATED], CUT.annotations(bitmaps=True))
    white = scenes.settled(np.full_like(CUT.painted, 255), Annotations(size=CUT.size))
    drawn = draw(load({"image": [ROTATED]}).steps["image"], Chance.of(0, "a", 1).child("image"))
    shown = modality.apply(Sample(np.full_like(CUT.painted, 255)), drawn, white[1])[0].value[..., 0] > 0
    index = scenes.unpng(addressed.annotations.masks[INDEX])
    assert (index[~shown] == 0).all()
    for how in ("labels", "dataset"):
        dataset = replace(scenes.DATASET, fields={"void": 255} if how == "dataset" else {})
        labels = {"void": 255} if how == "labels" else {}
        sample = after([ROTATED], CUT.annotations(bitmaps=True), dataset, **labels)
        void = scenes.unpng(sample.annotations.masks[INDEX])
        assert (void[~shown] == 255).all()
        np.testing.assert_array_equal(void[shown], index[shown])
        for name, data in sample.annotations.masks.items():
            if name != INDEX:
                assert not scenes.unpng(data)[~shown].any(), f"void is shown as {name}"


# Mirrors.

PARTS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
COCO = ("nose", *(f"{side}_{part}" for part in PARTS for side in ("left", "right")))
SIDES = Dataset(
    categories=(
        Category("person", COCO),
        Category("left_eye"),
        Category("right_eye"),
        Category("wing", ("tip_a", "tip_b", "Left tip", "Right tip")),
    ),
    spatial=True,
)
PAIRS = [["left_eye", "right_eye"], ["tip_a", "tip_b"]]
TURNING = {
    **{name: recipes.ALL[name] for name in ("HorizontalFlip", "VerticalFlip", "Transpose", "D4", "SquareSymmetry")},
    **{name: recipes.ALL[name] for name in ("RandomRotate90", "TimeReverse", "Rotate", "Affine", "Pad", "NoOp")},
    **{name: recipes.ALL[name] for name in ("CoarseDropout", "Perspective", "GridDistortion", "Resize")},
}
BODY = Scene((200, 180), (Block(1, (60, 50, 140, 130)),))


def body() -> Annotations:
    """A person and a wing whose keypoints lie in a row of their own each, and an eye."""
    person = tuple((64.5 + 4 * place, 70.5 + 3 * (place % 2), 2) for place in range(17))
    wing = tuple((70.5 + 9 * place, 110.5, 2) for place in range(4))
    place = (60.0, 50.0, 140.0, 130.0)
    return Annotations(
        (
            Instance("person", place, keypoints=person),
            Instance("left_eye", place),
            Instance("wing", place, keypoints=wing),
        ),
        size=BODY.size,
    )


def mirrored(reading: Reading) -> bool:
    """Whether the picture is seen in a mirror: from the addresses of its pixels, by a plane through each."""
    rows, columns = np.nonzero(reading.shown)
    places = np.column_stack([columns, rows, np.ones(len(rows))])
    here = reading.shown
    found, *_ = np.linalg.lstsq(places, np.column_stack([reading.columns[here], reading.rows[here]]), rcond=None)
    return bool(np.linalg.det(found[:2]) < 0)


@pytest.mark.slow
def test_sides_trade_places_in_a_mirror_and_only_there() -> None:
    seen: Counter[bool] = Counter()
    swapped = [COCO.index(_other(name)) for name in COCO]

    @settings(max_examples=150, **LAW)
    @given(recipes.recipes(TURNING, most=4), st.integers(0, 999), st.booleans())
    def law(steps: list[Any], key: int, fast: bool) -> None:
        settled, options = scenes.settled(BODY.addressed, body(), SIDES, flip_pairs=PAIRS, min_visibility=0)
        drawn = draw(load({"image": steps, "fast": fast}).steps["image"], Chance.of(0, str(key), 1).child("image"))
        sample, _ = modality.apply(Sample(BODY.addressed, "left_eye", annotations=settled.working), drawn, options)
        assume(len(sample.annotations.instances) == 3)
        person, eye, wing = sample.annotations.instances
        turned = mirrored(Reading(BODY, sample.value))
        seen[turned] += 1
        assert eye.label == ("right_eye" if turned else "left_eye")
        assert sample.label == ("right_eye" if turned else "left_eye")
        plain, options = scenes.settled(BODY.addressed, _unsided(body()), scenes.DATASET, min_visibility=0)
        same, _ = modality.apply(Sample(BODY.addressed, annotations=plain.working), drawn, options)
        points = same.annotations.instances[0].keypoints
        assert person.keypoints == (tuple(points[place] for place in swapped) if turned else points)
        tips = same.annotations.instances[2].keypoints
        assert wing.keypoints == (tuple(tips[place] for place in (1, 0, 3, 2)) if turned else tips)

    law()
    assert min(seen[True], seen[False]) >= 30, seen


def _other(name: str) -> str:
    return name.replace("left", "?").replace("right", "left").replace("?", "right")


def _unsided(found: Annotations) -> Annotations:
    return replace(found, instances=tuple(replace(one, label="class 1") for one in found.instances))


@pytest.mark.parametrize("name", ["HorizontalFlip", "VerticalFlip", "Transpose", "TimeReverse"])
def test_one_mirroring_swaps_and_two_swap_back(name: str) -> None:
    step = {name: {"p": 1.0}}
    once = after([step], body(), SIDES, flip_pairs=PAIRS).annotations
    twice = after([step, step], body(), SIDES, flip_pairs=PAIRS).annotations
    assert [one.label for one in once.instances] == ["person", "right_eye", "wing"]
    assert twice.instances == body().instances


def test_flip_idx_of_a_data_set_pairs_keypoints() -> None:
    dataset = Dataset(categories=(Category("pose", ("a", "b", "c")),), spatial=True, fields={"flip_idx": [0, 2, 1]})
    points = ((20.5, 20.5, 2), (30.5, 20.5, 2), (40.5, 20.5, 2))
    found = Annotations((Instance("pose", (10, 10, 60, 50), keypoints=points),), size=CUT.size)
    flipped = after([{"HorizontalFlip": {"p": 1.0}}], found, dataset).annotations.instances[0].keypoints
    assert [x for x, _, _ in flipped] == [99.5, 79.5, 89.5]


def test_a_mirror_turns_run_lengths_and_class_masks_too() -> None:
    before = CUT.annotations("rle", bitmaps=True)
    found = after([{"HorizontalFlip": {"p": 1.0}}], before).annotations
    for one, old in zip(found.instances, before.instances, strict=True):
        new, was = masks.bitmap(one, CUT.size), masks.bitmap(old, CUT.size)
        assert new is not None and was is not None
        np.testing.assert_array_equal(new, was[:, ::-1])
    for name, data in found.masks.items():
        np.testing.assert_array_equal(scenes.unpng(data), scenes.unpng(before.masks[name])[:, ::-1])

"""Steps that mix: what the labels say is what the pixels show, for boxes, polygons, run lengths, masks and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import masks, native
from augment.annotations import INDEX, Annotations, Instance
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.image import modality
from augment.sample import Content, Dataset, Sample

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 255, 255)]
LABELS = modality.Labels(min_visibility=0.05, min_area=20)
SIZES = [(150, 120), (90, 160), (200, 200), (128, 96)]
STEPS: dict[str, dict[str, Any]] = {
    "Mosaic": {},
    "CutMix": {},
    "CopyPaste": {"num_objects": [1, 4]},
    "MixUp": {"alpha": 8},
}


def picture(number: int, form: str, gray: bool = False) -> Sample:
    """A black picture with two blocks of colours that no other has; the index mask says the same."""
    width, height = SIZES[number]
    rng = np.random.default_rng(number)
    pixels, index = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
    instances = []
    for turn in range(2 if number < 3 else 1):
        place = number * 2 + turn
        x, y = int(rng.integers(0, width // 2 - 40)) + turn * width // 2, int(rng.integers(0, height - 44))
        pixels[y : y + 40, x : x + 36] = COLOURS[place]
        index[y : y + 40, x : x + 36] = place + 1
        ring = tuple(float(v) for v in (x, y, x + 36, y, x + 36, y + 40, x, y + 40))
        block = np.zeros((height, width), bool)
        block[y : y + 40, x : x + 36] = True
        shape: dict[str, Any] = {"polygons": (ring,)} if form == "polygons" else {}
        shape = {"rle": masks.run_lengths(block)} if form == "rle" else shape
        points = ((x + 0.5, y + 0.5, 2), (x + 35.5, y + 39.5, 2))
        instances.append(Instance(str(place), (x, y, x + 36.0, y + 40.0), keypoints=points, **shape))
    found = Annotations(tuple(instances), {INDEX: cv2.imencode(".png", index)[1].tobytes()}, size=(width, height))
    settled = modality.settle(pixels, Content(b"", found), Dataset(spatial=True), LABELS)
    value = pixels[:, :, 0].copy() if gray else pixels
    return Sample(value, f"class {number}", {}, settled.working, key=str(number))


def mix(name: str, key: str, form: str = "polygons", others: Sequence[Sample] | None = None) -> Sample:
    partners = others or [picture(number, form) for number in (1, 2, 3)]

    def drawn(chance: Chance, count: int, balanced: bool) -> list[Sample]:
        order = chance.generator().permutation(len(partners))
        return [partners[order[turn % len(partners)]] for turn in range(count)]

    step = modality.build(name, STEPS[name], Setting(Path()))
    sample = replace(picture(0, form), partners=drawn)
    made, _ = modality.apply(sample, [(step, Chance.of(0, key, 1))], LABELS)
    return made


def shown(pixels: np.ndarray, place: int) -> np.ndarray:
    """Where a colour is, up to what interpolation does to it."""
    return np.asarray(np.abs(pixels.astype(int) - COLOURS[place]).max(axis=2) < 100)


@pytest.mark.parametrize("form", ["box", "polygons", "rle"])
@pytest.mark.parametrize("name", ["Mosaic", "CutMix", "CopyPaste"])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(key=st.integers(0, 10**6))
def test_what_is_labelled_is_what_is_shown(name: str, form: str, key: int) -> None:
    made = mix(name, str(key), form)
    counts: dict[str, int] = {}
    for one in made.annotations.instances:
        counts[str(one.label)] = counts.get(str(one.label), 0) + 1
    for one in made.annotations.instances:
        there = shown(made.value, int(one.label))
        assert there.any(), f"{one.label} is labelled and nowhere to be seen"
        if counts[str(one.label)] > 1:
            continue  # pasted twice: the colour can't tell them apart
        if not any(overlap(one.box, other.box) for other in made.annotations.instances if other is not one):
            rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
            seen = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
            assert one.box == pytest.approx(seen, abs=1.5)
        if one.rle is not None or one.polygons:
            bitmap = masks.bitmap(one, made.annotations.size)
            assert bitmap is not None
            # half-covered pixels at the edges may be told either way
            assert (bitmap & there).sum() >= 0.85 * (bitmap | there).sum() - 20
    index = modality_mask(made)
    for place in range(7):
        there = shown(made.value, place)
        wrong = (index == place + 1) & ~(cv2.dilate(there.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        assert wrong.sum() == 0
        if str(place) not in counts:  # unlabelled: gone, or nearly so
            assert there.sum() < max(20, 36 * 40 * 4 * 0.05) + 200


def overlap(one: Any, other: Any) -> bool:
    return bool(one[0] < other[2] + 2 and other[0] < one[2] + 2 and one[1] < other[3] + 2 and other[1] < one[3] + 2)


def modality_mask(made: Sample) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(made.annotations.masks[INDEX], np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(found)


@pytest.mark.parametrize("name", list(STEPS))
def test_the_same_key_gives_the_same_and_another_another(name: str) -> None:
    one, two = mix(name, "a"), mix(name, "a")
    np.testing.assert_array_equal(one.value, two.value)
    assert one.annotations == two.annotations
    assert len({mix(name, str(key)).value.tobytes() for key in range(6)}) > 1


@pytest.mark.parametrize("name", list(STEPS))
def test_neither_the_sample_nor_its_partners_are_changed(name: str) -> None:
    partners = [picture(number, "polygons") for number in (1, 2, 3)]
    before = [(one.value.copy(), one.annotations.corners.copy()) for one in partners]
    mix(name, "a", others=partners)
    for one, (pixels, corners) in zip(partners, before, strict=True):
        np.testing.assert_array_equal(one.value, pixels)
        np.testing.assert_array_equal(one.annotations.corners, corners)


@pytest.mark.parametrize("name", ["Mosaic", "CutMix", "MixUp"])
def test_classes_are_soft_by_their_share(name: str) -> None:
    made = mix(name, "b")
    classes = made.annotations.classes
    assert sum(classes.values()) == pytest.approx(1, abs=1e-4)
    assert made.label == max(classes, key=lambda label: classes[label])


def test_mixtures_of_mixtures_add_up() -> None:
    twice = [(modality.build("MixUp", {}, Setting(Path())), Chance.of(0, key, 1)) for key in "abc"]
    sample = replace(picture(0, "box"), partners=lambda chance, count, balanced: [picture(1, "box")] * count)
    made, _ = modality.apply(sample, twice, LABELS)
    assert set(made.annotations.classes) == {"class 0", "class 1"}
    assert sum(made.annotations.classes.values()) == pytest.approx(1, abs=1e-4)


def test_an_object_that_hardly_shines_through_is_dropped() -> None:
    labels = modality.Labels(min_visibility=0.3)
    step = modality.build("MixUp", {"alpha": 1.0}, Setting(Path()))
    for key in range(20):
        sample = replace(picture(0, "box"), partners=lambda chance, count, balanced: [picture(1, "box")])
        sample = replace(sample, annotations=replace(sample.annotations, labels=labels))
        made, (told,) = modality.apply(sample, [(step, Chance.of(0, str(key), 1))], labels)
        weight = told.parameters["weight"]
        found = {str(one.label) for one in made.annotations.instances}
        assert ({"0", "1"} <= found) == (weight >= 0.3)
        assert ({"2", "3"} <= found) == (1 - weight >= 0.3)


@pytest.mark.parametrize("name", list(STEPS))
def test_colour_and_gray_go_together(name: str) -> None:
    made = mix(name, "c", others=[picture(1, "polygons", gray=True)])
    assert made.value.ndim == 3
    step = modality.build(name, STEPS[name], Setting(Path()))
    alone = replace(picture(0, "polygons", gray=True), partners=lambda c, count, b: [picture(1, "polygons")] * count)
    made, _ = modality.apply(alone, [(step, Chance.of(0, "c", 1))], LABELS)
    assert made.value.ndim == 2


@pytest.mark.parametrize("name", list(STEPS))
def test_pictures_without_any_annotation_mix_too(name: str) -> None:
    plain = [replace(picture(number, "box"), annotations=None) for number in range(2)]
    step = modality.build(name, STEPS[name], Setting(Path()))
    sample = replace(plain[0], partners=lambda chance, count, balanced: [plain[1]] * count)
    made, _ = modality.apply(sample, [(step, Chance.of(0, "d", 1))], modality.Labels())
    assert made.value.size
    if name != "CopyPaste":
        assert made.annotations is None or not made.annotations.instances


@pytest.mark.parametrize("name", list(STEPS))
def test_without_a_data_set_there_is_no_partner(name: str) -> None:
    step = modality.build(name, STEPS[name], Setting(Path()))
    with pytest.raises(SampleError, match="no partner"):
        step.apply(picture(0, "box"), Chance.of(0, "a", 1))


@pytest.mark.parametrize(
    ("name", "given", "path"),
    [
        ("MixUp", {"alpha": -1}, "alpha"),
        ("MixUp", {"alhpa": 1}, "alhpa"),
        ("MixUp", {"p": 2}, "p"),
        ("CutMix", {"balanced": "x"}, "balanced"),
        ("Mosaic", {"size": [1]}, "size"),
        ("Mosaic", {"center_range": [0.9, 0.1]}, ""),
        ("CopyPaste", {"num_objects": [0, 2]}, ""),
        ("CopyPaste", {"scale_range": [2, 1]}, ""),
    ],
)
def test_mistakes_in_their_parameters_are_told(name: str, given: dict[str, Any], path: str) -> None:
    with pytest.raises(RecipeError) as caught:
        modality.build(name, given, Setting(Path()))
    assert caught.value.problems[0].path.startswith(path)
    assert "Traceback" not in str(caught.value)


def test_every_step_of_our_own_is_found_and_described() -> None:
    assert set(STEPS) <= set(native.modules(modality.STEPS))
    for name in native.modules(modality.STEPS):
        found = modality.describe(name)
        assert found.labels == "moves"
        assert found.docs.startswith("https://")
        assert found.summary.endswith(".") or len(found.summary) > 20
        assert all(parameter.about for parameter in found.parameters)

"""What holds for labels under every step there is, with all forms of labels at once; none is listed, none escapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augment import masks, native
from augment.annotations import INDEX, Annotations, digest, plain
from augment.chance import Chance
from augment.contracts import Setting, Step
from augment.errors import SampleError
from augment.image import library, modality
from augment.sample import Sample
from tests.laws import scenes
from tests.laws.recipes import recipe
from tests.laws.scenes import Array, Block, Scene
from tests.laws.test_steps import NAMES, required

SIZE = (112, 96)
SCENE = Scene(
    SIZE,
    (
        Block(1, (4, 6, 50, 40)),
        Block(2, (58, 4, 108, 42), "ellipse"),
        Block(4, (6, 50, 48, 92), "polygon"),
        Block(3, (60, 52, 104, 90)),
        Block(5, (50, 44, 58, 50)),
    ),
)
"""Five blocks apart from each other, one of them small."""

FORMS: Sequence[scenes.Form] = ("box", "polygons", "rle", "box", "polygons")
MIXED = frozenset({"MixUp"})
"""Steps that move and yet change the colours of what they move."""

STRANGE = MIXED | {"OverlayElements"}
"""Those, and steps that show what has no labels."""


def every_form(scene: Scene = SCENE) -> Annotations:
    """Boxes, polygons, run lengths, keypoints, a crowd, and masks of the whole picture."""
    found = scene.annotations("box", keypoints=True, bitmaps=True)
    each = [scenes.instance(block, scene.size, form, True) for block, form in zip(scene.blocks, FORMS, strict=False)]
    return replace(found, instances=(*each[:-1], replace(each[-1], crowd=True)), classes={"a": 0.25, "b": 0.75})


def build(name: str, folder: Path, native_code: bool = True) -> Step:
    """A step with the least that it needs; those of our own need nothing."""
    given = {} if name in native.modules(modality.STEPS) else recipe(name, required(name), folder)
    return modality.build(name, given, Setting(folder, native_code))


def moves(name: str) -> bool:
    return name in native.modules(modality.STEPS) or library.moves(name)


def partner(channels: int) -> Sample:
    """Another sample to mix with: the same blocks, upside down in their codes."""
    scene = Scene((90, 100), (Block(6, (8, 8, 44, 60)), Block(7, (50, 30, 84, 94))))
    value = scene.painted if channels == 3 else scene.shaded
    settled, _ = scenes.settled(value, scene.annotations("polygons", keypoints=True, bitmaps=True))
    return Sample(value, annotations=settled.working, key="other")


def run(step: Step, channels: int, key: str = "a", scene: Scene = SCENE, **labels: Any) -> Sample:
    value = scene.painted if channels == 3 else scene.shaded
    settled, options = scenes.settled(value, every_form(scene), **labels)
    given = Sample(
        value,
        annotations=settled.working,
        key="one",
        partners=lambda chance, count, balanced: [partner(channels)] * count,
    )
    before = plain(settled.original)
    first, applied = modality.apply(given, [(step, Chance.of(3, key, 1))], options)
    again, _ = modality.apply(given, [(step, Chance.of(3, key, 1))], options)
    assert [one.step for one in applied] == [step.name]
    assert digest(again.annotations) == digest(first.annotations), "the same key has moved labels elsewhere"
    assert dict(again.notes) == dict(first.notes)
    np.testing.assert_array_equal(again.value, first.value)
    assert plain(settled.original) == before
    return first


@pytest.mark.parametrize("how", ["fast", "library"])
@pytest.mark.parametrize("channels", [3, 1], ids=["rgb", "gray"])
@pytest.mark.parametrize("name", NAMES)
def test_labels_of_every_form_survive(name: str, channels: int, how: str, tmp_path: Path) -> None:
    step = build(name, tmp_path, how == "fast")
    for key in "abc":
        sample = run(step, channels, key)
        before, after = every_form(), sample.annotations
        if not moves(name):
            unchanged(before, after)
            continue
        sound(after, sample.value)
        assert after.captions == before.captions
        assert after.fields == before.fields
        if channels == 3 and name not in MIXED:
            codes = scenes.codes_of(sample.value)
            seen_in_pixels(after, codes)
            if name not in STRANGE:
                index_agrees(after, codes)


def unchanged(before: Annotations, after: Annotations) -> None:
    """A step that moves nothing leaves all labels as they were, to the last bit."""
    assert plain(after) == plain(before)
    assert after.masks.keys() == before.masks.keys()
    for name, data in before.masks.items():
        np.testing.assert_array_equal(scenes.unpng(after.masks[name]), scenes.unpng(data))


def sound(found: Annotations, value: Array) -> None:
    """All that is true of labels whatever has been done to them."""
    width, height = found.size or (0, 0)
    assert value.shape[:2] == (height, width)
    for code, one in scenes.instances(found):
        assert one.box is not None
        x_min, y_min, x_max, y_max = one.box
        assert 0 <= x_min < x_max <= width
        assert 0 <= y_min < y_max <= height
        assert one.crowd == (code == SCENE.blocks[-1].code)
        assert not (one.polygons and one.rle)
        assert all(len(ring) >= 6 and np.isfinite(ring).all() for ring in one.polygons)
        assert len(one.keypoints) == len(scenes.LANDMARKS)
        for x, y, seen in one.keypoints:
            assert (x, y) == (0, 0) if seen == 0 else 0 <= x <= width and 0 <= y <= height
        mask = masks.bitmap(one, (width, height))
        if mask is not None and mask.sum() > 20:
            own = scenes.bounds_of(mask)
            assert own is not None
            assert max(abs(a - b) for a, b in zip(own, one.box, strict=True)) <= 2, "box and mask part"
    for name, data in found.masks.items():
        pixels = scenes.unpng(data)
        assert pixels.shape == (height, width)
        assert set(np.unique(pixels)) <= (set(range(8)) if name == INDEX else {0, 255}), "values of a mask were mixed"


def seen_in_pixels(found: Annotations, codes: Array) -> None:
    """Every label left has its part of the picture: most of its mask, or some of its box, is in its colour."""
    size = codes.shape[1], codes.shape[0]
    for code, one in scenes.instances(found):
        assert one.box is not None
        x_min, y_min, x_max, y_max = (round(edge) for edge in one.box)
        if x_max - x_min < 4 or y_max - y_min < 4:
            continue
        mask = masks.bitmap(one, size)
        inside = codes[mask] if mask is not None else codes[y_min:y_max, x_min:x_max]
        share = float((inside == code).sum() / max((inside > 0).sum(), 1))
        assert share > (0.5 if mask is not None else 0.05), f"class {code} is labelled where it isn't seen"


def index_agrees(found: Annotations, codes: Array) -> None:
    """Where both the index mask and the picture name a class, inside of its edges, they name the same."""
    index = scenes.unpng(found.masks[INDEX])
    both = (index > 0) & (codes > 0)
    if both.sum() > 50:
        assert (index[both] != codes[both]).mean() < 0.05
    for name, data in found.masks.items():
        if name != INDEX and name in {f"class {block.code}" for block in SCENE.blocks}:
            there = (scenes.unpng(data) > 0) & (codes > 0)
            if there.sum() > 50:
                assert (codes[there] != int(name.split()[1])).mean() < 0.05, name


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5)])
@pytest.mark.parametrize("name", NAMES)
def test_a_tiny_picture_keeps_sound_labels_or_is_refused_with_its_reason(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    scene = Scene(size, tuple(replace(block, place=(0, 0, *size), shape="rectangle") for block in SCENE.blocks))
    try:
        sample = run(build(name, tmp_path), 3, scene=scene)
    except SampleError as error:
        assert error.reason
        assert name in error.detail
    else:
        for one in sample.annotations.instances:
            assert one.box is not None and one.box[0] < one.box[2] and one.box[1] < one.box[3]
        for data in sample.annotations.masks.values():
            assert scenes.unpng(data).shape == sample.value.shape[:2]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_without_objects_keeps_none(name: str, tmp_path: Path) -> None:
    scene = Scene(SIZE, ())
    settled, options = scenes.settled(scene.painted, Annotations(size=SIZE))
    other = Sample(scene.painted, annotations=settled.working, key="other")
    given = replace(other, key="one", partners=lambda chance, count, balanced: [other] * count)
    sample, _ = modality.apply(given, [(build(name, tmp_path), Chance.of(3, "a", 1))], options)
    assert sample.annotations.instances == ()
    assert sample.annotations.size == sample.value.shape[1::-1]


@pytest.mark.parametrize("name", [name for name in NAMES if moves(name)])
def test_our_kernels_move_labels_as_the_library_does(name: str, tmp_path: Path) -> None:
    """The same draw moves the same labels to the same places, whichever code has moved the pixels."""
    fast, slow = (run(build(name, tmp_path, how), 3, "k") for how in (True, False))
    assert fast.value.shape == slow.value.shape
    assert digest(fast.annotations) == digest(slow.annotations)


@pytest.mark.parametrize("name", [name for name in NAMES if moves(name)])
def test_a_sample_without_annotations_gets_none(name: str, tmp_path: Path) -> None:
    given = Sample(SCENE.painted, partners=lambda chance, count, balanced: [Sample(SCENE.painted, key="x")] * count)
    sample, _ = modality.apply(given, [(build(name, tmp_path), Chance.of(3, "a", 1))], modality.Labels())
    assert sample.annotations is None or not sample.annotations.instances

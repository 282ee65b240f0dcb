"""Odd annotations: what of them is mended, dropped and counted, and what can't belong to the picture at all."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augment import masks
from augment.annotations import INDEX, Annotations, Box, Instance
from augment.chance import Chance
from augment.contracts import Settled
from augment.engine.draw import draw
from augment.engine.recipe import load
from augment.errors import SampleError
from augment.image import modality
from augment.sample import Content, Sample
from tests.laws import scenes
from tests.laws.scenes import Block, Scene
from tests.laws.test_geometry import LAW

SIZE = (64, 48)
SCENE = Scene(SIZE, (Block(1, (6, 4, 30, 20)),))
NAN, INF = math.nan, math.inf


def settle(*instances: Instance, size: tuple[int, int] | None = SIZE, **labels: Any) -> Settled:
    return scenes.settled(SCENE.painted, Annotations(instances, size=size), **labels)[0]


def copied(settled: Settled, value: Any = None) -> Annotations:
    """What an augmented copy without a step that fires gets."""
    value = SCENE.painted if value is None else value
    found: Annotations = modality.apply(Sample(value, annotations=settled.working), [], modality.Labels())[
        0
    ].annotations
    return found


def box(*edges: float) -> Instance:
    return Instance("class 1", (edges[0], edges[1], edges[2], edges[3]))


def test_sound_annotations_pass_as_they_are() -> None:
    for form in ("box", "polygons", "rle"):
        before = SCENE.annotations(form, keypoints=True, bitmaps=True)
        settled, _ = scenes.settled(SCENE.painted, before)
        for found in (settled.original, copied(settled)):
            assert found.instances == before.instances
            assert found.size == SIZE
            assert (found.captions, found.fields) == (before.captions, before.fields)
        assert settled.notes == {}
        assert settled.original.masks == before.masks


@pytest.mark.parametrize(
    "edges",
    [
        (10, 10, 10, 20),
        (10, 10, 20, 10),
        (10, 10, 10, 10),
        (-20, 5, -4, 20),
        (70, 5, 90, 20),
        (5, -30, 20, -2),
        (5, 48, 20, 60),
        (64, 0, 80, 48),
        (NAN, 5, 20, 20),
        (5, 5, INF, 20),
        (-INF, -INF, INF, INF),
    ],
)
def test_boxes_without_a_place_in_the_picture_are_dropped_and_counted(edges: tuple[float, ...]) -> None:
    settled = settle(box(*edges), box(1, 1, 9, 9))
    assert [one.box for one in settled.original.instances] == [(1, 1, 9, 9)]
    assert [one.box for one in copied(settled).instances] == [(1, 1, 9, 9)]
    assert sum(settled.notes.values()) == 1
    assert "object dropped" in next(iter(settled.notes))


@pytest.mark.parametrize(
    ("edges", "cut"),
    [
        ((-5, 4, 20, 20), (0, 4, 20, 20)),
        ((50, 30, 80, 60), (50, 30, 64, 48)),
        ((-1, -1, 100, 100), (0, 0, 64, 48)),
    ],
)
def test_boxes_that_reach_beyond_the_border_are_cut_and_counted(edges: Box, cut: Box) -> None:
    settled = settle(box(*edges))
    assert settled.original.instances[0].box == cut
    assert copied(settled).instances[0].box == cut
    assert sum(settled.notes.values()) == 1
    free = settle(box(*edges), clip=False)
    assert free.original.instances[0].box == edges
    assert copied(free).instances[0].box == edges


def test_what_a_writer_has_rounded_is_not_told() -> None:
    settled = settle(box(-0.001, 0, 64.004, 48.0))
    assert settled.notes == {}
    assert settled.original.instances[0].box == (0, 0, 64, 48)


def test_corners_given_the_wrong_way_round_are_swapped_and_counted() -> None:
    settled = settle(box(30, 20, 6, 4))
    assert settled.original.instances[0].box == (6, 4, 30, 20)
    assert sum(settled.notes.values()) == 1


def test_fractions_become_pixels() -> None:
    found = Annotations(
        (
            Instance("class 1", (0.25, 0.5, 0.75, 1.0), keypoints=((0.5, 0.5, 2),)),
            Instance("class 1", None, polygons=((0.0, 0.0, 0.5, 0.0, 0.5, 0.5),)),
        ),
        unit="fraction",
    )
    settled, _ = scenes.settled(SCENE.painted, found)
    for done in (settled.original, copied(settled)):
        assert (done.unit, done.size) == ("pixel", SIZE)
        one, other = done.instances
        assert one.box == (16, 24, 48, 48)
        assert one.keypoints[0][:2] == (32, 24)
        assert other.box == (0, 0, 32, 24)
        assert other.polygons == ((0, 0, 32, 0, 32, 24),)


@pytest.mark.parametrize("form", ["polygons", "rle"])
def test_an_object_without_a_box_gets_the_one_round_its_mask(form: scenes.Form) -> None:
    one = replace(scenes.instance(SCENE.blocks[0], SIZE, form, False), box=None)
    assert settle(one).original.instances[0].box == (6, 4, 30, 20)


def test_rings_that_are_none_are_dropped_and_counted() -> None:
    whole = SCENE.blocks[0].ring()
    one = Instance("class 1", (6, 4, 30, 20), polygons=(whole, (1.0, 2.0, 3.0, 4.0), (1, 1, NAN, 2, 3, 3)))
    settled = settle(one)
    assert settled.original.instances[0].polygons == (whole,)
    assert sum(settled.notes.values()) == 2


def test_run_lengths_for_another_size_go_with_their_object() -> None:
    other = scenes.instance(SCENE.blocks[0], (40, 30), "rle", False)
    try:
        settled = settle(other, box(1, 1, 9, 9))
    except SampleError as error:
        assert error.reason
    else:
        assert [one.box for one in settled.original.instances] == [(1, 1, 9, 9)]
        assert sum(settled.notes.values()) == 1


@pytest.mark.parametrize("counts", ["zzzz", "", "~~", "P" * 400, [1, 2], [3073, -1]])
def test_damaged_run_lengths_never_reach_the_code_that_trusts_them(counts: Any) -> None:
    """Readers pass run lengths through ``masks.compressed``; the library would write outside of its memory."""
    with pytest.raises(ValueError, match="run lengths"):
        masks.compressed({"size": [48, 64], "counts": counts})


@pytest.mark.parametrize("name", [INDEX, "class 1"])
def test_a_mask_of_another_size_is_no_mask_of_this_picture(name: str) -> None:
    found = Annotations(masks={name: scenes.png(np.zeros((40, 40), np.uint8))}, size=SIZE)
    with pytest.raises(SampleError) as caught:
        scenes.settled(SCENE.painted, found)
    assert caught.value.reason == "annotations don't fit"
    assert "40x40" in caught.value.detail
    assert "64x48" in caught.value.detail


@pytest.mark.parametrize("data", [b"", b"no picture", scenes.png(np.zeros((48, 64), np.uint8))[:50]])
def test_a_mask_that_cannot_be_decoded_is_told(data: bytes) -> None:
    with pytest.raises(SampleError) as caught:
        scenes.settled(SCENE.painted, Annotations(masks={INDEX: data}, size=SIZE))
    assert caught.value.reason


def test_annotations_of_another_picture_are_refused() -> None:
    with pytest.raises(SampleError) as caught:
        settle(box(100, 100, 300, 200), size=(640, 480))
    assert caught.value.reason == "annotations don't fit"
    assert "640x480" in caught.value.detail


EDGES = st.one_of(st.floats(-200, 200), st.sampled_from([NAN, INF, -INF, 0.0, 5e4, -5e4, 64.0, 48.0]))
RING = st.lists(EDGES, max_size=8).map(lambda values: tuple(values[: len(values) // 2 * 2]))
POINT = st.tuples(EDGES, EDGES, st.integers(0, 2))
ODD = st.builds(
    Instance,
    label=st.sampled_from([None, "class 1", "nobody"]),
    box=st.one_of(st.none(), st.tuples(EDGES, EDGES, EDGES, EDGES)),
    polygons=st.lists(RING, max_size=2).map(tuple),
    keypoints=st.lists(POINT, max_size=3).map(tuple),
    crowd=st.booleans(),
)


@settings(max_examples=300, **LAW)
@given(st.lists(ODD, max_size=4), st.booleans())
def test_whatever_comes_what_is_left_is_sound(instances: list[Instance], clip: bool) -> None:
    settled, options = scenes.settled(SCENE.painted, Annotations(tuple(instances), size=SIZE), clip=clip)
    steps = [{name: {"p": 1.0}} for name in ("HorizontalFlip", "RandomGridShuffle", "CoarseDropout")]
    for count in range(4):
        nodes = load({"image": steps[:count]}).steps["image"] if count else ()
        drawn = draw(nodes, Chance.of(0, "a", 1))
        found = modality.apply(Sample(SCENE.painted, annotations=settled.working), drawn, options)[0].annotations
        for one in (*settled.original.instances, *found.instances):
            assert one.box is not None and all(map(math.isfinite, one.box))
            assert one.box[0] < one.box[2] and one.box[1] < one.box[3]
            if clip:
                assert min(one.box) >= 0 and one.box[2] <= SIZE[0] and one.box[3] <= SIZE[1]
            assert all(len(ring) >= 6 and all(map(math.isfinite, ring)) for ring in one.polygons)
            assert all(map(math.isfinite, (value for point in one.keypoints for value in point)))
            masks.bitmap(one, SIZE)
    assert (len(settled.original.instances) == len(instances)) or settled.notes


# Photos that carry an EXIF orientation.


def photo(orientation: int, stored: Any = None) -> tuple[bytes, Any]:
    """A file that stores SCENE's picture, or another, and says that it must be turned; and the upright picture."""
    stored = SCENE.painted if stored is None else stored
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(file, "PNG", exif=exif)
    return file.getvalue(), modality.decode(file.getvalue())


@pytest.mark.parametrize("form", ["box", "polygons", "rle"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_labels_of_the_stored_picture_turn_with_it(orientation: int, form: scenes.Form) -> None:
    data, value = photo(orientation)
    assert value.shape[:2] == (64, 48)
    before = SCENE.annotations(form, keypoints=True)
    options = modality.Labels()
    settled = modality.settle(value, Content(data, before), scenes.DATASET, options)
    assert settled.original.instances == before.instances, "the original keeps its bytes, and so its frame"
    assert settled.original.size == SIZE
    found = copied(settled, value)
    assert found.size == (48, 64)
    (one,) = found.instances
    truth = scenes.found_in(value, 1, alone=True)
    assert one.box == scenes.bounds_of(truth)
    mask = masks.bitmap(one, (48, 64))
    if mask is not None:
        np.testing.assert_array_equal(mask, truth)
    stored = np.zeros((48, 64, 3), np.uint8)
    x, y, _ = before.instances[0].keypoints[0]
    stored[int(y), int(x)] = 255
    shown = np.argwhere(photo(orientation, stored)[1][..., 0])
    assert shown.tolist() == [[int(one.keypoints[0][1]), int(one.keypoints[0][0])]]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_labels_of_the_upright_picture_stay(orientation: int) -> None:
    data, value = photo(orientation)
    found = Annotations((Instance("class 1", (3, 5, 20, 40)),), size=(48, 64))
    settled = modality.settle(value, Content(data, found), scenes.DATASET, modality.Labels())
    assert copied(settled, value).instances == found.instances
    assert copied(settled, value).size == (48, 64)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_frame_stored_says_that_labels_turn_with_every_orientation(orientation: int) -> None:
    data, value = photo(orientation)
    options = modality.Labels(frame="stored")
    for size in (SIZE, None):
        before = replace(SCENE.annotations("rle"), size=size)
        settled = modality.settle(value, Content(data, before), scenes.DATASET, options)
        (one,) = copied(settled, value).instances
        assert one.box == scenes.bounds_of(scenes.found_in(value, 1, alone=True))
        assert settled.original.instances == before.instances


@pytest.mark.parametrize("orientation", range(1, 9))
def test_masks_of_the_stored_picture_turn_with_it(orientation: int) -> None:
    data, value = photo(orientation)
    before = SCENE.annotations("box", bitmaps=True)
    options = modality.Labels(frame="stored")
    settled = modality.settle(value, Content(data, before), scenes.DATASET, options)
    index = scenes.unpng(copied(settled, value).masks[INDEX])
    np.testing.assert_array_equal(index, scenes.codes_of(value))
    np.testing.assert_array_equal(scenes.unpng(settled.original.masks[INDEX]), scenes.codes_of(SCENE.painted))

"""Steps of the user's own that give a matrix: all that is annotated is where the library's steps put it."""

# ruff: noqa: N802 - steps are named as steps are

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import augment
from augment import masks, own
from augment.annotations import Annotations, Instance, digest
from augment.chance import Chance
from augment.contracts import Setting
from augment.image import modality
from augment.sample import Applied, Category, Dataset, Sample
from tests.laws import geometry_recipes as recipes
from tests.laws import scenes
from tests.laws.scenes import Array, Reading
from tests.laws.test_geometry_rules import COCO, PAIRS, SIDES, body
from tests.laws.test_geometry_sweep import SCENE, every_form

LAW: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
HALF = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
WIDTH, HEIGHT = SCENE.size


@pytest.fixture(autouse=True, scope="module")
def steps() -> Iterator[None]:
    """One step that moves pixels as the recipe says; gone after the tests of this file."""
    before = dict(own._STEPS)

    @augment.step("image", labels="matrix", p=1)
    def Moved(image: Array, rng: np.random.Generator, *, matrix: list[list[float]], size: list[int]) -> Any:
        """Moves pixels by a matrix, each to the nearest."""
        middles = np.linalg.inv(HALF) @ np.array(matrix) @ HALF / matrix[2][2]
        bends = matrix[2][:2] != [0, 0]
        warp = cv2.warpPerspective if bends else cv2.warpAffine
        made = warp(image, middles if bends else middles[:2], tuple(size), flags=cv2.INTER_NEAREST)
        return made, np.array(matrix), {"sides": size}

    @augment.step("image", labels="matrix", p=1)
    def Given(image: Array, rng: np.random.Generator, *, what: Any = None) -> Any:
        """Gives a matrix, or what else it is told to, and leaves pixels alone."""
        return image, what

    yield
    own._STEPS.clear()
    own._STEPS.update(before)


def through(step: Any, value: Array, found: Annotations, dataset: Dataset = scenes.DATASET, **more: Any) -> Any:
    """A picture and its labels through one step; and what that has told."""
    settled, options = scenes.settled(value, found, dataset, **more)
    sample = Sample(value, "left_eye", annotations=settled.working)
    made, (told,) = modality.apply(sample, [(step, Chance.of(3, "a", 1))], options)
    return made, told


def mine(matrix: Any, size: Any, value: Array, found: Annotations, *rest: Any, **more: Any) -> Sample:
    rows, sides = np.asarray(matrix, float).tolist(), [int(side) for side in size]
    step = modality.build("Moved", {"matrix": rows, "size": sides}, Setting(Path()))
    made, told = through(step, value, found, *rest, **more)
    assert told == Applied("Moved", {"sides": sides})
    return made  # type: ignore[no-any-return]


def same(one: Sample, other: Sample) -> None:
    """Equal pixels and bitmaps; the same objects, whose corners are as near as numbers with a point are."""
    np.testing.assert_array_equal(one.value, other.value)
    left, right = one.annotations, other.annotations
    assert (left.size, left.masks, left.captions, left.classes) == (
        right.size,
        right.masks,
        right.captions,
        right.classes,
    )
    assert len(left.instances) == len(right.instances)
    for ours, theirs in zip(left.instances, right.instances, strict=True):
        assert (ours.label, ours.rle, ours.crowd, ours.fields) == (
            theirs.label,
            theirs.rle,
            theirs.crowd,
            theirs.fields,
        )
        np.testing.assert_allclose(ours.box, theirs.box, atol=1e-6)
        np.testing.assert_allclose(ours.keypoints, theirs.keypoints, atol=1e-6)
        assert list(map(len, ours.polygons)) == list(map(len, theirs.polygons))
        for ring, there in zip(ours.polygons, theirs.polygons, strict=True):
            np.testing.assert_allclose(ring, there, atol=1e-6)


def library(name: str, parameters: dict[str, Any], **labels: Any) -> tuple[Sample, dict[str, Any]]:
    """A scene with labels of every form through a step of the library, and what that has drawn."""
    step: Any = modality.build(name, {**parameters, "p": 1}, Setting(Path(), native=False))
    made, _ = through(step, SCENE.painted, every_form(), **labels)
    return made, step.transform.params


EXACT: dict[str, tuple[str, dict[str, Any], list[list[float]]]] = {
    "mirror": ("HorizontalFlip", {}, [[-1, 0, WIDTH], [0, 1, 0], [0, 0, 1]]),
    "upside": ("VerticalFlip", {}, [[1, 0, 0], [0, -1, HEIGHT], [0, 0, 1]]),
    "transposed": ("Transpose", {}, [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    "crop": ("Crop", {"x_min": 20, "y_min": 10, "x_max": 90, "y_max": 70}, [[1, 0, -20], [0, 1, -10], [0, 0, 1]]),
    "homogeneous": ("HorizontalFlip", {}, [[2, 0, -2 * WIDTH], [0, -2, 0], [0, 0, -2]]),
}


@pytest.mark.parametrize("name", EXACT)
def test_it_is_the_librarys_step(name: str) -> None:
    step, parameters, matrix = EXACT[name]
    theirs, _ = library(step, parameters)
    same(mine(matrix, theirs.annotations.size, SCENE.painted, every_form()), theirs)


@pytest.mark.parametrize("quarters", range(4))
def test_it_is_a_turn_by_quarters(quarters: int) -> None:
    step = modality.build("RotationLabel", {"angles": [90 * quarters], "field": "turn"}, Setting(Path()))
    theirs, _ = through(step, SCENE.painted, every_form())
    quarter = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    matrix = np.linalg.matrix_power(quarter, quarters)
    matrix[:2, 2] = -np.minimum(0, matrix[:2, :2] @ SCENE.size)
    same(mine(matrix, theirs.annotations.size, SCENE.painted, every_form()), theirs)


@settings(max_examples=40, **LAW)
@given(recipes.step("Affine"), st.booleans())
def test_it_is_any_affine(step: Any, clip: bool) -> None:
    (parameters,) = step.values()
    theirs, drawn = library("Affine", {**parameters, "interpolation": cv2.INTER_NEAREST}, clip=clip)
    matrix = HALF @ np.asarray(drawn["matrix"]) @ np.linalg.inv(HALF)
    same(mine(matrix, theirs.annotations.size, SCENE.painted, every_form(), clip=clip), theirs)


near = st.floats(-1, 1)


@st.composite
def matrices(draw: Any) -> tuple[Array, tuple[int, int]]:
    """A matrix that leaves some of the picture in the result: any linear part, mirrors too, and some perspective."""
    middle = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1]])
    size = draw(st.tuples(st.integers(40, 200), st.integers(40, 200)))
    linear = np.array([[draw(near) * 1.5 for _ in range(2)] for _ in range(2)])
    assume(abs(np.linalg.det(linear)) > 0.2)
    bent = [draw(near) * 0.004, draw(near) * 0.004] if draw(st.booleans()) else [0, 0]
    shift = [side * (0.5 + draw(near) * 0.3) for side in size]
    made = np.vstack([np.column_stack([linear, [0, 0]]), [*bent, 1]]) @ np.linalg.inv(middle)
    return np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]]) @ made, size


def projected(matrix: Array, places: Any) -> Array:
    found = np.column_stack([np.asarray(places).reshape(-1, 2), np.ones(np.size(places) // 2)]) @ matrix.T
    return np.asarray(found[:, :2] / found[:, 2:])


@settings(max_examples=50, **LAW)
@given(matrices())
def test_labels_are_where_the_pixels_are(made: tuple[Array, tuple[int, int]]) -> None:
    matrix, size = made
    value = SCENE.addressed
    sample = mine(matrix, size, value, every_form(), min_visibility=0, min_area=0)
    found, reading = sample.annotations, Reading(SCENE, sample.value)
    assert found.size == size
    index = scenes.codes_of(SCENE.painted)
    for name, data in found.masks.items():
        code = int(name.split()[1]) if name else 0
        source = np.where(index == code, 255, 0) if code else index
        expected = np.zeros(reading.shown.shape, np.uint8)
        expected[reading.shown] = source[reading.rows[reading.shown], reading.columns[reading.shown]]
        np.testing.assert_array_equal(scenes.unpng(data), expected)
    before = dict(scenes.instances(every_form()))
    blocks = {block.code: block for block in SCENE.blocks}
    for code, one in scenes.instances(found):
        old = before[code]
        assert one.box is not None and old.box is not None
        if one.rle is not None:
            truth = reading.region(blocks[code].pixels(SCENE.size))
            np.testing.assert_array_equal(masks.bitmap(one, size), truth)
            assert one.box == scenes.bounds_of(truth)
        else:
            ring = old.polygons[0] if old.polygons else blocks[code].ring()
            corners = projected(matrix, ring)
            if (corners >= 0).all() and (corners <= size).all():
                np.testing.assert_allclose(one.box, [*corners.min(axis=0), *corners.max(axis=0)], atol=1e-6)
                assert not old.polygons or np.allclose(np.reshape(one.polygons[0], (-1, 2)), corners, atol=1e-6)
        for (x, y), now in zip(projected(matrix, [point[:2] for point in old.keypoints]), one.keypoints, strict=True):
            inside = 0 <= x <= size[0] and 0 <= y <= size[1]
            assert now[2] == (2 if inside else 0)
            assert not inside or np.allclose(now[:2], (x, y), atol=1e-6)


@settings(max_examples=40, **LAW)
@given(matrices())
@example((np.array([[-0.2, 0, 300], [0, 1, 0], [-0.004, 0, 1]]), (1400, 920)))  # no mirror, though it begins as one
def test_sides_trade_places_where_it_mirrors(made: tuple[Array, tuple[int, int]]) -> None:
    matrix, size = made
    value = np.zeros((180, 200, 3), np.uint8)
    depth = projected(matrix, [[100, 90], [101, 90], [100, 91]])
    turned = bool(np.linalg.det(depth[1:] - depth[0]) < 0)
    corners = np.array([[0, 0, 1], [200, 0, 1], [0, 180, 1], [200, 180, 1]]) @ matrix[2]
    assume(corners.min() > 0.1)
    sample = mine(matrix, size, value, body(), SIDES, flip_pairs=PAIRS, min_visibility=0, clip=False)
    assert sample.label == ("right_eye" if turned else "left_eye")
    for one in sample.annotations.instances:
        assert one.label in ("person", "wing", "right_eye" if turned else "left_eye")
        if one.label == "person":
            points = projected(matrix, [point[:2] for point in body().instances[0].keypoints])
            order = [COCO.index(_other(name)) if turned else place for place, name in enumerate(COCO)]
            seen = [place for place, point in enumerate(one.keypoints) if point[2]]
            there = [points[order[place]] for place in seen]
            np.testing.assert_allclose([one.keypoints[place][:2] for place in seen], there, atol=1e-6)


def _other(name: str) -> str:
    return name.replace("left", "?").replace("right", "left").replace("?", "right")


def test_an_object_that_stays_whole_is_kept_whole_by_a_perspective() -> None:
    """What is left of run lengths is counted in pixels of the new picture, of which there may be fewer."""
    before = scenes.Scene(SCENE.size, SCENE.blocks[:4]).annotations("rle")
    for bent in (0.01, -0.004):
        matrix = np.array([[1, 0, 0], [0, 1, 0], [0, bent, 1]])
        size = projected(matrix, [[WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]).max(axis=0) + 1
        made = mine(matrix, size, SCENE.painted, before, min_visibility=0.9)
        assert len(made.annotations.instances) == len(before.instances)


@pytest.mark.parametrize("matrix", [np.eye(3), np.eye(3)[:2], -3 * np.eye(3), np.eye(3, dtype=int).tolist()])
def test_the_identity_moves_nothing(matrix: Any) -> None:
    step = modality.build("Given", {"what": np.asarray(matrix).tolist()}, Setting(Path()))
    made, _ = through(step, SCENE.painted, every_form())
    settled, _ = scenes.settled(SCENE.painted, every_form())
    assert digest(made.annotations) == digest(settled.original)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "finite numbers, which moves places"),
        ("mirror", "finite numbers"),
        ([1, 2, 3], "3x3 or 2x3 finite numbers"),
        ([[1, 0], [0, 1]], "3x3 or 2x3"),
        ([[1, 0, 0], [0, 1]], r"got list \(0,\)"),
        ([[1, 0, 0], [0, float("nan"), 0]], "finite numbers"),
        ([[1, 0, 0], [0, 1, float("inf")]], "finite numbers"),
        ([[True, False, False], [False, True, False]], "finite numbers"),
        ([["1", "0", "0"], ["0", "1", "0"]], "finite numbers"),
        ([[1, 0, 0], [2, 0, 0]], "a matrix that can be inverted"),
        ([[0, 0, 0]] * 3, "can be inverted"),
        ([[1, 2, 3], [2, 4, 6.5], [0, 0, 1]], "can be inverted"),
        ([[1, 0, 0], [0, 1, 0], [1, 0, 0]], "can be inverted"),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0]], "one sign all over the picture"),
        ([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1]], "one sign all over the picture"),
        ([[1, 0, 1e300], [0, 1, 0], [0, 0, 1e-300]], "can be inverted"),
    ],
)
@pytest.mark.parametrize("annotated", [True, False])
def test_what_is_no_matrix_is_told(given: Any, said: str, annotated: bool) -> None:
    step = modality.build("Given", {"what": given}, Setting(Path()))
    with pytest.raises(augment.SampleError, match=f"(?s)step failed.*Given on {WIDTH}x{HEIGHT} pixels: .*{said}"):
        if annotated:
            through(step, SCENE.painted, every_form())
        else:
            step.apply(Sample(SCENE.painted), Chance.of(0, "a", 1))


def test_an_object_beyond_the_horizon_is_told() -> None:
    found = Annotations((Instance("class 1", (60, 50, 400, 80)),), size=SCENE.size)
    step = modality.build("Given", {"what": [[1, 0, 0], [0, 1, 0], [-0.005, 0, 1]]}, Setting(Path()))
    through(step, SCENE.painted, found)
    with pytest.raises(augment.SampleError, match="one sign all over the picture and its objects"):
        through(step, SCENE.painted, found, clip=False)


def test_what_gives_no_matrix_or_cannot_is_told() -> None:
    @augment.step("image", labels="matrix", p=1)
    def Alone(image: Array, rng: np.random.Generator, *, told: bool = False) -> Any:
        return (image, {"a": 1}) if told else image

    for told in (True, False):
        with pytest.raises(augment.SampleError, match=r"expected \(pixels, matrix\), got ndarray; give the matrix"):
            modality.build("Alone", {"told": told}, Setting(Path())).apply(Sample(SCENE.painted), Chance.of(0, "a", 1))
    for kind in ("audio", "text"):
        with pytest.raises(augment.AugmentError, match=f"got 'matrix', which is for pictures; {kind} has no places"):
            augment.step(kind, labels="matrix")

    def Whole(sample: Sample, chance: Chance) -> Any:
        return sample

    with pytest.raises(augment.AugmentError, match=r"Whole: expected \(image, rng, .* say labels='moves', or"):
        augment.step("image", labels="matrix")(Whole)


def test_gray_pictures_and_those_without_labels() -> None:
    step = modality.build("Moved", {"matrix": [[1, 0, -2], [0, 1, 0], [0, 0, 1]], "size": [5, 6]}, Setting(Path()))
    gray = np.arange(48, dtype=np.uint8).reshape(6, 8)
    made, _ = step.apply(Sample(gray), Chance.of(0, "a", 1))
    np.testing.assert_array_equal(made.value, gray[:, 2:7])
    assert made.annotations is None


def test_left_and_right_are_asked_for_and_classes_traded(tmp_path: Path) -> None:
    sided = Dataset(classes=("left hand", "right hand"))
    recipe = {"Given": {"what": [[-1, 0, WIDTH], [0, 1, 0]], "p": 1}}
    step = modality.build("Given", recipe["Given"], Setting(tmp_path))
    (said,) = modality.objections(step, sided, modality.Labels())
    assert said.startswith("Given may mirror pictures, and left hand, right hand would") and "flip_pairs" in said
    pairs = modality.Labels(flip_pairs=(("left hand", "right hand"),))
    assert not list(modality.objections(step, sided, pairs))
    made, _ = modality.apply(Sample(SCENE.painted, "left hand"), [(step, Chance.of(0, "a", 1))], pairs)
    assert (made.label, made.annotations) == ("right hand", None)
    boxes = Dataset(categories=(Category("cat"),), spatial=True)
    assert not list(modality.objections(step, boxes, modality.Labels()))


def test_drawn_scenes_live_with_and_without_workers(scenes: Path) -> None:
    pytest.importorskip("cloudpickle")

    @augment.step("image", labels="matrix", p=1)
    def Tilted(image: Array, rng: np.random.Generator, *, most: float = 30) -> Any:
        height, width = image.shape[:2]
        angle = float(rng.uniform(-most, most))
        matrix = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1), [0, 0, 1]])
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        middles = (np.linalg.inv(half) @ matrix @ half)[:2]
        return cv2.warpAffine(image, middles, (width, height)), matrix, {"angle": angle}

    recipe = {"image": ["Tilted"], "expand": {"multiplier": 3}}
    here = list(augment.stream(recipe, input=scenes))
    there = list(augment.stream(recipe, input=scenes, workers=2))
    assert [item.annotations for item in here] == [item.annotations for item in there]
    assert all(np.array_equal(one.value, other.value) for one, other in zip(here, there, strict=True))
    copies = {item.source: item.annotations for item in here if item.copy}
    originals = {item.source: item.annotations for item in here if not item.copy}
    assert any(copies[name].instances != originals[name].instances for name in copies)

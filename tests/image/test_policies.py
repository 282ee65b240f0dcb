"""The published search spaces: equal to Pillow's operations, sound on all pictures; and blending."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

import augment
from augment.chance import Chance
from augment.engine.draw import Composite, Group, Leaf, Node, draw, leaves
from augment.errors import SampleError
from augment.image.policies import blend, search_space
from augment.sample import Sample

Picture = Image.Image
Array = np.ndarray
Operation = Callable[[Picture, float], Picture]


def photo(height: int = 150, width: int = 200) -> Array:
    """Soft shapes with a little noise, as photographs have."""
    rng = np.random.default_rng(1)
    soft = cv2.resize(rng.integers(0, 256, (12, 16, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255).astype(np.uint8))


def space_at(policy: str, magnitude: float) -> tuple[Node, ...]:
    """The operations of a policy's published space, each at one magnitude."""
    steps = [dict(step) for step in search_space(policy)]
    recipe = augment.load({"image": [{"rand_augment": {"magnitude": magnitude, "steps": steps}}]})
    (node,) = recipe.steps["image"]
    assert isinstance(node, Group)
    (once,) = node.children
    assert isinstance(once, Group)
    return once.children


def results(node: Node, picture: Array) -> list[Array]:
    """What each form of an operation makes of a picture."""
    return [leaf.step.apply(Sample(picture), Chance.of(1, "k", 1))[0].value for leaf in leaves([node])]


def shear_x(picture: Picture, level: float, resample: Any = Image.Resampling.NEAREST) -> Picture:
    shift = -level * picture.height / 2  # the middle stays; the papers' code leaves the corner where it is
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, level, shift, 0, 1, 0), resample)


def shear_y(picture: Picture, level: float, resample: Any = Image.Resampling.NEAREST) -> Picture:
    shift = -level * picture.width / 2
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, 0, level, 1, shift), resample)


def shift_x(picture: Picture, pixels: float) -> Picture:
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, int(pixels), 0, 1, 0))


def shift_y(picture: Picture, pixels: float) -> Picture:
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, int(pixels)))


def enhanced(kind: Any) -> Operation:
    return lambda picture, level: kind(picture).enhance(1 + level)


EXACT = 0.0
ROUNDED = 1.0  # Pillow cuts off where OpenCV rounds
SOFTENED = 1.5  # another kernel of the same width; the operation itself changes this picture by 2.6
COUNTED = 6.0  # the two count the pixels of a grey value itself in another way
WARPED = 0.2  # a pixel in a hundred may come from the other side of a tie


def published(policy: str, magnitude: int) -> list[tuple[Operation, float, bool, float]]:
    """The operations as torchvision and the papers' code have them: what, how strongly, signed, mean tolerance."""
    part = magnitude / 30
    wide = policy == "trivial_augment"
    shear, turn, factor = (0.99, 135, 0.99) if wide else (0.3, 30, 0.9)
    across, down = (32, 32) if wide else (200 * 150 / 331, 150 * 150 / 331)
    bits = 8 - round(part * (6 if wide else 4))
    return [
        (lambda picture, _: picture, 0, False, EXACT),
        (shear_x, shear * part, True, WARPED),
        (shear_y, shear * part, True, WARPED),
        (shift_x, across * part, True, EXACT),
        (shift_y, down * part, True, EXACT),
        (lambda picture, level: picture.rotate(level), turn * part, True, WARPED),
        (enhanced(ImageEnhance.Brightness), factor * part, True, EXACT),
        (enhanced(ImageEnhance.Color), factor * part, True, ROUNDED),
        (enhanced(ImageEnhance.Contrast), factor * part, True, ROUNDED),
        (enhanced(ImageEnhance.Sharpness), factor * part, True, SOFTENED),
        (lambda picture, level: ImageOps.posterize(picture, int(level)), bits, False, EXACT),
        (lambda picture, level: ImageOps.solarize(picture, level), 255 - 255 * part, False, EXACT),
        (lambda picture, _: ImageOps.autocontrast(picture), 0, False, ROUNDED),
        (lambda picture, _: ImageOps.equalize(picture), 0, False, COUNTED),
    ]


@pytest.mark.parametrize("policy", ["rand_augment", "trivial_augment"])
@pytest.mark.parametrize("magnitude", [0, 15, 30])
def test_operations_equal_the_published_ones(policy: str, magnitude: int) -> None:
    picture = photo()
    pillow = Image.fromarray(picture)
    nodes = space_at(policy, magnitude)
    for node, (operation, level, signed, tolerance) in zip(nodes, published(policy, magnitude), strict=True):
        wanted = [np.asarray(operation(pillow, sign * level)) for sign in ((1, -1) if signed else (1,))]
        found = results(node, picture)
        for one in wanted:
            assert min(distance(one, other) for other in found) <= tolerance, (node.place, level)
        for other in found:
            assert min(distance(one, other) for one in wanted) <= tolerance, (node.place, level)


def test_rand_augment_equals_the_published_one_at_its_usual_magnitude() -> None:
    test_operations_equal_the_published_ones("rand_augment", 9)


def distance(first: Array, second: Array) -> float:
    """Mean over all pixels but the outermost, which Pillow's filters leave alone."""
    return float(np.abs(first.astype(int) - second)[1:-1, 1:-1].mean())


@pytest.mark.parametrize("magnitude", [3, 9, 27])
def test_operations_of_aug_mix_equal_the_published_ones(magnitude: int) -> None:
    picture = photo(151, 199)  # no shift of it is a whole number of pixels, which floats may miss by a hair
    pillow = Image.fromarray(picture)
    part = magnitude / 30
    linear = Image.Resampling.BILINEAR
    wanted: list[Operation] = [
        lambda one, sign: shear_x(one, sign * 0.3 * part, linear),
        lambda one, sign: shear_y(one, sign * 0.3 * part, linear),
        lambda one, sign: shift_x(one, int(sign * 199 / 3 * part)),
        lambda one, sign: shift_y(one, int(sign * 151 / 3 * part)),
        lambda one, sign: one.rotate(sign * 30 * part, linear),
        lambda one, _: ImageOps.posterize(one, 4 - int(4 * part)),
        lambda one, _: ImageOps.solarize(one, math.ceil(255 - 255 * part)),
        lambda one, _: ImageOps.autocontrast(one),
        lambda one, _: ImageOps.equalize(one),
    ]
    for node, operation in zip(space_at("aug_mix", magnitude), wanted, strict=True):
        found = results(node, picture)
        for sign in (1, -1):
            right = np.asarray(operation(pillow, sign))
            tolerance = COUNTED if node.place.startswith("Equalize") else ROUNDED
            assert min(distance(right, other) for other in found) <= tolerance, node.place


@pytest.mark.parametrize("policy", ["rand_augment", "trivial_augment", "aug_mix"])
@pytest.mark.parametrize("shape", [(30, 40, 3), (30, 40), (1, 1, 3), (5, 2)])
def test_every_step_of_every_space_works_on_every_picture(policy: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, shape, np.uint8), np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)]
    severest = {"rand_augment": {"magnitude": 30}, "aug_mix": {"severity": 10}}.get(policy, {})
    for body in ({}, severest):
        for leaf in leaves(augment.load({"image": [{policy: body}]}).steps["image"]):
            for picture in pictures:
                before = picture.copy()
                made, applied = leaf.step.apply(Sample(picture), Chance.of(3, "k", 1))
                assert made.value.shape == picture.shape
                assert made.value.dtype == np.uint8
                assert applied.step == leaf.step.name
                assert np.array_equal(picture, before)


def mixed(body: dict[str, Any], picture: Array, key: int = 0) -> tuple[Array, dict[str, Any]]:
    nodes = augment.load({"image": [{"aug_mix": body}]}).steps["image"]
    ((step, own),) = draw(nodes, Chance.of(5, str(key), 1))
    made, applied = step.apply(Sample(picture), own)
    return made.value, dict(applied.parameters)


def test_aug_mix_that_changes_nothing_gives_the_picture_back() -> None:
    picture = photo(40, 50)
    for key in range(20):
        still, told = mixed({"severity": 0, "steps": [{"Rotate": {"limit": {"from": 0, "to": 30}}}]}, picture, key)
        assert np.array_equal(still, picture)
        assert told["untouched"] < 1
    same, _ = mixed({"steps": ["NoOp"], "width": 16, "depth": 4}, picture)
    assert np.array_equal(same, picture)


def test_aug_mix_is_the_blend_that_its_provenance_tells() -> None:
    picture = photo(40, 50)
    for key in range(20):
        made, told = mixed({"steps": [{"InvertImg": {}}], "depth": 1}, picture, key)
        weight = sum(told["weights"])
        right = picture * told["untouched"] + (255.0 - picture) * weight
        assert np.abs(made - right).max() <= 0.5 + 1e-3
        assert told["chains"] == [["InvertImg"]] * 3


def test_aug_mix_of_its_published_space_is_mild_and_within_range() -> None:
    picture = photo(60, 80)
    far = []
    for key in range(60):
        made, told = mixed({}, picture, key)
        assert made.dtype == np.uint8
        assert made.shape == picture.shape
        assert all(1 <= len(chain) <= 3 for chain in told["chains"])
        far.append(distance(made, picture))
    assert 0 < float(np.mean(far)) < 40


def test_pictures_that_do_not_go_together_are_told() -> None:
    with pytest.raises(SampleError, match="50x40 pixels of uint8 and 20x20 pixels of uint8 can't be blended"):
        for key in range(20):
            mixed({"steps": [{"RandomCrop": {"height": 20, "width": 20}}]}, photo(40, 50), key)


def test_blend_is_the_weighted_mean_rounded() -> None:
    first, second = np.array([[0, 255, 10, 3]], np.uint8), np.array([[255, 255, 13, 4]], np.uint8)
    assert blend([first, second], [0.25, 0.75]).tolist() == [[191, 255, 12, 4]]
    assert blend([first, second], [1.0, 0.0]).tolist() == first.tolist()
    thirds = blend([second] * 7, [1 / 7] * 7)
    assert thirds.tolist() == second.tolist()
    assert thirds.dtype == np.uint8
    floats = blend([first / np.float32(255), second / np.float32(255)], [0.5, 0.5])
    assert floats.dtype == np.float32
    assert math.isclose(float(floats[0, 0]), 0.5, rel_tol=1e-6)


def test_other_policies_have_no_space() -> None:
    assert list(search_space("auto_augment")) == []


def test_runs_are_the_same_twice_and_told(shapes: Path, tmp_path: Path) -> None:
    import json

    import pyarrow.parquet as pq

    recipe = {"image": [{"rand_augment": {}}, "trivial_augment", {"aug_mix": {"p": 0.5}}]}
    rows = []
    for name in ("a", "b"):
        augment.run(recipe, input=shapes, output=tmp_path / name, multiplier=3, executor="serial")
        rows.append(pq.read_table(tmp_path / name / "provenance.parquet").to_pylist())
    assert [row["sha256"] for row in rows[0]] == [row["sha256"] for row in rows[1]]
    told = [row for row in rows[0] if row["copy"] > 0]
    assert {len(row["steps"]) for row in told} == {3, 4}
    mixes = [json.loads(row["parameters"])[3] for row in told if len(row["steps"]) == 4]
    assert mixes
    assert all(set(one) == {"chains", "weights", "untouched"} for one in mixes)


def test_leaves_of_policies_say_what_they_do_to_labels() -> None:
    (node,) = augment.load({"image": ["aug_mix"]}).steps["image"]
    assert isinstance(node, Composite)
    effects = {leaf.step.name: leaf.effect for leaf in leaves([node])}
    assert {name for name, effect in effects.items() if effect == "keeps"} == {
        "Posterize", "Solarize", "AutoContrast", "Equalize",
    }  # fmt: skip
    assert {effects["Affine"], effects["Rotate"]} == {"moves"}
    assert all(isinstance(leaf, Leaf) for leaf in leaves([node]))

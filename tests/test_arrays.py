"""Arrays grow to exactly so many rows, each the copy that its number draws, with labels and groups true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from augment import catalog, demo
from augment.audio.value import Clip
from augment.chance import Chance
from augment.engine.draw import draw
from augment.sample import Sample
from tests.conftest import STEPS

RNG = np.random.default_rng(0)
PICTURES = np.stack([demo.picture(kind, seed, 24) for seed, kind in enumerate(("circle", "square", "triangle"))])
SOUNDS = RNG.uniform(-0.5, 0.5, (3, 2, 400)).astype(np.float32)
TEXTS = ["When will my new card arrive?", "Please cancel the second order today.", "The app crashes on every start."]
SOUND_STEPS = [{"Gain": {"min_gain_db": -9, "max_gain_db": 3, "p": 1}}, {"PolarityInversion": {"p": 0.5}}]
TEXT_STEPS = [{"Typos": {"rate": 0.1, "p": 1}}]


def case(kind: str) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    found: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "image": ({"image": STEPS}, PICTURES, {}),
        "gray": ({"image": STEPS}, PICTURES[:, :, :, 0].copy(), {}),
        "lone channel": ({"image": STEPS}, PICTURES[:, :, :, :1].copy(), {}),
        "audio": ({"audio": SOUND_STEPS}, SOUNDS, {"rate": 8000}),
        "mono": ({"audio": SOUND_STEPS}, SOUNDS[:, 0].copy(), {"rate": 8000}),
        "text": ({"text": TEXT_STEPS}, TEXTS, {}),
        "objects": ({"text": TEXT_STEPS}, np.array(TEXTS, object), {}),
        "fixed": ({"text": TEXT_STEPS}, np.array(TEXTS), {}),
    }
    return found[kind]


KINDS = ["image", "gray", "lone channel", "audio", "mono", "text", "objects", "fixed"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(multiplier=st.integers(1, 5), keep=st.booleans(), seed=st.integers(0, 2**40))
def test_exactly_so_many_rows(kind: str, multiplier: int, keep: bool, seed: int) -> None:
    recipe, x, more = case(kind)
    recipe = {**recipe, "expand": {"keep_originals": keep}}
    y = np.array([2, 5, 2])
    how = {**more, "multiplier": multiplier, "seed": seed, "groups": True}
    grown, labels, groups = augment.arrays(recipe, x, y, **how)
    assert len(grown) == len(labels) == len(groups) == 3 * multiplier
    assert type(grown) is type(x)
    assert groups.tolist() == [row for row in range(3) for _ in range(multiplier)]
    assert (labels == y[groups]).all()
    assert labels.dtype == y.dtype
    if isinstance(x, np.ndarray) and kind != "fixed":
        assert grown.dtype == x.dtype
        assert grown.shape[1:] == x.shape[1:]
    if keep:
        assert all(np.array_equal(grown[row * multiplier], x[row]) for row in range(3)), "the original comes first"
    again, _ = augment.arrays(recipe, x, y, **{**how, "groups": False})
    assert np.array_equal(grown, again)


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
def test_a_row_is_the_copy_that_its_number_draws(kind: str) -> None:
    recipe, x, more = case(kind)
    grown, _ = augment.arrays(recipe, x, multiplier=3, seed=4, **more)
    checked, modality = augment.load(recipe), catalog.modality(kind)
    for row in range(3):
        value = {"image": lambda v: v, "audio": lambda v: Clip(v, 8000), "text": lambda v: modality.decode(v.encode())}
        for copy in (1, 2):
            steps = draw(checked.steps[kind], Chance.of(4, str(row), copy).child(kind))
            sample, _ = modality.apply(Sample(value[kind](x[row])), steps, checked.labels_of(kind))
            assert np.array_equal(grown[row * 3 + copy], modality.plain(sample.value)[0])


def test_a_row_does_not_hang_on_the_others_and_seeds_differ() -> None:
    recipe, x, _ = case("image")
    some, _ = augment.arrays(recipe, x[:2], multiplier=4)
    whole, _ = augment.arrays(recipe, x, multiplier=4)
    assert np.array_equal(some, whole[:8])
    other, _ = augment.arrays(recipe, x, multiplier=4, seed=1)
    assert not np.array_equal(other, whole)
    assert np.array_equal(x, PICTURES)


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_sizes_that_differ(kind: str) -> None:
    recipe, x, more = case(kind)
    ragged = [x[0], x[1][:, :-5], x[2]]
    grown, _ = augment.arrays(recipe, ragged, multiplier=2, **more)
    assert isinstance(grown, list)
    assert [row.shape for row in grown] == [one.shape for one in ragged for _ in range(2)]
    held = np.empty(3, object)
    held[:] = ragged
    same, _ = augment.arrays(recipe, held, multiplier=2, **more)
    assert same.dtype == object
    assert all(np.array_equal(*pair) for pair in zip(same, grown, strict=True))
    cut = {"image": [{"RandomScale": {"scale_limit": [-0.4, 0.4], "p": 1}}]} if kind == "image" else None
    if cut:
        assert augment.arrays(cut, x, multiplier=2)[0].dtype == object


def test_what_is_prepared_is_in_all_rows() -> None:
    recipe = {"prepare": {"image": [{"Resize": {"height": 10, "width": 12}}]}, "image": STEPS}
    grown, _ = augment.arrays(recipe, PICTURES, multiplier=2)
    assert grown.shape == (6, 10, 12, 3)
    mono = {"prepare": {"audio": ["ToMono", {"ResampleTo": {"rate": 4000}}]}, "audio": []}
    grown, _ = augment.arrays(mono, SOUNDS, rate=8000, multiplier=2)
    assert grown.shape == (6, 1, 200)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["cat", "dog", "cat"]),
        ["cat", "dog", "cat"],
        np.array([0.5, 1.5, -1]),
        np.eye(3),
        [["a", "b"], ["c"], []],
        [[1, 2], [3], []],
        np.array([True, False, True]),
        None,
    ],
    ids=lambda y: type(y).__name__,
)
def test_any_y(y: Any) -> None:
    _, grown = augment.arrays({"image": STEPS}, PICTURES, y, multiplier=2)
    if y is None:
        assert grown is None
        return
    assert type(grown) is type(y)
    assert all(np.array_equal(grown[place], y[place // 2]) for place in range(6))


def test_a_step_may_change_a_class() -> None:
    recipe = {"image": [{"HorizontalFlip": {"p": 1}}], "labels": {"flip_pairs": [["left", "right"]]}}
    y = np.array(["left", "right", "up"])
    _, grown = augment.arrays(recipe, PICTURES, y, multiplier=2)
    assert grown.tolist() == ["left", "right", "right", "left", "up", "up"]
    with pytest.raises(augment.AugmentError, match="makes the class 'right', which y does not have"):
        augment.arrays(recipe, PICTURES[:1], y[:1], multiplier=2)


MIXED = {"image": [{"MixUp": {"alpha": 1.0, "p": 1}}]}


@pytest.mark.parametrize("y", [np.eye(3), np.eye(3, dtype=np.float32), np.eye(3, dtype=int), np.eye(3).tolist()])
def test_one_hot_classes_are_mixed_as_their_pictures(y: Any) -> None:
    flat = np.stack([np.full((6, 6, 3), value, np.uint8) for value in (0, 100, 255)])
    grown, shares = augment.arrays(MIXED, flat, y, multiplier=8)
    assert type(shares) is type(y)
    found = np.asarray(shares)
    if isinstance(y, np.ndarray):
        assert found.dtype == (y.dtype if y.dtype.kind == "f" else np.float64)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert np.abs(found @ [0, 100, 255] - grown[:, 0, 0, 0]).max() <= 1
    assert (found.max(axis=1) < 1).sum() == 21
    same, kept = augment.arrays({"image": STEPS}, flat, y, multiplier=2)
    assert np.array_equal(kept, np.asarray(y).repeat(2, axis=0))
    assert len(same) == 6


def test_what_cannot_be_mixed_is_told() -> None:
    assert not np.array_equal(*augment.arrays(MIXED, PICTURES[:2], multiplier=2)[0][:2])
    with pytest.raises(augment.AugmentError, match="mixes classes, and y has one a row; give them one-hot"):
        augment.arrays(MIXED, PICTURES, np.arange(3), multiplier=9)
    for y in (np.array([0.5, 1.5, 2]), np.array([[0, 1], [1, 1], [1, 0]])):
        with pytest.raises(augment.AugmentError, match="a step mixes rows, and of y nothing is known"):
            augment.arrays(MIXED, PICTURES, y)


MOVES = [
    {"HorizontalFlip": {"p": 0.5}},
    {"RandomRotate90": {"p": 0.5}},
    {"RandomCrop": {"height": 20, "width": 20, "p": 1}},
    {"Affine": {"translate_percent": [-0.2, 0.2], "interpolation": "nearest", "p": 0.5}},
]


@pytest.mark.parametrize("type_of", [np.uint8, np.int64, np.uint16, np.float32, bool])
@pytest.mark.parametrize("shape", ["(N, height, width)", "(N, height, width, 1)", "lists of any size"])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**30), keep=st.booleans())
def test_masks_move_with_their_pictures(type_of: Any, shape: str, seed: int, keep: bool) -> None:
    rng = np.random.default_rng(seed)
    high = {np.uint16: 900, np.int64: 900, bool: 2}.get(type_of, 250)
    masks = [rng.integers(0, high, (24 + row, 28)).astype(type_of) for row in range(3)]
    x: Any = [(mask.astype(int) % 251).astype(np.uint8) for mask in masks]
    if shape != "lists of any size":
        axes = (3, 24, 28, 1) if shape.endswith(", 1)") else (3, 24, 28)
        x, masks = (np.stack([one[:24] for one in many]).reshape(axes) for many in (x, masks))  # type: ignore[assignment]
    recipe = {"image": MOVES, "expand": {"keep_originals": keep}, "seed": seed}
    grown, moved = augment.arrays(recipe, x, masks, multiplier=3)
    assert type(moved) is type(masks)
    for place, (picture, mask) in enumerate(zip(grown, moved, strict=True)):
        assert mask.dtype == masks[0].dtype
        assert mask.shape == picture.shape
        assert np.array_equal(mask.astype(int) % 251, picture), "a picture that is its mask stays so"
        if keep and place % 3 == 0:
            assert np.array_equal(mask, masks[place // 3])


def test_masks_pass_what_is_prepared_and_void_is_as_the_recipe_says() -> None:
    masks = np.ones((2, 24, 24), np.int32)
    recipe = {"prepare": {"image": [{"Pad": {"padding": [4, 4, 4, 4]}}]}, "image": [], "labels": {"void": 255}}
    grown, moved = augment.arrays({**recipe, "image": STEPS}, PICTURES[:2], masks, multiplier=2)
    assert grown.shape[:3] == moved.shape == (4, 32, 32)
    assert set(np.unique(moved)) == {1, 255}
    assert (moved[::2] == 1).sum() == 2 * 24 * 24


def test_masks_that_do_not_move_are_repeated_as_anything_is() -> None:
    keeps = {"image": [{"RandomGamma": {"p": 1}}]}
    for y in (np.full((3, 24, 24), -1.5), np.zeros((3, 24, 24, 5)), np.zeros((3, 4)) + 7, [{"boxes": []}] * 3):
        _, grown = augment.arrays(keeps, PICTURES, y, multiplier=2)
        assert all(np.array_equal(grown[place], y[place // 2]) for place in range(6))


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (
            np.full((3, 24, 24), -1),
            r"y\[0\]: expected a mask of whole numbers from 0 to 65535, got int64 from -1 to -1",
        ),
        (np.full((3, 24, 24), 0.5), r"got float64 from 0.5 to 0.5; round it"),
        (np.zeros((3, 24, 24, 5)), r"HorizontalFlip .* rows of \(24, 24, 5\) would stay.*argmax"),
        (np.zeros((3, 12, 12)), r"rows of \(12, 12\) would stay as they are"),
        (np.zeros((3, 6, 2)), "boxes and keypoints move in augment.stream"),
        ([[[1, 2, 3, 4]], [], [[1, 2, 3, 4]]], r"rows of list \[\[1, 2, 3, 4\]\] would stay"),
        ([{"boxes": [[1, 2, 3, 4]]}] * 3, "rows of dict"),
    ],
)
def test_what_would_stay_while_pictures_move_is_refused(y: Any, said: str) -> None:
    with pytest.raises(augment.AugmentError, match=said):
        augment.arrays({"image": [{"HorizontalFlip": {}}]}, PICTURES, y, multiplier=2)


def test_rows_of_numbers_that_may_be_places_are_warned_of() -> None:
    boxes = np.array([[2, 3, 9, 9], [1, 1, 5, 5], [0, 0, 4, 8.5]])
    for y in (boxes, boxes.tolist()):
        with pytest.warns(UserWarning, match=r"repeated as they are, while HorizontalFlip moves.*augment.stream"):
            _, grown = augment.arrays({"image": [{"HorizontalFlip": {}}]}, PICTURES, y, multiplier=2)
        assert np.array_equal(grown, boxes.repeat(2, axis=0))
    for harmless in (np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0]]), np.full((3, 4), 0.25), np.array([[7.5], [8], [9]])):
        augment.arrays({"image": [{"HorizontalFlip": {}}]}, PICTURES, harmless, multiplier=2)


def test_labels_that_steps_write() -> None:
    recipe = {"image": [{"RotationLabel": {}}], "expand": {"multiplier": 8, "keep_originals": False}}
    grown, angles = augment.arrays(recipe, PICTURES)
    assert set(angles) == {"0", "90", "180", "270"}
    for place, angle in enumerate(angles):
        assert np.array_equal(grown[place], np.rot90(PICTURES[place // 8], int(angle) // 90))
    with pytest.raises(augment.AugmentError, match="y: expected None, for RotationLabel writes the classes"):
        augment.arrays(recipe, PICTURES, [0, 90, 180])
    field = {**recipe, "image": [{"RotationLabel": {"field": "angle"}}]}
    with pytest.raises(augment.AugmentError, match=r"writes the field 'angle'.*augment.stream"):
        augment.arrays(field, PICTURES)


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
def test_places_that_steps_write_are_told_where_they_can_be_had(kind: str) -> None:
    _, x, more = case(kind)
    with pytest.raises(augment.AugmentError, match=r"MaskedLabel labels where.*augment.stream.*item.annotations"):
        augment.arrays({kind: [{"MaskedLabel": {}}]}, x, **more)


def test_rows_of_several_types_are_refused() -> None:
    for step, keep in (({"Normalize": {"p": 1}}, True), ({"ToFloat": {"p": 0.5}}, False)):
        recipe = {"image": [step], "expand": {"multiplier": 4, "keep_originals": keep}}
        for x in (PICTURES, list(PICTURES)):
            with pytest.raises(augment.AugmentError, match=r"rows come out as float32 and uint8.*Normalize"):
                augment.arrays(recipe, x)
    whole = {"image": [{"ToFloat": {"p": 1}}], "expand": {"multiplier": 2, "keep_originals": False}}
    assert augment.arrays(whole, PICTURES)[0].dtype == np.float32


@pytest.mark.parametrize("type_of", ["int64", "int32", "float32", "float64", "whole floats", "signed", "bool", "unit"])
@pytest.mark.parametrize("shape", [(3, 24, 24), (3, 24, 24, 3)])
def test_the_advice_for_another_type_is_right(type_of: str, shape: tuple[int, ...]) -> None:
    wanted = RNG.integers(0, 256, shape).astype(np.uint8)
    if type_of == "bool":
        wanted = np.where(wanted > 99, 255, 0).astype(np.uint8)
    x: Any = {
        "signed": (wanted / 127.5 - 1).astype(np.float32),
        "unit": wanted / 255,
        "bool": wanted > 0,
        "whole floats": wanted.astype(np.float32),
        "float32": (wanted + RNG.uniform(-0.3, 0.3, shape)).clip(0, 255).astype(np.float32),
    }.get(type_of)
    x = wanted.astype(type_of) if x is None else x
    for given_as in (x, list(x)):
        with pytest.raises(augment.AugmentError, match="got rows of") as caught:
            augment.arrays({"image": STEPS}, given_as)
        advice = str(caught.value).rsplit(": ", 1)[1]
        assert np.array_equal(eval(advice, {"X": x, "np": np}), wanted), advice  # as a user would paste it
    with pytest.raises(augment.AugmentError, match="go from 0 to 4095: scale them first"):
        augment.arrays({"image": STEPS}, np.linspace(0, 4095, 3 * 64).reshape(3, 8, 8).astype(np.uint16))


def test_copies_of_texts_differ_or_it_is_told() -> None:
    grown, _ = augment.arrays({"text": TEXT_STEPS}, TEXTS, multiplier=8)
    assert len(set(grown)) == 24
    nothing = {"text": [{"Contractions": {"p": 1}}], "expand": {"multiplier": 2}}
    with pytest.raises(augment.AugmentError, match=r"X\[0\]: shortfall.*duplicates: keep"):
        augment.arrays(nothing, ["blue sky"])
    grown, _ = augment.arrays({**nothing, "expand": {"multiplier": 2, "duplicates": "keep"}}, ["blue sky"])
    assert grown == ["blue sky"] * 2


def test_a_step_that_fails_is_told_with_its_row() -> None:
    with pytest.raises(augment.AugmentError, match=r"X\[0\]: step failed: RandomCrop"):
        augment.arrays({"image": [{"RandomCrop": {"height": 50, "width": 50, "p": 1}}]}, PICTURES)


@pytest.mark.parametrize(
    ("recipe", "x", "more", "said"),
    [
        ("image", PICTURES / 255, {}, r"got rows of float64 \(24, 24, 3\); pictures are 0 to 255"),
        ("image", SOUNDS, {"rate": 8000}, "expected steps under `audio:`.*got steps for image"),
        ("audio", SOUNDS, {}, "rate: expected that of the sounds"),
        ("text", ["a", "  "], {}, r"X\[1\]: expected a text"),
        ("text", [1, 2], {}, "got rows of int"),
        ("image", PICTURES[:0], {}, "at least one row"),
        ("image", [PICTURES[0], "a"], {}, r"X\[1\]: expected \(height"),
        ("image", PICTURES, {"y": [1]}, "y: expected 3 rows, as X has, got 1"),
    ],
)
def test_wrong_arrays_are_told(recipe: str, x: Any, more: dict[str, Any], said: str) -> None:
    with pytest.raises(augment.AugmentError, match=said):
        augment.arrays(case(recipe)[0], x, more.pop("y", None), **more)
    with pytest.raises(TypeError, match="unexpected option 'multiplyer'"):
        augment.arrays(case(recipe)[0], x, multiplyer=2)  # type: ignore[call-arg]

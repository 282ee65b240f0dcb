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


def test_steps_that_mix_have_partners() -> None:
    grown, _ = augment.arrays({"image": [{"MixUp": {"alpha": 1.0, "p": 1}}]}, PICTURES, np.eye(3), multiplier=3)
    assert not np.array_equal(grown[1], grown[0])
    with pytest.raises(augment.AugmentError, match="mixes classes"):
        augment.arrays({"image": [{"MixUp": {"alpha": 1.0, "p": 1}}]}, PICTURES, np.arange(3), multiplier=9)


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

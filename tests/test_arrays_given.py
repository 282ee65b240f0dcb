"""What is given to ``augment.arrays`` and would go in untrue is refused, with what mends it; memory is held once."""

from __future__ import annotations

import tracemalloc
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from tests.test_arrays import PICTURES, SOUND_STEPS, SOUNDS, TEXT_STEPS, TEXTS

KEEPS = {"image": [{"RandomGamma": {"p": 1}}]}
SOUND = {"audio": SOUND_STEPS}
TEXT = {"text": TEXT_STEPS}
GRAY = PICTURES[:, :, :, 0]
TAGS = [["O"] * len(text.split()) for text in TEXTS]


@pytest.mark.parametrize(
    "y",
    [
        TAGS,
        [tuple(tags) for tags in TAGS],
        [[0] * row for row in (6, 5, 7)],
        [[(0, 4, "X")], [], []],
        [{"entities": [[0, 4, "X"]]}, {}, {}],
        np.array([["O", "B-X"]] * 3),
        np.array([["O", "B-X"]] * 3, object),
        np.zeros((3, 4, 5)),
    ],
    ids=["tags", "tuples", "numbers", "spans", "entities", "array", "objects", "one-hot tags"],
)
def test_what_stands_in_a_text_is_refused(y: Any) -> None:
    with pytest.raises(augment.AugmentError, match=r"y: Typos changes what X holds, .*as sets.*augment\.stream"):
        augment.arrays(TEXT, TEXTS, y, multiplier=2)
    _, same = augment.arrays({"text": []}, TEXTS, y, multiplier=1)
    assert len(same) == 3, "nothing changes"


def test_numbers_that_may_be_places_in_a_text_are_warned_of() -> None:
    for y in (np.array([[4, 9], [0, 3], [2, 2]]), [[4, 9], [0, 3], [2, 2]], np.array([[1, -100], [2, 0], [1, 3]])):
        with pytest.warns(UserWarning, match=r"y: rows of .* are repeated as they are, while Typos changes"):
            augment.arrays(TEXT, TEXTS, y, multiplier=2)


@pytest.mark.parametrize(
    "y",
    [
        [{"a", "b"}, {"b"}, set()],
        [frozenset("a"), frozenset("b"), frozenset()],
        [[1, 0, 1], [0, 0, 0], [1, 1, 1]],
        np.array([[0.25, 0.75], [1, 0], [0.5, 0.5]]),
        np.array([[1.5, -2.25], [3, 9], [1, 1]]),
        np.array([[1], [2], [7]]),
        [["a"], ["b"], ["a"]],
        np.eye(3),
    ],
    ids=lambda y: type(y).__name__,
)
def test_several_classes_of_a_text_are_repeated(y: Any) -> None:
    _, grown = augment.arrays(TEXT, TEXTS, y, multiplier=2)
    assert type(grown) is type(y)
    assert all(np.array_equal(grown[place], y[place // 2]) for place in range(6))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half \udc80 a pair", "half a surrogate pair at place 5"),
        ("a \0 in it", "a NUL character at place 2"),
        (None, "expected a text, got NoneType"),
        (float("nan"), "expected a text, got float"),
        ({"text": "a"}, "expected a text, got dict"),
    ],
)
def test_what_is_no_text_is_refused(text: Any, said: str) -> None:
    with pytest.raises(augment.AugmentError, match=rf"X\[1\]: {said}$|X\[1\]: {said};"):
        augment.arrays(TEXT, [TEXTS[0], text])


@pytest.mark.parametrize(
    ("recipe", "x", "said"),
    [
        (TEXT, "one text", r"X: expected rows, got str; a row alone is \[X\]"),
        (TEXT, {"text": TEXTS}, "X: expected rows, got dict"),
        (TEXT, None, "X: expected rows, got NoneType"),
        (TEXT, 5, "X: expected rows, got int"),
        (TEXT, np.array(TEXTS)[:, None], r"got rows of <U\d+ \(1,\); texts are \(N,\), one column"),
        (TEXT, [("a", "b")], "got rows of tuple"),
        (KEEPS, np.uint8(3), "X: expected rows, got uint8"),
        (KEEPS, np.array(3), "X: expected rows, got ndarray"),
        (KEEPS, PICTURES[0], r"X: expected \(N, .*\), got uint8 \(24, 24, 3\); one picture alone is X\[None\]"),
        (KEEPS, GRAY[0], r"X: expected \(N, .*\), got uint8 \(24, 24\); one picture alone"),
        (KEEPS, np.ma.masked_greater(PICTURES, 99), r"X: expected an array without masked values; .*filled"),
        (SOUND, SOUNDS.transpose(0, 2, 1), r"X\[0\]: expected .*got float32 \(400, 2\); .*: X\.transpose\(0, 2, 1\)"),
        (SOUND, SOUNDS * 32768, r"X\[0\]: expected samples from -1 to 1, got up to [\d.]+; divide"),
        (SOUND, np.where(SOUNDS > 0.4, np.nan, SOUNDS), r"X\[0\]: expected finite samples"),
        (SOUND, np.where(SOUNDS > 0.4, np.inf, SOUNDS), r"X\[0\]: expected finite samples"),
        (SOUND, SOUNDS[0, 0], r"got rows of float32 \(\); one sound alone is X\[None\]"),
    ],
)
def test_what_is_no_row_is_refused(recipe: Any, x: Any, said: str) -> None:
    more: dict[str, Any] = {"rate": 8000} if recipe is SOUND else {}
    with pytest.raises(augment.AugmentError, match=said):
        augment.arrays(recipe, x, multiplier=2, **more)


@pytest.mark.parametrize(
    ("recipe", "x", "wanted"),
    [
        (KEEPS, PICTURES.transpose(0, 3, 1, 2), PICTURES),
        (KEEPS, PICTURES[:, None, :, :, 0], PICTURES[:, :, :, :1]),
        (KEEPS, np.concatenate([PICTURES, PICTURES[:, :, :, :1]], 3), PICTURES),
        (KEEPS, GRAY.reshape(3, -1), GRAY),
        (KEEPS, GRAY.reshape(3, -1) / 255, GRAY / 255),
        (SOUND, (SOUNDS * 32768).round().astype(np.int16), (SOUNDS * 32768).round() / 32768),
        (SOUND, (SOUNDS * 2.0**31).round().astype(np.int32), SOUNDS),
    ],
    ids=["channels first", "one channel first", "alpha", "flat", "flat floats", "int16", "int32"],
)
def test_the_advice_is_right(recipe: Any, x: np.ndarray, wanted: np.ndarray) -> None:
    more: dict[str, Any] = {"rate": 8000} if recipe is SOUND else {}
    with pytest.raises(augment.AugmentError) as caught:
        augment.arrays(recipe, x, **more)
    advice = str(caught.value).rsplit(": ", 1)[1]
    made = eval(advice, {"X": x, "np": np})  # as a user would paste it
    assert made.shape == wanted.shape
    assert np.allclose(made, wanted, atol=1e-6)


def test_what_y_cannot_be_is_told() -> None:
    for y, said in (
        (np.ma.masked_equal([1, 2, 3], 2), "y: expected an array without masked values"),
        ("abc", "y: expected rows, got str"),
        ({"a": 1, "b": 2, "c": 3}, "y: expected rows, got dict"),
        ({1, 2, 3}, "y: expected rows, got set"),
    ):
        with pytest.raises(augment.AugmentError, match=said):
            augment.arrays(KEEPS, PICTURES, y, multiplier=2)
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(augment.AugmentError, match=r"y: .*got csr_array; y\.toarray\(\)"):
        augment.arrays(KEEPS, PICTURES, sparse.csr_array(np.eye(3)), multiplier=2)


def test_types_that_go_in_come_out() -> None:
    unmasked = np.ma.masked_array(PICTURES, mask=False)
    assert np.array_equal(augment.arrays(KEEPS, unmasked)[0], augment.arrays(KEEPS, PICTURES)[0])
    if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):  # NumPy 2
        words = np.array(TEXTS, np.dtypes.StringDType())
        assert augment.arrays(TEXT, words, multiplier=2)[0].dtype == words.dtype
    for type_of in (np.float16, np.float32, np.float64):
        assert augment.arrays(SOUND, SOUNDS.astype(type_of), rate=8000)[0].dtype == np.float32, "as documented"
    numbers = {"multiplier": np.int64(3), "seed": np.int32(4)}
    plain = augment.arrays(KEEPS, PICTURES, multiplier=3, seed=4)[0]
    assert np.array_equal(augment.arrays(KEEPS, PICTURES, **numbers)[0], plain)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(odd=st.integers(0, 12), multiplier=st.integers(1, 4), shrink=st.booleans())
def test_rows_of_another_size_come_anywhere(odd: int, multiplier: int, shrink: bool) -> None:
    """Rows are laid into one block until one doesn't fit."""
    x = np.arange(12 * 8 * 8, dtype=np.uint8).reshape(12, 8, 8)
    rows: Any = np.empty(12, object)
    rows[:] = [row[:5] if shrink and place == odd else row for place, row in enumerate(x)]
    for held in (rows, list(rows), x):
        grown, _ = augment.arrays({"image": []}, held, multiplier=multiplier)
        assert type(grown) is type(held)
        assert len(grown) == 12 * multiplier
        assert all(np.array_equal(row, held[place // multiplier]) for place, row in enumerate(grown))
    recipe = {"image": [{"RandomScale": {"scale_limit": [-0.4, 0.4], "p": 0.1}}], "seed": odd}
    grown, moved = augment.arrays(recipe, x, x, multiplier=multiplier)
    for place, (row, mask) in enumerate(zip(grown, moved, strict=True)):
        assert row.shape == mask.shape
        assert place % multiplier or np.array_equal(row, x[place // multiplier])


@pytest.mark.parametrize("listed", [False, True])
def test_the_result_is_in_memory_once(listed: bool) -> None:
    x: Any = np.zeros((200, 64, 64, 3), np.uint8)
    size = x.nbytes * 4
    given_as = list(x) if listed else x
    masks = np.zeros((200, 64, 64), np.int64)
    recipe = {"image": [{"InvertImg": {"p": 1}}, {"HorizontalFlip": {"p": 1}}]}
    augment.arrays(recipe, given_as[:2], masks[:2], multiplier=2)
    tracemalloc.start()
    try:
        grown, _ = augment.arrays(recipe, given_as, masks, multiplier=4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(grown) == 800
    assert peak < 1.15 * (size + masks.nbytes * 4)


def test_rows_in_a_pipeline_grow_in_training_folds_alone() -> None:
    """As in the documentation: FunctionSampler of imbalanced-learn calls it so."""
    x, y = augment.arrays(KEEPS, PICTURES, np.arange(3), multiplier=1)
    sample = partial(augment.arrays, {**KEEPS, "expand": {"multiplier": 3}})
    again, labels = sample(x, y)
    assert (len(again), labels.tolist()) == (9, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert np.array_equal(sample(x, y, multiplier=2)[0][:2], again[:2])


def test_masks_of_several_types_get_one() -> None:
    masks = [GRAY[0], GRAY[1].astype(np.int64), GRAY[2] > 99]
    _, moved = augment.arrays({"image": [{"HorizontalFlip": {"p": 1}}]}, list(GRAY), masks, multiplier=2)
    assert {mask.dtype for mask in moved} == {np.dtype(np.int64)}
    assert all(np.array_equal(moved[place], masks[place // 2][:, :: 1 - 2 * (place % 2)]) for place in range(6))

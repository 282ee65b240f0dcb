"""Outlines of masks: filling them gives the mask again, by every rule, however many parts and holes it has."""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from augment.writers import _outline

Bitmap = np.ndarray

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""pycocotools 2.0.11 under NumPy 2."""


@st.composite
def bitmaps(draw: st.DrawFn, most: int = 12) -> Bitmap:
    height, width = draw(st.integers(1, most)), draw(st.integers(1, most))
    share = draw(st.sampled_from([0.1, 0.5, 0.8, 1.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).random((height, width)) < share


def filled(rings: list[tuple[float, ...]], shape: tuple[int, ...]) -> Bitmap:
    """As pycocotools fills each ring; rings of holes are taken away."""
    pixels = np.zeros(shape, bool)
    for ring in rings:
        pixels ^= coco.decode(coco.frPyObjects([list(ring)], *shape))[..., 0].astype(bool)
    return pixels


def winding(ring: tuple[float, ...], x: float, y: float) -> int:
    """How often a ring goes round a point."""
    turns = 0
    points = list(zip(ring[0::2], ring[1::2], strict=True))
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            turns += 1 if y1 > y0 else -1
    return turns


def blobs(seed: int, side: int = 200) -> Bitmap:
    """Smooth shapes with holes, as masks are."""
    noise = np.random.default_rng(seed).random((side, side)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), side / 12) > 0.5)


@given(bitmaps())
def test_rings_fill_to_the_very_bitmap(pixels: Bitmap) -> None:
    assert np.array_equal(filled(_outline.rings(pixels), pixels.shape), pixels)


@given(bitmaps())
def test_one_ring_holds_all_parts_and_holes(pixels: Bitmap) -> None:
    rings = _outline.rings(pixels)
    if rings:
        assert np.array_equal(filled([_outline.joined(rings)], pixels.shape), pixels)


@given(bitmaps(8))
def test_even_odd_and_nonzero_filling_agree(pixels: Bitmap) -> None:
    rings = _outline.rings(pixels)
    for ring in [_outline.joined(rings)] if rings else []:
        for y, x in itertools.product(*map(range, pixels.shape)):
            turns = winding(ring, x + 0.503, y + 0.497)  # off the bridges
            assert turns in (0, 1)
            assert bool(turns) == pixels[y, x]


@given(bitmaps())
def test_rings_run_along_the_edges_and_turn_at_each_point(pixels: Bitmap) -> None:
    total = 0.0
    for ring in _outline.rings(pixels):
        points = np.array(ring).reshape(-1, 2)
        steps = np.roll(points, -1, axis=0) - points
        assert ((steps != 0).sum(axis=1) == 1).all()
        assert ((steps[:, 0] != 0) != (np.roll(steps, 1, axis=0)[:, 0] != 0)).all()
        total += float((points[:, 0] * np.roll(points[:, 1], -1) - np.roll(points[:, 0], -1) * points[:, 1]).sum() / 2)
    assert total == pixels.sum()  # holes run the other way


def test_a_hole_is_a_ring_of_its_own_and_touching_corners_join() -> None:
    assert len(_outline.rings(np.ones((3, 4)))) == 1
    assert _outline.rings(np.ones((3, 4))) == [(0.0, 0.0, 4.0, 0.0, 4.0, 3.0, 0.0, 3.0)]
    ring = np.ones((3, 3))
    ring[1, 1] = 0
    assert [len(found) for found in _outline.rings(ring)] == [8, 8]
    assert len(_outline.rings(np.eye(5))) == 1
    assert _outline.rings(np.zeros((3, 3))) == []


@pytest.mark.parametrize("seed", range(5))
def test_opencv_fills_the_ring_of_a_big_mask_nearly_so(seed: int) -> None:
    """OpenCV counts the points of an outline to the shape: its fill is wider by half a pixel, whatever the outline."""
    pixels = cv2.resize(blobs(seed).astype(np.uint8), (1600, 1600), interpolation=cv2.INTER_NEAREST) > 0
    ring = np.array(_outline.joined(_outline.rings(pixels))).reshape(-1, 1, 2)
    drawn: Any = np.zeros(pixels.shape, np.uint8)
    cv2.fillPoly(drawn, [np.rint(ring * 16).astype(np.int32)], 1, shift=4, offset=(0, 0))
    assert (pixels & (drawn > 0)).sum() / (pixels | (drawn > 0)).sum() >= 0.985


def test_masks_of_noise_take_seconds_not_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(1).random((300, 300)) < 0.5
    rings = _outline.rings(pixels)
    assert len(rings) > 5000
    assert np.array_equal(filled([_outline.joined(rings)], pixels.shape), pixels)
    monkeypatch.setattr(_outline, "MOST_STEPS", 0)
    assert np.array_equal(filled([_outline.joined(rings)], pixels.shape), pixels)
    monkeypatch.setattr(_outline, "MOST_STEPS", 10**12)
    monkeypatch.setattr(_outline, "MOST_COMPARED", 0)
    some = _outline.rings(pixels[:60])
    assert np.array_equal(filled([_outline.joined(some)], (60, 300)), pixels[:60])


points = st.floats(-50, 90, allow_nan=False).map(lambda value: round(value, 3))


@settings(max_examples=300)
@given(st.lists(points, min_size=6, max_size=20).filter(lambda values: len(values) % 2 == 0))
def test_clipping_keeps_what_is_inside(ring: list[float]) -> None:
    size = (40, 30)
    inside = _outline.clipped(tuple(ring), size)
    assert all(0 <= x <= 40 for x in inside[0::2])
    assert all(0 <= y <= 30 for y in inside[1::2])
    for x, y in itertools.product(np.arange(0.37, 40, 4.1), np.arange(0.41, 30, 3.7)):
        assert winding(inside, x, y) == winding(tuple(ring), x, y)


def test_a_polygon_outside_leaves_nothing() -> None:
    assert _outline.clipped((50, 50, 60, 50, 60, 60), (40, 30)) == ()
    assert _outline.clipped((-5, -5, -1, -5, -1, -1), (40, 30)) == ()

"""Masks as outlines: a bitmap's rings along the edges of its pixels, rings of one object as a single ring, clipping.

Outlines along the edges are exact: pycocotools fills them to the very bitmap, holes and all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from augment.masks import Bitmap

Ring = tuple[float, ...]
"""``(x0, y0, x1, y1, …)``, closed by itself."""

Corners = np.ndarray
"""(n, 2), x and y."""

MOST_COMPARED = 1_000_000
"""Most pairs of points among which the nearest is looked for; of longer rings only the first point is tried."""

MOST_STEPS = 20_000_000
"""Most points times rings; beyond (a mask of noise), rings are joined by their first points in a chain."""


def rings(pixels: Bitmap) -> list[Ring]:
    """The outlines of a bitmap: outer ones clockwise on the screen, those of holes the other way round.

    Pixels that touch at a corner are one object; its outline passes through that corner twice. Every corner of the
    outline ends one horizontal and one vertical edge, and along a row of pixel corners edges begin and end in turn.
    """
    padded = np.pad(np.asarray(pixels, bool), 1)
    upper_left, upper_right = padded[:-1, :-1], padded[:-1, 1:]
    lower_left, lower_right = padded[1:, :-1], padded[1:, 1:]
    turns = upper_left ^ upper_right ^ lower_left ^ lower_right
    falling = upper_left & lower_right & ~upper_right & ~lower_left
    rising = upper_right & lower_left & ~upper_left & ~lower_right
    ys, xs = np.nonzero(turns | falling | rising)
    if not len(ys):
        return []
    twice = (falling | rising)[ys, xs]
    ys, xs, fell = (np.repeat(values, twice + 1) for values in (ys, xs, falling[ys, xs]))
    second = np.zeros(len(ys), bool)  # of two corners at one place, the first ends the edge from the left
    second[1:] = (ys[1:] == ys[:-1]) & (xs[1:] == xs[:-1])
    beside = np.arange(len(ys)) ^ 1  # row by row, corners are pairs
    by_column = np.lexsort((second ^ fell, ys, xs))
    above = np.empty(len(ys), int)
    above[by_column] = by_column[np.arange(len(ys)) ^ 1]
    solid = np.asarray(pixels, bool)
    found = []
    for places in _cycles(beside.tolist(), above.tolist()):
        x, y = int(xs[places[0]]), int(ys[places[0]])
        outer = y < solid.shape[0] and x < solid.shape[1] and bool(solid[y, x])
        order = places if outer else [places[0], *places[:0:-1]]
        found.append(_ring(np.stack([xs[order], ys[order]], axis=1)))
    return found


def joined(found: Sequence[Ring]) -> Ring:
    """Several rings as one: each hangs on the rest by a bridge of no width, where it comes nearest to it.

    The bridge is crossed once each way, so that filling by either rule (even-odd, nonzero) is as for the rings apart.
    """
    parts = [_corners(ring) for ring in found]
    whole = parts[0]
    if sum(map(len, parts)) * len(parts) > MOST_STEPS:
        firsts = [part[:1] for part in parts]
        return _ring(np.concatenate([*(row for part in parts for row in (part, part[:1])), *firsts[-2:0:-1]]))
    for part in parts[1:]:
        tried = part if len(whole) * len(part) <= MOST_COMPARED else part[:1]
        gaps = ((whole[:, None, :] - tried[None, :, :]) ** 2).sum(axis=2)
        here, there = (int(place) for place in np.unravel_index(int(gaps.argmin()), gaps.shape))
        turned = np.roll(part, -there, axis=0)
        whole = np.concatenate([whole[: here + 1], turned, turned[:1], whole[here:]])
    return _ring(whole)


def clipped(ring: Ring, size: tuple[int, int]) -> Ring:
    """The part of a polygon inside a picture of ``size`` (width, height); empty if nothing is left.

    Sutherland and Hodgman, Reentrant Polygon Clipping (CACM 1974): parts that fall apart stay joined along the border.
    """
    points = [(ring[place], ring[place + 1]) for place in range(0, len(ring), 2)]
    for axis, limit, sign in ((0, 0, 1), (0, size[0], -1), (1, 0, 1), (1, size[1], -1)):
        kept: list[tuple[float, float]] = []
        for place, here in enumerate(points):
            before = points[place - 1]
            was, now = (before[axis] - limit) * sign, (here[axis] - limit) * sign
            if (was < 0) != (now < 0):
                share = was / (was - now)
                other = before[1 - axis] + share * (here[1 - axis] - before[1 - axis])
                kept.append((float(limit), other) if axis == 0 else (other, float(limit)))
            if now >= 0:
                kept.append(here)
        points = kept
    return tuple(value for point in points for value in point)


def _cycles(beside: list[int], above: list[int]) -> list[list[int]]:
    """Places of corners ring by ring, each from its uppermost, then leftmost one, along the horizontal edge first."""
    seen = bytearray(len(beside))
    found = []
    for first in range(len(beside)):
        if seen[first]:
            continue
        places, here = [], first
        while not seen[here]:
            across = beside[here]
            seen[here] = seen[across] = 1
            places += [here, across]
            here = above[across]
        found.append(places)
    return found


def _corners(ring: Ring) -> Corners:
    return np.asarray(ring, float).reshape(-1, 2)


def _ring(corners: Corners) -> Ring:
    return tuple(corners.astype(float).reshape(-1).tolist())

"""One step done to a scene, after it has been done to the pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from augment.annotations import INDEX
from augment.image.labels.motion import Holes, Matrix, Pixels, Still, motion
from augment.image.labels.scene import Array, Bitmaps, Scene, areas, as_pixels

Follow = Callable[[Array], Array]

AS_NUMBERS = {"mask_interpolation": cv2.INTER_NEAREST, "area_for_downscale": "image"}
"""Attributes of a step with which the values of masks are never mixed."""

NEAR = 1.5
"""A keypoint whose nearest pixel came from farther away than this, in pixels, has left the picture."""


def move(scene: Scene, transform: Any, size: tuple[int, int]) -> Scene:
    """The scene after ``transform`` has worked on its picture, which is of ``size`` (width, height) now.

    ``transform.params`` are what it has drawn.
    """
    found = motion(transform, scene.size, size)
    if isinstance(found, Still) and "mask_drop_mask" not in transform.params:
        return scene
    if isinstance(found, Holes):
        scene = scene if found.covered is None else cover(scene, found.covered)
    elif isinstance(found, Matrix):
        scene = by_matrix(scene, found, _follower(transform), size)
    elif isinstance(found, Pixels):
        scene = _by_pixels(scene, transform, size)
    return replace(scene, bitmaps=_bitmaps(scene.bitmaps, transform), size=size)


def cover(scene: Scene, pixels: Array) -> Scene:
    """A scene of which some pixels, (height, width) bool, can't be seen any more."""
    covered = pixels.astype(np.uint8)
    return replace(scene, covered=covered if scene.covered is None else scene.covered | covered, moved=True)


def by_matrix(scene: Scene, found: Matrix, follow: Follow, size: tuple[int, int]) -> Scene:
    """The objects of a scene moved by a matrix into a picture of another size, and cut off at its border.

    ``follow`` does the same to a layer of pixels. Masks of the whole picture are left alone.
    """
    corners = _projected(found.matrix, scene.corners)
    straight = scene.straight if found.keeps_upright else np.zeros_like(scene.straight)
    layers = tuple(follow(layer) for layer in scene.layers)
    points = _projected(found.matrix, scene.points)
    moved = replace(
        scene,
        size=size,
        corners=corners,
        straight=straight,
        points=points,
        seen=np.where(_inside(points, size), scene.seen, 0),
        layers=layers,
        covered=None if scene.covered is None else follow(scene.covered),
        mirrored=scene.mirrored ^ found.mirrors,
        turned_over=scene.turned_over ^ found.mirrors,
        moved=True,
    )
    if layers:
        moved = replace(moved, kept=_kept_of_layers(scene, layers, moved.kept, found.growth(scene.size)))
    return _clipped(moved)


def _by_pixels(scene: Scene, transform: Any, size: tuple[int, int]) -> Scene:
    """Follow every object as pixels, and keypoints by where the pixels of the new picture came from."""
    scene = as_pixels(scene)
    follow = _follower(transform)
    layers = tuple(follow(layer) for layer in scene.layers)
    covered = None if scene.covered is None else follow(scene.covered)
    kept = _kept_of_layers(scene, layers, scene.kept, 1.0)
    points = _followed_points(scene, transform, follow) if len(scene.points) else scene.points
    seen = np.where(_inside(points, size), scene.seen, 0)
    return replace(scene, size=size, layers=layers, covered=covered, kept=kept, points=points, seen=seen, moved=True)


def _projected(matrix: Array, places: Array) -> Array:
    if not len(places):
        return places
    found = places @ matrix[:2, :2].T + matrix[:2, 2]
    if matrix[2, 0] or matrix[2, 1]:
        found = found / np.maximum(places @ matrix[2, :2, None] + matrix[2, 2], 1e-9)
    return np.asarray(found)


def _inside(points: Array, size: tuple[int, int]) -> Array:
    """(K,) which points lie in a picture; one that has left it doesn't come back."""
    return np.asarray(((points >= 0) & (points <= np.array(size))).all(axis=1))


def _clipped(scene: Scene) -> Scene:
    """What lies outside the picture is cut off, unless the recipe wants it kept, and counted as gone either way."""
    width, height = scene.size
    bounds = scene.ring_bounds()
    edges = np.array([width, height], np.float64)
    outside = np.asarray((bounds[:, :2] < 0).any(axis=1) | (bounds[:, 2:] > edges).any(axis=1))
    if not outside.any():
        return scene
    if scene.straight[scene.owners[outside]].all():  # boxes only, the common case: cut them all at once
        corners, starts = np.clip(scene.corners, 0, edges), scene.starts
    else:
        corners, starts = _cut_rings(scene, outside, edges)
    cut = np.unique(scene.owners[outside])
    before = np.bincount(scene.owners, areas(scene.corners, scene.starts), len(scene.kept))
    after = np.bincount(scene.owners, areas(corners, starts), len(scene.kept))
    kept = scene.kept.copy()
    share = after[cut] / np.maximum(before[cut], 1e-12)
    if scene.labels.clip:
        kept[cut] *= share
        return replace(scene, corners=corners, starts=starts, kept=kept)
    kept[cut] = np.minimum(kept[cut], share)
    return replace(scene, kept=kept)


def _cut_rings(scene: Scene, outside: Array, edges: Array) -> tuple[Array, Array]:
    """Rings cut off at the border. One that is gone keeps a single corner, so that rings keep their places."""
    lengths = np.diff(np.append(scene.starts, len(scene.corners)))
    rings = np.repeat(np.arange(len(lengths)), lengths)
    cut = outside[rings]
    corners, owners = scene.corners[cut], rings[cut]
    for axis in (0, 1):
        for sign, edge in ((1.0, 0.0), (-1.0, float(edges[axis]))):
            corners, owners = _cut_at(corners, owners, (axis, sign, edge))
    gone = np.setdiff1d(np.flatnonzero(outside), owners)
    corners = np.concatenate([scene.corners[~cut], corners, np.zeros((len(gone), 2))])
    owners = np.concatenate([rings[~cut], owners, gone])
    order = np.argsort(owners, kind="stable")
    counts = np.bincount(owners, minlength=len(lengths))
    return corners[order], (np.cumsum(counts) - counts).astype(np.int64)


def _cut_at(corners: Array, owners: Array, border: tuple[int, float, float]) -> tuple[Array, Array]:
    """All rings cut at one line at once (Sutherland and Hodgman, 1974); ``owners`` says whose a corner is."""
    if not len(corners):
        return corners, owners
    axis, sign, edge = border
    first = np.append(True, owners[1:] != owners[:-1])
    following = np.arange(1, len(corners) + 1)
    following[np.append(np.flatnonzero(first)[1:], len(corners)) - 1] = np.flatnonzero(first)
    ahead = corners[following]
    here, there = sign * (corners[:, axis] - edge), sign * (ahead[:, axis] - edge)
    inside = here >= 0
    crosses = inside != (there >= 0)
    share = np.divide(here, here - there, out=np.zeros_like(here), where=crosses)
    crossing = corners + share[:, None] * (ahead - corners)
    crossing[:, axis] = edge
    chosen = np.stack([inside, crosses], axis=1).ravel()
    both = np.stack([corners, crossing], axis=1).reshape(-1, 2)
    return both[chosen], np.repeat(owners, 2)[chosen]


def _kept_of_layers(scene: Scene, layers: tuple[Array, ...], kept: Array, growth: float | Array) -> Array:
    """Which part of the instances that are pixels is left, where one pixel has become ``growth``."""
    kept = kept.copy()
    each, scale = (None, growth) if isinstance(growth, float) else (growth.ravel(), 1.0)
    for number, (old, new) in enumerate(zip(scene.layers, layers, strict=True)):
        before, after = np.bincount(old.ravel(), each, 256), np.bincount(new.ravel(), minlength=256)
        inside = np.flatnonzero(scene.places[:, 0] == number)
        numbers = scene.places[inside, 1]
        kept[inside] *= np.minimum(1, after[numbers] / np.maximum(before[numbers] * scale, 1e-9))
    return kept


def _follower(transform: Any) -> Follow:
    """The step as it works on numbers that must not be mixed: nearest pixels, and 0 for what comes from outside."""

    def follow(layer: Array) -> Array:
        with _set(transform, **AS_NUMBERS, fill_mask=0, border_mode=cv2.BORDER_CONSTANT):
            params = {**transform.params, "fill_mask": 0} if "fill_mask" in transform.params else transform.params
            return np.ascontiguousarray(transform.apply_to_mask(layer, **params))

    return follow


@contextmanager
def _set(transform: Any, **values: Any) -> Iterator[None]:
    """Some attributes of a step set for a while; those that it doesn't have are left alone."""
    before = {name: getattr(transform, name) for name in values if hasattr(transform, name)}
    try:
        for name in before:
            setattr(transform, name, values[name])
        yield
    finally:
        for name, value in before.items():
            setattr(transform, name, value)


def _followed_points(scene: Scene, transform: Any, follow: Follow) -> Array:
    """Keypoints, each at the pixel that came from nearest to it; far outside where there is none."""
    width, height = scene.size
    if "map_x" in transform.params:
        from_x, from_y = np.asarray(transform.params["map_x"]), np.asarray(transform.params["map_y"])
    else:
        columns = np.broadcast_to(np.arange(1, width + 1, dtype=np.float32), (height, width))
        rows = np.broadcast_to(np.arange(1, height + 1, dtype=np.float32)[:, None], (height, width))
        from_x, from_y = (follow(np.ascontiguousarray(places)) - 1 for places in (columns, rows))
    found = np.full_like(scene.points, -1e6)
    for place, (x, y) in enumerate(scene.points - 0.5):
        distance = (from_x - x) ** 2 + (from_y - y) ** 2
        nearest = int(distance.argmin())
        if distance.flat[nearest] <= NEAR**2:
            row, column = divmod(nearest, distance.shape[1])
            found[place] = column + 0.5, row + 0.5
    return found


def _bitmaps(bitmaps: Bitmaps, transform: Any) -> Bitmaps:
    """Masks of the whole picture, moved as the step moves masks."""
    moved = {name: _bitmap(pixels, name, bitmaps.void, transform) for name, pixels in bitmaps.pixels.items()}
    return replace(bitmaps, pixels=moved)


def _bitmap(pixels: Array, name: str, void: int | None, transform: Any) -> Array:
    """One of them. What comes from outside is void in the index mask where one is set, and no class in the others."""
    fill = void if name == INDEX else 0
    own: dict[str, Any] = dict(AS_NUMBERS)
    if fill is not None and getattr(transform, "fill_mask", None) is not None:
        own["fill_mask"] = fill
    with _set(transform, **own):
        params = {**transform.params, **({"fill_mask": fill} if "fill_mask" in own else {})}
        return np.ascontiguousarray(transform.apply_to_mask(pixels.copy(), **params))

"""All that is annotated in one picture as arrays, so that a step moves everything at once.

An object is a region: rings of corners (a box is a ring of four) as long as steps map straight lines to straight
lines, for that is exact; a number in a layer of pixels once they don't. What holes have covered is a layer of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from augment import masks
from augment.annotations import Annotations, Instance
from augment.image.labels.options import Labels

Array = np.ndarray[Any, Any]

MOST_IN_A_LAYER = 255


@dataclass(frozen=True, slots=True)
class Pairs:
    """What trades places when a picture is mirrored.

    Args:
        names: Category or class -> its counterpart.
        keypoints: Category -> for each of its keypoints the place of its counterpart.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    keypoints: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bitmaps:
    """Masks of a whole picture: (height, width) each, uint8 or uint16, under the names of ``Annotations.masks``.

    ``palettes`` are the colours with which paletted ones are shown.
    """

    pixels: Mapping[str, Array] = field(default_factory=dict)
    palettes: Mapping[str, bytes] = field(default_factory=dict)
    void: int | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """The working form of annotations.

    Args:
        source: As settled; instances are referred to by their place in it.
        labels: What the recipe wants.
        pairs: What mirroring swaps.
        size: (width, height) of the picture now.
        corners: (V, 2) float64, of all rings one after the other.
        starts: (R,) where each ring begins in ``corners``.
        owners: (R,) whose ring it is.
        straight: (N,) whether an instance's one ring is still an upright box.
        kept: (N,) which part of each instance has stayed inside the picture so far.
        points: (K, 2) float64, of all keypoints; ``point_owners`` (K,) whose they are.
        seen: (K,) their visibility, 0 to 2.
        mirrored: (N,) whether an instance has been mirrored an odd number of times.
        layers: Bitmaps (height, width) uint8 in which instances are numbers.
        places: (N, 2) layer and number of each instance that has become pixels; (-1, 0) for the others.
        covered: (height, width) uint8, 1 where a hole is; None where there are none.
        bitmaps: Masks of the whole picture.
        turned_over: Whether the picture has been mirrored an odd number of times.
        moved: Whether anything has been moved or covered at all.
    """

    source: Annotations
    labels: Labels
    pairs: Pairs
    size: tuple[int, int]
    corners: Array
    starts: Array
    owners: Array
    straight: Array
    kept: Array
    points: Array
    point_owners: Array
    seen: Array
    mirrored: Array
    layers: tuple[Array, ...] = ()
    places: Array = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    covered: Array | None = None
    bitmaps: Bitmaps = field(default_factory=Bitmaps)
    turned_over: bool = False
    moved: bool = False

    def is_pixels(self) -> Array:
        """(N,) which instances have become pixels."""
        return np.asarray(self.places[:, 0] >= 0)

    def ring_bounds(self) -> Array:
        """(R, 4) x_min, y_min, x_max, y_max of each ring."""
        if not len(self.starts):
            return np.zeros((0, 4))
        low = np.minimum.reduceat(self.corners, self.starts)
        high = np.maximum.reduceat(self.corners, self.starts)
        return np.hstack([low, high])

    def rings_of(self, instance: int) -> list[Array]:
        """The rings of one instance, (P, 2) each; they stand together."""
        first, last = np.searchsorted(self.owners, [instance, instance + 1])
        stops = [*self.starts[first + 1 : last + 1], len(self.corners)]
        return [self.corners[start:stop] for start, stop in zip(self.starts[first:last], stops, strict=False)]


def areas(corners: Array, starts: Array) -> Array:
    """(R,) area inside each ring (the shoelace formula)."""
    if not len(starts):
        return np.zeros(0)
    following = np.arange(1, len(corners) + 1)
    following[np.append(starts[1:], len(corners)) - 1] = starts
    nexts = corners[following]
    crossed = corners[:, 0] * nexts[:, 1] - nexts[:, 0] * corners[:, 1]
    return np.asarray(np.abs(np.add.reduceat(crossed, starts)) / 2)


def scene_of(source: Annotations, labels: Labels, pairs: Pairs, bitmaps: Bitmaps) -> Scene:
    """The scene of settled annotations: every instance has a box, and those with run lengths become pixels."""
    assert source.size is not None  # noqa: S101 - settled annotations have one
    count = len(source.instances)
    rings: list[tuple[int, list[float] | tuple[float, ...]]] = []
    pixels: list[int] = []
    for place, instance in enumerate(source.instances):
        if instance.rle is not None:
            pixels.append(place)
        elif instance.polygons:
            rings += [(place, ring) for ring in instance.polygons]
        else:
            x_min, y_min, x_max, y_max = instance.box or (0, 0, 0, 0)
            rings.append((place, [x_min, y_min, x_max, y_min, x_max, y_max, x_min, y_max]))
    lengths = np.array([len(ring) // 2 for _, ring in rings], np.int64)
    flat = [value for _, ring in rings for value in ring]
    points = [(x, y) for instance in source.instances for x, y, _ in instance.keypoints]
    owners = [place for place, instance in enumerate(source.instances) for _ in instance.keypoints]
    seen = [point[2] for instance in source.instances for point in instance.keypoints]
    straight = [instance.rle is None and not instance.polygons for instance in source.instances]
    scene = Scene(
        source=source,
        labels=labels,
        pairs=pairs,
        size=source.size,
        corners=np.array(flat, np.float64).reshape(-1, 2),
        starts=(np.cumsum(lengths) - lengths).astype(np.int64),
        owners=np.array([place for place, _ in rings], np.int64),
        straight=np.array(straight, bool),
        kept=np.ones(count),
        points=np.array(points, np.float64).reshape(-1, 2),
        point_owners=np.array(owners, np.int64),
        seen=np.array(seen, np.int64),
        mirrored=np.zeros(count, bool),
        places=np.tile(np.array([[-1, 0]], np.int32), (count, 1)),
        bitmaps=bitmaps,
    )
    return as_pixels(scene, pixels) if pixels else scene


Window = tuple[slice, slice]
"""Rows and columns of a part of the picture."""


def whole(scene: Scene) -> Window:
    """All of the picture."""
    return slice(0, scene.size[1]), slice(0, scene.size[0])


def region(scene: Scene, instance: int, window: Window | None = None) -> Array:
    """(height, width) bool: the pixels of one instance in a window, without what holes have covered."""
    window = window or whole(scene)
    layer, number = scene.places[instance]
    found = scene.layers[layer][window] == number if layer >= 0 else drawn(scene, instance, window)
    return np.asarray(found if scene.covered is None else found & (scene.covered[window] == 0))


def drawn(scene: Scene, instance: int, window: Window) -> Array:
    """The pixels inside the rings of an instance, in a window; the same pixels whatever the window."""
    rows, columns = window
    found = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    rings = [ring for ring in scene.rings_of(instance) if len(ring) > 2]  # cut off, one may be a point
    if not rings:
        return found
    low, high = (
        np.min([ring.min(axis=0) for ring in rings], axis=0),
        np.max([ring.max(axis=0) for ring in rings], axis=0),
    )
    if scene.straight[instance]:
        low, high = np.ceil(low - 0.5).astype(int), np.ceil(high - 0.5).astype(int)
        pixels = np.ones(np.maximum(high - low, 0)[::-1], bool)
    else:  # where the object is, for pycocotools rounds otherwise left of the origin
        low, high = np.floor(low).astype(int), np.ceil(high).astype(int) + 1
        polygons = tuple(tuple((ring - low).ravel().tolist()) for ring in rings)
        width, height = (high - low).tolist()
        pixels = np.asarray(masks.bitmap(Instance(polygons=polygons), (width, height)))
    x, y = low - (columns.start, rows.start)
    left, top = max(x, 0), max(y, 0)
    part = pixels[
        top - y : top - y + max(found.shape[0] - top, 0), left - x : left - x + max(found.shape[1] - left, 0)
    ]
    found[top : top + part.shape[0], left : left + part.shape[1]] = part
    return found


def as_pixels(scene: Scene, instances: list[int] | None = None) -> Scene:
    """The scene with some instances, or all, as numbers in layers; those that overlap lie in different layers."""
    width, height = scene.size
    layers = [layer.copy() for layer in scene.layers]
    places = scene.places.copy()
    used = [int(places[places[:, 0] == number, 1].max(initial=0)) for number in range(len(layers))]
    wanted = np.flatnonzero(places[:, 0] < 0) if instances is None else np.array(instances)
    for place in wanted.tolist():
        instance = scene.source.instances[place]
        pixels = masks.bitmap(instance, scene.size) if instance.rle is not None else drawn(scene, place, whole(scene))
        assert pixels is not None  # noqa: S101 - it has run lengths, or rings
        for number, layer in enumerate(layers):
            if used[number] < MOST_IN_A_LAYER and not layer[pixels].any():
                break
        else:
            number = len(layers)
            layers.append(np.zeros((height, width), np.uint8))
            used.append(0)
        used[number] += 1
        layers[number][pixels] = used[number]
        places[place] = (number, used[number])
    stay = ~np.isin(scene.owners, wanted)
    corners, starts = taken(scene.corners, scene.starts, stay)
    straight = scene.straight.copy()
    straight[wanted] = False
    return replace(
        scene,
        corners=corners,
        starts=starts,
        owners=scene.owners[stay],
        straight=straight,
        layers=tuple(layers),
        places=places,
    )


def taken(corners: Array, starts: Array, chosen: Array) -> tuple[Array, Array]:
    """Some of the rings."""
    lengths = np.diff(np.append(starts, len(corners)))
    left = lengths[chosen]
    return corners[np.repeat(chosen, lengths)], (np.cumsum(left) - left).astype(np.int64)

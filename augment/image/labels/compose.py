"""Scenes put together: hidden behind one another, merged into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from augment.image.labels.finish import cut_by_holes, extents
from augment.image.labels.move import cover
from augment.image.labels.scene import Array, Bitmaps, Scene, as_pixels, taken


def hidden(scene: Scene, pixels: Array) -> Scene:
    """A scene behind something opaque, (height, width) bool: what lies under it is gone, keypoints are hidden."""
    return baked(cover(scene, pixels))


def baked(scene: Scene) -> Scene:
    """A scene without holes in front of it: the objects that they cut have become the pixels that are left of them."""
    if scene.covered is None:
        return scene
    boxes, sizes = extents(scene)
    kept = scene.kept.copy()
    cut = sorted(cut_by_holes(scene, boxes, sizes, kept))
    whole = [place for place in cut if scene.places[place, 0] < 0]
    made = as_pixels(scene, whole) if whole else scene
    layers = [layer.copy() for layer in made.layers]
    for layer in layers:
        layer[scene.covered > 0] = 0
    width, height = scene.size
    x, y = np.floor(scene.points).astype(int).T if len(scene.points) else (np.zeros(0, int), np.zeros(0, int))
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    behind = np.zeros(len(x), bool)
    behind[inside] = scene.covered[y[inside], x[inside]] > 0
    seen = np.where(behind, np.minimum(scene.seen, 1), scene.seen)
    return replace(made, layers=tuple(layers), kept=kept, seen=seen, covered=None)


def weakened(scene: Scene, weight: float) -> Scene:
    """A scene of which only a part, from 0 to 1, shines through."""
    return replace(scene, kept=scene.kept * weight, moved=True)


def merged(scenes: Sequence[Scene], bitmaps: Bitmaps) -> Scene:
    """All objects of some scenes of one size, in their order; what else is annotated is the first one's."""
    clean = [baked(scene) for scene in scenes]
    first = clean[0]
    counts = [len(scene.source.instances) for scene in clean]
    shifts = np.cumsum([0, *counts])[:-1]
    corners = np.cumsum([0, *(len(scene.corners) for scene in clean)])[:-1]
    layers = np.cumsum([0, *(len(scene.layers) for scene in clean)])[:-1]
    places = [
        np.where(scene.places[:, :1] >= 0, scene.places + np.array([shift, 0], np.int32), scene.places)
        for scene, shift in zip(clean, layers, strict=True)
    ]
    instances = tuple(instance for scene in clean for instance in scene.source.instances)
    return replace(
        first,
        source=replace(first.source, instances=instances),
        corners=np.concatenate([scene.corners for scene in clean]),
        starts=np.concatenate([scene.starts + shift for scene, shift in zip(clean, corners, strict=True)]),
        owners=np.concatenate([scene.owners + shift for scene, shift in zip(clean, shifts, strict=True)]),
        straight=np.concatenate([scene.straight for scene in clean]),
        kept=np.concatenate([scene.kept for scene in clean]),
        points=np.concatenate([scene.points for scene in clean]),
        point_owners=np.concatenate([scene.point_owners + shift for scene, shift in zip(clean, shifts, strict=True)]),
        seen=np.concatenate([scene.seen for scene in clean]),
        mirrored=np.concatenate([scene.mirrored for scene in clean]),
        layers=tuple(layer for scene in clean for layer in scene.layers),
        places=np.concatenate(places).astype(np.int32),
        bitmaps=bitmaps,
        moved=True,
    )


def chosen(scene: Scene, instances: Sequence[int]) -> Scene:
    """Only some objects of a scene."""
    wanted = np.zeros(len(scene.source.instances), bool)
    wanted[list(instances)] = True
    number = np.cumsum(wanted) - 1
    rings, points = wanted[scene.owners], wanted[scene.point_owners]
    corners, starts = taken(scene.corners, scene.starts, rings)
    return replace(
        scene,
        source=replace(
            scene.source, instances=tuple(scene.source.instances[place] for place in np.flatnonzero(wanted))
        ),
        corners=corners,
        starts=starts,
        owners=number[scene.owners[rings]],
        straight=scene.straight[wanted],
        kept=scene.kept[wanted],
        points=scene.points[points],
        point_owners=number[scene.point_owners[points]],
        seen=scene.seen[points],
        mirrored=scene.mirrored[wanted],
        places=scene.places[wanted],
    )

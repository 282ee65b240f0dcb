"""A scene after all steps -> Annotations of the new picture, without what has left it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np

from augment import masks
from augment.annotations import Annotations, Instance, Point
from augment.image.labels.bitmaps import encoded
from augment.image.labels.options import Labels
from augment.image.labels.pairs import pairs_of
from augment.image.labels.scene import Array, Bitmaps, Scene, areas, region, scene_of
from augment.sample import Dataset, Sample

SMALL = "too small"


def followed(sample: Sample, labels: Labels) -> Sample:
    """A sample with a scene, if any is needed: that of a class that changes in a mirror has no objects in it."""
    if sample.annotations is not None or not labels.flip_pairs:
        return sample
    size = (int(sample.value.shape[1]), int(sample.value.shape[0]))
    pairs = pairs_of(Dataset(), labels)
    return replace(sample, annotations=scene_of(Annotations(size=size), labels, pairs, Bitmaps()))


def finished(sample: Sample, annotated: bool) -> Sample:
    """A sample with Annotations in place of its scene; with none where it came without and no step wrote any."""
    scene: Scene | None = sample.annotations
    if scene is None:
        return sample
    label = scene.pairs.names.get(sample.label or "", sample.label) if scene.turned_over else sample.label
    if not annotated and not scene.source.classes and not scene.bitmaps.pixels:
        return replace(sample, label=label, annotations=None)
    annotations, notes = finish(scene)
    return replace(sample, label=label, annotations=annotations, notes=notes)


def finish(scene: Scene) -> tuple[Annotations, dict[str, int]]:
    """The annotations, in pixels of the picture as it is now; and what was dropped: reason -> how often."""
    pixels, palettes = scene.bitmaps.pixels, scene.bitmaps.palettes
    bitmaps = {name: encoded(values, palettes.get(name)) for name, values in pixels.items()}
    found = replace(scene.source, masks=bitmaps, size=scene.size)
    boxes, sizes = extents(scene)
    if not scene.moved:
        big = tuple(one for one, size in zip(found.instances, sizes, strict=True) if size >= scene.labels.min_area)
        lost = len(found.instances) - len(big)
        return (replace(found, instances=big), {f"object dropped: {SMALL}": lost}) if lost else (found, {})
    kept = scene.kept.copy()
    covered = cut_by_holes(scene, boxes, sizes, kept)
    notes: Counter[str] = Counter()
    instances: list[Instance] = []
    spans = _point_spans(scene)
    facts = zip(boxes.tolist(), sizes.tolist(), kept.tolist(), scene.mirrored.tolist(), strict=True)
    for place, (instance, (box, size, part, mirrored)) in enumerate(zip(scene.source.instances, facts, strict=True)):
        why = _loss(scene.labels, box, size, part)
        if why:
            notes[f"object dropped: {why}"] += 1
            continue
        masked = bool(instance.polygons) or instance.rle is not None
        rings, lengths = _mask(scene, place, (place in covered, box)) if masked else ((), None)
        instances.append(
            Instance(
                label=scene.pairs.names.get(instance.label or "", instance.label) if mirrored else instance.label,
                box=(box[0], box[1], box[2], box[3]),
                polygons=rings,
                rle=lengths,
                keypoints=_keypoints(scene, place, spans[place]) if instance.keypoints else (),
                crowd=instance.crowd,
                fields=instance.fields,
            )
        )
    return replace(found, instances=tuple(instances)), dict(notes)


def extents(scene: Scene) -> tuple[Array, Array]:
    """(N, 4) boxes and (N,) areas of all instances, whatever may cover them; NaN and 0 for what is gone."""
    count = len(scene.source.instances)
    boxes, sizes = np.full((count, 4), np.nan), np.zeros(count)
    owners, first = np.unique(scene.owners, return_index=True)  # an instance's rings stand together
    if len(owners):
        bounds = scene.ring_bounds()
        boxes[owners, :2] = np.minimum.reduceat(bounds[:, :2], first)
        boxes[owners, 2:] = np.maximum.reduceat(bounds[:, 2:], first)
        sizes[owners] = np.add.reduceat(areas(scene.corners, scene.starts), first)
    if scene.layers:
        from scipy import ndimage  # takes a while to import, and few scenes need it
    for number, layer in enumerate(scene.layers):
        counts = np.bincount(layer.ravel(), minlength=256)
        spots = ndimage.find_objects(layer)
        for place in np.flatnonzero(scene.places[:, 0] == number).tolist():
            value = int(scene.places[place, 1])
            spot = spots[value - 1] if value <= len(spots) else None
            if spot is not None:
                rows, columns = spot
                boxes[place] = columns.start, rows.start, columns.stop, rows.stop
                sizes[place] = counts[value]
    return boxes, sizes


def cut_by_holes(scene: Scene, boxes: Array, sizes: Array, kept: Array) -> set[int]:
    """Which instances holes have cut; their boxes, areas and kept parts are corrected in place."""
    if scene.covered is None or not len(boxes):
        return set()
    width, height = scene.size
    sums = cv2.integral(scene.covered)
    there = ~np.isnan(boxes[:, 0])
    edges = np.where(there[:, None], boxes, 0)
    low = np.clip(np.floor(edges[:, :2]), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(edges[:, 2:]), 0, (width, height)).astype(int)
    inside = sums[high[:, 1], high[:, 0]] - sums[low[:, 1], high[:, 0]]
    inside = inside - sums[high[:, 1], low[:, 0]] + sums[low[:, 1], low[:, 0]]
    touched = np.flatnonzero(there & (inside > 0)).tolist()
    bare = replace(scene, covered=None)
    for place in touched:
        window = slice(low[place, 1], high[place, 1]), slice(low[place, 0], high[place, 0])
        seen = scene.covered[window] == 0
        if scene.straight[place]:
            spot, before = seen, seen.size
        else:
            full = region(bare, place, window)
            spot, before = full & seen, int(np.count_nonzero(full))
        left = int(np.count_nonzero(spot))
        kept[place] *= left / max(before, 1)
        sizes[place] *= left / max(before, 1)
        boxes[place] = _shrunk(boxes[place], spot, low[place]) if left else np.nan
    return set(touched)


def _shrunk(box: Array, spot: Array, corner: Array) -> Array:
    """A box round what is left of it in ``spot``, whose first pixel is at ``corner``; free edges stay as they are."""
    columns, rows = np.flatnonzero(spot.any(axis=0)), np.flatnonzero(spot.any(axis=1))
    low = corner + np.array([columns[0], rows[0]])
    high = corner + np.array([columns[-1], rows[-1]]) + 1
    return np.concatenate([np.maximum(box[:2], low), np.minimum(box[2:], high)])


def _loss(labels: Labels, box: list[float], size: float, kept: float) -> str:
    """Why an instance is dropped; empty where it stays."""
    if not kept > 0 or not size > 0 or not (box[2] > box[0] and box[3] > box[1]):
        return "it left the picture"
    if kept < labels.min_visibility - 1e-9:
        return "too little of it left"
    return SMALL if size < labels.min_area else ""


def _mask(
    scene: Scene, place: int, found: tuple[bool, list[float]]
) -> tuple[tuple[tuple[float, ...], ...], dict[str, object] | None]:
    """The rings or the run lengths of an instance that came with a mask; ``found``: whether a hole cut it, its box."""
    cut, (x_min, y_min, x_max, y_max) = found
    if cut or scene.places[place, 0] >= 0:
        width, height = scene.size
        columns = slice(max(math.floor(x_min), 0), min(math.ceil(x_max), width))
        rows = slice(max(math.floor(y_min), 0), min(math.ceil(y_max), height))
        part = region(scene, place, (rows, columns))
        return (), masks.run_lengths_of_part(part, (columns.start, rows.start), scene.size)
    return tuple(tuple(ring.ravel().tolist()) for ring in scene.rings_of(place) if len(ring) > 2), None


def _point_spans(scene: Scene) -> list[tuple[int, int]]:
    """Where each instance's keypoints begin and end."""
    counts = np.bincount(scene.point_owners, minlength=len(scene.source.instances))
    stops = np.cumsum(counts)
    return list(zip((stops - counts).tolist(), stops.tolist(), strict=True))


def _keypoints(scene: Scene, place: int, span: tuple[int, int]) -> tuple[Point, ...]:
    """Keypoints of one instance: outside the picture they are not labelled any more, in a hole they are hidden."""
    width, height = scene.size
    found: list[Point] = []
    for (x, y), seen in zip(scene.points[slice(*span)].tolist(), scene.seen[slice(*span)].tolist(), strict=True):
        if not seen:
            found.append((0.0, 0.0, 0))
            continue
        column, row = min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1)
        if scene.covered is not None and scene.covered[row, column]:
            seen = min(seen, 1)
        found.append((x, y, seen))
    label = scene.source.instances[place].label or ""
    order = scene.pairs.keypoints.get(label, ()) if scene.mirrored[place] else ()
    return tuple(found[place] for place in order) if len(order) == len(found) else tuple(found)

"""How pictures are shown to people: HTML with the picture inside, and boxes, outlines, masks and keypoints over it."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from augment import svg
from augment.annotations import INDEX, Annotations, Instance
from augment.contracts import View
from augment.masks import bitmap

Pixels = np.ndarray[Any, Any]

WIDTH = 192

LONGEST = 2 * WIDTH
"""Pixels of the longer side that are kept: two for each of a page's, as sharp screens have them."""

SMALL = 128
"""Pictures up to so many pixels a side are stored without loss, and enlarged in squares."""

QUALITY = 80
"""Of the JPEG that bigger ones are stored as, with colours at half the resolution: 15 of them stay below 2 MB."""

COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#ffffff")
"""The palette of Okabe and Ito (2008), which the colour-blind can tell apart; the eighth is white, not black."""

# fmt: off
MANY = (
    "#f3c300", "#875692", "#f38400", "#a1caf1", "#be0032", "#c2b280", "#848482", "#008856", "#e68fac", "#0067a5",
    "#f99379", "#604e97", "#f6a600", "#b3446c", "#dcd300", "#882d17", "#8db600", "#654522", "#e25822", "#2b3d26",
)
# fmt: on
"""The 20 colours of maximum contrast of Kelly (1965), less white and black: where there are more than eight."""

STYLE = """
.augment-show img.picture {display: block; max-width: 100%; height: auto; margin: 0}
"""

THIN = 'vector-effect="non-scaling-stroke"'
"""Lines are as thick on the page whatever the size of the picture. (Attributes, not CSS: they survive more tools.)"""


def takes(value: Any, facts: Mapping[str, Any]) -> bool:
    """Arrays (height, width) or (height, width, channels), unless they have a rate."""
    return isinstance(value, np.ndarray) and value.ndim in (2, 3) and "rate" not in facts


def draw(views: Sequence[View]) -> list[str]:
    """Each picture with its annotations; a class has the same colour in all."""
    found = {name for view in views if view.annotations for name in _classes(view.annotations)}
    palette = COLOURS if len(found) <= len(COLOURS) else MANY
    colours = {name: palette[place % len(palette)] for place, name in enumerate(sorted(found))}
    return [_drawn(view, colours) for view in views]


def _classes(notes: Annotations) -> Iterator[str]:
    yield from (str(one.label or "") for one in notes.instances)
    yield from (name for name in notes.masks if name != INDEX)


def _drawn(view: View, colours: Mapping[str, str]) -> str:
    """One picture as an image; with annotations, as SVG whose user units are the pixels of the value."""
    height, width = view.value.shape[:2]
    scale = max(width, height) / WIDTH
    small = max(width, height) <= SMALL
    link, size = _link(_seen(view.value), small), (max(1, round(width / scale)), max(1, round(height / scale)))
    notes = view.annotations
    inside = "".join(_annotated(notes, (width, height), scale, colours)) if notes is not None else ""
    if inside:
        return svg.image(_embedded(link, (width, height), small) + inside, size, (width, height), "picture")
    squares = ' style="image-rendering: pixelated"' if small else ""
    return f'<img class="picture" src="{link}" alt="" width="{size[0]}" height="{size[1]}"{squares}>'


def _embedded(link: str, size: tuple[int, int], squares: bool) -> str:
    style = ' style="image-rendering: pixelated"' if squares else ""
    return f'<image width="{size[0]}" height="{size[1]}" preserveAspectRatio="none" href="{link}"{style}/>'


def _seen(value: Pixels) -> Pixels:
    """A picture of any depth and any number of channels as a screen can show it, uint8 gray or RGB."""
    if value.dtype == np.uint16:
        value = (value >> 8).astype(np.uint8)
    elif value.dtype.kind == "f":
        value = np.clip(np.nan_to_num(value) * 255, 0, 255).round().astype(np.uint8)
    elif value.dtype != np.uint8:
        value = np.clip(value, 0, 255).astype(np.uint8)
    if value.ndim == 3 and value.shape[2] not in (1, 3):
        value = value[:, :, :3] if value.shape[2] > 3 else value[:, :, 0]
    return value[:, :, 0] if value.ndim == 3 and value.shape[2] == 1 else value


def _link(pixels: Pixels, lossless: bool) -> str:
    """A picture as a data URI, made smaller where a page has no room for its pixels."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    kind, options = ("png", {"optimize": True}) if lossless else ("jpeg", {"quality": QUALITY, "optimize": True})
    return _uri(image, kind, options)


def _uri(image: Image.Image, kind: str, options: Mapping[str, Any]) -> str:
    stored = io.BytesIO()
    image.save(stored, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(stored.getvalue()).decode('ascii')}"


def _annotated(notes: Annotations, size: tuple[int, int], scale: float, colours: Mapping[str, str]) -> Iterator[str]:
    """Masks below, then objects; ``scale`` is pixels of the picture for one of the page."""
    for name, mask in notes.masks.items():
        yield _mask(name, mask, size, colours)
    across = size if notes.unit == "fraction" else (1, 1)
    for instance in notes.instances:
        yield from _object(instance, size, (scale, *across), colours[str(instance.label or "")])


def _mask(name: str, mask: bytes, size: tuple[int, int], colours: Mapping[str, str]) -> str:
    """A bitmap as a layer that the picture shines through; where it is 0 there is nothing."""
    values = np.asarray(Image.open(io.BytesIO(mask)))
    values = values if values.ndim == 2 else values[:, :, 0]
    if name == INDEX:
        table = np.array([_rgb(colour) for colour in MANY], np.uint8)
        layer = table[(values.astype(np.int64) - 1) % len(MANY)]
    else:
        layer = np.broadcast_to(np.array(_rgb(colours[name]), np.uint8), (*values.shape, 3))
    return _layer(layer, values != 0, size)


def _layer(colour: Pixels, where: Pixels, size: tuple[int, int]) -> str:
    alpha = np.where(where, 110, 0).astype(np.uint8)
    image = Image.fromarray(np.dstack([colour, alpha]))
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.NEAREST)
    return _embedded(_uri(image, "png", {"optimize": True}), size, squares=True)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _object(
    instance: Instance, size: tuple[int, int], scales: tuple[float, float, float], colour: str
) -> Iterator[str]:
    """One object: its area, its box with its name, its points."""
    scale, across, down = scales
    for ring in instance.polygons:
        points = " ".join(f"{x * across:.1f},{y * down:.1f}" for x, y in zip(ring[0::2], ring[1::2], strict=True))
        yield f'<polygon points="{points}" fill="{colour}" fill-opacity=".3" stroke="{colour}" {THIN}/>'
    if instance.rle is not None:
        with suppress(ValueError):  # damaged run lengths are drawn as nothing
            where = bitmap(instance, size)
            if where is not None:
                yield _layer(np.broadcast_to(np.array(_rgb(colour), np.uint8), (*where.shape, 3)), where, size)
    if instance.box is not None:
        x, y, right, low = (end * side for end, side in zip(instance.box, (across, down) * 2, strict=True))
        place = f'x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" height="{low - y:.1f}"'
        dashed = ' stroke-dasharray="4 3"' if instance.crowd else ""
        yield f'<rect {place} fill="none" stroke="{colour}" stroke-width="2" {THIN}{dashed}/>'
        if instance.label:
            yield _name(instance.label, (x, y), (size, scale), colour)
    for x, y, seen in instance.keypoints:
        if seen and math.isfinite(x) and math.isfinite(y):
            fill = colour if seen == 2 else "none"
            place = f'cx="{x * across:.1f}" cy="{y * down:.1f}" r="{2 * scale:.2f}"'
            yield f'<circle {place} fill="{fill}" stroke="#000" {THIN}/>'


def _name(label: str, corner: tuple[float, float], frame: tuple[tuple[int, int], float], colour: str) -> str:
    """A name above a box's corner, or inside of it where the picture ends."""
    (width, height), scale = frame
    x = min(max(corner[0], 0), width)
    y = corner[1] - 3 * scale if corner[1] > 13 * scale else corner[1] + 11 * scale
    end = ' text-anchor="end"' if x > 0.8 * width else ""
    place = f'x="{x:.1f}" y="{min(max(y, 11 * scale), height):.1f}"{end}'
    style = f'font-family="sans-serif" font-size="{10 * scale:.2f}" fill="{colour}"'
    halo = f'stroke="#000" stroke-width="{2.5 * scale:.2f}" stroke-linejoin="round"'
    name = escape(label)
    return f"<text {place} {style} {halo}>{name}</text><text {place} {style}>{name}</text>"

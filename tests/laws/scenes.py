"""Made pictures whose truth is known: blocks on black, their annotations in every form, and a reader of the result.

Two pictures show one scene. In ``painted`` each block has a code of three bits, one a channel (red 1, green 2, blue
4); where blocks overlap their bits add up, so each of the codes 1, 2, 4 can be read off alone. In ``addressed`` each
pixel holds its own address, column + 1 in red and row + 1 in green, and 255 in blue: after any nearest sampling it
says where each pixel came from, and with that where every block and every landmark is, however they overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from augment import masks
from augment.annotations import INDEX, Annotations, Box, Instance, Point, bounds
from augment.contracts import Settled
from augment.image import modality
from augment.sample import Category, Content, Dataset

Array = np.ndarray[Any, Any]
Shape = Literal["rectangle", "ellipse", "polygon"]
Form = Literal["box", "polygons", "rle"]
Size = tuple[int, int]

CODES = (1, 2, 4, 3, 5, 6, 7)
"""In the order in which blocks take them."""

LANDMARKS = ("top", "middle", "bottom")
"""Keypoints of each block; names without a side, so that mirrors don't swap them."""

CATEGORIES = tuple(Category(f"class {code}", LANDMARKS) for code in range(1, 8))
DATASET = Dataset(categories=CATEGORIES, spatial=True)
INSET = 4
"""How far the first and last landmark lie inside the corners of their block, in pixels."""


@dataclass(frozen=True)
class Block:
    """One object: a shape inside the whole-numbered bounds x_min, y_min, x_max, y_max."""

    code: int
    place: tuple[int, int, int, int]
    shape: Shape = "rectangle"

    def ring(self) -> tuple[float, ...]:
        """Its outline, x and y in turn."""
        x_min, y_min, x_max, y_max = self.place
        if self.shape == "rectangle":
            return (x_min, y_min, x_max, y_min, x_max, y_max, x_min, y_max)
        middle, half = ((x_min + x_max) / 2, (y_min + y_max) / 2), ((x_max - x_min) / 2, (y_max - y_min) / 2)
        corners = 64 if self.shape == "ellipse" else 6
        turns = np.arange(corners) * 2 * np.pi / corners
        reach = 1 if self.shape == "ellipse" else 1 / max(abs(np.sin(turns)).max(), 1e-9)
        xs = middle[0] + half[0] * np.cos(turns)
        ys = middle[1] + half[1] * np.sin(turns) * reach
        return tuple(float(value) for pair in zip(xs, ys, strict=True) for value in pair)

    def pixels(self, size: Size) -> Array:
        """(height, width) bool: the pixels whose middle lies inside its outline."""
        width, height = size
        xs, ys = np.arange(width) + 0.5, (np.arange(height) + 0.5)[:, None]
        inside = np.zeros((height, width), bool)
        ring = np.array(self.ring()).reshape(-1, 2)
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):  # even and odd crossings
            if y0 == y1:
                continue
            crosses = (ys >= min(y0, y1)) & (ys < max(y0, y1))
            inside ^= crosses & (xs < x0 + (ys - y0) / (y1 - y0) * (x1 - x0))
        return inside

    def landmarks(self) -> tuple[Point, ...]:
        """Near its first corner, in its middle, near its last corner; each in the middle of a pixel."""
        x_min, y_min, x_max, y_max = self.place
        middle = ((x_min + x_max) // 2 + 0.5, (y_min + y_max) // 2 + 0.5, 2)
        return (
            (x_min + INSET + 0.5, y_min + INSET + 0.5, 2),
            middle,
            (x_max - INSET - 0.5, y_max - INSET - 0.5, 2),
        )


@dataclass(frozen=True)
class Scene:
    """A picture of blocks and what is annotated on it."""

    size: Size
    blocks: tuple[Block, ...]

    @property
    def painted(self) -> Array:
        """(H, W, 3): each block's bits as channels of 0 or 255."""
        value = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        for block in self.blocks:
            channels = [number for number in range(3) if block.code >> number & 1]
            value[np.ix_(*(range(side) for side in value.shape[:2]), channels)] |= (
                block.pixels(self.size).astype(np.uint8)[..., None] * 255
            )
        return value

    @property
    def shaded(self) -> Array:
        """(H, W): gray, 36 levels a code."""
        value = codes_of(self.painted).astype(np.uint8) * 36
        return value

    @property
    def addressed(self) -> Array:
        """(H, W, 3): the address of each pixel. Sides up to 254."""
        value = np.full((self.size[1], self.size[0], 3), 255, np.uint8)
        value[..., 0] = np.arange(1, self.size[0] + 1)
        value[..., 1] = np.arange(1, self.size[1] + 1)[:, None]
        return value

    def annotations(self, form: Form = "box", keypoints: bool = False, bitmaps: bool = False) -> Annotations:
        """Its labels: ``form`` says how masks are given, ``bitmaps`` adds the index mask and one a class."""
        found = {}
        if bitmaps:
            found = {
                f"class {block.code}": png(block.pixels(self.size).astype(np.uint8) * 255) for block in self.blocks
            }
            found[INDEX] = png(codes_of(self.painted))
        return Annotations(
            instances=tuple(instance(block, self.size, form, keypoints) for block in self.blocks),
            masks=found,
            captions=("blocks on black",),
            size=self.size,
            fields={"kept": [1, {"as": "it is"}]},
        )


def instance(block: Block, size: Size, form: Form, keypoints: bool) -> Instance:
    """The label of one block, with its code in its fields."""
    ring = block.ring()
    pixels = block.pixels(size)
    return Instance(
        label=f"class {block.code}",
        box=bounds_of(pixels) if form == "rle" else bounds((ring,)),
        polygons=(ring,) if form == "polygons" else (),
        rle=masks.run_lengths(pixels) if form == "rle" else None,
        keypoints=block.landmarks() if keypoints else (),
        fields={"n": block.code, "note": {"deep": [1, 2]}},
    )


def apart(size: Size, count: int, least: int, shapes: Sequence[Shape], rng: np.random.Generator) -> Scene:
    """Blocks in the cells of a grid, with black between them."""
    columns = 2 if count <= 4 else 3
    rows = -(-count // columns)
    blocks = []
    for number, cell in enumerate(sorted(rng.permutation(columns * rows)[:count].tolist())):
        left, right = (cell % columns * size[0] // columns, (cell % columns + 1) * size[0] // columns)
        top, bottom = (cell // columns * size[1] // rows, (cell // columns + 1) * size[1] // rows)
        x_min, x_max = _span(left + 2, right - 2, least, rng)
        y_min, y_max = _span(top + 2, bottom - 2, least, rng)
        blocks.append(Block(CODES[number], (x_min, y_min, x_max, y_max), shapes[number % len(shapes)]))
    return Scene(size, tuple(blocks))


def overlapping(size: Size, least: int, shapes: Sequence[Shape], rng: np.random.Generator) -> Scene:
    """Three blocks anywhere, also at the border, one a channel."""
    blocks = []
    for number in range(3):
        (x_min, x_max), (y_min, y_max) = (_span(0, side, least, rng) for side in size)
        blocks.append(Block(CODES[number], (x_min, y_min, x_max, y_max), shapes[number % len(shapes)]))
    return Scene(size, tuple(blocks))


def _span(low: int, high: int, least: int, rng: np.random.Generator) -> tuple[int, int]:
    """A stretch of ``least`` or more between two ends; the whole of it where there is no room for a choice."""
    if high - low <= least:
        return low, high
    length = int(rng.integers(least, high - low + 1))
    start = int(rng.integers(low, high - length + 1))
    return start, start + length


def png(pixels: Array) -> bytes:
    """Pixels, RGB or gray, as PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels)
    assert done
    return bytes(data.tobytes())


def settled(value: Array, annotations: Annotations, dataset: Dataset = DATASET, **labels: Any) -> tuple[Settled, Any]:
    """Annotations made true to their picture; and the options that they were settled with."""
    options = modality.Labels(**labels)
    return modality.settle(value, Content(png(value), annotations), dataset, options), options


def unpng(data: bytes) -> Array:
    """The values of a mask."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


def codes_of(painted: Array) -> Array:
    """(H, W) uint8: the bits of each pixel, also where colours are mixed with black or with each other."""
    bits = painted >= 128
    return np.asarray(bits[..., 0] | bits[..., 1].astype(np.uint8) << 1 | bits[..., 2].astype(np.uint8) << 2, np.uint8)


def found_in(painted: Array, code: int, alone: bool) -> Array:
    """(H, W) bool: where a block is seen. ``alone``: no other covers it; else its code is a single bit."""
    codes = codes_of(painted)
    return np.asarray(codes == code if alone else codes & code > 0)


def bounds_of(pixels: Array) -> Box | None:
    """The box round the true pixels; None where there are none."""
    columns, rows = np.flatnonzero(pixels.any(axis=0)), np.flatnonzero(pixels.any(axis=1))
    if not len(columns):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


class Reading:
    """What an addressed picture says after some steps, all by nearest sampling."""

    def __init__(self, scene: Scene, addressed: Array) -> None:
        self.scene = scene
        self.shown = addressed[..., 2] == 255
        self.columns = addressed[..., 0].astype(int) - 1
        self.rows = addressed[..., 1].astype(int) - 1
        assert set(np.unique(addressed[..., 2])) <= {0, 255}, "a step mixed colours where it was told to take nearest"

    def region(self, source: Array) -> Array:
        """(H, W) bool: where the pixels that are true in ``source`` are now."""
        found = np.zeros(self.shown.shape, bool)
        found[self.shown] = source[self.rows[self.shown], self.columns[self.shown]]
        return found

    def addresses(self, source: Array) -> Array:
        """(height, width) bool: which pixels that are true in ``source`` are still shown by some pixel."""
        found = np.zeros_like(source)
        found[self.rows[self.shown], self.columns[self.shown]] = True
        return np.asarray(found & source)

    def share(self, source: Array) -> float:
        """Which part of the pixels that are true in ``source`` is still shown."""
        return float(self.addresses(source).sum() / max(source.sum(), 1))

    def landmark(self, point: Point, reach: int = 3) -> Array | None:
        """(K, 2): middles of the pixels that show a place; None where the square round it isn't seen as a whole."""
        x, y = int(point[0]), int(point[1])
        square = self.shown & (abs(self.columns - x) <= reach) & (abs(self.rows - y) <= reach)
        spots, _ = cv2.connectedComponents(square.astype(np.uint8), connectivity=8)
        box = bounds_of(square)
        if spots != 2 or box is None or square.sum() < 9:
            return None
        height, width = square.shape
        x_min, y_min, x_max, y_max = (int(edge) for edge in box)
        if x_min < 2 or y_min < 2 or x_max > width - 2 or y_max > height - 2:
            return None
        if not self.shown[y_min - 2 : y_max + 2, x_min - 2 : x_max + 2].all():
            return None
        seen = self.columns[square], self.rows[square]
        if not all(sides.min() < at < sides.max() for at, sides in zip((x, y), seen, strict=True)):
            return None  # torn off at the place itself
        far = np.where(square, np.hypot(self.columns - x, self.rows - y), np.inf)
        if far.min() > 0:  # a step has left the place out
            return None
        rows, columns = np.nonzero(far == far.min())
        return np.column_stack([columns, rows]) + 0.5


def instances(annotations: Annotations) -> Iterator[tuple[int, Instance]]:
    """The instances with the codes of their blocks, which must still fit their names."""
    for one in annotations.instances:
        code = int(one.fields["n"])
        assert one.label == f"class {code}"
        assert one.fields == {"n": code, "note": {"deep": [1, 2]}}
        yield code, one

"""What a step of the library does to places, from the parameters it has drawn.

The one place where moving steps are told apart. Steps that map straight lines to straight lines are matrices: exact,
and cheap for any number of corners. Steps that cover are holes. All others have their pixels followed one by one,
which is right for any step, so one that is not named here is merely slower.

Matrices are for continuous coordinates, in which pixel (0, 0) covers [0, 1) x [0, 1). The library's own matrices count
from the middle of pixels, as OpenCV does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment.image.peer import BaseCrop, BaseDropout, BasicTransform, MaxSizeTransform, _BaseRandomSizedCrop
from augment.image.peer import albumentations as lib

Array = np.ndarray[Any, Any]
Params = Mapping[str, Any]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Still:
    """Everything stays where it is."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Places are moved by a 3x3 matrix (column vectors x, y, 1)."""

    matrix: Array

    @property
    def mirrors(self) -> bool:
        """Whether left and right hands change."""
        return bool(np.linalg.det(self.matrix if self.bends else self.matrix[:2, :2]) < 0)

    @property
    def bends(self) -> bool:
        """Whether it is a perspective, under which parallel lines may meet."""
        return bool(self.matrix[2, :2].any())

    def growth(self, size: Size) -> float | Array:
        """How many pixels one becomes: (height, width) of a picture of ``size`` under a perspective, else a number."""
        if not self.bends:
            return float(abs(np.linalg.det(self.matrix[:2, :2])))
        x, y = np.arange(size[0]) + 0.5, np.arange(size[1])[:, None] + 0.5
        depth = self.matrix[2, 0] * x + self.matrix[2, 1] * y + self.matrix[2, 2]
        return np.asarray(abs(np.linalg.det(self.matrix)) / np.maximum(depth, 1e-9) ** 3)  # the Jacobian of x / depth

    @property
    def keeps_upright(self) -> bool:
        """Whether upright boxes stay upright boxes."""
        (a, b, _), (c, d, _), (e, f, _) = self.matrix.tolist()
        return bool(e == f == 0 and (abs(b) + abs(c) < 1e-12 or abs(a) + abs(d) < 1e-12))


@dataclass(frozen=True, slots=True)
class Holes:
    """Nothing moves, but some pixels are covered: (height, width) bool; None where none are."""

    covered: Array | None


@dataclass(frozen=True, slots=True)
class Pixels:
    """Only the step itself knows where each pixel goes."""


Motion = Still | Matrix | Holes | Pixels


def motion(transform: BasicTransform, before: Size, after: Size) -> Motion:
    """What a step has just done to places, in a picture of ``before`` (width, height) that is ``after`` now."""
    params = transform.params
    for kind in type(transform).__mro__:
        if kind in _MOTIONS:
            return _MOTIONS[kind](transform, params, before, after)
    return Pixels()


def _still(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return Still()


def _flip_x(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _matrix([-1, 0, before[0]], [0, 1, 0])


def _flip_y(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _matrix([1, 0, 0], [0, -1, before[1]])


def _transpose(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _matrix([0, 1, 0], [1, 0, 0])


def _quarter_turns(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _turned(int(params["factor"]), before)


def _turned(quarters: int, before: Size) -> Matrix:
    """Counter-clockwise, as numpy.rot90."""
    width, height = before
    return {
        0: _matrix([1, 0, 0], [0, 1, 0]),
        1: _matrix([0, 1, 0], [-1, 0, width]),
        2: _matrix([-1, 0, width], [0, -1, height]),
        3: _matrix([0, -1, height], [1, 0, 0]),
    }[quarters % 4]


def _symmetry(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    """The eight symmetries of the square."""
    width, height = before
    element = str(params["group_element"])
    mirrors = {
        "h": _matrix([-1, 0, width], [0, 1, 0]),
        "v": _matrix([1, 0, 0], [0, -1, height]),
        "t": _matrix([0, 1, 0], [1, 0, 0]),
        "hvt": _matrix([0, -1, height], [-1, 0, width]),
    }
    return mirrors[element] if element in mirrors else _turned(["e", "r90", "r180", "r270"].index(element), before)


def _scaled(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _matrix([after[0] / before[0], 0, 0], [0, after[1] / before[1], 0])


def _cropped(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    """Padded where that is asked for, cropped, and resized where the step does that."""
    x_min, y_min, x_max, y_max = (int(edge) for edge in params["crop_coords"])
    pads = params.get("pad_params") or {}
    width, height = before
    if not pads:  # the library cuts coordinates beyond the picture off
        x_min, y_min, x_max, y_max = max(x_min, 0), max(y_min, 0), min(x_max, width), min(y_max, height)
    scale_x, scale_y = after[0] / (x_max - x_min), after[1] / (y_max - y_min)
    shift_x, shift_y = pads.get("pad_left", 0) - x_min, pads.get("pad_top", 0) - y_min
    return _matrix([scale_x, 0, scale_x * shift_x], [0, scale_y, scale_y * shift_y])


def _cropped_and_padded(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    x_min, y_min, x_max, y_max = params["crop_params"] or (0, 0, *before)
    top, bottom, left, right = params["pad_params"] or (0, 0, 0, 0)
    scale_x = after[0] / (x_max - x_min + left + right)
    scale_y = after[1] / (y_max - y_min + top + bottom)
    return _matrix([scale_x, 0, scale_x * (left - x_min)], [0, scale_y, scale_y * (top - y_min)])


def _padded(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _matrix([1, 0, params["pad_left"]], [0, 1, params["pad_top"]])


def _affine(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    return _from_middles(params["matrix"])


def _rotated(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    turned = _from_middles(params["matrix"])
    if not transform.crop_border:
        return turned
    return Matrix(_matrix([1, 0, -params["x_min"]], [0, 1, -params["y_min"]]).matrix @ turned.matrix)


def _perspective(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    warped = _from_middles(params["matrix"])
    scale = _matrix([after[0] / params["max_width"], 0, 0], [0, after[1] / params["max_height"], 0])
    return Matrix(scale.matrix @ warped.matrix)


def _holes(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    holes = np.asarray(params["holes"])
    if not holes.size:
        return Holes(None)
    covered = np.zeros((before[1], before[0]), bool)
    for x_min, y_min, x_max, y_max in holes.reshape(-1, holes.shape[-1])[:, :4].astype(int).tolist():
        covered[max(y_min, 0) : max(y_max, 0), max(x_min, 0) : max(x_max, 0)] = True
    return Holes(covered)


def _dropped_objects(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    dropped = params["dropout_mask"]
    return Holes(None if dropped is None else np.asarray(dropped, bool).reshape(before[1], before[0]))


def _overlaid(transform: Any, params: Params, before: Size, after: Size) -> Motion:
    covered = np.zeros((before[1], before[0]), bool)
    for element in params["overlay_data"]:
        y_min, x_min = element["offset"]
        mask = np.asarray(element["overlay_mask"])
        covered[y_min : y_min + mask.shape[0], x_min : x_min + mask.shape[1]] |= (
            mask.any(axis=2) if mask.ndim == 3 else mask > 0
        )
    return Holes(covered)


def _matrix(first: list[float], second: list[float]) -> Matrix:
    return Matrix(np.array([first, second, [0, 0, 1]], np.float64))


def _from_middles(matrix: Array) -> Matrix:
    """A matrix of OpenCV's, which is for the middles of pixels."""
    full = np.vstack([matrix, [0, 0, 1]]) if len(matrix) == 2 else np.asarray(matrix, np.float64)
    return Matrix(_HALF @ full @ np.linalg.inv(_HALF))


def for_opencv(matrix: Array) -> Array:
    """A matrix of continuous coordinates, 3x3, as OpenCV wants it, for the middles of pixels.

    2x3 for cv2.warpAffine, or 3x3 for cv2.warpPerspective where it is a perspective.
    """
    middles = np.linalg.inv(_HALF) @ matrix @ _HALF
    return np.asarray(middles if Matrix(matrix).bends else middles[:2])


_HALF = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])

_MOTIONS: Mapping[type, Callable[[Any, Params, Size, Size], Motion]] = {
    lib.NoOp: _still,
    lib.PixelDropout: _still,
    lib.Morphological: _still,
    lib.HorizontalFlip: _flip_x,
    lib.VerticalFlip: _flip_y,
    lib.Transpose: _transpose,
    lib.RandomRotate90: _quarter_turns,
    lib.D4: _symmetry,
    lib.Resize: _scaled,
    lib.RandomScale: _scaled,
    MaxSizeTransform: _scaled,
    BaseCrop: _cropped,
    _BaseRandomSizedCrop: _cropped,
    lib.CropAndPad: _cropped_and_padded,
    lib.Pad: _padded,
    lib.Affine: _affine,
    lib.Rotate: _rotated,
    lib.Perspective: _perspective,
    BaseDropout: _holes,
    lib.MaskDropout: _dropped_objects,
    lib.OverlayElements: _overlaid,
}
"""Kind of step -> what it does to places; a step is of the first kind among its bases that stands here."""

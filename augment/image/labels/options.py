"""The block ``labels:`` of a recipe: what becomes of boxes, masks and keypoints that steps move."""

from __future__ import annotations

from typing import Literal

import pydantic

from augment.options import Options


class Labels(Options):
    """What becomes of objects that steps cut, cover or mirror. Untouched originals keep theirs.

    Args:
        min_visibility: An object of which less than this part is left, from 0 to 1, is dropped with all its labels.
        min_area: An object with fewer pixels left is dropped.
        clip: Cut boxes and polygons off at the border of the picture; False leaves them as they reach beyond it.
        flip_pairs: Pairs of names that trade places when a copy is mirrored: keypoints, categories and classes.
            Keypoints called left… and right… are paired without being listed.
        frame: For photos with an EXIF orientation: whether coordinates are for the picture as it is ``stored``, or as
            it is shown, ``upright``. ``auto`` goes by the size that the annotations name, and takes upright where
            that doesn't tell.
        void: Value of an index mask for pixels that come from outside the picture; None lets the step's fill_mask
            decide, or the data set's own void where it has one.
    """

    min_visibility: float = pydantic.Field(default=0.1, ge=0, le=1)
    min_area: float = pydantic.Field(default=1.0, ge=0)
    clip: pydantic.StrictBool = True
    flip_pairs: tuple[tuple[str, str], ...] = ()
    frame: Literal["auto", "upright", "stored"] = "auto"
    void: pydantic.StrictInt | None = pydantic.Field(default=None, ge=0, le=65535)

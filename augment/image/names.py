"""Which steps there are for pictures. Importing this imports neither OpenCV nor albumentations."""

from __future__ import annotations

from collections.abc import Collection

from augment.steps import Steps


def _library() -> Collection[str]:
    from augment.image.library import transforms

    return transforms()


KNOWN = Steps("image", "augment.image.steps", _library)
"""All of them, by name."""

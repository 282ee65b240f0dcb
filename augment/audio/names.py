"""Which steps there are for sounds. Importing this imports neither soundfile nor audiomentations."""

from __future__ import annotations

from collections.abc import Collection

from augment.steps import Steps


def _library() -> Collection[str]:
    from augment.audio.library import transforms

    return transforms()


KNOWN = Steps("audio", "augment.audio.steps", _library)
"""All of them, by name."""

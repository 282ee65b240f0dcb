"""Which steps there are for texts. Importing this imports neither nlpaug nor NLTK."""

from __future__ import annotations

from collections.abc import Collection

from augment.steps import Steps


def _library() -> Collection[str]:
    from augment.text.library import transforms

    return transforms()


KNOWN = Steps("text", "augment.text.steps", _library)
"""All of them, by name."""

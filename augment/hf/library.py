"""Hugging Face's datasets, imported when it is needed."""

from __future__ import annotations

from typing import Any

from augment.errors import AugmentError


def library() -> Any:
    """The module. Raises AugmentError where it is not installed."""
    try:
        import datasets
    except ImportError:
        raise AugmentError("augment.hf needs Hugging Face's datasets: pip install datasets") from None
    return datasets


def inside(feature: Any) -> Any:
    """What a feature has a list of, in any release's way to say so; None where it is no list."""
    return feature[0] if isinstance(feature, list) else getattr(feature, "feature", None)

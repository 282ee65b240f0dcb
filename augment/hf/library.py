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

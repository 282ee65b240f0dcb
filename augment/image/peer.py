"""What we use of albumentations, imported without torch and without asking the network.

``import albumentations`` imports torch where it is installed, for two transforms that make tensors: as long again as
all the rest, and 200 MB in each process. Here these two are left out while it is imported, unless torch is there
already; who asks albumentations for them later gets them, and torch with them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TENSORS = "albumentations.pytorch"

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # before the import, in every worker


@contextmanager
def _without_torch() -> Iterator[None]:
    """Within it albumentations finds no module for tensors, which it is written to do without."""
    if "torch" in sys.modules or "albumentations" in sys.modules:
        yield
        return
    sys.modules[TENSORS] = None  # type: ignore[assignment]  # stands for: not there
    try:
        yield
    finally:
        del sys.modules[TENSORS]
    sys.modules["albumentations"].__getattr__ = _later  # type: ignore[method-assign]


def _later(name: str) -> Any:
    """What albumentations would have from its module for tensors."""
    if name in ("ToTensor3D", "ToTensorV2", "pytorch"):
        try:
            tensors = importlib.import_module(TENSORS)
        except ImportError:
            pass
        else:
            return tensors if name == "pytorch" else getattr(tensors, name)
    raise AttributeError(f"module 'albumentations' has no attribute {name!r}")


with _without_torch():
    import albumentations
    from albumentations.augmentations.crops.transforms import BaseCrop, _BaseRandomSizedCrop
    from albumentations.augmentations.dropout.transforms import BaseDropout
    from albumentations.augmentations.geometric.resize import MaxSizeTransform
    from albumentations.core.bbox_utils import BboxParams, BboxProcessor
    from albumentations.core.composition import BaseCompose
    from albumentations.core.transforms_interface import (
        BasicTransform,
        DualTransform,
        ImageOnlyTransform,
        Transform3D,
    )

__all__ = [
    "BaseCompose",
    "BaseCrop",
    "BaseDropout",
    "BasicTransform",
    "BboxParams",
    "BboxProcessor",
    "DualTransform",
    "ImageOnlyTransform",
    "MaxSizeTransform",
    "Transform3D",
    "_BaseRandomSizedCrop",
    "albumentations",
]

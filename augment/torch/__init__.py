"""The samples of a recipe as PyTorch's datasets, with what belongs to them: collate, a resumable loader, batch mixing.

``pip install 'augment[torch]'``. Importing this imports PyTorch; ``import augment`` does not.
"""

from __future__ import annotations

import importlib

from augment.errors import AugmentError

try:
    importlib.import_module("torch")
except ImportError as missing:
    raise AugmentError(
        f"augment.torch needs PyTorch, which is not here ({missing}): pip install 'augment[torch]'"
    ) from None

from augment.torch.batches import collate
from augment.torch.datasets import Dataset, IterableDataset
from augment.torch.loader import Loader
from augment.torch.mixing import CutMix, MixUp, cutmix, mixup
from augment.torch.tensors import UNLABELLED

__all__ = ["UNLABELLED", "CutMix", "Dataset", "IterableDataset", "Loader", "MixUp", "collate", "cutmix", "mixup"]

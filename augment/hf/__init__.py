"""Hugging Face data sets: ``map`` grows a ``datasets.Dataset``, at once or as it is read; ``load`` opens an output.

A ``Dataset`` or ``DatasetDict`` is also an input as a folder is: ``augment.run(recipe, input=dataset, output=…)``, and
the same for ``plan``, ``stream`` and ``augment.torch``; so is the folder that ``dataset.save_to_disk`` has written,
for which datasets need not be installed. For all else: ``pip install datasets``.
"""

from augment.hf.growing import map as map
from augment.hf.opening import load as load

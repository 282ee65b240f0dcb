"""What writers without a form of their own for annotations keep: JSON beside the value, masks as PNG files.

``KEY.json`` has under ``annotations`` the neutral form (``augment.annotations.plain``), and in it under ``masks`` the
name of each mask -> the ending of the file that holds it: ``KEY.mask.png``, ``KEY.road.mask.png``. What is true of the
whole stands in ``dataset.json``. The readers ``webdataset``, ``parquet`` and ``masks`` take both back.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augment.annotations import INDEX, Annotations, plain
from augment.contracts import Written
from augment.sample import Category, Dataset, class_order
from augment.writers._tree import whole_file

DATASET = "dataset.json"
MASK = "mask.png"
OURS = ("annotations", "fields")
"""Keys of the JSON that are always ours; a field of the same name goes below ``fields``."""

_SIMPLE = re.compile(r"[a-z0-9_-]{1,32}")


def ending(name: str) -> str:
    """What follows the key and a dot in the name of a mask's file.

    Loaders of WebDataset make endings lower case and split at dots, so other names than simple ones get a hash.
    """
    if name == INDEX:
        return MASK
    if _SIMPLE.fullmatch(name):
        return f"{name}.{MASK}"
    begin = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:24]
    return f"{begin}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}.{MASK}"


def beside(own: Mapping[str, Any], fields: Mapping[str, Any], annotations: Annotations | None) -> dict[str, Any]:
    """All facts of one output: ``own`` keys, the source's fields, and its annotations last, for they are long."""
    clash = {name: value for name, value in fields.items() if name in own or name in OURS}
    facts = {**own, **{name: value for name, value in fields.items() if name not in clash}}
    if clash:
        facts["fields"] = clash
    if annotations is not None:
        facts["annotations"] = plain(annotations)
        if annotations.masks:
            facts["annotations"]["masks"] = {name: ending(name) for name in annotations.masks}
    return facts


def as_json(facts: Mapping[str, Any]) -> bytes:
    """Compact UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), default=dict)
    return text.encode("utf-8", "surrogatepass")


def as_text(facts: Mapping[str, Any]) -> str:
    """JSON as a text that any table takes: half a surrogate pair is written as an escape."""
    text = json.dumps(facts, ensure_ascii=False, default=dict)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(facts, default=dict)
    return text


def describe(root: Path, dataset: Dataset, more: Mapping[str, Any] | None = None) -> list[Written]:
    """Write ``dataset.json`` where there is more to tell than the classes that occur, in their usual order.

    Args:
        root: The output folder.
        dataset: What is true of the whole.
        more: Further keys.
    """
    rows = dataset.rows
    ordered = dataset.classes != class_order(dataset.classes)
    found = dataset.categories or dataset.located or dataset.transcribed or dataset.fields or rows or more
    if not (found or ordered or dataset.spare):
        return []
    whole = {
        "augment": 1,  # the version of this form
        "spatial": dataset.spatial,
        "timed": dataset.timed,
        "transcribed": dataset.transcribed,
        "classes": list(dataset.classes),
        "categories": [_category(category) for category in dataset.categories],
        "fields": dict(dataset.fields),
        **({"spanned": True} if dataset.spanned else {}),
        **({"rows": dataclasses.asdict(rows)} if rows is not None else {}),
        **(more or {}),
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1, default=dict)
    return [whole_file(root, DATASET, [text.encode("utf-8", "surrogatepass")])]


def lines(names: Sequence[str]) -> bytes:
    """Names one a line, in UTF-8."""
    return "".join(" ".join(name.split()) + "\n" for name in names).encode("utf-8", "replace")


def _category(category: Category) -> dict[str, Any]:
    found = dataclasses.asdict(category)
    return {name: value for name, value in found.items() if value or name == "name"}

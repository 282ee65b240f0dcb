"""Texts inside columns, as those of translations are: ``translation.en`` is the field ``en`` of each cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from augment import nested
from augment.hf.beside import Beside, Given, Row
from augment.hf.library import inside
from augment.sample import Dataset, Sample


@dataclass(kw_only=True)
class Inner(Beside):
    """See the module.

    Args:
        names: The texts, each a column or a path into one.
    """

    names: tuple[str, ...]

    def texts(self, row: Row) -> Mapping[str, str]:
        """Those that are there."""
        there = nested.lifted(row, self.names)
        return {name: there[name] for name in self.names if there.get(name) is not None}

    def cells(self, sample: Sample, number: int, given: Given) -> dict[str, Any]:
        """The columns with the texts put back where they stood."""
        row = {name: given(number)[name] for name in self.columns}
        for name, text in sample.value.texts.items():
            if name in row:
                row[name] = text
            else:
                row = nested.put(row, name, text)
        return row


def of(dataset: Any, names: tuple[str, ...], about: Dataset) -> Inner:
    """For some texts of a data set, of which ``about`` is true."""
    tops = dict.fromkeys(name if name in dataset.features else name.partition(".")[0] for name in names)
    return Inner(tuple(tops), about=about, names=names)


def paths(features: Mapping[str, Any]) -> dict[str, str]:
    """Path of each text inside a column of structs -> ``text``."""
    return {path: "text" for name, feature in features.items() if "." not in name for path in _below(name, feature)}


def _below(name: str, feature: Any) -> Iterator[str]:
    kinds = feature if isinstance(feature, dict) else dict.fromkeys(_languages(feature), "")
    for key, kind in kinds.items():
        if kind == "" or getattr(kind, "dtype", "") in ("string", "large_string"):
            yield f"{name}.{key}"
        elif inside(kind) is None:
            yield from _below(f"{name}.{key}", kind)


def _languages(feature: Any) -> list[str]:
    """Of a Translation, whose cells are structs."""
    found = getattr(feature, "languages", None)
    return list(found) if type(feature).__name__ == "Translation" and found else []

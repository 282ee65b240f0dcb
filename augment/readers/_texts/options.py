"""What a recipe may say of a table of texts."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

import pydantic
from pydantic_core import PydanticCustomError

from augment import spans
from augment.options import Options as _Base
from augment.readers import _columns
from augment.readers._texts.columns import Named


def _column(value: Any) -> Any:
    """The name of a column without one, by its number; all else as it is."""
    return f"column {value}" if type(value) is int else value


def _numbered(value: Any) -> Any:
    return [_column(one) for one in value] if isinstance(value, list | tuple) else _column(value)


Numbered = pydantic.BeforeValidator(_numbered)
"""A column, or several, may be told by number."""


class Options(_Base):
    """Which column is what, and how the table is written; found by usual names and by content where not said.

    A field inside a column of objects is told by its path, ``doc.body``, and one in a list by its place, from 0:
    ``messages.0.content``. A column may be told by its number, from 1, where the table has no header: 3 is
    ``column 3``.

    Args:
        text: The column with the texts, or several.
        label: The column with the class.
        split: The column with the split.
        splits: Name of a split -> the values of the split's column that stand for it; all others are ``train``.
        id: The column with the rows' names; a column ``id`` by default, and no column where it is ``false``.
        header: Whether the first row of a CSV names the columns.
        columns: Names for the columns of a CSV, where the first row has none or others.
        delimiter: What stands between the cells of a CSV.
        quoting: ``none``: quotes in a CSV are characters like others. ``standard``: cells may stand in them.
        escape: What stands in a CSV before quotes, delimiters and line ends that are characters of a cell, such as a
            backslash; empty where nothing does.
        encoding: Of the table; ``auto`` takes its mark, UTF-8, or Windows-1252.
        shape: The form in which JSON and Parquet tell spans, a module of ``augment.spans``; ``none`` has none.
        overlaps: What becomes of a row whose entities overlap.
    """

    text: Annotated[str | tuple[str, ...] | None, Numbered] = None
    label: Annotated[str | None, Numbered] = None
    split: Annotated[str | None, Numbered] = None
    splits: dict[str, tuple[str, ...]] | None = None
    id: Annotated[str | Literal[False] | None, Numbered] = None
    header: Literal["auto"] | bool = "auto"
    columns: tuple[str, ...] | None = None
    delimiter: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"]$')
    quoting: Literal["auto", "standard", "none"] = "auto"
    escape: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"\w]?$')
    encoding: str = "auto"
    shape: str = "auto"
    overlaps: Literal["skip", "keep"] = "skip"

    @pydantic.field_validator("splits", mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        try:
            return value if value is None else _columns.parts(value)
        except ValueError as error:
            raise PydanticCustomError("columns", "expected {told}", {"told": str(error)}) from None

    @pydantic.field_validator("*", mode="after")
    @classmethod
    def _once(cls, value: Any) -> Any:
        if isinstance(value, tuple) and (not value or len(set(value)) < len(value)):
            raise PydanticCustomError("columns", "expected one column or more, each once")
        return value

    @pydantic.field_validator("encoding", mode="after")
    @classmethod
    def _known(cls, value: str) -> str:
        return value if value == "auto" else encoding(value)

    @pydantic.field_validator("shape", mode="after")
    @classmethod
    def _shaped(cls, value: str) -> str:
        known = ("auto", "none", *spans.names())
        if value not in known:
            raise PydanticCustomError("shape", "expected one of {known}", {"known": ", ".join(known)})
        return value

    @property
    def named(self) -> Named:
        """What it says of columns."""
        texts = (self.text,) if isinstance(self.text, str) else self.text or ()
        return Named(texts, self.label, self.split, self.id, self.splits is not None)

    @property
    def written(self) -> dict[str, Any]:
        """What it says of a CSV; None where it says nothing."""
        quoting = {"auto": None, "standard": "minimal"}.get(self.quoting, self.quoting)
        return {
            "delimiter": self.delimiter,
            "quoting": quoting,
            "escape": self.escape,
            "header": None if self.header == "auto" else self.header,
            "columns": self.columns,
        }


def encoding(value: str) -> str:
    """A codec by its usual name. Raises PydanticCustomError for what lines can't be read in."""
    wanted = "expected {auto} or the name of an encoding such as latin-1"
    try:
        name = codecs.lookup(value).name
        marks = "\n,".encode(name).lstrip(codecs.BOM_UTF8)
    except (LookupError, UnicodeError, TypeError, ValueError):
        raise PydanticCustomError("encoding", wanted, {"auto": "auto"}) from None
    if marks != b"\n," and not name.startswith(("utf-16", "utf-32")):
        told = "expected an encoding in which commas and line ends are those of ASCII; save the table as UTF-8"
        raise PydanticCustomError("encoding", told)
    return name.removesuffix("-sig")

"""Which column of a Parquet table holds what: values, class, split, masks, objects; found by types and usual names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from augment.errors import InputError, nearest
from augment.readers._columns import LABEL, SPLIT

OURS = frozenset({"key", "label", "label_index", "split", "source", "copy", "fields"})
"""Columns that our own tables always have; ``annotations`` and ``masks`` may be missing in old ones."""

SIZE = ("width", "height")

BOXES = ("bbox", "bboxes", "boxes")
CATEGORY = ("category", "categories", "category_id", "label", "labels", "class", "class_id", "name")

_MASKS = re.compile(
    r"(.*_)?(masks?|annotations?|labels?|segmentations?|seg|segmentation_mask|label_map|gt)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one table.

    Args:
        value: The one with the samples.
        nested: Whether it is a struct of bytes and path, as Hugging Face has it, or plain bytes.
        label: The class; ``names`` are those of its numbers.
        split: The split.
        masks: Masks of whole samples, encoded; ``objects`` boxes as lists, whose categories have ``categories``.
        ours: Whether our own writer has made it; ``told`` is then the column with annotations in their neutral form.
        sizes: Those with width and height of the picture that objects are for.
        fields: The columns that ride along.
    """

    value: str
    nested: bool
    label: str | None = None
    names: tuple[str, ...] = ()
    split: str | None = None
    masks: str | None = None
    objects: str | None = None
    categories: tuple[str, ...] = ()
    ours: bool = False
    told: str | None = None
    sizes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def annotated(self) -> list[str]:
        """The columns that annotations are read from."""
        return [name for name in (self.objects, self.masks, self.told) if name]


def layout_of(schema: pa.Schema, named: Mapping[str, str | None], table: str) -> Layout:
    """The layout of a table.

    Args:
        schema: Its columns.
        named: What the recipe says: ``value``, ``label``, ``split``, ``masks`` -> column.
        table: Its name, for messages.

    Raises:
        InputError: No column holds samples, or several may, or a named one is missing.
    """
    for what, name in named.items():
        if name is not None and name not in schema.names:
            fix = nearest(name, schema.names)
            raise InputError(f"{table}: no column {name!r} for the {what}; {fix} It has: {', '.join(schema.names)}")
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise InputError(f"{table}: expected each column once, got {', '.join(twice)} again; rename or remove one")
    ours = set(schema.names) >= OURS
    features = _features(schema)
    value, mask = _values(schema, named, table, ours)
    objects = next((field.name for field in schema if field.name != value and _boxes(field.type)), None)
    split = named.get("split") or _usual(schema, SPLIT, value)
    classes = {name: names for name, names in row_classes(schema).items() if name not in (value, split)}
    label = named.get("label") or _usual(schema, LABEL, value) or only_class(tuple(classes), table)
    sizes = tuple(name for name in SIZE if name in schema.names and pa.types.is_integer(schema.field(name).type))
    sizes = sizes if objects and sizes == SIZE else ()
    taken = {*sizes, value, mask, objects, label, split, *(OURS | {"annotations", "masks"} if ours else ())}
    return Layout(
        value=value,
        nested=pa.types.is_struct(schema.field(value).type),
        label=label,
        names=classes.get(label or "", ()) or (classes.get("label_index", ()) if ours else ()),
        split=split,
        masks="masks" if ours and "masks" in schema.names else mask,
        objects=objects,
        categories=tuple(_category_names(features.get(objects))) if objects else (),
        ours=ours,
        sizes=sizes,
        told="annotations" if ours and "annotations" in schema.names else None,
        fields=tuple(field.name for field in schema if field.name not in taken and not _holds_bytes(field.type))
        + (("fields",) if ours else ()),
    )


def annotating(schema: pa.Schema, value: str) -> list[str]:
    """The columns that tell what stands where in column ``value``: boxes, masks, our own annotations."""
    if set(schema.names) >= OURS:
        return [name for name in ("annotations", "masks") if name in schema.names]
    others = [field for field in schema if field.name != value]
    return [
        field.name
        for field in others
        if _boxes(field.type)
        or (_MASKS.fullmatch(field.name) is not None and (_is_value(field.type) or is_bytes(field.type)))
    ]


def texts_only(schema: pa.Schema) -> bool:
    """Whether a table has texts, and nothing with bytes or boxes in it."""
    if any(_holds_bytes(field.type) or _boxes(field.type) for field in schema):
        return False
    return any(_is_words(field.type) for field in schema)


def plain_bytes(schema: pa.Schema) -> bool:
    """Whether whatever bytes a table has stand in columns of their own, and it has no boxes."""
    return not any(_boxes(one.type) or (_holds_bytes(one.type) and not is_bytes(one.type)) for one in schema)


def row_classes(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Column with one class a row -> the names that Hugging Face's datasets give to its numbers, in their order."""
    found = class_names(schema)
    return {one.name: found[one.name] for one in schema if one.name in found and pa.types.is_integer(one.type)}


def only_class(columns: Sequence[str], table: str) -> str | None:
    """The only one of the columns that the metadata calls classes. Raises InputError where there are several."""
    if len(columns) > 1:
        raise InputError(
            f"{table}: which column holds the class ({' or '.join(columns)}?); say input: {{label: {columns[0]}}}"
        )
    return columns[0] if columns else None


def class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Column of classes, or of lists of classes -> the names that Hugging Face's datasets give to its numbers."""
    found: dict[str, tuple[str, ...]] = {}
    for column, feature in _features(schema).items():
        inner = feature[0] if isinstance(feature, list) and len(feature) == 1 else feature
        nested = inner.get("feature") if isinstance(inner, dict) else None
        names = tuple(_names(inner)) or tuple(_names(nested))
        if names:
            found[column] = names
    return found


def as_plain(column: pa.Array) -> pa.Array:
    """Dates and times as texts; Python has no nanoseconds."""
    if not pa.types.is_temporal(column.type):
        return column
    return column.cast(pa.int64() if pa.types.is_duration(column.type) else pa.string())


def _values(schema: pa.Schema, named: Mapping[str, str | None], table: str, ours: bool) -> tuple[str, str | None]:
    """The column with the samples, and one with masks of them."""
    structs = [field.name for field in schema if _is_value(field.type)]
    found = structs or [field.name for field in schema if is_bytes(field.type)]
    value, mask = named.get("value"), named.get("masks")
    if value is not None and value not in found:
        found = [field.name for field in schema if _is_value(field.type) or is_bytes(field.type)]
    if value is not None and value not in found:
        kind = schema.field(value).type
        raise InputError(f"{table}: expected bytes, or a struct of bytes and path, in column {value!r}, got {kind}")
    rest = [name for name in found if name not in (value, mask)]
    if value is None:
        first = [name for name in rest if not _MASKS.fullmatch(name)] or rest
        if not first:
            has = ", ".join(f"{field.name} ({field.type})" for field in schema)[:400]
            raise InputError(
                f"{table}: no column holds samples: bytes, or a struct of bytes and path, and no text was found. It "
                f"has: {has}. For texts say input: {{format: texts, text: COLUMN}}, or COLUMN.FIELD for a field in it"
            )
        if len(first) > 1:
            raise InputError(
                f"{table}: which column holds the samples ({' or '.join(first)}?); say input: {{value: COLUMN}}"
            )
        value = first[0]
    others = [name for name in rest if name != value and _MASKS.fullmatch(name)]
    return value, mask or (others[0] if len(others) == 1 and not ours else None)


def _features(schema: pa.Schema) -> Mapping[str, Any]:
    """What Hugging Face's datasets take the columns for."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _names(feature: Any) -> Iterator[str]:
    """The names of a ClassLabel."""
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, list):
        yield from map(str, names)


def _category_names(feature: Any) -> list[str]:
    """The names of the categories somewhere in the feature of a column with objects."""
    if isinstance(feature, list):
        return next(filter(None, map(_category_names, feature)), [])
    if not isinstance(feature, dict):
        return []
    for key in CATEGORY:
        inner = feature.get(key)
        found = list(_names(inner)) or (list(_names(inner.get("feature"))) if isinstance(inner, dict) else [])
        if found:
            return found
    return _category_names(feature.get("feature"))


def _usual(schema: pa.Schema, usual: tuple[str, ...], taken: str) -> str | None:
    """The first usual name of a column with one text or number a row."""
    lower = {
        field.name.strip().lower(): field.name
        for field in reversed(list(schema))
        if field.name != taken and _is_plain(field.type)
    }
    return next((lower[name] for name in usual if name in lower), None)


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(check(kind) for check in (pa.types.is_integer, pa.types.is_boolean, is_text))


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are texts."""
    return str(kind) in ("string", "large_string", "string_view")


def _is_words(kind: pa.DataType) -> bool:
    """Texts, or lists of them."""
    if pa.types.is_dictionary(kind) or _is_list(kind):
        return _is_words(kind.value_type)
    return is_text(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether cells are bytes of any number."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_value(kind: pa.DataType) -> bool:
    """A struct of bytes and path."""
    if not pa.types.is_struct(kind):
        return False
    return any(field.name == "bytes" and is_bytes(field.type) for field in kind)


def _boxes(kind: pa.DataType) -> bool:
    """Lists of boxes: a struct of lists, or a list of structs."""
    if _is_list(kind):
        kind = kind.value_type
    if not pa.types.is_struct(kind):
        return False
    return any(field.name in BOXES and _is_list(field.type) for field in kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _holds_bytes(kind: pa.DataType) -> bool:
    """Whether a type has anything in it that JSON can't hold."""
    if is_bytes(kind) or pa.types.is_fixed_size_binary(kind):
        return True
    return any(_holds_bytes(kind.field(place).type) for place in range(kind.num_fields))

"""Arrow types by the names that pyarrow gives them, and columns of JSON values that have such types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from augment import encodings

_LIST = re.compile(r"(?:large_|fixed_size_)?list<\w+: (.*)>(?:\[\d+\])?")
_STRUCT = re.compile(r"struct<(.*)>")
_MAP = re.compile(r"map<(.*?)(?: \('.*'\))?>", re.DOTALL)
_DICTIONARY = re.compile(r"dictionary<values=(.*), indices=\w+, ordered=\d>")
_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.*)\]")
_DECIMAL = re.compile(r"decimal(128|256)\((\d+), (-?\d+)\)")


_TOLD = (
    pa.types.is_temporal,
    pa.types.is_decimal,
    pa.types.is_dictionary,
    pa.types.is_map,
    pa.types.is_binary,
    pa.types.is_large_binary,
)
"""Types whose values ``array`` makes of others."""


def kind_of(name: str) -> pa.DataType | None:
    """The type that pyarrow calls ``name``; None where it is not one that JSON values can be made into.

    A list of fixed length is any list, numbers of a dictionary have 32 bits.
    """
    name = name.removesuffix(" not null")
    if found := _DICTIONARY.fullmatch(name):
        inner = kind_of(found[1])
        return None if inner is None or pa.types.is_nested(inner) else pa.dictionary(pa.int32(), inner)
    if found := _MAP.fullmatch(name):
        parts = [_inner(part) for part in _parts(found[1])]
        return None if len(parts) != 2 or None in parts else pa.map_(*parts)
    if found := _ZONED.fullmatch(name):
        return pa.timestamp(found[1], found[2])
    if found := _DECIMAL.fullmatch(name):
        make = pa.decimal128 if found[1] == "128" else pa.decimal256
        return make(int(found[2]), int(found[3]))
    if found := _LIST.fullmatch(name):
        inner = _inner(found[1])
        return None if inner is None else pa.list_(inner)
    if found := _STRUCT.fullmatch(name):
        named = [part.partition(": ") for part in _parts(found[1])]
        kinds = [(own, _inner(rest)) for own, _, rest in named]
        return None if not kinds or any(kind is None for _, kind in kinds) else pa.struct(kinds)
    try:
        kind = pa.type_for_alias(name)
    except ValueError:
        return None
    if name.endswith("_view"):  # which not all that read Parquet know
        return pa.string() if name == "string_view" else pa.binary()
    return pa.float32() if pa.types.is_float16(kind) else kind


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column of JSON values; times, decimals, bytes come as texts, durations as numbers. Raises as pyarrow does."""
    if pa.types.is_dictionary(kind):
        return array(values, kind.value_type).dictionary_encode()
    if pa.types.is_map(kind):
        return pa.array([None if value is None else [tuple(pair) for pair in value] for value in values], kind)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else encodings.untold(value) for value in values], kind)
    if pa.types.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def _inner(name: str) -> pa.DataType | None:
    """The type of what is in a list or a struct, where no text would have to be read for it."""
    kind = kind_of(name)
    if kind is None or any(is_one(kind) for is_one in _TOLD):
        return None
    return kind


def _parts(inner: str) -> Iterator[str]:
    """The fields of a struct, parted where no bracket is open."""
    depth, begin = 0, 0
    for place, sign in enumerate(inner):
        depth += (sign in "<[(") - (sign in ">])")
        if sign == "," and depth == 0:
            yield inner[begin:place]
            begin = place + 2
    yield inner[begin:]

"""Arrow types by the names that pyarrow gives them, and columns of JSON values that have such types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

_LIST = re.compile(r"(?:large_|fixed_size_)?list<\w+: (.*)>(?:\[\d+\])?")
_STRUCT = re.compile(r"struct<(.*)>")
_DICTIONARY = re.compile(r"dictionary<values=(.*), indices=\w+, ordered=\d>")
_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.*)\]")
_DECIMAL = re.compile(r"decimal(128|256)\((\d+), (-?\d+)\)")


def kind_of(name: str) -> pa.DataType | None:
    """The type that pyarrow calls ``name``; None where it is not one that JSON values can be made into.

    A dictionary is what it holds, a list of fixed length any list.
    """
    name = name.removesuffix(" not null")
    if found := _DICTIONARY.fullmatch(name):
        return kind_of(found[1])
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
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return None
    return pa.float32() if pa.types.is_float16(kind) else kind


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column of JSON values; times and decimals come as texts, durations as numbers. Raises what pyarrow raises."""
    if pa.types.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def _inner(name: str) -> pa.DataType | None:
    """The type of what is in a list or a struct, where no text would have to be read for it."""
    kind = kind_of(name)
    return None if kind is None or pa.types.is_temporal(kind) or pa.types.is_decimal(kind) else kind


def _parts(inner: str) -> Iterator[str]:
    """The fields of a struct, parted where no bracket is open."""
    depth, begin = 0, 0
    for place, sign in enumerate(inner):
        depth += (sign in "<[(") - (sign in ">])")
        if sign == "," and depth == 0:
            yield inner[begin:place]
            begin = place + 2
    yield inner[begin:]

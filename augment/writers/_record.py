"""A Record as bytes and back, for writers whose outputs wait in chunk files before they get their final form."""

from __future__ import annotations

import dataclasses
import json
import struct

from augment.sample import Record

_HEAD = struct.Struct("<q")


def pack(record: Record) -> bytes:
    """Length of the facts, the facts as JSON, the data."""
    facts = {field.name: getattr(record, field.name) for field in dataclasses.fields(record) if field.name != "data"}
    head = json.dumps(facts, ensure_ascii=False, default=dict).encode("utf-8", "surrogatepass")
    return _HEAD.pack(len(head)) + head + record.data


def unpack(packed: bytes) -> Record:
    """The reverse of ``pack``."""
    (length,) = _HEAD.unpack_from(packed)
    end = _HEAD.size + length
    return Record(data=packed[end:], **json.loads(packed[_HEAD.size : end].decode("utf-8", "surrogatepass")))

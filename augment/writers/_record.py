"""A Record as bytes and back, for writers whose outputs wait in chunk files before they get their final form."""

from __future__ import annotations

import dataclasses
import json
import struct

from augment.annotations import plain, restored
from augment.sample import Record

_HEAD = struct.Struct("<q")


def pack(record: Record) -> bytes:
    """Length of the facts, the facts as JSON, the masks, the data."""
    facts = {field.name: getattr(record, field.name) for field in dataclasses.fields(record) if field.name != "data"}
    masks = record.annotations.masks if record.annotations is not None else {}
    if record.annotations is not None:
        facts["annotations"] = plain(record.annotations)
        facts["masks"] = {name: len(mask) for name, mask in masks.items()}
    head = json.dumps(facts, ensure_ascii=False, default=dict).encode("utf-8", "surrogatepass")
    return b"".join([_HEAD.pack(len(head)), head, *masks.values(), record.data])


def unpack(packed: bytes) -> Record:
    """The reverse of ``pack``."""
    (length,) = _HEAD.unpack_from(packed)
    end = _HEAD.size + length
    facts = json.loads(packed[_HEAD.size : end].decode("utf-8", "surrogatepass"))
    masks = {}
    for name, size in facts.pop("masks", {}).items():
        masks[name] = packed[end : end + size]
        end += size
    if facts["annotations"] is not None:
        facts["annotations"] = restored(facts["annotations"], masks)
    return Record(data=packed[end:], **facts)

"""WebDataset: tar shards with ``KEY.jpg``, ``KEY.json`` and, where there are classes, ``KEY.cls``.

Headers are ustar with fixed mode, owner and time, so equal records give equal bytes (POSIX.1-1988, "ustar").
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

from augment import durable
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Record
from augment.writers._names import folder_name

SHARDED = True
BLOCK = tarfile.BLOCKSIZE
OWN = ("source", "copy", "split", "label", "label_index")
"""Keys of KEY.json that are ours; a field of the same name goes below ``fields``."""


class Options(_Base):
    """No options beside the common ones."""


def shard(split: str, index: int) -> str:
    """``train/shard-000000.tar``."""
    return f"{folder_name(split)}/shard-{index:06d}.tar"


def locate(record: Record, shard: str) -> str:
    """Every output lies in its shard."""
    return shard


def render(record: Record) -> bytes:
    """The tar members of one output."""
    parts = [_member(f"{record.key}.{record.extension}", record.data), _member(f"{record.key}.json", _facts(record))]
    if record.label_index is not None:
        parts.append(_member(f"{record.key}.cls", str(record.label_index).encode()))
    return b"".join(parts)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Concatenate members and end the archive as tar does, in whole records of 10,240 bytes."""
    digest = hashlib.sha256()
    size = samples = 0
    with durable.writing(root / shard) as file:
        for part in parts:
            file.write(part)
            digest.update(part)
            size += len(part)
            samples += 1
        end = b"\0" * (2 * BLOCK + -(size + 2 * BLOCK) % tarfile.RECORDSIZE)
        file.write(end)
        digest.update(end)
    return [Written(shard, size + len(end), digest.hexdigest(), samples)]


def extract(root: Path, name: str, key: str) -> bytes:
    """The member of an output that is neither its JSON nor its class."""
    with tarfile.open(root / name) as archive:
        for member in archive:
            stem, _, ending = member.name.rpartition(".")
            if stem == key and ending not in ("json", "cls"):
                file = archive.extractfile(member)
                if file is not None:
                    return file.read()
    raise KeyError(f"{key} is not in {name}")


def _facts(record: Record) -> bytes:
    facts = {
        "source": record.source,
        "copy": record.copy,
        "split": record.split,
        "label": record.label,
        "label_index": record.label_index,
    }
    clash = {name: value for name, value in record.fields.items() if name in OWN or name == "fields"}
    facts.update({name: value for name, value in record.fields.items() if name not in clash})
    if clash:
        facts["fields"] = clash
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _template() -> bytes:
    """A header without name, size and checksum."""
    info = tarfile.TarInfo()
    info.mode = 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)


_HEADER = _template()
_BEFORE_SIZE, _AFTER_SIZE = _HEADER[100:124], _HEADER[136:148]
_TAIL = _HEADER[156:]
_FIXED_SUM = sum(_BEFORE_SIZE) + sum(_AFTER_SIZE) + sum(_TAIL) + 8 * ord(" ")


def _member(name: str, data: bytes) -> bytes:
    """Header, data and padding. Patching a template costs a tenth of building a TarInfo; a test holds them equal."""
    label = name.encode("ascii")
    if len(label) > 100:
        raise ValueError(f"{name}: a member's name may have 100 bytes")
    size = b"%011o\0" % len(data)
    checksum = b"%06o\0 " % (_FIXED_SUM + sum(label) + sum(size))
    header = label.ljust(100, b"\0") + _BEFORE_SIZE + size + _AFTER_SIZE + checksum + _TAIL
    return header + data + b"\0" * (-len(data) % BLOCK)

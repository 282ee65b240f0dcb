"""WebDataset: tar shards with ``KEY.jpg``, ``KEY.json`` and, where there are classes, ``KEY.cls``.

Several texts are one value, an object by column; that stands in KEY.json, under the name of its modality, for there
can't be two members of that name. Annotations stand there in their neutral form; masks are ``KEY.mask.png`` and
``KEY.CLASS.mask.png``. Headers are ustar with fixed mode, owner and time, so equal records give equal bytes
(POSIX.1-1988, "ustar"); the few names of more than 100 bytes get a pax header before it (POSIX.1-2001).
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from augment import durable
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _annotations, _cells
from augment.writers._cells import SEVERAL
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


def render(record: Record, dataset: Dataset, options: Options | None = None) -> bytes:
    """The tar members of one output. Raises SampleError for several texts that are no object of texts."""
    value = [] if record.extension == SEVERAL else [_member(f"{record.key}.{record.extension}", record.data)]
    parts = [*value, _member(f"{record.key}.json", _facts(record))]
    if record.label_index is not None:
        parts.append(_member(f"{record.key}.cls", str(record.label_index).encode()))
    if record.annotations is not None:
        for name, mask in record.annotations.masks.items():
            parts.append(_member(f"{record.key}.{_annotations.ending(name)}", mask))
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


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """``dataset.json``: the categories, and what else is true of the whole; nothing for mere classes."""
    return _annotations.describe(root, dataset)


def extract(root: Path, name: str, key: str) -> bytes:
    """The member of an output that is neither its JSON nor its class nor a mask; else the value in its JSON."""
    path = root / name
    facts = path.stat()
    start, size, is_facts = _places(path, (facts.st_mtime_ns, facts.st_size)).get(key, (0, -1, False))
    if size < 0:
        raise KeyError(f"{key} is not in {name}")
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(size)
    return _value(json.loads(data)) if is_facts else data


@lru_cache(16)
def _places(path: Path, stamp: tuple[int, int]) -> dict[str, tuple[int, int, bool]]:
    """Where the value of each output lies in an archive: first byte, bytes, and whether that is its JSON."""
    found: dict[str, tuple[int, int, bool]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            key, _, ending = member.name.partition(".")
            if ending == "json":
                found.setdefault(key, (member.offset_data, member.size, True))
            elif ending != "cls" and not ending.endswith(_annotations.MASK):
                found[key] = (member.offset_data, member.size, False)
    return found


def _facts(record: Record) -> bytes:
    own = {name: getattr(record, name) for name in OWN}
    if record.extension == SEVERAL:
        own[record.modality] = _cells.several(record.data)
    return _annotations.as_json(_annotations.beside(own, record.fields, record.annotations))


def _value(facts: dict[str, Any]) -> bytes:
    """The value in a JSON: what comes after the keys that all have."""
    value = list(facts.values())[len(OWN)]
    return json.dumps(value, ensure_ascii=False).encode()


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
        return _long(name, len(data)) + data + b"\0" * (-len(data) % BLOCK)
    size = b"%011o\0" % len(data)
    checksum = b"%06o\0 " % (_FIXED_SUM + sum(label) + sum(size))
    header = label.ljust(100, b"\0") + _BEFORE_SIZE + size + _AFTER_SIZE + checksum + _TAIL
    return header + data + b"\0" * (-len(data) % BLOCK)


def _long(name: str, size: int) -> bytes:
    """The headers of a member whose name a plain one can't hold."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT)

"""Sounds as ``train/class/KEY.flac`` with timed labels; ``kind`` says how (see ``augment.timelines`` for all kinds).

``csv``, ``rttm`` and ``ctm`` are one table a split, ``train.csv``, beside the folder of the split; in a CSV a sound
goes by its path below the output, in the others by its key. ``audacity``, ``beats``, ``textgrid`` and ``jams`` are a
file a sound, of the same name beside it. By default the kind is that of the input, or ``csv``. What is said stands
in ``transcripts.csv`` with any kind. The reader ``events`` takes all of it back without options.

A copy with what its kind can't hold, such as words in an RTTM, is left out with its reason; ``csv`` and ``jams`` hold
any tier. Only JAMS has a place for duration and other facts of a whole sound, and none has one for soft labels,
captions, boxes and masks.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pydantic
from pydantic_core import PydanticCustomError

from augment import durable, timelines
from augment.annotations import Annotations
from augment.contracts import Written
from augment.errors import SampleError, nearest
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.timelines import _transcripts
from augment.writers import _tree, folder
from augment.writers._tree import extract as extract
from augment.writers._tree import growing, whole_file
from augment.writers._tree import shard as shard

SHARDED = False
LINES = ".events"
"""How the name of a lot's lines ends."""

USUAL = "csv"
_HEAD = struct.Struct("<HQQ")


class Options(_Base):
    """What kind of label files.

    Args:
        kind: Its name; by default that of the input's label files.
    """

    kind: str | None = None

    @pydantic.field_validator("kind")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        known = timelines.kinds()
        if value is not None and value not in known:
            told = f"expected a kind of label file ({nearest(value, known)})"
            raise PydanticCustomError("kind", "{told}", {"told": told})
        return value


DEFAULT = Options()


def locate(record: Record, shard: str) -> str:
    """``split/class/KEY.ext``; ``split/KEY.ext`` where there are no classes."""
    return folder.locate(record, shard)


def render(record: Record, dataset: Dataset, options: Options = DEFAULT) -> bytes:
    """Names of the sound and its label file, its line, its labels, the sound. Raises SampleError; see above."""
    name = locate(record, "")
    annotations = record.annotations or Annotations()
    kind = _kind(dataset, options)
    shared, labels, beside = timelines.shared(kind), "", ""
    line: dict[str, Any] = {"kind": kind}
    if shared is not None:
        line["portion"] = shared.portion(annotations, name if shared.BY_PATH else record.key)
    else:
        timeline = timelines.timeline(kind)
        labels = timeline.format(annotations, record.key)
        beside = str(PurePosixPath(name).with_suffix(timeline.ENDINGS[0]))
        if beside == name:
            raise SampleError("can't be written", f"its labels would have its own name, {name}")
    if annotations.transcript is not None:
        line["said"] = _transcripts.portion(annotations, name)
    names = f"{name}\n{beside}".encode("utf-8", "surrogatepass")
    told = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    text = labels.encode("utf-8", "replace")
    return b"".join([_HEAD.pack(len(names), len(told), len(text)), names, told, text, record.data])


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each sound and its labels whole or not at all, and one file with the lines of all for ``conclude``.

    Where the parts end in an error, what this call has written is removed.
    """
    with durable.writing(_tree.part(root, shard, LINES)) as lines, growing(root) as tree:
        for part in parts:
            named, told, length = _HEAD.unpack_from(part)
            places = [_HEAD.size, _HEAD.size + named, _HEAD.size + named + told]
            name, beside = part[places[0] : places[1]].decode("utf-8", "surrogatepass").split("\n")
            tree.add(name, part[places[2] + length :], 1)
            if beside:
                tree.add(beside, part[places[2] : places[2] + length])
            lines.write(part[places[1] : places[2]])
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """The tables of all splits. Lines pass through one by one; of a CSV the names of columns are held."""
    written: list[Written] = []
    parts = _tree.parts(root, LINES)
    for split, lots in parts.items():
        kind = next((line["kind"] for line in _lines(lots)), USUAL)
        shared = timelines.shared(kind)
        if shared is not None:
            pieces = shared.joined(partial(_portions, lots))
            written.append(whole_file(root, f"{_table(split)}{shared.ENDINGS[0]}", _encoded(pieces)))
    every = [lot for lots in parts.values() for lot in lots]
    if any("said" in line for line in _lines(every)):
        rows = _transcripts.joined(lambda: (line.get("said") for line in _lines(every)))
        written.append(whole_file(root, _transcripts.NAME, _encoded(rows)))
    return written


def _kind(dataset: Dataset, options: Options) -> str:
    told = options.kind or dataset.fields.get("timeline")
    return told if isinstance(told, str) and told in timelines.kinds() else USUAL


def _table(split: str) -> str:
    """The name of a split's table, from that of its folder; not the one that transcripts have."""
    taken = split.lower() == _transcripts.NAME.partition(".")[0]
    return f"%{ord(split[0]):02X}{split[1:]}" if taken else split


def _lines(parts: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        with part.open("rb") as file:
            for line in file:
                yield json.loads(line)


def _portions(parts: Iterable[Path]) -> Iterator[Any]:
    return (line["portion"] for line in _lines(parts))


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode("utf-8", "replace") for piece in pieces)

"""Stage 3 of 8, the memory: what an output folder was begun with, so that a run is resumed, appended to, or refused.

Each run that had something new to make is a generation: its recipe and versions in ``.augment/generation-000.json``,
its sources in ``.augment/generation-000.parquet``. Both are written before the first output.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from augment import durable
from augment.contracts import STATE
from augment.engine import chunkfile
from augment.engine.columns import number_column, numbers
from augment.engine.listing import TABLE, Listing
from augment.engine.sorting import hashes
from augment.errors import ChangedError, OutputError
from augment.sample import Entry

CHUNKS = f"{STATE}/chunks"
"""Chunk files that wait for their lot."""

LOTS = f"{STATE}/lots"
"""Receipts of lots whose shards stand."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What one run set out to make.

    Args:
        number: From 0.
        recipe: The recipe's plain data.
        fingerprint: Of the recipe, without ``expand``.
        expand: The recipe's ``expand``, with defaults filled in.
        versions: Of everything that may change bytes.
        listing: Fingerprint of the sources.
        base: The folder against which the recipe's files are taken.
        lots: Number of the first lot after it.
        shards: Split -> number of its first shard after it.
        categories: Names of the categories of its objects, in order.
    """

    number: int
    recipe: Mapping[str, Any]
    fingerprint: str
    expand: Mapping[str, Any]
    versions: Mapping[str, str]
    listing: str
    base: str
    lots: int = 0
    shards: Mapping[str, int] = field(default_factory=dict)
    categories: Sequence[str] = ()

    def same_work(self, other: Generation) -> bool:
        """Whether both would make the same outputs of the same source."""
        return self.fingerprint == other.fingerprint and self.versions == other.versions


def load(output: Path) -> list[Generation]:
    """The generations of an output folder, oldest first; none for a new or empty folder.

    Raises:
        OutputError: The folder holds something that is not ours, or our notes in it are damaged.
    """
    state = output / STATE
    try:
        if not output.exists():
            return []
        if not output.is_dir():
            raise OutputError(f"{output}: expected a folder for the output, this is a file")
        if not state.is_dir():
            strangers = sorted(path.name for path in output.iterdir())[:3]
            if strangers:
                raise OutputError(
                    f"{output}: holds files that are not ours ({', '.join(strangers)}); nothing was touched. "
                    "Give a new or an empty folder"
                )
            return []
        files = sorted(state.glob("generation-*.json"))
        return [Generation(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
    except OSError as error:
        raise OutputError(f"{output}: cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError) as error:
        raise OutputError(f"{state}: damaged ({error}); start again in a new folder") from None


def save(output: Path, generation: Generation, listing: Listing) -> None:
    """Note a generation. The notes come last, so a generation that is noted is noted whole."""
    stem = output / STATE / f"generation-{generation.number:03d}"
    path = stem.with_suffix(".parquet")
    with durable.writing(path) as file:
        write(listing, file)
    pa.default_memory_pool().release_unused()
    durable.write(stem.with_suffix(".json"), json.dumps(asdict(generation), indent=1).encode())


def write(listing: Listing, file: Any) -> None:
    """Sources as a Parquet file with the columns of TABLE, which workers draw partners from."""
    with pq.ParquetWriter(file, TABLE, compression="snappy") as out:
        for batch in listing.parts:
            out.write_batch(batch)


def sources(output: Path, generation: Generation) -> pa.Table:
    """The sources of a generation, in order."""
    return pq.read_table(table(output, generation))


def table(output: Path, generation: Generation) -> Path:
    """The file with the sources of a generation, rows of listing.TABLE."""
    return output / STATE / f"generation-{generation.number:03d}.parquet"


def refuse(output: Path, old: Generation, new: Generation, listing: Listing) -> None:
    """Say what has changed. Always raises ChangedError."""
    told: list[str] = []
    if old.fingerprint != new.fingerprint or dict(old.expand) != dict(new.expand):
        told += [f"recipe: {line}" for line in _differences(_decisive(old), _decisive(new))]
        told = told or ["recipe: a file that it names, or the code of a step of your own, has changed"]
    told += [
        f"version of {name}: {old.versions.get(name)} -> {new.versions.get(name)}"
        for name in sorted({*old.versions, *new.versions})
        if old.versions.get(name) != new.versions.get(name)
    ]
    if list(old.categories) != list(new.categories):
        told += [f"categories: {', '.join(old.categories)} -> {', '.join(new.categories)}"]
    elif old.listing != new.listing:
        told += [f"input: {line}" for line in compare(sources(output, old), listing.table())]
    further = "or give another output"
    if old.same_work(new):  # so only sources or the number of copies differ
        further = "give another output, or append (--append) to make only what is new"
    lines = "\n".join(f"  {line}" for line in told[:12])
    raise ChangedError(
        f"{output}: was begun with something else, and the two are never mixed:\n{lines}\n"
        f"  Go back to what it was, {further}"
    )


def compare(old: pa.Table, new: pa.Table) -> list[str]:
    """How two lists of sources differ, for a person: how many were added, removed, changed, and an example of each."""
    before, after = old["order"].to_numpy(), new["order"].to_numpy()
    found = []
    for verb, table, known in (("added", new, np.isin(after, before)), ("removed", old, np.isin(before, after))):
        places = np.flatnonzero(~known)
        if len(places):
            keys = table["key"].take(number_column(places)).to_pylist()
            found.append(f"{len(keys)} {verb}, such as {min(keys)}")
    altered = changed_keys(old, new)
    if altered:
        found.append(f"{len(altered)} changed, such as {altered[0]}")
    return found


def changed_keys(old: pa.Table, new: pa.Table) -> list[str]:
    """Sources in both lists whose size, split, label or other fields differ."""
    columns = ["key", "split", "label", "fields", "size"]
    pair = old.select(columns).join(new.select(columns), "key", right_suffix="_new", join_type="inner")
    differ = None
    for name in columns[1:]:
        here = pc.fill_null(pc.not_equal(pair[name], pair[f"{name}_new"]), False)
        lost = pc.not_equal(pc.is_null(pair[name]), pc.is_null(pair[f"{name}_new"]))
        both = pc.or_(here, lost)
        differ = both if differ is None else pc.or_(differ, both)
    keys: list[str] = sorted(pair["key"].filter(differ).to_pylist())
    return keys


def altered_since(output: Path, generation: Generation, listing: Listing, sha256: Callable[[Entry], str]) -> list[str]:
    """Sources of which outputs were made, and whose content is another now though their size is the same.

    Only those whose time of change differs are read again, so a data set that was merely copied passes.

    Args:
        output: The output folder.
        generation: The run that is to be resumed.
        listing: The sources as they are now.
        sha256: Gives the hash of a source as it is now.
    """
    suspects: dict[str, Entry] = {}
    start = 0
    noted = pq.ParquetFile(table(output, generation))
    for batch in noted.iter_batches(columns=["order", "mtime_ns"]):
        rows = range(start, start + batch.num_rows)  # the same sources, so each stands where it stood
        then, now = numbers(batch.column("mtime_ns")), listing.numbers("mtime_ns", rows)
        other = (then != now) | (hashes(batch) != listing.numbers("order", rows))
        suspects.update((entry.key, entry) for entry in listing.entries(start + np.flatnonzero(other)))
        start = rows.stop
    if not suspects:
        return []
    noted_hashes = _hashes_of_sources(output).items()
    return [key for key, then in noted_hashes if key in suspects and sha256(suspects[key]) != then]


def _hashes_of_sources(output: Path) -> dict[str, str]:
    """The hash of each source of which outputs stand, in shards or in chunk files."""
    found: dict[str, str] = {}
    for path in sorted((output / LOTS).glob("*.parquet")):
        rows = pq.read_table(path, columns=["source", "source_sha256"])
        found.update(zip(rows["source"].to_pylist(), rows["source_sha256"].to_pylist(), strict=True))
    for path in sorted((output / CHUNKS).glob("*.chunk")):
        found.update((row["source"], row["source_sha256"]) for row in chunkfile.notes(path).rows)
    return found


def finished(output: Path, generation: Generation) -> bool:
    """Whether every lot up to the end of a generation has its receipt."""
    return len(list((output / LOTS).glob("*.parquet"))) >= generation.lots


def first_undone(output: Path, earlier: list[Generation], listing: Listing) -> np.ndarray[Any, Any]:
    """For each source of the listing, how many copies of it earlier generations have set out to make."""
    order = listing.numbers("order", range(len(listing)))
    done: np.ndarray[Any, Any] = np.zeros(len(order), np.int64)
    for generation in earlier:
        known = np.sort(pq.read_table(table(output, generation), columns=["order"])["order"].to_numpy())
        if len(known):
            place = np.minimum(np.searchsorted(known, order), len(known) - 1)
            done = np.where(known[place] == order, int(generation.expand["multiplier"]), done)
    return done


def _decisive(generation: Generation) -> dict[str, Any]:
    """A recipe's data without what may differ between runs."""
    data = {key: value for key, value in generation.recipe.items() if key not in ("on_error", "recipe")}
    for block in ("input", "output"):
        data[block] = {key: value for key, value in (data.get(block) or {}).items() if key != "path"}
    return {**data, "expand": dict(generation.expand)}


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Leaves of plain data that differ, as ``path: old -> new``."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        return [line for key in keys for line in _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (a, b) in pairs for line in _differences(a, b, f"{path}[{i}]")]
    return [] if old == new else [f"{path}: {json.dumps(old)} -> {json.dumps(new)}"]

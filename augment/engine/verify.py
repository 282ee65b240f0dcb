"""Check a finished output: hashes against the manifest, no file too many, and some outputs made again."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from augment import catalog, durable
from augment.engine import history, manifest, source
from augment.engine.assemble import notes_of
from augment.engine.bench import Bench, Job, Made
from augment.engine.blocks import Expand
from augment.engine.listing import entry_of
from augment.engine.plan import written
from augment.engine.recipe import build, change
from augment.errors import InputError, RecipeError
from augment.readers._walk import ignored
from augment.sample import Entry, Skip


@dataclass(slots=True)
class Verified:
    """What was checked and what was wrong.

    Args:
        files: Files whose hash was compared.
        outputs: Rows of provenance, each of which must be in some file.
        rederived: Outputs made again and found equal.
        problems: One sentence each; empty if all is well.
        notes: What may explain a problem, such as other library versions.
    """

    files: int = 0
    outputs: int = 0
    rederived: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(output: str | Path, *, rederive: int = 0, input: Any = None) -> Verified:
    """Check a finished output folder.

    Args:
        output: The folder.
        rederive: Make this many outputs, picked at random, again from their sources and compare bytes.
        input: Where the sources are now, if they have moved; or the data set, if it is in memory, see Changes.

    Raises:
        OutputError: The folder is no finished output.
        InputError: The sources are not there.
    """
    folder = Path(os.path.abspath(output))
    facts = manifest.read(folder)
    found = Verified()
    if not _count(folder, facts, found):
        return found
    names = {manifest.MANIFEST, manifest.PROVENANCE_FILE, manifest.SKIPPED, manifest.RECIPE}
    for name, size, sha256 in _expected(folder, facts):
        found.files += 1
        names.add(name)
        _compare(folder / name, name, size, sha256, found)
    _strangers(folder, names, found)
    if rederive > 0 and found.outputs:
        _rederive(folder, facts, rederive, input, found)
    return found


def _count(folder: Path, facts: dict[str, Any], found: Verified) -> bool:
    """Count the outputs that provenance tells of; False where it can't be read, and so nothing else can be said."""
    counts: Counter[tuple[str, str | None]] = Counter()
    try:
        with pq.ParquetFile(folder / manifest.PROVENANCE_FILE) as rows:
            for batch in rows.iter_batches(columns=["split", "class"]):
                counts.update(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    except (pa.ArrowException, OSError, ValueError) as error:
        found.problems.append(f"{manifest.PROVENANCE_FILE}: can't be read ({error})"[:300])
        return False
    found.outputs = sum(counts.values())
    told: Counter[tuple[str, str | None]] = Counter()
    for split, one in facts["splits"].items():
        told.update({(split, label): inside["outputs"] for label, inside in one["classes"].items()})
        told[split, None] += one["outputs"] - sum(inside["outputs"] for inside in one["classes"].values())
    wrong = [(key, counts[key], told[key]) for key in sorted({*counts, *told}, key=str) if counts[key] != told[key]]
    if found.outputs != facts["outputs"]:
        found.problems.append(f"provenance.parquet has {found.outputs} rows, the manifest counts {facts['outputs']}")
    for (split, label), here, there in wrong:
        what = f"{split} of class {label}" if label is not None else f"{split} without a class"
        found.problems.append(f"{what}: provenance.parquet has {here} rows, the manifest counts {there}")
    return True


def _expected(folder: Path, facts: dict[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    """Name, size (None if not noted) and SHA-256 of every file, as far as it was noted."""
    for file in (*facts["files"], *facts.get("beside", ()), *manifest.sealed(folder)):
        yield file["name"], file["bytes"], file["sha256"]
    for receipt in sorted((folder / history.LOTS).glob("*.parquet")):
        for file in notes_of(receipt)["beside"]:
            yield file["name"], file["bytes"], file["sha256"]
    if facts["sharded"]:
        for shard in facts["shards"]:
            yield shard["name"], shard["bytes"], shard["sha256"]
        return
    with pq.ParquetFile(folder / manifest.PROVENANCE_FILE) as rows:
        for batch in rows.iter_batches(columns=["shard", "sha256"]):
            for row in batch.to_pylist():
                yield row["shard"], None, row["sha256"]


def _strangers(folder: Path, names: Collection[str], found: Verified) -> None:
    """Tell files that no run of ours wrote, but for hidden ones.

    Among the outputs they are problems, for who trains takes all that lie there.
    """
    below = {name.split("/")[0] for name in names if "/" in name}
    endings = {os.path.splitext(name)[1].lower() for name in names}
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not ignored(name))
        lead = Path(os.path.relpath(here, folder)).as_posix()
        for file in sorted(name for name in files if not ignored(name)):
            name = file if lead == "." else f"{lead}/{file}"
            if name in names:
                continue
            among = lead.split("/")[0] in below or os.path.splitext(file)[1].lower() in endings
            told = "; who reads the folder may take it for an output" if among else ""
            (found.problems if among else found.notes).append(f"{name}: no run has written this{told}")


def _compare(path: Path, name: str, size: int | None, sha256: str, found: Verified) -> None:
    if not path.is_file():
        found.problems.append(f"{name}: missing")
    elif size is not None and path.stat().st_size != size:
        found.problems.append(f"{name}: expected {size} bytes, found {path.stat().st_size}")
    elif durable.sha256(path) != sha256:
        found.problems.append(f"{name}: its bytes have changed (SHA-256 differs from the one noted)")


def _rederive(folder: Path, facts: dict[str, Any], count: int, moved: Any, found: Verified) -> None:
    """Make some outputs again and compare their bytes with those in the files."""
    at = _bench_of(folder, facts, moved)
    then, now = facts["versions"], at.recipe.versions()
    found.notes += [
        f"{name}: made with {then[name]}, now {now.get(name)}" for name in then if then[name] != now.get(name)
    ]
    rows = pq.read_table(folder / manifest.PROVENANCE_FILE, columns=list(COMPARED))
    picked = random.SystemRandom().sample(range(rows.num_rows), min(count, rows.num_rows))
    makers = _Makers(folder, {rows["source"][index].as_py() for index in picked}, at)
    writer = catalog.writer(facts["format"])
    for index in sorted(picked):
        row = rows.slice(index, 1).to_pylist()[0]
        name = f"{row['shard']}: {row['key']}"
        made = makers.make(row["source"], row["copy"])
        try:
            stored = writer.extract(folder, row["shard"], row["key"])
        except (KeyError, OSError) as error:
            found.problems.append(f"{name}: cannot be read back ({error})")
            continue
        wrong = _difference(made, row, stored)
        if wrong:
            found.problems.append(f"{name}: {wrong}")
        else:
            found.rederived += 1


COMPARED = ("key", "source", "copy", "shard", "source_sha256", "annotations_sha256")
"""Columns of provenance that say which output it is and what it was made from."""


def _difference(made: Made | Skip, row: dict[str, Any], stored: bytes) -> str:
    """How an output made again differs from what is noted and stored; empty where it doesn't."""
    if isinstance(made, Skip):
        return f"cannot be made again: {made.reason} {made.detail}"
    if made.source_sha256 != row["source_sha256"]:
        return f"its source {row['source']} has changed since"
    if made.record.data != stored:
        return "made again from its source it has other bytes"
    if made.row("")["annotations_sha256"] != row["annotations_sha256"]:
        return "made again from its source it has other annotations"
    return ""


class _Makers:
    """Makes outputs again, each as the run that made it did: with the sources that there were for partners then."""

    def __init__(self, folder: Path, keys: set[str], at: Bench) -> None:
        self._folder, self._at = folder, at
        self._generations = history.load(folder)
        self._entries = [self._some(generation, keys) for generation in self._generations]
        self._benches: dict[int, Bench] = {}

    def make(self, source: str, copy: int) -> Made | Skip:
        """One output."""
        known = [number for number, entries in enumerate(self._entries) if source in entries]
        number = next((n for n in known if copy in self._copies(n)), known[-1])
        if number not in self._benches:
            noted = history.table(self._folder, self._generations[number])
            self._benches[number] = Bench(replace(self._at.job, sources=noted))
        entry = self._entries[known[-1]][source]
        (_, made), *_ = self._benches[number].copies(entry, range(copy, copy + 1))
        return made

    def _copies(self, number: int) -> range:
        """The copies of a growing source that stand after a generation; 0 is the original."""
        return Expand(**self._generations[number].expand).copies

    def _some(self, generation: history.Generation, keys: set[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for batch in history.sources(self._folder, generation).to_batches():
            wanted = pc.is_in(batch.column("key"), value_set=pa.array(sorted(keys)))
            found.update((row["key"], entry_of(row)) for row in batch.filter(wanted).to_pylist())
        return found


def _bench_of(folder: Path, facts: dict[str, Any], moved: Any) -> Bench:
    """The bench of the run that made the folder."""
    text = change(source.read(folder / manifest.RECIPE), {"input": moved})
    last = history.load(folder)[-1]
    rebased = replace(text, file=Path(last.base) / manifest.RECIPE)
    name = facts["input"]["reader"]
    try:
        recipe = build(rebased)
    except RecipeError as error:  # it lies in the output, not where the run was begun
        here = str(folder / manifest.RECIPE)
        told = (replace(one, place=one.place.replace(str(rebased.file), here)) for one in error.problems)
        raise RecipeError(told) from None
    if not recipe.input.path:
        raise InputError(f"{folder}: its input was in memory; give it as input=DATASET, or the folder it is saved in")
    path = Path(os.path.abspath(recipe.input.path))
    if not path.exists():
        raise InputError(f"{path}: the sources are not there; say where they are now with --input")
    dataset = catalog.reader(name).dataset(path, recipe.reader_options(name))
    dataset = replace(written(recipe, dataset), classes=tuple(facts["classes"]))
    return Bench(Job(rebased, name, path, folder, dataset, history.table(folder, last)))

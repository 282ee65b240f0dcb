"""Stage 7 of 8, in a worker: one chunk of sources with all their copies, rendered into its chunk file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from augment import durable
from augment.engine import chunkfile
from augment.engine.bench import bench
from augment.engine.history import CHUNKS
from augment.engine.lots import Chunk
from augment.engine.recipe import Recipe
from augment.errors import SampleError
from augment.sample import Skip

Report = Callable[[Any], None]

TRIES = 3
"""How often a source may kill its worker before it is left out."""


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Make one chunk; sources in ``poison`` have killed workers and are left out."""

    job: bytes
    chunk: Chunk
    poison: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a chunk is: the source at hand, and outputs made and skipped so far."""

    source: str
    made: int
    skipped: int


def make_chunk(task: ChunkTask, report: Report) -> Progress:
    """Make all outputs of a chunk and write its chunk file. Raises SampleError under ``on_error: stop``."""
    at = bench(task.job)
    chunk = task.chunk
    made = 0
    skipped: list[Skip] = []
    mended: Counter[str] = Counter()
    with durable.writing(at.job.output / CHUNKS / chunk.name, flush=False) as file:
        out = chunkfile.ChunkWriter(file)
        for position, entry in enumerate(chunk.entries):
            report(Progress(entry.key, made, len(skipped)))
            first = chunk.first + position * len(chunk.copies)
            if entry.key in task.poison:
                why = f"left out after {TRIES} tries"
                skipped += [Skip(entry.key, "kills the worker", why, copy, entry.split) for copy in chunk.copies]
                continue
            turn = first - 1
            for result in at.rendered(entry, chunk.copies):  # enumerate would hold what it gave last
                turn += 1
                if isinstance(result, Skip):
                    skipped.append(result)
                    _stop_if_asked(at.recipe, result)
                    continue
                output, rendered = result
                dealt = turn // chunk.views  # views are dealt together
                shard = at.shard(chunk.split, chunk.first_shard + dealt % chunk.shards)
                out.add(dealt, rendered, output.row(at.writer.locate(output.record, shard)))
                mended.update(output.notes)
                made += 1
                del result, output, rendered  # as above
        out.close([asdict(skip) for skip in _merged(skipped, len(chunk.copies))], mended)
    return Progress("", made, len(skipped))


def _stop_if_asked(recipe: Recipe, skip: Skip) -> None:
    if recipe.frame.on_error == "stop":
        copy = "" if skip.copy is None else f", copy {skip.copy}"
        raise SampleError(skip.reason, f"{skip.source}{copy}: {skip.detail} (on_error: stop)")


def _merged(skipped: list[Skip], copies: int) -> Iterator[Skip]:
    """One line for a source of which every copy was left out for the same reason."""
    start = 0
    while start < len(skipped):
        first = skipped[start]
        stop = start
        while stop < len(skipped) and (skipped[stop].source, skipped[stop].reason) == (first.source, first.reason):
            stop += 1
        whole = stop - start == copies
        yield from (
            [Skip(first.source, first.reason, first.detail, None, first.split)] if whole else skipped[start:stop]
        )
        start = stop

"""The driver: plan -> tasks -> receipts -> manifest. It decides what comes next; executors decide where it runs."""

from __future__ import annotations

import errno
import json
import os
import pickle
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from augment import catalog, durable
from augment.contracts import STATE, Executor, Outcome
from augment.engine import assemble, chunkfile, history, manifest
from augment.engine.assemble import LotTask, ShardTask, make_receipt, make_shard
from augment.engine.bench import Job
from augment.engine.history import CHUNKS
from augment.engine.lots import Chunk, Lot
from augment.engine.plan import Plan, plan
from augment.engine.recipe import AnyRecipe, Changes, build, change, text_of
from augment.engine.work import TRIES, ChunkTask, Progress, make_chunk
from augment.errors import AugmentError, OutputError, SampleError
from augment.signatures import shows

if TYPE_CHECKING:
    from typing_extensions import Unpack

FUNCTIONS: dict[type, Callable[..., Any]] = {ChunkTask: make_chunk, ShardTask: make_shard, LotTask: make_receipt}
"""What is done with each kind of task."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did.

    Args:
        output: The folder.
        manifest: The content of manifest.json.
        made: Outputs made by this call; the rest stood already.
        seconds: Wall-clock time of this call.
    """

    output: Path
    manifest: Mapping[str, Any]
    made: int
    seconds: float

    @property
    def outputs(self) -> int:
        """Outputs in the folder."""
        return int(self.manifest["outputs"])

    @property
    def skipped(self) -> int:
        """Lines in skipped.jsonl: sources and copies that were left out."""
        return int(self.manifest["skipped"]["lines"])


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is: outputs planned, done (of them ``resumed`` by earlier calls) and skipped, shards written."""

    planned: int
    done: int
    resumed: int
    skipped: int
    shards: int


@shows(Changes)
def run(
    recipe: AnyRecipe,
    *,
    workers: int | None = None,
    executor: str = "processes",
    append: bool = False,
    watch: Callable[[Status], None] | None = None,
    **changes: Unpack[Changes],
) -> Result:
    """Grow a data set. Stopped or killed, the same call resumes where it was and ends with the same bytes.

    Args:
        recipe: As for ``augment.plan``: a YAML file, plain data, a folder or table of data, or a checked recipe.
        workers: Processes; all cores by default. The outputs do not depend on it.
        executor: ``processes`` or ``serial``.
        append: Add to an output that stands: new sources, or more copies by a higher multiplier.
        watch: Called with a Status a few times a second.
        changes: ``input``, ``output``, ``multiplier``, ``seed``, ``on_error``, ``settings``; see Changes.

    Raises:
        AugmentError: Its kind says whether recipe, input, output or a sample (``on_error: stop``) is at fault.
    """
    begun = time.monotonic()
    text = change(text_of(recipe), changes)
    crew = _start(executor, workers, catalog.used(text.data))  # first, so that workers import while we plan
    try:
        planned = plan(build(text), append=append)
        if planned.output is None:
            raise OutputError("no output: give --output DIR, or output: {path: DIR} in the recipe")
        with _locked(planned.output), _told(planned.output):
            _prepare(planned, planned.output)
            driver = Driver(planned, planned.output, crew, watch or (lambda status: None))
            driver.drive()
            crew.close()
            described = catalog.writer(planned.recipe.output.format).conclude(planned.output, planned.dataset)
            written = manifest.write(planned, planned.output, described)
    finally:
        crew.close()
    if not written["outputs"]:
        raise _nothing_made(planned.output, written)
    return Result(planned.output, written, driver.made, time.monotonic() - begun)


def _start(name: str, workers: int | None, modalities: list[str]) -> Executor:
    """The executor, with the modules that its workers will need."""
    count = workers if workers is not None else _cores()
    if count < 1:
        raise AugmentError(f"workers: expected at least 1, got {count}")
    started: Executor = catalog.module("executors", name).start(count, catalog.preloads(modalities))
    return started


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _locked(output: Path) -> Iterator[None]:
    """Hold the output folder: two runs into it at once are refused."""
    state = output / STATE
    lock = FileLock(state / "lock")
    with _told(output):
        state.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(f"{output}: another run is writing to it; wait for it or stop it") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told(output: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise disk_error(output, error) from error


def disk_error(output: Path, error: OSError) -> OutputError:
    """An OSError while writing, for a person."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"{output}: the disk is full; free some space and run the same command again, it resumes")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return OutputError(
            f"{output}: cannot be written to ({error.strerror}); give another --output or mend its rights"
        )
    return OutputError(
        f"{output}: {error.strerror or error} ({error.filename or ''}); mend it and run again, it resumes"
    )


def _prepare(planned: Plan, output: Path) -> None:
    """Clear what a crash left half-written; note what this run sets out to make."""
    for leftover in output.rglob(f".*{durable.TEMPORARY}"):
        leftover.unlink(missing_ok=True)
    if planned.generation not in history.load(output):
        history.save(output, planned.generation, planned.listing)
    text = planned.recipe.text
    as_run = replace(
        planned.recipe, text=change(text, {"input": None if text.lent else planned.input, "output": output})
    )
    header = f"# augment run recipe.yaml: what made this folder (augment {planned.generation.versions['augment']})\n"
    header += "# its input was in memory: say where it is now, as in --input FOLDER\n" if text.lent else ""
    durable.write(output / manifest.RECIPE, (header + as_run.to_yaml()).encode())


@dataclass(slots=True)
class _Open:
    """A lot in the making: chunks not yet there, shards not yet there, files written."""

    lot: Lot
    chunks: tuple[str, ...] = ()
    missing: set[str] = field(default_factory=set)
    shards_left: int = 0
    written: dict[int, list[Any]] = field(default_factory=dict)


class Driver:
    """Feeds an executor until every lot has its receipt."""

    def __init__(self, planned: Plan, output: Path, crew: Executor, watch: Callable[[Status], None]) -> None:
        self.plan, self.output, self.crew, self.watch = planned, output, crew, watch
        self.job = pickle.dumps(Job.of(planned, output))
        self.made = self.skipped = self.resumed = self.shards = 0
        self._open: dict[int, _Open] = {}
        self._urgent: deque[tuple[Callable[..., Any], Any]] = deque()
        self._chunks = self._fresh_chunks()
        self._under_way: dict[str, Progress] = {}
        self._deaths: Counter[str] = Counter()
        self._poison_file = output / STATE / "poison.jsonl"
        self._poison = self._known_poison()
        self._outstanding = 0

    def drive(self) -> None:
        """Run to the end. Raises what stops the run."""
        while self._feed():
            outcome = self.crew.next(timeout=0.2)
            for task, report in self.crew.progress():
                if isinstance(task, ChunkTask):
                    self._under_way[task.chunk.name] = report
            if outcome is not None:
                self._outstanding -= 1
                self._take(outcome)
            self.watch(self.status())
        self.watch(self.status())

    def status(self) -> Status:
        """How far the run is."""
        live = self._under_way.values()
        done = self.resumed + self.made + sum(at.made for at in live)
        skipped = self.skipped + sum(at.skipped for at in live)
        return Status(self.plan.outputs, done, self.resumed, skipped, self.shards)

    def _feed(self) -> bool:
        """Keep every worker busy with a task in reserve, and one in the queue; False when nothing is left to do."""
        while self._outstanding < 2 * self.crew.workers + 1:
            if self._urgent:
                function, task = self._urgent.popleft()
            else:
                chunk = next(self._chunks, None)
                if chunk is None:
                    if not self._urgent:
                        break
                    continue
                keys = {entry.key for entry in chunk.entries}
                function, task = make_chunk, ChunkTask(self.job, chunk, frozenset(self._poison & keys))
            self.crew.submit(function, task)
            self._outstanding += 1
        return self._outstanding > 0

    def _fresh_chunks(self) -> Iterator[Chunk]:
        """Chunks still to be made, lot by lot. Opens each lot on the way, and what stands already is counted."""
        for lot in self.plan.lots:
            if assemble.receipt(self.output, lot.number).exists():
                self.resumed += lot.outputs
                continue
            names: list[str] = []
            missing: list[Chunk] = []
            for chunk in self.plan.chunks(lot):
                names.append(chunk.name)
                if chunkfile.whole(self.output / CHUNKS / chunk.name):
                    self.resumed += chunk.outputs
                else:
                    missing.append(chunk)
            self._open[lot.number] = _Open(lot, tuple(names), {chunk.name for chunk in missing})
            if not missing:
                self._assemble(self._open[lot.number])
            yield from missing

    def _take(self, outcome: Outcome) -> None:
        """Act on how a task ended."""
        task = outcome.task
        if outcome.status == "died":
            self._died(outcome)
        elif outcome.status == "failed":
            self._failed(outcome)
        elif isinstance(task, ChunkTask):
            self._under_way.pop(task.chunk.name, None)
            self.made += outcome.result.made
            self.skipped += outcome.result.skipped
            here = self._open[task.chunk.lot]
            here.missing.discard(task.chunk.name)
            if not here.missing:
                self._assemble(here)
        elif isinstance(task, ShardTask):
            here = self._open[task.lot]
            here.written[task.turn] = outcome.result
            here.shards_left -= 1
            self.shards += len(outcome.result)
            if not here.shards_left:
                written = tuple(file for turn in sorted(here.written) for file in here.written[turn])
                self._urgent.append((make_receipt, LotTask(self.job, task.lot, written, here.chunks)))
        else:
            del self._open[task.lot]

    def _assemble(self, here: _Open) -> None:
        """All chunks of a lot are there: ask for its shards."""
        lot = here.lot
        here.shards_left = lot.shards
        for turn in range(lot.shards):
            place = (turn, lot.shards, lot.batch.split, lot.first_shard + turn)
            self._urgent.append((make_shard, ShardTask(self.job, lot.number, *place, here.chunks)))

    def _died(self, outcome: Outcome) -> None:
        """A worker died: try its task again, without the source that keeps killing."""
        task, at = outcome.task, outcome.at
        suspect = at.source if isinstance(at, Progress) else ""
        chunk = task.chunk.name if isinstance(task, ChunkTask) else ""
        self._under_way.pop(chunk, None)
        blame = (
            suspect or chunk or f"{task.split} shard {task.number}"
            if not isinstance(task, LotTask)
            else f"lot {task.lot}"
        )
        self._deaths[blame] += 1
        if self._deaths[blame] >= TRIES:
            if not suspect:
                raise AugmentError(
                    f"{blame}: {outcome.error}, {TRIES} times over; is there enough memory? Try --workers 1"
                )
            self._leave_out(suspect)
            task = replace(task, poison=task.poison | {suspect})
        self._urgent.append((FUNCTIONS[type(task)], task))

    def _failed(self, outcome: Outcome) -> None:
        """A task failed: the disk refused, a sample was to stop the run, or we have a bug."""
        error = outcome.error
        if isinstance(error, SampleError):
            raise error
        if isinstance(error, OSError):
            raise disk_error(self.output, error) from error
        assert error is not None  # noqa: S101 - the contract of a failed outcome
        error.add_note(outcome.traceback) if hasattr(error, "add_note") else None
        raise error

    def _leave_out(self, source: str) -> None:
        """Remember a source that kills workers, also for later runs."""
        self._poison.add(source)
        lines = "".join(json.dumps(key) + "\n" for key in sorted(self._poison))
        durable.write(self._poison_file, lines.encode())

    def _known_poison(self) -> set[str]:
        if not self._poison_file.exists():
            return set()
        return {json.loads(line) for line in self._poison_file.read_text(encoding="utf-8").splitlines()}


def _nothing_made(output: Path, written: Mapping[str, Any]) -> AugmentError:
    reasons = ", ".join(f"{reason} ({count})" for reason, count in written["skipped"]["reasons"].items())
    return AugmentError(f"{output}: no output could be made, every source was left out: {reasons}; see skipped.jsonl")

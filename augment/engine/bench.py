"""Stages 4 to 6 of 8, in a worker: one source read, decoded and prepared, and its copies drawn and encoded."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from augment import catalog
from augment.annotations import digest
from augment.chance import Chance
from augment.contracts import Reader, Settled, Writer
from augment.engine import history
from augment.engine.draw import Node, draw
from augment.engine.kept import Kept, Shared
from augment.engine.listing import Listing
from augment.engine.partners import Partners, Sources
from augment.engine.plan import Plan
from augment.engine.recipe import Recipe, build
from augment.engine.source import Text
from augment.errors import SampleError
from augment.failures import typed_line
from augment.own import Definition, used
from augment.sample import Applied, Content, Dataset, Encoded, Entry, Record, Sample, Skip

HEAVY = 64 * 2**20
"""A decoded source of more bytes is not kept for its next copy but decoded anew: that takes less than memory does."""

KEPT = 256 * 2**20
"""Bytes of decoded sources that a process keeps for their next copy where copies come in any order."""

REDRAWS = 50
"""How often a copy is drawn again that came out the same as its source or as an earlier copy."""

REDRAWN = 20_000_000
"""Bytes of such copies after which no more is drawn, though three times at least: a book is not drawn fifty times."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker needs to know, as plain data; each worker builds its Bench from it once.

    ``own`` are the user's own steps: unpickled, they are known there.
    """

    text: Text
    reader: str
    input: Path
    output: Path
    dataset: Dataset
    sources: Path
    own: tuple[Definition, ...] = ()

    @classmethod
    def of(cls, plan: Plan, output: Path) -> Job:
        """The job of a plan."""
        text = replace(plan.recipe.text, lent=None)  # the plan holds it; the last job stays here when all is done
        if text.file is not None:  # a worker's working folder may be another
            text = replace(text, file=Path(os.path.abspath(text.file)))
        mine = used(leaf.step for _, leaf in plan.recipe.leaves())
        return cls(text, plan.reader, plan.input, output, plan.dataset, history.table(output, plan.generation), mine)


class Bench:
    """Everything set up for one job in one process.

    Args:
        job: What is to be done.
        sources: All that partners are drawn from; those that the job has noted unless said.
        shared: Where decoded sources are kept for other processes too.
    """

    def __init__(self, job: Job, sources: Listing | None = None, shared: Shared | None = None) -> None:
        self.job = job
        self.sources = job.sources if sources is None else sources
        self.recipe: Recipe = build(job.text)
        self.reader: Reader = catalog.reader(job.reader)
        self.writer: Writer = catalog.writer(self.recipe.output.format)
        self.options = self.writer.Options.model_validate(self.recipe.output_options)
        frame = self.recipe.frame
        self.kept: Kept[Source] = Kept(KEPT, shared, frame.expand.multiplier // frame.views - 1)

    @cached_property
    def class_index(self) -> Mapping[str, int]:
        """Class name -> its place among all classes."""
        return {name: index for index, name in enumerate(self.job.dataset.classes)}

    def shard(self, split: str, number: int) -> str:
        """Name of a shard."""
        name = self.writer.shard(split, number)
        return self.writer.named(name, self.job.dataset, self.options) if hasattr(self.writer, "named") else name

    def copies(self, entry: Entry, copies: range) -> Iterator[tuple[int, Made | Skip]]:
        """Every copy of one source, or why it is left out. Reads and decodes once."""
        try:
            source = self._source(entry)
        except SampleError as error:
            for copy in copies:
                yield copy, Skip(entry.key, error.reason, error.detail, copy, entry.split)
            return
        mended = Counter(source.settled.notes if source.settled else {})
        seen = self._seen(source, copies)
        for copy in copies:
            try:
                made = self._copy(source, copy, seen)
                made = replace(made, notes=mended + Counter(made.notes))
                yield copy, made
                del made  # it may be big, and the next is made while we hold it
                mended = Counter()  # told once a source
            except SampleError as error:
                yield copy, Skip(entry.key, error.reason, error.detail, copy, entry.split)
            source = source.lighter()

    def rendered(self, entry: Entry, copies: range) -> Iterator[tuple[Made, bytes] | Skip]:
        """As ``copies``, each with its bytes as the writer wants them."""
        for copy, made in self.copies(entry, copies):
            if isinstance(made, Skip):
                yield made
                continue
            try:
                yield made, self.writer.render(made.record, self.job.dataset, self.options)
            except SampleError as error:
                yield Skip(entry.key, error.reason, error.detail, copy, entry.split)
            del made  # as above

    def sample(self, entry: Entry, copy: int, first: int) -> tuple[Sample, str]:
        """One copy before it is encoded, and its modality; it differs from those from ``first`` on. SampleError."""
        sample, kind, _ = self.told(entry, copy, first)
        return sample, kind

    def told(self, entry: Entry, copy: int, first: int) -> tuple[Sample, str, list[Applied]]:
        """As ``sample``, with what its steps have drawn."""
        with _one_thread:  # for what is kept, too
            source = self._at_hand(entry, first)
        applied: list[Applied] = []
        if copy == 0:
            settled = source.settled  # of the value, not of the bytes that a run would copy
            sample = replace(source.sample(), annotations=(settled.shown or settled.original) if settled else None)
        else:
            with guarded():
                seen = self._seen(source, range(copy, copy + 1), first)
                sample, applied = self._drawn(source, copy, seen)
        if sample.value is source.value:  # a user may write into it
            sample = replace(sample, value=deepcopy(sample.value))
        return sample, source.kind, [*(source.prepared or []), *applied]

    def _at_hand(self, entry: Entry, first: int) -> Source:
        """A source, from those that were decoded before if it is kept. Raises SampleError.

        In the first epoch a process keeps what is its own only where that has several turns of it.
        """
        if (known := self.kept.get(entry.key)) is not None:
            return known
        begun = time.thread_time()
        source = self._source(entry, hashed=False).lighter()
        cost = time.thread_time() - begun
        size = max(int(getattr(source.value, "nbytes", 0)), len(source.data), entry.size)
        self.kept.put(entry.key, source, size, first > 1 or self.kept.sure > 0, cost)
        return source

    @cached_property
    def _partners(self) -> Partners:
        """Made only where a step asks for some."""
        names = [category.name for category in self.job.dataset.categories]
        kinds = (names, self._held_by)
        return Partners(Sources(self.sources), self.recipe.frame.seed, lambda one: self._source(one).sample(), kinds)

    def _held_by(self, entry: Entry) -> frozenset[str]:
        """The categories of a source's objects."""
        try:
            found = self.reader.read(self.job.input, entry, self.job.dataset).annotations
        except SampleError:
            return frozenset()
        return frozenset(str(one.label) for one in found.instances) if found is not None else frozenset()

    def _partners_of(self, source: Source, chance: Chance, count: int, balanced: bool) -> list[Sample]:
        """What Sample.partners is for the copies of a source: others of its split."""
        return self._partners.drawn(source.entry, chance, count, balanced)

    def _source(self, entry: Entry, hashed: bool = True) -> Source:
        """A source ready for its copies; ``hashed``: its digest will be asked for. Raises SampleError."""
        suffix = entry.suffix
        kind = catalog.modality_of(suffix)
        if kind is None:
            raise SampleError("unknown ending", f"no modality decodes {suffix!r}")
        content = self.reader.read(self.job.input, entry, self.job.dataset)
        modality = catalog.modality(kind)
        with guarded():
            value = modality.decode(content.data)
        settled = self._settled(kind, value, content)
        source = Source(entry, kind, suffix, content.data, content.sha256() if hashed else "", value, settled)
        if nodes := self.recipe.prepare.get(kind):
            return self._prepared(source, nodes)
        return replace(source, value=None) if getattr(value, "nbytes", 0) > HEAVY else source

    def _settled(self, kind: str, value: Any, content: Content) -> Settled | None:
        """Annotations made true to a value, where there are any."""
        if content.annotations is None:
            return None
        with guarded():
            return catalog.modality(kind).settle(value, content, self.job.dataset, self.recipe.labels_of(kind))

    def _prepared(self, source: Source, nodes: Sequence[Node]) -> Source:
        """The source after the steps that each takes once; it has no bytes of its own any more."""
        modality = catalog.modality(source.kind)
        chance = Chance.of(self.recipe.frame.seed, source.entry.key, 0).child(f"prepare/{source.kind}")
        labels = self.recipe.labels_of(source.kind)
        with guarded():
            sample, applied = modality.apply(source.sample(), draw(nodes, chance), labels)
        settled = self._settled(source.kind, sample.value, Content(b"", sample.annotations))
        notes = Counter(source.settled.notes if source.settled else {}) + Counter(sample.notes)
        return replace(
            source,
            entry=replace(source.entry, label=sample.label, fields=sample.fields),
            value=sample.value,
            settled=settled and replace(settled, notes=notes + Counter(settled.notes)),
            prepared=applied,
        )

    def _seen(self, source: Source, copies: range, first: int = 1) -> set[bytes] | None:
        """What copies must differ from: their source, and those from ``first`` on. None: they are not compared."""
        if self.recipe.frame.expand.duplicates == "keep":
            return None
        own = catalog.modality(source.kind).identity(source.value) if source.value is not None else None
        if own is None:
            return None
        seen = {own}
        for copy in range(first, copies.start):
            with suppress(SampleError):
                self._drawn(source, copy, seen)
        return seen

    def _copy(self, source: Source, copy: int, seen: set[bytes] | None) -> Made:
        """One output: the untouched original for copy 0, else an augmented one that is not yet in ``seen``."""
        modality = catalog.modality(source.kind)
        entry, settled = source.entry, source.settled
        encoding = self.recipe.encodings.get(source.kind) or modality.Encoding()
        before = source.prepared or []
        if copy == 0:
            sample = Sample(None, entry.label, entry.fields, settled.original if settled else None)
            with guarded():
                if source.prepared is None:
                    encoded = modality.original(source.data, source.suffix)
                else:
                    encoded = modality.encode(source.value, encoding)
            return Made(self._record(source, copy, sample, encoded), before, source.sha256, encoded.notes)
        with guarded():  # nothing here holds the value as it was before the steps: it may be big
            sample, applied = self._drawn(source, copy, seen)
            encoded = modality.encode(sample.value, encoding)
        notes = Counter(sample.notes) + Counter(encoded.notes)
        return Made(self._record(source, copy, sample, encoded), [*before, *applied], source.sha256, notes)

    def _drawn(self, source: Source, copy: int, seen: set[bytes] | None) -> tuple[Sample, list[Applied]]:
        """A copy after its steps, drawn again while it is in ``seen``, to which it is then added. SampleError."""
        modality = catalog.modality(source.kind)
        nodes, labels = self.recipe.steps.get(source.kind, ()), self.recipe.labels_of(source.kind)
        chance = Chance.of(self.recipe.frame.seed, source.entry.key, copy).child(source.kind)
        partners = partial(self._partners_of, source)
        for turn in range(1 if seen is None else 1 + REDRAWS):
            drawn = draw(nodes, chance.child(f"again/{turn}") if turn else chance)
            sample, applied = modality.apply(source.sample(partners), drawn, labels)
            if seen is None:
                return sample, applied
            found = modality.identity(sample.value) or b""
            if found not in seen:
                seen.add(found)
                return sample, applied
            if turn >= 3 and turn * len(found) > REDRAWN:
                break
        told = f"drawn {turn + 1} times, it came out the same as its source or an earlier copy each time"
        raise SampleError("shortfall", told)

    def _record(self, source: Source, copy: int, sample: Sample, encoded: Encoded) -> Record:
        entry = source.entry
        return Record(
            key=output_key(entry.key, copy),
            data=encoded.data,
            extension=encoded.extension,
            modality=source.kind,
            split=entry.split,
            label=sample.label,
            label_index=None if sample.label is None else self.class_index.get(sample.label),
            source=entry.key,
            copy=copy,
            fields=sample.fields,
            annotations=sample.annotations,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A source that was read, decoded and, where the recipe says so, prepared; ``prepared`` tells by which steps.

    Its ``value`` is None where that is HEAVY; then each copy decodes it again.
    """

    entry: Entry
    kind: str
    suffix: str
    data: bytes
    sha256: str
    value: Any
    settled: Settled | None
    prepared: list[Applied] | None = None

    def sample(self, partners: Callable[[Chance, int, bool], list[Sample]] | None = None) -> Sample:
        """As steps get it; ``partners`` as in Sample. Raises SampleError."""
        working = self.settled.working if self.settled else None
        value = catalog.modality(self.kind).decode(self.data) if self.value is None else self.value
        return Sample(value, self.entry.label, self.entry.fields, working, key=self.entry.key, partners=partners)

    def lighter(self) -> Source:
        """Without the bytes that no copy after the first needs."""
        if self.value is None:
            return self
        return Source(  # ``replace`` takes three times as long
            self.entry, self.kind, self.suffix, b"", self.sha256, self.value, self.settled, self.prepared
        )


@dataclass(frozen=True, slots=True)
class Made:
    """One output with its history."""

    record: Record
    applied: list[Applied]
    source_sha256: str
    notes: Mapping[str, int] = field(default_factory=dict)

    def row(self, file: str) -> dict[str, Any]:
        """Its row of provenance; ``file`` is where it will lie."""
        return {
            "key": self.record.key,
            "source": self.record.source,
            "copy": self.record.copy,
            "class": self.record.label,
            "split": self.record.split,
            "shard": file,
            "steps": [applied.step for applied in self.applied],
            "parameters": json.dumps([dict(applied.parameters) for applied in self.applied]),
            "sha256": hashlib.sha256(self.record.data).hexdigest(),
            "source_sha256": self.source_sha256,
            "annotations_sha256": digest(self.record.annotations) if self.record.annotations is not None else None,
        }


@lru_cache(maxsize=2)
def bench(job: bytes) -> Bench:
    """The bench of a job, set up once a process."""
    return Bench(pickle.loads(job))  # noqa: S301 - our own parent wrote it


def output_key(source: str, copy: int) -> str:
    """Name of an output: readable, unique, and the same whatever else is in the data set. At most 80 characters."""
    stem = os.path.splitext(source)[0]
    slug = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[-48:].strip("_")
    digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{slug}-{digest}-{copy:04d}".lstrip("-")


_one_thread = threading.RLock()
"""Held while steps are at work: libraries draw from the generators of the process, which are set for each call."""


def _renew() -> None:
    """A forked child has no thread that could let go of its parent's."""
    global _one_thread
    _one_thread = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


@contextmanager
def guarded() -> Iterator[None]:
    """Foreign code at work on one sample: whatever goes wrong in it is that sample's failure, not the run's.

    One thread of a process at a time.
    """
    try:
        with _one_thread:
            yield
    except SampleError:
        raise
    except Exception as error:
        raise SampleError("failed", typed_line(error)) from error

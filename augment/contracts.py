"""The contracts on one page: Reader, Writer, Lender, Executor, Modality and Step.

Readers, writers and modalities are modules that fill these names; the catalog finds them by file name. To add one,
add a file to ``augment/readers``, ``augment/writers``, ``augment/lenders`` or ``augment/executors``, or a folder with
a ``modality.py``; nothing else is edited. Other packages add theirs through the entry point groups
``augment.readers`` and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from augment.annotations import Annotations
from augment.sample import Applied, Content, Dataset, Encoded, Entry, Record, Sample, Skip

if TYPE_CHECKING:
    from augment.chance import Chance
    from augment.options import Options

Effect = Literal["keeps", "moves", "may break"]
"""What a step does to labels."""

STATE = ".augment"
"""Folder inside an output that holds what later runs need to know; users have no business in it."""


class Reader(Protocol):
    """Bytes in. A module of ``augment/readers``."""

    Options: type[Options]
    """The keys that ``input:`` takes beside ``path`` and ``format``."""

    FALLBACK: bool
    """Whether it reads anything of its kind: under ``format: auto`` it stands back for readers that know better.

    A reader may have ``PATHLESS = True``: it makes its sources itself, and gets the recipe's folder for a path where
    the recipe names none; and ``read_as(dataset, options) -> Mapping[str, str]``: what it found out by itself and a
    person should see, such as an encoding that is a guess, in words; its ``dataset`` is the one to tell of.
    """

    def claims(self, path: Path) -> bool:
        """Whether ``path`` looks like this reader's layout; asked when the recipe says ``format: auto``."""

    def dataset(self, path: Path, options: Any) -> Dataset:
        """What is true of the data set as a whole. Raises InputError."""

    def entries(self, path: Path, options: Any, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
        """List the sources without reading them. Any order; memory must not grow with their number.

        ``suffixes`` are the file endings wanted, lower case with dot. What is listed but can't be used (missing,
        outside the root) comes as a Skip. Raises InputError where the data set as a whole can't be used.
        """

    def read(self, path: Path, entry: Entry, dataset: Dataset) -> Content:
        """The bytes of one source, and its annotations in the neutral form. Raises SampleError."""


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file of the output: name relative to the output folder, size, SHA-256 (hex), number of samples."""

    name: str
    bytes: int
    sha256: str
    samples: int


class Writer(Protocol):
    """Bytes out. A module of ``augment/writers``.

    Workers ``render`` each output to bytes that go to a chunk file; when all outputs of a lot are there, ``assemble``
    makes one shard of them, and when all shards stand, ``conclude`` writes what belongs to the whole. Same records in,
    same bytes out: no time stamps, no absolute paths.
    """

    Options: type[Options]
    """The keys that ``output:`` takes beside the common ones."""

    SHARDED: bool
    """Whether outputs are dealt over numbered shards of ``shard_size``; False: each output is a file of its own.

    A writer may have ``SHARD_SIZE``, the outputs of a shard where the recipe doesn't say, instead of 1000; and
    ``TEXTUAL = True``: it holds nothing but text; and ``APART``, a note for outputs whose annotations say where or
    when something is, if these are not read again from where it puts them; and ``named(shard, dataset, options)``,
    which gives a shard's name the ending that fits what is in it.
    """

    def shard(self, split: str, index: int) -> str:
        """Name of a shard relative to the output folder, such as ``train/shard-000000.tar``."""

    def locate(self, record: Record, shard: str) -> str:
        """Name of the file that holds this output: the shard, or the output's own file."""

    def render(self, record: Record, dataset: Dataset, options: Any = ...) -> bytes:
        """One output as bytes; made in a worker. Raises SampleError for what the format can't hold.

        ``options`` are those of the recipe; this writer's defaults where they are not given.
        """

    def assemble(self, root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
        """Write one shard from rendered outputs in their order, atomically (augment.durable). Raises OSError.

        What ``conclude`` will need of it goes to a file of its own below ``root / STATE / "labels"``, which stays.
        """

    def conclude(self, root: Path, dataset: Dataset) -> list[Written]:
        """Write the files that describe the whole output (COCO's JSON, YOLO's data.yaml), atomically.

        Called after each run, also one that has appended; what it wrote before is replaced. Raises OSError.
        """

    def extract(self, root: Path, name: str, key: str) -> bytes:
        """The encoded value of output ``key`` from the finished file ``name``. Raises KeyError if it is not there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a recipe's steps are built.

    Args:
        base: The folder against which relative file names in parameters are taken (the recipe's own).
        native: Use our faster kernels where they exist; False runs the library's own code only.
    """

    base: Path
    native: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a step, for ``augment describe``: what it is, its default in YAML, its permitted values."""

    name: str
    default: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a person is told of a step or group: ``labels`` is its effect on them, ``docs`` a web address or empty."""

    name: str
    summary: str
    labels: Effect | Literal["as its steps"]
    labels_note: str
    parameters: Sequence[Parameter]
    docs: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``augment doctor``: what was looked at, how it is, and the fix where one is needed."""

    status: Literal["ok", "note", "bad"]
    about: str
    fix: str = ""


class Step(Protocol):
    """One transform with its parameters fixed, ready to be applied. Must pickle.

    A step that writes labels may have ``writes(dataset) -> Dataset``: the data set with what is true of it then, such
    as the classes that it gives to samples, or that annotations say where something is.
    """

    @property
    def name(self) -> str:
        """As in the recipe."""

    @property
    def p(self) -> float:
        """Chance that it fires, in [0, 1]; drawn by the engine's algebra, not by the step."""

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it, with all its randomness from ``chance``; the input is not changed. Raises SampleError."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The annotations of one decoded source, made true to it.

    Args:
        original: For the untouched original: in pixels of its bytes as they are, its flaws mended.
        working: For its copies: in pixels of the decoded value, in whatever form ``apply`` works on.
        notes: What was mended -> how often.
        shown: ``original`` in pixels of the decoded value, where decoding turns it; None where both are the same.
    """

    original: Annotations
    working: Any
    notes: Mapping[str, int]
    shown: Annotations | None = None


class Modality(Protocol):
    """What a value is. The module ``modality.py`` of a folder; importing it must not import the heavy libraries.

    A module ``preload.py`` beside it imports them: workers are forked from a process that has run it. A module
    ``drawing.py`` beside it shows values to people, see Drawing.
    """

    SUFFIXES: frozenset[str]
    """File endings it can decode, lower case with dot."""

    FORMAT: str
    """The writer where neither recipe nor input says which."""

    TEXTUAL: bool
    """Whether its values are text, which the cell of a table can hold."""

    BESIDE: bool
    """Whether files with its endings often lie beside others' (labels, licences): those others then are the data."""

    VERSIONS: Sequence[str]
    """Names of the distributions whose version may change an output's bytes."""

    Encoding: type[Options]
    """The options under ``output.<modality>``."""

    Labels: type[Options]
    """The keys that it takes under ``labels:``: what becomes of annotations."""

    DEFAULT_STEPS: Sequence[Mapping[str, Any]]
    """Recipe steps for ``augment run DIR`` without a recipe: safe for labels in general."""

    def decode(self, data: bytes) -> Any:
        """Bytes to value. Raises SampleError with the reason; never hangs, never returns half a value."""

    def original(self, data: bytes, suffix: str) -> Encoded:
        """An untouched original: its own bytes, with the ending that fits what they really are."""

    def encode(self, value: Any, encoding: Any) -> Encoded:
        """Value to bytes, the same bytes each time. Raises SampleError where the value can't be encoded."""

    def names(self) -> list[str]:
        """All steps, sorted."""

    def describe(self, name: str) -> Description:
        """What ``augment describe`` prints. Raises KeyError."""

    def build(self, name: str, parameters: Mapping[str, Any], setting: Setting) -> Step:
        """A step from its recipe. Raises RecipeError with every problem, paths relative to the step (``p``)."""

    def references(self, step: Step) -> Iterator[Path]:
        """Files beside the recipe whose content this step uses; they are part of the recipe's fingerprint."""

    def diagnose(self) -> Iterator[Finding]:
        """What ``augment doctor`` says of the libraries that this modality stands on."""

    def settle(self, value: Any, content: Content, dataset: Dataset, labels: Any) -> Settled:
        """Make annotations as read true to the decoded value. Raises SampleError where they can't belong to it."""

    def objections(self, step: Step, dataset: Dataset, labels: Any) -> Iterator[str]:
        """Why this step would make labels of this data set untrue, or can't work on it; nothing where all is well."""

    def search_space(self, policy: str) -> Sequence[Mapping[str, Any]]:
        """The recipe steps that an automatic policy draws from unless told otherwise; empty where none is published.

        Values that grow with the magnitude are written as in ``augment.engine.policies``.
        """

    def blend(self, values: Sequence[Any], weights: Sequence[float]) -> Any:
        """The weighted mean of values; weights add up to 1. Raises SampleError where the values don't go together."""

    def plain(self, value: Any) -> tuple[Any, Mapping[str, Any]]:
        """A value as people know it (an array, a text), and what it does not say by itself."""

    def taken(self, value: Any, facts: Mapping[str, Any]) -> Any:
        """The reverse of ``plain``. Raises SampleError where it is no value of this modality."""

    def identity(self, value: Any) -> bytes | None:
        """What two values have in common that are the same to a user; None where copies are not to be compared.

        A copy that is the same as its source or as an earlier copy is drawn anew.
        """

    def apply(self, sample: Sample, steps: Sequence[tuple[Step, Chance]], labels: Any) -> tuple[Sample, list[Applied]]:
        """Run the steps that were drawn for one copy, in order; neighbours may be fused.

        Takes a sample with the ``working`` form of its annotations, if it has any, and gives one with Annotations.
        """


@dataclass(frozen=True, slots=True)
class View:
    """One value that is to be shown, as people know it (see ``Modality.plain``).

    Args:
        value: An array, a text, texts by column.
        facts: What the value does not say by itself.
        annotations: In pixels, seconds or characters of ``value``; None where there are none.
        against: The value that it came from, for modalities that show a difference; None where it is not known.
    """

    value: Any
    facts: Mapping[str, Any]
    annotations: Annotations | None = None
    against: Any = None


class Drawing(Protocol):
    """How values are shown to people. The module ``drawing.py`` beside a ``modality.py``, if it has one."""

    WIDTH: int
    """CSS pixels that one takes beside others; 0: it takes a line of its own."""

    STYLE: str
    """CSS for what ``draw`` gives, for light and dark pages, each rule below ``.augment-show``."""

    def takes(self, value: Any, facts: Mapping[str, Any]) -> bool:
        """Whether a plain value is of this modality."""

    def draw(self, views: Sequence[View]) -> list[str]:
        """Each view in HTML, with what is annotated drawn in; colours and scales are the same in all of them.

        It stands by itself: pictures and sounds are in it, nothing is loaded from elsewhere, no script is run.
        """


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: ``done`` with its result, ``failed`` with the error, or ``died`` with its worker.

    ``at`` is what the task last reported: for a task that died, what it was busy with.
    """

    status: Literal["done", "failed", "died"]
    task: Any
    result: Any = None
    error: BaseException | None = None
    traceback: str = ""
    at: Any = None


class Lender(Protocol):
    """A package's data sets in memory as an input. A module of ``augment/lenders`` with the package's name."""

    def write(self, value: Any, folder: Path) -> None:
        """Write a value of that package below an empty folder, as one of our readers knows it. Raises InputError."""


class Executor(Protocol):
    """Who calls the work. A module of ``augment/executors`` has ``start(workers, preload) -> Executor``."""

    workers: int

    def submit(self, function: Callable[..., Any], task: Any) -> None:
        """Queue ``function(task, report)``; both cross to a worker by pickle. ``report(x)`` tells where it is."""

    def next(self, timeout: float) -> Outcome | None:
        """Wait for the next outcome, in any order; None when ``timeout`` seconds have passed."""

    def progress(self) -> Iterator[tuple[Any, Any]]:
        """What the tasks have reported since the last call: pairs of (task, x)."""

    def close(self) -> None:
        """Stop at once: running tasks are killed, no process stays."""

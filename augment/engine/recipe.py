"""Stage 1 of 8: YAML -> Recipe; every mistake at once, each with its file, line and path."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import yaml

from augment import catalog, durable, own
from augment.contracts import Setting
from augment.engine import blocks, source
from augment.engine.algebra import parse_steps
from augment.engine.blocks import Expand, Frame, Input, Output
from augment.engine.draw import Leaf, Node, leaves
from augment.engine.lent import Lent
from augment.engine.source import Text
from augment.errors import InputError, Problem, RecipeError, UnknownStep, nearest
from augment.options import Options
from augment.sample import Entry
from augment.signatures import shows

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Changes(TypedDict, total=False):
    """What a call may say over a recipe; None leaves a key as it is.

    ``input`` and ``output`` are folders; ``input`` may also be a table, or a data set in memory, such as a
    ``datasets.Dataset`` (``augment.lenders``). ``multiplier`` is ``expand.multiplier``, ``seed`` and ``on_error`` are
    keys of the recipe, ``settings`` are texts such as ``expand.keep_originals=false``.
    """

    input: Any
    output: str | Path | None
    multiplier: int | None
    seed: int | None
    on_error: str | None
    settings: Sequence[str] | None


_PLACES: dict[str, tuple[str, ...]] = {
    "input": ("input", "path"),
    "output": ("output", "path"),
    "multiplier": ("expand", "multiplier"),
    "seed": ("seed",),
    "on_error": ("on_error",),
}


@dataclass(frozen=True)
class Recipe:
    """A checked recipe.

    Args:
        text: Its plain data and the lines they stand on.
        frame: The keys that are the same for all modalities.
        input: Where the sources are; ``input_options`` is the rest, for the reader.
        output: Where the outputs go; ``output_options`` is the rest, for the writer.
        steps: Modality -> the steps to draw from.
        prepare: Modality -> the steps that every source takes once, before its copies are made.
        encodings: Modality -> how its values are encoded.
        labels: Modality -> what becomes of annotations.
    """

    text: Text
    frame: Frame
    input: Input
    output: Output
    input_options: Mapping[str, Any] = field(default_factory=dict)
    output_options: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    prepare: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    encodings: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """In a line, as a notebook shows it."""
        counts = [f"{name}: {len(nodes)} step{'' if len(nodes) == 1 else 's'}" for name, nodes in self.steps.items()]
        file = [self.text.file.name] if self.text.file else []
        return f"Recipe({', '.join([*counts, f'seed {self.frame.seed}', *file])}; to_yaml() has all of it)"

    @property
    def base(self) -> Path:
        """The folder against which files named in steps are taken."""
        return base_of(self.text)

    def changed(self, **changes: Unpack[Changes]) -> Recipe:
        """The recipe with some keys replaced, checked again."""
        return build(change(self.text, changes))

    def labels_of(self, modality: str) -> Any:
        """What becomes of a modality's annotations: as ``labels:`` says, else by its defaults."""
        return self.labels.get(modality) or _labels(modality)

    def reader_options(self, reader: str) -> Any:
        """The keys under ``input:`` as that reader's options. Raises RecipeError."""
        problems: list[Problem] = []
        found = blocks.check(catalog.reader(reader).Options, self.input_options, ("input",), problems)
        if problems:
            raise RecipeError(_placed(problem, self.text) for problem in problems)
        return found

    def writing(self, format: str) -> Recipe:
        """The recipe with its output in a format, where it left that open. Raises RecipeError for keys of another."""
        problems: list[Problem] = []
        blocks.check(catalog.writer(format).Options, self.output_options, ("output",), problems)
        if problems:
            raise RecipeError(_placed(problem, self.text) for problem in problems)
        text = change(self.text, {"settings": [f"output.format={format}"]})
        return replace(self, text=text, output=self.output.model_copy(update={"format": format}))

    def unexpanded(self) -> Recipe:
        """The recipe with one output a source."""
        expand = self.frame.expand.model_copy(update={"multiplier": 1})
        frame = self.frame.model_copy(update={"expand": expand})
        return replace(self, text=change(self.text, {"multiplier": 1}), frame=frame)

    def to_yaml(self) -> str:
        """The recipe as YAML; loading it gives an equal recipe."""
        return yaml.safe_dump(self.text.data, sort_keys=False, allow_unicode=True)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that decides the bytes, save ``expand``, the input's content and library versions."""
        decisive = {key: value for key, value in self.text.data.items() if key not in ("expand", "on_error", "recipe")}
        for block in ("input", "output"):
            decisive[block] = {key: value for key, value in (decisive.get(block) or {}).items() if key != "path"}
        files = {str(path): durable.sha256(path) for path in self.references()}
        decisive["files"] = sorted(files.values())
        if mine := own.used(leaf.step for _, leaf in self.leaves()):
            decisive["own"] = sorted(definition.sha256 for definition in mine)
        return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()

    def leaves(self) -> Iterator[tuple[str, Leaf]]:
        """Each step of the recipe, with its modality."""
        for name, nodes in (*self.prepare.items(), *self.steps.items()):
            yield from ((name, leaf) for leaf in leaves(nodes))

    def references(self) -> Iterator[Path]:
        """Files that steps use."""
        for name, leaf in self.leaves():
            yield from catalog.modality(name).references(leaf.step)

    def versions(self) -> dict[str, str]:
        """Installed versions of everything that may change an output's bytes."""
        names = {"augment", *(name for modality in self.steps for name in catalog.modality(modality).VERSIONS)}
        return {name: _version(name) for name in sorted(names)}


AnyRecipe = Recipe | str | Path | Mapping[str, Any]


@shows(Changes)
def load(recipe: AnyRecipe, **changes: Unpack[Changes]) -> Recipe:
    """Load and check a recipe.

    Args:
        recipe: A YAML file, the same as plain Python data, a folder or table of data (a sound default recipe for what
            it holds is then used), or a checked recipe.
        changes: Keys to replace, see Changes.

    Raises:
        RecipeError: With every mistake in ``problems``.
        AugmentError: The file cannot be read, or the folder holds nothing that we know.
    """
    if isinstance(recipe, Recipe) and all(value is None for value in changes.values()):
        return recipe
    return build(change(text_of(recipe), changes))


def text_of(recipe: AnyRecipe) -> Text:
    """A recipe's plain data, not yet checked. Cheap: no library is imported."""
    if isinstance(recipe, Recipe):
        return recipe.text
    if isinstance(recipe, Mapping):
        try:
            return Text(json.loads(json.dumps(recipe)))
        except (TypeError, ValueError) as error:
            raise RecipeError([Problem("", f"expected plain data, as YAML could hold it: {error}")]) from None
    path = Path(recipe)
    return default(path) if source.is_data(path) else source.read(path)


def default(data: Path) -> Text:
    """The default recipe for what a folder or a table holds.

    Raises:
        InputError: It holds nothing that we know.
    """
    kind = (_most(data) if data.is_dir() else None) or _first(data)
    if kind is None:
        known = sorted({suffix for name in catalog.names("modalities") for suffix in catalog.modality(name).SUFFIXES})
        raise InputError(f"{data}: no file in it that we can decode; known endings: {' '.join(filter(None, known))}")
    return Text({"input": {"path": str(data)}, kind: [dict(step) for step in catalog.modality(kind).DEFAULT_STEPS]})


def _most(folder: Path) -> str | None:
    """The modality of most of a folder's files; one whose files lie beside others' only where there are no others."""
    counts: Counter[str] = Counter()
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        kinds = (catalog.modality_of(os.path.splitext(file)[1].lower()) for file in files)
        counts.update(kind for kind in kinds if kind is not None)
        if counts.total() > 10_000:
            break
    return max(counts, key=lambda name: (not catalog.modality(name).BESIDE, counts[name]), default=None)


def _first(data: Path) -> str | None:
    """The modality of the first source that a reader finds which knows this layout well."""
    suffixes = frozenset(suffix for name in catalog.names("modalities") for suffix in catalog.modality(name).SUFFIXES)
    for name in catalog.names("readers"):
        reader = catalog.reader(name)
        if not reader.FALLBACK and reader.claims(data):
            found = (item for item in reader.entries(data, reader.Options(), suffixes) if isinstance(item, Entry))
            if (entry := next(found, None)) is not None:
                return catalog.modality_of(entry.suffix)
    return None


def change(text: Text, changes: Changes) -> Text:
    """Plain data with some keys replaced."""
    data = copy.deepcopy(text.data)
    given, lent = changes.get("input"), text.lent
    if given is not None:
        lent = None if isinstance(given, str | os.PathLike) else Lent(given)
    for setting in changes.get("settings") or ():
        source.override(data, setting)
    for key, path in _PLACES.items():
        value = changes.get(key)
        if value is None or (key == "input" and lent is not None):
            continue
        block = data
        for part in path[:-1]:
            block[part] = block.get(part) or {}
            block = block[part]
        value = value.item() if hasattr(value, "item") else value  # NumPy's numbers
        block[path[-1]] = str(value) if isinstance(value, Path) else value
    if lent is not None and isinstance(data.get("input"), dict):
        data["input"].pop("path", None)  # where it lies is no part of a recipe
    return replace(text, data=data, lent=lent)


def base_of(text: Text) -> Path:
    """The folder of the recipe's file; the working folder for one made in Python."""
    return text.file.parent if text.file else Path()


def build(text: Text) -> Recipe:
    """Check plain data and build the steps. Raises RecipeError."""
    problems: list[Problem] = []
    modalities = catalog.names("modalities")
    known = [*Frame.model_fields, "input", "output", "labels", "prepare", *modalities]
    core: dict[str, Any] = {}
    for key, value in text.data.items():
        if key in Frame.model_fields:
            core[key] = value
        elif key not in known:
            fix = _meant(str(key), value, known)
            problems.append(Problem(str(key), f"expected a key of a recipe, got {key!r}", fix))
    frame = blocks.check(Frame, core, (), problems)
    frame = frame and blocks.viewed(frame, problems)
    own.load(frame.plugins if frame else (), problems)
    blind = any(problem.path.startswith("plugins") for problem in problems) or (not frame and "plugins" in core)
    prepared = blocks.prepared(text.data, problems)
    used = [name for name in modalities if name in text.data or name in prepared]
    in_block, in_rest = blocks.split(text.data, "input", Input, problems)
    out_block, out_rest = blocks.split(text.data, "output", Output, problems)
    encodings = {
        name: blocks.check(catalog.modality(name).Encoding, out_rest.pop(name, None) or {}, ("output", name), problems)
        for name in dict.fromkeys([*used, *(key for key in out_rest if key in modalities)])
    }
    in_options = blocks.options("reader", text.data, in_rest, problems)
    out_options = blocks.options("writer", text.data, out_rest, problems)
    setting = Setting(base_of(text), frame.fast if frame else True)
    steps = {name: parse_steps(name, text.data.get(name), setting, problems) for name in used}
    prepare = {
        name: parse_steps(name, block, setting, problems, f"prepare.{name}") for name, block in prepared.items()
    }
    labels = blocks.labels(text.data, used or list(modalities), problems)
    if problems:
        guess = "it may be defined in plugins:, which could not be imported" if blind else ""
        raise RecipeError(
            _placed(replace(problem, fix=guess) if guess and isinstance(problem, UnknownStep) else problem, text)
            for problem in problems
        )
    if text.lent is not None:
        in_block = in_block.model_copy(update={"path": text.lent.path})
    return Recipe(
        text, frame or Frame(), in_block, out_block, in_options, out_options, steps, prepare, encodings, labels
    )


def _meant(key: str, value: Any, known: Sequence[str]) -> str:
    """What to write for a key that no recipe has at its top."""
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | str) else "…"
    homes: dict[str, type[Options]] = {"expand": Expand, "input": Input, "output": Output}
    if found := [f"{name}: {{{key}: {shown}}}" for name, model in homes.items() if key in model.model_fields]:
        return f"write {' or '.join(found)}"
    if guess := nearest(key, known):
        return guess
    if key == "steps" or isinstance(value, list):
        *others, last = (f"{name}:" for name in catalog.names("modalities"))
        return f"write them under {', '.join(others)} or {last}"
    return f"known: {', '.join(known)}"


def _placed(problem: Problem, text: Text) -> Problem:
    """A problem with its file and line."""
    return problem if problem.place else replace(problem, place=text.place(source.parts(problem.path)))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


@cache
def _labels(modality: str) -> Any:
    """A modality's defaults for annotations; they can't be changed, and take as long to check as to flip a picture."""
    return catalog.modality(modality).Labels()

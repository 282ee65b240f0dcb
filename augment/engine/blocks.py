"""Stage 1 of 8, the blocks: the keys of a recipe that are the same for all modalities, and how blocks are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pydantic

from augment import catalog
from augment.engine import source
from augment.engine.source import KeyPath
from augment.errors import Problem, RecipeError, nearest
from augment.options import Options


class Expand(Options):
    """How many outputs. Exactly ``multiplier`` a source of the training split, the untouched original among them.

    With ``keep_originals: false`` all of them are augmented copies. A copy that comes out the same as its source or
    as an earlier copy is drawn again, and left out if that goes on, unless ``duplicates: keep`` says otherwise; only
    modalities that compare copies (text) do so.
    """

    multiplier: pydantic.StrictInt = pydantic.Field(default=10, ge=1, le=1_000_000)
    keep_originals: pydantic.StrictBool = True
    duplicates: Literal["redraw", "keep"] = "redraw"

    @property
    def copies(self) -> range:
        """The copy numbers of a source that grows; 0 is the original."""
        return range(self.multiplier) if self.keep_originals else range(1, self.multiplier + 1)


class Frame(Options):
    """A recipe without its steps: the keys that are the same for all modalities.

    ``plugins`` are modules that define steps of the user's own; they are imported wherever the recipe is. ``views``
    are copies of one source that belong together (SimCLR's pairs: Chen et al., ICML 2020); see ``viewed``.
    """

    recipe: Literal[1] = 1
    seed: pydantic.StrictInt = pydantic.Field(default=0, ge=0, lt=2**63)
    expand: Expand = Expand()
    on_error: Literal["skip", "stop"] = "skip"
    fast: pydantic.StrictBool = True
    plugins: tuple[str, ...] = ()
    views: pydantic.StrictInt = pydantic.Field(default=1, ge=1, le=16)


class Input(Options):
    """Where the sources are. Other keys under ``input:`` belong to the reader."""

    path: str | None = None
    format: str = "auto"


class Output(Options):
    """Where the outputs go. Other keys under ``output:`` belong to the writer and the modalities.

    Format ``auto`` is the input's own where its annotations say where things are, else what is usual for what it
    holds. Where ``shard_size`` is not said, the writer's format has one.
    """

    path: str | None = None
    format: str = "auto"
    shard_size: pydantic.StrictInt | None = pydantic.Field(default=None, ge=1, le=10_000_000)


def viewed(frame: Frame, problems: list[Problem]) -> Frame:
    """The frame with ``expand:`` as ``views:`` wants it: all are copies, and make one group where nothing is said."""
    views, expand = frame.views, frame.expand
    if views == 1:
        return frame
    multiplier = expand.multiplier if "multiplier" in expand.model_fields_set else views
    if multiplier % views:
        near = f"{multiplier - multiplier % views} or {multiplier - multiplier % views + views}"
        near = near if multiplier > views else str(views)
        expected = f"expected a multiple of {views}, for views: {views} makes groups of so many, got {multiplier}"
        problems.append(Problem("expand.multiplier", expected, f"write multiplier: {near}"))
    if "keep_originals" in expand.model_fields_set and expand.keep_originals:
        expected = f"expected false, for all views of views: {views} are augmented copies, got true"
        problems.append(Problem("expand.keep_originals", expected, "write keep_originals: false, or leave it out"))
    expand = expand.model_copy(update={"multiplier": multiplier, "keep_originals": False})
    return frame.model_copy(update={"expand": expand})


def prepared(data: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The block ``prepare:``: modality -> its steps, as they were written."""
    block = data.get("prepare") or {}
    known = catalog.names("modalities")
    if not isinstance(block, dict):
        one = next((name for name in known if name in data), known[0])
        problems.append(Problem("prepare", f"expected `{one}:` below it, with steps, got {block!r}"))
        return {}
    for key in block:
        if key not in known:
            path, expected = f"prepare.{key}", f"expected {' or '.join(known)}, got {key!r}"
            problems.append(Problem(path, expected, "write its steps below the name of what they are for"))
    return {name: block[name] for name in known if name in block}


def labels(data: Mapping[str, Any], modalities: Sequence[str], problems: list[Problem]) -> dict[str, Any]:
    """The block ``labels:``: each modality takes the keys that it knows."""
    block = data.get("labels") or {}
    if not isinstance(block, dict):
        problems.append(Problem("labels", f"expected keys such as `min_visibility:` below it, got {block!r}"))
        return {}
    models = {name: catalog.modality(name).Labels for name in modalities}
    known = sorted({key for model in models.values() for key in model.model_fields})
    for key in block:
        if key not in known:
            expected = f"expected a known key, got {key!r}"
            problems.append(Problem(f"labels.{key}", expected, nearest(str(key), known)))
    return {
        name: check(model, {key: block[key] for key in block if key in model.model_fields}, ("labels",), problems)
        for name, model in models.items()
        if block
    }


def split(data: Mapping[str, Any], name: str, model: type[Any], problems: list[Problem]) -> tuple[Any, dict[str, Any]]:
    """Part the keys that every ``input:`` or ``output:`` has from those of the backend that it names."""
    block = data.get(name) or {}
    if not isinstance(block, dict):
        problems.append(
            Problem(name, f"expected keys such as `path:` below it, got {block!r}", f"write {name}: {{path: FOLDER}}")
        )
        block = {}
    own = {key: value for key, value in block.items() if key in model.model_fields}
    rest = {str(key): value for key, value in block.items() if key not in model.model_fields}
    return check(model, own, (name,), problems) or model(), rest


def options(kind: str, data: Mapping[str, Any], rest: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Check the keys that belong to a reader or writer. With ``auto`` they must do for one of them."""
    name, model = ("input", Input) if kind == "reader" else ("output", Output)
    block = data.get(name)
    chosen = block.get("format") if isinstance(block, dict) else None
    chosen = model.model_fields["format"].default if chosen is None else chosen
    if chosen == "auto" and rest:
        problems.extend(_fewest(kind, rest, (name,)))
    if chosen == "auto" or not isinstance(chosen, str):
        return rest
    try:
        backend = catalog.reader(chosen) if kind == "reader" else catalog.writer(chosen)
    except RecipeError as error:
        problems.extend(replace(problem, path=f"{name}.format") for problem in error.problems)
        return rest
    check(backend.Options, rest, (name,), problems)
    return rest


def _fewest(kind: str, rest: Mapping[str, Any], path: KeyPath) -> list[Problem]:
    """What is wrong with keys for the reader or writer that they fit best; nothing where they fit one."""
    find = catalog.reader if kind == "reader" else catalog.writer
    tries: list[list[Problem]] = []
    for name in catalog.names(f"{kind}s"):
        tries.append([])
        check(find(name).Options, rest, path, tries[-1])
    return min(tries, key=len)


def check(model: type[Any], data: Any, path: KeyPath, problems: list[Problem]) -> Any:
    """Validate one block; add each mistake to ``problems`` and return None if there is any."""
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        for item in error.errors():
            where = source.show((*path, *item["loc"]))
            if item["type"] == "extra_forbidden":
                name = str(item["loc"][-1])
                fields = _fields(model, item["loc"][:-1])
                problems.append(Problem(where, f"expected a known key, got {name!r}", nearest(name, fields)))
            else:
                problems.append(Problem(where, f"{_say(item['msg'])}, got {item['input']!r}"))
        return None


def _fields(model: Any, path: tuple[int | str, ...]) -> list[str]:
    for part in path:
        model = model.model_fields[str(part)].annotation
    return list(model.model_fields)


def _say(message: str) -> str:
    """Pydantic's sentence as ours: what was expected."""
    return (
        message.removeprefix("Value error, ")
        .replace("Input should be", "expected")
        .replace("Field required", "expected a value")
        .replace("a valid ", "a ")
    )

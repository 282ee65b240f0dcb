"""Stage 1 of 8, the blocks: the keys of a recipe that are the same for all modalities, and how blocks are checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pydantic

from augment import catalog
from augment.contracts import Reader, Writer
from augment.engine import source
from augment.engine.source import KeyPath
from augment.errors import Problem, RecipeError, nearest
from augment.options import Options, worded


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
    name, model, find = _sort(kind)
    block = data.get(name)
    chosen = block.get("format") if isinstance(block, dict) else None
    chosen = model.model_fields["format"].default if chosen is None else chosen
    if not isinstance(chosen, str) or (chosen == "auto" and not rest):
        return rest
    try:
        backends = [find(chosen)] if chosen != "auto" else [find(one) for one in catalog.names(f"{kind}s")]
    except RecipeError as error:
        problems.extend(replace(problem, path=f"{name}.format") for problem in error.problems)
        return rest
    tries = [_misfits(rest, backend.Options, (name,)) for backend in backends]
    strangers, wrong = min(tries, key=lambda found: len(found[0]) + len(found[1]))
    for key in strangers:
        fix = _advice(kind, key, None if chosen == "auto" else backends[0].Options)
        problems.append(Problem(f"{name}.{key}", f"expected a known key, got {key!r}", fix))
    problems.extend(wrong)
    return rest


def _sort(kind: str) -> tuple[str, type[Options], Callable[[str], Reader | Writer]]:
    """The block of readers or writers, its own keys, and how one of them is found."""
    return ("input", Input, catalog.reader) if kind == "reader" else ("output", Output, catalog.writer)


def _misfits(rest: Mapping[str, Any], model: type[Any], path: KeyPath) -> tuple[list[str], list[Problem]]:
    """The keys that a reader or writer doesn't know, and what is wrong with the others."""
    problems: list[Problem] = []
    check(model, {key: value for key, value in rest.items() if key in model.model_fields}, path, problems)
    return [key for key in rest if key not in model.model_fields], problems


def _advice(kind: str, key: str, chosen: type[Any] | None) -> str:
    """What to write instead of a key that a chosen reader or writer, or the one that fits best, doesn't know."""
    _, model, find = _sort(kind)
    every = {one: find(one).Options.model_fields for one in catalog.names(f"{kind}s")}
    if homes := [one for one, fields in every.items() if key in fields]:
        return f"it belongs to format: {' or '.join(homes)}"
    modalities = catalog.names("modalities") if model is Output else ()
    common = [*model.model_fields, *modalities]
    more = [name for fields in ([chosen.model_fields] if chosen else every.values()) for name in fields]
    known = list(dict.fromkeys([*common, *more]))
    told = f"known: {', '.join(known)}" if chosen else f"known whatever the format is: {', '.join(common)}"
    return nearest(key, known) or told


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
                such, fix = _example(model, item, path)
                problems.append(Problem(where, f"{worded(item['msg'])}{such}, got {item['input']!r}", fix))
        return None


def _fields(model: Any, path: tuple[int | str, ...]) -> list[str]:
    for part in path:
        model = model.model_fields[str(part)].annotation
    return list(model.model_fields)


def _example(model: Any, item: Any, path: KeyPath) -> tuple[str, str]:
    """How a mapping that is none would look, and a list of which only the one item was written."""
    key = str([*path, *item["loc"]][-1]) if path or item["loc"] else ""
    if item["type"] == "tuple_type" and isinstance(item["input"], str):
        return "", f"write {key}: [{item['input']}]"
    if item["type"] != "model_type":
        return "", ""
    for part in item["loc"]:
        model = model.model_fields[str(part)].annotation
    name, field = next(iter(model.model_fields.items()), ("", None))
    return (f", such as {key}: {{{name}: {json.dumps(field.default, default=str)}}}" if field else ""), ""

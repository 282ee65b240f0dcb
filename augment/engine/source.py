"""Stage 0: YAML text -> plain data in which every key knows its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from augment.engine.lent import Lent
from augment.errors import AugmentError, Problem, RecipeError

RECIPES = (".yaml", ".yml", "")
"""Endings of recipes; a file with another one is data, and gets the default recipe for what it holds."""

KeyPath = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader after YAML 1.2: ``1e-3`` is a number, and ``2024-01-01`` a text, as JSON would have it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9][0-9_]*)(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A recipe's plain data, and where each part of it stands.

    Args:
        data: Mappings, lists and scalars only.
        lines: Path of a key -> line, from 1.
        file: The recipe's file; None for one made in Python.
        lent: The input, where it is in memory; no part of the data.
    """

    data: dict[str, Any]
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    file: Path | None = None
    lent: Lent | None = field(default=None, compare=False)

    def place(self, path: KeyPath) -> str:
        """``file:line`` of the nearest key at or above ``path``; empty for a recipe without file."""
        if self.file is None:
            return ""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"


def is_data(path: Path) -> bool:
    """Whether what is given in a recipe's place is a folder or a file of data."""
    return path.is_dir() or (path.suffix.lower() not in RECIPES and path.exists())


def read(file: Path) -> Text:
    """Read a recipe file.

    Raises:
        AugmentError: The file is missing or is no text.
        RecipeError: It is not YAML, holds a key twice, or is not a mapping at the top.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise AugmentError(f"{file}: no such recipe; give a YAML file, or a folder or table of data") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AugmentError(f"{file}: cannot be read as a recipe: {error}") from None
    return parse(text, file)


def parse(text: str, file: Path | None = None) -> Text:
    """As ``read``, from a string."""
    loader = _Loader(text)
    name = str(file) if file else "recipe"
    try:
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        problems: list[Problem] = []
        if node is not None:
            _walk(node, (), name, lines, problems)
        data = {} if node is None or problems else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        expected = f"expected YAML: {error.problem or error.context}"
        raise RecipeError([Problem("", expected, "check indentation, colons and brackets", place)]) from None
    except yaml.YAMLError as error:
        raise RecipeError([Problem("", f"expected YAML text: {str(error).splitlines()[0]}", "", name)]) from None
    finally:
        loader.dispose()
    if not problems and not isinstance(data, dict):
        problems.append(
            Problem("", f"expected keys such as `expand:` and `output:`, got {_kind(data)}", "", f"{name}:1")
        )
    if problems:
        raise RecipeError(problems)
    return Text(data, lines, file)


def _walk(node: yaml.Node, path: KeyPath, name: str, lines: dict[KeyPath, int], problems: list[Problem]) -> None:
    """Note the line of every key and list item, and every key that stands twice."""
    if len(path) > 50 or len(lines) > 100_000:  # aliases can make a small file endless
        raise RecipeError(
            [Problem("", "expected a recipe of sane size, this one unfolds without end", "", f"{name}:1")]
        )
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*path, index), name, lines, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            here = (*path, str(key.value))
            if here in lines:
                place = f"{name}:{key.start_mark.line + 1}"
                problems.append(
                    Problem(show(here), f"expected each key once, got it again (first: line {lines[here]})", "", place)
                )
                continue
            lines[here] = key.start_mark.line + 1
            _walk(child, here, name, lines, problems)


def show(path: KeyPath) -> str:
    """A path as people write it: ``image[2].GaussNoise.p``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def parts(path: str) -> KeyPath:
    """The reverse of ``show``."""
    return tuple(int(index) if index else key for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path))


def override(data: dict[str, Any], setting: str) -> None:
    """Apply one ``path.to.key=value`` to plain data in place; the value is read as YAML.

    Raises:
        RecipeError: The setting has no ``=``, or its path leads through something that is not there.
    """
    path, equals, value = setting.partition("=")
    keys = parts(path)
    if not equals or not keys:
        raise RecipeError([Problem(setting, "expected path.to.key=value", "for example --set expand.multiplier=5")])
    here: Any = data
    for position, part in enumerate(keys[:-1]):
        if isinstance(part, str) and isinstance(here, dict):
            here = here.setdefault(part, {})
        elif isinstance(part, int) and isinstance(here, list) and part < len(here):
            here = here[part]
        else:
            raise RecipeError([Problem(path, f"{show(keys[: position + 1])} is not in the recipe", "")])
    last = keys[-1]
    settable = isinstance(here, dict) if isinstance(last, str) else isinstance(here, list) and last < len(here)
    if not settable:
        raise RecipeError([Problem(path, f"expected a key or item that can be set, got {_kind(here)} above it", "")])
    here[last] = parse(f"value: {value}").data["value"]


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return (
            f"the text {value[:60]!r}{' …' if len(value) > 60 else ''}"  # it may be a table of data, given by mistake
        )
    names = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value), repr(value))

"""A grammar in a YAML file of its own: plain data, and the line of each key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from augment.errors import InputError, SampleError
from augment.readers import _files

ENDINGS = (".yaml", ".yml")
LARGEST = 20_000_000
"""Most bytes of a grammar."""

DEEPEST = 20
MOST_NODES = 2_000_000

KeyPath = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader that leaves days such as 2024-01-01 as they are written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """A grammar's file, read.

    Args:
        file: Its path, for messages.
        data: What it says.
        lines: Path of a key -> line, from 1.
    """

    file: Path
    data: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> str:
        """``file:line`` of the nearest key at or above a path."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"


def read(file: Path) -> Document:
    """Read a grammar's file. Raises InputError."""
    try:
        data = _files.read(str(file))
    except SampleError as error:
        raise InputError(f"{file}: expected a grammar in YAML: {error}") from None
    if len(data) > LARGEST:
        raise InputError(f"{file}: expected a grammar of at most {LARGEST:,} bytes; put long lists into files")
    loader: _Loader | None = None
    try:
        loader = _Loader(data.decode("utf-8-sig"))
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        if node is not None:
            _walk(node, (), lines, file)
        found = None if node is None else loader.construct_document(node)
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: expected UTF-8 text, byte {error.start:,} is none") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{file}{line}: expected YAML: {error.problem or error.context}; check indentation") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = next(iter(str(error).splitlines()), "")
        raise InputError(f"{file}: expected YAML text: {told}") from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(found, dict):
        raise InputError(f"{file}: expected keys such as `classes:` and `rules:`")
    return Document(file, found, lines)


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], file: Path) -> None:
    """Note the line of every key and item. Raises InputError for a key that stands twice."""
    if len(path) > DEEPEST or len(lines) > MOST_NODES:  # aliases can make a small file endless
        raise InputError(f"{file}: expected a grammar of sane size, this one unfolds without end")
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*path, index), lines, file)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            here = (*path, str(key.value))
            line = key.start_mark.line + 1
            if here in lines:
                raise InputError(f"{file}:{line}: expected each key once, got {key.value} again (line {lines[here]})")
            lines[here] = line
            _walk(child, here, lines, file)

"""What parameters nlpaug's augmenters take, read from their sources: nothing of nlpaug is imported for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from augment.text import peer


@dataclass(frozen=True)
class Field:
    """One parameter of a constructor.

    Args:
        default: Its default; REQUIRED where it has none.
        kind: Its type in the words of nlpaug's docstring (``float``, ``list``), or that of the default.
        about: What the docstring says of it, in one line.
    """

    default: Any
    kind: str
    about: str


REQUIRED = object()
"""Stands for no default."""


@cache
def fields(name: str) -> Mapping[str, Field]:
    """Parameter -> what is known of it, of one augmenter, in the order of its constructor. Raises KeyError."""
    written = peer.source(name)
    init = next(node for node in written.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    told = _told(ast.get_docstring(written) or "")
    keys = [argument.arg for argument in init.args.args[1:]]
    missing = [REQUIRED] * (len(keys) - len(init.args.defaults))
    found: dict[str, Field] = {}
    for key, default in zip(keys, [*missing, *map(_value, init.args.defaults)], strict=True):
        kind, about = told.get(key, ("", ""))
        given = default is not REQUIRED and default is not None
        found[key] = Field(default, type(default).__name__ if given else kind, about)
    return found


def summary(name: str) -> str:
    """The first sentence of what nlpaug says of an augmenter."""
    lines = (ast.get_docstring(peer.source(name)) or "").partition(":param")[0]
    return re.split(r"(?<=[.!?])\s(?=[A-Z])", " ".join(lines.replace("\\", " ").split()))[0]


def _value(node: ast.expr) -> Any:
    """A default: a literal, or one of nlpaug's names for actions (``Action.SWAP``)."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return constants(node.value.id)[node.attr]
    return ast.literal_eval(node)


@cache
def constants(name: str) -> dict[str, Any]:
    """What a class of constants defines, such as ``Action``."""
    found = [node for node in peer.source(name).body if isinstance(node, ast.Assign)]
    return {target.id: _value(node.value) for node in found for target in node.targets if isinstance(target, ast.Name)}


def _told(doc: str) -> dict[str, tuple[str, str]]:
    """The ``:param type name: text`` lines of a docstring: name -> type and text, in one line."""
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in doc.splitlines():
        start = re.match(r":param (?:([\w.]+) )?(\w+)\s*:\s*(.*)", line)
        if start:
            name = start[2]
            found[name] = ((start[1] or "").lower(), start[3])
        elif not line.strip() or line.startswith(">>>"):
            name = ""
        elif name:
            kind, about = found[name]
            found[name] = (kind, f"{about} {line.strip()}".strip())
    return found

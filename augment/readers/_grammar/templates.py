"""One sentence as it is written, ``book a flight to {city:to} {when?0.3} {please|now}``, in its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARTS = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_SLOT = re.compile(r"\s*(\w[\w-]*)(!?)(?:#(\w+))?(?::([^?|:#]+))?(?:(\?)(\d*\.?\d+)?)?\s*")

HALF = 0.5
"""The chance of ``{rule?}``."""

FORMS = "{rule}, {rule?}, {rule?0.3}, {rule#1}, {rule!}, {rule:label} or {one|other}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where a rule's text comes.

    Args:
        rule: Its name.
        tag: Slots of one rule with one tag have the same text throughout a sentence; empty where they don't.
        label: That of the entity here; empty where the slot doesn't say.
        chance: That anything comes at all, in [0, 1].
        other: Whether the text must be another than the rule's texts before it in the sentence.
    """

    rule: str
    tag: str = ""
    label: str = ""
    chance: float = 1.0
    other: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives written in place; plain texts."""

    texts: tuple[str, ...]


Node = str | Slot | Group


def parse(text: str) -> tuple[tuple[Node, ...], list[str]]:
    """The parts of a template, and all that is wrong with it, for a person."""
    nodes: list[Node] = []
    wrong: list[str] = []
    for found in _PARTS.finditer(text):
        part, inner = found[0], found[1]
        if part in ("{{", "}}"):
            _literal(nodes, part[0])
        elif inner is not None:
            node = _braced(inner, wrong)
            if node is not None:
                nodes.append(node)
        elif part in ("{", "}"):
            which = "opened and not closed" if part == "{" else "closed and not opened"
            wrong.append(
                f"each brace to have its partner, but one is {which} at place {found.start() + 1}; write {part * 2} "
                "for the brace itself, and give braces within braces a rule of their own"
            )
        else:
            _literal(nodes, part)
    return tuple(nodes), wrong


def _literal(nodes: list[Node], text: str) -> None:
    if nodes and isinstance(nodes[-1], str):
        nodes[-1] += text
    else:
        nodes.append(text)


def _braced(inner: str, wrong: list[str]) -> Slot | Group | None:
    if "|" in inner:
        return Group(tuple(inner.split("|")))
    found = _SLOT.fullmatch(inner)
    if found is None:
        wrong.append(f"{FORMS} in braces, but there is {{{inner}}}")
        return None
    rule, other, tag, label, optional, chance = found.groups()
    likely = float(chance) if chance else HALF if optional else 1.0
    if likely > 1:
        wrong.append(f"a probability from 0 to 1 after the question mark, but there is {{{inner}}}")
    return Slot(rule, tag or "", (label or "").strip(), likely, bool(other))

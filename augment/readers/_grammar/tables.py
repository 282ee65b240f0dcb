"""A grammar made ready for making sentences: for every rule the choices that are left to it, and how many texts.

A rule that leads back to itself is made ready for each level, which counts how often that has happened. With every
level such choices weigh half as much, and at the last one only those are left that can still end. So no table leads
back to itself, and sentences can be counted and numbered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from augment.readers._grammar.choices import Body, File, Grammar
from augment.readers._grammar.shape import Shape, shape, slots
from augment.readers._grammar.templates import Node, Slot
from augment.readers._grammar.values import Values

SHRINK = 0.5
"""What is left of the weight of a choice that leads back to its rule, with each level."""

COUNTABLE = 1_000_000
"""Up to so many sentences are counted and numbered."""

UNCOUNTED = COUNTABLE + 1

Variable = tuple[str, str]
"""A rule and the tag under which one text of it comes again."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A slot of a table.

    Args:
        table: What comes there.
        chance: That anything comes, in (0, 1].
        label: That of the entity there; empty where it is none.
        variable: Where the text comes again in other slots.
        watched: The rule, where some slot must have another text than those before it; else empty.
        other: Whether this one must.
        ways: How many texts it may be, up to UNCOUNTED; one that comes again counts once.
    """

    table: Table
    chance: float
    label: str
    variable: Variable | None
    ways: int
    watched: str = ""
    other: bool = False


Parts = tuple[tuple[str | Link, int], ...]
"""A sentence's parts, the last one first, each with a 0 for the number that they get where sentences are numbered."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a rule may become on a level.

    Args:
        bodies: The choices.
        sums: Their weights, added up.
        counts: How many texts each may be, up to UNCOUNTED.
    """

    bodies: Sequence[Parts | Values]
    sums: Sequence[float]
    counts: Sequence[int]

    @property
    def ways(self) -> int:
        """How many texts it may be, up to UNCOUNTED."""
        return min(sum(self.counts), UNCOUNTED)


@dataclass(frozen=True)
class Start:
    """Where sentences of a class begin, and those slots of theirs whose text comes again."""

    table: Table
    variables: Mapping[Variable, Table]
    ways: int


class Tables:
    """All tables of a grammar without mistakes.

    Args:
        grammar: The grammar.
        lists: The lists that it names, read.
        depth: How often a rule may come back into itself, beyond what it takes to end.
        empty: What stands where nothing comes.
    """

    def __init__(self, grammar: Grammar, lists: Mapping[File, Values], depth: int, empty: str) -> None:
        self.grammar, self.lists, self.empty = grammar, lists, empty
        self.shape: Shape = shape(grammar)
        self.watched = {slot.rule for slot in grammar.slots() if slot.other}
        self.last = depth + max(self.shape.heights.values(), default=0)
        self.ready: dict[tuple[str, int], Table] = {}
        for circle in _circles(self.shape):
            levels = range(self.last, -1, -1) if self.shape.leads(circle[0], circle[0]) else (0,)
            for level in levels:
                for rule in circle:
                    if level + self.shape.heights[rule] <= self.last:
                        self.ready[rule, level] = self._table(grammar.rules[rule], rule, level)

    def start(self, name: str) -> Start:
        """The sentences of a class."""
        bodies = self.grammar.classes[name]
        table = self._table(bodies, None, 0)
        found: dict[Variable, Table] = {}
        waiting = [slot for body in bodies for slot in slots(body)]
        seen = set()
        while waiting:
            slot = waiting.pop()
            if slot.tag:
                found[slot.rule, slot.tag] = self.ready[slot.rule, 0]
            if slot.rule not in seen:
                seen.add(slot.rule)
                waiting += [inner for body in self.grammar.rules[slot.rule] for inner in slots(body)]
        return Start(table, found, _product([table.ways, *(one.ways for one in found.values())]))

    def _table(self, given: Sequence[Body], rule: str | None, level: int) -> Table:
        bodies: list[Parts | Values] = []
        weights: list[float] = []
        counts: list[int] = []
        for body in given:
            if rule is not None and level + self.shape.height(rule, body) > self.last:
                continue
            circling = rule is not None and self.shape.height(rule, body) > 0
            weights.append(body.weight * (SHRINK**level if circling else 1.0))
            made = self.lists[body.made] if isinstance(body.made, File) else body.made
            if isinstance(made, tuple):
                nodes = [part for node in made for part in self._parts(node, rule, level)]
                counts.append(_product([node.ways for node in nodes if isinstance(node, Link)]))
                bodies.append(tuple((node, 0) for node in reversed(nodes or [self.empty])))
            else:
                counts.append(UNCOUNTED if made.size is None else min(made.size, UNCOUNTED))
                bodies.append(made)
        return Table(bodies, tuple(accumulate(weights)), counts)

    def _parts(self, node: Node, rule: str | None, level: int) -> list[str | Link]:
        """A template's part as a table has it; what can't come any more is left out."""
        if isinstance(node, str):
            return [node or self.empty]
        if not isinstance(node, Slot):
            bodies = [((text or self.empty, 0),) for text in node.texts]
            count = len(bodies)
            return [Link(Table(bodies, tuple(map(float, range(1, count + 1))), [1] * count), 1.0, "", None, count)]
        circling = rule is not None and self.shape.circle(rule, node)
        table = self.ready.get((node.rule, level + 1 if circling else 0))
        chance = node.chance * (SHRINK**level if circling and node.chance < 1 else 1.0)
        if table is None or chance <= 0:
            return [self.empty]
        variable = (node.rule, node.tag) if node.tag else None
        ways = (1 if variable else table.ways) + (chance < 1)
        watched = node.rule if node.rule in self.watched else ""
        return [Link(table, chance, self.grammar.label(node), variable, ways, watched, node.other)]


def _circles(known: Shape) -> list[list[str]]:
    """The rules in their order, those together that lead to each other."""
    found: list[list[str]] = []
    for rule in known.order:
        if found and known.leads(rule, found[-1][0]) and known.leads(found[-1][0], rule):
            found[-1].append(rule)
        else:
            found.append([rule])
    return found


def _product(counts: Sequence[int]) -> int:
    """All of them multiplied, up to UNCOUNTED."""
    found = 1
    for count in counts:
        found = min(found * count, UNCOUNTED)
    return found

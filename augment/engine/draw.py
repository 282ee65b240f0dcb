"""Stage 2 of 8: the algebra. Which steps fire for one copy is drawn first; the drawn leaves then run together.

    - HorizontalFlip: {p: 0.5}             a step
    - one_of: [A: {}, B: {}]               one of the steps inside, weighted by their p
    - some_of: {n: [1, 3], steps: [...]}   that many different ones, weighted by their p, in their order
    - sequence: {p: 0.3, steps: [...]}     all of them or none
    - repeat: {n: 3, steps: [...]}         all of them, n times, with new draws each time

Each of the four also takes ``p`` (default 1) and may be nested. Automatic policies (``rand_augment`` and its like, see
policies.py) are made of them. A place in the tree is named by what stands there and how often that name came before,
so editing one step does not change the draws of the others.

Each leaf says what its step does to labels, and whether the recipe accepts that they may become untrue
(``allow_label_change: true`` on it or on a group around it); see ``leaves``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from augment.chance import Chance
from augment.contracts import Effect, Step

GroupName = Literal["one_of", "some_of", "sequence", "repeat"]
GROUPS: tuple[GroupName, ...] = ("one_of", "some_of", "sequence", "repeat")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One step at one place.

    Args:
        place: Its name among its siblings.
        step: Ready to be applied.
        effect: What it does to labels, as its description says.
        allowed: Whether the recipe accepts that labels may become untrue here.
    """

    place: str
    step: Step
    effect: Effect = "keeps"
    allowed: bool = False

    @property
    def p(self) -> float:
        """Chance that it fires."""
        return self.step.p


@dataclass(frozen=True, slots=True)
class Composite:
    """A step made of steps: what fires among ``children`` is drawn when it is applied, for it must see the sample."""

    place: str
    step: Step
    children: tuple[Node, ...]

    @property
    def p(self) -> float:
        """Chance that it fires."""
        return self.step.p


@dataclass(frozen=True, slots=True)
class Group:
    """A node of the algebra; ``low`` and ``high`` bound n where the node has one."""

    place: str
    kind: GroupName
    children: tuple[Node, ...]
    p: float = 1.0
    low: int = 1
    high: int = 1


Node = Leaf | Composite | Group
Drawn = list[tuple[Step, Chance]]


def draw(nodes: Sequence[Node], chance: Chance) -> Drawn:
    """The steps that fire for this chance, in order, each with its own chance."""
    drawn: Drawn = []
    for node in nodes:
        here = chance.child(node.place)
        if here.uniform() < node.p:
            drawn.extend(_fire(node, here))
    return drawn


def _fire(node: Node, here: Chance) -> Drawn:
    """What a node yields once it fires."""
    if isinstance(node, Leaf | Composite):
        return [(node.step, here.child("step"))]
    if node.kind == "one_of":
        chosen = _pick(node.children, here.child("pick").uniform())
        return _fire(chosen, here.child(chosen.place))
    count = node.low + int(here.child("count").uniform() * (node.high - node.low + 1))
    if node.kind == "some_of":
        members = _choose(node.children, count, here)
        return [pair for child in members for pair in _fire(child, here.child(child.place))]
    rounds = count if node.kind == "repeat" else 1
    return [pair for turn in range(rounds) for pair in draw(node.children, here.child(f"round/{turn}"))]


def _pick(children: Sequence[Node], uniform: float) -> Node:
    """One child, with its p as weight."""
    rest = uniform * sum(child.p for child in children)
    for child in children:
        rest -= child.p
        if rest < 0:
            return child
    return next(child for child in reversed(children) if child.p > 0)


def _choose(children: Sequence[Node], count: int, here: Chance) -> list[Node]:
    """``count`` different children in their order, with their p as weights (Efraimidis and Spirakis, 2006)."""

    def rank(index: int) -> float:
        weight = children[index].p
        return here.child(f"rank/{children[index].place}").uniform() ** (1 / weight) if weight > 0 else -1.0

    best = sorted(range(len(children)), key=rank, reverse=True)[:count]
    return [children[index] for index in sorted(best)]


def places(names: Sequence[str]) -> Iterator[str]:
    """The place of each of some siblings: its name, and how often that name came before."""
    seen: Counter[str] = Counter()
    for name in names:
        yield f"{name}.{seen[name]}"
        seen[name] += 1


def leaves(nodes: Sequence[Node]) -> Iterator[Leaf]:
    """All leaves below some nodes: each with its step, its effect on labels, and whether a change is allowed."""
    for node in nodes:
        if isinstance(node, Leaf):
            yield node
        else:
            yield from leaves(node.children)

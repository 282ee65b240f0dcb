"""Which rules lead back to themselves, and how far each is from an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from augment.readers._grammar.choices import Body, Grammar, Mistake
from augment.readers._grammar.templates import Slot

NEVER = 2**31


@dataclass(frozen=True)
class Shape:
    """What is known of a grammar's rules before any sentence is made.

    Args:
        order: The rules; each stands behind all those that it leads to, but for those that lead back to it.
        beyond: Rule -> a bit for every rule that it leads to.
        heights: Rule -> how often it must at least come back into its own circle before it can end.
    """

    order: Sequence[str]
    places: Mapping[str, int]
    beyond: Mapping[str, int]
    heights: Mapping[str, int]

    def leads(self, rule: str, to: str) -> bool:
        """Whether a rule's text may hold another's, or its own again."""
        return bool(self.beyond[rule] >> self.places[to] & 1)

    def circle(self, rule: str, slot: Slot) -> bool:
        """Whether what comes in a slot of a rule may lead back to the rule."""
        return not slot.tag and self.leads(slot.rule, rule)

    def height(self, rule: str, body: Body) -> int:
        """As ``heights``, for one thing that a rule may become."""
        return _height(self.heights, rule, body, self)


def slots(body: Body) -> Iterator[Slot]:
    """The slots of a template that may be filled."""
    if isinstance(body.made, tuple):
        yield from (node for node in body.made if isinstance(node, Slot) and node.chance > 0)


def shape(grammar: Grammar) -> Shape:
    """Of a grammar whose slots all name rules."""
    names = list(grammar.rules)
    places = {name: place for place, name in enumerate(names)}
    direct = {name: {slot.rule for body in grammar.rules[name] for slot in slots(body)} for name in names}
    beyond = {name: sum(1 << places[other] for other in direct[name]) for name in names}
    changed, sweep = True, names
    while changed:
        changed = False
        for name in sweep:
            found = beyond[name]
            for other in direct[name]:
                found |= beyond[other]
            changed, beyond[name] = changed or found != beyond[name], found
        sweep = sweep[::-1]  # so that a long chain takes two rounds, whichever way it was written
    whole = {name: beyond[name] | 1 << places[name] for name in names}
    order = sorted(names, key=lambda name: (whole[name].bit_count(), whole[name]))  # a circle has one number
    heights = dict.fromkeys(names, NEVER)
    known = Shape(order, places, beyond, heights)
    changed = True
    while changed:
        changed = False
        for name in order:
            low = min((_height(heights, name, body, known) for body in grammar.rules[name]), default=NEVER)
            if low < heights[name]:
                heights[name], changed = low, True
    return known


def mistakes(grammar: Grammar, known: Shape) -> Iterator[Mistake]:
    """Rules that never end, and slots that repeat a choice within that choice."""
    for name, bodies in grammar.rules.items():
        if known.heights[name] >= NEVER and known.leads(name, name):
            written = [_shown(body) for body in bodies][:5]
            yield Mistake(("rules", name), "expected a choice that ends, but each leads back to a rule", written)
        for slot in (slot for body in bodies for slot in slots(body)):
            if slot.tag and (slot.rule == name or known.leads(slot.rule, name)):
                expected = f"expected no {{{slot.rule}#{slot.tag}}} in what it may itself stand for"
                yield Mistake(("rules", name), expected, f"{{{slot.rule}#{slot.tag}}}")


def _height(heights: Mapping[str, int], rule: str, body: Body, known: Shape) -> int:
    """How often at least a body comes back into its rule's circle."""
    found = 0
    for slot in slots(body):
        if slot.chance < 1:
            continue
        if heights[slot.rule] >= NEVER:
            return NEVER
        if known.circle(rule, slot):
            found = max(found, 1 + heights[slot.rule])
    return found


def _shown(body: Body) -> str:
    made = body.made if isinstance(body.made, tuple) else ()
    marks = {True: "", False: "?"}
    shown = [f"{{{node.rule}{marks[node.chance == 1]}}}" if isinstance(node, Slot) else str(node) for node in made]
    return "".join(shown)

"""A recipe's steps, groups and policies as a tree in which values are set, and which gives plain data again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from augment import catalog
from augment.contracts import Parameter
from augment.engine.algebra import ALLOW
from augment.engine.groups import DESCRIBED
from augment.engine.policies import POLICIES


@dataclass(eq=False)
class Node:
    """A step, a group, a policy, or the whole block that they stand in.

    Args:
        kind: The modality.
        name: As in the recipe; of a block, its place (``prepare.image``).
        written: How it stands in the recipe.
        parent: What it stands in; None for a block.
        number: Its place in there.
        bare: Whether nothing but its name, or the list of its steps, is written.
        now: Its own parameters, those of steps inside left out; may be set.
        steps: What stands inside; None for a step, and for a policy with its published space.
    """

    kind: str
    name: str
    written: Any
    parent: Node | None = None
    number: int = 0
    bare: bool = True
    now: dict[str, Any] = field(default_factory=dict)
    steps: list[Node] | None = None

    def __post_init__(self) -> None:
        self.given = dict(self.now)

    @property
    def path(self) -> str:
        """Where it stands, as in a recipe's errors."""
        if self.parent is None:
            return self.name
        above = self.parent
        inside = "" if above.parent is None or (above.bare and not above.now) else ".steps"
        return f"{above.path}{inside}[{self.number}].{self.name}"

    @property
    def prepares(self) -> bool:
        """Whether every source takes it once, before copies are made."""
        return self.path.startswith("prepare.")

    @property
    def policy(self) -> Node | None:
        """The policy around it; None where there is none."""
        above = self.parent
        while above is not None and above.name not in POLICIES:
            above = above.parent
        return above

    def parameters(self) -> list[Parameter]:
        """Its own parameters: those that are given first; what has to be given and is not is left out."""
        if self.parent is None:
            return []
        found = DESCRIBED.get(self.name) or catalog.modality(self.kind).describe(self.name)
        listed = [one for one in found.parameters if found.name not in DESCRIBED or one.name != "steps"]
        if self.parent is not None and self.parent.name in POLICIES:
            listed = [replace(one, default="1.0") if one.name == "p" else one for one in listed]
        kept = (one for one in listed if one.name in self.now or one.default != "required")
        return sorted(kept, key=lambda one: one.name not in self.now)

    def walk(self) -> Iterator[Node]:
        """It and all that stands inside of it, in their order."""
        yield self
        for one in self.steps or ():
            yield from one.walk()

    def data(self) -> Any:
        """It as a recipe has it; what was not set is as it was written."""
        inside = [one.data() for one in self.steps or ()]
        if self.parent is None:
            return inside or self.written
        if self.steps is None:
            return copy.deepcopy(self.written if self.now == self.given else {self.name: self.now})
        if self.bare and not self.now:
            return {self.name: inside}
        order = [] if self.bare else list(self.written[self.name])
        now = copy.deepcopy({**self.now, "steps": inside})
        body = {key: value for key, value in now.items() if key not in (*order, "steps")}
        old = {key: now[key] for key in order if key in now}
        return {self.name: {**body, **old, "steps": old.get("steps", inside)}}

    def alone(self) -> list[Any]:
        """Steps that show it by itself: it always fires, and the policy around it, if any, draws it and no other."""
        if self.parent is None:
            return self.data() or []
        made: dict[str, Any] = {self.name: {**self.now, "p": 1.0}}
        if self.steps is not None:
            made[self.name]["steps"] = [one.data() for one in self.steps]
        if (policy := self.policy) is not None:
            one = {"n": 1} if "n" in POLICIES[policy.name] else {}
            made = {policy.name: {**policy.now, **one, "p": 1.0, "steps": [made]}}
        above: Node | None = self.parent
        while above is not None:
            if ALLOW in above.now:
                return [{"sequence": {ALLOW: above.now[ALLOW], "steps": [made]}}]
            above = above.parent
        return [made]


def blocks(data: Mapping[str, Any]) -> list[Node]:
    """The blocks of steps in a checked recipe's data."""
    known = catalog.names("modalities")
    prepare = data.get("prepare") or {}
    return [
        *(_block(kind, kind, data[kind]) for kind in data if kind in known),
        *(_block(kind, f"prepare.{kind}", prepare[kind]) for kind in prepare if kind in known),
    ]


def _block(kind: str, name: str, written: Any) -> Node:
    found = Node(kind, name, written)
    found.steps = _inside(found, written or [])
    return found


def _inside(parent: Node, items: list[Any]) -> list[Node]:
    return [_node(parent, number, item) for number, item in enumerate(items)]


def _node(parent: Node, number: int, item: Any) -> Node:
    name, body = (item, None) if isinstance(item, str) else next(iter(item.items()))
    given = {key: value for key, value in body.items() if key != "steps"} if isinstance(body, Mapping) else {}
    groups = name in DESCRIBED
    if isinstance(body, Mapping) and not groups:
        given = dict(body)  # a step may have a parameter of that name
    found = Node(parent.kind, str(name), item, parent, number, not isinstance(body, Mapping), given)
    steps = body.get("steps") if isinstance(body, Mapping) else body
    found.steps = _inside(found, steps) if groups and isinstance(steps, list) else None
    return found

"""Stage 1 of 8, the steps: plain data -> nodes of the algebra (draw.py), with all mistakes found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from augment import catalog, own
from augment.contracts import Effect, Setting
from augment.engine import policies
from augment.engine.draw import GROUPS, Composite, Group, Leaf, Node, places
from augment.errors import Problem, RecipeError, nearest

MAX_DEPTH = 20
ALLOW = "allow_label_change"
NO_KEYS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Parser:
    """One block of steps on its way to nodes.

    Args:
        modality: Whose steps they are.
        setting: Where and how they are built.
        problems: What is wrong so far.
        allowed: Whether a group around accepts that labels may become untrue.
        magnitudes: Of the policy around, from the weakest to the strongest; None outside of one.
    """

    modality: str
    setting: Setting
    problems: list[Problem]
    allowed: bool = False
    magnitudes: tuple[float, float] | None = None

    def wrong(self, path: str, expected: str, fix: str = "") -> None:
        self.problems.append(Problem(path, expected, fix))

    def steps(self, raw: Any, path: str, depth: int = 0) -> tuple[Node, ...]:
        """A list of steps and groups."""
        if not isinstance(raw, list):
            self.wrong(
                path, f"expected a list of steps, got {raw!r}", "write each step on a line of its own: - Name: {…}"
            )
            return ()
        if depth > MAX_DEPTH:
            self.wrong(path, f"expected at most {MAX_DEPTH} groups inside one another")
            return ()
        pairs = [self.pair(item, f"{path}[{index}]") for index, item in enumerate(raw)]
        found: list[Node] = []
        for index, place in enumerate(places([name for name, _ in pairs])):
            name, body = pairs[index]
            here = f"{path}[{index}].{name}"
            if not name:
                continue
            if name in GROUPS or name in policies.POLICIES:
                node = self.group(name, body, place, here, depth)
            else:
                node = self.leaf(name, body, place, here)
            if node is not None:
                found.append(node)
        return tuple(found)

    def pair(self, item: Any, path: str) -> tuple[str, Any]:
        """One item as name and body; the name is empty where the item is wrong."""
        if isinstance(item, str):
            return item, {}
        if isinstance(item, Mapping) and len(item) == 1:
            name, body = next(iter(item.items()))
            return str(name), {} if body is None else body
        if isinstance(item, Mapping):
            names = ", ".join(map(str, item))
            self.wrong(
                path,
                f"expected one step, got {len(item)} keys: {names}",
                "write - Name: {parameter: value}, indented below",
            )
        else:
            self.wrong(path, f"expected a step, got {item!r}", "write - Name: {parameter: value}")
        return "", None

    def leaf(self, name: str, body: Any, place: str, path: str) -> Node | None:
        """One step; inside a policy with values that grow, one of its forms."""
        if not isinstance(body, Mapping):
            self.wrong(path, f"expected parameters, got {body!r}", f"write {name}: {{parameter: value}}")
            return None
        allowed = self.allows(body, path)
        given = {key: value for key, value in body.items() if key != ALLOW}
        if self.magnitudes is None:
            if grows := next(policies.scales([*given.values()]), None):
                fix = f"write the value itself, or put {name} into the steps of {', '.join(policies.POLICIES)}"
                self.wrong(path, f"expected values, got {dict(grows)!r}, which means something in a policy only", fix)
                return None
            return self.build(name, given, place, path, allowed)
        if bad := [one for key in given for one in policies.scale_problems(given[key], f"{path}.{key}")]:
            self.problems.extend(bad)
            return None
        p = self.number(given.pop("p", 1.0), f"{path}.p", "a probability", 0, 1)
        grown = [key for key, value in given.items() if any(policies.scales(value))]
        variants = policies.variants(given, *self.magnitudes)
        leaves: list[Node] = []
        for inner, variant in zip(places([name] * len(variants)), variants, strict=True):
            at = dict.fromkeys(grown, variant.magnitude)
            if len(variants) == 1:
                return self.build(name, {**variant.parameters, "p": p}, place, path, allowed, at)
            made = self.build(name, {**variant.parameters, "p": variant.share}, inner, path, allowed, at)
            if made is None:
                return None  # the others would fail alike
            leaves.append(made)
        return Group(place, "one_of", tuple(leaves), p)

    def build(
        self,
        name: str,
        given: Mapping[str, Any],
        place: str,
        path: str,
        allowed: bool,
        at: Mapping[str, str] = NO_KEYS,
    ) -> Leaf | None:
        """One step with its parameters fixed, built by its modality; ``at`` says of which magnitude they are."""
        try:
            step = catalog.modality(self.modality).build(name, dict(given), self.setting)
        except RecipeError as error:
            for problem in error.problems:
                inner = f"{path}.{problem.path}" if problem.path and problem.path != name else path
                expected = problem.expected + (f", at {at[problem.path]}" if problem.path in at else "")
                self.problems.append(replace(problem, path=inner, expected=expected))
            return None
        effect, note = own.effect(step) or _labels(self.modality, name)
        if effect == "may break" and not allowed:
            said = f": {note}" if note else ""
            self.wrong(
                path,
                f"expected steps that keep labels true; {name} may break them{said}",
                f"write {ALLOW}: true among its parameters, or leave {name} out",
            )
            return None
        return Leaf(place, step, effect, allowed)

    def group(self, kind: str, body: Any, place: str, path: str, depth: int) -> Node | None:
        """one_of, some_of, sequence or repeat, or an automatic policy."""
        policy = kind in policies.POLICIES
        options = {"steps": body} if isinstance(body, list) else body
        if not isinstance(options, Mapping):
            self.wrong(path, f"expected {'keys such as p:' if policy else 'a list of steps'}, got {body!r}")
            return None
        own = policies.POLICIES[kind] if policy else ("n",) if kind in ("some_of", "repeat") else ()
        for key in options:
            if key not in (known := ["steps", "p", *own, ALLOW]):
                self.wrong(f"{path}.{key}", f"expected a key of {kind}, got {key!r}", nearest(str(key), known))
        p = self.number(options.get("p", 1.0), f"{path}.p", "a probability", 0, 1)
        inside = replace(self, allowed=self.allows(options, path))
        steps = options.get("steps")
        if policy:
            inside = replace(inside, magnitudes=self.strength(kind, options, path))
            if steps is None and not (steps := self.space(kind, path)):
                return None
        children = inside.steps(steps, path if isinstance(body, list) else f"{path}.steps", depth + 1)
        if not children:
            if isinstance(steps, list) and not steps:
                self.wrong(path, "expected at least one step inside")
            return None
        if (policy or kind == "one_of") and not any(child.p > 0 for child in children):
            self.wrong(path, "expected at least one step inside with p above 0 (p is the weight here)")
        if policy:
            return self.policy(kind, options, path, Group(place, "one_of", children, p))
        most = len(steps) if kind == "some_of" and isinstance(steps, list) else 1000
        low, high = self.count(options.get("n"), f"{path}.n", 0, most) if own else (1, 1)
        return Group(place, kind, children, p, low, high)  # type: ignore[arg-type]

    def policy(self, kind: str, options: Mapping[str, Any], path: str, once: Group) -> Node:
        """A policy in terms of the algebra; ``once`` draws one step of its space."""
        if kind == "rand_augment":
            low, high = self.count(options.get("n", 2), f"{path}.n", 0, 100)
            return Group(once.place, "repeat", (replace(once, place="one_of.0", p=1.0),), once.p, low, high)
        if kind == "trivial_augment":
            return once
        width, _ = self.count(options.get("width", 3), f"{path}.width", 1, 16, pair=False)
        depth = self.count(options.get("depth", [1, 3]), f"{path}.depth", 1, 16)
        alpha = self.number(options.get("alpha", 1.0), f"{path}.alpha", "a number", 0.01, 100)
        mix = policies.Mix(self.modality, once.children, once.p, width, depth, alpha)
        return Composite(once.place, mix, once.children)

    def strength(self, kind: str, options: Mapping[str, Any], path: str) -> tuple[float, float]:
        """The range of magnitudes that a policy draws from."""
        if kind == "rand_augment":
            value = options.get("magnitude", 9)
            where = f"{path}.magnitude"
            ends = value if isinstance(value, list) and len(value) == 2 else [value, value]
            if all(_between(end, 0, policies.STRONGEST) for end in ends) and ends[0] <= ends[1]:
                return float(ends[0]), float(ends[1])
            self.wrong(where, f"expected a number, or [low, high], from 0 to {policies.STRONGEST}, got {value!r}")
        if kind == "aug_mix":
            severity = self.number(options.get("severity", 3), f"{path}.severity", "a number", 0, 10)
            return min(0.3, 3 * severity), 3 * severity
        return 0.0, float(policies.STRONGEST)

    def space(self, kind: str, path: str) -> list[Any]:
        """The published space of a policy; empty, and told, where the modality has none."""
        found = [dict(step) for step in catalog.modality(self.modality).search_space(kind)]
        if not found:
            self.wrong(path, f"expected steps to draw from; there is no published space of {kind} for {self.modality}")
        return found

    def allows(self, body: Mapping[str, Any], path: str) -> bool:
        """Whether a step or group, or one around it, accepts that labels may become untrue."""
        value = body.get(ALLOW, False)
        if not isinstance(value, bool):
            self.wrong(f"{path}.{ALLOW}", f"expected true or false, got {value!r}")
        return self.allowed or value is True

    def number(self, value: Any, path: str, what: str, least: float, most: float) -> float:
        """A number, such as a probability."""
        if _between(value, least, most):
            return float(value)
        self.wrong(path, f"expected {what} from {least} to {most}, got {value!r}")
        return float(most)

    def count(self, value: Any, path: str, least: int, most: int, pair: bool = True) -> tuple[int, int]:
        """A whole number, or [low, high]."""
        ends = value if pair and isinstance(value, list) and len(value) == 2 else [value, value]
        low, high = (end if type(end) is int else -1 for end in ends)
        if least <= low <= high <= most:
            return low, high
        either = ", or [low, high]," if pair else ""
        self.wrong(path, f"expected a whole number{either} from {least} to {most}, got {value!r}")
        return 1, 1


def parse_steps(
    modality: str, raw: Any, setting: Setting, problems: list[Problem], path: str = ""
) -> tuple[Node, ...]:
    """The steps of one modality's block; mistakes are added to ``problems``.

    An empty block is legal: the outputs are then encoded copies without change. ``path`` is where the block stands in
    the recipe; under the modality's name by default.
    """
    return _Parser(modality, setting, problems).steps([] if raw is None else raw, path or modality)


def _between(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


@cache
def _labels(modality: str, name: str) -> tuple[Effect, str]:
    """What a step does to labels, and that in a sentence; asked once a process."""
    described = catalog.modality(modality).describe(name)
    return cast(Effect, described.labels), described.labels_note  # it is no group

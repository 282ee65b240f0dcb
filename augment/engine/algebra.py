"""Stage 1 of 8, the steps: plain data -> nodes of the algebra (draw.py), with all mistakes found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from augment import catalog
from augment.contracts import Setting
from augment.engine.draw import GROUPS, Group, Leaf, Node, places
from augment.errors import Problem, RecipeError, nearest

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Parser:
    modality: str
    setting: Setting
    problems: list[Problem]

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
        for (name, body), place, index in zip(
            pairs, places([name for name, _ in pairs]), range(len(pairs)), strict=True
        ):
            here = f"{path}[{index}]"
            if not name:
                continue
            node = self.group(name, body, place, here, depth) if name in GROUPS else self.leaf(name, body, place, here)
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
        """One step, built by its modality."""
        if not isinstance(body, Mapping):
            self.wrong(f"{path}.{name}", f"expected parameters, got {body!r}", f"write {name}: {{parameter: value}}")
            return None
        try:
            return Leaf(place, catalog.modality(self.modality).build(name, dict(body), self.setting))
        except RecipeError as error:
            for problem in error.problems:
                inner = f"{path}.{name}.{problem.path}" if problem.path and problem.path != name else f"{path}.{name}"
                self.problems.append(replace(problem, path=inner))
            return None

    def group(self, kind: str, body: Any, place: str, path: str, depth: int) -> Node | None:
        """one_of, some_of, sequence or repeat."""
        path = f"{path}.{kind}"
        options = {"steps": body} if isinstance(body, list) else body
        if not isinstance(options, Mapping):
            self.wrong(path, f"expected a list of steps, got {body!r}")
            return None
        inside = path if isinstance(body, list) else f"{path}.steps"
        children = self.steps(options.get("steps"), inside, depth + 1)
        counted = kind in ("some_of", "repeat")
        known = ["steps", "p", "n"] if counted else ["steps", "p"]
        for key in options:
            if key not in known:
                self.wrong(f"{path}.{key}", f"expected a key of {kind}, got {key!r}", nearest(str(key), known))
        p = self.probability(options.get("p", 1.0), f"{path}.p")
        if not children:
            if isinstance(options.get("steps"), list) and not options["steps"]:
                self.wrong(path, "expected at least one step inside")
            return None
        if kind == "one_of" and not any(child.p > 0 for child in children):
            self.wrong(path, "expected at least one step inside with p above 0 (p is the weight here)")
        low, high = (
            self.count(options, path, len(options["steps"]) if kind == "some_of" else 1000) if counted else (1, 1)
        )
        return Group(place, kind, children, p, low, high)  # type: ignore[arg-type]

    def probability(self, value: Any, path: str) -> float:
        """A probability of a group."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            self.wrong(path, f"expected a probability from 0 to 1, got {value!r}")
            return 1.0
        return float(value)

    def count(self, options: Mapping[str, Any], path: str, most: int) -> tuple[int, int]:
        """``n`` of some_of and repeat: a number, or [low, high]."""
        n = options.get("n")
        pair = n if isinstance(n, list) and len(n) == 2 else [n, n]
        low, high = (value if type(value) is int else -1 for value in pair)
        if 0 <= low <= high <= most:
            return low, high
        self.wrong(f"{path}.n", f"expected a whole number, or [low, high], from 0 to {most}, got {n!r}")
        return 1, 1


def parse_steps(modality: str, raw: Any, setting: Setting, problems: list[Problem]) -> tuple[Node, ...]:
    """The steps of one modality's block; mistakes are added to ``problems``.

    An empty block is legal: the outputs are then encoded copies without change.
    """
    return _Parser(modality, setting, problems).steps([] if raw is None else raw, modality)

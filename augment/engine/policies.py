"""Automatic policies: which steps fire, and how strongly, follows from one or two numbers.

    - rand_augment: {n: 2, magnitude: 9}                                RandAugment (Cubuk et al., 2019)
    - trivial_augment: {}                                               TrivialAugment (Müller and Hutter, 2021)
    - aug_mix: {width: 3, depth: [1, 3], alpha: 1.0, severity: 3}       AugMix (Hendrycks et al., 2020)

``rand_augment`` draws ``n`` times one step, with replacement, each as strong as ``magnitude`` (0 to 30, or [low,
high]) says. ``trivial_augment`` draws one step, and its magnitude evenly from 0 to 30. ``aug_mix`` draws ``width``
chains of ``depth`` steps and blends their results with the sample as it was; weights of the chains come from a
Dirichlet distribution with ``alpha``, the share of the chains in the blend from Beta(alpha, alpha), and each step's
magnitude evenly from 0.3 to 3 times ``severity`` (0 to 10; the paper draws a level from 0.1 to the severity, of 10).
On samples with boxes, masks or keypoints, whose labels can't be blended, it draws only steps that keep those.

All three take ``p`` (default 1) and ``steps``: the space to draw from, in place of the one that was published. There,
``p`` is a step's weight (default 1), and values may grow with the magnitude:

    - rand_augment:
        magnitude: 12
        steps:
          - Rotate: {limit: {from: 0, to: 30, both_ways: true}}
          - Solarize: {threshold_range: {from: 1, to: 0}}
          - Posterize: {num_bits: {from: 8, to: 4, whole: true}}
          - ElasticTransform: {alpha: {from: 1, to: 60, as: number}, sigma: 6}
          - Equalize: {p: 0.5}

``{from: a, to: b}`` stands for a range: [v, v], where v is a at magnitude 0, b at magnitude 30, and on the line
between them elsewhere. ``{values: [a, b, c]}`` is a line with bends, its points spread evenly from 0 to 30. Beside
them, ``as: number`` gives v itself, for parameters that are no ranges; ``whole: true`` rounds v; ``both_ways: true``
goes from a in either direction by the toss of a coin, up to b or down to 2a - b. All values of one step share its
magnitude and direction.

Where a magnitude is drawn, it is a whole number, as published. Only a step with one plain ``{from, to}`` draws from
all values in between, by the range that the step is given: there, bins would make no difference that matters.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from augment import catalog
from augment.chance import Chance
from augment.engine.draw import Group, Node, draw, leaves
from augment.errors import Problem, SampleError, nearest
from augment.sample import Applied, Sample

POLICIES: Mapping[str, tuple[str, ...]] = {
    "rand_augment": ("n", "magnitude"),
    "trivial_augment": (),
    "aug_mix": ("width", "depth", "alpha", "severity"),
}
"""Name -> the keys that it takes of its own."""

STRONGEST = 30
"""The end of the scale of magnitudes."""

_GREATEST = 1e12

_KEYS = ("from", "to", "values", "both_ways", "whole", "as")


@dataclass(frozen=True, slots=True)
class Scale:
    """A value that grows with the magnitude; see above."""

    points: tuple[float, ...]
    both_ways: bool = False
    whole: bool = False
    number: bool = False

    @property
    def smooth(self) -> bool:
        """Whether a range from the weakest to the strongest draws evenly from all magnitudes between them."""
        return len(self.points) == 2 and not self.whole and not self.number

    def at(self, magnitude: float) -> float:
        """On the way up."""
        place = magnitude / STRONGEST * (len(self.points) - 1)
        left = min(int(place), len(self.points) - 2)
        low, high = self.points[left : left + 2]
        return low + (high - low) * (place - left)

    def value(self, low: float, high: float, side: int) -> Any:
        """What stands in its place for magnitudes from ``low`` to ``high``; ``side`` -1 is down, 0 is both ways."""
        start = self.points[0]
        ends = [self.at(low), self.at(high)]
        if self.both_ways and side <= 0:
            ends = [2 * start - ends[-1], 2 * start - ends[0] if side else ends[-1]]
        found = [round(end) if self.whole else end for end in sorted(ends)]
        return found[0] if self.number else found


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a step: its parameters, how likely it is among all forms, and its magnitudes in words."""

    share: float
    parameters: dict[str, Any]
    magnitude: str = ""


def scales(value: Any) -> Iterator[Mapping[str, Any]]:
    """The values that grow, in one value of a step's parameters; the parameters as a whole are none."""
    if isinstance(value, Mapping):
        if _grows(value):
            yield value
        else:
            for part in value.values():
                yield from scales(part)
    elif isinstance(value, list):
        for part in value:
            yield from scales(part)


def scale_problems(value: Any, path: str) -> Iterator[Problem]:
    """What is wrong with values that grow, in one value of a step's parameters."""
    if isinstance(value, Mapping) and not _grows(value):
        for key, part in value.items():
            yield from scale_problems(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from scale_problems(part, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        yield from _problems(value, path)


def variants(parameters: Mapping[str, Any], low: float, high: float) -> list[Variant]:
    """The forms of a step for magnitudes from ``low`` to ``high``, each drawn with its share."""
    found = [_scale(raw) for raw in scales([*parameters.values()])]
    if not found:
        return [Variant(1.0, dict(parameters))]
    smooth = len(found) == 1 and found[0].smooth
    sides = (1, -1) if any(scale.both_ways for scale in found) else (1,)
    if low == high or smooth:
        spans = [(low, high)]
        sides = (0,) if smooth and low == 0 < high else sides
    else:
        bins = range(math.ceil(low), math.floor(high) + 1)
        spans = [(float(one), float(one)) for one in bins] or [((low + high) / 2,) * 2]
    merged: dict[str, Variant] = {}
    share = 1 / len(spans) / len(sides)
    for span in spans:
        for side in sides:
            filled = {str(key): _filled(value, *span, side) for key, value in parameters.items()}
            key = json.dumps(filled, sort_keys=True, default=str)
            before = merged.get(key)
            merged[key] = Variant(share + (before.share if before else 0.0), filled, _words(*span))
    return list(merged.values())


@dataclass(frozen=True, slots=True)
class Mix:
    """AugMix as a step: chains drawn from a space and blended with the sample as it was.

    Args:
        modality: Whose values it blends.
        space: The steps to draw from, with their p as weights.
        p: Chance that it fires.
        width: Number of chains.
        depth: Least and greatest number of steps in a chain.
        alpha: Of the Dirichlet and Beta distributions of the weights.
    """

    modality: str
    space: tuple[Node, ...]
    p: float = 1.0
    width: int = 3
    depth: tuple[int, int] = (1, 3)
    alpha: float = 1.0

    @property
    def name(self) -> str:
        """As in the recipe."""
        return "aug_mix"

    @property
    def keeping(self) -> tuple[Node, ...]:
        """The part of the space that leaves boxes, masks and keypoints where they are."""
        return tuple(node for node in self.space if all(leaf.effect == "keeps" for leaf in leaves([node])))

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Draw, run and blend the chains. Raises SampleError where they can't be blended."""
        space = self.space if sample.annotations is None else self.keeping
        if not any(node.p > 0 for node in space):
            raise SampleError("step failed", f"{self.name} has no step that keeps boxes, masks and keypoints in place")
        once = Group("one_of.0", "one_of", space)
        chain = Group("chain", "repeat", (once,), low=self.depth[0], high=self.depth[1])
        values, names = [sample.value], []
        for number in range(self.width):
            made = sample
            told = []
            for step, own in draw((chain,), chance.child(f"chain/{number}")):
                made, applied = step.apply(made, own)
                told.append(applied.step)
            values.append(made.value)
            names.append(told)
        random = chance.child("weights").generator()
        share = float(random.beta(self.alpha, self.alpha))
        weights = [share * float(part) for part in random.dirichlet([self.alpha] * self.width)]
        blended = catalog.modality(self.modality).blend(values, [1 - share, *weights])
        told_of = {"chains": names, "weights": weights, "untouched": 1 - share}
        return replace(sample, value=blended), Applied(self.name, told_of)


def _grows(value: Mapping[str, Any]) -> bool:
    return bool({"from", "to", "values"} & set(value))


def _problems(raw: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with one value that grows."""
    example = "write {from: 0, to: 30}"
    for key in raw:
        if key not in _KEYS:
            yield Problem(
                f"{path}.{key}", f"expected a key of a value that grows, got {key!r}", nearest(str(key), _KEYS)
            )
    for key in ("both_ways", "whole"):
        if not isinstance(raw.get(key, False), bool):
            yield Problem(f"{path}.{key}", f"expected true or false, got {raw[key]!r}")
    if raw.get("as", "range") not in ("range", "number"):
        yield Problem(f"{path}.as", f"expected range or number, got {raw['as']!r}")
    if "values" in raw:
        points = raw["values"]
        if "from" in raw or "to" in raw:
            yield Problem(path, "expected from and to, or values, got both", example)
        elif not isinstance(points, list) or len(points) < 2 or not all(map(_is_number, points)):
            yield Problem(f"{path}.values", f"expected a list of at least two numbers, got {points!r}", example)
        return
    for key in ("from", "to"):
        if key not in raw:
            yield Problem(path, f"expected from and to, {key} is missing", example)
        elif not _is_number(raw[key]):
            yield Problem(f"{path}.{key}", f"expected a number, got {raw[key]!r}", example)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _GREATEST


def _scale(raw: Mapping[str, Any]) -> Scale:
    """One value that grows, checked before."""
    points = raw["values"] if "values" in raw else (raw["from"], raw["to"])
    return Scale(
        tuple(map(float, points)), raw.get("both_ways", False), raw.get("whole", False), raw.get("as") == "number"
    )


def _filled(value: Any, low: float, high: float, side: int) -> Any:
    """Parameters with the values that grow replaced."""
    if isinstance(value, Mapping):
        if _grows(value):
            return _scale(value).value(low, high, side)
        return {str(key): _filled(part, low, high, side) for key, part in value.items()}
    return [_filled(part, low, high, side) for part in value] if isinstance(value, list) else value


def _words(low: float, high: float) -> str:
    return f"magnitude {low:g}" if low == high else f"magnitudes {low:g} to {high:g}"

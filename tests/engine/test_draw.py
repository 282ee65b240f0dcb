"""The algebra: what fires, how often, and that one step's draws do not hang on another's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pytest

from augment.chance import Chance
from augment.engine.draw import Group, Leaf, Node, draw, places
from augment.sample import Applied, Sample


@dataclass(frozen=True)
class Fake:
    name: str
    p: float = 0.5

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        return sample, Applied(self.name)


def leaf(name: str, p: float = 0.5, place: str = "") -> Leaf:
    return Leaf(place or f"{name}.0", Fake(name, p))


def fired(nodes: list[Node], key: object) -> list[str]:
    return [step.name for step, _ in draw(nodes, Chance.of(7, str(key), 1))]


N = 2000
SIGMA = math.sqrt(N * 0.25)


def test_a_coin_falls_evenly_and_two_coins_are_independent() -> None:
    nodes = [leaf("flip", 0.5, "flip.0"), leaf("flip", 0.5, "flip.1")]
    seen = [
        tuple(
            place in {id(s) for s, _ in draw(nodes, Chance.of(7, str(k), 1))}
            for place in map(id, (n.step for n in nodes))
        )
        for k in range(N)
    ]
    for coin in (0, 1):
        assert abs(sum(pair[coin] for pair in seen) - N / 2) < 3 * SIGMA
    for pattern in [(a, b) for a in (False, True) for b in (False, True)]:
        assert abs(seen.count(pattern) - N / 4) < 3 * math.sqrt(N * 3 / 16)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.3, 0.9, 1.0])
def test_p_is_the_rate(p: float) -> None:
    hits = sum(bool(fired([leaf("a", p)], key)) for key in range(N))
    assert abs(hits - p * N) <= 3 * math.sqrt(N * p * (1 - p))


def test_copies_of_one_source_draw_on_their_own() -> None:
    hits = [bool(draw([leaf("a")], Chance.of(7, "one", copy))) for copy in range(N)]
    assert abs(sum(hits) - N / 2) < 3 * SIGMA
    repeats = sum(a == b for a, b in pairwise(hits))
    assert abs(repeats - N / 2) < 3 * SIGMA


def test_one_of_weighs_by_p() -> None:
    node = Group("one_of.0", "one_of", (leaf("a", 0.75), leaf("b", 0.25)))
    names = [fired([node], key) for key in range(N)]
    assert all(len(found) == 1 for found in names)
    assert abs(names.count(["a"]) - 0.75 * N) < 3 * math.sqrt(N * 0.75 * 0.25)


def test_some_of_takes_that_many_different_ones_in_order_and_evenly() -> None:
    node = Group("some_of.0", "some_of", tuple(leaf(name) for name in "abcd"), low=2, high=2)
    names = ["".join(fired([node], key)) for key in range(N)]
    pairs = ["".join(pair) for pair in combinations("abcd", 2)]
    assert set(names) == set(pairs)
    for pair in pairs:
        assert abs(names.count(pair) - N / 6) < 4 * math.sqrt(N * 5 / 36)


def test_some_of_spreads_its_count() -> None:
    node = Group("some_of.0", "some_of", tuple(leaf(name) for name in "abc"), low=0, high=3)
    sizes = [len(fired([node], key)) for key in range(N)]
    for size in range(4):
        assert abs(sizes.count(size) - N / 4) < 4 * math.sqrt(N * 3 / 16)


def test_sequence_is_all_or_nothing_and_repeat_draws_anew() -> None:
    whole = Group("sequence.0", "sequence", (leaf("a", 1.0), leaf("b", 1.0)), p=0.5)
    assert {tuple(fired([whole], key)) for key in range(50)} == {(), ("a", "b")}
    again = Group("repeat.0", "repeat", (leaf("a", 0.5),), low=4, high=4)
    assert {len(fired([again], key)) for key in range(300)} == {0, 1, 2, 3, 4}


def test_editing_one_step_leaves_the_draws_of_others() -> None:
    before = [leaf("a"), leaf("b")]
    after = [leaf("x", 1.0), leaf("a", 0.9), leaf("b")]
    for key in range(100):
        chance = Chance.of(7, str(key), 1)
        old = {s.name: c.uniform() for s, c in draw(before, chance)}
        new = {s.name: c.uniform() for s, c in draw(after, chance)}
        assert ("b" in old) == ("b" in new)
        assert all(new[name] == value for name, value in old.items() if name in new)


def test_places_count_each_name() -> None:
    assert list(places(["a", "b", "a", "a"])) == ["a.0", "b.0", "a.1", "a.2"]


def test_generators_of_one_place_differ_from_each_other_and_from_the_next_place() -> None:
    here, there = Chance.of(1, "k", 1).child("a"), Chance.of(1, "k", 1).child("b")
    assert here.generator().random() == here.generator().random()
    values = [c.generator().random() for c in (here, there)] + [c.python().random() for c in (here, there)]
    assert len(set(values)) == 4


def test_the_generator_is_philox_with_the_key_and_nothing_of_the_system() -> None:
    here = Chance.of(3, "k", 2)
    plain = np.random.Generator(np.random.Philox(key=int.from_bytes(here._digest[8:24], "little")))
    assert here.generator().integers(0, 2**63, 50).tolist() == plain.integers(0, 2**63, 50).tolist()

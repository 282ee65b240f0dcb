"""Automatic policies: what is drawn how often, that draws hang on their key only, and what is told of mistakes."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augment
from augment import catalog
from augment.chance import Chance
from augment.contracts import Description, Setting
from augment.engine.algebra import parse_steps
from augment.engine.draw import Composite, Group, Leaf, Node, draw, leaves
from augment.engine.policies import POLICIES, Mix, variants
from augment.errors import Problem, RecipeError, SampleError
from augment.sample import Applied, Sample

N = 3000


@dataclass(frozen=True)
class FakeStep:
    """Adds ``by`` to a number."""

    name: str
    p: float
    by: tuple[float, ...] = (0.0,)

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        return Sample(sample.value + self.by[0], annotations=sample.annotations), Applied(self.name)


class Numbers:
    """A modality of numbers: Keep and Also keep labels, Move moves them, Break may break them."""

    def build(self, name: str, parameters: Mapping[str, Any], setting: Setting) -> FakeStep:
        given = dict(parameters)
        p = given.pop("p", 0.5)
        by = given.pop("by", [0.0])
        if given or name not in ("Keep", "Also", "Move", "Break"):
            raise RecipeError([Problem(next(iter(given), name), "expected a known one")])
        return FakeStep(name, p, tuple(by) if isinstance(by, list) else (by,))

    def describe(self, name: str) -> Description:
        effect = {"Move": "moves", "Break": "may break"}.get(name, "keeps")
        return Description(name, "", effect, "A day becomes a night", (), "")  # type: ignore[arg-type]

    def search_space(self, policy: str) -> Sequence[Mapping[str, Any]]:
        return [{"Keep": {}}, {"Also": {}}] if policy == "rand_augment" else []

    def blend(self, values: Sequence[float], weights: Sequence[float]) -> float:
        return sum(value * weight for value, weight in zip(values, weights, strict=True))


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "modality", lambda name: Numbers())


def parsed(steps: Any) -> tuple[Node, ...]:
    """Nodes of the fake modality. Raises RecipeError."""
    problems: list[Problem] = []
    found = parse_steps("numbers", steps, Setting(Path()), problems)
    if problems:
        raise RecipeError(problems)
    return found


def problems_of(steps: Any) -> dict[str, str]:
    with pytest.raises(RecipeError) as error:
        parsed(steps)
    return {problem.path: f"{problem.expected} {problem.fix}" for problem in error.value.problems}


def nodes_of(*steps: Any) -> tuple[Node, ...]:
    """Nodes of the one modality that there is in all tests of the engine."""
    return augment.load({"image": list(steps)}).steps["image"]


def chance(key: object) -> Chance:
    return Chance.of(7, str(key), 1)


def even(counts: Sequence[int], shares: Sequence[float] | None = None) -> None:
    """Counts are as expected, within four standard deviations."""
    total = sum(counts)
    for count, share in zip(counts, shares or [1 / len(counts)] * len(counts), strict=True):
        assert abs(count - total * share) <= 4 * math.sqrt(total * share * (1 - share)) + 1e-9, (count, total * share)


def ops(space: Sequence[Node]) -> dict[int, int]:
    """Identity of each step -> which operation of the space it is."""
    return {id(leaf.step): number for number, node in enumerate(space) for leaf in leaves([node])}


def test_rand_augment_draws_n_operations_evenly_with_replacement() -> None:
    nodes = nodes_of({"rand_augment": {"n": 2, "magnitude": 9}})
    (node,) = nodes
    assert isinstance(node, Group)
    (once,) = node.children
    assert isinstance(once, Group)
    assert len(once.children) == 14
    which = ops(once.children)
    drawn = [[which[id(step)] for step, _ in draw(nodes, chance(key))] for key in range(N)]
    assert {len(pair) for pair in drawn} == {2}
    for turn in (0, 1):
        even([Counter(pair[turn] for pair in drawn)[number] for number in range(14)])
    same = sum(first == second for first, second in drawn)
    even([same, N - same], [1 / 14, 13 / 14])


def test_rand_augment_tosses_a_coin_for_the_direction() -> None:
    nodes = nodes_of({"rand_augment": {"n": 1, "magnitude": 9, "steps": [{"Affine": {"rotate": BOTH}}]}})
    tiny = Sample(np.zeros((4, 4, 3), np.uint8))
    drawn = [step.apply(tiny, own)[1] for key in range(N) for step, own in draw(nodes, chance(key))]
    ends = Counter(applied.parameters["rotate"] for applied in drawn)
    assert set(ends) == {9.0, -9.0}
    even(list(ends.values()))


BOTH = {"from": 0, "to": 30, "both_ways": True}


def test_trivial_augment_draws_one_operation_and_all_strengths_evenly() -> None:
    nodes = nodes_of("trivial_augment")
    (node,) = nodes
    assert isinstance(node, Group)
    assert len(node.children) == 14
    which = ops(node.children)
    drawn = [draw(nodes, chance(key)) for key in range(N)]
    assert {len(steps) for steps in drawn} == {1}
    even([Counter(which[id(steps[0][0])] for steps in drawn)[number] for number in range(14)])
    (bits,) = (child for child in node.children if child.place.startswith("Posterize"))
    found = Counter(_bits(draw([bits], chance(key))[0][0]) for key in range(N))
    even([found[number] for number in range(8, 1, -1)], [one / 31 for one in (3, 5, 5, 5, 5, 5, 3)])


def _bits(step: Any) -> int:
    low, high = step.parameters["num_bits"]
    assert low == high
    return int(low)


def test_a_magnitude_is_drawn_evenly_in_bins_or_over_the_range() -> None:
    bins = variants({"alpha": {"from": 0, "to": 60, "as": "number"}}, 0, 30)
    assert [one.parameters["alpha"] for one in bins] == [2.0 * bin for bin in range(31)]
    assert {round(one.share * 31, 9) for one in bins} == {1.0}
    (smooth,) = variants({"limit": BOTH}, 0, 30)
    assert smooth.parameters == {"limit": [-30.0, 30.0]}
    nodes = nodes_of({"trivial_augment": [{"Affine": {"rotate": BOTH}}]})
    tiny = Sample(np.zeros((4, 4, 3), np.uint8))
    drawn = []
    for key in range(N):
        ((step, own),) = draw(nodes, chance(key))
        drawn.append(step.apply(tiny, own)[1].parameters["rotate"])
    even([sum(-30 + 6 * part <= angle < -24 + 6 * part for angle in drawn) for part in range(10)])


@given(
    st.floats(-100, 100), st.floats(-100, 100), st.booleans(), st.booleans(), st.booleans(),
    st.tuples(st.floats(0, 30), st.floats(0, 30)).map(sorted),
)  # fmt: skip
def test_forms_of_a_step_lie_between_the_ends_and_their_shares_add_up(
    start: float, end: float, both: bool, whole: bool, number: bool, span: list[float]
) -> None:
    grows = {"from": start, "to": end, "both_ways": both, "whole": whole, "as": "number" if number else "range"}
    found = variants({"x": {"deep": [grows]}, "y": 3}, *span)
    assert math.isclose(sum(one.share for one in found), 1)
    far = end - start
    for one in found:
        assert one.parameters["y"] == 3
        value = one.parameters["x"]["deep"][0]
        pair = [value, value] if number else value
        assert pair[0] <= pair[1]
        for part in pair:
            assert abs(part - start) <= abs(far) + 0.5 * whole + 1e-9
            assert isinstance(part, int) == whole
            assert both or whole or (part - start) * far >= -1e-9


def test_values_follow_a_line_with_bends_and_share_magnitude_and_direction() -> None:
    bend = {"values": [0, 10, 100], "both_ways": True}
    found = variants({"a": bend, "b": {"from": 1, "to": 4}}, 7.5, 7.5)
    assert [one.parameters for one in found] == [{"a": [5, 5], "b": [1.75, 1.75]}, {"a": [-5, -5], "b": [1.75, 1.75]}]
    assert variants({"a": bend}, 30, 30)[0].parameters == {"a": [100.0, 100.0]}
    assert len(variants({"a": bend}, 0, 30)) == 61


def test_draws_hang_on_their_key_only(numbers: None) -> None:
    space = {"steps": [{"Keep": {"by": {"from": 0, "to": 30, "both_ways": True}}}, "Also", "Move"]}
    policies = [{"rand_augment": space}, {"trivial_augment": space}, {"aug_mix": space}]
    before = parsed(policies)
    after = parsed(["Keep", {"repeat": {"n": 2, "steps": ["Also"]}}, *policies, {"Move": {"p": 1}}])
    for key in range(100):
        sample = Sample(0.0)
        old = [step.apply(sample, own) for step, own in draw(before, chance(key))]
        assert old == [step.apply(sample, own) for step, own in draw(before, chance(key))]
        assert old == [step.apply(sample, own) for step, own in draw(pickle.loads(pickle.dumps(before)), chance(key))]
        assert old == [step.apply(sample, own) for step, own in draw(after[2:-1], chance(key))]


def test_the_magnitude_does_not_change_what_is_drawn(numbers: None) -> None:
    space = ["Also", {"Keep": {"by": {"from": 0, "to": 30}}}, "Move"]
    weak, strong = (parsed([{"rand_augment": {"magnitude": m, "steps": space}}]) for m in (1, 30))
    for key in range(100):
        names = [[step.name for step, _ in draw(nodes, chance(key))] for nodes in (weak, strong)]
        assert names[0] == names[1]


def test_aug_mix_draws_chains_and_weights_as_told(numbers: None) -> None:
    (node,) = parsed([{"aug_mix": {"width": 2, "depth": [1, 3], "alpha": 1.0, "steps": ["Keep", "Also", "Move"]}}])
    assert isinstance(node, Composite)
    lengths: Counter[int] = Counter()
    names: Counter[str] = Counter()
    shares, firsts = [], []
    for key in range(N):
        ((step, own),) = draw([node], chance(key))
        _, applied = step.apply(Sample(0.0), own)
        assert applied.step == "aug_mix"
        told = applied.parameters
        assert len(told["chains"]) == len(told["weights"]) == 2
        assert math.isclose(told["untouched"] + sum(told["weights"]), 1)
        lengths.update(len(chain) for chain in told["chains"])
        names.update(name for chain in told["chains"] for name in chain)
        shares.append(told["untouched"])
        firsts.append(told["weights"][0] / sum(told["weights"]))
    even([lengths[length] for length in (1, 2, 3)])
    even([names[name] for name in ("Keep", "Also", "Move")])
    for uniform in (shares, firsts):  # Beta(1, 1) and either part of Dirichlet(1, 1) are uniform
        even([sum(part / 10 <= one < (part + 1) / 10 for one in uniform) for part in range(10)])


def test_aug_mix_blends_what_its_chains_have_made(numbers: None) -> None:
    nodes = parsed([{"aug_mix": {"depth": 2, "width": 3, "steps": [{"Keep": {"by": [10]}}]}}])
    for key in range(50):
        ((step, own),) = draw(nodes, chance(key))
        made, applied = step.apply(Sample(1.0, "cat", {"a": 1}), own)
        assert math.isclose(made.value, 1 + 20 * (1 - applied.parameters["untouched"]))
        assert (made.label, made.fields) == ("cat", {"a": 1})


def test_aug_mix_only_keeps_where_there_are_annotations(numbers: None) -> None:
    nodes = parsed([{"aug_mix": {"steps": ["Keep", "Move", {"one_of": ["Also", "Move"]}]}}])
    seen: dict[bool, set[str]] = {False: set(), True: set()}
    for annotated in seen:
        for key in range(100):
            ((step, own),) = draw(nodes, chance(key))
            made, applied = step.apply(Sample(0.0, annotations="some" if annotated else None), own)
            seen[annotated].update(name for chain in applied.parameters["chains"] for name in chain)
            assert made.annotations == ("some" if annotated else None)
    assert seen == {False: {"Keep", "Move", "Also"}, True: {"Keep"}}
    ((step, own),) = draw(parsed([{"aug_mix": {"steps": ["Move"]}}]), chance(0))
    assert isinstance(step, Mix)
    step.apply(Sample(0.0), own)
    with pytest.raises(SampleError, match="no step that keeps"):
        step.apply(Sample(0.0, annotations="some"), own)


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_take_p_and_stand_in_groups(numbers: None, policy: str) -> None:
    body = {policy: {"p": 0.3, "steps": ["Keep", {"Also": {"p": 3e-1}}]}}
    hits = sum(bool(draw(parsed([body]), chance(key))) for key in range(N // 4))
    even([hits, N // 4 - hits], [0.3, 0.7])
    (group,) = parsed([{"one_of": {"steps": [body, "Move"]}}])
    assert isinstance(group, Group)
    assert [child.p for child in group.children] == [0.3, 0.5]


def test_weights_inside_a_policy_are_1_unless_given(numbers: None) -> None:
    (node,) = parsed([{"trivial_augment": ["Keep", {"Also": {"p": 0.25, "by": {"from": 0, "to": 3, "whole": True}}}]}])
    assert isinstance(node, Group)
    assert [child.p for child in node.children] == [1.0, 0.25]
    found = Counter(step.name for key in range(N) for step, _ in draw([node], chance(key)))
    even([found["Keep"], found["Also"]], [0.8, 0.2])


def test_every_mistake_is_told_with_its_path(numbers: None) -> None:
    grows = {"from": 0, "to": 30}
    found = problems_of(
        [
            {"rand_augment": {"N": 2, "n": -1, "magnitude": 31, "p": 2}},
            {"rand_augment": {"magnitude": [9, 3], "steps": [{"Keep": {"by": {"from": 0, "too": 3}}}]}},
            {"rand_augment": {"steps": [{"Keep": {"by": {**grows, "as": "it is", "whole": 1}}}]}},
            {"rand_augment": {"steps": [{"Keep": {"by": {"values": [1]}}}, {"Keep": {"by": {"from": "a", "to": 1}}}]}},
            {"rand_augment": {"steps": [{"Keep": {"by": {"values": [1, 2], "to": 3}}}, {"Keep": {"bye": grows}}]}},
            {"rand_augment": {"steps": [{"Keep": {"by": grows, "bye": 1}}]}},
            {"Keep": {"by": grows}},
            {"aug_mix": {"severity": 10.5, "width": [1, 2], "depth": [3, 1], "alpha": 0, "steps": ["Keep"]}},
            {"aug_mix": {}},
            {"trivial_augment": []},
            {"trivial_augment": [{"Keep": {"p": 0}}]},
            {"trivial_augment": 3},
            {"trivial_augment": {"magnitude": 3, "steps": ["Keep"]}},
        ]
    )
    expected = {
        "numbers[0].rand_augment.N": "did you mean n?",
        "numbers[0].rand_augment.n": "from 0 to 100, got -1",
        "numbers[0].rand_augment.magnitude": "from 0 to 30, got 31",
        "numbers[0].rand_augment.p": "from 0 to 1, got 2",
        "numbers[1].rand_augment.magnitude": "got [9, 3]",
        "numbers[1].rand_augment.steps[0].Keep.by.too": "did you mean to?",
        "numbers[1].rand_augment.steps[0].Keep.by": "to is missing",
        "numbers[2].rand_augment.steps[0].Keep.by.as": "range or number, got 'it is'",
        "numbers[2].rand_augment.steps[0].Keep.by.whole": "true or false, got 1",
        "numbers[3].rand_augment.steps[0].Keep.by.values": "at least two numbers, got [1]",
        "numbers[3].rand_augment.steps[1].Keep.by.from": "a number, got 'a'",
        "numbers[4].rand_augment.steps[0].Keep.by": "got both",
        "numbers[4].rand_augment.steps[1].Keep.bye": "expected a known one, at magnitude 9",
        "numbers[5].rand_augment.steps[0].Keep.bye": "expected a known one ",
        "numbers[6].Keep": "in a policy only",
        "numbers[7].aug_mix.severity": "from 0 to 10, got 10.5",
        "numbers[7].aug_mix.width": "from 1 to 16, got [1, 2]",
        "numbers[7].aug_mix.depth": "from 1 to 16, got [3, 1]",
        "numbers[7].aug_mix.alpha": "from 0.01 to 100, got 0",
        "numbers[8].aug_mix": "no published space of aug_mix for numbers",
        "numbers[9].trivial_augment": "at least one step",
        "numbers[10].trivial_augment": "p above 0",
        "numbers[11].trivial_augment": "expected keys such as p:, got 3",
        "numbers[12].trivial_augment.magnitude": "expected a key of trivial_augment",
    }
    assert set(found) == set(expected)
    for path, told in expected.items():
        assert told in found[path], (path, found[path])


def test_a_misspelt_policy_is_told() -> None:
    with pytest.raises(RecipeError, match="did you mean aug_mix"):
        nodes_of({"augmix": {}})


KEYS = "from to values as whole both_ways Keep by p n steps magnitude severity depth width alpha allow_label_change"

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.just(10**400) | st.floats() | st.sampled_from(["Keep", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*POLICIES, *KEYS.split()]), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_no_data_makes_it_fail_in_another_way(numbers: None) -> None:
    @given(ODD, st.sampled_from([*POLICIES]))
    def law(data: Any, policy: str) -> None:
        for steps in (data, [{policy: data}], [{policy: [{"Keep": {"by": data}}]}]):
            try:
                draw(parsed(steps), chance(1))
            except RecipeError as error:
                assert error.problems

    law()


def test_what_may_break_labels_is_refused_unless_allowed(numbers: None) -> None:
    found = problems_of(["Break", {"one_of": ["Keep", {"Break": {"p": 1}}]}, {"rand_augment": ["Break"]}])
    assert set(found) == {"numbers[0].Break", "numbers[1].one_of[1].Break", "numbers[2].rand_augment[0].Break"}
    for told in found.values():
        assert "Break may break them: A day becomes a night" in told
        assert "write allow_label_change: true among its parameters, or leave Break out" in told
    allowed = {"allow_label_change": True}
    nodes = parsed(
        [
            {"Break": allowed},
            {"one_of": {**allowed, "steps": [{"sequence": ["Break"]}, "Keep"]}},
            {"rand_augment": {**allowed, "steps": ["Break", "Move"]}},
            {"aug_mix": {"steps": [{"Break": allowed}, "Keep"]}},
            "Move",
        ]
    )
    assert [(leaf.step.name, leaf.effect, leaf.allowed) for leaf in leaves(nodes)] == [
        ("Break", "may break", True),
        ("Break", "may break", True),
        ("Keep", "keeps", True),
        ("Break", "may break", True),
        ("Move", "moves", True),
        ("Break", "may break", True),
        ("Keep", "keeps", False),
        ("Move", "moves", False),
    ]


def test_permission_is_a_bool_and_one_that_is_withheld_inside_does_not_count(numbers: None) -> None:
    found = problems_of(
        [{"Keep": {"allow_label_change": "yes"}}, {"sequence": {"allow_label_change": 1, "steps": []}}]
    )
    assert "expected true or false, got 'yes'" in found["numbers[0].Keep.allow_label_change"]
    assert "expected true or false, got 1" in found["numbers[1].sequence.allow_label_change"]
    assert problems_of([{"Break": {"allow_label_change": False}}])


def test_a_broken_step_of_the_library_is_told_by_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from augment.engine import algebra

    real = algebra._labels
    broken = ("may break", "Words would be mirrored")
    monkeypatch.setattr(algebra, "_labels", lambda m, name: broken if name == "VerticalFlip" else real(m, name))
    file = tmp_path / "r.yaml"
    file.write_text("image:\n  - HorizontalFlip\n  - VerticalFlip: {p: 1}\n")
    with pytest.raises(RecipeError) as error:
        augment.load(file)
    (problem,) = error.value.problems
    assert (problem.path, problem.place) == ("image[1].VerticalFlip", f"{file}:3")
    file.write_text("image:\n  - HorizontalFlip\n  - VerticalFlip: {p: 1, allow_label_change: true}\n")
    recipe = augment.load(file)
    assert [(leaf.effect, leaf.allowed) for leaf in leaves(recipe.steps["image"])] == [
        ("moves", False),
        ("may break", True),
    ]


def test_leaves_say_what_they_do(numbers: None) -> None:
    (leaf,) = leaves(parsed(["Move"]))
    assert leaf == Leaf("Move.0", FakeStep("Move", 0.5), "moves", False)

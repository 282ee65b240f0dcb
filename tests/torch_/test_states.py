"""A state serves only where all that comes is what would have come, and no other value is taken for one."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import augment

torch = pytest.importorskip("torch")

import augment.torch as live  # noqa: E402

RECIPE: dict[str, Any] = {"expand": {"multiplier": 1}, "image": []}
COUNT = 18
ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 25),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
)


def key(item: Any) -> str:
    return str(item.source)


def made(folder: Path, rank: int = 0, world_size: int = 1, even: Any = None) -> Any:
    return live.IterableDataset(RECIPE, input=folder, convert=key, rank=rank, world_size=world_size, even=even)


def loader(folder: Path, *of: Any) -> Any:
    return live.Loader(made(folder, *of), 2, collate_fn=list)


def whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["epoch", "positions", "last", "position", "parts"]), ANY, st.sampled_from([0, 1, 2]))
def test_places_that_there_are_not_are_refused(shapes: Path, name: str, value: Any, many: int) -> None:
    if name in ("position", "parts"):
        taker: Any = made(shapes)
        right = whole(value, 0, COUNT) if name == "position" else whole(value, 1, 1024)
    else:
        taker = loader(shapes)
        right = whole(value, 0, 2**31) if name == "epoch" else whole(value, -1, 0)
        if name == "positions":
            value = [value] * many if many else value
            right = many == 1 and whole(value[0], 0, COUNT)
    state = taker.state_dict()
    if right:
        taker.load_state_dict({**state, name: value})
        if name in ("positions", "position"):
            place = value if name == "position" else value[0]
            taken = [[one] for one in taker] if name == "position" else list(taker)
            assert len(list(itertools.chain(*taken))) == (
                COUNT - place if place < COUNT or name == "position" else COUNT
            )
        return
    with pytest.raises(augment.AugmentError, match=rf"{name}: expected|num_workers: the state"):
        taker.load_state_dict({**state, name: value})
    assert taker.state_dict() == state
    with pytest.raises(augment.AugmentError, match="expected a state"):
        taker.load_state_dict({key: one for key, one in state.items() if key != name})


@pytest.mark.parametrize("even", [None, "pad", "drop"])
@pytest.mark.parametrize("kind", [loader, made])
def test_a_state_of_another_part_is_refused(shapes: Path, kind: Any, even: Any) -> None:
    ways = [(rank, world) for world in (1, 2, 3) for rank in range(world)]
    for rank, world in ways:
        giver = kind(shapes, rank, world, even)
        for _ in zip(range(2), giver, strict=False):
            pass
        state = giver.state_dict()
        for other in ways:
            taker = kind(shapes, *other, even)
            if other == (rank, world) or (even and other[1] == world):
                taker.load_state_dict(state)
                continue
            with pytest.raises(augment.AugmentError, match=r"world_size|rank"):
                taker.load_state_dict(state)
        if world > 1:
            with pytest.raises(augment.AugmentError, match="even"):
                kind(shapes, rank, world, "pad" if even != "pad" else None).load_state_dict(state)


@pytest.mark.parametrize("even", ["pad", "drop"])
def test_rank_0_keeps_the_state_of_all(shapes: Path, even: Any) -> None:
    loaders = [loader(shapes, rank, 4, even) for rank in range(4)]
    found = [list(itertools.islice(one, 1)) for one in loaders]
    state = loaders[0].state_dict()
    for rank, given_out in enumerate(found):
        rest = loader(shapes, rank, 4, even)
        rest.load_state_dict(state)
        given_out += rest
    assert found == [list(loader(shapes, rank, 4, even)) for rank in range(4)]
    seen = Counter(itertools.chain(*itertools.chain(*found)))
    assert seen.total() == (20 if even == "pad" else 16) and max(seen.values()) <= 2

"""Laws of draws: many at once are the same as one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from augment.chance import Chance

CHANCES = st.builds(Chance.of, st.integers(0, 99), st.text(max_size=5), st.integers(1, 9))


@given(chance=CHANCES, count=st.integers(0, 300))
def test_numbers_at_once_are_those_of_one_by_one(chance: Chance, count: int) -> None:
    numbers, draw = chance.numbers(count), chance.drawing()
    assert len(numbers) >= count
    assert [number * 2.0**-32 for number in numbers] == [draw() for _ in numbers]


@given(chance=CHANCES, counts=st.tuples(st.integers(0, 300), st.integers(0, 300)), octets=st.sampled_from([2, 4]))
def test_more_numbers_begin_with_those_of_before(chance: Chance, counts: tuple[int, int], octets: int) -> None:
    few, many = (chance.numbers(count, octets) for count in sorted(counts))
    assert many[: len(few)] == few
    assert all(0 <= number < 256**octets for number in many)
    drawn = b"".join(number.to_bytes(octets, "little") for number in many)
    assert chance.octets(len(drawn))[: len(drawn)] == drawn

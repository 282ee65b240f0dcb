"""What holds for events that are carried along by pieces of time, whatever the pieces."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Annotations, Event
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import NOTHING, Change, Piece, Timeline, concerns, follow, moved, retold
from augment.audio.value import Clip
from augment.sample import Sample

RATE = 1000
SECONDS = 10.0
ALL = Labels(min_visibility=0.0)

ticks = st.integers(0, 10_000).map(lambda tick: tick / 1000)
speeds = st.sampled_from([1.0, -1.0, 0.5, 2.0, -0.8, 1.25])


@st.composite
def events(draw: st.DrawFn, tier: str = "event") -> tuple[Event, ...]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        onset, offset = sorted((draw(ticks), draw(ticks)))
        found.append(Event(onset, offset, f"w{number}", tier))
    return tuple(found)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[Piece, ...]:
    """Any, in any order; they may overlap and reach out of the output."""
    found = []
    for _ in range(draw(st.integers(0, 5))):
        start, end = sorted((draw(ticks), draw(ticks)))
        at = draw(st.floats(-12, 12, allow_nan=False).map(lambda value: round(value, 3)))
        found.append(Piece(start, end, at, draw(speeds)))
    return tuple(found)


def clip(seconds: float) -> Clip:
    return Clip(np.zeros((1, round(seconds * RATE)), np.float32), RATE)


def run(whole: tuple[Event, ...], change: Change, labels: Labels = ALL, after: float = SECONDS) -> Sample:
    annotations = Annotations(events=whole, duration=SECONDS)
    return follow(Sample(clip(SECONDS), annotations=Timeline(annotations, labels)), clip(after), change)


def of(sample: Sample) -> tuple[Event, ...]:
    found: Annotations = sample.annotations.found
    return found.events


def covered(found: tuple[Event, ...], at: float) -> set[str | None]:
    """What is labelled at a time."""
    return {event.label for event in found if event.onset < at < event.offset}


@given(events(), pieces(), ticks.filter(lambda seconds: seconds > 0), st.floats(0, 1), st.floats(0, 3))
@settings(max_examples=300)
def test_nothing_is_outside_or_upside_down_or_too_small(
    whole: tuple[Event, ...], parts: tuple[Piece, ...], after: float, visible: float, least: float
) -> None:
    labels = Labels(min_visibility=visible, min_duration=least)
    made = run(whole, Change(parts), labels, after)
    assert made.annotations.found.duration == made.value.seconds == after
    for event in of(made):
        assert 0 <= event.onset <= event.offset <= after
        old = next(one for one in whole if one.label == event.label)
        if old.offset > old.onset:
            assert event.offset > event.onset
            assert event.offset - event.onset >= least - 1e-6
    assert list(of(made)) == sorted(of(made), key=lambda event: event.onset)
    kept = {event.label for event in of(made)}
    assert made.notes.get("events dropped", 0) == len(whole) - len(kept)


@given(events(), pieces(), st.randoms())
@settings(max_examples=200)
def test_the_order_of_pieces_does_not_matter(
    whole: tuple[Event, ...], parts: tuple[Piece, ...], chance: object
) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (sorted(map(repr, of(run(whole, Change(tuple(some)))))) for some in (parts, shuffled))
    assert one == other


@given(events())
def test_all_where_it_was_changes_nothing(whole: tuple[Event, ...]) -> None:
    ordered = tuple(sorted(whole, key=lambda event: event.onset))
    assert of(run(whole, NOTHING)) == whole
    assert of(run(ordered, Change((Piece(0.0, SECONDS),)))) == ordered
    cut = Change((Piece(4.0, SECONDS, 4.0), Piece(0.0, 4.0)))
    assert of(run(ordered, cut)) == ordered


@given(events(), pieces(), pieces())
@settings(max_examples=200)
def test_two_changes_are_the_one_after_the_other(
    whole: tuple[Event, ...], first: tuple[Piece, ...], second: tuple[Piece, ...]
) -> None:
    """Whatever is heard at a time after both is what the pieces lead back to, worked out here from the end."""
    first, second = (one_layer(parts) for parts in (first, second))
    once = run(whole, Change(first))
    twice = follow(once, clip(SECONDS), Change(second))
    for tick in range(7, 10_000, 313):
        at = tick / 1000 + 0.00037
        middle = back(at, second)
        source = back(middle, first) if middle is not None else None
        if source is None or any(near(time, parts) for time, parts in ((at, second), (middle, first))):
            continue
        wanted = {one.label for one in whole if one.onset < source < one.offset}
        assert wanted <= covered(of(twice), at)  # what was silenced in the midst of an event may be there too


def one_layer(parts: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Pieces of which no two sound at once."""
    kept: list[Piece] = []
    for part in parts:
        end = part.at + (part.end - part.start) / abs(part.speed)
        if all(end <= one.at or part.at >= one.at + (one.end - one.start) / abs(one.speed) for one in kept):
            kept.append(part)
    return tuple(kept)


def back(at: float | None, parts: tuple[Piece, ...]) -> float | None:
    """Where in the input that lies which is heard at a time."""
    for part in parts:
        since = (at or 0.0) - part.at
        if 0 <= since < (part.end - part.start) / abs(part.speed):
            return part.start + since * part.speed if part.speed > 0 else part.end + since * part.speed
    return None


def near(at: float | None, parts: tuple[Piece, ...]) -> bool:
    """Whether a time is so near to a seam that rounding decides."""
    seams = [seam for part in parts for seam in (part.at, part.at + (part.end - part.start) / abs(part.speed))]
    return any(abs((at or 0.0) - seam) < 1e-5 for seam in seams)


@given(events())
def test_reversed_twice_is_as_before(whole: tuple[Event, ...]) -> None:
    backwards = Change((Piece(0.0, SECONDS, 0.0, -1.0),))
    twice = follow(run(whole, backwards), clip(SECONDS), backwards)
    wanted = sorted((event.label, event.onset, event.offset) for event in whole)
    found = sorted((event.label, event.onset, event.offset) for event in of(twice))
    assert [label for label, _, _ in found] == [label for label, _, _ in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[1:] == pytest.approx(other[1:], abs=1e-6)


def test_an_event_that_begins_anew_is_another_one_and_one_that_goes_on_is_not() -> None:
    loop = Change((Piece(0.0, 5.0, 0.0), Piece(0.0, 5.0, 5.0)))
    assert [(one.onset, one.offset) for one in of(run((Event(0.0, 5.0, "a"),), loop))] == [(0.0, 5.0), (5.0, 10.0)]
    stutter = Change((Piece(0.0, 3.0), Piece(2.0, 3.0, 3.0), Piece(3.0, 9.0, 4.0)))
    assert [(one.onset, one.offset) for one in of(run((Event(1.0, 5.0, "a"),), stutter))] == [(1.0, 6.0)]
    mask = Change((Piece(0.0, 2.0), Piece(3.0, 10.0, 3.0)))
    assert [(one.onset, one.offset) for one in of(run((Event(1.0, 5.0, "a"),), mask))] == [(1.0, 5.0)]
    made = run((Event(1.0, 2.5, "a"), Event(2.1, 2.9, "b")), mask)
    assert [(one.onset, one.offset) for one in of(made)] == [(1.0, 2.0)]
    assert made.notes == {"events dropped": 1, "events cut off": 1}


@pytest.mark.parametrize(
    ("visible", "least", "kept"), [(0.5, 0, True), (0.51, 0, False), (0, 1, True), (0, 1.01, False)]
)
def test_enough_is_as_the_recipe_says(visible: float, least: float, kept: bool) -> None:
    labels = Labels(min_visibility=visible, min_duration=least)
    made = run((Event(2.0, 4.0, "a"),), Change((Piece(3.0, 10.0),)), labels)
    assert bool(of(made)) == kept


def test_moments_belong_to_what_begins_with_them_and_at_the_end_to_the_clip() -> None:
    beats = tuple(Event(at, at, str(at), "beat") for at in (0.0, 5.0, 10.0))
    crop = run(beats, Change((Piece(0.0, 5.0),)), after=5.0)
    assert [event.label for event in of(crop)] == ["0.0"]
    rest = run(beats, Change((Piece(5.0, 10.0),)), after=5.0)
    assert [(event.label, event.onset) for event in of(rest)] == [("5.0", 0.0), ("10.0", 5.0)]


def test_a_clip_rounded_to_whole_frames_cuts_nothing_that_is_told() -> None:
    made = run((Event(0.0, 10.0, "a"), Event(10.0, 10.0, "b", "beat")), NOTHING, after=9.999)
    assert [(event.onset, event.offset) for event in of(made)] == [(0.0, 9.999), (9.999, 9.999)]
    assert not made.notes


@given(events("word"), pieces())
@settings(max_examples=200)
def test_a_transcript_is_retold_only_when_words_are_lost_or_in_another_order(
    whole: tuple[Event, ...], parts: tuple[Piece, ...]
) -> None:
    ordered = sorted((event for event in whole if event.label), key=lambda event: event.onset)
    words = [str(event.label) for event in ordered]
    text = " ".join(words).upper() + "!"
    annotations = Annotations(events=whole, transcript=text, duration=SECONDS)
    sample = Sample(clip(SECONDS), annotations=Timeline(annotations, ALL))
    made = follow(sample, clip(SECONDS), Change(parts)).annotations.found
    left = [event.label for event in made.events]
    assert made.transcript == (text if left == words else " ".join(left))


def test_a_transcript_that_the_words_do_not_tell_stays() -> None:
    words = (Event(0, 1, "one", "word"), Event(1, 2, "two", "word"))
    assert retold("One, two.", words, words[:1]) == "one"
    assert retold("One two three.", words, words[:1]) == "One two three."
    assert retold("One, two.", (), ()) == "One, two."
    assert retold(None, words, ()) is None
    assert retold("one-two", (Event(0, 2, "one two", "word"),), ()) == ""


numbers = st.one_of(st.floats(1e-3, 1e6), st.integers(1, 10_000))


@given(numbers, st.floats(0.1, 10), st.booleans())
def test_tempo_and_pitch_scale_and_scale_back(number: float, factor: float, text: bool) -> None:
    value = repr(number) if text else number
    fields = {"bpm": value, "f0": value, "midi_note": value, "other": value}
    event = Event(0.0, 1.0, "a", fields=fields)
    sample = Sample(
        clip(SECONDS), fields=fields, annotations=Timeline(Annotations(events=(event,), fields=fields), Labels())
    )
    there = follow(sample, clip(SECONDS), Change(tempo=factor, pitch=factor))
    again = follow(there, clip(SECONDS), Change(tempo=1 / factor, pitch=1 / factor))
    places = (there.fields, there.annotations.found.fields, there.annotations.found.events[0].fields)
    for found in places:
        assert float(found["bpm"]) == pytest.approx(number * factor, rel=1e-6, abs=1e-8)
        assert float(found["f0"]) == pytest.approx(number * factor, rel=1e-6, abs=1e-8)
        assert float(found["midi_note"]) == pytest.approx(number + 12 * math.log2(factor), rel=1e-6, abs=1e-6)
        assert found["other"] == value
        assert isinstance(found["bpm"], str) == text
    for found in (again.fields, again.annotations.found.fields, again.annotations.found.events[0].fields):
        assert all(float(found[name]) == pytest.approx(number, rel=1e-6, abs=1e-6) for name in fields)


@pytest.mark.parametrize("value", ["fast", None, True, {"a": 1}, math.nan, "inf", [None, "x"], 1e308])
def test_what_is_no_number_is_left_alone(value: object) -> None:
    sample = Sample(clip(1.0), fields={"bpm": value})
    assert str(follow(sample, clip(1.0), Change(tempo=1e3)).fields["bpm"]) == str(value)


def test_lists_of_numbers_are_scaled_too() -> None:
    sample = Sample(clip(1.0), fields={"f0": [100, 0.0, "200"]})
    assert follow(sample, clip(1.0), Change(pitch=2.0)).fields["f0"] == [200.0, 0.0, "400"]


def test_what_concerns_nobody_is_left_alone() -> None:
    assert not concerns(Sample(clip(1.0), fields={"speaker": "x"}))
    assert concerns(Sample(clip(1.0), fields={"bpm": 120}))
    assert concerns(Sample(clip(1.0), annotations=Timeline(Annotations(), Labels())))
    sample, value = Sample(clip(1.0), fields={"bpm": 120}), clip(2.0)
    made = follow(sample, value, NOTHING)
    assert made.value is value
    assert replace(made, value=None) == replace(sample, value=None)


def test_without_durations_nothing_is_cut_at_the_ends() -> None:
    notes: Counter[str] = Counter()
    found = moved((Event(1.0, 2.0, "a"),), Change((Piece(0.0, 5.0, 100.0),)), ALL, notes)
    assert [(event.onset, event.offset) for event in found] == [(101.0, 102.0)]
    assert not notes

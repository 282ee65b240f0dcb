"""MaskedLabel of sounds: an event for each stretch that is hidden, and none elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.annotations import Annotations, Event
from augment.audio import modality
from augment.audio.labels.timeline import Timeline
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError
from augment.sample import Sample

RATE = 8000


def applied(sample: Sample, key: str = "a", **parameters: Any) -> tuple[Sample, dict[str, Any]]:
    step = modality.build("MaskedLabel", parameters, Setting(Path()))
    made, told = modality.apply(sample, [(step, Chance.of(5, key, 1))], modality.Labels())
    return made, dict(told[0].parameters)


def hidden(found: Annotations | None) -> list[Event]:
    return [event for event in found.events if event.label == "masked"] if found is not None else []


@given(
    frames=st.integers(1, 20000),
    rate=st.floats(0, 1),
    span=st.floats(0.001, 1),
    step=st.floats(0.005, 0.5),
    channels=st.integers(1, 2),
)
def test_events_are_where_it_is_silent_and_nowhere_else(
    frames: int, rate: float, span: float, step: float, channels: int
) -> None:
    samples = np.full((channels, frames), 0.5, np.float32)
    made, told = applied(Sample(Clip(samples, RATE), "cat"), rate=rate, span=span, step=step)
    events = hidden(made.annotations)
    assert len(events) == told["stretches"] and made.label == "cat"
    labelled = np.zeros(frames, bool)
    last = -1.0
    for event in events:
        assert last < event.onset < event.offset <= frames / RATE, "stretches that touch are one"
        last = event.offset
        first, stop = round(event.onset * RATE), round(event.offset * RATE)
        labelled[first:stop] = True
        fade = min(round(0.005 * RATE), (stop - first) // 2)
        assert not made.value.samples[:, first + fade : stop - fade].any()
    assert (made.value.samples[:, ~labelled] == 0.5).all()
    assert abs(labelled.sum() / RATE - told["hidden_s"]) < 1e-6
    if made.annotations is not None:
        assert made.annotations.duration == frames / RATE


def test_as_much_is_hidden_as_the_paper_says() -> None:
    """With 6.5 % of steps of 20 ms and stretches of ten, 49 % of a 15 s clip, in wav2vec 2.0's own figures."""
    samples = np.ones((1, 15 * RATE), np.float32)
    parts = [applied(Sample(Clip(samples, RATE)), str(key))[1]["hidden_s"] / 15 for key in range(60)]
    assert abs(np.mean(parts) - 0.49) < 0.02


def test_what_is_masked_away_goes_and_the_rest_stays() -> None:
    samples = np.ones((1, 4 * RATE), np.float32)
    events = tuple(Event(at, at + 0.02, f"{at:.2f}") for at in np.arange(0.1, 3.9, 0.1).round(2).tolist())
    before = Annotations(events=events, duration=4.0, transcript="all of it")
    made, _ = applied(Sample(Clip(samples, RATE), annotations=Timeline(before, modality.Labels())), rate=0.1)
    gone = hidden(made.annotations)
    left = {event.label for event in made.annotations.events} - {"masked"}
    assert gone and 0 < len(left) < len(events)
    for event in events:
        if any(one.onset + 0.005 < event.onset and event.offset < one.offset - 0.005 for one in gone):
            assert event.label not in left
        elif all(event.offset <= one.onset or one.offset <= event.onset for one in gone):
            assert event in made.annotations.events
    onsets = [event.onset for event in made.annotations.events]
    assert onsets == sorted(onsets) and made.annotations.transcript == "all of it"


def test_noise_is_as_loud_as_the_clip() -> None:
    wave = np.sin(np.arange(4 * RATE) * 0.3).astype(np.float32)[None]
    made, _ = applied(Sample(Clip(wave, RATE)), fill="noise")
    for event in hidden(made.annotations):
        part = made.value.samples[:, round(event.onset * RATE) + 60 : round(event.offset * RATE) - 60]
        assert 0.6 < np.sqrt(np.mean(part**2)) < 0.82


@pytest.mark.parametrize("wrong", [{"rate": 1.5}, {"rate": -0.1}, {"span": 0}, {"step": 0}, {"fill": "mean"}])
def test_wrong_parameters_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as raised:
        modality.build("MaskedLabel", wrong, Setting(Path()))
    assert [problem.path for problem in raised.value.problems] == [*wrong]

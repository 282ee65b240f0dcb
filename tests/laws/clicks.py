"""Clips with clicks at known times, and ears to find them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from scipy.ndimage import uniform_filter1d

from augment.annotations import Annotations, Event
from augment.audio import modality
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import Timeline
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Step
from augment.errors import SampleError
from augment.sample import Sample

LABELS = Labels(min_visibility=0.0)
RATES = (8000, 16000, 44100)
TONES = {"low": 600.0, "high": 1800.0}
"""What a click sounds like -> Hz: this is how two clicks are told apart, also by ears."""

WIDTH = 0.0015
"""Standard deviation of a click's amplitude, s."""

SHORT = 0.0001
"""The same of a click that has all frequencies up to some 3 kHz, s."""

BLUR = 0.0015
"""Standard deviation of the window by which energy is smoothed, s."""

NEAR = 0.012
"""How far from its label a click is sought, s."""

AROUND = 0.01
"""How far the interval reaches that is annotated round a click, s."""


@dataclass
class Heard:
    """What was found in many outputs: deviations in s, complaints, and how many labels could not be judged."""

    deviations: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    labels: int = 0
    seams: int = 0
    refused: int = 0

    @property
    def worst(self) -> float:
        """The greatest deviation, s."""
        return max(self.deviations, default=0.0)


@cache
def scene(number: int, tones: bool) -> Sample:
    """A clip with two clicks, each annotated as a moment and with an interval round it, and the span between them.

    With ``tones`` they differ in pitch; without, they are short and have all frequencies up to some 3 kHz.
    """
    rng = np.random.default_rng(number)
    rate, channels = RATES[number % 3], 1 + number // 3 % 2
    seconds = float(rng.uniform(0.5, 1.2) if number % 10 else rng.uniform(2, 4))
    frames = int(seconds * rate)
    times = np.sort(rng.uniform(0.015, seconds - 0.015, 2))
    while times[1] - times[0] < 0.05:
        times = np.sort(rng.uniform(0.015, seconds - 0.015, 2))
    names = list(TONES) if rng.random() < 0.5 else list(TONES)[::-1]
    wave = np.zeros(frames)
    for name, at in zip(names, times, strict=True):
        since = np.arange(frames) / rate - at
        if tones:
            wave += 0.5 * np.exp(-0.5 * (since / WIDTH) ** 2) * np.cos(2 * np.pi * TONES[name] * since)
        else:
            wave += 0.5 * np.exp(-0.5 * (since / SHORT) ** 2)
    samples = np.stack([wave * (1 - 0.3 * channel) for channel in range(channels)])
    if number % 4 == 0:
        samples += rng.standard_normal(samples.shape) * 1e-5
    duration = frames / rate
    events = [Event(at, at, name, "beat") for name, at in zip(names, times, strict=True)]
    events += [Event(at - AROUND, at + AROUND, name) for name, at in zip(names, times, strict=True)]
    events.append(Event(times[0], times[1], "span", "span"))
    annotations = Annotations(events=tuple(events), duration=duration)
    return Sample(Clip(samples.astype(np.float32), rate), annotations=Timeline(annotations, LABELS))


def partners(chance: Chance, count: int, balanced: bool) -> list[Sample]:
    """Other scenes, for steps that mix."""
    first = int(chance.child("partner").uniform() * 1000)
    return [scene(1000 + first + number, True) for number in range(count)]


def listen(steps: Sequence[Step], draws: int, tones: bool, moves: bool) -> Heard:
    """Apply steps, one after the other, to scenes and compare what is annotated with what is heard, both ways.

    Args:
        steps: The steps.
        draws: How many scenes, each with a draw of its own.
        tones: As in ``scene``.
        moves: Whether they move labels, or else what is heard may also be what they add.
    """
    heard = Heard()
    for number in range(draws):
        sample = replace(scene(number, tones), partners=partners)
        try:
            chance = Chance.of(3, str(number), 1)
            made, _ = modality.apply(sample, [(step, chance.child(step.name)) for step in steps], LABELS)
        except SampleError:
            heard.refused += 1
            continue
        _judge(heard, sample, made, f"draw {number}", tones, moves)
    return heard


def _judge(heard: Heard, sample: Sample, made: Sample, told: str, tones: bool, moves: bool) -> None:
    clip: Clip = made.value
    found: Annotations = made.annotations
    assert found.duration == clip.seconds
    assert all(0 <= event.onset <= event.offset <= clip.seconds for event in found.events)
    energy = loudness(clip)
    marks = [event for event in found.events if event.tier == "beat"]
    pitches: dict[str, list[float]] = {name: [] for name in TONES}
    for mark in marks:
        heard.labels += 1
        if not _whole(mark, found.events) or any(o is not mark and abs(o.onset - mark.onset) < 0.025 for o in marks):
            heard.seams += 1
            continue
        at, level = _peak(energy, clip.rate, mark.onset)
        if level < 1e-3 * energy.max() or abs(at - mark.onset) > 0.005:
            heard.complaints.append(f"{told}: {mark.label} at {mark.onset:.4f} s, {level:.3g} heard at {at:.4f} s")
            continue
        heard.deviations.append(abs(at - mark.onset))
        pitches[str(mark.label)].append(_pitch(clip, at))
    if tones and all(pitches.values()) and max(pitches["low"]) >= min(pitches["high"]):
        heard.complaints.append(f"{told}: another click than labelled: {pitches}")
    spans = [event for event in found.events if event.tier == "span"]
    if len(marks) == 2 and len(spans) == 1 and marks[0].label != marks[1].label:
        ends = sorted(mark.onset for mark in marks)
        if max(abs(spans[0].onset - ends[0]), abs(spans[0].offset - ends[1])) > 1e-6:
            heard.complaints.append(f"{told}: from click to click is {ends}, the label says {spans[0]}")
    if moves or len(marks) < 2:  # a mask moves nothing, but takes away
        _nothing_lost(heard, energy, clip.rate, loudness(sample.value).max(), [mark.onset for mark in marks], told)


def _nothing_lost(heard: Heard, energy: np.ndarray, rate: int, loud: float, marks: list[float], told: str) -> None:
    """Each click that is heard clearly has a label."""
    enough = 0.65 * max(float(energy.max()), 0.8 * loud)
    peaks = np.flatnonzero((energy[1:-1] > energy[:-2]) & (energy[1:-1] >= energy[2:]) & (energy[1:-1] > enough)) + 1
    for peak in peaks / rate:
        if not any(abs(peak - mark) < 0.005 for mark in marks):
            heard.complaints.append(f"{told}: a click at {peak:.4f} s has no label; there are {marks}")


def loudness(clip: Clip) -> np.ndarray:
    """Energy, smoothed."""
    power = np.square(clip.samples, dtype=np.float64).sum(axis=0)
    width = 2 * round(BLUR * clip.rate) + 1
    for _ in range(3):  # three boxes are nearly a bell
        power = uniform_filter1d(power, width, mode="constant")
    return power


def _whole(mark: Event, events: tuple[Event, ...]) -> bool:
    """Whether nothing was cut near a click: the interval round it reaches as far to the left as to the right."""
    for event in events:
        if event.tier == "event" and event.label == mark.label and event.onset < mark.onset < event.offset:
            left, right = mark.onset - event.onset, event.offset - mark.onset
            return abs(left - right) < 0.02 * (left + right)
    return False


def _peak(energy: np.ndarray, rate: int, near: float) -> tuple[float, float]:
    """Where it is loudest near a time, s, and how loud."""
    start = max(0, round((near - NEAR) * rate))
    part = energy[start : round((near + NEAR) * rate) + 1]
    if not part.size:
        return near, 0.0
    return float((start + part.argmax()) / rate), float(part.max())


def _pitch(clip: Clip, at: float) -> float:
    """The mean frequency of what is heard round a time, Hz."""
    start = max(0, int((at - 3 * WIDTH) * clip.rate))
    power = np.abs(np.fft.rfft(clip.samples[0, start : int((at + 3 * WIDTH) * clip.rate) + 1], 2048)) ** 2
    return float(power @ np.fft.rfftfreq(2048, 1 / clip.rate) / power.sum())


def responses(folder: Path) -> str:
    """Impulse responses, each with a delay, a weaker reflection and a tail."""
    place = folder / "responses"
    place.mkdir(exist_ok=True)
    for number, (rate, channels, delay) in enumerate([(16000, 1, 0.002), (44100, 2, 0.031), (8000, 1, 0.12)]):
        rng = np.random.default_rng(number)
        since = np.arange(rate // 2) / rate - delay
        tail = rng.standard_normal((channels, len(since))) * 0.03 * np.exp(-since / 0.1) * (since > 0.002)
        tail[:, int(delay * rate)] = 0.9
        tail[:, int((delay + 0.02) * rate)] -= 0.3
        soundfile.write(place / f"{number}.wav", tail.T, rate)
    return str(place)

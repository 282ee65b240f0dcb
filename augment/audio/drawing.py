"""How sounds are shown to people: a player and a mel spectrogram with what happens when, in HTML.

The mel scale is that of O'Shaughnessy (1987), ``2595 log10(1 + f / 700)``; levels are in dB below the loudest of all
sounds that are shown together, which share their axes too.
"""

from __future__ import annotations

import base64
import io
import math
import wave
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import count
from typing import Any

import numpy as np
from PIL import Image

from augment import svg
from augment.annotations import Annotations, Event
from augment.contracts import View

Samples = np.ndarray[Any, Any]

WIDTH = 284

COLUMNS, BANDS = 240, 80
"""Of a spectrogram."""

WINDOW = 0.032
"""Seconds that one spectrum is taken of."""

DEEP = 80.0
"""dB from the brightest to the darkest."""

MOST = 2_000_000
"""Frames of all channels that the players of one page hold together, 16 bits each: 5.3 MB of HTML."""

LEFT, TOP, ACROSS, HIGH, BELOW = 32, 8, 240, 96, 16
"""Pixels of the page: margin, margin, width and height of the spectrogram, margin."""

COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#ffffff")
"""The palette of Okabe and Ito (2008) on dark ground."""

MAGMA = bytes.fromhex("000004 1c1044 4f127b 812581 b5367a e55064 fb8761 fec287 fcfdbf")
"""Matplotlib's colour map of that name (Smith and van der Walt, 2015), RGB at every eighth of its length."""

STYLE = """
.augment-show img.sound {display: block; max-width: 100%; height: auto; margin: 0}
.augment-show audio {display: block; width: 100%; max-width: 284px; height: 32px; margin-top: 2px}
"""

GRAY = "#808080"

LETTER = 5.0
"""Pixels that a letter of an event's name takes, about."""

FONT = 'font-family="sans-serif" font-size="9"'
"""Attributes, not CSS: they survive more tools."""


def takes(value: Any, facts: Mapping[str, Any]) -> bool:
    """Arrays (channels, frames) or (frames,) with a rate."""
    return isinstance(value, np.ndarray) and value.ndim in (1, 2) and "rate" in facts


def draw(views: Sequence[View]) -> list[str]:
    """Each sound's spectrogram and player; all on one scale of time, pitch and level."""
    sounds = [(np.atleast_2d(np.nan_to_num(view.value)), int(view.facts["rate"])) for view in views]
    top = max(rate / 2 for _, rate in sounds)
    longest = max(samples.shape[1] / rate for samples, rate in sounds)
    powers = [_spectrogram(samples, rate, top) for samples, rate in sounds]
    loudest = max(float(power.max()) for power in powers) or 1.0
    labels = sorted({str(event.label or "") for view in views for event in _events(view.annotations)})
    colours = {label: COLOURS[place % len(COLOURS)] for place, label in enumerate(labels)}
    share = MOST // len(views)
    return [
        _picture(power / loudest, (samples.shape[1] / rate, longest, top), _marks(view.annotations, longest, colours))
        + _player(samples, rate, share)
        for view, (samples, rate), power in zip(views, sounds, powers, strict=True)
    ]


def _events(notes: Annotations | None) -> tuple[Event, ...]:
    return notes.events if notes is not None else ()


def _mel(hertz: Any) -> Any:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def _spectrogram(samples: Samples, rate: int, top: float) -> Samples:
    """Power of the mean of all channels, (BANDS, COLUMNS) float64, from 0 Hz to ``top``; 0 above half the rate."""
    size = max(16, round(WINDOW * rate))
    mono = np.pad(samples.mean(axis=0, dtype=np.float64), size // 2)
    frames = samples.shape[1]
    many = COLUMNS * min(8, max(1, math.ceil(2 * frames / size / COLUMNS)))  # windows overlap by half, if they can
    power = np.zeros((many, size // 2 + 1))
    starts = (np.arange(many) * frames) // many
    shape = np.hanning(size)
    for low in range(0, many, COLUMNS):
        pieces = np.stack([mono[start : start + size] for start in starts[low : low + COLUMNS]])
        power[low : low + COLUMNS] = np.abs(np.fft.rfft(pieces * shape)) ** 2 / shape.sum() ** 2
    means = power.reshape(COLUMNS, -1, power.shape[1]).mean(axis=1)
    return np.asarray(_bands(size, rate, top) @ means.T)


def _bands(size: int, rate: int, top: float) -> Samples:
    """Triangles on the mel scale, (BANDS, bins), each of weight 1; narrow ones take their nearest bin."""
    pitch = _mel(np.fft.rfftfreq(size, 1 / rate))
    middles = np.linspace(0, float(_mel(top)), BANDS + 2)
    width = middles[1]
    found = np.maximum(0, 1 - np.abs(pitch[None, :] - middles[1:-1, None]) / width)
    for band in np.flatnonzero(found.sum(axis=1) == 0):
        if middles[band + 1] <= pitch[-1] + width:
            found[band, np.argmin(np.abs(pitch - middles[band + 1]))] = 1
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))


def _picture(power: Samples, extent: tuple[float, float, float], marks: str) -> str:
    """A spectrogram with its axes; ``extent``: its seconds, those of the axis, and the highest pitch, Hz."""
    seconds, longest, top = extent
    level = 1 + 10 * np.log10(np.maximum(power, 1e-12)) / DEEP
    stops = np.frombuffer(MAGMA, np.uint8).reshape(-1, 3)
    steps = np.linspace(0, 255, len(stops))
    palette = np.stack([np.interp(np.arange(256), steps, part) for part in stops.T], axis=1)
    image = Image.fromarray(np.clip(level[::-1] * 255, 0, 255).round().astype(np.uint8), "L")
    image.putpalette(palette.round().astype(np.uint8).tobytes())
    stored = io.BytesIO()
    image.save(stored, "png", optimize=True)
    link = base64.b64encode(stored.getvalue()).decode("ascii")
    wide, whole = ACROSS * seconds / longest, TOP + HIGH + BELOW
    place = f'x="{LEFT}" y="{TOP}" width="{wide:.1f}" height="{HIGH}" preserveAspectRatio="none"'
    inside = f'<image {place} href="data:image/png;base64,{link}"/>{"".join(_axes(longest, top))}{marks}'
    return svg.image(inside, (WIDTH, whole), (WIDTH, whole), "sound")


def _axes(longest: float, top: float) -> Iterator[str]:
    """Ticks with their seconds and Hz."""
    step = _step(longest / 4)
    for number in count():
        if number * step > longest * 1.001:
            break
        x = LEFT + ACROSS * number * step / longest
        unit = " s" if number * step + step > longest * 1.001 else ""
        yield _text(x, TOP + HIGH + 11, f"{number * step:g}{unit}", "middle")
    for pitch, name in ((0, "0 Hz"), (500, "500"), (1_000, "1k"), (2_000, "2k"), (4_000, "4k"), (8_000, "8k")):
        if pitch <= top:
            y = TOP + HIGH * (1 - float(_mel(pitch) / _mel(top)))
            yield _text(LEFT - 3, min(y + 3, TOP + HIGH), name, "end")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    """A word in a gray that can be read on light and dark pages."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{GRAY}" {FONT}>{text}</text>'


def _step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 … s, ms and so on."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * one for one in (1, 2, 5, 10) if power * one >= least * 0.999)


def _marks(notes: Annotations | None, longest: float, colours: Mapping[str, str]) -> str:
    """Events as boxes over their time, each tier's names in lanes of their own; moments as lines."""
    found = []
    for event, lane in _lanes(_events(notes), longest):
        x = LEFT + ACROSS * event.onset / longest
        wide = max(0.5, ACROSS * (event.offset - event.onset) / longest)
        colour = colours[str(event.label or "")]
        place = f'x="{x:.1f}" y="{TOP}" width="{wide:.1f}" height="{HIGH}"'
        name = escape(event.label or "")
        paint = f'fill="{colour}" fill-opacity=".12" stroke="{colour}"'
        found.append(f"<rect {place} {paint}><title>{name}</title></rect>")
        y = TOP + 9 + 10 * (lane % 8)
        place = f'x="{x + 2:.1f}" y="{y}" fill="{colour}" {FONT}'
        halo = 'stroke="#000" stroke-width="2" stroke-linejoin="round"'
        found.append(f"<text {place} {halo}>{name}</text><text {place}>{name}</text>")
    return "".join(found)


def _lanes(events: Sequence[Event], longest: float) -> Iterator[tuple[Event, int]]:
    """Each event with the lane of its name: the first of its tier's where the name before has ended."""
    first = 0
    for tier in dict.fromkeys(event.tier for event in events):
        ends: list[float] = []
        for event in sorted((one for one in events if one.tier == tier), key=lambda one: one.onset):
            x = ACROSS * event.onset / longest
            lane = next((place for place, end in enumerate(ends) if end <= x), len(ends))
            ends[lane : lane + 1] = [x + 4 + LETTER * len(event.label or "")]
            yield event, first + lane
        first += len(ends)


def _player(samples: Samples, rate: int, share: int) -> str:
    """The sound as WAV of 16 bits, mono or stereo as it is, more channels as their mean; at most ``share`` samples."""
    if len(samples) > 2:
        samples = samples.mean(axis=0, keepdims=True)
    frames = min(samples.shape[1], max(rate // 2, share // len(samples)))
    whole = np.clip(np.rint(samples[:, :frames] * 32768), -32768, 32767).astype("<i2")
    stored = io.BytesIO()
    with wave.open(stored, "wb") as file:
        file.setparams((len(samples), 2, rate, 0, "NONE", ""))
        file.writeframes(np.ascontiguousarray(whole.T).tobytes())
    link = base64.b64encode(stored.getvalue()).decode("ascii")
    cut = f"<small>the first {frames / rate:.1f} of {samples.shape[1] / rate:.1f} s</small>"
    player = f'<audio controls preload="metadata" src="data:audio/wav;base64,{link}"></audio>'
    return player + (cut if frames < samples.shape[1] else "")

"""What library steps that cut, lay anew, turn round or stretch do to time."""

from __future__ import annotations

import numpy as np

from augment.audio.labels.timeline import NOTHING, Change, Piece
from augment.audio.labels.use import Use
from augment.audio.value import Clip
from augment.errors import SampleError

LOOKS = 64
"""Frames by which a crop is sought before all of it is compared."""

BLOCK = 1 << 20
"""Places that are tried at once."""


def adjusted_duration(use: Use) -> Change:
    """AdjustDuration: cropped at a place that is not among what it drew, or padded at one end."""
    had, got = use.frames
    if got == had:
        return NOTHING
    if got < had:
        return cropped(use)
    at = got - had if use.given("padding_position") == "start" else 0
    return Change(padded(use.given("padding_mode"), (0, had), at, got, use.rate))


def cropped(use: Use) -> Change:
    """Trim, and AdjustDuration of what is too long: the place is where the output lies in the input."""
    had, got = use.frames
    if got == had:
        return NOTHING
    start = place(use.before, use.after)
    return Change((_piece(start, start + got, 0, use.rate),))


def place(whole: Clip, part: Clip) -> int:
    """The first frame from which on a clip is the same as another, which was cut from it.

    Raises:
        SampleError: It was not cut from it.
    """
    frames, more = part.samples.shape[1], whole.samples.shape[1] - part.samples.shape[1]
    loudest = np.abs(part.samples).argmax(axis=1)
    looks = [int(at) for at in (*loudest, *np.linspace(0, frames - 1, LOOKS))]
    for block in range(0, more + 1, BLOCK):
        first = whole.samples[0, looks[0] + block : looks[0] + min(block + BLOCK, more + 1)]
        found = np.flatnonzero(first == part.samples[0, looks[0]]) + block
        for at in looks:
            if found.size and np.array_equal(whole.samples[:, found[0] : found[0] + frames], part.samples):
                return int(found[0])
            found = found[1:][(whole.samples[:, found[1:] + at] == part.samples[:, at, None]).all(axis=0)]
            if not found.size:
                break
        for start in found:
            if np.array_equal(whole.samples[:, start : start + frames], part.samples):
                return int(start)
    raise SampleError("step failed", "labels can't follow: what it gives is no part of the clip")


def padding(use: Use) -> Change:
    """Padding: one end is replaced by silence, or by copies of what is kept."""
    length = use.drawn["padding_length"]
    had, got = use.frames
    kept = got - length
    start, at = (had - kept, length) if use.given("pad_section") == "start" else (0, 0)
    return Change(padded(use.given("mode"), (start, start + kept), at, got, use.rate)) if length else NOTHING


def padded(mode: str, kept: tuple[int, int], at: int, frames: int, rate: int) -> tuple[Piece, ...]:
    """What is heard where something is padded as ``numpy.pad`` does it.

    Args:
        mode: ``wrap`` and ``reflect`` fill up with copies; all others with something else.
        kept: The frames of the input that are kept, from the first to that behind the last.
        at: Where they lie in the output.
        frames: Of the output.
        rate: Frames a second.
    """
    start, end = kept
    own = _piece(start, end, at, rate)
    length = end - start
    if mode == "wrap" and length > 0:
        places = range(at - -(-at // length) * length, frames, length)
        return tuple(_piece(start, end, place, rate) for place in places)
    if mode != "reflect" or length < 2:
        return (own,)
    made = [own]  # a mirror repeats all frames but that at its edge
    for number, place in enumerate(range(at + length, frames, length - 1)):
        made.append(_mirrored(number, kept, place, rate, later=True))
    for number, place in enumerate(range(at - length + 1, 1 - length, 1 - length)):
        made.append(_mirrored(number, kept, place, rate, later=False))
    return tuple(made)


def _mirrored(number: int, kept: tuple[int, int], at: int, rate: int, later: bool) -> Piece:
    """One of the copies that a mirror makes: the even ones run backwards."""
    start, end = kept
    backwards = number % 2 == 0
    first = backwards != later  # whether it is the first frame that lies at the edge
    frames = (start + 1, end) if first else (start, end - 1)
    return _piece(*frames, at, rate, -1.0 if backwards else 1.0)


def repeated_part(use: Use) -> Change:
    """RepeatPart: a part is heard again and again; a moment in a crossfade belongs to what is louder."""
    first, length = use.drawn["part_start_index"], use.drawn["part_num_samples"]
    frames, rate = use.frames[0], use.rate
    fade = use.given("crossfade_duration")
    half = max(1, (int(fade * rate) + 1) // 2) if fade else 0
    back = first + length
    again = min(back + half, frames) - first - half  # the part ends with the clip
    pieces = [_piece(0, back, 0, rate)]
    at = back
    for _ in range(use.drawn["repeats"]):
        pieces.append(_piece(first, first + again, at, rate))
        at += again
    rest = back if use.given("mode") == "insert" else at
    return Change((*pieces, _piece(rest, frames, at, rate)))


def reversed_time(use: Use) -> Change:
    """Reverse: all runs backwards."""
    return Change((Piece(0.0, use.before.seconds, 0.0, -1.0),))


def shifted(use: Use) -> Change:
    """Shift: all comes later or earlier; with rollover, what leaves at one end comes in at the other."""
    frames, rate = use.frames[0], use.rate
    unit = {"samples": 1, "seconds": rate, "fraction": frames}[use.given("shift_unit")]
    places = round(use.drawn["shift_amount"] * unit)
    if not use.given("rollover"):
        return Change((_piece(0, frames, places, rate),)) if places else NOTHING
    places %= frames
    split = frames - places
    return Change((_piece(0, split, places, rate), _piece(split, frames, 0, rate))) if places else NOTHING


def masked(use: Use) -> Change:
    """TimeMask: a part is silent; it fades at both of its ends, within it."""
    first, length = use.drawn["t0"], use.drawn["t"]
    frames, rate = use.frames[0], use.rate
    fade = min(round(rate * use.given("fade_duration")), length // 2) // 2
    start, end = first + fade, first + length - fade
    return Change((_piece(0, start, 0, rate), _piece(end, frames, end, rate))) if length else NOTHING


def stretched(use: Use) -> Change:
    """TimeStretch: faster or slower, and then perhaps cut off. Both methods begin at the start, without a delay."""
    speed = float(use.drawn["rate"])
    return Change((Piece(0.0, use.before.seconds, 0.0, speed),), tempo=speed)


def _piece(start: int, end: int, at: int, rate: int, speed: float = 1.0) -> Piece:
    """In frames."""
    return Piece(start / rate, end / rate, at / rate, speed)

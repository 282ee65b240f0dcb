"""The block ``labels:`` of a recipe: what becomes of events, words, beats, tempo and pitch."""

from __future__ import annotations

import pydantic

from augment.options import Options


class Labels(Options):
    """What becomes of what steps cut off, mask, stretch or shift in pitch. Untouched originals keep theirs.

    Args:
        min_visibility: An event of whose duration less than this part is left, from 0 to 1, is dropped.
        min_duration: An event of which less than this is left is dropped, s. Moments, such as beats, have no duration
            and are kept wherever they can be heard.
        tempo: Fields that hold a tempo, such as beats a minute: they are multiplied when a copy gets faster.
        pitch: Fields that hold a frequency in Hz: they are multiplied when a copy's pitch goes up.
        midi: Fields that hold a pitch as a MIDI number: semitones are added to them.
    """

    min_visibility: float = pydantic.Field(default=0.1, ge=0, le=1)
    min_duration: float = pydantic.Field(default=0.0, ge=0)
    tempo: tuple[str, ...] = ("bpm", "tempo")
    pitch: tuple[str, ...] = ("f0", "f0_hz", "pitch_hz")
    midi: tuple[str, ...] = ("midi", "midi_note", "midi_pitch")

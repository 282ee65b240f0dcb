"""Labels follow time: each label is where its click is heard, and each click that is heard has its label.

Every step of sound is found by itself, ours too. A step that is said to keep time is held to that.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from augment.audio import modality
from augment.audio.library import transforms
from augment.audio.tryout import missing
from augment.contracts import Setting
from tests.laws import clicks
from tests.laws.audio_recipes import recipe

NAMES = modality.names()
DRAWS = 300
"""For each step that moves labels."""

FEWER = 150
"""For each step that keeps time."""


def spread(**lists: list[Any]) -> list[dict[str, Any]]:
    """All combinations."""
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


ROOM = [f"{end}_size_{axis}" for end in ("min", "max") for axis in "xyz"]
PADS = ["silence", "wrap", "reflect"]
WIDE: dict[str, list[dict[str, Any]]] = {
    "AdjustDuration": [
        *spread(duration_seconds=[0.3, 1.0, 2.5], padding_mode=PADS, padding_position=["start", "end"]),
        *spread(duration_samples=[6000, 30000]),
    ],
    "ApplyImpulseResponse": spread(leave_length_unchanged=[True, False]),
    "Mp3Compression": [
        *spread(preserve_delay=[True], quality=[2, 7], min_bitrate=[32, 128], max_bitrate=[320]),
        {"min_bitrate": 32, "max_bitrate": 320},
    ],
    "Padding": spread(mode=PADS, pad_section=["start", "end"], max_fraction=[0.95]),
    "RepeatPart": spread(
        mode=["insert", "replace"],
        crossfade_duration=[0.0, 0.005, 0.02],
        min_part_duration=[0.05],
        max_part_duration=[0.45],
        max_repeats=[6],
    ),
    "RoomSimulator": [
        *spread(
            leave_length_unchanged=[True, False], use_ray_tracing=[False], calculation_mode=["absorption", "rt60"]
        ),
        {
            **dict.fromkeys(ROOM, 8.0),
            "min_mic_distance": 2,
            "max_mic_distance": 3,
            "use_ray_tracing": False,
            "max_order": 0,
        },
    ],
    "Shift": [
        *spread(rollover=[True, False], min_shift=[-0.99], max_shift=[0.99], fade_duration=[0.0, 0.005]),
        *spread(rollover=[True, False], min_shift=[-3000], max_shift=[3000], shift_unit=["samples"]),
        *spread(rollover=[True, False], min_shift=[-1.5], max_shift=[2.5], shift_unit=["seconds"], fade_duration=[0]),
    ],
    "TimeMask": spread(max_band_part=[0.8], fade_duration=[0.0, 0.005, 0.1], mask_location=["start", "end", "random"]),
    "TimeStretch": spread(leave_length_unchanged=[True, False], min_rate=[0.5], max_rate=[2.0]),
    "BandStopFilter": [{"max_bandwidth_fraction": 1.5}],  # twice the centre leaves nothing of a click but rumble
    "ClippingDistortion": [{"max_percentile_threshold": 0}],
    "Soundscape": [{"snr_db": [-60, -50]}],
    "Trim": spread(top_db=[10.0, 30.0, 60.0]),
    "PitchShift": [{"min_semitones": -12, "max_semitones": 12}],
    "LowPassFilter": [
        {},
        {"min_cutoff_freq": 60, "max_cutoff_freq": 300, "min_rolloff": 12, "max_rolloff": 48},
        {"min_rolloff": 24, "max_rolloff": 96, "zero_phase": True},
    ],
    "BandPassFilter": [{}, {"min_center_freq": 200, "max_center_freq": 800, "max_bandwidth_fraction": 0.8}],
}
"""Wide ranges, and what changes the way in which a step works; the others run as the sweep of all steps runs them."""

ALSO = {"ApplyImpulseResponse": "ir_path"}
"""Steps whose sounds must be of a kind of their own -> the parameter."""


def steps(name: str, folder: Path) -> list[Any]:
    needed = [found.name for found in modality.describe(name).parameters if found.default == "required"]
    least = recipe(name, needed, folder)
    if name in ALSO:
        least[ALSO[name]] = clicks.responses(folder)
    if name in WIDE:
        wide = {key for parameters in WIDE[name] for key in parameters}
        least = {key: value for key, value in least.items() if key in needed and key not in wide}
    return [modality.build(name, {**least, **more}, Setting(folder)) for more in WIDE.get(name, [{}])]


def skip_without_extra(name: str) -> None:
    if name in transforms() and [*missing(name, {})]:
        pytest.skip(f"the package for {name} is not installed")


FILTERS = {"BandPassFilter", "LowPassFilter"}
"""They move labels, and a click of one tone may be gone after them."""


SMEARS = {"PitchShift"}
"""They keep time and put sound together anew: of a click shorter than a millisecond they may make two, 10 ms apart."""

ADDS = {"Soundscape"}
"""They move labels, but only those that they add."""


@pytest.mark.parametrize("name", NAMES)
def test_each_label_is_at_its_click_and_each_click_has_its_label(name: str, tmp_path: Path) -> None:
    skip_without_extra(name)
    moves = modality.describe(name).labels == "moves" and name not in ADDS
    tones = (moves or name in SMEARS) and name not in FILTERS
    built = steps(name, tmp_path)
    draws = -(-(DRAWS if moves or name in SMEARS else FEWER) // len(built))
    for step in built:
        judge([step], draws, tones, moves)


def judge(chain: list[Any], draws: int, tones: bool, moves: bool) -> None:
    heard = clicks.listen(chain, draws, tones, moves)
    assert not heard.complaints, (chain, len(heard.complaints), heard.complaints[:5])
    assert heard.refused <= 0.1 * draws, (chain, heard.refused)
    assert heard.seams <= 0.3 * heard.labels, (chain, heard.seams, heard.labels)
    assert heard.worst < 0.005


CHAINS = [
    ("TimeStretch", "PitchShift"),
    ("PitchShift", "TimeStretch"),
    ("Reverse", "Shift"),
    ("TimeStretch", "AdjustDuration"),
    ("RepeatPart", "Reverse"),
    ("Shift", "RepeatPart"),
]


@pytest.mark.parametrize("names", CHAINS, ids="-".join)
def test_labels_follow_through_steps_in_a_row(names: tuple[str, ...], tmp_path: Path) -> None:
    built = [steps(name, tmp_path) for name in names]
    for number in range(4):
        judge([one[number % len(one)] for one in built], 40, tones=True, moves=True)

"""The smallest recipe with which each step of sound works; what can't be found by itself stands here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

SPECIAL: dict[str, dict[str, Any]] = {
    "AdjustDuration": {"duration_seconds": 0.2},
    "RepeatPart": {"min_part_duration": 0.05, "max_part_duration": 0.2},
    "Clip": {"a_min": -0.05, "a_max": 0.05},
    "TimeStretch": {"min_rate": 0.2, "max_rate": 3.0, "leave_length_unchanged": False},
    "AddShortNoises": {"min_time_between_sounds": 0.01, "max_time_between_sounds": 0.1},
    "FixedLength": {"seconds": 0.7, "position": "random", "fill": "loop"},
    "NormalizeLoudness": {"lufs": [-40, -20]},
    "Soundscape": {"snr_db": [-60, -50]},
    "SpeedPerturb": {"factors": [0.9, 1.1, 0.45, 1.3]},
    "RoomSimulator": {"ray_tracing_options": {"n_rays": 300, "receiver_radius": 0.5, "energy_thres": 1e-5}},
}
"""Where a parameter is required, the defaults want a long clip, or they leave the dangerous part out: a TimeStretch
at a rate below 0.5 has a generator of its own. What Soundscape adds is soft, so that nobody takes it for the clip."""


def recipe(name: str, required: list[str], folder: Path) -> dict[str, Any]:
    """Parameters for one step; ``folder`` gets the sounds that it needs."""
    return {**{key: sounds(folder) for key in required}, **SPECIAL.get(name, {})}


def sounds(folder: Path) -> str:
    """A folder with three noises below it: their rates and channels differ."""
    place = folder / "sounds"
    rng = np.random.default_rng(5)
    for number, (rate, channels) in enumerate([(16000, 1), (8000, 2), (44100, 1)]):
        file = place / f"room{number % 2}" / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        fading = np.exp(-np.arange(rate // 4) / (rate / 20))[:, None]
        noise = rng.standard_normal((rate // 4, channels)) * 0.1 * fading
        soundfile.write(file, noise, rate, subtype="PCM_16")
    return str(place)

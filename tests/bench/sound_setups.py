"""Clips, noises and four-step recipes that peers of sound run, as our steps and as a Compose of audiomentations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

CLASSES = 4
KINDS: Mapping[str, tuple[int, int]] = {"16k": (16_000, 1), "44k": (44_100, 1), "stereo": (44_100, 2)}
"""Name -> sample rate, Hz, and channels of the clips."""

NOISES, RESPONSES = "<noises>", "<responses>"
"""Stand for the folders of noises and impulse responses that ``beside`` draws."""

Recipe = list[dict[str, dict[str, Any]]]

RECIPES: Mapping[str, Recipe] = {
    "readme": [
        {"AddGaussianNoise": {"min_amplitude": 0.001, "max_amplitude": 0.015, "p": 0.5}},
        {"TimeStretch": {"min_rate": 0.8, "max_rate": 1.25, "p": 0.5}},
        {"PitchShift": {"min_semitones": -4, "max_semitones": 4, "p": 0.5}},
        {"Shift": {"p": 0.5}},
    ],
    "plain": [
        {"Gain": {"p": 1.0}},
        {"AddGaussianSNR": {"p": 1.0}},
        {"LowPassFilter": {"p": 1.0}},
        {"PolarityInversion": {"p": 0.5}},
    ],
    "rooms": [
        {"AddBackgroundNoise": {"sounds_path": NOISES, "p": 1.0}},
        {"Gain": {"p": 1.0}},
        {"Shift": {"p": 0.5}},
        {"ApplyImpulseResponse": {"ir_path": RESPONSES, "p": 0.5}},
    ],
    "filters": [
        {"BandStopFilter": {"p": 0.5}},
        {"TimeMask": {"p": 0.5}},
        {"SevenBandParametricEQ": {"p": 0.5}},
        {"ClippingDistortion": {"p": 0.5}},
    ],
    "codec": [
        {"HighPassFilter": {"p": 0.5}},
        {"AddColorNoise": {"p": 0.5}},
        {"Mp3Compression": {"p": 0.5}},
        {"Normalize": {"p": 0.5}},
    ],
    "nothing": [],
}


def sound(rng: np.random.Generator, rate: int, channels: int, seconds: float = 4.0) -> np.ndarray:
    """(frames, channels): a few tones that come and go, over a little noise."""
    time = np.arange(int(rate * seconds), dtype=np.float32) / rate
    tones = np.zeros((time.size, channels), np.float32)
    for _ in range(6):
        pitch, pulse, phase = rng.uniform(100, 3000), rng.uniform(0.5, 4), rng.uniform(0, 6)
        tone = np.sin(2 * np.pi * pitch * time + phase) * (0.5 + 0.5 * np.sin(2 * np.pi * pulse * time))
        tones += (0.08 * tone)[:, None] * rng.uniform(0.5, 1, channels)
    return np.asarray(tones + rng.standard_normal(tones.shape, dtype=np.float32) * np.float32(0.01))


def draw(folder: Path, count: int, kind: str, seconds: float = 4.0) -> None:
    """Write ``count`` clips as 16-bit WAV below ``folder``, in four class folders."""
    rate, channels = KINDS[kind]
    for number in range(count):
        place = folder / f"class-{number % CLASSES}" / f"{number:05d}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, sound(np.random.default_rng([11, number]), rate, channels, seconds), rate)


def beside(folder: Path) -> dict[str, str]:
    """Twelve noises of 3 to 10 s and eight impulse responses of 0.5 s, of two rates; name that stands -> folder."""
    rng = np.random.default_rng(5)
    for number in range(12):
        place = folder / "noises" / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, sound(rng, (16_000, 44_100)[number % 2], 1, rng.uniform(3, 10)), 44_100)
    for number in range(8):
        place = folder / "responses" / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        rate = (16_000, 44_100)[number % 2]
        fading = np.exp(-np.arange(rate // 2) / (rate / 10)) * rng.standard_normal(rate // 2) * 0.1
        soundfile.write(place, fading, rate)
    return {NOISES: str(folder / "noises"), RESPONSES: str(folder / "responses")}


def listed(folder: Path) -> list[Path]:
    """All clips of a folder, sorted."""
    return sorted(folder.rglob("*.wav"))


def steps(name: str, places: Mapping[str, str]) -> Recipe:
    """The steps of a recipe, with the folders in their places."""
    return [
        {
            step: {key: places.get(value, value) if isinstance(value, str) else value for key, value in given.items()}
            for step, given in one.items()
        }
        for one in RECIPES[name]
    ]


def compose(chain: Recipe) -> Any:
    """What a person would write with the library."""
    import audiomentations

    return audiomentations.Compose([getattr(audiomentations, name)(**one[name]) for one in chain for name in one])


def recipe(chain: Recipe, copies: int, form: str, fast: bool) -> dict[str, Any]:
    """The same as one of our recipes: every output is made, none is an untouched original."""
    return {
        "recipe": 1,
        "seed": 7,
        "expand": {"multiplier": copies, "keep_originals": False},
        "audio": chain,
        **({} if fast else {"fast": False}),
        "output": {"format": form, "audio": {"format": "flac"}},
    }

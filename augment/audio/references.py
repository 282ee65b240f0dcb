"""Sounds that a step needs beside the one it works on: noises, impulse responses; named in the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import soundfile

from augment import references
from augment.audio.peer import SUPPORTED_EXTENSIONS
from augment.errors import Problem, RecipeError
from augment.failures import first_line

MOST_TOLD = 3
"""Unreadable files that one problem names."""


@dataclass(frozen=True)
class References:
    """What a step is given beside the clip.

    Args:
        key: The parameter of the library that takes the files; empty where the step needs none.
        files: Absolute paths, in the order of the recipe, folders sorted by the path below them.
        told: What each file is called in the provenance: its path below the folder that was named.
        least: Clips shorter than this can't take them, s; 0 without files. AddBackgroundNoise, which reads as much of
            a noise as the clip is long, would never end where that is less than a frame; it knows the noise's
            duration in single precision only.
    """

    key: str = ""
    files: tuple[Path, ...] = ()
    told: tuple[str, ...] = ()
    least: float = 0.0

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Absolute path -> what it is called."""
        return {str(file): name for file, name in zip(self.files, self.told, strict=True)}

    def arguments(self) -> dict[str, list[str]]:
        """For the constructor of the library: files only, for it lists folders in any order."""
        return {self.key: [str(file) for file in self.files]} if self.key else {}

    def fit(self, seconds: float) -> None:
        """Raises ValueError for a clip that is shorter than ``least``."""
        if seconds < self.least:
            raise ValueError(f"it needs at least {self.least * 1000:.3f} ms, for it adds sounds")


NOTHING = References()


def take(key: str, value: Any, base: Path) -> References:
    """The sounds that a folder, a file name or a list of them stands for.

    Names are taken against ``base``, the recipe's folder, and if nothing is there against the working folder.

    Raises:
        RecipeError: A name leads nowhere, no sound was found, or one can't be read.
    """
    endings = " ".join(SUPPORTED_EXTENSIONS)
    found = references.find(value, base, key, f"sounds ({endings})", SUPPORTED_EXTENSIONS)
    least = _checked(key, found)
    return References(key, tuple(file for file, _ in found), tuple(name for _, name in found), least)


def _checked(key: str, found: list[tuple[Path, str]]) -> float:
    """``least`` of References: two frames, and what single precision loses. Raises RecipeError for unusable files."""
    least = 0.0
    bad = []
    for file, name in found:
        if file.suffix.lower() not in SUPPORTED_EXTENSIONS:  # the library would leave it out in silence
            bad.append(f"{name} (its ending is not one of {' '.join(SUPPORTED_EXTENSIONS)})")
            continue
        try:
            head = soundfile.info(str(file))
        except (soundfile.SoundFileError, OSError) as error:
            bad.append(f"{name} ({first_line(error).replace(str(file), name)})")
            continue
        if not head.frames:
            bad.append(f"{name} (no frames)")
        else:
            least = max(least, 2 / head.samplerate + head.duration * 2.0**-23)
    if bad:
        more = f" and {len(bad) - MOST_TOLD} more" if len(bad) > MOST_TOLD else ""
        expected = f"expected sounds that libsndfile reads, got {'; '.join(bad[:MOST_TOLD])}{more}"
        raise RecipeError([Problem(key, expected, "take them out of the folder, or convert them to FLAC or WAV")])
    return least

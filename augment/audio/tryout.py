"""A step on trial when it is built: whether its extras are there, and whether it works on some clip."""

from __future__ import annotations

import importlib
import re
import shutil
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from augment.audio import schema
from augment.audio.diagnose import EXTRAS
from augment.audio.library import LibraryStep, transforms
from augment.audio.value import Clip
from augment.chance import Chance
from augment.errors import Problem, RecipeError, SampleError
from augment.sample import Sample

BACKENDS = {"fast-mp3-augment": "fast_mp3_augment", "lameenc": "lameenc", "pydub": "pydub"}
"""Backend of Mp3Compression, which is also the distribution -> its module."""

CLIPS = ((1, 0.5, 16000), (2, 3.0, 44100), (1, 12.0, 16000))
"""Channels, seconds and rate (Hz) of the clips on trial; what fails on all, fails."""


def try_out(step: LibraryStep) -> None:
    """Make the instance and let it work. Raises RecipeError where it can't be made, or can work on no clip."""
    problems = [*missing(step.name, step.parameters)]
    if problems:
        raise RecipeError(problems)
    made(step)
    for attempt in (step, *_ends(step)):
        said = _works(attempt)
        if said:
            told = ", ".join(f"{key}: {attempt.parameters[key]!r}" for key in step.parameters)
            expected = f"expected parameters with which {step.name} works; it fails with {told or 'none'}: {said}"
            raise RecipeError([Problem("", expected)])


def missing(name: str, parameters: Mapping[str, Any]) -> Iterator[Problem]:
    """Libraries that the step would import when it is applied, and that are not there."""
    needed = {step: (module, distribution) for module, (distribution, step) in EXTRAS.items()}
    path = ""
    if name == "Mp3Compression":
        path = "backend" if "backend" in parameters else ""
        backend = parameters.get("backend", schema.defaults(transforms()[name])["backend"])
        needed[name] = (BACKENDS[backend], backend)
        if backend == "pydub" and shutil.which("ffmpeg") is None:
            yield Problem("backend", "expected the program ffmpeg, which pydub calls; it is not there", BEST_MP3)
    if name not in needed:
        return
    module, distribution = needed[name]
    try:
        importlib.import_module(module)
        if module == "pyroomacoustics":
            importlib.import_module("pyroomacoustics.random")  # without it, no two runs would give the same bytes
    except ImportError as error:
        newer = ">=0.9" if "pyroomacoustics.random" in str(error) else ""
        expected = f"expected the package {distribution}{newer}, which {name} needs ({error})"
        yield Problem(path, expected, f"pip install '{distribution}{newer}'")


BEST_MP3 = "write backend: fast-mp3-augment"


def made(step: LibraryStep) -> None:
    """Make the instance. Raises RecipeError with the constructor's own words."""
    try:
        step.__dict__.pop("transform", None)
        _ = step.transform
    except Exception as error:  # constructors of the library raise whatever they like
        said = _assertion(error)
        mentioned = [key for key in step.parameters if re.search(rf"\b{key}\b", said)]
        path = mentioned[0] if len(mentioned) == 1 else ""
        got = ", ".join(f"{key}: {step.parameters[key]!r}" for key in mentioned)
        raise RecipeError([Problem(path, said + (f"; got {got}" if got else ""))]) from error


def _assertion(error: Exception) -> str:
    """What the constructor said; of an assertion without words, what it asserts."""
    if str(error):
        return f"expected other values: {' '.join(str(error).split())}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    told = " ".join((last.line or type(error).__name__).split()).removeprefix("assert ")
    return f"expected {told.replace(' is not None', ' to be given')}"


def _ends(step: LibraryStep) -> Iterator[LibraryStep]:
    """The step with all its ranges drawn together to their low ends, then to their high ends."""
    kind = transforms()[step.name]
    filled = {**schema.defaults(kind), **step.parameters}
    found = [pair for pair in schema.pairs(schema.fields(kind)) if pair[0].startswith("min_")]
    if not any(end in step.parameters for pair in found for end in pair):
        return  # the library's own ranges are sound
    for end in (0, 1):
        drawn = {key: filled[pair[end]] for pair in found for key in pair}
        attempt = replace(step, parameters={**step.parameters, **drawn})
        try:
            made(attempt)
        except RecipeError:
            continue  # a range may have no such end: the bitrates of MP3
        yield attempt


def _works(step: LibraryStep) -> str:
    """Empty if the step works on some clip, else what it said of the first."""
    first = ""
    for channels, seconds, rate in CLIPS:
        try:
            step.apply(Sample(Clip(_noise(channels, int(seconds * rate)), rate)), Chance.of(0, "", 0))
        except SampleError as error:
            first = first or error.detail.partition(": ")[2]
        else:
            return ""
    return first


def _noise(channels: int, frames: int) -> np.ndarray:
    """A fixed noise with a peak of about 0.4, which no step has a reason to refuse."""
    generator = Chance.of(0, "noise", 0).generator()
    return (generator.standard_normal((channels, frames)) * 0.1).astype(np.float32)

"""Recipe parameters of a library step -> checked ones, with every mistake found and the right name beside it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from augment import native
from augment.audio import references, schema
from augment.audio.library import EXCLUDED, FILES, LibraryStep, transforms
from augment.audio.names import KNOWN
from augment.audio.peer import BaseCompose, BaseTransform, audiomentations
from augment.audio.tryout import try_out
from augment.contracts import Setting
from augment.errors import Problem, RecipeError, nearest
from augment.steps import unknown_parameter

GROUPS = {
    "OneOf": "write one_of",
    "SomeOf": "write some_of",
    "Compose": "write sequence",
    "SpecCompose": "write sequence",
}
"""Compositions of the library -> what recipes have for them."""

STEPS = {
    "AddImpulseResponse": "write ApplyImpulseResponse",
    "FrequencyMask": "write BandStopFilter",
    "SpecChannelShuffle": "works on spectrograms; steps here work on waveforms",
    "SpecFrequencyMask": "write BandStopFilter; steps here work on waveforms",
    "PeakNormalization": "write Normalize",
}
"""Names of older versions -> what to write."""

GONE = {
    ("AddBackgroundNoise", "lru_cache_size"): "leave it out: the cache has been removed in audiomentations 0.43.0",
    ("AddGaussianSNR", "min_SNR"): "write min_snr_db, in dB",
    ("AddGaussianSNR", "max_SNR"): "write max_snr_db, in dB",
    ("AddShortNoises", "signal_gain_in_db_during_noise"): "write signal_gain_db_during_noise",
    ("LoudnessNormalization", "min_lufs_in_db"): "write min_lufs",
    ("LoudnessNormalization", "max_lufs_in_db"): "write max_lufs",
    ("Shift", "fade"): "write fade_duration: 0.005 for true, 0 for false",
    ("Shift", "min_fraction"): "write min_shift",
    ("Shift", "max_fraction"): "write max_shift",
    ("TimeMask", "fade"): "write fade_duration: 0.005 for true, 0 for false",
}
"""Parameters of older versions -> what to write; those that only lost an ``_in`` are found by themselves."""

LEAST = {
    ("AddShortNoises", "min_time_between_sounds"): 0,
    ("AddShortNoises", "lru_cache_size"): 1,
    ("AddColorNoise", "n_fft"): 2,
    ("ApplyImpulseResponse", "lru_cache_size"): 1,
    ("Resample", "min_sample_rate"): 1,
}
"""The smallest values of parameters that the library doesn't check, though it would hang or fail on some clips."""


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> LibraryStep:
    """A step from its recipe. Raises RecipeError with every problem."""
    if name not in transforms():
        raise RecipeError([unknown(name)])
    given = {str(key): value for key, value in parameters.items()}
    p, problems = native.chance(given, defaults(name)["p"])
    sounds = references.NOTHING
    for key in needed(name):
        try:
            if key in given:
                sounds = references.take(key, given.pop(key), setting.base)
            else:
                problems.append(Problem(key, f"expected {kind_of(name, key)}; it has no default"))
        except RecipeError as error:
            problems += error.problems
    known = names(name)
    problems += [_unknown_parameter(name, key) for key in given if key not in known]
    given = {key: value for key, value in given.items() if key in known}
    problems += _value_problems(name, given)
    if problems:
        raise RecipeError(problems)
    step = LibraryStep(name, p, given, sounds, setting.native)
    try_out(step)
    return step


def names(name: str) -> list[str]:
    """The parameters of a step as a recipe may give them: those that plain data can fill."""
    found = schema.fields(transforms()[name])
    return [key for key in found if not schema.takes_code(found[key]) and (name, key) not in GONE]


def needed(name: str) -> list[str]:
    """Parameters that name sounds beside the recipe."""
    return [key for key in schema.fields(transforms()[name]) if key in FILES]


def defaults(name: str) -> Mapping[str, Any]:
    """Parameter -> default, of those that have one."""
    return schema.defaults(transforms()[name])


def kind_of(name: str, key: str) -> str:
    """A parameter's type and permitted values, in words."""
    if key in FILES:
        return "a folder, a file or a list of them"
    return "probability from 0 to 1" if _is_chance(key) else schema.text(schema.fields(transforms()[name])[key])


def unknown(name: str) -> Problem:
    """What is wrong with a name that is no step, and what to write."""
    if name in EXCLUDED:
        return Problem(name, f"expected a step for a recipe, {name} is none: it {EXCLUDED[name]}")
    if name in STEPS:
        return Problem(name, f"expected a step, {name} is not one any more", STEPS[name])
    found = getattr(audiomentations, name, None)
    if name in GROUPS or (inspect.isclass(found) and issubclass(found, BaseCompose)):
        return Problem(name, f"expected a step, {name} groups steps", GROUPS.get(name, "write sequence"))
    if inspect.isclass(found) and issubclass(found, BaseTransform):
        return Problem(name, f"expected a step, {name} is only the base of transforms")
    return KNOWN.unknown(name)


def _unknown_parameter(step: str, key: str) -> Problem:
    known, found = names(step), schema.fields(transforms()[step])
    shorter = next((new for new in (key.replace("_in_db", "_db"), key.replace("_in_db", "")) if new in known), "")
    if (step, key) in GONE:
        return Problem(key, f"{step} has no {key} any more", GONE[step, key])
    if shorter and shorter != key:
        return Problem(key, f"{step} has no {key} any more", f"write {shorter}")
    if key in found:
        fix = f"leave {key} out"
        return Problem(key, f"{key} of {step} has a meaning only in code, and a recipe is data", fix)
    return unknown_parameter(step, key, known)


def _value_problems(name: str, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the values, as far as types, ranges and their order tell."""
    found = schema.fields(transforms()[name])
    problems = {key: problem for key in given for problem in _misfit(name, key, given[key])}
    filled = {**defaults(name), **given}
    for low, high in schema.pairs(found):
        wrong = {low, high} & set(problems)
        given_ends = [key for key in (low, high) if key in given]
        if wrong or not given_ends or filled[low] <= filled[high]:
            continue
        told = [f"{key}: {filled[key]}{'' if key in given else ' (its default)'}" for key in (low, high)]
        other = high if low in given else low
        fix = f"write {low}: {filled[high]}, {high}: {filled[low]}" if len(given_ends) == 2 else f"give {other} too"
        problems[given_ends[0]] = Problem(given_ends[0], f"expected {low} <= {high}, got {' and '.join(told)}", fix)
    return [problems[key] for key in given if key in problems]


def _misfit(name: str, key: str, value: Any) -> Iterator[Problem]:
    """What is wrong with one value by itself."""
    annotation = schema.fields(transforms()[name])[key]
    right = kind_of(name, key)
    if schema.misfits(annotation, value):
        close = nearest(value, schema.options(annotation)) if isinstance(value, str) else ""
        yield Problem(key, f"expected {right}, got {value!r}", close if close.startswith("did") else "")
    elif _is_chance(key) and not 0 <= value <= 1:
        yield Problem(key, f"expected {right}, got {value!r}")
    elif value is not None and (name, key) in LEAST and value < LEAST[name, key]:
        yield Problem(key, f"expected {right}, >= {LEAST[name, key]}, got {value!r}")


def _is_chance(key: str) -> bool:
    return key == "p" or key.startswith("p_") or key.endswith("_probability")

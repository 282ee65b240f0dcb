"""What of the sound libraries is on this machine, and what is missing for which format or step."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

from augment.contracts import Finding

EXTRAS = {
    "fast_mp3_augment": ("fast-mp3-augment", "Mp3Compression"),
    "loudness": ("loudness", "LoudnessNormalization"),
    "numpy_audio_limiter": ("numpy-audio-limiter", "Limiter"),
    "pyroomacoustics": ("pyroomacoustics", "RoomSimulator"),
}
"""Module -> distribution, and the step of audiomentations that imports it, though only once it is applied."""

NEWEST_FORMATS = {"MP3": "MPEG_LAYER_III", "OGG": "OPUS"}
"""Formats that an old libsndfile of the system, which soundfile takes where its wheel brings none, may lack."""


def findings() -> Iterator[Finding]:
    """One finding after the other."""
    yield from _soundfile()
    for name in ("soxr", "augment.audio.library"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            yield Finding("bad", f"import {name} fails: {error}", "pip install --force-reinstall audiomentations soxr")
        else:
            yield Finding("ok", f"import {name} works")
    if importlib.util.find_spec("av"):
        yield Finding("ok", "PyAV reads MPEG-4 and AAC (m4a)")
    else:
        yield Finding("note", "no PyAV: MPEG-4 and AAC (m4a) can't be read", "pip install 'augment[m4a]'")
    for module, (distribution, step) in EXTRAS.items():
        if importlib.util.find_spec(module) is None:
            yield Finding("note", f"no {distribution}: {step} can't be used", f"pip install {distribution}")


def _soundfile() -> Iterator[Finding]:
    """libsndfile's version: it is not soundfile's, and outputs depend on it."""
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: there is no libsndfile for it
        yield Finding("bad", f"import soundfile fails: {error}", "pip install --force-reinstall soundfile")
        return
    about = f"libsndfile {soundfile.__libsndfile_version__}"
    known = soundfile.available_formats()
    missing = [
        subtype
        for form, subtype in NEWEST_FORMATS.items()
        if form not in known or subtype not in soundfile.available_subtypes(form)
    ]
    if missing:
        fix = "pip install --force-reinstall soundfile"
        yield Finding("bad", f"{about} lacks {' and '.join(missing)}; 1.1 or later has them", fix)
    else:
        yield Finding("ok", about)

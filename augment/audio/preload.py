"""All that a worker needs to make sounds, imported once before workers are forked."""

import soundfile
import soxr

import augment.audio.decode
import augment.audio.encode
import augment.audio.library
import augment.audio.parameters

__all__ = ["augment", "soundfile", "soxr"]

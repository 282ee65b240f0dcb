"""All that a worker needs for texts, imported once before workers are forked; nlpaug comes with its first step."""

import regex

import augment.text.decode
import augment.text.encode
import augment.text.labels.settle
import augment.text.library
import augment.text.value

__all__ = ["augment", "regex"]

"""Document -> bytes: UTF-8, and an unchanged one as the bytes that it was read from."""

from __future__ import annotations

from augment.options import Options
from augment.sample import Encoded
from augment.text.decode import encoded, original
from augment.text.value import Document


class Encoding(Options):
    """No options: what is written is UTF-8."""


def encode(document: Document, encoding: Encoding) -> Encoded:
    """See the Modality contract. Raises SampleError for lone surrogates."""
    if document.raw is not None:
        return original(document.raw, "")
    return encoded(document.texts)

"""A function of the user's own done to a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from augment.errors import SampleError
from augment.own import Change, Definition
from augment.sample import Sample
from augment.text.value import Document, Edit, Passage

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def onto(found: Definition, change: Change, sample: Sample) -> Sample:
    """Give it each text of the sample in turn. Raises SampleError, or what the function raises.

    Where something is annotated or guarded, only what the function has changed is put in, token by token, so that
    spans follow; what would touch an entity, an answer, a URL or the like is left as it was.
    """
    document: Document = sample.value
    made: dict[str, Passage] = {}
    for name, passage in document.passages.items():
        text = change(passage.text)
        if not isinstance(text, str) or not text or text.isspace():
            what = "nothing but white space" if isinstance(text, str) else type(text).__name__
            raise SampleError("step failed", f"{found.name}: expected a text, got {what}")
        if passage.simple and not passage.spans:
            made[name] = passage if text == passage.text else Passage(text, (), passage.policy)
        else:
            made[name] = passage.edited(differences(passage.text, text))
    return replace(sample, value=document.changed(made))


def differences(old: str, new: str) -> Iterator[Edit]:
    """Edits that make one text of another, of whole tokens."""
    was, now = list(_TOKEN.finditer(old)), list(_TOKEN.finditer(new))
    left, right = [one[0] for one in was], [one[0] for one in now]
    for kind, first, last, begin, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind != "equal":
            start = was[first].start() if first < len(was) else len(old)
            yield start, was[last - 1].end() if last > first else start, "".join(right[begin:end])

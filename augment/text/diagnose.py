"""What of the libraries for texts is on this machine, and what is missing for which step."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from augment.contracts import Finding
from augment.errors import RecipeError
from augment.text import nltk_data
from augment.text.segment import SEGMENTERS

WANTED = "1.1.11"
"""The version of nlpaug whose names, parameters and defaults these are."""


def findings() -> Iterator[Finding]:
    """One finding after the other."""
    yield from _nlpaug()
    try:
        importlib.import_module("regex")
    except ImportError as error:
        yield Finding("bad", f"import regex fails: {error}", "pip install --force-reinstall regex")
    else:
        yield Finding("ok", "import regex works")
    yield from _nltk()
    for name in sorted(set(SEGMENTERS.values())):
        scripts = " and ".join(script.lower() for script, package in SEGMENTERS.items() if package == name)
        if importlib.util.find_spec(name) is None:
            about = f"no {name}: each character of {scripts} counts as a word"
            yield Finding("note", about, "pip install 'augment[segmenters]'")
        else:
            yield Finding("ok", f"{name} cuts {scripts} into words")
    absent = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if absent:
        about = f"no {' and no '.join(absent)}: steps that ask a language model can't be used"
        yield Finding("note", about, "pip install 'augment[models]'")
    else:
        yield Finding("ok", "torch and transformers are there for steps that ask a language model")


def _nlpaug() -> Iterator[Finding]:
    """Whether its sources are those that we know, and can be imported."""
    try:
        found = version("nlpaug")
    except PackageNotFoundError:
        yield Finding("bad", "no nlpaug", f"pip install nlpaug=={WANTED}")
        return
    try:
        from augment.text import library, peer

        for name in library.transforms():
            peer.load(name)
    except Exception as error:  # another version may be written in any way
        yield Finding("bad", f"nlpaug {found} can't be used: {error}", f"pip install nlpaug=={WANTED}")
        return
    if found == WANTED:
        yield Finding("ok", f"nlpaug {found}")
    else:
        yield Finding("note", f"nlpaug {found}; known is {WANTED}", f"pip install nlpaug=={WANTED}")


def _nltk() -> Iterator[Finding]:
    names = " and ".join(nltk_data.OURS)
    try:
        nltk_data.check("SynonymAug", "")
    except RecipeError as error:
        problem = error.problems[0]
        yield Finding("note", f"{names} can't be used without a folder nltk_data: {problem.expected}", problem.fix)
    else:
        yield Finding("ok", f"NLTK and its data are there for {names}")

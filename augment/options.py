"""The base of every block of options in a recipe. A module of its own: pydantic takes time to import."""

from __future__ import annotations

import re

import pydantic


class Options(pydantic.BaseModel):
    """Unknown keys are errors, values are frozen."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def worded(message: str) -> str:
    """A sentence of pydantic's as ours, in the words of YAML: what was expected."""
    said = message.removeprefix("Value error, ").replace("Input should be", "expected")
    said = re.sub(r"a valid dictionary( or instance of \w+)?", "a mapping", said).replace("a valid tuple", "a list")
    return re.sub(r"\ba valid (?=[aeiou])", "an ", said).replace("a valid ", "a ")

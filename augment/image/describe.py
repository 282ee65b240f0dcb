"""What ``augment list`` and ``augment describe`` say of a library step, read from its own docstring and signature."""

from __future__ import annotations

import inspect
import re
from typing import Any

import yaml

from augment.contracts import Description, Parameter
from augment.image import parameters, references, schema
from augment.image.library import moves, transforms
from augment.steps import shown

DOCS = "https://explore.albumentations.ai/transform/"


def describe(name: str) -> Description:
    """All about one step. Raises KeyError."""
    kind = transforms()[name]
    doc = inspect.cleandoc(kind.__doc__ or "")
    about = _arguments(doc)
    defaults = parameters.defaults(name)
    fields = schema.fields(kind)
    listed = [
        Parameter(
            key,
            _shown(key, defaults[key]) if key in defaults else "required",
            schema.text(key, fields[key], defaults.get(key)),
            about.get(key, ""),
        )
        for key in parameters.names(name)
    ]
    ours = references.keys(name)
    listed += [Parameter(key, "one" if key == "boxes" else "required", parameters.OURS[key]) for key in ours]
    return Description(name, _summary(doc), "moves" if moves(name) else "keeps", _note(name), listed, DOCS + name)


def _note(name: str) -> str:
    if not moves(name):
        return (
            "Boxes, masks and keypoints stay where they are. The class stays true unless it names a colour or a look."
        )
    flips = re.search(r"Flip|Transpose|Rotate|D4|Symmetry|Reverse", name) is not None
    turned = " Classes that mean a direction or a text (left hand, 6 and 9) may break." if flips else ""
    return f"Boxes, masks and keypoints move with the pixels.{turned}"


def _summary(doc: str) -> str:
    """The first sentence."""
    head = " ".join(doc.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s", head)[0]


def _arguments(doc: str) -> dict[str, str]:
    """The Args section: name -> text, in one line."""
    found = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", doc, re.MULTILINE | re.DOTALL)
    about: dict[str, str] = {}
    name = ""
    for line in (found[1] if found else "").splitlines():
        start = re.match(r"^ {4}(\w+)\s*(?:\([^:]*\))?\s*:\s*(.*)", line)
        if start:
            name = start[1]
            about[name] = start[2]
        elif name and line.strip():
            about[name] += " " + line.strip()
    return about


def _shown(key: str, value: Any) -> str:
    """A default as one would write it in a recipe."""
    named = {number: word for word, number in schema.options(key, None).items()}
    if type(value) is int and value in named:
        return named[value]
    plain = list(value) if isinstance(value, tuple) else value
    try:
        return shown(plain)
    except yaml.YAMLError:
        return str(plain)

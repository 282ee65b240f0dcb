"""What ``augment list`` and ``augment describe`` say of a library step, read from its own docstring and signature."""

from __future__ import annotations

import inspect
import re
import typing
from typing import Any

import yaml

from augment.contracts import Description, Parameter
from augment.image import parameters, references
from augment.image.library import moves, transforms

DOCS = "https://explore.albumentations.ai/transform/"


def describe(name: str) -> Description:
    """All about one step. Raises KeyError."""
    kind = transforms()[name]
    doc = inspect.cleandoc(kind.__doc__ or "")
    about = _arguments(doc)
    defaults = parameters.defaults(name)
    schema = getattr(kind, "InitSchema", None)
    fields = schema.model_fields if schema else {}
    listed = [
        Parameter(
            key, _shown(defaults[key]) if key in defaults else "required", _kind(fields.get(key)), about.get(key, "")
        )
        for key in parameters.names(name)
        if not (key == "reference_images" and name in references.METADATA)
    ]
    if name in references.METADATA:
        ours = ["texts", "boxes"] if name == "TextImage" else ["reference_images"]
        listed += [Parameter(key, "required" if key != "boxes" else "one", parameters.OURS[key], "") for key in ours]
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


def _shown(value: Any) -> str:
    """A default as one would write it in a recipe."""
    plain = list(value) if isinstance(value, tuple) else value
    try:
        return yaml.safe_dump(plain, default_flow_style=True).replace("...", "").strip()
    except yaml.YAMLError:
        return str(plain)


def _kind(field: Any) -> str:
    """A parameter's type and permitted range, from the library's schema."""
    if field is None:
        return ""
    text = _type_text(field.annotation)
    rules = [rule for item in field.metadata if (rule := _rule(item))]
    return ", ".join([text, *dict.fromkeys(rules)])


def _type_text(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " | ".join(str(option) for option in inner)
    if origin is typing.Annotated:
        rules = [rule for item in inner[1:] if (rule := _rule(item))]
        return _type_text(inner[0]) + (f" ({', '.join(rules)})" if rules else "")
    if origin is tuple:
        return "[" + ", ".join("…" if part is Ellipsis else _type_text(part) for part in inner) + "]"
    if inner and (origin is typing.Union or type(annotation).__name__ == "UnionType"):
        return " or ".join(_type_text(part) for part in inner)
    if annotation is type(None):
        return "null"
    return getattr(annotation, "__name__", str(annotation)).replace("typing.", "")


def _rule(item: Any) -> str:
    """A bound on a value, as a sign and a number, if the schema's item is one."""
    for name, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if getattr(item, name, None) is not None:
            return f"{sign} {getattr(item, name)}"
    function = getattr(item, "func", None)
    bounds = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
    if "min_val" in bounds:
        return f"from {bounds['min_val']} to {bounds.get('max_val') or 'any'}"
    return "low <= high" if getattr(function, "__name__", "") == "nondecreasing" else ""

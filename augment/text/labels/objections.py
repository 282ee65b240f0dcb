"""Steps that a data set's labels would not survive, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from augment.contracts import Step
from augment.errors import nearest
from augment.sample import Dataset


def objections(step: Step, dataset: Dataset) -> Iterator[str]:
    """Why this step can't be done to this data set; nothing where all is well."""
    named = getattr(getattr(step, "options", step), "columns", None)
    wanted = (named,) if isinstance(named, str) else tuple(named or ())
    known = dataset.rows.texts if dataset.rows is not None else ("text",)
    for name in wanted:
        if name not in known:
            yield f"columns: expected {' or '.join(known)}, got {name!r}; {nearest(name, known)}".removesuffix("; ")
    if dataset.spanned and getattr(step, "rewrites", False):
        yield f"{step.name} writes the whole text anew, and spans can't follow; leave it out"

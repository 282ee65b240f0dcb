"""What ``augment doctor`` looks at: Python, our own parts, and what each modality says of its libraries."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from augment import __version__, catalog
from augment.contracts import Finding


def examine() -> Iterator[Finding]:
    """One finding after the other."""
    yield Finding("ok", f"augment {__version__} on Python {sys.version.split()[0]}")
    told = [finding for name in catalog.names("modalities") for finding in catalog.modality(name).diagnose()]
    yield from _requirements(told)
    yield from told


def _requirements(told: Sequence[Finding]) -> Iterator[Finding]:
    """Installed versions against what we declare; a missing extra is only a note.

    What ``told``, the modalities' findings, has too is left to them, for they know what a package is for.
    """
    for line in requires("augment") or []:
        wanted = Requirement(line)
        extra = _extra(wanted)
        if extra == "dev" or wanted.name == "augment":
            continue
        install = f"pip install 'augment[{extra}]'" if extra else f"pip install '{wanted.name}{wanted.specifier}'"
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            if any(re.search(rf"\bno {re.escape(wanted.name)}\b", one.about) for one in told):
                continue
            about = f"{wanted.name} is missing"
            yield Finding("note", f"{about} (extra {extra})", install) if extra else Finding("bad", about, install)
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            yield Finding("bad", f"{wanted.name} {found}, expected {wanted.specifier}", install)
        elif not extra and not any(f"{wanted.name} {found}" in one.about for one in told):
            yield Finding("ok", f"{wanted.name} {found}")


def _extra(wanted: Requirement) -> str:
    """The extra that asks for a requirement; empty for one that is always needed."""
    found = re.search(r"""extra == ['"]([^'"]+)""", str(wanted.marker or ""))
    return found[1] if found else ""

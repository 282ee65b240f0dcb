"""What can be wrong with OpenCV and albumentations on this machine, and the fix."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from augment.contracts import Finding

OPENCVS = ("opencv-python-headless", "opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


def findings() -> Iterator[Finding]:
    """One finding after the other."""
    yield from _opencv()
    yield from _imports()


def _opencv() -> Iterator[Finding]:
    """All four distributions write into one folder, cv2; the last one installed wins, and removing one breaks it."""
    found = {name: number for name in OPENCVS if (number := _version(name))}
    told = ", ".join(f"{name} {number}" for name, number in found.items())
    if list(found) == [OPENCVS[0]]:
        yield Finding("ok", f"one OpenCV: {told}")
    elif len(found) > 1:
        fix = f"pip uninstall -y {' '.join(found)} && pip install {OPENCVS[0]}"
        yield Finding("bad", f"a mixed OpenCV install: {told} overwrite each other's files in cv2/", fix)
    elif not found:
        yield Finding("bad", "no OpenCV is installed", f"pip install {OPENCVS[0]}")
    else:
        fix = f"pip uninstall -y {' '.join(found)} && pip install {OPENCVS[0]}"
        yield Finding("note", f"another OpenCV than the one we are tested with: {told}", fix)


def _imports() -> Iterator[Finding]:
    """Whether the libraries can be imported at all (opencv-python without libGL can't)."""
    for name in ("cv2", "augment.image.library"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            fix = "pip uninstall -y opencv-python && pip install --force-reinstall opencv-python-headless"
            yield Finding("bad", f"import {name} fails: {error}", fix)
        else:
            yield Finding("ok", f"import {name} works")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

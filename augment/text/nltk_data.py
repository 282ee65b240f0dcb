"""NLTK's data: where they are, whether what a step needs is there, and no download where it is not."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augment.errors import Problem, RecipeError

TAGGER = "taggers/averaged_perceptron_tagger_eng"

NEEDED = ("corpora/wordnet", "corpora/omw-1.4", TAGGER)
"""What SynonymAug and AntonymAug look for; with PPDB only the last."""

OURS = {"SynonymAug": "SynonymReplacement", "AntonymAug": "Antonyms"}
"""Steps that need them -> our own ones, which need nothing."""

KEY = "nltk_data"


def check(name: str, folder: str, needed: Sequence[str] = NEEDED) -> tuple[Path, ...]:
    """The files that a step will use.

    Args:
        name: Of the step.
        folder: Where to look first, as an absolute path; empty: only where NLTK does.
        needed: Which data.

    Raises:
        RecipeError: NLTK is missing, or some of its data.
    """
    instead = f"or use our own {OURS[name]}, which needs none of it"
    try:
        nltk: Any = importlib.import_module("nltk")
    except ImportError:
        problem = Problem("", f"expected the package nltk, which {name} needs", f"pip install nltk, {instead}")
        raise RecipeError([problem]) from None
    files: list[Path] = []
    missing: list[str] = []
    places = [folder, *nltk.data.path] if folder else list(nltk.data.path)
    for resource in needed:
        found = _files(resource, places)
        files += found
        if not found:
            missing.append(resource.rpartition("/")[2])
    if missing:
        where = folder or ", ".join(str(place) for place in places)
        expected = f"expected NLTK's data {' and '.join(missing)}, which {name} needs; not found in {where}"
        fix = f"nothing is downloaded: get them (python -m nltk.downloader {' '.join(missing)}) and name their folder"
        raise RecipeError([Problem(KEY, expected, f"{fix} by {KEY} or NLTK_DATA; {instead}")])
    return tuple(files)


def _files(resource: str, places: list[str]) -> list[Path]:
    """The files of one resource, a folder or an archive, in the first place that has it; sorted."""
    for place in map(Path, places):
        folder, archive = place / resource, place / f"{resource}.zip"
        if folder.is_dir():
            return sorted(Path(os.path.abspath(file)) for file in folder.rglob("*") if file.is_file())
        if archive.is_file():
            return [Path(os.path.abspath(archive))]
    return []


@contextmanager
def used(folder: str, needed: bool) -> Iterator[None]:
    """Within it NLTK looks in ``folder`` first, if one is named, and downloads nothing.

    Args:
        folder: As an absolute path, or empty.
        needed: Whether the step uses NLTK; nothing is done, and nothing imported, if not.
    """
    if not needed:
        yield
        return
    nltk: Any = importlib.import_module("nltk")
    download, path = nltk.download, list(nltk.data.path)
    nltk.download = _refused
    if folder:
        nltk.data.path.insert(0, folder)
    try:
        yield
    finally:
        nltk.download, nltk.data.path[:] = download, path


def _refused(*resources: Any, **_: Any) -> None:
    """Stands for nltk.download. Raises LookupError."""
    raise LookupError(f"NLTK's {', '.join(map(str, resources))} is not there, and nothing is downloaded")

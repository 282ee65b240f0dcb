"""Files and folders that a recipe names, found."""

from __future__ import annotations

import os
from pathlib import Path

from augment.errors import Problem, RecipeError

SUFFIXES = (".bin", ".jinja", ".json", ".model", ".pt", ".safetensors", ".spm", ".txt")
"""Endings of the files of a model."""

HINT = "nothing is downloaded: give one that is here"


def place(value: str, base: Path, key: str, folder: bool) -> Path:
    """The file or folder that a name stands for, as an absolute path.

    Args:
        value: Against ``base``, and if nothing is there against the working folder.
        base: The recipe's folder.
        key: The parameter, for errors.
        folder: Whether a folder is wanted.

    Raises:
        RecipeError: None is there.
    """
    tried = list(dict.fromkeys(Path(os.path.abspath(root / value)) for root in (base, Path())))
    for path in tried:
        try:
            if path.is_dir() if folder else path.is_file():
                return path
        except (OSError, ValueError):  # a name that no file can have
            continue
    kind = "folder" if folder else "file"
    raise RecipeError([Problem(key, f"expected a {kind}, there is none at {' nor '.join(map(str, tried))}", HINT)])


def model(value: str, base: Path, key: str) -> Path:
    """The folder with a model as Hugging Face writes them that a name stands for. Raises RecipeError."""
    found = place(value, base, key, True)
    if not (found / "config.json").is_file():
        expected = f"expected a folder with a model as Hugging Face writes them, {found} has no config.json"
        raise RecipeError([Problem(key, expected, "save it there first: model.save_pretrained(FOLDER)")])
    return found

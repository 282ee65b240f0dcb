"""Where the files of a table are: names below one root, and nothing outside of it."""

from __future__ import annotations

import os
import stat
from functools import lru_cache

from augment.errors import InputError
from augment.readers import _files


class RefusedError(Exception):
    """One row can't be used; ``source`` is the file that it names, empty where it names none."""

    def __init__(self, reason: str, detail: str = "", source: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail, self.source = reason, detail, source


class Places:
    """Finds files below ``root`` (relative to ``home``, the table's folder); a folder is resolved once for its files.

    ``lead`` is what stands before a key to make it a path below ``home``.
    """

    def __init__(self, home: str, root: str | None) -> None:
        self.root = os.path.realpath(os.path.join(home, root or ""))
        if root is not None and not os.path.isdir(self.root):
            raise InputError(f"{os.path.join(home, root)}: there is no such folder; input.root says where files are")
        real = os.path.realpath(home)
        self.lead = "" if self.root == real else os.path.relpath(self.root, real).replace(os.sep, "/") + "/"
        self._prefix = lru_cache(4096)(self._resolve)

    def find(self, name: str) -> tuple[str, os.stat_result]:
        """Key and facts of a file, from its name as written with ``/``. Raises RefusedError."""
        folder, slash, base = name.rpartition("/")
        try:
            prefix = self._prefix(folder + slash)
            if prefix is None:
                raise RefusedError("outside the root", "it leads out of the folder that files are taken from", name)
            path = os.path.join(self.root, prefix + base)
            facts = os.lstat(path)
            if stat.S_ISLNK(facts.st_mode):
                real = os.path.realpath(path)
                if not _files.inside(real, self.root):
                    raise RefusedError(
                        "outside the root", "a link leads out of the folder that files are taken from", name
                    )
                facts = os.stat(real)
        except (OSError, ValueError) as error:
            raise RefusedError("missing", getattr(error, "strerror", None) or str(error), name) from None
        if not stat.S_ISREG(facts.st_mode):
            raise RefusedError("not a plain file", "", name)
        return prefix + base, facts

    def _resolve(self, folder: str) -> str | None:
        """What keys in ``folder`` begin with: as written if that is plain, else where it really is; None outside."""
        real = os.path.realpath(os.path.join(self.root, folder))
        if not _files.inside(real, self.root):
            return None
        plain = not os.path.isabs(folder) and ".." not in folder.split("/")
        below = os.path.normpath(folder) if plain else os.path.relpath(real, self.root)
        return "" if below == "." or not folder else below.replace(os.sep, "/") + "/"

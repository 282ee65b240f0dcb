"""What a row is called: by its own name where it has one, else by a hash of its content.

So rows may be put in another order, and further ones added, without changing anything drawn for the others.
"""

from __future__ import annotations

from hashlib import blake2b

from augment.sample import TRAINING

BETWEEN = "\x1f"
"""Stands between the cells of a CSV where they are hashed: quotes round cells don't count."""

LONGEST = 200
"""Characters of a name."""


def of_content(content: bytes) -> str:
    """16 hex digits."""
    return blake2b(content, digest_size=8).hexdigest()


def of_cells(cells: list[str]) -> bytes:
    """The content of a CSV's row."""
    return BETWEEN.join(cells).encode("utf-8", "surrogatepass")


def of_name(name: str, split: str) -> str:
    """Names often begin anew in each split; only those of training stand alone. A very long one is hashed."""
    name = name if len(name) <= LONGEST else of_content(name.encode("utf-8", "surrogatepass"))
    return name if split.lower() in TRAINING else f"{split}/{name}"


def same(key: str, own: str) -> bool:
    """Whether ``key`` is ``own``, or one of several such that have been numbered."""
    return key == own or (key.startswith(own) and key[len(own)] == "#" and key[len(own) + 1 :].isdecimal())

"""The block ``labels:`` of a recipe: what steps leave alone in a text."""

from __future__ import annotations

from functools import cache

from augment.options import Options
from augment.text.guards import DEFAULT, KINDS, Kind, Policy


class Labels(Options):
    """What is guarded.

    Args:
        protect: What no step changes: ``spans`` (entities and answers), ``urls``, ``emails``, ``domains``
            (example.com, where the ending is a common one), ``mentions`` (@name), ``hashtags``, ``code`` (between
            backquotes), ``placeholders`` ({name}, %s, [MASK], $HOME), ``tags`` (<br />, &amp;), ``paths``
            (/home/me/a.txt, C:\\Users) and ``shortcodes`` (:smile:). Spans that are not protected still move, and grow
            and shrink with what is done in them.
    """

    protect: tuple[Kind, ...] = KINDS

    @property
    def policy(self) -> Policy:
        """The same as a set; the same object each time."""
        return DEFAULT if self.protect is KINDS else _policy(self.protect)


@cache
def _policy(protect: tuple[Kind, ...]) -> Policy:
    found = frozenset(protect)
    return DEFAULT if found == DEFAULT else found

"""Everything that can go wrong, as one tree.

AugmentError                 the user's side: exit 1, no traceback, what to do next
├── RecipeError              the recipe is wrong; carries every problem found, each with its place
├── InputError               the input folder or table cannot be used
├── OutputError              the output folder cannot be used, or the disk refused a write
│   └── ChangedError         the output was begun with another recipe or input
└── SampleError              one source or one copy is bad: skipped and counted, or stops the run

Anything else that escapes is our bug: exit 3 and a traceback to report.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class AugmentError(Exception):
    """The root: whatever a user can mend. The message says where, what was expected and what to do."""


class InputError(AugmentError):
    """The input cannot be read as a data set."""


class OutputError(AugmentError):
    """The output folder cannot be used or written to."""


class ChangedError(OutputError):
    """The output was begun with another recipe, input or library version; mixing them is refused."""


class SampleError(AugmentError):
    """One sample is bad.

    Args:
        reason: A short stable code for counting, such as ``"truncated"``, ``"empty"``, ``"too large"``.
        detail: One sentence for a person.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[SampleError], tuple[str, str]]:
        """Pickle by the two arguments, so that the error crosses from a worker unharmed."""
        return (type(self), (self.reason, self.detail))


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a recipe.

    Args:
        path: The key's path, such as ``image[2].GaussNoise.var_limit``; a modality gives it relative to the step.
        expected: What would have been right, and what was found.
        fix: What to write instead; empty when unknown.
        place: ``file:line``, filled in by the recipe loader.
    """

    path: str
    expected: str
    fix: str = ""
    place: str = ""

    def __str__(self) -> str:
        """Three lines: the place and path, the expectation, the fix."""
        head = "  ".join(part for part in (self.place, self.path) if part)
        return "\n".join([head, f"  {self.expected}", *([f"  {self.fix}"] if self.fix else [])])


@dataclass(frozen=True, slots=True)
class UnknownStep(Problem):
    """A step's name of which nothing is known; it may be defined in a plugin that could not be imported."""


class RecipeError(AugmentError):
    """Every problem of a recipe at once, in ``problems``."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[RecipeError], tuple[tuple[Problem, ...]]]:
        """Pickle by the problems."""
        return (type(self), (self.problems,))


def nearest(name: str, known: Sequence[str]) -> str:
    """A did-you-mean sentence for ``name`` among ``known``, or the known names when few, or nothing.

    Close names that begin with it are all told, for it is likely to be one of them cut short.
    """
    folded = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)
    if close:
        begun = [folded[other] for other in close if other.startswith(name.lower())]
        return f"did you mean {' or '.join(sorted(begun) or [folded[close[0]]])}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 12 else ""

"""Every text augmenter of nlpaug 1.1.11 under its own name, as a Step with its own stream of chance.

What the library does that we must not let it: it draws from global generators, writes texts anew that it was asked to
change in one place, keeps one model for all augmenters of a kind, and downloads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from augment.chance import Chance
from augment.errors import SampleError
from augment.failures import first_line
from augment.sample import Applied, Sample
from augment.seeding import seeded
from augment.text import kinds, manners, nltk_data, peer
from augment.text.steps._passages import Columns, Numbers, each
from augment.text.value import Passage
from augment.wrapped import Wrapped

EXCLUDED = {
    "LambadaAug": "makes new texts for a class, not of a text, by simpletransformers, and calls transformers in a way "
    "that it has come to refuse",
}

Manner = Callable[[Any, Passage, Mapping[str, Any]], Passage]


@cache
def transforms() -> dict[str, str]:
    """Name -> module of nlpaug, of all augmenters of texts. Nothing of nlpaug is imported."""
    found = {
        name: home
        for name, home in peer.homes().items()
        if name.endswith("Aug") and ".augmenter." in home and name not in EXCLUDED
    }
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class LibraryStep(Wrapped):
    """One augmenter with its parameters fixed.

    Args:
        name, p: See Wrapped.
        parameters: As checked, for the constructor; files and folders as absolute paths.
        options: Which columns it works on.
        files: Files beside the recipe; their content is part of its fingerprint.
        nltk: The folder with NLTK's data, where one was named.
    """

    options: Columns = field(default_factory=Columns)
    files: tuple[Path, ...] = ()
    nltk: str = ""

    @property
    def rewrites(self) -> bool:
        """Whether it writes whole texts anew, so that spans can't follow."""
        return self.name in manners.REWRITES

    @cached_property
    def augmenter(self) -> Any:
        """The library's instance; made anew in each process. Raises whatever the constructor raises."""
        kind = peer.load(self.name)
        with _alone(kind.__module__):
            return manners.made(kind, kinds.counted(self.parameters))

    @cached_property
    def manner(self) -> Manner:
        """How this augmenter is asked, and what becomes of its answer."""
        return manners.manner(self.name)

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it. Raises SampleError where the library fails on a text."""
        if kinds.still(self.parameters):
            return sample, Applied(self.name, {"applied": False})
        sample, told = each(self.options, sample, chance, self._change)
        return sample, Applied(self.name, told)

    def _change(self, passage: Passage, generator: Numbers) -> Passage:
        """One text. Raises SampleError."""
        start = place(generator)
        try:
            with (
                seeded(start, self.name in manners.ARRAYS),
                nltk_data.used(self.nltk, self.name in nltk_data.OURS),
                self._model(start),
            ):
                return self.manner(self.augmenter, passage, self.parameters) if passage.text.strip() else passage
        except Exception as error:  # the library may fail in any way on a text it was not made for
            said = f"{self.name} on a text of {len(passage.text):,} characters: {first_line(error)}"
            raise SampleError("step failed", said) from error

    def _model(self, start: Chance) -> AbstractContextManager[None]:
        """What a language model needs round it."""
        if self.name not in manners.MODELS:
            return nullcontext()
        from augment.text import models

        return models.drawing(int(start.uniform() * 2**53))


def place(generator: Numbers) -> Chance:
    """Where the global generators start, drawn."""
    return Chance.of(int(generator.random() * 2**53), str(generator.random()), 0)


@contextmanager
def _alone(module: str) -> Iterator[None]:
    """Within it the module's caches are empty: they give one file's model to whoever asks for another's."""
    place = vars(sys.modules[module])
    caches = {name: value for name, value in place.items() if re.fullmatch(r"[A-Z_]+_MODELS?", name)}
    place.update({name: {} for name in caches})
    try:
        yield
    finally:
        place.update(caches)

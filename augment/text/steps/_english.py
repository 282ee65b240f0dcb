"""What is English: how steps tell, and the function words that contractions and negation turn on.

For those see Quirk et al., "A Comprehensive Grammar of the English Language" (1985), sections 3.21 to 3.49.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import pydantic

from augment.text import lexicon
from augment.text.lexicon.inflection import bases
from augment.text.steps._passages import Columns
from augment.text.value import Passage

_PRONOUNS = "i you he she it we they there"
_ASKING = "what who whom whose which where when why how"
_DETERMINERS = "a an the this that these those my your his her its our their no some any each every"
_HOSTS = "do does did is are was were have has had would could should must need"
_DENYING = "no not n't never neither nor none nobody nothing nowhere without hardly scarcely barely"
_PARTICIPLES = (
    "made done gone come become taken seen found left lost won sent spent built bought brought thought caught taught"
    " kept slept felt meant met led read told sold paid said laid put set cut hit hurt let shut cost run grown known"
    " shown thrown drawn blown flown worn torn born begun drunk sung stood held heard dealt had been got gotten driven"
    " given written risen eaten fallen forgotten chosen frozen spoken broken stolen hidden bitten beaten understood"
)

PRONOUNS = frozenset(_PRONOUNS.split())
"""What may be the subject, and stand behind its verb in a question."""

ASKING = frozenset(_ASKING.split())
DETERMINERS = frozenset(_DETERMINERS.split())

NEGATED = {"cannot": "can", "can't": "can", "won't": "will", "shan't": "shall"} | {
    f"{host}n't": host for host in _HOSTS.split()
}
"""A verb with its negation in one word -> the verb."""

DENYING = frozenset(_DENYING.split()) | frozenset(NEGATED)
"""Where one of these stands, a clause is negated."""

PARTICIPLES = frozenset(_PARTICIPLES.split())
"""Irregular past participles that are met often."""


_MET = 10_000
"""Words that are remembered."""

Language = Literal["auto", "any"]


class English(Columns):
    """What steps take that know nothing but English."""

    language: Language = pydantic.Field(
        "auto", description="auto: a text most of whose words are not English is left alone; any: no text is."
    )


def foreign(passage: Passage, language: Language, words: Sequence[str] | None = None) -> bool:
    """Whether a text is clearly not English; found out once for all copies of a source.

    Args:
        passage: That is asked of.
        language: As in the recipe; ``any`` asks nothing.
        words: Its words where they are known.
    """
    if language == "any":
        return False
    found = passage.foreign
    if found is None:
        if words is None:
            words = [passage.text[start:end] for start, end in passage.words]
        known = lexicon.lexicon().known.__getitem__
        least = len(words) / 2
        first = words[: 2 * len(words) // 3]  # which mostly settle it
        found = passage.foreign = sum(map(known, first)) < least and sum(map(known, words)) < least
    return found


def participle(word: str) -> bool:
    """Whether a word in lower case may be a past participle, by its looks: *children* may."""
    return word in PARTICIPLES or (len(word) > 3 and word.endswith(("ed", "en", "wn")))


@lru_cache(_MET)
def perfect(word: str) -> bool:
    """Whether *have* before a word in lower case makes a verb's perfect, as the lexicon has it: no noun does."""
    if word in PARTICIPLES or not word:
        return bool(word)
    known = lexicon.lexicon()
    if known.verb(word)[1] in ("d", "n"):
        return True
    return any(  # closed: mostly an adjective, but of a verb; and no bed is of be, nor a seed of see
        form == "d"
        and known.verb(base) == (base, "")
        and ((len(base) > 2 and not base.endswith("ee")) or known.inflected(base, "v", "d") == word)
        for base, form in bases(word, "v")
    )


def plain(word: str) -> str:
    """A word in lower case, with a straight apostrophe."""
    return word.lower().replace("’", "'")


def cased(word: str, like: str) -> str:
    """A word in the case of another: all capitals, a capital first, or as it is."""
    letters = [char for char in like if char.isalpha()]
    if len(letters) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word

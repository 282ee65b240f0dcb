"""Negate: says one thing of a text the other way round: adds a negation, or takes one away. English only.

    text: [{Negate: {mode: add}}]

After CheckList's add_negation and remove_negation (Ribeiro et al., ACL 2020), which need a parser; here rules do,
which leave alone what they are not sure of. One negation is changed in each text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text import lexicon
from augment.text.lexicon import Lexicon
from augment.text.steps._english import (
    ASKING,
    DENYING,
    DETERMINERS,
    NEGATED,
    PRONOUNS,
    English,
    cased,
    foreign,
    perfect,
    plain,
)
from augment.text.steps._passages import Numbers, each
from augment.text.steps._words import Parts, joined, parts_of, remove
from augment.text.value import Passage

LABELS = "may break"
NOTE = (
    "The text says the opposite of something: a class such as sentiment, entailment or intent may become untrue."
    " Entities and answers are left alone, tokens follow their words."
)
DOCS = "https://aclanthology.org/2020.acl-main.442/"

_ALWAYS = "is are was were am can could will would should must might shall"
AUXILIARIES = frozenset(_ALWAYS.split())
PERFECT = frozenset(["has", "have", "had"])
_ENDINGS = ("'m", "'re", "'ll")
_OTHERS = (
    AUXILIARIES
    | PERFECT
    | ASKING
    | frozenset(["do", "does", "did", "to", "not", "for", "of", "with", "like", *NEGATED])
)


_CLAUSE = re.compile(r"[.,;:!?()\n…–—]")
"""Ends one, roughly: more than a clause may be in what it ends."""

_SUBJECTS = frozenset(["i", "he", "she", "we", "they"])
"""What is nothing but a subject."""

_OPENERS = ASKING | frozenset(["", "and", "but", "or", "so", "then"])
"""Before the verb of a question; empty where no word is."""

_FAR = 3
"""Words between a question's first word and its verb: how long, what kind of."""


class Options(English):
    """Which way."""

    mode: Literal["both", "add", "remove"] = pydantic.Field("both", description="Which way; both: what comes up.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with one negation more or less."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        parts = parts_of(passage)
        words = ["" if index % 2 == 0 else plain(part) for index, part in enumerate(parts)]
        places = range(1, len(parts), 2)
        less = [at for at in places if _negated(parts, words, at)] if options.mode != "add" else []
        more: list[int] = []
        if options.mode != "remove":
            known = lexicon.lexicon()
            more = [at for at in places if _free(parts, words, at) or _verb(words, at, known, parts)]
            if more and not DENYING.isdisjoint(words):
                denied = _denied(parts, words)
                more = [at for at in more if at not in denied]
        found = sorted({*less, *more})
        if not found or foreign(passage, options.language, parts[1::2]):
            return passage
        at = found[int(generator.random() * len(found))]
        return joined(passage, parts, _less(parts, words, at) if at in less else _more(parts, words, at))

    return each(options, sample, chance, change)


def _near(parts: Parts, gap: int) -> bool:
    """Whether but blanks stand between two words."""
    return parts[gap] != "" and parts[gap].strip(" \t") == ""


def _word(parts: Parts, words: list[str], at: int, step: int) -> str:
    """The word before (``step`` -2) or after another, with but blanks between; empty where there is none."""
    if not 0 < at + step < len(parts) or not _near(parts, at + step // 2):
        return ""
    return words[at + step]


def _negated(parts: Parts, words: list[str], at: int) -> bool:
    """Whether a negation stands here that can go."""
    if words[at] in NEGATED:
        return True
    verbs = AUXILIARIES | PERFECT | {"do", "does", "did"}
    before = _word(parts, words, at, -2)
    turned = before in PRONOUNS and _word(parts, words, at - 2, -2) in verbs  # is it not
    return words[at] in ("not", "n't") and (turned or before in verbs or before.endswith((*_ENDINGS, "'s")))


def _less(parts: Parts, words: list[str], at: int) -> Parts:
    new = parts.copy()
    if words[at] in NEGATED:
        new[at] = cased(NEGATED[words[at]], parts[at])
    else:
        remove(new, at)
    return new


def _denied(parts: Parts, words: Sequence[str]) -> set[int]:
    """All words of the clauses that are negated already."""
    found, clause = set[int](), list[int]()
    for at in range(1, len(parts), 2):
        clause.append(at)
        if at + 2 >= len(parts) or _CLAUSE.search(parts[at + 1]):
            if not DENYING.isdisjoint(words[place] for place in clause):
                found.update(clause)
            clause.clear()
    return found


def _asked(words: list[str], at: int) -> bool:
    """Whether a word that asks stands shortly before another."""
    return not ASKING.isdisjoint(words[max(1, at - 2 * _FAR) : at : 2])


def _turned(parts: Parts, words: list[str], at: int) -> bool:
    """Whether the subject of a verb follows it, so that *not* comes after both: are you; but not: were I you."""
    before, after = _word(parts, words, at, -2), _word(parts, words, at, 2)
    if after not in PRONOUNS or before in PRONOUNS:
        return False
    return after in _SUBJECTS or before in _OPENERS or _asked(words, at)


def _free(parts: Parts, words: list[str], at: int) -> bool:
    """Whether an auxiliary stands here that *not* can follow."""
    word, before, after = words[at], _word(parts, words, at, -2), _word(parts, words, at, 2)
    if word in PERFECT and not perfect(after):
        return False
    if not (word in AUXILIARIES or word in PERFECT or word.endswith(_ENDINGS)):
        return False
    if parts[at] != word and not parts[at].isupper() and at > 1 and not word.endswith(_ENDINGS):
        return _turned(parts, words, at)  # a capital: a question, or a name such as Will and May
    if after in ("not", "n't", "never", "") or before in DETERMINERS:
        return False
    if word.endswith(_ENDINGS):
        return True
    if _turned(parts, words, at):
        return bool(_word(parts, words, at + 2, 2)) or not _asked(words, at)  # what is it: there is nothing to deny
    asked = _asked(words, at) if after in DETERMINERS else before in ASKING
    return at > 1 and not asked  # in a question the subject comes between: how long is the way


def _more(parts: Parts, words: list[str], at: int) -> Parts:
    new = parts.copy()
    if not _free(parts, words, at):
        return _supported(parts, words, at)
    loud = parts[at].isupper() and len(parts[at]) > 1
    turned = _turned(parts, words, at)
    if words[at] == "can" and not turned:
        new[at] = "CANNOT" if loud else f"{parts[at]}not"
    else:
        place = at + 2 if turned else at
        new[place] = f"{parts[place]} {'NOT' if loud else 'not'}"
    return new


def _verb(words: list[str], at: int, known: Lexicon, parts: Parts) -> bool:
    """Whether a full verb stands right after its pronoun."""
    subject = _word(parts, words, at, -2)
    if subject not in PRONOUNS - {"there"} or words[at] in _OTHERS or words[at] in NEGATED or "'" in words[at]:
        return False
    if at > 3 and _word(parts, words, at - 2, -2) in _OTHERS:
        return False
    base, form = known.verb(words[at])
    return bool(base) and form in (("s", "d") if subject in ("he", "she", "it") else ("", "d"))


def _supported(parts: Parts, words: list[str], at: int) -> Parts:
    """With *do*, which stands in for the verb: want -> do not want, went -> did not go."""
    base, form = lexicon.lexicon().verb(words[at])
    new = parts.copy()
    support = {"": "do", "s": "does", "d": "did"}[form]
    new[at] = cased(f"{support} not {base}", parts[at])
    return new

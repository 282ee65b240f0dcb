"""Contractions: writes English contractions out, or contracts what is written out, where that means the same.

    text: [{Contractions: {mode: expand}}]

As CheckList's perturbation does (Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList",
ACL 2020). Left alone is what can be read in two ways (*he's made*: is or has; *she'd*), and questions, in which the
order of words would change (*don't you*).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.marks import Edit
from augment.text.steps._english import (
    ASKING,
    DETERMINERS,
    NEGATED,
    PRONOUNS,
    English,
    cased,
    foreign,
    participle,
    perfect,
    plain,
)
from augment.text.steps._passages import Numbers, Rate, each, many, picked
from augment.text.steps._tokens import edited
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay: the meaning is the same. Entities and answers are left alone; tokens are cut or joined with their"
    " words, and say of each part what they said of the whole."
)
DOCS = "https://aclanthology.org/2020.acl-main.442/"

_FREE = r"(?<![\w'’-])"
_NEXT = r"(?![\w'’-])(?:\s+([A-Za-z]+))?"
_SHORT = re.compile(rf"{_FREE}([A-Za-z]+)(n['’]t|['’](?:m|re|ve|ll|d|s))(?={_NEXT})", re.IGNORECASE)
_LONG = re.compile(rf"{_FREE}([A-Za-z]+)(?= (not|am|are|is|has|have|will|would){_NEXT})", re.IGNORECASE)
_CANNOT = re.compile(rf"{_FREE}can ?not(?={_NEXT})", re.IGNORECASE)
_BEFORE = re.compile(r"([A-Za-z]+)\s+$")
_LONGEST = 32

_HOSTS = {
    "m": ("am", "i"),
    "re": ("are", "you we they who there"),
    "ve": ("have", "i you we they who would could should might must"),
    "ll": ("will", "i you he she it we they that this there who"),
    "d": ("would", "i you he she it we they who"),
    "s": ("is", "it he she that there what who where how here"),
}
"""What stands after the apostrophe -> its verb, and the words that it is joined to."""

HOSTS = {ending: (verb, frozenset(words.split())) for ending, (verb, words) in _HOSTS.items()}
_LIKES = frozenset(["like", "love", "prefer", "rather", "be", "have", "hate", "appreciate"])
_PERFECT = frozenset(["been", "got", "had"])
_HELPED = frozenset(["can", "could", "will", "would", "shall", "should", "may", "might", "must", "to", "d", "ll", "t"])
_WILLS = ("will", "would")
_BETWEEN = frozenset(["already", "just", "never", "always", "also", "ever"])


class Options(English):
    """Which way, and how often."""

    mode: Literal["both", "expand", "contract"] = pydantic.Field("both", description="Which way.")
    rate: Rate = pydantic.Field(1.0, description="Share of the places where it can be done, at least one.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with other contractions."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        found = sorted(_places(passage, options.mode))
        if not found or foreign(passage, options.language):
            return passage
        chosen = picked(many(options.rate, len(found), generator), len(found), generator)
        return edited(passage, [found[index] for index in chosen])

    return each(options, sample, chance, change)


def _places(passage: Passage, mode: str) -> Iterator[Edit]:
    """What could be done, in any order; some may overlap."""
    found = []
    if mode != "contract":
        found += [edit for match in _SHORT.finditer(passage.text) if (edit := _expanded(passage.text, match))]
    if mode != "expand":
        mark = "’" if "’" in passage.text and "'" not in passage.text else "'"
        found += [edit for match in _LONG.finditer(passage.text) if (edit := _contracted(match, mark))]
        found += [
            (*match.span(), cased(f"can{mark}t", match.group()))
            for match in _CANNOT.finditer(passage.text)
            if plain(match.group(1) or "") != "only"
        ]
    return (edit for edit in found if not passage.touches(edit[0], edit[1]))


def _expanded(text: str, match: re.Match[str]) -> Edit | None:
    word, host, tail = plain(match.group()), plain(match.group(1)), plain(match.group(2))
    follows = match.group(3) or ""
    if tail == "n't":
        new = "cannot" if word == "can't" else f"{NEGATED[word]} not" if word in NEGATED else ""
        return None if not new or _asks(text, match) else (*match.span(), cased(new, match.group()))
    if (host, tail) == ("let", "'s"):
        verb = "us"
    else:
        verb, hosts = HOSTS[tail[1:]]
        if host not in hosts:
            return None
        verb = _verb(verb, plain(follows))
    if not verb or not follows:
        return None
    return match.start(2), match.end(2), f" {verb.upper() if match.group(2).isupper() else verb}"


def _verb(verb: str, follows: str) -> str:
    """Which verb is meant; empty where it may be one of two."""
    if verb == "would":
        return "had" if follows == "better" else "would" if follows in _LIKES else ""
    if verb == "is":
        return "has" if follows in _PERFECT else "" if participle(follows) else "is"
    return verb


def _asks(text: str, match: re.Match[str]) -> bool:
    """Whether the subject comes behind the verb, so that it would have to change places with *not*."""
    follows = match.group(3) or ""
    before = _BEFORE.search(text, max(0, match.start() - _LONGEST), match.start())
    if plain(follows) in PRONOUNS or (before is not None and plain(before.group(1)) in ASKING - {"who", "which"}):
        return True
    if not match.group()[0].isupper() or match.group().isupper():
        return False
    opens = plain(match.group()) not in ("don't", "can't")  # those two are seldom questions: Don't worry, Can't wait
    return opens or follows[:1].isupper() or plain(follows) in DETERMINERS


def _helps(match: re.Match[str]) -> bool:
    """Whether *have* follows another auxiliary, or *to*: I would have not gone."""
    before = _BEFORE.search(match.string, max(0, match.start() - _LONGEST), match.start())
    return before is not None and plain(before.group(1)) in _HELPED


def _contracted(match: re.Match[str], mark: str) -> Edit | None:
    host, verb, follows = plain(match.group(1)), plain(match.group(2)), plain(match.group(3) or "")
    if verb == "not":
        new = {"can": "can't", "will": "won't", "shall": "shan't"}.get(host, f"{host}n't")
        if new not in NEGATED or follows == "only" or (host == "have" and _helps(match)):
            return None
        return (
            match.start(),
            match.end(2),
            cased(new.replace("'", mark), match.group(1) if match.group(2).islower() else match.group(2)),
        )
    ending = "s" if verb == "has" else next(key for key, (full, _) in HOSTS.items() if full == verb)
    if verb == "have":
        fits = follows in _BETWEEN or perfect(follows)
    else:
        fits = follows in _PERFECT if verb == "has" else follows not in ("", "not" if verb in _WILLS else "")
    if host not in HOSTS[ending][1] or not fits or (ending == "re" and host in ("who", "there")):
        return None
    return match.end(1), match.end(2), mark + (ending.upper() if match.group(2).isupper() else ending)

"""Contractions and negation: over all nouns, verbs and denying words that the lexicon and the rules know."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text import lexicon
from augment.text.steps._english import DENYING, PRONOUNS, participle, perfect
from augment.text.steps._numbers import cardinal
from augment.text.value import Document, Passage
from tests.text.test_word_steps import STEPS

MORE = ["need", "chicken", "kitchen", "garden", "open", "speed", "bed", "seed", "weed", "hundreds", "talent", "time"]
STEP = {
    name: native.build(STEPS, name, parameters, Path())
    for name, parameters in (
        ("Contractions", {"mode": "contract", "language": "any"}),
        ("Negate", {"mode": "add", "language": "any"}),
    )
}


def made(name: str, text: str, copy: int = 0) -> str:
    sample = Sample(Document({"text": Passage(text)}))
    new: str = STEP[name].apply(sample, Chance.of(copy, "key", 1))[0].value.texts["text"]
    return new


@cache
def irregular(part: str) -> list[str]:
    """The irregular forms of the lexicon that are single words: ``ns`` plurals, ``vn`` participles."""
    known = lexicon.lexicon()._bases.items()
    return sorted(form for form, keys in known if form.isalpha() and any(key.startswith(part) for key in keys))


def nouns() -> list[str]:
    """Words that look like participles, and are none."""
    known = lexicon.lexicon()
    listed = [word for word in known._lines if word.isalpha() and participle(word)]
    found = [word for word in listed if known._lines[word].startswith("n") and not known.verb(word)[0]]
    return [word for word in found if not any(key.startswith("v") for key in known._bases.get(word, ()))]


def test_what_one_has_is_not_what_one_has_done() -> None:
    things = [*irregular("ns"), *(cardinal(number) for number in range(1, 100)), *MORE]
    assert len(things) > 1000
    for thing in things:
        text = f"I have {thing}"
        assert made("Contractions", text) == text
        assert made("Negate", text) == text


def test_nouns_that_end_like_participles_are_none() -> None:
    found = nouns()
    assert len(found) > 100
    wrong = [word for word in found if perfect(word)]
    assert len(wrong) <= len(found) // 10, wrong  # such as elevated, the railway, which is of elevate, too


def test_every_verb_has_a_perfect() -> None:
    known = lexicon.lexicon()
    verbs = [word for word in known._lines if word.isalpha() and len(word) > 2 and known.verb(word) == (word, "")]
    assert len(verbs) > 2000
    formed = {verb: known.inflected(verb, "v", "d") for verb in verbs}
    missed = [done for verb, done in formed.items() if done != verb and not perfect(done)]
    assert len(missed) <= len(verbs) // 50, missed


def test_two_contractions_never_meet() -> None:
    for helper in ("would", "could", "should", "might", "must", "will", "may"):
        assert "haven't" not in made("Contractions", f"I {helper} have not gone")
    assert made("Contractions", "I have not gone") == "I haven't gone"
    assert made("Contractions", "I would have not gone") == "I'd have not gone"


@pytest.mark.parametrize("word", sorted(DENYING))
def test_what_is_denied_is_not_denied_again(word: str) -> None:
    for text in (
        f"{word} of it is good",
        f"there are {word} problems in it",
        f"I want {word} to go",
        f"they said it {word} will do",
        f"you are {word.capitalize()} here",
    ):
        for copy in range(3):
            assert made("Negate", text, copy) == text
    more = f"It has {word}, and you are here"  # another clause may be denied
    assert made("Negate", more) == f"It has {word}, and you are not here"


@pytest.mark.parametrize("one", sorted(PRONOUNS - {"there"}))
def test_not_follows_the_verb_where_the_subject_comes_before_it(one: str) -> None:
    for other in sorted(PRONOUNS - {"there"}):
        for verb in ("am", "is", "are", "was", "were"):
            for text in (f"if {one} {verb} {other}", f"so {one} {verb} {other} now"):
                assert made("Negate", text) == text.replace(verb, f"{verb} not")


@pytest.mark.parametrize("one", sorted(PRONOUNS))
def test_not_follows_the_subject_of_a_question(one: str) -> None:
    for opened in ("", "and ", "so ", "when ", "why ", "well, "):
        for verb in ("is", "are", "was", "could", "will"):
            assert made("Negate", f"{opened}{verb} {one} ready?") == f"{opened}{verb} {one} not ready?"


@pytest.mark.parametrize("asked", ["what", "who", "where", "when", "which", "why", "how", "how long", "what time"])
def test_a_question_with_nothing_to_deny_stays(asked: str) -> None:
    for verb in ("is", "are", "was", "were"):
        for one in sorted(PRONOUNS):
            text = f"{asked} {verb} {one}?"
            assert made("Negate", text) == text

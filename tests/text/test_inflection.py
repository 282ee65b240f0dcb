"""Forms of English words, over all words of the lexicon that ships."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text import lexicon
from augment.text.lexicon import SHIPPED
from augment.text.lexicon.inflection import UNCHANGED, bases, inflected, plural
from augment.text.value import Document, Passage

NO_MEN = {"human", "shaman", "talisman", "ottoman", "caiman", "cayman", "dolman", "doberman", "liman", "walkman"}
HARD = {
    *("czech", "diptych", "distich", "epoch", "eunuch", "hemistich", "hierarch", "loch", "mach", "matriarch"),
    *("oligarch", "patriarch", "pibroch", "stomach", "tech", "tetrarch", "triptych", "almanach", "cromlech"),
    *("eparch", "monarch"),
}
PASTS = (
    *("begin began begun", "show showed shown", "prove proved proven", "sew sewed sewn", "strew strewed strewn"),
    *("beat beat beaten", "browbeat browbeat browbeaten", "work worked worked", "clothe clothed clothed"),
    *("curse cursed cursed", "melt melted melted", "shave shaved shaved", "swap swapped swapped", "run ran run"),
    *("overflow overflowed overflown", "come came come", "win won won", "shine shone shone", "spin spun spun"),
    *("drink drank drunk", "bid bade bidden", "quit quit quit", "output output output", "go went gone"),
)
VERBS = r"(?:be|re|in|out|off|up|over|under|mis|fore|broad|tele|type|pre|sub|un|cross)?(?:set|put|cast|bid|cut|let)"


@cache
def parts() -> tuple[dict[str, str], list[str]]:
    """Word -> its readings; and the lines of forms."""
    words, _, forms = zlib.decompress(SHIPPED.read_bytes()).decode().partition("\n\n")
    return dict(line.split("\t", 1) for line in words.split("\n")), forms.split()


def words(pos: str) -> list[str]:
    return [word for word, told in parts()[0].items() if any(one[0] == pos for one in told.split("\t"))]


def put(pos: str) -> Iterator[tuple[str, str]]:
    """Each word that has synonyms as a part of speech, with each of them."""
    for word, told in parts()[0].items():
        for reading in told.split("\t"):
            for sense in reading.partition(":")[2].split("|") if reading[0] == pos else ():
                yield from ((word, one) for one in sense[1:].partition("!")[0].split(",") if one)


def test_men_are_many() -> None:
    known = lexicon.lexicon()
    found = {word: known.inflected(word, "n", "s") for word in words("n") if word.endswith("man")}
    assert len(found) > 100
    regular = {word for word, many in found.items() if many != word[:-2] + "en"}
    assert all(found[word] in (word + "s", "beadsmen") for word in regular)  # of a bedesman
    assert {"human", "talisman"} <= regular <= NO_MEN | {"bedesman"}
    assert [inflected(word, "s", "n") for word in sorted(NO_MEN)] == [word + "s" for word in sorted(NO_MEN)]
    assert inflected("man", "s", "v") == "mans"


def test_an_exception_list_has_the_last_word() -> None:
    """Every form that is put on is one of those that WordNet lists, or the regular one where that is usual."""
    known = lexicon.lexicon()
    listed: dict[tuple[str, str, str], set[str]] = {}
    for line in zlib.decompress(SHIPPED.read_bytes()).decode().partition("\n\n")[2].splitlines():
        form, _, key = line.partition("\t")
        listed.setdefault((key[0], key[1], key[2:]), set()).add(form)
    assert len(listed) > 3_000
    assert all(known.inflected(base, pos, form) in forms for (pos, form, base), forms in listed.items())
    for line in PASTS:
        base, past, perfect = line.split()
        assert [known.inflected(base, "v", form) for form in "dn"] == [past, perfect]
    assert known.inflected("brother", "n", "s") == "brothers"
    assert known.inflected("cry", "n", "s") == "cries"


def test_ch_is_said_in_two_ways() -> None:
    known = lexicon.lexicon()
    many = {word: known.inflected(word, pos, "s") for pos in "nv" for word in words(pos) if word.endswith("ch")}
    assert len(many) > 150
    assert all(inflected(word, "s", "n") == word + "s" for word in HARD)
    hard = {word for word, made in many.items() if made == word + "s"}
    assert {"epoch", "monarch", "stomach"} <= hard <= HARD | {"coronach"}


def test_verbs_in_o_and_verbs_that_stay() -> None:
    known = lexicon.lexicon()
    for verb in words("v"):
        if re.search("[^aeiou]o$", verb):
            assert known.inflected(verb, "v", "s") in (verb + "es", verb + "s")
        if re.fullmatch("(?:for|fore|out|over|re|un|under)?(?:go|do|veto|echo)", verb):
            assert known.inflected(verb, "v", "s") == verb + "es"
        if re.fullmatch(VERBS, verb) and verb != "bid":  # of which *bade* is
            assert verb in UNCHANGED, verb
            assert known.inflected(verb, "v", "d") == verb
            assert known.inflected(verb, "v", "g") == verb + ("" if verb.endswith("st") else verb[-1]) + "ing"
    assert known.inflected("go away", "v", "s") == "goes away"


@pytest.mark.parametrize("pos", ["n", "v"])
def test_every_form_that_is_put_on_leads_back(pos: str) -> None:
    """Morphy knows our forms: the regular ones by its rules, the others by its lists."""
    known = lexicon.lexicon()
    for _, phrase in put(pos):
        word = phrase.split(" ")[-1 if pos == "n" else 0]
        for form in "s" if pos == "n" else "sdng":
            made = known._one(word, pos, form)
            regular = {base for base, _ in bases(made, pos)}
            assert made == word or word in regular or f"{pos}{form}{word}" in known._forms or made == word[:-2] + "es"


def test_one_thing_is_never_called_by_a_word_for_many_nor_the_reverse() -> None:
    table = lexicon.lexicon().table(50)
    seen = 0
    for word, phrase in put("n"):
        if plural(phrase) != plural(word) and " " not in phrase:
            seen += 1
            assert not any(phrase in one.words for one in table[word] if one.pos == "n" and one.form == "")
    assert seen > 50
    assert "laurels" in table["accolades"][0].words


def test_an_article_has_one_thing_after_it() -> None:
    step = native.build("augment.text.steps", "SynonymReplacement", {"rate": 1.0, "senses": 9}, Path())
    nouns = sorted({word for word, phrase in put("n") if plural(phrase) != plural(word)})
    for turn, noun in enumerate(nouns):
        text = f"It was a {noun} for the family."
        sample, _ = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(1, str(turn), 1))
        made = sample.value.passages["text"].text
        after = re.search(r" an? ([a-z-]+) for", made)
        assert after is None or plural(after[1]) == plural(noun)

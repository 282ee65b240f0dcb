"""The lexicon says what WordNet says, is the same each time it is made, and inflects what it gives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import native
from augment.chance import Chance
from augment.errors import InputError, RecipeError
from augment.sample import Sample
from augment.text import lexicon
from augment.text.lexicon import SHIPPED, build
from augment.text.lexicon.context import STOP, meant
from augment.text.lexicon.inflection import article, bases, inflected
from augment.text.value import Document, Passage

LICENCE = "  1 This software and database is being provided\n"
DATA = {
    "noun": [
        "00000010 03 n 02 car 0 Auto 0 001 ! 00000020 n 0101 | a thing",
        "00000020 03 n 02 cart 0 auto 0 000 | b",
    ],
    "verb": ["00000030 30 v 03 walk 0 go_on_foot 0 lope 0 001 ;u 00000040 n 0301 01 + 02 00 | c"],
}
SLUR = "00000040 10 n 01 ethnic_slur 0 000 | d"
INDEX = {
    "noun": [
        "auto n 2 0 2 0 00000010 00000020",
        "car n 1 0 1 1 00000010",
        "cart n 1 0 1 0 00000020",
        "ethnic_slur n 1 0 1 0 00000040",
    ],
    "verb": [f"{word} v 1 0 1 0 00000030" for word in ("go_on_foot", "lope", "walk")],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A WordNet of some words."""
    made = tmp_path / "wn"
    made.mkdir()
    for name, lines in DATA.items():
        more = [SLUR] if name == "noun" else []
        (made / f"data.{name}").write_text(LICENCE + "  \n".join([*lines, *more]) + "  \n")
        (made / f"index.{name}").write_text(LICENCE + "  \n".join(INDEX[name]) + "  \n")
    (made / "verb.exc").write_text("went go\ngone go\n")
    (made / "cntlist.rev").write_text(
        "car%1:03:00:: 1 7\nauto%1:03:00:: 2 3\ncart%1:03:00:: 1 5\n"
        "go_on_foot%2:30:00:: 1 4\nlope%2:30:00:: 1 1\nwalk%2:30:00:: 1 30\n"
    )
    return made


def test_a_wordnet_becomes_lines(folder: Path) -> None:
    """No names (Auto), no slurs (lope), phrases with blanks, counts, shares, antonyms, the first sense first."""
    words, _, forms = build.compiled(folder).partition("\n\n")
    assert words.split("\n") == [
        "auto\tn3:|9cart",
        "car\tn7:9!cart",
        "cart\tn5:9auto",
        "lope\tv1:9walk,go on foot",
        "walk\tv30:9go on foot",
    ]
    assert forms == "went\tvdgo\ngone\tvngo\n"


def test_the_lexicon_inflects_and_keeps_senses_apart(folder: Path) -> None:
    known = lexicon.Lexicon(build.compiled(folder))
    assert known.table(1)["auto"] == ()
    assert [reading.words for reading in known.table(2)["autos"]] == [("carts",)]
    assert known.table(1)["walked"][0].words == ("went on foot",)
    assert {(one.form, one.words) for one in known.table(1)["walked"]} >= {("n", ("gone on foot",))}
    assert known.table(1, True)["Cars"][0].words == ("carts",)


@pytest.mark.parametrize("broken", ["x", "00000010 03 n zz car", "00000010 03 n 01 car 0 009 ! 1"])
def test_a_broken_file_is_told_with_its_line(folder: Path, broken: str) -> None:
    (folder / "data.noun").write_text(f"{LICENCE}{broken}\n")
    with pytest.raises(InputError, match=r"data\.noun:2: expected"):
        build.compiled(folder)
    with pytest.raises(RecipeError, match=r"lexicon"):
        native.build("augment.text.steps", "Antonyms", {"lexicon": "wn"}, folder.parent)


def test_what_is_rare_or_mostly_something_else_replaces_nothing(folder: Path) -> None:
    counts = folder / "cntlist.rev"
    told = counts.read_text()
    counts.write_text(told.replace("walk%2:30:00:: 1 30", "walk%2:30:00:: 1 300"))
    assert "walk\tv300:9\n" in build.compiled(folder) + "\n" or "walk\tv300:\n" in build.compiled(folder)
    (folder / "index.noun").write_text(
        LICENCE + "  \n".join(INDEX["noun"]).replace("cart n 1 0 1 0 00000020", "cart n 2 0 2 0 00000030 00000020")
    )
    (folder / "data.noun").write_text(
        LICENCE + "  \n".join([*DATA["noun"], "00000030 03 n 01 cart 0 000 | e", SLUR]) + "  \n"
    )
    counts.write_text(told.replace("cart%1:03:00:: 1 5", "cart%1:03:00:: 1 9\ncart%1:03:00:: 2 1"))
    assert "cart" not in build.compiled(folder).partition("\n")[0]
    counts.unlink()
    assert "cart" in build.compiled(folder).partition("\n")[0]


def test_words_of_other_languages_are_not_english() -> None:
    known = lexicon.lexicon()
    assert all(
        known.likely(word) == 1 for word in ("The", "cards", "walked", "don't", "I", "it’s", "isn't", "children")
    )
    assert all(known.likely(word) == 0 for word in ("und", "también", "quiero", "猫", "как", "مرحبا", "wronggg"))
    assert all(known.likely(word) == 0.5 for word in ("Madrid", "EFE", "12", "a", "Á", "5th"))


def test_dangling_senses_are_told(folder: Path) -> None:
    (folder / "index.noun").write_text("car n 1 0 1 1 00000099\n")
    with pytest.raises(InputError, match=r"index\.noun:1"):
        build.compiled(folder)


def test_a_folder_may_be_given_and_counts_as_files(folder: Path) -> None:
    step = native.build("augment.text.steps", "SynonymReplacement", {"lexicon": "wn", "senses": 2}, folder.parent)
    assert {path.name for path in step.files} >= {"data.noun", "index.verb", "verb.exc", "cntlist.rev"}
    made, _ = step.apply(Sample(Document({"body": Passage("an auto")})), Chance.of(1, "key", 1))
    assert made.value.passages["body"].text == "a cart"
    with pytest.raises(RecipeError, match="expected the files of a WordNet"):
        native.build("augment.text.steps", "SynonymReplacement", {"lexicon": "."}, folder.parent)


def test_what_ships_is_small_and_quickly_there() -> None:
    assert SHIPPED.stat().st_size < 1_500_000
    assert "Princeton" in SHIPPED.with_name("LICENSE").read_text()
    took = []
    for _ in range(3):
        begin = time.process_time()
        lexicon.Lexicon(zlib.decompress(SHIPPED.read_bytes()).decode())
        took.append(time.process_time() - begin)
    assert min(took) < 0.4  # 0.04 s as measured


def test_steps_that_need_no_lexicon_do_not_read_it() -> None:
    told = (
        "import sys; from pathlib import Path; from augment import native; "
        "native.build('augment.text.steps', 'SynonymReplacement', {}, Path()); "
        "from augment.text import lexicon; assert lexicon.lexicon.cache_info().currsize == 0; "
        "assert not {'nltk', 'nlpaug', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", told], check=True, timeout=60)


def test_all_that_ships_is_fit_to_be_put_into_a_text() -> None:
    words, _, forms = zlib.decompress(SHIPPED.read_bytes()).decode().partition("\n\n")
    lines = words.split("\n")
    assert lines == sorted(lines)
    assert len(lines) > 30_000
    assert len(forms.split("\n")) > 3_000
    for line in lines:
        word, *readings = line.split("\t")
        assert word.islower() and " " not in word
        assert [reading[0] for reading in readings] == sorted((r[0] for r in readings), key="nvar".index)
        for reading in readings:
            for sense in reading.partition(":")[2].split("|"):
                assert not sense or sense[0].isdecimal()
                for listed in sense[1:].split("!"):
                    assert all(fit.islower() and fit.isascii() for fit in listed.split(",") if fit)
                    assert word not in listed.split(",")
    assert not build.COARSE & {fit for line in lines for fit in line.replace("|", ",").replace(":", ",").split(",")}


@pytest.mark.parametrize(
    ("base", "form", "made"),
    [
        ("city", "s", "cities"),
        ("box", "s", "boxes"),
        ("day", "s", "days"),
        ("stop", "d", "stopped"),
        ("visit", "d", "visited"),
        ("try", "d", "tried"),
        ("love", "g", "loving"),
        ("agree", "g", "agreeing"),
        ("die", "g", "dying"),
        ("run", "g", "running"),
        ("play", "g", "playing"),
        ("fix", "d", "fixed"),
        ("big", "r", "bigger"),
        ("happy", "t", "happiest"),
        ("nice", "r", "nicer"),
        ("careful", "r", "more careful"),
        ("quickly", "t", "most quickly"),
    ],
)
def test_english_is_inflected_by_rule(base: str, form: str, made: str) -> None:
    pos = {"s": "n", "r": "a", "t": "a"}.get(form, "v")
    assert inflected(base, form, pos) == made
    assert " " in made or (base, form) in bases(made, pos)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[a-z]{3,9}", fullmatch=True), st.sampled_from("sdng"))
def test_a_regular_form_leads_back_to_its_base(base: str, form: str) -> None:
    pos = "v"
    found = {found for found, _ in bases(inflected(base, form, pos), pos)}
    assert base in found


@pytest.mark.parametrize(
    ("word", "fitting"),
    [("apple", "an"), ("unit", "a"), ("umbrella", "an"), ("hour", "an"), ("house", "a"), ("european", "a"),
     ("user", "a"), ("uninteresting", "an"), ("one-way", "a"), ("honest", "an"), ("onion", "an")],
)  # fmt: skip
def test_articles_go_by_sound(word: str, fitting: str) -> None:
    assert article(word) == fitting


def test_neighbours_tell_what_is_meant() -> None:
    table = lexicon.lexicon().table(3)
    reading = {
        key: one.pos + one.form
        for key, word, before, after in [
            ("to run", "run", "to", ""), ("the run", "run", "the", ""), ("we saw", "saw", "we", ""),
            ("the saw", "saw", "the", ""), ("has left", "left", "has", ""), ("they walk", "walk", "they", ""),
        ]
        if (one := meant(table[word], before, after)) is not None
    }  # fmt: skip
    assert reading == {
        "to run": "v", "the run": "n", "we saw": "vd", "the saw": "n", "has left": "vn", "they walk": "v",
    }  # fmt: skip


def test_function_words_stand_for_themselves() -> None:
    table = lexicon.lexicon().table(50)
    assert not any(table[word] or table[word.upper()] for word in STOP)


@pytest.mark.realdata
def test_the_lexicon_is_what_its_script_makes() -> None:
    folder = Path("/usr/share/wordnet")  # where Debian's wordnet-base puts it
    if "AUGMENT_REAL_DATA" not in os.environ or not (folder / "data.noun").is_file():
        pytest.skip("no WordNet 3.0 here")
    assert zlib.decompress(SHIPPED.read_bytes()).decode() == build.compiled(folder)

"""Steps that change characters: what each of them may do, and keyboards."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import native
from augment.annotations import Span
from augment.chance import Chance
from augment.errors import RecipeError
from augment.sample import Sample
from augment.text import keyboards
from augment.text.steps._lookalikes import SCRIPTS, lookalikes
from augment.text.steps._misreadings import BEGINS, DIGITS, ONE, TWO, script
from augment.text.value import Document, Passage
from tests.text.unicode_texts import texts

STEPS = "augment.text.steps"
KINDS = ("neighbor", "swap", "drop", "double", "insert", "space")
ENGLISH = "The quick brown fox jumps over the lazy dog while seventeen cats sleep near 20 sunny windows today."


def made(name: str, text: str, key: object = 0, spans: tuple[Span, ...] = (), **parameters: Any) -> str:
    step = native.build(STEPS, name, parameters, Path())
    sample, _ = step.apply(Sample(Document({"text": Passage(text, spans)})), Chance.of(3, str(key), 1))
    passage: Passage = sample.value.passages["text"]
    return passage.text


def only(*kinds: str) -> dict[str, float]:
    """Weights with which only some kinds of slips are made."""
    return {kind: float(kind in kinds) for kind in KINDS}


@pytest.mark.parametrize("name", keyboards.names())
def test_neighbours_are_mutual_letters_of_one_case(name: str) -> None:
    found = keyboards.neighbours(name)
    assert len(found) > 20
    for char, beside in found.items():
        assert char not in beside
        assert len(set(beside)) == len(beside) > 0
        assert len(beside) <= 9
        assert all(other.isalpha() for other in beside)
        assert {other.isupper() for other in beside} == {char.isupper()}
        if not char.isupper():
            assert all(char in found[other] for other in beside)
            raised = {"i": "İ"}.get(char, char.upper()) if name == "turkish" else char.upper()
            assert raised == char or len(raised) > 1 or raised in found


def test_neighbours_are_those_that_fingers_know() -> None:
    assert set(keyboards.neighbours("qwerty")["s"]) == set("awedxz")
    assert set(keyboards.neighbours("qwerty")["S"]) == set("AWEDXZ")
    assert set(keyboards.neighbours("qwertz")["z"]) == set("tugh")
    assert set(keyboards.neighbours("azerty")["a"]) == set("zqé")
    assert "ö" in keyboards.neighbours("swedish")["l"]
    assert "ą" in keyboards.neighbours("polish")["a"]
    assert keyboards.neighbours("turkish")["I"].isupper()
    assert "İ" in keyboards.neighbours("turkish")["Ş"]
    assert set(keyboards.neighbours("auto")["ж"]) == set("дэзхю")
    assert set(keyboards.neighbours("greek")["Σ"]) == set("ΑΔΕΖΧ")
    assert keyboards.neighbours("auto")["ї"] == keyboards.neighbours("ukrainian")["ї"]
    with pytest.raises(KeyError):
        keyboards.neighbours("klingon")


def test_every_script_has_a_keyboard() -> None:
    found = keyboards.neighbours(keyboards.AUTO)
    for char in "aяїωאبकก":
        assert char in found


@pytest.mark.parametrize("layout", keyboards.names())
def test_a_neighbor_is_one(layout: str) -> None:
    beside = keyboards.neighbours(layout)
    text = " ".join("".join(sorted(beside))[place : place + 5] for place in range(0, len(beside), 5))
    for key in range(20):
        new = made("Typos", text, key, rate=0.3, layout=layout, **only("neighbor"))
        pairs = [(old, now) for old, now in zip(text, new, strict=True) if old != now]
        assert all(now in beside.get(old, "") for old, now in pairs)
        assert pairs


@given(st.integers(0, 10**6), st.sampled_from(KINDS))
def test_each_kind_of_slip_does_what_it_says(key: int, kind: str) -> None:
    new = made("Typos", ENGLISH, key, rate=0.03, **only(kind))
    assert new != ENGLISH
    words, now = ENGLISH.split(), new.split()
    if kind == "space":
        assert "".join(words) == "".join(now)
        return
    assert len(words) == len(now)
    pairs = [(word, other) for word, other in zip(words, now, strict=True) if word != other]
    grown = {"neighbor": 0, "swap": 0, "drop": -1, "double": 1, "insert": 1}[kind]
    assert (
        len(new) - len(ENGLISH) == grown * round((len(new) - len(ENGLISH)) / grown)
        if grown
        else len(new) == len(ENGLISH)
    )
    for word, other in pairs:
        assert word[0] == other[0], "people know how a word begins"
        assert not any(char.isdigit() for char in word)
        if kind == "swap":
            assert Counter(word) == Counter(other)
        if kind in ("drop", "double"):
            assert set(other) <= set(word)


@given(texts(), st.integers(0, 3), st.integers(2, 6))
def test_words_that_are_too_short_stay(text: str, key: int, shortest: int) -> None:
    short = " ".join(piece[: shortest - 1] for piece in ("abcdef", "пятьдесят", "éèêëëê") for _ in range(3))
    assert (
        made("Typos", short, key, shortest=shortest, rate=1, first=True, **only("neighbor", "swap", "drop")) == short
    )


def test_first_letters_may_change_where_it_is_asked_for() -> None:
    found = {made("Typos", "word word word", key, rate=0.5, first=True)[0] for key in range(30)}
    assert found - {"w"}


def test_many_slips_at_a_high_rate() -> None:
    slips = [
        sum(a != b for a, b in zip(ENGLISH, made("Typos", ENGLISH, key, rate=0.2, **only("neighbor")), strict=True))
        for key in range(50)
    ]
    assert 14 <= sum(slips) / 50 <= 21
    assert made("Typos", ENGLISH, rate=0) == ENGLISH


@pytest.mark.parametrize(
    ("parameters", "path"),
    [({"layout": "klingon"}, "layout"), ({"swap": -1}, "swap"), ({"shortest": 1}, "shortest"), (only(), "")],
)  # fmt: skip
def test_a_wrong_keyboard_or_weight_is_told(parameters: dict[str, Any], path: str) -> None:
    with pytest.raises(RecipeError) as raised:
        native.build(STEPS, "Typos", parameters, Path())
    assert [problem.path for problem in raised.value.problems] == [path]


def test_marks_go_with_their_letters() -> None:
    text = "मैं हर सुबह अपने घर के पास वाले बगीचे में टहलने जाता हूँ"
    for key in range(40):
        new = made("Typos", text, key, rate=0.1)
        assert not any(unicodedata.category(word[0]).startswith("M") for word in new.split())


def test_no_other_letter_comes_under_the_marks_of_one() -> None:
    for text in ("ที่นี่มีน้ำแข็งให้เด็กกิน", "मैं हर सुबह अपने घर के पास", "בְּרֵאשִׁית בָּרָא אֱלֹהִים", "e\u0301le\u0301ment"):
        own = {text[start:end] for start, end in Passage(text).clusters() if end - start > 1}
        for key in range(40):
            new = made("Typos", text, key, rate=0.2, **only("neighbor"))
            assert {new[start:end] for start, end in Passage(new).clusters() if end - start > 1} <= own


def test_misreadings_are_of_another_shape() -> None:
    for own, table in (("", {**ONE, **TWO}), *DIGITS.items()):
        for right, wrong in table.items():
            assert right not in wrong
            assert len(set(wrong)) == len(wrong) > 0
            told = {script(char) for char in (*right, *"".join(wrong)) if char.isalpha()}
            assert told == {own or script(right.strip("0123456789")[0])}
    assert all(len(right) == 1 and right.isalpha() for right in ONE)
    assert all(right.isdigit() for table in DIGITS.values() for right in table)
    assert all(len(right) == 2 for right in TWO)
    assert {*BEGINS} <= {*ONE}, "or no pair that begins so is ever looked up"
    for right, wrong in (
        ("0", "O"),
        ("O", "0"),
        ("1", "l"),
        ("l", "I"),
        ("S", "5"),
        ("8", "B"),
        ("é", "e"),
        ("ß", "B"),
    ):
        assert wrong in {**ONE, **DIGITS["LATIN"]}[right]
    for right, wrong in (("rn", "m"), ("cl", "d"), ("vv", "w")):
        assert wrong in TWO[right]
        assert right in ONE[wrong]


@given(st.integers(0, 10**6))
def test_ocr_reads_what_is_alike_and_leaves_digits_where_told(key: int) -> None:
    text = "Barn 1058 clinic 2,963 über"
    new = made("OcrErrors", text, key, rate=0.2, digits=False)
    assert "1058" in new
    assert "2,963" in new
    one = made("OcrErrors", "rn", key)
    assert one == "m" or (one[0] in ONE["r"]) != (one[1:] in ONE["n"])


@given(texts(), st.sampled_from(["upper", "lower", "title", "swap", "sentence", "random"]))
def test_case_is_all_that_changes(text: str, form: str) -> None:
    def folded(some: str) -> str:
        some = some.translate(dict.fromkeys(map(ord, "İIı"), "i")).upper().lower().upper()
        return unicodedata.normalize("NFKD", some).replace("\u0307", "")

    assert folded(made("ChangeCase", text, to=form)) == folded(text)


def test_forms_of_case() -> None:
    text = "he SAID: so it is. And (then) he paid $5.00 e.g. to straße! ok"
    assert made("ChangeCase", text, to="upper") == "HE SAID: SO IT IS. AND (THEN) HE PAID $5.00 E.G. TO STRASSE! OK"
    assert made("ChangeCase", text, to="lower") == text.lower()
    assert made("ChangeCase", "don't ÉCOLE ǆ", to="title") == "Don't École ǅ"
    assert made("ChangeCase", "Ab cD", to="swap") == "aB Cd"
    assert made("ChangeCase", 'he SAID: "so". and THEN\nit was', to="sentence") == 'He said: "so". And then\nIt was'
    assert made("ChangeCase", "ışık İstanbul I", to="upper") == "IŞIK İSTANBUL I"
    assert made("ChangeCase", "IŞIĞI İSTANBUL", to="lower") == "ışığı istanbul"
    assert made("ChangeCase", "I visited İstanbul in winter, it is big", to="upper") == (
        "I VISITED İSTANBUL IN WINTER, IT IS BIG"
    )
    assert made("ChangeCase", "akıl ve vicdana sahiptirler", to="upper") == "AKIL VE VİCDANA SAHİPTİRLER"
    assert made("ChangeCase", "I VISITED İSTANBUL", to="lower") == "i visited istanbul"
    assert made("ChangeCase", "Türkiye'nin en kalabalık şehri İstanbul ve ili", to="upper").endswith("VE İLİ")
    assert made("ChangeCase", "ΟΔΟΣ ΣΑΣ", to="lower") == "οδος σας"
    assert made("ChangeCase", "漢字 123", to="upper") == "漢字 123"
    drawn = {made("ChangeCase", "one two three four", key, rate=0.5, to="upper") for key in range(20)}
    assert all(sum(word.isupper() for word in some.split()) == 2 for some in drawn)
    assert len(drawn) > 3
    assert {made("ChangeCase", "ab", key) for key in range(20)} == {"AB", "Ab"}, (
        "one that changes nothing is not drawn"
    )
    assert made("ChangeCase", "see Paris now", to="upper", spans=(Span(4, 9),)) == "SEE Paris NOW"


def test_lookalikes_are_of_the_scripts_named() -> None:
    for name, (first, last) in SCRIPTS.items():
        found = lookalikes((name,))
        assert found
        for char, others in found.items():
            assert char not in others
            assert len(set(others)) == len(others)
            assert all(first <= other <= last for other in others)
            if name == "fullwidth":
                assert all(unicodedata.normalize("NFKC", other) == char for other in others)


@given(st.integers(0, 10**6), st.sampled_from(["cyrillic", "greek", "fullwidth"]))
def test_confusables_look_alike(key: int, script: str) -> None:
    new = made("Confusables", ENGLISH, key, rate=0.2, scripts=[script])
    alike = lookalikes((script,))
    assert new != ENGLISH
    assert all(now == old or now in alike[old] for old, now in zip(ENGLISH, new, strict=True))


NOISES = {
    "spaces": lambda text: " ".join(text.split()),
    "zero_width": lambda text: text.translate(dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))),
    "accents": lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
    "quotes": lambda text: re.sub("[’‘ʼ′]", "'", re.sub("[“”„«»＂]", '"', text)),
    "dashes": lambda text: text.translate(dict.fromkeys(map(ord, "‐‑–—−"), "-")),
    "ellipsis": lambda text: text.replace("…", "..."),
    "ligatures": lambda text: unicodedata.normalize("NFKC", text),
    "nfd": lambda text: unicodedata.normalize("NFC", text),
}  # fmt: skip
"""Kind -> what takes its noise out again."""


@pytest.mark.parametrize("kind", NOISES)
def test_noise_can_be_taken_out_again(kind: str) -> None:
    text = "He said: \"It's well-known\" - the first poet... a café' fluff."
    for key in range(30):
        new = made("UnicodeNoise", text, key, kinds=kind, rate=0.3)
        assert new != text
        assert NOISES[kind](new) == text if kind != "accents" else NOISES[kind](new) == NOISES[kind](text)


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=8))
def test_accents_are_on_letters_of_scripts_that_have_them(word: str) -> None:
    new = made("UnicodeNoise", word, kinds="accents", rate=1)
    carry = [unicodedata.name(char, "").split(" ")[0] in ("LATIN", "GREEK", "CYRILLIC") for char in word]
    if not any(carry):
        assert new == word


def test_no_accents_on_scripts_without_them() -> None:
    text = "漢字 ภาษาไทย 한국어 ひらがな हिन्दी עברית العربية abc"
    for key in range(20):
        new = made("UnicodeNoise", text, key, kinds="accents", rate=1)
        assert new.rpartition(" ")[0] == text.rpartition(" ")[0]
        assert len(new) == len(text) + 3


@given(texts(), st.sampled_from(["nfc", "nfd", "nfkc"]))
def test_normal_forms_are_equivalent(text: str, kind: str) -> None:
    form: Any = kind.upper()
    new = made("UnicodeNoise", text, kinds=kind)
    assert unicodedata.normalize(form, new) == unicodedata.normalize(form, text)
    if not Passage(text).guarded and kind == "nfd":
        assert new == unicodedata.normalize("NFD", text)


@given(texts(), st.integers(0, 99))
def test_aeda_only_puts_marks_in(text: str, key: int) -> None:
    new = made("Aeda", text, key)
    words = len(Passage(text).words)
    marks = len(new.replace(" ", "")) - len(text.replace(" ", ""))
    assert 0 <= marks <= max(1, words / 3 + 1)
    left = iter(new)
    assert all(char in left for char in text), "what was there is there, in its order"


def test_aeda_puts_marks_before_words() -> None:
    for key in range(20):
        new = made("Aeda", "one two (three) four", key).split(" ")
        assert [word for word in new if len(word) > 1] == ["one", "two", "(three)", "four"]
        assert 1 <= sum(word in ".;?:!," for word in new) <= 2
    assert set(made("Aeda", "一二三", marks=["、"], rate=0.5)) == set("一二三、")
    with pytest.raises(RecipeError, match="neither letters nor digits"):
        native.build(STEPS, "Aeda", {"marks": ["x"]}, Path())


@pytest.mark.parametrize("name", ["Typos", "OcrErrors", "ChangeCase", "Confusables", "UnicodeNoise"])
@given(st.integers(0, 10**6))
def test_what_is_done_to_a_letter_stays_in_its_token(name: str, key: int) -> None:
    tokens = tuple(Span(*match.span(), layer="token") for match in re.finditer(r"\S+", ENGLISH))
    step = native.build(STEPS, name, {"rate": 0.3}, Path())
    sample, _ = step.apply(Sample(Document({"text": Passage(ENGLISH, tokens)})), Chance.of(3, str(key), 1))
    passage: Passage = sample.value.passages["text"]
    inside = {place for span in passage.spans for place in range(span.start, span.end)}
    assert not [char for place, char in enumerate(passage.text) if not char.isspace() and place not in inside]

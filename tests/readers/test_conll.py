"""CoNLL: what stands in a file of columns is read, whatever its layout, and what is wrong with it is told."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Span
from augment.errors import InputError, SampleError
from augment.readers import _stretches, conll
from augment.readers._conll import sentences as _sentences
from augment.sample import Content, Dataset, Entry, Skip
from augment.spans import _beside, _columns, _tags
from tests.spans.rows import SIGNS, sequences

WANTED = frozenset({".row"})
SENTENCES = "Sao NC B-LOC\nPaulo VMI I-LOC\n( Fpa O\n\n- Fg O\n\nLa DA O\nTelefónica AQ B-ORG\n. Fp O\n\n"

words = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=4).map("".join)
words = words.map(lambda word: "".join(char for char in word if char not in " \t\r\n") or "x")


def read(path: Path, **options: Any) -> tuple[Dataset, list[tuple[Entry, Content]], list[Skip]]:
    chosen = conll.Options.model_validate(options)
    dataset = conll.dataset(path, chosen)
    listed = list(conll.entries(path, chosen, WANTED))
    entries = [item for item in listed if isinstance(item, Entry)]
    return (
        dataset,
        [(one, conll.read(path, one, dataset)) for one in entries],
        [s for s in listed if isinstance(s, Skip)],
    )


def text_of(content: Content) -> str:
    assert content.data[:1] == b"\x1e"
    (text,) = json.loads(content.data[1:]).values()
    return str(text)


def spans_of(content: Content, layer: str) -> list[Span]:
    assert content.annotations is not None
    return [span for span in content.annotations.spans if span.layer == layer]


def parts(content: Content) -> tuple[list[str], list[tuple[str, str | None]], list[dict[str, Any]]]:
    """The tokens, the entities with their words, and what else is told of tokens."""
    text = text_of(content)
    tokens, entities = spans_of(content, "token"), spans_of(content, "entity")
    return (
        [text[span.start : span.end] for span in tokens],
        [(text[span.start : span.end], span.label) for span in entities],
        [{name: value for name, value in span.fields.items() if name != _beside.ROLES} for span in tokens],
    )


@st.composite
def files(draw: st.DrawFn) -> tuple[_columns.Layout, list[list[list[str]]]]:
    """A layout, and the rows of some sentences in it."""
    separator = draw(st.sampled_from(["\t", " "]))
    scheme = draw(st.sampled_from([*_tags.SCHEMES]))
    numbered = draw(st.booleans())
    more = draw(st.integers(int(numbered), 2))
    word = words | st.sampled_from(["New York", " a", "  "]) if separator == "\t" else words
    rows = []
    for length in draw(st.lists(st.integers(2, 6), min_size=1, max_size=4)):
        tags = draw(sequences(length, scheme))
        own = [[draw(word), *(draw(words) for _ in range(more)), tag] for tag in tags]
        rows.append([[str(n + 1), *row] for n, row in enumerate(own)] if numbered else own)
    first = int(numbered)
    return _columns.Layout(separator, first + more + 2, first, first + more + 1, scheme, numbered), rows


def content_of(rows: list[list[list[str]]], separator: str, newline: str = "\n") -> str:
    return "".join("".join(separator.join(row) + newline for row in sentence) + newline for sentence in rows)


@given(
    files(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans()
)
@settings(max_examples=50, deadline=None)
def test_tokens_tags_and_columns_are_read(
    tmp_path_factory: pytest.TempPathFactory, made: Any, newline: str, encoding: str, told: bool
) -> None:
    layout, rows = made
    path = tmp_path_factory.mktemp("conll") / "train.conll"
    path.write_bytes(content_of(rows, layout.separator, newline).encode(encoding))
    options = {"separator": "tab" if layout.separator == "\t" else "blank", "scheme": layout.scheme} if told else {}
    dataset, found, skips = read(path, **options)
    assert skips == []
    seen = _columns.Layout.of(dataset.fields["conll"])
    if told:
        assert replace(seen, roles={}, layers=[]) == layout or not layout.numbered
    assert len(found) == len(rows)
    for sentence, (entry, content) in zip(rows, found, strict=True):
        tokens, entities, fields = parts(content)
        assert entry.split == "train"
        assert tokens == [row[seen.token] for row in sentence]
        chunks, _ = _tags.chunks([row[-1] for row in sentence], seen.scheme)
        assert entities == [(" ".join(tokens[a:b]), label) for a, b, label in chunks]
        for row, own in zip(sentence, fields, strict=True):
            assert [own[name] for name in seen.beside.values()] == [row[number] for number in seen.beside]


@given(files(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_keys_hang_on_nothing_but_the_sentence(
    tmp_path_factory: pytest.TempPathFactory, made: Any, chance: random.Random
) -> None:
    layout, rows = made
    path = tmp_path_factory.mktemp("conll") / "a.conll"
    path.write_text(content_of(rows, layout.separator), encoding="utf-8", newline="")
    keys = [entry.key for entry, _ in read(path, scheme=layout.scheme)[1]]
    other = path.with_name("b.conll")
    order = list(range(len(rows)))
    chance.shuffle(order)
    text = "\n\n-DOCSTART- -X- O\n\n" + content_of([rows[n] for n in order], layout.separator, "\r\n").rstrip()
    other.write_bytes(text.encode("utf-8-sig"))
    assert [entry.key for entry, _ in read(other, scheme=layout.scheme)[1]] == [keys[n] for n in order]


def test_a_sentence_is_read_from_its_stretch_alone(tmp_path: Path) -> None:
    path = tmp_path / "esp.testa"
    path.write_text(SENTENCES, encoding="latin-1")
    dataset, found, skips = read(path)
    assert skips == []
    assert [text_of(content) for _, content in found] == ["Sao Paulo (", "-", "La Telefónica ."]
    assert [entry.locator for entry, _ in found] == ["0+37.row", "38+7.row", "46+35.row"]
    assert dataset.spanned
    assert dataset.rows is not None
    assert dataset.rows.shape == "tokens"
    assert dataset.categories == ()
    assert parts(found[0][1])[2] == [{"column2": "NC"}, {"column2": "VMI"}, {"column2": "Fpa"}]
    for locator in ("0+999999.row", "x/0+3.row", "../a/0+3.row", "-1+3.row", "0+3", "+.row"):
        with pytest.raises(SampleError):
            conll.read(path, Entry("k", locator), dataset)
    path.write_text(SENTENCES.replace("B-LOC", "X-LOC"), encoding="latin-1")
    with pytest.raises(SampleError, match="another sentence"):
        conll.read(path, found[0][0], dataset)


@pytest.mark.parametrize(
    ("bad", "line", "reason", "told"),
    [
        ("Paulo VMI I-LOC", 2, "", ""),
        ("Paulo I-LOC", 2, "wrong number of columns", "expected 3 columns, found 2: 'Paulo I-LOC'"),
        ("Paulo VMI I-LOC x", 2, "wrong number of columns", "found 4"),
        ("Paulo VMI I-ORG", 2, "bad tags", "I-ORG after B-LOC and before O; IOB2 has B-ORG there"),
        ("Paulo VMI LOC", 2, "bad tags", "expected a tag such as O, B-PER or I-PER, found 'LOC'"),
        ("# VMI", 2, "wrong number of columns", "found 2"),
        ("\ud800", 2, "not readable", "not utf-8"),
    ],
)
def test_a_bad_line_costs_its_sentence(tmp_path: Path, bad: str, line: int, reason: str, told: str) -> None:
    path = tmp_path / "esp.testa"
    text = (SENTENCES + SENTENCES).replace("Paulo VMI I-LOC", bad, 1)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    _, found, skips = read(path)
    if not reason:
        assert (len(found), skips) == (6, [])
        return
    ((source, why, detail),) = [(skip.source, skip.reason, skip.detail) for skip in skips]
    assert (source, why, len(found)) == (f"esp.testa:{line}", reason, 5)
    assert told in detail


def test_an_empty_token_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a\tO\n\tO\n\nb\tO\n\n", encoding="utf-8")
    _, found, (skip,) = read(path)
    assert (len(found), skip.source, skip.reason) == (1, "a.conll:2", "empty token")


def test_illegal_tags_are_mended_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a B-X\nb I-X\n\nc O\nd I-X\ne B-Y\n\nf B-X\n\n", encoding="utf-8")
    dataset, found, skips = read(path)
    assert (len(found), [skip.source for skip in skips]) == (2, ["a.conll:5"])
    assert "repaired tags" not in dataset.fields
    dataset, found, skips = read(path, repair=True)
    assert (len(found), skips, dataset.fields["repaired tags"]) == (3, [], 1)
    assert parts(found[1][1])[1] == [("d", "X"), ("e", "Y")]


CONLLU = """# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
# sent_id = 1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_
3\tal\ta\tADP\t_\t_\t4\tcase\t_\t_

# sent_id = 2
1\tno\tno\tADV\t_\t_\t0\troot\t_\t_

"""


def test_conllu_counts_its_tokens(tmp_path: Path) -> None:
    path = tmp_path / "es.conllu"
    path.write_text(CONLLU, encoding="utf-8")
    assert conll.claims(path)
    with pytest.raises(InputError, match="column 10 of 10 has no tags such as B-PER"):
        read(path)
    dataset, found, skips = read(path, scheme="none")
    assert (len(found), skips) == (2, [])
    assert dataset.fields["conll"]["numbered"] is True
    tokens, entities, fields = parts(found[0][1])
    assert (tokens, entities) == (["vamos", "nos", "al"], [])
    assert [one["column4"] for one in fields] == ["VERB", "PRON", "ADP"]
    assert found[0][1].annotations is not None
    assert list(found[0][1].annotations.fields["remarks"]) == CONLLU.split("\n")[:3]


def test_a_number_sign_may_be_a_token(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("# source: x\n# NN O\n1 CD O\n\na DT O\n# NN B-X\n\n# no tokens\n\n", encoding="utf-8")
    _, found, skips = read(path)
    assert skips == []
    assert [parts(content)[0] for _, content in found] == [["#", "1"], ["a", "#"]]


def test_splits_are_told_by_names(tmp_path: Path) -> None:
    for name in ("esp.train", "esp.testa", "esp.testb", "notes.txt", ".hidden.conll"):
        (tmp_path / name).write_text("Prose is no table.\n" if name == "notes.txt" else SENTENCES, encoding="utf-8")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/shard-000000.conll").write_text(SENTENCES, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/x.conll").write_text(SENTENCES, encoding="utf-8")
    dataset, found, _ = read(tmp_path)
    assert {entry.locator.rpartition("/")[0]: entry.split for entry, _ in found} == {
        "esp.train": "train",
        "esp.testa": "val",
        "esp.testb": "test",
        "dev/shard-000000.conll": "val",
    }
    assert len(found) == 12
    (tmp_path / "esp.train").unlink()
    assert {entry.split for entry, _ in read(tmp_path)[1]} == {"train"}
    with pytest.raises(SampleError, match="unreadable"):
        conll.read(tmp_path, Entry("k", "other/x.conll/0+3.row"), dataset)


PROSE = [
    "Prose is no table.\nNot even if it has lines.\n",
    "a O\nprose line that O\n",
    "LABEL some text here\nLABEL other text O\n",
    "ENTY:animal What is it ?\nDESC:def What is an atom ?\n",
    '{"text": "a"}\n{"text": "b"}\n',
    "text,label\na,b\n",
    "text\tlabel\ngood film\tpos\nbad one\tneg\n",
    "",
    "\n\n\n",
    "word\nword\nO\n",
    "\0\0O\0O",
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_not_claimed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    assert not conll.claims(path)
    assert not conll.claims(tmp_path)
    assert not conll.claims(tmp_path / "nobody")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-8-sig"])
def test_columns_are_claimed(tmp_path: Path, encoding: str) -> None:
    for name in ("train.txt", "esp.testa"):
        (tmp_path / name).write_bytes(("-DOCSTART- -X- O\n\n" + SENTENCES * 2000).encode(encoding))
        assert conll.claims(tmp_path / name)
    assert conll.claims(tmp_path)


@pytest.mark.parametrize("text", ["", "\n\n", "# a remark\n\n", "-DOCSTART- -X- O O\n\n"])
def test_nothing_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.conll"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.conll"):
        read(path)


def test_wrong_columns_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text(SENTENCES, encoding="utf-8")
    for wrong in ({"tags": 4}, {"tags": -4}, {"tokens": 9}, {"tokens": 3}, {"separator": "tab"}, {"tags": 2}):
        with pytest.raises(InputError, match="input: "):
            read(path, **wrong)
    dataset, found, _ = read(path, tags=2, scheme="none")
    assert parts(found[0][1])[2][0] == {"column2": "NC", "column3": "B-LOC"}
    assert dataset.fields["conll"]["scheme"] == "none"
    for bad in ({"encoding": "klingon"}, {"encoding": "a\0b"}, {"tokens": 0}, {"tags": 2000}, {"scheme": "x"}):
        with pytest.raises(pydantic.ValidationError):
            conll.Options.model_validate(bad)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nobody")
    with pytest.raises(InputError, match="no file in it"):
        (tmp_path / "empty").mkdir()
        read(tmp_path / "empty")


def test_a_file_without_blank_lines_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stretches, "MOST", 1000)
    path = tmp_path / "a.conll"
    path.write_text("a O\n" * 1000 + "\nb O\n\n", encoding="utf-8")
    _, found, (skip,) = read(path)
    assert [text_of(content) for _, content in found] == ["b"]
    assert "is there no blank line?" in skip.detail


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"a\tO\n{text}\tO\n".encode("utf-8", "replace"))
)
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.conll"
    path.write_bytes(data)
    conll.claims(path)
    try:
        _, found, _ = read(path, repair=True)
    except InputError as error:
        assert "x.conll" in str(error)
        return
    for _, content in found:
        text_of(content).encode()


ODD = ["a O", "b B-X", "c I-X", "d I-Y", "e\tO", "f  O", " g O", "h O ", "i", "j O x", "k XX", "# m"]
ODD += ["-DOCSTART- O", "", "", "", " ", "\t", "n\0 O", "ö O", "l B-X\r", "\r", "m O\rn O", "\ufeff O", "#t O"]
ODD += ["\x0b O", "\u2028 O"]
LINES = st.lists(st.sampled_from(ODD), max_size=14)


@settings(deadline=None, max_examples=300)
@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.sampled_from([3, 11, 1 << 20]))
def test_sentences_are_found_in_blocks_as_they_are_line_by_line(
    lines: list[str], end: str, ended: bool, block: int
) -> None:
    data = (end.join(lines) + (end if ended else "")).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stretches, "BLOCK", block)
        file = io.BytesIO(data)
        start = _stretches.codec(file, "utf-8")[1]
        plain = list(_sentences._by_line(file, "utf-8", (start, 0)))
        assert list(_sentences.sentences(io.BytesIO(data), "utf-8")) == plain


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=4), st.sampled_from([" ", "\t"]), st.sampled_from([*_tags.SCHEMES, "none"]))
def test_a_quick_look_at_a_sentence_finds_what_a_close_one_does(
    sentences: list[list[str]], separator: str, scheme: str
) -> None:
    layout = _columns.Layout(separator, scheme=scheme)
    good: set[tuple[str, str]] = set()
    for lines in sentences:
        text = "\n".join(line.replace("\r", "") for line in lines if line.strip()).replace(" ", separator)
        if not text:
            continue
        one = _sentences.Stretch(1, 0, 9, text)
        quick, close = conll._checked(one, layout, False, good), conll._checked(one, layout, False, set())
        assert (type(quick), str(quick)) == (type(close), str(close))
        tags = _columns.plain_tags(text, layout)
        assert tags is None or tags == _columns.sentence(one.lines, layout).tags(layout)

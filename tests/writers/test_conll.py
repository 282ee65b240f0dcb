"""CoNLL out: what was read comes out again, and what was edited is still one tag a token."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment.annotations import Annotations, Span
from augment.errors import SampleError
from augment.readers import conll as reader
from augment.sample import Content, Dataset, Entry, Record, Rows
from augment.spans import _columns, _tags
from augment.text.graphemes import boundaries
from augment.text.guards import DEFAULT
from augment.text.value import Passage
from augment.writers import _keys
from augment.writers import conll as writer
from tests.readers.test_conll import CONLLU, SENTENCES, content_of, files, parts, read, text_of
from tests.spans.rows import chunks, places, texts

SHARD = "train/shard-000000.conll"


def record(number: int, text: str, annotations: Annotations | None = None, **other: Any) -> Record:
    facts: dict[str, Any] = {"data": text.encode(), "extension": "txt", "split": "train", "copy": 0, **other}
    return Record(
        key=f"k{number}",
        modality="text",
        label=None,
        label_index=None,
        source=f"s{number}",
        annotations=annotations,
        **facts,
    )


def write(root: Path, records: list[Record], dataset: Dataset, **options: Any) -> Path:
    chosen = writer.Options.model_validate(options)
    (written,) = writer.assemble(root, SHARD, [writer.render(one, dataset, chosen) for one in records])
    assert written.samples == len(records)
    for one in records:
        assert writer.extract(root, SHARD, one.key) == one.data
    with pytest.raises(KeyError):
        writer.extract(root, SHARD, "nobody")
    return root / SHARD


def again(root: Path, dataset: Dataset, found: list[tuple[Entry, Content]]) -> Path:
    records = [record(n, text_of(one), one.annotations) for n, (_, one) in enumerate(found)]
    return write(root, records, dataset)


@given(files(), st.sampled_from(["utf-8", "utf-16"]))
@settings(max_examples=50, deadline=None)
def test_unchanged_sentences_come_out_as_they_came_in(
    tmp_path_factory: pytest.TempPathFactory, made: Any, encoding: str
) -> None:
    layout, rows = made
    root = tmp_path_factory.mktemp("conll")
    path = root / "in.conll"
    text = content_of(rows, layout.separator)
    path.write_bytes(text.encode(encoding))
    separator = "tab" if layout.separator == "\t" else "blank"
    dataset, found, _ = read(path, scheme=layout.scheme, separator=separator)
    out = again(root / "out", dataset, found)
    assert out.read_bytes().decode("utf-8").removeprefix("\n") == text
    more, other, skips = read(out, scheme=layout.scheme, separator=separator)
    assert skips == []
    assert more.fields == dataset.fields
    assert [parts(content) for _, content in other] == [parts(content) for _, content in found]
    assert [entry.key for entry, _ in other] == [entry.key for entry, _ in found]


@given(files(), st.data())
@settings(max_examples=50, deadline=None)
def test_edited_sentences_are_legal_and_keep_their_entities(
    tmp_path_factory: pytest.TempPathFactory, made: Any, data: st.DataObject
) -> None:
    layout, rows = made
    assume(layout.scheme != "io")  # two that have come to touch are refused there
    root = tmp_path_factory.mktemp("conll")
    path = root / "in.conll"
    path.write_text(content_of(rows, layout.separator), encoding="utf-8", newline="")
    separator = "tab" if layout.separator == "\t" else "blank"
    dataset, found, _ = read(path, scheme=layout.scheme, separator=separator)
    records, wanted = [], []
    for number, (_, content) in enumerate(found):
        text = text_of(content)
        assert content.annotations is not None
        edits = [(start, end, data.draw(texts)) for start, end in data.draw(places(text))]
        passage = Passage(text, content.annotations.spans, DEFAULT).edited(edits)
        records.append(record(number, passage.text, Annotations(spans=passage.spans), copy=1))
        entities = [one for one in passage.spans if one.layer == "entity"]
        wanted.append((passage.text, [(passage.text[one.start : one.end], one.label) for one in entities]))
    try:
        out = write(root / "out", records, dataset)
    except SampleError as error:
        assert "no token" in error.detail or "shares its only token" in error.detail
        return
    more, other, skips = read(out, scheme=layout.scheme, separator=separator)
    assert skips == []
    if more.fields["conll"]["numbered"] != layout.numbered:
        return  # sentences of one token each tell nothing of numbers
    for (text, before), (_, content) in zip(wanted, other, strict=True):
        tokens, now, fields = parts(content)
        assert "".join("".join(tokens).split()) == "".join(text.split())
        assert [(flat(words), label) for words, label in now] == [(flat(words), label) for words, label in before]
        assert all(own.keys() == {*layout.beside.values()} | own.keys() & {"blanks"} for own in fields)


def flat(words: str) -> str:
    return "".join(words.split())


@given(texts, st.data(), st.sampled_from(list(_tags.SCHEMES)), st.sampled_from(["tab", "blank"]))
@settings(max_examples=50, deadline=None)
def test_texts_without_tokens_are_cut_where_entities_are(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject, scheme: str, separator: str
) -> None:
    cuts = boundaries(text) or range(len(text) + 1)
    own = sorted({place for one in data.draw(places(text)) for place in one if place in cuts})
    found = [
        Span(a, b, data.draw(st.sampled_from(["PER", "LOC x"]))) for a, b in zip(own[::2], own[1::2], strict=False)
    ]
    one = record(0, text, Annotations(spans=tuple(found)))
    try:
        out = write(tmp_path_factory.mktemp("conll"), [one], Dataset(spanned=True), scheme=scheme, separator=separator)
    except SampleError as error:
        assert not text.strip() or scheme == "io"
        assert error.detail
        return
    _, ((_, content),), _ = read(out, scheme=scheme, separator=separator)
    tokens, entities, _ = parts(content)
    assert flat("".join(tokens)) == flat(text)
    label = {"LOC x": "LOC_x" if separator == "blank" else "LOC x"}
    expected = [(flat(text[s.start : s.end]), label.get(str(s.label), s.label)) for s in found]
    assert [(flat(words), name) for words, name in entities] == [one for one in expected if one[0]]
    assert all(at in cuts or text[at - 1].isspace() for at in edges(text, tokens))


def edges(text: str, tokens: list[str]) -> list[int]:
    """Where tokens begin in their text."""
    found, at = [], 0
    for token in tokens:
        at = text.index(token, at)
        found.append(at)
        at += len(token)
    return found


def lines(text: str, spans: list[Span], dataset: Dataset | None = None, **options: Any) -> list[str]:
    """The lines that a text becomes."""
    chosen = writer.Options.model_validate(options)
    part = writer.render(record(0, text, Annotations(spans=tuple(spans))), dataset or Dataset(), chosen)
    return _keys.unpack(part)[3].decode().split("\n")[:-2]


def token(start: int, end: int, **fields: Any) -> Span:
    return Span(start, end, None, "token", fields=fields)


LAYOUT = Dataset(fields={"conll": _columns.Layout(columns=3, tags=2).plain()})


def test_tokens_are_those_of_the_edited_text() -> None:
    spans = [token(0, 3, column2="NP"), token(4, 9, column2="VB"), token(15, 16, column2="Fp"), Span(0, 9, "X")]
    assert lines("Ada le ft there.", spans, LAYOUT) == [
        "Ada NP B-X",
        "le VB I-X",
        "ft VB I-X",
        "there _ O",
        ". Fp O",
    ]
    assert lines("Ada", [token(0, 3), token(3, 3)]) == ["Ada O"]
    assert lines("Ada!", [token(0, 3)], LAYOUT) == ["Ada _ O", "! _ O"]
    assert lines("3.5 don't, well-known 🙂👩\u200d🚀x", []) == [
        "3.5 O",
        "don't O",
        ", O",
        "well-known O",
        "🙂 O",
        "👩\u200d🚀 O",
        "x O",
    ]
    assert lines("北京 Ada", [Span(0, 1, "L")], scheme="bioes") == ["北 S-L", "京 O", "Ada O"]


def test_a_token_is_tagged_that_an_entity_has_part_of() -> None:
    tokens = [token(0, 8), token(9, 12)]
    assert lines("pre-Ada. ran", [*tokens, Span(4, 7, "P")]) == ["pre-Ada. B-P", "ran O"]
    assert lines("pre-Ada. ran", [*tokens, Span(4, 10, "P")], scheme="bilou") == ["pre-Ada. B-P", "ran L-P"]
    with pytest.raises(SampleError, match="shares its only token"):
        lines("pre-Ada. ran", [*tokens, Span(0, 2, "P"), Span(4, 7, "P")])
    with pytest.raises(SampleError, match="overlaps another"):
        lines("pre-Ada. ran", [*tokens, Span(0, 10, "P"), Span(4, 7, "P")])
    with pytest.raises(SampleError, match="can't tell apart"):
        lines("a b", [Span(0, 1, "P"), Span(2, 3, "P")], scheme="io")


def test_what_is_no_sentence_is_refused() -> None:
    pair = record(0, json.dumps({"question": "a", "context": "b"}), extension="json")
    rows = Dataset(rows=Rows(texts=("question", "context")))
    for one, told in (
        (pair, "question, context"),
        (record(0, " \n"), "no token"),
        (record(0, "x", extension="jpg"), "jpg"),
    ):
        with pytest.raises(SampleError, match=told):
            writer.render(one, rows if one is pair else Dataset())
    assert lines("a # b", []) == ["a O", "# O", "b O"]


def test_remarks_stay_with_originals(tmp_path: Path) -> None:
    path = tmp_path / "es.conllu"
    path.write_text(CONLLU, encoding="utf-8")
    dataset, found, _ = read(path, scheme="none")
    kept = "".join(line for line in CONLLU.splitlines(keepends=True) if not line.startswith(("1-2", "2.1")))
    assert again(tmp_path / "a", dataset, found).read_text(encoding="utf-8") == kept
    copies = [record(n, text_of(one), one.annotations, copy=1) for n, (_, one) in enumerate(found)]
    out = write(tmp_path / "b", copies, dataset)
    bare = "".join(line for line in kept.splitlines(keepends=True) if not line.startswith("#"))
    assert out.read_text(encoding="utf-8") == bare


def test_values_never_break_the_columns() -> None:
    spans = [token(0, 1, column2="a b\nc"), Span(0, 1, "x\ty z")]
    assert lines("q", spans, LAYOUT) == ["q a_b_c B-x_y_z"]
    assert lines("q", spans, LAYOUT, separator="tab") == ["q\ta b_c\tB-x_y z"]
    assert lines("q", [token(0, 1, column2=None)], LAYOUT) == ["q None O"]
    for odd in ({}, {"separator": ","}, {"columns": 10**9}, {"tags": 0}, {"scheme": 3}, {"token": True}):
        layout = {**_columns.Layout().plain(), **odd} if odd else None
        assert lines("q", [], Dataset(fields={"conll": layout})) == ["q O"]


def test_a_folder_of_shards_is_an_input(tmp_path: Path) -> None:
    path = tmp_path / "esp.testa"
    path.write_text(SENTENCES, encoding="utf-8")
    dataset, found, _ = read(path)
    again(tmp_path / "out", dataset, found)
    writer.conclude(tmp_path / "out", dataset)
    assert writer.shard("train", 0) == SHARD
    assert writer.locate(record(0, "x"), SHARD) == SHARD
    assert reader.claims(tmp_path / "out")
    other, more, _ = read(tmp_path / "out")
    assert other.fields == dataset.fields
    assert [entry.key for entry, _ in more] == [entry.key for entry, _ in found]


@given(st.data(), st.sampled_from(list(_tags.SCHEMES)))
@settings(max_examples=40, deadline=None)
def test_any_scheme_can_be_written(data: st.DataObject, scheme: str) -> None:
    length = data.draw(st.integers(1, 8))
    found = data.draw(chunks(length, scheme == "io"))
    spans = [token(2 * n, 2 * n + 1) for n in range(length)]
    spans += [Span(2 * first, 2 * last - 1, label) for first, last, label in found]
    made = [line.split(" ")[1] for line in lines(" ".join("x" * length), spans, scheme=scheme)]
    assert _tags.chunks(made, scheme) == (found, 0)


@pytest.mark.realdata
@pytest.mark.skipif("AUGMENT_REAL_DATA" not in os.environ, reason="needs AUGMENT_REAL_DATA")
def test_conll2002_comes_out_to_the_byte(tmp_path: Path) -> None:
    path = Path(os.environ["AUGMENT_REAL_DATA"]) / "ner_conll2002/esp.testa"
    assert reader.claims(path)
    dataset, found, skips = read(path)
    assert (len(found), skips) == (700, [])
    assert again(tmp_path, dataset, found).read_bytes() == path.read_bytes()

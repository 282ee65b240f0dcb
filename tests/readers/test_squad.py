"""SQuAD's JSON: every question is a row in the hub's form, with answers that are where they are said to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import spans
from augment.errors import InputError, SampleError
from augment.readers import squad
from augment.sample import Content, Dataset, Entry, Skip
from augment.spans import Found
from tests.spans.rows import places, texts


def read(path: Path) -> tuple[Dataset, list[tuple[Entry, Content]], list[Skip]]:
    options = squad.Options()
    dataset = squad.dataset(path, options)
    listed = list(squad.entries(path, options, frozenset({".row"})))
    entries = [item for item in listed if isinstance(item, Entry)]
    skips = [item for item in listed if isinstance(item, Skip)]
    return dataset, [(one, squad.read(path, one, dataset)) for one in entries], skips


def row_of(content: Content) -> dict[str, Any]:
    """The row that a writer makes of it."""
    assert content.annotations is not None
    told = content.annotations
    return spans.restore("squad", Found(json.loads(content.data[1:]), told.spans, told.fields))


@st.composite
def whole(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A file, and the rows that are in it."""
    rows: list[dict[str, Any]] = []
    articles: list[dict[str, Any]] = []
    for article in range(draw(st.integers(1, 3))):
        paragraphs = []
        title = draw(texts)
        for _ in range(draw(st.integers(0, 3))):
            context, asked = draw(texts), []
            for _ in range(draw(st.integers(0, 3))):
                found = draw(places(context))
                answers = [{"text": context[start:end], "answer_start": start} for start, end in found]
                name, question = f"q{len(rows)}", draw(texts)
                asked.append({"question": question, "id": name, "answers": answers, "is_impossible": not answers})
                columns = {key: [one[key] for one in answers] for key in ("text", "answer_start")}
                row = {"id": name, "title": title, "context": context, "question": question, "answers": columns}
                rows.append(row)
            paragraphs.append({"qas": asked, "context": context} if article else {"context": context, "qas": asked})
        articles.append({"paragraphs": paragraphs, "title": title, "é": [1, {"paragraphs": []}]})
    return {"version": "v2.0", "data": articles}, rows


@given(whole(), st.booleans(), st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=50, deadline=None)
def test_each_question_is_a_row_of_the_hub(
    tmp_path_factory: pytest.TempPathFactory, made: Any, ascii_only: bool, indent: int | None, mark: bool
) -> None:
    data, rows = made
    path = tmp_path_factory.mktemp("squad") / "train-v2.0.json"
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    path.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    if not rows:
        with pytest.raises(InputError, match="no question"):
            read(path)
        return
    assert squad.claims(path)
    assert squad.claims(path.parent)
    dataset, found, skips = read(path)
    assert skips == []
    assert [row_of(content) for _, content in found] == rows
    assert [entry.key for entry, _ in found] == [row["id"] for row in rows]
    assert dataset.fields == {"version": "v2.0"}
    assert dataset.rows is not None
    assert dataset.rows.columns == tuple(rows[0])
    for _, content in found:
        (*_, context) = json.loads(content.data[1:]).values()
        for span in content.annotations.spans if content.annotations else ():
            assert (span.layer, span.column) == ("answer", "context")
            assert 0 <= span.start <= span.end <= len(context)


def file_of(tmp_path: Path, *asked: Any, context: Any = "Ada met Bob. Ada left.") -> Path:
    path = tmp_path / "dev.json"
    path.write_text(
        json.dumps({"data": [{"paragraphs": [{"context": context, "qas": list(asked)}]}]}), encoding="utf-8"
    )
    return path


def question(words: Any, start: Any, **other: Any) -> dict[str, Any]:
    return {"id": "q", "question": "who?", "answers": [{"text": words, "answer_start": start}], **other}


def test_an_answer_is_mended_where_that_is_certain(tmp_path: Path) -> None:
    path = file_of(tmp_path, question("Bob", 9), question("Ada", 1), question("Ada", 13), question("Eve", 0))
    dataset, found, skips = read(path)
    assert dataset.fields["mended answers"] == 1
    assert dataset.rows is not None
    assert "title" not in dataset.rows.columns
    assert [row_of(content)["answers"]["answer_start"] for _, content in found] == [[8], [13]]
    assert [(skip.source, skip.reason) for skip in skips] == [("dev.json: q", "bad question")] * 2
    assert "expected 'Ada' from 1 to 4, found 'da '" in skips[0].detail


def test_utf16_offsets_are_read(tmp_path: Path) -> None:
    path = file_of(tmp_path, question("🙂 Bob", 7), context="🙂🙂🙂 🙂 Bob 🙂 Bob")
    _, ((_, content),), _ = read(path)
    assert row_of(content)["answers"] == {"text": ["🙂 Bob"], "answer_start": [4]}


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        "x",
        {"id": "q", "question": 3, "answers": []},
        {"id": "q", "answers": []},
        {"id": "q", "question": "?", "answers": "Ada"},
        {"id": "q", "question": "?", "answers": [3]},
        {"id": "q", "question": "?", "answers": {"text": ["Ada"]}},
        question("Eve", 0),
        question("Ada", -1),
        question("Ada", True),
        question("Ada", 10**400),
        question(3, 0),
    ],
    ids=str,
)
def test_a_bad_question_costs_itself(tmp_path: Path, asked: Any) -> None:
    _, found, (skip,) = read(file_of(tmp_path, {"id": 5, "question": "fine?", "answers": []}, asked))
    assert [entry.key for entry, _ in found] == ["5"]
    assert skip.reason == "bad question"
    assert "expected" in skip.detail


def test_impossible_questions_have_no_answers(tmp_path: Path) -> None:
    plausible = [{"text": "Ada", "answer_start": 0}]
    asked = {"question": "?", "is_impossible": True, "answers": plausible, "plausible_answers": plausible}
    _, ((entry, content),), _ = read(file_of(tmp_path, asked))
    assert row_of(content)["answers"] == {"text": [], "answer_start": []}
    assert len(entry.key) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"data": {}}',
        '{"data": []}',
        '{"data": [1, {"paragraphs": 3}]}',
        '{"data": [',
        "\xff",
        '{"data": [{}]}x',
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="latin-1")
    assert not squad.claims(path)
    try:
        _, found, skips = read(path)
    except InputError as error:
        assert "a.json" in str(error)
        return
    assert found == []
    assert {skip.reason for skip in skips} == {"bad question"}


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    path = file_of(tmp_path, question("Bob", 8))
    dataset, ((entry, _),), _ = read(path)
    path.write_bytes(path.read_bytes().replace(b"qas", b"qsa"))
    with pytest.raises(SampleError, match="changed"):
        squad.read(path, entry, dataset)
    path.write_bytes(b"")
    with pytest.raises(SampleError, match="cut short"):
        squad.read(path, entry, dataset)
    for locator in ("", "0:1+2.row", "9:0+1:0.row", "x/0:0+1:0.row", "0:0+1:0", "a/../0:0+1:0.row"):
        with pytest.raises(SampleError):
            squad.read(path, Entry("k", locator), dataset)


def test_splits_are_told_by_names(tmp_path: Path) -> None:
    for name in ("train-v1.1.json", "dev-v1.1.json", "other.json"):
        text = file_of(tmp_path, question("Bob", 8)).read_text(encoding="utf-8")
        (tmp_path / name).write_text("[]" if name == "other.json" else text, encoding="utf-8")
    (tmp_path / "dev.json").unlink()
    _, found, _ = read(tmp_path)
    assert {entry.locator.partition("/")[0]: entry.split for entry, _ in found} == {
        "train-v1.1.json": "train",
        "dev-v1.1.json": "val",
    }

"""Files of which each line is a sample: forms told from the first lines, patterns, splits by name, bad lines told."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import catalog
from augment.errors import InputError, SampleError
from augment.readers import _stretches, lines
from augment.readers._texts import forms
from augment.sample import Content, Dataset, Entry, Skip

WANTED = frozenset({".row"})
CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n")
LINES = st.lists(st.text(CHARS, max_size=12), max_size=8)


def opened(path: Path, **options: Any) -> tuple[Dataset, list[Entry], list[Skip]]:
    chosen = lines.Options.model_validate(options)
    found = list(lines.entries(path, chosen, WANTED))
    entries = [item for item in found if isinstance(item, Entry)]
    return lines.dataset(path, chosen), entries, [item for item in found if isinstance(item, Skip)]


def text_of(content: Content) -> str:
    (text,) = json.loads(content.data[1:]).values()
    return str(text)


def told(path: Path, **options: Any) -> list[tuple[str, str | None]]:
    dataset, entries, _ = opened(path, **options)
    return [(text_of(lines.read(path, entry, dataset)), entry.label) for entry in entries]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_plain_lines_come_back_as_they_were(home: Path, some: list[str], newline: str, codec: str) -> None:
    path = home / "plain.txt"
    path.write_bytes(newline.join(some).encode(codec))
    want = [line for line in some if line.strip()]
    if not want or (codec == "utf-8" and want[0].startswith("\ufeff")) or forms.sniff(want) != forms.PLAIN:
        return
    assert told(path) == [(line, None) for line in want]


WORDS = st.text("abc:é", min_size=1, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["ab", "x_1"]), st.text(CHARS, max_size=9)), min_size=4, max_size=9))
def test_classes_and_texts_are_told_apart(home: Path, pairs: list[tuple[str, str]]) -> None:
    path = home / "labelled.txt"
    good = [(text.strip() + "!", label) for label, text in pairs]
    tabbed = [(text.replace("\t", " "), label) for text, label in good]
    for want, form in (
        (good, "__label__{1} {0}\n"),
        ([(text, f"{label}:z") for text, label in good], "{1} {0}\n"),
        (tabbed, "{1}\t{0}\n"),
    ):
        path.write_bytes("".join(form.format(*pair) for pair in want).encode())
        found = told(path)
        assert sorted(text for text, _ in found) == sorted(text for text, _ in want) or form.startswith("{1}\t")
        if not form.startswith("{1}\t"):
            assert found == want
    path.write_bytes("".join(f"{text}\t{label}\n" for text, label in tabbed).encode())
    assert told(path, pattern="{text}\t{label}") == tabbed


@given(st.text("ab{}:, ", max_size=12), st.text("ab:, ", max_size=30))
def test_a_pattern_says_what_it_says_or_is_refused(pattern: str, line: str) -> None:
    pattern = pattern.replace("b", "{text}", 1)
    try:
        form = forms.Form("", lines.Options(pattern=pattern).pattern or "")
    except pydantic.ValidationError:
        return
    found = form.parted(line)
    if found is not None:
        text, label, facts = found
        made = pattern
        for name, value in {**facts, "text": text, "label": label or ""}.items():
            made = made.replace(f"{{{name}}}", str(value))
        if "{}" not in pattern and "{_}" not in pattern:
            assert made == line


def test_forms(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("__label__pos __label__5 so good\n__label__neg bad, __label__x\n\n__label__neg \nno class\n")
    dataset, entries, _ = opened(path)
    assert [entry.label for entry in entries] == ["pos", "neg"]
    content = lines.read(path, entries[0], dataset)
    assert text_of(content) == "so good"
    assert content.annotations is not None
    assert content.annotations.fields == {"labels": ["pos", "5"]}
    path.write_text("")
    path.write_text("a b\tx\nc d e\ty\nf\tx\ng h\ty\n")
    assert told(path) == [("a b", "x"), ("c d e", "y"), ("f", "x"), ("g h", "y")]
    path.write_text("x\ta b\ny\tc d e\nx\tf f f\ny\tg h\n")
    assert told(path)[0] == ("a b", "x")
    assert told(path, pattern="{text}") == [(line, None) for line in path.read_text().splitlines()]
    path.write_text("1|3|see: a | b\n")
    dataset, entries, _ = opened(path, pattern="{label}|{stars}|{text}")
    content = lines.read(path, entries[0], dataset)
    assert (entries[0].label, text_of(content)) == ("1", "see: a | b")
    assert content.annotations is not None
    assert content.annotations.fields == {"stars": "3"}
    assert dataset.rows is not None
    assert dataset.rows.columns == ("text", "label", "stars")


def test_bad_lines_are_told_with_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stretches, "MOST", 100)
    path = tmp_path / "t.txt"
    good = b"__label__a good \xc3\xa9\n"
    path.write_bytes(
        good * 3 + b"no class\n__label__a \n__label__b bad \xff\n\n__label__b a\0b\n" + b"x" * 101 + b"\n" + good
    )
    _, entries, left_out = opened(path)
    assert len(entries) == 4
    assert len({entry.key for entry in entries}) == 1
    assert {skip.source: skip.reason for skip in left_out} == {
        "t.txt:4": "bad row",
        "t.txt:5": "empty",
        "t.txt:6": "bad row",
        "t.txt:8": "not text",
        "t.txt:9": "bad row",
    }


def test_files_of_a_folder_are_for_the_splits_they_name(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("A:x one two\nB:y three\nA:x four\nB:z five\n")
    (tmp_path / "test.txt").write_text("A:x ü six\n", encoding="latin-1")
    (tmp_path / "README.txt").write_text("Some words\n")
    assert lines.claims(tmp_path)
    dataset, entries, left_out = opened(tmp_path)
    assert Counter(entry.split for entry in entries) == {"train": 4, "test": 1}
    assert [skip.source for skip in left_out] == ["README.txt"]
    assert text_of(lines.read(tmp_path, entries[-1], dataset)) == "ü six"
    (tmp_path / "table.csv").write_text("")
    assert not lines.claims(tmp_path)
    assert {entry.split for entry in opened(tmp_path / "test.txt")[1]} == {"train"}


@pytest.mark.parametrize(
    ("name", "data", "claimed"),
    [
        ("cooking.train", "__label__a some words\n", True),
        ("train_5500.label", "DESC:manner How ?\n", True),
        ("some.train", "some words\n", False),
        ("some.label", "0.1\t0.2\tx\n", False),
        ("prose.txt", "Some words.\nMore of them.\n", True),
        ("prose.md", "Some words.\n", False),
        ("empty.txt", "", True),
        ("conll.txt", "EU NNP B-ORG\nrejects VBZ O\n\nPeter NNP B-PER\n", False),
        ("times.train", "12:30 went out\n12:31 came home\n12:32 slept\n12:33 woke\n", False),
    ],
)
def test_what_is_claimed(tmp_path: Path, name: str, data: str, claimed: bool) -> None:
    path = tmp_path / name
    path.write_text(data)
    assert lines.claims(path) is claimed
    claims = [one for one in catalog.names("readers") if catalog.reader(one).claims(path)]
    assert ("lines" in claims) is claimed
    assert len([one for one in claims if not catalog.reader(one).FALLBACK]) <= 1


def test_a_line_that_has_changed_is_a_bad_sample(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("one two\nthree four\n")
    dataset, entries, _ = opened(path)
    for data in (b"two one\nfour three\n", b"one\n", b"one two\nthree \xff\xfe\xfd\xfc\xfb\n"):
        path.write_bytes(data)
        with pytest.raises(SampleError):
            lines.read(path, entries[1], dataset)
    path.unlink()
    with pytest.raises(SampleError):
        lines.read(path, entries[1], dataset)


def test_what_is_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("\n \n")
    with pytest.raises(InputError, match="no line with anything in it"):
        opened(path)
    path.write_text("one\n")
    with pytest.raises(InputError, match="no line fits the pattern"):
        opened(path, pattern="{label}\t{text}")
    with pytest.raises(InputError, match="no steps for texts"):
        list(lines.entries(path, lines.Options(), frozenset({".jpg"})))
    with pytest.raises(InputError):
        opened(tmp_path / "none.txt")


@pytest.mark.parametrize(
    "pattern", ["{label}", "{text", "{text}{label}", "{text} {text}", "x", "{a b} {text}", {"text": None}]
)
def test_a_bad_pattern_is_a_mistake_in_the_recipe(pattern: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        lines.Options.model_validate({"pattern": pattern})


@pytest.mark.realdata
def test_real_questions() -> None:
    root = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere")) / "trec_qc"
    if not root.is_dir():
        pytest.skip("needs AUGMENT_REAL_DATA")
    dataset, entries, left_out = opened(root)
    assert Counter(entry.split for entry in entries) == {"train": 5452, "test": 500}
    assert all(skip.reason == "outside the splits" for skip in left_out)
    for name in ("train.txt", "test.txt"):
        want = [tuple(line.split(" ", 1)) for line in (root / name).read_bytes().decode("cp1252").splitlines()]
        mine = [entry for entry in entries if entry.locator.startswith(name)]
        assert [(entry.label, text_of(lines.read(root, entry, dataset))) for entry in mine] == want


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_what_was_found_out_is_told(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes("__label__a Über words\n__label__b more\n".encode(codec))
    told = lines.read_as(lines.dataset(path, lines.Options()), lines.Options())
    assert told["lines"] == "__label__CLASS text"
    assert told["encoding"].startswith(codec)
    assert ("a guess" in told["encoding"]) == (codec != "utf-8")

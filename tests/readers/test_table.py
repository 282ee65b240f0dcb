"""Tables: columns found or named, every row an entry or a reason, all other columns kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.errors import InputError
from augment.readers import table
from augment.sample import Entry, Skip

WANTED = frozenset({".jpg", ".png"})


def make(root: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    for file in ("1.jpg", "sub/2.PNG", "ö 3.jpg"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(file.encode())
    (root / name).write_text(text, encoding=encoding, newline="")
    return root / name


def listed(path: Path, **options: Any) -> list[Entry | Skip]:
    return list(table.entries(path, table.Options.model_validate(options), WANTED))


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_rows_become_entries_with_all_their_columns(tmp_path: Path, name: str) -> None:
    rows = [
        {"file": "1.jpg", "label": "cat", "split": "train", "who": "Ann, Bob"},
        {"file": "sub/2.PNG", "label": "dog", "split": "val", "who": 'a "quote"\nand a line'},
        {"file": "ö 3.jpg", "label": "", "split": "", "who": ""},
    ]
    path = make(tmp_path, "", name)
    if name.endswith("l"):
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, list(rows[0]), delimiter="," if name == "t.csv" else "\t")
            out.writeheader()
            out.writerows(rows)
    found = listed(path)
    assert [(e.key, e.split, e.label, e.fields) for e in found if isinstance(e, Entry)] == [
        ("1.jpg", "train", "cat", {"who": "Ann, Bob"}),
        ("sub/2.PNG", "val", "dog", {"who": 'a "quote"\nand a line'}),
        ("ö 3.jpg", "train", None, {"who": ""}),
    ]
    for entry in found:
        assert isinstance(entry, Entry)
        assert table.read(path, entry.locator) == entry.key.encode()


def test_columns_can_be_named_and_files_lie_elsewhere(tmp_path: Path) -> None:
    make(tmp_path / "pictures", "")
    path = tmp_path / "meta.csv"
    path.write_text("id;pic;kind\n7;1.jpg;4\n")
    (entry,) = listed(path, file="pic", label="kind", root="pictures", delimiter=";")
    assert isinstance(entry, Entry)
    assert (entry.key, entry.label, entry.fields) == ("1.jpg", "4", {"id": "7"})
    assert table.read(path, entry.locator) == b"1.jpg"


def test_bad_rows_are_told_with_their_line(tmp_path: Path) -> None:
    path = make(
        tmp_path, "file,label\n1.jpg,cat\nnone.jpg,cat\n1.jpg\n,dog\n../../etc/x.jpg,a\n/etc/y.jpg,b\nz.txt,c\n"
    )
    found = {(item.source, item.reason) for item in listed(path) if isinstance(item, Skip)}
    assert found == {
        ("none.jpg", "missing"),
        ("t.csv:4", "bad row"),
        ("t.csv:5", "bad row"),
        ("../../etc/x.jpg", "outside the root"),
        ("/etc/y.jpg", "outside the root"),
        ("z.txt", "not a wanted file"),
    }


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "in", "file\nlink.jpg\n")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "in/link.jpg").symlink_to(tmp_path / "secret.jpg")
    (item,) = listed(path)
    assert isinstance(item, Skip)
    assert item.reason == "outside the root"


def test_bad_lines_of_jsonl(tmp_path: Path) -> None:
    path = make(tmp_path, '{"file": "1.jpg", "n": 1.5}\n[1]\n{"file"\n\n{"file": 3}\n', "t.jsonl")
    found = listed(path)
    assert [type(item).__name__ for item in found] == ["Entry", "Skip", "Skip", "Skip"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "names of columns"),
        ("file,label\n", {}, "no rows"),
        ("a,b\n1,2\n", {}, "which column names the files"),
        ("file,lable\n1.jpg,x\n", {"label": "label"}, "did you mean lable"),
        ("file\n1.jpg\n", {"encoding": "klingon"}, "say which"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        listed(make(tmp_path, text), **options)


def test_another_encoding(tmp_path: Path) -> None:
    path = make(tmp_path, "file,label\n1.jpg,größe\n", encoding="latin-1")
    with pytest.raises(InputError, match="encoding"):
        listed(path)
    (entry,) = listed(path, encoding="latin-1")
    assert isinstance(entry, Entry)
    assert entry.label == "größe"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for name in ("x.csv", "x.jsonl"):
        path = tmp_path_factory.mktemp("t") / name
        path.write_bytes(data)
        try:
            listed(path)
        except InputError:
            pass

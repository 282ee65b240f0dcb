"""Tables: columns found or named, every row an entry or a reason, all other columns kept."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.engine.recipe import load
from augment.errors import InputError, RecipeError, SampleError
from augment.readers import table
from augment.sample import Dataset, Entry, Skip

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
        assert table.read(path, entry, Dataset()).data == entry.key.encode()


def test_columns_can_be_named_and_files_lie_elsewhere(tmp_path: Path) -> None:
    make(tmp_path / "pictures", "")
    path = tmp_path / "meta.csv"
    path.write_text("id;pic;kind\n7;1.jpg;4\n")
    (entry,) = listed(path, file="pic", label="kind", root="pictures", delimiter=";")
    assert isinstance(entry, Entry)
    assert (entry.key, entry.label, entry.fields) == ("1.jpg", "4", {"id": "7"})
    assert table.read(path, entry, Dataset()).data == b"1.jpg"


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


def test_no_name_leads_out_or_hangs(tmp_path: Path) -> None:
    path = make(tmp_path / "in", "file\nout/secret.jpg\nsub/../../secret.jpg\nfolder.jpg\n")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "in/out").symlink_to(tmp_path)
    (tmp_path / "in/folder.jpg").mkdir()
    assert [item.reason for item in listed(path) if isinstance(item, Skip)] == [
        "outside the root",
        "outside the root",
        "not a plain file",
    ]
    with pytest.raises(SampleError, match="outside the root"):
        table.read(path, Entry("k", "out/secret.jpg"), Dataset())
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "in/pipe.jpg")
        path.write_text("file\npipe.jpg\n")
        (item,) = listed(path)
        assert isinstance(item, Skip)
        assert item.reason == "not a plain file"


def test_keys_do_not_depend_on_where_the_data_lies(tmp_path: Path) -> None:
    names = ["1.jpg", "./1.jpg", "sub/../1.jpg", "sub//2.PNG", "sub\\2.PNG", str(tmp_path / "sub/2.PNG")]
    path = make(tmp_path, "\n".join(["file", *names]))
    found = [item for item in listed(path) if isinstance(item, Entry)]
    assert [entry.key for entry in found] == ["1.jpg"] * 3 + ["sub/2.PNG"] * 3
    assert [entry.locator for entry in found] == [entry.key for entry in found]


@pytest.mark.parametrize("absolute", [True, False])
def test_files_may_lie_beside_the_table(tmp_path: Path, absolute: bool) -> None:
    make(tmp_path / "pictures", "")
    path = tmp_path / "tables/t.csv"
    path.parent.mkdir()
    path.write_text("file\nsub/2.PNG\n")
    (entry,) = listed(path, root=str(tmp_path / "pictures") if absolute else "../pictures")
    assert isinstance(entry, Entry)
    assert (entry.key, entry.locator) == ("sub/2.PNG", "../pictures/sub/2.PNG")
    assert table.read(path, entry, Dataset()).data == b"sub/2.PNG"
    with pytest.raises(InputError, match="no such folder"):
        listed(path, root="elsewhere")


def test_the_column_of_files_is_found_by_what_it_holds(tmp_path: Path) -> None:
    (entry,) = listed(make(tmp_path, "n,picture,label\n7,1.jpg,cat\n"))
    assert isinstance(entry, Entry)
    assert (entry.key, entry.label, entry.fields) == ("1.jpg", "cat", {"n": "7"})
    with pytest.raises(InputError, match="photo or mask"):
        listed(make(tmp_path, "photo,mask\n1.jpg,sub/2.PNG\n"))


def test_jsonl_may_bring_a_column_in_any_line(tmp_path: Path) -> None:
    rows = [
        {"file": "1.jpg"},
        {"file": "1.jpg", "label": 3},
        {"label": True, "file": "1.jpg", "box": [1, 2.5], "x": None},
        {"file": "1.jpg", "label": "a", "split": "val"},
    ]
    path = make(tmp_path, "\n".join(map(json.dumps, rows)), "t.jsonl")
    found = [item for item in listed(path) if isinstance(item, Entry)]
    assert [entry.label for entry in found] == [None, "3", "true", "a"]
    assert [entry.split for entry in found] == ["train", "train", "train", "val"]
    assert found[2].fields == {"box": [1, 2.5], "x": None}
    with pytest.raises(InputError, match="did you mean label"):
        listed(path, label="lable")


def test_nothing_comes_out_that_json_or_unicode_do_not_have(tmp_path: Path) -> None:
    lines = ['{"file": "1.jpg", "x": NaN, "y": -Infinity}', '{"file": "1.jpg", "label": "\\ud800"}']
    lines += ['{"file": "1.jpg", "label": "\\ud83d\\ude00"}', '{"file": "1.jpg", "label": {"a": 1}}', "[" * 100_000]
    found = listed(make(tmp_path, "\ufeff" + "\n".join(lines), "t.jsonl"), encoding="utf-8")
    assert [type(item).__name__ for item in found] == ["Entry", "Skip", "Entry", "Skip", "Skip"]
    assert isinstance(found[0], Entry)
    assert found[0].fields == {"x": None, "y": None}


def test_a_quote_that_is_never_closed_swallows_nothing_in_silence(tmp_path: Path) -> None:
    path = make(tmp_path, 'file,label\n1.jpg,cat\n1.jpg,"dog\n1.jpg,cat\n1.jpg,cat\n')
    with pytest.raises(InputError, match=r"t\.csv:3: a quote is opened here and never closed"):
        listed(path)


def test_a_row_with_a_stray_quote_is_one_bad_row(tmp_path: Path) -> None:
    found = listed(make(tmp_path, 'file,label\n1.jpg,"cat" x\n1.jpg,"two\nlines"\n1.jpg\n1.jpg,cat\n'))
    assert [item.label if isinstance(item, Entry) else item.source for item in found] == [
        "t.csv:2",
        "two\nlines",
        "t.csv:5",
        "cat",
    ]


def test_a_big_cell_is_fine_and_the_limit_of_others_stays(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    rows = table.entries(make(tmp_path, f"file,note\n1.jpg,{'x' * 200_000}\n"), table.Options(), WANTED)
    entry = next(rows)
    assert isinstance(entry, Entry)
    assert len(entry.fields["note"]) == 200_000
    assert csv.field_size_limit() == before


def test_the_line_with_bytes_of_another_encoding_is_named(tmp_path: Path) -> None:
    path = make(tmp_path, "")
    path.write_bytes(b"file,label\n" + b"1.jpg,cat\n" * 5000 + b"1.jpg,gr\xf6\xdfe\n")
    with pytest.raises(InputError, match=r"t\.csv:5002: not utf-8-sig.*encoding"):
        listed(path)


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
        ("file\n1.jpg\n", {"encoding": "utf-16"}, "say which"),
        ("file,a,a\n1.jpg,1,2\n", {}, "each column once"),
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
        with contextlib.suppress(InputError):
            listed(path)


# Names made of columns, folds, transcripts


def test_a_name_made_of_columns(tmp_path: Path) -> None:
    rows = "n,s,ending,label\n1,,jpg,a\n2,sub,PNG,b\n2, sub ,PNG,\nx,sub,jpg,c\n2,../..,PNG,d\n"
    found = listed(make(tmp_path, rows), file="{s}/{n}.{ending}", split="label", splits={"val": "b"})
    assert [(e.key, e.split, e.label, e.fields) for e in found if isinstance(e, Entry)] == [
        ("sub/2.PNG", "val", "b", {"n": "2", "s": "sub", "ending": "PNG"}),
        ("sub/2.PNG", "train", None, {"n": "2", "s": " sub ", "ending": "PNG"}),
    ]
    assert [(item.source, item.reason) for item in found if isinstance(item, Skip)] == [
        ("t.csv:2", "bad row"),
        ("sub/x.jpg", "missing"),
        ("../../2.PNG", "outside the root"),
    ]


def test_a_column_in_the_name_may_be_class_or_split(tmp_path: Path) -> None:
    for place in ("train/cat", "val/dog"):
        make(tmp_path / place, "")
    lines = [{"class": "cat", "split": "train", "id": 1}, {"class": "dog", "split": "val", "id": 1}, {"class": "dog"}]
    path = make(tmp_path, "\n".join(map(json.dumps, lines)), "t.jsonl")
    found = listed(path, file="{split}/{class}/{id}.jpg")
    assert [(e.key, e.split, e.label, e.fields) for e in found if isinstance(e, Entry)] == [
        ("train/cat/1.jpg", "train", "cat", {"id": 1}),
        ("val/dog/1.jpg", "val", "dog", {"id": 1}),
    ]
    assert isinstance(found[2], Skip)
    assert found[2].detail == "t.jsonl:3: nothing in column split, which is part of the file's name"


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_name_made_of_columns_that_are_not_there(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, '{"file": "1.jpg", "fold": 1}' if name == "t.jsonl" else "file,fold\n1.jpg,1\n", name)
    with pytest.raises(InputError, match=r"no column 'folt' for the file; did you mean fold\? It has: file, fold"):
        listed(path, file="fold{folt}/{file}")


FOLDS = "file,fold\n1.jpg,1\nsub/2.PNG,2\nö 3.jpg,10\n1.jpg, 10\n1.jpg,\nnone.jpg,9\n"


def test_folds_become_splits_and_stay_facts(tmp_path: Path) -> None:
    found = listed(make(tmp_path, FOLDS), split="fold", splits={"test": [10], "val": 9})
    assert [(e.split, e.fields["fold"]) for e in found if isinstance(e, Entry)] == [
        ("train", "1"),
        ("train", "2"),
        ("test", "10"),
        ("test", " 10"),
        ("train", ""),
    ]
    rows = [{"file": "1.jpg", "split": value} for value in (1, 2.5, True, "x", None)]
    path = make(tmp_path, "\n".join(map(json.dumps, rows)), "t.jsonl")
    found = listed(path, splits={"test": [1, "x"], "val": [2.5, True]})
    assert [e.split for e in found if isinstance(e, Entry)] == ["test", "val", "val", "test", "train"]


@given(st.lists(st.sampled_from("12345"), min_size=1, max_size=12), st.sets(st.sampled_from("12345"), min_size=1))
def test_no_fold_is_ever_in_two_splits(
    tmp_path_factory: pytest.TempPathFactory, folds: list[str], wanted: set[str]
) -> None:
    path = make(tmp_path_factory.mktemp("t"), "".join(["file,fold\n", *(f"1.jpg,{fold}\n" for fold in folds)]))
    options: Any = {"split": "fold", "splits": {"test": [int(fold) for fold in sorted(wanted)]}}
    if not wanted <= set(folds):
        with pytest.raises(InputError, match="column fold has none such; it has:"):
            listed(path, **options)
        return
    found = [item for item in listed(path, **options) if isinstance(item, Entry)]
    assert [e.split for e in found] == ["test" if fold in wanted else "train" for fold in folds]
    assert [e.fields["fold"] for e in found] == folds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "fold", "splits": {"test": [7]}}, "splits names 7, .* it has: '1', '2', '9', '10', ''"),
        ({"splits": {"test": [10]}}, r"which column has the splits' values\? It has: file, fold"),
        ({"split": "folt", "splits": {"test": [10]}}, "did you mean fold"),
        ({"transcript": "text"}, "no column 'text' for the transcript"),
    ],
)
def test_columns_that_are_not_there_are_told(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        listed(make(tmp_path, FOLDS), **options)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"splits": {"test": [5], "val": ["5"]}}, "splits"),
        ({"splits": {}}, "splits"),
        ({"splits": {"test": []}}, "splits"),
        ({"splits": {"test": {"a": 1}}}, "splits"),
        ({"splits": {"test": None}}, "splits"),
        ({"splits": {"": 5}}, "splits"),
        ({"splits": [5]}, "splits"),
        ({"file": "fold{fold/{x}"}, "file"),
        ({"file": "{}.wav"}, "file"),
        ({"file": {"label": None}}, "file"),
        ({"file": 5}, "file"),
    ],
)
def test_options_that_make_no_sense_are_mistakes_with_their_place(tmp_path: Path, options: Any, key: str) -> None:
    with pytest.raises(RecipeError) as refused:
        load({"input": {"path": str(tmp_path), "format": "table", **options}, "image": []})
    found = [problem for problem in refused.value.problems if problem.path.startswith("input")]
    assert [problem.path for problem in found] == [f"input.{key}"]
    assert found[0].expected.startswith("expected ")


def test_a_split_has_a_name() -> None:
    with pytest.raises(ValueError, match="expected names of splits"):
        table.Options.model_validate({"splits": {5: "test"}})


def test_a_transcript_is_what_is_said(tmp_path: Path) -> None:
    lines = ["1.jpg\tGrüße, 'a'\tx", 'sub/2.PNG\t"two\nlines"\ty', "1.jpg\t  \tz"]
    path = make(tmp_path, "\n".join(["path\tsentence\tup_votes", *lines]), "t.tsv")
    options = table.Options(transcript="sentence")
    dataset = table.dataset(path, options)
    assert dataset.transcribed
    assert not dataset.located
    found = [item for item in table.entries(path, options, WANTED) if isinstance(item, Entry)]
    contents = [table.read(path, entry, dataset) for entry in found]
    assert [c.annotations and c.annotations.transcript for c in contents] == ["Grüße, 'a'", "two\nlines", None]
    assert [entry.fields for entry in found] == [{"up_votes": "x"}, {"up_votes": "y"}, {"up_votes": "z"}]
    assert not table.dataset(path, table.Options()).transcribed
    plain = [item for item in listed(path) if isinstance(item, Entry)]
    assert [table.read(path, entry, Dataset()).annotations for entry in plain] == [None] * 3
    assert found[0].size == plain[0].size + len("Grüße, 'a'".encode())


def test_a_column_of_transcripts_is_no_class(tmp_path: Path) -> None:
    rows = [{"file": "1.jpg", "label": "hello"}, {"file": "1.jpg", "label": ["no", "text"]}, {"file": "1.jpg"}]
    found = listed(make(tmp_path, "\n".join(map(json.dumps, rows)), "t.jsonl"), transcript="label")
    assert [item.annotations if isinstance(item, Entry) else item.reason for item in found] == ["hello", "bad row", ""]
    assert all(item.label is None for item in found if isinstance(item, Entry))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "options", "counts"),
    [
        (
            "esc50/meta/esc50.csv",
            {"root": "../audio", "label": "category", "split": "fold", "splits": {"test": [5]}},
            {"train": 4, "test": 1},
        ),
        (
            "urbansound8k/UrbanSound8K/metadata/UrbanSound8K.csv",
            {
                "root": "../audio",
                "file": "fold{fold}/{slice_file_name}",
                "label": "class",
                "split": "fold",
                "splits": {"test": [10], "val": [3]},
            },
            {"train": 4, "val": 1, "test": 5},
        ),
    ],
)
def test_real_folds(name: str, options: Any, counts: dict[str, int]) -> None:
    path = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere")) / name
    if not path.is_file():
        pytest.skip("needs AUGMENT_REAL_DATA")
    found = list(table.entries(path, table.Options.model_validate(options), frozenset({".wav"})))
    entries = [item for item in found if isinstance(item, Entry)]
    assert len(entries) == len(found)
    assert Counter(entry.split for entry in entries) == counts
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [entry.label for entry in entries] == [row[options["label"]] for row in rows]
    assert [entry.fields["fold"] for entry in entries] == [row["fold"] for row in rows]
    assert all(table.read(path, entry, Dataset()).data.startswith(b"RIFF") for entry in entries)

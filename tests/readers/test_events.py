"""Sounds with timed labels, as others lay them out: whose labels are whose, what is claimed, what is told of flaws."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from augment import catalog, demo
from augment.annotations import Event
from augment.errors import AugmentError, InputError, SampleError
from augment.readers import events as reader
from augment.sample import Dataset, Entry, Skip

WANTED = frozenset({".wav", ".flac"})
DOG = Event(0.5, 1.25, "dog")
DCASE = "filename\tonset\toffset\tevent_label\n"


def lay(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def listed(path: Path, **options: Any) -> tuple[Dataset, list[Entry], list[Skip]]:
    chosen = reader.Options.model_validate(options)
    dataset = reader.dataset(path, chosen)
    found = sorted(reader.entries(path, chosen, WANTED), key=str)
    return (
        dataset,
        [item for item in found if isinstance(item, Entry)],
        [item for item in found if isinstance(item, Skip)],
    )


def read(path: Path, **options: Any) -> dict[str, tuple[Event, ...]]:
    dataset, entries, skips = listed(path, **options)
    assert skips == []
    told = {}
    for entry in entries:
        content = reader.read(path, entry, dataset)
        assert content.annotations is not None
        told[entry.key] = content.annotations.events
    return told


SIDECARS = {
    "audacity": ("a.txt", "0.5\t1.25\tdog\n", DOG),
    "csv": ("a.csv", "onset,offset,label\n0.5,1.25,dog\n", DOG),
    "bare": ("a.ann", "0.5\t1.25\tdog\n", DOG),
    "spaces": ("a.txt", "0.5 1.25 dog\n", DOG),
    "duration": ("a.tsv", "Start (s)\tduration\tclass\n0.5\t0.75\tdog\n", DOG),
    "rttm": ("a.rttm", "SPEAKER a 1 0.5 0.75 <NA> <NA> dog <NA> <NA>\n", Event(0.5, 1.25, "dog", "speaker")),
    "rttm of another name": (
        "a.rttm",
        "SPEAKER q 1 0.5 0.75 <NA> <NA> dog <NA>\n",
        Event(0.5, 1.25, "dog", "speaker"),
    ),
    "ctm": ("a.ctm", "a 1 0.5 0.75 dog\n", Event(0.5, 1.25, "dog", "word")),
    "beats": ("a.beats", "0.5 1\n", Event(0.5, 0.5, "1", "beat")),
    "jams": (
        "a.jams",
        json.dumps(
            {
                "annotations": [
                    {
                        "namespace": "tag_open",
                        "data": [{"time": 0.5, "duration": 0.75, "value": "dog", "confidence": None}],
                    }
                ]
            }
        ),
        Event(0.5, 1.25, "dog", fields={"namespace": "tag_open"}),
    ),
}


@pytest.mark.parametrize("case", SIDECARS)
def test_a_file_beside_its_sound(tmp_path: Path, case: str) -> None:
    name, text, event = SIDECARS[case]
    root = lay(tmp_path, {"x/a.wav": b"a", f"x/{name}": text, "y/b.wav": b"b"})
    assert reader.claims(root)
    assert read(root) == {"x/a.wav": (event,), "y/b.wav": ()}
    dataset, entries, _ = listed(root)
    assert [entry.label for entry in entries] == ["x", "y"]
    assert [category.name for category in dataset.categories] == (["dog"] if event.tier != "word" else []) * (
        event.tier != "beat"
    )
    assert read(root, tier="word")["x/a.wav"][0].tier == "word"
    assert read(root, tier={event.tier: "z"})["x/a.wav"][0].tier == "z"


@pytest.mark.parametrize("case", [case for case in SIDECARS if case != "rttm of another name"])
@pytest.mark.parametrize("folder", ["labels/", "labels/x/"])
def test_a_folder_of_labels_as_a_tree_or_flat(tmp_path: Path, case: str, folder: str) -> None:
    name, text, event = SIDECARS[case]
    root = lay(tmp_path, {"sounds/x/a.wav": b"a", folder + name: text, "labels/notes.md": "x"})
    assert read(root / "sounds", labels="../labels") == {"x/a.wav": (event,)}


@pytest.mark.parametrize("text", ["a.wav", "./a.wav", "/home/me/a.wav", r"C:\data\a.wav", "x/a.wav", "a", "x/a"])
def test_a_table_names_sounds_in_any_way(tmp_path: Path, text: str) -> None:
    root = lay(tmp_path, {"x/a.wav": b"a", "y/b.wav": b"b", "labels.tsv": f"{DCASE}{text}\t0.5\t1.25\tdog\n"})
    assert reader.claims(root)
    assert read(root) == {"x/a.wav": (DOG,), "y/b.wav": ()}
    assert read(root, labels="labels.tsv") == {"x/a.wav": (DOG,), "y/b.wav": ()}
    assert reader.claims(root / "labels.tsv")
    assert read(root / "labels.tsv") == {"x/a.wav": (DOG,)}


def test_rows_that_are_scattered_and_files_without_events(tmp_path: Path) -> None:
    rows = "a.wav\t0.5\t1.25\tdog\nb.wav\t\t\t\na.wav\t2\t3\tcat\n"
    root = lay(tmp_path, {"audio/a.wav": b"a", "audio/b.wav": b"b", "meta/t.tsv": DCASE + rows})
    assert read(root, labels="meta")["audio/a.wav"] == (DOG, Event(2, 3, "cat"))
    dataset, entries, _ = listed(root, labels="meta")
    assert [(entry.key, entry.label, entry.split) for entry in entries] == [
        ("audio/a.wav", None, "train"),
        ("audio/b.wav", None, "train"),
    ]
    assert dataset.fields == {"timeline": "csv"}
    assert [category.name for category in dataset.categories] == ["cat", "dog"]


def test_tables_tell_splits(tmp_path: Path) -> None:
    row = "\t0.5\t1.25\tdog\n"
    root = lay(tmp_path, {"a.wav": b"a", "b.wav": b"b", "c.wav": b"c"})
    lay(root, {"train.csv": DCASE + "a.wav" + row, "validation.tsv": DCASE + "b.wav" + row})
    _, entries, _ = listed(root)
    assert {entry.key: entry.split for entry in entries} == {"a.wav": "train", "b.wav": "validation", "c.wav": "train"}
    lay(root, {"validation.tsv": DCASE + "a.wav" + row})
    _, entries, skips = listed(root)
    assert [(skip.source, skip.reason) for skip in skips] == [("a.wav", "in several splits")]


def test_one_name_in_several_splits_is_that_below_the_split_of_the_table(tmp_path: Path) -> None:
    root = lay(tmp_path, {f"audio/{split}/a.wav": b"a" for split in ("train", "validation")})
    for split, label in (("train", "dog"), ("validation", "cat")):
        lay(root, {f"meta/{split}.tsv": f"{DCASE}a.wav\t0.5\t1.25\t{label}\n"})
    assert {key: events[0].label for key, events in read(root, labels="meta").items()} == {
        "audio/train/a.wav": "dog",
        "audio/validation/a.wav": "cat",
    }
    _, entries, _ = listed(root, labels="meta")
    assert {(entry.split, entry.label) for entry in entries} == {("train", None), ("validation", None)}


def test_folders_of_labels_tell_splits(tmp_path: Path) -> None:
    root = lay(tmp_path, {"s/a.wav": b"a", "s/b.wav": b"b", "l/train/a.txt": "0\t1\tx", "l/test/b.txt": "0\t1\tx"})
    _, entries, _ = listed(root / "s", labels="../l")
    assert {entry.key: entry.split for entry in entries} == {"a.wav": "train", "b.wav": "test"}


def test_labels_that_may_be_of_several_sounds_are_no_ones(tmp_path: Path) -> None:
    root = lay(
        tmp_path, {"s/x/a.wav": b"a", "s/y/a.wav": b"a", "s/z.wav": b"z", "l/a.txt": "0\t1\tx", "l/z.txt": "0\t1\tx"}
    )
    _, entries, skips = listed(root / "s", labels="../l")
    assert [entry.key for entry in entries] == ["z.wav"]
    assert {(skip.source, skip.reason) for skip in skips if skip.reason != "no sound"} == {
        ("x/a.wav", "ambiguous labels"),
        ("y/a.wav", "ambiguous labels"),
    }
    lay(root, {"t.tsv": DCASE + "a.wav\t0\t1\tx\nz.wav\t0\t1\tx\n"})
    _, entries, skips = listed(root / "s", labels="../t.tsv")
    assert [entry.key for entry in entries] == ["z.wav"]


def test_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    root = lay(tmp_path, {"a.wav": b"a", "a.txt": "0\t1\tx\n", "gone.txt": "0\t1\tx\n", "notes.txt": "call me\n"})
    lay(root, {"b.wav": b"b", "t.csv": "file,onset,offset\nb.wav,0,1\nlost.wav,0,1\n,0,1\n"})
    _, entries, skips = listed(root)
    assert [entry.key for entry in entries] == ["a.wav", "b.wav"]
    assert {(skip.source, skip.reason, skip.detail.split()[0]) for skip in skips} == {
        ("gone.txt", "no sound", "labels"),
        ("lost.wav", "no sound", "t.csv:3"),
        ("t.csv:4", "bad row", "it"),
    }


FLAWS = {
    "audacity": ("a.txt", "0\t1\tx\n1\tq\tx\n", "a.txt:2"),
    "ends first": ("a.txt", "0\t1\tx\n\n2\t1\tx\n", "a.txt:3"),
    "not UTF-8": ("a.txt", b"0\t1\tx\n1\t2\t\xff\n", "a.txt:2"),
    "csv": ("a.csv", "onset,offset,label\n0,1,x\n0,nan,x\n", "a.csv:3"),
    "cells": ("a.csv", "onset,offset,label\n0,1,x\n0,1\n", "a.csv:3"),
    "quote": ("a.csv", 'onset,offset,label\n0,1,x\n0,1,"x\n', "a.csv:3"),
    "rttm": (
        "a.rttm",
        "SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\nSPEAKER a 1 <NA> 1 <NA> <NA> x <NA> <NA>\n",
        "a.rttm:2",
    ),
    "ctm": ("a.ctm", "a 1 0 1 x\na 1 0 -1 x\n", "a.ctm:2"),
    "beats": ("a.beats", "1 1\n2 2\nx\n", "a.beats:3"),
    "json": ("a.jams", '{"annotations": [\n{]}', "a.jams:2"),
    "jams": (
        "a.jams",
        '{"annotations": [{"namespace": "beat", "data": [{"time": "x"}]}]}',
        "annotation 1: observation 1",
    ),
    "textgrid": ("a.TextGrid", 'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n1\n<exists>\n1\n"x"\n', ":8"),
}


@pytest.mark.parametrize("case", FLAWS)
def test_a_bad_line_costs_its_sound_and_is_told(tmp_path: Path, case: str) -> None:
    name, text, place = FLAWS[case]
    good = "y/b" + os.path.splitext(name)[1]
    texts = {"a.txt": "0\t1\tx", "a.csv": "onset,label\n0,x", "a.rttm": "SPEAKER b 1 0 1 <NA> <NA> x <NA>"}
    other = {"a.ctm": "b 1 0 1 x", "a.beats": "1", "a.jams": '{"annotations": []}', "a.TextGrid": '"ooTextFile"'}
    root = lay(tmp_path, {"x/a.wav": b"a", f"x/{name}": text, "y/b.wav": b"b", good: {**texts, **other}[name]})
    dataset, entries, _ = listed(root)
    assert [entry.key for entry in entries] == ["x/a.wav", "y/b.wav"]
    with pytest.raises(SampleError) as caught:
        reader.read(root, entries[0], dataset)
    assert place in caught.value.detail


def test_a_bad_row_of_a_table_costs_its_sound(tmp_path: Path) -> None:
    root = lay(tmp_path, {"a.wav": b"a", "b.wav": b"b", "t.tsv": DCASE + "a.wav\t0\t1\tx\nb.wav\tq\t1\tx\n"})
    dataset, entries, _ = listed(root)
    assert reader.read(root, entries[0], dataset).annotations
    with pytest.raises(SampleError, match=r"t\.tsv:3"):
        reader.read(root, entries[1], dataset)
    lay(root, {"t.tsv": DCASE + "c.wav\t0\t1\tx\na.wav\t0\t1\tx\n"})
    with pytest.raises(SampleError, match="changed"):
        reader.read(root, entries[0], dataset)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"labels": "nowhere"}, "no such file"),
        ({"labels": "meta.csv"}, "expected a table of many"),
        ({"labels": "empty"}, "none of the 1 sounds has labels"),
        ({}, "none of the 1 sounds has labels"),
        ({"kind": "beats"}, "none of the 1 sounds has labels"),
        ({"labels": "quote.csv"}, r"quote.csv:3: a quote is opened"),
        ({"labels": "latin.csv"}, r"latin.csv:3: not utf-8"),
    ],
)
def test_what_cannot_be_used_as_a_whole(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    root = lay(tmp_path, {"a.wav": b"a", "meta.csv": "filename,fold\na.wav,1\n", "empty/x": b""})
    lay(root, {"quote.csv": 'file,onset,offset\na.wav,0,1\na.wav,0,"1\n'})
    lay(root, {"latin.csv": b"file,onset,label\na.wav,0,1\na.wav,0,\xff\n"})
    if "labels" not in options:
        for name in ("quote.csv", "latin.csv"):
            (root / name).unlink()
    with pytest.raises(InputError, match=why):
        listed(root, **options)


@pytest.mark.parametrize("options", [{"kind": "jam"}, {"encoding": "klingon"}, {"tier": 3}, {"nope": 1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        reader.Options.model_validate(options)


def test_several_label_files_are_not_guessed_among(tmp_path: Path) -> None:
    root = lay(tmp_path, {"a.wav": b"a", "a.txt": "0\t1\tx\n", "a.beats": "0 1\n"})
    _, _, skips = listed(root)
    assert [(skip.source, skip.reason) for skip in skips if skip.source == "a.wav"] == [
        ("a.wav", "several label files")
    ]
    assert read(root, kind="beats")["a.wav"] == (Event(0, 0, "1", "beat"),)


def test_nothing_is_read_outside_of_what_the_recipe_names(tmp_path: Path) -> None:
    root = lay(tmp_path, {"s/a.wav": b"a", "s/b.wav": b"b", "s/b.txt": "0\t1\tx\n", "secret.txt": "0\t1\tx\n"})
    (root / "s/a.txt").symlink_to(root / "secret.txt")
    _, entries, skips = listed(root / "s")
    assert [entry.key for entry in entries] == ["b.wav"]
    assert [(skip.source, skip.reason) for skip in skips] == [("a.wav", "outside the root")]


def scenes(folder: Path) -> None:
    demo.draw_scenes(folder, {"train": 2, "val": 1})


NOT_OURS: dict[str, dict[str, str | bytes]] = {
    "notes in a class folder": {
        "dog/1.wav": b"",
        "cat/1.wav": b"",
        "notes.txt": "0\t1\tx",
        "dog/notes.txt": "0\t1\tx",
    },
    "captions": {"1.wav": b"", "1.txt": "A dog barks for 2 seconds.\n"},
    "LibriSpeech": {"84/1/84-1-0000.flac": b"", "84/1/84-1.trans.txt": "84-1-0000 GO DO YOU HEAR\n"},
    "esc50": {
        "audio/1.wav": b"",
        "meta/esc50.csv": "filename,fold\n1.wav,1\n",
        "esc50.csv": "filename,fold\n1.wav,1\n",
    },
    "urbansound8k": {
        "fold1/7.wav": b"",
        "UrbanSound8K.csv": "slice_file_name,fsID,start,end,salience,fold,classID,class\n7.wav,1,0,4,1,1,3,dog\n",
    },
    "yolo": {"images/1.jpg": b"", "labels/1.txt": "0 0.5 0.5 0.2 0.2\n", "1.jpg": b"", "1.txt": "0 0.5 0.5 0.2 0.2\n"},
    "boxes": {"1.jpg": b"", "boxes.csv": "file,x_min,y_min,x_max,y_max,label\n1.jpg,1,2,3,4,cat\n"},
    "voc": {"1.jpg": b"", "1.xml": "<annotation/>"},
    "a table of other sounds": {"1.wav": b"", "t.csv": "filename,onset,offset\nq.wav,0,1\n"},
    "features": {"1.wav": b"", "1.csv": "0.1,0.2,0.3,0.4\n0.1,0.2,0.3,0.4\n"},
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_is_of_others_is_not_claimed(tmp_path: Path, case: str) -> None:
    assert not reader.claims(lay(tmp_path, NOT_OURS[case]))


def test_trees_of_the_demo_are_not_claimed(tmp_path: Path, shapes: Path, sounds: Path) -> None:
    scenes(tmp_path / "scenes")
    for path in (shapes, sounds, tmp_path / "scenes", tmp_path / "none", tmp_path):
        assert not reader.claims(path)


@given(
    st.binary(max_size=200),
    st.sampled_from(["a.txt", "a.csv", "t.csv", "a.rttm", "a.jams", "a.TextGrid", "transcripts.csv"]),
)
@settings(deadline=None)
def test_any_bytes_are_taken_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    root = lay(tmp_path_factory.mktemp("any"), {"a.wav": b"a", name: data})
    assert reader.claims(root) in (True, False)
    try:
        dataset, entries, _ = listed(root)
        for entry in entries:
            reader.read(root, entry, dataset)
    except AugmentError as error:
        assert str(error)


def test_a_table_of_many_rows_takes_little_memory(tmp_path: Path) -> None:
    count, each = 200, 500
    root = lay(tmp_path, {f"{n}.wav": b"" for n in range(count)})
    with (root / "t.tsv").open("w") as file:
        file.write(DCASE)
        for row in range(each):
            file.writelines(f"{n}.wav\t{row}\t{row + 1}\tdog\n" for n in range(count))
    chosen = reader.Options()
    tracemalloc.start()
    entries = sum(isinstance(item, Entry) for item in reader.entries(root, chosen, WANTED))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert entries == count
    assert peak < 120 * count * each  # a hundred times less than the events would take


@pytest.mark.realdata
def test_ballroom(tmp_path: Path) -> None:
    home = os.environ.get("AUGMENT_REAL_DATA")
    if not home:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    root = Path(home) / "ballroom/BallroomData"
    dataset, entries, skips = listed(root, labels="../BallroomAnnotations")
    assert [(entry.key, entry.label) for entry in entries] == [("Waltz/Media-105901.wav", "Waltz")]
    content = reader.read(root, entries[0], dataset)
    assert content.annotations is not None
    beats = content.annotations.events
    assert len(beats) > 30
    assert {beat.label for beat in beats} == {"1", "2", "3"}
    assert {skip.reason for skip in skips} == {"no sound"}
    assert dataset.fields == {"timeline": "beats"}


def test_a_run_grows_sounds_with_their_labels(tmp_path: Path) -> None:
    root = tmp_path / "in"
    demo.draw_sounds(root, {"train": 2, "val": 1})
    for sound in sorted(root.rglob("*.wav")):
        sound.with_suffix(".txt").write_text("0.1\t0.2\tdog\n")
    recipe = {"seed": 1, "expand": {"multiplier": 2}, "audio": [{"Gain": {"p": 1.0}}]}
    done = augment.run(recipe, input=root, output=tmp_path / "out", executor="serial")
    assert done.manifest["splits"]["train"]
    again = read(tmp_path / "out")
    assert len(again) == 6 * 2 + 3
    assert {(event.onset, event.offset, event.label) for (event,) in again.values()} == {(0.1, 0.2, "dog")}
    assert "events" in catalog.names("writers")

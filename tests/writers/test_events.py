"""Timed labels written and read again: the same events, whatever the kind; the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import timelines
from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.readers import events as reader
from augment.sample import Content, Dataset, Entry, Record
from augment.writers import events
from tests.conftest import tree
from tests.timelines.drawn import HELD, same, texts

KINDS = timelines.kinds()
WANTED = frozenset({".wav", ".flac"})
SAID = st.none() | st.just("") | texts
DOG = Event(0.5, 1.25, "dog")


def record(number: int, annotations: Annotations | None, **more: Any) -> Record:
    key = f"clip_{number}-0123-{number:04d}"
    told: dict[str, Any] = {"split": "train", "label": None, "extension": "wav", "copy": number, **more}
    return Record(
        key=key,
        data=bytes([number % 256]) * 9,
        modality="sound",
        label_index=None,
        source=f"{number}.wav",
        annotations=annotations,
        **told,
    )


def write(
    root: Path, records: Iterable[Record], kind: str | None, lot: int = 0, dataset: Dataset | None = None
) -> None:
    by_split: dict[str, list[Record]] = {}
    for one in records:
        by_split.setdefault(one.split, []).append(one)
    whole = dataset or Dataset(timed=True)
    for split, some in by_split.items():
        parts = [events.render(one, whole, events.Options(kind=kind)) for one in some]
        events.assemble(root, events.shard(split, lot), parts)
    for item in events.conclude(root, whole):
        assert (root / item.name).stat().st_size == item.bytes


def read(root: Path, **options: Any) -> tuple[Dataset, dict[str, tuple[Entry, Content]]]:
    chosen = reader.Options.model_validate(options)
    dataset = reader.dataset(root, chosen)
    found = list(reader.entries(root, chosen, WANTED))
    assert all(isinstance(item, Entry) for item in found), found
    entries = [item for item in found if isinstance(item, Entry)]
    return dataset, {Path(item.key).stem: (item, reader.read(root, item, dataset)) for item in entries}


@st.composite
def records(draw: st.DrawFn, kind: str) -> list[Record]:
    found = draw(st.lists(HELD[kind], min_size=1, max_size=4))
    found[0] = found[0] if found[0].events else Annotations(events=EXAMPLES[kind])
    labels = st.sampled_from([None, "dog", "a/b", "train"] if kind == "csv" else ["dog", "çà"])
    labelled = draw(st.booleans())
    return [
        record(
            number,
            replace(one, transcript=draw(SAID)),
            split=draw(st.sampled_from(["train", "val"])) if number else "train",  # held-out data alone is asked about
            label=draw(labels.filter(bool)) if labelled else None,
        )
        for number, one in enumerate(found)
    ]


EXAMPLES = {
    kind: (Event(0.5, 0.5, "1", "beat"),)
    if kind == "beats"
    else (Event(0.5, 1, "a", {"ctm": "word", "rttm": "speaker"}.get(kind, "event")),)
    for kind in KINDS
}


@given(data=st.data())
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_holds_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    root, old = tmp_path_factory.mktemp(kind), data.draw(records(kind))
    write(root, old, kind)
    dataset, found = read(root)
    assert len(found) == len(old)
    assert dataset.timed
    assert dataset.transcribed == any(one.annotations and one.annotations.transcript is not None for one in old)
    names = {
        e.label for one in old for e in (one.annotations or Annotations()).events if e.tier in ("event", "speaker")
    }
    assert {category.name for category in dataset.categories} == names - {None}
    if kind != "audacity":
        assert dataset.fields == {"timeline": kind}
    for one in old:
        entry, content = found[one.key]
        assert content.data == one.data
        assert one.annotations is not None and content.annotations is not None
        same(one.annotations, content.annotations, kind)
        assert entry.split == one.split
    if "train" not in {one.label for one in old}:
        assert reader.claims(root) or not any(one.annotations.events for one in old if one.annotations)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("kind", KINDS)
def test_appended_lots_and_their_order_change_no_byte(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    root, old = tmp_path_factory.mktemp(kind), data.draw(records(kind))
    cut = data.draw(st.integers(0, len(old)))
    for name, order in (("a", (0, 1)), ("b", (1, 0))):
        for lot in order:
            write(root / name, [old[:cut], old[cut:]][lot], kind, lot)
    assert tree(root / "a") == tree(root / "b")


def test_a_table_is_that_of_dcase(tmp_path: Path) -> None:
    loud = replace(DOG, fields={"snr": "6", "tier": "x"})
    one = record(0, Annotations(events=(DOG, loud), transcript="a, b"), label="street")
    write(tmp_path, [one, record(1, None), record(2, Annotations(events=(DOG,)), split="val")], None)
    assert (tmp_path / "train.csv").read_text() == (
        'filename,onset,offset,event_label,"field.""tier""",snr\n'
        "train/street/clip_0-0123-0000.wav,0.5,1.25,dog,,\n"
        "train/street/clip_0-0123-0000.wav,0.5,1.25,dog,x,6\n"
        "train/clip_1-0123-0001.wav,,,,,\n"
    )
    assert (tmp_path / "val.csv").read_text() == (
        "filename,onset,offset,event_label\nval/clip_2-0123-0002.wav,0.5,1.25,dog\n"
    )
    assert (tmp_path / "transcripts.csv").read_text() == (
        'filename,transcript\ntrain/street/clip_0-0123-0000.wav,"a, b"\n'
    )


def test_the_kind_is_that_of_the_input_or_of_the_recipe(tmp_path: Path) -> None:
    given_kind = Dataset(timed=True, fields={"timeline": "jams"})
    one = record(0, Annotations(events=(DOG,)))
    write(tmp_path / "a", [one], None, dataset=given_kind)
    write(tmp_path / "b", [one], "textgrid", dataset=given_kind)
    write(tmp_path / "c", [one], None, dataset=Dataset(fields={"timeline": ["nonsense"]}))
    assert [p.name for p in sorted((tmp_path / "a/train").iterdir())] == [f"{one.key}.jams", f"{one.key}.wav"]
    assert [p.name for p in sorted((tmp_path / "b/train").iterdir())] == [f"{one.key}.TextGrid", f"{one.key}.wav"]
    assert (tmp_path / "c/train.csv").is_file()
    with pytest.raises(pydantic.ValidationError, match="did you mean textgrid"):
        events.Options(kind="textgird")


@pytest.mark.parametrize("split", ["fold5", "a/b", "transcripts", "TRANSCRIPTS", "x" * 300, "dev clean"])
@pytest.mark.parametrize("kind", ["csv", "rttm"])
def test_splits_of_any_name_come_back(tmp_path: Path, split: str, kind: str) -> None:
    who = Annotations(events=EXAMPLES[kind], transcript="so")
    write(tmp_path, [record(0, who), record(1, who, split=split), record(2, None, split=split, label="train")], kind)
    dataset, found = read(tmp_path)
    names = [found[record(number, None).key][0].split for number in (0, 1, 2)]
    assert names == ["train", events._tree.folder_name(split), events._tree.folder_name(split)]
    said = [found[record(number, None).key][1].annotations for number in (0, 1)]
    assert [one.transcript for one in said if one] == ["so", "so"]
    assert dataset.transcribed


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("rttm", DOG),
        ("ctm", DOG),
        ("ctm", Event(0, 1, None, "word")),
        ("beats", DOG),
        ("beats", Event(0, 1, "1", "beat")),
        ("textgrid", Event(0, 1, None)),
        ("textgrid", Event(-1, 1, "a")),
        ("jams", Event(-1, 1, "a")),
        ("csv", Event(float("nan"), 1, "a")),
        ("audacity", Event(0, float("inf"), "a")),
    ],
)
def test_what_a_kind_cannot_hold_is_refused(kind: str, event: Event) -> None:
    with pytest.raises(SampleError, match="can't be written"):
        events.render(record(0, Annotations(events=(event,))), Dataset(), events.Options(kind=kind))


def test_two_tiers_are_too_many_for_a_label_track() -> None:
    two = Annotations(events=(DOG, replace(DOG, tier="word")))
    with pytest.raises(SampleError, match="one tier"):
        events.render(record(0, two), Dataset(), events.Options(kind="audacity"))


def test_jams_is_as_its_schema_wants_it(tmp_path: Path) -> None:
    some = Annotations(
        events=(DOG, Event(1, 1, "3", "beat"), Event(0, 2, None, "tempo", {"value": 120.0})), duration=2
    )
    write(tmp_path, [record(0, some)], "jams")
    (path,) = tmp_path.rglob("*.jams")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["file_metadata"]["duration"] == 2
    assert [one["namespace"] for one in told["annotations"]] == ["segment_open", "beat", "tempo"]
    assert [one["data"][0]["value"] for one in told["annotations"]] == ["dog", 3, 120.0]
    for one in told["annotations"]:
        assert set(one) == {"namespace", "data", "annotation_metadata", "sandbox"}
        assert set(one["data"][0]) == {"time", "duration", "value", "confidence"}

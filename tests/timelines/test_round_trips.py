"""One law for all kinds of label files: what a kind can hold is there again when it is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import timelines
from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Source
from tests.timelines.drawn import HELD, events, json_values, labels, same, sorted_events, texts, tiers

KINDS = timelines.kinds()
SOURCE = Source("x.lab")


def test_all_kinds_are_known_here() -> None:
    assert set(KINDS) == set(HELD)
    for kind in KINDS:
        found = timelines.timeline(kind)
        assert found.ENDINGS
        assert (timelines.shared(kind) is not None) == found.SHARED


@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_comes_back(kind: str, data: st.DataObject) -> None:
    timeline, old = timelines.timeline(kind), data.draw(HELD[kind])
    text = timeline.format(old, "a-1")
    new = timeline.parse(text, SOURCE)
    same(old, new, kind)
    again = timeline.format(new, "a-1")
    assert timeline.parse(again, SOURCE) == new
    if old.events or kind in ("textgrid", "jams", "csv"):
        assert timeline.resembles(text[:4000])
    crossed = timeline.parse("\ufeff" + text.replace("\n", "\r\n"), SOURCE)
    assert len(crossed.events) == len(old.events)


wild = st.builds(
    Annotations,
    events=st.lists(
        st.builds(
            Event,
            st.floats(-1e6, 1e12) | st.sampled_from([float("nan"), float("inf")]),
            st.floats(-1e6, 1e12),
            st.none() | labels | st.text(max_size=3),
            tiers | texts,
            st.dictionaries(texts | st.sampled_from(["namespace", "value", "confidence", "annotation"]), json_values),
        ),
        max_size=3,
    ).map(tuple),
    fields=st.dictionaries(texts | st.sampled_from(["annotation_metadata", "file_metadata"]), json_values),
)


@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_it_is_it_is_written_or_refused(kind: str, data: st.DataObject) -> None:
    timeline, old = timelines.timeline(kind), data.draw(wild)
    try:
        text = timeline.format(old, "a-1")
    except SampleError as error:
        assert error.reason == "can't be written"
        assert error.detail
        return
    try:
        new = timeline.parse(text, SOURCE)
    except SampleError as error:  # ends before it begins
        assert any(event.offset < event.onset for event in old.events) and "x.lab:" in error.detail
        return
    if kind != "textgrid":
        assert len(new.events) == len(old.events)


@given(
    st.text(st.sampled_from('0123456789 .-\t\n"\\,;:<>{}[]SPEAKERabcxmintiernamel=!\ufeff'), max_size=120), st.data()
)
@pytest.mark.parametrize("kind", KINDS)
def test_any_text_is_read_or_refused_with_its_line(kind: str, text: str, data: st.DataObject) -> None:
    timeline = timelines.timeline(kind)
    if data.draw(st.booleans()):  # or a good one with something put in
        good = timeline.format(data.draw(HELD[kind]), "a-1")
        place = data.draw(st.integers(0, len(good)))
        text = good[:place] + text + good[place + data.draw(st.integers(0, 5)) :]
    assert timeline.resembles(text[:50]) in (True, False)
    try:
        timeline.parse(text, SOURCE)
    except SampleError as error:
        assert error.reason == "bad labels"
        assert error.detail.startswith("x.lab:")


@given(data=st.data())
@pytest.mark.parametrize("kind", [kind for kind in KINDS if timelines.timeline(kind).SHARED])
def test_rows_of_many_recordings_are_those_of_each(kind: str, data: st.DataObject) -> None:
    shared = timelines.shared(kind)
    assert shared is not None
    many = data.draw(st.lists(HELD[kind], max_size=4))
    portions = [shared.portion(one, f"r-{number}") for number, one in enumerate(many)]
    text = "".join(shared.joined(lambda: iter(portions)))
    lines = _lines.lines(text)
    source = Source("all", 0, shared.opening(lines))
    found: dict[str, list[Any]] = {}
    for row in shared.rows(lines, source):
        assert not isinstance(row.cells, str)
        found.setdefault(row.recording, []).append(shared.event(row.cells, source))
    for number, one in enumerate(many):
        mine = [event for event in found.get(f"r-{number}", []) if event is not None]
        same(one, replace(one, events=tuple(mine)), kind)
    assert list(found) == [f"r-{number}" for number, one in enumerate(many) if one.events or kind == "csv"]


@given(st.lists(events(labels.filter(str.strip), st.just("event")), max_size=30))
def test_a_textgrid_has_no_gaps_and_no_overlaps(found: list[Event]) -> None:
    textgrid = timelines.timeline("textgrid")
    text = textgrid.format(Annotations(events=tuple(found), duration=7.5))
    end = text.partition("xmax = ")[2].partition("\n")[0]
    for tier in text.split("    item [")[2:]:
        edges = [line.split(" = ")[1] for line in tier.splitlines() if line.startswith("            xm")]
        assert (edges[0], edges[-1]) == ("0", end)
        assert edges[1:-1:2] == edges[2::2]
        assert all(float(a) < float(b) for a, b in zip(edges[::2], edges[1::2], strict=True))
    again = textgrid.parse(text, SOURCE)
    assert again.duration == float(end)
    assert len(sorted_events(again)) == len(found)

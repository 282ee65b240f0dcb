"""Random annotations that each kind of label file can hold, and what to compare of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from augment.annotations import Annotations, Event

times = st.floats(0, 1e5) | st.integers(0, 3000).map(lambda count: count / 16) | st.sampled_from([0.0, 0.1, 0.3])
letters = st.characters(codec="utf-8", exclude_characters="\0\ufeff")
texts = st.text(letters, min_size=1, max_size=8)
labels = st.sampled_from(["dog", "a, b", 'say "x"', "=1+1", "日本", ";;", "\\", "<NA>?", "0 1 2", "nan"]) | texts
oneline = labels.filter(lambda label: not set(label) & set("\t\r\n"))
unbroken = labels.filter(lambda label: label.split() == [label] and label not in ("<NA>", "*"))
json_values = st.recursive(
    texts | st.integers(-(2**40), 2**40) | st.booleans() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
containers = json_values.filter(lambda value: isinstance(value, list | dict))
names = st.sampled_from(["snr", "filename", "tier", "onset", "duration", "start", "field.x", "value", "label", "É ,"])
cells = st.dictionaries(names | texts, texts | containers, max_size=3)
jams_facts = st.dictionaries(
    (names | texts).filter(lambda name: name not in ("namespace", "annotation", "confidence")), json_values, max_size=3
)
tiers = st.sampled_from(["event", "word", "speaker", "beat", "phones", "a b", "tempo"])


@st.composite
def events(draw: st.DrawFn, label: Any, tier: Any, facts: Any = None, moment: Any = False) -> Event:
    onset = draw(times)
    still = draw(moment) if isinstance(moment, st.SearchStrategy) else moment
    offset = onset if still else onset + draw(st.floats(0.001, 60) | st.sampled_from([0.25, 2.0]))
    return Event(onset, offset, draw(label), draw(tier), {} if facts is None else draw(facts))


def some(one: Any) -> Any:
    return st.builds(Annotations, events=st.lists(one, max_size=5).map(tuple))


def digits(least: int, most: int) -> Any:
    return st.integers(least, most).map(str)


band = st.fixed_dictionaries({"low_hz": st.integers(-1, 9000).map(float), "high_hz": st.integers(0, 9000).map(float)})
either = st.booleans()
HELD: dict[str, Any] = {
    "audacity": some(events(st.none() | oneline, st.just("event"), st.just({}) | band, either)),
    "beats": some(
        events(st.none() | oneline.filter(lambda label: label == label.strip()), st.just("beat"), moment=True)
    ),
    "csv": some(events(st.none() | labels, tiers, cells, either)),
    "ctm": some(
        events(
            unbroken,
            st.just("word"),
            st.fixed_dictionaries({}, optional={"channel": digits(2, 9), "confidence": digits(0, 1)}),
            either,
        )
    ),
    "rttm": some(
        events(
            st.none() | unbroken,
            st.just("speaker"),
            st.fixed_dictionaries(
                {}, optional={"channel": digits(2, 9), "subtype": st.just("adult"), "lookahead": st.just("3")}
            ),
            either,
        )
    ),
    "textgrid": some(events(labels.filter(lambda label: label.strip()), tiers, moment=either)),
    "jams": st.builds(
        Annotations,
        events=st.lists(events(st.none() | labels, tiers, jams_facts, either), max_size=5).map(tuple),
        duration=st.none() | st.integers(0, 10**6).map(lambda count: count / 16),
        fields=st.dictionaries(texts, json_values, max_size=2),
    ),
}
"""Kind -> annotations that it holds; of order within a file see ``same``."""


def sorted_events(found: Annotations) -> list[Event]:
    """Formats with tiers keep the order within a tier only, and TextGrid that of time."""
    return sorted(
        found.events,
        key=lambda event: (
            event.tier,
            round(event.onset, 5),
            round(event.offset, 5),
            event.label or "",
            repr(sorted(event.fields.items(), key=repr)),
        ),
    )


def same(old: Annotations, new: Annotations, kind: str) -> None:
    """What was held is there again, times to a microsecond."""
    ordered = sorted_events if kind in ("textgrid", "jams") else lambda found: list(found.events)
    before, after = ordered(old), ordered(new)
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        assert (other.label, other.tier, dict(other.fields)) == (one.label, one.tier, dict(one.fields))
        assert other.onset == pytest.approx(one.onset, abs=1.01e-6, rel=1e-12)
        assert other.offset == pytest.approx(one.offset, abs=1.01e-6, rel=1e-12)
    if kind == "jams":
        end = max([0.0, *(event.offset for event in old.events)]) if old.duration is None else old.duration
        assert new.duration == pytest.approx(end, abs=1e-6)
        assert dict(new.fields) == dict(old.fields)
    assert new.transcript == old.transcript

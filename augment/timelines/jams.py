"""JAMS, annotations of music and soundscapes as JSON. https://jams.readthedocs.io/en/stable/jams_structure.html

Read as plain JSON, for the jams package brings pandas. What an observation becomes, by its namespace:

- ``segment_open``, ``tag_open``, ``scaper``: an event of tier ``event``; ``beat``, ``beat_position``: one of tier
  ``beat``; any other: one of a tier called like the namespace.
- Its value, if a text, is the label. Of ``scaper`` it is ``label``, of ``beat`` the number, of ``beat_position`` the
  position; what else is in such an object rides along. Any other value (a tempo in bpm, a pitch in Hz) rides along as
  ``value``, and the label is none.
- ``confidence`` rides along where it is told, and so does ``namespace`` where the tier does not say it. Of several
  annotations with one namespace and tier, the events of the second and further ones have their number, ``annotation``.

The file's duration is that of the annotations; other metadata and the file's sandbox are fields of them, what is said
about each annotation is their field ``annotation_metadata``. Written is what gives the same again: tiers and facts
that the namespace has no place for stand in the sandbox of their annotation. Annotations without observations go, and
a duration that is not known is written as the end of the last event, for the jams package refuses files without one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Source

ENDINGS = (".jams",)
SHARED = False
TIERS = None
VERSION = "0.3.4"

TIER_OF = {
    "segment_open": "event",
    "tag_open": "event",
    "scaper": "event",
    "beat": "beat",
    "beat_position": "beat",
}
"""Namespace -> tier, where it is not called the same."""

NAMESPACE_OF = {"event": "segment_open", "beat": "beat", "tempo": "tempo", "onset": "onset"}
"""Tier -> namespace, where an event does not name it; those of other tiers are segments with their tier told."""

LABEL_IN = {"scaper": "label", "beat_position": "position"}
"""Namespaces whose values are objects -> what of them is the label."""

NUMBERED = frozenset({"beat", "beat_position"})
"""Namespaces whose labels are numbers in the file."""

VALUED = frozenset({"tempo", "onset"})
"""Namespaces among those of ``NAMESPACE_OF`` whose value may be other than a text."""

OWN = ("namespace", "annotation", "confidence")
METADATA, FILE = "annotation_metadata", "file_metadata"


class _Group(NamedTuple):
    """What makes events one annotation."""

    namespace: str
    tier: str
    number: int


def resembles(begin: str) -> bool:
    """Whether it begins as a JSON object."""
    return begin.removeprefix("\ufeff").lstrip()[:1] == "{"


def parse(text: str, source: Source) -> Annotations:
    """All annotations; see the Timeline protocol."""
    try:
        told = json.loads(text.removeprefix("\ufeff"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise source.bad(getattr(error, "lineno", 1), f"expected JSON: {error}") from None
    if not isinstance(told, dict) or not isinstance(told.get("annotations"), list):
        raise source.bad(1, "expected an object with a list of annotations")
    about, fields = _object(told.get(FILE)), dict(_object(told.get("sandbox")))
    length = about.get("duration")
    duration = float(length) if _is_number(length) and length >= 0 else None
    rest = {name: value for name, value in about.items() if name not in ("duration", "jams_version") and value}
    if rest:
        fields[FILE] = rest
    events: list[Event] = []
    metadata: list[dict[str, Any]] = []
    seen: dict[tuple[str, str], int] = {}
    for place, one in enumerate(told["annotations"], 1):
        try:
            events += _annotation(one, seen, metadata)
        except ValueError as error:
            raise SampleError(_lines.BAD, f"{source.name}: annotation {place}: {error}") from None
    if metadata:
        fields[METADATA] = metadata
    return Annotations(events=tuple(events), duration=duration, fields=fields)


def format(annotations: Annotations, recording: str = "") -> str:
    """The whole file; see the Timeline protocol."""
    groups: dict[_Group, list[Event]] = {}
    for event in annotations.events:
        groups.setdefault(_group(event), []).append(event)
    fields = dict(annotations.fields)
    metadata = {_Group(*item[:3]): item[3] for item in _metadata(fields.get(METADATA))}
    if metadata:
        fields.pop(METADATA)
    about: dict[str, Any] = {}
    if isinstance(fields.get(FILE), dict):
        about.update(fields.pop(FILE))
    about["jams_version"] = VERSION
    about["duration"] = (
        max(0.0, _lines.near(annotations.duration)) if annotations.duration is not None else _end(groups)
    )
    whole = {
        "annotations": [_written(group, some, metadata.get(group, {})) for group, some in groups.items()],
        FILE: about,
        "sandbox": fields,
    }
    try:
        return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False, default=dict) + "\n"
    except (ValueError, RecursionError) as error:
        raise SampleError(_lines.REASON, f"JSON can't hold it: {error}") from None


def _annotation(one: Any, seen: dict[tuple[str, str], int], metadata: list[dict[str, Any]]) -> Iterator[Event]:
    """The events of one annotation. Raises ValueError."""
    if not isinstance(one, dict) or not isinstance(one.get("namespace"), str):
        raise ValueError("expected an object with a namespace")
    sandbox = _object(one.get("sandbox"))
    namespace: str = one["namespace"]
    tier = sandbox.get("tier")
    tier = tier if isinstance(tier, str) else TIER_OF.get(namespace, namespace)
    facts = sandbox.get("fields")
    data = _observations(one.get("data"))
    if not data:
        return
    number = seen[namespace, tier] = seen.get((namespace, tier), 0) + 1
    about = one.get(METADATA)
    if isinstance(about, dict) and any(about.values()):
        metadata.append({"namespace": namespace, "tier": tier, "annotation": number, METADATA: about})
    own: dict[str, Any] = {"namespace": namespace} if _tells(namespace, tier) else {}
    if number > 1:
        own["annotation"] = number
    for place, item in enumerate(data):
        further = facts[place] if isinstance(facts, list) and place < len(facts) else None
        try:
            yield _event(item, tier, namespace, own, further if isinstance(further, dict) else {})
        except ValueError as error:
            raise ValueError(f"observation {place + 1}: {error}") from None


def _observations(data: Any) -> list[Any]:
    """A list of objects, also of what is an object of lists. Raises ValueError."""
    if isinstance(data, dict) and all(isinstance(values, list) for values in data.values()):
        names = ("time", "duration", "value", "confidence")
        columns = [data.get(name, []) for name in names]
        if len({len(column) for column in columns}) > 1:
            raise ValueError("expected time, duration, value and confidence of one length")
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if not isinstance(data, list):
        raise ValueError("expected a list of observations under data")
    return data


def _event(item: Any, tier: str, namespace: str, own: Mapping[str, Any], further: Mapping[str, Any]) -> Event:
    """One observation. Raises ValueError."""
    if not isinstance(item, dict):
        raise ValueError("expected an object with time, duration, value and confidence")
    onset, duration = item.get("time"), item.get("duration")
    if not _is_number(onset) or not _is_number(duration) or duration < 0:
        raise ValueError(f"expected numbers for time and duration, got {str(onset)[:40]} and {str(duration)[:40]}")
    value, fields = item.get("value"), {**own}
    label: str | None = None
    inner = LABEL_IN.get(namespace)
    if inner and isinstance(value, dict):
        fields.update({name: one for name, one in value.items() if name != inner and name not in OWN})
        value = value.get(inner)
    if isinstance(value, str):
        label = value or None
    elif namespace in NUMBERED and _is_number(value):
        label = _spelled(value)
    elif value is not None:
        fields["value"] = value
    if item.get("confidence") is not None:
        fields["confidence"] = item["confidence"]
    fields.update(further)
    return Event(float(onset), _lines.after(float(onset), float(duration)), label, tier, fields)


def _group(event: Event) -> _Group:
    """The annotation that an event goes to."""
    namespace = event.fields.get("namespace")
    number = event.fields.get("annotation")
    number = number if isinstance(number, int) and not isinstance(number, bool) and number > 1 else 1
    if not isinstance(namespace, str) or not namespace:
        namespace = NAMESPACE_OF.get(event.tier, "segment_open")
    if namespace in NUMBERED and event.label is not None and _counted(event.label) is None:
        namespace = "segment_open"
    if namespace == "tempo" and not (event.label is None and _is_number(event.fields.get("value"))):
        namespace = "segment_open"
    return _Group(namespace, event.tier, number)


def _written(group: _Group, events: Sequence[Event], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """One annotation."""
    data, further = [], []
    for event in events:
        onset, offset = _lines.near(event.onset), _lines.near(event.offset)
        if onset < 0:
            raise SampleError(_lines.REASON, f"an event begins at {_lines.clock(event.onset)} s, before the sound")
        rest = {name: value for name, value in event.fields.items() if not _implied(name, value, group)}
        confidence = rest.pop("confidence") if _is_number(rest.get("confidence")) else None
        value = _value(event.label, group.namespace, rest)
        duration = round(max(0.0, offset - onset), _lines.DECIMALS)
        data.append({"time": onset, "duration": duration, "value": value, "confidence": confidence})
        further.append(rest)
    sandbox: dict[str, Any] = {}
    if TIER_OF.get(group.namespace, group.namespace) != group.tier:
        sandbox["tier"] = group.tier
    if any(further):
        sandbox["fields"] = further
    return {"namespace": group.namespace, "data": data, METADATA: dict(metadata), "sandbox": sandbox}


def _tells(namespace: str, tier: str) -> bool:
    """Whether a namespace says more than the tier does; if so it rides along."""
    return namespace not in ("segment_open", NAMESPACE_OF.get(tier))


def _end(groups: Mapping[_Group, Sequence[Event]]) -> float:
    return max([0.0, *(_lines.near(event.offset) for events in groups.values() for event in events)])


def _implied(name: str, value: Any, group: _Group) -> bool:
    """Whether reading would give this fact again by itself."""
    if name == "namespace":
        return value == group.namespace and _tells(group.namespace, group.tier)
    return name == "annotation" and value == group.number and group.number > 1 and not isinstance(value, bool)


def _value(label: str | None, namespace: str, rest: dict[str, Any]) -> Any:
    """The value of an observation; takes from ``rest`` what it holds."""
    named = namespace in VALUED or namespace not in (*TIER_OF, "segment_open")
    if namespace in LABEL_IN:
        inner = LABEL_IN[namespace]
        told = {name: rest.pop(name) for name in list(rest) if name not in (*OWN, inner, "value")}
        return {inner: _counted(label) if namespace in NUMBERED and label is not None else label, **told}
    if namespace in NUMBERED:
        return None if label is None else _counted(label)
    if label is None and named:
        return rest.pop("value", None)
    return label or ""


def _metadata(told: Any) -> list[tuple[str, str, int, dict[str, Any]]]:
    """What is said about annotations, as this module has read it; nothing where it is something else."""
    names = ("namespace", "tier", "annotation", METADATA)
    kinds = (str, str, int, dict)
    if not isinstance(told, list):
        return []
    found = [tuple(item.get(name) for name in names) for item in told if isinstance(item, dict)]
    right = [item for item in found if all(isinstance(part, kind) for part, kind in zip(item, kinds, strict=True))]
    return right if len(right) == len(told) else []  # type: ignore[return-value]  # the kinds were looked at


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _counted(label: str) -> int | float | None:
    """The number that a label is the usual spelling of, or None."""
    try:
        value = float(label)
    except ValueError:
        return None
    if not math.isfinite(value) or _spelled(value) != label:
        return None
    return int(value) if value == int(value) else value


def _spelled(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 <= value <= 1e300

"""Random tables of texts as writers get them, and what any of their rows must be once it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from augment.annotations import Annotations, Span
from augment.sample import Dataset, Record, Rows
from tests.writers.test_annotations import json_values

HAZARDS = (
    *("👩🏽‍🚒 née", "שלום, עולם", 'sie sagte "ja", dann', "a\r\nb\rc\n", "\t x \t", "'", '""', ",", ";", "\u2028\x85"),
    *(
        "\ufeffBOM",
        "NULL",
        "nan",
        "=1+1",
        "{}",
        "[1]",
        "007",
        "-",
        "日本語。",
        "e\u0301",
        "\x0b\x1c\x7f",
        '"',
        "\\n",
        "#",
    ),
)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
words = st.sampled_from(HAZARDS) | st.text(characters, min_size=1, max_size=20)
texts = st.lists(words, min_size=1, max_size=3).map("".join).filter(str.strip)
names = st.text(characters, min_size=1, max_size=8)
facts = json_values.filter(lambda value: not isinstance(value, str) or "\0" not in value)  # CSV refuses it
ascii_names = st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True)


@dataclass(frozen=True)
class Table:
    """A data set, its outputs, and the rows that they should become, cells as JSON values."""

    dataset: Dataset
    records: list[Record]
    rows: list[dict[str, Any]]


@st.composite
def spans(draw: st.DrawFn, text: str, column: str) -> Span:
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    fields = draw(st.dictionaries(ascii_names, json_values, max_size=2))
    label = draw(st.sampled_from(["PER", "ORG", None]))
    return Span(start, end, label, draw(st.sampled_from(["entity", "token"])), column, fields)


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[Any] = facts, spanned: bool = False) -> Table:
    """Up to four rows with the same columns, one to three of them texts."""
    columns = draw(st.lists(names | ascii_names, min_size=1, max_size=6, unique=True))
    columns = [name for name in columns if name not in ("label", "spans")] or ["x"]
    order = draw(st.permutations(columns))
    count = draw(st.integers(1, min(3, len(order))))
    own = tuple(name for name in columns if name in order[:count])
    free = list(order[count:])
    label = free.pop() if free and draw(st.booleans()) else None
    split = free.pop() if free and draw(st.booleans()) else None
    dataset = Dataset(
        rows=Rows(own, tuple(columns), label, split), spanned=spanned, classes=("a", "b") if label else ()
    )
    table = Table(dataset, [], [])
    for number in range(draw(st.integers(1, 4))):
        values = {name: draw(texts) for name in own}
        facts = {name: draw(cells) for name in free}
        marks = (
            tuple(draw(st.lists(spans(values[own[0]], own[0] if count > 1 else ""), max_size=2))) if spanned else ()
        )
        kind = draw(st.sampled_from(["a", "b"])) if label else None
        one = record(number, values, label=kind)
        if facts or marks:
            one = replace(one, annotations=Annotations(spans=marks, fields=facts))
        made = {**values, **facts, **({label: kind} if label else {}), **({split: "train"} if split else {})}
        row = {name: made[name] for name in columns}
        table.records.append(one)
        table.rows.append({**row, **({"spans": [listed(mark) for mark in marks]} if spanned else {})})
    return table


def record(number: int, values: dict[str, str], **other: Any) -> Record:
    """An output with one text or several."""
    several = len(values) > 1
    data = json.dumps(values, ensure_ascii=False) if several else next(iter(values.values()))
    facts: dict[str, Any] = {
        "key": f"row-{number:016x}-{number % 3:04d}",
        "data": data.encode(),
        "extension": "json" if several else "txt",
        "modality": "text",
        "split": "train",
        "label": None,
        "label_index": None,
        "source": f"{number:016x}",
        "copy": number % 3,
    }
    return Record(**{**facts, **other})


def listed(span: Span) -> dict[str, Any]:
    """A span in the general form."""
    found: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if span.layer != "entity":
        found["layer"] = span.layer
    return {
        **found,
        **({"column": span.column} if span.column else {}),
        **({"fields": dict(span.fields)} if span.fields else {}),
    }


def write(writer: Any, root: Path, table: Table, options: Any = None) -> str:
    """One shard; gives its name."""
    shard = str(writer.shard("train", 0))
    more = [] if options is None else [options]
    writer.assemble(root, shard, (writer.render(one, table.dataset, *more) for one in table.records))
    writer.conclude(root, table.dataset)
    return shard


def as_cell(value: Any) -> str:
    """A value as one text."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

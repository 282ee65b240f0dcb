"""A copy that comes out the same as its source or as an earlier copy is drawn anew; what can't be had is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import augment

LINES = ("The quick brown fox jumps over the lazy dog", "ok", "----", "ab", "Nothing here is as it was before")
RARE: list[dict[str, Any]] = [{"Typos": {"rate": 0.02, "p": 0.2}}]
"""Steps that seldom fire: four copies of five would be the source again."""


def table(folder: Path) -> Path:
    path = folder / "table.csv"
    path.write_text("text,label\n" + "".join(f"{line},a\n" for line in LINES), encoding="utf-8")
    return path


def grown(
    folder: Path, multiplier: int, name: str = "out", **more: Any
) -> tuple[augment.Result, dict[str, list[str]]]:
    """The result, and source -> texts of its copies."""
    recipe = {
        "seed": 7,
        "expand": {"multiplier": multiplier, **more.pop("expand", {})},
        "text": more.pop("steps", RARE),
    }
    output = {"format": "jsonl", "provenance": True}
    result = augment.run({**recipe, "output": output}, input=table(folder), output=folder / name, **more)
    found: dict[str, list[str]] = {}
    for file in sorted((folder / name / "train").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(row["source"], []).append(row["text"])
    return result, found


def test_no_copy_is_written_twice_and_what_is_missing_is_told(tmp_path: Path) -> None:
    result, found = grown(tmp_path, 6, executor="serial")
    for texts in found.values():
        assert len(set(texts)) == len(texts)
    assert sorted(len(texts) for texts in found.values())[-2:] == [6, 6], "a long sentence has copies enough"
    skips = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    assert {skip["reason"] for skip in skips} == {"shortfall"}
    assert result.outputs + sum(6 - len(texts) for texts in found.values()) == 6 * len(LINES)
    assert min(len(texts) for texts in found.values()) == 1, "nothing can be done to dashes"


def test_workers_change_nothing(tmp_path: Path) -> None:
    _, serial = grown(tmp_path, 6, "serial", executor="serial")
    _, two = grown(tmp_path, 6, "two", workers=2)
    assert serial == two


def test_appended_copies_differ_from_those_that_stand(tmp_path: Path) -> None:
    grown(tmp_path, 3, executor="serial")
    _, more = grown(tmp_path, 6, append=True, executor="serial")
    _, once = grown(tmp_path, 6, "once", executor="serial")
    assert {key: sorted(texts) for key, texts in more.items()} == {key: sorted(texts) for key, texts in once.items()}


def test_copies_may_be_kept_as_they_come(tmp_path: Path) -> None:
    result, found = grown(tmp_path, 6, expand={"duplicates": "keep"}, executor="serial")
    assert (result.outputs, result.skipped) == (6 * len(LINES), 0)
    assert min(len(set(texts)) for texts in found.values()) == 1


def test_verify_makes_redrawn_copies_again(tmp_path: Path) -> None:
    grown(tmp_path, 6, executor="serial")
    assert not augment.verify(tmp_path / "out", rederive=30).problems


@pytest.mark.parametrize("steps", [[{"Typos": {"p": 0}}], [{"Typos": {"rate": 0, "p": 1}}]])
def test_steps_that_do_nothing_leave_the_originals(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    result, found = grown(tmp_path, 3, steps=steps, executor="serial")
    assert sorted(text for texts in found.values() for text in texts) == sorted(LINES)
    assert result.manifest["skipped"]["reasons"] == {"shortfall": 2 * len(LINES)}


@pytest.mark.parametrize("block", [{}, {"text": []}, {"text": None}])
def test_without_steps_there_is_one_output_a_source_and_copies_are_refused(
    tmp_path: Path, block: dict[str, Any]
) -> None:
    recipe = {**block, "output": {"format": "jsonl"}}
    assert augment.plan(recipe, input=table(tmp_path)).outputs == len(LINES)
    result = augment.run(recipe, input=table(tmp_path), output=tmp_path / "out")
    assert (result.outputs, result.skipped) == (len(LINES), 0)
    assert sum(1 for _ in augment.stream({**recipe, "expand": {"multiplier": 1}}, input=table(tmp_path))) == len(LINES)
    assert augment.plan(recipe | {"expand": {"duplicates": "keep"}}, input=table(tmp_path)).outputs == 10 * len(LINES)
    for more in ({"multiplier": 3}, {"multiplier": 1, "keep_originals": False}):
        with pytest.raises(augment.RecipeError, match="no step under text"):
            augment.plan({**recipe, "expand": more}, input=table(tmp_path))


def test_a_book_is_not_drawn_fifty_times(tmp_path: Path) -> None:
    book = tmp_path / "books" / "one.txt"
    book.parent.mkdir()
    book.write_text("- " * 3_000_000, encoding="utf-8")
    augment.run({"expand": {"multiplier": 2}, "text": RARE}, input=book.parent, output=tmp_path / "out")
    (skip,) = (json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines())
    assert skip["reason"] == "shortfall"
    assert skip["detail"].startswith("drawn 5 times")

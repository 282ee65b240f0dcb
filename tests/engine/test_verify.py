"""Verify: whatever is changed in a finished output, added to it or taken away, it is told; what was not, is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import augment
from augment.errors import OutputError
from tests.conftest import tree

Grow = Callable[..., augment.Result]

FORMATS = [{"format": "webdataset", "shard_size": 10}, {"format": "folder"}]


def problems(output: Path) -> list[str]:
    return augment.verify(output).problems


@pytest.mark.parametrize("output", FORMATS, ids=["sharded", "files"])
def test_each_file_that_is_changed_cut_or_gone_is_named(grow: Grow, output: dict[str, Any]) -> None:
    folder = grow(output=output, multiplier=2).output
    assert problems(folder) == []
    files = tree(folder)
    picked = [*sorted(files)[::7], "manifest.json", "provenance.parquet", "skipped.jsonl", "recipe.yaml"]
    for name in picked:
        data = files[name]
        others = {data[:-1], data[:-1] + bytes([data[-1] ^ 1]) if data else b"{}", data + b"\n"} - {data}
        for other in [data + b"\n"] if name == "manifest.json" else others:  # one that is no JSON is refused
            (folder / name).write_bytes(other)
            assert any(name in problem for problem in problems(folder)), name
        (folder / name).write_bytes(data)
    assert problems(folder) == []


@pytest.mark.parametrize("output", FORMATS, ids=["sharded", "files"])
def test_files_that_no_run_wrote_are_told(grow: Grow, output: dict[str, Any]) -> None:
    folder = grow(output=output, multiplier=2).output
    ending = max(tree(folder, "train/**/*")).rpartition(".")[2]
    for name in (f"train/shard-000099.{ending}", f"new/x.{ending}", "train/notes.txt", f"x.{ending}"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
        (told,) = problems(folder)
        assert told.startswith(f"{name}: no run has written this")
        (folder / name).unlink()
    for name in ("README.md", ".gitattributes", "train/.DS_Store", "train/Thumbs.db"):
        (folder / name).write_bytes(b"x")
    found = augment.verify(folder)
    assert found.problems == []
    assert found.notes == ["README.md: no run has written this"]


def test_counts_are_those_of_provenance_even_where_nothing_else_is_noted(grow: Grow) -> None:
    """As in a data set that was given on without what we keep for ourselves."""
    folder = grow(multiplier=2).output
    (folder / ".augment/sealed.json").unlink()
    path = folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))

    def change(*places: str) -> list[str]:
        facts = json.loads(json.dumps(told))
        *above, last = places
        inside = facts
        for place in above:
            inside = inside[place]
        inside[last] += 1
        path.write_text(json.dumps(facts), encoding="utf-8")
        return problems(folder)

    assert "the manifest counts 40" in " ".join(change("outputs"))
    assert "without a class" in " ".join(change("splits", "train", "outputs"))
    assert "train of class circle" in " ".join(change("splits", "train", "classes", "circle", "outputs"))


@pytest.mark.parametrize("column", ["copy", "class", "key"])
def test_provenance_is_what_it_was(grow: Grow, column: str) -> None:
    folder = grow(multiplier=2).output
    path = folder / "provenance.parquet"
    table = pq.read_table(path)
    values = table[column]
    other = pc.add(values, 1) if pa.types.is_integer(values.type) else pc.binary_join_element_wise(values, "x", "")
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, other), path)
    assert any("provenance.parquet" in problem for problem in problems(folder))
    path.write_bytes(b"PAR1 no more")
    (told,) = problems(folder)
    assert "provenance.parquet: can't be read" in told
    path.unlink()
    (told,) = problems(folder)
    assert "provenance.parquet: can't be read" in told


def test_running_again_mends_what_tells_of_the_outputs_and_appending_notes_it_anew(grow: Grow) -> None:
    folder = grow(multiplier=2).output
    whole = tree(folder)
    for name in ("manifest.json", "provenance.parquet", "skipped.jsonl", "recipe.yaml"):
        (folder / name).write_bytes(b"{}")
    grow(multiplier=2)
    assert tree(folder) == whole
    assert problems(folder) == []
    grow(multiplier=3, append=True)
    assert problems(folder) == []


@pytest.mark.parametrize("data", [b"{}", b"[]", b"3", b"", b'{"outputs": 3}'])
def test_a_manifest_that_is_none_is_an_error(grow: Grow, data: bytes) -> None:
    folder = grow(multiplier=2).output
    (folder / "manifest.json").write_bytes(data)
    with pytest.raises(OutputError, match="cannot be read"):
        augment.verify(folder)


def test_an_output_of_an_older_version_is_checked_as_far_as_it_was_noted(grow: Grow) -> None:
    folder = grow(multiplier=2).output
    (folder / ".augment/sealed.json").unlink()
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del facts["beside"]
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    assert problems(folder) == []


def test_what_is_wrong_with_the_recipe_of_an_output_is_told_where_it_lies(grow: Grow) -> None:
    result = grow("out")
    file = result.output / "recipe.yaml"
    file.write_text(file.read_text() + "plugins: [nowhere_to_be_found]\n")
    with pytest.raises(augment.RecipeError) as caught:
        augment.verify(result.output, rederive=1)
    assert str(caught.value.problems[0].place).startswith(str(file))

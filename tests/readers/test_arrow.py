"""Folders of save_to_disk are read as the same rows in Parquet, with their splits; damage is told, not followed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import catalog, demo
from augment.errors import InputError, SampleError
from augment.readers import arrow as reader
from augment.readers import parquet, texts
from augment.sample import ROW, Content, Entry, Skip

datasets = pytest.importorskip("datasets")
datasets.disable_progress_bars()

WANTED = frozenset({".jpg", ".png", ROW})
CLASS = datasets.ClassLabel(names=["cat", "dög"])
OBJECTS = [{"bbox": datasets.Sequence(datasets.Value("float32"), length=4), "category": CLASS}]


def png(number: int, side: int = 8) -> bytes:
    out = io.BytesIO()
    Image.fromarray(demo.picture("circle", number, side)).save(out, "png")
    return out.getvalue()


PNGS = [png(number) for number in range(4)]

pictures = st.fixed_dictionaries(
    {
        "image": st.fixed_dictionaries(
            {"bytes": st.sampled_from(PNGS), "path": st.none() | st.sampled_from(["a.png", "b/c.png"])}
        ),
        "label": st.sampled_from([0, 1, None]),
        "objects": st.lists(
            st.fixed_dictionaries({"bbox": st.just([1.0, 2.0, 3.0, 4.0]), "category": st.sampled_from([0, 1])}),
            max_size=2,
        ),
        "note": st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.none(),
    }
)
words = st.fixed_dictionaries(
    {
        "text": st.text('ab ö\n,"', max_size=8),
        "label": st.sampled_from([0, 1]),
        "n": st.integers(-5, 5) | st.none(),
    }
)
FEATURES = {
    "image": datasets.Features(
        {"image": datasets.Image(), "label": CLASS, "objects": OBJECTS, "note": datasets.Value("string")}
    ),
    "text": datasets.Features({"text": datasets.Value("string"), "label": CLASS, "n": datasets.Value("int64")}),
}


def made(rows: list[dict[str, Any]], kind: str) -> Any:
    names = list(FEATURES[kind])
    return datasets.Dataset.from_dict({name: [row[name] for row in rows] for name in names}, features=FEATURES[kind])


def seen(module: Any, path: Path, **options: Any) -> tuple[Any, list[tuple[Entry, Content | str]], list[Skip]]:
    chosen = module.Options.model_validate(options)
    dataset = module.dataset(path, chosen)
    listed = list(module.entries(path, chosen, WANTED))
    found: list[tuple[Entry, Content | str]] = []
    for item in listed:
        if isinstance(item, Entry):
            try:
                found.append((item, module.read(path, item, dataset)))
            except SampleError as error:
                found.append((item, error.reason))
    return dataset, found, [item for item in listed if isinstance(item, Skip)]


def facts(found: list[tuple[Entry, Content | str]]) -> list[Any]:
    return [(entry.split, entry.label, dict(entry.fields), content) for entry, content in found]


@pytest.mark.parametrize("kind", ["image", "text"])
@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_it_holds_what_the_same_rows_in_parquet_hold(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: Any
) -> None:
    root = tmp_path_factory.mktemp("a")
    rows = data.draw(st.lists(pictures if kind == "image" else words, min_size=1, max_size=7))
    whole = made(rows, kind)
    splits = {"train": whole, "odd one": whole.select(range(len(rows) // 2 + 1))}
    datasets.DatasetDict(splits).save_to_disk(root / "saved", num_shards={"train": min(2, len(rows)), "odd one": 1})
    for name, part in splits.items():
        part.to_parquet(root / "parquet" / f"{name}.parquet")
    other = parquet if kind == "image" else texts
    good = kind == "image" or any(row["text"].strip() for row in rows)
    if not good:
        return
    assert reader.claims(root / "saved")
    dataset, mine, skips = seen(reader, root / "saved")
    theirs: list[Any] = []
    for name in splits:
        same, found, _ = seen(other, root / "parquet" / f"{name}.parquet")
        assert (dataset.categories, dataset.classes) == (same.categories, same.classes)
        assert (dataset.spatial, dataset.spanned, dataset.classes) == (same.spatial, same.spanned, ("cat", "dög"))
        theirs += [(name, *rest) for _, *rest in facts(found)]
        if kind == "text" and name == "train":
            assert [e.key for e, _ in mine if e.split == name] == [e.key for e, _ in found], "rows draw the same"
    assert sorted(map(repr, facts(mine))) == sorted(map(repr, theirs))
    if kind == "image":
        assert skips == []
        own = [row["image"]["path"] and Path(row["image"]["path"]).name for row in rows]  # as datasets keeps it
        named = [entry.key for entry, _ in mine if entry.split == "train"]
        assert named == [f"train/{name or f'{number:06d}.png'}" for number, name in enumerate(own)]


def test_caches_and_old_tables_beside_it_are_no_part_of_it(tmp_path: Path) -> None:
    whole = made(
        [{"image": {"bytes": data, "path": None}, "label": 0, "objects": [], "note": None} for data in PNGS], "image"
    )
    whole.save_to_disk(tmp_path)
    before = seen(reader, tmp_path)
    for name in ("cache-0123.arrow", "data-00001-of-00002.arrow"):
        (tmp_path / name).write_bytes((tmp_path / "data-00000-of-00001.arrow").read_bytes())
    assert seen(reader, tmp_path) == before
    assert [entry.size for entry, _ in before[1]] >= [len(data) for data in PNGS]


@pytest.mark.parametrize("kind", ["image", "text"])
def test_exactly_one_reader_takes_it(tmp_path: Path, kind: str) -> None:
    row = {"image": {"bytes": PNGS[0], "path": None}, "label": 0, "objects": [], "note": "a b"}
    whole = made([row] * 3 if kind == "image" else [{"text": "hello you", "label": 1, "n": 1}] * 3, kind)
    whole.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": whole, "test": whole}).save_to_disk(tmp_path / "two")
    table = next((tmp_path / "one").glob("*.arrow"))
    for path in (tmp_path / "one", tmp_path / "two", tmp_path / "two/test", table):
        firm = [name for name in catalog.names("readers") if not getattr(catalog.reader(name), "FALLBACK", False)]
        assert [name for name in firm if catalog.reader(name).claims(path)] == ["arrow"]
    assert {entry.split for entry, _ in seen(reader, tmp_path / "two/test")[1]} == {"train"}, (
        "alone it is for training"
    )
    assert augment.plan(tmp_path / "two", multiplier=3).outputs == 3 * 3 + 3


def test_files_with_a_footer_and_without_hold_the_same(tmp_path: Path) -> None:
    table = pa.table({"img": pa.array(PNGS, pa.binary()), "label": ["a", "b", "a", None]})
    for name, new in (("stream.arrow", pa.ipc.new_stream), ("footer.arrow", pa.ipc.new_file)):
        with new(tmp_path / name, table.schema) as out:
            out.write_table(table, max_chunksize=3)
    found = [facts(seen(reader, tmp_path / name)[1]) for name in ("stream.arrow", "footer.arrow")]
    assert found[0] == found[1] and len(found[0]) == 4


def test_a_column_can_be_named(tmp_path: Path) -> None:
    row = {"image": {"bytes": PNGS[0], "path": None}, "label": 0, "objects": [], "note": "a b"}
    made([row] * 2, "image").save_to_disk(tmp_path)
    _, found, _ = seen(reader, tmp_path, text="note")
    assert [content.data for _, content in found if isinstance(content, Content)] == [b'\x1e{"note": "a b"}'] * 2
    with pytest.raises(InputError, match=r"input\.shape: it is for texts"):
        seen(reader, tmp_path, shape="none")
    with pytest.raises(InputError, match="no column 'nota' for the label"):
        seen(reader, tmp_path, label="nota")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("state.json", "{", "expected JSON"),
        ("state.json", '{"_data_files": 3}', "expected a list under _data_files"),
        ("state.json", '{"_data_files": [{"x": 1}]}', "with a filename each"),
        ("state.json", '{"_data_files": [], "_indices_data_files": [{"filename": "i.arrow"}]}', "chosen by indices"),
        ("state.json", '{"_data_files": []}', "no rows"),
        ("dataset_dict.json", '{"splits": ["../x"]}', "names of splits"),
        ("dataset_dict.json", '{"splits": ["gone"]}', "gone"),
    ],
)
def test_what_is_broken_is_named_with_what_to_do(tmp_path: Path, name: str, content: str, told: str) -> None:
    made([{"text": "hello you", "label": 1, "n": 1}], "text").save_to_disk(tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=told):
        seen(reader, tmp_path)


def test_tables_outside_of_the_folder_are_refused(tmp_path: Path) -> None:
    made([{"text": "hello you", "label": 1, "n": 1}], "text").save_to_disk(tmp_path / "in")
    (tmp_path / "out.arrow").write_bytes(next((tmp_path / "in").glob("*.arrow")).read_bytes())
    (tmp_path / "in/state.json").write_text('{"_data_files": [{"filename": "../out.arrow"}]}')
    _, found, skips = seen(reader, tmp_path / "in")
    assert (found, [skip.reason for skip in skips]) == ([], ["outside the root"])
    with pytest.raises(InputError, match="outside the root"):
        augment.plan({"text": [{"Typos": {}}]}, input=tmp_path / "in")


DAMAGED = """
import sys, random
from pathlib import Path
from augment.errors import InputError, SampleError
from augment.readers import arrow as reader
from augment.sample import ROW, Entry
file, good = Path(sys.argv[1]), Path(sys.argv[1]).read_bytes()
chance, odd = random.Random(int(sys.argv[2])), 0
for turn in range(150):
    bad = bytearray(good)
    if turn % 3 == 0:
        del bad[chance.randrange(len(bad)) :]
    else:
        for _ in range(chance.randrange(1, 6)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
    file.write_bytes(bad)
    options = reader.Options()
    try:
        dataset = reader.dataset(file.parent, options)
        for item in reader.entries(file.parent, options, frozenset({".png", ROW})):
            if isinstance(item, Entry):
                reader.read(file.parent, item, dataset)
            else:
                odd += 1
    except (InputError, SampleError):
        odd += 1
print("odd", odd)
"""


@pytest.mark.parametrize("kind", ["image", "text"])
def test_damage_never_crashes(tmp_path: Path, kind: str) -> None:
    rows = [{"image": {"bytes": data, "path": None}, "label": 0, "objects": [], "note": "x"} for data in PNGS]
    made(rows if kind == "image" else [{"text": "hello you", "label": 1, "n": 1}] * 9, kind).save_to_disk(tmp_path)
    file = next(tmp_path.glob("*.arrow"))
    done = subprocess.run([sys.executable, "-c", DAMAGED, str(file), "1"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) > 20


def test_it_needs_no_datasets(tmp_path: Path) -> None:
    made([{"text": "hello you all", "label": 1, "n": 1}] * 3, "text").save_to_disk(tmp_path)
    script = (
        "import sys; sys.modules['datasets'] = None; import augment; "
        f"print(augment.plan({str(tmp_path)!r}, multiplier=3).outputs)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "9", done.stderr[-1000:]

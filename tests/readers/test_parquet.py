"""Parquet tables: what our writer makes comes back; Hugging Face's layouts are read, with objects and masks."""

from __future__ import annotations

import datetime
import decimal
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import masks
from augment.annotations import INDEX, Annotations, Instance
from augment.errors import InputError, SampleError
from augment.readers import parquet as reader
from augment.sample import Category, Content, Dataset, Entry, Skip
from augment.writers import parquet as writer
from tests.readers import trips
from tests.readers.trips import WANTED
from tests.writers.test_annotations import DATASET, SIZE, annotated, facts, png, record

VALUE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
JPG, PNG = b"\xff\xd8\xff jpg", b"\x89PNG\r\n\x1a\n png"


def value(data: bytes | None = JPG, path: str | None = None) -> dict[str, Any]:
    return {"bytes": data, "path": path}


def save(path: Path, columns: dict[str, Any], features: Any = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in columns.items()}
    )
    if features is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, **options)
    return path


write, read = partial(trips.write, writer), partial(trips.read, reader)


def listed(path: Path, **options: Any) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    return [(entry.key, entry.split, entry.label, dict(entry.fields)) for entry, _ in read(path, **options)[1]]


splits = st.sampled_from(["train", "val", "my/split"])


@given(
    st.lists(st.tuples(st.none() | annotated(), facts, splits), min_size=1, max_size=4),
    st.sampled_from(["jpg", "png"]),
)
@settings(deadline=None)
def test_what_our_writer_makes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[Any, Any, str]], ending: str
) -> None:
    root = tmp_path_factory.mktemp("p")
    records = [
        record(number, one, fields=fields, split=split, extension=ending, label="a" if number % 2 else None)
        for number, (one, fields, split) in enumerate(found)
    ]
    write(root, records)
    dataset, samples, skips = read(root)
    assert skips == []
    assert (dataset.categories, dataset.spatial, dataset.fields) == (DATASET.categories, True, DATASET.fields)
    back = {Path(entry.key).stem: (entry, content) for entry, content in samples}
    assert len(back) == len(records)
    for one in records:
        entry, content = back[one.key]
        assert (content.data, content.annotations) == (one.data, one.annotations)
        assert (entry.split, entry.label, entry.fields) == (one.split, one.label, one.fields)
        assert entry.locator.endswith(f".{ending}")


@given(st.lists(annotated(), min_size=1, max_size=3))
@settings(deadline=None)
def test_without_dataset_json_the_categories_are_found(tmp_path_factory: pytest.TempPathFactory, found: Any) -> None:
    root = tmp_path_factory.mktemp("p")
    write(root, [record(number, one) for number, one in enumerate(found)])
    (root / "dataset.json").unlink()
    dataset = read(root)[0]
    names = {instance.label for one in found for instance in one.instances}
    assert dataset.categories == tuple(Category(str(name)) for name in sorted(map(str, names)))
    assert dataset.spatial == any(one.instances or one.masks for one in found)


def test_a_class_data_set_has_nothing_in_places(tmp_path: Path) -> None:
    write(tmp_path, [record(n, label="cat", label_index=0) for n in range(3)], Dataset(classes=("cat",)))
    dataset, samples, _ = read(tmp_path)
    assert (dataset.categories, dataset.spatial) == ((), False)
    assert [(entry.label, entry.fields, content.annotations) for entry, content in samples] == [("cat", {}, None)] * 3


def test_rows_of_all_row_groups_are_found_again(tmp_path: Path) -> None:
    records = [record(n, data=bytes([n % 256]) * (n * 131 % 5000 + 1)) for n in range(700)]
    write(tmp_path, records, Dataset())
    assert pq.read_metadata(tmp_path / "train/shard-000000.parquet").num_row_groups == 3
    _, samples, _ = read(tmp_path)
    assert [content.data for _, content in samples] == [one.data for one in records]
    dataset = Dataset()
    for entry, content in samples[::-37]:
        assert reader.read(tmp_path, entry, dataset) == content


def test_hugging_face_classes_splits_and_fields(tmp_path: Path) -> None:
    features = {"img": {"_type": "Image"}, "label": {"names": ["cat", "dög"], "_type": "ClassLabel"}}
    when = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    columns = {
        "img": pa.array([value(JPG), value(PNG, "b.PNG"), value(JPG, "/root/c.jpg"), value(JPG, "../../d")], VALUE),
        "label": [0, 1, -1, None],
        "width": [1, 2, 3, None],
        "score": [0.5, float("nan"), float("inf"), None],
        "when": [when, None, None, None],
        "exact": [decimal.Decimal("1.50"), None, None, None],
        "tags": [["a"], [], None, ["b", None]],
        "blob": [b"x", None, None, None],
    }
    save(tmp_path / "data/validation-00000-of-00001.parquet", columns, features)
    lead = "data/validation-00000-of-00001.parquet"
    dates = {"when": "2020-01-02 03:04:05.000006", "exact": "1.50"}
    none = {"when": None, "exact": None}
    assert listed(tmp_path) == [
        (f"{lead}/000000.jpg", "validation", "cat", {"width": 1, "score": 0.5, "tags": ["a"], **dates}),
        (f"{lead}/b.PNG", "validation", "dög", {"width": 2, "score": None, "tags": [], **none}),
        (f"{lead}/c.jpg", "validation", None, {"width": 3, "score": None, "tags": None, **none}),
        (f"{lead}/d.jpg", "validation", None, {"width": None, "score": None, "tags": ["b", None], **none}),
    ]
    dataset, samples, _ = read(tmp_path)
    assert (dataset.categories, dataset.spatial) == ((), False)
    assert [content.data for _, content in samples] == [JPG, PNG, JPG, JPG]


def test_plain_bytes_and_texts(tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", {"content": [PNG, JPG], "Target": ["a", " "], "subset": ["test", None]})
    assert listed(path) == [("x.parquet/000000.png", "test", "a", {}), ("x.parquet/000001.png", "train", None, {})]


def test_nanoseconds_and_durations_need_no_pandas(tmp_path: Path) -> None:
    columns = {
        "img": pa.array([value()], VALUE),
        "at": pa.array([1577934245000000001], pa.timestamp("ns")),
        "for": pa.array([1500], pa.duration("ms")),
        "kind": pa.array(["a"]).dictionary_encode(),
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    }
    ((_, _, _, fields),) = listed(save(tmp_path / "x.parquet", columns))
    assert fields == {"at": "2020-01-02 03:04:05.000000001", "for": 1500, "kind": "a", "map": [["k", 1]]}


BOX = pa.list_(pa.list_(pa.float64()))
SIDE_BY_SIDE = pa.struct([("bbox", BOX), ("categories", pa.list_(pa.int64())), ("area", pa.list_(pa.int64()))])
FOUR = 4 if int(pa.__version__.partition(".")[0]) > 25 else -1  # before, none in a list of fixed size can't be read
ONE_BY_ONE = pa.list_(
    pa.struct([("bbox", pa.list_(pa.float32(), FOUR)), ("category", pa.string()), ("is_crowd", pa.bool_())])
)


def test_objects_as_lists_side_by_side(tmp_path: Path) -> None:
    cell = {"bbox": [[1, 2, 3, 4], [0, 0, 0, 0]], "categories": [1, 0], "area": [12, None]}
    objects = {"feature": {"categories": {"names": ["cat", "dog"], "_type": "ClassLabel"}}, "_type": "Sequence"}
    columns = {
        "image": pa.array([value()] * 3, VALUE),
        "objects": pa.array([cell, None, {"bbox": [], "categories": []}], SIDE_BY_SIDE),
    }
    dataset, samples, _ = read(save(tmp_path / "x.parquet", columns, {"objects": objects}))
    assert (dataset.categories, dataset.spatial) == ((Category("cat"), Category("dog")), True)
    found = [content.annotations for _, content in samples]
    assert found[0] == Annotations(
        (Instance("dog", (1, 2, 4, 6)), Instance("cat", (0, 0, 0, 0))),
    )
    assert found[1:] == [Annotations(), Annotations()]


def test_width_and_height_are_of_the_picture_that_boxes_are_for(tmp_path: Path) -> None:
    """A photo that its EXIF turns: its boxes may be for the pixels as stored."""
    photo = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter, 20 x 40
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif)
    cell = {"bbox": [[0, 0, 10, 5]], "categories": [1], "area": [None]}
    columns = {
        "image": pa.array([value(out.getvalue())] * 2, VALUE),
        "objects": pa.array([cell] * 2, SIDE_BY_SIDE),
        "width": [40, 20],
        "height": [20, 40],
    }
    path = save(tmp_path / "x.parquet", columns)
    found = {item.source: item.annotations for item in augment.stream({"image": []}, input=path, shuffle=False)}
    boxes = {one.instances[0].box for one in found.values() if one is not None}
    assert boxes == {(15, 0, 20, 10), (0, 0, 10, 5)}
    assert all("width" not in item.fields for item in augment.stream({"image": []}, input=path))


def test_objects_one_by_one_with_names(tmp_path: Path) -> None:
    cell = [
        {"bbox": [1, 2, 3, 4], "category": "dog", "is_crowd": True},
        {"bbox": None, "category": "ant", "is_crowd": False},
    ]
    columns = {"image": pa.array([value()], VALUE), "litter": pa.array([cell], ONE_BY_ONE)}
    dataset, samples, _ = read(save(tmp_path / "x.parquet", columns))
    assert dataset.categories == (Category("ant"), Category("dog"))
    assert samples[0][1].annotations == Annotations((Instance("dog", (1, 2, 4, 6), crowd=True), Instance("ant")))


def test_numbers_without_names_are_names(tmp_path: Path) -> None:
    cell = {"bbox": [[1, 2, 3, 4]], "categories": [7]}
    columns = {"image": pa.array([value()], VALUE), "objects": pa.array([cell], SIDE_BY_SIDE)}
    dataset, samples, _ = read(save(tmp_path / "x.parquet", columns))
    assert dataset.categories == (Category("7"),)
    assert samples[0][1].annotations == Annotations((Instance("7", (1, 2, 4, 6)),))


@pytest.mark.parametrize(
    "cell",
    [
        {"bbox": [[1, 2, 3]], "categories": [1]},
        {"bbox": [[1, 2, 3, None]], "categories": [1]},
        {"bbox": [[1, 2, 3, 4], [1, 2, 3, 4]], "categories": [1]},
    ],
)
def test_objects_that_make_no_sense_are_one_bad_sample(tmp_path: Path, cell: Any) -> None:
    columns = {"image": pa.array([value()], VALUE), "objects": pa.array([cell], SIDE_BY_SIDE)}
    path = save(tmp_path / "x.parquet", columns)
    dataset = reader.dataset(path, reader.Options())
    (entry,) = reader.entries(path, reader.Options(), WANTED)
    assert isinstance(entry, Entry)
    with pytest.raises(SampleError, match="bad annotations"):
        reader.read(path, entry, dataset)


SHAPED = [("bbox", pa.list_(pa.int64())), ("category", pa.string())]


def test_run_lengths_are_the_mask(tmp_path: Path) -> None:
    lengths = pa.struct([("size", pa.list_(pa.int64())), ("counts", pa.list_(pa.int64()))])
    cell = [{"bbox": [1, 0, 2, 3], "category": "dog", "segmentation": {"size": [3, 4], "counts": [3, 6, 3]}}]
    kind = pa.list_(pa.struct([*SHAPED, ("segmentation", lengths)]))
    columns = {"image": pa.array([value()], VALUE), "objects": pa.array([cell], kind)}
    _, samples, _ = read(save(tmp_path / "x.parquet", columns))
    annotations = samples[0][1].annotations
    assert annotations is not None
    (found,) = annotations.instances
    np.testing.assert_array_equal(masks.bitmap(found, (4, 3)), [[0, 1, 1, 0]] * 3)
    assert not found.fields


@pytest.mark.parametrize("key", ["keypoints", "angle", "landmarks", "rbox", "obb"])
@pytest.mark.parametrize("told", [None, [1.0, 2.0, 2.0]])
def test_what_nothing_can_move_is_refused_and_never_rides_along(tmp_path: Path, key: str, told: Any) -> None:
    kind = pa.list_(pa.struct([*SHAPED, (key, pa.list_(pa.float64()))]))
    cell = [{"bbox": [1, 0, 2, 3], "category": "dog", key: told}]
    path = save(tmp_path / "x.parquet", {"image": pa.array([value()], VALUE), "objects": pa.array([cell], kind)})
    dataset = reader.dataset(path, reader.Options())
    (entry,) = reader.entries(path, reader.Options(), WANTED)
    assert isinstance(entry, Entry)
    if told is None:
        assert reader.read(path, entry, dataset).annotations == Annotations((Instance("dog", (1, 0, 3, 3)),))
        return
    with pytest.raises(SampleError, match=f"{key} can't follow"):
        reader.read(path, entry, dataset)


def test_a_second_picture_called_mask_is_the_mask(tmp_path: Path) -> None:
    mask = png(np.ones((3, 4), np.uint8))
    columns = {"image": pa.array([value(), value()], VALUE), "annotation": pa.array([value(mask), None], VALUE)}
    dataset, samples, _ = read(save(tmp_path / "x.parquet", columns))
    assert dataset.spatial
    assert [content.annotations for _, content in samples] == [Annotations(masks={INDEX: mask}), Annotations()]
    assert samples[0][0].label is None


def test_which_of_two_columns_is_asked(tmp_path: Path) -> None:
    columns = {"left": pa.array([value(JPG)], VALUE), "right": pa.array([value(PNG)], VALUE), "blob": [b"x"]}
    path = save(tmp_path / "x.parquet", columns)
    with pytest.raises(InputError, match="left or right"):
        read(path)
    assert read(path, value="right")[1][0][1] == Content(PNG)
    assert reader.dataset(path, reader.Options(value="right", masks="left")).spatial
    with pytest.raises(InputError, match="did you mean right"):
        read(path, value="rihgt")
    save(path, {"n": [1], "s": ["x"]})
    with pytest.raises(InputError, match="no column holds samples"):
        read(path)
    with pytest.raises(InputError, match="expected bytes"):
        read(path, value="n")


def test_values_that_are_not_there(tmp_path: Path) -> None:
    columns = {"image": pa.array([None, value(None, "a.jpg"), value(JPG, "b.jpg")], VALUE)}
    path = save(tmp_path / "x.parquet", columns)
    dataset = reader.dataset(path, reader.Options())
    entries = [item for item in reader.entries(path, reader.Options(), WANTED) if isinstance(item, Entry)]
    assert [entry.key for entry in entries] == ["x.parquet/000000.jpg", "x.parquet/a.jpg", "x.parquet/b.jpg"]
    for entry in entries[:2]:
        with pytest.raises(SampleError, match="empty"):
            reader.read(path, entry, dataset)
    save(path, {"image": pa.array([value(b"????")], VALUE)})
    assert [skip.reason for skip in read(path)[2]] == ["unknown ending"]


def test_only_tables_of_samples_are_read(tmp_path: Path) -> None:
    write(tmp_path, [record(0)])
    save(tmp_path / "provenance.parquet", {"blob": [b"x"]})
    save(tmp_path / ".augment/listing.parquet", {"blob": [b"x"]})
    save(tmp_path / "train/other.parquet", {"n": [1]})
    (tmp_path / "train/broken.parquet").write_bytes(b"PAR1 nonsense PAR1")
    (tmp_path / "train/empty.parquet").write_bytes(b"")
    _, samples, skips = read(tmp_path)
    assert [content.data for _, content in samples] == [record(0).data]
    assert [(skip.source, skip.reason) for skip in skips] == [
        ("train/broken.parquet", "unreadable"),
        ("train/empty.parquet", "unreadable"),
        ("train/other.parquet", "no samples"),
    ]


def test_claims(tmp_path: Path) -> None:
    save(tmp_path / "hub/data/train-00000-of-00001.parquet", {"image": pa.array([value()], VALUE)})
    (tmp_path / "hub/README.md").write_text("x")
    (tmp_path / "hub/.git").mkdir()
    assert reader.claims(tmp_path / "hub")
    assert reader.claims(tmp_path / "hub/data/train-00000-of-00001.parquet")
    for name in ("train", "val"):
        (tmp_path / "grown" / name).mkdir(parents=True)
        (tmp_path / "grown" / name / "1.tar").write_bytes(b"x")
    save(tmp_path / "grown/provenance.parquet", {"key": ["x"]})
    assert not reader.claims(tmp_path / "grown")
    assert not reader.claims(tmp_path / "grown/provenance.parquet")
    assert not reader.claims(tmp_path / "nowhere")
    write(tmp_path / "ours", [record(0), record(1, split="val")])
    save(tmp_path / "ours/provenance.parquet", {"key": ["x"]})
    assert reader.claims(tmp_path / "ours")


def test_sizes_are_told_without_reading(tmp_path: Path) -> None:
    columns = {"image": pa.array([value(JPG * 1000), value(JPG * 3000)], VALUE), "note": ["x" * 5000, ""]}
    path = save(tmp_path / "x.parquet", columns, compression="none", use_dictionary=False)
    sizes = [entry.size for entry, _ in read(path)[1]]
    assert sum(sizes) == pytest.approx(4000 * len(JPG), rel=0.01)
    save(
        path,
        {**columns, "image": pa.array([value(JPG * 1000), value(JPG * 3000 + b"!!")], VALUE)},
        compression="none",
        use_dictionary=False,
    )
    assert [entry.size for entry, _ in read(path)[1]] == [sizes[0] + 1] * 2


def test_a_table_that_changes_after_listing(tmp_path: Path) -> None:
    columns = {"image": pa.array([value(JPG, f"{n}.jpg") for n in range(20)], VALUE)}
    path = save(tmp_path / "x.parquet", columns)
    entry = list(reader.entries(path, reader.Options(), WANTED))[19]
    assert isinstance(entry, Entry)
    dataset = Dataset()
    assert reader.read(path, entry, dataset).data == JPG
    save(path, {"image": pa.array([value(PNG)], VALUE)})
    with pytest.raises(SampleError, match="fewer rows"):
        reader.read(path, entry, dataset)
    path.write_bytes(b"gone")
    with pytest.raises(SampleError, match="unreadable"):
        reader.read(path, entry, dataset)
    path.unlink()
    with pytest.raises(SampleError, match="missing"):
        reader.read(path, entry, dataset)
    (tmp_path.parent / "secret.parquet").write_bytes(b"x")
    path.symlink_to(tmp_path.parent / "secret.parquet")
    with pytest.raises(SampleError, match="outside the root"):
        reader.read(tmp_path, Entry("k", entry.locator), dataset)


@given(st.integers(0, 10_000), st.binary(max_size=40))
@settings(deadline=None)
def test_a_table_cut_anywhere_does_not_make_it_fail(
    tmp_path_factory: pytest.TempPathFactory, at: int, end: bytes
) -> None:
    """pyarrow itself may crash on bytes changed inside of pages without checksums, so only cuts are tried."""
    root = tmp_path_factory.mktemp("p")
    columns = {"image": pa.array([value()] * 9, VALUE), "label": ["a"] * 9}
    whole = save(root / "x.parquet", columns).read_bytes()
    (root / "x.parquet").write_bytes(whole[: at % len(whole)] + end)
    assert [type(item) for item in reader.entries(root, reader.Options(), WANTED)] == [Skip]
    assert reader.dataset(root, reader.Options()).categories == ()


def test_damage_in_our_tables_is_told(tmp_path: Path) -> None:
    write(tmp_path, [record(n, fields={"note": "zebra" if n == 7 else "horse"}) for n in range(9)])
    path = tmp_path / "train/shard-000000.parquet"
    whole = path.read_bytes()
    assert b"zebra" in whole
    path.write_bytes(whole.replace(b"zebra", b"zibra"))
    assert [skip.reason for skip in read(tmp_path)[2]] == ["unreadable"]


def test_texts_that_are_no_unicode(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 2, 3], np.int32).tobytes()), pa.py_buffer(b"\xff\xfea")]
    )
    path = save(tmp_path / "x.parquet", {"image": pa.array([value()] * 2, VALUE), "label": bad})
    assert [skip.reason for skip in read(path)[2]] == ["unreadable"]


def test_broken_annotations_of_ours_are_one_bad_sample(tmp_path: Path) -> None:
    write(tmp_path, [record(0), record(1, Annotations((Instance("cat", (0, 0, 1, 1)),), size=SIZE))])
    path = tmp_path / "train/shard-000000.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("annotations")
    pq.write_table(table.set_column(place, "annotations", pa.array(["{", '{"instances": 3}'])), path)
    dataset = reader.dataset(tmp_path, reader.Options())
    for entry in reader.entries(tmp_path, reader.Options(), WANTED):
        assert isinstance(entry, Entry)
        with pytest.raises(SampleError, match="bad annotations"):
            reader.read(tmp_path, entry, dataset)


def test_a_real_picture_keeps_its_bytes(tmp_path: Path) -> None:
    made = io.BytesIO()
    Image.new("RGB", (8, 6), (200, 10, 10)).save(made, "JPEG")
    write(tmp_path, [record(0, data=made.getvalue())])
    assert read(tmp_path)[1][0][1].data == made.getvalue()

"""Class-folder trees: every layout, every odd name, nothing out of the root."""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pydantic
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augment import catalog
from augment.engine.recipe import load
from augment.errors import InputError, RecipeError, SampleError
from augment.readers import _files, folder
from augment.sample import TRAINING, Dataset, Entry, Record, Skip

WANTED = frozenset({".jpg", ".png"})


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def listed(root: Path, **options: str) -> dict[str, tuple[str, str | None]]:
    found = folder.entries(root, folder.Options.model_validate(options), WANTED)
    return {item.key: (item.split, item.label) for item in found if isinstance(item, Entry)}


def skipped(root: Path) -> dict[str, str]:
    return {i.source: i.reason for i in folder.entries(root, folder.Options(), WANTED) if isinstance(i, Skip)}


def test_classes(tmp_path: Path) -> None:
    make(tmp_path, "cats/1.jpg", "cats/2019/may/2.PNG", "dogs/a b.jpg", "dogs/日本.jpg", "alone.jpg", "notes.txt")
    assert listed(tmp_path) == {
        "cats/1.jpg": ("train", "cats"),
        "cats/2019/may/2.PNG": ("train", "cats"),
        "dogs/a b.jpg": ("train", "dogs"),
        "dogs/日本.jpg": ("train", "dogs"),
        "alone.jpg": ("train", None),
    }
    assert set(listed(tmp_path, classes="none").values()) == {("train", None)}


def test_splits(tmp_path: Path) -> None:
    make(tmp_path, "train/cats/1.jpg", "Validation/cats/1.jpg", "validate/1.jpg", "test/2.jpg", "extra/3.jpg", "4.jpg")
    assert listed(tmp_path) == {
        "train/cats/1.jpg": ("train", "cats"),
        "Validation/cats/1.jpg": ("Validation", "cats"),
        "validate/1.jpg": ("validate", None),
        "test/2.jpg": ("test", None),
    }
    assert skipped(tmp_path) == {"extra/3.jpg": "outside the splits", "4.jpg": "outside the splits"}


def test_a_class_called_train_is_a_class(tmp_path: Path) -> None:
    make(tmp_path, "car/1.jpg", "train/2.jpg", "plane/3.jpg")
    assert {label for _, label in listed(tmp_path).values()} == {"car", "train", "plane"}


def test_hidden_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "a/.2.jpg", ".git/3.jpg", "__MACOSX/4.jpg", "a/Thumbs.db")
    assert list(listed(tmp_path)) == ["a/1.jpg"]
    assert skipped(tmp_path) == {}


def test_links_are_followed_inside_the_root_only(tmp_path: Path) -> None:
    root = make(tmp_path / "root", "a/1.jpg")
    make(tmp_path / "other", "2.jpg", "deep/3.jpg")
    (root / "a/inside.jpg").symlink_to(root / "a/1.jpg")
    (root / "a/outside.jpg").symlink_to(tmp_path / "other/2.jpg")
    (root / "a/broken.jpg").symlink_to(root / "nowhere.jpg")
    (root / "a/folder.jpg").symlink_to(tmp_path / "other/deep")
    (root / "a/loop").symlink_to(root)
    assert set(listed(root)) == {"a/1.jpg", "a/inside.jpg"}
    assert skipped(root) == {
        "a/outside.jpg": "outside the root",
        "a/broken.jpg": "missing",
        "a/folder.jpg": "outside the root",
        "a/loop": "a link in a circle",
    }


def test_no_linked_folder_is_lost_in_silence(tmp_path: Path) -> None:
    root = make(tmp_path / "root", "dogs/1.jpg", ".store/2.jpg")
    make(tmp_path / "rooted", "3.jpg")  # its name begins like the root's
    (root / "cats").symlink_to(root / ".store")
    (root / "birds").symlink_to(tmp_path / "rooted")
    (root / "fish").symlink_to(tmp_path / "unmounted")
    assert set(listed(root)) == {"dogs/1.jpg", "cats/2.jpg"}
    assert skipped(root) == {"birds": "outside the root", "fish": "missing"}


def test_folders_full_of_links_to_each_other_come_to_an_end(tmp_path: Path) -> None:
    make(tmp_path, *(f"{n}/x.jpg" for n in range(12)))
    for n in range(12):
        for other in set(range(12)) - {n}:
            (tmp_path / f"{n}/to{other}").symlink_to(tmp_path / str(other))
    assert len(listed(tmp_path)) == 12 * 12
    assert set(skipped(tmp_path).values()) == {"a link in a circle", "a link below a link"}


def test_a_tree_may_be_deeper_than_python_recurses(tmp_path: Path) -> None:
    make(tmp_path, "/".join(["d"] * 150) + "/1.jpg")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 60)
    try:
        found = [item for item in folder.entries(tmp_path, folder.Options(), WANTED) if isinstance(item, Entry)]
    finally:
        sys.setrecursionlimit(limit)
    assert [entry.label for entry in found] == ["d"]


def test_a_link_to_the_root_itself_as_input(tmp_path: Path) -> None:
    make(tmp_path / "real", "a/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert set(listed(tmp_path / "link")) == {"a/1.jpg"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg")
    os.mkfifo(tmp_path / "a/2.jpg")
    assert skipped(tmp_path) == {"a/2.jpg": "not a plain file"}


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_unicode_is_told(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/a/\xff.jpg")).write_bytes(b"x")
    except OSError:
        pytest.skip("the file system refuses such names")
    os.mkdir(os.fsencode(tmp_path) + b"/b\xff")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff/2.jpg")).write_bytes(b"x")
    assert skipped(tmp_path) == {"a/\\udcff.jpg": "unreadable name", "b\\udcff/2.jpg": "unreadable name"}


@pytest.mark.parametrize("names", [(), ("a/notes.txt", "b.csv")])
def test_an_empty_folder_says_what_is_wanted(tmp_path: Path, names: tuple[str, ...]) -> None:
    make(tmp_path, *names)
    with pytest.raises(InputError, match=r"no file with a wanted ending.*\.jpg \.png.*give another folder"):
        listed(tmp_path)


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    make(tmp_path, "1.jpg")
    with pytest.raises(InputError, match="no such folder"):
        listed(tmp_path / "nowhere")
    with pytest.raises(InputError, match="this is a file"):
        listed(tmp_path / "1.jpg")


def test_a_shut_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "open/1.jpg", "shut/2.jpg")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # rights do not stop root, who runs tests in containers
    assert set(listed(tmp_path)) == {"open/1.jpg"}
    assert skipped(tmp_path) == {"shut/": "unreadable"}
    with pytest.raises(InputError, match="Permission denied"):
        listed(tmp_path / "shut")


def test_what_was_listed_can_be_read_and_what_has_gone_is_told(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg")
    assert folder.read(tmp_path, Entry("k", "a/1.jpg"), Dataset()).data == b"a/1.jpg"
    with pytest.raises(SampleError, match="missing"):
        folder.read(tmp_path, Entry("k", "a/2.jpg"), Dataset())


@pytest.mark.parametrize("told", [True, False])
def test_reading_never_leaves_the_root_hangs_or_fills_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """Also where the system does not tell where an open file lies."""
    if not told:
        monkeypatch.setattr(_files, "_opened", lambda file: "")
    root = make(tmp_path / "root", "a/1.jpg")
    make(tmp_path, "secret.jpg")
    (root / "later.jpg").symlink_to(tmp_path / "secret.jpg")  # as if put there after listing
    for locator in ("later.jpg", "../secret.jpg", str(tmp_path / "secret.jpg")):
        with pytest.raises(SampleError, match="outside the root"):
            folder.read(root, Entry("k", locator), Dataset())
    with pytest.raises(SampleError, match="unreadable"):
        folder.read(root, Entry("k", "a\0b.jpg"), Dataset())
    with pytest.raises(SampleError, match=r"unreadable|not a plain file"):
        folder.read(root, Entry("k", "a"), Dataset())
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "pipe.jpg")
        with pytest.raises(SampleError, match="not a plain file"):
            folder.read(root, Entry("k", "pipe.jpg"), Dataset())
    monkeypatch.setattr(_files, "LARGEST", 3)
    with pytest.raises(SampleError, match="too large"):
        folder.read(root, Entry("k", "a/1.jpg"), Dataset())


def test_listing_is_a_stream(tmp_path: Path) -> None:
    make(tmp_path, *(f"a/{n}.jpg" for n in range(10)))
    found = folder.entries(tmp_path, folder.Options(), WANTED)
    assert isinstance(found, Iterator)
    assert isinstance(next(found), Entry)


def test_the_mask_beside_a_picture_is_no_picture(tmp_path: Path) -> None:
    make(tmp_path, "cats/1.png", "cats/1.mask.png")
    assert set(listed(tmp_path)) == {"cats/1.png"}
    assert skipped(tmp_path) == {"cats/1.mask.png": "a mask, no picture"}


# Patterns


def told(root: Path, pattern: str, **options: str) -> dict[str, tuple[str, str | None, dict[str, str]]]:
    found = folder.entries(root, folder.Options.model_validate({"pattern": pattern, **options}), WANTED)
    return {i.key: (i.split, i.label, dict(i.fields)) for i in found if isinstance(i, Entry)}


def test_names_of_files_say_more(tmp_path: Path) -> None:
    make(tmp_path, "0_george_1.jpg", "deep/down/7_theo_12.png")
    found = {
        "0_george_1.jpg": ("train", "0", {"speaker": "george", "take": "1"}),
        "deep/down/7_theo_12.png": ("train", "7", {"speaker": "theo", "take": "12"}),
    }
    assert told(tmp_path, "{label}_{speaker}_{take}") == found
    assert told(tmp_path, "{label}_{speaker}_{take}", classes="none") == found
    assert told(tmp_path, "{label}_{speaker}_{}.jpg") == {"0_george_1.jpg": ("train", "0", {"speaker": "george"})}


def test_without_a_label_in_the_pattern_folders_are_classes(tmp_path: Path) -> None:
    make(tmp_path, "train/cats/ann-1.jpg", "val/dogs/bob-2.jpg")
    assert told(tmp_path, "{who}-{}") == {
        "train/cats/ann-1.jpg": ("train", "cats", {"who": "ann"}),
        "val/dogs/bob-2.jpg": ("val", "dogs", {"who": "bob"}),
    }
    assert told(tmp_path, "{label}-{n}")["val/dogs/bob-2.jpg"] == ("val", "bob", {"n": "2"})
    assert told(tmp_path, "{who}-{}", classes="none")["val/dogs/bob-2.jpg"] == ("val", None, {"who": "bob"})


def test_a_pattern_with_a_slash_is_of_the_path_below_the_split(tmp_path: Path) -> None:
    make(tmp_path, "train/s1/dog/1.jpg", "test/s2/cat/2.jpg", "beside/s3/dog/3.jpg")
    assert told(tmp_path, "{speaker}/{label}/{n}.jpg") == {
        "train/s1/dog/1.jpg": ("train", "dog", {"speaker": "s1", "n": "1"}),
        "test/s2/cat/2.jpg": ("test", "cat", {"speaker": "s2", "n": "2"}),
    }


def test_a_pattern_may_have_the_split(tmp_path: Path) -> None:
    make(tmp_path, "train/dog_1.jpg", "test/cat_2.jpg", "beside/dog_3.jpg")
    assert told(tmp_path, "{split}/{label}_{n}") == {
        "train/dog_1.jpg": ("train", "dog", {"n": "1"}),
        "test/cat_2.jpg": ("test", "cat", {"n": "2"}),
        "beside/dog_3.jpg": ("beside", "dog", {"n": "3"}),
    }


def test_what_does_not_fit_is_left_out_and_told(tmp_path: Path) -> None:
    make(tmp_path, "a_1.jpg", "b.jpg", "sub/c.jpg")
    options = folder.Options(pattern="{label}_{n}.jpg")
    skips = [item for item in folder.entries(tmp_path, options, WANTED) if isinstance(item, Skip)]
    assert sorted((skip.source, skip.reason, skip.detail) for skip in skips) == [
        ("b.jpg", "name does not fit the pattern", "expected {label}_{n}.jpg"),
        ("sub/c.jpg", "name does not fit the pattern", "expected {label}_{n}.jpg"),
    ]
    with pytest.raises(InputError, match=r"no file fits the pattern \{label\}-\{n\}; one is a_1\.jpg"):
        told(tmp_path, "{label}-{n}")
    with pytest.raises(InputError, match="no file with a wanted ending"):
        told(make(tmp_path / "empty", "a_1.txt"), "{label}_{n}")


NAMES = st.sampled_from(["train", "Training", "val", "dev", "Test", "eval", "cats", "dogs", "validation"])


@given(st.sets(NAMES, min_size=1), st.sampled_from(["auto", "folders", "none"]))
def test_no_split_becomes_a_class_unless_the_recipe_says_so(names: set[str], splits: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = make(Path(temporary), *(f"{name}/a/1.jpg" for name in names))
        of_splits = {name for name in names if name.lower() in folder.SPLITS}
        trains = {name for name in names if name.lower() in TRAINING}
        if splits == "auto" and names == of_splits and not trains:
            with pytest.raises(InputError, match=r"none is called train.*splits: none.*splits: folders"):
                listed(root)
            return
        found = listed(root, splits=splits).values()
        if splits == "none" or (splits == "auto" and not (trains and (len(of_splits) > 1 or names == of_splits))):
            assert set(found) == {("train", name) for name in names}
        elif of_splits:
            assert set(found) == {(name, "a") for name in of_splits}
        else:
            assert set(found) == {("train", name) for name in names}


def test_splits_without_one_for_training_are_asked_about(tmp_path: Path) -> None:
    make(tmp_path, "data/dev/1.jpg", "data/test/2.jpg")
    with pytest.raises(InputError, match=r"its only folder, data, holds dev, test; give"):
        listed(tmp_path)
    with pytest.raises(InputError, match=r"names of splits \(dev, test\).*give .*dev as the input"):
        listed(tmp_path / "data")
    assert set(listed(tmp_path / "data", pattern="{split}/{}").values()) == {("dev", "dev"), ("test", "test")}
    assert listed(make(tmp_path / "clinic", "test/1.jpg", "control/2.jpg"))["test/1.jpg"] == ("train", "test")


ENDINGS = st.sampled_from(["", ".jpg", ".md", ".html", ".MD", ".1", ".2x", ".json", ".csv", ".jpg.bak"])


@given(st.sets(st.tuples(st.sampled_from(["", "a/", "a/b/", "c/"]), st.integers(0, 30), ENDINGS), max_size=40))
def test_each_file_is_a_sample_or_told_and_no_ending_twice(files: set[tuple[str, int, str]]) -> None:
    names = {f"{lead}{number}{ending}" for lead, number, ending in files} | {"a/x.jpg"}
    with tempfile.TemporaryDirectory() as temporary:
        root = make(Path(temporary), *names)
        found = list(folder.entries(root, folder.Options(), WANTED))
        taken = {item.key for item in found if isinstance(item, Entry)}
        made = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    told = [item for item in found if isinstance(item, Skip)]
    left = {name for name in made - taken if not name.endswith((".json", ".csv"))}
    counts = [int(skip.detail.partition(" ")[0]) for skip in told]
    assert sum(counts) == len(left)
    assert {skip.source for skip in told} <= left
    assert len({skip.detail.partition(",")[0].split(" ", 2)[2] for skip in told}) == len(told) <= 4


def test_what_is_about_a_data_set_is_no_loss(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "a/1.json", "labels.csv", "README.md", "LICENSE", "licence.txt", "data.yaml", ".hidden")
    assert skipped(tmp_path) == {}
    make(tmp_path, "a/2.bmpx", "a/3.bmpx", "b/4")
    told = [item for item in folder.entries(tmp_path, folder.Options(), WANTED) if isinstance(item, Skip)]
    assert told == [
        Skip("b/4", "not a wanted file", "1 file without an ending"),
        Skip("a/2.bmpx", "not a wanted file", "2 files .bmpx, this the first"),
    ]


@pytest.mark.parametrize("pattern", ["{label", "{label}{x}", "x", "{a-b}", {"label": None}, 7])
def test_a_bad_pattern_is_a_mistake_in_the_recipe_with_its_place(tmp_path: Path, pattern: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        folder.Options.model_validate({"pattern": pattern})
    with pytest.raises(RecipeError) as refused:
        load({"input": {"path": str(tmp_path), "format": "folder", "pattern": pattern}, "image": []})
    assert any(problem.path == "input.pattern" and "expected" in str(problem) for problem in refused.value.problems)


TEXTS = frozenset({"", ".txt", ".text", ".row"})


def of_texts(root: Path, **options: object) -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
    found = list(folder.entries(root, folder.Options.model_validate(options), TEXTS))
    return (
        {item.key: (item.split, item.label) for item in found if isinstance(item, Entry)},
        {item.source: item.reason for item in found if isinstance(item, Skip)},
    )


def test_notes_beside_class_folders_are_no_samples(tmp_path: Path) -> None:
    """As in aclImdb."""
    make(tmp_path, "train/pos/1.txt", "train/neg/2.txt", "train/unsup/3.txt", "test/pos/4.txt", "test/urls_pos.txt")
    make(tmp_path, "train/urls_pos.txt", "train/labeledBow.feat", "imdb.vocab", "imdbEr.txt", "README")
    entries, skips = of_texts(tmp_path)
    assert entries == {
        "train/pos/1.txt": ("train", "pos"),
        "train/neg/2.txt": ("train", "neg"),
        "train/unsup/3.txt": ("train", None),
        "test/pos/4.txt": ("test", "pos"),
    }
    assert skips == {
        "train/urls_pos.txt": "beside the classes",
        "test/urls_pos.txt": "beside the classes",
        "imdbEr.txt": "outside the splits",
        "train/labeledBow.feat": "not a wanted file",
        "imdb.vocab": "not a wanted file",
    }
    assert "train/urls_pos.txt" in of_texts(tmp_path, classes="none")[0]
    assert set(of_texts(make(tmp_path / "flat", "a.txt", "b.txt"))[0]) == {"a.txt", "b.txt"}
    assert of_texts(make(tmp_path / "some", "pos/a.txt", "README.txt"))[1] == {"README.txt": "beside the classes"}


def test_files_without_an_ending_are_taken_where_all_are_without(tmp_path: Path) -> None:
    make(tmp_path, "sci.med/51121", "sci.space/60150", "sci.space/README")
    assert set(of_texts(tmp_path)[0]) == {"sci.med/51121", "sci.space/60150", "sci.space/README"}
    assert of_texts(tmp_path)[1] == {}
    make(tmp_path, "NOTES.txt")
    entries, skips = of_texts(tmp_path)
    assert len(entries) == 3
    assert skips == {"NOTES.txt": "beside the classes"}
    make(tmp_path, "sci.med/1.dat")
    with pytest.raises(InputError, match=r'3 without an ending: input: .endings: \[""\]. takes those'):
        of_texts(tmp_path)
    assert len(of_texts(tmp_path, endings=[""])[0]) == 3
    make(tmp_path, "sci.med/1.txt")
    assert set(of_texts(tmp_path)[0]) == {"sci.med/1.txt"}
    assert set(of_texts(tmp_path, endings=["txt"])[0]) == {"sci.med/1.txt"}
    assert len(of_texts(tmp_path, endings=["", ".TXT"])[0]) == 4
    with pytest.raises(InputError, match="no file with a wanted ending"):
        listed(tmp_path)
    with pytest.raises(InputError, match=r"endings has \.gif"):
        of_texts(tmp_path, endings=["gif", ""])
    with pytest.raises(pydantic.ValidationError):
        of_texts(tmp_path, endings=[])


@pytest.mark.realdata
def test_spoken_digits_by_their_names() -> None:
    root = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere")) / "fsdd/recordings"
    if not root.is_dir():
        pytest.skip("needs AUGMENT_REAL_DATA")
    options = folder.Options(pattern="{label}_{speaker}_{take}.wav")
    found = [item for item in folder.entries(root, options, frozenset({".wav"})) if isinstance(item, Entry)]
    assert len(found) == len(os.listdir(root)) == 120
    assert {entry.label for entry in found} == set("0123456789")
    assert len({entry.fields["speaker"] for entry in found}) == 6
    assert all(entry.key == "{}_{speaker}_{take}.wav".format(entry.label, **entry.fields) for entry in found)


def test_a_folder_one_too_high_is_refused_and_not_taken_for_a_class(tmp_path: Path) -> None:
    make(tmp_path, "all/train/cats/1.jpg", "all/test/cats/2.jpg")
    with pytest.raises(InputError, match=r"its only folder, all, holds test, train; give .*all as the input"):
        listed(tmp_path)
    assert listed(tmp_path / "all").keys() == {"train/cats/1.jpg", "test/cats/2.jpg"}
    assert len(listed(tmp_path, classes="none")) == 2


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4, unique=True))
@example(["\x1f.", "%1F.", ".", "con"])
def test_classes_of_our_own_folders_are_read_as_they_were(labels: list[str]) -> None:
    writer = catalog.writer("folder")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        made = [
            Record(f"k{place}", b"x", "jpg", "image", "train", label, place, "s", 0)
            for place, label in enumerate(labels)
        ]
        writer.assemble(root, "train/lot-000000", [writer.render(one, Dataset()) for one in made])
        (root / ".augment").mkdir()
        (root / "manifest.json").write_text("{}")
        for path in (root, root / "train"):
            found = {Path(key).stem: label for key, (_, label) in listed(path).items()}
            unlabelled = {f"k{place}" for place, label in enumerate(labels) if label.lower() in folder.UNLABELLED}
            assert all(found[one.key] == one.label for one in made if one.key not in unlabelled)


def test_an_escape_in_anothers_folder_is_no_escape(tmp_path: Path) -> None:
    assert listed(make(tmp_path, "a%3Ab/1.jpg")) == {"a%3Ab/1.jpg": ("train", "a%3Ab")}

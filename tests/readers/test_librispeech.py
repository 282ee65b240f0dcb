"""LibriSpeech's tree: every utterance with its own line, every other line and file with a reason."""

from __future__ import annotations

import os
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import catalog
from augment.errors import InputError, SampleError
from augment.readers import librispeech
from augment.sample import Content, Entry, Skip

WANTED = frozenset({".flac", ".wav"})


def chapter(root: Path, name: str, lines: str | bytes, *sounds: str) -> Path:
    """A folder ``[subset/]speaker/chapter`` with its transcript; sounds by number, or by their whole name."""
    speaker, number = name.split("/")[-2:]
    (root / name).mkdir(parents=True, exist_ok=True)
    data = lines.encode() if isinstance(lines, str) else lines
    (root / name / f"{speaker}-{number}.trans.txt").write_bytes(data)
    for sound in sounds:
        file = sound if "." in sound else f"{speaker}-{number}-{sound}.flac"
        (root / name / file).write_bytes(file.encode())
    return root


def listed(root: Path, **options: Any) -> list[Entry | Skip]:
    return list(librispeech.entries(root, librispeech.Options.model_validate(options), WANTED))


def content(root: Path, entry: Entry) -> Content:
    return librispeech.read(root, entry, librispeech.dataset(root, librispeech.Options()))


def told(root: Path, **options: Any) -> dict[str, tuple[str, str | None, str | None]]:
    """Key -> split, class and what is said."""
    found = {}
    for item in listed(root, **options):
        if isinstance(item, Entry):
            annotations = content(root, item).annotations
            assert annotations is not None
            found[item.key] = (item.split, item.label, annotations.transcript)
    return found


def skipped(root: Path) -> dict[str, tuple[str, str]]:
    return {item.source: (item.reason, item.detail) for item in listed(root) if isinstance(item, Skip)}


def test_speakers_and_chapters(tmp_path: Path) -> None:
    chapter(tmp_path, "19/198", "19-198-0000 ONE TWO\n19-198-0001 THREE\n", "0000", "0001")
    chapter(tmp_path, "26/495", "26-495-0000 FOUR", "0000")
    assert told(tmp_path) == {
        "19/198/19-198-0000.flac": ("train", None, "ONE TWO"),
        "19/198/19-198-0001.flac": ("train", None, "THREE"),
        "26/495/26-495-0000.flac": ("train", None, "FOUR"),
    }
    assert {label for _, label, _ in told(tmp_path, label="speaker").values()} == {"19", "26"}
    assert {label for _, label, _ in told(tmp_path, label="chapter").values()} == {"198", "495"}
    fields = [item.fields for item in listed(tmp_path) if isinstance(item, Entry)]
    assert {"speaker": "19", "chapter": "198"} in fields
    assert skipped(tmp_path) == {}
    dataset = librispeech.dataset(tmp_path, librispeech.Options())
    assert dataset.transcribed
    assert not dataset.located
    for item in listed(tmp_path):
        assert isinstance(item, Entry)
        assert content(tmp_path, item).data == item.key.rpartition("/")[2].encode()


def test_subsets_are_splits(tmp_path: Path) -> None:
    for subset in ("train-clean-100", "train-other-500", "dev-clean-2", "test-other", "intro"):
        chapter(tmp_path, f"{subset}/1/2", "1-2-0000 A\n", "0000")
    (tmp_path / "SPEAKERS.TXT").write_text("1 | F")
    (tmp_path / "1-2-0000.flac").write_bytes(b"x")
    found = listed(tmp_path)
    assert {i.fields["subset"]: i.split for i in found if isinstance(i, Entry)} == {
        "train-clean-100": "train",
        "train-other-500": "train",
        "dev-clean-2": "dev",
        "test-other": "test",
    }
    assert {source: reason for source, (reason, _) in skipped(tmp_path).items()} == {
        "intro/1/2/1-2-0000.flac": "outside the splits",
        "1-2-0000.flac": "outside the splits",
    }


def test_a_subset_of_another_name_is_for_training(tmp_path: Path) -> None:
    chapter(tmp_path, "mine/1/2", "1-2-0000 A\n", "0000")
    assert told(tmp_path) == {"mine/1/2/1-2-0000.flac": ("train", None, "A")}


def test_the_parent_of_what_archives_unpack_to_is_as_good(tmp_path: Path) -> None:
    chapter(tmp_path / "LibriSpeech", "dev-clean/1/2", "1-2-0000 A\n", "0000")
    assert librispeech.claims(tmp_path)
    assert told(tmp_path) == told(tmp_path / "LibriSpeech") == {"dev-clean/1/2/1-2-0000.flac": ("dev", None, "A")}


def test_what_has_no_line_and_what_has_no_sound(tmp_path: Path) -> None:
    script = "1/2/1-2.trans.txt"
    lines = (
        b"1-2-0000 A\n\n1-2-0007 GONE\r\n1-2-0001\n1-2-0002 GR\xf6SSE\n1-2-0003 B\n1-2-0003 C\n1-2-0004 D\n1-2-0004 D"
    )
    chapter(tmp_path, "1/2", lines, "0000", "0001", "0002", "0003", "0004", "0005", "1-2-0000.wav")
    (tmp_path / "1/2/more").mkdir()
    (tmp_path / "1/3").mkdir()
    for stray in ("1/2/more/deeper/x.flac", "1/3/1-3-0000.flac", "1/y.flac", "1/2/note.txt"):
        (tmp_path / stray).parent.mkdir(exist_ok=True)
        (tmp_path / stray).write_bytes(b"x")
    assert told(tmp_path) == {
        "1/2/1-2-0000.flac": ("train", None, "A"),
        "1/2/1-2-0000.wav": ("train", None, "A"),
        "1/2/1-2-0004.flac": ("train", None, "D"),
    }
    nothing = "no line of a *.trans.txt beside it begins with"
    assert skipped(tmp_path) == {
        "1/2/1-2-0007": ("missing", f"{script}:3: there is no such file"),
        "1/2/1-2-0001.flac": ("bad transcript", f"{script}:4: nothing stands behind its name"),
        "1/2/1-2-0002.flac": ("bad transcript", f"{script}:5: not UTF-8 text (invalid start byte)"),
        "1/2/1-2-0003.flac": ("bad transcript", f"{script}:7: {script}:6 says something else"),
        "1/2/1-2-0005.flac": ("no transcript", f"{nothing} 1-2-0005"),
        "1/3/1-3-0000.flac": ("no transcript", f"{nothing} 1-3-0000"),
        "1/2/more/deeper/x.flac": ("outside the layout", "expected [subset/]speaker/chapter/"),
        "1/y.flac": ("outside the layout", "expected [subset/]speaker/chapter/"),
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_in_every_way(tmp_path: Path, mark: bytes, end: bytes, last: bool) -> None:
    lines = end.join(["1-2-0000 ÉTÉ".encode(), b"1-2-0001\t B  C "])
    chapter(tmp_path, "1/2", mark + lines + end * last, "0000", "0001")
    assert [said for _, _, said in told(tmp_path).values()] == ["ÉTÉ", "B  C"]


SAID = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), min_size=1, max_size=9)


@given(st.lists(SAID.filter(lambda text: bool(text.encode().strip())), min_size=1, max_size=6))
def test_each_utterance_gets_its_own_line(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    root = tmp_path_factory.mktemp("l")
    numbers = [f"{number:04}" for number in range(len(texts))]
    lines = [f"1-2-{number} {text}" for number, text in zip(numbers, texts, strict=True)]
    chapter(root, "1/2", "\n".join(lines), *numbers)
    found = [said for _, (_, _, said) in sorted(told(root).items())]
    assert found == [text.encode().strip().decode() for text in texts]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = chapter(tmp_path_factory.mktemp("l"), "1/2", b"1-2-0000 A\n" + data, "0000")
    for item in listed(root):
        assert isinstance(item, Skip) or content(root, item).annotations is not None


@pytest.mark.parametrize(
    "after",
    [
        "1-2-0000 X\n1-2-0001 TWO AND MORE\n",  # its end has moved
        "1-2-0001 TWO\n1-2-0000 X\n",  # another stands there
        "1-2-0000 X\nx1-2-0001 TWO\n",  # its begin has moved
        "1-2-0000 X\n1-2-0001 T",  # it is cut off
        "",
    ],
)
def test_a_line_that_has_changed_is_told(tmp_path: Path, after: str) -> None:
    chapter(tmp_path, "1/2", "1-2-0000 X\n1-2-0001 TWO\n", "0000", "0001")
    entry = next(item for item in listed(tmp_path) if isinstance(item, Entry) and "0001" in item.key)
    chapter(tmp_path, "1/2", after)
    with pytest.raises(SampleError, match="changed"):
        content(tmp_path, entry)
    (tmp_path / "1/2/1-2.trans.txt").unlink()
    with pytest.raises(SampleError, match="transcript missing"):
        content(tmp_path, entry)


def test_another_text_of_the_same_length_is_other_content(tmp_path: Path) -> None:
    chapter(tmp_path, "1/2", "1-2-0000 ONE\n", "0000")
    (before,) = [item for item in listed(tmp_path) if isinstance(item, Entry)]
    digest = content(tmp_path, before).sha256()
    chapter(tmp_path, "1/2", "1-2-0000 TWO\n")
    os.utime(tmp_path / "1/2/1-2.trans.txt", ns=(before.mtime_ns + 10**9,) * 2)
    (now,) = [item for item in listed(tmp_path) if isinstance(item, Entry)]
    assert now.mtime_ns > before.mtime_ns
    assert content(tmp_path, now).sha256() != digest


def test_what_is_said_counts_to_the_size(tmp_path: Path) -> None:
    chapter(tmp_path, "1/2", "1-2-0000 ONE\n1-2-0001 ONE TWO\n", "0000", "0001")
    sizes = [item.size for item in listed(tmp_path) if isinstance(item, Entry)]
    assert sizes[1] - sizes[0] == len(" TWO")


def test_a_transcript_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapter(tmp_path, "1/2", "1-2-0000 ONE\n", "0000")
    chapter(tmp_path, "1/3", "1-3-0000 A\n" * 20, "0000")
    (tmp_path / "1/3/1-3.trans.txt").rename(tmp_path / "elsewhere.txt")
    (tmp_path / "1/3/1-3.trans.txt").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr(librispeech, "LARGEST", 5)
    assert {source: reason for source, (reason, _) in skipped(tmp_path).items()} == {
        "1/2/1-2.trans.txt": "transcript too large",
        "1/2/1-2-0000.flac": "no transcript",
        "1/3/1-3.trans.txt": "transcript missing",
        "1/3/1-3-0000.flac": "no transcript",
    }


def test_nothing_is_read_from_outside_of_the_root(tmp_path: Path) -> None:
    root = chapter(tmp_path / "root", "1/2", "1-2-0000 ONE\n", "0000", "0001")
    (tmp_path / "secret.txt").write_text("1-2-0001 SECRET\n")
    (root / "1/2/more.trans.txt").symlink_to(tmp_path / "secret.txt")
    (root / "9").symlink_to(tmp_path)
    assert [said for _, _, said in told(root).values()] == ["ONE"]
    assert {source: reason for source, (reason, _) in skipped(root).items()} == {
        "1/2/more.trans.txt": "transcript outside the root",
        "1/2/1-2-0001.flac": "no transcript",
        "9": "outside the root",
    }
    entry = Entry("k", "1/2/1-2-0001.flac", annotations="../secret.txt:0:15")
    with pytest.raises(SampleError, match="outside the root"):
        content(root, entry)


def test_only_its_own_layout_is_claimed(tmp_path: Path) -> None:
    for name in ("1/2", "dev-clean/1/2"):
        root = chapter(tmp_path / name.replace("/", "-"), name, "1-2-0000 A\n", "0000")
        claims = [kind for kind in catalog.names("readers") if catalog.reader(kind).claims(root)]
        assert [kind for kind in claims if not catalog.reader(kind).FALLBACK] == ["librispeech"]
    chapter(tmp_path / "deep", "a/b/1/2", "1-2-0000 A\n", "0000")
    (tmp_path / "classes/cats").mkdir(parents=True)
    (tmp_path / "classes/cats/1.flac").write_bytes(b"x")
    (tmp_path / "classes/cats/dogs").mkdir()
    (tmp_path / "classes/cats/dogs/notes.trans.txt").write_bytes(b"x")
    for other in ("deep", "classes", "classes/cats/1.flac", "nowhere"):
        assert not librispeech.claims(tmp_path / other)


def test_a_huge_tree_is_only_glanced_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for top in range(20):
        for inner in range(20):
            (tmp_path / f"{top}/{inner}/deep").mkdir(parents=True)
    opened = Counter[str]()
    scandir = os.scandir

    def counted(path: str) -> Any:
        opened["folders"] += 1
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    assert not librispeech.claims(tmp_path)
    assert opened["folders"] <= 1 + librispeech.LOOK + librispeech.LOOK**2


def test_where_nothing_is_found_the_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected \[subset/\]speaker/chapter/ with \*\.trans\.txt"):
        listed(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        listed(tmp_path / "nowhere")


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def peak(chapters: int) -> int:
        root = tmp_path / str(chapters)
        for number in range(chapters):
            lines = "".join(f"7-{number}-{n:04} {'WORDS ' * 300}\n" for n in range(10))
            chapter(root, f"7/{number}", lines, *(f"{n:04}" for n in range(10)))
        tracemalloc.start()
        for item in librispeech.entries(root, librispeech.Options(), WANTED):
            assert isinstance(item, Entry)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(60) < peak(6) + 60 * 1_500  # folders still to be seen; the text alone is 18 kB a chapter


@pytest.mark.realdata
def test_real_utterances() -> None:
    root = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere")) / "librispeech"
    if not root.is_dir():
        pytest.skip("needs AUGMENT_REAL_DATA")
    assert librispeech.claims(root)
    found = told(root, label="speaker")
    assert Counter((split, label) for split, label, _ in found.values()) == {("dev", "1988"): 4, ("dev", "3752"): 3}
    lines = [line for script in root.rglob("*.trans.txt") for line in script.read_text().splitlines()]
    assert dict(line.split(" ", 1) for line in lines) == {Path(key).stem: said for key, (_, _, said) in found.items()}
    assert all(split == "train" for split, _, _ in told(root / "LibriSpeech/dev-clean-2").values())
    assert skipped(root) == {}

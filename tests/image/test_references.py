"""Pictures, texts and fonts that a step is given beside the picture."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.image import modality, references
from augment.sample import Sample

IMAGE = np.random.default_rng(3).integers(0, 256, (32, 40, 3), np.uint8)
MOSAIC = {"reference_images": "refs", "target_size": [32, 32], "cell_shape": [32, 32]}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A recipe's folder: pictures in ``refs``, one level deep too, beside things that are none."""
    rng = np.random.default_rng(5)
    for name in ("refs/b.png", "refs/B.png", "refs/sub/a.JPG", "refs/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), rng.integers(0, 256, (30, 24, 3), np.uint8))
    (tmp_path / "refs/notes.txt").write_text("no picture")
    (tmp_path / "words.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    (tmp_path / "font.ttf").write_bytes(font.font_bytes)
    return tmp_path


def build(base: Path, name: str, **given: Any) -> Any:
    return modality.build(name, given, Setting(base))


def wrong(base: Path, name: str, **given: Any) -> dict[str, str]:
    with pytest.raises(RecipeError) as caught:
        build(base, name, **given)
    return {problem.path: problem.expected for problem in caught.value.problems}


def relative(base: Path, step: Any) -> list[str]:
    return [file.relative_to(base).as_posix() for file in modality.references(step)]


def test_a_folder_is_taken_in_one_order_everywhere(base: Path) -> None:
    step = build(base, "FDA", reference_images="refs")
    assert relative(base, step) == ["refs/B.png", "refs/a.png", "refs/b.png", "refs/sub/a.JPG"]


def test_a_file_and_a_list_of_files_will_do(base: Path) -> None:
    assert relative(base, build(base, "FDA", reference_images="refs/b.png")) == ["refs/b.png"]
    step = build(base, "FDA", reference_images=["refs/b.png", "refs/a.png"])
    assert relative(base, step) == ["refs/b.png", "refs/a.png"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nowhere", "expected a file or folder, nothing is at"),
        (["refs/a.png", "nowhere.png"], "expected a file or folder, nothing is at"),
        ("empty", "expected pictures, found none in empty"),
        ("words.txt", "expected pictures, got words.txt"),
        ([], "expected a folder, a file or a list of them"),
        (3, "expected a folder, a file or a list of them"),
        ([1], "expected a folder, a file or a list of them"),
    ],
)
def test_what_leads_nowhere_is_told(base: Path, given: Any, expected: str) -> None:
    (base / "empty").mkdir()
    (problem,) = wrong(base, "FDA", reference_images=given).values()
    assert problem.startswith(expected)


@pytest.mark.parametrize("name", sorted(set(references.METADATA) - {"TextImage", "Mosaic"}))
def test_references_are_required(base: Path, name: str) -> None:
    assert "the pictures that this step draws from" in wrong(base, name)["reference_images"]


@pytest.mark.parametrize("shape", ["rgb", "gray"])
@pytest.mark.parametrize("name", sorted(set(references.METADATA) - {"TextImage"}))
def test_another_key_takes_another_picture_and_the_same_key_the_same(base: Path, name: str, shape: str) -> None:
    step = build(base, name, **(MOSAIC if name == "Mosaic" else {"reference_images": "refs"}))
    image = IMAGE if shape == "rgb" else IMAGE[:, :, 0].copy()
    again = pickle.loads(pickle.dumps(step))

    def run(one: Any, key: str) -> bytes:
        sample, _ = one.apply(Sample(image), Chance.of(0, key, 1))
        assert sample.value.ndim == image.ndim
        pixels: bytes = sample.value.tobytes()
        return pixels

    assert len({run(step, str(key)) for key in range(8)}) > 1
    assert [run(step, key) for key in "ab"] == [run(again, key) for key in "ab"]


def test_only_what_is_needed_is_read(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = references.Shelf(2**20)
    monkeypatch.setattr(references, "SHELF", shelf)
    build(base, "FDA", reference_images="refs").apply(Sample(IMAGE), Chance.of(0, "a", 1))
    assert len(shelf._held) == 1


def test_the_shelf_keeps_within_its_bytes_and_the_last_used(base: Path) -> None:
    size = 30 * 24 * 3
    shelf = references.Shelf(2 * size)
    a, b, c = (base / "refs" / name for name in ("a.png", "b.png", "B.png"))
    first = shelf.picture(a)
    shelf.picture(b)
    assert shelf.picture(a) is first
    shelf.picture(c)  # b, used longest ago, goes
    assert (list(shelf._held), shelf.size) == ([a, c], 2 * size)
    assert not first.flags.writeable
    small = references.Shelf(10)
    assert small.picture(a).nbytes == size  # one larger than the shelf is still served


def test_a_reference_that_cannot_be_read_is_named(base: Path) -> None:
    (base / "refs/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture")
    step = build(base, "FDA", reference_images="refs/bad.png")
    with pytest.raises(SampleError, match=r"FDA on 40x32 pixels: .*bad\.png"):
        step.apply(Sample(IMAGE), Chance.of(0, "a", 1))
    (base / "refs/bad.png").unlink()
    with pytest.raises(SampleError, match=r"bad\.png: No such file"):
        step.apply(Sample(IMAGE), Chance.of(0, "a", 1))


def test_texts_come_from_a_list_or_a_file(base: Path) -> None:
    listed = build(base, "TextImage", texts=["one", "two"], font_path="font.ttf")
    filed = build(base, "TextImage", texts="words.txt", font_path="font.ttf")
    assert listed.given.texts == filed.given.texts == ("one", "two")
    assert relative(base, listed) == ["font.ttf"]
    assert relative(base, filed) == ["words.txt", "font.ttf"]
    drawn = {
        step.apply(Sample(IMAGE), Chance.of(0, str(key), 1))[0].value.tobytes()
        for step in (filed,)
        for key in range(9)
    }
    assert len(drawn) > 1


def test_boxes_say_where_texts_stand(base: Path) -> None:
    step = build(base, "TextImage", texts=["XXXX"], font_path="font.ttf", boxes=[[0, 0.5, 1, 1]])
    image = np.full((64, 64, 3), 255, np.uint8)
    sample, _ = step.apply(Sample(image), Chance.of(0, "a", 1))
    assert (sample.value[:30] == 255).all()
    assert (sample.value[32:] < 255).any()


@pytest.mark.parametrize(
    ("given", "path", "expected"),
    [
        ({}, "texts", "expected a list of texts, or a file with one a line"),
        ({"texts": []}, "texts", "expected a list of texts"),
        ({"texts": [1]}, "texts", "expected a list of texts"),
        ({"texts": "nowhere.txt"}, "texts", "expected a file or folder, nothing is at"),
        ({"texts": "refs"}, "texts", "expected the name of a file"),
        ({"texts": "refs/a.png"}, "texts", "expected a file of texts in UTF-8"),
        ({"texts": ["a"], "boxes": [[0, 0, 2, 1]]}, "boxes", "expected [[x_min"),
        ({"texts": ["a"], "boxes": []}, "boxes", "expected [[x_min"),
        ({"texts": ["a"], "font_path": "nowhere.ttf"}, "font_path", "expected a file or folder, nothing is at"),
        ({"texts": ["a"], "font_path": "words.txt"}, "font_path", "expected a TrueType or OpenType font"),
    ],
)
def test_wrong_texts_boxes_and_fonts_are_told(base: Path, given: dict[str, Any], path: str, expected: str) -> None:
    found = wrong(base, "TextImage", **{"font_path": "font.ttf", **given})
    assert list(found) == [path]
    assert found[path].startswith(expected)


def test_all_mistakes_come_at_once(base: Path) -> None:
    found = wrong(base, "TextImage", texts=3, boxes=4, font_path=5, clear_bg="x", colour=1)
    assert {"texts", "boxes", "font_path", "clear_bg", "colour"} <= set(found)

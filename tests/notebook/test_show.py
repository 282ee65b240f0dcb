"""What is shown is what the stream gives, and what was changed can be read off it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import catalog, demo
from augment.annotations import Annotations, Event, Instance, Span
from augment.contracts import View
from augment.engine.items import Item
from tests.notebook.pages import Texts, pictures, sounds

STEPS = [{"HorizontalFlip": {}}, {"Affine": {"rotate": [-20, 20]}}, {"GaussNoise": {}}]
RECIPE: dict[str, Any] = {"seed": 3, "expand": {"multiplier": 4}, "image": STEPS}

WORDS = st.lists(st.sampled_from(["a", "b", "the", "dog's", "<b>", "&", "\n", "東京", "x-y", '"', "</div>", "é"]))
TEXTS = WORDS.map(" ".join)


def figures(shown: Any) -> int:
    return len(Texts(shown.html).all("figure"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures that are shown without loss."""
    folder = tmp_path_factory.mktemp("data") / "small"
    for number, shape in enumerate(demo.SHAPES * 3):
        (folder / "train" / shape).mkdir(parents=True, exist_ok=True)
        Image.fromarray(demo.picture(shape, number, 96)).save(folder / "train" / shape / f"{number}.png")
    return folder


@pytest.mark.parametrize("epoch", [0, 2])
def test_pictures_are_those_of_the_stream(small: Path, epoch: int) -> None:
    items = list(augment.stream(RECIPE, input=small, epoch=epoch))
    made = {(item.source, item.copy): item.value for item in items}
    shown = augment.show(RECIPE, sources=4, copies=3, input=small, epoch=epoch)
    titles = Texts(shown.html).within("b")
    source = ""
    assert len(titles) == len(pictures(shown.html)) == 16
    for title, found in zip(titles, pictures(shown.html), strict=True):
        copy = int(title.removeprefix("copy ")) if title.startswith("copy ") else 0
        source = source if copy else title
        np.testing.assert_array_equal(found, made[source, copy])
    assert augment.show(augment.stream(RECIPE, input=small, epoch=epoch), sources=4, copies=3).html == shown.html


def test_sources_are_of_different_classes(small: Path) -> None:
    titles = Texts(augment.show(RECIPE, copies=0, input=small).html).within("b")
    assert sorted(title.split("/")[1] for title in titles) == list(demo.SHAPES)
    assert figures(augment.show(RECIPE, sources=100, copies=1, input=small)) == 9 * 2


def test_what_was_drawn_is_told(small: Path) -> None:
    always = [{"Affine": {"rotate": [7, 7], "p": 1}}, {"VerticalFlip": {"p": 1}}]
    lines = Texts(augment.show({"image": always}, input=small).html).within("span")
    assert sum("Affine (rotate 7, scale [1, 1]) " in line and "→ VerticalFlip" in line for line in lines) == 12
    nothing = Texts(augment.show({"image": [{"VerticalFlip": {"p": 0}}]}, input=small).html).within("span")
    assert nothing.count("no step was drawn") == 12


def test_a_page_stays_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = [Item(f"{n}", 0, rng.integers(0, 256, (900, 700, 3), np.uint8), "a", 0, None) for n in range(15)]
    shown = augment.show(noise)
    file = shown.save(tmp_path / "page.html")
    assert file.stat().st_size < 2_000_000
    assert len(repr(shown)) < 100


@pytest.mark.parametrize("shape", [(40, 30), (30, 40, 1), (30, 40, 4), (1, 200, 3), (300, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_array_is_a_picture(shape: tuple[int, ...], dtype: Any) -> None:
    value = (np.random.default_rng(0).random(shape) * (1 if dtype is np.float32 else 255)).astype(dtype)
    found = pictures(augment.show(Item("a", 0, value, None, None, None)).html)
    assert len(found) == 1
    assert min(found[0].shape[:2]) >= 1


def test_boxes_are_drawn_where_they_are(scenes: Path) -> None:
    items = list(augment.stream({"image": STEPS, "expand": {"multiplier": 2}}, input=scenes))
    page = Texts(augment.show(items).html)
    boxes = [one.box for item in items for one in (item.annotations or Annotations()).instances]
    drawn = [tuple(float(tag[key] or 0) for key in ("x", "y", "width", "height")) for tag in page.all("rect")]
    assert len(boxes) > 10
    expected = [(box[0], box[1], box[2] - box[0], box[3] - box[1]) for box in boxes if box is not None]
    np.testing.assert_allclose(np.array(drawn), np.array(expected), atol=0.051)
    names = {text for text, inside in page.texts if inside[-1] == "text"}
    assert names == set(demo.SHAPES)


def test_masks_are_drawn_where_they_are() -> None:
    value = np.zeros((20, 30, 3), np.uint8)
    where = np.random.default_rng(0).integers(0, 2, (20, 30), np.uint8)
    for name in ("", "road"):
        encoded = catalog.modality("image").encode(where, catalog.modality("image").Encoding(format="png")).data
        item = Item("a", 0, value, None, None, Annotations(masks={name: encoded}, size=(30, 20)))
        layer = pictures(augment.show(item).html)[1]
        np.testing.assert_array_equal(layer[..., 3] > 0, where > 0)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_difference(before: str, after: str) -> None:
    drawn = catalog.drawing("text")
    assert drawn is not None
    page = Texts(drawn.draw([View(after, {}, None, before)])[0])
    assert page.without("del", "sub") == after
    assert page.without("ins", "sub") == before
    assert {tag for tag, _ in page.tags} <= {"div", "del", "ins"}
    if before == after:
        assert not page.within("del") + page.within("ins")


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=4))
def test_spans_are_marked_in_the_new_text(before: str, after: str, places: list[tuple[int, int]]) -> None:
    spans = [Span(start, min(len(after), start + many), "L<") for start, many in places if start < len(after)]
    drawn = catalog.drawing("text")
    assert drawn is not None
    page = Texts(drawn.draw([View(after, {}, Annotations(spans=tuple(spans)), before)])[0])
    covered = "".join(one for place, one in enumerate(after) if any(s.start <= place < s.end for s in spans))
    assert "".join(text for text, inside in page.texts if "mark" in inside and "sub" not in inside) == covered
    assert page.within("sub") == ["L<"] * len(spans)


def test_texts_by_column_are_each_compared(tmp_path: Path) -> None:
    value, before = {"question": "who is it", "context": "it is Anna"}, {"question": "who is it", "context": "is Anna"}
    notes = Annotations(spans=(Span(6, 10, "PER", column="context"), Span(0, 2, None, layer="token")))
    original, made = Item("q", 0, before, None, None, None), Item("q", 1, value, None, None, notes)
    page = Texts(augment.show([(original, made)]).html)
    assert page.within("ins") == ["it "]
    assert page.within("sub") == ["PER"]


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_sounds_can_be_heard(channels: int) -> None:
    rng = np.random.default_rng(channels)
    value = rng.uniform(-1.2, 1.2, (channels, 8_000)).astype(np.float32)
    page = augment.show(Item("a", 0, value, None, None, None, {"rate": 16_000})).html
    (samples, rate) = sounds(page)[0]
    expected = value if channels < 3 else value.mean(axis=0, keepdims=True)
    assert rate == 16_000
    np.testing.assert_allclose(samples / 32768, np.clip(expected, -1, 32767 / 32768), atol=0.6 / 32768)


@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("hertz", [150, 1_000, 3_200])
def test_a_tone_lies_at_its_pitch(rate: int, hertz: int) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32)[None]
    page = augment.show(Item("a", 0, tone, None, None, None, {"rate": rate})).html
    levels = pictures(page)[0][::-1].astype(float).mean(axis=1)
    mel = 2595 * np.log10(1 + np.array([hertz, rate / 2]) / 700)
    assert abs(int(levels.argmax()) - (mel[0] / mel[1] * (len(levels) + 1) - 1)) <= 1.5


def test_sounds_side_by_side_have_one_scale_and_their_events() -> None:
    loud = np.random.default_rng(0).uniform(-1, 1, (1, 16_000)).astype(np.float32)
    notes = Annotations(events=(Event(0.25, 0.75, "bark<"), Event(0.5, 0.5, None, "beat")), duration=1.0)
    items = [Item("a", 0, loud, None, None, notes, {"rate": 16_000})]
    items.append(Item("b", 0, loud[:, :8_000] * np.float32(0.01), None, None, None, {"rate": 16_000}))
    page = augment.show(items).html
    first, second = (picture.astype(float).mean() for picture in pictures(page))
    assert first - second == pytest.approx(255 * 40 / 80, abs=3)  # 40 dB of 80
    widths = [float(tag["width"] or 0) for tag in Texts(page).all("image")]
    assert widths[0] == 2 * widths[1]
    bark, beat = Texts(page).all("rect")
    assert float(bark["width"] or 0) == pytest.approx(widths[0] / 2, abs=0.1)
    assert float(beat["width"] or 0) < 1
    assert "bark<" in Texts(page).within("title")


def test_long_sounds_are_cut() -> None:
    long = np.zeros((2, 16_000 * 60), np.float32)
    page = augment.show([Item(str(n), 0, long, None, None, None, {"rate": 16_000}) for n in range(4)]).html
    assert len(page) < 6_000_000
    assert "the first 15.6 of 60.0 s" in page


def test_batches_and_views_in_rows(small: Path) -> None:
    items = list(augment.stream(RECIPE, input=small, shuffle=False))[:7]
    assert figures(augment.show(items)) == 7
    assert figures(augment.show(tuple(items))) == 7
    page = Texts(augment.show([tuple(items[:3]), tuple(items[3:5])]).html)
    rows = [tag for tag in page.all("div") if str(tag["class"]).startswith("row")]
    assert len(rows) == 2
    assert figures(augment.show([])) == 0


def test_colours_of_masks_are_twenty_and_none_is_white() -> None:
    values = np.repeat(np.arange(42, dtype=np.uint8)[None], 4, axis=0)
    encoded = catalog.modality("image").encode(values, catalog.modality("image").Encoding(format="png")).data
    item = Item("a", 0, np.zeros((4, 42, 3), np.uint8), None, None, Annotations(masks={"": encoded}, size=(42, 4)))
    layer = pictures(augment.show(item).html)[1][0]
    assert [pixel[3] > 0 for pixel in layer] == [False] + [True] * 41
    colours = [tuple(pixel[:3]) for pixel in layer[1:]]
    assert len(set(colours)) == len(set(colours[:20])) == 20
    assert (255, 255, 255) not in colours


def test_nine_classes_and_more_have_nine_colours_and_more() -> None:
    notes = Annotations(tuple(Instance(f"class {n:02}", (n, 0.0, n + 1.0, 1.0)) for n in range(20)), size=(20, 9))
    page = Texts(augment.show(Item("a", 0, np.zeros((9, 20, 3), np.uint8), None, None, notes)).html)
    assert len({tag["stroke"] for tag in page.all("rect")}) == 20


def test_plans_data_sets_and_iterators_are_shown(small: Path) -> None:
    expected = augment.show(RECIPE, input=small).html
    assert augment.show(augment.plan(RECIPE, input=small)).html == expected
    later = augment.show(RECIPE, input=small, epoch=2).html
    data = pytest.importorskip("torch.utils.data")
    for kind, loader in (
        (augment.torch.Dataset, data.DataLoader),
        (augment.torch.IterableDataset, augment.torch.Loader),
    ):
        found = kind(RECIPE, input=small)
        assert augment.show(found).html == expected
        found.set_epoch(2)
        assert augment.show(found).html == later
        assert augment.show(loader(found)).html == later
    live = augment.stream(RECIPE, input=small)
    assert augment.show(iter(live)).html == augment.show(list(augment.stream(RECIPE, input=small))[:15]).html
    batches = iter(augment.stream(RECIPE, input=small, batch_size=8))
    assert augment.show(batches).html == augment.show(list(augment.stream(RECIPE, input=small))[:15]).html
    views = iter(augment.stream({**RECIPE, "views": 2}, input=small))
    assert figures(augment.show(views)) == 16
    assert figures(augment.show(iter(list(live)[:3]))) == 3
    with pytest.raises(augment.AugmentError, match="seed where the Plan was made"):
        augment.show(augment.plan(RECIPE, input=small), seed=1)


def test_sources_with_something_on_them_come_first(scenes: Path) -> None:
    recipe = {"image": [], "expand": {"multiplier": 1}}
    full = {item.source for item in augment.stream(recipe, input=scenes) if item.annotations.instances}
    assert 2 < len(full) < len(augment.stream(recipe, input=scenes))
    titles = Texts(augment.show(recipe, sources=3, copies=0, input=scenes).html).within("b")
    assert len(titles) == 3
    assert set(titles) <= full
    assert figures(augment.show(recipe, sources=99, copies=0, input=scenes)) == len(
        augment.stream(recipe, input=scenes)
    )


def test_what_is_shown_is_counted(small: Path) -> None:
    item = next(iter(augment.stream(RECIPE, input=small)))
    assert repr(augment.show(item)).startswith("<1 sample in 1 row;")
    assert repr(augment.show([item] * 6)).startswith("<6 samples in 2 rows;")
    assert len(repr(augment.load(RECIPE))) < 100
    assert "image: 3 steps, seed 3" in repr(augment.load(RECIPE))


def test_a_page_stands_by_itself(small: Path, tmp_path: Path) -> None:
    page = augment.show(RECIPE, input=small).save(tmp_path / "page.html").read_text()
    links = re.findall(r'(?:href|src)="([^"]{0,30})', page)
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "<script" not in page


def test_what_cannot_be_made_is_told(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    (folder / "train" / "a").mkdir(parents=True)
    (folder / "train" / "a" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n, and no more")
    page = Texts(augment.show(RECIPE, copies=2, input=folder).html)
    wrong = [tag for tag in page.all("div") if tag["class"] == "wrong"]
    assert len(wrong) == 3


@pytest.mark.parametrize("what", [5, None, [1], [("a",)], object()])
def test_what_is_no_sample_is_refused(what: Any) -> None:
    with pytest.raises(augment.AugmentError, match=r"^show: expected"):
        augment.show(what)


def test_wrong_arguments_are_refused(small: Path) -> None:
    for wrong in ({"sources": 0}, {"copies": -1}, {"sources": True}, {"copies": 1.5}):
        with pytest.raises(augment.AugmentError, match="expected a whole number"):
            augment.show(RECIPE, input=small, **wrong)
    with pytest.raises(augment.AugmentError, match=r"option of augment.show, got 'source'; did you mean sources"):
        augment.show(RECIPE, input=small, source=3)
    with pytest.raises(augment.AugmentError, match="seed"):
        augment.show(augment.stream(RECIPE, input=small), seed=1)
    with pytest.raises(augment.AugmentError, match="seed"):
        augment.show([], seed=1)


def test_pages_keep_their_pictures_where_svg_and_styles_are_taken_out(scenes: Path, sounds: Path) -> None:
    for recipe, folder in (({"image": ["HorizontalFlip"]}, scenes), ({"audio": ["Gain"]}, sounds)):
        page = augment.show(recipe, input=folder, sources=2, copies=2).html
        bare = re.sub(r"<style>.*?</style>|<svg.*?</svg>| style=\"[^\"]*\"", "", page, flags=re.DOTALL)
        assert bare.count("<img ") == 6
        assert len(pictures(bare)) == len(pictures(page)) >= 6
        assert "<svg" not in page


EVENTS = st.lists(
    st.builds(
        lambda onset, length, label, tier: Event(onset, onset + length, label, tier),
        st.floats(0, 9),
        st.floats(0, 1),
        st.sampled_from(["a", "dog", "a long name"]),
        st.sampled_from(["one", "two"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_names_of_events_do_not_overlap(events: list[Event]) -> None:
    sound = Item("a", 0, np.zeros((1, 1000), np.float32), None, None, None, {"rate": 100})
    notes = Annotations(events=tuple(events), duration=10.0)
    page = Texts(augment.show(replace(sound, annotations=notes)).html)
    spots: dict[str, list[tuple[float, str]]] = {}
    named = [text for text, inside in page.texts if inside[-1] == "text"]
    placed = list(zip(page.all("text"), named, strict=True))
    for tag, name in placed[-2 * len(events) :: 2] if events else ():
        spots.setdefault(str(tag["y"]), []).append((float(tag["x"] or 0), name))
    for row in spots.values():
        for (left, name), (right, _) in pairwise(sorted(row)):
            assert right - left >= 5 * len(name)

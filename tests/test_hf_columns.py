"""Growing a Hugging Face data set leaves no column behind that says where something is; classes keep their numbers."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

datasets = pytest.importorskip("datasets")

import soundfile  # noqa: E402
from PIL import Image  # noqa: E402

import augment  # noqa: E402
from augment import demo  # noqa: E402
from augment.sample import class_order  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
datasets.disable_progress_bars()

STRING, NAMES = datasets.Value("string"), datasets.ClassLabel(names=["World", "Sports", "10", "Business", "absent"])
TYPOS = {"text": [{"Typos": {"rate": 0.3, "p": 1}}]}
FLIP = {"image": [{"HorizontalFlip": {"p": 1}}]}
NOISE = {"image": [{"GaussNoise": {"p": 1}}]}
PNGS: list[dict[str, Any]] = []
for number in range(3):
    out = io.BytesIO()
    Image.fromarray(demo.picture("circle", number, 16)).save(out, "png")
    PNGS.append({"bytes": out.getvalue(), "path": None})


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def of(columns: dict[str, tuple[Any, list[Any]]]) -> Any:
    features = datasets.Features({name: feature for name, (feature, _) in columns.items()})
    return datasets.Dataset.from_dict({name: cells for name, (_, cells) in columns.items()}, features=features)


def pictures(labels: list[Any], name: str = "label", feature: Any = NAMES) -> Any:
    return of({"image": (datasets.Image(), PNGS[: len(labels)]), name: (feature, labels)})


BOX = datasets.Sequence(datasets.Value("float32"), length=4)
TEXTS = ["Ada left Rome", "Bob ran"]
ANSWERS: dict[str, tuple[Any, list[Any]]] = {
    "question": (STRING, ["Who left?", "Who ran?"]),
    "context": (STRING, TEXTS),
    "answers": (
        {"text": datasets.Sequence(STRING), "answer_start": datasets.Sequence(datasets.Value("int32"))},
        [{"text": [], "answer_start": []}, {"text": ["Bob"], "answer_start": [0]}],
    ),
}


def test_what_says_where_something_is_never_stays_behind() -> None:
    boxes = datasets.Sequence(BOX)
    dataset = of({"image": (datasets.Image(), PNGS[:2]), "bboxes": (boxes, [[[1, 2, 3, 4]], []])})
    for live in (False, True):
        with pytest.raises(augment.AugmentError, match=r"moves what bboxes says the place of in image.*categories"):
            augment.hf.map(dataset, FLIP, multiplier=2, with_transform=live)
    allowed = {"image": [{"HorizontalFlip": {"p": 1, "allow_label_change": True}}]}
    for recipe in (allowed, NOISE):
        assert augment.hf.map(dataset, recipe, multiplier=2)["bboxes"][:] == [[[1, 2, 3, 4]]] * 2 + [[]] * 2


def test_texts_beside_those_with_answers_may_change() -> None:
    grown = augment.hf.map(of(ANSWERS), TYPOS, column="question", multiplier=2)
    assert grown["context"][:] == [TEXTS[0]] * 2 + [TEXTS[1]] * 2


@pytest.mark.parametrize("name", ["id", "ID", "guid", "idx", "question_id", "id_str", "url", "file_name", "sha256"])
def test_no_key_is_taken_for_the_text(name: str) -> None:
    keys = of({name: (STRING, ["key one", "key two"]), "label": (NAMES, [0, 1])})
    with pytest.raises(augment.AugmentError, match=rf"the columns are {name} \(text\); say column='{name}'"):
        augment.hf.map(keys, TYPOS, multiplier=2)
    grown = augment.hf.map(keys.add_column("anything", TEXTS), TYPOS, multiplier=3)
    assert grown[name][:] == ["key one"] * 3 + ["key two"] * 3
    assert grown["anything"][::3] == TEXTS and len({*grown["anything"]}) > 2


def test_pairs_of_texts_change_together() -> None:
    pairs = of({"premise": (STRING, TEXTS), "hypothesis": (STRING, [TEXTS[1], None]), "label": (NAMES, [0, -1])})
    with pytest.raises(
        augment.AugmentError, match=r"which of premise, hypothesis.*columns=\['premise', 'hypothesis'\]"
    ):
        augment.hf.map(pairs, TYPOS)
    both = ["premise", "hypothesis"]
    grown = augment.hf.map(pairs, TYPOS, columns=both, multiplier=3)
    assert all(grown[name][::3] == pairs[name][:] for name in both), "originals stay"
    assert all(grown[row]["premise"] != TEXTS[row // 3] for row in (1, 2, 4, 5))
    assert [text is None for text in grown["hypothesis"]] == [False] * 3 + [True] * 3
    live = augment.hf.map(pairs, TYPOS, columns=both, multiplier=3, with_transform=True)
    for row in live:
        same = grown[row["augment_row"] * 3 + row["augment_copy"]]
        assert [row[name] for name in both] == [same[name] for name in both]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"columns": "premise"}, "expected names"),
        ({"columns": []}, "expected names"),
        ({"columns": ["premise"] * 2}, "each once"),
        ({"columns": both, "column": "premise"}, "expected one of them"),
        ({"columns": ["premise", "hypotheses"]}, "did you mean hypothesis"),
    ]
    for bad, said in wrong:
        with pytest.raises(augment.AugmentError, match=said):
            augment.hf.map(pairs, TYPOS, **bad)


def test_a_live_data_set_is_never_read_without_what_makes_it() -> None:
    dataset = pictures([0, 1, 2])
    live = augment.hf.map(dataset, FLIP, multiplier=2, with_transform=True)
    for broken, gone in [
        (live.select_columns(["image", "label"]), "augment_row and augment_copy"),
        (live.remove_columns("augment_row"), "augment_row"),
        (live.remove_columns("image"), "image"),
        (live.rename_column("image", "pixels"), "image"),
        (live.rename_column("augment_copy", "copy"), "augment_copy"),
    ]:
        for rows in (4, slice(1, 3), [5, 0]):
            with pytest.raises(augment.AugmentError, match=rf"{gone} is not there"):
                broken[rows]
        with pytest.raises(augment.AugmentError, match=rf"{gone} is not there"):
            next(iter(broken))
    assert live.select_columns(["label"])[:] == {"label": [0, 1, 2] * 2}
    assert live["augment_row"][:] == [0, 1, 2] * 2
    swapped = {**FLIP, "labels": {"flip_pairs": [["World", "Sports"]]}}
    renamed = augment.hf.map(dataset, swapped, multiplier=2, with_transform=True).rename_column("label", "labels")
    assert renamed[0]["labels"] == 0
    with pytest.raises(augment.AugmentError, match=r"is of class Sports, and column label is not among"):
        renamed[3]


@given(labels=st.lists(st.sampled_from([None, -1, 0, 1, 2, 3, 4]), min_size=1, max_size=3), name=st.sampled_from("lf"))
@settings(deadline=None, max_examples=12)
def test_rows_without_a_class_stay_so(labels: list[int | None], name: str) -> None:
    dataset = pictures(labels, {"l": "label", "f": "fine_label"}[name])
    wanted = [one for one in labels for _ in range(2)]
    assert augment.hf.map(dataset, FLIP, multiplier=2)[dataset.column_names[1]][:] == wanted
    live = augment.hf.map(dataset, FLIP, multiplier=2, with_transform=True)
    assert live[:][dataset.column_names[1]] == labels * 2
    stream = augment.stream(FLIP, input=dataset, multiplier=2)
    assert stream.plan.dataset.classes == tuple(NAMES.names), "those that do not occur, too"
    made = sorted(
        (int(item.source.split(".")[0]), -1 if item.label_index is None else item.label_index) for item in stream
    )
    assert [index for _, index in made] == [-1 if one is None else one for one in wanted]


def test_which_of_several_columns_holds_the_class_is_asked() -> None:
    cases: list[tuple[Any, dict[str, Any]]] = [
        (pictures([0, 1], "fine"), FLIP),
        (of({"text": (STRING, TEXTS), "fine": (NAMES, [0, 1])}), TYPOS),
    ]
    for data, recipe in cases:
        two = data.add_column("coarse", [1, 0]).cast_column("coarse", datasets.ClassLabel(names=["x", "y"]))
        with pytest.raises(augment.AugmentError, match="which of fine, coarse holds the class"):
            augment.hf.map(two, recipe)
        with pytest.raises(augment.InputError, match=r"which column holds the class \(fine or coarse\?\)"):
            augment.stream(recipe, input=two)
        said = {**recipe, "input": {"label": "coarse"}}
        assert augment.stream(said, input=two).plan.dataset.classes == ("x", "y")
        assert augment.hf.map(two, recipe, label="coarse", multiplier=2)["coarse"][:] == [1, 1, 0, 0]


@pytest.mark.parametrize(("kind", "format"), [("image", "parquet"), ("image", "webdataset"), ("text", "parquet")])
def test_classes_that_do_not_occur_keep_their_numbers(tmp_path: Path, kind: str, format: str) -> None:
    names = datasets.ClassLabel(names=["ant", "bee", "cat"])
    texts = of({"text": (STRING, [*TEXTS, "Cy sat"]), "label": (names, [0, 2, 0])})
    dataset, steps = (pictures([0, 2, 0], feature=names), FLIP) if kind == "image" else (texts, TYPOS)
    assert augment.hf.map(dataset, steps, multiplier=2).features["label"].names == names.names
    recipe = {**steps, "output": {"format": format}}
    augment.run(recipe, input=dataset, output=tmp_path / "out", multiplier=2, executor="serial")
    assert augment.plan(steps, input=tmp_path / "out").dataset.classes == tuple(names.names)


@pytest.mark.parametrize("format", ["parquet", "webdataset"])
def test_numbers_of_classes_stay_on_the_way_out_and_in(tmp_path: Path, format: str) -> None:
    dataset = pictures([3, 1, -1])
    recipe = {**FLIP, "output": {"format": format}}
    result = augment.run(recipe, input=dataset, output=tmp_path / "out", multiplier=2, executor="serial")
    assert result.manifest["classes"] == NAMES.names
    assert augment.plan(recipe, input=tmp_path / "out").dataset.classes == tuple(NAMES.names)
    assert augment.verify(tmp_path / "out", rederive=3, input=dataset).problems == []
    if format == "parquet":
        back = augment.hf.load(tmp_path / "out")["train"]
        assert back.features["label_index"].names == NAMES.names
        told = {(name, index) for name, index in zip(back["label"], back["label_index"], strict=True)}
        assert told == {("Business", 3), ("Sports", 1), (None, None)}
        assert augment.stream(FLIP, input=back, multiplier=1).plan.dataset.classes == tuple(NAMES.names)
        again = augment.hf.map(back, FLIP, multiplier=2)
        assert len(again) == 12, "annotations that say nothing hinder nothing"


def test_numbers_in_pytorch_are_those_of_the_data_set() -> None:
    pytest.importorskip("torch")
    import augment.torch

    dataset = of({"text": (STRING, [*TEXTS, "Cy sat"]), "label": (NAMES, [3, 0, 4])})
    live = augment.torch.IterableDataset(TYPOS, input=dataset, multiplier=1, mapping=True)
    assert live.classes == tuple(NAMES.names)
    assert sorted(int(one["label"]) for one in live) == [0, 3, 4]


def test_numbers_in_keras_are_those_of_the_data_set() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "tensorflow")  # asked for at the import
    pytest.importorskip("keras")
    import augment.keras

    live = augment.keras.PyDataset(NOISE, input=pictures([3, 0, 4]), batch_size=3, multiplier=1, labels="one-hot")
    assert live.classes == tuple(NAMES.names)
    _, weights = live[0]
    assert np.asarray(weights).shape == (3, 5)
    assert sorted(np.asarray(weights).argmax(1).tolist()) == [0, 3, 4]


@given(
    names=st.sets(st.sampled_from(["a", "b", "10", "2", "-1", "007", "7", "x1", "é", ""]), max_size=8),
    told=st.lists(st.sampled_from(["b", "2", "zz", "a", "10"]), max_size=5),
)
def test_the_order_of_classes(names: set[str], told: list[str]) -> None:
    found = class_order(names, told)
    assert len(set(found)) == len(found) and set(found) == names | set(told)
    first = list(dict.fromkeys(told))
    assert list(found[: len(first)]) == first, "as they are declared"
    rest = list(found[len(first) :])
    if all(name.lstrip("-").isdigit() for name in rest):
        assert [int(name) for name in rest] == sorted(int(name) for name in rest)
    else:
        assert rest == sorted(rest)
    assert class_order(found, found) == found == class_order(sorted(names, reverse=True), told)


def test_numbers_of_classes_that_are_numbers_come_by_value(tmp_path: Path) -> None:
    rows = "".join(f"a text of class {number},{number}\n" for number in (10, 2, 1, 20))
    (tmp_path / "t.csv").write_text(f"text,label\n{rows}")
    assert augment.plan(TYPOS, input=tmp_path / "t.csv").dataset.classes == ("1", "2", "10", "20")


def sounds(rate: int | None) -> Any:
    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(400) / 9).astype(np.float32) / 4, 8000, format="WAV")
    cell = {"bytes": datasets.Value("binary"), "path": STRING}
    made = of({"audio": (cell, [None, {"bytes": out.getvalue(), "path": None}])})
    return made.cast_column("audio", datasets.Audio(sampling_rate=rate))


def test_a_rate_that_is_asked_for_is_not_lost_in_silence() -> None:
    gain = {"audio": [{"Gain": {"min_gain_db": -9, "max_gain_db": -3, "p": 1}}]}
    uses: list[Callable[[Any], Any]] = [
        lambda data: augment.stream(gain, input=data),
        lambda data: augment.hf.map(data, gain),
    ]
    for use in uses:
        with pytest.warns(UserWarning, match=r"asks for 16000 Hz.* 8000 Hz.*ResampleTo: \{rate: 16000\}"):
            use(sounds(16000))
        for rate in (None, 8000):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                use(sounds(rate))
            assert not [one for one in seen if "asks for" in str(one.message)]
    wanted = {**gain, "prepare": {"audio": [{"ResampleTo": {"rate": 16000}}]}}
    with pytest.warns(UserWarning, match="asks for"):
        assert {item.facts["rate"] for item in augment.stream(wanted, input=sounds(16000))} == {16000}


def test_a_format_stays() -> None:
    dataset = pictures([0, 1])
    for shown in (
        dataset.with_format("numpy", columns=["label"]),
        dataset.with_format("numpy", output_all_columns=True),
    ):
        assert augment.hf.map(shown, FLIP, multiplier=2).format == shown.format
    own = augment.hf.map(dataset.with_transform(lambda batch: {"n": batch["label"]}), FLIP, multiplier=2)
    assert own[:] == {"n": [0, 0, 1, 1]}


def test_sounds_in_folders_are_told_to_need_torchcodec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in/a").mkdir(parents=True)
    soundfile.write(tmp_path / "in/a/a.wav", np.zeros(400, np.float32) + 0.1, 8000)
    gain = {"audio": [{"Gain": {"min_gain_db": -9, "max_gain_db": -3, "p": 1}}], "output": {"format": "folder"}}
    augment.run(gain, input=tmp_path / "in", output=tmp_path / "out", executor="serial")

    def missing(*_: Any, **__: Any) -> None:
        raise datasets.exceptions.DatasetGenerationError("oh") from ImportError("please install 'torchcodec'")

    monkeypatch.setattr(datasets, "load_dataset", missing)
    with pytest.raises(augment.AugmentError, match=r"please install 'torchcodec'.*output\.format=parquet"):
        augment.hf.load(tmp_path / "out")

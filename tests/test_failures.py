"""A step that fails is named where its sample is skipped, and a step of the user's own with the line of theirs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
from augment import demo, native, own
from augment.audio.value import Clip
from augment.chance import Chance
from augment.errors import SampleError
from augment.image.own import onto as onto_picture
from augment.sample import Sample

HELPER = """
def deeper(value):
    return 1 / 0  # here
"""
MODULE = '''
import json
import augment
import numpy as np
import own_helper

@augment.step({modality!r}, labels="keeps", p=1)
def Failing(value, rng, *, way: int = 0):
    """Fails in one way or another."""
    if way == 0:
        return 1 / 0  # 0
    if way == 1:
        return own_helper.deeper(value)
    if way == 2:
        return np.zeros(3).reshape(2, 2)  # 2
    if way == 3:
        return json.loads("no")  # 3
    return value, {{"told": {{1, 2}}}}
'''
SAID = {
    0: "ZeroDivisionError: division by zero (own_failing.py:{})",
    1: "ZeroDivisionError: division by zero (own_helper.py:{})",
    2: "ValueError: cannot reshape array of size 3 into shape (2,2) (own_failing.py:{})",
    3: "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (own_failing.py:{})",
    4: "TypeError: expected numbers and texts for the provenance, got set",
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Steps of a test are gone after it, and its modules."""
    before = dict(own._STEPS)
    yield
    own._STEPS.clear()
    own._STEPS.update(before)
    for name in ("own_failing", "own_helper"):
        sys.modules.pop(name, None)


def inputs(folder: Path, modality: str) -> Path:
    """Two sources of a modality."""
    place = folder / "data" / "train" / "a"
    place.mkdir(parents=True)
    for number in range(2):
        if modality == "image":
            Image.fromarray(demo.picture("circle", number, 32)).save(place / f"{number}.png")
        elif modality == "audio":
            import soundfile

            soundfile.write(place / f"{number}.wav", np.zeros(800) + 0.1 * number, 8_000)
        else:
            (place / f"{number}.txt").write_text(f"some words, {number} of them")
    return folder / "data"


@pytest.mark.parametrize("modality", ["image", "audio", "text"])
def test_the_line_that_failed_is_told(modality: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_helper.py").write_text(HELPER)
    text = MODULE.format(modality=modality)
    (tmp_path / "own_failing.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    data = inputs(tmp_path, modality)
    lines = {int(line[-1]): number for number, line in enumerate(text.splitlines(), 1) if line[-3:-1] == "# "}
    for way, said in SAID.items():
        recipe = {"plugins": ["own_failing"], modality: [{"Failing": {"way": way}}], "expand": {"multiplier": 3}}
        live = augment.stream({**recipe, "on_error": "skip"}, input=data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what was left out
            list(live)
        told = {(one.reason, one.detail) for one in live.skipped}
        assert told == {("step failed", f"Failing: {said.format(lines.get(way, 3))}")}
        assert len(live.skipped) == 4


def test_a_cell_is_told_by_its_line_and_not_by_the_process_that_ran_it() -> None:
    said = set()
    for process in ("1", "22"):
        code = "import augment\n\n@augment.step('image', labels='keeps')\ndef Cell(image, rng):\n    return 1 / 0\n"
        scope: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(code, f"/tmp/ipykernel_{process}/3.py", "exec"), scope)
        step = own._STEPS["image", "Cell"].build({}, onto_picture)
        with pytest.raises(SampleError) as caught:
            step.apply(Sample(np.zeros((4, 4, 3), np.uint8)), Chance.of(0, "", 0))
        said.add(caught.value.detail.partition(" (")[2])
    assert said == {"line 5 of its cell)"}


def test_a_step_of_ours_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    step = native.build("augment.audio.steps", "ToMono", {}, Path())

    def broken(*given: Any) -> Any:
        raise IndexError("out of bounds\nand more")

    monkeypatch.setattr(step.module, "apply", broken)
    clip = Clip(np.zeros((1, 80), np.float32), 8_000)
    with pytest.raises(SampleError, match=r"^step failed: ToMono: IndexError: out of bounds$") as caught:
        step.apply(Sample(clip), Chance.of(0, "", 0))
    assert isinstance(caught.value.__cause__, IndexError)

"""What holds for every step of every modality. The sweep finds them by itself; none is listed, none escapes."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from augment import demo
from augment.annotations import Annotations, Instance
from augment.chance import Chance
from augment.contracts import Setting, Step
from augment.errors import SampleError
from augment.image import modality
from augment.image.labels.given import given
from augment.sample import Content, Dataset, Sample
from tests.laws.recipes import recipe

NAMES = modality.names()


def required(name: str) -> list[str]:
    return [p.name for p in modality.describe(name).parameters if p.default == "required"]


def build(name: str, folder: Path, **how: Any) -> Step:
    return modality.build(name, recipe(name, required(name), folder), Setting(folder, **how))


def picture(channels: int = 3, size: int = 40) -> np.ndarray:
    colour = demo.picture("circle", 1, size)[: size - 8]
    return colour if channels == 3 else cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)


def scene(image: np.ndarray) -> Any:
    """Two objects, for the steps that look at them."""
    height, width = image.shape[:2]
    boxes = [(width * 0.2, height * 0.2, width * 0.5, height * 0.7), (width * 0.6, height * 0.3, width * 0.9, height)]
    rings = [(a, b, c, b, c, d, a, d) for a, b, c, d in boxes]
    found = Annotations(tuple(Instance("cat", box, (ring,)) for box, ring in zip(boxes, rings, strict=True)))
    return modality.settle(image, Content(b"", found), Dataset(spatial=True), modality.Labels()).working


def run(step: Step, image: np.ndarray, key: str) -> np.ndarray:
    other = Sample(demo.picture("square", 2, 30), annotations=scene(demo.picture("square", 2, 30)), key="other")
    sample = Sample(image, annotations=scene(image), partners=lambda chance, count, balanced: [other] * count)
    sample, applied = step.apply(sample, Chance.of(7, key, 1))
    assert applied.step == step.name
    json.dumps(dict(applied.parameters), allow_nan=False)
    pixels: np.ndarray = sample.value
    return pixels


def test_the_sweep_is_wide() -> None:
    assert len(NAMES) > 95


@pytest.mark.parametrize("channels", [3, 1], ids=["rgb", "gray"])
@pytest.mark.parametrize("name", NAMES)
def test_same_key_same_bytes_and_input_unchanged(name: str, channels: int, tmp_path: Path) -> None:
    step, image = build(name, tmp_path), picture(channels)
    before = image.copy()
    first = run(step, image, "a")
    np.random.seed(random.randrange(2**31))  # whatever others do to global chance
    random.seed()
    cv2.setRNGSeed(random.randrange(2**31))
    run(step, picture(channels, 56), "b")  # nor may it matter what was done in between
    second = run(step, image, "a")
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, before)
    assert first.ndim in (2, 3)
    assert first.size


@pytest.mark.parametrize("name", NAMES)
def test_it_pickles(name: str, tmp_path: Path) -> None:
    step, image = build(name, tmp_path), picture()
    again: Step = pickle.loads(pickle.dumps(step))
    assert (again.name, again.p) == (step.name, step.p)
    np.testing.assert_array_equal(run(step, image, "a"), run(again, image, "a"))


@pytest.mark.parametrize("name", NAMES)
def test_the_librarys_own_code_keeps_the_law_too(name: str, tmp_path: Path) -> None:
    """Without our kernels: same key, same bytes; input, warnings and the global chance of others untouched."""
    step, image = build(name, tmp_path, native=False), picture()
    before, numpy_state, python_state = image.copy(), np.random.get_state()[1].copy(), random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = run(step, image, "a")
    np.testing.assert_array_equal(first, run(build(name, tmp_path, native=False), image, "a"))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert random.getstate() == python_state


@pytest.mark.parametrize("channels", [3, 1], ids=["rgb", "gray"])
@pytest.mark.parametrize("name", NAMES)
def test_one_pixel_survives_or_is_refused(name: str, channels: int, tmp_path: Path) -> None:
    image = np.full((1, 1, 3)[: 2 + (channels == 3)], 77, np.uint8)
    try:
        pixels = run(build(name, tmp_path), image, "a")
    except SampleError as error:
        assert error.reason == "step failed"
        assert name in error.detail
        assert "1x1" in error.detail
    else:
        assert pixels.size


@pytest.mark.parametrize("name", NAMES)
def test_another_key_is_another_draw(name: str, tmp_path: Path) -> None:
    step = build(name, tmp_path)
    drawn = {run(step, picture(size=96), str(key)).tobytes() for key in range(12)}
    if len(drawn) == 1:
        assert not draws(step), f"{name} draws, and yet 12 keys gave one picture"


def draws(step: Any) -> bool:
    """Whether a step asks for any number at all: without its generators it then fails."""
    transform = step.transform
    transform.set_random_state(None, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = picture()
            transform(image=image, **given(step.name, step.parameters, scene(image), image, Chance.of(0, "a", 1)))
    except (AttributeError, TypeError):
        return True
    return False


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """All steps at once in a fresh interpreter, against this one."""
    script = (
        "import sys, hashlib, pathlib\n"
        "from tests.laws import test_steps as t\n"
        "for name in t.NAMES:\n"
        "    step = t.build(name, pathlib.Path(sys.argv[1]))\n"
        "    print(name, hashlib.sha256(t.run(step, t.picture(), 'a').tobytes()).hexdigest())\n"
    )
    here = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert here[0] == here[1]
    assert len(here[0].splitlines()) > 90


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_described(name: str) -> None:
    found = modality.describe(name)
    assert found.name == name
    assert len(found.summary) > 10
    assert found.labels in ("keeps", "moves", "may break")
    assert found.docs.startswith("https://")
    assert "p" in {parameter.name for parameter in found.parameters}


def test_a_flip_fires_half_the_time_and_two_are_independent(tmp_path: Path) -> None:
    """On real pixels, through the whole of draw and apply: 2,000 copies, 3 sigma."""
    from augment.engine.draw import draw
    from augment.engine.recipe import load

    recipe = load({"image": [{"HorizontalFlip": {"p": 0.5}}, {"VerticalFlip": {"p": 0.5}}]})
    image = np.arange(4, dtype=np.uint8).reshape(2, 2)
    corners = []
    for copy in range(1, 2001):
        drawn = draw(recipe.steps["image"], Chance.of(0, "a/1.jpg", copy).child("image"))
        sample, _ = modality.apply(Sample(image), drawn, modality.Labels())
        corners.append(int(sample.value[0, 0]))
    counts = [corners.count(corner) for corner in range(4)]  # none, horizontal, vertical, both
    assert abs(counts[1] + counts[3] - 1000) < 3 * np.sqrt(500)
    assert abs(counts[2] + counts[3] - 1000) < 3 * np.sqrt(500)
    assert all(abs(count - 500) < 3 * np.sqrt(2000 * 3 / 16) for count in counts)

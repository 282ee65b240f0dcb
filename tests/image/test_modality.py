"""The image modality as the engine sees it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from augment.chance import Chance
from augment.contracts import Modality, Setting
from augment.engine.recipe import load
from augment.image import modality
from augment.sample import Sample


def test_it_has_all_that_a_modality_has() -> None:
    wanted = {name for name in vars(Modality) if not name.startswith("_")} | set(Modality.__annotations__)
    assert [name for name in sorted(wanted) if not hasattr(modality, name)] == []
    for name in wanted:
        promised = getattr(Modality, name, None)
        if inspect.isfunction(promised):
            given = list(inspect.signature(getattr(modality, name)).parameters)
            assert given == [key for key in inspect.signature(promised).parameters if key != "self"], name


def test_importing_it_is_light() -> None:
    code = "import sys, augment.image.modality; print({'cv2', 'albumentations', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_workers_preload_is_all_that_they_need() -> None:
    code = "import sys, augment.image.preload; print({'cv2', 'albumentations', 'PIL'} - set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_versions_name_distributions() -> None:
    assert all(version(name) for name in modality.VERSIONS)


def test_the_default_steps_are_a_sound_recipe() -> None:
    steps = load({"image": list(modality.DEFAULT_STEPS)}).steps["image"]
    assert steps


def test_the_default_steps_change_pictures_but_not_their_size() -> None:
    from augment.engine.draw import draw

    steps = load({"image": list(modality.DEFAULT_STEPS)}).steps["image"]
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    changed = 0
    for copy in range(30):
        drawn = draw(steps, Chance.of(0, "a", copy).child("image"))
        sample, told = modality.apply(Sample(image, "cat", {"id": 3}), drawn, modality.Labels())
        assert sample.value.shape == image.shape
        assert (sample.label, sample.fields) == ("cat", {"id": 3})
        assert len(told) == len(drawn)
        changed += not np.array_equal(sample.value, image)
    assert changed > 20


def test_names_are_sorted_and_described() -> None:
    assert modality.names() == sorted(modality.names())
    with pytest.raises(KeyError):
        modality.describe("Xyzzy")


def test_a_description_tells_types_defaults_and_meaning() -> None:
    found = modality.describe("Affine")
    assert found.summary.startswith("Augmentation to apply affine transformations")
    assert found.labels == "moves"
    assert found.docs == "https://explore.albumentations.ai/transform/Affine"
    told = {parameter.name: parameter for parameter in found.parameters}
    assert told["interpolation"].default == "linear"
    assert told["interpolation"].kind.startswith("nearest | linear | cubic")
    assert told["rotate"].kind == "[low, high] or number"
    assert all(parameter.about for parameter in found.parameters)


def test_a_description_hides_what_a_recipe_cannot_give() -> None:
    shown = {
        name: [one.name for one in modality.describe(name).parameters] for name in ("FDA", "TextImage", "Equalize")
    }
    assert shown["FDA"] == ["beta_limit", "p", "reference_images"]
    assert shown["TextImage"][-2:] == ["texts", "boxes"]
    assert "mask" not in shown["Equalize"]


@pytest.mark.parametrize("name", ["HorizontalFlip", "VerticalFlip", "Transpose", "RandomRotate90", "D4"])
def test_flips_warn_of_classes_that_mean_a_direction(name: str) -> None:
    assert "may break" in modality.describe(name).labels_note


def test_every_step_has_its_parameters_described() -> None:
    blank = [
        (name, one.name)
        for name in modality.names()
        for one in modality.describe(name).parameters
        if not one.kind or not one.default
    ]
    assert blank == []


def test_references_of_a_plain_step_are_none() -> None:
    assert list(modality.references(modality.build("HorizontalFlip", {}, Setting(Path())))) == []

"""Steps of the user's own work as all others do: in recipes, in workers, checked, with labels looked after."""

# ruff: noqa: N802 - steps are named as steps are

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic
import pytest

import augment
from augment import catalog, own
from augment.annotations import Annotations, Instance, Span
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.engine.draw import draw
from augment.fingerprints import code_sha256
from augment.sample import Content, Dataset, Sample
from tests.conftest import tree

MODULE = '''
import numpy as np
import augment

SHIFT = {shift}

def moved(image, by):
    return np.roll(image, by, axis=2)

@augment.step("image", labels="keeps", p=1)
def Channels(image: np.ndarray, rng: np.random.Generator, *, most: int = 2) -> np.ndarray:
    """Turns the channels round."""
    by = int(rng.integers(1, most + 1)) + SHIFT
    return moved(image, by), {{"by": by}}
'''


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Steps of a test are gone after it."""
    before = dict(own._STEPS)
    yield
    own._STEPS.clear()
    own._STEPS.update(before)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Write a module and give its name; it can be imported, here and in workers."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    made: list[str] = []

    def write(name: str, shift: int = 0, text: str = MODULE) -> str:
        file = folder / f"{name}.py"
        file.write_text(text.format(shift=shift))
        os.utime(file, (2_000_000_000 + len(made),) * 2)  # Python takes a file of equal time and size for the same
        importlib.invalidate_caches()
        sys.modules.pop(name, None)
        made.append(name)
        return name

    yield write
    for name in made:
        sys.modules.pop(name, None)


def applied(kind: str, steps: list[Any], value: Any, **more: Any) -> Sample:
    recipe = augment.load({kind: steps})
    drawn = draw(recipe.steps[kind], Chance.of(0, "a", 1))
    return catalog.modality(kind).apply(Sample(value, **more), drawn, recipe.labels_of(kind))[0]


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_module_that_the_recipe_names(module: Any, shapes: Path, tmp_path: Path, executor: str) -> None:
    recipe = {"plugins": [module("own_channels")], "image": [{"Channels": {"most": 1}}], "expand": {"multiplier": 3}}
    how: dict[str, Any] = {"workers": 2} if executor == "processes" else {}
    augment.run(recipe, input=shapes, output=tmp_path / "out", executor=executor, **how)
    live = augment.stream(recipe, input=shapes, shuffle=False)
    by_source = {(item.source, item.copy): item.value for item in live}
    for (source, copy), value in by_source.items():
        assert np.array_equal(value, np.roll(by_source[source, 0], 1 if copy else 0, axis=2))
    there = augment.stream(recipe, input=shapes, shuffle=False, workers=2)
    assert all(np.array_equal(item.value, by_source[item.source, item.copy]) for item in there)
    serial = augment.run(recipe, input=shapes, output=tmp_path / "serial", executor="serial")
    names = ("**/*.tar", "provenance.parquet")
    assert all(tree(tmp_path / "out", name) == tree(serial.output, name) for name in names)


def test_a_cell_of_a_notebook(shapes: Path) -> None:
    pytest.importorskip("cloudpickle")
    level = 7

    @augment.step("image", labels="keeps", p=1)
    def Darker(image: np.ndarray, rng: np.random.Generator, *, by: Annotated[int, pydantic.Field(ge=1)] = 3) -> Any:
        return np.maximum(image, level + by) - (level + by)

    recipe = {"image": [{"Darker": {"by": 5}}], "expand": {"multiplier": 2}}
    here = list(augment.stream(recipe, input=shapes))
    there = list(augment.stream(recipe, input=shapes, workers=2))
    assert [item.source for item in here] == [item.source for item in there]
    assert all(np.array_equal(*pair) for pair in ((a.value, b.value) for a, b in zip(here, there, strict=True)))


SCRIPT = """
import sys
import numpy as np
import augment

sys.modules["cloudpickle"] = {cloudpickle}

@augment.step("image", labels="keeps", p=1)
def Inverted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 255 - image

recipe = {{"image": ["Inverted"], "expand": {{"multiplier": 2}}}}
try:
    augment.run(recipe, input=sys.argv[1], output=sys.argv[2], workers=2)
    print("done")
except augment.AugmentError as error:
    print(error)
"""


@pytest.mark.parametrize("there", [True, False])
def test_a_script(shapes: Path, tmp_path: Path, there: bool) -> None:
    if there:
        pytest.importorskip("cloudpickle")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(cloudpickle="__import__('cloudpickle')" if there else "None"))
    command = [sys.executable, str(script), str(shapes), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    said = "done" if there else "Inverted is defined in a notebook or a script, where workers can't find it: move it"
    assert said in done.stdout + done.stderr


def test_other_code_is_another_run(module: Any, shapes: Path, tmp_path: Path) -> None:
    def prints(shift: int) -> str:
        own._STEPS.clear()
        return augment.load({"plugins": [module("own_code", shift)], "image": ["Channels"]}).fingerprint()

    assert prints(0) == prints(0)
    assert prints(0) != prints(1)
    recipe = {"plugins": [module("own_code", 0)], "image": ["Channels"], "expand": {"multiplier": 2}}
    own._STEPS.clear()
    augment.run(recipe, input=shapes, output=tmp_path / "out", executor="serial")
    own._STEPS.clear()
    module("own_code", 1)
    with pytest.raises(augment.ChangedError):
        augment.run(recipe, input=shapes, output=tmp_path / "out", executor="serial")


def test_the_digest_sees_helpers_constants_and_nothing_else() -> None:
    def digest(text: str) -> str:
        space: dict[str, Any] = {"__name__": "somewhere"}
        exec(compile(textwrap.dedent(text), "<no file>", "exec"), space)
        return code_sha256(space["f"])

    base = (
        "import numpy as np\nK = 2\nT = np.arange(3)\nOTHER = 1\ndef g(x): return x * K\ndef f(x): return g(x) + T\n"
    )
    same = {digest(base), digest(base.replace("OTHER = 1", "OTHER = 2")), digest("# a remark\n" + base)}
    assert len(same) == 1
    changes = [("K = 2", "K = 3"), ("arange(3)", "arange(4)"), ("x * K", "x + K"), ("g(x) + T", "g(x) - T")]
    others = {digest(base.replace(*change)) for change in changes}
    assert len(others | same) == 5


def test_parameters_are_checked_as_all_others_are() -> None:
    @augment.step("image", labels="keeps", note="Colours.")
    def Sepia(
        image: np.ndarray,
        rng: np.random.Generator,
        *,
        strength: float = 0.5,
        tones: list[str] | None = None,
        how: Literal["warm", "cold"] = "warm",
        times: int,
        really: bool = False,
    ) -> np.ndarray:
        """Tints a picture brown.

        More of it.
        """
        return image

    for given, said in [
        ({"times": 1, "strenght": 1}, "expected a parameter of Sepia, got 'strenght'\n  did you mean strength?"),
        ({}, "times"),
        ({"times": 1.5}, "times"),
        ({"times": True}, "times"),
        ({"times": 1, "strength": "0.5"}, "strength"),
        ({"times": 1, "how": "hot"}, "expected 'warm' or 'cold', got 'hot'"),
        ({"times": 1, "really": 1}, "really"),
        ({"times": 1, "p": 2}, "a probability from 0 to 1"),
    ]:
        with pytest.raises(augment.RecipeError, match=said):
            augment.load({"image": [{"Sepia": given}]})
    (_, leaf), *_ = augment.load(
        {"image": [{"Sepia": {"times": 1, "strength": 1, "tones": ["a"], "p": 0.25}}]}
    ).leaves()
    assert leaf.p == 0.25
    assert leaf.step.parameters["tones"] == ["a"]  # type: ignore[attr-defined]
    described = catalog.modality("image").describe("Sepia")
    assert (described.summary, described.labels, described.labels_note) == (
        "Tints a picture brown.",
        "keeps",
        "Colours.",
    )
    shown = {one.name: (one.default, one.kind) for one in described.parameters}
    assert shown["strength"] == ("0.5", "number")
    assert shown["times"] == ("required", "whole number")
    assert shown["how"] == ('"warm"', "one of warm, cold")
    assert "Sepia" in catalog.modality("image").names()
    assert "Sepia" not in catalog.modality("audio").names()
    with pytest.raises(augment.RecipeError, match="expected a step, got 'Sepiaa'"):
        augment.load({"image": ["Sepiaa"]})


def test_what_cannot_be_a_step_is_told() -> None:
    def fine(value: Any, rng: Any) -> Any:
        return value

    def one(value: Any) -> Any: ...
    def rest(value: Any, rng: Any, **rest: Any) -> Any: ...
    def chance(value: Any, rng: Any, *, p: float = 1) -> Any: ...
    def bare(value: Any, rng: Any, *, what) -> Any: ...  # type: ignore[no-untyped-def]
    def code(value: Any, rng: Any, *, what: Any = len) -> Any: ...

    for function, given, said in [
        (fine, {"modality": "img"}, "expected a modality, such as image"),
        (fine, {"labels": "breaks"}, "labels: expected one of keeps, matrix, moves, may break"),
        (fine, {"p": 7}, "a probability"),
        (one, {}, r"expected \(value, rng"),
        (rest, {}, "named parameters"),
        (chance, {}, "other than p"),
        (bare, {}, "a type or a default for what"),
        (code, {}, "plain data as the default of what"),
        (lambda value, rng: value, {}, "a function with a name"),
    ]:
        with pytest.raises(augment.AugmentError, match=said):
            augment.step(**{"modality": "image", "labels": "keeps", **given})(function)  # type: ignore[arg-type]


def test_names_are_one_steps_only(module: Any) -> None:
    def Blur(value: Any, rng: Any) -> Any:
        return value

    augment.step("image", labels="keeps")(Blur)
    with pytest.raises(augment.RecipeError, match=r"Blur is a step of augment's, and of tests.test_own_steps"):
        augment.load({"image": ["Blur"]})
    problems = "own_one and in own_two; rename one"
    with pytest.raises(augment.RecipeError, match=problems):
        augment.load({"plugins": [module("own_one"), module("own_two")], "image": ["Channels"]})


def test_modules_that_cannot_be_had_are_told(module: Any) -> None:
    broken = module("own_broken", text="import augment\n1 / 0\n")
    with pytest.raises(augment.RecipeError) as caught:
        augment.load({"plugins": ["own_nowhere", broken, "a b", "os; 1"], "image": []})
    told = str(caught.value)
    for said in ("plugins[0]", "PYTHONPATH", "ZeroDivisionError", "own_broken.py:2", "got 'a b'", "got 'os; 1'"):
        assert said in told


def test_a_module_that_cannot_be_had_is_the_only_mistake_told_of_its_steps(module: Any) -> None:
    broken, deep = module("own_syntax", text="def f(:\n"), module("own_deep", text="import own_syntax\n")
    for plugins in (["own_nowhere"], [broken], "own_nowhere"):
        with pytest.raises(augment.RecipeError) as caught:
            augment.load({"plugins": plugins, "image": ["Sepia", "GausNoise"]})
        assert "did you mean" not in str(caught.value)
        assert "plugins" in caught.value.problems[1].fix
    for name, where in ((broken, "own_syntax.py, line 1)"), (deep, "own_deep.py:1)")):
        with pytest.raises(augment.RecipeError) as caught:
            augment.load({"plugins": [name], "image": []})
        told = caught.value.problems[0].expected
        assert "frozen" not in told
        assert "own_syntax.py, line 1)" in told
        assert told.endswith(where)
    for name in ("own_file.py", "some/where/own_file.py"):
        with pytest.raises(augment.RecipeError, match=r"write own_file, without \.py"):
            augment.load({"plugins": [name], "image": []})


def test_an_installed_package_brings_its_own(module: Any) -> None:
    home = Path(module("own_installed") + ".py")
    folder = next(Path(path) for path in sys.path if (Path(path) / home).exists())
    facts = folder / "own_installed-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: own-installed\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[augment.steps]\nmine = own_installed\n")
    own._installed.cache_clear()
    try:
        assert "Channels" in catalog.modality("image").names()
        assert augment.load({"image": ["Channels"]}).fingerprint()
    finally:
        own._installed.cache_clear()


def test_labels_are_looked_after(scenes: Path) -> None:
    @augment.step("image", labels="keeps", p=1)
    def Smaller(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return image[::2]

    @augment.step("image", labels="moves", p=1)
    def Upside(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return image[::-1]

    @augment.step("image", labels="may break", p=1)
    def Noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.integers(0, 256, image.shape, dtype=np.uint8)

    picture = np.zeros((8, 6, 3), np.uint8)
    with pytest.raises(augment.SampleError, match="Smaller on 6x8 pixels: it keeps labels, and yet gave 6x4"):
        applied("image", ["Smaller"], picture)
    with pytest.raises(augment.RecipeError, match="write allow_label_change: true"):
        augment.load({"image": ["Noise"]})
    applied("image", [{"Noise": {"allow_label_change": True}}], picture)
    applied("image", ["Upside"], picture)
    with pytest.raises(augment.RecipeError, match="Upside moves what labels are for"):
        augment.plan({"image": ["Upside"]}, input=scenes)


def test_a_step_may_answer_for_annotations_itself() -> None:
    @augment.step("image", labels="moves", p=1)
    def Renamed(sample: Sample, chance: Chance, *, name: str = "b") -> tuple[Sample, dict[str, Any]]:
        drawn = chance.uniform()
        return Sample(255 - sample.value, name, annotations=sample.annotations), {"drawn": np.float32(drawn)}

    recipe = augment.load({"image": [{"Renamed": {"name": "c"}}]})
    pixels, labels = np.zeros((8, 8, 3), np.uint8), recipe.labels_of("image")
    noted = Annotations(instances=(Instance("a", (1.0, 1.0, 3.0, 4.0)),), size=(8, 8))
    settled = catalog.modality("image").settle(pixels, Content(b"", noted), Dataset(spatial=True), labels)
    steps = draw(recipe.steps["image"], Chance.of(0, "a", 1))
    made, told = catalog.modality("image").apply(Sample(pixels, "a", annotations=settled.working), steps, labels)
    assert (made.label, made.value.min(), made.annotations.instances[0].box) == ("c", 255, (1.0, 1.0, 3.0, 4.0))
    assert 0 <= told[0].parameters["drawn"] < 1


def test_pictures_gray_and_wrong() -> None:
    seen: list[tuple[int, ...]] = []

    @augment.step("image", labels="keeps", p=1)
    def Written(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        seen.append(image.shape)
        image += 1  # its own copy
        return image

    @augment.step("image", labels="keeps", p=1)
    def Floats(image: np.ndarray, rng: np.random.Generator) -> Any:
        return image * 0.5

    gray = np.zeros((5, 4), np.uint8)
    assert applied("image", ["Written"], gray).value.max() == 1
    assert (gray.max(), seen) == (0, [(5, 4)])
    with pytest.raises(augment.SampleError, match=r"uint8, got float64 \(5, 4\); end with .clip"):
        applied("image", ["Floats"], gray)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, r"got NoneType; end with return"),
        ("text", r"got str; give a NumPy array"),
        ([[0]], r"got list; give a NumPy array"),
        (np.zeros((3, 5, 4), np.uint8), r"got uint8 \(3, 5, 4\); channels come last"),
        (np.zeros((3, 5, 4), np.float32), r"got float32 \(3, 5, 4\); channels come last"),
        (np.zeros((5, 4, 4), np.uint8), r"got uint8 \(5, 4, 4\)$"),
        (np.zeros((1, 5, 4, 3), np.float64), r"got float64 \(1, 5, 4, 3\)$"),
        (np.zeros((0, 0, 3), np.uint8), r"got uint8 \(0, 0, 3\)$"),
        (np.zeros((5, 4, 3), bool), r"got bool \(5, 4, 3\); end with \.clip"),
        (np.zeros((5, 4), np.int32), r"got int32 \(5, 4\); end with \.clip"),
    ],
)
def test_what_is_no_picture_is_told_with_what_mends_it(made: Any, said: str) -> None:
    @augment.step("image", labels="keeps", p=1)
    def Gives(image: np.ndarray, rng: np.random.Generator) -> Any:
        return made

    with pytest.raises(augment.SampleError, match=said):
        applied("image", ["Gives"], np.zeros((5, 4, 3), np.uint8))


def test_sounds_and_texts() -> None:
    @augment.step("audio", labels="keeps", p=1)
    def Louder(clip: Clip, rng: np.random.Generator, *, by: float = 2) -> np.ndarray:
        return clip.samples * np.float32(by)

    @augment.step("audio", labels="keeps", p=1)
    def Shorter(clip: Clip, rng: np.random.Generator) -> Clip:
        return Clip(clip.samples[:, :-1], clip.rate)

    @augment.step("text", labels="keeps", p=1)
    def Shout(text: str, rng: np.random.Generator) -> str:
        return text.upper() + "!"

    clip = Clip(np.full((2, 9), 0.25, np.float32), 8000)
    assert (applied("audio", ["Louder"], clip).value.samples == 0.5).all()
    with pytest.raises(augment.SampleError, match=r"Shorter .* it keeps labels, and yet gave 8 frames"):
        applied("audio", ["Shorter"], clip)
    text = catalog.modality("text").decode(b"Ask Ann Lee about https://x.org today")
    spans = Annotations(spans=(Span(4, 11, "PER"),))
    made = applied("text", ["Shout"], text, annotations=spans)
    found = made.value.texts["text"]
    assert found == "ASK Ann Lee ABOUT https://x.org TODAY!"
    assert [(found[span.start : span.end], span.label) for span in made.annotations.spans] == [("Ann Lee", "PER")]


def test_a_cell_may_run_again() -> None:
    for labels in ("keeps", "may break"):

        @augment.step("image", labels=labels, p=1)  # type: ignore[arg-type]
        def Again(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            return image

        if labels == "keeps":
            augment.load({"image": ["Again"]})
        else:
            with pytest.raises(augment.RecipeError, match="may break"):
                augment.load({"image": ["Again"]})


def test_a_step_of_ones_own_pickles(module: Any) -> None:
    import pickle

    augment.load({"plugins": [module("own_pickled")], "image": ["Channels"]})
    step = catalog.modality("image").build("Channels", {"most": 1}, Setting(Path()))
    again = pickle.loads(pickle.dumps(step))
    picture = Sample(np.arange(27, dtype=np.uint8).reshape(3, 3, 3))
    one, other = (each.apply(picture, Chance.of(0, "a", 1))[0].value for each in (step, again))
    assert np.array_equal(one, other)

"""Recipes: every mistake at once, each with its line and the nearest right name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import augment
from augment import catalog
from augment.engine import source
from augment.engine.draw import Group, leaves
from augment.errors import AugmentError, RecipeError


def mistakes(tmp_path: Path, text: str) -> dict[str, str]:
    """Path of each mistake -> ``line: what is told``."""
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    with pytest.raises(RecipeError) as error:
        augment.load(file)
    found = {}
    for problem in error.value.problems:
        assert problem.place.startswith(f"{file}:")
        found[problem.path] = f"{problem.place.rpartition(':')[2]}: {problem.expected} {problem.fix}"
    return found


EVERYTHING_WRONG = """\
recipe: 1
sead: 7
expand: {multiplier: 0, keep: true}
on_error: explode
image:
  - HorizontalFlop: {p: 0.5}
  - GaussNoise: {var_limit: [10, 50]}
  - ImageCompression: {quality_lower: 20}
  - CoarseDropout: {max_holes: 8}
  - Affine: {rotat: 5, scale: big, p: 2}
  - GaussianBlur: {blur_limit: [9, 3]}
  - one_of: []
  - some_of: {n: 3, steps: [HorizontalFlip]}
  - A: {}
    B: {}
  - OneOf: {}
output: {shard_size: -1, format: webdatset, image: {quality: 200}}
"""


def test_all_mistakes_come_at_once_with_line_path_and_fix(tmp_path: Path) -> None:
    found = mistakes(tmp_path, EVERYTHING_WRONG)
    expected = {
        "sead": ("2", "did you mean seed?"),
        "expand.multiplier": ("3", "greater than or equal to 1, got 0"),
        "expand.keep": ("3", "keep_originals"),
        "on_error": ("4", "'skip' or 'stop'"),
        "image[0].HorizontalFlop": ("6", "did you mean HorizontalFlip?"),
        "image[1].GaussNoise.var_limit": ("7", "std_range"),
        "image[2].ImageCompression.quality_lower": ("8", "quality_range"),
        "image[3].CoarseDropout.max_holes": ("9", "num_holes_range"),
        "image[4].Affine.rotat": ("10", "did you mean rotate?"),
        "image[4].Affine.scale": ("10", "'big'"),
        "image[4].Affine.p": ("10", "probability from 0 to 1, got 2"),
        "image[5].GaussianBlur.blur_limit": ("11", "[9, 3]"),
        "image[6].one_of": ("12", "at least one step"),
        "image[7].some_of.n": ("13", "from 0 to 1, got 3"),
        "image[8]": ("14", "one step, got 2 keys"),
        "image[9].OneOf": ("16", "write one_of"),
        "output.shard_size": ("17", "greater than or equal to 1"),
        "output.format": ("17", "did you mean webdataset?"),
        "output.image.quality": ("17", "less than or equal to 100"),
    }
    assert set(found) == set(expected)
    for path, (line, told) in expected.items():
        assert found[path].startswith(f"{line}: "), (path, found[path])
        assert told in found[path], (path, found[path])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image: [\n", "expected YAML"),
        ("seed: 1\nseed: 2\n", "each key once"),
        ("- a\n- b\n", "expected keys"),
        ("just words", "expected keys"),
        ("image: !!python/object/apply:os.system [ls]\n", "expected YAML"),
        ("image:\n- &a\n  one_of:\n  - *a\n", "without end"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b ["
            + "*a, " * 9
            + "]\nc: &c ["
            + "*b, " * 9
            + "]\nd: &d ["
            + "*c, " * 9
            + "]\ne: &e ["
            + "*d, " * 9
            + "]\nf: ["
            + "*e, " * 9
            + "]\n",
            "without end",
        ),
    ],
)
def test_what_is_no_recipe_is_told(tmp_path: Path, text: str, told: str) -> None:
    assert told in " ".join(mistakes(tmp_path, text).values())


def test_a_table_given_as_a_recipe_is_not_told_whole(tmp_path: Path) -> None:
    told = mistakes(tmp_path, "text,intent\n" + "my key is gone,lost_card\n" * 1000)[""]
    assert "got the text 'text,intent my key" in told
    assert len(told) < 200


def test_a_missing_file_and_a_binary_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(AugmentError, match="no such recipe"):
        augment.load(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AugmentError, match="cannot be read"):
        augment.load(tmp_path / "x.yaml")


def test_python_data_must_be_plain() -> None:
    with pytest.raises(RecipeError, match="plain data"):
        augment.load({"image": [{"HorizontalFlip": {"p": object()}}]})


def test_numbers_with_exponents_are_numbers() -> None:
    assert source.parse("a: 2024-01-01\nb: 2024-01-01 10:00:00").data == {
        "a": "2024-01-01",
        "b": "2024-01-01 10:00:00",
    }
    assert source.parse("a: 1e-3\nb: 1E5\nc: -2e+1\nd: 1e\n").data == {"a": 0.001, "b": 1e5, "c": -20.0, "d": "1e"}


def test_settings_reach_any_key() -> None:
    recipe = augment.load({"image": [{"HorizontalFlip": {"p": 0.5}}]})
    changed = recipe.changed(
        settings=["image[0].HorizontalFlip.p=0.25", "expand.multiplier=3", "output.image.format=png"]
    )
    assert [leaf.p for leaf in leaves(changed.steps["image"])] == [0.25]
    assert changed.frame.expand.multiplier == 3
    assert changed.encodings["image"].format == "png"
    for bad in ("seed", "image[5].X.p=1", "seed.deep=1", "=1"):
        with pytest.raises(RecipeError):
            recipe.changed(settings=[bad])


def test_groups_nest(tmp_path: Path) -> None:
    inner = {"some_of": {"n": [1, 2], "steps": ["HorizontalFlip", {"sequence": [{"Blur": {}}, "VerticalFlip"]}]}}
    recipe = augment.load(
        {"image": [{"one_of": {"p": 0.5, "steps": [inner, {"repeat": {"n": 2, "steps": ["Blur"]}}]}}]}
    )
    (node,) = recipe.steps["image"]
    assert isinstance(node, Group)
    assert [leaf.step.name for leaf in leaves([node])] == ["HorizontalFlip", "Blur", "VerticalFlip", "Blur"]


def test_yaml_and_back_is_the_same_recipe(tmp_path: Path) -> None:
    plain: dict[str, Any] = {"seed": 3, "image": ["HorizontalFlip"], "output": {"shard_size": 5}}
    recipe = augment.load(plain)
    (tmp_path / "r.yaml").write_text(recipe.to_yaml())
    assert augment.load(tmp_path / "r.yaml").fingerprint() == recipe.fingerprint()
    assert recipe.changed(seed=4).fingerprint() != recipe.fingerprint()
    assert recipe.changed(input="x", output="y", multiplier=9).fingerprint() == recipe.fingerprint()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["p", "n", "steps", "one_of", "some_of", "repeat", "Affine", "Blur", "seed", "path", "format", "image"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["recipe", "seed", "expand", "on_error", "fast", "image", "input", "output"]), JSON
    )
)
def test_no_data_makes_it_fail_in_another_way(data: dict[str, Any]) -> None:
    try:
        augment.load(data)
    except RecipeError as error:
        assert error.problems


@given(st.text(alphabet="abp:[]{}-&*!|>'\"# \n0.1", max_size=60))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    try:
        source.parse(text)
    except RecipeError as error:
        assert error.problems


def test_keys_of_an_input_of_any_format_are_checked_too() -> None:
    with pytest.raises(RecipeError, match=r"input.pattern"):
        augment.load({"image": [], "input": {"path": "x", "pattern": "{label}{take}"}})
    with pytest.raises(RecipeError, match=r"input.patern"):
        augment.load({"image": [], "input": {"path": "x", "patern": "{label}"}})
    augment.load({"image": [], "input": {"path": "x", "pattern": "{label}_{take}"}})


WRONG_PLACES = [
    ("output: {shard_siz: 3}", "output.shard_siz", "did you mean shard_size?"),
    ("output: {fromat: yolo}", "output.fromat", "did you mean format?"),
    ("output: {imge: {}}", "output.imge", "did you mean image?"),
    ("output: {format: folder, shardsize: 3}", "output.shardsize", "did you mean shard_size?"),
    ("output: {format: folder, zzz: 3}", "output.zzz", "known: path, format, shard_size, "),
    ("output: {zzz: 3}", "output.zzz", "known whatever the format is: path, format, shard_size, "),
    ("input: {pth: x}", "input.pth", "did you mean path?"),
    ("input: {zzz: x}", "input.zzz", "known whatever the format is: path, format"),
    ("input: {lable: x, pth: x}", "input.pth", "did you mean path?"),
    ("input: {format: coco, labelled: x}", "input.labelled", "known: path, format"),
    ("input: {format: folder, column: x}", "input.column", "it belongs to format: "),
    ("steps: [HorizontalFlip]", "steps", "write them under audio:, image: or text:"),
    ("transforms: [HorizontalFlip]", "transforms", "write them under audio:, image: or text:"),
    ("multiplier: 3", "multiplier", "write expand: {multiplier: 3}"),
    ("keep_originals: false", "keep_originals", "write expand: {keep_originals: false}"),
    ("shard_size: 3", "shard_size", "write output: {shard_size: 3}"),
    ("path: x", "path", 'write input: {path: "x"} or output: {path: "x"}'),
    ("zzz: 1", "zzz", "known: recipe, seed, expand,"),
    ("expand: 10", "expand", "expected a mapping, such as expand: {multiplier: 10}, got 10"),
    ("expand: {multiplier: 1.5}", "expand.multiplier", "expected an integer, got 1.5"),
    ("plugins: my_steps", "plugins", "expected a list, got 'my_steps' write plugins: [my_steps]"),
    ("plugins: {my_steps: 1}", "plugins", "expected a list, got {'my_steps': 1}"),
]


@pytest.mark.parametrize(("text", "path", "told"), WRONG_PLACES)
def test_a_key_in_the_wrong_place_is_told_the_right_one(tmp_path: Path, text: str, path: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)[path]


@pytest.mark.parametrize("block", ["input", "output"])
def test_every_key_of_a_block_is_found_again_from_a_slip(tmp_path: Path, block: str) -> None:
    kind = {"input": "reader", "output": "writer"}[block]
    for name in catalog.names(f"{kind}s"):
        for key in (*getattr(catalog, kind)(name).Options.model_fields, "path", "format"):
            slip = f"{key}_{key[-1]}"
            for chosen in ("auto", name):
                found = mistakes(tmp_path, f"{block}: {{format: {chosen}, {slip}: x}}")
                assert "did you mean " in found[f"{block}.{slip}"], (name, key, found)

"""The house keeps its budgets and its layers. See the import-linter contract in pyproject.toml for the layers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import augment
from augment import catalog

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "augment"
FILES = sorted(PACKAGE.rglob("*.py"))
MODALITIES = catalog.names("modalities")

MOST_LINES = 400
MOST_FUNCTION_LINES = 50
MOST_PARAMETERS = 6
TOP_LEVEL = {
    "pyproject.toml",
    "README.md",
    "augment",
    "recipes",
    "tests",
    "notebooks",
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "constraints.txt",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 25
    assert "image" in MODALITIES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_can_be_read_at_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_are_short_and_narrow(path: Path) -> None:
    for function in functions(path):
        if any("app.command" in ast.unparse(decorator) for decorator in function.decorator_list):
            continue  # a verb of the command line has a parameter for each of its flags
        body = function.body[1:] if ast.get_docstring(function) else function.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
        assert lines <= MOST_FUNCTION_LINES, f"{function.name} has {lines} lines"
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        named = [argument for argument in arguments if argument.arg not in ("self", "cls")]
        assert len(named) <= MOST_PARAMETERS, f"{function.name} has {len(named)} parameters"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_happens_by_global_chance(path: Path) -> None:
    found = re.findall(
        r"np\.random\.(?:seed|rand|randint|choice|random|normal)\(|(?<![\w.])random\.(?:seed|random|choice|randint|shuffle)\(",
        path.read_text(encoding="utf-8"),
    )
    assert found == []


@pytest.mark.parametrize("folder", ["engine", "readers", "writers", "executors"])
def test_no_modality_is_known_outside_its_folder(folder: str) -> None:
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for word in (*MODALITIES, "audio", "text", "video"):
            assert not list(code_words(path, word)), f"{name_of(path)} speaks of {word}"


def code_words(path: Path, word: str) -> Iterator[int]:
    """Lines on which a word stands alone in code: imports, and strings that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"augment.{word}" in (node.module or ""):
            yield node.lineno
        if isinstance(node, ast.Import) and any(f"augment.{word}" in alias.name for alias in node.names):
            yield node.lineno
        if isinstance(node, ast.Constant) and node.value == word:
            yield node.lineno


def test_the_layers_hold_and_every_part_of_the_engine_has_its_place() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in sorted((PACKAGE / "engine").glob("[a-z]*.py")):
        assert f"augment.engine.{path.stem}" in settings, f"{path.stem} is in no layer"
    found = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_no_room_is_a_lumber_room() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name_of(path) for path in FILES if banned & set(path.with_suffix("").parts)] == []


def test_the_top_level_is_tidy() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_the_public_names_are_sorted_and_there() -> None:
    assert augment.__all__ == sorted(augment.__all__)
    for name in augment.__all__:
        assert getattr(augment, name) is not None
    assert set(augment._HOMES) | {"__version__"} == set(augment.__all__)


def test_importing_is_light() -> None:
    heavy = "{'cv2', 'albumentations', 'PIL', 'numpy', 'pyarrow', 'pydantic'}"
    code = f"import sys, augment; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_modality_is_light_until_it_works() -> None:
    names = ", ".join(f"augment.{name}.modality" for name in MODALITIES)
    code = f"import sys, {names}; print(sorted({{'cv2', 'albumentations', 'PIL'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_reader_writer_and_executor_has_its_test() -> None:
    for kind in ("readers", "writers", "executors"):
        tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / kind).glob("test_*.py"))
        for name in catalog.names(kind):
            listed = f'names("{kind}")' in tests  # a test over all of a kind covers it
            assert listed or name in tests, f"no test names the {name} of {kind}"


def test_type_ignores_carry_their_reason() -> None:
    for path in FILES:
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.COMMENT and "type: ignore" in token.string:
                    assert re.search(r"type: ignore\[[\w-]+", token.string), f"{name_of(path)}:{token.start[0]}"

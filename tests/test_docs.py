"""What is written is run: the README's commands and Python, and every shipped recipe. No exclusion list."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import augment
from augment import demo

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader of the README would have it: photos/ and recipes/."""
    home = tmp_path_factory.mktemp("desk")
    demo.draw(home / "photos", {"train": 4, "val": 1})
    (home / "recipes").symlink_to(ROOT / "recipes")
    for number, block in enumerate(blocks("yaml")):
        (home / ("recipe.yaml" if number == 0 else f"recipe{number}.yaml")).write_text(block)
    return home


def test_there_is_something_to_run() -> None:
    assert len(RECIPES) >= 6
    assert len(commands()) >= 8
    assert len(blocks("python")) >= 1


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in commands()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_commands_of_the_readme_work_in_their_order(desk: Path) -> None:
    ran = 0
    for line in commands():
        words = shlex.split(line)
        if words[0] in ("make", "pip"):
            continue
        assert words[0] in ("augment", "python"), line
        module = ["-m", "augment.cli", *words[1:]] if words[0] == "augment" else words[1:]
        if module[0] == "-m" and module[1].startswith("tests.bench."):
            continue  # minutes long
        done = subprocess.run(
            [sys.executable, *module], cwd=desk, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        ran += 1
    assert ran >= 6


def test_the_python_of_the_readme_works(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, shapes: Path, scenes: Path, sounds: Path) -> Path:
    """A folder with all that shipped recipes name as their input, and what they name beside it."""
    folder = tmp_path_factory.mktemp("inputs")
    pictures = dict.fromkeys(("photos", "digits", "scans"), shapes)
    for name, data in {**pictures, "coco": scenes, "sounds": sounds}.items():
        (folder / name).symlink_to(data)
    demo.draw_soundscape(folder, backgrounds=4, events=2)
    demo.draw_texts(folder / "texts", each=4)
    recording = sorted(sounds.glob("train/*/*.wav"))
    rows = ["filename,fold,target,category"]
    for place in ("recordings", "meta", "audio"):
        (folder / place).mkdir()
    for number, file in enumerate(recording):
        shutil.copy(file, folder / "recordings" / f"{file.parent.name}_anna_{number}.wav")
        shutil.copy(file, folder / "audio" / file.name)
        rows.append(f"{file.name},{number % 5 + 1},0,{file.parent.name}")
    (folder / "meta/esc50.csv").write_text("\n".join(rows) + "\n")
    scape = {"audio": [{"Soundscape": {"events": str(folder / "events")}}], "output": {"format": "events"}}
    augment.run(scape, input=folder / "backgrounds", output=folder / "scapes", multiplier=2, executor="serial")
    return folder


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_opens_with_its_command_and_runs(
    path: Path, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    name = path.relative_to(ROOT).as_posix()
    command = re.fullmatch(rf"# augment run {name} (?:--input (\S+) )?--output \S+", first)
    assert command is not None, first
    monkeypatch.chdir(inputs)
    many = 3 * augment.load(path).frame.views
    result = augment.run(path, input=command[1], output=tmp_path / "out", multiplier=many, executor="serial")
    splits = result.manifest["splits"]
    assert splits["train"]["sources"] >= 4
    for name, split in splits.items():
        assert split["outputs"] == split["sources"] * (many if name == "train" else 1)
    assert result.skipped == 0


def test_every_verb_is_in_the_readme() -> None:
    for verb in ("run", "plan", "check", "list", "describe", "verify", "doctor"):
        assert f"augment {verb}" in README


def test_the_recipe_that_the_readme_shows_ships() -> None:
    shown = [yaml.safe_load(block) for block in blocks("yaml")]
    assert any(data == yaml.safe_load((ROOT / "recipes/first-steps.yaml").read_text()) for data in shown)


def test_the_changelog_opens_with_what_is_unreleased_or_this_version() -> None:
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0].startswith(("Unreleased", augment.__version__))

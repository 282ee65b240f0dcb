"""The library is imported from one place, without torch; and Ctrl-C meanwhile leaves nothing half imported."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import augment

HOME = Path(augment.__file__).parent
RECIPE: dict[str, Any] = {"image": [{"HorizontalFlip": {}}, {"Affine": {"rotate": [-9, 9]}}, {"GaussNoise": {}}]}


def fresh(code: str, *arguments: object) -> str:
    """What a Python that has imported nothing says."""
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error::UserWarning", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, env=there, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_albumentations_is_imported_in_one_place() -> None:
    found = set()
    for file in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if any(name.partition(".")[0] == "albumentations" for name in names):
                found.add(file.relative_to(HOME).as_posix())
    assert found == {"image/peer.py"}


def test_pictures_need_no_torch_and_who_asks_for_its_steps_gets_them(shapes: Path) -> None:
    pytest.importorskip("torch")
    said = fresh(
        f"""
import sys, warnings, augment, augment.image.preload
next(iter(augment.stream({RECIPE!r}, input=sys.argv[1])))
print("torch" in sys.modules)
import albumentations as A
print(hasattr(A, "nothing"), "torch" in sys.modules, A.ToTensorV2.__name__, A.ToTensor3D.__name__, A.pytorch.__name__)
from albumentations import ToTensorV2
import albumentations.pytorch
assert A.pytorch.ToTensorV2 is ToTensorV2 is A.ToTensorV2
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    compose = A.Compose([A.HorizontalFlip(p=0.25), ToTensorV2()])
    print(augment.from_albumentations(compose).text.data["image"], "ToTensorV2 is left out" in str(told[-1].message))
again = A.from_dict(A.to_dict(compose))
print(type(again.transforms[-1]) is ToTensorV2)
""",
        shapes,
    )
    steps = "[{'HorizontalFlip': {'p': 0.25}}] True"
    expected = ["False", "False False ToTensorV2 ToTensor3D albumentations.pytorch", steps, "True"]
    assert said.splitlines() == expected


@pytest.mark.parametrize("first", ["import torch", "import albumentations.pytorch"])
def test_what_was_imported_before_stays_as_it_is(first: str) -> None:
    pytest.importorskip("torch")
    code = f"""
{first}
import sys, augment.image.parameters
import albumentations
print(vars(albumentations)["ToTensorV2"].__name__, "__getattr__" in vars(albumentations))
"""
    assert fresh(code) == "ToTensorV2 False"


def test_without_torch_there_are_no_such_steps() -> None:
    code = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
import augment.image.parameters, albumentations
print([hasattr(albumentations, name) for name in ("ToTensorV2", "pytorch", "HorizontalFlip")])
"""
    assert fresh(code) == "[False, False, True]"


@pytest.mark.parametrize("module", ["numpy", "cv2"])
def test_ctrl_c_within_an_import_is_heard_after_it(shapes: Path, module: str) -> None:
    """Where the signal hits the library in the middle, it could not be imported again in this process."""
    code = f"""
import signal, sys
class Now:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(sys.argv[2] + ".") and sys.argv[2] in sys.modules:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
import augment
sys.meta_path.insert(0, Now())
try:
    list(augment.stream({RECIPE!r}, input=sys.argv[1]))
except KeyboardInterrupt:
    print("heard")
print(len(list(augment.stream({RECIPE!r}, input=sys.argv[1]))) > 0)
"""
    assert fresh(code, shapes, module).split() == ["heard", "True"]

"""Cut after every 37th sample and begun anew from its state, a pass goes on with the very next one.

In this process at every place, and in processes that are killed; on made texts, and on real sets:
``AUGMENT_REAL_DATA=FOLDER pytest -m realdata``.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from augment import demo
from tests.conftest import STEPS
from tests.engine import passes

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*(were left out|it is left out|takes its place|stands in):UserWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
ROOT = Path(__file__).parents[2]
TEXT = [{"Typos": {"rate": 0.05, "p": 0.9}}, {"RandomSwap": {"p": 0.5}}]
SOUND = [{"Gain": {"p": 0.5}}, {"AddGaussianNoise": {"p": 1.0}}]
REAL: dict[str, tuple[str, list[dict[str, Any]], int]] = {
    "fsdd": ("audio", SOUND, 3),
    "photos_clothing": ("image", STEPS, 4),
    "voc_bccd": ("image", STEPS, 10),
    "ner_conll2002/esp.testa": ("text", TEXT, 1),
}
"""Path -> modality, steps, multiplier; several hundred samples each."""

SETS = ["made", *(pytest.param(name, marks=pytest.mark.realdata) for name in REAL)]


@pytest.fixture(scope="module", params=SETS)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A recipe and its input."""
    if request.param == "made":
        folder = tmp_path_factory.mktemp("texts")
        demo.draw_texts(folder, each=20)
        recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": TEXT}
        return {"recipe": recipe, "input": str(folder / "requests.csv")}
    if "AUGMENT_REAL_DATA" not in os.environ:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    place = Path(os.environ["AUGMENT_REAL_DATA"]) / request.param
    if not place.exists():
        pytest.skip(f"there is no {place}")
    kind, steps, multiplier = REAL[request.param]
    return {"recipe": {"seed": 7, "expand": {"multiplier": multiplier}, kind: steps}, "input": str(place)}


WAYS = list(itertools.product(["stream", "loader"], [0, 2], [None, 16]))


@pytest.mark.parametrize(("way", "workers", "batch_size"), WAYS)
def test_cut_anywhere_it_goes_on(source: dict[str, Any], way: str, workers: int, batch_size: int | None) -> None:
    if way == "loader":
        pytest.importorskip("torch")
    job = {**source, "way": way, "workers": workers, "batch_size": batch_size}
    whole, cuts = passes.states(passes.begun(job))
    assert len(whole) >= 240 and len(cuts) > 6 and cuts[0][0] == 0
    for taken, state in cuts:
        live = passes.begun(job)
        live.load_state_dict(state)
        wanted = whole[taken:] if not workers else whole[taken : taken + passes.CUT]
        found: list[Any] = []
        for some in passes.marks(live):
            found += some
            if len(found) >= len(wanted):
                break
        assert found[: len(wanted)] == wanted, f"from {taken}"


def gone(processes: list[int]) -> bool:
    """Whether they end within ten seconds."""
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(("way", "workers", "batch_size"), [("stream", 2, None), ("loader", 2, 16)])
def test_killed_it_goes_on(
    source: dict[str, Any], way: str, workers: int, batch_size: int | None, tmp_path: Path
) -> None:
    if way == "loader":
        pytest.importorskip("torch")
    job = {**source, "way": way, "workers": workers, "batch_size": batch_size, "state": None}
    job.update(out=str(tmp_path / "marks"), then=str(tmp_path / "then"), most=5 * passes.CUT)
    whole, _ = passes.states(passes.begun(job))
    kills = 0
    while job["state"] is None or job["state"]["epoch"] == 0:
        (tmp_path / "job").write_text(json.dumps(job))
        command = [sys.executable, "-m", "tests.engine.passes", str(tmp_path / "job")]
        done = subprocess.run(command, cwd=ROOT, timeout=120, check=False, capture_output=True, text=True)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        kills += done.returncode != 0
        then = json.loads((tmp_path / "then").read_text())
        assert gone(then["under"])
        job["state"] = then["state"]
    assert [json.loads(line) for line in (tmp_path / "marks").read_text().splitlines()] == whole
    assert kills > 0

"""The notebooks run as they are, and what they print is what their text says."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("ipywidgets")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
SECONDS = 60
NEEDS = {"train": ("torch", "sklearn"), "own_step": ("cloudpickle",), "sounds": ("pyloudnorm",)}

FACT = re.compile(r".*: (True|False)")
"""Lines like these say what holds; each of them has to be among those below."""

LEFT_OUT = re.compile(r"UserWarning: \d+ of \d+ samples could not be made and were left out.* shortfall,")
"""What a stream says of texts that a step can't make differ often enough; the notebook speaks of it, too."""

PRINTED: dict[str, dict[str, list[str]]] = {
    "own_step": {
        "data": ["12 pictures", "6 scenes with boxes"],
        "checked": ["image[0].Vignette.most", "  did you mean Vignette?"],
        "draw": ["WrongNoise: two passes alike: False", "RightNoise: two passes alike: True"],
        "verify": [
            "WrongNoise: outputs that come out otherwise: 4 of 4",
            "RightNoise: outputs that come out otherwise: 0 of 4",
        ],
        "workers": ["60 samples, the same with 0 and 2 workers: True"],
        "refused": ["image: Shove"],
        "compare": ["10 objects, 5 of them after a shift by 100 pixels", "boxes as Affine has them: True"],
        "spans": ["36 texts, 39 entities, in capitals: 0"],
        "fingerprint": ["the same fingerprint: False", "a run over both: refused"],
    },
    "pictures": {
        "data": ["54 pictures in test train val"],
        "typo": ["  did you mean HorizontalFlip?", "  did you mean rotate?"],
        "plan": ["train circle    12 -> 120", "val   circle     3 ->   3", "378 outputs in 6 shards"],
        "exact": ["378 outputs, 0 skipped", "test 9 -> 9", "train 36 -> 360", "val 9 -> 9"],
        "untouched": ["copies in val and test: 0"],
        "same": ["1 and 2 processes, same bytes: True", "another seed, same training shards: False"],
        "bug": ["the usual way, different draws in two workers: False"],
        "workers": ["with augment, the same samples with 0 and 2 workers: True", "different pictures: 360 of 360"],
        "policies": ["exactly one of noise and blur: True", "flips within 3 standard errors of a half: True"],
        "visible": ["each limit drops some more: True"],
        "inside": ["all boxes inside their pictures: True"],
        "yaml": ["- Affine:"],
    },
    "sounds": {
        "data": ["24 sounds"],
        "snr": ["within half a decibel of what was asked: True"],
        "prepare": ["shapes: {(1, 8000)} rates: {8000}", "prepared within a tenth of -23 LUFS: True"],
        "scapes": ["8 soundscapes"],
        "moved": ["32 clips, 132 events; none is more than 5 ms off: True"],
        "clicks": ["all within 5 ms: True"],
        "refused": ["audio: TimeStretch", "on class folders: 60 outputs"],
    },
    "texts": {
        "data": ["144 samples in people.conll questions.jsonl requests.csv reviews"],
        "spans": ["216 texts, 222 entities; all are real names with their label: True"],
        "kinds": ["typos change less: True"],
        "refused": ["text[0].Antonyms", "text[0].Negate", "Typos is fine"],
        "shortfall": ["made and left out are what was planned: True", "fewer than planned: True"],
        "keep": ["with duplicates: keep, 180 texts"],
        "mended": ["180 texts of 180; a source has one twice: False"],
        "grammar": ["[('book_flight', 30), ('opening_hours', 30)] different: 60"],
    },
    "train": {
        "data": ["(1797, 8, 8) uint8"],
        "gains": ["SVC and neighbours gain: True", "the linear model gains: False"],
        "leak": ["the leak flatters by more than ten points: True"],
        "folder": ["600 training samples an epoch, 500 to validate"],
        "epochs": ["epoch 0 drawn again is the same: True", "pictures that epochs 0 and 1 share: 60"],
        "patience": ["behind after 25 steps: True", "ahead after 120 steps: True"],
        "mixup": ["{'epoch': 0, 'number': 75}", "(8, 1, 8, 8) (8, 10) weights add up to 1: True"],
        "resume": ["19 batches; after 7 the rest is the same: True"],
    },
}
"""Notebook -> cell -> lines that it prints."""

SHOWN: dict[str, dict[str, tuple[str, int]]] = {
    "own_step": {"first": ("<img", 10), "whole": ("<img", 8)},
    "pictures": {"show": ("<img", 18), "boxes": ("<img", 20)},
    "sounds": {"show": ("<audio", 12), "stretch": ("<audio", 6)},
}
"""Notebook -> cell -> the element that it shows, and how many."""


def stored(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for all that a kernel writes, of a short name: workers' sockets lie in it, whose paths have a limit."""
    with tempfile.TemporaryDirectory(prefix="nb-", ignore_cleanup_errors=True) as folder:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
            monkeypatch.setenv(name, folder)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.setenv(name, "1")  # other tests run beside it
        yield Path(folder)


def executed(name: str, place: Path) -> Any:
    """The notebook with its outputs, run by a kernel of this interpreter, which is gone then."""
    from traitlets.config import Config

    found = stored(name)
    where = {"metadata": {"path": str(place)}}
    own = Config({"KernelSpecManager": {"kernel_dirs": []}})  # not one that somebody has installed as python3
    nbclient.NotebookClient(found, timeout=SECONDS, resources=where, kernel_name="python3", config=own).execute()
    return found


def test_all_are_looked_at() -> None:
    assert sorted(PRINTED) == NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_stored_bare(name: str) -> None:
    found = stored(name)
    nbformat.validate(found)
    code = [cell for cell in found.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert all(not cell.metadata for cell in found.cells)
    ids = [cell.id for cell in found.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", one) for one in ids), "names that a person has given, not new ones"
    assert set(found.metadata) <= {"kernelspec", "language_info"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of jupyter's own packages
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_says_what_is_so(name: str, place: Path) -> None:
    for package in NEEDS.get(name, ()):
        pytest.importorskip(package)
    before = {path: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    begun = time.perf_counter()
    cells = {cell.id: cell for cell in executed(name, place).cells if cell.cell_type == "code"}
    assert time.perf_counter() - begun < SECONDS
    printed: dict[str, list[str]] = {}
    for place_of, cell in cells.items():
        streams = [output for output in cell.outputs if output.output_type == "stream"]
        said = [output.text for output in streams if output.name != "stdout"]
        assert not [text for text in said if not LEFT_OUT.search(text)], place_of
        printed[place_of] = "".join(output.text for output in streams).splitlines()
    for cell_id, lines in PRINTED[name].items():
        assert not [line for line in lines if line not in printed[cell_id]], printed[cell_id]
    facts = {(cell_id, line) for cell_id, lines in printed.items() for line in lines if FACT.fullmatch(line)}
    assert not facts - {(cell_id, line) for cell_id, lines in PRINTED[name].items() for line in lines}
    for cell_id, (element, count) in SHOWN.get(name, {}).items():
        html = "".join(output.data.get("text/html", "") for output in cells[cell_id].outputs if "data" in output)
        assert html.count(element) == count, cell_id
    assert before == {path: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}

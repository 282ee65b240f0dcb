"""Laws of ``augment doctor``: nothing is told twice, and where a fix is known it is told."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from typing import Any

import pytest

from augment import doctor
from augment.text import diagnose

WANTED = [
    "nlpaug==1.1.11",
    "opencv-python-headless>=4.11",
    "torch; extra == 'models'",
    "transformers>=4.44; extra == 'models'",
    *(f"{name}; extra == 'segmenters'" for name in ("jieba", "janome", "pythainlp")),
]


@pytest.mark.parametrize("absent", [set(), {"transformers"}, {"torch", "transformers"}, {"jieba", "janome", "nlpaug"}])
def test_a_package_is_told_of_once(absent: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in absent:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name) if name in {"nlpaug", "opencv-python-headless"} else "99"

    monkeypatch.setattr(doctor, "requires", lambda _: WANTED)
    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(diagnose, "version", version)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None if name in absent else object())
    found = [finding.about for finding in doctor.examine()]
    for name in absent:
        assert len([about for about in found if f"no {name}" in about or f"{name} is missing" in about]) == 1
    for name in {"nlpaug", "opencv-python-headless"} - absent:
        assert len([about for about in found if f"{name} {real(name)}" in about]) == 1


def test_what_is_wrong_with_another_version_stays_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["nlpaug==9.9"])
    assert any(one.status == "bad" and "expected ==9.9" in one.about for one in doctor.examine())


@pytest.mark.parametrize("missing", ["nltk", "data"])
def test_the_fix_for_nltk_is_told(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def without(name: str, *given: Any) -> Any:
        if name == "nltk" and missing == "nltk":
            raise ImportError(name)
        return real(name, *given)

    monkeypatch.setattr(importlib, "import_module", without)
    monkeypatch.setattr("augment.text.nltk_data._files", lambda *_: [])
    finding = next(one for one in diagnose.findings() if "SynonymAug" in one.about)
    assert finding.status == "note" and "SynonymReplacement" in finding.fix
    assert ("pip install nltk" if missing == "nltk" else "nltk.downloader wordnet") in finding.fix

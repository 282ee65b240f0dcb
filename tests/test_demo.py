"""Laws of ``python -m augment.demo``: it draws what it is asked for, and nothing where it was asked for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from augment import demo


@pytest.mark.parametrize("kind", ["", "shapes", "scenes", "sounds", "soundscape", "texts"])
def test_every_kind_is_drawn_and_counted(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.main([str(tmp_path / "made"), *([kind] if kind else [])])
    told = re.fullmatch(r"(\d+) (pictures|sounds|texts) in .*made\n", capsys.readouterr().out)
    assert told
    files = [path for path in (tmp_path / "made").rglob("*") if path.suffix in {".jpg", ".wav"}]
    assert told[2] == "texts" or len(files) == int(told[1])


@pytest.mark.parametrize("given", [["--help"], ["-h"], ["made", "scnes"], ["made", "texts", "more"], ["--kind"]])
def test_nothing_is_drawn_for_a_mistake_or_for_help(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        demo.main(given)
    assert left.value.code == (0 if given[0] in {"--help", "-h"} else 2)
    assert "soundscape" in "".join(capsys.readouterr()) and not list(tmp_path.iterdir())

"""Closed early, passes leave no process, thread, file, folder or shared memory behind.

As many as here take seconds; ``python -m tests.bench.closing`` does the same 200 times over.
"""

from __future__ import annotations

import tempfile
from multiprocessing import util
from pathlib import Path

import pytest

from augment import demo
from tests.bench import closing


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
@pytest.mark.parametrize("way", closing.WAYS)
def test_nothing_is_left(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if way != "stream":
        pytest.importorskip("torch")
    demo.draw_texts(tmp_path / "texts", each=3)
    util.get_temp_dir()  # of the whole test session, not to be made in the folder that is looked at
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before, after = closing.closed(way, tmp_path / "texts/requests.csv", 6)
    assert after == before

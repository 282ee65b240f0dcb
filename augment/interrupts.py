"""Ctrl-C held back for a moment, so that it never hits the middle of an import.

A library whose import was broken off stays half there: extension modules can be set up once in a process only, and all
later imports of them fail until Python is started anew.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held() -> Iterator[None]:
    """Within it SIGINT does nothing; after it, one that came meanwhile does what it would have done.

    Only the main thread hears signals: in others, and where a handler was not set from Python, nothing is changed.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        came.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)

"""Ctrl-C held back is neither lost nor early, and the handler is what it was."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from augment import interrupts


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("times", [0, 1, 3])
def test_it_comes_once_and_after_the_outermost(depth: int, times: int) -> None:
    done: list[int] = []

    def within(left: int) -> None:
        with interrupts.held():
            if left:
                within(left - 1)
            else:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)
            done.append(left)

    try:
        within(depth - 1)
        heard = False
    except KeyboardInterrupt:
        heard = True
    assert heard == (times > 0)
    assert done == list(range(depth))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_within_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, interrupts.held():
        signal.raise_signal(signal.SIGINT)
        raise ValueError
    assert isinstance(caught.value.__context__, ValueError)
    with pytest.raises(ValueError), interrupts.held():
        raise ValueError


def test_who_ignores_it_goes_on_to_do_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.held():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_change_nothing() -> None:
    found = []

    def within() -> None:
        with interrupts.held():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]

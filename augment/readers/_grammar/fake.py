"""Fields made by the package Faker (https://faker.readthedocs.io): names, addresses, companies, in many locales.

Each text is drawn from an instance seeded for it alone, so that it does not depend on what was drawn before. Methods
that ask the clock, or whose result a seed doesn't fix, are refused: they would give other texts tomorrow.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from augment.errors import InputError, nearest
from augment.readers._grammar.values import UnfitError

TRIES = 12
"""Texts that are drawn from each locale to see whether a method is fit."""

_CLOCKS = frozenset({"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "urandom"})
_PLAIN = (str, int, float, Decimal, date, time, timedelta)
_BITS = 2**53


@dataclass(frozen=True, slots=True)
class Fake:
    """One of Faker's methods; ``arguments`` is JSON. Where there are locales, each text is drawn from one of them."""

    method: str
    locales: tuple[str, ...] = ()
    arguments: str = "{}"

    @property
    def size(self) -> None:
        """Nobody knows."""
        return None

    def at(self, index: int) -> str:
        """The text of a seed."""
        try:
            return str(self.drawn(index))
        except Exception as error:  # whatever a method of Faker's raises
            raise InputError(f"Faker's {self.method} fails for seed {index}: {error}") from error

    def pick(self, u: float) -> str:
        """See Values."""
        return self.at(int(u * _BITS))

    def drawn(self, seed: int) -> Any:
        """What the method gives, whatever it is."""
        found = _instance(self.locales[seed % len(self.locales)] if self.locales else "")
        found.seed_instance(seed)
        return getattr(found, self.method)(**json.loads(self.arguments))


def field(method: str, locales: tuple[str, ...], arguments: dict[str, Any]) -> Fake:
    """A field, tried out. Raises ValueError with what was expected, for a person."""
    return _field(method, locales, json.dumps(arguments, sort_keys=True, default=str))


@cache
def _field(method: str, locales: tuple[str, ...], arguments: str) -> Fake:
    try:
        from faker.config import AVAILABLE_LOCALES
    except ImportError:
        raise ValueError("the package Faker to be installed (pip install 'augment[faker]')") from None
    for locale in locales:
        if locale not in AVAILABLE_LOCALES:
            raise UnfitError(f"a locale of Faker's such as de_DE{_near(locale, AVAILABLE_LOCALES)}", "locale")
    for locale in locales or ("",):
        known = _methods(locale)
        if method not in known:
            raise ValueError(f"a method of Faker's {locale or 'en_US'}{_near(method, known)}")
    found = Fake(method, locales, arguments)
    _try_out(found)
    return found


def _try_out(found: Fake) -> None:
    """Refuse a method that gives no text, or not the same one each time. Raises ValueError."""
    asked: set[str] = set()
    for seed in range(TRIES * max(1, len(found.locales))):
        try:
            with _watched(asked):
                value = found.drawn(seed)
            again = found.drawn(seed)
        except Exception as error:  # whatever a method of Faker's raises
            raise ValueError(
                f"a method that works with these arguments, but {type(error).__name__}: {error}"
            ) from None
        if not isinstance(value, _PLAIN) or isinstance(value, bool):
            raise ValueError(f"a method that gives a text or a number, but it gives {type(value).__name__}")
        if asked:
            raise ValueError("a method that gives the same each day, but it asks the clock; use `date:` instead")
        if value != again:
            raise ValueError("a method whose result its seed fixes, but it gives another each time")


@contextmanager
def _watched(asked: set[str]) -> Iterator[None]:
    """Note which clocks are asked meanwhile."""

    def look(frame: Any, event: str, called: Any) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in _CLOCKS:
            asked.add(called.__name__)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


@cache
def _instance(locale: str) -> Any:
    from faker import Factory

    return Factory.create(locale or None)


@cache
def _methods(locale: str) -> frozenset[str]:
    """What a locale's providers can give; not what steers Faker itself."""
    providers = _instance(locale).get_providers()
    return frozenset(name for one in providers for name in dir(one) if name[0] != "_" and callable(getattr(one, name)))


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest(name, sorted(known))
    return f" ({near})" if near else ""

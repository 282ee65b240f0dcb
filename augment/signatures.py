"""What calls take: options that are the keys of a TypedDict, as a notebook shows them, and what is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any, TypeVar

from augment.errors import AugmentError, nearest

Function = TypeVar("Function", bound=Callable[..., Any])


def shows(options: type, **defaults: Any) -> Callable[[Function], Function]:
    """For ``help()`` and Shift-Tab: the keys of ``options`` for ``**options``, with ``defaults``, else None."""

    def shown(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        further = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=kind)
            for name, kind in inspect.get_annotations(options).items()
        ]
        known = {one.name for one in own}
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]  # that is how inspect is told
            parameters=[*own, *(one for one in further if one.name not in known)]
        )
        return function

    return shown


def only(called: str, given: Mapping[str, Any], options: type, elsewhere: Mapping[str, str] | None = None) -> None:
    """Refuse options that there are not, and say which are.

    Args:
        called: What was called.
        given: The options that it got.
        options: The TypedDict of those that it has.
        elsewhere: What to do instead, by option.

    Raises:
        TypeError: There is no such option.
    """
    known = options.__annotations__
    wrong = next((name for name in given if name not in known), None)
    if wrong is not None:
        fix = (elsewhere or {}).get(wrong) or nearest(wrong, sorted(known))
        raise TypeError(f"{called}() got an unexpected option {wrong!r}{'; ' if fix else ''}{fix}")


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """A whole number from ``low`` to ``high``, NumPy's too. Raises AugmentError."""
    counts = isinstance(value, Integral) and not isinstance(value, bool)
    if not counts or value < low or (high is not None and value > high):
        limit = f" to {high}" if high is not None else " or more"
        raise AugmentError(f"{name}: expected a whole number, {low}{limit}, got {value!r:.200}")
    return int(value)

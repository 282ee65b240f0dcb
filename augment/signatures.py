"""What ``help()`` and Shift-Tab in a notebook show of a function whose options are the keys of a TypedDict."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def shows(options: type, **defaults: Any) -> Callable[[Function], Function]:
    """Show the keys of ``options`` in place of ``**options``; a key has its default from ``defaults``, else None."""

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

"""A widget for each parameter of a step, made from the words that ``augment describe`` says of it.

Those words are the same for library steps, our own and users': ``true | false``; ``a | b | c`` or ``one of a, b``;
``list of any of a, b``; ``number`` and ``whole number`` with bounds (``>= 0, <= 1``, ``from 0 to 1``, ``above 0``);
``[low, high]``. What is none of these, or is null now, gets a line in which YAML is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from augment.contracts import Parameter
from augment.errors import AugmentError

STEPS = 200
"""Stops of a slider between its ends, where its numbers are not whole."""

ZERO = 10.0
"""How far a slider reaches that stands at 0 and has no bounds."""

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_LOWS = re.compile(rf"(>=|>|from|above)\s*{_NUMBER}")
_HIGHS = re.compile(rf"(<=|<|to|below)\s*{_NUMBER}")
_WRITTEN = re.compile(r" *\(or OpenCV's number\)|,? low <= high| or null\b|\((?:>=|<=)[^)]*\)")


@dataclass(frozen=True)
class Control:
    """One parameter and its widget.

    Args:
        name: The parameter's name.
        widget: Of ipywidgets; it tells of changes by its ``value``.
        first: What ``value`` gives as long as nobody has changed it.
        text: Whether the widget holds YAML.
    """

    name: str
    widget: Any
    first: Any
    text: bool = False

    @property
    def value(self) -> Any:
        """What the widget says, as plain data. Raises AugmentError for what is not YAML."""
        value = self.widget.value
        if self.text:
            try:
                return yaml.safe_load(value)
            except yaml.YAMLError:
                raise AugmentError(f"{self.name}: expected a value as YAML has it, got {value!r}") from None
        if isinstance(value, tuple):
            return [_rounded(end) for end in value]
        return _rounded(value)


def control(widgets: Any, parameter: Parameter, given: Mapping[str, Any]) -> Control:
    """The control of a parameter, at its value in the recipe, else its default.

    Args:
        widgets: The module ipywidgets.
        parameter: As the step's description has it.
        given: The step's parameters in the recipe.
    """
    value = given[parameter.name] if parameter.name in given else _default(parameter.default)
    kind = _WRITTEN.sub("", parameter.kind).strip()
    options = {"description": parameter.name, "style": {"description_width": "12em"}, "tooltip": parameter.about}
    options["layout"] = widgets.Layout(width="auto", max_width="34em")
    if isinstance(value, bool):
        return _made(parameter.name, widgets.Checkbox(value=value, **options))
    if (choices := _choices(kind)) and value in choices:
        return _made(parameter.name, widgets.Dropdown(options=choices, value=value, **options))
    if (many := _many(kind)) and isinstance(value, list) and set(value) <= set(many):
        rows = min(8, len(many))
        return _made(parameter.name, widgets.SelectMultiple(options=many, value=value, rows=rows, **options))
    if (numbers := _numbers(kind, value)) is not None:
        return _made(parameter.name, _slider(widgets, numbers, kind, options))
    shown = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    shown = shown.removesuffix("\n").removesuffix("\n...")
    found = widgets.Text(value=shown, continuous_update=False, **options)
    return Control(parameter.name, found, value, text=True)


def _made(name: str, widget: Any) -> Control:
    found = Control(name, widget, None)
    return Control(name, widget, found.value)


def _default(text: str) -> Any:
    """A default from its YAML; null where the parameter has none."""
    try:
        return None if text in ("required", "one") else yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _choices(kind: str) -> list[Any]:
    """The values of which one is taken; empty where there are others."""
    if kind.startswith("one of ") and " or " not in kind:
        return [yaml.safe_load(word) for word in kind.removeprefix("one of ").split(", ")]
    words = kind.split(" | ")
    return words if len(words) > 1 and all(re.fullmatch(r"[\w-]+", word) for word in words) else []


def _many(kind: str) -> list[str]:
    """The values of which any are taken."""
    return kind.partition("list of any of ")[2].split(", ") if "list of any of " in kind else []


def _numbers(kind: str, value: Any) -> tuple[float, ...] | None:
    """The number, or the two ends of a range, that a slider can show; None where the value is something else.

    What may be a list of numbers too, such as a colour, is better written.
    """
    if "…" in kind:
        return None
    if type(value) in (int, float):
        return (value,) if "number" in kind or "probability" in kind else None
    pair = isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value)
    return (value[0], value[1]) if pair and value[0] <= value[1] and "[low, high]" in kind else None


def _slider(widgets: Any, numbers: Sequence[float], kind: str, options: Mapping[str, Any]) -> Any:
    """A slider for a number, or one with two handles for a range, from the least to the most that is permitted.

    Where there is no bound it reaches to four times the value, and as far below 0 where the value is not above it;
    the recipe's text is the place for more.
    """
    low, high = _bound(_LOWS, kind), _bound(_HIGHS, kind)
    widest = max(1.0, *(4 * abs(number) for number in numbers)) if any(numbers) else ZERO
    least = min(low[1] if low else -widest if min(numbers) <= 0 else 0.0, *numbers)
    most = max(high[1] if high else max(widest, least + widest), *numbers)
    whole = all(type(number) is int for number in numbers) and most - least > 2 and not _fractions(kind)
    step = 1 if whole else (most - least) / STEPS
    least = least + step if low and low[0] in (">", "above") and min(numbers) >= least + step else least
    most = most - step if high and high[0] in ("<", "below") and max(numbers) <= most - step else most
    ends = (int(least), int(most)) if whole else (least, most)
    name = f"{'Int' if whole else 'Float'}{'Range' if len(numbers) == 2 else ''}Slider"
    value = tuple(numbers) if len(numbers) == 2 else numbers[0]
    extra = {} if whole else {"readout_format": ".4"}
    bounds = {"min": ends[0], "max": ends[1], "step": step, "value": value}
    return getattr(widgets, name)(**bounds, **extra, **options)


def _bound(form: re.Pattern[str], kind: str) -> tuple[str, float] | None:
    found = form.search(kind)
    return (found[1], float(found[2])) if found else None


def _fractions(kind: str) -> bool:
    """Whether a whole number stands where others are as good."""
    return "number" in kind.replace("whole number", "") and "whole number" not in kind


def _rounded(value: Any) -> Any:
    """A slider's number without what binary fractions add to it."""
    return float(f"{value:.6g}") if isinstance(value, float) else value

"""English number words: cardinals and ordinals below a thousand, both ways."""

from __future__ import annotations

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINAL = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}

UNITS, TENS = tuple(_UNITS.split()), tuple(_TENS.split())

MOST = 999


def cardinal(number: int) -> str:
    """A number from 0 to 999 in words, the British way: *two hundred and five*."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS[tens - 2] + (f"-{UNITS[rest]}" if rest else "")
    hundreds, rest = divmod(number, 100)
    return f"{UNITS[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """The same as an ordinal: *twenty-first*."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINAL:
        return words[:cut] + _ORDINAL[last]
    return words[:cut] + {"y": last[:-1] + "ieth", "e": last[:-1] + "fth"}.get(last[-1], last + "th")


def suffix(number: int) -> str:
    """What makes a numeral an ordinal: *st* of 21st."""
    return "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

"""What steps leave alone in a text: entities and answers, and what would be broken by a typo or a synonym."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

from augment.annotations import Span
from augment.text.marks import LOOSE

Range = tuple[int, int]
"""First code point, and the one after the last."""

Kind = Literal[
    "spans", "urls", "emails", "domains", "mentions", "hashtags", "code", "placeholders", "tags", "paths", "shortcodes"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ENDINGS = (
    "com|org|net|edu|gov|mil|info|biz|io|ai|app|dev|tv|eu|uk|ca|de|fr|es|nl|pl|se|dk|fi|ch|cz|pt|gr|ie|ru|ua|tr|"
    "cn|jp|kr|tw|hk|sg|au|nz|br|mx|ar|cl|za|ng|ke|eg|ae|il|ir|pk"
)
"""Of domains that are known without ``www``: common ones that are no English words, as ``in`` and ``it`` are."""

_LATIN = "A-Za-z0-9\u00c0-\u024f"
_LABEL = f"[{_LATIN}][{_LATIN}-]{{0,62}}"

_PRINTF = (
    r"%(?:(?:\d{1,4}\$)?[-+#0']{0,4}|\([^()\s]{1,64}\)[-+#0' ]{0,4})(?:\d{1,4}|\*)?(?:\.(?:\d{1,4}|\*)?)?"
    r"(?:hh?|ll?|[qjztL])?[A-Za-z@]"
)
"""A conversion of printf, Python's too and Objective-C's (ISO C, 7.23.6.1), or of strftime; no blank is taken for one
of its flags, for 5 % of something is none."""

PATTERNS: dict[str, str] = {
    "urls": r"(?:(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,32}://|www\.)[^\s<>\"'`]+",
    "emails": r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
    "domains": (
        rf"(?<![{_LATIN}_.@/\\-])(?:{_LABEL}\.){{1,8}}(?:{_ENDINGS})(?![{_LATIN}_-]|\.[{_LATIN}])"
        r"(?:(?::\d+)?[/?#][^\s<>\"'`]*)?"
    ),
    "mentions": r"(?<!\w)@\w+",
    "hashtags": r"(?<![\w&])#\w+",
    "code": r"```.*?```|`[^`\n]+`",
    "placeholders": (
        r"(?=[{%\[<$_#@])(?:[#$%@]?(?:\{\{.{0,256}?\}{2,3}|\{[^{}\n]{0,64}\})|\$\([A-Za-z_][^()\n]{0,63}\)|<%.{0,256}?%>"
        r"|%(?!(?:hh?|ll?|[qjztL])[A-Za-z]%)(?:[A-Z_][A-Z0-9_]{1,62}%|[A-Za-z_]\w{1,62}%(?![\w%]))"
        rf"|%%|(?<!\d){_PRINTF}|(?!%'){_PRINTF}(?!\w)"
        r"|\[\[[^\[\]\n]{1,256}\]\]|\[(?:[A-Z][A-Z_]*\d*|[A-Za-z]{1,62}[_\d]\w{0,62})\]"
        r"|<<[A-Za-z_][\w.-]{0,62}>>|<[A-Z][A-Z_]*\d*>|<0x[0-9A-Fa-f]{1,8}>|<\|[^|<>\n]+\|>"
        r"|__[A-Za-z]\w{0,62}?__|(?<!\w)\$[A-Za-z_]\w*(?:\$(?!\w))?)"
    ),
    "paths": (
        r"(?<![\w/.:~-])(?:(?:~|\.\.?)/[\w.@+-]+|/[\w.@+-]+/[\w.@+-]+)(?:/[\w.@+-]*)*"
        r"|(?<![A-Za-z0-9])[A-Za-z]:[\\/](?:[^\s\\/:*?\"<>|](?:[^\\/:*?\"<>|\n]{0,62}[^\s\\/:*?\"<>|])?\\)*[^\s:*?\"<>|]+"
        r"|(?<![\w\\])\\\\[\w.$-]+\\[^\s:*?\"<>|]+"
    ),
    "shortcodes": r"(?<!\w):(?:[a-z][a-z0-9_+-]{1,39}|[+-]1):(?!\w)",
    "tags": r"</?[A-Za-z][^<>\n]{0,256}>|&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);",
}
"""Kind -> what it looks like; tried in this order at each place. All have limits, so that time grows with length."""

Policy = frozenset[str]
"""Kinds that are guarded."""

DEFAULT: Policy = frozenset(KINDS)


_NEEDS: dict[str, frozenset[str]] = {
    "urls": frozenset({"://", "."}),
    "emails": frozenset("@"),
    "domains": frozenset("."),
    "mentions": frozenset("@"),
    "hashtags": frozenset("#"),
    "code": frozenset("`"),
    "placeholders": frozenset({*"{%[<$", "__"}),
    "paths": frozenset("/\\"),
    "shortcodes": frozenset(":"),
    "tags": frozenset("<&"),
}
"""Kind -> what one of must be in a text for it; a dot counts as ``_dotted`` has it."""

_NEEDED = sorted(frozenset().union(*_NEEDS.values()) - {"."})


@lru_cache(512)
def _pattern(policy: Policy, signs: tuple[str, ...] | None = None) -> re.Pattern[str]:
    """What finds all kinds of a policy, or those that are possible with some signs, in a third of the time."""
    kinds = [name for name in PATTERNS if name in policy]
    chosen = [PATTERNS[name] for name in kinds if signs is None or not _NEEDS[name].isdisjoint(signs)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen) or r"(?!)", re.DOTALL)


SIGNS = "@#`{%[<$&:_/\\"
"""Nothing is guarded by its looks without one of these, or a dot as ``_dotted`` looks for."""

_DOT = re.compile(r"\.[a-z]{2}")  # its first character is always the same: ten times as fast as with a choice


def telling(signs: str) -> bytes:
    """A table for ``unmarked`` that has it look for other characters."""
    return bytes(0 if chr(code) in signs else 1 for code in range(256))


_TELLING = telling(SIGNS)


def unmarked(text: str, table: bytes = _TELLING) -> bool:
    """Whether an ASCII text has none of SIGNS, and no dot amid words; in a fiftieth of the time of the patterns."""
    return 0 not in text.encode().translate(table) and (text.find(".", 0, -1) < 0 or not _dotted(text))


def _dotted(text: str) -> bool:
    """Whether a dot may be that of a domain: not at the end of a sentence, nor in a number."""
    return _DOT.search(text) is not None or "www." in text


def ranges(text: str, spans: Sequence[Span], policy: Policy) -> list[Range]:
    """The guarded stretches, sorted; those that overlap are one."""
    if text.isascii() and unmarked(text):
        found = []
    elif (  # as above for any text, and nearer
        "@" in text
        or "#" in text
        or "`" in text
        or "{" in text
        or "%" in text
        or "[" in text
        or "<" in text
        or "$" in text
        or "&" in text
        or "/" in text
        or "\\" in text
        or (":" in text and text.count(":") > 1)
        or ("_" in text and "__" in text)
        or (text.find(".", 0, -1) >= 0 and _dotted(text))
    ):
        signs = [sign for sign in _NEEDED if sign in text]
        if _dotted(text):
            signs.append(".")
        found = [match.span() for match in _pattern(policy, (*signs,)).finditer(text)]
    else:
        found = []
    if spans and "spans" in policy:
        found += [(span.start, span.end) for span in spans if span.layer not in LOOSE and span.end > span.start]
        found.sort()
    if len(found) < 2:
        return found
    merged = [found[0]]
    for start, end in found[1:]:
        if start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

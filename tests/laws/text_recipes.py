"""The smallest recipe with which each step of text works; what can't be found by itself stands here."""

from __future__ import annotations

from typing import Any

SPECIAL: dict[str, dict[str, Any]] = {
    "EntitySwap": {"entities": {"X": ["Jane Doe", "Zoë 👩‍👧", "東京", "ACME"]}},
    "DateFormats": {"day_first": True, "forms": ["iso", "day_month", "month_day", "slashes"]},
}
"""Where a parameter is needed, or the defaults leave something out."""

MODELS = frozenset({"BackTranslate", "MaskedWords"})
"""Steps that need a model, which the tests have not; they have their own."""

SWAPS = frozenset({"EntitySwap"})
"""Steps whose business is another entity in the place of one."""

DROPS = frozenset({"SentenceDrop"})
"""Steps that take away what is guarded with the sentence that it stands in."""


ENGLISH = (
    "The quick brown fox doesn't like 1,200 small dogs, because they are not happy. It has paid $5 to John Smith in"
    ' Paris on March 5, 2021... "Very good" results can be bought for 20 dollars. They were big.'
)
"""A text in which each step finds something to change."""

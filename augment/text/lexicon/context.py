"""Which reading of a word is meant, from its neighbours; and words that are never replaced.

No tagger: a handful of rules after Brill ("A simple rule-based part of speech tagger", ANLP 1992), each of which lets
only some readings through; of those the most frequent is taken, and of all where a rule leaves none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from augment.text.lexicon import Reading

_WORDS = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those am is are was were be
    been being have has had having do does did doing a an the and but if or because as until while of at by for with
    about against between into through during before after above below to from up down in out on off over under again
    further then once here there when where why how all any both each few more most other some such no nor not only own
    same so than too very s t can will just don should now
    could would may might must shall cannot ought am are let us one ones many much every either neither another else
    whose since though although unless within without upon toward towards along across around among per via etc ok
    someone somebody anyone anybody everyone everybody something anything everything nothing despite able
    yes please thanks thank hello hi dear
"""

STOP = frozenset(_WORDS.split())
"""EDA's list (Wei and Zou, 2019; NLTK's), and what else has no meaning of its own to replace."""

_NOUN = frozenset({"n", "ns"})
_DESCRIBES = frozenset({"a", "ar", "at"})
_FINITE = frozenset({"v", "vs", "vd", "r"})
_PERFECT = frozenset({"vn", "r", "a"}) | _NOUN
_BEING = frozenset({"vn", "vg", "r"}) | _DESCRIBES

_VERB = frozenset({"v"})
_TABLE = (
    ("to can could will would shall should must may might cannot do does did let", _VERB),
    ("can't couldn't won't wouldn't shouldn't don't doesn't didn't please", _VERB),
    ("i you we they he she it who i'd you'd we'd they'd i'll you'll we'll", _FINITE),
    ("the a an this that these those my your his her its our their", _NOUN),
    ("some any no every each another whose which", _NOUN),
    ("of in on at for with from by into about without through", _NOUN | {"vg"}),
    ("have has had having i've you've we've they've haven't hasn't hadn't", _PERFECT),
    ("am is are was were be been being i'm you're we're they're it's he's she's", _BEING),
    ("isn't aren't wasn't weren't get got", _BEING),
    ("very too so more most quite really", _DESCRIBES | {"r"}),
)

_RULES = {word: allowed for words, allowed in _TABLE for word in words.split()}
"""The word before -> the readings that it lets through."""

UNLIKELY = 50
"""No rule makes a verb of what is so many times more often something else: to school."""


def meant(readings: Sequence[Reading], before: str, after: str) -> Reading | None:
    """Which reading of a word is meant; None where nothing tells.

    Args:
        readings: The most frequent first; at least one.
        before: The word before it, in lower case; empty where there is none or punctuation stands between.
        after: The word after it.
    """
    first = readings[0]
    if len(readings) == 1:
        return first
    rule = _RULES.get(before)
    if rule is None:
        return first if first.clear else None
    if rule >= _NOUN and after and after not in STOP:
        rule = rule | _DESCRIBES
    for one in readings:
        if one.pos + one.form in rule and (one.pos != "v" or one.weight * UNLIKELY > first.weight):
            return one
    return first

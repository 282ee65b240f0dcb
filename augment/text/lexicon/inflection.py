"""English inflection: what a regular form may come from, and how a base takes one. Irregular forms are the reader's.

Taking forms apart follows WordNet's Morphy (morphy(7WN)); putting them on follows Quirk et al., "A Comprehensive
Grammar of the English Language" (1985), sections 3.5 to 3.10, 5.80 and 7.74.
"""

from __future__ import annotations

import re

SUFFIXES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "n": (("s", "", "s"), ("ies", "y", "s"), ("es", "", "s"), ("men", "man", "s")),
    "v": (
        *(("s", "", "s"), ("ies", "y", "s"), ("es", "", "s")),
        *(("ed", "e", "d"), ("ed", "", "d"), ("ied", "y", "d"), ("ing", "e", "g"), ("ing", "", "g")),
        ("ying", "ie", "g"),
    ),
    "a": (
        *(("er", "", "r"), ("er", "e", "r"), ("ier", "y", "r")),
        *(("est", "", "t"), ("est", "e", "t"), ("iest", "y", "t")),
    ),
}
"""Part of speech -> ending, what stands there in the base, and the form that it makes.

Forms: ``s`` (plural, third person), ``d`` (past), ``n`` (past participle), ``g`` (-ing), ``r`` (comparative), ``t``
(superlative). The regular past stands for both.
"""

_SAME = """
    beat browbeat bet bid burst cast cost cut hit hurt let put quit rid set shed shut slit split spread thrust upset
    beset inset offset preset reset typeset unset input output outbid overbid rebid underbid crosscut undercut sublet
    broadcast colorcast forecast miscast newscast overcast rebroadcast recast roughcast simulcast sportscast telecast
    typecast webcast dispread overspread
"""
UNCHANGED = frozenset(_SAME.split())
"""Verbs whose past is their base; exception lists say nothing of them."""

_MANS = """
    alabaman brahman caiman cayman ceriman desman doberman dolman dragoman firman german hanuman hetman human liman
    mussulman norman nonhuman oklahoman ottoman pullman roman saman shaman soman subhuman superhuman talisman toman
    turcoman turkoman walkman yuman
"""
MANS = frozenset(_MANS.split())
"""Nouns in *-man* that no *man* is in: their plural is regular."""

_HARD = (
    *("mach", "brach", "manach", "onach", "enach", "darach", "tech", "czech", "cromlech", "epoch", "loch"),
    *("pibroch", "eunuch", "teuch", "tych", "stich", "narch", "iarch", "garch", "ierarch", "etrarch", "eparch"),
    *("exarch",),
)
"""How words end whose *ch* is said as *k*, so that they take *-s*."""

_OES = """
    buffalo calico cargo domino echo embargo go hero hobo innuendo jingo mango mosquito motto mulatto negro no potato
    superhero tomato tornado torpedo veto volcano
"""
OES = frozenset(_OES.split())
"""Nouns in a consonant and *o* that take *-es*; most don't: photos, pianos."""

_OS = "bravo bunco crescendo decrescendo demo disco ditto hallo hollo mambo photo solo tango typo velcro"
OS = frozenset(_OS.split())
"""Verbs in a consonant and *o* that don't take *-es*; most do: goes, vetoes."""

_ONE = """
    adios albatross alas alias as asbestos atlas bias canvas chaos christmas cosmos dais ethos fracas gas kudos lens
    logos pancreas pathos quadriceps biceps triceps forceps rhinoceros thermos velours yes
"""
ONE = frozenset(_ONE.split())
"""Nouns in *s*, but not in *ss*, *is* or *us*, that are one thing and may take *-es*."""

SAME = frozenset({"chassis", "corps", "debris", "gallows", "means", "news", "series", "species", "subspecies"})
"""Nouns in *s* that are their own plural, or have none, and can be one thing; so can those in *-ics*."""

_VOWELS = "aeiou"
_SIBILANT = re.compile(r"(?:s|x|z|ch|sh)$")
_PLURAL = re.compile(r".*[^siu]s")
_DOUBLES = re.compile(r"^(?:in|off|out|un|under)?[^aeiouy]*(?:qu)?[aeiouy][bdfgklmnprtvz]$")
_SYLLABLES = re.compile(r"[aeiouy]+")


def bases(word: str, pos: str) -> list[tuple[str, str]]:
    """What a word may be a regular form of, each with the form; the doubled consonant of *stopped* is undone too."""
    found: list[tuple[str, str]] = []
    for ending, instead, form in SUFFIXES.get(pos, ()):
        if len(word) + len(instead) > len(ending) + 1 and word.endswith(ending):
            stem = word[: -len(ending)]
            found.append((stem + instead, form))
            if form != "s" and not instead and len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
                found.append((stem[:-1], form))
    return found


def plural(noun: str) -> bool:
    """Whether a noun is met as a plural only, as *laurels* and *earnings* are."""
    return bool(_PLURAL.fullmatch(noun)) and not (noun in ONE or noun in SAME or noun.endswith("ics"))


def inflected(base: str, form: str, pos: str) -> str:
    """The regular form of one word that is a noun (``n``), verb, adjective or adverb."""
    if form == "s":
        return _many(base) if pos == "n" else _with_s(base, base not in OS)
    if form in "dn":
        return base if base in UNCHANGED else _stem(base, "ed")
    if form == "g":
        if base.endswith("ie"):
            return base[:-2] + "ying"
        return base + "ing" if base.endswith(("ee", "oe", "ye")) else _stem(base, "ing")
    if not _short(base):
        return f"{'more' if form == 'r' else 'most'} {base}"
    return _stem(base, "er" if form == "r" else "est")


def _many(noun: str) -> str:
    if noun.endswith("man") and noun not in MANS:
        return noun[:-2] + "en"
    if noun in SAME or noun.endswith("ics") or plural(noun):
        return noun
    if noun.endswith("sis") and len(noun) > 4:
        return noun[:-2] + "es"
    return _with_s(noun, noun in OES)


def _with_s(base: str, with_e: bool) -> str:
    """A base with the ending that is *s*; ``with_e``: *es* after a consonant and *o*."""
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return base[:-1] + "ies"
    if base.endswith("o") and base[-2:-1] not in _VOWELS:
        return base + ("es" if with_e else "s")
    return base + ("es" if _SIBILANT.search(base) and not base.endswith(_HARD) else "s")


def _stem(base: str, ending: str) -> str:
    """A base with an ending that begins with a vowel."""
    if base.endswith("e"):
        return (base[:-1] if ending == "ing" else base) + ending[0 if ending == "ing" else 1 :]
    if base.endswith("y") and base[-2:-1] not in _VOWELS and ending != "ing":
        return base[:-1] + "i" + ending
    return base + base[-1] + ending if _DOUBLES.match(base) else base + ending


def _short(base: str) -> bool:
    """Whether an adjective is compared with -er and -est."""
    if "-" in base or " " in base:
        return False
    syllables = len(_SYLLABLES.findall(base.removesuffix("e")))
    return syllables <= 1 or (syllables == 2 and base.endswith(("y", "le", "ow")) and not base.endswith("ly"))


_YOU = re.compile(r"(?:eu|ewe|uni(?!n)|u[bfgkst][aeiou]|ur[aeio]|ute|once\b|one\b|ones\b|one-|ouija)")
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)")


def article(word: str) -> str:
    """``a`` or ``an``, as the word that follows (lower case) is said."""
    if word[:1] in _VOWELS:
        return "a" if _YOU.match(word) else "an"
    return "an" if _SILENT_H.match(word) else "a"

"""Tags of tokens <-> stretches of tokens, in the schemes that data sets use.

IOB1 is that of Ramshaw and Marcus ("Text chunking using transformation-based learning", 1995; CoNLL-2003): ``B-`` only
where one begins right after another of its kind. IOB2 begins each with ``B-`` (CoNLL-2002). BIOES, BILOU and BMES mark
ends and single tokens, too. IO has no ``B-``, so it can't part two of a kind that touch. Tags without a kind (``B``,
``I``) have the label None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from augment.annotations import Span

Chunk = tuple[int, int, str | None]
"""First token, the one after the last, and the label."""

OUTSIDE = "O"

SCHEMES: Mapping[str, tuple[str, str, str, str]] = {
    "iob1": ("I", "I", "I", "I"),
    "iob2": ("B", "B", "I", "I"),
    "io": ("I", "I", "I", "I"),
    "bioes": ("S", "B", "I", "E"),
    "bilou": ("U", "B", "I", "L"),
    "bmes": ("S", "B", "M", "E"),
}
"""Scheme -> the letters of a single token, the first, those between, and the last."""

USUAL = "iob2"

SCHEME = "scheme"
"""The key in an entity's fields that says which scheme it was tagged in, where it is another than USUAL."""

_LETTERS = frozenset("BIESLUM")
_FIRST, _LAST = frozenset("BSU"), frozenset("ELSU")


class TagError(ValueError):
    """A tag that its scheme doesn't have, or not there; ``place`` is that of its token, from 0."""

    def __init__(self, place: int, told: str) -> None:
        super().__init__(told)
        self.place = place


@lru_cache(4096)
def parted(tag: str) -> tuple[str, str | None] | None:
    """The letter and the label of a tag; None where it is no tag."""
    if tag == OUTSIDE:
        return OUTSIDE, None
    if tag[:1] not in _LETTERS or not (len(tag) == 1 or (tag[1] == "-" and len(tag) > 2)):
        return None
    return tag[0], tag[2:] or None


def chunks(tags: Sequence[str], scheme: str, *, repair: bool = False) -> tuple[list[Chunk], int]:
    """What is tagged, in order.

    Args:
        tags: Of the tokens of one sentence.
        scheme: A key of SCHEMES.
        repair: Read an illegal sequence as conlleval does: where something begins without its mark, it begins.

    Returns:
        The stretches, and how many tags had to be read as others.

    Raises:
        TagError: A tag that is none, or (without ``repair``) an illegal sequence.
    """
    found = read(tags)
    try:
        legal = tagged(found, len(tags), scheme)
    except TagError as error:
        raise TagError(error.place, f"{_beside(tags, error.place)}; {error}") from None
    wrong = [place for place, (one, other) in enumerate(zip(tags, legal, strict=True)) if one != other]
    if wrong and not repair:
        at = wrong[0]
        raise TagError(at, f"{_beside(tags, at)}; {scheme.upper()} has {legal[at]} there")
    return found, len(wrong)


def tagged(found: Iterable[Chunk], length: int, scheme: str) -> list[str]:
    """Tags of ``length`` tokens; the reverse of ``chunks``.

    Args:
        found: In order, none empty, none overlapping another.
        length: Tokens of the sentence.
        scheme: A key of SCHEMES.

    Raises:
        TagError: Two of a kind touch, and the scheme is IO.
    """
    single, first, inside, last = SCHEMES[scheme]
    tags = [OUTSIDE] * length
    before: tuple[int, str | None] = (-1, None)
    for start, end, label in found:
        letters = single if end - start == 1 else first + inside * (end - start - 2) + last
        if before == (start, label):
            if scheme == "io":
                raise TagError(start, f"IO can't tell apart two {label or 'entities'} that touch")
            letters = "B" + letters[1:] if scheme == "iob1" else letters
        tail = "" if label is None else f"-{label}"
        tags[start:end] = [letter + tail for letter in letters]
        before = (end, label)
    return tags


@dataclass(slots=True)
class Evidence:
    """What some sentences say about their scheme: how often each tag follows each other."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    most: int = 100_000
    """Pairs that are kept apart; a column with more has words in it, no tags."""

    def add(self, tags: Sequence[str]) -> None:
        """The tags of one sentence."""
        if len(self.pairs) < self.most:
            self.pairs.update(zip((OUTSIDE, *tags), tags, strict=False))

    @property
    def strange(self) -> Counter[str]:
        """What stands there but is no tag."""
        found: Counter[str] = Counter()
        for (_, tag), count in self.pairs.items():
            if parted(tag) is None:
                found[tag] += count
        return found

    @property
    def marks(self) -> bool:
        """Whether anything is tagged, so that ``scheme`` is no mere guess."""
        return any(parts is not None and parts[0] != OUTSIDE for parts in (parted(tag) for _, tag in self.pairs))

    @property
    def scheme(self) -> str:
        """The scheme that fits best. Without any ``B-`` it is IOB1, of which IO is the case where nothing touches."""
        letters: Counter[str] = Counter()
        begun: Counter[str] = Counter()
        for (before, tag), count in self.pairs.items():
            parts = parted(tag)
            if parts is None or parts[0] == OUTSIDE:
                continue
            letters[parts[0]] += count
            earlier = parted(before)
            if earlier is None or earlier[0] == OUTSIDE or earlier[1] != parts[1]:
                begun[parts[0]] += count
        if letters["M"] > letters["I"]:
            return "bmes"
        if letters["E"] + letters["S"] + letters["L"] + letters["U"]:
            return "bioes" if letters["E"] + letters["S"] >= letters["L"] + letters["U"] else "bilou"
        return "iob1" if begun["I"] > begun["B"] else USUAL


def scheme_of(sentences: Iterable[Sequence[str]]) -> str:
    """The scheme of the tags of some sentences; IOB2 where nothing is tagged."""
    found = Evidence()
    for tags in sentences:
        found.add(tags)
    return found.scheme


def noted(scheme: str) -> dict[str, str]:
    """What the fields of an entity say of its scheme."""
    return {} if scheme == USUAL else {SCHEME: scheme}


def spans(found: Iterable[Chunk], places: Sequence[tuple[int, int]], scheme: str, layer: str) -> list[Span]:
    """Stretches of tokens as spans; ``places`` are those of the tokens."""
    note = noted(scheme)
    return [Span(places[first][0], places[end - 1][1], label, layer, fields=note) for first, end, label in found]


def read(tags: Sequence[str]) -> list[Chunk]:
    """What is tagged, whatever the scheme."""
    found: list[Chunk] = []
    start, label = -1, None
    for place, tag in enumerate(tags):
        parts = parted(tag) if isinstance(tag, str) else None
        if parts is None:
            raise TagError(place, f"expected a tag such as O, B-PER or I-PER, found {str(tag)[:40]!r}")
        letter = parts[0]
        if start >= 0 and (letter == OUTSIDE or letter in _FIRST or parts[1] != label):
            found.append((start, place, label))
            start = -1
        if letter == OUTSIDE:
            continue
        if start < 0:
            start, label = place, parts[1]
        if letter in _LAST:
            found.append((start, place + 1, label))
            start = -1
    if start >= 0:
        found.append((start, len(tags), label))
    return found


def _beside(tags: Sequence[str], place: int) -> str:
    """A tag with its neighbours."""
    before = f"after {tags[place - 1]}" if place else "at the beginning"
    after = f"before {tags[place + 1]}" if place + 1 < len(tags) else "at the end"
    return f"{tags[place]} {before} and {after}"

"""What columns beside tokens say of other tokens: tags of stretches, and which token is the head of which.

Under ROLES a token's fields say what its columns are: column -> a scheme of ``_tags``, ID, HEAD or DEPS; a column
without a role is said of its own token only. Once tokens have come, gone or changed places, ``retold`` makes such
columns true again. Stretches of a column may also be spans of a layer with the column's name; then those tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from augment.annotations import Span
from augment.spans import _tags
from augment.spans._tokens import Piece
from augment.spans._tokens import tags as tags_of

ROLES = "roles"
ID, HEAD, DEPS = "id", "head", "deps"
"""A token's number; its head's; and several with relations, ``4:nsubj|2:conj`` (Universal Dependencies)."""

ROOT = "0"
"""What points at no token."""

NONE = "_"
LEGAL, MOSTLY = 0.5, 0.9
"""Shares of sentences that must be legal for a column to be taken for one of tags, and be trees for one of heads."""

DENSE = 0.7
"""Share of tagged tokens above which stretches can't be left alone (chunks): nothing would be left to change."""

_DEPS = re.compile(r"\d+(?:\.\d+)?:[^|]+(?:\|\d+(?:\.\d+)?:[^|]+)*")
_BOUND = frozenset("BSU")
_DONE = frozenset("ESLU")


def scheme(sentences: Sequence[Sequence[Any]]) -> tuple[str, bool] | None:
    """The scheme of a column by some sentences, and whether it is dense; None where it is no column of tags."""
    evidence = _tags.Evidence()
    count, tagged = 0, 0
    for tags in sentences:
        if not all(isinstance(tag, str) and _tags.parted(tag) for tag in tags):
            return None
        evidence.add(tags)
        count += len(tags)
        tagged += sum(tag != _tags.OUTSIDE for tag in tags)
    letters = {tag[0] for _, tag in evidence.pairs}
    if not any(len(tag) > 1 for _, tag in evidence.pairs) or not ({_tags.OUTSIDE} <= letters or {"B", "I"} <= letters):
        return None
    found = evidence.scheme
    if sum(legal(tags, found) for tags in sentences) < LEGAL * len(sentences):
        return None
    return found, tagged > DENSE * count


def legal(tags: Sequence[str], name: str) -> bool:
    """Whether tags are a sequence of a scheme."""
    try:
        _tags.chunks(tags, name)
    except _tags.TagError:
        return False
    return True


def heads(sentences: Sequence[tuple[Sequence[str], Sequence[str]]], told: bool = False) -> str:
    """HEAD or DEPS where a column points at tokens; else empty.

    Args:
        sentences: The numbers of the tokens and the column, of each.
        told: The format says that heads stand there; else they must be trees.
    """
    values = Counter(value for _, column in sentences for value in column if value != NONE)
    if values and all(map(_DEPS.fullmatch, values)):
        return DEPS
    if not values or not all(value.isascii() and value.isdecimal() for value in values):
        return ""
    trees = sum(
        column.count(ROOT) == 1 and {*column} <= {ROOT, NONE, *ids} and not any(map(str.__eq__, ids, column))
        for ids, column in sentences
    )
    return HEAD if told or trees >= MOSTLY * len(sentences) else ""


def retold(found: Sequence[Piece], spans: Sequence[Span], first: Sequence[Span] = ()) -> Sequence[Mapping[str, Any]]:
    """The fields of tokens as they are now, with all that has a role told anew.

    Args:
        found: The tokens in order.
        spans: Of the text.
        first: The tokens as they were read; numbers begin with that of the first.
    """
    roles: Mapping[str, str] = next((piece.fields[ROLES] for piece in found if ROLES in piece.fields), {})
    if not roles:
        return [piece.fields for piece in found]
    made = [{**piece.fields, ROLES: roles} for piece in found]
    column = next((name for name, role in roles.items() if role == ID), None)
    if column is not None:
        _point_anew(found, made, column, first)
    for name, role in roles.items():
        if role in _tags.SCHEMES:
            for fields, tag in zip(made, tags(found, spans, name, role), strict=True):
                fields[name] = tag
    return made


def tags(found: Sequence[Piece], spans: Sequence[Span], name: str, scheme: str) -> list[str]:
    """A legal column of tags: by the spans of its layer, else by what each token was tagged with.

    What is put between two tokens of one stretch is in it, what stands elsewhere is outside.
    """
    own = [span for span in spans if span.layer == name and span.end > span.start]
    if own:
        try:
            return tags_of(found, own, scheme)
        except ValueError:
            pass  # what no step does that leaves such stretches alone
    units = [number for number, piece in enumerate(found) if name in piece.fields and not _goes_on(found, number)]
    seen = [found[number].fields[name] for number in units]
    known = [tag if isinstance(tag, str) and _tags.parted(tag) else _tags.OUTSIDE for tag in seen]
    chunks: list[_tags.Chunk] = []
    for start, end, label in _tags.read(known):
        last = units[end - 1] + 1
        while last < len(found) and _goes_on(found, last):
            last += 1
        chunks.append((units[start], last, label))
    return _tags.tagged(chunks, len(found), scheme)


def _goes_on(found: Sequence[Piece], number: int) -> bool:
    """Whether a token is a further part of the one before it, which was cut."""
    piece = found[number]
    if piece.span is None or number == 0:
        return False
    return piece.continued or piece.fields is found[number - 1].fields


def _point_anew(found: Sequence[Piece], made: Sequence[dict[str, Any]], column: str, first: Sequence[Span]) -> None:
    """Number tokens anew, and let heads point at the same tokens; ``_`` or null where there is none any more."""
    one = next((span.fields[column] for span in first if column in span.fields), ROOT)
    kind = type(one)
    base, none = int(one), NONE if kind is str else None
    new: dict[Any, Any] = {}
    owners: set[int] = set()
    for number, piece in enumerate(found):
        old = piece.fields.get(column)
        if old is not None and old not in new:
            new[old] = kind(base + number)
            owners.add(number)
    roles = made[0][ROLES]
    for number, fields in enumerate(made):
        for name, role in roles.items():
            value = fields.get(name)
            if role == ID:
                fields[name] = kind(base + number)
            elif role == HEAD:
                fields[name] = _head(value, new, none) if number in owners else none
            elif role == DEPS:
                fields[name] = _deps(value, new) if number in owners else NONE


def _head(value: Any, new: Mapping[Any, Any], none: Any) -> Any:
    return value if value == ROOT else new.get(value, none)


def _deps(value: Any, new: Mapping[Any, Any]) -> str:
    """Relations to tokens that are still there, by their numbers."""
    kept: list[tuple[int, str]] = []
    for item in str(value).split("|"):
        head, mark, relation = item.partition(":")
        head = _head(head, new, "")
        if mark and head:
            kept.append((int(head), relation))
    return "|".join(f"{head}:{relation}" for head, relation in sorted(kept, key=lambda one: one[0])) or NONE

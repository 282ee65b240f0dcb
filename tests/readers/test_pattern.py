"""Patterns of names: what is put together comes apart again, what does not fit is told, nothing runs away."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from augment.readers._pattern import Field, Pattern, split

WANTED = frozenset({".wav", ".flac"})
NAMES = ("label", "speaker", "take", "größe", "_")
TEXT = st.text(st.characters(exclude_characters="/{}", exclude_categories=("Cs",)), min_size=1, max_size=6)
BETWEEN = st.text("._-+()[]*?^$|\\ #ab", min_size=1, max_size=3)


def matched(pattern: str, path: str) -> dict[str, str] | None:
    return Pattern.parse(pattern).matcher(WANTED).match(path)


def plainly(pattern: str, path: str) -> dict[str, str] | None:
    """The same by trying all places, as few characters as possible first; the ending is in the pattern."""
    known: set[str] = set()
    written = ""
    for piece in split(pattern):
        if isinstance(piece, str):
            written += re.escape(piece)
        elif piece.name in known:
            written += f"(?P={piece.name})"
        elif piece.name in ("", "_"):
            written += "[^/]+?"
        else:
            known.add(piece.name)
            written += f"(?P<{piece.name}>[^/]+?)"
    found = re.fullmatch(written, path if "/" in pattern else path.rpartition("/")[2])
    return None if found is None else found.groupdict()


@given(st.lists(st.tuples(TEXT, BETWEEN), min_size=1, max_size=4), BETWEEN, st.sampled_from([".wav", ".flac", ""]))
def test_what_is_put_together_comes_apart(parts: list[tuple[str, str]], before: str, ending: str) -> None:
    """The pattern has the ending or leaves it out; no separator has a character that a value has."""
    separators = "".join(between for _, between in parts) + before
    assume(not any(set(value) & set(separators) for value, _ in parts))
    fields = {name: value for name, (value, _) in zip(NAMES, parts, strict=False)}
    pattern = before + "".join(f"{{{name}}}{between}" for name, (_, between) in zip(NAMES, parts, strict=False))
    name = before + "".join(value + between for value, between in parts)
    found = matched(f"{pattern}x{ending}", f"some/where/{name}x{ending or '.flac'}")
    assert found == dict(sorted(fields.items()))


@given(
    st.lists(
        st.tuples(st.sampled_from(["{a}", "{b}", "{c}", "{}"]), st.sampled_from(["_", "-", "_-", "/", "_/", "x"])),
        max_size=6,
    ),
    st.text("_-x/", min_size=1, max_size=14),
)
def test_it_finds_what_trying_all_places_finds(pieces: list[tuple[str, str]], path: str) -> None:
    pattern = "".join(field + between for field, between in pieces) + "{d}.wav"
    try:
        parsed = Pattern.parse(pattern)
    except ValueError as error:
        assert "too many ways" in str(error)
        return
    assert parsed.matcher(WANTED).match(f"{path}.wav") == plainly(pattern, f"{path}.wav")


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{label}_{speaker}_{take}.wav", "0_george_12.wav", {"label": "0", "speaker": "george", "take": "12"}),
        ("{label}_{speaker}_{take}", "a/0_george_12.FLAC", {"label": "0", "speaker": "george", "take": "12"}),
        ("{label}.{id}", "cat.0.wav", {"label": "cat", "id": "0"}),
        ("{label}_{}.wav", "a_b_c.wav", {"label": "a"}),
        ("{_}_{label}", "a_b_c.wav", {"label": "b_c"}),
        ("{label}/{label}_{take}.wav", "dog_bark/dog_bark_1.wav", {"label": "dog_bark", "take": "1"}),
        ("{label}_{take}/{label}.wav", "dog_bark_1/dog_bark.wav", {"label": "dog_bark", "take": "1"}),
        ("{a}_{b}_{a}", "x_y_z_x_y.wav", {"a": "x_y", "b": "z"}),
        ("{s}/{c}/{s}-{c}-{n}", "19/198/19-198-0001.flac", {"s": "19", "c": "198", "n": "0001"}),
        ("{label}.*+({x}", "a.*+(b.wav", {"label": "a", "x": "b"}),
        ("{label}_{x}", "a_\n.wav", {"label": "a", "x": "\n"}),
    ],
)
def test_fields(pattern: str, path: str, fields: dict[str, str]) -> None:
    assert matched(pattern, path) == fields


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{label}_{x}.wav", "a_b.flac"),
        ("{label}_{x}.wav", "_b.wav"),
        ("{label}.{x}", "abc.wav"),
        ("{label}/{x}", "a/b/c.wav"),
        ("{label}/{x}", "c.wav"),
        ("{label}/{label}_{x}", "dog/cat_1.wav"),
        ("[a-z]{label}", "b1.wav"),
        ("{label}_", "a_x.wav"),
    ],
)
def test_what_does_not_fit(pattern: str, path: str) -> None:
    assert matched(pattern, path) is None


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("", "a field with a name"),
        ("x.wav", "a field with a name"),
        ("{}_{_}.wav", "a field with a name"),
        ("{label", "left over in '{label'"),
        ("label}_{x}", "left over"),
        ("{{label}}", "left over"),
        ("{label}{x}", "something between {label} and {x}"),
        ("{label}{}", "something between"),
        ("{a b}", "{a b} is none"),
        ("{ label}", "is none"),
        ("{1}", "{1} is none"),
        ("{label:d}", "{label:d} is none"),
        ("{label}/", "a path below the folder"),
        ("/{label}", "a path below the folder"),
        ("../{label}", "a path below the folder"),
        ("a//{label}", "a path below the folder"),
        ("{a}_{b}_{c}_{a}_{b}_{c}", "too many ways"),
    ],
)
def test_patterns_that_make_no_sense_are_told(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Pattern.parse(pattern)


@given(st.text("{}_/.a1 é", max_size=12), st.text("{}_/.a1 é", max_size=12))
def test_any_pattern_is_refused_or_works(pattern: str, path: str) -> None:
    try:
        parsed = Pattern.parse(pattern)
    except ValueError:
        return
    found = parsed.matcher(WANTED).match(path)
    assert found is None or set(found) == parsed.names


@given(st.text("{}ab/", max_size=12))
def test_no_part_of_a_text_is_lost(text: str) -> None:
    try:
        pieces = split(text)
    except ValueError:
        return
    assert "".join(f"{{{piece.name}}}" if isinstance(piece, Field) else piece for piece in pieces) == text


@pytest.mark.parametrize(
    "pattern", ["{a}_{b}_{c}_{d}_{e}_{f}_{g}_{h}!x", "{a}_{b}_{a}_{c}!x", "{x}_{a}_{y}_{a}_{z}_{a}!x"]
)
@pytest.mark.parametrize("name", ["_" * 250, "a_" * 125, "a" * 250])
def test_no_name_takes_long(pattern: str, name: str) -> None:
    matcher = Pattern.parse(pattern).matcher(WANTED)
    begin = time.process_time()
    assert matcher.match(f"{name}.wav") is None
    assert time.process_time() - begin < 2

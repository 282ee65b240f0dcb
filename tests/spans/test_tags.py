"""Tags and stretches are two ways to say one thing, and the scheme is told by the tags."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.spans import _tags
from tests.spans.rows import chunks, sequences

some_tags = st.lists(
    st.sampled_from([f"{letter}-{name}" for letter in "BIESLUM" for name in "XY"] + ["O", "B", "I"]), max_size=8
)


@pytest.mark.parametrize("scheme", _tags.SCHEMES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_there_and_back(scheme: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, 12))
    found = data.draw(chunks(length, scheme == "io"))
    tags = _tags.tagged(found, length, scheme)
    assert len(tags) == length
    assert _tags.chunks(tags, scheme) == (found, 0)


@pytest.mark.parametrize("scheme", _tags.SCHEMES)
@given(some_tags)
@settings(max_examples=50, deadline=None)
def test_a_sequence_is_legal_or_its_first_flaw_is_told(scheme: str, tags: list[str]) -> None:
    try:
        found, mended = _tags.chunks(tags, scheme)
    except _tags.TagError as error:
        assert tags[error.place] in str(error)
        flaw: int | None = error.place
    else:
        assert (mended, _tags.tagged(found, len(tags), scheme)) == (0, tags)
        flaw = None
    try:
        found, mended = _tags.chunks(tags, scheme, repair=True)
    except _tags.TagError:
        assert scheme == "io"
        return
    legal = _tags.tagged(found, len(tags), scheme)
    assert _tags.chunks(legal, scheme) == (found, 0)
    assert [tag == "O" for tag in legal] == [tag == "O" for tag in tags]
    assert mended == sum(one != other for one, other in zip(tags, legal, strict=True))
    assert (mended == 0) == (flaw is None)


@pytest.mark.parametrize("scheme", _tags.SCHEMES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_scheme_found_reads_all_sentences_right(scheme: str, data: st.DataObject) -> None:
    sentences = data.draw(st.lists(st.integers(1, 8).flatmap(lambda n: sequences(n, scheme)), max_size=6))
    found = _tags.scheme_of(sentences)
    if scheme in ("io", "iob1", "iob2"):
        for tags in sentences:
            assert _tags.chunks(tags, found) == _tags.chunks(tags, scheme)
    whole = {tag[0] for tags in sentences for tag in tags}
    if whole > set("ESO") or whole > set("LUO") or "M" in whole:
        assert found in (scheme, "bioes") if scheme in ("bioes", "bmes") else found == scheme


def test_a_few_flaws_do_not_hide_the_scheme() -> None:
    assert _tags.scheme_of([["B-X", "I-X", "O"]] * 9 + [["O", "I-X"]]) == "iob2"
    assert _tags.scheme_of([["I-X", "I-X", "B-X", "O"]] * 9 + [["B-X", "O"]]) == "iob1"
    assert _tags.scheme_of([["O"]]) == _tags.scheme_of([]) == "iob2"


@pytest.mark.parametrize(
    ("tags", "scheme", "told"),
    [
        (["O", "I-PER"], "iob2", "I-PER after O and at the end; IOB2 has B-PER there"),
        (["B-PER", "O"], "iob1", "B-PER at the beginning and before O; IOB1 has I-PER there"),
        (["B-PER", "O"], "bioes", "BIOES has S-PER there"),
        (["I-X", "B-X"], "io", "IO can't tell apart two X that touch"),
        (["PER"], "iob2", "expected a tag such as O, B-PER or I-PER, found 'PER'"),
        (["B-"], "iob2", "found 'B-'"),
        ([""], "iob2", "found ''"),
    ],
)
def test_what_is_wrong_is_told(tags: list[str], scheme: str, told: str) -> None:
    with pytest.raises(_tags.TagError) as caught:
        _tags.chunks(tags, scheme)
    assert told in str(caught.value)

"""Lines and where they lie: nothing of a file is lost, whatever bytes it has; encodings told from bytes."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import encodings
from augment.errors import InputError, SampleError
from augment.readers import _stretches

ENDS = ("\n", "\r\n", "\r")
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252")
ODD = "\r\n\n\r\u2028\x0b\x85\u010a\u0d0a"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(ODD), max_size=40)


@given(st.binary(max_size=200) | st.text("ab\r\n", max_size=30).map(str.encode))
def test_lines_follow_each_other_and_make_up_the_file(data: bytes) -> None:
    found = list(_stretches.lines(io.BytesIO(data), "latin-1"))
    assert "".join(line.text for line in found).encode("latin-1") == data
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    place = 0
    for line in found:
        assert line.start == place
        assert line.length
        place += line.length
        assert not re.search(r"[\r\n]", line.text.rstrip("\r\n")), "one end a line"
        assert re.search(r"(?<![\r\n])(\r\n|\r|\n)?\Z", line.text)


@given(TEXTS, st.sampled_from(CODECS))
def test_every_encoding_has_the_same_lines(text: str, codec: str) -> None:
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        return
    found = list(_stretches.lines(io.BytesIO(data), codec))
    if not text.startswith("\ufeff"):
        assert [line.text for line in found] == io.StringIO(text, newline="").readlines()
    for line in found:
        name, _ = _stretches.codec(io.BytesIO(data), codec)
        assert data[line.start : line.start + line.length].decode(name) == line.text


@given(st.lists(st.binary(max_size=12), max_size=8))
def test_bad_bytes_spoil_their_own_line_only(parts: list[bytes]) -> None:
    lines = [re.sub(rb"[\r\n]", b"", part) + b"\n" for part in parts]
    data = b"".join(lines)
    found = list(_stretches.lines(io.BytesIO(data), "utf-8"))
    if data.startswith(b"\xef\xbb\xbf"):
        return
    for line, raw in zip(found, lines, strict=True):
        try:
            assert line.text == raw.decode()
            assert not line.problem
        except UnicodeDecodeError as error:
            assert line.problem.endswith(f"0x{raw[error.start]:02X} at place {error.start + 1} of the line")
            assert not line.text


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("length", [39, 40, 41, 79, 80, 81, 158, 159, 160, 161, 162, 222, 223, 224, 225, 400, 4001])
def test_a_line_too_long_is_passed_over(codec: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stretches, "MOST", 160)
    monkeypatch.setattr(_stretches, "BLOCK", 64)
    texts = ["a\n", "x" * (length - 1) + "\r\n", "b\r", "y" * length]
    found = list(_stretches.lines(io.BytesIO("".join(texts).encode(codec)), codec))
    assert len(found) == len(texts)
    for line, text in zip(found, texts, strict=True):
        size = len(text.encode(codec))
        assert line.length == size
        if size <= 160:
            assert (line.text, line.problem) == (text, "")
        else:
            assert line.text == ""
            assert f"{size:,} bytes" in line.problem


@given(st.text("abc\r\n", max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_long_lines_or_not_the_stretches_are_the_same(text: str, most: int, block: int) -> None:
    data = text.encode()
    whole = [(line.start, line.length, line.text) for line in _stretches.lines(io.BytesIO(data), "utf-8")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_stretches, "MOST", most)
        patched.setattr(_stretches, "BLOCK", block)
        found = list(_stretches.lines(io.BytesIO(data), "utf-8"))
        wide = list(_stretches.lines(io.BytesIO(text.encode("utf-16-le")), "utf-16-le"))
    assert [(line.start, line.length) for line in found] == [(start, length) for start, length, _ in whole]
    assert [line.text for line in found] == [text if length <= most else "" for _, length, text in whole]
    assert [line.length for line in wide] == [2 * length for _, length, _ in whole]
    assert [line.text for line in wide] == [text if 2 * length <= most else "" for _, length, text in whole]


@given(data=st.binary(max_size=50), start=st.integers(-2, 60), length=st.integers(-2, 60))
def test_a_stretch_is_there_or_the_sample_is_bad(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: int, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "stretch.bin"
    path.write_bytes(data)
    if start >= 0 and length >= 0 and start + length <= len(data):
        assert _stretches.read(path, start, length) == data[start : start + length]
    elif length or start < 0:
        with pytest.raises(SampleError):
            _stretches.read(path, start, length)


def test_what_is_no_file_is_a_bad_sample(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "a\0b"):
        with pytest.raises(SampleError, match="unreadable"):
            _stretches.read(path, 0, 1)
    with pytest.raises(InputError):
        _stretches.encoding_of(tmp_path / "none")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20), max_size=10))
def test_utf_8_is_always_known(texts: list[str]) -> None:
    data = "\n".join(texts).encode()
    assert _stretches.encoding_in(io.BytesIO(data)) == "utf-8"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "utf-8"),
        ("café\n".encode("latin-1"), "cp1252"),
        (b"caf\xe9 \x81\n", "latin-1"),
        ("naïve\nüber\n".encode() + b"one \xff\n", "utf-8"),
        ("naïve\n".encode() + b"one \xff\ntwo \xfe\n", "cp1252"),
        ("a b c\n".encode("utf-16-le"), "utf-16-le"),
        ("a b c\n".encode("utf-16-be"), "utf-16-be"),
        ("日本\n".encode("utf-16"), "utf-16"),
        ("日本\n".encode("utf-32"), "utf-32"),
        ("日本\n".encode("utf-8-sig"), "utf-8"),
        (b"one\0two\n", "utf-8"),
    ],
)
def test_encodings_are_told_from_the_bytes(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / "t").write_bytes(data)
    assert _stretches.encoding_of(tmp_path / "t") == name


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_blocks_cut_no_character_in_two(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(_stretches, "BLOCK", block)
    assert _stretches.encoding_in(io.BytesIO("日本語\nüber\n".encode())) == "utf-8"
    assert _stretches.encoding_in(io.BytesIO("über\n".encode("cp1252"))) == "cp1252"


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_what_is_marked_or_utf_8_is_decoded_as_it_was_written(text: str, codec: str) -> None:
    data = text.encode(codec)
    if not text.startswith("\0") and not (codec == "utf-8" and "\0" in text):  # a mark and NUL are another mark
        assert encodings.decode(data) == text


@given(st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused_as_unicode(data: bytes) -> None:
    try:
        encodings.decode(data)
    except UnicodeError:
        assert encodings.wide(data) or any(data.startswith(mark) for mark, _ in encodings.MARKS)

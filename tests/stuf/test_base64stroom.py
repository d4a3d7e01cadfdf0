"""Base64 that streams by is what binascii says it is, wherever the pieces end."""

import base64
import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regiesysteem.stuf.content.content import ALPHABET, WHITESPACE, Base64Reader, IncompleteBase64, NoBase64


def in_pieces(data: bytes, bounds: list[int]) -> list[bytes]:
    """Cut at these places, in whatever order they are given."""
    places = [0, *sorted(bound % (len(data) + 1) for bound in bounds), len(data)]
    return [data[from_:until] for from_, until in itertools.pairwise(places)]


def read(pieces: list[bytes]) -> bytes:
    reader = Base64Reader()
    out = b"".join([reader.read(piece) for piece in pieces])
    reader.close()
    return out


def uitgesmeerd(data: bytes, regel: int, wit: bytes) -> bytes:
    """Base64 in lines of `regel` characters, with `wit` between them."""
    bare = base64.b64encode(data)
    return wit.join(bare[spot : spot + regel] for spot in range(0, len(bare), regel))


wit = st.text(" \t\r\n", min_size=1, max_size=5).map(str.encode)
bounds = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(max_size=300), st.integers(1, 90), wit, bounds)
@example(b"abcd", 4, b"    ", [4, 8])
def test_any_bytes_in_any_lines_and_pieces_come_back(data: bytes, regel: int, wit: bytes, bounds: list[int]) -> None:
    assert read(in_pieces(wit + uitgesmeerd(data, regel, wit) + wit, bounds)) == data


@given(st.binary(max_size=100), st.integers(1, 90), wit, bounds, st.integers(0, 1000), st.integers(0, 255))
def test_one_character_that_is_not_base64_is_found(
    data: bytes, regel: int, wit: bytes, bounds: list[int], spot: int, foreign: int
) -> None:
    if foreign in ALPHABET + WHITESPACE:
        foreign = ord("<")
    good = uitgesmeerd(data, regel, wit)
    spot %= len(good) + 1
    with pytest.raises(NoBase64):
        read(in_pieces(good[:spot] + bytes([foreign]) + good[spot:], bounds))


_WHOLE = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@given(st.text("AQ/=", max_size=24), bounds)
@example("QQ==QQ==", [4])
@example("QUI==", [4])
@example("=", [])
@example("QUJD=", [])
def test_padding_is_right_or_refused(text: str, bounds: list[int]) -> None:
    bare = text.encode()
    pieces = in_pieces(bare, bounds)
    if _WHOLE.fullmatch(bare):
        assert read(pieces) == base64.b64decode(bare)
    else:
        with pytest.raises(IncompleteBase64):
            read(pieces)


def test_white_space_alone_is_no_content() -> None:
    reader = Base64Reader()
    assert reader.read(b" \r\n\t  ") == b""
    assert reader.empty
    assert reader.read(b"QQ==") == b"A"
    assert not reader.empty

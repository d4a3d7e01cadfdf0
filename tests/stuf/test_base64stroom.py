"""Base64 that streams by is what binascii says it is, wherever the pieces end."""

import base64
import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regiesysteem.stuf.content.content import ALFABET, WITRUIMTE, Base64Lezer, GeenBase64, OnvolledigeBase64


def in_stukken(data: bytes, grenzen: list[int]) -> list[bytes]:
    """Cut at these places, in whatever order they are given."""
    plekken = [0, *sorted(grens % (len(data) + 1) for grens in grenzen), len(data)]
    return [data[van:tot] for van, tot in itertools.pairwise(plekken)]


def lees(stukken: list[bytes]) -> bytes:
    lezer = Base64Lezer()
    uit = b"".join([lezer.lees(stuk) for stuk in stukken])
    lezer.sluit()
    return uit


def uitgesmeerd(data: bytes, regel: int, wit: bytes) -> bytes:
    """Base64 in lines of `regel` characters, with `wit` between them."""
    kaal = base64.b64encode(data)
    return wit.join(kaal[plek : plek + regel] for plek in range(0, len(kaal), regel))


wit = st.text(" \t\r\n", min_size=1, max_size=5).map(str.encode)
grenzen = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(max_size=300), st.integers(1, 90), wit, grenzen)
@example(b"abcd", 4, b"    ", [4, 8])
def test_any_bytes_in_any_lines_and_pieces_come_back(data: bytes, regel: int, wit: bytes, grenzen: list[int]) -> None:
    assert lees(in_stukken(wit + uitgesmeerd(data, regel, wit) + wit, grenzen)) == data


@given(st.binary(max_size=100), st.integers(1, 90), wit, grenzen, st.integers(0, 1000), st.integers(0, 255))
def test_one_character_that_is_not_base64_is_found(
    data: bytes, regel: int, wit: bytes, grenzen: list[int], plek: int, vreemd: int
) -> None:
    if vreemd in ALFABET + WITRUIMTE:
        vreemd = ord("<")
    goed = uitgesmeerd(data, regel, wit)
    plek %= len(goed) + 1
    with pytest.raises(GeenBase64):
        lees(in_stukken(goed[:plek] + bytes([vreemd]) + goed[plek:], grenzen))


_HEEL = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@given(st.text("AQ/=", max_size=24), grenzen)
@example("QQ==QQ==", [4])
@example("QUI==", [4])
@example("=", [])
@example("QUJD=", [])
def test_padding_is_right_or_refused(tekst: str, grenzen: list[int]) -> None:
    kaal = tekst.encode()
    stukken = in_stukken(kaal, grenzen)
    if _HEEL.fullmatch(kaal):
        assert lees(stukken) == base64.b64decode(kaal)
    else:
        with pytest.raises(OnvolledigeBase64):
            lees(stukken)


def test_white_space_alone_is_no_content() -> None:
    lezer = Base64Lezer()
    assert lezer.lees(b" \r\n\t  ") == b""
    assert lezer.leeg
    assert lezer.lees(b"QQ==") == b"A"
    assert not lezer.leeg

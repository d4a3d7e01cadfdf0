"""Lifting: long base64 leaves the message and nothing else changes, wherever the blocks end."""

import base64
import hashlib
import io
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.stuf.test_base64stroom import uitgesmeerd, wit

from regiesysteem.stuf.content import lift
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.content.lift import DREMPEL, licht
from regiesysteem.stuf.content.scratch import Kladblok, TeGroot
from regiesysteem.stuf.xml import OnleesbareXML

GROOT = bytes(range(256)) * 300  # 76,800 bytes, so well over the threshold as base64


@dataclass(frozen=True)
class Uit:
    """What lifting left, and the contents that it lifted: bytes, or what is wrong with them."""

    data: bytes
    inhouden: dict[str, bytes | str] = field(default_factory=dict)
    merk: str = ""


def gelicht(xml: bytes, drempel: int = DREMPEL, blok: int = 256 * 1024) -> Uit:
    """Lift with another threshold and other blocks, so that every border falls everywhere."""
    with patch.object(lift, "DREMPEL", drempel), patch.object(lift, "_BLOK", blok), Kladblok() as kladblok:
        uit = licht(io.BytesIO(xml), kladblok)
        inhouden = {
            token: inhoud if isinstance(inhoud, str) else bytes_van(inhoud) for token, inhoud in uit.inhouden.items()
        }
        return Uit(uit.data, inhouden, uit.merk)


def bytes_van(inhoud: Inhoud) -> bytes:
    data = b"".join(inhoud.stukken())
    assert (inhoud.grootte, inhoud.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return data


def teruggezet(uit: Uit, reeksen: list[bytes]) -> bytes:
    """What is left with the runs put back, in the order of the tokens."""
    data = uit.data
    for token, reeks in zip(uit.inhouden, reeksen, strict=True):
        assert data.count(token.encode()) == 1
        data = data.replace(token.encode(), reeks)
    return data


@given(
    st.lists(st.tuples(st.binary(max_size=120), st.integers(1, 90), wit), max_size=4),
    st.integers(0, 40),
    st.integers(8, 40),
    st.integers(1, 60),
)
@example([(b"x" * 40, 76, b"\r\n")], 0, 8, 1)
def test_what_is_lifted_is_what_was_sent(
    delen: list[tuple[bytes, int, bytes]], vooraf: int, drempel: int, blok: int
) -> None:
    reeksen = [uitgesmeerd(*deel) for deel in delen]
    xml = b"<a x='>'>" + b"<b/>" * vooraf + b"".join(b"<i n='1'>%s</i>" % reeks for reeks in reeksen) + b"<c>t.</c></a>"
    uit = gelicht(xml, drempel, blok)
    if len(xml) <= drempel:
        assert uit == Uit(xml)
        return
    lang = [nummer for nummer, reeks in enumerate(reeksen) if len(reeks) > drempel]
    assert list(uit.inhouden.values()) == [delen[nummer][0] for nummer in lang]
    assert teruggezet(uit, [reeksen[nummer] for nummer in lang]) == xml


_brokken = st.sampled_from(
    [b"<a>", b"</a>", b"<b c='", b"'>", b">", b"<", b"AAAA", b"QUJD" * 6, b"QQ==", b" \n" * 9, b"tekst.", b"&",
     b"&#13;", b"&#x", b"D;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"=", b"\xe9", b"\0"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(_brokken, max_size=40), st.integers(8, 30), st.integers(1, 60))
def test_of_any_bytes_nothing_is_lost(brokken: list[bytes], drempel: int, blok: int) -> None:
    """Whatever is lifted stood between > and <, and had no markup in it."""
    xml = b"".join(brokken)
    uit = gelicht(xml, drempel, blok)
    over, plek = uit.data, 0
    for token, inhoud in uit.inhouden.items():
        voor, _, over = over.partition(token.encode())
        assert xml.startswith(voor, plek)
        plek += len(voor)
        einde = xml.find(b"<", plek)
        reeks = xml[plek : einde if einde >= 0 else len(xml)]
        assert xml[plek - 1 : plek] == b">"
        assert len(reeks) > drempel
        if not isinstance(inhoud, str):
            kaal = reeks.replace(b"&#13;", b"").replace(b"&#xD;", b"").translate(None, b" \t\r\n")
            assert inhoud == base64.b64decode(kaal, validate=True)
        plek += len(reeks)
    assert xml[plek:] == over


def test_a_small_body_is_left_alone() -> None:
    xml = b"<a>" + b"A" * (DREMPEL - 7) + b"</a>"
    assert len(xml) == DREMPEL
    assert gelicht(xml) == Uit(xml)


@pytest.mark.parametrize("regeleinde", [b"&#13;\n", b"&#xD;\n", b"&#xd;&#xA;", b"&#10;", b"&#x0D;\r\n", b"&#9;&#32;"])
def test_line_ends_may_be_escaped(regeleinde: bytes) -> None:
    """XML writers in the field write the carriage returns of their base64 so."""
    for blok in (256 * 1024, 1009, 7):
        uit = gelicht(b"<a><inhoud>" + uitgesmeerd(GROOT, 76, regeleinde) + b"</inhoud></a>", blok=blok)
        assert list(uit.inhouden.values()) == [GROOT]


@pytest.mark.parametrize(
    "reeks",
    [
        b" \n" * DREMPEL,
        b"woorden zonder leestekens " * 4000 + b".",
        b"a = b, " * 20_000,
        b"QQ==" + b"A" * DREMPEL + b"&amp;",
        base64.b64encode(GROOT) + b"&#13",
        base64.b64encode(GROOT)[:-4] + b"\xe9AAA",
        b"<![CDATA[" + base64.b64encode(GROOT) + b"]]>",
        b"<!-- " + base64.b64encode(GROOT) + b" -->",
    ],
    ids=["wit", "zin", "komma", "entiteit", "half", "latin", "cdata", "commentaar"],
)
def test_what_is_no_base64_stays(reeks: bytes) -> None:
    xml = b"<a><b>" + reeks + b"</b></a>"
    for blok in (256 * 1024, 1009):
        assert gelicht(xml, blok=blok) == Uit(xml)


@pytest.mark.parametrize("kapot", [b"A", b"===", b"QQ==QUJD"])
def test_broken_padding_is_kept_as_an_objection(kapot: bytes) -> None:
    uit = gelicht(b"<a>" + base64.b64encode(GROOT) + kapot + b"</a>")
    [bezwaar] = uit.inhouden.values()
    assert isinstance(bezwaar, str)
    assert "onvolledig" in bezwaar
    assert uit.data == f"<a>{next(iter(uit.inhouden))}</a>".encode()


def test_utf_16_is_not_lifted() -> None:
    xml = ("<a>" + "QUJD" * DREMPEL + "</a>").encode("utf-16")
    assert gelicht(xml) == Uit(xml)


def test_tokens_are_base64_and_cannot_be_guessed() -> None:
    xml = b"<a>" + (b"<i>" + base64.b64encode(GROOT) + b"</i>") * 3 + b"</a>"
    een, ander = gelicht(xml), gelicht(xml)
    assert len({*een.inhouden, *ander.inhouden}) == 6
    assert een.merk != ander.merk
    for token in een.inhouden:
        assert token.startswith(een.merk)
        assert len(token) == 32
        assert len(base64.b64decode(token, validate=True)) == 24


def test_what_is_left_is_bounded() -> None:
    with patch.object(lift, "MAX_REST", 200_000):
        assert gelicht(b"<a>" + base64.b64encode(GROOT * 9) + b"</a>").inhouden
        for xml in (b"<a>" + b"<b/>" * 60_000, b"<a>" + b" " * 300_000 + b"</a>"):
            with pytest.raises(OnleesbareXML, match="zonder de inhoud"):
                gelicht(xml)


def test_a_content_is_bounded() -> None:
    xml = b"<a>" + base64.b64encode(GROOT) + b"</a>"
    with Kladblok(len(GROOT)) as ruim, Kladblok(len(GROOT) - 1) as krap:
        assert licht(io.BytesIO(xml), ruim).inhouden
        with pytest.raises(TeGroot):
            licht(io.BytesIO(xml), krap)

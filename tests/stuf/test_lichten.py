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
from regiesysteem.stuf.content.lift import THRESHOLD, lift_from
from regiesysteem.stuf.content.scratch import Scratch, TooLarge
from regiesysteem.stuf.xml import UnreadableXml

LARGE = bytes(range(256)) * 300  # 76,800 bytes, so well over the threshold as base64


@dataclass(frozen=True)
class Out:
    """The text that lifting left, and the contents that it lifted: bytes, or the objection to them."""

    data: bytes
    inhouden: dict[str, bytes | str] = field(default_factory=dict)
    mark: str = ""


def lifted(xml: bytes, threshold: int = THRESHOLD, block: int = 256 * 1024) -> Out:
    """Lift with another threshold and other blocks, so that every border falls everywhere."""
    with patch.object(lift, "THRESHOLD", threshold), patch.object(lift, "_BLOCK", block), Scratch() as scratch:
        out = lift_from(io.BytesIO(xml), scratch)
        inhouden = {
            token: inhoud if isinstance(inhoud, str) else bytes_of(inhoud) for token, inhoud in out.inhouden.items()
        }
        return Out(out.data, inhouden, out.mark)


def bytes_of(inhoud: Inhoud) -> bytes:
    data = b"".join(inhoud.pieces())
    assert (inhoud.grootte, inhoud.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return data


def teruggezet(out: Out, reeksen: list[bytes]) -> bytes:
    """The text that is left with the runs put back, in the order of the tokens."""
    data = out.data
    for token, range_ in zip(out.inhouden, reeksen, strict=True):
        assert data.count(token.encode()) == 1
        data = data.replace(token.encode(), range_)
    return data


@given(
    st.lists(st.tuples(st.binary(max_size=120), st.integers(1, 90), wit), max_size=4),
    st.integers(0, 40),
    st.integers(8, 40),
    st.integers(1, 60),
)
@example([(b"x" * 40, 76, b"\r\n")], 0, 8, 1)
def test_what_is_lifted_is_what_was_sent(
    parts: list[tuple[bytes, int, bytes]], beforehand: int, threshold: int, block: int
) -> None:
    reeksen = [uitgesmeerd(*part) for part in parts]
    xml = (
        b"<a x='>'>"
        + b"<b/>" * beforehand
        + b"".join(b"<i n='1'>%s</i>" % range_ for range_ in reeksen)
        + b"<c>t.</c></a>"
    )
    out = lifted(xml, threshold, block)
    if len(xml) <= threshold:
        assert out == Out(xml)
        return
    lang = [number for number, range_ in enumerate(reeksen) if len(range_) > threshold]
    assert list(out.inhouden.values()) == [parts[number][0] for number in lang]
    assert teruggezet(out, [reeksen[number] for number in lang]) == xml


_brokken = st.sampled_from(
    [b"<a>", b"</a>", b"<b c='", b"'>", b">", b"<", b"AAAA", b"QUJD" * 6, b"QQ==", b" \n" * 9, b"tekst.", b"&",
     b"&#13;", b"&#x", b"D;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"=", b"\xe9", b"\0"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(_brokken, max_size=40), st.integers(8, 30), st.integers(1, 60))
def test_of_any_bytes_nothing_is_lost(brokken: list[bytes], threshold: int, block: int) -> None:
    """A lifted text stood between > and <, and had no markup in it."""
    xml = b"".join(brokken)
    out = lifted(xml, threshold, block)
    over, spot = out.data, 0
    for token, inhoud in out.inhouden.items():
        for_, _, over = over.partition(token.encode())
        assert xml.startswith(for_, spot)
        spot += len(for_)
        end = xml.find(b"<", spot)
        range_ = xml[spot : end if end >= 0 else len(xml)]
        assert xml[spot - 1 : spot] == b">"
        assert len(range_) > threshold
        if not isinstance(inhoud, str):
            bare = range_.replace(b"&#13;", b"").replace(b"&#xD;", b"").translate(None, b" \t\r\n")
            assert inhoud == base64.b64decode(bare, validate=True)
        spot += len(range_)
    assert xml[spot:] == over


def test_a_small_body_is_left_alone() -> None:
    xml = b"<a>" + b"A" * (THRESHOLD - 7) + b"</a>"
    assert len(xml) == THRESHOLD
    assert lifted(xml) == Out(xml)


@pytest.mark.parametrize("regeleinde", [b"&#13;\n", b"&#xD;\n", b"&#xd;&#xA;", b"&#10;", b"&#x0D;\r\n", b"&#9;&#32;"])
def test_line_ends_may_be_escaped(regeleinde: bytes) -> None:
    """XML writers in the field write the carriage returns of their base64 so."""
    for block in (256 * 1024, 1009, 7):
        out = lifted(b"<a><inhoud>" + uitgesmeerd(LARGE, 76, regeleinde) + b"</inhoud></a>", block=block)
        assert list(out.inhouden.values()) == [LARGE]


@pytest.mark.parametrize(
    "range_",
    [
        b" \n" * THRESHOLD,
        b"woorden zonder leestekens " * 4000 + b".",
        b"a = b, " * 20_000,
        b"QQ==" + b"A" * THRESHOLD + b"&amp;",
        base64.b64encode(LARGE) + b"&#13",
        base64.b64encode(LARGE)[:-4] + b"\xe9AAA",
        b"<![CDATA[" + base64.b64encode(LARGE) + b"]]>",
        b"<!-- " + base64.b64encode(LARGE) + b" -->",
    ],
    ids=["wit", "zin", "komma", "entiteit", "half", "latin", "cdata", "commentaar"],
)
def test_what_is_no_base64_stays(range_: bytes) -> None:
    xml = b"<a><b>" + range_ + b"</b></a>"
    for block in (256 * 1024, 1009):
        assert lifted(xml, block=block) == Out(xml)


@pytest.mark.parametrize("kapot", [b"A", b"===", b"QQ==QUJD"])
def test_broken_padding_is_kept_as_an_objection(kapot: bytes) -> None:
    out = lifted(b"<a>" + base64.b64encode(LARGE) + kapot + b"</a>")
    [objection] = out.inhouden.values()
    assert isinstance(objection, str)
    assert "onvolledig" in objection
    assert out.data == f"<a>{next(iter(out.inhouden))}</a>".encode()


def test_utf_16_is_not_lifted() -> None:
    xml = ("<a>" + "QUJD" * THRESHOLD + "</a>").encode("utf-16")
    assert lifted(xml) == Out(xml)


def test_tokens_are_base64_and_cannot_be_guessed() -> None:
    xml = b"<a>" + (b"<i>" + base64.b64encode(LARGE) + b"</i>") * 3 + b"</a>"
    one, other = lifted(xml), lifted(xml)
    assert len({*one.inhouden, *other.inhouden}) == 6
    assert one.mark != other.mark
    for token in one.inhouden:
        assert token.startswith(one.mark)
        assert len(token) == 32
        assert len(base64.b64decode(token, validate=True)) == 24


def test_what_is_left_is_bounded() -> None:
    with patch.object(lift, "MAX_REST", 200_000):
        assert lifted(b"<a>" + base64.b64encode(LARGE * 9) + b"</a>").inhouden
        for xml in (b"<a>" + b"<b/>" * 60_000, b"<a>" + b" " * 300_000 + b"</a>"):
            with pytest.raises(UnreadableXml, match="zonder de inhoud"):
                lifted(xml)


def test_a_content_is_bounded() -> None:
    xml = b"<a>" + base64.b64encode(LARGE) + b"</a>"
    with Scratch(len(LARGE)) as clear, Scratch(len(LARGE) - 1) as krap:
        assert lift_from(io.BytesIO(xml), clear).inhouden
        with pytest.raises(TooLarge):
            lift_from(io.BytesIO(xml), krap)

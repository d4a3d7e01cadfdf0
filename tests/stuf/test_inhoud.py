"""Content of documents: apart from the message, the same however it was sent, with a name that is a name."""

import base64
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.stuf.test_base64stroom import uitgesmeerd, wit

from regiesysteem.stuf.content.content import (
    Inhoud,
    Inhouden,
    inhoud_of,
    read_placeholder,
    set_inhoud,
    take_contents_out,
)
from regiesysteem.stuf.content.lift import lift_from
from regiesysteem.stuf.content.scratch import Scratch
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE, STUF, XMIME, XSI
from regiesysteem.stuf.xml import canonical, parse
from regiesysteem.zkn.names import INHOUD, ZKN, zkn

LARGE = b"%PDF-1.7 \x00\xff" * 8000


def xml(inhoud: bytes, attributes: str = "", rest: str = "") -> bytes:
    namespaces = f'xmlns:z="{ZKN}" xmlns:s="{STUF}" xmlns:m="{XMIME}" xmlns:xsi="{XSI}"'
    head = f"<z:edcLk01 {namespaces}><z:object>{rest}<z:inhoud {attributes}>"
    return head.encode() + inhoud + b"</z:inhoud></z:object></z:edcLk01>"


@contextmanager
def received(data: bytes) -> Iterator[tuple[etree._Element, Inhouden]]:
    """A message as Afhandeling takes it in, with its contents."""
    scratch = Scratch()
    out = lift_from(io.BytesIO(data), scratch)
    bericht = parse(out.data)
    inhouden = take_contents_out(bericht, [f"{zkn('object')}/{INHOUD}"], scratch, out.inhouden, out.mark)
    try:
        yield bericht, inhouden
    finally:
        inhouden.close()


def parsed(data: bytes) -> tuple[bytes, str, str]:
    with received(data) as (bericht, inhouden):
        assert not inhouden.objections
        inhoud = inhoud_of(next(bericht.iter(INHOUD)), inhouden)
        assert inhoud is not None
        return b"".join(inhoud.pieces()), inhoud.content_type, inhoud.bestandsnaam


def refused(data: bytes) -> str:
    with received(data) as (bericht, inhouden), pytest.raises(StufFout) as error:
        inhoud_of(next(bericht.iter(INHOUD)), inhouden)
    assert error.value.code == "StUF055"
    return error.value.details


@settings(max_examples=40)
@given(st.binary(max_size=200), st.sampled_from([0, 1, 400]), st.integers(1, 500), wit)
def test_any_content_in_any_form_comes_back(data: bytes, repeat: int, regel: int, wit: bytes) -> None:
    data *= repeat
    attributes = 's:bestandsnaam="plan van aanpak (1).pdf" m:contentType="application/pdf"'
    out = parsed(xml(uitgesmeerd(data, regel, wit), attributes))
    assert out == (data, "application/pdf", "plan van aanpak (1).pdf")


@settings(max_examples=40)
@given(st.sampled_from([b"", b"kort", LARGE]), st.integers(1, 500), wit)
def test_the_same_content_makes_the_same_message(data: bytes, regel: int, wit: bytes) -> None:
    with (
        received(xml(base64.b64encode(data))) as (one, _),
        received(xml(wit + uitgesmeerd(data, regel, wit))) as (other, _),
        received(xml(base64.b64encode(data + b"!"))) as (difference, _),
    ):
        assert canonical(one) == canonical(other) != canonical(difference)
        assert len(canonical(one)) < 1000


def test_a_stand_in_tells_digest_and_size() -> None:
    with received(xml(base64.b64encode(LARGE))) as (bericht, _):
        text = next(bericht.iter(INHOUD)).text or ""
    assert read_placeholder(text) == (hashlib.sha256(LARGE).hexdigest(), len(LARGE))
    for no in ("", "QUJD", text[:-1], text + "=", base64.b64encode(b"x" * 42).decode()):
        assert read_placeholder(no) is None


def test_a_stand_in_that_is_sent_is_content_like_any_other() -> None:
    with received(xml(base64.b64encode(LARGE))) as (bericht, _):
        text = next(bericht.iter(INHOUD)).text or ""
    assert parsed(xml(text.encode()))[0] == base64.b64decode(text)


def test_two_contents_of_one_message_are_kept_apart() -> None:
    data = xml(base64.b64encode(LARGE), rest="<z:inhoud>QUJD</z:inhoud><z:inhoud/>")
    with received(data) as (bericht, inhouden):
        found = [inhoud_of(element, inhouden) for element in bericht.iter(INHOUD)]
        assert [b"".join(inhoud.pieces()) for inhoud in found if inhoud] == [b"ABC", b"", LARGE]


def test_a_message_has_a_bounded_number_of_contents() -> None:
    with received(xml(b"QUJD", rest="<z:inhoud>QUJD</z:inhoud>" * 999)) as (_, inhouden):
        assert not inhouden.objections
    assert "meer dan 1000" in refused(xml(b"QUJD", rest="<z:inhoud>QUJD</z:inhoud>" * 1000))


def test_no_element_and_nil_are_no_content() -> None:
    assert inhoud_of(None, Inhouden()) is None
    with received(xml(b"", 'xsi:nil="true" s:noValue="geenWaarde"')) as (bericht, inhouden):
        assert inhoud_of(next(bericht.iter(INHOUD)), inhouden) is None
        assert not inhouden.objections


@pytest.mark.parametrize(
    ("inhoud", "waarom"),
    [
        (b"QQ=", "onvolledig"),
        (b"QUJ", "onvolledig"),
        (b"QQ==QQ==", "onvolledig"),
        (b"dit is geen base64!", "geen base64"),
        (b"QUJD\xc3\xa9", "geen base64"),
        (b"QUJ&lt;", "geen base64"),
        (base64.b64encode(LARGE) + b"A", "onvolledig"),
        (base64.b64encode(LARGE) + b"*", "geen base64"),
        (b"<z:x/>QUJD", "element x"),
        (b"QUJD<!-- -->" + base64.b64encode(LARGE), "geen base64"),
    ],
)
def test_what_is_no_base64_is_refused_when_it_is_used(inhoud: bytes, waarom: str) -> None:
    assert waarom in refused(xml(inhoud))


def test_a_long_text_elsewhere_is_an_objection() -> None:
    lang = "tekst " * 20_000
    for rest in (f"<z:titel>{lang}</z:titel>", f"<z:titel/>{lang}", f"<z:titel>a<!-- b -->{lang}</z:titel>"):
        with received(xml(b"QUJD", rest=rest)) as (_, inhouden):
            assert len(inhouden.objections) == 1
            assert "titel bevat een bijlage of een te lange tekst" in inhouden.objections[0]


@pytest.mark.parametrize("text", ["QUJDRA==", "geen base64!", "Q" * 54 + "==", " QUJD ", "<z:x/>"])
def test_what_has_the_name_of_a_file_elsewhere_stays_as_it_came(text: str) -> None:
    with received(xml(b"QUJD", rest=f"<z:pand><z:inhoud>{text}</z:inhoud></z:pand>")) as (bericht, inhouden):
        assert not inhouden.objections
        assert len(inhouden) == 1
        [verbatim] = bericht.iterfind(f".//{zkn('pand')}/{INHOUD}")
        remaining = etree.tostring(verbatim).decode()
    assert remaining.endswith(f">{text}</z:inhoud>")


def test_a_long_base64_in_what_has_the_name_of_a_file_is_an_objection() -> None:
    lang = base64.b64encode(LARGE).decode()
    with received(xml(b"QUJD", rest=f"<z:pand><z:inhoud>{lang}</z:inhoud></z:pand>")) as (_, inhouden):
        [objection] = inhouden.objections
    assert "inhoud bevat een bijlage of een te lange tekst; alleen in object/inhoud van een document" in objection


@pytest.mark.parametrize(
    ("naam", "waarom"),
    [
        ("x" * 256, "256 tekens"),
        ("../geheim", "pad"),
        ("C:\\map\\plan.pdf", "pad"),
        ("/etc/passwd", "pad"),
        ("..", "pad"),
        (" ", "witruimte"),
        ("plan&#10;.pdf", "stuurtekens"),
        ("plan&#x85;.pdf", "stuurtekens"),
        ("plan&#x202e;fdp.exe", "stuurtekens"),
    ],
)
def test_a_name_that_is_none_is_refused(naam: str, waarom: str) -> None:
    assert waarom in refused(xml(b"QUJD", f's:bestandsnaam="{naam}"'))


@pytest.mark.parametrize(
    "naam", ["x" * 255, "besluit 1.2 (déf) – été.docx", ".profiel", "..plan", "план.pdf", "a\u200db"]
)
def test_a_name_stays_as_it_was_sent(naam: str) -> None:
    assert parsed(xml(b"QUJD", f's:bestandsnaam="{naam}"'))[2] == naam


@pytest.mark.parametrize("soort", ["x" * 256, "text/plain&#13;&#10;Set-Cookie: x"])
def test_a_type_that_is_none_is_refused(soort: str) -> None:
    assert "contentType" in refused(xml(b"QUJD", f'm:contentType="{soort}"'))


def test_an_answer_carries_a_stand_in_and_the_attributes() -> None:
    element, inhouden, file = etree.Element(INHOUD), Inhouden(), io.BytesIO(b"ABC")
    inhoud = Inhoud(file, 3, hashlib.sha256(b"ABC").hexdigest(), "text/plain", "abc.txt")
    set_inhoud(element, inhoud, inhouden)
    assert element.text == inhoud.placeholder
    assert (element.get(BESTANDSNAAM), element.get(CONTENT_TYPE)) == ("abc.txt", "text/plain")
    assert inhouden.find(element.text) is inhoud
    inhouden.close()
    assert file.closed

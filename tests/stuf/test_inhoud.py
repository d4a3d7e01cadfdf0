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

from regiesysteem.stuf.content.content import Inhoud, Inhouden, breng_onder, inhoud_van, lees_plaatshouder, zet_inhoud
from regiesysteem.stuf.content.lift import licht
from regiesysteem.stuf.content.scratch import Kladblok
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE, STUF, XMIME, XSI
from regiesysteem.stuf.xml import canoniek, ontleed
from regiesysteem.zkn.names import INHOUD, ZKN, zkn

GROOT = b"%PDF-1.7 \x00\xff" * 8000


def xml(inhoud: bytes, attributen: str = "", rest: str = "") -> bytes:
    namespaces = f'xmlns:z="{ZKN}" xmlns:s="{STUF}" xmlns:m="{XMIME}" xmlns:xsi="{XSI}"'
    kop = f"<z:edcLk01 {namespaces}><z:object>{rest}<z:inhoud {attributen}>"
    return kop.encode() + inhoud + b"</z:inhoud></z:object></z:edcLk01>"


@contextmanager
def ontvangen(data: bytes) -> Iterator[tuple[etree._Element, Inhouden]]:
    """A message as Afhandeling takes it in, with its contents."""
    kladblok = Kladblok()
    uit = licht(io.BytesIO(data), kladblok)
    bericht = ontleed(uit.data)
    inhouden = breng_onder(bericht, [f"{zkn('object')}/{INHOUD}"], kladblok, uit.inhouden, uit.merk)
    try:
        yield bericht, inhouden
    finally:
        inhouden.close()


def gelezen(data: bytes) -> tuple[bytes, str, str]:
    with ontvangen(data) as (bericht, inhouden):
        assert not inhouden.bezwaren
        inhoud = inhoud_van(next(bericht.iter(INHOUD)), inhouden)
        assert inhoud is not None
        return b"".join(inhoud.stukken()), inhoud.content_type, inhoud.bestandsnaam


def geweigerd(data: bytes) -> str:
    with ontvangen(data) as (bericht, inhouden), pytest.raises(StufFout) as fout:
        inhoud_van(next(bericht.iter(INHOUD)), inhouden)
    assert fout.value.code == "StUF055"
    return fout.value.details


@settings(max_examples=40)
@given(st.binary(max_size=200), st.sampled_from([0, 1, 400]), st.integers(1, 500), wit)
def test_any_content_in_any_form_comes_back(data: bytes, herhaal: int, regel: int, wit: bytes) -> None:
    data *= herhaal
    attributen = 's:bestandsnaam="plan van aanpak (1).pdf" m:contentType="application/pdf"'
    uit = gelezen(xml(uitgesmeerd(data, regel, wit), attributen))
    assert uit == (data, "application/pdf", "plan van aanpak (1).pdf")


@settings(max_examples=40)
@given(st.sampled_from([b"", b"kort", GROOT]), st.integers(1, 500), wit)
def test_the_same_content_makes_the_same_message(data: bytes, regel: int, wit: bytes) -> None:
    with (
        ontvangen(xml(base64.b64encode(data))) as (een, _),
        ontvangen(xml(wit + uitgesmeerd(data, regel, wit))) as (ander, _),
        ontvangen(xml(base64.b64encode(data + b"!"))) as (verschil, _),
    ):
        assert canoniek(een) == canoniek(ander) != canoniek(verschil)
        assert len(canoniek(een)) < 1000


def test_a_stand_in_tells_digest_and_size() -> None:
    with ontvangen(xml(base64.b64encode(GROOT))) as (bericht, _):
        tekst = next(bericht.iter(INHOUD)).text or ""
    assert lees_plaatshouder(tekst) == (hashlib.sha256(GROOT).hexdigest(), len(GROOT))
    for geen in ("", "QUJD", tekst[:-1], tekst + "=", base64.b64encode(b"x" * 42).decode()):
        assert lees_plaatshouder(geen) is None


def test_a_stand_in_that_is_sent_is_content_like_any_other() -> None:
    with ontvangen(xml(base64.b64encode(GROOT))) as (bericht, _):
        tekst = next(bericht.iter(INHOUD)).text or ""
    assert gelezen(xml(tekst.encode()))[0] == base64.b64decode(tekst)


def test_two_contents_of_one_message_are_kept_apart() -> None:
    data = xml(base64.b64encode(GROOT), rest="<z:inhoud>QUJD</z:inhoud><z:inhoud/>")
    with ontvangen(data) as (bericht, inhouden):
        gevonden = [inhoud_van(element, inhouden) for element in bericht.iter(INHOUD)]
        assert [b"".join(inhoud.stukken()) for inhoud in gevonden if inhoud] == [b"ABC", b"", GROOT]


def test_a_message_has_a_bounded_number_of_contents() -> None:
    with ontvangen(xml(b"QUJD", rest="<z:inhoud>QUJD</z:inhoud>" * 999)) as (_, inhouden):
        assert not inhouden.bezwaren
    assert "meer dan 1000" in geweigerd(xml(b"QUJD", rest="<z:inhoud>QUJD</z:inhoud>" * 1000))


def test_no_element_and_nil_are_no_content() -> None:
    assert inhoud_van(None, Inhouden()) is None
    with ontvangen(xml(b"", 'xsi:nil="true" s:noValue="geenWaarde"')) as (bericht, inhouden):
        assert inhoud_van(next(bericht.iter(INHOUD)), inhouden) is None
        assert not inhouden.bezwaren


@pytest.mark.parametrize(
    ("inhoud", "waarom"),
    [
        (b"QQ=", "onvolledig"),
        (b"QUJ", "onvolledig"),
        (b"QQ==QQ==", "onvolledig"),
        (b"dit is geen base64!", "geen base64"),
        (b"QUJD\xc3\xa9", "geen base64"),
        (b"QUJ&lt;", "geen base64"),
        (base64.b64encode(GROOT) + b"A", "onvolledig"),
        (base64.b64encode(GROOT) + b"*", "geen base64"),
        (b"<z:x/>QUJD", "element x"),
        (b"QUJD<!-- -->" + base64.b64encode(GROOT), "geen base64"),
    ],
)
def test_what_is_no_base64_is_refused_when_it_is_used(inhoud: bytes, waarom: str) -> None:
    assert waarom in geweigerd(xml(inhoud))


def test_a_long_text_elsewhere_is_an_objection() -> None:
    lang = "tekst " * 20_000
    for rest in (f"<z:titel>{lang}</z:titel>", f"<z:titel/>{lang}", f"<z:titel>a<!-- b -->{lang}</z:titel>"):
        with ontvangen(xml(b"QUJD", rest=rest)) as (_, inhouden):
            assert len(inhouden.bezwaren) == 1
            assert "titel bevat een bijlage of een te lange tekst" in inhouden.bezwaren[0]


@pytest.mark.parametrize("tekst", ["QUJDRA==", "geen base64!", "Q" * 54 + "==", " QUJD ", "<z:x/>"])
def test_what_has_the_name_of_a_file_elsewhere_stays_as_it_came(tekst: str) -> None:
    with ontvangen(xml(b"QUJD", rest=f"<z:pand><z:inhoud>{tekst}</z:inhoud></z:pand>")) as (bericht, inhouden):
        assert not inhouden.bezwaren
        assert len(inhouden) == 1
        [letterlijk] = bericht.iterfind(f".//{zkn('pand')}/{INHOUD}")
        gebleven = etree.tostring(letterlijk).decode()
    assert gebleven.endswith(f">{tekst}</z:inhoud>")


def test_a_long_base64_in_what_has_the_name_of_a_file_is_an_objection() -> None:
    lang = base64.b64encode(GROOT).decode()
    with ontvangen(xml(b"QUJD", rest=f"<z:pand><z:inhoud>{lang}</z:inhoud></z:pand>")) as (_, inhouden):
        [bezwaar] = inhouden.bezwaren
    assert "inhoud bevat een bijlage of een te lange tekst; alleen in object/inhoud van een document" in bezwaar


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
    assert waarom in geweigerd(xml(b"QUJD", f's:bestandsnaam="{naam}"'))


@pytest.mark.parametrize(
    "naam", ["x" * 255, "besluit 1.2 (déf) – été.docx", ".profiel", "..plan", "план.pdf", "a\u200db"]
)
def test_a_name_stays_as_it_was_sent(naam: str) -> None:
    assert gelezen(xml(b"QUJD", f's:bestandsnaam="{naam}"'))[2] == naam


@pytest.mark.parametrize("soort", ["x" * 256, "text/plain&#13;&#10;Set-Cookie: x"])
def test_a_type_that_is_none_is_refused(soort: str) -> None:
    assert "contentType" in geweigerd(xml(b"QUJD", f'm:contentType="{soort}"'))


def test_an_answer_carries_a_stand_in_and_the_attributes() -> None:
    element, inhouden, bestand = etree.Element(INHOUD), Inhouden(), io.BytesIO(b"ABC")
    inhoud = Inhoud(bestand, 3, hashlib.sha256(b"ABC").hexdigest(), "text/plain", "abc.txt")
    zet_inhoud(element, inhoud, inhouden)
    assert element.text == inhoud.plaatshouder
    assert (element.get(BESTANDSNAAM), element.get(CONTENT_TYPE)) == ("abc.txt", "text/plain")
    assert inhouden.vind(element.text) is inhoud
    inhouden.close()
    assert bestand.closed

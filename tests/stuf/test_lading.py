"""A payload in an extraElement comes back byte for byte, as text or as base64."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.payload import (
    EXTRA,
    Payload,
    is_base64,
    mediatype_of,
    read_payloads,
    with_payloads,
    write_payload,
)
from regiesysteem.stuf.xml import parse, serialise
from regiesysteem.zkn.names import NSMAP, zkn

XML_PARTS = st.sampled_from((
    "<a>", "</a>", "<a/>", "<![CDATA[x<y]]>", "]]>", "&amp;", "&#13;", "&eigen;", "<!DOCTYPE a [<!ENTITY eigen 'x'>]>",
    '<?xml version="1.0"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0" encoding="nonsens"?>', ' xmlns:n="urn:x"', "<n:b/>", "<!-- c -->", "\r\n", "\n", "\t", " ",
    "é", "€", "\U0001f600", "\ufeff", "tekst",
))  # fmt: skip
CODERINGEN = st.sampled_from(("utf-8", "utf-16", "utf-16-le", "iso8859-1", "cp1252", "utf-32"))


@st.composite
def xml_bytes(draw: st.DrawFn) -> bytes:
    """Something like XML in some encoding, its declaration true or not."""
    text = "".join(draw(st.lists(XML_PARTS, min_size=1, max_size=12)))
    return text.encode(draw(CODERINGEN), errors="replace")


def _heen_and_weer(inhoud: bytes, mediatype: str = "") -> Payload:
    instance = etree.Element(zkn("object"), nsmap=NSMAP)
    write_payload(etree.SubElement(instance, EXTRA), Payload("iWmo", mediatype, inhoud))
    [back] = read_payloads(parse(serialise(instance)))
    return back


@given(inhoud=st.one_of(st.binary(min_size=1, max_size=5000), xml_bytes(), st.text(min_size=1).map(str.encode)))
@example(inhoud=b"\xef\xbb\xbf<a/>")
@example(inhoud=b"   ")
@example(inhoud=b"<a>\r\n</a>")
@example(inhoud='<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"))
def test_any_bytes_come_back(inhoud: bytes) -> None:
    assert _heen_and_weer(inhoud) == Payload("iWmo", "", inhoud)


@pytest.mark.parametrize("size", [1, 65_537, 5_000_000])
def test_any_size_comes_back(size: int) -> None:
    for piece in (b"\x00\xff", b"A", "<é/>\n".encode()):
        inhoud = (piece * (size // len(piece) + 1))[: max(size, len(piece))]
        assert _heen_and_weer(inhoud).inhoud == inhoud


@given(mediatype=st.sampled_from(("", "application/xml", "text/plain;charset=utf-8", "image/svg+xml")))
def test_a_media_type_comes_back(mediatype: str) -> None:
    assert _heen_and_weer(b"x", mediatype).mediatype == mediatype


def test_xml_stays_xml() -> None:
    extra = etree.Element(EXTRA, nsmap=NSMAP)
    write_payload(extra, Payload("iWmo", "application/xml", b"<iWmo:bericht>x</iWmo:bericht>"))
    assert extra[0].text == "<iWmo:bericht>x</iWmo:bericht>"
    latijn = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'
    write_payload(extra, Payload("iJw", "", latijn.encode("latin-1")))
    assert extra[1].text == latijn
    assert mediatype_of(latijn.encode("latin-1")) == "application/xml"
    assert mediatype_of(b"<" + bytes(3)) == "application/octet-stream"


def test_long_text_that_looks_like_base64_goes_as_base64() -> None:
    extra = etree.Element(EXTRA, nsmap=NSMAP)
    write_payload(extra, Payload("tekst", "", b"A" * 100_000))
    assert is_base64(extra[0])


def test_an_unknown_name_is_no_payload_and_stays() -> None:
    text = with_payloads('<StUF:extraElementen xmlns:StUF="http://www.egem.nl/StUF/StUF0301"><StUF:extraElement '
                         'naam="kleur">rood</StUF:extraElement><StUF:extraElement naam="domeingegevens/oud">x'
                         "</StUF:extraElement></StUF:extraElementen>", [Payload("nieuw", "", b"y")])  # fmt: skip
    assert text is not None
    names = [element.get("naam") for element in parse(text.encode())]
    assert names == ["kleur", "domeingegevens/nieuw;codering=tekst"]
    assert with_payloads(None, []) is None


@pytest.mark.parametrize(
    ("naam", "text", "reason"),
    [
        ("domeingegevens/", "x", "geen goede naam"),
        ("domeingegevens/iWmo;codering=hex", "x", "geen goede naam"),
        ("domeingegevens/iWmo;mediatype=xml", "x", "geen goede naam"),
        ("domeingegevens/iWmo;codering=base64", "%%", "geen goede base64"),
        ("domeingegevens/iWmo;codering=base64", "QUJ", "geen goede base64"),
        ("domeingegevens/iWmo", "", "is leeg"),
        ("domeingegevens/iWmo", '<?xml version="1.0" encoding="rot13"?><a/>', "tekencodering"),
        ("domeingegevens/iWmo", '<?xml version="1.0" encoding="ISO-8859-1"?><a>€</a>', "tekencodering"),
    ],
)
def test_what_is_not_by_the_convention_is_refused(naam: str, text: str, reason: str) -> None:
    instance = etree.Element(zkn("object"), nsmap=NSMAP)
    extra = etree.SubElement(instance, EXTRA)
    etree.SubElement(extra, stuf("extraElement"), naam=naam).text = text
    with pytest.raises(StufFout) as error:
        read_payloads(instance)
    assert reason in error.value.details


def test_the_same_form_twice_is_refused() -> None:
    instance = etree.Element(zkn("object"), nsmap=NSMAP)
    extra = etree.SubElement(instance, EXTRA)
    for _ in range(2):
        write_payload(extra, Payload("iWmo", "", b"x"))
    with pytest.raises(StufFout) as error:
        read_payloads(instance)
    assert "twee keer" in error.value.details


def test_an_element_of_a_sender_not_held_to_the_schema_is_its_canonical_form() -> None:
    instance = etree.Element(zkn("object"), nsmap=NSMAP)
    part = etree.SubElement(etree.SubElement(instance, EXTRA), stuf("extraElement"), naam="domeingegevens/x")
    part.append(parse(b'<a  b="1"/>'))
    [payload] = read_payloads(instance)
    assert payload.inhoud == b'<a b="1"></a>'

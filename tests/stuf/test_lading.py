"""A payload in an extraElement comes back byte for byte, as text or as base64."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.payload import (
    EXTRA,
    Lading,
    is_base64,
    lees_ladingen,
    mediatype_van,
    met_ladingen,
    schrijf_lading,
)
from regiesysteem.stuf.xml import ontleed, serialiseer
from regiesysteem.zkn.names import NSMAP, zkn

XML_DELEN = st.sampled_from((
    "<a>", "</a>", "<a/>", "<![CDATA[x<y]]>", "]]>", "&amp;", "&#13;", "&eigen;", "<!DOCTYPE a [<!ENTITY eigen 'x'>]>",
    '<?xml version="1.0"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0" encoding="nonsens"?>', ' xmlns:n="urn:x"', "<n:b/>", "<!-- c -->", "\r\n", "\n", "\t", " ",
    "é", "€", "\U0001f600", "\ufeff", "tekst",
))  # fmt: skip
CODERINGEN = st.sampled_from(("utf-8", "utf-16", "utf-16-le", "iso8859-1", "cp1252", "utf-32"))


@st.composite
def xml_bytes(trek: st.DrawFn) -> bytes:
    """Something like XML in some encoding, its declaration true or not."""
    tekst = "".join(trek(st.lists(XML_DELEN, min_size=1, max_size=12)))
    return tekst.encode(trek(CODERINGEN), errors="replace")


def _heen_en_weer(inhoud: bytes, mediatype: str = "") -> Lading:
    voorwerp = etree.Element(zkn("object"), nsmap=NSMAP)
    schrijf_lading(etree.SubElement(voorwerp, EXTRA), Lading("iWmo", mediatype, inhoud))
    [terug] = lees_ladingen(ontleed(serialiseer(voorwerp)))
    return terug


@given(inhoud=st.one_of(st.binary(min_size=1, max_size=5000), xml_bytes(), st.text(min_size=1).map(str.encode)))
@example(inhoud=b"\xef\xbb\xbf<a/>")
@example(inhoud=b"   ")
@example(inhoud=b"<a>\r\n</a>")
@example(inhoud='<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"))
def test_any_bytes_come_back(inhoud: bytes) -> None:
    assert _heen_en_weer(inhoud) == Lading("iWmo", "", inhoud)


@pytest.mark.parametrize("grootte", [1, 65_537, 5_000_000])
def test_any_size_comes_back(grootte: int) -> None:
    for stuk in (b"\x00\xff", b"A", "<é/>\n".encode()):
        inhoud = (stuk * (grootte // len(stuk) + 1))[: max(grootte, len(stuk))]
        assert _heen_en_weer(inhoud).inhoud == inhoud


@given(mediatype=st.sampled_from(("", "application/xml", "text/plain;charset=utf-8", "image/svg+xml")))
def test_a_media_type_comes_back(mediatype: str) -> None:
    assert _heen_en_weer(b"x", mediatype).mediatype == mediatype


def test_xml_stays_xml() -> None:
    extra = etree.Element(EXTRA, nsmap=NSMAP)
    schrijf_lading(extra, Lading("iWmo", "application/xml", b"<iWmo:bericht>x</iWmo:bericht>"))
    assert extra[0].text == "<iWmo:bericht>x</iWmo:bericht>"
    latijn = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'
    schrijf_lading(extra, Lading("iJw", "", latijn.encode("latin-1")))
    assert extra[1].text == latijn
    assert mediatype_van(latijn.encode("latin-1")) == "application/xml"
    assert mediatype_van(b"<" + bytes(3)) == "application/octet-stream"


def test_long_text_that_looks_like_base64_goes_as_base64() -> None:
    extra = etree.Element(EXTRA, nsmap=NSMAP)
    schrijf_lading(extra, Lading("tekst", "", b"A" * 100_000))
    assert is_base64(extra[0])


def test_an_unknown_name_is_no_payload_and_stays() -> None:
    tekst = met_ladingen('<StUF:extraElementen xmlns:StUF="http://www.egem.nl/StUF/StUF0301"><StUF:extraElement '
                         'naam="kleur">rood</StUF:extraElement><StUF:extraElement naam="domeingegevens/oud">x'
                         "</StUF:extraElement></StUF:extraElementen>", [Lading("nieuw", "", b"y")])  # fmt: skip
    assert tekst is not None
    namen = [element.get("naam") for element in ontleed(tekst.encode())]
    assert namen == ["kleur", "domeingegevens/nieuw;codering=tekst"]
    assert met_ladingen(None, []) is None


@pytest.mark.parametrize(
    ("naam", "tekst", "reden"),
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
def test_what_is_not_by_the_convention_is_refused(naam: str, tekst: str, reden: str) -> None:
    voorwerp = etree.Element(zkn("object"), nsmap=NSMAP)
    extra = etree.SubElement(voorwerp, EXTRA)
    etree.SubElement(extra, stuf("extraElement"), naam=naam).text = tekst
    with pytest.raises(StufFout) as fout:
        lees_ladingen(voorwerp)
    assert reden in fout.value.details


def test_the_same_form_twice_is_refused() -> None:
    voorwerp = etree.Element(zkn("object"), nsmap=NSMAP)
    extra = etree.SubElement(voorwerp, EXTRA)
    for _ in range(2):
        schrijf_lading(extra, Lading("iWmo", "", b"x"))
    with pytest.raises(StufFout) as fout:
        lees_ladingen(voorwerp)
    assert "twee keer" in fout.value.details


def test_an_element_of_a_sender_not_held_to_the_schema_is_its_canonical_form() -> None:
    voorwerp = etree.Element(zkn("object"), nsmap=NSMAP)
    deel = etree.SubElement(etree.SubElement(voorwerp, EXTRA), stuf("extraElement"), naam="domeingegevens/x")
    deel.append(ontleed(b'<a  b="1"/>'))
    [lading] = lees_ladingen(voorwerp)
    assert lading.inhoud == b'<a b="1"></a>'

"""Parsing: what is read, what is refused, and that equal messages are equal."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from regiesysteem.stuf import xml
from regiesysteem.stuf.xml import UnreadableXml, canonical, parse, parse_own, serialise

_XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
PLAIN = '<a xmlns="urn:a"><b c="é">ë</b></a>'


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="UTF-16"?>{PLAIN}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{PLAIN}'.encode("latin-1"),
        f"<?xml version='1.0' encoding='windows-1252'?>{PLAIN}".encode("cp1252"),
        b"\n  " + PLAIN.encode(),
    ],
)
def test_encodings_of_the_field_are_read(data: bytes) -> None:
    assert parse(data).findtext("{urn:a}b") == "ë"


def test_the_charset_of_the_transport_goes_before_the_declaration() -> None:
    data = f'<?xml version="1.0" encoding="UTF-8"?>{PLAIN}'.encode("latin-1")
    with pytest.raises(UnreadableXml, match="welgevormde"):
        parse(data)
    assert parse(data, "iso-8859-1").findtext("{urn:a}b") == "ë"


def test_a_byte_order_mark_goes_before_the_charset_of_the_transport() -> None:
    assert parse(PLAIN.encode("utf-16"), "iso-8859-1").findtext("{urn:a}b") == "ë"


@pytest.mark.parametrize(
    ("data", "oorzaak"),
    [
        (b"<a>wonen & zorg</a>", r"een losse '&'; schrijf &amp; \(regel 1, kolom \d+\)"),
        (b'<a b="wonen&zorg"/>', "een losse '&'"),
        (b"<a>" * 300, r"te diep genest \("),
        (b"<a><b>tekst", "het bericht is afgebroken"),
        (b"<a><b", "het bericht is afgebroken"),
        (b"<a>" + b"x" * 10_000_001 + b"</a>", r"een tekst is te lang \("),
        (b"<a><b></a>", r"een element wordt met een andere naam gesloten dan geopend \("),
        (b"<a/><b/>", "na het einde van het bericht staat nog iets"),
        (b"<a>&x;</a>", r"een entiteit \(&...;\) die niet bestaat"),
        (b"<a>\x01</a>", "een teken dat in XML niet mag"),
        (b"<a>\xff</a>", "bytes die in deze tekencodering niet bestaan"),
        (b"<a b='1' b='2'/>", "een attribuut staat meer dan eens"),
        (b"<a b=1/>", "niet tussen aanhalingstekens"),
        (b"<a b/>", "een attribuut zonder waarde"),
        (b"<a b='<'/>", "een '<' in de waarde van een attribuut"),
        (b"<x:a/>", "een prefix waarvan de namespace niet is opgegeven"),
        (b"<1/>", "een naam begint met een teken dat niet mag"),
        (b"\n<?xml version='1.0'?><a/>", "de XML-declaratie staat niet helemaal vooraan"),
    ],
)
def test_what_goes_wrong_most_is_told_in_dutch(data: bytes, oorzaak: str) -> None:
    with pytest.raises(UnreadableXml, match=f"geen welgevormde XML: .*{oorzaak}") as error:
        parse(data)
    assert "XML_PARSE" not in str(error.value)


@pytest.mark.parametrize("charset", ["utf-7", "utf-32", "cp037", "rot13", "hex", "x" * 10_000, "", "utf-16", "\0"])
def test_other_encodings_are_refused(charset: str) -> None:
    with pytest.raises(UnreadableXml, match="tekencodering"):
        parse(PLAIN.encode(), charset)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\t",
        b"geen xml",
        gzip.compress(PLAIN.encode(), mtime=0),
        b"<a",
        b"<a><b></a>",
        b"<a/><b/>",
        b"<a>\0</a>",
        b"<a>\xff</a>",
        b"<a>&niet;</a>",
        b'<a b="&niet;"/>',
        b"<a>&#0;</a>",
        b"<x:a/>",
        b"<a b='1' b='2'/>",
        f'<?xml version="1.0" encoding="UTF-7"?>{PLAIN}'.encode(),
        PLAIN.encode("utf-32"),
        PLAIN.encode("cp037"),
        b"<a>" * 200_000,
        b"<a>" * 200_000 + b"</a>" * 200_000,
    ],
)
def test_what_is_no_xml_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(UnreadableXml) as error:
        parse(data)
    assert 10 < len(str(error.value)) < 400


DTDS = [
    "<!DOCTYPE a><a/>",
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a b="&y;">&y;</a>',
    '<?xml version="1.0"?><!-- <!DOCTYPE --><?x y?>\n<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><a/>',
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("text", DTDS)
def test_a_dtd_is_refused_in_every_encoding(text: str, encoding: str) -> None:
    with pytest.raises(UnreadableXml, match=r"DTD|DOCTYPE"):
        parse(text.encode(encoding))


@pytest.mark.parametrize("uri", ["rel", "ht/StUF:crostp://x", "//x/y", "#a", "&#114;el"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_relative_namespace_is_refused(uri: str, encoding: str) -> None:
    """It has no canonical form (Canonical XML 1.0, 1.3), and the duplicate rule compares by that."""
    for data in (f'<a xmlns:q="{uri}"/>', f"<a><q:b xmlns:q = '{uri}'/></a>", f'<a><b xmlns="{uri}"/></a>'):
        with pytest.raises(UnreadableXml, match="is geen namespace"):
            parse(data.encode(encoding))


@pytest.mark.parametrize(
    "data",
    [
        b'<a xmlns:q="urn:x" xmlns=""><b xmlns="http://x"><c xmlns=""/></b></a>',
        b'<a xmlns:q="u&#114;n:x"/>',
        b'<a><![CDATA[<x xmlns="rel"/>]]></a>',
        b"<a>xmlns:q='rel'</a>",
    ],
)
def test_an_absolute_namespace_and_a_text_about_a_relative_one_are_read(data: bytes) -> None:
    assert canonical(parse(data))


def test_doctype_as_text_inside_a_message_is_only_text() -> None:
    assert parse(b"<a><![CDATA[<!DOCTYPE html>]]></a>").text == "<!DOCTYPE html>"


def test_a_long_prolog_takes_no_longer_than_reading_it() -> None:
    """A pattern that backtracks would need ages for this."""
    assert parse(b"<?x y?><!-- z -->" * 20_000 + b"<a/>").tag == "a"
    with pytest.raises(UnreadableXml):
        parse(b"<?x y?><!-- z " * 20_000 + b"<a/>")


@pytest.mark.parametrize("data", [b"<a>" + b"<b/>" * 100_001 + b"</a>", b"<a" + b' b="c"' * 100_001 + b"/>"])
def test_more_parts_than_any_message_has_are_refused_before_they_become_a_tree(data: bytes) -> None:
    """The largest body that is taken would be a tree of gigabytes."""
    with pytest.raises(UnreadableXml, match="meer dan"):
        parse(data)


def test_what_we_wrote_ourselves_may_have_any_number_of_parts() -> None:
    assert len(parse_own(b"<a>" + b"<b/>" * 100_001 + b"</a>")) == 100_001


def test_comments_and_processing_instructions_leave_no_trace() -> None:
    root = parse(b"<a><!-- x -->een<!-- y --> twee<?p q?><b/></a>")
    assert [child.tag for child in root] == ["b"]
    assert root.text == "een twee"


def test_equal_messages_have_equal_canonical_bytes() -> None:
    los = parse(b"""<z:a xmlns:z='urn:z' xmlns:x='urn:x' d = "1"  c='2'><z:b/><!-- x --></z:a>""")
    verpakt = parse(b'<e xmlns:y="urn:y"><z:a xmlns:z="urn:z" c="2" d="1"><z:b></z:b></z:a></e>')[0]
    assert canonical(los) == canonical(verpakt)
    assert canonical(los) != canonical(parse(b'<z:a xmlns:z="urn:z" c="2" d="2"><z:b/></z:a>'))


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")))
def test_what_is_written_is_read_back(text: str) -> None:
    element = etree.Element("a", b=text)
    element.text = text
    back = parse(serialise(element))
    assert (back.text or "", back.get("b")) == (text, text)


@given(st.binary(max_size=400), st.none() | st.text(max_size=20))
def test_any_bytes_are_a_document_or_refused(data: bytes, charset: str | None) -> None:
    try:
        parse(data, charset)
    except UnreadableXml:
        return


def test_threads_parse_beside_each_other() -> None:
    out: list[str | None] = []
    threads = [
        threading.Thread(target=lambda n=n: out.extend(parse(f"<a>{n}</a>".encode()).text for _ in range(200)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(out) == sorted(str(n) for n in range(8) for _ in range(200))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a " + b" ".join(b'b%d=""' % n for n in range(251)) + b"/>", "meer dan 250 attributen"),
        (b'<a xmlns="urn:%s"/>' % (b"a" * 500), "een van meer dan 500 tekens"),
        (b"<a xmlns:b='urn:%s'/>" % (b"a" * 500), "een van meer dan 500 tekens"),
        (f'<a xmlns:b="urn:{"a" * 500}"/>'.encode("utf-16"), "een van meer dan 500 tekens"),
        (b"<b:%s xmlns:b='urn:b'/>" % (b"a" * 101), "meer dan 100 tekens"),
        (
            b"".join(
                b"<a %s>" % b" ".join(b'xmlns:b%d="urn:u"' % n for n in range(k, k + 201)) for k in range(0, 1200, 201)
            )
            + b"</a>" * 6,
            "meer dan 1000 namespaces",
        ),
    ],
)
def test_what_makes_the_work_grow_faster_than_the_message_is_refused(data: bytes, reason: str) -> None:
    """C14N compares attributes and namespaces with each other; a URI stands in the name of each element, a name in the
    path of each that is inside."""
    with pytest.raises(UnreadableXml, match=reason):
        parse(data)


def test_as_many_attributes_and_namespaces_as_toolkits_write_are_read() -> None:
    """XmlSerializer of .NET gives each xsi:type a prefix of its own: many in all, few at a time."""
    types = "".join(f'<b xmlns:q{n}="urn:q" q{n}:x="" naam="{"=" * 30}"/>' for n in range(2000))
    lang = f"<!-- {'<' + 'c' * 200} xmlns='{'d' * 600}' --><![CDATA[{'<' + 'e' * 200}]]>"
    assert len(parse(f"<a>{types}{lang}</a>".encode())) == 2000
    assert len(parse(b"<a " + b" ".join(b'b%d=""' % n for n in range(250)) + b"/>").attrib) == 250


def _limited(soort: str, facet: str) -> str:
    return f'<xs:simpleType><xs:restriction base="xs:{soort}">{facet}</xs:restriction></xs:simpleType>'


class _Counter:
    """The events that a parser hands on, counted."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, _naam: str, _attributes: object) -> None:
        """An element begins."""

    def end(self, _naam: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        self.texts.append(text)

    def close(self) -> list[str]:
        return self.texts


@pytest.mark.parametrize("sign", ["é", "€", "😀", "&", "<", ">", "]]>", "\r", "é&", "x", '"'])
def test_a_text_is_validated_in_pieces_of_which_the_number_does_not_grow_with_it(sign: str) -> None:
    """Libxml2 copies what it had of a text with each piece that it gets: N pieces are N x N bytes."""
    element = etree.Element("a")
    etree.SubElement(element, "b").text = sign * 20_000
    etree.SubElement(element, "b").tail = sign * 20_000
    parser = etree.XMLParser(target=_Counter(), huge_tree=True)  # noqa: TID251 - not to parse, but to count
    for piece in xml._for_check(element):
        parser.feed(piece + b">")
    texts: list[str] = parser.close()  # type: ignore[assignment]
    assert len(texts) <= 4
    assert "".join(texts) == sign.replace(">", "<").replace("\r", "\n") * 40_000


@pytest.mark.parametrize(
    "text", ["é" * 5000, "&" * 5000, " " * 5000, "\r" * 5000, "]]>" * 2000, " >" * 2500, "1" * 5000]
)
@pytest.mark.parametrize(
    "soort",
    [
        _limited("string", '<xs:maxLength value="5000"/>'),
        _limited("token", '<xs:length value="4999"/>'),
        _limited("string", r'<xs:pattern value="(\p{Sm}|[^a-f&gt;]|\])*"/>'),
        _limited("string", r'<xs:pattern value="\W*"/>'),
        _limited("integer", ""),
        "<xs:complexType/>",
        '<xs:complexType><xs:sequence><xs:element name="b" minOccurs="0"/></xs:sequence></xs:complexType>',
        '<xs:complexType mixed="true"><xs:sequence><xs:element name="b" minOccurs="0"/></xs:sequence></xs:complexType>',
    ],
)
def test_a_long_text_gets_the_verdict_that_it_has_in_a_tree(text: str, soort: str) -> None:
    schema = xml.compiled_schema({"x": f'{_XSD}<xs:element name="a">{soort}</xs:element></xs:schema>'}, "x")
    element = etree.Element("a")
    element.text = text
    assert xml.is_valid(element, schema) == schema.validate(element)
    said = [text for _, texts in xml.validate_stepwise(element, schema) for text in texts]
    assert bool(said) != schema.validate(element)


def test_the_first_deviation_ends_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = xml.compiled_schema({"x": f'{_XSD}<xs:element name="b"/></xs:schema>'}, "x")
    element = etree.Element("a")
    for _ in range(50_000):
        etree.SubElement(element, "c")
    gevoerd: list[int] = []
    blocks = xml._blocks

    def count(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks(pieces):
            gevoerd.append(len(block))
            yield block

    monkeypatch.setattr(xml, "_blocks", count)
    assert not xml.is_valid(element, schema)
    assert sum(gevoerd) < 100_000


def test_a_schema_reads_no_file_by_an_entity(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text('<xs:element xmlns:xs="http://www.w3.org/2001/XMLSchema" name="b"/>')
    doctype = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{file.as_uri()}">]>'
    with pytest.raises(UnreadableXml):
        xml.compiled_schema({"x": f'{doctype}{_XSD}<xs:element name="a"/>&x;</xs:schema>'}, "x")

"""The one place that turns bytes into a tree and a tree into bytes.

A received document is hostile until proven otherwise. It may have no DTD, no entities, nothing from the network, no
nesting or text beyond the safe limits of libxml2 (256 levels, 10,000,000 characters per text), no more tags, attributes
or namespaces than any message has, no longer names, and only encodings that our look at the first bytes understands as
libxml2 does. Comments and processing instructions mean nothing in StUF and are left out of the tree.

Within those bounds the work on a message grows with its size alone.
"""

import codecs
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree

from regiesysteem.stuf.faults import shorten
from regiesysteem.stuf.fixed_values import enforce_fixed
from regiesysteem.stuf.namespaces import XS

_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "ascii": "US-ASCII",
    "iso8859-1": "ISO-8859-1",
    "iso8859-15": "ISO-8859-15",
    "cp1252": "WINDOWS-1252",
}
"""Python's name of a supported encoding, and the name that libxml2 has for it."""

# libxml2 makes its built-in types at the first schema of a process. Threads that do so at the same moment find half of
# them, or free one twice, which ends the process.
_ONE_SCHEMA_AT_A_TIME: Final = threading.Lock()

REFERRING: Final = tuple(f"{{{XS}}}{naam}" for naam in ("include", "import", "redefine"))
"""The elements of an XSD that refer to another file."""

_SPACE: Final = re.compile(rb"[ \t\r\n]*")
# An element of four bytes takes some two hundred in memory, and work in each check. A zakLk01 has hundreds of tags.
_MAX_TAGS: Final = 100_000
# C14N compares each attribute of an element with the others, and each namespace in use with all that are in scope. The
# name of each element has the URI of its namespace, and each deviation the names of all its ancestors.
_MAX_PER_ELEMENT: Final = 250
_MAX_IN_SCOPE: Final = 1000
_MAX_NAME: Final = 100
_MAX_URI: Final = 500
_LONG_NAME: Final = re.compile(rb"<[^<>\s/!?]{%d}|xmlns[^<>='\"]*=\s*['\"][^<'\"]{%d}" % (_MAX_NAME, _MAX_URI))
_BLOCK: Final = 64 * 1024
# libxml2 hands a text to its schema in pieces, one per 300 bytes or per reference, and copies all earlier pieces each
# time.
_LONG_TEXT: Final = re.compile(rb">([^<]{4096,})")
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][\w.\-]*)["']""")
# Atomic and possessive, so that a prolog of a thousand comments costs no more than reading it. It may stand inside the
# root.
_DOCTYPE: Final = re.compile(rb"(?>[ \t\r\n]+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_TEXT_CUT: Final = 200

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_RELATIVE: Final = re.compile(rb"""xmlns(?::[^\s=]+)?\s*=\s*(?:"(?!")|'(?!'))(?![A-Za-z][A-Za-z0-9+.\-]*:)""")
"""Finds a namespace with a relative URI, or a text that looks like one."""

_OPTION: Final = re.compile(r",?\s*(?:use|try) XML_PARSE_\w+(?: option)?")
_CAUSES: Final = tuple(
    (re.compile(pattern), dutch)
    for pattern, dutch in (
        (r"xmlParseEntityRef: no name|EntityRef: expecting ';'", "een losse '&'; schrijf &amp;"),
        (r"Excessive depth", "de elementen zijn te diep genest"),
        (r"Premature end|Couldn't find end of Start Tag|EndTag: '</' not found", "het bericht is afgebroken"),
        (r"Resource limit exceeded: Text node too long|xmlSAX2Characters: huge", "een tekst is te lang"),
    )
)
"""Texts of libxml2 that say more than their type, and a text that helps a sender."""

_KINDS: Final = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "er is geen element; verwacht wordt '<'",
    etree.ErrorTypes.ERR_DOCUMENT_END: "na het einde van het bericht staat nog iets",
    etree.ErrorTypes.ERR_INVALID_CHAR: "een teken dat in XML niet mag",
    etree.ErrorTypes.ERR_INVALID_CHARREF: "een verwijzing naar een teken dat in XML niet mag",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "bytes die in deze tekencodering niet bestaan",
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING: "een tekencodering die niet wordt ondersteund",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "een entiteit (&...;) die niet bestaat",
    etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING: "een losse '&'; schrijf &amp;",
    etree.ErrorTypes.ERR_LT_IN_ATTRIBUTE: "een '<' in de waarde van een attribuut; schrijf &lt;",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED: "de waarde van een attribuut staat niet tussen aanhalingstekens",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED: "de waarde van een attribuut houdt niet op",
    etree.ErrorTypes.ERR_ATTRIBUTE_WITHOUT_VALUE: "een attribuut zonder waarde",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "een attribuut staat meer dan eens in hetzelfde element",
    etree.ErrorTypes.ERR_MISPLACED_CDATA_END: "']]>' buiten een CDATA-sectie; schrijf ]]&gt;",
    etree.ErrorTypes.ERR_CDATA_NOT_FINISHED: "een CDATA-sectie houdt niet op",
    etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED: "commentaar houdt niet op",
    etree.ErrorTypes.ERR_HYPHEN_IN_COMMENT: "'--' in commentaar",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: "de XML-declaratie staat niet helemaal vooraan",
    etree.ErrorTypes.ERR_XMLDECL_NOT_FINISHED: "de XML-declaratie klopt niet",
    etree.ErrorTypes.ERR_SPACE_REQUIRED: "er ontbreekt een spatie",
    etree.ErrorTypes.ERR_GT_REQUIRED: "een tag wordt niet gesloten; verwacht wordt '>'",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "er ontbreekt een naam, of een naam begint met een teken dat niet mag",
    etree.ErrorTypes.ERR_NAME_TOO_LONG: "een naam is te lang",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "een element wordt met een andere naam gesloten dan geopend",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "het bericht is afgebroken",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "een prefix waarvan de namespace niet is opgegeven",
}
"""Type of an error of libxml2 -> Dutch; what has no row is told in the words of libxml2."""


class UnreadableXml(Exception):
    """The bytes are not XML that we read; the text (Dutch) says what and where and may go to the sender."""


def parse(data: bytes, charset: str | None = None, *, most: int = _MAX_TAGS) -> etree._Element:
    """Parse a document that was received and return its root element; it may have `most` tags, and attributes.

    `charset` is the one of the transport (content type); it goes before the XML declaration, a byte order mark goes
    before both (RFC 7303). Raises UnreadableXml for anything that is not well-formed, has a DTD or an encoding that we
    do not take, or is beyond the bounds above.
    """
    data, encoding = _readable(data, charset)
    equals = data.count(b"=")
    if data.count(b"<") > most or equals > most:
        raise UnreadableXml(f"het bericht heeft meer dan {most} tags of attributen")
    root = _parse(data, encoding)
    if equals > _MAX_PER_ELEMENT or _LONG_NAME.search(data) or _RELATIVE.search(data):
        _bound(root)
    return root


def parse_own(data: bytes) -> etree._Element:
    """Parse what we wrote ourselves, of any size: an answer that is kept, a part of a message that was taken."""
    return _parse(*_readable(data, None))


def _readable(data: bytes, charset: str | None) -> tuple[bytes, str | None]:
    """Give a document and the encoding in which libxml2 must read it; UTF-16 becomes UTF-8, to count its bytes."""
    encoding = _encoding(data, charset)
    if encoding is None or not encoding.startswith("UTF-16"):
        return data, encoding
    try:
        return data.decode(encoding).encode(), "UTF-8"
    except UnicodeError:
        raise UnreadableXml(f"het bericht is geen leesbare {encoding}") from None


def _parse(data: bytes, encoding: str | None) -> etree._Element:
    if _DOCTYPE.match(data.removeprefix(codecs.BOM_UTF8)):
        raise UnreadableXml("het bericht bevat een DOCTYPE (DTD); die is in StUF-berichten niet toegestaan")
    parser = etree.XMLParser(  # noqa: TID251 - the one place
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)  # noqa: TID251 - the one place
    except etree.XMLSyntaxError as error:
        raise UnreadableXml(f"het bericht is geen welgevormde XML: {_cause(error)}") from None
    except (LookupError, ValueError) as error:
        raise UnreadableXml("het bericht is geen leesbare XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableXml("het bericht bevat een DTD; die is in StUF-berichten niet toegestaan")
    return root


def _bound(root: etree._Element) -> None:
    """Refuse a document in which the work on a part depends on other parts, or that has no canonical form.

    A namespace that is a relative URI has none (Canonical XML 1.0, 1.3), and means nothing (Namespaces in XML, 2.2).
    """
    in_scope = 0
    for event, what in etree.iterwalk(root, ("start", "start-ns", "end-ns")):
        if event == "end-ns":
            in_scope -= 1
        elif event == "start-ns":
            in_scope += 1
            if in_scope > _MAX_IN_SCOPE or len(what[1]) > _MAX_URI:
                bounds = f"meer dan {_MAX_IN_SCOPE} namespaces bij elkaar, of een van meer dan {_MAX_URI} tekens"
                raise UnreadableXml(f"het bericht heeft {bounds}")
            if what[1] and not _ABSOLUTE.match(what[1]):
                raise UnreadableXml(f"{shorten(what[1], _TEXT_CUT)!r} is geen namespace: dat is een absolute URI")
        elif len(what.attrib) > _MAX_PER_ELEMENT:
            raise UnreadableXml(f"een element heeft meer dan {_MAX_PER_ELEMENT} attributen")
        elif len(etree.QName(what).localname) > _MAX_NAME:
            raise UnreadableXml(f"de naam van een element heeft meer dan {_MAX_NAME} tekens")


def parse_file(path: Path) -> etree._Element:
    """Parse a file of our own (XSD, WSDL); its relative references resolve against its directory."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)  # noqa: TID251 - the one place
    return etree.parse(path, parser).getroot()  # noqa: TID251 - the one place


def compiled_schema(files: Mapping[str, str], main: str) -> etree.XMLSchema:
    """Compile an XSD whose parts are kept by name; a schemaLocation names another part, and nothing else.

    Raises UnreadableXml for a text that is no XSD, or refers to a part that is absent.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)  # noqa: TID251 - the one place
    try:
        parts = {naam: etree.fromstring(text.encode(), parser) for naam, text in files.items()}  # noqa: TID251
        _refuse_elsewhere(parts)
        enforce_fixed(parts.values())
        # It compiles from files: lxml has one resolver for all threads, so another thread that parses would take it
        # away.
        with TemporaryDirectory(prefix="xsd-") as directory:
            for naam, part in parts.items():
                (Path(directory) / naam).write_bytes(etree.tostring(part, encoding="UTF-8"))
            with _ONE_SCHEMA_AT_A_TIME:
                return etree.XMLSchema(parse_file(Path(directory) / main))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise UnreadableXml(f"geen goed XML Schema: {shorten(str(error), _TEXT_CUT)}") from None


def _refuse_elsewhere(parts: Mapping[str, etree._Element]) -> None:
    """Refuse a part that refers to anything but a kept part: no file, no network."""
    for part in parts.values():
        for reference in part.iterchildren(*REFERRING):
            if (location := reference.get("schemaLocation")) is not None and location not in parts:
                raise UnreadableXml(f"geen goed XML Schema: {shorten(location, _TEXT_CUT)} hoort er niet bij")


def is_valid(element: etree._Element, schema: etree.XMLSchema) -> bool:
    """Tell whether an element is valid, in time that grows with its size alone; the first deviation ends the work.

    libxml2 does not look up the position of a deviation among its siblings while it parses; in a tree lxml makes it do
    so.
    """
    parser = etree.XMLParser(schema=schema, huge_tree=True)  # noqa: TID251 - the one place
    for block in _blocks(_for_check(element)):
        parser.feed(block)
        if _deviations(parser.feed_error_log):
            return False
    try:
        parser.close()
    except etree.XMLSyntaxError:
        return False
    return True


def validate_stepwise(
    element: etree._Element, schema: etree.XMLSchema
) -> Iterator[tuple[list[etree._Element], list[str]]]:
    """Validate an element tag by tag; each tag with deviations gives the texts of libxml2 and its place.

    The place is the list of open elements at that tag, from `element` down, its own included. The work stops when the
    caller takes no more.
    """
    parser = etree.XMLPullParser(("start", "end"), schema=schema, huge_tree=True)
    next_ = element.iter(etree.Element)
    open_: list[etree._Element] = []
    seen = 0
    for piece in _for_check(element):
        parser.feed(piece + b">")
        closed = 0
        for soort, _ in parser.read_events():
            if soort == "start":
                open_.append(next(next_))
            else:
                closed += 1
        if len(found := _deviations(parser.feed_error_log)) > seen:
            yield list(open_), found[seen:]
            seen = len(found)
        if closed:
            del open_[-closed:]


def _for_check(element: etree._Element) -> list[bytes]:
    """Write an element for a parser that validates, cut at each `>`: there a tag ends, or a long text.

    A long text becomes a CDATA section, the one form that libxml2 hands on whole. In it `<` stands for `>`, and a line
    feed for a carriage return: these are alike to every facet but an enumeration, which has no text of this length.
    """
    data = etree.tostring(element, with_tail=False, encoding="UTF-8")
    return _LONG_TEXT.sub(_whole, data).split(b">")[:-1]


def _whole(found: re.Match[bytes]) -> bytes:
    text = found[1].replace(b"&#13;", b"\n").replace(b"&lt;", b"<").replace(b"&gt;", b"<").replace(b"&amp;", b"&")
    return b">" + text if text.isspace() else b"><![CDATA[" + text + b"]]>"


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces until they are worth a call."""
    block: list[bytes] = []
    size = 0
    for piece in pieces:
        block += [piece, b">"]
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _deviations(log: etree._ListErrorLog) -> list[str]:
    """The deviations from the schema that libxml2 found so far, without its remarks on the XML itself."""
    return [entry.message or "" for entry in log if entry.domain == etree.ErrorDomains.SCHEMASV]


def serialise(element: etree._Element) -> bytes:
    """Write an element as a UTF-8 document with an XML declaration."""
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


def canonical(element: etree._Element) -> bytes:
    """Write an element so that equal messages give equal bytes, whatever their quotes or attribute order.

    Exclusive C14N: namespaces of a surrounding envelope do not count.
    """
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _encoding(data: bytes, charset: str | None) -> str | None:
    """Say in which encoding libxml2 must read, None for its own choice; refuse what we would look at differently."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableXml("de tekencodering UTF-32 wordt niet ondersteund")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    if data.startswith(codecs.BOM_UTF8):
        return "UTF-8"
    space = _SPACE.match(data)
    start = data[(begin := space.end() if space else 0) : begin + 300]
    if not start:
        raise UnreadableXml("het bericht is leeg")
    if start.startswith((b"<\0", b"\0<")):
        return "UTF-16LE" if start.startswith(b"<\0") else "UTF-16BE"
    if not start.startswith(b"<"):
        raise UnreadableXml("het bericht is geen XML: het begint niet met '<'")
    declared = _DECLARED.match(start)
    if charset is None:
        if declared is None:
            return None
        charset = declared.group(1).decode("ascii")
    encoding = _libxml_name(charset)
    if encoding is None or encoding.startswith("UTF-16"):
        # Each character starts with one byte here, so the document is not UTF-16.
        naam = shorten(charset, 40)
        raise UnreadableXml(f"de tekencodering {naam!r} past niet bij het bericht of wordt niet ondersteund")
    return encoding


def _libxml_name(charset: str) -> str | None:
    try:
        return _ENCODINGS.get(codecs.lookup(charset.strip().strip("\"'")).name)
    except (LookupError, ValueError):
        return None


def _cause(error: etree.XMLSyntaxError) -> str:
    """Say in short what libxml2 found, in Dutch where it is common; the text may quote the message, so it is cut."""
    line, column = error.position
    text = (error.msg or "").splitlines()[0] if error.msg else "leeg"
    text = _OPTION.sub("", text.rpartition(", line ")[0] or text)
    text = next(
        (dutch for pattern, dutch in _CAUSES if pattern.match(text)), _KINDS.get(getattr(error, "code", 0), text)
    )
    return f"{text:.{_TEXT_CUT}} (regel {line}, kolom {column})"

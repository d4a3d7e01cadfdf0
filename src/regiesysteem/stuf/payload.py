"""A payload in StUF:extraElementen: data of a domain in a form of its own, by a convention of this system.

    <StUF:extraElement naam="domeingegevens/iWmo">tekst</StUF:extraElement>
    <StUF:extraElement naam="domeingegevens/iWmo;codering=base64;mediatype=application/xml">PD94...</StUF:extraElement>

The schema of StUF has nowhere for XML of others in a kennisgeving, and lets an extraElement have any text and any naam.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.content.content import Inhouden, read_all
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import NIL, stuf
from regiesysteem.stuf.xml import canonical, parse_own

PREFIX: Final = "domeingegevens/"
MAX_BYTES: Final = 7_000_000
"""The largest payload that fits in a message as base64: a text has at most 10,000,000 characters."""

EXTRA: Final = stuf("extraElementen")
EXTRA_ELEMENT: Final = stuf("extraElement")
EXTRA_ELEMENTS: Final = f"{EXTRA}/{EXTRA_ELEMENT}"
"""Path to the extraElementen of an object."""
XML: Final = "application/xml"
BYTES: Final = "application/octet-stream"
TEXT: Final = "text/plain"

_NAAM: Final = re.compile(
    rf"{PREFIX}(?P<formaat>[^;\s](?:[^;]{{0,98}}[^;\s])?)"
    r"(?:;codering=(?P<codering>tekst|base64))?(?:;mediatype=(?P<mediatype>[^/\s;]+/[^/\s;]+(?:;.*)?))?"
)
_MEDIATYPE: Final = re.compile(r"[^/\s;]+/[^/\s;]+(?:;[^\x00-\x1f]*)?")
_DECLARATION: Final = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.\-]*)["']""")
_BEGIN_XML: Final = re.compile(r"\s*<[A-Za-z_?!]")
_LOOKS_BASE_64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")
_LONG: Final = 50_000
_BEGIN: Final = 300
_MAX_TYPE: Final = 200
_CODERINGEN: Final = frozenset({"utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1252"})


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload: the name of its form, its media type ("" when its sender gave none), and its bytes."""

    formaat: str
    mediatype: str
    inhoud: bytes


def is_payload(element: etree._Element) -> bool:
    """Tell whether an extraElement holds a payload by this convention."""
    return (element.get("naam") or "").startswith(PREFIX)


def is_base64(element: etree._Element) -> bool:
    """Tell whether an extraElement holds a payload as base64, whatever else is wrong with it."""
    return is_payload(element) and ";codering=base64" in (element.get("naam") or "")


def read_payloads(instance: etree._Element, inhouden: Inhouden | None = None) -> list[Payload]:
    """The payloads in the extraElementen of an <object>; `inhouden` are the contents of its message.

    Raises StUF055 for a payload that does not follow the convention.
    """
    payloads = [
        _read(element, inhouden or Inhouden()) for element in instance.iterfind(EXTRA_ELEMENTS) if is_payload(element)
    ]
    names = [payload.formaat for payload in payloads]
    if double := next((naam for naam in names if names.count(naam) > 1), None):
        raise _error(double, "staat er twee keer")
    return payloads


def write_payload(parent: etree._Element, payload: Payload) -> None:
    """Append a payload as an extraElement: as text where that gives the same bytes again, else as base64."""
    element = etree.SubElement(parent, EXTRA_ELEMENT)
    mediatype = f";mediatype={payload.mediatype}" if payload.mediatype else ""
    text = _as_text(payload.inhoud)
    encoding = "base64" if text is None else "tekst"
    element.set("naam", f"{PREFIX}{payload.formaat};codering={encoding}{mediatype}")
    element.text = base64.b64encode(payload.inhoud).decode() if text is None else text


def with_payloads(extra: str | None, payloads: Iterable[Payload]) -> str | None:
    """The text of extraElementen (`values.read_verbatim`) with these payloads instead of its own.

    None when nothing is left in it.
    """
    element = parse_own(extra.encode()) if extra else etree.Element(EXTRA, nsmap={"StUF": EXTRA[1:].partition("}")[0]})
    for old in [child for child in element if is_payload(child)]:
        element.remove(old)
    for payload in payloads:
        write_payload(element, payload)
    return canonical(element).decode() if len(element) else None


def mediatype_of(inhoud: bytes) -> str:
    """Guess the media type of a payload from its bytes, when nobody gave one."""
    text = _as_text(inhoud)
    if text is None:
        return BYTES
    return XML if _BEGIN_XML.match(text) else TEXT


def is_mediatype(text: str) -> bool:
    """Tell whether a text is a media type, with or without parameters."""
    return len(text) <= _MAX_TYPE and _MEDIATYPE.fullmatch(text) is not None


def _read(element: etree._Element, inhouden: Inhouden) -> Payload:
    naam = element.get("naam") or ""
    parts = _NAAM.fullmatch(naam)
    if parts is None:
        raise _error(
            naam.removeprefix(PREFIX)[:60],
            "heeft geen goede naam; verwacht: domeingegevens/FORMAAT[;codering=tekst|base64][;mediatype=TYPE]",
        )
    formaat, mediatype = parts["formaat"], parts["mediatype"] or ""
    if mediatype and not is_mediatype(mediatype):
        raise _error(formaat, "heeft geen goed mediatype")
    inhoud = b"" if element.get(NIL) in ("true", "1") else _inhoud(element, formaat, parts["codering"], inhouden)
    if not inhoud:
        raise _error(formaat, "is leeg")
    _not_too_large(formaat, len(inhoud))
    return Payload(formaat, mediatype, inhoud)


def _inhoud(element: etree._Element, formaat: str, encoding: str | None, inhouden: Inhouden) -> bytes:
    if len(element):
        # Only from a sender that is not held to the schema: XML itself, whose bytes are its canonical form.
        if len(element) > 1 or (element.text or "").strip() or (element[0].tail or "").strip():
            raise _error(formaat, "heeft meer dan een element, of ook tekst")
        return canonical(element[0])
    text = element.text or ""
    if encoding == "base64":
        if (apart := inhouden.find(text)) is not None:
            _not_too_large(formaat, apart.grootte)
            return read_all(apart)
        try:
            return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise _error(formaat, "is geen goede base64") from None
    try:
        return _to_bytes(text)
    except (LookupError, UnicodeEncodeError):
        raise _error(formaat, "noemt een tekencodering die niet bij de tekst past; stuur het als base64") from None


def _not_too_large(formaat: str, size: int) -> None:
    if size > MAX_BYTES:
        raise _error(formaat, f"is groter dan {MAX_BYTES} bytes; stuur het als zaakdocument")


def _to_bytes(text: str) -> bytes:
    """The bytes of a text: in the encoding that its XML declaration names, else UTF-8."""
    return text.encode(_encoding(text))


def _encoding(text: str) -> str:
    declaration = _DECLARATION.match(text)
    naam = codecs.lookup(declaration[1]).name if declaration else "utf-8"
    if naam not in _CODERINGEN:
        raise LookupError(naam)
    return naam


def _as_text(inhoud: bytes) -> str | None:
    """Give the text that gives these bytes again when it is read from a message; None when there is none."""
    try:
        text = inhoud.decode(_encoding(inhoud[:_BEGIN].decode("latin-1")))
        etree.Element("x").text = text  # raises for characters that XML cannot have
        fits = "\r" not in text and bool(text.strip()) and _to_bytes(text) == inhoud
    except (LookupError, ValueError):
        return None
    # The receiver takes a text that looks like a long base64 out of a message (`stuf.content.lift`).
    return text if fits and not (len(text) > _LONG and _LOOKS_BASE_64.fullmatch(text)) else None


def _error(formaat: str, what: str) -> StufFout:
    return StufFout("StUF055", f"object/extraElementen: domeingegevens {formaat!r} {what}")

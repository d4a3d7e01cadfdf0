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

from regiesysteem.stuf.content.content import Inhouden, lees_alles
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import NIL, stuf
from regiesysteem.stuf.xml import canoniek, ontleed_eigen

VOORVOEGSEL: Final = "domeingegevens/"
MAX_BYTES: Final = 7_000_000
"""The largest payload that fits in a message as base64: a text has at most 10,000,000 characters."""

EXTRA: Final = stuf("extraElementen")
EXTRA_ELEMENT: Final = stuf("extraElement")
EXTRA_ELEMENTS: Final = f"{EXTRA}/{EXTRA_ELEMENT}"
"""Path to the extraElementen of an object."""
XML: Final = "application/xml"
BYTES: Final = "application/octet-stream"
TEKST: Final = "text/plain"

_NAAM: Final = re.compile(
    rf"{VOORVOEGSEL}(?P<formaat>[^;\s](?:[^;]{{0,98}}[^;\s])?)"
    r"(?:;codering=(?P<codering>tekst|base64))?(?:;mediatype=(?P<mediatype>[^/\s;]+/[^/\s;]+(?:;.*)?))?"
)
_MEDIATYPE: Final = re.compile(r"[^/\s;]+/[^/\s;]+(?:;[^\x00-\x1f]*)?")
_DECLARATIE: Final = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.\-]*)["']""")
_BEGIN_XML: Final = re.compile(r"\s*<[A-Za-z_?!]")
_LIJKT_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")
_LANG: Final = 50_000
_BEGIN: Final = 300
_MAX_TYPE: Final = 200
_CODERINGEN: Final = frozenset({"utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1252"})


@dataclass(frozen=True, slots=True)
class Lading:
    """A payload: the name of its form, its media type ("" when its sender gave none), and its bytes."""

    formaat: str
    mediatype: str
    inhoud: bytes


def is_lading(element: etree._Element) -> bool:
    """Tell whether an extraElement holds a payload by this convention."""
    return (element.get("naam") or "").startswith(VOORVOEGSEL)


def is_base64(element: etree._Element) -> bool:
    """Tell whether an extraElement holds a payload as base64, whatever else is wrong with it."""
    return is_lading(element) and ";codering=base64" in (element.get("naam") or "")


def lees_ladingen(voorwerp: etree._Element, inhouden: Inhouden | None = None) -> list[Lading]:
    """The payloads in the extraElementen of an <object>; `inhouden` are the contents of its message.

    Raises StUF055 for a payload that does not follow the convention.
    """
    ladingen = [
        _lees(element, inhouden or Inhouden()) for element in voorwerp.iterfind(EXTRA_ELEMENTS) if is_lading(element)
    ]
    namen = [lading.formaat for lading in ladingen]
    if dubbel := next((naam for naam in namen if namen.count(naam) > 1), None):
        raise _fout(dubbel, "staat er twee keer")
    return ladingen


def schrijf_lading(ouder: etree._Element, lading: Lading) -> None:
    """Append a payload as an extraElement: as text where that gives the same bytes again, else as base64."""
    element = etree.SubElement(ouder, EXTRA_ELEMENT)
    mediatype = f";mediatype={lading.mediatype}" if lading.mediatype else ""
    tekst = _als_tekst(lading.inhoud)
    codering = "base64" if tekst is None else "tekst"
    element.set("naam", f"{VOORVOEGSEL}{lading.formaat};codering={codering}{mediatype}")
    element.text = base64.b64encode(lading.inhoud).decode() if tekst is None else tekst


def met_ladingen(extra: str | None, ladingen: Iterable[Lading]) -> str | None:
    """The text of extraElementen (`values.lees_letterlijk`) with these payloads instead of its own.

    None when nothing is left in it.
    """
    element = (
        ontleed_eigen(extra.encode()) if extra else etree.Element(EXTRA, nsmap={"StUF": EXTRA[1:].partition("}")[0]})
    )
    for oud in [kind for kind in element if is_lading(kind)]:
        element.remove(oud)
    for lading in ladingen:
        schrijf_lading(element, lading)
    return canoniek(element).decode() if len(element) else None


def mediatype_van(inhoud: bytes) -> str:
    """Guess the media type of a payload from its bytes, when nobody gave one."""
    tekst = _als_tekst(inhoud)
    if tekst is None:
        return BYTES
    return XML if _BEGIN_XML.match(tekst) else TEKST


def is_mediatype(tekst: str) -> bool:
    """Tell whether a text is a media type, with or without parameters."""
    return len(tekst) <= _MAX_TYPE and _MEDIATYPE.fullmatch(tekst) is not None


def _lees(element: etree._Element, inhouden: Inhouden) -> Lading:
    naam = element.get("naam") or ""
    delen = _NAAM.fullmatch(naam)
    if delen is None:
        raise _fout(
            naam.removeprefix(VOORVOEGSEL)[:60],
            "heeft geen goede naam; verwacht: domeingegevens/FORMAAT[;codering=tekst|base64][;mediatype=TYPE]",
        )
    formaat, mediatype = delen["formaat"], delen["mediatype"] or ""
    if mediatype and not is_mediatype(mediatype):
        raise _fout(formaat, "heeft geen goed mediatype")
    inhoud = b"" if element.get(NIL) in ("true", "1") else _inhoud(element, formaat, delen["codering"], inhouden)
    if not inhoud:
        raise _fout(formaat, "is leeg")
    _niet_te_groot(formaat, len(inhoud))
    return Lading(formaat, mediatype, inhoud)


def _inhoud(element: etree._Element, formaat: str, codering: str | None, inhouden: Inhouden) -> bytes:
    if len(element):
        # Only from a sender that is not held to the schema: XML itself, whose bytes are its canonical form.
        if len(element) > 1 or (element.text or "").strip() or (element[0].tail or "").strip():
            raise _fout(formaat, "heeft meer dan een element, of ook tekst")
        return canoniek(element[0])
    tekst = element.text or ""
    if codering == "base64":
        if (apart := inhouden.vind(tekst)) is not None:
            _niet_te_groot(formaat, apart.grootte)
            return lees_alles(apart)
        try:
            return base64.b64decode("".join(tekst.split()).encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise _fout(formaat, "is geen goede base64") from None
    try:
        return _naar_bytes(tekst)
    except (LookupError, UnicodeEncodeError):
        raise _fout(formaat, "noemt een tekencodering die niet bij de tekst past; stuur het als base64") from None


def _niet_te_groot(formaat: str, grootte: int) -> None:
    if grootte > MAX_BYTES:
        raise _fout(formaat, f"is groter dan {MAX_BYTES} bytes; stuur het als zaakdocument")


def _naar_bytes(tekst: str) -> bytes:
    """The bytes of a text: in the encoding that its XML declaration names, else UTF-8."""
    return tekst.encode(_codering(tekst))


def _codering(tekst: str) -> str:
    declaratie = _DECLARATIE.match(tekst)
    naam = codecs.lookup(declaratie[1]).name if declaratie else "utf-8"
    if naam not in _CODERINGEN:
        raise LookupError(naam)
    return naam


def _als_tekst(inhoud: bytes) -> str | None:
    """Give the text that gives these bytes again when it is read from a message; None when there is none."""
    try:
        tekst = inhoud.decode(_codering(inhoud[:_BEGIN].decode("latin-1")))
        etree.Element("x").text = tekst  # raises for characters that XML cannot have
        past = "\r" not in tekst and bool(tekst.strip()) and _naar_bytes(tekst) == inhoud
    except (LookupError, ValueError):
        return None
    # The receiver takes a text that looks like a long base64 out of a message (`stuf.content.lift`).
    return tekst if past and not (len(tekst) > _LANG and _LIJKT_BASE64.fullmatch(tekst)) else None


def _fout(formaat: str, wat: str) -> StufFout:
    return StufFout("StUF055", f"object/extraElementen: domeingegevens {formaat!r} {wat}")

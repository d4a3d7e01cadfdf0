"""Decodes base64 as it streams by, of any line length and with any white space, and keeps the contents of a message.

pybase64 decodes (SIMD). binascii decodes 200 MB/s, too slow for a document that must pass at 300 MB/s altogether.
"""

import base64
import binascii
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Final

import pybase64
from lxml import etree

from regiesysteem.stuf.content.scratch import Kladblok
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE, NIL

WITRUIMTE: Final = b" \t\r\n"
ALFABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_GROEP: Final = 4  # characters that make three bytes


class GeenBase64(ValueError):
    """The text has characters that are not base64 and not white space."""


class OnvolledigeBase64(ValueError):
    """The alphabet is right, but the padding is not: data is missing, or continues after the end."""


class Base64Lezer:
    """Decodes pieces of any length in turn; `leeg` until a character came that is not white space."""

    def __init__(self) -> None:
        self._over = b""
        self._einde = False
        self.leeg = True

    def lees(self, stuk: bytes) -> bytes:
        """Decode the next piece as far as whole groups go; raises GeenBase64 or OnvolledigeBase64."""
        # Line ends are nearly all the white space there is, and replacing one character is twice as fast.
        kaal = stuk.replace(b"\r", b"").replace(b"\n", b"")
        if self._over:
            kaal = self._over + kaal
        try:
            return self._decodeer(kaal)
        except binascii.Error:
            kaal = kaal.translate(None, WITRUIMTE)
        if kaal.translate(None, ALFABET):
            raise GeenBase64
        try:
            return self._decodeer(kaal)
        except binascii.Error:
            raise OnvolledigeBase64 from None

    def sluit(self) -> None:
        """Finish the text; raises OnvolledigeBase64 when a group is not complete."""
        if self._over.translate(None, WITRUIMTE):
            raise OnvolledigeBase64

    def _decodeer(self, kaal: bytes) -> bytes:
        heel = len(kaal) - len(kaal) % _GROEP
        over = kaal[heel:]
        if over.translate(None, ALFABET):
            raise binascii.Error  # white space inside a group: groups do not start where they seem to
        uit = pybase64.b64decode(kaal[:heel] if over else kaal, validate=True)
        if self._einde and kaal:
            raise OnvolledigeBase64
        self._einde = len(uit) != heel // _GROEP * 3 or self._einde
        if self._einde and over:
            raise OnvolledigeBase64
        self._over = over
        self.leeg = self.leeg and not kaal
        return uit


# --- The contents of documents (StUF:BinaireInhoud, protocolbinding 03.02, 3.1), apart from the message

STUK: Final = 384 * 1024
"""Bytes that are read at a time; a multiple of three, so that each piece becomes base64 by itself.

A larger piece leaves the cache of the processor before it is sent; a smaller one costs more calls.
"""

_MAX_BEZWAREN: Final = 10
_MAX_INHOUDEN: Final = 1000  # a content costs as much as a hundred elements
_LENGTE_NAAM: Final = 255  # StUF:Bestandsnaam
_VORM: Final = struct.Struct(">32sQ")
_PLAATSHOUDER: Final = re.compile(r"[A-Za-z0-9+/]{54}==")
# Characters that turn the reading direction make exe.fdp of pdf.exe.
_RICHTING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
ONVOLLEDIG: Final = (
    "De inhoud van het document is geen base64: zij is onvolledig, de opvulling (=) aan het eind klopt niet."
)
GEEN_BASE64: Final = "De inhoud van het document is geen base64: er staan tekens in die daar niet in voorkomen."


@dataclass(frozen=True, slots=True)
class Inhoud:
    """A content: a seekable file of `grootte` bytes, its digest in hexadecimals, and its name and type."""

    bestand: IO[bytes]
    grootte: int
    sha256: str
    content_type: str = ""
    bestandsnaam: str = ""

    @property
    def plaatshouder(self) -> str:
        """The text that stands for this content in a tree."""
        return base64.b64encode(_VORM.pack(bytes.fromhex(self.sha256), self.grootte)).decode()

    def stukken(self, grootte: int = STUK) -> Iterator[bytes]:
        """Read the content from the start, in full pieces but for the last; other readers of the file do not matter."""
        plek = 0
        while True:
            self.bestand.seek(plek)
            stuk = b""
            while len(stuk) < grootte and (meer := self.bestand.read(grootte - len(stuk))):
                stuk = stuk + meer if stuk else meer
            if not stuk:
                return
            plek += len(stuk)
            yield stuk


class Inhouden:
    """The contents that belong to a message and its answer, by stand-in.

    `bezwaren` (Dutch) are the objections to contents of the message, for which admission refuses it. The handler of the
    request calls `close` after the answer is sent; it closes the contents of the message.
    """

    def __init__(self, kladblok: Kladblok | None = None) -> None:
        self.bezwaren: list[str] = []
        self._kladblok = kladblok
        self._op_plek: dict[str, Inhoud] = {}
        self._open: list[IO[bytes]] = []

    def neem_op(self, inhoud: Inhoud) -> str:
        """Take in a content, which `close` closes with the others, and give its stand-in."""
        self._open.append(inhoud.bestand)
        self._op_plek.setdefault(inhoud.plaatshouder, inhoud)
        return inhoud.plaatshouder

    def vind(self, plaatshouder: str) -> Inhoud | None:
        """Give the content of a stand-in."""
        return self._op_plek.get(plaatshouder)

    def __len__(self) -> int:
        return len(self._op_plek)

    def close(self) -> None:
        """Close every content, and delete the scratch space of the message."""
        for bestand in self._open:
            with suppress(OSError):
                bestand.close()
        if self._kladblok is not None:
            self._kladblok.close()


def inhoud_van(element: etree._Element | None, inhouden: Inhouden) -> Inhoud | None:
    """The content of an element `inhoud` with its name and type; None when there is no element, or it is nil.

    An element without text is a content of zero bytes: xs:base64Binary allows it, and its dienst decides whether a
    document may be empty. Raises StUF055 for a content that cannot be read or an invalid name (docs/afwijkingen.md 32),
    and for an empty name, also where the element is nil.
    """
    if element is None:
        return None
    if not element.get(BESTANDSNAAM, "-"):
        raise StufFout("StUF055", "StUF:bestandsnaam van object/inhoud is leeg; geef het bestand een naam.")
    if element.get(NIL, "").strip() in ("true", "1"):
        return None
    inhoud = inhouden.vind(element.text) if element.text else lees_inline("", Kladblok())
    if inhouden.bezwaren or inhoud is None:
        raise StufFout("StUF055", " ".join(inhouden.bezwaren) or "De inhoud van het document ontbreekt.")
    naam, soort = element.get(BESTANDSNAAM, ""), element.get(CONTENT_TYPE, "")
    if bezwaar := bezwaar_tegen_naam(naam) or bezwaar_tegen_soort(soort):
        raise StufFout("StUF055", bezwaar)
    return replace(inhoud, content_type=soort, bestandsnaam=naam)


def zet_inhoud(element: etree._Element, inhoud: Inhoud, inhouden: Inhouden) -> None:
    """Put a content in an element `inhoud` of an answer; it is sent from its file, and closed after that."""
    element.text = inhouden.neem_op(inhoud)
    for attribuut, waarde in ((CONTENT_TYPE, inhoud.content_type), (BESTANDSNAAM, inhoud.bestandsnaam)):
        if waarde:
            element.set(attribuut, waarde)


def lees_plaatshouder(tekst: str) -> tuple[str, int] | None:
    """Give the digest (hexadecimals) and size in a stand-in, as in a stored message; None for another text."""
    if not _PLAATSHOUDER.fullmatch(tekst):
        return None
    digest, grootte = _VORM.unpack(base64.b64decode(tekst))
    return digest.hex(), grootte


def lees_alles(inhoud: Inhoud) -> bytes:
    """All bytes of a content, for a content that is small enough."""
    return b"".join(inhoud.stukken())


def lees_inline(tekst: str, kladblok: Kladblok) -> Inhoud:
    """Decode base64 that stands in a tree; raises GeenBase64, OnvolledigeBase64 or TeGroot."""
    lezer, schrijver = Base64Lezer(), kladblok.schrijver()
    try:
        schrijver.write(lezer.lees(tekst.encode("ascii")))
    except UnicodeEncodeError:
        raise GeenBase64 from None
    lezer.sluit()
    return Inhoud(schrijver.bestand(), schrijver.grootte, schrijver.sha256)


def breng_onder(  # noqa: PLR0917 - a message, where files stand, and what was taken out before
    bericht: etree._Element,
    bestanden: Iterable[str],
    kladblok: Kladblok,
    gelicht: Mapping[str, Inhoud | str] | None = None,
    merk: str = "",
    teksten: Iterable[etree._Element] = (),
) -> Inhouden:
    """Take the contents out of a message: each element that is a file gets the stand-in of its content.

    `bestanden` are the paths (ElementPath, from the message) where files stand. An element with the same name elsewhere
    is data like any other (an object of another model may have any content) and stays as it came.

    `gelicht` has the contents that were taken out before (`stuf.content.lift`, attachments), or the objection to one,
    by the token in their place. Tokens begin with `merk`.

    `teksten` are elements whose base64 stays as it came, unless it was taken out before, or could be read as a
    stand-in.
    """
    inhouden = Inhouden(kladblok)
    gevonden = [element for pad in bestanden for element in bericht.iterfind(pad)]
    gevonden += [element for element in teksten if _is_inhoud(element, merk)]
    for nummer, element in enumerate(gevonden):
        if nummer >= _MAX_INHOUDEN:
            inhouden.bezwaren.append(f"Het bericht heeft meer dan {_MAX_INHOUDEN} elementen inhoud.")
        if len(inhouden.bezwaren) > _MAX_BEZWAREN or nummer >= _MAX_INHOUDEN:
            break
        try:
            _breng_een_onder(element, inhouden, kladblok, gelicht or {}, merk)
        except (GeenBase64, OnvolledigeBase64) as fout:
            inhouden.bezwaren.append(GEEN_BASE64 if isinstance(fout, GeenBase64) else ONVOLLEDIG)
            # One objection only: the schema would report the same of a text that is small enough to stay in the tree.
            element.text = None
    if merk:
        for element in bericht.iter(etree.Element):
            if len(inhouden.bezwaren) > _MAX_BEZWAREN:
                break
            if merk in (element.text or "") or merk in (element.tail or ""):
                inhouden.bezwaren.append(
                    f"Het element {etree.QName(element).localname} bevat een bijlage of een te lange tekst; "
                    "alleen in object/inhoud van een document kan dat."
                )
    return inhouden


def _is_inhoud(element: etree._Element, merk: str) -> bool:
    tekst = (element.text or "").strip()
    return (bool(merk) and merk in tekst) or lees_plaatshouder(tekst) is not None


def bezwaar_tegen_naam(naam: str) -> str:
    """Give the objection to a bestandsnaam (Dutch), "" when there is none; the schema checks that there is a name."""
    if len(naam) > _LENGTE_NAAM:
        return f"De bestandsnaam is {len(naam)} tekens lang; toegestaan is {_LENGTE_NAAM}."
    if any(unicodedata.category(teken) in ("Cc", "Zl", "Zp") for teken in naam) or _RICHTING.search(naam):
        return "De bestandsnaam bevat stuurtekens."
    if "/" in naam or "\\" in naam or naam.strip() in (".", ".."):
        return "De bestandsnaam bevat een pad; stuur alleen de naam van het bestand."
    if naam and not naam.strip():
        return "De bestandsnaam bestaat uit witruimte."
    return ""


def bezwaar_tegen_soort(soort: str) -> str:
    """Give the objection to a contentType (Dutch), "" when there is none."""
    if len(soort) > _LENGTE_NAAM or any(unicodedata.category(teken)[0] == "C" for teken in soort):
        return "Het attribuut contentType is te lang of bevat stuurtekens."
    return ""


def _breng_een_onder(
    element: etree._Element,
    inhouden: Inhouden,
    kladblok: Kladblok,
    gelicht: Mapping[str, Inhoud | str],
    merk: str,
) -> None:
    if len(element):
        inhouden.bezwaren.append(
            f"De inhoud van het document bevat het element {etree.QName(element[0]).localname} in plaats van base64."
        )
        return
    tekst = (element.text or "").strip()
    if not tekst:
        element.text = None
        return
    if merk and merk in tekst:
        gevonden = gelicht.get(tekst, GEEN_BASE64)
        if isinstance(gevonden, str):
            inhouden.bezwaren.append(gevonden)
            element.text = None
            return
        element.text = inhouden.neem_op(gevonden)
        return
    element.text = inhouden.neem_op(lees_inline(tekst, kladblok))

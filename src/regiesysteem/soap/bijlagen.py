"""A message with attachments (MTOM: multipart/related with XOP): taken apart while its bytes stream by.

The root part goes to a file of its own, to be read as any message; the others become contents by Content-ID.
"""

import binascii
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol
from urllib.parse import unquote

from lxml import etree
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from werkzeug.http import parse_options_header

from regiesysteem.soap.verzoek import XML_TYPEN, Multipart
from regiesysteem.stuf.base64stroom import Base64Lezer, GeenBase64, OnvolledigeBase64
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.inhoud import Inhoud
from regiesysteem.stuf.kladblok import IN_GEHEUGEN, Kladblok, Schrijver
from regiesysteem.stuf.lichten import Merken

INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
_MAX_DELEN: Final = 100
_MAX_KOPREGELS: Final = 20
_BLOK: Final = 256 * 1024
_NAAM: Final = 100  # characters of a name that a fault repeats
_MAX_STIL: Final = 200_000  # bytes in which the parser finds nothing
_MAX_REGEL: Final = 1024 * 1024  # of quoted-printable, where 76 is the rule


class _Doel(Protocol):
    def write(self, stuk: bytes, /) -> object: ...


@dataclass(slots=True)
class Pakket:
    """The parts of a message: the root with its charset and the action that it names, the others by Content-ID."""

    wortel: IO[bytes]
    charset: str | None = None
    actie: str = ""
    delen: dict[str, Inhoud] = field(default_factory=dict)


def lees_pakket(bron: IO[bytes], multipart: Multipart, kladblok: Kladblok) -> Pakket:
    """Take a multipart/related body apart; `wortel` is the caller's to close.

    Raises StUF055 for what is no complete multipart, TeGroot for a part that is larger than a content may be.
    """
    pakket = Pakket(SpooledTemporaryFile(max_size=IN_GEHEUGEN))  # noqa: SIM115 - closed below or by the caller
    try:
        _Ontleding(multipart, kladblok, pakket).draai(bron)
    except BaseException:
        pakket.wortel.close()
        raise
    pakket.wortel.seek(0)
    return pakket


def vervang_includes(document: etree._Element, pakket: Pakket, merken: Merken) -> dict[str, Inhoud]:
    """Put a token in the place of each xop:Include, and give what each stands for.

    Raises StUF055 when an Include has no part, stands beside something else, or when a part has no Include.
    """
    gevonden: dict[str, Inhoud] = {}
    ongenoemd = set(pakket.delen)
    for include in list(document.iter(INCLUDE)):
        ouder = include.getparent()
        href = include.get("href", "")
        cid = unquote(href.removeprefix("cid:"))
        if not href.startswith("cid:") or cid not in pakket.delen:
            raise StufFout(
                "StUF055", f"xop:Include verwijst naar {href[:_NAAM]!r}; er is geen deel met die Content-ID."
            )
        if ouder is None or len(ouder) > 1 or (ouder.text or "").strip() or (include.tail or "").strip():
            raise StufFout("StUF055", "Naast een xop:Include mag in hetzelfde element niets anders staan.")
        ongenoemd.discard(cid)
        token = merken.nieuw()
        gevonden[token] = pakket.delen[cid]
        ouder.remove(include)
        ouder.text = token
    if ongenoemd:
        raise StufFout(
            "StUF055", f"Het deel met Content-ID {min(ongenoemd)[:_NAAM]!r} wordt in het bericht nergens genoemd."
        )
    return gevonden


class _Ontleding:
    """One body on its way through the parser, whose callbacks these are."""

    def __init__(self, multipart: Multipart, kladblok: Kladblok, pakket: Pakket) -> None:
        self._multipart = multipart
        self._kladblok = kladblok
        self._pakket = pakket
        self._aantal = 0
        self._stil = 0
        self._wortel_gezien = False
        self._klaar = False
        self._naam = self._waarde = b""
        self._kop: dict[str, str] = {}
        self._cid = ""
        self._schrijver: Schrijver | None = None
        self._doel: _Doel | None = None
        self._decoder: _Decoder | None = None

    def draai(self, bron: IO[bytes]) -> None:
        grens = self._multipart.boundary.encode("latin-1", "replace")
        try:
            parser = MultipartParser(
                grens,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._lees_naam,
                    "on_header_value": self._lees_waarde,
                    "on_header_end": self._kopregel,
                    "on_headers_finished": self._open,
                    "on_part_data": self._lees,
                    "on_part_end": self._sluit,
                    "on_end": self._einde,
                },
                max_header_count=_MAX_KOPREGELS,
            )
            parser.write(_na_aanhef(bron.read(_BLOK), b"--" + grens))
            while not self._klaar and (stuk := bron.read(_BLOK)):
                self._voer(parser, stuk)
        except (FormParserError, UnicodeDecodeError) as fout:
            raise StufFout("StUF055", f"Het multipart-bericht is niet leesbaar{_bij_deel(self._aantal)}.") from fout
        except (GeenBase64, OnvolledigeBase64, binascii.Error):
            raise StufFout(
                "StUF055", f"De Content-Transfer-Encoding van een deel klopt niet{_bij_deel(self._aantal)}."
            ) from None
        if not self._klaar:
            raise StufFout("StUF055", "Het multipart-bericht is afgebroken: het laatste scheidingsteken ontbreekt.")
        if not self._wortel_gezien:
            wortel = f" met Content-ID {self._multipart.start[:_NAAM]!r}" if self._multipart.start else ""
            raise StufFout("StUF055", f"Het multipart-bericht heeft geen deel{wortel} met het bericht zelf.")

    def _voer(self, parser: MultipartParser, stuk: bytes) -> None:
        """Give the parser a piece; one that has nothing but padding of a boundary it would look at byte by byte."""
        self._stil += len(stuk)
        parser.write(stuk)
        if self._stil > _MAX_STIL and not self._klaar:
            raise FormParserError("nothing but padding")

    def _begin(self) -> None:
        self._stil = 0
        self._aantal += 1
        if self._aantal > _MAX_DELEN:
            raise StufFout("StUF055", f"Het multipart-bericht heeft meer dan {_MAX_DELEN} delen.")
        self._kop = {}

    def _lees_naam(self, data: bytes, van: int, tot: int) -> None:
        self._naam += data[van:tot]

    def _lees_waarde(self, data: bytes, van: int, tot: int) -> None:
        self._waarde += data[van:tot]

    def _kopregel(self) -> None:
        self._stil = 0
        self._kop[self._naam.decode("ascii").lower()] = self._waarde.decode("utf-8").strip()
        self._naam = self._waarde = b""

    def _open(self) -> None:
        """Say where the part goes, now that its header is known."""
        cid = _kaal(self._kop.get("content-id", ""))
        self._decoder = _decoder(self._kop.get("content-transfer-encoding", ""))
        start = self._multipart.start
        if not self._wortel_gezien and (cid == start if start else self._aantal == 1):
            self._wortel_gezien = True
            self._lees_wortelkop()
            self._doel, self._schrijver = self._pakket.wortel, None
            return
        if not cid:
            raise StufFout(
                "StUF055", f"Een deel van het multipart-bericht heeft geen Content-ID{_bij_deel(self._aantal)}."
            )
        if cid in self._pakket.delen or cid == start:
            raise StufFout("StUF055", f"Content-ID {cid[:_NAAM]!r} komt meer dan eens voor.")
        self._cid = cid
        self._doel = self._schrijver = self._kladblok.schrijver()

    def _lees_wortelkop(self) -> None:
        soort, opties = parse_options_header(self._kop.get("content-type", ""))
        if soort.lower() not in XML_TYPEN | {"application/xop+xml"}:
            raise StufFout("StUF055", f"Het deel met het bericht is van het type {soort[:_NAAM]!r}; dat is geen XML.")
        self._pakket.charset = opties.get("charset")
        self._pakket.actie = opties.get("action") or parse_options_header(opties.get("type", ""))[1].get("action", "")

    def _lees(self, data: bytes, van: int, tot: int) -> None:
        self._stil = 0
        stuk = data if tot - van == len(data) else data[van:tot]
        if self._doel is not None:
            self._doel.write(self._decoder.lees(stuk) if self._decoder else stuk)

    def _sluit(self) -> None:
        if self._decoder and self._doel is not None:
            self._doel.write(self._decoder.sluit())
        if self._schrijver is not None:
            schrijver = self._schrijver
            self._pakket.delen[self._cid] = Inhoud(schrijver.bestand(), schrijver.grootte, schrijver.sha256)
        self._doel = self._schrijver = None

    def _einde(self) -> None:
        self._klaar = True


class _Decoder(Protocol):
    def lees(self, stuk: bytes) -> bytes: ...
    def sluit(self) -> bytes: ...


class _Base64:
    def __init__(self) -> None:
        self._lezer = Base64Lezer()

    def lees(self, stuk: bytes) -> bytes:
        return self._lezer.lees(stuk)

    def sluit(self) -> bytes:
        self._lezer.sluit()
        return b""


class _QuotedPrintable:
    """By whole lines: the last one waits for its end."""

    def __init__(self) -> None:
        self._over = b""

    def lees(self, stuk: bytes) -> bytes:
        heel, einde, self._over = (self._over + stuk).rpartition(b"\n")
        if len(self._over) > _MAX_REGEL:
            raise binascii.Error
        return binascii.a2b_qp(heel + einde)

    def sluit(self) -> bytes:
        return binascii.a2b_qp(self._over)


def _decoder(codering: str) -> _Decoder | None:
    codering = codering.lower()
    if codering in ("", "binary", "8bit", "7bit"):
        return None
    if codering == "base64":
        return _Base64()
    if codering == "quoted-printable":
        return _QuotedPrintable()
    raise StufFout("StUF055", f"Content-Transfer-Encoding {codering[:_NAAM]!r} wordt niet ondersteund.")


def _na_aanhef(begin: bytes, grens: bytes) -> bytes:
    """Drop the preamble, which means nothing (RFC 2046, 5.1.1)."""
    if begin.startswith(grens):
        return begin
    plek = begin.find(b"\n" + grens)
    if plek < 0:
        raise StufFout("StUF055", "Het multipart-bericht begint niet met het scheidingsteken uit de Content-Type.")
    return begin[plek + 1 :]


def _kaal(cid: str) -> str:
    return cid.removeprefix("<").removesuffix(">")


def _bij_deel(nummer: int) -> str:
    return f" (deel {nummer})" if nummer else ""

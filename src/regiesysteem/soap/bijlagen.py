"""A message with attachments (MTOM: multipart/related with XOP): taken apart while its bytes stream by.

The root part goes to a file of its own, to be read as any message; the others become contents by Content-ID.
"""

import binascii
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol
from urllib.parse import unquote

from lxml import etree

from regiesysteem.soap.mime import BrokenMime, CutOff, Parts, parameters
from regiesysteem.soap.verzoek import XML_TYPEN, Multipart
from regiesysteem.stuf.content.content import Base64Lezer, GeenBase64, Inhoud, OnvolledigeBase64
from regiesysteem.stuf.content.lift import Merken
from regiesysteem.stuf.content.scratch import IN_GEHEUGEN, Kladblok
from regiesysteem.stuf.faults import StufFout

INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
_MAX_DELEN: Final = 100
_NAAM: Final = 100  # characters of a name that a fault repeats
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
    gedecodeerd = {unquote(cid): cid for cid in pakket.delen}
    ongenoemd = set(pakket.delen)
    for include in list(document.iter(INCLUDE)):
        ouder = include.getparent()
        href = include.get("href", "")
        cid = _deel_bij(href.strip(), pakket, gedecodeerd)
        if not cid:
            raise StufFout(
                "StUF055", f"xop:Include verwijst naar {href[:_NAAM]!r}; er is geen deel met die Content-ID."
            )
        if ouder is None or len(ouder) > 1 or (ouder.text or "").strip() or (include.tail or "").strip():
            raise StufFout("StUF055", "Naast een xop:Include mag in hetzelfde element niets anders staan.")
        ongenoemd.discard(cid)
        ouder.remove(include)
        ouder.text = None
        # JAX-WS attaches every base64Binary, also the empty one by which a scope asks for a file: that is no content.
        if pakket.delen[cid].grootte:
            ouder.text = token = merken.nieuw()
            gevonden[token] = pakket.delen[cid]
    if ongenoemd:
        raise StufFout(
            "StUF055", f"Het deel met Content-ID {min(ongenoemd)[:_NAAM]!r} wordt in het bericht nergens genoemd."
        )
    return gevonden


def _deel_bij(href: str, pakket: Pakket, gedecodeerd: dict[str, str]) -> str:
    """The Content-ID that a cid: URL is of (RFC 2392), "" when there is none.

    The URL is decoded; stacks that put the encoded form in the Content-ID too, or only there, are understood as well.
    """
    soort, dubbelpunt, wat = href.partition(":")
    if soort.lower() != "cid" or not dubbelpunt:
        return ""
    for cid in (unquote(wat), wat):
        if cid in pakket.delen:
            return cid
    return gedecodeerd.get(unquote(wat), "")


class _Ontleding:
    """One body on its way, part by part."""

    def __init__(self, multipart: Multipart, kladblok: Kladblok, pakket: Pakket) -> None:
        self._multipart = multipart
        self._kladblok = kladblok
        self._pakket = pakket
        self._aantal = 0
        self._wortel_gezien = False

    def draai(self, bron: IO[bytes]) -> None:
        delen = Parts(bron, self._multipart.boundary.encode("latin-1", "replace"))
        try:
            delen.skip_preamble()
        except BrokenMime:
            raise StufFout(
                "StUF055", "Het multipart-bericht begint niet met het scheidingsteken uit de Content-Type."
            ) from None
        try:
            while self._lees_deel(delen):
                pass
        except CutOff:
            raise StufFout(
                "StUF055", "Het multipart-bericht is afgebroken: het laatste scheidingsteken ontbreekt."
            ) from None
        except BrokenMime:
            raise StufFout("StUF055", f"Het multipart-bericht is niet leesbaar{_bij_deel(self._aantal)}.") from None
        except (GeenBase64, OnvolledigeBase64, binascii.Error):
            raise StufFout(
                "StUF055", f"De Content-Transfer-Encoding van een deel klopt niet{_bij_deel(self._aantal)}."
            ) from None
        if not self._wortel_gezien:
            wortel = f" met Content-ID {self._multipart.start[:_NAAM]!r}" if self._multipart.start else ""
            raise StufFout("StUF055", f"Het multipart-bericht heeft geen deel{wortel} met het bericht zelf.")

    def _lees_deel(self, delen: Parts) -> bool:
        """Take one part; False when there was none."""
        self._aantal += 1
        if (kop := delen.header()) is None:
            return False
        if self._aantal > _MAX_DELEN:
            raise StufFout("StUF055", f"Het multipart-bericht heeft meer dan {_MAX_DELEN} delen.")
        cid = _kaal(kop.get("content-id", ""))
        decoder = _decoder(kop.get("content-transfer-encoding", ""))
        start = self._multipart.start
        if not self._wortel_gezien and (unquote(cid) == unquote(start) if start else self._aantal == 1):
            self._wortel_gezien = True
            self._lees_wortelkop(kop)
            _schrijf(delen, decoder, self._pakket.wortel)
            return True
        if not cid:
            raise StufFout(
                "StUF055", f"Een deel van het multipart-bericht heeft geen Content-ID{_bij_deel(self._aantal)}."
            )
        if cid in self._pakket.delen or cid == start:
            raise StufFout("StUF055", f"Content-ID {cid[:_NAAM]!r} komt meer dan eens voor.")
        schrijver = self._kladblok.schrijver()
        _schrijf(delen, decoder, schrijver)
        self._pakket.delen[cid] = Inhoud(schrijver.bestand(), schrijver.grootte, schrijver.sha256)
        return True

    def _lees_wortelkop(self, kop: dict[str, str]) -> None:
        soort, opties = parameters(kop.get("content-type", ""))
        if soort not in XML_TYPEN | {"application/xop+xml"}:
            raise StufFout("StUF055", f"Het deel met het bericht is van het type {soort[:_NAAM]!r}; dat is geen XML.")
        self._pakket.charset = opties.get("charset")
        self._pakket.actie = opties.get("action") or parameters(opties.get("type", ""))[1].get("action", "")


def _schrijf(delen: Parts, decoder: "_Decoder | None", doel: _Doel) -> None:
    for stuk in delen.content():
        doel.write(decoder.lees(stuk) if decoder else stuk)
    if decoder:
        doel.write(decoder.sluit())


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


def _kaal(cid: str) -> str:
    return cid.strip().removeprefix("<").removesuffix(">")


def _bij_deel(nummer: int) -> str:
    return f" (deel {nummer})" if nummer else ""

"""Sends a message to a receiver and says what came of it.

zeep binds (envelope, headers, both versions of SOAP), reads the answer and sees faults; the body is our own element,
put in as it is, because zeep cannot write xsi:nil on every complex type. The connections are `verbinding`'s.
"""

import codecs
import copy
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import zeep
from lxml import etree
from zeep.plugins import Plugin
from zeep.transports import Transport

from regiesysteem.logboek import logger
from regiesysteem.nabij import KENMERKKOP, is_deze_machine
from regiesysteem.notificaties.ontvanger import Ontvanger
from regiesysteem.notificaties.storingen import STORINGEN, reden_van
from regiesysteem.notificaties.uitkomst import (
    MAX_WACHT_S,
    Uitkomst,
    lees_antwoord,
    lees_leeg,
    lees_onleesbaar,
    tijdelijk,
)
from regiesysteem.notificaties.verbinding import Antwoord, Lijn
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import OnleesbareXML, ontleed, serialiseer

_WSDL: Final = Path(__file__).with_name("bezorging.wsdl")
_BINDING: Final = {
    "1.1": "{urn:regiesysteem:bezorging}SOAPBezorging",
    "1.2": "{urn:regiesysteem:bezorging}SOAP12Bezorging",
}
_REFERENTIENUMMER: Final = f"{{{STUF}}}referentienummer"
_WACHT_BIJ: Final = frozenset({429, 503})


@dataclass
class _Gesprek:
    """One message and what came back: the answer, and its tree when it has one."""

    actie: str
    element: etree._Element
    antwoord: Antwoord | None = None
    wortel: etree._Element | None = None


_GAANDE: ContextVar[_Gesprek] = ContextVar("gesprek")


class Verzender:
    """Sends messages to any number of receivers, from any number of threads; one per process.

    `kenmerk` is that of our database; a receiver on this machine hears it, and so which of several systems we are.
    """

    def __init__(self, kenmerk: str = "") -> None:
        self._kenmerk = kenmerk
        self._slot = threading.Lock()
        self._klanten: dict[tuple[str, str, str, str], _Klant] = {}

    def verzend(self, ontvanger: Ontvanger, actie: str, element: etree._Element) -> Uitkomst:
        """Send a message once; `actie` is its SOAPAction, `element` what goes in the SOAP body (it stays yours).

        Whatever the receiver or the way to it does is in the Uitkomst; nothing of that is raised.
        """
        begin = time.monotonic()
        referentienummer = next((een.text or "" for een in element.iter(_REFERENTIENUMMER)), "")
        gesprek = _Gesprek(actie, element)
        merk = _GAANDE.set(gesprek)
        try:
            self._klant(ontvanger).verstuur()
            uitkomst = _lees(gesprek, referentienummer)
        except STORINGEN as fout:
            uitkomst = tijdelijk(reden_van(fout, ontvanger))
        finally:
            _GAANDE.reset(merk)
        uitkomst = replace(uitkomst, duur_s=time.monotonic() - begin)
        _log(ontvanger, actie, referentienummer, uitkomst)
        return uitkomst

    def sluit(self) -> None:
        """Close all connections; the next message opens one again."""
        with self._slot:
            klanten, self._klanten = list(self._klanten.values()), {}
        for klant in klanten:
            klant.lijn.sluit()

    def _klant(self, ontvanger: Ontvanger) -> "_Klant":
        """The client of a receiver; a new one when the inrichting says something else of it than before."""
        with self._slot:
            klant = self._klanten.get(ontvanger.sleutel)
            if klant is not None and klant.ontvanger == ontvanger:
                return klant
            nieuw = self._klanten[ontvanger.sleutel] = _Klant(ontvanger, self._kenmerk)
        if klant is not None:
            klant.lijn.sluit()
        return nieuw


class _Klant:
    """zeep for one receiver."""

    def __init__(self, ontvanger: Ontvanger, kenmerk: str) -> None:
        self.ontvanger = ontvanger
        self.lijn = Lijn(ontvanger)
        client = zeep.Client(  # type: ignore[no-untyped-call]
            _wsdl(),
            transport=_Vervoer(ontvanger, self.lijn, kenmerk),
            plugins=[_Inhoud()],
            settings=zeep.Settings(forbid_dtd=True, forbid_external=True),
        )
        self._dienst = client.create_service(_BINDING[ontvanger.soap], ontvanger.adres)  # type: ignore[no-untyped-call]

    def verstuur(self) -> None:
        """Send the message of the conversation under way. What zeep cannot read or sees as a fault is not raised."""
        try:
            self._dienst.bezorg()
        except Exception:
            # Over an odd answer zeep raises anything; what came is in the conversation, and that is what counts.
            if _GAANDE.get().antwoord is None:
                raise


class _Inhoud(Plugin):
    """Puts our own element in the body that zeep leaves empty, and keeps the tree that zeep made of the answer."""

    def egress(
        self, envelope: etree._Element, http_headers: dict[str, str], _operation: Any, _opties: Any
    ) -> tuple[etree._Element, dict[str, str]]:
        gesprek = _GAANDE.get()
        envelope[-1].append(copy.deepcopy(gesprek.element))
        http_headers["SOAPAction"] = f'"{gesprek.actie}"'
        if http_headers["Content-Type"].startswith("application/soap+xml"):
            http_headers["Content-Type"] = f'application/soap+xml; charset=utf-8; action="{gesprek.actie}"'
        return envelope, http_headers

    def ingress(
        self, envelope: etree._Element, http_headers: Mapping[str, str], _operation: Any
    ) -> tuple[etree._Element, Mapping[str, str]]:
        _GAANDE.get().wortel = envelope
        return envelope, http_headers


class _Vervoer(Transport):
    """zeep's transport over our own connections; it logs no messages and loads nothing."""

    def __init__(self, ontvanger: Ontvanger, lijn: Lijn, kenmerk: str) -> None:
        super().__init__(session=lijn.sessie)  # type: ignore[no-untyped-call]
        self._ontvanger = ontvanger
        self._lijn = lijn
        self._koppen = {KENMERKKOP: kenmerk} if kenmerk and is_deze_machine(ontvanger.adres) else {}

    def post(self, _address: str, message: bytes, headers: dict[str, str]) -> Antwoord:
        headers = {**headers, **self._koppen}
        if aanmelding := self._ontvanger.aanmelding():
            headers = {**headers, "Authorization": aanmelding}
        antwoord = _in_utf8(self._lijn.post(message, headers))
        _GAANDE.get().antwoord = antwoord
        # zeep takes all but 200 for a fault; a 202 with a Bv03 is none.
        return replace(antwoord, status_code=200) if 200 < antwoord.status_code < 300 and antwoord.content else antwoord


@cache
def _wsdl() -> Any:
    """The WSDL as zeep has it, read once per process."""
    return zeep.wsdl.Document(str(_WSDL), Transport(), settings=zeep.Settings(forbid_external=True))  # type: ignore[no-untyped-call, arg-type]


def _lees(gesprek: _Gesprek, referentienummer: str) -> Uitkomst:
    antwoord = gesprek.antwoord
    if antwoord is None:
        return tijdelijk("er kwam geen antwoord")
    if not antwoord.content.strip():
        uitkomst = lees_leeg(antwoord.status_code)
    elif gesprek.wortel is None:
        uitkomst = lees_onleesbaar(antwoord.status_code)
    else:
        uitkomst = lees_antwoord(antwoord.status_code, gesprek.wortel, referentienummer)
    return replace(uitkomst, wacht_s=_wacht(antwoord))


def _in_utf8(antwoord: Antwoord) -> Antwoord:
    """The answer as zeep reads it: what is before the XML declaration gone, in the encoding that its header says.

    The charset of the Content-Type goes before the declaration, a byte order mark before both (RFC 7303, 3.2).
    """
    kop = Message()
    kop["Content-Type"] = antwoord.headers.get("Content-Type", "")
    charset = kop.get_content_charset()
    begin = antwoord.content[:100].lower()
    gewoon = charset is None or (charset == "utf-8" and (b"encoding" not in begin or b"utf-8" in begin))
    if kop.get_content_maintype() == "multipart" or (gewoon and begin.startswith(b"<")):
        return antwoord
    bom = antwoord.content.startswith(codecs.BOM_UTF8)
    inhoud = antwoord.content.removeprefix(codecs.BOM_UTF8).lstrip()
    for genoemd in dict.fromkeys(("utf-8" if bom else charset, None)):
        with suppress(OnleesbareXML):
            return replace(antwoord, content=serialiseer(ontleed(inhoud, genoemd)))
    return antwoord


def _wacht(antwoord: Antwoord) -> float | None:
    """How many seconds the receiver asks us to wait: a number, or a moment by his own clock (RFC 9110, 10.2.3)."""
    if antwoord.status_code not in _WACHT_BIJ:
        return None
    gevraagd = antwoord.headers.get("Retry-After", "").strip()
    if gevraagd.isascii() and gevraagd.isdigit():
        return min(float(gevraagd[:9]), MAX_WACHT_S)
    if (moment := _moment(gevraagd)) is None:
        return None
    nu = _moment(antwoord.headers.get("Date", "")) or datetime.now(UTC)
    return min(max((moment - nu).total_seconds(), 0.0), MAX_WACHT_S)


def _moment(tekst: str) -> datetime | None:
    """A date of HTTP, which is in UTC; None for another text."""
    try:
        moment = parsedate_to_datetime(tekst)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _log(ontvanger: Ontvanger, actie: str, referentienummer: str, uitkomst: Uitkomst) -> None:
    log = logger()
    gezegd = {
        "berichtcode": uitkomst.berichtcode,
        "code": uitkomst.code,
        "http_status": uitkomst.http_status,
        "plek": uitkomst.plek,
        "omschrijving": "" if uitkomst.soort == "bevestigd" or uitkomst.citeert else uitkomst.omschrijving,
        "waarschuwing": uitkomst.waarschuwing,
    }
    (log.info if uitkomst.soort == "bevestigd" and not uitkomst.waarschuwing else log.warning)(
        "bericht_verzonden" if uitkomst.soort == "bevestigd" else "bericht_niet_aangekomen",
        applicatie=ontvanger.applicatie,
        organisatie=ontvanger.organisatie,
        actie=actie.rpartition("/")[2],
        referentienummer=referentienummer,
        soort=uitkomst.soort,
        duur_ms=round(uitkomst.duur_s * 1000, 1),
        **{naam: waarde for naam, waarde in gezegd.items() if waarde},
    )

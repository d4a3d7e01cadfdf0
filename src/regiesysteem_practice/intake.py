"""Takes messages in: opened, checked, recognised when they come twice, and answered (StUF 03.01, 4.4)."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Final

from lxml import etree

from regiesysteem.local import KENMERKKOP, vraag
from regiesysteem.soap.envelope import (
    AndereVersie,
    Envelop,
    OnbegrepenHeader,
    open_envelop,
    pak_in,
    soap_fout,
    versie_van,
)
from regiesysteem.stuf.answers import bv03, foutbericht
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Stuurgegevens, Systeem, lees_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import OnleesbareXML, canoniek, ontleed, serialiseer
from regiesysteem_practice.choices import Storing
from regiesysteem_practice.reading import ReadMessage, read_message

# --- The Regiesysteem that a message is from: with the shipped inrichting two on one machine deliver to the same ports

_WACHT_S: Final = 3.0


class MessageOrigin:
    """Knows the Regiesysteem at `adres` by its /readyz; a system that cannot be asked is no other one."""

    def __init__(self, adres: str) -> None:
        """Prepare; nothing is asked yet."""
        self.adres = adres
        self._bekend = ""

    def is_ander(self, kenmerk: str) -> bool:
        """Tell whether the system `kenmerk` is another one; asks again when it has changed, or was not known."""
        if not kenmerk or kenmerk == self._bekend:
            return False
        self._bekend = _vraag_kenmerk(f"{self.adres.removesuffix('/stuf')}/readyz")
        return self._bekend not in {"", kenmerk}


def _vraag_kenmerk(url: str) -> str:
    try:
        with vraag(url, _WACHT_S) as antwoord:
            return str(antwoord.headers.get(KENMERKKOP, ""))
    except (OSError, HTTPException, ValueError):
        return ""


# --- Takes messages in: opened, checked, recognised when they come twice, and answered (StUF 03.01, 4.4)

_ONTHOUDEN: Final = 100_000  # messages that are recognised
_ANDER: Final = (
    "deze oefenbackoffice hoort bij het Regiesysteem op {hoort}, en dit bericht komt van een ander; "
    "start voor elk systeem een eigen, met --server en een eigen --poort, en zet dat adres in zijn inrichting"
)
_AFWIJKINGEN: Final = 5  # that a fault names


@dataclass(frozen=True)
class HttpAnswer:
    """The answer over HTTP."""

    status: int
    inhoud: bytes
    soort: str = "text/xml; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message that came, and its answer.

    `gelezen` is None when it was refused; `dubbel` when the same came before, which got the same answer.
    """

    moment: datetime
    envelop: bytes
    stuurgegevens: Stuurgegevens
    soap: str = ""
    gelezen: ReadMessage | None = None
    dubbel: bool = False
    uitkomst: str = "Bv03"
    waarschuwing: str = ""


class Intake:
    """Takes the messages of one back office, one at a time; `neem_op` keeps and shows each before it is answered.

    `herkomst` knows the Regiesysteem that it talks to: a message from another one on this machine is refused.
    """

    def __init__(
        self,
        eigen: Systeem,
        neem_op: Callable[[Received], None],
        storing: Storing | None = None,
        herkomst: MessageOrigin | None = None,
    ) -> None:
        self._herkomst = herkomst
        self._eigen = eigen
        self._neem_op = neem_op
        self._storing = storing
        self._slot = threading.Lock()
        self._gezien: OrderedDict[tuple[str, ...], tuple[bytes, HttpAnswer]] = OrderedDict()

    def neem(self, inhoud: bytes, charset: str | None = None, kenmerk: str = "") -> HttpAnswer:
        """Take a message and give the answer; `kenmerk` is the Regiesysteem that its sender claims to be."""
        if self._storing is not None and self._storing.soort in {"500", "rommel"}:
            return self._stoor(inhoud, self._storing.soort)
        try:
            wortel = ontleed(inhoud, charset)
        except OnleesbareXML as fout:
            return self._weiger(inhoud, SOAP11, StufFout("StUF055", str(fout)), Stuurgegevens())
        try:
            envelop = open_envelop(wortel)
        except StufFout as fout:
            return self._weiger(inhoud, versie_van(wortel) or SOAP11, fout, Stuurgegevens())
        except AndereVersie:
            return _soap_fout(SOAP11, "VersionMismatch", "Deze versie van SOAP wordt niet ondersteund.")
        except OnbegrepenHeader as fout:
            tekst = f"De header {fout} wordt niet begrepen."
            return _soap_fout(versie_van(wortel) or SOAP11, "MustUnderstand", tekst, fout.namen)
        with self._slot:
            return self._behandel(inhoud, envelop, kenmerk)

    def _behandel(self, inhoud: bytes, envelop: Envelop, kenmerk: str) -> HttpAnswer:
        bericht = envelop.bericht
        vraag = lees_stuurgegevens(bericht)
        sleutel = (*(vraag.zender or Systeem()).sleutel, vraag.referentienummer)
        afdruk = hashlib.sha256(canoniek(bericht)).digest()
        eerder, antwoord = self._gezien.get(sleutel, (None, None))
        try:
            self._toets(vraag, kenmerk, ander=eerder is not None and eerder != afdruk)
            gelezen = _lees_geldig(bericht)
        except StufFout as fout:
            return self._weiger(inhoud, envelop.versie, fout, vraag)
        dubbel = antwoord is not None
        if antwoord is None:
            antwoord = _in_envelop(envelop, bv03(vraag, self._eigen, datetime.now(UTC)))
        ontvangen = Received(
            moment=datetime.now(UTC),
            envelop=inhoud,
            stuurgegevens=vraag,
            soap="1.2" if envelop.versie == SOAP12 else "1.1",
            gelezen=gelezen,
            dubbel=dubbel,
            uitkomst="Bv03",
            waarschuwing=self._waarschuwing(vraag),
        )
        self._neem_op(ontvangen)
        if vraag.referentienummer:
            self._gezien[sleutel] = (afdruk, antwoord)
            if len(self._gezien) > _ONTHOUDEN:
                self._gezien.popitem(last=False)
        return antwoord

    def _toets(self, vraag: Stuurgegevens, kenmerk: str, *, ander: bool) -> None:
        if self._herkomst is not None and self._herkomst.is_ander(kenmerk):
            raise StufFout("StUF046", _ANDER.format(hoort=self._herkomst.adres))
        if self._storing is not None and self._storing.soort == "weigeren":
            raise StufFout("StUF055", "deze backoffice weigert alles (--storing weigeren)")
        if ander:
            raise StufFout("StUF016", f"referentienummer {vraag.referentienummer} was van een ander bericht")

    def _waarschuwing(self, vraag: Stuurgegevens) -> str:
        if not vraag.referentienummer:
            return "zonder referentienummer: een tweede keer wordt niet herkend"
        if vraag.ontvanger is not None and vraag.ontvanger.applicatie != self._eigen.applicatie:
            return f"gericht aan {vraag.ontvanger.applicatie or 'niemand'}, niet aan {self._eigen.applicatie}"
        return ""

    def _weiger(self, inhoud: bytes, versie: str, fout: StufFout, vraag: Stuurgegevens) -> HttpAnswer:
        melding = foutbericht(fout, "Fo03", vraag, self._eigen, datetime.now(UTC))
        self._neem_op(
            Received(
                moment=datetime.now(UTC),
                envelop=inhoud,
                stuurgegevens=vraag,
                uitkomst=f"Fo03 {fout.code} {fout.details or fout.soort.omschrijving}",
            )
        )
        return _in_envelop(
            Envelop(versie, melding), soap_fout(versie, fout.plek, fout.soort.omschrijving, melding), 500
        )

    def _stoor(self, inhoud: bytes, soort: str) -> HttpAnswer:
        wat = "HTTP 500" if soort == "500" else "een pagina in plaats van een antwoord"
        self._neem_op(
            Received(
                moment=datetime.now(UTC), envelop=inhoud, stuurgegevens=Stuurgegevens(), uitkomst=f"{wat} (--storing)"
            )
        )
        if soort == "500":
            return HttpAnswer(500, b"Storing (gespeeld)", "text/plain")
        return HttpAnswer(200, b"<html><p>Dit is geen antwoord", "text/html")


def _lees_geldig(bericht: etree._Element) -> ReadMessage:
    """Read a message that must be valid. Raises StufFout, StUF055 with the deviations."""
    if afwijkingen := controleer(bericht):
        genoemd = "; ".join(f"{een.pad}: {een.tekst}" for een in afwijkingen[:_AFWIJKINGEN])
        meer = len(afwijkingen) - _AFWIJKINGEN
        raise StufFout("StUF055", genoemd + (f"; en nog {meer}" if meer > 0 else ""))
    return read_message(bericht)


def _soap_fout(versie: str, code: str, tekst: str, onbegrepen: Iterable[etree.QName] = ()) -> HttpAnswer:
    fout = soap_fout(versie, code, tekst, None)
    return _in_envelop(Envelop(versie, etree.Element("leeg")), fout, 500, onbegrepen)


def _in_envelop(
    vraag: Envelop, inhoud: etree._Element, status: int = 200, onbegrepen: Iterable[etree.QName] = ()
) -> HttpAnswer:
    soort = "application/soap+xml; charset=utf-8" if vraag.versie == SOAP12 else "text/xml; charset=utf-8"
    return HttpAnswer(status, serialiseer(pak_in(vraag.versie, inhoud, vraag.adressering, onbegrepen)), soort)

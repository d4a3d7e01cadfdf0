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

from regiesysteem.local import KENMERK_HEADER, get_own
from regiesysteem.soap.envelope import (
    Envelope,
    NotUnderstoodHeader,
    OtherVersie,
    open_envelope,
    soap_error,
    versie_of,
    wrap,
)
from regiesysteem.stuf.answers import bv03, foutbericht
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Stuurgegevens, Systeem, read_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import UnreadableXml, canonical, parse, serialise
from regiesysteem_practice.choices import Failure
from regiesysteem_practice.reading import ReadMessage, read_message

# --- The Regiesysteem that a message is from: with the shipped inrichting two on one machine deliver to the same ports

_WAIT_S: Final = 3.0


class MessageOrigin:
    """Knows the Regiesysteem at `adres` by its /readyz; a system that cannot be asked is no other one."""

    def __init__(self, adres: str) -> None:
        """Prepare; nothing is asked yet."""
        self.adres = adres
        self._known = ""

    def is_other(self, kenmerk: str) -> bool:
        """Tell whether the system `kenmerk` is another one; asks again when it has changed, or was not known."""
        if not kenmerk or kenmerk == self._known:
            return False
        self._known = _ask_kenmerk(f"{self.adres.removesuffix('/stuf')}/readyz")
        return self._known not in {"", kenmerk}


def _ask_kenmerk(url: str) -> str:
    try:
        with get_own(url, _WAIT_S) as answer:
            return str(answer.headers.get(KENMERK_HEADER, ""))
    except (OSError, HTTPException, ValueError):
        return ""


# --- Takes messages in: opened, checked, recognised when they come twice, and answered (StUF 03.01, 4.4)

_REMEMBERED: Final = 100_000  # messages that are recognised
_OTHER: Final = (
    "deze oefenbackoffice hoort bij het Regiesysteem op {belongs}, en dit bericht komt van een ander; "
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

    `parsed` is None when it was refused; `double` when the same came before, which got the same answer.
    """

    moment: datetime
    envelope: bytes
    stuurgegevens: Stuurgegevens
    soap: str = ""
    parsed: ReadMessage | None = None
    double: bool = False
    outcome: str = "Bv03"
    waarschuwing: str = ""


class Intake:
    """Takes the messages of one back office, one at a time; `take_in` keeps and shows each before it is answered.

    `origin` knows the Regiesysteem that it talks to: a message from another one on this machine is refused.
    """

    def __init__(
        self,
        own: Systeem,
        take_in: Callable[[Received], None],
        failure: Failure | None = None,
        origin: MessageOrigin | None = None,
    ) -> None:
        self._origin = origin
        self._own = own
        self._take_in = take_in
        self._failure = failure
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, ...], tuple[bytes, HttpAnswer]] = OrderedDict()

    def take(self, inhoud: bytes, charset: str | None = None, kenmerk: str = "") -> HttpAnswer:
        """Take a message and give the answer; `kenmerk` is the Regiesysteem that its sender claims to be."""
        if self._failure is not None and self._failure.soort in {"500", "rommel"}:
            return self._disturb(inhoud, self._failure.soort)
        try:
            root = parse(inhoud, charset)
        except UnreadableXml as error:
            return self._refuse(inhoud, SOAP11, StufFout("StUF055", str(error)), Stuurgegevens())
        try:
            envelope = open_envelope(root)
        except StufFout as error:
            return self._refuse(inhoud, versie_of(root) or SOAP11, error, Stuurgegevens())
        except OtherVersie:
            return _soap_error(SOAP11, "VersionMismatch", "Deze versie van SOAP wordt niet ondersteund.")
        except NotUnderstoodHeader as error:
            text = f"De header {error} wordt niet begrepen."
            return _soap_error(versie_of(root) or SOAP11, "MustUnderstand", text, error.names)
        with self._lock:
            return self._handle(inhoud, envelope, kenmerk)

    def _handle(self, inhoud: bytes, envelope: Envelope, kenmerk: str) -> HttpAnswer:
        bericht = envelope.bericht
        question = read_stuurgegevens(bericht)
        sleutel = (*(question.zender or Systeem()).sleutel, question.referentienummer)
        fingerprint = hashlib.sha256(canonical(bericht)).digest()
        earlier, answer = self._seen.get(sleutel, (None, None))
        try:
            self._check_question(question, kenmerk, other=earlier is not None and earlier != fingerprint)
            parsed = _read_valid(bericht)
        except StufFout as error:
            return self._refuse(inhoud, envelope.versie, error, question)
        double = answer is not None
        if answer is None:
            answer = _in_envelope(envelope, bv03(question, self._own, datetime.now(UTC)))
        received = Received(
            moment=datetime.now(UTC),
            envelope=inhoud,
            stuurgegevens=question,
            soap="1.2" if envelope.versie == SOAP12 else "1.1",
            parsed=parsed,
            double=double,
            outcome="Bv03",
            waarschuwing=self._warning(question),
        )
        self._take_in(received)
        if question.referentienummer:
            self._seen[sleutel] = (fingerprint, answer)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return answer

    def _check_question(self, question: Stuurgegevens, kenmerk: str, *, other: bool) -> None:
        if self._origin is not None and self._origin.is_other(kenmerk):
            raise StufFout("StUF046", _OTHER.format(belongs=self._origin.adres))
        if self._failure is not None and self._failure.soort == "weigeren":
            raise StufFout("StUF055", "deze backoffice weigert alles (--storing weigeren)")
        if other:
            raise StufFout("StUF016", f"referentienummer {question.referentienummer} was van een ander bericht")

    def _warning(self, question: Stuurgegevens) -> str:
        if not question.referentienummer:
            return "zonder referentienummer: een tweede keer wordt niet herkend"
        if question.ontvanger is not None and question.ontvanger.applicatie != self._own.applicatie:
            return f"gericht aan {question.ontvanger.applicatie or 'niemand'}, niet aan {self._own.applicatie}"
        return ""

    def _refuse(self, inhoud: bytes, versie: str, error: StufFout, question: Stuurgegevens) -> HttpAnswer:
        melding = foutbericht(error, "Fo03", question, self._own, datetime.now(UTC))
        self._take_in(
            Received(
                moment=datetime.now(UTC),
                envelope=inhoud,
                stuurgegevens=question,
                outcome=f"Fo03 {error.code} {error.details or error.soort.omschrijving}",
            )
        )
        return _in_envelope(
            Envelope(versie, melding), soap_error(versie, error.plek, error.soort.omschrijving, melding), 500
        )

    def _disturb(self, inhoud: bytes, soort: str) -> HttpAnswer:
        what = "HTTP 500" if soort == "500" else "een pagina in plaats van een antwoord"
        self._take_in(
            Received(
                moment=datetime.now(UTC), envelope=inhoud, stuurgegevens=Stuurgegevens(), outcome=f"{what} (--storing)"
            )
        )
        if soort == "500":
            return HttpAnswer(500, b"Storing (gespeeld)", "text/plain")
        return HttpAnswer(200, b"<html><p>Dit is geen antwoord", "text/html")


def _read_valid(bericht: etree._Element) -> ReadMessage:
    """Read a message that must be valid. Raises StufFout, StUF055 with the deviations."""
    if afwijkingen := check(bericht):
        named = "; ".join(f"{one.path}: {one.text}" for one in afwijkingen[:_AFWIJKINGEN])
        more = len(afwijkingen) - _AFWIJKINGEN
        raise StufFout("StUF055", named + (f"; en nog {more}" if more > 0 else ""))
    return read_message(bericht)


def _soap_error(versie: str, code: str, text: str, not_understood: Iterable[etree.QName] = ()) -> HttpAnswer:
    error = soap_error(versie, code, text, None)
    return _in_envelope(Envelope(versie, etree.Element("leeg")), error, 500, not_understood)


def _in_envelope(
    question: Envelope, inhoud: etree._Element, status: int = 200, not_understood: Iterable[etree.QName] = ()
) -> HttpAnswer:
    soort = "application/soap+xml; charset=utf-8" if question.versie == SOAP12 else "text/xml; charset=utf-8"
    return HttpAnswer(status, serialise(wrap(question.versie, inhoud, question.adressering, not_understood)), soort)

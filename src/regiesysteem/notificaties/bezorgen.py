"""Brings what waits to a receiver, until nothing is left that can be sent now."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final, Protocol

from lxml import etree
from sqlalchemy import Connection, Engine

from regiesysteem.logboek import logger
from regiesysteem.notificaties import wachtrij
from regiesysteem.notificaties.uitkomst import Uitkomst, tijdelijk
from regiesysteem.notificaties.wachtrij import Wachtend
from regiesysteem.notificaties.wekken import BANEN, voeg_bezorgen_samen, wek


class Kamer(Protocol):
    """What sends messages."""

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        """Send a message: name of the receiver, operation, and the message."""

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Do what the message that came as an answer asks, in the transaction that keeps that ours arrived."""


_EERSTE_PAUZE_S: Final = 2.0
_LANGSTE_PAUZE_S: Final = 3600.0
_PER_ZAAK: Final = 50  # messages of one zaak before another has its turn
_ZAKEN: Final = 100
_ONVERWACHT: Final = "hier ging iets mis; het log van de worker zegt wat"


class _Verder(Enum):
    ZAAK = auto()
    ANDERE_ZAAK = auto()
    STOP = auto()


class Bezorger:
    """Brings messages; `bewaren` is how long a message is tried, `langste_pauze_s` the longest time between two tries.

    `stoppen` says that the process ends: then what is under way is finished, and the rest left to others.
    """

    def __init__(
        self,
        motor: Engine,
        kamer: Kamer,
        bewaren: timedelta,
        langste_pauze_s: float = _LANGSTE_PAUZE_S,
        stoppen: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stoppen = stoppen
        self._motor = motor
        self._kamer = kamer
        self._bewaren = bewaren
        self._langste_pauze_s = langste_pauze_s

    def bezorg(self, ontvanger: str) -> int:
        """Send what waits for a receiver and may go now; gives how many arrived."""
        aantal = 0
        with self._motor.begin() as verbinding:
            voeg_bezorgen_samen(verbinding, ontvanger)
        while True:
            with self._motor.connect() as verbinding:
                stromen = wachtrij.koppen(verbinding, ontvanger, _ZAKEN)
            gedaan = 0
            for stroom in stromen:
                if self._stoppen():
                    self._laat_over(ontvanger)
                    return aantal + gedaan
                bezorgd, verder = self._zaak(ontvanger, stroom)
                gedaan += bezorgd
                if verder is _Verder.STOP:
                    return aantal + gedaan
            aantal += gedaan
            if not gedaan:
                return aantal

    def _zaak(self, ontvanger: str, stroom: str) -> tuple[int, _Verder]:
        for aantal in range(_PER_ZAAK):
            if self._stoppen():
                return aantal, _Verder.ANDERE_ZAAK
            try:
                with self._motor.begin() as verbinding:
                    verder = self._een(verbinding, ontvanger, stroom)
            except Exception:  # noqa: BLE001 - see below
                # Whatever it is, it counts as an attempt: what fails each time must not be tried for ever.
                logger().exception("notificatie_fout", ontvanger=ontvanger)
                verder = self._noteer_fout(ontvanger, stroom)
            if verder is not _Verder.ZAAK:
                return aantal, verder
        return _PER_ZAAK, _Verder.ANDERE_ZAAK

    def _noteer_fout(self, ontvanger: str, stroom: str) -> _Verder:
        with self._motor.begin() as verbinding:
            wachtend = wachtrij.neem(verbinding, ontvanger, stroom)
            if wachtend is None:
                return _Verder.ANDERE_ZAAK
            return self._mislukt(verbinding, ontvanger, wachtend, tijdelijk(_ONVERWACHT))

    def _laat_over(self, ontvanger: str) -> None:
        with self._motor.begin() as verbinding:
            wek(verbinding, [(ontvanger, 1)])

    def _een(self, verbinding: Connection, ontvanger: str, stroom: str) -> _Verder:
        wachtend = wachtrij.neem(verbinding, ontvanger, stroom)
        if wachtend is None:
            return _Verder.ANDERE_ZAAK
        uitkomst = self._kamer.verzend(ontvanger, wachtend.soort, wachtend.inhoud)
        melding = uitkomst.omschrijving
        if uitkomst.soort == "bevestigd":
            wachtrij.bezorgd(verbinding, ontvanger, wachtend, melding)
            if uitkomst.antwoord is not None:
                self._kamer.verwerk(verbinding, ontvanger, wachtend, uitkomst.antwoord)
            if wachtend.fouten >= wachtrij.DREMPEL:
                wek(verbinding, [(ontvanger, BANEN)])
            return _Verder.ZAAK
        if uitkomst.soort == "geweigerd":
            wachtrij.gestrand(verbinding, ontvanger, wachtend, melding)
            return _Verder.ZAAK
        return self._mislukt(verbinding, ontvanger, wachtend, uitkomst)

    def _mislukt(self, verbinding: Connection, ontvanger: str, wachtend: Wachtend, uitkomst: Uitkomst) -> _Verder:
        melding = uitkomst.omschrijving
        grens = datetime.now(UTC) - self._bewaren
        if wachtend.aangemaakt_op < grens:
            wachtrij.gestrand(verbinding, ontvanger, wachtend, melding)
            return _Verder.ZAAK
        fouten = max(wachtend.pogingen, wachtend.fouten - wachtrij.DREMPEL + 1)
        pauze = max(self._pauze(fouten), timedelta(seconds=uitkomst.wacht_s or 0))
        wanneer = wachtrij.mislukt(verbinding, ontvanger, wachtend, melding, pauze)
        wek(verbinding, [(ontvanger, 1)], wanneer)
        if wachtend.fouten + 1 < wachtrij.DREMPEL:
            return _Verder.ANDERE_ZAAK
        wachtrij.verloop(verbinding, ontvanger, grens, melding)
        return _Verder.STOP

    def _pauze(self, eerder: int) -> timedelta:
        """Twice as long each time, up to the longest; a part of chance, so that not all come back at once."""
        pauze = min(_EERSTE_PAUZE_S * 2.0 ** min(eerder, 30), self._langste_pauze_s)
        return timedelta(seconds=pauze * random.uniform(0.75, 1.25))  # noqa: S311 - not for secrets

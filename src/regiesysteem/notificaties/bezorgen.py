"""Brings what waits to a receiver, until nothing is left that can be sent now."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial
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
_KEUZE: Final = 2 * BANEN  # so many first messages to choose from: one per lane may be under way
_PAUZE_S: Final = 0.1
_BLIJF_S: Final = 2.0  # after so long whoever waits for another receiver has his turn


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

    def bezorg(self, ontvanger: str, baan: str | None = None) -> int:
        """Send what waits for a receiver and may go now; gives how many arrived.

        `baan` is the lane of the wake-up that this is for.
        """
        aantal, uiterlijk = 0, time.monotonic() + _BLIJF_S
        while True:
            with self._motor.begin() as verbinding:
                voeg_bezorgen_samen(verbinding, ontvanger, baan)
            gedaan, verder = self._ronden(ontvanger)
            aantal += gedaan
            if verder is _Verder.STOP or not gedaan or time.monotonic() > uiterlijk:
                return aantal
            # What comes meanwhile is for this look, and not for a job of its own: that costs more than a message.
            time.sleep(_PAUZE_S)

    def _ronden(self, ontvanger: str) -> tuple[int, _Verder]:
        """Look what waits and send it, until nothing is found."""
        aantal = 0
        with self._motor.connect() as verbinding:
            while True:
                with verbinding.begin():
                    koppen = wachtrij.koppen(verbinding, ontvanger, _ZAKEN)
                gedaan, verder = self._zaken(verbinding, ontvanger, koppen)
                aantal += gedaan
                if verder is _Verder.STOP or not gedaan:
                    return aantal, verder

    def _zaken(self, verbinding: Connection, ontvanger: str, koppen: list[wachtrij.Kop]) -> tuple[int, _Verder]:
        """Send these messages, but for those that another sends, and what waits behind them; how many arrived."""
        aantal = 0
        plaats = {kop.id: nummer for nummer, kop in enumerate(koppen)}
        nog = [kop.id for kop in koppen]
        while nog:
            if self._stoppen():
                with verbinding.begin():
                    wek(verbinding, [(ontvanger, 1)])
                return aantal, _Verder.STOP
            neem = partial(wachtrij.neem_kop, verbinding, ontvanger, nog[:_KEUZE])
            wachtend, verder = self._probeer(verbinding, ontvanger, neem)
            if wachtend is None:
                nog = nog[_KEUZE:]
                continue
            kop = koppen[plaats[wachtend.id]]
            # Those before it were sent, or others have them.
            nog = [kop.id for kop in koppen[plaats[kop.id] + 1 :]]
            if verder is _Verder.ZAAK:
                aantal += 1
                erbij, verder = self._zaak(verbinding, ontvanger, kop.stroom, min(kop.erachter, _PER_ZAAK - 1))
                aantal += erbij
            if verder is _Verder.STOP:
                return aantal, verder
        return aantal, _Verder.ANDERE_ZAAK

    def _zaak(self, verbinding: Connection, ontvanger: str, stroom: str, erachter: int) -> tuple[int, _Verder]:
        """Send the next so many messages of a zaak, in order."""
        for aantal in range(erachter):
            if self._stoppen():
                return aantal, _Verder.ANDERE_ZAAK
            neem = partial(wachtrij.neem_volgende, verbinding, ontvanger, stroom)
            _, verder = self._probeer(verbinding, ontvanger, neem)
            if verder is not _Verder.ZAAK:
                return aantal, verder
        return erachter, _Verder.ANDERE_ZAAK

    def _probeer(
        self, verbinding: Connection, ontvanger: str, neem: Callable[[], Wachtend | None]
    ) -> tuple[Wachtend | None, _Verder]:
        """Take a message and send it, in a transaction; None when there was none to take."""
        wachtend = None
        try:
            with verbinding.begin():
                wachtend = neem()
                if wachtend is None:
                    return None, _Verder.ANDERE_ZAAK
                return wachtend, self._een(verbinding, ontvanger, wachtend)
        except Exception:
            if wachtend is None:
                raise
            # Whatever it is, it counts as an attempt: what fails each time must not be tried for ever.
            logger().exception("notificatie_fout", ontvanger=ontvanger)
            return wachtend, self._noteer_fout(verbinding, ontvanger, wachtend.id)

    def _noteer_fout(self, verbinding: Connection, ontvanger: str, nummer: int) -> _Verder:
        with verbinding.begin():
            wachtend = wachtrij.neem_kop(verbinding, ontvanger, [nummer])
            if wachtend is None:
                return _Verder.ANDERE_ZAAK
            return self._mislukt(verbinding, ontvanger, wachtend, tijdelijk(_ONVERWACHT))

    def _een(self, verbinding: Connection, ontvanger: str, wachtend: Wachtend) -> _Verder:
        uitkomst = self._kamer.verzend(ontvanger, wachtend.soort, wachtend.inhoud)
        melding = uitkomst.omschrijving
        if uitkomst.soort == "bevestigd":
            wachtrij.bezorgd(verbinding, ontvanger, wachtend, melding)
            if uitkomst.antwoord is not None:
                self._kamer.verwerk(verbinding, ontvanger, wachtend, uitkomst.antwoord)
            if wachtend.fouten >= wachtrij.DREMPEL:
                wek(verbinding, [(ontvanger, _ZAKEN)])
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

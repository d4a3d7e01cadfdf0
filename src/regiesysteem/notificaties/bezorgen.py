"""Brings what waits to a receiver, until nothing is left that can be sent now."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
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
_ZAKEN: Final = 200
_ONVERWACHT: Final = "hier ging iets mis; het log van de worker zegt wat"
_SAMEN: Final = 10  # messages of different zaken in one transaction, if they go quickly
_SAMEN_S: Final = 0.2
_SNEL_S: Final = 0.1  # what a receiver may take for a message to get several in one transaction
_KEUZE: Final = 2 * BANEN * _SAMEN  # so many first messages to choose from: what other lanes have is among them
_PAUZE_S: Final = 0.1
_BLIJF_S: Final = 2.0  # after so long whoever waits for another receiver has his turn


class _Verder(Enum):
    VERDER = auto()
    STOP = auto()


@dataclass(slots=True)
class _Ronde:
    """What was sent in one transaction: the ids that need no more, the last that was tried, and whether to stop."""

    klaar: list[int] = field(default_factory=list)
    laatste: int | None = None
    stop: bool = False


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
        self._snel: dict[str, bool] = {}

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

    def wek(self, ontvanger: str) -> None:
        """Have a lane look what waits for a receiver, now."""
        with self._motor.begin() as verbinding:
            wek(verbinding, [(ontvanger, 1)])

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
                self.wek(ontvanger)
                return aantal, _Verder.STOP
            with verbinding.begin():
                genomen = wachtrij.neem_koppen(verbinding, ontvanger, nog[:_KEUZE], self._samen(ontvanger))
                ronde = self._verzend(verbinding, ontvanger, genomen)
            if ronde.laatste is None:
                nog = nog[_KEUZE:]
                continue
            # Those before it were sent, or others have them.
            nog = [kop.id for kop in koppen[plaats[ronde.laatste] + 1 :]]
            aantal += len(ronde.klaar)
            if ronde.stop:
                return aantal, _Verder.STOP
            for nummer in ronde.klaar:
                kop = koppen[plaats[nummer]]
                erbij, stop = self._zaak(verbinding, ontvanger, kop.stroom, min(kop.erachter, _PER_ZAAK - 1))
                aantal += erbij
                if stop:
                    return aantal, _Verder.STOP
        return aantal, _Verder.VERDER

    def _samen(self, ontvanger: str) -> int:
        """How many messages to lock at a time: what is locked waits for what is sent before it."""
        return _SAMEN if self._snel.get(ontvanger) else 1

    def _zaak(self, verbinding: Connection, ontvanger: str, stroom: str, erachter: int) -> tuple[int, bool]:
        """Send the next so many messages of a zaak, in order; how many arrived, and whether to stop."""
        for aantal in range(erachter):
            if self._stoppen():
                return aantal, False
            with verbinding.begin():
                ronde = self._verzend(
                    verbinding, ontvanger, wachtrij.neem_volgende(verbinding, ontvanger, stroom)
                )  # fmt: skip
            if not ronde.klaar:
                return aantal, ronde.stop
        return erachter, False

    def _verzend(self, verbinding: Connection, ontvanger: str, genomen: list[Wachtend]) -> _Ronde:
        """Send these one after the other, and keep what came of them; not for long, because until then they are locked.

        After one that failed the others wait for another round.
        """
        ronde, aangekomen = _Ronde(), list[wachtrij.Aangekomen]()
        uiterlijk = time.monotonic() + _SAMEN_S
        for wachtend in genomen:
            ronde.laatste = wachtend.id
            uitkomst = self._probeer(ontvanger, wachtend)
            self._snel[ontvanger] = uitkomst.duur_s < _SNEL_S
            if uitkomst.soort == "bevestigd":
                ronde.klaar.append(wachtend.id)
                aangekomen.append(wachtrij.Aangekomen(wachtend.id, datetime.now(UTC), uitkomst.omschrijving))
                if uitkomst.antwoord is not None:
                    self._verwerk(verbinding, ontvanger, wachtend, uitkomst.antwoord)
                if wachtend.fouten >= wachtrij.DREMPEL:
                    wek(verbinding, [(ontvanger, _ZAKEN)])
            elif uitkomst.soort == "geweigerd":
                wachtrij.gestrand(verbinding, ontvanger, wachtend, uitkomst.omschrijving)
                ronde.klaar.append(wachtend.id)
            else:
                # In this order: what arrived before it means that it is the first failure in a row.
                wachtrij.bezorgd(verbinding, ontvanger, aangekomen)
                eerder = 0 if aangekomen else wachtend.fouten
                ronde.stop = self._mislukt(verbinding, ontvanger, wachtend, uitkomst, eerder)
                return ronde
            if time.monotonic() > uiterlijk or self._stoppen():
                break
        wachtrij.bezorgd(verbinding, ontvanger, aangekomen)
        return ronde

    def _probeer(self, ontvanger: str, wachtend: Wachtend) -> Uitkomst:
        try:
            return self._kamer.verzend(ontvanger, wachtend.soort, wachtend.inhoud)
        except Exception:  # noqa: BLE001
            # Whatever it is, it counts as an attempt: what fails each time must not be tried for ever.
            logger().exception("notificatie_fout", ontvanger=ontvanger, referentienummer=wachtend.referentienummer)
            return tijdelijk(_ONVERWACHT)

    def _verwerk(self, verbinding: Connection, ontvanger: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Do what an answer asks; when that fails the message has arrived all the same."""
        try:
            with verbinding.begin_nested():
                self._kamer.verwerk(verbinding, ontvanger, wachtend, antwoord)
        except Exception:  # noqa: BLE001
            logger().exception("antwoord_fout", ontvanger=ontvanger, referentienummer=wachtend.referentienummer)

    def _mislukt(
        self, verbinding: Connection, ontvanger: str, wachtend: Wachtend, uitkomst: Uitkomst, eerder: int
    ) -> bool:
        """Keep a failure, the next one after so many `eerder`; whether to leave the receiver alone for now."""
        melding = uitkomst.omschrijving
        grens = datetime.now(UTC) - self._bewaren
        if wachtend.aangemaakt_op < grens:
            wachtrij.gestrand(verbinding, ontvanger, wachtend, melding)
            return False
        fouten = max(wachtend.pogingen, eerder - wachtrij.DREMPEL + 1)
        pauze = max(self._pauze(fouten), timedelta(seconds=uitkomst.wacht_s or 0))
        wanneer = wachtrij.mislukt(verbinding, ontvanger, wachtend, melding, pauze)
        wek(verbinding, [(ontvanger, 1)], wanneer)
        if eerder + 1 < wachtrij.DREMPEL:
            return False
        wachtrij.verloop(verbinding, ontvanger, grens, melding)
        return True

    def _pauze(self, eerder: int) -> timedelta:
        """Twice as long each time, up to the longest; a part of chance, so that not all come back at once."""
        pauze = min(_EERSTE_PAUZE_S * 2.0 ** min(eerder, 30), self._langste_pauze_s)
        return timedelta(seconds=pauze * random.uniform(0.75, 1.25))  # noqa: S311 - not for secrets

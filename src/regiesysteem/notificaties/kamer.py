"""From a message that waits to one that is sent: to which address, as which operation, by the inrichting of now."""

import threading
import time
from types import TracebackType
from typing import Final, Self

from lxml import etree
from sqlalchemy import Connection, Engine

from regiesysteem.database import kenmerk
from regiesysteem.inrichting.current import Inrichting, InrichtingBron
from regiesysteem.notificaties.dadelijk import verwerk_dadelijk_antwoord
from regiesysteem.notificaties.ontvanger import actie_van, koppelvlak_van, ontvanger_van
from regiesysteem.notificaties.uitkomst import Uitkomst, tijdelijk
from regiesysteem.notificaties.verzenden import Verzender
from regiesysteem.notificaties.wachtrij import Wachtend
from regiesysteem.stuf.xml import ontleed_eigen
from regiesysteem.zakenmagazijn.berichten import lees_inrichting_versie

_VERS_S: Final = 1.0  # how old the inrichting may be that a message is sent by


class Verzendkamer:
    """Sends messages by the name of their receiver; for many threads, from entering to leaving."""

    def __init__(self, motor: Engine, bron: InrichtingBron) -> None:
        self._motor = motor
        self._bron = bron
        self._verzender = Verzender(kenmerk(motor))
        self._slot = threading.Lock()
        self._gelezen: tuple[float, Inrichting] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, soort: type[BaseException] | None, fout: BaseException | None, spoor: TracebackType | None
    ) -> None:
        self._verzender.sluit()

    def maak_gereed(self) -> None:
        """Read the inrichting when it may be another by now. Raises what that raises."""
        with self._slot:
            if self._gelezen is None or time.monotonic() - self._gelezen[0] >= _VERS_S:
                with self._motor.connect() as verbinding:
                    inrichting = self._bron.actueel(lees_inrichting_versie(verbinding), verbinding)
                self._gelezen = time.monotonic(), inrichting

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        """Send a message of this operation; one to nobody may be sent when the inrichting is mended."""
        inrichting = self._inrichting()
        gevonden = inrichting.ontvanger(applicatie)
        waar = koppelvlak_van(soort)
        ontvanger = ontvanger_van(gevonden, inrichting.gemeente.code, waar) if gevonden else None
        if ontvanger is None:
            wat = "heeft geen adres" if gevonden else "staat niet"
            return tijdelijk(f"applicatie {applicatie} {wat} in de inrichting")
        return self._verzender.verzend(ontvanger, actie_van(soort), ontleed_eigen(inhoud))

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Do what an answer asks that is a message by itself; faults of it are in the log."""
        verwerk_dadelijk_antwoord(
            verbinding, self._inrichting(), applicatie, wachtend.soort, wachtend.referentienummer, antwoord
        )

    def _inrichting(self) -> Inrichting:
        if self._gelezen is None:
            self.maak_gereed()
        if self._gelezen is None:
            raise LookupError("no inrichting")
        return self._gelezen[1]

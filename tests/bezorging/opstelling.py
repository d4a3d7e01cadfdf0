"""A server with a worker and an inrichting of its own, for tests of delivery."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import ACTIE, envelop, lk01, obj, status, teksten, zaak
from tests.conftest import is_web, omgeving, start_server, stop_server, vrije_poort, wacht_op_server

from regiesysteem import config
from regiesysteem.db import maak_engine
from regiesysteem.stuf.xml import ontleed


def inrichting(*delen: str) -> str:
    """The shipped inrichting without its abonnementen, and these parts."""
    eigen = config.voorbeeld_inrichting().read_text()
    return eigen.split("[[abonnement]]", maxsplit=1)[0] + "\n" + "\n".join(delen)


def applicatie(naam: str, adres: str, *rest: str, timeout: int = 2) -> str:
    """An applicatie that receives."""
    return "\n".join(("[[applicatie]]", f'naam = "{naam}"', f'adres = "{adres}"', f"timeout = {timeout}", *rest, ""))


def abonnement(naam: str, *rest: str) -> str:
    """An abonnement, on everything unless `rest` says otherwise."""
    return "\n".join(("[[abonnement]]", f'applicatie = "{naam}"', *rest, ""))


@dataclass
class Opstelling:
    """`regie serve` on a database, which the tests can also look in."""

    database_url: str
    map: Path
    toml: str
    omgeving: dict[str, str] = field(default_factory=dict)
    poort: int = field(default_factory=vrije_poort)
    proces: subprocess.Popen[str] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.motor: Engine = maak_engine(self.database_url, pool=False)
        self.logboek = self.map / "server.log"
        (self.map / "inrichting.toml").write_text(self.toml)

    def start(self) -> None:
        self.logboek.unlink(missing_ok=True)
        self.proces = start_server(
            self.logboek,
            **{
                "REGIE_PORT": str(self.poort),
                "REGIE_WORKERS": "1",
                "REGIE_DATA_DIR": str(self.map),
                "REGIE_DATABASE_URL": self.database_url,
                "REGIE_INRICHTING": str(self.map / "inrichting.toml"),
                "REGIE_NOTIFICATIE_PAUZE": "1",
            }
            | self.omgeving,
        )
        wacht_op_server(self.proces, self.logboek)

    def stop(self) -> int:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        return stop_server(self.proces) if self.proces else 0

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Another `regie worker`, beside that of the server, ended with the rest; its log goes with the server's."""
        with self.logboek.open("a") as uitvoer:
            worker = subprocess.Popen(
                [sys.executable, "-m", "regiesysteem", "worker"],
                env=omgeving(
                    **{"REGIE_DATABASE_URL": self.database_url, "REGIE_NOTIFICATIE_PAUZE": "1"} | self.omgeving
                ),
                stdout=uitvoer,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)
        return worker

    def proces_van(self, wat: str) -> psutil.Process | None:
        """The worker ("worker") or a server process ("web") as it is now; None when it is not there."""
        if self.proces is None or self.proces.poll() is not None:
            return None
        for kind in psutil.Process(self.proces.pid).children():
            with suppress(psutil.NoSuchProcess):
                if is_web(kind) if wat == "web" else wat in " ".join(kind.cmdline()):
                    return kind
        return None

    def stuur(self, dienst: str, bericht: str, timeout: float = 30) -> str:
        """Send a message; the berichtcode of the answer. Raises OSError when none came."""
        return teksten(self.vraag(dienst, bericht, timeout), "//s:berichtcode")[0]

    def vraag(self, dienst: str, bericht: str, timeout: float = 30) -> etree._Element:
        """Send a message; the answer in its envelope. Raises OSError when none came."""
        verzoek = urllib.request.Request(
            f"http://127.0.0.1:{self.poort}/stuf",
            envelop(bericht),
            {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'},
        )
        try:
            with urllib.request.urlopen(verzoek, timeout=timeout) as antwoord:
                inhoud = antwoord.read()
        except urllib.error.HTTPError as fout:
            inhoud = fout.read()
        return ontleed(inhoud)

    def creeer(self, nummer: str, **rest: str) -> None:
        assert self.stuur("creeerZaak_Lk01", lk01("T", zaak(nummer, **rest))) == "Bv03"

    def zet_status(self, nummer: str, volgnummer: int, op: str) -> None:
        sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
        bericht = lk01("W", obj(sleutel, "W"), obj(sleutel + status(volgnummer, op), "W"))
        assert self.stuur("actualiseerZaakstatus_Lk01", bericht) == "Bv03"

    def standen(self, ontvanger: str) -> dict[str, int]:
        """How many messages to a receiver there are, by stand."""
        vraag = "SELECT stand, count(*) AS aantal FROM notificatie WHERE ontvanger = :naam GROUP BY stand"
        with self.motor.connect() as verbinding:
            return {rij.stand: rij.aantal for rij in verbinding.execute(text(vraag), {"naam": ontvanger})}

    def wijzig(self, opdracht: str) -> None:
        with self.motor.begin() as verbinding:
            verbinding.execute(text(opdracht))

    def sql(self, opdracht: str) -> list[tuple[object, ...]]:
        with self.motor.connect() as verbinding:
            return [tuple(rij) for rij in verbinding.execute(text(opdracht))]


MaakOpstelling = Callable[..., Opstelling]

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
from tests.berichten.bouw import ACTIE, envelope, lk01, obj, status, texts, zaak
from tests.conftest import environment, start_server, stop_server, vrije_port, wait_on_server

from regiesysteem import config
from regiesysteem.db import make_engine
from regiesysteem.stuf.xml import parse


def inrichting(*parts: str) -> str:
    """The shipped inrichting without its abonnementen, and these parts."""
    own = config.example_inrichting().read_text()
    return own.split("[[abonnement]]", maxsplit=1)[0] + "\n" + "\n".join(parts)


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
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=vrije_port)
    process: subprocess.Popen[str] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine: Engine = make_engine(self.database_url, pool=False)
        self.logboek = self.map / "server.log"
        (self.map / "inrichting.toml").write_text(self.toml)

    def start(self) -> None:
        self.logboek.unlink(missing_ok=True)
        self.process = start_server(
            self.logboek,
            **{
                "REGIE_PORT": str(self.port),
                "REGIE_WORKERS": "1",
                "REGIE_DATA_DIR": str(self.map),
                "REGIE_DATABASE_URL": self.database_url,
                "REGIE_INRICHTING": str(self.map / "inrichting.toml"),
                "REGIE_NOTIFICATIE_PAUZE": "1",
            }
            | self.environment,
        )
        wait_on_server(self.process, self.logboek)

    def stop(self) -> int:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        return stop_server(self.process) if self.process else 0

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Another `regie worker`, beside that of the server, ended with the rest; its log goes with the server's."""
        with self.logboek.open("a") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "regiesysteem", "worker"],
                env=environment(
                    **{"REGIE_DATABASE_URL": self.database_url, "REGIE_NOTIFICATIE_PAUZE": "1"} | self.environment
                ),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)
        return worker

    def process_of(self, what: str) -> psutil.Process | None:
        """The worker ("worker") or a server process ("web") as it is now; None when it is not there."""
        if self.process is None or self.process.poll() is not None:
            return None
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if child.name() == f"regie {what}" and child.status() != psutil.STATUS_ZOMBIE:
                    return child
        return None

    def send(self, dienst: str, bericht: str, timeout: float = 30) -> str:
        """Send a message; the berichtcode of the answer. Raises OSError when none came."""
        return texts(self.question(dienst, bericht, timeout), "//s:berichtcode")[0]

    def question(self, dienst: str, bericht: str, timeout: float = 30) -> etree._Element:
        """Send a message; the answer in its envelope. Raises OSError when none came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/stuf",
            envelope(bericht),
            {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                inhoud = answer.read()
        except urllib.error.HTTPError as error:
            inhoud = error.read()
        return parse(inhoud)

    def creeer(self, number: str, **rest: str) -> None:
        assert self.send("creeerZaak_Lk01", lk01("T", zaak(number, **rest))) == "Bv03"

    def set_status(self, number: str, volgnummer: int, on: str) -> None:
        sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
        bericht = lk01("W", obj(sleutel, "W"), obj(sleutel + status(volgnummer, on), "W"))
        assert self.send("actualiseerZaakstatus_Lk01", bericht) == "Bv03"

    def states(self, ontvanger: str) -> dict[str, int]:
        """How many messages to a receiver there are, by stand."""
        question = "SELECT stand, count(*) AS aantal FROM notificatie WHERE ontvanger = :naam GROUP BY stand"
        with self.engine.connect() as connection:
            return {row.stand: row.aantal for row in connection.execute(text(question), {"naam": ontvanger})}

    def change(self, command: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(command))

    def sql(self, command: str) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(command))]


MakeOpstelling = Callable[..., Opstelling]

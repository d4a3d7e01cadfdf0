"""What is measured: an embedded PostgreSQL in a directory of its own, and servers on databases in it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import psycopg2
from tests.belasting.opdracht import WORTEL

from regiesysteem import config
from regiesysteem.embedded import BEHEERDER, EIGENAAR, IngebeddePostgres, ingebedde_postgres

WORKERS: Final = 2
_KLAAR: Final = "Regiesysteem is klaar"
_WORKER_KLAAR: Final = "worker_klaar"
_START_S: Final = 60
_LOG_S: Final = 20
_STATEMENT: Final = re.compile(r"\[(\d+)\] LOG:  statement:\s*(\w*)")
_OM_DE_TRANSACTIE: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})


@dataclass(frozen=True)
class Cpu:
    """Seconds of CPU so far: of the workers of a server, and of PostgreSQL."""

    workers: float
    postgres: float

    def __sub__(self, eerder: "Cpu") -> "Cpu":
        return Cpu(self.workers - eerder.workers, self.postgres - eerder.postgres)


@dataclass(frozen=True)
class Server:
    """A running `regie serve`: its port, its database, its processes."""

    poort: int
    url: str
    database: str
    proces: psutil.Process
    omgeving: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _begin: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer messages."""
        return [kind for kind in self.proces.children() if kind.name() == "regie web"]

    def geheugen(self) -> list[float]:
        """Resident memory of each worker, in MB."""
        return [worker.memory_info().rss / 1e6 for worker in self.workers()]

    def begin_piek(self) -> None:
        """Let `piek` count from what the workers have now (Linux)."""
        self._begin.clear()
        for worker in self.workers():
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
            self._begin[worker.pid] = worker.memory_info().rss / 1e6

    def piek(self) -> float:
        """By how many MB the memory of a worker has grown at most since `begin_piek`: the worst of them."""
        return max(_hoogste(worker.pid) - self._begin.get(worker.pid, 0.0) for worker in self.workers())


def zonder_abonnementen() -> str:
    """The shipped inrichting without anybody to tell what happens."""
    return config.voorbeeld_inrichting().read_text().split("[[abonnement]]", maxsplit=1)[0]


class Werkbank:
    """The PostgreSQL of a bench, with what it can tell."""

    def __init__(self, map_: Path, postgres: IngebeddePostgres) -> None:
        self._map = map_
        self._postgres = postgres

    def beheer_url(self, database: str) -> str:
        """URL of a database for the superuser."""
        return self._postgres.url_voor(database, BEHEERDER)

    @contextmanager
    def server(self, database: str, *, tellen: bool = False, inrichting: str = "") -> Iterator[Server]:
        """A server on a database of its own, which it makes and migrates; stopped afterwards. It starts no job worker.

        With `tellen` PostgreSQL logs every statement, for `telt`; such a server is slow. `inrichting` is the TOML of
        one of its own; without, it is the shipped one without abonnementen: what telling others costs is measured
        apart.
        """
        self._sql(f"CREATE DATABASE {database} OWNER {EIGENAAR}")
        if tellen:
            self._sql(f"ALTER DATABASE {database} SET log_statement = 'all'")
        map_ = self._map / database
        map_.mkdir(mode=0o755)
        poort, url = vrije_poort(), self._postgres.url_voor(database)
        omgeving = _schone_omgeving() | {
            "REGIE_PORT": str(poort),
            "REGIE_WORKERS": str(WORKERS),
            "REGIE_DATA_DIR": str(map_),
            "REGIE_DATABASE_URL": url,
            "REGIE_MET_WORKER": "false",
        }
        (map_ / "inrichting.toml").write_text(inrichting or zonder_abonnementen())
        omgeving["REGIE_INRICHTING"] = str(map_ / "inrichting.toml")
        with _draait("serve", omgeving, map_ / "logboek", _KLAAR) as proces:
            yield Server(poort, url, database, proces, omgeving)

    @contextmanager
    def jobwerkers(self, server: Server, aantal: int) -> Iterator[list[psutil.Process]]:
        """So many `regie worker` on the database of a server, ready to work; stopped afterwards."""
        with ExitStack() as stapel:
            yield [
                stapel.enter_context(
                    _draait("worker", server.omgeving, self._map / server.database / f"worker{nummer}", _WORKER_KLAAR)
                )
                for nummer in range(aantal)
            ]

    def cpu(self, server: Server) -> Cpu:
        """CPU so far; that of backends which ended is with their parent."""
        hoofd = psutil.Process(self._postgres.pid)
        eigen = hoofd.cpu_times()
        postgres = eigen.user + eigen.system + eigen.children_user + eigen.children_system
        return Cpu(sum(map(seconden, server.workers())), postgres + sum(map(seconden, hoofd.children())))

    @contextmanager
    def telt(self, server: Server, naam: str = "regiesysteem") -> Iterator[dict[str, int]]:
        """Count what a server made with `tellen` sends to PostgreSQL, by PostgreSQL's own log.

        `naam` is the application_name of the connections that count.

        The dict is filled at the end: `statements`, and apart from those `transactie`, which are BEGIN, COMMIT and
        ROLLBACK: each is a round trip too.
        """
        telling: dict[str, int] = {"statements": 0, "transactie": 0}
        begin = self._merk(server, "begin")
        yield telling
        einde = self._merk(server, "einde")
        rijen = self._sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s", server.database, naam
        )
        pids = {str(pid) for (pid,) in rijen}
        tekst = self._log()
        for pid, woord in _STATEMENT.findall(tekst[tekst.index(begin) : tekst.index(einde)]):
            if pid in pids:
                telling["transactie" if woord in _OM_DE_TRANSACTIE else "statements"] += 1

    def _merk(self, server: Server, wat: str) -> str:
        """Leave a mark in the log and wait until it is there; what was logged before is there then too."""
        merk = f"merk {wat} {time.monotonic_ns()}"
        self._sql(f"SELECT '{merk}'", database=server.database)
        tot(lambda: merk in self._log(), "PostgreSQL does not log")
        return merk

    def _log(self) -> str:
        map_ = self._map / "data" / "postgres" / "log"
        return "".join(bestand.read_text(errors="replace") for bestand in sorted(map_.glob("*.log")))

    def _sql(self, opdracht: str, *parameters: object, database: str = BEHEERDER) -> list[tuple[object, ...]]:
        with closing(psycopg2.connect(self.beheer_url(database))) as verbinding:
            verbinding.autocommit = True
            with verbinding.cursor() as cursor:
                cursor.execute(opdracht, parameters or None)
                return cursor.fetchall() if cursor.description else []


@contextmanager
def werkbank() -> Iterator[Werkbank]:
    """A workbench in a temporary directory; nothing of it is left."""
    with ExitStack() as stapel:
        map_ = Path(tempfile.mkdtemp(prefix="rb"))
        stapel.callback(shutil.rmtree, map_, ignore_errors=True)
        map_.chmod(0o755)
        yield Werkbank(map_, stapel.enter_context(ingebedde_postgres(map_ / "data")))


def _schone_omgeving() -> dict[str, str]:
    return {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("REGIE_", "PROMETHEUS_"))}


@contextmanager
def _draait(wat: str, omgeving: dict[str, str], logboek: Path, klaar: str) -> Iterator[psutil.Popen]:
    """A `regie` command that runs, from when its log says that it is ready."""
    with logboek.open("w") as uit:
        proces = psutil.Popen(
            [sys.executable, "-m", "regiesysteem", wat],
            env=omgeving,
            cwd=WORTEL,
            stdout=uit,
            stderr=subprocess.STDOUT,
            # Not a session of its own: niceness counts within one, and `regie serve` has its worker in its own.
            process_group=0,
        )
    try:
        _wacht_op(proces, logboek, klaar)
        yield proces
    finally:
        if proces.is_running():
            proces.terminate()
            proces.wait(_START_S)


def vrije_poort() -> int:
    """A port that nobody uses now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _wacht_op(proces: psutil.Popen, logboek: Path, klaar: str) -> None:
    def is_klaar() -> bool:
        if proces.poll() is not None:
            raise RuntimeError(f"{logboek.name} ended with {proces.returncode}: {logboek.read_text()}")
        return klaar in logboek.read_text()

    tot(is_klaar, f"{logboek.name} does not get ready", _START_S)


def tot(klaar: Callable[[], bool], anders: str, wachttijd: float = _LOG_S) -> None:
    """Wait until something holds. Raises RuntimeError when it takes too long."""
    uiterlijk = time.monotonic() + wachttijd
    while not klaar():
        if time.monotonic() > uiterlijk:
            raise RuntimeError(anders)
        time.sleep(0.05)


def _hoogste(pid: int) -> float:
    """The most memory that a process had (VmHWM), in MB."""
    regels = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(regel.split()[1]) * 1024 / 1e6 for regel in regels if regel.startswith("VmHWM:"))


def seconden(proces: psutil.Process) -> float:
    """CPU of a process so far; 0 when it is gone."""
    try:
        tijden = proces.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(tijden.user + tijden.system)

"""The things that are measured: an embedded PostgreSQL in a directory of its own, and servers on databases in it."""

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
from tests.belasting.opdracht import ROOT

from regiesysteem import config
from regiesysteem.embedded import OWNER, SUPERUSER, EmbeddedPostgres, embedded_postgres

WORKERS: Final = 2
_READY: Final = "Regiesysteem is klaar"
_WORKER_READY: Final = "worker_klaar"
_START_S: Final = 60
_LOG_S: Final = 20
_STATEMENT: Final = re.compile(r"\[(\d+)\] LOG:  statement:\s*(\w*)")
_OM_DE_TRANSACTIE: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})


@dataclass(frozen=True)
class Cpu:
    """Seconds of CPU so far: of the workers of a server, and of PostgreSQL."""

    workers: float
    postgres: float

    def __sub__(self, earlier: "Cpu") -> "Cpu":
        return Cpu(self.workers - earlier.workers, self.postgres - earlier.postgres)


@dataclass(frozen=True)
class Server:
    """A running `regie serve`: its port, its database, its processes."""

    port: int
    url: str
    database: str
    process: psutil.Process
    environment: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _begin: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer messages."""
        return [child for child in self.process.children() if child.name() == "regie web"]

    def memory(self) -> list[float]:
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
        return max(_highest(worker.pid) - self._begin.get(worker.pid, 0.0) for worker in self.workers())


def without_abonnementen() -> str:
    """The shipped inrichting without anybody to tell what happens."""
    return config.example_inrichting().read_text().split("[[abonnement]]", maxsplit=1)[0]


class Werkbank:
    """The PostgreSQL of a bench, with what it can tell."""

    def __init__(self, map_: Path, postgres: EmbeddedPostgres) -> None:
        self._map = map_
        self._postgres = postgres

    def beheer_url(self, database: str) -> str:
        """URL of a database for the superuser."""
        return self._postgres.url_for(database, SUPERUSER)

    @contextmanager
    def server(
        self, database: str, *, tellen: bool = False, inrichting: str = "", module: str = "regiesysteem"
    ) -> Iterator[Server]:
        """A server on a database of its own, which it makes and migrates; stopped afterwards. It starts no job worker.

        With `tellen` PostgreSQL logs every statement, for `counts`; such a server is slow. `inrichting` is the TOML of
        one of its own; without, it is the shipped one without abonnementen: what telling others costs is measured
        apart. `module` is what runs as `regie`.
        """
        self._sql(f"CREATE DATABASE {database} OWNER {OWNER}")
        if tellen:
            self._sql(f"ALTER DATABASE {database} SET log_statement = 'all'")
        map_ = self._map / database
        map_.mkdir(mode=0o755)
        port, url = vrije_port(), self._postgres.url_for(database)
        environment = _schone_environment() | {
            "REGIE_PORT": str(port),
            "REGIE_WORKERS": str(WORKERS),
            "REGIE_DATA_DIR": str(map_),
            "REGIE_DATABASE_URL": url,
            "REGIE_MET_WORKER": "false",
        }
        (map_ / "inrichting.toml").write_text(inrichting or without_abonnementen())
        environment["REGIE_INRICHTING"] = str(map_ / "inrichting.toml")
        with _runs("serve", environment, map_ / "logboek", _READY, module) as process:
            yield Server(port, url, database, process, environment)

    @contextmanager
    def jobwerkers(self, server: Server, count: int) -> Iterator[list[psutil.Process]]:
        """So many `regie worker` on the database of a server, ready to work; stopped afterwards."""
        with ExitStack() as batch:
            yield [
                batch.enter_context(
                    _runs("worker", server.environment, self._map / server.database / f"worker{number}", _WORKER_READY)
                )
                for number in range(count)
            ]

    def cpu(self, server: Server) -> Cpu:
        """CPU so far; that of backends which ended is with their parent."""
        hoofd = psutil.Process(self._postgres.pid)
        own = hoofd.cpu_times()
        postgres = own.user + own.system + own.children_user + own.children_system
        return Cpu(sum(map(seconds, server.workers())), postgres + sum(map(seconds, hoofd.children())))

    @contextmanager
    def counts(self, server: Server, naam: str = "regiesysteem") -> Iterator[dict[str, int]]:
        """Count what a server made with `tellen` sends to PostgreSQL, by PostgreSQL's own log.

        `naam` is the application_name of the connections that count.

        The dict is filled at the end: `statements`, and apart from those `transactie`, which are BEGIN, COMMIT and
        ROLLBACK: each is a round trip too.
        """
        telling: dict[str, int] = {"statements": 0, "transactie": 0}
        begin = self._mark(server, "begin")
        yield telling
        end = self._mark(server, "einde")
        rows = self._sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s", server.database, naam
        )
        pids = {str(pid) for (pid,) in rows}
        text = self._log()
        for pid, word in _STATEMENT.findall(text[text.index(begin) : text.index(end)]):
            if pid in pids:
                telling["transactie" if word in _OM_DE_TRANSACTIE else "statements"] += 1

    def _mark(self, server: Server, what: str) -> str:
        """Leave a mark in the log and wait until it is there; what was logged before is there then too."""
        mark = f"merk {what} {time.monotonic_ns()}"
        self._sql(f"SELECT '{mark}'", database=server.database)
        until(lambda: mark in self._log(), "PostgreSQL does not log")
        return mark

    def _log(self) -> str:
        map_ = self._map / "data" / "postgres" / "log"
        return "".join(file.read_text(errors="replace") for file in sorted(map_.glob("*.log")))

    def _sql(self, command: str, *parameters: object, database: str = SUPERUSER) -> list[tuple[object, ...]]:
        with closing(psycopg2.connect(self.beheer_url(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(command, parameters or None)
                return cursor.fetchall() if cursor.description else []


@contextmanager
def werkbank() -> Iterator[Werkbank]:
    """A workbench in a temporary directory; nothing of it is left."""
    with ExitStack() as batch:
        map_ = Path(tempfile.mkdtemp(prefix="rb"))
        batch.callback(shutil.rmtree, map_, ignore_errors=True)
        map_.chmod(0o755)
        yield Werkbank(map_, batch.enter_context(embedded_postgres(map_ / "data")))


def _schone_environment() -> dict[str, str]:
    return {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("REGIE_", "PROMETHEUS_"))}


@contextmanager
def _runs(
    what: str, environment: dict[str, str], logboek: Path, ready: str, module: str = "regiesysteem"
) -> Iterator[psutil.Popen]:
    """A `regie` command that runs, from when its log says that it is ready."""
    with logboek.open("w") as out:
        process = psutil.Popen(
            [sys.executable, "-m", module, what],
            env=environment,
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Not a session of its own: niceness counts within one, and `regie serve` has its worker in its own.
            process_group=0,
        )
    try:
        _wait_for(process, logboek, ready)
        yield process
    finally:
        if process.is_running():
            process.terminate()
            process.wait(_START_S)


def vrije_port() -> int:
    """A port that nobody uses now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _wait_for(process: psutil.Popen, logboek: Path, ready: str) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{logboek.name} ended with {process.returncode}: {logboek.read_text()}")
        return ready in logboek.read_text()

    until(is_ready, f"{logboek.name} does not get ready", _START_S)


def until(ready: Callable[[], bool], otherwise: str, waiting_time: float = _LOG_S) -> None:
    """Wait until something holds. Raises RuntimeError when it takes too long."""
    uiterlijk = time.monotonic() + waiting_time
    while not ready():
        if time.monotonic() > uiterlijk:
            raise RuntimeError(otherwise)
        time.sleep(0.05)


def _highest(pid: int) -> float:
    """The most memory that a process had (VmHWM), in MB."""
    regels = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(regel.split()[1]) * 1024 / 1e6 for regel in regels if regel.startswith("VmHWM:"))


def seconds(process: psutil.Process) -> float:
    """CPU of a process so far; 0 when it is gone."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)

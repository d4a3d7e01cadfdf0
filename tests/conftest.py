"""What all tests share: one embedded PostgreSQL, a migrated database per test, a running server per module."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine as hypothesis_engine
from sqlalchemy import Engine, Insert, column, insert, table
from tests.commands import run_command

from regiesysteem.db import maak_engine
from regiesysteem.embedded import BEHEERDER, EIGENAAR, SERVER_SETTINGS, IngebeddePostgres, ingebedde_postgres
from regiesysteem.migrate import migreer

SJABLOON = "sjabloon"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
_LANGSTE = {
    "practice/test_backoffice.py",
    "belasting/test_belasting.py",
    "bezorging/test_overdracht_volgorde.py",
    "bezorging/test_terug_van_weggeweest.py",
    "conformiteit/test_testset_rzs.py",
    "interop/test_demo.py",
    "storage/test_store.py",
    "platform/test_gezondheid.py",
    "platform/test_server.py",
}
KRIMP_S = 30
_nummers = itertools.count(1)

# Under nohup SIGHUP is ignored, and so it would be by every server that is started here.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# One profile for every property: found by chance at a desk, the same each time where CI is set, so that a change that
# breaks nothing lands. Explaining a failure traces each line, which takes longer than finding it.
settings.register_profile(
    "regiesysteem",
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("regiesysteem")
# Making a failing message smaller takes seconds per step on a database; hypothesis has no setting for when to stop.
assert hypothesis_engine.MAX_SHRINKING_SECONDS >= KRIMP_S
hypothesis_engine.MAX_SHRINKING_SECONDS = KRIMP_S


@dataclass(frozen=True)
class Server:
    """A running `regie serve`: where it listens, its database, and its process."""

    url: str
    database_url: str
    data_dir: Path
    proces: subprocess.Popen[str]
    logboek: Path


def vrije_poort() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        poort: int = s.getsockname()[1]
        return poort


def wacht_tot(
    klaar: Callable[[], bool], wat: str, seconden: float = START_TIMEOUT_S, logboek: Path | None = None
) -> None:
    """Wait until something holds; fails with `wat`, and with what `logboek` has by then, when it does not come."""
    uiterlijk = time.monotonic() + seconden
    while not klaar():
        if time.monotonic() > uiterlijk:
            pytest.fail(f"kwam niet binnen {seconden} s: {wat}\n{logboek.read_text() if logboek else ''}")
        time.sleep(0.02)


def omgeving(**instellingen: str) -> dict[str, str]:
    """The environment for a `regie` process: ours, with only these REGIE_ settings."""
    schoon = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("REGIE_", "PROMETHEUS_"))}
    return schoon | instellingen


def regie(*argumenten: str, timeout: float = 120, **instellingen: str) -> subprocess.CompletedProcess[str]:
    """Run a `regie` command to its end."""
    return run_command(list(argumenten), omgeving(**instellingen), timeout)


def start_server(logboek: Path, **instellingen: str) -> subprocess.Popen[str]:
    """Start `regie serve`; all that it says goes to `logboek`."""
    with logboek.open("a") as uitvoer:
        return subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "serve"],
            env=omgeving(**instellingen),
            stdout=uitvoer,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def wacht_op_server(proces: subprocess.Popen[str], logboek: Path) -> None:
    """Wait until `regie serve` says that it is ready; fails with its log when it ends before."""

    def klaar() -> bool:
        if proces.poll() is not None:
            pytest.fail(f"regie serve stopte met {proces.returncode}:\n{logboek.read_text()}")
        return "Regiesysteem is klaar" in logboek.read_text()

    wacht_tot(klaar, "server klaar", logboek=logboek)


def stop_server(proces: subprocess.Popen[str]) -> int:
    """Stop `regie serve` as an operator does, and give its exit code."""
    if proces.poll() is None:
        proces.terminate()
    return proces.wait(STOP_TIMEOUT_S)


def is_web(proces: psutil.Process) -> bool:
    """Whether this process, a child of `regie serve`, answers messages; not when it just died."""
    try:
        return proces.name() == "regie web" and proces.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def haal(url: str, timeout: float = 10) -> tuple[int, str]:
    """GET a URL of our own server: status and text."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as antwoord:
            return antwoord.status, antwoord.read().decode()
    except urllib.error.HTTPError as fout:
        with fout:
            return fout.code, fout.read().decode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first: of several processes none is left with one of them at the end."""
    items.sort(key=lambda item: f"{item.path.parent.name}/{item.path.name}" not in _LANGSTE)


def insert_into(name: str, *rows: dict[str, object]) -> Insert:
    """A statement that puts rows with the same columns straight into a table."""
    return insert(table(name, *map(column, rows[0]))).values(list(rows))


@pytest.fixture(scope="session")
def korte_map() -> Iterator[Path]:
    """A directory with a short path: the socket of PostgreSQL fits in it."""
    map_ = Path(tempfile.mkdtemp(prefix="rt"))
    map_.chmod(0o755)
    yield map_
    shutil.rmtree(map_, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(korte_map: Path) -> Iterator[IngebeddePostgres]:
    """The embedded PostgreSQL of this test run, with a migrated template.

    It does not wait for the disk: what the machine loses when it stops, a test run has no use for.
    """
    with ExitStack() as stapel:
        with pytest.MonkeyPatch.context() as anders:
            anders.setitem(SERVER_SETTINGS, "fsync", "off")
            server = stapel.enter_context(ingebedde_postgres(korte_map / "data"))
        _sql(server, f"CREATE DATABASE {SJABLOON} OWNER {EIGENAAR}")
        engine = maak_engine(server.url_voor(SJABLOON), pool=False)
        migreer(engine)
        engine.dispose()
        yield server


@pytest.fixture
def lege_database_url(postgres: IngebeddePostgres) -> Iterator[str]:
    """URL of a database without tables."""
    yield from _database(postgres, "template1")


@pytest.fixture
def database_url(postgres: IngebeddePostgres) -> Iterator[str]:
    """URL of a fresh, migrated database."""
    yield from _database(postgres, SJABLOON)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database."""
    motor = maak_engine(database_url)
    yield motor
    motor.dispose()


@pytest.fixture(scope="module")
def module_database_url(postgres: IngebeddePostgres) -> Iterator[str]:
    """URL of a migrated database that the tests of a module share."""
    yield from _database(postgres, SJABLOON)


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running `regie serve` with two workers and a database of its own, shared by the tests of a module."""
    map_ = tmp_path_factory.mktemp("server")
    poort, logboek = vrije_poort(), map_ / "logboek"
    proces = start_server(
        logboek,
        REGIE_PORT=str(poort),
        REGIE_WORKERS="2",
        REGIE_DATA_DIR=str(map_),
        REGIE_DATABASE_URL=module_database_url,
    )
    try:
        wacht_op_server(proces, logboek)
        yield Server(f"http://127.0.0.1:{poort}", module_database_url, map_, proces, logboek)
    finally:
        stop_server(proces)


def _database(server: IngebeddePostgres, sjabloon: str) -> Iterator[str]:
    naam = f"t_{os.getpid()}_{next(_nummers)}"
    _sql(server, f"CREATE DATABASE {naam} OWNER {EIGENAAR} TEMPLATE {sjabloon} STRATEGY FILE_COPY")
    yield server.url_voor(naam)
    _sql(server, f"DROP DATABASE {naam} WITH (FORCE)")


def _sql(server: IngebeddePostgres, opdracht: str) -> None:
    with closing(psycopg2.connect(server.url_voor(BEHEERDER, BEHEERDER))) as verbinding:
        verbinding.autocommit = True
        with verbinding.cursor() as cursor:
            cursor.execute(opdracht)

"""Shared by all tests: one embedded PostgreSQL, a migrated database per test, a running server per module."""

import itertools
import logging  # noqa: TID251 - what a command set is put back
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
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine as hypothesis_engine
from sqlalchemy import Engine, Insert, column, insert, table
from tests.commands import run_command

from regiesysteem.db import make_engine
from regiesysteem.embedded import OWNER, SERVER_SETTINGS, SUPERUSER, EmbeddedPostgres, embedded_postgres
from regiesysteem.migrate import migrate

SJABLOON = "sjabloon"
# Only for what hangs: a busy machine may need minutes for what takes a second on a quiet one.
START_TIMEOUT_S = 300
STOP_TIMEOUT_S = 300
_LONGEST = {
    "browser/test_interactions.py",
    "browser/test_pages.py",
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
_numbers = itertools.count(1)

# Left to itself structlog draws a traceback with all local values, which takes minutes when one is a document.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

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
    process: subprocess.Popen[str]
    logboek: Path


def vrije_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def wait_until(
    ready: Callable[[], bool], what: str, seconds: float = START_TIMEOUT_S, logboek: Path | None = None
) -> None:
    """Wait until something holds; fails with `what`, and with what `logboek` has by then, when it does not come."""
    uiterlijk = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > uiterlijk:
            pytest.fail(f"kwam niet binnen {seconds} s: {what}\n{logboek.read_text() if logboek else ''}")
        time.sleep(0.02)


def environment(**instellingen: str) -> dict[str, str]:
    """The environment for a `regie` process: ours, with only these REGIE_ settings."""
    schoon = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("REGIE_", "PROMETHEUS_"))}
    return schoon | instellingen


def regie(*arguments: str, timeout: float = 600, **instellingen: str) -> subprocess.CompletedProcess[str]:
    """Run a `regie` command to its end."""
    return run_command(list(arguments), environment(**instellingen), timeout)


def start_server(logboek: Path, **instellingen: str) -> subprocess.Popen[str]:
    """Start `regie serve`; all that it says goes to `logboek`."""
    with logboek.open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "serve"],
            env=environment(**instellingen),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def wait_on_server(process: subprocess.Popen[str], logboek: Path) -> None:
    """Wait until `regie serve` says that it is ready; fails with its log when it ends before."""

    def ready() -> bool:
        if process.poll() is not None:
            pytest.fail(f"regie serve stopte met {process.returncode}:\n{logboek.read_text()}")
        return "Regiesysteem is klaar" in logboek.read_text()

    wait_until(ready, "server klaar", logboek=logboek)


def stop_server(process: subprocess.Popen[str]) -> int:
    """Stop `regie serve` as an operator does, and give its exit code."""
    if process.poll() is None:
        process.terminate()
    return process.wait(STOP_TIMEOUT_S)


@contextmanager
def running_server(database_url: str, map_: Path, **settings: str) -> Iterator[Server]:
    """A `regie serve` that is ready, stopped afterwards. It starts no job worker, which costs as much as it does."""
    port, logboek = vrije_port(), map_ / "logboek"
    own = {"REGIE_PORT": str(port), "REGIE_DATA_DIR": str(map_), "REGIE_DATABASE_URL": database_url}
    process = start_server(logboek, **own | {"REGIE_MET_WORKER": "false"} | settings)
    try:
        wait_on_server(process, logboek)
        yield Server(f"http://127.0.0.1:{port}", database_url, map_, process, logboek)
    finally:
        stop_server(process)


def is_web(process: psutil.Process) -> bool:
    """Tell whether this process, a child of `regie serve`, answers messages; not when it just died."""
    try:
        return process.name() == "regie web" and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def fetch(url: str, timeout: float = 10) -> tuple[int, str]:
    """GET a URL of our own server: status and text."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first: of several processes none is left with one of them at the end."""
    items.sort(key=lambda item: f"{item.path.parent.name}/{item.path.name}" not in _LONGEST)


def insert_into(name: str, *rows: dict[str, object]) -> Insert:
    """A statement that puts rows with the same columns straight into a table."""
    return insert(table(name, *map(column, rows[0]))).values(list(rows))


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Undo what a command in this process does to the log: its output is closed when the next test writes to it."""
    root, before, was_set_up = logging.getLogger(), structlog.get_config(), structlog.is_configured()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.get_config() != before:
        structlog.configure(**before) if was_set_up else structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def korte_map() -> Iterator[Path]:
    """A directory with a short path: the socket of PostgreSQL fits in it."""
    map_ = Path(tempfile.mkdtemp(prefix="rt"))
    map_.chmod(0o755)
    yield map_
    shutil.rmtree(map_, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(korte_map: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded PostgreSQL of this test run, with a migrated template.

    It does not wait for the disk: what the machine loses when it stops, a test run has no use for.
    """
    with ExitStack() as batch:
        with pytest.MonkeyPatch.context() as otherwise:
            otherwise.setitem(SERVER_SETTINGS, "fsync", "off")
            server = batch.enter_context(embedded_postgres(korte_map / "data"))
        as_superuser(server, f"CREATE DATABASE {SJABLOON} OWNER {OWNER}")
        engine = make_engine(server.url_for(SJABLOON), pool=False)
        migrate(engine)
        engine.dispose()
        yield server


@pytest.fixture
def lege_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """URL of a database without tables."""
    yield from fresh_database(postgres, "template1")


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """URL of a fresh, migrated database."""
    yield from fresh_database(postgres, SJABLOON)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """URL of a migrated database that the tests of a module share."""
    yield from fresh_database(postgres, SJABLOON)


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running `regie serve` of two processes and a database of its own, shared by the tests of a module."""
    with running_server(module_database_url, tmp_path_factory.mktemp("server"), REGIE_WORKERS="2") as server:
        yield server


def fresh_database(server: EmbeddedPostgres, sjabloon: str) -> Iterator[str]:
    """URL of a new database that is a copy of another, and is gone after that."""
    naam = f"t_{os.getpid()}_{next(_numbers)}"
    as_superuser(server, f"CREATE DATABASE {naam} OWNER {OWNER} TEMPLATE {sjabloon} STRATEGY FILE_COPY")
    yield server.url_for(naam)
    as_superuser(server, f"DROP DATABASE {naam} WITH (FORCE)")


def as_superuser(server: EmbeddedPostgres, command: str) -> None:
    """Execute a command outside a transaction."""
    with closing(psycopg2.connect(server.url_for(SUPERUSER, SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(command)

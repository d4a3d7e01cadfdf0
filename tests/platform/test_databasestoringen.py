"""A database that can be reached and cannot do all: read-only, full, silent, behind a pooler, of another kind."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import procrastinate
import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tests.berichten.bouw import lk01, lv01, new_number, zaak
from tests.conftest import regie, vrije_port, wait_until
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.db import CONNECT_TIMEOUT_S, libpq_url, make_engine, network_limits
from regiesysteem.embedded import OWNER, SUPERUSER, EmbeddedPostgres
from regiesysteem.http.doors import make_soap_app
from regiesysteem.http.health import state_of_database
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.migrate import migrate

_BOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def _door(engine: Engine) -> Door:
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
    return Door(Client(make_soap_app(Settings(), engine, Counters())), engine)


def _as_beheerder(postgres: EmbeddedPostgres, *commands: str) -> None:
    with closing(psycopg2.connect(postgres.url_for(SUPERUSER, SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for command in commands:
                cursor.execute(command)


def _trial(url: str) -> str:
    engine = make_engine(url, pool=False, statement_timeout=5)
    try:
        return state_of_database(engine)
    finally:
        engine.dispose()


def test_a_session_that_can_only_read_is_dropped_and_the_message_done_on_another(engine: Engine) -> None:
    """After a failover the pool still has sessions with the server that became a standby."""
    door = _door(engine)
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        connection.commit()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == pid, "it is the next that is used"
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number())))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


def test_a_role_that_may_not_make_the_extension_is_told_what_will_help(postgres: EmbeddedPostgres) -> None:
    _as_beheerder(postgres, "CREATE DATABASE ongeschikt")
    try:
        with closing(psycopg2.connect(postgres.url_for("ongeschikt", SUPERUSER))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"GRANT ALL ON SCHEMA public TO {OWNER}")
                without = regie("migreer", REGIE_DATABASE_URL=postgres.url_for("ongeschikt"))
                cursor.execute("CREATE EXTENSION pg_trgm")
                with_ = regie("migreer", REGIE_DATABASE_URL=postgres.url_for("ongeschikt"))
    finally:
        _as_beheerder(postgres, "DROP DATABASE ongeschikt WITH (FORCE)")
    assert (without.returncode, without.stderr.count("\n")) == (2, 1)
    assert without.stderr.startswith("De extensie pg_trgm is niet te maken: ")
    assert without.stderr.endswith("CREATE EXTENSION pg_trgm\n")
    assert (with_.returncode, with_.stderr) == (0, "")


def test_a_database_that_can_only_be_read_takes_nothing_and_answers_nothing(
    postgres: EmbeddedPostgres, database_url: str, engine: Engine
) -> None:
    """StUF046 says that the message was not kept and may be offered again; no look is kept of a question either."""
    door, naam = _door(engine), make_url(database_url).database
    number, new = new_number(), lk01("T", zaak(new_number()))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    assert _trial(database_url) == ""
    _as_beheerder(postgres, f"ALTER DATABASE {naam} SET default_transaction_read_only = on")
    engine.dispose()
    code, details = door.fout("creeerZaak_Lk01", new)
    assert (code, "later opnieuw" in details) == ("StUF046", True)
    gelijk = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    code, details = door.fout("geefZaakdetails_Lv01", lv01(gelijk, 'StUF:scope="alles"'))
    assert (code, "later opnieuw" in details) == ("StUF058", True)
    assert _trial(database_url) == "de database kan alleen gelezen worden"
    _as_beheerder(postgres, f"ALTER DATABASE {naam} RESET default_transaction_read_only")
    door.succeeded("creeerZaak_Lk01", new)
    door.succeeded("geefZaakdetails_Lv01", lv01(gelijk, 'StUF:scope="alles"'))
    assert _trial(database_url) == ""


def test_a_database_without_room_for_a_temporary_file_is_not_ready(
    postgres: EmbeddedPostgres, database_url: str
) -> None:
    naam = make_url(database_url).database
    _as_beheerder(postgres, f"ALTER ROLE {OWNER} IN DATABASE {naam} SET temp_file_limit = '1MB'")
    assert _trial(database_url) == "de database heeft geen ruimte of verbindingen over"
    _as_beheerder(postgres, f"ALTER ROLE {OWNER} IN DATABASE {naam} RESET temp_file_limit")
    assert _trial(database_url) == ""


def test_a_full_disk_is_not_ready(postgres: EmbeddedPostgres, database_url: str) -> None:
    """The temporary files of the database stand on a real disk of one megabyte."""
    schijf = Path(tempfile.mkdtemp(prefix="vol"))
    link = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(schijf)]
    if os.geteuid() or subprocess.run(link, check=False, capture_output=True).returncode:
        pytest.skip("een eigen schijf koppelen mag alleen root, en hier ook die niet")
    with ExitStack() as batch:
        batch.callback(schijf.rmdir)
        batch.callback(subprocess.run, ["umount", "-l", str(schijf)], check=True)
        room = schijf / "ruimte"
        room.mkdir()
        shutil.chown(room, *_owner_of(postgres))
        _as_beheerder(postgres, f"CREATE TABLESPACE vol LOCATION '{room}'", "GRANT CREATE ON TABLESPACE vol TO public")
        batch.callback(_as_beheerder, postgres, "DROP TABLESPACE vol")
        naam = make_url(database_url).database
        _as_beheerder(postgres, f"ALTER DATABASE {naam} SET temp_tablespaces = vol")
        assert _trial(database_url) == "de schijf van de database is vol"
        _as_beheerder(postgres, f"ALTER DATABASE {naam} RESET temp_tablespaces")


def _owner_of(postgres: EmbeddedPostgres) -> tuple[int, int]:
    state = Path(f"/proc/{postgres.pid}").stat()
    return state.st_uid, state.st_gid


class _Doorgeefluik:
    """A TCP port in front of the socket of the embedded PostgreSQL."""

    def __init__(self, to: str) -> None:
        self._to = to
        self._listen = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listen.getsockname()[1]
        threading.Thread(target=self._take_to, daemon=True).start()

    def _take_to(self) -> None:
        while True:
            try:
                client, _ = self._listen.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._to)
            for from_, to in ((client, server), (server, client)):
                threading.Thread(target=self._pomp, args=(from_, to), daemon=True).start()

    @staticmethod
    def _pomp(from_: socket.socket, to: socket.socket) -> None:
        try:
            while piece := from_.recv(65536):
                to.sendall(piece)
        except OSError:
            pass
        finally:
            to.close()

    def close(self) -> None:
        self._listen.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="alleen Linux kent TCP_USER_TIMEOUT")
def test_a_network_that_says_nothing_ends_a_statement_within_its_timeout(
    postgres: EmbeddedPostgres, database_url: str
) -> None:
    """The settings in the kernel of the connections of a server process and of a worker."""
    url = make_url(database_url)
    sok = f"{url.query['host']}/.s.PGSQL.5432"
    with closing(_Doorgeefluik(sok)) as luik:
        tcp = url.set(query={}, host="127.0.0.1", port=luik.port)
        engine = make_engine(str(tcp), statement_timeout=30)
        with engine.connect() as connection, socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
            said = [
                line.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_USER_TIMEOUT,
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                )
            ]
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        engine.dispose()
    wait, begin, between, keer = said
    assert wait / 1000 + CONNECT_TIMEOUT_S < 30, "and once more a connection"
    assert begin + between * keer < 30
    assert network_limits(10)["tcp_user_timeout"] == 5000
    assert network_limits(1)["tcp_user_timeout"] == 500
    assert network_limits(3600)["tcp_user_timeout"] == 60_000


@pytest.fixture
def pooler(postgres: EmbeddedPostgres, database_url: str, tmp_path: Path) -> Iterator[str]:
    """URL of the database through a PgBouncer in session mode, as it is installed."""
    if _BOUNCER is None:
        pytest.skip("PgBouncer is hier niet (apt-get install pgbouncer)")
    url, port = make_url(database_url), vrije_port()
    map_ = Path(tempfile.mkdtemp(prefix="pgb"))
    map_.chmod(0o777)
    setting = map_ / "pgbouncer.ini"
    setting.write_text(
        f"[databases]\n* = host={url.query['host']} port=5432 user={OWNER}\n"
        f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\nauth_type=any\n"
        f"pool_mode=session\nlogfile={map_}/log\n"
    )
    gebruiker = ["-u", pwd.getpwuid(_owner_of(postgres)[0]).pw_name] if os.geteuid() == 0 else []
    with (map_ / "uit").open("wb") as out:
        process = subprocess.Popen([_BOUNCER, *gebruiker, str(setting)], stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or _luistert(port), "PgBouncer luistert")
        assert process.poll() is None, (map_ / "uit").read_text()
        yield libpq_url(url.set(query={}, host="127.0.0.1", port=port))
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(map_, ignore_errors=True)


def _luistert(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_behind_a_pooler_in_session_mode_it_starts_and_its_limits_hold(pooler: str) -> None:
    engine = make_engine(pooler, statement_timeout=0.2, lock_timeout=3)
    migrate(engine)
    with engine.connect() as connection:
        waarden = [
            connection.execute(text(f"SHOW {naam}")).scalar_one() for naam in ("lock_timeout", "jit", "TimeZone")
        ]
        assert waarden == ["3s", "off", "UTC"]
        with pytest.raises(DBAPIError, match="statement timeout"):
            connection.execute(text("SELECT pg_sleep(60)"))
    engine.dispose()
    engine = make_engine(pooler)
    door = _door(engine)
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number())))
    engine.dispose()
    assert _trial(pooler) == ""
    with procrastinate.App(
        connector=procrastinate.SyncPsycopgConnector(conninfo=pooler, kwargs=network_limits(30))
    ).open() as tasks:
        assert tasks.check_connection()


@pytest.mark.parametrize(
    ("opzet", "sentence"),
    [
        ("ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", "codering LATIN1"),
        ("ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", "codering SQL_ASCII"),
        (f"OWNER {SUPERUSER}", "mag in database ongeschikt geen tabellen maken"),
    ],
)
def test_a_database_that_cannot_have_our_tables_is_told_in_a_sentence(
    postgres: EmbeddedPostgres, opzet: str, sentence: str
) -> None:
    owner = "" if "OWNER" in opzet else f"OWNER {OWNER}"
    _as_beheerder(postgres, f"CREATE DATABASE ongeschikt {owner} {opzet}")
    try:
        ready = regie("migreer", REGIE_DATABASE_URL=postgres.url_for("ongeschikt"))
    finally:
        _as_beheerder(postgres, "DROP DATABASE ongeschikt WITH (FORCE)")
    assert ready.returncode == 2
    assert sentence in ready.stderr
    assert "Traceback" not in ready.stderr


def test_a_database_that_can_only_be_read_is_not_migrated(postgres: EmbeddedPostgres, lege_database_url: str) -> None:
    naam = make_url(lege_database_url).database
    _as_beheerder(postgres, f"ALTER DATABASE {naam} SET default_transaction_read_only = on")
    ready = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert (ready.returncode, "alleen gelezen worden" in ready.stderr) == (2, True)
    shown = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATABASE_URL=lege_database_url)
    assert re.search(r"FOUT  database .* kan nu alleen gelezen worden\n", shown.stdout)

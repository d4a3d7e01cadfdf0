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
from tests.berichten.bouw import lk01, lv01, nieuw_nummer, zaak
from tests.conftest import regie, vrije_poort, wacht_tot
from tests.soap.conftest import Deur
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Instellingen
from regiesysteem.db import VERBIND_TIMEOUT_S, libpq_url, maak_engine, network_limits
from regiesysteem.embedded import BEHEERDER, EIGENAAR, IngebeddePostgres
from regiesysteem.http.app import maak_soap_app, staat_van_database
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.metrics import Tellers
from regiesysteem.migrate import migreer

_BOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def _deur(motor: Engine) -> Deur:
    laad_inrichting(motor, lees_tekst(config.voorbeeld_inrichting().read_text(), "test"))
    return Deur(Client(maak_soap_app(Instellingen(), motor, Tellers())), motor)


def _als_beheerder(postgres: IngebeddePostgres, *opdrachten: str) -> None:
    with closing(psycopg2.connect(postgres.url_voor(BEHEERDER, BEHEERDER))) as verbinding:
        verbinding.autocommit = True
        with verbinding.cursor() as cursor:
            for opdracht in opdrachten:
                cursor.execute(opdracht)


def _proef(url: str) -> str:
    motor = maak_engine(url, pool=False, statement_timeout=5)
    try:
        return staat_van_database(motor)
    finally:
        motor.dispose()


def test_a_session_that_can_only_read_is_dropped_and_the_message_done_on_another(engine: Engine) -> None:
    """After a failover the pool still has sessions with the server that became a standby."""
    deur = _deur(engine)
    with engine.connect() as verbinding:
        pid = verbinding.execute(text("SELECT pg_backend_pid()")).scalar_one()
        verbinding.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        verbinding.commit()
    with engine.connect() as verbinding:
        assert verbinding.execute(text("SELECT pg_backend_pid()")).scalar_one() == pid, "it is the next that is used"
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer())))
    with engine.connect() as verbinding:
        assert verbinding.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


def test_a_role_that_may_not_make_the_extension_is_told_what_will_help(postgres: IngebeddePostgres) -> None:
    _als_beheerder(postgres, "CREATE DATABASE ongeschikt")
    try:
        with closing(psycopg2.connect(postgres.url_voor("ongeschikt", BEHEERDER))) as verbinding:
            verbinding.autocommit = True
            with verbinding.cursor() as cursor:
                cursor.execute(f"GRANT ALL ON SCHEMA public TO {EIGENAAR}")
                zonder = regie("migreer", REGIE_DATABASE_URL=postgres.url_voor("ongeschikt"))
                cursor.execute("CREATE EXTENSION pg_trgm")
                met = regie("migreer", REGIE_DATABASE_URL=postgres.url_voor("ongeschikt"))
    finally:
        _als_beheerder(postgres, "DROP DATABASE ongeschikt WITH (FORCE)")
    assert (zonder.returncode, zonder.stderr.count("\n")) == (2, 1)
    assert zonder.stderr.startswith("De extensie pg_trgm is niet te maken: ")
    assert zonder.stderr.endswith("CREATE EXTENSION pg_trgm\n")
    assert (met.returncode, met.stderr) == (0, "")


def test_a_database_that_can_only_be_read_answers_and_takes_nothing(
    postgres: IngebeddePostgres, database_url: str, engine: Engine
) -> None:
    """StUF 03.01, table 4.1: StUF046 says that the message was not kept and may be offered again."""
    deur, naam = _deur(engine), make_url(database_url).database
    nummer, nieuw = nieuw_nummer(), lk01("T", zaak(nieuw_nummer()))
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer)))
    assert _proef(database_url) == ""
    _als_beheerder(postgres, f"ALTER DATABASE {naam} SET default_transaction_read_only = on")
    engine.dispose()
    code, details = deur.fout("creeerZaak_Lk01", nieuw)
    assert (code, "later opnieuw" in details) == ("StUF046", True)
    gelijk = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    deur.gelukt("geefZaakdetails_Lv01", lv01(gelijk, 'StUF:scope="alles"'))
    assert _proef(database_url) == "de database kan alleen gelezen worden"
    _als_beheerder(postgres, f"ALTER DATABASE {naam} RESET default_transaction_read_only")
    deur.gelukt("creeerZaak_Lk01", nieuw)
    assert _proef(database_url) == ""


def test_a_database_without_room_for_a_temporary_file_is_not_ready(
    postgres: IngebeddePostgres, database_url: str
) -> None:
    naam = make_url(database_url).database
    _als_beheerder(postgres, f"ALTER ROLE {EIGENAAR} IN DATABASE {naam} SET temp_file_limit = '1MB'")
    assert _proef(database_url) == "de database heeft geen ruimte of verbindingen over"
    _als_beheerder(postgres, f"ALTER ROLE {EIGENAAR} IN DATABASE {naam} RESET temp_file_limit")
    assert _proef(database_url) == ""


def test_a_full_disk_is_not_ready(postgres: IngebeddePostgres, database_url: str) -> None:
    """The temporary files of the database stand on a real disk of one megabyte."""
    schijf = Path(tempfile.mkdtemp(prefix="vol"))
    koppel = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(schijf)]
    if os.geteuid() or subprocess.run(koppel, check=False, capture_output=True).returncode:
        pytest.skip("een eigen schijf koppelen mag alleen root, en hier ook die niet")
    with ExitStack() as stapel:
        stapel.callback(schijf.rmdir)
        stapel.callback(subprocess.run, ["umount", "-l", str(schijf)], check=True)
        ruimte = schijf / "ruimte"
        ruimte.mkdir()
        shutil.chown(ruimte, *_eigenaar_van(postgres))
        _als_beheerder(
            postgres, f"CREATE TABLESPACE vol LOCATION '{ruimte}'", "GRANT CREATE ON TABLESPACE vol TO public"
        )
        stapel.callback(_als_beheerder, postgres, "DROP TABLESPACE vol")
        naam = make_url(database_url).database
        _als_beheerder(postgres, f"ALTER DATABASE {naam} SET temp_tablespaces = vol")
        assert _proef(database_url) == "de schijf van de database is vol"
        _als_beheerder(postgres, f"ALTER DATABASE {naam} RESET temp_tablespaces")


def _eigenaar_van(postgres: IngebeddePostgres) -> tuple[int, int]:
    stand = Path(f"/proc/{postgres.pid}").stat()
    return stand.st_uid, stand.st_gid


class _Doorgeefluik:
    """A TCP port in front of the socket of the embedded PostgreSQL."""

    def __init__(self, naar: str) -> None:
        self._naar = naar
        self._luister = socket.create_server(("127.0.0.1", 0))
        self.poort: int = self._luister.getsockname()[1]
        threading.Thread(target=self._neem_aan, daemon=True).start()

    def _neem_aan(self) -> None:
        while True:
            try:
                klant, _ = self._luister.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._naar)
            for van, naar in ((klant, server), (server, klant)):
                threading.Thread(target=self._pomp, args=(van, naar), daemon=True).start()

    @staticmethod
    def _pomp(van: socket.socket, naar: socket.socket) -> None:
        try:
            while stuk := van.recv(65536):
                naar.sendall(stuk)
        except OSError:
            pass
        finally:
            naar.close()

    def close(self) -> None:
        self._luister.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="alleen Linux kent TCP_USER_TIMEOUT")
def test_a_network_that_says_nothing_ends_a_statement_within_its_timeout(
    postgres: IngebeddePostgres, database_url: str
) -> None:
    """What the kernel was told of the connections of a server process and of a worker."""
    url = make_url(database_url)
    sok = f"{url.query['host']}/.s.PGSQL.5432"
    with closing(_Doorgeefluik(sok)) as luik:
        tcp = url.set(query={}, host="127.0.0.1", port=luik.poort)
        motor = maak_engine(str(tcp), statement_timeout=30)
        with motor.connect() as verbinding, socket.socket(fileno=os.dup(verbinding.connection.fileno())) as lijn:
            gezegd = [
                lijn.getsockopt(socket.IPPROTO_TCP, optie)
                for optie in (
                    socket.TCP_USER_TIMEOUT,
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                )
            ]
            assert lijn.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        motor.dispose()
    wacht, begin, tussen, keer = gezegd
    assert wacht / 1000 + VERBIND_TIMEOUT_S < 30, "and once more a connection"
    assert begin + tussen * keer < 30
    assert network_limits(10)["tcp_user_timeout"] == 5000
    assert network_limits(1)["tcp_user_timeout"] == 500
    assert network_limits(3600)["tcp_user_timeout"] == 60_000


@pytest.fixture
def pooler(postgres: IngebeddePostgres, database_url: str, tmp_path: Path) -> Iterator[str]:
    """URL of the database through a PgBouncer in session mode, as it is installed."""
    if _BOUNCER is None:
        pytest.skip("PgBouncer is hier niet (apt-get install pgbouncer)")
    url, poort = make_url(database_url), vrije_poort()
    map_ = Path(tempfile.mkdtemp(prefix="pgb"))
    map_.chmod(0o777)
    instelling = map_ / "pgbouncer.ini"
    instelling.write_text(
        f"[databases]\n* = host={url.query['host']} port=5432 user={EIGENAAR}\n"
        f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={poort}\nunix_socket_dir=\nauth_type=any\n"
        f"pool_mode=session\nlogfile={map_}/log\n"
    )
    gebruiker = ["-u", pwd.getpwuid(_eigenaar_van(postgres)[0]).pw_name] if os.geteuid() == 0 else []
    with (map_ / "uit").open("wb") as uit:
        proces = subprocess.Popen([_BOUNCER, *gebruiker, str(instelling)], stdout=uit, stderr=subprocess.STDOUT)
    try:
        wacht_tot(lambda: proces.poll() is not None or _luistert(poort), "PgBouncer luistert")
        assert proces.poll() is None, (map_ / "uit").read_text()
        yield libpq_url(url.set(query={}, host="127.0.0.1", port=poort))
    finally:
        proces.terminate()
        proces.wait(30)
        shutil.rmtree(map_, ignore_errors=True)


def _luistert(poort: int) -> bool:
    with socket.socket() as proef:
        return proef.connect_ex(("127.0.0.1", poort)) == 0


def test_behind_a_pooler_in_session_mode_it_starts_and_its_limits_hold(pooler: str) -> None:
    motor = maak_engine(pooler, statement_timeout=0.2, lock_timeout=3)
    migreer(motor)
    with motor.connect() as verbinding:
        waarden = [
            verbinding.execute(text(f"SHOW {naam}")).scalar_one() for naam in ("lock_timeout", "jit", "TimeZone")
        ]
        assert waarden == ["3s", "off", "UTC"]
        with pytest.raises(DBAPIError, match="statement timeout"):
            verbinding.execute(text("SELECT pg_sleep(60)"))
    motor.dispose()
    motor = maak_engine(pooler)
    deur = _deur(motor)
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer())))
    motor.dispose()
    assert _proef(pooler) == ""
    with procrastinate.App(
        connector=procrastinate.SyncPsycopgConnector(conninfo=pooler, kwargs=network_limits(30))
    ).open() as taken:
        assert taken.check_connection()


@pytest.mark.parametrize(
    ("opzet", "zin"),
    [
        ("ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", "codering LATIN1"),
        ("ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", "codering SQL_ASCII"),
        (f"OWNER {BEHEERDER}", "mag in database ongeschikt geen tabellen maken"),
    ],
)
def test_a_database_that_cannot_have_our_tables_is_told_in_a_sentence(
    postgres: IngebeddePostgres, opzet: str, zin: str
) -> None:
    eigenaar = "" if "OWNER" in opzet else f"OWNER {EIGENAAR}"
    _als_beheerder(postgres, f"CREATE DATABASE ongeschikt {eigenaar} {opzet}")
    try:
        klaar = regie("migreer", REGIE_DATABASE_URL=postgres.url_voor("ongeschikt"))
    finally:
        _als_beheerder(postgres, "DROP DATABASE ongeschikt WITH (FORCE)")
    assert klaar.returncode == 2
    assert zin in klaar.stderr
    assert "Traceback" not in klaar.stderr


def test_a_database_that_can_only_be_read_is_not_migrated(postgres: IngebeddePostgres, lege_database_url: str) -> None:
    naam = make_url(lege_database_url).database
    _als_beheerder(postgres, f"ALTER DATABASE {naam} SET default_transaction_read_only = on")
    klaar = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert (klaar.returncode, "alleen gelezen worden" in klaar.stderr) == (2, True)
    getoond = regie("status", REGIE_PORT=str(vrije_poort()), REGIE_DATABASE_URL=lege_database_url)
    assert re.search(r"FOUT  database .* kan nu alleen gelezen worden\n", getoond.stdout)

"""A back-up goes back whole or not at all, on the embedded database and on servers, and nobody uses it meanwhile."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, text
from tests.berichten.bouw import lk01, lv01, new_number, zaak
from tests.conftest import regie
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem import backup, config
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.embedded import embedded_postgres
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.migrate import MigrationError, head_revision, migrate

_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"


def _inhoud(url: str) -> dict[str, str]:
    """All that is in each table."""
    engine = make_engine(url, pool=False)
    with engine.connect() as connection:
        return {
            naam: connection.exec_driver_sql(
                f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {naam} t"
            ).scalar_one()
            for naam in connection.exec_driver_sql(_TABLES).scalars().all()
        }


def _door(engine: Engine) -> Door:
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
    return Door(Client(make_soap_app(Settings(), engine, Counters())), engine)


def _creeer(url: str) -> None:
    engine = make_engine(url)
    door, number = _door(engine), new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    door.succeeded("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>"))  # a look
    engine.dispose()


def _make(url: str, file: Path) -> None:
    engine = make_engine(url, pool=False)
    backup.make(engine, file)
    engine.dispose()


def _restore(url: str, file: Path) -> list[str]:
    said: list[str] = []
    engine = make_engine(url, pool=False)
    try:
        backup.restore(engine, file, said.append)
    finally:
        engine.dispose()
    return said


def test_what_was_comes_back_and_what_came_since_is_gone(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "regie.dump"
    _creeer(database_url)
    _make(database_url, file)
    assert file.stat().st_mode & 0o077 == 0, "who may read it is its owner"
    toen = _inhoud(database_url)
    _creeer(database_url)
    engine = make_engine(database_url, pool=False)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE van_later (n int); CREATE TYPE ook_later AS ENUM ('a')"))
    said = _restore(database_url, file)
    assert _inhoud(database_url) == toen
    assert {"  bericht", "  zaak", "  document"} <= set(said), "each table is told"
    _creeer(database_url)
    with engine.connect() as connection:
        assert not connection.execute(text("SELECT count(*) FROM pg_type WHERE typname = 'ook_later'")).scalar_one()
    engine.dispose()


def test_a_back_up_of_an_earlier_release_is_brought_to_this_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release after this one, with a revision more, puts back what this one saved."""
    _creeer(database_url)
    _make(database_url, tmp_path / "oud")
    shutil.copytree(config.migrations_directory(), tmp_path / "migrations")
    (tmp_path / "migrations/versions/9999_later.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision, branch_labels, depends_on = '9999_later', {head_revision()!r}, None, None\n"
        "def upgrade(): op.execute('CREATE TABLE later (id int)')\n"
    )
    monkeypatch.setattr(config, "migrations_directory", lambda: tmp_path / "migrations")
    head_revision.cache_clear()
    try:
        _restore(database_url, tmp_path / "oud")
    finally:
        head_revision.cache_clear()
    engine = make_engine(database_url, pool=False)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999_later"
        assert connection.execute(text("SELECT count(*) FROM later, zaak")).scalar_one() == 0
    engine.dispose()


def test_what_is_not_whole_is_in_nobody_elses_file(database_url: str, tmp_path: Path) -> None:
    """Another user of the directory could have put a file or a link there, under a name that is known beforehand."""
    of_one_other = tmp_path / "van een ander"
    of_one_other.write_text("blijft")
    (tmp_path / "regie.dump.deel").symlink_to(of_one_other)
    _make(database_url, tmp_path / "regie.dump")
    assert of_one_other.read_text() == "blijft"
    assert not (tmp_path / "regie.dump").is_symlink()
    assert (tmp_path / "regie.dump").stat().st_mode & 0o077 == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["regie.dump", "regie.dump.deel", "van een ander"]


def test_where_it_cannot_be_made_is_told_in_dutch(database_url: str, tmp_path: Path) -> None:
    for to, sentence in (
        (tmp_path / "weg" / "x", f"{tmp_path}/weg: bestaat niet"),
        (tmp_path, f"{tmp_path}: is een map"),
    ):
        with pytest.raises(backup.BackupError, match=f"De back-up is niet gemaakt: {sentence}."):
            _make(database_url, to)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_looked_at_before_anything_else(tmp_path: Path) -> None:
    """Before it asks, and before an embedded database is started."""
    tekst = tmp_path / "tekst"
    tekst.write_text("SELECT 1;\n")
    for file, sentence in ((tmp_path / "weg", "bestaat niet"), (tekst, "geen back-up"), (tmp_path, "is een map")):
        refused = regie("herstel", str(file), REGIE_DATA_DIR=str(tmp_path / "data"))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(str(file))
        assert sentence in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("soort", ["afgekapt", "beschadigd", "tekst", "weg", "nieuwer", "proef", "vreemd"])
def test_what_cannot_be_put_back_leaves_all_as_it_was(
    database_url: str, lege_database_url: str, tmp_path: Path, soort: str
) -> None:
    file = tmp_path / "regie.dump"
    otherwise = {"nieuwer": "9999_later", "proef": "0017_deelzaken"}
    _creeer(database_url)
    engine = make_engine(lege_database_url if soort == "vreemd" else database_url, pool=False)
    with engine.begin() as connection:
        if soort in otherwise:
            connection.execute(text("UPDATE alembic_version SET version_num = :anders"), {"anders": otherwise[soort]})
    backup.make(engine, file)
    with engine.begin() as connection:
        if soort in otherwise:
            connection.execute(text("UPDATE alembic_version SET version_num = :nu"), {"nu": head_revision()})
    engine.dispose()
    whole = file.read_bytes()
    if soort == "afgekapt":
        file.write_bytes(whole[: len(whole) - 2000])
    elif soort == "beschadigd":
        file.write_bytes(whole[:-4000] + bytes(2000) + whole[-2000:])
    elif soort == "tekst":
        file.write_text("SELECT 1;\n")
    elif soort == "weg":
        file.unlink()
    toen = _inhoud(database_url)
    with pytest.raises(backup.BackupError) as error:
        _restore(database_url, file)
    assert len(str(error.value)) < 600
    assert _inhoud(database_url) == toen
    _creeer(database_url)


def test_a_database_in_use_is_not_replaced(database_url: str, tmp_path: Path) -> None:
    _make(database_url, tmp_path / "regie.dump")
    engine = make_engine(database_url, naam="regie worker")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(backup.BackupError, match=r"in gebruik: regie worker \(1\)"):
            _restore(database_url, tmp_path / "regie.dump")
    engine.dispose()
    _restore(database_url, tmp_path / "regie.dump")


def test_half_a_restore_of_others_is_told_as_that(database_url: str) -> None:
    engine = make_engine(database_url, pool=False)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(MigrationError, match="maar half teruggezet"):
        migrate(engine)
    engine.dispose()


def test_the_embedded_database_is_restored_as_the_page_says(korte_map: Path, tmp_path: Path) -> None:
    data, file = korte_map / "herstel", tmp_path / "regie.dump"
    environment = {"REGIE_DATA_DIR": str(data)}
    with embedded_postgres(data) as postgres:
        engine = make_engine(postgres.url, pool=False)
        migrate(engine)
        _creeer(postgres.url)
        made = regie("back-up", str(file), **environment)
        assert (made.returncode, made.stderr) == (0, "")
        toen = _inhoud(postgres.url)
        refused = regie("herstel", "--ja", str(file), **environment)
        assert (refused.returncode, "nog in gebruik" in refused.stderr) == (2, True)
        assert _inhoud(postgres.url) == toen
        _creeer(postgres.url)
        engine.dispose()
    hersteld = regie("herstel", "--ja", str(file), **environment)
    assert (hersteld.returncode, hersteld.stderr) == (0, "")
    assert hersteld.stdout.endswith("De back-up is teruggezet.\n")
    with embedded_postgres(data) as postgres:
        assert _inhoud(postgres.url) == toen
    shutil.rmtree(data / "postgres")
    assert regie("herstel", "--ja", str(file), **environment).returncode == 0, "where there is nothing yet"
    with embedded_postgres(data) as postgres:
        assert _inhoud(postgres.url) == toen
        with closing(psycopg2.connect(postgres.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT similarity('Jansen', 'Janssen') > 0.5 -- a function of pg_trgm")
            assert cursor.fetchone() == (True,)


@pytest.fixture(scope="module")
def oudere_server() -> Iterator[str]:
    """URL of an empty database of a PostgreSQL of this machine that is older than the embedded one."""
    bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: int(bin_.parent.name))
    old = [bin_ for bin_ in bins if 14 <= int(bin_.parent.name) < 18 and (bin_ / "initdb").exists()]
    if not old:
        pytest.skip("hier staat geen oudere PostgreSQL (apt-get install postgresql)")
    map_ = Path(tempfile.mkdtemp(prefix="oud"))
    who = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if who:
        os.chown(map_, who.pw_uid, who.pw_gid)
    as_ = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/", **as_)  # type: ignore[call-overload]

    run(str(old[0] / "initdb"), "-D", f"{map_}/d", "--locale=C.UTF-8", "-A", "trust", "-U", "postgres")
    options = f"-k {map_} -c listen_addresses='' -c fsync=off"
    run(str(old[0] / "pg_ctl"), "-D", f"{map_}/d", "-w", "-l", f"{map_}/log", "-o", options, "start")
    try:
        with closing(psycopg2.connect(host=str(map_), user="postgres", dbname="postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("CREATE ROLE gemeente LOGIN")
                cursor.execute("CREATE DATABASE zaken OWNER gemeente")
        yield f"postgresql://gemeente@/zaken?host={map_}"
    finally:
        run(str(old[0] / "pg_ctl"), "-D", f"{map_}/d", "-w", "-m", "immediate", "stop")
        shutil.rmtree(map_, ignore_errors=True)


def test_it_goes_to_an_older_server_of_another_owner_and_back(
    oudere_server: str, database_url: str, tmp_path: Path
) -> None:
    _creeer(database_url)
    toen = _inhoud(database_url)
    _make(database_url, tmp_path / "heen")
    for _ in range(2):
        _restore(oudere_server, tmp_path / "heen")
        assert _inhoud(oudere_server) == toen
        _creeer(oudere_server)
    otherwise = _inhoud(oudere_server)
    _make(oudere_server, tmp_path / "terug")
    _restore(database_url, tmp_path / "terug")
    assert _inhoud(database_url) == otherwise
    _creeer(database_url)

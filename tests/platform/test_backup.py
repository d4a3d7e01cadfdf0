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
from tests.berichten.bouw import lk01, nieuw_nummer, zaak
from tests.conftest import regie
from tests.soap.conftest import Deur
from werkzeug.test import Client

from regiesysteem import backup, config
from regiesysteem.config import Instellingen
from regiesysteem.db import maak_engine
from regiesysteem.embedded import ingebedde_postgres
from regiesysteem.http.app import maak_soap_app
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.metrics import Tellers
from regiesysteem.migrate import MigratieFout, hoofdrevisie, migreer

_TABELLEN = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"


def _inhoud(url: str) -> dict[str, str]:
    """All that is in each table."""
    motor = maak_engine(url, pool=False)
    with motor.connect() as verbinding:
        return {
            naam: verbinding.exec_driver_sql(
                f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {naam} t"
            ).scalar_one()
            for naam in verbinding.exec_driver_sql(_TABELLEN).scalars().all()
        }


def _deur(motor: Engine) -> Deur:
    laad_inrichting(motor, lees_tekst(config.voorbeeld_inrichting().read_text(), "test"))
    return Deur(Client(maak_soap_app(Instellingen(), motor, Tellers())), motor)


def _creeer(url: str) -> None:
    motor = maak_engine(url)
    _deur(motor).gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer())))
    motor.dispose()


def _maak(url: str, bestand: Path) -> None:
    motor = maak_engine(url, pool=False)
    backup.make(motor, bestand)
    motor.dispose()


def _herstel(url: str, bestand: Path) -> list[str]:
    gezegd: list[str] = []
    motor = maak_engine(url, pool=False)
    try:
        backup.restore(motor, bestand, gezegd.append)
    finally:
        motor.dispose()
    return gezegd


def test_what_was_comes_back_and_what_came_since_is_gone(database_url: str, tmp_path: Path) -> None:
    bestand = tmp_path / "regie.dump"
    _creeer(database_url)
    _maak(database_url, bestand)
    assert bestand.stat().st_mode & 0o077 == 0, "who may read it is its owner"
    toen = _inhoud(database_url)
    _creeer(database_url)
    motor = maak_engine(database_url, pool=False)
    with motor.begin() as verbinding:
        verbinding.execute(text("CREATE TABLE van_later (n int); CREATE TYPE ook_later AS ENUM ('a')"))
    gezegd = _herstel(database_url, bestand)
    assert _inhoud(database_url) == toen
    assert {"  bericht", "  zaak", "  document"} <= set(gezegd), "each table is told"
    _creeer(database_url)
    with motor.connect() as verbinding:
        assert not verbinding.execute(text("SELECT count(*) FROM pg_type WHERE typname = 'ook_later'")).scalar_one()
    motor.dispose()


def test_a_back_up_of_an_earlier_release_is_brought_to_this_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release after this one, with a revision more, puts back what this one saved."""
    _creeer(database_url)
    _maak(database_url, tmp_path / "oud")
    shutil.copytree(config.migraties_map(), tmp_path / "migrations")
    (tmp_path / "migrations/versions/9999_later.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision, branch_labels, depends_on = '9999_later', {hoofdrevisie()!r}, None, None\n"
        "def upgrade(): op.execute('CREATE TABLE later (id int)')\n"
    )
    monkeypatch.setattr(config, "migraties_map", lambda: tmp_path / "migrations")
    hoofdrevisie.cache_clear()
    try:
        _herstel(database_url, tmp_path / "oud")
    finally:
        hoofdrevisie.cache_clear()
    motor = maak_engine(database_url, pool=False)
    with motor.connect() as verbinding:
        assert verbinding.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999_later"
        assert verbinding.execute(text("SELECT count(*) FROM later, zaak")).scalar_one() == 0
    motor.dispose()


def test_what_is_not_whole_is_in_nobody_elses_file(database_url: str, tmp_path: Path) -> None:
    """Who may write in the directory could have put a file or a link there, under a name that is known beforehand."""
    van_een_ander = tmp_path / "van een ander"
    van_een_ander.write_text("blijft")
    (tmp_path / "regie.dump.deel").symlink_to(van_een_ander)
    _maak(database_url, tmp_path / "regie.dump")
    assert van_een_ander.read_text() == "blijft"
    assert not (tmp_path / "regie.dump").is_symlink()
    assert (tmp_path / "regie.dump").stat().st_mode & 0o077 == 0
    assert sorted(een.name for een in tmp_path.iterdir()) == ["regie.dump", "regie.dump.deel", "van een ander"]


def test_where_it_cannot_be_made_is_told_in_dutch(database_url: str, tmp_path: Path) -> None:
    for naar, zin in ((tmp_path / "weg" / "x", f"{tmp_path}/weg: bestaat niet"), (tmp_path, f"{tmp_path}: is een map")):
        with pytest.raises(backup.BackupFout, match=f"De back-up is niet gemaakt: {zin}."):
            _maak(database_url, naar)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_looked_at_before_anything_else(tmp_path: Path) -> None:
    """Before it asks, and before an embedded database is started."""
    tekst = tmp_path / "tekst"
    tekst.write_text("SELECT 1;\n")
    for bestand, zin in ((tmp_path / "weg", "bestaat niet"), (tekst, "geen back-up"), (tmp_path, "is een map")):
        geweigerd = regie("herstel", str(bestand), REGIE_DATA_DIR=str(tmp_path / "data"))
        assert (geweigerd.returncode, geweigerd.stdout) == (2, "")
        assert geweigerd.stderr.startswith(str(bestand))
        assert zin in geweigerd.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("soort", ["afgekapt", "beschadigd", "tekst", "weg", "nieuwer", "proef", "vreemd"])
def test_what_cannot_be_put_back_leaves_all_as_it_was(
    database_url: str, lege_database_url: str, tmp_path: Path, soort: str
) -> None:
    bestand = tmp_path / "regie.dump"
    anders = {"nieuwer": "9999_later", "proef": "0017_deelzaken"}
    _creeer(database_url)
    motor = maak_engine(lege_database_url if soort == "vreemd" else database_url, pool=False)
    with motor.begin() as verbinding:
        if soort in anders:
            verbinding.execute(text("UPDATE alembic_version SET version_num = :anders"), {"anders": anders[soort]})
    backup.make(motor, bestand)
    with motor.begin() as verbinding:
        if soort in anders:
            verbinding.execute(text("UPDATE alembic_version SET version_num = :nu"), {"nu": hoofdrevisie()})
    motor.dispose()
    heel = bestand.read_bytes()
    if soort == "afgekapt":
        bestand.write_bytes(heel[: len(heel) - 2000])
    elif soort == "beschadigd":
        bestand.write_bytes(heel[:-4000] + bytes(2000) + heel[-2000:])
    elif soort == "tekst":
        bestand.write_text("SELECT 1;\n")
    elif soort == "weg":
        bestand.unlink()
    toen = _inhoud(database_url)
    with pytest.raises(backup.BackupFout) as fout:
        _herstel(database_url, bestand)
    assert len(str(fout.value)) < 600
    assert _inhoud(database_url) == toen
    _creeer(database_url)


def test_a_database_in_use_is_not_replaced(database_url: str, tmp_path: Path) -> None:
    _maak(database_url, tmp_path / "regie.dump")
    motor = maak_engine(database_url, naam="regie worker")
    with motor.connect() as verbinding:
        verbinding.execute(text("SELECT 1"))
        with pytest.raises(backup.BackupFout, match=r"in gebruik: regie worker \(1\)"):
            _herstel(database_url, tmp_path / "regie.dump")
    motor.dispose()
    _herstel(database_url, tmp_path / "regie.dump")


def test_half_a_restore_of_others_is_told_as_that(database_url: str) -> None:
    motor = maak_engine(database_url, pool=False)
    with motor.begin() as verbinding:
        verbinding.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(MigratieFout, match="maar half teruggezet"):
        migreer(motor)
    motor.dispose()


def test_the_embedded_database_is_restored_as_the_page_says(korte_map: Path, tmp_path: Path) -> None:
    data, bestand = korte_map / "herstel", tmp_path / "regie.dump"
    omgeving = {"REGIE_DATA_DIR": str(data)}
    with ingebedde_postgres(data) as postgres:
        motor = maak_engine(postgres.url, pool=False)
        migreer(motor)
        _creeer(postgres.url)
        gemaakt = regie("back-up", str(bestand), **omgeving)
        assert (gemaakt.returncode, gemaakt.stderr) == (0, "")
        toen = _inhoud(postgres.url)
        geweigerd = regie("herstel", "--ja", str(bestand), **omgeving)
        assert (geweigerd.returncode, "nog in gebruik" in geweigerd.stderr) == (2, True)
        assert _inhoud(postgres.url) == toen
        _creeer(postgres.url)
        motor.dispose()
    hersteld = regie("herstel", "--ja", str(bestand), **omgeving)
    assert (hersteld.returncode, hersteld.stderr) == (0, "")
    assert hersteld.stdout.endswith("De back-up is teruggezet.\n")
    with ingebedde_postgres(data) as postgres:
        assert _inhoud(postgres.url) == toen
    shutil.rmtree(data / "postgres")
    assert regie("herstel", "--ja", str(bestand), **omgeving).returncode == 0, "where there is nothing yet"
    with ingebedde_postgres(data) as postgres:
        assert _inhoud(postgres.url) == toen
        with closing(psycopg2.connect(postgres.url)) as verbinding, verbinding.cursor() as cursor:
            cursor.execute("SELECT similarity('Jansen', 'Janssen') > 0.5 -- a function of pg_trgm")
            assert cursor.fetchone() == (True,)


@pytest.fixture(scope="module")
def oudere_server() -> Iterator[str]:
    """URL of an empty database of a PostgreSQL of this machine that is older than the embedded one."""
    bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: int(bin_.parent.name))
    oud = [bin_ for bin_ in bins if 14 <= int(bin_.parent.name) < 18 and (bin_ / "initdb").exists()]
    if not oud:
        pytest.skip("hier staat geen oudere PostgreSQL (apt-get install postgresql)")
    map_ = Path(tempfile.mkdtemp(prefix="oud"))
    wie = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if wie:
        os.chown(map_, wie.pw_uid, wie.pw_gid)
    als = {"user": wie.pw_uid, "group": wie.pw_gid, "extra_groups": []} if wie else {}

    def voer_uit(*opdracht: str) -> None:
        subprocess.run(opdracht, check=True, capture_output=True, cwd="/", **als)  # type: ignore[call-overload]

    voer_uit(str(oud[0] / "initdb"), "-D", f"{map_}/d", "--locale=C.UTF-8", "-A", "trust", "-U", "postgres")
    opties = f"-k {map_} -c listen_addresses='' -c fsync=off"
    voer_uit(str(oud[0] / "pg_ctl"), "-D", f"{map_}/d", "-w", "-l", f"{map_}/log", "-o", opties, "start")
    try:
        with closing(psycopg2.connect(host=str(map_), user="postgres", dbname="postgres")) as verbinding:
            verbinding.autocommit = True
            with verbinding.cursor() as cursor:
                cursor.execute("CREATE ROLE gemeente LOGIN")
                cursor.execute("CREATE DATABASE zaken OWNER gemeente")
        yield f"postgresql://gemeente@/zaken?host={map_}"
    finally:
        voer_uit(str(oud[0] / "pg_ctl"), "-D", f"{map_}/d", "-w", "-m", "immediate", "stop")
        shutil.rmtree(map_, ignore_errors=True)


def test_it_goes_to_an_older_server_of_another_owner_and_back(
    oudere_server: str, database_url: str, tmp_path: Path
) -> None:
    _creeer(database_url)
    toen = _inhoud(database_url)
    _maak(database_url, tmp_path / "heen")
    for _ in range(2):
        _herstel(oudere_server, tmp_path / "heen")
        assert _inhoud(oudere_server) == toen
        _creeer(oudere_server)
    anders = _inhoud(oudere_server)
    _maak(oudere_server, tmp_path / "terug")
    _herstel(database_url, tmp_path / "terug")
    assert _inhoud(database_url) == anders
    _creeer(database_url)

"""Migrations: one line of revisions that gives the tables which the SQL names, safe to run at once and twice."""

import gc
import hashlib
import importlib
import pkgutil
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, inspect, text
from tests.conftest import regie

import regiesysteem
from regiesysteem import config, migrate
from regiesysteem.db import Sql, maak_engine
from regiesysteem.inrichting.tables import InrichtingRij


@pytest.fixture
def leeg(lege_database_url: str) -> Engine:
    return maak_engine(lege_database_url, pool=False)


def _tabellen(motor: Engine) -> set[str]:
    with motor.connect() as verbinding:
        return set(verbinding.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())


def test_there_is_one_newest_revision() -> None:
    assert len(ScriptDirectory(str(config.migraties_map())).get_heads()) == 1


def test_an_empty_database_comes_to_the_newest_revision_and_stays_there(leeg: Engine) -> None:
    eerst = migrate.migreer(leeg)
    assert (eerst.van, eerst.naar, eerst.gedaan) == (None, migrate.hoofdrevisie(), True)
    assert not migrate.migreer(leeg).gedaan
    assert {"inrichting", "bericht", "zaak", "procrastinate_jobs"} <= _tabellen(leeg)


def test_every_statement_names_only_what_the_tables_have(engine: Engine) -> None:
    """PostgreSQL prepares each statement of the code: that resolves its tables, columns, functions and types."""
    for module in pkgutil.walk_packages(regiesysteem.__path__, "regiesysteem."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    statements = [een for een in gc.get_objects() if type(een) is Sql]
    assert len(statements) > 100
    with closing(engine.raw_connection()) as verbinding, verbinding.cursor() as cursor:
        for nummer, statement in enumerate(statements):
            cursor.execute(f"PREPARE s{nummer} AS {_genummerd(statement)}")


def _genummerd(statement: Sql) -> str:
    """A statement with $1, $2 ... for its parameters."""
    namen: list[str] = []

    def nummer(gevonden: re.Match[str]) -> str:
        if gevonden[1] not in namen:
            namen.append(gevonden[1])
        return f"${namen.index(gevonden[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", nummer, str(statement)).replace("%%", "%")


def test_the_classes_of_the_inrichting_have_the_columns_of_their_tables(engine: Engine) -> None:
    assert InrichtingRij.metadata.tables
    for tabel in InrichtingRij.metadata.tables.values():
        assert {kolom["name"] for kolom in inspect(engine).get_columns(tabel.name)} == set(tabel.columns.keys())


def test_texts_sort_by_code_point(engine: Engine) -> None:
    """As Python does, whatever the database sorts by."""
    vraag = text("""
        SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND atttypid = 'text'::regtype
          AND attcollation <> '"C"'::regcollation AND relname <> 'alembic_version' AND relname !~ '^procrastinate'
    """)
    with engine.connect() as verbinding:
        assert verbinding.execute(vraag).scalars().all() == []


def test_many_at_once_migrate_once(leeg: Engine) -> None:
    with ThreadPoolExecutor(4) as samen:
        uitkomsten = list(samen.map(lambda _: migrate.migreer(leeg), range(4)))
    assert sorted(uitkomst.gedaan for uitkomst in uitkomsten) == [False, False, False, True]


def test_a_database_of_a_trial_is_refused(leeg: Engine, lege_database_url: str) -> None:
    migrate.migreer(leeg)
    with leeg.begin() as verbinding:
        verbinding.execute(text("UPDATE alembic_version SET version_num = '0017_deelzaken'"))
    klaar = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert klaar.returncode == 2
    assert klaar.stderr.startswith("De database is van een proefversie van vóór 0.1.0 (revisie 0017_deelzaken)")
    assert klaar.stderr.count("\n") == 1


def test_a_database_of_a_newer_release_is_refused(leeg: Engine, lege_database_url: str) -> None:
    migrate.migreer(leeg)
    with leeg.begin() as verbinding:
        verbinding.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    klaar = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert klaar.returncode == 2
    assert "tabellen van een andere versie" in klaar.stderr
    assert "Traceback" not in klaar.stderr


def test_a_newer_procrastinate_asks_for_a_revision_of_its_own() -> None:
    """Revision 0001 takes the schema of the installed package, so that must be the one that it was made for."""
    digest = hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()
    assert digest == "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def test_migreer_says_what_it_did(lege_database_url: str) -> None:
    eerst, daarna = (regie("migreer", REGIE_DATABASE_URL=lege_database_url) for _ in range(2))
    assert eerst.stdout == f"Gemigreerd van leeg naar {migrate.hoofdrevisie()}.\n"
    assert daarna.stdout == f"Al op {migrate.hoofdrevisie()}.\n"


def test_an_unreachable_server_ends_in_one_dutch_line(tmp_path: Path) -> None:
    klaar = regie("migreer", REGIE_DATABASE_URL=f"postgresql://iemand:geheim@/x?host={tmp_path}")
    assert klaar.returncode == 2
    assert klaar.stderr.startswith("De database is niet bereikbaar")
    assert "geheim" not in klaar.stderr

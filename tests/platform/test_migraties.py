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
from regiesysteem.db import Sql, make_engine
from regiesysteem.inrichting.tables import InrichtingRow


@pytest.fixture
def empty(lege_database_url: str) -> Engine:
    return make_engine(lege_database_url, pool=False)


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())


def test_there_is_one_newest_revision() -> None:
    assert len(ScriptDirectory(str(config.migrations_directory())).get_heads()) == 1


def test_an_empty_database_comes_to_the_newest_revision_and_stays_there(empty: Engine) -> None:
    first = migrate.migrate(empty)
    assert (first.before, first.after, first.done) == (None, migrate.head_revision(), True)
    assert not migrate.migrate(empty).done
    assert {"inrichting", "bericht", "zaak", "procrastinate_jobs"} <= _tables(empty)


def test_every_statement_names_only_what_the_tables_have(engine: Engine) -> None:
    """PostgreSQL prepares each statement of the code: that resolves its tables, columns, functions and types."""
    for module in pkgutil.walk_packages(regiesysteem.__path__, "regiesysteem."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    statements = [one for one in gc.get_objects() if type(one) is Sql]
    assert len(statements) > 100
    with closing(engine.raw_connection()) as connection, connection.cursor() as cursor:
        for number, statement in enumerate(statements):
            cursor.execute(f"PREPARE s{number} AS {_genummerd(statement)}")


def _genummerd(statement: Sql) -> str:
    """A statement with $1, $2 ... for its parameters."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, str(statement)).replace("%%", "%")


def test_the_classes_of_the_inrichting_have_the_columns_of_their_tables(engine: Engine) -> None:
    assert InrichtingRow.metadata.tables
    for table in InrichtingRow.metadata.tables.values():
        assert {column["name"] for column in inspect(engine).get_columns(table.name)} == set(table.columns.keys())


def test_texts_sort_by_code_point(engine: Engine) -> None:
    """As Python does, whatever the database sorts by."""
    question = text("""
        SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND atttypid = 'text'::regtype
          AND attcollation <> '"C"'::regcollation AND relname <> 'alembic_version' AND relname !~ '^procrastinate'
    """)
    with engine.connect() as connection:
        assert connection.execute(question).scalars().all() == []


def test_many_at_once_migrate_once(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as together:
        uitkomsten = list(together.map(lambda _: migrate.migrate(empty), range(4)))
    assert sorted(outcome.done for outcome in uitkomsten) == [False, False, False, True]


def test_a_database_of_a_trial_is_refused(empty: Engine, lege_database_url: str) -> None:
    migrate.migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0017_deelzaken'"))
    ready = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert ready.returncode == 2
    assert ready.stderr.startswith("De database is van een proefversie van vóór 0.1.0 (revisie 0017_deelzaken)")
    assert ready.stderr.count("\n") == 1


def test_a_database_of_a_newer_release_is_refused(empty: Engine, lege_database_url: str) -> None:
    migrate.migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    ready = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert ready.returncode == 2
    assert "tabellen van een andere versie" in ready.stderr
    assert "Traceback" not in ready.stderr


def test_a_newer_procrastinate_asks_for_a_revision_of_its_own() -> None:
    """Revision 0001 takes the schema of the installed package, so that must be the one that it was made for."""
    digest = hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()
    assert digest == "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def test_migreer_says_what_it_did(lege_database_url: str) -> None:
    first, afterwards = (regie("migreer", REGIE_DATABASE_URL=lege_database_url) for _ in range(2))
    assert first.stdout == f"Gemigreerd van leeg naar {migrate.head_revision()}.\n"
    assert afterwards.stdout == f"Al op {migrate.head_revision()}.\n"


def test_an_unreachable_server_ends_in_one_dutch_line(tmp_path: Path) -> None:
    ready = regie("migreer", REGIE_DATABASE_URL=f"postgresql://iemand:geheim@/x?host={tmp_path}")
    assert ready.returncode == 2
    assert ready.stderr.startswith("De database is niet bereikbaar")
    assert "geheim" not in ready.stderr

"""Migrations: one line of revisions that gives the tables of the models, safe to run at once and twice."""

import hashlib
import importlib
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, Text, text
from tests.conftest import regie

import regiesysteem
from regiesysteem import migratie, paden
from regiesysteem.database import Base, maak_engine


@pytest.fixture
def leeg(lege_database_url: str) -> Engine:
    return maak_engine(lege_database_url, pool=False)


def _tabellen(motor: Engine) -> set[str]:
    with motor.connect() as verbinding:
        return set(verbinding.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())


def _is_van_ons(naam: str | None, soort: str, _ouder: object) -> bool:
    return soort != "table" or not str(naam).startswith("procrastinate")


def test_there_is_one_newest_revision() -> None:
    assert len(ScriptDirectory(str(paden.migraties_map())).get_heads()) == 1


def test_an_empty_database_comes_to_the_newest_revision_and_stays_there(leeg: Engine) -> None:
    eerst = migratie.migreer(leeg)
    assert (eerst.van, eerst.naar, eerst.gedaan) == (None, migratie.hoofdrevisie(), True)
    assert not migratie.migreer(leeg).gedaan
    assert {"inrichting", "bericht", "zaak", "procrastinate_jobs"} <= _tabellen(leeg)


# Alembic sees an index with an operator class, but not whether it is the same one.
@pytest.mark.filterwarnings("ignore:Expression #:UserWarning")
def test_migrations_give_the_tables_of_the_models(engine: Engine) -> None:
    for module in pkgutil.walk_packages(regiesysteem.__path__, "regiesysteem."):
        if "modellen" in module.name or "tabellen" in module.name:
            importlib.import_module(module.name)
    with engine.connect() as verbinding:
        opties = {"compare_type": True, "include_name": _is_van_ons}
        context = MigrationContext.configure(verbinding, opts=opties)
        assert compare_metadata(context, Base.metadata) == []


def test_columns_sort_as_those_of_the_models(engine: Engine) -> None:
    """Alembic does not compare collations."""
    vraag = text("""
        SELECT attrelid::regclass::text, attname, collname FROM pg_attribute
        JOIN pg_collation c ON c.oid = attcollation WHERE attrelid::regclass::text = ANY(:tabellen) AND attnum > 0
    """)
    modellen = {
        (tabel.name, kolom.name): kolom.type.collation or "default"
        for tabel in Base.metadata.tables.values()
        for kolom in tabel.columns
        if isinstance(kolom.type, Text)
    }
    with engine.connect() as verbinding:
        rijen = verbinding.execute(vraag, {"tabellen": list(Base.metadata.tables)}).all()
    assert {(tabel, kolom): collatie for tabel, kolom, collatie in rijen} == modellen


def test_a_database_of_before_gets_the_indexes_that_were_added(leeg: Engine) -> None:
    namen = {"ix_object_anp", "ix_object_ann"}
    with leeg.connect() as verbinding:
        config = migratie._config()
        config.attributes["connection"] = verbinding
        command.upgrade(config, "0006_document")
        verbinding.execute(text(f"DROP INDEX {', '.join(namen)}"))
        verbinding.commit()
        command.upgrade(config, "head")
        gevonden = verbinding.execute(text("SELECT indexname FROM pg_indexes WHERE tablename = 'object'")).scalars()
        assert namen <= set(gevonden)


def _tot(verbinding: Connection, revisie: str, *, terug: bool = False) -> None:
    config = migratie._config()
    config.attributes["connection"] = verbinding
    (command.downgrade if terug else command.upgrade)(config, revisie)
    verbinding.commit()


# The ends that relations of before said: none, one to come, one that is past (with attributes), geenWaarde, nothing.
_ELK_EINDE = """
    (VALUES (1, NULL), (2, '"20991231"'), (3, '{"_": "20200101", "@indOnvolledigeDatum": "V"}'),
            (4, '{"@noValue": "geenWaarde"}'), (5, '""'), (6, '{"_": ""}')) e (n, eind),
    LATERAL (SELECT CASE WHEN eind IS NULL THEN '{}' ELSE
        jsonb_build_object('tijdvakRelatie', jsonb_build_object('eindRelatie', eind::jsonb)) END AS inhoud) i
"""
_VAN_0011 = f"""
    INSERT INTO zaak (identificatie, deelzaken_indicatie, inhoud)
    SELECT 'z' || n, CASE WHEN n = 6 THEN 'J' ELSE 'N' END,
           CASE WHEN n = 2 THEN '{{"tijdstipRegistratie": "2020"}}' ELSE '{{}}' END::jsonb FROM generate_series(1, 6) n;
    INSERT INTO audit (zaak_id, gebeurtenis, tijdstip) SELECT id, 'x', '2026-02-03 10:00+01' FROM zaak WHERE id < 4;
    INSERT INTO zaak_status (zaak_id, moment, laatste) SELECT id, '20260101000000000', true FROM zaak;
    INSERT INTO document (identificatie) SELECT 'd' || n FROM generate_series(1, 6) n;
    INSERT INTO document_versie (document_id, volgnummer, versie, bericht_id) SELECT id, 1, '1.0', 1 FROM document;
    INSERT INTO zaak_relatie (zaak_id, relatie, inhoud) SELECT n, 'heeftAlsUitvoerende', inhoud FROM {_ELK_EINDE};
    INSERT INTO zaak_zaak (relatie, van_id, naar_id, inhoud)
    SELECT 'heeftAlsDeelzaak', n, mod(n, 6) + 1, inhoud FROM {_ELK_EINDE};
    INSERT INTO document_zaak (document_id, zaak_id, inhoud) SELECT n, n, inhoud FROM {_ELK_EINDE};
"""


def test_tables_with_rows_come_to_the_newest_revision_and_back(leeg: Engine) -> None:
    """By then they hold the ends that were said, a moment of registration, and no N that we may have filled in."""

    def haal(vraag: str) -> list[Any]:
        return list(verbinding.execute(text(vraag)).scalars())

    with leeg.connect() as verbinding:
        _tot(verbinding, "0011_melden")
        verbinding.exec_driver_sql(_VAN_0011)
        for _ in range(2):
            _tot(verbinding, "head")
            for tabel in ("zaak_relatie", "zaak_zaak", "document_zaak"):
                assert haal(f"SELECT beeindigd FROM {tabel} ORDER BY id") == [None, "20991231", "20200101", *[None] * 3]
                geldt = haal(f"SELECT regie_geldt(beeindigd) FROM {tabel} ORDER BY id")
                assert geldt == [True, True, False, True, True, True]
            assert haal("SELECT deelzaken_indicatie FROM zaak ORDER BY id") == [*[None] * 5, "J"]
            for tabel in ("zaak", "zaak_status", "zaak_relatie", "zaak_zaak", "document_zaak", "document"):
                assert all(len(een) == 17 for een in haal(f"SELECT tijdstip_registratie FROM {tabel}"))
            for tabel in ("zaak", "zaak_status", "zaak_relatie"):
                eerste = haal(f"SELECT tijdstip_registratie FROM {tabel} ORDER BY id LIMIT 3")
                assert eerste == ["20260203100000000"] * 3
            assert haal("SELECT inhoud FROM zaak ORDER BY id") == [{}] * 6
            _tot(verbinding, "0011_melden", terug=True)


def test_many_at_once_migrate_once(leeg: Engine) -> None:
    with ThreadPoolExecutor(4) as samen:
        uitkomsten = list(samen.map(lambda _: migratie.migreer(leeg), range(4)))
    assert sorted(uitkomst.gedaan for uitkomst in uitkomsten) == [False, False, False, True]


def test_a_revision_can_be_taken_back_and_done_again(leeg: Engine) -> None:
    migratie.migreer(leeg)
    config = migratie._config()
    with leeg.connect() as verbinding:
        config.attributes["connection"] = verbinding
        command.downgrade(config, "base")
    assert _tabellen(leeg) == {"alembic_version"}
    assert migratie.migreer(leeg).gedaan


def test_a_database_of_a_newer_release_is_refused(leeg: Engine, lege_database_url: str) -> None:
    migratie.migreer(leeg)
    with leeg.begin() as verbinding:
        verbinding.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    klaar = regie("migreer", REGIE_DATABASE_URL=lege_database_url)
    assert klaar.returncode == 2
    assert "tabellen van een andere versie" in klaar.stderr
    assert "Traceback" not in klaar.stderr


def test_a_newer_procrastinate_asks_for_a_revision_of_its_own() -> None:
    """Revision 0004 takes the schema of the installed package, so that must be the one that it was made for."""
    digest = hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()
    assert digest == "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def test_migreer_says_what_it_did(lege_database_url: str) -> None:
    eerst, daarna = (regie("migreer", REGIE_DATABASE_URL=lege_database_url) for _ in range(2))
    assert eerst.stdout == f"Gemigreerd van leeg naar {migratie.hoofdrevisie()}.\n"
    assert daarna.stdout == f"Al op {migratie.hoofdrevisie()}.\n"


def test_an_unreachable_server_ends_in_one_dutch_line(tmp_path: Path) -> None:
    klaar = regie("migreer", REGIE_DATABASE_URL=f"postgresql://iemand:geheim@/x?host={tmp_path}")
    assert klaar.returncode == 2
    assert klaar.stderr.startswith("De database is niet bereikbaar")
    assert "geheim" not in klaar.stderr

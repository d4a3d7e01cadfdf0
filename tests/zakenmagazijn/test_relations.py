"""The descriptors of relations: every relation that is kept has one, and it fits the table that it names."""

import pytest
from sqlalchemy import Engine, text

from regiesysteem.zakenmagazijn.relations import KINDS, TO_OBJECTS, TO_ZAKEN, RelationKind
from regiesysteem.zkn.besluit import IS_VASTGELEGD_IN
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.zaak import IS_VAN, ZAK

OURS = {"id", "tijdstip_registratie"}
"""Columns that the database fills."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_a_descriptor_fills_every_column_of_its_table(engine: Engine, kind: RelationKind) -> None:
    query = text("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = :table")
    with engine.connect() as connection:
        columns = {row.column_name: row.data_type for row in connection.execute(query, {"table": kind.table})}
    assert {name: sort for name, sort in columns.items() if name not in OURS} == kind.columns
    assert set(kind.changing) <= set(kind.columns)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_statements_of_a_descriptor_are_sql(engine: Engine, kind: RelationKind) -> None:
    with engine.connect() as connection:
        kind.insert_rows.run(connection, {"rijen": "[]", "vandaag": "20260101"})
        kind.change_rows.run(connection, {"rijen": "[]"})
        kind.remove_rows.run(connection, {"ids": []})
        if kind.may_end:
            kind.end_rows.run(connection, {"rijen": "[]"})
            assert kind.read.run(connection, {"one": 0, "other": 0}).all() == []


def test_each_relation_is_of_one_kind() -> None:
    kept = sorted(name for kind in KINDS for name in kind.names)
    others = {IS_RELEVANT_VOOR.naam, IS_VASTGELEGD_IN.naam}
    assert kept == sorted({*(one.naam for one in ZAK.relaties), *others} - {IS_VAN.naam})


def test_what_a_message_does_not_say_is_in_the_row_as_nothing() -> None:
    """An insert or change reads every column of the row that it gets."""
    row = TO_OBJECTS.row({"omschrijving": "Client", "tijdvakRelatie": {"eindRelatie": "20270101"}})
    assert row["omschrijving"] == "Client"
    assert (row["code"], row["toelichting"], row["beeindigd"]) == (None, None, "20270101")
    assert TO_ZAKEN.row({})["beeindigd"] is None

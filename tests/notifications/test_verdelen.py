"""The record of the routing when gebeurtenissen are distributed: the rule, and a receiver that cannot be reached."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from tests.notifications.routeringstappen import BSN, betrek, indiceer, load, set_status, zaak

from regiesysteem.config import Settings
from regiesysteem.db import count_statements
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.storage import make_storage
from regiesysteem.zakenmagazijn.events import report

OPSLAG = make_storage(Settings())
REGELS = f"""
[[abonnement]]
applicatie = "GWS4all"
persoon = ["{BSN}"]
eindstatus = true
[[abonnement]]
applicatie = "Leerlingvervoer"
soort = ["deelplan"]
"""


def mutate(connection: Connection, zaak_id: int, bericht_id: int, zender: str) -> None:
    """Have a message do something to a zaak."""
    question = """
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        VALUES (:zaak_id, :bericht_id, 'Update zaak', '["omschrijving"]')
    """
    connection.execute(text(question), {"zaak_id": zaak_id, "bericht_id": bericht_id})
    report(connection, bericht_id, "1900", zender)


def notificaties(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        question = "SELECT ontvanger, stroom, reden, stand, melding FROM notificatie ORDER BY id"
        return [tuple(row) for row in connection.execute(text(question))]


def test_elk_bericht_noemt_zijn_regel_zonder_bsn(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    load(engine, REGELS)
    with engine.begin() as connection:
        ready, open_ = zaak(connection, "KLAAR"), zaak(connection, "OPEN")
        for zaak_id, volgnummer in ((ready, 2), (open_, 1)):
            betrek(connection, zaak_id, BSN)
            set_status(connection, zaak_id, volgnummer)
            indiceer(connection, zaak_id, "WmoVoorziening")
        mutate(connection, ready, 1, "Leerlingvervoer")
        mutate(connection, open_, 2, "WmoVoorziening")
    assert Distributor(engine, InrichtingSource(engine), OPSLAG).distribute() == 2
    done = notificaties(engine)
    assert done == [
        ("GWS4all", "KLAAR", "abonnement[1] van de inrichting: elke gebeurtenis; persoon *********; eindstatus",
         "wacht", ""),
        ("WmoVoorziening", "KLAAR", "afnemersindicatie", "wacht", ""),
        ("Leerlingvervoer", "OPEN", "abonnement[2] van de inrichting: elke gebeurtenis; soort deelplan", "wacht", ""),
    ]  # fmt: skip
    seen = capsys.readouterr()
    assert not re.search(BSN, seen.out + seen.err)


def test_zaken_erbij_kosten_geen_statement_erbij(engine: Engine) -> None:
    load(engine, REGELS)
    source = InrichtingSource(engine)

    def kost(zaken: range) -> int:
        with engine.begin() as connection:
            for number in zaken:
                mutate(connection, zaak(connection, f"Z{number}"), number, "Anders")
        with count_statements() as counter:
            assert Distributor(engine, source, OPSLAG).walk() == len(zaken)
        return counter.aantal

    kost(range(1, 2))
    assert kost(range(2, 4)) == kost(range(4, 100))

"""What is kept of the routing when gebeurtenissen are distributed: the rule, and a receiver that cannot be reached."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from tests.notifications.routeringstappen import BSN, betrek, indiceer, laad, zaak, zet_status

from regiesysteem.config import Instellingen
from regiesysteem.db import tel_statements
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.storage import maak_opslag
from regiesysteem.zakenmagazijn.events import meld

OPSLAG = maak_opslag(Instellingen())
REGELS = f"""
[[abonnement]]
applicatie = "GWS4all"
persoon = ["{BSN}"]
eindstatus = true
[[abonnement]]
applicatie = "Leerlingvervoer"
soort = ["deelplan"]
"""


def muteer(verbinding: Connection, zaak_id: int, bericht_id: int, zender: str) -> None:
    """Have a message do something to a zaak."""
    vraag = """
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        VALUES (:zaak_id, :bericht_id, 'Update zaak', '["omschrijving"]')
    """
    verbinding.execute(text(vraag), {"zaak_id": zaak_id, "bericht_id": bericht_id})
    meld(verbinding, bericht_id, "1900", zender)


def notificaties(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as verbinding:
        vraag = "SELECT ontvanger, stroom, reden, stand, melding FROM notificatie ORDER BY id"
        return [tuple(rij) for rij in verbinding.execute(text(vraag))]


def test_elk_bericht_noemt_zijn_regel_zonder_bsn(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    laad(engine, REGELS)
    with engine.begin() as verbinding:
        klaar, open_ = zaak(verbinding, "KLAAR"), zaak(verbinding, "OPEN")
        for zaak_id, volgnummer in ((klaar, 2), (open_, 1)):
            betrek(verbinding, zaak_id, BSN)
            zet_status(verbinding, zaak_id, volgnummer)
            indiceer(verbinding, zaak_id, "WmoVoorziening")
        muteer(verbinding, klaar, 1, "Leerlingvervoer")
        muteer(verbinding, open_, 2, "WmoVoorziening")
    assert Verdeler(engine, InrichtingBron(engine), OPSLAG).verdeel() == 2
    gedaan = notificaties(engine)
    assert gedaan == [
        ("GWS4all", "KLAAR", "abonnement[1] van de inrichting: elke gebeurtenis; persoon *********; eindstatus",
         "wacht", ""),
        ("WmoVoorziening", "KLAAR", "afnemersindicatie", "wacht", ""),
        ("Leerlingvervoer", "OPEN", "abonnement[2] van de inrichting: elke gebeurtenis; soort deelplan", "wacht", ""),
    ]  # fmt: skip
    gezien = capsys.readouterr()
    assert not re.search(BSN, gezien.out + gezien.err)


def test_zaken_erbij_kosten_geen_statement_erbij(engine: Engine) -> None:
    laad(engine, REGELS)
    bron = InrichtingBron(engine)

    def kost(zaken: range) -> int:
        with engine.begin() as verbinding:
            for nummer in zaken:
                muteer(verbinding, zaak(verbinding, f"Z{nummer}"), nummer, "Anders")
        with tel_statements() as teller:
            assert Verdeler(engine, bron, OPSLAG).loop_door() == len(zaken)
        return teller.aantal

    kost(range(1, 2))
    assert kost(range(2, 4)) == kost(range(4, 100))

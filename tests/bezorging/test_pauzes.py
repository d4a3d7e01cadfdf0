"""How long a message waits for its next attempt, and a receiver that keeps failing for its next message.

The clock that counts is that of the database: the tests read what it will wait for, and wait for nothing themselves.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import abonnement, applicatie, inrichting

from regiesysteem.config import Instellingen
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.notifications.client import Verzendkamer
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.notifications.queue import DREMPEL
from regiesysteem.storage import maak_opslag

WIE = "Lastig"
UUR_S = 3600.0


@pytest.fixture
def ontvangst(maak_ontvangst: MaakOntvangst, engine: Engine) -> Ontvangst:
    """A receiver for which one message waits."""
    ontvangst = maak_ontvangst(WIE)
    laad_inrichting(engine, lees_tekst(inrichting(applicatie(WIE, ontvangst.adres), abonnement(WIE)), "proef"))
    with engine.begin() as verbinding:
        verbinding.execute(
            text("""
            INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
            VALUES ('Z1', 'Update zaak', 'Bron', 1, '{"code": "B1026", "omschrijving": "Aanvraag"}')
            """)
        )
    assert Verdeler(engine, InrichtingBron(engine), maak_opslag(Instellingen())).verdeel() == 1
    return ontvangst


@pytest.fixture
def bezorger(engine: Engine) -> Iterator[Deliverer]:
    with Verzendkamer(engine, InrichtingBron(engine)) as kamer:
        yield Deliverer(engine, kamer, timedelta(days=3), UUR_S)


@dataclass(frozen=True)
class Mislukt:
    """A failure between two moments of the database's clock, and until when message and receiver wait after it."""

    voor: datetime
    na: datetime
    poging: datetime
    rust_tot: datetime | None

    def pauze_is(self, minst: float, hoogst: float, tot: datetime | None = None) -> bool:
        """Whether the wait is so many seconds, wherever between the two moments it began."""
        tot = tot or self.poging
        return tot - self.voor >= timedelta(seconds=minst) and tot - self.na <= timedelta(seconds=hoogst)


def mislukt_na(engine: Engine, bezorger: Deliverer, eerder: int) -> Mislukt:
    """Have the message fail once more, after so many failures of it and its receiver."""
    with engine.begin() as verbinding:
        gegevens = {"wie": WIE, "eerder": eerder}
        verbinding.execute(text("UPDATE notificatie SET pogingen = :eerder, volgende_poging = now()"), gegevens)
        verbinding.execute(text("DELETE FROM ontvanger"))
        verbinding.execute(text("INSERT INTO ontvanger (applicatie, fouten) VALUES (:wie, :eerder)"), gegevens)
        voor = verbinding.execute(text("SELECT clock_timestamp()")).scalar_one()
    bezorger.deliver(WIE)
    vraag = "SELECT clock_timestamp(), volgende_poging, rust_tot FROM notificatie JOIN ontvanger ON applicatie = :wie"
    with engine.connect() as verbinding:
        return Mislukt(voor, *verbinding.execute(text(vraag), {"wie": WIE}).one())


def test_the_pause_grows_with_each_failure_up_to_the_longest(
    engine: Engine, ontvangst: Ontvangst, bezorger: Deliverer
) -> None:
    ontvangst.doe("500")
    for eerder, seconden in ((0, 2), (1, 2.4), (10, 12.38), (20, 76.7), (60, UUR_S)):
        mislukt = mislukt_na(engine, bezorger, eerder)
        assert mislukt.pauze_is(seconden * 0.75, seconden * 1.25), (eerder, mislukt)


def test_a_receiver_that_was_away_is_looked_for_at_a_sixth_of_that_time(
    engine: Engine, ontvangst: Ontvangst, bezorger: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at half of it: who is back has no message for so long at most. Chance is left out."""
    monkeypatch.setattr(random, "uniform", lambda a, b: (a + b) / 2)
    ontvangst.doe("500")
    weg = 0.0
    for eerder in range(40):
        pauze = bezorger._pauze(eerder).total_seconds()
        assert pauze <= 2.5 + weg * 0.2
        weg += pauze
    assert weg > UUR_S / 2
    for eerder in (5, 12):
        mislukt = mislukt_na(engine, bezorger, eerder)
        assert mislukt.rust_tot is not None
        assert mislukt.rust_tot <= mislukt.poging


@pytest.mark.parametrize("eerder", [0, DREMPEL])
def test_an_offer_that_was_answered_says_nothing_of_whether_its_receiver_is_back(
    engine: Engine, ontvangst: Ontvangst, bezorger: Deliverer, eerder: int
) -> None:
    """It arrived some time, so it is done; but sending it failed, so nobody is woken and the failures stay."""
    ontvangst.doe("500")
    with engine.begin() as verbinding:
        verbinding.execute(
            text("""
            INSERT INTO overdracht (richting, zaakidentificatie, applicatie, referentienummer, stand)
            SELECT 'uit', 'Z1', :wie, referentienummer, 'geaccepteerd' FROM notificatie
            """),
            {"wie": WIE},
        )
        verbinding.execute(text("DELETE FROM procrastinate_jobs"))
    mislukt_na(engine, bezorger, eerder)
    with engine.connect() as verbinding:
        stand = "SELECT stand, fouten, bezorgd, mislukt FROM notificatie JOIN ontvanger ON applicatie = ontvanger"
        assert tuple(verbinding.execute(text(stand)).one()) == ("bezorgd", eerder, 1, 0)
        assert verbinding.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_receiver_that_says_when_to_come_back_is_not_tried_before(
    engine: Engine, ontvangst: Ontvangst, bezorger: Deliverer
) -> None:
    ontvangst.doe("druk 600")
    assert mislukt_na(engine, bezorger, 0).pauze_is(600, 600)


def test_a_receiver_that_keeps_failing_rests_shorter_than_its_message(
    engine: Engine, ontvangst: Ontvangst, bezorger: Deliverer
) -> None:
    """What is new for it must not wait as long as what failed many times."""
    ontvangst.doe("500")
    mislukt = mislukt_na(engine, bezorger, 60)
    assert mislukt.pauze_is(UUR_S * 0.75, UUR_S * 1.25)
    assert mislukt.pauze_is(300, 300, mislukt.rust_tot)

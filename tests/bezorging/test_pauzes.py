"""How long a message waits for its next attempt, and a receiver that keeps failing for its next message.

The clock that counts is that of the database: the tests read what it will wait for, and wait for nothing themselves.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Reception
from tests.bezorging.opstelling import abonnement, applicatie, inrichting

from regiesysteem.config import Settings
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.notifications.client import SoapCourier
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.queue import THRESHOLD
from regiesysteem.storage import make_storage

WHO = "Lastig"
UUR_S = 3600.0


@pytest.fixture
def reception(make_reception: MakeReception, engine: Engine) -> Reception:
    """A receiver for which one message waits."""
    reception = make_reception(WHO)
    load_inrichting(engine, read_text(inrichting(applicatie(WHO, reception.adres), abonnement(WHO)), "proef"))
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
            VALUES ('Z1', 'Update zaak', 'Bron', 1, '{"code": "B1026", "omschrijving": "Aanvraag"}')
            """)
        )
    assert Distributor(engine, InrichtingSource(engine), make_storage(Settings())).distribute() == 1
    return reception


@pytest.fixture
def deliverer(engine: Engine) -> Iterator[Deliverer]:
    with SoapCourier(engine, InrichtingSource(engine)) as courier:
        yield Deliverer(engine, courier, timedelta(days=3), UUR_S)


@dataclass(frozen=True)
class Failed:
    """A failure between two moments of the database's clock, and until when message and receiver wait after it."""

    for_: datetime
    na: datetime
    attempt: datetime
    rust_tot: datetime | None

    def pause_is(self, minst: float, highest: float, until: datetime | None = None) -> bool:
        """Tell whether the wait is so many seconds, wherever between the two moments it began."""
        until = until or self.attempt
        return until - self.for_ >= timedelta(seconds=minst) and until - self.na <= timedelta(seconds=highest)


def failed_after(engine: Engine, deliverer: Deliverer, earlier: int) -> Failed:
    """Have the message fail once more, after so many failures of it and its receiver."""
    with engine.begin() as connection:
        data = {"wie": WHO, "eerder": earlier}
        connection.execute(text("UPDATE notificatie SET pogingen = :eerder, volgende_poging = now()"), data)
        connection.execute(text("DELETE FROM ontvanger"))
        connection.execute(text("INSERT INTO ontvanger (applicatie, fouten) VALUES (:wie, :eerder)"), data)
        for_ = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    deliverer.deliver(WHO)
    question = (
        "SELECT clock_timestamp(), volgende_poging, rust_tot FROM notificatie JOIN ontvanger ON applicatie = :wie"
    )
    with engine.connect() as connection:
        return Failed(for_, *connection.execute(text(question), {"wie": WHO}).one())


def test_the_pause_grows_with_each_failure_up_to_the_longest(
    engine: Engine, reception: Reception, deliverer: Deliverer
) -> None:
    reception.do("500")
    for earlier, seconds in ((0, 2), (1, 2.4), (10, 12.38), (20, 76.7), (60, UUR_S)):
        failed = failed_after(engine, deliverer, earlier)
        assert failed.pause_is(seconds * 0.75, seconds * 1.25), (earlier, failed)


def test_a_receiver_that_was_away_is_looked_for_at_a_sixth_of_that_time(
    engine: Engine, reception: Reception, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at half of it: who is back has no message for so long at most. Chance is left out."""
    monkeypatch.setattr(random, "uniform", lambda a, b: (a + b) / 2)
    reception.do("500")
    gone = 0.0
    for earlier in range(40):
        pause = deliverer._pause(earlier).total_seconds()
        assert pause <= 2.5 + gone * 0.2
        gone += pause
    assert gone > UUR_S / 2
    for earlier in (5, 12):
        failed = failed_after(engine, deliverer, earlier)
        assert failed.rust_tot is not None
        assert failed.rust_tot <= failed.attempt


@pytest.mark.parametrize("earlier", [0, THRESHOLD])
def test_an_offer_that_was_answered_says_nothing_of_whether_its_receiver_is_back(
    engine: Engine, reception: Reception, deliverer: Deliverer, earlier: int
) -> None:
    """It arrived some time, so it is done; but sending it failed, so nobody is woken and the failures stay."""
    reception.do("500")
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO overdracht (richting, zaakidentificatie, applicatie, referentienummer, stand)
            SELECT 'uit', 'Z1', :wie, referentienummer, 'geaccepteerd' FROM notificatie
            """),
            {"wie": WHO},
        )
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    failed_after(engine, deliverer, earlier)
    with engine.connect() as connection:
        state = "SELECT stand, fouten, bezorgd, mislukt FROM notificatie JOIN ontvanger ON applicatie = ontvanger"
        assert tuple(connection.execute(text(state)).one()) == ("bezorgd", earlier, 1, 0)
        assert connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_receiver_that_says_when_to_come_back_is_not_tried_before(
    engine: Engine, reception: Reception, deliverer: Deliverer
) -> None:
    reception.do("druk 600")
    assert failed_after(engine, deliverer, 0).pause_is(600, 600)


def test_a_receiver_that_keeps_failing_rests_shorter_than_its_message(
    engine: Engine, reception: Reception, deliverer: Deliverer
) -> None:
    """A new message must not wait as long as one that failed many times."""
    reception.do("500")
    failed = failed_after(engine, deliverer, 60)
    assert failed.pause_is(UUR_S * 0.75, UUR_S * 1.25)
    assert failed.pause_is(300, 300, failed.rust_tot)

"""A failure that stays with one message, one receiver or one gebeurtenis, and the work that goes on meanwhile.

In this process, with the real tables and a receiver in another: the pauses are made to pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Reception
from tests.bezorging.opstelling import abonnement, applicatie, inrichting

from regiesysteem.config import Settings
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.notifications.client import SoapCourier
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.outcome import Outcome
from regiesysteem.notifications.queue import Waiting
from regiesysteem.storage import make_storage

_PIECE = "INSERT INTO zaak (identificatie, zaaktype_id, omschrijving) VALUES ('STUK', :type, :tekst) RETURNING id"


def _load(engine: Engine, *parts: str) -> None:
    load_inrichting(engine, read_text(inrichting(*parts), "proef"))


def _gebeurtenissen(engine: Engine, *zaken: str) -> None:
    question = """
        INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
        VALUES (:zaak, 'Update zaak', 'Bron', 1, '{"code": "B1026", "omschrijving": "Aanvraag"}')
    """
    with engine.begin() as connection:
        for zaak in zaken:
            connection.execute(text(question), {"zaak": zaak})


def _distribute(engine: Engine) -> int:
    return Distributor(engine, InrichtingSource(engine), make_storage(Settings())).distribute()


@contextmanager
def _deliverer(engine: Engine, dagen: float = 3) -> Iterator[Deliverer]:
    with SoapCourier(engine, InrichtingSource(engine)) as courier:
        yield Deliverer(engine, courier, timedelta(days=dagen), at_once=lambda _: 1)


def _ga_voorbij(engine: Engine) -> None:
    """Let all pauses be over."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE notificatie SET volgende_poging = now() WHERE stand = 'wacht'"))
        connection.execute(text("UPDATE ontvanger SET rust_tot = now() WHERE rust_tot IS NOT NULL"))


def _states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {row.stroom: row.stand for row in connection.execute(text("SELECT stroom, stand FROM notificatie"))}


@pytest.fixture
def lastig(make_reception: MakeReception, engine: Engine) -> Reception:
    reception = make_reception("Lastig")
    _load(engine, applicatie("Lastig", reception.adres), abonnement("Lastig"))
    return reception


def test_a_message_that_fails_each_time_does_not_keep_others_from_a_receiver_at_rest(
    engine: Engine, lastig: Reception
) -> None:
    """The one that is tried after a rest is one that was tried least, not the oldest."""
    lastig.do("500zaak KWAAD")
    _gebeurtenissen(engine, "KWAAD")
    _distribute(engine)
    with _deliverer(engine) as deliverer:
        for _ in range(6):
            deliverer.deliver("Lastig")
            _ga_voorbij(engine)
        _gebeurtenissen(engine, "GOED1", "GOED2", "GOED3")
        _distribute(engine)
        deliverer.deliver("Lastig")
    assert _states(engine) == {"KWAAD": "wacht", "GOED1": "bezorgd", "GOED2": "bezorgd", "GOED3": "bezorgd"}


def test_what_waited_too_long_for_a_receiver_that_is_away_strands_at_one_try(engine: Engine, lastig: Reception) -> None:
    lastig.dood()
    _gebeurtenissen(engine, *(f"Z{number}" for number in range(30)))
    _distribute(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE notificatie SET bewaren_vanaf = now() - interval '4 days'"))
    with _deliverer(engine) as deliverer:
        deliverer.deliver("Lastig")
    with engine.connect() as connection:
        attempts = connection.execute(text("SELECT sum(pogingen) FROM notificatie")).scalar_one()
    assert set(_states(engine).values()) == {"gestrand"}
    assert attempts == 1


def test_a_gebeurtenis_of_which_no_message_can_be_made_strands_and_the_rest_is_told(
    engine: Engine, make_reception: MakeReception
) -> None:
    """The gebeurtenis that makes a batch fail is found, shown, and holds up nothing."""
    other = make_reception("Ander")
    _load(
        engine,
        applicatie("Ander", other.adres),
        abonnement("Ander"),
        applicatie("Heel", other.adres),
        abonnement("Heel", 'bericht = "zakLk01"'),
    )
    with engine.begin() as connection:
        zaaktype = connection.execute(text("SELECT id FROM zaaktype WHERE code = 'B1026'")).scalar_one()
        piece = text(_PIECE)
        number = connection.execute(piece, {"type": zaaktype, "tekst": "geen XML: \x01"}).scalar_one()
    _gebeurtenissen(engine, "VOOR", "STUK", "NA")
    with engine.begin() as connection:
        link = text("UPDATE gebeurtenis SET zaak_id = :nummer WHERE zaakidentificatie = 'STUK'")
        connection.execute(link, {"nummer": number})
    with capture_logs() as regels:
        assert _distribute(engine) == 3
    assert [regel["event"] for regel in regels if regel["log_level"] == "error"] == [
        "gebeurtenis_fout",
        "notificatie_niet_gemaakt",
    ]
    question = text("SELECT ontvanger, stroom, stand FROM notificatie ORDER BY ontvanger, id")
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(question)] == [
            ("Ander", "VOOR", "wacht"),
            ("Ander", "STUK", "wacht"),
            ("Ander", "NA", "wacht"),
            ("Heel", "VOOR", "wacht"),
            ("Heel", "STUK", "gestrand"),
            ("Heel", "NA", "wacht"),
        ]
    assert _distribute(engine) == 0


class _Answers:
    """Sends nothing: keeps in what order messages are sent and answers are processed."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def make_ready(self) -> None:
        """Nothing to prepare."""

    def send(self, applicatie: str, soort: str, inhoud: bytes) -> Outcome:
        self.steps.append("sent")
        return Outcome(soort="bevestigd", omschrijving="aangekomen", antwoord=etree.Element("antwoord"))

    def process(self, connection: Connection, applicatie: str, waiting: Waiting, answer: etree._Element) -> None:
        self.steps.append("processed")


def test_nothing_is_sent_in_a_transaction_that_processed_an_answer(engine: Engine, lastig: Reception) -> None:
    """An answer locks its zaak: a receiver that is slow about the next message must not keep that locked."""
    _gebeurtenissen(engine, "Z1", "Z2", "Z3")
    _distribute(engine)
    courier = _Answers()
    deliverer = Deliverer(engine, courier, timedelta(days=3), at_once=lambda _: 1)
    assert deliverer.deliver("Lastig") == 3
    assert courier.steps == ["sent"] * 3 + ["processed"] * 3

"""What keeps going wrong with one message, one receiver or one gebeurtenis, and what must go on meanwhile.

In this process, with the real tables and a receiver in another: the pauses are made to pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import abonnement, applicatie, inrichting

from regiesysteem.config import Instellingen
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.notifications.client import Verzendkamer
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.notifications.outcome import Uitkomst
from regiesysteem.notifications.queue import Wachtend
from regiesysteem.storage import maak_opslag

_STUK = "INSERT INTO zaak (identificatie, zaaktype_id, omschrijving) VALUES ('STUK', :type, :tekst) RETURNING id"


def _laad(engine: Engine, *delen: str) -> None:
    laad_inrichting(engine, lees_tekst(inrichting(*delen), "proef"))


def _gebeurtenissen(engine: Engine, *zaken: str) -> None:
    vraag = """
        INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
        VALUES (:zaak, 'Update zaak', 'Bron', 1, '{"code": "B1026", "omschrijving": "Aanvraag"}')
    """
    with engine.begin() as verbinding:
        for zaak in zaken:
            verbinding.execute(text(vraag), {"zaak": zaak})


def _verdeel(engine: Engine) -> int:
    return Verdeler(engine, InrichtingBron(engine), maak_opslag(Instellingen())).verdeel()


@contextmanager
def _bezorger(engine: Engine, dagen: float = 3) -> Iterator[Deliverer]:
    with Verzendkamer(engine, InrichtingBron(engine)) as kamer:
        yield Deliverer(engine, kamer, timedelta(days=dagen), at_once=lambda _: 1)


def _ga_voorbij(engine: Engine) -> None:
    """Let all pauses be over."""
    with engine.begin() as verbinding:
        verbinding.execute(text("UPDATE notificatie SET volgende_poging = now() WHERE stand = 'wacht'"))
        verbinding.execute(text("UPDATE ontvanger SET rust_tot = now() WHERE rust_tot IS NOT NULL"))


def _standen(engine: Engine) -> dict[str, str]:
    with engine.connect() as verbinding:
        return {rij.stroom: rij.stand for rij in verbinding.execute(text("SELECT stroom, stand FROM notificatie"))}


@pytest.fixture
def lastig(maak_ontvangst: MaakOntvangst, engine: Engine) -> Ontvangst:
    ontvangst = maak_ontvangst("Lastig")
    _laad(engine, applicatie("Lastig", ontvangst.adres), abonnement("Lastig"))
    return ontvangst


def test_a_message_that_fails_each_time_does_not_keep_others_from_a_receiver_at_rest(
    engine: Engine, lastig: Ontvangst
) -> None:
    """The one that is tried after a rest is one that was tried least, not the oldest."""
    lastig.doe("500zaak KWAAD")
    _gebeurtenissen(engine, "KWAAD")
    _verdeel(engine)
    with _bezorger(engine) as bezorger:
        for _ in range(6):
            bezorger.deliver("Lastig")
            _ga_voorbij(engine)
        _gebeurtenissen(engine, "GOED1", "GOED2", "GOED3")
        _verdeel(engine)
        bezorger.deliver("Lastig")
    assert _standen(engine) == {"KWAAD": "wacht", "GOED1": "bezorgd", "GOED2": "bezorgd", "GOED3": "bezorgd"}


def test_what_waited_too_long_for_a_receiver_that_is_away_strands_at_one_try(engine: Engine, lastig: Ontvangst) -> None:
    lastig.dood()
    _gebeurtenissen(engine, *(f"Z{nummer}" for nummer in range(30)))
    _verdeel(engine)
    with engine.begin() as verbinding:
        verbinding.execute(text("UPDATE notificatie SET bewaren_vanaf = now() - interval '4 days'"))
    with _bezorger(engine) as bezorger:
        bezorger.deliver("Lastig")
    with engine.connect() as verbinding:
        pogingen = verbinding.execute(text("SELECT sum(pogingen) FROM notificatie")).scalar_one()
    assert set(_standen(engine).values()) == {"gestrand"}
    assert pogingen == 1


def test_a_gebeurtenis_of_which_no_message_can_be_made_strands_and_the_rest_is_told(
    engine: Engine, maak_ontvangst: MaakOntvangst
) -> None:
    """What makes one fail is found, shown, and holds up nothing."""
    ander = maak_ontvangst("Ander")
    _laad(
        engine,
        applicatie("Ander", ander.adres),
        abonnement("Ander"),
        applicatie("Heel", ander.adres),
        abonnement("Heel", 'bericht = "zakLk01"'),
    )
    with engine.begin() as verbinding:
        zaaktype = verbinding.execute(text("SELECT id FROM zaaktype WHERE code = 'B1026'")).scalar_one()
        stuk = text(_STUK)
        nummer = verbinding.execute(stuk, {"type": zaaktype, "tekst": "geen XML: \x01"}).scalar_one()
    _gebeurtenissen(engine, "VOOR", "STUK", "NA")
    with engine.begin() as verbinding:
        koppel = text("UPDATE gebeurtenis SET zaak_id = :nummer WHERE zaakidentificatie = 'STUK'")
        verbinding.execute(koppel, {"nummer": nummer})
    with capture_logs() as regels:
        assert _verdeel(engine) == 3
    assert [regel["event"] for regel in regels if regel["log_level"] == "error"] == [
        "gebeurtenis_fout",
        "notificatie_niet_gemaakt",
    ]
    vraag = text("SELECT ontvanger, stroom, stand FROM notificatie ORDER BY ontvanger, id")
    with engine.connect() as verbinding:
        assert [tuple(rij) for rij in verbinding.execute(vraag)] == [
            ("Ander", "VOOR", "wacht"),
            ("Ander", "STUK", "wacht"),
            ("Ander", "NA", "wacht"),
            ("Heel", "VOOR", "wacht"),
            ("Heel", "STUK", "gestrand"),
            ("Heel", "NA", "wacht"),
        ]
    assert _verdeel(engine) == 0


class _Answers:
    """Sends nothing: keeps in what order messages are sent and answers are processed."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def maak_gereed(self) -> None:
        """Nothing to prepare."""

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        self.steps.append("sent")
        return Uitkomst(soort="bevestigd", omschrijving="aangekomen", antwoord=etree.Element("antwoord"))

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        self.steps.append("processed")


def test_nothing_is_sent_in_a_transaction_that_processed_an_answer(engine: Engine, lastig: Ontvangst) -> None:
    """An answer locks its zaak: a receiver that is slow about the next message must not keep that locked."""
    _gebeurtenissen(engine, "Z1", "Z2", "Z3")
    _verdeel(engine)
    kamer = _Answers()
    deliverer = Deliverer(engine, kamer, timedelta(days=3), at_once=lambda _: 1)
    assert deliverer.deliver("Lastig") == 3
    assert kamer.steps == ["sent"] * 3 + ["processed"] * 3

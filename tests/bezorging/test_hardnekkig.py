"""What keeps going wrong with one message, one receiver or one gebeurtenis, and what must go on meanwhile.

In this process, with the real tables and a receiver in another: the pauses are made to pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import abonnement, applicatie, inrichting

from regiesysteem.config import Instellingen
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.notifications import delivery
from regiesysteem.notifications.client import Verzendkamer
from regiesysteem.notifications.delivery import Bezorger
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.opslag import maak_opslag

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
def _bezorger(engine: Engine, dagen: float = 3) -> Iterator[Bezorger]:
    with Verzendkamer(engine, InrichtingBron(engine)) as kamer:
        yield Bezorger(engine, kamer, timedelta(days=dagen))


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
            bezorger.bezorg("Lastig")
            _ga_voorbij(engine)
        _gebeurtenissen(engine, "GOED1", "GOED2", "GOED3")
        _verdeel(engine)
        bezorger.bezorg("Lastig")
    assert _standen(engine) == {"KWAAD": "wacht", "GOED1": "bezorgd", "GOED2": "bezorgd", "GOED3": "bezorgd"}


def test_what_waited_too_long_for_a_receiver_that_is_away_strands_at_one_try(engine: Engine, lastig: Ontvangst) -> None:
    lastig.dood()
    _gebeurtenissen(engine, *(f"Z{nummer}" for nummer in range(30)))
    _verdeel(engine)
    with engine.begin() as verbinding:
        verbinding.execute(text("UPDATE notificatie SET bewaren_vanaf = now() - interval '4 days'"))
    with _bezorger(engine) as bezorger:
        bezorger.bezorg("Lastig")
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


def test_what_comes_while_a_lane_pauses_is_seen_though_its_time_is_up(
    engine: Engine, lastig: Ontvangst, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wake-up is removed after the pause, so a look has to follow. Only a pause takes time here."""
    nog, klok = ["DAARNA"], [0.0]
    _gebeurtenissen(engine, "EERST")
    _verdeel(engine)

    def pauze(seconden: float) -> None:
        for zaak in nog[:]:
            nog.remove(zaak)
            _gebeurtenissen(engine, zaak)
            _verdeel(engine)
        klok[0] += seconden

    monkeypatch.setattr(delivery, "time", SimpleNamespace(sleep=pauze, monotonic=lambda: klok[0]))
    monkeypatch.setattr(delivery, "_BLIJF_S", 0.05)
    with _bezorger(engine) as bezorger:
        assert bezorger.bezorg("Lastig") == 2
    assert _standen(engine) == {"EERST": "bezorgd", "DAARNA": "bezorgd"}

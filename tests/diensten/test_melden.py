"""What a message did to zaken is kept at its commit, to be told to others (RZS 1.0, 5.1 and 6.9.2)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import element, lk01, nieuw_nummer, zaak

from regiesysteem import config
from regiesysteem.db import maak_engine
from regiesysteem.diensten.transaction import Uitvoering
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresBergplaats
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, lees_stuurgegevens
from regiesysteem.zakenmagazijn import events
from regiesysteem.zakenmagazijn.events import STATUS_CHANGE, UPDATE_ZAAK, AuditLine, events_of
from regiesysteem.zkn.operations import recognise

VOORBEELD = config.voorbeeld_inrichting().read_text()
NIEMAND = VOORBEELD.split("[[abonnement]]", maxsplit=1)[0]
VoerUit = Callable[[str], etree._Element]


def _laad(motor: Engine, tekst: str) -> None:
    laad_inrichting(motor, lees_tekst(tekst, "test"))


def _gebeurtenissen(motor: Engine, nummer: str) -> list[str]:
    vraag = "SELECT gebeurtenis FROM gebeurtenis WHERE zaakidentificatie = :nummer ORDER BY id"
    with motor.connect() as verbinding:
        return list(verbinding.execute(text(vraag), {"nummer": nummer}).scalars())


@pytest.fixture
def motor(database_url: str) -> Iterator[Engine]:
    motor = maak_engine(database_url, lock_timeout=0.2)
    _laad(motor, VOORBEELD)
    yield motor
    motor.dispose()


@pytest.fixture
def voer_uit(motor: Engine) -> VoerUit:
    uitvoering = Uitvoering(motor, InrichtingBron(motor), Opslag(PostgresBergplaats()))

    def doe(tekst: str) -> etree._Element:
        stam = element(tekst)
        return uitvoering.voer_uit(Bericht(recognise(stam), stam, lees_stuurgegevens(stam)), datetime.now(UTC))

    return doe


def test_one_job_waits_that_tells_it_further(motor: Engine, voer_uit: VoerUit) -> None:
    nummers = [nieuw_nummer() for _ in range(2)]
    for nummer in nummers:
        voer_uit(lk01("T", zaak(nummer)))
        assert _gebeurtenissen(motor, nummer) == ["Creeer zaak"]
    with motor.connect() as verbinding:
        vraag = "SELECT queue_name, task_name, lock, queueing_lock FROM procrastinate_jobs"
        [gevonden] = verbinding.execute(text(vraag))
    taak = events.TAAK
    assert tuple(gevonden) == (events.RIJ, taak, taak, taak)


def _line(zaak_id: int, name: str, *, changed: bool = True, has_status: bool = False) -> AuditLine:
    return AuditLine(zaak_id, name, changed, has_status)


def test_an_update_with_a_status_is_two_events() -> None:
    lines = [_line(1, UPDATE_ZAAK, has_status=True), _line(2, UPDATE_ZAAK)]
    assert events_of(lines) == [(1, UPDATE_ZAAK), (1, STATUS_CHANGE), (2, UPDATE_ZAAK)]


def test_nothing_changed_tells_nothing() -> None:
    lines = [_line(1, name, changed=False, has_status=True) for name in (UPDATE_ZAAK, STATUS_CHANGE)]
    assert events_of(lines) == []
    assert events_of([*lines, _line(2, "Creeer zaak", changed=False)]) == [(2, "Creeer zaak")]


def test_an_event_of_a_message_is_told_once_where_it_came_first() -> None:
    lines = [
        _line(1, UPDATE_ZAAK, changed=False),
        _line(2, "Voeg document toe"),
        _line(1, UPDATE_ZAAK),
        _line(2, "Voeg document toe"),
        _line(1, UPDATE_ZAAK, has_status=True),
    ]
    assert events_of(lines) == [(2, "Voeg document toe"), (1, UPDATE_ZAAK), (1, STATUS_CHANGE)]


def test_who_subscribes_after_a_message_was_admitted_is_told_of_it(motor: Engine, voer_uit: VoerUit) -> None:
    _laad(motor, NIEMAND)
    eerst, daarna, later = (nieuw_nummer() for _ in range(3))
    voer_uit(lk01("T", zaak(eerst)))
    _laad(motor, VOORBEELD)
    voer_uit(lk01("T", zaak(daarna)))
    voer_uit(lk01("T", zaak(later)))
    assert [_gebeurtenissen(motor, nummer) for nummer in (eerst, daarna, later)] == [
        [],
        ["Creeer zaak"],
        ["Creeer zaak"],
    ]


def test_what_cannot_be_told_is_not_done(motor: Engine, voer_uit: VoerUit) -> None:
    """The sender gets a fault, nothing is left, and the same message is taken later."""
    nummer = nieuw_nummer()
    tekst = lk01("T", zaak(nummer))
    with motor.begin() as verbinding:
        slot = "SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || :nummer, 0))"
        verbinding.execute(text(slot), {"nummer": nummer})
        with pytest.raises(StufFout) as fout:
            voer_uit(tekst)
    assert fout.value.code == "StUF046"
    assert _gebeurtenissen(motor, nummer) == []
    with motor.connect() as verbinding:
        assert not verbinding.execute(
            text("SELECT EXISTS (SELECT FROM zaak WHERE identificatie = :n)"), {"n": nummer}
        ).scalar_one()
    voer_uit(tekst)
    assert _gebeurtenissen(motor, nummer) == ["Creeer zaak"]

"""The effects of a message on zaken are kept at its commit, to be told to others (RZS 1.0, 5.1 and 6.9.2)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import element, lk01, new_number, zaak

from regiesysteem import config
from regiesysteem.db import make_engine
from regiesysteem.diensten.transaction import Execution
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresStore
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, read_stuurgegevens
from regiesysteem.zakenmagazijn import events
from regiesysteem.zakenmagazijn.events import STATUS_CHANGE, UPDATE_ZAAK, AuditLine, events_of
from regiesysteem.zkn.operations import recognise

EXAMPLE = config.example_inrichting().read_text()
NOBODY = EXAMPLE.split("[[abonnement]]", maxsplit=1)[0]
Run = Callable[[str], etree._Element]


def _load(engine: Engine, tekst: str) -> None:
    load_inrichting(engine, read_text(tekst, "test"))


def _gebeurtenissen(engine: Engine, number: str) -> list[str]:
    question = "SELECT gebeurtenis FROM gebeurtenis WHERE zaakidentificatie = :nummer ORDER BY id"
    with engine.connect() as connection:
        return list(connection.execute(text(question), {"nummer": number}).scalars())


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, lock_timeout=0.2)
    _load(engine, EXAMPLE)
    yield engine
    engine.dispose()


@pytest.fixture
def run(engine: Engine) -> Run:
    execution = Execution(engine, InrichtingSource(engine), Opslag(PostgresStore()))

    def do(tekst: str) -> etree._Element:
        stam = element(tekst)
        return execution.run(Bericht(recognise(stam), stam, read_stuurgegevens(stam)), datetime.now(UTC))

    return do


def test_one_job_waits_that_tells_it_further(engine: Engine, run: Run) -> None:
    numbers = [new_number() for _ in range(2)]
    for number in numbers:
        run(lk01("T", zaak(number)))
        assert _gebeurtenissen(engine, number) == ["Creeer zaak"]
    with engine.connect() as connection:
        question = "SELECT queue_name, task_name, lock, queueing_lock FROM procrastinate_jobs"
        [found] = connection.execute(text(question))
    task = events.TASK
    assert tuple(found) == (events.QUEUE, task, task, task)


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


def test_who_subscribes_after_a_message_was_admitted_is_told_of_it(engine: Engine, run: Run) -> None:
    _load(engine, NOBODY)
    first, afterwards, later = (new_number() for _ in range(3))
    run(lk01("T", zaak(first)))
    _load(engine, EXAMPLE)
    run(lk01("T", zaak(afterwards)))
    run(lk01("T", zaak(later)))
    assert [_gebeurtenissen(engine, number) for number in (first, afterwards, later)] == [
        [],
        ["Creeer zaak"],
        ["Creeer zaak"],
    ]


def test_what_cannot_be_told_is_not_done(engine: Engine, run: Run) -> None:
    """The sender gets a fault, nothing is left, and the same message is taken later."""
    number = new_number()
    tekst = lk01("T", zaak(number))
    with engine.begin() as connection:
        lock = "SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || :nummer, 0))"
        connection.execute(text(lock), {"nummer": number})
        with pytest.raises(StufFout) as error:
            run(tekst)
    assert error.value.code == "StUF046"
    assert _gebeurtenissen(engine, number) == []
    with engine.connect() as connection:
        assert not connection.execute(
            text("SELECT EXISTS (SELECT FROM zaak WHERE identificatie = :n)"), {"n": number}
        ).scalar_one()
    run(tekst)
    assert _gebeurtenissen(engine, number) == ["Creeer zaak"]

"""One message, one transaction: the duplicate rule, what a failure leaves, a database that is slow or gone."""

import re
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from lxml import etree
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from tests.berichten.bouw import di02, element, lk01, lv01, new_number, texts, zaak
from tests.conftest import vrije_port, wait_until

from regiesysteem import config
from regiesysteem.db import count_statements, make_engine
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.table import FUNCTIONS
from regiesysteem.diensten.transaction import DatabaseError, Execution, _new_bericht
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresStore
from regiesysteem.stuf.answers import bv03
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem, read_stuurgegevens
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import serialise
from regiesysteem.zakenmagazijn.messages import save_bericht
from regiesysteem.zkn.operations import OPERATIONS, recognise

Run = Callable[[str], etree._Element]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EXAMPLE = config.example_inrichting().read_text()


def bericht(tekst: str) -> Bericht:
    """A message as the doors hand it over."""
    stam = element(tekst)
    return Bericht(recognise(stam), stam, read_stuurgegevens(stam))


def load(engine: Engine, *vervangingen: tuple[str, str]) -> None:
    """Put the example inrichting in force, with texts replaced."""
    tekst = EXAMPLE
    for old, new in vervangingen:
        assert old in tekst
        tekst = tekst.replace(old, new)
    load_inrichting(engine, read_text(tekst, "test"))


@pytest.fixture(scope="module")
def engine(module_database_url: str) -> Iterator[Engine]:
    engine = make_engine(module_database_url, connections=20, lock_timeout=30)
    load(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def execution(engine: Engine) -> Execution:
    return Execution(engine, InrichtingSource(engine), Opslag(PostgresStore()))


@pytest.fixture
def run(execution: Execution) -> Run:
    return lambda tekst: execution.run(bericht(tekst), NOW)


def rows(engine: Engine, table: str = "bericht") -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def code(attempt: Callable[[], object]) -> str:
    with pytest.raises(StufFout) as error:
        attempt()
    return error.value.code


# --- the duplicate rule (StUF 03.01, 4.4)


@pytest.mark.parametrize("make", [lambda: di02(new_number()), lambda: lk01("T", zaak(new_number()))])
def test_the_same_message_again_gets_the_same_answer_and_no_second_effect(
    engine: Engine, run: Run, make: Callable[[], str]
) -> None:
    tekst = make()
    first = serialise(run(tekst))
    for_ = rows(engine), rows(engine, "zaak")
    with count_statements() as counter:
        assert serialise(run(tekst)) == first
    assert (rows(engine), rows(engine, "zaak")) == for_
    assert counter.aantal == 2


def test_another_message_with_the_same_number_is_stuf016(engine: Engine, run: Run) -> None:
    ref = new_number()
    run(di02(ref))
    for_ = rows(engine)
    assert code(lambda: run(lk01("T", zaak(new_number()), ref=ref))) == "StUF016"
    assert rows(engine) == for_


def test_the_key_is_organisatie_applicatie_and_administratie(run: Run) -> None:
    tekst = di02(new_number())
    first = serialise(run(tekst))
    applicatie = "<StUF:applicatie>GWS4all</StUF:applicatie>"
    gebruiker = tekst.replace(applicatie, f"{applicatie}<StUF:gebruiker>Jan</StUF:gebruiker>")
    assert code(lambda: run(gebruiker)) == "StUF016"
    for other in (
        tekst.replace(applicatie, f"{applicatie}<StUF:administratie>B</StUF:administratie>"),
        tekst.replace(applicatie, "<StUF:applicatie>Andere</StUF:applicatie>"),
        tekst.replace("<StUF:organisatie>1900</StUF:organisatie>", "<StUF:organisatie>1901</StUF:organisatie>"),
    ):
        assert serialise(run(other)) != first


@pytest.mark.parametrize("gone", ["referentienummer", "zender"])
def test_without_sender_or_number_nothing_is_a_duplicate(engine: Engine, run: Run, gone: str) -> None:
    tekst = re.sub(f"<StUF:{gone}>.*?</StUF:{gone}>", "", di02(new_number()), flags=re.DOTALL)
    for_ = rows(engine)
    out = {texts(run(tekst), "//z:zaak/z:identificatie")[0] for _ in range(3)}
    assert len(out) == 3
    assert rows(engine) == for_ + 3


def test_a_failed_message_leaves_no_row_and_may_be_offered_again(engine: Engine, run: Run) -> None:
    type_ = "<ZKN:omschrijving>Nieuw</ZKN:omschrijving><ZKN:code>NIEUW</ZKN:code>"
    tekst = lk01("T", zaak(new_number(), "NIEUW")).replace("<ZKN:code>NIEUW</ZKN:code>", type_)
    for_ = rows(engine)
    assert code(lambda: run(tekst)).startswith("StUF0")
    assert rows(engine) == for_
    load(engine, ('onbekend_zaaktype = "weigeren"', 'onbekend_zaaktype = "overnemen"'))
    try:
        assert texts(run(tekst), "//s:berichtcode") == ["Bv03"]
    finally:
        load(engine)


@pytest.mark.parametrize("gelijk", [True, False])
def test_a_twin_waits_for_the_first_and_gets_its_answer(engine: Engine, run: Run, gelijk: bool) -> None:
    ref = new_number()
    second = lk01("T", zaak(new_number()), ref=ref)
    out: list[object] = []
    with under_gone(engine, second if gelijk else lk01("T", zaak(new_number()), ref=ref)) as connection:
        thread = achtergrond(lambda: out.append(run(second)), out)
        wait_on_wachter(engine)
        connection.commit()
        thread.join()
    if gelijk:
        assert isinstance(out[0], etree._Element)
        assert texts(out[0], "//s:referentienummer") == ["antwoord van de eerste"]
    else:
        assert isinstance(out[0], StufFout)
        assert out[0].code == "StUF016"


def test_a_twin_goes_on_when_the_first_fails(engine: Engine, run: Run) -> None:
    tekst = lk01("T", zaak(new_number()))
    out: list[object] = []
    with under_gone(engine, tekst) as connection:
        thread = achtergrond(lambda: out.append(run(tekst)), out)
        wait_on_wachter(engine)
        connection.rollback()
        thread.join()
    assert isinstance(out[0], etree._Element)
    assert texts(out[0], "//s:berichtcode") == ["Bv03"]


# --- a database that is slow, gone, or fights


def test_who_waits_too_long_gets_a_fault_of_the_server(module_database_url: str, engine: Engine) -> None:
    ongeduldig = make_engine(module_database_url, lock_timeout=0.1)
    attempt = Execution(ongeduldig, InrichtingSource(ongeduldig), Opslag(PostgresStore()))
    for tekst, expected in ((di02(new_number()), "StUF960"), (lk01("T", zaak(new_number())), "StUF046")):
        with under_gone(engine, tekst) as connection:
            assert code(lambda t=tekst: attempt.run(bericht(t), NOW)) == expected
            connection.rollback()
        assert attempt.run(bericht(tekst), NOW) is not None
    ongeduldig.dispose()


@pytest.mark.parametrize(
    ("tekst", "expected"), [(lk01("T", zaak("x")), "StUF046"), (di02(), "StUF058"), (lv01(), "StUF058")]
)
def test_without_a_database_the_fault_says_to_come_back(tekst: str, expected: str) -> None:
    gone = make_engine(f"postgresql://niemand@127.0.0.1:{vrije_port()}/niets")
    with pytest.raises(StufFout) as error:
        Execution(gone, InrichtingSource(gone), Opslag(PostgresStore())).run(bericht(tekst), NOW)
    assert error.value.code == expected
    assert error.value.plek == "server"
    assert "niemand" not in error.value.details
    assert "opnieuw" in error.value.details


def test_a_message_whose_connection_breaks_is_done_again(engine: Engine, run: Run) -> None:
    tekst = lk01("T", zaak(new_number()))
    out: list[object] = []
    with under_gone(engine, tekst) as connection:
        thread = achtergrond(lambda: out.append(run(tekst)), out)
        pid = wait_on_wachter(engine)
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        wait_until(lambda: wachter(engine) not in {None, pid}, "the message waits again")
        connection.rollback()
        thread.join()
    assert isinstance(out[0], etree._Element)


def test_a_message_without_a_key_is_not_done_again_when_its_connection_breaks(engine: Engine, run: Run) -> None:
    """Nobody can tell whether it was committed, and doing it twice is worse than saying so."""
    number = new_number()
    tekst = re.sub("<StUF:referentienummer>.*?</StUF:referentienummer>", "", lk01("T", zaak(number)))
    out: list[object] = []
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO zaak (identificatie) VALUES (:nummer)"), {"nummer": number})
        thread = achtergrond(lambda: out.append(run(tekst)), out)
        pid = wait_on_wachter(engine)
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        wait_until(lambda: not thread.is_alive() or wachter(engine) not in {None, pid}, "it ends, or waits again")
        again = thread.is_alive()
        connection.rollback()
    thread.join()
    assert not again, "it waits for the same row again"
    assert isinstance(out[0], StufFout)
    assert out[0].code == "StUF046"


# --- the inrichting that holds


def test_a_changed_inrichting_holds_for_the_next_message(engine: Engine, run: Run) -> None:
    streng = ('autorisatie = "open"', 'autorisatie = "applicaties"'), ('diensten = ["*"]', 'diensten = ["zakLv01"]')
    run(di02(new_number()))
    load(engine, *streng)
    try:
        assert code(lambda: run(di02(new_number()))) == "StUF052"
        assert code(lambda: run(di02(new_number()).replace("GWS4all", "Onbekend"))) == "StUF013"
    finally:
        load(engine)
    run(di02(new_number()))


def test_a_question_is_one_snapshot_and_leaves_no_row(engine: Engine, run: Run) -> None:
    for_ = rows(engine)
    run(lv01("<ZKN:identificatie>geen</ZKN:identificatie>"))
    assert rows(engine) == for_
    with engine.connect() as connection:
        isolatie = connection.execute(text("SHOW transaction_isolation")).scalar_one()
        only_read = connection.execute(text("SHOW transaction_read_only")).scalar_one()
    assert (isolatie, only_read) == ("read committed", "off"), "the next use of the connection is an ordinary one"


def test_a_dienst_that_writes_in_a_question_is_stopped_by_the_database(
    execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_bericht: Bericht, work: MessageContext) -> None:
        work.connection.execute(text("UPDATE inrichting_stand SET versie = versie"))

    monkeypatch.setitem(FUNCTIONS, "zakLv01", write)
    question = bericht(lv01())
    with pytest.raises(SQLAlchemyError, match="read-only"):
        execution._answer(OPERATIONS["zakLv01"], question, NOW, execution._admit(question))


def test_an_unexpected_refusal_of_the_database_says_where_and_quotes_no_row(execution: Execution) -> None:
    """PostgreSQL puts the whole row in its message, and the message ends in the log."""
    dienst = OPERATIONS["creeerZaak_Lk01"]

    def write(*_: object) -> etree._Element:
        with execution._engine.begin() as connection:
            connection.execute(text("INSERT INTO zaak (toelichting) VALUES ('ge' || 'heim')"))
        raise AssertionError

    piece = bericht(lk01("T", zaak("x")))
    admitted = execution._admit(piece)
    with pytest.raises(DatabaseError, match="23502 zaak identificatie") as error:
        execution._repeat(write, dienst, piece, NOW, admitted)
    assert "geheim" not in "".join(traceback.format_exception(error.value))


def test_a_di02_takes_three_statements(run: Run) -> None:
    run(di02())
    with count_statements() as counter:
        run(di02())
    assert counter.aantal == 3


# --- help


@contextmanager
def under_gone(engine: Engine, tekst: str) -> Iterator[Connection]:
    """A message that another process is working on: stored, not yet committed."""
    stam = bericht(tekst)
    answer = bv03(stam.stuurgegevens, Systeem("1900", "Ander"), NOW)
    answer.find(f".//{{{STUF}}}referentienummer").text = "antwoord van de eerste"
    with engine.connect() as connection:
        save_bericht(connection, _new_bericht(stam, NOW, answer, ""))
        yield connection


def achtergrond(task: Callable[[], object], out: list[object]) -> threading.Thread:
    """Do something meanwhile; a fault becomes its outcome."""

    def work() -> None:
        try:
            task()
        except StufFout as error:
            out.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wachter(engine: Engine) -> int | None:
    """The backend that waits for a lock in this database."""
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        ).scalar()
    return int(found) if found else None


def wait_on_wachter(engine: Engine) -> int:
    wait_until(lambda: wachter(engine) is not None, "somebody waits for a lock")
    return wachter(engine) or 0

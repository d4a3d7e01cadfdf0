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
from tests.berichten.bouw import di02, element, lk01, lv01, nieuw_nummer, teksten, zaak
from tests.conftest import vrije_poort, wacht_tot

from regiesysteem import config
from regiesysteem.db import maak_engine, tel_statements
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.table import FUNCTIONS
from regiesysteem.diensten.transaction import DatabaseFout, Uitvoering, _nieuw_bericht
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresBergplaats
from regiesysteem.stuf.answers import bv03
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem, lees_stuurgegevens
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zakenmagazijn.messages import sla_bericht_op
from regiesysteem.zkn.operations import OPERATIONS, recognise

VoerUit = Callable[[str], etree._Element]
NU = datetime(2026, 11, 24, 12, tzinfo=UTC)
VOORBEELD = config.voorbeeld_inrichting().read_text()


def bericht(tekst: str) -> Bericht:
    """A message as the doors hand it over."""
    stam = element(tekst)
    return Bericht(recognise(stam), stam, lees_stuurgegevens(stam))


def laad(motor: Engine, *vervangingen: tuple[str, str]) -> None:
    """Put the example inrichting in force, with texts replaced."""
    tekst = VOORBEELD
    for oud, nieuw in vervangingen:
        assert oud in tekst
        tekst = tekst.replace(oud, nieuw)
    laad_inrichting(motor, lees_tekst(tekst, "test"))


@pytest.fixture(scope="module")
def motor(module_database_url: str) -> Iterator[Engine]:
    motor = maak_engine(module_database_url, verbindingen=20, lock_timeout=30)
    laad(motor)
    yield motor
    motor.dispose()


@pytest.fixture(scope="module")
def uitvoering(motor: Engine) -> Uitvoering:
    return Uitvoering(motor, InrichtingBron(motor), Opslag(PostgresBergplaats()))


@pytest.fixture
def voer_uit(uitvoering: Uitvoering) -> VoerUit:
    return lambda tekst: uitvoering.voer_uit(bericht(tekst), NU)


def rijen(motor: Engine, tabel: str = "bericht") -> int:
    with motor.connect() as verbinding:
        return int(verbinding.execute(text(f"SELECT count(*) FROM {tabel}")).scalar_one())


def code(poging: Callable[[], object]) -> str:
    with pytest.raises(StufFout) as fout:
        poging()
    return fout.value.code


# --- the duplicate rule (StUF 03.01, 4.4)


@pytest.mark.parametrize("maak", [lambda: di02(nieuw_nummer()), lambda: lk01("T", zaak(nieuw_nummer()))])
def test_the_same_message_again_gets_the_same_answer_and_no_second_effect(
    motor: Engine, voer_uit: VoerUit, maak: Callable[[], str]
) -> None:
    tekst = maak()
    eerste = serialiseer(voer_uit(tekst))
    voor = rijen(motor), rijen(motor, "zaak")
    with tel_statements() as teller:
        assert serialiseer(voer_uit(tekst)) == eerste
    assert (rijen(motor), rijen(motor, "zaak")) == voor
    assert teller.aantal == 2


def test_another_message_with_the_same_number_is_stuf016(motor: Engine, voer_uit: VoerUit) -> None:
    ref = nieuw_nummer()
    voer_uit(di02(ref))
    voor = rijen(motor)
    assert code(lambda: voer_uit(lk01("T", zaak(nieuw_nummer()), ref=ref))) == "StUF016"
    assert rijen(motor) == voor


def test_the_key_is_organisatie_applicatie_and_administratie(voer_uit: VoerUit) -> None:
    tekst = di02(nieuw_nummer())
    eerste = serialiseer(voer_uit(tekst))
    applicatie = "<StUF:applicatie>GWS4all</StUF:applicatie>"
    gebruiker = tekst.replace(applicatie, f"{applicatie}<StUF:gebruiker>Jan</StUF:gebruiker>")
    assert code(lambda: voer_uit(gebruiker)) == "StUF016"
    for ander in (
        tekst.replace(applicatie, f"{applicatie}<StUF:administratie>B</StUF:administratie>"),
        tekst.replace(applicatie, "<StUF:applicatie>Andere</StUF:applicatie>"),
        tekst.replace("<StUF:organisatie>1900</StUF:organisatie>", "<StUF:organisatie>1901</StUF:organisatie>"),
    ):
        assert serialiseer(voer_uit(ander)) != eerste


@pytest.mark.parametrize("weg", ["referentienummer", "zender"])
def test_without_sender_or_number_nothing_is_a_duplicate(motor: Engine, voer_uit: VoerUit, weg: str) -> None:
    tekst = re.sub(f"<StUF:{weg}>.*?</StUF:{weg}>", "", di02(nieuw_nummer()), flags=re.DOTALL)
    voor = rijen(motor)
    uit = {teksten(voer_uit(tekst), "//z:zaak/z:identificatie")[0] for _ in range(3)}
    assert len(uit) == 3
    assert rijen(motor) == voor + 3


def test_a_failed_message_leaves_no_row_and_may_be_offered_again(motor: Engine, voer_uit: VoerUit) -> None:
    type_ = "<ZKN:omschrijving>Nieuw</ZKN:omschrijving><ZKN:code>NIEUW</ZKN:code>"
    tekst = lk01("T", zaak(nieuw_nummer(), "NIEUW")).replace("<ZKN:code>NIEUW</ZKN:code>", type_)
    voor = rijen(motor)
    assert code(lambda: voer_uit(tekst)).startswith("StUF0")
    assert rijen(motor) == voor
    laad(motor, ('onbekend_zaaktype = "weigeren"', 'onbekend_zaaktype = "overnemen"'))
    try:
        assert teksten(voer_uit(tekst), "//s:berichtcode") == ["Bv03"]
    finally:
        laad(motor)


@pytest.mark.parametrize("gelijk", [True, False])
def test_a_twin_waits_for_the_first_and_gets_its_answer(motor: Engine, voer_uit: VoerUit, gelijk: bool) -> None:
    ref = nieuw_nummer()
    tweede = lk01("T", zaak(nieuw_nummer()), ref=ref)
    uit: list[object] = []
    with onder_weg(motor, tweede if gelijk else lk01("T", zaak(nieuw_nummer()), ref=ref)) as verbinding:
        thread = achtergrond(lambda: uit.append(voer_uit(tweede)), uit)
        wacht_op_wachter(motor)
        verbinding.commit()
        thread.join()
    if gelijk:
        assert isinstance(uit[0], etree._Element)
        assert teksten(uit[0], "//s:referentienummer") == ["antwoord van de eerste"]
    else:
        assert isinstance(uit[0], StufFout)
        assert uit[0].code == "StUF016"


def test_a_twin_goes_on_when_the_first_fails(motor: Engine, voer_uit: VoerUit) -> None:
    tekst = lk01("T", zaak(nieuw_nummer()))
    uit: list[object] = []
    with onder_weg(motor, tekst) as verbinding:
        thread = achtergrond(lambda: uit.append(voer_uit(tekst)), uit)
        wacht_op_wachter(motor)
        verbinding.rollback()
        thread.join()
    assert isinstance(uit[0], etree._Element)
    assert teksten(uit[0], "//s:berichtcode") == ["Bv03"]


# --- a database that is slow, gone, or fights


def test_who_waits_too_long_gets_a_fault_of_the_server(module_database_url: str, motor: Engine) -> None:
    ongeduldig = maak_engine(module_database_url, lock_timeout=0.1)
    poging = Uitvoering(ongeduldig, InrichtingBron(ongeduldig), Opslag(PostgresBergplaats()))
    for tekst, verwacht in ((di02(nieuw_nummer()), "StUF960"), (lk01("T", zaak(nieuw_nummer())), "StUF046")):
        with onder_weg(motor, tekst) as verbinding:
            assert code(lambda t=tekst: poging.voer_uit(bericht(t), NU)) == verwacht
            verbinding.rollback()
        assert poging.voer_uit(bericht(tekst), NU) is not None
    ongeduldig.dispose()


@pytest.mark.parametrize(
    ("tekst", "verwacht"), [(lk01("T", zaak("x")), "StUF046"), (di02(), "StUF058"), (lv01(), "StUF058")]
)
def test_without_a_database_the_fault_says_to_come_back(tekst: str, verwacht: str) -> None:
    weg = maak_engine(f"postgresql://niemand@127.0.0.1:{vrije_poort()}/niets")
    with pytest.raises(StufFout) as fout:
        Uitvoering(weg, InrichtingBron(weg), Opslag(PostgresBergplaats())).voer_uit(bericht(tekst), NU)
    assert fout.value.code == verwacht
    assert fout.value.plek == "server"
    assert "niemand" not in fout.value.details
    assert "opnieuw" in fout.value.details


def test_a_message_whose_connection_breaks_is_done_again(motor: Engine, voer_uit: VoerUit) -> None:
    tekst = lk01("T", zaak(nieuw_nummer()))
    uit: list[object] = []
    with onder_weg(motor, tekst) as verbinding:
        thread = achtergrond(lambda: uit.append(voer_uit(tekst)), uit)
        pid = wacht_op_wachter(motor)
        verbinding.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        wacht_tot(lambda: wachter(motor) not in {None, pid}, "the message waits again")
        verbinding.rollback()
        thread.join()
    assert isinstance(uit[0], etree._Element)


def test_a_message_without_a_key_is_not_done_again_when_its_connection_breaks(motor: Engine, voer_uit: VoerUit) -> None:
    """Nobody can tell whether it was committed, and doing it twice is worse than saying so."""
    nummer = nieuw_nummer()
    tekst = re.sub("<StUF:referentienummer>.*?</StUF:referentienummer>", "", lk01("T", zaak(nummer)))
    uit: list[object] = []
    with motor.connect() as verbinding:
        verbinding.execute(text("INSERT INTO zaak (identificatie) VALUES (:nummer)"), {"nummer": nummer})
        thread = achtergrond(lambda: uit.append(voer_uit(tekst)), uit)
        pid = wacht_op_wachter(motor)
        verbinding.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        wacht_tot(lambda: not thread.is_alive() or wachter(motor) not in {None, pid}, "it ends, or waits again")
        opnieuw = thread.is_alive()
        verbinding.rollback()
    thread.join()
    assert not opnieuw, "it waits for the same row again"
    assert isinstance(uit[0], StufFout)
    assert uit[0].code == "StUF046"


# --- the inrichting that holds


def test_a_changed_inrichting_holds_for_the_next_message(motor: Engine, voer_uit: VoerUit) -> None:
    streng = ('autorisatie = "open"', 'autorisatie = "applicaties"'), ('diensten = ["*"]', 'diensten = ["zakLv01"]')
    voer_uit(di02(nieuw_nummer()))
    laad(motor, *streng)
    try:
        assert code(lambda: voer_uit(di02(nieuw_nummer()))) == "StUF052"
        assert code(lambda: voer_uit(di02(nieuw_nummer()).replace("GWS4all", "Onbekend"))) == "StUF013"
    finally:
        laad(motor)
    voer_uit(di02(nieuw_nummer()))


def test_a_question_is_one_snapshot_and_leaves_no_row(motor: Engine, voer_uit: VoerUit) -> None:
    voor = rijen(motor)
    voer_uit(lv01("<ZKN:identificatie>geen</ZKN:identificatie>"))
    assert rijen(motor) == voor
    with motor.connect() as verbinding:
        isolatie = verbinding.execute(text("SHOW transaction_isolation")).scalar_one()
        alleen_lezen = verbinding.execute(text("SHOW transaction_read_only")).scalar_one()
    assert (isolatie, alleen_lezen) == ("read committed", "off"), "the next use of the connection is an ordinary one"


def test_a_dienst_that_writes_in_a_question_is_stopped_by_the_database(
    uitvoering: Uitvoering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def schrijf(_bericht: Bericht, werk: MessageContext) -> None:
        werk.verbinding.execute(text("UPDATE inrichting_stand SET versie = versie"))

    monkeypatch.setitem(FUNCTIONS, "zakLv01", schrijf)
    vraag = bericht(lv01())
    with pytest.raises(SQLAlchemyError, match="read-only"):
        uitvoering._beantwoord(OPERATIONS["zakLv01"], vraag, NU, uitvoering._laat_toe(vraag))


def test_an_unexpected_refusal_of_the_database_says_where_and_quotes_no_row(uitvoering: Uitvoering) -> None:
    """PostgreSQL puts the whole row in its message, and the message ends in the log."""
    dienst = OPERATIONS["creeerZaak_Lk01"]

    def schrijf(*_: object) -> etree._Element:
        with uitvoering._motor.begin() as verbinding:
            verbinding.execute(text("INSERT INTO zaak (toelichting) VALUES ('ge' || 'heim')"))
        raise AssertionError

    stuk = bericht(lk01("T", zaak("x")))
    toegelaten = uitvoering._laat_toe(stuk)
    with pytest.raises(DatabaseFout, match="23502 zaak identificatie") as fout:
        uitvoering._herhaal(schrijf, dienst, stuk, NU, toegelaten)
    assert "geheim" not in "".join(traceback.format_exception(fout.value))


def test_a_di02_takes_three_statements(voer_uit: VoerUit) -> None:
    voer_uit(di02())
    with tel_statements() as teller:
        voer_uit(di02())
    assert teller.aantal == 3


# --- help


@contextmanager
def onder_weg(motor: Engine, tekst: str) -> Iterator[Connection]:
    """A message that another process is working on: stored, not yet committed."""
    stam = bericht(tekst)
    antwoord = bv03(stam.stuurgegevens, Systeem("1900", "Ander"), NU)
    antwoord.find(f".//{{{STUF}}}referentienummer").text = "antwoord van de eerste"
    with motor.connect() as verbinding:
        sla_bericht_op(verbinding, _nieuw_bericht(stam, NU, antwoord))
        yield verbinding


def achtergrond(taak: Callable[[], object], uit: list[object]) -> threading.Thread:
    """Do something meanwhile; a fault becomes its outcome."""

    def werk() -> None:
        try:
            taak()
        except StufFout as fout:
            uit.append(fout)

    thread = threading.Thread(target=werk)
    thread.start()
    return thread


def wachter(motor: Engine) -> int | None:
    """The backend that waits for a lock in this database."""
    with motor.connect() as verbinding:
        gevonden = verbinding.execute(
            text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        ).scalar()
    return int(gevonden) if gevonden else None


def wacht_op_wachter(motor: Engine) -> int:
    wacht_tot(lambda: wachter(motor) is not None, "somebody waits for a lock")
    return wachter(motor) or 0

"""The zakLk01 notification: valid, complete, and taken by another as a creeerZaak of the same zaak."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import gezinsplan, lk01, lv01, mdw, new_number, nps, other, rol, status, texts, zaak
from tests.berichten.generator import WillekeurigeChoice, chosen
from tests.diensten.stappen import actualiseer, change
from tests.diensten.test_niets_verloren import _leaves, _new, _with_vrije_inhoud
from tests.published import assert_valid
from tests.soap.conftest import Door, door, make_door
from werkzeug.test import Client

from regiesysteem.config import Settings, example_inrichting
from regiesysteem.db import count_statements, make_engine
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_file
from regiesysteem.metrics import Counters
from regiesysteem.notifications.compose import MessageHead, compose_zaakberichten, operation, zak_lk01
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import BG, zkn

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
__all__ = ["door", "make_door"]


@pytest.fixture(scope="module")
def other_systeem(postgres: object) -> Iterator[Door]:
    """The doors of another municipality's system, on a database of its own."""
    from tests.conftest import SJABLOON, fresh_database  # noqa: PLC0415

    for url in fresh_database(postgres, SJABLOON):  # type: ignore[arg-type]
        engine = make_engine(url, connections=5)
        load_inrichting(engine, read_file(example_inrichting()))
        yield Door(Client(make_soap_app(Settings(), engine, Counters())), engine)
        engine.dispose()


def _bericht(door: Door, number: str, gebeurtenis: str = "Creeer zaak") -> etree._Element:
    with door.engine.connect() as connection:
        zaak_id = connection.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": number}).scalar_one()
        zaken = compose_zaakberichten(connection, read_inrichting(connection), [zaak_id])
    zender, ontvanger = Systeem("1900", "Regiesysteem"), Systeem("1900", "Backoffice")
    return zak_lk01(zaken[zaak_id], gebeurtenis, MessageHead(zender, ontvanger, uuid.uuid4().hex, NOW))


def _details(door: Door, number: str) -> etree._Element:
    question = lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>", 'StUF:scope="alles"')
    [answer] = door.succeeded("geefZaakdetails_Lv01", question).iter(zkn("zakLa01"))
    [instance] = answer.find(zkn("antwoord"))
    return instance


def _heen_and_weer(door: Door, other_systeem: Door, bericht: etree._Element) -> etree._Element:
    number = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}") or ""
    door.succeeded("creeerZaak_Lk01", etree.tostring(bericht).decode())
    out = _bericht(door, number)
    assert check(out) == []
    assert check(_bericht(door, number, "Update zaak")) == []
    other_systeem.succeeded(operation("Creeer zaak"), etree.tostring(out).decode())
    here, there_ = _leaves(_details(door, number)), _leaves(_details(other_systeem, number))
    assert here - there_ == Counter()
    return out


@settings(max_examples=60)
@given(bericht=chosen(lambda choice: _with_vrije_inhoud(choice, 40)))
def test_another_takes_whatever_zaak_we_hold(door: Door, other_systeem: Door, bericht: str) -> None:
    _heen_and_weer(door, other_systeem, parse(bericht.encode()))


@pytest.mark.parametrize("zaad", range(4))
def test_another_takes_large_zaken(door: Door, other_systeem: Door, zaad: int) -> None:
    source = random.Random(zaad)
    for _ in range(20):
        _heen_and_weer(door, other_systeem, _with_vrije_inhoud(WillekeurigeChoice(source), 300))


def test_it_is_valid_by_the_schema(door: Door, other_systeem: Door) -> None:
    source = random.Random(2026)
    for _ in range(60):
        out = _heen_and_weer(door, other_systeem, _new(WillekeurigeChoice(source), 150))
        assert_valid(out)
        number = out.findtext(f"{zkn('object')}/{zkn('identificatie')}") or ""
        assert_valid(_bericht(door, number, "Update zaak"))


@pytest.mark.parametrize(
    "relaties",
    [
        "",
        rol("heeftAlsInitiator", mdw("").replace("<ZKN:identificatie></ZKN:identificatie>", "")),
        rol("heeftAlsInitiator", nps("").replace("<BG:inp.bsn></BG:inp.bsn>", "")),
        rol("heeftAlsInitiator", nps("123456789")),
    ],
)
def test_it_is_valid_of_what_a_soepel_sender_left_out(door: Door, relaties: str) -> None:
    number = f"Z26-{new_number()[-10:]}"
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=relaties)))
    assert check(_bericht(door, number)) == []


def test_people_that_zaken_share_go_along(door: Door, other_systeem: Door) -> None:
    source = random.Random(11)
    for _ in range(60):
        bericht = _new(WillekeurigeChoice(source), 200)
        for naam, waarden in (("inp.bsn", ("999993653", "999990019")), ("inn.nnpId", ("123456782",))):
            for node in bericht.iter(f"{{{BG}}}{naam}"):
                if node.text:
                    node.text = source.choice(waarden)
        out = _heen_and_weer(door, other_systeem, bericht)
        assert_valid(out)


def _plan(door: Door) -> str:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number)))
    return number


def _plans_in(bericht: etree._Element) -> list[str]:
    return sorted(texts(bericht, "//z:object[last()]/z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"))


INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))


def test_it_has_the_gezinsplan_whichever_side_said_so(door: Door) -> None:
    plan = _plan(door)
    own, andersom = new_number(), new_number()
    door.succeeded(
        "creeerZaak_Lk01",
        lk01("T", zaak(own, relaties=INITIATOR + other("heeftBetrekkingOpAndere", plan))),
    )
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(andersom)))
    plan2 = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan2, after=other("heeftBetrekkingOpAndere", andersom))))
    assert _plans_in(_bericht(door, own)) == [plan]
    assert _plans_in(_bericht(door, andersom, "Update zaak")) == [plan2]


def test_it_has_levensdomeinplan_and_gezinsplan(door: Door) -> None:
    plan, domein, part = _plan(door), new_number(), new_number()
    relaties = _client() + INITIATOR + other("heeftBetrekkingOpAndere", plan)
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(domein, "DOMEINPLAN", relaties=relaties)))
    door.succeeded(
        "creeerZaak_Lk01", lk01("T", zaak(part, relaties=INITIATOR + other("heeftBetrekkingOpAndere", domein)))
    )
    assert _plans_in(_bericht(door, part)) == sorted([plan, domein])


def test_a_deelzaak_of_a_gezinsplan_names_it(door: Door) -> None:
    part, plan = new_number(), new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(part)))
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan, after=other("heeftAlsDeelzaak", part))))
    assert _plans_in(_bericht(door, part)) == [plan]


def test_a_change_has_the_kerngegevens_and_the_whole_zaak(door: Door) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    bericht = _bericht(door, number, "Actualiseer zaakstatus")
    was, wordt = bericht.findall(zkn("object"))
    assert [etree.QName(child).localname for child in was] == ["identificatie", "omschrijving", "isVan"]
    assert wordt.find(zkn("heeft")) is not None
    assert bericht.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}") == "W"
    assert operation("Actualiseer zaakstatus") == "updateZaak_Lk01"


def test_the_number_of_statements_does_not_grow_with_the_zaken(door: Door) -> None:
    numbers = [new_number() for _ in range(5)]
    plan = _plan(door)
    for number in numbers:
        relaties = INITIATOR + other("heeftBetrekkingOpAndere", plan)
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=relaties)))
    with door.engine.connect() as connection:
        ids = list(
            connection.execute(text("SELECT id FROM zaak WHERE identificatie = ANY(:n)"), {"n": numbers}).scalars()
        )
        inrichting = read_inrichting(connection)
        with count_statements() as one:
            compose_zaakberichten(connection, inrichting, ids[:1])
        with count_statements() as vijf:
            zaken = compose_zaakberichten(connection, inrichting, ids)
    assert len(zaken) == 5
    assert one.aantal == vijf.aantal


def _client() -> str:
    from tests.berichten.bouw import client  # noqa: PLC0415

    return client("999993653")


def test_another_regiesysteem_follows_elements_and_statuses(door: Door, other_systeem: Door) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    other_systeem.succeeded("creeerZaak_Lk01", etree.tostring(_bericht(door, number)).decode())
    change(door, number, "", "<ZKN:toelichting>anders</ZKN:toelichting>")
    for volgnummer in (2, 3):
        actualiseer(door, number, status(volgnummer, f"2026050{volgnummer}"))
        bericht = _bericht(door, number, "Actualiseer zaakstatus")
        for _ in range(2):
            bericht.find(f"{zkn('stuurgegevens')}/{stuf('referentienummer')}").text = uuid.uuid4().hex
            other_systeem.succeeded("updateZaak_Lk01", etree.tostring(bericht).decode())
        assert _leaves(_details(door, number)) == _leaves(_details(other_systeem, number))

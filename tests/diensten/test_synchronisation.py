"""zakSa03 and zakSh03: Bv03 at once, and the zaak brought in a zakSa01 or zakSh01 (StUF 03.01, 5.4)."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import text
from tests.access.logstappen import last, people, pseudonyms
from tests.berichten.bouw import (
    client,
    gezinsplan,
    lk01,
    mdw,
    new_number,
    nps,
    other,
    rol,
    status,
    synchronisatie,
    texts,
)
from tests.berichten.bouw import zaak as new_zaak
from tests.diensten.stappen import INITIATOR, actualiseer, change, new
from tests.notifications.ontvangst import answer, bevestiging, receive
from tests.soap.conftest import Door

from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.client import SoapCourier
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.stuf.namespaces import ENTITEITTYPE, SLEUTEL_SYNCHRONISATIE, VERWERKINGSSOORT
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

RECEIVES = {'adres = ""': 'adres = "http://127.0.0.1:9/stuf"'}
GONE, STAYS = "999990019", "999990020"
KINDS = pytest.mark.parametrize("code", ["Sa03", "Sh03"])


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, where GWS4all receives messages."""
    return make_door(**RECEIVES)


def ask(door: Door, code: str, number: str) -> etree._Element:
    """Ask for a zaak, and give the one message that will be brought."""
    question = synchronisatie(code, number)
    assert texts(door.succeeded(f"zak{code}", question), "//s:berichtcode") == ["Bv03"]
    [reference] = texts(parse(question.encode()), "//s:referentienummer")
    with door.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT soort, ontvanger, referentienummer, inhoud FROM notificatie WHERE stroom = :s"),
            {"s": f"vraag {reference}"},
        ).all()
    [row] = rows
    message = parse(bytes(row.inhoud))
    assert check(message) == []
    soort = f"zak{code[:2]}01"
    assert (row.ontvanger, row.soort, etree.QName(message).localname) == ("GWS4all", soort, soort)
    head = message[0]
    assert [texts(head, f"s:{naam}") for naam in ("referentienummer", "crossRefnummer", "berichtcode")] == [
        [row.referentienummer],
        [reference],
        [soort[3:]],
    ]
    return message


def children(message: etree._Element, *parts: str) -> etree._Element:
    """The element at a path of local names below a message."""
    found = message.find("/".join(f"{{*}}{part}" for part in parts))
    assert found is not None
    return found


def zaak_in(message: etree._Element) -> etree._Element:
    """The object in a zakSa01 or zakSh01."""
    return children(message, *["actueel"] * (2 if message.tag.endswith("zakSh01") else 1), "object")


def whole(door: Door) -> str:
    """Register a zaak with relations, and a relation of one of those."""
    plan = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan)))
    who = (
        '<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T">'
        f"<ZKN:gerelateerde>{mdw('regie1')}</ZKN:gerelateerde></ZKN:isGezetDoor>"
    )
    set_by = status(1, "20260102").replace("</ZKN:heeft>", f"{who}</ZKN:heeft>")
    return new(
        door,
        relaties=client(STAYS) + rol("heeftAlsBelanghebbende", nps(STAYS)) + INITIATOR,
        after=other("heeftBetrekkingOpAndere", plan) + set_by,
    )


# --- The messages


@KINDS
def test_the_zaak_comes_as_an_addition_with_a_key_for_it_and_each_relation(door: Door, code: str) -> None:
    """Those keys are the zaak's, its relations', and theirs; no gerelateerde has one (5.4.1)."""
    number = whole(door)
    zaak = zaak_in(ask(door, code, number))
    assert texts(zaak, "z:identificatie | z:omschrijving | z:startdatum") == [number, "Zaak", "20260101"]
    assert texts(zaak, "../z:parameters/*") == ["T", "V"]
    assert texts(zaak, "../z:stuurgegevens/s:berichtcode") == ["Lk01"]
    keyed = [node for node in zaak.iter(etree.Element) if node.get(SLEUTEL_SYNCHRONISATIE)]
    assert {str(node.get(ENTITEITTYPE)) for node in keyed} == {
        *("ZAK", "ZAKZKT", "ZAKOBJ", "ZAKBTRBLH", "ZAKBTRINI", "ZAKZAKBTR", "ZAKSTT", "ZAKSTTBTR")
    }
    assert len({node.get(SLEUTEL_SYNCHRONISATIE) for node in keyed}) == len(keyed) == 8
    assert {node.get(VERWERKINGSSOORT) for node in keyed} == {"T"}
    assert texts(zaak, "z:heeftBetrekkingOp//b:inp.bsn | z:heeftAlsBelanghebbende//b:inp.bsn") == [STAYS, STAYS]


def test_a_zaak_with_history_is_a_synchronisation_in_one(door: Door) -> None:
    """Without historie: earlier values are not kept (docs/afwijkingen.md 72)."""
    message = ask(door, "Sh03", new(door))
    assert [etree.QName(child).localname for child in message] == ["stuurgegevens", "actueel"]
    assert texts(message, "z:actueel/z:stuurgegevens/s:berichtcode") == ["Sa01"]


def test_relations_that_ended_are_in_the_history_alone(door: Door) -> None:
    number = new(door, relaties=INITIATOR + "".join(rol("heeftAlsBelanghebbende", nps(b)) for b in (GONE, STAYS)))
    ended = "<StUF:beginRelatie>20260101</StUF:beginRelatie><StUF:eindRelatie>20260201</StUF:eindRelatie>"
    tijdvak = f"<StUF:tijdvakRelatie>{ended}</StUF:tijdvakRelatie>"
    change(door, number, rol("heeftAlsBelanghebbende", nps(GONE, soort="I"), tijdvak, "E"), "")
    people = "z:heeftAlsBelanghebbende//b:inp.bsn"
    assert texts(zaak_in(ask(door, "Sa03", number)), people) == [STAYS]
    zaak = zaak_in(ask(door, "Sh03", number))
    assert texts(zaak, people) == [STAYS, GONE]
    assert texts(zaak, "z:heeftAlsBelanghebbende//s:eindRelatie") == ["20260201"]


@KINDS
def test_every_status_is_in_it(door: Door, code: str) -> None:
    number = new(door)
    for volgnummer, on in ((1, "20260102"), (2, "20260103")):
        actualiseer(door, number, status(volgnummer, on))
    assert {"20260102", "20260103"} <= set(texts(zaak_in(ask(door, code, number)), "z:heeft/z:datumStatusGezet"))


def test_a_large_payload_comes_inline(door: Door) -> None:
    number, data = new_number(), b"<x>" + b"y" * 90_000
    extra = f"""<StUF:extraElementen><StUF:extraElement naam="domeingegevens/proef;codering=base64">{
        base64.b64encode(data).decode()
    }</StUF:extraElement></StUF:extraElementen>"""
    door.succeeded("creeerZaak_Lk01", lk01("T", new_zaak(number, elementen=extra)))
    [said] = texts(zaak_in(ask(door, "Sa03", number)), "s:extraElementen/s:extraElement")
    assert base64.b64decode(said) == data


# --- What is refused at once


@pytest.mark.parametrize(
    ("zender", "number", "fault"),
    [
        ("GWS4all", "1900NERGENS", "StUF064"),
        ("GWS4all", "", "StUF055"),
        ("KCC-portaal", "1900NERGENS", "StUF058"),
        ("Onbekend", "1900NERGENS", "StUF058"),
    ],
)
@KINDS
def test_what_cannot_be_answered_is_refused_at_once(
    door: Door, code: str, zender: str, number: str, fault: str
) -> None:
    before = door.counts("notificatie")
    said = door.send(f"zak{code}", synchronisatie(code, number).replace("GWS4all", zender))
    assert (texts(said, "//s:berichtcode"), texts(said, "//s:body/s:code")) == (["Fo03"], [fault])
    assert door.counts("notificatie") == before


# --- The rights, the read log, and the delivery


@KINDS
def test_the_look_is_on_record_with_all_that_it_shows(door: Door, code: str) -> None:
    zaak = zaak_in(ask(door, code, whole(door)))
    shown = texts(zaak, "z:identificatie | z:heeftBetrekkingOpAndere//z:identificatie")
    look = last(door)
    assert (look.wat, look.aantal, look.zaken) == (f"zak{code}", 1, sorted(shown))
    assert len(shown) == 2
    assert pseudonyms(door, f"bsn:{STAYS}") <= people(look)


def test_whoever_is_shown_in_a_relation_that_ended_is_on_record(door: Door) -> None:
    number = new(door, relaties=INITIATOR + rol("heeftAlsBelanghebbende", nps(GONE)))
    change(door, number, rol("heeftAlsBelanghebbende", nps(GONE, soort="I"), soort="E"), "")
    ask(door, "Sh03", number)
    assert people(last(door)) == pseudonyms(door, f"bsn:{GONE}")


@KINDS
def test_the_rights_are_those_of_the_asker(make_door: Callable[..., Door], code: str) -> None:
    number = new(make_door(**RECEIVES), relaties=client(STAYS) + INITIATOR)
    adres = RECEIVES['adres = ""']
    rights = {'autorisatie = "open"': 'autorisatie = "applicaties"'}
    blind = make_door(**rights, **{'adres = ""': f'{adres}\nzonder = ["inp.bsn"]'})
    zaak = zaak_in(ask(blind, code, number))
    assert texts(zaak, "z:heeftBetrekkingOp//b:geslachtsnaam") == ["Jansen"]
    assert texts(zaak, ".//b:inp.bsn") == []
    narrow = make_door(**rights, **{'adres = ""': f'{adres}\nzaaktypen = ["GEZINSPLAN"]'})
    assert narrow.fout(f"zak{code}", synchronisatie(code, number))[0] == "StUF064"


@KINDS
def test_a_related_zaak_that_the_asker_may_not_see_stays_out(make_door: Callable[..., Door], code: str) -> None:
    """Its relation does too, also one that has ended."""
    everyone = make_door(**RECEIVES)
    number, plan = whole(everyone), new_number()
    everyone.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan)))
    change(everyone, number, "", other("heeftBetrekkingOpAndere", plan))
    change(everyone, number, other("heeftBetrekkingOpAndere", plan, "E"), "")
    related = "z:heeftBetrekkingOpAndere//z:identificatie"
    found = texts(zaak_in(ask(everyone, code, number)), related)
    assert (len(found), plan in found) == ((2, True) if code == "Sh03" else (1, False))
    adres = RECEIVES['adres = ""'] + '\nzaaktypen = ["B1026"]'
    narrow = make_door(**{'autorisatie = "open"': 'autorisatie = "applicaties"', 'adres = ""': adres})
    assert texts(zaak_in(ask(narrow, code, number)), related) == []
    assert last(narrow).zaken == [number]


def test_they_are_brought_to_the_address_of_the_asker(make_door: Callable[..., Door]) -> None:
    with receive(answer(bevestiging())) as reception:
        door = make_door(
            **{
                'adres = ""': f'adres = "{reception.adres}"',
                'adres_rzs = ""': 'adres_rzs = "http://127.0.0.1:9/rzs"',
            }
        )
        number = new(door)
        for code in ("Sa03", "Sh03"):
            ask(door, code, number)
        with SoapCourier(door.engine, InrichtingSource(door.engine)) as courier:
            Deliverer(door.engine, courier, timedelta(days=3), at_once=lambda _: 4).deliver("GWS4all")
    sent = [one for one in reception.verzoeken if number.encode() in one.body]
    assert {one.headers["soapaction"] for one in sent} == {
        f'"http://www.egem.nl/StUF/sector/zkn/0310/zak{code}"' for code in ("Sa01", "Sh01")
    }

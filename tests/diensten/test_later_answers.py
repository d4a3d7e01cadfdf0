"""zakLv02 and edcLv02: Bv03 at once, and an answer for each object that is brought to the asker (StUF 03.01, 6)."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten import documenten as d
from tests.berichten.bouw import is_van, lk01, lv01, new_number, obj, texts, zaak
from tests.diensten.stappen import INITIATOR, new, sleutel
from tests.notifications.ontvangst import answer, bevestiging, receive
from tests.soap.conftest import Door

from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.client import SoapCourier
from regiesysteem.notifications.delivery import Deliverer
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

MINE = "<ZKN:toelichting>{}</ZKN:toelichting>"
ALL = 'StUF:scope="alles"'


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, where GWS4all receives messages."""
    return make_door(**{'adres = ""': 'adres = "http://127.0.0.1:9/stuf"'})


def later(question: str) -> str:
    """The same question, to be answered later."""
    return question.replace("Lv01", "Lv02")


def group(door: Door, count: int) -> tuple[str, list[str]]:
    """Zaken with a toelichting that no other has: the criterion for it, and their numbers in order."""
    mark = MINE.format(new_number())
    numbers = sorted(new_number() for _ in range(count))
    for number in numbers:
        own = f"{sleutel(number)}<ZKN:omschrijving>Zaak</ZKN:omschrijving>{mark}"
        rest = f"<ZKN:startdatum>20260101</ZKN:startdatum>{is_van('B1026')}{INITIATOR}"
        door.succeeded("creeerZaak_Lk01", lk01("T", obj(own + rest)))
    return mark, numbers


def kept(door: Door, question: str) -> list[etree._Element]:
    """The messages that wait because of a question, in their order."""
    [reference] = texts(parse(question.encode()), "//s:referentienummer")
    with door.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT soort, ontvanger, inhoud FROM notificatie WHERE stroom = :s ORDER BY id"),
            {"s": f"vraag {reference}"},
        ).all()
    assert {row.ontvanger for row in rows} <= {"GWS4all"}
    messages = [parse(bytes(row.inhoud)) for row in rows]
    for row, message in zip(rows, messages, strict=True):
        assert etree.QName(message).localname == row.soort
        assert check(message) == []
        assert texts(message, "//s:crossRefnummer") == [reference]
    return messages


def ask(door: Door, dienst: str, question: str) -> list[etree._Element]:
    """Ask, and give the messages that will be brought."""
    assert texts(door.succeeded(dienst, question), "//s:berichtcode") == ["Bv03"]
    return kept(door, question)


def numbers_in(messages: list[etree._Element]) -> list[str]:
    return [text for one in messages for text in texts(one, "/*/z:antwoord/z:object/z:identificatie")]


def sequence(messages: list[etree._Element]) -> list[tuple[str, str, str]]:
    """The number of each message, whether it is the last one, and whether there are more objects."""
    parts = ("sequenceNumber", "indicatorLaatsteBericht", "indicatorVervolgvraag")
    return [tuple(one.findtext(f"{{*}}parameters/{{*}}{part}") or "" for part in parts) for one in messages]  # type: ignore[misc]


# --- The answers


def test_each_zaak_has_a_message_and_the_last_one_says_so(door: Door) -> None:
    mark, numbers = group(door, 12)
    messages = ask(door, "zakLv02", later(lv01(mark, ALL, sortering=1)))
    assert numbers_in(messages) == numbers
    assert sequence(messages) == [*((str(n), "", "") for n in range(1, 12)), ("12", "true", "false")]


def test_a_job_to_bring_them_waits_in_the_same_transaction(door: Door) -> None:
    with door.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    ask(door, "zakLv02", later(lv01(MINE.format("nergens"))))
    with door.engine.connect() as connection:
        jobs = connection.execute(text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'"))
        assert jobs.scalars().all() == ["bezorg_notificaties/GWS4all"]


def test_more_than_the_maximum_is_told_in_the_last_one(door: Door) -> None:
    mark, numbers = group(door, 3)
    messages = ask(door, "zakLv02", later(lv01(mark, sortering=1, maximum=2)))
    assert numbers_in(messages) == numbers[:2]
    assert sequence(messages) == [("1", "", ""), ("2", "true", "true")]


def test_an_answer_names_its_object_whatever_is_asked(door: Door) -> None:
    """When a zaak is destroyed, the messages that tell of it are found by its number."""
    mark, numbers = group(door, 2)
    messages = ask(door, "zakLv02", later(lv01(mark, '<ZKN:omschrijving xsi:nil="true"/>', sortering=1)))
    assert numbers_in(messages) == numbers
    [names] = {tuple(etree.QName(node).localname for node in one.iterfind(".//{*}object/*")) for one in messages}
    assert names == ("identificatie", "omschrijving")


def test_nothing_found_is_told_too(door: Door) -> None:
    messages = ask(door, "zakLv02", later(lv01(MINE.format("nergens"))))
    assert numbers_in(messages) == []
    assert sequence(messages) == [("1", "true", "false")]


def test_documents_come_without_their_files(door: Door) -> None:
    number = new(door)
    keys = sorted(new_number() for _ in range(2))
    for key in keys:
        door.succeeded("voegZaakdocumentToe_Lk01", d.edc_lk01("T", d.document(key, number, file=d.inhoud(b"%PDF"))))
    question = later(d.edc_select(d.of_zaak(sleutel(number)), sortering=1, zender="GWS4all"))
    messages = ask(door, "edcLv02", question)
    assert numbers_in(messages) == keys
    assert [one for one in messages if one.find(".//{*}inhoud") is not None] == []


def test_the_same_question_again_is_answered_once(door: Door) -> None:
    mark, numbers = group(door, 1)
    question = later(lv01(mark))
    assert numbers_in(ask(door, "zakLv02", question)) == numbers
    assert numbers_in(ask(door, "zakLv02", question)) == numbers


def test_a_large_payload_comes_inline(door: Door) -> None:
    """As a zakLk01 of ours has it: the answer is kept whole, and names no content elsewhere."""
    number, data = new_number(), b"<x>" + b"y" * 90_000
    extra = f"""<StUF:extraElementen><StUF:extraElement naam="domeingegevens/proef;codering=base64">{
        base64.b64encode(data).decode()
    }</StUF:extraElement></StUF:extraElementen>"""
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, elementen=extra)))
    [message] = ask(door, "zakLv02", later(lv01(sleutel(number), ALL)))
    [said] = texts(message, "//s:extraElement")
    assert base64.b64decode(said) == data


# --- What is refused at once


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (lv01(sleutel("1900X")).replace("GWS4all", "KCC-portaal"), "StUF058"),
        (lv01(sleutel("1900X")).replace("GWS4all", "Onbekend"), "StUF058"),
        (lv01("<ZKN:startdatum>gisteren</ZKN:startdatum>"), "StUF055"),
        (lv01(sortering=14), "StUF133"),
    ],
)
def test_what_cannot_be_answered_is_refused_at_once(door: Door, question: str, code: str) -> None:
    before = door.counts("notificatie")
    answer = door.send("zakLv02", later(question))
    assert texts(answer, "//s:berichtcode") == ["Fo03"]
    assert door.counts("notificatie") == before
    assert code in texts(answer, "//s:body/s:code")


# --- The read log, the rights, and the delivery


def _look(door: Door) -> dict[str, object]:
    with door.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM inzage ORDER BY id DESC LIMIT 1")).mappings().one()
    return dict(row)


def test_the_look_is_on_record_also_when_nothing_was_found(door: Door) -> None:
    mark, _ = group(door, 2)
    ask(door, "zakLv02", later(lv01(mark)))
    look = _look(door)
    assert (look["wat"], look["aantal"]) == ("zakLv02", 2)
    ask(door, "zakLv02", later(lv01(MINE.format("nergens"))))
    later_look = _look(door)
    assert (later_look["wat"], later_look["aantal"]) == ("zakLv02", 0)
    assert later_look["id"] != look["id"]


def test_the_rights_are_those_of_the_asker(make_door: Callable[..., Door]) -> None:
    rights = 'adres = "http://127.0.0.1:9/stuf"\nzaaktypen = ["GEZINSPLAN"]'
    narrow = {'adres = ""': rights, 'autorisatie = "open"': 'autorisatie = "applicaties"'}
    everyone = make_door(**{'adres = ""': 'adres = "http://127.0.0.1:9/stuf"'})
    mark, numbers = group(everyone, 2)
    assert numbers_in(ask(everyone, "zakLv02", later(lv01(mark)))) == numbers
    assert numbers_in(ask(make_door(**narrow), "zakLv02", later(lv01(mark)))) == []
    assert _look(everyone)["aantal"] == 0


def test_the_answers_arrive_in_their_order(make_door: Callable[..., Door]) -> None:
    with receive(answer(bevestiging())) as reception:
        door = make_door(**{'adres = ""': f'adres = "{reception.adres}"'})
        mark, numbers = group(door, 3)
        ask(door, "zakLv02", later(lv01(mark, ALL, sortering=1)))
        with SoapCourier(door.engine, InrichtingSource(door.engine)) as courier:
            deliverer = Deliverer(door.engine, courier, timedelta(days=3), at_once=lambda _: 4)
            deliverer.deliver("GWS4all")
    sent = [request for request in reception.verzoeken if mark.encode() in request.body]
    assert [text for one in sent for text in texts(parse(one.body), "//z:antwoord/z:object/z:identificatie")] == numbers
    assert {one.headers["soapaction"] for one in sent} == {'"http://www.egem.nl/StUF/sector/zkn/0310/zakLa02"'}

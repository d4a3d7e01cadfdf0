"""StUF-ZKN without ZDS around it: kennisgevingen by the name of their message, and what T and V mean for a sender."""

from collections.abc import Callable

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten import documenten as d
from tests.berichten.bouw import lk01, lv01, new_number, obj, status, zaak
from tests.diensten.stappen import INITIATOR, details, element, last, new, sleutel
from tests.soap.conftest import Door

from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

STRANGER = "Onbekend"
WITH_ADRES = {'adres = ""': 'adres = "http://127.0.0.1:9/stuf"'}


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, where GWS4all receives messages."""
    return make_door(**WITH_ADRES)


def afnemers(door: Door, number: str) -> list[str]:
    """The applicaties with an afnemersindicatie on a zaak."""
    with door.engine.connect() as connection:
        asked = text(
            "SELECT applicatie FROM afnemersindicatie a JOIN zaak z ON z.id = a.zaak_id WHERE z.identificatie = :n"
        )
        return list(connection.execute(asked, {"n": number}).scalars())


def interest(door: Door, mutatiesoort: str, number: str, zender: str = "GWS4all") -> None:
    """Tell that a zaak is of interest, or not any more; must succeed."""
    door.succeeded("zakLk01", lk01(mutatiesoort, obj(sleutel(number), mutatiesoort), zender=zender, overname="I"))


# --- T, W, C and F: the operation of ZDS that the content asks for


def test_the_name_of_the_message_creates_changes_and_corrects_a_zaak(door: Door) -> None:
    number = new_number()
    door.succeeded("zakLk01", lk01("T", zaak(number)))
    for mutatiesoort, old, wanted in (("W", "Zaak", "Twee"), ("C", "Twee", "Drie"), ("F", "Drie", "Vier")):
        was, wordt = (f"{sleutel(number)}<ZKN:omschrijving>{one}</ZKN:omschrijving>" for one in (old, wanted))
        door.succeeded("zakLk01", lk01(mutatiesoort, obj(was, "W"), obj(wordt, "W")))
        assert element(door, number, "z:omschrijving") == [wanted]
    door.succeeded("zakLk01", lk01("W", obj(sleutel(number), "W"), obj(sleutel(number) + status(1, "20260301"), "W")))
    assert last(door, number) == ["Ontvangen"]


def test_the_name_of_the_message_adds_and_changes_a_document(door: Door) -> None:
    number, key = new(door, relaties=INITIATOR), new_number()
    door.succeeded("edcLk01", d.edc_lk01("T", d.document(key, number, file=d.inhoud(b"%PDF-1.7"))))
    for mutatiesoort, old, wanted in (("W", "Gezinsplan", "Twee"), ("C", "Twee", "Drie"), ("F", "Drie", "Vier")):
        was, wordt = (f"{sleutel(key)}<ZKN:titel>{one}</ZKN:titel>" for one in (old, wanted))
        door.succeeded("edcLk01", d.edc_lk01(mutatiesoort, d.edc(was), d.edc(wordt)))
        answer = door.succeeded("geefZaakdocumentLezen_Lv01", d.edc_lv01(key))
        assert answer.findtext(".//{*}titel") == wanted


# --- V that must be taken over: nothing is removed, and nobody learns whether it exists


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("dienst", ["zakLk01", "edcLk01"])
def test_a_removal_is_refused_the_same_for_what_is_not_there(door: Door, dienst: str, exists: bool) -> None:
    number, key = new(door), new_number()
    door.succeeded("maakZaakdocument_Lk01", d.edc_lk01("T", d.document(key, number)))
    nobody = new_number()
    before = door.counts("document")
    if dienst == "zakLk01":
        code, why = door.fout(dienst, lk01("V", obj(sleutel(number if exists else nobody), "V")))
    else:
        code, why = door.fout(dienst, d.edc_lk01("V", d.edc(sleutel(key if exists else nobody), "V")))
    assert code == "StUF058"
    assert "Archiefwet" in why
    assert number not in why
    assert door.counts("document") == before
    assert details(door, number).find(".//{*}antwoord/{*}object") is not None


def test_the_sender_is_told_that_the_message_may_not_be_so(door: Door) -> None:
    answer = door.send("zakLk01", lk01("V", obj(sleutel(new(door)), "V")))
    assert answer.findtext(".//{*}Fo03Bericht/{*}body/{*}plek") == "client"


# --- T and V for information: an afnemersindicatie


def test_a_t_for_information_places_an_afnemersindicatie_and_a_v_removes_it(door: Door) -> None:
    number, other = new(door), new(door)
    for _ in range(2):
        interest(door, "T", number)
        assert afnemers(door, number) == ["GWS4all"]
    interest(door, "V", other)
    assert afnemers(door, number) == ["GWS4all"]
    for _ in range(2):
        interest(door, "V", number)
        assert afnemers(door, number) == []
    assert element(door, number, "z:omschrijving") == ["Zaak"]


def test_the_afnemersindicatie_is_of_the_sender_alone(door: Door) -> None:
    number = new(door)
    interest(door, "T", number)
    interest(door, "V", number, STRANGER)
    assert afnemers(door, number) == ["GWS4all"]


@pytest.mark.parametrize("zender", [STRANGER, "KCC-portaal"])
def test_a_sender_that_nothing_can_be_brought_to_is_told_so(door: Door, zender: str) -> None:
    """One is not in the inrichting, the other has no adres there."""
    bericht = lk01("T", obj(sleutel(new(door))), zender=zender, overname="I")
    code, why = door.fout("zakLk01", bericht)
    assert code == "StUF058"
    assert "adres" in why


@pytest.mark.parametrize("mutatiesoort", ["T", "V"])
def test_interest_in_a_zaak_that_is_not_there_is_refused(door: Door, mutatiesoort: str) -> None:
    before = door.counts()
    bericht = lk01(mutatiesoort, obj(sleutel(new_number()), mutatiesoort), overname="I")
    assert door.fout("zakLk01", bericht)[0] == "StUF064"
    assert door.counts() == before


# --- indicatorAfnemerIndicatie in a question (StUF 03.01, 6.1 and 6.2)

FOLLOW = (
    "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag><StUF:maximumAantal>1</StUF:maximumAantal>"
    "<StUF:indicatorAfnemerIndicatie>{}</StUF:indicatorAfnemerIndicatie>"
)


def followed(answer: etree._Element) -> list[str]:
    return [one.text or "" for one in answer.iter(stuf("indicatorAfnemerIndicatie"))]


@pytest.mark.parametrize("dienst", ["zakLv01", "geefZaakdetails_Lv01", "geefZaakstatus_Lv01"])
def test_a_question_places_an_afnemersindicatie_on_what_it_finds(door: Door, dienst: str) -> None:
    numbers = sorted((new(door), new(door)))
    for _ in range(2):
        answer = door.succeeded(dienst, lv01(sleutel(numbers[0]), parameters=FOLLOW.format("true")))
        assert followed(answer) == ["true"]
        [message] = answer.xpath("//*[local-name() = 'zakLa01']")
        assert check(parse(etree.tostring(message))) == []
    assert [afnemers(door, one) for one in numbers] == [["GWS4all"], []]


def test_only_the_zaken_in_the_answer_are_followed(door: Door) -> None:
    """The answer has one of both; the asker goes on, and follows the other too."""
    word = f"<ZKN:toelichting>{new_number()}</ZKN:toelichting>"
    numbers = [new_number(), new_number()]
    for number in sorted(numbers):
        text = zaak(number).replace("<ZKN:startdatum>", f"{word}<ZKN:startdatum>", 1)
        door.succeeded("creeerZaak_Lk01", lk01("T", text))
    door.succeeded("zakLv01", lv01(word, sortering=1, parameters=FOLLOW.format("true")))
    assert [afnemers(door, one) for one in sorted(numbers)] == [["GWS4all"], []]


@pytest.mark.parametrize("said", ["false", ""])
def test_nobody_follows_who_does_not_ask(door: Door, said: str) -> None:
    number = new(door)
    parameters = FOLLOW.format("false") if said else FOLLOW.partition("<StUF:indicatorAfnemer")[0]
    assert followed(door.succeeded("zakLv01", lv01(sleutel(number), parameters=parameters))) == []
    assert afnemers(door, number) == []


def test_a_sender_that_nothing_can_be_brought_to_reads_that_it_does_not_follow(door: Door) -> None:
    number = new(door)
    question = lv01(sleutel(number), parameters=FOLLOW.format("true")).replace("GWS4all", "KCC-portaal")
    assert followed(door.succeeded("zakLv01", question)) == ["false"]
    assert afnemers(door, number) == []


def test_nobody_follows_a_document(door: Door) -> None:
    number = new(door)
    question = d.edc_select(d.of_zaak(sleutel(number)), parameters=FOLLOW.format("true"), zender="GWS4all")
    assert followed(door.succeeded("edcLv01", question)) == ["false"]
    assert afnemers(door, number) == []


def test_a_question_that_is_answered_later_follows_too(door: Door) -> None:
    number = new(door)
    question = lv01(sleutel(number), parameters=FOLLOW.format("true")).replace("Lv01", "Lv02")
    door.succeeded("zakLv02", question)
    with door.engine.connect() as connection:
        kept = connection.execute(text("SELECT inhoud FROM notificatie ORDER BY id DESC LIMIT 1")).scalar_one()
    message = parse(bytes(kept))
    assert followed(message) == ["true"]
    assert check(message) == []
    assert afnemers(door, number) == ["GWS4all"]


def test_a_document_that_does_not_matter_any_more_stays(door: Door) -> None:
    number, key = new(door), new_number()
    door.succeeded("maakZaakdocument_Lk01", d.edc_lk01("T", d.document(key, number)))
    before = door.counts("document", "document_zaak", "afnemersindicatie")
    door.succeeded("edcLk01", d.edc_lk01("V", d.edc(sleutel(key), "V"), overname="I"))
    after = door.counts("document", "document_zaak", "afnemersindicatie")
    assert after == before | {"bericht": before["bericht"] + 1}
    assert door.fout("edcLk01", d.edc_lk01("V", d.edc(sleutel(new_number()), "V"), overname="I"))[0] == "StUF064"


@pytest.mark.parametrize(
    ("objecten", "why"),
    [((obj(""),), "identificatie"), ((obj(sleutel("1900Z")),) * 2, "1 object"), ((), "")],
)
def test_interest_names_one_zaak(door: Door, objecten: tuple[str, ...], why: str) -> None:
    code, details = door.fout("zakLk01", lk01("V", *objecten, overname="I"))
    assert code == "StUF055"
    assert why in details

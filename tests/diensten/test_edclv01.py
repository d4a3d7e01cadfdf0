"""edcLv01: documents by any selection, in an order, with a scope, part by part; no files (StUF 03.01, 6.1 - 6.4)."""

from collections.abc import Sequence

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.besluiten import TOEKENNING, vastgelegd
from tests.berichten.bouw import NO, new_number
from tests.berichten.documenten import document, edc_lk01, edc_select, inhoud, of_zaak
from tests.diensten.besluitstappen import add_besluit
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn.select.documents import DOCUMENTEN

TITELS = ("Advies", "Besluit", "Contract")
ZERO = "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>"
SINCE = (
    '<ZKN:vanaf StUF:entiteittype="EDC"><ZKN:creatiedatum>20261102</ZKN:creatiedatum></ZKN:vanaf>'
    f'<ZKN:totEnMet StUF:entiteittype="EDC"><ZKN:creatiedatum {NO}/></ZKN:totEnMet>'
)
MORE = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
COUNT = "<StUF:indicatorAantal>true</StUF:indicatorAantal>"


def at_most(number: int) -> str:
    return f"<StUF:maximumAantal>{number}</StUF:maximumAantal>"


@pytest.fixture(scope="module")
def dossier(door: Door) -> tuple[str, list[str]]:
    """A zaak with three documents; titles up, dates down."""
    number = new(door)
    keys = [f"{number}E{place}" for place in range(3)]
    for place, (key, titel) in enumerate(zip(keys, TITELS, strict=True)):
        bericht = document(key, number, file=inhoud(b"%PDF-1.7"), titel=titel)
        extra = f"<ZKN:creatiedatum>2026110{3 - place}</ZKN:creatiedatum>"
        bericht = bericht.replace("<ZKN:creatiedatum>20261101</ZKN:creatiedatum>", extra)
        door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", bericht))
    return number, keys


def records(besluit: str) -> str:
    """The criterion for the besluit of a document."""
    return f"""<ZKN:kanVastleggingZijnVan StUF:entiteittype="EDCBSL"><ZKN:gerelateerde StUF:entiteittype="BSL">
      {besluit}</ZKN:gerelateerde></ZKN:kanVastleggingZijnVan>"""


def ask(door: Door, number: str, gelijk: str = "", rest_of: str = "", **rest: object) -> etree._Element:
    """A question about the documents of a zaak; the answer is one that the schema allows."""
    of = of_zaak(sleutel(number)) + rest_of
    envelope = door.succeeded("edcLv01", edc_select(gelijk + of, **rest))  # type: ignore[arg-type]
    [answer] = envelope.findall(".//{*}edcLa01")
    assert check(parse(etree.tostring(answer))) == []
    return answer


def found(answer: etree._Element, naam: str = "identificatie") -> list[str]:
    return [one.findtext(f"{{*}}{naam}") or "" for one in answer.findall("{*}antwoord/{*}object")]


def test_the_documents_of_a_zaak_without_their_files(door: Door, dossier: tuple[str, list[str]]) -> None:
    number, keys = dossier
    answer = ask(door, number)
    assert found(answer) == keys
    assert found(answer, "titel") == list(TITELS)
    assert answer.find(".//{*}inhoud") is None
    assert {one.text for one in answer.findall(".//{*}isRelevantVoor/{*}gerelateerde/{*}identificatie")} == {number}


@pytest.mark.parametrize(
    ("gelijk", "rest", "expected"),
    [
        ("<ZKN:titel>Besluit</ZKN:titel>", "", [1]),
        ('<ZKN:titel StUF:exact="false">ADVI</ZKN:titel>', "", [0]),
        ("<ZKN:creatiedatum>20261101</ZKN:creatiedatum>", "", [2]),
        ("<ZKN:titel>Niemand</ZKN:titel>", "", []),
        (f"<ZKN:verzenddatum {NO}/>", "", [0, 1, 2]),
        (f"<ZKN:titel {NO}/>", "", []),
        (
            "",
            SINCE,
            [0, 1],
        ),
    ],
)
def test_a_selection(
    door: Door, dossier: tuple[str, list[str]], gelijk: str, rest: str, expected: Sequence[int]
) -> None:
    number, keys = dossier
    assert found(ask(door, number, gelijk, rest=rest)) == [keys[place] for place in expected]


def test_a_selection_on_the_relation_and_on_its_zaak(door: Door, dossier: tuple[str, list[str]]) -> None:
    number, keys = dossier
    zaak = f"{sleutel(number)}<ZKN:omschrijving>Zaak</ZKN:omschrijving>"
    assert found(door.succeeded("edcLv01", edc_select(of_zaak(zaak))).find(".//{*}edcLa01")) == keys  # type: ignore[arg-type]
    nothing = of_zaak(zaak, "<ZKN:registratiedatum>19000101</ZKN:registratiedatum>")
    answer = door.succeeded("edcLv01", edc_select(nothing))
    assert answer.find(".//{*}antwoord") is None


def test_a_document_of_no_zaak_is_asked_with_geenwaarde(door: Door, dossier: tuple[str, list[str]]) -> None:
    none = '<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" xsi:nil="true"/>'
    assert door.succeeded("edcLv01", edc_select(none)).find(".//{*}antwoord") is None


@pytest.mark.parametrize("number", sorted(DOCUMENTEN.sorteringen))
def test_every_order_goes_on_where_it_stopped(door: Door, dossier: tuple[str, list[str]], number: int) -> None:
    zaak, keys = dossier
    whole = found(ask(door, zaak, sortering=number))
    assert sorted(whole) == sorted(keys)
    assert whole == {6: keys, 4: keys}.get(number, whole)
    walked: list[str] = []
    start = ""
    while True:
        parameters = (MORE if start else ZERO) + at_most(1) + COUNT
        answer = ask(door, zaak, sortering=number, parameters=parameters, start=start)
        walked += found(answer)
        if answer.findtext(".//{*}indicatorVervolgvraag") == "false":
            break
        assert answer.findtext(".//{*}aantalVoorkomens") == str(len(keys))
        [last] = answer.findall("{*}antwoord/{*}object")
        start = "".join(etree.tostring(one, encoding="unicode") for one in last)
    assert walked == whole


def test_the_newest_goes_first(door: Door, dossier: tuple[str, list[str]]) -> None:
    number, keys = dossier
    assert found(ask(door, number, sortering=6)) == keys


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (edc_select(sortering=10, zender="GWS4all"), "StUF133"),
        (edc_select("<ZKN:creatiedatum>gisteren</ZKN:creatiedatum>", zender="GWS4all"), "StUF055"),
        (edc_select(parameters=MORE), "StUF103"),
        (edc_select(parameters=MORE, start=sleutel("0")), ""),
        (edc_select(parameters=MORE, start="<ZKN:titel>x</ZKN:titel>"), "StUF106"),
        (edc_select(sortering=8, parameters=MORE, start=sleutel("1900nergens")), "StUF106"),
    ],
)
def test_what_makes_no_question(door: Door, dossier: tuple[str, list[str]], question: str, code: str) -> None:
    answer = door.send("edcLv01", question)
    assert (answer.findtext(".//{*}body/{*}code") or "") == code


def test_what_cannot_be_selected_on_is_named(door: Door, dossier: tuple[str, list[str]]) -> None:
    number, keys = dossier
    part = '<ZKN:gerelateerde StUF:entiteittype="SDC"><ZKN:identificatie>1</ZKN:identificatie></ZKN:gerelateerde>'
    of = of_zaak(sleutel(number))
    question = edc_select(f'{of}<ZKN:maaktDeelUitVan StUF:entiteittype="EDCSDC">{part}</ZKN:maaktDeelUitVan>')
    answer = door.succeeded("edcLv01", question)
    assert answer.findtext(".//{*}melding") == "StUF0001: maaktDeelUitVan"
    assert len(answer.findall(".//{*}antwoord/{*}object")) == len(keys)


def test_the_looks_are_on_record(door: Door, dossier: tuple[str, list[str]]) -> None:
    number, keys = dossier
    ask(door, number, scope='<ZKN:identificatie xsi:nil="true"/>')
    with door.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM inzage ORDER BY id DESC LIMIT 1")).mappings().one()
    assert (row["wat"], row["aantal"]) == ("edcLv01", len(keys))
    assert keys[0] in str(row["documenten"])


def test_a_question_for_one_document_is_still_for_its_file(door: Door, dossier: tuple[str, list[str]]) -> None:
    """Also when the SOAPAction only repeats the name of the message."""
    answer = door.succeeded("edcLv01", edc_select(sleutel(dossier[1][0])))
    assert answer.find(".//{*}inhoud") is not None


def test_many_documents_take_as_many_statements_as_one(door: Door) -> None:
    statements = []
    for count in (1, 6):
        number = new(door)
        for _ in range(count):
            door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(new_number(), number)))
        with count_statements() as counter:
            assert len(found(ask(door, number))) == count
        statements.append(counter.aantal)
    assert statements[0] == statements[1]


def test_a_document_is_found_by_the_besluit_that_it_records(door: Door) -> None:
    number = new(door)
    keys = sorted(new_number() for _ in range(3))
    for key in keys:
        door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(key, number)))
    first, second = (add_besluit(door, number, rest=TOEKENNING + vastgelegd(key)) for key in (keys[2], keys[1]))
    for besluit, key in ((first, keys[2]), (second, keys[1])):
        assert found(ask(door, number, rest_of=records(sleutel(besluit)))) == [key]
    assert found(ask(door, number, sortering=9)) == [keys[0], *(keys[2], keys[1])[:: 1 if first < second else -1]]
    nobody = '<ZKN:kanVastleggingZijnVan StUF:entiteittype="EDCBSL" xsi:nil="true"/>'
    assert found(ask(door, number, rest_of=nobody)) == [keys[0]]

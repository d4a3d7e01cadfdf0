"""A value between XML and database: what is read comes back as it came (StUF 03.01, 3.4.1)."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Soort
from regiesysteem.stuf.namespaces import CONTENT_TYPE, NIL, NO_VALUE, STUF
from regiesysteem.stuf.values import Waarde
from regiesysteem.stuf.xml import canoniek, ontleed
from regiesysteem.zkn.names import ZKN, zkn

TEKST = Element("omschrijving")
DATUM = Element("einddatum", soort=Soort.DATUM)
GROEP = Element("resultaat", velden=(Element("omschrijving"), Element("toelichting")))
DIEP = Element("anderZaakObject", velden=(GROEP, Element("lokatie", letterlijk=True)), meervoudig=True)
BESTAND = Element("inhoud", soort=Soort.BINAIR, nil=False)
LETTERLIJK = Element("lokatie", letterlijk=True)
SOORTEN = ("geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund", "nietGeautoriseerd")

# All that XML 1.0 can hold; a carriage return is a newline to every XML parser unless it is written as a reference.
tekens = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff")
teksten = st.text(tekens, max_size=40) | st.sampled_from(["", " ", "  voor en na  ", "ß€ø😀", "]]>&<\"'", "x" * 1000])


def _knoop(element: Element, waarde: str, **attributen: str) -> etree._Element:
    knoop = etree.Element(zkn(element.naam), nsmap={"ZKN": ZKN})
    knoop.text = waarde
    for naam, inhoud in attributen.items():
        knoop.set(NIL if naam == "nil" else f"{{{STUF}}}{naam}", inhoud)
    return ontleed(etree.tostring(knoop))


def _heen_en_terug(knoop: etree._Element, element: Element) -> etree._Element:
    """Read, store as the database does, write."""
    bewaard: Waarde = orjson.loads(orjson.dumps(values.lees(knoop, element)))
    houder = etree.Element("houder")
    values.schrijf(houder, element, bewaard, ZKN)
    [terug] = houder
    return terug


@given(waarde=teksten)
def test_text_comes_back(waarde: str) -> None:
    knoop = _knoop(TEKST, waarde)
    assert (_heen_en_terug(knoop, TEKST).text or "") == (knoop.text or "")


@given(waarde=teksten, indicatie=st.sampled_from(["V", "D", "M", "J"]), meta=st.booleans())
def test_attributes_come_back(waarde: str, indicatie: str, meta: bool) -> None:
    knoop = _knoop(DATUM, waarde.strip(), indOnvolledigeDatum=indicatie, **({"metagegeven": "true"} if meta else {}))
    terug = _heen_en_terug(knoop, DATUM)
    assert dict(terug.attrib) == dict(knoop.attrib)


def test_of_a_file_its_name_and_type_come_back_and_its_bytes_do_not() -> None:
    knoop = _knoop(BESTAND, "QUJD", bestandsnaam="plan.pdf")
    knoop.set(CONTENT_TYPE, "application/pdf")
    terug = _heen_en_terug(knoop, BESTAND)
    assert dict(terug.attrib) == dict(knoop.attrib)
    assert not terug.text
    assert not values.is_leeg(values.lees(knoop, BESTAND))
    assert values.is_leeg(values.lees(_knoop(BESTAND, "", nil="true"), BESTAND))


@pytest.mark.parametrize("soort", SOORTEN)
@pytest.mark.parametrize("element", [TEKST, DATUM, GROEP], ids=lambda element: element.naam)
def test_every_kind_of_novalue_comes_back(element: Element, soort: str) -> None:
    terug = _heen_en_terug(_knoop(element, "", nil="true", noValue=soort), element)
    assert (terug.get(NIL), terug.get(NO_VALUE), terug.text) == ("true", soort, None)


@pytest.mark.parametrize("soort", SOORTEN)
def test_what_is_kept_as_it_came_says_why_it_is_empty_where_an_answer_can(soort: str) -> None:
    knoop = _knoop(LETTERLIJK, "", nil="true", noValue=soort)
    for element, verwacht in ((LETTERLIJK, soort), (replace(LETTERLIJK, novalue=False), None)):
        terug = _heen_en_terug(knoop, element)
        assert (terug.get(NIL), terug.get(NO_VALUE)) == ("true", verwacht)


@pytest.mark.parametrize("nil", ["true", "1"])
@pytest.mark.parametrize("element", [TEKST, DATUM, GROEP], ids=lambda element: element.naam)
def test_nil_without_novalue_comes_back_and_means_geenwaarde(element: Element, nil: str) -> None:
    knoop = _knoop(element, "", nil=nil)
    waarde = values.lees(knoop, element)
    assert values.is_leeg(waarde)
    assert values.geen_waarde(waarde) == "geenWaarde"
    terug = _heen_en_terug(knoop, element)
    assert (terug.get(NIL), terug.get(NO_VALUE)) == ("true", None)


def test_what_steers_the_processing_is_not_kept() -> None:
    knoop = _knoop(TEKST, "x", verwerkingssoort="T", sleutelVerzendend="1", entiteittype="ZAK", functie="entiteit")
    assert values.lees(knoop, TEKST) == "x"


@pytest.mark.parametrize("exact", ["true", "false"])
def test_how_a_question_compares_is_no_part_of_a_value(exact: str) -> None:
    """StUF 03.01, 6.3.1: StUF:exact belongs to <gelijk>; kept, it would make a value differ from the same value."""
    assert values.lees(_knoop(TEKST, "x", exact=exact), TEKST) == "x"


@given(een=teksten, twee=teksten | st.none())
def test_a_group_comes_back(een: str, twee: str | None) -> None:
    knoop = etree.Element(zkn("resultaat"))
    etree.SubElement(knoop, zkn("omschrijving")).text = een
    if twee is not None:
        etree.SubElement(knoop, zkn("toelichting")).text = twee
    knoop = ontleed(etree.tostring(knoop))
    terug = _heen_en_terug(knoop, GROEP)
    assert [(kind.tag, kind.text or "") for kind in terug] == [(kind.tag, kind.text or "") for kind in knoop]


def test_a_group_is_written_in_the_order_of_the_schema() -> None:
    knoop = ontleed(f'<r xmlns="{ZKN}"><toelichting>2</toelichting><omschrijving>1</omschrijving></r>'.encode())
    assert [kind.text for kind in _heen_en_terug(knoop, GROEP)] == ["1", "2"]


def test_repeats_collect_and_come_back_in_their_order() -> None:
    bron = f'<o xmlns="{ZKN}">' + "".join(
        f"<anderZaakObject><resultaat><omschrijving>{i}</omschrijving></resultaat></anderZaakObject>" for i in range(5)
    )
    gegevens = values.lees_kinderen(ontleed(f"{bron}</o>".encode()), [DIEP])
    houder = etree.Element("houder")
    values.schrijf(houder, DIEP, gegevens["anderZaakObject"], ZKN)
    assert houder.xpath("string()") == "01234"
    assert len(houder) == 5


@given(inhoud=teksten)
def test_what_is_kept_as_it_came_comes_back_to_the_byte(inhoud: str) -> None:
    vreemd = etree.Element(zkn("lokatie"), nsmap={"ZKN": ZKN, "g": "http://www.opengis.net/gml"})
    punt = etree.SubElement(vreemd, "{http://www.opengis.net/gml}Point", srsName="RD")
    punt.text, punt.tail = inhoud, "\n "
    knoop = ontleed(etree.tostring(vreemd))
    assert canoniek(_heen_en_terug(knoop, LETTERLIJK)) == canoniek(knoop)


def test_verwerkingssoort_inside_what_is_kept_as_it_came_goes() -> None:
    bron = f'<l xmlns="{ZKN}" xmlns:S="{STUF}"><x S:verwerkingssoort="T" S:entiteittype="X"/></l>'
    terug = _heen_en_terug(ontleed(bron.encode()), LETTERLIJK)
    assert dict(terug[0].attrib) == {f"{{{STUF}}}entiteittype": "X"}


def test_unknown_children_are_skipped() -> None:
    knoop = ontleed(f'<o xmlns="{ZKN}"><omschrijving>a</omschrijving><nieuw>b</nieuw></o>'.encode())
    assert values.lees_kinderen(knoop, [TEKST]) == {"omschrijving": "a"}


@pytest.mark.parametrize("inhoud", ["", " ", "\n"])
def test_a_date_without_text_says_nothing(inhoud: str) -> None:
    """A sender that writes <einddatum/> for what it does not have does not clear it (docs/afwijkingen.md 31)."""
    knoop = ontleed(f'<o xmlns="{ZKN}"><einddatum>{inhoud}</einddatum><omschrijving/></o>'.encode())
    assert values.lees_kinderen(knoop, [TEKST, DATUM]) == {"omschrijving": ""}


def test_white_space_around_a_date_is_not_part_of_it() -> None:
    assert values.lees(_knoop(DATUM, "\n 20260101 "), DATUM) == "20260101"


@pytest.mark.parametrize(
    ("waarde", "leeg"),
    [
        (None, True),
        ({"@noValue": "geenWaarde"}, True),
        ({"@nil": "true"}, True),
        ({"@noValue": "waardeOnbekend"}, False),
        ("", False),
        ("x", False),
        ({"_": "", "@indOnvolledigeDatum": "J"}, False),
        ({"#": "<x/>"}, False),
        ({}, True),
        ({"omschrijving": {"@noValue": "geenWaarde"}, "toelichting": {"@nil": "true"}}, True),
        ({"omschrijving": {"@noValue": "geenWaarde"}, "toelichting": "x"}, False),
        ([], True),
        ([{"@noValue": "geenWaarde"}], True),
        ([{"kenmerk": "1"}], False),
    ],
)
def test_what_has_no_value(waarde: Waarde | None, leeg: bool) -> None:
    assert values.is_leeg(waarde) == leeg

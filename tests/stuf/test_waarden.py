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
from regiesysteem.stuf.xml import canonical, parse
from regiesysteem.zkn.names import ZKN, zkn

TEXT = Element("omschrijving")
DATUM = Element("einddatum", soort=Soort.DATUM)
GROUP = Element("resultaat", fields=(Element("omschrijving"), Element("toelichting")))
DIEP = Element("anderZaakObject", fields=(GROUP, Element("lokatie", verbatim=True)), repeatable=True)
FILE = Element("inhoud", soort=Soort.BINAIR, nil=False)
VERBATIM = Element("lokatie", verbatim=True)
SOORTEN = ("geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund", "nietGeautoriseerd")

# All that XML 1.0 can hold; a carriage return is a newline to every XML parser unless it is written as a reference.
tekens = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff")
texts = st.text(tekens, max_size=40) | st.sampled_from(["", " ", "  voor en na  ", "ß€ø😀", "]]>&<\"'", "x" * 1000])


def _node(element: Element, waarde: str, **attributes: str) -> etree._Element:
    node = etree.Element(zkn(element.naam), nsmap={"ZKN": ZKN})
    node.text = waarde
    for naam, inhoud in attributes.items():
        node.set(NIL if naam == "nil" else f"{{{STUF}}}{naam}", inhoud)
    return parse(etree.tostring(node))


def _heen_and_back(node: etree._Element, element: Element) -> etree._Element:
    """Read, store as the database does, write."""
    kept: Waarde = orjson.loads(orjson.dumps(values.read(node, element)))
    holder = etree.Element("houder")
    values.write(holder, element, kept, ZKN)
    [back] = holder
    return back


@given(waarde=texts)
def test_text_comes_back(waarde: str) -> None:
    node = _node(TEXT, waarde)
    assert (_heen_and_back(node, TEXT).text or "") == (node.text or "")


@given(waarde=texts, indicatie=st.sampled_from(["V", "D", "M", "J"]), meta=st.booleans())
def test_attributes_come_back(waarde: str, indicatie: str, meta: bool) -> None:
    node = _node(DATUM, waarde.strip(), indOnvolledigeDatum=indicatie, **({"metagegeven": "true"} if meta else {}))
    back = _heen_and_back(node, DATUM)
    assert dict(back.attrib) == dict(node.attrib)


def test_of_a_file_its_name_and_type_come_back_and_its_bytes_do_not() -> None:
    node = _node(FILE, "QUJD", bestandsnaam="plan.pdf")
    node.set(CONTENT_TYPE, "application/pdf")
    back = _heen_and_back(node, FILE)
    assert dict(back.attrib) == dict(node.attrib)
    assert not back.text
    assert not values.is_empty(values.read(node, FILE))
    assert values.is_empty(values.read(_node(FILE, "", nil="true"), FILE))


@pytest.mark.parametrize("soort", SOORTEN)
@pytest.mark.parametrize("element", [TEXT, DATUM, GROUP], ids=lambda element: element.naam)
def test_every_kind_of_novalue_comes_back(element: Element, soort: str) -> None:
    back = _heen_and_back(_node(element, "", nil="true", noValue=soort), element)
    assert (back.get(NIL), back.get(NO_VALUE), back.text) == ("true", soort, None)


@pytest.mark.parametrize("soort", SOORTEN)
def test_what_is_kept_as_it_came_says_why_it_is_empty_where_an_answer_can(soort: str) -> None:
    node = _node(VERBATIM, "", nil="true", noValue=soort)
    for element, expected in ((VERBATIM, soort), (replace(VERBATIM, novalue=False), None)):
        back = _heen_and_back(node, element)
        assert (back.get(NIL), back.get(NO_VALUE)) == ("true", expected)


@pytest.mark.parametrize("nil", ["true", "1"])
@pytest.mark.parametrize("element", [TEXT, DATUM, GROUP], ids=lambda element: element.naam)
def test_nil_without_novalue_comes_back_and_means_geenwaarde(element: Element, nil: str) -> None:
    node = _node(element, "", nil=nil)
    waarde = values.read(node, element)
    assert values.is_empty(waarde)
    assert values.no_waarde(waarde) == "geenWaarde"
    back = _heen_and_back(node, element)
    assert (back.get(NIL), back.get(NO_VALUE)) == ("true", None)


def test_what_steers_the_processing_is_not_kept() -> None:
    node = _node(TEXT, "x", verwerkingssoort="T", sleutelVerzendend="1", entiteittype="ZAK", functie="entiteit")
    assert values.read(node, TEXT) == "x"


@pytest.mark.parametrize("exact", ["true", "false"])
def test_how_a_question_compares_is_no_part_of_a_value(exact: str) -> None:
    """StUF 03.01, 6.3.1: StUF:exact belongs to <gelijk>; kept, it would make a value differ from the same value."""
    assert values.read(_node(TEXT, "x", exact=exact), TEXT) == "x"


@given(one=texts, twee=texts | st.none())
def test_a_group_comes_back(one: str, twee: str | None) -> None:
    node = etree.Element(zkn("resultaat"))
    etree.SubElement(node, zkn("omschrijving")).text = one
    if twee is not None:
        etree.SubElement(node, zkn("toelichting")).text = twee
    node = parse(etree.tostring(node))
    back = _heen_and_back(node, GROUP)
    assert [(child.tag, child.text or "") for child in back] == [(child.tag, child.text or "") for child in node]


def test_a_group_is_written_in_the_order_of_the_schema() -> None:
    node = parse(f'<r xmlns="{ZKN}"><toelichting>2</toelichting><omschrijving>1</omschrijving></r>'.encode())
    assert [child.text for child in _heen_and_back(node, GROUP)] == ["1", "2"]


def test_repeats_collect_and_come_back_in_their_order() -> None:
    source = f'<o xmlns="{ZKN}">' + "".join(
        f"<anderZaakObject><resultaat><omschrijving>{i}</omschrijving></resultaat></anderZaakObject>" for i in range(5)
    )
    data = values.read_children(parse(f"{source}</o>".encode()), [DIEP])
    holder = etree.Element("houder")
    values.write(holder, DIEP, data["anderZaakObject"], ZKN)
    assert holder.xpath("string()") == "01234"
    assert len(holder) == 5


@given(inhoud=texts)
def test_what_is_kept_as_it_came_comes_back_to_the_byte(inhoud: str) -> None:
    foreign = etree.Element(zkn("lokatie"), nsmap={"ZKN": ZKN, "g": "http://www.opengis.net/gml"})
    punt = etree.SubElement(foreign, "{http://www.opengis.net/gml}Point", srsName="RD")
    punt.text, punt.tail = inhoud, "\n "
    node = parse(etree.tostring(foreign))
    assert canonical(_heen_and_back(node, VERBATIM)) == canonical(node)


def test_verwerkingssoort_inside_what_is_kept_as_it_came_goes() -> None:
    source = f'<l xmlns="{ZKN}" xmlns:S="{STUF}"><x S:verwerkingssoort="T" S:entiteittype="X"/></l>'
    back = _heen_and_back(parse(source.encode()), VERBATIM)
    assert dict(back[0].attrib) == {f"{{{STUF}}}entiteittype": "X"}


def test_unknown_children_are_skipped() -> None:
    node = parse(f'<o xmlns="{ZKN}"><omschrijving>a</omschrijving><nieuw>b</nieuw></o>'.encode())
    assert values.read_children(node, [TEXT]) == {"omschrijving": "a"}


@pytest.mark.parametrize("inhoud", ["", " ", "\n"])
def test_a_date_without_text_says_nothing(inhoud: str) -> None:
    """A sender that writes <einddatum/> for what it does not have does not clear it (docs/afwijkingen.md 31)."""
    node = parse(f'<o xmlns="{ZKN}"><einddatum>{inhoud}</einddatum><omschrijving/></o>'.encode())
    assert values.read_children(node, [TEXT, DATUM]) == {"omschrijving": ""}


def test_white_space_around_a_date_is_not_part_of_it() -> None:
    assert values.read(_node(DATUM, "\n 20260101 "), DATUM) == "20260101"


@pytest.mark.parametrize(
    ("waarde", "empty"),
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
def test_what_has_no_value(waarde: Waarde | None, empty: bool) -> None:
    assert values.is_empty(waarde) == empty

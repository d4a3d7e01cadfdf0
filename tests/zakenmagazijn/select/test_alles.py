"""Any question that the schema allows gets an answer or a fault of StUF, and a value of a zaak finds that zaak."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from lxml import etree
from sqlalchemy import Engine
from tests.berichten.bouw import element, give_datum, laat_nobody_gone, lk01, mdw, obj, rol
from tests.berichten.generator import Choice, WillekeurigeChoice, chosen, genereer
from tests.zakenmagazijn.select.conftest import INRICHTING, Magazijn, bericht

from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import (
    EXACT,
    NIL,
    NO_VALUE,
    SLEUTEL_GEGEVENSBEHEER,
    SLEUTEL_ONTVANGEND,
    SLEUTEL_VERZENDEND,
)
from regiesysteem.stuf.read import Instance, Voorkomen, local, read_instance
from regiesysteem.stuf.values import NO_WAARDE
from regiesysteem.stuf.xml import parse, serialise
from regiesysteem.zakenmagazijn.rows import sleutel
from regiesysteem.zakenmagazijn.select import find_hits, read_question
from regiesysteem.zakenmagazijn.select.question import no_waarde_of
from regiesysteem.zakenmagazijn.zaak_changes import Origin, creeer
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import HEEFT, ZAK

FOUTEN = {"", "StUF055", "StUF079", "StUF085", "StUF088", "StUF091", "StUF094", "StUF097", "StUF103", "StUF106"}
TIJDSTIP_REGISTRATIE = "tijdstipRegistratie"
OTHERS = ("heeftAlsDeelzaak", "heeftBetrekkingOpAndere")


@pytest.fixture(scope="module")
def filled(module_engine: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn with a zaak of every kind of content."""
    with module_engine.connect() as connection:
        source = random.Random(1)
        magazijn = Magazijn(connection, inrichting)
        for _ in range(10):
            _register(magazijn, _zaak(WillekeurigeChoice(source), 200))
        yield magazijn
        connection.rollback()


def _read_question(choice: Choice, elementen: int) -> etree._Element:
    """A question with anything; the two sides of its range have the same elements."""
    fixed = {"parameters/indicatorVervolgvraag": "true" if choice.yes(0.2) else "false"}
    question = parse(serialise(genereer("zakLv01", choice, elementen=elementen, echt=choice.yes(0.7), fixed=fixed)))
    for naam in ("gelijk", "vanaf", "totEnMet"):
        part = question.find(zkn(naam))
        if part is not None and choice.yes(0.9):
            for sleutel_ in (SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND, SLEUTEL_GEGEVENSBEHEER):
                part.attrib.pop(sleutel_, None)
    vanaf, until = question.find(zkn("vanaf")), question.find(zkn("totEnMet"))
    if until is not None:
        question.remove(until)
    if vanaf is not None:
        for node in vanaf.iter(etree.Element):
            node.attrib.pop(EXACT, None)
        copy = parse(serialise(vanaf))
        copy.tag = zkn("totEnMet")
        vanaf.addnext(copy)
    return question


def _question(filled: Magazijn, question: etree._Element) -> None:
    code = ""
    with filled.apart() as magazijn:
        try:
            find_hits(magazijn.connection, magazijn.inrichting, read_question(question, magazijn.inrichting))
        except StufFout as error:
            code = error.code
    assert code in FOUTEN


@settings(max_examples=100)
@given(question=chosen(lambda choice: _read_question(choice, 30)))
def test_any_question_gets_an_answer_or_a_fault(filled: Magazijn, question: str) -> None:
    _question(filled, element(question))


@pytest.mark.parametrize("zaad", range(4))
def test_large_questions_too(filled: Magazijn, zaad: int) -> None:
    source = random.Random(zaad)
    for _ in range(40):
        _question(filled, _read_question(WillekeurigeChoice(source), 400))


def _zaak(choice: Choice, elementen: int) -> etree._Element:
    """The object of a creeerZaak with anything that it may carry."""
    number = f"1900{choice.whole(0, 10**12)}"
    fixed: dict[str, str | None] = {
        "object/identificatie": number,
        "object/startdatum": "20200101",
        "object/isVan/gerelateerde/code": "A",
        "//eindRelatie": None,  # a relation that has ended finds nothing (StUF 5.2.6)
    }
    made = genereer(
        "zakLk01",
        choice,
        fixed=fixed,
        without=[f"object/{naam}" for naam in (*OTHERS, "heeftAlsInitiator")],
        elementen=elementen,
    )
    object_ = parse(serialise(made)).find(zkn("object"))
    for type_ in object_.findall(f"{zkn('heeft')}/{zkn('gerelateerde')}"):
        _only(type_, "volgnummer", str(choice.whole(1, 2)))
        give_datum(type_)
    _only(object_.find(f"{zkn('isVan')}/{zkn('gerelateerde')}"), "code", "A")
    laat_nobody_gone(object_)
    object_.append(element(lk01("T", obj(rol("heeftAlsInitiator", mdw(number[-20:])))))[-1][0])
    return object_


def _register(magazijn: Magazijn, object_: etree._Element) -> tuple[str, Instance]:
    """Register a zaak; its number and what was read of it."""
    number = object_.findtext(zkn("identificatie")) or ""
    instance = read_instance(object_, ZAK)
    magazijn.ids[number] = creeer(
        magazijn.connection,
        magazijn.inrichting,
        instance,
        Origin(1, "Creeer zaak", datetime(2026, 11, 24, tzinfo=UTC)),
    )
    return number, instance


def _only(node: etree._Element, naam: str, text: str) -> None:
    """Identify a type by one element only: of all others the inrichting says what they are."""
    for child in list(node):
        node.remove(child)
    etree.SubElement(node, zkn(naam)).text = text


def _shared(instance: Instance) -> Counter[tuple[str, str | None]]:
    """How often a message names each object."""
    named: list[Voorkomen] = list(instance.alle())
    named += [deeper for one in named for listing in one.relaties.values() for deeper in listing]
    personen = [one.gerelateerde for one in named if one.gerelateerde]
    return Counter((who.entiteit.code, sleutel(who.entiteit, who.gegevens)) for who in personen)


def _criteria(object_: etree._Element, instance: Instance) -> Iterator[etree._Element]:
    """The elements of a zaak that say by themselves what it has."""
    count = Counter(local(child) for child in object_)
    shared = _shared(instance)
    for child in object_:
        naam = local(child)
        empty = NIL in child.attrib or NO_VALUE in child.attrib
        if empty and count[naam] > 1:
            continue  # another one has a value
        if naam == TIJDSTIP_REGISTRATIE:
            continue  # ours counts, not that of the sender (docs/afwijkingen.md 59)
        if empty and naam == HEEFT.naam and no_waarde_of(child) == NO_WAARDE:
            continue  # a zaak that says to have no status gets the first of its zaaktype (docs/afwijkingen.md 19)
        if ZAK.relatie(naam) is not None and not empty:
            # The row of an object that is named twice says what came first.
            one = read_instance(_om(child), ZAK)
            if any(shared[who] > 1 and who[1] for who in _shared(one)):
                continue
        yield child


def _om(child: etree._Element) -> etree._Element:
    object_ = etree.Element(zkn("object"))
    object_.append(parse(serialise(child)))
    return object_


def _check(magazijn: Magazijn, object_: etree._Element) -> int:
    number, instance = _register(magazijn, object_)
    count = 0
    for child in _criteria(object_, instance):
        for node in list(child.iter(etree.Element)):
            if local(node) == TIJDSTIP_REGISTRATIE:
                node.getparent().remove(node)
            for sleutel_ in (SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND, SLEUTEL_GEGEVENSBEHEER):
                node.attrib.pop(sleutel_, None)  # by a key of its own nobody finds a zaak
        gelijk = etree.tostring(child, encoding="unicode")
        question = element(bericht(gelijk, maximum=50, count=True))
        hits = find_hits(magazijn.connection, magazijn.inrichting, read_question(question, magazijn.inrichting))
        enough = hits.more or magazijn.ids[number] in hits.ids
        assert enough, f"{number} is not found by {gelijk}"
        count += 1
    return count


@pytest.fixture
def empty(engine: Engine) -> Iterator[Magazijn]:
    """A magazijn in a database of its own, where no object is known from another zaak."""
    load_inrichting(engine, read_text(INRICHTING, "test"))
    with engine.connect() as open_:
        yield Magazijn(open_, read_inrichting(open_))
        open_.rollback()


def _check_only(empty: Magazijn, object_: etree._Element) -> int:
    with empty.apart() as magazijn:
        return _check(magazijn, object_)


@settings(max_examples=40)
@given(object_=chosen(lambda choice: _zaak(choice, 40)))
def test_what_a_zaak_has_finds_it(empty: Magazijn, object_: str) -> None:
    assert _check_only(empty, element(object_)) >= 2


@pytest.mark.parametrize("zaad", range(4))
def test_what_a_large_zaak_has_finds_it(empty: Magazijn, zaad: int) -> None:
    source, asked = random.Random(zaad), 0
    while asked <= 100:
        asked += _check_only(empty, _zaak(WillekeurigeChoice(source), 300))

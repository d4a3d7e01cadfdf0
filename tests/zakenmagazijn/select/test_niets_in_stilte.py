"""Each part of a question is used, named in a melding, or refused, everywhere (StUF 03.01, 6.3.1).

Every path that the schema of zakLv01 allows in a selection, and every one that the entity tables have (a sender that is
soepel may name a subtype), with every attribute on every element of it.
"""

import re
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.berichten.bouw import NS, texts
from tests.berichten.documenten import SOEPEL, edc_lv01
from tests.berichten.schema import Element as Declaration
from tests.berichten.schema import schema
from tests.diensten.documentstappen import add
from tests.soap.conftest import Door, make_door
from tests.soap.conftest import door as door_

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import EXACT, IND_INCOMPLETE_DATUM, NIL, NO_VALUE, STUF
from regiesysteem.zakenmagazijn.select import read_question
from regiesysteem.zakenmagazijn.select.conditions import NEVER, Build, source
from regiesysteem.zakenmagazijn.select.sql import zaak_conditions
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

__all__ = ["door", "make_door"]
door = door_

Path = tuple[str, ...]
"""The names of elements, in Clark notation, from below <gelijk>."""

WAARDE = "20260101"
"""A text that is a date, a number, and no BSN."""
SLEUTEL = f"{{{STUF}}}sleutelOntvangend"
ATTRIBUTES = {
    SLEUTEL: "987",
    f"{{{STUF}}}verwerkingssoort": "T",
    EXACT: "false",
    IND_INCOMPLETE_DATUM: "D",
    "groepsnaam": "x",
}
MAX_DEPTH = 9


def _from_schema(declaration: Declaration, path: Path = ()) -> Iterator[Path]:
    for child in declaration.inhoud.children():
        deeper = (*path, child.naam)
        if child.inhoud.waarde is not None:
            yield deeper
        elif len(deeper) < MAX_DEPTH:
            yield deeper
            yield from _from_schema(child, deeper)


def _from_table(form: Entiteit | Relatie, path: Path = ()) -> Iterator[Path]:
    for element in form.elementen:
        yield from _from_element(element, form.ns, path)
    for relatie in form.relaties:
        to = (*path, f"{{{relatie.ns}}}{relatie.naam}")
        yield from _from_table(relatie, to)
        for choice in relatie.gerelateerde if len(to) < MAX_DEPTH else ():
            until = (*to, f"{{{relatie.ns}}}gerelateerde", *([f"{{{relatie.ns}}}{choice.naam}"] if choice.naam else []))
            yield until
            yield from _from_table(choice.entiteit, until)


def _from_element(element: Element, ns: str, path: Path) -> Iterator[Path]:
    ns = element.ns or ns
    own = (*path, f"{{{ns}}}{element.naam}")
    yield own
    for field in element.fields:
        yield from _from_element(field, ns, own)


def paths() -> list[Path]:
    """All paths of a selection."""
    [gelijk] = [child for child in schema().root("zakLv01").inhoud.children() if child.local == "gelijk"]
    return sorted({*_from_schema(gelijk), *_from_table(ZAK)})


def _nodes(holder: etree._Element, path: Path) -> list[etree._Element]:
    out = []
    for naam in path:
        holder = etree.SubElement(holder, naam)
        out.append(holder)
    return out


def _question(
    path: Path, text: str | None, *, range_: bool = False
) -> tuple[etree._Element, list[list[etree._Element]]]:
    """A zakLv01 with one criterion; the elements on the way to it, of both sides when it is a range."""
    question = etree.Element(zkn("zakLv01"))
    wegen = [
        _nodes(etree.SubElement(question, zkn(naam)), path)
        for naam in (("vanaf", "totEnMet") if range_ else ("gelijk",))
    ]
    for gone in wegen:
        gone[-1].text = text
    return question, wegen


def _effect(question: etree._Element, inrichting: Inrichting) -> tuple[str, list[object], set[str]]:
    """The result of reading a question: condition, parameters and ignored parts; of one that is refused its code."""
    try:
        parsed = read_question(question, inrichting)
        build = Build(inrichting)
        where = zaak_conditions(build, source("z", zaak=True), parsed.criteria)
    except StufFout as error:
        return error.code, [], set()
    return where, list(build.parameters.values()), {*build.ignored, *parsed.ignored}


def _short(path: Path) -> str:
    return "/".join(naam.rpartition("}")[2] for naam in path)


def test_there_are_paths_to_try() -> None:
    short = {_short(path) for path in paths()}
    assert len(short) > 1000
    assert {
        "heeftAlsInitiator/gerelateerde/identificatie",
        "heeft/isGezetDoor/gerelateerde/identificatie",
        "heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/inp.bsn",
        "heeftAlsHoofdzaak/gerelateerde/heeft/datumStatusGezet",
    } <= short


FORMS = {
    "een waarde": (WAARDE, False, {}),
    "een deel van een waarde": (WAARDE, False, {EXACT: "false"}),
    "een bereik": (WAARDE, True, {}),
    "leeg": ("", False, {}),
    "geen waarde": (None, False, {NIL: "true", NO_VALUE: "geenWaarde"}),
    "vastgesteld onbekend": (None, False, {NIL: "true", NO_VALUE: "vastgesteldOnbekend"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_criterion_is_used_named_or_refused(inrichting: Inrichting, form: str) -> None:
    text, range_, attributes = FORMS[form]
    quiet = []
    for path in paths():
        question, wegen = _question(path, text, range_=range_)
        for gone in wegen:
            gone[-1].attrib.update(attributes)
        where, parameters, ignored = _effect(question, inrichting)
        without = (
            ("", [], set()) if len(path) == 1 else _effect(_question(path[:-1], None, range_=range_)[0], inrichting)
        )
        if not ignored - without[2] and (where, parameters) == without[:2] and not _names(ignored, path):
            quiet.append(_short(path))
    assert quiet == []


def _names(ignored: set[str], path: Path) -> bool:
    return not ignored.isdisjoint(_short(path).split("/"))


def _places() -> Iterator[tuple[Path, int]]:
    """Every element of a selection once as the last of a path, and once with something inside."""
    seen = set()
    for path in paths():
        yield path, len(path) - 1
        for place in range(len(path) - 1):
            if path[: place + 1] not in seen:
                seen.add(path[: place + 1])
                yield path, place


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda naam: naam.rpartition("}")[2])
def test_every_attribute_of_a_criterion_is_used_named_or_refused(inrichting: Inrichting, attribute: str) -> None:
    quiet = []
    range_ = attribute in (SLEUTEL, "groepsnaam")
    for path, place in _places():
        bare = _effect(_question(path, WAARDE, range_=range_)[0], inrichting)
        question, wegen = _question(path, WAARDE, range_=range_)
        for gone in wegen:
            gone[place].set(attribute, ATTRIBUTES[attribute])
        # An element is ignored together with its attributes; no type of the inrichting has this value, or a part of it.
        if (
            _effect(question, inrichting) == bare
            and not _names(bare[2], path)
            and not re.search(rf"\b{NEVER}\b", bare[0])
        ):
            quiet.append(f"{_short(path)}, {_short((attribute,))} op {_short(path[place : place + 1])}")
    assert quiet == []


@pytest.mark.parametrize("naam", ["gelijk", "vanaf"])
@pytest.mark.parametrize("attribute", ["onzin", f"{{{STUF}}}verwerkingssoort"])
def test_an_attribute_of_the_selection_itself_is_named(inrichting: Inrichting, naam: str, attribute: str) -> None:
    question, [gone, *_] = _question((zkn("startdatum"),), WAARDE, range_=naam == "vanaf")
    gone[0].getparent().set(attribute, "x")
    assert _effect(question, inrichting)[2] == {attribute.rpartition("}")[2]}


def test_a_key_of_what_is_no_zaak_is_refused(inrichting: Inrichting) -> None:
    """StUF 03.01, table 6.4: we have no keys of relations and people, so nobody knows one of ours."""
    question, [[relatie]] = _question((zkn("heeftAlsInitiator"),), None)
    relatie.set(SLEUTEL, "987654321")
    with pytest.raises(StufFout) as error:
        read_question(question, inrichting)
    assert (error.value.code, "heeftAlsInitiator" in error.value.details) == ("StUF094", True)
    etree.SubElement(etree.SubElement(relatie, zkn("gerelateerde")), zkn("identificatie")).text = "1"
    assert read_question(question, inrichting).ignored == ("sleutelOntvangend",)


@pytest.mark.parametrize(
    ("added", "naam"),
    [
        ('<ZKN:versie xsi:nil="true" StUF:noValue="geenWaarde"/>', "versie"),
        ("<ZKN:titel>x</ZKN:titel>", "titel"),
        ("<ZKN:versie StUF:verwerkingssoort='I'>1.0</ZKN:versie>", "verwerkingssoort"),
    ],
)
def test_of_a_document_too(door: Door, added: str, naam: str) -> None:
    """geefZaakdocumentLezen, ZDS 4.2.2.2."""
    number = add(door)
    question = edc_lv01(number, 'StUF:scope="kerngegevens"', zender=SOEPEL).replace(
        "</ZKN:gelijk>", f"{added}</ZKN:gelijk>"
    )
    answer = door.succeeded("geefZaakdocumentLezen_Lv01", question)
    assert texts(answer, "//z:melding") == [f"StUF0001: {naam}"]


def test_a_document_is_not_asked_by_a_key_and_a_number(door: Door) -> None:
    question = edc_lv01("1900x", "").replace("<ZKN:gelijk ", '<ZKN:gelijk StUF:sleutelOntvangend="1" ')
    assert door.fout("geefZaakdocumentLezen_Lv01", question)[0] == "StUF091"


def test_a_melding_that_does_not_fit_says_that_there_is_more(door: Door) -> None:
    names = [f"onbekendElement{number}" for number in range(40)]
    question = edc_lv01(add(door), "", zender=SOEPEL).replace(
        "</ZKN:gelijk>", f"{''.join(f'<ZKN:{n}>x</ZKN:{n}>' for n in names)}</ZKN:gelijk>"
    )
    [melding] = door.succeeded("geefZaakdocumentLezen_Lv01", question).xpath("//z:melding", namespaces=NS)
    assert len(melding.text) <= 250
    assert melding.text.endswith(" …")
    assert set(melding.text.split()[1:-1]) <= set(names)

"""Nothing is lost: what a creeerZaak carried, geefZaakdetails with scope alles gives back."""

import random
import uuid
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import BG, STUF, ZKN, give_datum, laat_nobody_gone, lv01, mdw, rol
from tests.berichten.generator import Choice, WillekeurigeChoice, chosen, genereer
from tests.diensten.stappen import details, new
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.stuf.namespaces import NIL, NO_VALUE
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, serialise
from regiesysteem.zkn.names import zkn

STURING = {"verwerkingssoort", "functie", "scope", "entiteittype", "aantalVoorkomens", "aardAantal", "nil", "exact"}
"""Attributes that say nothing of what an entity is; StUF:exact tells how a question compares (StUF 03.01, 6.3.1)."""
AFTER_INITIATOR = ("heeftAlsUitvoerende", "heeftAlsVerantwoordelijke", "heeftAlsOverigBetrokkene", "heeft", "leidtTot")
NO_NOVALUE_IN_ANSWER = ("isGehuisvestIn", "isAanspreekpuntNamens")
"""docs/afwijkingen.md 17: the answer types have no noValue, so only geenWaarde comes back."""
IDENTIFICATIE_OF_TYPE = ("/isVan/gerelateerde/code", "/object/heeft/gerelateerde/volgnummer")
"""Zaaktype and statustype are only identified by a message; the inrichting says what they are."""
VRIJE_ZAAKOBJECTEN = {"gemeente": "GEM", "openbareRuimte": "OPR", "pand": "PND", "wijk": "WYK", "wozObject": "WOZ"}
"""Zaakobjecten of which our schema leaves the content free; the published schemas do not."""

Blad = tuple[str, str, tuple[tuple[str, str], ...]]


def _bericht(choice: Choice, number: str, elementen: int) -> etree._Element:
    """A creeerZaak with anything that the schema allows, of which only what must exist is pinned."""
    fixed: dict[str, str | None] = {
        "stuurgegevens/zender/applicatie": "GWS4all",
        "stuurgegevens/zender/organisatie": "1900",
        "stuurgegevens/referentienummer": number,
        "parameters/mutatiesoort": "T",
        "object/identificatie": number,
        "object/startdatum": "20200101",
        "object/isVan/gerelateerde/code": "B1026",
        "//eindRelatie": None,  # a relation that has ended is not answered (StUF 5.2.6)
    }
    existing = ("heeftAlsDeelzaak", "heeftBetrekkingOpAndere", "heeftAlsInitiator")
    bericht = genereer(
        "zakLk01", choice, fixed=fixed, without=[f"object/{naam}" for naam in existing], elementen=elementen
    )
    instance, *teveel = bericht.findall(zkn("object"))
    for object_ in teveel:
        bericht.remove(object_)
    instance.set(f"{{{STUF}}}verwerkingssoort", "T")
    _choose_statustypen(instance, choice)
    laat_nobody_gone(instance)
    initiator = (
        f'<x xmlns:ZKN="{ZKN}" xmlns:BG="{BG}" xmlns:StUF="{STUF}">{rol("heeftAlsInitiator", mdw(number[-20:]))}</x>'
    )
    later = next((child for child in instance if etree.QName(child).localname in AFTER_INITIATOR), None)
    node = parse(initiator.encode())[0]
    instance.append(node) if later is None else later.addprevious(node)
    return parse(serialise(bericht))


def _choose_statustypen(instance: etree._Element, choice: Choice) -> None:
    """A statustype of the zaaktype, on a day; what else the message says of it stays."""
    for type_ in instance.findall(f"{zkn('heeft')}/{zkn('gerelateerde')}"):
        for naam in ("zkt.code", "zkt.omschrijving", "volgnummer", "code", "omschrijving"):
            for child in type_.findall(zkn(naam)):
                type_.remove(child)
        number = etree.Element(zkn("volgnummer"))
        number.text = str(choice.whole(1, 3))
        type_.insert(0, number)
        give_datum(type_)
    for type_ in instance.findall(f"{zkn('isVan')}/{zkn('gerelateerde')}"):
        for child in type_.findall(zkn("omschrijving")):
            type_.remove(child)


def _fill_zaakobjecten(instance: etree._Element, choice: Choice) -> None:
    """Give the zaak a zaakobject with such an element, before the relations that follow those to zaakobjecten."""
    naam, code = choice.choose(tuple(VRIJE_ZAAKOBJECTEN.items()))
    text = choice.choose(("QUJDRA==", "geen base64!", "Q" * 54 + "=="))
    attributes = f'StUF:entiteittype="{code}" StUF:verwerkingssoort="T"'
    free = f"<ZKN:{naam} {attributes}><ZKN:inhoud>{text}</ZKN:inhoud></ZKN:{naam}>"
    head = f'<x xmlns:ZKN="{ZKN}" xmlns:BG="{BG}" xmlns:StUF="{STUF}">'
    node = parse(f"{head}{rol('heeftBetrekkingOp', free)}</x>".encode())[0]
    for_ = next(child for child in instance if etree.QName(child).localname.startswith("heeft"))
    for_.addprevious(node)


def _leaves(node: etree._Element, path: str = "") -> Counter[Blad]:
    """Every leaf with its path, text and attributes, but for what steers and for what means "has no value"."""
    naam = etree.QName(node).localname
    soort = node.get(NO_VALUE) or ("geenWaarde" if node.get(NIL) in ("true", "1") else "")
    if naam == "tijdstipRegistratie":
        return Counter()  # of what has a row of its own this registration says it (test_tijdstip_registratie)
    if soort in ("geenWaarde", "waardeOnbekend") or (soort and naam in NO_NOVALUE_IN_ANSWER):
        return Counter()
    if len(node):
        return sum((_leaves(child, f"{path}/{naam}") for child in node), Counter())
    short = ((etree.QName(attribute).localname, waarde) for attribute, waarde in node.attrib.items())
    attributes = tuple(sorted((a, w) for a, w in short if a not in STURING and not a.startswith("sleutel")))
    if not (node.text or attributes):
        return Counter()  # an empty element says nothing: in an answer its fields may say so one by one
    return Counter([(f"{path}/{naam}", node.text or "", attributes)])


def _new(choice: Choice, elementen: int) -> etree._Element:
    """A creeerZaak of a zaak that no other test has."""
    return _bericht(choice, f"1900{uuid.uuid4().hex}", elementen)


def _with_vrije_inhoud(choice: Choice, elementen: int) -> etree._Element:
    """The same with a zaakobject of free content, where an element has the name of the file of a document."""
    bericht = _new(choice, elementen)
    instance = bericht.find(zkn("object"))
    assert instance is not None
    _fill_zaakobjecten(instance, choice)
    return parse(serialise(bericht))


def _check(door: Door, bericht: etree._Element) -> etree._Element:
    number = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}")
    assert check(bericht) == [], "the generator makes valid messages"
    door.succeeded("creeerZaak_Lk01", etree.tostring(bericht).decode())
    question = lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>", 'StUF:scope="alles"')
    [answer] = door.succeeded("geefZaakdetails_Lv01", question).iter(zkn("zakLa01"))
    assert check(answer) == []
    sent = _leaves(bericht.find(zkn("object")))
    sent = Counter({blad: count for blad, count in sent.items() if not blad[0].endswith(IDENTIFICATIE_OF_TYPE)})
    [back] = answer.find(zkn("antwoord"))
    assert sent - _leaves(back) == Counter()
    return answer


@settings(max_examples=60)
@given(bericht=chosen(lambda choice: _with_vrije_inhoud(choice, 40)))
def test_whatever_the_schema_allows_comes_back(door: Door, bericht: str) -> None:
    _check(door, parse(bericht.encode()))


@pytest.mark.parametrize("zaad", range(8))
def test_large_messages_come_back(door: Door, zaad: int) -> None:
    source = random.Random(zaad)
    for _ in range(25):
        _check(door, _with_vrije_inhoud(WillekeurigeChoice(source), 300))


_NUMBER = "<BG:inp.bsn>123456782</BG:inp.bsn>"
_NO_NUMBER = '<BG:inp.bsn xsi:nil="true" StUF:noValue="waardeOnbekend"/>'
_AUTHENTIEK = '<BG:authentiek StUF:metagegeven="true">J</BG:authentiek>'


@pytest.mark.parametrize(
    ("komt", "gaat"),
    [
        (_NUMBER, ["inp.bsn=123456782", "authentiek=waardeOnbekend"]),
        (_AUTHENTIEK, ["inp.bsn=waardeOnbekend", "authentiek=J"]),
        (_NUMBER + _AUTHENTIEK, ["inp.bsn=123456782", "authentiek=J"]),
        (_NO_NUMBER, ["inp.bsn=waardeOnbekend", "authentiek=waardeOnbekend"]),
        ("", []),
        ("<BG:anp.identificatie>12345678901234567</BG:anp.identificatie>", ["anp.identificatie=12345678901234567"]),
    ],
)
def test_a_person_that_a_contact_speaks_for_has_his_number_and_its_authentiek_or_neither(
    door: Door, komt: str, gaat: list[str]
) -> None:
    """The answer type wants both (StUF-BG 3.10, NPS-zkn-antwoord), a kennisgeving may have one of them."""
    persoon = f"""<BG:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="I">{komt}
        <BG:geslachtsnaam>Jansen</BG:geslachtsnaam></BG:natuurlijkPersoon>"""
    contact = f"""<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="T">
        <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="T"><ZKN:naam>Pieters</ZKN:naam>
        <ZKN:isAanspreekpuntNamens StUF:entiteittype="CTPSUB" StUF:verwerkingssoort="T"><ZKN:gerelateerde>{persoon}
        </ZKN:gerelateerde></ZKN:isAanspreekpuntNamens></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
    number = new(door, relaties=rol("heeftAlsInitiator", mdw("regie1"), contact))
    answer = details(door, number)
    [back] = answer.iter(f"{{{BG}}}natuurlijkPersoon")
    assert [
        f"{etree.QName(child).localname}={child.get(NO_VALUE) or child.text}" for child in back
    ] == [*gaat, "geslachtsnaam=Jansen"]  # fmt: skip
    [bericht] = answer.iter(zkn("zakLa01"))
    assert check(bericht) == []


def test_the_answers_are_valid(door: Door) -> None:
    source = random.Random(2026)
    for _ in range(60):
        assert_valid(_check(door, _new(WillekeurigeChoice(source), 150)))

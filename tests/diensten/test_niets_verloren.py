"""Nothing is lost: what a creeerZaak carried, geefZaakdetails with scope alles gives back."""

import random
import uuid
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import BG, STUF, ZKN, geef_datum, laat_niemand_weg, lv01, mdw, rol
from tests.berichten.generator import Keuze, WillekeurigeKeuze, gekozen, genereer
from tests.diensten.stappen import details, nieuw
from tests.published import assert_valid
from tests.soap.conftest import Deur

from regiesysteem.stuf.namespaces import NIL, NO_VALUE
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed, serialiseer
from regiesysteem.zkn.names import zkn

STURING = {"verwerkingssoort", "functie", "scope", "entiteittype", "aantalVoorkomens", "aardAantal", "nil", "exact"}
"""Attributes that say nothing of what an entity is; StUF:exact tells how a question compares (StUF 03.01, 6.3.1)."""
NA_INITIATOR = ("heeftAlsUitvoerende", "heeftAlsVerantwoordelijke", "heeftAlsOverigBetrokkene", "heeft", "leidtTot")
GEEN_NOVALUE_IN_ANTWOORD = ("isGehuisvestIn", "isAanspreekpuntNamens")
"""docs/afwijkingen.md 17: the answer types have no noValue, so only geenWaarde comes back."""
IDENTIFICATIE_VAN_TYPE = ("/isVan/gerelateerde/code", "/object/heeft/gerelateerde/volgnummer")
"""Zaaktype and statustype are only identified by a message; the inrichting says what they are."""
VRIJE_ZAAKOBJECTEN = {"gemeente": "GEM", "openbareRuimte": "OPR", "pand": "PND", "wijk": "WYK", "wozObject": "WOZ"}
"""Zaakobjecten of which our schema leaves the content free; the published schemas do not."""

Blad = tuple[str, str, tuple[tuple[str, str], ...]]


def _bericht(keuze: Keuze, nummer: str, elementen: int) -> etree._Element:
    """A creeerZaak with anything that the schema allows, of which only what must exist is pinned."""
    vast: dict[str, str | None] = {
        "stuurgegevens/zender/applicatie": "GWS4all",
        "stuurgegevens/zender/organisatie": "1900",
        "stuurgegevens/referentienummer": nummer,
        "parameters/mutatiesoort": "T",
        "object/identificatie": nummer,
        "object/startdatum": "20200101",
        "object/isVan/gerelateerde/code": "B1026",
        "//eindRelatie": None,  # a relation that has ended is not answered (StUF 5.2.6)
    }
    bestaand = ("heeftAlsDeelzaak", "heeftBetrekkingOpAndere", "heeftAlsInitiator")
    bericht = genereer("zakLk01", keuze, vast=vast, zonder=[f"object/{naam}" for naam in bestaand], elementen=elementen)
    voorwerp, *teveel = bericht.findall(zkn("object"))
    for object_ in teveel:
        bericht.remove(object_)
    voorwerp.set(f"{{{STUF}}}verwerkingssoort", "T")
    _kies_statustypen(voorwerp, keuze)
    laat_niemand_weg(voorwerp)
    initiator = (
        f'<x xmlns:ZKN="{ZKN}" xmlns:BG="{BG}" xmlns:StUF="{STUF}">{rol("heeftAlsInitiator", mdw(nummer[-20:]))}</x>'
    )
    later = next((kind for kind in voorwerp if etree.QName(kind).localname in NA_INITIATOR), None)
    knoop = ontleed(initiator.encode())[0]
    voorwerp.append(knoop) if later is None else later.addprevious(knoop)
    return ontleed(serialiseer(bericht))


def _kies_statustypen(voorwerp: etree._Element, keuze: Keuze) -> None:
    """A statustype of the zaaktype, on a day; what else the message says of it stays."""
    for type_ in voorwerp.findall(f"{zkn('heeft')}/{zkn('gerelateerde')}"):
        for naam in ("zkt.code", "zkt.omschrijving", "volgnummer", "code", "omschrijving"):
            for kind in type_.findall(zkn(naam)):
                type_.remove(kind)
        nummer = etree.Element(zkn("volgnummer"))
        nummer.text = str(keuze.geheel(1, 3))
        type_.insert(0, nummer)
        geef_datum(type_)
    for type_ in voorwerp.findall(f"{zkn('isVan')}/{zkn('gerelateerde')}"):
        for kind in type_.findall(zkn("omschrijving")):
            type_.remove(kind)


def _vul_zaakobjecten(voorwerp: etree._Element, keuze: Keuze) -> None:
    """Give the zaak a zaakobject with such an element, before the relations that follow those to zaakobjecten."""
    naam, code = keuze.kies(tuple(VRIJE_ZAAKOBJECTEN.items()))
    tekst = keuze.kies(("QUJDRA==", "geen base64!", "Q" * 54 + "=="))
    attributen = f'StUF:entiteittype="{code}" StUF:verwerkingssoort="T"'
    vrij = f"<ZKN:{naam} {attributen}><ZKN:inhoud>{tekst}</ZKN:inhoud></ZKN:{naam}>"
    kop = f'<x xmlns:ZKN="{ZKN}" xmlns:BG="{BG}" xmlns:StUF="{STUF}">'
    knoop = ontleed(f"{kop}{rol('heeftBetrekkingOp', vrij)}</x>".encode())[0]
    voor = next(kind for kind in voorwerp if etree.QName(kind).localname.startswith("heeft"))
    voor.addprevious(knoop)


def _bladen(knoop: etree._Element, pad: str = "") -> Counter[Blad]:
    """Every leaf with its path, text and attributes, but for what steers and for what means "has no value"."""
    naam = etree.QName(knoop).localname
    soort = knoop.get(NO_VALUE) or ("geenWaarde" if knoop.get(NIL) in ("true", "1") else "")
    if naam == "tijdstipRegistratie":
        return Counter()  # of what has a row of its own this registration says it (test_tijdstip_registratie)
    if soort in ("geenWaarde", "waardeOnbekend") or (soort and naam in GEEN_NOVALUE_IN_ANTWOORD):
        return Counter()
    if len(knoop):
        return sum((_bladen(kind, f"{pad}/{naam}") for kind in knoop), Counter())
    kort = ((etree.QName(attribuut).localname, waarde) for attribuut, waarde in knoop.attrib.items())
    attributen = tuple(sorted((a, w) for a, w in kort if a not in STURING and not a.startswith("sleutel")))
    if not (knoop.text or attributen):
        return Counter()  # an empty element says nothing: in an answer its fields may say so one by one
    return Counter([(f"{pad}/{naam}", knoop.text or "", attributen)])


def _nieuw(keuze: Keuze, elementen: int) -> etree._Element:
    """A creeerZaak of a zaak that no other test has."""
    return _bericht(keuze, f"1900{uuid.uuid4().hex}", elementen)


def _met_vrije_inhoud(keuze: Keuze, elementen: int) -> etree._Element:
    """The same with a zaakobject of free content, where an element has the name of the file of a document."""
    bericht = _nieuw(keuze, elementen)
    voorwerp = bericht.find(zkn("object"))
    assert voorwerp is not None
    _vul_zaakobjecten(voorwerp, keuze)
    return ontleed(serialiseer(bericht))


def _controleer(deur: Deur, bericht: etree._Element) -> etree._Element:
    nummer = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}")
    assert controleer(bericht) == [], "the generator makes valid messages"
    deur.gelukt("creeerZaak_Lk01", etree.tostring(bericht).decode())
    vraag = lv01(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", 'StUF:scope="alles"')
    [antwoord] = deur.gelukt("geefZaakdetails_Lv01", vraag).iter(zkn("zakLa01"))
    assert controleer(antwoord) == []
    gezonden = _bladen(bericht.find(zkn("object")))
    gezonden = Counter(
        {blad: aantal for blad, aantal in gezonden.items() if not blad[0].endswith(IDENTIFICATIE_VAN_TYPE)}
    )
    [terug] = antwoord.find(zkn("antwoord"))
    assert gezonden - _bladen(terug) == Counter()
    return antwoord


@settings(max_examples=60)
@given(bericht=gekozen(lambda keuze: _met_vrije_inhoud(keuze, 40)))
def test_whatever_the_schema_allows_comes_back(deur: Deur, bericht: str) -> None:
    _controleer(deur, ontleed(bericht.encode()))


@pytest.mark.parametrize("zaad", range(8))
def test_large_messages_come_back(deur: Deur, zaad: int) -> None:
    bron = random.Random(zaad)
    for _ in range(25):
        _controleer(deur, _met_vrije_inhoud(WillekeurigeKeuze(bron), 300))


_NUMMER = "<BG:inp.bsn>123456782</BG:inp.bsn>"
_GEEN_NUMMER = '<BG:inp.bsn xsi:nil="true" StUF:noValue="waardeOnbekend"/>'
_AUTHENTIEK = '<BG:authentiek StUF:metagegeven="true">J</BG:authentiek>'


@pytest.mark.parametrize(
    ("komt", "gaat"),
    [
        (_NUMMER, ["inp.bsn=123456782", "authentiek=waardeOnbekend"]),
        (_AUTHENTIEK, ["inp.bsn=waardeOnbekend", "authentiek=J"]),
        (_NUMMER + _AUTHENTIEK, ["inp.bsn=123456782", "authentiek=J"]),
        (_GEEN_NUMMER, ["inp.bsn=waardeOnbekend", "authentiek=waardeOnbekend"]),
        ("", []),
        ("<BG:anp.identificatie>12345678901234567</BG:anp.identificatie>", ["anp.identificatie=12345678901234567"]),
    ],
)
def test_a_person_that_a_contact_speaks_for_has_his_number_and_its_authentiek_or_neither(
    deur: Deur, komt: str, gaat: list[str]
) -> None:
    """The answer type wants both (StUF-BG 3.10, NPS-zkn-antwoord), a kennisgeving may have one of them."""
    persoon = f"""<BG:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="I">{komt}
        <BG:geslachtsnaam>Jansen</BG:geslachtsnaam></BG:natuurlijkPersoon>"""
    contact = f"""<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="T">
        <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="T"><ZKN:naam>Pieters</ZKN:naam>
        <ZKN:isAanspreekpuntNamens StUF:entiteittype="CTPSUB" StUF:verwerkingssoort="T"><ZKN:gerelateerde>{persoon}
        </ZKN:gerelateerde></ZKN:isAanspreekpuntNamens></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
    nummer = nieuw(deur, relaties=rol("heeftAlsInitiator", mdw("regie1"), contact))
    antwoord = details(deur, nummer)
    [terug] = antwoord.iter(f"{{{BG}}}natuurlijkPersoon")
    assert [
        f"{etree.QName(kind).localname}={kind.get(NO_VALUE) or kind.text}" for kind in terug
    ] == [*gaat, "geslachtsnaam=Jansen"]  # fmt: skip
    [bericht] = antwoord.iter(zkn("zakLa01"))
    assert controleer(bericht) == []


def test_the_answers_are_valid(deur: Deur) -> None:
    bron = random.Random(2026)
    for _ in range(60):
        assert_valid(_controleer(deur, _nieuw(WillekeurigeKeuze(bron), 150)))

"""Whatever is asked, the answer is valid: any zaak, any scope (StUF 03.01, 6.3.3 and 6.4.2)."""

import random
import uuid
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.berichten.bouw import ander, lv01, mdw, nps, rol, status, teksten
from tests.berichten.generator import WillekeurigeKeuze, genereer
from tests.diensten.stappen import nieuw, sleutel
from tests.diensten.test_niets_verloren import _bericht
from tests.published import assert_valid
from tests.soap.conftest import Deur

from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, SCOPE
from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import zkn

SCOPES = (
    "alles",
    "allesZonderMetagegevens",
    "allesMaarKerngegevensGerelateerden",
    "allesZonderMetagegevensMaarKerngegevensGerelateerden",
    "kerngegevens",
)


@pytest.fixture(scope="module")
def nummers(deur: Deur) -> list[str]:
    """Zaken of all sorts: bare, and with anything that the schema allows, related to each other."""
    bron = random.Random(7)
    kaal = nieuw(deur)
    vol = []
    for elementen in (60, 200, 400, 400):
        nummer = f"1900{uuid.uuid4().hex}"
        bericht = _bericht(WillekeurigeKeuze(bron), nummer, elementen)
        deur.gelukt("creeerZaak_Lk01", etree.tostring(bericht).decode())
        vol.append(nummer)
    hoofd = nieuw(
        deur,
        relaties=rol("heeftAlsBelanghebbende", nps("111222333"))
        + rol("heeftAlsInitiator", mdw("regie1"))
        + "".join(ander("heeftAlsDeelzaak", nummer) for nummer in (*vol[:2], kaal))
        + "".join(ander("heeftBetrekkingOpAndere", nummer) for nummer in vol[2:]),
        na=status(1, "20260301") + status(2, "20260401"),
    )
    return [kaal, *vol, hoofd]


def _vraag(keuze: WillekeurigeKeuze, nummer: str) -> etree._Element:
    """A question for one zaak with any scope that the schema allows."""
    vraag = genereer(
        "zakLv01",
        keuze,
        vast={"gelijk/identificatie": nummer, "parameters/sortering": "0", "parameters/indicatorVervolgvraag": "false"},
        met=["scope/object"],
        zonder=["vanaf", "totEnMet", "start", "parameters/maximumAantal", "parameters/peiltijdstipMaterieel"],
        elementen=keuze.kies((20, 80, 300)),
    )
    gelijk = vraag.find(zkn("gelijk"))
    assert gelijk is not None
    for kind in list(gelijk)[1:]:
        gelijk.remove(kind)
    gelijk[0].attrib.clear()
    for attribuut in gelijk.attrib:
        if attribuut != ENTITEITTYPE:
            del gelijk.attrib[attribuut]
    for plek in vraag.findall(f"{zkn('scope')}//*"):
        if len(plek):  # with content as well it is StUF097
            plek.attrib.pop(SCOPE, None)
    return vraag


def _antwoord(deur: Deur, dienst: str, vraag: str) -> etree._Element:
    [antwoord] = deur.gelukt(dienst, vraag).iter(zkn("zakLa01"))
    assert controleer(antwoord) == []
    return antwoord


@pytest.mark.parametrize("scope", SCOPES)
def test_answers_to_a_scope_attribute_are_valid(deur: Deur, nummers: list[str], scope: str) -> None:
    for nummer in nummers:
        antwoord = _antwoord(deur, "geefZaakdetails_Lv01", lv01(sleutel(nummer), f'StUF:scope="{scope}"'))
        assert next(antwoord.iter(zkn("identificatie"))).text == nummer
        if next(antwoord.iter(zkn("isAanspreekpuntNamens")), None) is None:  # docs/afwijkingen.md 17
            assert_valid(antwoord)


@pytest.mark.parametrize("zaad", range(6))
def test_answers_to_any_scope_of_the_schema_are_valid(deur: Deur, nummers: list[str], zaad: int) -> None:
    keuze = WillekeurigeKeuze(zaad)
    for _ in range(30):
        vraag = _vraag(keuze, keuze.kies(nummers))
        assert controleer(vraag) == [], "the generator makes valid messages"
        antwoord = _antwoord(deur, "zakLv01", etree.tostring(vraag).decode())
        assert antwoord.find(zkn("antwoord")) is not None


def test_answers_to_any_scope_are_valid(deur: Deur, nummers: list[str]) -> None:
    keuze = WillekeurigeKeuze(99)
    for _ in range(60):
        antwoord = _antwoord(deur, "zakLv01", etree.tostring(_vraag(keuze, keuze.kies(nummers))).decode())
        if next(antwoord.iter(zkn("isAanspreekpuntNamens")), None) is None:
            assert_valid(antwoord)


GROEPEN = {"kenmerk", "anderZaakObject", "resultaat", "opschorting", "verlenging"}


def _gevraagd(scope: etree._Element) -> Iterator[str]:
    """Plain elements and relations asked of the zaak itself."""
    for kind in scope:
        naam = etree.QName(kind).localname
        if naam not in GROEPEN | {"extraElementen", "historieMaterieel", "historieFormeel", "tijdvakGeldigheid"}:
            yield naam


@pytest.mark.parametrize("zaad", range(3))
def test_every_element_that_is_asked_is_answered_and_nothing_else(deur: Deur, nummers: list[str], zaad: int) -> None:
    """StUF 03.01, 3.4.1: what was asked and has no value is said with noValue."""
    keuze = WillekeurigeKeuze(1000 + zaad)
    for _ in range(30):
        vraag = _vraag(keuze, keuze.kies(nummers))
        [scope] = vraag.findall(f"{zkn('scope')}/{zkn('object')}")
        if not len(scope) or any(naam.endswith("}scope") for naam in scope.attrib):
            continue
        antwoord = _antwoord(deur, "zakLv01", etree.tostring(vraag).decode())
        [object_] = antwoord.findall(f"{zkn('antwoord')}/{zkn('object')}")
        gevraagd, gegeven = set(_gevraagd(scope)), {etree.QName(kind).localname for kind in object_}
        zonder_leeg = {  # a relation of which only other kinds of gerelateerde exist is not there
            naam for naam in gevraagd if scope.find(f"{zkn(naam)}/{zkn('gerelateerde')}") is not None
        }
        assert gevraagd - gegeven <= zonder_leeg
        assert gegeven <= gevraagd | GROEPEN | {"extraElementen", "tijdvakGeldigheid"}


def test_a_bare_zaak_says_of_each_relation_that_there_is_none(deur: Deur, nummers: list[str]) -> None:
    antwoord = _antwoord(deur, "geefZaakdetails_Lv01", lv01(sleutel(nummers[0]), 'StUF:scope="alles"'))
    [gemachtigde] = antwoord.iter(zkn("heeftAlsGemachtigde"))
    assert (gemachtigde.get(NIL), gemachtigde.get(NO_VALUE)) == ("true", "geenWaarde")
    assert gemachtigde.get(ENTITEITTYPE) == "ZAKBTRGMC"


def test_a_zaak_beyond_a_related_zaak_is_given_with_its_kerngegevens(deur: Deur, nummers: list[str]) -> None:
    """zaak -> hoofdzaak -> its deelzaken: those have identificatie, omschrijving and zaaktype, whatever is asked."""
    antwoord = _antwoord(deur, "geefZaakdetails_Lv01", lv01(sleutel(nummers[0]), 'StUF:scope="alles"'))
    pad = "z:heeftAlsHoofdzaak/z:gerelateerde/z:heeftAlsDeelzaak/z:gerelateerde"
    assert set(teksten(antwoord, f"//z:antwoord/z:object/{pad}/z:identificatie")) == {*nummers[1:3], nummers[0]}
    assert teksten(antwoord, f"//z:antwoord/z:object/{pad}/z:isVan/z:gerelateerde/z:code") == ["B1026"] * 3

"""Nothing is lost in a change either: what an updateZaak says, geefZaakdetails gives back (ZDS 4.1.5)."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import STUF, element, lk01, lv01, nieuw_nummer, zaak
from tests.berichten.generator import Keuze, WillekeurigeKeuze, gekozen
from tests.diensten.stappen import sleutel
from tests.diensten.test_niets_verloren import IDENTIFICATIE_VAN_TYPE, Blad, _bericht, _bladen
from tests.soap.conftest import Deur

from regiesysteem.stuf.namespaces import NO_VALUE, stuf
from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import zkn

ZWIJGT = {"nietOndersteund", "nietGeautoriseerd"}
SOORT = f"{{{STUF}}}verwerkingssoort"


def _wijziging(keuze: Keuze, elementen: int) -> etree._Element:
    """A generated creeerZaak as an updateZaak: all relations are new, the initiator stays who he is."""
    bericht = _bericht(keuze, nieuw_nummer(), elementen)
    referentienummer = bericht.find(f"{zkn('stuurgegevens')}/{stuf('referentienummer')}")
    mutatiesoort = bericht.find(f"{zkn('parameters')}/{stuf('mutatiesoort')}")
    object_ = bericht.find(zkn("object"))
    assert referentienummer is not None
    assert mutatiesoort is not None
    assert object_ is not None
    referentienummer.text = nieuw_nummer()
    mutatiesoort.text = "W"
    object_.set(SOORT, "W")
    for relatie in object_:
        if SOORT in relatie.attrib:
            relatie.set(SOORT, "T")
    for weg in object_.findall(zkn("heeftAlsInitiator")):
        object_.remove(weg)
    return bericht


def _gezegd(object_: etree._Element) -> Counter[Blad]:
    """The leaves that say something: not that a sender does not support them."""
    for knoop in list(object_.iter(etree.Element)):
        ouder = knoop.getparent()
        if knoop.get(NO_VALUE) in ZWIJGT and ouder is not None:
            ouder.remove(knoop)
    bladen = _bladen(object_)
    return Counter(
        {
            blad: aantal
            for blad, aantal in bladen.items()
            if not blad[0].endswith(IDENTIFICATIE_VAN_TYPE) and "/isVan" not in blad[0]
        }
    )


def _controleer(deur: Deur, bericht: etree._Element) -> None:
    nummer = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}")
    assert nummer is not None
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer)))
    deur.gelukt("updateZaak_Lk01", etree.tostring(bericht).decode())
    [antwoord] = deur.gelukt("geefZaakdetails_Lv01", lv01(sleutel(nummer), 'StUF:scope="alles"')).iter(zkn("zakLa01"))
    assert controleer(antwoord) == []
    object_ = bericht.find(zkn("object"))
    assert object_ is not None
    terug = antwoord.find(zkn("antwoord"))
    assert terug is not None
    assert _gezegd(object_) - _bladen(terug[0]) == Counter()


@settings(max_examples=60)
@given(bericht=gekozen(lambda keuze: _wijziging(keuze, 40)))
def test_whatever_a_change_says_comes_back(deur: Deur, bericht: str) -> None:
    _controleer(deur, element(bericht))


@pytest.mark.parametrize("zaad", range(4))
def test_large_changes_come_back(deur: Deur, zaad: int) -> None:
    bron = random.Random(f"wijzigen {zaad}")
    for _ in range(25):
        _controleer(deur, _wijziging(WillekeurigeKeuze(bron), 300))

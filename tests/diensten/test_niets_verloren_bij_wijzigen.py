"""Nothing is lost in a change either: what an updateZaak says, geefZaakdetails gives back (ZDS 4.1.5)."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import STUF, element, lk01, lv01, new_number, zaak
from tests.berichten.generator import Choice, WillekeurigeChoice, chosen
from tests.diensten.stappen import sleutel
from tests.diensten.test_niets_verloren import IDENTIFICATIE_OF_TYPE, Blad, _bericht, _leaves
from tests.soap.conftest import Door

from regiesysteem.stuf.namespaces import NO_VALUE, stuf
from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import zkn

IS_SILENT = {"nietOndersteund", "nietGeautoriseerd"}
SOORT = f"{{{STUF}}}verwerkingssoort"


def _modification(choice: Choice, elementen: int) -> etree._Element:
    """A generated creeerZaak as an updateZaak: all relations are new, the initiator stays who he is."""
    bericht = _bericht(choice, new_number(), elementen)
    referentienummer = bericht.find(f"{zkn('stuurgegevens')}/{stuf('referentienummer')}")
    mutatiesoort = bericht.find(f"{zkn('parameters')}/{stuf('mutatiesoort')}")
    object_ = bericht.find(zkn("object"))
    assert referentienummer is not None
    assert mutatiesoort is not None
    assert object_ is not None
    referentienummer.text = new_number()
    mutatiesoort.text = "W"
    object_.set(SOORT, "W")
    for relatie in object_:
        if SOORT in relatie.attrib:
            relatie.set(SOORT, "T")
    for gone in object_.findall(zkn("heeftAlsInitiator")):
        object_.remove(gone)
    return bericht


def _said(object_: etree._Element) -> Counter[Blad]:
    """The leaves that say something: not that a sender does not support them."""
    for node in list(object_.iter(etree.Element)):
        parent = node.getparent()
        if node.get(NO_VALUE) in IS_SILENT and parent is not None:
            parent.remove(node)
    leaves = _leaves(object_)
    return Counter(
        {
            blad: count
            for blad, count in leaves.items()
            if not blad[0].endswith(IDENTIFICATIE_OF_TYPE) and "/isVan" not in blad[0]
        }
    )


def _check(door: Door, bericht: etree._Element) -> None:
    number = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}")
    assert number is not None
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    door.succeeded("updateZaak_Lk01", etree.tostring(bericht).decode())
    [answer] = door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number), 'StUF:scope="alles"')).iter(zkn("zakLa01"))
    assert check(answer) == []
    object_ = bericht.find(zkn("object"))
    assert object_ is not None
    back = answer.find(zkn("antwoord"))
    assert back is not None
    assert _said(object_) - _leaves(back[0]) == Counter()


@settings(max_examples=60)
@given(bericht=chosen(lambda choice: _modification(choice, 40)))
def test_whatever_a_change_says_comes_back(door: Door, bericht: str) -> None:
    _check(door, element(bericht))


@pytest.mark.parametrize("zaad", range(4))
def test_large_changes_come_back(door: Door, zaad: int) -> None:
    source = random.Random(f"wijzigen {zaad}")
    for _ in range(25):
        _check(door, _modification(WillekeurigeChoice(source), 300))

"""Every message, valid or broken, gets the same verdict from our schemas and from the published ones.

The number of messages per type is in the output of `pytest -rP tests/conformiteit`.
"""

from __future__ import annotations

import zlib

import pytest
from lxml import etree
from tests.berichten.generator import BERICHTEN, WillekeurigeKeuze, genereer, muteer
from tests.berichten.schema import BG, Schema, schema
from tests.conformiteit.gericht import gerichte_berichten, paden, stuk_voor_stuk
from tests.conformiteit.vergelijk import Vergelijker
from tests.conformiteit.verschillen import NAAMRUIMTEN, VERSCHILLEN, Verschil
from tests.published import STANDARD, need

from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed

need(STANDARD, "the published schemas of StUF-ZKN and RZS")

WILLEKEURIG = 150
MINSTENS = 500


def _vergelijk_met_mutaties(
    vergelijker: Vergelijker, bericht: etree._Element, keuze: WillekeurigeKeuze, bij: tuple[str | None, ...]
) -> list[str]:
    """What goes wrong for a message and for a broken copy of it per place in `bij`."""
    fouten = [vergelijker.vergelijk(bericht)]
    for plek in bij:
        kopie, soort = muteer(bericht, keuze, bij=plek)
        fout = vergelijker.vergelijk(kopie)
        fouten.append(fout and f"({soort}) {fout}")
    return [fout for fout in fouten if fout]


@pytest.mark.parametrize("bron", ["eigen", "gepubliceerd"])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_random_messages_and_their_mistakes(
    vergelijker: Vergelijker, gepubliceerd: Schema, naam: str, bron: str
) -> None:
    """At least 500 per type and source schema, three mistakes for each valid one."""
    voor = vergelijker.geteld.copy()
    uit = gepubliceerd if bron == "gepubliceerd" else schema()
    fouten: list[str] = []
    for zaad in range(WILLEKEURIG):
        keuze = WillekeurigeKeuze(zlib.crc32(f"{naam}{bron}{zaad}".encode()))
        bericht = genereer(naam, keuze, echt=False, elementen=60, uit=uit)
        fouten += _vergelijk_met_mutaties(vergelijker, bericht, keuze, (None, None, None))
    aantal = (vergelijker.geteld - voor)["geldig"] + (vergelijker.geteld - voor)["ongeldig"]
    print(f"{naam}, at random from the {bron} schema: {dict(vergelijker.geteld - voor)}")
    assert not fouten, f"{len(fouten)} differences, the first:\n{fouten[0]}"
    assert aantal >= MINSTENS


@pytest.mark.parametrize("bron", ["eigen", "gepubliceerd"])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_every_element_of_every_type(vergelijker: Vergelijker, gepubliceerd: Schema, naam: str, bron: str) -> None:
    """A full element of each type, each of its attributes and children gone or nil, then mistakes at random."""
    voor = vergelijker.geteld.copy()
    uit = gepubliceerd if bron == "gepubliceerd" else schema()
    keuze = WillekeurigeKeuze(zlib.crc32(f"{naam}{bron}".encode()))
    fouten: list[str] = []
    for pad, bericht in gerichte_berichten(uit, naam, keuze):
        fouten += [fout for stuk in stuk_voor_stuk(bericht, pad) if (fout := vergelijker.vergelijk(stuk))]
        binnen = f"{pad}/*".lstrip("/")
        fouten += _vergelijk_met_mutaties(vergelijker, bericht, keuze, (pad or None, pad or None, binnen, binnen))
    print(f"{naam}, type by type from the {bron} schema: {dict(vergelijker.geteld - voor)}")
    assert not fouten, f"{len(fouten)} differences, the first:\n{fouten[0]}"


@pytest.mark.parametrize("naam", BERICHTEN)
def test_what_the_published_schema_fixes_is_what_ours_fixes(
    vergelijker: Vergelijker, gepubliceerd: Schema, naam: str
) -> None:
    """A message with the fixed values of the published schema is valid by ours, which holds senders to its own."""
    geldig = 0
    for zaad in range(10):
        bericht = genereer(naam, WillekeurigeKeuze(zaad), echt=False, elementen=60, uit=gepubliceerd)
        gelezen = ontleed(etree.tostring(bericht))
        if not vergelijker.controleer(gelezen):  # what is made of GML need not be valid
            assert controleer(gelezen) == []
            geldig += 1
    assert geldig


@pytest.mark.parametrize("verschil", [v for v in VERSCHILLEN if v.soort == "open"], ids=lambda v: v.plek)
def test_a_listed_open_place_takes_what_the_published_schema_refuses(
    vergelijker: Vergelijker, verschil: Verschil
) -> None:
    """An unknown element there is fine for ours alone; where that is no longer so, the entry must go."""
    bericht = _met(verschil.plek)
    for knoop in bericht.xpath(verschil.plek, namespaces=NAAMRUIMTEN):
        etree.SubElement(knoop, f"{{{BG}}}bestaatNiet")
    assert vergelijker.oordelen(bericht)[0] == []
    assert vergelijker.oordelen(bericht)[1] != []
    assert vergelijker.vergelijk(bericht) is None


@pytest.mark.parametrize(("wie", "nummer"), [("natuurlijkPersoon", "inp.bsn"), ("nietNatuurlijkPersoon", "inn.nnpId")])
def test_an_answer_may_have_a_number_without_its_authentiek(vergelijker: Vergelijker, wie: str, nummer: str) -> None:
    """The one place where ours is more lenient on purpose."""
    pad = f"antwoord/object/heeftAlsInitiator/gerelateerde/{wie}"
    bericht = genereer("zakLa01", WillekeurigeKeuze(1), met=[f"{pad}/{nummer}"], zonder=[f"{pad}/authentiek"])
    assert vergelijker.oordelen(bericht)[0] == []
    assert vergelijker.oordelen(bericht)[1] != []
    assert vergelijker.vergelijk(bericht) is None


def test_a_type_named_in_a_message_may_be_unknown_here(vergelijker: Vergelijker) -> None:
    """The other listed difference: xsi:type with a type of the published schema that ours does not derive so."""
    bericht = genereer("zakLk01", WillekeurigeKeuze(1), vast={"object/identificatie": "19001"}, elementen=0)
    for knoop in bericht.xpath("//ZKN:identificatie", namespaces=NAAMRUIMTEN):
        knoop.attrib.clear()
        knoop.set(f"{{{NAAMRUIMTEN['xsi']}}}type", "ZKN:ZaakIdentificatie-r")
    assert vergelijker.oordelen(bericht)[0] != []
    assert vergelijker.oordelen(bericht)[1] == []
    assert vergelijker.vergelijk(bericht) is None


def _met(plek: str) -> etree._Element:
    """A message of our schema in which there is something at this XPath."""
    einde = plek.removeprefix("//").replace("ZKN:", "").replace("BG:", "")
    for naam in ("zakLk01", "zakLv01", "zakLa01"):
        for punt in paden(schema(), naam):
            for kind in punt.inhoud.kinderen():
                pad = f"{punt.pad}/{kind.lokaal}"
                if pad.endswith(einde):
                    return genereer(naam, WillekeurigeKeuze(1), met=[pad], elementen=0)
    raise AssertionError(f"no message has {plek}")

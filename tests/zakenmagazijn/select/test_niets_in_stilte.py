"""Whatever a question says of what it wants is used, named in a melding, or refused, everywhere (StUF 03.01, 6.3.1).

Every path that the schema of zakLv01 allows in a selection, and every one that the entity tables have (a sender that is
soepel may name a subtype), with every attribute on every element of it.
"""

import re
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.berichten.bouw import NS, teksten
from tests.berichten.documenten import SOEPEL, edc_lv01
from tests.berichten.schema import Element as Declaratie
from tests.berichten.schema import schema
from tests.diensten.documentstappen import voeg_toe
from tests.soap.conftest import Deur, maak_deur
from tests.soap.conftest import deur as deur_

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import EXACT, IND_ONVOLLEDIGE_DATUM, NIL, NO_VALUE, STUF
from regiesysteem.zakenmagazijn.select import lees_vraag
from regiesysteem.zakenmagazijn.select.conditions import NOOIT, Bouw, bron
from regiesysteem.zakenmagazijn.select.sql import zaakvoorwaarden
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

__all__ = ["deur", "maak_deur"]
deur = deur_

Pad = tuple[str, ...]
"""The names of elements, in Clark notation, from below <gelijk>."""

WAARDE = "20260101"
"""A text that is a date, a number, and no BSN."""
SLEUTEL = f"{{{STUF}}}sleutelOntvangend"
ATTRIBUTEN = {
    SLEUTEL: "987",
    f"{{{STUF}}}verwerkingssoort": "T",
    EXACT: "false",
    IND_ONVOLLEDIGE_DATUM: "D",
    "groepsnaam": "x",
}
MAX_DIEPTE = 9


def _uit_schema(declaratie: Declaratie, pad: Pad = ()) -> Iterator[Pad]:
    for kind in declaratie.inhoud.kinderen():
        dieper = (*pad, kind.naam)
        if kind.inhoud.waarde is not None:
            yield dieper
        elif len(dieper) < MAX_DIEPTE:
            yield dieper
            yield from _uit_schema(kind, dieper)


def _uit_tabel(vorm: Entiteit | Relatie, pad: Pad = ()) -> Iterator[Pad]:
    for element in vorm.elementen:
        yield from _uit_element(element, vorm.ns, pad)
    for relatie in vorm.relaties:
        naar = (*pad, f"{{{relatie.ns}}}{relatie.naam}")
        yield from _uit_tabel(relatie, naar)
        for keuze in relatie.gerelateerde if len(naar) < MAX_DIEPTE else ():
            tot = (*naar, f"{{{relatie.ns}}}gerelateerde", *([f"{{{relatie.ns}}}{keuze.naam}"] if keuze.naam else []))
            yield tot
            yield from _uit_tabel(keuze.entiteit, tot)


def _uit_element(element: Element, ns: str, pad: Pad) -> Iterator[Pad]:
    ns = element.ns or ns
    eigen = (*pad, f"{{{ns}}}{element.naam}")
    yield eigen
    for veld in element.velden:
        yield from _uit_element(veld, ns, eigen)


def paden() -> list[Pad]:
    """All paths of a selection."""
    [gelijk] = [kind for kind in schema().wortel("zakLv01").inhoud.kinderen() if kind.lokaal == "gelijk"]
    return sorted({*_uit_schema(gelijk), *_uit_tabel(ZAK)})


def _knopen(houder: etree._Element, pad: Pad) -> list[etree._Element]:
    uit = []
    for naam in pad:
        houder = etree.SubElement(houder, naam)
        uit.append(houder)
    return uit


def _vraag(pad: Pad, tekst: str | None, *, bereik: bool = False) -> tuple[etree._Element, list[list[etree._Element]]]:
    """A zakLv01 with one criterion; the elements on the way to it, of both sides when it is a range."""
    vraag = etree.Element(zkn("zakLv01"))
    wegen = [
        _knopen(etree.SubElement(vraag, zkn(naam)), pad) for naam in (("vanaf", "totEnMet") if bereik else ("gelijk",))
    ]
    for weg in wegen:
        weg[-1].text = tekst
    return vraag, wegen


def _gevolg(vraag: etree._Element, inrichting: Inrichting) -> tuple[str, list[object], set[str]]:
    """What a question comes to: condition, parameters and what is ignored; of one that is refused its code."""
    try:
        gelezen = lees_vraag(vraag, inrichting)
        bouw = Bouw(inrichting)
        waar = zaakvoorwaarden(bouw, bron("z", zaak=True), gelezen.criteria)
    except StufFout as fout:
        return fout.code, [], set()
    return waar, list(bouw.parameters.values()), {*bouw.genegeerd, *gelezen.genegeerd}


def _kort(pad: Pad) -> str:
    return "/".join(naam.rpartition("}")[2] for naam in pad)


def test_there_are_paths_to_try() -> None:
    kort = {_kort(pad) for pad in paden()}
    assert len(kort) > 1000
    assert {
        "heeftAlsInitiator/gerelateerde/identificatie",
        "heeft/isGezetDoor/gerelateerde/identificatie",
        "heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/inp.bsn",
        "heeftAlsHoofdzaak/gerelateerde/heeft/datumStatusGezet",
    } <= kort


VORMEN = {
    "een waarde": (WAARDE, False, {}),
    "een deel van een waarde": (WAARDE, False, {EXACT: "false"}),
    "een bereik": (WAARDE, True, {}),
    "leeg": ("", False, {}),
    "geen waarde": (None, False, {NIL: "true", NO_VALUE: "geenWaarde"}),
    "vastgesteld onbekend": (None, False, {NIL: "true", NO_VALUE: "vastgesteldOnbekend"}),
}


@pytest.mark.parametrize("vorm", VORMEN)
def test_every_criterion_is_used_named_or_refused(inrichting: Inrichting, vorm: str) -> None:
    tekst, bereik, attributen = VORMEN[vorm]
    stil = []
    for pad in paden():
        vraag, wegen = _vraag(pad, tekst, bereik=bereik)
        for weg in wegen:
            weg[-1].attrib.update(attributen)
        waar, parameters, genegeerd = _gevolg(vraag, inrichting)
        zonder = ("", [], set()) if len(pad) == 1 else _gevolg(_vraag(pad[:-1], None, bereik=bereik)[0], inrichting)
        if not genegeerd - zonder[2] and (waar, parameters) == zonder[:2] and not _noemt(genegeerd, pad):
            stil.append(_kort(pad))
    assert stil == []


def _noemt(genegeerd: set[str], pad: Pad) -> bool:
    return not genegeerd.isdisjoint(_kort(pad).split("/"))


def _plekken() -> Iterator[tuple[Pad, int]]:
    """Every element of a selection once as the last of a path, and once with something inside."""
    gezien = set()
    for pad in paden():
        yield pad, len(pad) - 1
        for plaats in range(len(pad) - 1):
            if pad[: plaats + 1] not in gezien:
                gezien.add(pad[: plaats + 1])
                yield pad, plaats


@pytest.mark.parametrize("attribuut", ATTRIBUTEN, ids=lambda naam: naam.rpartition("}")[2])
def test_every_attribute_of_a_criterion_is_used_named_or_refused(inrichting: Inrichting, attribuut: str) -> None:
    stil = []
    bereik = attribuut in (SLEUTEL, "groepsnaam")
    for pad, plaats in _plekken():
        kaal = _gevolg(_vraag(pad, WAARDE, bereik=bereik)[0], inrichting)
        vraag, wegen = _vraag(pad, WAARDE, bereik=bereik)
        for weg in wegen:
            weg[plaats].set(attribuut, ATTRIBUTEN[attribuut])
        # What is ignored is ignored with what is said of it; no type of the inrichting has this value, or a part of it.
        if _gevolg(vraag, inrichting) == kaal and not _noemt(kaal[2], pad) and not re.search(rf"\b{NOOIT}\b", kaal[0]):
            stil.append(f"{_kort(pad)}, {_kort((attribuut,))} op {_kort(pad[plaats : plaats + 1])}")
    assert stil == []


@pytest.mark.parametrize("naam", ["gelijk", "vanaf"])
@pytest.mark.parametrize("attribuut", ["onzin", f"{{{STUF}}}verwerkingssoort"])
def test_an_attribute_of_the_selection_itself_is_named(inrichting: Inrichting, naam: str, attribuut: str) -> None:
    vraag, [weg, *_] = _vraag((zkn("startdatum"),), WAARDE, bereik=naam == "vanaf")
    weg[0].getparent().set(attribuut, "x")
    assert _gevolg(vraag, inrichting)[2] == {attribuut.rpartition("}")[2]}


def test_a_key_of_what_is_no_zaak_is_refused(inrichting: Inrichting) -> None:
    """StUF 03.01, table 6.4: we have no keys of relations and people, so nobody knows one of ours."""
    vraag, [[relatie]] = _vraag((zkn("heeftAlsInitiator"),), None)
    relatie.set(SLEUTEL, "987654321")
    with pytest.raises(StufFout) as fout:
        lees_vraag(vraag, inrichting)
    assert (fout.value.code, "heeftAlsInitiator" in fout.value.details) == ("StUF094", True)
    etree.SubElement(etree.SubElement(relatie, zkn("gerelateerde")), zkn("identificatie")).text = "1"
    assert lees_vraag(vraag, inrichting).genegeerd == ("sleutelOntvangend",)


@pytest.mark.parametrize(
    ("erbij", "naam"),
    [
        ('<ZKN:versie xsi:nil="true" StUF:noValue="geenWaarde"/>', "versie"),
        ("<ZKN:titel>x</ZKN:titel>", "titel"),
        ("<ZKN:versie StUF:verwerkingssoort='I'>1.0</ZKN:versie>", "verwerkingssoort"),
    ],
)
def test_of_a_document_too(deur: Deur, erbij: str, naam: str) -> None:
    """geefZaakdocumentLezen, ZDS 4.2.2.2."""
    nummer = voeg_toe(deur)
    vraag = edc_lv01(nummer, 'StUF:scope="kerngegevens"', zender=SOEPEL).replace(
        "</ZKN:gelijk>", f"{erbij}</ZKN:gelijk>"
    )
    antwoord = deur.gelukt("geefZaakdocumentLezen_Lv01", vraag)
    assert teksten(antwoord, "//z:melding") == [f"StUF0001: {naam}"]


def test_a_document_is_not_asked_by_a_key_and_a_number(deur: Deur) -> None:
    vraag = edc_lv01("1900x", "").replace("<ZKN:gelijk ", '<ZKN:gelijk StUF:sleutelOntvangend="1" ')
    assert deur.fout("geefZaakdocumentLezen_Lv01", vraag)[0] == "StUF091"


def test_a_melding_that_does_not_fit_says_that_there_is_more(deur: Deur) -> None:
    namen = [f"onbekendElement{nummer}" for nummer in range(40)]
    vraag = edc_lv01(voeg_toe(deur), "", zender=SOEPEL).replace(
        "</ZKN:gelijk>", f"{''.join(f'<ZKN:{n}>x</ZKN:{n}>' for n in namen)}</ZKN:gelijk>"
    )
    [melding] = deur.gelukt("geefZaakdocumentLezen_Lv01", vraag).xpath("//z:melding", namespaces=NS)
    assert len(melding.text) <= 250
    assert melding.text.endswith(" …")
    assert set(melding.text.split()[1:-1]) <= set(namen)

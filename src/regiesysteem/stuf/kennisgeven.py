"""From what is known of an object to the <object> of a kennisgeving (StUF 03.01, 5.2): the other way of `stuf.lezen`.

What is not known is left out: in a kennisgeving silence changes nothing, where an antwoord says noValue (3.4.1).
"""

from typing import Final

from lxml import etree

from regiesysteem.stuf import waarden
from regiesysteem.stuf.entiteit import Entiteit, Relatie
from regiesysteem.stuf.namespaces import ENTITEITTYPE, SLEUTEL_VERZENDEND, VERWERKINGSSOORT
from regiesysteem.stuf.schrijfplan import een_tak
from regiesysteem.stuf.schrijven import Beeld, RelatieBeeld, schrijf_letterlijk, schrijf_niemand
from regiesysteem.stuf.scope import Modus, Scope

_ALLES: Final = Scope(Modus.ALLES)


def schrijf_voorwerp(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, kern: frozenset[str]) -> None:
    """Fill an <object> with all that is known of it and that a kennisgeving can carry, in the order of the schema.

    `kern` are the entiteittypen that stand with their kerngegevens only when they are gerelateerden. A relation that
    cannot be in a kennisgeving is left out. Verwerkingssoorten are for `zet_verwerkingssoort`.
    """
    knoop.set(ENTITEITTYPE, entiteit.code)
    if beeld.sleutel:
        knoop.set(SLEUTEL_VERZENDEND, beeld.sleutel)
    _schrijf_elementen(knoop, entiteit, beeld, alleen_kern=False)
    for relatie in entiteit.relaties:
        if relatie.kennisgeving:
            _schrijf_relatie(knoop, relatie, beeld, kern)


def schrijf_kerngegevens(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, kern: frozenset[str]) -> None:
    """Fill an <object> with what identifies it (StUF 03.01, 3.1.3)."""
    knoop.set(ENTITEITTYPE, entiteit.code)
    _schrijf_elementen(knoop, entiteit, beeld, alleen_kern=True)
    for relatie in entiteit.relaties:
        if relatie.kern:
            _schrijf_relatie(knoop, relatie, beeld, kern, kaal=True)


def zet_verwerkingssoort(voorwerp: etree._Element, eigen: str, relaties: str, bestaand: frozenset[str]) -> None:
    """Say of the object, and of every entity and relation in it, what the receiver is to do (StUF 03.01, 5.2.5).

    `eigen` is that of the object, `relaties` that of what hangs on it; entities of the types in `bestaand` are only
    referred to (I).
    """
    for knoop in voorwerp.iter(etree.Element):
        soort = knoop.get(ENTITEITTYPE)
        if soort is not None:
            knoop.set(VERWERKINGSSOORT, "I" if soort in bestaand else relaties)
    voorwerp.set(VERWERKINGSSOORT, eigen)


def _schrijf_elementen(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, *, alleen_kern: bool) -> None:
    gegevens = een_tak(entiteit, beeld.gegevens, _ALLES, obj=False)
    for element in entiteit.elementen:
        if element.eigen or (alleen_kern and not element.kern):
            continue
        waarde = gegevens.get(element.naam)
        if waarde is not None:
            waarden.schrijf(knoop, element, waarde, entiteit.ns)
        elif entiteit.begeleider(element.naam) in gegevens:
            waarden.schrijf_leeg(knoop, element.naam, element.ns or entiteit.ns, entiteit.onbekend)


def _schrijf_relatie(
    ouder: etree._Element, relatie: Relatie, van: Beeld | RelatieBeeld, kern: frozenset[str], *, kaal: bool = False
) -> None:
    """Append the occurrences of a relation; `kaal`: without what it says itself."""
    for beeld in van.relaties.get(relatie.naam, ()):
        knoop = etree.SubElement(ouder, f"{{{relatie.ns}}}{relatie.naam}")
        knoop.set(ENTITEITTYPE, relatie.entiteittype)
        _schrijf_gerelateerde(knoop, relatie, beeld, kern)
        if kaal:
            continue
        for element in relatie.elementen:
            waarde = beeld.gegevens.get(element.naam)
            if waarde is not None and element.kennisgeving and not element.eigen:
                waarden.schrijf(knoop, element, waarde, relatie.ns)
        for dieper in relatie.relaties:
            _schrijf_relatie(knoop, dieper, beeld, kern)
    if not kaal:
        for soort in van.onbekend.get(relatie.naam, ()):
            waarden.schrijf_leeg(ouder, relatie.naam, relatie.ns, soort, relatie.entiteittype)


def _schrijf_gerelateerde(knoop: etree._Element, relatie: Relatie, beeld: RelatieBeeld, kern: frozenset[str]) -> None:
    gerelateerde = etree.SubElement(knoop, f"{{{relatie.ns}}}gerelateerde")
    if beeld.keuze is None or beeld.beeld is None:
        schrijf_niemand(gerelateerde, relatie, beeld.gegevens.get("gerelateerde"))
        return
    entiteit = beeld.keuze.entiteit
    doel = etree.SubElement(gerelateerde, f"{{{relatie.ns}}}{beeld.keuze.naam}") if beeld.keuze.naam else gerelateerde
    doel.set(ENTITEITTYPE, entiteit.code)
    if entiteit.letterlijk:
        schrijf_letterlijk(doel, beeld.beeld.gegevens)
        return
    alleen_kern = entiteit.code in kern
    _schrijf_elementen(doel, entiteit, beeld.beeld, alleen_kern=alleen_kern)
    for dieper in entiteit.relaties:
        if dieper.kern and alleen_kern:
            _schrijf_relatie(doel, dieper, beeld.beeld, kern, kaal=True)

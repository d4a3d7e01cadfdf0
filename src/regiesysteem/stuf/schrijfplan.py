"""How an entity or relation is written to a scope: derived from its table once, so that writing does not ask again."""

from dataclasses import dataclass

from lxml import etree

from regiesysteem.stuf import waarden
from regiesysteem.stuf.entiteit import Element, Entiteit, Relatie
from regiesysteem.stuf.namespaces import NIL, NO_VALUE
from regiesysteem.stuf.scope import Scope
from regiesysteem.stuf.waarden import Gegevens, Waarde


@dataclass(frozen=True, slots=True)
class Stap:
    """How an element is written to a scope without names.

    `tag` is there for an element that stands by itself and is always in the scope; `stil`: it is not said when it has
    no value.
    """

    naam: str
    element: Element
    tag: str
    stil: bool


def schrijf_gewoon(knoop: etree._Element, stap: Stap, waarde: Waarde | None, onbekend: str) -> bool:
    """Append an element that has a text or nothing, as most have; False for another, which is not written."""
    if not stap.tag:
        return False
    if waarde is None:
        leeg = etree.SubElement(knoop, stap.tag)
        leeg.set(NIL, "true")
        leeg.set(NO_VALUE, onbekend)
        return True
    if isinstance(waarde, str):
        etree.SubElement(knoop, stap.tag).text = waarde
        return True
    return False


def stappen_voor(van: Entiteit | Relatie, scope: Scope, *, obj: bool = False) -> tuple[Stap, ...]:
    """The elements of an entity or relation that such a scope may ask, made once."""
    sleutel = (Stap, scope.modus, scope.metagegevens, obj)
    if sleutel not in van.afgeleid:
        van.afgeleid[sleutel] = tuple(
            _stap(van, element, scope)
            for element in van.elementen
            if (element.obj or not obj) and (scope.vraagt(element) or element.met)
        )
    stappen: tuple[Stap, ...] = van.afgeleid[sleutel]
    return stappen


def _stap(van: Entiteit | Relatie, element: Element, scope: Scope) -> Stap:
    begeleider = van.begeleider(element.naam) if isinstance(van, Entiteit) else None
    bijzonder = element.met or element.metagegeven or element.keuze or element.letterlijk or element.entiteittype
    alleen = scope.vraagt(element) and element.nil and not (bijzonder or element.velden or begeleider)
    noemt_leeg = isinstance(van, Relatie) or element.kern or van.onbekend == waarden.GEEN_WAARDE
    kan_leeg = element.metagegeven or not (element.keuze or element.letterlijk)
    return Stap(
        element.naam,
        element,
        tag=f"{{{element.ns or van.ns}}}{element.naam}" if alleen else "",
        stil=not begeleider and not (noemt_leeg and kan_leeg),
    )


def een_tak(entiteit: Entiteit, gegevens: Gegevens, scope: Scope, *, obj: bool) -> Gegevens:
    """What is known without all but the first asked branch of a choice: of somebody both may be known."""
    keuzes = entiteit.afgeleid.get(een_tak)
    if keuzes is None:
        keuzes = [(element, *element.keuze.split("/")) for element in entiteit.elementen if element.keuze]
        entiteit.afgeleid[een_tak] = keuzes
    gekozen: dict[str, str] = {}
    weg = set()
    for element, groep, tak in keuzes:
        gevraagd = element.naam in gegevens and scope.vraagt(element) and (element.obj or not obj)
        if gevraagd and gekozen.setdefault(groep, tak) != tak:
            weg.add(element.naam)
    return {naam: waarde for naam, waarde in gegevens.items() if naam not in weg} if weg else gegevens

"""From what is known of an object to the XML of an antwoord, as far as the scope asks for it (StUF 03.01, 6.4.2)."""

from dataclasses import dataclass, field

from lxml import etree

from regiesysteem.stuf import extra, waarden
from regiesysteem.stuf.entiteit import Element, Entiteit, Keuze, Relatie
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, SLEUTEL_VERZENDEND
from regiesysteem.stuf.schrijfplan import een_tak, schrijf_gewoon, stappen_voor
from regiesysteem.stuf.scope import Scope
from regiesysteem.stuf.waarden import Gegevens, Waarde


@dataclass(slots=True)
class Beeld:
    """What is known of one object; `sleutel` is our key, sent as sleutelVerzendend.

    `onbekend` has the kinds of noValue with which a message said of a relation that it is absent.
    """

    gegevens: Gegevens
    relaties: dict[str, list["RelatieBeeld"]] = field(default_factory=dict)
    sleutel: str = ""
    onbekend: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class RelatieBeeld:
    """What is known of one relation; without a `beeld` it leads to nobody."""

    gegevens: Gegevens
    keuze: Keuze | None = None
    beeld: Beeld | None = None
    relaties: dict[str, list["RelatieBeeld"]] = field(default_factory=dict)
    onbekend: dict[str, list[str]] = field(default_factory=dict)


def schrijf_beeld(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, scope: Scope, *, obj: bool = False) -> None:
    """Fill an element with the asked data of an object, in the order of the schema.

    What is asked and absent is said with noValue: geenWaarde for what we are the source of, waardeOnbekend for people
    and things (StUF 03.01, 3.4.1). `obj`: the object stands as a zaakobject.
    """
    knoop.set(ENTITEITTYPE, entiteit.code)
    if beeld.sleutel:
        knoop.set(SLEUTEL_VERZENDEND, beeld.sleutel)
    if entiteit.letterlijk:
        schrijf_letterlijk(knoop, beeld.gegevens)
        return
    _schrijf_elementen(knoop, entiteit, beeld.gegevens, scope, obj=obj)
    for relatie in entiteit.relaties:
        if scope.vraagt(relatie):
            schrijf_relatie(knoop, relatie, beeld, scope.relatie(relatie.naam))


def schrijf_relatie(ouder: etree._Element, relatie: Relatie, van: Beeld | RelatieBeeld, scope: Scope) -> None:
    """Append the occurrences of a relation, or one with noValue when there are none (StUF 03.01, 3.4.2)."""
    geschreven = False
    for beeld in van.relaties.get(relatie.naam, ()):
        gevraagd = scope.gerelateerde(beeld.keuze.naam if beeld.keuze else "")
        if gevraagd is None:
            continue
        _schrijf_voorkomen(ouder, relatie, beeld, scope, gevraagd)
        geschreven = True
    for soort in van.onbekend.get(relatie.naam, [] if geschreven else [waarden.GEEN_WAARDE]):
        waarden.schrijf_leeg(ouder, relatie.naam, relatie.ns, soort, relatie.entiteittype)


def _schrijf_voorkomen(
    ouder: etree._Element, relatie: Relatie, beeld: RelatieBeeld, scope: Scope, gevraagd: Scope
) -> None:
    ns = relatie.ns
    knoop = etree.SubElement(ouder, f"{{{ns}}}{relatie.naam}")
    knoop.set(ENTITEITTYPE, relatie.entiteittype)
    gerelateerde = etree.SubElement(knoop, f"{{{ns}}}gerelateerde")
    if beeld.keuze is None or beeld.beeld is None:
        schrijf_niemand(gerelateerde, relatie, beeld.gegevens.get("gerelateerde"))
    else:
        doel = etree.SubElement(gerelateerde, f"{{{ns}}}{beeld.keuze.naam}") if beeld.keuze.naam else gerelateerde
        schrijf_beeld(doel, beeld.keuze.entiteit, beeld.beeld, gevraagd, obj=relatie.als_object)
    _schrijf_eigen(knoop, relatie, beeld.gegevens, scope)
    for dieper in relatie.relaties:
        if scope.vraagt(dieper):
            schrijf_relatie(knoop, dieper, beeld, scope.relatie(dieper.naam))


def _schrijf_eigen(knoop: etree._Element, relatie: Relatie, gegevens: Gegevens, scope: Scope) -> None:
    """Write the own elements of a relation."""
    onbekend = waarden.GEEN_WAARDE
    if scope.expliciet:
        for element in relatie.elementen:
            if element.naam in scope.kinderen:
                waarde = gegevens.get(element.naam)
                _schrijf_element(knoop, element, waarde, scope, ns=relatie.ns, onbekend=onbekend)
        return
    for stap in stappen_voor(relatie, scope):
        waarde = gegevens.get(stap.naam)
        if not schrijf_gewoon(knoop, stap, waarde, onbekend):
            _schrijf_element(knoop, stap.element, waarde, scope, ns=relatie.ns, onbekend=onbekend)


def _schrijf_elementen(
    knoop: etree._Element, entiteit: Entiteit, gegevens: Gegevens, scope: Scope, *, obj: bool
) -> None:
    gegevens = een_tak(entiteit, gegevens, scope, obj=obj)
    if scope.expliciet:
        _schrijf_gevraagde(knoop, entiteit, gegevens, scope, obj=obj)
        return
    onbekend = entiteit.onbekend
    for stap in stappen_voor(entiteit, scope, obj=obj):
        waarde = gegevens.get(stap.naam)
        if (waarde is None and stap.stil) or schrijf_gewoon(knoop, stap, waarde, onbekend):
            continue
        if stap.tag or _gevraagd(knoop, entiteit, stap.element, gegevens, scope, obj=obj):
            waarde = _met_begeleider(entiteit, stap.element, gegevens)
            _schrijf_element(knoop, stap.element, waarde, scope, ns=entiteit.ns, onbekend=onbekend)


def _schrijf_gevraagde(
    knoop: etree._Element, entiteit: Entiteit, gegevens: Gegevens, scope: Scope, *, obj: bool
) -> None:
    """Write what a scope asks by name."""
    for element in entiteit.elementen:
        if (element.naam in scope.kinderen or element.met) and _gevraagd(
            knoop, entiteit, element, gegevens, scope, obj=obj
        ):
            waarde = _met_begeleider(entiteit, element, gegevens)
            _schrijf_element(knoop, element, waarde, scope, ns=entiteit.ns, onbekend=entiteit.onbekend)


def _gevraagd(
    knoop: etree._Element, entiteit: Entiteit, element: Element, gegevens: Gegevens, scope: Scope, *, obj: bool
) -> bool:
    """Whether an element is to be written: asked, or with the one that it accompanies."""
    if obj and not element.obj:
        return False
    begeleidt = bool(element.met) and element.met in gegevens
    if not (scope.vraagt(element) or (begeleidt and _geschreven(knoop, element.met))):
        return False
    if element.naam in gegevens:
        return True
    if not scope.expliciet and not (element.kern or entiteit.onbekend == waarden.GEEN_WAARDE):
        return False
    return begeleidt or not element.met


def _met_begeleider(entiteit: Entiteit, element: Element, gegevens: Gegevens) -> Waarde | None:
    """The value of an element; of one whose metagegeven came without it a noValue: the schema wants both."""
    waarde = gegevens.get(element.naam)
    if waarde is None and entiteit.begeleider(element.naam) in gegevens:
        return {"@noValue": entiteit.onbekend}
    return waarde


def _schrijf_element(
    knoop: etree._Element, element: Element, waarde: Waarde | None, scope: Scope, *, ns: str, onbekend: str
) -> None:
    if element.naam == extra.NAAM and scope.expliciet and not scope.groep(element.naam).leeg:
        waarden.schrijf(knoop, element, extra.alleen(waarde, scope.groep(element.naam).kinderen, onbekend), ns)
    elif waarde is not None and waarde != []:
        if element.velden and scope.expliciet and not scope.groep(element.naam).leeg:
            waarde = _beperkt(waarde, element, scope.groep(element.naam), onbekend)
        waarden.schrijf(knoop, element, waarde, ns)
    elif element.metagegeven:
        waarden.schrijf_metagegeven(knoop, element, element.ns or ns, onbekend)
    elif element.keuze or element.letterlijk or not (element.nil or element.velden):
        return
    elif not element.velden:
        waarden.schrijf_leeg(knoop, element.naam, element.ns or ns, onbekend)
    elif element.nil:
        waarden.schrijf_leeg(knoop, element.naam, element.ns or ns, onbekend, element.entiteittype)
    elif scope.expliciet:
        waarden.schrijf(knoop, element, _leeg(element, scope.groep(element.naam), onbekend), ns)


def _beperkt(waarde: Waarde, element: Element, scope: Scope, onbekend: str) -> Waarde:
    """Limit a group to the asked fields and those that the schema wants with them."""
    if isinstance(waarde, list):
        return [_beperkt(enkel, element, scope, onbekend) for enkel in waarde]
    if not isinstance(waarde, dict) or "@noValue" in waarde or not scope.expliciet:
        return waarde
    uit: dict[str, Waarde] = {naam: inhoud for naam, inhoud in waarde.items() if naam[0] == "@"}
    for veld in element.velden:
        if not (scope.vraagt(veld) or veld.verplicht):
            continue
        inhoud = waarde.get(veld.naam)
        if veld.naam == extra.NAAM and veld.naam in scope.kinderen and not scope.kinderen[veld.naam].leeg:
            inhoud = extra.alleen(inhoud, scope.kinderen[veld.naam].kinderen, onbekend)
        elif inhoud is not None and veld.velden and veld.naam in scope.kinderen:
            inhoud = _beperkt(inhoud, veld, scope.kinderen[veld.naam], onbekend)
        if inhoud is not None:
            uit[veld.naam] = inhoud
        elif not veld.letterlijk and not veld.velden and not veld.keuze:
            uit[veld.naam] = _geen(veld, onbekend)
    return uit


def _leeg(element: Element, scope: Scope, onbekend: str) -> Waarde:
    """A group of which nothing is known: its asked fields, each with a noValue."""
    return {
        veld.naam: _leeg(veld, scope.kinderen.get(veld.naam, scope), onbekend) if veld.velden else _geen(veld, onbekend)
        for veld in element.velden
        if (veld.verplicht or scope.vraagt(veld)) and not veld.letterlijk
    }


def _geen(veld: Element, onbekend: str) -> Waarde:
    return {"@noValue": onbekend, **({"@metagegeven": "true"} if veld.metagegeven else {})}


def schrijf_niemand(gerelateerde: etree._Element, relatie: Relatie, waarde: Waarde | None) -> None:
    """Give back a gerelateerde that came without a value, as it came."""
    rechtstreeks = relatie.keuze("")
    if rechtstreeks is not None:
        gerelateerde.set(ENTITEITTYPE, rechtstreeks.entiteit.code)
    if not isinstance(waarde, dict) or not waarde:
        return
    if (keuze := relatie.keuze(str(waarde.get("soort", "")))) is not None and keuze.naam:
        leeg = etree.SubElement(gerelateerde, f"{{{relatie.ns}}}{keuze.naam}")
        leeg.set(ENTITEITTYPE, keuze.entiteit.code)
        leeg.set(NIL, "true")
        return
    gerelateerde.set(NIL, "true")


def schrijf_letterlijk(knoop: etree._Element, gegevens: Gegevens) -> None:
    """Fill an element with any content that is kept as it came."""
    houder = etree.Element("houder")
    waarden.schrijf(houder, Element("", letterlijk=True), gegevens, "")
    for naam, waarde in houder[0].attrib.items():
        knoop.set(naam, waarde)
    knoop.text = houder[0].text
    knoop.extend(list(houder[0]))


def _geschreven(knoop: etree._Element, naam: str) -> bool:
    return len(knoop) > 0 and str(knoop[-1].tag).endswith(f"}}{naam}")

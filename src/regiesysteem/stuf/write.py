"""Objects to XML, by the scope of a question (StUF 03.01, 6.3.3 and 6.4)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from lxml import etree

from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Element, Entiteit, Keuze, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, SCOPE, SLEUTEL_VERZENDEND
from regiesysteem.stuf.read import lokaal
from regiesysteem.stuf.values import Gegevens, Waarde

# --- The data that a question asks for: <scope> as a tree (StUF 03.01, 6.3.3)


class Modus(Enum):
    """The way in which a part of the scope asks."""

    ELEMENTEN = "elementen"
    ALLES = "alles"
    ALLES_KERN = "allesMaarKerngegevensGerelateerden"
    KERN = "kerngegevens"


_ATTRIBUUT: Final = {
    "alles": (Modus.ALLES, True),
    "allesZonderMetagegevens": (Modus.ALLES, False),
    "allesMaarKerngegevensGerelateerden": (Modus.ALLES_KERN, True),
    "allesZonderMetagegevensMaarKerngegevensGerelateerden": (Modus.ALLES_KERN, False),
    "kerngegevens": (Modus.KERN, True),
}
_METAGEGEVENS: Final = frozenset({"tijdvakGeldigheid", "tijdstipRegistratie"})
"""The elements that a scope can leave out (StUF 03.01, 3.3.1). `authentiek` is none: the schema requires it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The asked part of one entity, relation or group; without `metagegevens` the answer has none."""

    modus: Modus
    kinderen: dict[str, "Scope"] = field(default_factory=dict)
    metagegevens: bool = True

    @property
    def expliciet(self) -> bool:
        """Tell whether the scope names elements, so that the answer must have each of them."""
        return self.modus is Modus.ELEMENTEN

    def vraagt(self, deel: Element | Relatie) -> bool:
        """Tell whether the scope asks for an element or relation."""
        if self.modus is Modus.ELEMENTEN:
            return deel.naam in self.kinderen
        if not self.metagegevens and deel.naam in _METAGEGEVENS:
            return False
        return self.modus is not Modus.KERN or deel.kern

    def groep(self, naam: str) -> "Scope":
        """The asked part of a group."""
        return self.kinderen[naam] if self.modus is Modus.ELEMENTEN else _ALLES

    def relatie(self, naam: str) -> "Scope":
        """The asked part of a relation; an empty one asks for all of it with the kerngegevens of the gerelateerde."""
        if self.modus is not Modus.ELEMENTEN:
            return self
        gevraagd = self.kinderen[naam]
        return _ALLES_KERN if gevraagd.leeg else gevraagd

    def gerelateerde(self, naam: str) -> "Scope | None":
        """The asked part of a gerelateerde of this kind; None when relations with that kind are not in the answer.

        An empty <gerelateerde/> names no kind: senders in the field mean any kind by it (docs/afwijkingen.md 13).
        """
        if self.modus is Modus.ALLES:
            return self
        if self.modus is not Modus.ELEMENTEN:
            return _KERN
        gevraagd = self.kinderen.get("gerelateerde")
        if gevraagd is None or gevraagd.leeg:
            return _KERN
        if not naam or not gevraagd.expliciet:
            return gevraagd
        soort = gevraagd.kinderen.get(naam)
        return _KERN if soort is not None and soort.leeg else soort

    @property
    def leeg(self) -> bool:
        """Tell whether the scope is empty."""
        return self.modus is Modus.ELEMENTEN and not self.kinderen


_ALLES: Final = Scope(Modus.ALLES)
_ALLES_KERN: Final = Scope(Modus.ALLES_KERN)
_KERN: Final = Scope(Modus.KERN)
KERNGEGEVENS: Final = _KERN
"""The scope of the elements that identify an object."""

STANDAARD: Final = _ALLES_KERN
"""The scope of our answer to a question without a scope; StUF leaves that to us."""


def lees_scope(knoop: etree._Element | None) -> Scope:
    """Read <scope>; absent or empty gives STANDAARD. Raises StUF097 for a scope attribute together with content."""
    voorwerp = None if knoop is None else next(knoop.iterchildren(tag=etree.Element), None)
    if voorwerp is None:
        return STANDAARD
    gevraagd = _lees(voorwerp)
    return STANDAARD if gevraagd.leeg else gevraagd


def _naam(knoop: etree._Element) -> str:
    """The name that a child asks for; an extraElement is asked by its naam (StUF 03.01, 3.2.4.1)."""
    return knoop.get("naam", "").strip() if lokaal(knoop) == "extraElement" else lokaal(knoop)


def _zegt_niets(knoop: etree._Element) -> bool:
    """Tell whether it is xsi:nil and nothing more, as JAXB and .NET write an element without a value."""
    return knoop.get(NIL) in ("true", "1") and NO_VALUE not in knoop.attrib and not len(knoop)


def _lees(knoop: etree._Element) -> Scope:
    soort = knoop.get(SCOPE)
    kinderen = list(knoop.iterchildren(tag=etree.Element))
    if soort is None:
        return Scope(Modus.ELEMENTEN, {_naam(kind): _lees(kind) for kind in kinderen})
    if not all(map(_zegt_niets, kinderen)):
        raise StufFout("StUF097", f"het element {lokaal(knoop)} heeft StUF:scope={soort!r} en ook inhoud")
    try:
        modus, metagegevens = _ATTRIBUUT[soort]
    except KeyError:
        bekend = ", ".join(_ATTRIBUUT)
        raise StufFout("StUF055", f"StUF:scope={soort!r} bestaat niet; wel: {bekend}") from None
    return Scope(modus, metagegevens=metagegevens)


# --- The steps that write an entity or relation by a scope, derived once from its table


@dataclass(frozen=True, slots=True)
class Stap:
    """The way to write an element for a scope without names.

    `tag` is set for an element that stands by itself and is always in the scope; `stil` means that it is left out when
    it has no value.
    """

    naam: str
    element: Element
    tag: str
    stil: bool


def schrijf_gewoon(knoop: etree._Element, stap: Stap, waarde: Waarde | None, onbekend: str) -> bool:
    """Append an element with a text or without a value, as most are; False when it is another, which is not written."""
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
    """The elements of an entity or relation that such a scope may ask, derived once."""
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
    noemt_leeg = isinstance(van, Relatie) or element.kern or van.onbekend == values.GEEN_WAARDE
    kan_leeg = element.metagegeven or not (element.keuze or element.letterlijk)
    return Stap(
        element.naam,
        element,
        tag=f"{{{element.ns or van.ns}}}{element.naam}" if alleen else "",
        stil=not begeleider and not (noemt_leeg and kan_leeg),
    )


def een_tak(entiteit: Entiteit, gegevens: Gegevens, scope: Scope, *, obj: bool) -> Gegevens:
    """Keep only the first asked branch of each choice: both may be known of an object."""
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


# --- Writing an object as the XML of an antwoord, as far as the scope asks for it (StUF 03.01, 6.4.2)


@dataclass(slots=True)
class Beeld:
    """The known data of one object; `sleutel` is our key, sent as sleutelVerzendend.

    `onbekend` has the kinds of noValue with which a message said that a relation is absent.
    """

    gegevens: Gegevens
    relaties: dict[str, list["RelatieBeeld"]] = field(default_factory=dict)
    sleutel: str = ""
    onbekend: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class RelatieBeeld:
    """The known data of one relation; without a `beeld` it leads to nobody."""

    gegevens: Gegevens
    keuze: Keuze | None = None
    beeld: Beeld | None = None
    relaties: dict[str, list["RelatieBeeld"]] = field(default_factory=dict)
    onbekend: dict[str, list[str]] = field(default_factory=dict)


def schrijf_beeld(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, scope: Scope, *, obj: bool = False) -> None:
    """Fill an element with the asked data of an object, in the order of the schema.

    An asked element without a value gets a noValue: geenWaarde for zaken and documents, waardeOnbekend for people and
    things (StUF 03.01, 3.4.1). `obj`: the object stands as that of another entity.
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
    for soort in van.onbekend.get(relatie.naam, [] if geschreven else [values.GEEN_WAARDE]):
        values.schrijf_leeg(ouder, relatie.naam, relatie.ns, soort, relatie.entiteittype)


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
    onbekend = values.GEEN_WAARDE
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
    """Write the elements that a scope names."""
    for element in entiteit.elementen:
        if (element.naam in scope.kinderen or element.met) and _gevraagd(
            knoop, entiteit, element, gegevens, scope, obj=obj
        ):
            waarde = _met_begeleider(entiteit, element, gegevens)
            _schrijf_element(knoop, element, waarde, scope, ns=entiteit.ns, onbekend=entiteit.onbekend)


def _gevraagd(
    knoop: etree._Element, entiteit: Entiteit, element: Element, gegevens: Gegevens, scope: Scope, *, obj: bool
) -> bool:
    """Tell whether an element is to be written: asked, or with the element that it accompanies."""
    if obj and not element.obj:
        return False
    begeleidt = bool(element.met) and element.met in gegevens
    if not (scope.vraagt(element) or (begeleidt and _geschreven(knoop, element.met))):
        return False
    if element.naam in gegevens:
        return True
    if not scope.expliciet and not (element.kern or entiteit.onbekend == values.GEEN_WAARDE):
        return False
    return begeleidt or not element.met


def _met_begeleider(entiteit: Entiteit, element: Element, gegevens: Gegevens) -> Waarde | None:
    """The value of an element; a noValue when only its metagegeven came: the schema wants both."""
    waarde = gegevens.get(element.naam)
    if waarde is None and entiteit.begeleider(element.naam) in gegevens:
        return {"@noValue": entiteit.onbekend}
    return waarde


def _schrijf_element(
    knoop: etree._Element, element: Element, waarde: Waarde | None, scope: Scope, *, ns: str, onbekend: str
) -> None:
    if element.naam == extra.NAAM and scope.expliciet and not scope.groep(element.naam).leeg:
        values.schrijf(knoop, element, extra.alleen(waarde, scope.groep(element.naam).kinderen, onbekend), ns)
    elif waarde is not None and waarde != []:
        if element.velden and scope.expliciet and not scope.groep(element.naam).leeg:
            waarde = _beperkt(waarde, element, scope.groep(element.naam), onbekend)
        values.schrijf(knoop, element, waarde, ns)
    elif element.metagegeven:
        values.schrijf_metagegeven(knoop, element, element.ns or ns, onbekend)
    elif element.keuze or element.letterlijk or not (element.nil or element.velden):
        return
    elif not element.velden:
        values.schrijf_leeg(knoop, element.naam, element.ns or ns, onbekend)
    elif element.nil:
        values.schrijf_leeg(knoop, element.naam, element.ns or ns, onbekend, element.entiteittype)
    elif scope.expliciet:
        values.schrijf(knoop, element, _leeg(element, scope.groep(element.naam), onbekend), ns)


def _beperkt(waarde: Waarde, element: Element, scope: Scope, onbekend: str) -> Waarde:
    """Limit a group to its asked and its required fields."""
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
    """An unknown group: its asked fields, each with a noValue."""
    return {
        veld.naam: _leeg(veld, scope.kinderen.get(veld.naam, scope), onbekend) if veld.velden else _geen(veld, onbekend)
        for veld in element.velden
        if (veld.verplicht or scope.vraagt(veld)) and not veld.letterlijk
    }


def _geen(veld: Element, onbekend: str) -> Waarde:
    return {"@noValue": onbekend, **({"@metagegeven": "true"} if veld.metagegeven else {})}


def schrijf_niemand(gerelateerde: etree._Element, relatie: Relatie, waarde: Waarde | None) -> None:
    """Write a gerelateerde that came without a value, as it came."""
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
    """Fill an element with content that is kept as it came."""
    houder = etree.Element("houder")
    values.schrijf(houder, Element("", letterlijk=True), gegevens, "")
    for naam, waarde in houder[0].attrib.items():
        knoop.set(naam, waarde)
    knoop.text = houder[0].text
    knoop.extend(list(houder[0]))


def _geschreven(knoop: etree._Element, naam: str) -> bool:
    return len(knoop) > 0 and str(knoop[-1].tag).endswith(f"}}{naam}")

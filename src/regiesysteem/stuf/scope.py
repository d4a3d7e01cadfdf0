"""Which data a question asks for: <scope> as a tree (StUF 03.01, 6.3.3)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from lxml import etree

from regiesysteem.stuf.entiteit import Element, Relatie
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import lokaal
from regiesysteem.stuf.namespaces import NIL, NO_VALUE, SCOPE


class Modus(Enum):
    """How a part of the scope asks."""

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
"""What a scope can leave out (StUF 03.01, 3.3.1). `authentiek` is another: the schema wants it with its element."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked of one entity, relation or group; without `metagegevens` those are not answered."""

    modus: Modus
    kinderen: dict[str, "Scope"] = field(default_factory=dict)
    metagegevens: bool = True

    @property
    def expliciet(self) -> bool:
        """Whether elements were asked by name, so that each of them must be answered."""
        return self.modus is Modus.ELEMENTEN

    def vraagt(self, deel: Element | Relatie) -> bool:
        """Whether an element or relation is asked."""
        if self.modus is Modus.ELEMENTEN:
            return deel.naam in self.kinderen
        if not self.metagegevens and deel.naam in _METAGEGEVENS:
            return False
        return self.modus is not Modus.KERN or deel.kern

    def groep(self, naam: str) -> "Scope":
        """What is asked of a group."""
        return self.kinderen[naam] if self.modus is Modus.ELEMENTEN else _ALLES

    def relatie(self, naam: str) -> "Scope":
        """What is asked of a relation; an empty one asks for all of it with the kerngegevens of the gerelateerde."""
        if self.modus is not Modus.ELEMENTEN:
            return self
        gevraagd = self.kinderen[naam]
        return _ALLES_KERN if gevraagd.leeg else gevraagd

    def gerelateerde(self, naam: str) -> "Scope | None":
        """What is asked of a gerelateerde of this kind; None when relations with that kind are not to be answered.

        An empty <gerelateerde/> names no kind: senders in the field mean any by it (docs/afwijkingen.md 13).
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
        """Whether nothing at all is said."""
        return self.modus is Modus.ELEMENTEN and not self.kinderen


_ALLES: Final = Scope(Modus.ALLES)
_ALLES_KERN: Final = Scope(Modus.ALLES_KERN)
_KERN: Final = Scope(Modus.KERN)
KERNGEGEVENS: Final = _KERN
"""What identifies an object, and no more."""

STANDAARD: Final = _ALLES_KERN
"""What we answer to a question without a scope; StUF leaves that to us."""


def lees_scope(knoop: etree._Element | None) -> Scope:
    """Read <scope>; absent or empty gives STANDAARD. Raises StUF097 for a scope attribute together with content."""
    voorwerp = None if knoop is None else next(knoop.iterchildren(tag=etree.Element), None)
    if voorwerp is None:
        return STANDAARD
    gevraagd = _lees(voorwerp)
    return STANDAARD if gevraagd.leeg else gevraagd


def _naam(knoop: etree._Element) -> str:
    """What a child asks; an extraElement is asked by its naam (StUF 03.01, 3.2.4.1)."""
    return knoop.get("naam", "").strip() if lokaal(knoop) == "extraElement" else lokaal(knoop)


def _zegt_niets(knoop: etree._Element) -> bool:
    """Whether it is how JAXB and .NET write an element that they have nothing for: xsi:nil and no more."""
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

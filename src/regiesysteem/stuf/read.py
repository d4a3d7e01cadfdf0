"""Reads the XML of a kennisgeving: one object, its relations, and the objects that they lead to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Entiteit, Keuze, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, VERWERKINGSSOORT
from regiesysteem.stuf.values import Gegevens


@dataclass(frozen=True, slots=True)
class Gerelateerde:
    """The object at the other end of a relation.

    `naam` is the element inside <gerelateerde> ("" when there is none), `relaties` those among its kerngegevens.
    """

    entiteit: Entiteit
    naam: str
    verwerkingssoort: str
    gegevens: Gegevens
    relaties: dict[str, list["Voorkomen"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voorkomen:
    """One occurrence of a relation in a message.

    `leeg` is the kind of noValue of an occurrence without content (the other half of T, V and E in a
    wijzigkennisgeving), else empty; `kaal` means that the sender gave no kind. `gerelateerde` is None when the message
    names nobody. `dieper` are its elements that are relations of their own (they have an entiteittype) and that the
    message changes, each with its verwerkingssoort.
    """

    relatie: Relatie
    verwerkingssoort: str
    gegevens: Gegevens = field(default_factory=dict)
    gerelateerde: Gerelateerde | None = None
    relaties: dict[str, list["Voorkomen"]] = field(default_factory=dict)
    leeg: str = ""
    dieper: dict[str, str] = field(default_factory=dict)
    kaal: bool = False


@dataclass(frozen=True, slots=True)
class Voorwerp:
    """A topfundamenteel: one <object> of a kennisgeving (StUF 03.01, 5.2.3)."""

    verwerkingssoort: str
    gegevens: Gegevens
    relaties: dict[str, list[Voorkomen]]

    def alle(self, *namen: str) -> Iterator[Voorkomen]:
        """The occurrences with content of the relations with these names; of all relations when none is given."""
        for naam, voorkomens in self.relaties.items():
            if not namen or naam in namen:
                yield from (voorkomen for voorkomen in voorkomens if not voorkomen.leeg)


def lees_voorwerp(knoop: etree._Element, entiteit: Entiteit) -> Voorwerp:
    """Read one <object> by the table of its entity; elements that the table does not know are left out.

    Raises StUF055 for an object whose StUF:entiteittype is that of another kind (docs/afwijkingen.md 46).

    The schema decides what may be in the object: this reads a valid message, or the known part of an invalid one.
    """
    gegevens, relaties = _lees_inhoud(knoop, entiteit)
    return Voorwerp(knoop.get(VERWERKINGSSOORT, ""), gegevens, relaties)


def _lees_inhoud(knoop: etree._Element, entiteit: Entiteit) -> tuple[Gegevens, dict[str, list[Voorkomen]]]:
    gegevens: Gegevens = {}
    relaties: dict[str, list[Voorkomen]] = {}
    if entiteit.letterlijk:
        return {"#": values.lees_letterlijk(knoop)}, relaties
    for kind in knoop:
        naam = lokaal(kind)
        element = entiteit.element(naam)
        if element is not None:
            if not element.eigen:
                values.voeg_toe(gegevens, element, values.lees(kind, element))
            continue
        relatie = entiteit.relatie(naam)
        if relatie is not None:
            relaties.setdefault(naam, []).append(_lees_voorkomen(kind, relatie))
    return gegevens, relaties


def _lees_voorkomen(knoop: etree._Element, relatie: Relatie) -> Voorkomen:
    verwerkingssoort = knoop.get(VERWERKINGSSOORT, "")
    if NO_VALUE in knoop.attrib or knoop.get(NIL) in ("true", "1"):
        soort = knoop.get(NO_VALUE)
        return Voorkomen(relatie, verwerkingssoort, leeg=soort or values.GEEN_WAARDE, kaal=soort is None)
    gegevens: Gegevens = {}
    gerelateerde: Gerelateerde | None = None
    relaties: dict[str, list[Voorkomen]] = {}
    gewijzigd: dict[str, str] = {}
    for kind in knoop:
        naam = lokaal(kind)
        if naam == "gerelateerde" and relatie.gerelateerde:
            gerelateerde = _lees_gerelateerde(kind, relatie, gegevens)
        elif (element := relatie.element(naam)) is not None:
            if not element.eigen:
                values.voeg_toe(gegevens, element, values.lees(kind, element))
            if element.entiteittype and (soort := kind.get(VERWERKINGSSOORT, "I")) != "I":
                gewijzigd[naam] = str(soort)
        elif (dieper := relatie.relatie(naam)) is not None:
            relaties.setdefault(naam, []).append(_lees_voorkomen(kind, dieper))
    return Voorkomen(relatie, verwerkingssoort, gegevens, gerelateerde, relaties, dieper=gewijzigd)


def _lees_gerelateerde(knoop: etree._Element, relatie: Relatie, gegevens: Gegevens) -> Gerelateerde | None:
    """Read <gerelateerde>; one without a value is noted with the relation, so that it comes back as it was."""
    if knoop.get(NIL) in ("true", "1") or NO_VALUE in knoop.attrib:
        gegevens["gerelateerde"] = {"@noValue": knoop.get(NO_VALUE, values.GEEN_WAARDE)}
        return None
    rechtstreeks = relatie.keuze("")
    if rechtstreeks is not None:
        inhoud, dieper = _lees_inhoud(knoop, rechtstreeks.entiteit)
        return Gerelateerde(rechtstreeks.entiteit, "", knoop.get(VERWERKINGSSOORT, ""), inhoud, dieper)
    for kind in knoop.iterchildren(tag=etree.Element):
        keuze = relatie.keuze(lokaal(kind))
        if keuze is None:
            continue
        if kind.get(NIL) in ("true", "1"):
            gegevens["gerelateerde"] = {"@noValue": kind.get(NO_VALUE, values.GEEN_WAARDE), "soort": keuze.naam}
            return None
        _controleer_entiteittype(kind, relatie, keuze)
        inhoud, dieper = _lees_inhoud(kind, keuze.entiteit)
        return Gerelateerde(keuze.entiteit, keuze.naam, kind.get(VERWERKINGSSOORT, ""), inhoud, dieper)
    return None


def _controleer_entiteittype(knoop: etree._Element, relatie: Relatie, keuze: Keuze) -> None:
    """Refuse an object that is one kind by its element and another by its StUF:entiteittype.

    The schema refused such an object before, for a sender that is held to it; this is for the other senders.
    """
    gezegd = knoop.get(ENTITEITTYPE, keuze.entiteit.code)
    if gezegd != keuze.entiteit.code and relatie.keuze_voor(gezegd) is not None:
        raise StufFout(
            "StUF055",
            f"object/{relatie.naam}/gerelateerde/{keuze.naam}: StUF:entiteittype is {gezegd}, "
            f"verwacht is {keuze.entiteit.code}",
        )


def lokaal(knoop: etree._Element) -> str:
    """The local name of an element; cheaper than building a QName."""
    return str(knoop.tag).rpartition("}")[2]


def zonder_kale_nil(was: Voorwerp | None, wordt: Voorwerp) -> tuple[Voorwerp | None, Voorwerp, str]:
    """Give a change without the elements that are xsi:nil without StUF:noValue, and the path of the first, "" for none.

    Frameworks write such an element for a value that a program did not set. A relation that is nil with a
    verwerkingssoort stays: it is the other half of a relation in `was` or `wordt` (StUF 03.01, 5.2.6).
    """
    gevonden: list[str] = []
    zwijgt = {
        naam
        for naam, lijst in wordt.relaties.items()
        if lijst and all(een.kaal and not een.verwerkingssoort for een in lijst)
    }
    gevonden += sorted(zwijgt)
    nieuw = _zonder(wordt, zwijgt, gevonden)
    for naam, waarde in wordt.gegevens.items():
        # A change that leaves out a repeating element removes all its occurrences (5.2.4).
        if isinstance(waarde, list) and naam not in nieuw.gegevens:
            nieuw.gegevens[naam] = [{"@noValue": "nietOndersteund"}]
    return _zonder(was, zwijgt, []) if was is not None else None, nieuw, next(iter(gevonden), "")


def _zonder(voorwerp: Voorwerp, zwijgt: set[str], gevonden: list[str]) -> Voorwerp:
    gegevens = values.zonder_kale_nil(voorwerp.gegevens, gevonden)
    relaties = {
        naam: [_relatie_zonder(een, gevonden) for een in lijst if not (een.kaal and not een.verwerkingssoort)]
        for naam, lijst in voorwerp.relaties.items()
        if naam not in zwijgt
    }
    return Voorwerp(voorwerp.verwerkingssoort, gegevens, relaties)


def _relatie_zonder(voorkomen: Voorkomen, gevonden: list[str]) -> Voorkomen:
    dieper: list[str] = []
    wie = voorkomen.gerelateerde
    uit = replace(
        voorkomen,
        gegevens=values.zonder_kale_nil(voorkomen.gegevens, dieper),
        gerelateerde=replace(wie, gegevens=values.zonder_kale_nil(wie.gegevens, dieper)) if wie else None,
        relaties={
            naam: [_relatie_zonder(een, dieper) for een in lijst if not (een.kaal and not een.verwerkingssoort)]
            for naam, lijst in voorkomen.relaties.items()
        },
    )
    gevonden += [f"{voorkomen.relatie.naam}/{naam}" for naam in dieper]
    return uit

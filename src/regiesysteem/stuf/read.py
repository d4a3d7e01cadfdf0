"""Reads the XML of a kennisgeving: one object, its relations, and the objects that they lead to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Choice, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, VERWERKINGSSOORT
from regiesysteem.stuf.values import Data


@dataclass(frozen=True, slots=True)
class Gerelateerde:
    """The object at the other end of a relation.

    `naam` is the element inside <gerelateerde> ("" when there is none), `relaties` those among its kerngegevens.
    """

    entiteit: Entiteit
    naam: str
    verwerkingssoort: str
    gegevens: Data
    relaties: dict[str, list["Voorkomen"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voorkomen:
    """One occurrence of a relation in a message.

    `empty` is the kind of noValue of an occurrence without content (the other half of T, V and E in a
    wijzigkennisgeving), else empty; `bare` means that the sender gave no kind. `gerelateerde` is None when the message
    names nobody. `deeper` are its elements that are relations of their own (they have an entiteittype) and that the
    message changes, each with its verwerkingssoort.
    """

    relatie: Relatie
    verwerkingssoort: str
    gegevens: Data = field(default_factory=dict)
    gerelateerde: Gerelateerde | None = None
    relaties: dict[str, list["Voorkomen"]] = field(default_factory=dict)
    empty: str = ""
    deeper: dict[str, str] = field(default_factory=dict)
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """A topfundamenteel: one <object> of a kennisgeving (StUF 03.01, 5.2.3)."""

    verwerkingssoort: str
    gegevens: Data
    relaties: dict[str, list[Voorkomen]]

    def alle(self, *names: str) -> Iterator[Voorkomen]:
        """The occurrences with content of the relations with these names; of all relations when none is given."""
        for naam, voorkomens in self.relaties.items():
            if not names or naam in names:
                yield from (voorkomen for voorkomen in voorkomens if not voorkomen.empty)


def read_instance(node: etree._Element, entiteit: Entiteit) -> Instance:
    """Read one <object> by the table of its entity; elements that the table does not know are left out.

    Raises StUF055 for an object whose StUF:entiteittype is that of another kind (docs/afwijkingen.md 46).

    The schema decides what may be in the object: this reads a valid message, or the known part of an invalid one.
    """
    data, relaties = _read_inhoud(node, entiteit)
    return Instance(node.get(VERWERKINGSSOORT, ""), data, relaties)


def _read_inhoud(node: etree._Element, entiteit: Entiteit) -> tuple[Data, dict[str, list[Voorkomen]]]:
    data: Data = {}
    relaties: dict[str, list[Voorkomen]] = {}
    if entiteit.verbatim:
        return {"#": values.read_verbatim(node)}, relaties
    for child in node:
        naam = local(child)
        element = entiteit.element(naam)
        if element is not None:
            if not element.ours:
                values.add(data, element, values.read(child, element))
            continue
        relatie = entiteit.relatie(naam)
        if relatie is not None:
            relaties.setdefault(naam, []).append(_read_voorkomen(child, relatie))
    return data, relaties


def _read_voorkomen(node: etree._Element, relatie: Relatie) -> Voorkomen:
    verwerkingssoort = node.get(VERWERKINGSSOORT, "")
    if NO_VALUE in node.attrib or node.get(NIL) in ("true", "1"):
        soort = node.get(NO_VALUE)
        return Voorkomen(relatie, verwerkingssoort, empty=soort or values.NO_WAARDE, bare=soort is None)
    data: Data = {}
    gerelateerde: Gerelateerde | None = None
    relaties: dict[str, list[Voorkomen]] = {}
    modified: dict[str, str] = {}
    for child in node:
        naam = local(child)
        if naam == "gerelateerde" and relatie.gerelateerde:
            gerelateerde = _read_gerelateerde(child, relatie, data)
        elif (element := relatie.element(naam)) is not None:
            if not element.ours:
                values.add(data, element, values.read(child, element))
            if element.entiteittype and (soort := child.get(VERWERKINGSSOORT, "I")) != "I":
                modified[naam] = str(soort)
        elif (deeper := relatie.relatie(naam)) is not None:
            relaties.setdefault(naam, []).append(_read_voorkomen(child, deeper))
    return Voorkomen(relatie, verwerkingssoort, data, gerelateerde, relaties, deeper=modified)


def _read_gerelateerde(node: etree._Element, relatie: Relatie, data: Data) -> Gerelateerde | None:
    """Read <gerelateerde>; one without a value is noted with the relation, so that it comes back as it was."""
    if node.get(NIL) in ("true", "1") or NO_VALUE in node.attrib:
        data["gerelateerde"] = {"@noValue": node.get(NO_VALUE, values.NO_WAARDE)}
        return None
    direct = relatie.choice("")
    if direct is not None:
        inhoud, deeper = _read_inhoud(node, direct.entiteit)
        return Gerelateerde(direct.entiteit, "", node.get(VERWERKINGSSOORT, ""), inhoud, deeper)
    for child in node.iterchildren(tag=etree.Element):
        choice = relatie.choice(local(child))
        if choice is None:
            continue
        if child.get(NIL) in ("true", "1"):
            data["gerelateerde"] = {"@noValue": child.get(NO_VALUE, values.NO_WAARDE), "soort": choice.naam}
            return None
        _check_entiteittype(child, relatie, choice)
        inhoud, deeper = _read_inhoud(child, choice.entiteit)
        return Gerelateerde(choice.entiteit, choice.naam, child.get(VERWERKINGSSOORT, ""), inhoud, deeper)
    return None


def _check_entiteittype(node: etree._Element, relatie: Relatie, choice: Choice) -> None:
    """Refuse an object that is one kind by its element and another by its StUF:entiteittype.

    The schema refused such an object before, for a sender that is held to it; this is for the other senders.
    """
    said = node.get(ENTITEITTYPE, choice.entiteit.code)
    if said != choice.entiteit.code and relatie.choice_for(said) is not None:
        raise StufFout(
            "StUF055",
            f"object/{relatie.naam}/gerelateerde/{choice.naam}: StUF:entiteittype is {said}, "
            f"verwacht is {choice.entiteit.code}",
        )


def local(node: etree._Element) -> str:
    """The local name of an element; cheaper than building a QName."""
    return str(node.tag).rpartition("}")[2]


def change_without_bare_nil(was: Instance | None, wordt: Instance) -> tuple[Instance | None, Instance, str]:
    """Give a change without the elements that are xsi:nil without StUF:noValue, and the path of the first, "" for none.

    Frameworks write such an element for a value that a program did not set. A relation that is nil with a
    verwerkingssoort stays: it is the other half of a relation in `was` or `wordt` (StUF 03.01, 5.2.6).
    """
    found: list[str] = []
    silent = {
        naam
        for naam, listing in wordt.relaties.items()
        if listing and all(one.bare and not one.verwerkingssoort for one in listing)
    }
    found += sorted(silent)
    new = _without(wordt, silent, found)
    for naam, waarde in wordt.gegevens.items():
        # A change that leaves out a repeating element removes all its occurrences (5.2.4).
        if isinstance(waarde, list) and naam not in new.gegevens:
            new.gegevens[naam] = [{"@noValue": "nietOndersteund"}]
    return _without(was, silent, []) if was is not None else None, new, next(iter(found), "")


def _without(instance: Instance, silent: set[str], found: list[str]) -> Instance:
    data = values.without_bare_nil(instance.gegevens, found)
    relaties = {
        naam: [_relatie_without(one, found) for one in listing if not (one.bare and not one.verwerkingssoort)]
        for naam, listing in instance.relaties.items()
        if naam not in silent
    }
    return Instance(instance.verwerkingssoort, data, relaties)


def _relatie_without(voorkomen: Voorkomen, found: list[str]) -> Voorkomen:
    deeper: list[str] = []
    who = voorkomen.gerelateerde
    out = replace(
        voorkomen,
        gegevens=values.without_bare_nil(voorkomen.gegevens, deeper),
        gerelateerde=replace(who, gegevens=values.without_bare_nil(who.gegevens, deeper)) if who else None,
        relaties={
            naam: [_relatie_without(one, deeper) for one in listing if not (one.bare and not one.verwerkingssoort)]
            for naam, listing in voorkomen.relaties.items()
        },
    )
    found += [f"{voorkomen.relatie.naam}/{naam}" for naam in deeper]
    return out

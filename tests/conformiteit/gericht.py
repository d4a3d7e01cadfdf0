"""Messages aimed at one type at a time, so that no element and no attribute of a schema goes untried.

`paden` finds the shortest way to every type of a message; `gerichte_berichten` then fills each of these places until
every child that the type declares has been there, also the branches of its choices. A type that an earlier message of
the contract has too was tried there, and is left out here: a type allows the same wherever it stands.
"""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree
from tests.berichten.generator import BERICHTEN, XSI_NIL, genereer
from tests.berichten.keuze import Keuze
from tests.berichten.schema import Element, Inhoud, Schema
from tests.conformiteit.verschillen import NAAMRUIMTEN, VERSCHILLEN

# parent and child of the places that are left open, where looking further makes no sense
OPEN = {
    tuple(
        f"{{{NAAMRUIMTEN[voorvoegsel]}}}{lokaal}" for voorvoegsel, lokaal in re.findall(r"(\w+):(\w+)", verschil.plek)
    )
    for verschil in VERSCHILLEN
    if verschil.soort == "open"
}


@dataclass(frozen=True)
class Plek:
    """A path in a message and the type that is found there."""

    pad: str
    inhoud: Inhoud


def paden(schema: Schema, naam: str) -> Iterator[Plek]:
    """Every complex type with children that the message reaches, once, nearest first; not those inside open places."""
    gezien: set[int] = set()
    wachtrij: deque[tuple[str, Element]] = deque([("", schema.wortel(naam))])
    while wachtrij:
        pad, element = wachtrij.popleft()
        inhoud = element.inhoud
        if inhoud.deel is None or id(inhoud) in gezien:
            continue
        gezien.add(id(inhoud))
        yield Plek(pad, inhoud)
        wachtrij.extend((f"{pad}/{kind.lokaal}".lstrip("/"), kind) for kind in gesloten(element))


@functools.cache
def _eerste_bericht(schema: Schema) -> dict[int, str]:
    """Of each type, by its id, the first message of the contract that reaches it."""
    eerste: dict[int, str] = {}
    for naam in BERICHTEN:
        for plek in paden(schema, naam):
            eerste.setdefault(id(plek.inhoud), naam)
    return eerste


def gesloten(element: Element) -> list[Element]:
    """The children that an element declares, without those whose inside our schema leaves open."""
    return [kind for kind in element.inhoud.kinderen() if (element.naam, kind.naam) not in OPEN]


def gerichte_berichten(schema: Schema, naam: str, keuze: Keuze) -> Iterator[tuple[str, etree._Element]]:
    """Pairs of a path and a message in which the element there is full, until all its children have come by."""
    eigen = (plek for plek in paden(schema, naam) if _eerste_bericht(schema)[id(plek.inhoud)] == naam)
    for plek in eigen:
        nodig = {kind.lokaal for kind in plek.inhoud.kinderen()}
        gewenst = [plek.pad]
        while True:
            bericht = genereer(naam, keuze, vol=[plek.pad], met=gewenst, echt=False, diepte=0, elementen=40, uit=schema)
            nodig -= {etree.QName(kind).localname for gevuld in _alle(bericht, plek.pad) for kind in gevuld}
            yield plek.pad, bericht
            if not nodig:
                break
            gewenst = [f"{plek.pad}/{min(nodig)}".lstrip("/")]


def stuk_voor_stuk(bericht: etree._Element, pad: str) -> Iterator[etree._Element]:
    """Copies in which one attribute or one child of the element at the path is gone, or that child is nil."""
    eerste = _alle(bericht, pad)[0]
    for naam in sorted(eerste.attrib):
        kopie = deepcopy(bericht)
        del _alle(kopie, pad)[0].attrib[naam]
        yield kopie
    for plaats in range(len(eerste)):
        kopie = deepcopy(bericht)
        del _alle(kopie, pad)[0][plaats]
        yield kopie
        kopie = deepcopy(bericht)
        kind = _alle(kopie, pad)[0][plaats]
        kind.text = None
        del kind[:]
        kind.set(XSI_NIL, "true")
        yield kopie


def _alle(bericht: etree._Element, pad: str) -> list[etree._Element]:
    return bericht.findall("/".join(f"{{*}}{deel}" for deel in pad.split("/"))) if pad else [bericht]

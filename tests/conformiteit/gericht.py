"""Messages aimed at one type at a time, so that no element and no attribute of a schema goes untried.

`paths` finds the shortest way to every type of a message; `gerichte_berichten` then fills each of these places until
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
from tests.berichten.generator import BERICHTEN, BERICHTEN_ZDS12, XSI_NIL, genereer
from tests.berichten.keuze import Choice
from tests.berichten.schema import Element, Inhoud, Schema
from tests.conformiteit.verschillen import NAAMRUIMTEN, VERSCHILLEN

# parent and child of the places that are left open, where looking further makes no sense
OPEN = {
    tuple(f"{{{NAAMRUIMTEN[prefix]}}}{local}" for prefix, local in re.findall(r"(\w+):(\w+)", difference.plek))
    for difference in VERSCHILLEN
    if difference.soort == "open"
}


@dataclass(frozen=True)
class Spot:
    """A path in a message and the type that is found there."""

    path: str
    inhoud: Inhoud


def paths(schema: Schema, naam: str) -> Iterator[Spot]:
    """Every complex type with children that the message reaches, once, nearest first; not those inside open places."""
    seen: set[int] = set()
    queue: deque[tuple[str, Element]] = deque([("", schema.root(naam))])
    while queue:
        path, element = queue.popleft()
        inhoud = element.inhoud
        if inhoud.deel is None or id(inhoud) in seen:
            continue
        seen.add(id(inhoud))
        yield Spot(path, inhoud)
        queue.extend((f"{path}/{child.local}".lstrip("/"), child) for child in gesloten(element))


@functools.cache
def _first_bericht(schema: Schema) -> dict[int, str]:
    """The first message of the contract that reaches each type, by the id of the type."""
    first: dict[int, str] = {}
    for naam in filter(schema.has, (*BERICHTEN, *BERICHTEN_ZDS12)):
        for spot in paths(schema, naam):
            first.setdefault(id(spot.inhoud), naam)
    return first


def gesloten(element: Element) -> list[Element]:
    """The children that an element declares, without those whose inside our schema leaves open."""
    return [child for child in element.inhoud.children() if (element.naam, child.naam) not in OPEN]


def gerichte_berichten(schema: Schema, naam: str, choice: Choice) -> Iterator[tuple[str, etree._Element]]:
    """Pairs of a path and a message in which the element there is full, until all its children have come by."""
    own = (spot for spot in paths(schema, naam) if _first_bericht(schema)[id(spot.inhoud)] == naam)
    for spot in own:
        needed = {child.local for child in spot.inhoud.children()}
        wanted = [spot.path]
        while True:
            bericht = genereer(
                naam, choice, full=[spot.path], with_=wanted, echt=False, depth=0, elementen=40, out=schema
            )
            needed -= {etree.QName(child).localname for filled in _every(bericht, spot.path) for child in filled}
            yield spot.path, bericht
            if not needed:
                break
            wanted = [f"{spot.path}/{min(needed)}".lstrip("/")]


def piece_for_piece(bericht: etree._Element, path: str) -> Iterator[etree._Element]:
    """Copies in which one attribute or one child of the element at the path is gone, or that child is nil."""
    first = _every(bericht, path)[0]
    for naam in sorted(first.attrib):
        copy = deepcopy(bericht)
        del _every(copy, path)[0].attrib[naam]
        yield copy
    for place in range(len(first)):
        copy = deepcopy(bericht)
        del _every(copy, path)[0][place]
        yield copy
        copy = deepcopy(bericht)
        child = _every(copy, path)[0][place]
        child.text = None
        del child[:]
        child.set(XSI_NIL, "true")
        yield copy


def _every(bericht: etree._Element, path: str) -> list[etree._Element]:
    return bericht.findall("/".join(f"{{*}}{part}" for part in path.split("/"))) if path else [bericht]

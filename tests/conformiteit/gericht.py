"""Messages aimed at one type at a time, so that no element and no attribute of a schema goes untried.

`paden` finds the shortest way to every type of a message; `gerichte_berichten` then fills each of these places until
every child that the type declares has been there, also the branches of its choices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from tests.berichten.generator import genereer
from tests.berichten.keuze import Keuze
from tests.berichten.schema import Element, Inhoud, Schema
from tests.conformiteit.verschillen import VERSCHILLEN

# the ends "ouder/kind" of the places that are left open, where looking further makes no sense
OPEN = {
    "/".join(stap.partition(":")[2] for stap in verschil.plek.removeprefix("//").split("/"))
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
        if inhoud.deel is None or id(inhoud) in gezien or is_open(pad):
            continue
        gezien.add(id(inhoud))
        yield Plek(pad, inhoud)
        wachtrij.extend((f"{pad}/{kind.lokaal}".lstrip("/"), kind) for kind in inhoud.kinderen())


def is_open(pad: str) -> bool:
    """Whether the path ends in one of the listed places that our schema leaves open."""
    return "/".join(pad.split("/")[-2:]) in OPEN


def gerichte_berichten(schema: Schema, naam: str, keuze: Keuze) -> Iterator[tuple[str, etree._Element]]:
    """Pairs of a path and a message in which the element there is full, until all its children have come by."""
    for plek in paden(schema, naam):
        nodig = {kind.lokaal for kind in plek.inhoud.kinderen()}
        gewenst = [plek.pad]
        while True:
            bericht = genereer(naam, keuze, vol=[plek.pad], met=gewenst, echt=False, diepte=0, elementen=40, uit=schema)
            stap = "/".join(f"{{*}}{deel}" for deel in plek.pad.split("/")) if plek.pad else "."
            nodig -= {etree.QName(kind).localname for gevuld in bericht.findall(stap) for kind in gevuld}
            yield plek.pad, bericht
            if not nodig:
                break
            gewenst = [f"{plek.pad}/{min(nodig)}".lstrip("/")]

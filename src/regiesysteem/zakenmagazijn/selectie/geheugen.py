"""Criteria on zaaktypen and statustypen, which are in memory, so that a query gets their ids."""

from collections.abc import Iterable, Sequence

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.stuf.values import GEEN_WAARDE, VOLLEDIG, Gegevens, Waarde, getal
from regiesysteem.zakenmagazijn.selectie.bouw import Bouw
from regiesysteem.zakenmagazijn.selectie.criterium import Bereik, Criterium
from regiesysteem.zakenmagazijn.selectie.periode import grenzen
from regiesysteem.zakenmagazijn.selectie.waarden import ONBEKEND, geldig_getal, geldige_datum, zegt_niets

Kandidaat = tuple[int, Gegevens]
"""Id of a type, and its elements."""


def passende(
    bouw: Bouw, entiteit: Entiteit, criteria: Iterable[Criterium], kandidaten: Iterable[Kandidaat]
) -> list[int] | None:
    """The ids of the types that meet all criteria; None when the criteria set no condition at all."""
    getest = [
        (element, criterium)
        for criterium in criteria
        if _stelt_eis(criterium) and (element := _element(bouw, entiteit, criterium)) is not None
    ]
    if not getest:
        return None
    return [
        id_
        for id_, gegevens in kandidaten
        if all(_voldoet(element, gegevens.get(element.naam), criterium) for element, criterium in getest)
    ]


def _element(bouw: Bouw, entiteit: Entiteit, criterium: Criterium) -> Element | None:
    """A plain element of the type that a criterion is about; others cannot be selected on."""
    element = entiteit.element(criterium.naam)
    if element is None or element.letterlijk or element.velden or criterium.kinderen or zegt_niets(element, criterium):
        bouw.negeer(criterium.naam)
        return None
    if criterium.indicatie != VOLLEDIG and element.soort not in (Soort.DATUM, Soort.TIJDSTIP):
        bouw.negeer("indOnvolledigeDatum")
    return element


def _stelt_eis(criterium: Criterium) -> bool:
    return not criterium.open and criterium.leeg in ("", GEEN_WAARDE, ONBEKEND)


def _voldoet(element: Element, waarde: Waarde | None, criterium: Criterium) -> bool:
    enkele: Sequence[Waarde | None] = waarde if isinstance(waarde, list) else [waarde]
    if criterium.leeg == GEEN_WAARDE:
        return values.is_leeg(waarde)
    if criterium.leeg == ONBEKEND:
        return any(values.geen_waarde(enkel) == ONBEKEND for enkel in enkele)
    return any(_past(element, tekst, enkel, criterium) for enkel in enkele if (tekst := values.tekst(enkel)))


def _past(element: Element, tekst: str, waarde: Waarde | None, criterium: Criterium) -> bool:
    indicatie = waarde.get("@indOnvolledigeDatum", VOLLEDIG) if isinstance(waarde, dict) else VOLLEDIG
    if criterium.bereik is not None:
        return _binnen(element, tekst, indicatie, criterium.bereik)
    if not criterium.exact:
        return criterium.waarde.strip().lower() in tekst.lower()
    if element.soort is Soort.GETAL and (gevraagd := getal(criterium.waarde)) is not None:
        return getal(tekst) == gevraagd
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        return (tekst, indicatie) == (geldige_datum(element, criterium.waarde), criterium.indicatie)
    return tekst == criterium.waarde


def _binnen(element: Element, tekst: str, indicatie: str, bereik: Bereik) -> bool:
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        gevraagd = grenzen(geldige_datum(element, bereik.laag), geldige_datum(element, bereik.hoog))
        return gevraagd.bevat(tekst, indicatie)
    if element.soort is Soort.GETAL:
        laag, hoog = geldig_getal(element, bereik.laag), geldig_getal(element, bereik.hoog)
        return tekst.isdecimal() and (laag is None or laag <= int(tekst)) and (hoog is None or int(tekst) <= hoog)
    return (bereik.laag is None or bereik.laag <= tekst) and (bereik.hoog is None or tekst <= bereik.hoog)

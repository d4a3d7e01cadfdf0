"""Conditions on the value of one element: gelijk, exact or in part, without value, and vanaf - totEnMet (6.3.1)."""

from typing import Final

import orjson

from regiesysteem.stuf.entiteit import Element, Soort
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import EXACT, IND_ONVOLLEDIGE_DATUM
from regiesysteem.zakenmagazijn.selectie.bouw import (
    NOOIT,
    Bouw,
    Criterium,
    deels,
    geen_waarde,
    inhoud_pad,
    tekst,
    tekst_van,
)

_DATUMSOORTEN: Final = (Soort.DATUM, Soort.TIJDSTIP)
_EINDE: Final = "9" * 17
_GEVRAAGD: Final = ("geenWaarde", "vastgesteldOnbekend")
"""The kinds of noValue that can be selected on; the others are ignored (6.3.1)."""


def voorwaarde(bouw: Bouw, alias: str, element: Element, criterium: Criterium, *groep: str) -> str:
    """The condition that a criterion sets to an element of row `alias`; "" when it sets none."""
    if element.letterlijk:
        bouw.negeer(element.naam)
        return ""
    if element.velden and not criterium.leeg:
        return _groep(bouw, alias, element, criterium, groep)
    if criterium.bereik:
        return _bereik(bouw, alias, element, criterium, groep)
    if criterium.leeg:
        return _leeg(alias, element, criterium.leeg, groep)
    return _gelijk(bouw, alias, element, criterium, groep)


def bevat(bouw: Bouw, uitdrukking: str, deel: str) -> str:
    """Condition that a text contains another, in any case.

    StUF:exact="false" says that part of the value need agree, not which part; containing is the widest reading, so that
    nothing that the asker may mean is missed.
    """
    patroon = deel.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{uitdrukking} ILIKE {bouw.parameter(f'%{patroon}%')}"


def _gelijk(bouw: Bouw, alias: str, element: Element, criterium: Criterium, groep: tuple[str, ...]) -> str:
    knoop = criterium.laag
    uitdrukking, waarde = tekst_van(alias, element, *groep), tekst(knoop)
    if deels(knoop):
        return bevat(bouw, uitdrukking, waarde)
    if element.soort is Soort.GETAL and waarde.isdecimal():
        return f"{_getal(uitdrukking)} = {bouw.parameter(int(waarde))}"
    delen = [f"{uitdrukking} = {bouw.parameter(waarde)}"]
    if element.soort is Soort.DATUM:
        indicatie = bouw.parameter(knoop.get(IND_ONVOLLEDIGE_DATUM, "V"))
        delen.append(f"coalesce({_indicatie(alias, element, groep)}, 'V') = {indicatie}")
    return " AND ".join(delen)


def _leeg(alias: str, element: Element, soort: str, groep: tuple[str, ...]) -> str:
    """Has no value: no text, and no other kind of noValue than the one asked."""
    if soort not in _GEVRAAGD:
        return ""
    gezegd = f"{inhoud_pad(alias, *groep, element.naam)} ->> '@noValue'"
    if soort == "vastgesteldOnbekend":
        return f"{gezegd} = 'vastgesteldOnbekend'"
    if element.kolom and not groep:
        return f"({alias}.{element.kolom} IS NULL AND coalesce({gezegd}, 'geenWaarde') = 'geenWaarde')"
    return f"({inhoud_pad(alias, *groep, element.naam)} IS NULL OR {gezegd} = 'geenWaarde')"


def _groep(bouw: Bouw, alias: str, element: Element, criterium: Criterium, groep: tuple[str, ...]) -> str:
    velden = {veld.naam: veld for veld in element.velden}
    bekend = [(velden[naam], kind) for naam, kind in criterium.kinderen() if naam in velden]
    if not element.meervoudig:
        return " AND ".join(
            deel for veld, kind in bekend if (deel := voorwaarde(bouw, alias, veld, kind, *groep, element.naam))
        )
    if criterium.bereik or any(kind.leeg or deels(kind.laag) for _, kind in bekend):
        bouw.negeer(element.naam)
        return ""
    gezocht = [{veld.naam: tekst(kind.laag) for veld, kind in bekend}]
    # Containment, so that the index on kenmerk serves.
    return f"{inhoud_pad(alias, element.naam)} @> CAST({bouw.parameter(orjson.dumps(gezocht).decode())} AS jsonb)"


def _bereik(bouw: Bouw, alias: str, element: Element, criterium: Criterium, groep: tuple[str, ...]) -> str:
    uitdrukking = tekst_van(alias, element, *groep)
    grenzen = [_grens(bouw, element, knoop, vergelijking) for knoop, vergelijking in _kanten(criterium)]
    grenzen = [grens for grens in grenzen if grens]
    if not grenzen:
        return ""
    if element.soort is Soort.GETAL:
        uitdrukking = _getal(uitdrukking)
    if element.soort not in _DATUMSOORTEN:
        return " AND ".join(grens.format(uitdrukking) for grens in grenzen)
    return _datumbereik(uitdrukking, _indicatie(alias, element, groep), grenzen)


def _kanten(criterium: Criterium) -> list[tuple[Criterium, str]]:
    kanten = [(Criterium(criterium.laag), ">=")]
    if criterium.hoog is not None:
        kanten.append((Criterium(criterium.hoog), "<="))
    return kanten


def _grens(bouw: Bouw, element: Element, kant: Criterium, vergelijking: str) -> str:
    """One side of a range as a template for the expression; "" for an open side."""
    knoop = kant.laag
    if EXACT in knoop.attrib:
        raise StufFout("StUF082", element.naam)
    if knoop.get(IND_ONVOLLEDIGE_DATUM, "V") != "V":
        raise StufFout("StUF085", element.naam)
    if geen_waarde(knoop):
        return ""
    waarde: str | int = tekst(knoop)
    if element.soort is Soort.GETAL:
        if not str(waarde).isdecimal():
            return NOOIT
        waarde = int(waarde)
    elif element.soort in _DATUMSOORTEN and vergelijking == "<=":
        waarde = (str(waarde) + _EINDE)[:17]
    return f"{{}} {vergelijking} {bouw.parameter(waarde)}"


def _datumbereik(uitdrukking: str, indicatie: str, grenzen: list[str]) -> str:
    """An incomplete date meets a range only when all of what it may be does (6.3.1)."""

    def binnen(eerste: str, laatste: str) -> str:
        return " AND ".join(grens.format(eerste if ">=" in grens else laatste) for grens in grenzen)

    maand, jaar = f"substr({uitdrukking}, 1, 6)", f"substr({uitdrukking}, 1, 4)"
    dag = binnen(f"{maand} || '01'", f"{maand} || {_laatste_dag(uitdrukking)}")
    datum = binnen(f"{jaar} || '0101'", f"{jaar} || '1231'")
    return (
        f"CASE coalesce({indicatie}, 'V') WHEN 'V' THEN {binnen(uitdrukking, uitdrukking)}"
        f" WHEN 'D' THEN {dag} WHEN 'M' THEN {datum} ELSE false END"
    )


def _laatste_dag(uitdrukking: str) -> str:
    """The last day of the month of a date, in SQL that no stored text can make fail."""
    jaar = (
        f"CAST(CASE WHEN {uitdrukking} ~ '^[0-9][0-9][0-9][0-9]' THEN substr({uitdrukking}, 1, 4) ELSE '1' END AS int)"
    )
    schrikkel = f"{jaar} % 4 = 0 AND ({jaar} % 100 <> 0 OR {jaar} % 400 = 0)"
    return (
        f"CASE WHEN substr({uitdrukking}, 5, 2) IN ('04', '06', '09', '11') THEN '30'"
        f" WHEN substr({uitdrukking}, 5, 2) <> '02' THEN '31' WHEN {schrikkel} THEN '29' ELSE '28' END"
    )


def _indicatie(alias: str, element: Element, groep: tuple[str, ...]) -> str:
    return f"{inhoud_pad(alias, *groep, element.naam)} ->> '@indOnvolledigeDatum'"


def _getal(uitdrukking: str) -> str:
    return f"(CASE WHEN {uitdrukking} ~ '^[0-9]+$' THEN CAST({uitdrukking} AS numeric) END)"

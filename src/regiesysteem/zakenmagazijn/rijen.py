"""Converts between `Gegevens` and a row, by the entity tables: the one place that knows which element has a column.

A row keeps the rest in one jsonb column, `inhoud`. Documents, which have an element called inhoud too, name theirs
`gegevens` (`DOCUMENT_REST`); the functions here take its name as `rest`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Elementen, Entiteit
from regiesysteem.stuf.values import Gegevens, Waarde

GERELATEERDE = "gerelateerde"
REST = "inhoud"
TIJDVAK = "tijdvakRelatie"
DOCUMENT_REST = "gegevens"

Rij = Mapping[Any, Any]
"""A row by name of column."""


def naar_rij(elementen: Iterable[Element], gegevens: Gegevens, rest: str = REST) -> dict[str, Any]:
    """Split values over columns and the jsonb column `rest`.

    A plain text goes to its column. A value that a column cannot hold (attributes, noValue, groups) goes to the jsonb;
    a text in it is copied to the column, for selections.
    """
    bekend = Elementen.van(elementen)
    overig: dict[str, Waarde] = {}
    rij: dict[str, Any] = dict.fromkeys(bekend.kolommen)
    for naam, waarde in gegevens.items():
        element = bekend.op_naam.get(naam)
        if element is None:
            continue
        if element.kolom:
            rij[element.kolom] = values.tekst(waarde)
        if not (element.kolom and isinstance(waarde, str)):
            overig[naam] = waarde
    rij[rest] = overig
    return rij


def van_rij(elementen: Iterable[Element], rij: Rij, rest: str = REST) -> Gegevens:
    """Put the values of a row together again; the inverse of `naar_rij`. A column that was not read is left out."""
    bekend = Elementen.van(elementen)
    gegevens: Gegevens = {naam: waarde for naam, waarde in rij[rest].items() if naam in bekend.op_naam}
    for kolom in bekend.kolommen:
        waarde = rij.get(kolom)
        if waarde is not None:
            gegevens.setdefault(bekend.op_kolom[kolom], waarde)
    return gegevens


def kolommen(elementen: Iterable[Element], rest: str = REST) -> tuple[str, ...]:
    """The columns that these elements have, in table order, the jsonb `rest` last."""
    return (*Elementen.van(elementen).kolommen, rest)


def sleutel(entiteit: Entiteit, gegevens: Gegevens) -> str | None:
    """The key by which two objects of an entiteittype are the same, as "kind:value"; None when there is none."""
    for naam, soort in entiteit.sleutels:
        waarde = values.tekst(gegevens.get(naam))
        if waarde:
            return f"{soort}:{waarde}"
    return None


def einde(gegevens: Gegevens) -> str | None:
    """The end of a relation by its tijdvakRelatie, in digits; None when that has no end (StUF 03.01, 5.2.6)."""
    tijdvak = gegevens.get(TIJDVAK)
    return values.tekst(tijdvak.get("eindRelatie")) if isinstance(tijdvak, dict) else None


NOW: Final = """to_char(statement_timestamp() AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE "C\""""
"""SQL of the start of a statement as a time of StUF: the result of the function `regie_nu`."""


def holds(column: str) -> str:
    """SQL that tells whether a relation with this `beeindigd` holds now, as `regie_geldt` does.

    Questions have it written out: PostgreSQL opens the functions again each time that it plans a statement.
    """
    return f"({column} IS NULL OR {column} > {NOW})"


def geldt(beeindigd: str | None, nu: str) -> bool:
    """Tell whether a relation holds now; in SQL that is `holds` or `regie_geldt`."""
    return beeindigd is None or beeindigd > nu


def beeindiging(rij: Rij, oud: Gegevens, nu: str) -> dict[str, Any]:
    """How a relation ends that is told with E or R: on the day that its old half says, else now.

    Shapes: what `relations.Kind.end_rows` takes; an end that is said also goes into `inhoud`, because until then it is
    answered.
    """
    op, tijdvak = einde(oud), oud.get(TIJDVAK)
    bekend = rij[REST].get(TIJDVAK)
    samen = {**(bekend if isinstance(bekend, dict) else {}), **tijdvak} if op and isinstance(tijdvak, dict) else None
    return {"id": rij["id"], "op": op or nu, "inhoud": {TIJDVAK: samen} if samen else {}}


def voeg_samen(elementen: Sequence[Element], bekend: Gegevens, nieuw: Gegevens) -> Gegevens:
    """Put new values over known ones; a new branch of a choice takes the place of the other branches."""
    takken = dict(element.keuze.split("/") for element in elementen if element.keuze and element.naam in nieuw)
    uit = dict(bekend)
    for element in elementen if takken else ():
        groep, _, tak = element.keuze.partition("/")
        if groep in takken and takken[groep] != tak:
            uit.pop(element.naam, None)
    return uit | nieuw


def verschil(gezegd: Gegevens, bekend: Gegevens) -> Gegevens:
    """The values of an object in a message that its row does not have, or that differ from it."""
    return {naam: waarde for naam, waarde in gezegd.items() if bekend.get(naam) != waarde}

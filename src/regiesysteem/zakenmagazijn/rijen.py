"""Between what the entity tables call `Gegevens` and a row: the one place that knows which element has a column.

A row keeps the rest in one jsonb column, `inhoud`. Documents, of which an element is called inhoud too, name theirs
`gegevens` (`DOCUMENT_REST`); the functions here take its name as `rest`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regiesysteem.stuf import waarden
from regiesysteem.stuf.entiteit import Element, Elementen, Entiteit
from regiesysteem.stuf.waarden import Gegevens, Waarde

GERELATEERDE = "gerelateerde"
REST = "inhoud"
DOCUMENT_REST = "gegevens"

Rij = Mapping[Any, Any]
"""A row by name of column."""


def naar_rij(elementen: Iterable[Element], gegevens: Gegevens, rest: str = REST) -> dict[str, Any]:
    """Split values over columns and the jsonb column `rest`.

    A plain text goes to its column. What a column cannot say (attributes, noValue, groups) goes to the jsonb; a text
    among it is copied to the column, for selections.
    """
    bekend = Elementen.van(elementen)
    overig: dict[str, Waarde] = {}
    rij: dict[str, Any] = dict.fromkeys(bekend.kolommen)
    for naam, waarde in gegevens.items():
        element = bekend.op_naam.get(naam)
        if element is None:
            continue
        if element.kolom:
            rij[element.kolom] = waarden.tekst(waarde)
        if not (element.kolom and isinstance(waarde, str)):
            overig[naam] = waarde
    rij[rest] = overig
    return rij


def van_rij(elementen: Iterable[Element], rij: Rij, rest: str = REST) -> Gegevens:
    """Put the values of a row together again; the inverse of `naar_rij`."""
    bekend = Elementen.van(elementen)
    gegevens: Gegevens = {naam: waarde for naam, waarde in rij[rest].items() if naam in bekend.op_naam}
    for kolom in bekend.kolommen:
        waarde = rij[kolom]
        if waarde is not None:
            gegevens.setdefault(bekend.op_kolom[kolom], waarde)
    return gegevens


def kolommen(elementen: Iterable[Element], rest: str = REST) -> tuple[str, ...]:
    """The columns that these elements have, in table order, the jsonb `rest` last."""
    return (*Elementen.van(elementen).kolommen, rest)


def sleutel(entiteit: Entiteit, gegevens: Gegevens) -> str | None:
    """What makes this object the same as another of its entiteittype, as "kind:value"; None when nothing does."""
    for naam, soort in entiteit.sleutels:
        waarde = waarden.tekst(gegevens.get(naam))
        if waarde:
            return f"{soort}:{waarde}"
    return None


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
    """What a message says of an object beyond, or other than, what is known of it."""
    return {naam: waarde for naam, waarde in gezegd.items() if bekend.get(naam) != waarde}

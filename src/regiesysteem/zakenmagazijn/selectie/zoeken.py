"""The query of a question: one statement that finds the zaken, and one more only to count them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.zakenmagazijn.selectie.bouw import Bouw, bron, en
from regiesysteem.zakenmagazijn.selectie.criteria import zaakvoorwaarden
from regiesysteem.zakenmagazijn.selectie.sortering import MET_ZAAKTYPE, SORTERINGEN, erna, volgorde
from regiesysteem.zakenmagazijn.selectie.start import Start
from regiesysteem.zakenmagazijn.selectie.vraag import Vraag

_MAX_MELDING: Final = 250
_MEER_GEVRAAGD: Final = "StUF0002: Meer objecten gevraagd dan teruggegeven"
_BESTAAT: Final = Sql("""
    -- the start object of a vervolgvraag, when it is a zaak
    SELECT EXISTS (SELECT FROM zaak WHERE id = :start_id OR identificatie = :start_identificatie)
""")


@dataclass(frozen=True, slots=True)
class Treffers:
    """The zaken of an answer by id, in their order; `meer` that there are more; `aantal` only when it was asked."""

    ids: list[int]
    meer: bool
    aantal: int | None
    meldingen: list[str]

    def afgebroken(self) -> "Treffers":
        """The same, for an answer with fewer zaken than were asked (StUF 03.01, 6.4.1)."""
        meldingen = self.meldingen if _MEER_GEVRAAGD in self.meldingen else [*self.meldingen, _MEER_GEVRAAGD]
        return replace(self, meer=True, meldingen=meldingen)


def zoek(verbinding: Connection, inrichting: Inrichting, vraag: Vraag) -> Treffers:
    """Find the zaken that meet the criteria.

    Raises StUF055 for a value that cannot be compared, StUF106 for a start object that is no zaak.
    """
    bouw = Bouw(inrichting)
    waar = _waar(bouw, vraag)
    ids = _ids(verbinding, waar, bouw.parameters, vraag)
    if vraag.start is not None and not ids:
        _controleer_start(verbinding, vraag.start)
    meer = len(ids) > vraag.maximum
    ids = ids[: vraag.maximum]
    aantal = None
    if vraag.tel:
        # When all are in the answer, their number is the one that was asked (6.2, aantalVoorkomens).
        aantal = int(_telopdracht(waar).voer_uit(verbinding, bouw.parameters).scalar_one()) if meer else len(ids)
    return Treffers(ids, meer, aantal, _meldingen(bouw, vraag, meer=meer))


def melding_genegeerd(namen: Iterable[str]) -> str:
    """The melding that names the ignored criteria (6.3.1), as many as fit; `…` stands for the others."""
    tekst = " ".join(("StUF0001:", *namen))
    return tekst if len(tekst) <= _MAX_MELDING else f"{tekst[: _MAX_MELDING - 2].rpartition(' ')[0]} …"


def _waar(bouw: Bouw, vraag: Vraag) -> str:
    if vraag.sleutels is not None:
        laag, hoog = bouw.parameter(vraag.sleutels.laag), bouw.parameter(vraag.sleutels.hoog)
        return f"z.id BETWEEN {laag} AND {hoog}"
    return zaakvoorwaarden(bouw, bron("z", zaak=True), vraag.criteria)


def _ids(verbinding: Connection, waar: str, parameters: dict[str, Any], vraag: Vraag) -> list[int]:
    alle = {**parameters, "grens": vraag.maximum + 1}
    bekend: tuple[bool, ...] | None = None
    if vraag.start is not None:
        waarden = vraag.start.waarden
        bekend = tuple(waarde is not None for waarde in waarden)
        alle |= {f"s{plaats}": waarde for plaats, waarde in enumerate(waarden) if waarde is not None}
        alle |= _startsleutel(vraag.start)
    return list(_opdracht(waar, vraag.sortering, bekend).voer_uit(verbinding, alle).scalars())


def _startsleutel(start: Start) -> dict[str, Any]:
    return {"start_id": start.id, "start_identificatie": start.identificatie}


@lru_cache(maxsize=500)
def _opdracht(waar: str, sortering: int, bekend: tuple[bool, ...] | None) -> Sql:
    """The statement for this shape of question; the same shape gives the same statement.

    `bekend`, in a vervolgvraag, are the sort fields for which the message has the value of the start object. Those
    values go before the current ones: had one changed since, the answer would continue in another place.
    """
    start, na = "", ""
    if bekend is not None:
        velden = SORTERINGEN[sortering]
        waarden = tuple(f":s{p}" if weet else f"(SELECT s{p} FROM start)" for p, weet in enumerate(bekend))
        na = erna(sortering, waarden)
        zelf = ", ".join(f"{velden[p].uitdrukking} AS s{p}" for p, weet in enumerate(bekend) if not weet)
        if zelf:
            waar_start = "z.id = :start_id OR z.identificatie = :start_identificatie"
            start = f"WITH start AS (SELECT {zelf} FROM {_van(sortering)} WHERE {waar_start} LIMIT 1) "
    return Sql(
        f"{start}SELECT z.id FROM {_van(sortering)} WHERE {en(waar, na) or 'true'}"
        f" ORDER BY {volgorde(sortering)} LIMIT :grens -- which zaken a question is about"
    )


def _van(sortering: int) -> str:
    return "zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id" if sortering in MET_ZAAKTYPE else "zaak z"


@lru_cache(maxsize=500)
def _telopdracht(waar: str) -> Sql:
    return Sql(f"SELECT count(*) FROM zaak z WHERE {waar or 'true'} -- how many zaken a question is about")


def _controleer_start(verbinding: Connection, start: Start) -> None:
    if not _BESTAAT.voer_uit(verbinding, _startsleutel(start)).scalar_one():
        raise StufFout("StUF106", "het startobject is hier geen bekende zaak")


def _meldingen(bouw: Bouw, vraag: Vraag, *, meer: bool) -> list[str]:
    uit = []
    if genegeerd := dict.fromkeys((*bouw.genegeerd, *vraag.genegeerd)):
        uit.append(melding_genegeerd(genegeerd))
    if vraag.begrensd and meer:
        uit.append(_MEER_GEVRAAGD)
    return uit

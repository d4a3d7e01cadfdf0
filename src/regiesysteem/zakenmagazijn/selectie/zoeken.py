"""The query of a question: one statement for which zaken, one more only to count them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.zakenmagazijn.selectie.bouw import Bouw
from regiesysteem.zakenmagazijn.selectie.criteria import zaakvoorwaarden
from regiesysteem.zakenmagazijn.selectie.sortering import erna, startwaarden, volgorde
from regiesysteem.zakenmagazijn.selectie.vraag import Vraag

_MAX_MELDING = 250


@dataclass(frozen=True, slots=True)
class Treffers:
    """The zaken of an answer by id, in their order; `meer` that there are more; `aantal` only when it was asked."""

    ids: list[int]
    meer: bool
    aantal: int | None
    meldingen: list[str]


def zoek(verbinding: Connection, inrichting: Inrichting, vraag: Vraag) -> Treffers:
    """Find the zaken that meet the criteria. Raises StUF106 for a start object that does not exist."""
    bouw = Bouw(inrichting)
    voorwaarden = _voorwaarden(bouw, vraag)
    parameters = {**bouw.parameters, "grens": vraag.maximum + 1}
    if vraag.na is not None:
        parameters |= {"na_id": vraag.na[0], "na_identificatie": vraag.na[1]}
    opdracht = _opdracht(voorwaarden, vraag.sortering, vraag.na is not None)
    ids = [rij[0] for rij in verbinding.execute(opdracht, parameters)]
    if vraag.na is not None and not ids:
        _controleer_start(verbinding, vraag.na)
    meer = len(ids) > vraag.maximum
    ids = ids[: vraag.maximum]
    aantal = None
    if vraag.tel:
        aantal = _tel(verbinding, voorwaarden, bouw.parameters) if meer or vraag.na is not None else len(ids)
    return Treffers(ids, meer, aantal, _meldingen(bouw, vraag, meer=meer))


def _voorwaarden(bouw: Bouw, vraag: Vraag) -> str:
    delen = [f"z.id {hoe} {bouw.parameter(sleutel)}" for hoe, sleutel in vraag.sleutels]
    for criterium in (vraag.gelijk, vraag.bereik):
        if criterium is not None:
            delen.extend(zaakvoorwaarden(bouw, "z", criterium))
    return " AND ".join(f"({deel})" for deel in delen) or "true"


@lru_cache(maxsize=500)
def _opdracht(voorwaarden: str, sortering: int, vervolg: bool) -> TextClause:
    """The statement for this shape of question; the same shape gives the same statement."""
    start, van = "", ""
    if vervolg:
        start = f"""WITH start AS (
            SELECT {startwaarden(sortering)} FROM zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id
            WHERE z.id = CAST(:na_id AS bigint) OR z.identificatie = :na_identificatie) """
        van = " CROSS JOIN start"
        voorwaarden = f"{voorwaarden} AND ({erna(sortering)})"
    return text(
        f"{start}SELECT z.id FROM zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id{van}"
        f" WHERE {voorwaarden} ORDER BY {volgorde(sortering)} LIMIT :grens -- which zaken a question is about"
    )


def _tel(verbinding: Connection, voorwaarden: str, parameters: dict[str, Any]) -> int:
    opdracht = text(f"SELECT count(*) FROM zaak z WHERE {voorwaarden} -- how many zaken a question is about")
    return int(verbinding.execute(opdracht, parameters).scalar_one())


def _controleer_start(verbinding: Connection, na: tuple[int | None, str]) -> None:
    opdracht = text("SELECT EXISTS (SELECT FROM zaak WHERE id = CAST(:id AS bigint) OR identificatie = :identificatie)")
    if not verbinding.execute(opdracht, {"id": na[0], "identificatie": na[1]}).scalar_one():
        raise StufFout("StUF106", "het startobject is hier geen bekende zaak")


def _meldingen(bouw: Bouw, vraag: Vraag, *, meer: bool) -> list[str]:
    uit = []
    if bouw.genegeerd:
        uit.append(f"StUF0001: {' '.join(bouw.genegeerd)}"[:_MAX_MELDING])
    if vraag.begrensd and meer:
        uit.append("StUF0002: Meer objecten gevraagd dan teruggegeven")
    return uit

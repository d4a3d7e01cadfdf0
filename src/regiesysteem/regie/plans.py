"""A gezinsplan on one page: its facts, and what hangs under it. A fixed number of statements, and no XML."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql

_FACTS: Final = Sql("""
    -- a zaak with its zaaktype and its last status
    SELECT z.id, z.identificatie, coalesce(z.omschrijving, '') AS omschrijving,
           coalesce(k.omschrijving, '') AS zaaktype, coalesce(k.soort, 'overig') AS soort, z.startdatum, z.einddatum,
           coalesce(t.omschrijving, '') AS status, s.datum_status_gezet AS status_sinds
    FROM zaak z
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste
    LEFT JOIN statustype t ON t.id = s.statustype_id
    WHERE z.id = :zaak
""")


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The facts of a plan that stand at its top; dates are days, None when not known."""

    zaak_id: int
    zaaknummer: str
    omschrijving: str
    zaaktype: str
    soort: str
    startdatum: date | None
    einddatum: date | None
    status: str
    status_sinds: date | None


def plan_facts(connection: Connection, zaak_id: int) -> PlanFacts:
    """The facts of one plan, by its row."""
    row = _FACTS.run(connection, {"zaak": zaak_id}).one()
    return PlanFacts(
        row.id,
        row.identificatie,
        row.omschrijving,
        row.zaaktype,
        row.soort,
        day_of(row.startdatum),
        day_of(row.einddatum),
        row.status,
        day_of(row.status_sinds),
    )


def day_of(moment: str | None) -> date | None:
    """The day of a date or time of StUF (8 to 17 digits); None for none, and for one that is no day (19991300)."""
    try:
        return date(int(moment[:4]), int(moment[4:6]), int(moment[6:8])) if moment else None
    except ValueError:
        return None

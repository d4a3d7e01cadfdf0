"""The relation of a person to a zaak and its plan, on which his rights depend."""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.access.people.roles import Person, Relation
from regiesysteem.db import Sql

# The plans of a zaak are those of regie_plannen, and the zaak itself where it is one. RZS 3.2: the initiator is the
# regisseur. One that belongs to no plan is that of its own initiator.
_RELATION: Final = Sql("""
    -- a zaak, and the best relation of a person to a gezinsplan that it belongs to
    SELECT z.id, k.soort,
           bool_or(r.relatie = 'heeftAlsInitiator' AND o.identificatie = :medewerker) AS eigen,
           bool_or(r.relatie = 'heeftAlsInitiator' AND a.id IS NOT NULL) AS team,
           bool_or(r.relatie = 'heeftAlsUitvoerende' AND o.identificatie = :medewerker) AS uitvoerende
    FROM zaak z
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    LEFT JOIN LATERAL (
        SELECT plan_id AS id FROM regie_plannen(ARRAY[z.id]) p WHERE p.soort = 'gezinsplan' UNION SELECT z.id
    ) plan ON true
    LEFT JOIN zaak_relatie r ON r.zaak_id = plan.id AND regie_geldt(r.beeindigd)
         AND r.relatie IN ('heeftAlsInitiator', 'heeftAlsUitvoerende')
    LEFT JOIN object o ON o.id = r.object_id AND o.entiteittype = 'MDW' AND o.identificatie <> ''
    LEFT JOIN account a ON a.medewerker = o.identificatie AND a.team = :team AND a.team <> ''
    WHERE z.identificatie = :zaaknummer
    GROUP BY z.id, k.soort
""")


class ZaakRelation(NamedTuple):
    """A zaak as far as rights go: its row, its soort ("" when unknown), and the relation of a person to it."""

    zaak_id: int
    soort: str
    relation: Relation


def relation_to(connection: Connection, person: Person, zaaknummer: str) -> ZaakRelation | None:
    """The relation of a person to a zaak by its identificatie; None when there is no such zaak."""
    row = _RELATION.run(
        connection, {"zaaknummer": zaaknummer, "medewerker": person.medewerker, "team": person.team}
    ).one_or_none()
    if row is None:
        return None
    found: Relation = "ander"
    if person.medewerker and row.eigen:
        found = "eigen"
    elif row.team:
        found = "team"
    elif person.medewerker and row.uitvoerende:
        found = "uitvoerende"
    return ZaakRelation(row.id, row.soort or "", found)

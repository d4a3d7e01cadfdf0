"""The relation of a person to a zaak and its plan, on which his rights depend."""

from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.roles import Person, Relation
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql

# RZS 3.2: the initiator of a gezinsplan is its regisseur. A zaak that belongs to no plan is that of its own initiator;
# one that does is that of the regisseur of the plan alone, who may be another than the one who made it.
# Somebody who is named as uitvoerende of a deelplan is so for that deelplan, and for the plans above it, not for the
# deelplannen of others.
_RELATION: Final = """
    -- a zaak, and each relation of a person to it or to a gezinsplan that it belongs to
    WITH gevraagd AS (
        SELECT z.id, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
        WHERE z.identificatie = :zaaknummer AND {visible}
    ), plan AS (
        SELECT p.plan_id AS id FROM gevraagd g, regie_plannen(ARRAY[g.id]) p WHERE p.soort = 'gezinsplan'
    ), rol AS (
        SELECT r.zaak_id, r.relatie, o.sleutel FROM zaak_relatie r JOIN object o ON o.id = r.object_id
        WHERE r.zaak_id IN (SELECT id FROM plan UNION SELECT id FROM gevraagd) AND regie_geldt(r.beeindigd)
          AND o.entiteittype IN ('MDW', 'OEH')
          AND (r.relatie <> 'heeftAlsInitiator' OR r.zaak_id IN (SELECT id FROM plan) OR NOT EXISTS (SELECT FROM plan))
    )
    SELECT g.id, g.soort,
        EXISTS (
            SELECT FROM rol WHERE relatie = 'heeftAlsInitiator' AND sleutel = 'medewerker:' || :medewerker
        ) AS eigen,
        EXISTS (
            SELECT FROM rol WHERE relatie = 'heeftAlsInitiator'
              AND sleutel IN (SELECT 'medewerker:' || medewerker FROM account WHERE team = :team AND medewerker <> '')
        ) OR EXISTS (
            SELECT FROM rol WHERE relatie IN ('heeftAlsInitiator', 'heeftAlsVerantwoordelijke')
              AND sleutel = 'eenheid:' || :team
        ) AS team,
        EXISTS (
            SELECT FROM object o
            JOIN zaak_relatie r ON r.object_id = o.id AND r.relatie = 'heeftAlsUitvoerende' AND regie_geldt(r.beeindigd)
            WHERE o.sleutel = 'medewerker:' || :medewerker AND o.entiteittype = 'MDW'
              AND (r.zaak_id = g.id OR g.id IN (SELECT plan_id FROM regie_plannen(ARRAY[r.zaak_id])))
        ) AS uitvoerende,
        EXISTS (
            SELECT FROM toegang_reden t JOIN zaak z ON z.identificatie = t.zaakidentificatie
            WHERE t.persoon = :persoon AND t.verloopt_op > now() AND z.id IN (SELECT id FROM plan)
        ) AS reden
    FROM gevraagd g
"""


class ZaakRelation(NamedTuple):
    """A zaak as far as rights go: its row, its soort ("" when unknown), and the relation of a person to it."""

    zaak_id: int
    soort: str
    relation: Relation


def relation_to(connection: Connection, person: Person, zaaknummer: str) -> ZaakRelation | None:
    """The relation of a person to a zaak by its identificatie; None when there is none that his role may see.

    A person with more than one relation has the first of: eigen, team, uitvoerende, reden.
    """
    if "\0" in zaaknummer:  # which no text of PostgreSQL can have
        return None
    values = {
        "zaaknummer": zaaknummer,
        "medewerker": person.medewerker,
        "team": person.team,
        "persoon": person.naam,
        **parameters(person.grant),
    }
    row = _statement(person.grant.kinds).run(connection, values).one_or_none()
    if row is None:
        return None
    found: Relation = "ander"
    if person.medewerker and row.eigen:
        found = "eigen"
    elif person.team and row.team:
        found = "team"
    elif person.medewerker and row.uitvoerende:
        found = "uitvoerende"
    elif row.reden:
        found = "reden"
    return ZaakRelation(row.id, row.soort or "", found)


@lru_cache
def _statement(kinds: Kinds) -> Sql:
    return Sql(_RELATION.format(visible=visible(kinds, "z") or "true"))

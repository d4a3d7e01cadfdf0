"""The gezinsplannen of a person as a list, the newest first, page by page."""

from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.mine import MINE, mine_of, ranks_with
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql

AT_ONCE: Final = 50
_PLANS: Final = f"""
    -- the gezinsplannen that a person may see, the newest first
    WITH RECURSIVE {MINE}
    SELECT z.id, z.identificatie, coalesce(z.omschrijving, '') AS omschrijving, coalesce(t.omschrijving, '') AS status,
           z.einddatum IS NOT NULL AS gesloten, m.rang = 0 AS eigen
    FROM mijn m JOIN zaak z ON z.id = m.zaak_id
    JOIN zaaktype k ON k.id = z.zaaktype_id AND k.soort = 'gezinsplan'
    LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste LEFT JOIN statustype t ON t.id = s.statustype_id
    WHERE m.rang = ANY(:rangen) AND z.id < :na AND {{visible}}
    ORDER BY z.id DESC LIMIT :aantal
"""  # noqa: S608 - a constant


class OwnPlan(NamedTuple):
    """A gezinsplan in the list; `eigen` when the person is its regisseur."""

    zaak_id: int
    zaaknummer: str
    omschrijving: str
    status: str
    gesloten: bool
    eigen: bool


def own_plans(connection: Connection, person: Person, after: int | None) -> list[OwnPlan]:
    """One more than fits on a page, so that it is known whether there is another; `after` is the row to go on from."""
    given = {"rangen": ranks_with(person, "inzien"), "na": after or 2**62, "aantal": AT_ONCE + 1}
    given |= mine_of(person) | parameters(person.grant)
    return [OwnPlan(*tuple(row)) for row in _statement(person.grant.kinds).run(connection, given)]


@lru_cache
def _statement(kinds: Kinds) -> Sql:
    return Sql(_PLANS.format(visible=visible(kinds, "z") or "true"))

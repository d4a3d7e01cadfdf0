"""One zaak on a page: its plans, and the domain data that came with it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.relation import ZaakRelation, relation_to
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.regie.plans import read_members, sees_whole
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens, domeingegevens_per_zaak

_MOST_PLANS: Final = 3
_PLANS: Final = """
    -- the gezinsplannen of a zaak that a role may see
    SELECT z.id, z.identificatie FROM regie_plannen(ARRAY[CAST(:zaak AS bigint)]) p JOIN zaak z ON z.id = p.plan_id
    WHERE p.soort = 'gezinsplan' AND z.id <> :zaak GROUP BY z.id, z.identificatie ORDER BY z.id
"""
_ZAAK_OF_PAYLOAD: Final = Sql("""
    -- the zaak of a payload, while no other took its place
    SELECT z.identificatie FROM domeingegevens d JOIN zaak z ON z.id = d.zaak_id
    WHERE d.id = :id AND d.vervangen_op IS NULL
""")


@dataclass(frozen=True, slots=True)
class PlanOfZaak:
    """A gezinsplan that a zaak belongs to; `whole` tells whether the person is more than uitvoerende in it."""

    zaak_id: int
    zaaknummer: str
    may_see: bool
    whole: bool


def plans_of(connection: Connection, person: Person, zaak_id: int) -> list[PlanOfZaak]:
    """The gezinsplannen that a zaak belongs to; of those after the third is told that they are there."""
    given = {"zaak": zaak_id, **parameters(person.grant)}
    plans = []
    for place, row in enumerate(_plans(person.grant.kinds).run(connection, given).all()):
        found = relation_to(connection, person, row.identificatie) if place < _MOST_PLANS else None
        may = found is not None and person.may("inzien", found.relation)
        whole = may and found is not None and found.relation != "uitvoerende"
        plans.append(PlanOfZaak(row.id, row.identificatie, may, whole))
    return plans


def payloads_of(connection: Connection, person: Person, zaak_id: int) -> list[Domeingegevens]:
    """The domain data of a zaak, the current payload of each form, as far as the role may see them; one statement."""
    return domeingegevens_per_zaak(connection, [zaak_id], person.grant).get(zaak_id, [])


def zaak_of_payload(connection: Connection, number: int) -> str | None:
    """The identificatie of the zaak that a payload belongs to; nothing is decided about who may know it."""
    found: str | None = _ZAAK_OF_PAYLOAD.run(connection, {"id": number}).scalar_one_or_none()
    return found


def find_payload(connection: Connection, person: Person, found: ZaakRelation, number: int) -> Domeingegevens | None:
    """A payload of a zaak of which the person sees all; else None."""
    if not sees_whole(found, read_members(connection, person, found.zaak_id)[0]):
        return None
    return next((one for one in payloads_of(connection, person, found.zaak_id) if one.id == number), None)


@lru_cache
def _plans(kinds: Kinds) -> Sql:
    return Sql(narrowed(_PLANS, kinds))

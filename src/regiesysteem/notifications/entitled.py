"""Receivers that may see a zaak: who gets a message learns no more by it than it could ask.

The rights are those of the moment at which messages are made: a message is fixed then, and sent as it is.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, UNBOUNDED, Grant, Kinds, grant_of
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting

_NOBODY: Final = Grant(zaaktypen=frozenset())


def grant_of_receiver(inrichting: Inrichting, applicatie: str) -> Grant:
    """The rights of the applicatie to which messages with this name go; one that is not listed gets nothing sent."""
    ontvanger = inrichting.ontvanger(applicatie)
    return grant_of(inrichting, ontvanger) if ontvanger is not None else UNBOUNDED


def narrowed_receivers(inrichting: Inrichting) -> Mapping[str, Grant]:
    """The applicaties that receive messages and do not see all zaken, each with its rights."""
    names = dict.fromkeys(one.naam for one in inrichting.applicaties if one.adres)
    grants = {naam: grant_of_receiver(inrichting, naam) for naam in names}
    return {naam: _as_receiver(grant) for naam, grant in grants.items() if grant.kinds != EVERYTHING}


def _as_receiver(grant: Grant) -> Grant:
    """The rights of a receiver: who may only ask for the signaal is told of nothing."""
    return _NOBODY if grant.signaal else grant


def unseen(connection: Connection, receivers: Mapping[str, Grant], zaken: Collection[int]) -> dict[int, frozenset[str]]:
    """For each of these zaken by id the receivers that may not see it; a statement for each receiver."""
    out: dict[int, set[str]] = {zaak_id: set() for zaak_id in zaken}
    if not zaken:
        return {}
    for naam, grant in receivers.items():
        seen = set(_seen(grant.kinds).run(connection, {"zaken": list(zaken), **parameters(grant)}).scalars())
        for zaak_id, names in out.items():
            if zaak_id not in seen:
                names.add(naam)
    return {zaak_id: frozenset(names) for zaak_id, names in out.items()}


def unseen_elsewhere(receivers: Mapping[str, Grant], zaaktype_id: int | None) -> frozenset[str]:
    """The same for a zaak that we do not hold, of which only the zaaktype is known, and maybe not even that."""
    return frozenset(
        naam
        for naam, grant in receivers.items()
        if grant.eigenaar is not None or (grant.zaaktypen is not None and zaaktype_id not in grant.zaaktypen)
    )


@lru_cache
def _seen(kinds: Kinds) -> Sql:
    return Sql(f"""
        -- of these zaken the ones that a receiver may see
        SELECT z.id FROM zaak z WHERE z.id = ANY(CAST(:zaken AS bigint[])) AND {visible(kinds, "z") or "true"}
    """)  # noqa: S608 - our own text

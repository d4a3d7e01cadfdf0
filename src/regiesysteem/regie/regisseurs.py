"""The regisseur of a plan: its initiator (RZS 3.2), by name, team and telephone as far as they are known."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from regiesysteem.access.caller import UNBOUNDED, Grant, Kinds
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql

_NAME: Final = """
    coalesce(nullif(concat_ws(' ', regie_woord(o.inhoud -> 'voorletters'),
                              regie_woord(o.inhoud -> 'voorvoegselAchternaam'), o.naam), ''), o.identificatie, '')
"""
_TELEPHONE: Final = "jsonb_path_query_first(r.inhoud, '$.heeftAlsAanspreekpunt.**.telefoonnummer')"
_INITIATOR: Final = "r.relatie = 'heeftAlsInitiator' AND o.entiteittype IN ('MDW', 'OEH') AND regie_geldt(r.beeindigd)"

REGISSEUR: Final = f"""
    coalesce((SELECT string_agg(DISTINCT {_NAME}, ', ') FROM zaak_relatie r JOIN object o ON o.id = r.object_id
              WHERE r.zaak_id = z.id AND {_INITIATOR}), '')
"""  # noqa: S608 - constants of this module
"""SQL of the names of the regisseurs of a zaak z; "" when it has none."""

_OF_CLIENT: Final = f"""
    -- who directs the running gezinsplannen of a client
    SELECT z.id AS zaak_id, coalesce({_NAME}, '') AS naam,
           coalesce(regie_woord({_TELEPHONE}), '') AS telefoon,
           coalesce((SELECT coalesce(e.naam, a.team) FROM account a
                     LEFT JOIN object e ON e.sleutel = 'eenheid:' || a.team AND e.entiteittype = 'OEH'
                     WHERE a.medewerker = o.identificatie AND a.medewerker <> '' AND a.team <> ''
                       AND o.entiteittype = 'MDW' ORDER BY a.id LIMIT 1), '') AS team
    FROM object p
    JOIN zaak_relatie c ON c.object_id = p.id AND c.relatie = 'heeftBetrekkingOp' AND regie_geldt(c.beeindigd)
    JOIN zaak z ON z.id = c.zaak_id AND z.einddatum IS NULL AND {{visible}}
    JOIN zaaktype k ON k.id = z.zaaktype_id AND k.soort = 'gezinsplan'
    LEFT JOIN (zaak_relatie r JOIN object o ON o.id = r.object_id) ON r.zaak_id = z.id AND {_INITIATOR}
    WHERE p.entiteittype = 'NPS' AND p.sleutel = 'bsn:' || :bsn
    ORDER BY z.id, naam
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Regisseur:
    """Somebody who directs a plan; what is not known is ""."""

    naam: str
    team: str
    telefoon: str


@dataclass(frozen=True, slots=True)
class ClientPlans:
    """The running gezinsplannen of a client: their rows, and who directs them."""

    zaken: frozenset[int]
    regisseurs: list[Regisseur]


def plans_of_client(connection: Connection, bsn: str, grant: Grant = UNBOUNDED) -> ClientPlans:
    """The running gezinsplannen that somebody is a client of; one that names him otherwise does not count (RZS 3.2)."""
    rows = _statement(grant.kinds).run(connection, {"bsn": bsn, **parameters(grant)}).all()
    regisseurs = dict.fromkeys(Regisseur(row.naam, row.team, row.telefoon) for row in rows)
    return ClientPlans(frozenset(row.zaak_id for row in rows), list(regisseurs))


@lru_cache
def _statement(kinds: Kinds) -> Sql:
    return Sql(_OF_CLIENT.format(visible=visible(kinds, "z") or "true"))

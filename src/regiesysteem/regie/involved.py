"""The people and organisations of a zaak, kept apart as RZS 3.2 does. One statement."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.regie.party_names import NAME_PARTS, name_of
from regiesysteem.regie.plans import day_of
from regiesysteem.stuf.values import text

Kind = Literal["client", "belanghebbende", "uitvoerende", "regisseur"]
"""The place of somebody in a plan: a client, one with an interest, one who executes, or its regisseur (RZS 3.2)."""

_MOST: Final = 5000
_READ: Final = Sql(f"""
    -- the betrokkenen of zaken, and the people that they are about
    SELECT r.id, r.zaak_id, r.relatie, o.entiteittype, coalesce(r.omschrijving, '') AS omschrijving,
           {NAME_PARTS} AS wie, o.identificatie, r.inhoud -> 'tijdvakRelatie' -> 'beginRelatie' AS begin,
           r.tijdstip_registratie, o.sleutel
    FROM zaak_relatie r JOIN object o ON o.id = r.object_id
    WHERE regie_geldt(r.beeindigd) AND (
        r.zaak_id = ANY(:zaken) AND (r.relatie <> 'heeftBetrekkingOp' OR o.entiteittype = 'NPS')
        OR r.zaak_id = ANY(:uitgevoerd) AND r.relatie = 'heeftAlsUitvoerende'
    )
    ORDER BY r.zaak_id = ANY(:zaken) DESC, r.id LIMIT {_MOST}
""")  # noqa: S608 - constants
_KINDS: Final[dict[str, Kind]] = {
    "heeftBetrekkingOp": "client",
    "heeftAlsInitiator": "regisseur",
    "heeftAlsUitvoerende": "uitvoerende",
}
_ROLES: Final = {
    "heeftAlsGemachtigde": "gemachtigde",
    "heeftAlsVerantwoordelijke": "verantwoordelijke",
    "heeftAlsOverigBetrokkene": "overig betrokkene",
}
_MEMBERS_OF_STAFF: Final = ("MDW", "OEH")
_FIND_BSN: Final = Sql(f"""
    -- the number of a person that a zaak names
    SELECT o.identificatie, o.sleutel, {NAME_PARTS} AS wie
    FROM zaak_relatie r JOIN object o ON o.id = r.object_id
    WHERE r.id = :relatie AND r.zaak_id = :zaak AND o.entiteittype = 'NPS' AND o.sleutel LIKE 'bsn:%'
      AND regie_geldt(r.beeindigd)
""")  # noqa: S608 - a constant of `party_names`


@dataclass(frozen=True, slots=True)
class Involved:
    """Somebody in a zaak.

    Attributes:
        id: the row of the relation, by which the BSN is asked.
        zaak_id: the zaak that names him.
        kind: who he is in it.
        naam: his name, "" when nobody said one.
        rol: what he is to the others, in the words of who registered him ("buurvrouw").
        bsn: his BSN, "" when it is not known or not for the reader.
        sinds: since when, as far as is known.
    """

    id: int
    zaak_id: int
    kind: Kind
    naam: str
    rol: str
    bsn: str
    sinds: date | None


def read_involved(connection: Connection, zaken: list[int], executed: list[int] | None = None) -> list[Involved]:
    """Everybody in these zaken, and who executes the zaken of `executed`, each once for a kind."""
    found: dict[object, Involved] = {}
    for row in _READ.run(connection, {"zaken": zaken, "uitgevoerd": executed or []}):
        kind = _KINDS.get(row.relatie, "belanghebbende")
        if kind == "regisseur" and row.entiteittype not in _MEMBERS_OF_STAFF:
            kind = "belanghebbende"  # the initiator of a request is a citizen
        person = Involved(
            row.id,
            row.zaak_id,
            kind,
            name_of(row.wie),
            _role(row.relatie, row.omschrijving, kind),
            row.identificatie if row.sleutel and row.sleutel.startswith("bsn:") else "",
            day_of(text(row.begin)) or day_of(row.tijdstip_registratie),
        )
        found.setdefault((kind, row.sleutel or row.id), person)
    return list(found.values())


def find_bsn(connection: Connection, zaak_id: int, relation: int) -> tuple[str, str, str] | None:
    """The name, the BSN and the `object.sleutel` of a person that a zaak names; None when it names no such one."""
    row = _FIND_BSN.run(connection, {"zaak": zaak_id, "relatie": relation}).one_or_none()
    return (name_of(row.wie), row.identificatie, row.sleutel) if row else None


def _role(relatie: str, omschrijving: str, kind: Kind) -> str:
    if kind == "client" and omschrijving.casefold() == "client":
        return ""
    known = "initiator" if relatie == "heeftAlsInitiator" and kind == "belanghebbende" else _ROLES.get(relatie, "")
    return omschrijving or known

"""A step of a zaak, set by a person: the statussen to choose from, and the message that sets one (ZDS 4.1.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.caller import Caller
from regiesysteem.access.people.roles import Person
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.regie.kennisgeving import entity, kennisgeving, leaf, relation
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.message import Bericht
from regiesysteem.zkn.names import NSMAP, zkn

_ZAAK: Final = Sql("""
    -- a zaak as far as setting a status goes; the digit changes with each status
    SELECT z.identificatie, z.zaaktype_id, z.einddatum, coalesce(s.id, 0) AS stand, t.volgnummer, t.omschrijving
    FROM zaak z
    LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste LEFT JOIN statustype t ON t.id = s.statustype_id
    WHERE z.id = :zaak
""")


@dataclass(frozen=True, slots=True)
class CurrentStatus:
    """The status of a zaak now; `stand` changes with each status, `closed` when it is the last one it can have."""

    zaaknummer: str
    zaaktype: Zaaktype | None
    stand: int
    volgnummer: int | None
    omschrijving: str
    closed: bool

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The volgnummers of its zaaktype with their names."""
        if self.zaaktype is None:
            return []
        return [(str(one.volgnummer), f"{one.volgnummer}. {one.omschrijving}") for one in self.zaaktype.statustypen]

    def ends(self, volgnummer: str) -> bool:
        """Tell whether a status closes the zaak."""
        known = self.zaaktype.statustypen if self.zaaktype else ()
        return any(str(one.volgnummer) == volgnummer and one.eindstatus for one in known)

    @property
    def resultaten(self) -> list[str]:
        """The results that its zaaktype knows."""
        known = self.zaaktype.resultaattypen if self.zaaktype else ()
        return [one.omschrijving for one in known]


def current_status(connection: Connection, inrichting: Inrichting, zaak_id: int) -> CurrentStatus:
    """The status of a zaak, by its row."""
    row = _ZAAK.run(connection, {"zaak": zaak_id}).one()
    zaaktype = inrichting.zaaktype_with_id(row.zaaktype_id) if row.zaaktype_id is not None else None
    return CurrentStatus(
        row.identificatie, zaaktype, row.stand, row.volgnummer, row.omschrijving or "geen", row.einddatum is not None
    )


def set_status(  # noqa: PLR0917 - which status of which zaak, by whom and when
    zaaknummer: str,
    volgnummer: str,
    toelichting: str,
    resultaat: str,
    person: Person,
    caller: Caller,
    referentienummer: str,
    now: datetime,
) -> Bericht:
    """The actualiseerZaakstatus_Lk01 that sets a status now; with a resultaat an updateZaak_Lk01 that sets both.

    Raises ValueError for a text that XML cannot hold.
    """
    statustype = entity("gerelateerde", "STT", "I", [leaf("volgnummer", volgnummer)])
    medewerker = entity(
        "medewerker",
        "MDW",
        "T",
        [leaf("identificatie", person.medewerker or person.naam), leaf("achternaam", person.volledige_naam)],
    )
    own = [leaf("toelichting", toelichting)] if toelichting else []
    own += [leaf("datumStatusGezet", tijdstip(now)), relation("isGezetDoor", "ZAKSTTBTR", "T", medewerker)]
    changed = [relation("heeft", "ZAKSTT", "T", statustype, *own)]
    if resultaat:
        group = etree.Element(zkn("resultaat"), nsmap=NSMAP)
        group.append(leaf("omschrijving", resultaat))
        changed.insert(0, group)
    was = entity("object", "ZAK", "W", [leaf("identificatie", zaaknummer)])
    wordt = entity("object", "ZAK", "W", [leaf("identificatie", zaaknummer), *changed])
    dienst = "updateZaak_Lk01" if resultaat else "actualiseerZaakstatus_Lk01"
    return kennisgeving(dienst, "W", [was, wordt], caller, referentienummer, now)

"""The statuses of a zaak: the last one, and its effect on the zaak (ZDS 4.1.3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Statustype, Zaaktype
from regiesysteem.stuf import values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.objects import Verwijzing
from regiesysteem.zakenmagazijn.relations import TO_STATUSES
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, naar_rij
from regiesysteem.zakenmagazijn.typen import aanvulling, bepaal_statustype, statustype_gegevens

_LENGTE_MOMENT = 17
_INGEVULD: Final = "@ingevuld"
"""The key that marks a status that no message reported."""


def invoeging(zaak: str) -> str:
    """SQL that inserts the rows :statussen, in their order, at the zaak that is the one row of `zaak`."""
    return TO_STATUSES.insert({"zaak_id": "z.id"}, f"{zaak} z", "statussen")


_VOEG_TOE = Sql(f"{invoeging('(SELECT CAST(:zaak_id AS bigint) AS id)')} -- statuses of a zaak")


@dataclass(frozen=True, slots=True)
class NieuweStatus:
    """A status of a message with its statustype found."""

    voorkomen: Voorkomen
    statustype: Statustype

    @property
    def moment(self) -> str:
        """DatumStatusGezet at full length."""
        return moment(self.voorkomen.gegevens)

    @property
    def gezet_door(self) -> Gerelateerde | None:
        """The medewerker or eenheid that set it."""
        return gezet_door(self.voorkomen)


def gezet_door(voorkomen: Voorkomen) -> Gerelateerde | None:
    """The medewerker or eenheid that set a status, when the message has it."""
    voorkomens = voorkomen.relaties.get("isGezetDoor", ())
    return voorkomens[0].gerelateerde if voorkomens else None


def moment(gegevens: Gegevens) -> str:
    """DatumStatusGezet, 8 to 17 digits, filled up with zeros to compare; "" when it has no value."""
    tijdstip = values.tekst(gegevens.get("datumStatusGezet"))
    return tijdstip.ljust(_LENGTE_MOMENT, "0") if tijdstip else ""


def lees_statussen(verbinding: Connection, zaaktype: Zaaktype, voorkomens: Sequence[Voorkomen]) -> list[NieuweStatus]:
    """Find the statustype of each status. Raises the faults of `bepaal_statustype` and `eis_datum`."""
    lijst = [NieuweStatus(v, bepaal_statustype(verbinding, zaaktype, v.gerelateerde)) for v in voorkomens]
    for status in lijst:
        eis_datum(status)
    return lijst


def eerste_status(zaaktype: Zaaktype, op: str) -> dict[str, Any] | None:
    """The row of the status of a zaak whose message has none, set on a day; None where the zaaktype has no statuses."""
    if zaaktype.eerste_status is None:
        return None
    return {
        "statustype_id": zaaktype.eerste_status.id,
        "datum_status_gezet": op,
        "moment": op.ljust(_LENGTE_MOMENT, "0"),
        "laatste": True,
        "inhoud": {_INGEVULD: True},
    }


def is_ingevuld(rij: Mapping[Any, Any]) -> bool:
    """Tell whether a status was filled in: it gives way to any reported one (docs/afwijkingen.md 19)."""
    return _INGEVULD in rij["inhoud"]


def status_rij(
    zaaktype: Zaaktype, status: NieuweStatus, gezet_door: Verwijzing | None, *, laatste: bool
) -> dict[str, Any]:
    """The row of a status of a message."""
    voorkomen = status.voorkomen
    rij = naar_rij(voorkomen.relatie.elementen, voorkomen.gegevens)
    inhoud = rij["inhoud"]
    inhoud.pop("indicatieLaatsteStatus", None)
    if voorkomen.gerelateerde is not None:
        rest = aanvulling(voorkomen.gerelateerde.gegevens, statustype_gegevens(zaaktype, status.statustype))
        if rest:
            inhoud[GERELATEERDE] = rest
    gezet = _gezet_door_inhoud(voorkomen, gezet_door)
    if gezet:
        inhoud["isGezetDoor"] = gezet
    rij |= {
        "statustype_id": status.statustype.id,
        "moment": status.moment,
        "laatste": laatste,
        "gezet_door_id": gezet_door.object_id if gezet_door else None,
    }
    return rij


def _gezet_door_inhoud(voorkomen: Voorkomen, gezet_door: Verwijzing | None) -> Gegevens:
    """The rest of isGezetDoor: its own elements, the values beyond the row of the object, or its noValue."""
    voorkomens = voorkomen.relaties.get("isGezetDoor", ())
    if not voorkomens:
        return {}
    gezet = voorkomens[0]
    if gezet.leeg:
        return {"@noValue": gezet.leeg}
    uit = dict(gezet.gegevens)
    if gezet_door is not None and gezet_door.aanvulling:
        uit[GERELATEERDE] = gezet_door.aanvulling
    elif gezet_door is None:
        uit.setdefault(GERELATEERDE, {})
    return uit


def laatste_van(statussen: Sequence[NieuweStatus]) -> int | None:
    """The place of the last status among those of one message: greatest moment, then the later in the message."""
    if not statussen:
        return None
    return max(range(len(statussen)), key=lambda plaats: (statussen[plaats].moment, plaats))


def voeg_toe(verbinding: Connection, zaak_id: int, rijen: Sequence[dict[str, Any]]) -> None:
    """Insert status rows in one statement."""
    if rijen:
        _VOEG_TOE.voer_uit(verbinding, {"zaak_id": zaak_id, "statussen": orjson.dumps(list(rijen)).decode()})


def einddatum_bij(statustype: Statustype, op: str) -> str | None:
    """The einddatum that a last status gives its zaak: the day of an eindstatus, None for another status."""
    return op[:8] if statustype.eindstatus and op else None


def eis_datum(status: NieuweStatus) -> None:
    """Refuse a status without datumStatusGezet (ZDS 4.1.3.2: required). Raises StUF055."""
    if not status.moment:
        raise StufFout("StUF055", "object/heeft/datumStatusGezet ontbreekt of is leeg (ZDS 4.1.3.2)")

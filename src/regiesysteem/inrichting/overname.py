"""Take over what a message says of a zaaktype or statustype that the inrichting does not know.

Both functions lock the inrichting until the transaction of the message ends, so a message does them at one fixed place:
before it locks a zaak, or always after. They need READ COMMITTED, to see what the one before them took over.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, insert, select, update

from regiesysteem.inrichting.actueel import GeenInrichting, Statustype, Zaaktype, lees_inrichting, statustype_van
from regiesysteem.inrichting.stand import vergrendel, verhoog
from regiesysteem.inrichting.tabellen import OVERGENOMEN, StatustypeRij, ZaaktypeRij
from regiesysteem.inrichting.waarden import gevouwen

Rij = dict[str, Any]
_HOOGSTE = 9999


class GeenVolgnummer(ValueError):
    """Het zaaktype heeft geen vrij volgnummer meer voor een status."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def neem_zaaktype_over(
    connection: Connection, code: str, omschrijving: str | None, inhoud: Mapping[str, Any]
) -> Zaaktype:
    """Add a zaaktype of soort ``overig``, or give the one that has the code by now.

    One that was vervallen is in force again, with the statustypen it had. ``inhoud`` has elements by StUF-ZKN name,
    values as StUF writes them. Raises ValueError without a code.
    """
    if not code.strip():
        raise ValueError("zaaktype zonder code")
    vergrendel(connection)
    rij = connection.execute(select(ZaaktypeRij.id, ZaaktypeRij.vervallen).filter_by(code=code)).one_or_none()
    if rij is None:
        waarden = {"code": code, "omschrijving": omschrijving or code, "inhoud": dict(inhoud)}
        nieuw = insert(ZaaktypeRij).values(soort="overig", herkomst=OVERGENOMEN, **waarden).returning(ZaaktypeRij.id)
        zaaktype_id = connection.execute(nieuw).scalar_one()
        verhoog(connection)
    else:
        zaaktype_id = rij.id
        if rij.vervallen:
            terug = update(ZaaktypeRij).filter_by(id=rij.id).values(vervallen=False, herkomst=OVERGENOMEN)
            connection.execute(terug)
            verhoog(connection)
    zaaktype = lees_inrichting(connection).zaaktype_met_id(zaaktype_id)
    if zaaktype is None:
        raise GeenInrichting
    return zaaktype


def neem_statustype_over(  # noqa: PLR0917 - in the order of a message
    connection: Connection,
    zaaktype_id: int,
    volgnummer: int | None,
    code: str | None,
    omschrijving: str | None,
    inhoud: Mapping[str, Any],
) -> Statustype:
    """Add a statustype to a zaaktype, or give the one that is meant.

    The same is meant by the same omschrijving; without one by the same code, without that by the same volgnummer. A
    volgnummer that is absent or another's becomes the next free one. A vervallen statustype of the same words is in
    force again under its own id. ``inhoud`` as in neem_zaaktype_over. Raises GeenVolgnummer when all are taken.
    """
    tabel = StatustypeRij.__table__
    vergrendel(connection)
    rijen = connection.execute(select(*tabel.c).where(tabel.c.zaaktype_id == zaaktype_id)).mappings()
    alle = [dict(rij) for rij in rijen]
    geldig = [rij for rij in alle if not rij["vervallen"]]
    if bestaand := _bedoeld(geldig, volgnummer, code, omschrijving):
        return statustype_van(bestaand)
    waarden = {"volgnummer": _vrij_volgnummer(geldig, volgnummer), "herkomst": OVERGENOMEN, "vervallen": False}
    opdracht: Executable
    if eerder := _bedoeld([rij for rij in alle if rij["vervallen"]], None, code, omschrijving):
        opdracht = update(StatustypeRij).filter_by(id=eerder["id"]).values(**waarden).returning(*tabel.c)
    else:
        woorden = {"code": code or None, "omschrijving": omschrijving or code or f"Status {waarden['volgnummer']}"}
        nieuw = insert(StatustypeRij).values(zaaktype_id=zaaktype_id, inhoud=dict(inhoud), **woorden, **waarden)
        opdracht = nieuw.returning(*tabel.c)
    overgenomen = dict(connection.execute(opdracht).mappings().one())
    verhoog(connection)
    return statustype_van(overgenomen)


def _bedoeld(rijen: list[Rij], volgnummer: int | None, code: str | None, omschrijving: str | None) -> Rij | None:
    for veld, waarde in (("omschrijving", omschrijving), ("code", code)):
        if waarde:
            gelijk = [rij for rij in rijen if rij[veld] is not None and gevouwen(rij[veld]) == gevouwen(waarde)]
            return gelijk[0] if gelijk else None
    return next((rij for rij in rijen if rij["volgnummer"] == volgnummer), None)


def _vrij_volgnummer(rijen: list[Rij], gewenst: int | None) -> int:
    bezet = {rij["volgnummer"] for rij in rijen}
    if gewenst is not None and 1 <= gewenst <= _HOOGSTE and gewenst not in bezet:
        return gewenst
    volgende = max(bezet, default=0) + 1
    if volgende <= _HOOGSTE:
        return volgende
    if vrij := next((nummer for nummer in range(_HOOGSTE, 0, -1) if nummer not in bezet), None):
        return vrij
    raise GeenVolgnummer

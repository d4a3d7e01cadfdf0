"""Take over a zaaktype or statustype of a message that the inrichting does not have."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, insert, select, update

from regiesysteem.inrichting.current import NoInrichting, Statustype, Zaaktype, read_inrichting, statustype_of
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.load import lock_inrichting, raise_versie
from regiesysteem.inrichting.tables import TAKEN_OVER, StatustypeRow, ZaaktypeRow

Row = dict[str, Any]
_HIGHEST = 9999


class NoVolgnummer(ValueError):
    """Het zaaktype heeft geen vrij volgnummer meer voor een status."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def take_over_zaaktype(
    connection: Connection, code: str, omschrijving: str | None, inhoud: Mapping[str, Any]
) -> Zaaktype:
    """Add a zaaktype of soort ``overig``, or give the one that has the code by now.

    A vervallen zaaktype is in force again, with its statustypen. ``inhoud`` has elements by StUF-ZKN name, values as
    StUF writes them. Raises ValueError without a code.
    """
    if not code.strip():
        raise ValueError("zaaktype zonder code")
    lock_inrichting(connection)
    row = connection.execute(select(ZaaktypeRow.id, ZaaktypeRow.vervallen).filter_by(code=code)).one_or_none()
    if row is None:
        waarden = {"code": code, "omschrijving": omschrijving or code, "inhoud": dict(inhoud)}
        new = insert(ZaaktypeRow).values(soort="overig", herkomst=TAKEN_OVER, **waarden).returning(ZaaktypeRow.id)
        zaaktype_id = connection.execute(new).scalar_one()
        raise_versie(connection)
    else:
        zaaktype_id = row.id
        if row.vervallen:
            back = update(ZaaktypeRow).filter_by(id=row.id).values(vervallen=False, herkomst=TAKEN_OVER)
            connection.execute(back)
            raise_versie(connection)
    zaaktype = read_inrichting(connection).zaaktype_with_id(zaaktype_id)
    if zaaktype is None:
        raise NoInrichting
    return zaaktype


def take_over_statustype(  # noqa: PLR0917 - in the order of a message
    connection: Connection,
    zaaktype_id: int,
    volgnummer: int | None,
    code: str | None,
    omschrijving: str | None,
    inhoud: Mapping[str, Any],
) -> Statustype:
    """Add a statustype to a zaaktype, or give the existing one.

    The existing one has the same omschrijving; without an omschrijving the same code, without a code the same
    volgnummer. A volgnummer that is absent, or that another statustype has, becomes the next free one. A vervallen
    statustype with the same words is in force again under its own id. ``inhoud`` as in take_over_zaaktype. Raises
    NoVolgnummer when all numbers are taken.
    """
    table = StatustypeRow.__table__
    lock_inrichting(connection)
    rows = connection.execute(select(*table.c).where(table.c.zaaktype_id == zaaktype_id)).mappings()
    every = [dict(row) for row in rows]
    valid = [row for row in every if not row["vervallen"]]
    if existing := _meant(valid, volgnummer, code, omschrijving):
        return statustype_of(existing)
    waarden = {"volgnummer": _free_volgnummer(valid, volgnummer), "herkomst": TAKEN_OVER, "vervallen": False}
    command: Executable
    if earlier := _meant([row for row in every if row["vervallen"]], None, code, omschrijving):
        command = update(StatustypeRow).filter_by(id=earlier["id"]).values(**waarden).returning(*table.c)
    else:
        words = {"code": code or None, "omschrijving": omschrijving or code or f"Status {waarden['volgnummer']}"}
        new = insert(StatustypeRow).values(zaaktype_id=zaaktype_id, inhoud=dict(inhoud), **words, **waarden)
        command = new.returning(*table.c)
    taken_over = dict(connection.execute(command).mappings().one())
    raise_versie(connection)
    return statustype_of(taken_over)


def _meant(rows: list[Row], volgnummer: int | None, code: str | None, omschrijving: str | None) -> Row | None:
    for veld, waarde in (("omschrijving", omschrijving), ("code", code)):
        if waarde:
            same = [row for row in rows if row[veld] is not None and folded(row[veld]) == folded(waarde)]
            return same[0] if same else None
    return next((row for row in rows if row["volgnummer"] == volgnummer), None)


def _free_volgnummer(rows: list[Row], wanted: int | None) -> int:
    taken = {row["volgnummer"] for row in rows}
    if wanted is not None and 1 <= wanted <= _HIGHEST and wanted not in taken:
        return wanted
    next_ = max(taken, default=0) + 1
    if next_ <= _HIGHEST:
        return next_
    if free := next((number for number in range(_HIGHEST, 0, -1) if number not in taken), None):
        return free
    raise NoVolgnummer

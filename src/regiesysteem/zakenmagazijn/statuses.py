"""The statuses of a zaak: which is the last, how they change, and what that means for the zaak.

Sources: ZDS 4.1.3; docs/afwijkingen.md 20 and 30.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Statustype, Zaaktype
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import NO_WAARDE, Data, Waarde
from regiesysteem.zakenmagazijn.compare import ZaakGuarding, applied, guard_removal, modifications, same_value
from regiesysteem.zakenmagazijn.objects import Reference
from regiesysteem.zakenmagazijn.pairs import Change, recognition
from regiesysteem.zakenmagazijn.relations import TO_STATUSES, Changes
from regiesysteem.zakenmagazijn.rows import (
    GERELATEERDE,
    TIJDVAK,
    Row,
    determine_statustype,
    find_existing_statustype,
    from_row,
    sleutel,
    statustype_data,
    supplement,
    to_row,
)
from regiesysteem.zkn.zaak import HEEFT, IS_GEZET_DOOR

# --- The statuses of a zaak: the last one, and its effect on the zaak (ZDS 4.1.3.1)

_LENGTH_MOMENT = 17
_FILLED_IN: Final = "@ingevuld"
"""The key that marks a status that no message reported."""


def insertion(zaak: str) -> str:
    """SQL that inserts the rows :statussen, in their order, at the zaak that is the one row of `zaak`."""
    return TO_STATUSES.insert({"zaak_id": "z.id"}, f"{zaak} z", "statussen")


_ADD = Sql(f"{insertion('(SELECT CAST(:zaak_id AS bigint) AS id)')} -- statuses of a zaak")


@dataclass(frozen=True, slots=True)
class NewStatus:
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


def moment(data: Data) -> str:
    """DatumStatusGezet, 8 to 17 digits, filled up with zeros to compare; "" when it has no value."""
    tijdstip = values.text(data.get("datumStatusGezet"))
    return tijdstip.ljust(_LENGTH_MOMENT, "0") if tijdstip else ""


def read_statussen(connection: Connection, zaaktype: Zaaktype, voorkomens: Sequence[Voorkomen]) -> list[NewStatus]:
    """Find the statustype of each status. Raises the faults of `determine_statustype` and `require_datum`."""
    listing = [NewStatus(v, determine_statustype(connection, zaaktype, v.gerelateerde)) for v in voorkomens]
    for status in listing:
        require_datum(status)
    return listing


def first_status(zaaktype: Zaaktype, on: str) -> dict[str, Any] | None:
    """The row of the status of a zaak whose message has none, set on a day; None where the zaaktype has no statuses."""
    if zaaktype.first_status is None:
        return None
    return {
        "statustype_id": zaaktype.first_status.id,
        "datum_status_gezet": on,
        "moment": on.ljust(_LENGTH_MOMENT, "0"),
        "laatste": True,
        "inhoud": {_FILLED_IN: True},
    }


def is_filled_in(row: Mapping[Any, Any]) -> bool:
    """Tell whether a status was filled in: it gives way to any reported one (docs/afwijkingen.md 19)."""
    return _FILLED_IN in row["inhoud"]


def status_row(zaaktype: Zaaktype, status: NewStatus, gezet_door: Reference | None, *, last: bool) -> dict[str, Any]:
    """The row of a status of a message."""
    voorkomen = status.voorkomen
    row = to_row(voorkomen.relatie.elementen, voorkomen.gegevens)
    inhoud = row["inhoud"]
    inhoud.pop("indicatieLaatsteStatus", None)
    if voorkomen.gerelateerde is not None:
        rest = supplement(voorkomen.gerelateerde.gegevens, statustype_data(zaaktype, status.statustype))
        if rest:
            inhoud[GERELATEERDE] = rest
    gezet = _gezet_door_inhoud(voorkomen, gezet_door)
    if gezet:
        inhoud["isGezetDoor"] = gezet
    row |= {
        "statustype_id": status.statustype.id,
        "moment": status.moment,
        "laatste": last,
        "gezet_door_id": gezet_door.object_id if gezet_door else None,
    }
    return row


def _gezet_door_inhoud(voorkomen: Voorkomen, gezet_door: Reference | None) -> Data:
    """The rest of isGezetDoor: its own elements, the values beyond the row of the object, or its noValue."""
    voorkomens = voorkomen.relaties.get("isGezetDoor", ())
    if not voorkomens:
        return {}
    gezet = voorkomens[0]
    if gezet.empty:
        return {"@noValue": gezet.empty}
    out = dict(gezet.gegevens)
    if gezet_door is not None and gezet_door.supplement:
        out[GERELATEERDE] = gezet_door.supplement
    elif gezet_door is None:
        out.setdefault(GERELATEERDE, {})
    return out


def last_of(statussen: Sequence[NewStatus]) -> int | None:
    """The place of the last status among those of one message: greatest moment, then the later in the message."""
    if not statussen:
        return None
    return max(range(len(statussen)), key=lambda place: (statussen[place].moment, place))


def add(connection: Connection, zaak_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Insert status rows in one statement."""
    if rows:
        _ADD.run(connection, {"zaak_id": zaak_id, "statussen": orjson.dumps(list(rows)).decode()})


def einddatum_at(statustype: Statustype, on: str) -> str | None:
    """The einddatum that a last status gives its zaak: the day of an eindstatus, None for another status."""
    return on[:8] if statustype.eindstatus and on else None


def require_datum(status: NewStatus) -> None:
    """Refuse a status without datumStatusGezet (ZDS 4.1.3.2: required). Raises StUF055."""
    if not status.moment:
        raise StufFout("StUF055", "object/heeft/datumStatusGezet ontbreekt of is leeg (ZDS 4.1.3.2)")


# --- Changes of the statuses of a zaak, and whether they open or close it (ZDS 4.1.3.1; docs/afwijkingen.md 20 and 30)

_READ: Final = Sql("""
    -- the statuses of a zaak
    SELECT s.id, s.statustype_id, s.datum_status_gezet, s.moment, s.laatste, s.toelichting, s.gezet_door_id, s.inhoud,
           o.entiteittype, o.sleutel
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id WHERE s.zaak_id = :zaak_id
""")
_SET_LAST: Final = Sql("""
    -- the last status of a zaak; none of these when a new one is the last
    UPDATE zaak_status SET laatste = (id = :id) WHERE zaak_id = :zaak_id AND laatste <> (id = :id)
""")
_UNKNOWN: Final = "een onbekend statustype"
_NO: Final = 0
"""An id that no row has."""
_FIRST: Final = {soort: place for place, soort in enumerate(("V", "E", "W", "R", "I", "T"))}
"""The order in which the verwerkingssoorten of one message are worked out: removals, then changes, then additions."""
_StatusKey = tuple[int, str]
"""The key of a status: id of its statustype, and its moment or "" for any."""
Moment = tuple[int | None, str]
"""The part of a status that opening and closing look at: id of its statustype, datumStatusGezet at full length."""


@dataclass(frozen=True, slots=True)
class State:
    """The effect of a change on the last status, and all statuses before and after."""

    changed: bool = False
    before: Moment | None = None
    after: Moment | None = None
    statussen: tuple[Moment, ...] = ()

    def einddatum(self, zaaktype: Zaaktype, data: Data) -> Waarde | None:
        """The einddatum that follows from a new last status; None when it stays (docs/afwijkingen.md 20)."""
        if self.before == self.after:
            return None
        end = {
            statustype.id
            for statustype in (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
            if statustype.eindstatus
        }
        days = {on[:8] for soort, on in self.statussen if soort in end}
        current = values.text(data.get("einddatum"))
        if self.after is not None and self.after[0] in end:
            return self.after[1][:8] if current is None or current in days else None
        return {"@noValue": NO_WAARDE} if current is not None and current in days else None


@dataclass(slots=True)
class _Correction:
    """A status of the zaak and the change in a message; the old half of the message counts as guard only."""

    row: Row
    was: Voorkomen | None
    wordt: Voorkomen
    statustype: Statustype


@dataclass(slots=True)
class StatusWork:
    """The changes of the statuses of a zaak, gathered first and done in a fixed number of statements."""

    rows: list[Row] = field(default_factory=list)
    remove: set[int] = field(default_factory=set)
    corrections: list[_Correction] = field(default_factory=list)
    new: list[NewStatus] = field(default_factory=list)
    _free: dict[_StatusKey, deque[Row]] = field(default_factory=lambda: defaultdict(deque))
    _taken: set[int] = field(default_factory=set)

    def read(self, rows: Iterable[Row]) -> None:
        """Take the statuses of the zaak, the last one first, and index them."""
        self.rows = sorted(rows, key=_rank, reverse=True)
        for row in self.rows:
            for moment in ("", row["moment"]):
                self._free[row["statustype_id"], moment].append(row)

    def find(self, statustype: Statustype | None, moment: str) -> Row | None:
        """The last status of that type, of that moment unless that is "", that no change was made to yet."""
        rows = self._free[statustype.id if statustype else _NO, moment]
        while rows and rows[0]["id"] in self._taken:
            rows.popleft()
        return rows[0] if rows else None

    def improve(self, correction: _Correction) -> None:
        """Note a correction."""
        self.corrections.append(correction)
        self._taken.add(correction.row["id"])

    def take_away(self, row: Row) -> None:
        """Note a removal."""
        self.remove.add(row["id"])
        self._taken.add(row["id"])

    @property
    def objecten(self) -> list[Gerelateerde]:
        """The people who set the statuses, to be registered; their references go into `write_statuses`."""
        setters = [*(c.wordt for c in self.corrections), *(status.voorkomen for status in self.new)]
        return [setter for voorkomen in setters if (setter := gezet_door(voorkomen)) is not None]

    @property
    def statustypen(self) -> list[Statustype]:
        """The statuses that the zaak gets by this work, or gets in place of another."""
        corrected = (c.statustype for c in self.corrections if c.statustype.id != c.row["statustype_id"])
        return [*corrected, *(status.statustype for status in self.new)]


def plan_statuses(
    connection: Connection,
    guard: ZaakGuarding,
    zaak_id: int,
    changes: Sequence[Change],
    *,
    correction: bool,
    sets_status: bool,
) -> StatusWork:
    """Work out the changes of statuses; one statement, unless a statustype is taken over.

    `correction`: the message corrects the registration (mutatiesoort C or F), so that W is never a next status.
    `sets_status`: the operation sets a status, so an absent one is new, also with verwerkingssoort I. Raises StUF055
    and StUF064 as `determine_statustype` does, StUF055 for a status without datumStatusGezet, StUF064 when the zaak
    does not have a status that is to be corrected or removed.
    """
    if sets_status and not changes:
        raise StufFout("StUF055", "object/heeft noemt geen status om te zetten (ZDS 4.1.3.2)")
    work = StatusWork()
    todo = [one for one in changes if sets_status or one.soort != "I"]
    if not todo:
        return work
    zaaktype = guard.zaaktype
    work.read(_READ.run(connection, {"zaak_id": zaak_id}).mappings())
    new: dict[int, Voorkomen] = {}
    # Removals first, and a status with a moment before one without: the order in a message does not matter.
    for place, one in sorted(enumerate(todo), key=lambda pair: _order(pair[1])):
        if (added := _plan(connection, work, guard, one, correction=correction)) is not None:
            new[place] = added
    remaining = [row for row in work.rows if row["id"] not in work.remove]
    for status in read_statussen(connection, zaaktype, [new[place] for place in sorted(new)]):
        if not (remaining and _repetition(remaining[0], status)):
            work.new.append(status)
        elif is_filled_in(remaining[0]):
            work.improve(_Correction(remaining[0], None, status.voorkomen, status.statustype))
    return work


def write_statuses(
    connection: Connection, guard: ZaakGuarding, zaak_id: int, work: StatusWork, references: Sequence[Reference]
) -> State:
    """Do the work and derive the last status; at most four statements."""
    if not (work.remove or work.corrections or work.new):
        return State()
    next_ = iter(references)
    rows: dict[int, dict[str, Any]] = {row["id"]: dict(row) for row in work.rows}
    before = _last(list(rows.values()))
    moments = [(row["statustype_id"], row["moment"]) for row in rows.values()]
    for correction in work.corrections:
        setter = next(next_) if gezet_door(correction.wordt) else None
        rows[correction.row["id"]] = _corrected(guard, correction, setter)
    new = [
        status_row(
            guard.zaaktype, status, next(next_) if status.gezet_door else None, last=False
        )
        for status in work.new
    ]  # fmt: skip
    modified = [rows[correction.row["id"]] for correction in work.corrections]
    for gone in work.remove:
        rows.pop(gone)
    after = _last([*rows.values(), *new])
    if after is not None:
        after["laatste"] = True
    _write(connection, zaak_id, list(work.remove), modified, after)
    add(connection, zaak_id, new)
    moments += [(row["statustype_id"], row["moment"]) for row in (*rows.values(), *new)]
    return State(True, _moment(before), _moment(after), tuple(moments))


def _plan(
    connection: Connection, work: StatusWork, guard: ZaakGuarding, change: Change, *, correction: bool
) -> Voorkomen | None:
    """Note the corrections and removals; gives the statuses to add."""
    soort, zaaktype = change.soort, guard.zaaktype
    if soort == "T":
        return change.new
    if soort == "I":
        wordt = change.wordt
        return wordt if wordt is not None and _find(work, zaaktype, wordt) is None else None
    row = _find(work, zaaktype, change.old)
    next_ = soort == "R" or (soort == "W" and not correction and (row is None or _is_next(row, zaaktype, change.new)))
    if change.was is not None and guard.looks:
        _guard_removal(guard, work, row, change, gone=next_ or soort != "W")
    if next_:
        return change.new
    if row is None:
        statustype = find_existing_statustype(zaaktype, change.old.gerelateerde)
        naam = statustype.omschrijving if statustype else "van dit statustype"
        on = moment(change.old.gegevens) or "enig moment"
        raise StufFout("StUF064", f"object/heeft: de zaak heeft geen status {naam!r} van {on}")
    if soort == "V":
        work.take_away(row)
        return None
    if soort == "W":
        _require_setter(row, change)
    # A status that ends (E) stays, with the end that it got: its successor does not undo it.
    wordt = change.new if soort == "W" else _only_the_end(change.old)
    statustype = determine_statustype(connection, zaaktype, wordt.gerelateerde)
    work.improve(_Correction(row, change.was if soort == "W" else None, wordt, statustype))
    return None


def _guard_removal(guard: ZaakGuarding, work: StatusWork, row: Row | None, change: Change, *, gone: bool) -> None:
    """Guard a status that goes, ends, is followed up or changes: that it exists, its elements, and who set it."""
    was = change.was or change.old
    statustype = find_existing_statustype(guard.zaaktype, was.gerelateerde)
    if row is None:
        # Nobody could know a value that we filled in ourselves.
        filled_in = work.find(statustype, "")
        if filled_in is None or not is_filled_in(filled_in):
            guard.compare("heeft", statustype.omschrijving if statustype else _UNKNOWN, None)
        return
    if gone:
        guard_removal(guard, "heeft/", from_row(HEEFT.elementen, row), was.gegevens)
    setter = gezet_door(was)
    new = gezet_door(change.wordt) if change.wordt is not None else None
    said = sleutel(setter.entiteit, setter.gegevens) if setter is not None else None
    if said is not None and (gone or recognition(setter) != recognition(new)):
        guard.compare("heeft/isGezetDoor", said, row["sleutel"])


def _require_setter(row: Row, change: Change) -> None:
    """Refuse to change, end or remove the person who set a status without one. Raises StUF064, as for the status."""
    naam = IS_GEZET_DOOR.naam
    new = change.new.relaties.get(naam, ())
    old = change.old.relaties.get(naam, ()) if change.was is not None else new
    known = row["gezet_door_id"] is not None or "@noValue" not in row["inhoud"].get(naam, {"@noValue": ""})
    said = any(one.verwerkingssoort in ("V", "E", "R", "W") for one in new) and not all(one.empty for one in old)
    if said and not known:
        raise StufFout("StUF064", f"object/heeft/{naam}: niemand heeft deze status gezet")


def _order(change: Change) -> tuple[bool, int]:
    return not moment(change.old.gegevens), _FIRST[change.soort]


def _only_the_end(old: Voorkomen) -> Voorkomen:
    """The elements that an E changes: the old half also has the values that were (StUF 03.01, 5.2.6, item 6)."""
    return replace(old, gegevens={naam: w for naam, w in old.gegevens.items() if naam == TIJDVAK}, relaties={})


def _find(work: StatusWork, zaaktype: Zaaktype, sought: Voorkomen) -> Row | None:
    """The status that a message means: same statustype and, when the message has it, same moment."""
    return work.find(find_existing_statustype(zaaktype, sought.gerelateerde), moment(sought.gegevens))


def _is_next(row: Row, zaaktype: Zaaktype, new: Voorkomen) -> bool:
    """Tell whether the new half of a W is another status at another moment: a next status, and no correction."""
    statustype = find_existing_statustype(zaaktype, new.gerelateerde)
    other = statustype is None or statustype.id != row["statustype_id"]
    return other and moment(new.gegevens) not in ("", row["moment"])


def _repetition(last: Row, status: NewStatus) -> bool:
    """Tell whether a new status only repeats the last one."""
    if (last["statustype_id"], last["moment"]) != (status.statustype.id, status.moment):
        return False
    setter = status.gezet_door
    if setter is not None and (setter.entiteit.code, sleutel(setter.entiteit, setter.gegevens)) != (
        last["entiteittype"], last["sleutel"]
    ):  # fmt: skip
        return False
    known = from_row(HEEFT.elementen, last)
    said = status.voorkomen.gegevens
    return all(same_value(known.get(n), w) for n, w in said.items() if n != "indicatieLaatsteStatus")


def _corrected(guard: ZaakGuarding, correction: _Correction, setter: Reference | None) -> dict[str, Any]:
    """The row of a status after a correction; elements that are not in the message stay."""
    row, wordt = correction.row, correction.wordt
    known = from_row(HEEFT.elementen, row)
    was = correction.was.gegevens if correction.was else None
    said = {naam: waarde for naam, waarde in wordt.gegevens.items() if naam != "indicatieLaatsteStatus"}
    data = applied(HEEFT.elementen, known, modifications(guard, "heeft/", known, was, said))
    status = NewStatus(replace(wordt, gegevens=data), correction.statustype)
    require_datum(status)
    new = status_row(guard.zaaktype, status, setter, last=False)
    if correction.statustype.id == row["statustype_id"] and GERELATEERDE in row["inhoud"]:
        earlier, added = row["inhoud"][GERELATEERDE], new["inhoud"].get(GERELATEERDE, {})
        new["inhoud"][GERELATEERDE] = extra.completed(earlier, added)
    by = IS_GEZET_DOOR.naam
    if all(one.verwerkingssoort == "I" for one in wordt.relaties.get(by, ())):
        new["gezet_door_id"] = row["gezet_door_id"]
        new["inhoud"].pop(by, None)
        if by in row["inhoud"]:
            new["inhoud"][by] = row["inhoud"][by]
    return {"id": row["id"], **new}


def _write(
    connection: Connection,
    zaak_id: int,
    remove: list[int],
    modified: list[dict[str, Any]],
    last: dict[str, Any] | None,
) -> None:
    Changes(TO_STATUSES, removed=remove, changed={row["id"]: row for row in modified}).write(connection)
    _SET_LAST.run(connection, {"zaak_id": zaak_id, "id": last.get("id", _NO) if last else _NO})


def _last(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last status: the greatest moment, among equals the one received last; one without an id is new."""
    places = enumerate(rows)
    best = max(places, key=lambda pair: (*_rank(pair[1]), pair[0]), default=None)
    return best[1] if best is not None else None


def _rank(row: Row) -> tuple[bool, str, float]:
    return not is_filled_in(row), row["moment"], row.get("id", float("inf"))


def _moment(row: dict[str, Any] | None) -> Moment | None:
    return (row["statustype_id"], row["moment"]) if row is not None else None

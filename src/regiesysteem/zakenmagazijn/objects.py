"""Relations of a zaak to people, organisations and things: registered once, found again, and changed.

Two objects are the same when their identifying element is. A relation is found by its object, as far as the message
names that, and then by its own elements (StUF 03.01, 5.2.6), so `relations.plan_pairs` does not serve here
(docs/besluiten).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, UNBOUNDED, Grant
from regiesysteem.db import Sql
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Data
from regiesysteem.zakenmagazijn.compare import (
    ZaakGuarding,
    applied,
    guard_known,
    guard_removal,
    modifications,
    same_value,
)
from regiesysteem.zakenmagazijn.pairs import Change, description, double, merge_repeated, recognition
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, Changes, as_json
from regiesysteem.zakenmagazijn.rows import (
    COVERED,
    GERELATEERDE,
    TIJDVAK,
    Row,
    applies,
    difference,
    end,
    from_row,
    sleutel,
    termination,
    to_row,
    uncovered,
)
from regiesysteem.zakenmagazijn.rules import GivenRol
from regiesysteem.zkn.parties import MDW, NNP, OEH, VES
from regiesysteem.zkn.zaakobjects import AOA

_READ: Final = Sql(f"""
    -- the relations of a zaak that hold, each with its object
    SELECT r.id, {", ".join(f"r.{column}" for column in TO_OBJECTS.columns)}, o.entiteittype, o.sleutel,
           o.identificatie AS object_identificatie, o.naam AS object_naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = ANY(:relaties) AND regie_geldt(r.beeindigd)
    ORDER BY r.id
""")  # noqa: S608 - names of columns, from the entity table
_RELATE: Final = Sql(f"""
    -- relations of a zaak
    {TO_OBJECTS.insert({"zaak_id": "CAST(:zaak_id AS bigint)"})}
""")

_REGISTER = Sql("""
    -- the objects that a message names: the known ones, and the new ones, which it registers;
    -- one that another message registers meanwhile is in neither
    WITH genoemd AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:genoemd AS jsonb))
                 AS g (plaats int, entiteittype text, sleutel text, identificatie text, naam text, inhoud jsonb)
    ), bekend AS MATERIALIZED (
        SELECT o.id, g.plaats, o.identificatie, o.naam, o.inhoud
        FROM genoemd g JOIN object o ON o.sleutel = g.sleutel AND o.entiteittype = g.entiteittype
    ), nieuw AS (
        INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
        SELECT g.entiteittype, g.sleutel, g.identificatie, g.naam, g.inhoud FROM genoemd g
        WHERE g.plaats NOT IN (SELECT plaats FROM bekend)
        ORDER BY g.sleutel NULLS LAST, g.plaats
        ON CONFLICT (sleutel, entiteittype) DO NOTHING
        RETURNING id, entiteittype, sleutel
    )
    SELECT id, plaats, identificatie, naam, inhoud, NULL AS entiteittype, NULL AS sleutel FROM bekend
    UNION ALL
    SELECT id, NULL, NULL, NULL, NULL, entiteittype, sleutel FROM nieuw
    ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Reference:
    """The place of a gerelateerde: its row, and the values of its message beyond that row (kept with the relation)."""

    object_id: int
    supplement: Data


@dataclass(slots=True)
class _Known:
    """A registered object, with its known values."""

    id: int
    gegevens: Data


def register(
    connection: Connection, gerelateerden: Sequence[Gerelateerde], grant: Grant = UNBOUNDED
) -> list[Reference]:
    """Find or register the objects of a message, in the order given; one statement, however many there are.

    An existing object is left as it is, also when it came with verwerkingssoort T (T of an existing object counts as
    I); values of the message beyond its row go into `supplement`. A second statement is needed only when another
    message registers one of them at the same moment.

    For a sender that does not see all zaken, `supplement` also covers the values of the row that its message does not
    have: whoever knows a BSN may not learn the rest by naming it in a zaak of its own.
    """
    if not gerelateerden:
        return []
    identities = [_identity(place, gerelateerde) for place, gerelateerde in enumerate(gerelateerden)]
    # An object that is named twice is one object, with the values that came first.
    first: dict[_Identity, Gerelateerde] = {}
    for identity, gerelateerde in zip(identities, gerelateerden, strict=True):
        first.setdefault(identity, gerelateerde)
    known = _find_or_make(connection, first)
    if len(known) < len(first):
        # Another message registered them between our look and our insert; it has committed, so they are there now.
        known |= _find_or_make(connection, {identity: who for identity, who in first.items() if identity not in known})
    return [
        Reference(known[identity].id, _beyond(gerelateerde, known[identity].gegevens, grant))
        for identity, gerelateerde in zip(identities, gerelateerden, strict=True)
    ]


_NO_PERSONS: Final = frozenset({MDW.code, OEH.code, NNP.code, VES.code, AOA.code})
"""The kinds of objects that all senders share as reference data: the organisation and its employees, addresses."""


def _beyond(gerelateerde: Gerelateerde, known: Data, grant: Grant) -> Data:
    said, entiteit = gerelateerde.gegevens, gerelateerde.entiteit
    if grant.kinds == EVERYTHING or entiteit.code in _NO_PERSONS:
        return _supplement(said, known)
    chosen = {
        element.choice.partition("/")[0] for element in entiteit.elementen if element.choice and element.naam in said
    }
    covered = {
        element.naam: COVERED
        for element in entiteit.elementen
        if element.naam in known and element.naam not in said and element.choice.partition("/")[0] not in chosen
    }
    return covered | difference(said, known)


def _supplement(said: Data, known: Data) -> Data:
    """The values in a message beyond the row of an object, with the extraElementen of both: each naam is an element."""
    together = {extra.NAAM: extra.after_change(known.get(extra.NAAM), said[extra.NAAM])} if extra.NAAM in said else {}
    return difference(said | together, known)


_Identity = tuple[str, str | None, int]
"""The key of an object in its message: entiteittype and sleutel, or its place when it has no sleutel."""


def _identity(place: int, gerelateerde: Gerelateerde) -> _Identity:
    waarde = sleutel(gerelateerde.entiteit, gerelateerde.gegevens)
    return gerelateerde.entiteit.code, waarde, place if waarde is None else 0


def _find_or_make(connection: Connection, named: dict[_Identity, Gerelateerde]) -> dict[_Identity, _Known]:
    identities = list(named)
    rows = [
        {"plaats": place, "entiteittype": identity[0], "sleutel": identity[1], **_row(named[identity])}
        for place, identity in enumerate(identities)
    ]
    without_sleutel = iter([identity for identity in identities if identity[1] is None])
    out: dict[_Identity, _Known] = {}
    for row in _REGISTER.run(connection, {"genoemd": as_json(rows)}).mappings():
        if row["plaats"] is not None:
            identity = identities[row["plaats"]]
            out[identity] = _Known(row["id"], from_row(named[identity].entiteit.elementen, row))
        else:
            # New rows got their ids in the order of the insert, so those without a sleutel come in their order.
            identity = (row["entiteittype"], row["sleutel"], 0) if row["sleutel"] is not None else next(without_sleutel)
            out[identity] = _Known(row["id"], named[identity].gegevens)
    return out


def _row(gerelateerde: Gerelateerde) -> dict[str, Any]:
    if gerelateerde.entiteit.verbatim:
        return {"identificatie": None, "naam": None, "inhoud": gerelateerde.gegevens}
    return {"identificatie": None, "naam": None, **to_row(gerelateerde.entiteit.elementen, gerelateerde.gegevens)}


# --- Relations to objects


def relation_row(voorkomen: Voorkomen, reference: Reference | None) -> dict[str, Any]:
    """The row of a relation to an object."""
    row = TO_OBJECTS.row(voorkomen.gegevens)
    if reference is not None and reference.supplement:
        row["inhoud"][GERELATEERDE] = reference.supplement
    elif reference is None and GERELATEERDE in voorkomen.gegevens:
        row["inhoud"][GERELATEERDE] = voorkomen.gegevens[GERELATEERDE]
    return row | {
        "relatie": voorkomen.relatie.naam,
        "object_id": reference.object_id if reference else None,
    }


_Place = tuple[str, str | None, str | None]
"""The key of a relation to an object: name of the relation, entiteittype and sleutel of the object."""


@dataclass(slots=True)
class Work:
    """The changes of the relations of a zaak, gathered first and done in a fixed number of statements.

    `rollen` are the relations of each changed name as they will be.
    """

    changes: Changes = field(default_factory=lambda: Changes(TO_OBJECTS))
    new: list[Voorkomen] = field(default_factory=list)
    rollen: dict[str, list[GivenRol]] = field(default_factory=dict)

    @property
    def objecten(self) -> list[Gerelateerde]:
        """The objects that new relations lead to, to be registered; their references go into `write_objects`."""
        return [one.gerelateerde for one in self.new if one.gerelateerde is not None]


def plan_objects(
    connection: Connection,
    guard: ZaakGuarding,
    zaak_id: int,
    changes: Mapping[str, Sequence[Change]],
    now: str,
) -> Work:
    """Work out the changes of relations to objects; one statement.

    Existing relations are changed, ended or removed before new ones are added, so that the order of the relations in a
    message does not matter. Raises StUF064 for a relation that is to change, end or go and does not exist, StUF067 when
    several may be meant, or one is named twice (StUF 03.01, 5.2.4).
    """
    todo = {
        naam: listing
        for naam in TO_OBJECTS.names
        if (listing := [one for one in changes.get(naam, ()) if one.soort != "I"])
    }
    work = Work()
    if not todo:
        return work
    rows = _READ.run(connection, {"zaak_id": zaak_id, "relaties": list(todo)}).mappings().all()
    planner = _Planner(work, guard, rows, now)
    every = [one for listing in todo.values() for one in listing]
    added = [change.new for change in every if change.soort in "TR"]
    for change, row in [(one, planner.find(one.old)) for one in every if one.soort != "T"]:
        added += planner.plan_existing(change, row)
    for new in merge_repeated(added):
        planner.add(new)
    work.rollen = planner.rollen(todo)
    return work


def write_objects(connection: Connection, zaak_id: int, work: Work, references: Sequence[Reference]) -> None:
    """Do the work; at most four statements. `references` belong to `work.objecten`."""
    work.changes.write(connection)
    next_ = iter(references)
    new = [relation_row(one, next(next_) if one.gerelateerde else None) for one in work.new]
    if new:
        _RELATE.run(connection, {"zaak_id": zaak_id, "rijen": as_json(new)})


class _Planner:
    """Finds the rows that a message means, each once."""

    def __init__(self, work: Work, guard: ZaakGuarding, rows: Sequence[Row], now: str) -> None:
        self._work = work
        self._guard = guard
        self._now = now
        self._rows: dict[_Place, dict[int, Row]] = defaultdict(dict)
        self._exact: dict[tuple[_Place, str | None], dict[int, Row]] = defaultdict(dict)
        self._meant: set[int] = set()
        self._modified: dict[int, Voorkomen] = {}
        for row in rows:
            self._rows[_place(row)][row["id"]] = row
            self._exact[_place(row), row["omschrijving"]][row["id"]] = row

    def plan_existing(self, change: Change, row: Row) -> list[Voorkomen]:
        """Change (W), remove (V) or end (E, R) the relation of a row from `find`; gives its replacement, by W."""
        soort, was = change.soort, change.was
        if soort == "W":
            return self._change(row, was, change.new)
        if was is not None:
            self._guard_removal(row, was)
        if soort == "V":
            self._remove(row)
            self._work.changes.removed.append(row["id"])
            return []
        end = termination(row, change.old.gegevens, self._now)
        if applies(end["op"], self._now):
            # It holds until then, and may be told again.
            self._write(row, {**row, "beeindigd": end["op"], "inhoud": {**row["inhoud"], **end["inhoud"]}})
        else:
            self._remove(row)
            self._work.changes.ended.append(end)
        return []

    def _guard_removal(self, row: Row, was: Voorkomen) -> None:
        """Guard a relation that goes or ends, and its object as far as it is known."""
        guard_removal(self._guard, f"{was.relatie.naam}/", from_row(was.relatie.elementen, row), was.gegevens)
        who = was.gerelateerde
        if who is not None and not who.entiteit.verbatim:
            path = f"{was.relatie.naam}/gerelateerde/{who.naam}/"
            guard_known(self._guard, path, _object_data(who, row), who.gegevens)

    def rollen(self, names: Mapping[str, Any]) -> dict[str, list[GivenRol]]:
        """The relations with these names as they will be."""
        out: dict[str, list[GivenRol]] = {naam: [] for naam in names}
        for (relatie, entiteittype, _), rows in self._rows.items():
            current = (row for row in rows.values() if applies(row["beeindigd"], self._now))
            out[relatie] += [GivenRol(entiteittype, row["omschrijving"]) for row in current]
        for one in self._work.new:
            if not applies(end(one.gegevens), self._now):
                continue
            code = one.gerelateerde.entiteit.code if one.gerelateerde else None
            out[one.relatie.naam].append(GivenRol(code, values.text(one.gegevens.get("omschrijving"))))
        return out

    def add(self, new: Voorkomen) -> None:
        """Add a relation; one to the same object with the same omschrijving is that relation, told again."""
        omschrijving = values.text(new.gegevens.get("omschrijving"))
        candidates = self._candidates(new, [omschrijving]) if recognition(new.gerelateerde) else []
        equal = next(iter(candidates), None)
        if equal is None:
            self._work.new.append(new)
            return
        if (earlier := self._modified.get(equal["id"])) is not None:
            merge_repeated([earlier, new])
        self._change(equal, None, new, with_object=True)

    def _remove(self, row: Row) -> None:
        del self._rows[_place(row)][row["id"]]
        del self._exact[_place(row), row["omschrijving"]][row["id"]]

    def _write(self, row: Row, now: Row) -> None:
        """Note the new values of a row, and find it by them from now on."""
        self._remove(row)
        self._rows[_place(now)][now["id"]] = self._exact[_place(now), now["omschrijving"]][now["id"]] = now
        self._work.changes.changed[now["id"]] = now

    def _change(self, row: Row, was: Voorkomen | None, new: Voorkomen, *, with_object: bool = False) -> list[Voorkomen]:
        """Change a relation; of its object only the values that belong to this zaak (docs/afwijkingen.md 10).

        Gives the relation that takes its place where the object becomes another.
        """
        self._modified[row["id"]] = new
        elementen = new.relatie.elementen
        known = from_row(elementen, row)
        _require_deeper(known, was, new)
        path = f"{new.relatie.naam}/"
        changed = modifications(self._guard, path, known, was.gegevens if was else None, new.gegevens)
        changed.pop(GERELATEERDE, None)
        own = applied(elementen, known, changed)
        after = to_row(elementen, own)
        supplement = row["inhoud"].get(GERELATEERDE)
        if new.gerelateerde is not None and (with_object or new.gerelateerde.verwerkingssoort == "W"):
            supplement, other = self._of_object(row, was.gerelateerde if was else None, new.gerelateerde)
            if other is not None and not with_object:
                self._remove(row)
                self._work.changes.ended.append(termination(row, {}, self._now))
                return [replace(new, gegevens=own, gerelateerde=other)]
        if supplement:
            after["inhoud"][GERELATEERDE] = supplement
        columns = {"code": None, "omschrijving": None, "toelichting": None}
        self._write(row, {**row, **columns, **after, "beeindigd": end(own)})
        return []

    def _of_object(self, row: Row, was: Gerelateerde | None, new: Gerelateerde) -> tuple[Data, Gerelateerde | None]:
        """The values of the object beyond its shared row, after a change; and the object that takes its place.

        An object is found by its number, so with another number it becomes another object, as with R. A person who got
        a number beside none, or instead of one of another kind, is the same: its known values go along.
        """
        entiteit, own = new.entiteit, dict(row["inhoud"].get(GERELATEERDE, {}))
        if entiteit.verbatim or entiteit.code != row["entiteittype"]:
            return own, None
        shared = _shared(new, row)
        visible, said = uncovered(shared, own)
        known = {**visible, **said}
        path = f"gerelateerde/{new.naam}/"
        changed = modifications(self._guard, path, known, was.gegevens if was else None, new.gegevens)
        together = applied(entiteit.elementen, known, changed)
        wordt, now = sleutel(entiteit, together), row["sleutel"]
        other = None
        if wordt != now:
            other_persoon = wordt is not None and now is not None and wordt.partition(":")[0] == now.partition(":")[0]
            other = replace(new, gegevens=dict(new.gegevens) if other_persoon else together)
        return difference({**own, **changed}, shared), other

    def find(self, sought: Voorkomen) -> Row:
        """The relation that a message means, by the kerngegevens of its gerelateerde, then by its own elements."""
        candidates = self._candidates(sought)
        if len(candidates) > 1:
            omschrijving = values.text(sought.gegevens.get("omschrijving"))
            candidates = self._candidates(sought, [omschrijving] if omschrijving else [])
            candidates = [row for row in candidates if _says(row, sought)]
        relatie = sought.relatie
        if not candidates:
            who = description(sought.gerelateerde)
            raise StufFout("StUF064", f"object/{relatie.naam}: de zaak heeft geen zodanige relatie met {who}")
        first, *others = candidates
        if any(_said(relatie, row) != _said(relatie, first) for row in others):
            raise StufFout(
                "StUF067",
                f"object/{relatie.naam}: de zaak heeft {len(candidates)} zulke relaties met "
                f"{description(sought.gerelateerde)}; noem ook de omschrijving of toelichting van de relatie",
            )
        free = next((row for row in candidates if row["id"] not in self._meant), None)
        if free is None:
            raise double(sought)
        self._meant.add(free["id"])
        return free

    def _candidates(self, sought: Voorkomen, omschrijvingen: Sequence[str | None] = ()) -> list[Row]:
        """The relations with such an object, only those with these omschrijvingen when there are any.

        One object may have thousands, so they are found by an index.
        """
        gerelateerde, naam = sought.gerelateerde, sought.relatie.naam
        place: _Place = (naam, None, None)
        if gerelateerde is not None:
            place = (naam, gerelateerde.entiteit.code, sleutel(gerelateerde.entiteit, gerelateerde.gegevens))
        lists = [self._exact[place, one] for one in omschrijvingen] or [self._rows[place]]
        rows = [row for listing in lists for row in listing.values()]
        if gerelateerde is None or place[2] is not None:
            return rows
        kern = {naam: w for naam, w in gerelateerde.gegevens.items() if not values.is_empty(w)}
        return [row for row in rows if _contains(_object_data(gerelateerde, row), kern)]


def _require_deeper(known: Data, was: Voorkomen | None, new: Voorkomen) -> None:
    """Refuse to change, end or remove an absent relation below a relation; raises StUF064, as for the relation itself.

    An old half without a value names nothing, so it asks nothing (StUF 03.01, 5.2.6).
    """
    deeper = {**(was.deeper if was is not None else {}), **new.deeper}
    for naam, soort in deeper.items():
        is_silent = values.is_empty((was or new).gegevens.get(naam)) and (was is not None or soort == "W")
        if soort in "VERW" and not is_silent and values.is_empty(known.get(naam)):
            raise StufFout("StUF064", f"object/{new.relatie.naam}/{naam}: de relatie heeft er geen")


def _place(row: Row) -> _Place:
    return row["relatie"], row["entiteittype"], row["sleutel"]


def _says(row: Row, sought: Voorkomen) -> bool:
    """Tell whether a row agrees with the own elements that a message gives of a relation."""
    own = {naam: w for naam, w in sought.gegevens.items() if naam not in (GERELATEERDE, TIJDVAK)}
    return _contains(from_row(sought.relatie.elementen, row), own)


def _said(relatie: Relatie, row: Row) -> tuple[object, ...]:
    """The values of a zaak about a relation and the object at its other end."""
    return from_row(relatie.elementen, row), row["object_inhoud"], row["object_naam"], row["inhoud"].get(GERELATEERDE)


def _contains(known: Data, said: Data) -> bool:
    return all(same_value(known.get(naam), waarde) for naam, waarde in said.items())


def _shared(gerelateerde: Gerelateerde, row: Row) -> Data:
    columns = {
        "identificatie": row["object_identificatie"],
        "naam": row["object_naam"],
        "inhoud": row["object_inhoud"],
    }
    return from_row(gerelateerde.entiteit.elementen, columns)


def _object_data(gerelateerde: Gerelateerde, row: Row) -> Data:
    if gerelateerde.entiteit.verbatim:
        return dict(row["object_inhoud"])
    supplement: Data = row["inhoud"].get(GERELATEERDE, {})
    known, said = uncovered(_shared(gerelateerde, row), supplement)
    return known | said

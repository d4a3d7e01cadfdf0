"""The kinds of relation that are kept, one descriptor each, and the SQL and the steps that follow from it.

Relations between zaken, and between a zaak and a document, are found by both ends and told from either side: they share
`plan_pairs`. Relations to objects are in `objects`, statuses in `statuses`; both take their SQL from here.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.stuf.entity import Elementen, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen
from regiesysteem.stuf.values import Data, text
from regiesysteem.zakenmagazijn.compare import Guarding, applied, guard_removal, modifications
from regiesysteem.zakenmagazijn.pairs import Change
from regiesysteem.zakenmagazijn.rows import REST, Row, applies, columns, end, from_row, termination, to_row
from regiesysteem.zkn.besluit import IS_VASTGELEGD_IN
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.zaak import (
    HEEFT,
    HEEFT_ALS_DEELZAAK,
    HEEFT_ALS_HOOFDZAAK,
    HEEFT_BETREKKING_OP,
    HEEFT_BETREKKING_OP_ANDERE,
    HEEFT_RELEVANT,
    LEIDT_TOT,
    ROLLEN,
)

ENDED: Final = "beeindigd"
"""The column that says when a relation ends; until then it holds (`rows.applies`, in SQL regie_geldt)."""


@dataclass(frozen=True, eq=False)
class RelationKind:
    """One kind of relation.

    Attributes:
        table: where it is kept; id, the own elements and `inhoud` have columns in each.
        ends: the columns with the ids of what it lies between.
        relations: the relations of the entity tables that are kept so; their elements give the columns.
        more: the other columns, by name, with their type.
        key: what tells one from another with the same ends, for a kind of which there is one between two.
        absent: the Dutch words for one that is not there, before the number of its other end.
        removed: whether verwerkingssoort V removes the row; else it ends, as by E (docs/afwijkingen.md 35 and 48).
        may_end: whether it has the column `beeindigd`.
        moves: columns beside the own elements that a change may touch.
        defaults: SQL for what a new one says itself and its message left out, by column.
    """

    table: str
    ends: tuple[str, str]
    relations: tuple[Relatie, ...]
    more: Mapping[str, str] = field(default_factory=dict)
    key: Callable[[Row], Hashable] | None = None
    absent: str = ""
    removed: bool = True
    may_end: bool = True
    moves: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the relations of this kind."""
        return tuple(relation.naam for relation in self.relations)

    @cached_property
    def elements(self) -> Elementen:
        """The own elements of such a relation."""
        return Elementen({element.naam: element for one in self.relations for element in one.elementen}.values())

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns that we fill, with their types; the database fills id and tijdstip_registratie."""
        own = [element.kolom for element in self.elements if element.kolom and not element.ours]
        ended = {ENDED: "text"} if self.may_end else {}
        return {
            **dict.fromkeys(self.ends, "bigint"), **self.more, **dict.fromkeys(own, "text"), **ended, REST: "jsonb",
        }  # fmt: skip

    @cached_property
    def changing(self) -> tuple[str, ...]:
        """The columns that a change may touch."""
        fixed = {*self.ends, *self.more} - {*self.moves}
        return tuple(column for column in self.columns if column not in fixed)

    def answered(self, alias: str) -> str:
        """SQL of the columns that an answer needs."""
        return ", ".join(f"{alias}.{column}" for column in columns(self.elements))

    def row(self, data: Data) -> dict[str, Any]:
        """The own columns of a relation with these values."""
        return to_row(self.elements, data) | ({ENDED: end(data)} if self.may_end else {})

    def insert(self, given: Mapping[str, str], source: str = "", rows: str = "rijen") -> str:
        """SQL that inserts the rows of parameter `rows`; `given` are columns that come from `source`, as SQL."""
        read = {column: sort for column, sort in self.columns.items() if column not in given}
        said = {c: f"coalesce(r.{c}, {self.defaults[c]})" if c in self.defaults else f"r.{c}" for c in read}
        said |= given
        return f"""
            INSERT INTO {self.table} ({", ".join(self.columns)})
            SELECT {", ".join(said[column] for column in self.columns)}
            FROM {f"{source}, " if source else ""}{_record(rows, "r", read)}
        """  # noqa: S608 - names of columns, from the entity table

    @cached_property
    def insert_rows(self) -> Sql:
        """Insert the rows :rijen."""
        return Sql(f"-- new relations{self.insert({})}")

    @cached_property
    def read(self) -> Sql:
        """The relations that hold of the thing with id :one as the first of its ends, or :other as the second."""
        first, second = self.ends
        return Sql(f"""
            -- the relations that hold of one zaak or document
            SELECT id, {", ".join(self.columns)} FROM {self.table}
            WHERE ({first} = :one OR {second} = :other) AND regie_geldt({ENDED})
        """)  # noqa: S608 - names of columns, from the entity table

    @cached_property
    def change_rows(self) -> Sql:
        """Change relations as :rijen says."""
        read = {"id": "bigint", **{column: self.columns[column] for column in self.changing}}
        return Sql(f"""
            -- relations after a change
            UPDATE {self.table} SET {", ".join(f"{column} = w.{column}" for column in self.changing)}
            FROM {_record("rijen", "w", read)} WHERE {self.table}.id = w.id
        """)  # noqa: S608 - names of columns, from the entity table

    @cached_property
    def end_rows(self) -> Sql:
        """End relations as :rijen says (`rows.termination`): kept, and answered until then."""
        return Sql(f"""
            -- relations that end; now is never later than what the database calls now
            UPDATE {self.table} SET {ENDED} = CASE WHEN b.inhoud <> '{{}}' THEN b.op ELSE least(b.op, regie_nu()) END,
                   inhoud = {self.table}.inhoud || b.inhoud
            FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS b (id bigint, op text, inhoud jsonb)
            WHERE {self.table}.id = b.id
        """)  # noqa: S608 - names of columns, from the entity table

    @cached_property
    def remove_rows(self) -> Sql:
        """Remove the relations :ids."""
        return Sql(f"DELETE FROM {self.table} WHERE id = ANY(:ids) -- relations that are no longer relevant")  # noqa: S608


def as_json(rows: Iterable[Mapping[Any, Any]]) -> str:
    """Rows as the one parameter in which a statement takes them."""
    return orjson.dumps(list(rows)).decode()


def _record(parameter: str, alias: str, columns: Mapping[str, str]) -> str:
    named = ", ".join(f"{column} {sort}" for column, sort in columns.items())
    return f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS {alias} ({named})"


_DEELZAAK: Final = HEEFT_ALS_DEELZAAK.naam


def between_zaken(row: Row) -> Hashable:
    """The key of a row between two zaken: with a direction where that tells which of them is the deelzaak."""
    sides = row["van_id"], row["naar_id"]
    return row["relatie"], sides if row["relatie"] == _DEELZAAK else frozenset(sides)


TO_OBJECTS: Final = RelationKind(
    "zaak_relatie",
    ("zaak_id", "object_id"),
    (HEEFT_BETREKKING_OP, *ROLLEN, LEIDT_TOT),
    more={"relatie": "text"},
)
"""Betrokkenen, zaakobjecten and besluiten of a zaak (`objects`)."""

TO_ZAKEN: Final = RelationKind(
    "zaak_zaak",
    ("van_id", "naar_id"),
    (HEEFT_ALS_DEELZAAK, HEEFT_ALS_HOOFDZAAK, HEEFT_BETREKKING_OP_ANDERE),
    more={"relatie": "text"},
    key=between_zaken,
    absent="de zaak is niet gerelateerd aan zaak",
)
"""Relations between zaken: told in the message of one, shown on both (`links`; RZS 4.7)."""

TO_DOCUMENTS: Final = RelationKind(
    "document_zaak",
    ("document_id", "zaak_id"),
    (IS_RELEVANT_VOOR, HEEFT_RELEVANT),
    key=lambda row: (row["document_id"], row["zaak_id"]),
    absent="er is geen relatie met",
    removed=False,
    defaults={"registratiedatum": ":vandaag"},
)
"""Relations between documents and zaken (`links`; ZDS 4.2.4)."""

TO_STATUSES: Final = RelationKind(
    "zaak_status",
    ("zaak_id", "statustype_id"),
    (HEEFT,),
    more={"moment": "text", "laatste": "boolean", "gezet_door_id": "bigint"},
    may_end=False,
    moves=("statustype_id", "moment", "gezet_door_id"),
)
"""The statuses of a zaak; the last one is derived (`statuses`; ZDS 4.1.3)."""

OF_BESLUITEN: Final = RelationKind(
    "besluit_document",
    ("relatie_id", "document_id"),
    (IS_VASTGELEGD_IN,),
    key=lambda row: (row["relatie_id"], row["document_id"]),
    absent="het besluit is niet vastgelegd in document",
)
"""The documents that a besluit is recorded in, by the leidtTot of its zaak (`besluiten`; ZDS 1.2, 4.1.7)."""

KINDS: Final = (TO_OBJECTS, TO_ZAKEN, TO_DOCUMENTS, TO_STATUSES, OF_BESLUITEN)


@dataclass(slots=True)
class Changes:
    """The changes of relations of one kind, gathered first and done in a fixed number of statements."""

    kind: RelationKind
    removed: list[int] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[int, Row] = field(default_factory=dict)
    new: list[dict[str, Any]] = field(default_factory=list)

    def gone(self, now: str) -> bool:
        """Tell whether a relation goes, or gets an end that is past."""
        return bool(self.removed or self.ended) or any(not applies(row[ENDED], now) for row in self.changed.values())

    def write(self, connection: Connection) -> None:
        """Change existing rows, in at most three statements; removals first, to make place for new ones."""
        if self.removed:
            self.kind.remove_rows.run(connection, {"ids": self.removed})
        if self.ended:
            self.kind.end_rows.run(connection, {"rijen": as_json(self.ended)})
        if self.changed:
            rows = [{column: row[column] for column in ("id", *self.kind.changing)} for row in self.changed.values()]
            self.kind.change_rows.run(connection, {"rijen": as_json(rows)})


def numbers(voorkomens: Iterable[Voorkomen]) -> list[str]:
    """The identificaties at the other end of these relations, each once. Raises StUF055 where one is missing."""
    return list(dict.fromkeys(number(voorkomen) for voorkomen in voorkomens))


def numbers_in(changes: Iterable[Change]) -> list[str]:
    """The identificaties at the other end of these changes. Raises StUF055 where one is missing."""
    return numbers(half for change in changes for half in (change.was, change.wordt) if half is not None)


def number(voorkomen: Voorkomen) -> str:
    """The identificatie at the other end of a relation, by which alone it is found. Raises StUF055 without one."""
    data = voorkomen.gerelateerde.gegevens if voorkomen.gerelateerde else {}
    identificatie = text(data.get("identificatie"))
    if not identificatie:
        raise StufFout("StUF055", f"object/{voorkomen.relatie.naam}/gerelateerde/identificatie ontbreekt")
    return identificatie


def plan_pairs(  # noqa: PLR0917 - a kind, what is there, what is to happen, and by which rules
    kind: RelationKind,
    guard: Guarding,
    rows: Iterable[Row],
    changes: Sequence[Change],
    ends: Callable[[Voorkomen], dict[str, Any]],
    now: str,
) -> Changes:
    """Work out changes (as `pairs.once` gives them) of relations of which there is one between two.

    `ends` gives the columns of a row with its two ends. Removals are done first, so that a new relation may take their
    place, in whatever order the message has them. An existing relation that is told again gets the new values on top of
    the known ones. Raises StUF064 for a relation that is to change, end or go and does not exist.
    """
    plan = _Pairs(kind, guard, rows, ends, now)
    for change in changes:
        if change.soort != "T":
            plan.change(change)
    for change in changes:
        if change.soort in "TR":
            plan.add(change.new)
    return plan.work


class _Pairs:
    """The existing rows by their key, and the changes of them."""

    def __init__(
        self,
        kind: RelationKind,
        guard: Guarding,
        rows: Iterable[Row],
        ends: Callable[[Voorkomen], dict[str, Any]],
        now: str,
    ) -> None:
        if kind.key is None:
            raise LookupError(f"relations in {kind.table} are not found by their ends")
        self.work = Changes(kind)
        self._kind, self._guard, self._ends, self._now = kind, guard, ends, now
        self._key = kind.key
        self._rows = {kind.key(row): row for row in rows}

    def change(self, change: Change) -> None:
        """Change (W), remove (V) or end (E, R) the relation that a message means."""
        key = self._key(self._ends(change.old))
        row = self._rows.get(key)
        if row is None:
            raise StufFout("StUF064", f"object/{change.naam}: {self._kind.absent} {number(change.old)!r}")
        was = change.was.gegevens if change.was else None
        if change.soort == "W":
            self._write(key, was, change.new)
            return
        guard_removal(self._guard, f"{change.naam}/", from_row(self._kind.elements, row), was)
        if change.soort == "V" and self._kind.removed:
            self.work.removed.append(row["id"])
            del self._rows[key]
            return
        end = termination(row, {} if change.soort == "V" else change.old.gegevens, self._now)
        if applies(end["op"], self._now):
            # It holds until then, and may be told again.
            self._note(key, {**row, ENDED: end["op"], REST: {**row[REST], **end["inhoud"]}})
        else:
            self.work.ended.append(end)
            del self._rows[key]

    def add(self, voorkomen: Voorkomen) -> None:
        """Add a relation, or add values to an existing one."""
        ends = self._ends(voorkomen)
        if (key := self._key(ends)) in self._rows:
            self._write(key, None, voorkomen)
        else:
            self.work.new.append(ends | self._kind.row(voorkomen.gegevens))

    def _write(self, key: Hashable, was: Data | None, new: Voorkomen) -> None:
        row, elements = self._rows[key], self._kind.elements
        known = from_row(elements, row)
        changed = modifications(self._guard, f"{new.relatie.naam}/", known, was, new.gegevens)
        self._note(key, {**row, **self._kind.row(applied(elements, known, changed))})

    def _note(self, key: Hashable, row: Row) -> None:
        self._rows[key] = self.work.changed[row["id"]] = row

"""Relations of zaken with other zaken (RZS 4.7) and with documents (ZDS 4.2.4): told from either side, kept once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters, visible_document
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen
from regiesysteem.zakenmagazijn import rules
from regiesysteem.zakenmagazijn.compare import Guarding, ZaakGuarding, guard_removal
from regiesysteem.zakenmagazijn.pairs import Change, addition, guard_other, merge_repeated, once
from regiesysteem.zakenmagazijn.relations import (
    TO_DOCUMENTS,
    TO_ZAKEN,
    Changes,
    as_json,
    number,
    numbers_in,
    plan_pairs,
)
from regiesysteem.zakenmagazijn.rows import (
    DOCUMENT_REST,
    GERELATEERDE,
    Row,
    columns,
    from_row,
    holds,
    zaaktype_data,
)
from regiesysteem.zakenmagazijn.rules import check_documenttype
from regiesysteem.zkn.documentgegevens import DOCUMENT
from regiesysteem.zkn.zaak import HEEFT_ALS_DEELZAAK, HEEFT_ALS_HOOFDZAAK, IS_VAN, ZAK

_DEELZAAK: Final = HEEFT_ALS_DEELZAAK.naam
_NONE: Final = 0
"""An id that no row has."""

_FIND_ZAKEN: Final = """
    -- the zaken that a message relates to
    SELECT id, identificatie, zaaktype_id FROM zaak WHERE identificatie = ANY(:identificaties)
"""
_FIND_WHOLE_ZAKEN: Final = f"""
    -- the zaken that a message relates to, and whose elements it has in `was`
    SELECT id, zaaktype_id, {", ".join(columns(ZAK.elementen))} FROM zaak WHERE identificatie = ANY(:identificaties)
"""  # noqa: S608 - names of columns, from the entity table
_INSERT_RELATIONS: Final = Sql(f"""
    -- relations between zaken that are not there; one that is there is a deelzaak the other way around
    {TO_ZAKEN.insert({})} ON CONFLICT DO NOTHING RETURNING id
""")
_ONE_AT_A_TIME: Final = Sql("""
    -- one message at a time changes relations between zaken, from either side, until it commits; so none is laid
    -- twice, and messages that do not see each other lay no ring
    SELECT pg_advisory_xact_lock(hashtextextended('zaak_zaak', 0))
""")
_RING: Final = Sql("""
    -- zaken that would be their own hoofdzaak, however far up, by relations with these deelzaken
    WITH RECURSIVE op (deelzaak, id) AS (
        SELECT naar_id, van_id FROM zaak_zaak
        WHERE relatie = 'heeftAlsDeelzaak' AND regie_geldt(beeindigd) AND naar_id = ANY(:deelzaken)
        UNION
        SELECT op.deelzaak, k.van_id FROM op JOIN zaak_zaak k ON k.naar_id = op.id
        WHERE k.relatie = 'heeftAlsDeelzaak' AND regie_geldt(k.beeindigd) AND op.id <> op.deelzaak
    )
    SELECT z.identificatie FROM op JOIN zaak z ON z.id = op.id WHERE op.deelzaak = op.id ORDER BY z.id LIMIT 1
""")
_WITHOUT_PLAN: Final = Sql("""
    -- levensdomeinplannen among these zaken that refer to no gezinsplan
    SELECT z.identificatie FROM zaak z
    WHERE z.id = ANY(:ids) AND z.zaaktype_id = ANY(:levensdomeinplan) AND NOT EXISTS (
        SELECT FROM zaak_zaak k JOIN zaak p ON p.id = CASE z.id WHEN k.van_id THEN k.naar_id ELSE k.van_id END
        WHERE z.id IN (k.van_id, k.naar_id) AND regie_geldt(k.beeindigd) AND p.zaaktype_id = ANY(:gezinsplan))
""")


@lru_cache
def _find_zaken(kinds: Kinds, *, whole: bool) -> Sql:
    return Sql(narrowed(_FIND_WHOLE_ZAKEN if whole else _FIND_ZAKEN, kinds))


@lru_cache
def _find_documents(kinds: Kinds) -> Sql:
    seen = visible_document(kinds, "d")
    return Sql(f"""
        -- the documents that a zaak relates to, locked as by a message about them, which may change the same relation
        SELECT id, {", ".join(columns(DOCUMENT, DOCUMENT_REST))} FROM document d
        WHERE identificatie = ANY(:identificaties){f" AND {seen}" if seen else ""}
        ORDER BY id FOR NO KEY UPDATE
    """)  # noqa: S608 - names of columns, from the entity table


DEELZAKEN_INDICATIE: Final = "deelzaken_indicatie"
"""The column of a zaak that follows from its relations as long as no message reports it."""


def deelzaken_indicatie(zaak: str, seen: str = "") -> str:
    """SQL that tells whether a row of table zaak has deelzaken: as a message reported, else by its relations.

    `seen` is the condition on row `deelzaak` for one that counts; "" when all of them do.
    """
    to = " JOIN zaak deelzaak ON deelzaak.id = d.naar_id" if seen else ""
    heeft = (
        f"EXISTS (SELECT FROM zaak_zaak d{to} WHERE d.van_id = {zaak}.id"
        f" AND d.relatie = '{_DEELZAAK}' AND {holds('d.beeindigd')}{f' AND {seen}' if seen else ''})"
    )
    return (
        f"CASE WHEN {zaak}.{DEELZAKEN_INDICATIE} IS NULL AND {zaak}.inhoud -> 'deelzakenIndicatie' IS NULL"
        f" THEN CASE WHEN {heeft} THEN 'J' ELSE 'N' END ELSE {zaak}.{DEELZAKEN_INDICATIE} END"
    )


# --- Relations with other zaken


@dataclass(frozen=True, slots=True)
class Related:
    """A zaak at the other end of a relation; `row` is its whole row, where that was asked."""

    id: int
    zaaktype_id: int | None
    row: Row


def find_related_zaken(
    connection: Connection, identificaties: Sequence[str], grant: Grant, *, whole: bool = False
) -> dict[str, Related]:
    """The zaken by identificatie, with `whole` to guard them.

    Raises StUF064 naming those that do not exist, or that the sender may not see.

    A related zaak is never made through a relation, whatever its verwerkingssoort (ZDS, verwerkingssoort T of I).
    """
    if not identificaties:
        return {}
    given = {"identificaties": list(identificaties), **parameters(grant)}
    rows = _find_zaken(grant.kinds, whole=whole).run(connection, given).mappings()
    found = {row["identificatie"]: Related(row["id"], row["zaaktype_id"], row) for row in rows}
    unknown = [identificatie for identificatie in identificaties if identificatie not in found]
    if unknown:
        raise StufFout("StUF064", f"gerelateerde zaak bestaat niet: {', '.join(unknown)}")
    return found


def find_zaak(connection: Connection, identificatie: str, grant: Grant) -> int:
    """Give the id of a zaak. Raises StUF064 when there is none that the sender may see."""
    given = {"identificaties": [identificatie], **parameters(grant)}
    row = _find_zaken(grant.kinds, whole=False).run(connection, given).mappings().one_or_none()
    if row is None:
        raise StufFout("StUF064", f"er is geen zaak met identificatie {identificatie!r}")
    return int(row["id"])


def find_and_guard_zaken(
    connection: Connection, inrichting: Inrichting, guard: Guarding, changes: Sequence[Change], grant: Grant
) -> dict[str, Related]:
    """The zaken that changes lead to; their elements in `was`, beyond their number, are guarded.

    Raises StUF055 where a number is missing, StUF064 for a zaak that does not exist.
    """
    said = (change.was.gerelateerde for change in changes if change.was is not None)
    whole = guard.looks and any(one is not None and (one.relaties or len(one.gegevens) > 1) for one in said)
    related = find_related_zaken(connection, numbers_in(changes), grant, whole=whole)
    for change in changes if whole else ():
        _guard_zaak(guard, inrichting, change, related)
    return related


def _guard_zaak(guard: Guarding, inrichting: Inrichting, change: Change, related: Mapping[str, Related]) -> None:
    """Guard the elements of the zaak at the other end in `was`, its zaaktype included."""
    if change.was is None:
        return
    other = related[number(change.was)]
    guard_other(guard, change, from_row(ZAK.elementen, other.row))
    said = change.was.gerelateerde
    for one in said.relaties.get(IS_VAN.naam, ()) if said is not None else ():
        zaaktype = inrichting.zaaktype_with_id(other.zaaktype_id) if other.zaaktype_id is not None else None
        if one.gerelateerde is not None and zaaktype is not None:
            known = zaaktype_data(zaaktype) | other.row["inhoud"].get(IS_VAN.naam, {}).get(GERELATEERDE, {})
            guard_removal(guard, f"{change.naam}/gerelateerde/{IS_VAN.naam}/", known, one.gerelateerde.gegevens)


def _ends_of_zaken(zaak_id: int, voorkomen: Voorkomen, related: Mapping[str, Related]) -> dict[str, Any]:
    """The two zaken of a relation in the message of one; a hoofdzaak is kept as its deelzaak.

    Raises StUF055 for a relation with the zaak itself.
    """
    name, other = voorkomen.relatie.naam, related[number(voorkomen)].id
    if other == zaak_id:
        raise StufFout("StUF055", f"object/{name} verwijst naar de zaak zelf")
    if name == HEEFT_ALS_HOOFDZAAK.naam:
        return {"relatie": _DEELZAAK, "van_id": other, "naar_id": zaak_id}
    return {"relatie": name, "van_id": zaak_id, "naar_id": other}


def relate_new_zaak(
    connection: Connection, zaak_id: int, voorkomens: Sequence[Voorkomen], related: Mapping[str, Related]
) -> None:
    """Relate a new zaak to other zaken. Raises the faults of `_insert_relations`."""
    if voorkomens:
        _lock(connection)
        rows = [_ends_of_zaken(zaak_id, one, related) | TO_ZAKEN.row(one.gegevens) for one in voorkomens]
        _insert_relations(connection, rows)


def change_zaken(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    connection: Connection,
    inrichting: Inrichting,
    guard: ZaakGuarding,
    zaak_id: int,
    changes: Mapping[str, Sequence[Change]],
    now: str,
    grant: Grant,
) -> list[str]:
    """Apply the changes of relations with other zaken; gives the names of the relations that changed.

    Raises StUF064 for a zaak that does not exist, and for a relation that is to change, end or go and does not exist;
    StUF055 when a levensdomeinplan would be left without gezinsplan (RZS 6.4.3), or for a ring of deelzaken; and the
    faults of `pairs.once`.
    """
    todo = once(one for name in TO_ZAKEN.names for one in changes.get(name, ()) if one.soort != "I")
    if not todo:
        return []
    related = find_and_guard_zaken(connection, inrichting, guard, todo, grant)
    _lock(connection)
    rows = TO_ZAKEN.read.run(connection, {"one": zaak_id, "other": zaak_id}).mappings()
    work = plan_pairs(TO_ZAKEN, guard, rows, todo, lambda one: _ends_of_zaken(zaak_id, one, related), now)
    work.write(connection)
    _insert_relations(connection, work.new)
    if work.gone(now):
        _check_plans(connection, inrichting, [zaak_id, *(other.id for other in related.values())])
    return list(dict.fromkeys(change.naam for change in todo))


def _lock(connection: Connection) -> None:
    """Keep others from relations between zaken until this transaction ends; before they are read, and after all else.

    Each message takes it after the zaak and the objects that it changes, so that two never wait for each other.
    """
    _ONE_AT_A_TIME.run(connection, {})


def _insert_relations(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert new relations, each once, after `_lock`; one statement, two with deelzaken.

    Raises StUF055 for a zaak that would become hoofdzaak of its own hoofdzaak, however far up.
    """
    if not rows:
        return
    inserted = _INSERT_RELATIONS.run(connection, {"rijen": as_json(rows)}).all()
    if len(inserted) < len(rows):
        raise StufFout("StUF055", "een zaak kan geen hoofdzaak zijn van haar eigen hoofdzaak")
    deelzaken = [row["naar_id"] for row in rows if row["relatie"] == _DEELZAAK]
    if deelzaken:
        ring = _RING.run(connection, {"deelzaken": deelzaken}).scalars().first()
        if ring is not None:
            raise StufFout("StUF055", f"zaak {ring!r} zou via haar deelzaken haar eigen hoofdzaak zijn")


def _check_plans(connection: Connection, inrichting: Inrichting, ids: Sequence[int]) -> None:
    soorten = {
        soort: [zaaktype.id for zaaktype in inrichting.zaaktypen if zaaktype.soort == soort]
        for soort in ("levensdomeinplan", "gezinsplan")
    }
    without = _WITHOUT_PLAN.run(connection, {"ids": list(ids), **soorten}).scalars().all()
    rules.refuse_without_gezinsplan(without)


# --- Relations between documents and zaken (docs/afwijkingen.md 35)


@dataclass(frozen=True, slots=True)
class Side:
    """The document or the zaak of the message, and those at the other end, by identificatie."""

    id: int
    of_document: bool
    others: Mapping[str, int]

    def ends(self, voorkomen: Voorkomen) -> dict[str, Any]:
        """The ids of both ends of a relation."""
        other = self.others[number(voorkomen)]
        document, zaak = (self.id, other) if self.of_document else (other, self.id)
        return {"document_id": document, "zaak_id": zaak}


def find_documents(connection: Connection, identificaties: Sequence[str], grant: Grant) -> dict[str, Row]:
    """The documents by identificatie, locked, as rows of all their elements.

    Raises StUF064 naming those that do not exist, or that the sender may not see.
    """
    given = {"identificaties": list(identificaties), **parameters(grant)}
    rows = _find_documents(grant.kinds).run(connection, given).mappings()
    found: dict[str, Row] = {row["identificatie"]: row for row in rows}
    unknown = [identificatie for identificatie in identificaties if identificatie not in found]
    if unknown:
        raise StufFout("StUF064", f"gerelateerd document bestaat niet: {', '.join(unknown)}")
    return found


def rows_of_new_document(voorkomens: Iterable[Voorkomen], zaken: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows of the relations of a new document. Raises StUF067 for contradicting ones."""
    return [TO_DOCUMENTS.row(one.gegevens) | {"zaak_id": zaken[number(one)]} for one in merge_repeated(voorkomens)]


def change_documents(
    connection: Connection, guard: Guarding, side: Side, changes: Sequence[Change], now: str
) -> list[int]:
    """Lay, change and end relations, in at most four statements; gives the ids of the zaken at their ends.

    The document is locked, whichever of both changes. Raises StUF064 for a relation that is to change or end and does
    not exist, and the faults of `pairs.once`.
    """
    todo = once(one for one in changes if one.soort != "I")
    if not todo:
        return []
    own = {"one": side.id, "other": _NONE} if side.of_document else {"one": _NONE, "other": side.id}
    rows = TO_DOCUMENTS.read.run(connection, own).mappings()
    # R without an old half replaces nothing, so it only adds.
    planned = [addition(one.new) if one.soort == "R" and one.was is None else one for one in todo]
    work = plan_pairs(TO_DOCUMENTS, guard, rows, planned, side.ends, now)
    work.write(connection)
    _insert_documents(connection, work, now)
    halves = (half for one in todo for half in (one.was, one.wordt) if half is not None)
    return list(dict.fromkeys(side.ends(half)["zaak_id"] for half in halves))


def _insert_documents(connection: Connection, work: Changes, now: str) -> None:
    if work.new:
        TO_DOCUMENTS.insert_rows.run(connection, {"rijen": as_json(work.new), "vandaag": now[:8]})


def change_documents_of_zaak(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    connection: Connection,
    inrichting: Inrichting,
    guard: Guarding,
    zaaktype: Zaaktype,
    zaak_id: int,
    changes: Sequence[Change],
    now: str,
    grant: Grant,
) -> bool:
    """Relate and release documents as the message of a zaak asks; tells whether there was anything to do.

    No schema allows this in a zakLk01; senders that are `soepel` use it (docs/afwijkingen.md 35). Raises StUF064 for a
    document that does not exist, StUF058 for one that the zaaktype does not accept.
    """
    todo = [one for one in changes if one.soort != "I"]
    if not todo:
        return False
    found = find_documents(connection, numbers_in(todo), grant)
    for one in todo:
        if one.soort in "TR":
            soort = found[number(one.new)]["dct_omschrijving"]
            check_documenttype(inrichting, {"dct.omschrijving": soort} if soort else {}, [zaaktype.id])
        if one.was is not None:
            guard_other(guard, one, from_row(DOCUMENT, found[number(one.was)], DOCUMENT_REST))
    side = Side(zaak_id, of_document=False, others={name: row["id"] for name, row in found.items()})
    return bool(change_documents(connection, guard, side, todo, now))

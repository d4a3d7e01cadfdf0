"""Carries out an approved list: zaken go with all that hangs on them, a batch in a transaction, also after a stop.

`step` does the next part in the transaction of its connection, and tells whether there is more: first the zaken, then a
search through the messages for their numbers. Nothing is remembered outside the database, so that a run that was killed
goes on where it was, in any process.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.zakenmagazijn.events import report_destroyed
from regiesysteem.zakenmagazijn.keeping import DESTROYED, DUE, HELD, NEWEST, CannotKeep
from regiesysteem.zakenmagazijn.messages import TELLS
from regiesysteem.zakenmagazijn.relations import as_json

_MESSAGES: Final = 500
_LONG_MS: Final = 600_000
_GONE: Final = "De zaak is vernietigd: haar bewaartermijn is voorbij. Zij kan niet meer worden opgevraagd."

_MORE_TIME: Final = Sql("SELECT set_config('statement_timeout', :ms, true)")
_LIST: Final = Sql("SELECT * FROM vernietiging WHERE nummer = :nummer FOR UPDATE")
_LEFT: Final = Sql("SELECT count(*) FROM vernietiging_zaak WHERE nummer = :nummer AND uitkomst IS NULL")
_NEXT: Final = Sql("""
    SELECT plaats, zaak_id, stand_zaak FROM vernietiging_zaak WHERE nummer = :nummer AND uitkomst IS NULL
    ORDER BY plaats LIMIT :aantal
""")
_LOCK: Final = Sql("SELECT id FROM zaak WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_CHECK: Final = Sql(f"""
    -- the zaken of a batch after their rows were locked: what speaks against it now, and how much goes with each
    SELECT z.id, z.identificatie, {HELD} AS tegen, {DUE} AS aan_de_beurt, {NEWEST} AS stand_zaak,
           regie_zaakgegevens(z.id) AS gegevens, jsonb_build_object(
               'statussen', (SELECT count(*) FROM zaak_status WHERE zaak_id = z.id),
               'betrokkenen en zaakobjecten', (SELECT count(*) FROM zaak_relatie WHERE zaak_id = z.id),
               'relaties met zaken', (SELECT count(*) FROM zaak_zaak WHERE z.id IN (van_id, naar_id)),
               'documenten', (SELECT count(*) FROM document_zaak WHERE zaak_id = z.id),
               'domeingegevens', (SELECT count(*) FROM domeingegevens WHERE zaak_id = z.id),
               'regels van de audit', (SELECT count(*) FROM audit WHERE zaak_id = z.id)) AS aantallen
    FROM zaak z WHERE z.id = ANY(:ids)
""")  # noqa: S608 - constants of `keeping`
_MARK: Final = Sql("""
    UPDATE vernietiging_zaak l SET uitkomst = m.uitkomst, reden = m.reden, aantallen = m.aantallen, verwerkt_op = now(),
           documenten = CASE WHEN m.uitkomst = 'vernietigd' AND m.eerste THEN CAST(:documenten AS text[]) ELSE '{}' END
    FROM jsonb_to_recordset(CAST(:regels AS jsonb))
         AS m (plaats integer, uitkomst text, reden text, aantallen jsonb, eerste boolean)
    WHERE l.nummer = :nummer AND l.plaats = m.plaats
""")
_LOCK_DOCUMENTS: Final = Sql("""
    -- before the choice: nobody gives one of them to another zaak from here on, and who did so is waited for
    SELECT id FROM document WHERE id IN (SELECT document_id FROM document_zaak WHERE zaak_id = ANY(:ids))
    ORDER BY id FOR UPDATE
""")
_CHOOSE: Final = Sql("""
    -- what goes with zaken beyond their own rows: documents of no other zaak, objects and messages
    SELECT ARRAY(SELECT identificatie FROM zaak WHERE id = ANY(:ids)) AS nummers,
           ARRAY(SELECT DISTINCT d.document_id FROM document_zaak d WHERE d.zaak_id = ANY(:ids)
                 AND NOT EXISTS (SELECT FROM document_zaak e WHERE e.document_id = d.document_id
                                 AND NOT e.zaak_id = ANY(:ids) AND regie_geldt(e.beeindigd))) AS documenten,
           ARRAY(SELECT object_id FROM zaak_relatie WHERE zaak_id = ANY(:ids) AND object_id IS NOT NULL
                 UNION SELECT gezet_door_id FROM zaak_status WHERE zaak_id = ANY(:ids) AND gezet_door_id IS NOT NULL
           ) AS objecten,
           ARRAY(SELECT bericht_id FROM audit WHERE zaak_id = ANY(:ids) AND bericht_id IS NOT NULL
                 UNION SELECT bericht_id FROM domeingegevens WHERE zaak_id = ANY(:ids)
                 UNION SELECT g.bericht_id FROM gebeurtenis g JOIN zaak z ON z.identificatie = g.zaakidentificatie
                       WHERE z.id = ANY(:ids) AND g.bericht_id IS NOT NULL
                 UNION SELECT p.bericht_id FROM postvak p JOIN zaak z ON z.identificatie = p.zaakidentificatie
                       WHERE z.id = ANY(:ids)
                 UNION SELECT v.bericht_id FROM document_versie v JOIN document_zaak d USING (document_id)
                       WHERE d.zaak_id = ANY(:ids)) AS berichten
""")
_DOCUMENT_NUMBERS: Final = Sql("SELECT identificatie FROM document WHERE id = ANY(:documenten) ORDER BY id")
_LOCK_OBJECTS: Final = Sql("SELECT id FROM object WHERE id = ANY(:objecten) ORDER BY id FOR UPDATE")

_DELETIONS: Final = (
    Sql(f"""
        -- the zaken that stay tell in their audit that a relation is gone
        INSERT INTO audit (zaak_id, gebeurtenis, gewijzigd)
        SELECT blijft, '{DESTROYED}', jsonb_agg(DISTINCT relatie) FROM (
            SELECT CASE WHEN van_id = ANY(:ids) THEN naar_id ELSE van_id END AS blijft, relatie
            FROM zaak_zaak WHERE van_id = ANY(:ids) OR naar_id = ANY(:ids)) r
        WHERE NOT blijft = ANY(:ids) GROUP BY blijft
    """),  # noqa: S608 - a constant
    Sql(f"""
        UPDATE bericht SET inhoud = NULL, antwoord = CASE WHEN dienst = '{TELLS}' THEN '' ELSE antwoord END
        WHERE id = ANY(:berichten) AND inhoud IS NOT NULL
    """),  # noqa: S608 - a constant
    Sql("""
        DELETE FROM notificatie n WHERE n.stroom = ANY(:nummers)
            OR n.gebeurtenis_id IN (SELECT id FROM gebeurtenis WHERE zaakidentificatie = ANY(:nummers))
    """),
    Sql("DELETE FROM gebeurtenis WHERE zaakidentificatie = ANY(:nummers)"),
    Sql("DELETE FROM overdracht WHERE zaakidentificatie = ANY(:nummers)"),
    Sql("DELETE FROM postvak WHERE zaakidentificatie = ANY(:nummers)"),
    Sql("UPDATE postvak SET gezinsplan = NULL WHERE gezinsplan = ANY(:nummers)"),
    Sql("DELETE FROM afnemersindicatie WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM domeingegevens WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM document_slot WHERE document_id = ANY(:documenten)"),
    Sql("DELETE FROM document_versie WHERE document_id = ANY(:documenten)"),
    Sql("DELETE FROM besluit_document WHERE document_id = ANY(:documenten)"),
    Sql("DELETE FROM document_zaak WHERE zaak_id = ANY(:ids) OR document_id = ANY(:documenten)"),
    Sql("DELETE FROM document WHERE id = ANY(:documenten)"),
    Sql("DELETE FROM zaak_zaak WHERE van_id = ANY(:ids) OR naar_id = ANY(:ids)"),
    Sql("DELETE FROM zaak_relatie WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM zaak_status WHERE zaak_id = ANY(:ids)"),
    Sql("""
        -- people and things that no zaak names any more
        DELETE FROM object o WHERE o.id = ANY(:objecten)
            AND NOT EXISTS (SELECT FROM zaak_relatie r WHERE r.object_id = o.id)
            AND NOT EXISTS (SELECT FROM zaak_status s WHERE s.gezet_door_id = o.id)
    """),
    Sql("DELETE FROM bewaarblokkade WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM archief WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM audit WHERE zaak_id = ANY(:ids)"),
    Sql("DELETE FROM zaak WHERE id = ANY(:ids)"),
)
"""All that goes with zaken, in the order that foreign keys ask."""

_NUMBERS: Final = """
    SELECT replace(replace(replace(n, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') AS n FROM (
        SELECT identificatie FROM vernietiging_zaak WHERE nummer = :nummer AND uitkomst = 'vernietigd'
        UNION SELECT unnest(documenten) FROM vernietiging_zaak WHERE nummer = :nummer) g (n)
"""


def _search(table: str, emptied: str) -> Sql:
    """SQL that looks through the next messages of a table for the numbers of a list, and empties those that have one.

    A number stands in an element whose name ends in identificatie, of whatever message.
    """
    return Sql(f"""
        WITH stuk AS MATERIALIZED (
            SELECT id, inhoud FROM {table} WHERE id > :vanaf AND inhoud IS NOT NULL ORDER BY id LIMIT :aantal
        ), nummers AS MATERIALIZED ({_NUMBERS}), noemt AS MATERIALIZED (
            SELECT s.id FROM stuk s WHERE EXISTS (
                SELECT FROM regexp_matches(convert_from(s.inhoud, 'UTF8'), 'dentificatie[^>]*>([^<]*)<', 'g') v
                JOIN nummers ON nummers.n = btrim(v[1], E' \\t\\r\\n'))
        ), leeg AS (UPDATE {table} SET inhoud = NULL, {emptied} WHERE id IN (SELECT id FROM noemt))
        SELECT max(id) AS tot, count(*) AS aantal FROM stuk
    """)  # noqa: S608 - constants


_SEARCHED: Final = {
    "bericht_tot": _search("bericht", f"antwoord = CASE WHEN dienst = '{TELLS}' THEN '' ELSE antwoord END"),
    "notificatie_tot": _search(
        "notificatie",
        "stand = CASE WHEN stand = 'wacht' THEN 'vervallen' ELSE stand END, melding = 'een zaak erin is vernietigd'",
    ),
}
"""The messages that may name a zaak of which they are not: by the column that has the last one that was searched."""

_KEEP_PLACE: Final = {
    column: Sql(f"UPDATE vernietiging SET {column} = :tot WHERE nummer = :nummer")  # noqa: S608 - the keys above
    for column in _SEARCHED
}
_FINISH: Final = Sql("""
    WITH leeg AS (UPDATE vernietiging_zaak SET documenten = '{}' WHERE nummer = :nummer)
    UPDATE vernietiging SET stand = 'uitgevoerd', uitgevoerd_op = now(), uitgevoerd_door = :door WHERE nummer = :nummer
""")


_OWN_TABLES: Final = Sql("""
    SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables
    WHERE schemaname = current_schema() AND tableowner = current_user
""")
_CLEAR_SAMPLES: Final = """
    SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited)
    FROM pg_stats JOIN pg_tables USING (schemaname, tablename)
    WHERE schemaname = current_schema() AND tableowner = current_user
"""
_CAN_CLEAR: Final = (18,)


def renew_samples(connection: Connection) -> None:
    """Have PostgreSQL take new samples of its columns, which it plans with: the old ones have values that are gone.

    ANALYZE leaves those of a table that has no rows any more, so they are cleared first, where PostgreSQL can (18).
    """
    _MORE_TIME.run(connection, {"ms": str(_LONG_MS)})
    if (connection.dialect.server_version_info or ()) >= _CAN_CLEAR:
        connection.exec_driver_sql(_CLEAR_SAMPLES)
    connection.exec_driver_sql(f"ANALYZE {_OWN_TABLES.run(connection).scalar_one()}")


@dataclass(frozen=True, slots=True)
class StepDone:
    """A part that was done: zaken that went, those that were left out by reason; `more` when there is another part."""

    more: bool
    destroyed: int = 0
    skipped: Mapping[str, int] | None = None
    searched: int = 0


def step(  # noqa: PLR0917 - which list, by whom, and how much of it
    connection: Connection, inrichting: Inrichting, number: int, who: str, today: date, count: int
) -> StepDone:
    """Do the next part of an approved list, at most so many zaken. Raises CannotKeep for a list that is not approved.

    Another run of the same list waits for the transaction.
    """
    row = _approved(connection, number)
    if row["stand"] == "uitgevoerd":
        return StepDone(more=False)
    _MORE_TIME.run(connection, {"ms": str(_LONG_MS)})
    todo = _NEXT.run(connection, {"nummer": number, "aantal": count}).mappings().all()
    if todo:
        return _destroy(connection, inrichting, number, todo, today)
    for column, search in _SEARCHED.items():
        found = search.run(connection, {"nummer": number, "vanaf": row[column], "aantal": _MESSAGES}).one()
        if found.aantal:
            _KEEP_PLACE[column].run(connection, {"nummer": number, "tot": found.tot})
            return StepDone(more=True, searched=found.aantal)
    _FINISH.run(connection, {"nummer": number, "door": who})
    return StepDone(more=False)


def left(connection: Connection, number: int) -> int:
    """How many zaken of an approved list must still be done. Raises CannotKeep for a list that is not approved."""
    _approved(connection, number)
    return int(_LEFT.run(connection, {"nummer": number}).scalar_one())


def _approved(connection: Connection, number: int) -> Mapping[Any, Any]:
    row = _LIST.run(connection, {"nummer": number}).mappings().one_or_none()
    if row is None:
        raise CannotKeep(f"Er is geen lijst {number}.")
    if row["stand"] not in {"goedgekeurd", "uitgevoerd"}:
        raise CannotKeep(f"Lijst {number} is {row['stand']}; alleen een goedgekeurde lijst wordt uitgevoerd.")
    return row


def _destroy(
    connection: Connection, inrichting: Inrichting, number: int, todo: Sequence[Mapping[Any, Any]], today: date
) -> StepDone:
    ids = [row["zaak_id"] for row in todo]
    _LOCK.run(connection, {"ids": ids})
    found = _CHECK.run(connection, {"ids": ids, "tot": f"{today:%Y%m%d}"}).mappings()
    known = {row["id"]: row for row in found}
    against = {row["plaats"]: _against(row, known.get(row["zaak_id"])) for row in todo}
    going = [row["zaak_id"] for row in todo if not against[row["plaats"]]]
    gone = _delete(connection, inrichting, [known[one] for one in going]) if going else []
    first = next((row["plaats"] for row in todo if not against[row["plaats"]]), None)
    lines = [
        {
            "plaats": row["plaats"],
            "uitkomst": "overgeslagen" if against[row["plaats"]] else "vernietigd",
            "reden": against[row["plaats"]],
            "aantallen": {} if against[row["plaats"]] else known[row["zaak_id"]]["aantallen"],
            "eerste": row["plaats"] == first,
        }
        for row in todo
    ]
    _MARK.run(connection, {"nummer": number, "regels": as_json(lines), "documenten": gone})
    return StepDone(more=True, destroyed=len(going), skipped=Counter(reason for reason in against.values() if reason))


def _against(row: Mapping[Any, Any], now: Mapping[Any, Any] | None) -> str:
    """The reason why a zaak is left out after all; "" when it goes."""
    if now is None:
        return "de zaak is er niet meer"
    if now["stand_zaak"] != row["stand_zaak"]:
        return "gewijzigd sinds het voorstel"
    return now["tegen"] or ("" if now["aan_de_beurt"] else "mag nog niet vernietigd worden")


def _delete(connection: Connection, inrichting: Inrichting, zaken: Sequence[Mapping[Any, Any]]) -> list[str]:
    """Delete zaken with all that hangs on them, and have others told; gives the numbers of the documents that went."""
    ids = [zaak["id"] for zaak in zaken]
    _LOCK_DOCUMENTS.run(connection, {"ids": ids})
    chosen = dict(_CHOOSE.run(connection, {"ids": ids}).mappings().one()) | {"ids": ids}
    documents = list(_DOCUMENT_NUMBERS.run(connection, chosen).scalars())
    _LOCK_OBJECTS.run(connection, chosen)
    for statement in _DELETIONS:
        statement.run(connection, chosen)
    if inrichting.reports_gebeurtenissen:
        told = {zaak["identificatie"]: zaak["gegevens"] | {"meldingen": [_GONE]} for zaak in zaken}
        report_destroyed(connection, told)
    return documents

"""The statements that find what is kept of one person, in every table that can hold it (`subject_access`)."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql

_Parameters = Mapping[str, Any]

_TAKE_TIME: Final = Sql("""
    -- for this transaction: searching every text takes longer than any message may
    SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)
""")

_ZAKEN: Final = Sql("""
    -- the zaken in which the person has or had a role, or in which anything names him
    SELECT id, identificatie FROM zaak WHERE id IN (
        SELECT r.zaak_id FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
        WHERE r.object_id = ANY(:personen) OR r::text ~ :patroon OR o::text ~ :patroon
        UNION SELECT z.id FROM zaak z WHERE z::text ~ :patroon
        UNION SELECT s.zaak_id FROM zaak_status s WHERE s::text ~ :patroon
        UNION SELECT k.van_id FROM zaak_zaak k WHERE k.inhoud::text ~ :patroon
        UNION SELECT r.zaak_id FROM document_zaak r JOIN document d ON d.id = r.document_id
              WHERE r::text ~ :patroon OR d::text ~ :patroon
        UNION SELECT r.zaak_id FROM document_zaak r JOIN document_versie v ON v.document_id = r.document_id
              WHERE (v.bestandsnaam, v.statussen, v.gegevens)::text ~ :patroon
        UNION SELECT r.zaak_id FROM zaak_relatie r JOIN besluit_document b ON b.relatie_id = r.id
              WHERE b::text ~ :patroon
        UNION SELECT d.zaak_id FROM domeingegevens d WHERE position(:cijfers IN d.inhoud) > 0
        UNION SELECT g.zaak_id FROM gebeurtenis g WHERE g.zaak_id IS NOT NULL AND g.gegevens::text ~ :patroon
        UNION SELECT o.zaak_id FROM overdracht o
              WHERE o.zaak_id IS NOT NULL AND (o.melding, o.antwoord)::text ~ :patroon
        UNION SELECT a.zaak_id FROM audit a JOIN bericht b ON b.id = a.bericht_id
              WHERE position(:cijfers IN b.inhoud) > 0
    ) ORDER BY id
""")

_ZAAK: Final = Sql("""
    -- a zaak with all that hangs on it, also what no answer gives any more; of contents their size and digest
    SELECT row_to_json(z) AS zaak,
        (SELECT json_agg(json_build_object('rij', row_to_json(r), 'object', row_to_json(o), 'vastgelegd', (
             SELECT json_agg(to_jsonb(b) - ARRAY['id', 'relatie_id', 'document_id']
                             || jsonb_build_object('identificatie', d.identificatie) ORDER BY b.id)
             FROM besluit_document b JOIN document d ON d.id = b.document_id WHERE b.relatie_id = r.id)) ORDER BY r.id)
         FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id WHERE r.zaak_id = z.id) AS relaties,
        (SELECT json_agg(json_build_object('rij', row_to_json(s), 'type', row_to_json(t), 'door', row_to_json(o))
                         ORDER BY s.moment, s.id)
         FROM zaak_status s LEFT JOIN statustype t ON t.id = s.statustype_id
         LEFT JOIN object o ON o.id = s.gezet_door_id
         WHERE s.zaak_id = z.id) AS statussen,
        (SELECT json_agg(to_jsonb(k) - ARRAY['van_id', 'naar_id'] || jsonb_build_object(
             'identificatie', a.identificatie, 'omschrijving', a.omschrijving, 'zaaktype', t.omschrijving)
             ORDER BY k.id)
         FROM zaak_zaak k JOIN zaak a ON a.id = CASE k.van_id WHEN z.id THEN k.naar_id ELSE k.van_id END
         LEFT JOIN zaaktype t ON t.id = a.zaaktype_id WHERE z.id IN (k.van_id, k.naar_id)) AS koppelingen,
        (SELECT json_agg(json_build_object('relatie', row_to_json(r), 'rij', row_to_json(d), 'versies', (
             SELECT json_agg(to_jsonb(v) || jsonb_build_object('sha256', encode(v.sha256, 'hex'), 'grootte', i.grootte)
                             ORDER BY v.volgnummer)
             FROM document_versie v LEFT JOIN document_inhoud i ON i.sha256 = v.sha256 WHERE v.document_id = d.id))
             ORDER BY r.id)
         FROM document_zaak r JOIN document d ON d.id = r.document_id WHERE r.zaak_id = z.id) AS documenten,
        (SELECT json_agg(to_jsonb(d) || jsonb_build_object('inhoud', encode(d.inhoud, 'base64'),
             'sha256', encode(d.sha256, 'hex'), 'opslag_sha256', encode(d.opslag_sha256, 'hex')) ORDER BY d.id)
         FROM domeingegevens d WHERE d.zaak_id = z.id) AS domeingegevens,
        (SELECT json_agg(to_jsonb(a) || jsonb_build_object('applicatie', b.zender_applicatie) ORDER BY a.id)
         FROM audit a LEFT JOIN bericht b ON b.id = a.bericht_id WHERE a.zaak_id = z.id) AS wijzigingen,
        (SELECT json_agg(to_jsonb(n) || jsonb_build_object('inhoud', encode(n.inhoud, 'base64')) ORDER BY n.id)
         FROM notificatie n WHERE n.stroom = z.identificatie) AS notificaties,
        (SELECT json_agg(to_jsonb(g) ORDER BY g.id)
         FROM gebeurtenis g WHERE g.zaakidentificatie = z.identificatie) AS gebeurtenissen,
        (SELECT json_agg(to_jsonb(o) ORDER BY o.id)
         FROM overdracht o WHERE o.zaakidentificatie = z.identificatie) AS overdrachten,
        (SELECT json_agg(to_jsonb(p) ORDER BY p.id)
         FROM postvak p WHERE p.zaakidentificatie = z.identificatie) AS postvak,
        (SELECT json_agg(to_jsonb(i) ORDER BY i.applicatie)
         FROM afnemersindicatie i WHERE i.zaak_id = z.id) AS afnemers,
        (SELECT to_jsonb(a) - 'zaak_id' FROM archief a WHERE a.zaak_id = z.id) AS archief
    FROM zaak z WHERE z.id = :zaak_id
""")

_BERICHTEN: Final = Sql("""
    -- the messages that changed the zaken of the person, and those that may name him, as far as they are kept
    SELECT b.id, b.id = ANY(:wijzigingen) AS gewijzigd FROM bericht b
    WHERE b.inhoud IS NOT NULL AND b.id = ANY(:wijzigingen)
       OR position(:cijfers IN b.inhoud) > 0 OR position(:cijfers IN b.antwoord) > 0
    ORDER BY b.id
""")
_CHANGES: Final = Sql("""
    SELECT DISTINCT bericht_id FROM audit WHERE zaak_id = ANY(:zaken) AND bericht_id IS NOT NULL
""")
_BERICHT: Final = Sql("""
    SELECT to_jsonb(b) - ARRAY['id', 'digest', 'inhoud', 'antwoord'] AS rij, inhoud, antwoord
    FROM bericht b WHERE id = :id
""")

_TABLES: Final = Sql("""
    -- every table with its columns of bytes, and its columns that name a zaak
    SELECT c.relname AS tabel, quote_ident(c.relname) AS naam,
           coalesce(array_agg(a.attname::text) FILTER (WHERE a.atttypid = 'bytea'::regtype), '{}') AS bytes,
           array_agg(a.attname::text) AS kolommen
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.relname ORDER BY c.relname
""")

TOLD_BY_ZAAK: Final = frozenset(
    {"bericht", "zaak", "zaak_relatie", "zaak_status", "zaak_zaak", "audit", "document_zaak", "document_versie",
     "besluit_document", "domeingegevens", "afnemersindicatie", "archief",
     "inzage", "inzage_betrokkene"}
)  # fmt: skip
"""The tables whose rows stand with a zaak, a message or a look; one that names the person makes the zaak his."""

NO_PERSON: Final = frozenset(
    {"inrichting_stand", "zaaktype", "statustype", "resultaattype", "afwijking", "document_inhoud", "document_stuk",
     "ontvanger", "alembic_version", "inzage_sleutel", "vernietiging",
     "applicatie_wachtwoord", "account", "inlog_link", "sessie", "web_sleutel"}
)  # fmt: skip
"""The tables without data of clients: of employees at most, or the bytes of files, which stand with their documents."""

STAFF: Final = {
    "bewaarblokkade": ("door",),
    "toegang_reden": ("persoon", "rol"),
    "bericht": ("persoon",),
    "signaal_vraag": ("persoon", "rol"),
}
"""The columns with the name of an employee, which is not told (C-579/21)."""

_OF_ZAAK: Final = {
    "zaak_id": "t.zaak_id = ANY(:zaken)",
    "zaakidentificatie": "t.zaakidentificatie = ANY(:zaaknummers)",
    "zaak": "t.zaak = ANY(:zaaknummers)",
}
"""For each name of a column that says of which zaak a row is: the condition that it is one of the person."""

_NOT_AGAIN: Final = {
    "object": "t.id <> ALL(:personen) AND NOT EXISTS (SELECT FROM zaak_relatie r WHERE r.object_id = t.id)",
    "document": "NOT EXISTS (SELECT FROM document_zaak r WHERE r.document_id = t.id)",
    "gebeurtenis": "t.zaakidentificatie <> ALL(:zaaknummers)",
    "overdracht": "t.zaakidentificatie <> ALL(:zaaknummers)",
    "postvak": "t.zaakidentificatie <> ALL(:zaaknummers)",
    "notificatie": "t.stroom <> ALL(:zaaknummers)",
}
"""For a table of which rows stand with a zaak: the condition that a row does not."""

_RECIPIENTS: Final = Sql("""
    -- the applicaties that were told of the zaken of the person, and how
    SELECT ontvanger AS applicatie, soort AS wat, count(*) AS aantal, min(afgehandeld_op) AS eerste,
           max(afgehandeld_op) AS laatste
    FROM notificatie WHERE stroom = ANY(:zaaknummers) AND stand = 'bezorgd' GROUP BY 1, 2
    UNION ALL
    SELECT applicatie, 'afnemersindicatie', count(*), min(sinds), max(sinds)
    FROM afnemersindicatie WHERE zaak_id = ANY(:zaken) GROUP BY 1
    UNION ALL
    SELECT applicatie, 'overdracht', count(*), min(aangeboden_op), max(aangeboden_op)
    FROM overdracht WHERE zaakidentificatie = ANY(:zaaknummers) AND richting = 'uit' GROUP BY 1
    ORDER BY 1, 2
""")


def take_time(connection: Connection) -> None:
    """Let the statements of this transaction take as long as they need."""
    _TAKE_TIME.run(connection)


def zaken_of(connection: Connection, parameters: _Parameters) -> dict[int, str]:
    """The identificaties of the zaken in which a person has or had a role, or is named, by id."""
    return {row.id: row.identificatie for row in _ZAKEN.run(connection, parameters)}


def zaak(connection: Connection, zaak_id: int) -> dict[str, Any]:
    """A zaak with all that hangs on it; bytes as text."""
    row = dict(_ZAAK.run(connection, {"zaak_id": zaak_id}).mappings().one())
    for one in (*(row["domeingegevens"] or ()), *(row["notificaties"] or ())):
        if one["inhoud"] is not None:
            one["inhoud"] = _readable(base64.b64decode(one["inhoud"]))
    return row


def berichten(connection: Connection, parameters: _Parameters) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The messages that changed the zaken of a person (True) or have the digits of his BSN; their content as text."""
    changes = {"wijzigingen": _CHANGES.run(connection, parameters).scalars().all()}
    for found in _BERICHTEN.run(connection, {**parameters, **changes}).all():
        row = _BERICHT.run(connection, {"id": found.id}).one()
        contents = {"inhoud": row.inhoud, "antwoord": row.antwoord}
        yield found.gewijzigd, row.rij | {n: _readable(bytes(one)) for n, one in contents.items() if one is not None}


def elsewhere(connection: Connection, parameters: _Parameters) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of all other tables that name a person or one of his zaken, with the name of their table.

    It reads the tables from the catalogue, so a table of a later release is searched too. A row that stands with a zaak
    of his is not given again.
    """
    for table in _TABLES.run(connection).mappings().all():
        if table["tabel"] in TOLD_BY_ZAAK | NO_PERSON:
            continue
        for row in _search(table).run(connection, parameters):
            data = dict(row[0])
            texts: list[str | None] = list(row[1:])
            data |= {
                name: _readable(base64.b64decode(one))
                for name, one in zip(table["bytes"], texts, strict=True)
                if one is not None
            }
            yield table["tabel"], data


def _search(table: Mapping[Any, Any]) -> Sql:
    """The statement that searches one table: a row as JSON, and each column of bytes beside it."""
    name, of_bytes = table["naam"], [f'"{column}"' for column in table["bytes"]]
    shown = "".join(f" - '{column}'" for column in (*table["bytes"], *STAFF.get(table["tabel"], ())))
    search = [f"(to_jsonb(t){shown})::text ~ :patroon"]
    search += [f"position(:cijfers IN t.{column}) > 0" for column in of_bytes]
    again = _NOT_AGAIN.get(table["tabel"])
    if again is None:
        search += [condition for column, condition in _OF_ZAAK.items() if column in table["kolommen"]]
    texts = "".join(f", encode(t.{column}, 'base64')" for column in of_bytes)
    condition = f"({' OR '.join(search)}) AND {again or 'true'}"
    return Sql(f"SELECT to_jsonb(t){shown}{texts} FROM {name} t WHERE {condition}")  # noqa: S608 - names of the catalogue


def mentions(connection: Connection, parameters: _Parameters) -> dict[str, int]:
    """Count the rows that name a person, of every table that has them."""
    counts = {}
    for table in _TABLES.run(connection).mappings().all():
        of_bytes = [f'"{column}"' for column in table["bytes"]]
        shown = "".join(f" - '{column}'" for column in table["bytes"])
        search = [f"(to_jsonb(t){shown})::text ~ :patroon"]
        search += [f"position(:cijfers IN t.{column}) > 0" for column in of_bytes]
        statement = Sql(f"SELECT count(*) FROM {table['naam']} t WHERE {' OR '.join(search)}")  # noqa: S608 - names of the catalogue
        counts[table["tabel"]] = int(statement.run(connection, parameters).scalar_one())
    return {name: count for name, count in counts.items() if count}


def recipients(connection: Connection, parameters: _Parameters) -> Iterator[dict[str, Any]]:
    """The applicaties that were told of the zaken of a person: how, how often, and when (AVG 15(1)(c), 19)."""
    for row in _RECIPIENTS.run(connection, parameters).mappings():
        yield dict(row)


def _readable(content: bytes) -> str:
    """A content as text; as base64 when it is none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()

"""Fills a database for the bench of pages: plans with deelplannen, people with names and addresses, and what happened.

Of 1,000,000 zaken a fifth are gezinsplannen, each with four deelplannen and three people; a tenth of the plans runs.
One regisseur has a plan of a thousand deelplannen beside his own others. Rows come by COPY and generate_series, with
the indexes away meanwhile.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten

BIG: Final = "1900GROOTPLAN"
BIG_PARTS: Final = 1000
REGISSEURS: Final = 500
PER_PLAN: Final = 5
"""A gezinsplan and its four deelplannen."""
_PEOPLE: Final = 3
_PART: Final = 100_000
_TABLES: Final = ("object", "zaak", "zaak_relatie", "zaak_status", "zaak_zaak", "overdracht", "postvak", "notificatie")
_FIRST: Final = (
    "Bak", "Vis", "Jan", "Mul", "Dek", "Hof", "Kui", "Smi", "Ver", "Wil",
    "Bos", "Kra", "Dij", "Pos", "Rut", "Sch", "Ter", "Van", "Zee", "Lam",
)  # fmt: skip
_MIDDLE: Final = ("ker", "ser", "sen", "der", "man", "stra", "ter", "kens", "ling", "meu", "zen", "wer")
_LAST: Final = ["", "s", "sma", "stra", "dijk", "veld", "huis", "kamp", "-de Wit", "ë"]

_INDEXES: Final = """
    SELECT c.relname, i.indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname
    JOIN pg_index x ON x.indexrelid = c.oid
    WHERE i.tablename = ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)
"""
_PLANS: Final = """
    INSERT INTO zaak (id, identificatie, zaaktype_id, omschrijving, startdatum, registratiedatum, uiterlijke_einddatum,
                      einddatum, zaakniveau, deelzaken_indicatie)
    OVERRIDING SYSTEM VALUE
    SELECT n, '1900P' || lpad(n::text, 9, '0'), CASE n %% 5 WHEN 0 THEN %(plan)s ELSE %(deel)s END,
           CASE n %% 5 WHEN 0 THEN 'Gezinsplan ' ELSE 'Deelplan ' END || n %% 997,
           dag, dag, CASE WHEN n %% 5 > 0 THEN to_char(current_date - 10 + (n %% 90)::int, 'YYYYMMDD') END,
           CASE WHEN n / 5 / %(regisseurs)s %% 10 > 0 OR n %% 5 = 4 THEN '20260101' END, '1', 'N'
    FROM (SELECT n, to_char(date '2021-01-01' + (n %% 1800)::int, 'YYYYMMDD') AS dag
          FROM generate_series(%(from)s::bigint, %(to)s::bigint) n) nummers
"""
_ROLES: Final = """
    INSERT INTO zaak_relatie (zaak_id, relatie, object_id, omschrijving)
    SELECT n, 'heeftAlsInitiator', CASE n %% 5 WHEN 0 THEN %(staff)s + n / 5 %% %(regisseurs)s ELSE %(desk)s END,
           NULL
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) n
    UNION ALL
    SELECT n, 'heeftAlsUitvoerende', %(staff)s + n %% %(regisseurs)s, NULL
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) n WHERE n %% 5 > 0
    UNION ALL
    SELECT n, CASE wie WHEN 3 THEN 'heeftAlsBelanghebbende' ELSE 'heeftBetrekkingOp' END,
           %(people)s + (n / 5 * %(each)s + wie) %% %(count)s, CASE WHEN wie < 3 THEN 'Client' END
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) n, generate_series(0, 3) wie WHERE n %% 5 = 0
"""
_STATUSES: Final = """
    INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
    SELECT n, CASE n %% 5 WHEN 0 THEN %(plan_status)s ELSE %(deel_status)s END, '20260301101500', '20260301101500000',
           true
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) n
"""
_UNDER: Final = """
    INSERT INTO zaak_zaak (relatie, van_id, naar_id)
    SELECT 'heeftBetrekkingOpAndere', n, n / 5 * 5
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) n WHERE n %% 5 > 0
"""
_OFFERS: Final = """
    INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, applicatie, referentienummer, stand, antwoord,
                            uiterlijk)
    SELECT 'uit', id, identificatie, 'WmoVoorziening', 'o' || id,
           CASE id %% 20 WHEN 1 THEN 'geweigerd' ELSE 'geaccepteerd' END, 'Te druk', now()
    FROM zaak WHERE id BETWEEN %(from)s AND %(to)s AND id %% 5 = 1
"""
_MESSAGES: Final = """
    INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens, gelezen_op)
    SELECT 1, identificatie, '1900P' || lpad((id / 5 * 5)::text, 9, '0'), 'Update zaak', 'WmoVoorziening', '{}',
           CASE WHEN id %% 50 > 1 THEN now() END
    FROM zaak WHERE id BETWEEN %(from)s AND %(to)s AND id %% 5 = 1
"""
_SENT: Final = """
    INSERT INTO notificatie (ontvanger, stroom, soort, referentienummer, stand, afgehandeld_op)
    SELECT 'WmoVoorziening', identificatie, 'notificeerOverZaak', 'n' || id,
           CASE WHEN id %% 1000 = 1 THEN 'gestrand' ELSE 'bezorgd' END, now()
    FROM zaak WHERE id BETWEEN %(from)s AND %(to)s AND id %% 5 = 1
"""


def regisseur(number: int) -> str:
    """The identificatie of a regisseur, counted from 0."""
    return f"regie{number:04d}"


def surname(number: int) -> str:
    """The surname of a person; some names are those of thousands."""
    if number % 50 == 0:
        return "Jansen"
    first, rest = _FIRST[number % 20], number // 20
    return first + _MIDDLE[rest % 12] + _MIDDLE[rest // 12 % 12] + _LAST[rest // 144 % 10]


def fill_plans(url: str, zaken: int, report: Callable[[int], object]) -> None:
    """Put so many zaken in an empty database, and the big plan; `report` hears how many more are in.

    The URL is that of a superuser: it fills with the triggers off.
    """
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0;"
            "SET maintenance_work_mem = '512MB'"
        )
        with _without_indexes(cursor):
            values = _values(cursor, zaken)
            _people(cursor, values["count"])
            for first in range(5, zaken + 5, _PART):
                last = min(first + _PART, zaken + 5) - 1
                for sql in (_PLANS, _ROLES, _STATUSES, _UNDER, _OFFERS, _MESSAGES, _SENT):
                    cursor.execute(sql, values | {"from": first, "to": last})
                report(last - first + 1)
            _big_plan(cursor, values, zaken + 5)
            cursor.execute("SELECT setval(pg_get_serial_sequence('zaak', 'id'), (SELECT max(id) FROM zaak))")
            cursor.execute("SELECT setval(pg_get_serial_sequence('object', 'id'), (SELECT max(id) FROM object))")
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


@contextmanager
def _without_indexes(cursor: Cursor) -> Iterator[None]:
    """Indexes are made at the end, which is faster than keeping them meanwhile."""
    cursor.execute(_INDEXES, (list(_TABLES),))
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)


def _values(cursor: Cursor, zaken: int) -> dict[str, int]:
    out = {"staff": 1, "regisseurs": REGISSEURS, "desk": 1 + REGISSEURS, "people": 2 + REGISSEURS, "each": _PEOPLE}
    out["count"] = max(zaken // PER_PLAN * 2, 4)
    for name, code in (("plan", "GEZINSPLAN"), ("deel", "B1026")):
        cursor.execute("SELECT id FROM zaaktype WHERE code = %s", (code,))
        [(out[name],)] = cursor.fetchall()
        cursor.execute(
            "SELECT id FROM statustype WHERE zaaktype_id = %s AND NOT eindstatus ORDER BY volgnummer LIMIT 1",
            (out[name],),
        )
        [(out[f"{name}_status"],)] = cursor.fetchall()
    return out


def _people(cursor: Cursor, count: int) -> None:
    text = io.StringIO()
    for number in range(REGISSEURS + 1):
        naam = regisseur(number)
        text.write(f"{1 + number}\tMDW\tmedewerker:{naam}\t{naam}\tRegisseur {number}\t{{}}\n")
    for number in range(count):
        postcode = f"{1000 + number % 9000}{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}"
        address = {"wpl.woonplaatsNaam": "Bolsward", "aoa.postcode": postcode, "aoa.huisnummer": str(number % 90 + 1)}
        inhoud = json.dumps({"voorletters": "A", "geboortedatum": "19800229", "verblijfsadres": address})
        bsn = berichten.bsn(number)
        text.write(f"{2 + REGISSEURS + number}\tNPS\tbsn:{bsn}\t{bsn}\t{surname(number)}\t{inhoud}\n")
    text.seek(0)
    cursor.copy_expert("COPY object (id, entiteittype, sleutel, identificatie, naam, inhoud) FROM STDIN", text)


def _big_plan(cursor: Cursor, values: dict[str, int], first: int) -> None:
    """A running plan of the first regisseur with BIG_PARTS deelplannen."""
    values = values | {"from": first, "last": first + BIG_PARTS, "big": BIG, "parts": BIG_PARTS}
    cursor.execute(
        """
        INSERT INTO zaak (id, identificatie, zaaktype_id, omschrijving, startdatum, uiterlijke_einddatum)
        OVERRIDING SYSTEM VALUE
        SELECT n, CASE n WHEN %(from)s THEN %(big)s ELSE '1900G' || lpad(n::text, 9, '0') END,
               CASE n WHEN %(from)s THEN %(plan)s ELSE %(deel)s END, 'Groot ' || n, '20261101',
               CASE WHEN n %% 10 = 0 THEN to_char(current_date, 'YYYYMMDD') END
        FROM generate_series(%(from)s::bigint, %(last)s::bigint) n;
        INSERT INTO zaak_relatie (zaak_id, relatie, object_id, omschrijving)
        SELECT n, 'heeftAlsInitiator', CASE n WHEN %(from)s THEN %(staff)s ELSE %(desk)s END, NULL
        FROM generate_series(%(from)s::bigint, %(last)s::bigint) n
        UNION ALL SELECT n, 'heeftAlsUitvoerende', %(staff)s + n %% %(regisseurs)s, NULL
        FROM generate_series(%(from)s::bigint + 1, %(last)s::bigint) n
        UNION ALL SELECT %(from)s, 'heeftBetrekkingOp', %(people)s + n, 'Client' FROM generate_series(0, 3) n;
        INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
        SELECT n, CASE n WHEN %(from)s THEN %(plan_status)s ELSE %(deel_status)s END, '20261101', '20261101', true
        FROM generate_series(%(from)s::bigint, %(last)s::bigint) n;
        INSERT INTO zaak_zaak (relatie, van_id, naar_id)
        SELECT 'heeftBetrekkingOpAndere', n, %(from)s FROM generate_series(%(from)s::bigint + 1, %(last)s::bigint) n
        """,
        values,
    )

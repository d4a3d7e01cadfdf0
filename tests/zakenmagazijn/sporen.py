"""Looks for marked values in everything that a system keeps: each column of each table, each object, each file."""

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
from psycopg2 import sql as names

_EVERY_TABLE = """
    SELECT n.nspname, c.relname, a.attname, a.atttypid::regtype::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname <> 'information_schema'
    ORDER BY 1, 2, a.attnum
"""


def forms(mark: str | bytes) -> set[bytes]:
    """A value as it may stand somewhere: itself, in hexadecimals, and as base64 at each of its three alignments."""
    raw = mark.encode() if isinstance(mark, str) else mark
    out = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + raw)
        # The signs at both ends depend on the neighbours.
        out.add(coded[(0, 2, 3)[shift] : len(coded) // 4 * 4 - 4])
    return {form for form in out if len(form) >= 8}


def _readings(waarde: object) -> Iterator[bytes]:
    """The bytes of a value, and what they are when they are compressed."""
    data = bytes(waarde) if isinstance(waarde, memoryview | bytes) else str(waarde).encode()
    yield data
    if isinstance(waarde, memoryview | bytes):
        for unpack in (gzip.decompress, zlib.decompress, lambda b: zlib.decompress(b, -15)):
            with suppress(Exception):
                yield unpack(data)


def found_in_tables(url: str, marks: Iterable[str | bytes]) -> set[tuple[str, str]]:
    """The columns that have one of these values, as (table.column, value); the tables are those of the catalogue."""
    wanted = {form: mark if isinstance(mark, str) else mark.decode() for mark in marks for form in forms(mark)}
    found = set()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(_EVERY_TABLE)
        columns = cursor.fetchall()
        assert {"zaak", "object", "bericht", "audit", "pg_statistic", "pg_largeobject"} <= {row[1] for row in columns}
        for schema, table, column, sort in columns:
            shown = names.Identifier(column)
            read = shown if sort == "bytea" else names.SQL("{}::text").format(shown)
            place = names.Identifier(schema, table)
            cursor.execute(names.SQL("SELECT {} FROM {} WHERE {} IS NOT NULL").format(read, place, shown))
            data = b"\0".join(reading for (waarde,) in cursor for reading in _readings(waarde))
            found |= {(f"{table}.{column}", mark) for form, mark in wanted.items() if form in data}
    return found


def found_in_files(folder: Path, marks: Iterable[str | bytes]) -> set[tuple[str, str]]:
    """The files of a folder that have one of these values, but for those in which PostgreSQL keeps its pages."""
    wanted = {form: mark if isinstance(mark, str) else mark.decode() for mark in marks for form in forms(mark)}
    found = set()
    for file in folder.rglob("*"):
        if file.is_file() and not {"base", "global", "pg_wal"} & set(file.relative_to(folder).parts):
            data = file.read_bytes()
            found |= {(file.name, mark) for form, mark in wanted.items() if form in data}
    return found

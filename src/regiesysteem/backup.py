"""`regie back-up` and `regie herstel`: the whole database to a file of pg_dump, and back in one transaction.

The programs are those of the embedded PostgreSQL, or else those of the machine. A restore goes as text through psql:
pg_restore itself would set parameters that an older server does not know, and could not drop our own tables only.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from regiesysteem import migrate
from regiesysteem.db import libpq_url
from regiesysteem.embedded import program_directory
from regiesysteem.errors import Reportable, os_reason

_MAGIC: Final = b"PGDMP"
_PREAMBLE: Final = 100  # lines in which pg_restore sets the session
_UNKNOWN: Final = re.compile(rb"SET (transaction_timeout) = ")  # to a server older than 17
_COPY: Final = re.compile(rb"COPY public\.(\w+) \(.*\) FROM stdin;\n")
_REVISION: Final = re.compile(rb"COPY public\.alembic_version .*\n(\w+)\n")
_WAIT_S: Final = 10
_LAST_WORDS: Final = 3
_NAME: Final = 50  # characters that its name has extra while the file is not complete

_OTHERS: Final = text("""
    SELECT application_name FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'regie%'
""")
# Everything of ours in the schema: tables and sequences, routines, and types that are no row of a table.
_DROP: Final = b"""
DO $regie$
DECLARE opdrachten text[]; opdracht text;
BEGIN
    SELECT array_agg(format('DROP %s IF EXISTS %s CASCADE', soort, naam) ORDER BY volgorde) INTO opdrachten FROM (
        SELECT 1 AS volgorde, c.oid::regclass::text AS naam,
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                ELSE 'TABLE' END AS soort
        FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
          AND pg_has_role(relowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND objsubid = 0
              AND deptype IN ('e', 'i', 'a'))
        UNION ALL
        SELECT 2, p.oid::regprocedure::text, 'ROUTINE'
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND pg_has_role(proowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
        UNION ALL
        SELECT 3, t.oid::regtype::text, 'TYPE'
        FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'c', 'd') AND coalesce(c.relkind, 'c') = 'c'
          AND pg_has_role(typowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e')
    ) weg;
    FOREACH opdracht IN ARRAY coalesce(opdrachten, '{}') LOOP EXECUTE opdracht; END LOOP;
END
$regie$;
"""
# A part of a back-up, that of a schema, has no extensions.
_EXTENSION: Final = b"CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;\n"
# The parameters that pg_restore sets for a newer server than this one.
_SET_IF_KNOWN: Final = (
    "DO $regie$ BEGIN PERFORM set_config(name, '0', false) FROM pg_settings WHERE name = '{}'; END $regie$;\n"
)


class BackupError(Reportable):
    """A back-up cannot be made or restored; the text is Dutch. The database is as it was."""

    exit_ = 2


def make(engine: Engine, to: Path) -> None:
    """Write the database to `to`, which appears when it is complete; work may go on meanwhile. Raises BackupError."""
    partial = None
    try:
        # Nobody knows this name beforehand, so a file or link with it is ours.
        descriptor, name = tempfile.mkstemp(prefix=f".{to.name[:_NAME]}.", suffix=".deel", dir=to.parent)
        os.close(descriptor)
        partial = Path(name)
        done = _run("pg_dump", engine.url, "--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        if done.returncode:
            raise BackupError(f"De back-up is niet gemaakt. {_said(done.stderr)}")
        partial.rename(to)
    except OSError as error:
        where = to.parent if partial is None else to
        raise BackupError(f"De back-up is niet gemaakt: {where}: {os_reason(error)}.") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def check_backup(file: Path) -> str:
    """Give the revision of a back-up. Raises BackupError for one that no database could restore."""
    revision = _revision_of(file)
    if migrate.is_of_a_trial(revision):
        raise BackupError(
            f"De back-up is van een proefversie van vóór 0.1.0 ({revision}), en die gaat niet over naar deze versie."
        )
    if not migrate.is_known(revision):
        raise BackupError(
            f"De back-up is van een nieuwere versie van het Regiesysteem ({revision}); zet die eerst klaar."
        )
    return revision


def restore(engine: Engine, file: Path, tell: Callable[[str], object]) -> migrate.Migration:
    """Replace everything in the database by a file of `make` or pg_dump, and migrate it to this release.

    It is one transaction: until its end, and when it fails, the database is as it was. `tell` gets the progress in
    Dutch. Raises BackupError, and MigrationError when the restored tables cannot be migrated.
    """
    revision = check_backup(file)
    with engine.connect() as connection, migrate.lock(connection):
        migrate.check_server(connection)
        _refuse_others(connection, engine)
        tell(f"Back-up van revisie {revision}; wat er stond blijft staan tot alles terug is.")
        _put_back(engine.url, file, tell)
        connection.rollback()
        connection.execute(text("ANALYZE"))
        connection.commit()
    return migrate.migrate(engine)


def _put_back(url: URL, file: Path, tell: Callable[[str], object]) -> None:
    """Feed psql; it commits only when pg_restore said that this was all."""
    with _script(file) as (reader, reader_said), _psql(url) as (psql, psql_said):
        try:
            _feed(psql, reader, tell)
        except BrokenPipeError:
            pass  # psql says why
        else:
            if reader.wait():
                raise BackupError(f"De back-up is niet heel; er is niets veranderd. {_said(reader_said)}")
        if psql.wait():
            raise BackupError(f"De back-up past niet in deze database; er is niets veranderd. {_said(psql_said)}")


def _feed(psql: "subprocess.Popen[bytes]", reader: "subprocess.Popen[bytes]", tell: Callable[[str], object]) -> None:
    if psql.stdin is None or reader.stdout is None:
        raise TypeError("both are pipes")
    with psql.stdin as to:
        to.write(f"BEGIN;\nSET LOCAL client_min_messages = warning;\nSET LOCAL lock_timeout = '{_WAIT_S}s';\n".encode())
        to.write(_DROP)
        to.write(_EXTENSION)
        for line in _for_any_server(reader.stdout):
            if found := _COPY.fullmatch(line):
                tell(f"  {found[1].decode()}")
            to.write(line)
        if reader.wait() == 0:
            to.write(b"COMMIT;\n")


@contextmanager
def _script(file: Path) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    """The back-up as SQL, with only our schema of a database that has more; and the remarks of pg_restore."""
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--schema=public", "--file=-", str(file)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=_environment()) as reader,
    ):
        try:
            yield reader, said
        finally:
            reader.kill()


@contextmanager
def _psql(url: URL) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    """Takes SQL until the first error; without a COMMIT at the end, also when we are killed, nothing changes."""
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--file=-")
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [_program("psql"), *options, *_connection(url)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=_environment(url),
            start_new_session=True,  # we handle a Ctrl-C ourselves
        ) as psql,
    ):
        try:
            yield psql, said
        finally:
            psql.kill()


def _for_any_server(script: IO[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(script):
        if number < _PREAMBLE and (found := _UNKNOWN.match(line)):
            yield _SET_IF_KNOWN.format(found[1].decode()).encode()
        else:
            yield line


def _revision_of(file: Path) -> str:
    """The revision of a back-up. Raises BackupError for a file that is not ours."""
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_MAGIC))
    except OSError as error:
        raise BackupError(f"{file}: {os_reason(error)}.") from error
    if start != _MAGIC:
        raise BackupError(f"{file} is geen back-up van regie back-up, of van pg_dump met --format=custom.")
    read = ["--data-only", "--schema=public", "--table=alembic_version", "--file=-", str(file)]
    done = subprocess.run([_program("pg_restore"), *read], capture_output=True, check=False, env=_environment())
    if done.returncode:
        raise BackupError(f"{file} is niet te lezen. {_said(done.stderr)}")
    found = _REVISION.search(done.stdout)
    if found is None:
        raise BackupError(f"In {file} staat geen database van een Regiesysteem.")
    return found[1].decode()


def _refuse_others(connection: Connection, engine: Engine) -> None:
    latest = time.monotonic() + _WAIT_S / 2  # a session that just ended may still be there
    while others := Counter(connection.execute(_OTHERS).scalars()):
        connection.rollback()
        if time.monotonic() > latest:
            who = ", ".join(f"{name} ({count})" for name, count in sorted(others.items()))
            raise BackupError(
                f"De database {engine.url.database} is nog in gebruik: {who}. Stop elke regie serve en regie worker, "
                "ook op andere machines, en probeer het dan opnieuw."
            )
        time.sleep(0.1)
    connection.rollback()


def _run(program: str, url: URL, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [_program(program), *arguments, *_connection(url)]
    return subprocess.run(command, capture_output=True, check=False, env=_environment(url), stdin=subprocess.DEVNULL)


def _program(name: str) -> str:
    own = program_directory()
    found = shutil.which(name, path=str(own)) if own else None
    found = found or shutil.which(name)
    if found is None:
        raise BackupError(f"Het programma {name} van PostgreSQL is hier niet.")
    return found


def _connection(url: URL) -> tuple[str, str]:
    """The address for libpq; the password is not on the command line, where other users see it."""
    return "--dbname", libpq_url(url._replace(password=None))  # to URL.set a None is no change


def _environment(url: URL | None = None) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name == "PGPASSFILE"}
    return own | ({"PGPASSWORD": str(url.password)} if url is not None and url.password else {})


def _said(errors: bytes | IO[bytes]) -> str:
    """The last words of a program of PostgreSQL, without any row."""
    if not isinstance(errors, bytes):
        errors.seek(0)
        errors = errors.read()
    lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-_LAST_WORDS:])

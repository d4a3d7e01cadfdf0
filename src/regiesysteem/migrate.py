"""Brings a database to the tables of this release, by the alembic revisions in `migrations/`.

Alembic is imported where it is used: it takes a fifth of the start of a process, and most need none of it.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from regiesysteem import config
from regiesysteem.errors import Reportable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_OLDEST = 14
# The revisions from before the first release.
_TRIALS: Final = (
    "0001_inrichting 0002_bericht 0003_zaak 0004_procrastinate 0005_document_inhoud 0006_document 0007_volgorde "
    "0008_slotzender 0009_notificatie 0010_bezorgen 0011_melden 0012_afwijking 0013_relatie_einde 0014_eigen_naam "
    "0015_registratie 0016_document_id 0017_deelzaken"
)
_LOCK = 0x5265676965  # "Regie": the lock of a process that migrates this database


class MigrationError(Reportable, RuntimeError):
    """The database cannot be brought to this release; the text is Dutch."""

    exit_ = 2


@dataclass(frozen=True)
class Migration:
    """The revision that a database had and has; `before` is None for an empty one."""

    before: str | None
    after: str

    @property
    def done(self) -> bool:
        """Tell whether anything changed."""
        return self.before != self.after


def migrate(engine: Engine) -> Migration:
    """Bring the database to the newest revision; of several processes at once one does it and the others wait.

    Raises MigrationError when the database is of a newer release or of a trial, or cannot have our tables.
    """
    with engine.connect() as connection:
        check_server(connection)
        with lock(connection):
            from_ = revisie(connection)
            connection.commit()  # in a transaction of ours alembic would leave the commit to us
            if reason := objection_to_revision(from_):
                raise MigrationError(reason)
            if from_ != head_revision():
                _raise_to(connection)
            to = revisie(connection)
    return Migration(from_, to or "")


@contextmanager
def lock(connection: Connection) -> Iterator[None]:
    """Keep other processes from changing the tables, however long that takes. Afterwards the connection is closed."""
    # Waiting for another process, or changing a large table, may take long.
    connection.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:slot)"), {"slot": _LOCK})
    connection.commit()
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:slot)"), {"slot": _LOCK})
            connection.commit()
            connection.invalidate()  # its settings are not those of our other sessions


def _raise_to(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415

    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if "CREATE EXTENSION" in (error.statement or ""):
            raise MigrationError(
                f"De extensie pg_trgm is niet te maken: {str(error.orig).splitlines()[0]}. Installeer op de server de "
                "contrib-modules van PostgreSQL (op Debian en Ubuntu horen ze erbij), of laat een beheerder in deze "
                "database uitvoeren: CREATE EXTENSION pg_trgm"
            ) from error
        if isinstance(error.orig, InsufficientPrivilege):
            raise MigrationError(_no_right(connection)) from error
        if not isinstance(error, ProgrammingError):
            raise
        raise MigrationError(
            f"De tabellen zijn niet op de stand van deze versie te brengen: {str(error.orig).splitlines()[0]}. "
            "Is een back-up maar half teruggezet? Met regie herstel gaat dat heel of niet."
        ) from error


def objection_to_revision(revision: str | None) -> str:
    """The reason in Dutch that this release cannot migrate from a revision, and the way out; "" when it can."""
    if is_of_a_trial(revision):
        return (
            f"De database is van een proefversie van vóór 0.1.0 (revisie {revision}), en die gaat niet over naar deze "
            "versie. Vraag wat bewaard moet blijven eerst op met de proefversie, en begin dan met een lege database "
            "(REGIE_DATABASE_URL) of een andere map (REGIE_DATA_DIR)."
        )
    if revision is not None and not is_known(revision):
        return (
            f"De database heeft tabellen van een andere versie van het Regiesysteem (revisie {revision}). "
            "Gebruik die versie of een nieuwere, of kies een andere database."
        )
    return ""


def is_known(revisie_: str) -> bool:
    """Tell whether this release can migrate from a revision."""
    from alembic.util import CommandError  # noqa: PLC0415

    try:
        return _revisions().get_revision(revisie_) is not None
    except CommandError:
        return False


def is_of_a_trial(revision: str | None) -> bool:
    """Tell whether a revision is from before the first release: no migration leads from it."""
    return revision in _TRIALS.split()


def check_server(connection: Connection) -> None:
    """Refuse a server that cannot hold our data. Raises MigrationError."""
    question = text(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), "
        "current_setting('transaction_read_only'), current_setting('server_version')"
    )
    number, encoding, only_read, versie = connection.execute(question).one()
    connection.rollback()
    if number < _OLDEST * 10_000:
        raise MigrationError(f"De server is PostgreSQL {versie}; het Regiesysteem vraagt {_OLDEST} of nieuwer.")
    if encoding != "UTF8":
        raise MigrationError(
            f"De database heeft codering {encoding} en kan niet elke naam bewaren. Maak een database met UTF8: "
            "CREATE DATABASE regie ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'"
        )
    if only_read == "on":
        raise MigrationError(
            "De database kan nu alleen gelezen worden (een standby, of default_transaction_read_only). "
            "Wijs met REGIE_DATABASE_URL de server aan waar geschreven kan worden."
        )


def _no_right(connection: Connection) -> str:
    connection.rollback()
    who, database = connection.execute(text("SELECT current_user, current_database()")).one()
    return (
        f"Gebruiker {who} mag in database {database} geen tabellen maken of wijzigen. "
        f'Maak hem eigenaar: ALTER DATABASE "{database}" OWNER TO "{who}"'
    )


def revisie(connection: Connection) -> str | None:
    """Revision of a database, None when it is empty."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def head_revision() -> str:
    """The newest revision of this release."""
    return _revisions().get_current_head() or ""


def _revisions() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    alembic = Config()
    # Alembic reads this value with interpolation: a per cent sign in the path is doubled.
    alembic.set_main_option("script_location", str(config.migrations_directory()).replace("%", "%%"))
    return alembic

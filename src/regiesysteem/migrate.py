"""Brings a database to the tables of this release, by the alembic revisions in `migrations/`."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from regiesysteem import config
from regiesysteem.errors import Meldbaar

_OUDSTE = 14
# The revisions from before the first release.
_TRIALS: Final = (
    "0001_inrichting 0002_bericht 0003_zaak 0004_procrastinate 0005_document_inhoud 0006_document 0007_volgorde "
    "0008_slotzender 0009_notificatie 0010_bezorgen 0011_melden 0012_afwijking 0013_relatie_einde 0014_eigen_naam "
    "0015_registratie 0016_document_id 0017_deelzaken"
)
_SLOT = 0x5265676965  # "Regie": the lock of a process that migrates this database


class MigratieFout(Meldbaar, RuntimeError):
    """The database cannot be brought to this release; the text is Dutch."""

    uitgang = 2


@dataclass(frozen=True)
class Migratie:
    """The revision that a database had and has; `van` is None for an empty one."""

    van: str | None
    naar: str

    @property
    def gedaan(self) -> bool:
        """Tell whether anything changed."""
        return self.van != self.naar


def migreer(engine: Engine) -> Migratie:
    """Bring the database to the newest revision; of several processes at once one does it and the others wait.

    Raises MigratieFout when the database is of a newer release than this one or of a trial, or cannot have our tables.
    """
    with engine.connect() as verbinding:
        controleer_server(verbinding)
        with slot(verbinding):
            van = revisie(verbinding)
            verbinding.commit()  # in a transaction of ours alembic would leave the commit to us
            if is_of_a_trial(van):
                raise MigratieFout(
                    f"De database is van een proefversie van vóór 0.1.0 (revisie {van}), en die gaat niet over naar "
                    "deze versie. Vraag wat bewaard moet blijven eerst op met de proefversie, en begin dan met een "
                    "lege database (REGIE_DATABASE_URL) of een andere map (REGIE_DATA_DIR)."
                )
            if van != hoofdrevisie():
                _voer_op(verbinding)
            naar = revisie(verbinding)
    return Migratie(van, naar or "")


@contextmanager
def slot(verbinding: Connection) -> Iterator[None]:
    """Keep other processes from changing the tables, however long that takes. Afterwards the connection is closed."""
    # Waiting for another process, or changing a large table, may take long.
    verbinding.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
    verbinding.execute(text("SELECT pg_advisory_lock(:slot)"), {"slot": _SLOT})
    verbinding.commit()
    try:
        yield
    finally:
        if not verbinding.invalidated:
            verbinding.rollback()
            verbinding.execute(text("SELECT pg_advisory_unlock(:slot)"), {"slot": _SLOT})
            verbinding.commit()
            verbinding.invalidate()  # its settings are not those of our other sessions


def _voer_op(verbinding: Connection) -> None:
    config = _config()
    config.attributes["connection"] = verbinding
    try:
        command.upgrade(config, "head")
    except CommandError as fout:
        raise MigratieFout(
            f"De database heeft tabellen van een andere versie van het Regiesysteem ({fout}). "
            "Gebruik die versie of een nieuwere, of kies een andere database."
        ) from fout
    except DBAPIError as fout:
        if "CREATE EXTENSION" in (fout.statement or ""):
            raise MigratieFout(
                f"De extensie pg_trgm is niet te maken: {str(fout.orig).splitlines()[0]}. Installeer op de server de "
                "contrib-modules van PostgreSQL (op Debian en Ubuntu horen ze erbij), of laat een beheerder in deze "
                "database uitvoeren: CREATE EXTENSION pg_trgm"
            ) from fout
        if isinstance(fout.orig, InsufficientPrivilege):
            raise MigratieFout(_geen_recht(verbinding)) from fout
        if not isinstance(fout, ProgrammingError):
            raise
        raise MigratieFout(
            f"De tabellen zijn niet op de stand van deze versie te brengen: {str(fout.orig).splitlines()[0]}. "
            "Is een back-up maar half teruggezet? Met regie herstel gaat dat heel of niet."
        ) from fout


def is_bekend(revisie_: str) -> bool:
    """Tell whether this release can migrate from a revision."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revisie_) is not None
    except CommandError:
        return False


def is_of_a_trial(revision: str | None) -> bool:
    """Tell whether a revision is from before the first release: no migration leads from it."""
    return revision in _TRIALS.split()


def controleer_server(verbinding: Connection) -> None:
    """Refuse a server that cannot hold our data. Raises MigratieFout."""
    vraag = text(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), "
        "current_setting('transaction_read_only'), current_setting('server_version')"
    )
    nummer, codering, alleen_lezen, versie = verbinding.execute(vraag).one()
    verbinding.rollback()
    if nummer < _OUDSTE * 10_000:
        raise MigratieFout(f"De server is PostgreSQL {versie}; het Regiesysteem vraagt {_OUDSTE} of nieuwer.")
    if codering != "UTF8":
        raise MigratieFout(
            f"De database heeft codering {codering} en kan niet elke naam bewaren. Maak een database met UTF8: "
            "CREATE DATABASE regie ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'"
        )
    if alleen_lezen == "on":
        raise MigratieFout(
            "De database kan nu alleen gelezen worden (een standby, of default_transaction_read_only). "
            "Wijs met REGIE_DATABASE_URL de server aan waar geschreven kan worden."
        )


def _geen_recht(verbinding: Connection) -> str:
    verbinding.rollback()
    wie, database = verbinding.execute(text("SELECT current_user, current_database()")).one()
    return (
        f"Gebruiker {wie} mag in database {database} geen tabellen maken of wijzigen. "
        f'Maak hem eigenaar: ALTER DATABASE "{database}" OWNER TO "{wie}"'
    )


def revisie(verbinding: Connection) -> str | None:
    """Revision of a database, None when it is empty."""
    return MigrationContext.configure(verbinding).get_current_revision()


@functools.cache
def hoofdrevisie() -> str:
    """The newest revision of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    alembic = Config()
    # Alembic reads this value with interpolation: a per cent sign in the path is doubled.
    alembic.set_main_option("script_location", str(config.migraties_map()).replace("%", "%%"))
    return alembic

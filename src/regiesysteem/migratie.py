"""Bringing a database to the tables that this release knows, by the alembic revisions in `migrations/`."""

import functools
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine

from regiesysteem import paden
from regiesysteem.meldbaar import Meldbaar

_SLOT = 0x5265676965  # "Regie": who migrates this database


class MigratieFout(Meldbaar, RuntimeError):
    """The database cannot be brought to this release; the text is Dutch."""

    uitgang = 2


@dataclass(frozen=True)
class Migratie:
    """Which revision a database had and has; `van` is None for an empty one."""

    van: str | None
    naar: str

    @property
    def gedaan(self) -> bool:
        """Whether anything changed."""
        return self.van != self.naar


def migreer(engine: Engine) -> Migratie:
    """Bring the database to the newest revision; of several processes at once one does it and the others wait.

    Raises MigratieFout when the database is of a newer release than this.
    """
    with engine.connect() as verbinding:
        # Waiting for another, or changing a large table, may take long.
        verbinding.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
        verbinding.execute(text("SELECT pg_advisory_lock(:slot)"), {"slot": _SLOT})
        verbinding.commit()
        try:
            van = revisie(verbinding)
            verbinding.commit()  # in a transaction of ours alembic would leave the commit to us
            config = _config()
            config.attributes["connection"] = verbinding
            if van != hoofdrevisie():
                command.upgrade(config, "head")
            naar = revisie(verbinding)
        except CommandError as fout:
            raise MigratieFout(
                f"De database heeft tabellen van een andere versie van het Regiesysteem ({fout}). "
                "Gebruik die versie of een nieuwere, of kies een andere database."
            ) from fout
        finally:
            verbinding.rollback()
            verbinding.execute(text("SELECT pg_advisory_unlock(:slot)"), {"slot": _SLOT})
            # The session goes back to a pool, and with it these settings.
            verbinding.execute(text("RESET statement_timeout; RESET lock_timeout"))
            verbinding.commit()
    return Migratie(van, naar or "")


def revisie(verbinding: Connection) -> str | None:
    """Revision of a database, None when it is empty."""
    return MigrationContext.configure(verbinding).get_current_revision()


@functools.cache
def hoofdrevisie() -> str:
    """The newest revision of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    # Alembic reads this value with interpolation: a per cent sign in the path is doubled.
    config.set_main_option("script_location", str(paden.migraties_map()).replace("%", "%%"))
    return config

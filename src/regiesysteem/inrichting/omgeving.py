"""What the commands need of their surroundings: the database, and errors as a text."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import typer
from psycopg2.errors import UndefinedTable
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from regiesysteem.config import InstellingFout, laad_instellingen
from regiesysteem.database import maak_engine
from regiesysteem.embedded import PostgresFout, ingebedde_postgres
from regiesysteem.inrichting.actueel import GeenInrichting
from regiesysteem.inrichting.meldingen import InrichtingFout


@contextmanager
def nette_fouten() -> Iterator[None]:
    """End with a text instead of a traceback: 1 for what is wrong with the inrichting, 2 for the surroundings."""
    try:
        yield
    except (InrichtingFout, GeenInrichting) as fout:
        typer.echo(str(fout), err=True)
        raise typer.Exit(1) from None
    except (InstellingFout, PostgresFout) as fout:
        typer.echo(str(fout), err=True)
        raise typer.Exit(2) from None
    except OperationalError as fout:
        typer.echo(f"De database is niet bereikbaar of te druk: {str(fout.orig).strip()}", err=True)
        raise typer.Exit(2) from None
    except ProgrammingError as fout:
        if not isinstance(fout.orig, UndefinedTable):
            raise
        typer.echo("De database heeft nog geen tabellen; maak ze met: regie migreer", err=True)
        raise typer.Exit(2) from None


@contextmanager
def database() -> Iterator[Engine]:
    """The database of the settings: the server of REGIE_DATABASE_URL, or the embedded one for as long as it is used."""
    instellingen = laad_instellingen()
    with ExitStack() as stapel:
        url = instellingen.database_url or stapel.enter_context(ingebedde_postgres(instellingen.data_dir)).url
        engine = maak_engine(url, pool=False, naam="regie inrichting")
        stapel.callback(engine.dispose)
        yield engine

"""`regie inzage`: search the read log, export it, and remove months whose term is over."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final, TypeVar

import orjson
import typer
from sqlalchemy import Engine

from regiesysteem.access.command_looks import keep_command
from regiesysteem.access.inzage import (
    LoggedLook,
    Search,
    count_looks,
    drop_months,
    find_looks,
    logboek_rows,
    person_of_bsn,
)
from regiesysteem.commands import database, read_settings, show_table, tidy_errors, when
from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable
from regiesysteem.stuf.checks import nine_digits

T = TypeVar("T")

_SHOWN: Final = 1000
_NAMED: Final = 3
_STEP: Final = 10_000
_PURPOSE: Final = "urn:regiesysteem:verwerkingsactiviteit:toezicht-op-inzage"


class WrongDay(Reportable):
    """A day that is none; the text is Dutch."""

    exit_ = 2


def inzage(  # noqa: PLR0917 - the options of the command
    bsn: Annotated[str, typer.Option(metavar="N", help="wie keek naar deze persoon; - leest het BSN van stdin")] = "",
    zaak: Annotated[str, typer.Option(metavar="Z", help="wie keek naar deze zaak")] = "",
    wie: Annotated[str, typer.Option(metavar="W", help="wat zag deze applicatie of persoon")] = "",
    van: Annotated[str, typer.Option(metavar="DAG", help="vanaf deze dag, als 2026-01-31")] = "",
    tot: Annotated[str, typer.Option(metavar="DAG", help="tot en met deze dag")] = "",
    json: Annotated[bool, typer.Option("--json", help="een JSON-object per regel")] = False,
    logboek: Annotated[
        bool, typer.Option("--logboek", help="de regels van Logboek Dataverwerkingen, als JSON, zonder wie keek")
    ] = False,
    opruimen: Annotated[
        bool, typer.Option("--opruimen", help="verwijder maanden die ouder zijn dan REGIE_INZAGE_DAGEN")
    ] = False,
) -> None:
    """Zoek in het leeslogboek: wie keek wanneer waarin, en waarvoor. Personen staan er als pseudoniem in.

    Ook deze opdracht komt in het leeslogboek.
    """
    settings = read_settings()
    with tidy_errors(), database(settings) as engine:
        if opruimen:
            gone = drop_months(engine, settings.inzage_dagen)
            typer.echo(f"Verwijderd: {', '.join(gone)}." if gone else "Er was niets op te ruimen.")
            return
        if bsn == "-":
            bsn = sys.stdin.readline().strip()
        if bsn and not nine_digits(bsn):
            raise typer.BadParameter("een BSN heeft negen cijfers", param_hint="--bsn")
        search = Search(
            person_of_bsn(bsn) if bsn else (), zaak.strip(), wie.strip(), _begin_of(van), _begin_of(tot, days=1)
        )
        _show(engine, search, as_json=json, as_logboek=logboek)


def _show(engine: Engine, search: Search, *, as_json: bool, as_logboek: bool) -> None:
    """Show what a search finds, from one snapshot, after the search itself is on record."""
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**snapshot) as reading:
        count = count_looks(reading, search)
        _record(engine, search, count)
        if as_logboek:
            _write_lines(logboek_rows(reading, search))
        elif as_json:
            _write_lines(map(_as_json, find_looks(reading, search)))
        else:
            rows = deque(_progress(find_looks(reading, search)), maxlen=_SHOWN)
            show_table(
                "Inzage",
                *("tijdstip", "wie", "rol", "wat", "doel", "zaken", "personen", "aantal"),
                rows=map(_row, rows),
            )
            if count > _SHOWN:
                typer.echo(f"Dit zijn de laatste {_SHOWN} van {count}; --van, --tot en --json geven de andere.")


def _record(engine: Engine, search: Search, count: int) -> None:
    """Put a look into the log on record, before anything of it is shown."""
    keep_command(engine, "inzage", count, zaken=[search.zaak], sought=search.personen, doel=_PURPOSE)


def _begin_of(day: str, *, days: int = 0) -> datetime | None:
    """The first moment of a day in the Netherlands, or of so many days later; None for no day."""
    if not day:
        return None
    try:
        found = date.fromisoformat(day.strip())
    except ValueError:
        raise WrongDay(f"{day} is geen dag; schrijf hem als 2026-01-31.") from None
    return datetime.combine(found + timedelta(days=days), time(), TIME_ZONE)


def _write_lines(objects: Iterable[dict[str, Any]]) -> None:
    for one in _progress(objects):
        sys.stdout.write(orjson.dumps(one).decode() + "\n")


def _progress(rows: Iterable[T]) -> Iterator[T]:
    for number, row in enumerate(rows, 1):
        if number % _STEP == 0 and sys.stderr.isatty():
            typer.echo(f"{number} regels", err=True)
        yield row


def _as_json(look: LoggedLook) -> dict[str, Any]:
    return {
        "tijdstip": look.tijdstip,
        "wie": look.wie,
        "rol": look.rol,
        "wat": look.wat,
        "doel": look.doel,
        "zaken": look.zaken,
        "personen": look.personen,
        "aantal": look.aantal,
    }


def _row(look: LoggedLook) -> tuple[str, ...]:
    more = len(look.zaken) - _NAMED
    zaken = ", ".join(look.zaken[:_NAMED]) + (f" en {more} andere" if more > 0 else "")
    people, count = str(len(look.personen)), str(look.aantal)
    return when(look.tijdstip), look.wie, look.rol, look.wat, look.doel, zaken, people, count

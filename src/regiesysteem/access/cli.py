"""`regie applicatie`: the senders of the inrichting and the ways in which they prove themselves."""

import sys
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from regiesysteem.access.passwords import Key, PasswordError, check_password, forget_password, set_password
from regiesysteem.commands import database, read_settings, show_table, tidy_errors
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.model import Applicatie

app = typer.Typer(no_args_is_help=True, help="De applicaties die berichten sturen, en hoe zij bewijzen wie ze zijn.")

_MOST: Final = 4096

Naam = Annotated[str, typer.Argument(metavar="NAAM", help="naam van de applicatie in de inrichting")]
Organisatie = Annotated[str | None, typer.Option(help="als meer applicaties zo heten: de organisatie")]
Administratie = Annotated[str | None, typer.Option(help="als meer applicaties zo heten: de administratie")]


class UnknownApplicatie(Reportable):
    """No applicatie, or more than one, has this name; the text is Dutch."""


@app.command()
def lijst() -> None:
    """Toon de applicaties die berichten mogen sturen, en hoe elk bewijst wie zij is."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        inrichting = read_inrichting(connection)
    show_table(
        "Applicaties",
        *("applicatie", "organisatie", "administratie", "bewijs", "diensten"),
        rows=(
            (one.naam, *inrichting.sleutel_of(one)[::2], _ways(inrichting, one), ", ".join(one.diensten))
            for one in inrichting.applicaties
        ),
    )


def _ways(inrichting: Inrichting, applicatie: Applicatie) -> str:
    """The ways in which an applicatie can prove itself."""
    return "wachtwoord" if inrichting.password_of(applicatie) else "geen"


@app.command()
def wachtwoord(
    naam: Naam,
    organisatie: Organisatie = None,
    administratie: Administratie = None,
    weg: Annotated[bool, typer.Option("--weg", help="neem het wachtwoord weg")] = False,
) -> None:
    """Zet het wachtwoord waarmee een applicatie zich bewijst; een server die draait weet het bij het volgende bericht.

    De opdracht vraagt het twee keer. Is de invoer geen terminal, dan leest zij één regel. Het wachtwoord zelf wordt
    nergens bewaard of getoond.
    """
    with tidy_errors(), database(read_settings()) as engine:
        with engine.connect() as connection:
            key = _find(read_inrichting(connection), naam, organisatie, administratie)
        secret = "" if weg else _ask_password(naam)
        with engine.begin() as connection:
            typer.echo(_change(connection, key, secret))


def _change(connection: Connection, key: Key, secret: str) -> str:
    if secret:
        set_password(connection, key, secret)
        return f"{key[1]} bewijst zich voortaan met dit wachtwoord, met {key[1]} als gebruiker."
    gone = forget_password(connection, key)
    return f"{key[1]} heeft geen wachtwoord meer." if gone else f"{key[1]} had geen wachtwoord."


def _ask_password(naam: str) -> str:
    if not sys.stdin.isatty():
        line = sys.stdin.readline(_MOST).rstrip("\r\n")
        check_password(line)
        return line
    first = str(typer.prompt(f"Wachtwoord van {naam}", hide_input=True))
    check_password(first)
    if str(typer.prompt("Nog een keer", hide_input=True)) != first:
        raise PasswordError("De twee keren waren niet gelijk. Er is niets gewijzigd.")
    return first


def _find(inrichting: Inrichting, naam: str, organisatie: str | None, administratie: str | None) -> Key:
    keys = [inrichting.sleutel_of(one) for one in inrichting.applicaties if one.naam == naam]
    keys = [key for key in keys if organisatie in (None, key[0]) and administratie in (None, key[2])]
    if len(keys) == 1:
        return keys[0]
    if not keys:
        known = ", ".join(sorted({one.naam for one in inrichting.applicaties})) or "geen"
        raise UnknownApplicatie(f"De inrichting heeft geen applicatie {naam}. Bekend: {known}.")
    more = "; ".join(f"organisatie {key[0]}, administratie {key[2] or 'leeg'}" for key in keys)
    raise UnknownApplicatie(f"Meer applicaties heten {naam} ({more}). Kies met --organisatie en --administratie.")

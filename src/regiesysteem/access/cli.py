"""`regie applicatie`: the senders of the inrichting and the ways in which they prove themselves."""

import json
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from regiesysteem.access.caller import Caller, grant_of
from regiesysteem.access.certificates import Certificate, CertificateError, read_certificate_file
from regiesysteem.access.command_looks import keep_command
from regiesysteem.access.passwords import (
    Key,
    PasswordError,
    check_password,
    forget_password,
    password_since,
    set_password,
)
from regiesysteem.access.rights import explain_rights
from regiesysteem.commands import database, read_settings, show_table, tidy_errors, when
from regiesysteem.errors import Reportable, os_reason
from regiesysteem.inrichting.check import FREE, RIGHTS, InrichtingError, translate
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.fields import FINGERPRINT, OIN
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.operations import OPERATIONS

app = typer.Typer(no_args_is_help=True, help="De applicaties die berichten sturen, en hoe zij bewijzen wie ze zijn.")

_MOST: Final = 4096

Naam = Annotated[str, typer.Argument(metavar="NAAM", help="naam van de applicatie in de inrichting")]
Organisatie = Annotated[str | None, typer.Option(help="als meer applicaties zo heten: de organisatie")]
Administratie = Annotated[str | None, typer.Option(help="als meer applicaties zo heten: de administratie")]


class UnknownApplicatie(Reportable):
    """No applicatie, or more than one, has this name; the text is Dutch."""


class UnusableFile(Reportable):
    """A file or a question that nothing can be said of; the text is Dutch."""


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


@app.command()
def toon(naam: Naam, organisatie: Organisatie = None, administratie: Administratie = None) -> None:
    """Toon van een applicatie hoe zij bewijst wie zij is, en wat zij mag."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        inrichting = read_inrichting(connection)
        key = _find(inrichting, naam, organisatie, administratie)
        since = password_since(connection, key)
    applicatie = inrichting.applicatie(*key)
    assert applicatie is not None  # noqa: S101 - it was found by this key
    rows = [("organisatie", key[0]), ("naam", key[1]), ("administratie", key[2] or "elke")]
    rows += [("wachtwoord", f"gezet op {when(since)}" if since else "geen")]
    rows += [("certificaat", way) for way in applicatie.certificaat]
    if inrichting.regels.autorisatie == "open":
        rows += [("toegang", "autorisatie is open: niemand hoeft iets te bewijzen, iedereen mag alles")]
    elif not inrichting.has_credential(applicatie):
        rows += [("toegang", "geen bewijs: komt alleen binnen waar alleen deze machine bij kan")]
    rows += [("diensten", ", ".join(applicatie.diensten)), *_rights(applicatie)]
    show_table(f"Applicatie {naam}", "sleutel", "waarde", rows=rows)


def _rights(applicatie: Applicatie) -> Iterator[tuple[str, str]]:
    """The keys of the inrichting that narrow what an applicatie may, as a file has them."""
    for sleutel in RIGHTS:
        value = getattr(applicatie, sleutel)
        if value != FREE[sleutel]:
            yield sleutel, "true" if value is True else value if isinstance(value, str) else ", ".join(value)


@app.command()
def nieuw(
    naam: Annotated[str, typer.Argument(metavar="NAAM", help="StUF:applicatie, zoals het systeem zichzelf noemt")],
    organisatie: Annotated[str, typer.Option(help="StUF:organisatie; leeg: de gemeentecode")] = "",
    administratie: Annotated[str, typer.Option(help="StUF:administratie; leeg: elke")] = "",
    dienst: Annotated[list[str] | None, typer.Option(help="een operatie die zij mag aanroepen; mag vaker")] = None,
    certificaat: Annotated[Path | None, typer.Option(help="bestand met haar clientcertificaat")] = None,
) -> None:
    """Toon het blok voor de inrichting van een nieuwe applicatie, en wat daarna te doen is. Wijzigt niets."""
    keys: dict[str, Any] = {"naam": naam, "organisatie": organisatie or None, "administratie": administratie or None}
    keys["diensten"] = dienst or ["*"]
    with tidy_errors():
        # The narrowest way only: each way is enough by itself, and an OIN is that of a whole organisatie.
        keys["certificaat"] = _ways_of(_read_file(certificaat))[:1] if certificaat else None
        keys = {sleutel: value for sleutel, value in keys.items() if value is not None}
        _check(keys)
    typer.echo("# Zet dit in uw inrichting:\n\n[[applicatie]]")
    for sleutel, value in keys.items():
        typer.echo(f"{sleutel} = {json.dumps(value, ensure_ascii=False)}")
    if certificaat:
        typer.echo("# Alleen dit ene certificaat; regie applicatie certificaat BESTAND toont de ruimere manieren.")
    typer.echo("\n# Doe daarna:\n#   regie inrichting laad BESTAND")
    check = "toets --applicatie" if certificaat else "wachtwoord"
    typer.echo(f"#   regie applicatie {check} {shlex.quote(naam)}")


def _check(keys: dict[str, Any]) -> None:
    """Raise InrichtingError for keys that the inrichting would refuse."""
    try:
        TypeAdapter(Applicatie).validate_python(keys)
    except ValidationError as error:
        raise InrichtingError("applicatie", map(translate, error.errors())) from None


@app.command()
def certificaat(bestand: Annotated[Path, typer.Argument(metavar="BESTAND", help="certificaat, PEM of DER")]) -> None:
    """Toon van een clientcertificaat wie het noemt, tot wanneer, en de regels voor certificaat = [...]."""
    with tidy_errors():
        found = _read_file(bestand)
    valid = "" if found.is_valid_at(datetime.now(UTC)) else "  LET OP: nu niet geldig"
    typer.echo(f"Subject   {found.name}")
    typer.echo(f"OIN       {found.oin or 'geen'}")
    typer.echo(f"Geldig    {when(found.since)} tot {when(found.until)}{valid}")
    typer.echo("\nKies een of meer van deze regels voor certificaat = [...] van de applicatie in de inrichting:")
    for way in _ways_of(found):
        typer.echo(f"    {json.dumps(way, ensure_ascii=False)},")


def _read_file(path: Path) -> Certificate:
    try:
        return read_certificate_file(path.read_bytes())
    except OSError as error:
        raise UnusableFile(f"{path} is niet te lezen ({os_reason(error)}).") from None
    except CertificateError as error:
        raise UnusableFile(f"{path}: {error}.") from None


def _ways_of(found: Certificate) -> list[str]:
    """The values of `certificaat` that name a certificate, the narrowest first."""
    ways = [f"{FINGERPRINT}{found.fingerprint}"]
    names = [value for oid, value in found.subject if oid == NameOID.COMMON_NAME.dotted_string]
    if len(names) == 1:
        ways.append(x509.NameAttribute(NameOID.COMMON_NAME, names[0]).rfc4514_string())
    return [*ways, *([f"{OIN}{found.oin}"] if found.oin else [])]


@app.command()
def toets(
    *,
    applicatie: Annotated[
        str | None, typer.Option(metavar="NAAM", help="of zij het mag, als zij haar naam bewijst")
    ] = None,
    organisatie: Organisatie = None,
    administratie: Administratie = None,
    certificaat: Annotated[Path | None, typer.Option(help="bestand: wie is wie dit certificaat toont")] = None,
    dienst: Annotated[str, typer.Option(help="of de operatie mag, zoals zakLv01")] = "",
    zaak: Annotated[str, typer.Option(help="en op deze zaak: haar zaakidentificatie")] = "",
) -> None:
    """Zeg wie een aanroeper zou zijn, of hij een operatie (op een zaak) mag, en door welke regel. Verstuurt niets.

    Eindcode 0 als het mag, 1 als het niet mag.
    """
    with tidy_errors(), database(read_settings()) as engine:
        if (applicatie is None) == (certificaat is None):
            raise UnusableFile("Noem een van de twee: --applicatie NAAM of --certificaat BESTAND.")
        if dienst and dienst not in OPERATIONS:
            raise UnusableFile(f"Er is geen operatie {dienst}. Wel: {', '.join(OPERATIONS)}.")
        if zaak and not dienst:
            raise UnusableFile("Noem bij --zaak ook de operatie, met --dienst.")
        with engine.connect() as connection:
            inrichting = read_inrichting(connection)
            shown = _read_file(certificaat) if certificaat else None
            named = _named(inrichting, shown) if shown else None
            found = named or [_found(inrichting, applicatie or "", organisatie, administratie)]
            if zaak:
                keep_command(engine, "applicatie toets", 1, zaken=[zaak])
            allowed = [_explain(connection, inrichting, one, shown, dienst, zaak) for one in found]
    raise typer.Exit(0 if any(allowed) else 1)


def _named(inrichting: Inrichting, shown: Certificate) -> list[Applicatie]:
    """The applicaties of a certificate. Raises UnusableFile when it proves nobody."""
    if not shown.is_valid_at(datetime.now(UTC)):
        raise UnusableFile(f"Nee: het certificaat is geldig van {when(shown.since)} tot {when(shown.until)}.")
    if named := [one for one in inrichting.applicaties if any(map(shown.answers_to, one.certificaat))]:
        return named
    raise UnusableFile("Nee: certificaat van geen enkele [[applicatie]] noemt dit certificaat.")


def _explain(  # noqa: PLR0917 - in the order of the command
    connection: Connection, inrichting: Inrichting, one: Applicatie, shown: Certificate | None, dienst: str, zaak: str
) -> bool:
    """Say who a caller is, and whether it may call an operation, with each rule."""
    key = " / ".join(part or "elke" for part in inrichting.sleutel_of(one))
    by = next((way for way in one.certificaat if shown and shown.answers_to(way)), "")
    typer.echo(f"Aanroeper  {key}{f', door certificaat {by}' if by else ''}")
    if inrichting.regels.autorisatie == "open":
        typer.echo("Bewijs     niet nodig: autorisatie is open")
    else:
        typer.echo(f"Bewijs     {_ways(inrichting, one)}")
    if not dienst:
        return True
    caller = Caller(Systeem(*inrichting.sleutel_of(one)), one, grant=grant_of(inrichting, one))
    rules = explain_rights(connection, inrichting, caller, dienst, zaak)
    for rule in rules:
        typer.echo(f"{'ja' if rule.allows else 'nee':<10} {rule.zin}")
    return all(rule.allows for rule in rules)


def _ways(inrichting: Inrichting, applicatie: Applicatie) -> str:
    """The ways in which an applicatie can prove itself."""
    password = ("wachtwoord",) if inrichting.password_of(applicatie) else ()
    return ", ".join((*password, *applicatie.certificaat)) or "geen"


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
    return inrichting.sleutel_of(_found(inrichting, naam, organisatie, administratie))


def _found(inrichting: Inrichting, naam: str, organisatie: str | None, administratie: str | None) -> Applicatie:
    """The one applicatie with this name. Raises UnknownApplicatie."""
    named = [one for one in inrichting.applicaties if one.naam == naam]
    found = [one for one in named if organisatie in (None, inrichting.sleutel_of(one)[0])]
    found = [one for one in found if administratie in (None, one.administratie)]
    if len(found) == 1:
        return found[0]
    if not found:
        known = ", ".join(sorted({one.naam for one in inrichting.applicaties})) or "geen"
        raise UnknownApplicatie(f"De inrichting heeft geen applicatie {naam}. Bekend: {known}.")
    keys = map(inrichting.sleutel_of, found)
    more = "; ".join(f"organisatie {key[0]}, administratie {key[2] or 'leeg'}" for key in keys)
    raise UnknownApplicatie(f"Meer applicaties heten {naam} ({more}). Kies met --organisatie en --administratie.")

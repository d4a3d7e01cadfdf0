"""Accounts of people, and the links that log a person in once. The command and the page use the same functions."""

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from regiesysteem.access.people.roles import ROLES
from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import NoInrichting, read_inrichting
from regiesysteem.logging_ import logger

LINK_VALID: Final = timedelta(minutes=30)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_LONGEST: Final = 200

_NEW: Final = Sql("""
    INSERT INTO account (naam, volledige_naam, rollen, medewerker, team)
    VALUES (:naam, :volledige_naam, :rollen, :medewerker, :team) RETURNING id
""")
_FIND: Final = Sql("SELECT id FROM account WHERE naam = :naam")
_MAY: Final = Sql("SELECT id FROM account WHERE naam = :naam AND NOT geblokkeerd AND uitgever IS NULL")
_READ: Final = """
    SELECT id, naam, volledige_naam, rollen, medewerker, team, geblokkeerd, ingelogd_op,
           wachtwoord IS NOT NULL AS met_wachtwoord, factor IS NOT NULL AS met_factor,
           coalesce(uitgever, '') AS uitgever
    FROM account
"""
_LIST: Final = Sql(f"{_READ} WHERE naam > :na ORDER BY naam LIMIT :hoogstens")
_ONE: Final = Sql(f"{_READ} WHERE id = :id")
_CHANGE: Final = Sql("""
    UPDATE account SET volledige_naam = :volledige_naam, rollen = :rollen, medewerker = :medewerker, team = :team,
        versie = versie + 1
    WHERE id = :id
""")
_BLOCK: Final = Sql("""
    -- blocks an account, or lets it in again; its sessions and links end
    WITH links AS (DELETE FROM inlog_link WHERE account_id = :id)
    UPDATE account SET geblokkeerd = :geblokkeerd, versie = versie + 1 WHERE id = :id AND geblokkeerd <> :geblokkeerd
""")
_REGISSEURS: Final = Sql("""
    SELECT medewerker, volledige_naam FROM account
    WHERE team = :team AND team <> '' AND medewerker <> '' AND 'regisseur' = ANY(rollen) AND NOT geblokkeerd
    ORDER BY volledige_naam, medewerker
""")
_ANY_PASSWORD: Final = Sql("SELECT EXISTS (SELECT FROM account WHERE wachtwoord IS NOT NULL)")
_NEW_LINK: Final = Sql("""
    INSERT INTO inlog_link (sleutel, account_id, naar, verloopt_op) VALUES (:sleutel, :account, :naar, :verloopt_op)
""")
_SEE_LINK: Final = Sql("""
    SELECT a.naam, a.uitgever IS NULL AS eigen, a.wachtwoord IS NOT NULL AS met_wachtwoord
    FROM inlog_link l JOIN account a ON a.id = l.account_id
    WHERE l.sleutel = :sleutel AND l.gebruikt_op IS NULL AND l.verloopt_op > now() AND NOT a.geblokkeerd
""")
_USE_LINK: Final = Sql("""
    UPDATE inlog_link SET gebruikt_op = now()
    WHERE sleutel = :sleutel AND gebruikt_op IS NULL AND verloopt_op > now() RETURNING account_id, naar
""")


class AccountError(Reportable):
    """An account that cannot be made or used; the text (Dutch) says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the beheerder sees it.

    ``uitgever`` is the OpenID provider where the person logs in, "" for an account of our own. ``met_factor`` means
    that there is a second factor.
    """

    id: int
    naam: str
    volledige_naam: str
    rollen: tuple[str, ...]
    medewerker: str
    team: str
    geblokkeerd: bool
    ingelogd_op: datetime | None
    met_wachtwoord: bool
    met_factor: bool
    uitgever: str


def new_account(  # noqa: PLR0917 - a row, as it is told
    connection: Connection,
    naam: str,
    rollen: Sequence[str],
    volledige_naam: str = "",
    medewerker: str = "",
    team: str = "",
) -> int:
    """Make an account and give its id. Raises AccountError for a role that is none, or a name that is taken."""
    if not _NAME.fullmatch(naam):
        raise AccountError("De naam bestaat uit letters, cijfers en . _ @ + -, zonder spaties, en is niet te lang.")
    row = _checked(connection, rollen, volledige_naam or naam, medewerker, team)
    try:
        with connection.begin_nested():
            number: int = _NEW.run(connection, row | {"naam": naam}).scalar_one()
    except IntegrityError:
        raise AccountError(f"Er is al een account {naam}.") from None
    logger().info("account_gemaakt", account=naam, rollen=list(rollen))
    return number


def change_account(  # noqa: PLR0917 - a row, as it is told
    connection: Connection,
    account: Account,
    rollen: Sequence[str],
    volledige_naam: str,
    medewerker: str,
    team: str,
) -> None:
    """Give an account other roles or values; its sessions end. Raises AccountError.

    The roles of who comes from a provider are those of his groups, and change there.
    """
    if account.uitgever and set(rollen) != set(account.rollen):
        raise AccountError(f"De rollen van {account.naam} volgen uit de groepen bij {account.uitgever}.")
    row = _checked(connection, rollen, volledige_naam or account.naam, medewerker, team, own=not account.uitgever)
    _CHANGE.run(connection, row | {"id": account.id})
    logger().info("account_gewijzigd", account=account.naam, rollen=list(rollen))


def block(connection: Connection, account: Account, *, blocked: bool) -> None:
    """Block an account, which ends its sessions and links, or let it in again. Raises AccountError when it is so."""
    if not _BLOCK.run(connection, {"id": account.id, "geblokkeerd": blocked}).rowcount:
        raise AccountError(f"Account {account.naam} is {'al' if blocked else 'niet'} geblokkeerd.")
    logger().info("account_geblokkeerd" if blocked else "account_gedeblokkeerd", account=account.naam)


def list_accounts(connection: Connection, na: str = "", hoogstens: int = 100) -> list[Account]:
    """The accounts, by name, that come after `na`."""
    return [_account(row) for row in _LIST.run(connection, {"na": na, "hoogstens": hoogstens})]


def account_of(connection: Connection, number: int) -> Account | None:
    """An account by its id."""
    row = _ONE.run(connection, {"id": number}).one_or_none()
    return _account(row) if row else None


def account_named(connection: Connection, naam: str) -> int:
    """The id of an account that may log in with a link. Raises AccountError when there is none."""
    found: int | None = _MAY.run(connection, {"naam": naam}).scalar_one_or_none()
    if found is None:
        raise AccountError(f"Er is geen account {naam} dat met een link inlogt.")
    return found


def find_account(connection: Connection, naam: str) -> Account:
    """An account by its name, blocked or not. Raises AccountError when there is none."""
    number: int | None = _FIND.run(connection, {"naam": naam}).scalar_one_or_none()
    found = None if number is None else account_of(connection, number)
    if found is None:
        raise AccountError(f"Er is geen account {naam}.")
    return found


def any_password(connection: Connection) -> bool:
    """Tell whether anybody logs in with a password."""
    return bool(_ANY_PASSWORD.run(connection).scalar_one())


def role_names(connection: Connection) -> Collection[str]:
    """The names of the roles that there are: those of the inrichting, in its order."""
    try:
        return tuple(read_inrichting(connection).rollen)
    except NoInrichting:
        return tuple(ROLES)


def _checked(  # noqa: PLR0917 - a row, as it is told
    connection: Connection, rollen: Sequence[str], volledige_naam: str, medewerker: str, team: str, own: bool = True
) -> dict[str, object]:
    known = role_names(connection)
    if own and not rollen:
        raise AccountError(f"Kies een rol: {', '.join(known)}.")
    if own and (unknown := [rol for rol in rollen if rol not in known]):
        raise AccountError(f"Er is geen rol {unknown[0]}; kies uit {', '.join(known)}.")
    for value in (volledige_naam, medewerker, team):
        if len(value) > _LONGEST or not value.isprintable():
            raise AccountError(f"Een naam of identificatie is te lang (meer dan {_LONGEST} tekens) of niet te lezen.")
    return {
        "volledige_naam": volledige_naam,
        "rollen": list(dict.fromkeys(rollen)),
        "medewerker": medewerker,
        "team": team,
    }


def _account(row: object) -> Account:
    values = {name: getattr(row, name) for name in Account.__slots__}
    return Account(**values | {"rollen": tuple(values["rollen"])})


def regisseurs_of_team(connection: Connection, team: str) -> dict[str, str]:
    """The medewerkers of a team who can be regisseur, with their names; none for no team."""
    rows = _REGISSEURS.run(connection, {"team": team})
    return {row.medewerker: row.volledige_naam for row in rows}


def new_link(connection: Connection, account: int, naar: str = "") -> str:
    """Make a link that logs an account in once, within half an hour, and give the path of it; only its hash is kept.

    `naar` is the path of the page that it opens.
    """
    token = secrets.token_urlsafe(32)
    row = {"sleutel": digest(token), "account": account, "naar": naar, "verloopt_op": datetime.now(UTC) + LINK_VALID}
    _NEW_LINK.run(connection, row)
    return f"/inloggen/{token}"


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """Whom a link logs in: `eigen` is an account with a password of our own, ``met_wachtwoord`` that it has one."""

    naam: str
    eigen: bool
    met_wachtwoord: bool


def see_link(connection: Connection, token: str) -> LinkOwner | None:
    """Whom a link would log in, without using it up; None when it is not valid (any more)."""
    row = _SEE_LINK.run(connection, {"sleutel": digest(token)}).one_or_none()
    return None if row is None else LinkOwner(row.naam, row.eigen, row.met_wachtwoord)


def use_link(connection: Connection, token: str) -> tuple[int, str] | None:
    """Use a link up: the account that it logs in, and the page that it opens; None when it is not valid (any more)."""
    row = _USE_LINK.run(connection, {"sleutel": digest(token)}).one_or_none()
    return None if row is None else (row.account_id, row.naar)


def digest(token: str) -> bytes:
    """The form in which a token is kept."""
    return hashlib.sha256(token.encode()).digest()

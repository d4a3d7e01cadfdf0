"""Accounts of people, and the links that log a person in once."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from regiesysteem.access.people.roles import ROLES
from regiesysteem.db import Sql
from regiesysteem.errors import Reportable

LINK_VALID: Final = timedelta(minutes=30)

_NEW: Final = Sql("""
    INSERT INTO account (naam, volledige_naam, rollen, medewerker, team)
    VALUES (:naam, :volledige_naam, :rollen, :medewerker, :team) RETURNING id
""")
_FIND: Final = Sql("SELECT id FROM account WHERE naam = :naam AND NOT geblokkeerd")
_NEW_LINK: Final = Sql("""
    INSERT INTO inlog_link (sleutel, account_id, naar, verloopt_op) VALUES (:sleutel, :account, :naar, :verloopt_op)
""")
_USE_LINK: Final = Sql("""
    UPDATE inlog_link SET gebruikt_op = now()
    WHERE sleutel = :sleutel AND gebruikt_op IS NULL AND verloopt_op > now() RETURNING account_id, naar
""")


class AccountError(Reportable):
    """An account that cannot be made or used; the text (Dutch) says why."""


def new_account(  # noqa: PLR0917 - a row, as it is told
    connection: Connection,
    naam: str,
    rollen: tuple[str, ...],
    volledige_naam: str = "",
    medewerker: str = "",
    team: str = "",
) -> int:
    """Make an account and give its id. Raises AccountError for a role that is none, or a name that is taken."""
    if unknown := [rol for rol in rollen if rol not in ROLES]:
        raise AccountError(f"Er is geen rol {unknown[0]}; kies uit {', '.join(ROLES)}.")
    row = {
        "naam": naam,
        "volledige_naam": volledige_naam or naam,
        "rollen": list(rollen),
        "medewerker": medewerker,
        "team": team,
    }
    try:
        with connection.begin_nested():
            number: int = _NEW.run(connection, row).scalar_one()
    except IntegrityError:
        raise AccountError(f"Er is al een account {naam}.") from None
    return number


def account_named(connection: Connection, naam: str) -> int:
    """The id of an account that may log in. Raises AccountError when there is none."""
    found: int | None = _FIND.run(connection, {"naam": naam}).scalar_one_or_none()
    if found is None:
        raise AccountError(f"Er is geen account {naam}.")
    return found


def new_link(connection: Connection, account: int, naar: str = "") -> str:
    """Make a link that logs an account in once, within half an hour, and give the path of it; only its hash is kept.

    `naar` is the path of the page that it opens.
    """
    token = secrets.token_urlsafe(32)
    row = {"sleutel": digest(token), "account": account, "naar": naar, "verloopt_op": datetime.now(UTC) + LINK_VALID}
    _NEW_LINK.run(connection, row)
    return f"/inloggen/{token}"


def use_link(connection: Connection, token: str) -> tuple[int, str] | None:
    """Use a link up: the account that it logs in, and the page that it opens; None when it is not valid (any more)."""
    row = _USE_LINK.run(connection, {"sleutel": digest(token)}).one_or_none()
    return None if row is None else (row.account_id, row.naar)


def digest(token: str) -> bytes:
    """The form in which a token is kept."""
    return hashlib.sha256(token.encode()).digest()

"""Sessions of people who are logged in: in the database, so that any process knows them and any change ends them."""

import secrets
from datetime import timedelta
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection

from regiesysteem.access.people.accounts import digest
from regiesysteem.access.people.roles import Person
from regiesysteem.db import Sql

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=10)

_START: Final = Sql("""
    -- starts a session in the first role of an account
    WITH wie AS (
        UPDATE account SET ingelogd_op = now() WHERE id = :account AND NOT geblokkeerd AND rollen <> '{}'
        RETURNING id, versie, rollen
    )
    INSERT INTO sessie (sleutel, account_id, versie, rol) SELECT :sleutel, id, versie, rollen[1] FROM wie
""")
_SWITCH: Final = Sql("""
    -- puts a session in another role of the same account, under another token; it ends when it would have ended
    UPDATE sessie s SET sleutel = :nieuw, rol = CAST(:rol AS text), gegevens = '{}'
    FROM account a
    WHERE s.sleutel = :sleutel AND a.id = s.account_id AND CAST(:rol AS text) = ANY(a.rollen) AND a.versie = s.versie
""")
# The moment of use is written at most once a minute: reading a page should not be a write for each image of it.
_FIND: Final = Sql("""
    WITH gezien AS (
        UPDATE sessie SET laatst_op = now() WHERE sleutel = :sleutel
          AND laatst_op BETWEEN now() - CAST(:idle AS interval) AND now() - interval '1 minute'
    )
    SELECT s.account_id, a.naam, a.volledige_naam, s.rol, a.rollen, a.medewerker, a.team, s.gegevens
    FROM sessie s JOIN account a ON a.id = s.account_id
    WHERE s.sleutel = :sleutel AND s.versie = a.versie AND NOT a.geblokkeerd AND s.rol = ANY(a.rollen)
      AND s.laatst_op > now() - CAST(:idle AS interval) AND s.gemaakt_op > now() - CAST(:longest AS interval)
""")
_KEEP: Final = Sql("UPDATE sessie SET gegevens = CAST(:gegevens AS jsonb) WHERE sleutel = :sleutel")
_END: Final = Sql("DELETE FROM sessie WHERE sleutel = :sleutel")
_CLEAN: Final = Sql("""
    WITH links AS (DELETE FROM inlog_link WHERE verloopt_op < now())
    DELETE FROM sessie
    WHERE laatst_op < now() - CAST(:idle AS interval) OR gemaakt_op < now() - CAST(:longest AS interval)
""")
_LIMITS: Final = {"idle": IDLE, "longest": LONGEST}


class Session(NamedTuple):
    """A session that is valid: the person, and what the pages keep of it."""

    person: Person
    gegevens: dict[str, Any]


def start_session(connection: Connection, account: int) -> str | None:
    """Log an account in, in the first of its roles, and give the token of the session; None for one that may not."""
    token = secrets.token_urlsafe(32)
    started = _START.run(connection, {"sleutel": digest(token), "account": account}).rowcount
    return token if started else None


def switch_role(connection: Connection, token: str, rol: str) -> str | None:
    """Go on in another role and give the new token; None for a role that is not his. The old token is over."""
    new = secrets.token_urlsafe(32)
    switched = _SWITCH.run(connection, {"sleutel": digest(token), "nieuw": digest(new), "rol": rol}).rowcount
    return new if switched else None


def find_session(connection: Connection, token: str) -> Session | None:
    """Find a valid session; None for one that ended, by time, by logging out, or because the account changed."""
    row = _FIND.run(connection, {"sleutel": digest(token), **_LIMITS}).one_or_none()
    if row is None:
        return None
    person = Person(row.account_id, row.naam, row.volledige_naam, row.rol, tuple(row.rollen), row.medewerker, row.team)
    return Session(person, row.gegevens)


def keep_session(connection: Connection, token: str, gegevens: dict[str, Any]) -> None:
    """Keep what the pages want to know at the next request."""
    _KEEP.run(connection, {"sleutel": digest(token), "gegevens": orjson.dumps(gegevens).decode()})


def end_session(connection: Connection, token: str) -> None:
    """End a session."""
    _END.run(connection, {"sleutel": digest(token)})


def clean_sessions(connection: Connection) -> int:
    """Delete the sessions and links that are over, and tell how many sessions."""
    return _CLEAN.run(connection, _LIMITS).rowcount

"""Accounts of people who log in at an OpenID provider: made and brought up to date at each login.

A person is who the provider says (iss and sub) and nobody else: a name or an address of mail may pass to another.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.people.roles import roles_of_groups
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Oidc
from regiesysteem.logging_ import logger

_LONGEST: Final = 200
_MOST_GROUPS: Final = 1000

_UPDATE: Final = Sql("""
    -- the account of a person at a provider, as his token says; sessions with other rights end
    UPDATE account SET volledige_naam = :volledige_naam, rollen = :rollen,
        medewerker = CASE WHEN :met_medewerker THEN :medewerker ELSE medewerker END,
        versie = versie + CASE WHEN rollen <> CAST(:rollen AS text[])
                                 OR (:met_medewerker AND medewerker <> :medewerker) THEN 1 ELSE 0 END
    WHERE uitgever = :uitgever AND onderwerp = :onderwerp RETURNING id, geblokkeerd
""")
_NEW: Final = Sql("""
    INSERT INTO account (naam, volledige_naam, rollen, medewerker, uitgever, onderwerp)
    VALUES (:naam, :volledige_naam, :rollen, :medewerker, :uitgever, :onderwerp)
    ON CONFLICT DO NOTHING RETURNING id
""")


def provided_account(
    connection: Connection, inrichting: Inrichting, provider: Oidc, claims: Mapping[str, Any], medewerker_claim: str
) -> int | None:
    """The account of the person of a verified token; None for one who is blocked or in no role.

    ``claims`` has at least ``sub``. Who lost his groups loses his roles, and his sessions end.
    """
    rollen = roles_of_groups(inrichting, _groups(claims.get(provider.groepen_claim)))
    subject = str(claims["sub"])
    login = _text(claims.get("preferred_username")) or subject
    values = {
        "uitgever": provider.uitgever,
        "onderwerp": subject,
        "volledige_naam": _text(claims.get(provider.naam_claim)) or login,
        "rollen": list(rollen),
        "medewerker": _text(claims.get(medewerker_claim)) if medewerker_claim else "",
        "met_medewerker": bool(medewerker_claim),
    }
    row = _UPDATE.run(connection, values).one_or_none()
    if row is not None:
        return None if row.geblokkeerd or not rollen else int(row.id)
    if not rollen:
        return None
    del values["met_medewerker"]
    for naam in (login, f"{login} ({provider.naam})", f"{subject} ({provider.naam})"):
        found: int | None = _NEW.run(connection, values | {"naam": naam}).scalar_one_or_none()
        if found is not None:
            logger().info("account_gemaakt", account=naam, rollen=list(rollen), aanbieder=provider.naam)
            return found
    return None


def _groups(value: object) -> tuple[str, ...]:
    """The groups of a claim: a list of names, or one name."""
    found = value if isinstance(value, list) else [value]
    return tuple(one for one in found[:_MOST_GROUPS] if isinstance(one, str))


def _text(value: object) -> str:
    """A text of a claim that fits in an account, "" for another value."""
    good = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    return str(value).strip() if good else ""

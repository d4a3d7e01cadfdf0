"""Links for whoever just started the system on his own machine: the first beheerder, and three people of a demo."""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.access.people.accounts import AccountError, account_named, find_account, new_account, new_link
from regiesysteem.db import Sql

_FIRST: Final = "beheerder"
_TEAM: Final = "wijkteam-demo"
_ANY: Final = Sql("SELECT EXISTS (SELECT FROM account WHERE 'beheerder' = ANY(rollen) AND ingelogd_op IS NOT NULL)")
_REGISSEUR: Final = Sql("""
    -- the medewerker who is regisseur of a gezinsplan (RZS 3.2: its initiator)
    SELECT coalesce((
        SELECT o.identificatie FROM zaak_relatie r JOIN object o ON o.id = r.object_id
        WHERE r.zaak_id = z.id AND r.relatie = 'heeftAlsInitiator' AND regie_geldt(r.beeindigd)
          AND o.entiteittype = 'MDW' ORDER BY r.id DESC LIMIT 1
    ), '')
    FROM zaak z WHERE z.identificatie = :zaaknummer
""")
_PUT: Final = Sql("""
    UPDATE account SET medewerker = :medewerker, team = :team, versie = versie + 1
    WHERE naam = :naam AND (medewerker, team) <> (:medewerker, :team)
""")


class PersonLink(NamedTuple):
    """Somebody, in words, and the path of the link that logs him in once."""

    who: str
    path: str


def first_beheerder(connection: Connection) -> str:
    """The path of a link that makes the first beheerder; "" once one was logged in.

    Only for the own machine: who can see this text can reach the database too.
    """
    if _ANY.run(connection).scalar_one():
        return ""
    return new_link(connection, _account_for(connection, _FIRST, "beheerder", "Functioneel beheerder"))


def demo_links(connection: Connection, zaaknummer: str) -> list[PersonLink]:
    """Links for the regisseur of a plan, somebody of her wijkteam, and a beheerder. Raises AccountError.

    The first two open the plan. Only for the own machine.
    """
    regisseur: str | None = _REGISSEUR.run(connection, {"zaaknummer": zaaknummer}).scalar_one_or_none()
    if regisseur is None:
        raise AccountError(f"Er is geen plan {zaaknummer}.")
    plan = f"/plannen/{zaaknummer}"
    people = (
        ("de regisseur", "demo-regisseur", "regisseur", "Demo Regisseur", regisseur, _TEAM, plan),
        ("iemand van het wijkteam", "demo-wijkteam", "teamlid", "Demo Wijkteam", "", _TEAM, plan),
        ("de beheerder", "demo-beheerder", "beheerder", "Demo Beheerder", "", "", ""),
    )
    links = []
    for who, naam, rol, volledige_naam, medewerker, team, naar in people:
        number = _account_for(connection, naam, rol, volledige_naam)
        _PUT.run(connection, {"naam": naam, "medewerker": medewerker, "team": team})
        links.append(PersonLink(who, new_link(connection, number, naar)))
    return links


def _account_for(connection: Connection, naam: str, rol: str, volledige_naam: str) -> int:
    """The account with this name, which is made when it is not there. Raises AccountError when it may not log in."""
    try:
        find_account(connection, naam)
    except AccountError:
        return new_account(connection, naam, (rol,), volledige_naam)
    return account_named(connection, naam)

"""Each role, each page, each relation to a plan: what the table of rights does not give is not there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.access.people.relation import relation_to
from regiesysteem.access.people.roles import ROLES, Person, Relation, Right, in_role, roles_of_groups
from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.web.routes import ROUTES

REGISSEUR, COLLEAGUE, WORKER, STRANGER = "1001", "1002", "1003", "1004"
NOORD, ZUID = "NOORD", "ZUID"
BSN = "999993653"


@dataclass(frozen=True)
class Family:
    """A plan, a deelplan of it with an uitvoerende, and another deelplan."""

    plan: str
    deelplan: str
    other: str


@pytest.fixture
def family(door: Door, log_in: LogIn) -> Family:
    """The plan of REGISSEUR, who is in team NOORD; WORKER is uitvoerende of one deelplan."""
    found = Family(new_number(), new_number(), new_number())
    for number, code, roles in (
        (found.plan, "GEZINSPLAN", client(BSN) + rol("heeftAlsInitiator", mdw(REGISSEUR))),
        (found.deelplan, "B1026", rol("heeftAlsInitiator", mdw("9")) + rol("heeftAlsUitvoerende", mdw(WORKER))),
        (found.other, "B1026", rol("heeftAlsInitiator", mdw("9"))),
    ):
        to_plan = "" if number == found.plan else other("heeftBetrekkingOpAndere", found.plan)
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, code, relaties=roles, after=to_plan)))
    log_in("regisseur", "de.regisseur", REGISSEUR, NOORD)
    return found


WHO: dict[Relation, tuple[str, str]] = {
    "eigen": (REGISSEUR, NOORD),
    "team": (COLLEAGUE, NOORD),
    "uitvoerende": (WORKER, ZUID),
    "reden": (STRANGER, ZUID),
    "ander": (STRANGER, ZUID),
}
"""The medewerker and the team of somebody with a relation to the plan."""


def enter(engine: Engine, persoon: str, plan: str, minutes: int = 240) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO toegang_reden (zaakidentificatie, persoon, rol, reden, toelichting, verloopt_op)
                    VALUES (:z, :p, 'teamlid', 'gevaar', 'daarom', now() + make_interval(mins => :m))"""),
            {"z": plan, "p": persoon, "m": minutes},
        )


OF_A_ZAAK = [
    one
    for one in ROUTES.values()
    if "<zaaknummer>" in one.rule and "GET" in one.methods and not one.rule.startswith("/toegang/")
]


@pytest.mark.parametrize("role", ROLES)
def test_a_page_of_a_zaak_is_there_for_the_roles_and_relations_of_the_table(
    role: str, family: Family, log_in: LogIn, engine: Engine
) -> None:
    enter(engine, "reden", family.plan)
    for relation in get_args(Relation):
        who = log_in(role, relation, *WHO[relation])
        for one in OF_A_ZAAK:
            assert one.right is not None
            allowed = relation in ROLES[role].get(one.right, frozenset())
            # Some pages are of a plan only, others of a deelplan only.
            for numbers, seen in (((family.plan, family.deelplan), allowed), (("19009999999999",), False)):
                found = {who.get(one.rule.replace("<zaaknummer>", number)).status_code for number in numbers}
                assert (found != {404}) == seen, (relation, one.rule, numbers, found)


@pytest.mark.parametrize("role", ROLES)
def test_who_is_not_logged_in_or_lacks_the_right_gets_nothing_of_any_page(role: str, log_in: LogIn) -> None:
    who = log_in(role)
    for one in ROUTES.values():
        if one.right is None:
            continue
        path = one.rule.replace("<zaaknummer>", "19009999999999")
        path = "/".join("1" if part.startswith("<") else part for part in path.split("/"))
        for method in one.methods:
            status = who.open(path, method=method, data={"csrf_token": _token(who)}).status_code
            if one.right not in ROLES[role]:
                assert status == 404, (method, path)
            anonymous = who.application.test_client().open(path, method=method)
            assert anonymous.status_code in ({303} if method == "GET" else {303, 400}), (method, path)


def _token(who: FlaskClient) -> str:
    return token_of(who.get("/geen-pagina").text)


def test_each_right_of_the_table_is_one(engine: Engine) -> None:
    assert {right for rights in ROLES.values() for right in rights} <= set(get_args(Right))


@pytest.fixture
def relation(engine: Engine) -> Callable[..., str | None]:
    """The relation of a person to a zaak, None when he may not know it."""

    def find(
        number: str, medewerker: str = "", team: str = "", naam: str = "iemand", rol: str = "teamlid"
    ) -> str | None:
        with engine.connect() as connection:
            person = in_role(Person(1, naam, naam, rol, (rol,), medewerker, team), read_inrichting(connection))
            found = relation_to(connection, person, number)
        return found.relation if found else None

    return find


def test_who_is_uitvoerende_of_one_deelplan_is_so_for_that_and_the_plan_not_for_the_others(
    family: Family, relation: Callable[..., str | None]
) -> None:
    assert [relation(one, WORKER) for one in (family.plan, family.deelplan, family.other)] == [
        "uitvoerende", "uitvoerende", "ander"]  # fmt: skip


def test_regisseur_and_team_have_the_deelplannen_of_the_plan_too(
    family: Family, relation: Callable[..., str | None]
) -> None:
    assert {relation(one, REGISSEUR) for one in (family.plan, family.deelplan, family.other)} == {"eigen"}
    assert {relation(one, COLLEAGUE, NOORD) for one in (family.plan, family.deelplan, family.other)} == {"team"}
    assert relation(family.plan, COLLEAGUE, ZUID) == "ander"


def test_nobody_without_a_number_or_team_has_that_of_those_who_have_none(
    family: Family, relation: Callable[..., str | None], engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET team = ''"))
    assert relation(family.plan) == "ander"


def test_a_reason_holds_for_its_person_its_plan_and_its_hours(
    family: Family, relation: Callable[..., str | None], engine: Engine
) -> None:
    enter(engine, "iemand", family.plan, 240)
    enter(engine, "laat", family.plan, -1)
    assert [relation(family.plan, naam=naam) for naam in ("iemand", "laat", "ander")] == ["reden", "ander", "ander"]
    assert relation(family.deelplan) == "reden"


def test_a_role_of_the_inrichting_sees_the_deelplannen_of_its_zaaktypen_only(
    family: Family, relation: Callable[..., str | None], engine: Engine
) -> None:
    toml = example_inrichting().read_text()
    toml += '\n[[rol]]\nnaam = "vervoer"\nrechten = "regisseur"\ngroepen = ["g1"]\nzaaktypen = ["LLVERVOER"]\n'
    load_inrichting(engine, read_text(toml, "test"))
    assert relation(family.plan, REGISSEUR, rol="vervoer") == "eigen"
    assert relation(family.deelplan, REGISSEUR, rol="vervoer") is None
    with engine.connect() as connection:
        inrichting = read_inrichting(connection)
    assert roles_of_groups(inrichting, ["g1", "g2"]) == ("vervoer",)
    assert in_role(Person(1, "x", "x", "weg"), inrichting).has("signaal") is False


def test_with_a_reason_a_stranger_gets_in_and_that_is_kept(family: Family, log_in: LogIn, engine: Engine) -> None:
    who, path = log_in("teamlid", "iemand", STRANGER, ZUID), f"/toegang/{family.plan}"
    assert who.get(f"/plannen/{family.plan}").status_code == 404
    form = {"csrf_token": token_of(who.get(path).text), "reden": "gevaar"}
    wrong = who.post(path, data=form | {"toelichting": "kort"})
    assert wrong.status_code == 200
    assert "kort</textarea>" in wrong.text
    assert who.post(path, data=form | {"toelichting": "De buren horen geschreeuw."}).status_code == 303
    assert who.get(f"/plannen/{family.plan}").status_code == 200
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT persoon, reden, toelichting, zaakidentificatie FROM toegang_reden")
        ).all()
    assert [tuple(row) for row in kept] == [("iemand", "gevaar", "De buren horen geschreeuw.", family.plan)]


@pytest.mark.parametrize("role", ["signaal", "beheerder", "privacy", "manager", "archivaris"])
def test_a_role_that_sees_no_plan_gives_no_reason(role: str, family: Family, log_in: LogIn) -> None:
    assert log_in(role).get(f"/toegang/{family.plan}").status_code == 404


def test_there_is_no_reason_for_a_zaak_that_is_no_plan(family: Family, log_in: LogIn) -> None:
    assert log_in("teamlid").get(f"/toegang/{family.other}").status_code == 404

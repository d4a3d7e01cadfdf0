"""Nobody gets more of a plan than he has by what he may do: linking, making, giving away, a reason."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.conftest import insert_into
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.test_offers import deelplan, filled, plan, regisseur, rows

from regiesysteem.access.people.roles import ROLES

__all__ = ["deelplan", "plan", "regisseur"]
BSN, STRANGER = "999993653", "999990019"
NOT_LINKED = "Er is geen zaak met dit nummer die u kunt koppelen."


def loose(door: Door, *bsns: str, to: str = "", maker: str = "77") -> str:
    """A zaak of these clients, in no plan or in the plan `to`."""
    number = new_number()
    roles = "".join(map(client, bsns)) + rol("heeftAlsInitiator", mdw(maker))
    after = other("heeftBetrekkingOpAndere", to) if to else ""
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=roles, after=after)))
    return number


def told(engine: Engine, number: str, gezinsplan: str | None = None) -> str:
    row = {"bericht_id": 1, "zaakidentificatie": number, "gebeurtenis": "Creeer zaak", "applicatie": "Wmo",
           "gegevens": "{}", "melding": "", "gezinsplan": gezinsplan}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert_into("postvak", row))
    return number


def strange_plan(door: Door, maker: str = "88") -> str:
    number = new_number()
    roles = client(STRANGER) + rol("heeftAlsInitiator", mdw(maker))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "GEZINSPLAN", relaties=roles)))
    return number


def links(who: FlaskClient, plan: str, number: str) -> bool:
    path = f"/plannen/{plan}/koppelen"
    answer = who.post(path, data=filled(who, path, zaak=number))
    assert (answer.status_code == 303) != (NOT_LINKED in answer.text)
    return answer.status_code == 303


def test_a_zaak_of_other_people_or_of_another_plan_is_not_linked(
    regisseur: FlaskClient, plan: str, door: Door, engine: Engine
) -> None:
    theirs = strange_plan(door)
    for number in (
        loose(door, BSN),  # nobody told us of it
        told(engine, loose(door, STRANGER)),
        told(engine, loose(door, to=theirs)),  # it was of no plan when we were told
        told(engine, loose(door, BSN, to=theirs)),
        told(engine, loose(door, to=theirs), theirs),
        theirs,
    ):
        assert not links(regisseur, plan, number)
    assert rows(engine, "SELECT count(*) FROM zaak_zaak") == [(3,)]
    assert links(regisseur, plan, told(engine, loose(door, STRANGER, BSN)))
    assert links(regisseur, plan, told(engine, loose(door, STRANGER), plan))


def give_reason(engine: Engine, number: str, persoon: str) -> None:
    row = {"zaakidentificatie": number, "persoon": persoon, "rol": "regisseur", "reden": "gevaar", "toelichting": "x"}
    with engine.begin() as connection:
        connection.execute(insert_into("toegang_reden", row | {"verloopt_op": "2999-01-01"}))


def test_what_is_seen_for_a_reason_is_not_kept_by_linking_it(
    regisseur: FlaskClient, plan: str, door: Door, engine: Engine
) -> None:
    theirs = strange_plan(door)
    number = loose(door, to=theirs)
    give_reason(engine, theirs, "m.visser")
    assert regisseur.get(f"/zaken/{number}").status_code == 200
    assert not links(regisseur, plan, number)


def test_a_loose_zaak_of_a_colleague_is_linked_and_one_of_his_plan_is_not(
    log_in: LogIn, plan: str, door: Door, engine: Engine
) -> None:
    log_in("regisseur", "collega", "88", "NOORD")
    who = log_in("regisseur", "m.visser", "12345", "NOORD")
    assert not links(who, plan, loose(door, to=strange_plan(door)))
    assert links(who, plan, loose(door, STRANGER, maker="88"))


def test_who_gave_a_plan_away_has_nothing_of_it_any_more(
    log_in: LogIn, regisseur: FlaskClient, plan: str, engine: Engine
) -> None:
    path = f"/plannen/{plan}/deelplan"
    made = regisseur.post(path, data=filled(regisseur, path, zaaktype="B1026", omschrijving="Schulden")).location
    number = re.findall(r"\d+", made)[0]
    log_in("regisseur", "oud", "12345", "NOORD")
    new = log_in("regisseur", "nieuw", "54321", "NOORD")
    who, path = log_in("coordinator", "c", "", "NOORD"), f"/plannen/{plan}/regisseur"
    assert who.post(path, data=filled(who, path, medewerker="54321", reden="Ziek")).status_code == 303
    for asked in (f"/plannen/{plan}", f"/zaken/{number}", f"/zaken/{number}/wijzigen", made):
        assert (regisseur.get(asked).status_code, new.get(asked).status_code) == (404, 200), asked
    token = token_of(regisseur.get("/zoeken").text)
    for page in (
        regisseur.get("/werkvoorraad"),
        regisseur.post("/zoeken", data={"csrf_token": token, "vraag": number, "soort": "alles"}),
    ):
        assert f"/zaken/{number}" not in page.text


@pytest.mark.parametrize("role", ROLES)
def test_a_reason_lets_somebody_see_and_do_nothing(role: str) -> None:
    assert {right for right, relations in ROLES[role].items() if "reden" in relations and "ander" not in relations} <= {
        "inzien",
        "documenten",
    }


def test_a_coordinator_gives_no_plan_away_that_he_sees_for_a_reason(
    log_in: LogIn, plan: str, engine: Engine, regisseur: FlaskClient
) -> None:
    who = log_in("coordinator", "c", "1", "ZUID")
    give_reason(engine, plan, "c")
    page = who.get(f"/plannen/{plan}")
    assert page.status_code == 200
    assert "/regisseur" not in page.text
    assert who.get(f"/plannen/{plan}/regisseur").status_code == 404

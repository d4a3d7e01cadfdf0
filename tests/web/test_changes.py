"""Changes of a plan on pages: each is the message that a back office would send, once, and nothing else."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import lk01, mdw, new_number, rol, zaak
from tests.conftest import insert_into
from tests.soap.conftest import Door
from tests.web.conftest import LogIn
from tests.web.test_offers import deelplan, filled, plan, regisseur, rows

__all__ = ["deelplan", "plan", "regisseur"]
BSN, OTHER = "999993653", "999990019"


def last_message(engine: Engine) -> tuple[object, ...]:
    return rows(engine, "SELECT dienst, persoon FROM bericht ORDER BY id DESC LIMIT 1")[0]


def test_a_new_plan_is_made_once_with_its_client_and_regisseur(regisseur: FlaskClient, engine: Engine) -> None:
    fields = {"omschrijving": "Gezin Jansen", "zaaktype": "GEZINSPLAN", "achternaam": "Jansen", "bsn": BSN}
    data = filled(regisseur, "/plannen/nieuw", **fields)
    first, second = (regisseur.post("/plannen/nieuw", data=data) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location == f"/plannen/{data['nummer']}"
    assert rows(engine, "SELECT identificatie, omschrijving FROM zaak") == [(data["nummer"], "Gezin Jansen")]
    found = rows(
        engine,
        """SELECT r.relatie, r.omschrijving, o.identificatie FROM zaak_relatie r
        JOIN object o ON o.id = r.object_id ORDER BY r.relatie""",
    )
    assert found == [("heeftAlsInitiator", None, "12345"), ("heeftBetrekkingOp", "Client", BSN)]
    assert last_message(engine) == ("creeerZaak_Lk01", "m.visser")
    assert rows(engine, "SELECT gebeurtenis FROM gebeurtenis") == [("Creeer zaak",)]
    assert "Gezin Jansen" in regisseur.get("/plannen").text
    assert regisseur.get(first.location).status_code == 200


@pytest.mark.parametrize("wrong", [
    {"bsn": "123456789"}, {"bsn": ""}, {"achternaam": ""}, {"omschrijving": "x" * 81}, {"zaaktype": "B1026"},
    {"omschrijving": "teken \x01 erin"}, {"omschrijving": "  "}, {"achternaam": "  "},
    {"kenmerk": "a\x00b"}, {"nummer": "geen nummer"}, {"kenmerk": "x" * 41}])  # fmt: skip
def test_a_wrong_plan_is_told_kept_and_not_made(regisseur: FlaskClient, engine: Engine, wrong: dict[str, str]) -> None:
    fields = {"omschrijving": "Gezin Jansen", "zaaktype": "GEZINSPLAN", "achternaam": "De Wit", "bsn": BSN}
    answer = regisseur.post("/plannen/nieuw", data=filled(regisseur, "/plannen/nieuw", **fields) | wrong)
    assert answer.status_code == 200
    assert "<title>Fout:" in answer.text
    assert "achternaam" in wrong or 'value="De Wit"' in answer.text
    assert rows(engine, "SELECT 1 FROM zaak") == []


def test_without_a_number_as_medewerker_nobody_makes_a_plan(log_in: LogIn, engine: Engine) -> None:
    who = log_in("regisseur", "zonder")
    assert "geen medewerkernummer" in who.get("/plannen/nieuw").text


@pytest.mark.parametrize(
    ("fields", "relation"),
    [
        ({"rol": "client", "achternaam": "Smit", "bsn": OTHER}, "heeftBetrekkingOp"),
        ({"rol": "belanghebbende", "achternaam": "Oma", "geboortedatum": "1950-02-01"}, "heeftAlsBelanghebbende"),
    ],
)
def test_a_person_comes_into_the_plan(
    regisseur: FlaskClient, plan: str, engine: Engine, fields: dict[str, str], relation: str
) -> None:
    path = f"/plannen/{plan}/persoon"
    data = filled(regisseur, path, **fields)
    for _ in range(2):
        assert regisseur.post(path, data=data).status_code == 303
    found = rows(
        engine,
        """SELECT r.relatie, o.naam FROM zaak_relatie r JOIN object o ON o.id = r.object_id
        ORDER BY r.id DESC LIMIT 1""",
    )
    assert found == [(relation, fields["achternaam"])]
    assert len(rows(engine, "SELECT 1 FROM zaak_relatie")) == 3
    assert last_message(engine) == ("updateZaak_Lk01", "m.visser")


def test_going_back_and_typing_something_else_is_no_second_click(
    regisseur: FlaskClient, plan: str, engine: Engine
) -> None:
    path = f"/plannen/{plan}/persoon"
    data = filled(regisseur, path, rol="belanghebbende", achternaam="Oma", geboortedatum="1950-02-01")
    for name in ("Oma", "Opa", "Opa"):
        assert regisseur.post(path, data=data | {"achternaam": name}).status_code == 303
    sql = "SELECT o.naam FROM zaak_relatie r JOIN object o ON o.id = r.object_id WHERE r.relatie LIKE '%langheb%'"
    assert rows(engine, sql + " ORDER BY r.id") == [("Oma",), ("Opa",)]


def test_somebody_without_bsn_needs_a_birth_date(regisseur: FlaskClient, plan: str) -> None:
    path = f"/plannen/{plan}/persoon"
    answer = regisseur.post(path, data=filled(regisseur, path, rol="client", achternaam="Smit"))
    assert "Vul een BSN of een geboortedatum in" in answer.text


def test_a_deelplan_is_made_in_the_plan_and_can_be_offered(regisseur: FlaskClient, plan: str, engine: Engine) -> None:
    path = f"/plannen/{plan}/deelplan"
    data = filled(regisseur, path, zaaktype="B1026", omschrijving="Hulp bij schulden")
    answer = [regisseur.post(path, data=data) for _ in range(2)][-1]
    assert answer.location == f"/zaken/{data['nummer']}/overdragen"
    assert regisseur.get(answer.location).status_code == 200
    assert len(rows(engine, "SELECT 1 FROM zaak")) == 2
    assert "Hulp bij schulden" in regisseur.get(f"/plannen/{plan}").text


def stranger(door: Door) -> str:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rol("heeftAlsInitiator", mdw("77")))))
    return number


def test_a_zaak_that_was_reported_is_linked(regisseur: FlaskClient, plan: str, door: Door, engine: Engine) -> None:
    number, path = stranger(door), f"/plannen/{plan}/koppelen"
    with engine.begin() as connection:
        row = {"bericht_id": 1, "zaakidentificatie": number, "gebeurtenis": "Creeer zaak", "applicatie": "Wmo",
               "gegevens": "{}", "melding": ""}  # fmt: skip
        connection.execute(insert_into("postvak", row))
    assert regisseur.get(f"/zaken/{number}").status_code == 404
    assert regisseur.post(path, data=filled(regisseur, path, zaak=number)).status_code == 303
    assert rows(engine, "SELECT relatie FROM zaak_zaak") == [("heeftBetrekkingOpAndere",)]
    assert regisseur.get(f"/zaken/{number}").status_code == 200
    assert ("Update zaak",) in rows(engine, "SELECT gebeurtenis FROM gebeurtenis")


def test_nobody_gets_to_see_a_zaak_by_linking_it(regisseur: FlaskClient, plan: str, door: Door, engine: Engine) -> None:
    path = f"/plannen/{plan}/koppelen"
    texts = set()
    for number in (stranger(door), "19009999999999"):
        answer = regisseur.post(path, data=filled(regisseur, path, zaak=number))
        texts.add("Er is geen zaak met dit nummer die u kunt koppelen" in answer.text)
    assert texts == {True}
    assert rows(engine, "SELECT 1 FROM zaak_zaak") == []


def test_texts_change_and_a_change_of_somebody_else_is_shown(regisseur: FlaskClient, plan: str, engine: Engine) -> None:
    path = f"/zaken/{plan}/wijzigen"
    old = filled(regisseur, path, omschrijving="Van mij", toelichting="Mijn uitleg", einde="2027-05-01")
    data = filled(regisseur, path, omschrijving="Van de ander", toelichting="", einde="2027-04-01")
    for _ in range(2):
        assert regisseur.post(path, data=data).status_code == 303
    answer = regisseur.post(path, data=old)
    assert all(word in answer.text for word in ("Iemand anders", "Van de ander", "1 april 2027", "Mijn uitleg"))
    sql = "SELECT omschrijving, toelichting, einddatum_gepland FROM zaak"
    assert rows(engine, sql) == [("Van de ander", None, "20270401")]
    assert regisseur.post(path, data=filled(regisseur, path, omschrijving="Van mij", einde="")).status_code == 303
    assert rows(engine, sql)[0][0] == "Van mij"


def test_a_coordinator_gives_a_plan_to_another_of_the_team(log_in: LogIn, plan: str, engine: Engine) -> None:
    log_in("regisseur", "oud", "12345", "NOORD")
    log_in("regisseur", "nieuw", "54321", "NOORD")
    log_in("regisseur", "elders", "999", "ZUID")
    who, path = log_in("coordinator", "c", "", "NOORD"), f"/plannen/{plan}/regisseur"
    page = who.get(path).text
    assert 'value="54321"' in page
    assert 'value="999"' not in page
    assert who.post(path, data=filled(who, path, medewerker="54321", reden="Ziek")).status_code == 303
    with engine.connect() as connection:
        found = (
            connection.execute(
                text("""SELECT o.identificatie FROM zaak_relatie r JOIN object o ON o.id = r.object_id
            WHERE r.relatie = 'heeftAlsInitiator' AND regie_geldt(r.beeindigd)""")
            )
            .scalars()
            .all()
        )
    assert found == ["54321"]


def test_a_regisseur_that_another_chose_meanwhile_is_shown(log_in: LogIn, plan: str, engine: Engine) -> None:
    for number in ("12345", "54321", "77777"):
        log_in("regisseur", f"r{number}", number, "NOORD")
    one, two = (log_in("coordinator", name, "", "NOORD") for name in ("c1", "c2"))
    path = f"/plannen/{plan}/regisseur"
    first = filled(one, path, medewerker="54321", reden="Ziek")
    late = filled(two, path, medewerker="77777", reden="Te druk")
    assert [one.post(path, data=first).status_code for _ in range(2)] == [303, 303]
    answer = two.post(path, data=late)
    assert all(word in answer.text for word in ("Iemand anders", "r54321", "Te druk", "<title>Fout:"))
    sql = """SELECT o.identificatie FROM zaak_relatie r JOIN object o ON o.id = r.object_id
        WHERE r.relatie = 'heeftAlsInitiator' AND regie_geldt(r.beeindigd)"""
    assert rows(engine, sql) == [("54321",)]
    assert two.post(path, data=filled(two, path, medewerker="77777", reden="Toch")).status_code == 303
    assert rows(engine, sql) == [("77777",)]


@pytest.mark.parametrize("what", ["persoon", "deelplan", "koppelen", "regisseur"])
def test_who_may_not_change_a_plan_gets_no_form(log_in: LogIn, plan: str, deelplan: str, what: str) -> None:
    for role, medewerker in (("regisseur", "999"), ("teamlid", "12345"), ("uitvoerende", "12345"), ("manager", "")):
        who = log_in(role, f"{role}-{medewerker}", medewerker)
        assert who.get(f"/plannen/{plan}/{what}").status_code == 404
    assert log_in("regisseur", "van", "12345").get(f"/plannen/{deelplan}/{what}").status_code == 404

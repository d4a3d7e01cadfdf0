"""The pages of a plan and of a zaak: the tree, the people, and what each relation does not see."""

import re

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.web.conftest import LogIn, token_of
from tests.web.planstappen import BSN, NEIGHBOUR, WORKER, Family, content


def test_a_plan_shows_its_domains_with_how_far_each_deelplan_is(family: Family, regisseur: FlaskClient) -> None:
    page = regisseur.get(f"/plannen/{family.plan}").text
    shown = content(page)
    assert "Regisseur Visser Status Gezinsplan opgesteld, sinds 3 februari 2026" in shown
    assert "Gezin Jansen (1 persoon) Deelplannen 1 van 3 klaar" in shown
    assert "Wonen: 0 van 2 klaar" in shown
    assert "Sociaal domein: 1 van 1 klaar" in shown
    assert "Drempel weg stap 1 van 3 Boer uiterlijk" in shown
    assert "Bijna te laat: Ontvangen" in shown
    assert "Traplift stap 1 van 3 Dijk uiterlijk 12 februari 2026 Te laat: Ontvangen" in shown
    assert "Minima stap 3 van 3 GWS4all klaar op 1 april 2026 Afgehandeld" in shown
    assert (
        shown.index("Wonen") < shown.index("Levensdomeinplan Wonen") < shown.index("Drempel") < shown.index("Sociaal")
    )
    for one in (family.domain, family.own, family.other, family.loose):
        assert f'href="/zaken/{one}"' in page


def test_people_stand_apart_and_their_bsn_is_masked(family: Family, regisseur: FlaskClient) -> None:
    page = regisseur.get(f"/plannen/{family.plan}").text
    shown = content(page)
    clients, rest = shown.split("Cliënten", 1)[1].split("Belanghebbenden")
    interested, executing = rest.split("Uitvoerenden")
    assert "Jansen *****3653" in clients
    assert "de Wit *****6782" in interested
    assert "buurvrouw" in interested
    assert "Boer" in executing
    assert "Dijk" in executing
    assert BSN not in page
    assert NEIGHBOUR not in page


def test_a_bsn_is_shown_when_asked_and_that_is_on_record(
    family: Family, regisseur: FlaskClient, engine: Engine
) -> None:
    page = regisseur.get(f"/plannen/{family.plan}").text
    [asked] = re.findall(r'name="betrokkene" value="(\d+)">\s*\*+3653', page)
    path, form = f"/zaken/{family.plan}/bsn", {"csrf_token": token_of(page), "betrokkene": asked}
    assert BSN in content(regisseur.post(path, data=form).text)
    assert regisseur.post(path, data=form | {"csrf_token": "x"}).status_code == 400
    assert regisseur.get(path).status_code == 405
    for wrong in ("", "x", "0", "99999999999999999999"):
        assert regisseur.post(path, data=form | {"betrokkene": wrong}).status_code == 404
    assert regisseur.post(f"/zaken/{family.own}/bsn", data=form).status_code == 404
    with engine.connect() as connection:
        [row] = connection.execute(text("SELECT zaken, aantal FROM inzage WHERE wat = 'POST /zaken/<zaaknummer>/bsn'"))
    assert tuple(row) == ([family.plan], 1)


def test_who_executes_one_deelplan_sees_that_and_of_the_rest_names_and_statuses(family: Family, log_in: LogIn) -> None:
    who = log_in("uitvoerende", "k.boer", medewerker=WORKER)
    page = who.get(f"/plannen/{family.plan}").text
    shown = content(page)
    assert "Drempel weg stap 1 van 3 Boer" in shown
    assert "Regisseur Visser Status Gezinsplan opgesteld Gezin Jansen (1 persoon)" in shown
    assert "Traplift Ontvangen" in shown
    assert "Minima Afgehandeld" in shown
    assert f"/zaken/{family.other}" not in page
    for hidden in ("Dijk", "Wit", "buurvrouw", "12 februari 2026", "3653", BSN, NEIGHBOUR):
        assert hidden not in page, hidden
    own = content(who.get(f"/zaken/{family.own}").text)
    assert "Boer" in own
    assert "Jansen niet voor u" in own
    domain = who.get(f"/zaken/{family.domain}").text
    assert "alleen de naam en de status" in domain
    assert "Jansen" not in domain
    assert "Dijk" not in domain
    assert who.get(f"/zaken/{family.other}").status_code == 404


def test_who_executes_a_deelplan_gets_no_bsn_of_its_plan(family: Family, log_in: LogIn, engine: Engine) -> None:
    who = log_in("uitvoerende", "k.boer", medewerker=WORKER)
    with engine.connect() as connection:
        asked = connection.execute(
            text("""SELECT r.id FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id
                    WHERE z.identificatie = :z AND r.relatie = 'heeftBetrekkingOp'"""),
            {"z": family.plan},
        ).scalar_one()
    token = token_of(who.get(f"/plannen/{family.plan}").text)
    for number in (family.plan, family.own):
        answer = who.post(f"/zaken/{number}/bsn", data={"csrf_token": token, "betrokkene": asked})
        assert answer.status_code == 404
        assert BSN not in answer.text


def test_a_zaak_shows_its_steps_its_plan_and_the_clients_of_that(family: Family, regisseur: FlaskClient) -> None:
    page = regisseur.get(f"/zaken/{family.own}").text
    shown = content(page)
    assert f'href="/plannen/{family.plan}"' in page
    assert "Ontvangen: 1 januari 2026 In behandeling: nog niet Afgehandeld: nog niet" in shown
    assert "Jansen *****3653" in shown
    assert "Systeem GWS4all" in shown
    assert regisseur.get(f"/zaken/{family.plan}").location == f"/plannen/{family.plan}"
    assert regisseur.get(f"/plannen/{family.own}").location == f"/zaken/{family.own}"


def test_a_plan_prints_as_a_whole_with_its_reader(family: Family, regisseur: FlaskClient) -> None:
    page = regisseur.get(f"/plannen/{family.plan}/afdruk").text
    assert page.count("<details open>") == 2
    assert "Traplift" in page
    assert "<button" not in page[page.index("<main") :]
    assert re.search(r"afgedrukt op \d+ \w+ \d{4}, \d\d\.\d\d uur door m\.visser, regisseur", page)

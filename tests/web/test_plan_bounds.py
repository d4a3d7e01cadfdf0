"""Plans at their bounds: large, empty, ended, closed, hostile, in two, in none."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, nps, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.planstappen import (
    BSN,
    NEIGHBOUR,
    WORKER,
    Family,
    content,
    director,
    omschrijving,
    send,
    under,
)

from regiesysteem.db import count_statements
from regiesysteem.regie.plans import AT_ONCE

MOST_STATEMENTS = 12


def new_plan(door: Door, roles: str = "", titel: str = "Plan") -> str:
    number = new_number()
    send(door, number, "GEZINSPLAN", titel, client(BSN) + director() + roles)
    return number


def fill(engine: Engine, plan: str, count: int) -> None:
    """Deelplannen under a plan, as rows: sending hundreds takes too long."""
    with engine.begin() as connection:
        connection.execute(
            text("""WITH nieuw AS (
                        INSERT INTO zaak (identificatie, zaaktype_id, omschrijving, startdatum)
                        SELECT :p || '-' || lpad(n::text, 4, '0'), k.id, 'Deelplan ' || n, '20260101'
                        FROM zaaktype k, generate_series(1, :n) n WHERE k.code = 'B1026' ORDER BY n RETURNING id
                    ), status AS (
                        INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste)
                        SELECT nieuw.id, t.id, '20260101', '20260101000000000', true FROM nieuw, statustype t
                        JOIN zaaktype k ON k.id = t.zaaktype_id WHERE k.code = 'B1026' AND t.volgnummer = 1
                    )
                    INSERT INTO zaak_zaak (relatie, van_id, naar_id)
                    SELECT 'heeftBetrekkingOpAndere', nieuw.id, z.id FROM nieuw, zaak z WHERE z.identificatie = :p"""),
            {"p": plan, "n": count},
        )


def test_a_page_takes_the_same_few_statements_however_large_the_plan(
    door: Door, regisseur: FlaskClient, engine: Engine
) -> None:
    small, large = new_plan(door), new_plan(door)
    fill(engine, small, 1)
    fill(engine, large, 3 * AT_ONCE)
    regisseur.get(f"/plannen/{small}")
    counts = set()
    for path in (f"/plannen/{small}", f"/plannen/{large}", f"/plannen/{large}/afdruk"):
        with count_statements() as counted:
            assert regisseur.get(path).status_code == 200
        counts.add(counted.aantal)
    assert len(counts) == 1
    assert counts.pop() <= MOST_STATEMENTS
    for zaaknummer in (f"{small}-0001", f"{large}-0001"):
        with count_statements() as counted:
            assert regisseur.get(f"/zaken/{zaaknummer}").status_code == 200
        counts.add(counted.aantal)
    assert len(counts) == 1
    assert counts.pop() <= MOST_STATEMENTS


def test_a_large_plan_stands_on_several_pages_and_prints_whole(
    door: Door, regisseur: FlaskClient, engine: Engine
) -> None:
    plan = new_plan(door)
    fill(engine, plan, 2 * AT_ONCE + 50)
    path, seen, pages = f"/plannen/{plan}", list[str](), 0
    while path:
        page = regisseur.get(path).text
        assert f"Sociaal domein: 0 van {2 * AT_ONCE + 50} klaar" in content(page)
        seen += re.findall(rf'href="/zaken/({plan}-\d+)"', page)
        pages += 1
        [path] = re.findall(r'href="(\?na=[^"]*)"', page) or [""]
        path = path and f"/plannen/{plan}{path}"
    assert (pages, len(seen), len(set(seen))) == (3, 2 * AT_ONCE + 50, 2 * AT_ONCE + 50)
    printed = regisseur.get(f"/plannen/{plan}/afdruk").text
    assert len(re.findall(rf'href="/zaken/{plan}-\d+"', printed)) == 2 * AT_ONCE + 50
    unknown = regisseur.get(f"/plannen/{plan}?na=x").text
    assert len(re.findall(rf'href="/zaken/{plan}-\d+"', unknown)) == AT_ONCE


def test_an_empty_plan_says_that_there_is_nothing(door: Door, regisseur: FlaskClient) -> None:
    shown = content(regisseur.get(f"/plannen/{new_plan(door)}").text)
    assert "Dit plan heeft nog geen deelplannen." in shown
    assert "Er zijn geen belanghebbenden." in shown
    assert "Er zijn nog geen uitvoerenden." in shown
    assert "Er zijn geen documenten." in shown
    assert "0 van 0 klaar" in shown


LONG = "L" * 10_000
HOSTILE = """
UPDATE object SET naam = :bad || naam WHERE entiteittype <> 'NPS';
UPDATE object SET naam = :long, inhoud = inhoud || jsonb_build_object('voorletters', CAST(:bad AS text))
    WHERE entiteittype = 'NPS';
UPDATE zaak SET omschrijving = :bad || :long, toelichting = :bad;
UPDATE zaak_relatie SET omschrijving = :bad WHERE relatie = 'heeftAlsBelanghebbende';
UPDATE zaak_status SET toelichting = :bad;
UPDATE bericht SET zender_applicatie = :bad, referentienummer = CAST(id AS text);
INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, applicatie, referentienummer, melding, stand, antwoord,
    beantwoord_op)
    SELECT 'uit', id, identificatie, :bad, identificatie, :bad, 'geweigerd', :bad, now() FROM zaak;
INSERT INTO notificatie (ontvanger, stroom, soort, referentienummer, stand, melding)
    SELECT :bad, identificatie, :bad, identificatie, 'gestrand', :bad FROM zaak
"""


def test_texts_of_others_are_shown_as_texts_and_cut_where_they_are_too_long(
    door: Door, regisseur: FlaskClient, engine: Engine
) -> None:
    plan, zaaknummer = new_plan(door, rol("heeftAlsBelanghebbende", nps(NEIGHBOUR, "Wit"))), new_number()
    send(door, zaaknummer, "B1026", "Zaak", rol("heeftAlsInitiator", mdw("9")), under(plan))
    bad = "<script>alert(1)</script>\"'<img src=x onerror=y>"
    with engine.begin() as connection:
        connection.execute(text(HOSTILE), {"bad": bad, "long": LONG})
    for path in (f"/plannen/{plan}", f"/plannen/{plan}/afdruk", f"/zaken/{zaaknummer}"):
        page = regisseur.get(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert LONG not in page
        assert len(page) < 60_000


def test_a_relation_that_ended_shows_nothing_any_more(
    family: Family, regisseur: FlaskClient, engine: Engine, log_in: LogIn
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""UPDATE zaak_zaak SET beeindigd = '20260101' WHERE van_id = (
                        SELECT id FROM zaak WHERE identificatie = :z)"""),
            {"z": family.loose},
        )
        connection.execute(
            text("UPDATE zaak_relatie SET beeindigd = '20260101' WHERE relatie = 'heeftAlsBelanghebbende'")
        )
        connection.execute(text("UPDATE zaak_relatie SET beeindigd = '20990101' WHERE relatie = 'heeftBetrekkingOp'"))
    page = regisseur.get(f"/plannen/{family.plan}").text
    assert "Minima" not in page
    assert "de Wit" not in page
    assert "Jansen *****3653" in content(page)
    assert regisseur.get(f"/zaken/{family.loose}").status_code == 404
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak_relatie SET beeindigd = '20260101' WHERE relatie = 'heeftAlsUitvoerende'"))
    assert log_in("uitvoerende", medewerker=WORKER).get(f"/plannen/{family.plan}").status_code == 404
    assert "Boer" not in regisseur.get(f"/plannen/{family.plan}").text


def test_a_closed_plan_is_shown_as_it_ended(family: Family, regisseur: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak SET einddatum = '20260501'"))
    shown = content(regisseur.get(f"/plannen/{family.plan}").text)
    assert "Gereed op 1 mei 2026" in shown
    assert "3 van 3 klaar" in shown
    assert "Te laat" not in shown


def test_a_zaak_in_two_plans_names_both_and_the_people_of_one_that_may_be_seen(
    family: Family, regisseur: FlaskClient, door: Door
) -> None:
    foreign, zaaknummer = new_number(), new_number()
    other_people = client("111222333", "Elders") + rol("heeftAlsInitiator", mdw("2222", "Ander"))
    send(door, foreign, "GEZINSPLAN", "Plan", other_people)
    nine = rol("heeftAlsInitiator", mdw("9"))
    send(door, zaaknummer, "B1026", "Gedeeld", nine, under(family.plan) + under(foreign))
    page = regisseur.get(f"/zaken/{zaaknummer}").text
    assert f'href="/plannen/{family.plan}"' in page
    assert foreign in page
    assert f'href="/plannen/{foreign}"' not in page
    assert "Jansen" in page
    assert "Elders" not in page
    assert regisseur.get(f"/plannen/{foreign}").status_code == 404


def test_a_zaak_of_no_plan_is_of_its_initiator(door: Door, log_in: LogIn, regisseur: FlaskClient) -> None:
    number = new_number()
    made = omschrijving(zaak(number, "B1026", relaties=rol("heeftAlsInitiator", mdw("5555"))), "Alleen")
    door.succeeded("creeerZaak_Lk01", lk01("T", made))
    shown = content(log_in("regisseur", medewerker="5555").get(f"/zaken/{number}").text)
    assert "Alleen" in shown
    assert "Gezinsplan geen" in shown
    assert "Er zijn geen cliënten." in shown
    assert regisseur.get(f"/zaken/{number}").status_code == 404


@pytest.mark.parametrize("number", ["%00", "x'--", "../plannen", "%F0%9F%98%80", "a" * 3000, "%2e%2e"])
def test_a_number_that_is_none_is_not_there(number: str, regisseur: FlaskClient) -> None:
    for path in ("/plannen/{}", "/plannen/{}/afdruk", "/zaken/{}", "/plannen/{}/inzage"):
        assert regisseur.get(path.format(number)).status_code == 404


def test_the_regisseur_sees_who_looked_at_her_plan(family: Family, regisseur: FlaskClient, log_in: LogIn) -> None:
    log_in("uitvoerende", "k.boer", medewerker=WORKER).get(f"/plannen/{family.plan}")
    page = regisseur.get(f"/plannen/{family.plan}")
    assert f'href="/plannen/{family.plan}/inzage"' in page.text
    form = {
        "csrf_token": token_of(page.text),
        "betrokkene": re.findall(r'name="betrokkene" value="(\d+)"', page.text)[0],
    }
    regisseur.post(f"/zaken/{family.plan}/bsn", data=form)
    shown = content(regisseur.get(f"/plannen/{family.plan}/inzage").text)
    order = [
        shown.index(one) for one in ("een burgerservicenummer", "m.visser regisseur het plan", "k.boer uitvoerende")
    ]
    assert order == sorted(order)
    assert BSN not in shown
    worker = log_in("uitvoerende", medewerker=WORKER)
    assert worker.get(f"/plannen/{family.plan}/inzage").status_code == 404
    assert "/inzage" not in worker.get(f"/plannen/{family.plan}").text
    assert log_in("regisseur", medewerker="7777").get(f"/plannen/{family.plan}/inzage").status_code == 404


def test_a_relation_that_the_plan_told_counts_until_it_ends(door: Door, regisseur: FlaskClient, engine: Engine) -> None:
    number, plan = new_number(), new_number()
    send(door, number, "B1026", "Deelzaak", rol("heeftAlsInitiator", mdw("9")))
    send(door, plan, "GEZINSPLAN", "Plan", client(BSN) + director(), other("heeftAlsDeelzaak", number))
    assert "Deelzaak" in regisseur.get(f"/plannen/{plan}").text
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak_zaak SET beeindigd = '20260101'"))
    assert "Deelzaak" not in content(regisseur.get(f"/plannen/{plan}?soort=status").text)


def test_a_client_without_a_bsn_stands_beside_those_of_the_plan_once(
    family: Family, regisseur: FlaskClient, door: Door
) -> None:
    number = new_number()
    nameless = nps("", "Zonder").replace("<BG:inp.bsn></BG:inp.bsn>", "")
    nameless = nameless.replace('<BG:authentiek StUF:metagegeven="true">J</BG:authentiek>', "")
    roles = rol("heeftBetrekkingOp", nameless) + rol("heeftAlsInitiator", mdw("9"))
    send(door, number, "B1026", "Zaak", roles, under(family.plan))
    shown = content(regisseur.get(f"/zaken/{number}").text)
    assert shown.count("Zonder") == 1
    assert "Jansen *****3653 Toon het BSN van Jansen volgens het gezinsplan" in shown

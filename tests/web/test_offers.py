"""Actions on a zaak: offering and withdrawing, a status, a document; each does what its operation does."""

import io

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.conftest import insert_into
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

BSN = "999993653"


@pytest.fixture
def plan(door: Door) -> str:
    """A gezinsplan of regisseur 12345."""
    number = new_number()
    roles = client(BSN) + rol("heeftAlsInitiator", mdw("12345"))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "GEZINSPLAN", relaties=roles)))
    return number


@pytest.fixture
def deelplan(door: Door, plan: str) -> str:
    """A deelplan of that plan."""
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, after=other("heeftBetrekkingOpAndere", plan))))
    return number


@pytest.fixture
def regisseur(log_in: LogIn) -> FlaskClient:
    """The regisseur of the plan."""
    return log_in("regisseur", "m.visser", "12345")


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def filled(who: FlaskClient, path: str, **fields: object) -> dict[str, object]:
    """The hidden fields of the form on a page, with what somebody fills in."""
    tree = etree.HTML(who.get(path).text)
    form = tree.xpath("//main//form[@action=$path]", path=path)[0]
    hidden = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}
    return hidden | fields


def test_a_deelplan_is_offered_refused_to_be_offered_twice_and_withdrawn(
    regisseur: FlaskClient, deelplan: str, engine: Engine
) -> None:
    path = f"/zaken/{deelplan}/overdragen"
    data = filled(regisseur, path, applicatie="WmoVoorziening", melding="Graag snel <b>")
    assert regisseur.post(path, data=data).status_code == 303
    again = regisseur.post(path, data=data)
    assert again.status_code == 200
    assert "nog niet heeft geantwoord" in again.text
    assert "regie overdracht" not in again.text
    assert "Graag snel &lt;b&gt;" in again.text
    found = rows(engine, "SELECT applicatie, stand, melding FROM overdracht")
    assert found == [("WmoVoorziening", "aangeboden", "Graag snel <b>")]
    assert rows(engine, "SELECT gebeurtenis FROM gebeurtenis WHERE gebeurtenis = 'overdragenZaak'")
    [number] = rows(engine, "SELECT id FROM overdracht")[0]
    token = token_of(again.text)
    answer = regisseur.post(f"{path}/{number}/trek-in", data={"csrf_token": token, "reden": "toch niet"})
    assert answer.status_code == 303
    assert rows(engine, "SELECT stand, antwoord FROM overdracht") == [("ingetrokken", "toch niet")]
    assert "Opnieuw aanbieden" in regisseur.get(path).text


def test_an_offer_of_another_zaak_cannot_be_withdrawn(
    regisseur: FlaskClient, deelplan: str, plan: str, door: Door, engine: Engine
) -> None:
    path = f"/zaken/{deelplan}/overdragen"
    regisseur.post(path, data=filled(regisseur, path, applicatie="WmoVoorziening"))
    theirs = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(theirs, relaties=rol("heeftAlsInitiator", mdw("12345")))))
    [number] = rows(engine, "SELECT id FROM overdracht")[0]
    token = token_of(regisseur.get(path).text)
    assert regisseur.post(f"/zaken/{theirs}/overdragen/{number}/trek-in", data={"csrf_token": token}).status_code == 404
    assert rows(engine, "SELECT stand FROM overdracht") == [("aangeboden",)]


def test_a_plan_is_not_offered(regisseur: FlaskClient, plan: str) -> None:
    assert regisseur.get(f"/zaken/{plan}/overdragen").status_code == 404


@pytest.mark.parametrize("applicatie", ["", "GWS4all", "BestaatNiet", "x" * 10_000])
def test_only_a_system_that_receives_can_be_chosen(
    regisseur: FlaskClient, deelplan: str, engine: Engine, applicatie: str
) -> None:
    path = f"/zaken/{deelplan}/overdragen"
    answer = regisseur.post(path, data=filled(regisseur, path, applicatie=applicatie, melding="blijft staan"))
    assert answer.status_code == 200
    assert "<title>Fout:" in answer.text
    assert "blijft staan" in answer.text
    assert rows(engine, "SELECT 1 FROM overdracht") == []


def test_a_status_is_the_same_change_as_by_soap_with_the_person(
    regisseur: FlaskClient, deelplan: str, engine: Engine
) -> None:
    path = f"/zaken/{deelplan}/status"
    data = filled(regisseur, path, status="2", toelichting="Op bezoek geweest")
    assert regisseur.post(path, data=data).status_code == 303
    assert regisseur.post(path, data=data).status_code == 303  # a second click
    found = rows(
        engine,
        """SELECT t.volgnummer, s.toelichting, o.identificatie FROM zaak_status s
        JOIN statustype t ON t.id = s.statustype_id LEFT JOIN object o ON o.id = s.gezet_door_id WHERE s.laatste
        AND s.zaak_id = (SELECT max(id) FROM zaak)""",
    )
    assert found == [(2, "Op bezoek geweest", "12345")]
    assert rows(engine, "SELECT dienst, persoon, zender_applicatie FROM bericht ORDER BY id DESC LIMIT 1") == [
        ("actualiseerZaakstatus_Lk01", "m.visser", "Regiesysteem")]  # fmt: skip
    assert rows(engine, "SELECT gebeurtenis, applicatie FROM gebeurtenis ORDER BY id DESC LIMIT 1") == [
        ("Actualiseer zaakstatus", "Regiesysteem")]  # fmt: skip


def test_going_back_and_choosing_another_status_is_told(regisseur: FlaskClient, deelplan: str, engine: Engine) -> None:
    path = f"/zaken/{deelplan}/status"
    data = filled(regisseur, path, status="2", toelichting="Mijn verhaal")
    assert regisseur.post(path, data=data).status_code == 303
    answer = regisseur.post(path, data=data | {"status": "3"})
    assert answer.status_code == 200
    assert "Mijn verhaal" in answer.text
    sql = "SELECT t.volgnummer FROM zaak_status s JOIN statustype t ON t.id = s.statustype_id"
    assert rows(engine, sql + " WHERE s.zaak_id = (SELECT max(id) FROM zaak) AND s.laatste") == [(2,)]


def test_a_status_that_somebody_else_set_meanwhile_is_shown(
    regisseur: FlaskClient, deelplan: str, engine: Engine
) -> None:
    path = f"/zaken/{deelplan}/status"
    old = filled(regisseur, path, status="2", toelichting="Mijn verhaal")
    regisseur.post(path, data=filled(regisseur, path, status="3"))
    answer = regisseur.post(path, data=old)
    assert "Iemand anders heeft intussen een status gezet" in answer.text
    assert "Mijn verhaal" in answer.text
    assert len(rows(engine, "SELECT 1 FROM zaak_status WHERE zaak_id = (SELECT max(id) FROM zaak)")) == 2


def test_an_end_status_closes_the_zaak_with_its_result(regisseur: FlaskClient, deelplan: str, engine: Engine) -> None:
    path = f"/zaken/{deelplan}/status"
    page = etree.HTML(regisseur.get(path).text)
    last = page.xpath("//input[@name='status']/@value")[-1]
    [first_result, *_] = [one for one in page.xpath("//select[@name='resultaat']/option/@value") if one]
    data = filled(regisseur, path, status=last, resultaat=first_result)
    assert regisseur.post(path, data=data).status_code == 303
    [(closed, result)] = rows(
        engine,
        """SELECT einddatum IS NOT NULL, inhoud #>> '{resultaat,omschrijving}'
        FROM zaak ORDER BY id DESC LIMIT 1""",
    )
    assert (closed, result) == (True, first_result)


@pytest.mark.parametrize("fields", [{}, {"status": "99"}, {"status": "2", "toelichting": "x" * 1001},
                                    {"status": "2", "toelichting": "teken \x01 erin"},
                                    {"status": "2", "kenmerk": "a\x00b"}])  # fmt: skip
def test_a_wrong_status_form_changes_nothing(
    regisseur: FlaskClient, deelplan: str, engine: Engine, fields: dict[str, str]
) -> None:
    path = f"/zaken/{deelplan}/status"
    before = rows(engine, "SELECT count(*) FROM zaak_status")
    answer = regisseur.post(path, data=filled(regisseur, path, **fields))
    assert "<title>Fout:" in answer.text
    assert rows(engine, "SELECT count(*) FROM zaak_status") == before


def test_a_document_is_added_once_and_can_be_too_dangerous(regisseur: FlaskClient, plan: str, engine: Engine) -> None:
    path = f"/zaken/{plan}/document"
    data = filled(regisseur, path, titel="Verslag", soort="Verslag", vertrouwelijkheid="VERTROUWELIJK")

    def send(name: str, content: bytes = b"%PDF-1.4 hallo") -> int:
        file = (io.BytesIO(content), name, "application/pdf")
        return regisseur.post(path, data=data | {"bestand": file}, buffered=True).status_code

    assert send("virus.exe") == 200
    assert send("verslag.pdf") == 303
    assert send("verslag.pdf") == 303
    found = rows(
        engine,
        """SELECT d.titel, v.bestandsnaam, i.grootte FROM document d
        JOIN document_versie v ON v.document_id = d.id JOIN document_inhoud i USING (sha256)""",
    )
    assert found == [("Verslag", "verslag.pdf", 14)]
    assert rows(engine, "SELECT dienst, persoon FROM bericht ORDER BY id DESC LIMIT 1") == [
        ("voegZaakdocumentToe_Lk01", "m.visser")]  # fmt: skip


@pytest.mark.parametrize("what", ["status", "document", "overdragen"])
def test_who_may_not_change_a_zaak_gets_no_form(log_in: LogIn, deelplan: str, what: str) -> None:
    for role, medewerker in (("regisseur", "999"), ("teamlid", "12345"), ("uitvoerende", "12345"), ("beheerder", "")):
        who = log_in(role, f"{role}-{medewerker}", medewerker)
        assert who.get(f"/zaken/{deelplan}/{what}").status_code == 404
        token = token_of(who.get("/geen-pagina").text)
        assert who.post(f"/zaken/{deelplan}/{what}", data={"csrf_token": token}).status_code == 404


def test_the_buttons_are_there_for_who_may(regisseur: FlaskClient, log_in: LogIn, plan: str, deelplan: str) -> None:
    assert f"/zaken/{plan}/status" in regisseur.get(f"/plannen/{plan}").text
    assert f"/zaken/{deelplan}/overdragen" in regisseur.get(f"/zaken/{deelplan}").text


def test_a_zaak_that_is_offered_to_us_is_answered(regisseur: FlaskClient, deelplan: str, engine: Engine) -> None:
    row = {"richting": "in", "zaakidentificatie": deelplan, "applicatie": "WmoVoorziening", "referentienummer": "r1",
           "melding": "Wilt u dit doen?"}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert_into("overdracht", row))
    path = f"/zaken/{deelplan}/overdragen"
    [number] = rows(engine, "SELECT id FROM overdracht")[0]
    data = {"csrf_token": token_of(regisseur.get(path).text), "ons-antwoord": "weiger", "ons-melding": "Geen plek"}
    assert regisseur.post(f"{path}/{number}/antwoord", data=data).status_code == 303
    assert rows(engine, "SELECT stand FROM overdracht") == [("geweigerd",)]
    assert rows(engine, "SELECT gebeurtenis FROM gebeurtenis WHERE gebeurtenis = 'bevestigOverdragenZaak'")

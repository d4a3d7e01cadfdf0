"""A role of the inrichting that may see some zaaktypen or documents sees nothing of the others on a page."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import mdw, new_number, rol
from tests.diensten.documentstappen import add
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.planstappen import REGISSEUR, Family, content, send, under
from tests.web.test_timeline import notify, offer

from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text

ROLE = '\n[[rol]]\nnaam = "vervoer"\nrechten = "regisseur"\ngroepen = ["g1"]\n'


@pytest.fixture
def bus(family: Family, door: Door) -> str:
    """A deelplan of another zaaktype."""
    number = new_number()
    nine = rol("heeftAlsInitiator", mdw("9")) + rol("heeftAlsUitvoerende", mdw("8", "Chauffeur"))
    send(door, number, "LLVERVOER", "Naar school", nine, under(family.plan))
    return number


def log_in_as(log_in: LogIn, engine: Engine, rule: str) -> FlaskClient:
    who = log_in("regisseur", "v.voer", medewerker=REGISSEUR)
    load_inrichting(engine, read_text(example_inrichting().read_text() + ROLE + rule, "test"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET rollen = '{vervoer}' WHERE naam = 'v.voer'"))
        connection.execute(text("UPDATE sessie SET rol = 'vervoer'"))
    return who


def test_deelplannen_of_other_zaaktypen_are_not_there(
    family: Family, bus: str, log_in: LogIn, engine: Engine, door: Door
) -> None:
    offer(engine, family.own, refused="Woorden")
    notify(engine, family.loose, "gestrand")
    add(door, family.own, titel="Verborgen verslag")
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens)
                    VALUES (1, :z, :p, 'Update zaak', 'Geheimdienst', '{}')"""),
            {"z": family.own, "p": family.plan},
        )
    who = log_in_as(log_in, engine, 'zaaktypen = ["LLVERVOER"]\n')
    for path in (f"/plannen/{family.plan}", f"/plannen/{family.plan}/afdruk"):
        page = who.get(path).text
        assert "Naar school" in page
        assert "Deelplannen 0 van 1 klaar" in content(page)
        for hidden in (family.own, "Drempel", "Traplift", "Minima", "Boer", "Dijk", "Woorden", "Schuldhulp",
                       "Verborgen", "niet aangekomen", "Geheimdienst"):  # fmt: skip
            assert hidden not in page, hidden
    assert who.get(f"/zaken/{family.own}").status_code == 404
    assert who.get(f"/zaken/{bus}").status_code == 200


def test_documents_that_are_too_confidential_are_not_there(
    family: Family, bus: str, log_in: LogIn, engine: Engine, door: Door
) -> None:
    add(door, bus, titel="Open verslag")
    add(door, bus, titel="Gesloten verslag")
    with engine.begin() as connection:
        connection.execute(
            text("""UPDATE document SET vertrouwelijk_aanduiding = 'ZEER GEHEIM' WHERE titel = 'Gesloten verslag'""")
        )
        connection.execute(
            text("""UPDATE zaaktype SET inhoud = inhoud || '{"vertrouwelijkAanduiding": "VERTROUWELIJK"}'""")
        )
        number = connection.execute(text("SELECT id FROM document WHERE titel LIKE 'Gesloten%'")).scalar_one()
    who = log_in_as(log_in, engine, 'vertrouwelijkheid = "VERTROUWELIJK"\n')
    with engine.begin() as connection:
        connection.execute(
            text("""UPDATE zaaktype SET inhoud = inhoud || '{"vertrouwelijkAanduiding": "VERTROUWELIJK"}'""")
        )
        connection.execute(text("UPDATE inrichting_stand SET versie = versie + 1"))
    for path in (f"/plannen/{family.plan}", f"/zaken/{bus}"):
        page = who.get(path).text
        assert "Open verslag" in page
        assert "Gesloten" not in page
    for path in (f"/documenten/{number}", f"/documenten/{number}/versies/1"):
        assert who.get(path).status_code == 404


def test_lists_and_figures_count_no_deelplan_of_another_zaaktype(
    family: Family, bus: str, log_in: LogIn, engine: Engine, door: Door
) -> None:
    send(door, new_number(), "B1026", "Open", rol("heeftAlsInitiator", mdw("9")), under(family.plan))
    who = log_in_as(log_in, engine, 'zaaktypen = ["LLVERVOER"]\n')
    page = who.post("/zoeken", data={"csrf_token": token_of(who.get("/zoeken").text), "vraag": family.plan})
    assert "0 van 1" in page.text
    # The levensdomeinplan and the one of its zaaktype.
    assert ";1;0;geen;2;" in who.get("/cijfers/cijfers.csv").text

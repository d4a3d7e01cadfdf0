"""The werkvoorraad tells nothing of another family, of deelplannen of others, or of zaaktypen of another role."""

import pytest
from sqlalchemy import Engine, text
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.test_plan_grant import ROLE
from tests.web.test_workload import MINE, THEIRS, TODAY, World, page_of

from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text


@pytest.fixture
def world(door: Door, engine: Engine) -> World:
    return World(door, engine)


def put_under(world: World, number: str, plan: str) -> None:
    world.run(
        """INSERT INTO zaak_zaak (relatie, van_id, naar_id) SELECT 'heeftBetrekkingOpAndere', a.id, b.id
           FROM zaak a, zaak b WHERE a.identificatie = :a AND b.identificatie = :b""",
        a=number,
        b=plan,
    )


def happen(world: World, number: str, plan: str) -> None:
    """A row in each of the lists."""
    world.due(number, TODAY)
    world.offered(number, "geweigerd")
    world.told(number, plan, "Nieuws")
    world.stranded(number, "Ontvanger")


def test_a_zaak_in_two_plans_names_the_family_of_ones_own(log_in: LogIn, world: World) -> None:
    happen(world, world.deelplan, world.plan)
    put_under(world, world.deelplan, world.other_plan)
    page = page_of(log_in("regisseur", medewerker=MINE))
    assert page.count("Jansen") == 4
    assert "Geheim" not in page
    page = page_of(log_in("regisseur", medewerker=THEIRS))
    assert page.count("Geheim") == 3  # the message was about the plan of the other
    assert "Jansen" not in page


def test_a_message_about_a_zaak_that_went_to_another_plan_tells_nothing_of_it(log_in: LogIn, world: World) -> None:
    loose = world.deelplan_of("")
    world.told(loose, None, "Los")
    world.told(world.deelplan, world.plan, "Oud")
    mine = log_in("regisseur", medewerker=MINE)
    number = page_of(mine).partition("Los")[2].partition('name="nummer" value="')[2].partition('"')[0]
    put_under(world, loose, world.other_plan)
    world.run("UPDATE zaak SET omschrijving = 'Verborgen' WHERE identificatie IN (:a, :b)", a=loose, b=world.deelplan)
    world.run("UPDATE zaak_zaak SET beeindigd = '2020' WHERE naar_id = (SELECT id FROM zaak WHERE identificatie = :p)",
              p=world.plan)  # fmt: skip
    put_under(world, world.deelplan, world.other_plan)
    page = page_of(mine)
    assert "Oud" in page
    for secret in ("Verborgen", "Geheim", "Los", loose, f"/zaken/{world.deelplan}"):
        assert secret not in page
    assert "Nieuwe meldingen (1)" in page
    mine.post("/werkvoorraad/gezien", data={"csrf_token": token_of(page), "nummer": number})
    assert "al gezien" in page_of(mine)
    with world.engine.connect() as connection:
        unread = connection.execute(text("SELECT gelezen_op IS NULL FROM postvak WHERE id = :id"), {"id": number})
        assert unread.scalar_one()


def test_a_message_about_a_deelplan_that_ended_is_still_about_it(log_in: LogIn, world: World) -> None:
    world.told(world.deelplan, world.plan, "Gereed")
    world.run("UPDATE zaak SET einddatum = '20260101' WHERE identificatie = :z", z=world.deelplan)
    page = page_of(log_in("regisseur", medewerker=MINE))
    assert f"/zaken/{world.deelplan}" in page
    assert "Jansen" in page


def test_who_carries_out_a_deelplan_hears_of_that_alone(log_in: LogIn, world: World) -> None:
    own, other, loose = world.deelplan, world.deelplan_of(world.plan), world.deelplan_of("")
    world.run("UPDATE zaak_relatie SET beeindigd = '2020' WHERE relatie = 'heeftAlsUitvoerende' AND zaak_id IN"
              " (SELECT id FROM zaak WHERE identificatie IN (:z, :l))", z=other, l=loose)  # fmt: skip
    for number, what in ((own, "Eigen"), (other, "Vreemd"), (world.plan, "Vreemd")):
        world.due(number, TODAY)
        world.told(number, world.plan, f"{what}Nieuws")
        world.stranded(number, f"{what}Ontvanger")
    world.told(loose, None, "VreemdLos")
    page = page_of(log_in("uitvoerende", medewerker="77"))
    assert "EigenNieuws" in page
    assert "EigenOntvanger" in page
    assert "Jansen" in page
    for secret in ("Vreemd", other, loose):
        assert secret not in page


def test_a_role_hears_of_the_zaaktypen_that_it_may_see(log_in: LogIn, world: World, engine: Engine) -> None:
    happen(world, world.deelplan, world.plan)
    world.told(world.deelplan_of(""), None, "Los")
    world.told("19009999999999", world.plan, "Onbekend")
    who = log_in("regisseur", "v.voer", medewerker=MINE)
    number = page_of(who).partition('name="nummer" value="')[2].partition('"')[0]
    rule = 'zaaktypen = ["LLVERVOER"]\n'
    load_inrichting(engine, read_text(example_inrichting().read_text() + ROLE + rule, "test"))
    world.run("UPDATE account SET rollen = '{vervoer}'")
    world.run("UPDATE sessie SET rol = 'vervoer'")
    page = page_of(who)
    assert page.count("(0)") == 4
    assert "Nieuws" not in page
    who.post("/werkvoorraad/gezien", data={"csrf_token": token_of(page), "nummer": number})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM postvak WHERE gelezen_op IS NULL")).scalar_one() == 3

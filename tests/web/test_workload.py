"""The werkvoorraad: what asks for attention in the plans of a person, and nothing of another's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.config import TIME_ZONE
from regiesysteem.db import count_statements
from regiesysteem.web import workload_pages

MINE, THEIRS = "12345", "67890"
BSN, OTHER_BSN = "999993653", "999990019"
TODAY = datetime.now(TIME_ZONE).date()


class World:
    """A plan of MINE and one of THEIRS, each with a deelplan; what happens with them is put in by hand."""

    def __init__(self, door: Door, engine: Engine) -> None:
        self.door, self.engine = door, engine
        self.plan, self.deelplan = self._plan(MINE, BSN, "Jansen")
        self.other_plan, self.other_deelplan = self._plan(THEIRS, OTHER_BSN, "Geheim")

    def _plan(self, regisseur: str, bsn: str, naam: str) -> tuple[str, str]:
        plan = new_number()
        people = client(bsn, naam) + rol("heeftAlsInitiator", mdw(regisseur, f"Regisseur{regisseur}"))
        self.door.succeeded("creeerZaak_Lk01", lk01("T", zaak(plan, "GEZINSPLAN", relaties=people)))
        return plan, self.deelplan_of(plan)

    def deelplan_of(self, plan: str) -> str:
        number = new_number()
        to_plan = other("heeftBetrekkingOpAndere", plan) if plan else ""
        roles = rol("heeftAlsInitiator", mdw("9")) + rol("heeftAlsUitvoerende", mdw("77", "Uitvoerder"))
        if not plan:
            roles += client(BSN)
        self.door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=roles, after=to_plan)))
        self.run("UPDATE zaak SET einddatum_gepland = NULL")  # by its zaaktype, and long ago
        return number

    def run(self, sql: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(sql), values)

    def due(self, number: str, on: date) -> None:
        self.run("UPDATE zaak SET uiterlijke_einddatum = :on WHERE identificatie = :z", on=f"{on:%Y%m%d}", z=number)

    def offered(self, number: str, stand: str, answer: str = "", due: datetime | None = None) -> None:
        self.run(
            """INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, applicatie, referentienummer, stand,
                                       antwoord, uiterlijk, beantwoord_op)
               SELECT 'uit', id, identificatie, 'WmoVoorziening', CAST(gen_random_uuid() AS text), :stand, :answer,
                      :due, CASE WHEN :stand = 'geweigerd' THEN now() END FROM zaak WHERE identificatie = :z""",
            stand=stand, answer=answer, due=due, z=number,
        )  # fmt: skip

    def told(self, number: str, plan: str | None, melding: str) -> None:
        self.run(
            """INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens,
                                    melding)
               VALUES (1, :z, :plan, 'Update zaak', 'GWS4all', '{}', :melding)""",
            z=number, plan=plan, melding=melding,
        )  # fmt: skip

    def stranded(self, number: str, ontvanger: str, stand: str = "gestrand") -> None:
        self.run(
            """INSERT INTO notificatie (ontvanger, stroom, soort, referentienummer, stand)
               VALUES (:o, :z, 'notificeerOverZaak', CAST(gen_random_uuid() AS text), :stand)""",
            o=ontvanger, z=number, stand=stand,
        )  # fmt: skip


@pytest.fixture
def world(door: Door, engine: Engine) -> World:
    return World(door, engine)


def page_of(browser: FlaskClient, path: str = "/werkvoorraad") -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return page.text


def test_without_work_there_is_nothing_of_anybody(log_in: LogIn, world: World) -> None:
    page = page_of(log_in("regisseur", medewerker=MINE))
    assert page.count("Er is nu niets.") == 4
    assert page.count("(0)") == 4
    assert page_of(log_in("regisseur")).count("Er is nu niets.") == 4


def test_each_list_has_the_work_of_his_own_plans_and_no_others(log_in: LogIn, world: World) -> None:
    for plan, deelplan, secret in (
        (world.plan, world.deelplan, ""),
        (world.other_plan, world.other_deelplan, "Verborgen"),
    ):
        world.due(deelplan, TODAY - timedelta(days=3))
        world.due(plan, TODAY + timedelta(days=7))
        world.offered(deelplan, "geweigerd", f"{secret}Te druk")
        world.told(deelplan, plan, f"{secret}Nieuws")
        world.stranded(deelplan, f"{secret}Ontvanger")
    page = page_of(log_in("regisseur", medewerker=MINE))
    for said in ("3 dagen te laat", "nog 7 dagen", "Uitvoerder", "Te druk", "Nieuws", "Ontvanger", "Jansen"):
        assert said in page
    assert "Te laat of bijna (2)" in page
    for titel in ("Overdrachten", "Nieuwe meldingen", "Niet aangekomen"):
        assert f"{titel} (1)" in page
    for secret in ("Verborgen", "Geheim", world.other_plan, world.other_deelplan):
        assert secret not in page


def test_late_ends_a_week_ahead_and_without_what_is_ready(log_in: LogIn, world: World) -> None:
    browser = log_in("regisseur", medewerker=MINE)
    world.due(world.deelplan, TODAY + timedelta(days=8))
    assert "Te laat of bijna (0)" in page_of(browser)
    world.due(world.deelplan, TODAY)
    assert "vandaag" in page_of(browser)
    world.run("UPDATE zaak SET einddatum = '20260101' WHERE identificatie = :z", z=world.deelplan)
    assert "Te laat of bijna (0)" in page_of(browser)


def test_of_transfers_the_last_one_counts(log_in: LogIn, world: World) -> None:
    browser, now = log_in("regisseur", medewerker=MINE), datetime.now(UTC)
    world.offered(world.deelplan, "geweigerd", "Te druk")
    page = page_of(browser)
    assert f'href="/zaken/{world.deelplan}/overdragen"' in page
    assert "Opnieuw aanbieden" in page
    world.offered(world.deelplan, "aangeboden", due=now + timedelta(days=1))
    assert "Overdrachten (0)" in page_of(browser)
    world.run("UPDATE overdracht SET uiterlijk = now() - interval '1 day'")
    page = page_of(browser)
    assert "Geen antwoord" in page
    assert "Trek in" in page


def test_a_message_about_a_client_in_no_plan_can_be_linked(log_in: LogIn, world: World) -> None:
    loose, unknown = world.deelplan_of(""), new_number()
    world.told(loose, None, "Nieuw bij ons")
    world.told(unknown, None, "Onbekend bij ons")
    browser = log_in("regisseur", medewerker=MINE)
    page = page_of(browser)
    assert f'href="/plannen/{world.plan}/koppelen?zaak={loose}"' in page
    assert "nog bij geen plan" in page
    assert unknown not in page
    world.run(
        """INSERT INTO zaak_zaak (relatie, van_id, naar_id) SELECT 'heeftBetrekkingOpAndere', a.id, b.id
                 FROM zaak a, zaak b WHERE a.identificatie = :a AND b.identificatie = :b""",
        a=loose,
        b=world.plan,
    )
    page = page_of(browser)
    assert "Nieuwe meldingen (1)" in page
    assert "/koppelen" not in page
    assert loose not in page_of(log_in("regisseur", medewerker=THEIRS))


def test_a_message_is_seen_once_and_only_by_its_regisseur(log_in: LogIn, world: World, engine: Engine) -> None:
    world.told(world.deelplan, world.plan, "Nieuws")
    mine, theirs = log_in("regisseur", medewerker=MINE), log_in("regisseur", medewerker=THEIRS)
    page = page_of(mine)
    number = page.partition('name="nummer" value="')[2].partition('"')[0]

    def press(browser: FlaskClient, nummer: str) -> int:
        token = token_of(browser.get("/werkvoorraad").text)
        return browser.post("/werkvoorraad/gezien", data={"csrf_token": token, "nummer": nummer}).status_code

    assert press(theirs, number) == 303
    assert "Nieuwe meldingen (1)" in page_of(mine)
    assert [press(mine, wrong) for wrong in ("", "x", "-1", "9" * 30)] == [404] * 4
    assert mine.post("/werkvoorraad/gezien", data={"nummer": number}).status_code == 400
    assert press(mine, number) == 303
    page = page_of(mine)
    assert "De melding is gezien." in page
    assert "Nieuwe meldingen (0)" in page
    assert press(mine, number) == 303
    assert "al gezien" in page_of(mine)


def test_what_waits_for_a_receiver_that_does_not_answer_is_told(log_in: LogIn, world: World) -> None:
    browser = log_in("regisseur", medewerker=MINE)
    world.stranded(world.deelplan, "Traag", "wacht")
    world.stranded(world.deelplan, "Vlot", "wacht")
    world.run("INSERT INTO ontvanger (applicatie, fouten) VALUES ('Traag', 3), ('Vlot', 0)")
    page = page_of(browser)
    assert "Niet aangekomen (1)" in page
    assert "Traag" in page
    assert "Vlot" not in page


def test_a_team_sees_the_work_of_its_people_and_can_choose_one(log_in: LogIn, world: World) -> None:
    log_in("regisseur", "m.visser", MINE, "NOORD")
    log_in("regisseur", "k.groot", THEIRS, "NOORD")
    world.due(world.deelplan, TODAY)
    world.due(world.other_deelplan, TODAY)
    for role in ("coordinator", "teamlid"):
        member = log_in(role, f"{role}.noord", "555", "NOORD")
        assert "Te laat of bijna (2)" in page_of(member)
        page = page_of(member, f"/werkvoorraad?van={MINE}")
        assert "Te laat of bijna (1)" in page
        assert world.other_deelplan not in page
        assert "Gezien</button>" not in page
        elsewhere = log_in(role, f"{role}.zuid", "666", "ZUID")
        assert "Te laat of bijna (0)" in page_of(elsewhere)
        assert world.deelplan not in page_of(elsewhere, f"/werkvoorraad?van={MINE}")


def test_who_carries_out_a_deelplan_has_that_as_work(log_in: LogIn, world: World) -> None:
    world.due(world.deelplan, TODAY)
    second = world.deelplan_of(world.plan)
    world.run("UPDATE zaak_relatie SET beeindigd = '2020' WHERE relatie = 'heeftAlsUitvoerende' AND zaak_id ="
              " (SELECT id FROM zaak WHERE identificatie = :z)", z=second)  # fmt: skip
    world.due(second, TODAY)
    page = page_of(log_in("uitvoerende", medewerker="77"))
    assert world.deelplan in page
    assert second not in page


def test_a_regisseur_sees_who_looked_with_a_reason_until_he_has_seen_it(log_in: LogIn, world: World) -> None:
    world.run("""INSERT INTO toegang_reden (zaakidentificatie, persoon, rol, reden, toelichting, verloopt_op)
                 VALUES (:z, 'b.uurman', 'teamlid', 'gevaar', 'Er was geschreeuw', now())""", z=world.plan)  # fmt: skip
    mine = log_in("regisseur", medewerker=MINE)
    assert "b.uurman" not in page_of(log_in("regisseur", medewerker=THEIRS))
    page = page_of(mine)
    assert "b.uurman (teamlid)" in page
    assert "Er was geschreeuw" in page
    assert mine.post("/werkvoorraad/bezoek-gezien", data={"csrf_token": token_of(page)}).status_code == 303
    assert "b.uurman" not in page_of(mine)


def test_a_long_list_comes_in_pages(log_in: LogIn, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_pages, "_IN_A_BLOCK", 1)
    monkeypatch.setattr(workload_pages, "_ON_A_PAGE", 2)
    numbers = [world.deelplan, *(world.deelplan_of(world.plan) for _ in range(4))]
    for number in numbers:
        world.due(number, TODAY)
        world.offered(number, "geweigerd")
        world.told(number, world.plan, "x")
        world.stranded(number, "Ontvanger")
    browser = log_in("regisseur", medewerker=MINE)
    first = page_of(browser)
    for blok in workload_pages.BLOCKS:
        assert f'href="/werkvoorraad/{blok}"' in first
        found, path, pages = set(), f"/werkvoorraad/{blok}", 0
        while path:
            page = page_of(browser, path)
            here = {number for number in numbers if f"/zaken/{number}" in page}
            assert not found & here
            found |= here
            pages += 1
            rest = page.partition(f'href="/werkvoorraad/{blok}?na=')[2].partition('"')[0]
            path = f"/werkvoorraad/{blok}?na={rest}" if rest else ""
        assert (found, pages) == (set(numbers), 3), blok
    for wrong in ("x", "-1", "9" * 40, "1.x", "%27", "٣"):
        for blok in workload_pages.BLOCKS:
            page_of(browser, f"/werkvoorraad/{blok}?na={wrong}")
    assert browser.get("/werkvoorraad/iets").status_code == 404


def test_the_page_takes_as_many_statements_for_much_work_as_for_little(log_in: LogIn, world: World) -> None:
    browser = log_in("regisseur", medewerker=MINE)
    page_of(browser)  # the first page of a process reads the inrichting
    with count_statements() as little:
        page_of(browser)
    for _ in range(5):
        number = world.deelplan_of(world.plan)
        world.due(number, TODAY)
        world.offered(number, "geweigerd")
        world.told(number, world.plan, "x")
    with count_statements() as much:
        page_of(browser)
    assert little.aantal == much.aantal <= 12


def test_it_is_one_row_in_the_read_log(log_in: LogIn, world: World, engine: Engine) -> None:
    world.due(world.deelplan, TODAY)
    page_of(log_in("regisseur", "m.visser", medewerker=MINE))
    with engine.connect() as connection:
        [row] = connection.execute(text("SELECT persoon, wat, zaken, aantal FROM inzage")).all()
    # The plan counts too: its clients are named with the deelplan.
    assert tuple(row) == ("m.visser", "GET /werkvoorraad", sorted([world.deelplan, world.plan]), 1)

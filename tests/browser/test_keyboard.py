"""The tasks of a day with the keyboard alone, and what the pages answer judged as every page is."""

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, told
from tests.browser.world import HE, NEIGHBOUR, PLAN, SCHULD, WMO, World


def log_in(visitor: Visitor, link: str) -> None:
    visitor.go(link)
    visitor.press("button", "Log in")


def test_a_regisseur_finds_a_plan_by_bsn_and_opens_a_domain(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("regisseur"))
    visitor.type_in("BSN, achternaam, zaaknummer", HE)
    visitor.press("button", "Zoek")
    told(visitor.faults())
    visitor.press("link", PLAN)
    told(visitor.faults())
    domain = visitor.page.locator("summary", has_text="Geld")
    was = visitor.page.get_by_role("link", name="Schulden regelen").is_visible()
    visitor.tab_to(domain)
    visitor.page.keyboard.press("Enter")
    assert visitor.page.get_by_role("link", name="Schulden regelen").is_visible() is not was
    told(visitor.faults())


def test_the_first_stop_leads_past_the_menu(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("regisseur"))
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.url.endswith("#inhoud")
    assert visitor.page.locator("main").evaluate("main => main === document.activeElement")


def test_anybody_asks_the_signaal_and_hears_yes_or_no(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("signaal", medewerker=""))
    for bsn, said in ((HE, "Ja"), (NEIGHBOUR, "Nee"), ("999993654", "Dit is geen BSN")):
        visitor.go("/signaal")
        visitor.type_in("BSN", bsn)
        visitor.type_in("Zaaknummer of reden", "aanvraag bijzondere bijstand")
        visitor.press("button", "Vraag")
        assert said in visitor.page.locator("main").inner_text()
        told(visitor.faults())


def test_a_beheerder_sends_a_stranded_notification_again(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("beheerder"))
    visitor.go("/beheer/gestrand")
    visitor.tab_to(visitor.page.locator("main input[type=checkbox]").first)
    visitor.page.keyboard.press("Space")
    visitor.press("button", "Opnieuw")
    assert "1 notificatie is opnieuw geprobeerd" in visitor.page.locator("main").inner_text()
    told(visitor.faults())


def test_a_beheerder_hears_who_would_be_told(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("beheerder"))
    visitor.go("/beheer/abonnementen")
    visitor.type_in("Zaak", WMO)
    visitor.press("button", "Verklaar")
    assert "Schuldhulp" in visitor.page.get_by_role("region", name="Uitleg").inner_text()
    told(visitor.faults())


def test_a_regisseur_offers_a_deelplan(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    log_in(visitor, filled.link("regisseur"))
    visitor.go(f"/zaken/{SCHULD}")
    visitor.press("link", "Aanbieden aan een systeem")
    visitor.tab_to(visitor.page.get_by_label("Aan wie biedt u het aan?"))
    visitor.page.keyboard.type("WmoVoorziening")
    visitor.type_in("Wat wilt u erbij zeggen?", "Graag voor de kerst")
    visitor.press("button", "Bied aan")
    assert "Het deelplan is aangeboden aan WmoVoorziening" in visitor.page.locator("main").inner_text()
    told(visitor.faults())

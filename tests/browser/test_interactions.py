"""Interactions 1 to 10 of the assignment: a regisseur at her pages, and two practice back offices that answer.

She has no JavaScript, and each page on her way is complete without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.conftest import START_TIMEOUT_S, wait_until
from tests.interop.conftest import Demoserver, demoserver

from regiesysteem.access.people.accounts import new_account, new_link
from regiesysteem_practice.play_offices import SCHULDHULP, ArchiveLine, Role, RunningOffice, backoffices

__all__ = ["demoserver"]

BSN, CHILD = "999990056", "999990111"
ADJUSTED = "Huishoudelijke hulp, 4 uur per week"
WMO = Role("WmoVoorziening", 8091, ("--haal-op", "--antwoord", "status:2", "--antwoord", f"omschrijving:{ADJUSTED}"))
Offices = dict[str, RunningOffice]


@pytest.fixture
def offices(demoserver: Demoserver) -> Iterator[Offices]:
    """One that takes a deelplan over and works on it, and one that refuses."""
    with backoffices(demoserver.adres, dict(zip((WMO, SCHULDHULP), demoserver.ports, strict=True))) as running:
        yield running


class Regisseur:
    """Somebody who works with pages alone; each method is something she does or sees."""

    def __init__(self, visitor: Visitor, link: str) -> None:
        self.page = visitor.page
        visitor.log_in(link)

    def follow(self, name: str) -> None:
        """Follow a link of the page, not of the menu when both have it."""
        self.page.get_by_role("link", name=name).last.click()

    def send(self, button: str, **fields: str) -> None:
        """Fill the form on the page, by its labels with _ for a space, and send it."""
        for label, value in fields.items():
            field = self.page.locator("main").get_by_label(label.replace("_", " ")).first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        self.page.locator("main").get_by_role("button", name=button).first.click()
        assert self.page.get_by_role("alert").count() == 0, self.page.locator("main").inner_text()

    def sees(self, text: str) -> None:
        """Look again until the page has a text."""

        def there() -> bool:
            self.page.reload()
            return text in self.page.locator("main").inner_text()

        wait_until(there, f"{text!r} op {self.page.url}")

    @property
    def number(self) -> str:
        """The zaaknummer in the address of the page."""
        return re.split("[/?#]", self.page.url)[4]


def hears(office: RunningOffice, zaak: str, *events: str) -> ArchiveLine:
    """Wait until a back office was told of a zaak."""

    def fits(line: ArchiveLine) -> bool:
        return line.richting == "ontvangen" and line.zaak == zaak and line.gebeurtenis in events

    found = office.wait_for(fits, START_TIMEOUT_S)
    assert found is not None, f"{office.rol.naam} hoorde niet {events} van {zaak}"
    return found


def test_a_regisseur_does_all_interactions_with_pages_alone(
    demoserver: Demoserver, offices: Offices, visit: Visit
) -> None:
    with demoserver.regie.engine.begin() as connection:
        link = new_link(connection, new_account(connection, "a.visser", ("regisseur",), "A. Visser", "visser01"))
    visitor = visit(f"http://127.0.0.1:{demoserver.regie.port}", javascript=False)
    regisseur = Regisseur(visitor, link)
    plan = _make_plan(regisseur, offices)
    deelplan = _make_deelplan(regisseur, plan, offices)
    _offer_it_twice(regisseur, deelplan, offices)
    _follow_and_adjust(regisseur, plan, deelplan, offices)
    _close(regisseur, plan)


def _make_plan(regisseur: Regisseur, offices: Offices) -> str:
    """Interactions 1 to 3: a plan with a document, found again by BSN."""
    regisseur.follow("Plannen")
    regisseur.follow("Nieuw gezinsplan")
    regisseur.send("Maak het plan", Waar_gaat="Gezinsplan De Wit", Achternaam="De Wit", BSN=BSN)
    plan = regisseur.number
    for office in offices.values():
        hears(office, plan, "Creeer zaak", "nieuwe zaak")
    regisseur.follow("Document toevoegen")
    file = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 plan"}
    regisseur.page.get_by_label("Bestand").set_input_files(file)  # type: ignore[arg-type]
    regisseur.send("Voeg toe", Titel="Afspraken met het gezin", Soort_document="Gezinsplan")
    assert "Afspraken met het gezin" in regisseur.page.locator("main").inner_text()
    regisseur.follow("Zoeken")
    regisseur.send("Zoek", Wat_zoekt=BSN)
    regisseur.follow(plan)
    return plan


def _make_deelplan(regisseur: Regisseur, plan: str, offices: Offices) -> str:
    """Interactions 4 and 5: a deelplan, of which the back offices hear with the plan that it is of."""
    regisseur.follow("Deelplan maken")
    regisseur.send("Maak het deelplan", Soort="Aanvraag maatwerkvoorziening Wmo", Waar_gaat="Huishoudelijke hulp")
    deelplan = regisseur.number
    for office in offices.values():
        assert hears(office, deelplan, "Creeer zaak", "nieuwe zaak").gezinsplan in {plan, ""}
    return deelplan


def _offer_it_twice(regisseur: Regisseur, deelplan: str, offices: Offices) -> None:
    """Interaction 5, the transfer: refused by one, and taken over by the other."""
    regisseur.page.goto(f"/zaken/{deelplan}/overdragen")
    regisseur.send("Bied aan", Aan_wie=SCHULDHULP.naam)
    regisseur.sees("Geweigerd")
    regisseur.send("Bied aan", Aan_wie=WMO.naam)
    regisseur.sees("Geaccepteerd")
    answers = [line.wat for one in offices.values() for line in one.lines() if line.wat.startswith("Overdracht ")]
    assert sorted(answers) == ["Overdracht geaccepteerd", "Overdracht geweigerd"]


def _follow_and_adjust(regisseur: Regisseur, plan: str, deelplan: str, offices: Offices) -> None:
    """Interactions 6 to 10: what the back office does shows in the plan, and what she changes is told to it."""
    regisseur.page.goto(f"/plannen/{plan}")
    regisseur.sees("Onderzoek gestart")
    regisseur.sees(ADJUSTED)
    regisseur.follow("Persoon toevoegen")
    regisseur.send("Voeg toe", Achternaam="De Wit", BSN=CHILD)
    assert "2 personen" in regisseur.page.locator("main").inner_text()
    for office in offices.values():
        hears(office, plan, "Update zaak")
    regisseur.page.goto(f"/zaken/{deelplan}")
    assert "Onderzoek gestart" in regisseur.page.locator("main").inner_text()


def _close(regisseur: Regisseur, plan: str) -> None:
    regisseur.page.goto(f"/zaken/{plan}/status")
    regisseur.page.get_by_role("radio", name="Zaak afgerond").check()
    regisseur.send("Zet de status", Resultaat="Doelen bereikt")
    assert "Zaak afgerond" in regisseur.page.locator("main").inner_text()

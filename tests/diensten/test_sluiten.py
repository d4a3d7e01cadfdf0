"""Whose einddatum a zaak has, and which statuses give it one (docs/afwijkingen.md 12 and 20)."""

from collections.abc import Callable

from tests.berichten.bouw import GEEN, mdw, status
from tests.diensten.stappen import actualiseer, element, nieuw, wijzig
from tests.diensten.test_actualiseer_zaakstatus import met_zetter, zetter
from tests.soap.conftest import Deur

from regiesysteem import config

EINDDATUM = "<ZKN:einddatum>20260401</ZKN:einddatum>"


def zonder_eindstatus(maak_deur: Callable[..., Deur]) -> Deur:
    """The doors, once the municipality has taken the eindstatus of B1026 out of its inrichting."""
    _, _, zaaktype = config.voorbeeld_inrichting().read_text().partition('code = "B1026"')
    _, _, rest = zaaktype.partition('omschrijving = "In behandeling"\n\n')
    eindstatus, _, _ = rest.partition("\n\n")
    return maak_deur(**{f"{eindstatus}\n": ""})


def test_an_eindstatus_leaves_an_einddatum_that_somebody_reported(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    wijzig(deur, nummer, f"<ZKN:einddatum {GEEN}/>", EINDDATUM)
    actualiseer(deur, nummer, status(3, "20260501"))
    assert element(deur, nummer, "z:einddatum") == ["20260401"]


def test_a_status_after_it_leaves_an_einddatum_that_somebody_reported(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    wijzig(deur, nummer, f"<ZKN:einddatum {GEEN}/>", EINDDATUM)
    actualiseer(deur, nummer, status(3, "20260501"))
    actualiseer(deur, nummer, status(2, "20260601"))
    assert element(deur, nummer, "z:einddatum") == ["20260401"]


def test_a_zaak_that_a_vervallen_eindstatus_closed_opens_with_a_status_after_it(maak_deur: Callable[..., Deur]) -> None:
    deur = maak_deur()
    nummer = nieuw(deur, na=status(1, "20260301") + status(3, "20260401"))
    assert element(deur, nummer, "z:einddatum") == ["20260401"]
    deur = zonder_eindstatus(maak_deur)
    actualiseer(deur, nummer, status(2, "20260501"))
    assert element(deur, nummer, "z:einddatum") == [""]
    maak_deur()


def test_a_status_that_repeats_the_last_one_counts_when_somebody_else_set_it(deur: Deur) -> None:
    nummer = nieuw(deur, na=met_zetter(status(1, "20260301"), zetter(mdw("s1", "Eerste"))))
    actualiseer(deur, nummer, met_zetter(status(1, "20260301"), zetter(mdw("s1", "Eerste"))))
    actualiseer(deur, nummer, met_zetter(status(1, "20260301"), zetter(mdw("s2", "Tweede"))))
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:achternaam") == ["Eerste", "Tweede"]

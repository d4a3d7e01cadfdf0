"""The einddatum of a zaak: which statuses give it one, and when it is another's (docs/afwijkingen.md 12 and 20)."""

from collections.abc import Callable

from tests.berichten.bouw import NO, mdw, status
from tests.diensten.stappen import actualiseer, change, element, new
from tests.diensten.test_actualiseer_zaakstatus import setter, with_setter
from tests.soap.conftest import Door

from regiesysteem import config

EINDDATUM = "<ZKN:einddatum>20260401</ZKN:einddatum>"


def without_eindstatus(make_door: Callable[..., Door]) -> Door:
    """The doors, once the municipality has taken the eindstatus of B1026 out of its inrichting."""
    _, _, zaaktype = config.example_inrichting().read_text().partition('code = "B1026"')
    _, _, rest = zaaktype.partition('omschrijving = "In behandeling"\n\n')
    eindstatus, _, _ = rest.partition("\n\n")
    return make_door(**{f"{eindstatus}\n": ""})


def test_an_eindstatus_leaves_an_einddatum_that_somebody_reported(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    change(door, number, f"<ZKN:einddatum {NO}/>", EINDDATUM)
    actualiseer(door, number, status(3, "20260501"))
    assert element(door, number, "z:einddatum") == ["20260401"]


def test_a_status_after_it_leaves_an_einddatum_that_somebody_reported(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    change(door, number, f"<ZKN:einddatum {NO}/>", EINDDATUM)
    actualiseer(door, number, status(3, "20260501"))
    actualiseer(door, number, status(2, "20260601"))
    assert element(door, number, "z:einddatum") == ["20260401"]


def test_a_zaak_that_a_vervallen_eindstatus_closed_opens_with_a_status_after_it(make_door: Callable[..., Door]) -> None:
    door = make_door()
    number = new(door, after=status(1, "20260301") + status(3, "20260401"))
    assert element(door, number, "z:einddatum") == ["20260401"]
    door = without_eindstatus(make_door)
    actualiseer(door, number, status(2, "20260501"))
    assert element(door, number, "z:einddatum") == [""]
    make_door()


def test_a_status_that_repeats_the_last_one_counts_when_somebody_else_set_it(door: Door) -> None:
    number = new(door, after=with_setter(status(1, "20260301"), setter(mdw("s1", "Eerste"))))
    actualiseer(door, number, with_setter(status(1, "20260301"), setter(mdw("s1", "Eerste"))))
    actualiseer(door, number, with_setter(status(1, "20260301"), setter(mdw("s2", "Tweede"))))
    assert element(door, number, "z:heeft/z:isGezetDoor//z:achternaam") == ["Eerste", "Tweede"]

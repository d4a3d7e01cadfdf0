"""A sender that knows a BSN learns nothing of the person by naming it in a zaak of its own."""

import pytest
from sqlalchemy import Engine
from tests.access.wereld import ANDER, VRAGER, Wereld, make_wereld, question
from tests.berichten.bouw import lk01, lv01, mdw, nps, obj, rol, texts, zaak

BSN = "999990020"
ALL = 'StUF:scope="alles"'


def _person(naam: str = "", extra: str = "") -> str:
    full = nps(BSN, naam, extra=extra)
    return rol("heeftBetrekkingOp", full if naam else full.replace("<BG:geslachtsnaam></BG:geslachtsnaam>", ""))


@pytest.fixture
def wereld(engine: Engine) -> Wereld:
    """A zaak of another with all of a person, and one of the sender that names the BSN alone."""
    world = make_wereld(engine, "eigen_zaken = true", [])
    everything = (
        "<BG:voornamen>Truus</BG:voornamen><BG:geboortedatum>19700101</BG:geboortedatum>"
        "<BG:verblijfsadres><BG:gor.straatnaam>Dwarsweg</BG:gor.straatnaam></BG:verblijfsadres>"
    )
    hidden = zaak("1900Z1", "A", relaties=_person("Geheimenaam", everything) + _set_by("Ambtenaar"))
    world.door.succeeded("creeerZaak_Lk01", lk01("T", hidden, zender=ANDER))
    world.door.succeeded("creeerZaak_Lk01", lk01("T", zaak("1900Z2", "A", relaties=_person()), zender=VRAGER))
    return world


def _set_by(naam: str) -> str:
    return rol("heeftAlsInitiator", mdw("regie1", naam))


def _details(wereld: Wereld, number: str, zender: str = VRAGER) -> str:
    asked = lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>", ALL).replace(">GWS4all<", f">{zender}<")
    return wereld.answer("geefZaakdetails_Lv01", asked)


def test_the_answer_has_only_what_the_sender_said(wereld: Wereld) -> None:
    answer = _details(wereld, "1900Z2")
    assert BSN in answer
    assert not [one for one in ("Geheimenaam", "Truus", "19700101", "Dwarsweg") if one in answer]


def test_it_is_the_answer_about_a_person_whom_nobody_knew(wereld: Wereld) -> None:
    """So that nothing tells that the person is known either."""
    stranger = zaak("1900Z2", "A", relaties=_person().replace(BSN, "999990032")).replace("1900Z2", "1900Z9")
    wereld.door.succeeded("creeerZaak_Lk01", lk01("T", stranger, zender=VRAGER))
    told = _details(wereld, "1900Z9").replace("1900Z9", "1900Z2").replace("999990032", BSN)
    assert _details(wereld, "1900Z2") == told


@pytest.mark.parametrize(
    "element",
    [
        "<BG:geslachtsnaam>Geheimenaam</BG:geslachtsnaam>",
        '<BG:geslachtsnaam StUF:exact="false">Geheim</BG:geslachtsnaam>',
        "<BG:geboortedatum>19700101</BG:geboortedatum>",
        "<BG:verblijfsadres><BG:gor.straatnaam>Dwarsweg</BG:gor.straatnaam></BG:verblijfsadres>",
    ],
)
def test_asking_by_a_guess_tells_nothing(wereld: Wereld, element: str) -> None:
    guess = (
        '<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde>'
        f'<ZKN:natuurlijkPersoon StUF:entiteittype="NPS">{element}</ZKN:natuurlijkPersoon>'
        "</ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
    )
    assert texts(wereld.door.send("zakLv01", question(guess)), "//z:antwoord/z:object") == []
    other = wereld.door.send("zakLv01", question(guess).replace(">GWS4all<", f">{ANDER}<"))
    assert len(texts(other, "//z:antwoord/z:object")) == 1


@pytest.mark.parametrize("kind", ["waardeOnbekend", "geenWaarde", "nietGeautoriseerd"])
@pytest.mark.parametrize("element", ["geslachtsnaam", "geboortedatum"])
def test_asking_for_no_value_finds_the_known_and_the_stranger_alike(wereld: Wereld, element: str, kind: str) -> None:
    stranger = zaak("1900Z9", "A", relaties=_person().replace(BSN, "999990032"))
    wereld.door.succeeded("creeerZaak_Lk01", lk01("T", stranger, zender=VRAGER))
    guess = (
        '<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde>'
        f'<ZKN:natuurlijkPersoon StUF:entiteittype="NPS"><BG:{element} xsi:nil="true" StUF:noValue="{kind}"/>'
        "</ZKN:natuurlijkPersoon></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
    )
    found = texts(wereld.door.send("zakLv01", question(guess)), "//z:antwoord/z:object/z:identificatie")
    assert found in (["1900Z2", "1900Z9"], [])


def test_adding_the_person_to_an_existing_zaak_tells_nothing_either(wereld: Wereld) -> None:
    wereld.door.succeeded(
        "creeerZaak_Lk01", lk01("T", zaak("1900Z3", "A", relaties=_set_by("Ambtenaar")), zender=VRAGER)
    )
    sleutel = "<ZKN:identificatie>1900Z3</ZKN:identificatie>"
    new = lk01("W", obj(sleutel, "W"), obj(sleutel + _person(), "W"), zender=VRAGER)
    wereld.door.succeeded("updateZaak_Lk01", new)
    answer = _details(wereld, "1900Z3")
    assert BSN in answer
    assert "Geheimenaam" not in answer


def test_what_the_sender_says_it_gets_back_and_the_other_keeps_its_own(wereld: Wereld) -> None:
    named = zaak("1900Z4", "A", relaties=_person("Anders") + _set_by("Ambtenaar"))
    wereld.door.succeeded("creeerZaak_Lk01", lk01("T", named, zender=VRAGER))
    assert "Anders" in _details(wereld, "1900Z4")
    assert "Ambtenaar" in _details(wereld, "1900Z4")
    assert "Geheimenaam" in _details(wereld, "1900Z1", ANDER)
    assert "Anders" not in _details(wereld, "1900Z1", ANDER)

"""The numbers of the versions of a document: each is given once, and they go up (ZDS 4.2.6.2)."""

import pytest
from tests.berichten.documenten import inhoud, update
from tests.diensten.documentstappen import bestand, check_uit, element, lees, maak, voeg_toe, weiger, werk_bij
from tests.soap.conftest import Deur


def _versie(label: str) -> str:
    return f"<ZKN:versie>{label}</ZKN:versie>"


def test_a_label_that_a_version_has_is_not_given_to_another(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    werk_bij(deur, nummer, check_uit(deur, nummer), inhoud(b"twee"))
    gekregen = check_uit(deur, nummer)
    for al in ("1.0", "2.0"):
        code, details = weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, _versie(al) + inhoud(b"drie")))
        assert (code, f"heeft al een versie '{al}'" in details) == ("StUF067", True)
    assert bestand(lees(deur, nummer)) == b"twee"
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, _versie("1.0")))[0] == "StUF067"
    werk_bij(deur, nummer, gekregen, _versie("2.1") + inhoud(b"drie"))


@pytest.mark.parametrize(
    ("nieuwste", "gezegd", "mag"),
    [
        ("2.0", "1.1", False),
        ("2.0", "2", False),
        ("1.9", "1.10", True),
        ("1.10", "1.9", False),
        ("1.0", "0.9", False),
        ("v1", "v2", True),
        ("v2", "1.0", True),
        ("v2", "v1", True),
        ("1.0", "vers1", True),
        ("vers1", "1.0", True),
        ("1.0", "1a", True),
        ("1.0", "eind", True),
        ("eind", "1.0", True),
    ],
)
@pytest.mark.parametrize("met_bestand", [True, False])
def test_the_number_of_a_version_only_goes_up(
    deur: Deur, nieuwste: str, gezegd: str, *, mag: bool, met_bestand: bool
) -> None:
    nummer = voeg_toe(deur, versie=nieuwste)
    gekregen = check_uit(deur, nummer)
    elementen = _versie(gezegd) + (inhoud(b"twee") if met_bestand else "")
    if mag:
        werk_bij(deur, nummer, gekregen, elementen)
        assert element(deur, nummer, "z:versie") == [gezegd]
        return
    code, details = weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, elementen))
    assert (code, "komt niet na de nieuwste" in details) == ("StUF067", True)
    assert element(deur, nummer, "z:versie") == [nieuwste]


@pytest.mark.parametrize("gezegd", ["vers12", "1.0.10"])
def test_the_number_of_a_version_has_at_most_five_characters(deur: Deur, gezegd: str) -> None:
    """RGBZ, versie; whoever sends it: no answer would have room for it."""
    nummer = voeg_toe(deur)
    soepel = "GWS4all"
    bericht = update(nummer, check_uit(deur, nummer, soepel), _versie(gezegd) + inhoud(b"twee"), zender=soepel)
    code, details = weiger(deur, "updateZaakdocument_Di02", bericht)
    assert (code, "versie" in details) == ("StUF055", True)


def test_a_version_that_is_the_same_in_was_and_wordt_names_none(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    werk_bij(deur, nummer, check_uit(deur, nummer), _versie("1.0") + inhoud(b"twee"), was=_versie("1.0"))
    assert element(deur, nummer, "z:versie") == ["2.0"]


def test_the_first_version_of_a_container_has_any_number(deur: Deur) -> None:
    for gezegd in ("0.1", "1.0", "3.0"):
        nummer = maak(deur)
        werk_bij(deur, nummer, None, _versie(gezegd) + inhoud(b"een"))
        assert element(deur, nummer, "z:versie") == [gezegd]

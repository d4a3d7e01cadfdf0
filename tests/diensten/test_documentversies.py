"""The numbers of the versions of a document: each is given once, and they go up (ZDS 4.2.6.2)."""

import pytest
from tests.berichten.documenten import inhoud, update
from tests.diensten.documentstappen import add, check_out, element, file, make, read, refuse, revise
from tests.soap.conftest import Door


def _versie(label: str) -> str:
    return f"<ZKN:versie>{label}</ZKN:versie>"


def test_a_label_that_a_version_has_is_not_given_to_another(door: Door) -> None:
    number = add(door)
    revise(door, number, check_out(door, number), inhoud(b"twee"))
    got = check_out(door, number)
    for al in ("1.0", "2.0"):
        code, details = refuse(door, "updateZaakdocument_Di02", update(number, got, _versie(al) + inhoud(b"drie")))
        assert (code, f"heeft al een versie '{al}'" in details) == ("StUF067", True)
    assert file(read(door, number)) == b"twee"
    assert refuse(door, "updateZaakdocument_Di02", update(number, got, _versie("1.0")))[0] == "StUF067"
    revise(door, number, got, _versie("2.1") + inhoud(b"drie"))


@pytest.mark.parametrize(
    ("nieuwste", "said", "mag"),
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
@pytest.mark.parametrize("with_file", [True, False])
def test_the_number_of_a_version_only_goes_up(
    door: Door, nieuwste: str, said: str, *, mag: bool, with_file: bool
) -> None:
    number = add(door, versie=nieuwste)
    got = check_out(door, number)
    elementen = _versie(said) + (inhoud(b"twee") if with_file else "")
    if mag:
        revise(door, number, got, elementen)
        assert element(door, number, "z:versie") == [said]
        return
    code, details = refuse(door, "updateZaakdocument_Di02", update(number, got, elementen))
    assert (code, "komt niet na de nieuwste" in details) == ("StUF067", True)
    assert element(door, number, "z:versie") == [nieuwste]


@pytest.mark.parametrize("said", ["vers12", "1.0.10"])
def test_the_number_of_a_version_has_at_most_five_characters(door: Door, said: str) -> None:
    """RGBZ, versie; whoever sends it: no answer would have room for it."""
    number = add(door)
    soepel = "GWS4all"
    bericht = update(number, check_out(door, number, soepel), _versie(said) + inhoud(b"twee"), zender=soepel)
    code, details = refuse(door, "updateZaakdocument_Di02", bericht)
    assert (code, "versie" in details) == ("StUF055", True)


def test_a_version_that_is_the_same_in_was_and_wordt_names_none(door: Door) -> None:
    number = add(door)
    revise(door, number, check_out(door, number), _versie("1.0") + inhoud(b"twee"), was=_versie("1.0"))
    assert element(door, number, "z:versie") == ["2.0"]


def test_the_first_version_of_a_container_has_any_number(door: Door) -> None:
    for said in ("0.1", "1.0", "3.0"):
        number = make(door)
        revise(door, number, None, _versie(said) + inhoud(b"een"))
        assert element(door, number, "z:versie") == [said]

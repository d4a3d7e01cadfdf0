"""The keys that say how long a zaak is kept: each mistake in them has its words, and a zaak has one rule."""

from typing import Any

import pytest
from sqlalchemy import Engine
from tests.inrichting.conftest import _raw, write_toml

from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text

VERNIETIGEN = {"archiefnominatie": "vernietigen", "archiefactietermijn": "15 jaar"}


def meldingen(resultaat: dict[str, Any], **zaaktype: Any) -> list[str]:
    """The mistakes in a resultaat and its zaaktype, without the name of the file."""
    raw = _raw()
    raw["zaaktype"][0] |= zaaktype
    raw["zaaktype"][0]["resultaat"] = [{"omschrijving": "Toegekend"} | resultaat]
    try:
        read_text(write_toml(raw), "f")
    except InrichtingError as error:
        return [str(melding).removeprefix("zaaktype[1].resultaat[1].") for melding in error.meldingen]
    return []


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"selectielijst": "8.1.1"},
        {"archiefactietermijn": "42 dagen"},
        {"archiefactietermijn": "1 maand"},
        {"afleidingswijze": "afgehandeld", "procestermijn": "nihil"},
        {"afleidingswijze": "termijn", "procestermijn": "5 jaar"},
        {"afleidingswijze": "hoofdzaak"},
        {"afleidingswijze": "gerelateerde_zaak"},
        {"afleidingswijze": "eigenschap", "datumkenmerk": "einde indicatie"},
        {"afleidingswijze": "zaakobject", "datumkenmerk": "geboortedatum", "objecttype": "NPS"},
        {"afleidingswijze": "vervaldatum_besluit"},
        {"afleidingswijze": "ander_datumkenmerk", "datumkenmerk": "einde voorziening"},
    ],
)
def test_what_may_be_said(rest: dict[str, str]) -> None:
    assert meldingen(VERNIETIGEN | rest) == []
    assert meldingen({}, **VERNIETIGEN | rest) == []


@pytest.mark.parametrize(
    ("resultaat", "melding"),
    [
        ({"archiefactietermijn": "15 jaar"}, "archiefactietermijn: betekent niets zonder archiefnominatie"),
        (
            {"archiefnominatie": "blijvend bewaren", "archiefactietermijn": "15 jaar"},
            'archiefactietermijn: betekent niets bij archiefnominatie "blijvend bewaren"',
        ),
        (
            {"archiefnominatie": "vernietigen"},
            'archiefactietermijn: ontbreekt: hoe lang blijft de zaak bewaard? Bijvoorbeeld "15 jaar" of "42 dagen"',
        ),
        (
            VERNIETIGEN | {"archiefactietermijn": "15"},
            'archiefactietermijn: "15" moet een termijn zijn, zoals "15 jaar", "6 maanden" of "42 dagen"',
        ),
        (
            VERNIETIGEN | {"archiefactietermijn": "nihil"},
            'archiefactietermijn: "nihil" moet een termijn zijn, zoals "15 jaar", "6 maanden" of "42 dagen"',
        ),
        (
            VERNIETIGEN | {"afleidingswijze": "eigenschap"},
            "datumkenmerk: ontbreekt: de naam van een extraElement van de zaak",
        ),
        (
            VERNIETIGEN | {"objecttype": "NPS"},
            'objecttype: hoort bij afleidingswijze zaakobject, niet bij "afgehandeld"',
        ),
        (
            VERNIETIGEN | {"afleidingswijze": "termijn"},
            'procestermijn: ontbreekt: na hoeveel tijd begint de bewaartermijn, zoals "5 jaar"?',
        ),
        (
            VERNIETIGEN | {"afleidingswijze": "termijn", "procestermijn": "nihil"},
            'procestermijn: "nihil" hoort bij afleidingswijze afgehandeld',
        ),
        (
            VERNIETIGEN | {"procestermijn": "5 jaar"},
            'procestermijn: "5 jaar" telt alleen bij afleidingswijze termijn (de ingeschatte bestaansduur van het procesobject)',  # noqa: E501
        ),
        (
            VERNIETIGEN | {"afleidingswijze": "hoofdzaak", "procestermijn": "5 jaar"},
            'procestermijn: hoort bij afleidingswijze termijn of afgehandeld, niet bij "hoofdzaak"',
        ),
        (
            VERNIETIGEN | {"afleidingswijze": "zaakobject", "objecttype": "NPS", "datumkenmerk": "geboortedatm"},
            'datumkenmerk: "geboortedatm" is geen element van NPS; bedoelde u "geboortedatum"?',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(resultaat: dict[str, str], melding: str) -> None:
    assert meldingen(resultaat) == [melding]


def test_an_object_whose_elements_are_not_known_cannot_give_a_date() -> None:
    keys = {"afleidingswijze": "zaakobject", "objecttype": "PND", "datumkenmerk": "bouwjaar"}
    [melding] = meldingen(VERNIETIGEN | keys)
    assert melding.startswith('objecttype: "PND" kan niet: alleen van ')
    [melding] = meldingen(VERNIETIGEN | keys | {"objecttype": "PN"} | {"datumkenmerk": "x"})[:1]
    assert "is te kort" in melding


def test_an_afleidingswijze_has_the_choices_of_the_standard() -> None:
    [melding] = meldingen(VERNIETIGEN | {"afleidingswijze": "hoofdzak"})
    assert melding.startswith('afleidingswijze: "hoofdzak" is niet toegestaan; kies uit "afgehandeld"')
    assert 'bedoelde u "hoofdzaak"?' in melding


def test_the_rule_of_a_resultaat_replaces_that_of_its_zaaktype_whole(engine: Engine) -> None:
    raw = _raw()
    raw["zaaktype"][0] |= {"archiefnominatie": "blijvend bewaren", "selectielijst": "24.1.2"}
    raw["zaaktype"][0]["resultaat"] = [{"omschrijving": "Toegekend"} | VERNIETIGEN, {"omschrijving": "Afgewezen"}]
    load_inrichting(engine, read_text(write_toml(raw), "f"))
    with engine.connect() as connection:
        zaaktype = read_inrichting(connection).zaaktype("B1026", None)
    assert zaaktype
    own, whole, unknown = (zaaktype.bewaarregel(naam) for naam in (" TOEGEKEND", "Afgewezen", None))
    assert own
    assert (own.archiefactietermijn, own.selectielijst) == ("15 jaar", None)
    assert whole
    assert whole == unknown
    assert whole.selectielijst == "24.1.2"

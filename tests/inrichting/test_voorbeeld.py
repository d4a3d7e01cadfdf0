"""The shipped example and its documentation are right and complete."""

import re
from pathlib import Path
from typing import get_args

import pytest

from regiesysteem import config
from regiesysteem.inrichting import fields, model
from regiesysteem.inrichting.check import warnings
from regiesysteem.inrichting.load import read_file, read_text
from regiesysteem.inrichting.model import as_table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs/gebruiken/inrichting.md"


@pytest.fixture(scope="module")
def example() -> model.Inrichtingsbestand:
    return read_file(config.example_inrichting()).inrichting


def test_the_example_has_the_plans_and_the_deelplannen(example: model.Inrichtingsbestand) -> None:
    soorten = [zaaktype.soort for zaaktype in example.zaaktype]
    assert (soorten.count("gezinsplan"), soorten.count("levensdomeinplan")) == (1, 1)
    assert soorten.count("deelplan") >= 7
    assert all(any(status.eindstatus for status in zaaktype.status) for zaaktype in example.zaaktype)
    assert any(sum(status.eindstatus for status in zaaktype.status) > 1 for zaaktype in example.zaaktype)
    assert "GWS4all" in [applicatie.naam for applicatie in example.applicatie]


def test_the_example_warns_only_of_what_it_says_itself(example: model.Inrichtingsbestand) -> None:
    assert [regel.split(":")[0] for regel in warnings(example)] == [
        'autorisatie is "open"',
        *(f"applicatie {naam} heeft een abonnement maar geen adres" for naam in ("GWS4all", "Leerlingvervoer")),
    ]


def test_the_example_uses_more_than_zaaktype_and_gebeurtenis(example: model.Inrichtingsbestand) -> None:
    used = {sleutel for abonnement in example.abonnement for sleutel in as_table(abonnement)}
    assert {"soort", "niet_zaaktype", "eindstatus", "niet_zender", "niet_status", "afnemersindicatie"} <= used


def test_in_the_example_only_a_zaaktype_that_nobody_practises_takes_a_status_over(
    example: model.Inrichtingsbestand,
) -> None:
    assert example.regels.onbekende_status == "weigeren"
    clear = [zaaktype.code for zaaktype in example.zaaktype if zaaktype.onbekende_status == "overnemen"]
    assert len(clear) == 1
    geoefend = [ROOT / "docs/gebruiken/koppelvlak.md", *(ROOT / "src" / "regiesysteem" / "demo").glob("*.py")]
    assert [path.name for path in geoefend if clear[0] in path.read_text()] == []


def test_warnings_of_what_is_probably_not_meant() -> None:
    bare = read_text(
        '[gemeente]\ncode = "1900"\nnaam = "X"\n[[zaaktype]]\ncode = "A"\nomschrijving = "A"\nsoort = "overig"\n',
        "kaal.toml",
    )
    regels = warnings(bare.inrichting)
    assert "er is geen zaaktype van de soort gezinsplan" in regels
    assert "zaaktype A heeft geen eindstatus: alleen een einddatum sluit zijn zaken" in regels


def secties() -> dict[str, str]:
    """The documentation by table of the TOML."""
    parts = re.split(r"^#+ `\[+([a-z.]+)\]+`$", DOCS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_docs_name_every_table() -> None:
    assert set(secties()) == {".".join(spot) for spot in model.tables() if spot}


@pytest.mark.parametrize("spot", [spot for spot in model.tables() if spot])
def test_docs_name_every_key_and_no_other(spot: tuple[str, ...]) -> None:
    first_column = re.findall(r"^\| (`.*?) \|", secties()[".".join(spot)], re.MULTILINE)
    named = {sleutel for cell in first_column for sleutel in re.findall(r"`([^`]+)`", cell)}
    assert named == set(model.keys_of(model.tables()[spot]))


@pytest.mark.parametrize(
    "choices",
    [
        fields.Soort,
        model.Autorisatie,
        model.Unknown,
        model.Statustegenspraak,
        model.Wasregel,
        model.Schemaregel,
        model.Admission,
        model.Soapversie,
        model.Dienst,
        fields.Gebeurtenis,
        fields.Notificatiebericht,
        fields.Archiefnominatie,
        fields.Afleidingswijze,
        model.Variant,
        model.Vertrouwelijkheid,
    ],
)
def test_docs_name_every_choice(choices: object) -> None:
    text = DOCS.read_text()
    assert [choice for choice in get_args(choices) if f"`{choice}`" not in text and f'`"{choice}"`' not in text] == []


@pytest.mark.parametrize("spot", [("systeem",), ("regels",)])
def test_docs_name_every_default(spot: tuple[str, ...]) -> None:
    class_ = model.tables()[spot]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", secties()[".".join(spot)], re.MULTILINE))
    for naam, waarde in vars(class_()).items():
        if isinstance(waarde, str):
            assert rows[naam] == f'`"{waarde}"`'
        elif waarde is not None:
            assert rows[naam] == f"`{list(waarde) if isinstance(waarde, tuple) else waarde}`"

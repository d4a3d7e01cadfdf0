"""The shipped example and its documentation are right and complete."""

import re
from pathlib import Path
from typing import get_args

import pytest

from regiesysteem import config
from regiesysteem.inrichting import fields, model
from regiesysteem.inrichting.check import waarschuwingen
from regiesysteem.inrichting.load import lees_bestand, lees_tekst
from regiesysteem.inrichting.model import als_tabel

WORTEL = Path(__file__).parents[2]
DOCS = WORTEL / "docs/gebruiken/inrichting.md"


@pytest.fixture(scope="module")
def voorbeeld() -> model.Inrichtingsbestand:
    return lees_bestand(config.voorbeeld_inrichting()).inrichting


def test_the_example_has_the_plans_and_the_deelplannen(voorbeeld: model.Inrichtingsbestand) -> None:
    soorten = [zaaktype.soort for zaaktype in voorbeeld.zaaktype]
    assert (soorten.count("gezinsplan"), soorten.count("levensdomeinplan")) == (1, 1)
    assert soorten.count("deelplan") >= 7
    assert all(any(status.eindstatus for status in zaaktype.status) for zaaktype in voorbeeld.zaaktype)
    assert any(sum(status.eindstatus for status in zaaktype.status) > 1 for zaaktype in voorbeeld.zaaktype)
    assert "GWS4all" in [applicatie.naam for applicatie in voorbeeld.applicatie]


def test_the_example_warns_only_of_what_it_says_itself(voorbeeld: model.Inrichtingsbestand) -> None:
    assert [regel.split(":")[0] for regel in waarschuwingen(voorbeeld)] == [
        'autorisatie is "open"',
        *(f"applicatie {naam} heeft een abonnement maar geen adres" for naam in ("GWS4all", "Leerlingvervoer")),
    ]


def test_the_example_uses_more_than_zaaktype_and_gebeurtenis(voorbeeld: model.Inrichtingsbestand) -> None:
    gebruikt = {sleutel for abonnement in voorbeeld.abonnement for sleutel in als_tabel(abonnement)}
    assert {"soort", "niet_zaaktype", "eindstatus", "niet_zender", "niet_status", "afnemersindicatie"} <= gebruikt


def test_in_the_example_only_a_zaaktype_that_nobody_practises_takes_a_status_over(
    voorbeeld: model.Inrichtingsbestand,
) -> None:
    assert voorbeeld.regels.onbekende_status == "weigeren"
    ruim = [zaaktype.code for zaaktype in voorbeeld.zaaktype if zaaktype.onbekende_status == "overnemen"]
    assert len(ruim) == 1
    geoefend = [WORTEL / "docs/gebruiken/koppelvlak.md", *(WORTEL / "src" / "regiesysteem" / "demo").glob("*.py")]
    assert [pad.name for pad in geoefend if ruim[0] in pad.read_text()] == []


def test_warnings_of_what_is_probably_not_meant() -> None:
    kaal = lees_tekst(
        '[gemeente]\ncode = "1900"\nnaam = "X"\n[[zaaktype]]\ncode = "A"\nomschrijving = "A"\nsoort = "overig"\n',
        "kaal.toml",
    )
    regels = waarschuwingen(kaal.inrichting)
    assert "er is geen zaaktype van de soort gezinsplan" in regels
    assert "zaaktype A heeft geen eindstatus: alleen een einddatum sluit zijn zaken" in regels


def secties() -> dict[str, str]:
    """The documentation by table of the TOML."""
    delen = re.split(r"^#+ `\[+([a-z.]+)\]+`$", DOCS.read_text(), flags=re.MULTILINE)
    return dict(zip(delen[1::2], delen[2::2], strict=True))


def test_docs_name_every_table() -> None:
    assert set(secties()) == {".".join(plek) for plek in model.tabellen() if plek}


@pytest.mark.parametrize("plek", [plek for plek in model.tabellen() if plek])
def test_docs_name_every_key_and_no_other(plek: tuple[str, ...]) -> None:
    eerste_kolom = re.findall(r"^\| (`.*?) \|", secties()[".".join(plek)], re.MULTILINE)
    genoemd = {sleutel for cel in eerste_kolom for sleutel in re.findall(r"`([^`]+)`", cel)}
    assert genoemd == set(model.sleutels(model.tabellen()[plek]))


@pytest.mark.parametrize(
    "keuzen",
    [
        fields.Soort,
        model.Autorisatie,
        model.Onbekend,
        model.Statustegenspraak,
        model.Wasregel,
        model.Schemaregel,
        model.Toelating,
        model.Soapversie,
        model.Dienst,
        fields.Gebeurtenis,
        fields.Notificatiebericht,
        model.Variant,
        model.Vertrouwelijkheid,
    ],
)
def test_docs_name_every_choice(keuzen: object) -> None:
    tekst = DOCS.read_text()
    assert [keuze for keuze in get_args(keuzen) if f"`{keuze}`" not in tekst and f'`"{keuze}"`' not in tekst] == []


@pytest.mark.parametrize("plek", [("systeem",), ("regels",)])
def test_docs_name_every_default(plek: tuple[str, ...]) -> None:
    klasse = model.tabellen()[plek]
    rijen = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", secties()[".".join(plek)], re.MULTILINE))
    for naam, waarde in vars(klasse()).items():
        if isinstance(waarde, str):
            assert rijen[naam] == f'`"{waarde}"`'
        elif waarde is not None:
            assert rijen[naam] == f"`{list(waarde) if isinstance(waarde, tuple) else waarde}`"

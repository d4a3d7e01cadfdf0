"""The fault table: complete, equal to the standard, and the only source of the codes that are raised."""

import ast
import re
from pathlib import Path

import pytest

from regiesysteem.stuf.faults import FOUTEN, StufFout

WORTEL = Path(__file__).resolve().parents[2]
STANDAARD = WORTEL.parent / "shared" / "standaard" / "tekst" / "stuf-03.01.txt"
REDEN = "de tekst van de standaard (../shared/standaard) is hier niet"


def _geraakte_codes() -> dict[str, set[str]]:
    """Every literal fault code in src, with the modules that name it."""
    codes: dict[str, set[str]] = {}
    for module in (WORTEL / "src").rglob("*.py"):
        if module.name == "faults.py":
            continue
        for knoop in ast.walk(ast.parse(module.read_text())):
            if (
                isinstance(knoop, ast.Constant)
                and isinstance(knoop.value, str)
                and re.fullmatch(r"StUF\d+", knoop.value)
            ):
                codes.setdefault(knoop.value, set()).add(module.name)
    return codes


def test_every_code_that_is_raised_is_in_the_table() -> None:
    codes = _geraakte_codes()
    assert len(codes) > 15
    assert {code: modules for code, modules in codes.items() if code not in FOUTEN} == {}


def test_a_code_that_is_not_in_the_table_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        StufFout("StUF999")


def test_every_row_fits_the_schema_of_a_fault_message() -> None:
    for code, soort in FOUTEN.items():
        assert code == soort.code
        assert len(code) <= 7
        assert 0 < len(soort.omschrijving) <= 200
        assert soort.soorten


def _tabel_van_de_standaard() -> dict[str, tuple[str, str]]:
    """Code -> plek and kinds of fault message, of table 8.1, the summary of all."""
    if not STANDAARD.exists():
        pytest.skip(REDEN)
    tekst = STANDAARD.read_text()
    begin = tekst.rindex("Tabel met mogelijke foutberichten")
    tabel = tekst[begin : tekst.index("Tabel 8.1", begin)]
    rijen = re.findall(
        r"([123](?:, ?[123])*)\s+(StUF\d{3})\s*(client|server)|([123])\s+(StUF\d{3})\s+(client|server)", tabel
    )
    rijen += [("2", code, plek, "", "", "") for code, plek in re.findall(r"\b2\s+(StUF049) (server)", tabel)]
    return {(rij[1] or rij[4]): (rij[2] or rij[5], re.sub(r"\D", "", rij[0] or rij[3])) for rij in rijen}


def test_codes_plek_and_kinds_are_those_of_the_standard() -> None:
    standaard = _tabel_van_de_standaard()
    assert len(standaard) > 35
    eigen = {code: (soort.plek, "".join(sorted(fo[-1] for fo in soort.soorten))) for code, soort in FOUTEN.items()}
    assert eigen == standaard


def test_descriptions_are_those_of_the_standard() -> None:
    """The text of the tables is broken over lines and columns; as a bag of words each description is in it."""
    if not STANDAARD.exists():
        pytest.skip(REDEN)
    woorden = set(re.findall(r"[\w<>:'≤]+", STANDAARD.read_text()))
    for soort in FOUTEN.values():
        assert set(re.findall(r"[\w<>:'≤]+", soort.omschrijving)) <= woorden, soort


def test_the_text_of_a_fault_quotes_no_message() -> None:
    """What a sender may read of his own message is not for the log."""
    fout = StufFout("StUF055", "BSN 999993653 is al bekend")
    assert "999993653" in fout.details
    assert str(fout) == "StUF055: Berichtbody is niet conform schema in sectormodel"

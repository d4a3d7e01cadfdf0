"""The fault table: complete, and the only source of the codes that are raised."""

import ast
import re
from pathlib import Path

import pytest

from regiesysteem.stuf.faults import FOUTEN, StufFout

ROOT = Path(__file__).resolve().parents[2]


def _geraakte_codes() -> dict[str, set[str]]:
    """Every literal fault code in src, with the modules that name it."""
    codes: dict[str, set[str]] = {}
    for module in (ROOT / "src").rglob("*.py"):
        if module.name == "faults.py":
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"StUF\d+", node.value):
                codes.setdefault(node.value, set()).add(module.name)
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


def test_the_text_of_a_fault_quotes_no_message() -> None:
    """The details that a sender may read of its own message are not for the log."""
    error = StufFout("StUF055", "BSN 999993653 is al bekend")
    assert "999993653" in error.details
    assert str(error) == "StUF055: Berichtbody is niet conform schema in sectormodel"

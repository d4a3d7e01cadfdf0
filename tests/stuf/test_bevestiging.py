"""Acknowledgements and foutberichten that others send are read whole."""

from datetime import UTC, datetime

import pytest
from tests.berichten.bouw import STUF

from regiesysteem.stuf.answers import (
    Bevestiging,
    ErrorMessage,
    bv02,
    bv03,
    foutbericht,
    read_bevestiging,
)
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Stuurgegevens, Systeem
from regiesysteem.stuf.xml import parse

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WIJ = Systeem("1900", "Regiesysteem")
QUESTION = Stuurgegevens(referentienummer="n-1")


def test_what_we_send_is_read_back() -> None:
    assert read_bevestiging(bv03(QUESTION, WIJ, NOW)) == Bevestiging("Bv03", "n-1")
    assert read_bevestiging(bv02(["StUF0001"])) == Bevestiging("Bv02", "", meldingen=("StUF0001",))
    error = foutbericht(StufFout("StUF064", "Zaak 1 is er niet."), "Fo03", QUESTION, WIJ, NOW)
    parsed = read_bevestiging(error)
    assert parsed == Bevestiging(
        "Fo03", "n-1", ErrorMessage("StUF064", "server", "Object niet gevonden", "Zaak 1 is er niet.")
    )


@pytest.mark.parametrize("code", ["Bv01", "Bv04", "Fo01"])
def test_the_other_kinds_and_a_message_with_nothing_in_it(code: str) -> None:
    element = parse(f'<{code}Bericht xmlns="{STUF}"/>'.encode())
    assert read_bevestiging(element) == Bevestiging(code, "", ErrorMessage() if code == "Fo01" else None)


def test_another_message_is_stuf055() -> None:
    element = parse(b'<zakLk01 xmlns="urn:x"/>')
    with pytest.raises(StufFout, match="StUF055"):
        read_bevestiging(element)

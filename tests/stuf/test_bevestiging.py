"""Acknowledgements and foutberichten that others send are read whole."""

from datetime import UTC, datetime

import pytest
from tests.berichten.bouw import STUF

from regiesysteem.stuf.answers import (
    Bevestiging,
    Foutmelding,
    bv02,
    bv03,
    foutbericht,
    is_bevestiging,
    lees_bevestiging,
)
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Stuurgegevens, Systeem
from regiesysteem.stuf.xml import ontleed

NU = datetime(2026, 11, 24, 9, tzinfo=UTC)
WIJ = Systeem("1900", "Regiesysteem")
VRAAG = Stuurgegevens(referentienummer="n-1")


def test_what_we_send_is_read_back() -> None:
    assert lees_bevestiging(bv03(VRAAG, WIJ, NU)) == Bevestiging("Bv03", "n-1")
    assert lees_bevestiging(bv02(["StUF0001"])) == Bevestiging("Bv02", "", meldingen=("StUF0001",))
    fout = foutbericht(StufFout("StUF064", "Zaak 1 is er niet."), "Fo03", VRAAG, WIJ, NU)
    gelezen = lees_bevestiging(fout)
    assert gelezen == Bevestiging(
        "Fo03", "n-1", Foutmelding("StUF064", "server", "Object niet gevonden", "Zaak 1 is er niet.")
    )


@pytest.mark.parametrize("code", ["Bv01", "Bv04", "Fo01"])
def test_the_other_kinds_and_a_message_with_nothing_in_it(code: str) -> None:
    element = ontleed(f'<{code}Bericht xmlns="{STUF}"/>'.encode())
    assert is_bevestiging(element)
    assert lees_bevestiging(element) == Bevestiging(code, "", Foutmelding() if code == "Fo01" else None)


def test_another_message_is_stuf055() -> None:
    element = ontleed(b'<zakLk01 xmlns="urn:x"/>')
    assert not is_bevestiging(element)
    with pytest.raises(StufFout, match="StUF055"):
        lees_bevestiging(element)

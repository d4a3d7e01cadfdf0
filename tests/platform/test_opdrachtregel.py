"""Tables of the commands: what is copied into another command stands in one piece, how narrow the terminal may be."""

import re

import pytest

from regiesysteem.opdrachtregel import toon_tabel

KOPPEN = ("nr", "ontvanger", "zaak", "gebeurtenis", "stand", "wanneer", "melding")
RIJ = ("12", "WmoVoorziening", "19000000000345", "Update zaak", "gestrand", "2026-11-25 23:00:00", "Geen verbinding")


@pytest.mark.parametrize("breedte", [40, 80, 100, 120, 200])
def test_identifications_are_not_broken(
    breedte: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal
    monkeypatch.setenv("COLUMNS", str(breedte))
    toon_tabel("Notificaties", *KOPPEN, rijen=[RIJ, RIJ])
    woorden = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).split()
    assert [woorden.count(woord) for woord in ("WmoVoorziening", "19000000000345", "gestrand")] == [2, 2, 2]


def test_what_goes_to_a_file_is_a_table_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    toon_tabel("Notificaties", *KOPPEN, rijen=[RIJ])
    [regel] = [regel for regel in capsys.readouterr().out.splitlines() if regel.startswith("│")]
    assert tuple(cel.strip() for cel in regel.strip("│").split("│")) == RIJ

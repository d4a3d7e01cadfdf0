"""A zaakidentificatie is given out once, by whatever process, and never one that a zaak has (ZDS 1.1, 4.1.6.1)."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, text

from regiesysteem.zakenmagazijn.messages import trek_zaakidentificatie

WORTEL = Path(__file__).resolve().parents[2]
TREK = """
import sys
from regiesysteem.db import maak_engine
from regiesysteem.zakenmagazijn.messages import trek_zaakidentificatie
motor = maak_engine(sys.argv[1])
for _ in range(150):
    with motor.begin() as verbinding:
        print(trek_zaakidentificatie(verbinding, "1900"))
"""


def test_processes_draw_different_numbers(database_url: str) -> None:
    processen = [
        subprocess.Popen([sys.executable, "-c", TREK, database_url], stdout=subprocess.PIPE, text=True, cwd=WORTEL)
        for _ in range(3)
    ]
    getrokken = [nummer for proces in processen for nummer in proces.communicate()[0].split()]
    assert all(proces.returncode == 0 for proces in processen)
    assert len(getrokken) == len(set(getrokken)) == 450
    assert all(nummer.startswith("1900") and nummer.isdigit() and len(nummer) <= 40 for nummer in getrokken)


def test_numbers_that_zaken_have_are_skipped_however_many(engine: Engine) -> None:
    with engine.begin() as verbinding:
        eerste = trek_zaakidentificatie(verbinding, "1900")
        verbinding.execute(
            text(
                "INSERT INTO zaak (identificatie) "
                "SELECT '1900' || lpad(nummer::text, 10, '0') FROM generate_series(2, 2500) nummer"
            )
        )
        volgende = trek_zaakidentificatie(verbinding, "1900")
    assert int(volgende) > int(eerste)
    assert volgende == f"1900{2501:010d}"


def test_a_number_that_was_drawn_in_vain_is_not_given_twice(engine: Engine) -> None:
    with engine.connect() as verbinding:
        eerste = trek_zaakidentificatie(verbinding, "1900")
        verbinding.rollback()
        assert trek_zaakidentificatie(verbinding, "1900") != eerste


def test_the_gemeentecode_comes_first(engine: Engine) -> None:
    with engine.connect() as verbinding:
        assert trek_zaakidentificatie(verbinding, "0363").startswith("0363")

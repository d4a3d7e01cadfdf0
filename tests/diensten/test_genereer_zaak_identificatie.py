"""A zaakidentificatie is given out once, by whatever process, and never one that a zaak has (ZDS 1.1, 4.1.6.1)."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, text

from regiesysteem.zakenmagazijn.messages import draw_zaakidentificatie

ROOT = Path(__file__).resolve().parents[2]
DRAW = """
import sys
from regiesysteem.db import make_engine
from regiesysteem.zakenmagazijn.messages import draw_zaakidentificatie
engine = make_engine(sys.argv[1])
for _ in range(150):
    with engine.begin() as connection:
        print(draw_zaakidentificatie(connection, "1900"))
"""


def test_processes_draw_different_numbers(database_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", DRAW, database_url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    drawn = [number for process in processes for number in process.communicate()[0].split()]
    assert all(process.returncode == 0 for process in processes)
    assert len(drawn) == len(set(drawn)) == 450
    assert all(number.startswith("1900") and number.isdigit() and len(number) <= 40 for number in drawn)


def test_numbers_that_zaken_have_are_skipped_however_many(engine: Engine) -> None:
    with engine.begin() as connection:
        first = draw_zaakidentificatie(connection, "1900")
        connection.execute(
            text(
                "INSERT INTO zaak (identificatie) "
                "SELECT '1900' || lpad(nummer::text, 10, '0') FROM generate_series(2, 2500) nummer"
            )
        )
        next_ = draw_zaakidentificatie(connection, "1900")
    assert int(next_) > int(first)
    assert next_ == f"1900{2501:010d}"


def test_a_number_that_was_drawn_in_vain_is_not_given_twice(engine: Engine) -> None:
    with engine.connect() as connection:
        first = draw_zaakidentificatie(connection, "1900")
        connection.rollback()
        assert draw_zaakidentificatie(connection, "1900") != first


def test_the_gemeentecode_comes_first(engine: Engine) -> None:
    with engine.connect() as connection:
        assert draw_zaakidentificatie(connection, "0363").startswith("0363")

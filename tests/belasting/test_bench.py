"""The bench runs from beginning to end, and what it counts does not depend on the machine."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import omgeving

WORTEL = Path(__file__).parents[2]
HOOGSTENS = {"CREEER_PLAN": 10, "CREEER_KLEIN": 10, "DETAILS": 8, "ZOEK": 8, "ZOEK_VEEL": 8}


def test_the_bench_measures_every_operation_within_its_statements(tmp_path: Path) -> None:
    uit = tmp_path / "cijfers.json"
    opdracht = [sys.executable, "-m", "tests.belasting", "--aantal=40", "--zaken=200", "--geheugen=40", f"--uit={uit}"]
    uitkomst = subprocess.run(
        opdracht, cwd=WORTEL, env=omgeving(), capture_output=True, text=True, timeout=180, check=False
    )
    assert uitkomst.returncode == 0, uitkomst.stderr
    metingen = json.loads(uit.read_text())["metingen"]
    assert len(metingen) == 10
    statements = {meting["naam"]: meting["statements"] for meting in metingen}
    assert {naam: statements[naam] for naam, meer in HOOGSTENS.items() if not 0 < statements[naam] <= meer} == {}

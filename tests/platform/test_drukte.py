"""A thread that goes aside sees that the machine has no time for it: on one core, beside others that always run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.conftest import wacht_tot

from regiesysteem import drukte

CORE = min(os.sched_getaffinity(0))
EINDELOOS = f"import os; os.sched_setaffinity(0, {{{CORE}}})\nwhile True: pass"
MEET = f"""
import os, sys, time
from regiesysteem.drukte import Drukte
os.sched_setaffinity(0, {{{CORE}}})
os.nice(19)
drukte = Drukte(aan=sys.argv[1] == "aan")
uiterlijk = time.monotonic() + 2
gezien = False
while time.monotonic() < uiterlijk and not gezien:
    gezien = drukte.is_groot()
print(gezien)
"""


@contextmanager
def drukke_core() -> Iterator[None]:
    """Another process runs on the core all the time."""
    with subprocess.Popen([sys.executable, "-c", EINDELOOS]) as proces:
        try:
            wacht_tot(lambda: psutil.Process(proces.pid).cpu_times().user > 0.1, "de core is bezet")
            yield
        finally:
            proces.kill()


def _ziet_drukte(aan: str) -> str:
    uit = subprocess.run([sys.executable, "-c", MEET, aan], capture_output=True, text=True, check=True)
    return uit.stdout.strip()


def test_a_core_that_others_hold_is_busy() -> None:
    with drukke_core():
        assert _ziet_drukte("aan") == "True"


def test_who_does_not_go_aside_sees_nothing() -> None:
    with drukke_core():
        assert _ziet_drukte("uit") == "False"


def test_it_is_about_most_of_the_time_wanted_lately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ran and waited, in milliseconds: over less than a tenth of a second, or of long ago, it says nothing."""
    stand, nu = tmp_path / "schedstat", [0.0]
    monkeypatch.setattr(drukte, "_STAND", stand)
    monkeypatch.setattr(drukte.time, "monotonic", lambda: nu[0])

    def ziet(na_s: float, liep: int, wachtte: int) -> bool:
        nu[0] += na_s
        stand.write_text(f"{liep * 1_000_000} {wachtte * 1_000_000} 7\n")
        return deze.is_groot()

    stand.touch()
    deze = drukte.Drukte()
    assert not ziet(0, 1000, 9000)
    assert not ziet(1, 1060, 9030)
    assert not ziet(1, 1080, 9050)
    assert not ziet(1, 1090, 9130)
    assert ziet(1, 1100, 9260)
    assert not ziet(1, 1100, 9350)
    assert not ziet(60, 1100, 9370)
    assert ziet(1, 1110, 9500)

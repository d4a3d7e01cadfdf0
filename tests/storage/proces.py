"""A process that stores or reads a content, and can be stopped, or killed, at a known moment.

It says a word at each moment that a test may want, and goes on when a line comes in.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, text
from tests.conftest import omgeving

from regiesysteem.config import laad_instellingen
from regiesysteem.db import maak_engine
from regiesysteem.storage import Opslag, maak_opslag

_BLOK = 1_000_000


def inhoud(zaad: int, grootte: int) -> Iterator[bytes]:
    """Bytes that differ everywhere, in blocks."""
    blok = hashlib.shake_256(b"%d" % zaad).digest(_BLOK)
    for nummer in range(-(-grootte // _BLOK)):
        begin = b"%012d" % nummer
        yield (begin + blok[len(begin) :])[: grootte - nummer * _BLOK]


def bestand_van(zaad: int, grootte: int) -> tuple[IO[bytes], str]:
    """A file with that content, for the caller to close, and its SHA-256."""
    bestand = tempfile.TemporaryFile()  # noqa: SIM115
    som = hashlib.sha256()
    for blok in inhoud(zaad, grootte):
        bestand.write(blok)
        som.update(blok)
    return bestand, som.hexdigest()


class Halverwege:
    """A file that says so, and waits, when half of it was read."""

    def __init__(self, bestand: IO[bytes], grootte: int) -> None:
        self._bestand = bestand
        self._over = grootte // 2
        self.seek, self.tell = bestand.seek, bestand.tell

    def seekable(self) -> bool:
        return True

    def read(self, aantal: int = -1) -> bytes:
        if self._over < 0:
            zeg("halverwege")
            self._over = sys.maxsize
        blok = self._bestand.read(aantal)
        self._over -= len(blok)
        return blok


def zeg(woord: str) -> None:
    print(woord, flush=True)
    sys.stdin.readline()


@contextmanager
def proces(wat: str, zaad: int, grootte: int, **instellingen: str) -> Iterator[subprocess.Popen[str]]:
    """Start the process, which stores (`bewaar`, `halverwege`) or measures (`meet`), and kill it at the end."""
    opdracht = [sys.executable, "-m", "tests.storage.proces", wat, str(zaad), str(grootte)]
    gestart = subprocess.Popen(
        opdracht, env=omgeving(**instellingen), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield gestart
    finally:
        gestart.kill()
        gestart.communicate()


def wacht_op(gestart: subprocess.Popen[str], woord: str) -> None:
    assert gestart.stdout is not None
    assert gestart.stdout.readline() == f"{woord}\n"


def ga_door(gestart: subprocess.Popen[str]) -> None:
    assert gestart.stdin is not None
    gestart.stdin.write("\n")
    gestart.stdin.flush()


def hoofd(wat: str, zaad: int, grootte: int) -> None:
    instellingen = laad_instellingen()
    motor = maak_engine(instellingen.database_url, naam=f"proces {os.getpid()}")
    opslag = maak_opslag(instellingen)
    bestand, sha256 = bestand_van(zaad, grootte)
    bron = Halverwege(bestand, grootte) if wat == "halverwege" else bestand
    if wat == "meet":
        meet(motor, opslag, bestand, sha256, grootte)
        return
    with motor.begin() as verbinding:
        verbinding.execute(text("SELECT 1"))
        zeg("begonnen")
        opslag.bewaar(verbinding, bron, sha256, grootte)
        verbinding.execute(text("INSERT INTO proef (inhoud) VALUES (:sha)"), {"sha": bytes.fromhex(sha256)})
        zeg("bewaard")
    zeg("klaar")


def meet(motor: Engine, opslag: Opslag, bestand: IO[bytes], sha256: str, grootte: int) -> None:
    """Say how many bytes of memory it took at most to store and to read, when a small content had gone before."""
    klein, klein_sha = bestand_van(-1, 10_000)
    with motor.begin() as verbinding:
        opslag.bewaar(verbinding, klein, klein_sha, 10_000)
        opslag.lees(verbinding, klein_sha).close()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    eerst = _piek()
    with motor.begin() as verbinding:
        opslag.bewaar(verbinding, bestand, sha256, grootte)
        opslag.lees(verbinding, sha256).close()
    zeg(str(_piek() - eerst))


def _piek() -> int:
    """The most bytes that this process had in memory."""
    regels = Path("/proc/self/status").read_text().splitlines()
    return next(int(regel.split()[1]) * 1024 for regel in regels if regel.startswith("VmHWM"))


if __name__ == "__main__":
    hoofd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

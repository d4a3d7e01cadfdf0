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
from tests.conftest import environment

from regiesysteem.config import load_settings
from regiesysteem.db import make_engine
from regiesysteem.storage import Opslag, make_storage

_BLOCK = 1_000_000


def inhoud(zaad: int, size: int) -> Iterator[bytes]:
    """Bytes that differ everywhere, in blocks."""
    block = hashlib.shake_256(b"%d" % zaad).digest(_BLOCK)
    for number in range(-(-size // _BLOCK)):
        begin = b"%012d" % number
        yield (begin + block[len(begin) :])[: size - number * _BLOCK]


def file_of(zaad: int, size: int) -> tuple[IO[bytes], str]:
    """A file with that content, for the caller to close, and its SHA-256."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    som = hashlib.sha256()
    for block in inhoud(zaad, size):
        file.write(block)
        som.update(block)
    return file, som.hexdigest()


class Halverwege:
    """A file that says so, and waits, when half of it was read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._over = size // 2
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        if self._over < 0:
            say("halverwege")
            self._over = sys.maxsize
        block = self._file.read(count)
        self._over -= len(block)
        return block


def say(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


@contextmanager
def process(what: str, zaad: int, size: int, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Start the process, which stores (`keep`, `halverwege`) or measures (`meet`), and kill it at the end."""
    command = [sys.executable, "-m", "tests.storage.proces", what, str(zaad), str(size)]
    gestart = subprocess.Popen(
        command, env=environment(**settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield gestart
    finally:
        gestart.kill()
        gestart.communicate()


def wait_for(gestart: subprocess.Popen[str], word: str) -> None:
    assert gestart.stdout is not None
    assert gestart.stdout.readline() == f"{word}\n"


def ga_by(gestart: subprocess.Popen[str]) -> None:
    assert gestart.stdin is not None
    gestart.stdin.write("\n")
    gestart.stdin.flush()


def hoofd(what: str, zaad: int, size: int) -> None:
    settings = load_settings()
    engine = make_engine(settings.database_url, naam=f"proces {os.getpid()}")
    opslag = make_storage(settings)
    file, sha256 = file_of(zaad, size)
    source = Halverwege(file, size) if what == "halverwege" else file
    if what == "meet":
        meet(engine, opslag, file, sha256, size)
        return
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        say("begonnen")
        opslag.keep(connection, source, sha256, size)
        connection.execute(text("INSERT INTO proef (inhoud) VALUES (:sha)"), {"sha": bytes.fromhex(sha256)})
        say("bewaard")
    say("klaar")


def meet(engine: Engine, opslag: Opslag, file: IO[bytes], sha256: str, size: int) -> None:
    """Say how many bytes of memory it took at most to store and to read, when a small content had gone before."""
    small, small_sha = file_of(-1, 10_000)
    with engine.begin() as connection:
        opslag.keep(connection, small, small_sha, 10_000)
        opslag.read(connection, small_sha).close()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    first = _piek()
    with engine.begin() as connection:
        opslag.keep(connection, file, sha256, size)
        opslag.read(connection, sha256).close()
    say(str(_piek() - first))


def _piek() -> int:
    """The most bytes that this process had in memory."""
    regels = Path("/proc/self/status").read_text().splitlines()
    return next(int(regel.split()[1]) * 1024 for regel in regels if regel.startswith("VmHWM"))


if __name__ == "__main__":
    hoofd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

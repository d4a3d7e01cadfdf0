"""The processes that serve: one that ends, hangs or grows is replaced; all end with the one that started them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.conftest import STOP_TIMEOUT_S, omgeving, wacht_tot

# Two processes that do nothing but live. What they have open they write down; each look writes who there is.
PROGRAM = """
import json, os, select, sys
from pathlib import Path
from regiesysteem.http.processes import Processes
from regiesysteem.signals import STOP, signal_pipe
where, max_mb = Path(sys.argv[1]), int(sys.argv[2])
def work(line, place):
    names = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    (where / f"open-{os.getpid()}").write_text(json.dumps(names))
    line.send(b".")
    while not select.select([line], [], [], 0.05)[0]:
        line.send(b".")
signals = signal_pipe()
secret = open(sys.executable)
processes = Processes(
    work, count=2, name="some web", keep=(), stop_timeout=1, max_bytes=max_mb * 1_000_000, silent_looks=2
)
processes.start()
while not processes.ended:
    if signals in select.select([signals, *processes.lines()], [], [], 0.1)[0] and os.read(signals, 1):
        processes.stop()
    processes.look()
    new = where / "new"
    new.write_text(json.dumps([one.pid for one in processes._all if one.ready]))
    new.replace(where / "pids")
"""


class Running:
    def __init__(self, where: Path, process: subprocess.Popen[str]) -> None:
        self.where = where
        self.process = process

    def pids(self) -> set[int]:
        path = self.where / "pids"
        return set(json.loads(path.read_text())) if path.exists() else set()

    def two_others(self, than: set[int]) -> bool:
        now = self.pids()
        return len(now) == 2 and now.isdisjoint(than)


@contextmanager
def running(where: Path, max_mb: int = 1000) -> Iterator[Running]:
    with (where / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(where), str(max_mb)],
            env=omgeving(),
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Running(where, process)
    finally:
        process.kill()
        process.wait()


def test_a_process_that_hangs_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path) as all_:
        wacht_tot(lambda: len(all_.pids()) == 2, "gestart", logboek=tmp_path / "log")
        before = all_.pids()
        for pid in before:
            psutil.Process(pid).suspend()
        wacht_tot(lambda: all_.two_others(before), "vervangen", logboek=tmp_path / "log")
        assert not any(map(psutil.pid_exists, before))
        assert "serverproces_hangt" in (tmp_path / "log").read_text()


def test_a_process_that_grows_is_replaced_once_another_serves(tmp_path: Path) -> None:
    with running(tmp_path, max_mb=1) as all_:
        wacht_tot(lambda: len(all_.pids()) == 2, "gestart", logboek=tmp_path / "log")
        before = all_.pids()
        wacht_tot(lambda: before.isdisjoint(all_.pids()), "vervangen", logboek=tmp_path / "log")
        assert "serverproces_weg" not in (tmp_path / "log").read_text(), "they ended as they were told"


@pytest.mark.parametrize("how", ["", "suspended"])
def test_all_end_when_they_are_told_also_one_that_hangs(tmp_path: Path, how: str) -> None:
    with running(tmp_path) as all_:
        wacht_tot(lambda: len(all_.pids()) == 2, "gestart", logboek=tmp_path / "log")
        pids = all_.pids()
        if how:
            psutil.Process(min(pids)).suspend()
        all_.process.terminate()
        assert all_.process.wait(STOP_TIMEOUT_S) == 0
        assert not any(map(psutil.pid_exists, pids))


def test_all_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    """They have nothing of each other and of it: a line that another held open would never close."""
    with running(tmp_path) as all_:
        wacht_tot(lambda: len(all_.pids()) == 2, "gestart", logboek=tmp_path / "log")
        pids = [psutil.Process(pid) for pid in all_.pids()]
        for one in pids:
            names = json.loads((tmp_path / f"open-{one.pid}").read_text())
            assert len([name for name in names if "socket:" in name]) == 1, names
            assert str(Path(sys.executable).resolve()) not in names
        all_.process.kill()
        all_.process.wait()
        wacht_tot(lambda: not any(one.is_running() and one.status() != "zombie" for one in pids), "alle weg")

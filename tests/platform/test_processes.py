"""The processes that serve: one that ends, hangs or grows is replaced; all end with the one that started them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.conftest import STOP_TIMEOUT_S, environment, fetch, wait_until

# Two processes that do nothing but live, or that serve HTTP. They write down what they have open; each look writes who
# there is. They grow when they are told to; the first forks, or the ones after those, can fail.
PROGRAM = """
import json, os, select, sys
from pathlib import Path
from regiesysteem import processes as module
from regiesysteem.http.front import Front, listen
from regiesysteem.processes import Processes
from regiesysteem.signals import STOP, signal_pipe
where, options = Path(sys.argv[1]), json.loads(sys.argv[2])
if options.get("quick"):
    module._LOOK_S = module._YOUNG_S = 0.02
kept, forks, fork = [], 0, os.fork
def may_fork():
    global forks
    forks += 1
    if forks - 1 in options.get("failing", []):
        raise BlockingIOError("no more processes")
    return fork()
os.fork = may_fork
def grow():
    kept.append(b"x" * 80_000_000)
def work(line, place):
    names = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    (where / f"open-{os.getpid()}").write_text(json.dumps(names))
    line.send(b".")
    while not select.select([line], [], [], 0.05)[0]:
        if (where / f"grow-{os.getpid()}").exists() and not kept:
            grow()
        line.send(b".")
def app(environ, start_response):
    if environ["PATH_INFO"] == "/grow":
        grow()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
def serve(line, place):
    Front(app, listener, threads=2, max_bytes=1000, patience=60).run(line, 1)
signals = signal_pipe()
secret = open(sys.executable)
listener = listen("127.0.0.1", 0) if options.get("http") else None
if listener:
    (where / "port").write_text(str(listener.getsockname()[1]))
processes = Processes(
    serve if listener else work, count=2, name="some web", keep=(listener.fileno(),) if listener else (),
    stop_timeout=1, max_bytes=options.get("max_mb", 1000) * 1_000_000, silent_looks=options.get("silent", 1_000_000)
)
processes._free = processes._free[: options.get("places", 5)]
processes.start()
while not processes.ended:
    if signals in select.select([signals, *processes.lines()], [], [], 0.02)[0] and os.read(signals, 1):
        processes.stop()
    if (where / "place").exists() and 2 not in processes._free and all(one.place != 2 for one in processes._all):
        processes._free.append(2)
    processes.look()
    new = where / "new"
    new.write_text(json.dumps([processes._looks, *(one.pid for one in processes._all if one.ready)]))
    new.replace(where / "pids")
"""


class Running:
    def __init__(self, where: Path, process: subprocess.Popen[str]) -> None:
        self.where = where
        self.process = process

    def pids(self) -> set[int]:
        return set(self._written()[1:])

    def looks(self) -> int:
        return self._written()[0]

    def _written(self) -> list[int]:
        path = self.where / "pids"
        written: list[int] = json.loads(path.read_text()) if path.exists() else [0]
        return written

    def started(self) -> set[int]:
        wait_until(lambda: len(self.pids()) == 2, "gestart", logboek=self.where / "log")
        return self.pids()

    def replaced(self, before: set[int]) -> None:
        wait_until(lambda: self.two_others(before), "vervangen", logboek=self.where / "log")

    def log(self) -> str:
        return (self.where / "log").read_text()

    def two_others(self, than: set[int]) -> bool:
        now = self.pids()
        return len(now) == 2 and now.isdisjoint(than)


@contextmanager
def running(where: Path, **options: object) -> Iterator[Running]:
    with (where / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(where), json.dumps(options)],
            env=environment(),
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
    with running(tmp_path, silent=2) as all_:
        before = all_.started()
        for pid in before:
            psutil.Process(pid).suspend()
        all_.replaced(before)
        assert not any(map(psutil.pid_exists, before))
        assert "serverproces_hangt" in all_.log()


def test_a_process_that_grows_is_replaced_once_another_serves(tmp_path: Path) -> None:
    with running(tmp_path, max_mb=40, quick=True) as all_:
        before = all_.started()
        for pid in before:
            (tmp_path / f"grow-{pid}").touch()
        all_.replaced(before)
        assert "serverproces_weg" not in all_.log(), "they ended as they were told"


def test_a_fresh_process_is_never_too_large(tmp_path: Path) -> None:
    """Memory that a process shares with its parent is not its own, and is more than some would allow."""
    with running(tmp_path, max_mb=10, quick=True) as all_:
        before = all_.started()
        begin = all_.looks()
        wait_until(lambda: all_.looks() > begin + 60, "twaalf keer naar het geheugen gekeken")
        assert all_.pids() == before
        assert "serverproces_te_groot" not in all_.log()


def test_while_one_that_grew_is_replaced_there_is_always_one_that_answers(tmp_path: Path) -> None:
    with running(tmp_path, max_mb=40, quick=True, http=True) as all_:
        all_.started()
        url = f"http://127.0.0.1:{(tmp_path / 'port').read_text()}"
        status, grown = fetch(f"{url}/grow")

        def gone() -> bool:
            assert fetch(f"{url}/")[0] == 200
            return int(grown) not in all_.pids()

        assert status == 200
        wait_until(gone, "vervangen", logboek=tmp_path / "log")
        assert len(all_.started()) == 2
        assert "serverproces_weg" not in all_.log()


def test_a_machine_that_has_no_process_for_us_gets_more_time(tmp_path: Path) -> None:
    """More often than there are places: each is given back."""
    with running(tmp_path, quick=True, failing=[0, 1, *range(4, 12)]) as all_:
        before = all_.started()
        for pid in before:
            psutil.Process(pid).kill()
        all_.replaced(before)
        assert all_.log().count("serverproces_start_niet") == 10


def test_one_that_grew_is_replaced_later_when_there_is_no_process_for_it_now(tmp_path: Path) -> None:
    with running(tmp_path, max_mb=40, quick=True, failing=[*range(2, 6)]) as all_:
        before = all_.started()
        for pid in before:
            (tmp_path / f"grow-{pid}").touch()
        all_.replaced(before)
        assert "serverproces_start_niet" in all_.log()


def test_one_that_grew_is_replaced_when_there_is_a_place_again(tmp_path: Path) -> None:
    """All other places are of processes that are still ending."""
    with running(tmp_path, max_mb=40, quick=True, places=2) as all_:
        before = all_.started()
        for pid in before:
            (tmp_path / f"grow-{pid}").touch()
        begin = all_.looks()
        wait_until(lambda: all_.looks() > begin + 60, "twaalf keer naar het geheugen gekeken")
        assert all_.pids() == before
        (tmp_path / "place").touch()
        all_.replaced(before)


@pytest.mark.parametrize("how", ["", "suspended"])
def test_all_end_when_they_are_told_also_one_that_hangs(tmp_path: Path, how: str) -> None:
    with running(tmp_path) as all_:
        pids = all_.started()
        if how:
            psutil.Process(min(pids)).suspend()
        all_.process.terminate()
        assert all_.process.wait(STOP_TIMEOUT_S) == 0
        assert not any(map(psutil.pid_exists, pids))


def test_all_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    """They have nothing of each other and of it: a line that another held open would never close."""
    with running(tmp_path) as all_:
        pids = [psutil.Process(pid) for pid in all_.started()]
        for one in pids:
            names = json.loads((tmp_path / f"open-{one.pid}").read_text())
            assert len([name for name in names if "socket:" in name]) == 1, names
            assert str(Path(sys.executable).resolve()) not in names
        all_.process.kill()
        all_.process.wait()
        wait_until(lambda: not any(one.is_running() and one.status() != "zombie" for one in pids), "alle weg")

"""A stop is heard whatever the main thread does: each of these hung with a handler that sets an Event."""

import os
import subprocess
import sys

import pytest
from tests.conftest import STOP_TIMEOUT_S, environment


def _run(program: str, *for_: str) -> int:
    """Run a program that hears signals with `stop.set`; gives its exit code."""
    head = "import os, signal, threading\nfrom regiesysteem.signals import on_signal\nstop = threading.Event()\n"
    return subprocess.run(
        [*for_, sys.executable, "-c", f"{head}on_signal(stop.set)\n{program}"],
        env=environment(),
        timeout=STOP_TIMEOUT_S,
        check=False,
    ).returncode


def test_a_signal_is_heard_while_the_main_thread_holds_the_lock_that_the_stop_wants() -> None:
    assert _run("with stop._cond:\n    os.kill(os.getpid(), signal.SIGTERM)\n    sum(range(100))\nstop.wait()") == 0


def test_a_signal_that_another_thread_got_wakes_the_main_thread_from_its_lock() -> None:
    """The kernel chooses the thread; a lock in which another sleeps is not interrupted by it."""
    program = """
gekregen = threading.Lock()
gekregen.acquire()
def ander():
    while not stop._cond._waiters or open("/proc/self/stat").read().split()[2] != "S":
        pass  # until the main thread sleeps in the lock
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    gekregen.acquire()
threading.Thread(target=ander, daemon=True).start()
stop.wait()
"""
    assert _run(program) == 0


def test_each_signal_is_heard_also_a_second_one() -> None:
    program = """
geteld = threading.Semaphore(0)
on_signal(geteld.release)
for een in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    os.kill(os.getpid(), een)
    geteld.acquire()
"""
    assert _run(program) == 0


def test_a_process_that_is_started_has_nothing_of_it() -> None:
    """No signal is blocked or ignored: SIGTERM ends it."""
    program = """
import subprocess
raise SystemExit(subprocess.run(["sh", "-c", "kill -TERM $$; exit 3"]).returncode != -signal.SIGTERM)
"""
    assert _run(program) == 0


@pytest.mark.skipif(not os.path.exists("/usr/bin/nohup"), reason="needs nohup")  # noqa: PTH110
def test_what_nohup_ignores_stays_ignored() -> None:
    program = """
os.kill(os.getpid(), signal.SIGHUP)
os.kill(os.getpid(), signal.SIGTERM)
stop.wait()
raise SystemExit(signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN)
"""
    assert _run(program, "/usr/bin/nohup") == 0

"""`regie` commands as processes of their own, without the second of CPU that importing them costs each time.

A process that has imported the command forks for each that it is asked for; run as a module this file is that process.
"""

import atexit
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_idle: list[subprocess.Popen[bytes]] = []


def run_command(arguments: list[str], env: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `regie` to its end, as `subprocess.run` would; commands of several threads run beside each other."""
    forker = _idle.pop() if _idle else _start()
    with tempfile.TemporaryDirectory() as directory:
        paths = Path(directory, "stdout"), Path(directory, "stderr")
        order = {"arguments": arguments, "env": env, "cwd": str(Path.cwd()), "paths": [str(path) for path in paths]}
        assert forker.stdin is not None
        forker.stdin.write(json.dumps(order).encode() + b"\n")
        pid = _answer(forker, timeout)
        try:
            code = _answer(forker, timeout)
        except TimeoutError:
            os.killpg(pid, signal.SIGKILL)  # with what the command started itself
            _answer(forker, timeout)
            raise subprocess.TimeoutExpired(arguments, timeout) from None
        finally:
            _idle.append(forker)
        return subprocess.CompletedProcess(arguments, code, *(path.read_text() for path in paths))


def _start() -> subprocess.Popen[bytes]:
    forker = subprocess.Popen(
        [sys.executable, "-m", "tests.commands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        bufsize=0,
    )
    atexit.register(forker.communicate)
    return forker


def _answer(forker: subprocess.Popen[bytes], timeout: float) -> int:
    assert forker.stdout is not None
    if not select.select([forker.stdout], [], [], timeout)[0]:
        raise TimeoutError
    return int(forker.stdout.readline())


def _fork_on_order() -> None:
    """Print the number of the process of each order, and then how it ended, until nobody asks any more."""
    while line := sys.stdin.readline():
        order = json.loads(line)
        if not (pid := os.fork()):
            _become(order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(order: dict[str, Any]) -> None:
    os.setsid()
    for number, path in enumerate(order["paths"], 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    sys.argv = ["regie", *order["arguments"]]
    runpy.run_module("regiesysteem", run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    import regiesysteem.cli  # noqa: F401 - what every command needs, before the fork

    _fork_on_order()

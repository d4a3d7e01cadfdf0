"""Forked processes, those that serve and the worker: replaced when they end, hang or grow, and stopped.

The process that forks has imported all and has no threads, so no lock of it is held in a fork. It has a line to each
process, a pair of sockets. On the line the process says each second that it lives; the first time, that it is ready.
When the parent closes the line, or ends (kill -9 too), the process finishes what it has under way and ends.
"""

import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import psutil

from regiesysteem.logging_ import logger

Work = Callable[[socket.socket, int], object]
"""The work of a process until its line is closed; the number is its place, which no other living process has."""

_LOOK_S: Final = 1.0
_MEMORY_LOOKS: Final = 5  # looks between two at the memory of a process; one that is too large twice is replaced
_SILENT_LOOKS: Final = 30
_START_LOOKS: Final = 60
_YOUNG_S: Final = 2.0  # a process that ends sooner is not replaced at once
_EXTRA_S: Final = 5.0  # that a process gets to end, beyond the time for its requests
_OPEN: Final = 65_536


@dataclass(eq=False)
class _Process:
    pid: int
    line: socket.socket
    place: int
    began: float = field(default_factory=time.monotonic)
    ready: bool = False
    begin_bytes: int = 0
    """Bytes in memory when it began to serve, most of them shared with this process."""
    silent: int = 0
    """Looks since it said that it lives."""
    large: int = 0
    """Looks at its memory that found it too large, in a row."""
    ends_at: float | None = None
    """The moment at which it is killed; it was told to stop."""
    killed: bool = False


class Processes:
    """Keeps `count` processes doing `work`, from `start` to `stop`; call `look` at least once a second.

    `keep` are the descriptors that they share, beside the standard ones: all others are closed in them. `places` is how
    many can be alive at a time, those that are about to end included. A process that takes `max_bytes` of memory more
    than when it began is replaced. One that does not say that it lives for `silent_looks` looks of this process is
    killed. It counts looks and not seconds, because a machine that is too busy for a process is too busy for this one.
    `name` is that of the processes in the system, `kind` the beginning of the names of their log lines.
    """

    def __init__(
        self,
        work: Work,
        *,
        count: int,
        name: str,
        stop_timeout: float,
        kind: str = "serverproces",
        keep: Iterable[int] = (),
        max_bytes: int = sys.maxsize,
        silent_looks: int = _SILENT_LOOKS,
    ) -> None:
        self._work = work
        self._count = count
        self._name = name
        self._kind = kind
        self._keep = tuple(keep)
        self._stop_timeout = stop_timeout
        self._max_bytes = max_bytes
        self._silent_looks = silent_looks
        self._all: list[_Process] = []
        self._leaving: _Process | None = None  # too large; ends when its successor is ready
        self._successor: _Process | None = None
        self._free = list(range(places(count)))
        self._not_before = 0.0
        self._next_look = 0.0
        self._looks = 0
        self._stopping = False

    def start(self) -> None:
        """Start them."""
        # The collector leaves the objects made so far alone, so that their pages stay shared.
        gc.collect()
        gc.freeze()
        for _ in range(self._count):
            self._fork()

    @property
    def ready(self) -> bool:
        """Tell whether all of them have begun to serve."""
        return len(self._all) >= self._count and all(one.ready for one in self._all)

    @property
    def ended(self) -> bool:
        """Tell whether they were stopped and none is left."""
        return self._stopping and not self._all

    def lines(self) -> list[socket.socket]:
        """The descriptors to wait on before the next look."""
        return [one.line for one in self._all]

    def stop(self) -> None:
        """Tell all of them to finish their requests and to end."""
        self._stopping = True
        for one in self._all:
            self._tell(one)

    def look(self) -> None:
        """Read what they report, and replace or kill where that is needed."""
        for one in list(self._all):
            self._hear(one)
            self._bury(one)
        now = time.monotonic()
        for one in self._all:
            if one.ends_at is not None and now > one.ends_at:
                self._kill(one, "stopt_niet")
        if now >= self._next_look:
            self._next_look = now + _LOOK_S
            self._look_closely()
        if self._stopping:
            return
        if self._leaving is not None and self._successor is not None and self._successor.ready:
            self._tell(self._leaving)
            self._leaving = self._successor = None
        if len(self._staying()) < self._count:
            self._fork()

    def kill(self) -> None:
        """Kill them now."""
        for one in self._all:
            with suppress(OSError):
                os.kill(one.pid, signal.SIGKILL)
                os.waitpid(one.pid, 0)
        self._all.clear()

    def _staying(self) -> list[_Process]:
        return [one for one in self._all if one.ends_at is None and one is not self._leaving]

    def _look_closely(self) -> None:
        self._looks += 1
        for one in self._all:
            one.silent += 1
            if one.silent > (self._silent_looks if one.ready else _START_LOOKS):
                self._kill(one, "hangt")
        if self._looks % _MEMORY_LOOKS == 0 and self._leaving is None and not self._stopping:
            self._look_at_memory()

    def _look_at_memory(self) -> None:
        for one in self._staying():
            size = _memory(one.pid) - one.begin_bytes
            one.large = one.large + 1 if one.ready and size > self._max_bytes else 0
            if one.large > 1 and (successor := self._fork()) is not None:
                logger().warning(f"{self._kind}_te_groot", pid=one.pid, mb=size // 1_000_000)
                self._leaving, self._successor = one, successor
                return

    def _hear(self, one: _Process) -> None:
        with suppress(OSError):
            while one.line.recv(64):
                one.silent = 0
                if not one.ready:
                    one.ready, one.begin_bytes = True, _memory(one.pid)

    def _bury(self, one: _Process) -> None:
        pid, status = os.waitpid(one.pid, os.WNOHANG)
        if not pid:
            return
        self._all.remove(one)
        self._free.append(one.place)
        one.line.close()
        if one in (self._leaving, self._successor):
            self._leaving = self._successor = None
        if one.ends_at is None:
            logger().error(f"{self._kind}_weg", pid=pid, code=os.waitstatus_to_exitcode(status))
            if time.monotonic() - one.began < _YOUNG_S:
                self._not_before = time.monotonic() + _YOUNG_S

    def _tell(self, one: _Process) -> None:
        if one.ends_at is None:
            one.ends_at = time.monotonic() + self._stop_timeout + _EXTRA_S
            with suppress(OSError):
                one.line.shutdown(socket.SHUT_WR)

    def _kill(self, one: _Process, why: str) -> None:
        if one.killed:
            return
        one.killed = True
        logger().error(f"{self._kind}_{why}", pid=one.pid)
        with suppress(OSError):
            os.kill(one.pid, signal.SIGKILL)

    def _fork(self) -> _Process | None:
        """Start one; None when there is no place for it, or the machine has no process left: later there may be."""
        if not self._free or time.monotonic() < self._not_before:
            return None
        lines: tuple[socket.socket, ...] = ()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            lines = socket.socketpair()
            pid = os.fork()
        except OSError as error:
            for line in lines:
                line.close()
            logger().error(f"{self._kind}_start_niet", reden=str(error))
            self._not_before = time.monotonic() + _YOUNG_S
            return None
        place = self._free.pop(0)
        ours, theirs = lines
        if not pid:
            self._be_process(theirs, place)
        theirs.close()
        ours.setblocking(False)
        one = _Process(pid, ours, place)
        self._all.append(one)
        return one

    def _be_process(self, line: socket.socket, place: int) -> None:
        """The life of the new process; it never returns, as it must not finish the work of its parent."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _close_all_but(line.fileno(), *self._keep)
            with suppress(OSError):  # the name in ps and top (Linux)
                Path("/proc/self/comm").write_text(self._name)
            self._work(line, place)
            code = 0
        except SystemExit:  # it said why
            pass
        except BaseException:  # noqa: BLE001 - the parent learns of it by the code
            logger().exception(f"{self._kind}_mislukt")
        finally:
            with suppress(OSError):
                sys.stderr.flush()
            os._exit(code)


def places(count: int) -> int:
    """The number of processes that there can be at a time when `count` serve: others may still be ending."""
    return 2 * count + 1


def _memory(pid: int) -> int:
    """Bytes that a process has in memory; 0 when it is gone, or cannot be looked at now."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OSError):
        return 0


def _close_all_but(*descriptors: int) -> None:
    """Close the descriptors of the parent, above all the lines to other processes: they must close when it ends."""
    keep = sorted({0, 1, 2, *descriptors})
    for one, other in pairwise([*keep, _OPEN]):
        os.closerange(one + 1, other)

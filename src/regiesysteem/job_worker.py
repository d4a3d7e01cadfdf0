"""The worker that `regie serve` starts beside its server processes: replaced when it dies, ended with the rest."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from regiesysteem.logging_ import logger

UNDER_SERVE: Final = "--onder-serve"
"""The option of `regie worker` for a worker that `regie serve` started: it ends when its standard input ends."""

_AGAIN_S: Final = 1.0
_EXTRA_S: Final = 5.0  # beyond what its jobs get to finish
_WORKERS: Final = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"


class JobWorker:
    """A `regie worker` in a process of its own: started, checked now and then, and stopped."""

    def __init__(self, stop_timeout: float) -> None:
        """Prepare; the worker reads its settings itself. `stop_timeout` is how many seconds its jobs get to finish."""
        self._stop_timeout = stop_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._again_on = 0.0
        self._kill_at: float | None = None

    @property
    def stopped(self) -> bool:
        """Tell whether it was stopped and has ended."""
        return self._kill_at is not None and self._process is None

    def start(self) -> None:
        """Start it; when the machine has no process left, `look_after` tries again later."""
        # Ctrl-C in a terminal, and its end, go to every process; this one never gets them, also while it starts, and
        # we say when to stop.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "regiesysteem", "worker", UNDER_SERVE], stdin=subprocess.PIPE
            )
        except OSError as error:
            logger().error("worker_start_niet", reden=str(error))
            self._again_on = time.monotonic() + _AGAIN_S
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def stop(self) -> None:
        """Tell it to finish what it has under way and to end."""
        self._kill_at = time.monotonic() + self._stop_timeout + _EXTRA_S
        if self._process is not None:
            self._process.terminate()

    def look(self) -> None:
        """Start it again when it died, kill it when it does not stop; at least once a second."""
        now = time.monotonic()
        if self._process is None:
            if self._kill_at is None and now >= self._again_on:
                self.start()
            return
        if self._process.poll() is not None:
            self._forget(now)
        elif self._kill_at is not None and now > self._kill_at:
            logger().error("worker_stopt_niet")
            self.bury()

    def bury(self) -> None:
        """Kill it now."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._forget(time.monotonic())

    def _forget(self, now: float) -> None:
        if self._process is None:
            return
        if self._kill_at is None:
            logger().error("worker_weg", code=self._process.returncode)
            self._again_on = now + _AGAIN_S
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def count_workers(engine: Engine) -> int:
    """The number of workers that gave a sign of life lately, on any machine."""
    with engine.connect() as connection:
        count: int = connection.exec_driver_sql(_WORKERS).scalar_one()
    return count


def stop_with_parent_process(stop: Callable[[], object]) -> None:
    """Call `stop` when the process that started this one is gone, also after its kill -9: nobody else would end it."""

    def wait() -> None:
        # Not by sys.stdin: Python crashes when the process ends while a thread waits in the lock of sys.stdin.
        while os.read(0, 1):
            pass
        stop()

    threading.Thread(target=wait, name="hoofdproces", daemon=True).start()

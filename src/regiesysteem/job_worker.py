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

ONDER_SERVE: Final = "--onder-serve"
"""The option of `regie worker` for a worker that `regie serve` started: it ends when its standard input ends."""

_OPNIEUW_S: Final = 1.0
_EXTRA_S: Final = 5.0  # beyond what its jobs get to finish
_WORKERS: Final = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"


class Jobwerker:
    """A `regie worker` in a process of its own: started, checked now and then, and stopped."""

    def __init__(self, stop_timeout: float) -> None:
        """Prepare; the worker reads its settings itself. `stop_timeout` is how many seconds its jobs get to finish."""
        self._stop_timeout = stop_timeout
        self._proces: subprocess.Popen[bytes] | None = None
        self._opnieuw_op = 0.0
        self._dood_op: float | None = None

    @property
    def gestopt(self) -> bool:
        """Tell whether it was stopped and has ended."""
        return self._dood_op is not None and self._proces is None

    def start(self) -> None:
        """Start it; when the machine has no process left, `kijk_na` tries again later."""
        # Ctrl-C in a terminal, and its end, go to every process; this one never gets them, also while it starts, and
        # we say when to stop.
        masker = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            self._proces = subprocess.Popen(
                [sys.executable, "-m", "regiesysteem", "worker", ONDER_SERVE], stdin=subprocess.PIPE
            )
        except OSError as fout:
            logger().error("worker_start_niet", reden=str(fout))
            self._opnieuw_op = time.monotonic() + _OPNIEUW_S
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masker)

    def stop(self) -> None:
        """Tell it to finish what it has under way and to end."""
        self._dood_op = time.monotonic() + self._stop_timeout + _EXTRA_S
        if self._proces is not None:
            self._proces.terminate()

    def kijk(self) -> None:
        """Start it again when it died, kill it when it does not stop; at least once a second."""
        nu = time.monotonic()
        if self._proces is None:
            if self._dood_op is None and nu >= self._opnieuw_op:
                self.start()
            return
        if self._proces.poll() is not None:
            self._vergeet(nu)
        elif self._dood_op is not None and nu > self._dood_op:
            logger().error("worker_stopt_niet")
            self.dood()

    def dood(self) -> None:
        """Kill it now."""
        if self._proces is not None:
            self._proces.kill()
            self._proces.wait()
            self._vergeet(time.monotonic())

    def _vergeet(self, nu: float) -> None:
        if self._proces is None:
            return
        if self._dood_op is None:
            logger().error("worker_weg", code=self._proces.returncode)
            self._opnieuw_op = nu + _OPNIEUW_S
        if self._proces.stdin is not None:
            self._proces.stdin.close()
        self._proces = None


def tel_workers(motor: Engine) -> int:
    """The number of workers that gave a sign of life lately, on any machine."""
    with motor.connect() as verbinding:
        aantal: int = verbinding.exec_driver_sql(_WORKERS).scalar_one()
    return aantal


def stop_met_hoofdproces(stop: Callable[[], object]) -> None:
    """Call `stop` when the process that started this one is gone, also after its kill -9: nobody else would end it."""

    def wacht() -> None:
        # Not by sys.stdin: Python crashes when the process ends while a thread waits in the lock of sys.stdin.
        while os.read(0, 1):
            pass
        stop()

    threading.Thread(target=wacht, name="hoofdproces", daemon=True).start()

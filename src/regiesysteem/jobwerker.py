"""The worker that `regie serve` starts beside its server processes: replaced when it dies, ended with the rest."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.logboek import logger

ONDER_SERVE: Final = "--onder-serve"
"""The option of `regie worker` that says who started it: when its standard input ends, so does it."""

_KIJK_S: Final = 0.2
_OPNIEUW_S: Final = 1.0
_KLAAR_S: Final = 15.0
_EXTRA_S: Final = 5.0  # beyond what its jobs get to finish
_WORKERS: Final = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"


class Jobwerker:
    """A `regie worker` in a process of its own, from entering to leaving."""

    def __init__(self, stop_timeout: float) -> None:
        """Prepare; its settings it reads itself. `stop_timeout` is how many seconds its jobs get to finish."""
        self._stop_timeout = stop_timeout
        self._stoppen = threading.Event()
        self._wachter = threading.Thread(target=self._bewaak, name="jobwerker", daemon=True)

    def __enter__(self) -> Self:
        """Start it."""
        self._wachter.start()
        return self

    def __exit__(
        self, soort: type[BaseException] | None, fout: BaseException | None, spoor: TracebackType | None
    ) -> None:
        """End it: what it has under way it finishes."""
        self._stoppen.set()
        self._wachter.join()

    def _bewaak(self) -> None:
        # Ctrl-C in a terminal goes to every process; what is started here never gets it, and we say when to stop.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while not self._stoppen.is_set():
            with subprocess.Popen(
                [sys.executable, "-m", "regiesysteem", "worker", ONDER_SERVE], stdin=subprocess.PIPE
            ) as proces:
                while proces.poll() is None and not self._stoppen.wait(_KIJK_S):
                    pass
                if self._stoppen.is_set():
                    self._beeindig(proces)
                    return
            logger().error("worker_weg", code=proces.returncode)
            self._stoppen.wait(_OPNIEUW_S)

    def _beeindig(self, proces: subprocess.Popen[bytes]) -> None:
        proces.terminate()
        try:
            proces.wait(self._stop_timeout + _EXTRA_S)
        except subprocess.TimeoutExpired:
            logger().error("worker_stopt_niet")
            proces.kill()


def tel_workers(motor: Engine) -> int:
    """How many workers gave a sign of life lately, on whatever machine."""
    with motor.connect() as verbinding:
        aantal: int = verbinding.exec_driver_sql(_WORKERS).scalar_one()
    return aantal


def wacht_op_worker(motor: Engine) -> None:
    """Wait until a worker works; not for long, because messages are taken without one too."""
    uiterlijk = time.monotonic() + _KLAAR_S
    with suppress(SQLAlchemyError):
        while time.monotonic() < uiterlijk and not tel_workers(motor):
            time.sleep(_KIJK_S)


def stop_met_hoofdproces(stop: Callable[[], object]) -> None:
    """Call `stop` when the process that started this one is gone, also after its kill -9: nobody else would end it."""

    def wacht() -> None:
        # Not by sys.stdin: whoever waits in its lock when the process ends makes Python crash.
        while os.read(0, 1):
            pass
        stop()

    threading.Thread(target=wacht, name="hoofdproces", daemon=True).start()

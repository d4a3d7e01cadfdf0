"""The worker that `regie serve` starts beside its server processes: replaced when it dies, ended with the rest."""

import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from regiesysteem.logboek import logger

ONDER_SERVE: Final = "--onder-serve"
"""The option of `regie worker` that says who started it: when its standard input ends, so does it."""

_KIJK_S: Final = 0.2
_OPNIEUW_S: Final = 1.0
_EXTRA_S: Final = 5.0  # beyond what its jobs get to finish


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


def stop_met_hoofdproces(stop: Callable[[], object]) -> None:
    """Call `stop` when the process that started this one is gone, also after its kill -9: nobody else would end it."""

    def wacht() -> None:
        while sys.stdin.buffer.read(1):
            pass
        stop()

    threading.Thread(target=wacht, name="hoofdproces", daemon=True).start()

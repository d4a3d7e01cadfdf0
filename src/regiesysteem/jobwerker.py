"""The worker that `regie serve` starts beside its server processes: replaced when it dies, ended with the rest."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from types import TracebackType
from typing import Final, Self

from regiesysteem.config import Instellingen, laad_instellingen
from regiesysteem.database import libpq_url, psycopg2_url
from regiesysteem.hoofdproces import stop_met_hoofdproces
from regiesysteem.logboek import logger, stel_logboek_in

_OPNIEUW_S: Final = 1.0
_EXTRA_S: Final = 5.0  # beyond what its jobs get to finish


class Jobwerker:
    """A `regie worker` in a process of its own, from entering to leaving."""

    def __init__(self, instellingen: Instellingen) -> None:
        """Prepare; its settings it reads itself, from the environment."""
        self._stop_timeout = instellingen.stop_timeout
        self._stoppen = threading.Event()
        self._wekker, self._wacht = multiprocessing.Pipe()
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
        self._wekker.send(None)
        self._wachter.join()

    def _bewaak(self) -> None:
        while not self._stoppen.is_set():
            # A process that starts clean has no locks, threads or connections of ours.
            proces = multiprocessing.get_context("spawn").Process(target=draai, name="worker")
            proces.start()
            multiprocessing.connection.wait([proces.sentinel, self._wacht])
            if self._stoppen.is_set():
                self._beeindig(proces)
            else:
                proces.join()
                logger().error("worker_weg", code=proces.exitcode)
                self._stoppen.wait(_OPNIEUW_S)

    def _beeindig(self, proces: multiprocessing.process.BaseProcess) -> None:
        proces.terminate()
        proces.join(self._stop_timeout + _EXTRA_S)
        if proces.exitcode is None:
            logger().error("worker_stopt_niet")
            proces.kill()
            proces.join()


def draai() -> None:
    """Be the worker, in a process of its own."""
    from regiesysteem.worker import werk  # noqa: PLC0415 - only the process itself needs it

    # Ctrl-C in a terminal reaches every process; who started us says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    instellingen = laad_instellingen()
    stel_logboek_in(instellingen.log, proces="worker")
    stop_met_hoofdproces(instellingen.stop_timeout)
    werk(instellingen, libpq_url(psycopg2_url(os.environ["REGIE_DATABASE_URL"])), signalen=(signal.SIGTERM,))

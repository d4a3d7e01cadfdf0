"""The server processes under granian: started, replaced when they die, and stopped with what they have under way."""

import contextlib
import multiprocessing
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from regiesysteem.config import Instellingen
from regiesysteem.logboek import granian_logconfig, logger
from regiesysteem.nabij import vraag

_VERBINDINGEN = 4096  # that a process has at a time, idle ones too; the others wait in the kernel's queue
_ANDERE_BESTANDEN = 256  # that a process has open beside: the database, the log, the store
_KOPREGELS_MS = 15_000  # for the header of a request
_GEHEUGEN_S = 5  # between two looks at the memory of a process; what is too large twice is replaced
_KLAAR_S = 60  # a server that does not answer by then never will
_SIGNALEN = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Server(MPServer):
    """Granian, whose processes never get SIGINT: Ctrl-C in a terminal goes to all, and it is for us to stop them."""

    def _spawn_workers(self, *wat: Any) -> None:
        with _zonder_sigint():
            super()._spawn_workers(*wat)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, *wat: Any, **hoe: Any) -> None:
        with _zonder_sigint():
            super()._respawn_workers(*wat, **hoe)


class Serverprocessen:
    """The processes that listen on one port; `draai` returns when a signal said stop and they are gone."""

    def __init__(self, instellingen: Instellingen, poort: int) -> None:
        """Prepare; nothing starts before `draai`."""
        self._instellingen = instellingen
        self._poort = poort
        self._server = self._granian()
        self._stoppen = threading.Event()
        self._gestopt = threading.Event()
        self._mislukt = False

    def draai(self, adres: str, klaar: Callable[[], None]) -> None:
        """Serve until a signal; calls `klaar` once the server answers at `adres`. Exits with 1 when it never does."""
        # A process that starts clean has no locks, threads or connections of ours.
        multiprocessing.set_start_method("spawn", force=True)
        threading.Thread(target=self._geef_stop_door, daemon=True).start()
        threading.Thread(target=self._meld_klaar, args=(adres, klaar), daemon=True).start()
        while not self._stoppen.is_set():
            try:
                self._server.serve()
            except SystemExit:
                # Granian gives up when a process dies twice within seconds. Kill -9 does that too.
                if not self._stoppen.is_set():
                    logger().error("serverprocessen_opnieuw")
                    self._server = self._granian()
        self._gestopt.set()
        if self._mislukt:
            sys.exit(1)

    def _granian(self) -> MPServer:
        server = _Server(
            "regiesysteem.rsgi:app",
            factory=True,
            interface=Interfaces.RSGI,
            address=self._instellingen.host,
            port=self._poort,
            workers=self._instellingen.workers,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_KOPREGELS_MS),
            loop=Loops.uvloop,
            websockets=False,
            backpressure=_max_verbindingen(),
            respawn_failed_workers=True,
            workers_max_rss=self._instellingen.worker_max_mb,
            rss_sample_interval=_GEHEUGEN_S,
            rss_samples=2,
            workers_kill_timeout=self._instellingen.stop_timeout,
            log_level=LogLevels.warning,
            log_dictconfig=granian_logconfig(),
        )
        server.on_startup(self._neem_signalen)
        return server

    def _neem_signalen(self) -> None:
        """Take the signals from granian: it reloads at a closed terminal, and may miss one while a process dies."""
        for signaal in _SIGNALEN:
            signal.signal(signaal, lambda *_: self._stoppen.set())

    def _geef_stop_door(self) -> None:
        self._stoppen.wait()
        while not self._gestopt.wait(0.2):
            self._server.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def _meld_klaar(self, adres: str, klaar: Callable[[], None]) -> None:
        uiterlijk = time.monotonic() + _KLAAR_S
        while not self._stoppen.wait(0.05):
            with contextlib.suppress(OSError), vraag(f"{adres}/healthz", timeout=1):
                klaar()
                return
            if time.monotonic() > uiterlijk:
                logger().error("serverprocessen_starten_niet", seconden=_KLAAR_S)
                self._mislukt = True
                self._stoppen.set()


@contextlib.contextmanager
def _zonder_sigint() -> Iterator[None]:
    """Hold SIGINT back. A process started meanwhile never gets it, whatever handler granian sets: it has our mask."""
    resource_tracker.ensure_running()  # starting one lifts the mask
    masker = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masker)


def _max_verbindingen() -> int:
    """As many as there can be file descriptors for: each may need a temporary file for its message."""
    zacht, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    nodig = 2 * _VERBINDINGEN + _ANDERE_BESTANDEN
    if zacht != resource.RLIM_INFINITY and zacht < nodig:
        # The processes that serve are ours, and so inherit this.
        zacht = nodig if hard == resource.RLIM_INFINITY else min(nodig, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (zacht, hard))
        return max(1, (zacht - _ANDERE_BESTANDEN) // 2)
    return _VERBINDINGEN

"""The processes and files of a PostgreSQL cluster: the running server, and the remains of a killed one."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import psutil

POORT = 5432  # only a part of the name of the socket
SOCKET = f".s.PGSQL.{POORT}"
TIJDELIJK = "regie-"
STOP_TIMEOUT_S = 60


def processen(map_: Path) -> list[psutil.Process]:
    """Find every postgres whose working directory this is.

    The process id in postmaster.pid proves less: after a restart of the machine it may be another process.
    """
    return [proces for proces in psutil.process_iter(["name"]) if _werkt_in(proces, map_)]


def vind_server(map_: Path) -> psutil.Process | None:
    """Find the server process, None when it is not there."""
    pid = _regel(map_, 0)
    return next((proces for proces in processen(map_) if str(proces.pid) == pid), None)


def ruim_resten_op(map_: Path) -> None:
    """Clear away the remains of a killed server: its backends may write, its lock file may name another process."""
    for proces in processen(map_):
        with contextlib.suppress(psutil.Error):
            proces.kill()
    wacht_tot(lambda: not processen(map_), STOP_TIMEOUT_S)
    socketmap = socketmap_van(map_) or map_
    for bestand in (map_ / "postmaster.pid", socketmap / SOCKET, socketmap / f"{SOCKET}.lock"):
        bestand.unlink(missing_ok=True)


def wacht_tot(klaar: Callable[[], bool], seconden: float) -> bool:
    """Wait until `klaar` holds, at most so many seconds; tells whether it does."""
    uiterlijk = time.monotonic() + seconden
    while not klaar():
        if time.monotonic() > uiterlijk:
            return False
        time.sleep(0.02)
    return True


def _werkt_in(proces: psutil.Process, map_: Path) -> bool:
    try:
        return (
            proces.info["name"] == "postgres" and proces.status() != psutil.STATUS_ZOMBIE and Path(proces.cwd()) == map_
        )
    except (psutil.Error, OSError):
        return False


def socketmap_van(map_: Path) -> Path | None:
    """Directory of the socket on which the server listens, None when no server says so."""
    regel = _regel(map_, 4)
    return Path(regel) if regel else None


def _regel(map_: Path, nummer: int) -> str:
    """One line of postmaster.pid: 0 is the process id, 4 the directory of the socket."""
    try:
        regels = (map_ / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return regels[nummer].strip() if nummer < len(regels) else ""

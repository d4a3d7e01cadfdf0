"""Whether the machine has time for a thread that goes aside for others (Linux; elsewhere it always has).

Niceness alone does not keep what always has something to do out of the way: the core that it holds is not idle, so
takes over nothing that waits for another core.
"""

import math
import threading
import time
from pathlib import Path
from typing import Final

_STAND: Final = Path("/proc/thread-self/schedstat")
_ZEKER_NS: Final = 100_000_000  # so much time wanted gives a verdict; over less it is chance
_DEEL: Final = 0.75
_VERS_S: Final = 5.0  # what it wanted longer ago says nothing of now


class Drukte:
    """For many threads, each about itself; `aan=False` never sees any."""

    def __init__(self, *, aan: bool = True) -> None:
        self._aan = aan and _STAND.exists()
        self._eerder = threading.local()

    def is_groot(self) -> bool:
        """Whether this thread stood ready for most of the time that it wanted to run, since it last knew."""
        if not self._aan:
            return False
        nu = time.monotonic()
        gelopen, gewacht = (int(deel) for deel in _STAND.read_text().split()[:2])
        sinds, was_gelopen, was_gewacht = getattr(self._eerder, "stand", (-math.inf, 0, 0))
        wachtte = gewacht - was_gewacht
        gewild = gelopen - was_gelopen + wachtte
        vers = nu - sinds < _VERS_S
        if vers and gewild < _ZEKER_NS:
            return False
        self._eerder.stand = nu, gelopen, gewacht
        return vers and wachtte > _DEEL * gewild

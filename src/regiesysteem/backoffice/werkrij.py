"""Does one thing after another in a thread that ends with the process; what fails is said, and the next is done."""

import queue
import threading
from collections.abc import Callable

from regiesysteem.backoffice.scherm import Scherm
from regiesysteem.demo.gesprek import GesprekFout, Onbereikbaar

_EERSTE_PAUZE_S = 1.0
_LANGSTE_PAUZE_S = 60.0


class Werkrij:
    """A queue of things to do; what needs a server that cannot be reached is done later."""

    def __init__(self, scherm: Scherm) -> None:
        self._scherm = scherm
        self._rij: queue.SimpleQueue[tuple[str, Callable[[], None], float]] = queue.SimpleQueue()

    def open(self) -> None:
        """Start to work."""
        threading.Thread(target=self._werk, name="werkrij", daemon=True).start()

    def doe(self, wat: str, werk: Callable[[], None], over_s: float = 0.0) -> None:
        """Do something, after so many seconds; `wat` says in Dutch what it is."""
        self._zet((wat, werk, _EERSTE_PAUZE_S), over_s)

    def _zet(self, taak: tuple[str, Callable[[], None], float], over_s: float) -> None:
        if not over_s:
            self._rij.put(taak)
            return
        wekker = threading.Timer(over_s, self._rij.put, [taak])
        wekker.daemon = True
        wekker.start()

    def _werk(self) -> None:
        while True:
            wat, werk, pauze = self._rij.get()
            try:
                werk()
            except Onbereikbaar as fout:
                self._scherm.zeg(
                    f"{wat}: nog niet gelukt",
                    ("fout", f"{fout}; over {pauze:.0f} s weer"),
                    ("let op", "luistert het Regiesysteem op een ander adres, geef dat dan met --server"),
                    stijl="red",
                )
                self._zet((wat, werk, min(2 * pauze, _LANGSTE_PAUZE_S)), pauze)
            except GesprekFout as fout:
                self._scherm.zeg(f"{wat}: mislukt", ("fout", str(fout)), stijl="red")
            except Exception as fout:  # noqa: BLE001 - the next thing is to be done whatever this one was
                self._scherm.zeg(f"{wat}: mislukt", ("fout", f"{type(fout).__name__}: {fout}"), stijl="red")

"""What the bench asks of its load processes (klant, vloer), and what they tell; JSON over their pipes.

A process prepares, says KLAAR, waits for a line, works, and writes its result: so nothing but the work is timed.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.belasting.berichten import Bericht

KLAAR: Final = "klaar"
WORTEL: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Stroom:
    """Which messages, by name in `berichten` or `documentberichten`; numbers `eerste`, `eerste` + `stap`, ...

    With `modulo` the numbers of zaken and people start again after so many, and `spreiding` keeps them apart. A new
    document has a content of `grootte` bytes.
    """

    bericht: str
    reeks: str
    zaken: str = ""
    personen: int = 0
    eerste: int = 0
    stap: int = 1
    modulo: int = 0
    spreiding: int = 1
    grootte: int = 0

    def soort(self) -> "Bericht":
        """What kind of message."""
        from tests.belasting import berichten, documentberichten  # noqa: PLC0415

        soort: Bericht = getattr(berichten, self.bericht, None) or getattr(documentberichten, self.bericht)
        return soort

    def volgnummer(self, nummer: int) -> int:
        """The number of the n-th request of this process."""
        return self.eerste + nummer * self.stap

    def waarover(self, nummer: int) -> int:
        """The number of the zaak, or the document, that the n-th request of this process is about."""
        volgnummer = self.volgnummer(nummer)
        return volgnummer * self.spreiding % self.modulo if self.modulo else volgnummer

    def body(self, nummer: int) -> bytes:
        """The body of the n-th request of this process."""
        return self.soort().vul(self.reeks, self.volgnummer(nummer), self.zaken, self.personen, self.waarover(nummer))


@dataclass(frozen=True)
class Opdracht:
    """A run: at most `aantal` requests in at most `seconden`, `gelijktijdig` at a time, the streams in turn.

    `waar` is the port of the server for the klant, the database URL for the vloer; `sjablonen` are the rows that the
    vloer writes, see there.
    """

    stromen: tuple[Stroom, ...]
    aantal: int
    seconden: float
    gelijktijdig: int
    waar: str
    sjablonen: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def lees(cls, tekst: str) -> "Opdracht":
        """The inverse of `json.dumps(asdict(opdracht))`."""
        velden = json.loads(tekst)
        return cls(**{**velden, "stromen": tuple(Stroom(**stroom) for stroom in velden["stromen"])})


@dataclass
class Verslag:
    """What a process did: `duur` per request in seconds, `cpu` of the process itself while it worked, in seconds.

    `heen` and `terug` are bytes of all requests and answers; `fouten` the first answers that were not good.
    """

    seconden: float = 0.0
    cpu: float = 0.0
    duur: list[float] = field(default_factory=list)
    heen: int = 0
    terug: int = 0
    fouten: list[str] = field(default_factory=list)

    @property
    def aantal(self) -> int:
        """Requests done."""
        return len(self.duur)

    def erbij(self, ander: "Verslag") -> "Verslag":
        """This one and another that worked at the same time."""
        return Verslag(
            max(self.seconden, ander.seconden),
            self.cpu + ander.cpu,
            self.duur + ander.duur,
            self.heen + ander.heen,
            self.terug + ander.terug,
            self.fouten + ander.fouten,
        )


class Beurten:
    """Numbers from 0 for some threads, each given once, as long as the time lasts from now on."""

    def __init__(self, aantal: int, seconden: float) -> None:
        self._nummers = iter(range(aantal))
        self._uiterlijk = time.perf_counter() + seconden
        self._slot = threading.Lock()

    def __iter__(self) -> "Beurten":
        return self

    def __next__(self) -> int:
        with self._slot:
            if time.perf_counter() > self._uiterlijk:
                raise StopIteration
            return next(self._nummers)


class Lastproces:
    """A load process: made ready on construction, set to work by `start`, asked for its result by `verslag`."""

    def __init__(self, module: str, opdracht: Opdracht) -> None:
        self._proces = subprocess.Popen(
            [sys.executable, "-m", f"tests.belasting.{module}"],
            cwd=WORTEL,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._zeg(json.dumps(asdict(opdracht)))

    def wacht(self) -> None:
        """Wait until it is ready to work."""
        if self._hoor().strip() != KLAAR:
            raise RuntimeError("a load process did not get ready")

    def start(self) -> None:
        """Let it work."""
        self._zeg("start")

    def verslag(self) -> Verslag:
        """Wait until it is done and give its result; the process still has its connections."""
        return Verslag(**json.loads(self._hoor()))

    def sluit(self) -> None:
        """Let it end."""
        self._proces.communicate("")

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._proces.kill()
        self._proces.communicate()

    def _zeg(self, regel: str) -> None:
        assert self._proces.stdin is not None
        self._proces.stdin.write(regel + "\n")
        self._proces.stdin.flush()

    def _hoor(self) -> str:
        assert self._proces.stdout is not None
        regel = self._proces.stdout.readline()
        if not regel:
            raise RuntimeError("a load process ended before its time")
        return regel


def neem_aan() -> Opdracht:
    """In a load process: what it is asked."""
    return Opdracht.lees(sys.stdin.readline())


def meld_klaar() -> None:
    """In a load process: say that the work can start, and wait until it must."""
    print(KLAAR, flush=True)
    sys.stdin.readline()


def lever_in(verslag: Verslag) -> None:
    """In a load process: give the result, and wait until nothing more is asked."""
    print(json.dumps(asdict(verslag)), flush=True)
    sys.stdin.read()

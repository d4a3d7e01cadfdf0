"""The bench and its load processes (klant, vloer) talk in JSON over their pipes: the requests and the reports.

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

READY: Final = "klaar"
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Stroom:
    """The messages, by name in `berichten` or `documentberichten`; numbers `first`, `first` + `step`, ...

    With `modulo` the numbers of zaken and people start again after so many, and `spreiding` keeps them apart. A new
    document has a content of `size` bytes. `bewijs` is the value of the header Authorization, "" for none.
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
    bewijs: str = ""

    def soort(self) -> "Bericht":
        """The kind of message."""
        from tests.belasting import berichten, documentberichten  # noqa: PLC0415

        soort: Bericht = getattr(berichten, self.bericht, None) or getattr(documentberichten, self.bericht)
        return soort

    def volgnummer(self, number: int) -> int:
        """The number of the n-th request of this process."""
        return self.eerste + number * self.stap

    def waarover(self, number: int) -> int:
        """The number of the zaak, or the document, that the n-th request of this process is about."""
        volgnummer = self.volgnummer(number)
        return volgnummer * self.spreiding % self.modulo if self.modulo else volgnummer

    def kop(self) -> bytes:
        """The HTTP header of each request."""
        head = self.soort().kop()
        return head.replace(b"\r\n\r\n", f"\r\nAuthorization: {self.bewijs}\r\n\r\n".encode()) if self.bewijs else head

    def body(self, number: int) -> bytes:
        """The body of the n-th request of this process."""
        return self.soort().fill(self.reeks, self.volgnummer(number), self.zaken, self.personen, self.waarover(number))


@dataclass(frozen=True)
class Command:
    """A run: at most `count` requests in at most `seconds`, `gelijktijdig` at a time, the streams in turn.

    `where` is the port of the server for the klant, the database URL for the vloer; `sjablonen` are the rows that the
    vloer writes, see there.
    """

    stromen: tuple[Stroom, ...]
    aantal: int
    seconden: float
    gelijktijdig: int
    where: str
    sjablonen: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Command":
        """The inverse of `json.dumps(asdict(opdracht))`."""
        fields = json.loads(text)
        return cls(**{**fields, "stromen": tuple(Stroom(**stroom) for stroom in fields["stromen"])})


@dataclass
class Report:
    """The work of a process: `duration` per request in seconds, `cpu` of the process while it worked, in seconds.

    `heen` and `back` are bytes of all requests and answers; `fouten` the first answers that were not good.
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

    def added(self, other: "Report") -> "Report":
        """This one and another that worked at the same time."""
        return Report(
            max(self.seconden, other.seconden),
            self.cpu + other.cpu,
            self.duur + other.duur,
            self.heen + other.heen,
            self.terug + other.terug,
            self.fouten + other.fouten,
        )


class Beurten:
    """Numbers from 0 for some threads, each given once, as long as the time lasts from now on."""

    def __init__(self, count: int, seconds: float) -> None:
        self._numbers = iter(range(count))
        self._uiterlijk = time.perf_counter() + seconds
        self._lock = threading.Lock()

    def __iter__(self) -> "Beurten":
        return self

    def __next__(self) -> int:
        with self._lock:
            if time.perf_counter() > self._uiterlijk:
                raise StopIteration
            return next(self._numbers)


class Lastproces:
    """A load process: made ready on construction, set to work by `start`, asked for its result by `report`."""

    def __init__(self, module: str, command: Command) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.belasting.{module}"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say(json.dumps(asdict(command)))

    def wacht(self) -> None:
        """Wait until it is ready to work."""
        if self._hoor().strip() != READY:
            raise RuntimeError("a load process did not get ready")

    def start(self) -> None:
        """Let it work."""
        self._say("start")

    def report(self) -> Report:
        """Wait until it is done and give its result; the process still has its connections."""
        return Report(**json.loads(self._hoor()))

    def close(self) -> None:
        """Let it end."""
        self._process.communicate("")

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.communicate()

    def _say(self, regel: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(regel + "\n")
        self._process.stdin.flush()

    def _hoor(self) -> str:
        assert self._process.stdout is not None
        regel = self._process.stdout.readline()
        if not regel:
            raise RuntimeError("a load process ended before its time")
        return regel


def take_to() -> Command:
    """In a load process: what it is asked."""
    return Command.read(sys.stdin.readline())


def report_ready() -> None:
    """In a load process: say that the work can start, and wait until it must."""
    print(READY, flush=True)
    sys.stdin.readline()


def lever_in(report: Report) -> None:
    """In a load process: give the result, and wait until nothing more is asked."""
    print(json.dumps(asdict(report)), flush=True)
    sys.stdin.read()

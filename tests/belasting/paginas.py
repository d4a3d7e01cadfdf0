"""Pages for people at a large number of zaken: how long they take, what they ask of the database, and what they weigh.

Also what twenty people who click cost the messages of others.
"""

import http.client
import itertools
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting import berichten, paginavulling
from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.onderdelen import Reeksen
from tests.belasting.paginavulling import BIG, regisseur, surname

from regiesysteem.access.people.accounts import new_account, new_link
from regiesysteem.db import make_engine

DOELEN: Final = {
    "p95_ms": {
        "plan": 300, "bsn": 100, "naam": 500, "veelnaam": 500, "adres": 500, "nummer": 500, "werkvoorraad": 300,
        "werklijst": 300, "signaal": 100,
    },
    "statements": 12,
    "eerste_kb": 100,
    "soap": 0.95,
}  # fmt: skip
"""At most (soap: at least, as a part of the throughput without people)."""
TITELS: Final = {
    "plan": "gezinsplan van 1.000 deelplannen, eerste 100",
    "bsn": "zoeken op een BSN",
    "naam": "zoeken op een deel van een achternaam",
    "veelnaam": "zoeken op een naam van duizenden",
    "adres": "zoeken op postcode en huisnummer",
    "nummer": "zoeken op een deel van een zaaknummer",
    "werkvoorraad": "werkvoorraad",
    "werklijst": "werkvoorraad, alles wat te laat is",
    "signaal": "signaal",
}
CLICKERS: Final = 20
_THINK_S: Final = 10
"""Seconds that somebody looks at a page before the next."""
_READERS: Final = 5
_WARM: Final = 2 * _READERS
"""How often a page is asked before it counts: each process, and each connection to the database, warms up."""
_COUNTED_ZAKEN: Final = 2000
_TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_SHEET: Final = re.compile(r'<link rel="stylesheet" href="([^"]+)"')


@dataclass(frozen=True)
class PageSize:
    """How many zaken there are, how often a page is asked, and how long messages are sent with people beside them."""

    zaken: int
    keer: int
    berichten: Size
    mensen: int = CLICKERS


FAST: Final = PageSize(100_000, 40, Size(2000, 15, 2))
FULL: Final = PageSize(1_000_000, 200, Size(20_000, 30, 5))
_PLANS: Final = 200


class Browser:
    """Somebody who is logged in, on one connection; it keeps cookies and the token of forms."""

    def __init__(self, port: int, link: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._token = ""
        self.get(link)
        self.post(link)
        self.get("/zoeken")

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a page: status and body."""
        return self._ask("GET", path, b"", {})

    def post(self, path: str, **fields: str) -> tuple[int, bytes]:
        """Send a form: status and body."""
        body = urllib.parse.urlencode({"csrf_token": self._token, **fields}).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def close(self) -> None:
        """Go away."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers |= {"Cookie": cookies, "Accept-Encoding": "gzip"}
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        for header in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = header.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        content = answer.read()
        if token := _TOKEN.search(content.decode(errors="replace")):
            self._token = token[1]
        return answer.status, content


@dataclass
class PageFigures:
    """One kind of page: seconds of each time, CPU of server and database per page, which a busy machine changes less,
    and the statements for a small and for a big plan or load.
    """

    duur: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    bytes: int = 0
    statements: tuple[float, float] = (0, 0)

    def kwantiel(self, part: float) -> float:
        """Milliseconds below which this part stays."""
        every = sorted(self.duur)
        return every[min(int(len(every) * part), len(every) - 1)] * 1000

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "keer": len(self.duur),
            "p50_ms": round(self.kwantiel(0.5), 1),
            "p95_ms": round(self.kwantiel(0.95), 1),
            "cpu_ms": round(self.cpu_ms, 1),
            "bytes": self.bytes,
            "statements": self.statements,
        }


@dataclass
class Paginacijfers:
    """All figures of pages; `soap` are messages without and with people who click."""

    zaken: int
    paginas: dict[str, PageFigures]
    eerste_kb: float = 0.0
    zonder: Outcome = field(default_factory=Outcome)
    met: Outcome = field(default_factory=Outcome)
    geklikt: int = 0

    @property
    def soap(self) -> float:
        """The throughput of messages with people, as a part of that without."""
        return self.met.per_seconde / self.zonder.per_seconde

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "zaken": self.zaken,
            "paginas": {naam: one.as_dict() for naam, one in self.paginas.items()},
            "eerste_kb": round(self.eerste_kb, 1),
            "soap": {"zonder": self.zonder.as_dict(), "met": self.met.as_dict(), "deel": round(self.soap, 3)},
            "geklikt": self.geklikt,
        }


Report = Callable[[str], object]


def paginas(bank: Werkbank, size: PageSize, report: Report) -> Paginacijfers:
    """Measure pages on a database of so many zaken, and messages beside them."""
    report("SQL-opdrachten tellen voor pagina's")
    counted = count_page_statements(bank)
    uitslag = Paginacijfers(size.zaken, {naam: PageFigures(statements=counted[naam]) for naam in TITELS})
    with bank.server("paginas") as server:
        report(f"{size.zaken:,} zaken laden")
        paginavulling.fill_plans(bank.beheer_url(server.database), size.zaken, lambda _: None)
        with _browsers(server, _READERS) as readers:
            for naam, figures in uitslag.paginas.items():
                report(TITELS[naam])
                for_ = bank.cpu(server)
                _time(readers, naam, size, figures)
                used = bank.cpu(server) - for_
                figures.cpu_ms = (used.workers + used.postgres) / (size.keer + _WARM) * 1000
            uitslag.eerste_kb = _first_load(readers[0])
        report(f"berichten, met en zonder {size.mensen} mensen die klikken")
        _beside(bank, server, size, uitslag)
    return uitslag


def _time(readers: list[Browser], naam: str, size: PageSize, figures: PageFigures) -> None:
    for number in range(-_WARM, size.keer):
        begin = time.perf_counter()
        status, content = _open(readers[number % _READERS], naam, number + 1000, size.zaken)
        took = time.perf_counter() - begin
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{naam}: status {status}")
        if number >= 0:
            figures.duur.append(took)
            figures.bytes = max(figures.bytes, len(content))


def _open(browser: Browser, naam: str, number: int, zaken: int, plan: str = BIG) -> tuple[int, bytes]:
    """One page of a kind, about another person or zaak for each number."""
    person = number * 7919 % max(zaken // 5 * 2, 4)
    match naam:
        case "plan":
            return browser.get(f"/plannen/{plan}")
        case "werkvoorraad":
            return browser.get("/werkvoorraad")
        case "werklijst":
            return browser.get("/werkvoorraad/te-laat")
        case "signaal":
            return browser.post("/signaal", bsn=berichten.bsn(person), reden="meting")
        case "bsn":
            vraag = berichten.bsn(person)
        case "naam":
            vraag = surname(person + 1)[1:7]
        case "veelnaam":
            vraag = "Jansen"
        case "adres":
            letters = f"{chr(65 + person % 26)}{chr(65 + person // 26 % 26)}"
            vraag = f"{1000 + person % 9000}{letters} {person % 90 + 1}"
        case _:
            vraag = f"P{person:09d}"[:9]
    return browser.post("/zoeken", vraag=vraag)


def _first_load(browser: Browser) -> float:
    """Kilobytes of the heaviest first page with its stylesheets, as they are sent."""
    heaviest = 0
    for path in ("/werkvoorraad", f"/plannen/{BIG}"):
        _, page = browser.get(path)
        sheets = sum(len(browser.get(sheet)[1]) for sheet in _SHEET.findall(page.decode()))
        heaviest = max(heaviest, len(page) + sheets)
    return heaviest / 1000


@contextmanager
def _browsers(server: Server, count: int) -> Iterator[list[Browser]]:
    """Regisseurs who are logged in, in teams of ten; the first has the big plan, which his team may see too."""
    engine = make_engine(server.url, pool=False)
    with ExitStack() as stack:
        links = []
        with engine.begin() as connection:
            for number in range(count):
                naam = f"lezer{number}-{time.monotonic_ns()}"
                team = f"TEAM{number // 10}"
                account = new_account(connection, naam, ("regisseur",), naam, regisseur(number), team)
                links.append(new_link(connection, account))
        browsers = [Browser(server.port, link) for link in links]
        for browser in browsers:
            stack.enter_context(closing(browser))
        yield browsers


def count_page_statements(bank: Werkbank) -> dict[str, tuple[float, float]]:
    """The statements of each page, for little and for much: BEGIN and COMMIT are not in it."""
    out = {}
    with bank.server("paginas_tellen", tellen=True) as server:
        paginavulling.fill_plans(bank.beheer_url(server.database), _COUNTED_ZAKEN, lambda _: None)
        with _browsers(server, 2) as (of_big, of_small):
            for naam in TITELS:
                counts = []
                for browser, plan in ((of_small, _small_plan()), (of_big, BIG)):
                    _open(browser, naam, 1, _COUNTED_ZAKEN, plan)  # the process may have to read the inrichting
                    with bank.counts(server) as telling:
                        _open(browser, naam, 1, _COUNTED_ZAKEN, plan)
                    counts.append(float(telling["statements"]))
                out[naam] = counts[0], counts[1]
    return out


def _small_plan() -> str:
    """A running plan of the second regisseur."""
    return "1900P000000005"


# --- Messages beside people


class _Clickers:
    """People who each open a page, look at it, and open another, until they stop."""

    def __init__(self, browsers: list[Browser], zaken: int) -> None:
        self.clicks = 0
        self._zaken = zaken
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._click, args=(browser, place), daemon=True)
            for place, browser in enumerate(browsers)
        ]

    def __enter__(self) -> "_Clickers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _click(self, browser: Browser, place: int) -> None:
        pages = itertools.cycle(("werkvoorraad", "bsn", "naam", "werklijst"))
        wait = _THINK_S * (place + 1) / len(self._threads)  # not all at once
        for number in itertools.count(place * 1000):
            if self._stop.wait(wait):
                return
            _open(browser, next(pages), number, self._zaken)
            with self._lock:
                self.clicks += 1
            wait = _THINK_S


def _beside(bank: Werkbank, server: Server, size: PageSize, uitslag: Paginacijfers) -> None:
    """The same questions in turns, without people and with them."""
    meter, reeksen = Meter(bank, {}), Reeksen()
    plans = reeksen.stroom("CREEER_PLAN"), _PLANS
    meter.server(server, Size(_PLANS, 60, 1), plans[0])
    with _browsers(server, size.mensen) as browsers:
        for round_ in range(-1, size.berichten.rondes):
            for with_people in (False, True) if round_ % 2 else (True, False):
                stroom, _ = reeksen.op("DETAILS", plans, again=True)
                outcome = (uitslag.met if with_people else uitslag.zonder) if round_ >= 0 else None
                run = size.berichten if round_ >= 0 else replace(size.berichten, seconden=size.berichten.seconden / 4)
                if with_people:
                    with _Clickers(browsers, size.zaken) as people:
                        meter.server(server, run, stroom, outcome=outcome)
                    uitslag.geklikt += people.clicks if round_ >= 0 else 0
                else:
                    meter.server(server, run, stroom, outcome=outcome)

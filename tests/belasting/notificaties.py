"""The part of the bench about notifications: how many, how soon, and what they cost whoever sends a message."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import psutil
import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.notificatiecijfers import (
    ABONNEES,
    WITH,
    WITH_WORKER,
    WITHOUT,
    WITHOUT_WORKER,
    Delivery,
    Notificaties,
)
from tests.belasting.notificatieontvanger import question
from tests.belasting.omgeving import Server, Werkbank, seconds, until, vrije_port, without_abonnementen
from tests.belasting.opdracht import ROOT, Command, Lastproces, Stroom
from tests.belasting.sjablonen import send

from regiesysteem.zakenmagazijn.events import QUEUE, TASK

_WAIT_S: Final = 300
_TELLEN: Final = 50
_PERSONEN: Final = 6_000_000
_THREADS: Final = 8

_MAKE: Final = f"""
    INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
    SELECT zaak_id, %(reeks)s || to_char(nummer, 'FM0000000'), gebeurtenis, organisatie, applicatie, bericht_id,
           gegevens
    FROM (SELECT * FROM gebeurtenis ORDER BY id LIMIT 1) mal, generate_series(1, %(aantal)s) nummer;
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
    VALUES ('{QUEUE}', '{TASK}', '{TASK}', '{TASK}', '{{}}')
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""
_FORGET: Final = """
    UPDATE gebeurtenis SET verdeeld = true WHERE NOT verdeeld;
    UPDATE notificatie SET stand = 'vervallen' WHERE stand = 'wacht';
    DELETE FROM procrastinate_jobs WHERE status = 'todo'
"""
_WAITING: Final = """
    SELECT (SELECT count(*) FROM gebeurtenis WHERE NOT verdeeld) * %s
           + (SELECT count(*) FROM notificatie WHERE stand = 'wacht')
"""

Report = Callable[[str], object]


@dataclass(frozen=True)
class Maat:
    """How much is measured: `count` notifications in `rondes` runs, `seconds` at `per_seconde` mutations."""

    aantal: int
    rondes: int
    per_seconde: int
    seconden: float
    creeer: Size


VOLUIT: Final = Maat(2000, 3, 50, 20, Size(4000, 10, 4))
FAST: Final = Maat(1000, 2, 50, 10, Size(800, 4, 4))


def notificaties(bank: Werkbank, maat: Maat, report: Report) -> Notificaties:
    """Measure the whole part, with servers of its own."""
    out = Notificaties()
    with ontvanger() as (port, process):
        with bank.server("notificatietellen", tellen=True, inrichting=_inrichting(port, 1)) as server:
            report("SQL-opdrachten tellen voor notificaties")
            out.statements = _count(bank, server, port)
        with bank.server("bezorgen", inrichting=_inrichting(port, 1)) as server:
            send(server.port, Stroom("CREEER_KLEIN", "mal1", personen=_PERSONEN))
            _forget(server)
            for round_ in range(maat.rondes):
                report(f"{maat.aantal} notificaties bezorgen, ronde {round_ + 1}")
                _round(bank, server, (port, process), replace(maat, rondes=round_), out)
        with bank.server("abonnees", inrichting=_inrichting(port, ABONNEES)) as with_:
            report(f"vertraging bij {maat.per_seconde} mutaties per seconde")
            _vertraging(bank, with_, port, maat, out)
            with bank.server("zonder", inrichting=_inrichting(port, 0)) as without:
                _creeer(bank, without, with_, maat.creeer, report, out)
    return out


@contextmanager
def ontvanger() -> Iterator[tuple[int, psutil.Process]]:
    """A receiver: its port and its process."""
    port = vrije_port()
    process = psutil.Popen(
        [sys.executable, "-m", "tests.belasting.notificatieontvanger", str(port)], cwd=ROOT, stdin=subprocess.DEVNULL
    )
    try:
        until(lambda: _lives(port), "the receiver does not get ready")
        yield port, process
    finally:
        process.kill()
        process.wait()


def _lives(port: int) -> bool:
    try:
        question(port, "stand")
    except OSError:
        return False
    return True


def _inrichting(port: int, abonnees: int) -> str:
    """The shipped inrichting with so many receivers that hear everything, and no other abonnementen."""
    parts = [without_abonnementen()]
    for number in range(abonnees):
        parts.append(f'[[applicatie]]\nnaam = "Abonnee{number}"\nadres = "http://127.0.0.1:{port}/{number}"\n')
        parts.append(f'[[abonnement]]\napplicatie = "Abonnee{number}"\n')
    return "\n".join(parts)


def _sql(server: Server, command: str, parameters: dict[str, Any] | tuple[Any, ...] | None = None) -> list[Any]:
    with closing(psycopg2.connect(server.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(command, parameters)
        return _rows(cursor)


def _rows(cursor: Cursor) -> list[Any]:
    return cursor.fetchall() if cursor.description else []


def _forget(server: Server) -> None:
    _sql(server, _FORGET)


def _ready(server: Server) -> bool:
    [(waiting,)] = _sql(server, _WAITING, (1,))
    return not waiting


def _laat_gebeuren(server: Server, port: int, range_: str, count: int) -> float:
    """Let something happen to so many zaken at once; seconds from the commit to the last receipt."""
    question(port, "ontvangen")
    target = question(port, "stand")["aantal"] + count
    _sql(server, _MAKE, {"reeks": range_, "aantal": count})
    begin = time.time()
    until(lambda: question(port, "stand")["aantal"] >= target, "the notifications do not arrive", _WAIT_S)
    last: float = question(port, "ontvangen")[-1][0]
    until(lambda: _ready(server), "the notifications are not kept as delivered", _WAIT_S)
    return last - begin


def _count(bank: Werkbank, server: Server, port: int) -> dict[str, tuple[float, float]]:
    """Statements, and BEGIN, COMMIT and ROLLBACK, per notification: of distributing and of delivering."""
    out = {}
    send(server.port, Stroom("CREEER_KLEIN", "mal0", personen=_PERSONEN))
    _forget(server)
    with bank.jobwerkers(server, 1):
        _laat_gebeuren(server, port, "warm", _TELLEN)
        for number, (what, naam) in enumerate((("verdelen", "regiesysteem"), ("bezorgen", "regie bezorger"))):
            with bank.counts(server, naam) as telling:
                _laat_gebeuren(server, port, f"tel{number}", _TELLEN)
            out[what] = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    return out


def _round(bank: Werkbank, server: Server, where: tuple[int, psutil.Process], maat: Maat, out: Notificaties) -> None:
    """Deliver with one worker and with two, and beside those the floor; `maat.rondes` is the number of this round."""
    port, process = where
    for workers, delivery in out.delivery.items():
        with bank.jobwerkers(server, workers) as werkers:
            _laat_gebeuren(server, port, f"w{maat.rondes}{workers}", max(maat.aantal // 10, 8))
            for_ = _verbruik(bank, server, werkers, process)
            duration = _laat_gebeuren(server, port, f"n{maat.rondes}{workers}", maat.aantal)
            after = _verbruik(bank, server, werkers, process)
        _count_on(delivery, maat.aantal, duration, [b - a for a, b in zip(for_, after, strict=True)])
    head, body = question(port, "laatste")
    command = Command((), maat.aantal, _WAIT_S, 1, f"http://127.0.0.1:{port}/0", {"kop": head, "body": body})
    for_ontvanger = seconds(process)
    [report] = _together(command, 1)
    _count_on(out.vloer, report.aantal, report.seconden, [report.cpu, 0.0, seconds(process) - for_ontvanger])
    parts = _together(command, 3)
    out.ontvanger_to = max(out.ontvanger_to, sum(part.aantal / part.seconden for part in parts))


def _together(command: Command, count: int) -> list[Any]:
    processes = [Lastproces("notificatievloer", command) for _ in range(count)]
    for process in processes:
        process.wacht()
    for process in processes:
        process.start()
    verslagen = [process.report() for process in processes]
    for process in processes:
        process.close()
    if fouten := [error for report in verslagen for error in report.fouten]:
        raise RuntimeError(f"the receiver does not confirm: {fouten[0]}")
    return verslagen


def _verbruik(bank: Werkbank, server: Server, werkers: list[psutil.Process], ontvanger_: psutil.Process) -> list[float]:
    return [sum(map(seconds, werkers)), bank.cpu(server).postgres, seconds(ontvanger_)]


def _count_on(delivery: Delivery, count: int, duration: float, verbruik: list[float]) -> None:
    delivery.per_seconde.append(count / duration)
    delivery.aantal += count
    delivery.worker_s += verbruik[0]
    delivery.postgres_s += verbruik[1]
    delivery.ontvanger_s += verbruik[2]


def _vertraging(bank: Werkbank, server: Server, port: int, maat: Maat, out: Notificaties) -> None:
    """Create zaken at a steady pace while one worker delivers; from the begin of the transaction to each receipt."""
    with bank.jobwerkers(server, 1):
        _make_zaken(server, "warm", max(int(maat.per_seconde * maat.seconden) // 10, 4), maat.per_seconde)
        until(lambda: _ready(server), "the notifications do not arrive", _WAIT_S)
        question(port, "ontvangen")
        count = int(maat.per_seconde * maat.seconden)
        out.tempo = _make_zaken(server, "tijd", count, maat.per_seconde)
        until(lambda: _ready(server), "the notifications do not arrive", _WAIT_S)
    vraagstuk = "SELECT zaakidentificatie, extract(epoch FROM tijdstip)::float8 FROM gebeurtenis"
    begin = dict(_sql(server, f"{vraagstuk} WHERE zaakidentificatie LIKE '1900tijd%%'", ()))
    out.vertraging = [moment - begin[zaak] for moment, _, zaak in question(port, "ontvangen")]
    if len(out.vertraging) != count * ABONNEES or len(begin) != count:
        raise RuntimeError(f"{len(out.vertraging)} notifications of {len(begin)} gebeurtenissen came")


def _make_zaken(server: Server, range_: str, count: int, per_seconde: int) -> float:
    """Send creeerZaak at this pace, whether the last was answered or not; how many per second it became."""
    stroom = Stroom("CREEER_KLEIN", range_, personen=_PERSONEN + 1000)
    process = Lastproces("tempoklant", Command((stroom,), count, 1 / per_seconde, _THREADS, str(server.port)))
    process.wacht()
    process.start()
    report = process.report()
    process.close()
    if report.fouten:
        raise RuntimeError(report.fouten[0])
    return report.aantal / report.seconden


def _creeer(bank: Werkbank, without: Server, with_: Server, size: Size, report: Report, out: Notificaties) -> None:
    """Create zaken as fast as it goes under each of the circumstances, in turns; what waits then is forgotten.

    Each round another goes first: how fast the machine is depends on what it did before.
    """
    meter = Meter(bank, {})
    soorten = ((WITHOUT, without, 0), (WITH, with_, 0), (WITHOUT_WORKER, without, 1), (WITH_WORKER, with_, 1))
    out.creeer = {soort: Outcome() for soort, _, _ in soorten}
    beurten = list(enumerate(soorten))
    for round_ in range(-1, size.rondes):
        report(f"creeerZaak met en zonder abonnementen, ronde {round_ + 1}")
        beurten.append(beurten.pop(0))
        for place, (soort, server, workers) in beurten:
            stroom = Stroom("CREEER_KLEIN", f"c{round_ + 1:02d}{place}", personen=_PERSONEN + 100_000 * (round_ + 2))
            maat = size if round_ >= 0 else size.short()
            with bank.jobwerkers(server, workers):
                beforehand = _delivered(server)
                verslag = meter.server(server, maat, stroom, outcome=out.creeer[soort] if round_ >= 0 else None)
                added = _delivered(server) - beforehand
            _forget(server)
            if soort == WITH_WORKER and round_ >= 0:
                out.delivered_tijdens.append(added / verslag.seconden)


def _delivered(server: Server) -> int:
    [(count,)] = _sql(server, "SELECT count(*) FROM notificatie WHERE stand = 'bezorgd'")
    return int(count)

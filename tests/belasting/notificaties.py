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
from tests.belasting.meting import Meter, Omvang, Uitkomst
from tests.belasting.notificatiecijfers import (
    ABONNEES,
    MET,
    MET_WORKER,
    ZONDER,
    ZONDER_WORKER,
    Bezorging,
    Notificaties,
)
from tests.belasting.notificatieontvanger import vraag
from tests.belasting.omgeving import Server, Werkbank, seconden, tot, vrije_poort, zonder_abonnementen
from tests.belasting.opdracht import WORTEL, Lastproces, Opdracht, Stroom
from tests.belasting.sjablonen import stuur

from regiesysteem.zakenmagazijn.events import RIJ, TAAK

_WACHT_S: Final = 300
_TELLEN: Final = 50
_PERSONEN: Final = 6_000_000
_DRADEN: Final = 8

_MAAK: Final = f"""
    INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
    SELECT zaak_id, %(reeks)s || to_char(nummer, 'FM0000000'), gebeurtenis, organisatie, applicatie, bericht_id,
           gegevens
    FROM (SELECT * FROM gebeurtenis ORDER BY id LIMIT 1) mal, generate_series(1, %(aantal)s) nummer;
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
    VALUES ('{RIJ}', '{TAAK}', '{TAAK}', '{TAAK}', '{{}}') ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""
_VERGEET: Final = """
    UPDATE gebeurtenis SET verdeeld = true WHERE NOT verdeeld;
    UPDATE notificatie SET stand = 'vervallen' WHERE stand = 'wacht';
    DELETE FROM procrastinate_jobs WHERE status = 'todo'
"""
_WACHTEND: Final = """
    SELECT (SELECT count(*) FROM gebeurtenis WHERE NOT verdeeld) * %s
           + (SELECT count(*) FROM notificatie WHERE stand = 'wacht')
"""

Meld = Callable[[str], object]


@dataclass(frozen=True)
class Maat:
    """How much is measured: `aantal` notifications in `rondes` runs, `seconden` at `per_seconde` mutations."""

    aantal: int
    rondes: int
    per_seconde: int
    seconden: float
    creeer: Omvang


VOLUIT: Final = Maat(2000, 3, 50, 20, Omvang(4000, 10, 4))
SNEL: Final = Maat(1000, 2, 50, 10, Omvang(800, 4, 4))


def notificaties(bank: Werkbank, maat: Maat, meld: Meld) -> Notificaties:
    """Measure the whole part, with servers of its own."""
    uit = Notificaties()
    with ontvanger() as (poort, proces):
        with bank.server("notificatietellen", tellen=True, inrichting=_inrichting(poort, 1)) as server:
            meld("SQL-opdrachten tellen voor notificaties")
            uit.statements = _tel(bank, server, poort)
        with bank.server("bezorgen", inrichting=_inrichting(poort, 1)) as server:
            stuur(server.poort, Stroom("CREEER_KLEIN", "mal1", personen=_PERSONEN))
            _vergeet(server)
            for ronde in range(maat.rondes):
                meld(f"{maat.aantal} notificaties bezorgen, ronde {ronde + 1}")
                _ronde(bank, server, (poort, proces), replace(maat, rondes=ronde), uit)
        with bank.server("abonnees", inrichting=_inrichting(poort, ABONNEES)) as met:
            meld(f"vertraging bij {maat.per_seconde} mutaties per seconde")
            _vertraging(bank, met, poort, maat, uit)
            with bank.server("zonder", inrichting=_inrichting(poort, 0)) as zonder:
                _creeer(bank, zonder, met, maat.creeer, meld, uit)
    return uit


@contextmanager
def ontvanger() -> Iterator[tuple[int, psutil.Process]]:
    """A receiver: its port and its process."""
    poort = vrije_poort()
    proces = psutil.Popen(
        [sys.executable, "-m", "tests.belasting.notificatieontvanger", str(poort)], cwd=WORTEL, stdin=subprocess.DEVNULL
    )
    try:
        tot(lambda: _leeft(poort), "the receiver does not get ready")
        yield poort, proces
    finally:
        proces.kill()
        proces.wait()


def _leeft(poort: int) -> bool:
    try:
        vraag(poort, "stand")
    except OSError:
        return False
    return True


def _inrichting(poort: int, abonnees: int) -> str:
    """The shipped inrichting with so many receivers that hear everything, and no other abonnementen."""
    delen = [zonder_abonnementen()]
    for nummer in range(abonnees):
        delen.append(f'[[applicatie]]\nnaam = "Abonnee{nummer}"\nadres = "http://127.0.0.1:{poort}/{nummer}"\n')
        delen.append(f'[[abonnement]]\napplicatie = "Abonnee{nummer}"\n')
    return "\n".join(delen)


def _sql(server: Server, opdracht: str, parameters: dict[str, Any] | tuple[Any, ...] | None = None) -> list[Any]:
    with closing(psycopg2.connect(server.url)) as verbinding, verbinding, verbinding.cursor() as cursor:
        cursor.execute(opdracht, parameters)
        return _rijen(cursor)


def _rijen(cursor: Cursor) -> list[Any]:
    return cursor.fetchall() if cursor.description else []


def _vergeet(server: Server) -> None:
    _sql(server, _VERGEET)


def _klaar(server: Server) -> bool:
    [(wachtend,)] = _sql(server, _WACHTEND, (1,))
    return not wachtend


def _laat_gebeuren(server: Server, poort: int, reeks: str, aantal: int) -> float:
    """Let something happen to so many zaken at once; seconds from the commit to the last receipt."""
    vraag(poort, "ontvangen")
    doel = vraag(poort, "stand")["aantal"] + aantal
    _sql(server, _MAAK, {"reeks": reeks, "aantal": aantal})
    begin = time.time()
    tot(lambda: vraag(poort, "stand")["aantal"] >= doel, "the notifications do not arrive", _WACHT_S)
    laatste: float = vraag(poort, "ontvangen")[-1][0]
    tot(lambda: _klaar(server), "the notifications are not kept as delivered", _WACHT_S)
    return laatste - begin


def _tel(bank: Werkbank, server: Server, poort: int) -> dict[str, tuple[float, float]]:
    """Statements, and BEGIN, COMMIT and ROLLBACK, per notification: of distributing and of delivering."""
    uit = {}
    stuur(server.poort, Stroom("CREEER_KLEIN", "mal0", personen=_PERSONEN))
    _vergeet(server)
    with bank.jobwerkers(server, 1):
        _laat_gebeuren(server, poort, "warm", _TELLEN)
        for nummer, (wat, naam) in enumerate((("verdelen", "regiesysteem"), ("bezorgen", "regie bezorger"))):
            with bank.telt(server, naam) as telling:
                _laat_gebeuren(server, poort, f"tel{nummer}", _TELLEN)
            uit[wat] = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    return uit


def _ronde(bank: Werkbank, server: Server, waar: tuple[int, psutil.Process], maat: Maat, uit: Notificaties) -> None:
    """Deliver with one worker and with two, and beside those the floor; `maat.rondes` is the number of this round."""
    poort, proces = waar
    for workers, bezorging in uit.bezorging.items():
        with bank.jobwerkers(server, workers) as werkers:
            _laat_gebeuren(server, poort, f"w{maat.rondes}{workers}", max(maat.aantal // 10, 8))
            voor = _verbruik(bank, server, werkers, proces)
            duur = _laat_gebeuren(server, poort, f"n{maat.rondes}{workers}", maat.aantal)
            na = _verbruik(bank, server, werkers, proces)
        _tel_op(bezorging, maat.aantal, duur, [b - a for a, b in zip(voor, na, strict=True)])
    kop, body = vraag(poort, "laatste")
    opdracht = Opdracht((), maat.aantal, _WACHT_S, 1, f"http://127.0.0.1:{poort}/0", {"kop": kop, "body": body})
    voor_ontvanger = seconden(proces)
    [verslag] = _samen(opdracht, 1)
    _tel_op(uit.vloer, verslag.aantal, verslag.seconden, [verslag.cpu, 0.0, seconden(proces) - voor_ontvanger])
    delen = _samen(opdracht, 3)
    uit.ontvanger_aan = max(uit.ontvanger_aan, sum(deel.aantal / deel.seconden for deel in delen))


def _samen(opdracht: Opdracht, aantal: int) -> list[Any]:
    processen = [Lastproces("notificatievloer", opdracht) for _ in range(aantal)]
    for proces in processen:
        proces.wacht()
    for proces in processen:
        proces.start()
    verslagen = [proces.verslag() for proces in processen]
    for proces in processen:
        proces.sluit()
    if fouten := [fout for verslag in verslagen for fout in verslag.fouten]:
        raise RuntimeError(f"the receiver does not confirm: {fouten[0]}")
    return verslagen


def _verbruik(bank: Werkbank, server: Server, werkers: list[psutil.Process], ontvanger_: psutil.Process) -> list[float]:
    return [sum(map(seconden, werkers)), bank.cpu(server).postgres, seconden(ontvanger_)]


def _tel_op(bezorging: Bezorging, aantal: int, duur: float, verbruik: list[float]) -> None:
    bezorging.per_seconde.append(aantal / duur)
    bezorging.aantal += aantal
    bezorging.worker_s += verbruik[0]
    bezorging.postgres_s += verbruik[1]
    bezorging.ontvanger_s += verbruik[2]


def _vertraging(bank: Werkbank, server: Server, poort: int, maat: Maat, uit: Notificaties) -> None:
    """Create zaken at a steady pace while one worker delivers; from the begin of the transaction to each receipt."""
    with bank.jobwerkers(server, 1):
        _maak_zaken(server, "warm", max(int(maat.per_seconde * maat.seconden) // 10, 4), maat.per_seconde)
        tot(lambda: _klaar(server), "the notifications do not arrive", _WACHT_S)
        vraag(poort, "ontvangen")
        aantal = int(maat.per_seconde * maat.seconden)
        uit.tempo = _maak_zaken(server, "tijd", aantal, maat.per_seconde)
        tot(lambda: _klaar(server), "the notifications do not arrive", _WACHT_S)
    vraagstuk = "SELECT zaakidentificatie, extract(epoch FROM tijdstip)::float8 FROM gebeurtenis"
    begin = dict(_sql(server, f"{vraagstuk} WHERE zaakidentificatie LIKE '1900tijd%%'", ()))
    uit.vertraging = [moment - begin[zaak] for moment, _, zaak in vraag(poort, "ontvangen")]
    if len(uit.vertraging) != aantal * ABONNEES or len(begin) != aantal:
        raise RuntimeError(f"{len(uit.vertraging)} notifications of {len(begin)} gebeurtenissen came")


def _maak_zaken(server: Server, reeks: str, aantal: int, per_seconde: int) -> float:
    """Send creeerZaak at this pace, whether the last was answered or not; how many per second it became."""
    stroom = Stroom("CREEER_KLEIN", reeks, personen=_PERSONEN + 1000)
    proces = Lastproces("tempoklant", Opdracht((stroom,), aantal, 1 / per_seconde, _DRADEN, str(server.poort)))
    proces.wacht()
    proces.start()
    verslag = proces.verslag()
    proces.sluit()
    if verslag.fouten:
        raise RuntimeError(verslag.fouten[0])
    return verslag.aantal / verslag.seconden


def _creeer(bank: Werkbank, zonder: Server, met: Server, omvang: Omvang, meld: Meld, uit: Notificaties) -> None:
    """Create zaken as fast as it goes under each of the circumstances, in turns; what waits then is forgotten.

    Each round another goes first: how fast the machine is depends on what it did before.
    """
    meter = Meter(bank, {})
    soorten = ((ZONDER, zonder, 0), (MET, met, 0), (ZONDER_WORKER, zonder, 1), (MET_WORKER, met, 1))
    uit.creeer = {soort: Uitkomst() for soort, _, _ in soorten}
    beurten = list(enumerate(soorten))
    for ronde in range(-1, omvang.rondes):
        meld(f"creeerZaak met en zonder abonnementen, ronde {ronde + 1}")
        beurten.append(beurten.pop(0))
        for plaats, (soort, server, workers) in beurten:
            stroom = Stroom("CREEER_KLEIN", f"c{ronde + 1:02d}{plaats}", personen=_PERSONEN + 100_000 * (ronde + 2))
            maat = omvang if ronde >= 0 else omvang.kort()
            with bank.jobwerkers(server, workers):
                vooraf = _bezorgd(server)
                verslag = meter.server(server, maat, stroom, uitkomst=uit.creeer[soort] if ronde >= 0 else None)
                erbij = _bezorgd(server) - vooraf
            _vergeet(server)
            if soort == MET_WORKER and ronde >= 0:
                uit.bezorgd_tijdens.append(erbij / verslag.seconden)


def _bezorgd(server: Server) -> int:
    [(aantal,)] = _sql(server, "SELECT count(*) FROM notificatie WHERE stand = 'bezorgd'")
    return int(aantal)

"""The rows of notificatie that wait, and the jobs that send them."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row

from regiesysteem.database import Sql
from regiesysteem.zakenmagazijn.gebeurtenissen import RIJ, TAAK

# --- The lanes by which this process brings messages, and how quickly each receiver takes them

_SNEL_S: Final = 0.1  # what a quick receiver takes for a message, at most


class Banen:
    """What is under way in this process; for many threads. `plaatsen` is how many lanes there may be at a time."""

    def __init__(self, plaatsen: int = 1) -> None:
        self._slot = threading.Lock()
        self._vrij = plaatsen
        self._lopend = Counter[str]()
        self._nog_eens = set[str]()
        self._snel: dict[str, bool] = {}
        self._onderweg: dict[tuple[str, int], float] = {}

    def is_vol(self) -> bool:
        """Whether another lane must wait: slow receivers must leave room to find out who is told."""
        return self._vrij <= 0

    def maak_plaats(self, ontvanger: str) -> bool:
        """Whether a lane to this receiver should end: others wait, or there is another to it, which may be enough."""
        return self.is_vol() or self._lopend[ontvanger] > 1

    @contextmanager
    def baan(self, ontvanger: str) -> Iterator[None]:
        """Hold a lane."""
        with self._slot:
            self._vrij -= 1
            self._lopend[ontvanger] += 1
        try:
            yield
        finally:
            with self._slot:
                self._lopend[ontvanger] -= 1
                self._vrij += 1

    @contextmanager
    def zending(self, ontvanger: str) -> Iterator[None]:
        """Send a message by the lane of this thread."""
        deze = ontvanger, threading.get_ident()
        with self._slot:
            self._onderweg[deze] = time.monotonic()
        try:
            yield
        finally:
            with self._slot:
                del self._onderweg[deze]

    def noteer(self, ontvanger: str, duur_s: float | None) -> None:
        """Keep how many seconds the receiver took for a message; None when it did not take it."""
        self._snel[ontvanger] = duur_s is not None and duur_s < _SNEL_S

    def is_snel(self, ontvanger: str) -> bool:
        """Whether the receiver took its last message quickly, and has none under way for long."""
        grens = time.monotonic() - _SNEL_S
        with self._slot:
            onderweg = [begin for (naam, _), begin in self._onderweg.items() if naam == ontvanger]
        return self._snel.get(ontvanger, False) and all(begin > grens for begin in onderweg)

    def is_genoeg(self, ontvanger: str) -> bool:
        """Whether a lane of this process brings what waits for the receiver, and more would not help."""
        return self._lopend[ontvanger] > 0 and self.is_snel(ontvanger)

    def is_alleen(self, ontvanger: str) -> bool:
        """Whether there is one lane to the receiver."""
        return self._lopend[ontvanger] == 1

    def laat_over(self, ontvanger: str) -> bool:
        """Leave what is committed now to such a lane; whether there is one. What it misses is for `moet_nog_eens`."""
        if not self.is_snel(ontvanger):
            return False
        with self._slot:
            loopt = self._lopend[ontvanger] > 0
            if loopt:
                self._nog_eens.add(ontvanger)
        return loopt

    def moet_nog_eens(self, ontvanger: str) -> bool:
        """Whether something was left to a lane; asked when it has ended, and it may have looked before that came."""
        with self._slot:
            moet = ontvanger in self._nog_eens
            self._nog_eens.discard(ontvanger)
        return moet


# --- Jobs that wake a worker for a receiver, deferred in the transaction that gives it something to do

BEZORG: Final = "bezorg_notificaties"
BANEN: Final = 4
"""So many messages to one receiver may be under way at a time, over all workers."""
_ZELFDE_BAAN_S: Final = 2.0

_WEK: Final = Sql(f"""
    SELECT procrastinate_defer_jobs_v1(ARRAY(
        -- one for later holds no lane: it would keep it from those that come now
        SELECT ROW('{RIJ}', '{BEZORG}', 0,
                   CASE WHEN CAST(:wanneer AS timestamptz) IS NULL
                        THEN '{BEZORG}/' || ontvanger || '/' || baan % {BANEN} END, NULL,
                   jsonb_build_object('ontvanger', ontvanger), :wanneer)::procrastinate_job_to_defer_v1
        FROM unnest(CAST(:ontvangers AS text[]), CAST(:banen AS int[])) AS w (ontvanger, baan)))
""")  # noqa: S608 - constants
_VOEG_SAMEN: Final = Sql(f"""
    -- wake-ups that the one that runs now makes needless; those for later stay
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name = '{RIJ}' AND task_name = :taak AND args @> CAST(:argumenten AS jsonb)
          AND (CAST(:slot AS text) IS NULL OR lock IS NULL OR lock = :slot)
          AND (scheduled_at IS NULL OR scheduled_at <= now())
        FOR UPDATE SKIP LOCKED)
""")  # noqa: S608 - constants
_ANDERE_WORKERS: Final = Sql("SELECT count(*) > 1 FROM procrastinate_workers")
_WEK_WACHTENDEN: Final = Sql("""
    -- receivers that have something due, which nobody may be looking at
    SELECT DISTINCT n.ontvanger FROM notificatie n LEFT JOIN ontvanger o ON o.applicatie = n.ontvanger
    WHERE n.stand = 'wacht' AND n.volgende_poging <= now() AND coalesce(o.rust_tot <= now(), true)
""")


def wek(verbinding: Connection, ontvangers: Iterable[str], banen: int = 1, wanneer: datetime | None = None) -> None:
    """Wake so many lanes for each of these receivers, at most BANEN, now or at a moment; one statement.

    For a while all wake-ups go to the same lane, so that one job does for them; then to the next, because one that a
    dead worker still holds, or a slow receiver, must not be the one that all wait for.
    """
    eerste = int(time.time() / _ZELFDE_BAAN_S)
    paren = [(naam, (eerste + baan) % BANEN) for naam in ontvangers for baan in range(min(banen, BANEN))]
    if paren:
        namen, nummers = zip(*paren, strict=True)
        _WEK.voer_uit(verbinding, {"ontvangers": list(namen), "banen": list(nummers), "wanneer": wanneer})


def wek_hulp(verbinding: Connection, ontvanger: str) -> None:
    """Have another worker look what waits for a receiver; nobody when this is the only one. One lane may be ours."""
    if _ANDERE_WORKERS.voer_uit(verbinding).scalar_one():
        wek(verbinding, [ontvanger], 2)


def wek_wachtenden(verbinding: Connection) -> list[str]:
    """Wake workers for every receiver with something due, and give their names: nothing waits on a lost wake-up."""
    namen = list(_WEK_WACHTENDEN.voer_uit(verbinding).scalars())
    wek(verbinding, namen)
    return namen


def voeg_verdelen_samen(verbinding: Connection) -> None:
    """Remove the wake-ups to find out who is told; before looking, not after."""
    _VOEG_SAMEN.voer_uit(verbinding, {"taak": TAAK, "argumenten": "{}", "slot": None})


def voeg_bezorgen_samen(verbinding: Connection, ontvanger: str, baan: str | None = None) -> None:
    """Remove the wake-ups for a receiver; before looking, not after. Those of another lane than `baan` stay to help."""
    argumenten = orjson.dumps({"ontvanger": ontvanger}).decode()
    _VOEG_SAMEN.voer_uit(verbinding, {"taak": BEZORG, "argumenten": argumenten, "slot": baan})


# --- The messages that wait for a receiver: which is next, and what came of it

LANGSTE_RUST_S: Final = 300.0
"""A receiver that rests is tried so often: what is new for him must not wait as long as what failed many times."""

DREMPEL: Final = 5
"""After so many failures in a row a receiver gets a rest, and then one message to see whether it is back."""

_KOPPEN: Final = Sql("""
    -- the first message that waits for a receiver, of each zaak of which it may be sent now; how many wait behind it
    SELECT kop.id, kop.stroom, kop.aantal - 1 AS erachter FROM (
        SELECT DISTINCT ON (stroom) stroom, id, pogingen, volgende_poging, count(*) OVER (PARTITION BY stroom) AS aantal
        FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) kop
    LEFT JOIN ontvanger o ON o.applicatie = :ontvanger
    WHERE kop.volgende_poging <= now()
    -- the oldest; of a receiver that failed too often one that was tried least, so that a message that fails each time
    -- does not stand in the way of others
    ORDER BY CASE WHEN coalesce(o.fouten, 0) >= :drempel THEN kop.pogingen ELSE 0 END, kop.id LIMIT :aantal
""")
_NEEM_KOPPEN: Final = Sql("SELECT * FROM regie_neem(:ontvanger, CAST(:koppen AS bigint[]), :drempel, :aantal)")
_NEEM_VOLGENDE: Final = Sql("""
    SELECT * FROM regie_neem(:ontvanger, ARRAY(
        SELECT min(id) FROM notificatie WHERE ontvanger = :ontvanger AND stroom = :stroom AND stand = 'wacht'
    ), :drempel, 1)
""")
_PROBEER: Final = Sql("""
    -- the right to try a receiver that failed too often; who has it holds it until his transaction ends
    SELECT pg_try_advisory_xact_lock(hashtextextended('proef/' || :ontvanger, 0))
""")
_BEZORGD: Final = Sql("""
    SELECT regie_bezorgd(:ontvanger, CAST(:ids AS bigint[]), CAST(:momenten AS timestamptz[]),
                         CAST(:meldingen AS text[]))
""")
_MISLUKT: Final = Sql("""
    -- the pause is that of the clock of the database, like all that is compared with it
    WITH later AS (
        UPDATE notificatie SET pogingen = pogingen + 1, melding = :melding,
                               volgende_poging = clock_timestamp() + make_interval(secs => :pauze)
        WHERE id = :id RETURNING volgende_poging
    ), stand AS (
        INSERT INTO ontvanger AS o (applicatie, mislukt, fouten, melding) VALUES (:ontvanger, 1, 1, :melding)
        ON CONFLICT (applicatie) DO UPDATE SET mislukt = o.mislukt + 1, fouten = o.fouten + 1, melding = :melding,
            rust_tot = CASE WHEN o.fouten + 1 >= :drempel
                            THEN clock_timestamp() + make_interval(secs => least(:pauze, :langste_rust)) END
        RETURNING rust_tot)
    SELECT coalesce(stand.rust_tot, later.volgende_poging) AS wanneer FROM stand, later
""")
_BEANTWOORD: Final = Sql("""
    SELECT EXISTS (SELECT FROM overdracht WHERE richting = 'uit' AND referentienummer = :referentienummer
                                            AND stand IN ('geaccepteerd', 'geweigerd'))
""")
_AFGEDAAN: Final = Sql("""
    -- it arrived, as another message told: that says nothing of how its receiver is now
    WITH klaar AS (
        UPDATE notificatie SET stand = 'bezorgd', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = :melding
        WHERE id = :id)
    INSERT INTO ontvanger AS o (applicatie, bezorgd) VALUES (:ontvanger, 1)
    ON CONFLICT (applicatie) DO UPDATE SET bezorgd = o.bezorgd + 1
""")
_GESTRAND: Final = Sql("""
    WITH klaar AS (
        UPDATE notificatie SET stand = 'gestrand', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = k.melding
        FROM unnest(CAST(:ids AS bigint[]), CAST(:meldingen AS text[])) AS k (id, melding)
        WHERE notificatie.id = k.id)
    INSERT INTO ontvanger AS o (applicatie, gestrand) VALUES (:ontvanger, cardinality(:ids))
    ON CONFLICT (applicatie) DO UPDATE SET gestrand = o.gestrand + cardinality(:ids)
""")
_VERLOOP: Final = Sql("""
    -- what waits too long for a receiver that does not answer
    WITH oud AS (
        SELECT id FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' AND bewaren_vanaf < :grens
        FOR UPDATE SKIP LOCKED
    ), klaar AS (
        UPDATE notificatie SET stand = 'gestrand', afgehandeld_op = clock_timestamp(), melding = :melding
        WHERE id IN (SELECT id FROM oud) RETURNING 1)
    UPDATE ontvanger SET gestrand = gestrand + (SELECT count(*) FROM klaar) WHERE applicatie = :ontvanger
""")


@dataclass(frozen=True, slots=True)
class Wachtend:
    """A message that this transaction has locked; `fouten` are those of its receiver in a row."""

    id: int
    soort: str
    referentienummer: str
    inhoud: bytes
    pogingen: int
    bewaren_vanaf: datetime
    fouten: int


@dataclass(frozen=True, slots=True)
class Kop:
    """The first message that waits of a zaak, and how many there are `erachter`."""

    id: int
    stroom: str
    erachter: int


def koppen(verbinding: Connection, ontvanger: str, aantal: int) -> list[Kop]:
    """The first messages of the zaken that have something for a receiver now, the oldest first."""
    parameters = {"ontvanger": ontvanger, "aantal": aantal, "drempel": DREMPEL}
    rijen = _KOPPEN.voer_uit(verbinding, parameters)
    return [Kop(rij.id, rij.stroom, rij.erachter) for rij in rijen]


def neem_koppen(verbinding: Connection, ontvanger: str, ids: list[int], aantal: int) -> list[Wachtend]:
    """Lock so many of these that are still the first of their zaak and that nobody has, the oldest first.

    While the receiver failed too often only one worker at a time gets one.
    """
    parameters = {"ontvanger": ontvanger, "koppen": ids, "aantal": aantal, "drempel": DREMPEL}
    rijen = _NEEM_KOPPEN.voer_uit(verbinding, parameters).all()
    return _genomen(verbinding, ontvanger, rijen)


def neem_volgende(verbinding: Connection, ontvanger: str, stroom: str) -> list[Wachtend]:
    """Lock the first message of a zaak for a receiver, likewise; none or one."""
    parameters = {"ontvanger": ontvanger, "stroom": stroom, "drempel": DREMPEL}
    return _genomen(verbinding, ontvanger, _NEEM_VOLGENDE.voer_uit(verbinding, parameters).all())


def _genomen(verbinding: Connection, ontvanger: str, rijen: Sequence[Row[Any]]) -> list[Wachtend]:
    if rijen and rijen[0].fouten >= DREMPEL:
        if not _PROBEER.voer_uit(verbinding, {"ontvanger": ontvanger}).scalar_one():
            return []
        rijen = rijen[:1]
    return [
        Wachtend(
            rij.id, rij.soort, rij.referentienummer, bytes(rij.inhoud), rij.pogingen, rij.bewaren_vanaf, rij.fouten
        )
        for rij in rijen
    ]


@dataclass(frozen=True, slots=True)
class Aangekomen:
    """A message that arrived, when, and what the receiver said."""

    id: int
    wanneer: datetime
    melding: str


def bezorgd(verbinding: Connection, ontvanger: str, aangekomen: Sequence[Aangekomen]) -> None:
    """Keep that these arrived; one statement."""
    if aangekomen:
        parameters: dict[str, Any] = {
            "ontvanger": ontvanger,
            "ids": [een.id for een in aangekomen],
            "momenten": [een.wanneer for een in aangekomen],
            "meldingen": [een.melding for een in aangekomen],
        }
        _BEZORGD.voer_uit(verbinding, parameters)


def is_beantwoord(verbinding: Connection, wachtend: Wachtend) -> bool:
    """Whether this is an offer that was answered meanwhile: then it arrived, whatever came of sending it."""
    parameters = {"referentienummer": wachtend.referentienummer}
    return bool(_BEANTWOORD.voer_uit(verbinding, parameters).scalar_one())


def afgedaan(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str) -> None:
    """Keep that this one arrived, though sending it failed: its receiver counts as no better and no worse for it."""
    _AFGEDAAN.voer_uit(verbinding, {"ontvanger": ontvanger, "id": wachtend.id, "melding": melding})


def mislukt(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str, pauze: timedelta) -> datetime:
    """Keep that it did not arrive, and when it or the receiver is tried again: that moment it gives."""
    parameters = {
        "ontvanger": ontvanger,
        "id": wachtend.id,
        "melding": melding,
        "pauze": pauze.total_seconds(),
        "langste_rust": LANGSTE_RUST_S,
        "drempel": DREMPEL,
    }
    wanneer: datetime = _MISLUKT.voer_uit(verbinding, parameters).scalar_one()
    return wanneer


def gestrand(verbinding: Connection, ontvanger: str, geweigerd: Sequence[Aangekomen]) -> None:
    """Keep that these are not tried any more until somebody says so; what comes after them goes on. One statement."""
    if geweigerd:
        ids, meldingen = [een.id for een in geweigerd], [een.melding for een in geweigerd]
        _GESTRAND.voer_uit(verbinding, {"ontvanger": ontvanger, "ids": ids, "meldingen": meldingen})


def verloop(verbinding: Connection, ontvanger: str, grens: datetime, melding: str) -> None:
    """Strand what waits since before `grens`."""
    _VERLOOP.voer_uit(verbinding, {"ontvanger": ontvanger, "grens": grens, "melding": melding})

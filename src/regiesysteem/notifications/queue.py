"""The rows of notificatie that wait, and the jobs that send them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from regiesysteem.db import Sql
from regiesysteem.zakenmagazijn.events import QUEUE

# --- The job that delivers to a receiver: at most one waits, for the first moment at which there is work

DELIVER: Final = "bezorg_notificaties"
"""The task. Its lock lets one run at a time for a receiver, its queueing lock lets one wait."""

_WAKE: Final = Sql(f"""
    -- A second job would break the queueing lock, so the one that waits is moved forward. Its row stays locked until
    -- this transaction ends: no worker takes it before the worker can see what this transaction adds.
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
    SELECT '{QUEUE}', '{DELIVER}', slot, slot, jsonb_build_object('ontvanger', naam),
           coalesce(CAST(:wanneer AS timestamptz), now())
    FROM (SELECT DISTINCT naam, '{DELIVER}/' || naam AS slot FROM unnest(CAST(:ontvangers AS text[])) naam
          ORDER BY naam) AS w
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
        SET scheduled_at = least(coalesce(procrastinate_jobs.scheduled_at, now()), excluded.scheduled_at)
""")  # noqa: S608 - constants
_DUE_RECEIVERS: Final = Sql("""
    -- receivers that have something due, which no worker may be looking at; one that is behind another is not
    SELECT DISTINCT kop.ontvanger FROM (
        SELECT DISTINCT ON (ontvanger, stroom) ontvanger, volgende_poging FROM notificatie
        WHERE stand = 'wacht' ORDER BY ontvanger, stroom, id) kop
    LEFT JOIN ontvanger o ON o.applicatie = kop.ontvanger
    WHERE kop.volgende_poging <= now() AND coalesce(o.rust_tot <= now(), true)
""")
_NEXT: Final = Sql("""
    -- the first moment at which something may be sent to a receiver: the first message of a zaak goes before the rest
    SELECT greatest(min(kop.volgende_poging), (SELECT rust_tot FROM ontvanger WHERE applicatie = :ontvanger),
                    CASE WHEN count(*) > 0 AND :pauze > 0 THEN now() + make_interval(secs => :pauze) END)
    FROM (SELECT DISTINCT ON (stroom) volgende_poging FROM notificatie
          WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) kop
""")


def wake(connection: Connection, ontvangers: Iterable[str], when: datetime | None = None) -> None:
    """Defer the job of each of these receivers, now or for a moment; one statement."""
    names = list(ontvangers)
    if names:
        _WAKE.run(connection, {"ontvangers": names, "wanneer": when})


def wake_due(connection: Connection) -> list[str]:
    """Defer the job of every receiver with something due, and give their names: nothing waits on a lost job."""
    names = list(_DUE_RECEIVERS.run(connection).scalars())
    wake(connection, names)
    return names


def wake_when_due(connection: Connection, ontvanger: str, pause_s: float = 0) -> None:
    """Defer the job of a receiver for the first moment at which something may be sent, if anything waits.

    That moment is at least `pause_s` away.
    """
    when = _NEXT.run(connection, {"ontvanger": ontvanger, "pauze": pause_s}).scalar_one()
    if when is not None:
        wake(connection, [ontvanger], when)


# --- The messages that wait for a receiver: the next one, and the outcome of each

LONGEST_REST_S: Final = 300.0
"""The interval at which a resting receiver is tried: a new message waits no longer, however often others failed."""

THRESHOLD: Final = 5
"""After so many failures in a row a receiver gets a rest, and then one message to see whether it is back."""

_HEADS: Final = Sql("""
    -- the first message that waits for a receiver, of each zaak of which it may be sent now; how many wait behind it,
    -- counted to a bound. The oldest; of a receiver that failed too often those that were tried least, so that a
    -- message that fails each time does not stand in the way of others.
    WITH kop AS MATERIALIZED (
        SELECT eerste.*, coalesce(o.fouten, 0) AS fouten,
               CASE WHEN coalesce(o.fouten, 0) >= :drempel THEN eerste.pogingen ELSE 0 END AS rang
        FROM (SELECT DISTINCT ON (stroom) stroom, id, pogingen, volgende_poging
              FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) eerste
        LEFT JOIN ontvanger o ON o.applicatie = :ontvanger
        WHERE eerste.volgende_poging <= now() AND (o.rust_tot > now()) IS NOT TRUE AND eerste.stroom <> ALL(:bezig)
        ORDER BY rang, eerste.id LIMIT :aantal
    )
    SELECT kop.id, kop.stroom, achter.aantal AS behind, kop.fouten
    FROM kop CROSS JOIN LATERAL (
        SELECT count(*) AS aantal FROM (
            SELECT FROM notificatie n WHERE n.ontvanger = :ontvanger AND n.stroom = kop.stroom AND n.stand = 'wacht'
            AND n.id > kop.id LIMIT :achter) n) achter
    ORDER BY kop.rang, kop.id
""")
_TAKE: Final = """
    -- Lock those of these that are still the first that waits of their zaak and that may be sent now, unless another
    -- worker is sending them. The oldest; of a receiver that failed too often one that was tried least.
    SELECT n.id, n.soort, n.referentienummer, n.inhoud, n.pogingen, n.bewaren_vanaf, coalesce(o.fouten, 0) AS fouten
    FROM notificatie n LEFT JOIN ontvanger o ON o.applicatie = :ontvanger
    WHERE n.id = ANY({ids})
      AND n.id = (SELECT min(e.id) FROM notificatie e
                  WHERE e.ontvanger = :ontvanger AND e.stroom = n.stroom AND e.stand = 'wacht')
      AND n.ontvanger = :ontvanger AND n.stand = 'wacht' AND n.volgende_poging <= now()
      AND (o.rust_tot > now()) IS NOT TRUE
    ORDER BY CASE WHEN coalesce(o.fouten, 0) >= :drempel THEN n.pogingen ELSE 0 END, n.id
    FOR UPDATE OF n SKIP LOCKED
"""
_TAKE_HEADS: Final = Sql(_TAKE.format(ids="CAST(:koppen AS bigint[])"))
_TAKE_NEXT: Final = Sql(
    _TAKE.format(
        ids="""ARRAY(SELECT min(id) FROM notificatie
                 WHERE ontvanger = :ontvanger AND stroom = :stroom AND stand = 'wacht')"""
    )
)
_TRY: Final = Sql("""
    -- the right to try a receiver that failed too often; a transaction holds it until it ends
    SELECT pg_try_advisory_xact_lock(hashtextextended('proef/' || :ontvanger, 0))
""")
_DELIVERED: Final = Sql("""
    -- these arrived, when, and what the receiver said; one that takes messages needs no rest
    WITH klaar AS (
        UPDATE notificatie n SET stand = 'bezorgd', pogingen = n.pogingen + 1, afgehandeld_op = k.wanneer,
                                 melding = k.melding
        FROM unnest(CAST(:ids AS bigint[]), CAST(:momenten AS timestamptz[]), CAST(:meldingen AS text[]))
             AS k (id, wanneer, melding)
        WHERE n.id = k.id)
    INSERT INTO ontvanger AS o (applicatie, bezorgd) VALUES (:ontvanger, cardinality(CAST(:ids AS bigint[])))
    ON CONFLICT (applicatie) DO UPDATE
        SET bezorgd = o.bezorgd + excluded.bezorgd, fouten = 0, rust_tot = NULL, melding = ''
""")
_FAILED: Final = Sql("""
    -- the pause is that of the clock of the database, like all that is compared with it
    WITH later AS (
        UPDATE notificatie SET pogingen = pogingen + 1, melding = :melding,
                               volgende_poging = clock_timestamp() + make_interval(secs => :pauze)
        WHERE id = :id)
    INSERT INTO ontvanger AS o (applicatie, mislukt, fouten, melding) VALUES (:ontvanger, 1, 1, :melding)
    ON CONFLICT (applicatie) DO UPDATE SET mislukt = o.mislukt + 1, fouten = o.fouten + 1, melding = :melding,
        rust_tot = CASE WHEN o.fouten + 1 >= :drempel
                        THEN clock_timestamp() + make_interval(secs => least(:pauze, :langste_rust)) END
""")
_ANSWERED: Final = Sql("""
    SELECT EXISTS (SELECT FROM overdracht WHERE richting = 'uit' AND referentienummer = :referentienummer
                                            AND stand IN ('geaccepteerd', 'geweigerd'))
""")
_DONE: Final = Sql("""
    -- it arrived, as another message told: that says nothing of how its receiver is now
    WITH klaar AS (
        UPDATE notificatie SET stand = 'bezorgd', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = :melding
        WHERE id = :id)
    INSERT INTO ontvanger AS o (applicatie, bezorgd) VALUES (:ontvanger, 1)
    ON CONFLICT (applicatie) DO UPDATE SET bezorgd = o.bezorgd + 1
""")
_STRANDED: Final = Sql("""
    WITH klaar AS (
        UPDATE notificatie SET stand = 'gestrand', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = k.melding
        FROM unnest(CAST(:ids AS bigint[]), CAST(:meldingen AS text[])) AS k (id, melding)
        WHERE notificatie.id = k.id)
    INSERT INTO ontvanger AS o (applicatie, gestrand) VALUES (:ontvanger, cardinality(:ids))
    ON CONFLICT (applicatie) DO UPDATE SET gestrand = o.gestrand + cardinality(:ids)
""")
_EXPIRE: Final = Sql("""
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
class Waiting:
    """A message that this transaction has locked; `fouten` are those of its receiver in a row."""

    id: int
    soort: str
    referentienummer: str
    inhoud: bytes
    pogingen: int
    bewaren_vanaf: datetime
    fouten: int


@dataclass(frozen=True, slots=True)
class QueueHead:
    """The first message of a zaak that waits, the number behind it (`behind`), and the failures of its receiver."""

    id: int
    stroom: str
    behind: int
    fouten: int


def heads(connection: Connection, ontvanger: str, count: int, behind: int, busy: Iterable[str] = ()) -> list[QueueHead]:
    """The first messages of the zaken that have something for a receiver now, but for those `busy`; oldest first.

    It looks at all that waits for the receiver, so ask for many at a time. `behind` bounds the number behind each.
    """
    parameters = {
        "ontvanger": ontvanger, "aantal": count, "achter": behind, "drempel": THRESHOLD, "bezig": list(busy)
    }  # fmt: skip
    return [QueueHead(*tuple(row)) for row in _HEADS.run(connection, parameters)]


def take_heads(connection: Connection, ontvanger: str, ids: list[int]) -> list[Waiting]:
    """Lock those of these that are still the first of their zaak and that nobody has, the oldest first.

    While the receiver failed too often only one worker at a time gets one.
    """
    parameters = {"ontvanger": ontvanger, "koppen": ids, "drempel": THRESHOLD}
    return _taken(connection, ontvanger, _TAKE_HEADS.run(connection, parameters).all())


def take_next(connection: Connection, ontvanger: str, stroom: str) -> list[Waiting]:
    """Lock the first message of a zaak for a receiver, likewise; none or one."""
    parameters = {"ontvanger": ontvanger, "stroom": stroom, "drempel": THRESHOLD}
    return _taken(connection, ontvanger, _TAKE_NEXT.run(connection, parameters).all())


def _taken(connection: Connection, ontvanger: str, rows: Sequence[Row[Any]]) -> list[Waiting]:
    if rows and rows[0].fouten >= THRESHOLD:
        if not _TRY.run(connection, {"ontvanger": ontvanger}).scalar_one():
            return []
        rows = rows[:1]
    return [
        Waiting(row.id, row.soort, row.referentienummer, bytes(row.inhoud), row.pogingen, row.bewaren_vanaf, row.fouten)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that arrived, when, and the words of the receiver."""

    id: int
    moment: datetime
    melding: str


def delivered(connection: Connection, ontvanger: str, arrived: Sequence[Arrived]) -> None:
    """Keep that these arrived; one statement."""
    if arrived:
        parameters: dict[str, Any] = {
            "ontvanger": ontvanger,
            "ids": [one.id for one in arrived],
            "momenten": [one.moment for one in arrived],
            "meldingen": [one.melding for one in arrived],
        }
        _DELIVERED.run(connection, parameters)


def is_answered(connection: Connection, waiting: Waiting) -> bool:
    """Tell whether this is an offer that was answered meanwhile: then it arrived, whatever its sending gave."""
    parameters = {"referentienummer": waiting.referentienummer}
    return bool(_ANSWERED.run(connection, parameters).scalar_one())


def done(connection: Connection, ontvanger: str, waiting: Waiting, melding: str) -> None:
    """Keep that this one arrived, though sending it failed: its receiver counts as no better and no worse for it."""
    _DONE.run(connection, {"ontvanger": ontvanger, "id": waiting.id, "melding": melding})


def failed(connection: Connection, ontvanger: str, waiting: Waiting, melding: str, pause: timedelta) -> None:
    """Keep that it did not arrive, and for how long it, or its receiver, is not tried."""
    parameters = {
        "ontvanger": ontvanger,
        "id": waiting.id,
        "melding": melding,
        "pauze": pause.total_seconds(),
        "langste_rust": LONGEST_REST_S,
        "drempel": THRESHOLD,
    }
    _FAILED.run(connection, parameters)


def strand(connection: Connection, ontvanger: str, refused: Sequence[Arrived]) -> None:
    """Strand refused messages: nobody sends them until somebody asks, and those behind them go on. One statement."""
    if refused:
        ids, meldingen = [one.id for one in refused], [one.melding for one in refused]
        _STRANDED.run(connection, {"ontvanger": ontvanger, "ids": ids, "meldingen": meldingen})


def expire(connection: Connection, ontvanger: str, bound: datetime, melding: str) -> None:
    """Strand the messages that wait since before `bound`."""
    _EXPIRE.run(connection, {"ontvanger": ontvanger, "grens": bound, "melding": melding})

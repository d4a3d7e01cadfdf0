"""The rows of notificatie that wait, and the jobs that send them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from regiesysteem.db import Sql
from regiesysteem.zakenmagazijn.events import RIJ

# --- The job that delivers to a receiver: at most one waits, for the first moment at which there is work

DELIVER: Final = "bezorg_notificaties"
"""The task. Its lock lets one run at a time for a receiver, its queueing lock lets one wait."""

_WAKE: Final = Sql(f"""
    -- A second job would break the queueing lock, so the one that waits is moved forward. Its row stays locked until
    -- this transaction ends: no worker takes it before the worker can see what this transaction adds.
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
    SELECT '{RIJ}', '{DELIVER}', slot, slot, jsonb_build_object('ontvanger', naam),
           coalesce(CAST(:wanneer AS timestamptz), now())
    FROM (SELECT DISTINCT naam, '{DELIVER}/' || naam AS slot FROM unnest(CAST(:ontvangers AS text[])) naam
          ORDER BY naam) AS w
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
        SET scheduled_at = least(coalesce(procrastinate_jobs.scheduled_at, now()), excluded.scheduled_at)
""")  # noqa: S608 - constants
_DUE_RECEIVERS: Final = Sql("""
    -- receivers that have something due, which no worker may be looking at
    SELECT DISTINCT n.ontvanger FROM notificatie n LEFT JOIN ontvanger o ON o.applicatie = n.ontvanger
    WHERE n.stand = 'wacht' AND n.volgende_poging <= now() AND coalesce(o.rust_tot <= now(), true)
""")
_NEXT: Final = Sql("""
    -- the first moment at which something may be sent to a receiver: the first message of a zaak goes before the rest
    SELECT greatest(min(kop.volgende_poging), (SELECT rust_tot FROM ontvanger WHERE applicatie = :ontvanger))
    FROM (SELECT DISTINCT ON (stroom) volgende_poging FROM notificatie
          WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) kop
""")


def wek(verbinding: Connection, ontvangers: Iterable[str], wanneer: datetime | None = None) -> None:
    """Defer the job of each of these receivers, now or for a moment; one statement."""
    namen = list(ontvangers)
    if namen:
        _WAKE.voer_uit(verbinding, {"ontvangers": namen, "wanneer": wanneer})


def wake_due(verbinding: Connection) -> list[str]:
    """Defer the job of every receiver with something due, and give their names: nothing waits on a lost job."""
    namen = list(_DUE_RECEIVERS.voer_uit(verbinding).scalars())
    wek(verbinding, namen)
    return namen


def wake_when_due(verbinding: Connection, ontvanger: str) -> None:
    """Defer the job of a receiver for the first moment at which something may be sent, if anything waits."""
    wanneer = _NEXT.voer_uit(verbinding, {"ontvanger": ontvanger}).scalar_one()
    if wanneer is not None:
        wek(verbinding, [ontvanger], wanneer)


# --- The messages that wait for a receiver: the next one, and the outcome of each

LANGSTE_RUST_S: Final = 300.0
"""The interval at which a resting receiver is tried: a new message waits no longer, however often others failed."""

DREMPEL: Final = 5
"""After so many failures in a row a receiver gets a rest, and then one message to see whether it is back."""

_KOPPEN: Final = Sql("""
    -- the first message that waits for a receiver, of each zaak of which it may be sent now; how many wait behind it
    SELECT kop.id, kop.stroom, kop.aantal - 1 AS erachter, coalesce(o.fouten, 0) AS fouten FROM (
        SELECT DISTINCT ON (stroom) stroom, id, pogingen, volgende_poging, count(*) OVER (PARTITION BY stroom) AS aantal
        FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) kop
    LEFT JOIN ontvanger o ON o.applicatie = :ontvanger
    WHERE kop.volgende_poging <= now() AND (o.rust_tot > now()) IS NOT TRUE AND kop.stroom <> ALL(:bezig)
    -- the oldest; of a receiver that failed too often one that was tried least, so that a message that fails each time
    -- does not stand in the way of others
    ORDER BY CASE WHEN coalesce(o.fouten, 0) >= :drempel THEN kop.pogingen ELSE 0 END, kop.id LIMIT :aantal
""")
_NEEM: Final = """
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
_NEEM_KOPPEN: Final = Sql(_NEEM.format(ids="CAST(:koppen AS bigint[])"))
_NEEM_VOLGENDE: Final = Sql(
    _NEEM.format(
        ids="""ARRAY(SELECT min(id) FROM notificatie
                 WHERE ontvanger = :ontvanger AND stroom = :stroom AND stand = 'wacht')"""
    )
)
_PROBEER: Final = Sql("""
    -- the right to try a receiver that failed too often; a transaction holds it until it ends
    SELECT pg_try_advisory_xact_lock(hashtextextended('proef/' || :ontvanger, 0))
""")
_BEZORGD: Final = Sql("""
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
_MISLUKT: Final = Sql("""
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
class QueueHead:
    """The first message of a zaak that waits, the number of those `erachter`, and the failures of its receiver."""

    id: int
    stroom: str
    erachter: int
    fouten: int


def koppen(verbinding: Connection, ontvanger: str, aantal: int, bezig: Iterable[str] = ()) -> list[QueueHead]:
    """The first messages of the zaken that have something for a receiver now, but for those `bezig`; oldest first."""
    parameters = {"ontvanger": ontvanger, "aantal": aantal, "drempel": DREMPEL, "bezig": list(bezig)}
    return [QueueHead(*tuple(rij)) for rij in _KOPPEN.voer_uit(verbinding, parameters)]


def neem_koppen(verbinding: Connection, ontvanger: str, ids: list[int]) -> list[Wachtend]:
    """Lock those of these that are still the first of their zaak and that nobody has, the oldest first.

    While the receiver failed too often only one worker at a time gets one.
    """
    parameters = {"ontvanger": ontvanger, "koppen": ids, "drempel": DREMPEL}
    return _genomen(verbinding, ontvanger, _NEEM_KOPPEN.voer_uit(verbinding, parameters).all())


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
    """A message that arrived, when, and the words of the receiver."""

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
    """Tell whether this is an offer that was answered meanwhile: then it arrived, whatever its sending gave."""
    parameters = {"referentienummer": wachtend.referentienummer}
    return bool(_BEANTWOORD.voer_uit(verbinding, parameters).scalar_one())


def afgedaan(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str) -> None:
    """Keep that this one arrived, though sending it failed: its receiver counts as no better and no worse for it."""
    _AFGEDAAN.voer_uit(verbinding, {"ontvanger": ontvanger, "id": wachtend.id, "melding": melding})


def mislukt(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str, pauze: timedelta) -> None:
    """Keep that it did not arrive, and for how long it, or its receiver, is not tried."""
    parameters = {
        "ontvanger": ontvanger,
        "id": wachtend.id,
        "melding": melding,
        "pauze": pauze.total_seconds(),
        "langste_rust": LANGSTE_RUST_S,
        "drempel": DREMPEL,
    }
    _MISLUKT.voer_uit(verbinding, parameters)


def gestrand(verbinding: Connection, ontvanger: str, geweigerd: Sequence[Aangekomen]) -> None:
    """Keep that these are not tried until somebody asks for it; the messages behind them go on. One statement."""
    if geweigerd:
        ids, meldingen = [een.id for een in geweigerd], [een.melding for een in geweigerd]
        _GESTRAND.voer_uit(verbinding, {"ontvanger": ontvanger, "ids": ids, "meldingen": meldingen})


def verloop(verbinding: Connection, ontvanger: str, grens: datetime, melding: str) -> None:
    """Strand the messages that wait since before `grens`."""
    _VERLOOP.voer_uit(verbinding, {"ontvanger": ontvanger, "grens": grens, "melding": melding})

"""Jobs that wake a worker for a receiver, deferred in the transaction that gives it something to do.

A job says no more than: look what waits for this receiver. So one job does for all that is committed when it runs, and
the others for that receiver, committed as well, may go: what they were made for is seen too. That keeps ten thousand
waiting messages from being ten thousand jobs.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.zakenmagazijn.gebeurtenissen import RIJ, TAAK

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

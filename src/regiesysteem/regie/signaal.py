"""The signaal: whether a gezinsplan runs for somebody, and who directs it; nothing else, and each question is kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine

from regiesysteem.access.people.roles import Person
from regiesysteem.config import TIME_ZONE
from regiesysteem.db import Sql, in_batches
from regiesysteem.logging_ import logger, without_bsn
from regiesysteem.regie.regisseurs import ClientPlans, plans_of_client

_ROWS: Final = 5000
_KEEP: Final = Sql("""
    -- a question, counted with those of the same day
    INSERT INTO signaal_vraag (persoon, rol, reden, gevonden, vandaag, te_vaak)
    SELECT :persoon, :rol, :reden, :gevonden, n.aantal + 1, n.aantal >= :grens
    FROM (SELECT count(*) AS aantal FROM signaal_vraag WHERE persoon = :persoon AND tijdstip >= :begin) n
    RETURNING vandaag, te_vaak
""")
_OFTEN: Final = Sql("""
    -- people who asked more than they may in a day, and how often; the newest day first
    SELECT persoon, CAST(tijdstip AT TIME ZONE :zone AS date) AS dag, max(vandaag) AS aantal
    FROM signaal_vraag WHERE te_vaak AND tijdstip >= :begin GROUP BY 1, 2 ORDER BY 2 DESC, 3 DESC, 1 LIMIT :aantal
""")
_REMOVE: Final = Sql("""
    -- questions that are as old as the read log may be
    DELETE FROM signaal_vraag WHERE id IN (
        SELECT id FROM signaal_vraag WHERE tijdstip < :grens ORDER BY tijdstip LIMIT :aantal FOR UPDATE SKIP LOCKED)
""")


def ask_signaal(  # noqa: PLR0917 - who, whom, why and when, as the row has them
    connection: Connection, person: Person, bsn: str, reason: str, now: datetime, per_day: int
) -> ClientPlans:
    """Tell which running gezinsplannen somebody is a client of, and keep who asked and why.

    More than `per_day` in a day are answered too: they are marked for the privacy officer, and logged.
    """
    found = plans_of_client(connection, bsn, person.grant)
    kept = _KEEP.run(
        connection,
        {
            "persoon": person.naam,
            "rol": person.rol,
            "reden": without_bsn(reason),
            "gevonden": bool(found.zaken),
            "begin": now.astimezone(TIME_ZONE).replace(hour=0, minute=0, second=0, microsecond=0),
            "grens": per_day,
        },
    ).one()
    if kept.te_vaak:
        logger().warning("signaal_te_vaak", account=person.account, vandaag=kept.vandaag, grens=per_day)
    return found


class OftenAsked(NamedTuple):
    """A person who asked for more signalen in a day than the inrichting expects."""

    persoon: str
    dag: date
    aantal: int


def often_asked(connection: Connection, since: datetime, most: int = 100) -> list[OftenAsked]:
    """The people who asked more than they may in one of the days since then, the newest day first."""
    parameters = {"begin": since, "zone": str(TIME_ZONE), "aantal": most}
    return [OftenAsked(row.persoon, row.dag, row.aantal) for row in _OFTEN.run(connection, parameters)]


def clean_up_signaal(engine: Engine, keep_days: int) -> int:
    """Remove questions older than so many days, in batches, and give their number."""
    return in_batches(engine, _REMOVE, {"grens": datetime.now(UTC) - timedelta(days=keep_days)}, _ROWS)

"""The messages of other applications to us, and the removal of old data about people."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from regiesysteem.db import Sql, in_batches
from regiesysteem.notifications.compose import CREEER
from regiesysteem.notifications.outcome import safe_line
from regiesysteem.notifications.queue import wake
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import Notificatie, Statusvermelding

# --- Notificaties of other systems to us as regiesysteem, by their gezinsplan (RZS 1.0, 6.9)

_KEEP: Final = Sql("""
    -- a notificatie of another system, by the oldest gezinsplan that the zaak belongs to
    INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, organisatie, applicatie, gegevens,
                         melding)
    VALUES (:bericht_id, :zaakidentificatie,
            (SELECT identificatie FROM zaak WHERE id = (
                SELECT min(plan_id)
                FROM regie_plannen(ARRAY(SELECT id FROM zaak WHERE identificatie = :zaakidentificatie))
                WHERE soort = 'gezinsplan')),
            :gebeurtenis, :organisatie, :applicatie, CAST(:gegevens AS jsonb), :melding)
""")


def keep(connection: Connection, bericht_id: int, zender: Systeem, notificatie: Notificatie) -> None:
    """Keep a notificatie; one statement."""
    _KEEP.run(
        connection,
        {
            "bericht_id": bericht_id,
            "zaakidentificatie": notificatie.zaakidentificatie,
            "gebeurtenis": notificatie.gebeurtenis,
            "organisatie": zender.organisatie,
            "applicatie": zender.applicatie,
            "gegevens": orjson.dumps(data_of(notificatie)).decode(),
            "melding": "\n".join(notificatie.meldingen),
        },
    )


def data_of(notificatie: Notificatie) -> dict[str, Any]:
    """The data of a notificatie about a zaak, as the tables keep it."""
    zaaktype = notificatie.zaaktype
    return {
        "code": zaaktype.code,
        "omschrijving": zaaktype.omschrijving,
        "status": _status(notificatie.status) if notificatie.status else None,
    }


def _status(status: Statusvermelding) -> dict[str, Any]:
    return {
        "volgnummer": status.volgnummer,
        "code": status.code,
        "omschrijving": status.omschrijving,
        "datumStatusGezet": status.datum_gezet,
    }


# --- Later messages of a receiver about a message of ours (StUF 03.01, 4.4)

_OF_US: Final = "referentienummer = :referentienummer AND ontvanger = :ontvanger"
_PROCESSED: Final = Sql(f"""
    -- skips a message that is being sent at this moment: its sending waits for the receiver, which may wait for us
    WITH vrij AS MATERIALIZED (
        SELECT id, stand FROM notificatie WHERE {_OF_US} AND stand IN ('wacht', 'bezorgd') FOR UPDATE SKIP LOCKED
    ), verwerkt AS (
        UPDATE notificatie n
        SET stand = 'bezorgd', afgehandeld_op = coalesce(afgehandeld_op, now()), melding = :melding
        FROM vrij WHERE n.id = vrij.id)
    SELECT EXISTS (SELECT FROM notificatie WHERE {_OF_US} AND stand IN ('wacht', 'bezorgd')) AS bekend,
           EXISTS (SELECT FROM vrij WHERE stand = 'wacht') AS wachtte
""")  # noqa: S608 - a constant of this module
_REFUSED: Final = Sql(f"""
    WITH vrij AS MATERIALIZED (
        SELECT id FROM notificatie WHERE {_OF_US} AND stand IN ('wacht', 'bezorgd') FOR UPDATE NOWAIT
    ), fout AS (
        UPDATE notificatie n SET stand = 'gestrand', afgehandeld_op = now(), melding = :melding
        FROM vrij WHERE n.id = vrij.id RETURNING 1
    ), geteld AS (
        INSERT INTO ontvanger AS o (applicatie, gestrand)
        SELECT :ontvanger, count(*) FROM fout HAVING count(*) > 0
        ON CONFLICT (applicatie) DO UPDATE SET gestrand = o.gestrand + excluded.gestrand)
    SELECT count(*) FROM fout
""")  # noqa: S608 - a constant of this module


def report_processed(connection: Connection, ontvanger: str, referentienummer: str, soort: str) -> bool:
    """Keep that the receiver has a message; False when it is not one of ours to that receiver.

    The messages behind it may go. While that message is being sent, the answer to it counts.
    """
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": soort}
    row = _PROCESSED.run(connection, parameters).one()
    if row.wachtte:
        wake(connection, [ontvanger])
    return bool(row.bekend)


def report_refused(connection: Connection, ontvanger: str, referentienummer: str, reason: str) -> bool:
    """Keep that the receiver took a message and could not process it; False when it is not ours to that receiver.

    `reason` is kept without possible BSNs. Raises StUF046, at once, while that message is being sent: it can be kept
    only after that.
    """
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": safe_line(reason)}
    try:
        return bool(_REFUSED.run(connection, parameters).scalar_one())
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise StufFout(
            "StUF046", f"Bericht {referentienummer[:40]} is nu onderweg naar u; bied dit bericht later nog eens aan."
        ) from error


# --- Removes old data about people; the fact that a receiver was told, of which event, and when, stays

_ROWS: Final = 5000
_COMMANDS: Final = {
    "notificaties": Sql("""
        -- the message of a notification that waits no more
        UPDATE notificatie SET inhoud = NULL WHERE id IN (
            SELECT id FROM notificatie WHERE aangemaakt_op < :grens AND inhoud IS NOT NULL AND stand <> 'wacht'
            ORDER BY aangemaakt_op LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "gebeurtenissen": Sql("""
        -- the meldingen of another system with an event
        UPDATE gebeurtenis SET gegevens = gegevens - 'meldingen' WHERE id IN (
            SELECT id FROM gebeurtenis WHERE tijdstip < :grens AND jsonb_exists(gegevens, 'meldingen') AND verdeeld
            ORDER BY tijdstip LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "postvak": Sql("""
        -- notificaties of others to us that somebody has seen
        UPDATE postvak SET melding = '', gegevens = '{}' WHERE id IN (
            SELECT id FROM postvak
            WHERE ontvangen_op < :grens AND gelezen_op IS NOT NULL AND (melding <> '' OR gegevens <> '{}')
            ORDER BY id LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "domeingegevens": Sql("""
        -- payloads that another replaced, unless the extraElementen of their zaak still have them: the text
        -- that stands there for a large one begins with its digest (stuf.content.content)
        DELETE FROM domeingegevens WHERE id IN (
            SELECT d.id FROM domeingegevens d
            WHERE d.vervangen_op < :grens AND NOT EXISTS (
                SELECT FROM zaak z WHERE z.id = d.zaak_id
                AND strpos(z.inhoud::text, encode(substring(d.sha256 FROM 1 FOR 30), 'base64')) > 0)
            ORDER BY d.id LIMIT :aantal FOR UPDATE OF d SKIP LOCKED)
    """),
}


_HISTORY: Final = {
    "notificaties": Sql(f"""
        -- notifications that ended, but for those that a rule still asks for: who has a zaak, and what was transferred
        DELETE FROM notificatie WHERE id IN (
            SELECT n.id FROM notificatie n
            WHERE n.aangemaakt_op < :grens AND n.stand IN ('bezorgd', 'vervallen') AND n.soort <> '{CREEER}'
              AND NOT EXISTS (SELECT FROM overdracht o WHERE o.referentienummer = n.referentienummer)
            ORDER BY n.id LIMIT :aantal FOR UPDATE OF n SKIP LOCKED)
    """),  # noqa: S608 - a constant
    "gebeurtenissen": Sql("""
        -- what happened, when all were told of it and nothing refers to it
        DELETE FROM gebeurtenis WHERE id IN (
            SELECT g.id FROM gebeurtenis g
            WHERE g.tijdstip < :grens AND g.verdeeld AND NOT jsonb_exists(g.gegevens, 'referentienummer')
              AND NOT EXISTS (SELECT FROM notificatie n WHERE n.gebeurtenis_id = g.id)
            ORDER BY g.id LIMIT :aantal FOR UPDATE OF g SKIP LOCKED)
    """),
    "postvak": Sql("""
        -- notificaties of others to us, also those that nobody read
        DELETE FROM postvak WHERE id IN (
            SELECT id FROM postvak WHERE ontvangen_op < :grens ORDER BY id LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "overdrachten": Sql("""
        -- the words that came with an offer and with its answer
        UPDATE overdracht SET melding = '', antwoord = '' WHERE id IN (
            SELECT id FROM overdracht WHERE beantwoord_op < :grens AND (melding <> '' OR antwoord <> '')
            ORDER BY id LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
}


def remove_history(engine: Engine, days: int) -> dict[str, int]:
    """Remove what ended more than so many days ago, in batches, and give the number of rows by table."""
    bound = {"grens": datetime.now(UTC) - timedelta(days=days)}
    return {what: in_batches(engine, statement, bound, _ROWS) for what, statement in _HISTORY.items()}


def clean_up_notificaties(engine: Engine, keep_dagen: int) -> dict[str, int]:
    """Remove data older than so many days, in batches, and give the number of rows by table."""
    bound = {"grens": datetime.now(UTC) - timedelta(days=keep_dagen)}
    return {what: in_batches(engine, command, bound, _ROWS) for what, command in _COMMANDS.items()}

"""Removes what is old and says something of people: that somebody was told, of what, and when, stays."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from regiesysteem.database import Sql

_RIJEN: Final = 5000
_OPDRACHTEN: Final = {
    "notificaties": Sql("""
        -- the message of a notification that waits no more
        UPDATE notificatie SET inhoud = NULL WHERE id IN (
            SELECT id FROM notificatie WHERE aangemaakt_op < :grens AND inhoud IS NOT NULL AND stand <> 'wacht'
            ORDER BY aangemaakt_op LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "gebeurtenissen": Sql("""
        -- what another had to say with what happened
        UPDATE gebeurtenis SET gegevens = gegevens - 'meldingen' WHERE id IN (
            SELECT id FROM gebeurtenis WHERE tijdstip < :grens AND jsonb_exists(gegevens, 'meldingen') AND verdeeld
            ORDER BY tijdstip LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "postvak": Sql("""
        -- what others told us, when somebody has seen it
        UPDATE postvak SET melding = '', gegevens = '{}' WHERE id IN (
            SELECT id FROM postvak
            WHERE ontvangen_op < :grens AND gelezen_op IS NOT NULL AND (melding <> '' OR gegevens <> '{}')
            ORDER BY id LIMIT :aantal FOR UPDATE SKIP LOCKED)
    """),
    "domeingegevens": Sql("""
        -- payloads that another took the place of, unless the extraElementen of their zaak still have them: the text
        -- that stands there for a large one begins with its digest (stuf.content.content)
        DELETE FROM domeingegevens WHERE id IN (
            SELECT d.id FROM domeingegevens d
            WHERE d.vervangen_op < :grens AND NOT EXISTS (
                SELECT FROM zaak z WHERE z.id = d.zaak_id
                AND strpos(z.inhoud::text, encode(substring(d.sha256 FROM 1 FOR 30), 'base64')) > 0)
            ORDER BY d.id LIMIT :aantal FOR UPDATE OF d SKIP LOCKED)
    """),
}


def ruim_notificaties_op(motor: Engine, bewaren_dagen: int) -> dict[str, int]:
    """Remove it where it is older than so many days, and give how many rows of what that were.

    In batches: a year of them in one transaction would hold up the vacuum of everything else.
    """
    grens = datetime.now(UTC) - timedelta(days=bewaren_dagen)
    return {wat: _in_stukken(motor, opdracht, grens) for wat, opdracht in _OPDRACHTEN.items()}


def _in_stukken(motor: Engine, opdracht: Sql, grens: datetime) -> int:
    totaal = 0
    while True:
        with motor.begin() as verbinding:
            aantal = opdracht.voer_uit(verbinding, {"grens": grens, "aantal": _RIJEN}).rowcount
        totaal += aantal
        if aantal < _RIJEN:
            return totaal

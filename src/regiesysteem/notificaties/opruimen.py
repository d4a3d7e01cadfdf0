"""Removes what old notifications say of people; that they were, to whom and when stays."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from regiesysteem.database import Sql

_RIJEN: Final = 5000
_LEEG: Final = Sql("""
    UPDATE notificatie SET inhoud = NULL WHERE id IN (
        SELECT id FROM notificatie WHERE aangemaakt_op < :grens AND inhoud IS NOT NULL AND stand <> 'wacht'
        ORDER BY aangemaakt_op LIMIT :aantal FOR UPDATE SKIP LOCKED)
""")


def ruim_notificaties_op(motor: Engine, bewaren_dagen: int) -> int:
    """Remove the message of notifications older than so many days that wait no more, and give their number."""
    grens = datetime.now(UTC) - timedelta(days=bewaren_dagen)
    totaal = 0
    while True:
        with motor.begin() as verbinding:
            aantal = _LEEG.voer_uit(verbinding, {"grens": grens, "aantal": _RIJEN}).rowcount
        totaal += aantal
        if aantal < _RIJEN:
            return totaal

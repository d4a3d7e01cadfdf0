"""What a receiver says later, in a message of its own, about a message of ours (StUF 03.01, 4.4)."""

from typing import Final

from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from regiesysteem.database import Sql
from regiesysteem.notificaties.uitkomst import leesbaar
from regiesysteem.notificaties.wekken import wek
from regiesysteem.stuf.faults import StufFout

_VAN_ONS: Final = "referentienummer = :referentienummer AND ontvanger = :ontvanger"
_VERWERKT: Final = Sql(f"""
    -- one that is being sent at this moment is left to that: it waits for the receiver, who may wait for us
    WITH vrij AS MATERIALIZED (
        SELECT id, stand FROM notificatie WHERE {_VAN_ONS} AND stand IN ('wacht', 'bezorgd') FOR UPDATE SKIP LOCKED
    ), verwerkt AS (
        UPDATE notificatie n
        SET stand = 'bezorgd', afgehandeld_op = coalesce(afgehandeld_op, now()), melding = :melding
        FROM vrij WHERE n.id = vrij.id)
    SELECT EXISTS (SELECT FROM notificatie WHERE {_VAN_ONS} AND stand IN ('wacht', 'bezorgd')) AS bekend,
           EXISTS (SELECT FROM vrij WHERE stand = 'wacht') AS wachtte
""")  # noqa: S608 - a constant of this module
_GEWEIGERD: Final = Sql(f"""
    WITH vrij AS MATERIALIZED (
        SELECT id FROM notificatie WHERE {_VAN_ONS} AND stand IN ('wacht', 'bezorgd') FOR UPDATE NOWAIT
    ), fout AS (
        UPDATE notificatie n SET stand = 'gestrand', afgehandeld_op = now(), melding = :melding
        FROM vrij WHERE n.id = vrij.id RETURNING 1)
    UPDATE ontvanger SET gestrand = gestrand + (SELECT count(*) FROM fout) WHERE applicatie = :ontvanger
    RETURNING (SELECT count(*) FROM fout)
""")  # noqa: S608 - a constant of this module


def meld_verwerkt(verbinding: Connection, ontvanger: str, referentienummer: str, soort: str) -> bool:
    """Keep that the receiver has a message; False when it is not one of ours to him.

    What waited behind it may go. While that message is being sent, what the receiver answers there counts.
    """
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": soort}
    rij = _VERWERKT.voer_uit(verbinding, parameters).one()
    if rij.wachtte:
        wek(verbinding, [ontvanger])
    return bool(rij.bekend)


def meld_geweigerd(verbinding: Connection, ontvanger: str, referentienummer: str, reden: str) -> bool:
    """Keep that the receiver took a message and could do nothing with it; False when it is not one of ours to him.

    `reden` is kept without what may be a BSN. Raises StUF046, at once, while that message is being sent: only after
    that it can be kept.
    """
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": leesbaar(reden)}
    try:
        return bool(_GEWEIGERD.voer_uit(verbinding, parameters).scalar_one_or_none())
    except OperationalError as fout:
        if not isinstance(fout.orig, LockNotAvailable):
            raise
        raise StufFout(
            "StUF046", f"Bericht {referentienummer[:40]} is nu onderweg naar u; bied dit bericht later nog eens aan."
        ) from fout

"""What a receiver says later, in a message of its own, about a message of ours (StUF 03.01, 4.4)."""

from typing import Final

from sqlalchemy import Connection

from regiesysteem.database import Sql

_MELDING: Final = 1000
_VERWERKT: Final = Sql("""
    UPDATE notificatie SET stand = 'bezorgd', afgehandeld_op = coalesce(afgehandeld_op, now()), melding = :melding
    WHERE referentienummer = :referentienummer AND ontvanger = :ontvanger AND stand IN ('wacht', 'bezorgd')
""")
_GEWEIGERD: Final = Sql("""
    WITH fout AS (
        UPDATE notificatie SET stand = 'gestrand', afgehandeld_op = now(), melding = :melding
        WHERE referentienummer = :referentienummer AND ontvanger = :ontvanger AND stand IN ('wacht', 'bezorgd')
        RETURNING 1)
    UPDATE ontvanger SET gestrand = gestrand + (SELECT count(*) FROM fout) WHERE applicatie = :ontvanger
    RETURNING (SELECT count(*) FROM fout)
""")


def meld_verwerkt(verbinding: Connection, ontvanger: str, referentienummer: str, soort: str) -> bool:
    """Keep that the receiver has a message; False when it is not one of ours to him."""
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": soort}
    return bool(_VERWERKT.voer_uit(verbinding, parameters).rowcount)


def meld_geweigerd(verbinding: Connection, ontvanger: str, referentienummer: str, reden: str) -> bool:
    """Keep that the receiver took a message and could do nothing with it; False when it is not one of ours to him."""
    parameters = {"ontvanger": ontvanger, "referentienummer": referentienummer, "melding": reden[:_MELDING]}
    return bool(_GEWEIGERD.voer_uit(verbinding, parameters).scalar_one_or_none())

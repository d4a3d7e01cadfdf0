"""What other systems told us as regiesysteem, by the gezinsplan that it is about (RZS 1.0, 6.9)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import Notificatie, Statusvermelding

_BEWAAR: Final = Sql("""
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


def bewaar(verbinding: Connection, bericht_id: int, zender: Systeem, notificatie: Notificatie) -> None:
    """Keep a notificatie; one statement."""
    _BEWAAR.voer_uit(
        verbinding,
        {
            "bericht_id": bericht_id,
            "zaakidentificatie": notificatie.zaakidentificatie,
            "gebeurtenis": notificatie.gebeurtenis,
            "organisatie": zender.organisatie,
            "applicatie": zender.applicatie,
            "gegevens": orjson.dumps(gegevens_van(notificatie)).decode(),
            "melding": "\n".join(notificatie.meldingen),
        },
    )


def gegevens_van(notificatie: Notificatie) -> dict[str, Any]:
    """What a notificatie says of a zaak, as the tables keep it."""
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

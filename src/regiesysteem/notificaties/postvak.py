"""What other systems told us as regiesysteem, by the gezinsplan that it is about (RZS 1.0, 6.9)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.stuf.bericht import Systeem
from regiesysteem.zkn.regie import Notificatie, Statusvermelding

_BEWAAR: Final = Sql("""
    -- a notificatie of another system; the gezinsplan is the zaak itself, or one that it is related to, perhaps through
    -- a levensdomeinplan
    WITH RECURSIVE verwant (id, diepte) AS (
        SELECT id, 0 FROM zaak WHERE identificatie = :zaakidentificatie
        UNION
        SELECT CASE k.van_id WHEN v.id THEN k.naar_id ELSE k.van_id END, v.diepte + 1
        FROM verwant v JOIN zaak z ON z.id = v.id JOIN zaaktype t ON t.id = z.zaaktype_id
             JOIN zaak_zaak k ON (k.van_id = v.id OR k.naar_id = v.id) AND k.beeindigd IS NULL
        WHERE v.diepte < 2 AND t.soort <> 'gezinsplan'
    )
    INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, organisatie, applicatie, gegevens,
                         melding)
    VALUES (:bericht_id, :zaakidentificatie,
            (SELECT z.identificatie FROM verwant v JOIN zaak z ON z.id = v.id JOIN zaaktype t ON t.id = z.zaaktype_id
             WHERE t.soort = 'gezinsplan' ORDER BY v.diepte, z.id LIMIT 1),
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

"""A back office that takes a zaak over becomes its uitvoerende (RZS 1.0, 4.4).

The standard has no role for an application, so it is an organisatorischeEenheid of that name.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.read import Gerelateerde, Voorkomen, Voorwerp
from regiesysteem.zakenmagazijn.gebeurtenissen import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.mutaties import Opdracht, wijzig
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.parties import OEH
from regiesysteem.zkn.zaak import ZAK

_ROL: Final = "heeftAlsUitvoerende"
_IDENTIFICATIE: Final = 24
_EENHEDEN: Final = Sql("""
    -- organisatorische eenheden that carry a zaak out now, and whether they got that by a transfer
    SELECT o.identificatie, EXISTS (
        SELECT FROM overdracht v WHERE v.zaak_id = :zaak_id AND v.richting = 'uit' AND v.stand = 'geaccepteerd'
                                   AND left(v.applicatie, 24) = o.identificatie) AS overgedragen
    FROM zaak_relatie r JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = 'heeftAlsUitvoerende' AND regie_geldt(r.beeindigd)
      AND o.entiteittype = 'OEH'
""")


def maak_uitvoerende(  # noqa: PLR0917 - a zaak, who, and because of which message
    verbinding: Connection,
    inrichting: Inrichting,
    zaak_id: int,
    zaakidentificatie: str,
    applicatie: str,
    bericht_id: int,
    nu: datetime,
) -> None:
    """Let an applicatie carry out a zaak, instead of the one that it was handed over to before."""
    eenheid = applicatie[:_IDENTIFICATIE]
    nu_bezig = {rij.identificatie: rij.overgedragen for rij in _EENHEDEN.voer_uit(verbinding, {"zaak_id": zaak_id})}
    rollen = [
        _voorkomen("E", naam, naam) for naam, overgedragen in nu_bezig.items() if overgedragen and naam != eenheid
    ]
    if eenheid not in nu_bezig:
        rollen.append(_voorkomen("T", eenheid, applicatie))
    if rollen:
        wordt = Voorwerp("W", {"identificatie": zaakidentificatie}, {_ROL: rollen})
        wijzig(verbinding, inrichting, Opdracht(None, wordt), Herkomst(bericht_id, UPDATE_ZAAK, nu))


def _voorkomen(soort: str, identificatie: str, naam: str) -> Voorkomen:
    relatie = ZAK.relatie(_ROL)
    if relatie is None:
        raise LookupError(_ROL)
    gegevens = {"identificatie": identificatie, "naam": naam[:50]} if soort == "T" else {"identificatie": identificatie}
    return Voorkomen(relatie, soort, {}, Gerelateerde(OEH, "organisatorischeEenheid", soort, dict(gegevens)))

"""Relations between zaken: said in the message of one, shown on both (RZS 4.7)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.stuf import extra, waarden
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Voorkomen
from regiesysteem.zakenmagazijn.rijen import naar_rij

RELATIES: Final = ("heeftAlsDeelzaak", "heeftAlsHoofdzaak", "heeftBetrekkingOpAndere")

_ZOEK = Sql("""
    -- the zaken that a message relates to
    SELECT id, identificatie, zaaktype_id FROM zaak WHERE identificatie = ANY(:identificaties)
""")
_LEG = Sql("""
    -- relations between zaken; of one that is there already, from either side, what is said is added
    INSERT INTO zaak_zaak AS z (relatie, van_id, naar_id, inhoud)
    SELECT k.relatie, k.van_id, k.naar_id, k.inhoud
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS k (relatie text, van_id bigint, naar_id bigint, inhoud jsonb)
    ORDER BY k.relatie, least(k.van_id, k.naar_id), greatest(k.van_id, k.naar_id)
    ON CONFLICT (relatie, least(van_id, naar_id), greatest(van_id, naar_id)) WHERE beeindigd IS NULL
    DO UPDATE SET inhoud = z.inhoud || EXCLUDED.inhoud
""")

Bekend = Mapping[str, tuple[int, int | None]]


def genoemd(voorkomens: Iterable[Voorkomen]) -> list[str]:
    """The identificaties of the zaken that these relations lead to. Raises StUF055 where one is missing."""
    return list(dict.fromkeys(identificatie_van(voorkomen) for voorkomen in voorkomens))


def identificatie_van(voorkomen: Voorkomen) -> str:
    """The identificatie of the related zaak, by which alone it is recognised. Raises StUF055 when it is missing."""
    gegevens = voorkomen.gerelateerde.gegevens if voorkomen.gerelateerde else {}
    identificatie = waarden.tekst(gegevens.get("identificatie"))
    if not identificatie:
        raise StufFout("StUF055", f"object/{voorkomen.relatie.naam}/gerelateerde/identificatie ontbreekt")
    return identificatie


def zoek(verbinding: Connection, identificaties: Sequence[str]) -> Bekend:
    """Id and zaaktype id of zaken by identificatie. Raises StUF064 naming those that do not exist.

    A related zaak is never made through a relation, whatever its verwerkingssoort (ZDS, verwerkingssoort T of I).
    """
    if not identificaties:
        return {}
    rijen = _ZOEK.voer_uit(verbinding, {"identificaties": list(identificaties)})
    gevonden = {rij.identificatie: (rij.id, rij.zaaktype_id) for rij in rijen}
    onbekend = [identificatie for identificatie in identificaties if identificatie not in gevonden]
    if onbekend:
        raise StufFout("StUF064", f"gerelateerde zaak bestaat niet: {', '.join(onbekend)}")
    return gevonden


def rij(zaak_id: int, voorkomen: Voorkomen, bekend: Bekend) -> dict[str, Any]:
    """The row of a relation that a message of `zaak_id` lays; a hoofdzaak is kept as its deelzaak."""
    ander = bekend[identificatie_van(voorkomen)][0]
    if ander == zaak_id:
        raise StufFout("StUF055", f"object/{voorkomen.relatie.naam} verwijst naar de zaak zelf")
    van, naar, relatie = richting(zaak_id, voorkomen.relatie.naam, ander)
    inhoud = naar_rij(voorkomen.relatie.elementen, voorkomen.gegevens)["inhoud"]
    return {"relatie": relatie, "van_id": van, "naar_id": naar, "inhoud": inhoud}


def leg(verbinding: Connection, rijen: Sequence[dict[str, Any]]) -> None:
    """Lay relations in one statement; what is said of one twice, or of one that is there, is put together."""
    samen: dict[tuple[str, frozenset[int]], dict[str, Any]] = {}
    for rij in rijen:
        eerder = samen.setdefault((rij["relatie"], frozenset((rij["van_id"], rij["naar_id"]))), rij)
        eerder["inhoud"] = extra.aangevuld(eerder["inhoud"], rij["inhoud"])
    if samen:
        _LEG.voer_uit(verbinding, {"rijen": orjson.dumps(list(samen.values())).decode()})


def richting(zaak_id: int, relatie: str, ander: int) -> tuple[int, int, str]:
    """How a relation said by a zaak is kept, as (van, naar, relatie): a hoofdzaak as its deelzaak."""
    return (ander, zaak_id, "heeftAlsDeelzaak") if relatie == "heeftAlsHoofdzaak" else (zaak_id, ander, relatie)

"""Relations between zaken: said in the message of one, shown on both (RZS 4.7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen
from regiesysteem.zakenmagazijn.paren import Verandering, bewaak_ander
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, Rij, einde, holds, kolommen, naar_rij, van_rij
from regiesysteem.zakenmagazijn.typen import zaaktype_gegevens
from regiesysteem.zakenmagazijn.vergelijken import Wacht, bewaak
from regiesysteem.zkn.zaak import IS_VAN, ZAK

RELATIES: Final = ("heeftAlsDeelzaak", "heeftAlsHoofdzaak", "heeftBetrekkingOpAndere")

_DEELZAAK: Final = "heeftAlsDeelzaak"

_ZOEK = Sql("""
    -- the zaken that a message relates to
    SELECT id, identificatie, zaaktype_id FROM zaak WHERE identificatie = ANY(:identificaties)
""")
_ZOEK_GEHEEL = Sql(f"""
    -- the zaken that a message relates to, and of which it says more in `was`
    SELECT id, zaaktype_id, {", ".join(kolommen(ZAK.elementen))} FROM zaak WHERE identificatie = ANY(:identificaties)
""")  # noqa: S608 - names of columns, from the entity table
_LEG = Sql("""
    -- relations between zaken that are not there; one that is there is a deelzaak the other way around
    INSERT INTO zaak_zaak (relatie, van_id, naar_id, beeindigd, inhoud)
    SELECT k.relatie, k.van_id, k.naar_id, k.beeindigd, k.inhoud
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb))
         AS k (relatie text, van_id bigint, naar_id bigint, beeindigd text, inhoud jsonb)
    ON CONFLICT DO NOTHING RETURNING id
""")
_EEN_TEGELIJK = Sql("""
    -- what is between zaken changes in one message at a time, from either side, until it commits: no relation is laid
    -- twice, and no ring by messages that do not see each other
    SELECT pg_advisory_xact_lock(hashtextextended('zaak_zaak', 0))
""")
_RING = Sql("""
    -- zaken that would be their own hoofdzaak, however far up, by relations with these deelzaken
    WITH RECURSIVE op (deelzaak, id) AS (
        SELECT naar_id, van_id FROM zaak_zaak
        WHERE relatie = 'heeftAlsDeelzaak' AND regie_geldt(beeindigd) AND naar_id = ANY(:deelzaken)
        UNION
        SELECT op.deelzaak, k.van_id FROM op JOIN zaak_zaak k ON k.naar_id = op.id
        WHERE k.relatie = 'heeftAlsDeelzaak' AND regie_geldt(k.beeindigd) AND op.id <> op.deelzaak
    )
    SELECT z.identificatie FROM op JOIN zaak z ON z.id = op.id WHERE op.deelzaak = op.id ORDER BY z.id LIMIT 1
""")

DEELZAKEN_INDICATIE: Final = "deelzaken_indicatie"
"""The column of a zaak that follows from its relations as long as no message says it."""


def deelzaken_indicatie(zaak: str) -> str:
    """SQL of whether a row of table zaak has deelzaken: what a message said, else what its relations say."""
    heeft = f"EXISTS (SELECT FROM zaak_zaak d WHERE d.van_id = {zaak}.id AND {van_soort('d', _DEELZAAK)})"
    return (
        f"CASE WHEN {zaak}.{DEELZAKEN_INDICATIE} IS NULL AND {zaak}.inhoud -> 'deelzakenIndicatie' IS NULL"
        f" THEN CASE WHEN {heeft} THEN 'J' ELSE 'N' END ELSE {zaak}.{DEELZAKEN_INDICATIE} END"
    )


def van_soort(alias: str, relatie: str) -> str:
    """SQL of whether a row of table zaak_zaak is such a relation, and holds."""
    return f"{alias}.relatie = '{relatie}' AND {holds(f'{alias}.beeindigd')}"


@dataclass(frozen=True, slots=True)
class Ander:
    """A zaak at the other end of a relation; `rij` is all that is known of it, where that was asked."""

    id: int
    zaaktype_id: int | None
    rij: Rij


Bekend = Mapping[str, Ander]


def genoemd(voorkomens: Iterable[Voorkomen]) -> list[str]:
    """The identificaties of the zaken that these relations lead to. Raises StUF055 where one is missing."""
    return list(dict.fromkeys(identificatie_van(voorkomen) for voorkomen in voorkomens))


def identificatie_van(voorkomen: Voorkomen) -> str:
    """The identificatie of the related zaak, by which alone it is recognised. Raises StUF055 when it is missing."""
    gegevens = voorkomen.gerelateerde.gegevens if voorkomen.gerelateerde else {}
    identificatie = values.tekst(gegevens.get("identificatie"))
    if not identificatie:
        raise StufFout("StUF055", f"object/{voorkomen.relatie.naam}/gerelateerde/identificatie ontbreekt")
    return identificatie


def zoek(verbinding: Connection, identificaties: Sequence[str], *, geheel: bool = False) -> Bekend:
    """The zaken by identificatie, with `geheel` to guard them. Raises StUF064 naming those that do not exist.

    A related zaak is never made through a relation, whatever its verwerkingssoort (ZDS, verwerkingssoort T of I).
    """
    if not identificaties:
        return {}
    opdracht = _ZOEK_GEHEEL if geheel else _ZOEK
    rijen = opdracht.voer_uit(verbinding, {"identificaties": list(identificaties)}).mappings()
    gevonden = {rij["identificatie"]: Ander(rij["id"], rij["zaaktype_id"], rij) for rij in rijen}
    onbekend = [identificatie for identificatie in identificaties if identificatie not in gevonden]
    if onbekend:
        raise StufFout("StUF064", f"gerelateerde zaak bestaat niet: {', '.join(onbekend)}")
    return gevonden


def te_bewaken(wacht: Wacht, veranderingen: Iterable[Verandering]) -> bool:
    """Whether `was` says more of a zaak at the other end than its number, and that counts."""
    wie = (een.was.gerelateerde for een in veranderingen if een.was is not None)
    return wacht.kijkt and any(een is not None and (een.relaties or len(een.gegevens) > 1) for een in wie)


def bewaak_zaak(wacht: Wacht, inrichting: Inrichting, verandering: Verandering, bekend: Bekend) -> None:
    """Guard what `was` says of the zaak at the other end, its zaaktype included; `bekend` by `zoek` with `geheel`."""
    if verandering.was is None:
        return
    ander = bekend[identificatie_van(verandering.was)]
    bewaak_ander(wacht, verandering, van_rij(ZAK.elementen, ander.rij))
    wie = verandering.was.gerelateerde
    for een in wie.relaties.get(IS_VAN.naam, ()) if wie is not None else ():
        zaaktype = inrichting.zaaktype_met_id(ander.zaaktype_id) if ander.zaaktype_id is not None else None
        if een.gerelateerde is not None and zaaktype is not None:
            nu = zaaktype_gegevens(zaaktype) | ander.rij["inhoud"].get(IS_VAN.naam, {}).get(GERELATEERDE, {})
            bewaak(wacht, f"{verandering.naam}/gerelateerde/{IS_VAN.naam}/", nu, een.gerelateerde.gegevens)


def rij(zaak_id: int, voorkomen: Voorkomen, bekend: Bekend) -> dict[str, Any]:
    """The row of a relation that a message of `zaak_id` lays; a hoofdzaak is kept as its deelzaak."""
    ander = bekend[identificatie_van(voorkomen)].id
    if ander == zaak_id:
        raise StufFout("StUF055", f"object/{voorkomen.relatie.naam} verwijst naar de zaak zelf")
    van, naar, relatie = richting(zaak_id, voorkomen.relatie.naam, ander)
    inhoud = naar_rij(voorkomen.relatie.elementen, voorkomen.gegevens)["inhoud"]
    eind = einde(voorkomen.gegevens)
    return {"relatie": relatie, "van_id": van, "naar_id": naar, "beeindigd": eind, "inhoud": inhoud}


def vergrendel(verbinding: Connection) -> None:
    """Keep others from relations between zaken until this transaction ends; before they are read, and after all else.

    Each message takes it behind the zaak and the objects that it changes, so that two never wait for each other.
    """
    _EEN_TEGELIJK.voer_uit(verbinding, {})


def leg(verbinding: Connection, rijen: Sequence[dict[str, Any]]) -> None:
    """Lay relations that are not there, each once, behind `vergrendel`; one statement, two with deelzaken.

    Raises StUF055 for a zaak that would become hoofdzaak of its own hoofdzaak, however far up.
    """
    if not rijen:
        return
    gelegd = _LEG.voer_uit(verbinding, {"rijen": orjson.dumps(rijen).decode()}).all()
    if len(gelegd) < len(rijen):
        raise StufFout("StUF055", "een zaak kan geen hoofdzaak zijn van haar eigen hoofdzaak")
    deelzaken = [rij["naar_id"] for rij in rijen if rij["relatie"] == _DEELZAAK]
    if deelzaken:
        ring = _RING.voer_uit(verbinding, {"deelzaken": deelzaken}).scalars().first()
        if ring is not None:
            raise StufFout("StUF055", f"zaak {ring!r} zou via haar deelzaken haar eigen hoofdzaak zijn")


Paar = tuple[str, frozenset[int] | tuple[int, int]]
"""A relation between two zaken: with a direction where that says which of them is the deelzaak."""


def paar(rij: Mapping[Any, Any]) -> Paar:
    """Which relation a row is."""
    kanten = rij["van_id"], rij["naar_id"]
    return rij["relatie"], kanten if rij["relatie"] == _DEELZAAK else frozenset(kanten)


def richting(zaak_id: int, relatie: str, ander: int) -> tuple[int, int, str]:
    """How a relation said by a zaak is kept, as (van, naar, relatie): a hoofdzaak as its deelzaak."""
    return (ander, zaak_id, "heeftAlsDeelzaak") if relatie == "heeftAlsHoofdzaak" else (zaak_id, ander, relatie)

"""A new zaak: registered with everything in its message, in a fixed number of statements (ZDS 4.1.4, RZS 6.3 - 6.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen, Voorwerp
from regiesysteem.stuf.values import Gegevens, plus_dagen
from regiesysteem.zakenmagazijn import documentregels, links, objects, regels, statussen
from regiesysteem.zakenmagazijn.objects import Verwijzing
from regiesysteem.zakenmagazijn.paren import eis_iemand, samen, veranderingen
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_ZAKEN, numbers
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, einde, geldt, kolommen, naar_rij
from regiesysteem.zakenmagazijn.typen import aanvulling, bepaal_zaaktype, zaaktype_gegevens, zonder_onbekende_code
from regiesysteem.zakenmagazijn.vergelijken import Bewaking
from regiesysteem.zkn.zaak import HEEFT, HEEFT_RELEVANT, IS_VAN, ZAK

ONBEKENDE_RELATIES: Final = "@relaties"
"""The key under which a zaak keeps why a relation is absent, when that is not geenWaarde: name to noValues."""

_TYPEN: Final = (IS_VAN.naam, HEEFT.naam)
"""Relations to types of the inrichting; finding those types reports the elements that they lack."""
_KOLOMMEN: Final = ("zaaktype_id", *kolommen(ZAK.elementen))
_RELATIES: Final = TO_OBJECTS.insert({"zaak_id": "nieuw.id"}, "nieuw", "relaties")
_REGISTREER = Sql(f"""
    -- a new zaak, its audit line, its betrokkenen, zaakobjecten and besluiten, and its statuses, in the order of the
    -- message; no row, and nothing written, when the zaakidentificatie is taken
    WITH nieuw AS (
        INSERT INTO zaak ({", ".join(_KOLOMMEN)})
        SELECT {", ".join(f"r.{kolom}" for kolom in _KOLOMMEN)}
        FROM jsonb_populate_record(NULL::zaak, CAST(:rij AS jsonb)) r
        ON CONFLICT (identificatie) DO NOTHING
        RETURNING id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis) SELECT id, :bericht_id, :gebeurtenis FROM nieuw
    ), relatie AS ({_RELATIES}), status AS ({statussen.invoeging("nieuw")})
    SELECT id FROM nieuw
""")  # noqa: S608 - names of columns, from the entity table


@dataclass(frozen=True, slots=True)
class Herkomst:
    """The message that a change comes from, and its leniency (as in MessageContext); without a sender it is strict."""

    bericht_id: int
    gebeurtenis: str
    nu: datetime
    leniency: Leniency = field(default_factory=Leniency)


def creeer(verbinding: Connection, inrichting: Inrichting, voorwerp: Voorwerp, herkomst: Herkomst) -> int:
    """Register a new zaak and give its id.

    Raises StUF055 for a missing or wrong element, StUF064 for a zaaktype, statustype or related zaak that does not
    exist, StUF067 when the zaakidentificatie is taken or the message contradicts itself on a relation, StUF058 as
    `mutaties.wijzig` does.
    """
    leniency = herkomst.leniency
    regels.controleer_waarden(voorwerp, leniency)
    voorwerp = _genoemd(voorwerp, leniency)
    is_van = next(voorwerp.alle("isVan"), None)
    zaaktype = bepaal_zaaktype(verbinding, inrichting, is_van.gerelateerde if is_van else None)
    nu = tijdstip(herkomst.nu)
    regels.controleer_nieuw(_van_nu(voorwerp, nu), zaaktype, leniency)
    andere = samen(voorwerp.alle(*TO_ZAKEN.names))
    bekend = links.find_zaken(verbinding, numbers(andere))
    huidig = numbers(een for een in andere if geldt(einde(een.gegevens), nu))
    regels.controleer_plan(zaaktype, inrichting, [bekend[naam].zaaktype_id for naam in huidig])
    gezet = zonder_onbekende_code(zaaktype, list(voorwerp.alle("heeft")), leniency)
    statuslijst = statussen.lees_statussen(verbinding, zaaktype, gezet)
    relaties = samen(voorwerp.alle(*TO_OBJECTS.names))
    verwijzingen, gezet_door = _registreer_objecten(verbinding, relaties, statuslijst)

    statusrijen = _statusrijen(zaaktype, statuslijst, gezet_door, _begin(voorwerp.gegevens, herkomst.nu))
    relatierijen = [objects.relation_row(v, w) for v, w in zip(relaties, verwijzingen, strict=True)]
    zaakrij = _zaakrij(voorwerp, is_van, zaaktype, statusrijen, herkomst.nu)
    zaak_id = _schrijf_zaak(verbinding, zaakrij, relatierijen, statusrijen, herkomst)
    links.relate_new_zaak(verbinding, zaak_id, andere, bekend)
    documenten = veranderingen([], voorwerp.relaties.get(HEEFT_RELEVANT.naam, []))
    links.change_documents_of_zaak(verbinding, inrichting, Bewaking(zaaktype), zaaktype, zaak_id, documenten, nu)
    documentregels.eis_documenten(verbinding, zaaktype, zaak_id, [status.statustype for status in statuslijst])
    return zaak_id


def _genoemd(voorwerp: Voorwerp, leniency: Leniency) -> Voorwerp:
    """A new zaak without the relations that name nobody. Raises StUF055 where those are not accepted."""
    relaties = {
        naam: lijst if naam in _TYPEN else [een for een in lijst if een.leeg or eis_iemand(een, leniency)]
        for naam, lijst in voorwerp.relaties.items()
    }
    return replace(voorwerp, relaties=relaties)


def _van_nu(voorwerp: Voorwerp, nu: str) -> Voorwerp:
    """A new zaak without the relations that have ended already, which are kept and count for no rule."""
    relaties = {
        naam: [een for een in lijst if geldt(einde(een.gegevens), nu)] for naam, lijst in voorwerp.relaties.items()
    }
    return replace(voorwerp, relaties=relaties)


def _registreer_objecten(
    verbinding: Connection, relaties: Sequence[Voorkomen], statuslijst: Sequence[statussen.NieuweStatus]
) -> tuple[list[Verwijzing | None], list[Verwijzing | None]]:
    """Register the objects of relations and statuses together."""
    genoemd = [*(voorkomen.gerelateerde for voorkomen in relaties), *(status.gezet_door for status in statuslijst)]
    gevonden = iter(objects.registreer(verbinding, [gerelateerde for gerelateerde in genoemd if gerelateerde]))
    verwijzingen = [next(gevonden) if gerelateerde else None for gerelateerde in genoemd]
    return verwijzingen[: len(relaties)], verwijzingen[len(relaties) :]


def _statusrijen(
    zaaktype: Zaaktype,
    statuslijst: Sequence[statussen.NieuweStatus],
    gezet_door: Sequence[Verwijzing | None],
    begin: str,
) -> list[dict[str, Any]]:
    laatste = statussen.laatste_van(statuslijst)
    if laatste is None:
        eerste = statussen.eerste_status(zaaktype, begin)
        return [eerste] if eerste else []
    return [
        statussen.status_rij(zaaktype, status, verwijzing, laatste=plaats == laatste)
        for plaats, (status, verwijzing) in enumerate(zip(statuslijst, gezet_door, strict=True))
    ]


def _begin(gegevens: Gegevens, nu: datetime) -> str:
    """The day on which a zaak got the first status that its message does not name (docs/afwijkingen.md 19).

    It is a day and no moment, so that a status that a back office reports later for the same day, often as a day too,
    comes after it.
    """
    vandaag = tijdstip(nu)[:8]
    start = values.tekst(gegevens.get("startdatum")) or ""
    # Nobody knows the day of an incomplete startdatum.
    return min(start if plus_dagen(start, 0) == start else vandaag, vandaag)


def _zaakrij(
    voorwerp: Voorwerp,
    is_van: Voorkomen | None,
    zaaktype: Zaaktype,
    statusrijen: Sequence[dict[str, Any]],
    nu: datetime,
) -> dict[str, Any]:
    rij = naar_rij(ZAK.elementen, _aangevuld(voorwerp.gegevens, zaaktype, statusrijen, nu))
    rij["zaaktype_id"] = zaaktype.id
    if is_van is not None:
        eigen: Gegevens = dict(is_van.gegevens)
        if is_van.gerelateerde and (rest := aanvulling(is_van.gerelateerde.gegevens, zaaktype_gegevens(zaaktype))):
            eigen[GERELATEERDE] = rest
        if eigen:
            rij["inhoud"]["isVan"] = eigen
    onbekend = {
        naam: soorten
        for naam, voorkomens in voorwerp.relaties.items()
        if (soorten := [een.leeg for een in voorkomens if een.leeg not in ("", values.GEEN_WAARDE)])
    }
    if onbekend:
        rij["inhoud"][ONBEKENDE_RELATIES] = onbekend
    return rij


def _aangevuld(gezegd: Gegevens, zaaktype: Zaaktype, statusrijen: Sequence[dict[str, Any]], nu: datetime) -> Gegevens:
    """The elements of the zaak, with derived values where the sender gives none."""
    gegevens = dict(gezegd)
    gegevens.setdefault("registratiedatum", tijdstip(nu)[:8])
    gegevens.setdefault("zaakniveau", "1")
    start, dagen = values.tekst(gegevens.get("startdatum")), zaaktype.doorlooptijd_dagen
    if "einddatumGepland" not in gegevens and start and dagen and (gepland := plus_dagen(start, dagen)):
        gegevens["einddatumGepland"] = gepland
    laatste = next((rij for rij in statusrijen if rij["laatste"] and not statussen.is_ingevuld(rij)), None)
    statustype = zaaktype.statustype_met_id(laatste["statustype_id"]) if laatste else None
    if laatste and statustype and "einddatum" not in gegevens:
        einddatum = statussen.einddatum_bij(statustype, laatste["moment"])
        if einddatum:
            gegevens["einddatum"] = einddatum
    return gegevens


def _schrijf_zaak(
    verbinding: Connection,
    rij: dict[str, Any],
    relatierijen: Sequence[dict[str, Any]],
    statusrijen: Sequence[dict[str, Any]],
    herkomst: Herkomst,
) -> int:
    waarde = _REGISTREER.voer_uit(
        verbinding,
        {
            "rij": orjson.dumps(rij).decode(),
            "relaties": orjson.dumps(relatierijen).decode(),
            "statussen": orjson.dumps(statusrijen).decode(),
            "bericht_id": herkomst.bericht_id,
            "gebeurtenis": herkomst.gebeurtenis,
        },
    ).scalar_one_or_none()
    if waarde is None:
        raise StufFout("StUF067", f"er is al een zaak met identificatie {rij['identificatie']!r}")
    return int(waarde)

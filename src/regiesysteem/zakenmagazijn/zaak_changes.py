"""A zaak: registered, changed, and given an uitvoerende; one transaction each (ZDS 4.1.4 and 4.1.5; RZS 6.8)."""

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
from regiesysteem.stuf.read import Gerelateerde, Voorkomen, Voorwerp
from regiesysteem.stuf.values import Gegevens, Waarde, plus_dagen
from regiesysteem.zakenmagazijn import links, objects, rules, statuses
from regiesysteem.zakenmagazijn.compare import ZWIJGT, Bewaking, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.objects import Verwijzing, registreer
from regiesysteem.zakenmagazijn.pairs import Verandering, eis_iemand, samen, veranderingen, weiger_wisseling
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_ZAKEN, numbers
from regiesysteem.zakenmagazijn.rows import (
    GERELATEERDE,
    Rij,
    aanvulling,
    bepaal_zaaktype,
    einde,
    geldt,
    kolommen,
    naar_rij,
    van_rij,
    zaaktype_gegevens,
    zonder_onbekende_code,
)
from regiesysteem.zkn.parties import OEH
from regiesysteem.zkn.zaak import HEEFT, HEEFT_RELEVANT, IS_VAN, ZAK

# --- A new zaak: registered with everything in its message, in a fixed number of statements (ZDS 4.1.4, RZS 6.3 - 6.6)

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
    ), relatie AS ({_RELATIES}), status AS ({statuses.invoeging("nieuw")})
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
    `wijzig` does.
    """
    leniency = herkomst.leniency
    rules.controleer_waarden(voorwerp, leniency)
    voorwerp = _genoemd(voorwerp, leniency)
    is_van = next(voorwerp.alle("isVan"), None)
    zaaktype = bepaal_zaaktype(verbinding, inrichting, is_van.gerelateerde if is_van else None)
    nu = tijdstip(herkomst.nu)
    rules.controleer_nieuw(_van_nu(voorwerp, nu), zaaktype, leniency)
    andere = samen(voorwerp.alle(*TO_ZAKEN.names))
    bekend = links.find_zaken(verbinding, numbers(andere))
    huidig = numbers(een for een in andere if geldt(einde(een.gegevens), nu))
    rules.controleer_plan(zaaktype, inrichting, [bekend[naam].zaaktype_id for naam in huidig])
    gezet = zonder_onbekende_code(zaaktype, list(voorwerp.alle("heeft")), leniency)
    statuslijst = statuses.lees_statussen(verbinding, zaaktype, gezet)
    relaties = samen(voorwerp.alle(*TO_OBJECTS.names))
    verwijzingen, gezet_door = _registreer_objecten(verbinding, relaties, statuslijst)

    statusrijen = _statusrijen(zaaktype, statuslijst, gezet_door, _begin(voorwerp.gegevens, herkomst.nu))
    relatierijen = [objects.relation_row(v, w) for v, w in zip(relaties, verwijzingen, strict=True)]
    zaakrij = _zaakrij(voorwerp, is_van, zaaktype, statusrijen, herkomst.nu)
    zaak_id = _schrijf_zaak(verbinding, zaakrij, relatierijen, statusrijen, herkomst)
    links.relate_new_zaak(verbinding, zaak_id, andere, bekend)
    documenten = veranderingen([], voorwerp.relaties.get(HEEFT_RELEVANT.naam, []))
    links.change_documents_of_zaak(verbinding, inrichting, Bewaking(zaaktype), zaaktype, zaak_id, documenten, nu)
    rules.eis_documenten(verbinding, zaaktype, zaak_id, [status.statustype for status in statuslijst])
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
    verbinding: Connection, relaties: Sequence[Voorkomen], statuslijst: Sequence[statuses.NieuweStatus]
) -> tuple[list[Verwijzing | None], list[Verwijzing | None]]:
    """Register the objects of relations and statuses together."""
    genoemd = [*(voorkomen.gerelateerde for voorkomen in relaties), *(status.gezet_door for status in statuslijst)]
    gevonden = iter(objects.registreer(verbinding, [gerelateerde for gerelateerde in genoemd if gerelateerde]))
    verwijzingen = [next(gevonden) if gerelateerde else None for gerelateerde in genoemd]
    return verwijzingen[: len(relaties)], verwijzingen[len(relaties) :]


def _statusrijen(
    zaaktype: Zaaktype,
    statuslijst: Sequence[statuses.NieuweStatus],
    gezet_door: Sequence[Verwijzing | None],
    begin: str,
) -> list[dict[str, Any]]:
    laatste = statuses.laatste_van(statuslijst)
    if laatste is None:
        eerste = statuses.eerste_status(zaaktype, begin)
        return [eerste] if eerste else []
    return [
        statuses.status_rij(zaaktype, status, verwijzing, laatste=plaats == laatste)
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
    laatste = next((rij for rij in statusrijen if rij["laatste"] and not statuses.is_ingevuld(rij)), None)
    statustype = zaaktype.statustype_met_id(laatste["statustype_id"]) if laatste else None
    if laatste and statustype and "einddatum" not in gegevens:
        einddatum = statuses.einddatum_bij(statustype, laatste["moment"])
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


# --- A change of a zaak: the differences between `was` and `wordt`, guarded by `was` (StUF 03.01, 5.2.5 and 5.2.6)

_ZAAKKOLOMMEN: Final = kolommen(ZAK.elementen)
_VERGRENDEL: Final = Sql(f"""
    -- the zaak that a message changes, locked until its transaction ends; others may relate to it meanwhile
    SELECT id, zaaktype_id, {", ".join(_ZAAKKOLOMMEN)}, {links.deelzaken_indicatie("z")} AS heeft_deelzaken
    FROM zaak z WHERE identificatie = :identificatie FOR NO KEY UPDATE
""")  # noqa: S608 - names of columns, from the entity table
_WIJZIG: Final = Sql(f"""
    -- the elements of a zaak after a change, and its audit line
    WITH regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
    )
    UPDATE zaak SET ({", ".join(_ZAAKKOLOMMEN)}) =
        (SELECT {", ".join(f"r.{kolom}" for kolom in _ZAAKKOLOMMEN)}
         FROM jsonb_populate_record(NULL::zaak, CAST(:rij AS jsonb)) r)
    WHERE id = :id
""")  # noqa: S608 - names of columns, from the entity table
_AUDIT: Final = Sql("""
    -- a zaak whose relations a message changed, which is a change of the zaak (`tijdstip_registratie`)
    WITH geraakt AS (UPDATE zaak SET tijdstip_registratie = '' WHERE id = :id AND CAST(:gewijzigd AS jsonb) <> '[]')
    INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
    VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
""")


@dataclass(frozen=True, slots=True)
class Opdracht:
    """A wijzigkennisgeving; `was` is None where the sender gave only the new situation.

    `correctie`: mutatiesoort C or F, the registration was wrong. `zet_status`: the operation sets a status.
    """

    was: Voorwerp | None
    wordt: Voorwerp
    correctie: bool = False
    zet_status: bool = False


def wijzig(verbinding: Connection, inrichting: Inrichting, opdracht: Opdracht, herkomst: Herkomst) -> int:
    """Apply a wijzigkennisgeving and give the id of the zaak.

    Raises StUF055 for a wrong element (another zaaktype included: ZDS 4.1.5) or a change that leaves the zaak without a
    required part (RZS 6.11.1), StUF064 for a zaak, relation, statustype or related zaak that does not exist, StUF067
    for a relation that may be several. Raises StUF058 for a status that requires an absent document, or a document that
    the zaaktype does not accept. Raises StUF063 when `was` differs from the registration and the zaaktype refuses that.
    """
    was, wordt = opdracht.was, opdracht.wordt
    for voorwerp in (was, wordt):
        if voorwerp is not None:
            rules.controleer_waarden(voorwerp, herkomst.leniency)
    rij = _vergrendel(verbinding, was, wordt)
    zaaktype = _zaaktype(inrichting, rij)
    bewaking = Bewaking(zaaktype)
    _controleer_zaaktype(zaaktype, was, wordt)
    over_zaaktype = _over_zaaktype(bewaking, rij, was, wordt)
    bekend = van_rij(ZAK.elementen, rij)
    if rij["heeft_deelzaken"] is not None:
        bekend.setdefault("deelzakenIndicatie", rij["heeft_deelzaken"])  # as an answer gives it
    veranderd = wijzigingen(bewaking, "", bekend, was.gegevens if was else None, wordt.gegevens)
    veranderd.pop("identificatie", None)  # the identifying elements may be written in other ways, and stay as they are
    gewijzigd = _wijzig_relaties(verbinding, inrichting, bewaking, opdracht, rij["id"], herkomst)
    if "einddatum" not in veranderd and (einde := gewijzigd.stand.einddatum(zaaktype, bekend)) is not None:
        veranderd["einddatum"] = einde
    bewaking.besluit()
    namen = gewijzigd.namen
    if over_zaaktype is not None:
        namen.append(IS_VAN.naam)
        rij = {**rij, "inhoud": {**rij["inhoud"], IS_VAN.naam: over_zaaktype}}
    _schrijf(verbinding, rij, veranderd, _onbekende_relaties(rij, wordt, namen), namen, herkomst)
    return int(rij["id"])


@dataclass(frozen=True, slots=True)
class _Gewijzigd:
    namen: list[str]
    stand: statuses.Stand


def _wijzig_relaties(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    verbinding: Connection,
    inrichting: Inrichting,
    bewaking: Bewaking,
    opdracht: Opdracht,
    zaak_id: int,
    herkomst: Herkomst,
) -> _Gewijzigd:
    """Change relations and statuses: first all is worked out, then the objects are registered, in one order for all.

    That order (zaak, inrichting, objects, relations) is the same in every message, so that two never wait for each
    other.
    """
    nu, leniency = tijdstip(herkomst.nu), herkomst.leniency
    was, wordt = dict(opdracht.was.relaties) if opdracht.was else {}, dict(opdracht.wordt.relaties)
    for kant in (was, wordt):
        kant["heeft"] = zonder_onbekende_code(bewaking.zaaktype, kant.get("heeft", []), leniency)
    te_doen = {
        naam: lijst
        for naam in dict.fromkeys([*was, *wordt])
        if (lijst := _named_changes(veranderingen(was.get(naam, []), wordt.get(naam, [])), leniency))
    }
    for naam, lijst in te_doen.items():
        if naam != HEEFT.naam or not opdracht.zet_status:
            weiger_wisseling(lijst)
    relaties = objects.plan_objects(verbinding, bewaking, zaak_id, te_doen, nu)
    rules.controleer_rollen(bewaking.zaaktype, relaties.rollen, leniency)
    statuswerk = statuses.plan_statuses(
        verbinding,
        bewaking,
        zaak_id,
        te_doen.get("heeft", ()),
        correctie=opdracht.correctie,
        zetten=opdracht.zet_status,
    )
    verwijzingen = registreer(verbinding, [*relaties.objecten, *statuswerk.objecten])
    grens = len(relaties.objecten)
    objects.write_objects(verbinding, zaak_id, relaties, verwijzingen[:grens])
    namen = list(relaties.rollen)
    namen += links.change_zaken(verbinding, inrichting, bewaking, zaak_id, te_doen, nu)
    documenten = te_doen.get(HEEFT_RELEVANT.naam, ())
    if links.change_documents_of_zaak(
        verbinding, inrichting, bewaking, bewaking.zaaktype, zaak_id, documenten, nu
    ):  # fmt: skip
        namen.append(HEEFT_RELEVANT.naam)
    rules.eis_documenten(verbinding, bewaking.zaaktype, zaak_id, statuswerk.statustypen)
    stand = statuses.write_statuses(verbinding, bewaking, zaak_id, statuswerk, verwijzingen[grens:])
    return _Gewijzigd([*namen, *(["heeft"] if stand.gewijzigd else [])], stand)


def _named_changes(lijst: Sequence[Verandering], leniency: Leniency) -> list[Verandering]:
    """The changes without additions that name nobody (StUF 03.01, 5.2.6). Raises StUF055 where that is not accepted."""

    def iemand(een: Verandering) -> bool:
        if een.naam == HEEFT.naam or een.soort not in "TR" or een.wordt is None:
            return True
        # A person that is replaced by nobody would be gone.
        return eis_iemand(een.wordt, leniency if een.soort == "T" else None)

    return [een for een in lijst if iemand(een)]


def _vergrendel(verbinding: Connection, was: Voorwerp | None, wordt: Voorwerp) -> Rij:
    identificatie = values.tekst(wordt.gegevens.get("identificatie"))
    oud = values.tekst(was.gegevens.get("identificatie")) if was else None
    identificatie = identificatie or oud
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    if oud is not None and oud != identificatie:
        raise StufFout(
            "StUF055", f"de zaakidentificatie mag niet wijzigen ({oud!r} in was, {identificatie!r} in wordt)"
        )
    if values.geen_waarde(wordt.gegevens.get("identificatie")) == values.GEEN_WAARDE:
        raise StufFout("StUF055", "de zaakidentificatie mag niet wijzigen (geen waarde in wordt)")
    rij = _VERGRENDEL.voer_uit(verbinding, {"identificatie": identificatie}).mappings().one_or_none()
    if rij is None:
        raise StufFout("StUF064", f"er is geen zaak met identificatie {identificatie!r}")
    return rij


def _zaaktype(inrichting: Inrichting, rij: Rij) -> Zaaktype:
    zaaktype = inrichting.zaaktype_met_id(rij["zaaktype_id"])
    if zaaktype is None:
        raise LookupError("zaak with a zaaktype that the inrichting does not have")
    return zaaktype


def _controleer_zaaktype(zaaktype: Zaaktype, was: Voorwerp | None, wordt: Voorwerp) -> None:
    """Refuse a change of the zaaktype of a zaak. Raises StUF055."""
    kanten = [kant.relaties.get(IS_VAN.naam, ()) if kant is not None else () for kant in (was, wordt)]
    if any(een.verwerkingssoort in ("V", "E") for kant in kanten for een in kant):
        raise StufFout("StUF055", "object/isVan: een zaak houdt haar zaaktype (ZDS 4.1.5)")
    for is_van in wordt.alle("isVan"):
        code = values.tekst(is_van.gerelateerde.gegevens.get("code")) if is_van.gerelateerde else None
        if code and code != zaaktype.code:
            raise StufFout(
                "StUF055", f"het zaaktype van een zaak mag niet wijzigen ({zaaktype.code!r} naar {code!r}; ZDS 4.1.5)"
            )


def _over_zaaktype(bewaking: Bewaking, rij: Rij, was: Voorwerp | None, wordt: Voorwerp) -> Gegevens | None:
    """The data of the relation between a zaak and its zaaktype after a change; None when it stays."""
    bekend: Gegevens = rij["inhoud"].get(IS_VAN.naam, {})
    oud = next(was.alle(IS_VAN.naam), None) if was is not None else None
    nieuw = next(wordt.alle(IS_VAN.naam), None)
    if nieuw is None:
        return None
    veranderd = wijzigingen(bewaking, "isVan/", bekend, oud.gegevens if oud else None, nieuw.gegevens)
    return toegepast(IS_VAN.elementen, bekend, veranderd) if veranderd else None


def _onbekende_relaties(rij: Rij, wordt: Voorwerp, gewijzigd: Sequence[str]) -> dict[str, list[str]]:
    """The reasons why relations are absent after a change, other than geenWaarde (StUF 03.01, 3.4.2)."""
    bekend: dict[str, list[str]] = rij["inhoud"].get(ONBEKENDE_RELATIES, {})
    uit = {naam: soorten for naam, soorten in bekend.items() if naam not in gewijzigd}
    for naam, voorkomens in wordt.relaties.items():
        gezegd = [een.leeg for een in voorkomens if een.leeg not in ZWIJGT | {""}]
        soorten = [soort for soort in gezegd if soort != values.GEEN_WAARDE]
        if soorten:
            uit[naam] = soorten
        elif gezegd:
            uit.pop(naam, None)
    return uit


def _schrijf(  # noqa: PLR0917 - a zaak, and all that became of it
    verbinding: Connection,
    rij: Rij,
    veranderd: dict[str, Waarde],
    onbekend: dict[str, list[str]],
    gewijzigd: list[str],
    herkomst: Herkomst,
) -> None:
    parameters = {
        "id": rij["id"],
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
        "gewijzigd": orjson.dumps([*veranderd, *gewijzigd]).decode(),
    }
    if not veranderd and IS_VAN.naam not in gewijzigd and onbekend == rij["inhoud"].get(ONBEKENDE_RELATIES, {}):
        _AUDIT.voer_uit(verbinding, parameters)
        return
    kolomwaarden = naar_rij(ZAK.elementen, toegepast(ZAK.elementen, van_rij(ZAK.elementen, rij), veranderd))
    kolomwaarden["inhoud"] |= {naam: waarde for naam, waarde in rij["inhoud"].items() if ZAK.element(naam) is None}
    kolomwaarden["inhoud"].pop(ONBEKENDE_RELATIES, None)
    if onbekend:
        kolomwaarden["inhoud"][ONBEKENDE_RELATIES] = onbekend
    _WIJZIG.voer_uit(verbinding, {**parameters, "rij": orjson.dumps(kolomwaarden).decode()})


# --- A back office that takes a zaak over becomes its uitvoerende (RZS 1.0, 4.4)

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

"""A change of a zaak: the differences between `was` and `wordt`, guarded by `was` (StUF 03.01, 5.2.5 and 5.2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorwerp
from regiesysteem.stuf.values import Gegevens, Waarde
from regiesysteem.zakenmagazijn import (
    documentregels,
    links,
    objects,
    regels,
    statusmutaties,
)
from regiesysteem.zakenmagazijn.objects import registreer
from regiesysteem.zakenmagazijn.paren import Verandering, eis_iemand, veranderingen, weiger_wisseling
from regiesysteem.zakenmagazijn.rijen import Rij, kolommen, naar_rij, van_rij
from regiesysteem.zakenmagazijn.typen import zonder_onbekende_code
from regiesysteem.zakenmagazijn.vergelijken import ZWIJGT, Bewaking, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.zaken import ONBEKENDE_RELATIES, Herkomst
from regiesysteem.zkn.zaak import HEEFT, HEEFT_RELEVANT, IS_VAN, ZAK

_KOLOMMEN: Final = kolommen(ZAK.elementen)
_VERGRENDEL: Final = Sql(f"""
    -- the zaak that a message changes, locked until its transaction ends; others may relate to it meanwhile
    SELECT id, zaaktype_id, {", ".join(_KOLOMMEN)}, {links.deelzaken_indicatie("z")} AS heeft_deelzaken
    FROM zaak z WHERE identificatie = :identificatie FOR NO KEY UPDATE
""")  # noqa: S608 - names of columns, from the entity table
_WIJZIG: Final = Sql(f"""
    -- the elements of a zaak after a change, and its audit line
    WITH regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
    )
    UPDATE zaak SET ({", ".join(_KOLOMMEN)}) =
        (SELECT {", ".join(f"r.{kolom}" for kolom in _KOLOMMEN)}
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
            regels.controleer_waarden(voorwerp, herkomst.leniency)
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
    stand: statusmutaties.Stand


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
        if (lijst := _genoemd(veranderingen(was.get(naam, []), wordt.get(naam, [])), leniency))
    }
    for naam, lijst in te_doen.items():
        if naam != HEEFT.naam or not opdracht.zet_status:
            weiger_wisseling(lijst)
    relaties = objects.plan_objects(verbinding, bewaking, zaak_id, te_doen, nu)
    regels.controleer_rollen(bewaking.zaaktype, relaties.rollen, leniency)
    statuswerk = statusmutaties.plan(
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
    documentregels.eis_documenten(verbinding, bewaking.zaaktype, zaak_id, statuswerk.statustypen)
    stand = statusmutaties.voer_uit(verbinding, bewaking, zaak_id, statuswerk, verwijzingen[grens:])
    return _Gewijzigd([*namen, *(["heeft"] if stand.gewijzigd else [])], stand)


def _genoemd(lijst: Sequence[Verandering], leniency: Leniency) -> list[Verandering]:
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

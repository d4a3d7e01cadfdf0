"""A change of a zaak: what differs between `was` and `wordt`, guarded by `was` (StUF 03.01, 5.2.5 and 5.2.6)."""

from typing import Final

import orjson
import structlog
from sqlalchemy import Connection, text

from regiesysteem.inrichting.actueel import Inrichting, Zaaktype
from regiesysteem.stuf import waarden
from regiesysteem.stuf.antwoord import tijdstip
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Voorwerp
from regiesysteem.stuf.waarden import Gegevens, Waarde
from regiesysteem.zakenmagazijn import koppelingmutaties, regels, relatiemutaties, statusmutaties
from regiesysteem.zakenmagazijn.relatiemutaties import paren
from regiesysteem.zakenmagazijn.rijen import Rij, kolommen, naar_rij, van_rij
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.zaak import ZAK

log = structlog.get_logger(__name__)

_KOLOMMEN: Final = kolommen(ZAK.elementen)
_VERGRENDEL: Final = text(f"""
    -- the zaak that a message changes, locked until its transaction ends
    SELECT id, zaaktype_id, {", ".join(_KOLOMMEN)} FROM zaak WHERE identificatie = :identificatie FOR UPDATE
""")  # noqa: S608 - names of columns, from the entity table
_WIJZIG: Final = text(f"""
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
_AUDIT: Final = text("""
    -- what a message changed in the relations of a zaak
    INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
    VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
""")
_NEGEER: Final = frozenset({"nietOndersteund", "nietGeautoriseerd"})
"""Kinds of noValue by which a sender says that it has nothing to say of an element (StUF 03.01, 3.4.1)."""


def wijzig(
    verbinding: Connection, inrichting: Inrichting, was: Voorwerp | None, wordt: Voorwerp, herkomst: Herkomst
) -> int:
    """Apply a wijzigkennisgeving and give the id of the zaak.

    Raises StUF055 for what is wrong in the message (another zaaktype included: ZDS 4.1.5), StUF064 for a zaak,
    relation,
    statustype or related zaak that is not there, StUF063 when `was` is not what the registration holds and the
    zaaktype says to refuse that.
    """
    for voorwerp in (was, wordt):
        if voorwerp is not None:
            regels.controleer_waarden(voorwerp)
    rij = _vergrendel(verbinding, was, wordt)
    zaaktype = _zaaktype(inrichting, rij)
    _controleer_zaaktype(zaaktype, wordt)
    gegevens = van_rij(ZAK.elementen, rij)
    veranderd = _veranderd(zaaktype, gegevens, was.gegevens if was else {}, wordt.gegevens)
    veranderingen = {
        naam: list(paren(was.relaties.get(naam, []) if was else [], wordt.relaties.get(naam, [])))
        for naam in dict.fromkeys([*(was.relaties if was else ()), *wordt.relaties])
    }
    nu = tijdstip(herkomst.nu)
    gewijzigd = relatiemutaties.muteer(verbinding, rij["id"], veranderingen, nu)
    gewijzigd += koppelingmutaties.muteer(verbinding, rij["id"], veranderingen, nu)
    if veranderingen.get("heeft"):
        stand = statusmutaties.muteer(verbinding, zaaktype, rij["id"], veranderingen["heeft"])
        gewijzigd += ["heeft"] if stand.gewijzigd else []
        if "einddatum" not in veranderd and (einde := stand.einddatum(zaaktype, gegevens)) is not None:
            veranderd["einddatum"] = einde
    _schrijf(verbinding, rij, veranderd, gewijzigd, herkomst)
    return int(rij["id"])


def _vergrendel(verbinding: Connection, was: Voorwerp | None, wordt: Voorwerp) -> Rij:
    identificatie = waarden.tekst(wordt.gegevens.get("identificatie"))
    oud = waarden.tekst(was.gegevens.get("identificatie")) if was else None
    identificatie = identificatie or oud
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    if oud is not None and oud != identificatie:
        raise StufFout(
            "StUF055", f"de zaakidentificatie mag niet wijzigen ({oud!r} in was, {identificatie!r} in wordt)"
        )
    rij = verbinding.execute(_VERGRENDEL, {"identificatie": identificatie}).mappings().one_or_none()
    if rij is None:
        raise StufFout("StUF064", f"er is geen zaak met identificatie {identificatie!r}")
    return rij


def _zaaktype(inrichting: Inrichting, rij: Rij) -> Zaaktype:
    zaaktype = inrichting.zaaktype_met_id(rij["zaaktype_id"])
    if zaaktype is None:
        raise LookupError("zaak with a zaaktype that the inrichting does not have")
    return zaaktype


def _controleer_zaaktype(zaaktype: Zaaktype, wordt: Voorwerp) -> None:
    for is_van in wordt.alle("isVan"):
        code = waarden.tekst(is_van.gerelateerde.gegevens.get("code")) if is_van.gerelateerde else None
        if code and code != zaaktype.code:
            raise StufFout(
                "StUF055", f"het zaaktype van een zaak mag niet wijzigen ({zaaktype.code!r} naar {code!r}; ZDS 4.1.5)"
            )


def _veranderd(zaaktype: Zaaktype, bekend: Gegevens, was: Gegevens, wordt: Gegevens) -> dict[str, Waarde]:
    """The elements that the message changes, each with its new value; geenWaarde for one that it clears.

    Equal in `was` and `wordt` is identification, not change. With was = "negeren" all that `wordt` says counts.
    """
    uit: dict[str, Waarde] = {}
    afwijkend: list[str] = []
    for naam, waarde in wordt.items():
        if waarden.geen_waarde(waarde) in _NEGEER:
            continue
        if zaaktype.was != "negeren" and naam in was:
            if _gelijk(was[naam], waarde):
                continue
            if not _gelijk(was[naam], bekend.get(naam)):
                afwijkend.append(f"{naam}: in was {_toon(was[naam])}, in de registratie {_toon(bekend.get(naam))}")
        samen = _samengevoegd(bekend.get(naam), waarde)
        if not _gelijk(samen, bekend.get(naam)):
            uit[naam] = samen
    if afwijkend and zaaktype.was == "weigeren":
        raise StufFout("StUF063", f"de zaak is intussen gewijzigd; {'; '.join(afwijkend)}")
    if afwijkend:
        log.warning("was_wijkt_af", zaaktype=zaaktype.code, elementen=[regel.partition(":")[0] for regel in afwijkend])
    return uit


def _samengevoegd(bekend: Waarde | None, nieuw: Waarde) -> Waarde:
    """A group changes field by field; any other value is replaced as a whole (also all of a repeating one, 5.2.4)."""
    if not (isinstance(nieuw, dict) and _is_groep(nieuw) and (bekend is None or _is_groep(bekend))):
        return nieuw
    velden = {**(bekend if isinstance(bekend, dict) else {}), **nieuw}
    return {naam: waarde for naam, waarde in velden.items() if not waarden.is_leeg(waarde)} or {
        "@noValue": waarden.GEEN_WAARDE
    }


def _is_groep(waarde: Waarde | None) -> bool:
    return isinstance(waarde, dict) and "_" not in waarde and "#" not in waarde and "@noValue" not in waarde


def _gelijk(een: Waarde | None, ander: Waarde | None) -> bool:
    return een == ander or (waarden.is_leeg(een) and waarden.is_leeg(ander))


def _toon(waarde: Waarde | None) -> str:
    if waarden.is_leeg(waarde):
        return "geen waarde"
    return repr(waarden.tekst(waarde) or waarde)


def _schrijf(
    verbinding: Connection, rij: Rij, veranderd: dict[str, Waarde], gewijzigd: list[str], herkomst: Herkomst
) -> None:
    parameters = {
        "id": rij["id"],
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
        "gewijzigd": orjson.dumps([*veranderd, *gewijzigd]).decode(),
    }
    if not veranderd:
        verbinding.execute(_AUDIT, parameters)
        return
    nieuw = {
        naam: waarde
        for naam, waarde in {**van_rij(ZAK.elementen, rij), **veranderd}.items()
        if not waarden.is_leeg(waarde)
    }
    rest = {naam: waarde for naam, waarde in rij["inhoud"].items() if ZAK.element(naam) is None}
    kolomwaarden = naar_rij(ZAK.elementen, nieuw)
    kolomwaarden["inhoud"] |= rest
    verbinding.execute(_WIJZIG, {**parameters, "rij": orjson.dumps(kolomwaarden).decode()})

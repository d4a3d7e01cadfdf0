"""Zaken with what hangs on them, loaded for an answer in a fixed number of statements however many there are.

One for the zaken, one for their relations to objects, one for their statuses, one for their relations with other
zaken, and when those others are asked with more than their own elements, the same again for them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.stuf.entiteit import Entiteit, Keuze, Relatie
from regiesysteem.stuf.schrijven import Beeld, RelatieBeeld
from regiesysteem.stuf.scope import Scope
from regiesysteem.stuf.waarden import Gegevens
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, Rij, kolommen, van_rij, voeg_samen
from regiesysteem.zakenmagazijn.typen import statustype_gegevens, zaaktype_gegevens
from regiesysteem.zakenmagazijn.zaken import NAAR_OBJECTEN, ONBEKENDE_RELATIES
from regiesysteem.zkn.zaak import HEEFT, IS_GEZET_DOOR, IS_VAN, ZAK

_KOLOMMEN: Final = ", ".join(f"z.{kolom}" for kolom in kolommen(ZAK.elementen))
_ZAKEN: Final = text(f"""
    -- zaken by id
    SELECT z.id, z.zaaktype_id, {_KOLOMMEN} FROM zaak z WHERE z.id = ANY(:ids)
""")  # noqa: S608 - names of columns, from the entity table
_RELATIES: Final = text("""
    -- the asked relations of zaken to objects that hold, in the order they were told
    SELECT r.zaak_id, r.relatie, r.code, r.omschrijving, r.toelichting, r.inhoud,
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = ANY(:ids) AND r.relatie = ANY(:relaties) AND r.beeindigd IS NULL
    ORDER BY r.id
""")
_STATUSSEN: Final = text("""
    -- the statuses of zaken, oldest first
    SELECT s.zaak_id, s.statustype_id, s.datum_status_gezet, s.laatste, s.toelichting, s.inhoud,
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id
    WHERE s.zaak_id = ANY(:ids) AND (s.laatste OR NOT :alleen_laatste)
    ORDER BY s.moment, s.id
""")
_KOPPELINGEN: Final = text(f"""
    -- the relations between zaken that hold, seen from each side, with the zaak at the other end
    SELECT k.zaak_id, k.relatie, k.inhoud AS koppeling, z.id, z.zaaktype_id, {_KOLOMMEN}
    FROM (
        SELECT id, van_id AS zaak_id, naar_id AS ander_id, relatie, inhoud
        FROM zaak_zaak WHERE van_id = ANY(:ids) AND beeindigd IS NULL
        UNION ALL
        SELECT id, naar_id, van_id,
               CASE relatie WHEN 'heeftAlsDeelzaak' THEN 'heeftAlsHoofdzaak' ELSE relatie END, inhoud
        FROM zaak_zaak WHERE naar_id = ANY(:ids) AND beeindigd IS NULL
    ) k JOIN zaak z ON z.id = k.ander_id
    WHERE k.relatie = ANY(:relaties)
    ORDER BY k.id
""")  # noqa: S608 - names of columns, from the entity table

_NAAR_ZAKEN: Final = ("heeftAlsDeelzaak", "heeftAlsHoofdzaak", "heeftBetrekkingOpAndere")


@dataclass(slots=True)
class _Zaak:
    """A zaak being put together; `id` and `zaaktype_id` as in its row."""

    id: int
    zaaktype_id: int
    beeld: Beeld


def laad(
    verbinding: Connection, inrichting: Inrichting, ids: Sequence[int], scope: Scope, *, alleen_laatste: bool = False
) -> list[Beeld]:
    """The zaken with these ids, in this order, with the relations that the scope asks.

    `alleen_laatste`: of the statuses only the last (ZDS 4.1.1, geefZaakstatus).
    """
    if not ids:
        return []
    rijen = verbinding.execute(_ZAKEN, {"ids": list(ids)}).mappings()
    zaken = {rij["id"]: _zaak(rij, ZAK) for rij in rijen}
    lader = _Lader(verbinding, inrichting, alleen_laatste)
    lader.vul(list(zaken.values()), ZAK, scope)
    return [zaken[zaak_id].beeld for zaak_id in ids if zaak_id in zaken]


class _Lader:
    """Fills zaken with their relations, level by level."""

    def __init__(self, verbinding: Connection, inrichting: Inrichting, alleen_laatste: bool) -> None:
        self._verbinding = verbinding
        self._inrichting = inrichting
        self._alleen_laatste = alleen_laatste

    def vul(self, zaken: Sequence[_Zaak], entiteit: Entiteit, scope: Scope) -> None:
        """Add to these zaken the relations of `entiteit` that the scope asks."""
        if not zaken:
            return
        gevraagd = [relatie for relatie in entiteit.relaties if scope.vraagt(relatie)]
        is_van = entiteit.relatie(IS_VAN.naam)
        per_zaak: dict[int, list[_Zaak]] = defaultdict(list)
        for zaak in zaken:
            per_zaak[zaak.id].append(zaak)
            if is_van is not None and is_van in gevraagd:
                self._voeg_zaaktype_toe(zaak, is_van)
        for relatie in gevraagd:
            self._noteer_onbekend(zaken, relatie)
        self._vul_objecten(per_zaak, [relatie for relatie in gevraagd if relatie.naam in NAAR_OBJECTEN])
        if HEEFT in gevraagd:
            self._vul_statussen(per_zaak)
        self._vul_zaken(per_zaak, [relatie for relatie in gevraagd if relatie.naam in _NAAR_ZAKEN], scope)

    def _voeg_zaaktype_toe(self, zaak: _Zaak, is_van: Relatie) -> None:
        zaaktype = self._inrichting.zaaktype_met_id(zaak.zaaktype_id)
        if zaaktype is None:
            return
        eigen = dict(zaak.beeld.gegevens.get(is_van.naam) or {})  # type: ignore[arg-type]
        rest = eigen.pop(GERELATEERDE, {})
        beeld = Beeld({**zaaktype_gegevens(zaaktype), **rest})
        zaak.beeld.relaties[is_van.naam] = [RelatieBeeld(eigen, is_van.gerelateerde[0], beeld)]

    def _noteer_onbekend(self, zaken: Sequence[_Zaak], relatie: Relatie) -> None:
        """Note of which relations a message said, with another noValue than geenWaarde, that they are not known."""
        for zaak in zaken:
            onbekend = zaak.beeld.gegevens.get(ONBEKENDE_RELATIES)
            if isinstance(onbekend, dict) and relatie.naam in onbekend:
                zaak.beeld.onbekend[relatie.naam] = list(onbekend[relatie.naam])

    def _vul_objecten(self, per_zaak: Mapping[int, list[_Zaak]], relaties: Sequence[Relatie]) -> None:
        if not relaties:
            return
        op_naam = {relatie.naam: relatie for relatie in relaties}
        for rij in self._verbinding.execute(_RELATIES, {"ids": list(per_zaak), "relaties": list(op_naam)}).mappings():
            relatie = op_naam[rij["relatie"]]
            beeld = _relatiebeeld(relatie, van_rij(relatie.elementen, rij), rij, rij["inhoud"].get(GERELATEERDE))
            for zaak in per_zaak[rij["zaak_id"]]:
                zaak.beeld.relaties.setdefault(relatie.naam, []).append(beeld)

    def _vul_statussen(self, per_zaak: Mapping[int, list[_Zaak]]) -> None:
        parameters = {"ids": list(per_zaak), "alleen_laatste": self._alleen_laatste}
        for rij in self._verbinding.execute(_STATUSSEN, parameters).mappings():
            for zaak in per_zaak[rij["zaak_id"]]:
                zaak.beeld.relaties.setdefault(HEEFT.naam, []).append(self._statusbeeld(zaak, rij))

    def _statusbeeld(self, zaak: _Zaak, rij: Rij) -> RelatieBeeld:
        gegevens = van_rij(HEEFT.elementen, rij)
        gegevens["indicatieLaatsteStatus"] = "J" if rij["laatste"] else "N"
        zaaktype = self._inrichting.zaaktype_met_id(zaak.zaaktype_id)
        statustype = zaaktype.statustype_met_id(rij["statustype_id"]) if zaaktype else None
        bekend = statustype_gegevens(zaaktype, statustype) if zaaktype and statustype else {}
        beeld = RelatieBeeld(gegevens, HEEFT.gerelateerde[0], Beeld({**bekend, **rij["inhoud"].get(GERELATEERDE, {})}))
        gezet = rij["inhoud"].get(IS_GEZET_DOOR.naam, {})
        if "@noValue" in gezet:
            beeld.onbekend[IS_GEZET_DOOR.naam] = [gezet["@noValue"]]
        elif rij["entiteittype"] is not None or gezet:
            beeld.relaties[IS_GEZET_DOOR.naam] = [_relatiebeeld(IS_GEZET_DOOR, gezet, rij, gezet.get(GERELATEERDE))]
        return beeld

    def _vul_zaken(self, per_zaak: Mapping[int, list[_Zaak]], relaties: Sequence[Relatie], scope: Scope) -> None:
        if not relaties:
            return
        op_naam = {relatie.naam: relatie for relatie in relaties}
        verder: dict[str, list[_Zaak]] = defaultdict(list)
        parameters = {"ids": list(per_zaak), "relaties": list(op_naam)}
        for rij in self._verbinding.execute(_KOPPELINGEN, parameters).mappings():
            relatie = op_naam[rij["relatie"]]
            eigen: Gegevens = rij["koppeling"]
            for zaak in per_zaak[rij["zaak_id"]]:
                ander = _zaak(rij, relatie.gerelateerde[0].entiteit)
                verder[relatie.naam].append(ander)
                zaak.beeld.relaties.setdefault(relatie.naam, []).append(
                    RelatieBeeld(eigen, relatie.gerelateerde[0], ander.beeld)
                )
        for naam, zaken in verder.items():
            dieper = scope.relatie(naam).gerelateerde("")
            if dieper is not None:
                self.vul(zaken, op_naam[naam].gerelateerde[0].entiteit, dieper)


def _zaak(rij: Rij, entiteit: Entiteit) -> _Zaak:
    gegevens = van_rij(ZAK.elementen, rij)
    for naam in ("isVan", ONBEKENDE_RELATIES):
        if naam in rij["inhoud"]:
            gegevens[naam] = rij["inhoud"][naam]
    sleutel = str(rij["id"]) if entiteit is ZAK else ""
    return _Zaak(rij["id"], rij["zaaktype_id"], Beeld(gegevens, sleutel=sleutel))


def _relatiebeeld(relatie: Relatie, gegevens: Gegevens, rij: Rij, aanvulling: Mapping[str, Any] | None) -> RelatieBeeld:
    """A relation with its object: what the shared row says, and what this message said beyond it."""
    if rij["entiteittype"] is None:
        return RelatieBeeld({**gegevens, **({GERELATEERDE: dict(aanvulling)} if aanvulling else {})})
    keuze = _keuze(relatie, rij["entiteittype"])
    if keuze.entiteit.letterlijk:
        return RelatieBeeld(gegevens, keuze, Beeld(dict(rij["object_inhoud"])))
    entiteit = keuze.entiteit
    bekend = van_rij(entiteit.elementen, {**rij, "inhoud": rij["object_inhoud"]})
    # By what number somebody is known is that of his row: another one does not take its place.
    anders = {naam for naam, _ in entiteit.sleutels[1:]}
    gezegd = {naam: waarde for naam, waarde in (aanvulling or {}).items() if naam not in anders}
    return RelatieBeeld(gegevens, keuze, Beeld(voeg_samen(entiteit.elementen, bekend, gezegd)))


def _keuze(relatie: Relatie, entiteittype: str) -> Keuze:
    keuze = relatie.keuze_voor(entiteittype)
    if keuze is None:
        raise LookupError(f"{relatie.naam} leads to a {entiteittype}")
    return keuze

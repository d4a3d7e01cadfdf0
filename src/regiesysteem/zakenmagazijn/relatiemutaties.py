"""Changes of the relations of a zaak to people and things: verwerkingssoort T, W, V, I, E and R (StUF 03.01, 5.2.6)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.stuf import waarden
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Gerelateerde, Voorkomen
from regiesysteem.stuf.waarden import Gegevens
from regiesysteem.zakenmagazijn.objecten import Verwijzing
from regiesysteem.zakenmagazijn.paren import Verandering, herkenning
from regiesysteem.zakenmagazijn.regels import Rol
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, Rij, naar_rij, sleutel, van_rij, verschil
from regiesysteem.zakenmagazijn.vergelijken import Bewaking, gelijk, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.zaken import NAAR_OBJECTEN, relateer, relatierij

_LEES: Final = Sql("""
    -- the relations of a zaak that hold, each with its object
    SELECT r.id, r.relatie, r.code, r.omschrijving, r.toelichting, r.inhoud, o.entiteittype, o.sleutel,
           o.identificatie AS object_identificatie, o.naam AS object_naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = ANY(:relaties) AND r.beeindigd IS NULL
    ORDER BY r.id
""")
_VERWIJDER: Final = Sql("DELETE FROM zaak_relatie WHERE id = ANY(:ids) -- relations that are no longer relevant")
_BEEINDIG: Final = Sql("""
    -- relations that have ended
    UPDATE zaak_relatie SET beeindigd = b.op FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS b (id bigint, op text)
    WHERE zaak_relatie.id = b.id
""")
_WIJZIG: Final = Sql("""
    -- relations whose own elements changed
    UPDATE zaak_relatie
    SET code = w.code, omschrijving = w.omschrijving, toelichting = w.toelichting, inhoud = w.inhoud
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb))
         AS w (id bigint, code text, omschrijving text, toelichting text, inhoud jsonb)
    WHERE zaak_relatie.id = w.id
""")

_Plek = tuple[str, str | None, str | None]
"""Where a relation to an object is found: name of the relation, entiteittype and sleutel of the object."""


@dataclass(slots=True)
class Werk:
    """What has to happen to the relations of a zaak, gathered first and done in a fixed number of statements.

    `rollen` are the relations of each changed name as they will be.
    """

    verwijder: list[int] = field(default_factory=list)
    beeindig: list[dict[str, Any]] = field(default_factory=list)
    wijzig: dict[int, dict[str, Any]] = field(default_factory=dict)
    nieuw: list[Voorkomen] = field(default_factory=list)
    rollen: dict[str, list[Rol]] = field(default_factory=dict)

    @property
    def objecten(self) -> list[Gerelateerde]:
        """The objects that new relations lead to, to be registered; their references go into `voer_uit`."""
        return [een.gerelateerde for een in self.nieuw if een.gerelateerde is not None]


def plan(
    verbinding: Connection,
    bewaking: Bewaking,
    zaak_id: int,
    veranderingen: Mapping[str, Sequence[Verandering]],
    nu: str,
) -> Werk:
    """Work out the changes of relations to objects; one statement.

    Raises StUF064 for a relation that is to change, end or go and is not there, StUF067 when several may be meant.
    """
    te_doen = {
        naam: lijst
        for naam in NAAR_OBJECTEN
        if (lijst := [een for een in veranderingen.get(naam, ()) if een.soort != "I"])
    }
    werk = Werk()
    if not te_doen:
        return werk
    rijen = _LEES.voer_uit(verbinding, {"zaak_id": zaak_id, "relaties": list(te_doen)}).mappings().all()
    planner = _Planner(werk, bewaking, rijen, nu)
    for lijst in te_doen.values():
        for verandering in lijst:
            planner.plan(verandering)
    werk.rollen = planner.rollen(te_doen)
    return werk


def voer_uit(verbinding: Connection, zaak_id: int, werk: Werk, verwijzingen: Sequence[Verwijzing]) -> None:
    """Do the work; at most four statements. `verwijzingen` belong to `werk.objecten`."""
    if werk.verwijder:
        _VERWIJDER.voer_uit(verbinding, {"ids": werk.verwijder})
    for opdracht, rijen in ((_BEEINDIG, werk.beeindig), (_WIJZIG, list(werk.wijzig.values()))):
        if rijen:
            opdracht.voer_uit(verbinding, {"rijen": orjson.dumps(rijen).decode()})
    volgende = iter(verwijzingen)
    relateer(verbinding, zaak_id, [relatierij(een, next(volgende) if een.gerelateerde else None) for een in werk.nieuw])


class _Planner:
    """Finds the rows that a message means; a row that goes is not meant again."""

    def __init__(self, werk: Werk, bewaking: Bewaking, rijen: Sequence[Rij], nu: str) -> None:
        self._werk = werk
        self._bewaking = bewaking
        self._nu = nu
        self._rijen: dict[_Plek, dict[int, Rij]] = defaultdict(dict)
        self._precies: dict[tuple[_Plek, str | None], dict[int, Rij]] = defaultdict(dict)
        for rij in rijen:
            self._rijen[_plek(rij)][rij["id"]] = rij
            self._precies[_plek(rij), rij["omschrijving"]][rij["id"]] = rij

    def plan(self, verandering: Verandering) -> None:
        soort = verandering.soort
        if soort == "T":
            self._voeg_toe(verandering.nieuw)
            return
        rij = self._vind(verandering.oud)
        if soort == "W":
            self._wijzig(rij, verandering.was, verandering.nieuw)
            return
        del self._rijen[_plek(rij)][rij["id"]]
        del self._precies[_plek(rij), rij["omschrijving"]][rij["id"]]
        if soort == "V":
            self._werk.verwijder.append(rij["id"])
        else:
            self._werk.beeindig.append({"id": rij["id"], "op": _einde(verandering.oud) or self._nu})
        if soort == "R":
            self._voeg_toe(verandering.nieuw)

    def rollen(self, namen: Mapping[str, Any]) -> dict[str, list[Rol]]:
        """The relations with these names as they will be."""
        uit: dict[str, list[Rol]] = {naam: [] for naam in namen}
        for (relatie, entiteittype, _), rijen in self._rijen.items():
            for rij in rijen.values():
                eigen = self._werk.wijzig.get(rij["id"], rij)
                uit[relatie].append(Rol(entiteittype, eigen["omschrijving"]))
        for een in self._werk.nieuw:
            code = een.gerelateerde.entiteit.code if een.gerelateerde else None
            uit[een.relatie.naam].append(Rol(code, waarden.tekst(een.gegevens.get("omschrijving"))))
        return uit

    def _voeg_toe(self, nieuw: Voorkomen) -> None:
        """Add a relation; one to the same object with the same omschrijving is that relation, told again."""
        omschrijving = waarden.tekst(nieuw.gegevens.get("omschrijving"))
        kandidaten = self._kandidaten(nieuw, [omschrijving]) if herkenning(nieuw.gerelateerde) else []
        gelijke = next(iter(kandidaten), None)
        if gelijke is not None:
            self._wijzig(gelijke, None, nieuw, ook_object=True)
        else:
            self._werk.nieuw.append(nieuw)

    def _wijzig(self, rij: Rij, was: Voorkomen | None, nieuw: Voorkomen, *, ook_object: bool = False) -> None:
        """Change a relation; of its object only what this zaak says of it (docs/afwijkingen.md 10)."""
        elementen = nieuw.relatie.elementen
        huidig = {**rij, **self._werk.wijzig.get(rij["id"], {})}
        bekend = van_rij(elementen, huidig)
        pad = f"{nieuw.relatie.naam}/"
        veranderd = wijzigingen(self._bewaking, pad, bekend, was.gegevens if was else None, nieuw.gegevens)
        veranderd.pop(GERELATEERDE, None)
        na = naar_rij(elementen, toegepast(elementen, bekend, veranderd))
        aanvulling = huidig["inhoud"].get(GERELATEERDE)
        if nieuw.gerelateerde is not None and (ook_object or nieuw.gerelateerde.verwerkingssoort == "W"):
            aanvulling = self._aanvulling(huidig, was.gerelateerde if was else None, nieuw.gerelateerde)
        if aanvulling:
            na["inhoud"][GERELATEERDE] = aanvulling
        kolommen = {"code": None, "omschrijving": None, "toelichting": None}
        self._werk.wijzig[rij["id"]] = {"id": rij["id"], **kolommen, **na}

    def _aanvulling(self, rij: Rij, was: Gerelateerde | None, nieuw: Gerelateerde) -> Gegevens:
        """What this zaak says of the object beyond its shared row, after a change."""
        entiteit = nieuw.entiteit
        if entiteit.letterlijk:
            return dict(rij["inhoud"].get(GERELATEERDE, {}))
        gedeeld = _gedeeld(nieuw, rij)
        bekend = {**gedeeld, **rij["inhoud"].get(GERELATEERDE, {})}
        pad = f"gerelateerde/{nieuw.naam}/"
        veranderd = wijzigingen(self._bewaking, pad, bekend, was.gegevens if was else None, nieuw.gegevens)
        return verschil({**rij["inhoud"].get(GERELATEERDE, {}), **veranderd}, gedeeld)

    def _vind(self, gezocht: Voorkomen) -> Rij:
        """The relation that a message means, by the kerngegevens of its gerelateerde, then by its own elements."""
        kandidaten = self._kandidaten(gezocht)
        if len(kandidaten) > 1:
            omschrijving = waarden.tekst(gezocht.gegevens.get("omschrijving"))
            kandidaten = self._kandidaten(gezocht, [omschrijving] if omschrijving else [])
            kandidaten = [rij for rij in kandidaten if _zegt(rij, gezocht)]
        relatie = gezocht.relatie
        if not kandidaten:
            wie = _wie(gezocht.gerelateerde)
            raise StufFout("StUF064", f"object/{relatie.naam}: de zaak heeft geen zodanige relatie met {wie}")
        eerste, *andere = kandidaten
        if any(van_rij(relatie.elementen, rij) != van_rij(relatie.elementen, eerste) for rij in andere):
            raise StufFout(
                "StUF067",
                f"object/{relatie.naam}: de zaak heeft {len(kandidaten)} zulke relaties met "
                f"{_wie(gezocht.gerelateerde)}; noem ook de omschrijving of toelichting van de relatie",
            )
        return eerste

    def _kandidaten(self, gezocht: Voorkomen, omschrijvingen: Sequence[str | None] = ()) -> list[Rij]:
        """The relations with such an object, only those with these omschrijvingen when there are any.

        One object may have thousands: those are not gone through for each of them.
        """
        gerelateerde, naam = gezocht.gerelateerde, gezocht.relatie.naam
        plek: _Plek = (naam, None, None)
        if gerelateerde is not None:
            plek = (naam, gerelateerde.entiteit.code, sleutel(gerelateerde.entiteit, gerelateerde.gegevens))
        lijsten = [self._precies[plek, een] for een in omschrijvingen] or [self._rijen[plek]]
        rijen = [rij for lijst in lijsten for rij in lijst.values()]
        if gerelateerde is None or plek[2] is not None:
            return rijen
        kern = {naam: w for naam, w in gerelateerde.gegevens.items() if not waarden.is_leeg(w)}
        return [rij for rij in rijen if _bevat(_object_gegevens(gerelateerde, rij), kern)]


def _plek(rij: Rij) -> _Plek:
    return rij["relatie"], rij["entiteittype"], rij["sleutel"]


def _zegt(rij: Rij, gezocht: Voorkomen) -> bool:
    """Whether a row agrees with the own elements that a message gives of a relation."""
    eigen = {naam: w for naam, w in gezocht.gegevens.items() if naam not in (GERELATEERDE, "tijdvakRelatie")}
    return _bevat(van_rij(gezocht.relatie.elementen, rij), eigen)


def _bevat(bekend: Gegevens, gezegd: Gegevens) -> bool:
    return all(gelijk(bekend.get(naam), waarde) for naam, waarde in gezegd.items())


def _gedeeld(gerelateerde: Gerelateerde, rij: Rij) -> Gegevens:
    kolommen = {
        "identificatie": rij["object_identificatie"],
        "naam": rij["object_naam"],
        "inhoud": rij["object_inhoud"],
    }
    return van_rij(gerelateerde.entiteit.elementen, kolommen)


def _object_gegevens(gerelateerde: Gerelateerde, rij: Rij) -> Gegevens:
    if gerelateerde.entiteit.letterlijk:
        return dict(rij["object_inhoud"])
    aanvulling: Gegevens = rij["inhoud"].get(GERELATEERDE, {})
    return _gedeeld(gerelateerde, rij) | aanvulling


def _einde(voorkomen: Voorkomen) -> str | None:
    tijdvak = voorkomen.gegevens.get("tijdvakRelatie")
    return waarden.tekst(tijdvak.get("eindRelatie")) if isinstance(tijdvak, dict) else None


def _wie(gerelateerde: Gerelateerde | None) -> str:
    if gerelateerde is None:
        return "niemand"
    naam, gegevens = gerelateerde.naam or gerelateerde.entiteit.code, gerelateerde.gegevens
    namen = [element for element, _ in gerelateerde.entiteit.sleutels] or ["identificatie"]
    gezegd = ((element, waarden.tekst(gegevens.get(element))) for element in namen)
    met = (f"{naam} met {element} {waarde!r}" for element, waarde in gezegd if waarde)
    return next(met, f"{naam} zonder identificatie")

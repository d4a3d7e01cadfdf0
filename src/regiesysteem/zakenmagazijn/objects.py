"""Relations of a zaak to people, organisations and things: registered once, found again, and changed.

Two objects are the same when their identifying element is. A relation is found by its object, as far as the message
names that, and then by its own elements (StUF 03.01, 5.2.6), so `relations.plan_pairs` does not serve here
(docs/besluiten).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.compare import (
    Bewaking,
    bewaak,
    bewaak_bekend,
    gelijk,
    toegepast,
    wijzigingen,
)
from regiesysteem.zakenmagazijn.pairs import Verandering, beschrijving, dubbel, herkenning, samen
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, Changes, as_json
from regiesysteem.zakenmagazijn.rows import (
    GERELATEERDE,
    TIJDVAK,
    Rij,
    beeindiging,
    einde,
    geldt,
    naar_rij,
    sleutel,
    van_rij,
    verschil,
)
from regiesysteem.zakenmagazijn.rules import Rol

_LEES: Final = Sql(f"""
    -- the relations of a zaak that hold, each with its object
    SELECT r.id, {", ".join(f"r.{column}" for column in TO_OBJECTS.columns)}, o.entiteittype, o.sleutel,
           o.identificatie AS object_identificatie, o.naam AS object_naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = ANY(:relaties) AND regie_geldt(r.beeindigd)
    ORDER BY r.id
""")  # noqa: S608 - names of columns, from the entity table
_RELATE: Final = Sql(f"""
    -- relations of a zaak
    {TO_OBJECTS.insert({"zaak_id": "CAST(:zaak_id AS bigint)"})}
""")

_REGISTREER = Sql("""
    -- the objects that a message names: the known ones, and the new ones, which it registers;
    -- one that another message registers meanwhile is in neither
    WITH genoemd AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:genoemd AS jsonb))
                 AS g (plaats int, entiteittype text, sleutel text, identificatie text, naam text, inhoud jsonb)
    ), bekend AS MATERIALIZED (
        SELECT o.id, g.plaats, o.identificatie, o.naam, o.inhoud
        FROM genoemd g JOIN object o ON o.sleutel = g.sleutel AND o.entiteittype = g.entiteittype
    ), nieuw AS (
        INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
        SELECT g.entiteittype, g.sleutel, g.identificatie, g.naam, g.inhoud FROM genoemd g
        WHERE g.plaats NOT IN (SELECT plaats FROM bekend)
        ORDER BY g.sleutel NULLS LAST, g.plaats
        ON CONFLICT (sleutel, entiteittype) DO NOTHING
        RETURNING id, entiteittype, sleutel
    )
    SELECT id, plaats, identificatie, naam, inhoud, NULL AS entiteittype, NULL AS sleutel FROM bekend
    UNION ALL
    SELECT id, NULL, NULL, NULL, NULL, entiteittype, sleutel FROM nieuw
    ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Verwijzing:
    """The place of a gerelateerde: its row, and the values of its message beyond that row (kept with the relation)."""

    object_id: int
    aanvulling: Gegevens


@dataclass(slots=True)
class _Bekend:
    """A registered object, with its known values."""

    id: int
    gegevens: Gegevens


def registreer(verbinding: Connection, gerelateerden: Sequence[Gerelateerde]) -> list[Verwijzing]:
    """Find or register the objects of a message, in the order given; one statement, however many there are.

    An existing object is left as it is, also when it came with verwerkingssoort T (T of an existing object counts as
    I); values of the message beyond its row go into `aanvulling`. A second statement is needed only when another
    message registers one of them at the same moment.
    """
    if not gerelateerden:
        return []
    plekken = [_plek(plaats, gerelateerde) for plaats, gerelateerde in enumerate(gerelateerden)]
    # An object that is named twice is one object, with the values that came first.
    eerste: dict[_Plek, Gerelateerde] = {}
    for plek, gerelateerde in zip(plekken, gerelateerden, strict=True):
        eerste.setdefault(plek, gerelateerde)
    bekend = _vind_of_maak(verbinding, eerste)
    if len(bekend) < len(eerste):
        # Another message registered them between our look and our insert; it has committed, so they are there now.
        bekend |= _vind_of_maak(verbinding, {plek: wie for plek, wie in eerste.items() if plek not in bekend})
    return [
        Verwijzing(bekend[plek].id, _aanvulling(gerelateerde.gegevens, bekend[plek].gegevens))
        for plek, gerelateerde in zip(plekken, gerelateerden, strict=True)
    ]


def _aanvulling(gezegd: Gegevens, bekend: Gegevens) -> Gegevens:
    """The values in a message beyond the row of an object, with the extraElementen of both: each naam is an element."""
    samen = {extra.NAAM: extra.samen(bekend.get(extra.NAAM), gezegd[extra.NAAM])} if extra.NAAM in gezegd else {}
    return verschil(gezegd | samen, bekend)


_Plek = tuple[str, str | None, int]
"""The key of an object in its message: entiteittype and sleutel, or its place when it has no sleutel."""


def _plek(plaats: int, gerelateerde: Gerelateerde) -> _Plek:
    waarde = sleutel(gerelateerde.entiteit, gerelateerde.gegevens)
    return gerelateerde.entiteit.code, waarde, plaats if waarde is None else 0


def _vind_of_maak(verbinding: Connection, genoemd: dict[_Plek, Gerelateerde]) -> dict[_Plek, _Bekend]:
    plekken = list(genoemd)
    rijen = [
        {"plaats": plaats, "entiteittype": plek[0], "sleutel": plek[1], **_rij(genoemd[plek])}
        for plaats, plek in enumerate(plekken)
    ]
    zonder_sleutel = iter([plek for plek in plekken if plek[1] is None])
    uit: dict[_Plek, _Bekend] = {}
    for rij in _REGISTREER.voer_uit(verbinding, {"genoemd": as_json(rijen)}).mappings():
        if rij["plaats"] is not None:
            plek = plekken[rij["plaats"]]
            uit[plek] = _Bekend(rij["id"], van_rij(genoemd[plek].entiteit.elementen, rij))
        else:
            # New rows got their ids in the order of the insert, so those without a sleutel come in their order.
            plek = (rij["entiteittype"], rij["sleutel"], 0) if rij["sleutel"] is not None else next(zonder_sleutel)
            uit[plek] = _Bekend(rij["id"], genoemd[plek].gegevens)
    return uit


def _rij(gerelateerde: Gerelateerde) -> dict[str, Any]:
    if gerelateerde.entiteit.letterlijk:
        return {"identificatie": None, "naam": None, "inhoud": gerelateerde.gegevens}
    return {"identificatie": None, "naam": None, **naar_rij(gerelateerde.entiteit.elementen, gerelateerde.gegevens)}


# --- Relations to objects


def relation_row(voorkomen: Voorkomen, verwijzing: Verwijzing | None) -> dict[str, Any]:
    """The row of a relation to an object."""
    rij = TO_OBJECTS.row(voorkomen.gegevens)
    if verwijzing is not None and verwijzing.aanvulling:
        rij["inhoud"][GERELATEERDE] = verwijzing.aanvulling
    elif verwijzing is None and GERELATEERDE in voorkomen.gegevens:
        rij["inhoud"][GERELATEERDE] = voorkomen.gegevens[GERELATEERDE]
    return rij | {
        "relatie": voorkomen.relatie.naam,
        "object_id": verwijzing.object_id if verwijzing else None,
    }


_Place = tuple[str, str | None, str | None]
"""The key of a relation to an object: name of the relation, entiteittype and sleutel of the object."""


@dataclass(slots=True)
class Werk:
    """The changes of the relations of a zaak, gathered first and done in a fixed number of statements.

    `rollen` are the relations of each changed name as they will be.
    """

    rijen: Changes = field(default_factory=lambda: Changes(TO_OBJECTS))
    nieuw: list[Voorkomen] = field(default_factory=list)
    rollen: dict[str, list[Rol]] = field(default_factory=dict)

    @property
    def objecten(self) -> list[Gerelateerde]:
        """The objects that new relations lead to, to be registered; their references go into `voer_uit`."""
        return [een.gerelateerde for een in self.nieuw if een.gerelateerde is not None]


def plan_objects(
    verbinding: Connection,
    bewaking: Bewaking,
    zaak_id: int,
    veranderingen: Mapping[str, Sequence[Verandering]],
    nu: str,
) -> Werk:
    """Work out the changes of relations to objects; one statement.

    Existing relations are changed, ended or removed before new ones are added, so that the order of the relations in a
    message does not matter. Raises StUF064 for a relation that is to change, end or go and does not exist, StUF067 when
    several may be meant, or one is named twice (StUF 03.01, 5.2.4).
    """
    te_doen = {
        naam: lijst
        for naam in TO_OBJECTS.names
        if (lijst := [een for een in veranderingen.get(naam, ()) if een.soort != "I"])
    }
    werk = Werk()
    if not te_doen:
        return werk
    rijen = _LEES.voer_uit(verbinding, {"zaak_id": zaak_id, "relaties": list(te_doen)}).mappings().all()
    planner = _Planner(werk, bewaking, rijen, nu)
    alle = [een for lijst in te_doen.values() for een in lijst]
    erbij = [verandering.nieuw for verandering in alle if verandering.soort in "TR"]
    for verandering, rij in [(een, planner.vind(een.oud)) for een in alle if een.soort != "T"]:
        erbij += planner.plan_bestaand(verandering, rij)
    for nieuw in samen(erbij):
        planner.voeg_toe(nieuw)
    werk.rollen = planner.rollen(te_doen)
    return werk


def write_objects(verbinding: Connection, zaak_id: int, werk: Werk, verwijzingen: Sequence[Verwijzing]) -> None:
    """Do the work; at most four statements. `verwijzingen` belong to `werk.objecten`."""
    werk.rijen.write(verbinding)
    volgende = iter(verwijzingen)
    nieuw = [relation_row(een, next(volgende) if een.gerelateerde else None) for een in werk.nieuw]
    if nieuw:
        _RELATE.voer_uit(verbinding, {"zaak_id": zaak_id, "rijen": as_json(nieuw)})


class _Planner:
    """Finds the rows that a message means, each once."""

    def __init__(self, werk: Werk, bewaking: Bewaking, rijen: Sequence[Rij], nu: str) -> None:
        self._werk = werk
        self._bewaking = bewaking
        self._nu = nu
        self._rijen: dict[_Place, dict[int, Rij]] = defaultdict(dict)
        self._precies: dict[tuple[_Place, str | None], dict[int, Rij]] = defaultdict(dict)
        self._bedoeld: set[int] = set()
        self._gewijzigd: dict[int, Voorkomen] = {}
        for rij in rijen:
            self._rijen[_place(rij)][rij["id"]] = rij
            self._precies[_place(rij), rij["omschrijving"]][rij["id"]] = rij

    def plan_bestaand(self, verandering: Verandering, rij: Rij) -> list[Voorkomen]:
        """Change (W), remove (V) or end (E, R) the relation of a row from `vind`; gives its replacement, by W."""
        soort, was = verandering.soort, verandering.was
        if soort == "W":
            return self._wijzig(rij, was, verandering.nieuw)
        if was is not None:
            self._bewaak(rij, was)
        if soort == "V":
            self._verwijder(rij)
            self._werk.rijen.removed.append(rij["id"])
            return []
        eind = beeindiging(rij, verandering.oud.gegevens, self._nu)
        if geldt(eind["op"], self._nu):
            # It holds until then, and may be told again.
            self._schrijf(rij, {**rij, "beeindigd": eind["op"], "inhoud": {**rij["inhoud"], **eind["inhoud"]}})
        else:
            self._verwijder(rij)
            self._werk.rijen.ended.append(eind)
        return []

    def _bewaak(self, rij: Rij, was: Voorkomen) -> None:
        """Guard a relation that goes or ends, and its object as far as it is known."""
        bewaak(self._bewaking, f"{was.relatie.naam}/", van_rij(was.relatie.elementen, rij), was.gegevens)
        wie = was.gerelateerde
        if wie is not None and not wie.entiteit.letterlijk:
            pad = f"{was.relatie.naam}/gerelateerde/{wie.naam}/"
            bewaak_bekend(self._bewaking, pad, _object_gegevens(wie, rij), wie.gegevens)

    def rollen(self, namen: Mapping[str, Any]) -> dict[str, list[Rol]]:
        """The relations with these names as they will be."""
        uit: dict[str, list[Rol]] = {naam: [] for naam in namen}
        for (relatie, entiteittype, _), rijen in self._rijen.items():
            actueel = (rij for rij in rijen.values() if geldt(rij["beeindigd"], self._nu))
            uit[relatie] += [Rol(entiteittype, rij["omschrijving"]) for rij in actueel]
        for een in self._werk.nieuw:
            if not geldt(einde(een.gegevens), self._nu):
                continue
            code = een.gerelateerde.entiteit.code if een.gerelateerde else None
            uit[een.relatie.naam].append(Rol(code, values.tekst(een.gegevens.get("omschrijving"))))
        return uit

    def voeg_toe(self, nieuw: Voorkomen) -> None:
        """Add a relation; one to the same object with the same omschrijving is that relation, told again."""
        omschrijving = values.tekst(nieuw.gegevens.get("omschrijving"))
        kandidaten = self._kandidaten(nieuw, [omschrijving]) if herkenning(nieuw.gerelateerde) else []
        gelijke = next(iter(kandidaten), None)
        if gelijke is None:
            self._werk.nieuw.append(nieuw)
            return
        if (eerder := self._gewijzigd.get(gelijke["id"])) is not None:
            samen([eerder, nieuw])
        self._wijzig(gelijke, None, nieuw, ook_object=True)

    def _verwijder(self, rij: Rij) -> None:
        del self._rijen[_place(rij)][rij["id"]]
        del self._precies[_place(rij), rij["omschrijving"]][rij["id"]]

    def _schrijf(self, rij: Rij, nu: Rij) -> None:
        """Note the new values of a row, and find it by them from now on."""
        self._verwijder(rij)
        self._rijen[_place(nu)][nu["id"]] = self._precies[_place(nu), nu["omschrijving"]][nu["id"]] = nu
        self._werk.rijen.changed[nu["id"]] = nu

    def _wijzig(
        self, rij: Rij, was: Voorkomen | None, nieuw: Voorkomen, *, ook_object: bool = False
    ) -> list[Voorkomen]:
        """Change a relation; of its object only the values that belong to this zaak (docs/afwijkingen.md 10).

        Gives the relation that takes its place where the object becomes another.
        """
        self._gewijzigd[rij["id"]] = nieuw
        elementen = nieuw.relatie.elementen
        bekend = van_rij(elementen, rij)
        _eis_dieper(bekend, was, nieuw)
        pad = f"{nieuw.relatie.naam}/"
        veranderd = wijzigingen(self._bewaking, pad, bekend, was.gegevens if was else None, nieuw.gegevens)
        veranderd.pop(GERELATEERDE, None)
        eigen = toegepast(elementen, bekend, veranderd)
        na = naar_rij(elementen, eigen)
        aanvulling = rij["inhoud"].get(GERELATEERDE)
        if nieuw.gerelateerde is not None and (ook_object or nieuw.gerelateerde.verwerkingssoort == "W"):
            aanvulling, ander = self._van_object(rij, was.gerelateerde if was else None, nieuw.gerelateerde)
            if ander is not None and not ook_object:
                self._verwijder(rij)
                self._werk.rijen.ended.append(beeindiging(rij, {}, self._nu))
                return [replace(nieuw, gegevens=eigen, gerelateerde=ander)]
        if aanvulling:
            na["inhoud"][GERELATEERDE] = aanvulling
        kolommen = {"code": None, "omschrijving": None, "toelichting": None}
        self._schrijf(rij, {**rij, **kolommen, **na, "beeindigd": einde(eigen)})
        return []

    def _van_object(
        self, rij: Rij, was: Gerelateerde | None, nieuw: Gerelateerde
    ) -> tuple[Gegevens, Gerelateerde | None]:
        """The values of the object beyond its shared row, after a change; and the object that takes its place.

        An object is found by its number, so with another number it becomes another object, as with R. A person who got
        a number beside none, or instead of one of another kind, is the same: its known values go along.
        """
        entiteit, eigen = nieuw.entiteit, dict(rij["inhoud"].get(GERELATEERDE, {}))
        if entiteit.letterlijk or entiteit.code != rij["entiteittype"]:
            return eigen, None
        gedeeld = _gedeeld(nieuw, rij)
        bekend = {**gedeeld, **eigen}
        pad = f"gerelateerde/{nieuw.naam}/"
        veranderd = wijzigingen(self._bewaking, pad, bekend, was.gegevens if was else None, nieuw.gegevens)
        samen = toegepast(entiteit.elementen, bekend, veranderd)
        wordt, nu = sleutel(entiteit, samen), rij["sleutel"]
        ander = None
        if wordt != nu:
            ander_persoon = wordt is not None and nu is not None and wordt.partition(":")[0] == nu.partition(":")[0]
            ander = replace(nieuw, gegevens=dict(nieuw.gegevens) if ander_persoon else samen)
        return verschil({**eigen, **veranderd}, gedeeld), ander

    def vind(self, gezocht: Voorkomen) -> Rij:
        """The relation that a message means, by the kerngegevens of its gerelateerde, then by its own elements."""
        kandidaten = self._kandidaten(gezocht)
        if len(kandidaten) > 1:
            omschrijving = values.tekst(gezocht.gegevens.get("omschrijving"))
            kandidaten = self._kandidaten(gezocht, [omschrijving] if omschrijving else [])
            kandidaten = [rij for rij in kandidaten if _zegt(rij, gezocht)]
        relatie = gezocht.relatie
        if not kandidaten:
            wie = beschrijving(gezocht.gerelateerde)
            raise StufFout("StUF064", f"object/{relatie.naam}: de zaak heeft geen zodanige relatie met {wie}")
        eerste, *andere = kandidaten
        if any(_gezegd(relatie, rij) != _gezegd(relatie, eerste) for rij in andere):
            raise StufFout(
                "StUF067",
                f"object/{relatie.naam}: de zaak heeft {len(kandidaten)} zulke relaties met "
                f"{beschrijving(gezocht.gerelateerde)}; noem ook de omschrijving of toelichting van de relatie",
            )
        vrij = next((rij for rij in kandidaten if rij["id"] not in self._bedoeld), None)
        if vrij is None:
            raise dubbel(gezocht)
        self._bedoeld.add(vrij["id"])
        return vrij

    def _kandidaten(self, gezocht: Voorkomen, omschrijvingen: Sequence[str | None] = ()) -> list[Rij]:
        """The relations with such an object, only those with these omschrijvingen when there are any.

        One object may have thousands, so they are found by an index.
        """
        gerelateerde, naam = gezocht.gerelateerde, gezocht.relatie.naam
        plek: _Place = (naam, None, None)
        if gerelateerde is not None:
            plek = (naam, gerelateerde.entiteit.code, sleutel(gerelateerde.entiteit, gerelateerde.gegevens))
        lijsten = [self._precies[plek, een] for een in omschrijvingen] or [self._rijen[plek]]
        rijen = [rij for lijst in lijsten for rij in lijst.values()]
        if gerelateerde is None or plek[2] is not None:
            return rijen
        kern = {naam: w for naam, w in gerelateerde.gegevens.items() if not values.is_leeg(w)}
        return [rij for rij in rijen if _bevat(_object_gegevens(gerelateerde, rij), kern)]


def _eis_dieper(bekend: Gegevens, was: Voorkomen | None, nieuw: Voorkomen) -> None:
    """Refuse to change, end or remove an absent relation below a relation; raises StUF064, as for the relation itself.

    An old half without a value names nothing, so it asks nothing (StUF 03.01, 5.2.6).
    """
    dieper = {**(was.dieper if was is not None else {}), **nieuw.dieper}
    for naam, soort in dieper.items():
        zwijgt = values.is_leeg((was or nieuw).gegevens.get(naam)) and (was is not None or soort == "W")
        if soort in "VERW" and not zwijgt and values.is_leeg(bekend.get(naam)):
            raise StufFout("StUF064", f"object/{nieuw.relatie.naam}/{naam}: de relatie heeft er geen")


def _place(rij: Rij) -> _Place:
    return rij["relatie"], rij["entiteittype"], rij["sleutel"]


def _zegt(rij: Rij, gezocht: Voorkomen) -> bool:
    """Tell whether a row agrees with the own elements that a message gives of a relation."""
    eigen = {naam: w for naam, w in gezocht.gegevens.items() if naam not in (GERELATEERDE, TIJDVAK)}
    return _bevat(van_rij(gezocht.relatie.elementen, rij), eigen)


def _gezegd(relatie: Relatie, rij: Rij) -> tuple[object, ...]:
    """The values of a zaak about a relation and the object at its other end."""
    return van_rij(relatie.elementen, rij), rij["object_inhoud"], rij["object_naam"], rij["inhoud"].get(GERELATEERDE)


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

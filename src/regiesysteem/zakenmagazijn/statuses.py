"""The statuses of a zaak: which is the last, how they change, and what that means for the zaak.

Sources: ZDS 4.1.3; docs/afwijkingen.md 20 and 30.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Statustype, Zaaktype
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import GEEN_WAARDE, Gegevens, Waarde
from regiesysteem.zakenmagazijn.compare import Bewaking, bewaak, gelijk, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.objects import Verwijzing
from regiesysteem.zakenmagazijn.pairs import Verandering, herkenning
from regiesysteem.zakenmagazijn.relations import TO_STATUSES, Changes
from regiesysteem.zakenmagazijn.rows import (
    GERELATEERDE,
    TIJDVAK,
    Rij,
    aanvulling,
    bepaal_statustype,
    naar_rij,
    sleutel,
    statustype_gegevens,
    van_rij,
    vind_bestaand_statustype,
)
from regiesysteem.zkn.zaak import HEEFT, IS_GEZET_DOOR

# --- The statuses of a zaak: the last one, and its effect on the zaak (ZDS 4.1.3.1)

_LENGTE_MOMENT = 17
_INGEVULD: Final = "@ingevuld"
"""The key that marks a status that no message reported."""


def invoeging(zaak: str) -> str:
    """SQL that inserts the rows :statussen, in their order, at the zaak that is the one row of `zaak`."""
    return TO_STATUSES.insert({"zaak_id": "z.id"}, f"{zaak} z", "statussen")


_VOEG_TOE = Sql(f"{invoeging('(SELECT CAST(:zaak_id AS bigint) AS id)')} -- statuses of a zaak")


@dataclass(frozen=True, slots=True)
class NieuweStatus:
    """A status of a message with its statustype found."""

    voorkomen: Voorkomen
    statustype: Statustype

    @property
    def moment(self) -> str:
        """DatumStatusGezet at full length."""
        return moment(self.voorkomen.gegevens)

    @property
    def gezet_door(self) -> Gerelateerde | None:
        """The medewerker or eenheid that set it."""
        return gezet_door(self.voorkomen)


def gezet_door(voorkomen: Voorkomen) -> Gerelateerde | None:
    """The medewerker or eenheid that set a status, when the message has it."""
    voorkomens = voorkomen.relaties.get("isGezetDoor", ())
    return voorkomens[0].gerelateerde if voorkomens else None


def moment(gegevens: Gegevens) -> str:
    """DatumStatusGezet, 8 to 17 digits, filled up with zeros to compare; "" when it has no value."""
    tijdstip = values.tekst(gegevens.get("datumStatusGezet"))
    return tijdstip.ljust(_LENGTE_MOMENT, "0") if tijdstip else ""


def lees_statussen(verbinding: Connection, zaaktype: Zaaktype, voorkomens: Sequence[Voorkomen]) -> list[NieuweStatus]:
    """Find the statustype of each status. Raises the faults of `bepaal_statustype` and `eis_datum`."""
    lijst = [NieuweStatus(v, bepaal_statustype(verbinding, zaaktype, v.gerelateerde)) for v in voorkomens]
    for status in lijst:
        eis_datum(status)
    return lijst


def eerste_status(zaaktype: Zaaktype, op: str) -> dict[str, Any] | None:
    """The row of the status of a zaak whose message has none, set on a day; None where the zaaktype has no statuses."""
    if zaaktype.eerste_status is None:
        return None
    return {
        "statustype_id": zaaktype.eerste_status.id,
        "datum_status_gezet": op,
        "moment": op.ljust(_LENGTE_MOMENT, "0"),
        "laatste": True,
        "inhoud": {_INGEVULD: True},
    }


def is_ingevuld(rij: Mapping[Any, Any]) -> bool:
    """Tell whether a status was filled in: it gives way to any reported one (docs/afwijkingen.md 19)."""
    return _INGEVULD in rij["inhoud"]


def status_rij(
    zaaktype: Zaaktype, status: NieuweStatus, gezet_door: Verwijzing | None, *, laatste: bool
) -> dict[str, Any]:
    """The row of a status of a message."""
    voorkomen = status.voorkomen
    rij = naar_rij(voorkomen.relatie.elementen, voorkomen.gegevens)
    inhoud = rij["inhoud"]
    inhoud.pop("indicatieLaatsteStatus", None)
    if voorkomen.gerelateerde is not None:
        rest = aanvulling(voorkomen.gerelateerde.gegevens, statustype_gegevens(zaaktype, status.statustype))
        if rest:
            inhoud[GERELATEERDE] = rest
    gezet = _gezet_door_inhoud(voorkomen, gezet_door)
    if gezet:
        inhoud["isGezetDoor"] = gezet
    rij |= {
        "statustype_id": status.statustype.id,
        "moment": status.moment,
        "laatste": laatste,
        "gezet_door_id": gezet_door.object_id if gezet_door else None,
    }
    return rij


def _gezet_door_inhoud(voorkomen: Voorkomen, gezet_door: Verwijzing | None) -> Gegevens:
    """The rest of isGezetDoor: its own elements, the values beyond the row of the object, or its noValue."""
    voorkomens = voorkomen.relaties.get("isGezetDoor", ())
    if not voorkomens:
        return {}
    gezet = voorkomens[0]
    if gezet.leeg:
        return {"@noValue": gezet.leeg}
    uit = dict(gezet.gegevens)
    if gezet_door is not None and gezet_door.aanvulling:
        uit[GERELATEERDE] = gezet_door.aanvulling
    elif gezet_door is None:
        uit.setdefault(GERELATEERDE, {})
    return uit


def laatste_van(statussen: Sequence[NieuweStatus]) -> int | None:
    """The place of the last status among those of one message: greatest moment, then the later in the message."""
    if not statussen:
        return None
    return max(range(len(statussen)), key=lambda plaats: (statussen[plaats].moment, plaats))


def voeg_toe(verbinding: Connection, zaak_id: int, rijen: Sequence[dict[str, Any]]) -> None:
    """Insert status rows in one statement."""
    if rijen:
        _VOEG_TOE.voer_uit(verbinding, {"zaak_id": zaak_id, "statussen": orjson.dumps(list(rijen)).decode()})


def einddatum_bij(statustype: Statustype, op: str) -> str | None:
    """The einddatum that a last status gives its zaak: the day of an eindstatus, None for another status."""
    return op[:8] if statustype.eindstatus and op else None


def eis_datum(status: NieuweStatus) -> None:
    """Refuse a status without datumStatusGezet (ZDS 4.1.3.2: required). Raises StUF055."""
    if not status.moment:
        raise StufFout("StUF055", "object/heeft/datumStatusGezet ontbreekt of is leeg (ZDS 4.1.3.2)")


# --- Changes of the statuses of a zaak, and whether they open or close it (ZDS 4.1.3.1; docs/afwijkingen.md 20 and 30)

_LEES: Final = Sql("""
    -- the statuses of a zaak
    SELECT s.id, s.statustype_id, s.datum_status_gezet, s.moment, s.laatste, s.toelichting, s.gezet_door_id, s.inhoud,
           o.entiteittype, o.sleutel
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id WHERE s.zaak_id = :zaak_id
""")
_ZET_LAATSTE: Final = Sql("""
    -- the last status of a zaak; none of these when a new one is the last
    UPDATE zaak_status SET laatste = (id = :id) WHERE zaak_id = :zaak_id AND laatste <> (id = :id)
""")
_ONBEKEND: Final = "een onbekend statustype"
_GEEN: Final = 0
"""An id that no row has."""
_EERST: Final = {soort: plaats for plaats, soort in enumerate(("V", "E", "W", "R", "I", "T"))}
"""The order in which the verwerkingssoorten of one message are worked out: removals, then changes, then additions."""
_Plek = tuple[int, str]
"""The key of a status: id of its statustype, and its moment or "" for any."""
Moment = tuple[int | None, str]
"""The part of a status that opening and closing look at: id of its statustype, datumStatusGezet at full length."""


@dataclass(frozen=True, slots=True)
class Stand:
    """The effect of a change on the last status, and all statuses before and after."""

    gewijzigd: bool = False
    voor: Moment | None = None
    na: Moment | None = None
    statussen: tuple[Moment, ...] = ()

    def einddatum(self, zaaktype: Zaaktype, gegevens: Gegevens) -> Waarde | None:
        """The einddatum that follows from a new last status; None when it stays (docs/afwijkingen.md 20)."""
        if self.voor == self.na:
            return None
        eind = {
            statustype.id
            for statustype in (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
            if statustype.eindstatus
        }
        dagen = {op[:8] for soort, op in self.statussen if soort in eind}
        huidig = values.tekst(gegevens.get("einddatum"))
        if self.na is not None and self.na[0] in eind:
            return self.na[1][:8] if huidig is None or huidig in dagen else None
        return {"@noValue": GEEN_WAARDE} if huidig is not None and huidig in dagen else None


@dataclass(slots=True)
class _Correctie:
    """A status of the zaak and the change in a message; the old half of the message counts as guard only."""

    rij: Rij
    was: Voorkomen | None
    wordt: Voorkomen
    statustype: Statustype


@dataclass(slots=True)
class StatusWork:
    """The changes of the statuses of a zaak, gathered first and done in a fixed number of statements."""

    rijen: list[Rij] = field(default_factory=list)
    verwijder: set[int] = field(default_factory=set)
    correcties: list[_Correctie] = field(default_factory=list)
    nieuw: list[NieuweStatus] = field(default_factory=list)
    _vrij: dict[_Plek, deque[Rij]] = field(default_factory=lambda: defaultdict(deque))
    _bezet: set[int] = field(default_factory=set)

    def lees(self, rijen: Iterable[Rij]) -> None:
        """Take the statuses of the zaak, the last one first, and index them."""
        self.rijen = sorted(rijen, key=_rang, reverse=True)
        for rij in self.rijen:
            for moment in ("", rij["moment"]):
                self._vrij[rij["statustype_id"], moment].append(rij)

    def vind(self, statustype: Statustype | None, moment: str) -> Rij | None:
        """The last status of that type, of that moment unless that is "", that no change was made to yet."""
        rijen = self._vrij[statustype.id if statustype else _GEEN, moment]
        while rijen and rijen[0]["id"] in self._bezet:
            rijen.popleft()
        return rijen[0] if rijen else None

    def verbeter(self, correctie: _Correctie) -> None:
        """Note a correction."""
        self.correcties.append(correctie)
        self._bezet.add(correctie.rij["id"])

    def neem_weg(self, rij: Rij) -> None:
        """Note a removal."""
        self.verwijder.add(rij["id"])
        self._bezet.add(rij["id"])

    @property
    def objecten(self) -> list[Gerelateerde]:
        """The people who set the statuses, to be registered; their references go into `voer_uit`."""
        zetters = [*(c.wordt for c in self.correcties), *(status.voorkomen for status in self.nieuw)]
        return [zetter for voorkomen in zetters if (zetter := gezet_door(voorkomen)) is not None]

    @property
    def statustypen(self) -> list[Statustype]:
        """The statuses that the zaak gets by this work, or gets in place of another."""
        gecorrigeerd = (c.statustype for c in self.correcties if c.statustype.id != c.rij["statustype_id"])
        return [*gecorrigeerd, *(status.statustype for status in self.nieuw)]


def plan_statuses(
    verbinding: Connection,
    bewaking: Bewaking,
    zaak_id: int,
    veranderingen: Sequence[Verandering],
    *,
    correctie: bool,
    zetten: bool,
) -> StatusWork:
    """Work out the changes of statuses; one statement, unless a statustype is taken over.

    `correctie`: the message corrects the registration (mutatiesoort C or F), so that W is never a next status.
    `zetten`: the operation sets a status, so an absent one is new, also with verwerkingssoort I. Raises StUF055 and
    StUF064 as `bepaal_statustype` does, StUF055 for a status without datumStatusGezet, StUF064 when the zaak does not
    have a status that is to be corrected or removed.
    """
    if zetten and not veranderingen:
        raise StufFout("StUF055", "object/heeft noemt geen status om te zetten (ZDS 4.1.3.2)")
    werk = StatusWork()
    te_doen = [een for een in veranderingen if zetten or een.soort != "I"]
    if not te_doen:
        return werk
    zaaktype = bewaking.zaaktype
    werk.lees(_LEES.voer_uit(verbinding, {"zaak_id": zaak_id}).mappings())
    nieuw: dict[int, Voorkomen] = {}
    # Removals first, and a status with a moment before one without: the order in a message does not matter.
    for plaats, een in sorted(enumerate(te_doen), key=lambda paar: _volgorde(paar[1])):
        if (erbij := _plan(verbinding, werk, bewaking, een, correctie=correctie)) is not None:
            nieuw[plaats] = erbij
    gebleven = [rij for rij in werk.rijen if rij["id"] not in werk.verwijder]
    for status in lees_statussen(verbinding, zaaktype, [nieuw[plaats] for plaats in sorted(nieuw)]):
        if not (gebleven and _herhaling(gebleven[0], status)):
            werk.nieuw.append(status)
        elif is_ingevuld(gebleven[0]):
            werk.verbeter(_Correctie(gebleven[0], None, status.voorkomen, status.statustype))
    return werk


def write_statuses(
    verbinding: Connection, bewaking: Bewaking, zaak_id: int, werk: StatusWork, verwijzingen: Sequence[Verwijzing]
) -> Stand:
    """Do the work and derive the last status; at most four statements."""
    if not (werk.verwijder or werk.correcties or werk.nieuw):
        return Stand()
    volgende = iter(verwijzingen)
    rijen: dict[int, dict[str, Any]] = {rij["id"]: dict(rij) for rij in werk.rijen}
    voor = _laatste(list(rijen.values()))
    momenten = [(rij["statustype_id"], rij["moment"]) for rij in rijen.values()]
    for correctie in werk.correcties:
        zetter = next(volgende) if gezet_door(correctie.wordt) else None
        rijen[correctie.rij["id"]] = _gecorrigeerd(bewaking, correctie, zetter)
    nieuw = [
        status_rij(
            bewaking.zaaktype, status, next(volgende) if status.gezet_door else None, laatste=False
        )
        for status in werk.nieuw
    ]  # fmt: skip
    gewijzigd = [rijen[correctie.rij["id"]] for correctie in werk.correcties]
    for weg in werk.verwijder:
        rijen.pop(weg)
    na = _laatste([*rijen.values(), *nieuw])
    if na is not None:
        na["laatste"] = True
    _schrijf(verbinding, zaak_id, list(werk.verwijder), gewijzigd, na)
    voeg_toe(verbinding, zaak_id, nieuw)
    momenten += [(rij["statustype_id"], rij["moment"]) for rij in (*rijen.values(), *nieuw)]
    return Stand(True, _moment(voor), _moment(na), tuple(momenten))


def _plan(
    verbinding: Connection, werk: StatusWork, bewaking: Bewaking, verandering: Verandering, *, correctie: bool
) -> Voorkomen | None:
    """Note the corrections and removals; gives the statuses to add."""
    soort, zaaktype = verandering.soort, bewaking.zaaktype
    if soort == "T":
        return verandering.nieuw
    if soort == "I":
        wordt = verandering.wordt
        return wordt if wordt is not None and _vind(werk, zaaktype, wordt) is None else None
    rij = _vind(werk, zaaktype, verandering.oud)
    volgende = soort == "R" or (
        soort == "W" and not correctie and (rij is None or _is_volgende(rij, zaaktype, verandering.nieuw))
    )
    if verandering.was is not None and bewaking.kijkt:
        _bewaak(bewaking, werk, rij, verandering, weg=volgende or soort != "W")
    if volgende:
        return verandering.nieuw
    if rij is None:
        statustype = vind_bestaand_statustype(zaaktype, verandering.oud.gerelateerde)
        naam = statustype.omschrijving if statustype else "van dit statustype"
        op = moment(verandering.oud.gegevens) or "enig moment"
        raise StufFout("StUF064", f"object/heeft: de zaak heeft geen status {naam!r} van {op}")
    if soort == "V":
        werk.neem_weg(rij)
        return None
    if soort == "W":
        _eis_zetter(rij, verandering)
    # A status that ends (E) stays, with the end that it got: its successor does not undo it.
    wordt = verandering.nieuw if soort == "W" else _alleen_het_einde(verandering.oud)
    statustype = bepaal_statustype(verbinding, zaaktype, wordt.gerelateerde)
    werk.verbeter(_Correctie(rij, verandering.was if soort == "W" else None, wordt, statustype))
    return None


def _bewaak(bewaking: Bewaking, werk: StatusWork, rij: Rij | None, verandering: Verandering, *, weg: bool) -> None:
    """Guard a status that goes, ends, is followed up or changes: that it exists, its elements, and who set it."""
    was = verandering.was or verandering.oud
    statustype = vind_bestaand_statustype(bewaking.zaaktype, was.gerelateerde)
    if rij is None:
        # Nobody could know a value that we filled in ourselves.
        ingevuld = werk.vind(statustype, "")
        if ingevuld is None or not is_ingevuld(ingevuld):
            bewaking.vergelijk("heeft", statustype.omschrijving if statustype else _ONBEKEND, None)
        return
    if weg:
        bewaak(bewaking, "heeft/", van_rij(HEEFT.elementen, rij), was.gegevens)
    zetter = gezet_door(was)
    nieuwe = gezet_door(verandering.wordt) if verandering.wordt is not None else None
    gezegd = sleutel(zetter.entiteit, zetter.gegevens) if zetter is not None else None
    if gezegd is not None and (weg or herkenning(zetter) != herkenning(nieuwe)):
        bewaking.vergelijk("heeft/isGezetDoor", gezegd, rij["sleutel"])


def _eis_zetter(rij: Rij, verandering: Verandering) -> None:
    """Refuse to change, end or remove the person who set a status without one. Raises StUF064, as for the status."""
    naam = IS_GEZET_DOOR.naam
    nieuw = verandering.nieuw.relaties.get(naam, ())
    oud = verandering.oud.relaties.get(naam, ()) if verandering.was is not None else nieuw
    bekend = rij["gezet_door_id"] is not None or "@noValue" not in rij["inhoud"].get(naam, {"@noValue": ""})
    gezegd = any(een.verwerkingssoort in ("V", "E", "R", "W") for een in nieuw) and not all(een.leeg for een in oud)
    if gezegd and not bekend:
        raise StufFout("StUF064", f"object/heeft/{naam}: niemand heeft deze status gezet")


def _volgorde(verandering: Verandering) -> tuple[bool, int]:
    return not moment(verandering.oud.gegevens), _EERST[verandering.soort]


def _alleen_het_einde(oud: Voorkomen) -> Voorkomen:
    """The elements that an E changes: the old half also has the values that were (StUF 03.01, 5.2.6, item 6)."""
    return replace(oud, gegevens={naam: w for naam, w in oud.gegevens.items() if naam == TIJDVAK}, relaties={})


def _vind(werk: StatusWork, zaaktype: Zaaktype, gezocht: Voorkomen) -> Rij | None:
    """The status that a message means: same statustype and, when the message has it, same moment."""
    return werk.vind(vind_bestaand_statustype(zaaktype, gezocht.gerelateerde), moment(gezocht.gegevens))


def _is_volgende(rij: Rij, zaaktype: Zaaktype, nieuw: Voorkomen) -> bool:
    """Tell whether the new half of a W is another status at another moment: a next status, and no correction."""
    statustype = vind_bestaand_statustype(zaaktype, nieuw.gerelateerde)
    ander = statustype is None or statustype.id != rij["statustype_id"]
    return ander and moment(nieuw.gegevens) not in ("", rij["moment"])


def _herhaling(laatste: Rij, status: NieuweStatus) -> bool:
    """Tell whether a new status only repeats the last one."""
    if (laatste["statustype_id"], laatste["moment"]) != (status.statustype.id, status.moment):
        return False
    zetter = status.gezet_door
    if zetter is not None and (zetter.entiteit.code, sleutel(zetter.entiteit, zetter.gegevens)) != (
        laatste["entiteittype"], laatste["sleutel"]
    ):  # fmt: skip
        return False
    bekend = van_rij(HEEFT.elementen, laatste)
    gezegd = status.voorkomen.gegevens
    return all(gelijk(bekend.get(n), w) for n, w in gezegd.items() if n != "indicatieLaatsteStatus")


def _gecorrigeerd(bewaking: Bewaking, correctie: _Correctie, zetter: Verwijzing | None) -> dict[str, Any]:
    """The row of a status after a correction; elements that are not in the message stay."""
    rij, wordt = correctie.rij, correctie.wordt
    bekend = van_rij(HEEFT.elementen, rij)
    was = correctie.was.gegevens if correctie.was else None
    gezegd = {naam: waarde for naam, waarde in wordt.gegevens.items() if naam != "indicatieLaatsteStatus"}
    gegevens = toegepast(HEEFT.elementen, bekend, wijzigingen(bewaking, "heeft/", bekend, was, gezegd))
    status = NieuweStatus(replace(wordt, gegevens=gegevens), correctie.statustype)
    eis_datum(status)
    nieuw = status_rij(bewaking.zaaktype, status, zetter, laatste=False)
    if correctie.statustype.id == rij["statustype_id"] and GERELATEERDE in rij["inhoud"]:
        eerder, erbij = rij["inhoud"][GERELATEERDE], nieuw["inhoud"].get(GERELATEERDE, {})
        nieuw["inhoud"][GERELATEERDE] = extra.aangevuld(eerder, erbij)
    door = IS_GEZET_DOOR.naam
    if all(een.verwerkingssoort == "I" for een in wordt.relaties.get(door, ())):
        nieuw["gezet_door_id"] = rij["gezet_door_id"]
        nieuw["inhoud"].pop(door, None)
        if door in rij["inhoud"]:
            nieuw["inhoud"][door] = rij["inhoud"][door]
    return {"id": rij["id"], **nieuw}


def _schrijf(
    verbinding: Connection,
    zaak_id: int,
    verwijder: list[int],
    gewijzigd: list[dict[str, Any]],
    laatste: dict[str, Any] | None,
) -> None:
    Changes(TO_STATUSES, removed=verwijder, changed={rij["id"]: rij for rij in gewijzigd}).write(verbinding)
    _ZET_LAATSTE.voer_uit(verbinding, {"zaak_id": zaak_id, "id": laatste.get("id", _GEEN) if laatste else _GEEN})


def _laatste(rijen: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last status: the greatest moment, among equals the one received last; one without an id is new."""
    plaatsen = enumerate(rijen)
    beste = max(plaatsen, key=lambda paar: (*_rang(paar[1]), paar[0]), default=None)
    return beste[1] if beste is not None else None


def _rang(rij: Rij) -> tuple[bool, str, float]:
    return not is_ingevuld(rij), rij["moment"], rij.get("id", float("inf"))


def _moment(rij: dict[str, Any] | None) -> Moment | None:
    return (rij["statustype_id"], rij["moment"]) if rij is not None else None

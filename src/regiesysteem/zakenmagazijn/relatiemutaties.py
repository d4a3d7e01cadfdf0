"""Changes of the relations of a zaak to people and things: verwerkingssoort T, W, V, I, E and R (StUF 03.01, 5.2.6)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

import orjson
from sqlalchemy import Connection, text

from regiesysteem.stuf import waarden
from regiesysteem.stuf.entiteit import Relatie
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Gerelateerde, Voorkomen
from regiesysteem.stuf.waarden import Gegevens, Waarde
from regiesysteem.zakenmagazijn import objecten
from regiesysteem.zakenmagazijn.rijen import GERELATEERDE, Rij, naar_rij, sleutel, van_rij, voeg_samen
from regiesysteem.zakenmagazijn.zaken import NAAR_OBJECTEN, relateer, relatierij

_LEES = text("""
    -- the relations of a zaak that hold, each with its object
    SELECT r.id, r.relatie, r.code, r.omschrijving, r.toelichting, r.inhoud, o.entiteittype, o.sleutel,
           o.identificatie AS object_identificatie, o.naam AS object_naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = ANY(:relaties) AND r.beeindigd IS NULL
    ORDER BY r.id
""")
_VERWIJDER = text("DELETE FROM zaak_relatie WHERE id = ANY(:ids) -- relations that are no longer relevant")
_BEEINDIG = text("""
    -- relations that have ended
    UPDATE zaak_relatie SET beeindigd = b.op FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS b (id bigint, op text)
    WHERE zaak_relatie.id = b.id
""")
_WIJZIG = text("""
    -- relations whose own elements changed
    UPDATE zaak_relatie
    SET code = w.code, omschrijving = w.omschrijving, toelichting = w.toelichting, inhoud = w.inhoud
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb))
         AS w (id bigint, code text, omschrijving text, toelichting text, inhoud jsonb)
    WHERE zaak_relatie.id = w.id
""")

Paar = tuple[Voorkomen | None, Voorkomen | None]
SOORTEN: Final = frozenset("TWVIER")


@dataclass(slots=True)
class _Werk:
    """What has to happen, gathered first and done in a fixed number of statements."""

    verwijder: list[int] = field(default_factory=list)
    beeindig: list[dict[str, Any]] = field(default_factory=list)
    wijzig: list[dict[str, Any]] = field(default_factory=list)
    nieuw: list[Voorkomen] = field(default_factory=list)


def paren(was: list[Voorkomen], wordt: list[Voorkomen]) -> Iterator[Paar]:
    """Put the occurrences of one relation in `was` and `wordt` side by side.

    StUF 03.01, 5.2.6 wants them in the same order, a new one with an empty counterpart in `was`. Senders that leave
    that counterpart out are understood: what is new stands alone, the rest pairs in order.
    """
    if len(was) == len(wordt):
        yield from zip(was, wordt, strict=True)
        return
    for voorkomen in wordt:
        if voorkomen.verwerkingssoort == "T":
            yield None, voorkomen
    yield from zip_longest(
        [een for een in was if een.verwerkingssoort != "T"], [een for een in wordt if een.verwerkingssoort != "T"]
    )


def soort_van(was: Voorkomen | None, wordt: Voorkomen | None) -> str:
    """The verwerkingssoort of a pair; where none is said it follows from which side is empty. Raises StUF055."""
    gezegd = next((een.verwerkingssoort for een in (wordt, was) if een is not None and een.verwerkingssoort), "")
    if not gezegd:
        voor, na = (een is not None and not een.leeg for een in (was, wordt))
        gezegd = "W" if voor and na else "T" if na else "V"
    een = wordt or was
    if gezegd not in SOORTEN:
        naam = een.relatie.naam if een else ""
        raise StufFout(
            "StUF055", f"object/{naam}: verwerkingssoort {gezegd!r} wordt hier niet ondersteund (wel: T W V I E R)"
        )
    return gezegd


def muteer(verbinding: Connection, zaak_id: int, veranderingen: Mapping[str, Iterable[Paar]], nu: str) -> list[str]:
    """Apply the changes of relations to objects; gives the names of the relations that changed.

    Raises StUF064 for a relation that is to change, end or go and is not there.
    """
    te_doen = {
        naam: [(soort, was, wordt) for was, wordt in lijst if (soort := soort_van(was, wordt)) != "I"]
        for naam, lijst in veranderingen.items()
        if naam in NAAR_OBJECTEN
    }
    te_doen = {naam: lijst for naam, lijst in te_doen.items() if lijst}
    if not te_doen:
        return []
    rijen: list[Rij] = list(verbinding.execute(_LEES, {"zaak_id": zaak_id, "relaties": list(te_doen)}).mappings())
    werk = _Werk()
    for lijst in te_doen.values():
        for soort, was, wordt in lijst:
            _plan(werk, rijen, soort, (was, wordt), nu)
    _voer_uit(verbinding, zaak_id, werk)
    return list(te_doen)


def _plan(werk: _Werk, rijen: list[Rij], soort: str, paar: Paar, nu: str) -> None:
    was, wordt = paar
    if soort == "T":
        _plan_nieuw(werk, rijen, _gevuld(wordt, soort))
        return
    oud = was if was is not None and not was.leeg else wordt
    rij = _vind(rijen, _gevuld(oud, soort))
    if soort == "V":
        werk.verwijder.append(rij["id"])
    elif soort == "W":
        nieuw = _gevuld(wordt, soort)
        werk.wijzig.append({"id": rij["id"], **_gewijzigd(rij, nieuw.relatie, nieuw.gegevens)})
    else:
        werk.beeindig.append({"id": rij["id"], "op": _einde(_gevuld(oud, soort)) or nu})
        if soort == "R":
            werk.nieuw.append(_gevuld(wordt, soort))


def _plan_nieuw(werk: _Werk, rijen: list[Rij], nieuw: Voorkomen) -> None:
    """Add a relation; one to the same object with the same omschrijving is that relation, told again."""
    gelijk = [
        rij
        for rij in _kandidaten(rijen, nieuw)
        if sleutel_van(nieuw.gerelateerde) and rij["omschrijving"] == waarden.tekst(nieuw.gegevens.get("omschrijving"))
    ]
    if gelijk:
        werk.wijzig.append({"id": gelijk[0]["id"], **_gewijzigd(gelijk[0], nieuw.relatie, nieuw.gegevens)})
    else:
        werk.nieuw.append(nieuw)


def _voer_uit(verbinding: Connection, zaak_id: int, werk: _Werk) -> None:
    if werk.verwijder:
        verbinding.execute(_VERWIJDER, {"ids": werk.verwijder})
    for opdracht, rijen in ((_BEEINDIG, werk.beeindig), (_WIJZIG, werk.wijzig)):
        if rijen:
            verbinding.execute(opdracht, {"rijen": orjson.dumps(rijen).decode()})
    if werk.nieuw:
        verwijzingen = iter(
            objecten.registreer(verbinding, [een.gerelateerde for een in werk.nieuw if een.gerelateerde])
        )
        relateer(
            verbinding,
            zaak_id,
            [relatierij(een, next(verwijzingen) if een.gerelateerde else None) for een in werk.nieuw],
        )


def _vind(rijen: list[Rij], gezocht: Voorkomen) -> Rij:
    """The relation that a message means, by the kerngegevens of its gerelateerde, then by its own elements."""
    kandidaten = _kandidaten(rijen, gezocht)
    if not kandidaten:
        raise StufFout(
            "StUF064",
            f"object/{gezocht.relatie.naam}: de zaak heeft geen zodanige relatie met {_wie(gezocht.gerelateerde)}",
        )
    eigen = {naam: waarde for naam, waarde in gezocht.gegevens.items() if naam != GERELATEERDE}
    return next(
        (rij for rij in kandidaten if eigen.items() <= van_rij(gezocht.relatie.elementen, rij).items()), kandidaten[0]
    )


def _kandidaten(rijen: list[Rij], gezocht: Voorkomen) -> list[Rij]:
    gerelateerde = gezocht.gerelateerde
    passend = [rij for rij in rijen if rij["relatie"] == gezocht.relatie.naam]
    if gerelateerde is None:
        return [rij for rij in passend if rij["entiteittype"] is None]
    passend = [rij for rij in passend if rij["entiteittype"] == gerelateerde.entiteit.code]
    waarde = sleutel_van(gerelateerde)
    if waarde is not None:
        return [rij for rij in passend if rij["sleutel"] == waarde]
    return [rij for rij in passend if _kern(gerelateerde).items() <= _object_gegevens(gerelateerde, rij).items()]


def sleutel_van(gerelateerde: Gerelateerde | None) -> str | None:
    """What identifies a gerelateerde, or None."""
    return sleutel(gerelateerde.entiteit, gerelateerde.gegevens) if gerelateerde else None


def _kern(gerelateerde: Gerelateerde) -> Gegevens:
    return {naam: waarde for naam, waarde in gerelateerde.gegevens.items() if not waarden.is_leeg(waarde)}


def _object_gegevens(gerelateerde: Gerelateerde, rij: Rij) -> Gegevens:
    if gerelateerde.entiteit.letterlijk:
        return dict(rij["object_inhoud"])
    kolommen = {
        "identificatie": rij["object_identificatie"],
        "naam": rij["object_naam"],
        "inhoud": rij["object_inhoud"],
    }
    aanvulling: Gegevens = rij["inhoud"].get(GERELATEERDE, {})
    return van_rij(gerelateerde.entiteit.elementen, kolommen) | aanvulling


def _gewijzigd(rij: Rij, relatie: Relatie, gezegd: Gegevens) -> dict[str, Any]:
    """The row after a change: said elements replace, noValue geenWaarde clears, absent ones stay."""
    gegevens = voeg_samen(relatie.elementen, van_rij(relatie.elementen, rij), gezegd)
    gevuld = {naam: waarde for naam, waarde in gegevens.items() if not waarden.is_leeg(waarde)}
    nieuw = naar_rij(relatie.elementen, gevuld)
    behouden: dict[str, Waarde] = {GERELATEERDE: rij["inhoud"][GERELATEERDE]} if GERELATEERDE in rij["inhoud"] else {}
    return {"code": None, "omschrijving": None, "toelichting": None, **nieuw, "inhoud": {**nieuw["inhoud"], **behouden}}


def _gevuld(voorkomen: Voorkomen | None, soort: str) -> Voorkomen:
    if voorkomen is None or voorkomen.leeg:
        naam = voorkomen.relatie.naam if voorkomen else "relatie"
        raise StufFout("StUF055", f"object/{naam}: verwerkingssoort {soort} zonder de relatie waarover het gaat")
    return voorkomen


def _einde(voorkomen: Voorkomen) -> str | None:
    tijdvak = voorkomen.gegevens.get("tijdvakRelatie")
    return waarden.tekst(tijdvak.get("eindRelatie")) if isinstance(tijdvak, dict) else None


def _wie(gerelateerde: Gerelateerde | None) -> str:
    if gerelateerde is None:
        return "niemand"
    return f"{gerelateerde.naam or gerelateerde.entiteit.code} {sleutel_van(gerelateerde) or '(zonder identificatie)'}"

"""People, organisations and things: found again by what identifies them, registered when new (ontwerp, decision 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from regiesysteem.stuf.lezen import Gerelateerde
from regiesysteem.stuf.waarden import Gegevens
from regiesysteem.zakenmagazijn.rijen import naar_rij, sleutel, van_rij, verschil

_ZOEK = text("""
    -- the objects that a message names and that we know
    SELECT o.id, o.entiteittype, o.sleutel, o.identificatie, o.naam, o.inhoud
    FROM jsonb_to_recordset(CAST(:gezocht AS jsonb)) AS g (entiteittype text, sleutel text)
    JOIN object o ON o.sleutel = g.sleutel AND o.entiteittype = g.entiteittype
""")
_REGISTREER = text("""
    -- the objects that are new; one that somebody else registered meanwhile comes back without an id
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
    SELECT n.entiteittype, n.sleutel, n.identificatie, n.naam, n.inhoud
    FROM jsonb_to_recordset(CAST(:nieuw AS jsonb))
         AS n (plaats int, entiteittype text, sleutel text, identificatie text, naam text, inhoud jsonb)
    ORDER BY n.sleutel NULLS LAST, n.plaats
    ON CONFLICT (sleutel, entiteittype) DO NOTHING
    RETURNING id, entiteittype, sleutel
""")


@dataclass(frozen=True, slots=True)
class Verwijzing:
    """Where a gerelateerde is kept: its row, and what its message says beyond that row (kept with the relation)."""

    object_id: int
    aanvulling: Gegevens


@dataclass(slots=True)
class _Bekend:
    id: int
    gegevens: Gegevens


def registreer(verbinding: Connection, gerelateerden: Sequence[Gerelateerde]) -> list[Verwijzing]:
    """Find or register the objects of a message, in the order given; at most three statements, however many there are.

    An object that exists is left as it is, also when it came with verwerkingssoort T (T of what exists counts as I);
    what the message says of it beyond its row goes into `aanvulling`.
    """
    if not gerelateerden:
        return []
    sleutels = [(g.entiteit.code, sleutel(g.entiteit, g.gegevens)) for g in gerelateerden]
    bekend = _zoek(verbinding, gerelateerden, sleutels)
    nieuw = _nieuwe_rijen(gerelateerden, sleutels, bekend)
    zonder_sleutel = _schrijf(verbinding, gerelateerden, sleutels, nieuw, bekend) if nieuw else []
    uit = []
    for gerelateerde, plek in zip(gerelateerden, sleutels, strict=True):
        if plek[1] is None:
            uit.append(Verwijzing(zonder_sleutel.pop(0), {}))
        else:
            gevonden = bekend[plek]
            uit.append(Verwijzing(gevonden.id, verschil(gerelateerde.gegevens, gevonden.gegevens)))
    return uit


def _zoek(
    verbinding: Connection, gerelateerden: Sequence[Gerelateerde], sleutels: Sequence[tuple[str, str | None]]
) -> dict[tuple[str, str | None], _Bekend]:
    entiteiten = {g.entiteit.code: g.entiteit for g in gerelateerden}
    gezocht = [{"entiteittype": code, "sleutel": waarde} for code, waarde in dict.fromkeys(sleutels) if waarde]
    if not gezocht:
        return {}
    rijen = verbinding.execute(_ZOEK, {"gezocht": orjson.dumps(gezocht).decode()}).mappings()
    return {
        (rij["entiteittype"], rij["sleutel"]): _Bekend(
            rij["id"], van_rij(entiteiten[rij["entiteittype"]].elementen, rij)
        )
        for rij in rijen
    }


def _nieuwe_rijen(
    gerelateerden: Sequence[Gerelateerde],
    sleutels: Sequence[tuple[str, str | None]],
    bekend: dict[tuple[str, str | None], _Bekend],
) -> list[dict[str, Any]]:
    nieuw: list[dict[str, Any]] = []
    gezien: set[tuple[str, str]] = set()
    for gerelateerde, (code, waarde) in zip(gerelateerden, sleutels, strict=True):
        if (code, waarde) in bekend or (waarde is not None and (code, waarde) in gezien):
            continue
        if waarde is not None:
            gezien.add((code, waarde))
        rij = {"plaats": len(nieuw), "entiteittype": code, "sleutel": waarde, **_rij(gerelateerde)}
        nieuw.append(rij)
    return nieuw


def _rij(gerelateerde: Gerelateerde) -> dict[str, Any]:
    if gerelateerde.entiteit.letterlijk:
        return {"identificatie": None, "naam": None, "inhoud": gerelateerde.gegevens}
    return {"identificatie": None, "naam": None, **naar_rij(gerelateerde.entiteit.elementen, gerelateerde.gegevens)}


def _schrijf(
    verbinding: Connection,
    gerelateerden: Sequence[Gerelateerde],
    sleutels: Sequence[tuple[str, str | None]],
    nieuw: list[dict[str, Any]],
    bekend: dict[tuple[str, str | None], _Bekend],
) -> list[int]:
    """Insert, complete `bekend`, and give the ids of the objects without a sleutel in their order."""
    geschreven = verbinding.execute(_REGISTREER, {"nieuw": orjson.dumps(nieuw).decode()}).all()
    zonder_sleutel = [rij.id for rij in geschreven if rij.sleutel is None]
    ids = {(rij.entiteittype, rij.sleutel): rij.id for rij in geschreven if rij.sleutel is not None}
    for gerelateerde, plek in zip(gerelateerden, sleutels, strict=True):
        if plek in ids and plek not in bekend:
            bekend[plek] = _Bekend(ids[plek], gerelateerde.gegevens)
    if any(plek[1] is not None and plek not in bekend for plek in sleutels):
        # Another message registered them between our look and our insert; it has committed, so they are there now.
        bekend.update(_zoek(verbinding, gerelateerden, sleutels))
    return zonder_sleutel

"""People, organisations and things: found again by what identifies them, registered when new (ontwerp, decision 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.stuf import extra
from regiesysteem.stuf.read import Gerelateerde
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.rijen import naar_rij, sleutel, van_rij, verschil

_REGISTREER = Sql("""
    -- the objects that a message names: those that we know, and those that are new, which it registers;
    -- one that somebody else registers meanwhile is in neither
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
    """Where a gerelateerde is kept: its row, and what its message says beyond that row (kept with the relation)."""

    object_id: int
    aanvulling: Gegevens


@dataclass(slots=True)
class _Bekend:
    """An object that is kept, and what is known of it."""

    id: int
    gegevens: Gegevens


def registreer(verbinding: Connection, gerelateerden: Sequence[Gerelateerde]) -> list[Verwijzing]:
    """Find or register the objects of a message, in the order given; one statement, however many there are.

    An object that exists is left as it is, also when it came with verwerkingssoort T (T of what exists counts as I);
    what the message says of it beyond its row goes into `aanvulling`. A second statement is needed only when another
    message registers one of them at the same moment.
    """
    if not gerelateerden:
        return []
    plekken = [_plek(plaats, gerelateerde) for plaats, gerelateerde in enumerate(gerelateerden)]
    # Who is named twice is one object, which has what was said first.
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
    """What a message says beyond the row of an object, with the extraElementen of both: each naam is an element."""
    samen = {extra.NAAM: extra.samen(bekend.get(extra.NAAM), gezegd[extra.NAAM])} if extra.NAAM in gezegd else {}
    return verschil(gezegd | samen, bekend)


_Plek = tuple[str, str | None, int]
"""What tells an object from the others of its message: entiteittype and sleutel, or without a sleutel its place."""


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
    for rij in _REGISTREER.voer_uit(verbinding, {"genoemd": orjson.dumps(rijen).decode()}).mappings():
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

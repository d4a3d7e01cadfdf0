"""Besluiten of zaken: new ones, changes, and what an answer has of one (ZDS 1.2, 4.1.7 - 4.1.10).

A besluit is the object of `leidtTot` of a zaak, whatever message tells it: its elements are kept with that relation
(`objects`), and the documents that it is recorded in hang on it. So it is changed as its zaak is, under the same rules,
and seen by who sees that zaak. Where more zaken name one besluit, each has the values that it was told.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Instance, Voorkomen
from regiesysteem.stuf.values import Data
from regiesysteem.stuf.write import RelatieView, Scope, View
from regiesysteem.zakenmagazijn.compare import Guarding
from regiesysteem.zakenmagazijn.links import find_documents
from regiesysteem.zakenmagazijn.loading import ZAAK_COLUMNS, load_gerelateerde_zaken, relatie_view
from regiesysteem.zakenmagazijn.pairs import changes, guard_other, once, refuse_swap
from regiesysteem.zakenmagazijn.relations import OF_BESLUITEN, TO_OBJECTS, as_json, number, numbers_in, plan_pairs
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, GERELATEERDE, Row, columns, from_row, holds, sleutel
from regiesysteem.zakenmagazijn.zaak_changes import Command, Origin, change
from regiesysteem.zkn.besluit import BESLUIT, IS_UITKOMST_VAN, IS_VASTGELEGD_IN
from regiesysteem.zkn.blocks import TIJDSTIP_REGISTRATIE
from regiesysteem.zkn.documentgegevens import DOCUMENT
from regiesysteem.zkn.zaak import LEIDT_TOT
from regiesysteem.zkn.zaakobjects import BSL

_NONE: Final = 0
"""An id that no row has."""

_OF_A_ZAAK: Final = f"""
    FROM object o JOIN zaak_relatie r ON r.object_id = o.id AND r.relatie = '{LEIDT_TOT.naam}'
    WHERE o.sleutel = :sleutel AND o.entiteittype = '{BSL.code}'
"""
_ONE_AT_A_TIME: Final = Sql("""
    -- one message at a time adds or changes a besluit, until it commits; before the zaak is locked
    SELECT pg_advisory_xact_lock(hashtextextended('besluit/' || :sleutel, 0))
""")
_TAKEN: Final = Sql(f"""
    -- whether a zaak has led to a besluit with this number, be it one that the sender may not see
    SELECT EXISTS (SELECT {_OF_A_ZAAK} AND regie_geldt(r.beeindigd))
""")
_RELATIE: Final = Sql(f"""
    -- the relation of a zaak to a besluit
    SELECT r.id {_OF_A_ZAAK} AND r.zaak_id = :zaak_id AND regie_geldt(r.beeindigd) ORDER BY r.id LIMIT 1
""")
_ITS_ZAAK: Final = f"""
    -- the zaak that led to a besluit: the first of those that the sender sees
    SELECT (SELECT z.identificatie FROM zaak z WHERE z.id = r.zaak_id) AS zaak {_OF_A_ZAAK}
       AND regie_geldt(r.beeindigd) AND EXISTS (SELECT FROM zaak z WHERE z.id = r.zaak_id) ORDER BY r.id LIMIT 1
"""  # noqa: S608 - constants


@lru_cache
def _its_zaak(kinds: Kinds) -> Sql:
    return Sql(narrowed(_ITS_ZAAK, kinds))


# --- A new besluit (ZDS 1.2, 4.1.7)


def add(connection: Connection, inrichting: Inrichting, instance: Instance, zaak: str, origin: Origin) -> None:
    """Register a new besluit of the zaak with this identificatie.

    Raises StUF055 without a besluitidentificatie, StUF067 when a zaak has a besluit with it already, StUF064 for a zaak
    or document that does not exist, and the faults of `zaak_changes.change`.
    """
    key = _key(None, instance)
    _ONE_AT_A_TIME.run(connection, {"sleutel": key})
    if _TAKEN.run(connection, {"sleutel": key}).scalar_one():
        raise StufFout(
            "StUF067",
            f"er is al een besluit met identificatie {_number(instance)!r}; het wijzigt met updateBesluit",
        )
    _write(connection, inrichting, (None, instance), zaak, origin)


# --- A change of a besluit, as one of its zaak (ZDS 1.2, 4.1.8)


def change_besluit(
    connection: Connection, inrichting: Inrichting, was: Instance | None, wordt: Instance, origin: Origin
) -> None:
    """Apply a change to a besluit; `was` is None where the sender gave only the new situation.

    Raises StUF055 without a besluitidentificatie, or for another one in `was`; StUF064 for a besluit or document that
    does not exist, and for a relation with a document that is to end and does not exist; StUF063 when `was` differs
    from the registration and that is refused; and the faults of `zaak_changes.change`.
    """
    key = _key(was, wordt)
    _ONE_AT_A_TIME.run(connection, {"sleutel": key})
    given = {"sleutel": key, **parameters(origin.grant)}
    zaak = _its_zaak(origin.grant.kinds).run(connection, given).scalar_one_or_none()
    if zaak is None:
        raise StufFout("StUF064", f"er is geen besluit met identificatie {_number(wordt)!r}")
    _write(connection, inrichting, (was, wordt), zaak, origin)


def _key(was: Instance | None, wordt: Instance) -> str:
    """The sleutel of a besluit. Raises StUF055 where a message names none, or two."""
    key = sleutel(BSL, wordt.gegevens)
    if key is None:
        raise StufFout("StUF055", "de identificatie van het besluit ontbreekt (ZDS 1.2, 4.1.7 en 4.1.8)")
    if was is not None and sleutel(BSL, was.gegevens) not in (None, key):
        raise StufFout(
            "StUF055",
            f"de besluitidentificatie mag niet wijzigen ({_number(was)!r} in was, {_number(wordt)!r} in wordt)",
        )
    return key


def _number(instance: Instance) -> str:
    return values.text(instance.gegevens.get("identificatie")) or ""


def _write(
    connection: Connection,
    inrichting: Inrichting,
    sides: tuple[Instance | None, Instance],
    zaak: str,
    origin: Origin,
) -> None:
    """Write a besluit as its zaak has it, and the documents that it is recorded in."""
    was, wordt = sides
    soort = "T" if was is None and wordt.verwerkingssoort == "T" else "W"
    old = [_voorkomen("W", _without_tijdstip(was.gegevens))] if was is not None else []
    data = _without_tijdstip(wordt.gegevens) | {TIJDSTIP_REGISTRATIE.naam: tijdstip(origin.now)}
    new = _voorkomen(soort, data)
    identification: Data = {"identificatie": zaak}
    command = Command(
        Instance("W", identification, {LEIDT_TOT.naam: old}) if was is not None else None,
        Instance("W", identification, {LEIDT_TOT.naam: [new]}),
    )
    zaak_id = change(connection, inrichting, command, origin)
    _record(connection, inrichting, sides, zaak_id, origin)


def _without_tijdstip(data: Data) -> Data:
    return {naam: waarde for naam, waarde in data.items() if naam != TIJDSTIP_REGISTRATIE.naam}


def _voorkomen(soort: str, data: Data) -> Voorkomen:
    return Voorkomen(LEIDT_TOT, soort, {}, Gerelateerde(BSL, "", soort, data))


def _record(
    connection: Connection,
    inrichting: Inrichting,
    sides: tuple[Instance | None, Instance],
    zaak_id: int,
    origin: Origin,
) -> None:
    """Change the documents that a besluit is recorded in, in at most five statements."""
    was, wordt = (side.relaties.get(IS_VASTGELEGD_IN.naam, []) if side else [] for side in sides)
    every = changes(was, wordt)
    refuse_swap(every)
    todo = once(one for one in every if one.soort != "I")
    if not todo:
        return
    guard = Guarding(inrichting.regels.was, f"besluit {_number(sides[1])!r}", origin.grant.zonder)
    found = find_documents(connection, numbers_in(todo), origin.grant)
    for one in todo:
        if one.was is not None:
            guard_other(guard, one, from_row(DOCUMENT, found[number(one.was)], DOCUMENT_REST))
    given = {"sleutel": sleutel(BSL, sides[1].gegevens), "zaak_id": zaak_id}
    relatie_id = _RELATIE.run(connection, given).scalar_one()
    rows = OF_BESLUITEN.read.run(connection, {"one": relatie_id, "other": _NONE}).mappings()

    def ends(voorkomen: Voorkomen) -> dict[str, Any]:
        return {"relatie_id": relatie_id, "document_id": found[number(voorkomen)]["id"]}

    work = plan_pairs(OF_BESLUITEN, guard, rows, todo, ends, tijdstip(origin.now))
    guard.decide()
    work.write(connection)
    if work.new:
        OF_BESLUITEN.insert_rows.run(connection, {"rijen": as_json(work.new)})


# --- A besluit for an answer: as the first zaak has it of those that the caller sees (ZDS 1.2, 4.1.10)

_LOAD: Final = f"""
    -- a besluit as its zaak has it, with that zaak and the documents that it is recorded in
    SELECT {TO_OBJECTS.answered("r")}, o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud, v.zaak,
           (SELECT json_agg(deel) FROM (
                SELECT {", ".join(f"d.{column}" for column in columns(DOCUMENT, DOCUMENT_REST))}, b.inhoud AS relatie
                FROM besluit_document b JOIN document d ON d.id = b.document_id
                WHERE b.relatie_id = r.id AND {holds("b.beeindigd")} ORDER BY d.identificatie
            ) deel) AS documenten
    FROM object o JOIN zaak_relatie r ON r.object_id = o.id AND r.relatie = '{LEIDT_TOT.naam}'
    CROSS JOIN LATERAL (
        SELECT row_to_json(een) AS zaak FROM (
            SELECT {", ".join(f"z.{column}" for column in ZAAK_COLUMNS)} FROM zaak z WHERE z.id = r.zaak_id) een) v
    WHERE o.sleutel = :sleutel AND o.entiteittype = '{BSL.code}' AND {holds("r.beeindigd")}
    ORDER BY r.id LIMIT 1
"""  # noqa: S608 - names of columns, from the entity tables
_GELDIGHEID: Final = "tijdvakGeldigheid"


@lru_cache
def _load(kinds: Kinds) -> Sql:
    return Sql(narrowed(_LOAD, kinds))


def load_besluit(  # noqa: PLR0917 - a besluit, and what is asked of it by whom
    connection: Connection,
    inrichting: Inrichting,
    gelijk: Data,
    scope: Scope,
    grant: Grant,
    shown: set[int],
) -> View | None:
    """The besluit with the identificatie in `gelijk`, as `BESLUIT` has it; None when there is none that may be seen.

    The ids of all zaken in it are added to `shown`: of its own zaak always, because the values are of that zaak.
    """
    key = sleutel(BSL, gelijk)
    row = _load(grant.kinds).run(connection, {"sleutel": key, **parameters(grant)}).mappings().one_or_none()
    if row is None:
        return None
    view = relatie_view(LEIDT_TOT, {}, row, row["inhoud"].get(GERELATEERDE)).view
    if view is None:
        raise LookupError("a relation of a besluit that leads to nobody")
    zaak = _zaak(connection, inrichting, row, scope, grant, shown)
    documenten = [_document(part) for part in row["documenten"] or ()]
    data = {TIJDSTIP_REGISTRATIE.naam: row["tijdstip_registratie"], **view.gegevens}
    # The schema requires it, and nobody tells the validity of a besluittype (docs/afwijkingen.md 66).
    data.setdefault(
        _GELDIGHEID, {naam: {"@noValue": BESLUIT.unknown} for naam in ("beginGeldigheid", "eindGeldigheid")}
    )
    return replace(view, gegevens=data, relaties={IS_UITKOMST_VAN.naam: [zaak], IS_VASTGELEGD_IN.naam: documenten})


def _zaak(  # noqa: PLR0917 - a row, and what is asked of its zaak by whom
    connection: Connection, inrichting: Inrichting, row: Row, scope: Scope, grant: Grant, shown: set[int]
) -> RelatieView:
    choice = IS_UITKOMST_VAN.gerelateerde[0]
    deeper = scope.relatie(IS_UITKOMST_VAN.naam).gerelateerde("") if scope.asks(IS_UITKOMST_VAN) else None
    rows: Sequence[Row] = [row["zaak"]]
    (view,) = load_gerelateerde_zaken(connection, inrichting, rows, choice.entiteit, deeper, grant=grant, shown=shown)
    return RelatieView(from_row(IS_UITKOMST_VAN.elementen, row), choice, view)


def _document(part: Row) -> RelatieView:
    choice = IS_VASTGELEGD_IN.gerelateerde[0]
    own = from_row(IS_VASTGELEGD_IN.elementen, {"inhoud": part["relatie"]})
    return RelatieView(own, choice, View(from_row(choice.entiteit.elementen, part, DOCUMENT_REST)))

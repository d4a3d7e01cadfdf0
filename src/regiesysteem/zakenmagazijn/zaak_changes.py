"""A zaak: registered, changed, and given an uitvoerende; one transaction each (ZDS 4.1.4 and 4.1.5; RZS 6.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.access.caller import NOBODY, Caller, Grant, Kinds
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Instance, Voorkomen
from regiesysteem.stuf.values import Data, Waarde, plus_days
from regiesysteem.zakenmagazijn import archive, links, objects, rules, statuses
from regiesysteem.zakenmagazijn.compare import IS_SILENT, ZaakGuarding, applied, modifications
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.objects import Reference, register
from regiesysteem.zakenmagazijn.pairs import Change, changes, merge_repeated, refuse_swap, require_somebody
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_ZAKEN, numbers
from regiesysteem.zakenmagazijn.rows import (
    GERELATEERDE,
    Row,
    applies,
    columns,
    determine_zaaktype,
    end,
    from_row,
    supplement,
    to_row,
    without_unknown_code,
    zaaktype_data,
)
from regiesysteem.zkn.parties import OEH
from regiesysteem.zkn.zaak import HEEFT, HEEFT_RELEVANT, IS_VAN, ZAK

# --- A new zaak: registered with everything in its message, in a fixed number of statements (ZDS 4.1.4, RZS 6.3 - 6.6)

UNKNOWN_RELATIES: Final = "@relaties"
"""The key under which a zaak keeps why a relation is absent, when that is not geenWaarde: name to noValues."""

_TYPES: Final = (IS_VAN.naam, HEEFT.naam)
"""Relations to types of the inrichting; finding those types reports the elements that they lack."""
_COLUMNS: Final = ("zaaktype_id", *columns(ZAK.elementen))
_RELATIES: Final = TO_OBJECTS.insert({"zaak_id": "nieuw.id"}, "nieuw", "relaties")
_REGISTER = Sql(f"""
    -- a new zaak, its audit line, its maker, its betrokkenen, zaakobjecten and besluiten, and its statuses, in the
    -- order of the message; no row, and nothing written, when the zaakidentificatie is taken
    WITH nieuw AS (
        INSERT INTO zaak ({", ".join(_COLUMNS)})
        SELECT {", ".join(f"r.{column}" for column in _COLUMNS)}
        FROM jsonb_populate_record(NULL::zaak, CAST(:rij AS jsonb)) r
        ON CONFLICT (identificatie) DO NOTHING
        RETURNING id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis) SELECT id, :bericht_id, :gebeurtenis FROM nieuw
    ), eigenaar AS (
        INSERT INTO zaak_eigenaar (applicatie, organisatie, administratie, zaak_id)
        SELECT :applicatie, :organisatie, :administratie, id FROM nieuw
    ), relatie AS ({_RELATIES}), status AS ({statuses.insertion("nieuw")})
    SELECT id FROM nieuw
""")  # noqa: S608 - names of columns, from the entity table


@dataclass(frozen=True, slots=True)
class Origin:
    """The message that a change comes from, with its leniency and caller as in MessageContext.

    Without a sender it is strict, and sees all.
    """

    bericht_id: int
    gebeurtenis: str
    now: datetime
    leniency: Leniency = field(default_factory=Leniency)
    caller: Caller = NOBODY

    @property
    def grant(self) -> Grant:
        """The rights of the sender."""
        return self.caller.grant


def creeer(connection: Connection, inrichting: Inrichting, instance: Instance, origin: Origin) -> int:
    """Register a new zaak and give its id.

    Raises StUF055 for a missing or wrong element, StUF052 for a zaaktype of which the sender may not see zaken, StUF064
    for a zaaktype, statustype or related zaak that does not exist, StUF067 when the zaakidentificatie is taken or the
    message contradicts itself on a relation, StUF058 as `change` does.
    """
    leniency = origin.leniency
    rules.check_waarden(instance, leniency)
    instance = _named(instance, leniency)
    is_van = next(instance.alle("isVan"), None)
    zaaktype = determine_zaaktype(connection, inrichting, is_van.gerelateerde if is_van else None)
    _check_granted(zaaktype, origin.grant)
    now = tijdstip(origin.now)
    rules.check_new(_as_of_now(instance, now), zaaktype, leniency)
    others = merge_repeated(instance.alle(*TO_ZAKEN.names))
    known = links.find_related_zaken(connection, numbers(others), origin.grant)
    current = numbers(one for one in others if applies(end(one.gegevens), now))
    rules.check_plan(zaaktype, inrichting, [known[naam].zaaktype_id for naam in current])
    gezet = without_unknown_code(zaaktype, list(instance.alle("heeft")), leniency)
    new_statuses = statuses.read_statussen(connection, zaaktype, gezet)
    relaties = merge_repeated(instance.alle(*TO_OBJECTS.names))
    references, gezet_door = _register_objecten(connection, relaties, new_statuses, origin.grant)

    status_rows = _status_rows(zaaktype, new_statuses, gezet_door, _begin(instance.gegevens, origin.now))
    relatie_rows = [objects.relation_row(v, w) for v, w in zip(relaties, references, strict=True)]
    zaak_row = _zaak_row(instance, is_van, zaaktype, status_rows, origin.now)
    zaak_id = _write_zaak(connection, zaak_row, relatie_rows, status_rows, origin)
    links.relate_new_zaak(connection, zaak_id, others, known)
    documenten = changes([], instance.relaties.get(HEEFT_RELEVANT.naam, []))
    guard = ZaakGuarding(zaaktype, origin.grant.zonder)
    links.change_documents_of_zaak(connection, inrichting, guard, zaaktype, zaak_id, documenten, now, origin.grant)
    rules.require_documenten(connection, zaaktype, zaak_id, [status.statustype for status in new_statuses])
    _archive_new(connection, inrichting, zaak_id, instance.gegevens, zaak_row, origin)
    return zaak_id


def _check_granted(zaaktype: Zaaktype, grant: Grant) -> None:
    """Refuse a zaak that its sender could not see itself. Raises StUF052."""
    if grant.zaaktypen is not None and zaaktype.id not in grant.zaaktypen:
        raise StufFout("StUF052", f"deze zender mag geen zaken van zaaktype {zaaktype.code!r} registreren")


def _archive_new(  # noqa: PLR0917 - a zaak, as it was said and as it is kept
    connection: Connection, inrichting: Inrichting, zaak_id: int, said: Data, row: dict[str, Any], origin: Origin
) -> None:
    """Derive when a zaak is destroyed that was closed already; what a sender with the right says of that stays.

    Many systems give each new zaak an archiefnominatie, so that is no word by hand: it gives way when the zaak closes.
    """
    if values.text(said.get(archive.DATUM)) is not None and origin.grant.archief:
        archive.set_by_hand(connection, zaak_id)
    closing = archive.Closing(None, row["einddatum"])
    agrees = not origin.grant.archief or archive.agrees(inrichting, row["zaaktype_id"], said)
    archive.settle(connection, inrichting, zaak_id, closing, origin.bericht_id, said=not agrees)


def _named(instance: Instance, leniency: Leniency) -> Instance:
    """A new zaak without the relations that name nobody. Raises StUF055 where those are not accepted."""
    relaties = {
        naam: listing if naam in _TYPES else [one for one in listing if one.empty or require_somebody(one, leniency)]
        for naam, listing in instance.relaties.items()
    }
    return replace(instance, relaties=relaties)


def _as_of_now(instance: Instance, now: str) -> Instance:
    """A new zaak without the relations that have ended already, which are kept and count for no rule."""
    relaties = {
        naam: [one for one in listing if applies(end(one.gegevens), now)] for naam, listing in instance.relaties.items()
    }
    return replace(instance, relaties=relaties)


def _register_objecten(
    connection: Connection, relaties: Sequence[Voorkomen], new_statuses: Sequence[statuses.NewStatus], grant: Grant
) -> tuple[list[Reference | None], list[Reference | None]]:
    """Register the objects of relations and statuses together."""
    named = [*(voorkomen.gerelateerde for voorkomen in relaties), *(status.gezet_door for status in new_statuses)]
    found = iter(objects.register(connection, [gerelateerde for gerelateerde in named if gerelateerde], grant))
    references = [next(found) if gerelateerde else None for gerelateerde in named]
    return references[: len(relaties)], references[len(relaties) :]


def _status_rows(
    zaaktype: Zaaktype,
    new_statuses: Sequence[statuses.NewStatus],
    gezet_door: Sequence[Reference | None],
    begin: str,
) -> list[dict[str, Any]]:
    last = statuses.last_of(new_statuses)
    if last is None:
        first = statuses.first_status(zaaktype, begin)
        return [first] if first else []
    return [
        statuses.status_row(zaaktype, status, reference, last=place == last)
        for place, (status, reference) in enumerate(zip(new_statuses, gezet_door, strict=True))
    ]


def _begin(data: Data, now: datetime) -> str:
    """The day on which a zaak got the first status that its message does not name (docs/afwijkingen.md 19).

    It is a day and no moment, so that a status that a back office reports later for the same day, often as a day too,
    comes after it.
    """
    today = tijdstip(now)[:8]
    start = values.text(data.get("startdatum")) or ""
    # Nobody knows the day of an incomplete startdatum.
    return min(start if plus_days(start, 0) == start else today, today)


def _zaak_row(
    instance: Instance,
    is_van: Voorkomen | None,
    zaaktype: Zaaktype,
    status_rows: Sequence[dict[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    row = to_row(ZAK.elementen, _completed(instance.gegevens, zaaktype, status_rows, now))
    row["zaaktype_id"] = zaaktype.id
    if is_van is not None:
        own: Data = dict(is_van.gegevens)
        if is_van.gerelateerde and (rest := supplement(is_van.gerelateerde.gegevens, zaaktype_data(zaaktype))):
            own[GERELATEERDE] = rest
        if own:
            row["inhoud"]["isVan"] = own
    unknown = {
        naam: soorten
        for naam, voorkomens in instance.relaties.items()
        if (soorten := [one.empty for one in voorkomens if one.empty not in ("", values.NO_WAARDE)])
    }
    if unknown:
        row["inhoud"][UNKNOWN_RELATIES] = unknown
    return row


def _completed(said: Data, zaaktype: Zaaktype, status_rows: Sequence[dict[str, Any]], now: datetime) -> Data:
    """The elements of the zaak, with derived values where the sender gives none."""
    data = dict(said)
    data.setdefault("registratiedatum", tijdstip(now)[:8])
    data.setdefault("zaakniveau", "1")
    start, dagen = values.text(data.get("startdatum")), zaaktype.doorlooptijd_dagen
    if "einddatumGepland" not in data and start and dagen and (planned := plus_days(start, dagen)):
        data["einddatumGepland"] = planned
    last = next((row for row in status_rows if row["laatste"] and not statuses.is_filled_in(row)), None)
    statustype = zaaktype.statustype_with_id(last["statustype_id"]) if last else None
    if last and statustype and "einddatum" not in data:
        einddatum = statuses.einddatum_at(statustype, last["moment"])
        if einddatum:
            data["einddatum"] = einddatum
    return data


def _write_zaak(
    connection: Connection,
    row: dict[str, Any],
    relatie_rows: Sequence[dict[str, Any]],
    status_rows: Sequence[dict[str, Any]],
    origin: Origin,
) -> int:
    waarde = _REGISTER.run(
        connection,
        {
            "rij": orjson.dumps(row).decode(),
            "relaties": orjson.dumps(relatie_rows).decode(),
            "statussen": orjson.dumps(status_rows).decode(),
            "bericht_id": origin.bericht_id,
            "gebeurtenis": origin.gebeurtenis,
            "organisatie": origin.caller.zender.organisatie,
            "applicatie": origin.caller.zender.applicatie,
            "administratie": origin.caller.zender.administratie,
        },
    ).scalar_one_or_none()
    if waarde is None:
        raise StufFout("StUF067", f"er is al een zaak met identificatie {row['identificatie']!r}")
    return int(waarde)


# --- A change of a zaak: the differences between `was` and `wordt`, guarded by `was` (StUF 03.01, 5.2.5 and 5.2.6)

_NO_ARCHIVE: Final = (
    "archiefnominatie en datumVernietigingDossier mag alleen een applicatie wijzigen met het recht archief "
    "in de inrichting"
)
_ZAAK_COLUMNS: Final = columns(ZAK.elementen)
_CHANGE: Final = Sql(f"""
    -- the elements of a zaak after a change, and its audit line
    WITH regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
    )
    UPDATE zaak SET ({", ".join(_ZAAK_COLUMNS)}) =
        (SELECT {", ".join(f"r.{column}" for column in _ZAAK_COLUMNS)}
         FROM jsonb_populate_record(NULL::zaak, CAST(:rij AS jsonb)) r)
    WHERE id = :id
""")  # noqa: S608 - names of columns, from the entity table
_AUDIT: Final = Sql("""
    -- a zaak whose relations a message changed, which is a change of the zaak (`tijdstip_registratie`)
    WITH geraakt AS (UPDATE zaak SET tijdstip_registratie = '' WHERE id = :id AND CAST(:gewijzigd AS jsonb) <> '[]')
    INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
    VALUES (:id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb))
""")


@lru_cache
def _lock_command(kinds: Kinds) -> Sql:
    """The statement that locks a zaak, when the sender may see it; its deelzaken are those that the sender sees."""
    seen, deelzaak_seen = visible(kinds, "z"), visible(kinds, "deelzaak")
    return Sql(f"""
        -- the zaak that a message changes, locked until its transaction ends; others may relate to it meanwhile
        SELECT id, zaaktype_id, {", ".join(_ZAAK_COLUMNS)},
               {links.deelzaken_indicatie("z", deelzaak_seen)} AS heeft_deelzaken
        FROM zaak z WHERE identificatie = :identificatie{f" AND {seen}" if seen else ""} FOR NO KEY UPDATE
    """)  # noqa: S608 - names of columns, from the entity table


@dataclass(frozen=True, slots=True)
class Command:
    """A wijzigkennisgeving; `was` is None where the sender gave only the new situation.

    `correction`: mutatiesoort C or F, the registration was wrong. `set_status`: the operation sets a status.
    """

    was: Instance | None
    wordt: Instance
    correction: bool = False
    set_status: bool = False


def change(connection: Connection, inrichting: Inrichting, command: Command, origin: Origin) -> int:
    """Apply a wijzigkennisgeving and give the id of the zaak.

    Raises StUF055 for a wrong element (another zaaktype included: ZDS 4.1.5) or a change that leaves the zaak without a
    required part (RZS 6.11.1), StUF064 for a zaak, relation, statustype or related zaak that does not exist, StUF067
    for a relation that may be several. Raises StUF058 for a status that requires an absent document, or a document that
    the zaaktype does not accept. Raises StUF063 when `was` differs from the registration and the zaaktype refuses that.
    """
    was, wordt = command.was, command.wordt
    for instance in (was, wordt):
        if instance is not None:
            rules.check_waarden(instance, origin.leniency)
    row = _lock(connection, was, wordt, origin.grant)
    zaaktype = _zaaktype(inrichting, row)
    guard = ZaakGuarding(zaaktype, origin.grant.zonder)
    _check_zaaktype(zaaktype, was, wordt)
    zaaktype_relation = _zaaktype_relation(guard, row, was, wordt)
    known = from_row(ZAK.elementen, row)
    if row["heeft_deelzaken"] is not None:
        known.setdefault("deelzakenIndicatie", row["heeft_deelzaken"])  # as an answer gives it
    changed = modifications(guard, "", known, was.gegevens if was else None, wordt.gegevens)
    changed.pop("identificatie", None)  # the identifying elements may be written in other ways, and stay as they are
    modified = _change_relaties(connection, inrichting, guard, command, row["id"], origin)
    if "einddatum" not in changed and (end := modified.state.einddatum(zaaktype, known)) is not None:
        changed["einddatum"] = end
    guard.decide()
    by_hand = not archive.TOLD.isdisjoint(changed)
    if by_hand and not origin.grant.archief:
        raise StufFout("StUF052", _NO_ARCHIVE)
    names = modified.names
    if zaaktype_relation is not None:
        names.append(IS_VAN.naam)
        row = {**row, "inhoud": {**row["inhoud"], IS_VAN.naam: zaaktype_relation}}
    _write(connection, row, changed, _unknown_relaties(row, wordt, names), names, origin)
    if by_hand:
        archive.set_by_hand(connection, row["id"])
    end = changed.get("einddatum", known.get("einddatum"))
    closing = archive.Closing(values.text(known.get("einddatum")), values.text(end))
    archive.settle(connection, inrichting, row["id"], closing, origin.bericht_id, said=by_hand)
    return int(row["id"])


@dataclass(frozen=True, slots=True)
class _Modified:
    names: list[str]
    state: statuses.State


def _change_relaties(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    connection: Connection,
    inrichting: Inrichting,
    guard: ZaakGuarding,
    command: Command,
    zaak_id: int,
    origin: Origin,
) -> _Modified:
    """Change relations and statuses: first all is worked out, then the objects are registered, in one order for all.

    That order (zaak, inrichting, objects, relations) is the same in every message, so that two never wait for each
    other.
    """
    now, leniency = tijdstip(origin.now), origin.leniency
    was, wordt = dict(command.was.relaties) if command.was else {}, dict(command.wordt.relaties)
    for side in (was, wordt):
        side["heeft"] = without_unknown_code(guard.zaaktype, side.get("heeft", []), leniency)
    todo = {
        naam: listing
        for naam in dict.fromkeys([*was, *wordt])
        if (listing := _named_changes(changes(was.get(naam, []), wordt.get(naam, [])), leniency))
    }
    for naam, listing in todo.items():
        if naam != HEEFT.naam or not command.set_status:
            refuse_swap(listing)
    relaties = objects.plan_objects(connection, guard, zaak_id, todo, now)
    rules.check_rollen(guard.zaaktype, relaties.rollen, leniency)
    status_work = statuses.plan_statuses(
        connection,
        guard,
        zaak_id,
        todo.get("heeft", ()),
        correction=command.correction,
        sets_status=command.set_status,
    )
    references = register(connection, [*relaties.objecten, *status_work.objecten], origin.grant)
    bound = len(relaties.objecten)
    objects.write_objects(connection, zaak_id, relaties, references[:bound])
    names = list(relaties.rollen)
    names += links.change_zaken(connection, inrichting, guard, zaak_id, todo, now, origin.grant)
    documenten = todo.get(HEEFT_RELEVANT.naam, ())
    if links.change_documents_of_zaak(
        connection, inrichting, guard, guard.zaaktype, zaak_id, documenten, now, origin.grant
    ):  # fmt: skip
        names.append(HEEFT_RELEVANT.naam)
    rules.require_documenten(connection, guard.zaaktype, zaak_id, status_work.statustypen)
    state = statuses.write_statuses(connection, guard, zaak_id, status_work, references[bound:])
    return _Modified([*names, *(["heeft"] if state.changed else [])], state)


def _named_changes(listing: Sequence[Change], leniency: Leniency) -> list[Change]:
    """The changes without additions that name nobody (StUF 03.01, 5.2.6). Raises StUF055 where that is not accepted."""

    def somebody(one: Change) -> bool:
        if one.naam == HEEFT.naam or one.soort not in "TR" or one.wordt is None:
            return True
        # A person that is replaced by nobody would be gone.
        return require_somebody(one.wordt, leniency if one.soort == "T" else None)

    return [one for one in listing if somebody(one)]


def _lock(connection: Connection, was: Instance | None, wordt: Instance, grant: Grant) -> Row:
    identificatie = values.text(wordt.gegevens.get("identificatie"))
    old = values.text(was.gegevens.get("identificatie")) if was else None
    identificatie = identificatie or old
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    if old is not None and old != identificatie:
        raise StufFout(
            "StUF055", f"de zaakidentificatie mag niet wijzigen ({old!r} in was, {identificatie!r} in wordt)"
        )
    if values.no_waarde(wordt.gegevens.get("identificatie")) == values.NO_WAARDE:
        raise StufFout("StUF055", "de zaakidentificatie mag niet wijzigen (geen waarde in wordt)")
    lock = _lock_command(grant.kinds)
    row = lock.run(connection, {"identificatie": identificatie, **parameters(grant)}).mappings().one_or_none()
    if row is None:
        raise StufFout("StUF064", f"er is geen zaak met identificatie {identificatie!r}")
    return row


def _zaaktype(inrichting: Inrichting, row: Row) -> Zaaktype:
    zaaktype = inrichting.zaaktype_with_id(row["zaaktype_id"])
    if zaaktype is None:
        raise LookupError("zaak with a zaaktype that the inrichting does not have")
    return zaaktype


def _check_zaaktype(zaaktype: Zaaktype, was: Instance | None, wordt: Instance) -> None:
    """Refuse a change of the zaaktype of a zaak. Raises StUF055."""
    sides = [side.relaties.get(IS_VAN.naam, ()) if side is not None else () for side in (was, wordt)]
    if any(one.verwerkingssoort in ("V", "E") for side in sides for one in side):
        raise StufFout("StUF055", "object/isVan: een zaak houdt haar zaaktype (ZDS 4.1.5)")
    for is_van in wordt.alle("isVan"):
        code = values.text(is_van.gerelateerde.gegevens.get("code")) if is_van.gerelateerde else None
        if code and code != zaaktype.code:
            raise StufFout(
                "StUF055", f"het zaaktype van een zaak mag niet wijzigen ({zaaktype.code!r} naar {code!r}; ZDS 4.1.5)"
            )


def _zaaktype_relation(guard: ZaakGuarding, row: Row, was: Instance | None, wordt: Instance) -> Data | None:
    """The data of the relation between a zaak and its zaaktype after a change; None when it stays."""
    known: Data = row["inhoud"].get(IS_VAN.naam, {})
    old = next(was.alle(IS_VAN.naam), None) if was is not None else None
    new = next(wordt.alle(IS_VAN.naam), None)
    if new is None:
        return None
    changed = modifications(guard, "isVan/", known, old.gegevens if old else None, new.gegevens)
    return applied(IS_VAN.elementen, known, changed) if changed else None


def _unknown_relaties(row: Row, wordt: Instance, modified: Sequence[str]) -> dict[str, list[str]]:
    """The reasons why relations are absent after a change, other than geenWaarde (StUF 03.01, 3.4.2)."""
    known: dict[str, list[str]] = row["inhoud"].get(UNKNOWN_RELATIES, {})
    out = {naam: soorten for naam, soorten in known.items() if naam not in modified}
    for naam, voorkomens in wordt.relaties.items():
        said = [one.empty for one in voorkomens if one.empty not in IS_SILENT | {""}]
        soorten = [soort for soort in said if soort != values.NO_WAARDE]
        if soorten:
            out[naam] = soorten
        elif said:
            out.pop(naam, None)
    return out


def _write(  # noqa: PLR0917 - a zaak, and all that became of it
    connection: Connection,
    row: Row,
    changed: dict[str, Waarde],
    unknown: dict[str, list[str]],
    modified: list[str],
    origin: Origin,
) -> None:
    parameters = {
        "id": row["id"],
        "bericht_id": origin.bericht_id,
        "gebeurtenis": origin.gebeurtenis,
        "gewijzigd": orjson.dumps([*changed, *modified]).decode(),
    }
    if not changed and IS_VAN.naam not in modified and unknown == row["inhoud"].get(UNKNOWN_RELATIES, {}):
        _AUDIT.run(connection, parameters)
        return
    column_values = to_row(ZAK.elementen, applied(ZAK.elementen, from_row(ZAK.elementen, row), changed))
    column_values["inhoud"] |= {naam: waarde for naam, waarde in row["inhoud"].items() if ZAK.element(naam) is None}
    column_values["inhoud"].pop(UNKNOWN_RELATIES, None)
    if unknown:
        column_values["inhoud"][UNKNOWN_RELATIES] = unknown
    _CHANGE.run(connection, {**parameters, "rij": orjson.dumps(column_values).decode()})


# --- A back office that takes a zaak over becomes its uitvoerende (RZS 1.0, 4.4)

_ROL: Final = "heeftAlsUitvoerende"
_IDENTIFICATIE: Final = 24
_UNITS: Final = Sql("""
    -- organisatorische eenheden that carry a zaak out now, and whether they got that by a transfer
    SELECT o.identificatie, EXISTS (
        SELECT FROM overdracht v WHERE v.zaak_id = :zaak_id AND v.richting = 'uit' AND v.stand = 'geaccepteerd'
                                   AND left(v.applicatie, 24) = o.identificatie) AS overgedragen
    FROM zaak_relatie r JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = :zaak_id AND r.relatie = 'heeftAlsUitvoerende' AND regie_geldt(r.beeindigd)
      AND o.entiteittype = 'OEH'
""")


def make_uitvoerende(  # noqa: PLR0917 - a zaak, who, and because of which message
    connection: Connection,
    inrichting: Inrichting,
    zaak_id: int,
    zaakidentificatie: str,
    applicatie: str,
    bericht_id: int,
    now: datetime,
) -> None:
    """Let an applicatie carry out a zaak, instead of the one that it was handed over to before."""
    unit = applicatie[:_IDENTIFICATIE]
    busy_now = {row.identificatie: row.overgedragen for row in _UNITS.run(connection, {"zaak_id": zaak_id})}
    rollen = [_voorkomen("E", naam, naam) for naam, handed_over in busy_now.items() if handed_over and naam != unit]
    if unit not in busy_now:
        rollen.append(_voorkomen("T", unit, applicatie))
    if rollen:
        wordt = Instance("W", {"identificatie": zaakidentificatie}, {_ROL: rollen})
        change(connection, inrichting, Command(None, wordt), Origin(bericht_id, UPDATE_ZAAK, now))


def _voorkomen(soort: str, identificatie: str, naam: str) -> Voorkomen:
    relatie = ZAK.relatie(_ROL)
    if relatie is None:
        raise LookupError(_ROL)
    data = {"identificatie": identificatie, "naam": naam[:50]} if soort == "T" else {"identificatie": identificatie}
    return Voorkomen(relatie, soort, {}, Gerelateerde(OEH, "organisatorischeEenheid", soort, dict(data)))

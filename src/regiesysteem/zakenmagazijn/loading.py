"""Zaken and documents for an answer: ids in, all that the scope asks out, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, UNBOUNDED, Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Choice, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Data
from regiesysteem.stuf.write import KERNGEGEVENS, Mode, RelatieView, Scope, View
from regiesysteem.zakenmagazijn.document_changes import COLUMNS
from regiesysteem.zakenmagazijn.links import DEELZAKEN_INDICATIE, deelzaken_indicatie
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_STATUSES, TO_ZAKEN
from regiesysteem.zakenmagazijn.rows import (
    DOCUMENT_REST,
    GERELATEERDE,
    Row,
    columns,
    from_row,
    holds,
    merge,
    statustype_data,
    uncovered,
    zaaktype_data,
)
from regiesysteem.zakenmagazijn.zaak_changes import UNKNOWN_RELATIES
from regiesysteem.zkn.blocks import DERIVED_TIJDSTIP, OWN_TIJDSTIP
from regiesysteem.zkn.document import IS_RELEVANT_VOOR, KAN_VASTLEGGING_ZIJN_VAN
from regiesysteem.zkn.documentgegevens import DOCUMENT, ZAAKDOCUMENT
from regiesysteem.zkn.zaak import HEEFT, HEEFT_BETREKKING_OP_ANDERE, HEEFT_RELEVANT, IS_GEZET_DOOR, IS_VAN, ZAK

# --- Zaken with their relations, loaded for an answer with one statement for fifty of them

MAX_ANSWER: Final = 4_000_000
"""Characters of the rows of several zaken in one answer; the XML has a few times as many."""

MAX_ZAAK: Final = 16_000_000
"""Characters of the rows of a zaak that is the only one in its answer: the longest text of a message fits."""

_UNBOUNDED: Final = 2**31 - 2
_FEW: Final = MAX_ZAAK // MAX_ANSWER
"""Zaken that may each be read up to MAX_ANSWER before they are counted: together no more than one zaak may be."""
_BATCH: Final = 50
"""Zaken that the first statement loads, the next ones four times as many: when one stops, the rest was made in vain."""

ZAAK_COLUMNS: Final = ("id", "zaaktype_id", *columns(ZAK.elementen))
"""The columns of a zaak that an answer needs."""

_OWN: Final = ", ".join(
    f"{deelzaken_indicatie('z')} AS {column}" if column == DEELZAKEN_INDICATIE else f"z.{column}"
    for column in ZAAK_COLUMNS
)
# The asked relations of a zaak to objects that hold, in the order of their registration.
_RELATIES: Final = f"""
    SELECT r.relatie, {TO_OBJECTS.answered("r")},
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = z.id AND r.relatie = ANY(:objectrelaties) AND {holds("r.beeindigd")}
    ORDER BY r.id
"""  # noqa: S608 - names of columns, from the entity table
# The statuses of a zaak, oldest first.
_STATUSSEN: Final = f"""
    SELECT s.statustype_id, s.laatste, {TO_STATUSES.answered("s")},
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id
    WHERE s.zaak_id = z.id AND (s.laatste OR NOT :alleen_laatste)
    ORDER BY s.moment, s.id
"""  # noqa: S608 - names of columns, from the entity table
# The relations with other zaken that hold, seen from this one, with the zaak at the other end.
_LINKS: Final = f"""
    SELECT k.relatie, k.inhoud || jsonb_build_object('tijdstipRegistratie', k.tijdstip_registratie) AS koppeling,
           {", ".join(f"a.{column}" for column in ZAAK_COLUMNS)}
    FROM (
        SELECT id, naar_id AS ander_id, relatie, inhoud, tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE van_id = z.id
        UNION ALL
        SELECT id, van_id, CASE relatie WHEN 'heeftAlsDeelzaak' THEN 'heeftAlsHoofdzaak' ELSE relatie END, inhoud,
               tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE naar_id = z.id
    ) k JOIN zaak a ON a.id = k.ander_id
    WHERE k.relatie = ANY(:zaakrelaties) AND {holds("k.beeindigd")}
    ORDER BY k.id
"""  # noqa: S608 - names of columns, from the entity table
# The documents of a zaak, in the order of their relations, without their files.
_DOCUMENTEN: Final = f"""
    SELECT r.registratiedatum, r.tijdstip_registratie AS sinds, r.inhoud,
           {", ".join(f"d.{column}" for column in columns(DOCUMENT, DOCUMENT_REST))}
    FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = z.id AND {holds("r.beeindigd")}
    ORDER BY r.id
"""  # noqa: S608 - names of columns, from the entity table
_PARTS: Final = {
    "relaties": _RELATIES,
    "statussen": _STATUSSEN,
    "koppelingen": _LINKS,
    "documenten": _DOCUMENTEN,
}


@lru_cache(maxsize=500)
def _command(own: str, parts: tuple[str, ...], kinds: Kinds, *, few: bool) -> Sql:
    """The statement for zaken by id: their `own` columns, and for each of `parts` an array of rows.

    `kinds` are the rights that narrow what is there.

    One row per zaak, in the order of the ids: a document. For a `few` zaken each is cut off one character after
    `room`. For more, a row is NULL once they are more than `room` together, which takes PostgreSQL longer.
    """
    rows = [f"(SELECT json_agg(d) FROM ({_PARTS[part]}) d) AS {part}" for part in parts]  # noqa: S608 - our own texts
    fields = ", ".join([own, *rows])
    zaken = f"SELECT {fields} FROM zaak z WHERE z.id = ANY(CAST(:ids AS bigint[]))"  # noqa: S608
    if few:
        sql = f"""
            -- a few zaken with their relations, a document each, cut off where it is too long
            SELECT left(row_to_json(v)::text, :ruimte + 1) FROM ({zaken}) v
            ORDER BY array_position(CAST(:ids AS bigint[]), v.id)
        """  # noqa: S608
        return Sql(narrowed(sql, kinds))
    sql = f"""
        -- zaken with their relations, a document each
        SELECT CASE WHEN sum(length(tekst)) OVER (ORDER BY rang) <= :ruimte THEN tekst END
        FROM (
            SELECT array_position(CAST(:ids AS bigint[]), v.id) AS rang, row_to_json(v)::text AS tekst
            FROM ({zaken}) v
            OFFSET 0  -- or the planner makes each text twice: to measure, and to give
        ) t
        ORDER BY rang
    """  # noqa: S608
    return Sql(narrowed(sql, kinds))


class Full(Exception):
    """The asked data does not fit; `fit` is how many zaken of the first level do, None for another level."""

    def __init__(self, fit: int | None) -> None:
        super().__init__()
        self.fit = fit


@dataclass(slots=True)
class _Zaak:
    """A zaak being put together; `id` and `zaaktype_id` as in its row."""

    id: int
    zaaktype_id: int
    view: View


class _Question:
    """The asked scope of the relations of an entity, by name."""

    def __init__(self, entiteit: Entiteit, scope: Scope) -> None:
        self.relaties = [relatie for relatie in entiteit.relaties if scope.asks(relatie)]
        by_naam = {relatie.naam: relatie for relatie in self.relaties}
        self.is_van = by_naam.get(IS_VAN.naam)
        self.objecten = {naam: relatie for naam, relatie in by_naam.items() if naam in TO_OBJECTS.names}
        self.zaken = {naam: relatie for naam, relatie in by_naam.items() if naam in TO_ZAKEN.names}
        self.statussen = HEEFT.naam in by_naam
        self.documenten = HEEFT_RELEVANT.naam in by_naam

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the statement that it needs."""
        asked = {
            "relaties": self.objecten,
            "statussen": self.statussen,
            "koppelingen": self.zaken,
            "documenten": self.documenten,
        }
        return tuple(naam for naam, needed in asked.items() if needed)


def load(
    connection: Connection,
    inrichting: Inrichting,
    ids: Sequence[int],
    scope: Scope,
    *,
    only_last: bool = False,
    bounded: bool = False,
    grant: Grant = UNBOUNDED,
    shown: set[int] | None = None,
) -> list[View]:
    """The zaken with these ids, in this order, with the relations that the scope asks.

    They have only what the caller may see (`grant`).

    `only_last`: only the last status (ZDS 4.1.1, geefZaakstatus). `bounded`: only the first ones, as many as an
    answer may have (StUF 03.01, 6.4.1); raises StUF058 when not even the first fits. The ids of all zaken in it, also
    of those at the other end of a relation, are added to `shown`.
    """
    count = len(ids)
    question = _Question(ZAK, scope)
    while count:
        loader = _Loader(connection, inrichting, only_last, grant)
        if bounded:
            loader.room = MAX_ZAAK if count == 1 else MAX_ANSWER
        try:
            rows = loader.fetch(ids[:count], question, own=_OWN)
            zaken = [_zaak(rows[zaak_id], ZAK) for zaak_id in ids[:count] if zaak_id in rows]
            loader.fill(zaken, rows, question, scope)
        except Full as full:
            if count == 1:
                raise _too_large(question) from None
            count = max(count // 2 if full.fit is None else full.fit, 1)
        else:
            if shown is not None:
                shown |= loader.shown
            return [zaak.view for zaak in zaken]
    return []


def _too_large(question: _Question) -> StufFout:
    asked = ", ".join(relatie.naam for relatie in question.relaties)
    advice = f"vraag in scope minder; nu ook de relaties {asked}" if asked else "vraag in scope minder elementen"
    return StufFout("StUF058", f"Wat van een zaak gevraagd is, is te groot voor een antwoord: {advice}.")


def load_gerelateerde_zaken(
    connection: Connection,
    inrichting: Inrichting,
    rows: Sequence[Row],
    entiteit: Entiteit,
    scope: Scope | None,
    *,
    grant: Grant = UNBOUNDED,
    shown: set[int] | None = None,
    room: int = _UNBOUNDED,
) -> list[View]:
    """The zaken of these rows (`ZAAK_COLUMNS`) at the other end of a relation, with the data that the scope asks.

    The caller (`grant`) may see each of them, and gets no relations with what it may not see. `shown` as in `load`.
    Raises Full when their relations are more than `room` characters.
    """
    zaken = [_zaak(row, entiteit) for row in rows]
    loader = _Loader(connection, inrichting, False, grant)
    loader.room = room
    loader.shown.update(zaak.id for zaak in zaken)
    if scope is not None:
        loader.fill_further(zaken, _Question(entiteit, scope), scope)
    if shown is not None:
        shown |= loader.shown
    return [zaak.view for zaak in zaken]


class _Loader:
    """Fills zaken with their relations, level by level."""

    def __init__(self, connection: Connection, inrichting: Inrichting, only_last: bool, grant: Grant) -> None:
        self._connection = connection
        self._grant = grant
        self._inrichting = inrichting
        self._only_last = only_last
        self.room = _UNBOUNDED
        """Characters that may still be loaded."""
        self.shown: set[int] = set()
        """The ids of the zaken that were filled so far."""

    def fetch(self, ids: Sequence[int], question: _Question, *, own: str) -> dict[int, Row]:
        """The rows of zaken by id: the columns `own`, and the asked parts. Raises Full."""
        given = parameters(self._grant)
        if question.objecten:
            given["objectrelaties"] = list(question.objecten)
        if question.statussen:
            given["alleen_laatste"] = self._only_last
        if question.zaken:
            given["zaakrelaties"] = list(question.zaken)
        command = _command(own, question.parts, self._grant.kinds, few=len(ids) <= _FEW)
        rows: dict[int, Row] = {}
        begin, count = 0, _BATCH
        while begin < len(ids):
            given |= {"ids": list(ids[begin : begin + count]), "ruimte": self.room}
            begin, count = begin + count, 4 * count
            for text in command.run(self._connection, given).scalars():
                if text is None or len(text) > self.room:
                    raise Full(len(rows))
                self.room -= len(text)
                row = orjson.loads(text)
                rows[row["id"]] = row
        return rows

    def fill(self, zaken: Sequence[_Zaak], rows: Mapping[int, Row], question: _Question, scope: Scope) -> None:
        """Add the asked relations to these zaken, from their rows."""
        further: dict[str, list[_Zaak]] = defaultdict(list)
        for zaak in zaken:
            self.shown.add(zaak.id)
            row = rows.get(zaak.id, {})
            if question.is_van is not None:
                self._add_zaaktype(zaak, question.is_van)
            _note_unknown(zaak, question.relaties)
            for part in row.get("relaties") or ():
                relatie = question.objecten[part["relatie"]]
                view = relatie_view(relatie, from_row(relatie.elementen, part), part, part["inhoud"].get(GERELATEERDE))
                zaak.view.relaties.setdefault(relatie.naam, []).append(view)
            if statussen := row.get("statussen"):
                zaak.view.relaties[HEEFT.naam] = [self._status_view(zaak, part) for part in statussen]
            if documenten := row.get("documenten"):
                zaak.view.relaties[HEEFT_RELEVANT.naam] = [document_view(part) for part in documenten]
            for part in row.get("koppelingen") or ():
                relatie = question.zaken[part["relatie"]]
                other = _zaak(part, relatie.gerelateerde[0].entiteit)
                self.shown.add(other.id)
                further[relatie.naam].append(other)
                view = RelatieView(part["koppeling"], relatie.gerelateerde[0], other.view)
                zaak.view.relaties.setdefault(relatie.naam, []).append(view)
        for naam, others in further.items():
            deeper = scope.relatie(naam).gerelateerde("")
            if deeper is not None:
                self.fill_further(others, _Question(question.zaken[naam].gerelateerde[0].entiteit, deeper), deeper)

    def fill_further(self, zaken: Sequence[_Zaak], question: _Question, scope: Scope) -> None:
        """Fill zaken at the other end of a relation, whose own elements are there already."""
        ids = list(dict.fromkeys(zaak.id for zaak in zaken))
        try:
            rows = self.fetch(ids, question, own="z.id") if question.parts else {}
        except Full:
            raise Full(None) from None
        self.fill(zaken, rows, question, scope)

    def _add_zaaktype(self, zaak: _Zaak, is_van: Relatie) -> None:
        zaaktype = self._inrichting.zaaktype_with_id(zaak.zaaktype_id)
        if zaaktype is None:
            return
        own = dict(zaak.view.gegevens.get(is_van.naam) or {})  # type: ignore[arg-type]
        rest = own.pop(GERELATEERDE, {})
        view = View({**zaaktype_data(zaaktype), **rest})
        zaak.view.relaties[is_van.naam] = [RelatieView(own, is_van.gerelateerde[0], view)]

    def _status_view(self, zaak: _Zaak, row: Row) -> RelatieView:
        data = from_row(HEEFT.elementen, row)
        data["indicatieLaatsteStatus"] = "J" if row["laatste"] else "N"
        zaaktype = self._inrichting.zaaktype_with_id(zaak.zaaktype_id)
        statustype = zaaktype.statustype_with_id(row["statustype_id"]) if zaaktype else None
        known = statustype_data(zaaktype, statustype) if zaaktype and statustype else {}
        view = RelatieView(data, HEEFT.gerelateerde[0], View({**known, **row["inhoud"].get(GERELATEERDE, {})}))
        gezet = row["inhoud"].get(IS_GEZET_DOOR.naam, {})
        if "@noValue" in gezet:
            view.unknown[IS_GEZET_DOOR.naam] = [gezet["@noValue"]]
        elif row["entiteittype"] is not None or gezet:
            setting = {**gezet, DERIVED_TIJDSTIP.naam: row["tijdstip_registratie"]}
            view.relaties[IS_GEZET_DOOR.naam] = [relatie_view(IS_GEZET_DOOR, setting, row, gezet.get(GERELATEERDE))]
        return view


def document_view(row: Row) -> RelatieView:
    """A document of a zaak. A date in sta.datumStatusGezet has no place in the schema (docs/afwijkingen.md 39).

    Neither has its completeness; a missing value can be answered.
    """
    data = from_row(HEEFT_RELEVANT.elementen, {**row, OWN_TIJDSTIP.kolom: row["sinds"]})
    empty = values.no_waarde(data.pop("sta.datumStatusGezet", None))
    if empty:
        data["sta.datumStatusGezet"] = {"@noValue": empty}
    choice = HEEFT_RELEVANT.gerelateerde[0]
    return RelatieView(data, choice, View(from_row(choice.entiteit.elementen, row, DOCUMENT_REST)))


def _note_unknown(zaak: _Zaak, relaties: Sequence[Relatie]) -> None:
    """Note the relations that a message declared unknown, with another noValue than geenWaarde."""
    unknown = zaak.view.gegevens.get(UNKNOWN_RELATIES)
    if not isinstance(unknown, dict):
        return
    for relatie in relaties:
        if relatie.naam in unknown:
            zaak.view.unknown[relatie.naam] = list(unknown[relatie.naam])


def _zaak(row: Row, entiteit: Entiteit) -> _Zaak:
    data = from_row(ZAK.elementen, row)
    for naam in ("isVan", UNKNOWN_RELATIES):
        if naam in row["inhoud"]:
            data[naam] = row["inhoud"][naam]
    sleutel = str(row["id"]) if entiteit is ZAK else ""
    return _Zaak(row["id"], row["zaaktype_id"], View(data, sleutel=sleutel))


def relatie_view(relatie: Relatie, data: Data, row: Row, supplement: Mapping[str, Any] | None) -> RelatieView:
    """A relation with its object: the shared row, and the values beyond it in the message of this zaak."""
    if row["entiteittype"] is None:
        return RelatieView({**data, **({GERELATEERDE: dict(supplement)} if supplement else {})})
    choice = _choice(relatie, row["entiteittype"])
    if choice.entiteit.verbatim:
        return RelatieView(data, choice, View(dict(row["object_inhoud"])))
    entiteit = choice.entiteit
    shared = from_row(entiteit.elementen, {**row, "inhoud": row["object_inhoud"]})
    known, beyond = uncovered(shared, dict(supplement or {}))
    # The number in the shared row identifies a person: another number in the relation does not replace it.
    otherwise = {naam for naam, _ in entiteit.sleutels[1:]}
    said = {naam: waarde for naam, waarde in beyond.items() if naam not in otherwise}
    return RelatieView(data, choice, View(merge(entiteit.elementen, known, said)))


def _choice(relatie: Relatie, entiteittype: str) -> Choice:
    choice = relatie.choice_for(entiteittype)
    if choice is None:
        raise LookupError(f"{relatie.naam} leads to a {entiteittype}")
    return choice


# --- A document with its zaken and statuses, loaded for an answer in one statement without its bytes (ZDS 4.2.2)

BESLUITEN: Final = f"""
    (SELECT json_agg(deel) FROM (
        SELECT {TO_OBJECTS.answered("r")}, r.zaak_id,
               o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
        FROM besluit_document b JOIN zaak_relatie r ON r.id = b.relatie_id JOIN object o ON o.id = r.object_id
        JOIN zaak z ON z.id = r.zaak_id
        WHERE b.document_id = d.id AND {holds("b.beeindigd")} AND {holds("r.beeindigd")} ORDER BY r.id
    ) deel) AS besluiten
"""  # noqa: S608 - names of columns, from the entity table
"""SQL of the besluiten that document `d` records, each as its zaak has it."""

_LOAD: Final = f"""
    -- a document in its newest version or the one that is asked, with the zaken that it belongs to
    SELECT d.id, {", ".join(f"d.{column}" for column in COLUMNS)}, d.geregistreerd_op, v.gegevens AS toen,
           encode(v.sha256, 'hex') AS sha256, v.content_type, v.bestandsnaam,
           (SELECT json_agg(deel) FROM (
                SELECT {", ".join(f"z.{column}" for column in ZAAK_COLUMNS)},
                       r.registratiedatum AS geregistreerd, r.tijdstip_registratie AS sinds, r.inhoud AS relatie
                FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
                WHERE r.document_id = d.id AND regie_geldt(r.beeindigd) AND :met_zaken ORDER BY r.id
            ) deel) AS zaken, EXISTS (SELECT FROM besluit_document b WHERE b.document_id = d.id) AS legt_besluit_vast
    FROM document d JOIN document_versie v ON v.document_id = d.id
    WHERE d.identificatie = :identificatie AND (CAST(:versie AS text) IS NULL OR v.versie = :versie)
    ORDER BY v.volgnummer DESC LIMIT 1
"""  # noqa: S608 - names of columns, from the entity tables
_AANDUIDING: Final = "vertrouwelijkAanduiding"


@lru_cache
def _load(kinds: Kinds) -> Sql:
    return Sql(narrowed(_LOAD, kinds))


@lru_cache
def _load_besluiten(kinds: Kinds) -> Sql:
    return Sql(narrowed(f"SELECT {BESLUITEN} FROM document d WHERE d.id = :id", kinds))  # noqa: S608 - our own text


@dataclass(frozen=True, slots=True)
class Document:
    """A document for an answer; without `sha256` it is a container that waits for its file."""

    view: View
    sha256: str | None
    content_type: str
    bestandsnaam: str
    geregistreerd_op: datetime


def load_document(
    connection: Connection,
    inrichting: Inrichting,
    identificatie: str,
    versie: str | None,
    scope: Scope,
    *,
    grant: Grant = UNBOUNDED,
    shown: set[int] | None = None,
) -> Document | None:
    """The document with this identificatie, in the newest or the asked version; None when there is no such version.

    None too when the caller (`grant`) may not see it. `shown` as in `load`.
    """
    asked = scope.asks(IS_RELEVANT_VOOR)
    given = {"identificatie": identificatie, "versie": versie, "met_zaken": asked, **parameters(grant)}
    row = _load(grant.kinds).run(connection, given).mappings().one_or_none()
    if row is None:
        return None
    data = dict(row["toen"]) if row["toen"] is not None else from_row(DOCUMENT, row, DOCUMENT_REST)
    if grant.aanduidingen is not None and values.text(data.get(_AANDUIDING)) not in grant.aanduidingen:
        return None  # an older version may have been more confidential than the document is now
    view = View(data, sleutel=str(row["id"]))
    if asked and row["zaken"]:
        view.relaties[IS_RELEVANT_VOOR.naam] = _relaties(connection, inrichting, row, scope, grant=grant, shown=shown)
    if row["legt_besluit_vast"] and scope.asks(KAN_VASTLEGGING_ZIJN_VAN):
        recorded = _load_besluiten(grant.kinds).run(connection, {"id": row["id"], **parameters(grant)}).mappings()
        add_besluiten(view, recorded.one(), shown if shown is not None else set())
    return Document(view, row["sha256"], row["content_type"], row["bestandsnaam"], row["geregistreerd_op"])


def add_besluiten(view: View, row: Row, shown: set[int]) -> None:
    """Add the besluiten in a row (`BESLUITEN`) to a document; the ids of their zaken are added to `shown`."""
    of_document = [
        relatie_view(KAN_VASTLEGGING_ZIJN_VAN, {}, part, part["inhoud"].get(GERELATEERDE))
        for part in row["besluiten"] or ()
    ]
    if of_document:
        view.relaties[KAN_VASTLEGGING_ZIJN_VAN.naam] = of_document
        shown |= {part["zaak_id"] for part in row["besluiten"]}


def _relaties(
    connection: Connection,
    inrichting: Inrichting,
    row: Mapping[Any, Any],
    scope: Scope,
    *,
    grant: Grant,
    shown: set[int] | None,
) -> list[RelatieView]:
    choice = IS_RELEVANT_VOOR.gerelateerde[0]
    deeper = scope.relatie(IS_RELEVANT_VOOR.naam).gerelateerde("")
    zaken = load_gerelateerde_zaken(
        connection, inrichting, row["zaken"], choice.entiteit, deeper, grant=grant, shown=shown
    )
    return [relation_view(part, zaak) for part, zaak in zip(row["zaken"], zaken, strict=True)]


def relation_view(part: Mapping[Any, Any], zaak: View) -> RelatieView:
    """The relation of a document with this zaak, from the columns beside those of the zaak."""
    own = {
        "registratiedatum": part["geregistreerd"],
        "tijdstip_registratie": part["sinds"],
        "inhoud": part["relatie"],
    }
    return RelatieView(from_row(ZAAKDOCUMENT, own), IS_RELEVANT_VOOR.gerelateerde[0], zaak)


# --- Zaken for a kennisgeving: everything that it can carry, and the plans that they belong to

IN_KENNISGEVING: Final = Scope(
    Mode.ELEMENTEN, {relatie.naam: Scope(Mode.ELEMENTEN) for relatie in ZAK.relaties if relatie.kennisgeving}
)
"""Every relation that a kennisgeving can have, and all elements of the zaak that we keep."""
_PLANS: Final = Sql(f"""
    SELECT p.zaak_id AS van, {", ".join(f"a.{column}" for column in ZAAK_COLUMNS)}
    FROM regie_plannen(:ids) p JOIN zaak a ON a.id = p.plan_id
    WHERE p.plan_id <> p.zaak_id ORDER BY p.zaak_id, a.id
""")  # noqa: S608 - names of columns, from the entity table


def load_zaken_to_send(
    connection: Connection, inrichting: Inrichting, zaak_ids: Sequence[int], grant: Grant = UNBOUNDED
) -> dict[int, View]:
    """The zaken by id, with every relation that a kennisgeving can have; one that does not exist is left out.

    heeftBetrekkingOpAndere also has the gezinsplan and the levensdomeinplan that a zaak belongs to in another way:
    through the levensdomeinplan, or the hoofdzaak. A receiver that does not see all (`grant`) has only the plans that
    the zaak names itself: the way to another may lead over a zaak that it must not know of.
    """
    ids = list(dict.fromkeys(zaak_ids))
    views = {int(view.sleutel): view for view in load(connection, inrichting, ids, IN_KENNISGEVING, grant=grant)}
    if grant.kinds != EVERYTHING:
        return views
    rows = list(_PLANS.run(connection, {"ids": list(views)}).mappings()) if views else []
    choice = HEEFT_BETREKKING_OP_ANDERE.gerelateerde[0]
    plans = load_gerelateerde_zaken(connection, inrichting, rows, choice.entiteit, KERNGEGEVENS)
    per_zaak: dict[int, list[View]] = defaultdict(list)
    for row, plan in zip(rows, plans, strict=True):
        per_zaak[row["van"]].append(plan)
    for zaak_id, added in per_zaak.items():
        relaties = views[zaak_id].relaties.setdefault(HEEFT_BETREKKING_OP_ANDERE.naam, [])
        known = {one.view.gegevens.get("identificatie") for one in relaties if one.view}
        relaties += [RelatieView({}, choice, plan) for plan in added if plan.gegevens.get("identificatie") not in known]
    return views

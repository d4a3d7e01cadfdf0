"""The relations of zaken that have ended, for an answer with materiële historie (StUF 03.01, 6.4.6).

A row of a relation stays when the relation ends, with its end. Earlier values of elements are kept nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.access.caller import UNBOUNDED, Grant, Kinds
from regiesysteem.access.inzage import Look
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.write import Mode, RelatieView, Scope, View
from regiesysteem.zakenmagazijn.loading import (
    MAX_ANSWER,
    ZAAK_COLUMNS,
    document_view,
    load_gerelateerde_zaken,
    relatie_view,
)
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_ZAKEN
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, GERELATEERDE, TIJDVAK, Row, columns, from_row, holds
from regiesysteem.zkn.documentgegevens import DOCUMENT
from regiesysteem.zkn.parties import NPS
from regiesysteem.zkn.zaak import HEEFT_RELEVANT, ZAK

_OBJECTEN: Final = f"""
    SELECT r.zaak_id, r.relatie, r.beeindigd, {TO_OBJECTS.answered("r")},
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud,
           coalesce(o.sleutel, 'object:' || o.id) AS wie
    FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id LEFT JOIN object o ON o.id = r.object_id
    WHERE z.id = ANY(CAST(:ids AS bigint[])) AND r.relatie = ANY(:relaties) AND NOT {holds("r.beeindigd")}
    ORDER BY r.beeindigd DESC, r.id
"""  # noqa: S608 - names of columns, from the entity table
_ZAKEN: Final = f"""
    SELECT k.zaak_id, k.relatie, k.beeindigd,
           k.inhoud || jsonb_build_object('tijdstipRegistratie', k.tijdstip_registratie) AS koppeling,
           {", ".join(f"a.{column}" for column in ZAAK_COLUMNS)}
    FROM (
        SELECT id, van_id AS zaak_id, naar_id AS ander_id, relatie, inhoud, tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE van_id = ANY(CAST(:ids AS bigint[]))
        UNION ALL
        SELECT id, naar_id, van_id, CASE relatie WHEN 'heeftAlsDeelzaak' THEN 'heeftAlsHoofdzaak' ELSE relatie END,
               inhoud, tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE naar_id = ANY(CAST(:ids AS bigint[]))
    ) k JOIN zaak a ON a.id = k.ander_id
    WHERE k.relatie = ANY(:relaties) AND NOT {holds("k.beeindigd")}
    ORDER BY k.beeindigd DESC, k.id
"""  # noqa: S608 - names of columns, from the entity table
_DOCUMENTEN: Final = f"""
    SELECT r.zaak_id, '{HEEFT_RELEVANT.naam}' AS relatie, r.beeindigd,
           r.registratiedatum, r.tijdstip_registratie AS sinds, r.inhoud,
           {", ".join(f"d.{column}" for column in columns(DOCUMENT, DOCUMENT_REST))}
    FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id JOIN document d ON d.id = r.document_id
    WHERE z.id = ANY(CAST(:ids AS bigint[])) AND '{HEEFT_RELEVANT.naam}' = ANY(:relaties)
      AND NOT {holds("r.beeindigd")}
    ORDER BY r.beeindigd DESC, r.id
"""  # noqa: S608 - names of columns, from the entity table
_TOO_LARGE: Final = "De beëindigde relaties zijn te groot voor een antwoord: vraag minder zaken, of minder relaties."


def with_tijdvak(scope: Scope) -> Scope:
    """Ask for the tijdvakRelatie of each asked relation that has one: in an answer with history it must be there."""
    if not scope.explicit:
        return scope
    children = dict(scope.children)
    for naam, asked in scope.children.items():
        relatie = ZAK.relatie(naam)
        if relatie is not None and relatie.element(TIJDVAK) is not None and asked.explicit and not asked.empty:
            children[naam] = replace(asked, children={**asked.children, TIJDVAK: Scope(Mode.ELEMENTEN)})
    return replace(scope, children=children)


def add_ended(  # noqa: PLR0917 - zaken, and what is asked of them by whom
    connection: Connection,
    inrichting: Inrichting,
    zaken: Sequence[View],
    scope: Scope,
    grant: Grant = UNBOUNDED,
    look: Look | None = None,
) -> None:
    """Add the asked relations of these zaken that have ended, after the others, the last one that ended first.

    Those of a zaak at the other end of a relation stay out. `look` gets the people and zaken that are shown so. Raises
    StUF058 when they do not fit in an answer.
    """
    asked = [relatie.naam for relatie in ZAK.relaties if scope.asks(relatie)]
    given = {"ids": [int(zaak.sleutel) for zaak in zaken], "relaties": asked, "ruimte": MAX_ANSWER, **parameters(grant)}
    by_id = {zaak.sleutel: zaak for zaak in zaken}
    look = look if look is not None else Look()
    for row in _rows(connection, _OBJECTEN, given, grant.kinds):
        relatie = next(one for one in ZAK.relaties if one.naam == row["relatie"])
        data = from_row(relatie.elementen, row)
        view = relatie_view(relatie, data, row, row["inhoud"].get(GERELATEERDE))
        if row["entiteittype"] == NPS.code:
            look.sought.add(row["wie"])
        _append(by_id, row, view)
    for row in _rows(connection, _DOCUMENTEN, given, grant.kinds):
        _append(by_id, row, document_view(row))
    rows = _rows(connection, _ZAKEN, given, grant.kinds)
    for naam in TO_ZAKEN.names:
        of_relation = [row for row in rows if row["relatie"] == naam]
        relatie = next(one for one in ZAK.relaties if one.naam == naam)
        if not of_relation:
            continue
        choice, deeper = relatie.gerelateerde[0], scope.relatie(naam).gerelateerde("")
        others = load_gerelateerde_zaken(
            connection, inrichting, of_relation, choice.entiteit, deeper, grant=grant, shown=look.zaken
        )
        for row, other in zip(of_relation, others, strict=True):
            _append(by_id, row, RelatieView(row["koppeling"], choice, other))


def _append(zaken: Mapping[str, View], row: Row, view: RelatieView) -> None:
    """Append a relation to its zaak, with its end: one that ended without a date has that in its row alone."""
    known = view.gegevens.get(TIJDVAK)
    tijdvak = {**(known if isinstance(known, dict) else {}), "eindRelatie": row["beeindigd"]}
    ended = replace(view, gegevens={**view.gegevens, TIJDVAK: tijdvak})
    zaken[str(row["zaak_id"])].relaties.setdefault(row["relatie"], []).append(ended)


@lru_cache
def _command(sql: str, kinds: Kinds) -> Sql:
    bounded = f"""
        -- relations of zaken that have ended, a document each, until they are more than an answer may have
        SELECT CASE WHEN sum(length(tekst)) OVER (ORDER BY nummer) <= :ruimte THEN tekst END
        FROM (SELECT row_number() OVER () AS nummer, row_to_json(v)::text AS tekst FROM ({sql}) v OFFSET 0) t
        ORDER BY nummer
    """  # noqa: S608 - our own texts
    return Sql(narrowed(bounded, kinds))


def _rows(connection: Connection, sql: str, given: dict[str, Any], kinds: Kinds) -> list[Row]:
    texts = _command(sql, kinds).run(connection, given).scalars().all()
    if None in texts:
        raise StufFout("StUF058", _TOO_LARGE)
    return [orjson.loads(text) for text in texts]

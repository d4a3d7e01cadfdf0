"""Several documents for an answer, without their files: ids in, all that the scope asks out (StUF 03.01, 6.4)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import orjson
from sqlalchemy import Connection

from regiesysteem.access.caller import UNBOUNDED, Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.write import RelatieView, Scope, View
from regiesysteem.zakenmagazijn.document_changes import COLUMNS
from regiesysteem.zakenmagazijn.loading import (
    BESLUITEN,
    MAX_ANSWER,
    MAX_ZAAK,
    ZAAK_COLUMNS,
    Full,
    add_besluiten,
    load_gerelateerde_zaken,
    relation_view,
)
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, Row, from_row, holds
from regiesysteem.zkn.document import IS_RELEVANT_VOOR, KAN_VASTLEGGING_ZIJN_VAN
from regiesysteem.zkn.documentgegevens import DOCUMENT

_ZAKEN: Final = f"""
    (SELECT json_agg(deel) FROM (
        SELECT {", ".join(f"z.{column}" for column in ZAAK_COLUMNS)},
               r.registratiedatum AS geregistreerd, r.tijdstip_registratie AS sinds, r.inhoud AS relatie
        FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
        WHERE r.document_id = d.id AND {holds("r.beeindigd")} ORDER BY r.id
    ) deel) AS zaken
"""  # noqa: S608 - names of columns, from the entity tables
_TOO_LARGE: Final = "Wat van een document gevraagd is, is te groot voor een antwoord: vraag in scope minder."


@lru_cache
def _command(kinds: Kinds, *, with_zaken: bool, with_besluiten: bool) -> Sql:
    parts = ", ".join(f"d.{column}" for column in ("id", *COLUMNS))
    parts += f", {_ZAKEN}" if with_zaken else ""
    parts += f", {BESLUITEN}" if with_besluiten else ""
    return Sql(
        narrowed(
            f"""
        -- documents in their newest version, a document each, until they are more than an answer may have
        SELECT CASE WHEN sum(length(tekst)) OVER (ORDER BY rang) <= :ruimte THEN tekst END
        FROM (
            SELECT array_position(CAST(:ids AS bigint[]), v.id) AS rang, row_to_json(v)::text AS tekst
            FROM (SELECT {parts} FROM document d WHERE d.id = ANY(CAST(:ids AS bigint[]))) v
            OFFSET 0
        ) t
        ORDER BY rang
    """,  # noqa: S608 - names of columns, from the entity tables
            kinds,
        )
    )


def load_documents(
    connection: Connection,
    inrichting: Inrichting,
    ids: Sequence[int],
    scope: Scope,
    *,
    grant: Grant = UNBOUNDED,
    shown: set[int] | None = None,
) -> list[View]:
    """The documents with these ids, in this order: the first ones, as many as an answer may have (6.4.1).

    `grant` and `shown` as in `loading.load`. Raises StUF058 when not even the first fits.
    """
    count = len(ids)
    while count:
        try:
            views, seen = _load(connection, inrichting, ids[:count], scope, grant)
        except Full as full:
            if count == 1:
                raise StufFout("StUF058", _TOO_LARGE) from None
            count = max(count // 2 if full.fit is None else full.fit, 1)
        else:
            if shown is not None:
                shown |= seen
            return views
    return []


def _load(
    connection: Connection, inrichting: Inrichting, ids: Sequence[int], scope: Scope, grant: Grant
) -> tuple[list[View], set[int]]:
    """The documents, and the zaken that they show. Raises Full."""
    asked = scope.asks(IS_RELEVANT_VOOR)
    room = MAX_ZAAK if len(ids) == 1 else MAX_ANSWER
    given = {"ids": list(ids), "ruimte": room, **parameters(grant)}
    besluiten = scope.asks(KAN_VASTLEGGING_ZIJN_VAN)
    command = _command(grant.kinds, with_zaken=asked, with_besluiten=besluiten)
    texts = command.run(connection, given).scalars().all()
    if None in texts:
        raise Full(texts.index(None))
    rows: list[Row] = [orjson.loads(text) for text in texts]
    views = [View(from_row(DOCUMENT, row, DOCUMENT_REST), sleutel=str(row["id"])) for row in rows]
    seen: set[int] = set()
    for view, row in zip(views, rows, strict=True) if besluiten else ():
        add_besluiten(view, row, seen)
    parts = [part for row in rows for part in row.get("zaken") or ()]
    if not parts:
        return views, seen
    choice = IS_RELEVANT_VOOR.gerelateerde[0]
    deeper = scope.relatie(IS_RELEVANT_VOOR.naam).gerelateerde("")
    zaken = iter(
        load_gerelateerde_zaken(
            connection, inrichting, parts, choice.entiteit, deeper, grant=grant, shown=seen, room=room
        )
    )
    for view, row in zip(views, rows, strict=True):
        of_document: list[RelatieView] = [relation_view(part, next(zaken)) for part in row.get("zaken") or ()]
        if of_document:
            view.relaties[IS_RELEVANT_VOOR.naam] = of_document
    return views, seen

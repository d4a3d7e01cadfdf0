"""The documents of zaken on a page, and one of them with its versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.people.relation import relation_to
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.regie.plans import day_of, read_members, sees_whole

AT_ONCE: Final = 100
"""The documents on one page, the newest."""
_MOST_ZAKEN: Final = 20

_LIST: Final = """
    -- the documents of zaken, the newest first, each with its newest version
    SELECT d.id, d.identificatie, coalesce(d.titel, '') AS titel, coalesce(d.dct_omschrijving, '') AS soort,
           coalesce(d.auteur, '') AS auteur, coalesce(d.vertrouwelijk_aanduiding, '') AS aanduiding,
           coalesce(d.status, '') AS status, d.creatiedatum, min(r.zaak_id) AS zaak_id
    FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = ANY(:zaken) AND regie_geldt(r.beeindigd)
    GROUP BY d.id, d.identificatie, d.titel, d.dct_omschrijving, d.auteur, d.vertrouwelijk_aanduiding, d.status,
             d.creatiedatum
    ORDER BY d.id DESC LIMIT :aantal
"""
_ONE: Final = """
    -- a document with its versions, newest first, and the zaken that it belongs to
    SELECT d.id, d.identificatie, coalesce(d.titel, '') AS titel, coalesce(d.dct_omschrijving, '') AS soort,
           coalesce(d.auteur, '') AS auteur, coalesce(d.vertrouwelijk_aanduiding, '') AS aanduiding,
           coalesce(d.status, '') AS status, d.creatiedatum,
           (SELECT jsonb_agg(jsonb_build_object('volgnummer', v.volgnummer, 'versie', v.versie,
                'naam', v.bestandsnaam, 'sha', encode(v.sha256, 'hex'), 'grootte', i.grootte,
                'sinds', v.geregistreerd_op, 'type', v.content_type) ORDER BY v.volgnummer DESC)
            FROM document_versie v LEFT JOIN document_inhoud i ON i.sha256 = v.sha256
            WHERE v.document_id = d.id) AS versies,
           ARRAY(SELECT z.identificatie FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
                 WHERE r.document_id = d.id AND regie_geldt(r.beeindigd) ORDER BY z.id LIMIT :aantal) AS zaken
    FROM document d WHERE d.id = :id
"""

_NUMBER: Final = Sql("SELECT identificatie FROM document WHERE id = :id")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document of a zaak; `aanduiding` is its vertrouwelijkAanduiding."""

    id: int
    identificatie: str
    titel: str
    soort: str
    auteur: str
    aanduiding: str
    status: str
    creatiedatum: date | None


@dataclass(frozen=True, slots=True)
class DocumentVersie:
    """A version of a document; `sha256` is "" for one that waits for its file."""

    volgnummer: int
    versie: str
    bestandsnaam: str
    sha256: str
    grootte: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ReadableDocument:
    """A document that a person may read, by the zaak that gives him the right."""

    facts: DocumentFacts
    versies: list[DocumentVersie]
    zaak_id: int
    zaaknummer: str
    soort: str


def read_documents(connection: Connection, grant: Grant, zaken: Sequence[int]) -> list[DocumentFacts]:
    """The newest documents of these zaken, as far as a role may see them; one statement."""
    given = {"zaken": list(zaken), "aantal": AT_ONCE, **parameters(grant)}
    return [_facts(row) for row in _list(grant.kinds).run(connection, given).mappings()]


def find_document(connection: Connection, person: Person, number: int) -> ReadableDocument | None:
    """A document by its row, when one of its zaken gives the person the right to read it; else None."""
    given = {"id": number, "aantal": _MOST_ZAKEN, **parameters(person.grant)}
    row = _one(person.grant.kinds).run(connection, given).mappings().one_or_none()
    for zaaknummer in row["zaken"] if row else ():
        found = relation_to(connection, person, zaaknummer)
        if found is None or not person.may("documenten", found.relation):
            continue
        if sees_whole(found, read_members(connection, person, found.zaak_id)[0]):
            versies = [_versie(one) for one in row["versies"] or ()] if row else []
            return ReadableDocument(_facts(row or {}), versies, found.zaak_id, zaaknummer, found.soort)
    return None


def number_of_document(connection: Connection, number: int) -> str | None:
    """The identificatie of a document by its row, for the log: nothing is decided about who may know it."""
    found: str | None = _NUMBER.run(connection, {"id": number}).scalar_one_or_none()
    return found


def _facts(row: Mapping[Any, Any]) -> DocumentFacts:
    return DocumentFacts(
        row["id"],
        row["identificatie"],
        row["titel"],
        row["soort"],
        row["auteur"],
        row["aanduiding"],
        row["status"],
        day_of(row["creatiedatum"]),
    )


def _versie(one: Mapping[str, Any]) -> DocumentVersie:
    since = datetime.fromisoformat(one["sinds"])
    return DocumentVersie(one["volgnummer"], one["versie"], one["naam"], one["sha"] or "", one["grootte"] or 0, since)


@lru_cache
def _list(kinds: Kinds) -> Sql:
    return Sql(narrowed(_LIST, kinds))


@lru_cache
def _one(kinds: Kinds) -> Sql:
    return Sql(narrowed(_ONE, kinds))

"""The data of a zaak in forms of their own domain (RZS 1.0, 1.7.4): kept byte for byte, checked, with their history.

A zaak has one payload of each form at a time. A newer one takes its place, and the older one stays with the time of
that. A small payload is in the row, a large one with the contents of documents (`regiesysteem.storage`).
"""

import base64
import hashlib
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, UNBOUNDED, Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.load import MAIN_XSD
from regiesysteem.storage import Opslag
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.payload import Payload, is_mediatype, mediatype_of
from regiesysteem.stuf.schema import first_afwijking
from regiesysteem.stuf.xml import UnreadableXml, compiled_schema, parse
from regiesysteem.zakenmagazijn.zaak_changes import Origin

FROM_BERICHT: Final = "extraElementen"
"""The source of a payload that came in a zakLk01; another payload has the identificatie of its document."""

_SMALL: Final = 64 * 1024
_MAX_VALIDATED: Final = 20_000_000

_REPLACE: Final = Sql("""
    -- payloads that a newer one of the same form replaces; gives those that are there already and stay
    WITH nieuw AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rijen AS jsonb))
                      AS n (zaak_id bigint, formaat text, mediatype text, sha text)
    ), slot AS MATERIALIZED (
        SELECT id FROM zaak WHERE id IN (SELECT zaak_id FROM nieuw) ORDER BY id FOR NO KEY UPDATE
    ), vervangen AS (
        UPDATE domeingegevens d SET vervangen_op = :nu
        FROM nieuw n JOIN slot ON slot.id = n.zaak_id
        WHERE d.zaak_id = n.zaak_id AND d.formaat = n.formaat AND d.vervangen_op IS NULL
          AND (d.sha256, d.mediatype) <> (decode(n.sha, 'hex'), n.mediatype)
    )
    SELECT n.zaak_id, n.formaat FROM nieuw n JOIN domeingegevens d USING (zaak_id, formaat)
    WHERE d.vervangen_op IS NULL AND (d.sha256, d.mediatype) = (decode(n.sha, 'hex'), n.mediatype)
""")
_ADD: Final = Sql("""
    INSERT INTO domeingegevens
        (zaak_id, formaat, mediatype, herkomst, sha256, grootte, inhoud, opslag_sha256, bericht_id)
    SELECT zaak_id, formaat, mediatype, herkomst, decode(sha, 'hex'), grootte, decode(inhoud, 'base64'),
           CASE WHEN inhoud IS NULL THEN decode(sha, 'hex') END, :bericht_id
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS n
         (zaak_id bigint, formaat text, mediatype text, herkomst text, sha text, grootte bigint, inhoud text)
""")
_FIELDS: Final = "id, zaak_id, formaat, mediatype, herkomst, sha256, grootte, inhoud, ontvangen_op, vervangen_op"
_WITH_INHOUD: Final = Sql(f"""
    SELECT DISTINCT ON (sha256) {_FIELDS} FROM domeingegevens WHERE sha256 = ANY(:digests) ORDER BY sha256, id
""")  # noqa: S608 - names of columns
_READ: Final = f"""
    -- payloads of zaken; one that came as a document is hidden with it
    SELECT {_FIELDS} FROM domeingegevens p
    WHERE zaak_id = ANY(:zaak_ids) AND (vervangen_op IS NULL OR :alle) {{seen}} ORDER BY zaak_id, id
"""  # noqa: S608 - names of columns
_DOCUMENT_SEEN: Final = f"""
    AND (p.herkomst = '{FROM_BERICHT}' OR EXISTS (SELECT FROM document d WHERE d.identificatie = p.herkomst))
"""
_DOCUMENT: Final = Sql("""
    -- a document with the file of its newest version, and the zaken that it belongs to
    SELECT d.identificatie, d.dct_omschrijving, d.formaat, v.content_type, encode(v.sha256, 'hex') AS sha, i.grootte,
           ARRAY(SELECT zaak_id FROM document_zaak WHERE document_id = d.id AND regie_geldt(beeindigd)
                 ORDER BY 1) AS zaken
    FROM document d JOIN LATERAL (
        SELECT content_type, sha256 FROM document_versie WHERE document_id = d.id ORDER BY volgnummer DESC LIMIT 1
    ) v ON true JOIN document_inhoud i ON i.sha256 = v.sha256
    WHERE d.id = :id
""")


@dataclass(frozen=True, slots=True)
class Domeingegevens:
    """A payload of a zaak; `inhoud` is None for one that is with the documents' contents (`read_inhoud`)."""

    id: int
    zaak_id: int
    formaat: str
    mediatype: str
    herkomst: str
    sha256: str
    grootte: int
    inhoud: bytes | None
    ontvangen_op: datetime
    vervangen_op: datetime | None


def take_in(  # noqa: PLR0917 - where to, what, and where it comes from
    connection: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    zaak_id: int,
    payloads: Sequence[Payload],
    origin: Origin,
) -> None:
    """Keep the payloads that a message of a zaak carries.

    Raises StUF055 for one that is invalid by the XSD that the inrichting has for its form.
    """
    rows = []
    for payload in payloads:
        check(inrichting, payload.formaat, payload.inhoud)
        sha = hashlib.sha256(payload.inhoud).hexdigest()
        if len(payload.inhoud) > _SMALL:
            opslag.keep(connection, io.BytesIO(payload.inhoud), sha, len(payload.inhoud))
        rows.append(
            {
                "zaak_id": zaak_id,
                "formaat": payload.formaat,
                "mediatype": _mediatype(inrichting, payload),
                "herkomst": FROM_BERICHT,
                "sha": sha,
                "grootte": len(payload.inhoud),
                "inhoud": base64.b64encode(payload.inhoud).decode() if len(payload.inhoud) <= _SMALL else None,
            }
        )
    _write(connection, rows, origin)


def take_in_document(
    connection: Connection, inrichting: Inrichting, opslag: Opslag, document_id: int, origin: Origin
) -> None:
    """Keep the file of a document as payload of its zaken, where the inrichting says that it is one.

    No statement when the inrichting has no such form. Raises as `take_in`.
    """
    formats = [formaat for formaat in inrichting.formaten if formaat.documenttype or formaat.documentformaat]
    if not formats:
        return
    row = _DOCUMENT.run(connection, {"id": document_id}).one_or_none()
    formaat = next((one for one in formats if row and _fits(one.documenttype, row.dct_omschrijving)
                    and _fits(one.documentformaat, row.formaat)), None)  # fmt: skip
    if row is None or formaat is None:
        return
    if formaat.naam in inrichting.schemas:
        if row.grootte > _MAX_VALIDATED:
            raise _error(
                formaat.naam, f"is groter dan {_MAX_VALIDATED} bytes en kan niet tegen zijn XSD worden gehouden"
            )
        with opslag.read(connection, row.sha) as file:
            check(inrichting, formaat.naam, file.read())
    said = row.content_type if is_mediatype(row.content_type) else ""
    part = {
        "formaat": formaat.naam,
        "mediatype": formaat.mediatype or said or "application/octet-stream",
        "herkomst": row.identificatie,
        "sha": row.sha,
        "grootte": row.grootte,
        "inhoud": None,
    }
    _write(connection, [part | {"zaak_id": zaak_id} for zaak_id in row.zaken], origin)


def check(inrichting: Inrichting, formaat: str, inhoud: bytes) -> None:
    """Validate a payload by the XSD of its form, if there is one. Raises StUF055, without any of its content."""
    files = inrichting.schemas.get(formaat)
    if not files:
        return
    try:
        afwijking = first_afwijking(parse(inhoud), _compiled(orjson.dumps(files)))
    except UnreadableXml:
        raise _error(formaat, "is geen leesbare XML zonder DTD, en dit formaat heeft een XSD") from None
    if afwijking:
        raise _error(formaat, f"voldoet niet aan de XSD van dit formaat: {afwijking}")


def domeingegevens_of(connection: Connection, zaak_id: int, *, replaced_too: bool = False) -> list[Domeingegevens]:
    """The payloads of a zaak: the current one of each form; with `replaced_too` also the earlier ones."""
    return _read(connection, [zaak_id], every=replaced_too)


def domeingegevens_with(connection: Connection, digests: Sequence[str]) -> list[Domeingegevens]:
    """For each SHA-256 a payload with that content, of any zaak; no statement for none."""
    if not digests:
        return []
    rows = _WITH_INHOUD.run(connection, {"digests": [bytes.fromhex(one) for one in digests]})
    return _as_data(rows.mappings())


def read_inhoud(connection: Connection, opslag: Opslag, data: Domeingegevens) -> bytes:
    """The bytes of a payload. Raises the errors of `Opslag.read`."""
    if data.inhoud is not None:
        return data.inhoud
    with opslag.read(connection, data.sha256) as file:
        return file.read()


def domeingegevens_per_zaak(
    connection: Connection, zaak_ids: Sequence[int], grant: Grant = UNBOUNDED
) -> dict[int, list[Domeingegevens]]:
    """The current payloads of each of these zaken that has any, as far as `grant` sees them; one statement."""
    out: dict[int, list[Domeingegevens]] = {}
    for one in _read(connection, zaak_ids, every=False, grant=grant):
        out.setdefault(one.zaak_id, []).append(one)
    return out


def asked(formats: bool | Collection[str], formaat: str) -> bool:
    """Tell whether an abonnement with this value wants payloads of a form."""
    return formats if isinstance(formats, bool) else formaat in formats


def _read(
    connection: Connection, zaak_ids: Sequence[int], *, every: bool, grant: Grant = UNBOUNDED
) -> list[Domeingegevens]:
    given = {"zaak_ids": list(zaak_ids), "alle": every, **parameters(grant)}
    return _as_data(_read_command(grant.kinds).run(connection, given).mappings())


@lru_cache
def _read_command(kinds: Kinds) -> Sql:
    return Sql(narrowed(_READ.format(seen="" if kinds == EVERYTHING else _DOCUMENT_SEEN), kinds))


def _as_data(rows: Iterable[Mapping[Any, Any]]) -> list[Domeingegevens]:
    return [
        Domeingegevens(
            **{
                **row,
                "sha256": bytes(row["sha256"]).hex(),
                "inhoud": None if row["inhoud"] is None else bytes(row["inhoud"]),
            }
        )
        for row in rows
    ]


def _write(connection: Connection, rows: Sequence[dict[str, Any]], origin: Origin) -> None:
    if not rows:
        return
    sleutels = [{naam: row[naam] for naam in ("zaak_id", "formaat", "mediatype", "sha")} for row in rows]
    parameters = {"rijen": orjson.dumps(sleutels).decode(), "nu": origin.now}
    stays = {(row.zaak_id, row.formaat) for row in _REPLACE.run(connection, parameters)}
    new = [row for row in rows if (row["zaak_id"], row["formaat"]) not in stays]
    if new:
        _ADD.run(connection, {"rijen": orjson.dumps(new).decode(), "bericht_id": origin.bericht_id})


def _mediatype(inrichting: Inrichting, payload: Payload) -> str:
    said = next((formaat.mediatype for formaat in inrichting.formaten if formaat.naam == payload.formaat), "")
    return payload.mediatype or said or mediatype_of(payload.inhoud)


def _fits(rule: str, said: str | None) -> bool:
    return not rule or folded(rule) == folded(said or "")


def _error(formaat: str, what: str) -> StufFout:
    return StufFout("StUF055", f"domeingegevens {formaat!r} {what}")


@lru_cache(maxsize=64)
def _compiled(files: bytes) -> etree.XMLSchema:
    """Compile an XSD once per process, however often the inrichting is read again."""
    return compiled_schema(orjson.loads(files), MAIN_XSD)

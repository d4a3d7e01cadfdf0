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

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.load import HOOFD
from regiesysteem.storage import Opslag
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.payload import Lading, is_mediatype, mediatype_van
from regiesysteem.stuf.schema import eerste_afwijking
from regiesysteem.stuf.xml import OnleesbareXML, compileer_schema, ontleed
from regiesysteem.zakenmagazijn.zaak_changes import Herkomst

UIT_BERICHT: Final = "extraElementen"
"""The source of a payload that came in a zakLk01; another payload has the identificatie of its document."""

_KLEIN: Final = 64 * 1024
_MAX_TOETS: Final = 20_000_000

_VERVANG: Final = Sql("""
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
_VOEG_TOE: Final = Sql("""
    INSERT INTO domeingegevens
        (zaak_id, formaat, mediatype, herkomst, sha256, grootte, inhoud, opslag_sha256, bericht_id)
    SELECT zaak_id, formaat, mediatype, herkomst, decode(sha, 'hex'), grootte, decode(inhoud, 'base64'),
           CASE WHEN inhoud IS NULL THEN decode(sha, 'hex') END, :bericht_id
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS n
         (zaak_id bigint, formaat text, mediatype text, herkomst text, sha text, grootte bigint, inhoud text)
""")
_VELDEN: Final = "id, zaak_id, formaat, mediatype, herkomst, sha256, grootte, inhoud, ontvangen_op, vervangen_op"
_MET_INHOUD: Final = Sql(f"""
    SELECT DISTINCT ON (sha256) {_VELDEN} FROM domeingegevens WHERE sha256 = ANY(:digests) ORDER BY sha256, id
""")  # noqa: S608 - names of columns
_LEES: Final = Sql(f"""
    SELECT {_VELDEN} FROM domeingegevens
    WHERE zaak_id = ANY(:zaak_ids) AND (vervangen_op IS NULL OR :alle) ORDER BY zaak_id, id
""")  # noqa: S608 - names of columns
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
    """A payload of a zaak; `inhoud` is None for one that is with the documents' contents (`lees_inhoud`)."""

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


def neem_op(  # noqa: PLR0917 - where to, what, and where it comes from
    verbinding: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    zaak_id: int,
    ladingen: Sequence[Lading],
    herkomst: Herkomst,
) -> None:
    """Keep the payloads that a message of a zaak carries.

    Raises StUF055 for one that is invalid by the XSD that the inrichting has for its form.
    """
    rijen = []
    for lading in ladingen:
        controleer(inrichting, lading.formaat, lading.inhoud)
        sha = hashlib.sha256(lading.inhoud).hexdigest()
        if len(lading.inhoud) > _KLEIN:
            opslag.bewaar(verbinding, io.BytesIO(lading.inhoud), sha, len(lading.inhoud))
        rijen.append(
            {
                "zaak_id": zaak_id,
                "formaat": lading.formaat,
                "mediatype": _mediatype(inrichting, lading),
                "herkomst": UIT_BERICHT,
                "sha": sha,
                "grootte": len(lading.inhoud),
                "inhoud": base64.b64encode(lading.inhoud).decode() if len(lading.inhoud) <= _KLEIN else None,
            }
        )
    _schrijf(verbinding, rijen, herkomst)


def neem_document_op(
    verbinding: Connection, inrichting: Inrichting, opslag: Opslag, document_id: int, herkomst: Herkomst
) -> None:
    """Keep the file of a document as payload of its zaken, where the inrichting says that it is one.

    No statement when the inrichting has no such form. Raises as `neem_op`.
    """
    formaten = [formaat for formaat in inrichting.formaten if formaat.documenttype or formaat.documentformaat]
    if not formaten:
        return
    rij = _DOCUMENT.voer_uit(verbinding, {"id": document_id}).one_or_none()
    formaat = next((een for een in formaten if rij and _past(een.documenttype, rij.dct_omschrijving)
                    and _past(een.documentformaat, rij.formaat)), None)  # fmt: skip
    if rij is None or formaat is None:
        return
    if formaat.naam in inrichting.schemas:
        if rij.grootte > _MAX_TOETS:
            raise _fout(formaat.naam, f"is groter dan {_MAX_TOETS} bytes en kan niet tegen zijn XSD worden gehouden")
        with opslag.lees(verbinding, rij.sha) as bestand:
            controleer(inrichting, formaat.naam, bestand.read())
    gezegd = rij.content_type if is_mediatype(rij.content_type) else ""
    deel = {
        "formaat": formaat.naam,
        "mediatype": formaat.mediatype or gezegd or "application/octet-stream",
        "herkomst": rij.identificatie,
        "sha": rij.sha,
        "grootte": rij.grootte,
        "inhoud": None,
    }
    _schrijf(verbinding, [deel | {"zaak_id": zaak_id} for zaak_id in rij.zaken], herkomst)


def controleer(inrichting: Inrichting, formaat: str, inhoud: bytes) -> None:
    """Validate a payload by the XSD of its form, if there is one. Raises StUF055, without any of its content."""
    bestanden = inrichting.schemas.get(formaat)
    if not bestanden:
        return
    try:
        afwijking = eerste_afwijking(ontleed(inhoud), _compileer(orjson.dumps(bestanden)))
    except OnleesbareXML:
        raise _fout(formaat, "is geen leesbare XML zonder DTD, en dit formaat heeft een XSD") from None
    if afwijking:
        raise _fout(formaat, f"voldoet niet aan de XSD van dit formaat: {afwijking}")


def domeingegevens_van(verbinding: Connection, zaak_id: int, *, ook_vervangen: bool = False) -> list[Domeingegevens]:
    """The payloads of a zaak: the current one of each form; with `ook_vervangen` also the earlier ones."""
    return _lees(verbinding, [zaak_id], alle=ook_vervangen)


def domeingegevens_met(verbinding: Connection, digests: Sequence[str]) -> list[Domeingegevens]:
    """For each SHA-256 a payload with that content, of any zaak; no statement for none."""
    if not digests:
        return []
    rijen = _MET_INHOUD.voer_uit(verbinding, {"digests": [bytes.fromhex(een) for een in digests]})
    return _als_gegevens(rijen.mappings())


def lees_inhoud(verbinding: Connection, opslag: Opslag, gegevens: Domeingegevens) -> bytes:
    """The bytes of a payload. Raises the errors of `Opslag.lees`."""
    if gegevens.inhoud is not None:
        return gegevens.inhoud
    with opslag.lees(verbinding, gegevens.sha256) as bestand:
        return bestand.read()


def domeingegevens_per_zaak(verbinding: Connection, zaak_ids: Sequence[int]) -> dict[int, list[Domeingegevens]]:
    """The current payloads of each of these zaken that has any; one statement."""
    uit: dict[int, list[Domeingegevens]] = {}
    for een in _lees(verbinding, zaak_ids, alle=False):
        uit.setdefault(een.zaak_id, []).append(een)
    return uit


def gevraagd(formaten: bool | Collection[str], formaat: str) -> bool:
    """Tell whether an abonnement with this value wants payloads of a form."""
    return formaten if isinstance(formaten, bool) else formaat in formaten


def _lees(verbinding: Connection, zaak_ids: Sequence[int], *, alle: bool) -> list[Domeingegevens]:
    return _als_gegevens(_LEES.voer_uit(verbinding, {"zaak_ids": list(zaak_ids), "alle": alle}).mappings())


def _als_gegevens(rijen: Iterable[Mapping[Any, Any]]) -> list[Domeingegevens]:
    return [
        Domeingegevens(
            **{
                **rij,
                "sha256": bytes(rij["sha256"]).hex(),
                "inhoud": None if rij["inhoud"] is None else bytes(rij["inhoud"]),
            }
        )
        for rij in rijen
    ]


def _schrijf(verbinding: Connection, rijen: Sequence[dict[str, Any]], herkomst: Herkomst) -> None:
    if not rijen:
        return
    sleutels = [{naam: rij[naam] for naam in ("zaak_id", "formaat", "mediatype", "sha")} for rij in rijen]
    parameters = {"rijen": orjson.dumps(sleutels).decode(), "nu": herkomst.nu}
    blijft = {(rij.zaak_id, rij.formaat) for rij in _VERVANG.voer_uit(verbinding, parameters)}
    nieuw = [rij for rij in rijen if (rij["zaak_id"], rij["formaat"]) not in blijft]
    if nieuw:
        _VOEG_TOE.voer_uit(verbinding, {"rijen": orjson.dumps(nieuw).decode(), "bericht_id": herkomst.bericht_id})


def _mediatype(inrichting: Inrichting, lading: Lading) -> str:
    gezegd = next((formaat.mediatype for formaat in inrichting.formaten if formaat.naam == lading.formaat), "")
    return lading.mediatype or gezegd or mediatype_van(lading.inhoud)


def _past(regel: str, gezegd: str | None) -> bool:
    return not regel or gevouwen(regel) == gevouwen(gezegd or "")


def _fout(formaat: str, wat: str) -> StufFout:
    return StufFout("StUF055", f"domeingegevens {formaat!r} {wat}")


@lru_cache(maxsize=64)
def _compileer(bestanden: bytes) -> etree.XMLSchema:
    """Compile an XSD once per process, however often the inrichting is read again."""
    return compileer_schema(orjson.loads(bestanden), HOOFD)

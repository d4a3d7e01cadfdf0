"""The versions of a document: each keeps its file and its elements; the document is the newest (ZDS 4.2.6)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.documenten import KOLOMMEN, statusregel
from regiesysteem.zakenmagazijn.rijen import DOCUMENT_REST, naar_rij, van_rij
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.blocks import EIGEN_TIJDSTIP
from regiesysteem.zkn.documentgegevens import DOCUMENT

_GETAL: Final = re.compile(r"[^0-9]*([0-9]{1,4})")
_NUMMER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_LEES: Final = Sql(f"""
    -- a document with its newest version, the labels of all, and its check-out
    SELECT d.id, {", ".join(f"d.{kolom}" for kolom in KOLOMMEN)}, v.id AS versie_id, v.volgnummer, v.statussen,
           v.content_type, v.bestandsnaam, v.sha256 IS NULL AS wacht, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie,
           (SELECT array_agg(a.versie) FROM document_versie a WHERE a.document_id = d.id) AS labels
    FROM document d JOIN document_versie v ON v.document_id = d.id LEFT JOIN document_slot s ON s.document_id = d.id
    WHERE d.id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")  # noqa: S608 - names of columns, from the entity table
_DOCUMENT: Final = f"""
    regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        SELECT zaak_id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb) FROM (
            SELECT zaak_id FROM document_zaak WHERE document_id = :id AND regie_geldt(beeindigd)
            UNION SELECT unnest(CAST(:zaken AS bigint[]))
        ) betrokken
    ), vrij AS (DELETE FROM document_slot WHERE document_id = :id AND :geef_vrij)
    UPDATE document SET ({", ".join(KOLOMMEN)}) =
        (SELECT {", ".join(f"r.{kolom}" for kolom in KOLOMMEN)}
         FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r)
    WHERE id = :id
"""  # noqa: S608 - names of columns, from the entity table
_WERK_BIJ: Final = Sql(f"""
    -- a document after a change, with its newest version, its audit lines, and when that is asked its release
    WITH versie AS (
        UPDATE document_versie SET versie = :versie, sha256 = coalesce(decode(:sha256, 'hex'), sha256),
               content_type = :content_type, bestandsnaam = :bestandsnaam, statussen = CAST(:statussen AS jsonb)
        WHERE id = :versie_id
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text
_NIEUWE_VERSIE: Final = Sql(f"""
    -- a document with a new version; the one before keeps the data of the document until now
    WITH vorige AS (
        UPDATE document_versie SET gegevens = CAST(:toen AS jsonb) WHERE id = :versie_id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        VALUES (:id, :volgnummer, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
                CAST(:statussen AS jsonb), :bericht_id)
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text


def lees(verbinding: Connection, document_id: int) -> Mapping[Any, Any]:
    """A document that the caller has locked, as a row for `schrijf` and for `documentsloten.slot_van`."""
    return _LEES.voer_uit(verbinding, {"id": document_id}).mappings().one()


def schrijf(
    verbinding: Connection,
    rij: Mapping[Any, Any],
    gegevens: Gegevens,
    bestand: Mapping[str, str | None],
    herkomst: Herkomst,
    *,
    gewijzigd: Sequence[str],
    zaken: Sequence[int],
    nieuw: bool,
    geef_vrij: bool,
) -> None:
    """Write a document after a change.

    `bestand` are the columns of its file, `nieuw` tells whether they make a new version. `zaken` get an audit line also
    when the document no longer belongs to them. The label in `gegevens` must be free where it differs.
    """
    kolommen = naar_rij(DOCUMENT, gegevens, DOCUMENT_REST)
    if bestand["sha256"] or any(bestand[naam] != rij[naam] for naam in ("content_type", "bestandsnaam")):
        # Another file is a change of the document too, also when no element changes.
        kolommen[EIGEN_TIJDSTIP.kolom] = None
    statussen = [] if nieuw else list(rij["statussen"])
    if nieuw or kolommen["status"] != rij["status"]:
        statussen += statusregel(kolommen["status"], herkomst)
    parameters = {
        "id": rij["id"],
        "rij": orjson.dumps(kolommen).decode(),
        "versie_id": rij["versie_id"],
        "versie": kolommen["versie"],
        **bestand,
        "statussen": orjson.dumps(statussen).decode(),
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
        "gewijzigd": orjson.dumps(list(gewijzigd)).decode(),
        "zaken": list(zaken),
        "geef_vrij": geef_vrij,
    }
    if nieuw:
        toen = van_rij(DOCUMENT, rij, DOCUMENT_REST)
        parameters |= {"toen": orjson.dumps(toen).decode(), "volgnummer": rij["volgnummer"] + 1}
    (_NIEUWE_VERSIE if nieuw else _WERK_BIJ).voer_uit(verbinding, parameters)


def controleer_label(identificatie: str, gezegd: str, huidig: str, labels: Sequence[str]) -> None:
    """Refuse a label that a version has, or that is not above the newest. Raises StUF067 (docs/afwijkingen.md 36).

    A label is text (RGBZ, versie). Two labels that are numbers compare between the dots: 1.10 above 1.9, and 1 as 1.0.
    """
    if gezegd in labels:
        raise StufFout(
            "StUF067", f"document {identificatie!r} heeft al een versie {gezegd!r}; de nieuwste is {huidig!r}"
        )
    nieuw, oud = _nummer(gezegd), _nummer(huidig)
    if nieuw and oud and nieuw <= oud:
        raise StufFout(
            "StUF067", f"versie {gezegd!r} van document {identificatie!r} komt niet na de nieuwste, {huidig!r}"
        )


def volgend_label(labels: Sequence[str]) -> str:
    """The label of a new version when its sender names none: the next major one (docs/afwijkingen.md 36)."""
    nummers = [int(gevonden[1]) for label in labels if (gevonden := _GETAL.match(label))]
    hoogste = max(nummers, default=0) + 1
    return f"{hoogste}.0" if hoogste < 1000 else str(hoogste)


def _nummer(label: str) -> tuple[int, ...]:
    delen = [int(deel) for deel in label.split(".")] if _NUMMER.fullmatch(label) else []
    while len(delen) > 1 and not delen[-1]:
        delen.pop()
    return tuple(delen)

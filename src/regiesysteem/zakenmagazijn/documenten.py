"""A new document: registered with its file and its zaken, in a fixed number of statements (ZDS 4.2.4 and 4.2.5)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.storage import Opslag
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorwerp
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn import documentregels, links
from regiesysteem.zakenmagazijn.relations import TO_DOCUMENTS, numbers
from regiesysteem.zakenmagazijn.rijen import DOCUMENT_REST, kolommen, naar_rij
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.documentgegevens import DOCUMENT, INHOUD

EERSTE_VERSIE: Final = "1.0"
"""The label of the first version, when its sender gives none."""

KOLOMMEN: Final = kolommen(DOCUMENT, DOCUMENT_REST)
"""The columns of a document."""

_ZOEK: Final = Sql("""
    -- the zaken of a document, and whether its identificatie is taken
    SELECT id, identificatie, zaaktype_id, EXISTS (SELECT FROM document WHERE identificatie = :document) AS bezet
    FROM zaak WHERE identificatie = ANY(:zaken)
""")
_REGISTREER: Final = Sql(f"""
    -- a new document with its first version, its zaken and their audit lines; no row, and nothing written, when its
    -- identificatie is taken
    WITH nieuw AS (
        INSERT INTO document ({", ".join(KOLOMMEN)})
        SELECT {", ".join(f"r.{kolom}" for kolom in KOLOMMEN)}
        FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r
        ON CONFLICT (identificatie) DO NOTHING
        RETURNING id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        SELECT id, 1, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
               CAST(:statussen AS jsonb), :bericht_id
        FROM nieuw
    ), relatie AS (
        {TO_DOCUMENTS.insert({"document_id": "nieuw.id"}, "nieuw", "relaties")}
        RETURNING zaak_id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis)
        SELECT zaak_id, :bericht_id, :gebeurtenis FROM relatie
    )
    SELECT id FROM nieuw
""")  # noqa: S608 - names of columns, from the entity table


def voeg_toe(  # noqa: PLR0917 - where to, what, and where it comes from
    verbinding: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    voorwerp: Voorwerp,
    bestand: Inhoud | None,
    herkomst: Herkomst,
) -> int:
    """Register a new document and give its id; without `bestand` it is a container that waits for its file.

    Raises StUF055 for a missing or wrong element, StUF064 for a zaak that does not exist, StUF067 when the
    documentidentificatie is taken, StUF058 for a document that the municipality does not accept.
    """
    documentregels.controleer_waarden(herkomst.leniency, voorwerp)
    identificatie = documentregels.controleer_nieuw(voorwerp, herkomst.leniency)
    bestandsrij = bestandskolommen(voorwerp.gegevens, bestand)
    documentregels.controleer_grootte(inrichting.documenten, bestand)
    documentregels.controleer_soort(
        inrichting.documenten, str(bestandsrij["content_type"]), str(bestandsrij["bestandsnaam"])
    )
    relaties = list(voorwerp.alle("isRelevantVoor"))
    zaken = _zoek_zaken(verbinding, identificatie, numbers(relaties))
    documentregels.controleer_documenttype(inrichting, voorwerp.gegevens, (zaaktype for _, zaaktype in zaken.values()))
    if bestand is not None:
        opslag.bewaar(verbinding, bestand.bestand, bestand.sha256, bestand.grootte)
    gegevens = eigen_gegevens(voorwerp.gegevens)
    if not values.tekst(gegevens.get("versie")):
        gegevens["versie"] = EERSTE_VERSIE
    rij = naar_rij(DOCUMENT, gegevens, DOCUMENT_REST)
    relatierijen = links.rows_of_new_document(relaties, {naam: zaak_id for naam, (zaak_id, _) in zaken.items()})
    parameters = {
        "rij": orjson.dumps(rij).decode(),
        "versie": rij["versie"],
        **bestandsrij,
        "statussen": orjson.dumps(statusregel(rij["status"], herkomst)).decode(),
        "relaties": orjson.dumps(relatierijen).decode(),
        "vandaag": tijdstip(herkomst.nu)[:8],
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
    }
    document_id = _REGISTREER.voer_uit(verbinding, parameters).scalar_one_or_none()
    if document_id is None:
        raise _bezet(identificatie)
    return int(document_id)


def eigen_gegevens(gegevens: Gegevens) -> Gegevens:
    """The elements of a document in a message, without its file, which belongs to a version."""
    return {naam: waarde for naam, waarde in gegevens.items() if naam != INHOUD.naam}


def bestandskolommen(gegevens: Gegevens, bestand: Inhoud | None) -> dict[str, str | None]:
    """The elements of the file of a version; for a container those of the file to come."""
    if bestand is not None:
        return {
            "sha256": bestand.sha256,
            "content_type": bestand.content_type,
            "bestandsnaam": bestand.bestandsnaam,
        }
    gezegd = gegevens.get(INHOUD.naam)
    attributen = gezegd if isinstance(gezegd, dict) else {}
    return {
        "sha256": None,
        "content_type": str(attributen.get("@contentType", "")),
        "bestandsnaam": str(attributen.get("@bestandsnaam", "")),
    }


def statusregel(status: str | None, herkomst: Herkomst) -> list[dict[str, Any]]:
    """A status in the history of a version; none when the document has none."""
    if not status:
        return []
    return [{"status": status, "op": herkomst.nu.isoformat(), "bericht_id": herkomst.bericht_id}]


def _zoek_zaken(verbinding: Connection, document: str, identificaties: list[str]) -> dict[str, tuple[int, int | None]]:
    """Id and zaaktype id of the zaken by identificatie, when the document may have its own."""
    rijen = _ZOEK.voer_uit(verbinding, {"document": document, "zaken": identificaties}).all()
    gevonden = {rij.identificatie: (rij.id, rij.zaaktype_id) for rij in rijen}
    onbekend = [identificatie for identificatie in identificaties if identificatie not in gevonden]
    if onbekend:
        raise StufFout("StUF064", f"zaak bestaat niet: {', '.join(onbekend)}")
    if any(rij.bezet for rij in rijen):
        raise _bezet(document)
    return gevonden


def _bezet(identificatie: str) -> StufFout:
    return StufFout("StUF067", f"er is al een document met identificatie {identificatie!r}; het blijft zoals het is")

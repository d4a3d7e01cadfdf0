"""A document with its zaken and statuses, loaded for an answer in one statement without its bytes (ZDS 4.2.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.write import Beeld, RelatieBeeld, Scope
from regiesysteem.zakenmagazijn.documenten import KOLOMMEN
from regiesysteem.zakenmagazijn.laden import ZAAKKOLOMMEN, laad_gerelateerde_zaken
from regiesysteem.zakenmagazijn.rijen import DOCUMENT_REST, van_rij
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import DOCUMENT, ZAAKDOCUMENT

_LAAD: Final = Sql(f"""
    -- a document in its newest version or the one that is asked, with the zaken that it belongs to
    SELECT d.id, {", ".join(f"d.{kolom}" for kolom in KOLOMMEN)}, d.geregistreerd_op, v.gegevens AS toen,
           encode(v.sha256, 'hex') AS sha256, v.content_type, v.bestandsnaam,
           (SELECT json_agg(deel) FROM (
                SELECT {", ".join(f"z.{kolom}" for kolom in ZAAKKOLOMMEN)},
                       r.registratiedatum AS geregistreerd, r.tijdstip_registratie AS sinds, r.inhoud AS relatie
                FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
                WHERE r.document_id = d.id AND regie_geldt(r.beeindigd) AND :met_zaken ORDER BY r.id
            ) deel) AS zaken
    FROM document d JOIN document_versie v ON v.document_id = d.id
    WHERE d.identificatie = :identificatie AND (CAST(:versie AS text) IS NULL OR v.versie = :versie)
    ORDER BY v.volgnummer DESC LIMIT 1
""")  # noqa: S608 - names of columns, from the entity tables


@dataclass(frozen=True, slots=True)
class Document:
    """A document for an answer; without `sha256` it is a container that waits for its file."""

    beeld: Beeld
    sha256: str | None
    content_type: str
    bestandsnaam: str
    geregistreerd_op: datetime


def laad_document(
    verbinding: Connection, inrichting: Inrichting, identificatie: str, versie: str | None, scope: Scope
) -> Document | None:
    """The document with this identificatie, in the newest or the asked version; None when there is no such version."""
    gevraagd = scope.vraagt(IS_RELEVANT_VOOR)
    parameters = {"identificatie": identificatie, "versie": versie, "met_zaken": gevraagd}
    rij = _LAAD.voer_uit(verbinding, parameters).mappings().one_or_none()
    if rij is None:
        return None
    gegevens = dict(rij["toen"]) if rij["toen"] is not None else van_rij(DOCUMENT, rij, DOCUMENT_REST)
    beeld = Beeld(gegevens, sleutel=str(rij["id"]))
    if gevraagd and rij["zaken"]:
        beeld.relaties[IS_RELEVANT_VOOR.naam] = _relaties(verbinding, inrichting, rij, scope)
    return Document(beeld, rij["sha256"], rij["content_type"], rij["bestandsnaam"], rij["geregistreerd_op"])


def _relaties(
    verbinding: Connection, inrichting: Inrichting, rij: Mapping[Any, Any], scope: Scope
) -> list[RelatieBeeld]:
    keuze = IS_RELEVANT_VOOR.gerelateerde[0]
    dieper = scope.relatie(IS_RELEVANT_VOOR.naam).gerelateerde("")
    zaken = laad_gerelateerde_zaken(verbinding, inrichting, rij["zaken"], keuze.entiteit, dieper)
    return [
        RelatieBeeld(van_rij(ZAAKDOCUMENT, _eigen_rij(deel)), keuze, zaak)
        for deel, zaak in zip(rij["zaken"], zaken, strict=True)
    ]


def _eigen_rij(deel: Mapping[Any, Any]) -> dict[str, Any]:
    """The columns of the relation itself, beside those of its zaak."""
    return {
        "registratiedatum": deel["geregistreerd"],
        "tijdstip_registratie": deel["sinds"],
        "inhoud": deel["relatie"],
    }

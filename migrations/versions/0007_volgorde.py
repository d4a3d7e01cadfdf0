"""Texts that are sorted and compared go by code point in any database, as Python does; indexes that 0003 lacked.

A server may have any collation as its default. The indexes on these columns follow; no table is rewritten.
"""

from alembic import op

revision = "0007_volgorde"
down_revision = "0006_document"
branch_labels = None
depends_on = None

_KOLOMMEN = {
    "zaaktype": "code omschrijving soort herkomst",
    "statustype": "code omschrijving herkomst",
    "resultaattype": "omschrijving herkomst",
    "zaak": (
        "identificatie omschrijving toelichting startdatum registratiedatum publicatiedatum einddatum_gepland "
        "uiterlijke_einddatum einddatum betalings_indicatie laatste_betaaldatum archiefnominatie "
        "datum_vernietiging_dossier zaakniveau deelzaken_indicatie"
    ),
    "object": "entiteittype sleutel identificatie naam",
    "zaak_relatie": "relatie code omschrijving toelichting beeindigd",
    "zaak_status": "datum_status_gezet moment toelichting",
    "zaak_zaak": "relatie beeindigd",
    "audit": "gebeurtenis",
    "document": (
        "identificatie dct_omschrijving creatiedatum titel formaat taal versie status vertrouwelijk_aanduiding auteur"
    ),
    "document_versie": "versie content_type bestandsnaam",
    "document_zaak": "registratiedatum beeindigd",
    "document_slot": "checked_out_id checked_out_by",
}


def _sorteer(collatie: str) -> None:
    for tabel, kolommen in _KOLOMMEN.items():
        wijzigingen = ", ".join(f'ALTER COLUMN {kolom} TYPE text COLLATE "{collatie}"' for kolom in kolommen.split())
        op.execute(f"ALTER TABLE {tabel} {wijzigingen}")


def upgrade() -> None:
    _sorteer("C")
    # Added to 0003 after it was first made: older databases do not have them.
    for soort in ("anp", "ann"):
        nummer = f"(inhoud ->> '{soort}.identificatie')"
        op.execute(f"CREATE INDEX IF NOT EXISTS ix_object_{soort} ON object ({nummer}) WHERE {nummer} IS NOT NULL")


def downgrade() -> None:
    _sorteer("default")

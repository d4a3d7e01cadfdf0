"""Documents, their versions, the zaken that they belong to, and who is editing them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_document"
down_revision = "0005_document_inhoud"
branch_labels = None
depends_on = None

_DOCUMENT = "dct_omschrijving creatiedatum titel formaat taal versie status vertrouwelijk_aanduiding auteur"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _jsonb(naam: str, *, nullable: bool = False, leeg: str | None = "'{}'") -> sa.Column[dict[str, object]]:
    return sa.Column(naam, postgresql.JSONB, nullable=nullable, server_default=sa.text(leeg) if leeg else None)


def _nu(naam: str) -> sa.Column[sa.DateTime]:
    return sa.Column(naam, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _document(**opties: bool) -> sa.Column[int]:
    return sa.Column("document_id", sa.BigInteger, sa.ForeignKey("document.id"), nullable=False, **opties)


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("documentidentificatie_seq")))
    op.create_table(
        "document",
        _id(),
        sa.Column("identificatie", sa.Text, nullable=False, unique=True),
        *(sa.Column(naam, sa.Text) for naam in _DOCUMENT.split()),
        _jsonb("gegevens"),
        _nu("geregistreerd_op"),
    )
    op.create_table(
        "document_versie",
        _id(),
        _document(),
        sa.Column("volgnummer", sa.Integer, nullable=False),
        sa.Column("versie", sa.Text, nullable=False),
        sa.Column("sha256", sa.LargeBinary, sa.ForeignKey("document_inhoud.sha256")),
        sa.Column("content_type", sa.Text, nullable=False, server_default=""),
        sa.Column("bestandsnaam", sa.Text, nullable=False, server_default=""),
        _jsonb("statussen", leeg="'[]'"),
        _jsonb("gegevens", nullable=True, leeg=None),
        sa.Column("bericht_id", sa.BigInteger, nullable=False),
        _nu("geregistreerd_op"),
        sa.UniqueConstraint("document_id", "volgnummer"),
        sa.UniqueConstraint("document_id", "versie"),
    )
    op.create_index("ix_document_versie_sha256", "document_versie", ["sha256"])
    op.create_table(
        "document_zaak",
        _id(),
        _document(),
        sa.Column("zaak_id", sa.BigInteger, sa.ForeignKey("zaak.id"), nullable=False),
        sa.Column("registratiedatum", sa.Text),
        sa.Column("beeindigd", sa.Text),
        _jsonb("inhoud"),
    )
    op.create_index("ix_document_zaak_zaak_id", "document_zaak", ["zaak_id"])
    op.create_index(
        "uq_document_zaak_paar",
        "document_zaak",
        ["document_id", "zaak_id"],
        unique=True,
        postgresql_where=sa.text("beeindigd IS NULL"),
    )
    op.create_table(
        "document_slot",
        _document(primary_key=True),
        sa.Column("checked_out_id", sa.Text, nullable=False),
        sa.Column("checked_out_by", sa.Text, nullable=False),
        sa.Column("sinds", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for tabel in ("document_slot", "document_zaak", "document_versie", "document"):
        op.drop_table(tabel)
    op.execute(sa.schema.DropSequence(sa.Sequence("documentidentificatie_seq")))

"""The content of documents, by its SHA-256: where it is, and its pieces when that is here."""

import sqlalchemy as sa
from alembic import op

revision = "0005_document_inhoud"
down_revision = "0004_procrastinate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_inhoud",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("grootte", sa.BigInteger, nullable=False),
        sa.Column("opslag", sa.Text, nullable=False),
        sa.Column("sleutel", sa.Text),
        sa.Column("aangemaakt", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        sa.CheckConstraint("grootte >= 0", name="grootte"),
        sa.CheckConstraint("opslag IN ('postgres', 's3')", name="opslag"),
        sa.CheckConstraint("(opslag = 's3') = (sleutel IS NOT NULL)", name="sleutel"),
    )
    op.create_table(
        "document_stuk",
        sa.Column(
            "sha256", sa.LargeBinary, sa.ForeignKey("document_inhoud.sha256", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("volgnummer", sa.Integer, primary_key=True),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )
    # Documents are mostly compressed already; trying it again costs more than it gains.
    op.execute("ALTER TABLE document_stuk ALTER COLUMN bytes SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("document_stuk")
    op.drop_table("document_inhoud")

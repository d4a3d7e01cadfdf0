"""The zaken of a document are found by an index again: one for relations that hold, whatever day they end.

What was unique for relations that did not end led with the document too, but holds only where beeindigd is NULL.
"""

from alembic import op

revision = "0016_document_id"
down_revision = "0015_registratie"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_document_zaak_document_id", "document_zaak", ["document_id"])


def downgrade() -> None:
    op.drop_index("ix_document_zaak_document_id", "document_zaak")

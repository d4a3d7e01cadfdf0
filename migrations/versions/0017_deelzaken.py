"""A deelzakenIndicatie N is no longer kept: it follows the relations, as of a zaak that is registered now.

Before it could follow them, N was filled in where no message said it. Which of them a sender said is not known.
"""

from alembic import op

revision = "0017_deelzaken"
down_revision = "0016_document_id"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # When a zaak was last registered does not change by it.
    op.execute("ALTER TABLE zaak DISABLE TRIGGER registreer_wijziging")
    op.execute("UPDATE zaak SET deelzaken_indicatie = NULL WHERE deelzaken_indicatie = 'N'")
    op.execute("ALTER TABLE zaak ENABLE TRIGGER registreer_wijziging")


def downgrade() -> None:
    op.execute("ALTER TABLE zaak DISABLE TRIGGER registreer_wijziging")
    op.execute("""
        UPDATE zaak SET deelzaken_indicatie = 'N'
        WHERE deelzaken_indicatie IS NULL AND inhoud -> 'deelzakenIndicatie' IS NULL
    """)
    op.execute("ALTER TABLE zaak ENABLE TRIGGER registreer_wijziging")

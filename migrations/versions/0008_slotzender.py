"""A check-out knows which system it was given to, so that its key is of no use to another (ZDS 4.2.8).

Check-outs of before have no sender: their key stays enough. An operator can release a check-out, which is an audit line
without a message.
"""

from alembic import op

revision = "0008_slotzender"
down_revision = "0007_volgorde"
branch_labels = None
depends_on = None

_KOLOMMEN = ("zender_organisatie", "zender_applicatie", "zender_administratie")


def upgrade() -> None:
    erbij = ", ".join(f'ADD COLUMN {kolom} text COLLATE "C"' for kolom in _KOLOMMEN)
    op.execute(f"ALTER TABLE document_slot {erbij}")
    op.execute("ALTER TABLE audit ALTER COLUMN bericht_id DROP NOT NULL")


def downgrade() -> None:
    # An audit line is not thrown away: 0 is the number of no message.
    op.execute("UPDATE audit SET bericht_id = 0 WHERE bericht_id IS NULL")
    op.execute("ALTER TABLE audit ALTER COLUMN bericht_id SET NOT NULL")
    op.execute(f"ALTER TABLE document_slot {', '.join(f'DROP COLUMN {kolom}' for kolom in _KOLOMMEN)}")

"""Tables of the inrichting."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_inrichting"
down_revision = None
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _deel(*eigen: sa.schema.SchemaItem) -> list[sa.schema.SchemaItem]:
    """What a statustype and a resultaattype share, around their own columns."""
    return [
        _id(),
        sa.Column("zaaktype_id", sa.BigInteger, sa.ForeignKey("zaaktype.id"), nullable=False),
        *eigen,
        *_slot(),
    ]


def _slot() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("herkomst", sa.Text, nullable=False),
        sa.Column("vervallen", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("inhoud", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.CheckConstraint("herkomst IN ('inrichting', 'overgenomen')", name="herkomst"),
    ]


def upgrade() -> None:
    op.create_table(
        "inrichting",
        sa.Column("versie", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("toml", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bron", sa.Text, nullable=False),
        sa.Column("geladen_op", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "inrichting_stand",
        sa.Column("enkel", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("versie", sa.BigInteger, nullable=False),
        sa.CheckConstraint("enkel", name="enkel"),
    )
    op.execute("INSERT INTO inrichting_stand (versie) VALUES (0)")
    op.create_table(
        "zaaktype",
        _id(),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("omschrijving", sa.Text, nullable=False),
        sa.Column("soort", sa.Text, nullable=False),
        *_slot(),
        sa.CheckConstraint("soort IN ('gezinsplan', 'levensdomeinplan', 'deelplan', 'overig')", name="soort"),
    )
    op.create_table(
        "statustype",
        *_deel(
            sa.Column("volgnummer", sa.Integer, nullable=False),
            sa.Column("code", sa.Text),
            sa.Column("omschrijving", sa.Text, nullable=False),
            sa.Column("eindstatus", sa.Boolean, nullable=False, server_default=sa.false()),
        ),
        sa.CheckConstraint("volgnummer BETWEEN 1 AND 9999", name="volgnummer"),
    )
    op.create_index(
        "uq_statustype_zaaktype_id_volgnummer",
        "statustype",
        ["zaaktype_id", "volgnummer"],
        unique=True,
        postgresql_where=sa.text("NOT vervallen"),
    )
    op.create_table("resultaattype", *_deel(sa.Column("omschrijving", sa.Text, nullable=False)))
    op.create_index(
        "uq_resultaattype_zaaktype_id_omschrijving", "resultaattype", ["zaaktype_id", "omschrijving"], unique=True
    )


def downgrade() -> None:
    for tabel in ("resultaattype", "statustype", "zaaktype", "inrichting_stand", "inrichting"):
        op.drop_table(tabel)

"""Messages under the duplicate rule, and the numbers of genereerZaakIdentificatie."""

import sqlalchemy as sa
from alembic import op

revision = "0002_bericht"
down_revision = "0001_inrichting"
branch_labels = None
depends_on = None

_ZENDER = ("zender_organisatie", "zender_applicatie", "zender_administratie")


def upgrade() -> None:
    op.create_table(
        "bericht",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        *(sa.Column(naam, sa.Text, nullable=False) for naam in _ZENDER),
        sa.Column("referentienummer", sa.Text, nullable=False),
        sa.Column("dienst", sa.Text, nullable=False),
        sa.Column("ontvangen_op", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tijdstip_bericht", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("inhoud", sa.LargeBinary),
        sa.Column("antwoord", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "uq_bericht_zender_referentienummer",
        "bericht",
        [*_ZENDER, "referentienummer"],
        unique=True,
        postgresql_where=sa.text("referentienummer <> '' AND zender_applicatie <> ''"),
    )
    op.create_index(
        "ix_bericht_ontvangen_op", "bericht", ["ontvangen_op"], postgresql_where=sa.text("inhoud IS NOT NULL")
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("zaakidentificatie_seq")))


def downgrade() -> None:
    op.execute(sa.schema.DropSequence(sa.Sequence("zaakidentificatie_seq")))
    op.drop_table("bericht")

"""In what the accepted messages of each sender deviate: counted per rule, with the newest as an example."""

from alembic import op

revision = "0012_afwijking"
down_revision = "0011_melden"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Room in each page for the next version of its rows: they change with every such message.
    op.execute("""
        CREATE TABLE afwijking (
            organisatie text COLLATE "C" NOT NULL,
            applicatie text COLLATE "C" NOT NULL,
            administratie text COLLATE "C" NOT NULL,
            regel text COLLATE "C" NOT NULL,
            aantal bigint NOT NULL,
            eerste timestamptz NOT NULL,
            laatste timestamptz NOT NULL,
            dienst text COLLATE "C" NOT NULL,
            plek text COLLATE "C" NOT NULL,
            referentienummer text COLLATE "C" NOT NULL,
            CONSTRAINT pk_afwijking PRIMARY KEY (organisatie, applicatie, administratie, regel)
        ) WITH (fillfactor = 50)
    """)


def downgrade() -> None:
    op.execute("DROP TABLE afwijking")

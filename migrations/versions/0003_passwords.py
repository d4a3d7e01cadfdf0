"""The passwords with which applicaties prove themselves."""

from alembic import op

revision = "0003_passwords"
down_revision = "0002_weigering"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE applicatie_wachtwoord (
            organisatie text COLLATE "C" NOT NULL,
            naam text COLLATE "C" NOT NULL,
            administratie text COLLATE "C" NOT NULL,
            hash text COLLATE "C" NOT NULL,
            gezet_op timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_applicatie_wachtwoord PRIMARY KEY (organisatie, naam, administratie)
        )
    """)
    op.execute("COMMENT ON TABLE applicatie_wachtwoord IS 'Password of an applicatie as an argon2 hash'")

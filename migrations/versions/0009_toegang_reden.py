"""Access to a plan of another, with a reason."""

from alembic import op

revision = "0009_toegang_reden"
down_revision = "0008_people"
branch_labels = None
depends_on = None

_TABLES = """
-- A plan that somebody opened with a reason, for a few hours. `reden` is the choice, `toelichting` his own words.
-- `gezien_op` is when the regisseur saw it. It stays as long as the read log, also when the zaak is gone.
CREATE TABLE toegang_reden (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaakidentificatie text COLLATE "C" NOT NULL,
    persoon text COLLATE "C" NOT NULL,
    rol text COLLATE "C" NOT NULL,
    reden text COLLATE "C" NOT NULL,
    toelichting text COLLATE "C" NOT NULL,
    gegeven_op timestamptz NOT NULL DEFAULT now(),
    verloopt_op timestamptz NOT NULL,
    gezien_op timestamptz
);
CREATE INDEX ix_toegang_reden_gegeven_op ON toegang_reden (gegeven_op);
CREATE INDEX ix_toegang_reden_zaakidentificatie ON toegang_reden (zaakidentificatie);
"""


def upgrade() -> None:
    # A colon and a per cent sign are what they are, and no parameter.
    op.get_bind().exec_driver_sql(_TABLES, execution_options={"no_parameters": True})

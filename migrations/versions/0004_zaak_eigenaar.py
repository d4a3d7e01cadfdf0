"""Who made a zaak: the right to see own zaken alone looks there."""

from alembic import op

revision = "0004_zaak_eigenaar"
down_revision = "0003_passwords"
branch_labels = None
depends_on = None

_SQL = """
-- The system whose message made a zaak, as that message names it; absent parts are empty strings.
-- A zaak of before this table has the sender of the message in its audit line.
CREATE TABLE zaak_eigenaar (
    applicatie text COLLATE "C" NOT NULL,
    organisatie text COLLATE "C" NOT NULL,
    administratie text COLLATE "C" NOT NULL,
    zaak_id bigint NOT NULL REFERENCES zaak ON DELETE CASCADE,
    PRIMARY KEY (applicatie, organisatie, administratie, zaak_id)
);
CREATE INDEX ix_zaak_eigenaar_zaak_id ON zaak_eigenaar (zaak_id);
INSERT INTO zaak_eigenaar (applicatie, organisatie, administratie, zaak_id)
SELECT b.zender_applicatie, b.zender_organisatie, b.zender_administratie, a.zaak_id
FROM audit a JOIN bericht b ON b.id = a.bericht_id
WHERE a.gebeurtenis = 'Creeer zaak'
ON CONFLICT DO NOTHING;

-- The zaken that were handed over to an applicatie are its own too.
CREATE INDEX ix_overdracht_uit_applicatie ON overdracht (applicatie, zaak_id) WHERE richting = 'uit';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SQL, execution_options={"no_parameters": True})

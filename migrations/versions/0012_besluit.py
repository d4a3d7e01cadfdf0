"""Besluiten (ZDS 1.2): the numbers that are given out, and the documents that a besluit of a zaak is recorded in."""

from alembic import op

revision = "0012_besluit"
down_revision = "0011_login"
branch_labels = None
depends_on = None

_SQL = """
CREATE SEQUENCE besluitidentificatie_seq;

-- A document in which a besluit of a zaak is recorded. `relatie_id` is the leidtTot of the zaak: it has the values of
-- the besluit, and takes this along when it is removed.
CREATE TABLE besluit_document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relatie_id bigint NOT NULL REFERENCES zaak_relatie ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES document,
    beeindigd text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_besluit_document_document_id ON besluit_document (document_id);
CREATE INDEX ix_besluit_document_relatie_id ON besluit_document (relatie_id);
CREATE UNIQUE INDEX uq_besluit_document_paar ON besluit_document (relatie_id, document_id) WHERE beeindigd IS NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SQL, execution_options={"no_parameters": True})

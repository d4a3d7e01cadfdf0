"""A zaak that was handed over is a row of `zaak_eigenaar` too, so that one index finds all own zaken of a system."""

from alembic import op

revision = "0007_eigenaar_by_overdracht"
down_revision = "0006_inzage"
branch_labels = None
depends_on = None

_SQL = """
-- `overdracht_id` is the transfer that made the zaak its own; NULL for the system that made the zaak.
ALTER TABLE zaak_eigenaar ADD overdracht_id bigint;

CREATE FUNCTION regie_eigenaar_door_overdracht() RETURNS trigger LANGUAGE plpgsql AS $$
-- A zaak is the own one of a system to which it was offered, until that refuses or the offer is withdrawn.
BEGIN
    IF NEW.stand IN ('aangeboden', 'geaccepteerd') THEN
        INSERT INTO zaak_eigenaar (applicatie, organisatie, administratie, zaak_id, overdracht_id)
        VALUES (NEW.applicatie, NEW.organisatie, '', NEW.zaak_id, NEW.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM zaak_eigenaar WHERE zaak_id = NEW.zaak_id AND overdracht_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER eigenaar AFTER INSERT OR UPDATE OF stand ON overdracht
    FOR EACH ROW WHEN (NEW.richting = 'uit' AND NEW.zaak_id IS NOT NULL)
    EXECUTE FUNCTION regie_eigenaar_door_overdracht();

INSERT INTO zaak_eigenaar (applicatie, organisatie, administratie, zaak_id, overdracht_id)
SELECT applicatie, organisatie, '', zaak_id, id FROM overdracht
WHERE richting = 'uit' AND zaak_id IS NOT NULL AND stand IN ('aangeboden', 'geaccepteerd')
ORDER BY id ON CONFLICT DO NOTHING;
DROP INDEX ix_overdracht_uit_applicatie;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SQL, execution_options={"no_parameters": True})

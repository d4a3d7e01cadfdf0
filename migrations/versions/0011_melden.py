"""What a message did to zaken is told by a trigger at its commit, and no longer by a statement of its own.

A round trip less for every message that changes a zaak, and the lock on what happened to a zaak is held for as long as
the commit takes.
"""

from alembic import op

revision = "0011_melden"
down_revision = "0010_bezorgen"
branch_labels = None
depends_on = None

_FUNCTIE = """
CREATE FUNCTION regie_meld_bericht() RETURNS trigger LANGUAGE plpgsql AS $$
-- Tell what a message did; the arguments are the queue, the task and the priority of the job that tells it further. For
-- a while the job has the same lock: one does for all that happens then. There are two, for when a worker dies.
DECLARE
    taak text := TG_ARGV[1];
BEGIN
    PERFORM regie_meld(NEW.id, NEW.zender_organisatie, NEW.zender_applicatie, TG_ARGV[0], taak, TG_ARGV[2]::integer,
                       taak || '/' || floor(extract(epoch FROM clock_timestamp()) / 2)::bigint % 2);
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE CONSTRAINT TRIGGER meld_bericht AFTER INSERT ON bericht DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.meldt)
EXECUTE FUNCTION regie_meld_bericht('notificaties', 'verdeel_gebeurtenissen', '10')
"""


def upgrade() -> None:
    op.execute("ALTER TABLE bericht ADD COLUMN meldt boolean DEFAULT false NOT NULL")
    op.execute(_FUNCTIE)
    op.execute(_TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER meld_bericht ON bericht")
    op.execute("DROP FUNCTION regie_meld_bericht()")
    op.execute("ALTER TABLE bericht DROP COLUMN meldt")

"""The tables of procrastinate 3.10, which runs the jobs.

The schema comes from the installed package, which the lock pins. A later procrastinate brings migrations of its own;
those become a revision after this one.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0004_procrastinate"
down_revision = "0003_zaak"
branch_labels = None
depends_on = None

_TABELLEN = ("procrastinate_periodic_defers", "procrastinate_events", "procrastinate_jobs", "procrastinate_workers")
_WEG = """
DO $$
DECLARE wat text;
BEGIN
    FOR wat IN SELECT oid::regprocedure::text FROM pg_proc
               WHERE proname LIKE 'procrastinate%' AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE 'DROP FUNCTION ' || wat || ' CASCADE';
    END LOOP;
    FOR wat IN SELECT oid::regtype::text FROM pg_type
               WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
                 AND typnamespace = current_schema()::regnamespace LOOP
        EXECUTE 'DROP TYPE ' || wat || ' CASCADE';
    END LOOP;
END $$
"""


def _voer_uit(sql: str) -> None:
    """Past SQLAlchemy, which would take a colon or a per cent sign for a parameter."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(sql)


def upgrade() -> None:
    _voer_uit(SchemaManager.get_schema())


def downgrade() -> None:
    for tabel in _TABELLEN:
        _voer_uit(f"DROP TABLE {tabel} CASCADE")
    _voer_uit(_WEG)

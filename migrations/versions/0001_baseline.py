"""All tables of the first release: `migrations/baseline/` in SQL, and those of procrastinate 3.10.

Procrastinate's schema comes from the installed package, which the lock pins. A later procrastinate brings migrations of
its own; those become a revision after this one.
"""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001_baseline"
down_revision = None
branch_labels = None
depends_on = None

_BASELINE = Path(__file__).parents[1] / "baseline"


def upgrade() -> None:
    _execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")  # indexes for exact="false" and parts of names
    # A function may name a table that comes after it.
    _execute("SET LOCAL check_function_bodies = off")
    for name in ("functions", "tables"):
        _execute((_BASELINE / f"{name}.sql").read_text(encoding="utf-8"))
    _execute("SET LOCAL check_function_bodies = on")
    _execute(SchemaManager.get_schema())


def _execute(sql: str) -> None:
    """Execute statements in which a colon and a per cent sign are what they are, and not a parameter."""
    op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})

"""What logging in needs: a second factor, when an account was last used, and accounts whose provider gives no role."""

from alembic import op

revision = "0011_login"
down_revision = "0010_zoeken"
branch_labels = None
depends_on = None

_COLUMNS = """
-- `factor` is the secret of the second factor (TOTP, RFC 6238), in base32. `factor_stap` is the time step of the last
-- code that was used: none counts twice. `factor_mislukt` counts wrong codes behind a right password since the last
-- right one. `ingelogd_op` is when the account was last logged in.
ALTER TABLE account
    ADD COLUMN factor text COLLATE "C",
    ADD COLUMN factor_stap bigint NOT NULL DEFAULT 0,
    ADD COLUMN factor_mislukt integer NOT NULL DEFAULT 0,
    ADD COLUMN ingelogd_op timestamptz;

-- Who comes from an OpenID provider may have lost all his groups; he keeps his account and gets in nowhere.
ALTER TABLE account DROP CONSTRAINT ck_account_rollen;
ALTER TABLE account ADD CONSTRAINT ck_account_rollen CHECK (rollen <> '{}' OR uitgever IS NOT NULL);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_COLUMNS, execution_options={"no_parameters": True})

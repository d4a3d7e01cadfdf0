"""People who use the pages: accounts, one-time links, sessions; and who made a change."""

from alembic import op

revision = "0008_people"
down_revision = "0007_eigenaar_by_overdracht"
branch_labels = None
depends_on = None

_TABLES = """
-- A person who may log in. `naam` is the name to log in with, `rollen` are names of [[rol]], `medewerker` is the
-- identificatie of the person as a medewerker in StUF, `team` that of an organisatorische eenheid. `wachtwoord` is an
-- argon2 hash. `uitgever` and `onderwerp` name the person at an OpenID provider (iss and sub). Each change of the
-- rights raises `versie`, which ends the sessions.
CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    naam text COLLATE "C" NOT NULL CONSTRAINT uq_account_naam UNIQUE,
    volledige_naam text COLLATE "C" NOT NULL DEFAULT '',
    rollen text[] COLLATE "C" NOT NULL,
    medewerker text COLLATE "C" NOT NULL DEFAULT '',
    team text COLLATE "C" NOT NULL DEFAULT '',
    wachtwoord text COLLATE "C",
    uitgever text COLLATE "C",
    onderwerp text COLLATE "C",
    geblokkeerd boolean NOT NULL DEFAULT false,
    versie integer NOT NULL DEFAULT 1,
    gemaakt_op timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_account_rollen CHECK (rollen <> '{}'),
    CONSTRAINT uq_account_uitgever_onderwerp UNIQUE (uitgever, onderwerp)
);
CREATE INDEX ix_account_medewerker ON account (medewerker) WHERE medewerker <> '';

-- A link that logs a person in once; `sleutel` is the SHA-256 of what is in it, `naar` the page that it opens.
CREATE TABLE inlog_link (
    sleutel bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    naar text COLLATE "C" NOT NULL DEFAULT '',
    verloopt_op timestamptz NOT NULL,
    gebruikt_op timestamptz
);
CREATE INDEX ix_inlog_link_account_id ON inlog_link (account_id);

-- A person who is logged in, in one role; `sleutel` is the SHA-256 of the cookie. `gegevens` is what Flask keeps.
CREATE TABLE sessie (
    sleutel bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    versie integer NOT NULL,
    rol text COLLATE "C" NOT NULL,
    gegevens jsonb NOT NULL DEFAULT '{}',
    gemaakt_op timestamptz NOT NULL DEFAULT now(),
    laatst_op timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_sessie_account_id ON sessie (account_id);
CREATE INDEX ix_sessie_laatst_op ON sessie (laatst_op);

-- The key with which the pages sign cookies and forms: one row, for all processes.
CREATE TABLE web_sleutel (
    enkel boolean DEFAULT true PRIMARY KEY,
    sleutel bytea NOT NULL,
    CONSTRAINT ck_web_sleutel_enkel CHECK (enkel),
    CONSTRAINT ck_web_sleutel_lengte CHECK (octet_length(sleutel) = 32)
);
INSERT INTO web_sleutel (sleutel)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- The person whose action on a page made the message; it outlives the content of the message.
ALTER TABLE bericht ADD COLUMN persoon text COLLATE "C" NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    # A colon and a per cent sign are what they are, and no parameter.
    op.get_bind().exec_driver_sql(_TABLES, execution_options={"no_parameters": True})

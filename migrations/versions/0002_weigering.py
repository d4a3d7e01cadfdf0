"""Refused messages on record: the table weigering."""

from alembic import op

revision = "0002_weigering"
down_revision = "0001_baseline"
branch_labels = None
depends_on = None

_UPGRADE = """
-- A refused message, or a number of them that came too fast to be kept one by one (`aantal`; the rest is empty).
-- `organisatie`, `applicatie` and `administratie` are what the message said of its sender, `bewezen` the applicatie
-- that it proved to be, and `bewijs` how. `plek` has paths of element names and kinds of deviations, never a value.
-- `zaak` is filled only when that zaak exists. `adres` is that of the client; it is emptied after two weeks. The row
-- goes after REGIE_WEIGERINGEN_DAGEN.
CREATE TABLE weigering (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tijdstip timestamptz NOT NULL,
    organisatie text COLLATE "C" NOT NULL,
    applicatie text COLLATE "C" NOT NULL,
    administratie text COLLATE "C" NOT NULL,
    bewezen text COLLATE "C" NOT NULL,
    bewijs text COLLATE "C" NOT NULL,
    adres text COLLATE "C" NOT NULL,
    dienst text COLLATE "C" NOT NULL,
    referentienummer text COLLATE "C" NOT NULL,
    zaak text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    http_status smallint NOT NULL,
    plek text COLLATE "C" NOT NULL,
    aantal bigint NOT NULL DEFAULT 1
);
CREATE INDEX ix_weigering_tijdstip ON weigering (tijdstip);
CREATE INDEX ix_weigering_adres ON weigering (tijdstip) WHERE adres <> '';
CREATE INDEX ix_weigering_zaak ON weigering (zaak) WHERE zaak <> '';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_UPGRADE, execution_options={"no_parameters": True})

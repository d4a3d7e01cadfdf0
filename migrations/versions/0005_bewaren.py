"""How long a closed zaak is kept, who proposed and approved to destroy it, and the verklaring that stays."""

from alembic import op

revision = "0005_bewaren"
down_revision = "0004_zaak_eigenaar"
branch_labels = None
depends_on = None

_TABLES = """
-- How the date on which a zaak is destroyed came about: the brondatum that the term counts from, and the rule of the
-- inrichting at that moment. The date itself is `zaak.datum_vernietiging_dossier`, since messages ask and change it.
-- `met_de_hand`: somebody said the date or archiefnominatie in a message, which the rule does not undo.
CREATE TABLE archief (
    zaak_id bigint PRIMARY KEY REFERENCES zaak,
    brondatum text COLLATE "C",
    termijn text COLLATE "C",
    afleidingswijze text COLLATE "C",
    selectielijst text COLLATE "C",
    met_de_hand boolean NOT NULL DEFAULT false
);

-- A zaak that may not be destroyed for now, as long as the row is there.
CREATE TABLE bewaarblokkade (
    zaak_id bigint PRIMARY KEY REFERENCES zaak,
    reden text COLLATE "C" NOT NULL,
    door text COLLATE "C" NOT NULL,
    sinds timestamptz NOT NULL DEFAULT now()
);

-- A list of zaken to be destroyed: proposed by one, judged by another, then carried out. It stays, because the
-- verklaring van vernietiging (Archiefbesluit 8) is made of it. `bericht_tot` and `notificatie_tot` are the last rows
-- of those tables that were searched for the numbers of its zaken.
CREATE TABLE vernietiging (
    nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stand text COLLATE "C" NOT NULL DEFAULT 'voorgesteld',
    voorgesteld_door text COLLATE "C" NOT NULL,
    voorgesteld_op timestamptz NOT NULL DEFAULT now(),
    beoordeeld_door text COLLATE "C",
    beoordeeld_op timestamptz,
    reden text COLLATE "C" NOT NULL DEFAULT '',
    uitgevoerd_door text COLLATE "C",
    uitgevoerd_op timestamptz,
    bericht_tot bigint NOT NULL DEFAULT 0,
    notificatie_tot bigint NOT NULL DEFAULT 0,
    CONSTRAINT ck_vernietiging_stand CHECK (stand IN ('voorgesteld', 'goedgekeurd', 'afgekeurd', 'uitgevoerd')),
    CONSTRAINT ck_vernietiging_beoordeeld CHECK ((stand = 'voorgesteld') = (beoordeeld_door IS NULL)),
    CONSTRAINT ck_vernietiging_twee CHECK (lower(beoordeeld_door) <> lower(voorgesteld_door))
);

-- A zaak of such a list. It refers to no other row, because it outlives them, and names no person.
-- `stand_zaak` is the newest line of its audit when it was proposed. Without `uitkomst` it must still be done.
-- `documenten` are the numbers of its documents that went, until the messages were searched for them.
CREATE TABLE vernietiging_zaak (
    nummer bigint NOT NULL REFERENCES vernietiging,
    plaats integer NOT NULL,
    zaak_id bigint NOT NULL,
    identificatie text COLLATE "C" NOT NULL,
    zaaktype_code text COLLATE "C",
    zaaktype text COLLATE "C",
    resultaat text COLLATE "C",
    selectielijst text COLLATE "C",
    termijn text COLLATE "C",
    afleidingswijze text COLLATE "C",
    brondatum text COLLATE "C",
    datum_vernietiging text COLLATE "C" NOT NULL,
    stand_zaak bigint NOT NULL,
    uitkomst text COLLATE "C",
    reden text COLLATE "C" NOT NULL DEFAULT '',
    verwerkt_op timestamptz,
    aantallen jsonb NOT NULL DEFAULT '{}',
    documenten text[] COLLATE "C" NOT NULL DEFAULT '{}',
    PRIMARY KEY (nummer, plaats),
    CONSTRAINT uq_vernietiging_zaak_nummer_identificatie UNIQUE (nummer, identificatie),
    CONSTRAINT ck_vernietiging_zaak_uitkomst CHECK (uitkomst IN ('vernietigd', 'overgeslagen'))
);
CREATE INDEX ix_vernietiging_zaak_zaak_id ON vernietiging_zaak (zaak_id);

-- The zaken that are due, the first one first.
CREATE INDEX ix_zaak_datum_vernietiging_dossier ON zaak (datum_vernietiging_dossier)
    WHERE datum_vernietiging_dossier IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_TABLES, execution_options={"no_parameters": True})

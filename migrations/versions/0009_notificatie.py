"""Events of zaken, notifications of them, transfers, what others told us, data of a domain (RZS 6.8 - 6.10)."""

from alembic import op

revision = "0009_notificatie"
down_revision = "0008_slotzender"
branch_labels = None
depends_on = None

_TABELLEN = "domeingegevens abonnement afnemersindicatie postvak overdracht ontvanger notificatie gebeurtenis"
_UPGRADE = """
CREATE TABLE gebeurtenis (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zaak_id BIGINT,
    zaakidentificatie TEXT COLLATE "C" NOT NULL,
    gebeurtenis TEXT COLLATE "C" NOT NULL,
    organisatie TEXT COLLATE "C" DEFAULT '' NOT NULL,
    applicatie TEXT COLLATE "C" DEFAULT '' NOT NULL,
    bericht_id BIGINT,
    gegevens JSONB NOT NULL,
    verdeeld BOOLEAN DEFAULT false NOT NULL,
    tijdstip TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_gebeurtenis PRIMARY KEY (id),
    CONSTRAINT fk_gebeurtenis_zaak_id_zaak FOREIGN KEY(zaak_id) REFERENCES zaak (id)
);
CREATE INDEX ix_gebeurtenis_meldingen ON gebeurtenis (tijdstip) WHERE jsonb_exists(gegevens, 'meldingen');
CREATE INDEX ix_gebeurtenis_te_verdelen ON gebeurtenis (id) WHERE NOT verdeeld;
CREATE INDEX ix_gebeurtenis_zaakidentificatie ON gebeurtenis (zaakidentificatie);
CREATE TABLE notificatie (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    gebeurtenis_id BIGINT,
    ontvanger TEXT COLLATE "C" NOT NULL,
    stroom TEXT COLLATE "C" NOT NULL,
    soort TEXT COLLATE "C" NOT NULL,
    reden TEXT COLLATE "C" DEFAULT '' NOT NULL,
    referentienummer TEXT COLLATE "C" NOT NULL,
    inhoud BYTEA,
    stand TEXT COLLATE "C" DEFAULT 'wacht' NOT NULL,
    pogingen INTEGER DEFAULT '0' NOT NULL,
    volgende_poging TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    aangemaakt_op TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    bewaren_vanaf TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    afgehandeld_op TIMESTAMP WITH TIME ZONE,
    melding TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_notificatie PRIMARY KEY (id),
    CONSTRAINT ck_notificatie_stand CHECK (stand IN ('wacht', 'bezorgd', 'gestrand', 'vervallen')),
    CONSTRAINT fk_notificatie_gebeurtenis_id_gebeurtenis FOREIGN KEY(gebeurtenis_id) REFERENCES gebeurtenis (id),
    CONSTRAINT uq_notificatie_referentienummer UNIQUE (referentienummer)
);
CREATE INDEX ix_notificatie_aangemaakt_op ON notificatie (aangemaakt_op) WHERE inhoud IS NOT NULL;
CREATE INDEX ix_notificatie_gestrand ON notificatie (ontvanger, id) WHERE stand = 'gestrand';
CREATE INDEX ix_notificatie_stroom ON notificatie (stroom);
CREATE INDEX ix_notificatie_wacht ON notificatie (ontvanger, stroom, id) WHERE stand = 'wacht';
CREATE TABLE ontvanger (
    applicatie TEXT COLLATE "C" NOT NULL,
    bezorgd BIGINT DEFAULT '0' NOT NULL,
    mislukt BIGINT DEFAULT '0' NOT NULL,
    gestrand BIGINT DEFAULT '0' NOT NULL,
    fouten INTEGER DEFAULT '0' NOT NULL,
    rust_tot TIMESTAMP WITH TIME ZONE,
    melding TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_ontvanger PRIMARY KEY (applicatie)
);
CREATE TABLE overdracht (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    richting TEXT COLLATE "C" NOT NULL,
    zaak_id BIGINT,
    zaakidentificatie TEXT COLLATE "C" NOT NULL,
    zaaktype JSONB DEFAULT '{}' NOT NULL,
    organisatie TEXT COLLATE "C" DEFAULT '' NOT NULL,
    applicatie TEXT COLLATE "C" NOT NULL,
    referentienummer TEXT COLLATE "C" NOT NULL,
    melding TEXT COLLATE "C" DEFAULT '' NOT NULL,
    stand TEXT COLLATE "C" DEFAULT 'aangeboden' NOT NULL,
    antwoord TEXT COLLATE "C" DEFAULT '' NOT NULL,
    aangeboden_op TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    uiterlijk TIMESTAMP WITH TIME ZONE,
    beantwoord_op TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_overdracht PRIMARY KEY (id),
    CONSTRAINT ck_overdracht_richting CHECK (richting IN ('uit', 'in')),
    CONSTRAINT ck_overdracht_stand CHECK (stand IN ('aangeboden', 'geaccepteerd', 'geweigerd', 'ingetrokken')),
    CONSTRAINT fk_overdracht_zaak_id_zaak FOREIGN KEY(zaak_id) REFERENCES zaak (id)
);
CREATE INDEX ix_overdracht_zaakidentificatie ON overdracht (zaakidentificatie);
CREATE UNIQUE INDEX uq_overdracht_uit ON overdracht (referentienummer) WHERE richting = 'uit';
CREATE TABLE postvak (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    bericht_id BIGINT NOT NULL,
    zaakidentificatie TEXT COLLATE "C" NOT NULL,
    gezinsplan TEXT COLLATE "C",
    gebeurtenis TEXT COLLATE "C" NOT NULL,
    organisatie TEXT COLLATE "C" DEFAULT '' NOT NULL,
    applicatie TEXT COLLATE "C" NOT NULL,
    gegevens JSONB NOT NULL,
    melding TEXT COLLATE "C" DEFAULT '' NOT NULL,
    ontvangen_op TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    gelezen_op TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_postvak PRIMARY KEY (id)
);
CREATE INDEX ix_postvak_gezinsplan ON postvak (gezinsplan);
CREATE TABLE afnemersindicatie (
    zaak_id BIGINT NOT NULL,
    applicatie TEXT COLLATE "C" NOT NULL,
    verwachte_actie TEXT COLLATE "C" DEFAULT '' NOT NULL,
    sinds TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_afnemersindicatie PRIMARY KEY (zaak_id, applicatie),
    CONSTRAINT fk_afnemersindicatie_zaak_id_zaak FOREIGN KEY(zaak_id) REFERENCES zaak (id)
);
CREATE TABLE abonnement (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    regel JSONB NOT NULL,
    sinds TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_abonnement PRIMARY KEY (id)
);
CREATE TABLE domeingegevens (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    zaak_id BIGINT NOT NULL,
    formaat TEXT COLLATE "C" NOT NULL,
    mediatype TEXT COLLATE "C" NOT NULL,
    herkomst TEXT COLLATE "C" NOT NULL,
    sha256 BYTEA NOT NULL,
    grootte BIGINT NOT NULL,
    inhoud BYTEA,
    opslag_sha256 BYTEA,
    bericht_id BIGINT NOT NULL,
    vervangen_op TIMESTAMP WITH TIME ZONE,
    ontvangen_op TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_domeingegevens PRIMARY KEY (id),
    CONSTRAINT ck_domeingegevens_inhoud CHECK ((inhoud IS NULL) <> (opslag_sha256 IS NULL)),
    CONSTRAINT fk_domeingegevens_zaak_id_zaak FOREIGN KEY(zaak_id) REFERENCES zaak (id),
    CONSTRAINT fk_domeingegevens_opslag_sha256_document_inhoud FOREIGN KEY(opslag_sha256)
        REFERENCES document_inhoud (sha256)
);
CREATE INDEX ix_domeingegevens_opslag_sha256 ON domeingegevens (opslag_sha256) WHERE opslag_sha256 IS NOT NULL;
CREATE INDEX ix_domeingegevens_sha256 ON domeingegevens (sha256);
CREATE INDEX ix_domeingegevens_zaak_id ON domeingegevens (zaak_id);
CREATE UNIQUE INDEX uq_domeingegevens_formaat ON domeingegevens (zaak_id, formaat) WHERE vervangen_op IS NULL;
ALTER TABLE inrichting ADD COLUMN schemas JSONB DEFAULT '{}' NOT NULL;
CREATE INDEX ix_audit_bericht_id ON audit (bericht_id);
"""

# Functions, because each mutation of a zaak calls them: PostgreSQL keeps their plans, and planning takes longer.
_GEGEVENS = """
CREATE FUNCTION regie_zaakgegevens(welke bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
-- what a notification says of a zaak, beside its identificatie
BEGIN
    RETURN (
        SELECT jsonb_build_object('code', k.code, 'omschrijving', k.omschrijving, 'soort', k.soort, 'status', (
            SELECT jsonb_build_object('volgnummer', t.volgnummer, 'code', t.code, 'omschrijving', t.omschrijving,
                                      'eindstatus', t.eindstatus, 'datumStatusGezet', s.datum_status_gezet)
            FROM zaak_status s JOIN statustype t ON t.id = s.statustype_id WHERE s.zaak_id = z.id AND s.laatste))
        FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id WHERE z.id = welke);
END $$
"""
_MELD = """
CREATE FUNCTION regie_meld(bericht bigint, organisatie_ text, applicatie_ text, rij text, taak text, voorrang integer,
                           slot text) RETURNS void LANGUAGE plpgsql AS $$
-- What a message did to zaken, in the order in which it is told: who numbers a gebeurtenis of a zaak keeps others from
-- it until he commits. Not by the row of the zaak: a message about a document has that document first, others after.
-- A zaak that got a status by an update tells that too; one that stayed as it was tells nothing. And a job for what is
-- next, unless one waits already: who does that looks on for longer than it takes to commit what comes last.
DECLARE
    regel record;
    iets boolean := false;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || z.identificatie, 0)) FROM (
        SELECT identificatie FROM zaak WHERE id IN (SELECT zaak_id FROM audit WHERE bericht_id = bericht)
        ORDER BY id) z;
    FOR regel IN
        SELECT a.zaak_id, a.gebeurtenis, bool_or(jsonb_exists(a.gewijzigd, 'heeft')) AS met_status
        FROM audit a
        WHERE a.bericht_id = bericht
          AND (a.gewijzigd <> '[]' OR a.gebeurtenis NOT IN ('Update zaak', 'Actualiseer zaakstatus'))
        GROUP BY a.zaak_id, a.gebeurtenis ORDER BY min(a.id)
    LOOP
        iets := true;
        INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
        SELECT z.id, z.identificatie, soort, organisatie_, applicatie_, bericht, regie_zaakgegevens(z.id)
        FROM zaak z, unnest(CASE WHEN regel.met_status AND regel.gebeurtenis = 'Update zaak'
                                 THEN ARRAY['Update zaak', 'Actualiseer zaakstatus']
                                 ELSE ARRAY[regel.gebeurtenis] END) WITH ORDINALITY AS s (soort, plaats)
        WHERE z.id = regel.zaak_id ORDER BY plaats;
    END LOOP;
    IF iets AND NOT EXISTS (
        SELECT FROM procrastinate_jobs WHERE status = 'todo' AND priority = voorrang AND task_name = taak) THEN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(rij, taak, voorrang, slot, NULL, '{}'::jsonb, NULL)
                                                  ::procrastinate_job_to_defer_v1]);
    END IF;
END $$
"""
_PLANNEN = """
CREATE FUNCTION regie_plannen(zaken bigint[]) RETURNS TABLE (zaak_id bigint, plan_id bigint, soort text)
LANGUAGE sql STABLE ROWS 10 AS $$
-- The gezinsplannen and levensdomeinplannen that zaken belong to. A zaak belongs to a plan that it has a relation with,
-- from whichever side that was told, and to those of its levensdomeinplan and of its hoofdzaak; never to those of
-- another zaak that it is related to. A gezinsplan belongs to itself alone.
    WITH RECURSIVE weg (zaak_id, id, soort) AS (
        SELECT z.id, z.id, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id WHERE z.id = ANY(zaken)
        UNION
        SELECT weg.zaak_id, z.id, k.soort
        FROM weg
        JOIN LATERAL (
            SELECT naar_id AS id, false AS hoofdzaak FROM zaak_zaak
            WHERE van_id = weg.id AND relatie = 'heeftBetrekkingOpAndere' AND beeindigd IS NULL
            UNION ALL
            SELECT van_id, relatie = 'heeftAlsDeelzaak' FROM zaak_zaak WHERE naar_id = weg.id AND beeindigd IS NULL
        ) ander ON true
        JOIN zaak z ON z.id = ander.id
        LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
        WHERE weg.soort IS DISTINCT FROM 'gezinsplan'
          AND (k.soort = 'gezinsplan' OR ander.hoofdzaak
               OR (k.soort = 'levensdomeinplan' AND weg.soort IS DISTINCT FROM 'levensdomeinplan'))
    )
    SELECT weg.zaak_id, weg.id, weg.soort FROM weg
    WHERE weg.soort = 'gezinsplan' OR weg.soort = 'levensdomeinplan' AND weg.id <> weg.zaak_id
$$
"""


def upgrade() -> None:
    for opdracht in _UPGRADE.split(";\n")[:-1]:
        op.execute(opdracht)
    op.execute(_GEGEVENS)
    op.execute(_MELD)
    op.execute(_PLANNEN)


def downgrade() -> None:
    op.execute("DROP FUNCTION regie_plannen(bigint[])")
    op.execute("DROP FUNCTION regie_meld(bigint, text, text, text, text, integer, text)")
    op.execute("DROP FUNCTION regie_zaakgegevens(bigint)")
    op.execute("DROP INDEX ix_audit_bericht_id")
    op.drop_column("inrichting", "schemas")
    for tabel in _TABELLEN.split():
        op.drop_table(tabel)

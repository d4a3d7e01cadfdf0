"""The read log: what was looked at, by whom, of whom; append-only, and partitioned by month."""

from alembic import op

revision = "0006_inzage"
down_revision = "0005_bewaren"
branch_labels = None
depends_on = None

_TABLES = """
-- The key of the pseudonyms of people in the read log: one row. It is in a table of its own, which only the functions
-- below have to read, and goes with a back-up, because without it nobody can find a person in the log.
CREATE TABLE inzage_sleutel (
    enkel boolean DEFAULT true PRIMARY KEY,
    sleutel bytea NOT NULL,
    CONSTRAINT ck_inzage_sleutel_enkel CHECK (enkel),
    CONSTRAINT ck_inzage_sleutel_lengte CHECK (octet_length(sleutel) = 32)
);
INSERT INTO inzage_sleutel (sleutel)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- A look: a question answered, a document handed out, the log itself searched. `wat` is the operation or command,
-- `doel` the URI of the verwerkingsactiviteit. `zaken` and `documenten` are identificaties of what the answer showed,
-- `aantal` is how many objects it had. `persoon` and `rol` are empty for an applicatie. `bewijs` is how the reader
-- proved who it is. There is no foreign key to zaken: the log outlives them.
CREATE TABLE inzage (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tijdstip timestamptz NOT NULL DEFAULT now(),
    einde timestamptz NOT NULL DEFAULT clock_timestamp(),
    trace_id bytea NOT NULL,
    span_id bytea NOT NULL,
    parent_span_id bytea,
    organisatie text COLLATE "C" NOT NULL DEFAULT '',
    applicatie text COLLATE "C" NOT NULL DEFAULT '',
    administratie text COLLATE "C" NOT NULL DEFAULT '',
    bewijs text COLLATE "C" NOT NULL DEFAULT '',
    persoon text COLLATE "C" NOT NULL DEFAULT '',
    rol text COLLATE "C" NOT NULL DEFAULT '',
    wat text COLLATE "C" NOT NULL,
    doel text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'Ok',
    zaken text[] COLLATE "C" NOT NULL,
    documenten text[] COLLATE "C" NOT NULL,
    aantal integer NOT NULL,
    CONSTRAINT pk_inzage PRIMARY KEY (id, tijdstip),
    CONSTRAINT ck_inzage_trace_id CHECK (octet_length(trace_id) = 16),
    CONSTRAINT ck_inzage_span_id CHECK (octet_length(span_id) = 8),
    CONSTRAINT ck_inzage_status CHECK (status IN ('Unset', 'Ok', 'Error'))
) PARTITION BY RANGE (tijdstip);
CREATE INDEX ix_inzage_applicatie ON inzage (applicatie, tijdstip);
CREATE INDEX ix_inzage_persoon ON inzage (persoon, tijdstip) WHERE persoon <> '';
CREATE INDEX ix_inzage_zaken ON inzage USING gin (zaken);

-- A person whom a look was about: a row of Logboek Dataverwerkingen, whose other fields are those of its look.
-- `betrokkene` is the pseudonym, `soort` the kind of number that it was made of.
CREATE TABLE inzage_betrokkene (
    tijdstip timestamptz NOT NULL,
    inzage_id bigint NOT NULL,
    span_id bytea NOT NULL,
    betrokkene bytea NOT NULL,
    soort text COLLATE "C" NOT NULL,
    CONSTRAINT pk_inzage_betrokkene PRIMARY KEY (inzage_id, betrokkene, tijdstip),
    CONSTRAINT ck_inzage_betrokkene_soort CHECK (soort IN ('BSN', 'A-nummer', 'object'))
) PARTITION BY RANGE (tijdstip);
CREATE INDEX ix_inzage_betrokkene_betrokkene ON inzage_betrokkene (betrokkene, tijdstip);

CREATE FUNCTION regie_inzage_blijft() RETURNS trigger LANGUAGE plpgsql AS $$
-- nobody changes or deletes a row of the read log; a month goes as a whole, when its owner drops it
BEGIN
    RAISE EXCEPTION 'het leeslogboek kan alleen groeien' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER blijft BEFORE UPDATE OR DELETE ON inzage FOR EACH ROW EXECUTE FUNCTION regie_inzage_blijft();
CREATE TRIGGER blijft BEFORE UPDATE OR DELETE ON inzage_betrokkene FOR EACH ROW EXECUTE FUNCTION regie_inzage_blijft();
CREATE TRIGGER blijft_vol BEFORE TRUNCATE ON inzage FOR EACH STATEMENT EXECUTE FUNCTION regie_inzage_blijft();
CREATE TRIGGER blijft_vol BEFORE TRUNCATE ON inzage_betrokkene
    FOR EACH STATEMENT EXECUTE FUNCTION regie_inzage_blijft();
"""

# The functions run as their owner: a role that may only execute them can write to the log and search it, and neither
# read the key nor touch a row that is there.
_FUNCTIONS = """
CREATE FUNCTION regie_inzage_maanden() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
-- the partitions of this month and the next two; ATTACH, because CREATE ... PARTITION OF would wait for every reader
DECLARE
    tabel text;
    deel text;
    begin_ timestamp;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('regie_inzage_maanden'));
    FOR nummer IN 0..2 LOOP
        begin_ := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => nummer);
        FOREACH tabel IN ARRAY ARRAY['inzage', 'inzage_betrokkene'] LOOP
            deel := tabel || to_char(begin_, '_YYYYMM');
            CONTINUE WHEN to_regclass(deel) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
                           deel, tabel);
            EXECUTE format('CREATE TRIGGER blijft_vol BEFORE TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION regie_inzage_blijft()', deel);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', tabel, deel,
                           begin_ AT TIME ZONE 'UTC', (begin_ + interval '1 month') AT TIME ZONE 'UTC');
        END LOOP;
    END LOOP;
END $$;

CREATE FUNCTION regie_betrokkene(sleutels text[]) RETURNS bytea[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
-- the pseudonyms of people by the `sleutel` of their row in object, for example bsn:...
    SELECT coalesce(array_agg(sha256(geheim.sleutel || convert_to(een, 'UTF8'))), '{}')
    FROM unnest(sleutels) AS een, inzage_sleutel AS geheim
$$;

CREATE FUNCTION regie_inzage_schrijf(
    wie jsonb, trace bytea, aanroeper bytea, wat text, doel text, zaak_ids bigint[], edc text[], gezocht text[],
    hits int
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
-- A look and the people of its zaken, in the transaction of the answer. `wie` has the columns of the reader. `edc` are
-- documents: the zaken that they belong to count too. `gezocht` are people that were asked for (bsn:..., anp:...).
-- Its plans are made once for a session: planning these statements takes longer than executing them.
DECLARE
    geheim bytea := (SELECT sleutel FROM inzage_sleutel);
    nummer bigint;
    getoond bigint[];
BEGIN
    IF to_regclass('inzage' || to_char(now() AT TIME ZONE 'UTC', '_YYYYMM')) IS NULL THEN
        PERFORM regie_inzage_maanden();
    END IF;
    getoond := zaak_ids;
    IF edc <> '{}' THEN
        getoond := getoond || ARRAY(
            SELECT r.zaak_id FROM document d JOIN document_zaak r ON r.document_id = d.id
            WHERE d.identificatie = ANY(edc) AND regie_geldt(r.beeindigd));
    END IF;
    INSERT INTO inzage (trace_id, span_id, parent_span_id, organisatie, applicatie, administratie, bewijs, persoon, rol,
                        wat, doel, zaken, documenten, aantal)
    VALUES (trace, substring(uuid_send(gen_random_uuid()) FROM 9), aanroeper,
            wie ->> 'organisatie', wie ->> 'applicatie', wie ->> 'administratie', wie ->> 'bewijs', wie ->> 'persoon',
            wie ->> 'rol', wat, doel,
            ARRAY(SELECT identificatie FROM zaak WHERE id = ANY(getoond) ORDER BY identificatie), edc, hits)
    RETURNING id INTO nummer;
    INSERT INTO inzage_betrokkene (tijdstip, inzage_id, span_id, betrokkene, soort)
    SELECT now(), nummer, substring(uuid_send(gen_random_uuid()) FROM 9),
           sha256(geheim || convert_to(mens.sleutel, 'UTF8')),
           CASE split_part(mens.sleutel, ':', 1) WHEN 'bsn' THEN 'BSN' WHEN 'anp' THEN 'A-nummer' ELSE 'object' END
    FROM (
        SELECT coalesce(o.sleutel, 'object:' || o.id) AS sleutel
        FROM (
            SELECT r.object_id FROM zaak_relatie r WHERE r.zaak_id = ANY(getoond) AND regie_geldt(r.beeindigd)
            UNION
            SELECT s.gezet_door_id FROM zaak_status s WHERE s.zaak_id = ANY(getoond) AND s.gezet_door_id IS NOT NULL
        ) rol JOIN object o ON o.id = rol.object_id
        WHERE o.entiteittype = 'NPS'
        UNION
        SELECT unnest(gezocht)
    ) mens;
    RETURN nummer;
END $$;
"""


def upgrade() -> None:
    for sql in (_TABLES, _FUNCTIONS, "SELECT regie_inzage_maanden()"):
        # A colon and a per cent sign are what they are, and no parameter.
        op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})

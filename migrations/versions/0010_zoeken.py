"""Searching people by name and address, unread messages by plan, and who asked for the signaal why."""

from alembic import op

revision = "0010_zoeken"
down_revision = "0009_toegang_reden"
branch_labels = None
depends_on = None

_SQL = """
CREATE FUNCTION regie_zoeknaam(naam text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- A name as it is sought: in small letters, without accents; NFD, because NFKD makes wildcards of wide characters.
-- Most names are ASCII, for which the first branch is ten times as fast.
    SELECT CASE WHEN octet_length(naam) = length(naam) THEN lower(naam COLLATE "C")
                ELSE lower(translate(regexp_replace(normalize(naam, NFD), '[\\u0300-\\u036f]', '', 'g'),
                                     'ıØøŁłĐđ', 'iOoLlDd') COLLATE "C") END
$$;
CREATE INDEX ix_object_zoeknaam ON object USING gin (regie_zoeknaam(naam) gin_trgm_ops) WHERE entiteittype = 'NPS';

CREATE FUNCTION regie_postcode(inhoud jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- the postcode of where somebody lives, without spaces, in capitals; NULL when it is not known
    SELECT upper(replace(inhoud #>> '{verblijfsadres,aoa.postcode}', ' ', '') COLLATE "C")
$$;
CREATE INDEX ix_object_adres ON object (regie_postcode(inhoud), (inhoud #>> '{verblijfsadres,aoa.huisnummer}'))
    WHERE entiteittype = 'NPS' AND regie_postcode(inhoud) IS NOT NULL;

CREATE FUNCTION regie_woord(waarde jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- the text of a value of a message; NULL for one without a value
    SELECT CASE jsonb_typeof(waarde) WHEN 'string' THEN nullif(waarde #>> '{}', '')
                                     WHEN 'object' THEN waarde ->> '_' END
$$;

-- The messages of others that nobody saw yet, by their plan.
CREATE INDEX ix_postvak_ongelezen ON postvak (gezinsplan, id) WHERE gelezen_op IS NULL;

-- A question for the signaal, and the reason that a person gave for it; its look in `inzage` has the same tijdstip.
-- `vandaag` is how many he had asked that day, this one too; `te_vaak` when that is more than the limit of that day.
CREATE TABLE signaal_vraag (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tijdstip timestamptz NOT NULL DEFAULT now(),
    persoon text COLLATE "C" NOT NULL,
    rol text COLLATE "C" NOT NULL,
    reden text COLLATE "C" NOT NULL,
    gevonden boolean NOT NULL,
    vandaag integer NOT NULL,
    te_vaak boolean NOT NULL
);
CREATE INDEX ix_signaal_vraag_persoon_tijdstip ON signaal_vraag (persoon, tijdstip);
CREATE INDEX ix_signaal_vraag_tijdstip ON signaal_vraag (tijdstip);
CREATE INDEX ix_signaal_vraag_te_vaak ON signaal_vraag (tijdstip) WHERE te_vaak;
"""


def upgrade() -> None:
    # A colon and a per cent sign are what they are, and no parameter.
    op.get_bind().exec_driver_sql(_SQL, execution_options={"no_parameters": True})

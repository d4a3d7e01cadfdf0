"""A relation ends on the day that was said: until then it holds, and one whose end is past does not."""

from alembic import op

revision = "0013_relatie_einde"
down_revision = "0012_afwijking"
branch_labels = None
depends_on = None

_NU = """
CREATE FUNCTION regie_nu() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- the start of this statement as a time of StUF
    SELECT to_char(statement_timestamp() AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE "C"
$$
"""
_GELDT = """
CREATE FUNCTION regie_geldt(beeindigd text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- whether a relation holds now; `beeindigd` is a time of StUF, 8 to 17 digits
    SELECT beeindigd IS NULL OR beeindigd COLLATE "C" > regie_nu()
$$
"""
_PLANNEN = """
CREATE OR REPLACE FUNCTION regie_plannen(zaken bigint[]) RETURNS TABLE (zaak_id bigint, plan_id bigint, soort text)
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
            WHERE van_id = weg.id AND relatie = 'heeftBetrekkingOpAndere' AND GELDT
            UNION ALL
            SELECT van_id, relatie = 'heeftAlsDeelzaak' FROM zaak_zaak WHERE naar_id = weg.id AND GELDT
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
_EINDE = "inhoud -> 'tijdvakRelatie' -> 'eindRelatie'"


def upgrade() -> None:
    op.execute(_NU)
    op.execute(_GELDT)
    op.execute(_PLANNEN.replace("GELDT", "regie_geldt(beeindigd)"))
    # What said its end before anybody looked at it.
    for tabel in ("zaak_relatie", "zaak_zaak", "document_zaak"):
        op.execute(f"""
            UPDATE {tabel} SET beeindigd = coalesce({_EINDE} ->> '_', {_EINDE} #>> '{{}}')
            WHERE beeindigd IS NULL
              AND (jsonb_typeof({_EINDE}) = 'string' AND {_EINDE} <> '""' OR {_EINDE} ->> '_' <> '')
        """)  # noqa: S608 - our own names


def downgrade() -> None:
    op.execute(_PLANNEN.replace("GELDT", "beeindigd IS NULL"))
    op.execute("DROP FUNCTION regie_geldt(text)")
    op.execute("DROP FUNCTION regie_nu()")

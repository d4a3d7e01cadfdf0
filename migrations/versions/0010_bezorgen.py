"""What is asked for each few messages that are brought, as functions: PostgreSQL keeps their plans.

Planning these takes longer than executing them.
"""

from alembic import op

revision = "0010_bezorgen"
down_revision = "0009_notificatie"
branch_labels = None
depends_on = None

_NEEM = """
CREATE FUNCTION regie_neem(ontvanger_ text, koppen bigint[], drempel integer, hoogstens integer)
RETURNS TABLE (id bigint, soort text, referentienummer text, inhoud bytea, pogingen integer,
               bewaren_vanaf timestamptz, fouten integer)
LANGUAGE plpgsql AS $$
-- Lock so many of these that are the first that waits of their zaak for a receiver, unless another is sending it, the
-- receiver rests, or its time has not come. The oldest; of a receiver that failed too often one that was tried least.
BEGIN
    RETURN QUERY
    SELECT n.id, n.soort, n.referentienummer, n.inhoud, n.pogingen, n.bewaren_vanaf, coalesce(o.fouten, 0)
    FROM notificatie n LEFT JOIN ontvanger o ON o.applicatie = ontvanger_
    WHERE n.id = ANY(koppen)
      AND n.id = (SELECT min(e.id) FROM notificatie e
                  WHERE e.ontvanger = ontvanger_ AND e.stroom = n.stroom AND e.stand = 'wacht')
      AND n.ontvanger = ontvanger_ AND n.stand = 'wacht' AND n.volgende_poging <= now()
      AND (o.rust_tot > now()) IS NOT TRUE
    ORDER BY CASE WHEN coalesce(o.fouten, 0) >= drempel THEN n.pogingen ELSE 0 END, n.id
    LIMIT hoogstens FOR UPDATE OF n SKIP LOCKED;
END $$
"""
_BEZORGD = """
CREATE FUNCTION regie_bezorgd(ontvanger_ text, ids bigint[], momenten timestamptz[], meldingen text[]) RETURNS void
LANGUAGE plpgsql AS $$
-- Keep that these arrived, when, and what the receiver said; who takes messages needs no rest.
BEGIN
    UPDATE notificatie n SET stand = 'bezorgd', pogingen = n.pogingen + 1, afgehandeld_op = k.wanneer,
                             melding = k.melding
    FROM unnest(ids, momenten, meldingen) AS k (id, wanneer, melding) WHERE n.id = k.id;
    INSERT INTO ontvanger AS o (applicatie, bezorgd) VALUES (ontvanger_, cardinality(ids))
    ON CONFLICT (applicatie) DO UPDATE
        SET bezorgd = o.bezorgd + cardinality(ids), fouten = 0, rust_tot = NULL, melding = '';
END $$
"""


def upgrade() -> None:
    op.execute(_NEEM)
    op.execute(_BEZORGD)


def downgrade() -> None:
    op.execute("DROP FUNCTION regie_bezorgd(text, bigint[], timestamptz[], text[])")
    op.execute("DROP FUNCTION regie_neem(text, bigint[], integer, integer)")

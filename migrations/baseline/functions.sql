-- All functions of the Regiesysteem. They come before the tables, whose defaults and triggers name them.

CREATE FUNCTION regie_nu() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- the start of this statement as a time of StUF
    SELECT to_char(statement_timestamp() AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE "C"
$$;

CREATE FUNCTION regie_geldt(beeindigd text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- whether a relation holds now; `beeindigd` is a time of StUF, 8 to 17 digits
    SELECT beeindigd IS NULL OR beeindigd COLLATE "C" > regie_nu()
$$;

CREATE FUNCTION regie_eigen_naam(gerelateerde jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- whether a relation says a name of its object: one of the elements that objects keep in column naam
    SELECT coalesce(jsonb_exists_any(gerelateerde, ARRAY[
        'geslachtsnaam', 'statutaireNaam', 'handelsnaam', 'achternaam', 'naam', 'bst.omschrijving', 'titel'
    ]), false)
$$;

CREATE FUNCTION regie_registreer() RETURNS trigger LANGUAGE plpgsql AS $$
-- The moment of the statement and not of its transaction: who waited for a row registers after whom it waited for.
BEGIN
    NEW.tijdstip_registratie := regie_nu();
    RETURN NEW;
END $$;

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
            WHERE van_id = weg.id AND relatie = 'heeftBetrekkingOpAndere' AND regie_geldt(beeindigd)
            UNION ALL
            SELECT van_id, relatie = 'heeftAlsDeelzaak' FROM zaak_zaak WHERE naar_id = weg.id AND regie_geldt(beeindigd)
        ) ander ON true
        JOIN zaak z ON z.id = ander.id
        LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
        WHERE weg.soort IS DISTINCT FROM 'gezinsplan'
          AND (k.soort = 'gezinsplan' OR ander.hoofdzaak
               OR (k.soort = 'levensdomeinplan' AND weg.soort IS DISTINCT FROM 'levensdomeinplan'))
    )
    SELECT weg.zaak_id, weg.id, weg.soort FROM weg
    WHERE weg.soort = 'gezinsplan' OR weg.soort = 'levensdomeinplan' AND weg.id <> weg.zaak_id
$$;

-- Called for each mutation of a zaak: PostgreSQL keeps their plans, and planning takes longer than executing.
CREATE FUNCTION regie_zaakgegevens(welke bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
-- what a notification says of a zaak, beside its identificatie
BEGIN
    RETURN (
        SELECT jsonb_build_object('code', k.code, 'omschrijving', k.omschrijving, 'soort', k.soort, 'status', (
            SELECT jsonb_build_object('volgnummer', t.volgnummer, 'code', t.code, 'omschrijving', t.omschrijving,
                                      'eindstatus', t.eindstatus, 'datumStatusGezet', s.datum_status_gezet)
            FROM zaak_status s JOIN statustype t ON t.id = s.statustype_id WHERE s.zaak_id = z.id AND s.laatste))
        FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id WHERE z.id = welke);
END $$;

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
END $$;

CREATE FUNCTION regie_meld_bericht() RETURNS trigger LANGUAGE plpgsql AS $$
-- Tell what a message did; the arguments are the queue, the task and the priority of the job that tells it further. For
-- a while the job has the same lock: one does for all that happens then. There are two, for when a worker dies.
DECLARE
    taak text := TG_ARGV[1];
BEGIN
    PERFORM regie_meld(NEW.id, NEW.zender_organisatie, NEW.zender_applicatie, TG_ARGV[0], taak, TG_ARGV[2]::integer,
                       taak || '/' || floor(extract(epoch FROM clock_timestamp()) / 2)::bigint % 2);
    RETURN NULL;
END $$;

-- Called for each few messages that are brought, for the same reason.
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
END $$;

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
END $$;

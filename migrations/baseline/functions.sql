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

-- Called for each event: PostgreSQL keeps its plan, and planning takes longer than executing.
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

-- All tables of the Regiesysteem, by subject: the one place that declares their columns (docs/besluiten/0010).
-- Every text is COLLATE "C": sorted and compared by code point, as Python does, whatever the database
-- sorts by.

-- -- Inrichting --------------------------------------------------------------------------------------------------
-- `inrichting` keeps every loaded text; `inrichting_stand` has one row whose `versie` grows with every change, so
-- that one number shows a process whether its view is still true. Zaaktypen and their parts are never deleted,
-- because zaken refer to them: a part that disappears from the text is marked `vervallen`.

-- One loaded text, with the XSDs that it names by form; the highest `versie` is in force.
CREATE TABLE inrichting (
    versie bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    toml text COLLATE "C" NOT NULL,
    sha256 text COLLATE "C" NOT NULL,
    bron text COLLATE "C" NOT NULL,
    schemas jsonb NOT NULL DEFAULT '{}',
    geladen_op timestamptz NOT NULL DEFAULT now()
);

-- The single row with the number of the present state: one higher after every load and every takeover.
CREATE TABLE inrichting_stand (
    enkel boolean DEFAULT true PRIMARY KEY,
    versie bigint NOT NULL,
    CONSTRAINT ck_inrichting_stand_enkel CHECK (enkel)
);
INSERT INTO inrichting_stand (versie) VALUES (0);

-- A zaaktype; `inhoud` has its other elements under their StUF-ZKN names.
CREATE TABLE zaaktype (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text COLLATE "C" NOT NULL CONSTRAINT uq_zaaktype_code UNIQUE,
    omschrijving text COLLATE "C" NOT NULL,
    soort text COLLATE "C" NOT NULL,
    herkomst text COLLATE "C" NOT NULL,
    vervallen boolean NOT NULL DEFAULT false,
    inhoud jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT ck_zaaktype_herkomst CHECK (herkomst IN ('inrichting', 'overgenomen')),
    CONSTRAINT ck_zaaktype_soort CHECK (soort IN ('gezinsplan', 'levensdomeinplan', 'deelplan', 'overig'))
);

-- A statustype of a zaaktype.
-- The number is unique among those in force only: after a renumbering the statuses of older zaken keep the
-- statustype that they were set with.
CREATE TABLE statustype (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaaktype_id bigint NOT NULL REFERENCES zaaktype,
    volgnummer integer NOT NULL,
    code text COLLATE "C",
    omschrijving text COLLATE "C" NOT NULL,
    eindstatus boolean NOT NULL DEFAULT false,
    herkomst text COLLATE "C" NOT NULL,
    vervallen boolean NOT NULL DEFAULT false,
    inhoud jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT ck_statustype_herkomst CHECK (herkomst IN ('inrichting', 'overgenomen')),
    CONSTRAINT ck_statustype_volgnummer CHECK (volgnummer BETWEEN 1 AND 9999)
);
CREATE UNIQUE INDEX uq_statustype_zaaktype_id_volgnummer ON statustype (zaaktype_id, volgnummer) WHERE NOT vervallen;

-- A resultaat that a zaak of the zaaktype can end with.
CREATE TABLE resultaattype (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaaktype_id bigint NOT NULL REFERENCES zaaktype,
    omschrijving text COLLATE "C" NOT NULL,
    herkomst text COLLATE "C" NOT NULL,
    vervallen boolean NOT NULL DEFAULT false,
    inhoud jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT ck_resultaattype_herkomst CHECK (herkomst IN ('inrichting', 'overgenomen'))
);
CREATE UNIQUE INDEX uq_resultaattype_zaaktype_id_omschrijving ON resultaattype (zaaktype_id, omschrijving);

-- -- Messages ----------------------------------------------------------------------------------------------------
-- The messages that had an effect, each with its answer; the numbers given out; the deviations of messages.

-- A message that was accepted, under the key of the duplicate rule (StUF 03.01, 4.4): sender and referentienummer.
-- Absent parts of the key are empty strings; without zender or referentienummer there is no key and nothing to be a
-- duplicate of. `inhoud` is removed after a while (REGIE_BERICHTEN_BEWAREN_DAGEN), and so is an answer with data
-- of people; the key, the digest and other answers stay.
CREATE TABLE bericht (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zender_organisatie text COLLATE "C" NOT NULL,
    zender_applicatie text COLLATE "C" NOT NULL,
    zender_administratie text COLLATE "C" NOT NULL,
    referentienummer text COLLATE "C" NOT NULL,
    dienst text COLLATE "C" NOT NULL,
    ontvangen_op timestamptz NOT NULL,
    tijdstip_bericht text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    inhoud bytea,
    antwoord bytea NOT NULL
);
CREATE INDEX ix_bericht_ontvangen_op ON bericht (ontvangen_op) WHERE inhoud IS NOT NULL;
CREATE UNIQUE INDEX uq_bericht_zender_referentienummer ON bericht
    (zender_organisatie, zender_applicatie, zender_administratie, referentienummer)
    WHERE referentienummer <> '' AND zender_applicatie <> '';

-- The numbers of genereerZaakIdentificatie; a number that a rolled back message drew is lost, never given twice.
CREATE SEQUENCE zaakidentificatie_seq;

-- The number of accepted messages of a sender that broke a rule; the newest is the example.
-- `plek` is a path of element names and never has a value of the message. Nothing here is about a person: it stays.
-- The fillfactor leaves room in each page for the next version of a row: rows change with every such message.
CREATE TABLE afwijking (
    organisatie text COLLATE "C" NOT NULL,
    applicatie text COLLATE "C" NOT NULL,
    administratie text COLLATE "C" NOT NULL,
    regel text COLLATE "C" NOT NULL,
    aantal bigint NOT NULL,
    eerste timestamptz NOT NULL,
    laatste timestamptz NOT NULL,
    dienst text COLLATE "C" NOT NULL,
    plek text COLLATE "C" NOT NULL,
    referentienummer text COLLATE "C" NOT NULL,
    PRIMARY KEY (organisatie, applicatie, administratie, regel)
) WITH (fillfactor = 50);

-- -- Zaken -------------------------------------------------------------------------------------------------------
-- A row holds the elements of its entity table: those with a column as the text that came. All others, and values that
-- a text cannot hold (noValue, attributes, groups), are in `inhoud`. `regiesysteem.zakenmagazijn.rijen` alone
-- converts. A trigger fills `tijdstip_registratie`: the moment at which the row was last registered here. Its
-- default is for filling a table with its triggers off.

-- A zaak (ZAK); dates as StUF writes them, 8 to 17 digits.
CREATE TABLE zaak (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identificatie text COLLATE "C" NOT NULL CONSTRAINT uq_zaak_identificatie UNIQUE,
    zaaktype_id bigint REFERENCES zaaktype,
    omschrijving text COLLATE "C",
    toelichting text COLLATE "C",
    startdatum text COLLATE "C",
    registratiedatum text COLLATE "C",
    publicatiedatum text COLLATE "C",
    einddatum_gepland text COLLATE "C",
    uiterlijke_einddatum text COLLATE "C",
    einddatum text COLLATE "C",
    betalings_indicatie text COLLATE "C",
    laatste_betaaldatum text COLLATE "C",
    archiefnominatie text COLLATE "C",
    datum_vernietiging_dossier text COLLATE "C",
    zaakniveau text COLLATE "C",
    deelzaken_indicatie text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu(),
    geregistreerd_op timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_zaak_einddatum ON zaak (einddatum) WHERE einddatum IS NOT NULL;
CREATE INDEX ix_zaak_einddatum_gepland ON zaak (einddatum_gepland) WHERE einddatum_gepland IS NOT NULL;
CREATE INDEX ix_zaak_identificatie_deel ON zaak USING gin ((identificatie COLLATE "default") gin_trgm_ops);
CREATE INDEX ix_zaak_kenmerk ON zaak USING gin ((inhoud -> 'kenmerk') jsonb_path_ops);
CREATE INDEX ix_zaak_omschrijving_deel ON zaak USING gin ((coalesce(omschrijving, '') COLLATE "default") gin_trgm_ops);
CREATE INDEX ix_zaak_registratiedatum ON zaak (registratiedatum) WHERE registratiedatum IS NOT NULL;
CREATE INDEX ix_zaak_sortering_4 ON zaak (coalesce(omschrijving, ''), identificatie);
CREATE INDEX ix_zaak_sortering_5 ON zaak (coalesce(startdatum, '') DESC, coalesce(omschrijving, ''), identificatie);
CREATE INDEX ix_zaak_tijdstip_registratie ON zaak (tijdstip_registratie);
CREATE INDEX ix_zaak_uiterlijke_einddatum ON zaak (uiterlijke_einddatum) WHERE uiterlijke_einddatum IS NOT NULL;
CREATE INDEX ix_zaak_zaaktype_id ON zaak (zaaktype_id);
CREATE TRIGGER registreer BEFORE INSERT ON zaak FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging BEFORE UPDATE ON zaak
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- A person, organisation or thing, shared by all zaken that name it; two with the same `sleutel` are the same.
CREATE TABLE object (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entiteittype text COLLATE "C" NOT NULL,
    sleutel text COLLATE "C",
    identificatie text COLLATE "C",
    naam text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT uq_object_sleutel_entiteittype UNIQUE (sleutel, entiteittype)
);
CREATE INDEX ix_object_ann ON object ((inhoud ->> 'ann.identificatie'))
    WHERE (inhoud ->> 'ann.identificatie') IS NOT NULL;
CREATE INDEX ix_object_anp ON object ((inhoud ->> 'anp.identificatie'))
    WHERE (inhoud ->> 'anp.identificatie') IS NOT NULL;
CREATE INDEX ix_object_naam ON object (naam text_pattern_ops);
CREATE INDEX ix_object_naam_deel ON object USING gin ((naam COLLATE "default") gin_trgm_ops);

-- A role of a betrokkene, a zaakobject or a besluit of a zaak; `relatie` is the name of its element.
-- `beeindigd` is the end of the relation, maybe in the future; after it the row is kept and not answered. `inhoud` also
-- has, under `gerelateerde`, the values of the object in the message that its shared row does not have.
CREATE TABLE zaak_relatie (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaak_id bigint NOT NULL REFERENCES zaak,
    relatie text COLLATE "C" NOT NULL,
    object_id bigint REFERENCES object,
    code text COLLATE "C",
    omschrijving text COLLATE "C",
    toelichting text COLLATE "C",
    beeindigd text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu()
);
CREATE INDEX ix_zaak_relatie_eigen_naam ON zaak_relatie (relatie)
    WHERE regie_eigen_naam(inhoud -> 'gerelateerde');
CREATE INDEX ix_zaak_relatie_object_id_relatie ON zaak_relatie (object_id, relatie);
CREATE INDEX ix_zaak_relatie_zaak_id ON zaak_relatie (zaak_id);
CREATE TRIGGER registreer BEFORE INSERT ON zaak_relatie FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging BEFORE UPDATE ON zaak_relatie
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- A status of a zaak; `moment` is datumStatusGezet at full length, so that every precision sorts.
-- `laatste` is derived: the greatest moment, and among equals the one received last.
CREATE TABLE zaak_status (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaak_id bigint NOT NULL REFERENCES zaak,
    statustype_id bigint REFERENCES statustype,
    datum_status_gezet text COLLATE "C",
    moment text COLLATE "C" NOT NULL DEFAULT '',
    laatste boolean NOT NULL,
    toelichting text COLLATE "C",
    gezet_door_id bigint REFERENCES object,
    inhoud jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu()
);
CREATE INDEX ix_zaak_status_datum_status_gezet ON zaak_status (datum_status_gezet);
CREATE INDEX ix_zaak_status_gezet_door_id ON zaak_status (gezet_door_id) WHERE gezet_door_id IS NOT NULL;
CREATE INDEX ix_zaak_status_statustype_id ON zaak_status (statustype_id) WHERE laatste;
CREATE INDEX ix_zaak_status_zaak_id ON zaak_status (zaak_id);
CREATE TRIGGER registreer BEFORE INSERT ON zaak_status FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging
    BEFORE UPDATE OF statustype_id, datum_status_gezet, toelichting, gezet_door_id, inhoud ON zaak_status
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- A relation between two zaken, kept once and shown on both sides.
-- `relatie` is heeftAlsDeelzaak (van is the hoofdzaak) or heeftBetrekkingOpAndere (no direction; van told it).
CREATE TABLE zaak_zaak (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relatie text COLLATE "C" NOT NULL,
    van_id bigint NOT NULL REFERENCES zaak,
    naar_id bigint NOT NULL REFERENCES zaak,
    beeindigd text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu(),
    CONSTRAINT ck_zaak_zaak_niet_zichzelf CHECK (van_id <> naar_id),
    CONSTRAINT ck_zaak_zaak_relatie CHECK (relatie IN ('heeftAlsDeelzaak', 'heeftBetrekkingOpAndere'))
);
CREATE INDEX ix_zaak_zaak_naar_id ON zaak_zaak (naar_id);
CREATE INDEX ix_zaak_zaak_van_id ON zaak_zaak (van_id);
CREATE UNIQUE INDEX uq_zaak_zaak_paar ON zaak_zaak (relatie, least(van_id, naar_id), greatest(van_id, naar_id))
    WHERE beeindigd IS NULL;
CREATE TRIGGER registreer BEFORE INSERT ON zaak_zaak FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging BEFORE UPDATE ON zaak_zaak
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- The changes of a zaak: one line per message, in the transaction of the change.
-- `bericht_id` is NULL where an operator did it.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaak_id bigint NOT NULL REFERENCES zaak,
    bericht_id bigint,
    gebeurtenis text COLLATE "C" NOT NULL,
    gewijzigd jsonb NOT NULL DEFAULT '[]',
    tijdstip timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_audit_bericht_id ON audit (bericht_id);
CREATE INDEX ix_audit_zaak_id ON audit (zaak_id);

-- -- Documents ---------------------------------------------------------------------------------------------------
-- A document row holds the elements of its entity table like a zaak does, its rest in `gegevens`, since an element
-- of EDC is called inhoud. The bytes are in `document_inhoud`. A table that uses a content refers to
-- `document_inhoud.sha256` with a foreign key (and an index on it): content without a reference is cleaned up.

-- One content, once, however many documents have it; `opslag` names the place of its bytes.
-- `sleutel` is the name of the object in S3, another one for each upload; in PostgreSQL there is none.
CREATE TABLE document_inhoud (
    sha256 bytea PRIMARY KEY,
    grootte bigint NOT NULL,
    opslag text COLLATE "C" NOT NULL,
    sleutel text COLLATE "C",
    aangemaakt timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_document_inhoud_grootte CHECK (grootte >= 0),
    CONSTRAINT ck_document_inhoud_opslag CHECK (opslag IN ('postgres', 's3')),
    CONSTRAINT ck_document_inhoud_sha256 CHECK (octet_length(sha256) = 32),
    CONSTRAINT ck_document_inhoud_sleutel CHECK ((opslag = 's3') = (sleutel IS NOT NULL))
);

-- A piece of a content that is kept in PostgreSQL, counted from 0; uncompressed (STORAGE EXTERNAL).
CREATE TABLE document_stuk (
    sha256 bytea NOT NULL REFERENCES document_inhoud (sha256) ON DELETE CASCADE,
    volgnummer integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (sha256, volgnummer)
);
-- Documents are mostly compressed already; trying it again costs more than it gains.
ALTER TABLE document_stuk ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- An enkelvoudig document (EDC) in its newest version; `versie` is the label of that version.
CREATE TABLE document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identificatie text COLLATE "C" NOT NULL CONSTRAINT uq_document_identificatie UNIQUE,
    dct_omschrijving text COLLATE "C",
    creatiedatum text COLLATE "C",
    titel text COLLATE "C",
    formaat text COLLATE "C",
    taal text COLLATE "C",
    versie text COLLATE "C",
    status text COLLATE "C",
    vertrouwelijk_aanduiding text COLLATE "C",
    auteur text COLLATE "C",
    gegevens jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu(),
    geregistreerd_op timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER registreer BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging BEFORE UPDATE ON document
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- The numbers of genereerDocumentIdentificatie; as with zaken, one that was drawn in vain is not given again.
CREATE SEQUENCE documentidentificatie_seq;

-- A version, counted from 1; the highest is the newest.
-- Without `sha256` it is a container that waits for its file. `statussen` are the statuses that it had, each with
-- when and by which message. `gegevens` are the data of the document until a later version came; NULL in the newest,
-- whose data are in `document`.
CREATE TABLE document_versie (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES document,
    volgnummer integer NOT NULL,
    versie text COLLATE "C" NOT NULL,
    sha256 bytea REFERENCES document_inhoud (sha256),
    content_type text COLLATE "C" NOT NULL DEFAULT '',
    bestandsnaam text COLLATE "C" NOT NULL DEFAULT '',
    statussen jsonb NOT NULL DEFAULT '[]',
    gegevens jsonb,
    bericht_id bigint NOT NULL,
    geregistreerd_op timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_document_versie_document_id_versie UNIQUE (document_id, versie),
    CONSTRAINT uq_document_versie_document_id_volgnummer UNIQUE (document_id, volgnummer)
);
CREATE INDEX ix_document_versie_sha256 ON document_versie (sha256);

-- A document belongs to a zaak: heeftRelevant seen from the zaak, isRelevantVoor from the document.
-- `beeindigd` is the end of the relation, which may be in the future; after it the row is kept and not answered.
CREATE TABLE document_zaak (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES document,
    zaak_id bigint NOT NULL REFERENCES zaak,
    registratiedatum text COLLATE "C",
    beeindigd text COLLATE "C",
    inhoud jsonb NOT NULL DEFAULT '{}',
    tijdstip_registratie text COLLATE "C" NOT NULL DEFAULT regie_nu()
);
CREATE INDEX ix_document_zaak_document_id ON document_zaak (document_id);
CREATE INDEX ix_document_zaak_zaak_id ON document_zaak (zaak_id);
CREATE UNIQUE INDEX uq_document_zaak_paar ON document_zaak (document_id, zaak_id) WHERE beeindigd IS NULL;
CREATE TRIGGER registreer BEFORE INSERT ON document_zaak FOR EACH ROW EXECUTE FUNCTION regie_registreer();
CREATE TRIGGER registreer_wijziging BEFORE UPDATE ON document_zaak
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer();

-- A document that is being edited (ZDS 4.2.3): the key of its check-out, and its holder as others may see it.
-- The `zender_` columns are `Systeem.sleutel` of the system that got it, NULL when that is not known.
CREATE TABLE document_slot (
    document_id bigint PRIMARY KEY REFERENCES document,
    checked_out_id text COLLATE "C" NOT NULL,
    checked_out_by text COLLATE "C" NOT NULL,
    sinds timestamptz NOT NULL,
    zender_organisatie text COLLATE "C",
    zender_applicatie text COLLATE "C",
    zender_administratie text COLLATE "C"
);

-- -- Notifications (RZS 1.0, 5.1, 6.8 - 6.10) --------------------------------------------------------------------
-- Events of zaken, their receivers, and the outcome of each message. Ids keep the order of a zaak: a
-- `gebeurtenis` gets its id while others are kept from its zaak, and its notificaties get theirs in the order of the
-- gebeurtenissen. In one `stroom` (a receiver and a zaak) the lowest id that waits goes first.

-- A mutation of a zaak, ours or one that another system reported (`zaak_id` is NULL when we do not hold the zaak).
-- `applicatie` caused it. `gegevens` is the content of a notification at that moment: zaaktype, last status, and
-- the `meldingen` of another system that reported it (removed after a while). A transfer, and our answer to one,
-- is here too, for its place in the order: with the operation as `gebeurtenis`, without `bericht_id`, and with the
-- content of its message (`notifications.transfers`). It goes to its receiver alone.
CREATE TABLE gebeurtenis (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaak_id bigint REFERENCES zaak,
    zaakidentificatie text COLLATE "C" NOT NULL,
    gebeurtenis text COLLATE "C" NOT NULL,
    organisatie text COLLATE "C" NOT NULL DEFAULT '',
    applicatie text COLLATE "C" NOT NULL DEFAULT '',
    bericht_id bigint,
    gegevens jsonb NOT NULL,
    verdeeld boolean NOT NULL DEFAULT false,
    tijdstip timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_gebeurtenis_meldingen ON gebeurtenis (tijdstip) WHERE jsonb_exists(gegevens, 'meldingen');
CREATE INDEX ix_gebeurtenis_te_verdelen ON gebeurtenis (id) WHERE NOT verdeeld;
CREATE INDEX ix_gebeurtenis_zaakidentificatie ON gebeurtenis (zaakidentificatie);

-- A message to a receiver: fixed when it is made, sent until it arrived or stranded.
-- `soort` is its operation, `stroom` the zaakidentificatie, whose messages stay in order. `reden` is the rule that made
-- it. From `bewaren_vanaf` counts how long it is tried. `inhoud` is removed after a while, like that of messages
-- that came in.
CREATE TABLE notificatie (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gebeurtenis_id bigint REFERENCES gebeurtenis,
    ontvanger text COLLATE "C" NOT NULL,
    stroom text COLLATE "C" NOT NULL,
    soort text COLLATE "C" NOT NULL,
    reden text COLLATE "C" NOT NULL DEFAULT '',
    referentienummer text COLLATE "C" NOT NULL CONSTRAINT uq_notificatie_referentienummer UNIQUE,
    inhoud bytea,
    stand text COLLATE "C" NOT NULL DEFAULT 'wacht',
    pogingen integer NOT NULL DEFAULT 0,
    volgende_poging timestamptz NOT NULL DEFAULT now(),
    aangemaakt_op timestamptz NOT NULL DEFAULT now(),
    bewaren_vanaf timestamptz NOT NULL DEFAULT now(),
    afgehandeld_op timestamptz,
    melding text COLLATE "C" NOT NULL DEFAULT '',
    CONSTRAINT ck_notificatie_stand CHECK (stand IN ('wacht', 'bezorgd', 'gestrand', 'vervallen'))
);
CREATE INDEX ix_notificatie_aangemaakt_op ON notificatie (aangemaakt_op) WHERE inhoud IS NOT NULL;
CREATE INDEX ix_notificatie_gebeurtenis_id ON notificatie (gebeurtenis_id);
CREATE INDEX ix_notificatie_gestrand ON notificatie (ontvanger, id) WHERE stand = 'gestrand';
CREATE INDEX ix_notificatie_stroom ON notificatie (stroom);
CREATE INDEX ix_notificatie_wacht ON notificatie (ontvanger, stroom, id) WHERE stand = 'wacht';

-- The state of a receiver, for all workers together.
-- `fouten` are the failures in a row; until `rust_tot` nobody tries. The other numbers count since the first message.
CREATE TABLE ontvanger (
    applicatie text COLLATE "C" PRIMARY KEY,
    bezorgd bigint NOT NULL DEFAULT 0,
    mislukt bigint NOT NULL DEFAULT 0,
    gestrand bigint NOT NULL DEFAULT 0,
    fouten integer NOT NULL DEFAULT 0,
    rust_tot timestamptz,
    melding text COLLATE "C" NOT NULL DEFAULT ''
);

-- A zaak that was offered to a back office, or by another to us (RZS 6.8).
-- `uiterlijk` is when an answer is due, `beantwoord_op` when it came or we withdrew the offer, `antwoord` the text
-- that came with it.
CREATE TABLE overdracht (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    richting text COLLATE "C" NOT NULL,
    zaak_id bigint REFERENCES zaak,
    zaakidentificatie text COLLATE "C" NOT NULL,
    zaaktype jsonb NOT NULL DEFAULT '{}',
    organisatie text COLLATE "C" NOT NULL DEFAULT '',
    applicatie text COLLATE "C" NOT NULL,
    referentienummer text COLLATE "C" NOT NULL,
    melding text COLLATE "C" NOT NULL DEFAULT '',
    stand text COLLATE "C" NOT NULL DEFAULT 'aangeboden',
    antwoord text COLLATE "C" NOT NULL DEFAULT '',
    aangeboden_op timestamptz NOT NULL DEFAULT now(),
    uiterlijk timestamptz,
    beantwoord_op timestamptz,
    CONSTRAINT ck_overdracht_richting CHECK (richting IN ('uit', 'in')),
    CONSTRAINT ck_overdracht_stand CHECK (stand IN ('aangeboden', 'geaccepteerd', 'geweigerd', 'ingetrokken'))
);
CREATE INDEX ix_overdracht_zaak_id ON overdracht (zaak_id);
CREATE INDEX ix_overdracht_zaakidentificatie ON overdracht (zaakidentificatie);
CREATE UNIQUE INDEX uq_overdracht_uit ON overdracht (referentienummer) WHERE richting = 'uit';

-- A notification that another system sent to us as regiesysteem (RZS 6.9), by the gezinsplan that it is about.
CREATE TABLE postvak (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bericht_id bigint NOT NULL,
    zaakidentificatie text COLLATE "C" NOT NULL,
    gezinsplan text COLLATE "C",
    gebeurtenis text COLLATE "C" NOT NULL,
    organisatie text COLLATE "C" NOT NULL DEFAULT '',
    applicatie text COLLATE "C" NOT NULL,
    gegevens jsonb NOT NULL,
    melding text COLLATE "C" NOT NULL DEFAULT '',
    ontvangen_op timestamptz NOT NULL DEFAULT now(),
    gelezen_op timestamptz
);
CREATE INDEX ix_postvak_gezinsplan ON postvak (gezinsplan);

-- An applicatie that wants to be told of one zaak, or of all zaken of a gezinsplan.
CREATE TABLE afnemersindicatie (
    zaak_id bigint NOT NULL REFERENCES zaak,
    applicatie text COLLATE "C" NOT NULL,
    verwachte_actie text COLLATE "C" NOT NULL DEFAULT '',
    sinds timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (zaak_id, applicatie)
);

-- An abonnement that was made with `regie abonnement`, beside those of the inrichting; `regel` as in its TOML.
CREATE TABLE abonnement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    regel jsonb NOT NULL,
    sinds timestamptz NOT NULL DEFAULT now()
);

-- Data of a deelplan in a form of its own domain, kept byte for byte (RZS 1.7.4).
-- Its bytes are in `inhoud`, or with the contents of documents under `opslag_sha256`. `herkomst` is the way it came.
CREATE TABLE domeingegevens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    zaak_id bigint NOT NULL REFERENCES zaak,
    formaat text COLLATE "C" NOT NULL,
    mediatype text COLLATE "C" NOT NULL,
    herkomst text COLLATE "C" NOT NULL,
    sha256 bytea NOT NULL,
    grootte bigint NOT NULL,
    inhoud bytea,
    opslag_sha256 bytea REFERENCES document_inhoud (sha256),
    bericht_id bigint NOT NULL,
    vervangen_op timestamptz,
    ontvangen_op timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_domeingegevens_inhoud CHECK ((inhoud IS NULL) <> (opslag_sha256 IS NULL))
);
CREATE INDEX ix_domeingegevens_opslag_sha256 ON domeingegevens (opslag_sha256) WHERE opslag_sha256 IS NOT NULL;
CREATE INDEX ix_domeingegevens_sha256 ON domeingegevens (sha256);
CREATE INDEX ix_domeingegevens_zaak_id ON domeingegevens (zaak_id);
CREATE UNIQUE INDEX uq_domeingegevens_formaat ON domeingegevens (zaak_id, formaat) WHERE vervangen_op IS NULL;

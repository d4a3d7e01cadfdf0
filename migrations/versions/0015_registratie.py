"""When what a row says was last registered here (tijdstipRegistratie): kept by triggers, so that no change misses it.

A status that is no longer the last is not another status, and a row that is written as it was is no change. What came
before this revision has of relations and statuses the moment of the last change of their zaak or document.
"""

from alembic import op

revision = "0015_registratie"
down_revision = "0014_eigen_naam"
branch_labels = None
depends_on = None

_MOMENT = "to_char({} AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS')"
_EERST = {
    "zaak": "(SELECT coalesce(max(a.tijdstip), t.geregistreerd_op) FROM audit a WHERE a.zaak_id = t.id)",
    "document": "(SELECT coalesce(max(v.geregistreerd_op), t.geregistreerd_op) FROM document_versie v"
    " WHERE v.document_id = t.id)",
}
_VAN = {
    "zaak_relatie": "(SELECT z.tijdstip_registratie FROM zaak z WHERE z.id = t.zaak_id)",
    "zaak_status": "(SELECT z.tijdstip_registratie FROM zaak z WHERE z.id = t.zaak_id)",
    "zaak_zaak": "(SELECT z.tijdstip_registratie FROM zaak z WHERE z.id = t.van_id)",
    "document_zaak": "(SELECT d.tijdstip_registratie FROM document d WHERE d.id = t.document_id)",
}
_WAARVAN = {"zaak_status": " OF statustype_id, datum_status_gezet, toelichting, gezet_door_id, inhoud"}
_FUNCTIE = """
CREATE FUNCTION regie_registreer() RETURNS trigger LANGUAGE plpgsql AS $$
-- The moment of the statement and not of its transaction: who waited for a row registers after whom it waited for.
BEGIN
    NEW.tijdstip_registratie := regie_nu();
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTIE)
    for tabel, waarde in (_EERST | _VAN).items():
        rest = "gegevens" if tabel == "document" else "inhoud"
        nieuw = _MOMENT.format(waarde) if tabel in _EERST else waarde
        op.execute(f'ALTER TABLE {tabel} ADD COLUMN tijdstip_registratie text COLLATE "C"')
        # What a sender said of it is not what this registration says.
        op.execute(
            f"UPDATE {tabel} t SET tijdstip_registratie = {nieuw}, {rest} = {rest} - 'tijdstipRegistratie'"  # noqa: S608
        )
        # The default is for who fills a table with its triggers off.
        op.execute(
            f"ALTER TABLE {tabel} ALTER COLUMN tijdstip_registratie SET NOT NULL, "
            "ALTER COLUMN tijdstip_registratie SET DEFAULT regie_nu()"
        )
        op.execute(
            f"CREATE TRIGGER registreer BEFORE INSERT ON {tabel} FOR EACH ROW EXECUTE FUNCTION regie_registreer()"
        )
        op.execute(
            f"CREATE TRIGGER registreer_wijziging BEFORE UPDATE{_WAARVAN.get(tabel, '')} ON {tabel} FOR EACH ROW "
            "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION regie_registreer()"
        )
    op.create_index("ix_zaak_tijdstip_registratie", "zaak", ["tijdstip_registratie"])


def downgrade() -> None:
    op.drop_index("ix_zaak_tijdstip_registratie", "zaak")
    for tabel in (*_EERST, *_VAN):
        op.execute(f"DROP TRIGGER registreer ON {tabel}")
        op.execute(f"DROP TRIGGER registreer_wijziging ON {tabel}")
        op.execute(f"ALTER TABLE {tabel} DROP COLUMN tijdstip_registratie")
    op.execute("DROP FUNCTION regie_registreer()")

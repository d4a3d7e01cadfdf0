"""Zaken, the objects that they share, their relations and statuses, and the audit of changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_zaak"
down_revision = "0002_bericht"
branch_labels = None
depends_on = None

_ZAAK = (
    "omschrijving toelichting startdatum registratiedatum publicatiedatum einddatum_gepland uiterlijke_einddatum "
    "einddatum betalings_indicatie laatste_betaaldatum archiefnominatie datum_vernietiging_dossier zaakniveau "
    "deelzaken_indicatie"
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _tekst(*namen: str) -> list[sa.Column[str]]:
    return [sa.Column(naam, sa.Text) for naam in namen]


def _verwijzing(naam: str, tabel: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(naam, sa.BigInteger, sa.ForeignKey(f"{tabel}.id"), nullable=nullable)


def _inhoud() -> sa.Column[dict[str, object]]:
    return sa.Column("inhoud", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'"))


def _nu(naam: str) -> sa.Column[sa.DateTime]:
    return sa.Column(naam, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    op.create_table(
        "zaak",
        _id(),
        sa.Column("identificatie", sa.Text, nullable=False, unique=True),
        _verwijzing("zaaktype_id", "zaaktype", nullable=True),
        *_tekst(*_ZAAK.split()),
        _inhoud(),
        _nu("geregistreerd_op"),
    )
    omschrijving = sa.text("coalesce(omschrijving, '')")
    op.create_index(
        "ix_zaak_sortering_5", "zaak", [sa.text("coalesce(startdatum, '') DESC"), omschrijving, "identificatie"]
    )
    op.create_index("ix_zaak_sortering_4", "zaak", [omschrijving, "identificatie"])
    op.create_index("ix_zaak_zaaktype_id", "zaak", ["zaaktype_id"])
    op.create_index(
        "ix_zaak_kenmerk", "zaak", [sa.text("(inhoud -> 'kenmerk') jsonb_path_ops")], postgresql_using="gin"
    )
    op.create_table(
        "object",
        _id(),
        sa.Column("entiteittype", sa.Text, nullable=False),
        *_tekst("sleutel", "identificatie", "naam"),
        _inhoud(),
        sa.UniqueConstraint("sleutel", "entiteittype"),
    )
    op.create_index("ix_object_naam", "object", ["naam"], postgresql_ops={"naam": "text_pattern_ops"})
    for soort in ("anp", "ann"):
        nummer = f"(inhoud ->> '{soort}.identificatie')"
        op.create_index(
            f"ix_object_{soort}", "object", [sa.text(nummer)], postgresql_where=sa.text(f"{nummer} IS NOT NULL")
        )
    _relaties()


def _relaties() -> None:
    op.create_table(
        "zaak_relatie",
        _id(),
        _verwijzing("zaak_id", "zaak"),
        sa.Column("relatie", sa.Text, nullable=False),
        _verwijzing("object_id", "object", nullable=True),
        *_tekst("code", "omschrijving", "toelichting", "beeindigd"),
        _inhoud(),
    )
    op.create_index("ix_zaak_relatie_zaak_id", "zaak_relatie", ["zaak_id"])
    op.create_index("ix_zaak_relatie_object_id_relatie", "zaak_relatie", ["object_id", "relatie"])
    op.create_table(
        "zaak_status",
        _id(),
        _verwijzing("zaak_id", "zaak"),
        _verwijzing("statustype_id", "statustype", nullable=True),
        *_tekst("datum_status_gezet"),
        sa.Column("moment", sa.Text, nullable=False, server_default=""),
        sa.Column("laatste", sa.Boolean, nullable=False),
        *_tekst("toelichting"),
        _verwijzing("gezet_door_id", "object", nullable=True),
        _inhoud(),
    )
    op.create_index("ix_zaak_status_zaak_id", "zaak_status", ["zaak_id"])
    op.create_index(
        "ix_zaak_status_statustype_id", "zaak_status", ["statustype_id"], postgresql_where=sa.text("laatste")
    )
    op.create_table(
        "zaak_zaak",
        _id(),
        sa.Column("relatie", sa.Text, nullable=False),
        _verwijzing("van_id", "zaak"),
        _verwijzing("naar_id", "zaak"),
        *_tekst("beeindigd"),
        _inhoud(),
        sa.CheckConstraint("relatie IN ('heeftAlsDeelzaak', 'heeftBetrekkingOpAndere')", name="relatie"),
        sa.CheckConstraint("van_id <> naar_id", name="niet_zichzelf"),
    )
    op.create_index("ix_zaak_zaak_van_id", "zaak_zaak", ["van_id"])
    op.create_index("ix_zaak_zaak_naar_id", "zaak_zaak", ["naar_id"])
    op.create_index(
        "uq_zaak_zaak_paar",
        "zaak_zaak",
        ["relatie", sa.text("least(van_id, naar_id)"), sa.text("greatest(van_id, naar_id)")],
        unique=True,
        postgresql_where=sa.text("beeindigd IS NULL"),
    )
    op.create_table(
        "audit",
        _id(),
        _verwijzing("zaak_id", "zaak"),
        sa.Column("bericht_id", sa.BigInteger, nullable=False),
        sa.Column("gebeurtenis", sa.Text, nullable=False),
        sa.Column("gewijzigd", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'")),
        _nu("tijdstip"),
    )
    op.create_index("ix_audit_zaak_id", "audit", ["zaak_id"])


def downgrade() -> None:
    for tabel in ("audit", "zaak_zaak", "zaak_status", "zaak_relatie", "object", "zaak"):
        op.drop_table(tabel)

"""The zaak and its relations.

A row holds the elements of its entity table: those with a column as the text that came, all others, and what a text
cannot say
(noValue, attributes, groups), in `inhoud`. `regiesysteem.zakenmagazijn.rijen` is the one place that converts.

`tijdstip_registratie` is filled by a trigger (migration 0015): when what a row says was last registered here.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.database import TEKST, Base

_LEEG = text("'{}'")
_EIGEN_NAAM = "regie_eigen_naam((inhoud -> 'gerelateerde'::text))"
_ANP = "inhoud ->> 'anp.identificatie'"
_ANN = "inhoud ->> 'ann.identificatie'"


class ZaakRij(Base):
    """A zaak (ZAK); dates as StUF writes them, 8 to 17 digits."""

    __tablename__ = "zaak"
    __table_args__ = (
        # As sorteringen 5 and 4 sort (selectie/sortering.py).
        Index(
            "ix_zaak_sortering_5",
            text("coalesce(startdatum, '') DESC"),
            text("coalesce(omschrijving, '')"),
            "identificatie",
        ),
        Index("ix_zaak_sortering_4", text("coalesce(omschrijving, '')"), "identificatie"),
        Index("ix_zaak_zaaktype_id", "zaaktype_id"),
        Index("ix_zaak_tijdstip_registratie", "tijdstip_registratie"),
        Index("ix_zaak_kenmerk", text("(inhoud -> 'kenmerk') jsonb_path_ops"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    identificatie: Mapped[str] = mapped_column(TEKST, unique=True)
    zaaktype_id: Mapped[int | None] = mapped_column(ForeignKey("zaaktype.id"))
    omschrijving: Mapped[str | None] = mapped_column(TEKST)
    toelichting: Mapped[str | None] = mapped_column(TEKST)
    startdatum: Mapped[str | None] = mapped_column(TEKST)
    registratiedatum: Mapped[str | None] = mapped_column(TEKST)
    publicatiedatum: Mapped[str | None] = mapped_column(TEKST)
    einddatum_gepland: Mapped[str | None] = mapped_column(TEKST)
    uiterlijke_einddatum: Mapped[str | None] = mapped_column(TEKST)
    einddatum: Mapped[str | None] = mapped_column(TEKST)
    betalings_indicatie: Mapped[str | None] = mapped_column(TEKST)
    laatste_betaaldatum: Mapped[str | None] = mapped_column(TEKST)
    archiefnominatie: Mapped[str | None] = mapped_column(TEKST)
    datum_vernietiging_dossier: Mapped[str | None] = mapped_column(TEKST)
    zaakniveau: Mapped[str | None] = mapped_column(TEKST)
    deelzaken_indicatie: Mapped[str | None] = mapped_column(TEKST)
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))
    geregistreerd_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ObjectRij(Base):
    """A person, organisation or thing, shared by all zaken that name it; `sleutel` is what makes it the same one."""

    __tablename__ = "object"
    __table_args__ = (
        UniqueConstraint("sleutel", "entiteittype"),
        Index("ix_object_naam", "naam", postgresql_ops={"naam": "text_pattern_ops"}),
        # Numbers that may stand beside the one that became `sleutel` (selectie/objecten.py).
        Index("ix_object_anp", text(f"({_ANP})"), postgresql_where=text(f"({_ANP}) IS NOT NULL")),
        Index("ix_object_ann", text(f"({_ANN})"), postgresql_where=text(f"({_ANN}) IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entiteittype: Mapped[str] = mapped_column(TEKST)
    sleutel: Mapped[str | None] = mapped_column(TEKST)
    identificatie: Mapped[str | None] = mapped_column(TEKST)
    naam: Mapped[str | None] = mapped_column(TEKST)
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)


class ZaakRelatieRij(Base):
    """A role of a betrokkene, a zaakobject or a besluit of a zaak; `relatie` is the element that says which.

    `beeindigd` is when the relation ends, which may be to come: after that it is kept and not answered. `inhoud` also
    has, under `gerelateerde`, what the message said of the object beyond what its shared row says.
    """

    __tablename__ = "zaak_relatie"
    __table_args__ = (
        Index("ix_zaak_relatie_zaak_id", "zaak_id"),
        Index("ix_zaak_relatie_object_id_relatie", "object_id", "relatie"),
        # Relations that say a name of their own of their object (selectie/objecten.py).
        Index("ix_zaak_relatie_eigen_naam", "relatie", postgresql_where=text(_EIGEN_NAAM)),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaak_id: Mapped[int] = mapped_column(ForeignKey("zaak.id"))
    relatie: Mapped[str] = mapped_column(TEKST)
    object_id: Mapped[int | None] = mapped_column(ForeignKey("object.id"))
    code: Mapped[str | None] = mapped_column(TEKST)
    omschrijving: Mapped[str | None] = mapped_column(TEKST)
    toelichting: Mapped[str | None] = mapped_column(TEKST)
    beeindigd: Mapped[str | None] = mapped_column(TEKST)
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))


class ZaakStatusRij(Base):
    """A status of a zaak; `moment` is datumStatusGezet at full length, so that every precision sorts.

    `laatste` is derived: the greatest moment, and among equals the one received last.
    """

    __tablename__ = "zaak_status"
    __table_args__ = (
        Index("ix_zaak_status_zaak_id", "zaak_id"),
        Index("ix_zaak_status_statustype_id", "statustype_id", postgresql_where=text("laatste")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaak_id: Mapped[int] = mapped_column(ForeignKey("zaak.id"))
    statustype_id: Mapped[int | None] = mapped_column(ForeignKey("statustype.id"))
    datum_status_gezet: Mapped[str | None] = mapped_column(TEKST)
    moment: Mapped[str] = mapped_column(TEKST, server_default="")
    laatste: Mapped[bool]
    toelichting: Mapped[str | None] = mapped_column(TEKST)
    gezet_door_id: Mapped[int | None] = mapped_column(ForeignKey("object.id"))
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))


class ZaakZaakRij(Base):
    """A relation between two zaken, kept once and shown on both sides.

    `relatie` is heeftAlsDeelzaak (van is the hoofdzaak) or heeftBetrekkingOpAndere (no direction; van is who said it).
    """

    __tablename__ = "zaak_zaak"
    __table_args__ = (
        CheckConstraint("relatie IN ('heeftAlsDeelzaak', 'heeftBetrekkingOpAndere')", name="relatie"),
        CheckConstraint("van_id <> naar_id", name="niet_zichzelf"),
        Index("ix_zaak_zaak_van_id", "van_id"),
        Index("ix_zaak_zaak_naar_id", "naar_id"),
        Index(
            "uq_zaak_zaak_paar",
            "relatie",
            text("least(van_id, naar_id)"),
            text("greatest(van_id, naar_id)"),
            unique=True,
            postgresql_where=text("beeindigd IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    relatie: Mapped[str] = mapped_column(TEKST)
    van_id: Mapped[int] = mapped_column(ForeignKey("zaak.id"))
    naar_id: Mapped[int] = mapped_column(ForeignKey("zaak.id"))
    beeindigd: Mapped[str | None] = mapped_column(TEKST)
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))


class AuditRij(Base):
    """What changed a zaak: one line per message, in the transaction of the change.

    `bericht_id` is None where an operator did it.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_zaak_id", "zaak_id"), Index("ix_audit_bericht_id", "bericht_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaak_id: Mapped[int] = mapped_column(ForeignKey("zaak.id"))
    bericht_id: Mapped[int | None] = mapped_column(BigInteger)
    gebeurtenis: Mapped[str] = mapped_column(TEKST)
    gewijzigd: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    tijdstip: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

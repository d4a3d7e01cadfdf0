"""Documents: what is said of them now, their versions, who is editing them, and the zaken that they belong to.

A document row holds the elements of its entity table like a zaak does, its rest in `gegevens`: an element of EDC is
called inhoud. The bytes are elsewhere (`regiesysteem.opslag`); a version refers to them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Sequence,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.database import TEKST, Base
from regiesysteem.opslag.tabellen import DocumentInhoudRij
from regiesysteem.zakenmagazijn.modellen.zaak import ZaakRij

_LEEG = text("'{}'")

DOCUMENTIDENTIFICATIE = Sequence("documentidentificatie_seq", metadata=Base.metadata)
"""The numbers of genereerDocumentIdentificatie; as with zaken, one that was drawn in vain is not given again."""


class DocumentRij(Base):
    """An enkelvoudig document (EDC) as its newest version is; `versie` is the label of that."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    identificatie: Mapped[str] = mapped_column(TEKST, unique=True)
    dct_omschrijving: Mapped[str | None] = mapped_column(TEKST)
    creatiedatum: Mapped[str | None] = mapped_column(TEKST)
    titel: Mapped[str | None] = mapped_column(TEKST)
    formaat: Mapped[str | None] = mapped_column(TEKST)
    taal: Mapped[str | None] = mapped_column(TEKST)
    versie: Mapped[str | None] = mapped_column(TEKST)
    status: Mapped[str | None] = mapped_column(TEKST)
    vertrouwelijk_aanduiding: Mapped[str | None] = mapped_column(TEKST)
    auteur: Mapped[str | None] = mapped_column(TEKST)
    gegevens: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))
    geregistreerd_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DocumentVersieRij(Base):
    """A version, counted from 1; the highest is the newest.

    Without `sha256` it is a container that waits for its file. `statussen` are the statuses that it had, each with when
    and by which message. `gegevens` is what the document said when a later version came; NULL in the newest: there the
    document says it.
    """

    __tablename__ = "document_versie"
    __table_args__ = (
        UniqueConstraint("document_id", "volgnummer"),
        UniqueConstraint("document_id", "versie"),
        Index("ix_document_versie_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey(DocumentRij.id))
    volgnummer: Mapped[int]
    versie: Mapped[str] = mapped_column(TEKST)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary, ForeignKey(DocumentInhoudRij.sha256))
    content_type: Mapped[str] = mapped_column(TEKST, server_default="")
    bestandsnaam: Mapped[str] = mapped_column(TEKST, server_default="")
    statussen: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    gegevens: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    bericht_id: Mapped[int] = mapped_column(BigInteger)
    geregistreerd_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DocumentZaakRij(Base):
    """A document belongs to a zaak: heeftRelevant seen from the zaak, isRelevantVoor from the document.

    `beeindigd` is when the document is released from the zaak, which may be to come: after that kept, not answered.
    """

    __tablename__ = "document_zaak"
    __table_args__ = (
        Index("ix_document_zaak_document_id", "document_id"),
        Index("ix_document_zaak_zaak_id", "zaak_id"),
        Index(
            "uq_document_zaak_paar", "document_id", "zaak_id", unique=True, postgresql_where=text("beeindigd IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey(DocumentRij.id))
    zaak_id: Mapped[int] = mapped_column(ForeignKey(ZaakRij.id))
    registratiedatum: Mapped[str | None] = mapped_column(TEKST)
    beeindigd: Mapped[str | None] = mapped_column(TEKST)
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_LEEG)
    tijdstip_registratie: Mapped[str] = mapped_column(TEKST, server_default=text("regie_nu()"))


class DocumentSlotRij(Base):
    """A document that is being edited (ZDS 4.2.3): the key of whoever has it, and what others may know of him.

    The `zender_` columns are `Systeem.sleutel` of the system that it was given to; None in a row of before 0008.
    """

    __tablename__ = "document_slot"

    document_id: Mapped[int] = mapped_column(ForeignKey(DocumentRij.id), primary_key=True)
    checked_out_id: Mapped[str] = mapped_column(TEKST)
    checked_out_by: Mapped[str] = mapped_column(TEKST)
    sinds: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    zender_organisatie: Mapped[str | None] = mapped_column(TEKST)
    zender_applicatie: Mapped[str | None] = mapped_column(TEKST)
    zender_administratie: Mapped[str | None] = mapped_column(TEKST)

"""The messages that had an effect, each with its answer; the numbers given out; in what messages deviate."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, Identity, Index, LargeBinary, Sequence, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.database import TEKST, Base

ZAAKIDENTIFICATIE = Sequence("zaakidentificatie_seq", metadata=Base.metadata)
"""The numbers of genereerZaakIdentificatie; a number that a rolled back message drew is lost, never given twice."""


class BerichtRij(Base):
    """A message that was accepted, under the key of the duplicate rule (StUF 03.01, 4.4): sender and referentienummer.

    Absent parts of the key are empty strings; without zender or referentienummer there is no key and nothing to be a
    duplicate of. ``inhoud`` is removed after a while (REGIE_BERICHTEN_BEWAREN_DAGEN), and so is an answer that tells of
    people; the key, the digest and other answers stay. ``meldt``: at its commit what it did to zaken becomes
    gebeurtenissen (a trigger, `regie_meld_bericht`).
    """

    __tablename__ = "bericht"
    __table_args__ = (
        Index(
            "uq_bericht_zender_referentienummer",
            "zender_organisatie",
            "zender_applicatie",
            "zender_administratie",
            "referentienummer",
            unique=True,
            postgresql_where=text("referentienummer <> '' AND zender_applicatie <> ''"),
        ),
        Index("ix_bericht_ontvangen_op", "ontvangen_op", postgresql_where=text("inhoud IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zender_organisatie: Mapped[str] = mapped_column(Text)
    zender_applicatie: Mapped[str] = mapped_column(Text)
    zender_administratie: Mapped[str] = mapped_column(Text)
    referentienummer: Mapped[str] = mapped_column(Text)
    dienst: Mapped[str] = mapped_column(Text)
    ontvangen_op: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    tijdstip_bericht: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    inhoud: Mapped[bytes | None] = mapped_column(LargeBinary)
    antwoord: Mapped[bytes] = mapped_column(LargeBinary)
    meldt: Mapped[bool] = mapped_column(Boolean, server_default="false")


class AfwijkingRij(Base):
    """In how many accepted messages of a sender a rule was not kept; the newest is the example.

    ``plek`` is a path of element names and never has a value of the message. Nothing here is about a person: it stays.
    """

    __tablename__ = "afwijking"

    organisatie: Mapped[str] = mapped_column(TEKST, primary_key=True)
    applicatie: Mapped[str] = mapped_column(TEKST, primary_key=True)
    administratie: Mapped[str] = mapped_column(TEKST, primary_key=True)
    regel: Mapped[str] = mapped_column(TEKST, primary_key=True)
    aantal: Mapped[int] = mapped_column(BigInteger)
    eerste: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    laatste: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    dienst: Mapped[str] = mapped_column(TEKST)
    plek: Mapped[str] = mapped_column(TEKST)
    referentienummer: Mapped[str] = mapped_column(TEKST)

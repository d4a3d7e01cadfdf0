"""What happened to zaken, who is told of it, and what came of that (RZS 1.0, 5.1, 6.8 - 6.10).

The order of a zaak is kept by ids: a `gebeurtenis` gets its id while others are kept from its zaak, and its
notificaties get theirs in the order of the gebeurtenissen. Of one `stroom` (a receiver and a zaak) the lowest id that
waits goes first.
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
    LargeBinary,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.database import TEKST, Base
from regiesysteem.opslag.tabellen import DocumentInhoudRij
from regiesysteem.zakenmagazijn.modellen.zaak import ZaakRij

STANDEN = ("wacht", "bezorgd", "gestrand", "vervallen")


class GebeurtenisRij(Base):
    """A mutation of a zaak, ours or one that another told of (`zaak_id` is NULL when we do not hold it).

    `applicatie` caused it. `gegevens` is what a notification says, as it was then: the zaaktype, the last status, and
    what another that told of it had to say (`meldingen`, removed after a while).
    A transfer, and our answer to one, is here too, for its place in the order: with the operation as `gebeurtenis`,
    without `bericht_id`, and with what its message says (`notificaties.overdrachten`). It goes to its receiver alone.
    """

    __tablename__ = "gebeurtenis"
    __table_args__ = (
        Index("ix_gebeurtenis_meldingen", "tijdstip", postgresql_where=text("jsonb_exists(gegevens, 'meldingen')")),
        Index("ix_gebeurtenis_te_verdelen", "id", postgresql_where=text("NOT verdeeld")),
        Index("ix_gebeurtenis_zaakidentificatie", "zaakidentificatie"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaak_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(ZaakRij.id))
    zaakidentificatie: Mapped[str] = mapped_column(TEKST)
    gebeurtenis: Mapped[str] = mapped_column(TEKST)
    organisatie: Mapped[str] = mapped_column(TEKST, server_default="")
    applicatie: Mapped[str] = mapped_column(TEKST, server_default="")
    bericht_id: Mapped[int | None] = mapped_column(BigInteger)
    gegevens: Mapped[dict[str, Any]] = mapped_column(JSONB)
    verdeeld: Mapped[bool] = mapped_column(server_default=false())
    tijdstip: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class NotificatieRij(Base):
    """A message to a receiver: fixed when it is made, sent until it arrived or stranded.

    `soort` is its operation, `stroom` what it must not overtake: the zaakidentificatie. `reden` is the rule that made
    it. From `bewaren_vanaf` counts how long it is tried. `inhoud` is removed after a while, like that of messages that
    came in.
    """

    __tablename__ = "notificatie"
    __table_args__ = (
        CheckConstraint(f"stand IN {STANDEN}", name="stand"),
        Index("ix_notificatie_wacht", "ontvanger", "stroom", "id", postgresql_where=text("stand = 'wacht'")),
        Index("ix_notificatie_gestrand", "ontvanger", "id", postgresql_where=text("stand = 'gestrand'")),
        Index("ix_notificatie_stroom", "stroom"),
        Index("ix_notificatie_aangemaakt_op", "aangemaakt_op", postgresql_where=text("inhoud IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    gebeurtenis_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(GebeurtenisRij.id))
    ontvanger: Mapped[str] = mapped_column(TEKST)
    stroom: Mapped[str] = mapped_column(TEKST)
    soort: Mapped[str] = mapped_column(TEKST)
    reden: Mapped[str] = mapped_column(TEKST, server_default="")
    referentienummer: Mapped[str] = mapped_column(TEKST, unique=True)
    inhoud: Mapped[bytes | None] = mapped_column(LargeBinary)
    stand: Mapped[str] = mapped_column(TEKST, server_default="wacht")
    pogingen: Mapped[int] = mapped_column(server_default="0")
    volgende_poging: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    aangemaakt_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    bewaren_vanaf: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    afgehandeld_op: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    melding: Mapped[str] = mapped_column(TEKST, server_default="")


class OntvangerRij(Base):
    """How it goes with a receiver, for all workers together.

    `fouten` are the failures in a row; until `rust_tot` nobody tries. The other numbers count since the first message.
    """

    __tablename__ = "ontvanger"

    applicatie: Mapped[str] = mapped_column(TEKST, primary_key=True)
    bezorgd: Mapped[int] = mapped_column(BigInteger, server_default="0")
    mislukt: Mapped[int] = mapped_column(BigInteger, server_default="0")
    gestrand: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fouten: Mapped[int] = mapped_column(server_default="0")
    rust_tot: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    melding: Mapped[str] = mapped_column(TEKST, server_default="")


class OverdrachtRij(Base):
    """A zaak that was offered to a back office, or by another to us (RZS 6.8).

    `uiterlijk` is when an answer is due, `beantwoord_op` when it came or we withdrew the offer, `antwoord` what was
    said with that.
    """

    __tablename__ = "overdracht"
    __table_args__ = (
        CheckConstraint("richting IN ('uit', 'in')", name="richting"),
        CheckConstraint("stand IN ('aangeboden', 'geaccepteerd', 'geweigerd', 'ingetrokken')", name="stand"),
        Index("uq_overdracht_uit", "referentienummer", unique=True, postgresql_where=text("richting = 'uit'")),
        Index("ix_overdracht_zaakidentificatie", "zaakidentificatie"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    richting: Mapped[str] = mapped_column(TEKST)
    zaak_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(ZaakRij.id))
    zaakidentificatie: Mapped[str] = mapped_column(TEKST)
    zaaktype: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    organisatie: Mapped[str] = mapped_column(TEKST, server_default="")
    applicatie: Mapped[str] = mapped_column(TEKST)
    referentienummer: Mapped[str] = mapped_column(TEKST)
    melding: Mapped[str] = mapped_column(TEKST, server_default="")
    stand: Mapped[str] = mapped_column(TEKST, server_default="aangeboden")
    antwoord: Mapped[str] = mapped_column(TEKST, server_default="")
    aangeboden_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    uiterlijk: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    beantwoord_op: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PostvakRij(Base):
    """A notification that another system sent to us as regiesysteem (RZS 6.9), by the gezinsplan that it is about."""

    __tablename__ = "postvak"
    __table_args__ = (Index("ix_postvak_gezinsplan", "gezinsplan"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    bericht_id: Mapped[int] = mapped_column(BigInteger)
    zaakidentificatie: Mapped[str] = mapped_column(TEKST)
    gezinsplan: Mapped[str | None] = mapped_column(TEKST)
    gebeurtenis: Mapped[str] = mapped_column(TEKST)
    organisatie: Mapped[str] = mapped_column(TEKST, server_default="")
    applicatie: Mapped[str] = mapped_column(TEKST)
    gegevens: Mapped[dict[str, Any]] = mapped_column(JSONB)
    melding: Mapped[str] = mapped_column(TEKST, server_default="")
    ontvangen_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    gelezen_op: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AfnemersindicatieRij(Base):
    """An applicatie that wants to be told of one zaak, or of all zaken of a gezinsplan."""

    __tablename__ = "afnemersindicatie"

    zaak_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(ZaakRij.id), primary_key=True)
    applicatie: Mapped[str] = mapped_column(TEKST, primary_key=True)
    verwachte_actie: Mapped[str] = mapped_column(TEKST, server_default="")
    sinds: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AbonnementRij(Base):
    """An abonnement that was made with `regie abonnement`, beside those of the inrichting; `regel` as in its TOML."""

    __tablename__ = "abonnement"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    regel: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sinds: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DomeingegevensRij(Base):
    """Data of a deelplan in a form of its own domain, kept byte for byte (RZS 1.7.4).

    Its bytes are in `inhoud`, or with the contents of documents under `opslag_sha256`. `herkomst` is the way it came.
    """

    __tablename__ = "domeingegevens"
    __table_args__ = (
        CheckConstraint("(inhoud IS NULL) <> (opslag_sha256 IS NULL)", name="inhoud"),
        Index("ix_domeingegevens_sha256", "sha256"),
        Index("ix_domeingegevens_zaak_id", "zaak_id"),
        Index("ix_domeingegevens_opslag_sha256", "opslag_sha256", postgresql_where=text("opslag_sha256 IS NOT NULL")),
        Index(
            "uq_domeingegevens_formaat",
            "zaak_id",
            "formaat",
            unique=True,
            postgresql_where=text("vervangen_op IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaak_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(ZaakRij.id))
    formaat: Mapped[str] = mapped_column(TEKST)
    mediatype: Mapped[str] = mapped_column(TEKST)
    herkomst: Mapped[str] = mapped_column(TEKST)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    grootte: Mapped[int] = mapped_column(BigInteger)
    inhoud: Mapped[bytes | None] = mapped_column(LargeBinary)
    opslag_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, ForeignKey(DocumentInhoudRij.sha256))
    bericht_id: Mapped[int] = mapped_column(BigInteger)
    vervangen_op: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ontvangen_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

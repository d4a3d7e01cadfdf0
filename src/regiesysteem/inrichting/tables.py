"""Tables of the inrichting.

``inrichting`` keeps every loaded text. ``inrichting_stand`` has one row, whose ``versie`` grows with every change, so
that one number shows a process whether its view is still true. Zaaktypen and their parts are never deleted, because
zaken refer to them: a part that disappears from the text is marked ``vervallen``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, false, func, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.db import TEXT, Base

INRICHTING = "inrichting"
TAKEN_OVER = "overgenomen"

_ORIGIN = f"herkomst IN ('{INRICHTING}', '{TAKEN_OVER}')"


class InrichtingRow(Base):
    """One loaded text, with the XSDs that it names by form; the highest ``versie`` is in force."""

    __tablename__ = "inrichting"

    versie: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    toml: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    bron: Mapped[str] = mapped_column(Text)
    schemas: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, server_default=text("'{}'"))
    geladen_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class InrichtingStateRow(Base):
    """The single row with the number of the present state: one higher after every load and every takeover."""

    __tablename__ = "inrichting_stand"
    __table_args__ = (CheckConstraint("enkel", name="enkel"),)

    enkel: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    versie: Mapped[int] = mapped_column(BigInteger)


class PasswordRow(Base):
    """The password with which an applicatie proves itself, as an argon2 hash; ``organisatie`` is never empty."""

    __tablename__ = "applicatie_wachtwoord"

    organisatie: Mapped[str] = mapped_column(TEXT, primary_key=True)
    naam: Mapped[str] = mapped_column(TEXT, primary_key=True)
    administratie: Mapped[str] = mapped_column(TEXT, primary_key=True)
    hash: Mapped[str] = mapped_column(TEXT)
    gezet_op: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ZaaktypeRow(Base):
    """A zaaktype; ``inhoud`` has its other elements under their StUF-ZKN names."""

    __tablename__ = "zaaktype"
    __table_args__ = (
        CheckConstraint("soort IN ('gezinsplan', 'levensdomeinplan', 'deelplan', 'overig')", name="soort"),
        CheckConstraint(_ORIGIN, name="herkomst"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(TEXT, unique=True)
    omschrijving: Mapped[str] = mapped_column(TEXT)
    soort: Mapped[str] = mapped_column(TEXT)
    herkomst: Mapped[str] = mapped_column(TEXT)
    vervallen: Mapped[bool] = mapped_column(server_default=false())
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class StatustypeRow(Base):
    """A statustype of a zaaktype.

    The number is unique among those in force only: after a renumbering the statuses of older zaken keep the statustype
    that they were set with.
    """

    __tablename__ = "statustype"
    __table_args__ = (
        CheckConstraint("volgnummer BETWEEN 1 AND 9999", name="volgnummer"),
        CheckConstraint(_ORIGIN, name="herkomst"),
        Index("uq_statustype_zaaktype_id_volgnummer", "zaaktype_id", "volgnummer", unique=True,
              postgresql_where=text("NOT vervallen")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaaktype_id: Mapped[int] = mapped_column(ForeignKey("zaaktype.id"))
    volgnummer: Mapped[int]
    code: Mapped[str | None] = mapped_column(TEXT)
    omschrijving: Mapped[str] = mapped_column(TEXT)
    eindstatus: Mapped[bool] = mapped_column(server_default=false())
    herkomst: Mapped[str] = mapped_column(TEXT)
    vervallen: Mapped[bool] = mapped_column(server_default=false())
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class ResultaattypeRow(Base):
    """A resultaat that a zaak of the zaaktype can end with."""

    __tablename__ = "resultaattype"
    __table_args__ = (
        CheckConstraint(_ORIGIN, name="herkomst"),
        Index("uq_resultaattype_zaaktype_id_omschrijving", "zaaktype_id", "omschrijving", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    zaaktype_id: Mapped[int] = mapped_column(ForeignKey("zaaktype.id"))
    omschrijving: Mapped[str] = mapped_column(TEXT)
    herkomst: Mapped[str] = mapped_column(TEXT)
    vervallen: Mapped[bool] = mapped_column(server_default=false())
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

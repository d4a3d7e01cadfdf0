"""Tables of the content of documents.

A table that uses content refers to ``document_inhoud.sha256`` with a foreign key (and an index on it): content without
a reference is cleaned up.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Integer, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from regiesysteem.database import Base


class DocumentInhoudRij(Base):
    """One content, once, however many documents have it; ``opslag`` names the place of its bytes.

    ``sleutel`` is the name of the object in S3, another one for each upload; in PostgreSQL there is none.
    """

    __tablename__ = "document_inhoud"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("grootte >= 0", name="grootte"),
        CheckConstraint("opslag IN ('postgres', 's3')", name="opslag"),
        CheckConstraint("(opslag = 's3') = (sleutel IS NOT NULL)", name="sleutel"),
    )

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grootte: Mapped[int] = mapped_column(BigInteger)
    opslag: Mapped[str] = mapped_column(Text)
    sleutel: Mapped[str | None] = mapped_column(Text)
    aangemaakt: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DocumentStukRij(Base):
    """A piece of a content that is kept in PostgreSQL, counted from 0; uncompressed (STORAGE EXTERNAL)."""

    __tablename__ = "document_stuk"

    sha256: Mapped[bytes] = mapped_column(
        LargeBinary, ForeignKey(DocumentInhoudRij.sha256, ondelete="CASCADE"), primary_key=True
    )
    volgnummer: Mapped[int] = mapped_column(Integer, primary_key=True)
    bytes: Mapped[bytes] = mapped_column(LargeBinary)

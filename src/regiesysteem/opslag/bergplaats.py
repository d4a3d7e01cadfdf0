"""The interface of a place for bytes, and the check on the bytes that it gives back."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Literal, Protocol

from sqlalchemy import Connection, Engine

from regiesysteem.logboek import logger
from regiesysteem.opslag.fouten import InhoudBeschadigd

Schrijf = Callable[[bytes | memoryview], object]
"""Takes the next bytes of a content."""


@dataclass(frozen=True)
class Inhoud:
    """A content as `document_inhoud` has it: SHA-256 in hex, size in bytes, the place, and its name in that place."""

    sha256: str
    grootte: int
    opslag: str
    sleutel: str | None = None

    @property
    def digest(self) -> bytes:
        """The SHA-256 as the column has it."""
        return bytes.fromhex(self.sha256)


@dataclass(frozen=True)
class Verwijderd:
    """One thing that the clean-up removed: a content without references, or an object of a store without a row.

    Removing a content from S3 leaves its object without a row, so it is reported twice. `grootte` is in bytes, 0 for an
    upload that was never finished.
    """

    wat: Literal["inhoud", "object", "upload"]
    sha256: str
    grootte: int


class Bergplaats(Protocol):
    """A place for bytes. `Opslag`, and not this, knows identical contents and their users."""

    naam: str

    def nieuwe_sleutel(self, sha256: str) -> str | None:
        """Give the name under which a new content will be put, None where the row itself is enough."""

    def schrijf(self, verbinding: Connection, inhoud: Inhoud, bestand: IO[bytes]) -> None:
        """Put all bytes of a file, from its present position; its row is there, in the transaction of `verbinding`.

        Raises OpslagOnbereikbaar.
        """

    def lees(self, verbinding: Connection, inhoud: Inhoud, schrijf: Schrijf) -> None:
        """Give all bytes, in pieces. Raises InhoudVerdwenen or OpslagOnbereikbaar."""

    def ruim_op(self, motor: Engine) -> Iterator[Verwijderd]:
        """Remove contents that have no row, and that no transaction is storing. Raises OpslagOnbereikbaar."""


class Gecontroleerd:
    """Writes a content to a file and checks that it is the stored one."""

    def __init__(self, inhoud: Inhoud, bestand: IO[bytes]) -> None:
        self._inhoud = inhoud
        self._bestand = bestand
        self._som = hashlib.sha256()
        self._grootte = 0

    def schrijf(self, blok: bytes | memoryview) -> None:
        """Take the next bytes; raises InhoudBeschadigd as soon as there are too many."""
        self._grootte += len(blok)
        if self._grootte > self._inhoud.grootte:
            self._weiger()
        self._som.update(blok)
        self._bestand.write(blok)

    def rond_af(self) -> None:
        """Raise InhoudBeschadigd unless size and SHA-256 are those of the content."""
        if self._grootte != self._inhoud.grootte or self._som.digest() != self._inhoud.digest:
            self._weiger()

    def _weiger(self) -> None:
        inhoud = self._inhoud
        logger().error("inhoud_beschadigd", sha256=inhoud.sha256, opslag=inhoud.opslag, grootte=inhoud.grootte)
        raise InhoudBeschadigd(inhoud.sha256)

"""Who is editing a document: given out once, kept from others, released again (ZDS 4.2.3 and 4.2.8)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.model import Documenten
from regiesysteem.stuf.antwoord import TIJDZONE
from regiesysteem.stuf.fouten import StufFout

_VERGRENDEL: Final = Sql("""
    -- a document that a message changes or gives out, locked until its transaction ends
    SELECT id FROM document WHERE identificatie = :identificatie FOR NO KEY UPDATE
""")
_LEES: Final = Sql("""
    -- who is editing a document, and its newest version
    SELECT v.versie, s.checked_out_id, s.checked_out_by, s.sinds
    FROM document_versie v LEFT JOIN document_slot s ON s.document_id = v.document_id
    WHERE v.document_id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")
_ZET: Final = Sql("""
    -- give a document out for editing, in the place of one who had it too long
    INSERT INTO document_slot (document_id, checked_out_id, checked_out_by, sinds) VALUES (:id, :sleutel, :wie, :sinds)
    ON CONFLICT (document_id) DO UPDATE
    SET checked_out_id = EXCLUDED.checked_out_id, checked_out_by = EXCLUDED.checked_out_by, sinds = EXCLUDED.sinds
""")
_HAAL_WEG: Final = Sql("DELETE FROM document_slot WHERE document_id = :id -- a document is no longer being edited")


@dataclass(frozen=True, slots=True)
class Slot:
    """Somebody has a document for editing."""

    sleutel: str
    wie: str
    sinds: datetime

    def geldt(self, documenten: Documenten, nu: datetime) -> bool:
        """Whether he still has it."""
        return nu < self.sinds + timedelta(days=documenten.bewerken_dagen)

    def beschrijf(self) -> str:
        """Who has it since when (Dutch)."""
        sinds = self.sinds.astimezone(TIJDZONE)
        return f"in bewerking bij {self.wie} sinds {sinds.day}-{sinds.month}-{sinds.year} {sinds:%H:%M}"


def vergrendel(verbinding: Connection, identificatie: str) -> int:
    """Lock a document and give its id. Raises StUF064 when there is none.

    A statement of its own: what is read together with a lock is of before the wait for it.
    """
    document_id = _VERGRENDEL.voer_uit(verbinding, {"identificatie": identificatie}).scalar_one_or_none()
    if document_id is None:
        raise StufFout("StUF064", f"er is geen document met identificatie {identificatie!r}")
    return int(document_id)


def slot_van(rij: Mapping[Any, Any]) -> Slot | None:
    """The slot in a row with its columns."""
    if rij["checked_out_id"] is None:
        return None
    return Slot(rij["checked_out_id"], rij["checked_out_by"], rij["sinds"])


def check_uit(  # noqa: PLR0917 - a document, and who wants it when
    verbinding: Connection, documenten: Documenten, identificatie: str, versie: str | None, wie: str, nu: datetime
) -> Slot:
    """Give the newest version of a document out for editing.

    Raises StUF064 for a document that is not there, StUF058 when somebody else has it, or for an older `versie`.
    """
    document_id = vergrendel(verbinding, identificatie)
    rij = _LEES.voer_uit(verbinding, {"id": document_id}).mappings().one()
    huidig = slot_van(rij)
    if huidig is not None and huidig.geldt(documenten, nu):
        raise _bezet(identificatie, huidig)
    if versie is not None and versie != rij["versie"]:
        raise _fout(f"alleen de nieuwste versie van document {identificatie!r} is te bewerken: {rij['versie']}")
    slot = Slot(str(uuid.uuid4()), wie, nu)
    _ZET.voer_uit(verbinding, {"id": document_id, "sleutel": slot.sleutel, "wie": wie, "sinds": nu})
    return slot


def geef_vrij(
    verbinding: Connection, documenten: Documenten, identificatie: str, sleutel: str | None, nu: datetime
) -> None:
    """Release a document that somebody has, with his key. Raises StUF064, StUF055 without a key, StUF058."""
    document_id = vergrendel(verbinding, identificatie)
    slot = slot_van(_LEES.voer_uit(verbinding, {"id": document_id}).mappings().one())
    if sleutel is None:
        raise StufFout("StUF055", "parameters/checkedOutId ontbreekt (ZDS 4.2.8.2)")
    controleer(identificatie, slot, sleutel, documenten, nu)
    _HAAL_WEG.voer_uit(verbinding, {"id": document_id})


def controleer(
    identificatie: str, slot: Slot | None, sleutel: str | None, documenten: Documenten, nu: datetime
) -> bool:
    """Whether the sender has the document for editing; without a `sleutel` he has not, and nobody else may have it.

    Raises StUF058 for a key that is wrong or no longer holds, and when somebody else has the document.
    """
    bezet = slot is not None and slot.geldt(documenten, nu)
    if sleutel is None:
        if slot is not None and bezet:
            raise _bezet(identificatie, slot)
        return False
    if slot is None:
        raise _fout(f"document {identificatie!r} is niet in bewerking; de checkedOutId geldt niet (meer)")
    if slot.sleutel != sleutel:
        raise _fout(f"de checkedOutId is niet die van document {identificatie!r}; het is {slot.beschrijf()}")
    if not bezet:
        raise _fout(
            f"de checkedOutId is verlopen: document {identificatie!r} was {slot.beschrijf()}, en dat mag "
            f"{documenten.bewerken_dagen} dagen; vraag het opnieuw op om te bewerken"
        )
    return True


def _bezet(identificatie: str, slot: Slot) -> StufFout:
    return _fout(f"document {identificatie!r} is {slot.beschrijf()}; het is pas weer te bewerken als dat is afgerond")


def _fout(details: str) -> StufFout:
    return StufFout("StUF058", details, plek="client")

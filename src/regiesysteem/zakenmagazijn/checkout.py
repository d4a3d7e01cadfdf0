"""Check-outs of documents: given out to one sender, kept from others, released again (ZDS 4.2.3 and 4.2.8)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.model import Documenten
from regiesysteem.stuf.answers import TIJDZONE
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem

_VERGRENDEL: Final = Sql("""
    -- a document that a message changes or gives out, locked until its transaction ends
    SELECT id FROM document WHERE identificatie = :identificatie FOR NO KEY UPDATE
""")
_LEES: Final = Sql("""
    -- the check-out of a document, and its newest version
    SELECT v.versie, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie
    FROM document_versie v LEFT JOIN document_slot s ON s.document_id = v.document_id
    WHERE v.document_id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")
_ZET: Final = Sql("""
    -- give a document out for editing, in place of an expired check-out
    INSERT INTO document_slot (document_id, checked_out_id, checked_out_by, sinds,
                               zender_organisatie, zender_applicatie, zender_administratie)
    VALUES (:id, :sleutel, :wie, :sinds, :organisatie, :applicatie, :administratie)
    ON CONFLICT (document_id) DO UPDATE
    SET checked_out_id = EXCLUDED.checked_out_id, checked_out_by = EXCLUDED.checked_out_by, sinds = EXCLUDED.sinds,
        zender_organisatie = EXCLUDED.zender_organisatie, zender_applicatie = EXCLUDED.zender_applicatie,
        zender_administratie = EXCLUDED.zender_administratie
""")
_ALLE: Final = Sql("""
    -- all documents that were given out for editing, the oldest first
    SELECT d.identificatie, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie
    FROM document_slot s JOIN document d ON d.id = s.document_id ORDER BY s.sinds, s.document_id
""")
_VAN_SLEUTEL: Final = Sql("""
    -- the document that was given out with a key
    SELECT d.identificatie FROM document_slot s JOIN document d ON d.id = s.document_id
    WHERE s.checked_out_id = :sleutel
""")
_GEEF_VRIJ: Final = Sql("""
    -- an operator releases a document, with an audit line for each of its zaken; no row when it was released meanwhile
    WITH vrij AS (
        DELETE FROM document_slot WHERE document_id = :id AND checked_out_id = :sleutel
        RETURNING document_id, checked_out_id, checked_out_by, sinds,
                  zender_organisatie, zender_applicatie, zender_administratie
    ), regel AS (
        INSERT INTO audit (zaak_id, gebeurtenis, gewijzigd)
        SELECT r.zaak_id, :gebeurtenis, CAST('["checkedOutId"]' AS jsonb)
        FROM vrij JOIN document_zaak r ON r.document_id = vrij.document_id WHERE regie_geldt(r.beeindigd)
    )
    SELECT * FROM vrij
""")
_HAAL_WEG: Final = Sql("DELETE FROM document_slot WHERE document_id = :id -- a document is no longer being edited")
_ONBEKEND: Final = "onbekend"
_DOOR_BEHEERDER: Final = "Geef zaakdocument vrij (beheerder)"


@dataclass(frozen=True, slots=True)
class Sleutel:
    """A checkedOutId as a message shows it, and the system that shows it (`Systeem.sleutel`)."""

    checked_out_id: str
    zender: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A check-out of a document; `zender` is the system that has it, None for a check-out from before that was kept."""

    sleutel: str
    wie: str
    sinds: datetime
    zender: tuple[str, str, str] | None

    def geldt(self, documenten: Documenten, nu: datetime) -> bool:
        """Tell whether the check-out still holds."""
        return nu < self.sinds + timedelta(days=documenten.bewerken_dagen)

    def beschrijf(self) -> str:
        """The holder and the time of the check-out (Dutch)."""
        return f"in bewerking bij {self.wie} sinds {self.sinds.astimezone(TIJDZONE):%Y-%m-%d %H:%M:%S}"


def vergrendel(verbinding: Connection, identificatie: str) -> int:
    """Lock a document and give its id. Raises StUF064 when there is none.

    It is a statement of its own, because PostgreSQL reads a row before it waits for its lock.
    """
    document_id = _VERGRENDEL.voer_uit(verbinding, {"identificatie": identificatie}).scalar_one_or_none()
    if document_id is None:
        raise StufFout("StUF064", f"er is geen document met identificatie {identificatie!r}")
    return int(document_id)


def slot_van(rij: Mapping[Any, Any]) -> Slot | None:
    """The slot in a row with its columns."""
    if rij["checked_out_id"] is None:
        return None
    zender = rij["zender_organisatie"], rij["zender_applicatie"], rij["zender_administratie"]
    return Slot(rij["checked_out_id"], rij["checked_out_by"], rij["sinds"], None if None in zender else zender)


def check_uit(  # noqa: PLR0917 - a document, and who wants it when
    verbinding: Connection,
    documenten: Documenten,
    identificatie: str,
    versie: str | None,
    zender: Systeem,
    nu: datetime,
) -> Slot:
    """Give the newest version of a document out for editing.

    Raises StUF064 for a document that does not exist, StUF058 when another sender has it, or for an older `versie`.
    """
    document_id = vergrendel(verbinding, identificatie)
    rij = _LEES.voer_uit(verbinding, {"id": document_id}).mappings().one()
    huidig = slot_van(rij)
    if huidig is not None and huidig.geldt(documenten, nu):
        raise _bezet(identificatie, huidig)
    if versie is not None and versie != rij["versie"]:
        raise _fout(f"alleen de nieuwste versie van document {identificatie!r} is te bewerken: {rij['versie']}")
    slot = Slot(str(uuid.uuid4()), _wie(zender), nu, zender.sleutel)
    gegevens = {"id": document_id, "sleutel": slot.sleutel, "wie": slot.wie, "sinds": nu}
    van = dict(zip(("organisatie", "applicatie", "administratie"), zender.sleutel, strict=True))
    _ZET.voer_uit(verbinding, gegevens | van)
    return slot


def geef_vrij(
    verbinding: Connection, documenten: Documenten, identificatie: str, sleutel: Sleutel | None, nu: datetime
) -> None:
    """Release a document that the sender has, with its key. Raises StUF064, StUF055 without a key, StUF058."""
    document_id = vergrendel(verbinding, identificatie)
    slot = slot_van(_LEES.voer_uit(verbinding, {"id": document_id}).mappings().one())
    if sleutel is None:
        raise StufFout("StUF055", "parameters/checkedOutId ontbreekt (ZDS 4.2.8.2)")
    controleer(identificatie, slot, sleutel, documenten, nu)
    _HAAL_WEG.voer_uit(verbinding, {"id": document_id})


def alle_sloten(verbinding: Connection) -> list[tuple[str, Slot]]:
    """Every check-out, by the identificatie of its document, the oldest first; expired ones too."""
    rijen = _ALLE.voer_uit(verbinding).mappings()
    return [(rij["identificatie"], slot) for rij in rijen if (slot := slot_van(rij)) is not None]


def geef_vrij_als_beheerder(verbinding: Connection, checked_out_id: str) -> tuple[str, Slot] | None:
    """Release a document, whoever has it, with an audit line; its identificatie and holder, None for an unknown key."""
    identificatie = _VAN_SLEUTEL.voer_uit(verbinding, {"sleutel": checked_out_id}).scalar_one_or_none()
    if identificatie is None:
        return None
    gegevens = {"id": vergrendel(verbinding, identificatie), "sleutel": checked_out_id, "gebeurtenis": _DOOR_BEHEERDER}
    rij = _GEEF_VRIJ.voer_uit(verbinding, gegevens).mappings().one_or_none()
    slot = slot_van(rij) if rij is not None else None
    return None if slot is None else (identificatie, slot)


def controleer(
    identificatie: str, slot: Slot | None, sleutel: Sleutel | None, documenten: Documenten, nu: datetime
) -> bool:
    """Tell whether the sender has the document for editing; False without `sleutel`, if no other sender has it.

    Raises StUF058 for a key that is wrong, was given to another system or no longer holds, and when another sender has
    the document.
    """
    bezet = slot is not None and slot.geldt(documenten, nu)
    if sleutel is None:
        if slot is not None and bezet:
            raise _bezet(identificatie, slot)
        return False
    if slot is None:
        raise _fout(f"document {identificatie!r} is niet in bewerking; de checkedOutId geldt niet (meer)")
    if slot.sleutel != sleutel.checked_out_id:
        raise _fout(f"de checkedOutId is niet die van document {identificatie!r}; het is {slot.beschrijf()}")
    if slot.zender not in (None, sleutel.zender):
        raise _fout(
            f"document {identificatie!r} is {slot.beschrijf()}; de checkedOutId geldt alleen in een bericht van de "
            "zender (organisatie, applicatie en administratie) die hem kreeg"
        )
    if not bezet:
        raise _fout(
            f"de checkedOutId is verlopen: document {identificatie!r} was {slot.beschrijf()}, en dat mag "
            f"{documenten.bewerken_dagen} dagen; vraag het opnieuw op om te bewerken"
        )
    return True


def _wie(zender: Systeem) -> str:
    """The asking sender, in the form that others may see: the gebruiker and its applicatie."""
    return f"{zender.gebruiker} ({zender.applicatie})" if zender.gebruiker else zender.applicatie or _ONBEKEND


def _bezet(identificatie: str, slot: Slot) -> StufFout:
    return _fout(f"document {identificatie!r} is {slot.beschrijf()}; het is pas weer te bewerken als dat is afgerond")


def _fout(details: str) -> StufFout:
    return StufFout("StUF058", details, plek="client")

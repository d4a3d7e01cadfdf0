"""Check-outs of documents: given out to one sender, kept from others, released again (ZDS 4.2.3 and 4.2.8)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import UNBOUNDED, Caller, Grant, Kinds
from regiesysteem.access.sight import parameters, visible_document
from regiesysteem.config import TIME_ZONE
from regiesysteem.db import Sql
from regiesysteem.inrichting.model import Documenten
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem

_READ: Final = Sql("""
    -- the check-out of a document, and its newest version
    SELECT v.versie, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie
    FROM document_versie v LEFT JOIN document_slot s ON s.document_id = v.document_id
    WHERE v.document_id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")
_SET: Final = Sql("""
    -- give a document out for editing, in place of an expired check-out
    INSERT INTO document_slot (document_id, checked_out_id, checked_out_by, sinds,
                               zender_organisatie, zender_applicatie, zender_administratie)
    VALUES (:id, :sleutel, :wie, :sinds, :organisatie, :applicatie, :administratie)
    ON CONFLICT (document_id) DO UPDATE
    SET checked_out_id = EXCLUDED.checked_out_id, checked_out_by = EXCLUDED.checked_out_by, sinds = EXCLUDED.sinds,
        zender_organisatie = EXCLUDED.zender_organisatie, zender_applicatie = EXCLUDED.zender_applicatie,
        zender_administratie = EXCLUDED.zender_administratie
""")
_EVERY: Final = Sql("""
    -- all documents that were given out for editing, the oldest first
    SELECT d.identificatie, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie
    FROM document_slot s JOIN document d ON d.id = s.document_id ORDER BY s.sinds, s.document_id
""")
_OF_SLEUTEL: Final = Sql("""
    -- the document that was given out with a key
    SELECT d.identificatie FROM document_slot s JOIN document d ON d.id = s.document_id
    WHERE s.checked_out_id = :sleutel
""")
_RELEASE: Final = Sql("""
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
_DELETE: Final = Sql("DELETE FROM document_slot WHERE document_id = :id -- a document is no longer being edited")
_UNKNOWN: Final = "onbekend"
_BY_BEHEERDER: Final = "Geef zaakdocument vrij (beheerder)"


@dataclass(frozen=True, slots=True)
class Sleutel:
    """A checkedOutId as a message shows it, and the system that shows it (`Systeem.sleutel`)."""

    checked_out_id: str
    zender: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class CheckOut:
    """A check-out of a document; `zender` is the system that has it, None for a check-out from before that was kept."""

    sleutel: str
    holder: str
    sinds: datetime
    zender: tuple[str, str, str] | None

    def applies(self, documenten: Documenten, now: datetime) -> bool:
        """Tell whether the check-out still holds."""
        return now < self.sinds + timedelta(days=documenten.bewerken_dagen)

    def describe(self) -> str:
        """The holder and the time of the check-out (Dutch)."""
        return f"in bewerking bij {self.holder} sinds {self.sinds.astimezone(TIME_ZONE):%Y-%m-%d %H:%M:%S}"


@lru_cache
def _lock_command(kinds: Kinds) -> Sql:
    seen = visible_document(kinds, "d")
    return Sql(f"""
        -- a document that a message changes or gives out, locked until its transaction ends
        SELECT id FROM document d WHERE identificatie = :identificatie{f" AND {seen}" if seen else ""}
        FOR NO KEY UPDATE
    """)  # noqa: S608 - our own text


def lock(connection: Connection, identificatie: str, grant: Grant = UNBOUNDED) -> int:
    """CheckOut a document and give its id. Raises StUF064 when there is none that the sender may see.

    It is a statement of its own, because PostgreSQL reads a row before it waits for its lock.
    """
    given = {"identificatie": identificatie, **parameters(grant)}
    document_id = _lock_command(grant.kinds).run(connection, given).scalar_one_or_none()
    if document_id is None:
        raise StufFout("StUF064", f"er is geen document met identificatie {identificatie!r}")
    return int(document_id)


def check_out_of(row: Mapping[Any, Any]) -> CheckOut | None:
    """The check-out in a row with its columns; None when nobody has the document."""
    if row["checked_out_id"] is None:
        return None
    zender = row["zender_organisatie"], row["zender_applicatie"], row["zender_administratie"]
    return CheckOut(row["checked_out_id"], row["checked_out_by"], row["sinds"], None if None in zender else zender)


def check_out(  # noqa: PLR0917 - a document, and who wants it when
    connection: Connection,
    documenten: Documenten,
    identificatie: str,
    versie: str | None,
    caller: Caller,
    now: datetime,
) -> CheckOut:
    """Give the newest version of a document out for editing.

    Raises StUF064 for a document that does not exist, StUF058 when another sender has it, or for an older `versie`.
    """
    document_id = lock(connection, identificatie, caller.grant)
    zender = caller.zender
    row = _READ.run(connection, {"id": document_id}).mappings().one()
    current = check_out_of(row)
    if current is not None and current.applies(documenten, now):
        raise _taken(identificatie, current)
    if versie is not None and versie != row["versie"]:
        raise _error(f"alleen de nieuwste versie van document {identificatie!r} is te bewerken: {row['versie']}")
    held = CheckOut(str(uuid.uuid4()), _who(zender), now, zender.sleutel)
    data = {"id": document_id, "sleutel": held.sleutel, "wie": held.holder, "sinds": now}
    from_ = dict(zip(("organisatie", "applicatie", "administratie"), zender.sleutel, strict=True))
    _SET.run(connection, data | from_)
    return held


def release(  # noqa: PLR0917 - a document, and who releases it when
    connection: Connection,
    documenten: Documenten,
    identificatie: str,
    sleutel: Sleutel | None,
    now: datetime,
    grant: Grant,
) -> None:
    """Release a document that the sender has, with its key. Raises StUF064, StUF055 without a key, StUF058."""
    document_id = lock(connection, identificatie, grant)
    held = check_out_of(_READ.run(connection, {"id": document_id}).mappings().one())
    if sleutel is None:
        raise StufFout("StUF055", "parameters/checkedOutId ontbreekt (ZDS 4.2.8.2)")
    check(identificatie, held, sleutel, documenten, now)
    _DELETE.run(connection, {"id": document_id})


def all_check_outs(connection: Connection) -> list[tuple[str, CheckOut]]:
    """Every check-out, by the identificatie of its document, the oldest first; expired ones too."""
    rows = _EVERY.run(connection).mappings()
    return [(row["identificatie"], lock) for row in rows if (lock := check_out_of(row)) is not None]


def release_as_beheerder(connection: Connection, checked_out_id: str) -> tuple[str, CheckOut] | None:
    """Release a document, whoever has it, with an audit line; its identificatie and holder, None for an unknown key."""
    identificatie = _OF_SLEUTEL.run(connection, {"sleutel": checked_out_id}).scalar_one_or_none()
    if identificatie is None:
        return None
    data = {"id": lock(connection, identificatie), "sleutel": checked_out_id, "gebeurtenis": _BY_BEHEERDER}
    row = _RELEASE.run(connection, data).mappings().one_or_none()
    held = check_out_of(row) if row is not None else None
    return None if held is None else (identificatie, held)


def check(
    identificatie: str, lock: CheckOut | None, sleutel: Sleutel | None, documenten: Documenten, now: datetime
) -> bool:
    """Tell whether the sender has the document for editing; False without `sleutel`, if no other sender has it.

    Raises StUF058 for a key that is wrong, was given to another system or no longer holds, and when another sender has
    the document.
    """
    taken = lock is not None and lock.applies(documenten, now)
    if sleutel is None:
        if lock is not None and taken:
            raise _taken(identificatie, lock)
        return False
    if lock is None:
        raise _error(f"document {identificatie!r} is niet in bewerking; de checkedOutId geldt niet (meer)")
    if lock.sleutel != sleutel.checked_out_id:
        raise _error(f"de checkedOutId is niet die van document {identificatie!r}; het is {lock.describe()}")
    if lock.zender not in (None, sleutel.zender):
        raise _error(
            f"document {identificatie!r} is {lock.describe()}; de checkedOutId geldt alleen in een bericht van de "
            "zender (organisatie, applicatie en administratie) die hem kreeg"
        )
    if not taken:
        raise _error(
            f"de checkedOutId is verlopen: document {identificatie!r} was {lock.describe()}, en dat mag "
            f"{documenten.bewerken_dagen} dagen; vraag het opnieuw op om te bewerken"
        )
    return True


def _who(zender: Systeem) -> str:
    """The asking sender, in the form that others may see: the gebruiker and its applicatie."""
    return f"{zender.gebruiker} ({zender.applicatie})" if zender.gebruiker else zender.applicatie or _UNKNOWN


def _taken(identificatie: str, lock: CheckOut) -> StufFout:
    return _error(f"document {identificatie!r} is {lock.describe()}; het is pas weer te bewerken als dat is afgerond")


def _error(details: str) -> StufFout:
    return StufFout("StUF058", details, plek="client")

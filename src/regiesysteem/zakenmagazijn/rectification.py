"""Corrects the BSN or other data of a person wherever they are kept (AVG 16), and has others told (AVG 19).

The row of the person is corrected, or his relations move to the row of the right person. Kept messages are not changed:
their digest proves what was sent. Messages with the wrong BSN lose their content early instead (AVG 5(1)(d)).
Each zaak gets an audit line without the values, and the event Update zaak. Other places that
may be about the person, as free texts and documents, are counted by table: a person decides on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.checks import elfproef
from regiesysteem.stuf.values import Data
from regiesysteem.zakenmagazijn import subject_rows
from regiesysteem.zakenmagazijn.archive import derive_again
from regiesysteem.zakenmagazijn.events import report_correction
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, difference, from_row, to_row
from regiesysteem.zakenmagazijn.subject_access import Subject
from regiesysteem.zkn.parties import NPS

CORRECTION: Final = "Corrigeer persoon (beheerder)"
"""The gebeurtenis of the audit line."""

CORRECTABLE: Final[Mapping[str, int]] = {
    "geslachtsnaam": 200,
    "voorvoegselGeslachtsnaam": 10,
    "voorletters": 20,
    "voornamen": 200,
    "geslachtsaanduiding": 1,
    "geboortedatum": 8,
    "overlijdensdatum": 8,
}
"""The elements of a person that can be corrected, with their longest value by the schema."""

_BSN: Final = "inp.bsn"
_NAME: Final = frozenset({"geslachtsnaam", "voorvoegselGeslachtsnaam", "voorletters", "voornamen"})
_DATES: Final = frozenset({"geboortedatum", "overlijdensdatum"})
_SEXES: Final = frozenset("MVO")

_PERSON: Final = Sql("""
    -- a person, locked: a message that names him waits
    SELECT id, identificatie, naam, inhoud FROM object
    WHERE entiteittype = 'NPS' AND sleutel = 'bsn:' || :bsn FOR UPDATE
""")
_RELATIONS: Final = Sql("""
    -- the relations of a person, and those in which his BSN stands inside, of these zaken or of all
    SELECT r.id, r.zaak_id, r.relatie, r.object_id, r.inhoud, z.identificatie FROM zaak_relatie r
    JOIN zaak z ON z.id = r.zaak_id
    WHERE (r.object_id = :persoon OR :binnenin AND r.inhoud::text ~ :patroon)
      AND (CAST(:zaken AS text[]) IS NULL OR z.identificatie = ANY(:zaken))
    ORDER BY r.id FOR UPDATE OF r
""")
_CORRECT: Final = Sql("""
    UPDATE object SET sleutel = 'bsn:' || :bsn, identificatie = :identificatie, naam = :naam,
                      inhoud = CAST(:inhoud AS jsonb)
    WHERE id = :id
""")
_REGISTER: Final = Sql("""
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
    VALUES ('NPS', 'bsn:' || :bsn, :identificatie, :naam, CAST(:inhoud AS jsonb)) RETURNING id
""")
_MOVE: Final = Sql("""
    -- relations to the right person; the BSN of the wrong one inside them is replaced
    UPDATE zaak_relatie r SET object_id = w.object_id,
        inhoud = CAST(regexp_replace(w.inhoud, '(?<![0-9])(11)?' || :oud || '(?![0-9])', '\\1' || :nieuw, 'g') AS jsonb)
    FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS w (id bigint, object_id bigint, inhoud text) WHERE r.id = w.id
""")
_STATUSES: Final = Sql("""
    UPDATE zaak_status SET gezet_door_id = :naar
    WHERE gezet_door_id = :van
      AND (CAST(:zaken AS text[]) IS NULL OR zaak_id IN (SELECT id FROM zaak WHERE identificatie = ANY(:zaken)))
""")
_FORGET: Final = Sql("""
    -- the wrong person, when no zaak has him any more
    DELETE FROM object o WHERE id = :id
      AND NOT EXISTS (SELECT FROM zaak_relatie WHERE object_id = o.id)
      AND NOT EXISTS (SELECT FROM zaak_status WHERE gezet_door_id = o.id)
""")
_MESSAGES: Final = Sql("""
    -- the content of messages with the wrong BSN goes; an answer with data of a person too
    UPDATE bericht b SET inhoud = NULL,
        antwoord = CASE WHEN position(CAST(:cijfers AS bytea) IN b.antwoord) > 0 THEN '' ELSE b.antwoord END
    WHERE (position(CAST(:cijfers AS bytea) IN b.inhoud) > 0 OR position(CAST(:cijfers AS bytea) IN b.antwoord) > 0)
      AND (NOT :alleen OR EXISTS (SELECT FROM audit a WHERE a.bericht_id = b.id AND a.zaak_id = ANY(:zaken)))
""")
_NOTIFICATIONS: Final = Sql("""
    -- as _MESSAGES, of messages that we sent; those that wait still have to go
    UPDATE notificatie n SET inhoud = NULL
    WHERE n.stand <> 'wacht' AND position(CAST(:cijfers AS bytea) IN n.inhoud) > 0
      AND (NOT :alleen OR n.stroom = ANY(:zaaknummers))
""")
_RECORD: Final = Sql("""
    -- an audit line for each zaak, which is changed by this
    WITH regel AS (
        INSERT INTO audit (zaak_id, gebeurtenis, gewijzigd)
        SELECT r.zaak_id, :gebeurtenis, r.gewijzigd
        FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS r (zaak_id bigint, gewijzigd jsonb)
        RETURNING zaak_id
    )
    UPDATE zaak SET tijdstip_registratie = regie_nu() WHERE id IN (SELECT zaak_id FROM regel)
""")


class CorrectionError(Reportable):
    """A correction that cannot be made; the text is Dutch, and never has the data of the person."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The correction of a person: another BSN, other values of `CORRECTABLE` elements, or both.

    `zaken` are the identificaties of the zaken that the other BSN is for; None for all of them.
    """

    bsn: str
    new_bsn: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    zaken: tuple[str, ...] | None = None

    def check(self) -> None:
        """Raise CorrectionError when it makes no sense by itself."""
        if not elfproef(self.bsn) or (self.new_bsn and not elfproef(self.new_bsn)):
            raise CorrectionError("Een burgerservicenummer heeft negen cijfers waarvan de elfproef klopt.")
        if not self.values and self.new_bsn in ("", self.bsn):
            raise CorrectionError("Er is niets te corrigeren: noem een ander BSN met --in, of een waarde met --zet.")
        if self.zaken is not None and (self.values or not self.new_bsn):
            raise CorrectionError(
                "--zaak kan alleen met --in: andere gegevens van een persoon gelden in al zijn zaken."
            )
        for name, value in self.values.items():
            if name not in CORRECTABLE:
                raise CorrectionError(f"--zet kan alleen met {', '.join(CORRECTABLE)}.")
            if not _is_allowed(name, value):
                raise CorrectionError(f"De waarde voor {name} kan niet volgens het schema van StUF-BG.")


@dataclass(frozen=True, slots=True)
class Corrected:
    """The effect of a correction.

    `zaken` are their identificaties; `merged` tells whether the right person was there already. `messages` and
    `notifications` lost their content. `left` counts the rows that may still name the wrong BSN, by table.
    """

    zaken: tuple[str, ...]
    relations: int
    merged: bool
    messages: int
    notifications: int
    left: Mapping[str, int]


class _Move(NamedTuple):
    """From the row of the wrong person to `target`; `base` are the values of his row that are of the right one."""

    old_id: int
    base: Data
    target: int
    target_data: Data
    corrected: frozenset[str]


def correct_person(connection: Connection, correction: Correction) -> Corrected:
    """Correct a person, in the transaction of `connection`.

    Raises CorrectionError for a person or zaak that does not exist.
    """
    correction.check()
    subject_rows.take_time(connection)
    old, right = _locked(connection, correction)
    subject = Subject(correction.bsn, (old["id"],))
    scope = None if correction.zaken is None else list(correction.zaken)
    other_bsn = correction.new_bsn not in ("", correction.bsn)
    parameters = {"persoon": old["id"], "patroon": subject.pattern, "zaken": scope, "binnenin": other_bsn}
    relations = _RELATIONS.run(connection, parameters).mappings().all()
    zaken = {row["zaak_id"]: row["identificatie"] for row in relations}
    if missing := set(correction.zaken or ()) - set(zaken.values()):
        raise CorrectionError(f"Deze persoon komt niet voor in zaak {', '.join(sorted(missing))}.")
    own = next((row for row in relations if row["object_id"] == old["id"]), None)
    base = _base(correction, old, right)
    said = {**base, **(own["inhoud"].get(GERELATEERDE, {}) if own is not None else {})}
    target, target_data = _target(connection, correction, old, right, said)
    move = _Move(old["id"], base, target, target_data, frozenset({*correction.values, _BSN}))
    moved = [_moved(row, move) for row in relations]
    new_bsn = correction.new_bsn or correction.bsn
    _MOVE.run(connection, {"rijen": _json(moved), "oud": correction.bsn, "nieuw": new_bsn})
    if target != old["id"]:
        _STATUSES.run(connection, {"van": old["id"], "naar": target, "zaken": scope})
        _FORGET.run(connection, {"id": old["id"]})
    messages, notifications = _remove_contents(connection, correction, zaken)
    _record(connection, relations)
    derive_again(connection, read_inrichting(connection), list(zaken))
    report_correction(connection, list(zaken))
    left = subject_rows.mentions(connection, subject.parameters) if other_bsn else {}
    return Corrected(tuple(zaken.values()), len(moved), right is not None, messages, notifications, left)


def _locked(connection: Connection, correction: Correction) -> tuple[Mapping[Any, Any], Mapping[Any, Any] | None]:
    """Lock the rows of the wrong and the right person, in one order: two corrections never wait for each other."""
    numbers = sorted({correction.bsn, correction.new_bsn or correction.bsn})
    rows = {bsn: _PERSON.run(connection, {"bsn": bsn}).mappings().one_or_none() for bsn in numbers}
    old = rows[correction.bsn]
    if old is None:
        raise CorrectionError("Er is hier geen persoon met dit burgerservicenummer.")
    return old, rows[correction.new_bsn] if correction.new_bsn not in ("", correction.bsn) else None


def _base(correction: Correction, old: Mapping[Any, Any], right: Mapping[Any, Any] | None) -> Data:
    """Give the values of the wrong row that belong to the person of the correction.

    All of them when all his zaken are corrected. For some zaken the row is of another, who stays: then nothing of it
    but the name, which every message says, and not even that when the right person is known.
    """
    known = from_row(NPS.elementen, old)
    if correction.zaken is None:
        return known
    return {} if right is not None else {name: value for name, value in known.items() if name in _NAME}


def _target(
    connection: Connection,
    correction: Correction,
    old: Mapping[Any, Any],
    right: Mapping[Any, Any] | None,
    said: Data,
) -> tuple[int, Data]:
    """Correct or register the row that the relations will have, and give its id and data.

    `said` are the values of a person who gets a row of his own.
    """
    new = right is None and correction.zaken is not None
    known = said if new else from_row(NPS.elementen, right if right is not None else old)
    data: Data = {**known, **correction.values}
    bsn = correction.new_bsn or correction.bsn
    if values.text(known.get(_BSN)) != bsn:
        data[_BSN] = bsn
    row = to_row(NPS.elementen, data)
    parameters = row | {"bsn": bsn, "inhoud": orjson.dumps(row["inhoud"]).decode()}
    if new:
        return int(_REGISTER.run(connection, parameters).scalar_one()), data
    target = right["id"] if right is not None else old["id"]
    _CORRECT.run(connection, parameters | {"id": target})
    return target, data


def _moved(row: Mapping[Any, Any], move: _Move) -> dict[str, Any]:
    """A relation as it will be; with the values of the person that its message said and that his row does not have."""
    inhoud, object_id = dict(row["inhoud"]), row["object_id"]
    if object_id == move.old_id:
        object_id = move.target
        said = {**move.base, **inhoud.pop(GERELATEERDE, {})}
        kept = {name: value for name, value in said.items() if name not in move.corrected}
        if supplement := difference(kept, move.target_data):
            inhoud[GERELATEERDE] = supplement
    return {"id": row["id"], "object_id": object_id, "inhoud": orjson.dumps(inhoud).decode()}


def _remove_contents(connection: Connection, correction: Correction, zaken: Mapping[int, str]) -> tuple[int, int]:
    """Remove the contents of kept messages with the wrong BSN; gives how many came in, and how many we sent."""
    if correction.new_bsn in ("", correction.bsn):
        return 0, 0
    parameters = {
        "cijfers": correction.bsn.encode(),
        "alleen": correction.zaken is not None,
        "zaken": list(zaken),
        "zaaknummers": list(zaken.values()),
    }
    return _MESSAGES.run(connection, parameters).rowcount, _NOTIFICATIONS.run(connection, parameters).rowcount


def _record(connection: Connection, relations: Sequence[Mapping[Any, Any]]) -> None:
    changed: dict[int, set[str]] = {}
    for row in relations:
        changed.setdefault(row["zaak_id"], set()).add(row["relatie"])
    lines = [{"zaak_id": zaak_id, "gewijzigd": sorted(names)} for zaak_id, names in changed.items()]
    _RECORD.run(connection, {"gebeurtenis": CORRECTION, "rijen": _json(lines)})


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()


def _is_allowed(name: str, value: str) -> bool:
    if not value or value != value.strip() or len(value) > CORRECTABLE[name] or not value.isprintable():
        return False
    if name == "geslachtsaanduiding":
        return value in _SEXES
    return name not in _DATES or (len(value) == CORRECTABLE[name] and values.objection(value) is None)

"""Documents of zaken: new ones, changes, and their versions (ZDS 4.2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.storage import Opslag
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Instance
from regiesysteem.stuf.values import Data
from regiesysteem.zakenmagazijn import checkout, links, rules
from regiesysteem.zakenmagazijn.compare import Guarding, applied, modifications
from regiesysteem.zakenmagazijn.pairs import Change, changes, refuse_swap
from regiesysteem.zakenmagazijn.relations import TO_DOCUMENTS, number, numbers
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, columns, from_row, to_row
from regiesysteem.zakenmagazijn.zaak_changes import Origin
from regiesysteem.zkn.blocks import OWN_TIJDSTIP
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import DOCUMENT, INHOUD

# --- A new document: registered with its file and its zaken, in a fixed number of statements (ZDS 4.2.4 and 4.2.5)

FIRST_VERSIE: Final = "1.0"
"""The label of the first version, when its sender gives none."""

COLUMNS: Final = columns(DOCUMENT, DOCUMENT_REST)
"""The columns of a document."""

_REGISTER: Final = Sql(f"""
    -- a new document with its first version, its zaken and their audit lines; no row, and nothing written, when its
    -- identificatie is taken
    WITH nieuw AS (
        INSERT INTO document ({", ".join(COLUMNS)})
        SELECT {", ".join(f"r.{column}" for column in COLUMNS)}
        FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r
        ON CONFLICT (identificatie) DO NOTHING
        RETURNING id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        SELECT id, 1, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
               CAST(:statussen AS jsonb), :bericht_id
        FROM nieuw
    ), relatie AS (
        {TO_DOCUMENTS.insert({"document_id": "nieuw.id"}, "nieuw", "relaties")}
        RETURNING zaak_id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis)
        SELECT zaak_id, :bericht_id, :gebeurtenis FROM relatie
    )
    SELECT id FROM nieuw
""")  # noqa: S608 - names of columns, from the entity table


@lru_cache
def _search(kinds: Kinds) -> Sql:
    seen = visible(kinds, "z")
    return Sql(f"""
        -- the zaken of a document, and whether its identificatie is taken, be it by one that the sender may not see
        SELECT id, identificatie, zaaktype_id, EXISTS (SELECT FROM document WHERE identificatie = :document) AS bezet
        FROM zaak z WHERE identificatie = ANY(:zaken){f" AND {seen}" if seen else ""}
    """)  # noqa: S608 - our own text


def add(  # noqa: PLR0917 - where to, what, and where it comes from
    connection: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    instance: Instance,
    file: Inhoud | None,
    origin: Origin,
) -> int:
    """Register a new document and give its id; without `file` it is a container that waits for its file.

    Raises StUF055 for a missing or wrong element, StUF064 for a zaak that does not exist, StUF067 when the
    documentidentificatie is taken, StUF058 for a document that the municipality does not accept.
    """
    rules.check_documentwaarden(origin.leniency, instance)
    identificatie = rules.check_new_document(instance, origin.leniency)
    file_row = file_columns(instance.gegevens, file)
    rules.check_size(inrichting.documenten, file)
    rules.check_file_kind(inrichting.documenten, str(file_row["content_type"]), str(file_row["bestandsnaam"]))
    relaties = list(instance.alle("isRelevantVoor"))
    zaken = _search_zaken(connection, identificatie, numbers(relaties), origin.grant)
    rules.check_documenttype(inrichting, instance.gegevens, (zaaktype for _, zaaktype in zaken.values()))
    if file is not None:
        opslag.keep(connection, file.file, file.sha256, file.grootte)
    data = own_data(instance.gegevens)
    if not values.text(data.get("versie")):
        data["versie"] = FIRST_VERSIE
    row = to_row(DOCUMENT, data, DOCUMENT_REST)
    relatie_rows = links.rows_of_new_document(relaties, {naam: zaak_id for naam, (zaak_id, _) in zaken.items()})
    parameters = {
        "rij": orjson.dumps(row).decode(),
        "versie": row["versie"],
        **file_row,
        "statussen": orjson.dumps(statusregel(row["status"], origin)).decode(),
        "relaties": orjson.dumps(relatie_rows).decode(),
        "vandaag": tijdstip(origin.now)[:8],
        "bericht_id": origin.bericht_id,
        "gebeurtenis": origin.gebeurtenis,
    }
    document_id = _REGISTER.run(connection, parameters).scalar_one_or_none()
    if document_id is None:
        raise _taken(identificatie)
    return int(document_id)


def own_data(data: Data) -> Data:
    """The elements of a document in a message, without its file, which belongs to a version."""
    return {naam: waarde for naam, waarde in data.items() if naam != INHOUD.naam}


def file_columns(data: Data, file: Inhoud | None) -> dict[str, str | None]:
    """The elements of the file of a version; for a container those of the file to come."""
    if file is not None:
        return {
            "sha256": file.sha256,
            "content_type": file.content_type,
            "bestandsnaam": file.bestandsnaam,
        }
    said = data.get(INHOUD.naam)
    attributes = said if isinstance(said, dict) else {}
    return {
        "sha256": None,
        "content_type": str(attributes.get("@contentType", "")),
        "bestandsnaam": str(attributes.get("@bestandsnaam", "")),
    }


def statusregel(status: str | None, origin: Origin) -> list[dict[str, Any]]:
    """A status in the history of a version; none when the document has none."""
    if not status:
        return []
    return [{"status": status, "op": origin.now.isoformat(), "bericht_id": origin.bericht_id}]


def _search_zaken(
    connection: Connection, document: str, identificaties: list[str], grant: Grant
) -> dict[str, tuple[int, int | None]]:
    """Id and zaaktype id of the zaken by identificatie, when the document may have its own."""
    given = {"document": document, "zaken": identificaties, **parameters(grant)}
    rows = _search(grant.kinds).run(connection, given).all()
    found = {row.identificatie: (row.id, row.zaaktype_id) for row in rows}
    unknown = [identificatie for identificatie in identificaties if identificatie not in found]
    if unknown:
        raise StufFout("StUF064", f"zaak bestaat niet: {', '.join(unknown)}")
    if any(row.bezet for row in rows):
        raise _taken(document)
    return found


def _taken(identificatie: str) -> StufFout:
    return StufFout("StUF067", f"er is al een document met identificatie {identificatie!r}; het blijft zoals het is")


# --- The versions of a document: each keeps its file and its elements; the document is the newest (ZDS 4.2.6)

_NUMERAL: Final = re.compile(r"[^0-9]*([0-9]{1,4})")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_READ: Final = Sql(f"""
    -- a document with its newest version, the labels of all, and its check-out
    SELECT d.id, {", ".join(f"d.{column}" for column in COLUMNS)}, v.id AS versie_id, v.volgnummer, v.statussen,
           v.content_type, v.bestandsnaam, v.sha256 IS NULL AS wacht, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie,
           (SELECT array_agg(a.versie) FROM document_versie a WHERE a.document_id = d.id) AS labels
    FROM document d JOIN document_versie v ON v.document_id = d.id LEFT JOIN document_slot s ON s.document_id = d.id
    WHERE d.id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")  # noqa: S608 - names of columns, from the entity table
_DOCUMENT: Final = f"""
    regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        SELECT zaak_id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb) FROM (
            SELECT zaak_id FROM document_zaak WHERE document_id = :id AND regie_geldt(beeindigd)
            UNION SELECT unnest(CAST(:zaken AS bigint[]))
        ) betrokken
    ), vrij AS (DELETE FROM document_slot WHERE document_id = :id AND :geef_vrij)
    UPDATE document SET ({", ".join(COLUMNS)}) =
        (SELECT {", ".join(f"r.{column}" for column in COLUMNS)}
         FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r)
    WHERE id = :id
"""  # noqa: S608 - names of columns, from the entity table
_REVISE: Final = Sql(f"""
    -- a document after a change, with its newest version, its audit lines, and when that is asked its release
    WITH versie AS (
        UPDATE document_versie SET versie = :versie, sha256 = coalesce(decode(:sha256, 'hex'), sha256),
               content_type = :content_type, bestandsnaam = :bestandsnaam, statussen = CAST(:statussen AS jsonb)
        WHERE id = :versie_id
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text
_NEW_VERSIE: Final = Sql(f"""
    -- a document with a new version; the one before keeps the data of the document until now
    WITH vorige AS (
        UPDATE document_versie SET gegevens = CAST(:toen AS jsonb) WHERE id = :versie_id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        VALUES (:id, :volgnummer, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
                CAST(:statussen AS jsonb), :bericht_id)
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text


def read(connection: Connection, document_id: int) -> Mapping[Any, Any]:
    """A document that the caller has locked, as a row for `write` and for `checkout.check_out_of`."""
    return _READ.run(connection, {"id": document_id}).mappings().one()


def write(
    connection: Connection,
    row: Mapping[Any, Any],
    data: Data,
    file: Mapping[str, str | None],
    origin: Origin,
    *,
    modified: Sequence[str],
    zaken: Sequence[int],
    new: bool,
    release: bool,
) -> None:
    """Write a document after a change.

    `file` are the columns of its file, `new` tells whether they make a new version. `zaken` get an audit line also
    when the document no longer belongs to them. The label in `data` must be free where it differs.
    """
    columns = to_row(DOCUMENT, data, DOCUMENT_REST)
    if file["sha256"] or any(file[naam] != row[naam] for naam in ("content_type", "bestandsnaam")):
        # Another file is a change of the document too, also when no element changes.
        columns[OWN_TIJDSTIP.kolom] = None
    statussen = [] if new else list(row["statussen"])
    if new or columns["status"] != row["status"]:
        statussen += statusregel(columns["status"], origin)
    parameters = {
        "id": row["id"],
        "rij": orjson.dumps(columns).decode(),
        "versie_id": row["versie_id"],
        "versie": columns["versie"],
        **file,
        "statussen": orjson.dumps(statussen).decode(),
        "bericht_id": origin.bericht_id,
        "gebeurtenis": origin.gebeurtenis,
        "gewijzigd": orjson.dumps(list(modified)).decode(),
        "zaken": list(zaken),
        "geef_vrij": release,
    }
    if new:
        toen = from_row(DOCUMENT, row, DOCUMENT_REST)
        parameters |= {"toen": orjson.dumps(toen).decode(), "volgnummer": row["volgnummer"] + 1}
    (_NEW_VERSIE if new else _REVISE).run(connection, parameters)


def check_label(identificatie: str, said: str, current: str, labels: Sequence[str]) -> None:
    """Refuse a label that a version has, or that is not above the newest. Raises StUF067 (docs/afwijkingen.md 36).

    A label is text (RGBZ, versie). Two labels that are numbers compare between the dots: 1.10 above 1.9, and 1 as 1.0.
    """
    if said in labels:
        raise StufFout(
            "StUF067", f"document {identificatie!r} heeft al een versie {said!r}; de nieuwste is {current!r}"
        )
    new, old = _number(said), _number(current)
    if new and old and new <= old:
        raise StufFout(
            "StUF067", f"versie {said!r} van document {identificatie!r} komt niet na de nieuwste, {current!r}"
        )


def next_label(labels: Sequence[str]) -> str:
    """The label of a new version when its sender names none: the next major one (docs/afwijkingen.md 36)."""
    nummers = [int(found[1]) for label in labels if (found := _NUMERAL.match(label))]
    highest = max(nummers, default=0) + 1
    return f"{highest}.0" if highest < 1000 else str(highest)


def _number(label: str) -> tuple[int, ...]:
    parts = [int(part) for part in label.split(".")] if _NUMBER.fullmatch(label) else []
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


# --- A change of a document: its elements, its file, its zaken; guarded by `was` and by its check-out (ZDS 4.2.6)

_RELATIE: Final = IS_RELEVANT_VOOR.naam
_SAID: Final = ("content_type", "bestandsnaam")
_ZAAKTYPEN: Final = Sql("""
    -- the zaaktypen of the zaken that a document belongs to
    SELECT DISTINCT z.zaaktype_id FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
    WHERE r.document_id = :id AND regie_geldt(r.beeindigd)
""")


@dataclass(frozen=True, slots=True)
class DocumentCommand:
    """The change that a message asks for; `was` is None where the sender gave only the new situation.

    `sleutel` is the checkedOutId with the system that shows it, None without one. `file` is a new file. `not_edited`:
    nobody may have the document for editing, also when only its relations change.
    """

    was: Instance | None
    wordt: Instance
    sleutel: checkout.Sleutel | None = None
    file: Inhoud | None = None
    not_edited: bool = False


@dataclass(slots=True)
class _Modification:
    """A change being worked out: the locked document, its changed values, and the columns of its file."""

    row: Mapping[Any, Any]
    known: Data
    changed: Data
    file: dict[str, str | None]
    has_lock: bool

    @property
    def new_versie(self) -> bool:
        """Tell whether a new file makes a new version; the first file fills the container."""
        return not self.row["wacht"]


def change_document(
    connection: Connection, inrichting: Inrichting, opslag: Opslag, command: DocumentCommand, origin: Origin
) -> int:
    """Apply a change to a document and give its id; the key in the message is used up.

    Raises StUF055 for a wrong element, StUF064 for a document, zaak or relation that does not exist, StUF067 for a
    version that exists or is below the newest. Raises StUF058 when another sender has the document, when the
    checkedOutId does not hold or is missing where a file would be replaced, or when the municipality does not accept
    the document. Raises StUF063 when `was` differs from the registration and [regels] refuses that.
    """
    rules.check_documentwaarden(origin.leniency, command.was, command.wordt)
    rules.check_size(inrichting.documenten, command.file)
    identificatie = _identificatie(command)
    was = command.was.relaties.get(_RELATIE, []) if command.was else []
    every = changes(was, command.wordt.relaties.get(_RELATIE, []))
    refuse_swap(every)
    todo = [one for one in every if one.soort != "I"]
    guard = Guarding(inrichting.regels.was, f"document {identificatie!r}", origin.grant.zonder)
    zaken = links.find_and_guard_zaken(connection, inrichting, guard, todo, origin.grant)
    document_id = checkout.lock(connection, identificatie, origin.grant)
    modification = _determine(connection, inrichting, guard, document_id, command, origin)
    _check_types(connection, inrichting, modification, todo, zaken)
    ids = {naam: other.id for naam, other in zaken.items()}
    side = links.Side(document_id, of_document=True, others=ids)
    involved = links.change_documents(connection, guard, side, todo, tijdstip(origin.now))
    guard.decide()
    if command.file is not None:
        file = command.file
        opslag.keep(connection, file.file, file.sha256, file.grootte)
    _write(connection, command, modification, origin, involved)
    return document_id


def _identificatie(command: DocumentCommand) -> str:
    was, wordt = command.was, command.wordt
    identificatie = values.text(wordt.gegevens.get("identificatie"))
    old = values.text(was.gegevens.get("identificatie")) if was else None
    if not (identificatie or old):
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    if identificatie and old and old != identificatie:
        raise StufFout(
            "StUF055", f"de documentidentificatie mag niet wijzigen ({old!r} in was, {identificatie!r} in wordt)"
        )
    return str(identificatie or old)


def _determine(  # noqa: PLR0917 - a document, what changes, and by which rules
    connection: Connection,
    inrichting: Inrichting,
    guard: Guarding,
    document_id: int,
    command: DocumentCommand,
    origin: Origin,
) -> _Modification:
    """Work out the changes, when the sender may make them."""
    row = read(connection, document_id)
    known = from_row(DOCUMENT, row, DOCUMENT_REST)
    was = own_data(command.was.gegevens) if command.was else None
    said = {n: w for n, w in own_data(command.wordt.gegevens).items() if n != "identificatie"}
    changed = modifications(guard, "", known, was, said)
    touches_document = bool(changed) or INHOUD.naam in command.wordt.gegevens or command.sleutel is not None
    touches_document |= command.not_edited
    has_lock = False
    if touches_document:
        lock = checkout.check_out_of(row)
        has_lock = checkout.check(row["identificatie"], lock, command.sleutel, inrichting.documenten, origin.now)
    if command.file is not None and not (has_lock or row["wacht"]):
        raise StufFout(
            "StUF058",
            f"document {row['identificatie']!r} heeft al inhoud; die is alleen te vervangen met de checkedOutId van "
            "geefZaakdocumentbewerken",
            plek="client",
        )
    file = _file(row, command)
    # Values that the document has already are not judged again by rules that came later.
    if command.file is not None or any(file[naam] != row[naam] for naam in _SAID):
        rules.check_file_kind(inrichting.documenten, file["content_type"] or "", file["bestandsnaam"] or "")
    return _Modification(row, known, changed, file, has_lock)


def _check_types(
    connection: Connection,
    inrichting: Inrichting,
    modification: _Modification,
    todo: Sequence[Change],
    zaken: Mapping[str, links.Related],
) -> None:
    """Refuse a documenttype, or a zaak, that the municipality does not allow together."""
    added = [zaken[number(one.new)].zaaktype_id for one in todo if one.soort in "TR"]
    if "dct.omschrijving" in modification.changed:
        added += _ZAAKTYPEN.run(connection, {"id": modification.row["id"]}).scalars()
    rules.check_documenttype(inrichting, modification.known | modification.changed, added)


def _write(
    connection: Connection,
    command: DocumentCommand,
    modification: _Modification,
    origin: Origin,
    involved: Sequence[int],
) -> None:
    row, changed = modification.row, dict(modification.changed)
    new = command.file is not None and modification.new_versie
    changed.pop("versie", None)
    label = _label(command, row, new=new)
    if label is not None:
        changed["versie"] = label
    data = applied(DOCUMENT, modification.known, changed)
    write(
        connection,
        row,
        data,
        modification.file,
        origin,
        modified=[*changed, *(["inhoud"] if command.file else []), *([_RELATIE] if involved else [])],
        zaken=involved,
        new=new,
        release=modification.has_lock,
    )


def _label(command: DocumentCommand, row: Mapping[Any, Any], *, new: bool) -> str | None:
    """The new label of the newest version, None when it keeps its own. Raises StUF067."""
    said, current = values.text(command.wordt.gegevens.get("versie")), str(row["versie"])
    # Equal in was and wordt is no change (StUF 03.01, 5.2): a sender that repeats the known label names no version.
    if command.was is not None and said == values.text(command.was.gegevens.get("versie")):
        said = None
    if not said or (said == current and not new):
        return next_label(row["labels"]) if new else None
    # A container has no version yet that another could precede.
    if not row["wacht"]:
        check_label(row["identificatie"], said, current, row["labels"])
    return said


def _file(row: Mapping[Any, Any], command: DocumentCommand) -> dict[str, str | None]:
    """The columns of the file; elements that the message leaves out of a new file stay as they were."""
    columns = file_columns(command.wordt.gegevens, command.file)
    return columns | {naam: columns[naam] or row[naam] for naam in _SAID}

"""Brings an inrichting from its file into the database: the file, its XSDs, its rows, and its version."""

import hashlib
import re
import stat
import tomllib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from lxml import etree
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Select, func, select, update
from sqlalchemy.orm import Session

from regiesysteem import config
from regiesysteem.errors import os_reason
from regiesysteem.inrichting.check import InrichtingError, Melding, check_coherence, path, translate, warnings
from regiesysteem.inrichting.fields import folded, masked
from regiesysteem.inrichting.model import Formaat, Inrichtingsbestand, Resultaat, Status, Zaaktype, inhoud, keys_of
from regiesysteem.inrichting.tables import (
    INRICHTING,
    InrichtingRow,
    InrichtingStateRow,
    ResultaattypeRow,
    StatustypeRow,
    ZaaktypeRow,
)
from regiesysteem.logging_ import MASK
from regiesysteem.stuf.namespaces import XS
from regiesysteem.stuf.xml import REFERRING, UnreadableXml, compiled_schema, parse_file

# --- The XSDs that the inrichting names for forms of domain data: read once, with all files that they refer to

MAIN_XSD: Final = "0.xsd"
"""The name of the XSD that includes or imports the others."""

_MAX_FILES: Final = 200
_MAX_BYTES: Final = 5_000_000

Schemas = Mapping[str, Mapping[str, str]]
"""The name of a form, and the texts of its XSD by name, `MAIN_XSD` first."""


class _SchemaError(Exception):
    """A mistake in an XSD, in Dutch."""


def read_schemas(formats: Iterable[Formaat], directory: Path) -> tuple[Schemas, list[Melding]]:
    """Read the XSDs of forms, relative to a directory, and list the mistakes in them."""
    schemas: dict[str, Mapping[str, str]] = {}
    meldingen = []
    for number, formaat in enumerate(formats):
        if not formaat.xsd:
            continue
        try:
            files = _collect(directory / formaat.xsd)
            compiled_schema(files, MAIN_XSD)
        except (_SchemaError, UnreadableXml) as error:
            meldingen.append(Melding(path(("formaat", number, "xsd")), f"{formaat.xsd}: {error}"))
        else:
            schemas[formaat.naam] = files
    return schemas, meldingen


def _collect(main: Path) -> dict[str, str]:
    """Read an XSD and the files that it refers to; each gets a name of ours, and they refer by those names."""
    names = {main.resolve(): MAIN_XSD}
    queue = [main.resolve()]
    files: dict[str, str] = {}
    total = 0
    for file in queue:
        root = _read(file)
        for reference in root.iterchildren(*REFERRING):
            location = reference.get("schemaLocation")
            if location is None:
                continue
            other = _beside(file, location)
            if other not in names:
                names[other] = f"{len(names)}.xsd"
                queue.append(other)
            reference.set("schemaLocation", names[other])
        text = etree.tostring(root, encoding="unicode")
        total += len(text)
        if len(names) > _MAX_FILES or total > _MAX_BYTES:
            raise _SchemaError(f"meer dan {_MAX_FILES} bestanden of {_MAX_BYTES // 1_000_000} MB")
        files[names[file]] = text
    return files


def _beside(file: Path, location: str) -> Path:
    parts = urlsplit(location)
    if parts.scheme or parts.netloc:
        raise _SchemaError(
            f"{file.name} verwijst naar {location!r}; zet dat bestand erbij en verwijs ernaar met een pad"
        )
    return (file.parent / unquote(parts.path)).resolve()


def _read(file: Path) -> etree._Element:
    try:
        root = parse_file(file)
    except OSError:
        raise _SchemaError(f"{file.name} is er niet, of is niet te lezen") from None
    except etree.XMLSyntaxError:
        raise _SchemaError(f"{file.name} is geen XML") from None
    if root.tag != f"{{{XS}}}schema":
        raise _SchemaError(f"{file.name} is geen XML Schema")
    return root


# --- Read and check an inrichting: from path or text to the model, or to all errors at once

MAX_BYTES = 5_000_000
_ADAPTER = TypeAdapter(Inrichtingsbestand)

_TOML_REASONS: Final = {
    "Cannot overwrite a value": "deze sleutel staat er twee keer",
    "Duplicate inline table key": "deze sleutel staat er twee keer",
    "Cannot declare": "deze tabel staat er twee keer",
    "Cannot mutate": "deze tabel is al af",
    "Cannot redefine": "deze tabel is al af",
    "Unterminated string": "een tekst zonder sluitend aanhalingsteken",
    'Expected "\'"': "een tekst zonder sluitend aanhalingsteken",
    "Illegal character": "een teken dat hier niet mag",
    "Found invalid character": "een teken dat hier niet mag",
    "Unescaped": "een \\ in een tekst moet dubbel, of zet de tekst tussen enkele aanhalingstekens",
    "Invalid hex value": "achter \\u horen vier cijfers of letters a-f, achter \\U acht",
    "Escaped character": "dit teken bestaat niet",
    "Invalid date": "een datum die niet bestaat",
    "Invalid value": "geen goede waarde; teksten staan tussen aanhalingstekens",
    "Invalid statement": "hier hoort een sleutel of een [tabel]",
    "Invalid initial character": "hier hoort een sleutel",
    "Unclosed array": "een lijst zonder sluitende ], of zonder komma ertussen",
    "Unclosed inline table": "een tabel zonder sluitende }, of zonder komma ertussen",
    "Expected ']": "de naam van een tabel zonder sluitende ]",
    "Expected '='": "na een sleutel hoort een =",
    "Expected newline": "na een waarde hoort een nieuwe regel; teksten staan tussen aanhalingstekens",
}
"""The beginning of each error of tomllib, and its reason in Dutch."""


@dataclass(frozen=True)
class Parsed:
    """A checked inrichting with its text; ``bron`` names the text in errors and in `regie inrichting toon`.

    ``schemas`` are the XSDs that it names; those of a text without a file are not read.
    """

    bron: str
    text: str
    inrichting: Inrichtingsbestand
    schemas: Schemas = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_file(path: Path) -> Parsed:
    """Read and check a file. Raises InrichtingError with every mistake."""
    source = str(path)
    try:
        text = _inhoud(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise InrichtingError(source, [Melding("", "bestand bestaat niet")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"is geen UTF-8 (regel {line}); sla het bestand op als UTF-8"
        raise InrichtingError(source, [Melding("", reason)]) from None
    except ValueError as error:
        raise InrichtingError(source, [Melding("", str(error))]) from None
    except OSError as error:
        raise InrichtingError(source, [Melding("", f"kan niet gelezen worden ({os_reason(error)})")]) from None
    parsed = read_text(text, source)
    schemas, meldingen = read_schemas(parsed.inrichting.formaat, path.parent)
    if meldingen:
        raise InrichtingError(source, meldingen)
    return replace(parsed, schemas=schemas)


def read_text(text: str, source: str) -> Parsed:
    """Check a text. Raises InrichtingError with every mistake."""
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise InrichtingError(source, [Melding("", "is te diep genest")]) from None
    except ValueError as error:
        raise InrichtingError(source, [Melding("", _toml_error(str(error)))]) from None
    meldingen = check_coherence(raw)
    try:
        inrichting = _ADAPTER.validate_python(raw)
    except ValidationError as error:
        meldingen = [*map(translate, error.errors(include_url=False)), *meldingen]
    if meldingen:
        raise InrichtingError(source, meldingen)
    return Parsed(source, text, inrichting)


class LoadedText(NamedTuple):
    """An inrichting that was loaded: its number, its text, where it came from and when."""

    versie: int
    toml: str
    bron: str
    geladen_op: datetime


def history(connection: Connection, count: int = 20) -> list[LoadedText]:
    """The texts that were loaded, the newest first; that one is in use."""
    columns = (InrichtingRow.versie, InrichtingRow.toml, InrichtingRow.bron, InrichtingRow.geladen_op)
    rows = connection.execute(select(*columns).order_by(InrichtingRow.versie.desc()).limit(count))
    return [LoadedText(row.versie, row.toml, row.bron, row.geladen_op) for row in rows]


def without_personen(text: str) -> str:
    """The text of an inrichting that may be shown: with a mask for each BSN that an abonnement names."""
    for abonnement in _ADAPTER.validate_python(tomllib.loads(text)).abonnement:
        for number in (*abonnement.persoon, *abonnement.niet_persoon):
            if masked(number) != number:
                text = re.sub(rf"(?<![0-9]){number}(?![0-9])", MASK, text)
    return text


def _inhoud(path: Path) -> bytes:
    """Bytes of a regular file; reading a pipe or device could wait for ever, and a huge file could fill the memory."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("is geen bestand")
    with path.open("rb") as input_:
        content = input_.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"is te groot: hoogstens {MAX_BYTES // 1_000_000} MB")
    return content


def _toml_error(english: str) -> str:
    reason = next((dutch for begin, dutch in _TOML_REASONS.items() if english.startswith(begin)), "")
    location = re.search(r"at line (\d+), column (\d+)", english)
    where = f"regel {location[1]}, positie {location[2]}" if location else "aan het eind van het bestand"
    if not location and "end of document" not in english:
        where = "een waarde is onmogelijk"
    return f"is geen goede TOML ({where}{': ' + reason if reason else ''})"


# --- The one lock and the one number that guard changes of the inrichting

_LOCK = 0x696E72696368  # any number, the same in every process


def lock_inrichting(connection: Connection) -> None:
    """Wait for other changes of the inrichting and keep them out until the transaction ends (READ COMMITTED)."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def raise_versie(connection: Connection) -> int:
    """Give the inrichting its next versie, so that every process takes over the change once it is committed."""
    new = update(InrichtingStateRow).values(versie=InrichtingStateRow.versie + 1).returning(InrichtingStateRow.versie)
    return connection.execute(new).scalar_one()


# --- Make the rows of zaaktypen, statustypen and resultaattypen equal to the file, keeping the ids that zaken refer to

Row = ZaaktypeRow | StatustypeRow | ResultaattypeRow
Part = TypeVar("Part", Status, Resultaat)
PartRow = TypeVar("PartRow", StatustypeRow, ResultaattypeRow)


@dataclass
class Modifications:
    """Codes of the zaaktypen that were added, changed (themselves or a part) or marked vervallen."""

    new: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    vervallen: list[str] = field(default_factory=list)

    @property
    def something(self) -> bool:
        """Tell whether any row changed."""
        return bool(self.new or self.modified or self.vervallen)


def save_zaaktypen(session: Session, zaaktypen: Sequence[Zaaktype]) -> Modifications:
    """Write the differences, in a transaction that holds the lock of the inrichting; the caller commits.

    A row that is not in the file becomes vervallen. A row that came from messages (overgenomen) stays, unless the file
    has it too (then the file takes it over, with the same id), or uses its number or words for something else (then it
    is vervallen).
    """
    rows = {row.code: row for row in session.scalars(select(ZaaktypeRow))}
    statussen: dict[int, list[StatustypeRow]] = defaultdict(list)
    for status in session.scalars(select(StatustypeRow).order_by(StatustypeRow.id)):
        statussen[status.zaaktype_id].append(status)
    resultaten: dict[int, list[ResultaattypeRow]] = defaultdict(list)
    for resultaat in session.scalars(select(ResultaattypeRow).order_by(ResultaattypeRow.id)):
        resultaten[resultaat.zaaktype_id].append(resultaat)

    modifications = Modifications()
    for zaaktype in zaaktypen:
        if zaaktype.code not in rows:
            rows[zaaktype.code] = ZaaktypeRow(**_columns(zaaktype))
            session.add(rows[zaaktype.code])
            modifications.new.append(zaaktype.code)
    session.flush()
    for zaaktype in zaaktypen:
        row = rows[zaaktype.code]
        changed = _set(row, _columns(zaaktype))
        changed |= _save_statussen(session, row.id, zaaktype.status, statussen[row.id])
        changed |= _save_resultaten(session, row.id, zaaktype.resultaat, resultaten[row.id])
        if changed and zaaktype.code not in modifications.new:
            modifications.modified.append(zaaktype.code)
    named = {zaaktype.code for zaaktype in zaaktypen}
    for code, row in sorted(rows.items()):
        if code not in named and row.herkomst == INRICHTING and _set(row, {"vervallen": True}):
            modifications.vervallen.append(code)
    session.flush()
    return modifications


def _columns(part: Zaaktype | Status | Resultaat) -> dict[str, Any]:
    own = {
        Zaaktype: ("code", "omschrijving", "soort"),
        Status: ("volgnummer", "code", "omschrijving", "eindstatus"),
        Resultaat: ("omschrijving",),
    }[type(part)]
    waarden = {naam: getattr(part, naam) for naam in own}
    return {**waarden, "inhoud": inhoud(part), "herkomst": INRICHTING, "vervallen": False}


def _set(row: Row, waarden: Mapping[str, Any]) -> bool:
    """Set the values that differ; tell whether there were any."""
    changed = {naam: waarde for naam, waarde in waarden.items() if getattr(row, naam) != waarde}
    for naam, waarde in changed.items():
        setattr(row, naam, waarde)
    return bool(changed)


def _save_statussen(
    session: Session, zaaktype_id: int, statussen: Sequence[Status], rows: Sequence[StatustypeRow]
) -> bool:
    """Statustypen keep their row by their words, so that a renumbering does not rename old statuses."""
    pairs = _link(
        statussen,
        rows,
        [
            lambda part: (_fold(part.omschrijving), _fold(part.code)),
            lambda part: _fold(part.omschrijving),
            lambda part: _fold(part.code),
        ],
    )
    taken = {word for status in statussen for word in _words(status)}
    linked = {row.id for _, row in pairs if row is not None}
    gone = [
        row
        for row in rows
        if row.id not in linked
        and not row.vervallen
        and (row.herkomst == INRICHTING or taken.intersection(_words(row)))
    ]
    moved = [row for status, row in pairs if row is not None and row.volgnummer != status.volgnummer]
    # Numbers are unique among the statustypen in force: first all that move leave their number, then they take the new
    # one.
    for old in (*gone, *moved):
        old.vervallen = True
    changed = bool(gone or moved)
    if changed:
        session.flush()
    return _save_pairs(session, zaaktype_id, pairs, StatustypeRow) or changed


def _save_resultaten(
    session: Session, zaaktype_id: int, resultaten: Sequence[Resultaat], rows: Sequence[ResultaattypeRow]
) -> bool:
    pairs = _link(resultaten, rows, [lambda part: _fold(part.omschrijving)])
    linked = {row.id for _, row in pairs if row is not None}
    changed = False
    for row in rows:
        if row.id not in linked and row.herkomst == INRICHTING:
            changed |= _set(row, {"vervallen": True})
    return _save_pairs(session, zaaktype_id, pairs, ResultaattypeRow) or changed


def _save_pairs(
    session: Session, zaaktype_id: int, pairs: Iterable[tuple[Part, PartRow | None]], row_class: type[PartRow]
) -> bool:
    """Give each part of the file its row, a new one when it has none; tells whether anything changed."""
    changed = False
    for part, row in pairs:
        if row is None:
            session.add(row_class(zaaktype_id=zaaktype_id, **_columns(part)))
            changed = True
        else:
            changed |= _set(row, _columns(part))
    return changed


def _link(
    parts: Sequence[Part], rows: Sequence[PartRow], sleutels: Sequence[Callable[[Any], Hashable]]
) -> list[tuple[Part, PartRow | None]]:
    """Pair each part of the file with its old row, by the first key that fits; rows in force go first."""
    free = sorted(rows, key=lambda row: row.vervallen)
    pairs: list[PartRow | None] = [None] * len(parts)
    for sleutel in sleutels:
        for index, part in enumerate(parts):
            sought = sleutel(part)
            if pairs[index] is not None or sought is None:
                continue
            pairs[index] = next((row for row in free if sleutel(row) == sought), None)
            free = [row for row in free if row is not pairs[index]]
    return list(zip(parts, pairs, strict=True))


def _fold(text: str | None) -> str | None:
    return None if text is None else folded(text)


def _words(part: Status | StatustypeRow) -> set[tuple[str, Hashable]]:
    """The values by which a message finds a statustype: its number and its words."""
    words: set[tuple[str, Hashable]] = {("volgnummer", part.volgnummer), ("omschrijving", _fold(part.omschrijving))}
    if part.code is not None:
        words.add(("code", _fold(part.code)))
    return words


# --- Bring a checked inrichting into the database: the new, the changed, and the vervallen rows

EXAMPLE = "voorbeeld"


@dataclass(frozen=True)
class Difference:
    """The changes of a load: codes of zaaktypen, and the other tables of the file; ``versie`` is that of the stand.

    ``remarks``, of `load_file` alone: values that are allowed but probably not meant, one Dutch line each.
    """

    versie: int
    loaded: bool
    new: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    vervallen: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def load_file(engine: Engine, path: Path) -> Difference:
    """Read, check and load a file. Raises InrichtingError with every mistake; then nothing changes."""
    parsed = read_file(path)
    if path.resolve() == config.example_inrichting().resolve():
        parsed = replace(parsed, bron=EXAMPLE)
    return replace(load_inrichting(engine, parsed), remarks=tuple(warnings(parsed.inrichting)))


def load_at_start(engine: Engine, path: Path, *, chosen: bool) -> Difference | None:
    """Load a file when a server starts.

    ``chosen`` means that the municipality named the file (REGIE_INRICHTING). The shipped example, which is loaded in
    its absence, never replaces an inrichting that somebody loaded by hand: then the result is None, and that inrichting
    stays.
    """
    if not chosen:
        with engine.connect() as connection:
            last = connection.execute(_last().with_only_columns(InrichtingRow.bron)).scalar_one_or_none()
        if last is not None and last != EXAMPLE:
            return None
    return load_file(engine, path)


def load_inrichting(engine: Engine, parsed: Parsed) -> Difference:
    """Load a checked inrichting in one transaction; the same text again changes nothing."""
    with engine.begin() as connection:
        lock_inrichting(connection)
        return _load(connection, parsed)


def _last() -> Select[InrichtingRow]:
    return select(InrichtingRow).order_by(InrichtingRow.versie.desc()).limit(1)


def _load(connection: Connection, parsed: Parsed) -> Difference:
    with Session(connection, autoflush=False) as session:
        last = session.scalars(_last()).one_or_none()
        earlier = _earlier(last)
        rows = save_zaaktypen(session, parsed.inrichting.zaaktype)
        same = last is not None and (last.sha256, last.schemas) == (parsed.sha256, parsed.schemas)
        if last is not None and same:
            last.bron = parsed.bron
        else:
            schemas = {naam: dict(files) for naam, files in parsed.schemas.items()}
            session.add(InrichtingRow(toml=parsed.text, sha256=parsed.sha256, bron=parsed.bron, schemas=schemas))
        session.flush()
        loaded = not same or rows.something
        versie = raise_versie(connection) if loaded else session.scalars(select(InrichtingStateRow.versie)).one()
    return Difference(
        versie=versie,
        loaded=loaded,
        new=tuple(rows.new),
        modified=_modified(rows, earlier, parsed.inrichting),
        vervallen=tuple(rows.vervallen),
        parts=_parts(earlier, parsed.inrichting),
    )


def _earlier(last: InrichtingRow | None) -> Inrichtingsbestand | None:
    """The inrichting in force so far; None too when its text is no longer valid for this version of the program."""
    try:
        return read_text(last.toml, last.bron).inrichting if last is not None else None
    except InrichtingError:
        return None


def _modified(rows: Modifications, earlier: Inrichtingsbestand | None, now: Inrichtingsbestand) -> tuple[str, ...]:
    """Zaaktypen with another row, or with another table in the file for the rules that have no column."""
    before = {zaaktype.code: zaaktype for zaaktype in earlier.zaaktype} if earlier else {}
    changed = {z.code for z in now.zaaktype if before.get(z.code, z) != z} | set(rows.modified)
    return tuple(z.code for z in now.zaaktype if z.code in changed and z.code not in rows.new)


def _parts(earlier: Inrichtingsbestand | None, now: Inrichtingsbestand) -> tuple[str, ...]:
    names = (naam for naam in keys_of(Inrichtingsbestand) if naam != "zaaktype")
    return tuple(naam for naam in names if earlier is None or getattr(earlier, naam) != getattr(now, naam))

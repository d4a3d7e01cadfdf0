"""The koppelvlak as one model: operations, elements, faults and texts, each from the place where it is kept once.

zkn.operations            which operations there are, and their doors
wsdl/                     SOAPAction, answer and fault message
xsd/                      elements, cardinality, values (`schema_tables`)
zkn/, by entity           what the Regiesysteem does with an element
docs/gebruiken            koppelvlak.md: purpose, rules and examples; elementen.md: the meaning of elements
stuf.faults               the faults of StUF
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, NamedTuple

from lxml import etree

from regiesysteem import config
from regiesysteem.kit.page_blocks import Chapter, read_chapters, tables_of
from regiesysteem.kit.schema_tables import ElementRow, ElementTable, Schemas
from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import FOUTEN
from regiesysteem.stuf.namespaces import WSDL, stuf
from regiesysteem.stuf.xml import parse_file
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.operations import OPERATIONS, Operation
from regiesysteem.zkn.zaak import ZAK

SHARED_CHAPTER: Final = "Bevestigingen als eigen bericht"
"""The chapter of the acknowledgements and faults that come as messages of their own."""

_FAULTS: Final = "Fouten"
_MAIN: Final = ("ZAK", "EDC", "STT", "MDW")
_CODE: Final = re.compile(r"StUF[0-9]{3}")
_CODES: Final = re.compile(r"\(([A-Z, ]+)\)$")
_RECEIVERS: Final = "Ontvanger"


@dataclass(frozen=True)
class FaultRow:
    """A fault: its codes, what is the matter, and what the sender does."""

    codes: tuple[str, ...]
    what: str
    remedy: str


@dataclass(frozen=True)
class Version:
    """The message of an operation, with its SOAPAction and answer, "" where no WSDL has it."""

    message: ElementTable
    action: str
    answer: str


@dataclass(frozen=True)
class OperationPage:
    """An operation as the specification shows it.

    `versions` are its messages: one, or that of ZDS 1.1 and that of ZDS 1.2. `faults` are those that not every
    operation gives, `general` the codes of the others.
    """

    operation: Operation
    addresses: tuple[str, ...]
    versions: tuple["Version", ...]
    faults: tuple[FaultRow, ...]
    general: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """The whole: chapters of the page in its order, operations by the anchor of their chapter, answers and types.

    `answers` has the faults too, and what we send beside them.
    """

    chapters: tuple[Chapter, ...]
    operations: Mapping[str, tuple[OperationPage, ...]]
    answers: tuple[ElementTable, ...]
    types: tuple[ElementTable, ...]


class _InWsdl(NamedTuple):
    """An operation in a WSDL: its name, its message, its SOAPAction, and the element of the answer."""

    name: str = ""
    element: str = ""
    action: str = ""
    answer: str = ""


def chapter_title(operation: Operation) -> str:
    """The title of the chapter of koppelvlak.md about an operation."""
    if operation.berichtcode.startswith(("Bv", "Fo")):
        return SHARED_CHAPTER
    return operation.name.rpartition("_")[0] or operation.name


def read_contract() -> Contract:
    """Gather everything. An operation without a chapter gets one without text, at the end."""
    schemas, explained = Schemas(), _Meanings()
    chapters = read_chapters((config.pages_directory() / "koppelvlak.md").read_text())
    by_title = {chapter.title: chapter for chapter in chapters}
    fault_rows = tuple(_fault_rows(by_title[_FAULTS]))
    pages: dict[str, list[OperationPage]] = {}
    for operation in OPERATIONS.values():
        title = chapter_title(operation)
        if title not in by_title:
            chapters += read_chapters(f"## {title}\n")[1:]
            by_title[title] = chapters[-1]
        page = _operation_page(operation, schemas, explained, fault_rows)
        pages.setdefault(by_title[title].anchor, []).append(page)
    versions = [version for every in pages.values() for page in every for version in page.versions]
    shown = {version.message.key for version in versions}
    faults = {stuf(f"{operation.fault_code}Bericht") for operation in OPERATIONS.values()}
    sent = (one.element for one in _operations_in(parse_file(config.wsdl_directory() / f"{_RECEIVERS}.wsdl")))
    named = dict.fromkeys(one for one in (*(version.answer for version in versions), *sorted(faults), *sent) if one)
    answers = tuple(
        explained.explain(schemas.message(naam)) for naam in named if naam in schemas.messages and naam not in shown
    )
    types = tuple(_types(schemas, explained, [*(version.message for version in versions), *answers]))
    return Contract(tuple(chapters), {anchor: tuple(every) for anchor, every in pages.items()}, answers, types)


def _operation_page(
    operation: Operation, schemas: Schemas, explained: "_Meanings", fault_rows: Iterable[FaultRow]
) -> OperationPage:
    versions = []
    for element in operation.elements:
        found = _in_wsdl(operation, element)
        versions.append(Version(explained.explain(schemas.message(element)), found.action, found.answer))
    faults = [row for row in fault_rows if _is_specific(row) and _may_give(operation, versions[0].message, row)]
    general = sorted({code for row in fault_rows if not _is_specific(row) for code in row.codes})
    return OperationPage(operation, tuple(_addresses(operation)), tuple(versions), tuple(faults), tuple(general))


def _types(schemas: Schemas, explained: "_Meanings", start: Iterable[ElementTable]) -> Iterator[ElementTable]:
    """Every type that a row refers to, and that the rows of those refer to, by name."""
    found: dict[str, ElementTable] = {}
    waiting = [row.refers for table in start for row in table.rows if row.refers]
    while waiting:
        naam = waiting.pop()
        if naam not in found:
            found[naam] = explained.explain(schemas.table(naam))
            waiting += [row.refers for row in found[naam].rows if row.refers]
    yield from sorted(found.values(), key=lambda table: table.naam.lower())


def _addresses(operation: Operation) -> Iterator[str]:
    """The paths that take an operation, its own first and the common one last."""
    for door in (operation.door, *operation.also_at):
        yield f"/stuf/{door.path}" if door.path else "/stuf"
    if operation.door.path:
        yield "/stuf"


# --- The WSDL


def _in_wsdl(operation: Operation, element: str) -> _InWsdl:
    """The line of the WSDL about a message of an operation; messages that several operations share go by name."""
    found = [one for one in _wsdl_operations() if one.element == element]
    named = [one for one in found if one.name == operation.name]
    if named:
        return named[0]
    return found[0] if found and len({one.name for one in found}) == 1 else _InWsdl()


@cache
def _wsdl_operations() -> tuple[_InWsdl, ...]:
    """Every operation that we publish; not those of the WSDL for receivers, which are answered by others."""
    files = sorted(file for file in config.wsdl_directory().glob("*.wsdl") if file.stem != _RECEIVERS)
    return tuple(one for file in files for one in _operations_in(parse_file(file)))


def _operations_in(root: etree._Element) -> Iterator[_InWsdl]:
    elements = {
        message.get("name", ""): _qualified(message[0], message[0].get("element", ""))
        for message in root.iterchildren(f"{{{WSDL}}}message")
    }
    actions: dict[str, str] = {}
    for operation in root.iterfind(f"{{{WSDL}}}binding/{{{WSDL}}}operation"):
        for said in filter(None, (one.get("soapAction") for one in operation.iterchildren(etree.Element))):
            actions.setdefault(operation.get("name", ""), said)
    for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation"):
        parts = [operation.find(f"{{{WSDL}}}{part}") for part in ("input", "output")]
        taken, answer = ("" if part is None else part.get("message", "").rpartition(":")[2] for part in parts)
        naam = operation.get("name", "")
        yield _InWsdl(naam, elements.get(taken, ""), actions.get(naam, ""), elements.get(answer, ""))


def _qualified(node: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


# --- Faults


def _fault_rows(chapter: Chapter) -> Iterator[FaultRow]:
    for what, remedy, row in ((row[1], row[2], row) for rows in tables_of(chapter) for row in rows):
        yield FaultRow(tuple(_CODE.findall(row[0])), what, remedy)


def _is_specific(row: FaultRow) -> bool:
    """Tell whether a fault is of some operations only: not one about the envelope, stuurgegevens or rights."""
    return any(not FOUTEN[code].paragraph.startswith("4.") for code in row.codes) or bool(
        {"StUF043", "StUF046", "StUF960"} & set(row.codes)
    )


def _may_give(operation: Operation, message: ElementTable, row: FaultRow) -> bool:
    """Tell whether an operation may give a fault, by the paragraph of the standard that has it.

    Those of chapter 5 are about changes, those of chapter 6 about questions: messages with criteria.
    """
    code = row.codes[0]
    paragraph = FOUTEN[code].paragraph
    if code == "StUF043":
        return operation.berichtcode == "Du01"
    if code == "StUF046":
        return operation.fault_code == "Fo03"
    if code == "StUF960":
        return operation.fault_code == "Fo02"
    if paragraph.startswith("5."):
        return operation.mutates and any(row.owner for row in message.rows)
    return any(row.naam.endswith(":gelijk") for row in message.rows)


# --- What an element means


class _Meanings:
    """The meaning of elements: the text of elementen.md, and what the entity table says."""

    def __init__(self) -> None:
        self._texts = dict(_written())
        self._entities = _described()

    def explain(self, table: ElementTable) -> ElementTable:
        """Give each row its meaning."""
        return replace(table, rows=tuple(replace(row, meaning=self.meaning(row)) for row in table.rows))

    def meaning(self, row: ElementRow) -> str:
        """The text of a row and what the Regiesysteem does with it; "" for an element that speaks for itself."""
        last = row.path.rpartition("/")[2]
        places = [(row.owner, row.path), (row.owner, last), ("", row.path), ("", last)]
        if not row.owner:  # a part of the history of an entity, or a group that several share
            places += [(owner, path) for owner in _MAIN for path in (row.path, last)]
        text = next((self._texts[place] for place in places if place in self._texts), "")
        element = self._entities.get(row.owner, {}).get(row.path)
        notes = list(_notes(element)) if element is not None else []
        return "; ".join([text, *notes] if text else notes)


def _notes(element: Element | Relatie) -> Iterator[str]:
    if isinstance(element, Element) and element.ours:
        yield "bepaalt het Regiesysteem"
    if not element.kennisgeving:
        yield "alleen te vragen"


def meanings_written() -> frozenset[tuple[str, str]]:
    """Each (entiteittype, path) that elementen.md explains; "" stands for every entiteittype."""
    return frozenset(place for place, _ in _written())


def _written() -> Iterator[tuple[tuple[str, str], str]]:
    for chapter in read_chapters((config.pages_directory() / "elementen.md").read_text())[1:]:
        codes = _CODES.search(chapter.title)
        owners = [code.strip() for code in codes[1].split(",")] if codes else [""]
        for rows in tables_of(chapter):
            for names, text in rows:
                for owner in owners:
                    yield from (((owner, naam.strip()), text) for naam in names.split(","))


def _described() -> dict[str, dict[str, Element | Relatie]]:
    """Entiteittype -> path -> its line in the entity tables, for all that ZAK and EDC lead to."""
    found: dict[str, dict[str, Element | Relatie]] = {}
    waiting: list[Entiteit | Relatie] = [ZAK, EDC]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        code = one.code if isinstance(one, Entiteit) else one.entiteittype
        lines = found.setdefault(code, {})
        for path, element in _paths(one.elementen):
            lines.setdefault(path, element)
        for relatie in one.relaties:
            lines.setdefault(relatie.naam, relatie)
        waiting += one.relaties
        if isinstance(one, Relatie):
            waiting += [choice.entiteit for choice in one.gerelateerde]
    return found


def _paths(elementen: Iterable[Element], above: str = "") -> Iterator[tuple[str, Element]]:
    for element in elementen:
        yield f"{above}{element.naam}", element
        yield from _paths(element.fields, f"{above}{element.naam}/")

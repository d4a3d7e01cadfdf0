"""The koppelvlakspecificatie as a document: sections of blocks, drawn as HTML and as PDF by two small templates.

Both templates get the same plain values (`page_blocks`). The PDF is made in this process, with the fonts that are in
the library; nothing is read from elsewhere.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from lxml import etree

from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.agreements import Agreement
from regiesysteem.inrichting.model import Inrichtingsbestand, Zaaktype
from regiesysteem.kit.contract_model import Contract, OperationPage, Version
from regiesysteem.kit.page_blocks import Block, Runs
from regiesysteem.kit.schema_tables import ElementRow, ElementTable, with_prefix

_TEMPLATES: Final = Path(__file__).parent / "templates"
_ANSWERS: Final = "antwoorden-en-fouten"
_ANSWERS_TITLE: Final = "Antwoorden, fouten en wat wij sturen"
_ZDS12: Final = "berichten-van-zds-12"


class NoPdf(Reportable):
    """De PDF is niet gemaakt: daarvoor is typst nodig. Installeer het met: pip install 'regiesysteem[kit]'."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@dataclass(frozen=True)
class Basis:
    """The inrichting that a specification is made for, its number, where it came from, and of when it is."""

    inrichting: Inrichtingsbestand
    agreements: Sequence[Agreement]
    versie: str
    moment: datetime


def compose(contract: Contract, source: Basis) -> dict[str, Any]:
    """The document as plain values: a title page, and sections with a title, an anchor and blocks."""
    anchors = _anchors(contract)
    sections: list[dict[str, Any]] = [
        {"title": "Over dit document", "anchor": "over", "blocks": [*_about(source), *_introduction(contract)]},
        *({"title": one.title, "anchor": one.anchor, "blocks": [*_chapter(one.blocks, contract, one.anchor, anchors)]}
          for one in contract.chapters[1:]),
        {"title": "Berichten van ZDS 1.2", "anchor": _ZDS12, "blocks": [*_later_versions(contract, anchors)]},
        {"title": _ANSWERS_TITLE, "anchor": _ANSWERS, "blocks": [*_tables(contract.answers, anchors)]},
        {"title": "Gegevens", "anchor": "gegevens", "blocks": [_p(_TYPES), *_tables(contract.types, anchors)]},
        {"title": "Inrichting", "anchor": "inrichting", "blocks": [*_inrichting(source.inrichting)]},
        {"title": "Afspraken", "anchor": "afspraken", "page": True, "blocks": [*_agreed(source)]},
    ]  # fmt: skip
    _settle(sections)
    gemeente = source.inrichting.gemeente
    return {
        "title": "Koppelvlakspecificatie Regiesysteem",
        "gemeente": f"{gemeente.naam} ({gemeente.code})",
        "versie": source.versie,
        "datum": f"{source.moment.astimezone(TIME_ZONE):%d-%m-%Y}",
        "release": version("regiesysteem"),
        "sections": sections,
    }


def write_html(document: Mapping[str, Any], file: Path) -> None:
    """Draw the document as one page that needs nothing else."""
    file.write_text(_environment().get_template("koppelvlak.html").render(document), encoding="utf-8")


def write_pdf(document: Mapping[str, Any], file: Path, moment: datetime) -> None:
    """Draw the document as a tagged PDF (PDF/UA-1). Raises NoPdf without the library."""
    try:
        import typst  # noqa: PLC0415
    except ImportError:
        raise NoPdf from None
    made = typst.compile(
        _TEMPLATES / "koppelvlak.typ",
        root=_TEMPLATES,
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document)},
        pdf_standards="ua-1",
        format="pdf",
        timestamp=int(moment.timestamp()),
    )
    file.write_bytes(made)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("regiesysteem.kit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


# --- Blocks

_TYPES: Final = (
    "De onderdelen waar een tabel van elementen naar verwijst. Een code als ZAKSTT noemt een relatie naar haar twee "
    "kanten; erachter staat waarvoor de vorm is: een kennisgeving, een vraag of een antwoord."
)


def _run(text: str, **style: Any) -> dict[str, Any]:
    return {"text": text, **style}


def _p(text: str, *more: dict[str, Any]) -> Block:
    return {"kind": "p", "runs": [_run(text), *more]}


def _heading(text: str, anchor: str) -> Block:
    return {"kind": "heading", "text": text, "anchor": anchor}


def _table(head: Iterable[str], rows: Iterable[Iterable[str | Runs]], caption: str = "") -> Block:
    cells = [[cell if isinstance(cell, list) else [_run(cell)] for cell in row] for row in rows]
    return {"kind": "table", "head": [[_run(cell)] for cell in head], "rows": cells, "caption": caption}


def _anchors(contract: Contract) -> dict[str, str]:
    """{namespace}name of a message or type -> anchor of its table."""
    found: dict[str, str] = {}
    for anchor, pages in contract.operations.items():
        for page in pages:
            found.setdefault(page.versions[0].message.key, anchor)
    versions = (one for pages in contract.operations.values() for page in pages for one in page.versions[1:])
    for table in (*(one.message for one in versions), *contract.answers, *contract.types):
        found.setdefault(table.key, f"t-{table.naam.replace(':', '-')}")
    return found


def _elements(table: ElementTable, anchors: Mapping[str, str], caption: str) -> Block:
    rows = [
        {
            "depth": row.depth,
            "naam": row.naam,
            "cardinality": row.cardinality + (" (keuze)" if row.choice else ""),
            "value": [*_value(row, anchors)],
            "meaning": row.meaning,
        }
        for row in table.rows
    ]
    return {"kind": "elements", "caption": caption, "rows": rows}


def _value(row: ElementRow, anchors: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if row.refers:
        parts.append(_run(_local(row.refers), link=anchors[row.refers]))
    if row.value:
        parts.append(_run(row.value))
    parts += [_run(attribute, code=True) for attribute in row.attributes]
    if row.nil:
        parts.append(_run("mag leeg"))
    for place, part in enumerate(parts):
        if place:
            yield _run("; ")
        yield part


def _tables(tables: Iterable[ElementTable], anchors: Mapping[str, str]) -> Iterator[Block]:
    for table in tables:
        yield _heading(table.naam, anchors[table.key])
        if table.rows:
            yield {**_elements(table, anchors, f"Elementen van {table.naam}"), "quiet": True}
        else:
            yield _p("Heeft geen elementen.")


def _local(naam: str) -> str:
    return etree.QName(naam).localname


# --- Chapters


def _chapter(blocks: Iterable[Block], contract: Contract, anchor: str, anchors: Mapping[str, str]) -> Iterator[Block]:
    """A chapter of the page; one of an operation gets its facts before it, and elements and faults after it."""
    pages = contract.operations.get(anchor, ())
    for page in pages:
        yield _facts(page, anchors)
    yield from blocks
    shown: set[str] = set()
    for page in pages:
        message = page.versions[0].message
        if message.key not in shown:
            shown.add(message.key)
            yield _heading(f"Elementen van {message.naam}", f"{anchor}-{message.naam.replace(':', '-')}")
            yield {
                **_elements(message, anchors, f"Elementen van {message.naam} bij {page.operation.name}"),
                "quiet": True,
            }
        if page is pages[-1]:
            yield from _faults(page, anchor)


def _facts(page: OperationPage, anchors: Mapping[str, str]) -> Block:
    operation = page.operation
    rows: list[list[str | Runs]] = [["adres", ", ".join(page.addresses)]]
    for place, one in enumerate(page.versions):
        rows += _version_rows(one, anchors, place=place)
    fault = f"{operation.fault_code}Bericht"
    link = next((anchor for naam, anchor in anchors.items() if _local(naam) == fault), "")
    rows.append(["bij een fout", [_run(operation.fault_code, link=link)]])
    if operation.functie:
        rows.append(["functie", [_run(operation.functie, code=True)]])
    return _table(("onderdeel", "waarde"), rows, operation.name)


def _version_rows(one: Version, anchors: Mapping[str, str], *, place: int) -> Iterator[list[str | Runs]]:
    suffix = " in ZDS 1.2" if place else ""
    yield [f"bericht{suffix}", [_run(one.message.naam, code=True, link=anchors[one.message.key])]]
    if one.action:
        yield [f"SOAPAction{suffix}", [_run(one.action, code=True)]]
    if one.answer:
        yield [f"antwoord{suffix}", [_run(with_prefix(one.answer), code=True, link=anchors.get(one.answer, ""))]]


def _faults(page: OperationPage, anchor: str) -> Iterator[Block]:
    yield _heading(f"Fouten van {page.operation.name}", f"{anchor}-fouten")
    if page.faults:
        rows = [(", ".join(row.codes), row.what, row.remedy) for row in page.faults]
        yield {**_table(("code", "wat is er", "wat te doen"), rows, f"Fouten van {page.operation.name}"), "quiet": True}
    yield _p(
        f"Verder de fouten die elk bericht kan geven: {', '.join(page.general)}. Wat ze betekenen staat bij ",
        _run("Fouten", link="fouten"),
        _run("."),
    )


def _later_versions(contract: Contract, anchors: Mapping[str, str]) -> Iterator[Block]:
    yield _p(
        "De berichten van ZDS 1.2 die in ZDS 1.1 anders heten, met hun eigen schema. Wat ze doen staat bij de operatie."
    )
    pages = (page for every in contract.operations.values() for page in every)
    yield from _tables((one.message for page in pages for one in page.versions[1:]), anchors)


# --- The inrichting, and what the parties agree on


def _about(source: Basis) -> Iterator[Block]:
    gemeente, release = source.inrichting.gemeente, version("regiesysteem")
    yield _p(
        f"Deze koppelvlakspecificatie is gemaakt voor {gemeente.naam} (gemeentecode {gemeente.code}), uit haar "
        f"inrichting ({source.versie}) en uit het contract waarmee het Regiesysteem {release} berichten toetst."
    )


def _introduction(contract: Contract) -> Iterator[Block]:
    """The text before the first chapter, without its list of chapters: the document has its own."""
    yield from (block for block in contract.chapters[0].blocks if block["kind"] == "p")


def _inrichting(file: Inrichtingsbestand) -> Iterator[Block]:
    yield _p(
        "Met deze codes en omschrijvingen noemen berichten zaaktypen, statussen en resultaten. De instellingen waar de "
        "partijen over spreken staan bij ",
        _run("Afspraken", link="afspraken"),
        _run("."),
    )
    rows = [(one.code, one.omschrijving, one.soort, str(one.doorlooptijd_dagen or "")) for one in file.zaaktype]
    yield _table(("code", "omschrijving", "soort", "doorlooptijd (dagen)"), rows, "Zaaktypen")
    for zaaktype in file.zaaktype:
        yield from _zaaktype(zaaktype)
    if file.formaat:
        formats = [(one.naam, one.mediatype, "ja" if one.xsd else "nee", one.documenttype) for one in file.formaat]
        yield _heading("Formaten van domeingegevens", "formaten")
        yield _table(("naam", "mediatype", "getoetst aan een XSD", "documenttype"), formats, "Formaten")


def _zaaktype(zaaktype: Zaaktype) -> Iterator[Block]:
    yield _heading(f"{zaaktype.code}: {zaaktype.omschrijving}", f"zaaktype-{zaaktype.code}")
    rows = ((one, "ja" if one.eindstatus else "") for one in zaaktype.status)
    statuses = [(str(one.volgnummer), one.code or "", one.omschrijving, end) for one, end in rows]
    if statuses:
        yield _table(("volgnummer", "code", "omschrijving", "eindstatus"), statuses, f"Statussen van {zaaktype.code}")
    documents = [f"{one.omschrijving}{' (geweigerd)' if one.geweigerd else ''}" for one in zaaktype.documenttype]
    for what, names in (
        ("Resultaten", [one.omschrijving for one in zaaktype.resultaat]),
        ("Documenttypen", documents),
    ):
        if names:
            yield _p(f"{what}: {', '.join(names)}.")


def _agreed(source: Basis) -> Iterator[Block]:
    yield _p(
        "Twee partijen vullen deze lijst samen in en ondertekenen haar voordat zij aansluiten. Een waarde komt uit de "
        "inrichting; wat open staat, vullen de partijen aan."
    )
    rows = [
        (one.question, _lines(one.lines), _STATES.get(one.state, one.state), one.source) for one in source.agreements
    ]
    yield _table(("afspraak", "waarde", "stand", "bron"), rows, "Checklist van afspraken")
    yield {"kind": "signatures", "parties": ["Gemeente", "Leverancier"], "fields": _TO_FILL_IN}


def _lines(lines: Iterable[str]) -> Runs:
    """A cell with a line for each text, without the addresses of applicaties: the document goes to other parties."""
    shown = (_ADDRESS.sub(_KNOWN_ADDRESS, line) for line in lines)
    runs = [run for line in shown for run in (_run("", br=True), _run(line))]
    return runs[1:]


_ADDRESS: Final = re.compile(r"[a-z]+://[^\s;,]+", re.IGNORECASE)
_KNOWN_ADDRESS: Final = "het adres staat in de inrichting"
_TO_FILL_IN: Final = ["Naam", "Functie", "Datum", "Handtekening"]
_STATES: Final = {"gemaakt": "gemaakt", "open": "OPEN", "buiten de inrichting": "op papier"}


# --- Anchors and links that lead somewhere


def _settle(sections: list[dict[str, Any]]) -> None:
    """Make each anchor unique, and take away each link to an anchor that is not there."""
    taken = {section["anchor"] for section in sections}
    for block in _all_blocks(sections):
        if block["kind"] == "heading":
            while block["anchor"] in taken:
                block["anchor"] += "-x"
            taken.add(block["anchor"])
    for run in (run for block in _all_blocks(sections) for run in _all_runs(block)):
        if run.get("link", "") not in taken:
            run.pop("link", None)


def _all_blocks(sections: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    waiting = [block for section in sections for block in section["blocks"]]
    for block in waiting:
        yield block
        waiting += [inner for item in block.get("items", ()) for inner in item]


def _all_runs(block: Block) -> Iterator[dict[str, Any]]:
    yield from block.get("runs", ())
    if block["kind"] == "elements":
        yield from (run for row in block["rows"] for run in row["value"])
    elif block["kind"] == "table":
        yield from (run for row in [block["head"], *block["rows"]] for cell in row for run in cell)

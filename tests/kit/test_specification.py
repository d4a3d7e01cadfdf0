"""The koppelvlakspecificatie: every operation with its elements as the schema has them, as HTML and PDF."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst
import xmlschema
from lxml import etree, html
from typer.testing import CliRunner
from xmlschema.validators import XsdElement, XsdGroup

from regiesysteem import config
from regiesysteem.cli import app
from regiesysteem.inrichting.agreements import agreements
from regiesysteem.inrichting.load import read_text
from regiesysteem.kit.contract_model import Contract, chapter_title, meanings_written, read_contract
from regiesysteem.kit.page_blocks import read_chapters
from regiesysteem.kit.schema_tables import ElementRow, ElementTable
from regiesysteem.kit.specification import Basis, _settle, compose, write_html, write_pdf
from regiesysteem.stuf.flat_schema import prefixes
from regiesysteem.zkn.operations import OPERATIONS

MOMENT = datetime(2026, 12, 1, 9, tzinfo=UTC)
EXAMPLE = config.example_inrichting()
SECRET = """
[[applicatie]]
naam = "Geheimpakket"
adres = "https://ontvanger.geheim.example/stuf"
adres_rzs = "https://rzs.geheim.example/stuf"
gebruiker = "geheime-gebruiker"
wachtwoord_uit = "env:GEHEIM_WACHTWOORD"

[[abonnement]]
applicatie = "Geheimpakket"
zaaktype = "*"
gebeurtenis = "*"
persoon = ["999990019"]
"""
NODES = dict[str, tuple[int, int | None]]


def source(text: str) -> Basis:
    file = read_text(text, "test").inrichting
    return Basis(file, agreements(file), "stand 7", MOMENT)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract()


@pytest.fixture(scope="module")
def document(contract: Contract) -> dict[str, Any]:
    return compose(contract, source(EXAMPLE.read_text() + SECRET))


@pytest.fixture(scope="module")
def page(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> html.HtmlElement:
    file = tmp_path_factory.mktemp("kit") / "spec.html"
    write_html(document, file)
    return html.fromstring(file.read_bytes())


def tables(contract: Contract) -> Iterator[ElementTable]:
    yield from (one.message for every in contract.operations.values() for page in every for one in page.versions)
    yield from (*contract.answers, *contract.types)


# --- The elements, compared with another reader of the same schema


def below(group: XsdGroup, low: int = 1, high: int | None = 1) -> Iterator[tuple[str, int, int | None, Any]]:
    """The elements of a group of xmlschema, with the bounds that the groups around them make."""
    low *= group.min_occurs
    high = None if high is None or group.max_occurs is None else high * group.max_occurs
    if group.model == "choice" and len(group) > 1:
        low = 0
    for part in group:
        if isinstance(part, XsdGroup):
            yield from below(part, low, high)
        else:
            most = None if high is None or part.max_occurs is None else high * part.max_occurs
            name = part.name if isinstance(part, XsdElement) else ""
            yield name, low * part.min_occurs, most, part


def children(rows: tuple[ElementRow, ...], at: int) -> list[int]:
    """The places of the rows right below that at a place; -1 stands for the table itself."""
    depth = rows[at].depth if at >= 0 else -1
    found = []
    for place in range(at + 1, len(rows)):
        if rows[place].depth <= depth:
            break
        if rows[place].depth == depth + 1:
            found.append(place)
    return found


def same(rows: tuple[ElementRow, ...], at: int, type_: Any, seen: set[str]) -> None:
    expected = list(below(type_.content)) if type_.is_complex() and isinstance(type_.content, XsdGroup) else []
    places = children(rows, at)
    shown = [(rows[place].naam, rows[place].minimum, rows[place].maximum) for place in places]
    assert shown == [(prefixed(name), low, high) for name, low, high, _ in expected]
    for place, (_, _, _, node) in zip(places, expected, strict=True):
        if not isinstance(node, XsdElement):
            continue
        row = rows[place]
        assert row.nil == node.nillable, row.naam
        if row.refers:
            assert row.refers in (node.type.name, node.name)
            seen.add(row.refers)
        else:
            same(rows, place, node.type, seen)


def prefixed(name: str) -> str:
    split = etree.QName(name) if name else None
    return f"{prefixes()[str(split.namespace)]}:{split.localname}" if split is not None else "…"


def test_every_element_of_every_message_is_listed_with_the_cardinality_of_the_schema(contract: Contract) -> None:
    second = xmlschema.XMLSchema([str(config.xsd_directory() / f"{naam}.xsd") for naam in ("zds0120", "rzs0310")])
    referred: set[str] = set()
    have = {table.key: table for table in tables(contract)}
    for key, table in have.items():
        declared = second.maps.types.get(key)
        if declared is None:
            declared = second.maps.elements[key].type
        same(table.rows, -1, declared, referred)
    assert {element for one in OPERATIONS.values() for element in one.elements} <= set(have)
    assert referred <= set(have)


def test_a_value_says_what_the_schema_allows(contract: Contract) -> None:
    creeer = contract.operations["creeerzaak"][0].versions[0].message
    said = {row.path: row.value for row in creeer.rows}
    assert said["omschrijving"] == "tekst, hoogstens 80 tekens"
    assert said["startdatum"] == "datum (JJJJMMDD)"
    assert said["zaakniveau"] == "geheel getal, minstens 1, hoogstens 3"
    assert said["deelzakenIndicatie"] == "J of N"
    assert said["stuurgegevens/berichtcode"] == "Lk01"


def test_the_elements_of_zaken_and_documents_are_explained_and_nothing_else_is(contract: Contract) -> None:
    rows = [row for table in tables(contract) for row in table.rows]
    assert {(row.owner, row.path) for row in rows if row.owner in {"ZAK", "EDC", "STT"} and not row.meaning} == set()
    places = {(row.owner, path) for row in rows for path in (row.path, row.path.rpartition("/")[2])}
    written: dict[str, set[str]] = {}
    for owner, path in meanings_written():
        written.setdefault(path, set()).add(owner)
    used = {path for path, owners in written.items() if any("" in owners or owner in owners for owner, one in places
                                                             if one == path)}  # fmt: skip
    assert set(written) - used == set()


# --- The operations


def test_every_operation_is_in_it_with_address_action_answer_elements_and_faults(
    contract: Contract, page: html.HtmlElement
) -> None:
    shown = {caption.text_content(): caption.getparent() for caption in page.iter("caption")}
    for every in contract.operations.values():
        for one in every:
            facts = shown[one.operation.name].text_content()
            assert all(address in facts for address in one.addresses)
            for version in one.versions:
                assert version.message.naam in facts
            if one.operation.published:
                assert one.versions[0].action in facts
                assert one.versions[0].answer
    assert {one.operation.name for every in contract.operations.values() for one in every} == set(OPERATIONS)


def test_every_answer_fault_and_message_that_we_send_has_its_elements(contract: Contract) -> None:
    have = {table.naam for table in tables(contract)}
    assert {"ZKN:zakLa01", "ZKN:edcLa01", "ZKN:zakLa02", "StUF:Bv03Bericht", "StUF:Fo02Bericht"} <= have
    assert {version.answer for every in contract.operations.values() for one in every for version in one.versions} <= {
        "",
        *(table.key for table in tables(contract)),
    }


def test_the_faults_of_an_operation_are_those_of_its_kind(contract: Contract) -> None:
    def codes(anchor: str) -> set[str]:
        [one] = contract.operations[anchor]
        return {code for row in one.faults for code in row.codes}

    assert {"StUF046", "StUF064", "StUF067"} <= codes("creeerzaak")
    assert not {"StUF076", "StUF960", "StUF043"} & codes("creeerzaak")
    assert {"StUF076", "StUF133", "StUF960"} <= codes("zaklv01")
    assert "StUF046" not in codes("zaklv01")
    assert not {"StUF046", "StUF063", "StUF067"} & codes("zaklv01")
    assert "StUF043" in codes("bevestigoverdragenzaak")
    assert codes("genereerzaakidentificatie") == {"StUF960"}
    assert "StUF055" in contract.operations["creeerzaak"][0].general


def test_the_texts_and_examples_of_the_page_are_in_it(page: html.HtmlElement) -> None:
    text = page.text_content()
    assert "Legt een nieuwe zaak vast, met alles wat het bericht zegt." in text
    assert "<ZKN:omschrijving>Gezinsplan Jansen</ZKN:omschrijving>" in text


# --- The document


def test_nothing_of_an_applicatie_that_is_secret_is_in_it(document: dict[str, Any]) -> None:
    text = json.dumps([one for one in document["sections"] if one["anchor"] in {"over", "inrichting", "afspraken"}])
    assert "Geheimpakket: het adres staat in de inrichting" in text
    assert "http" not in text
    for secret in ("geheim.example", "geheime-gebruiker", "GEHEIM_WACHTWOORD"):
        assert secret not in json.dumps(document)
    assert "999990019" not in text


def test_the_agreements_of_the_inrichting_are_a_list_to_sign(document: dict[str, Any]) -> None:
    [section] = [one for one in document["sections"] if one["anchor"] == "afspraken"]
    [table] = [block for block in section["blocks"] if block["kind"] == "table"]
    wanted = [one.question for one in source(EXAMPLE.read_text() + SECRET).agreements]
    assert [row[0][0]["text"] for row in table["rows"]] == wanted
    assert section["blocks"][-1]["kind"] == "signatures"


def test_every_link_leads_to_one_place(page: html.HtmlElement) -> None:
    ids = [node.get("id") for node in page.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    links = [node.get("href") for node in page.iter("a")]
    assert len(links) > 500
    assert [link for link in links if not link.startswith("#") or link[1:] not in ids] == []


def test_a_link_without_a_place_is_text_and_a_second_anchor_another_one() -> None:
    run, heading = {"text": "a", "link": "weg"}, {"kind": "heading", "text": "Een", "anchor": "een"}
    item = [{"kind": "p", "runs": [run]}]
    blocks = [dict(heading), dict(heading), {"kind": "list", "ordered": False, "items": [item]}]
    _settle([{"anchor": "eerste", "blocks": blocks}])
    assert (blocks[0]["anchor"], blocks[1]["anchor"], run) == ("een", "een-x", {"text": "a"})


def test_the_page_needs_nothing_else_and_runs_nothing(page: html.HtmlElement) -> None:
    assert list(page.iter("script", "link", "img", "iframe")) == []
    assert page.get("lang") == "nl"


def test_a_text_of_the_inrichting_is_no_markup(contract: Contract, tmp_path: Path) -> None:
    text = EXAMPLE.read_text().replace('naam = "Voorbeeldgemeente"', 'naam = "<b>#panic() *x* @y</b>"')
    made = compose(contract, source(text))
    made["sections"] = [one for one in made["sections"] if one["anchor"] in {"over", "inrichting"}]
    for section in made["sections"]:
        _without_links(section)
    write_html(made, tmp_path / "spec.html")
    assert "<h1>" in (tmp_path / "spec.html").read_text()
    assert "<b>" not in (tmp_path / "spec.html").read_text()
    write_pdf(made, tmp_path / "spec.pdf", MOMENT)


def test_a_page_becomes_blocks() -> None:
    text = "# P\n\nvoor\n\n## Een twee\n\n- a `b` [c](#een-twee)\n\n### Drie\n\n"
    text += "| x | y |\n| --- | --- |\n| 1 | **2** |\n"
    before, chapter = read_chapters(text)
    assert before.blocks == ({"kind": "p", "runs": [{"text": "voor"}]},)
    assert (chapter.title, chapter.anchor) == ("Een twee", "een-twee")
    listed, heading, table = chapter.blocks
    runs = [{"text": "a "}, {"text": "b", "code": True}, {"text": " "}, {"text": "c", "link": "een-twee"}]
    assert listed["items"] == [[{"kind": "p", "runs": runs}]]
    assert heading == {"kind": "heading", "text": "Drie", "anchor": "drie"}
    assert table["rows"] == [[[{"text": "1"}], [{"text": "2", "strong": True}]]]


# --- The PDF


def _without_links(one: Any) -> None:
    if isinstance(one, dict):
        one.pop("link", None)
        for part in one.values():
            _without_links(part)
    elif isinstance(one, list):
        for part in one:
            _without_links(part)


def test_the_pdf_is_tagged_in_dutch_with_a_title_and_the_operations_as_headings(
    document: dict[str, Any], tmp_path: Path
) -> None:
    """The long tables are left out: they take the time."""
    short = json.loads(json.dumps(document))
    _without_links(short)
    for section in short["sections"]:
        blocks = section["blocks"]
        section["blocks"] = [one for one in blocks if one["kind"] in {"p", "table", "list"}][:2]
        section["blocks"] += [{**one, "rows": one["rows"][:3]} for one in blocks if one["kind"] == "elements"][:1]
    write_pdf(short, tmp_path / "spec.pdf", MOMENT)
    made = (tmp_path / "spec.pdf").read_bytes()
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made
    assert b"/Lang (nl)" in made or b"/Lang(nl)" in made
    assert b"pdfuaid" in made
    assert len(re.findall(rb"/Type ?/Page\b", made)) > len(short["sections"])
    template = Path(config.__file__).parent / "kit/templates/koppelvlak.typ"
    found = typst.query(
        template.read_bytes(), "heading", ignore_system_fonts=True, sys_inputs={"document": json.dumps(short)}
    )
    headings = {heading["body"].get("text") for heading in json.loads(found)}
    assert {chapter_title(one) for one in OPERATIONS.values()} <= headings


# --- The command


def test_the_command_writes_the_page_of_a_file_without_a_database(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        app, ["koppelvlak", "--map", str(tmp_path / "uit"), "--inrichting", str(EXAMPLE), "--geen-pdf"]
    )
    assert told.exit_code == 0
    assert [file.name for file in (tmp_path / "uit").iterdir()] == ["koppelvlakspecificatie.html"]
    assert "Voorbeeldgemeente" in (tmp_path / "uit/koppelvlakspecificatie.html").read_text()


def test_without_typst_the_command_makes_the_page_and_says_how_to_get_the_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    told = CliRunner().invoke(app, ["koppelvlak", "--map", str(tmp_path), "--inrichting", str(EXAMPLE)])
    assert told.exit_code == 0
    assert "pip install 'regiesysteem[kit]'" in told.stderr
    assert [file.suffix for file in tmp_path.iterdir()] == [".html"]


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("")
    told = CliRunner().invoke(
        app, ["koppelvlak", "--map", str(tmp_path / "bestand"), "--inrichting", str(EXAMPLE), "--geen-pdf"]
    )
    assert (told.exit_code, "kan niet geschreven worden" in told.stderr) == (1, True)


def test_the_command_takes_the_inrichting_that_is_in_force(database_url: str, tmp_path: Path) -> None:
    env = {"REGIE_DATABASE_URL": database_url}
    for command in (["inrichting", "laad", str(EXAMPLE)], ["koppelvlak", "--map", str(tmp_path), "--geen-pdf"]):
        told = CliRunner().invoke(app, command, env=env)
        assert told.exit_code == 0, told.output
    assert "Inrichting: stand " in (tmp_path / "koppelvlakspecificatie.html").read_text()

"""docs/gebruiken/koppelvlak.md is true: its examples are valid and play as a story, its tables are complete."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, SOAP11, ZKN, envelope, texts
from tests.berichten.regie import leg_aanbod
from tests.conftest import Server

from regiesysteem.db import make_engine
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import canonical, parse
from regiesysteem.zakenmagazijn.select.subject import ZAKEN
from regiesysteem.zkn.operations import DOORS, OPERATIONS

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/gebruiken/koppelvlak.md").read_text()
WISSELEND = ("referentienummer", "tijdstipBericht", "checkedOutId", "tijdstipRegistratie")
GERELATEERDE = '<ZKN:gerelateerde StUF:entiteittype="STT" StUF:scope="alles"/>'
UITGECHECKT = f"{{{ZKN}}}checkedOutId"


@dataclass(frozen=True)
class Block:
    """A block of XML in the page: what its first line says it is, and the message without envelope."""

    soort: str
    bericht: etree._Element


def _blocks() -> list[Block]:
    out = []
    for soort, text in re.findall(r"^```xml ?([^\n]*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        root = parse(text.encode())
        bericht = root[-1][0] if etree.QName(root).localname == "Envelope" else root
        out.append(Block(soort.removeprefix("envelop "), bericht))
    return out


BLOCKS = _blocks()


def _send(server: Server, dienst: str, bericht: etree._Element, door: str = "/stuf") -> etree._Element:
    head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    request = Request(f"{server.url}{door}", envelope(etree.tostring(bericht, encoding="unicode")), head)
    try:
        with urlopen(request, timeout=30) as answer:
            return parse(answer.read())
    except HTTPError as error:
        with error:
            return parse(error.read())


def _vergelijkbaar(bericht: etree._Element) -> bytes:
    """A message without what differs from time to time, and without the white space of a page."""
    copy = parse(etree.tostring(bericht))
    for element in copy.iter(etree.Element):
        if etree.QName(element).localname in WISSELEND:
            element.text = ""
        element.tail = None
        if len(element):
            element.text = None
    return canonical(copy)


def test_every_example_is_valid() -> None:
    assert len(BLOCKS) >= 15
    for block in BLOCKS:
        bericht = block.bericht
        if block.soort == "fout":
            [bericht] = bericht.xpath("./detail/*")
        assert check(parse(etree.tostring(bericht))) == [], block.soort


def test_every_operation_has_an_example_and_a_chapter() -> None:
    """The acknowledgements share a chapter, and those that RZS does not publish have no example."""
    bevestigingen = {naam for naam, dienst in OPERATIONS.items() if dienst.berichtcode.startswith(("Bv", "Fo"))}
    gepubliceerd = {
        naam for naam, dienst in OPERATIONS.items() if dienst.published or dienst.element == dienst.element_zds12
    }
    assert gepubliceerd == {block.soort for block in BLOCKS} - {"antwoord", "fout"}
    assert "\n## Bevestigingen als eigen bericht\n" in DOCUMENT
    for naam in set(OPERATIONS) - bevestigingen:
        assert f"\n## {naam.rpartition('_')[0] or naam}\n" in DOCUMENT


def test_the_story_can_be_played_in_its_order(server: Server) -> None:
    """On an empty database each request gets the answer that stands behind it, else an acknowledgement."""
    sleutel = ""
    engine = make_engine(server.database_url, pool=False)
    leg_aanbod(engine, "o-0001", "19000000000777", "Regie-app")
    engine.dispose()
    for block, next_ in zip(BLOCKS, [*BLOCKS[1:], None], strict=True):
        if block.soort in ("antwoord", "fout"):
            continue
        for said in block.bericht.iter(UITGECHECKT):
            said.text = sleutel
        root = _send(server, block.soort, block.bericht)
        [answer] = root.find(f"{{{SOAP11}}}Body")  # type: ignore[misc]
        sleutel = answer.findtext(f".//{UITGECHECKT}", sleutel)
        assert texts(root, "//s:body/s:details") == [], block.soort
        if next_ is not None and next_.soort == "antwoord":
            assert _vergelijkbaar(answer) == _vergelijkbaar(next_.bericht)
        else:
            wordt = "Du02" if block.soort.startswith("geefZaakdocument") else "Bv03"
            assert texts(root, "//s:berichtcode") == [wordt]
    [error] = [block.bericht for block in BLOCKS if block.soort == "fout"]
    first = next(block.bericht for block in BLOCKS if block.soort == "creeerZaak_Lk01")
    [number] = first.xpath("//*[local-name()='referentienummer']")
    [number.text] = texts(error, "//s:crossRefnummer")
    [answer] = _send(server, "creeerZaak_Lk01", first).find(f"{{{SOAP11}}}Body")  # type: ignore[misc]
    assert _vergelijkbaar(answer) == _vergelijkbaar(error)


def test_a_creeerzaak_at_another_door_gets_a_fo03_with_the_right_address(server: Server) -> None:
    creeer = next(block.bericht for block in BLOCKS if block.soort == "creeerZaak_Lk01")
    error = _send(server, "creeerZaak_Lk01", creeer, "/stuf/BeantwoordVraag")
    assert texts(error, "//s:berichtcode") == ["Fo03"]
    assert texts(error, "//s:body/s:code") == ["StUF040"]
    assert "gebruik OntvangAsynchroon" in texts(error, "//s:body/s:details")[0]


@pytest.mark.parametrize(
    ("relatie", "mag"),
    [
        ('<ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>', True),
        ('<ZKN:heeft StUF:entiteittype="ZAKSTT"/>', False),
        ('<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ" StUF:scope="alles"/>', False),
        (f'<ZKN:heeft StUF:entiteittype="ZAKSTT">{GERELATEERDE}</ZKN:heeft>', True),
    ],
)
def test_what_the_schema_lets_a_scope_say_of_a_relation(relatie: str, mag: bool) -> None:
    example = (ROOT / "docs/voorbeelden/zakLv01.xml").read_text()
    begin, _, _ = example.rpartition("</ZKN:object>")
    [bericht] = parse(f"{begin}{relatie}{example[len(begin) :]}".encode()).xpath("//*[local-name()='Body']/*")
    assert (check(bericht) == []) is mag


def test_the_table_of_faults_has_exactly_the_codes_that_we_send() -> None:
    sent: set[str] = set()
    for module in (ROOT / "src").rglob("*.py"):
        if module.name != "faults.py":
            sent.update(re.findall(r'"(StUF\d{3})"', module.read_text()))
    table = {
        code
        for regel in DOCUMENT.splitlines()
        if regel.startswith("| StUF")
        for code in re.findall(r"StUF\d{3}", regel)
    }
    assert len(table) > 25
    assert table == sent


def test_doors_and_sorteringen_are_all_there() -> None:
    for path in DOORS:
        assert f"| `{f'/stuf/{path}'.rstrip('/')}` |" in DOCUMENT
    hoofdstuk = DOCUMENT.partition("### Volgorde")[2].partition("###")[0]
    named = {int(n) for regel in re.findall(r"^\| ([\d, ]+) \|", hoofdstuk, re.MULTILINE) for n in regel.split(",")}
    assert named == set(ZAKEN.sorteringen)

"""docs/gebruiken/koppelvlak.md is true: its examples are valid and play as a story, its tables are complete."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, SOAP11, ZKN, envelop, teksten
from tests.berichten.regie import leg_aanbod
from tests.conftest import Server

from regiesysteem.db import maak_engine
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import canoniek, ontleed
from regiesysteem.zakenmagazijn.select.search import SORTERINGEN
from regiesysteem.zkn.operations import DOORS, OPERATIONS

WORTEL = Path(__file__).parents[2]
DOCUMENT = (WORTEL / "docs/gebruiken/koppelvlak.md").read_text()
WISSELEND = ("referentienummer", "tijdstipBericht", "checkedOutId", "tijdstipRegistratie")
GERELATEERDE = '<ZKN:gerelateerde StUF:entiteittype="STT" StUF:scope="alles"/>'
UITGECHECKT = f"{{{ZKN}}}checkedOutId"


@dataclass(frozen=True)
class Blok:
    """A block of XML in the page: what its first line says it is, and the message without envelope."""

    soort: str
    bericht: etree._Element


def _blokken() -> list[Blok]:
    uit = []
    for soort, tekst in re.findall(r"^```xml ?([^\n]*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        wortel = ontleed(tekst.encode())
        bericht = wortel[-1][0] if etree.QName(wortel).localname == "Envelope" else wortel
        uit.append(Blok(soort.removeprefix("envelop "), bericht))
    return uit


BLOKKEN = _blokken()


def _stuur(server: Server, dienst: str, bericht: etree._Element, deur: str = "/stuf") -> etree._Element:
    kop = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    verzoek = Request(f"{server.url}{deur}", envelop(etree.tostring(bericht, encoding="unicode")), kop)
    try:
        with urlopen(verzoek, timeout=30) as antwoord:
            return ontleed(antwoord.read())
    except HTTPError as fout:
        with fout:
            return ontleed(fout.read())


def _vergelijkbaar(bericht: etree._Element) -> bytes:
    """A message without what differs from time to time, and without the white space of a page."""
    kopie = ontleed(etree.tostring(bericht))
    for element in kopie.iter(etree.Element):
        if etree.QName(element).localname in WISSELEND:
            element.text = ""
        element.tail = None
        if len(element):
            element.text = None
    return canoniek(kopie)


def test_every_example_is_valid() -> None:
    assert len(BLOKKEN) >= 15
    for blok in BLOKKEN:
        bericht = blok.bericht
        if blok.soort == "fout":
            [bericht] = bericht.xpath("./detail/*")
        assert controleer(ontleed(etree.tostring(bericht))) == [], blok.soort


def test_every_operation_has_an_example_and_a_chapter() -> None:
    """The acknowledgements share a chapter, and those that RZS does not publish have no example."""
    bevestigingen = {naam for naam, dienst in OPERATIONS.items() if dienst.berichtcode.startswith(("Bv", "Fo"))}
    gepubliceerd = {naam for naam, dienst in OPERATIONS.items() if dienst.published}
    assert gepubliceerd == {blok.soort for blok in BLOKKEN} - {"antwoord", "fout"}
    assert "\n## Bevestigingen als eigen bericht\n" in DOCUMENT
    for naam in set(OPERATIONS) - bevestigingen:
        assert f"\n## {naam.rpartition('_')[0] or naam}\n" in DOCUMENT


def test_the_story_can_be_played_in_its_order(server: Server) -> None:
    """On an empty database each request gets the answer that stands behind it, else an acknowledgement."""
    sleutel = ""
    motor = maak_engine(server.database_url, pool=False)
    leg_aanbod(motor, "o-0001", "19000000000777", "Regie-app")
    motor.dispose()
    for blok, volgend in zip(BLOKKEN, [*BLOKKEN[1:], None], strict=True):
        if blok.soort in ("antwoord", "fout"):
            continue
        for gezegd in blok.bericht.iter(UITGECHECKT):
            gezegd.text = sleutel
        wortel = _stuur(server, blok.soort, blok.bericht)
        [antwoord] = wortel.find(f"{{{SOAP11}}}Body")  # type: ignore[misc]
        sleutel = antwoord.findtext(f".//{UITGECHECKT}", sleutel)
        assert teksten(wortel, "//s:body/s:details") == [], blok.soort
        if volgend is not None and volgend.soort == "antwoord":
            assert _vergelijkbaar(antwoord) == _vergelijkbaar(volgend.bericht)
        else:
            wordt = "Du02" if blok.soort.startswith("geefZaakdocument") else "Bv03"
            assert teksten(wortel, "//s:berichtcode") == [wordt]
    [fout] = [blok.bericht for blok in BLOKKEN if blok.soort == "fout"]
    eerste = next(blok.bericht for blok in BLOKKEN if blok.soort == "creeerZaak_Lk01")
    [nummer] = eerste.xpath("//*[local-name()='referentienummer']")
    [nummer.text] = teksten(fout, "//s:crossRefnummer")
    [antwoord] = _stuur(server, "creeerZaak_Lk01", eerste).find(f"{{{SOAP11}}}Body")  # type: ignore[misc]
    assert _vergelijkbaar(antwoord) == _vergelijkbaar(fout)


def test_a_creeerzaak_at_another_door_gets_a_fo03_with_the_right_address(server: Server) -> None:
    creeer = next(blok.bericht for blok in BLOKKEN if blok.soort == "creeerZaak_Lk01")
    fout = _stuur(server, "creeerZaak_Lk01", creeer, "/stuf/BeantwoordVraag")
    assert teksten(fout, "//s:berichtcode") == ["Fo03"]
    assert teksten(fout, "//s:body/s:code") == ["StUF040"]
    assert "gebruik OntvangAsynchroon" in teksten(fout, "//s:body/s:details")[0]


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
    voorbeeld = (WORTEL / "docs/voorbeelden/zakLv01.xml").read_text()
    begin, _, _ = voorbeeld.rpartition("</ZKN:object>")
    [bericht] = ontleed(f"{begin}{relatie}{voorbeeld[len(begin) :]}".encode()).xpath("//*[local-name()='Body']/*")
    assert (controleer(bericht) == []) is mag


def test_the_table_of_faults_has_exactly_the_codes_that_we_send() -> None:
    verstuurd: set[str] = set()
    for module in (WORTEL / "src").rglob("*.py"):
        if module.name != "faults.py":
            verstuurd.update(re.findall(r'"(StUF\d{3})"', module.read_text()))
    tabel = {
        code
        for regel in DOCUMENT.splitlines()
        if regel.startswith("| StUF")
        for code in re.findall(r"StUF\d{3}", regel)
    }
    assert len(tabel) > 25
    assert tabel == verstuurd


def test_doors_and_sorteringen_are_all_there() -> None:
    for pad in DOORS:
        assert f"| `{f'/stuf/{pad}'.rstrip('/')}` |" in DOCUMENT
    hoofdstuk = DOCUMENT.partition("### Volgorde")[2].partition("###")[0]
    genoemd = {int(n) for regel in re.findall(r"^\| ([\d, ]+) \|", hoofdstuk, re.MULTILINE) for n in regel.split(",")}
    assert genoemd == set(SORTERINGEN)

"""The messages of a real back office: our schema judges as the published one, and a server answers."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, teksten
from tests.conftest import Server, start_server, stop_server, vrije_poort, wacht_op_server
from tests.inrichting.test_statussen import maak
from tests.published import FIELD_TRAFFIC, need, validator

from regiesysteem import config
from regiesysteem.inrichting.current import Gevonden, vind_statustype
from regiesysteem.inrichting.load import lees_bestand
from regiesysteem.stuf.xml import ontleed

need(FIELD_TRAFFIC, "messages of a back office in production")
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


@pytest.fixture(params=["streng", "soepel"])
def server_met(
    request: pytest.FixtureRequest, module_database_url: str, tmp_path: Path
) -> Iterator[tuple[Server, str]]:
    """A server that holds every sender to the schema, or none."""
    inrichting, logboek, poort = tmp_path / "inrichting.toml", tmp_path / "logboek", vrije_poort()
    tekst = config.voorbeeld_inrichting().read_text()
    for ander in ("streng", "soepel"):
        tekst = tekst.replace(f'schema = "{ander}"', f'schema = "{request.param}"')
    inrichting.write_text(tekst)
    proces = start_server(
        logboek,
        REGIE_PORT=str(poort),
        REGIE_DATA_DIR=str(tmp_path),
        REGIE_DATABASE_URL=module_database_url,
        REGIE_INRICHTING=str(inrichting),
    )
    try:
        wacht_op_server(proces, logboek)
        yield Server(f"http://127.0.0.1:{poort}", module_database_url, tmp_path, proces, logboek), request.param
    finally:
        stop_server(proces)


def stuur(server: Server, bestand: Path) -> etree._Element:
    dienst = bestand.stem.split("-")[1]
    verzoek = urllib.request.Request(
        f"{server.url}/stuf",
        bestand.read_bytes(),
        {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'},
    )
    try:
        with urllib.request.urlopen(verzoek, timeout=30) as antwoord:
            return ontleed(antwoord.read())
    except urllib.error.HTTPError as fout:
        with fout:
            return ontleed(fout.read())


# 4 asks in its scope for elements that a zakLv01 does not know at that place
@pytest.mark.parametrize(("begin", "geldig"), [("1-", True), ("2-", True), ("3-", True), ("4-", False)])
def test_our_schema_says_what_the_published_one_says(eigen_xsd: etree.XMLSchema, begin: str, *, geldig: bool) -> None:
    bestand = next(FIELD_TRAFFIC.glob(f"{begin}*.xml"))
    body = etree.parse(str(bestand)).getroot().find(BODY)  # noqa: TID251
    assert body is not None
    bericht = etree.fromstring(etree.tostring(body[0]))  # noqa: TID251
    assert eigen_xsd.validate(bericht) is geldig
    onze = [f"{fout.line}: {fout.message}" for fout in eigen_xsd.error_log]
    hunne = validator().controleer(bericht)
    # what is expected instead differs with how a content model is written down
    assert [fout.partition(" Expected")[0] for fout in onze] == [fout.partition(" Expected")[0] for fout in hunne]


def test_the_statuses_are_those_of_the_example_inrichting() -> None:
    example = lees_bestand(config.voorbeeld_inrichting()).inrichting
    [known] = [zaaktype.status for zaaktype in example.zaaktype if zaaktype.code == "B1026"]
    zaaktype = maak(*((status.volgnummer, status.code, status.omschrijving) for status in known))
    sent = re.compile(
        r"<ZKN:volgnummer>(\d+)</ZKN:volgnummer>\s*<ZKN:code>(.*?)</ZKN:code>\s*<ZKN:omschrijving>(.*?)</ZKN:omschrijving>"
    )
    texts = [file.read_text() for file in sorted(FIELD_TRAFFIC.glob("*Lk01*.xml"))]
    found = [
        vind_statustype(zaaktype, int(number), *names, "weigeren")
        for text in texts
        for number, *names in sent.findall(text)
    ]
    assert found == [Gevonden(statustype) for statustype in zaaktype.statustypen[:2]]


def test_a_real_back_office_is_understood(server_met: tuple[Server, str]) -> None:
    server, schema = server_met
    genereer, creeer, update, vraag = sorted(FIELD_TRAFFIC.glob("?-*.xml"))
    [code] = teksten(stuur(server, genereer), "//s:berichtcode")
    assert code == "Du02"
    # The second server starts on the database of the first: the same messages are duplicates, answered as before.
    for bestand in (creeer, update):
        assert teksten(stuur(server, bestand), "//s:berichtcode") == ["Bv03"]
    antwoord = stuur(server, vraag)
    if schema == "streng":
        assert teksten(antwoord, "//s:body/s:code") == ["StUF055"]
        assert "heeftAlsBelanghebbende/code" in teksten(antwoord, "//s:details")[0]
    else:
        assert teksten(antwoord, "//s:berichtcode") == ["La01"]
        assert teksten(antwoord, "//z:antwoord/z:object/z:identificatie") != []

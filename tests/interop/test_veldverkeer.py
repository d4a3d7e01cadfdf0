"""The messages of a real back office, through a running server whose inrichting knows B1026 and their sender."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, teksten
from tests.conftest import Server, start_server, stop_server, vrije_poort, wacht_op_server

from regiesysteem import paden
from regiesysteem.stuf.xml import ontleed

VELDVERKEER = Path(__file__).parents[3] / "shared" / "veldverkeer"


@pytest.fixture
def veld() -> list[Path]:
    """The messages, in the order in which they were sent."""
    if not VELDVERKEER.is_dir():
        pytest.skip("the field traffic is not at ../shared/veldverkeer")
    return sorted(VELDVERKEER.glob("?-*.xml"))


@pytest.fixture(params=["streng", "soepel"])
def server_met(
    request: pytest.FixtureRequest, module_database_url: str, tmp_path: Path
) -> Iterator[tuple[Server, str]]:
    """A server that holds every sender to the schema, or none."""
    inrichting, logboek, poort = tmp_path / "inrichting.toml", tmp_path / "logboek", vrije_poort()
    tekst = paden.voorbeeld_inrichting().read_text()
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


def test_a_real_back_office_is_understood(server_met: tuple[Server, str], veld: list[Path]) -> None:
    server, schema = server_met
    genereer, creeer, update, vraag = veld
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

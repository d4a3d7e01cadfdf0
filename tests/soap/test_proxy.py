"""Behind a proxy: the addresses in the WSDL are those that the caller knows, and only when that was configured."""

import pytest
from werkzeug.test import Client

from regiesysteem.config import Instellingen
from regiesysteem.http.app import maak_app
from regiesysteem.stuf.xml import ontleed

DOORGESTUURD = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "zaken.gemeente.example",
    "X-Forwarded-Prefix": "/regie",
    "X-Forwarded-Port": "443",
}


def adressen(proxy: bool, pad: str, headers: dict[str, str]) -> set[str]:
    """Every absolute address in the WSDL."""
    instellingen = Instellingen(proxy=proxy, afgeschermd=True, database_url="postgresql://niemand@127.0.0.1:1/niets")
    client = Client(maak_app(instellingen))
    antwoord = client.get(f"{pad}?wsdl", headers={"Host": "hier:8080"} | headers)
    assert antwoord.status_code == 200
    gevonden = ontleed(antwoord.data).xpath("//@location | //@schemaLocation")
    return {adres for adres in gevonden if adres.startswith("http")}


@pytest.mark.parametrize("deur", ["", "/OntvangAsynchroon", "/BeantwoordVraag", "/VrijeBerichten"])
def test_the_addresses_are_those_of_the_caller(deur: str) -> None:
    direct = adressen(False, f"/stuf{deur}", {})
    assert f"http://hier:8080/stuf{deur}" in direct
    assert "http://hier:8080/stuf/xsd/zkn0310.xsd" in direct
    doorgestuurd = adressen(True, f"/stuf{deur}", DOORGESTUURD)
    assert f"https://zaken.gemeente.example/regie/stuf{deur}" in doorgestuurd
    assert "https://zaken.gemeente.example/regie/stuf/xsd/zkn0310.xsd" in doorgestuurd
    assert len(direct) == len(doorgestuurd)


def test_forwarded_headers_count_only_when_configured() -> None:
    assert adressen(False, "/stuf", DOORGESTUURD) == adressen(False, "/stuf", {})

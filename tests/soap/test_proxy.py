"""Behind a proxy: the addresses in the WSDL are those that the caller knows, and only when that was configured."""

import pytest
from werkzeug.test import Client

from regiesysteem.config import Settings
from regiesysteem.http.app import make_app
from regiesysteem.stuf.xml import parse

DOORGESTUURD = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "zaken.gemeente.example",
    "X-Forwarded-Prefix": "/regie",
    "X-Forwarded-Port": "443",
}


def addresses(proxy: bool, path: str, headers: dict[str, str], peer: str = "10.0.0.9", **more: str) -> set[str]:
    """Every absolute address in the WSDL."""
    settings = Settings(proxy=proxy, afgeschermd=True, database_url="postgresql://niemand@127.0.0.1:1/niets", **more)
    client = Client(make_app(settings))
    head = {"Host": "hier:8080"} | headers
    answer = client.get(f"{path}?wsdl", headers=head, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == 200
    found = parse(answer.data).xpath("//@location | //@schemaLocation")
    return {adres for adres in found if adres.startswith("http")}


@pytest.mark.parametrize("door", ["", "/OntvangAsynchroon", "/BeantwoordVraag", "/VrijeBerichten"])
def test_the_addresses_are_those_of_the_caller(door: str) -> None:
    direct = addresses(False, f"/stuf{door}", {})
    assert f"http://hier:8080/stuf{door}" in direct
    assert "http://hier:8080/stuf/xsd/zkn0310.xsd" in direct
    doorgestuurd = addresses(True, f"/stuf{door}", DOORGESTUURD)
    assert f"https://zaken.gemeente.example/regie/stuf{door}" in doorgestuurd
    assert "https://zaken.gemeente.example/regie/stuf/xsd/zkn0310.xsd" in doorgestuurd
    assert len(direct) == len(doorgestuurd)


def test_forwarded_headers_count_only_when_configured() -> None:
    assert addresses(False, "/stuf", DOORGESTUURD) == addresses(False, "/stuf", {})


def test_forwarded_headers_of_anybody_but_the_proxy_are_dropped() -> None:
    """A caller that reaches us past the proxy would say another address each time, and never be slowed."""
    direct, known = addresses(False, "/stuf", {}), {"proxy_adressen": "10.0.0.1, 10.0.1.0/24"}
    for peer in ("10.0.0.9", "127.0.0.1"):
        forged = DOORGESTUURD | {"X-Forwarded-For": "10.0.0.1"}
        assert addresses(True, "/stuf", forged, peer, **known) == direct, peer
    for peer in ("10.0.0.1", "10.0.1.7"):
        assert addresses(True, "/stuf", DOORGESTUURD, peer, **known) != direct, peer

"""The published contract: the address of who asks in it, and no work for each who asks."""

import pytest

from regiesysteem.soap import contract
from regiesysteem.stuf.xml import parse

_XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.parametrize("in_one", [False, True])
def test_a_wsdl_is_made_once_whatever_the_address(monkeypatch: pytest.MonkeyPatch, in_one: bool) -> None:
    """To make it costs 50 ms of CPU; anybody who reaches the server may ask for it."""
    first = contract.wsdl("OntvangAsynchroon", "http://one/stuf", "http://one/stuf/OntvangAsynchroon", in_one=in_one)
    monkeypatch.delattr(contract, "parse")
    other = contract.wsdl("OntvangAsynchroon", "http://b/stuf", "http://b/stuf/OntvangAsynchroon", in_one=in_one)
    assert other == first.replace(b"http://one/stuf", b"http://b/stuf")
    assert first != other


@pytest.mark.parametrize("adres", ["http://x/?a=1&b=<2>", "http://x/\"'", "http://x/é"])
def test_an_address_is_written_as_xml_wants_it(adres: str) -> None:
    tree = parse(contract.wsdl("VrijeBerichten", adres, adres))
    assert {node.get("location") for node in tree.iter("{*}address")} == {adres}
    assert {node.get("schemaLocation", "").rpartition("/xsd/")[0] for node in tree.iter(f"{_XS}import")} == {adres}


def test_without_an_address_that_of_the_file_stays() -> None:
    text = contract.wsdl(contract.ONTVANGER, "http://x/stuf", None)
    assert b"@" not in text
    assert {node.get("location") for node in parse(text).iter("{*}address")}

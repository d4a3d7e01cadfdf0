"""The messages of a real back office: our schema judges as the published one, and a server answers."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, texts
from tests.conftest import Server, running_server
from tests.inrichting.test_statussen import make
from tests.published import FIELD_TRAFFIC, need, validator

from regiesysteem import config
from regiesysteem.inrichting.find_status import Found, find_statustype
from regiesysteem.inrichting.load import read_file
from regiesysteem.stuf.xml import parse

need(FIELD_TRAFFIC, "messages of a back office in production")
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


@pytest.fixture(params=["streng", "soepel"])
def server_with(
    request: pytest.FixtureRequest, module_database_url: str, tmp_path: Path
) -> Iterator[tuple[Server, str]]:
    """A server that holds every sender to the schema, or none."""
    inrichting = tmp_path / "inrichting.toml"
    text = config.example_inrichting().read_text()
    for other in ("streng", "soepel"):
        text = text.replace(f'schema = "{other}"', f'schema = "{request.param}"')
    inrichting.write_text(text)
    with running_server(module_database_url, tmp_path, REGIE_INRICHTING=str(inrichting)) as server:
        yield server, request.param


def send(server: Server, file: Path) -> etree._Element:
    dienst = file.stem.split("-")[1]
    request = urllib.request.Request(
        f"{server.url}/stuf",
        file.read_bytes(),
        {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return parse(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return parse(error.read())


# 4 asks in its scope for elements that a zakLv01 does not know at that place
@pytest.mark.parametrize(("begin", "valid"), [("1-", True), ("2-", True), ("3-", True), ("4-", False)])
def test_our_schema_says_what_the_published_one_says(own_xsd: etree.XMLSchema, begin: str, *, valid: bool) -> None:
    file = next(FIELD_TRAFFIC.glob(f"{begin}*.xml"))
    body = etree.parse(str(file)).getroot().find(BODY)  # noqa: TID251
    assert body is not None
    bericht = etree.fromstring(etree.tostring(body[0]))  # noqa: TID251
    assert own_xsd.validate(bericht) is valid
    onze = [f"{error.line}: {error.message}" for error in own_xsd.error_log]
    hunne = validator().controleer(bericht)
    # what is expected instead differs with how a content model is written down
    assert [error.partition(" Expected")[0] for error in onze] == [error.partition(" Expected")[0] for error in hunne]


def test_the_statuses_are_those_of_the_example_inrichting() -> None:
    example = read_file(config.example_inrichting()).inrichting
    [known] = [zaaktype.status for zaaktype in example.zaaktype if zaaktype.code == "B1026"]
    zaaktype = make(*((status.volgnummer, status.code, status.omschrijving) for status in known))
    sent = re.compile(
        r"<ZKN:volgnummer>(\d+)</ZKN:volgnummer>\s*<ZKN:code>(.*?)</ZKN:code>\s*<ZKN:omschrijving>(.*?)</ZKN:omschrijving>"
    )
    texts = [file.read_text() for file in sorted(FIELD_TRAFFIC.glob("*Lk01*.xml"))]
    found = [
        find_statustype(zaaktype, int(number), *names, "weigeren")
        for text in texts
        for number, *names in sent.findall(text)
    ]
    assert found == [Found(statustype) for statustype in zaaktype.statustypen[:2]]


def test_a_real_back_office_is_understood(server_with: tuple[Server, str]) -> None:
    server, schema = server_with
    genereer, creeer, update, question = sorted(FIELD_TRAFFIC.glob("?-*.xml"))
    [code] = texts(send(server, genereer), "//s:berichtcode")
    assert code == "Du02"
    # The second server starts on the database of the first: the same messages are duplicates, answered as before.
    for file in (creeer, update):
        assert texts(send(server, file), "//s:berichtcode") == ["Bv03"]
    answer = send(server, question)
    if schema == "streng":
        assert texts(answer, "//s:body/s:code") == ["StUF055"]
        assert "heeftAlsBelanghebbende/code" in texts(answer, "//s:details")[0]
    else:
        assert texts(answer, "//s:berichtcode") == ["La01"]
        assert texts(answer, "//z:antwoord/z:object/z:identificatie") != []

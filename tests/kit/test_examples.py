"""voorbeelden/: as fresh as its data, valid, and played against a server in its order; each mistake gets its fault.

With `REGIE_TEST_ANTWOORDEN=1` the recorded answers are written instead of compared (`make voorbeelden` does so).
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.regie import leg_aanbod
from tests.browser.world import World

from regiesysteem.config import Settings
from regiesysteem.conformance.judgement import evaluate, open_message
from regiesysteem.db import make_engine
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.kit.examples import ANSWERS, example_files
from regiesysteem.kit.story import ExampleFile, from_us, mistakes, story, story_in_zds12
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.transfers import answer_to_offer, hand_over
from regiesysteem.storage import make_storage
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, parse_file
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie
from regiesysteem.zkn.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "voorbeelden"
FIXED = {
    r"(StUF:referentienummer>)[^<]*": r"\g<1>00000000-0000-0000-0000-000000000000",
    r"(StUF:tijdstip(?:Bericht|Registratie)>)[^<]*": r"\g<1>20260302090000000",
    r"(checkedOutId>)[^<]*": r"\g<1>CHECKEDOUTID",
}
"""Texts that differ from time to time in an answer -> those in the recorded one."""
OFFERS = {"AANBOD": "19000000000003", "AANBOD-12": "1900Z120000003"}
"""The referentienummers of our offers, and the zaken that they are about."""


def test_the_files_are_as_fresh_as_their_data() -> None:
    wanted = example_files()
    assert {path: (EXAMPLES / path).read_text() for path in wanted if (EXAMPLES / path).exists()} == wanted
    there = {file.relative_to(EXAMPLES).as_posix() for file in EXAMPLES.rglob("*.xml")}
    assert {path for path in there - set(wanted) if not path.startswith(ANSWERS)} <= {"soapui-project.xml"}


def test_every_operation_has_an_example_of_each_version() -> None:
    """The acknowledgements that RZS does not publish have none."""
    own = {name for name, one in OPERATIONS.items() if one.published or one.element == one.element_zds12}
    assert own == {file.message.operatie for file in story()}
    assert {name for name, one in OPERATIONS.items() if one.element_zds12 not in {"", one.element}} - {"zakLv01"} == {
        file.message.operatie for file in story_in_zds12()
    }


def test_every_message_that_a_receiver_can_get_has_an_example() -> None:
    wsdl = parse_file(ROOT / "wsdl/Ontvanger.wsdl")
    names = set(wsdl.xpath("//*[local-name()='portType']/*[local-name()='operation']/@name"))
    assert names == {file.message.operatie for file in from_us()}


@pytest.mark.parametrize("file", [*story(), *from_us(), *story_in_zds12()], ids=lambda file: str(file.path))
def test_a_good_example_is_valid(file: ExampleFile) -> None:
    opened = open_message(file.text.encode())
    assert opened.message is not None
    assert check(opened.message) == []


# --- Played


class Player:
    """Sends examples to a server, with what earlier answers said."""

    def __init__(self, server: World) -> None:
        self._url = server.url
        self.known: dict[str, str] = {}

    def send(self, file: ExampleFile) -> tuple[str, str, bytes]:
        """Send an example: the name of the answer, its fault code, and the answer."""
        text = file.text
        for mark, value in self.known.items():
            text = text.replace(mark, value)
        door = f"/{file.message.deur}" if file.message.deur else ""
        head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{file.message.action}"'}
        body = text.replace("\n", "").encode()  # `curl -d @file` leaves out the ends of lines
        try:
            with urlopen(Request(f"{self._url}/stuf{door}", body, head), timeout=60) as answer:
                data = answer.read()
        except HTTPError as error:
            with error:
                data = error.read()
        opened = open_message(data)
        assert opened.message is not None, opened.objection
        for mark, xpath in file.message.zoek.items():
            [self.known[mark]] = evaluate(opened.message, xpath, {})
        return opened.name.removesuffix("Bericht"), opened.message.findtext(".//{*}body/{*}code", ""), data


@pytest.fixture(scope="module")
def answers(server: World) -> dict[str, tuple[str, str, bytes]]:
    """The answers to all examples, in the order of the page: path -> name, code, answer."""
    engine = make_engine(server.settings.database_url, pool=False)
    for number, zaak in OFFERS.items():
        leg_aanbod(engine, number, zaak, "WmoVoorziening")
    engine.dispose()
    player = Player(server)
    out = {file.path: player.send(file) for file in (*story(), *mistakes())}
    player.known["AANBOD"] = "AANBOD-12"
    return out | {file.path: player.send(file) for file in story_in_zds12()}


@pytest.mark.parametrize("file", [*story(), *mistakes(), *story_in_zds12()], ids=lambda file: str(file.path))
def test_an_example_gets_the_answer_that_the_page_says(
    answers: dict[str, tuple[str, str, bytes]], file: ExampleFile
) -> None:
    name, code, data = answers[file.path]
    assert (name, code) == (file.message.antwoord, file.message.fout), data.decode()


@pytest.mark.parametrize("file", [*story(), *mistakes()], ids=lambda file: str(file.path))
def test_the_recorded_answer_is_what_comes_back(answers: dict[str, tuple[str, str, bytes]], file: ExampleFile) -> None:
    text = etree.tostring(parse(answers[file.path][2]), pretty_print=True, encoding="unicode")
    for pattern, fixed in FIXED.items():
        text = re.sub(pattern, fixed, text)
    recorded = EXAMPLES / ANSWERS / file.path
    if os.environ.get("REGIE_TEST_ANTWOORDEN"):
        recorded.parent.mkdir(parents=True, exist_ok=True)
        recorded.write_text(text)
    assert recorded.read_text() == text


def test_the_script_plays_the_story_with_curl(answers: dict[str, tuple[str, str, bytes]], server: World) -> None:
    """It sends the same messages once more, and gets the same answers."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl or bash is not on this machine")
    outcome = subprocess.run(
        ["bash", EXAMPLES / "speel.sh", f"{server.url}/stuf"],
        env=os.environ | {"AANBOD": "AANBOD"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    wanted = [f"{file.path}: {answers[file.path][0][-4:].lstrip('_')} " for file in story()]
    assert outcome.stdout.splitlines() == wanted


def test_the_links_of_the_page_lead_to_files() -> None:
    page = (EXAMPLES / "README.md").read_text()
    links = re.findall(r"\]\(([^)#]+)\)", page)
    assert len(links) > 90
    assert [link for link in links if not (EXAMPLES / link).exists()] == []


def _paths(message: etree._Element) -> set[str]:
    """The elements of a message, each with those that it is in."""
    root = parse(etree.tostring(message))
    tree = root.getroottree()
    inside = {re.sub(r"\[\d+\]", "", tree.getelementpath(node)) for node in root.iter(etree.Element)}
    return inside | {str(root.tag)}


def test_the_examples_of_what_we_send_are_as_we_really_send_it(
    answers: dict[str, tuple[str, str, bytes]], server: World
) -> None:
    """Messages that the story caused, an offer of ours and our answer to one have all that the examples have."""
    assert answers
    engine = make_engine(server.settings.database_url, pool=False)
    inrichting = InrichtingSource(engine)
    with engine.begin() as connection:
        current = inrichting.current(read_inrichting_versie(connection), connection)
        hand_over(connection, current, "19000000000004", "WmoVoorziening")
        offered = connection.execute(text("SELECT id FROM overdracht WHERE richting = 'in'")).scalars()
        for number in list(offered)[:1]:
            answer_to_offer(connection, current, number, geaccepteerd=True)
    Distributor(engine, inrichting, make_storage(Settings())).walk()
    with engine.connect() as connection:
        sent = connection.execute(text("SELECT inhoud FROM notificatie")).scalars()
        real = [_paths(parse(bytes(one))) for one in sent]
    engine.dispose()
    names = {"notificeerOverZaak", "overdragenZaak", "overdragenZaak_Du01-geaccepteerd"}
    examples = {file.message.naam: open_message(file.text.encode()).message for file in from_us()}
    for name in names:
        message = examples[name]
        assert message is not None
        assert any(_paths(message) <= one for one in real), name

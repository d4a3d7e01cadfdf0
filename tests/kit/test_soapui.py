"""The SoapUI project: fresh, in the order of SoapUI's schema, and played by a small reader; every assertion holds.

The reader does what SoapUI does with what the project uses: interfaces, property expansion, requests, assertions,
property transfers and the mock service. XPaths are evaluated as XPath 2.0, which SoapUI's engine knows.
"""

import re
from pathlib import Path
from typing import Any

import elementpath
import pytest
import urllib3
from lxml import etree
from tests.browser.world import World

from regiesysteem.conformance.judgement import Opened, open_message
from regiesysteem.conformance.scenarios import load_role, roles
from regiesysteem.kit.soapui import CON, FILE, make_project
from regiesysteem.kit.story import from_us
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, parse_file

PROJECT_FILE = Path(__file__).parents[2] / "voorbeelden" / FILE
PROJECT = parse_file(PROJECT_FILE)
NS = {"c": CON}
ORDER = {
    "soapui-project": "description settings interface testSuite mockService properties",
    "interface": "settings endpoints operation",
    "operation": "settings call",
    "call": "settings encoding endpoint request assertion credentials wsaConfig",
    "request": "settings encoding endpoint request assertion credentials wsaConfig",
    "assertion": "settings configuration",
    "testSuite": "settings runType testCase properties",
    "testCase": "description settings testStep",
    "testStep": "settings config",
    "transfers": "name sourceType sourceStep sourcePath targetType targetStep targetPath type",
    "mockService": "settings properties mockOperation",
    "mockOperation": "settings defaultResponse dispatchStyle response",
    "response": "settings responseContent",
}
"""The children of each element, in the order of soapui.xsd."""
TYPES = {"SOAP Response", "Schema Compliance", "SOAP Fault Assertion", "Not SOAP Fault Assertion", "XPath Match"}


def _xpath(path: str, document: etree._Element) -> Any:
    declared = dict(re.findall(r"declare namespace (\w+)='([^']+)';", path))
    return elementpath.select(
        document.getroottree(), path.rpartition(";\n")[2], declared, parser=elementpath.XPath2Parser
    )


def _texts(node: etree._Element, path: str) -> list[str]:
    return [str(one.text or "") for one in node.iterfind(path, NS)]


class Reader:
    """Plays the suites of the project against an address."""

    def __init__(self, endpoint: str) -> None:
        self.project = {"endpoint": endpoint}
        self.suite: dict[str, str] = {}
        self.failed: list[str] = []
        self.sent: list[str] = []
        self.held = 0
        self._actions = {
            (door.get("name"), one.get("name")): one.get("action", "")
            for door in PROJECT.iterfind("c:interface", NS)
            for one in door.iterfind("c:operation", NS)
        }

    def expand(self, text: str) -> str:
        for scope, values in (("Project", self.project), ("TestSuite", self.suite)):
            text = re.sub(rf"\$\{{#{scope}#(\w+)\}}", lambda found, known=values: known[found[1]], text)
        assert "${" not in text, text
        return text

    def play(self, suite: etree._Element) -> None:
        names, values = (_texts(suite, f"c:properties/*/c:{one}") for one in ("name", "value"))
        self.suite = dict(zip(names, values, strict=True))
        for case in suite.iterfind("c:testCase", NS):
            answers: dict[str, bytes] = {}
            for step in case.iterfind("c:testStep", NS):
                where = f"{case.get('name')}: {step.get('name')}"
                if step.get("type") == "request":
                    answers[step.get("name", "")] = self._send(where, step)
                else:
                    self._transfer(where, step, answers)

    def _send(self, where: str, step: etree._Element) -> bytes:
        door, operation = (step.findtext(f"c:config/c:{one}", "", NS) for one in ("interface", "operation"))
        request = step.find("c:config/c:request", NS)
        assert request is not None
        text = self.expand(request.findtext("c:request", "", NS))
        head = {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": f'"{self._actions[door, operation]}"'}
        self.sent.append(text)
        url = self.expand(request.findtext("c:endpoint", "", NS))
        answer = urllib3.request("POST", url, body=text.encode(), headers=head, retries=False).data
        opened = open_message(answer)
        for one in request.iterfind("c:assertion", NS):
            if one.get("disabled") != "true":
                self.held += 1
                if not self._holds(one, opened, answer):
                    self.failed.append(f"{where}: {one.get('name')}\n{answer.decode()[:1500]}")
        return answer

    def _holds(self, assertion: etree._Element, opened: Opened, answer: bytes) -> bool:
        match assertion.get("type"):
            case "SOAP Response":
                return opened.message is not None
            case "Schema Compliance":
                return opened.message is not None and check(opened.message) == []
            case "SOAP Fault Assertion":
                return not opened.is_fault
            case "Not SOAP Fault Assertion":
                return opened.is_fault
        path = self.expand(assertion.findtext("c:configuration/path", "", NS))
        said = str(_xpath(path, parse(answer))).lower()
        return said == assertion.findtext("c:configuration/content", "", NS)

    def _transfer(self, where: str, step: etree._Element, answers: dict[str, bytes]) -> None:
        for one in step.iterfind("c:config/c:transfers", NS):
            source, path, target = (one.findtext(f"c:{part}", "", NS) for part in ("sourceStep", "sourcePath", "name"))
            assert (one.findtext("c:targetStep", "", NS), one.findtext("c:targetType", "", NS)) == (
                "#TestSuite#",
                target,
            )
            assert target in self.suite
            found = _xpath(path, parse(answers[source]))
            if found:
                self.suite[target] = str(found[0].text)
            else:
                self.failed.append(f"{where}: {target}")


def test_the_project_is_as_fresh_as_the_scenarios() -> None:
    assert PROJECT_FILE.read_text() == make_project()


def test_every_element_stands_in_its_place() -> None:
    for node in PROJECT.iter(f"{{{CON}}}*"):
        name = etree.QName(node).localname
        if name in ORDER and len(node):
            places = [ORDER[name].split().index(etree.QName(child).localname) for child in node]
            assert places == sorted(places), (name, node.get("name"))
    ids = PROJECT.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(PROJECT.xpath("//c:assertion/@type", namespaces=NS)) == TYPES
    assert "groovy" not in PROJECT_FILE.read_text().lower()


def test_each_scenario_of_one_side_is_a_test_case() -> None:
    for role in roles():
        alone = [one for one in load_role(role) if all(step.stuur for step in one.stap)]
        alone += [one for one in load_role(role) if all(step.ontvang for step in one.stap)]
        cases = PROJECT.xpath("c:testSuite[@name = $role]/c:testCase", namespaces=NS, role=role)
        assert len(cases) == (len(alone) + 1 if alone else 0)


@pytest.mark.parametrize("suite", PROJECT.xpath("c:testSuite/@name", namespaces=NS))
def test_every_assertion_holds_against_us(server: World, suite: str) -> None:
    """A second run, of the shortest suite, sends nothing that the first one sent."""
    [node] = PROJECT.xpath("c:testSuite[@name = $suite]", namespaces=NS, suite=suite)
    first, second = Reader(f"{server.url}/stuf"), Reader(f"{server.url}/stuf")
    first.play(node)
    assert first.failed == []
    assert first.held > 10
    if suite.endswith("abonnementenbeheer"):
        second.play(node)
        assert second.failed == []
        assert set(first.sent[1:]) & set(second.sent[1:]) == set()


@pytest.mark.parametrize("sent", from_us(), ids=lambda one: one.message.naam)
def test_the_mock_service_confirms_what_we_send(sent: Any) -> None:
    question = parse(sent.text.encode())
    [content] = PROJECT.xpath(
        "c:mockService/c:mockOperation[@operation = $name]/c:response/c:responseContent/text()",
        namespaces=NS,
        name=sent.message.operatie,
    )
    answer = re.sub(
        r"\$\{#MockResponse#Request#([^}]*)\}", lambda found: str(_xpath(found[1], question)[0].text), str(content)
    )
    opened = open_message(answer.encode())
    assert opened.message is not None
    assert opened.name == "Bv03Bericht"
    assert check(opened.message) == []
    number = question.findtext(".//{*}referentienummer")
    assert opened.message.findtext(".//{*}crossRefnummer") == number
    assert opened.message.findtext(".//{*}ontvanger/{*}applicatie") == question.findtext(".//{*}zender/{*}applicatie")

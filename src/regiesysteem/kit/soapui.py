"""Writes `voorbeelden/soapui-project.xml`: the scenarios of the conformance runner as a project for SoapUI.

A test suite per role, a test case per scenario with one side: we ask, or the system under test would and SoapUI sends
what it should send. No script: each run of a suite starts with a
zaakidentificatie that the system under test gives, and all referentienummers and new identificaties begin with it, so
that they are new in each run. Values go on to later steps by property transfers. The mock service is a receiver.
The elements stand in the order of SoapUI's own schema (soapui.xsd).

`python -m regiesysteem.kit.soapui [FILE]`, or `make voorbeelden`.
"""

import sys
import uuid
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

from regiesysteem.config import wsdl_directory
from regiesysteem.conformance.in_zds12 import action_in_zds12, message_in_zds12
from regiesysteem.conformance.judgement import open_message
from regiesysteem.conformance.outgoing import action_of, envelope_around, render
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.provider_run import provided_variables
from regiesysteem.conformance.received import kept_values
from regiesysteem.conformance.scenarios import Scenario, ScenarioStep, fill, load_role, roles
from regiesysteem.kit.soapui_assertions import XPATH, Assertion, assertions_of, declared
from regiesysteem.kit.story import FIRST_MOMENT, from_us, story, story_in_zds12
from regiesysteem.stuf.namespaces import SOAP11, STUF, XSI
from regiesysteem.stuf.xml import parse_file
from regiesysteem.zkn.operations import OPERATIONS, REGIE

CON: Final = "http://eviware.com/soapui/config"
FILE: Final = "soapui-project.xml"
_ENDPOINT: Final = "${#Project#endpoint}"
_RUN: Final = "${#TestSuite#uitvoering}"
_DOORS: Final = ("Regiesysteem", "RegieZaakServices", "ZaakDocumentServices", "Ontvanger")
_WSDL: Final = {"wsdl": "http://schemas.xmlsoap.org/wsdl/", "soap": "http://schemas.xmlsoap.org/wsdl/soap/"}
_FRESH: Final = "//zkn:zaak/zkn:identificatie"
_ANSWER: Final = """<soap:Envelope xmlns:soap="{soap}">
<soap:Body>
<StUF:Bv03Bericht xmlns:StUF="{stuf}">
  <StUF:stuurgegevens>
    <StUF:berichtcode>Bv03</StUF:berichtcode>
    <StUF:zender>
      <StUF:applicatie>{ontvanger}</StUF:applicatie>
    </StUF:zender>
    <StUF:ontvanger>
      <StUF:applicatie>{zender}</StUF:applicatie>
    </StUF:ontvanger>
    <StUF:referentienummer>b-{nummer}</StUF:referentienummer>
    <StUF:tijdstipBericht>{tijdstip}</StUF:tijdstipBericht>
    <StUF:crossRefnummer>{nummer}</StUF:crossRefnummer>
  </StUF:stuurgegevens>
</StUF:Bv03Bericht>
</soap:Body>
</soap:Envelope>
"""


def _add(parent: etree._Element, tag: str, text: str | None = None, /, **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{{{CON}}}{tag}", attributes)
    node.text = text
    return node


def _item(parent: etree._Element, kind: str, name: str, **attributes: str) -> etree._Element:
    """Add something that has a name, an id that stays the same, and settings."""
    owner = next(one.get("id", "") for one in (parent, *parent.iterancestors()) if "id" in one.attrib)
    path = f"{owner}/{kind}/{name}"
    return _add(parent, kind, id=str(uuid.uuid5(uuid.NAMESPACE_URL, path)), name=name, **attributes)


def make_project() -> str:
    """Make the project as text."""
    root = etree.Element(f"{{{CON}}}soapui-project", nsmap={"con": CON, "xsi": XSI})
    root.attrib.update(
        {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, FILE)), "name": "Regiesysteem", "abortOnError": "false"}
    )
    root.attrib.update({"runType": "SEQUENTIAL", "resourceRoot": "${projectDir}", "soapui-version": "5.7.0"})
    _add(root, "description", "Testsets van RZS en ZDS. Zet de eigenschap endpoint op het adres dat u toetst.")
    _add(root, "settings")
    for door in _DOORS:
        _interface(root, door)
    for role in roles():
        if played := playable(role):
            _suite(root, role, played)
    _receiver(root)
    _properties(root, {"endpoint": "http://127.0.0.1:8080/stuf"})
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True).decode()


def _properties(parent: etree._Element, values: dict[str, str]) -> None:
    listing = _add(parent, "properties")
    for name, value in values.items():
        one = _add(listing, "property")
        _add(one, "name", name)
        _add(one, "value", value)


# --- The interfaces: the operations of our WSDLs, each with an example to send by hand


def _interface(root: etree._Element, door: str) -> None:
    wsdl = parse_file(wsdl_directory() / f"{door}.wsdl")
    [binding] = (one for one in wsdl.iterfind("wsdl:binding", _WSDL) if one.find("soap:binding", _WSDL) is not None)
    node = _item(root, "interface", door, type="wsdl", definition=f"../wsdl/{door}.wsdl", soapVersion="1_1")
    node.set(f"{{{XSI}}}type", "con:WsdlInterface")
    node.set("bindingName", f"{{{wsdl.get('targetNamespace')}}}{binding.get('name')}")
    node.attrib.update({"wsaVersion": "NONE", "anonymous": "optional"})
    _add(node, "settings")
    _add(_add(node, "endpoints"), "endpoint", _ENDPOINT)
    files = {"Ontvanger": from_us(), "ZaakDocumentServices": [*story(), *story_in_zds12()]}.get(door, story())
    examples = {file.message.action: file for file in reversed(files)}
    for one in binding.iterfind("wsdl:operation", _WSDL):
        name = one.get("name", "")
        action = next(one.iterfind("soap:operation", _WSDL)).get("soapAction", "")
        operation = _item(node, "operation", name, action=action, bindingOperationName=name, type="Request-Response")
        operation.attrib.update({"isOneWay": "false", "sendsAttachments": "false", "receivesAttachments": "false"})
        _add(operation, "settings")
        if (file := examples.get(action)) is not None:
            _request(_item(operation, "call", file.message.naam), file.text, [])


def _request(node: etree._Element, text: str, assertions: list[Assertion]) -> None:
    _add(node, "settings")
    _add(node, "encoding", "UTF-8")
    _add(node, "endpoint", _ENDPOINT)
    _add(node, "request").text = etree.CDATA(text)
    for number, one in enumerate(assertions, 1):
        assertion = _item(node, "assertion", f"{number} {one.name}", type=one.type)
        if one.disabled:
            assertion.set("disabled", "true")
        configuration = _add(assertion, "configuration")
        if one.type == XPATH:
            values = {"path": one.path, "content": "true", "allowWildcards": "false"}
            for key, value in (values | {"ignoreNamspaceDifferences": "false", "ignoreComments": "false"}).items():
                etree.SubElement(configuration, key).text = value
    _add(_add(node, "credentials"), "authType", "Global HTTP Settings")
    _add(node, "wsaConfig", mustUnderstand="NONE", version="200508")


# --- The suites


def playable(role: str) -> list[Scenario]:
    """Give the scenarios of a role in which one side sends all, and SoapUI can be that side.

    Where the system under test begins, each step sends its example, as to a real store.
    """
    scenarios = load_role(role)
    return [_as_sent(one) for one in scenarios if len({bool(step.stuur) for step in one.stap}) == 1 and _is_known(one)]


def _is_known(scenario: Scenario) -> bool:
    return all(step.stuur or step.voorbeeld for step in scenario.stap)


def _as_sent(scenario: Scenario) -> Scenario:
    """A scenario in which the examples of the system under test are what is sent."""
    steps = (step if step.voorbeeld is None else _example(step) for step in scenario.stap)
    return scenario.model_copy(update={"stap": tuple(steps)})


def _example(step: ScenarioStep) -> ScenarioStep:
    """A step that sends its example: what it kept of the message and of our answer change places."""
    example = step.voorbeeld
    if example is None:
        raise ValueError(step.ontvang)
    sent = {"stuur": step.ontvang, "ontvang": "", "sjabloon": example.sjabloon, "met": example.met}
    return step.model_copy(update=sent | {"eis": (), "bewaar": step.bewaar_antwoord, "bewaar_antwoord": step.bewaar})


def _suite(root: etree._Element, role: str, scenarios: list[Scenario]) -> None:
    suite = _item(root, "testSuite", role)
    _add(suite, "settings")
    _add(suite, "runType", "SEQUENTIAL")
    variables: dict[str, str] = {}
    _first_case(suite)
    for scenario in scenarios:
        _case(suite, scenario, variables)
    kept = sorted({name for one in scenarios for step in one.stap for name in step.bewaar})
    _properties(suite, {"uitvoering": ""} | dict.fromkeys(kept, ""))


def _new_case(suite: etree._Element, name: str, said: str) -> etree._Element:
    case = _item(suite, "testCase", name, failOnError="true", failTestCaseOnErrors="true", keepSession="false")
    case.attrib.update({"maxResults": "0", "searchProperties": "true"})
    if said:
        _add(case, "description", said)
    _add(case, "settings")
    return case


def _first_case(suite: etree._Element) -> None:
    """Ask a fresh identificatie, without a referentienummer: a number that no earlier run had."""
    operation = "genereerZaakIdentificatie_Di02"
    case = _new_case(suite, "0 Uitvoering", "Geeft het nummer waarmee alles van deze uitvoering begint.")
    text = envelope_around(_rendered("genereerzaakidentificatie.xml", {}, "weg", 0))
    text = text.replace("    <StUF:referentienummer>weg</StUF:referentienummer>\n", "")
    _step(case, "uitvoering", ("Regiesysteem", operation), text, assertions_of((), {}))
    _transfer(case, "uitvoering", {"uitvoering": _FRESH})


def _case(suite: etree._Element, scenario: Scenario, variables: dict[str, str]) -> None:
    said = " ".join(filter(None, (", ".join(scenario.bron), scenario.uitleg, scenario.afwijking)))
    case = _new_case(suite, f"{scenario.nummer} {scenario.titel}", said)
    for number, step in enumerate(scenario.stap, 1):
        here = f"{scenario.nummer}-{number}"
        variables |= _given(scenario, number)
        variables |= {name: fill(text, variables) for name, text in step.onthoud.items()}
        values = fill(step.met, variables)
        referentie = str(values.get("referentie") or f"{_RUN}-{here}")
        if step.naam:
            variables[f"{step.naam}.referentie"] = referentie
        text = envelope_around(_message(scenario, step, values, referentie, number))
        at = _operation(scenario, step)
        name = f"{step.nummer or number} {step.naam or at[1]}"
        checks = assertions_of(step.eis, variables)
        _step(case, name, at, text, checks if step.niveau == "fout" else [])
        if step.bewaar:
            _transfer(case, name, step.bewaar)
            variables |= {kept: f"${{#TestSuite#{kept}}}" for kept in step.bewaar}
        variables |= kept_values(open_message(text.encode()).message, step.bewaar_antwoord, variables)[0]


def _given(scenario: Scenario, number: int) -> dict[str, str]:
    """The variables that each step has: fresh numbers, and what the profile says."""
    moment = FIRST_MOMENT + timedelta(seconds=number)
    return provided_variables(DEFAULT) | {
        "nieuw.identificatie": f"{_RUN}N{scenario.nummer}S{number}",
        "nieuw.referentie": f"{_RUN}-r{scenario.nummer}-{number}",
        "nieuw.moment": f"{moment:%Y%m%d%H%M%S}",
    }


def _message(scenario: Scenario, step: ScenarioStep, values: dict[str, Any], referentie: str, number: int) -> str:
    if not scenario.zds12:
        return _rendered(step.sjabloon, values, referentie, number)
    return message_in_zds12(_rendered(step.sjabloon, values | {"zds12": True}, referentie, number), step.stuur)


def _rendered(template: str, values: dict[str, Any], referentie: str, number: int) -> str:
    moment = FIRST_MOMENT + timedelta(seconds=number)
    text = render(template, values, DEFAULT, referentie=referentie, moment=moment)
    return "\n".join(line for line in text.splitlines() if line.strip())


def _operation(scenario: Scenario, step: ScenarioStep) -> tuple[str, str]:
    """Give the interface and the operation in it of what a step sends; WSDL and message may differ in capitals."""
    door = "RegieZaakServices" if OPERATIONS[step.stuur].door is REGIE else "Regiesysteem"
    action = action_in_zds12(step.stuur) if scenario.zds12 else action_of(step.stuur)
    door = "ZaakDocumentServices" if scenario.zds12 else door
    return door, _names(door)[action.rpartition("/")[2].lower()]


@cache
def _names(door: str) -> dict[str, str]:
    """The operations of a WSDL by their names in small letters."""
    wsdl = parse_file(wsdl_directory() / f"{door}.wsdl")
    names = (one.get("name", "") for one in wsdl.iterfind("wsdl:portType/wsdl:operation", _WSDL))
    return {name.lower(): name for name in names}


def _step(case: etree._Element, name: str, at: tuple[str, str], text: str, assertions: list[Assertion]) -> None:
    step = _item(case, "testStep", name, type="request")
    _add(step, "settings")
    config = _add(step, "config")
    config.set(f"{{{XSI}}}type", "con:RequestStep")
    _add(config, "interface", at[0])
    _add(config, "operation", at[1])
    _request(_item(config, "request", name), text, assertions)


def _transfer(case: etree._Element, source: str, kept: dict[str, str]) -> None:
    step = _item(case, "testStep", f"{source}: onthoud", type="transfer")
    _add(step, "settings")
    config = _add(step, "config")
    config.set(f"{{{XSI}}}type", "con:PropertyTransfersStep")
    for name, xpath in kept.items():
        one = _add(config, "transfers", setNullOnMissingSource="true", transferTextContent="true", failOnError="true")
        one.attrib.update({"ignoreEmpty": "false", "transferToAll": "false", "useXQuery": "false"})
        parts = {"name": name, "sourceType": "Response", "sourceStep": source, "sourcePath": declared(xpath)}
        for key, value in (parts | {"targetType": name, "targetStep": "#TestSuite#", "targetPath": ""}).items():
            _add(one, key, value)
        _add(one, "type", "XPATH")


# --- The receiver


def _receiver(root: etree._Element) -> None:
    """Add a mock service that answers whatever we send with a Bv03 about it."""
    service = _item(root, "mockService", "Ontvanger", port="8091", path="/stuf", bindToHostOnly="false")
    _add(service, "settings")
    _properties(service, {})
    answer = _ANSWER.format(
        soap=SOAP11,
        stuf=STUF,
        nummer=_of_request("referentienummer"),
        tijdstip=_of_request("tijdstipBericht"),
        zender=_of_request("zender", "applicatie"),
        ontvanger=_of_request("ontvanger", "applicatie"),
    )
    wsdl = parse_file(wsdl_directory() / "Ontvanger.wsdl")
    for one in wsdl.iterfind("wsdl:portType/wsdl:operation", _WSDL):
        name = one.get("name", "")
        operation = _item(service, "mockOperation", name, interface="Ontvanger", operation=name)
        _add(operation, "settings")
        _add(operation, "defaultResponse", "Bv03")
        _add(operation, "dispatchStyle", "SEQUENCE")
        response = _item(operation, "response", "Bv03", httpResponseStatus="200", encoding="UTF-8")
        _add(response, "settings")
        _add(response, "responseContent").text = etree.CDATA(answer)


def _of_request(*names: str) -> str:
    path = "/".join(f"*[local-name()='{name}']" for name in names)
    return f"${{#MockResponse#Request#//{path}}}"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else f"voorbeelden/{FILE}").write_text(make_project(), "utf-8")

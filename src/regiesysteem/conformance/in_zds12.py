"""ZDS 1.2 beside 1.1: what a template of 1.1 gives as a message of 1.2, and what a scenario of 1.1 asks of an answer.

Names differ, contents do not; `regiesysteem.zkn.zds12` says how. What only 1.2 has is written in 1.2.
"""

import copy
import re
from typing import Any, Final

from lxml import etree

from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import RZS, ZDS, ZKN, zkn
from regiesysteem.zkn.operations import OPERATIONS, Operation

_GENERAL: Final = re.compile(r"(?:Bv|Fo)0[1-4]")
_PARTS: Final = re.compile(r"//zkn:(zaak|document|parameters/zkn:checkedOutId)")
"""The parts of a vrij bericht, which are in the namespace of ZDS in 1.2."""
_PARAGRAPHS: Final = ((re.compile(r"^ZDS 4\.2"), "ZDS 1.2 4.3"), (re.compile(r"^ZDS 4"), "ZDS 1.2 4"))
"""In 1.2 the services of documents moved one paragraph up."""


def message_in_zds12(message: str, operation: str) -> str:
    """Give a message of 1.1 as one of 1.2; a message that is in the namespace of ZDS already stays as it is."""
    old = parse(message.encode())
    if etree.QName(old).namespace == ZDS:
        return message
    what = OPERATIONS[operation]
    prefixes = {prefix: uri for prefix, uri in old.nsmap.items() if prefix and uri != RZS}
    new = etree.Element(what.element_zds12, nsmap={"ZDS": ZDS} | prefixes)
    new.text = old.text
    new.extend(list(old))
    for node in _of_its_own(new, what):
        space = ZDS if what.berichtcode == "Di02" else ZKN
        node.tag = f"{{{space}}}{etree.QName(node).localname}"
    return etree.tostring(new, encoding="unicode")


def _of_its_own(message: etree._Element, operation: Operation) -> list[etree._Element]:
    """The parts of a vrij bericht that are not in the namespace of StUF-ZKN in both versions."""
    return [*message, *message.iterfind(f"{zkn('parameters')}/*")] if operation.functie else []


def action_in_zds12(operation: str) -> str:
    """Give the SOAPAction of an operation in 1.2."""
    return f"{ZDS}/{etree.QName(OPERATIONS[operation].element_zds12).localname}"


def scenario_in_zds12(data: dict[str, Any]) -> dict[str, Any]:
    """Give a scenario of 1.1, as its file has it, with the names, namespaces and paragraphs of 1.2."""
    data = copy.deepcopy(data)
    data["bron"] = [_paragraph(bron) for bron in data.get("bron", [])]
    for step in data["stap"]:
        step["bewaar"] = {name: _xpath(xpath) for name, xpath in step.get("bewaar", {}).items()}
        step["eis"] = [one for check in step.get("eis", []) for one in _check(check, step["stuur"])]
    return data


def _check(check: dict[str, Any], operation: str) -> list[dict[str, Any]]:
    check["bron"] = _paragraph(check["bron"])
    if "xpath" in check:
        check["xpath"] = _xpath(check["xpath"])
    if "bericht" not in check or _GENERAL.fullmatch(check["bericht"]):
        return [check]
    check["bericht"] = OPERATIONS[operation].answer_zds12
    return [check, {"xpath": "namespace-uri()", "is": ZDS, "bron": check["bron"], "uitleg": "een antwoord van ZDS 1.2"}]


def _xpath(xpath: str) -> str:
    return _PARTS.sub(lambda found: found[0].replace("zkn:", "zds:"), xpath)


def _paragraph(bron: str) -> str:
    for pattern, new in _PARAGRAPHS:
        bron = pattern.sub(new, bron)
    return bron

"""Judges a message by the requirements of a step, and by those that hold for every message (StUF 03.01, 4; SOAP 1.1).

More than is asked is fine unless a requirement forbids it. Names count, prefixes and whitespace do not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from regiesysteem.conformance.report import Finding
from regiesysteem.conformance.scenarios import NAMESPACES, Check, FaultExpected, fill
from regiesysteem.stuf import schema
from regiesysteem.stuf.message import Systeem, read_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12, STUF
from regiesysteem.stuf.xml import UnreadableXml, parse

_CODES: Final = re.compile(r"(?:Bv|Fo)0[1-4]")
_MAX_SHOWN: Final = 200
_MAX_DEVIATIONS: Final = 5
_OPERATION_UNKNOWN: Final = "geen bericht"


@dataclass(frozen=True, slots=True)
class Opened:
    """A message out of its envelope; `message` is None when there is none, and `objection` says why (Dutch).

    `faultcode_ok` is False for a fault whose faultcode is not as SOAP 1.1 (4.4) has it.
    """

    message: etree._Element | None
    objection: str = ""
    is_fault: bool = False
    faultcode_ok: bool = True

    @property
    def name(self) -> str:
        """The local name of the message."""
        return etree.QName(self.message).localname if self.message is not None else _OPERATION_UNKNOWN


def open_message(data: bytes) -> Opened:
    """Open the envelope of a message or fault; whatever comes in, there is an answer."""
    if not data.strip():
        return Opened(None, "het antwoord is leeg")
    try:
        document = parse(data)
    except UnreadableXml as error:
        return Opened(None, f"dit is geen XML: {error}")
    name = etree.QName(document)
    if name.localname != "Envelope" or name.namespace not in {SOAP11, SOAP12}:
        return Opened(None, f"dit is geen SOAP-envelope, maar {name.localname}")
    body = document.find(f"{{{name.namespace}}}Body")
    parts = [] if body is None else list(body.iterchildren(etree.Element))
    if len(parts) != 1:
        return Opened(None, f"in de Body staat niet een bericht, maar {len(parts)}")
    if parts[0].tag != f"{{{name.namespace}}}Fault":
        return Opened(parts[0])
    return _open_fault(parts[0], str(name.namespace))


def _open_fault(fault: etree._Element, version: str) -> Opened:
    own = f"{{{version}}}" if version == SOAP12 else ""
    detail = fault.find(f"{own}Detail" if own else "detail")
    good = fault.find(f"{own}Code" if own else "faultcode") is not None
    if detail is None:
        detail = next(fault.iter("{*}detail", "{*}Detail"), None)
    inside = [] if detail is None else list(detail.iterchildren(etree.Element))
    if not inside:
        text = " ".join("".join(map(str, fault.itertext())).split())
        return Opened(None, f"een SOAP-fout zonder foutbericht: {_shown(text)}", True, good)
    return Opened(inside[0], "", True, good)


@dataclass(frozen=True, slots=True)
class Asked:
    """The message that an answer belongs to, as far as requirements look at it."""

    referentie: str
    zender: Systeem
    ontvanger: Systeem


def judge(
    opened: Opened, checks: tuple[Check, ...], variables: Mapping[str, str], question: Asked | None
) -> list[Finding]:
    """List the requirements that a message does not keep; `question` is None for a message that is no answer."""
    if opened.message is None:
        return [Finding("een bericht", opened.objection, bron="SOAP 1.1 4")]
    findings = [] if opened.faultcode_ok else [_faultcode()]
    wanted = next((check for check in checks if check.bericht or check.fout), None)
    if wanted is not None and (finding := _other_message(opened, wanted)):
        return [*findings, finding]
    findings += _deviations(opened.message)
    if question is not None:
        findings += _answers_question(opened.message, question)
    for check in checks:
        if check.xpath:
            findings += _xpath(opened.message, check, variables)
    return findings


def _faultcode() -> Finding:
    return Finding("faultcode zonder namespace", "faultcode in een namespace", "soap:Fault/faultcode", "SOAP 1.1 4.4")


def _other_message(opened: Opened, check: Check) -> Finding | None:
    if check.fout is not None:
        return _other_fault(opened, check.fout, check)
    wanted = f"{check.bericht}Bericht" if _CODES.fullmatch(check.bericht) else check.bericht
    if opened.name == wanted:
        return None
    return Finding(check.bericht, said_by(opened), "", check.bron, check.niveau)


def _other_fault(opened: Opened, wanted: FaultExpected, check: Check) -> Finding | None:
    codes = f" met code {' of '.join(wanted.codes)}" if wanted.codes else ""
    if opened.name != f"{wanted.bericht}Bericht":
        return Finding(f"{wanted.bericht}{codes}", said_by(opened), "", check.bron, check.niveau)
    code = opened.message.findtext(f".//{{{STUF}}}code", "") if opened.message is not None else ""
    if wanted.codes and code.strip() not in wanted.codes:
        return Finding(f"{wanted.bericht}{codes}", said_by(opened), "body/code", check.bron, check.niveau)
    return None


def said_by(opened: Opened) -> str:
    """Name a message, a fault with what it says."""
    if opened.message is None or not opened.name.startswith("Fo"):
        return opened.name
    parts = [
        opened.message.findtext(f".//{{{STUF}}}{part}", "").strip() for part in ("code", "omschrijving", "details")
    ]
    return _shown(f"{opened.name}: {' '.join(filter(None, parts))}")


def _deviations(message: etree._Element) -> list[Finding]:
    """Hold a message against the schema; a deviation has its place and what was expected there."""
    found = schema.check(message)[:_MAX_DEVIATIONS]
    return [Finding("geldig volgens het schema", one.text, one.path, "StUF 03.01 4.4.3") for one in found]


def _answers_question(message: etree._Element, question: Asked) -> list[Finding]:
    """See that an answer is to this question: its crossRefnummer, and zender and ontvanger exchanged."""
    data = read_stuurgegevens(message)
    findings = []
    if (number := data.cross_refnummer) and number != question.referentie:
        findings.append(Finding(question.referentie, number, "stuurgegevens/crossRefnummer", "StUF 03.01 4.3.1"))
    for name, got, wanted in (
        ("zender", data.zender, question.ontvanger),
        ("ontvanger", data.ontvanger, question.zender),
    ):
        if got is not None and got.applicatie != wanted.applicatie:
            place = f"stuurgegevens/{name}/applicatie"
            findings.append(Finding(wanted.applicatie, got.applicatie or "niets", place, "StUF 03.01 4.2"))
    return findings


def _xpath(message: etree._Element, check: Check, variables: Mapping[str, str]) -> list[Finding]:
    found = evaluate(message, check.xpath, variables)
    expected, holds = _compare(found, check, variables)
    if holds:
        return []
    got = _shown(", ".join(found)) if found else "niets"
    said = fill(check.uitleg, variables)
    return [Finding(said or expected, got, fill(check.xpath, variables), check.bron, check.niveau)]


def _compare(found: list[str], check: Check, variables: Mapping[str, str]) -> tuple[str, bool]:
    """Give the expectation, and tell whether it holds: every node that was found complies, and there is one."""
    if check.aanwezig is not None:
        return "aanwezig" if check.aanwezig else "afwezig", bool(found) == check.aanwezig
    if check.is_ is not None:
        wanted = fill(check.is_, variables)
        return wanted or "leeg", bool(found) and all(one == wanted for one in found)
    if check.in_ or check.van_sessie:
        made = variables.get(f"sessie.{check.van_sessie}", "").split()
        choices = [fill(one, variables) for one in check.in_] or made
        return " of ".join(choices) or "niets", bool(found) and all(one in choices for one in found)
    if check.patroon:
        pattern = fill(check.patroon, variables)
        return f"in de vorm {pattern}", bool(found) and all(re.fullmatch(pattern, one) for one in found)
    if check.moment:
        moment = fill(check.moment, variables)
        return moment, bool(found) and all(_same_moment(one, moment) for one in found)
    others = check.niet_in if check.ongelijk is None else (check.ongelijk,)
    taken = [fill(one, variables) for one in others]
    return f"iets anders dan {', '.join(taken)}", bool(found) and not set(found) & set(taken)


def _same_moment(one: str, other: str) -> bool:
    """Compare two moments as far as the shorter one goes (StUF 03.01, 3.3.1)."""
    length = min(len(one), len(other))
    return length >= 8 and one[:length] == other[:length]


def evaluate(message: etree._Element, xpath: str, variables: Mapping[str, str]) -> list[str]:
    """Give what an XPath finds as texts: of each node, or of the number, boolean or text that it computes."""
    found: Any = etree.XPath(fill(xpath, variables), namespaces=NAMESPACES)(message)
    if isinstance(found, bool):
        return ["ja" if found else "nee"]
    if isinstance(found, float):
        return [f"{found:g}"]
    if isinstance(found, str):
        return [found.strip()]
    return [_text(one) for one in found]


def _text(node: Any) -> str:
    return (node if isinstance(node, str) else "".join(node.itertext())).strip()


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"

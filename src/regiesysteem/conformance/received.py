"""A message that the system under test sent to us, judged by itself, and the values that later steps use of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.judgement import Opened, evaluate, judge, open_message, said_by
from regiesysteem.conformance.outgoing import action_of
from regiesysteem.conformance.report import Finding
from regiesysteem.conformance.scenarios import ScenarioStep
from regiesysteem.stuf.message import Stuurgegevens, read_stuurgegevens
from regiesysteem.zkn.names import ZDS
from regiesysteem.zkn.operations import OPERATIONS, recognise

_QUOTES: Final = frozenset("'\"")

UNKNOWN: Final = "onbekend"
"""The operation of a message that is of none."""


@dataclass(frozen=True)
class Incoming:
    """A message with its stuurgegevens, and what is wrong with it apart from any step.

    `beside` is what its schema does not say (SOAPAction, stuurgegevens, the fault that it got); `alone` has the schema
    too, for a message that belongs to no step.
    """

    exchange: Exchanged
    opened: Opened
    data: Stuurgegevens
    beside: tuple[Finding, ...]
    alone: tuple[Finding, ...]


@lru_cache(maxsize=4096)
def _read(question: str, answer: str, action: str) -> tuple[Opened, Stuurgegevens, tuple[Finding, ...]]:
    opened = open_message(question.encode())
    if opened.message is None:
        return opened, Stuurgegevens(), ()
    data = read_stuurgegevens(opened.message)
    operation = operation_of(action, opened)
    findings = (*_action(operation, action, opened.message), *_stuurgegevens(operation, data))
    return opened, data, (*findings, *_refused(answer))


def forget() -> None:
    """Let go of the messages that were read: a process that stays must not keep them."""
    _read.cache_clear()


def receive(exchange: Exchanged) -> Incoming:
    """Read a message that came in and judge it by itself."""
    opened, data, beside = _read(exchange.question, exchange.answer, _said_action(exchange))
    return Incoming(exchange, opened, data, beside, (*beside, *judge(opened, (), {}, None)))


def operation_of(action: str, opened: Opened) -> str:
    """Give the operation that a message is for: the one of its SOAPAction when that fits, else by its content."""
    if opened.message is None:
        return UNKNOWN
    named = OPERATIONS.get(action.rpartition("/")[2])
    if named is not None and opened.message.tag in named.elements:
        return named.name
    return recognise(opened.message) or UNKNOWN


def belongs(exchange: Exchanged, step: ScenarioStep, variables: Mapping[str, str]) -> bool:
    """Tell whether a message may be the one that a step is about: its operation, and what `waar` asks."""
    if exchange.operation != step.ontvang:
        return False
    message = _read(exchange.question, exchange.answer, _said_action(exchange))[0].message
    if message is None or not step.waar:
        return message is not None
    return evaluate(message, step.waar, variables) not in ([], ["nee"])


def kept_values(
    message: etree._Element | None, wanted: Mapping[str, str], variables: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """Give the values that later steps use, and a finding for each that is not there.

    A value with quotes is none: it goes into the XPath of a later step.
    """
    values: dict[str, str] = {}
    findings: list[Finding] = []
    if message is None:
        return values, findings
    for name, xpath in wanted.items():
        found = next(iter(evaluate(message, xpath, variables)), "")
        if not found:
            findings.append(Finding("een waarde", "niets", xpath))
        elif set(found) & _QUOTES:
            findings.append(Finding("een waarde zonder aanhalingstekens", found, xpath))
        else:
            values[name] = found
    return values, findings


def _said_action(exchange: Exchanged) -> str:
    """The SOAPAction without its quotes; SOAP 1.2 has it in the content type."""
    said = exchange.action or exchange.content_type.partition("action=")[2].partition(";")[0]
    return said.strip().strip('"')


def _action(operation: str, action: str, message: etree._Element) -> list[Finding]:
    name = etree.QName(message)
    if operation == UNKNOWN:
        return [Finding("een bericht van RZS of ZDS", name.localname, "soap:Body", "RZS 6, ZDS 4")]
    good = [action_of(operation)]
    if name.namespace == ZDS:
        good = [f"{ZDS}/{operation}", f"{ZDS}/{name.localname}"]
    return [] if action in good else [Finding(good[0], action or "niets", "SOAPAction", "SOAP 1.1 6.1.1, WSDL")]


def _stuurgegevens(operation: str, data: Stuurgegevens) -> list[Finding]:
    """See that the stuurgegevens fit the operation and that nothing is absent (StUF 03.01, 4.1 - 4.3)."""
    if data.missed:
        return [Finding("stuurgegevens", data.missed, "stuurgegevens", "StUF 03.01 4.1")]
    wanted = OPERATIONS.get(operation)
    findings = []
    if wanted is not None:
        findings = [
            Finding(expected, got or "niets", f"stuurgegevens/{place}", "StUF 03.01 4.1")
            for place, expected, got in (
                ("berichtcode", wanted.berichtcode, data.berichtcode),
                ("entiteittype", wanted.entiteittype, data.entiteittype),
                ("functie", wanted.functie, data.functie),
            )
            if expected and got != expected
        ]
    for place, got, bron in (
        ("zender/applicatie", data.zender.applicatie if data.zender else "", "StUF 03.01 4.2"),
        ("ontvanger/applicatie", data.ontvanger.applicatie if data.ontvanger else "", "StUF 03.01 4.2"),
        ("referentienummer", data.referentienummer, "StUF 03.01 4.3"),
        ("tijdstipBericht", data.tijdstip_bericht, "StUF 03.01 4.3"),
    ):
        if not got:
            findings.append(Finding("een waarde", "niets", f"stuurgegevens/{place}", bron))
    return findings


def _refused(answer: str) -> list[Finding]:
    """A fault in answer to a message tells what is wrong with it, as a provider sees it."""
    opened = open_message(answer.encode()) if answer else None
    if opened is None or not opened.is_fault:
        return []
    return [Finding("een bericht dat te verwerken is", said_by(opened), "antwoord", "StUF 03.01 4.4.3")]

"""A run as files: JUnit XML for CI, one HTML page to send, and the messages themselves.

Never a credential: a profile names the file of a password only, and no header is kept.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import jinja2
from lxml import etree

from regiesysteem.conformance.exchanged import LogHead, digest
from regiesysteem.conformance.report import RunReport, StepResult, StepState
from regiesysteem.secret_file import for_owner
from regiesysteem.stuf.xml import UnreadableXml, parse

_SKIPPED: Final = frozenset({StepState.NIET_ONDERSTEUND, StepState.NIET_GEDRAAID, StepState.ONVOLLEDIG})
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")
# A text may quote what the other system sent; XML has no place for these.
_NO_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def junit_report(report: RunReport, head: LogHead) -> bytes:
    """Write JUnit XML: a suite for the role, a class per scenario, a case per step."""
    steps = [(result, step) for result in report.results for step in result.steps]
    counts = Counter(step.state for _, step in steps)
    suite = etree.Element(
        "testsuite",
        name=f"{head.role} ({head.scenarios})".translate(_NO_XML),
        tests=str(len(steps)),
        failures=str(counts[StepState.GEZAKT]),
        errors=str(counts[StepState.STORING]),
        skipped=str(sum(counts[state] for state in _SKIPPED)),
        timestamp=head.moment[:19].translate(_NO_XML),
    )
    _properties(suite, scenarios=head.scenarios, versie=head.runner, adres=head.address)
    for result, step in steps:
        case = etree.SubElement(suite, "testcase", classname=result.scenario.id.replace("/", "."), name=step.title)
        _properties(case, bron="; ".join(result.scenario.bron))
        _outcome(case, step)
    root = etree.Element("testsuites")
    root.append(suite)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _properties(parent: etree._Element, **values: str) -> None:
    listing = etree.SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            etree.SubElement(listing, "property", name=name, value=value.translate(_NO_XML))


def _outcome(case: etree._Element, step: StepResult) -> None:
    lines = [*filter(None, (step.said,)), *map(str, step.findings)]
    text = "\n".join(lines).translate(_NO_XML)
    first = text.partition("\n")[0]
    if step.state is StepState.GEZAKT:
        etree.SubElement(case, "failure", message=first, type="oordeel").text = text
    elif step.state is StepState.STORING:
        etree.SubElement(case, "error", message=first, type="verbinding").text = text
    elif step.state in _SKIPPED:
        etree.SubElement(case, "skipped", message=f"{step.state}: {first}" if first else str(step.state))
    elif text:
        etree.SubElement(case, "system-out").text = text


def html_report(report: RunReport, head: LogHead, log: bytes) -> bytes:
    """Write one page without anything from elsewhere: declared gaps first, messages folded, findings beside them.

    `log` is the log that belongs to it, whose hash the page names.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["xml"] = readable
    counts = Counter(result.state for result in report.results)
    values: dict[str, Any] = {
        "report": report,
        "head": head,
        "profile": head.profile,
        "counts": [(str(state), counts[state]) for state in StepState if counts[state]],
        "differs": [one.scenario for one in report.results if one.scenario.afwijking],
        "digest": digest(log),
        "passed": report.exit_code() == 0,
    }
    return environment.get_template("rapport.html").render(values).encode()


def readable(text: str) -> str:
    """Indent XML for a reader; anything else stays as it is."""
    try:
        root = parse(text.encode())
    except UnreadableXml:
        return text
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def write_file(file: Path, data: bytes) -> None:
    """Write a report or message: it has what somebody sent, so a new file is for its owner alone."""
    with open(file, "wb", opener=for_owner) as output:
        output.write(data)


def save_messages(report: RunReport, directory: Path) -> int:
    """Write each message and each answer to a file of its own; give how many there are."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    for number, one in enumerate(report.exchanges, 1):
        place = f"{one.scenario.replace('/', '-')}-{one.step}" if one.scenario else "los"
        for what, text in (("vraag", one.question), ("antwoord", one.answer)):
            if text:
                # A log of somebody else says what it likes, also as a name.
                name = _NO_NAME.sub("_", f"{number:03d}-{place}-{one.operation}-{what}.xml")
                write_file(directory / name, text.encode())
                count += 1
    return count

"""The requirements of a scenario as assertions of SoapUI: each an XPath that gives true, in XPath 1.0 where that can.

SoapUI calls the assertion that an answer is no fault "SOAP Fault Assertion", and the one that it is a fault "Not SOAP
Fault Assertion": the ids are each other's names on its screen.
"""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.conformance.scenarios import NAMESPACES, Check, fill

NO_FAULT: Final = "SOAP Fault Assertion"
IS_FAULT: Final = "Not SOAP Fault Assertion"
IS_SOAP: Final = "SOAP Response"
SCHEMA: Final = "Schema Compliance"
XPATH: Final = "XPath Match"

_MESSAGE: Final = "/soap:Envelope/soap:Body/*"
_FAULT: Final = "/soap:Envelope/soap:Body/soap:Fault/detail/*"
_FROM_MESSAGE: Final = re.compile(r"\w+:[\w.]+(?:/|$)")
_CODE: Final = re.compile(r"(?:Bv|Fo)0[1-4]")


@dataclass(frozen=True)
class Assertion:
    """An assertion: its type in SoapUI, its name on the screen, and the path of an XPath, which gives true."""

    type: str
    name: str
    path: str = ""
    disabled: bool = False


def declared(path: str) -> str:
    """Put the declarations of its prefixes before an XPath; a path from the message becomes one from the envelope."""
    if _FROM_MESSAGE.match(path):
        path = f"{_MESSAGE}/{path}"
    used = [prefix for prefix in NAMESPACES if re.search(rf"\b{prefix}:", path)]
    return "".join(f"declare namespace {prefix}='{NAMESPACES[prefix]}';\n" for prefix in used) + path


def assertions_of(checks: tuple[Check, ...], variables: dict[str, str]) -> list[Assertion]:
    """Give the assertions for the requirements on an answer, with those that hold for every answer."""
    fault = any(check.fout for check in checks)
    out = [
        Assertion(IS_SOAP, "een SOAP-antwoord"),
        Assertion(SCHEMA, "volgens het schema"),
        Assertion(IS_FAULT, "een SOAP-fout") if fault else Assertion(NO_FAULT, "geen SOAP-fout"),
    ]
    for check in checks:
        path = _path(check, variables)
        name = " ".join(filter(None, (check.uitleg or _named(check), f"({check.bron})" if check.bron else "")))
        out.append(Assertion(XPATH, name, declared(path), disabled=check.niveau == "opmerking"))
    return out


def _named(check: Check) -> str:
    if check.fout:
        return " ".join((check.fout.bericht, *check.fout.codes))
    return check.bericht or check.xpath


def _path(check: Check, variables: dict[str, str]) -> str:
    if check.bericht:
        name = f"{check.bericht}Bericht" if _CODE.fullmatch(check.bericht) else check.bericht
        return f"local-name({_MESSAGE}) = '{name}'"
    if check.fout:
        message = f"local-name({_FAULT}) = '{check.fout.bericht}Bericht'"
        codes = " or ".join(f"//stuf:body/stuf:code = '{code}'" for code in check.fout.codes)
        return f"{message} and ({codes})" if codes else message
    return _value(
        fill(check.xpath, variables).replace("namespace-uri()", f"namespace-uri({_MESSAGE})"), check, variables
    )


def _value(path: str, check: Check, variables: dict[str, str]) -> str:
    """The XPath that says that what a path finds is as required: each node, or the value that it computes."""
    found = etree.XPath(re.sub(r"\$\{[^}]*\}", "x", path), namespaces=NAMESPACES)(etree.Element("x"))
    if check.aanwezig is not None:
        return f"count({path}) > 0" if check.aanwezig else f"count({path}) = 0"
    if isinstance(found, list):
        return f"count({path}) > 0 and count({path}[not({_same('normalize-space(.)', check, variables)})]) = 0"
    if isinstance(found, bool):
        return f"({path}) = {'true()' if check.is_ == 'ja' else 'false()'}"
    if isinstance(found, float):
        return f"{path} = {fill(check.is_ or '', variables)}"
    return _same(path, check, variables)


def _same(what: str, check: Check, variables: dict[str, str]) -> str:
    if check.is_ is not None:
        return f"{what} = '{fill(check.is_, variables)}'"
    if check.patroon:
        return f"matches({what}, '^{fill(check.patroon, variables)}$')"
    if check.moment:
        moment = fill(check.moment, variables)
        return f"starts-with({what}, '{moment}') or starts-with('{moment}', {what})"
    if check.in_:
        return " or ".join(f"{what} = '{fill(one, variables)}'" for one in check.in_)
    others = check.niet_in or (check.ongelijk or "",)
    return " and ".join(f"{what} != '{fill(one, variables)}'" for one in others)

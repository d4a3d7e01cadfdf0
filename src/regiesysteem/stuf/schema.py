"""Checks messages against the published XSD, which is compiled once per process, at the first message.

libxml2 only reads a compiled schema while it validates, so threads share one without a lock; the log of deviations
belongs to the schema object, so those are collected with a second one, one thread at a time.
"""

import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import Final

from lxml import etree

from regiesysteem import paden
from regiesysteem.stuf.namespaces import BG, NSMAP, XMIME
from regiesysteem.stuf.xml import ontleed_bestand

_HOOFDBESTAND: Final = "zkn0310.xsd"
_MAX_AFWIJKINGEN: Final = 200
_MAX_WAARDE: Final = 60
_PREFIXEN: Final = {namespace: prefix for prefix, namespace in NSMAP.items()} | {BG: "BG", XMIME: "xmime"}


@dataclass(frozen=True)
class Afwijking:
    """A place where a message differs from the schema.

    `regel` counts from the first line of what was sent; `pad` are element names from the message down, [n] for the n-th
    of several; `tekst` (Dutch) says what was found and what was expected, and may quote the message.
    """

    regel: int
    pad: str
    tekst: str


def controleer(element: etree._Element) -> list[Afwijking]:
    """List where a message differs from the schema, in document order and at most 200; an empty list: it is valid."""
    if _schema().validate(element):
        return []
    schema, slot = _schema_met_log()
    with slot:
        schema.validate(element)
        regels = list(schema.error_log)[:_MAX_AFWIJKINGEN]  # type: ignore[call-overload]
    return [_afwijking(element, regel) for regel in regels]


def is_geldig(element: etree._Element) -> bool:
    """Tell whether a message is valid."""
    return _schema().validate(element)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(ontleed_bestand(paden.xsd_map() / _HOOFDBESTAND))


@cache
def _schema_met_log() -> tuple[etree.XMLSchema, threading.Lock]:
    return etree.XMLSchema(ontleed_bestand(paden.xsd_map() / _HOOFDBESTAND)), threading.Lock()


def _afwijking(element: etree._Element, regel: etree._LogEntry) -> Afwijking:
    return Afwijking(regel.line, _pad(element, regel.path or ""), nederlands(regel.message or ""))


_STAP: Final = re.compile(r"(?:(?P<prefix>[^:*\[]+):)?(?P<naam>[^\[]+)(?:\[(?P<nummer>\d+)\])?")


def _pad(element: etree._Element, pad: str) -> str:
    """Turn the path of libxml2, which writes `*` for what the sender gave no prefix, into one with names.

    Our own prefixes, and none for what is in the namespace of the message.
    """
    eigen = etree.QName(element).namespace
    namen = [etree.QName(element).localname]
    plek = element
    for stap in pad.split("/")[2:]:
        gevonden = _STAP.fullmatch(stap)
        kinderen = [kind for kind in plek if gevonden and _past(kind, gevonden)]
        nummer = int(gevonden["nummer"] or 1) if gevonden else 1
        if nummer > len(kinderen):
            break
        ouder, plek = plek, kinderen[nummer - 1]
        naam = etree.QName(plek)
        prefix = "" if naam.namespace == eigen else f"{_PREFIXEN.get(naam.namespace or '', '?')}:"
        gelijken = [kind for kind in ouder if kind.tag == plek.tag]
        volgnummer = f"[{gelijken.index(plek) + 1}]" if len(gelijken) > 1 else ""
        namen.append(f"{prefix}{naam.localname}{volgnummer}")
    return "/".join(namen)


def _past(kind: etree._Element, stap: re.Match[str]) -> bool:
    if stap["naam"] == "*":
        return True
    return kind.prefix == stap["prefix"] and etree.QName(kind).localname == stap["naam"]


# What libxml2 says -> how we say it; the groups are names and values out of its text.
_VERTALINGEN: Final = tuple(
    (re.compile(patroon, re.DOTALL), vorm)
    for patroon, vorm in (
        (
            r"This element is not expected\. Expected is (?:one of )?\( (?P<lijst>.*) \)\.",
            "{element} hoort hier niet; verwacht: {lijst}",
        ),
        (r"This element is not expected\.", "{element} hoort hier niet"),
        (
            r"Missing child element\(s\)\. Expected is (?:one of )?\( (?P<lijst>.*) \)\.",
            "binnen {element} ontbreekt: {lijst}",
        ),
        (r"Missing child element\(s\)\.", "binnen {element} ontbreken elementen"),
        (
            r"\[facet 'enumeration'\] The value '(?P<waarde>.*)' is not an element of the set \{(?P<set>.*)\}\.",
            "de waarde '{waarde}' is niet toegestaan; toegestaan: {set}",
        ),
        (
            r"\[facet 'pattern'\] The value '(?P<waarde>.*)' is not accepted by the pattern '(?P<patroon>.*)'\.",
            "de waarde '{waarde}' voldoet niet aan het patroon {patroon}",
        ),
        (
            r"\[facet '(?P<facet>\w*[lL]ength)'\] The value.* has a length of '(?P<lengte>\d+)'.*of '(?P<grens>\d+)'\.",
            "de waarde heeft lengte {lengte}; toegestaan is ({facet}) {grens}",
        ),
        *(
            (
                rf"\[facet '{facet}'\] The value '(?P<waarde>.*)' .*'(?P<grens>[^']*)'\)?\.",
                f"de waarde '{{waarde}}' {zin}",
            )
            for facet, zin in (
                ("minInclusive", "is te klein; toegestaan is ten minste {grens}"),
                ("maxInclusive", "is te groot; toegestaan is ten hoogste {grens}"),
                ("minExclusive", "is te klein; toegestaan is meer dan {grens}"),
                ("maxExclusive", "is te groot; toegestaan is minder dan {grens}"),
                ("totalDigits", "heeft te veel cijfers; toegestaan is een aantal van {grens}"),
                ("fractionDigits", "heeft te veel cijfers achter de komma; toegestaan is een aantal van {grens}"),
            )
        ),
        (
            r"'(?P<waarde>.*)' is not a valid value of the (?:local )?\w+ type '(?P<type>.*)'\.",
            "de waarde '{waarde}' is geen geldige waarde van het type {type}",
        ),
        (r"'(?P<waarde>.*)' is not a valid value of the .*", "de waarde '{waarde}' is hier niet geldig"),
        (r"The attribute '(?P<attribuut>.*)' is not allowed\.", "het attribuut {attribuut} hoort hier niet"),
        (r"The attribute '(?P<attribuut>.*)' is required but missing\.", "het attribuut {attribuut} ontbreekt"),
        (
            r"The attribute '(?P<attribuut>.*)' has a fixed value of '(?P<vast>.*)'.*",
            "het attribuut {attribuut} moet de waarde '{vast}' hebben",
        ),
        (
            r"The value '(?P<waarde>.*)' does not match the fixed value constraint '(?P<vast>.*)'\.",
            "de waarde '{waarde}' moet '{vast}' zijn",
        ),
        (r"The element is not 'nillable'\.", "{element} mag niet xsi:nil zijn"),
        (r".*content is allowed.*nilled.*", "{element} is xsi:nil en mag dan geen inhoud hebben"),
        (r"Character content other than whitespace is not allowed.*", "binnen {element} mag geen tekst staan"),
        (r"Element content is not allowed.*", "binnen {element} mogen geen elementen staan"),
        (r"No matching global declaration available.*", "{element} is geen bekend bericht"),
    )
)
_AANHEF: Final = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribuut>[^']*)')?: (?P<rest>.*)", re.DOTALL
)


def nederlands(tekst: str) -> str:
    """Say in Dutch what libxml2 says; what it has no translation for stays as it is."""
    aanhef = _AANHEF.fullmatch(tekst.strip())
    if aanhef is None:
        return tekst.strip()
    plek = _kort(aanhef["element"])
    for patroon, vorm in _VERTALINGEN:
        if gevonden := patroon.fullmatch(aanhef["rest"]):
            delen = {naam: _kort(waarde or "") for naam, waarde in gevonden.groupdict().items()}
            if "waarde" in delen:
                delen["waarde"] = _afgekapt(delen["waarde"])
            zin = vorm.format(element=plek, **delen)
            return (
                f"attribuut {_kort(aanhef['attribuut'])}: {zin}" if aanhef["attribuut"] and "waarde" in delen else zin
            )
    return f"{plek}: {aanhef['rest']}"


_KLARK: Final = re.compile(r"\{([^{}']*)\}")


def _kort(tekst: str) -> str:
    """Write {namespace}naam with our prefix."""

    def prefix(gevonden: re.Match[str]) -> str:
        return f"{_PREFIXEN[gevonden[1]]}:" if gevonden[1] in _PREFIXEN else gevonden[0]

    return _KLARK.sub(prefix, tekst)


def _afgekapt(waarde: str) -> str:
    return waarde if len(waarde) <= _MAX_WAARDE else waarde[: _MAX_WAARDE - 1] + "…"

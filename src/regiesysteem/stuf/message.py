"""A message: its stuurgegevens, and the checks of table 4.1 that need nothing else (StUF 03.01, 4.3 and 4.4)."""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from regiesysteem.stuf.content.content import Inhouden
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.namespaces import KOPPELVLAK_FAMILY, SECTOR_FAMILY, STUF, STUF_FAMILY

# --- A message as the layers above see it: its stuurgegevens read, its element as it came

_TIJDSTIP_MAX: Final = 17
_MAX_NAMESPACE: Final = 100


@dataclass(frozen=True)
class Systeem:
    """A sender or receiver (StUF 03.01, 4.2); absent parts are empty strings."""

    organisatie: str = ""
    applicatie: str = ""
    administratie: str = ""
    gebruiker: str = ""

    @property
    def sleutel(self) -> tuple[str, str, str]:
        """Give the parts that identify a system: organisatie, applicatie, administratie; no gebruiker (4.4)."""
        return self.organisatie, self.applicatie, self.administratie


@dataclass(frozen=True)
class Stuurgegevens:
    """The envelope data of a message (StUF 03.01, 4.1 - 4.3); None where absent, empty strings for absent texts.

    `missed` (Dutch) says what to mend when the stuurgegevens are absent, or in another namespace. `tijdstip_bericht` is
    kept as sent, 8 to 17 digits.
    """

    berichtcode: str = ""
    zender: Systeem | None = None
    ontvanger: Systeem | None = None
    referentienummer: str = ""
    tijdstip_bericht: str = ""
    cross_refnummer: str = ""
    entiteittype: str = ""
    functie: str = ""
    missed: str = field(default="", compare=False)


@dataclass(frozen=True)
class Bericht:
    """One message for one dienst; `element` is the message itself, without its SOAP envelope.

    `inhouden` are the contents of its documents and those of the answer; the elements have their stand-ins.
    `different_actie`: the SOAPAction named the operation otherwise than the WSDL does. `size` is that of its request in
    bytes. `traceparent` is the header of W3C Trace Context, as it came.
    """

    dienst: str
    element: etree._Element
    stuurgegevens: Stuurgegevens
    inhouden: Inhouden = field(default_factory=Inhouden)
    different_actie: bool = False
    size: int = 0
    traceparent: str = ""


def name_in_log(systeem: Systeem | None) -> str:
    """Name a sender in a log line, "" when there is none."""
    return "/".join(part for part in (systeem or Systeem()).sleutel if part)[:100]


def read_stuurgegevens(element: etree._Element) -> Stuurgegevens:
    """Read the stuurgegevens of a message without checking them.

    The element is in the namespace of the message (sector model or StUF), its children in that of StUF.
    """
    stuurgegevens = find_stuurgegevens(element)
    if stuurgegevens is None:
        return Stuurgegevens(missed=_missed_stuurgegevens(element))
    text = {child.tag: _text(child) for child in stuurgegevens if len(child) == 0}
    return Stuurgegevens(
        berichtcode=text.get(f"{{{STUF}}}berichtcode", ""),
        zender=_systeem(stuurgegevens, "zender"),
        ontvanger=_systeem(stuurgegevens, "ontvanger"),
        referentienummer=text.get(f"{{{STUF}}}referentienummer", ""),
        tijdstip_bericht=text.get(f"{{{STUF}}}tijdstipBericht", "")[:_TIJDSTIP_MAX],
        cross_refnummer=text.get(f"{{{STUF}}}crossRefnummer", ""),
        entiteittype=text.get(f"{{{STUF}}}entiteittype", ""),
        functie=text.get(f"{{{STUF}}}functie", ""),
        missed=_missed_part(stuurgegevens),
    )


def _missed_stuurgegevens(element: etree._Element) -> str:
    bericht = etree.QName(element)
    for child in element:
        if (naam := etree.QName(child)).localname == "stuurgegevens":
            return f"Het element stuurgegevens staat in {_in(naam)}; verwacht is {_in(bericht)}."
    return f"Het bericht heeft geen stuurgegevens; dat is het eerste element, in {_in(bericht)}."


def _missed_part(stuurgegevens: etree._Element) -> str:
    if stuurgegevens.find(f"{{{STUF}}}berichtcode") is not None:
        return ""
    for child in stuurgegevens:
        if (naam := etree.QName(child)).localname == "berichtcode":
            return f"stuurgegevens/berichtcode staat in {_in(naam)}; wat in de stuurgegevens staat, hoort in {STUF}."
    return "In de stuurgegevens ontbreekt berichtcode."


def _in(naam: etree.QName) -> str:
    """The namespace of a name, in words for a sender."""
    return f"de namespace {shorten(naam.namespace, _MAX_NAMESPACE)}" if naam.namespace else "geen namespace"


def find_stuurgegevens(element: etree._Element) -> etree._Element | None:
    """Find the element stuurgegevens of a message; its own namespace is that of the message.

    A message of a koppelvlak may have the type of a message of the sector model, and then its children are of that.
    """
    namespace = etree.QName(element).namespace or ""
    found = element.find(f"{{{namespace}}}stuurgegevens" if namespace else "stuurgegevens")
    if found is None and namespace.startswith(KOPPELVLAK_FAMILY):
        named = element.iterfind("{*}stuurgegevens")
        return next((one for one in named if (etree.QName(one).namespace or "").startswith(SECTOR_FAMILY)), None)
    return found


def _systeem(stuurgegevens: etree._Element, naam: str) -> Systeem | None:
    element = stuurgegevens.find(f"{{{STUF}}}{naam}")
    if element is None:
        return None
    return Systeem(
        *(
            _text(element.find(f"{{{STUF}}}{part}"))
            for part in ("organisatie", "applicatie", "administratie", "gebruiker")
        )
    )


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


# --- The checks on a message before anybody looks at its contents: namespaces and stuurgegevens (StUF 03.01, table 4.1)

_COUNT_PER_SOORT: Final = {"Bv": 4, "Di": 2, "Du": 2, "Fo": 3, "La": 14, "Lk": 6, "Lv": 14, "Sa": 4, "Sh": 4, "Tr": 1}

BERICHTCODES: Final = frozenset(
    f"{soort}{number:02d}" for soort, count in _COUNT_PER_SOORT.items() for number in range(1, count + 1)
)
"""Every berichtcode of StUF 03.01 (4.1.2)."""

_MODEL: Final = re.compile(
    rf"(?:{re.escape(SECTOR_FAMILY)}(?P<sector>\w+)/|{re.escape(KOPPELVLAK_FAMILY)}(?P<koppelvlak>[a-z]+))\w+"
)
"""The namespace of a version of a sector model or koppelvlak; its group says of which."""

_MAX_WAARDE: Final = 60


@dataclass(frozen=True)
class Berichtsoort:
    """The sort of a message: the combination that table 4.1 speaks of; empty where the sort has none."""

    berichtcode: str
    entiteittype: str = ""
    functie: str = ""


@dataclass(frozen=True)
class Sectormodel:
    """A sector model, and the part of it that is supported.

    `koppelvlakken` are the namespaces of message catalogues built on the model. `entiteittypen` and `functies` are all
    that the model and those catalogues have, `supported` the sorts of message that we take.
    """

    namespace: str
    entiteittypen: frozenset[str]
    functies: frozenset[str]
    supported: frozenset[Berichtsoort]
    koppelvlakken: tuple[str, ...] = ()


def check_versions(element: etree._Element, sectormodel: Sectormodel) -> None:
    """Check the namespaces of StUF and of the sector model (StUF 03.01, 4.1.1): StUF001, StUF004, StUF007.

    The details name the received and the supported namespaces.
    """
    for namespace in _namespaces_of_sturing(element):
        if namespace != STUF and namespace.startswith(STUF_FAMILY):
            raise _not_supported("StUF001", namespace, STUF)
    namespace = etree.QName(element).namespace or ""
    supported = (sectormodel.namespace, *sectormodel.koppelvlakken)
    if namespace == STUF or namespace in supported:
        return
    asked = _model(namespace)
    for own in supported:
        if asked and asked == _model(own):
            raise _not_supported("StUF007", namespace, own)
    raise _not_supported("StUF004", namespace, *supported)


def _model(namespace: str) -> tuple[str | None, ...]:
    """Give the sector model or koppelvlak that a namespace is a version of; empty when it is of none."""
    found = _MODEL.fullmatch(namespace)
    return found.groups() if found else ()


def _not_supported(code: str, received: str, *supported: str) -> StufFout:
    what = _quotation(received) if received else "geen namespace"
    listing = ", ".join(f"'{one}'" for one in supported)
    return StufFout(code, f"Ontvangen: {what}. Ondersteund: {listing}.")


def check_berichtsoort(data: Stuurgegevens, expected: Berichtsoort | None, sectormodel: Sectormodel) -> None:
    """Check berichtcode, entiteittype and functie, apart and together: StUF022 to StUF040.

    `expected` is the sort of the requested operation, None when there is no such operation. The schema checks an
    entiteittype or functie that is absent.
    """
    supported = sectormodel.supported
    if not data.berichtcode and data.missed:
        codes = _enumeration({soort.berichtcode for soort in supported})
        raise StufFout("StUF022", f"{data.missed} Ondersteund: {codes}.")
    _check_waarde(data.berichtcode, BERICHTCODES, {soort.berichtcode for soort in supported}, "StUF022", "StUF025")
    if data.entiteittype:
        known = sectormodel.entiteittypen
        _check_waarde(data.entiteittype, known, {soort.entiteittype for soort in supported}, "StUF028", "StUF031")
    if data.functie:
        known = sectormodel.functies
        _check_waarde(data.functie, known, {soort.functie for soort in supported}, "StUF034", "StUF037")
    if expected is None:
        raise StufFout("StUF040", "Deze operatie is er niet; zie de WSDL voor de operaties die er wel zijn.")
    for what, got, needed in (
        ("berichtcode", data.berichtcode, expected.berichtcode),
        ("entiteittype", data.entiteittype, expected.entiteittype),
        ("functie", data.functie, expected.functie),
    ):
        if got and needed and got != needed:
            raise StufFout("StUF040", f"Bij deze operatie hoort {what} {needed}; in de stuurgegevens staat {got}.")


def _check_waarde(
    waarde: str, known: frozenset[str], supported: set[str], code_unknown: str, code_not_supported: str
) -> None:
    if waarde not in known:
        raise StufFout(code_unknown, f"Gekregen: {_quotation(waarde)}. Ondersteund: {_enumeration(supported)}.")
    if waarde not in supported:
        raise StufFout(code_not_supported, f"Gekregen: {waarde}. Ondersteund: {_enumeration(supported)}.")


def _namespaces_of_sturing(element: etree._Element) -> set[str]:
    """Collect the namespaces of all elements called stuurgegevens, in any version of StUF."""
    return {
        etree.QName(child).namespace or ""
        for stuurgegevens in element
        if etree.QName(stuurgegevens).localname == "stuurgegevens"
        for child in (stuurgegevens, *stuurgegevens)
    }


def _enumeration(waarden: set[str]) -> str:
    return ", ".join(sorted(waarde for waarde in waarden if waarde))


def _quotation(waarde: str) -> str:
    return f"'{shorten(waarde, _MAX_WAARDE)}'" if waarde else "geen waarde"

"""A message: its stuurgegevens, and the checks of table 4.1 that need nothing else (StUF 03.01, 4.3 and 4.4)."""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from regiesysteem.stuf.content.content import Inhouden
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import KOPPELVLAK_FAMILIE, SECTOR_FAMILIE, STUF, STUF_FAMILIE
from regiesysteem.stuf.shorten import shorten

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

    `gemist` (Dutch) says what to mend when the stuurgegevens are absent, or in another namespace. `tijdstip_bericht` is
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
    gemist: str = field(default="", compare=False)


@dataclass(frozen=True)
class Bericht:
    """One message for one dienst; `element` is the message itself, without its SOAP envelope.

    `inhouden` are the contents of its documents and those of the answer; the elements have their stand-ins.
    `afwijkende_actie`: the SOAPAction named the operation otherwise than the WSDL does.
    """

    dienst: str
    element: etree._Element
    stuurgegevens: Stuurgegevens
    inhouden: Inhouden = field(default_factory=Inhouden)
    afwijkende_actie: bool = False


def lees_stuurgegevens(element: etree._Element) -> Stuurgegevens:
    """Read the stuurgegevens of a message without checking them.

    The element is in the namespace of the message (sector model or StUF), its children in that of StUF.
    """
    stuurgegevens = vind_stuurgegevens(element)
    if stuurgegevens is None:
        return Stuurgegevens(gemist=_gemiste_stuurgegevens(element))
    tekst = {kind.tag: _tekst(kind) for kind in stuurgegevens if len(kind) == 0}
    return Stuurgegevens(
        berichtcode=tekst.get(f"{{{STUF}}}berichtcode", ""),
        zender=_systeem(stuurgegevens, "zender"),
        ontvanger=_systeem(stuurgegevens, "ontvanger"),
        referentienummer=tekst.get(f"{{{STUF}}}referentienummer", ""),
        tijdstip_bericht=tekst.get(f"{{{STUF}}}tijdstipBericht", "")[:_TIJDSTIP_MAX],
        cross_refnummer=tekst.get(f"{{{STUF}}}crossRefnummer", ""),
        entiteittype=tekst.get(f"{{{STUF}}}entiteittype", ""),
        functie=tekst.get(f"{{{STUF}}}functie", ""),
        gemist=_gemist_deel(stuurgegevens),
    )


def _gemiste_stuurgegevens(element: etree._Element) -> str:
    bericht = etree.QName(element)
    for kind in element:
        if (naam := etree.QName(kind)).localname == "stuurgegevens":
            return f"Het element stuurgegevens staat in {_in(naam)}; verwacht is {_in(bericht)}."
    return f"Het bericht heeft geen stuurgegevens; dat is het eerste element, in {_in(bericht)}."


def _gemist_deel(stuurgegevens: etree._Element) -> str:
    if stuurgegevens.find(f"{{{STUF}}}berichtcode") is not None:
        return ""
    for kind in stuurgegevens:
        if (naam := etree.QName(kind)).localname == "berichtcode":
            return f"stuurgegevens/berichtcode staat in {_in(naam)}; wat in de stuurgegevens staat, hoort in {STUF}."
    return "In de stuurgegevens ontbreekt berichtcode."


def _in(naam: etree.QName) -> str:
    """The namespace of a name, in words for a sender."""
    return f"de namespace {shorten(naam.namespace, _MAX_NAMESPACE)}" if naam.namespace else "geen namespace"


def vind_stuurgegevens(element: etree._Element) -> etree._Element | None:
    """Find the element stuurgegevens of a message; its own namespace is that of the message."""
    namespace = etree.QName(element).namespace
    return element.find(f"{{{namespace}}}stuurgegevens" if namespace else "stuurgegevens")


def _systeem(stuurgegevens: etree._Element, naam: str) -> Systeem | None:
    element = stuurgegevens.find(f"{{{STUF}}}{naam}")
    if element is None:
        return None
    return Systeem(
        *(
            _tekst(element.find(f"{{{STUF}}}{deel}"))
            for deel in ("organisatie", "applicatie", "administratie", "gebruiker")
        )
    )


def _tekst(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


# --- The checks on a message before anybody looks at its contents: namespaces and stuurgegevens (StUF 03.01, table 4.1)

_AANTAL_PER_SOORT: Final = {"Bv": 4, "Di": 2, "Du": 2, "Fo": 3, "La": 14, "Lk": 6, "Lv": 14, "Sa": 4, "Sh": 4, "Tr": 1}

BERICHTCODES: Final = frozenset(
    f"{soort}{nummer:02d}" for soort, aantal in _AANTAL_PER_SOORT.items() for nummer in range(1, aantal + 1)
)
"""Every berichtcode of StUF 03.01 (4.1.2)."""

_MODEL: Final = re.compile(
    rf"(?:{re.escape(SECTOR_FAMILIE)}(?P<sector>\w+)/|{re.escape(KOPPELVLAK_FAMILIE)}(?P<koppelvlak>[a-z]+))\w+"
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
    that the model and those catalogues have, `ondersteund` the sorts of message that we take.
    """

    namespace: str
    entiteittypen: frozenset[str]
    functies: frozenset[str]
    ondersteund: frozenset[Berichtsoort]
    koppelvlakken: tuple[str, ...] = ()


def controleer_versies(element: etree._Element, sectormodel: Sectormodel) -> None:
    """Check the namespaces of StUF and of the sector model (StUF 03.01, 4.1.1): StUF001, StUF004, StUF007.

    The details name the received and the supported namespaces.
    """
    for namespace in _namespaces_van_sturing(element):
        if namespace != STUF and namespace.startswith(STUF_FAMILIE):
            raise _niet_ondersteund("StUF001", namespace, STUF)
    namespace = etree.QName(element).namespace or ""
    ondersteund = (sectormodel.namespace, *sectormodel.koppelvlakken)
    if namespace == STUF or namespace in ondersteund:
        return
    gevraagd = _model(namespace)
    for eigen in ondersteund:
        if gevraagd and gevraagd == _model(eigen):
            raise _niet_ondersteund("StUF007", namespace, eigen)
    raise _niet_ondersteund("StUF004", namespace, *ondersteund)


def _model(namespace: str) -> tuple[str | None, ...]:
    """Give the sector model or koppelvlak that a namespace is a version of; empty when it is of none."""
    gevonden = _MODEL.fullmatch(namespace)
    return gevonden.groups() if gevonden else ()


def _niet_ondersteund(code: str, ontvangen: str, *ondersteund: str) -> StufFout:
    wat = _citaat(ontvangen) if ontvangen else "geen namespace"
    lijst = ", ".join(f"'{een}'" for een in ondersteund)
    return StufFout(code, f"Ontvangen: {wat}. Ondersteund: {lijst}.")


def controleer_soort(gegevens: Stuurgegevens, verwacht: Berichtsoort | None, sectormodel: Sectormodel) -> None:
    """Check berichtcode, entiteittype and functie, apart and together: StUF022 to StUF040.

    `verwacht` is the sort of the requested operation, None when there is no such operation. The schema checks an
    entiteittype or functie that is absent.
    """
    ondersteund = sectormodel.ondersteund
    if not gegevens.berichtcode and gegevens.gemist:
        codes = _opsomming({soort.berichtcode for soort in ondersteund})
        raise StufFout("StUF022", f"{gegevens.gemist} Ondersteund: {codes}.")
    _controleer_waarde(
        gegevens.berichtcode, BERICHTCODES, {soort.berichtcode for soort in ondersteund}, "StUF022", "StUF025"
    )
    if gegevens.entiteittype:
        bekend = sectormodel.entiteittypen
        _controleer_waarde(
            gegevens.entiteittype, bekend, {soort.entiteittype for soort in ondersteund}, "StUF028", "StUF031"
        )
    if gegevens.functie:
        bekend = sectormodel.functies
        _controleer_waarde(gegevens.functie, bekend, {soort.functie for soort in ondersteund}, "StUF034", "StUF037")
    if verwacht is None:
        raise StufFout("StUF040", "Deze operatie is er niet; zie de WSDL voor de operaties die er wel zijn.")
    for wat, gekregen, nodig in (
        ("berichtcode", gegevens.berichtcode, verwacht.berichtcode),
        ("entiteittype", gegevens.entiteittype, verwacht.entiteittype),
        ("functie", gegevens.functie, verwacht.functie),
    ):
        if gekregen and nodig and gekregen != nodig:
            raise StufFout("StUF040", f"Bij deze operatie hoort {wat} {nodig}; in de stuurgegevens staat {gekregen}.")


def _controleer_waarde(
    waarde: str, bekend: frozenset[str], ondersteund: set[str], code_onbekend: str, code_niet_ondersteund: str
) -> None:
    if waarde not in bekend:
        raise StufFout(code_onbekend, f"Gekregen: {_citaat(waarde)}. Ondersteund: {_opsomming(ondersteund)}.")
    if waarde not in ondersteund:
        raise StufFout(code_niet_ondersteund, f"Gekregen: {waarde}. Ondersteund: {_opsomming(ondersteund)}.")


def _namespaces_van_sturing(element: etree._Element) -> set[str]:
    """Collect the namespaces of all elements called stuurgegevens, in any version of StUF."""
    return {
        etree.QName(kind).namespace or ""
        for stuurgegevens in element
        if etree.QName(stuurgegevens).localname == "stuurgegevens"
        for kind in (stuurgegevens, *stuurgegevens)
    }


def _opsomming(waarden: set[str]) -> str:
    return ", ".join(sorted(waarde for waarde in waarden if waarde))


def _citaat(waarde: str) -> str:
    return f"'{shorten(waarde, _MAX_WAARDE)}'" if waarde else "geen waarde"

"""A message as the layers above see it: its stuurgegevens read, its element as it came."""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from regiesysteem.stuf.inhoud import Inhouden
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.shorten import shorten

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
        """Give what identifies a system: organisatie, applicatie, administratie; the gebruiker does not count (4.4)."""
        return self.organisatie, self.applicatie, self.administratie


@dataclass(frozen=True)
class Stuurgegevens:
    """The envelope data of a message (StUF 03.01, 4.1 - 4.3); None where absent, empty strings for absent texts.

    `gemist` says (Dutch) what to mend where they are not there, or in another namespace, so that they cannot be read.
    `tijdstip_bericht` is kept as sent, 8 to 17 digits.
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

    `inhouden` are the contents of its documents and those of the answer; in the elements are their stand-ins.
    `afwijkende_actie`: the operation was not named as the WSDL writes it.
    """

    dienst: str
    element: etree._Element
    stuurgegevens: Stuurgegevens
    inhouden: Inhouden = field(default_factory=Inhouden)
    afwijkende_actie: bool = False


def lees_stuurgegevens(element: etree._Element) -> Stuurgegevens:
    """Read the stuurgegevens of a message, whatever is there; checking them is `stuf.sturing`.

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
    """The namespace of a name, for a sender."""
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

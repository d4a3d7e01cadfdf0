"""What another system says that became of a message of ours: Bv01 to Bv04, Fo01 to Fo03 (StUF 03.01, 4.4).

They come as the answer to the message, or later as a message of their own.
"""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.bericht import lees_stuurgegevens
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import STUF, stuf
from regiesysteem.stuf.shorten import shorten

BEVESTIGINGEN: Final = {
    stuf(f"{code}Bericht"): code for code in ("Bv01", "Bv02", "Bv03", "Bv04", "Fo01", "Fo02", "Fo03")
}
"""Element -> berichtcode of the messages that this module reads."""


@dataclass(frozen=True, slots=True)
class Foutmelding:
    """The body of a foutbericht, as the other system wrote it; what it left out is empty."""

    code: str = ""
    plek: str = ""
    omschrijving: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Bevestiging:
    """What became of the message with referentienummer `cross_refnummer`; `fout` is None when it was taken.

    `soort` is the berichtcode. `cross_refnummer` is "" in a Bv02 or Fo02, which are only ever the answer itself.
    """

    soort: str
    cross_refnummer: str
    fout: Foutmelding | None = None
    meldingen: tuple[str, ...] = ()


def is_bevestiging(element: etree._Element) -> bool:
    """Whether a message is an acknowledgement or a foutbericht."""
    return element.tag in BEVESTIGINGEN


def lees_bevestiging(element: etree._Element) -> Bevestiging:
    """Read a message for which `is_bevestiging` holds, valid or not. Raises StUF055 for another."""
    soort = BEVESTIGINGEN.get(str(element.tag))
    if soort is None:
        raise StufFout("StUF055", f"{shorten(etree.QName(element).localname, 60)} is geen bevestiging of foutbericht.")
    body = element.find(stuf("body"))
    return Bevestiging(
        soort=soort,
        cross_refnummer=lees_stuurgegevens(element).cross_refnummer,
        fout=_foutmelding(body) if soort.startswith("Fo") else None,
        meldingen=tuple((melding.text or "").strip() for melding in element.findall(stuf("melding"))),
    )


def _foutmelding(body: etree._Element | None) -> Foutmelding:
    if body is None:
        return Foutmelding()
    delen = ("code", "plek", "omschrijving", "details")
    return Foutmelding(*(body.findtext(f"{{{STUF}}}{deel}", "").strip() for deel in delen))

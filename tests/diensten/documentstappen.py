"""Steps that tests of documents share."""

import base64

from lxml import etree
from tests.berichten.bouw import lv01, nieuw_nummer, teksten
from tests.berichten.documenten import STRENG, bewerken, document, edc_lk01, edc_lv01, inhoud, pdf, update
from tests.diensten.stappen import nieuw, sleutel
from tests.soap.conftest import Deur

TABELLEN = ("document", "document_versie", "document_zaak", "document_slot", "document_inhoud", "document_stuk")


def voeg_toe(deur: Deur, *zaken: str, data: bytes | None = None, **rest: str) -> str:
    """Register a document with a file, of a new zaak when none is given; its identificatie."""
    nummer = nieuw_nummer()
    bestand = rest.pop("bestand", inhoud(pdf(nummer) if data is None else data))
    zaken = zaken or (nieuw(deur),)
    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nummer, *zaken, bestand=bestand, **rest)))
    return nummer


def maak(deur: Deur, *zaken: str, **rest: str) -> str:
    """Register a container; its identificatie."""
    nummer = nieuw_nummer()
    deur.gelukt("maakZaakdocument_Lk01", edc_lk01("T", document(nummer, *(zaken or (nieuw(deur),)), **rest)))
    return nummer


def lees(deur: Deur, nummer: str, scope: str = 'StUF:scope="alles"', versie: str = "") -> etree._Element:
    """Ask a document back."""
    return deur.gelukt("geefZaakdocumentLezen_Lv01", edc_lv01(nummer, scope, versie))


def element(deur: Deur, nummer: str, pad: str, versie: str = "") -> list[str]:
    """The texts of an element of a document, by XPath from the object."""
    return teksten(lees(deur, nummer, versie=versie), f"//z:antwoord/z:object/{pad}")


def bestand(antwoord: etree._Element) -> bytes:
    """The file in an answer."""
    [tekst] = teksten(antwoord, "//z:antwoord/z:object/z:inhoud")
    return base64.b64decode(tekst, validate=True)


def check_uit(deur: Deur, nummer: str, zender: str = STRENG) -> str:
    """Get a document for editing; the checkedOutId."""
    antwoord = deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer, zender=zender))
    [gekregen] = teksten(antwoord, "//z:checkedOutId")
    return gekregen


def werk_bij(
    deur: Deur,
    nummer: str,
    checked_out_id: str | None,
    elementen: str,
    was: str | None = None,
    zender: str = STRENG,
) -> None:
    """Change a document; must succeed."""
    antwoord = deur.gelukt("updateZaakdocument_Di02", update(nummer, checked_out_id, elementen, was=was, zender=zender))
    assert teksten(antwoord, "//s:berichtcode") == ["Bv02"]


def lijst(deur: Deur, zaak: str, scope: str = "") -> etree._Element:
    """The documents of a zaak."""
    scope = scope or (
        '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC"><ZKN:gerelateerde StUF:entiteittype="EDC">'
        '<ZKN:identificatie xsi:nil="true"/><ZKN:titel xsi:nil="true"/></ZKN:gerelateerde>'
        '<ZKN:registratiedatum xsi:nil="true"/></ZKN:heeftRelevant>'
    )
    return deur.gelukt("geefLijstZaakdocumenten_Lv01", lv01(sleutel(zaak), scope))


def documenten(deur: Deur, zaak: str) -> list[str]:
    """The identificaties of the documents of a zaak."""
    return teksten(lijst(deur, zaak), "//z:heeftRelevant/z:gerelateerde/z:identificatie")


def weiger(deur: Deur, dienst: str, bericht: str) -> tuple[str, str]:
    """Send what must be refused; code and details, and nothing was left behind."""
    voor = deur.aantallen(*TABELLEN)
    fout = deur.fout(dienst, bericht)
    assert deur.aantallen(*TABELLEN) == voor
    return fout

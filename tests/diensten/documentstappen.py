"""Steps that tests of documents share."""

import base64

from lxml import etree
from tests.berichten.bouw import lv01, new_number, texts
from tests.berichten.documenten import STRENG, bewerken, document, edc_lk01, edc_lv01, inhoud, pdf, update
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door

TABLES = ("document", "document_versie", "document_zaak", "document_slot", "document_inhoud", "document_stuk")


def add(door: Door, *zaken: str, data: bytes | None = None, **rest: str) -> str:
    """Register a document with a file, of a new zaak when none is given; its identificatie."""
    number = new_number()
    file = rest.pop("file", inhoud(pdf(number) if data is None else data))
    zaken = zaken or (new(door),)
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(number, *zaken, file=file, **rest)))
    return number


def make(door: Door, *zaken: str, **rest: str) -> str:
    """Register a container; its identificatie."""
    number = new_number()
    door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(number, *(zaken or (new(door),)), **rest)))
    return number


def read(door: Door, number: str, scope: str = 'StUF:scope="alles"', versie: str = "") -> etree._Element:
    """Ask a document back."""
    return door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(number, scope, versie))


def element(door: Door, number: str, path: str, versie: str = "") -> list[str]:
    """The texts of an element of a document, by XPath from the object."""
    return texts(read(door, number, versie=versie), f"//z:antwoord/z:object/{path}")


def file(answer: etree._Element) -> bytes:
    """The file in an answer."""
    [text] = texts(answer, "//z:antwoord/z:object/z:inhoud")
    return base64.b64decode(text, validate=True)


def check_out(door: Door, number: str, zender: str = STRENG) -> str:
    """Get a document for editing; the checkedOutId."""
    answer = door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number, zender=zender))
    [got] = texts(answer, "//z:checkedOutId")
    return got


def revise(
    door: Door,
    number: str,
    checked_out_id: str | None,
    elementen: str,
    was: str | None = None,
    zender: str = STRENG,
) -> None:
    """Change a document; must succeed."""
    answer = door.succeeded(
        "updateZaakdocument_Di02", update(number, checked_out_id, elementen, was=was, zender=zender)
    )
    assert texts(answer, "//s:berichtcode") == ["Bv02"]


def listing(door: Door, zaak: str, scope: str = "") -> etree._Element:
    """The documents of a zaak."""
    scope = scope or (
        '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC"><ZKN:gerelateerde StUF:entiteittype="EDC">'
        '<ZKN:identificatie xsi:nil="true"/><ZKN:titel xsi:nil="true"/></ZKN:gerelateerde>'
        '<ZKN:registratiedatum xsi:nil="true"/></ZKN:heeftRelevant>'
    )
    return door.succeeded("geefLijstZaakdocumenten_Lv01", lv01(sleutel(zaak), scope))


def documenten(door: Door, zaak: str) -> list[str]:
    """The identificaties of the documents of a zaak."""
    return texts(listing(door, zaak), "//z:heeftRelevant/z:gerelateerde/z:identificatie")


def refuse(door: Door, dienst: str, bericht: str) -> tuple[str, str]:
    """Send what must be refused; code and details, and nothing was left behind."""
    for_ = door.counts(*TABLES)
    error = door.fout(dienst, bericht)
    assert door.counts(*TABLES) == for_
    return error

"""The documents of the demo: the messages about them, and the small PDF files that go along."""

from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.demo.berichten import Deel, nu, stuurgegevens

_PDF: Final = "application/pdf"


def genereer_document_identificatie(applicatie: str) -> Deel:
    """The request for a free documentidentificatie (ZDS 4.2.7)."""
    return {"stuurgegevens": stuurgegevens("Di02", applicatie, functie="genereerDocumentidentificatie")}


def document(identificatie: str, soort: str, titel: str, zaken: list[str], tekst: str = "") -> Deel:
    """A new document of these zaken; without a text it waits for its file."""
    inhoud = {"inhoud": bestand(titel, tekst)} if tekst else {}
    return {
        **_kern(identificatie, "T"),
        "dct.omschrijving": soort,
        "creatiedatum": nu()[:8],
        "titel": titel,
        "formaat": "pdf",
        "taal": "nld",
        "vertrouwelijkAanduiding": "VERTROUWELIJK",
        "auteur": "Bakker",
        **inhoud,
        "isRelevantVoor": [_bij_zaak(zaak) for zaak in zaken],
    }


def voeg_toe(applicatie: str, nieuw: Deel) -> Deel:
    """A toevoegkennisgeving of one document: voegZaakdocumentToe, or maakZaakdocument without a file."""
    return {
        "stuurgegevens": stuurgegevens("Lk01", applicatie, entiteittype="EDC"),
        "parameters": {"mutatiesoort": "T", "indicatorOvername": "V"},
        "object": [nieuw],
    }


def lijst(applicatie: str, zaak: str) -> Deel:
    """The question for the documents of a zaak (ZDS 4.2.1)."""
    namen = ("identificatie", "dct.omschrijving", "titel", "versie")
    gerelateerde = {"entiteittype": "EDC", **dict.fromkeys(namen, Nil)}
    relevant = {"entiteittype": "ZAKEDC", "gerelateerde": gerelateerde, "registratiedatum": Nil}
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
        "gelijk": {"entiteittype": "ZAK", "identificatie": zaak},
        "scope": {"object": {"entiteittype": "ZAK", "heeftRelevant": relevant}},
    }


def lezen(applicatie: str, identificatie: str) -> Deel:
    """The question for a document with its file (ZDS 4.2.2)."""
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie, entiteittype="EDC"),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
        "gelijk": {"entiteittype": "EDC", "identificatie": identificatie},
        "scope": {"object": {"entiteittype": "EDC", "scope": "allesMaarKerngegevensGerelateerden"}},
    }


def bewerken(applicatie: str, identificatie: str) -> Deel:
    """The question for a document to edit (ZDS 4.2.3)."""
    gelijk = {"entiteittype": "EDC", "identificatie": identificatie}
    return {
        "stuurgegevens": stuurgegevens("Di02", applicatie, functie="geefZaakdocumentbewerken"),
        "edcLv01": {"entiteittype": "EDC", "functie": "selectie", "parameters": {}, "gelijk": gelijk},
    }


def werk_bij(applicatie: str, identificatie: str, checked_out_id: str | None, **wordt: Any) -> Deel:
    """What becomes of a document: `wordt` are its elements (ZDS 4.2.6)."""
    kennisgeving = {
        "entiteittype": "EDC",
        "functie": "update",
        "parameters": {"mutatiesoort": "W"},
        "object": [_kern(identificatie, "W"), {**_kern(identificatie, "W"), **wordt}],
    }
    return {
        "stuurgegevens": stuurgegevens("Di02", applicatie, functie="updateZaakdocument"),
        "parameters": {"checkedOutId": checked_out_id} if checked_out_id else {},
        "edcLk02": kennisgeving,
    }


def bestand(titel: str, tekst: str) -> Deel:
    """An element inhoud with a PDF of one page."""
    return {"_value_1": pdf(tekst), "contentType": _PDF, "bestandsnaam": f"{titel}.pdf"}


def pdf(tekst: str) -> bytes:
    """A PDF of one page with one line of text in Latin-1."""
    regel = tekst.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    stroom = f"BT /F1 20 Tf 72 760 Td ({regel}) Tj ET".encode("latin-1", "replace")
    objecten = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stroom), stroom),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    uit, plekken = b"%PDF-1.4\n", []
    for nummer, een in enumerate(objecten, 1):
        plekken.append(len(uit))
        uit += b"%d 0 obj\n%s\nendobj\n" % (nummer, een)
    tabel = b"".join(b"%010d 00000 n \n" % plek for plek in plekken)
    aantal = len(objecten) + 1
    kruis = b"xref\n0 %d\n0000000000 65535 f \n%s" % (aantal, tabel)
    return uit + kruis + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (aantal, len(uit))


def _bij_zaak(identificatie: str) -> Deel:
    zaak = {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": identificatie}
    return {"entiteittype": "EDCZAK", "verwerkingssoort": "T", "gerelateerde": zaak}


def _kern(identificatie: str, verwerkingssoort: str) -> Deel:
    return {"entiteittype": "EDC", "verwerkingssoort": verwerkingssoort, "identificatie": identificatie}

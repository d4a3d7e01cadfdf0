"""The messages that the demo and a back office send, as zeep wants them."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.stuf.answers import tijdstip

# --- The messages of the demo, as the dicts that zeep makes XML of: what a vendor writes for each operation

Deel = dict[str, Any]

MEDEWERKER: Final[Deel] = {
    "medewerker": {"entiteittype": "MDW", "verwerkingssoort": "T", "identificatie": "regie01", "achternaam": "Bakker"}
}


def stuurgegevens(berichtcode: str, applicatie: str, **soort: str) -> Deel:
    """The sender and the receiver of a message, with a referentienummer of its own (StUF 4.2)."""
    return {
        "berichtcode": berichtcode,
        "zender": {"organisatie": "1900", "applicatie": applicatie},
        "ontvanger": {"organisatie": "1900", "applicatie": "Regiesysteem"},
        "referentienummer": uuid.uuid4().hex,
        "tijdstipBericht": nu(),
        **(soort or {"entiteittype": "ZAK"}),
    }


def nu() -> str:
    """Now, as a StUF timestamp of 17 digits: Dutch time, whatever the zone of the machine."""
    return tijdstip(datetime.now(UTC))


def genereer_zaak_identificatie(applicatie: str) -> Deel:
    """The request for a free zaakidentificatie (ZDS 4.1.9)."""
    return {"stuurgegevens": stuurgegevens("Di02", applicatie, functie="genereerZaakidentificatie")}


def creeer_zaak(applicatie: str, zaak: Deel) -> Deel:
    """A toevoegkennisgeving of one zaak."""
    return _kennisgeving(applicatie, "T", [zaak])


def wijzig(applicatie: str, was: Deel, wordt: Deel) -> Deel:
    """A wijzigkennisgeving: the zaak as the sender knew it, and as it becomes."""
    return _kennisgeving(applicatie, "W", [was, wordt])


def bevestig_overdragen_zaak(applicatie: str, zaak: str, antwoord: str, aanbod: str, melding: str = "") -> Deel:
    """The answer to an offer, which is the message with referentienummer `aanbod` (RZS 6.8.4)."""
    kop = stuurgegevens("Du01", applicatie, functie="overdragenZaak")
    kop["crossRefnummer"] = aanbod
    inhoud = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak, "antwoord": antwoord}
    return {"stuurgegevens": kop, "melding": [melding] if melding else [], "object": inhoud}


def zaak(identificatie: str, zaaktype: str, omschrijving: str, **relaties: Any) -> Deel:
    """A new zaak with its relations."""
    vandaag = nu()[:8]
    return {
        **_kern(identificatie, "T"),
        "omschrijving": omschrijving,
        "startdatum": vandaag,
        "registratiedatum": vandaag,
        "isVan": {
            "entiteittype": "ZAKZKT",
            "verwerkingssoort": "T",
            "gerelateerde": {"entiteittype": "ZKT", "verwerkingssoort": "I", "code": zaaktype},
        },
        **relaties,
    }


def gewijzigd(identificatie: str, **wat: Any) -> Deel:
    """One side, was or wordt, of a change."""
    return {**_kern(identificatie, "W"), **wat}


def domeingegevens(formaat: str, inhoud: str) -> Deel:
    """The extraElementen with the payload of a zaak in the form of its own domain."""
    return {"extraElement": [{"_value_1": inhoud, "naam": f"domeingegevens/{formaat}"}]}


def persoon(bsn: str, naam: str, voornaam: str) -> Deel:
    """A natuurlijkPersoon of the demo, none of whom exists."""
    return {
        "natuurlijkPersoon": {
            "entiteittype": "NPS",
            "verwerkingssoort": "T",
            "inp.bsn": bsn,
            "authentiek": {"_value_1": "J", "metagegeven": True},
            "geslachtsnaam": naam,
            "voornamen": voornaam,
        }
    }


def initiator(wie: Deel) -> Deel:
    """The relation heeftAlsInitiator."""
    return {"entiteittype": "ZAKBTRINI", "verwerkingssoort": "T", "gerelateerde": wie}


def client(wie: Deel) -> Deel:
    """The relation of a gezinsplan with one of its people (RZS 6.3)."""
    return {"entiteittype": "ZAKOBJ", "verwerkingssoort": "T", "gerelateerde": wie, "omschrijving": "Client"}


def bij_plan(identificatie: str) -> Deel:
    """The relation of a deelplan with its gezinsplan (RZS 6.6)."""
    ander = {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": identificatie}
    return {"entiteittype": "ZAKZAKBTR", "verwerkingssoort": "T", "gerelateerde": ander}


def status(volgnummer: int) -> Deel:
    """The relation with a status that is set now."""
    return {
        "entiteittype": "ZAKSTT",
        "verwerkingssoort": "T",
        "gerelateerde": {"entiteittype": "STT", "verwerkingssoort": "I", "volgnummer": volgnummer},
        "datumStatusGezet": nu(),
        "isGezetDoor": {"entiteittype": "ZAKSTTBTR", "verwerkingssoort": "T", "gerelateerde": MEDEWERKER},
    }


def vraag(applicatie: str, gelijk: Deel, scope: Deel, maximum: int = 50) -> Deel:
    """A vraag by values that must be equal, for the elements of the scope."""
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False, "maximumAantal": maximum},
        "gelijk": {"entiteittype": "ZAK", **gelijk},
        "scope": {"object": {"entiteittype": "ZAK", **scope}},
    }


STATUSSEN: Final[Deel] = {
    "entiteittype": "ZAKSTT",
    "gerelateerde": {"entiteittype": "STT", "volgnummer": Nil, "omschrijving": Nil},
    "datumStatusGezet": Nil,
    "indicatieLaatsteStatus": Nil,
}
ZAAKTYPE: Final[Deel] = {
    "entiteittype": "ZAKZKT",
    "gerelateerde": {"entiteittype": "ZKT", "omschrijving": Nil, "code": Nil},
}


def _kern(identificatie: str, verwerkingssoort: str) -> Deel:
    return {"entiteittype": "ZAK", "verwerkingssoort": verwerkingssoort, "identificatie": identificatie}


def _kennisgeving(applicatie: str, mutatiesoort: str, objecten: list[Deel]) -> Deel:
    return {
        "stuurgegevens": stuurgegevens("Lk01", applicatie),
        "parameters": {"mutatiesoort": mutatiesoort, "indicatorOvername": "V"},
        "object": objecten,
    }


# --- The documents of the demo: the messages about them, and the small PDF files that go along

_PDF: Final = "application/pdf"


def genereer_document_identificatie(applicatie: str) -> Deel:
    """The request for a free documentidentificatie (ZDS 4.2.7)."""
    return {"stuurgegevens": stuurgegevens("Di02", applicatie, functie="genereerDocumentidentificatie")}


def document(identificatie: str, soort: str, titel: str, zaken: list[str], tekst: str = "") -> Deel:
    """A new document of these zaken; without a text it waits for its file."""
    inhoud = {"inhoud": bestand(titel, tekst)} if tekst else {}
    return {
        **_kern_documenten(identificatie, "T"),
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
    """The change of a document: `wordt` are its elements (ZDS 4.2.6)."""
    kennisgeving = {
        "entiteittype": "EDC",
        "functie": "update",
        "parameters": {"mutatiesoort": "W"},
        "object": [_kern_documenten(identificatie, "W"), {**_kern_documenten(identificatie, "W"), **wordt}],
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


def _kern_documenten(identificatie: str, verwerkingssoort: str) -> Deel:
    return {"entiteittype": "EDC", "verwerkingssoort": verwerkingssoort, "identificatie": identificatie}

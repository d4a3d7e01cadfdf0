"""The messages that the demo and a back office send, as zeep wants them."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.stuf.answers import tijdstip

# --- The messages of the demo, as the dicts that zeep makes XML of: what a vendor writes for each operation

Part = dict[str, Any]

MEDEWERKER: Final[Part] = {
    "medewerker": {"entiteittype": "MDW", "verwerkingssoort": "T", "identificatie": "regie01", "achternaam": "Bakker"}
}


def stuurgegevens(berichtcode: str, applicatie: str, **soort: str) -> Part:
    """The sender and the receiver of a message, with a referentienummer of its own (StUF 4.2)."""
    return {
        "berichtcode": berichtcode,
        "zender": {"organisatie": "1900", "applicatie": applicatie},
        "ontvanger": {"organisatie": "1900", "applicatie": "Regiesysteem"},
        "referentienummer": uuid.uuid4().hex,
        "tijdstipBericht": now(),
        **(soort or {"entiteittype": "ZAK"}),
    }


def now() -> str:
    """Now, as a StUF timestamp of 17 digits: Dutch time, whatever the zone of the machine."""
    return tijdstip(datetime.now(UTC))


def genereer_zaak_identificatie(applicatie: str) -> Part:
    """The request for a free zaakidentificatie (ZDS 4.1.9)."""
    return {"stuurgegevens": stuurgegevens("Di02", applicatie, functie="genereerZaakidentificatie")}


def creeer_zaak(applicatie: str, zaak: Part) -> Part:
    """A toevoegkennisgeving of one zaak."""
    return _kennisgeving(applicatie, "T", [zaak])


def change(applicatie: str, was: Part, wordt: Part) -> Part:
    """A wijzigkennisgeving: the zaak as the sender knew it, and as it becomes."""
    return _kennisgeving(applicatie, "W", [was, wordt])


def bevestig_overdragen_zaak(applicatie: str, zaak: str, answer: str, offer: str, melding: str = "") -> Part:
    """The answer to an offer, which is the message with referentienummer `offer` (RZS 6.8.4)."""
    head = stuurgegevens("Du01", applicatie, functie="overdragenZaak")
    head["crossRefnummer"] = offer
    inhoud = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak, "antwoord": answer}
    return {"stuurgegevens": head, "melding": [melding] if melding else [], "object": inhoud}


def zaak(identificatie: str, zaaktype: str, omschrijving: str, **relaties: Any) -> Part:
    """A new zaak with its relations."""
    today = now()[:8]
    return {
        **_kern(identificatie, "T"),
        "omschrijving": omschrijving,
        "startdatum": today,
        "registratiedatum": today,
        "isVan": {
            "entiteittype": "ZAKZKT",
            "verwerkingssoort": "T",
            "gerelateerde": {"entiteittype": "ZKT", "verwerkingssoort": "I", "code": zaaktype},
        },
        **relaties,
    }


def modified(identificatie: str, **what: Any) -> Part:
    """One side, was or wordt, of a change."""
    return {**_kern(identificatie, "W"), **what}


def domeingegevens(formaat: str, inhoud: str) -> Part:
    """The extraElementen with the payload of a zaak in the form of its own domain."""
    return {"extraElement": [{"_value_1": inhoud, "naam": f"domeingegevens/{formaat}"}]}


def persoon(bsn: str, naam: str, voornaam: str) -> Part:
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


def initiator(who: Part) -> Part:
    """The relation heeftAlsInitiator."""
    return {"entiteittype": "ZAKBTRINI", "verwerkingssoort": "T", "gerelateerde": who}


def client(who: Part) -> Part:
    """The relation of a gezinsplan with one of its people (RZS 6.3)."""
    return {"entiteittype": "ZAKOBJ", "verwerkingssoort": "T", "gerelateerde": who, "omschrijving": "Client"}


def at_plan(identificatie: str) -> Part:
    """The relation of a deelplan with its gezinsplan (RZS 6.6)."""
    other = {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": identificatie}
    return {"entiteittype": "ZAKZAKBTR", "verwerkingssoort": "T", "gerelateerde": other}


def status(volgnummer: int) -> Part:
    """The relation with a status that is set now."""
    return {
        "entiteittype": "ZAKSTT",
        "verwerkingssoort": "T",
        "gerelateerde": {"entiteittype": "STT", "verwerkingssoort": "I", "volgnummer": volgnummer},
        "datumStatusGezet": now(),
        "isGezetDoor": {"entiteittype": "ZAKSTTBTR", "verwerkingssoort": "T", "gerelateerde": MEDEWERKER},
    }


def question(applicatie: str, gelijk: Part, scope: Part, maximum: int = 50) -> Part:
    """A vraag by values that must be equal, for the elements of the scope."""
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False, "maximumAantal": maximum},
        "gelijk": {"entiteittype": "ZAK", **gelijk},
        "scope": {"object": {"entiteittype": "ZAK", **scope}},
    }


STATUSSEN: Final[Part] = {
    "entiteittype": "ZAKSTT",
    "gerelateerde": {"entiteittype": "STT", "volgnummer": Nil, "omschrijving": Nil},
    "datumStatusGezet": Nil,
    "indicatieLaatsteStatus": Nil,
}
ZAAKTYPE: Final[Part] = {
    "entiteittype": "ZAKZKT",
    "gerelateerde": {"entiteittype": "ZKT", "omschrijving": Nil, "code": Nil},
}


def _kern(identificatie: str, verwerkingssoort: str) -> Part:
    return {"entiteittype": "ZAK", "verwerkingssoort": verwerkingssoort, "identificatie": identificatie}


def _kennisgeving(applicatie: str, mutatiesoort: str, objecten: list[Part]) -> Part:
    return {
        "stuurgegevens": stuurgegevens("Lk01", applicatie),
        "parameters": {"mutatiesoort": mutatiesoort, "indicatorOvername": "V"},
        "object": objecten,
    }


# --- The documents of the demo: the messages about them, and the small PDF files that go along

_PDF: Final = "application/pdf"


def genereer_document_identificatie(applicatie: str) -> Part:
    """The request for a free documentidentificatie (ZDS 4.2.7)."""
    return {"stuurgegevens": stuurgegevens("Di02", applicatie, functie="genereerDocumentidentificatie")}


def document(identificatie: str, soort: str, titel: str, zaken: list[str], text: str = "") -> Part:
    """A new document of these zaken; without a text it waits for its file."""
    inhoud = {"inhoud": file(titel, text)} if text else {}
    return {
        **_core_documenten(identificatie, "T"),
        "dct.omschrijving": soort,
        "creatiedatum": now()[:8],
        "titel": titel,
        "formaat": "pdf",
        "taal": "nld",
        "vertrouwelijkAanduiding": "VERTROUWELIJK",
        "auteur": "Bakker",
        **inhoud,
        "isRelevantVoor": [_at_zaak(zaak) for zaak in zaken],
    }


def add(applicatie: str, new: Part) -> Part:
    """A toevoegkennisgeving of one document: voegZaakdocumentToe, or maakZaakdocument without a file."""
    return {
        "stuurgegevens": stuurgegevens("Lk01", applicatie, entiteittype="EDC"),
        "parameters": {"mutatiesoort": "T", "indicatorOvername": "V"},
        "object": [new],
    }


def listing(applicatie: str, zaak: str) -> Part:
    """The question for the documents of a zaak (ZDS 4.2.1)."""
    names = ("identificatie", "dct.omschrijving", "titel", "versie")
    gerelateerde = {"entiteittype": "EDC", **dict.fromkeys(names, Nil)}
    relevant = {"entiteittype": "ZAKEDC", "gerelateerde": gerelateerde, "registratiedatum": Nil}
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
        "gelijk": {"entiteittype": "ZAK", "identificatie": zaak},
        "scope": {"object": {"entiteittype": "ZAK", "heeftRelevant": relevant}},
    }


def read(applicatie: str, identificatie: str) -> Part:
    """The question for a document with its file (ZDS 4.2.2)."""
    return {
        "stuurgegevens": stuurgegevens("Lv01", applicatie, entiteittype="EDC"),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
        "gelijk": {"entiteittype": "EDC", "identificatie": identificatie},
        "scope": {"object": {"entiteittype": "EDC", "scope": "allesMaarKerngegevensGerelateerden"}},
    }


def bewerken(applicatie: str, identificatie: str) -> Part:
    """The question for a document to edit (ZDS 4.2.3)."""
    gelijk = {"entiteittype": "EDC", "identificatie": identificatie}
    return {
        "stuurgegevens": stuurgegevens("Di02", applicatie, functie="geefZaakdocumentbewerken"),
        "edcLv01": {"entiteittype": "EDC", "functie": "selectie", "parameters": {}, "gelijk": gelijk},
    }


def revise(applicatie: str, identificatie: str, checked_out_id: str | None, **wordt: Any) -> Part:
    """The change of a document: `wordt` are its elements (ZDS 4.2.6)."""
    kennisgeving = {
        "entiteittype": "EDC",
        "functie": "update",
        "parameters": {"mutatiesoort": "W"},
        "object": [_core_documenten(identificatie, "W"), {**_core_documenten(identificatie, "W"), **wordt}],
    }
    return {
        "stuurgegevens": stuurgegevens("Di02", applicatie, functie="updateZaakdocument"),
        "parameters": {"checkedOutId": checked_out_id} if checked_out_id else {},
        "edcLk02": kennisgeving,
    }


def file(titel: str, text: str) -> Part:
    """An element inhoud with a PDF of one page."""
    return {"_value_1": pdf(text), "contentType": _PDF, "bestandsnaam": f"{titel}.pdf"}


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text in Latin-1."""
    line = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    stream = f"BT /F1 20 Tf 72 760 Td ({line}) Tj ET".encode("latin-1", "replace")
    objecten = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objecten, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in places)
    count = len(objecten) + 1
    cross = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return out + cross + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))


def _at_zaak(identificatie: str) -> Part:
    zaak = {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": identificatie}
    return {"entiteittype": "EDCZAK", "verwerkingssoort": "T", "gerelateerde": zaak}


def _core_documenten(identificatie: str, verwerkingssoort: str) -> Part:
    return {"entiteittype": "EDC", "verwerkingssoort": verwerkingssoort, "identificatie": identificatie}

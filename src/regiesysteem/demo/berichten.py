"""The messages of the demo, as the dicts that zeep makes XML of: what a vendor writes for each operation."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.stuf.answers import tijdstip

Deel = dict[str, Any]

MEDEWERKER: Final[Deel] = {
    "medewerker": {"entiteittype": "MDW", "verwerkingssoort": "T", "identificatie": "regie01", "achternaam": "Bakker"}
}


def stuurgegevens(berichtcode: str, applicatie: str, **soort: str) -> Deel:
    """Who sends what to whom, with a referentienummer of its own (StUF 4.2)."""
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
    """A wijzigkennisgeving: how the sender knew the zaak, and what it becomes."""
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
    """The extraElementen with what a zaak carries in the form of its own domain."""
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
    """A vraag by what must be equal, for the elements of the scope."""
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

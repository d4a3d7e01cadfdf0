"""Het verhaal in het kort met zeep (Python): pip install zeep; python verhaal.py [ADRES]."""

import datetime
import sys
import uuid
import zoneinfo

import zeep
from zeep.xsd import Nil  # een leeg element in een scope: dit wil ik weten

adres = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/stuf"
dienst = zeep.Client(f"{adres}?wsdl").service
NEDERLAND = zoneinfo.ZoneInfo("Europe/Amsterdam")


def nu():
    """Een tijdstip in StUF: Nederlandse tijd, tot op de milliseconde."""
    return datetime.datetime.now(NEDERLAND).strftime("%Y%m%d%H%M%S000")


vandaag = nu()[:8]


def stuurgegevens(berichtcode, **soort):
    """Wie stuurt aan wie, met een referentienummer dat nog niet gebruikt is."""
    return {
        "berichtcode": berichtcode,
        "zender": {"organisatie": "1900", "applicatie": "Python-app"},
        "ontvanger": {"organisatie": "1900", "applicatie": "Regiesysteem"},
        "referentienummer": uuid.uuid4().hex,
        "tijdstipBericht": nu(),
        **soort,
    }


def kennisgeving(entiteittype, mutatiesoort, *objecten):
    """Iets nieuws (mutatiesoort T, een object) of een wijziging (W, was en wordt)."""
    kop = {"entiteittype": entiteittype, "verwerkingssoort": mutatiesoort}
    return {
        "stuurgegevens": stuurgegevens("Lk01", entiteittype=entiteittype),
        "parameters": {"mutatiesoort": mutatiesoort, "indicatorOvername": "V"},
        "object": [{**kop, **een} for een in objecten],
    }


def vraag(zaak, scope):
    """Een vraag over een zaak; scope zegt wat u wilt weten."""
    return {
        "stuurgegevens": stuurgegevens("Lv01", entiteittype="ZAK"),
        "parameters": {"sortering": 0, "indicatorVervolgvraag": False},
        "gelijk": {"entiteittype": "ZAK", "identificatie": zaak},
        "scope": {"object": {"entiteittype": "ZAK", "identificatie": Nil, **scope}},
    }


def relatie(entiteittype, gerelateerde, **verder):
    """Een nieuwe relatie met wie of wat erbij hoort."""
    return {"entiteittype": entiteittype, "verwerkingssoort": "T", "gerelateerde": gerelateerde, **verder}


antwoord = dienst.genereerZaakIdentificatie_Di02(stuurgegevens("Di02", functie="genereerZaakidentificatie"))
zaak = antwoord.zaak.identificatie
zaak = getattr(zaak, "_value_1", zaak)
print("zaak", zaak)

client = {
    "natuurlijkPersoon": {
        "entiteittype": "NPS",
        "verwerkingssoort": "T",
        "inp.bsn": "999990007",
        "authentiek": {"_value_1": "J", "metagegeven": True},
        "geslachtsnaam": "Jansen",
    }
}
regisseur = {
    "medewerker": {"entiteittype": "MDW", "verwerkingssoort": "T", "identificatie": "regie01", "achternaam": "Bakker"}
}
zaaktype = {"entiteittype": "ZKT", "verwerkingssoort": "I", "code": "GEZINSPLAN"}
plan = {
    "identificatie": zaak,
    "omschrijving": "Gezinsplan Jansen",
    "startdatum": vandaag,
    "registratiedatum": vandaag,
    "isVan": relatie("ZAKZKT", zaaktype),
    "heeftBetrekkingOp": [relatie("ZAKOBJ", client, omschrijving="Client")],
    "heeftAlsInitiator": relatie("ZAKBTRINI", regisseur),
}
antwoord = dienst.creeerZaak_Lk01(**kennisgeving("ZAK", "T", plan))
print("creeerZaak:", antwoord.berichtcode)

statustype = {"entiteittype": "STT", "verwerkingssoort": "I", "volgnummer": 2}
status = relatie("ZAKSTT", statustype, datumStatusGezet=nu(), isGezetDoor=relatie("ZAKSTTBTR", regisseur))
wordt = {"identificatie": zaak, "heeft": [status]}
antwoord = dienst.actualiseerZaakstatus_Lk01(**kennisgeving("ZAK", "W", {"identificatie": zaak}, wordt))
print("actualiseerZaakstatus:", antwoord.berichtcode)

statussen = {
    "entiteittype": "ZAKSTT",
    "gerelateerde": {"entiteittype": "STT", "volgnummer": Nil, "omschrijving": Nil},
    "datumStatusGezet": Nil,
}
antwoord = dienst.geefZaakstatus_Lv01(**vraag(zaak, {"heeft": statussen}))
gevonden = zeep.helpers.serialize_object(antwoord.antwoord, dict)["object"]
gevonden = gevonden[0] if isinstance(gevonden, list) else gevonden
laatste = gevonden["heeft"][0]["gerelateerde"]
tekst = laatste["omschrijving"]
print("geefZaakstatus:", tekst["_value_1"] if isinstance(tekst, dict) else tekst)

verslag = {
    "identificatie": f"{zaak}-D1",
    "dct.omschrijving": "Verslag",
    "creatiedatum": vandaag,
    "titel": "Verslag van het gesprek",
    "formaat": "txt",
    "taal": "nld",
    "vertrouwelijkAanduiding": "VERTROUWELIJK",
    "auteur": "Bakker",
    "inhoud": {"_value_1": b"Verslag van het gesprek.", "contentType": "text/plain", "bestandsnaam": "verslag.txt"},
    "isRelevantVoor": [relatie("EDCZAK", {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": zaak})],
}
antwoord = dienst.voegZaakdocumentToe_Lk01(**kennisgeving("EDC", "T", verslag))
print("voegZaakdocumentToe:", antwoord.berichtcode)

try:
    dienst.creeerZaak_Lk01(**kennisgeving("ZAK", "T", plan))
except zeep.exceptions.Fault as fout:
    print("creeerZaak nog eens:", fout.detail[0].findtext(".//{*}body/{*}code"))

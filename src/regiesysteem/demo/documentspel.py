"""What happens to documents in the demo: they come with a plan, are filled later, and are edited by one at a time."""

from typing import Any

from regiesysteem.demo import documenten as d
from regiesysteem.demo.gesprek import Gesprek, GesprekFout


def leg_vast(gesprek: Gesprek, wie: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document with its file; its identificatie."""
    nummer = _nieuw_nummer(gesprek, wie)
    nieuw = d.document(nummer, soort, titel, zaken, tekst=titel)
    gesprek.vraag("voegZaakdocumentToe_Lk01", d.voeg_toe(wie, nieuw), f"{titel}, een PDF")
    return nummer


def vul_later(gesprek: Gesprek, wie: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document that waits for its file, and bring that; its identificatie."""
    nummer = _nieuw_nummer(gesprek, wie)
    leeg = d.document(nummer, soort, titel, zaken)
    gesprek.vraag("maakZaakdocument_Lk01", d.voeg_toe(wie, leeg), f"{titel}, nog zonder inhoud")
    bericht = d.werk_bij(wie, nummer, None, inhoud=d.bestand(titel, titel))
    gesprek.vraag("updateZaakdocument_Di02", bericht, f"{titel}: de inhoud")
    return nummer


def bewerk(gesprek: Gesprek, wie: str, ander: str, nummer: str, titel: str) -> None:
    """Take a document out, see that another cannot have it meanwhile, and bring it back as a new version."""
    antwoord = gesprek.vraag("geefZaakdocumentbewerken_Di02", d.bewerken(wie, nummer), f"{titel} om te bewerken")
    sleutel = str(antwoord["parameters"]["checkedOutId"])
    gesprek.weigering("geefZaakdocumentbewerken_Di02", d.bewerken(ander, nummer), f"{titel}, ook om te bewerken")
    nieuw = d.bestand(titel, f"{titel}, versie 2")
    gesprek.vraag("updateZaakdocument_Di02", d.werk_bij(wie, nummer, sleutel, inhoud=nieuw), f"{titel}: nieuwe versie")
    antwoord = gesprek.vraag("geefZaakdocumentLezen_Lv01", d.lezen(wie, nummer), f"{titel} lezen")
    [gelezen] = antwoord["antwoord"]["object"]
    if gelezen["inhoud"]["_value_1"] != nieuw["_value_1"]:
        raise GesprekFout(f"van {titel} kwam andere inhoud terug dan erin ging")


def toon_lijst(gesprek: Gesprek, wie: str, zaak: str) -> list[str]:
    """The documents of a zaak, a line each."""
    antwoord = gesprek.vraag("geefLijstZaakdocumenten_Lv01", d.lijst(wie, zaak), f"documenten van {zaak}")
    [gevonden] = antwoord["antwoord"]["object"]
    return [_regel(relatie["gerelateerde"]) for relatie in gevonden["heeftRelevant"]]


def _regel(document: Any) -> str:
    titel, soort, versie = (document[naam]["_value_1"] for naam in ("titel", "dct.omschrijving", "versie"))
    return f"{titel} ({soort}, versie {versie})"


def _nieuw_nummer(gesprek: Gesprek, wie: str) -> str:
    bericht = d.genereer_document_identificatie(wie)
    antwoord = gesprek.vraag("genereerDocumentIdentificatie_Di02", bericht, "vrij documentnummer")
    return str(antwoord["document"]["identificatie"]["_value_1"])

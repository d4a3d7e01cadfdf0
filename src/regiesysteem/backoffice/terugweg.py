"""What a back office asks and tells the Regiesysteem, with the zeep client of any other application."""

from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.backoffice.archief import Archief
from regiesysteem.backoffice.scherm import Scherm
from regiesysteem.demo import berichten as b
from regiesysteem.demo import documenten as d
from regiesysteem.demo.gesprek import Gesprek, GesprekFout, tekst
from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import GEACCEPTEERD, GEWEIGERD

_DETAILS: Final = {
    "identificatie": Nil,
    "omschrijving": Nil,
    "isVan": b.ZAAKTYPE,
    "heeft": b.STATUSSEN,
    "heeftBetrekkingOpAndere": {
        "entiteittype": "ZAKZAKBTR",
        "gerelateerde": {"entiteittype": "ZAK", "identificatie": Nil, "omschrijving": Nil},
    },
}


class Terugweg:
    """Sends messages as `eigen` to a server, one after another; it connects at the first one.

    Every method shows as a block what it did, and keeps what it sent and got. All raise GesprekFout, Onbereikbaar among
    them.
    """

    def __init__(self, eigen: Systeem, server: str, scherm: Scherm, archief: Archief) -> None:
        self._eigen = eigen
        self._server = server
        self._scherm = scherm
        self._archief = archief
        self._gesprek: Gesprek | None = None

    def antwoord(self, zaak: str, aanbod: str, *, geaccepteerd: bool, melding: str = "") -> None:
        """Answer the transfer that was offered with the message `aanbod` (RZS 6.8.4)."""
        gezegd = GEACCEPTEERD if geaccepteerd else GEWEIGERD
        bericht = b.bevestig_overdragen_zaak(self._eigen.applicatie, zaak, gezegd, aanbod, melding)
        with self._scherm.gedaan(f"overdracht van {zaak} {'geaccepteerd' if geaccepteerd else 'geweigerd'}"):
            self._stuur("bevestigOverdragenZaak", bericht, zaak, gezegd, uitkomst=gezegd)

    def zet_status(self, zaak: str, volgnummer: int) -> None:
        """Tell that a zaak reached a status (actualiseerZaakstatus)."""
        wordt = b.gewijzigd(zaak, heeft=[b.status(volgnummer)])
        bericht = b.wijzig(self._eigen.applicatie, b.gewijzigd(zaak), wordt)
        with self._scherm.gedaan(f"voortgang van {zaak} gemeld"):
            self._stuur("actualiseerZaakstatus_Lk01", bericht, zaak, f"status {volgnummer}", status=str(volgnummer))

    def wijzig(self, zaak: str, omschrijving: str) -> None:
        """Change the omschrijving of a zaak (updateZaak)."""
        wordt = b.gewijzigd(zaak, omschrijving=omschrijving)
        bericht = b.wijzig(self._eigen.applicatie, b.gewijzigd(zaak), wordt)
        with self._scherm.gedaan(f"{zaak} gewijzigd"):
            self._stuur("updateZaak_Lk01", bericht, zaak, f"omschrijving: {omschrijving}")

    def haal_op(self, zaak: str) -> None:
        """Ask what there is to know of a zaak: its details, and its documents with their files."""
        with self._scherm.gedaan(f"{zaak} opgehaald", f"{zaak} deels opgehaald"):
            self._haal_details(zaak)
            for document in self._lijst(zaak):
                self._lees(zaak, document)

    def _haal_details(self, zaak: str) -> None:
        bericht = b.vraag(self._eigen.applicatie, {"identificatie": zaak}, _DETAILS)
        antwoord = self._stuur("geefZaakdetails_Lv01", bericht, zaak, f"details van {zaak}")
        for gevonden in (antwoord["antwoord"] or {"object": []})["object"]:
            self._toon(gevonden)

    def _toon(self, gevonden: Any) -> None:
        statussen = [_status(een) for een in _gevuld(gevonden["heeft"])]
        plannen = [een["gerelateerde"] for een in _gevuld(gevonden["heeftBetrekkingOpAndere"])]
        regels = [("omschrijving", tekst(gevonden["omschrijving"])), *(("status", een) for een in statussen)]
        regels += [("hoort bij", f"{tekst(plan['omschrijving'])} ({tekst(plan['identificatie'])})") for plan in plannen]
        for naam, waarde in regels:
            self._scherm.regel(naam, waarde)

    def _lijst(self, zaak: str) -> list[str]:
        bericht = d.lijst(self._eigen.applicatie, zaak)
        antwoord = self._stuur("geefLijstZaakdocumenten_Lv01", bericht, zaak, f"documenten van {zaak}")
        gevonden = (antwoord["antwoord"] or {"object": []})["object"]
        relaties = [relatie for een in gevonden for relatie in _gevuld(een["heeftRelevant"])]
        return [tekst(relatie["gerelateerde"]["identificatie"]) for relatie in relaties]

    def _lees(self, zaak: str, document: str) -> None:
        bericht = d.lezen(self._eigen.applicatie, document)
        antwoord = self._stuur("geefZaakdocumentLezen_Lv01", bericht, zaak, f"document {document}")
        for gevonden in (antwoord["antwoord"] or {"object": []})["object"]:
            inhoud = gevonden["inhoud"]
            naam = str(inhoud["bestandsnaam"] or document) if inhoud is not None else document
            data = (inhoud["_value_1"] or b"") if inhoud is not None else b""
            self._scherm.regel("document", f"{tekst(gevonden['titel'])}: {naam}, {len(data)} bytes")
            self._archief.bewaar("document", naam, data, zaak=zaak)

    def _stuur(self, dienst: str, bericht: dict[str, Any], zaak: str, wat: str, **regel: str) -> Any:
        kop = bericht["stuurgegevens"]
        kop["zender"]["organisatie"] = self._eigen.organisatie
        kop["ontvanger"]["organisatie"] = self._eigen.organisatie
        if self._gesprek is None:
            self._gesprek = Gesprek(self._server, self._scherm.console)
        gehad = self._gesprek.aantal
        try:
            antwoord = self._gesprek.vraag(dienst, bericht, wat)
        except GesprekFout:
            if self._gesprek.aantal > gehad:  # it was answered, with a fault
                self._bewaar(self._gesprek, "geweigerd", dienst, zaak=zaak, wat=wat)
            raise
        self._bewaar(self._gesprek, "verstuurd", dienst, zaak=zaak, wat=wat, **regel)
        return antwoord

    def _bewaar(self, gesprek: Gesprek, richting: str, dienst: str, *, zaak: str, **regel: str) -> None:
        self._archief.bewaar(richting, dienst, gesprek.laatst_verstuurd, zaak=zaak, **regel)
        self._archief.bewaar("antwoord", dienst, gesprek.laatst_ontvangen, zaak=zaak)


def _gevuld(relaties: list[Any] | None) -> list[Any]:
    """The relations that there are: zeep gives None for one that says that there is none (StUF:noValue)."""
    return [relatie for relatie in relaties or [] if relatie is not None and relatie["gerelateerde"] is not None]


def _status(status: Any) -> str:
    soort = status["gerelateerde"]
    return f"{tekst(soort['volgnummer'])}. {tekst(soort['omschrijving'])}"

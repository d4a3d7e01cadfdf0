"""SOAP stacks of vendors have the same conversation with a running server: every operation, and a fault."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.berichten.bouw import nieuw_nummer
from tests.berichten.regie import leg_aanbod
from tests.conftest import Server
from tests.interop.stapels import Roep, java, node, php, vind, zeep_streng
from zeep.xsd import Nil

from regiesysteem.db import maak_engine
from regiesysteem.zkn.operations import OPERATIONS, REGIE
from regiesysteem_practice import play_messages as b
from regiesysteem_practice import play_messages as d

ZENDER = "WmoVoorziening"  # is held to the schema
BSN = "999990056"


class Gesprek:
    """A back office that makes twenty-six calls, by turns at the common door and at that of the operation."""

    def __init__(self, roep: Roep, zaak: str) -> None:
        self._roep = roep
        self.aantal = 0
        self.fouten: list[str] = []
        self.zaak = zaak

    def roep(self, operatie: str, bericht: dict[str, Any], verwacht: str) -> Any:
        """Call; what is answered otherwise is told at the end, so that one call does not hide the others."""
        self.aantal += 1
        eigen = OPERATIONS[operatie].door
        antwoord = self._roep("" if self.aantal % 2 and eigen is not REGIE else eigen.name, operatie, bericht)
        gezegd = vind(antwoord, "berichtcode")[:1] or [antwoord]
        if gezegd != [verwacht]:
            self.fouten.append(f"{operatie}: {gezegd} {vind(antwoord, 'details')}")
        return antwoord

    def is_gelijk(self, antwoord: Any, naam: str, *waarden: str | bytes) -> None:
        """Look at what the stack read in an answer."""
        lees = _bytes if naam == "inhoud" else str
        if (gelezen := list(dict.fromkeys(lees(een) for een in vind(antwoord, naam)))) != list(waarden):
            self.fouten.append(f"{naam} is {gelezen}, not {waarden}")


@pytest.fixture(scope="module", params=["zeep", "node", "php", "java"])
def roep(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roep]:
    stapel = {"zeep": zeep_streng, "node": node, "php": php, "java": java}[request.param]
    with stapel(f"{server.url}/stuf", tmp_path_factory.mktemp(request.param)) as roep_:
        yield roep_


def test_a_stack_makes_every_call_from_our_wsdl_alone(roep: Roep, server: Server) -> None:
    motor = maak_engine(server.database_url, pool=False)
    leg_aanbod(motor, aanbod := nieuw_nummer(), plan := nieuw_nummer(), ZENDER)
    motor.dispose()
    gesprek = Gesprek(roep, plan)
    zaak = zaken(gesprek)
    vragen(gesprek, zaak)
    documenten(gesprek, zaak)
    regie(gesprek, zaak, aanbod, plan)
    assert not gesprek.fouten, "\n".join(gesprek.fouten)
    assert gesprek.aantal == 26


def zaken(gesprek: Gesprek) -> str:
    """A gezinsplan, a deelplan with two extraElementen, a status; the number of the deelplan."""
    genereer = b.genereer_zaak_identificatie(ZENDER)
    gesprek.roep("genereerZaakIdentificatie_Di02", genereer, "Du02")
    wie = b.persoon(BSN, "De Wit", "Anna")
    initiator = b.initiator(b.MEDEWERKER)
    plan = b.zaak(
        nieuw_nummer(), "GEZINSPLAN", "Gezinsplan", heeftBetrekkingOp=[b.client(wie)], heeftAlsInitiator=initiator
    )
    gesprek.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, plan), "Bv03")
    deel = b.zaak(
        nummer := nieuw_nummer(),
        "B1026",
        "Aanvraag",
        extraElementen=_extra(kleur="rood", vorm="rond"),
        heeftAlsInitiator=b.initiator(wie),
        heeftBetrekkingOpAndere=[b.bij_plan(plan["identificatie"])],
    )
    gesprek.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, deel), "Bv03")
    wordt = b.gewijzigd(nummer, omschrijving="Aanvraag bijzondere bijstand")
    gesprek.roep("updateZaak_Lk01", b.wijzig(ZENDER, b.gewijzigd(nummer), wordt), "Bv03")
    status = b.gewijzigd(nummer, heeft=[b.status(2)])
    gesprek.roep("actualiseerZaakstatus_Lk01", b.wijzig(ZENDER, b.gewijzigd(nummer), status), "Bv03")
    gesprek.is_gelijk(gesprek.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, deel), "Fo03"), "code", "StUF067")
    return nummer


def vragen(gesprek: Gesprek, zaak: str) -> None:
    """The status, details by name, everything, and who has a zaak."""
    gelijk = {"identificatie": zaak}
    scope = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    antwoord = gesprek.roep("geefZaakstatus_Lv01", b.vraag(ZENDER, gelijk, scope), "La01")
    gesprek.is_gelijk(antwoord, "indicatieLaatsteStatus", "J")
    antwoord = gesprek.roep("geefZaakdetails_Lv01", b.vraag(ZENDER, gelijk, scope), "La01")
    gesprek.is_gelijk(antwoord, "identificatie", zaak)
    antwoord = gesprek.roep("geefZaakdetails_Lv01", b.vraag(ZENDER, gelijk, {"scope": "alles"}), "La01")
    gesprek.is_gelijk(antwoord, "inp.bsn", BSN)
    gesprek.is_gelijk(antwoord, "extraElement", "rood", "rond")
    antwoord = gesprek.roep("zakLv01", b.vraag(ZENDER, gelijk, {"identificatie": Nil}), "La01")
    gesprek.is_gelijk(antwoord, "identificatie", zaak)


def documenten(gesprek: Gesprek, zaak: str) -> None:
    """A document with a file and one without, listed, read, edited, and one check-out that is cancelled."""
    gesprek.roep("genereerDocumentIdentificatie_Di02", d.genereer_document_identificatie(ZENDER), "Du02")
    nummer = nieuw_nummer()
    met = d.document(nummer, "Verslag", "Verslag", [zaak], "Een bestand")
    gesprek.roep("voegZaakdocumentToe_Lk01", d.voeg_toe(ZENDER, met), "Bv03")
    zonder = d.document(nieuw_nummer(), "Verslag", "Later", [zaak])
    gesprek.roep("maakZaakdocument_Lk01", d.voeg_toe(ZENDER, zonder), "Bv03")
    antwoord = gesprek.roep("geefLijstZaakdocumenten_Lv01", d.lijst(ZENDER, zaak), "La01")
    gesprek.is_gelijk(antwoord, "titel", "Verslag", "Later")
    antwoord = gesprek.roep("geefZaakdocumentLezen_Lv01", d.lezen(ZENDER, nummer), "La01")
    gesprek.is_gelijk(antwoord, "inhoud", d.pdf("Een bestand"))
    antwoord = gesprek.roep("geefZaakdocumentbewerken_Di02", d.bewerken(ZENDER, nummer), "Du02")
    [sleutel] = vind(antwoord, "checkedOutId") or [""]
    wordt = d.werk_bij(ZENDER, nummer, sleutel, inhoud=d.bestand("Verslag", "Bijgewerkt"))
    gesprek.roep("updateZaakdocument_Di02", wordt, "Bv02")
    antwoord = gesprek.roep("geefZaakdocumentbewerken_Di02", d.bewerken(ZENDER, nummer), "Du02")
    [sleutel] = vind(antwoord, "checkedOutId") or [""]
    vrij = {"entiteittype": "EDC", "functie": "entiteit", "verwerkingssoort": "W", "identificatie": nummer}
    kop = b.stuurgegevens("Di02", ZENDER, functie="cancelCheckout")
    cancel = {"stuurgegevens": kop, "parameters": {"checkedOutId": sleutel}, "document": vrij}
    gesprek.roep("cancelCheckout_Di02", cancel, "Bv02")
    vraag = d.lezen(ZENDER, nummer)
    # By name; an empty inhoud asks for the file, and a stack with MTOM attaches it as a part of no bytes.
    vraag["scope"] = {"object": {"entiteittype": "EDC", "identificatie": Nil, "inhoud": b""}}
    antwoord = gesprek.roep("geefZaakdocumentLezen_Lv01", vraag, "La01")
    gesprek.is_gelijk(antwoord, "inhoud", d.pdf("Bijgewerkt"))


def regie(gesprek: Gesprek, zaak: str, aanbod: str, plan: str) -> None:
    """All of Regie- en Zaakservices, with what a service bus sends."""
    soort = {
        "entiteittype": "ZAKZKT",
        "gerelateerde": {"entiteittype": "ZKT", "omschrijving": "Aanvraag minima", "code": "B1026"},
    }
    stand = {"volgnummer": 2, "code": Nil, "omschrijving": "In behandeling", "ingangsdatumObject": Nil}
    status = {
        "entiteittype": "ZAKSTT",
        "gerelateerde": {"entiteittype": "STT", **stand},
        "datumStatusGezet": "20261124",
    }

    def melding(**extra: str) -> dict[str, Any]:
        object_ = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak}
        object_ |= {"extraElementen": _extra(**extra), "isVan": [soort], "heeft": status}
        kop = b.stuurgegevens("Di01", ZENDER, functie="notificeerOverZaak")
        return {"stuurgegevens": kop, "melding": ["Let op"], "object": object_}

    gebeurtenis = "Actualiseer zaakstatus"
    gesprek.roep("notificeerOverZaak", melding(gebeurtenis=gebeurtenis), "Bv03")
    gesprek.roep("initieerNotificeerOverZaak", melding(gebeurtenis=gebeurtenis, zendendeApplicatie=ZENDER), "Bv03")
    aangeboden = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak, "isVan": [soort]}
    kop = b.stuurgegevens("Di01", ZENDER, functie="overdragenZaak")
    gesprek.roep("overdragenZaak", {"stuurgegevens": kop, "object": aangeboden}, "Bv03")
    nee = b.bevestig_overdragen_zaak(ZENDER, plan, "Overdracht geweigerd", aanbod)
    gesprek.roep("bevestigOverdragenZaak", nee, "Bv03")

    def bus(code: str, **body: dict[str, str]) -> dict[str, Any]:
        kop = b.stuurgegevens(code, ZENDER)
        del kop["entiteittype"]
        return {"stuurgegevens": {**kop, "crossRefnummer": "n-1"}, **body}

    gesprek.roep("Bv03", bus("Bv03"), "Bv03")
    fout = {"code": "StUF064", "plek": "server", "omschrijving": "Object niet gevonden"}
    gesprek.roep("Fo03", bus("Fo03", body=fout), "Bv03")


def _extra(**waarden: str) -> dict[str, Any]:
    return {"extraElement": [{"_value_1": waarde, "naam": naam} for naam, waarde in waarden.items()]}


def _bytes(inhoud: Any) -> bytes:
    """What a stack read of a base64Binary: bytes, the text that they are, or the base64 that it leaves."""
    if isinstance(inhoud, bytes):
        return inhoud
    return inhoud.encode() if inhoud.startswith("%PDF") else base64.b64decode(inhoud)

"""SOAP stacks of vendors have the same conversation with a running server: every operation, and a fault."""

import base64
import copy
from collections.abc import Iterator
from typing import Any

import pytest
from tests.berichten.bouw import new_number
from tests.berichten.regie import leg_aanbod
from tests.conformiteit.aanroepen import AANROEPEN_ZDS12, DOCUMENT
from tests.conftest import Server
from tests.interop.stapels import Roep, find, java, node, php, zeep_streng
from zeep.xsd import Nil

from regiesysteem.db import make_engine
from regiesysteem.zkn.operations import OPERATIONS, REGIE
from regiesysteem_practice import play_messages as b
from regiesysteem_practice import play_messages as d

ZENDER = "WmoVoorziening"  # is held to the schema
BSN = "999990056"


class Conversation:
    """A back office that makes twenty-six calls, by turns at the common door and at that of the operation."""

    def __init__(self, roep: Roep, zaak: str) -> None:
        self._roep = roep
        self.aantal = 0
        self.fouten: list[str] = []
        self.zaak = zaak

    def roep(self, operatie: str, bericht: dict[str, Any], expected: str) -> Any:
        """Call; what is answered otherwise is told at the end, so that one call does not hide the others."""
        self.aantal += 1
        own = OPERATIONS[operatie].door
        answer = self._roep("" if self.aantal % 2 and own is not REGIE else own.name, operatie, bericht)
        said = find(answer, "berichtcode")[:1] or [answer]
        if said != [expected]:
            self.fouten.append(f"{operatie}: {said} {find(answer, 'details')}")
        return answer

    def is_gelijk(self, answer: Any, naam: str, *waarden: str | bytes) -> None:
        """Look at what the stack read in an answer."""
        read = _bytes if naam == "inhoud" else str
        if (parsed := list(dict.fromkeys(read(one) for one in find(answer, naam)))) != list(waarden):
            self.fouten.append(f"{naam} is {parsed}, not {waarden}")


@pytest.fixture(scope="module", params=["zeep", "node", "php", "java"])
def roep(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roep]:
    batch = {"zeep": zeep_streng, "node": node, "php": php, "java": java}[request.param]
    with batch(f"{server.url}/stuf", tmp_path_factory.mktemp(request.param)) as roep_:
        yield roep_


def test_a_stack_makes_every_call_from_our_wsdl_alone(roep: Roep, server: Server) -> None:
    engine = make_engine(server.database_url, pool=False)
    leg_aanbod(engine, offer := new_number(), plan := new_number(), ZENDER)
    engine.dispose()
    conversation = Conversation(roep, plan)
    zaak = zaken(conversation)
    questions(conversation, zaak)
    documenten(conversation, zaak)
    regie(conversation, zaak, offer, plan)
    assert not conversation.fouten, "\n".join(conversation.fouten)
    assert conversation.aantal == 26


def test_a_stack_calls_zds_12_from_its_wsdl_alone(roep: Roep) -> None:
    """A number, a zaak, what is known of it, and a document that comes back."""
    answers = {
        "genereerZaakIdentificatie_Di02": "Du02",
        **dict.fromkeys(("creeerZaak_ZakLk01", "voegZaakdocumentToe_EdcLk01"), "Bv03"),
        **dict.fromkeys(("geefZaakdetails_ZakLv01", "geefZaakdocumentLezen_EdcLv01"), "La01"),
    }
    zaak, document = new_number(), new_number()
    relation = copy.copy(AANROEPEN_ZDS12["voegZaakdocumentToe_EdcLk01"]["object"]["isRelevantVoor"][0])
    relation["gerelateerde"] = {"entiteittype": "ZAK", "verwerkingssoort": "I", "identificatie": zaak}
    changed: dict[str, dict[str, Any]] = {
        "creeerZaak_ZakLk01": {"object": {"identificatie": zaak}},
        "geefZaakdetails_ZakLv01": {"gelijk": {"identificatie": zaak}},
        "voegZaakdocumentToe_EdcLk01": {"object": {"identificatie": document, "isRelevantVoor": [relation]}},
        "geefZaakdocumentLezen_EdcLv01": {"gelijk": {"identificatie": document}},
    }
    for naam, code in answers.items():
        bericht = {**AANROEPEN_ZDS12[naam]}
        for part, values in changed.get(naam, {}).items():
            bericht[part] = {**bericht[part], **values}
        known = bericht["stuurgegevens"]
        bericht["stuurgegevens"] = {
            "berichtcode": known["berichtcode"],
            "zender": {"organisatie": "1900", "applicatie": ZENDER},
            "ontvanger": {"applicatie": "Regiesysteem"},
            "referentienummer": new_number(),
            "tijdstipBericht": "20260101120000000",
            **{kind: known[kind] for kind in ("entiteittype", "functie") if kind in known},
        }
        answer = roep("ZaakDocumentServices", naam, bericht)
        assert find(answer, "berichtcode")[:1] == [code], (naam, answer)
        if code == "La01":
            assert (zaak if "Zaakdetails" in naam else document) in find(answer, "identificatie")
    assert [_bytes(one) for one in find(answer, "inhoud")] == [DOCUMENT["inhoud"]["_value_1"]]


def zaken(conversation: Conversation) -> str:
    """A gezinsplan, a deelplan with two extraElementen, a status; the number of the deelplan."""
    genereer = b.genereer_zaak_identificatie(ZENDER)
    conversation.roep("genereerZaakIdentificatie_Di02", genereer, "Du02")
    who = b.persoon(BSN, "De Wit", "Anna")
    initiator = b.initiator(b.MEDEWERKER)
    plan = b.zaak(
        new_number(), "GEZINSPLAN", "Gezinsplan", heeftBetrekkingOp=[b.client(who)], heeftAlsInitiator=initiator
    )
    conversation.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, plan), "Bv03")
    part = b.zaak(
        number := new_number(),
        "B1026",
        "Aanvraag",
        extraElementen=_extra(kleur="rood", form="rond"),
        heeftAlsInitiator=b.initiator(who),
        heeftBetrekkingOpAndere=[b.at_plan(plan["identificatie"])],
    )
    conversation.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, part), "Bv03")
    wordt = b.modified(number, omschrijving="Aanvraag bijzondere bijstand")
    conversation.roep("updateZaak_Lk01", b.change(ZENDER, b.modified(number), wordt), "Bv03")
    status = b.modified(number, heeft=[b.status(2)])
    conversation.roep("actualiseerZaakstatus_Lk01", b.change(ZENDER, b.modified(number), status), "Bv03")
    conversation.is_gelijk(conversation.roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, part), "Fo03"), "code", "StUF067")
    return number


def questions(conversation: Conversation, zaak: str) -> None:
    """The status, details by name, everything, and who has a zaak."""
    gelijk = {"identificatie": zaak}
    scope = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    answer = conversation.roep("geefZaakstatus_Lv01", b.question(ZENDER, gelijk, scope), "La01")
    conversation.is_gelijk(answer, "indicatieLaatsteStatus", "J")
    answer = conversation.roep("geefZaakdetails_Lv01", b.question(ZENDER, gelijk, scope), "La01")
    conversation.is_gelijk(answer, "identificatie", zaak)
    answer = conversation.roep("geefZaakdetails_Lv01", b.question(ZENDER, gelijk, {"scope": "alles"}), "La01")
    conversation.is_gelijk(answer, "inp.bsn", BSN)
    conversation.is_gelijk(answer, "extraElement", "rood", "rond")
    answer = conversation.roep("zakLv01", b.question(ZENDER, gelijk, {"identificatie": Nil}), "La01")
    conversation.is_gelijk(answer, "identificatie", zaak)


def documenten(conversation: Conversation, zaak: str) -> None:
    """A document with a file and one without, listed, read, edited, and one check-out that is cancelled."""
    conversation.roep("genereerDocumentIdentificatie_Di02", d.genereer_document_identificatie(ZENDER), "Du02")
    number = new_number()
    with_ = d.document(number, "Verslag", "Verslag", [zaak], "Een bestand")
    conversation.roep("voegZaakdocumentToe_Lk01", d.add(ZENDER, with_), "Bv03")
    without = d.document(new_number(), "Verslag", "Later", [zaak])
    conversation.roep("maakZaakdocument_Lk01", d.add(ZENDER, without), "Bv03")
    answer = conversation.roep("geefLijstZaakdocumenten_Lv01", d.listing(ZENDER, zaak), "La01")
    conversation.is_gelijk(answer, "titel", "Verslag", "Later")
    answer = conversation.roep("geefZaakdocumentLezen_Lv01", d.read(ZENDER, number), "La01")
    conversation.is_gelijk(answer, "inhoud", d.pdf("Een bestand"))
    answer = conversation.roep("geefZaakdocumentbewerken_Di02", d.bewerken(ZENDER, number), "Du02")
    [sleutel] = find(answer, "checkedOutId") or [""]
    wordt = d.revise(ZENDER, number, sleutel, inhoud=d.file("Verslag", "Bijgewerkt"))
    conversation.roep("updateZaakdocument_Di02", wordt, "Bv02")
    answer = conversation.roep("geefZaakdocumentbewerken_Di02", d.bewerken(ZENDER, number), "Du02")
    [sleutel] = find(answer, "checkedOutId") or [""]
    free = {"entiteittype": "EDC", "functie": "entiteit", "verwerkingssoort": "W", "identificatie": number}
    head = b.stuurgegevens("Di02", ZENDER, functie="cancelCheckout")
    cancel = {"stuurgegevens": head, "parameters": {"checkedOutId": sleutel}, "document": free}
    conversation.roep("cancelCheckout_Di02", cancel, "Bv02")
    question = d.read(ZENDER, number)
    # By name; an empty inhoud asks for the file, and a stack with MTOM attaches it as a part of no bytes.
    question["scope"] = {"object": {"entiteittype": "EDC", "identificatie": Nil, "inhoud": b""}}
    answer = conversation.roep("geefZaakdocumentLezen_Lv01", question, "La01")
    conversation.is_gelijk(answer, "inhoud", d.pdf("Bijgewerkt"))


def regie(conversation: Conversation, zaak: str, offer: str, plan: str) -> None:
    """All of Regie- en Zaakservices, with what a service bus sends."""
    soort = {
        "entiteittype": "ZAKZKT",
        "gerelateerde": {"entiteittype": "ZKT", "omschrijving": "Aanvraag minima", "code": "B1026"},
    }
    state = {"volgnummer": 2, "code": Nil, "omschrijving": "In behandeling", "ingangsdatumObject": Nil}
    status = {
        "entiteittype": "ZAKSTT",
        "gerelateerde": {"entiteittype": "STT", **state},
        "datumStatusGezet": "20261124",
    }

    def melding(**extra: str) -> dict[str, Any]:
        object_ = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak}
        object_ |= {"extraElementen": _extra(**extra), "isVan": [soort], "heeft": status}
        head = b.stuurgegevens("Di01", ZENDER, functie="notificeerOverZaak")
        return {"stuurgegevens": head, "melding": ["Let op"], "object": object_}

    gebeurtenis = "Actualiseer zaakstatus"
    conversation.roep("notificeerOverZaak", melding(gebeurtenis=gebeurtenis), "Bv03")
    conversation.roep("initieerNotificeerOverZaak", melding(gebeurtenis=gebeurtenis, zendendeApplicatie=ZENDER), "Bv03")
    aangeboden = {"entiteittype": "ZAK", "functie": "entiteit", "identificatie": zaak, "isVan": [soort]}
    head = b.stuurgegevens("Di01", ZENDER, functie="overdragenZaak")
    conversation.roep("overdragenZaak", {"stuurgegevens": head, "object": aangeboden}, "Bv03")
    nee = b.bevestig_overdragen_zaak(ZENDER, plan, "Overdracht geweigerd", offer)
    conversation.roep("bevestigOverdragenZaak", nee, "Bv03")

    def bus(code: str, **body: dict[str, str]) -> dict[str, Any]:
        head = b.stuurgegevens(code, ZENDER)
        del head["entiteittype"]
        return {"stuurgegevens": {**head, "crossRefnummer": "n-1"}, **body}

    conversation.roep("Bv03", bus("Bv03"), "Bv03")
    error = {"code": "StUF064", "plek": "server", "omschrijving": "Object niet gevonden"}
    conversation.roep("Fo03", bus("Fo03", body=error), "Bv03")


def _extra(**waarden: str) -> dict[str, Any]:
    return {"extraElement": [{"_value_1": waarde, "naam": naam} for naam, waarde in waarden.items()]}


def _bytes(inhoud: Any) -> bytes:
    """The base64Binary as a stack gave it: bytes, the text that they are, or the base64 that it leaves."""
    if isinstance(inhoud, bytes):
        return inhoud
    return inhoud.encode() if inhoud.startswith("%PDF") else base64.b64decode(inhoud)

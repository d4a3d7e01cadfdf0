"""The demo: a gezinsplan and its deelplannen, told to and taken over by back offices, with documents."""

from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree
from zeep.xsd import Nil

from regiesysteem_practice import play_messages as b
from regiesysteem_practice import play_messages as d
from regiesysteem_practice.conversation import Conversation, GesprekFout, tekst
from regiesysteem_practice.play_offices import SCHULDHULP, WMO, Surroundings, backoffices

# --- The documents of the demo: they come with a plan, are filled later, and are edited by one sender at a time


def leg_vast(gesprek: Conversation, wie: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document with its file; its identificatie."""
    nummer = _nieuw_nummer(gesprek, wie)
    nieuw = d.document(nummer, soort, titel, zaken, tekst=titel)
    gesprek.vraag("voegZaakdocumentToe_Lk01", d.voeg_toe(wie, nieuw), f"{titel}, een PDF")
    return nummer


def vul_later(gesprek: Conversation, wie: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document that waits for its file, and bring that; its identificatie."""
    nummer = _nieuw_nummer(gesprek, wie)
    leeg = d.document(nummer, soort, titel, zaken)
    gesprek.vraag("maakZaakdocument_Lk01", d.voeg_toe(wie, leeg), f"{titel}, nog zonder inhoud")
    bericht = d.werk_bij(wie, nummer, None, inhoud=d.bestand(titel, titel))
    gesprek.vraag("updateZaakdocument_Di02", bericht, f"{titel}: de inhoud")
    return nummer


def bewerk(gesprek: Conversation, wie: str, ander: str, nummer: str, titel: str) -> None:
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


def toon_lijst(gesprek: Conversation, wie: str, zaak: str) -> list[str]:
    """The documents of a zaak, a line each."""
    antwoord = gesprek.vraag("geefLijstZaakdocumenten_Lv01", d.lijst(wie, zaak), f"documenten van {zaak}")
    [gevonden] = antwoord["antwoord"]["object"]
    return [_regel(relatie["gerelateerde"]) for relatie in gevonden["heeftRelevant"]]


def _regel(document: Any) -> str:
    titel, soort, versie = (document[naam]["_value_1"] for naam in ("titel", "dct.omschrijving", "versie"))
    return f"{titel} ({soort}, versie {versie})"


def _nieuw_nummer(gesprek: Conversation, wie: str) -> str:
    bericht = d.genereer_document_identificatie(wie)
    antwoord = gesprek.vraag("genereerDocumentIdentificatie_Di02", bericht, "vrij documentnummer")
    return str(antwoord["document"]["identificatie"]["_value_1"])


# --- The play: two ways of working, each with two scenarios, and at the end the tree of plans

REGIE: Final = "Regie-app"
BACKOFFICE: Final = WMO.naam


@dataclass(frozen=True)
class Round:
    """One way of working with one scenario.

    `deelplan_door` says which application makes the deelplan; with `gerouteerd` the request came in at the
    regisseur, else at the back office, that finds the gezinsplan by BSN and couples its zaak afterwards (RZS 4.7).
    """

    titel: str
    deelplan_door: str
    gerouteerd: bool
    bsn: str
    gezin: str


RONDEN: Final = (
    Round("Deelplan door het regiesysteem, aanvraag gerouteerd", REGIE, True, "999990056", "De Wit"),
    Round("Deelplan door het regiesysteem, aanvraag bij de backoffice", REGIE, False, "999990068", "Groen"),
    Round("Deelplan door de backoffice, aanvraag gerouteerd", BACKOFFICE, True, "999990081", "Blauw"),
    Round("Deelplan door de backoffice, aanvraag bij de backoffice", BACKOFFICE, False, "999990093", "Geel"),
)
_TWEEDE_BSN: Final = "999990111"
_TOEWIJZING: Final = '<toewijzing xmlns="urn:voorbeeld"><product>hulp</product><uren>4</uren></toewijzing>'
"""The payload of a deelplan in a form of its own domain, only an example here."""


def speel(
    adres: str,
    scherm: Console,
    *,
    poorten: tuple[int, int] = (WMO.poort, SCHULDHULP.poort),
    bereikbaar: bool = False,
    toon_berichten: bool = False,
) -> None:
    """Play all rounds against the server at `adres`, then show the plans as the server has them, and who was told.

    `poorten` are those of the two back offices; `bereikbaar` says whether commands can reach the server's database.
    Raises GesprekFout and BackofficeFout.
    """
    gesprek = Conversation(adres, scherm, toon_berichten=toon_berichten)
    with backoffices(adres, dict(zip((WMO, SCHULDHULP), poorten, strict=True))) as lopend:
        rondom = Surroundings(lopend, scherm, bereikbaar=bereikbaar)
        plannen = []
        for nummer, ronde in enumerate(RONDEN, 1):
            scherm.rule(f"{nummer}. {ronde.titel}", align="left")
            plannen.append(_speel_ronde(gesprek, rondom, scherm, ronde))
        scherm.rule("Waar elk plan staat, en wie wat wanneer hoorde", align="left")
        for plan in plannen:
            scherm.print(_boom(gesprek, rondom, plan), soft_wrap=True)
    scherm.print(f"{gesprek.aantal} berichten verstuurd en beantwoord.")


def _speel_ronde(gesprek: Conversation, rondom: Surroundings, scherm: Console, ronde: Round) -> str:
    plan = _nieuw_nummer_spel(gesprek, REGIE)
    _kop(scherm, "1", "Gezinsplan vastleggen")
    persoon = b.persoon(ronde.bsn, ronde.gezin, "Anna")
    gezinsplan = b.zaak(
        plan,
        "GEZINSPLAN",
        f"Gezinsplan {ronde.gezin}",
        heeftBetrekkingOp=[b.client(persoon)],
        heeftAlsInitiator=b.initiator(b.MEDEWERKER),
    )
    gesprek.vraag("creeerZaak_Lk01", b.creeer_zaak(REGIE, gezinsplan), f"gezinsplan {plan}")
    titel = f"Gezinsplan {ronde.gezin}"
    plandocument = leg_vast(gesprek, REGIE, "Gezinsplan", titel, [plan])

    deelplan = _maak_deelplan(gesprek, scherm, ronde, plan)
    overgenomen = _vertel(rondom, scherm, ronde, plan, deelplan)

    _kop(scherm, "6", "Deelplan aanpassen")
    omschrijving = f"Huishoudelijke hulp {ronde.gezin}, 4 uur per week"
    _wijzig(gesprek, BACKOFFICE, deelplan, f"omschrijving: {omschrijving}", omschrijving=omschrijving)

    _kop(scherm, "7", "Voortgang melden")
    for volgnummer in (3,) if overgenomen else (2, 3):
        wordt = b.gewijzigd(deelplan, heeft=[b.status(volgnummer)])
        bericht = b.wijzig(BACKOFFICE, b.gewijzigd(deelplan), wordt)
        gesprek.vraag("actualiseerZaakstatus_Lk01", bericht, f"deelplan {deelplan}: status {volgnummer}")
    for status in ("2", "3"):
        rondom.verteld(deelplan, "Actualiseer zaakstatus", [SCHULDHULP], status)

    _kop(scherm, "8", "Gezinsplan aanpassen")
    kind = b.client(b.persoon(_TWEEDE_BSN, ronde.gezin, "Bram"))
    _wijzig(gesprek, REGIE, plan, "Bram hoort ook bij het gezin", heeftBetrekkingOp=[kind])
    rondom.verteld(plan, "Update zaak", [WMO, SCHULDHULP])
    bewerk(gesprek, REGIE, BACKOFFICE, plandocument, titel)
    for regel in toon_lijst(gesprek, REGIE, plan):
        scherm.print(f"  {'':<15} {escape(regel)}", soft_wrap=True)

    _kop(scherm, "9, 10", "Status opvragen")
    laatste = {"entiteittype": "ZAKSTT", "indicatieLaatsteStatus": "J"}
    scope = {"identificatie": Nil, "heeft": b.STATUSSEN}
    bericht = b.vraag(REGIE, {"identificatie": deelplan, "heeft": laatste}, scope)
    gesprek.vraag("geefZaakstatus_Lv01", bericht, f"laatste status van {deelplan}")
    return plan


def _maak_deelplan(gesprek: Conversation, scherm: Console, ronde: Round, plan: str) -> str:
    """Interactions 2 to 4: find the plan by BSN, register the deelplan, and couple it where it came first."""
    apart = ronde.deelplan_door == BACKOFFICE and not ronde.gerouteerd
    if not apart:
        plan = _zoek_plan(gesprek, scherm, ronde)
    _kop(scherm, "4", "Deelplan vastleggen")
    maker = ronde.deelplan_door
    deelplan = _nieuw_nummer_spel(gesprek, maker)
    relaties: dict[str, Any] = {"heeftAlsInitiator": b.initiator(b.persoon(ronde.bsn, ronde.gezin, "Anna"))}
    if not apart:
        relaties["heeftBetrekkingOpAndere"] = [b.bij_plan(plan)]
    relaties["extraElementen"] = b.domeingegevens("iWmo", _TOEWIJZING)
    inhoud = b.zaak(deelplan, "WMO-MAATW", f"Huishoudelijke hulp {ronde.gezin}", **relaties)
    gesprek.vraag("creeerZaak_Lk01", b.creeer_zaak(maker, inhoud), f"deelplan {deelplan}")
    titel = f"Verslag huisbezoek {ronde.gezin}"
    vul_later(gesprek, maker, "Verslag", titel, [deelplan] if apart else [deelplan, plan])
    if apart:
        plan = _zoek_plan(gesprek, scherm, ronde)
        _wijzig(gesprek, maker, deelplan, f"hoort bij {plan}", heeftBetrekkingOpAndere=[b.bij_plan(plan)])
    return deelplan


def _vertel(rondom: Surroundings, scherm: Console, ronde: Round, plan: str, deelplan: str) -> bool:
    """Interaction 5: the back offices hear of plan and deelplan, and one takes it over; True when one did.

    The maker of the deelplan is not told of it (RZS 5.2.6), and has it already.
    """
    _kop(scherm, "5", "De backoffices horen ervan")
    rondom.verteld(plan, "Creeer zaak", [WMO, SCHULDHULP])
    maakt_regie = ronde.deelplan_door == REGIE
    rondom.verteld(deelplan, "Creeer zaak", [WMO, SCHULDHULP] if maakt_regie else [SCHULDHULP])
    if not maakt_regie:
        return False
    if not ronde.gerouteerd and not rondom.draag_over(deelplan, SCHULDHULP, geaccepteerd=False):
        return False
    return rondom.draag_over(deelplan, WMO, geaccepteerd=True)


def _zoek_plan(gesprek: Conversation, scherm: Console, ronde: Round) -> str:
    _kop(scherm, "2, 3", "Speelt er een gezinsplan?")
    vrager = REGIE if ronde.gerouteerd else BACKOFFICE
    gelijk = {
        "isVan": {"entiteittype": "ZAKZKT", "gerelateerde": {"entiteittype": "ZKT", "code": "GEZINSPLAN"}},
        "heeftBetrekkingOp": {
            "entiteittype": "ZAKOBJ",
            "gerelateerde": {"entiteittype": "OBJ", "identificatie": ronde.bsn},
        },
    }
    # Each run of the demo makes a plan; the one wanted is the newest.
    bericht = b.vraag(vrager, gelijk, {"identificatie": Nil, "omschrijving": Nil}, maximum=1000)
    zaken = _zaken(gesprek.vraag("zakLv01", bericht, f"gezinsplan van {ronde.gezin}, op BSN"))
    if not zaken:
        raise GesprekFout("het gezinsplan is niet teruggevonden op BSN")
    return max(tekst(zaak["identificatie"]) for zaak in zaken)


def _wijzig(gesprek: Conversation, wie: str, nummer: str, wat: str, **wordt: Any) -> None:
    bericht = b.wijzig(wie, b.gewijzigd(nummer), b.gewijzigd(nummer, **wordt))
    gesprek.vraag("updateZaak_Lk01", bericht, f"{nummer}: {wat}")


def _nieuw_nummer_spel(gesprek: Conversation, wie: str) -> str:
    antwoord = gesprek.vraag("genereerZaakIdentificatie_Di02", b.genereer_zaak_identificatie(wie), "vrij zaaknummer")
    return tekst(antwoord["zaak"]["identificatie"])


def _boom(gesprek: Conversation, rondom: Surroundings, plan: str) -> Tree:
    """The gezinsplan with its deelplannen and their statuses, as asked back in one question, and who was told."""
    zaak = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    ander = {"entiteittype": "ZAKZAKBTR", "gerelateerde": {"entiteittype": "ZAK", **zaak}}
    scope = {"identificatie": Nil, "omschrijving": Nil, "heeftBetrekkingOpAndere": ander, "heeft": b.STATUSSEN}
    bericht = b.vraag(REGIE, {"identificatie": plan}, scope)
    [gevonden] = _zaken(gesprek.vraag("geefZaakdetails_Lv01", bericht, f"gezinsplan {plan} met zijn deelplannen"))
    boom = Tree(_regel_spel(gevonden))
    _hang_statussen(boom, gevonden)
    rondom.verslag(boom, plan)
    for relatie in gevonden["heeftBetrekkingOpAndere"] or []:
        tak = boom.add(_regel_spel(relatie["gerelateerde"]))
        _hang_statussen(tak, relatie["gerelateerde"])
        rondom.verslag(tak, tekst(relatie["gerelateerde"]["identificatie"]))
    return boom


def _regel_spel(zaak: Any) -> str:
    return f"[bold]{escape(tekst(zaak['omschrijving']))}[/] [dim]{escape(tekst(zaak['identificatie']))}[/]"


def _hang_statussen(tak: Tree, zaak: Any) -> None:
    for status in zaak["heeft"] or []:
        type_ = status["gerelateerde"]
        laatste = tekst(status["indicatieLaatsteStatus"]) == "J"
        regel = (
            f"{tekst(type_['volgnummer'])}. {tekst(type_['omschrijving'])} ({tekst(status['datumStatusGezet'])[:8]})"
        )
        tak.add(f"[green]{escape(regel)}[/]" if laatste else escape(regel))


def _zaken(antwoord: Any) -> list[Any]:
    return list(antwoord["antwoord"]["object"]) if antwoord["antwoord"] else []


def _kop(scherm: Console, nummer: str, titel: str) -> None:
    scherm.print(f"[yellow]Interactie {nummer}: {titel}[/]")

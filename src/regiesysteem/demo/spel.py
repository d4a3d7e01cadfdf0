"""What is played: two ways of working, each with two scenarios, and at the end the tree of plans.

The interactions are numbered as in the assignment, 1-10, with their documents. Two back offices run beside it: they are
told what happens (5, 7), and are offered deelplannen.
"""

from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree
from zeep.xsd import Nil

from regiesysteem.demo import berichten as b
from regiesysteem.demo import documentspel
from regiesysteem.demo.backoffices import backoffices
from regiesysteem.demo.gesprek import Gesprek, GesprekFout, tekst
from regiesysteem.demo.rondom import SCHULDHULP, WMO, Rondom

REGIE: Final = "Regie-app"
BACKOFFICE: Final = WMO.naam


@dataclass(frozen=True)
class Ronde:
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
    Ronde("Deelplan door het regiesysteem, aanvraag gerouteerd", REGIE, True, "999990056", "De Wit"),
    Ronde("Deelplan door het regiesysteem, aanvraag bij de backoffice", REGIE, False, "999990068", "Groen"),
    Ronde("Deelplan door de backoffice, aanvraag gerouteerd", BACKOFFICE, True, "999990081", "Blauw"),
    Ronde("Deelplan door de backoffice, aanvraag bij de backoffice", BACKOFFICE, False, "999990093", "Geel"),
)
_TWEEDE_BSN: Final = "999990111"
_TOEWIJZING: Final = '<toewijzing xmlns="urn:voorbeeld"><product>hulp</product><uren>4</uren></toewijzing>'
"""What goes along with a deelplan in a form of its own domain, only an example here."""


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
    gesprek = Gesprek(adres, scherm, toon_berichten=toon_berichten)
    with backoffices(adres, dict(zip((WMO, SCHULDHULP), poorten, strict=True))) as lopend:
        rondom = Rondom(lopend, scherm, bereikbaar=bereikbaar)
        plannen = []
        for nummer, ronde in enumerate(RONDEN, 1):
            scherm.rule(f"{nummer}. {ronde.titel}", align="left")
            plannen.append(_speel_ronde(gesprek, rondom, scherm, ronde))
        scherm.rule("Waar elk plan staat, en wie wat wanneer hoorde", align="left")
        for plan in plannen:
            scherm.print(_boom(gesprek, rondom, plan), soft_wrap=True)
    scherm.print(f"{gesprek.aantal} berichten verstuurd en beantwoord.")


def _speel_ronde(gesprek: Gesprek, rondom: Rondom, scherm: Console, ronde: Ronde) -> str:
    plan = _nieuw_nummer(gesprek, REGIE)
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
    plandocument = documentspel.leg_vast(gesprek, REGIE, "Gezinsplan", titel, [plan])

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
    documentspel.bewerk(gesprek, REGIE, BACKOFFICE, plandocument, titel)
    for regel in documentspel.toon_lijst(gesprek, REGIE, plan):
        scherm.print(f"  {'':<15} {escape(regel)}", soft_wrap=True)

    _kop(scherm, "9, 10", "Status opvragen")
    laatste = {"entiteittype": "ZAKSTT", "indicatieLaatsteStatus": "J"}
    scope = {"identificatie": Nil, "heeft": b.STATUSSEN}
    bericht = b.vraag(REGIE, {"identificatie": deelplan, "heeft": laatste}, scope)
    gesprek.vraag("geefZaakstatus_Lv01", bericht, f"laatste status van {deelplan}")
    return plan


def _maak_deelplan(gesprek: Gesprek, scherm: Console, ronde: Ronde, plan: str) -> str:
    """Interactions 2 to 4: find the plan by BSN, register the deelplan, and couple it where it came first."""
    apart = ronde.deelplan_door == BACKOFFICE and not ronde.gerouteerd
    if not apart:
        plan = _zoek_plan(gesprek, scherm, ronde)
    _kop(scherm, "4", "Deelplan vastleggen")
    maker = ronde.deelplan_door
    deelplan = _nieuw_nummer(gesprek, maker)
    relaties: dict[str, Any] = {"heeftAlsInitiator": b.initiator(b.persoon(ronde.bsn, ronde.gezin, "Anna"))}
    if not apart:
        relaties["heeftBetrekkingOpAndere"] = [b.bij_plan(plan)]
    relaties["extraElementen"] = b.domeingegevens("iWmo", _TOEWIJZING)
    inhoud = b.zaak(deelplan, "WMO-MAATW", f"Huishoudelijke hulp {ronde.gezin}", **relaties)
    gesprek.vraag("creeerZaak_Lk01", b.creeer_zaak(maker, inhoud), f"deelplan {deelplan}")
    titel = f"Verslag huisbezoek {ronde.gezin}"
    documentspel.vul_later(gesprek, maker, "Verslag", titel, [deelplan] if apart else [deelplan, plan])
    if apart:
        plan = _zoek_plan(gesprek, scherm, ronde)
        _wijzig(gesprek, maker, deelplan, f"hoort bij {plan}", heeftBetrekkingOpAndere=[b.bij_plan(plan)])
    return deelplan


def _vertel(rondom: Rondom, scherm: Console, ronde: Ronde, plan: str, deelplan: str) -> bool:
    """Interaction 5: the back offices hear of plan and deelplan, and one takes it over; True when one did.

    Who made the deelplan is not told of it (RZS 5.2.6), and has it already.
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


def _zoek_plan(gesprek: Gesprek, scherm: Console, ronde: Ronde) -> str:
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


def _wijzig(gesprek: Gesprek, wie: str, nummer: str, wat: str, **wordt: Any) -> None:
    bericht = b.wijzig(wie, b.gewijzigd(nummer), b.gewijzigd(nummer, **wordt))
    gesprek.vraag("updateZaak_Lk01", bericht, f"{nummer}: {wat}")


def _nieuw_nummer(gesprek: Gesprek, wie: str) -> str:
    antwoord = gesprek.vraag("genereerZaakIdentificatie_Di02", b.genereer_zaak_identificatie(wie), "vrij zaaknummer")
    return tekst(antwoord["zaak"]["identificatie"])


def _boom(gesprek: Gesprek, rondom: Rondom, plan: str) -> Tree:
    """The gezinsplan with its deelplannen and their statuses, as asked back in one question, and who was told."""
    zaak = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    ander = {"entiteittype": "ZAKZAKBTR", "gerelateerde": {"entiteittype": "ZAK", **zaak}}
    scope = {"identificatie": Nil, "omschrijving": Nil, "heeftBetrekkingOpAndere": ander, "heeft": b.STATUSSEN}
    bericht = b.vraag(REGIE, {"identificatie": plan}, scope)
    [gevonden] = _zaken(gesprek.vraag("geefZaakdetails_Lv01", bericht, f"gezinsplan {plan} met zijn deelplannen"))
    boom = Tree(_regel(gevonden))
    _hang_statussen(boom, gevonden)
    rondom.verslag(boom, plan)
    for relatie in gevonden["heeftBetrekkingOpAndere"] or []:
        tak = boom.add(_regel(relatie["gerelateerde"]))
        _hang_statussen(tak, relatie["gerelateerde"])
        rondom.verslag(tak, tekst(relatie["gerelateerde"]["identificatie"]))
    return boom


def _regel(zaak: Any) -> str:
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

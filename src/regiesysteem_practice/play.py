"""The demo: a gezinsplan and its deelplannen, told to and taken over by back offices, with documents."""

from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree
from zeep.xsd import Nil

from regiesysteem_practice import play_messages
from regiesysteem_practice.conversation import Conversation, ConversationError, text
from regiesysteem_practice.play_offices import SCHULDHULP, WMO, Surroundings, backoffices

# --- The documents of the demo: they come with a plan, are filled later, and are edited by one sender at a time


def record(conversation: Conversation, who: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document with its file; its identificatie."""
    number = _new_document_number(conversation, who)
    new = play_messages.document(number, soort, titel, zaken, text=titel)
    conversation.question("voegZaakdocumentToe_Lk01", play_messages.add(who, new), f"{titel}, een PDF")
    return number


def fill_later(conversation: Conversation, who: str, soort: str, titel: str, zaken: list[str]) -> str:
    """Register a document that waits for its file, and bring that; its identificatie."""
    number = _new_document_number(conversation, who)
    empty = play_messages.document(number, soort, titel, zaken)
    conversation.question("maakZaakdocument_Lk01", play_messages.add(who, empty), f"{titel}, nog zonder inhoud")
    bericht = play_messages.revise(who, number, None, inhoud=play_messages.file(titel, titel))
    conversation.question("updateZaakdocument_Di02", bericht, f"{titel}: de inhoud")
    return number


def bewerk(conversation: Conversation, who: str, other: str, number: str, titel: str) -> None:
    """Take a document out, see that another cannot have it meanwhile, and bring it back as a new version."""
    answer = conversation.question(
        "geefZaakdocumentbewerken_Di02", play_messages.bewerken(who, number), f"{titel} om te bewerken"
    )
    sleutel = str(answer["parameters"]["checkedOutId"])
    conversation.refusal(
        "geefZaakdocumentbewerken_Di02", play_messages.bewerken(other, number), f"{titel}, ook om te bewerken"
    )
    new = play_messages.file(titel, f"{titel}, versie 2")
    conversation.question(
        "updateZaakdocument_Di02", play_messages.revise(who, number, sleutel, inhoud=new), f"{titel}: nieuwe versie"
    )
    answer = conversation.question("geefZaakdocumentLezen_Lv01", play_messages.read(who, number), f"{titel} lezen")
    [parsed] = answer["antwoord"]["object"]
    if parsed["inhoud"]["_value_1"] != new["_value_1"]:
        raise ConversationError(f"van {titel} kwam andere inhoud terug dan erin ging")


def show_listing(conversation: Conversation, who: str, zaak: str) -> list[str]:
    """The documents of a zaak, a line each."""
    answer = conversation.question(
        "geefLijstZaakdocumenten_Lv01", play_messages.listing(who, zaak), f"documenten van {zaak}"
    )
    [found] = answer["antwoord"]["object"]
    return [_line(relatie["gerelateerde"]) for relatie in found["heeftRelevant"]]


def _line(document: Any) -> str:
    titel, soort, versie = (document[naam]["_value_1"] for naam in ("titel", "dct.omschrijving", "versie"))
    return f"{titel} ({soort}, versie {versie})"


def _new_document_number(conversation: Conversation, who: str) -> str:
    bericht = play_messages.genereer_document_identificatie(who)
    answer = conversation.question("genereerDocumentIdentificatie_Di02", bericht, "vrij documentnummer")
    return str(answer["document"]["identificatie"]["_value_1"])


# --- The play: two ways of working, each with two scenarios, and at the end the tree of plans

REGIE: Final = "Regie-app"
BACKOFFICE: Final = WMO.naam


@dataclass(frozen=True)
class Round:
    """One way of working with one scenario.

    `deelplan_by` says which application makes the deelplan; with `routed` the request came in at the
    regisseur, else at the back office, that finds the gezinsplan by BSN and couples its zaak afterwards (RZS 4.7).
    """

    titel: str
    deelplan_by: str
    routed: bool
    bsn: str
    gezin: str


ROUNDS: Final = (
    Round("Deelplan door het regiesysteem, aanvraag gerouteerd", REGIE, True, "999990056", "De Wit"),
    Round("Deelplan door het regiesysteem, aanvraag bij de backoffice", REGIE, False, "999990068", "Groen"),
    Round("Deelplan door de backoffice, aanvraag gerouteerd", BACKOFFICE, True, "999990081", "Blauw"),
    Round("Deelplan door de backoffice, aanvraag bij de backoffice", BACKOFFICE, False, "999990093", "Geel"),
)
_SECOND_BSN: Final = "999990111"
_TOEWIJZING: Final = '<toewijzing xmlns="urn:voorbeeld"><product>hulp</product><uren>4</uren></toewijzing>'
"""The payload of a deelplan in a form of its own domain, only an example here."""


def play(
    adres: str,
    screen: Console,
    *,
    ports: tuple[int, int] = (WMO.port, SCHULDHULP.port),
    reachable: bool = False,
    show_berichten: bool = False,
) -> None:
    """Play all rounds against the server at `adres`, then show the plans as the server has them, and who was told.

    `ports` are those of the two back offices; `reachable` says whether commands can reach the server's database.
    Raises ConversationError and BackofficeError.
    """
    conversation = Conversation(adres, screen, show_berichten=show_berichten)
    with backoffices(adres, dict(zip((WMO, SCHULDHULP), ports, strict=True))) as running:
        around = Surroundings(running, screen, reachable=reachable)
        plans = []
        for number, round_ in enumerate(ROUNDS, 1):
            screen.rule(f"{number}. {round_.titel}", align="left")
            plans.append(_play_round(conversation, around, screen, round_))
        screen.rule("Waar elk plan staat, en wie wat wanneer hoorde", align="left")
        for plan in plans:
            screen.print(_tree(conversation, around, plan), soft_wrap=True)
    screen.print(f"{conversation.aantal} berichten verstuurd en beantwoord.")
    around.show_links(plans[0], adres)


def _play_round(conversation: Conversation, around: Surroundings, screen: Console, round_: Round) -> str:
    plan = _new_number(conversation, REGIE)
    _head(screen, "1", "Gezinsplan vastleggen")
    persoon = play_messages.persoon(round_.bsn, round_.gezin, "Anna")
    gezinsplan = play_messages.zaak(
        plan,
        "GEZINSPLAN",
        f"Gezinsplan {round_.gezin}",
        heeftBetrekkingOp=[play_messages.client(persoon)],
        heeftAlsInitiator=play_messages.initiator(play_messages.MEDEWERKER),
    )
    conversation.question("creeerZaak_Lk01", play_messages.creeer_zaak(REGIE, gezinsplan), f"gezinsplan {plan}")
    titel = f"Gezinsplan {round_.gezin}"
    plandocument = record(conversation, REGIE, "Gezinsplan", titel, [plan])

    deelplan = _make_deelplan(conversation, screen, round_, plan)
    taken_over = _tell(around, screen, round_, plan, deelplan)

    _head(screen, "6", "Deelplan aanpassen")
    omschrijving = f"Huishoudelijke hulp {round_.gezin}, 4 uur per week"
    _change(conversation, BACKOFFICE, deelplan, f"omschrijving: {omschrijving}", omschrijving=omschrijving)

    _head(screen, "7", "Voortgang melden")
    for volgnummer in (3,) if taken_over else (2, 3):
        wordt = play_messages.modified(deelplan, heeft=[play_messages.status(volgnummer)])
        bericht = play_messages.change(BACKOFFICE, play_messages.modified(deelplan), wordt)
        conversation.question("actualiseerZaakstatus_Lk01", bericht, f"deelplan {deelplan}: status {volgnummer}")
    for status in ("2", "3"):
        around.told(deelplan, "Actualiseer zaakstatus", [SCHULDHULP], status)

    _head(screen, "8", "Gezinsplan aanpassen")
    child = play_messages.client(play_messages.persoon(_SECOND_BSN, round_.gezin, "Bram"))
    _change(conversation, REGIE, plan, "Bram hoort ook bij het gezin", heeftBetrekkingOp=[child])
    around.told(plan, "Update zaak", [WMO, SCHULDHULP])
    bewerk(conversation, REGIE, BACKOFFICE, plandocument, titel)
    for line in show_listing(conversation, REGIE, plan):
        screen.print(f"  {'':<15} {escape(line)}", soft_wrap=True)

    _head(screen, "9, 10", "Status opvragen")
    last = {"entiteittype": "ZAKSTT", "indicatieLaatsteStatus": "J"}
    scope = {"identificatie": Nil, "heeft": play_messages.STATUSSEN}
    bericht = play_messages.question(REGIE, {"identificatie": deelplan, "heeft": last}, scope)
    conversation.question("geefZaakstatus_Lv01", bericht, f"laatste status van {deelplan}")
    return plan


def _make_deelplan(conversation: Conversation, screen: Console, round_: Round, plan: str) -> str:
    """Interactions 2 to 4: find the plan by BSN, register the deelplan, and couple it where it came first."""
    apart = round_.deelplan_by == BACKOFFICE and not round_.routed
    if not apart:
        plan = _search_plan(conversation, screen, round_)
    _head(screen, "4", "Deelplan vastleggen")
    maker = round_.deelplan_by
    deelplan = _new_number(conversation, maker)
    relaties: dict[str, Any] = {
        "heeftAlsInitiator": play_messages.initiator(play_messages.persoon(round_.bsn, round_.gezin, "Anna"))
    }
    if not apart:
        relaties["heeftBetrekkingOpAndere"] = [play_messages.at_plan(plan)]
    relaties["extraElementen"] = play_messages.domeingegevens("iWmo", _TOEWIJZING)
    inhoud = play_messages.zaak(deelplan, "WMO-MAATW", f"Huishoudelijke hulp {round_.gezin}", **relaties)
    conversation.question("creeerZaak_Lk01", play_messages.creeer_zaak(maker, inhoud), f"deelplan {deelplan}")
    titel = f"Verslag huisbezoek {round_.gezin}"
    fill_later(conversation, maker, "Verslag", titel, [deelplan] if apart else [deelplan, plan])
    if apart:
        plan = _search_plan(conversation, screen, round_)
        _change(
            conversation, maker, deelplan, f"hoort bij {plan}", heeftBetrekkingOpAndere=[play_messages.at_plan(plan)]
        )
    return deelplan


def _tell(around: Surroundings, screen: Console, round_: Round, plan: str, deelplan: str) -> bool:
    """Interaction 5: the back offices hear of plan and deelplan, and one takes it over; True when one did.

    The maker of the deelplan is not told of it (RZS 5.2.6), and has it already.
    """
    _head(screen, "5", "De backoffices horen ervan")
    around.told(plan, "Creeer zaak", [WMO, SCHULDHULP])
    regie_makes_it = round_.deelplan_by == REGIE
    around.told(deelplan, "Creeer zaak", [WMO, SCHULDHULP] if regie_makes_it else [SCHULDHULP])
    if not regie_makes_it:
        return False
    if not round_.routed and not around.hand_over(deelplan, SCHULDHULP, geaccepteerd=False):
        return False
    return around.hand_over(deelplan, WMO, geaccepteerd=True)


def _search_plan(conversation: Conversation, screen: Console, round_: Round) -> str:
    _head(screen, "2, 3", "Speelt er een gezinsplan?")
    asker = REGIE if round_.routed else BACKOFFICE
    gelijk = {
        "isVan": {"entiteittype": "ZAKZKT", "gerelateerde": {"entiteittype": "ZKT", "code": "GEZINSPLAN"}},
        "heeftBetrekkingOp": {
            "entiteittype": "ZAKOBJ",
            "gerelateerde": {"entiteittype": "OBJ", "identificatie": round_.bsn},
        },
    }
    # Each run of the demo makes a plan; the one wanted is the newest.
    bericht = play_messages.question(asker, gelijk, {"identificatie": Nil, "omschrijving": Nil}, maximum=1000)
    zaken = _zaken(conversation.question("zakLv01", bericht, f"gezinsplan van {round_.gezin}, op BSN"))
    if not zaken:
        raise ConversationError("het gezinsplan is niet teruggevonden op BSN")
    return max(text(zaak["identificatie"]) for zaak in zaken)


def _change(conversation: Conversation, who: str, number: str, what: str, **wordt: Any) -> None:
    bericht = play_messages.change(who, play_messages.modified(number), play_messages.modified(number, **wordt))
    conversation.question("updateZaak_Lk01", bericht, f"{number}: {what}")


def _new_number(conversation: Conversation, who: str) -> str:
    answer = conversation.question(
        "genereerZaakIdentificatie_Di02", play_messages.genereer_zaak_identificatie(who), "vrij zaaknummer"
    )
    return text(answer["zaak"]["identificatie"])


def _tree(conversation: Conversation, around: Surroundings, plan: str) -> Tree:
    """The gezinsplan with its deelplannen and their statuses, as asked back in one question, and who was told."""
    zaak = {"identificatie": Nil, "omschrijving": Nil, "heeft": play_messages.STATUSSEN}
    other = {"entiteittype": "ZAKZAKBTR", "gerelateerde": {"entiteittype": "ZAK", **zaak}}
    scope = {
        "identificatie": Nil,
        "omschrijving": Nil,
        "heeftBetrekkingOpAndere": other,
        "heeft": play_messages.STATUSSEN,
    }
    bericht = play_messages.question(REGIE, {"identificatie": plan}, scope)
    [found] = _zaken(conversation.question("geefZaakdetails_Lv01", bericht, f"gezinsplan {plan} met zijn deelplannen"))
    tree = Tree(_tree_line(found))
    _attach_statussen(tree, found)
    around.report(tree, plan)
    for relatie in found["heeftBetrekkingOpAndere"] or []:
        branch = tree.add(_tree_line(relatie["gerelateerde"]))
        _attach_statussen(branch, relatie["gerelateerde"])
        around.report(branch, text(relatie["gerelateerde"]["identificatie"]))
    return tree


def _tree_line(zaak: Any) -> str:
    return f"[bold]{escape(text(zaak['omschrijving']))}[/] [dim]{escape(text(zaak['identificatie']))}[/]"


def _attach_statussen(branch: Tree, zaak: Any) -> None:
    for status in zaak["heeft"] or []:
        type_ = status["gerelateerde"]
        last = text(status["indicatieLaatsteStatus"]) == "J"
        line = f"{text(type_['volgnummer'])}. {text(type_['omschrijving'])} ({text(status['datumStatusGezet'])[:8]})"
        branch.add(f"[green]{escape(line)}[/]" if last else escape(line))


def _zaken(answer: Any) -> list[Any]:
    return list(answer["antwoord"]["object"]) if answer["antwoord"] else []


def _head(screen: Console, number: str, titel: str) -> None:
    screen.print(f"[yellow]Interactie {number}: {titel}[/]")

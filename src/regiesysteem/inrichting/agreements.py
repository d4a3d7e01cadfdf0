"""The agreements that two parties make before they connect, each with its value in an inrichting.

RZS 1.0, 2.8 asks for such a list and says that its own is not complete; the others are choices that RZS, ZDS and StUF
leave to the parties. `AGREEMENTS` is the one table: `regie checklist` and the koppelvlakspecificatie print it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from regiesysteem.inrichting.check import FREE, RIGHTS
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.leniency import PER_SENDER, Leniency, leniency_for
from regiesysteem.inrichting.load import history, read_text
from regiesysteem.inrichting.model import Abonnement, Bewaarregel, Inrichtingsbestand, Regels, Zaaktype
from regiesysteem.local import is_this_machine

State = Literal["gemaakt", "open", "buiten de inrichting"]
"""gemaakt: the inrichting says it. open: it does not yet. The last: no setting can say it, so it is put on paper."""

_DOCUMENT_EVENTS: Final = ("Voeg zaakdocument toe", "Update zaakdocument")
_PAPER: Final = "hiervoor is geen instelling: leg het samen vast"
_UNSAID: Final = "nog niet gezegd"
_NO_PURPOSE: Final = Regels().verwerkingsactiviteit
_NOBODY: Final = "er is geen abonnement: niemand krijgt bericht"


class Answer(NamedTuple):
    """The state of an agreement in an inrichting, and its value in Dutch, a line per part."""

    state: State
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """A row of the table: what is agreed on (Dutch), the paragraph that asks for it, the keys that say it, and how.

    `naam` is the key by which scripts find it, and stays. `settings` is empty when no setting can say it.
    """

    naam: str
    question: str
    source: str
    settings: tuple[str, ...]
    read: Callable[["_Look"], Answer]


@dataclass(frozen=True)
class Agreement:
    """An agreement with its value in an inrichting; `lines` is the value in Dutch, a line per part."""

    naam: str
    question: str
    source: str
    settings: tuple[str, ...]
    state: State
    lines: tuple[str, ...]

    @property
    def value(self) -> str:
        """The value as one text."""
        return "; ".join(self.lines)


class _Look(NamedTuple):
    """An inrichting, and the names of applicaties with a password; None when nobody knows those."""

    file: Inrichtingsbestand
    passwords: Collection[str] | None


def agreements(inrichting: Inrichtingsbestand, passwords: Collection[str] | None = None) -> list[Agreement]:
    """Give every agreement with its value in an inrichting.

    `passwords` are the names of the applicaties that have one (they are no part of the file); None: unknown.
    """
    look = _Look(inrichting, passwords)
    found = []
    for topic in AGREEMENTS:
        answer = topic.read(look)
        found.append(Agreement(topic.naam, topic.question, topic.source, topic.settings, *answer))
    return found


def agreements_in_force(connection: Connection) -> list[Agreement]:
    """Give every agreement as the database has it: the text loaded last, with `regie abonnement` and passwords.

    What was taken over from messages is no agreement. Raises NoInrichting when none was ever loaded.
    """
    inrichting = read_inrichting(connection)
    loaded = history(connection, 1)[0]
    file = read_text(loaded.toml, loaded.bron).inrichting
    file = replace(file, abonnement=tuple(regel.abonnement for regel in inrichting.abonnementen))
    return agreements(file, {one.naam for one in inrichting.applicaties if inrichting.password_of(one)})


def _made(*lines: str) -> Answer:
    return Answer("gemaakt", lines)


def _open(*lines: str) -> Answer:
    return Answer("open", lines)


def _paper(_: _Look) -> Answer:
    return Answer("buiten de inrichting", (_PAPER,))


def _complete(complete: bool, lines: Iterable[str]) -> Answer:
    return _made(*lines) if complete else _open(*lines)


def _said(naam: str) -> Callable[[_Look], Answer]:
    """The value of a key of [afspraken]; open when it is absent."""

    def read(look: _Look) -> Answer:
        waarde = getattr(look.file.afspraken, naam)
        if waarde is None:
            return _open(f"{naam} staat niet in [afspraken]")
        return _made({True: "ja", False: "nee"}.get(waarde, str(waarde)))

    return read


# --- What notificaties there are, and for whom (RZS 1.0, 2.8 and 5.1)


def _of_soort(file: Inrichtingsbestand, soort: str) -> list[Zaaktype]:
    return [zaaktype for zaaktype in file.zaaktype if zaaktype.soort == soort]


def _codes(zaaktypen: Iterable[Zaaktype]) -> str:
    return ", ".join(f"{zaaktype.code} ({zaaktype.omschrijving})" for zaaktype in zaaktypen)


def _elsewhere(look: _Look) -> Answer | None:
    """The answer when another system decides who is told."""
    notificaties = look.file.notificaties
    if notificaties.variant == "intern":
        return None
    return _made(f"dat bepaalt het abonnementenbeheer: {notificaties.abonnementenbeheer}")


def _of_zaken(look: _Look) -> Answer:
    lines = [str(one) for one in look.file.abonnement if not set(_DOCUMENT_EVENTS).issuperset(one.gebeurtenis)]
    return _elsewhere(look) or _complete(bool(lines), dict.fromkeys(lines) or (_NOBODY,))


def _of_documents(look: _Look) -> Answer:
    wanted = {*_DOCUMENT_EVENTS, "*"}
    lines = [str(one) for one in look.file.abonnement if wanted.intersection(one.gebeurtenis)]
    if not look.file.abonnement:
        return _elsewhere(look) or _open(_NOBODY)
    return _elsewhere(look) or _made(*(dict.fromkeys(lines) or ("voor geen enkel zaaktype",)))


def _receivers(look: _Look) -> Answer:
    file, names = look.file, {one.applicatie for one in look.file.abonnement}
    if file.notificaties.variant == "extern":
        names = {file.notificaties.abonnementenbeheer or ""}
    lines, complete = [], bool(names)
    for naam in sorted(names):
        addresses = [one.adres for one in file.applicatie if one.naam == naam and one.adres]
        complete = complete and bool(addresses)
        lines.append(f"{naam}: {', '.join(addresses) or 'nog geen adres'}")
    return _complete(complete, lines or (_NOBODY,))


def _actions(look: _Look) -> Answer:
    lines = [f"{one.applicatie}: {one}: {_action(one)}" for one in look.file.abonnement]
    complete = bool(lines) and all(one.verwachte_actie for one in look.file.abonnement)
    return _elsewhere(look) or _complete(complete, lines or (_NOBODY,))


def _action(one: Abonnement) -> str:
    return one.verwachte_actie or "nog geen verwachte_actie"


def _variant(look: _Look) -> Answer:
    notificaties = look.file.notificaties
    if notificaties.variant == "intern":
        return _made("intern: dit systeem is het abonnementenbeheer (variant 2)")
    return _made(f"extern: {notificaties.abonnementenbeheer} is het abonnementenbeheer (variant 1 of 3)")


def _indications(look: _Look) -> Answer:
    names = dict.fromkeys(one.applicatie for one in look.file.abonnement if one.afnemersindicatie)
    return _made(f"ja, voor {', '.join(names)}" if names else "nee: geen abonnement kijkt ernaar")


# --- Plans and zaaktypen (RZS 1.0, 2.8)


def _domain_plans(look: _Look) -> Answer:
    found = _of_soort(look.file, "levensdomeinplan")
    return _made(f"ja: {_codes(found)}" if found else "nee: er is geen zaaktype van die soort")


def _in_family_plan(look: _Look) -> Answer:
    found = _of_soort(look.file, "deelplan")
    plans = _of_soort(look.file, "gezinsplan")
    if not (found and plans):
        return _open("er is geen zaaktype van de soort gezinsplan en een van de soort deelplan")
    return _made(*(_codes([one]) for one in found))


def _in_domain_plan(look: _Look) -> Answer:
    if not _of_soort(look.file, "levensdomeinplan"):
        return _made("geen: er zijn geen levensdomeinplannen")
    found = _of_soort(look.file, "deelplan")
    return _complete(bool(found), ["dezelfde als in een gezinsplan: dit systeem maakt geen verschil"])


def _catalogue(look: _Look) -> Answer:
    lines = []
    for one in look.file.zaaktype:
        statussen = ", ".join(f"{status.volgnummer} {status.code or ''} {status.omschrijving}" for status in one.status)
        lines.append(f"{one.code} ({one.omschrijving}): {statussen or 'geen statussen'}")
    complete = bool(lines) and all(one.status for one in look.file.zaaktype)
    return _complete(complete, lines or ("er zijn geen zaaktypen",))


def _unknown(look: _Look) -> Answer:
    regels = look.file.regels
    own = [f"{one.code}: onbekende_status {one.onbekende_status}" for one in look.file.zaaktype if one.onbekende_status]
    whole = (f"onbekend_zaaktype {regels.onbekend_zaaktype}", f"onbekende_status {regels.onbekende_status}")
    return _made(*whole, f"status_tegenspraak {regels.status_tegenspraak}", *own)


def _documents(look: _Look) -> Answer:
    lines, complete = [], False
    for one in _of_soort(look.file, "gezinsplan"):
        kinds = [f"{kind.omschrijving}{' (geweigerd)' if kind.geweigerd else ''}" for kind in one.documenttype]
        complete = complete or bool(kinds)
        lines.append(f"{one.code}: {', '.join(kinds) or 'geen documenttypen'}; andere: {one.andere_documenten}")
    return _complete(complete, lines or ("er is geen gezinsplan",))


def _bounds(look: _Look) -> Answer:
    documenten = look.file.documenten
    largest = f"hoogstens {documenten.maximum_mb} MB" if documenten.maximum_mb else "zo groot als de server toelaat"
    kinds = (
        f"{len(documenten.geweigerde_extensies)} extensies en {len(documenten.geweigerde_typen)} mediatypen geweigerd"
    )
    return _made(largest, kinds, f"{documenten.bewerken_dagen} dagen om een document te bewerken")


def _keeping(look: _Look) -> Answer:
    lines, complete = [], bool(look.file.zaaktype)
    for one in look.file.zaaktype:
        rules = [(part.omschrijving, part if part.archiefnominatie else one) for part in one.resultaat]
        rules = [*rules, ("verder", one)] if one.archiefnominatie or not rules else rules
        complete = complete and all(rule.archiefnominatie for _, rule in rules)
        lines.append(f"{one.code}: {', '.join(f'{naam} {_term(rule)}' for naam, rule in rules)}")
    return _complete(complete, lines or ("er zijn geen zaaktypen",))


def _term(rule: Bewaarregel) -> str:
    return rule.archiefactietermijn or rule.archiefnominatie or "nog geen termijn"


def _domain_data(look: _Look) -> Answer:
    forms = [one.naam + (" (met XSD)" if one.xsd else "") for one in look.file.formaat]
    told = [one.applicatie for one in look.file.abonnement if one.domeingegevens]
    lines = [
        f"formaten: {', '.join(forms) or 'nog geen'}",
        f"gaan mee naar: {', '.join(dict.fromkeys(told)) or 'niemand'}",
    ]
    return _complete(bool(forms), lines)


# --- Applicaties: their names, their proof, their rights, and how strict we are (RZS 1.0, 7; StUF 03.01)


def _names(look: _Look) -> Answer:
    file = look.file
    ours = file.systeem
    lines = [f"wij: {ours.applicatie}, organisatie {ours.organisatie or file.gemeente.code}"]
    lines += [
        f"{one.naam}, organisatie {one.organisatie or file.gemeente.code}"
        + (f", administratie {one.administratie}" if one.administratie else "")
        for one in file.applicatie
    ]
    return _complete(bool(file.applicatie), lines)


def _proof(look: _Look) -> Answer:
    if look.file.regels.autorisatie == "open":
        return _open('autorisatie is "open": niemand bewijst wie hij is')
    lines, complete = [], True
    for one in look.file.applicatie:
        ways = ["certificaat"] if one.certificaat else []
        if look.passwords is not None and one.naam in look.passwords:
            ways.append("wachtwoord")
        unknown = look.passwords is None and not ways
        complete = complete and bool(ways)
        lines.append(f"{one.naam}: {' of '.join(ways) or ('wachtwoord, of nog niets' if unknown else 'nog niets')}")
    return _complete(complete, lines)


def _rights(look: _Look) -> Answer:
    if look.file.regels.autorisatie == "open":
        return _open('autorisatie is "open": iedereen mag alles')
    lines = []
    for one in look.file.applicatie:
        narrowed = [naam for naam in RIGHTS if getattr(one, naam) != FREE[naam]]
        services = "alle diensten" if "*" in one.diensten else ", ".join(one.diensten) or "geen diensten"
        lines.append(f"{one.naam}: {services}" + (f"; beperkt door {', '.join(narrowed)}" if narrowed else ""))
    return _made(*lines)


def _protocol(look: _Look) -> Answer:
    receiving = [one for one in look.file.applicatie if one.adres]
    if not receiving:
        return _open("er is geen applicatie met een adres")
    lines, complete = [], True
    for one in receiving:
        addresses = [adres for adres in (one.adres, one.adres_rzs) if adres]
        safe = all(adres.startswith("https:") or is_this_machine(adres) for adres in addresses)
        complete = complete and safe
        lines.append(f"{one.naam}: SOAP {one.soap}, {'versleuteld of op deze machine' if safe else 'onversleuteld'}")
    return _complete(complete, lines)


def _strictness(look: _Look) -> Answer:
    regels = look.file.regels
    lines = [f"{naam}: {', '.join(values)}" for naam, values in _lenient(look.file)]
    return _made(f"was {regels.was}", *(lines or ["iedereen: streng"]))


def _lenient(file: Inrichtingsbestand) -> Iterator[tuple[str, list[str]]]:
    strict = Leniency()
    for naam, applicatie in (("wie niet genoemd is", None), *((one.naam, one) for one in file.applicatie)):
        rules = leniency_for(file.regels, applicatie)
        other = [f"{key} {getattr(rules, key)}" for key in PER_SENDER if getattr(rules, key) != getattr(strict, key)]
        if other:
            yield naam, other


def _pace(look: _Look) -> Answer:
    regels = look.file.regels
    whole = f"{regels.verzoeken_per_minuut} berichten en {regels.mb_per_minuut} MB per minuut (0: geen grens)"
    own = [one.naam for one in look.file.applicatie if (one.verzoeken_per_minuut, one.mb_per_minuut) != (None, None)]
    return _made(whole, f"hoogstens {regels.max_antwoorden} zaken in een antwoord", *(f"anders voor {n}" for n in own))


def _handover(look: _Look) -> Answer:
    own = [f"{one.code}: {one.overdracht_dagen} dagen" for one in look.file.zaaktype if one.overdracht_dagen]
    return _made(f"{look.file.notificaties.overdracht_dagen} dagen", *own)


def _purpose(look: _Look) -> Answer:
    own = [f"{one.naam}: {one.verwerkingsactiviteit}" for one in look.file.applicatie if one.verwerkingsactiviteit]
    if look.file.regels.verwerkingsactiviteit != _NO_PURPOSE:
        return _made(f"verder iedereen: {look.file.regels.verwerkingsactiviteit}", *own)
    missing = [one.naam for one in look.file.applicatie if not one.verwerkingsactiviteit]
    return _complete(bool(own) and not missing, [*own, *(f"{naam}: nog niet gezegd" for naam in missing)] or [_UNSAID])


# --- The table

# fmt: off
AGREEMENTS: Final = (
    Topic("gezinsplan_in_onderzoek", "Wordt een gezinsplan al vastgelegd tijdens de analyse of het onderzoek?",
            "RZS 1.0, 2.8 en 4.1", ("[afspraken] gezinsplan_in_onderzoek",), _said("gezinsplan_in_onderzoek")),
    Topic("levensdomeinplannen", "Wordt er met levensdomeinplannen gewerkt?",
            "RZS 1.0, 2.7 en 2.8", ('[[zaaktype]] soort = "levensdomeinplan"',), _domain_plans),
    Topic("notificaties_zaak", "Van welke zaaktypen en gebeurtenissen gaat er bericht uit als een zaak wijzigt?",
            "RZS 1.0, 2.8", ("[[abonnement]]",), _of_zaken),
    Topic("notificaties_document", "Van welke zaaktypen gaat er bericht uit als een zaakdocument wijzigt?",
            "RZS 1.0, 2.8", ("[[abonnement]] gebeurtenis",), _of_documents),
    Topic("bestemming", "Waar gaan de notificaties heen?",
            "RZS 1.0, 2.8 en 5.1", ("[[abonnement]] applicatie", "[[applicatie]] adres"), _receivers),
    Topic("verwachte_actie", "Wat hoort de ontvanger met elke notificatie te doen?",
            "RZS 1.0, 2.8", ("[[abonnement]] verwachte_actie",), _actions),
    Topic("deelplannen_gezinsplan", "Welke zaaktypen kunnen deelplan van een gezinsplan zijn?",
            "RZS 1.0, 2.8", ('[[zaaktype]] soort = "deelplan"',), _in_family_plan),
    Topic("deelplannen_levensdomeinplan", "Welke zaaktypen kunnen deelplan van een levensdomeinplan zijn?",
            "RZS 1.0, 2.8", ('[[zaaktype]] soort = "deelplan"',), _in_domain_plan),
    Topic("derden_als_zaak", "Wordt wat anderen dan de gemeente leveren ook als zaak vastgelegd en uitgewisseld?",
            "RZS 1.0, 2.8 en 4.3", ("[afspraken] derden_als_zaak",), _said("derden_als_zaak")),
    Topic("aanvraag_bij_gezinsplan", "Komt een aanvraag van een burger met een gezinsplan bij dat plan?",
            "RZS 1.0, 3.1", ("[afspraken] aanvraag_bij_gezinsplan",), _said("aanvraag_bij_gezinsplan")),
    Topic("deelplan_door", "Wie maakt de zaak van een deelplan aan?",
            "Opdracht, implementatievarianten", ("[afspraken] deelplan_door",), _said("deelplan_door")),
    Topic("aanvraag_via", "Waarlangs komt een aanvraag van iemand met een gezinsplan?",
            "Opdracht, scenario's", ("[afspraken] aanvraag_via",), _said("aanvraag_via")),
    Topic("documenten_gezinsplan", "Welke documenten van het gezinsplan worden vastgelegd?",
            "Opdracht, uitgangspunten", ("[[zaaktype.documenttype]]", "[[zaaktype]] andere_documenten"), _documents),
    Topic("domeingegevens", "Welke gegevens van het eigen domein worden uitgewisseld, in welke vorm?",
            "Opdracht; RZS 1.0, 1.7.4", ("[[formaat]]", "[[abonnement]] domeingegevens"), _domain_data),
    Topic("abonnementenbeheer", "Welke applicatie is het abonnementenbeheer (de implementatievariant)?",
            "RZS 1.0, 2.7 en 6.1", ("[notificaties] variant", "[notificaties] abonnementenbeheer"), _variant),
    Topic("afnemersindicaties", "Krijgt een applicatie alleen bericht van zaken met haar afnemersindicatie?",
            "RZS 1.0, 1.7.1", ("[[abonnement]] afnemersindicatie",), _indications),
    Topic("overdracht", "Hoe lang mag een backoffice wachten met haar antwoord op een aangeboden zaak?",
            "RZS 1.0, 4.4 en 6.8", ("[notificaties] overdracht_dagen", "[[zaaktype]] overdracht_dagen"), _handover),
    Topic("zaaktypen", "Met welke codes en omschrijvingen noemen de partijen zaaktypen en statussen?",
            "ZDS 1.1, 4.1", ("[[zaaktype]]", "[[zaaktype.status]]"), _catalogue),
    Topic("onbekend", "Wat gebeurt er met een zaaktype of status die niet is afgesproken?",
            "ZDS 1.1, 4.1", ("[regels] onbekend_zaaktype", "[regels] onbekende_status"), _unknown),
    Topic("strengheid", "Wat gebeurt er met een bericht dat van de standaard of van de vorige stand afwijkt?",
            "StUF 03.01, 5.2", ("[regels] schema", "[regels] was", "[[applicatie]] schema"), _strictness),
    Topic("documentgrenzen", "Hoe groot mag een document zijn, en welke soorten worden geweigerd?",
            "ZDS 1.1, 4.2", ("[documenten]",), _bounds),
    Topic("bewaren", "Hoe lang blijft een zaak na haar resultaat bewaard?",
            "Selectielijst gemeenten 2020", ("[[zaaktype.resultaat]] archiefnominatie",), _keeping),
    Topic("namen", "Met welke applicatie, organisatie en administratie noemen de partijen zich in StUF?",
            "RZS 1.0, 7", ("[systeem]", "[[applicatie]] naam", "[[applicatie]] organisatie"), _names),
    Topic("authenticatie", "Hoe bewijst een applicatie wie zij is?",
            "RZS 1.0, 7", ("[regels] autorisatie", "[[applicatie]] certificaat"), _proof),
    Topic("autorisatie", "Wat mag elke applicatie vragen en zien?",
            "RZS 1.0, 7", ("[[applicatie]] diensten", "[[applicatie]] zaaktypen"), _rights),
    Topic("protocol", "Met welke versie van SOAP, en hoe versleuteld, gaan berichten naar een ontvanger?",
            "RZS 1.0, 7; StUF Protocolbindingen 03.02", ("[[applicatie]] adres", "[[applicatie]] soap"), _protocol),
    Topic("verwerkingsactiviteit", "Voor welke verwerking kijken de applicaties in zaken?",
            "RZS 1.0, 7 (privacy)", ("[regels] verwerkingsactiviteit",), _purpose),
    Topic("tempo", "Hoeveel berichten en zaken zijn er hoogstens per minuut en per antwoord?",
            "StUF 03.01, 6.1", ("[regels] verzoeken_per_minuut", "[regels] max_antwoorden"), _pace),
    Topic("zonder_bsn", "Hoe komt iemand zonder BSN in een plan?",
            "RZS 1.0, 1.7.2", (), _paper),
    Topic("referentiecomponenten", "Welke referentiecomponenten vult elke applicatie in, en met welke beperkingen?",
            "RZS 1.0, 2.7", (), _paper),
    Topic("testrapport", "Welk rapport toont dat de applicatie aan de standaard voldoet?",
            "RZS 1.0, 2.7", (), _paper),
    Topic("planning", "Wanneer zijn de partijen klaar met aansluiten?",
            "RZS 1.0, 2.7", (), _paper),
    Topic("geweigerde_overdracht", "Wie doet wat als een backoffice een aangeboden zaak weigert?",
            "RZS 1.0, 4.4", (), _paper),
    Topic("storing", "Wie belt wie als berichten blijven liggen of geweigerd worden?",
            "Wij; RZS 1.0, 2.8 zegt dat zijn lijst niet af is", (), _paper),
)
# fmt: on
"""Every agreement, those of RZS 1.0, 2.8 first and in its order."""

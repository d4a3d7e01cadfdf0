"""Finds the receivers of events: conditions of rules, data of zaken, and the verdict (RZS 1.0, 5.1 and 6.9.2)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.find_status import Found, find_statustype
from regiesysteem.inrichting.model import Abonnement, Regel, Waarden
from regiesysteem.notifications.entitled import narrowed_receivers, unseen, unseen_elsewhere
from regiesysteem.zkn.parties import MDW, NNP, NPS, OEH, VES

# --- The data of zaken beyond a gebeurtenis: read for a whole batch, and only for rules that need it

_PERSONEN: Final = ", ".join(f"'{entiteit.code}'" for entiteit in (NPS, NNP, VES, MDW, OEH))

_READ: Final = Sql(f"""
    -- of each zaak: the gezinsplannen that it belongs to, the asked people who are in it or in those, and the
    -- applicaties with an afnemersindicatie on it or on those
    WITH kring AS MATERIALIZED (
        SELECT zaak_id, plan_id AS id, true AS plan FROM regie_plannen(:zaken) WHERE soort = 'gezinsplan'
        UNION
        SELECT id, id, false FROM unnest(CAST(:zaken AS bigint[])) AS zelf (id)
    )
    SELECT zaak_id, 'gezinsplan' AS wat, z.identificatie AS waarde, NULL AS actie, false AS eigen
    FROM kring JOIN zaak z USING (id) WHERE plan
    UNION ALL
    SELECT DISTINCT k.zaak_id, 'persoon', genoemd.nummer, NULL, false
    FROM kring k JOIN zaak_relatie r ON r.zaak_id = k.id AND regie_geldt(r.beeindigd)
    JOIN object o ON o.id = r.object_id AND o.entiteittype IN ({_PERSONEN})
    CROSS JOIN LATERAL (VALUES (o.identificatie), (o.inhoud ->> 'anp.identificatie'), (o.inhoud ->> 'ann.identificatie')
    ) AS genoemd (nummer)
    WHERE cardinality(CAST(:personen AS text[])) > 0 AND genoemd.nummer = ANY(:personen)
    UNION ALL
    SELECT k.zaak_id, 'afnemer', a.applicatie, a.verwachte_actie, k.id = k.zaak_id
    FROM kring k JOIN afnemersindicatie a ON a.zaak_id = k.id
    ORDER BY zaak_id, wat, eigen DESC, waarde
""")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Facts:
    """The data of one zaak: gezinsplannen by identificatie, the asked numbers of people that occur, and its afnemers.

    `afnemers` gives each applicatie with an afnemersindicatie the action that is expected of it.
    """

    gezinsplannen: set[str] = field(default_factory=set)
    personen: set[str] = field(default_factory=set)
    afnemers: dict[str, str] = field(default_factory=dict)


def read_facts(connection: Connection, zaken: Collection[int], personen: Collection[str]) -> Mapping[int, Facts]:
    """Read them for zaken by id, in one statement; `personen` are all numbers that matter."""
    facts = {zaak_id: Facts() for zaak_id in zaken}
    if not facts:
        return facts
    for row in _READ.run(connection, {"zaken": list(facts), "personen": list(personen)}):
        from_ = facts[row.zaak_id]
        if row.wat == "gezinsplan":
            from_.gezinsplannen.add(row.waarde)
        elif row.wat == "persoon":
            from_.personen.add(row.waarde)
        else:
            # That of the zaak itself comes first, and goes before that of its gezinsplan.
            from_.afnemers.setdefault(row.waarde, row.actie)
    return facts


# --- The conditions of an abonnement, tried on a gebeurtenis

_OF_ZAAK: Final = ("gezinsplan", "persoon")


@dataclass(frozen=True, slots=True)
class Gebeurtenis:
    """An event of a zaak, as the rules look at it; fields as in the table."""

    id: int
    zaak_id: int | None
    zaakidentificatie: str
    gebeurtenis: str
    organisatie: str
    applicatie: str
    gegevens: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventView:
    """A gebeurtenis with the values that conditions compare: by key the values that hold, None when unknown.

    `unseen_by` are the receivers that may not see the zaak.
    """

    gebeurtenis: Gebeurtenis
    waarden: dict[str, Waarden | None]
    eindstatus: bool | None
    afnemers: dict[str, str] | None
    unseen_by: frozenset[str] = frozenset()


def view(inrichting: Inrichting, gebeurtenis: Gebeurtenis, facts: Facts | None) -> EventView:
    """Put the known values together; `facts` is None for a zaak that we do not hold, or when no rule needs them."""
    data = gebeurtenis.gegevens
    zaaktype = inrichting.zaaktype(data.get("code"), data.get("omschrijving"))
    code = data.get("code") or (zaaktype.code if zaaktype else None)
    soort = data.get("soort") or (zaaktype.soort if zaaktype else None)
    status = data.get("status") or {}
    return EventView(
        gebeurtenis=gebeurtenis,
        waarden={
            "zaaktype": frozenset((code,)) if code else None,
            "soort": frozenset((soort,)) if soort else None,
            "status": _statusnamen(status),
            "zender": frozenset((gebeurtenis.applicatie,)),
            "gezinsplan": None if facts is None else frozenset(facts.gezinsplannen),
            "persoon": None if facts is None else frozenset(facts.personen),
        },
        eindstatus=_eindstatus(zaaktype, status),
        afnemers=None if facts is None else facts.afnemers,
    )


def failed_on_gebeurtenis(abonnement: Abonnement, view: EventView) -> Iterator[str]:
    """The keys that fail, of those that need the gebeurtenis alone."""
    if "*" not in abonnement.gebeurtenis and view.gebeurtenis.gebeurtenis not in abonnement.gebeurtenis:
        yield "gebeurtenis"
    yield from _failed(abonnement, view, of_zaak=False)
    if abonnement.eindstatus is not None and view.eindstatus is not abonnement.eindstatus:
        yield "eindstatus"


def failed_on_zaak(abonnement: Abonnement, view: EventView) -> Iterator[str]:
    """The keys that fail, of those that look at the zaak."""
    if not abonnement.asks_zaak:
        return
    yield from _failed(abonnement, view, of_zaak=True)
    asked = abonnement.afnemersindicatie
    if asked is not None and (view.afnemers is None or (abonnement.applicatie in view.afnemers) is not asked):
        yield "afnemersindicatie"


def asked_personen(abonnement: Abonnement) -> Waarden:
    """All numbers that an abonnement looks for, in every form in which they may stand in a zaak."""
    return frozenset(
        number
        for sleutel, any_of, none_of in abonnement.conditions
        if sleutel == "persoon"
        for number in any_of | none_of
    )


def _failed(abonnement: Abonnement, view: EventView, *, of_zaak: bool) -> Iterator[str]:
    for sleutel, any_of, none_of in abonnement.conditions:
        if (sleutel in _OF_ZAAK) is not of_zaak:
            continue
        waarden = view.waarden[sleutel]
        if any_of and (waarden is None or any_of.isdisjoint(waarden)):
            yield sleutel
        if none_of and (waarden is None or not none_of.isdisjoint(waarden)):
            yield f"niet_{sleutel}"


def _statusnamen(status: dict[str, Any]) -> Waarden:
    texts = (status.get("code"), status.get("omschrijving"))
    names: set[int | str] = {folded(naam) for naam in texts if naam}
    if status.get("volgnummer") is not None:
        names.add(status["volgnummer"])
    return frozenset(names)


def _eindstatus(zaaktype: Zaaktype | None, status: dict[str, Any]) -> bool | None:
    """Tell whether the zaak has an eindstatus; in an event of another system, only one that the inrichting knows."""
    if not status:
        return False
    if (said := status.get("eindstatus")) is not None:
        return bool(said)
    if zaaktype is None:
        return None
    found = find_statustype(zaaktype, status.get("volgnummer"), status.get("code"), status.get("omschrijving"))
    return found.statustype.eindstatus if isinstance(found, Found) else None


# --- The receivers of a gebeurtenis, and their rule (RZS 1.0, 1.7.1, 5.1 and 5.2.6)

INITIEER: Final = "initieerNotificeerOverZaak"
"""The message to the abonnementenbeheer of another (RZS 6.10)."""

CAUSED_IT: Final = "heeft de gebeurtenis zelf veroorzaakt (RZS 5.2.6)"
NO_ADRES: Final = "heeft geen adres in de inrichting en ontvangt dus niets"
NOT_GRANTED: Final = "mag deze zaak niet zien (rechten van de applicatie in de inrichting)"
EARLIER: Final = "hoort het al door een eerdere regel"


@dataclass(frozen=True, slots=True)
class Destination:
    """A receiver of a notification; `reden` is the rule, `bericht` the message that it gets.

    `domeingegevens` selects the payloads of the zaak that go along with a zakLk01, as in an abonnement.
    """

    applicatie: str
    bericht: str
    reden: str
    verwachte_actie: str = ""
    domeingegevens: bool | tuple[str, ...] = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one rule: its receiver, the keys of the rule that fail, and other obstacles (Dutch)."""

    destination: Destination
    rule: Regel | None = None
    failed: tuple[str, ...] = ()
    objection: str = ""

    @property
    def belongs(self) -> bool:
        """Tell whether this rule makes the applicatie a receiver."""
        return not self.failed and not self.objection


def route(
    connection: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Destination]]]:
    """The receivers of each gebeurtenis; at most one statement for all, and only when a rule looks at zaken."""
    for seen in look_at(connection, inrichting, gebeurtenissen):
        verdicts = judge_rules(inrichting, seen)
        yield seen.gebeurtenis, [verdict.destination for verdict in verdicts if verdict.belongs]


def look_at(
    connection: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis], *, complete: bool = False
) -> Sequence[EventView]:
    """The values that the rules look at, for each gebeurtenis; `complete` also those that no rule comes to need."""
    seen = _look_at(connection, inrichting, gebeurtenissen, complete=complete)
    if not (receivers := narrowed_receivers(inrichting)):
        return seen
    held = {one.zaak_id for one in gebeurtenissen if one.zaak_id is not None}
    hidden = unseen(connection, receivers, held)
    return [replace(one, unseen_by=_unseen_by(inrichting, one.gebeurtenis, receivers, hidden)) for one in seen]


def _unseen_by(
    inrichting: Inrichting,
    gebeurtenis: Gebeurtenis,
    receivers: Mapping[str, Grant],
    hidden: Mapping[int, frozenset[str]],
) -> frozenset[str]:
    if gebeurtenis.zaak_id is not None:
        return hidden[gebeurtenis.zaak_id]
    zaaktype = inrichting.zaaktype(gebeurtenis.gegevens.get("code"), gebeurtenis.gegevens.get("omschrijving"))
    return unseen_elsewhere(receivers, zaaktype.id if zaaktype is not None else None)


def _look_at(
    connection: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis], *, complete: bool
) -> Sequence[EventView]:
    if inrichting.notificaties.variant == "extern":
        return [view(inrichting, one, None) for one in gebeurtenissen]
    regels = [rule.abonnement for rule in inrichting.abonnementen if rule.abonnement.asks_zaak]
    bare = [(one, view(inrichting, one, None)) for one in gebeurtenissen]
    needed = {
        one.zaak_id
        for one, seen in bare
        if one.zaak_id is not None
        and (complete or inrichting.afnemers or any(not any(failed_on_gebeurtenis(rule, seen)) for rule in regels))
    }
    if not needed:
        return [seen for _, seen in bare]
    personen = sorted(str(number) for number in chain.from_iterable(map(asked_personen, regels)))
    facts = read_facts(connection, sorted(needed), personen)
    return [view(inrichting, one, _from(facts, one)) if one.zaak_id in needed else seen for one, seen in bare]


def judge_rules(inrichting: Inrichting, seen: EventView, *, complete: bool = False) -> Iterator[Verdict]:
    """The verdict of each rule, in their order; `complete` names every key that fails and not only the first."""
    if inrichting.notificaties.variant == "extern":
        yield from _extern(inrichting, seen)
        return
    told: set[str] = set()
    for rule, destination, failed in _candidates(inrichting, seen):
        sleutels = tuple(failed if complete else islice(failed, 1))
        objection = ""
        if not sleutels:
            objection = _objection(inrichting, seen, destination.applicatie, told)
            told.add(destination.applicatie)
        yield Verdict(destination, rule, sleutels, objection)


def undeliverable(inrichting: Inrichting, destination: Destination) -> str:
    """The reason why a message to a receiver will strand, in Dutch; empty when it will not."""
    if inrichting.ontvanger(destination.applicatie) is None:
        return f"applicatie {destination.applicatie} staat niet in de inrichting"
    return ""


def _from(facts: Mapping[int, Facts], gebeurtenis: Gebeurtenis) -> Facts | None:
    return None if gebeurtenis.zaak_id is None else facts.get(gebeurtenis.zaak_id)


def _extern(inrichting: Inrichting, seen: EventView) -> Iterator[Verdict]:
    if beheer := inrichting.notificaties.abonnementenbeheer:
        objection = NOT_GRANTED if beheer in seen.unseen_by else ""
        yield Verdict(Destination(beheer, INITIEER, "variant extern"), objection=objection)


def _candidates(inrichting: Inrichting, seen: EventView) -> Iterator[tuple[Regel | None, Destination, Iterable[str]]]:
    afnemers = seen.afnemers or {}
    arranged: set[str] = set()
    for rule in inrichting.abonnementen:
        abonnement = rule.abonnement
        actie = abonnement.verwachte_actie
        if abonnement.afnemersindicatie:
            arranged.add(abonnement.applicatie)
            actie = actie or afnemers.get(abonnement.applicatie, "")
        naam, payload = abonnement.applicatie, abonnement.domeingegevens
        destination = Destination(naam, abonnement.bericht, rule.reden, actie, payload)
        yield rule, destination, chain(failed_on_gebeurtenis(abonnement, seen), failed_on_zaak(abonnement, seen))
    for applicatie, actie in afnemers.items():
        if applicatie not in arranged:
            yield None, Destination(applicatie, "notificeerOverZaak", "afnemersindicatie", actie), ()


def _objection(inrichting: Inrichting, seen: EventView, applicatie: str, told: set[str]) -> str:
    if _is_itself(inrichting, seen.gebeurtenis, applicatie):
        return CAUSED_IT
    if applicatie in seen.unseen_by:
        return NOT_GRANTED
    ontvanger = inrichting.ontvanger(applicatie)
    if ontvanger is not None and not ontvanger.adres:
        return NO_ADRES
    return EARLIER if applicatie in told else ""


def _is_itself(inrichting: Inrichting, gebeurtenis: Gebeurtenis, applicatie: str) -> bool:
    """Tell whether the receiver caused it; another organisatie may have an applicatie of the same name."""
    if applicatie != gebeurtenis.applicatie:
        return False
    ontvanger = inrichting.ontvanger(applicatie)
    organisatie = (ontvanger.organisatie or inrichting.gemeente.code) if ontvanger else ""
    return not organisatie or not gebeurtenis.organisatie or organisatie == gebeurtenis.organisatie

"""Explains the receivers of a gebeurtenis, and why others are none; in Dutch, without BSNs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.find_status import describe
from regiesysteem.inrichting.model import Abonnement, printable
from regiesysteem.notifications.routing import EventView, Gebeurtenis, Verdict, judge_rules, look_at, undeliverable

_ZAAK: Final = Sql("""
    -- the data of a zaak in a gebeurtenis of this moment
    SELECT z.id, regie_zaakgegevens(z.id) AS gegevens FROM zaak z WHERE z.identificatie = :zaak
""")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a gebeurtenis: its known values, and the verdict of each rule."""

    inrichting: Inrichting
    view: EventView
    verdicts: tuple[Verdict, ...]

    @property
    def bekend(self) -> bool:
        """Tell whether we hold the zaak."""
        return self.view.gebeurtenis.zaak_id is not None

    @property
    def extern(self) -> bool:
        """Tell whether another system decides who is told."""
        return self.inrichting.notificaties.variant == "extern"


def explain(
    connection: Connection, inrichting: Inrichting, zaak: str, gebeurtenis: str, *, zender: str = "", zaaktype: str = ""
) -> Explanation:
    """Route a gebeurtenis that happens to a zaak now, as delivery does; nothing is kept or sent.

    `zender` is the applicatie that causes it. `zaaktype` is the code in the message for a zaak that we do not hold; it
    does not matter for one that we hold.
    """
    row = _ZAAK.run(connection, {"zaak": zaak}).one_or_none()
    organisaties = {one.organisatie or inrichting.gemeente.code for one in inrichting.applicaties if one.naam == zender}
    one = Gebeurtenis(
        id=0,
        zaak_id=row.id if row else None,
        zaakidentificatie=zaak,
        gebeurtenis=gebeurtenis,
        organisatie=organisaties.pop() if len(organisaties) == 1 else "",
        applicatie=zender,
        gegevens=row.gegevens if row else {"code": zaaktype or None},
    )
    [seen] = look_at(connection, inrichting, [one], complete=True)
    return Explanation(inrichting, seen, tuple(judge_rules(inrichting, seen, complete=True)))


def regels(explanation: Explanation) -> Iterator[str]:
    """The explanation, line by line."""
    yield from _head(explanation)
    if explanation.extern:
        yield (
            "Variant extern: het abonnementenbeheer van een ander beslist wie bericht krijgt; "
            "abonnementen en afnemersindicaties van dit systeem gelden niet."
        )
    yield ""
    belongs = [verdict for verdict in explanation.verdicts if verdict.belongs]
    yield "Krijgt bericht:" if belongs else "Niemand krijgt bericht."
    for verdict in belongs:
        yield from _told(explanation.inrichting, verdict)
    not_ = [verdict for verdict in explanation.verdicts if not verdict.belongs]
    if not_:
        yield "Krijgt hierdoor geen bericht:"
    for verdict in not_:
        yield f"  {verdict.destination.applicatie}, {verdict.destination.reden}"
        yield from (f"    {reason}" for reason in _reasons(verdict, explanation))
    named = {verdict.destination.applicatie for verdict in explanation.verdicts}
    others = dict.fromkeys(one.naam for one in explanation.inrichting.applicaties if one.naam not in named)
    if others and not explanation.extern:
        yield f"Geen regel noemt: {', '.join(others)}."


def _head(explanation: Explanation) -> Iterator[str]:
    seen, one = explanation.view, explanation.view.gebeurtenis
    what = f"zaaktype {one.gegevens.get('code') or 'onbekend'}, soort {_from(seen, 'soort')}"
    if explanation.bekend:
        plans = f", gezinsplan {_from(seen, 'gezinsplan')}" if seen.waarden["gezinsplan"] is not None else ""
        yield f"Zaak {one.zaakidentificatie}: {what}, status {_status(seen)}{plans}."
    else:
        yield f"Zaak {one.zaakidentificatie} hebben wij niet; {what}."
        yield "Van zo'n zaak is alleen bekend wat een bericht erover zegt: geen gezinsplan, personen of afnemers."
    yield f"Gebeurtenis: {one.gebeurtenis}, zender: {one.applicatie or 'niemand genoemd'}."


def _told(inrichting: Inrichting, verdict: Verdict) -> Iterator[str]:
    destination = verdict.destination
    yield f"  {destination.applicatie}: {destination.bericht}"
    yield f"    door {destination.reden}"
    if destination.verwachte_actie:
        yield f"    verwachte actie: {destination.verwachte_actie}"
    if objection := undeliverable(inrichting, destination):
        yield f"    let op: {objection}; het bericht strandt"
    elif (ontvanger := inrichting.ontvanger(destination.applicatie)) is not None and not ontvanger.adres:
        yield f"    let op: applicatie {destination.applicatie} heeft geen adres in de inrichting; het bericht wacht"


def _reasons(verdict: Verdict, explanation: Explanation) -> Iterator[str]:
    if verdict.objection:
        yield verdict.objection
    if verdict.rule is not None:
        yield from (_reason(sleutel, verdict.rule.abonnement, explanation) for sleutel in verdict.failed)


def _reason(sleutel: str, abonnement: Abonnement, explanation: Explanation) -> str:
    seen = explanation.view
    bare = sleutel.removeprefix("niet_")
    asked = getattr(abonnement, sleutel)
    if bare in ("gezinsplan", "persoon", "afnemersindicatie") and not explanation.bekend:
        return f"{sleutel}: dat is niet bekend van een zaak die wij niet hebben"
    if sleutel == "persoon":
        return "persoon: niemand van wie de regel noemt komt voor in de zaak of haar gezinsplan"
    if sleutel == "niet_persoon":
        return "niet_persoon: iemand van wie de regel noemt komt voor in de zaak of haar gezinsplan"
    if sleutel == "afnemersindicatie":
        heeft = "geen" if asked else "een"
        return f"afnemersindicatie: {abonnement.applicatie} heeft er {heeft} op de zaak of haar gezinsplan"
    if sleutel == "eindstatus":
        is_ = {True: "een eindstatus", False: "geen eindstatus", None: "een status die wij niet kennen"}
        return f"eindstatus: de zaak heeft {is_[seen.eindstatus]}"
    wanted = ", ".join(printable(sleutel, waarde) for waarde in asked)
    heeft = {"gebeurtenis": seen.gebeurtenis.gebeurtenis, "status": _status(seen)}.get(bare) or _from(seen, bare)
    return f"{sleutel}: de regel zegt {wanted}, het is {heeft}"


def _status(seen: EventView) -> str:
    status = seen.gebeurtenis.gegevens.get("status")
    return describe(status["volgnummer"], status["code"], status["omschrijving"]) if status else "geen"


def _from(seen: EventView, sleutel: str) -> str:
    waarden = seen.waarden[sleutel]
    if waarden is None:
        return "onbekend"
    return ", ".join(sorted(str(waarde) for waarde in waarden if waarde)) or "geen"

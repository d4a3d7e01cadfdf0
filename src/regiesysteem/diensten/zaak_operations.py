"""The operations on zaken: kennisgevingen (ZDS 4.1.3 - 4.1.6) and questions (ZDS 4.1.1, 4.1.2; StUF-ZKN zakLv01)."""

import copy
from typing import Final

from lxml import etree

from regiesysteem.access.omit import leave_out
from regiesysteem.diensten.contents import set_payloads
from regiesysteem.diensten.context import MessageContext
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf.answers import answer_stuurgegevens
from regiesysteem.stuf.entity import Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, stuf
from regiesysteem.stuf.payload import read_payloads
from regiesysteem.stuf.read import Instance, change_without_bare_nil, read_instance
from regiesysteem.stuf.write import Mode, Scope, View, read_scope, write_view
from regiesysteem.zakenmagazijn.domain_data import take_in
from regiesysteem.zakenmagazijn.ended import add_ended, with_tijdvak
from regiesysteem.zakenmagazijn.loading import load
from regiesysteem.zakenmagazijn.messages import draw_zaakidentificatie
from regiesysteem.zakenmagazijn.select import Hits, find_hits, read_question
from regiesysteem.zakenmagazijn.select.permitted import check_permitted
from regiesysteem.zakenmagazijn.select.question import drop_bare_nil
from regiesysteem.zakenmagazijn.zaak_changes import Command, Origin, change, creeer
from regiesysteem.zkn.names import NSMAP, ZKN, zkn
from regiesysteem.zkn.zaak import ZAK

# --- The shared part of operations that receive a kennisgeving: objects and mutatiesoort (StUF 03.01, 5.1 and 5.2)

_MODIFICATION = frozenset("WCF")
_TOEGEVOEGD = frozenset({"T", ""})
_MUTATIESOORT = "parameters/mutatiesoort"
_CORRECTION = frozenset("CF")
_INSTANCE_MODIFICATION = frozenset({"W", "I", ""})


def mutatiesoort_of(kennisgeving: etree._Element) -> str:
    """The mutatiesoort of a kennisgeving (StUF 03.01, 5.2.1)."""
    return kennisgeving.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}", "").strip()


def read_addition(bericht: Bericht, leniency: Leniency, entiteit: Entiteit = ZAK) -> Instance:
    """The object of a toevoegkennisgeving. Raises StUF055 for another mutatiesoort or number of objects."""
    mutatiesoort, instances = _read(bericht.element, entiteit)
    if mutatiesoort != "T" and (mutatiesoort or not leniency.allows("mutatiesoort", _MUTATIESOORT)):
        raise StufFout("StUF055", f"{bericht.dienst} verwacht mutatiesoort T, niet {mutatiesoort!r}")
    if len(instances) != 1:
        raise StufFout(
            "StUF055", f"een kennisgeving met mutatiesoort T heeft 1 object, niet {len(instances)} (StUF 5.2)"
        )
    if instances[0].verwerkingssoort not in ("T", ""):
        raise StufFout("StUF055", f"object heeft verwerkingssoort {instances[0].verwerkingssoort!r} in plaats van T")
    return instances[0]


def read_modification(bericht: Bericht, leniency: Leniency, *, set_status: bool = False) -> Command:
    """The change that a wijzig- or correctiekennisgeving asks for; `set_status` as in `Command`.

    One object is understood as the new situation (senders in the field leave `was` out when they do not know it).
    Raises StUF055 for another mutatiesoort, verwerkingssoort or number of objects.
    """
    was, wordt = read_was_wordt(bericht.dienst, bericht.element, ZAK, leniency)
    return Command(was, wordt, correction=mutatiesoort_of(bericht.element) in _CORRECTION, set_status=set_status)


def read_was_wordt(
    dienst: str, kennisgeving: etree._Element, entiteit: Entiteit, leniency: Leniency
) -> tuple[Instance | None, Instance]:
    """The old and the new situation of a change, the first None where the sender gave one object; raises as above.

    The operation itself means a change, so the leniency may allow a mutatiesoort T, or none. It may also leave elements
    that are nil without noValue unchanged.
    """
    mutatiesoort, instances = _read(kennisgeving, entiteit)
    if mutatiesoort not in _MODIFICATION and not (
        mutatiesoort in _TOEGEVOEGD and leniency.allows("mutatiesoort", _MUTATIESOORT)
    ):
        raise StufFout("StUF055", f"{dienst} verwacht mutatiesoort W (of C of F), niet {mutatiesoort!r}")
    if len(instances) not in (1, 2):
        raise StufFout("StUF055", "een kennisgeving met mutatiesoort W heeft 2 objecten: was en wordt (StUF 5.2)")
    for instance in instances:
        soort = instance.verwerkingssoort
        if soort not in _INSTANCE_MODIFICATION and not (
            soort in _TOEGEVOEGD and leniency.allows("mutatiesoort", "object/@verwerkingssoort")
        ):
            raise StufFout(
                "StUF055",
                f"object heeft verwerkingssoort {soort!r}; hier is W of I mogelijk (StUF 5.2.5)",
            )
    was = instances[0] if len(instances) > 1 else None
    if leniency.nil_zonder_novalue == "geenWaarde":
        return was, instances[-1]
    was, wordt, left_out = change_without_bare_nil(was, instances[-1])
    if left_out:
        leniency.report("nil_zonder_novalue", f"object/{left_out}")
    return was, wordt


def origin(context: MessageContext, gebeurtenis: str) -> Origin:
    """The origin of a change; `gebeurtenis` is one of RZS 6.9.2."""
    return Origin(context.mutatie_id, gebeurtenis, context.now, context.leniency, context.caller)


def take_in_payloads(bericht: Bericht, context: MessageContext, zaak_id: int, from_: Origin) -> None:
    """Keep the payloads in the extraElementen of a zaak, of the new situation where there are two objects.

    Raises StUF055 for a payload that does not follow the convention (docs/gebruiken/koppelvlak.md) or the XSD of its
    form.
    """
    payloads = read_payloads(bericht.element.findall(zkn("object"))[-1], bericht.inhouden)
    take_in(context.connection, context.inrichting, context.opslag, zaak_id, payloads, from_)


def _read(kennisgeving: etree._Element, entiteit: Entiteit) -> tuple[str, list[Instance]]:
    objecten = kennisgeving.findall(zkn("object"))
    return mutatiesoort_of(kennisgeving), [read_instance(node, entiteit) for node in objecten]


# --- creeerZaak_Lk01: a new zaak (ZDS 1.1, 4.1.4; RZS 1.0, 6.3, 6.4 and 6.6)


def creeer_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Register the zaak of a toevoegkennisgeving with everything in it.

    Raises the faults of `zaak_changes.creeer` and `domain_data.take_in`.
    """
    from_ = origin(context, "Creeer zaak")
    zaak_id = creeer(context.connection, context.inrichting, read_addition(bericht, context.leniency), from_)
    take_in_payloads(bericht, context, zaak_id, from_)


# --- updateZaak_Lk01: changes of a zaak and its relations, a status among them (ZDS 4.1.5; RZS 4.7 and 6.11 - 6.13)


def update_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Apply a wijzigkennisgeving to its zaak. Raises the faults of `zaak_changes.change` and `domain_data.take_in`."""
    from_ = origin(context, "Update zaak")
    zaak_id = change(context.connection, context.inrichting, read_modification(bericht, context.leniency), from_)
    take_in_payloads(bericht, context, zaak_id, from_)


# --- actualiseerZaakstatus_Lk01: a zaak has reached a status (ZDS 1.1, 4.1.3)


def actualiseer_zaakstatus(bericht: Bericht, context: MessageContext) -> None:
    """Add the status of a wijzigkennisgeving to its zaak.

    Raises StUF055 for a message without a status, and the faults of `zaak_changes.change`.
    """
    command = read_modification(bericht, context.leniency, set_status=True)
    if not any(command.wordt.alle("heeft")):
        raise StufFout("StUF055", "object/heeft ontbreekt: er is geen status om te zetten (ZDS 4.1.3.2)")
    from_ = origin(context, "Actualiseer zaakstatus")
    zaak_id = change(context.connection, context.inrichting, command, from_)
    take_in_payloads(bericht, context, zaak_id, from_)


# --- genereerZaakIdentificatie_Di02: give out a zaakidentificatie (ZDS 1.1, 4.1.6)

_STUURFUNCTIE: Final = "genereerZaakidentificatie"


def genereer_zaak_identificatie(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with a Du02 that has a free zaakidentificatie: the gemeentecode first, given out once.

    A number is free when this service never gave it out and no zaak has it; the sequence makes that hold under any
    concurrency.
    """
    answer = etree.Element(zkn("genereerZaakIdentificatie_Du02"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "Du02", context.now, namespace=ZKN, functie=_STUURFUNCTIE))
    zaak = etree.SubElement(answer, zkn("zaak"), {ENTITEITTYPE: "ZAK", FUNCTIE: "entiteit"})
    identificatie = draw_zaakidentificatie(context.connection, context.inrichting.gemeente.code)
    etree.SubElement(zaak, zkn("identificatie")).text = identificatie
    return answer


# --- The questions about zaken: one answer for zakLv01, geefZaakdetails, geefZaakstatus and geefLijstZaakdocumenten

_SIGNAAL_SCOPE: Final = Scope(
    Mode.ELEMENTEN,
    {
        "identificatie": Scope(Mode.ELEMENTEN),
        **{
            naam: Scope(
                Mode.ELEMENTEN,
                {
                    "gerelateerde": Scope(
                        Mode.ELEMENTEN,
                        {kind: Scope(Mode.ELEMENTEN) for kind in ("medewerker", "organisatorischeEenheid")},
                    )
                },
            )
            for naam in ("heeftAlsInitiator", "heeftAlsVerantwoordelijke")
        },
    },
)
"""All that a sender gets that may only ask for the signaal: which plan, and who directs it (RZS 6.3: the initiator)."""


def geef_zaakstatus(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with the zaak and the last of its statuses (ZDS 4.1.1)."""
    return zak_lv01(bericht, context, only_last=True)


def zak_lv07(bericht: Bericht, context: MessageContext) -> etree._Element:
    """The same answer with materiële historie: the relations that have ended (StUF 03.01, 6.4.6; afwijkingen 71)."""
    scope = with_tijdvak(read_scope(bericht.element.find(zkn("scope"))))
    return zak_lv01(bericht, context, scope=scope, history=True)


def zak_lv01(
    bericht: Bericht,
    context: MessageContext,
    *,
    only_last: bool = False,
    scope: Scope | None = None,
    history: bool = False,
) -> etree._Element:
    """Answer with the asked data of all zaken that meet the selection (StUF 03.01, 6.3; ZDS 4.1.2 and 4.2.1).

    `only_last`: of the statuses only the last. `scope`: another than the one in the message. `history`: also the
    relations that have ended. No file is read, because the entity table has none beyond heeftRelevant. Raises StUF052
    and StUF133 as `check_permitted`, and the faults of `read_question` and `find_hits`.
    """
    question = question_of(bericht, context)
    grant = context.caller.grant
    scope = _SIGNAAL_SCOPE if grant.signaal else scope or read_scope(question.find(zkn("scope")))
    asked = read_question(question, context.inrichting, grant.maximum)
    check_permitted(asked, grant)
    hits = find_hits(context.connection, context.inrichting, asked, grant)
    views = load(
        context.connection,
        context.inrichting,
        hits.ids,
        scope,
        only_last=only_last,
        bounded=True,
        grant=grant,
        shown=context.look.zaken,
    )
    context.look.aantal = len(views)
    if len(views) < len(hits.ids):
        hits = hits.aborted()
    if history:
        add_ended(context.connection, context.inrichting, views, scope, grant, context.look)
    code = "La07" if history else "La01"
    answer = etree.Element(zkn(f"zak{code}"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, code, context.now, namespace=ZKN, entiteittype="ZAK"))
    write_parameters(answer, hits, follow(context, views) if asked.follow else None)
    write_objects(answer, ZAK, views, scope)
    leave_out(answer, grant.zonder)
    set_payloads(answer, bericht, context.connection, context.opslag)
    return answer


def question_of(bericht: Bericht, context: MessageContext) -> etree._Element:
    """The question of a vraagbericht, without the criteria that mean nothing of this sender."""
    if context.leniency.nil_zonder_novalue != "ongewijzigd":
        return bericht.element
    question = copy.deepcopy(bericht.element)
    if left_out := drop_bare_nil(question):
        context.leniency.report("nil_zonder_novalue", left_out)
    return question


def follow(context: MessageContext, views: list[View]) -> bool:
    """Have the sender told of these zaken from now on; False for one that no message can be brought to.

    The afnemersindicaties are written when the answer is made, because nothing may be written while a question is read.
    """
    applicatie = context.caller.applicatie
    if applicatie is None or not applicatie.adres or context.caller.grant.signaal:
        return False
    context.follow.update(int(view.sleutel) for view in views)
    return True


def write_parameters(answer: etree._Element, hits: Hits, followed: bool | None = None) -> None:
    """Write the parameters of an antwoordbericht and its meldingen (StUF 03.01, 6.2).

    `followed` tells whether afnemersindicaties were placed, None when nobody asked for those.
    """
    parameters = etree.SubElement(answer, zkn("parameters"))
    write_boolean(parameters, "indicatorVervolgvraag", hits.more)
    if followed is not None:
        write_boolean(parameters, "indicatorAfnemerIndicatie", followed)
    if hits.aantal is not None:
        etree.SubElement(parameters, stuf("aantalVoorkomens")).text = str(hits.aantal)
    for melding in hits.meldingen:
        etree.SubElement(answer, zkn("melding")).text = melding


def write_boolean(parameters: etree._Element, naam: str, waarde: bool) -> None:
    """Append a parameter of StUF that is true or false."""
    etree.SubElement(parameters, stuf(naam)).text = "true" if waarde else "false"


def write_objects(answer: etree._Element, entiteit: Entiteit, views: list[View], scope: Scope) -> None:
    """Write the objects of an antwoordbericht; without one there is no element antwoord."""
    if not views:
        return
    holder = etree.SubElement(answer, zkn("antwoord"))
    for view in views:
        write_view(etree.SubElement(holder, zkn("object")), entiteit, view, scope)

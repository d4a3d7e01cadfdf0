"""Changes of a plan that a person makes, as the kennisgevingen of ZDS 4.1.4 (updateZaak) and 4.1.5 (creeerZaak)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.caller import Caller
from regiesysteem.access.people.relation import relation_to
from regiesysteem.access.people.roles import Person
from regiesysteem.db import Sql
from regiesysteem.regie.kennisgeving import entity, kennisgeving, leaf, relation
from regiesysteem.regie.plans import day_of
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import METAGEGEVEN, NIL, NO_VALUE
from regiesysteem.zakenmagazijn.rules import CLIENT
from regiesysteem.zkn.names import BG, zkn

_DAY: Final = 8
_TEXTS: Final = Sql("""
    -- the facts of a zaak that a person may change
    SELECT coalesce(omschrijving, '') AS omschrijving, coalesce(toelichting, '') AS toelichting, einddatum_gepland
    FROM zaak WHERE id = :zaak
""")
_FREE: Final = Sql("""
    -- whether a zaak belongs to no other plan now, and whether another system told us of it: as one of this plan, or as
    -- one of no plan that names a client of this one, or no client
    SELECT NOT EXISTS (
               SELECT FROM regie_plannen(ARRAY[z.id]) WHERE soort = 'gezinsplan' AND plan_id <> plan.id
           ) AS vrij,
           EXISTS (
               SELECT FROM postvak p WHERE p.zaakidentificatie = z.identificatie
                 AND (p.gezinsplan = plan.identificatie OR p.gezinsplan IS NULL AND (c.aantal = 0 OR c.bekend))
           ) AS gemeld
    FROM zaak z JOIN zaak plan ON plan.identificatie = :plan
    CROSS JOIN LATERAL (
        SELECT count(*) AS aantal, bool_or(EXISTS (
            SELECT FROM zaak_relatie k
            WHERE k.zaak_id = plan.id AND k.object_id = o.id AND k.relatie = r.relatie AND regie_geldt(k.beeindigd)
        )) AS bekend
        FROM zaak_relatie r JOIN object o ON o.id = r.object_id AND o.entiteittype = 'NPS'
        WHERE r.zaak_id = z.id AND r.relatie = 'heeftBetrekkingOp' AND regie_geldt(r.beeindigd)
    ) c
    WHERE z.identificatie = :zaak
""")
_REGISSEUR: Final = Sql("""
    SELECT o.identificatie FROM zaak_relatie r JOIN object o ON o.id = r.object_id AND o.entiteittype = 'MDW'
    WHERE r.zaak_id = :zaak AND r.relatie = 'heeftAlsInitiator' AND regie_geldt(r.beeindigd) ORDER BY r.id LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Act:
    """A change: who makes it and when; the referentienummer makes a second click the same message."""

    person: Person
    caller: Caller
    referentienummer: str
    now: datetime

    @property
    def today(self) -> str:
        """The day, as StUF writes it."""
        return tijdstip(self.now)[:_DAY]


@dataclass(frozen=True, slots=True)
class Human:
    """A person of a plan as somebody types him; without a BSN he is known by his name and birth date."""

    achternaam: str
    bsn: str = ""
    geboortedatum: date | None = None


@dataclass(frozen=True, slots=True)
class NewRegisseur:
    """The medewerker who becomes regisseur, and why; the reason stays with the relation."""

    medewerker: str
    naam: str
    reden: str


@dataclass(frozen=True, slots=True)
class PlanTexts:
    """The facts of a zaak that a person may change."""

    omschrijving: str
    toelichting: str
    einde: date | None


def plan_texts(connection: Connection, zaak_id: int) -> PlanTexts:
    """These facts of one zaak, by its row."""
    row = _TEXTS.run(connection, {"zaak": zaak_id}).one()
    return PlanTexts(row.omschrijving, row.toelichting, day_of(row.einddatum_gepland))


def may_link(connection: Connection, person: Person, zaaknummer: str, plan: str) -> bool:
    """Tell whether a regisseur may make a zaak part of his plan (RZS 4.7): nobody gets to see a zaak by linking it.

    It is one that he may change already, or one of no other plan that he sees or that another system told us of, for
    this plan or for its clients. What he sees for a reason is of another plan, and ends with the reason.
    """
    found = relation_to(connection, person, zaaknummer)
    if found is None or person.may("wijzigen", found.relation):
        return found is not None
    row = _FREE.run(connection, {"zaak": zaaknummer, "plan": plan}).one()
    return bool(row.vrij and (row.gemeld or person.may("inzien", found.relation)))


def regisseur_of(connection: Connection, zaak_id: int) -> str:
    """The identificatie of the regisseur of a plan (RZS 3.2), "" when there is none."""
    return str(_REGISSEUR.run(connection, {"zaak": zaak_id}).scalar_one_or_none() or "")


def new_plan(nummer: str, zaaktype: str, omschrijving: str, client: Human, act: Act) -> Bericht:
    """The creeerZaak_Lk01 of a gezinsplan with its first client (RZS 6.3); the person is its regisseur."""
    return _creeer(nummer, zaaktype, omschrijving, act, _client(client), [])


def new_deelplan(nummer: str, zaaktype: str, omschrijving: str, plan: str, act: Act) -> Bericht:
    """The creeerZaak_Lk01 of a deelplan of a plan (RZS 6.6)."""
    return _creeer(nummer, zaaktype, omschrijving, act, None, [_other(plan)])


def add_person(plan: str, human: Human, as_client: bool, act: Act) -> Bericht:
    """The updateZaak_Lk01 that adds a client or a belanghebbende to a plan (RZS 6.4)."""
    added = _client(human) if as_client else relation("heeftAlsBelanghebbende", "ZAKBTRBLH", "T", _natuurlijk(human))
    return _update(plan, act, [], [added])


def link_zaak(plan: str, zaaknummer: str, act: Act) -> Bericht:
    """The updateZaak_Lk01 that makes a zaak part of a plan (RZS 4.7)."""
    return _update(plan, act, [], [_other(zaaknummer)])


def change_texts(zaaknummer: str, was: PlanTexts, wordt: PlanTexts, act: Act) -> Bericht:
    """The updateZaak_Lk01 of the facts of a zaak, with what they were."""
    return _update(zaaknummer, act, _texts(was), _texts(wordt))


def change_regisseur(plan: str, was: str, wordt: NewRegisseur, act: Act) -> Bericht:
    """The updateZaak_Lk01 that makes another medewerker the regisseur of a plan: its initiator (RZS 3.2)."""
    old = [leaf("identificatie", was)]
    new = [leaf("identificatie", wordt.medewerker), leaf("achternaam", wordt.naam or wordt.medewerker)]
    told = leaf("toelichting", wordt.reden)
    return _update(
        plan,
        act,
        [relation("heeftAlsInitiator", "ZAKBTRINI", "R", entity("medewerker", "MDW", "I", old))],
        [relation("heeftAlsInitiator", "ZAKBTRINI", "R", entity("medewerker", "MDW", "T", new), told)],
    )


def _creeer(  # noqa: PLR0917 - a new zaak
    nummer: str, zaaktype: str, omschrijving: str, act: Act, client: etree._Element | None, others: list[etree._Element]
) -> Bericht:
    type_ = entity("gerelateerde", "ZKT", "I", [leaf("code", zaaktype)])
    person = act.person
    names = [leaf("identificatie", person.medewerker), leaf("achternaam", person.volledige_naam)]
    zaak = entity(
        "object",
        "ZAK",
        "T",
        [
            leaf("identificatie", nummer),
            leaf("omschrijving", omschrijving),
            leaf("startdatum", act.today),
            leaf("registratiedatum", act.today),
            relation("isVan", "ZAKZKT", "T", type_),
            *([client] if client is not None else []),
            relation("heeftAlsInitiator", "ZAKBTRINI", "T", entity("medewerker", "MDW", "T", names)),
            *others,
        ],
    )
    return kennisgeving("creeerZaak_Lk01", "T", [zaak], act.caller, act.referentienummer, act.now)


def _update(zaaknummer: str, act: Act, was: list[etree._Element], wordt: list[etree._Element]) -> Bericht:
    objecten = [entity("object", "ZAK", "W", [leaf("identificatie", zaaknummer), *part]) for part in (was, wordt)]
    return kennisgeving("updateZaak_Lk01", "W", objecten, act.caller, act.referentienummer, act.now)


def _texts(texts: PlanTexts) -> list[etree._Element]:
    einde = f"{texts.einde:%Y%m%d}" if texts.einde else ""
    values = {"omschrijving": texts.omschrijving, "toelichting": texts.toelichting, "einddatumGepland": einde}
    return [_value(naam, text) for naam, text in values.items()]


def _value(naam: str, text: str) -> etree._Element:
    """An element with a text, or without a value (StUF 03.01, 3.2.2)."""
    if text:
        return leaf(naam, text)
    return etree.Element(zkn(naam), {NIL: "true", NO_VALUE: "geenWaarde"})


def _other(zaaknummer: str) -> etree._Element:
    zaak = entity("gerelateerde", "ZAK", "I", [leaf("identificatie", zaaknummer)])
    return relation("heeftBetrekkingOpAndere", "ZAKZAKBTR", "T", zaak)


def _client(human: Human) -> etree._Element:
    return relation("heeftBetrekkingOp", "ZAKOBJ", "T", _natuurlijk(human), leaf("omschrijving", CLIENT))


def _natuurlijk(human: Human) -> etree._Element:
    parts = []
    if human.bsn:
        authentiek = leaf("authentiek", "N", BG)
        authentiek.set(METAGEGEVEN, "true")
        parts += [leaf("inp.bsn", human.bsn, BG), authentiek]
    parts.append(leaf("geslachtsnaam", human.achternaam, BG))
    if human.geboortedatum:
        parts.append(leaf("geboortedatum", f"{human.geboortedatum:%Y%m%d}", BG))
    return entity("natuurlijkPersoon", "NPS", "T", parts)

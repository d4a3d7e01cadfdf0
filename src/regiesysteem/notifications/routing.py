"""Finds the receivers of events: conditions of rules, data of zaken, and the verdict (RZS 1.0, 5.1 and 6.9.2)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Gevonden, Inrichting, Zaaktype, vind_statustype
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.model import Abonnement, Regel, Waarden
from regiesysteem.zkn.parties import MDW, NNP, NPS, OEH, VES

# --- The data of zaken beyond a gebeurtenis: read for a whole batch, and only for rules that need it

_PERSONEN: Final = ", ".join(f"'{entiteit.code}'" for entiteit in (NPS, NNP, VES, MDW, OEH))

_LEES: Final = Sql(f"""
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
class Feiten:
    """The data of one zaak: gezinsplannen by identificatie, the asked numbers of people that occur, and its afnemers.

    `afnemers` gives each applicatie with an afnemersindicatie the action that is expected of it.
    """

    gezinsplannen: set[str] = field(default_factory=set)
    personen: set[str] = field(default_factory=set)
    afnemers: dict[str, str] = field(default_factory=dict)


def lees_feiten(verbinding: Connection, zaken: Collection[int], personen: Collection[str]) -> Mapping[int, Feiten]:
    """Read them for zaken by id, in one statement; `personen` are all numbers that matter."""
    feiten = {zaak_id: Feiten() for zaak_id in zaken}
    if not feiten:
        return feiten
    for rij in _LEES.voer_uit(verbinding, {"zaken": list(feiten), "personen": list(personen)}):
        van = feiten[rij.zaak_id]
        if rij.wat == "gezinsplan":
            van.gezinsplannen.add(rij.waarde)
        elif rij.wat == "persoon":
            van.personen.add(rij.waarde)
        else:
            # That of the zaak itself comes first, and goes before that of its gezinsplan.
            van.afnemers.setdefault(rij.waarde, rij.actie)
    return feiten


# --- The conditions of an abonnement, tried on a gebeurtenis

_VAN_ZAAK: Final = ("gezinsplan", "persoon")


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
    """A gebeurtenis with the values that conditions compare: by key the values that hold, None when unknown."""

    gebeurtenis: Gebeurtenis
    waarden: dict[str, Waarden | None]
    eindstatus: bool | None
    afnemers: dict[str, str] | None


def beeld(inrichting: Inrichting, gebeurtenis: Gebeurtenis, feiten: Feiten | None) -> EventView:
    """Put the known values together; `feiten` is None for a zaak that we do not hold, or when no rule needs them."""
    gegevens = gebeurtenis.gegevens
    zaaktype = inrichting.zaaktype(gegevens.get("code"), gegevens.get("omschrijving"))
    code = gegevens.get("code") or (zaaktype.code if zaaktype else None)
    soort = gegevens.get("soort") or (zaaktype.soort if zaaktype else None)
    status = gegevens.get("status") or {}
    return EventView(
        gebeurtenis=gebeurtenis,
        waarden={
            "zaaktype": frozenset((code,)) if code else None,
            "soort": frozenset((soort,)) if soort else None,
            "status": _statusnamen(status),
            "zender": frozenset((gebeurtenis.applicatie,)),
            "gezinsplan": None if feiten is None else frozenset(feiten.gezinsplannen),
            "persoon": None if feiten is None else frozenset(feiten.personen),
        },
        eindstatus=_eindstatus(zaaktype, status),
        afnemers=None if feiten is None else feiten.afnemers,
    )


def mislukt_op_gebeurtenis(abonnement: Abonnement, beeld: EventView) -> Iterator[str]:
    """The keys that fail, of those that need the gebeurtenis alone."""
    if "*" not in abonnement.gebeurtenis and beeld.gebeurtenis.gebeurtenis not in abonnement.gebeurtenis:
        yield "gebeurtenis"
    yield from _mislukt(abonnement, beeld, van_zaak=False)
    if abonnement.eindstatus is not None and beeld.eindstatus is not abonnement.eindstatus:
        yield "eindstatus"


def mislukt_op_zaak(abonnement: Abonnement, beeld: EventView) -> Iterator[str]:
    """The keys that fail, of those that look at the zaak."""
    if not abonnement.vraagt_zaak:
        return
    yield from _mislukt(abonnement, beeld, van_zaak=True)
    gevraagd = abonnement.afnemersindicatie
    if gevraagd is not None and (beeld.afnemers is None or (abonnement.applicatie in beeld.afnemers) is not gevraagd):
        yield "afnemersindicatie"


def gevraagde_personen(abonnement: Abonnement) -> Waarden:
    """All numbers that an abonnement looks for, in every form in which they may stand in a zaak."""
    return frozenset(
        nummer for sleutel, wel, niet in abonnement.voorwaarden if sleutel == "persoon" for nummer in wel | niet
    )


def _mislukt(abonnement: Abonnement, beeld: EventView, *, van_zaak: bool) -> Iterator[str]:
    for sleutel, wel, niet in abonnement.voorwaarden:
        if (sleutel in _VAN_ZAAK) is not van_zaak:
            continue
        waarden = beeld.waarden[sleutel]
        if wel and (waarden is None or wel.isdisjoint(waarden)):
            yield sleutel
        if niet and (waarden is None or not niet.isdisjoint(waarden)):
            yield f"niet_{sleutel}"


def _statusnamen(status: dict[str, Any]) -> Waarden:
    teksten = (status.get("code"), status.get("omschrijving"))
    namen: set[int | str] = {gevouwen(naam) for naam in teksten if naam}
    if status.get("volgnummer") is not None:
        namen.add(status["volgnummer"])
    return frozenset(namen)


def _eindstatus(zaaktype: Zaaktype | None, status: dict[str, Any]) -> bool | None:
    """Tell whether the zaak has an eindstatus; in an event of another system, only one that the inrichting knows."""
    if not status:
        return False
    if (gezegd := status.get("eindstatus")) is not None:
        return bool(gezegd)
    if zaaktype is None:
        return None
    gevonden = vind_statustype(zaaktype, status.get("volgnummer"), status.get("code"), status.get("omschrijving"))
    return gevonden.statustype.eindstatus if isinstance(gevonden, Gevonden) else None


# --- The receivers of a gebeurtenis, and their rule (RZS 1.0, 1.7.1, 5.1 and 5.2.6)

INITIEER: Final = "initieerNotificeerOverZaak"
"""The message to the abonnementenbeheer of another (RZS 6.10)."""

ZELF: Final = "heeft de gebeurtenis zelf veroorzaakt (RZS 5.2.6)"
GEEN_ADRES: Final = "heeft geen adres in de inrichting en ontvangt dus niets"
EERDER: Final = "hoort het al door een eerdere regel"


@dataclass(frozen=True, slots=True)
class Bestemming:
    """A receiver of a notification; `reden` is the rule, `bericht` the message that it gets.

    `domeingegevens` selects the payloads of the zaak that go along with a zakLk01, as in an abonnement.
    """

    applicatie: str
    bericht: str
    reden: str
    verwachte_actie: str = ""
    domeingegevens: bool | tuple[str, ...] = False


@dataclass(frozen=True, slots=True)
class Oordeel:
    """The verdict of one rule: its receiver, the keys of the rule that fail, and other obstacles (Dutch)."""

    bestemming: Bestemming
    regel: Regel | None = None
    mislukt: tuple[str, ...] = ()
    bezwaar: str = ""

    @property
    def hoort(self) -> bool:
        """Tell whether this rule makes the applicatie a receiver."""
        return not self.mislukt and not self.bezwaar


def routeer(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Bestemming]]]:
    """The receivers of each gebeurtenis; at most one statement for all, and only when a rule looks at zaken."""
    for gezien in bekijk(verbinding, inrichting, gebeurtenissen):
        oordelen = beoordeel(inrichting, gezien)
        yield gezien.gebeurtenis, [oordeel.bestemming for oordeel in oordelen if oordeel.hoort]


def bekijk(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis], *, volledig: bool = False
) -> Sequence[EventView]:
    """The values that the rules look at, for each gebeurtenis; `volledig` also those that no rule comes to need."""
    if inrichting.notificaties.variant == "extern":
        return [beeld(inrichting, een, None) for een in gebeurtenissen]
    regels = [regel.abonnement for regel in inrichting.abonnementen if regel.abonnement.vraagt_zaak]
    kaal = [(een, beeld(inrichting, een, None)) for een in gebeurtenissen]
    nodig = {
        een.zaak_id
        for een, gezien in kaal
        if een.zaak_id is not None
        and (volledig or inrichting.afnemers or any(not any(mislukt_op_gebeurtenis(regel, gezien)) for regel in regels))
    }
    if not nodig:
        return [gezien for _, gezien in kaal]
    personen = sorted(str(nummer) for nummer in chain.from_iterable(map(gevraagde_personen, regels)))
    feiten = lees_feiten(verbinding, sorted(nodig), personen)
    return [beeld(inrichting, een, _van(feiten, een)) if een.zaak_id in nodig else gezien for een, gezien in kaal]


def beoordeel(inrichting: Inrichting, gezien: EventView, *, volledig: bool = False) -> Iterator[Oordeel]:
    """The verdict of each rule, in their order; `volledig` names every key that fails and not only the first."""
    if inrichting.notificaties.variant == "extern":
        yield from _extern(inrichting)
        return
    verteld: set[str] = set()
    for regel, bestemming, mislukt in _kandidaten(inrichting, gezien):
        sleutels = tuple(mislukt if volledig else islice(mislukt, 1))
        bezwaar = ""
        if not sleutels:
            bezwaar = _bezwaar(inrichting, gezien.gebeurtenis, bestemming.applicatie, verteld)
            verteld.add(bestemming.applicatie)
        yield Oordeel(bestemming, regel, sleutels, bezwaar)


def onbezorgbaar(inrichting: Inrichting, bestemming: Bestemming) -> str:
    """The reason why a message to a receiver will strand, in Dutch; empty when it will not."""
    if inrichting.ontvanger(bestemming.applicatie) is None:
        return f"applicatie {bestemming.applicatie} staat niet in de inrichting"
    return ""


def _van(feiten: Mapping[int, Feiten], gebeurtenis: Gebeurtenis) -> Feiten | None:
    return None if gebeurtenis.zaak_id is None else feiten.get(gebeurtenis.zaak_id)


def _extern(inrichting: Inrichting) -> Iterator[Oordeel]:
    if inrichting.notificaties.abonnementenbeheer:
        yield Oordeel(Bestemming(inrichting.notificaties.abonnementenbeheer, INITIEER, "variant extern"))


def _kandidaten(inrichting: Inrichting, gezien: EventView) -> Iterator[tuple[Regel | None, Bestemming, Iterable[str]]]:
    afnemers = gezien.afnemers or {}
    geregeld: set[str] = set()
    for regel in inrichting.abonnementen:
        abonnement = regel.abonnement
        actie = abonnement.verwachte_actie
        if abonnement.afnemersindicatie:
            geregeld.add(abonnement.applicatie)
            actie = actie or afnemers.get(abonnement.applicatie, "")
        naam, lading = abonnement.applicatie, abonnement.domeingegevens
        bestemming = Bestemming(naam, abonnement.bericht, regel.reden, actie, lading)
        yield regel, bestemming, chain(mislukt_op_gebeurtenis(abonnement, gezien), mislukt_op_zaak(abonnement, gezien))
    for applicatie, actie in afnemers.items():
        if applicatie not in geregeld:
            yield None, Bestemming(applicatie, "notificeerOverZaak", "afnemersindicatie", actie), ()


def _bezwaar(inrichting: Inrichting, gebeurtenis: Gebeurtenis, applicatie: str, verteld: set[str]) -> str:
    if _is_zelf(inrichting, gebeurtenis, applicatie):
        return ZELF
    ontvanger = inrichting.ontvanger(applicatie)
    if ontvanger is not None and not ontvanger.adres:
        return GEEN_ADRES
    return EERDER if applicatie in verteld else ""


def _is_zelf(inrichting: Inrichting, gebeurtenis: Gebeurtenis, applicatie: str) -> bool:
    """Tell whether the receiver caused it; another organisatie may have an applicatie of the same name."""
    if applicatie != gebeurtenis.applicatie:
        return False
    ontvanger = inrichting.ontvanger(applicatie)
    organisatie = (ontvanger.organisatie or inrichting.gemeente.code) if ontvanger else ""
    return not organisatie or not gebeurtenis.organisatie or organisatie == gebeurtenis.organisatie

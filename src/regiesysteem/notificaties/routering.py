"""Who is told of a gebeurtenis, by which rule (RZS 1.0, 1.7.1, 5.1 and 5.2.6).

The rules are, in this order, the abonnementen of the inrichting as its text has them, those of `regie abonnement` from
old to new, and the afnemersindicaties. An applicatie is told once, by the first rule that names it. What its
afnemersindicatie means may be said by an abonnement that asks for it; without one it means: all that happens.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from sqlalchemy import Connection

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Regel
from regiesysteem.notificaties.feiten import Feiten, lees_feiten
from regiesysteem.notificaties.voorwaarden import (
    Beeld,
    Gebeurtenis,
    beeld,
    gevraagde_personen,
    mislukt_op_gebeurtenis,
    mislukt_op_zaak,
)

__all__ = [
    "INITIEER",
    "Beeld",
    "Bestemming",
    "Gebeurtenis",
    "Oordeel",
    "bekijk",
    "beoordeel",
    "onbezorgbaar",
    "routeer",
]

INITIEER: Final = "initieerNotificeerOverZaak"
"""What goes to the abonnementenbeheer of another (RZS 6.10)."""

ZELF: Final = "heeft de gebeurtenis zelf veroorzaakt (RZS 5.2.6)"
GEEN_ADRES: Final = "heeft geen adres in de inrichting en ontvangt dus niets"
EERDER: Final = "hoort het al door een eerdere regel"


@dataclass(frozen=True, slots=True)
class Bestemming:
    """A receiver of a notification; `reden` is the rule that says so, `bericht` what he gets.

    `domeingegevens` says which payloads of the zaak go along with a zakLk01, as in an abonnement.
    """

    applicatie: str
    bericht: str
    reden: str
    verwachte_actie: str = ""
    domeingegevens: bool | tuple[str, ...] = False


@dataclass(frozen=True, slots=True)
class Oordeel:
    """What one rule says: who would be told, the keys of the rule that fail, and what else is against it (Dutch)."""

    bestemming: Bestemming
    regel: Regel | None = None
    mislukt: tuple[str, ...] = ()
    bezwaar: str = ""

    @property
    def hoort(self) -> bool:
        """Whether the applicatie is told by this rule."""
        return not self.mislukt and not self.bezwaar


def routeer(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Bestemming]]]:
    """Who is told of each gebeurtenis; at most one statement for all, and only when a rule looks at zaken."""
    for gezien in bekijk(verbinding, inrichting, gebeurtenissen):
        oordelen = beoordeel(inrichting, gezien)
        yield gezien.gebeurtenis, [oordeel.bestemming for oordeel in oordelen if oordeel.hoort]


def bekijk(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis], *, volledig: bool = False
) -> Sequence[Beeld]:
    """What the rules look at, of each gebeurtenis; `volledig` also where no rule would come to looking at the zaak."""
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


def beoordeel(inrichting: Inrichting, gezien: Beeld, *, volledig: bool = False) -> Iterator[Oordeel]:
    """What each rule says, in their order; `volledig` names every key that fails and not only the first."""
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
    """Why a message to a receiver will strand, in Dutch; empty when it will not."""
    if inrichting.ontvanger(bestemming.applicatie) is None:
        return f"applicatie {bestemming.applicatie} staat niet in de inrichting"
    return ""


def _van(feiten: Mapping[int, Feiten], gebeurtenis: Gebeurtenis) -> Feiten | None:
    return None if gebeurtenis.zaak_id is None else feiten.get(gebeurtenis.zaak_id)


def _extern(inrichting: Inrichting) -> Iterator[Oordeel]:
    if inrichting.notificaties.abonnementenbeheer:
        yield Oordeel(Bestemming(inrichting.notificaties.abonnementenbeheer, INITIEER, "variant extern"))


def _kandidaten(inrichting: Inrichting, gezien: Beeld) -> Iterator[tuple[Regel | None, Bestemming, Iterable[str]]]:
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
    """Whether the receiver caused it; another organisatie may have an applicatie of the same name."""
    if applicatie != gebeurtenis.applicatie:
        return False
    ontvanger = inrichting.ontvanger(applicatie)
    organisatie = (ontvanger.organisatie or inrichting.gemeente.code) if ontvanger else ""
    return not organisatie or not gebeurtenis.organisatie or organisatie == gebeurtenis.organisatie

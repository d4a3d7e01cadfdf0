"""Who is told of a gebeurtenis, by which rule (RZS 1.0, 5.1 and 5.2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.inrichting.model import Abonnement


@dataclass(frozen=True, slots=True)
class Gebeurtenis:
    """Something that happened to a zaak, as the rules look at it; fields as in the table."""

    id: int
    zaak_id: int | None
    zaakidentificatie: str
    gebeurtenis: str
    organisatie: str
    applicatie: str
    gegevens: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bestemming:
    """A receiver of a notification; `reden` is the rule that says so, `bericht` what he gets."""

    applicatie: str
    bericht: str
    reden: str
    verwachte_actie: str = ""


def bestemmingen(inrichting: Inrichting, gebeurtenis: Gebeurtenis) -> Sequence[Bestemming]:
    """Who is told; each applicatie once, by the first rule that names it. Who caused it is not told (RZS 5.2.6)."""
    gevonden: dict[str, Bestemming] = {}
    for abonnement in inrichting.abonnementen:
        if _past(abonnement, gebeurtenis) and abonnement.applicatie != gebeurtenis.applicatie:
            gevonden.setdefault(
                abonnement.applicatie,
                Bestemming(abonnement.applicatie, abonnement.bericht, _reden(abonnement), abonnement.verwachte_actie),
            )
    return list(gevonden.values())


def _past(abonnement: Abonnement, gebeurtenis: Gebeurtenis) -> bool:
    if abonnement.zaaktype not in ("*", gebeurtenis.gegevens.get("code")):
        return False
    return "*" in abonnement.gebeurtenis or gebeurtenis.gebeurtenis in abonnement.gebeurtenis


def _reden(abonnement: Abonnement) -> str:
    return f"abonnement op zaaktype {abonnement.zaaktype}, {', '.join(abonnement.gebeurtenis)}"

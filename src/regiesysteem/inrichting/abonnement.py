"""An abonnement: which gebeurtenissen, of which zaken, are told to an applicatie (RZS 1.0, 1.7.1, 5.1 and 6.9.2).

Every key is a condition. Of the values of one key one must hold, of a `niet_` key none may, and all keys must hold
together; a key that is left out asks nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, TypeAdapter
from pydantic.dataclasses import dataclass

from regiesysteem.inrichting.velden import (
    VAST,
    Applicatienaam,
    Code,
    Formaatnaam,
    Gebeurtenis,
    Notificatiebericht,
    Soort,
    tekst,
)
from regiesysteem.inrichting.waarden import (
    enkel,
    gemaskeerd,
    gevouwen,
    leesbaar,
    persoonsnummer,
    persoonsvormen,
    statusnaam,
    ster,
)

Waarden = frozenset[int | str]

Status = Annotated[int | str, BeforeValidator(statusnaam)]
Persoon = Annotated[str, tekst(1, 40), AfterValidator(leesbaar), AfterValidator(persoonsnummer)]
Zaakidentificatie = Annotated[str, tekst(1, 40), AfterValidator(leesbaar)]

_LIJST: Final = (BeforeValidator(enkel), Field(min_length=1))

Zaaktypen = Annotated[tuple[Code, ...], *_LIJST]
Soorten = Annotated[tuple[Soort, ...], *_LIJST]
Gezinsplannen = Annotated[tuple[Zaakidentificatie, ...], *_LIJST]
Personen = Annotated[tuple[Persoon, ...], *_LIJST]
Statussen = Annotated[tuple[Status, ...], *_LIJST]
Zenders = Annotated[tuple[Applicatienaam, ...], *_LIJST]

LIJSTEN: Final = ("zaaktype", "soort", "status", "zender", "gezinsplan", "persoon")
"""The keys with a list of values, each with one that begins with `niet_`."""


@dataclass(frozen=True, kw_only=True, config=VAST)
class Abonnement:
    """[[abonnement]]: who is told of which gebeurtenis, and of which zaken.

    `gezinsplan` and `persoon` also look at the gezinsplannen that the zaak belongs to. `status` is the last one, by
    volgnummer, code or omschrijving. `zender` caused the gebeurtenis. `afnemersindicatie`: whether the applicatie has
    one on the zaak or its gezinsplan. `bericht` is what it gets: notificeerOverZaak, or the zaak itself;
    `domeingegevens` whether the payloads of the zaak go along with that, all or those of the forms named.
    """

    applicatie: Applicatienaam
    zaaktype: Zaaktypen = ("*",)
    gebeurtenis: Annotated[tuple[Gebeurtenis, ...], BeforeValidator(ster), Field(min_length=1)] = ("*",)
    soort: Soorten = ()
    gezinsplan: Gezinsplannen = ()
    persoon: Personen = ()
    status: Statussen = ()
    zender: Zenders = ()
    niet_zaaktype: Zaaktypen = ()
    niet_soort: Soorten = ()
    niet_gezinsplan: Gezinsplannen = ()
    niet_persoon: Personen = ()
    niet_status: Statussen = ()
    niet_zender: Zenders = ()
    eindstatus: StrictBool | None = None
    afnemersindicatie: StrictBool | None = None
    verwachte_actie: Annotated[str, tekst(0, 1000), AfterValidator(leesbaar)] = ""
    bericht: Notificatiebericht = "notificeerOverZaak"
    domeingegevens: StrictBool | tuple[Formaatnaam, ...] = False

    @cached_property
    def voorwaarden(self) -> tuple[tuple[str, Waarden, Waarden], ...]:
        """The keys of `LIJSTEN` that ask something, each with what must be among the values and what must not."""
        lijsten = ((sleutel, getattr(self, sleutel), getattr(self, f"niet_{sleutel}")) for sleutel in LIJSTEN)
        vergeleken = (
            (sleutel, _vergeleken(sleutel, wel), _vergeleken(sleutel, niet)) for sleutel, wel, niet in lijsten
        )
        return tuple((sleutel, wel, niet) for sleutel, wel, niet in vergeleken if wel or niet)

    @cached_property
    def vraagt_zaak(self) -> bool:
        """Whether it looks at more than a gebeurtenis says: gezinsplannen, people, afnemersindicaties."""
        lijsten = (self.gezinsplan, self.niet_gezinsplan, self.persoon, self.niet_persoon)
        return any(lijsten) or self.afnemersindicatie is not None

    def __str__(self) -> str:
        """What it asks, in Dutch, without a BSN in it."""
        return "; ".join(_delen(self))


@plain_dataclass(frozen=True)
class Regel:
    """An abonnement that is in force; `opdracht` when it was made with `regie abonnement` and not in the TOML.

    `nummer` is its place in the TOML, from 1, or its number in the table.
    """

    abonnement: Abonnement
    nummer: int
    opdracht: bool = False

    @property
    def naam(self) -> str:
        """How people find it, in Dutch."""
        return f"abonnement {self.nummer}" if self.opdracht else f"abonnement[{self.nummer}] van de inrichting"

    @cached_property
    def reden(self) -> str:
        """Its name and what it asks, in Dutch, without a BSN in it."""
        return f"{self.naam}: {self.abonnement}"


ABONNEMENT: Final = TypeAdapter(Abonnement)
"""Checks a table of keys and values; raises the ValidationError of pydantic, which `meldingen` says in Dutch."""


def als_tabel(abonnement: Abonnement) -> dict[str, Any]:
    """The keys that were filled in, as JSON has them; `Abonnement(**...)` makes it again."""
    gegevens: dict[str, Any] = ABONNEMENT.dump_python(abonnement, mode="json", exclude_defaults=True)
    return gegevens


def toonbaar(sleutel: str, waarde: int | str) -> str:
    """A value of a key as people may see it."""
    return gemaskeerd(str(waarde)) if sleutel.endswith("persoon") else str(waarde)


def _vergeleken(sleutel: str, waarden: tuple[int | str, ...]) -> Waarden:
    """The values of a key as they are compared; none when it asks nothing."""
    if sleutel == "zaaktype" and "*" in waarden:
        return frozenset()
    if sleutel == "status":
        return frozenset(gevouwen(waarde) if isinstance(waarde, str) else waarde for waarde in waarden)
    if sleutel == "persoon":
        return frozenset(vorm for waarde in waarden for vorm in persoonsvormen(str(waarde)))
    return frozenset(waarden)


def _delen(abonnement: Abonnement) -> Iterator[str]:
    if "*" in abonnement.gebeurtenis:
        yield "elke gebeurtenis"
    else:
        yield " of ".join(abonnement.gebeurtenis)
    for sleutel in LIJSTEN:
        for naam in (sleutel, f"niet_{sleutel}"):
            waarden = getattr(abonnement, naam)
            if waarden and "*" not in waarden:
                yield f"{naam.replace('_', ' ')} {' of '.join(toonbaar(naam, waarde) for waarde in waarden)}"
    if abonnement.eindstatus is not None:
        yield "eindstatus" if abonnement.eindstatus else "geen eindstatus"
    if abonnement.afnemersindicatie is not None:
        yield "met afnemersindicatie" if abonnement.afnemersindicatie else "zonder afnemersindicatie"

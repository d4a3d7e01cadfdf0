"""The inrichting as a municipality writes it: a model for each table of the TOML."""

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, TypeAdapter
from pydantic.dataclasses import dataclass

from regiesysteem.inrichting.fields import (
    GEWEIGERDE_EXTENSIES,
    GEWEIGERDE_TYPEN,
    VAST,
    Applicatienaam,
    Code,
    Dagen,
    Datum,
    Extensie,
    Formaatnaam,
    Gebeurtenis,
    Lang,
    Mediatype,
    Naam,
    Notificatiebericht,
    Omschrijving,
    Pad,
    Soort,
    Vertrouwelijkheid,
    Volgnummer,
    bezorgadres,
    enkel,
    gebruikersnaam,
    gemaskeerd,
    gevouwen,
    leesbaar,
    mediatype_of_leeg,
    persoonsnummer,
    persoonsvormen,
    statusnaam,
    ster,
    tekst,
)
from regiesysteem.inrichting.secrets import verwijzing
from regiesysteem.zkn.operations import OPERATIONS

# --- Forms of domain data, as the TOML of the inrichting names them


@dataclass(frozen=True, kw_only=True, config=VAST)
class Formaat:
    """[[formaat]]: a form of domain data; ``xsd`` is a path from the directory of the file.

    A document with this ``documenttype`` (dct.omschrijving) and ``documentformaat`` (formaat) is a payload of its
    zaken; when both are absent no document is.
    """

    naam: Formaatnaam
    mediatype: Annotated[str, tekst(0, 200), AfterValidator(mediatype_of_leeg)] = ""
    xsd: Annotated[str, tekst(0, 1000), AfterValidator(leesbaar)] = ""
    documenttype: Annotated[str, tekst(0, 80), AfterValidator(leesbaar)] = ""
    documentformaat: Annotated[str, tekst(0, 85), AfterValidator(leesbaar)] = ""


# --- An abonnement: the gebeurtenissen, and the zaken, that an applicatie is told of (RZS 1.0, 1.7.1, 5.1 and 6.9.2)

Waarden = frozenset[int | str]

Statusvoorwaarde = Annotated[int | str, BeforeValidator(statusnaam)]
Persoon = Annotated[str, tekst(1, 40), AfterValidator(leesbaar), AfterValidator(persoonsnummer)]
Zaakidentificatie = Annotated[str, tekst(1, 40), AfterValidator(leesbaar)]

_LIJST: Final = (BeforeValidator(enkel), Field(min_length=1))

Zaaktypen = Annotated[tuple[Code, ...], *_LIJST]
Soorten = Annotated[tuple[Soort, ...], *_LIJST]
Gezinsplannen = Annotated[tuple[Zaakidentificatie, ...], *_LIJST]
Personen = Annotated[tuple[Persoon, ...], *_LIJST]
Statussen = Annotated[tuple[Statusvoorwaarde, ...], *_LIJST]
Zenders = Annotated[tuple[Applicatienaam, ...], *_LIJST]

LIJSTEN: Final = ("zaaktype", "soort", "status", "zender", "gezinsplan", "persoon")
"""The keys with a list of values, each with one that begins with `niet_`."""


@dataclass(frozen=True, kw_only=True, config=VAST)
class Abonnement:
    """[[abonnement]]: an applicatie, and the gebeurtenissen of zaken that it is told of.

    `gezinsplan` and `persoon` also look at the gezinsplannen that the zaak belongs to. `status` is the last one, by
    volgnummer, code or omschrijving. `zender` caused the gebeurtenis. `afnemersindicatie`: whether the applicatie has
    one on the zaak or its gezinsplan. `bericht` is the message that it gets: notificeerOverZaak, or the zaak itself;
    `domeingegevens` whether the payloads of the zaak go along with that, all or those of the named forms.
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
        """The keys of `LIJSTEN` that set a condition, each with values of which one must hold, and forbidden values."""
        lijsten = ((sleutel, getattr(self, sleutel), getattr(self, f"niet_{sleutel}")) for sleutel in LIJSTEN)
        vergeleken = (
            (sleutel, _vergeleken(sleutel, wel), _vergeleken(sleutel, niet)) for sleutel, wel, niet in lijsten
        )
        return tuple((sleutel, wel, niet) for sleutel, wel, niet in vergeleken if wel or niet)

    @cached_property
    def vraagt_zaak(self) -> bool:
        """Tell whether it looks at data that is not in a gebeurtenis: gezinsplannen, people, afnemersindicaties."""
        lijsten = (self.gezinsplan, self.niet_gezinsplan, self.persoon, self.niet_persoon)
        return any(lijsten) or self.afnemersindicatie is not None

    def __str__(self) -> str:
        """Its conditions, in Dutch, without a BSN in it."""
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
        """The name by which people find it, in Dutch."""
        return f"abonnement {self.nummer}" if self.opdracht else f"abonnement[{self.nummer}] van de inrichting"

    @cached_property
    def reden(self) -> str:
        """Its name and its conditions, in Dutch, without a BSN in it."""
        return f"{self.naam}: {self.abonnement}"


ABONNEMENT: Final = TypeAdapter(Abonnement)
"""Check a table of keys and values; raises the ValidationError of pydantic, which `meldingen` translates into Dutch."""


def als_tabel(abonnement: Abonnement) -> dict[str, Any]:
    """The keys that were filled in, as JSON has them; `Abonnement(**...)` makes it again."""
    gegevens: dict[str, Any] = ABONNEMENT.dump_python(abonnement, mode="json", exclude_defaults=True)
    return gegevens


def toonbaar(sleutel: str, waarde: int | str) -> str:
    """The form of a value that people may see."""
    return gemaskeerd(str(waarde)) if sleutel.endswith("persoon") else str(waarde)


def _vergeleken(sleutel: str, waarden: tuple[int | str, ...]) -> Waarden:
    """The values of a key in the form that is compared; none when the key sets no condition."""
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


# --- The tables and keys of the TOML of the inrichting: one frozen class per table, one field per key

Autorisatie = Literal["open", "applicaties"]
Onbekend = Literal["weigeren", "overnemen"]
Statustegenspraak = Literal["weigeren", "volgnummer", "omschrijving"]
Wasregel = Literal["negeren", "loggen", "weigeren"]
Schemaregel = Literal["streng", "soepel"]
Bsnregel = Literal["elfproef", "cijfers"]
Identificatieregel = Literal["rgbz", "vrij"]
Nilregel = Literal["geenWaarde", "ongewijzigd"]
Toelating = Literal["accepteren", "weigeren"]
Soapversie = Literal["1.1", "1.2"]
if TYPE_CHECKING:
    Dienst = str
else:
    Dienst = Literal[(*OPERATIONS, "*")]
Variant = Literal["intern", "extern"]


@plain_dataclass(frozen=True)
class FilledElement:
    """The element of StUF-ZKN 3.10 that a key fills."""

    naam: str


@dataclass(frozen=True, kw_only=True, config=VAST)
class Gemeente:
    """[gemeente]: the municipality; ``code`` is its CBS code, with which every zaakidentificatie begins."""

    code: Annotated[str, tekst(0, 100, r"^[0-9]{4}$")]
    naam: Naam


@dataclass(frozen=True, kw_only=True, config=VAST)
class Systeem:
    """[systeem]: our names in StUF:ontvanger; without ``organisatie`` it is the code of the gemeente."""

    applicatie: Applicatienaam = "Regiesysteem"
    organisatie: Naam | None = None
    ook_bekend_als: tuple[Applicatienaam, ...] = ()


@dataclass(frozen=True, kw_only=True, config=VAST)
class Regels:
    """[regels]: the choices that the standard leaves to the municipality.

    Without ``onbekende_zender`` an unknown sender is accepted when ``autorisatie`` is open, refused otherwise. Without
    ``bsn``, ``identificatie`` or ``nil_zonder_novalue`` each follows ``schema`` of the sender: its first value for
    streng, its second for soepel.
    """

    autorisatie: Autorisatie = "open"
    onbekend_zaaktype: Onbekend = "weigeren"
    onbekende_status: Onbekend = "weigeren"
    status_tegenspraak: Statustegenspraak = "weigeren"
    was: Wasregel = "loggen"
    schema: Schemaregel = "streng"
    bsn: Bsnregel | None = None
    identificatie: Identificatieregel | None = None
    nil_zonder_novalue: Nilregel | None = None
    onbekende_zender: Toelating | None = None
    onbekende_ontvanger: Toelating = "accepteren"
    max_antwoorden: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1000

    @property
    def onbekende_zenders_mogen(self) -> bool:
        """Tell whether a sender that is not listed may send."""
        return (self.onbekende_zender or ("accepteren" if self.autorisatie == "open" else "weigeren")) == "accepteren"


@dataclass(frozen=True, kw_only=True, config=VAST)
class Applicatie:
    """[[applicatie]]: a back office; without ``organisatie`` that of the gemeente, without ``administratie`` any.

    `adres_rzs` is where it takes the messages of RZS 1.0 when that is not its `adres`. The keys from `timeout` on are
    about delivery. `wachtwoord_uit` names the place of the password, because the file itself is kept and shown.
    """

    naam: Applicatienaam
    organisatie: Naam | None = None
    administratie: Annotated[str, tekst(0, 50), AfterValidator(leesbaar)] = ""
    adres: Annotated[str, tekst(0, 1000), AfterValidator(bezorgadres)] = ""
    adres_rzs: Annotated[str, tekst(0, 1000), AfterValidator(bezorgadres)] = ""
    diensten: Annotated[tuple[Dienst, ...], BeforeValidator(ster)] = ("*",)
    schema: Schemaregel | None = None
    bsn: Bsnregel | None = None
    identificatie: Identificatieregel | None = None
    nil_zonder_novalue: Nilregel | None = None
    timeout: Annotated[int, Field(strict=True, ge=1, le=300)] = 30
    tegelijk: Annotated[int, Field(strict=True, ge=1, le=32)] = 4
    soap: Soapversie = "1.1"
    gebruiker: Annotated[str, tekst(0, 200), AfterValidator(gebruikersnaam)] = ""
    wachtwoord_uit: Annotated[str, tekst(0, 1000), AfterValidator(verwijzing)] = ""
    clientcertificaat: Pad = ""
    clientsleutel: Pad = ""
    ca: Pad = ""


@dataclass(frozen=True, kw_only=True, config=VAST)
class Documenten:
    """[documenten]: the files that are refused, and for how many days somebody may edit one.

    `geweigerde_typen` are media types, a last part `*` for all of a kind; `geweigerde_extensies` ends of file names.
    Without `maximum_mb` the limit of the system itself holds (REGIE_MAX_DOCUMENT_MB).
    """

    geweigerde_typen: tuple[Mediatype, ...] = GEWEIGERDE_TYPEN
    geweigerde_extensies: tuple[Extensie, ...] = GEWEIGERDE_EXTENSIES
    maximum_mb: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    bewerken_dagen: Annotated[int, Field(strict=True, ge=1, le=365)] = 14


@dataclass(frozen=True, kw_only=True, config=VAST)
class Documenttype:
    """[[zaaktype.documenttype]]: a documenttype (DCT) that zaken of the zaaktype above may, must or must not have."""

    omschrijving: Omschrijving
    verplicht_bij_status: Volgnummer | None = None
    geweigerd: StrictBool = False
    toelichting: Lang | None = None


@dataclass(frozen=True, kw_only=True, config=VAST)
class Status:
    """[[zaaktype.status]]: a statustype (STT) of the zaaktype above it."""

    volgnummer: Volgnummer
    code: Code | None = None
    omschrijving: Omschrijving
    eindstatus: StrictBool = False
    omschrijving_generiek: Annotated[Omschrijving | None, FilledElement("omschrijvingGeneriek")] = None
    doorlooptijd_dagen: Annotated[Dagen | None, FilledElement("doorlooptijd")] = None
    ingangsdatum: Annotated[Datum | None, FilledElement("ingangsdatumObject")] = None
    einddatum: Annotated[Datum | None, FilledElement("einddatumObject")] = None
    toelichting: Lang | None = None


@dataclass(frozen=True, kw_only=True, config=VAST)
class Resultaat:
    """[[zaaktype.resultaat]]: a result that a zaak of the zaaktype above it can end with."""

    omschrijving: Omschrijving
    toelichting: Annotated[Lang | None, FilledElement("toelichting")] = None


@dataclass(frozen=True, kw_only=True, config=VAST)
class Zaaktype:
    """[[zaaktype]]: a ZKT with its statustypen, resultaten and documenttypen.

    `was`, `status_tegenspraak` and `onbekende_status` overrule [regels] for its zaken; `andere_documenten` is the rule
    for documents of a type that is not listed.
    """

    code: Code
    omschrijving: Omschrijving
    soort: Soort
    doorlooptijd_dagen: Annotated[Dagen | None, FilledElement("doorlooptijd")] = None
    servicenorm_dagen: Annotated[Dagen | None, FilledElement("servicenorm")] = None
    omschrijving_generiek: Annotated[Omschrijving | None, FilledElement("omschrijvingGeneriek")] = None
    zaakcategorie: Annotated[
        Annotated[str, tekst(1, 40), AfterValidator(leesbaar)] | None, FilledElement("zaakcategorie")
    ] = None
    trefwoorden: Annotated[
        tuple[Annotated[str, tekst(1, 30), AfterValidator(leesbaar)], ...], FilledElement("trefwoord")
    ] = ()
    archiefcode: Annotated[
        Annotated[str, tekst(1, 20), AfterValidator(leesbaar)] | None, FilledElement("archiefcode")
    ] = None
    vertrouwelijk_aanduiding: Annotated[Vertrouwelijkheid | None, FilledElement("vertrouwelijkAanduiding")] = None
    publicatie_indicatie: Annotated[StrictBool | None, FilledElement("publicatieIndicatie")] = None
    publicatietekst: Annotated[Lang | None, FilledElement("publicatietekst")] = None
    ingangsdatum: Annotated[Datum | None, FilledElement("ingangsdatumObject")] = None
    einddatum: Annotated[Datum | None, FilledElement("einddatumObject")] = None
    toelichting: Lang | None = None
    was: Wasregel | None = None
    status_tegenspraak: Statustegenspraak | None = None
    onbekende_status: Onbekend | None = None
    andere_documenten: Onbekend = "overnemen"
    overdracht_dagen: Dagen | None = None
    status: tuple[Status, ...] = ()
    resultaat: tuple[Resultaat, ...] = ()
    documenttype: tuple[Documenttype, ...] = ()


@dataclass(frozen=True, kw_only=True, config=VAST)
class Notificaties:
    """[notificaties]: the system that decides who is told (RZS 1.0, 6.1).

    ``intern``: we do, by the abonnementen below. ``extern``: ``abonnementenbeheer``, an applicatie, does; it gets an
    initieerNotificeerOverZaak of every event. ``overdracht_dagen`` is how long a back office may take to answer a
    transfer, when the zaaktype does not say so.
    """

    variant: Variant = "intern"
    abonnementenbeheer: Applicatienaam | None = None
    overdracht_dagen: Dagen = 5


@dataclass(frozen=True, kw_only=True, config=VAST)
class Inrichtingsbestand:
    """The whole file."""

    gemeente: Gemeente
    systeem: Systeem = Systeem()
    regels: Regels = Regels()
    documenten: Documenten = Documenten()
    notificaties: Notificaties = Notificaties()
    applicatie: tuple[Applicatie, ...] = ()
    zaaktype: tuple[Zaaktype, ...] = ()
    abonnement: tuple[Abonnement, ...] = ()
    formaat: tuple[Formaat, ...] = ()


def tabellen() -> dict[tuple[str, ...], type]:
    """Every table that the file may have, by path: ``()`` the file itself, ``("zaaktype", "status")`` and so on."""
    gevonden: dict[tuple[str, ...], type] = {}

    def bezoek(klasse: type, pad: tuple[str, ...]) -> None:
        gevonden[pad] = klasse
        for naam, soort in get_type_hints(klasse).items():
            kern = get_args(soort)[0] if get_origin(soort) is tuple else soort
            if isinstance(kern, type) and hasattr(kern, "__pydantic_validator__"):
                bezoek(kern, (*pad, naam))

    bezoek(Inrichtingsbestand, ())
    return gevonden


def sleutels(klasse: type) -> tuple[str, ...]:
    """The keys of a table, in the order of the model."""
    return tuple(veld.name for veld in fields(klasse))


def inhoud(deel: Zaaktype | Status | Resultaat) -> dict[str, str | list[str]]:
    """The elements of a zaaktype, status or resultaat that have no column: StUF-ZKN name to value as StUF writes it."""
    gevuld: dict[str, str | list[str]] = {}
    for naam, soort in get_type_hints(type(deel), include_extras=True).items():
        waarde = getattr(deel, naam)
        element = next(
            (extra for extra in getattr(soort, "__metadata__", ()) if isinstance(extra, FilledElement)), None
        )
        if element is None or waarde is None or waarde == ():
            continue
        gevuld[element.naam] = list(waarde) if isinstance(waarde, tuple) else _stuf_waarde(waarde)
    return gevuld


def _stuf_waarde(waarde: str | int | bool) -> str:
    if isinstance(waarde, bool):
        return "J" if waarde else "N"
    return str(waarde)

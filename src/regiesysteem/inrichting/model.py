"""The inrichting as a municipality writes it: a model for each table of the TOML."""

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from dataclasses import fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, TypeAdapter
from pydantic.dataclasses import dataclass

from regiesysteem.inrichting.fields import (
    FIXED,
    REFUSED_EXTENSIONS,
    REFUSED_TYPES,
    Afleidingswijze,
    Applicatienaam,
    Archiefnominatie,
    Certificaat,
    Code,
    Dagen,
    Datum,
    Extension,
    Formaatnaam,
    Gebeurtenis,
    Lang,
    Mediatype,
    Naam,
    Notificatiebericht,
    Omschrijving,
    Path,
    Procestermijn,
    Rolnaam,
    Rolrechten,
    Soort,
    Termijn,
    Vertrouwelijkheid,
    Verwerkingsactiviteit,
    Volgnummer,
    delivery_address,
    folded,
    issuer,
    masked,
    mediatype_or_empty,
    persoon_forms,
    persoonsnummer,
    readable,
    single,
    star,
    statusnaam,
    text,
    username,
)
from regiesysteem.inrichting.secrets import reference
from regiesysteem.zkn.operations import OPERATIONS

# --- Forms of domain data, as the TOML of the inrichting names them


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Formaat:
    """[[formaat]]: a form of domain data; ``xsd`` is a path from the directory of the file.

    A document with this ``documenttype`` (dct.omschrijving) and ``documentformaat`` (formaat) is a payload of its
    zaken; when both are absent no document is.
    """

    naam: Formaatnaam
    mediatype: Annotated[str, text(0, 200), AfterValidator(mediatype_or_empty)] = ""
    xsd: Annotated[str, text(0, 1000), AfterValidator(readable)] = ""
    documenttype: Annotated[str, text(0, 80), AfterValidator(readable)] = ""
    documentformaat: Annotated[str, text(0, 85), AfterValidator(readable)] = ""


# --- An abonnement: the gebeurtenissen, and the zaken, that an applicatie is told of (RZS 1.0, 1.7.1, 5.1 and 6.9.2)

Waarden = frozenset[int | str]

Statusvoorwaarde = Annotated[int | str, BeforeValidator(statusnaam)]
Persoon = Annotated[str, text(1, 40), AfterValidator(readable), AfterValidator(persoonsnummer)]
Zaakidentificatie = Annotated[str, text(1, 40), AfterValidator(readable)]

PerMinuut = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]

_LISTING: Final = (BeforeValidator(single), Field(min_length=1))

Elementnaam = Annotated[str, text(1, 100), AfterValidator(readable)]
Zaaktypen = Annotated[tuple[Code, ...], *_LISTING]
Soorten = Annotated[tuple[Soort, ...], *_LISTING]
Gezinsplannen = Annotated[tuple[Zaakidentificatie, ...], *_LISTING]
Personen = Annotated[tuple[Persoon, ...], *_LISTING]
Statussen = Annotated[tuple[Statusvoorwaarde, ...], *_LISTING]
Zenders = Annotated[tuple[Applicatienaam, ...], *_LISTING]

LISTS: Final = ("zaaktype", "soort", "status", "zender", "gezinsplan", "persoon")
"""The keys with a list of values, each with one that begins with `niet_`."""


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Abonnement:
    """[[abonnement]]: an applicatie, and the gebeurtenissen of zaken that it is told of.

    `gezinsplan` and `persoon` also look at the gezinsplannen that the zaak belongs to. `status` is the last one, by
    volgnummer, code or omschrijving. `zender` caused the gebeurtenis. `afnemersindicatie`: whether the applicatie has
    one on the zaak or its gezinsplan. `bericht` is the message that it gets: notificeerOverZaak, or the zaak itself;
    `domeingegevens` whether the payloads of the zaak go along with that, all or those of the named forms.
    """

    applicatie: Applicatienaam
    zaaktype: Zaaktypen = ("*",)
    gebeurtenis: Annotated[tuple[Gebeurtenis, ...], BeforeValidator(star), Field(min_length=1)] = ("*",)
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
    verwachte_actie: Annotated[str, text(0, 1000), AfterValidator(readable)] = ""
    bericht: Notificatiebericht = "notificeerOverZaak"
    domeingegevens: StrictBool | tuple[Formaatnaam, ...] = False

    @cached_property
    def conditions(self) -> tuple[tuple[str, Waarden, Waarden], ...]:
        """The keys of `LISTS` that set a condition, each with values of which one must hold, and forbidden values."""
        lists = ((sleutel, getattr(self, sleutel), getattr(self, f"niet_{sleutel}")) for sleutel in LISTS)
        compared = (
            (sleutel, _compared(sleutel, any_of), _compared(sleutel, none_of)) for sleutel, any_of, none_of in lists
        )
        return tuple((sleutel, any_of, none_of) for sleutel, any_of, none_of in compared if any_of or none_of)

    @cached_property
    def asks_zaak(self) -> bool:
        """Tell whether it looks at data that is not in a gebeurtenis: gezinsplannen, people, afnemersindicaties."""
        lists = (self.gezinsplan, self.niet_gezinsplan, self.persoon, self.niet_persoon)
        return any(lists) or self.afnemersindicatie is not None

    def __str__(self) -> str:
        """Its conditions, in Dutch, without a BSN in it."""
        return "; ".join(_parts(self))


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
"""Check a table of keys and values; raises the ValidationError of pydantic, which `check.translate` puts into Dutch."""


def as_table(abonnement: Abonnement) -> dict[str, Any]:
    """The keys that were filled in, as JSON has them; `Abonnement(**...)` makes it again."""
    data: dict[str, Any] = ABONNEMENT.dump_python(abonnement, mode="json", exclude_defaults=True)
    return data


def printable(sleutel: str, waarde: int | str) -> str:
    """The form of a value that people may see."""
    return masked(str(waarde)) if sleutel.endswith("persoon") else str(waarde)


def _compared(sleutel: str, waarden: tuple[int | str, ...]) -> Waarden:
    """The values of a key in the form that is compared; none when the key sets no condition."""
    if sleutel == "zaaktype" and "*" in waarden:
        return frozenset()
    if sleutel == "status":
        return frozenset(folded(waarde) if isinstance(waarde, str) else waarde for waarde in waarden)
    if sleutel == "persoon":
        return frozenset(form for waarde in waarden for form in persoon_forms(str(waarde)))
    return frozenset(waarden)


def _parts(abonnement: Abonnement) -> Iterator[str]:
    if "*" in abonnement.gebeurtenis:
        yield "elke gebeurtenis"
    else:
        yield " of ".join(abonnement.gebeurtenis)
    for sleutel in LISTS:
        for naam in (sleutel, f"niet_{sleutel}"):
            waarden = getattr(abonnement, naam)
            if waarden and "*" not in waarden:
                yield f"{naam.replace('_', ' ')} {' of '.join(printable(naam, waarde) for waarde in waarden)}"
    if abonnement.eindstatus is not None:
        yield "eindstatus" if abonnement.eindstatus else "geen eindstatus"
    if abonnement.afnemersindicatie is not None:
        yield "met afnemersindicatie" if abonnement.afnemersindicatie else "zonder afnemersindicatie"


# --- The tables and keys of the TOML of the inrichting: one frozen class per table, one field per key

Autorisatie = Literal["open", "applicaties"]
Unknown = Literal["weigeren", "overnemen"]
Statustegenspraak = Literal["weigeren", "volgnummer", "omschrijving"]
Wasregel = Literal["negeren", "loggen", "weigeren"]
Schemaregel = Literal["streng", "soepel"]
Bsnregel = Literal["elfproef", "cijfers"]
Identificatieregel = Literal["rgbz", "vrij"]
Nilregel = Literal["geenWaarde", "ongewijzigd"]
Admission = Literal["accepteren", "weigeren"]
Soapversie = Literal["1.1", "1.2"]
if TYPE_CHECKING:
    Dienst = str
else:
    Dienst = Literal[(*OPERATIONS, "*")]
Variant = Literal["intern", "extern"]
Uitvoerder = Literal["regiesysteem", "backoffice", "beide"]


@plain_dataclass(frozen=True)
class FilledElement:
    """The element of StUF-ZKN 3.10 that a key fills."""

    naam: str


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Gemeente:
    """[gemeente]: the municipality; ``code`` is its CBS code, with which every zaakidentificatie begins."""

    code: Annotated[str, text(0, 100, r"^[0-9]{4}$")]
    naam: Naam


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Systeem:
    """[systeem]: our names in StUF:ontvanger; without ``organisatie`` it is the code of the gemeente."""

    applicatie: Applicatienaam = "Regiesysteem"
    organisatie: Naam | None = None
    ook_bekend_als: tuple[Applicatienaam, ...] = ()


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Regels:
    """[regels]: the choices that the standard leaves to the municipality.

    Without ``onbekende_zender`` an unknown sender is accepted when ``autorisatie`` is open, refused otherwise. Without
    ``bsn``, ``identificatie`` or ``nil_zonder_novalue`` each follows ``schema`` of the sender: its first value for
    streng, its second for soepel. `signaal_per_dag` is how often a person may ask for the signaal before the privacy
    officer hears of it. `verwerkingsactiviteit` is the purpose for which applicaties look, in the read log.
    """

    autorisatie: Autorisatie = "open"
    onbekend_zaaktype: Unknown = "weigeren"
    onbekende_status: Unknown = "weigeren"
    status_tegenspraak: Statustegenspraak = "weigeren"
    was: Wasregel = "loggen"
    schema: Schemaregel = "streng"
    bsn: Bsnregel | None = None
    identificatie: Identificatieregel | None = None
    nil_zonder_novalue: Nilregel | None = None
    onbekende_zender: Admission | None = None
    onbekende_ontvanger: Admission = "accepteren"
    max_antwoorden: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1000
    verzoeken_per_minuut: PerMinuut = 6000
    mb_per_minuut: PerMinuut = 3000
    signaal_per_dag: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 50
    verwerkingsactiviteit: Verwerkingsactiviteit = "urn:regiesysteem:verwerkingsactiviteit:onbekend"

    @property
    def unknown_zenders_allowed(self) -> bool:
        """Tell whether a sender that is not listed may send."""
        return (self.onbekende_zender or ("accepteren" if self.autorisatie == "open" else "weigeren")) == "accepteren"


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Applicatie:
    """[[applicatie]]: a back office; without ``organisatie`` that of the gemeente, without ``administratie`` any.

    `certificaat` names the client certificates that prove it. `archief`: it may say whether and when a zaak is
    destroyed. `adres_rzs` is where it takes the messages of RZS 1.0 when that is not its `adres`. The keys from
    `timeout` on are about delivery. `wachtwoord_uit` names the place of the password, because the file itself is kept
    and shown.
    From `zaaktypen` to `max_antwoorden` are its rights, which hold under ``autorisatie = "applicaties"``: the zaken
    that it may see, and the elements that it never gets (`access.caller.grant_of`).
    """

    naam: Applicatienaam
    organisatie: Naam | None = None
    administratie: Annotated[str, text(0, 50), AfterValidator(readable)] = ""
    adres: Annotated[str, text(0, 1000), AfterValidator(delivery_address)] = ""
    adres_rzs: Annotated[str, text(0, 1000), AfterValidator(delivery_address)] = ""
    certificaat: Annotated[tuple[Certificaat, ...], BeforeValidator(single)] = ()
    diensten: Annotated[tuple[Dienst, ...], BeforeValidator(star)] = ("*",)
    zaaktypen: Zaaktypen = ("*",)
    soort: Soorten = ()
    vertrouwelijkheid: Vertrouwelijkheid | None = None
    eigen_zaken: StrictBool = False
    zonder: Annotated[tuple[Elementnaam, ...], BeforeValidator(single)] = ()
    signaal: StrictBool = False
    max_antwoorden: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    archief: StrictBool = False
    schema: Schemaregel | None = None
    bsn: Bsnregel | None = None
    identificatie: Identificatieregel | None = None
    nil_zonder_novalue: Nilregel | None = None
    verzoeken_per_minuut: PerMinuut | None = None
    mb_per_minuut: PerMinuut | None = None
    timeout: Annotated[int, Field(strict=True, ge=1, le=300)] = 30
    tegelijk: Annotated[int, Field(strict=True, ge=1, le=32)] = 4
    soap: Soapversie = "1.1"
    gebruiker: Annotated[str, text(0, 200), AfterValidator(username)] = ""
    wachtwoord_uit: Annotated[str, text(0, 1000), AfterValidator(reference)] = ""
    clientcertificaat: Path = ""
    clientsleutel: Path = ""
    ca: Path = ""
    verwerkingsactiviteit: Verwerkingsactiviteit | None = None


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Rol:
    """[[rol]]: a role of people on the pages, with the rights of a role that is shipped, and the purpose of its looks.

    Without ``rechten`` it has those of the shipped role with its name. ``groepen`` are groups of an OpenID provider
    whose members get it. `zaaktypen` and ``vertrouwelijkheid`` narrow the zaken that it sees, as for an applicatie.
    ``applicatie`` is whose messages a leverancier sees judged.
    """

    naam: Rolnaam
    rechten: Rolrechten | None = None
    groepen: Annotated[tuple[Naam, ...], BeforeValidator(single)] = ()
    zaaktypen: Zaaktypen = ("*",)
    vertrouwelijkheid: Vertrouwelijkheid | None = None
    verwerkingsactiviteit: Verwerkingsactiviteit | None = None
    grondslag: Annotated[str, text(0, 500), AfterValidator(readable)] = ""
    applicatie: Annotated[str, text(0, 50), AfterValidator(readable)] = ""

    @property
    def rights_of(self) -> str:
        """The shipped role whose rights it has."""
        return self.rechten or self.naam


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Oidc:
    """[[oidc]]: an OpenID provider where people log in, as whom its token says, in the roles of their groups there.

    ``uitgever`` is its issuer; ``geheim_uit`` names the place of the secret of ``client_id``.
    """

    naam: Rolnaam
    uitgever: Annotated[str, text(1, 1000), AfterValidator(issuer)]
    client_id: Naam
    geheim_uit: Annotated[str, text(1, 1000), AfterValidator(reference)]
    scope: Naam = "openid profile"
    groepen_claim: Naam = "groups"
    naam_claim: Naam = "name"


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Documenten:
    """[documenten]: the files that are refused, and for how many days somebody may edit one.

    `geweigerde_typen` are media types, a last part `*` for all of a kind; `geweigerde_extensies` ends of file names.
    Without `maximum_mb` the limit of the system itself holds (REGIE_MAX_DOCUMENT_MB).
    """

    geweigerde_typen: tuple[Mediatype, ...] = REFUSED_TYPES
    geweigerde_extensies: tuple[Extension, ...] = REFUSED_EXTENSIONS
    maximum_mb: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    bewerken_dagen: Annotated[int, Field(strict=True, ge=1, le=365)] = 14


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Documenttype:
    """[[zaaktype.documenttype]]: a documenttype (DCT) that zaken of the zaaktype above may, must or must not have."""

    omschrijving: Omschrijving
    verplicht_bij_status: Volgnummer | None = None
    geweigerd: StrictBool = False
    toelichting: Lang | None = None


@dataclass(frozen=True, kw_only=True, config=FIXED)
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


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Bewaarregel:
    """The keys of a resultaat, or of a zaaktype for its other zaken, that say how long a closed zaak is kept.

    None of them counts without `archiefnominatie`. `archiefactietermijn` counts from the brondatum, which
    `afleidingswijze` finds: for most by itself, for `termijn` with `procestermijn`, for `eigenschap` and `zaakobject`
    in the element `datumkenmerk`. `selectielijst` is the number of the result in the Selectielijst.
    """

    archiefnominatie: Archiefnominatie | None = None
    archiefactietermijn: Termijn | None = None
    afleidingswijze: Afleidingswijze = "afgehandeld"
    datumkenmerk: Annotated[str, text(1, 80), AfterValidator(readable)] | None = None
    objecttype: Annotated[str, text(3, 3), AfterValidator(readable)] | None = None
    procestermijn: Procestermijn | None = None
    selectielijst: Annotated[str, text(1, 20), AfterValidator(readable)] | None = None


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Resultaat(Bewaarregel):
    """[[zaaktype.resultaat]]: a result that a zaak of the zaaktype above it can end with."""

    omschrijving: Omschrijving
    toelichting: Annotated[Lang | None, FilledElement("toelichting")] = None


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Zaaktype(Bewaarregel):
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
        Annotated[str, text(1, 40), AfterValidator(readable)] | None, FilledElement("zaakcategorie")
    ] = None
    trefwoorden: Annotated[
        tuple[Annotated[str, text(1, 30), AfterValidator(readable)], ...], FilledElement("trefwoord")
    ] = ()
    archiefcode: Annotated[
        Annotated[str, text(1, 20), AfterValidator(readable)] | None, FilledElement("archiefcode")
    ] = None
    vertrouwelijk_aanduiding: Annotated[Vertrouwelijkheid | None, FilledElement("vertrouwelijkAanduiding")] = None
    publicatie_indicatie: Annotated[StrictBool | None, FilledElement("publicatieIndicatie")] = None
    publicatietekst: Annotated[Lang | None, FilledElement("publicatietekst")] = None
    ingangsdatum: Annotated[Datum | None, FilledElement("ingangsdatumObject")] = None
    einddatum: Annotated[Datum | None, FilledElement("einddatumObject")] = None
    toelichting: Lang | None = None
    was: Wasregel | None = None
    status_tegenspraak: Statustegenspraak | None = None
    onbekende_status: Unknown | None = None
    andere_documenten: Unknown = "overnemen"
    overdracht_dagen: Dagen | None = None
    status: tuple[Status, ...] = ()
    resultaat: tuple[Resultaat, ...] = ()
    documenttype: tuple[Documenttype, ...] = ()


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Notificaties:
    """[notificaties]: the system that decides who is told (RZS 1.0, 6.1).

    ``intern``: we do, by the abonnementen below. ``extern``: ``abonnementenbeheer``, an applicatie, does; it gets an
    initieerNotificeerOverZaak of every event. ``overdracht_dagen`` is how long a back office may take to answer a
    transfer, when the zaaktype does not say so.
    """

    variant: Variant = "intern"
    abonnementenbeheer: Applicatienaam | None = None
    overdracht_dagen: Dagen = 5


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Afspraken:
    """[afspraken]: what two parties agree on and no other key says (RZS 1.0, 2.8); nothing of it changes a message.

    A key that is absent is an agreement that is not made yet: `regie checklist` says so (`inrichting.agreements`).
    """

    gezinsplan_in_onderzoek: StrictBool | None = None
    derden_als_zaak: StrictBool | None = None
    aanvraag_bij_gezinsplan: StrictBool | None = None
    deelplan_door: Uitvoerder | None = None
    aanvraag_via: Uitvoerder | None = None


@dataclass(frozen=True, kw_only=True, config=FIXED)
class Inrichtingsbestand:
    """The whole file."""

    gemeente: Gemeente
    systeem: Systeem = Systeem()
    regels: Regels = Regels()
    documenten: Documenten = Documenten()
    notificaties: Notificaties = Notificaties()
    afspraken: Afspraken = Afspraken()
    applicatie: tuple[Applicatie, ...] = ()
    zaaktype: tuple[Zaaktype, ...] = ()
    abonnement: tuple[Abonnement, ...] = ()
    rol: tuple[Rol, ...] = ()
    oidc: tuple[Oidc, ...] = ()
    formaat: tuple[Formaat, ...] = ()


def tables() -> dict[tuple[str, ...], type]:
    """Every table that the file may have, by path: ``()`` the file itself, ``("zaaktype", "status")`` and so on."""
    found: dict[tuple[str, ...], type] = {}

    def visit(class_: type, path: tuple[str, ...]) -> None:
        found[path] = class_
        for naam, soort in get_type_hints(class_).items():
            kern = get_args(soort)[0] if get_origin(soort) is tuple else soort
            if isinstance(kern, type) and hasattr(kern, "__pydantic_validator__"):
                visit(kern, (*path, naam))

    visit(Inrichtingsbestand, ())
    return found


def keys_of(class_: type) -> tuple[str, ...]:
    """The keys of a table, in the order of the model."""
    return tuple(field.name for field in fields(class_))


def inhoud(part: Zaaktype | Status | Resultaat) -> dict[str, str | list[str]]:
    """The elements of a zaaktype, status or resultaat that have no column: StUF-ZKN name to value as StUF writes it."""
    filled: dict[str, str | list[str]] = {}
    class_: type = type(part)
    for naam, element in _filled_elements(class_):
        waarde = getattr(part, naam)
        if waarde is None or waarde == ():
            continue
        filled[element] = list(waarde) if isinstance(waarde, tuple) else _stuf_waarde(waarde)
    return filled


@cache
def _filled_elements(class_: type) -> tuple[tuple[str, str], ...]:
    """Each key of a table that fills an element, with the name of that element."""
    return tuple(
        (naam, extra.naam)
        for naam, soort in get_type_hints(class_, include_extras=True).items()
        for extra in getattr(soort, "__metadata__", ())
        if isinstance(extra, FilledElement)
    )


def _stuf_waarde(waarde: str | int | bool) -> str:
    if isinstance(waarde, bool):
        return "J" if waarde else "N"
    return str(waarde)

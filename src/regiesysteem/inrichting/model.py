"""What the TOML of the inrichting may say: one frozen class per table, one field per key.

The rules of one value are here; rules between values (unique, refers to) are in ``controles``. A key that is an
element of a ZKT or STT in StUF-ZKN 3.10 carries that name (``Element``), and its bounds are those of the standard.
"""

from dataclasses import dataclass as plain_dataclass
from dataclasses import fields
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool
from pydantic.dataclasses import dataclass

from regiesysteem.inrichting.abonnement import Abonnement
from regiesysteem.inrichting.formaat import Formaat
from regiesysteem.inrichting.geheimen import verwijzing
from regiesysteem.inrichting.velden import (
    VAST,
    Applicatienaam,
    Code,
    Dagen,
    Datum,
    Extensie,
    Lang,
    Mediatype,
    Naam,
    Omschrijving,
    Pad,
    Soort,
    Volgnummer,
    tekst,
)
from regiesysteem.inrichting.waarden import (
    GEWEIGERDE_EXTENSIES,
    GEWEIGERDE_TYPEN,
    Vertrouwelijkheid,
    bezorgadres,
    gebruikersnaam,
    leesbaar,
    ster,
)

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
Dienst = Literal[
    "genereerZaakIdentificatie_Di02",
    "creeerZaak_Lk01",
    "updateZaak_Lk01",
    "actualiseerZaakstatus_Lk01",
    "geefZaakstatus_Lv01",
    "geefZaakdetails_Lv01",
    "zakLv01",
    "genereerDocumentIdentificatie_Di02",
    "voegZaakdocumentToe_Lk01",
    "maakZaakdocument_Lk01",
    "geefLijstZaakdocumenten_Lv01",
    "geefZaakdocumentLezen_Lv01",
    "geefZaakdocumentbewerken_Di02",
    "updateZaakdocument_Di02",
    "cancelCheckout_Di02",
    "notificeerOverZaak",
    "initieerNotificeerOverZaak",
    "overdragenZaak",
    "bevestigOverdragenZaak",
    "Bv01",
    "Bv03",
    "Bv04",
    "Fo01",
    "Fo03",
    "*",
]
Variant = Literal["intern", "extern"]


@plain_dataclass(frozen=True)
class Element:
    """The element of StUF-ZKN 3.10 that a key fills."""

    naam: str


@dataclass(frozen=True, kw_only=True, config=VAST)
class Gemeente:
    """[gemeente]: whose zaken these are; ``code`` is the CBS code and opens every zaakidentificatie."""

    code: Annotated[str, tekst(0, 100, r"^[0-9]{4}$")]
    naam: Naam


@dataclass(frozen=True, kw_only=True, config=VAST)
class Systeem:
    """[systeem]: how others address us in StUF:ontvanger; without ``organisatie`` it is the code of the gemeente."""

    applicatie: Applicatienaam = "Regiesysteem"
    organisatie: Naam | None = None
    ook_bekend_als: tuple[Applicatienaam, ...] = ()


@dataclass(frozen=True, kw_only=True, config=VAST)
class Regels:
    """[regels]: what to do where the standard leaves the choice to the municipality.

    Without ``onbekende_zender`` an unknown sender is accepted when ``autorisatie`` is open, refused otherwise. Without
    ``bsn``, ``identificatie`` or ``nil_zonder_novalue`` each is as ``schema`` of the sender: its first value for
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
        """Whether a sender that is not listed may send."""
        return (self.onbekende_zender or ("accepteren" if self.autorisatie == "open" else "weigeren")) == "accepteren"


@dataclass(frozen=True, kw_only=True, config=VAST)
class Applicatie:
    """[[applicatie]]: a back office; without ``organisatie`` that of the gemeente, without ``administratie`` any.

    `adres_rzs` is where it takes the messages of RZS 1.0 when that is not its `adres`. The keys from `timeout` on say
    how messages get there. `wachtwoord_uit` says where the password is; the file itself is kept and shown.
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
    soap: Soapversie = "1.1"
    gebruiker: Annotated[str, tekst(0, 200), AfterValidator(gebruikersnaam)] = ""
    wachtwoord_uit: Annotated[str, tekst(0, 1000), AfterValidator(verwijzing)] = ""
    clientcertificaat: Pad = ""
    clientsleutel: Pad = ""
    ca: Pad = ""


@dataclass(frozen=True, kw_only=True, config=VAST)
class Documenten:
    """[documenten]: which files are taken, and how long somebody may edit one before others can.

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
    omschrijving_generiek: Annotated[Omschrijving | None, Element("omschrijvingGeneriek")] = None
    doorlooptijd_dagen: Annotated[Dagen | None, Element("doorlooptijd")] = None
    ingangsdatum: Annotated[Datum | None, Element("ingangsdatumObject")] = None
    einddatum: Annotated[Datum | None, Element("einddatumObject")] = None
    toelichting: Lang | None = None


@dataclass(frozen=True, kw_only=True, config=VAST)
class Resultaat:
    """[[zaaktype.resultaat]]: how a zaak of the zaaktype above it can end."""

    omschrijving: Omschrijving
    toelichting: Annotated[Lang | None, Element("toelichting")] = None


@dataclass(frozen=True, kw_only=True, config=VAST)
class Zaaktype:
    """[[zaaktype]]: a ZKT with its statustypen, resultaten and documenttypen.

    `was`, `status_tegenspraak` and `onbekende_status` overrule [regels] for its zaken; `andere_documenten` says what to
    do with documents of a type that is not listed.
    """

    code: Code
    omschrijving: Omschrijving
    soort: Soort
    doorlooptijd_dagen: Annotated[Dagen | None, Element("doorlooptijd")] = None
    servicenorm_dagen: Annotated[Dagen | None, Element("servicenorm")] = None
    omschrijving_generiek: Annotated[Omschrijving | None, Element("omschrijvingGeneriek")] = None
    zaakcategorie: Annotated[
        Annotated[str, tekst(1, 40), AfterValidator(leesbaar)] | None, Element("zaakcategorie")
    ] = None
    trefwoorden: Annotated[
        tuple[Annotated[str, tekst(1, 30), AfterValidator(leesbaar)], ...], Element("trefwoord")
    ] = ()
    archiefcode: Annotated[Annotated[str, tekst(1, 20), AfterValidator(leesbaar)] | None, Element("archiefcode")] = None
    vertrouwelijk_aanduiding: Annotated[Vertrouwelijkheid | None, Element("vertrouwelijkAanduiding")] = None
    publicatie_indicatie: Annotated[StrictBool | None, Element("publicatieIndicatie")] = None
    publicatietekst: Annotated[Lang | None, Element("publicatietekst")] = None
    ingangsdatum: Annotated[Datum | None, Element("ingangsdatumObject")] = None
    einddatum: Annotated[Datum | None, Element("einddatumObject")] = None
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
    """[notificaties]: who finds out who is told (RZS 1.0, 6.1).

    ``intern``: we do, by the abonnementen below. ``extern``: ``abonnementenbeheer``, an applicatie, does; it gets an
    initieerNotificeerOverZaak of all that happens. ``overdracht_dagen`` is how long a back office may take to answer a
    transfer, where the zaaktype does not say.
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
        element = next((extra for extra in getattr(soort, "__metadata__", ()) if isinstance(extra, Element)), None)
        if element is None or waarde is None or waarde == ():
            continue
        gevuld[element.naam] = list(waarde) if isinstance(waarde, tuple) else _stuf_waarde(waarde)
    return gevuld


def _stuf_waarde(waarde: str | int | bool) -> str:
    if isinstance(waarde, bool):
        return "J" if waarde else "N"
    return str(waarde)

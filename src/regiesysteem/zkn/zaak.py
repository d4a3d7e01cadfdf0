"""The zaak and its relations: ZAK, ZKT, STT and everything between them (StUF-ZKN 3.10)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.stuf.entity import Choice, Element, Entiteit, Relatie, Soort
from regiesysteem.stuf.payload import EXTRA_ELEMENTS, is_base64
from regiesysteem.zkn.blocks import (
    DERIVED_TIJDSTIP,
    EXTRA_ELEMENTEN,
    OWN_TIJDSTIP,
    TIJDSTIP_REGISTRATIE,
    TIJDVAK_GELDIGHEID,
    TIJDVAK_RELATIE,
    dates,
    group,
    names,
)
from regiesysteem.zkn.documentgegevens import EDC_GERELATEERD, ZAAKDOCUMENT
from regiesysteem.zkn.names import ZKN, zkn
from regiesysteem.zkn.parties import CONTACTPERSOON, MDW, OEH, VERBLIJF_BUITENLAND
from regiesysteem.zkn.zaakobjects import BETROKKENE, BSL, ZAAKOBJECT

ZKT: Final = Entiteit(
    "ZKT",
    ZKN,
    unknown="geenWaarde",
    elementen=(
        *names("omschrijving", "code", kern=True),
        *names("omschrijvingGeneriek", "zaakcategorie"),
        Element("trefwoord", repeatable=True),
        *names("doorlooptijd", "servicenorm", "archiefcode", "vertrouwelijkAanduiding", "publicatieIndicatie"),
        *names("publicatietekst"),
        Element("ingangsdatumObject", soort=Soort.DATUM, kern=True),
        *dates("einddatumObject"),
        EXTRA_ELEMENTEN,
    ),
)

STT: Final = Entiteit(
    "STT",
    ZKN,
    unknown="geenWaarde",
    elementen=(
        *names("zkt.code", "zkt.omschrijving", kern=True),
        Element("volgnummer", soort=Soort.NUMERAL, kern=True),
        *names("code", "omschrijving", kern=True),
        *names("omschrijvingGeneriek", "doorlooptijd"),
        Element("ingangsdatumObject", soort=Soort.DATUM, kern=True),
        *dates("einddatumObject"),
        TIJDVAK_GELDIGHEID,
        TIJDSTIP_REGISTRATIE,
        EXTRA_ELEMENTEN,
    ),
)

IS_VAN: Final = Relatie("isVan", ZKN, "ZAKZKT", (Choice("", ZKT),), (EXTRA_ELEMENTEN,), repeatable=False, kern=True)

IS_GEZET_DOOR: Final = Relatie(
    "isGezetDoor",
    ZKN,
    "ZAKSTTBTR",
    (Choice("medewerker", MDW), Choice("organisatorischeEenheid", OEH)),
    (
        *names("rolOmschrijving", "rolomschrijvingGeneriek"),
        TIJDVAK_RELATIE,
        DERIVED_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    repeatable=False,
)

HEEFT: Final = Relatie(
    "heeft",
    ZKN,
    "ZAKSTT",
    (Choice("", STT),),
    (
        Element("toelichting", kolom="toelichting"),
        Element("datumStatusGezet", kolom="datum_status_gezet", soort=Soort.TIJDSTIP),
        Element("indicatieLaatsteStatus", kennisgeving=False),
        TIJDVAK_RELATIE,
        TIJDVAK_GELDIGHEID,
        OWN_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    (IS_GEZET_DOOR,),
)

HEEFT_BETREKKING_OP: Final = Relatie(
    "heeftBetrekkingOp",
    ZKN,
    "ZAKOBJ",
    ZAAKOBJECT,
    (
        Element("omschrijving", kolom="omschrijving"),
        TIJDVAK_RELATIE,
        OWN_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    as_object=True,
)


def _rol(naam: str, entiteittype: str) -> Relatie:
    """A role of a betrokkene in the zaak; the six differ in name and entiteittype only."""
    return Relatie(
        naam,
        ZKN,
        entiteittype,
        BETROKKENE,
        (
            Element("code", kolom="code"),
            Element("omschrijving", kolom="omschrijving"),
            Element("toelichting", kolom="toelichting"),
            # Its schema lets whole runs of elements repeat, so it is kept as it came.
            Element(
                "afwijkendCorrespondentieAdres", verbatim=True, choice="afwijkend/binnenland", nil=False, novalue=False
            ),
            group("afwijkendBuitenlandsCorrespondentieAdres", *VERBLIJF_BUITENLAND, choice="afwijkend/buitenland"),
            TIJDVAK_RELATIE,
            TIJDVAK_GELDIGHEID,
            OWN_TIJDSTIP,
            EXTRA_ELEMENTEN,
            group(
                "heeftAlsAanspreekpunt",
                group("gerelateerde", *CONTACTPERSOON, entiteittype="CTP", verplicht=True),
                TIJDVAK_RELATIE,
                entiteittype=f"{entiteittype}CTP",
                nil=True,
            ),
        ),
    )


ROLLEN: Final = (
    _rol("heeftAlsBelanghebbende", "ZAKBTRBLH"),
    _rol("heeftAlsGemachtigde", "ZAKBTRGMC"),
    _rol("heeftAlsInitiator", "ZAKBTRINI"),
    _rol("heeftAlsUitvoerende", "ZAKBTRUTV"),
    _rol("heeftAlsVerantwoordelijke", "ZAKBTRVRA"),
    _rol("heeftAlsOverigBetrokkene", "ZAKBTROVR"),
)

_OPSCHORTING: Final = group("opschorting", Element("indicatie", verplicht=True), Element("reden", verplicht=True))
_VERLENGING: Final = group("verlenging", Element("duur", verplicht=True), Element("reden", verplicht=True))
_RESULTAAT: Final = group("resultaat", *names("omschrijving", "toelichting"))
_LINK: Final = (TIJDVAK_RELATIE, OWN_TIJDSTIP, EXTRA_ELEMENTEN)


def _other(naam: str, entiteittype: str, zaak: Entiteit, *, kennisgeving: bool = True) -> Relatie:
    elementen = () if zaak is _ZAK_KERN else _LINK
    return Relatie(naam, ZKN, entiteittype, (Choice("", zaak),), elementen, kennisgeving=kennisgeving)


_ZKT_KERN: Final = replace(ZKT, elementen=tuple(element for element in ZKT.elementen if element.kern))
_ZAK_KERN: Final = Entiteit(
    "ZAK",
    ZKN,
    unknown="geenWaarde",
    elementen=names("identificatie", "omschrijving", kern=True),
    relaties=(replace(IS_VAN, gerelateerde=(Choice("", _ZKT_KERN),), elementen=()),),
)
"""The elements of the zaak beyond a related zaak: kerngegevens only, whatever the scope asks."""

ZAK_GERELATEERD: Final = Entiteit(
    "ZAK",
    ZKN,
    unknown="geenWaarde",
    elementen=(
        *names("identificatie", "omschrijving", kern=True),
        *names("toelichting"),
        _RESULTAAT,
        *dates("startdatum", "publicatiedatum", "einddatumGepland", "uiterlijkeEinddatum", "einddatum"),
        _OPSCHORTING,
        _VERLENGING,
        TIJDVAK_GELDIGHEID,
        DERIVED_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    relaties=(
        IS_VAN,
        HEEFT_BETREKKING_OP,
        ROLLEN[0],
        ROLLEN[2],
        _other("heeftAlsDeelzaak", "ZAKZAKDEL", _ZAK_KERN),
        _other("heeftAlsHoofdzaak", "ZAKZAKHFD", _ZAK_KERN),
        HEEFT,
    ),
)
"""The zaak at the other end of a relation between zaken: fewer elements than the zaak itself."""

HEEFT_ALS_DEELZAAK: Final = _other("heeftAlsDeelzaak", "ZAKZAKDEL", ZAK_GERELATEERD)
HEEFT_ALS_HOOFDZAAK: Final = _other("heeftAlsHoofdzaak", "ZAKZAKHFD", ZAK_GERELATEERD, kennisgeving=False)
HEEFT_BETREKKING_OP_ANDERE: Final = _other("heeftBetrekkingOpAndere", "ZAKZAKBTR", ZAK_GERELATEERD)

HEEFT_RELEVANT: Final = Relatie(
    "heeftRelevant",
    ZKN,
    "ZAKEDC",
    (Choice("", EDC_GERELATEERD),),
    # The schema gives it the type of a volgnummer here: a date cannot be answered, nor its absence.
    tuple(replace(part, nil=False) if part.naam == "sta.datumStatusGezet" else part for part in ZAAKDOCUMENT),
    kennisgeving=False,
)
"""The documents of the zaak; only an edcLk01 can name them (`document.IS_RELEVANT_VOOR`), a zakLk01 cannot."""

LEIDT_TOT: Final = Relatie("leidtTot", ZKN, "ZAKBSL", (Choice("", BSL),), _LINK)

ZAK: Final = Entiteit(
    "ZAK",
    ZKN,
    unknown="geenWaarde",
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("omschrijving", kolom="omschrijving", kern=True),
        Element("toelichting", kolom="toelichting"),
        group("kenmerk", Element("kenmerk", verplicht=True), Element("bron", verplicht=True), repeatable=True),
        group(
            "anderZaakObject",
            Element("omschrijving", verplicht=True),
            *names("aanduiding"),
            Element("lokatie", verbatim=True),
            *names("registratie"),
            repeatable=True,
        ),
        _RESULTAAT,
        Element("startdatum", kolom="startdatum", soort=Soort.DATUM),
        Element("registratiedatum", kolom="registratiedatum", soort=Soort.DATUM),
        Element("publicatiedatum", kolom="publicatiedatum", soort=Soort.DATUM),
        Element("einddatumGepland", kolom="einddatum_gepland", soort=Soort.DATUM),
        Element("uiterlijkeEinddatum", kolom="uiterlijke_einddatum", soort=Soort.DATUM),
        Element("einddatum", kolom="einddatum", soort=Soort.DATUM),
        _OPSCHORTING,
        _VERLENGING,
        Element("betalingsIndicatie", kolom="betalings_indicatie"),
        Element("laatsteBetaaldatum", kolom="laatste_betaaldatum", soort=Soort.TIJDSTIP),
        Element("archiefnominatie", kolom="archiefnominatie"),
        Element("datumVernietigingDossier", kolom="datum_vernietiging_dossier", soort=Soort.DATUM),
        Element("zaakniveau", kolom="zaakniveau", soort=Soort.NUMERAL),
        Element("deelzakenIndicatie", kolom="deelzaken_indicatie"),
        TIJDVAK_GELDIGHEID,
        OWN_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    relaties=(
        IS_VAN,
        HEEFT_BETREKKING_OP,
        *ROLLEN,
        HEEFT_ALS_DEELZAAK,
        HEEFT_ALS_HOOFDZAAK,
        HEEFT_BETREKKING_OP_ANDERE,
        HEEFT,
        HEEFT_RELEVANT,
        LEIDT_TOT,
    ),
)
"""The zaak as kennisgevingen write it and antwoorden give it."""


def base_64_payloads(bericht: etree._Element) -> Iterator[etree._Element]:
    """The elements of a zakLk01 that hold a payload as base64; those of another message are none."""
    if bericht.tag == zkn("zakLk01"):
        yield from (element for element in bericht.iterfind(f"{zkn('object')}/{EXTRA_ELEMENTS}") if is_base64(element))

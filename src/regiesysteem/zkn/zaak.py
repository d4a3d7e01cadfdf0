"""The zaak and its relations: ZAK, ZKT, STT and everything between them (StUF-ZKN 3.10)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.stuf.entity import Element, Entiteit, Keuze, Relatie, Soort
from regiesysteem.stuf.payload import EXTRA_ELEMENTS, is_base64
from regiesysteem.zkn.blocks import (
    AFGELEID_TIJDSTIP,
    EIGEN_TIJDSTIP,
    EXTRA_ELEMENTEN,
    TIJDSTIP_REGISTRATIE,
    TIJDVAK_GELDIGHEID,
    TIJDVAK_RELATIE,
    datums,
    groep,
    namen,
)
from regiesysteem.zkn.documentgegevens import EDC_GERELATEERD, ZAAKDOCUMENT
from regiesysteem.zkn.names import ZKN, zkn
from regiesysteem.zkn.parties import CONTACTPERSOON, MDW, OEH, VERBLIJF_BUITENLAND
from regiesysteem.zkn.zaakobjects import BETROKKENE, BSL, ZAAKOBJECT

ZKT: Final = Entiteit(
    "ZKT",
    ZKN,
    onbekend="geenWaarde",
    elementen=(
        *namen("omschrijving", "code", kern=True),
        *namen("omschrijvingGeneriek", "zaakcategorie"),
        Element("trefwoord", meervoudig=True),
        *namen("doorlooptijd", "servicenorm", "archiefcode", "vertrouwelijkAanduiding", "publicatieIndicatie"),
        *namen("publicatietekst"),
        Element("ingangsdatumObject", soort=Soort.DATUM, kern=True),
        *datums("einddatumObject"),
        EXTRA_ELEMENTEN,
    ),
)

STT: Final = Entiteit(
    "STT",
    ZKN,
    onbekend="geenWaarde",
    elementen=(
        *namen("zkt.code", "zkt.omschrijving", kern=True),
        Element("volgnummer", soort=Soort.GETAL, kern=True),
        *namen("code", "omschrijving", kern=True),
        *namen("omschrijvingGeneriek", "doorlooptijd"),
        Element("ingangsdatumObject", soort=Soort.DATUM, kern=True),
        *datums("einddatumObject"),
        TIJDVAK_GELDIGHEID,
        TIJDSTIP_REGISTRATIE,
        EXTRA_ELEMENTEN,
    ),
)

IS_VAN: Final = Relatie("isVan", ZKN, "ZAKZKT", (Keuze("", ZKT),), (EXTRA_ELEMENTEN,), meervoudig=False, kern=True)

IS_GEZET_DOOR: Final = Relatie(
    "isGezetDoor",
    ZKN,
    "ZAKSTTBTR",
    (Keuze("medewerker", MDW), Keuze("organisatorischeEenheid", OEH)),
    (
        *namen("rolOmschrijving", "rolomschrijvingGeneriek"),
        TIJDVAK_RELATIE,
        AFGELEID_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    meervoudig=False,
)

HEEFT: Final = Relatie(
    "heeft",
    ZKN,
    "ZAKSTT",
    (Keuze("", STT),),
    (
        Element("toelichting", kolom="toelichting"),
        Element("datumStatusGezet", kolom="datum_status_gezet", soort=Soort.TIJDSTIP),
        Element("indicatieLaatsteStatus", kennisgeving=False),
        TIJDVAK_RELATIE,
        TIJDVAK_GELDIGHEID,
        EIGEN_TIJDSTIP,
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
        EIGEN_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    als_object=True,
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
                "afwijkendCorrespondentieAdres", letterlijk=True, keuze="afwijkend/binnenland", nil=False, novalue=False
            ),
            groep("afwijkendBuitenlandsCorrespondentieAdres", *VERBLIJF_BUITENLAND, keuze="afwijkend/buitenland"),
            TIJDVAK_RELATIE,
            TIJDVAK_GELDIGHEID,
            EIGEN_TIJDSTIP,
            EXTRA_ELEMENTEN,
            groep(
                "heeftAlsAanspreekpunt",
                groep("gerelateerde", *CONTACTPERSOON, entiteittype="CTP", verplicht=True),
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

_OPSCHORTING: Final = groep("opschorting", Element("indicatie", verplicht=True), Element("reden", verplicht=True))
_VERLENGING: Final = groep("verlenging", Element("duur", verplicht=True), Element("reden", verplicht=True))
_RESULTAAT: Final = groep("resultaat", *namen("omschrijving", "toelichting"))
_KOPPELING: Final = (TIJDVAK_RELATIE, EIGEN_TIJDSTIP, EXTRA_ELEMENTEN)


def _ander(naam: str, entiteittype: str, zaak: Entiteit, *, kennisgeving: bool = True) -> Relatie:
    elementen = () if zaak is _ZAK_KERN else _KOPPELING
    return Relatie(naam, ZKN, entiteittype, (Keuze("", zaak),), elementen, kennisgeving=kennisgeving)


_ZKT_KERN: Final = replace(ZKT, elementen=tuple(element for element in ZKT.elementen if element.kern))
_ZAK_KERN: Final = Entiteit(
    "ZAK",
    ZKN,
    onbekend="geenWaarde",
    elementen=namen("identificatie", "omschrijving", kern=True),
    relaties=(replace(IS_VAN, gerelateerde=(Keuze("", _ZKT_KERN),), elementen=()),),
)
"""The elements of the zaak beyond a related zaak: kerngegevens only, whatever the scope asks."""

ZAK_GERELATEERD: Final = Entiteit(
    "ZAK",
    ZKN,
    onbekend="geenWaarde",
    elementen=(
        *namen("identificatie", "omschrijving", kern=True),
        *namen("toelichting"),
        _RESULTAAT,
        *datums("startdatum", "publicatiedatum", "einddatumGepland", "uiterlijkeEinddatum", "einddatum"),
        _OPSCHORTING,
        _VERLENGING,
        TIJDVAK_GELDIGHEID,
        AFGELEID_TIJDSTIP,
        EXTRA_ELEMENTEN,
    ),
    relaties=(
        IS_VAN,
        HEEFT_BETREKKING_OP,
        ROLLEN[0],
        ROLLEN[2],
        _ander("heeftAlsDeelzaak", "ZAKZAKDEL", _ZAK_KERN),
        _ander("heeftAlsHoofdzaak", "ZAKZAKHFD", _ZAK_KERN),
        HEEFT,
    ),
)
"""The zaak at the other end of a relation between zaken: fewer elements than the zaak itself."""

HEEFT_ALS_DEELZAAK: Final = _ander("heeftAlsDeelzaak", "ZAKZAKDEL", ZAK_GERELATEERD)
HEEFT_ALS_HOOFDZAAK: Final = _ander("heeftAlsHoofdzaak", "ZAKZAKHFD", ZAK_GERELATEERD, kennisgeving=False)
HEEFT_BETREKKING_OP_ANDERE: Final = _ander("heeftBetrekkingOpAndere", "ZAKZAKBTR", ZAK_GERELATEERD)

HEEFT_RELEVANT: Final = Relatie(
    "heeftRelevant",
    ZKN,
    "ZAKEDC",
    (Keuze("", EDC_GERELATEERD),),
    # The schema gives it the type of a volgnummer here: a date cannot be answered, nor its absence.
    tuple(replace(deel, nil=False) if deel.naam == "sta.datumStatusGezet" else deel for deel in ZAAKDOCUMENT),
    kennisgeving=False,
)
"""The documents of the zaak; only an edcLk01 can name them (`document.IS_RELEVANT_VOOR`), a zakLk01 cannot."""

LEIDT_TOT: Final = Relatie("leidtTot", ZKN, "ZAKBSL", (Keuze("", BSL),), _KOPPELING)

ZAK: Final = Entiteit(
    "ZAK",
    ZKN,
    onbekend="geenWaarde",
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("omschrijving", kolom="omschrijving", kern=True),
        Element("toelichting", kolom="toelichting"),
        groep("kenmerk", Element("kenmerk", verplicht=True), Element("bron", verplicht=True), meervoudig=True),
        groep(
            "anderZaakObject",
            Element("omschrijving", verplicht=True),
            *namen("aanduiding"),
            Element("lokatie", letterlijk=True),
            *namen("registratie"),
            meervoudig=True,
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
        Element("zaakniveau", kolom="zaakniveau", soort=Soort.GETAL),
        Element("deelzakenIndicatie", kolom="deelzaken_indicatie"),
        TIJDVAK_GELDIGHEID,
        EIGEN_TIJDSTIP,
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


def base64_ladingen(bericht: etree._Element) -> Iterator[etree._Element]:
    """The elements of a zakLk01 that hold a payload as base64; those of another message are none."""
    if bericht.tag == zkn("zakLk01"):
        yield from (element for element in bericht.iterfind(f"{zkn('object')}/{EXTRA_ELEMENTS}") if is_base64(element))

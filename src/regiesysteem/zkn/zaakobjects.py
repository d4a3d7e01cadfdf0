"""The subjects of a zaak (zaakobjecten) apart from people: documents, decisions, statuses, addresses and the rest.

The kinds that the social domain uses are spelled out; the others are kept and given back as they came.
"""

from typing import Final

from regiesysteem.stuf.entity import Element, Entiteit, Keuze, Soort
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, NIET_ALS_OBJECT, datums, namen
from regiesysteem.zkn.names import BG, ZKN
from regiesysteem.zkn.parties import MDW, NNP, NPS, OEH, VES

AOA: Final = Entiteit(
    "AOA",
    BG,
    sleutels=(("identificatie", "adres"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("authentiek", kern=True, metagegeven=True),
        *namen("wpl.woonplaatsNaam", "gor.openbareRuimteNaam", kern=True),
        Element("huisnummer", soort=Soort.GETAL, kern=True),
        *namen("huisletter", "huisnummertoevoeging", "postcode", kern=True),
        *namen("num.indicatieHoofdadres"),
        *datums("ingangsdatumObject", "einddatumObject"),
        EXTRA_ELEMENTEN,
    ),
)

BSL: Final = Entiteit(
    "BSL",
    ZKN,
    sleutels=(("identificatie", "besluit"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("bst.omschrijving", kolom="naam", kern=True),
        Element("datumBeslissing", soort=Soort.DATUM, kern=True),
        *namen("toelichting", obj=False),
        *datums("ingangsdatumWerking", "einddatumWerking"),
        *namen("vervalreden", obj=False),
        *datums("datumPublicatie", "datumVerzending", "datumUiterlijkeReactie", obj=False),
        *NIET_ALS_OBJECT,
    ),
)

_DOCUMENT: Final = (
    Element("identificatie", kolom="identificatie", kern=True),
    Element("dct.omschrijving", kern=True),
    *namen("dct.omschrijvingGeneriek"),
    *datums("creatiedatum", "ontvangstdatum"),
    Element("titel", kolom="naam", kern=True),
)
EDC: Final = Entiteit("EDC", ZKN, sleutels=(("identificatie", "document"),), elementen=_DOCUMENT)
SDC: Final = Entiteit("SDC", ZKN, sleutels=(("identificatie", "samengesteld document"),), elementen=_DOCUMENT)

STA: Final = Entiteit(
    "STA",
    ZKN,
    elementen=(
        Element("stt.volgnummer", soort=Soort.GETAL, kern=True),
        *namen("stt.omschrijving"),
        Element("datumStatusGezet", soort=Soort.TIJDSTIP, kern=True),
        Element("isVan", letterlijk=True, kern=True),
    ),
)

BETROKKENE: Final = (
    Keuze("medewerker", MDW),
    Keuze("organisatorischeEenheid", OEH),
    Keuze("natuurlijkPersoon", NPS),
    Keuze("nietNatuurlijkPersoon", NNP),
    Keuze("vestiging", VES),
)
"""The subtypes of BTR, who can have a role in a zaak."""


def _zoals_het_kwam(naam: str, code: str) -> Keuze:
    return Keuze(naam, Entiteit(code, BG, elementen=(), letterlijk=True))


ZAAKOBJECT: Final = (
    Keuze("adres", AOA),
    Keuze("besluit", BSL),
    _zoals_het_kwam("buurt", "BRT"),
    Keuze("enkelvoudigDocument", EDC),
    _zoals_het_kwam("gemeente", "GEM"),
    _zoals_het_kwam("gemeentelijkeOpenbareRuimte", "GOR"),
    _zoals_het_kwam("huishouden", "HHD"),
    _zoals_het_kwam("inrichtingselement", "IRE"),
    _zoals_het_kwam("kadastraleOnroerendeZaak", "KOZ"),
    _zoals_het_kwam("kunstwerkdeel", "KWD"),
    _zoals_het_kwam("maatschappelijkeActiviteit", "MAC"),
    Keuze("medewerker", MDW),
    Keuze("natuurlijkPersoon", NPS),
    Keuze("nietNatuurlijkPersoon", NNP),
    _zoals_het_kwam("openbareRuimte", "OPR"),
    Keuze("organisatorischeEenheid", OEH),
    _zoals_het_kwam("pand", "PND"),
    Keuze("samengesteldDocument", SDC),
    _zoals_het_kwam("spoorbaandeel", "SBD"),
    Keuze("status", STA),
    _zoals_het_kwam("terreindeel", "TDL"),
    _zoals_het_kwam("terreinGebouwdObject", "TGO"),
    Keuze("vestiging", VES),
    _zoals_het_kwam("waterdeel", "WDL"),
    _zoals_het_kwam("wegdeel", "WGD"),
    _zoals_het_kwam("wijk", "WYK"),
    _zoals_het_kwam("woonplaats", "WPL"),
    _zoals_het_kwam("wozDeelobject", "WDO"),
    _zoals_het_kwam("wozObject", "WOZ"),
    _zoals_het_kwam("wozWaarde", "WRD"),
    _zoals_het_kwam("zakelijkRecht", "ZKR"),
)
"""The subtypes of OBJ, the subjects that a zaak can have."""

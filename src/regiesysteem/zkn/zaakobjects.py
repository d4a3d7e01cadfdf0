"""The subjects of a zaak (zaakobjecten) apart from people: documents, decisions, statuses, addresses and the rest.

The kinds that the social domain uses are spelled out; the others are kept and given back as they came.
"""

from typing import Final

from regiesysteem.stuf.entity import Choice, Element, Entiteit, Soort
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, NOT_AS_OBJECT, dates, names
from regiesysteem.zkn.names import BG, ZKN
from regiesysteem.zkn.parties import MDW, NNP, NPS, OEH, VES

AOA: Final = Entiteit(
    "AOA",
    BG,
    sleutels=(("identificatie", "adres"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("authentiek", kern=True, metagegeven=True),
        *names("wpl.woonplaatsNaam", "gor.openbareRuimteNaam", kern=True),
        Element("huisnummer", soort=Soort.NUMERAL, kern=True),
        *names("huisletter", "huisnummertoevoeging", "postcode", kern=True),
        *names("num.indicatieHoofdadres"),
        *dates("ingangsdatumObject", "einddatumObject"),
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
        *names("toelichting", obj=False),
        *dates("ingangsdatumWerking", "einddatumWerking"),
        *names("vervalreden", obj=False),
        *dates("datumPublicatie", "datumVerzending", "datumUiterlijkeReactie", obj=False),
        *NOT_AS_OBJECT,
    ),
)

_DOCUMENT: Final = (
    Element("identificatie", kolom="identificatie", kern=True),
    Element("dct.omschrijving", kern=True),
    *names("dct.omschrijvingGeneriek"),
    *dates("creatiedatum", "ontvangstdatum"),
    Element("titel", kolom="naam", kern=True),
)
EDC: Final = Entiteit("EDC", ZKN, sleutels=(("identificatie", "document"),), elementen=_DOCUMENT)
SDC: Final = Entiteit("SDC", ZKN, sleutels=(("identificatie", "samengesteld document"),), elementen=_DOCUMENT)

STA: Final = Entiteit(
    "STA",
    ZKN,
    elementen=(
        Element("stt.volgnummer", soort=Soort.NUMERAL, kern=True),
        *names("stt.omschrijving"),
        Element("datumStatusGezet", soort=Soort.TIJDSTIP, kern=True),
        Element("isVan", verbatim=True, kern=True),
    ),
)

BETROKKENE: Final = (
    Choice("medewerker", MDW),
    Choice("organisatorischeEenheid", OEH),
    Choice("natuurlijkPersoon", NPS),
    Choice("nietNatuurlijkPersoon", NNP),
    Choice("vestiging", VES),
)
"""The subtypes of BTR, who can have a role in a zaak."""


def _as_it_came(naam: str, code: str) -> Choice:
    return Choice(naam, Entiteit(code, BG, elementen=(), verbatim=True))


ZAAKOBJECT: Final = (
    Choice("adres", AOA),
    Choice("besluit", BSL),
    _as_it_came("buurt", "BRT"),
    Choice("enkelvoudigDocument", EDC),
    _as_it_came("gemeente", "GEM"),
    _as_it_came("gemeentelijkeOpenbareRuimte", "GOR"),
    _as_it_came("huishouden", "HHD"),
    _as_it_came("inrichtingselement", "IRE"),
    _as_it_came("kadastraleOnroerendeZaak", "KOZ"),
    _as_it_came("kunstwerkdeel", "KWD"),
    _as_it_came("maatschappelijkeActiviteit", "MAC"),
    Choice("medewerker", MDW),
    Choice("natuurlijkPersoon", NPS),
    Choice("nietNatuurlijkPersoon", NNP),
    _as_it_came("openbareRuimte", "OPR"),
    Choice("organisatorischeEenheid", OEH),
    _as_it_came("pand", "PND"),
    Choice("samengesteldDocument", SDC),
    _as_it_came("spoorbaandeel", "SBD"),
    Choice("status", STA),
    _as_it_came("terreindeel", "TDL"),
    _as_it_came("terreinGebouwdObject", "TGO"),
    Choice("vestiging", VES),
    _as_it_came("waterdeel", "WDL"),
    _as_it_came("wegdeel", "WGD"),
    _as_it_came("wijk", "WYK"),
    _as_it_came("woonplaats", "WPL"),
    _as_it_came("wozDeelobject", "WDO"),
    _as_it_came("wozObject", "WOZ"),
    _as_it_came("wozWaarde", "WRD"),
    _as_it_came("zakelijkRecht", "ZKR"),
)
"""The subtypes of OBJ, the subjects that a zaak can have."""

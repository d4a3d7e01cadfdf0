"""Betrokkenen: natuurlijk and niet-natuurlijk persoon, vestiging, medewerker, eenheid, contactpersoon.

Sources: StUF-BG 3.10 (NPS, NNP, VES) and StUF-ZKN 3.10 (MDW, OEH, CTP) as they occur in ZAK messages.
"""

from dataclasses import replace
from typing import Final

from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, NIET_ALS_OBJECT, datums, groep, namen
from regiesysteem.zkn.names import BG, ZKN

_BUITENLAND: Final = (
    "lnd.landnaam",
    "sub.adresBuitenland1",
    "sub.adresBuitenland2",
    "sub.adresBuitenland3",
)
_AUTHENTIEK_ADRES: Final = Element("authentiek", BG, metagegeven=True)
_ADRES: Final = (
    *namen("aoa.identificatie", ns=BG),
    _AUTHENTIEK_ADRES,
    *namen("wpl.woonplaatsNaam", "gor.openbareRuimteNaam", "gor.straatnaam", "aoa.postcode", ns=BG),
    Element("aoa.huisnummer", BG, soort=Soort.GETAL),
    *namen("aoa.huisletter", "aoa.huisnummertoevoeging", "inp.locatiebeschrijving", ns=BG),
)
VERBLIJF_BUITENLAND: Final = namen("lnd.landcode", *_BUITENLAND, ns=BG)
_CORRESPONDENTIEADRES: Final = (
    *namen("wpl.woonplaatsNaam", "postcode", "aoa.identificatie", ns=BG),
    _AUTHENTIEK_ADRES,
    *namen(
        "gor.openbareRuimteNaam",
        "gor.straatnaam",
        "aoa.huisnummer",
        "aoa.huisletter",
        "aoa.huisnummertoevoeging",
        "sub.postadresType",
        "sub.postadresNummer",
        ns=BG,
    ),
)
_CONTACT: Final = namen(
    "sub.telefoonnummer", "sub.faxnummer", "sub.emailadres", "sub.rekeningnummerBankGiro", obj=False
)


def _adres(naam: str) -> tuple[Element, Element]:
    return (
        groep(naam, *_ADRES, keuze="adres/binnenland", kern=True),
        groep("sub.verblijfBuitenland", *namen(*_BUITENLAND, ns=BG), keuze="adres/buitenland", kern=True),
    )


_CORRESPONDENTIE: Final = groep("sub.correspondentieAdres", *_CORRESPONDENTIEADRES)

NPS: Final = Entiteit(
    "NPS",
    BG,
    sleutels=(("inp.bsn", "bsn"), ("anp.identificatie", "anp")),
    elementen=(
        Element("inp.bsn", kolom="identificatie", keuze="nummer/bsn", kern=True),
        Element("authentiek", keuze="nummer/bsn", met="inp.bsn", kern=True, metagegeven=True),
        Element("anp.identificatie", keuze="nummer/anp", kern=True),
        Element("geslachtsnaam", kolom="naam", kern=True),
        *namen("voorvoegselGeslachtsnaam", "voorletters", "voornamen", kern=True),
        *namen("aanduidingNaamgebruik", "geslachtsnaamPartner", "voorvoegselGeslachtsnaamPartner", obj=False),
        *namen("aanhefAanschrijving", "voornamenAanschrijving", "geslachtsnaamAanschrijving"),
        *namen("adellijkeTitelPredikaat", obj=False),
        Element("geslachtsaanduiding", kern=True),
        Element("geboortedatum", soort=Soort.DATUM, kern=True),
        Element("overlijdensdatum", soort=Soort.DATUM),
        *_adres("verblijfsadres"),
        _CORRESPONDENTIE,
        *_CONTACT,
        Element("acd.code", meervoudig=True, obj=False),
        EXTRA_ELEMENTEN,
    ),
)

NNP: Final = Entiteit(
    "NNP",
    BG,
    sleutels=(("inn.nnpId", "rsin"), ("ann.identificatie", "ann")),
    elementen=(
        Element("inn.nnpId", kolom="identificatie", keuze="nummer/inn", kern=True),
        Element("authentiek", keuze="nummer/inn", met="inn.nnpId", nil=False, kern=True, metagegeven=True),
        Element("ann.identificatie", keuze="nummer/ann", kern=True),
        *namen("sub.typering"),
        Element("statutaireNaam", kolom="naam", kern=True),
        Element("inn.rechtsvorm", kern=True),
        *datums("datumAanvang", "datumEinde"),
        _CORRESPONDENTIE,
        *_adres("bezoekadres"),
        *_CONTACT,
        EXTRA_ELEMENTEN,
    ),
)

VES: Final = Entiteit(
    "VES",
    BG,
    sleutels=(("vestigingsNummer", "vestiging"),),
    elementen=(
        Element("vestigingsNummer", kolom="identificatie", kern=True),
        Element("authentiek", kern=True, metagegeven=True),
        Element("handelsnaam", kolom="naam", kern=True),
        *datums("datumAanvang", "datumEinde"),
        *_adres("verblijfsadres"),
        replace(_CORRESPONDENTIE, obj=False),
        *_CONTACT,
        EXTRA_ELEMENTEN,
    ),
)

MDW: Final = Entiteit(
    "MDW",
    ZKN,
    sleutels=(("identificatie", "medewerker"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("achternaam", kolom="naam", kern=True),
        *namen("voorletters", "voorvoegselAchternaam", kern=True),
        *namen("roepnaam", obj=False),
        *namen("geslachtsaanduiding", "functie"),
        *datums("datumUitDienst"),
        *namen("telefoonnummer", "emailadres", "toelichting", obj=False),
        *NIET_ALS_OBJECT,
    ),
)

OEH: Final = Entiteit(
    "OEH",
    ZKN,
    sleutels=(("identificatie", "eenheid"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("naam", kolom="naam", kern=True),
        *namen("naamVerkort", "omschrijving", "toelichting", "telefoonnummer", "faxnummer", "emailadres", obj=False),
        *datums("ingangsdatumObject", "einddatumObject"),
        *NIET_ALS_OBJECT,
        Element("isGehuisvestIn", letterlijk=True, kern=True, novalue=False),
    ),
)

CONTACTPERSOON: Final = (
    *namen("identificatie", "naam", "functie", "telefoonnummer", "emailadres"),
    EXTRA_ELEMENTEN,
    Element("isAanspreekpuntNamens", letterlijk=True, binnen=(NPS, NNP, VES), novalue=False),
)
"""Elements of CTP, which is kept inside the role that it speaks for."""

__all__ = ["CONTACTPERSOON", "MDW", "NNP", "NPS", "OEH", "VERBLIJF_BUITENLAND", "VES"]

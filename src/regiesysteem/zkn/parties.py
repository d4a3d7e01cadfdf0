"""Betrokkenen: natuurlijk and niet-natuurlijk persoon, vestiging, medewerker, eenheid, contactpersoon.

Sources: StUF-BG 3.10 (NPS, NNP, VES) and StUF-ZKN 3.10 (MDW, OEH, CTP) as they occur in ZAK messages.
"""

from dataclasses import replace
from typing import Final

from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, NOT_AS_OBJECT, dates, group, names
from regiesysteem.zkn.names import BG, ZKN

_BUITENLAND: Final = (
    "lnd.landnaam",
    "sub.adresBuitenland1",
    "sub.adresBuitenland2",
    "sub.adresBuitenland3",
)
_AUTHENTIEK_ADRES: Final = Element("authentiek", BG, metagegeven=True)
_ADRES: Final = (
    *names("aoa.identificatie", ns=BG),
    _AUTHENTIEK_ADRES,
    *names("wpl.woonplaatsNaam", "gor.openbareRuimteNaam", "gor.straatnaam", "aoa.postcode", ns=BG),
    Element("aoa.huisnummer", BG, soort=Soort.NUMERAL),
    *names("aoa.huisletter", "aoa.huisnummertoevoeging", "inp.locatiebeschrijving", ns=BG),
)
VERBLIJF_BUITENLAND: Final = names("lnd.landcode", *_BUITENLAND, ns=BG)
_CORRESPONDENTIEADRES: Final = (
    *names("wpl.woonplaatsNaam", "postcode", "aoa.identificatie", ns=BG),
    _AUTHENTIEK_ADRES,
    *names(
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
_CONTACT: Final = names(
    "sub.telefoonnummer", "sub.faxnummer", "sub.emailadres", "sub.rekeningnummerBankGiro", obj=False
)


def _adres(naam: str) -> tuple[Element, Element]:
    return (
        group(naam, *_ADRES, choice="adres/binnenland", kern=True),
        group("sub.verblijfBuitenland", *names(*_BUITENLAND, ns=BG), choice="adres/buitenland", kern=True),
    )


_CORRESPONDENTIE: Final = group("sub.correspondentieAdres", *_CORRESPONDENTIEADRES)

NPS: Final = Entiteit(
    "NPS",
    BG,
    sleutels=(("inp.bsn", "bsn"), ("anp.identificatie", "anp")),
    elementen=(
        Element("inp.bsn", kolom="identificatie", choice="nummer/bsn", kern=True),
        Element("authentiek", choice="nummer/bsn", with_="inp.bsn", kern=True, metagegeven=True),
        Element("anp.identificatie", choice="nummer/anp", kern=True),
        Element("geslachtsnaam", kolom="naam", kern=True),
        *names("voorvoegselGeslachtsnaam", "voorletters", "voornamen", kern=True),
        *names("aanduidingNaamgebruik", "geslachtsnaamPartner", "voorvoegselGeslachtsnaamPartner", obj=False),
        *names("aanhefAanschrijving", "voornamenAanschrijving", "geslachtsnaamAanschrijving"),
        *names("adellijkeTitelPredikaat", obj=False),
        Element("geslachtsaanduiding", kern=True),
        Element("geboortedatum", soort=Soort.DATUM, kern=True),
        Element("overlijdensdatum", soort=Soort.DATUM),
        *_adres("verblijfsadres"),
        _CORRESPONDENTIE,
        *_CONTACT,
        Element("acd.code", repeatable=True, obj=False),
        EXTRA_ELEMENTEN,
    ),
)

NNP: Final = Entiteit(
    "NNP",
    BG,
    sleutels=(("inn.nnpId", "rsin"), ("ann.identificatie", "ann")),
    elementen=(
        Element("inn.nnpId", kolom="identificatie", choice="nummer/inn", kern=True),
        Element("authentiek", choice="nummer/inn", with_="inn.nnpId", nil=False, kern=True, metagegeven=True),
        Element("ann.identificatie", choice="nummer/ann", kern=True),
        *names("sub.typering"),
        Element("statutaireNaam", kolom="naam", kern=True),
        Element("inn.rechtsvorm", kern=True),
        *dates("datumAanvang", "datumEinde"),
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
        *dates("datumAanvang", "datumEinde"),
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
        *names("voorletters", "voorvoegselAchternaam", kern=True),
        *names("roepnaam", obj=False),
        *names("geslachtsaanduiding", "functie"),
        *dates("datumUitDienst"),
        *names("telefoonnummer", "emailadres", "toelichting", obj=False),
        *NOT_AS_OBJECT,
    ),
)

OEH: Final = Entiteit(
    "OEH",
    ZKN,
    sleutels=(("identificatie", "eenheid"),),
    elementen=(
        Element("identificatie", kolom="identificatie", kern=True),
        Element("naam", kolom="naam", kern=True),
        *names("naamVerkort", "omschrijving", "toelichting", "telefoonnummer", "faxnummer", "emailadres", obj=False),
        *dates("ingangsdatumObject", "einddatumObject"),
        *NOT_AS_OBJECT,
        Element("isGehuisvestIn", verbatim=True, kern=True, novalue=False),
    ),
)

CONTACTPERSOON: Final = (
    *names("identificatie", "naam", "functie", "telefoonnummer", "emailadres"),
    EXTRA_ELEMENTEN,
    Element("isAanspreekpuntNamens", verbatim=True, inside=(NPS, NNP, VES), novalue=False),
)
"""Elements of CTP, which is kept inside the role that it speaks for."""

__all__ = ["CONTACTPERSOON", "MDW", "NNP", "NPS", "OEH", "VERBLIJF_BUITENLAND", "VES"]

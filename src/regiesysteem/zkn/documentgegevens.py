"""The elements of a document, wherever it stands: its own, and those of its relation with a zaak.

Source: EDC, SDC, EDCZAK and ZAKEDC of StUF-ZKN 3.10.
"""

from typing import Final

from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.zkn.blocks import (
    EXTRA_ELEMENTEN,
    OWN_TIJDSTIP,
    TIJDSTIP_REGISTRATIE,
    TIJDVAK_GELDIGHEID,
    TIJDVAK_RELATIE,
    dates,
    names,
)
from regiesysteem.zkn.names import ZKN

INHOUD: Final = Element("inhoud", soort=Soort.BINAIR, nil=False)
"""The file itself: an element with the attributes xmime:contentType and StUF:bestandsnaam; its bytes are in no row.

The schema has no noValue for it: a container that waits for its file, or a scope that does not ask for the file, is
answered without the element.
"""

DOCUMENT: Final = (
    Element("identificatie", kolom="identificatie", kern=True),
    Element("dct.omschrijving", kolom="dct_omschrijving", kern=True),
    *names("dct.omschrijvingGeneriek", "dct.categorie"),
    Element("creatiedatum", kolom="creatiedatum", soort=Soort.DATUM),
    *dates("ontvangstdatum"),
    Element("titel", kolom="titel", kern=True),
    *names("beschrijving"),
    Element("formaat", kolom="formaat"),
    Element("taal", kolom="taal"),
    Element("versie", kolom="versie"),
    Element("status", kolom="status"),
    *dates("verzenddatum"),
    Element("vertrouwelijkAanduiding", kolom="vertrouwelijk_aanduiding"),
    Element("auteur", kolom="auteur"),
    *names("link"),
    INHOUD,
    TIJDVAK_GELDIGHEID,
    OWN_TIJDSTIP,
    EXTRA_ELEMENTEN,
)
"""The elements of an enkelvoudig document; those without a column go to `gegevens`, the jsonb of a document row."""

_NOT_GERELATEERD: Final = {"dct.categorie", INHOUD.naam}

EDC_GERELATEERD: Final = Entiteit(
    "EDC",
    ZKN,
    unknown="geenWaarde",
    elementen=tuple(element for element in DOCUMENT if element.naam not in _NOT_GERELATEERD),
)
"""The document at the other end of a relation of the zaak: never with its file."""

SDC_GERELATEERD: Final = Entiteit(
    "SDC",
    ZKN,
    elementen=(
        *names("identificatie", "dct.omschrijving", kern=True),
        *names("dct.omschrijvingGeneriek", "dct.categorie"),
        *dates("creatiedatum", "ontvangstdatum"),
        *names("titel", kern=True),
        *names("beschrijving"),
        *dates("verzenddatum"),
        *names("vertrouwelijkAanduiding", "auteur"),
        TIJDVAK_GELDIGHEID,
        TIJDSTIP_REGISTRATIE,
        EXTRA_ELEMENTEN,
    ),
)
"""The samengesteld document that a document is part of."""

ZAAKDOCUMENT: Final = (
    *names("titel", "beschrijving"),
    Element("registratiedatum", kolom="registratiedatum", soort=Soort.DATUM),
    Element("stt.volgnummer", soort=Soort.NUMERAL),
    *names("stt.omschrijving"),
    Element("sta.datumStatusGezet", soort=Soort.DATUM),
    TIJDVAK_RELATIE,
    TIJDVAK_GELDIGHEID,
    OWN_TIJDSTIP,
    EXTRA_ELEMENTEN,
)
"""The elements of the relation between zaak and document itself, the same from both sides.

With the zaak (ZAKEDC) the schema gives sta.datumStatusGezet the type of a volgnummer, which no date fits in.
"""

"""The faults of StUF 03.01 and the one exception that carries them.

    StufFout          code of FOUTEN, details for the sender, and optionally a tree for detailsXML
    FOUTEN            tables 4.1, 5.8, 5.9 and 6.3 - 6.8
    shorten           cuts a text of others to a length before we repeat it

Code raises StufFout; `regiesysteem.soap` alone turns it into Fo02 or Fo03 in a SOAP fault.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from lxml import etree

Plek = Literal["client", "server"]
Foutcode = Literal["Fo01", "Fo02", "Fo03"]


@dataclass(frozen=True)
class ErrorKind:
    """A row of a fault table: the fixed values of the standard, and their paragraph.

    `soorten` are the fault messages for which the standard names the row; docs/afwijkingen.md 1 says where we go
    beyond.
    """

    code: str
    plek: Plek
    omschrijving: str
    soorten: frozenset[Foutcode]
    paragraph: str


def _table(paragraph: str, *rows: tuple[str, Plek, str, str]) -> Iterable[tuple[str, ErrorKind]]:
    """Build rows from (code, plek, soorten as digits, omschrijving)."""
    soort: dict[str, Foutcode] = {"1": "Fo01", "2": "Fo02", "3": "Fo03"}
    for code, plek, soorten, omschrijving in rows:
        yield code, ErrorKind(code, plek, omschrijving, frozenset(soort[digit] for digit in soorten), paragraph)


_NO_AUTORISATIE: Final = (
    "Het zendende systeem is niet geautoriseerd voor de gevraagde combinatie van berichtcode, entiteittype en functie"
)
_OTHER_HISTORIE: Final = (
    "Niet alle elementen in historische correctie komen in de registratie voor met waarde en het "
    "tijdvakGeldigheid in 'oud'"
)

_CODE: Final = re.compile(r"StUF[0-9]{3}", re.ASCII)
FOUTEN: Final[dict[str, ErrorKind]] = dict(
    [
        *_table(
            "4.4.3",  # table 4.1
            ("StUF001", "server", "23", "Versie StUF niet ondersteund"),
            ("StUF004", "server", "23", "Sectormodel niet ondersteund"),
            ("StUF007", "server", "23", "Versie sectormodel niet ondersteund"),
            ("StUF010", "client", "23", "Combinatie van ontvangende organisatie, applicatie en administratie onbekend"),
            ("StUF013", "client", "23", "Combinatie van zendende organisatie, applicatie en administratie onbekend"),
            ("StUF016", "client", "23", "Combinatie zender en referentienummer niet uniek"),
            ("StUF019", "client", "23", "TijdstipBericht niet groter dan voorgaand TijdstipBericht van zender"),
            ("StUF022", "client", "23", "Berichtcode onbekend"),
            ("StUF025", "server", "23", "Berichtcode niet ondersteund"),
            ("StUF028", "client", "23", "Entiteittype onbekend binnen sectormodel"),
            ("StUF031", "server", "23", "Entiteittype niet ondersteund"),
            ("StUF034", "client", "23", "Functie onbekend binnen sectormodel"),
            ("StUF037", "server", "23", "Functie niet ondersteund"),
            ("StUF040", "server", "23", "Combinatie van berichtcode, entiteittype en functie niet ondersteund"),
            ("StUF043", "client", "23", "Crossreferentienummer niet bekend"),
            ("StUF046", "server", "3", "Opslaan bericht niet mogelijk"),
            ("StUF049", "server", "2", "Proces voor afhandelen synchroon bericht niet beschikbaar"),
            (
                "StUF052",
                "client",
                "12",
                _NO_AUTORISATIE,
            ),
            ("StUF055", "client", "12", "Berichtbody is niet conform schema in sectormodel"),
            ("StUF058", "server", "12", "Proces voor afhandelen bericht geeft fout"),
            ("StUF061", "server", "2", "Starten berichtverzending niet mogelijk binnen 5 minuten"),
            (
                "StUF960",
                "server",
                "2",
                "Het antwoordende systeem is niet in staat het verzoek af te handelen binnen de connection time out",
            ),
        ),
        *_table(
            "5.2.8",  # table 5.8
            ("StUF062", "client", "2", "<StUF:tijdvakGeldigheid> niet gevuld zoals de standaard voorschrijft"),
            (
                "StUF063",
                "server",
                "2",
                "Een te wijzigen waarde heeft in de registratie een beginGeldigheid groter dan tbo",
            ),
            ("StUF064", "server", "2", "Object niet gevonden"),
            ("StUF065", "server", "2", "tr ≤ de grootste tijdstipRegistratie voor het object in de registratie"),
            ("StUF066", "client", "2", "Een te corrigeren entiteit bevat geen te corrigeren element"),
            ("StUF067", "server", "2", "Dubbelen voor object gevonden"),
            ("StUF068", "client", "2", "Toekomstmutatie in Lk02-bericht"),
        ),
        *_table(
            "5.4.6",  # table 5.9
            (
                "StUF069",
                "client",
                "2",
                _OTHER_HISTORIE,
            ),
            ("StUF070", "client", "2", "Synchronisatiebericht historisch niet consistent"),
        ),
        *_table(
            "6.3.1",  # table 6.3
            ("StUF076", "client", "12", "<vanaf> en <totEnMet> bevatten niet dezelfde elementen"),
            ("StUF079", "client", "12", "Een element komt voor in zowel <gelijk> als <vanaf> en <totEnMet>"),
            (
                "StUF082",
                "client",
                "12",
                "Het attribute StUF:exact is gebruikt op een element binnen <vanaf> of <totEnMet>",
            ),
            ("StUF085", "client", "12", "Onvolledige datum binnen <vanaf> of <totEnMet>"),
        ),
        *_table(
            "6.3.2",  # table 6.4
            ("StUF088", "client", "12", "Meer dan één sleutel gespecificeerd als selectiecriterium"),
            ("StUF091", "client", "12", "Een sleutel en andere elementen gespecificeerd als selectiecriterium"),
            ("StUF094", "server", "12", "Ontvangend systeem registreert sleutel in het verzendende systeem niet"),
        ),
        *_table(
            "6.3.3",  # table 6.5
            (
                "StUF097",
                "client",
                "12",
                "Zowel het attribute scope als een inhoud gespecificeerd voor het element <scope>",
            ),
        ),
        *_table(
            "6.3.4",  # table 6.6
            ("StUF103", "client", "12", "indicatorVervolgvraag is true, maar het element <start> ontbreekt"),
            (
                "StUF106",
                "client",
                "12",
                "Het element <start> bevat niet alle elementen gespecificeerd in <vanaf> en <totEnMet>",
            ),
        ),
        *_table(
            "6.4.5",  # table 6.7
            ("StUF118", "client", "12", "peiltijdstipMaterieel ontbreekt"),
            ("StUF119", "client", "12", "peiltijdstipFormeel ontbreekt"),
        ),
        *_table(
            "6.4.9",  # table 6.8
            ("StUF124", "server", "1", "Antwoordend systeem ondersteunt afhandelen asynchrone vragen niet"),
            (
                "StUF127",
                "server",
                "12",
                "Gebruiker binnen zendend systeem onbekend in antwoordend systeem en nodig voor autorisatie",
            ),
            ("StUF130", "server", "1", "Beantwoording asynchrone vraag vergt teveel systeemresources"),
            ("StUF133", "server", "12", "Antwoordend systeem ondersteunt gevraagde sortering niet"),
        ),
    ]
)
"""Fault code -> its row."""


def as_code(text: str) -> str:
    """Give a text that is a fault code, and "" for any other: words of another system do not go in the log."""
    return text if text in FOUTEN or _CODE.fullmatch(text) else ""


class StufFout(Exception):
    """A message cannot be processed, for a reason that StUF has a code for.

    `details` (Dutch) tells the sender what to change; at most 1000 characters of it are sent. `plek` is given only when
    it differs from that of the table; `details_xml` becomes detailsXML. `kinds` say for the record what was wrong and
    where, without a value of the message, for details from which nobody can read that. An unknown code is a KeyError: a
    mistake of ours.
    """

    loggable = True

    def __init__(
        self,
        code: str,
        details: str = "",
        plek: Plek | None = None,
        details_xml: etree._Element | None = None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self.soort = FOUTEN[code]
        self.code = code
        self.details = details
        self.kinds = kinds
        self.plek: Plek = plek or self.soort.plek
        self.details_xml = details_xml
        # Not the details: they quote the message, and the text of an exception ends in logs.
        super().__init__(f"{code}: {self.soort.omschrijving}")


def shorten(text: str, length: int) -> str:
    """Give a text of at most `length` characters; the last is … when something was cut off."""
    return text if len(text) <= length else text[: length - 1] + "…"

"""The messages about documents of the benchmarks. A content is made piece by piece: none is ever in memory whole."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Final

import pybase64
from tests.belasting import berichten
from tests.belasting.berichten import ZAAK, Bericht
from tests.belasting.opdracht import Stroom

DOCUMENT: Final = "@DOCUMENT-----@"
INHOUD: Final = "@INHOUD@"
PER_ZAAK: Final = 20
"""Documents of the zaak whose list is asked."""

_BLOCK: Final = 3 * 256 * 1024  # whole groups of base64, and whole pieces of the storage
_HEAD: Final = 24
_NIL: Final = 'xsi:nil="true"'
_EDC: Final = "<StUF:entiteittype>EDC</StUF:entiteittype>"
_PARAMETERS: Final = (
    "<ZKN:parameters><StUF:sortering>0</StUF:sortering>"
    "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag></ZKN:parameters>"
)
_DATA: Final = (
    "identificatie", "dct.omschrijving", "creatiedatum", "ontvangstdatum", "titel", "beschrijving", "formaat", "taal",
    "versie", "status", "verzenddatum", "vertrouwelijkAanduiding", "auteur",
)  # fmt: skip
_ASKED: Final = "".join(f"<ZKN:{naam} {_NIL}/>" for naam in _DATA)

_NEW: Final = f"""<ZKN:parameters><StUF:mutatiesoort>T</StUF:mutatiesoort>
    <StUF:indicatorOvername>V</StUF:indicatorOvername></ZKN:parameters>
    <ZKN:object StUF:entiteittype="EDC" StUF:verwerkingssoort="T">
      <ZKN:identificatie>{DOCUMENT}</ZKN:identificatie><ZKN:dct.omschrijving>Verslag</ZKN:dct.omschrijving>
      <ZKN:creatiedatum>20260301</ZKN:creatiedatum><ZKN:titel>Verslag van het gesprek</ZKN:titel>
      <ZKN:formaat>pdf</ZKN:formaat><ZKN:taal>nld</ZKN:taal>
      <ZKN:vertrouwelijkAanduiding>VERTROUWELIJK</ZKN:vertrouwelijkAanduiding><ZKN:auteur>G. Bruiker</ZKN:auteur>
      <ZKN:inhoud StUF:bestandsnaam="verslag.pdf" xmlns:xmime="http://www.w3.org/2005/05/xmlmime"
        xmime:contentType="application/pdf">{INHOUD}</ZKN:inhoud>
      <ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="T">
        <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I">
          <ZKN:identificatie>{ZAAK}</ZKN:identificatie></ZKN:gerelateerde></ZKN:isRelevantVoor>
    </ZKN:object>"""
_READ: Final = f"""{_PARAMETERS}<ZKN:gelijk StUF:entiteittype="EDC">
    <ZKN:identificatie>{ZAAK}</ZKN:identificatie></ZKN:gelijk>
    <ZKN:scope><ZKN:object StUF:entiteittype="EDC" StUF:scope="alles"/></ZKN:scope>"""
_LISTING: Final = f"""{_PARAMETERS}<ZKN:gelijk StUF:entiteittype="ZAK">
    <ZKN:identificatie>{ZAAK}</ZKN:identificatie></ZKN:gelijk>
    <ZKN:scope><ZKN:object StUF:entiteittype="ZAK"><ZKN:heeftRelevant StUF:entiteittype="ZAKEDC">
      <ZKN:gerelateerde StUF:entiteittype="EDC">{_ASKED}</ZKN:gerelateerde>
      <ZKN:titel {_NIL}/><ZKN:beschrijving {_NIL}/><ZKN:registratiedatum {_NIL}/>
    </ZKN:heeftRelevant></ZKN:object></ZKN:scope>"""

VOEG_TOE: Final = Bericht(
    "voegZaakdocumentToe_Lk01", berichten.RECEIVE, berichten.envelope("edcLk01", "Lk01", _NEW, _EDC), "Bv03<"
)
# This question is about a document: its number stands where that of a zaak does in others.
LEES: Final = Bericht(
    "geefZaakdocumentLezen_Lv01", berichten.ANSWERED, berichten.envelope("edcLv01", "Lv01", _READ, _EDC), "La01<"
)
LIJST: Final = Bericht(
    "geefLijstZaakdocumenten_Lv01",
    berichten.ANSWERED,
    berichten.envelope("zakLv01", "Lv01", _LISTING),
    "heeftRelevant>",
)


def request(stroom: Stroom, keer: int) -> tuple[list[bytes], bytes]:
    """A request in pieces, header included, and what the beginning of its answer must hold.

    VOEG_TOE makes document `volgnummer` of the own reeks, of a zaak of the reeks `zaken`; LEES asks for one of the
    documents of the reeks `zaken`. Large pieces are shared by all requests.
    """
    bericht = stroom.soort()
    parts = [stroom.body(keer)]
    expected = bericht.expected.encode()
    if bericht is VOEG_TOE:
        number = stroom.volgnummer(keer)
        for_, _, after = parts[0].partition(INHOUD.encode())
        for_ = for_.replace(DOCUMENT.encode(), berichten.zaaknummer(stroom.reeks, number).encode())
        parts = [for_, *base_64_of(stroom.reeks, number, stroom.grootte), after]
    elif bericht is LEES:
        expected = pybase64.b64encode(_mark(stroom.zaken, stroom.waarover(keer)))
    head = (
        f"POST {bericht.door} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{berichten.ZKN}/{bericht.dienst}"\r\nContent-Length: {sum(map(len, parts))}\r\n\r\n'
    )
    return [head.encode(), *parts], expected


def base_64_of(range_: str, number: int, size: int) -> Iterator[bytes]:
    """The content of a document as base64, which no other document has; every piece is whole groups."""
    for begin in range(0, size, _BLOCK):
        piece = _base_64_block(min(_BLOCK, size - begin))
        yield piece if begin else pybase64.b64encode(_mark(range_, number)) + piece[_HEAD // 3 * 4 :]


def _mark(range_: str, number: int) -> bytes:
    """The first bytes of a content: what makes it another one."""
    return f"{range_}-{number}".encode().ljust(_HEAD)


@cache
def _base_64_block(size: int) -> bytes:
    return pybase64.b64encode(random.Random(0).randbytes(_BLOCK)[:size])

"""Short ways to write the messages about besluiten that tests send (ZDS 1.2)."""

import uuid

from tests.berichten.bouw import _XMLNS, NO

ZDS = "http://www.stufstandaarden.nl/koppelvlak/zds0120"
STRENG, SOEPEL = "WmoVoorziening", "GWS4all"
TOEKENNING = (
    "<ZKN:bst.omschrijving>Toekenning</ZKN:bst.omschrijving><ZKN:datumBeslissing>20260301</ZKN:datumBeslissing>"
    "<ZKN:toelichting>Zes maanden</ZKN:toelichting><ZKN:ingangsdatumWerking>20260401</ZKN:ingangsdatumWerking>"
)
_NIL = 'xsi:nil="true"'


def _head(ns: str, berichtcode: str, soort: str, ref: str | None, zender: str) -> str:
    return f"""<{ns}:stuurgegevens><StUF:berichtcode>{berichtcode}</StUF:berichtcode>
      <StUF:zender><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>{zender}</StUF:applicatie></StUF:zender>
      <StUF:ontvanger><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>Regiesysteem</StUF:applicatie>
      </StUF:ontvanger><StUF:referentienummer>{uuid.uuid4().hex if ref is None else ref}</StUF:referentienummer>
      <StUF:tijdstipBericht>20261124120000000</StUF:tijdstipBericht>{soort}</{ns}:stuurgegevens>"""


def _message(naam: str, head: str, rest: str = "") -> str:
    return f'<ZDS:{naam} xmlns:ZDS="{ZDS}" {_XMLNS}>{head}{rest}</ZDS:{naam}>'


def genereer_besluit(ref: str | None = None, zender: str = STRENG) -> str:
    """A genereerBesluitIdentificatie_Di02."""
    functie = "<StUF:functie>genereerBesluitidentificatie</StUF:functie>"
    return _message("genereerBesluitIdentificatie_Di02", _head("ZDS", "Di02", functie, ref, zender))


def vastgelegd(document: str, soort: str = "T", own: str = "") -> str:
    """The relation of a besluit with a document; `own` are elements of the document beside its number."""
    return f"""<ZKN:isVastgelegdIn StUF:entiteittype="BSLEDC" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{document}</ZKN:identificatie>{own}</ZKN:gerelateerde></ZKN:isVastgelegdIn>"""


def niet_vastgelegd(soort: str) -> str:
    """The empty counterpart of that relation in a wijzigkennisgeving."""
    return f'<ZKN:isVastgelegdIn StUF:entiteittype="BSLEDC" StUF:verwerkingssoort="{soort}" {NO}/>'


def voeg_toe(
    besluit: str, zaak: str, rest: str = TOEKENNING, *, ref: str | None = None, zender: str = STRENG, soort: str = "T"
) -> str:
    """A voegBesluitToe_Di01; `rest` are the elements and relations beyond the number."""
    functie = "<StUF:functie>voegBesluitToe</StUF:functie>"
    return _message(
        "voegBesluitToe_Di01",
        _head("ZKN", "Di01", functie, ref, zender),
        f"""<ZKN:object><ZKN:besluit StUF:entiteittype="BSL" StUF:verwerkingssoort="{soort}">
          <ZKN:identificatie>{besluit}</ZKN:identificatie>{rest}</ZKN:besluit>
          <ZKN:zaak StUF:entiteittype="ZAK" StUF:verwerkingssoort="I">
          <ZKN:identificatie>{zaak}</ZKN:identificatie></ZKN:zaak></ZKN:object>""",
    )


def bsl(besluit: str, rest: str = "", soort: str = "W") -> str:
    """An <object> of a kennisgeving about a besluit."""
    number = f"<ZKN:identificatie>{besluit}</ZKN:identificatie>" if besluit else ""
    return f'<ZKN:object StUF:entiteittype="BSL" StUF:verwerkingssoort="{soort}">{number}{rest}</ZKN:object>'


def update_besluit(*objecten: str, ref: str | None = None, zender: str = STRENG, soort: str = "W") -> str:
    """An updateBesluit_BslLk01."""
    return _message(
        "updateBesluit_BslLk01",
        _head("ZKN", "Lk01", "<StUF:entiteittype>BSL</StUF:entiteittype>", ref, zender),
        f"""<ZKN:parameters><StUF:mutatiesoort>{soort}</StUF:mutatiesoort>
          <StUF:indicatorOvername>V</StUF:indicatorOvername></ZKN:parameters>{"".join(objecten)}""",
    )


def _question(naam: str, code: str, number: str, scope: str, zender: str) -> str:
    asked = f" {scope}/>" if scope.startswith("StUF:") else f">{scope}</ZKN:object>"
    gelijk = f"<ZKN:identificatie>{number}</ZKN:identificatie>" if number else ""
    return _message(
        naam,
        _head("ZKN", "Lv01", f"<StUF:entiteittype>{code}</StUF:entiteittype>", None, zender),
        f"""<ZKN:parameters><StUF:sortering>0</StUF:sortering>
          <StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag></ZKN:parameters>
          <ZKN:gelijk StUF:entiteittype="{code}">{gelijk}</ZKN:gelijk>
          <ZKN:scope><ZKN:object StUF:entiteittype="{code}"{asked}</ZKN:scope>""",
    )


def besluitdetails(besluit: str, scope: str = 'StUF:scope="alles"', zender: str = STRENG) -> str:
    """A geefBesluitdetails_BslLv01; `scope` are the elements asked, or an attribute."""
    return _question("geefBesluitdetails_BslLv01", "BSL", besluit, scope, zender)


def lijst_besluiten(zaak: str, scope: str = "", zender: str = STRENG) -> str:
    """A geefLijstBesluiten_ZakLv01; without a scope it asks what the schema requires."""
    asked = f"<ZKN:identificatie {_NIL}/><ZKN:datumBeslissing {_NIL}/><ZKN:ingangsdatumWerking {_NIL}/>"
    scope = (
        scope
        or f"""<ZKN:identificatie {_NIL}/><ZKN:leidtTot StUF:entiteittype="ZAKBSL">
      <ZKN:gerelateerde StUF:entiteittype="BSL">{asked}</ZKN:gerelateerde></ZKN:leidtTot>"""
    )
    return _question("geefLijstBesluiten_ZakLv01", "ZAK", zaak, scope, zender)

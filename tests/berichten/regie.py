"""Messages of Regie- en Zaakservices as text, as `build` has those of StUF-ZKN."""

from __future__ import annotations

import uuid

from sqlalchemy import Engine
from tests.berichten.bouw import STUF, XSI, ZKN
from tests.berichten.schema import RZS
from tests.conftest import insert_into

XMLNS = f'xmlns:RZS="{RZS}" xmlns:ZKN="{ZKN}" xmlns:StUF="{STUF}" xmlns:xsi="{XSI}"'
ZAAKTYPE = "<ZKN:omschrijving>Aanvraag minima</ZKN:omschrijving><ZKN:code>B1026</ZKN:code>"
STATUSTYPE = (
    "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:code>2</ZKN:code><ZKN:omschrijving>In behandeling</ZKN:omschrijving>"
    '<ZKN:ingangsdatumObject xsi:nil="true"/>'
)


def systemen(zender: str) -> str:
    """Zender and ontvanger."""
    return f"""<StUF:zender><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>{zender}</StUF:applicatie>
      </StUF:zender><StUF:ontvanger><StUF:organisatie>1900</StUF:organisatie>
      <StUF:applicatie>Regiesysteem</StUF:applicatie></StUF:ontvanger>"""


def head(code: str, functie: str = "", *, ref: str = "", zender: str = "Bus", cross: str = "", ns: str = "RZS") -> str:
    """Stuurgegevens."""
    kruis = f"<StUF:crossRefnummer>{cross}</StUF:crossRefnummer>" if cross else ""
    soort = f"<StUF:functie>{functie}</StUF:functie>" if functie else ""
    return f"""<{ns}:stuurgegevens><StUF:berichtcode>{code}</StUF:berichtcode>{systemen(zender)}
      <StUF:referentienummer>{ref or uuid.uuid4()}</StUF:referentienummer>
      <StUF:tijdstipBericht>20261124120000000</StUF:tijdstipBericht>{kruis}{soort}</{ns}:stuurgegevens>"""


def extra(**waarden: str) -> str:
    """The extraElementen."""
    listing = "".join(f'<StUF:extraElement naam="{n}">{w}</StUF:extraElement>' for n, w in waarden.items())
    return f"<StUF:extraElementen>{listing}</StUF:extraElementen>"


def is_van(zaaktype: str = ZAAKTYPE) -> str:
    """The relation with the zaaktype."""
    return f"""<ZKN:isVan StUF:entiteittype="ZAKZKT"><ZKN:gerelateerde StUF:entiteittype="ZKT">{zaaktype}
      </ZKN:gerelateerde></ZKN:isVan>"""


def heeft(statustype: str = STATUSTYPE, gezet: str = "20261123") -> str:
    """The relation with the status."""
    datum = f"<ZKN:datumStatusGezet>{gezet}</ZKN:datumStatusGezet>" if gezet else ""
    return f"""<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">{statustype}
      </ZKN:gerelateerde>{datum}</ZKN:heeft>"""


def zaak(inhoud: str, number: str = "1900N1") -> str:
    """The object."""
    number = f"<ZKN:identificatie>{number}</ZKN:identificatie>" if number else ""
    return f'<RZS:object StUF:entiteittype="ZAK" StUF:functie="entiteit">{number}{inhoud}</RZS:object>'


def bericht(naam: str, stuurgegevens: str, inhoud: str) -> str:
    """A message in the namespace of RZS."""
    return f"<RZS:{naam} {XMLNS}>{stuurgegevens}{inhoud}</RZS:{naam}>"


def notificatie(inhoud: str = "", *, naam: str = "notificeerOverZaak_Di01", ref: str = "", melding: str = "") -> str:
    """A notificeerOverZaak_Di01 or its initieer; by default an update, said by GWS4all."""
    object_ = inhoud or zaak(extra(gebeurtenis="Update zaak", zendendeApplicatie="GWS4all") + is_van() + heeft())
    text = f"<RZS:melding>{melding}</RZS:melding>" if melding else ""
    return bericht(naam, head("Di01", "notificeerOverZaak", ref=ref), text + object_)


def overdracht(inhoud: str = "", ref: str = "") -> str:
    """An overdragenZaak_Di01."""
    return bericht("overdragenZaak_Di01", head("Di01", "overdragenZaak", ref=ref), inhoud or zaak(is_van()))


def answer(said: str = "Overdracht geaccepteerd", *, cross: str = "o-1", ref: str = "") -> str:
    """An overdragenZaak_Du01."""
    inhoud = zaak(f"<ZKN:antwoord>{said}</ZKN:antwoord>" if said else "")
    return bericht("overdragenZaak_Du01", head("Du01", "overdragenZaak", ref=ref, cross=cross), inhoud)


def bevestiging(code: str, *, cross: str = "n-1", ref: str = "") -> str:
    """A Bv01, Bv03, Bv04, Fo01 or Fo03 as a message of its own."""
    body = "<StUF:code>StUF064</StUF:code><StUF:plek>server</StUF:plek><StUF:omschrijving>Weg</StUF:omschrijving>"
    inhoud = f"<StUF:body>{body}</StUF:body>" if code.startswith("Fo") else ""
    return f"<StUF:{code}Bericht {XMLNS}>{head(code, ref=ref, cross=cross, ns='StUF')}{inhoud}</StUF:{code}Bericht>"


def leg_aanbod(engine: Engine, referentienummer: str, number: str = "1900N1", applicatie: str = "Bus") -> None:
    """Put an offer of ours in the database, as if it was sent: what an answer refers to."""
    waarden = {"richting": "uit", "zaakidentificatie": number, "applicatie": applicatie}
    with engine.begin() as connection:
        connection.execute(insert_into("overdracht", waarden | {"referentienummer": referentienummer}))

"""What is built is valid, says what it was given, and is the same each time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.regievoorbeelden import KOPPEN, SOORTEN

from regiesysteem.notifications.compose import MessageHead, notificeer_over_zaak
from regiesysteem.stuf.message import Systeem, lees_stuurgegevens
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.rzs import Notificatie, Statusvermelding, Zaaktypevermelding, lees_notificatie


@pytest.mark.parametrize("naam", SOORTEN)
@given(data=st.data(), kop=KOPPEN)
def test_what_is_written_is_valid_and_read_back(naam: str, data: st.DataObject, kop: MessageHead) -> None:
    bouw, lees, soort = SOORTEN[naam]
    wat = data.draw(soort)
    bytes_ = etree.tostring(bouw(kop, wat))
    bericht = ontleed(bytes_)
    assert etree.QName(bericht).localname == naam
    assert controleer(bericht) == []
    assert lees(bericht) == wat
    gegevens = lees_stuurgegevens(bericht)
    assert (gegevens.zender, gegevens.ontvanger) == (kop.zender, kop.ontvanger)
    assert gegevens.referentienummer == kop.referentienummer
    assert gegevens.cross_refnummer == ("o-1" if naam.endswith("Du01") else "")
    assert etree.tostring(bouw(kop, wat)) == bytes_


KOP = MessageHead(
    Systeem("1900", "Regiesysteem"), Systeem("1900", "GWS4all"), "n-1", datetime(2026, 11, 24, 9, tzinfo=UTC)
)


def test_what_is_longer_than_the_schema_allows_still_makes_a_valid_message() -> None:
    """A zaaktype-identificatie of RZS does not fit in a code: then the omschrijving names the zaaktype."""
    lang = Zaaktypevermelding("SOCDM821002193-1", "x" * 81)
    status = Statusvermelding("20261124", 1, "statuscode die niet past", "y" * 90)
    bericht = notificeer_over_zaak(KOP, Notificatie("1900N1", "Update zaak", lang, status, meldingen=("z" * 300,)))
    bericht = ontleed(etree.tostring(bericht))
    assert controleer(bericht) == []
    gelezen = lees_notificatie(bericht)
    assert gelezen.zaaktype == Zaaktypevermelding("", "x" * 79 + "…")
    assert gelezen.status == Statusvermelding("20261124", 1, "", "y" * 79 + "…")
    assert gelezen.meldingen == ("z" * 249 + "…",)


def test_a_notification_does_not_tell_who_caused_it() -> None:
    wat = Notificatie("1900N1", "Update zaak", Zaaktypevermelding("B1026"), zendende_applicatie="GWS4all")
    assert b"GWS4all" not in etree.tostring(notificeer_over_zaak(KOP, wat)).split(b"object", 1)[1]

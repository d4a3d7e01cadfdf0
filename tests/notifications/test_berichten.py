"""A built message is valid, says what it was given, and is the same each time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.regievoorbeelden import HEADS, SOORTEN

from regiesysteem.notifications.compose import MessageHead, notificeer_over_zaak
from regiesysteem.stuf.message import Systeem, read_stuurgegevens
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.rzs import Notificatie, Statusvermelding, Zaaktypevermelding, read_notificatie


@pytest.mark.parametrize("naam", SOORTEN)
@given(data=st.data(), head=HEADS)
def test_what_is_written_is_valid_and_read_back(naam: str, data: st.DataObject, head: MessageHead) -> None:
    build, read, soort = SOORTEN[naam]
    what = data.draw(soort)
    bytes_ = etree.tostring(build(head, what))
    bericht = parse(bytes_)
    assert etree.QName(bericht).localname == naam
    assert check(bericht) == []
    assert read(bericht) == what
    gegevens = read_stuurgegevens(bericht)
    assert (gegevens.zender, gegevens.ontvanger) == (head.zender, head.ontvanger)
    assert gegevens.referentienummer == head.referentienummer
    assert gegevens.cross_refnummer == ("o-1" if naam.endswith("Du01") else "")
    assert etree.tostring(build(head, what)) == bytes_


HEAD = MessageHead(
    Systeem("1900", "Regiesysteem"), Systeem("1900", "GWS4all"), "n-1", datetime(2026, 11, 24, 9, tzinfo=UTC)
)


def test_what_is_longer_than_the_schema_allows_still_makes_a_valid_message() -> None:
    """A zaaktype-identificatie of RZS does not fit in a code: then the omschrijving names the zaaktype."""
    lang = Zaaktypevermelding("SOCDM821002193-1", "x" * 81)
    status = Statusvermelding("20261124", 1, "statuscode die niet past", "y" * 90)
    bericht = notificeer_over_zaak(HEAD, Notificatie("1900N1", "Update zaak", lang, status, meldingen=("z" * 300,)))
    bericht = parse(etree.tostring(bericht))
    assert check(bericht) == []
    parsed = read_notificatie(bericht)
    assert parsed.zaaktype == Zaaktypevermelding("", "x" * 79 + "…")
    assert parsed.status == Statusvermelding("20261124", 1, "", "y" * 79 + "…")
    assert parsed.meldingen == ("z" * 249 + "…",)


def test_a_notification_does_not_tell_who_caused_it() -> None:
    what = Notificatie("1900N1", "Update zaak", Zaaktypevermelding("B1026"), zendende_applicatie="GWS4all")
    assert b"GWS4all" not in etree.tostring(notificeer_over_zaak(HEAD, what)).split(b"object", 1)[1]

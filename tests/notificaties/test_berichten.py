"""What is built is valid, says what it was given, and is the same each time."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from regiesysteem.notificaties.berichten import (
    Kop,
    bevestig_overdragen_zaak,
    initieer_notificeer_over_zaak,
    notificeer_over_zaak,
    overdragen_zaak,
)
from regiesysteem.stuf.bericht import Systeem, lees_stuurgegevens
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.regie import (
    GEBEURTENISSEN,
    Notificatie,
    Overdracht,
    Overdrachtantwoord,
    Statusvermelding,
    Zaaktypevermelding,
    lees_initiatie,
    lees_notificatie,
    lees_overdracht,
    lees_overdrachtantwoord,
)

XML = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


def _tekst(kleinst: int, grootst: int) -> st.SearchStrategy[str]:
    """Texts that are not changed by taking the white space off."""
    return st.text(XML, min_size=kleinst, max_size=grootst).filter(lambda tekst: tekst == tekst.strip())


SYSTEMEN = st.builds(Systeem, _tekst(0, 200), _tekst(3, 50), _tekst(0, 50), _tekst(0, 100))
KOPPEN = st.builds(
    Kop,
    SYSTEMEN,
    SYSTEMEN,
    _tekst(1, 40),
    st.integers(0, 4_000_000_000).map(lambda seconden: datetime.fromtimestamp(seconden, UTC)),
)
ZAAKTYPEN = st.builds(Zaaktypevermelding, _tekst(0, 10), _tekst(0, 80)).filter(lambda z: bool(z.code or z.omschrijving))
CIJFERS = st.text("0123456789", min_size=8, max_size=17)
DATUMS = st.dates(min_value=date(1900, 1, 1)).map(lambda dag: f"{dag:%Y%m%d}")
STATUSSEN = st.builds(
    Statusvermelding,
    CIJFERS,
    st.none() | st.integers(1, 9999),
    _tekst(0, 10),
    _tekst(0, 80),
    _tekst(0, 10),
    _tekst(0, 80),
    st.just("") | DATUMS,
).filter(lambda s: bool(s.volgnummer or s.code or s.omschrijving))
MELDINGEN = st.lists(_tekst(1, 250), max_size=3).map(tuple)
NUMMERS = _tekst(5, 40)


def _notificaties(zender: st.SearchStrategy[str]) -> st.SearchStrategy[Notificatie]:
    gebeurtenis = st.sampled_from(GEBEURTENISSEN)
    return st.builds(Notificatie, NUMMERS, gebeurtenis, ZAAKTYPEN, st.none() | STATUSSEN, zender, MELDINGEN)


Bouwer = Callable[[Kop, Any], etree._Element]
SOORTEN: dict[str, tuple[Bouwer, Callable[[etree._Element], Any], st.SearchStrategy[Any]]] = {
    "notificeerOverZaak_Di01": (notificeer_over_zaak, lees_notificatie, _notificaties(st.just(""))),
    "initieerNotificeerOverZaak_Di01": (initieer_notificeer_over_zaak, lees_initiatie, _notificaties(_tekst(1, 50))),
    "overdragenZaak_Di01": (overdragen_zaak, lees_overdracht, st.builds(Overdracht, NUMMERS, ZAAKTYPEN, MELDINGEN)),
    "overdragenZaak_Du01": (
        lambda kop, wat: bevestig_overdragen_zaak(kop, wat, "o-1"),
        lees_overdrachtantwoord,
        st.builds(Overdrachtantwoord, NUMMERS, st.booleans(), MELDINGEN),
    ),
}


@pytest.mark.parametrize("naam", SOORTEN)
@given(data=st.data(), kop=KOPPEN)
def test_what_is_written_is_valid_and_read_back(naam: str, data: st.DataObject, kop: Kop) -> None:
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


KOP = Kop(Systeem("1900", "Regiesysteem"), Systeem("1900", "GWS4all"), "n-1", datetime(2026, 11, 24, 9, tzinfo=UTC))


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

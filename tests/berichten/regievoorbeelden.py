"""Everything that a message of Regie- en Zaakservices can say, for hypothesis; per message how it is built and read."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st
from lxml import etree

from regiesysteem.notifications.compose import (
    MessageHead,
    bevestig_overdragen_zaak,
    initieer_notificeer_over_zaak,
    notificeer_over_zaak,
    overdragen_zaak,
)
from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import (
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
    MessageHead,
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


Bouwer = Callable[[MessageHead, Any], etree._Element]
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

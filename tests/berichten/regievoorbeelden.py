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
    OverdrachtAnswer,
    Statusvermelding,
    Zaaktypevermelding,
    read_initiatie,
    read_notificatie,
    read_overdracht,
    read_overdrachtantwoord,
)

XML = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


def _text(kleinst: int, grootst: int) -> st.SearchStrategy[str]:
    """Texts that are not changed by taking the white space off."""
    return st.text(XML, min_size=kleinst, max_size=grootst).filter(lambda text: text == text.strip())


SYSTEMEN = st.builds(Systeem, _text(0, 200), _text(3, 50), _text(0, 50), _text(0, 100))
HEADS = st.builds(
    MessageHead,
    SYSTEMEN,
    SYSTEMEN,
    _text(1, 40),
    st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
ZAAKTYPEN = st.builds(Zaaktypevermelding, _text(0, 10), _text(0, 80)).filter(lambda z: bool(z.code or z.omschrijving))
DIGITS = st.text("0123456789", min_size=8, max_size=17)
DATES = st.dates(min_value=date(1900, 1, 1)).map(lambda day: f"{day:%Y%m%d}")
STATUSSEN = st.builds(
    Statusvermelding,
    DIGITS,
    st.none() | st.integers(1, 9999),
    _text(0, 10),
    _text(0, 80),
    _text(0, 10),
    _text(0, 80),
    st.just("") | DATES,
).filter(lambda s: bool(s.volgnummer or s.code or s.omschrijving))
MELDINGEN = st.lists(_text(1, 250), max_size=3).map(tuple)
NUMBERS = _text(5, 40)


def _notificaties(zender: st.SearchStrategy[str]) -> st.SearchStrategy[Notificatie]:
    gebeurtenis = st.sampled_from(GEBEURTENISSEN)
    return st.builds(Notificatie, NUMBERS, gebeurtenis, ZAAKTYPEN, st.none() | STATUSSEN, zender, MELDINGEN)


Bouwer = Callable[[MessageHead, Any], etree._Element]
SOORTEN: dict[str, tuple[Bouwer, Callable[[etree._Element], Any], st.SearchStrategy[Any]]] = {
    "notificeerOverZaak_Di01": (notificeer_over_zaak, read_notificatie, _notificaties(st.just(""))),
    "initieerNotificeerOverZaak_Di01": (initieer_notificeer_over_zaak, read_initiatie, _notificaties(_text(1, 50))),
    "overdragenZaak_Di01": (overdragen_zaak, read_overdracht, st.builds(Overdracht, NUMBERS, ZAAKTYPEN, MELDINGEN)),
    "overdragenZaak_Du01": (
        lambda head, what: bevestig_overdragen_zaak(head, what, "o-1"),
        read_overdrachtantwoord,
        st.builds(OverdrachtAnswer, NUMBERS, st.booleans(), MELDINGEN),
    ),
}

"""What the messages of Regie- en Zaakservices say is read, however it is spelled; what is missing is named."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten import regie as r
from tests.berichten.generator import WillekeurigeKeuze, genereer, muteer

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.xml import ontleed
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

MINIMA = Zaaktypevermelding("B1026", "Aanvraag minima")
GEBEURD = r.extra(gebeurtenis="Update zaak", zendendeApplicatie="GWS4all")


def _lees(inhoud: str) -> Notificatie:
    return lees_initiatie(ontleed(r.notificatie(inhoud).encode()))


def test_a_notificatie_with_all_there_is() -> None:
    status = Statusvermelding("20261123", 2, "2", "In behandeling")
    assert lees_notificatie(ontleed(r.notificatie(melding="Let op").encode())) == Notificatie(
        "1900N1", "Update zaak", MINIMA, status, "GWS4all", ("Let op",)
    )


def test_a_notificatie_with_what_must_be_there() -> None:
    kaal = r.zaak(r.extra(gebeurtenis="Creeer zaak") + r.is_van("<ZKN:omschrijving>Aanvraag</ZKN:omschrijving>"))
    assert lees_notificatie(ontleed(r.notificatie(kaal).encode())) == Notificatie(
        "1900N1", "Creeer zaak", Zaaktypevermelding("", "Aanvraag")
    )


@pytest.mark.parametrize("leeg", ['<ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>', ""])
def test_no_status_is_no_status(leeg: str) -> None:
    assert _lees(r.zaak(GEBEURD + r.is_van() + leeg)).status is None


@pytest.mark.parametrize("naam", ["gebeurtenis", "Gebeurtenis", "GEBEURTENIS", " gebeurtenis "])
@pytest.mark.parametrize("gebeurtenis", GEBEURTENISSEN)
def test_the_gebeurtenis_is_known_by_any_spelling_of_its_name_and_value(naam: str, gebeurtenis: str) -> None:
    varianten = [gebeurtenis, gebeurtenis.upper(), gebeurtenis.replace(" ", ""), f" {gebeurtenis} "]
    for gezegd in [*varianten, gebeurtenis.replace("Creeer", "Creëer")]:
        element = f'<StUF:extraElement naam="{naam}">{gezegd}</StUF:extraElement>'
        zender = '<StUF:extraElement naam="x">y</StUF:extraElement>'
        inhoud = f"<StUF:extraElementen>{zender}{element}</StUF:extraElementen>{r.is_van()}"
        assert lees_notificatie(ontleed(r.notificatie(r.zaak(inhoud)).encode())).gebeurtenis == gebeurtenis


@pytest.mark.parametrize(
    "naam", ["zendendeApplicatie", "Zendende applicatie", "zender", "zendendSysteem", "applicatie"]
)
def test_the_zendende_applicatie_goes_by_several_names(naam: str) -> None:
    inhoud = r.extra(**{"gebeurtenis": "Update zaak", naam: "GWS4all"}) + r.is_van()
    assert _lees(r.zaak(inhoud)).zendende_applicatie == "GWS4all"


@pytest.mark.parametrize(
    ("inhoud", "genoemd"),
    [
        ("<x/>", "object ontbreekt"),
        (r.zaak(GEBEURD + r.is_van(), ""), "identificatie ontbreekt"),
        (r.zaak(r.is_van()), "De gebeurtenis ontbreekt"),
        (r.zaak(r.extra(gebeurtenis="Wis zaak", zender="x") + r.is_van()), "'Wis zaak'; bekend zijn 'Creeer zaak'"),
        (r.zaak(r.extra(gebeurtenis="Update zaak", Gebeurtenis="Creeer zaak") + r.is_van()), "2 keer 'gebeurtenis'"),
        (r.zaak(r.extra(gebeurtenis="Update zaak") + r.is_van()), "De zendende applicatie ontbreekt"),
        (r.zaak(GEBEURD), "noemt geen zaaktype"),
        (r.zaak(GEBEURD + r.is_van("")), "noemt geen zaaktype"),
        (r.zaak(GEBEURD + r.is_van() + r.is_van("<ZKN:code>B1</ZKN:code>")), "noemt 2 zaaktypen"),
        (r.zaak(GEBEURD + r.is_van() + r.heeft("")), "noemt geen status"),
        (r.zaak(GEBEURD + r.is_van() + '<ZKN:heeft StUF:entiteittype="ZAKSTT"/>'), "noemt geen status"),
        (r.zaak(GEBEURD + r.is_van() + r.heeft("<ZKN:volgnummer>twee</ZKN:volgnummer>")), "'twee', geen volgnummer"),
        (r.zaak(GEBEURD + r.is_van() + r.heeft(gezet="")), "datumStatusGezet is leeg"),
        (r.zaak(GEBEURD + r.is_van() + r.heeft(gezet="vandaag")), "datumStatusGezet is 'vandaag'"),
    ],
)
def test_what_is_missing_or_unknown_is_stuf055_and_named(inhoud: str, genoemd: str) -> None:
    with pytest.raises(StufFout) as gevangen:
        _lees(inhoud)
    assert gevangen.value.code == "StUF055"
    assert genoemd in gevangen.value.details


def test_an_overdracht_and_its_answers() -> None:
    assert lees_overdracht(ontleed(r.overdracht().encode())) == Overdracht("1900N1", MINIMA)
    for gezegd, geaccepteerd in (("Overdracht geaccepteerd", True), ("overdracht GEWEIGERD", False)):
        bericht = ontleed(r.antwoord(gezegd).encode())
        assert lees_overdrachtantwoord(bericht) == Overdrachtantwoord("1900N1", geaccepteerd)


@pytest.mark.parametrize("gezegd", ["", "Misschien"])
def test_another_answer_is_stuf055_and_told_which_there_are(gezegd: str) -> None:
    with pytest.raises(StufFout) as gevangen:
        lees_overdrachtantwoord(ontleed(r.antwoord(gezegd).encode()))
    assert "'Overdracht geaccepteerd' of 'Overdracht geweigerd'" in gevangen.value.details


LEZERS: dict[str, Callable[[etree._Element], Any]] = {
    "notificeerOverZaak_Di01": lees_notificatie,
    "initieerNotificeerOverZaak_Di01": lees_initiatie,
    "overdragenZaak_Di01": lees_overdracht,
    "overdragenZaak_Du01": lees_overdrachtantwoord,
}


@pytest.mark.parametrize("naam", LEZERS)
@given(zaad=st.integers(0, 10_000_000))
def test_whatever_the_schema_allows_and_worse_is_read_or_refused(naam: str, zaad: int) -> None:
    """Random messages, and broken copies such as come from senders that are not held to the schema."""
    keuze = WillekeurigeKeuze(zaad)
    bericht = genereer(naam, keuze, echt=False, elementen=40)
    codes: set[str] = set()
    for poging in (bericht, muteer(bericht, keuze)[0]):
        try:
            LEZERS[naam](poging)
        except StufFout as fout:
            codes.add(fout.code)
    assert codes <= {"StUF055"}


@pytest.mark.parametrize("gezegd", ["2", "+2", "0002", " 2 "])
def test_a_volgnummer_is_a_number_however_it_is_written(gezegd: str) -> None:
    status = _lees(r.zaak(GEBEURD + r.is_van() + r.heeft(f"<ZKN:volgnummer>{gezegd}</ZKN:volgnummer>"))).status
    assert status == Statusvermelding("20261123", 2)

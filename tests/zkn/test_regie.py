"""The messages of Regie- en Zaakservices are read in any spelling; a missing part is named."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten import regie as r
from tests.berichten.generator import WillekeurigeChoice, genereer, mutate

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.xml import parse
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

MINIMA = Zaaktypevermelding("B1026", "Aanvraag minima")
GEBEURD = r.extra(gebeurtenis="Update zaak", zendendeApplicatie="GWS4all")


def _read(inhoud: str) -> Notificatie:
    return read_initiatie(parse(r.notificatie(inhoud).encode()))


def test_a_notificatie_with_all_there_is() -> None:
    status = Statusvermelding("20261123", 2, "2", "In behandeling")
    assert read_notificatie(parse(r.notificatie(melding="Let op").encode())) == Notificatie(
        "1900N1", "Update zaak", MINIMA, status, "GWS4all", ("Let op",)
    )


def test_a_notificatie_with_what_must_be_there() -> None:
    bare = r.zaak(r.extra(gebeurtenis="Creeer zaak") + r.is_van("<ZKN:omschrijving>Aanvraag</ZKN:omschrijving>"))
    assert read_notificatie(parse(r.notificatie(bare).encode())) == Notificatie(
        "1900N1", "Creeer zaak", Zaaktypevermelding("", "Aanvraag")
    )


@pytest.mark.parametrize("empty", ['<ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>', ""])
def test_no_status_is_no_status(empty: str) -> None:
    assert _read(r.zaak(GEBEURD + r.is_van() + empty)).status is None


@pytest.mark.parametrize("naam", ["gebeurtenis", "Gebeurtenis", "GEBEURTENIS", " gebeurtenis "])
@pytest.mark.parametrize("gebeurtenis", GEBEURTENISSEN)
def test_the_gebeurtenis_is_known_by_any_spelling_of_its_name_and_value(naam: str, gebeurtenis: str) -> None:
    varianten = [gebeurtenis, gebeurtenis.upper(), gebeurtenis.replace(" ", ""), f" {gebeurtenis} "]
    for said in [*varianten, gebeurtenis.replace("Creeer", "Creëer")]:
        element = f'<StUF:extraElement naam="{naam}">{said}</StUF:extraElement>'
        zender = '<StUF:extraElement naam="x">y</StUF:extraElement>'
        inhoud = f"<StUF:extraElementen>{zender}{element}</StUF:extraElementen>{r.is_van()}"
        assert read_notificatie(parse(r.notificatie(r.zaak(inhoud)).encode())).gebeurtenis == gebeurtenis


@pytest.mark.parametrize(
    "naam", ["zendendeApplicatie", "Zendende applicatie", "zender", "zendendSysteem", "applicatie"]
)
def test_the_zendende_applicatie_goes_by_several_names(naam: str) -> None:
    inhoud = r.extra(**{"gebeurtenis": "Update zaak", naam: "GWS4all"}) + r.is_van()
    assert _read(r.zaak(inhoud)).zendende_applicatie == "GWS4all"


@pytest.mark.parametrize(
    ("inhoud", "named"),
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
def test_what_is_missing_or_unknown_is_stuf055_and_named(inhoud: str, named: str) -> None:
    with pytest.raises(StufFout) as caught:
        _read(inhoud)
    assert caught.value.code == "StUF055"
    assert named in caught.value.details


def test_an_overdracht_and_its_answers() -> None:
    assert read_overdracht(parse(r.overdracht().encode())) == Overdracht("1900N1", MINIMA)
    for said, geaccepteerd in (("Overdracht geaccepteerd", True), ("overdracht GEWEIGERD", False)):
        bericht = parse(r.answer(said).encode())
        assert read_overdrachtantwoord(bericht) == OverdrachtAnswer("1900N1", geaccepteerd)


@pytest.mark.parametrize("said", ["", "Misschien"])
def test_another_answer_is_stuf055_and_told_which_there_are(said: str) -> None:
    with pytest.raises(StufFout) as caught:
        read_overdrachtantwoord(parse(r.answer(said).encode()))
    assert "'Overdracht geaccepteerd' of 'Overdracht geweigerd'" in caught.value.details


READERS: dict[str, Callable[[etree._Element], Any]] = {
    "notificeerOverZaak_Di01": read_notificatie,
    "initieerNotificeerOverZaak_Di01": read_initiatie,
    "overdragenZaak_Di01": read_overdracht,
    "overdragenZaak_Du01": read_overdrachtantwoord,
}


@pytest.mark.parametrize("naam", READERS)
@given(zaad=st.integers(0, 10_000_000))
def test_whatever_the_schema_allows_and_worse_is_read_or_refused(naam: str, zaad: int) -> None:
    """Random messages, and broken copies such as come from senders that are not held to the schema."""
    choice = WillekeurigeChoice(zaad)
    bericht = genereer(naam, choice, echt=False, elementen=40)
    codes: set[str] = set()
    for attempt in (bericht, mutate(bericht, choice)[0]):
        try:
            READERS[naam](attempt)
        except StufFout as error:
            codes.add(error.code)
    assert codes <= {"StUF055"}


@pytest.mark.parametrize("said", ["2", "+2", "0002", " 2 "])
def test_a_volgnummer_is_a_number_however_it_is_written(said: str) -> None:
    status = _read(r.zaak(GEBEURD + r.is_van() + r.heeft(f"<ZKN:volgnummer>{said}</ZKN:volgnummer>"))).status
    assert status == Statusvermelding("20261123", 2)

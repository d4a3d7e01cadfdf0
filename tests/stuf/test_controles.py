"""Checks that no schema can make: a BSN that adds up, dates that exist, with the place where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.berichten.bouw import element, mdw, nps, obj, rol, status
from tests.berichten.keuze import WillekeurigeChoice
from tests.berichten.waarden import bsn

from regiesysteem.stuf.checks import elfproef, objections
from regiesysteem.stuf.read import read_instance
from regiesysteem.zkn.zaak import ZAK


def _objections(inhoud: str) -> list[str]:
    xmlns = (
        'xmlns:ZKN="http://www.egem.nl/StUF/sector/zkn/0310" xmlns:BG="http://www.egem.nl/StUF/sector/bg/0310" '
        'xmlns:StUF="http://www.egem.nl/StUF/StUF0301" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    return objections(
        read_instance(element(obj(inhoud).replace("<ZKN:object", f"<ZKN:object {xmlns}", 1)), ZAK), ZAK.elementen
    )


@given(zaad=st.integers(0, 10**6))
def test_a_bsn_passes_and_any_other_last_digit_does_not(zaad: int) -> None:
    number = bsn(WillekeurigeChoice(zaad))
    assert elfproef(number)
    assert [digit for digit in "0123456789" if elfproef(number[:-1] + digit)] == [number[-1]]


@pytest.mark.parametrize(
    "number", ["000000000", "12345678", "1234567820", "12345678x", "１２３４５６７８２", "", "-12345678"]
)
def test_what_is_no_number_of_nine_digits_does_not_pass(number: str) -> None:
    assert not elfproef(number)


@pytest.mark.parametrize(
    ("inhoud", "path"),
    [
        ("<ZKN:startdatum>20260230</ZKN:startdatum>", "object/startdatum"),
        ("<ZKN:laatsteBetaaldatum>2026010199</ZKN:laatsteBetaaldatum>", "object/laatsteBetaaldatum"),
        (status(1, "20261301"), "object/heeft/datumStatusGezet"),
        (
            rol("heeftAlsInitiator", nps("123456789")),
            "object/heeftAlsInitiator/gerelateerde/natuurlijkPersoon/inp.bsn",
        ),
        (
            rol("heeftBetrekkingOp", nps("111222333", extra="<BG:geboortedatum>19010230</BG:geboortedatum>")),
            "object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/geboortedatum",
        ),
        (
            rol(
                "heeftAlsUitvoerende",
                mdw("m1"),
                "<StUF:tijdvakRelatie><StUF:beginRelatie>20260000</StUF:beginRelatie></StUF:tijdvakRelatie>",
            ),
            "object/heeftAlsUitvoerende/tijdvakRelatie/beginRelatie",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(inhoud: str, path: str) -> None:
    [objection] = _objections(inhoud)
    assert objection.startswith(f"{path}: ")


def test_all_that_is_wrong_is_named() -> None:
    assert len(_objections(rol("heeftAlsInitiator", nps("123456789")) + status(1, "20261301") * 2)) == 3


def test_what_is_right_or_absent_has_no_objection() -> None:
    incomplete = '<BG:geboortedatum StUF:indOnvolledigeDatum="J">00000000</BG:geboortedatum>'
    good = rol("heeftAlsInitiator", nps("111222333", extra=incomplete)) + status(1, "2026010123595999")
    assert _objections(good + '<ZKN:einddatum xsi:nil="true" StUF:noValue="geenWaarde"/>') == []

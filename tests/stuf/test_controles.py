"""What no schema can check: a BSN that adds up, dates that exist, with the place where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.berichten.bouw import element, mdw, nps, obj, rol, status
from tests.berichten.keuze import WillekeurigeKeuze
from tests.berichten.waarden import bsn

from regiesysteem.stuf.checks import bezwaren, elfproef
from regiesysteem.stuf.read import lees_voorwerp
from regiesysteem.zkn.zaak import ZAK


def _bezwaren(inhoud: str) -> list[str]:
    xmlns = (
        'xmlns:ZKN="http://www.egem.nl/StUF/sector/zkn/0310" xmlns:BG="http://www.egem.nl/StUF/sector/bg/0310" '
        'xmlns:StUF="http://www.egem.nl/StUF/StUF0301" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    return bezwaren(
        lees_voorwerp(element(obj(inhoud).replace("<ZKN:object", f"<ZKN:object {xmlns}", 1)), ZAK), ZAK.elementen
    )


@given(zaad=st.integers(0, 10**6))
def test_a_bsn_passes_and_any_other_last_digit_does_not(zaad: int) -> None:
    nummer = bsn(WillekeurigeKeuze(zaad))
    assert elfproef(nummer)
    assert [cijfer for cijfer in "0123456789" if elfproef(nummer[:-1] + cijfer)] == [nummer[-1]]


@pytest.mark.parametrize(
    "nummer", ["000000000", "12345678", "1234567820", "12345678x", "１２３４５６７８２", "", "-12345678"]
)
def test_what_is_no_number_of_nine_digits_does_not_pass(nummer: str) -> None:
    assert not elfproef(nummer)


@pytest.mark.parametrize(
    ("inhoud", "pad"),
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
def test_what_is_wrong_is_named_by_its_place(inhoud: str, pad: str) -> None:
    [bezwaar] = _bezwaren(inhoud)
    assert bezwaar.startswith(f"{pad}: ")


def test_all_that_is_wrong_is_named() -> None:
    assert len(_bezwaren(rol("heeftAlsInitiator", nps("123456789")) + status(1, "20261301") * 2)) == 3


def test_what_is_right_or_absent_has_no_objection() -> None:
    onvolledig = '<BG:geboortedatum StUF:indOnvolledigeDatum="J">00000000</BG:geboortedatum>'
    goed = rol("heeftAlsInitiator", nps("111222333", extra=onvolledig)) + status(1, "2026010123595999")
    assert _bezwaren(goed + '<ZKN:einddatum xsi:nil="true" StUF:noValue="geenWaarde"/>') == []

"""Whatever comes back, an attempt ends in an outcome, and nothing that is no bevestiging counts as one."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.notifications.conftest import ACTIE
from tests.notifications.ontvangst import SOAP11, SOAP12, Ontvangst, antwoord, bevestiging, envelop, fout, ontvang, ruw

from regiesysteem.notifications.client import Verzender
from regiesysteem.notifications.outcome import MAX_OMSCHRIJVING, Uitkomst
from regiesysteem.notifications.receiver import Ontvanger

BERICHT = etree.Element("{urn:q}bericht")


@pytest.fixture(scope="module")
def ontvangst() -> Iterator[Ontvangst]:
    """A receiver whose answer each example sets."""
    with ontvang(antwoord("")) as gemaakt:
        yield gemaakt


@pytest.fixture(scope="module")
def zender() -> Iterator[Verzender]:
    """One sender for all examples."""
    gemaakt = Verzender()
    yield gemaakt
    gemaakt.sluit()


def _verzend(zender: Verzender, ontvangst: Ontvangst) -> Uitkomst:
    ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=ontvangst.adres, timeout_s=5)
    uitkomst = zender.verzend(ontvanger, ACTIE, BERICHT)
    assert uitkomst.omschrijving
    assert len(uitkomst.omschrijving) <= MAX_OMSCHRIJVING
    return uitkomst


SOORTEN = st.sampled_from(
    ["text/xml", "application/soap+xml", "multipart/related", "multipart/related; boundary=b", ""]
)


@given(body=st.binary(max_size=200), soort=SOORTEN, status=st.integers(200, 599))
def test_any_body(zender: Verzender, ontvangst: Ontvangst, body: bytes, soort: str, status: int) -> None:
    ontvangst.antwoorden[:] = [antwoord(body, f"{status} X", Content_Type=soort)]
    uitkomst = _verzend(zender, ontvangst)
    leeg = not body.strip() or status in {204, 304}
    assert uitkomst.soort == {413: "geweigerd", 202: "bevestigd" if leeg else "tijdelijk"}.get(status, "tijdelijk")


@given(ruwe=st.binary(max_size=200))
def test_any_bytes_instead_of_http(zender: Verzender, ontvangst: Ontvangst, ruwe: bytes) -> None:
    ontvangst.antwoorden[:] = [ruw(ruwe)]
    assert _verzend(zender, ontvangst).soort == "tijdelijk"


@given(data=st.data())
def test_a_good_answer_with_something_else_in_a_place(
    zender: Verzender, ontvangst: Ontvangst, data: st.DataObject
) -> None:
    inhoud = data.draw(st.sampled_from([bevestiging(), fout("Fo03", "StUF046", "server"), "<s:Fault/>"]))
    goed = envelop(inhoud, data.draw(st.sampled_from([SOAP11, SOAP12]))).encode()
    begin = data.draw(st.integers(0, len(goed)))
    eind = data.draw(st.integers(begin, len(goed)))
    anders = goed[:begin] + data.draw(st.binary(max_size=20)) + goed[eind:]
    ontvangst.antwoorden[:] = [antwoord(anders, data.draw(st.sampled_from(["200 OK", "500 Error"])))]
    uitkomst = _verzend(zender, ontvangst)
    assert uitkomst.soort != "bevestigd" or b"Bv0" in anders or uitkomst.code == "StUF016"

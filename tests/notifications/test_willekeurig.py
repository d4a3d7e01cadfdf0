"""Any reply ends an attempt in an outcome, and nothing that is no bevestiging counts as one."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.notifications.conftest import SOORT
from tests.notifications.ontvangst import SOAP11, SOAP12, Reception, answer, bevestiging, envelope, error, raw, receive

from regiesysteem.notifications.client import Sender
from regiesysteem.notifications.outcome import MAX_OMSCHRIJVING, Outcome
from regiesysteem.notifications.receiver import Ontvanger
from regiesysteem.stuf.xml import serialise
from regiesysteem.zkn.names import rzs

BERICHT = serialise(etree.Element(rzs("notificeerOverZaak_Di01")))


@pytest.fixture(scope="module")
def reception() -> Iterator[Reception]:
    """A receiver whose answer each example sets."""
    with receive(answer("")) as made:
        yield made


@pytest.fixture(scope="module")
def zender() -> Iterator[Sender]:
    """One sender for all examples."""
    made = Sender()
    yield made
    made.close()


def _send(zender: Sender, reception: Reception) -> Outcome:
    ontvanger = Ontvanger(applicatie="GWS4all", organisatie="1900", adres=reception.adres, timeout_s=5)
    outcome = zender.send(ontvanger, SOORT, BERICHT)
    assert outcome.omschrijving
    assert len(outcome.omschrijving) <= MAX_OMSCHRIJVING
    return outcome


SOORTEN = st.sampled_from(
    ["text/xml", "application/soap+xml", "multipart/related", "multipart/related; boundary=b", ""]
)


@given(body=st.binary(max_size=200), soort=SOORTEN, status=st.integers(200, 599))
def test_any_body(zender: Sender, reception: Reception, body: bytes, soort: str, status: int) -> None:
    reception.answers[:] = [answer(body, f"{status} X", Content_Type=soort)]
    outcome = _send(zender, reception)
    empty = not body.strip() or status in {204, 304}
    assert outcome.soort == {413: "geweigerd", 202: "bevestigd" if empty else "tijdelijk"}.get(status, "tijdelijk")


@given(ruwe=st.binary(max_size=200))
def test_any_bytes_instead_of_http(zender: Sender, reception: Reception, ruwe: bytes) -> None:
    reception.answers[:] = [raw(ruwe)]
    assert _send(zender, reception).soort == "tijdelijk"


@given(data=st.data())
def test_a_good_answer_with_something_else_in_a_place(
    zender: Sender, reception: Reception, data: st.DataObject
) -> None:
    inhoud = data.draw(st.sampled_from([bevestiging(), error("Fo03", "StUF046", "server"), "<s:Fault/>"]))
    good = envelope(inhoud, data.draw(st.sampled_from([SOAP11, SOAP12]))).encode()
    begin = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(begin, len(good)))
    otherwise = good[:begin] + data.draw(st.binary(max_size=20)) + good[end:]
    reception.answers[:] = [answer(otherwise, data.draw(st.sampled_from(["200 OK", "500 Error"])))]
    outcome = _send(zender, reception)
    assert outcome.soort != "bevestigd" or b"Bv0" in otherwise or outcome.code == "StUF016"

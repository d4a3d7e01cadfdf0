"""Shared by the tests of delivery: a message, a sender of messages, and the lines that it logs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from lxml import etree

from regiesysteem.notifications.client import Sender
from regiesysteem.notifications.outcome import Outcome
from regiesysteem.notifications.receiver import Ontvanger
from regiesysteem.stuf.xml import parse, serialise

SOORT = "notificeerOverZaak"
ACTIE = "http://www.egem.nl/StUF/sector/rzs/0310/notificeerOverZaak"

Send = Callable[..., Outcome]


@pytest.fixture
def bericht() -> etree._Element:
    """A message with referentienummer R1, and an xsi:nil where zeep could write none."""
    return parse(
        b'<RZS:notificeerOverZaak_Di01 xmlns:RZS="http://www.stufstandaarden.nl/koppelvlak/rzs0310"'
        b' xmlns:ZKN="http://www.egem.nl/StUF/sector/zkn/0310"'
        b' xmlns:StUF="http://www.egem.nl/StUF/StUF0301" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        b"<ZKN:stuurgegevens><StUF:berichtcode>Di01</StUF:berichtcode><StUF:referentienummer>R1</StUF:referentienummer>"
        b'</ZKN:stuurgegevens><ZKN:object><ZKN:heeft xsi:nil="true" StUF:noValue="geenWaarde"/></ZKN:object>'
        b"</RZS:notificeerOverZaak_Di01>"
    )


@pytest.fixture
def sender() -> Iterator[Sender]:
    """A sender whose connections are closed afterwards."""
    made = Sender()
    yield made
    made.close()


@pytest.fixture
def send(sender: Sender, bericht: etree._Element) -> Send:
    """Send the message to an address, with what else the receiver is."""

    def do(adres: str, **otherwise: Any) -> Outcome:
        ontvanger = Ontvanger(**{"applicatie": "GWS4all", "organisatie": "1900", "adres": adres} | otherwise)
        return sender.send(ontvanger, SOORT, serialise(bericht))

    return do


@pytest.fixture(autouse=True)
def regels() -> Iterator[list[Any]]:
    """The log lines of a test."""
    with structlog.testing.capture_logs() as caught:
        yield caught

"""Steps that tests of besluiten share."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from lxml import etree
from tests.berichten.besluiten import ZDS, besluitdetails, lijst_besluiten, update_besluit, voeg_toe
from tests.berichten.bouw import element, envelope, new_number, texts
from tests.diensten.stappen import new
from tests.published import assert_valid
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem.stuf.xml import parse

OBJECT = "//z:antwoord/z:object"


def send(door: Door, bericht: str) -> etree._Element:
    """Send a message of ZDS 1.2, which must be valid; the answer."""
    assert_valid(element(bericht))
    return exchange(door, bericht)


def exchange(door: Door, bericht: str) -> etree._Element:
    """Send a message of ZDS 1.2 as it is; the answer."""
    naam = etree.QName(element(bericht)).localname
    envelope_ = parse(door.post(envelope(bericht), SOAPAction=f'"{ZDS}/{naam}"').data)
    return next(iter(envelope_.iterfind(".//{*}Body/*")))


def succeeded(door: Door, bericht: str) -> etree._Element:
    """Send a valid message that must succeed; the answer, which is valid too."""
    answer = send(door, bericht)
    assert not texts(answer, "//s:code"), texts(answer, "//s:code | //s:details")
    return assert_valid(answer)


def fout(door: Door, bericht: str) -> tuple[str, str]:
    """Send a message that must fail; code and details, and nothing changed."""
    before = door.counts("besluit_document")
    answer = exchange(door, bericht)
    assert door.counts("besluit_document") == before
    [code] = texts(answer, "//s:code")
    return code, "".join(texts(answer, "//s:details"))


def add_besluit(door: Door, zaak: str = "", **rest: str) -> str:
    """Register a besluit, of a new zaak when none is given; its identificatie."""
    number = new_number()
    succeeded(door, voeg_toe(number, zaak or new(door), **rest))
    return number


def change_besluit(door: Door, *objecten: str) -> None:
    """Change a besluit; must succeed."""
    succeeded(door, update_besluit(*objecten))


def of_besluit(door: Door, number: str, path: str) -> list[str]:
    """The texts of an element of a besluit, by XPath from the object."""
    return texts(succeeded(door, besluitdetails(number)), f"{OBJECT}/{path}")


def listed(door: Door, zaak: str) -> list[str]:
    """The numbers of the besluiten of a zaak."""
    return texts(succeeded(door, lijst_besluiten(zaak)), f"{OBJECT}/z:leidtTot/z:gerelateerde/z:identificatie")


def together(door: Door, berichten: Sequence[str]) -> list[str]:
    """Send messages at the same moment; Bv03 or the code of the fault of each."""
    barrier = Barrier(len(berichten))

    def one(bericht: str) -> str:
        own = Door(Client(door.client.application), door.engine)
        barrier.wait(30)
        answer = exchange(own, bericht)
        return next(iter(texts(answer, "//s:code")), "") or "".join(texts(answer, "//s:berichtcode"))

    with ThreadPoolExecutor(len(berichten)) as threads:
        return list(threads.map(one, berichten))

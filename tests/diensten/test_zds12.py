"""ZDS 1.2 at the doors of 1.1: told apart by the namespace of the message, done by the same operations."""

from lxml import etree
from tests.berichten.bouw import element, envelope, new_number, texts
from tests.berichten.zds12 import kennisgeving, nummer, vraag, zaak
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.zkn.names import ZDS, zds

ACTIE = f"{ZDS}/"


def send(door: Door, actie: str, bericht: str, path: str = "/") -> etree._Element:
    """Send a message that is valid by ZDS 1.2 with the SOAPAction of its WSDL; its answer, which must be valid too."""
    assert_valid(element(bericht))
    answer = element(door.post(envelope(bericht), path, SOAPAction=f'"{ACTIE}{actie}"').data.decode())
    assert not texts(answer, "//s:code"), texts(answer, "//s:code | //s:details")
    [message] = answer.xpath("//*[local-name() = 'Body']/*")
    return assert_valid(message)


def test_a_zaak_of_zds_12_is_registered_and_asked(door: Door) -> None:
    number = new_number()
    answer = send(
        door, "creeerZaak_ZakLk01", kennisgeving("creeerZaak_ZakLk01", "T", zaak(number)), "/OntvangAsynchroon"
    )
    assert etree.QName(answer).localname == "Bv03Bericht"
    answer = send(
        door, "geefZaakdetails_ZakLv01", vraag("geefZaakdetails_ZakLv01", nummer(number), 'StUF:scope="alles"')
    )
    assert answer.tag == zds("geefZaakdetails_ZakLa01")
    assert answer.prefix == "ZDS"
    assert texts(answer, "//z:object/z:identificatie") == [number]
    assert texts(answer, "//z:object/z:registratiedatum") == ["20260102"]

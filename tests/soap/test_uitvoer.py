"""What goes out in pieces: of a content never more than one of them is in memory."""

import base64
import io
import re

import pytest
from lxml import etree

from regiesysteem.soap.envelope import Adressering, pak_in
from regiesysteem.soap.mtom import maak_uitvoer
from regiesysteem.stuf.content.content import STUK, Inhoud, Inhouden, zet_inhoud
from regiesysteem.stuf.content.scratch import Kladblok
from regiesysteem.stuf.namespaces import SOAP11
from regiesysteem.stuf.payload import EXTRA_ELEMENT
from regiesysteem.zkn.names import INHOUD, NSMAP, zkn


def _inhoud(letter: bytes, grootte: int) -> Inhoud:
    return Inhoud(io.BytesIO(letter * grootte), grootte, letter.hex() * 32)


@pytest.mark.parametrize("mtom", [False, True])
def test_no_content_of_an_answer_is_ever_whole_in_memory(mtom: bool) -> None:
    """Of an answer as MTOM too: what the schema calls a text stands in its root part, however large it is."""
    inhouden = Inhouden(Kladblok(10_000_000))
    antwoord = etree.Element(zkn("zakLa01"), nsmap=NSMAP)
    groottes = {b"a": 3_000_000, b"b": 2_000_000, b"c": 1_000_001}
    for tag, letter in ((EXTRA_ELEMENT, b"a"), (INHOUD, b"b"), (EXTRA_ELEMENT, b"c")):
        zet_inhoud(etree.SubElement(antwoord, tag), _inhoud(letter, groottes[letter]), inhouden)
    uitvoer = maak_uitvoer(
        pak_in(SOAP11, antwoord, Adressering()), SOAP11, "text/xml", inhouden, mtom=mtom, sluit=inhouden.close
    )
    assert uitvoer is not None
    stukken = list(uitvoer)
    kop = len(b"".join(stukken[:1]).partition(b"extraElement")[0]) + 1000
    assert max(map(len, stukken)) <= STUK // 3 * 4 + kop, "before the first piece goes the beginning of the envelope"
    alles = b"".join(stukken)
    assert len(alles) == uitvoer.lengte
    teksten = re.findall(rb"<[^/>]*extraElement[^>]*>([^<]*)<", alles)
    assert teksten == [base64.b64encode(letter * groottes[letter]) for letter in (b"a", b"c")]
    assert (b"b" * groottes[b"b"] in alles) == mtom

"""An answer goes out in pieces: of a content never more than one piece is in memory."""

import base64
import io
import re

import pytest
from lxml import etree

from regiesysteem.soap.envelope import Adressering, wrap
from regiesysteem.soap.mtom import make_output
from regiesysteem.stuf.content.content import PIECE, Inhoud, Inhouden, set_inhoud
from regiesysteem.stuf.content.scratch import Scratch
from regiesysteem.stuf.namespaces import SOAP11
from regiesysteem.stuf.payload import EXTRA_ELEMENT
from regiesysteem.zkn.names import INHOUD, NSMAP, zkn


def _inhoud(letter: bytes, size: int) -> Inhoud:
    return Inhoud(io.BytesIO(letter * size), size, letter.hex() * 32)


@pytest.mark.parametrize("mtom", [False, True])
def test_no_content_of_an_answer_is_ever_whole_in_memory(mtom: bool) -> None:
    """An answer as MTOM too has each text of the schema in its root part, however large it is."""
    inhouden = Inhouden(Scratch(10_000_000))
    answer = etree.Element(zkn("zakLa01"), nsmap=NSMAP)
    groottes = {b"a": 3_000_000, b"b": 2_000_000, b"c": 1_000_001}
    for tag, letter in ((EXTRA_ELEMENT, b"a"), (INHOUD, b"b"), (EXTRA_ELEMENT, b"c")):
        set_inhoud(etree.SubElement(answer, tag), _inhoud(letter, groottes[letter]), inhouden)
    output = make_output(
        wrap(SOAP11, answer, Adressering()), SOAP11, "text/xml", inhouden, mtom=mtom, close=inhouden.close
    )
    assert output is not None
    pieces = list(output)
    head = len(b"".join(pieces[:1]).partition(b"extraElement")[0]) + 1000
    assert max(map(len, pieces)) <= PIECE // 3 * 4 + head, "before the first piece goes the beginning of the envelope"
    alles = b"".join(pieces)
    assert len(alles) == output.length
    texts = re.findall(rb"<[^/>]*extraElement[^>]*>([^<]*)<", alles)
    assert texts == [base64.b64encode(letter * groottes[letter]) for letter in (b"a", b"c")]
    assert (b"b" * groottes[b"b"] in alles) == mtom

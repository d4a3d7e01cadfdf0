"""The list of the documents of a zaak does not depend on their sizes (ZDS 4.2.1)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import lv01
from tests.berichten.documenten import edc_lv01
from tests.diensten.documentstappen import add, documenten, listing
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem.config import Settings
from regiesysteem.db import count_statements
from regiesysteem.http.doors import make_soap_app
from regiesysteem.metrics import Counters
from regiesysteem.zkn.names import zkn


@pytest.fixture
def ruime_door(door: Door) -> Door:
    """The doors for messages with a document of 3.5 MB."""
    return Door(Client(make_soap_app(Settings(max_bericht_mb=6), door.engine, Counters())), door.engine)


@contextmanager
def _without_storage(door: Door) -> Iterator[None]:
    """No content can be read, by any statement."""
    names = (("document_stuk", "weg_stuk"), ("document_inhoud", "weg_inhoud"))
    with door.engine.begin() as connection:
        for one, other in names:
            connection.execute(text(f"ALTER TABLE {one} RENAME TO {other}"))
    try:
        yield
    finally:
        with door.engine.begin() as connection:
            for one, other in names:
                connection.execute(text(f"ALTER TABLE {other} RENAME TO {one}"))


def test_the_list_of_large_documents_is_that_of_small_ones(ruime_door: Door) -> None:
    """5 of 10 kB and 5 of 3.5 MB: the same statements, an answer of the same length, and no content is read."""
    small, large = new(ruime_door), new(ruime_door)
    for size, where in ((10_000, small), (3_500_000, large)):
        for i in range(5):
            add(ruime_door, where, data=bytes(size - 1) + bytes([i]))
    uitkomsten = []
    with _without_storage(ruime_door):
        for where in (small, large):
            with count_statements() as counter:
                answer = listing(ruime_door, where)
            assert len(list(answer.iter(zkn("heeftRelevant")))) == 5
            uitkomsten.append((counter.aantal, len(etree.tostring(answer))))
        alles = ruime_door.succeeded("geefLijstZaakdocumenten_Lv01", lv01(sleutel(large), 'StUF:scope="alles"'))
        assert not list(alles.iter(zkn("inhoud")))
        assert ruime_door.fout("geefZaakdocumentLezen_Lv01", edc_lv01(documenten(ruime_door, large)[0]))[0] == "StUF058"
    assert uitkomsten[0] == uitkomsten[1]
    assert uitkomsten[0][0] <= 5

"""Our contract and the published schemas, as the tests that compare them read them."""

from __future__ import annotations

import pytest
from lxml import etree
from tests.berichten.schema import Schema, schema
from tests.conformiteit.vergelijk import Vergelijker
from tests.published import STANDARD, validator

from regiesysteem.stuf.flat_schema import all_messages, flat_schemas


@pytest.fixture(scope="session")
def gepubliceerd() -> Schema:
    """The model of the published schemas of StUF-ZKN with ZDS, and of RZS."""
    map_ = STANDARD / "schema"
    return schema(map_ / "zkn0310" / "zkn0310_msg_totaal.xsd", map_ / "rzs0310" / "rzs0310_msg_totaal.xsd")


@pytest.fixture(scope="session")
def published_zds12() -> Schema:
    """The model of the published schemas of ZDS 1.2, with the StUF-ZKN and StUF-BG that belong to it."""
    return schema(STANDARD / "schema-zds-1.2" / "zds0120" / "zds0120_msg_totaal.xsd")


@pytest.fixture(scope="session")
def own_xsd(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """Our contract as it is published, read by libxml2 alone, as the published schemas are.

    That we also enforce what is fixed at an attribute reference is compared in test_tweede_oordeel.
    """
    map_ = tmp_path_factory.mktemp("xsd")
    for naam, text in {**flat_schemas(), "alle-berichten.xsd": all_messages()}.items():
        (map_ / naam).write_text(text)
    return etree.XMLSchema(file=str(map_ / "alle-berichten.xsd"))


@pytest.fixture(scope="module")
def vergelijker(own_xsd: etree.XMLSchema) -> Vergelijker:
    """Compares verdicts and counts."""
    return Vergelijker(own_xsd, validator().controleer)

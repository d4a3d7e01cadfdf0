"""The published schemas, which are not part of the project: tests that need them skip where they are absent."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree
from tests.berichten.schema import EIGEN_SCHEMA, Schema, schema
from tests.conformiteit.vergelijk import Vergelijker

from regiesysteem.stuf.flat_schema import flat_schemas

GEDEELD = EIGEN_SCHEMA.parents[2] / "shared"
STANDAARD = GEDEELD / "standaard"


@pytest.fixture(scope="session")
def standaard() -> Path:
    """The directory of the published standard."""
    if not (STANDAARD / "valideer.py").is_file():
        pytest.skip("the published schemas are not at ../shared/standaard")
    return STANDAARD


@pytest.fixture(scope="session")
def valideer(standaard: Path) -> ModuleType:
    """The module that validates against the published schemas."""
    spec = importlib.util.spec_from_file_location("valideer", standaard / "valideer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gepubliceerd(standaard: Path) -> Schema:
    """The model of the published schemas of StUF-ZKN with ZDS, and of RZS."""
    map_ = standaard / "schema"
    return schema(map_ / "zkn0310" / "zkn0310_msg_totaal.xsd", map_ / "rzs0310" / "rzs0310_msg_totaal.xsd")


@pytest.fixture(scope="session")
def eigen_xsd(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """Our contract as it is published, read by libxml2 alone, as the published schemas are.

    That we also enforce what is fixed at an attribute reference is compared in test_tweede_oordeel.
    """
    map_ = tmp_path_factory.mktemp("xsd")
    for naam, tekst in flat_schemas().items():
        (map_ / naam).write_text(tekst)
    return etree.XMLSchema(file=str(map_ / EIGEN_SCHEMA.name))


@pytest.fixture(scope="module")
def vergelijker(eigen_xsd: etree.XMLSchema, valideer: ModuleType) -> Vergelijker:
    """Compares verdicts and counts."""
    return Vergelijker(eigen_xsd, valideer.controleer)

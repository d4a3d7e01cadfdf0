"""Messages of a sender in production: our schema has the same to say about them as the published one."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree
from tests.conformiteit.conftest import GEDEELD

BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


@pytest.fixture(scope="module")
def veldverkeer() -> Path:
    map_ = GEDEELD / "veldverkeer"
    if not map_.is_dir():
        pytest.skip("the field traffic is not at ../shared/veldverkeer")
    return map_


# 4 asks in its scope for elements that a zakLv01 does not know at that place
@pytest.mark.parametrize(("begin", "geldig"), [("1-", True), ("2-", True), ("3-", True), ("4-", False)])
def test_field_traffic(
    eigen_xsd: etree.XMLSchema, veldverkeer: Path, valideer: ModuleType, begin: str, *, geldig: bool
) -> None:
    bestand = next(veldverkeer.glob(f"{begin}*.xml"))
    body = etree.parse(str(bestand)).getroot().find(BODY)  # noqa: TID251
    assert body is not None
    bericht = etree.fromstring(etree.tostring(body[0]))  # noqa: TID251
    assert eigen_xsd.validate(bericht) is geldig
    onze = [f"{fout.line}: {fout.message}" for fout in eigen_xsd.error_log]
    hunne = valideer.controleer(bericht)
    # what is expected instead differs with how a content model is written down
    assert [fout.partition(" Expected")[0] for fout in onze] == [fout.partition(" Expected")[0] for fout in hunne]

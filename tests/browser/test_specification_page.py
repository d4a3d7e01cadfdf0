"""The koppelvlakspecificatie in a real browser: what axe finds at both widths, in each kind of block that it has."""

from datetime import UTC, datetime
from pathlib import Path

from tests.browser.conftest import Visit
from tests.browser.visitor import told

from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.agreements import agreements
from regiesysteem.inrichting.load import read_file
from regiesysteem.kit.contract_model import read_contract
from regiesysteem.kit.specification import Basis, _settle, compose, write_html

CHAPTERS = {"over", "adressen-en-soap", "creeerzaak", "inrichting", "afspraken"}
"""They have every kind of block; axe would need minutes for all tables."""


def test_the_koppelvlakspecificatie(visit: Visit, tmp_path: Path) -> None:
    file = read_file(example_inrichting()).inrichting
    basis = Basis(file, agreements(file), "stand 1", datetime(2026, 12, 1, tzinfo=UTC))
    document = compose(read_contract(), basis)
    document["sections"] = [one for one in document["sections"] if one["anchor"] in CHAPTERS]
    assert len(document["sections"]) == len(CHAPTERS)
    _settle(document["sections"])
    write_html(document, tmp_path / "spec.html")
    visitor = visit()
    visitor.page.goto((tmp_path / "spec.html").as_uri())
    told(visitor.faults())

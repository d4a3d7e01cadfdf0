"""Our tables are those that the text of the standard prints: faults of StUF 03.01, reference zaaktypen of RZS 1.0."""

import re

import pytest
from tests.published import SHARED, TEXT, need

from regiesysteem import config
from regiesysteem.inrichting.load import read_file, read_text
from regiesysteem.stuf.faults import FOUTEN

need(TEXT, "the text of the standard")
STUF_TEXT, RZS_TEXT = TEXT / "stuf-03.01.txt", TEXT / "rzs-1.0.txt"


def _table_of_de_default() -> dict[str, tuple[str, str]]:
    """Code -> plek and kinds of fault message, of table 8.1, the summary of all."""
    text = STUF_TEXT.read_text()
    begin = text.rindex("Tabel met mogelijke foutberichten")
    table = text[begin : text.index("Tabel 8.1", begin)]
    rows = re.findall(
        r"([123](?:, ?[123])*)\s+(StUF\d{3})\s*(client|server)|([123])\s+(StUF\d{3})\s+(client|server)", table
    )
    rows += [("2", code, spot, "", "", "") for code, spot in re.findall(r"\b2\s+(StUF049) (server)", table)]
    return {(row[1] or row[4]): (row[2] or row[5], re.sub(r"\D", "", row[0] or row[3])) for row in rows}


def test_codes_plek_and_kinds_are_those_of_the_standard() -> None:
    default = _table_of_de_default()
    assert len(default) > 35
    own = {code: (soort.plek, "".join(sorted(fo[-1] for fo in soort.soorten))) for code, soort in FOUTEN.items()}
    assert own == default


def test_descriptions_are_those_of_the_standard() -> None:
    """The text of the tables is broken over lines and columns; as a bag of words each description is in it."""
    words = set(re.findall(r"[\w<>:'≤]+", STUF_TEXT.read_text()))
    for soort in FOUTEN.values():
        assert set(re.findall(r"[\w<>:'≤]+", soort.omschrijving)) <= words, soort


@pytest.mark.parametrize(("bijlage", "soort"), [("9 Bijlage B", "gezinsplan"), ("10 Bijlage C", "levensdomeinplan")])
def test_the_reference_zaaktypen_are_those_of_rzs(bijlage: str, soort: str) -> None:
    example = read_file(config.example_inrichting()).inrichting
    text = re.split(rf"^{bijlage}", RZS_TEXT.read_text(), flags=re.MULTILINE)[-1].split("Checklistitems")[0]
    statussen = re.findall(r"^ (\d)    (\S.*)$", text, re.MULTILINE)
    (zaaktype,) = [zaaktype for zaaktype in example.zaaktype if zaaktype.soort == soort]
    assert len(statussen) == 4
    assert [(str(status.volgnummer), status.omschrijving) for status in zaaktype.status] == statussen
    naam = re.search(r"Zaaktype ‘(.*)’", text)
    assert naam is not None
    assert zaaktype.omschrijving == naam[1]
    assert zaaktype.doorlooptijd_dagen is None
    assert zaaktype.zaakcategorie == "Sociaal domein"


def test_the_inrichting_of_the_design_is_read() -> None:
    regels = (SHARED / "ontwerp.md").read_text().split("    [gemeente]", 1)[1].splitlines()
    block = "[gemeente]\n" + "\n".join(regel.strip() for regel in regels if regel.startswith("    "))
    inrichting = read_text(block, "ontwerp").inrichting
    assert inrichting.applicatie[0].schema == "soepel"
    assert [status.code for status in inrichting.zaaktype[0].status] == ["Ontv", "Afgeh"]
    assert inrichting.abonnement[0].gebeurtenis == ("Creeer zaak",)

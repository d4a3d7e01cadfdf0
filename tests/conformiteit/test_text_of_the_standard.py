"""Our tables are those that the text of the standard prints: faults of StUF 03.01, reference zaaktypen of RZS 1.0."""

import re

import pytest
from tests.published import SHARED, TEXT, need

from regiesysteem import config
from regiesysteem.inrichting.load import lees_bestand, lees_tekst
from regiesysteem.stuf.faults import FOUTEN

need(TEXT, "the text of the standard")
STUF_TEXT, RZS_TEXT = TEXT / "stuf-03.01.txt", TEXT / "rzs-1.0.txt"


def _tabel_van_de_standaard() -> dict[str, tuple[str, str]]:
    """Code -> plek and kinds of fault message, of table 8.1, the summary of all."""
    tekst = STUF_TEXT.read_text()
    begin = tekst.rindex("Tabel met mogelijke foutberichten")
    tabel = tekst[begin : tekst.index("Tabel 8.1", begin)]
    rijen = re.findall(
        r"([123](?:, ?[123])*)\s+(StUF\d{3})\s*(client|server)|([123])\s+(StUF\d{3})\s+(client|server)", tabel
    )
    rijen += [("2", code, plek, "", "", "") for code, plek in re.findall(r"\b2\s+(StUF049) (server)", tabel)]
    return {(rij[1] or rij[4]): (rij[2] or rij[5], re.sub(r"\D", "", rij[0] or rij[3])) for rij in rijen}


def test_codes_plek_and_kinds_are_those_of_the_standard() -> None:
    standaard = _tabel_van_de_standaard()
    assert len(standaard) > 35
    eigen = {code: (soort.plek, "".join(sorted(fo[-1] for fo in soort.soorten))) for code, soort in FOUTEN.items()}
    assert eigen == standaard


def test_descriptions_are_those_of_the_standard() -> None:
    """The text of the tables is broken over lines and columns; as a bag of words each description is in it."""
    woorden = set(re.findall(r"[\w<>:'≤]+", STUF_TEXT.read_text()))
    for soort in FOUTEN.values():
        assert set(re.findall(r"[\w<>:'≤]+", soort.omschrijving)) <= woorden, soort


@pytest.mark.parametrize(("bijlage", "soort"), [("9 Bijlage B", "gezinsplan"), ("10 Bijlage C", "levensdomeinplan")])
def test_the_reference_zaaktypen_are_those_of_rzs(bijlage: str, soort: str) -> None:
    example = lees_bestand(config.voorbeeld_inrichting()).inrichting
    tekst = re.split(rf"^{bijlage}", RZS_TEXT.read_text(), flags=re.MULTILINE)[-1].split("Checklistitems")[0]
    statussen = re.findall(r"^ (\d)    (\S.*)$", tekst, re.MULTILINE)
    (zaaktype,) = [zaaktype for zaaktype in example.zaaktype if zaaktype.soort == soort]
    assert len(statussen) == 4
    assert [(str(status.volgnummer), status.omschrijving) for status in zaaktype.status] == statussen
    naam = re.search(r"Zaaktype ‘(.*)’", tekst)
    assert naam is not None
    assert zaaktype.omschrijving == naam[1]
    assert zaaktype.doorlooptijd_dagen is None
    assert zaaktype.zaakcategorie == "Sociaal domein"


def test_the_inrichting_of_the_design_is_read() -> None:
    regels = (SHARED / "ontwerp.md").read_text().split("    [gemeente]", 1)[1].splitlines()
    blok = "[gemeente]\n" + "\n".join(regel.strip() for regel in regels if regel.startswith("    "))
    inrichting = lees_tekst(blok, "ontwerp").inrichting
    assert inrichting.applicatie[0].schema == "soepel"
    assert [status.code for status in inrichting.zaaktype[0].status] == ["Ontv", "Afgeh"]
    assert inrichting.abonnement[0].gebeurtenis == ("Creeer zaak",)

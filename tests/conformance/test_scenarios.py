"""The scenarios as data: as many as the published sets have, and no file that cannot be used."""

import re
from collections import Counter
from pathlib import Path

import pytest

from regiesysteem import config
from regiesysteem.conformance.outgoing import action_of
from regiesysteem.conformance.scenarios import ScenarioError, load_role, roles
from regiesysteem.zkn.names import ZDS

PUBLISHED = {
    ("rzs-1.0/zaaksysteem", "P"): 16,
    ("rzs-1.0/zakenmagazijn", "P"): 15,
    ("rzs-1.0/regiesysteem", "P"): 1,
    ("rzs-1.0/regiesysteem", "C"): 16,
    ("rzs-1.0/taakspecifiek", "P"): 2,
    ("rzs-1.0/taakspecifiek", "C"): 12,
    ("rzs-1.0/abonnementenbeheer", "P"): 5,
    ("rzs-1.0/abonnementenbeheer", "C"): 5,
    ("rzs-1.0/servicebus", "C"): 1,
    ("zds-1.1/zaaksysteem", "P"): 13,
    ("zds-1.1/zaakservice-consumer", "C"): 6,
    ("zds-1.1/documentservice-consumer", "C"): 7,
    ("zds-1.1/een-stap", "C"): 14,
}
"""Role and direction -> scenarios of the published set, without those of our own."""
OWN = {"zds-1.2/zaaksysteem": 23}
"""Role -> scenarios of our own, for a set that was never published."""

GOOD = """
id = "een/rol/1"
titel = "Proef"
richting = "P"
[[stap]]
stuur = "geefZaakstatus_Lv01"
sjabloon = "geefzaakstatus.xml"
met = { identificatie = "{profiel.gemeentecode}1" }
[[stap.eis]]
xpath = "//zkn:heeft"
aanwezig = true
"""


def test_each_role_has_the_scenarios_of_its_published_set() -> None:
    counts = Counter((role, one.richting) for role in roles() for one in load_role(role) if not one.eigen)
    assert {key: counts[key] for key in PUBLISHED} == PUBLISHED
    assert {role: sum(one.eigen for one in load_role(role)) for role in OWN} == OWN


def test_each_requirement_cites_its_paragraph() -> None:
    without = [
        one.id
        for role in roles()
        for one in load_role(role)
        for step in one.stap
        if any(not eis.bron for eis in step.eis)
    ]
    assert without == []


def test_each_message_goes_out_with_the_soapaction_of_the_wsdl() -> None:
    published = {
        one
        for file in config.wsdl_directory().glob("*.wsdl")
        for one in re.findall(r'soapAction="([^"]+)"', file.read_text())
    }
    of_scenarios = {step.stuur or step.ontvang for role in roles() for one in load_role(role) for step in one.stap}
    assert {action_of(one) for one in of_scenarios if one} - published == set()


def _write(directory: Path, text: str) -> Path:
    file = directory / "een" / "rol" / "1.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return directory


def test_a_good_file_is_read(tmp_path: Path) -> None:
    [scenario] = load_role("een/rol", _write(tmp_path, GOOD))
    assert scenario.stap[0].eis[0].aanwezig


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("titel", "title", "titel"),
        ('id = "een/rol/1"', 'id = "een/rol/2"', "id is een/rol/2"),
        ("geefZaakstatus_Lv01", "geefZaakstand_Lv01", "geen operatie geefZaakstand_Lv01"),
        ("geefzaakstatus.xml", "geefzaakstand.xml", "geen sjabloon geefzaakstand.xml"),
        ("{profiel.gemeentecode}", "{zaak1}", "niets geeft variabele zaak1"),
        ("//zkn:heeft", "//zkn:heeft[", "is geen XPath"),
        ("//zkn:heeft", "//abc:heeft", "is geen XPath"),
        ("aanwezig = true", "", "is, in, patroon"),
        ("[[stap.eis]]", "[[stap.eis]]\nbericht = 'zakLa01'", "precies een van bericht"),
        ('richting = "P"', 'richting = "P"\nna = ["een/rol/9"]', "dat er niet (eerder) is"),
        ("[[stap]]", "[[stap]]\nontvang = 'zakLv01'", "precies een van stuur"),
        ("[[stap]]", "[[stap]]\nverboden = true", "verboden hoort bij ontvang"),
        ('titel = "Proef"', "titel = Proef", "een/rol/1.toml"),
    ],
)
def test_a_file_with_a_mistake_is_refused_before_anything_is_sent(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ScenarioError, match="een/rol/1") as caught:
        load_role("een/rol", _write(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(caught.value)


def test_a_scenario_of_zds_1_2_asks_for_the_names_and_paragraphs_of_1_2() -> None:
    scenarios = [one for one in load_role("zds-1.2/zaaksysteem") if one.nummer == "8"]
    [scenario] = scenarios
    assert scenario.bron == ("ZDS 1.2 4.3.3",)
    assert scenario.stap[0].bewaar == {"checkedout1": "//zds:parameters/zds:checkedOutId"}
    name, namespace, contents = scenario.stap[0].eis
    assert name.bericht == "geefZaakdocumentBewerken_Du02"
    assert (namespace.xpath, namespace.is_) == ("namespace-uri()", ZDS)
    assert contents.xpath == load_role("zds-1.1/zaaksysteem")[7].stap[0].eis[1].xpath

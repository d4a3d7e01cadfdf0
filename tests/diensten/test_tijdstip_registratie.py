"""When what we know was last registered here, in answers and to select on (StUF 03.01, 3.3.1, 6.3.3 and 6.4.3)."""

import re

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import ander, lv01, mdw, nps, rol, status, teksten
from tests.berichten.documenten import SOEPEL, inhoud, relevant
from tests.diensten.documentstappen import check_uit, lees, voeg_toe, werk_bij
from tests.diensten.stappen import INITIATOR, actualiseer, details, nieuw, sleutel, wijzig
from tests.published import assert_valid
from tests.soap.conftest import Deur

from regiesysteem.zkn.names import zkn

VOLLEDIG = re.compile(r"20[0-9]{15}")
ROL = "heeftAlsBelanghebbende"
GEZET_DOOR = """<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>
    {}</ZKN:gerelateerde></ZKN:isGezetDoor>""".format(mdw("regie1"))
PLEKKEN = {
    "zaak": "z:object",
    "rol": f"z:object/z:{ROL}",
    "zaakobject": "z:object/z:heeftBetrekkingOp",
    "status": "z:object/z:heeft",
    "gezet door": "z:object/z:heeft/z:isGezetDoor",
    "andere zaak": "z:object/z:heeftBetrekkingOpAndere",
    "de andere zaak zelf": "z:object/z:heeftBetrekkingOpAndere/z:gerelateerde",
    "document": "z:object/z:heeftRelevant",
    "het document zelf": "z:object/z:heeftRelevant/z:gerelateerde",
}
EIGEN = "<StUF:tijdstipRegistratie>19990101</StUF:tijdstipRegistratie>"


def _volle_zaak(deur: Deur) -> str:
    wie = status(1, "20260301").replace("</ZKN:heeft>", f"{EIGEN}{GEZET_DOOR}</ZKN:heeft>")
    relaties = rol("heeftBetrekkingOp", nps("999990019"), EIGEN) + rol(ROL, nps("999990019"), EIGEN) + INITIATOR
    andere = ander("heeftBetrekkingOpAndere", nieuw(deur))
    nummer = nieuw(deur, elementen=EIGEN, relaties=relaties + andere, na=wie)
    voeg_toe(deur, nummer)
    return nummer


def _tijdstippen(antwoord: etree._Element, plek: str) -> list[str]:
    return teksten(antwoord, f"//z:antwoord/{PLEKKEN[plek]}/s:tijdstipRegistratie")


def _van(deur: Deur, nummer: str, plek: str = "zaak") -> str:
    [gevonden] = _tijdstippen(details(deur, nummer), plek)
    return gevonden


def _ongelijk(deur: Deur, *tabellen: str) -> None:
    """Make what is there older, so that what changes now is newer without waiting for a clock."""
    with deur.motor.begin() as verbinding:
        for tabel in tabellen:
            verbinding.execute(text(f"ALTER TABLE {tabel} DISABLE TRIGGER USER"))
            verbinding.execute(text(f"UPDATE {tabel} SET tijdstip_registratie = '20200101120000000'"))
            verbinding.execute(text(f"ALTER TABLE {tabel} ENABLE TRIGGER USER"))


OUD = "20200101120000000"


@pytest.mark.parametrize("plek", PLEKKEN)
def test_an_answer_says_when_it_was_registered_here_whatever_the_sender_said(deur: Deur, plek: str) -> None:
    antwoord = details(deur, _volle_zaak(deur))
    assert all(VOLLEDIG.fullmatch(een) for een in _tijdstippen(antwoord, plek))
    assert _tijdstippen(antwoord, plek) != []


def test_such_an_answer_is_valid(deur: Deur) -> None:
    [antwoord] = details(deur, _volle_zaak(deur)).iter(zkn("zakLa01"))
    assert_valid(antwoord)


@pytest.mark.parametrize(
    "scope", ["allesZonderMetagegevens", "allesZonderMetagegevensMaarKerngegevensGerelateerden", "kerngegevens"]
)
def test_a_scope_without_metagegevens_does_not_get_it(deur: Deur, scope: str) -> None:
    """StUF 03.01, 6.3.3, possibilities 3 and 5."""
    antwoord = details(deur, _volle_zaak(deur), f'StUF:scope="{scope}"')
    assert teksten(antwoord, "//z:antwoord//s:tijdstipRegistratie | //z:antwoord//s:tijdvakGeldigheid") == []
    assert teksten(antwoord, "//z:antwoord/z:object/z:identificatie") != []


@pytest.mark.parametrize("wat", ["element", "relatie", "status"])
def test_a_change_of_a_zaak_its_relations_or_its_statuses_counts(deur: Deur, wat: str) -> None:
    nummer, stil = nieuw(deur, na=status(1, "20260301")), nieuw(deur)
    _ongelijk(deur, "zaak", "zaak_relatie", "zaak_status")
    if wat == "element":
        wijzig(deur, nummer, "", "<ZKN:toelichting>x</ZKN:toelichting>")
    elif wat == "relatie":
        wijzig(deur, nummer, "", rol(ROL, nps("999990020")))
    else:
        actualiseer(deur, nummer, status(2, "20260401"))
    assert _van(deur, nummer) > OUD
    assert _van(deur, stil) == OUD
    initiator = teksten(details(deur, nummer), "//z:antwoord/z:object/z:heeftAlsInitiator/s:tijdstipRegistratie")
    assert initiator == [OUD], "a relation that did not change keeps its own"
    if wat == "status":
        assert [een > OUD for een in _tijdstippen(details(deur, nummer), "status")] == [False, True]


def test_a_message_that_changes_nothing_does_not_count(deur: Deur) -> None:
    nummer = nieuw(deur)
    _ongelijk(deur, "zaak")
    wijzig(deur, nummer, "", "<ZKN:omschrijving>Zaak</ZKN:omschrijving>")
    assert _van(deur, nummer) == OUD


def _sinds(deur: Deur, van: str, tot: str, binnen: str = "{}") -> set[str]:
    """The zaken of which something was registered between two moments."""
    nil = 'xsi:nil="true" StUF:noValue="geenWaarde"'
    bereik = "".join(
        f'<ZKN:{naam} StUF:entiteittype="ZAK">'
        + binnen.format(f"<StUF:tijdstipRegistratie{f'>{w}</StUF:tijdstipRegistratie>' if w else f' {nil}/>'}")
        + f"</ZKN:{naam}>"
        for naam, w in (("vanaf", van), ("totEnMet", tot))
    )
    bericht = lv01("", "<ZKN:identificatie xsi:nil='true'/>", rest=bereik, maximum=1000)
    antwoord = deur.gelukt("zakLv01", bericht)
    assert teksten(antwoord, "//z:melding") == []
    return set(teksten(antwoord, "//z:antwoord/z:object/z:identificatie"))


def test_what_changed_since_is_a_question(deur: Deur) -> None:
    oud, gewijzigd = nieuw(deur), nieuw(deur)
    _ongelijk(deur, "zaak")
    wijzig(deur, gewijzigd, "", "<ZKN:toelichting>x</ZKN:toelichting>")
    moment = _van(deur, gewijzigd)
    assert gewijzigd in _sinds(deur, moment, "")
    assert oud not in _sinds(deur, moment, "")
    assert {oud, gewijzigd} <= _sinds(deur, "20200101", "")
    assert oud in _sinds(deur, "", "20200101")
    assert _sinds(deur, "20200102", "20200103") == set()
    gelijk = f"<StUF:tijdstipRegistratie>{moment}</StUF:tijdstipRegistratie>"
    antwoord = deur.gelukt("zakLv01", lv01(gelijk, "<ZKN:identificatie xsi:nil='true'/>"))
    assert gewijzigd in teksten(antwoord, "//z:antwoord/z:object/z:identificatie")


STATUS = '<ZKN:heeft StUF:entiteittype="ZAKSTT">{}</ZKN:heeft>'
ANDERE = '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR">{}</ZKN:heeftBetrekkingOpAndere>'


@pytest.mark.parametrize(
    "binnen",
    [
        f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH">{{}}</ZKN:{ROL}>',
        STATUS,
        STATUS.format('<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR">{}</ZKN:isGezetDoor>'),
        ANDERE,
        ANDERE.format('<ZKN:gerelateerde StUF:entiteittype="ZAK">{}</ZKN:gerelateerde>'),
    ],
)
def test_of_relations_and_statuses_too(deur: Deur, binnen: str) -> None:
    nummer = _volle_zaak(deur)
    assert nummer in _sinds(deur, "20250101", "", binnen)
    _ongelijk(deur, "zaak", "zaak_relatie", "zaak_status", "zaak_zaak")
    assert nummer not in _sinds(deur, "20250101", "", binnen)
    assert nummer in _sinds(deur, "", "20200101", binnen)


def test_a_document_says_it_and_an_older_version_says_what_it_said(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    pad = "//z:antwoord/z:object/s:tijdstipRegistratie"
    [eerste] = teksten(lees(deur, nummer), pad)
    assert VOLLEDIG.fullmatch(eerste)
    assert VOLLEDIG.fullmatch("".join(teksten(lees(deur, nummer), "//z:isRelevantVoor/s:tijdstipRegistratie")))
    _ongelijk(deur, "document")
    werk_bij(deur, nummer, check_uit(deur, nummer), inhoud(b"twee"))
    assert "".join(teksten(lees(deur, nummer), pad)) > OUD
    assert teksten(lees(deur, nummer, versie="1.0"), pad) == [OUD]


@pytest.mark.parametrize(
    ("wordt", "wijzigt"),
    [
        ("", False),
        ("<ZKN:titel>Gezinsplan</ZKN:titel>", False),
        ("relatie", False),
        ("<ZKN:titel>Anders</ZKN:titel>", True),
        ('<ZKN:inhoud xsi:nil="true" StUF:bestandsnaam="anders.pdf"/>', True),
    ],
)
def test_a_message_that_does_not_change_a_document_does_not_count(deur: Deur, wordt: str, wijzigt: bool) -> None:
    """A relation with a zaak has a moment of its own; the name of the file is of the document."""
    nummer = voeg_toe(deur)
    _ongelijk(deur, "document")
    was = "" if wordt == "relatie" else None
    sleutel = check_uit(deur, nummer, SOEPEL) if wijzigt else None
    werk_bij(deur, nummer, sleutel, relevant(nieuw(deur)) if wordt == "relatie" else wordt, was, SOEPEL)
    [moment] = teksten(lees(deur, nummer), "//z:antwoord/z:object/s:tijdstipRegistratie")
    assert (moment > OUD) == wijzigt


def test_what_a_sender_says_of_it_is_no_change_and_no_guard(deur: Deur) -> None:
    nummer = nieuw(deur, elementen=EIGEN)
    _ongelijk(deur, "zaak")
    wijzig(deur, nummer, EIGEN, EIGEN.replace("1999", "2001"))
    assert _van(deur, nummer) == OUD


@pytest.mark.parametrize("zender", ["GWS4all", "WmoVoorziening"])
def test_a_bare_nil_of_it_asks_nothing(deur: Deur, zender: str) -> None:
    """JAXB writes one wherever it may stand, in messages of senders that are held to the schema."""
    nummer = nieuw(deur)
    kaal = '<StUF:tijdstipRegistratie xsi:nil="true"/>'
    vraag = lv01(sleutel(nummer) + kaal).replace("GWS4all", zender)
    assert teksten(deur.gelukt("zakLv01", vraag), "//z:antwoord/z:object/z:identificatie") == [nummer]

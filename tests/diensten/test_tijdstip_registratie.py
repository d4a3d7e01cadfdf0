"""When what we know was last registered here, in answers and to select on (StUF 03.01, 3.3.1, 6.3.3 and 6.4.3)."""

import re

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import lv01, mdw, nps, other, rol, status, texts
from tests.berichten.documenten import SOEPEL, inhoud, relevant
from tests.diensten.documentstappen import add, check_out, read, revise
from tests.diensten.stappen import INITIATOR, actualiseer, change, details, new, sleutel
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.zkn.names import zkn

COMPLETE = re.compile(r"20[0-9]{15}")
ROL = "heeftAlsBelanghebbende"
GEZET_DOOR = """<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>
    {}</ZKN:gerelateerde></ZKN:isGezetDoor>""".format(mdw("regie1"))
PLACES = {
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
OWN = "<StUF:tijdstipRegistratie>19990101</StUF:tijdstipRegistratie>"


def _volle_zaak(door: Door) -> str:
    who = status(1, "20260301").replace("</ZKN:heeft>", f"{OWN}{GEZET_DOOR}</ZKN:heeft>")
    relaties = rol("heeftBetrekkingOp", nps("999990019"), OWN) + rol(ROL, nps("999990019"), OWN) + INITIATOR
    others = other("heeftBetrekkingOpAndere", new(door))
    number = new(door, elementen=OWN, relaties=relaties + others, after=who)
    add(door, number)
    return number


def _tijdstippen(answer: etree._Element, spot: str) -> list[str]:
    return texts(answer, f"//z:antwoord/{PLACES[spot]}/s:tijdstipRegistratie")


def _from(door: Door, number: str, spot: str = "zaak") -> str:
    [found] = _tijdstippen(details(door, number), spot)
    return found


def _ongelijk(door: Door, *tables: str) -> None:
    """Make what is there older, so that what changes now is newer without waiting for a clock."""
    with door.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            connection.execute(text(f"UPDATE {table} SET tijdstip_registratie = '20200101120000000'"))
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


OLD = "20200101120000000"


@pytest.mark.parametrize("spot", PLACES)
def test_an_answer_says_when_it_was_registered_here_whatever_the_sender_said(door: Door, spot: str) -> None:
    answer = details(door, _volle_zaak(door))
    assert all(COMPLETE.fullmatch(one) for one in _tijdstippen(answer, spot))
    assert _tijdstippen(answer, spot) != []


def test_such_an_answer_is_valid(door: Door) -> None:
    [answer] = details(door, _volle_zaak(door)).iter(zkn("zakLa01"))
    assert_valid(answer)


@pytest.mark.parametrize(
    "scope", ["allesZonderMetagegevens", "allesZonderMetagegevensMaarKerngegevensGerelateerden", "kerngegevens"]
)
def test_a_scope_without_metagegevens_does_not_get_it(door: Door, scope: str) -> None:
    """StUF 03.01, 6.3.3, possibilities 3 and 5."""
    answer = details(door, _volle_zaak(door), f'StUF:scope="{scope}"')
    assert texts(answer, "//z:antwoord//s:tijdstipRegistratie | //z:antwoord//s:tijdvakGeldigheid") == []
    assert texts(answer, "//z:antwoord/z:object/z:identificatie") != []


@pytest.mark.parametrize("what", ["element", "relatie", "status"])
def test_a_change_of_a_zaak_its_relations_or_its_statuses_counts(door: Door, what: str) -> None:
    number, quiet = new(door, after=status(1, "20260301")), new(door)
    _ongelijk(door, "zaak", "zaak_relatie", "zaak_status")
    if what == "element":
        change(door, number, "", "<ZKN:toelichting>x</ZKN:toelichting>")
    elif what == "relatie":
        change(door, number, "", rol(ROL, nps("999990020")))
    else:
        actualiseer(door, number, status(2, "20260401"))
    assert _from(door, number) > OLD
    assert _from(door, quiet) == OLD
    initiator = texts(details(door, number), "//z:antwoord/z:object/z:heeftAlsInitiator/s:tijdstipRegistratie")
    assert initiator == [OLD], "a relation that did not change keeps its own"
    if what == "status":
        assert [one > OLD for one in _tijdstippen(details(door, number), "status")] == [False, True]


def test_a_message_that_changes_nothing_does_not_count(door: Door) -> None:
    number = new(door)
    _ongelijk(door, "zaak")
    change(door, number, "", "<ZKN:omschrijving>Zaak</ZKN:omschrijving>")
    assert _from(door, number) == OLD


def _since(door: Door, from_: str, until: str, inside: str = "{}") -> set[str]:
    """The zaken of which something was registered between two moments."""
    nil = 'xsi:nil="true" StUF:noValue="geenWaarde"'
    range_ = "".join(
        f'<ZKN:{naam} StUF:entiteittype="ZAK">'
        + inside.format(f"<StUF:tijdstipRegistratie{f'>{w}</StUF:tijdstipRegistratie>' if w else f' {nil}/>'}")
        + f"</ZKN:{naam}>"
        for naam, w in (("vanaf", from_), ("totEnMet", until))
    )
    bericht = lv01("", "<ZKN:identificatie xsi:nil='true'/>", rest=range_, maximum=1000)
    answer = door.succeeded("zakLv01", bericht)
    assert texts(answer, "//z:melding") == []
    return set(texts(answer, "//z:antwoord/z:object/z:identificatie"))


def test_what_changed_since_is_a_question(door: Door) -> None:
    old, modified = new(door), new(door)
    _ongelijk(door, "zaak")
    change(door, modified, "", "<ZKN:toelichting>x</ZKN:toelichting>")
    moment = _from(door, modified)
    assert modified in _since(door, moment, "")
    assert old not in _since(door, moment, "")
    assert {old, modified} <= _since(door, "20200101", "")
    assert old in _since(door, "", "20200101")
    assert _since(door, "20200102", "20200103") == set()
    gelijk = f"<StUF:tijdstipRegistratie>{moment}</StUF:tijdstipRegistratie>"
    answer = door.succeeded("zakLv01", lv01(gelijk, "<ZKN:identificatie xsi:nil='true'/>"))
    assert modified in texts(answer, "//z:antwoord/z:object/z:identificatie")


STATUS = '<ZKN:heeft StUF:entiteittype="ZAKSTT">{}</ZKN:heeft>'
OTHERS = '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR">{}</ZKN:heeftBetrekkingOpAndere>'


@pytest.mark.parametrize(
    "inside",
    [
        f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH">{{}}</ZKN:{ROL}>',
        STATUS,
        STATUS.format('<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR">{}</ZKN:isGezetDoor>'),
        OTHERS,
        OTHERS.format('<ZKN:gerelateerde StUF:entiteittype="ZAK">{}</ZKN:gerelateerde>'),
    ],
)
def test_of_relations_and_statuses_too(door: Door, inside: str) -> None:
    number = _volle_zaak(door)
    assert number in _since(door, "20250101", "", inside)
    _ongelijk(door, "zaak", "zaak_relatie", "zaak_status", "zaak_zaak")
    assert number not in _since(door, "20250101", "", inside)
    assert number in _since(door, "", "20200101", inside)


def test_a_document_says_it_and_an_older_version_says_what_it_said(door: Door) -> None:
    number = add(door)
    path = "//z:antwoord/z:object/s:tijdstipRegistratie"
    [first] = texts(read(door, number), path)
    assert COMPLETE.fullmatch(first)
    assert COMPLETE.fullmatch("".join(texts(read(door, number), "//z:isRelevantVoor/s:tijdstipRegistratie")))
    _ongelijk(door, "document")
    revise(door, number, check_out(door, number), inhoud(b"twee"))
    assert "".join(texts(read(door, number), path)) > OLD
    assert texts(read(door, number, versie="1.0"), path) == [OLD]


@pytest.mark.parametrize(
    ("wordt", "changes"),
    [
        ("", False),
        ("<ZKN:titel>Gezinsplan</ZKN:titel>", False),
        ("relatie", False),
        ("<ZKN:titel>Anders</ZKN:titel>", True),
        ('<ZKN:inhoud xsi:nil="true" StUF:bestandsnaam="anders.pdf"/>', True),
    ],
)
def test_a_message_that_does_not_change_a_document_does_not_count(door: Door, wordt: str, changes: bool) -> None:
    """A relation with a zaak has a moment of its own; the name of the file is of the document."""
    number = add(door)
    _ongelijk(door, "document")
    was = "" if wordt == "relatie" else None
    sleutel = check_out(door, number, SOEPEL) if changes else None
    revise(door, number, sleutel, relevant(new(door)) if wordt == "relatie" else wordt, was, SOEPEL)
    [moment] = texts(read(door, number), "//z:antwoord/z:object/s:tijdstipRegistratie")
    assert (moment > OLD) == changes


def test_what_a_sender_says_of_it_is_no_change_and_no_guard(door: Door) -> None:
    number = new(door, elementen=OWN)
    _ongelijk(door, "zaak")
    change(door, number, OWN, OWN.replace("1999", "2001"))
    assert _from(door, number) == OLD


@pytest.mark.parametrize("zender", ["GWS4all", "WmoVoorziening"])
def test_a_bare_nil_of_it_asks_nothing(door: Door, zender: str) -> None:
    """JAXB writes one wherever it may stand, in messages of senders that are held to the schema."""
    number = new(door)
    bare = '<StUF:tijdstipRegistratie xsi:nil="true"/>'
    question = lv01(sleutel(number) + bare).replace("GWS4all", zender)
    assert texts(door.succeeded("zakLv01", question), "//z:antwoord/z:object/z:identificatie") == [number]

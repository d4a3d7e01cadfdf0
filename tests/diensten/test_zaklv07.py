"""zakLv07: a zaak with its materiële historie, as far as it is kept: relations that ended (StUF 03.01, 6.4.6)."""

from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import lv01, new_number, nps, other, rol, status, texts
from tests.berichten.documenten import document, edc, edc_lk01, relevant
from tests.diensten.stappen import INITIATOR, actualiseer, change, element, new, sleutel
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

ALL = 'StUF:scope="alles"'
GONE, STAYS, OTHER = "999990019", "999990020", "999990032"


def end(on: str) -> str:
    """The end of a relation."""
    begin = "<StUF:beginRelatie>20260101</StUF:beginRelatie>"
    return f"<StUF:tijdvakRelatie>{begin}<StUF:eindRelatie>{on}</StUF:eindRelatie></StUF:tijdvakRelatie>"


def history(door: Door, number: str, scope: str = ALL) -> etree._Element:
    """The zaak in a zakLa07, which the schema allows."""
    envelope = door.succeeded("zakLv07", lv01(sleutel(number), scope).replace("Lv01", "Lv07"))
    [answer] = envelope.findall(".//{*}zakLa07")
    assert check(parse(etree.tostring(answer))) == []
    assert answer.findtext(".//{*}berichtcode") == "La07"
    return answer


def of_relation(answer: etree._Element, naam: str) -> list[tuple[str, str]]:
    """The number of whoever a relation leads to, and its end, in their order."""
    return [
        ("".join(texts(one, ".//b:inp.bsn | .//z:identificatie")), "".join(texts(one, ".//s:eindRelatie")))
        for one in answer.findall(f"{{*}}antwoord/{{*}}object/{{*}}{naam}")
    ]


def belanghebbende(bsn: str, soort: str = "T", extra: str = "") -> str:
    return rol("heeftAlsBelanghebbende", nps(bsn, soort="I" if soort == "E" else "T"), extra, soort)


def test_roles_that_ended_follow_those_that_hold(door: Door) -> None:
    """The last one that ended goes first; one without a date ended when the message came."""
    number = new(door, relaties=INITIATOR + "".join(map(belanghebbende, (GONE, STAYS, OTHER))))
    for bsn, extra in ((OTHER, end("20260201")), (GONE, "")):
        change(door, number, belanghebbende(bsn, "E", extra), "")
    assert len(element(door, number, "z:heeftAlsBelanghebbende")) == 1
    first, second, third = of_relation(history(door, number), "heeftAlsBelanghebbende")
    assert first == (STAYS, "")
    assert second[0] == GONE
    assert second[1].startswith("20")
    assert third == (OTHER, "20260201")


def test_a_relation_that_was_removed_is_no_history(door: Door) -> None:
    """V says that it never was, or does not matter (docs/afwijkingen.md 48)."""
    number = new(door, relaties=INITIATOR + belanghebbende(GONE))
    change(door, number, belanghebbende(GONE, "V"), "", "C")
    assert of_relation(history(door, number), "heeftAlsBelanghebbende") == [("", "")]


def test_related_zaken_and_documents_that_ended(door: Door) -> None:
    number, related, key = new(door), new(door), new_number()
    door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", document(key, number, related)))
    change(door, number, "", other("heeftBetrekkingOpAndere", related))
    change(door, number, other("heeftBetrekkingOpAndere", related, "E"), "")
    gone = sleutel(key) + relevant(number, "E", end("20260301"))
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(gone), edc(sleutel(key))))
    for one in (number, related):
        [(who, when)] = of_relation(history(door, one), "heeftBetrekkingOpAndere")
        assert when
        assert who.startswith(related if one == number else number)
    assert of_relation(history(door, number), "heeftRelevant") == [(key, "20260301")]
    assert of_relation(history(door, related), "heeftRelevant") == [(key, "")]


def test_all_statuses_are_there_with_their_dates(door: Door) -> None:
    number = new(door)
    actualiseer(door, number, status(1, "20260301"))
    actualiseer(door, number, status(2, "20260401"))
    answer = history(door, number)
    assert texts(answer, "//z:heeft/z:datumStatusGezet")[-2:] == ["20260301", "20260401"]


def test_the_end_is_there_when_only_the_relation_is_asked(door: Door) -> None:
    number = new(door, relaties=INITIATOR + belanghebbende(GONE))
    change(door, number, belanghebbende(GONE, "E", end("20260201")), "")
    who = """<ZKN:heeftAlsBelanghebbende StUF:entiteittype="ZAKBTRBLH"><ZKN:gerelateerde>
      <ZKN:natuurlijkPersoon StUF:entiteittype="NPS"><BG:inp.bsn xsi:nil="true"/></ZKN:natuurlijkPersoon>
      </ZKN:gerelateerde></ZKN:heeftAlsBelanghebbende>"""
    assert of_relation(history(door, number, who), "heeftAlsBelanghebbende") == [(GONE, "20260201")]
    nothing = history(door, number, '<ZKN:identificatie xsi:nil="true"/>')
    assert of_relation(nothing, "heeftAlsBelanghebbende") == []


def test_who_is_shown_so_is_on_record(door: Door) -> None:
    number = new(door, relaties=INITIATOR + belanghebbende(GONE))
    change(door, number, belanghebbende(GONE, "E"), "")

    def people(dienst: str) -> int:
        question = lv01(sleutel(number), ALL).replace("Lv01", dienst[-4:])
        door.succeeded(dienst, question)
        with door.engine.connect() as connection:
            asked = text("""SELECT count(*) FROM inzage_betrokkene
                            WHERE inzage_id = (SELECT max(id) FROM inzage)""")
            return int(connection.execute(asked).scalar_one())

    assert (people("zakLv01"), people("zakLv07")) == (0, 1)


def test_many_zaken_take_as_many_statements_as_one(door: Door) -> None:
    statements = []
    for zaken in (1, 4):
        mark = f"<ZKN:toelichting>{new_number()}</ZKN:toelichting>"
        for _ in range(zaken):
            number = new(door, relaties=INITIATOR + belanghebbende(GONE))
            change(door, number, "", mark)
            change(door, number, belanghebbende(GONE, "E"), "")
        with count_statements() as counter:
            answer = door.succeeded("zakLv07", lv01(mark, ALL).replace("Lv01", "Lv07"))
        assert len(texts(answer, "//z:heeftAlsBelanghebbende")) == zaken
        statements.append(counter.aantal)
    assert statements[0] == statements[1]

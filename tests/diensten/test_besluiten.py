"""Besluiten of zaken (ZDS 1.2, 4.1.7 - 4.1.11): one besluit, whatever message tells it."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.besluiten import (
    SOEPEL,
    TOEKENNING,
    besluitdetails,
    bsl,
    genereer_besluit,
    lijst_besluiten,
    niet_vastgelegd,
    update_besluit,
    vastgelegd,
    voeg_toe,
)
from tests.berichten.bouw import NO, lk01, new_number, texts, zaak
from tests.berichten.bouw import element as parsed
from tests.berichten.documenten import edc_select, of_zaak
from tests.diensten.besluitstappen import (
    OBJECT,
    add_besluit,
    change_besluit,
    exchange,
    fout,
    listed,
    of_besluit,
    succeeded,
    together,
)
from tests.diensten.documentstappen import add as add_document
from tests.diensten.documentstappen import element as of_document
from tests.diensten.stappen import INITIATOR, change, element, new, sleutel
from tests.diensten.test_bewaartermijn import archief, closed, with_rule
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.stuf.xml import canonical
from regiesysteem.zakenmagazijn.messages import draw_besluitidentificatie

REFUSING = 'code = "B1026"'
FULL = (
    "<ZKN:bst.omschrijving>Toekenning</ZKN:bst.omschrijving><ZKN:datumBeslissing>20260301</ZKN:datumBeslissing>"
    "<ZKN:toelichting>Zes maanden &amp; langer</ZKN:toelichting>"
    "<ZKN:ingangsdatumWerking>20260401</ZKN:ingangsdatumWerking><ZKN:einddatumWerking>20261001</ZKN:einddatumWerking>"
    "<ZKN:vervalreden>Besluit met tijdelijke werking</ZKN:vervalreden>"
    "<ZKN:datumPublicatie>20260302</ZKN:datumPublicatie>"
    f"<ZKN:datumVerzending {NO}/>"
    '<ZKN:datumUiterlijkeReactie StUF:indOnvolledigeDatum="M">20260501</ZKN:datumUiterlijkeReactie>'
    "<StUF:tijdvakGeldigheid><StUF:beginGeldigheid>20260101</StUF:beginGeldigheid>"
    f"<StUF:eindGeldigheid {NO}/></StUF:tijdvakGeldigheid>"
    '<StUF:extraElementen><StUF:extraElement naam="kanaal">post</StUF:extraElement></StUF:extraElementen>'
)
"""Every element that a besluit can have in a message."""
LEIDT_TOT = """<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="BSL" StUF:verwerkingssoort="T">
    <ZKN:identificatie>{nummer}</ZKN:identificatie><ZKN:bst.omschrijving>Afwijzing</ZKN:bst.omschrijving>
    </ZKN:gerelateerde></ZKN:leidtTot>"""


# --- Its number


def test_a_number_is_given_out_once_with_the_gemeentecode_first(door: Door) -> None:
    drawn = [succeeded(door, genereer_besluit()) for _ in range(2)]
    numbers = [texts(answer, "//z:identificatie") for answer in drawn]
    assert numbers[0] != numbers[1]
    assert all(number.startswith("1900") and len(number) == 14 for [number] in numbers)


def test_the_same_question_for_a_number_gets_the_same_one(door: Door) -> None:
    message = genereer_besluit()
    first, again = succeeded(door, message), succeeded(door, message)
    assert texts(first, "//z:identificatie") == texts(again, "//z:identificatie")


def test_numbers_that_besluiten_have_are_skipped(engine: Engine) -> None:
    taken = text("""
        INSERT INTO object (entiteittype, sleutel)
        SELECT 'BSL', 'besluit:1900' || lpad(n::text, 10, '0') FROM generate_series(2, 30) n
    """)
    with engine.begin() as connection:
        draw_besluitidentificatie(connection, "1900")
        connection.execute(taken)
        assert draw_besluitidentificatie(connection, "1900") == "19000000000031"


# --- A new besluit


def test_what_is_told_of_a_besluit_comes_back(door: Door) -> None:
    number, besluit = new(door), new_number()
    document = add_document(door, number, titel="Beschikking")
    succeeded(door, voeg_toe(besluit, number, FULL + vastgelegd(document)))
    [node] = succeeded(door, besluitdetails(besluit)).iterfind(".//{*}antwoord/{*}object")
    for child in parsed(voeg_toe(besluit, number, FULL)).iterfind(".//{*}besluit/*"):
        [back] = node.findall(child.tag)
        assert canonical(back) == canonical(child)
    assert texts(node, "z:isUitkomstVan/z:gerelateerde/z:identificatie") == [number]
    assert texts(node, "z:isVastgelegdIn/z:gerelateerde/z:identificatie") == [document]
    assert texts(node, "z:isVastgelegdIn/z:gerelateerde/z:titel") == ["Beschikking"]


_VALUES = {
    **dict.fromkeys(("bst.omschrijving", "toelichting"), st.sampled_from(["Ja", " é ", "a&amp;b &lt;c&gt;"])),
    **dict.fromkeys(
        ("datumBeslissing", "ingangsdatumWerking", "einddatumWerking", "datumPublicatie", "datumVerzending"),
        st.dates(date(1900, 1, 1)).map(lambda day: f"{day:%Y%m%d}"),
    ),
}
_NO_VALUES = ("geenWaarde", "waardeOnbekend", "nietGeautoriseerd", "nietOndersteund", "vastgesteldOnbekend")
_NOTHING = st.sampled_from(_NO_VALUES).map(lambda soort: f'xsi:nil="true" StUF:noValue="{soort}"')
_ORDER = [child.tag.rpartition("}")[2] for child in parsed(voeg_toe("", "", FULL)).iterfind(".//{*}besluit/*")]


_DRAWN = {naam: st.tuples(drawn, st.none() | _NOTHING) for naam, drawn in _VALUES.items()}
_REQUIRED = ("datumBeslissing", "ingangsdatumWerking")


@given(
    st.fixed_dictionaries(
        {naam: _DRAWN[naam] for naam in _REQUIRED},
        optional={naam: drawn for naam, drawn in _DRAWN.items() if naam not in _REQUIRED},
    )
)
@settings(max_examples=12)
def test_whatever_a_besluit_says_comes_back(door: Door, drawn: dict[str, tuple[str, str | None]]) -> None:
    said = "".join(
        f"<ZKN:{naam} {empty}/>" if empty else f"<ZKN:{naam}>{value}</ZKN:{naam}>"
        for naam, (value, empty) in sorted(drawn.items(), key=lambda one: _ORDER.index(one[0]))
    )
    besluit = new_number()
    message = voeg_toe(besluit, new(door), said)
    succeeded(door, message)
    answer = succeeded(door, besluitdetails(besluit))
    for child in parsed(message).iterfind(".//{*}besluit/*"):
        [back] = answer.findall(f".//{{*}}antwoord/{{*}}object/{child.tag}")
        assert canonical(back) == canonical(child)


def test_it_stands_in_the_details_of_its_zaak_and_in_its_list(door: Door) -> None:
    number = new(door)
    first, second = add_besluit(door, number), add_besluit(door, number)
    path = "z:leidtTot/z:gerelateerde"
    assert element(door, number, f"{path}/z:identificatie") == [first, second]
    assert element(door, number, f"{path}/z:toelichting") == ["Zes maanden"] * 2
    assert listed(door, number) == [first, second]
    assert listed(door, new(door)) == []


def test_a_besluit_that_a_zaak_was_registered_with_is_found(door: Door) -> None:
    number, besluit = new_number(), new_number()
    after = LEIDT_TOT.format(soort="T", nummer=besluit)
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=INITIATOR, after=after)))
    assert of_besluit(door, besluit, "z:bst.omschrijving") == ["Afwijzing"]
    assert of_besluit(door, besluit, "z:isUitkomstVan/z:gerelateerde/z:identificatie") == [number]
    change_besluit(door, bsl(besluit), bsl(besluit, "<ZKN:toelichting>Nader</ZKN:toelichting>"))
    assert element(door, number, "z:leidtTot/z:gerelateerde/z:toelichting") == ["Nader"]


@pytest.mark.parametrize("soort", ["V", "E"])
def test_a_besluit_that_its_zaak_lost_is_gone_and_its_number_is_free(door: Door, soort: str) -> None:
    number = new(door)
    besluit = add_besluit(door, number, rest=TOEKENNING + vastgelegd(add_document(door, number)))
    empty = f'<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="{soort}" {NO}/>'
    change(door, number, LEIDT_TOT.format(soort=soort, nummer=besluit).replace("Afwijzing", "Toekenning"), empty)
    assert of_besluit(door, besluit, "*") == []
    assert fout(door, update_besluit(bsl(besluit), bsl(besluit)))[0] == "StUF064"
    succeeded(door, voeg_toe(besluit, number))
    assert of_besluit(door, besluit, "z:isVastgelegdIn/z:gerelateerde/z:identificatie") == []


def test_a_besluit_that_a_zaak_is_about_is_no_outcome_of_it(door: Door) -> None:
    besluit, bezwaar = new_number(), new_number()
    about = f"""<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ" StUF:verwerkingssoort="T"><ZKN:gerelateerde>
      <ZKN:besluit StUF:entiteittype="BSL" StUF:verwerkingssoort="T"><ZKN:identificatie>{besluit}</ZKN:identificatie>
      </ZKN:besluit></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"""
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(bezwaar, relaties=about + INITIATOR)))
    assert of_besluit(door, besluit, "*") == []
    number = new(door)
    succeeded(door, voeg_toe(besluit, number))
    assert of_besluit(door, besluit, "z:isUitkomstVan/z:gerelateerde/z:identificatie") == [number]
    assert of_besluit(door, besluit, "z:bst.omschrijving") == ["Toekenning"]


def test_a_number_that_is_taken_is_refused_also_by_another_zaak(door: Door) -> None:
    besluit = add_besluit(door)
    code, details = fout(door, voeg_toe(besluit, new(door)))
    assert (code, besluit in details) == ("StUF067", True)


def test_a_new_besluit_needs_its_zaak_and_its_documents(door: Door) -> None:
    assert fout(door, voeg_toe(new_number(), new_number()))[0] == "StUF064"
    assert fout(door, voeg_toe(new_number(), new(door), TOEKENNING + vastgelegd("1900DGEEN")))[0] == "StUF064"


def test_a_new_besluit_of_a_lenient_sender_needs_a_number_and_is_new(door: Door) -> None:
    number = new(door)
    assert fout(door, voeg_toe("", number, zender=SOEPEL))[0] == "StUF055"
    assert fout(door, voeg_toe(new_number(), number, soort="W", zender=SOEPEL))[0] == "StUF055"


def test_the_same_message_twice_is_one_besluit_and_another_with_its_number_is_refused(door: Door) -> None:
    number, besluit, ref = new(door), new_number(), new_number()
    message = voeg_toe(besluit, number, ref=ref)
    succeeded(door, message)
    before = door.counts()
    succeeded(door, message)
    assert door.counts() == before
    assert fout(door, voeg_toe(new_number(), number, ref=ref))[0] == "StUF016"


# --- A change


def test_a_change_touches_what_it_names_and_shows_everywhere(door: Door) -> None:
    number = new(door)
    besluit = add_besluit(door, number)
    was = "<ZKN:bst.omschrijving>Toekenning</ZKN:bst.omschrijving><ZKN:toelichting>Zes maanden</ZKN:toelichting>"
    wordt = f"<ZKN:bst.omschrijving>Verlenging</ZKN:bst.omschrijving><ZKN:toelichting {NO}/>"
    change_besluit(door, bsl(besluit, was), bsl(besluit, wordt))
    assert of_besluit(door, besluit, "z:bst.omschrijving") == ["Verlenging"]
    assert of_besluit(door, besluit, "z:toelichting[not(@xsi:nil)]".replace("@xsi:nil", "@*")) == []
    assert of_besluit(door, besluit, "z:ingangsdatumWerking") == ["20260401"]
    assert element(door, number, "z:leidtTot/z:gerelateerde/z:bst.omschrijving") == ["Verlenging"]


def test_a_change_of_what_is_otherwise_by_now_is_refused(make_door: Callable[..., Door]) -> None:
    door = make_door(**{REFUSING: REFUSING + '\nwas = "weigeren"'})
    besluit = add_besluit(door)
    then = "<StUF:tijdstipRegistratie>20200101</StUF:tijdstipRegistratie>"  # is ours, and guards nothing
    change_besluit(door, bsl(besluit, then), bsl(besluit, "<ZKN:datumPublicatie>20260501</ZKN:datumPublicatie>"))
    was = bsl(besluit, "<ZKN:toelichting>Een jaar</ZKN:toelichting>")
    code, details = fout(door, update_besluit(was, bsl(besluit, "<ZKN:toelichting>Nader</ZKN:toelichting>")))
    assert (code, "Zes maanden" in details) == ("StUF063", True)
    assert of_besluit(door, besluit, "z:toelichting") == ["Zes maanden"]


def test_documents_of_a_besluit_come_and_go(door: Door) -> None:
    number = new(door)
    first, second = add_document(door, number), add_document(door, number)
    besluit = add_besluit(door, number, rest=TOEKENNING + vastgelegd(first))
    path = "z:isVastgelegdIn/z:gerelateerde/z:identificatie"
    change_besluit(door, bsl(besluit, niet_vastgelegd("T")), bsl(besluit, vastgelegd(second)))
    assert sorted(of_besluit(door, besluit, path)) == sorted([first, second])
    change_besluit(door, bsl(besluit, vastgelegd(first, "V")), bsl(besluit, niet_vastgelegd("V")))
    assert of_besluit(door, besluit, path) == [second]
    change_besluit(door, bsl(besluit, vastgelegd(second, "E")), bsl(besluit, niet_vastgelegd("E")))
    assert of_besluit(door, besluit, path) == []
    gone = update_besluit(bsl(besluit, vastgelegd(first, "V")), bsl(besluit, niet_vastgelegd("V")))
    assert fout(door, gone)[0] == "StUF064"


def test_a_document_tells_what_besluiten_it_records(door: Door) -> None:
    number = new(door)
    document = add_document(door, number)
    path = "z:kanVastleggingZijnVan/z:gerelateerde"
    assert of_document(door, document, f"{path}/z:identificatie") == []
    besluit = add_besluit(door, number, rest=TOEKENNING + vastgelegd(document))
    change_besluit(door, bsl(besluit), bsl(besluit, "<ZKN:toelichting>Nader</ZKN:toelichting>"))
    assert of_document(door, document, f"{path}/z:identificatie") == [besluit]
    assert of_document(door, document, f"{path}/z:toelichting") == ["Nader"]
    listed_ = door.succeeded("edcLv01", edc_select(of_zaak(sleutel(number))))
    assert texts(listed_, f"{OBJECT}/{path}/z:toelichting") == ["Nader"]
    change_besluit(door, bsl(besluit, vastgelegd(document, "E")), bsl(besluit, niet_vastgelegd("E")))
    assert of_document(door, document, f"{path}/z:identificatie") == []


def test_a_change_needs_a_besluit_and_keeps_its_number(door: Door) -> None:
    besluit = add_besluit(door)
    nobody = new_number()
    assert fout(door, update_besluit(bsl(nobody), bsl(nobody)))[0] == "StUF064"
    assert fout(door, update_besluit(bsl(besluit), bsl(nobody)))[0] == "StUF055"
    told = "<ZKN:toelichting>Zes maanden</ZKN:toelichting>"
    assert fout(door, update_besluit(bsl("", told), bsl(""), zender=SOEPEL))[0] == "StUF055"


def test_a_besluit_is_an_update_of_its_zaak(door: Door) -> None:
    """Its audit line is what subscribers are told of, and the zaak says that it changed."""
    number = new(door)
    moment = element(door, number, "s:tijdstipRegistratie")
    besluit = add_besluit(door, number)
    change_besluit(door, bsl(besluit), bsl(besluit, "<ZKN:toelichting>Nader</ZKN:toelichting>"))
    lines = text(
        "SELECT gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id WHERE z.identificatie = :n ORDER BY a.id"
    )
    events = text("SELECT gebeurtenis FROM gebeurtenis WHERE zaakidentificatie = :n ORDER BY id")
    with door.engine.connect() as connection:
        assert connection.execute(lines, {"n": number}).scalars().all() == [[], ["leidtTot"], ["leidtTot"]]
        told = connection.execute(events, {"n": number}).scalars().all()
    assert told == ["Creeer zaak", "Update zaak", "Update zaak"]
    assert element(door, number, "s:tijdstipRegistratie") > moment


# --- The questions


def test_a_question_gets_what_it_asks_and_what_the_schema_requires(door: Door) -> None:
    besluit = add_besluit(door)
    answer = succeeded(door, besluitdetails(besluit, "<ZKN:toelichting xsi:nil='true'/>"))
    [node] = answer.iterfind(".//{*}antwoord/{*}object")
    assert [etree.QName(child).localname for child in node] == [
        *("identificatie", "datumBeslissing", "toelichting", "ingangsdatumWerking", "tijdvakGeldigheid"),
        "isUitkomstVan",
    ]
    for scope in ("kerngegevens", "allesZonderMetagegevens", "allesMaarKerngegevensGerelateerden"):
        succeeded(door, besluitdetails(besluit, f'StUF:scope="{scope}"'))


def test_a_besluit_that_is_not_there_is_an_empty_answer(door: Door) -> None:
    answer = succeeded(door, besluitdetails(new_number()))
    assert texts(answer, OBJECT) == []
    assert fout(door, besluitdetails("", zender=SOEPEL))[0] == "StUF055"


def test_the_list_has_what_it_asks_and_nothing_else_of_the_zaak(door: Door) -> None:
    number = new(door)
    add_besluit(door, number)
    path = f"{OBJECT}/z:leidtTot/z:gerelateerde"
    answer = succeeded(door, lijst_besluiten(number))
    assert texts(answer, f"{OBJECT}/z:omschrijving | {path}/z:toelichting") == []
    assert texts(answer, f"{path}/z:ingangsdatumWerking") == ["20260401"]
    for scope, told in (("alles", ["Zes maanden"]), ("kerngegevens", [])):
        answer = assert_valid(exchange(door, lijst_besluiten(number, scope=f'StUF:scope="{scope}"', zender=SOEPEL)))
        assert texts(answer, f"{path}/z:ingangsdatumWerking") == ["20260401"]
        assert texts(answer, f"{OBJECT}/z:omschrijving | {path}/z:toelichting") == told


# --- What else follows


def test_a_besluit_decides_when_its_closed_zaak_goes(make_door: Callable[..., Door]) -> None:
    door = with_rule(make_door, afleidingswijze="ingangsdatum_besluit")
    number = closed(door)
    assert archief(door, number) == ["J", ""]
    besluit = add_besluit(door, number)
    assert archief(door, number) == ["J", "20410401"]
    change_besluit(door, bsl(besluit), bsl(besluit, "<ZKN:ingangsdatumWerking>20260501</ZKN:ingangsdatumWerking>"))
    assert archief(door, number) == ["J", "20410501"]


def test_of_equal_numbers_at_once_one_is_registered_and_changes_are_all_applied(door: Door) -> None:
    zaken, besluit = [new(door) for _ in range(6)], new_number()
    answers = together(door, [voeg_toe(besluit, number) for number in zaken])
    assert Counter(answers) == {"Bv03": 1, "StUF067": 5}
    elements = ("bst.omschrijving", "toelichting", "einddatumWerking", "datumPublicatie", "datumVerzending")
    values = {naam: "20260707" if naam.startswith(("datum", "eind")) else "Samen" for naam in elements}
    messages = [
        update_besluit(bsl(besluit), bsl(besluit, f"<ZKN:{naam}>{value}</ZKN:{naam}>"))
        for naam, value in values.items()
    ]
    assert Counter(together(door, messages)) == {"Bv03": 5}
    assert {naam: of_besluit(door, besluit, f"z:{naam}")[0] for naam in elements} == values

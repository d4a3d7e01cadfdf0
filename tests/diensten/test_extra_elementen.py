"""Each naam in StUF:extraElementen is an element of its own, wherever it stands (StUF 03.01, 3.2.4.1 and 5.2.4)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import lv01, new_number, nps, other, rol, status, texts
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.diensten import documentstappen
from tests.diensten.stappen import INITIATOR, change, details, element, new, refuse
from tests.soap.conftest import Door

from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import zkn

BSN = "999990019"
ROL = "heeftAlsBelanghebbende"
ALLES = 'StUF:scope="alles"'


def one(naam: str, waarde: str | None = None, *, soort: str = "geenWaarde", rest: str = "") -> str:
    """An extraElement, without a value when none is given."""
    if waarde is None:
        return f'<StUF:extraElement naam="{naam}" xsi:nil="true" StUF:noValue="{soort}"{rest}/>'
    return f'<StUF:extraElement naam="{naam}"{rest}>{waarde}</StUF:extraElement>'


def extra(*parts: str, **waarden: str) -> str:
    """The container, with these extraElementen."""
    return f"<StUF:extraElementen>{''.join((*parts, *(one(n, w) for n, w in waarden.items())))}</StUF:extraElementen>"


def _in_zaak(what: str) -> tuple[str, str]:
    return what, "z:object/s:extraElementen"


def _in_relatie(what: str) -> tuple[str, str]:
    return rol(ROL, nps(BSN), what, "W"), f"z:object/z:{ROL}/s:extraElementen"


def _in_object(what: str) -> tuple[str, str]:
    return rol(
        ROL, nps(BSN, soort="W", extra=what), soort="I"
    ), f"z:object/z:{ROL}//z:natuurlijkPersoon/s:extraElementen"


def _in_status(what: str) -> tuple[str, str]:
    who = status(1, "20260301", "W")
    return who.replace("</ZKN:heeft>", f"{what}</ZKN:heeft>"), "z:object/z:heeft/s:extraElementen"


PLACES = pytest.mark.parametrize("spot", [_in_zaak, _in_relatie, _in_object, _in_status])


def _zaak(door: Door, spot: Callable[[str], tuple[str, str]], what: str) -> str:
    """A zaak that has the relation and the status, with these extraElementen in one place."""
    number = new(door, relaties=rol(ROL, nps(BSN)) + INITIATOR, after=status(1, "20260301"))
    change(door, number, "", spot(what)[0])
    return number


def _state(
    door: Door, number: str, spot: Callable[[str], tuple[str, str]], scope: str = ALLES
) -> list[tuple[str, str]]:
    """The extraElementen of that place in an answer, as (naam, text or noValue)."""
    [answer] = details(door, number, scope).iter(zkn("zakLa01"))
    assert check(answer) == []
    path = f"//z:antwoord/{spot('')[1]}/s:extraElement"
    return [
        (naam, text or "".join(texts(answer, f"{path}[{place}]/@s:noValue")))
        for place, (naam, text) in enumerate(zip(texts(answer, f"{path}/@naam"), texts(answer, path), strict=True), 1)
    ]


@PLACES
def test_a_naam_that_is_not_named_is_unchanged_and_geenwaarde_clears_one(
    door: Door, spot: Callable[[str], tuple[str, str]]
) -> None:
    number = _zaak(door, spot, extra(reden="verhuizing", inkomen="1200"))
    change(door, number, "", spot(extra(betaald="ja"))[0])
    assert _state(door, number, spot) == [("reden", "verhuizing"), ("inkomen", "1200"), ("betaald", "ja")]
    change(door, number, "", spot(extra(one("reden"), inkomen="1300"))[0])
    assert _state(door, number, spot) == [("inkomen", "1300"), ("betaald", "ja")]
    change(
        door,
        number,
        "",
        spot(extra(one("inkomen", soort="nietOndersteund"), one("betaald", soort="waardeOnbekend")))[0],
    )
    assert _state(door, number, spot) == [("inkomen", "1300"), ("betaald", "waardeOnbekend")]
    change(door, number, "", spot(extra(one("inkomen"), one("betaald")))[0])
    assert _state(door, number, spot) == []


@PLACES
def test_was_guards_each_naam_by_itself(make_door: Callable[..., Door], spot: Callable[[str], tuple[str, str]]) -> None:
    streng = make_door(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    number = _zaak(streng, spot, extra(a="1", b="2"))
    change(streng, number, spot(extra(a="1"))[0], spot(extra(a="9"))[0])
    assert _state(streng, number, spot) == [("a", "9"), ("b", "2")]
    change(streng, number, spot(extra(b="2", a="x"))[0], spot(extra(a="x", b="3"))[0])
    assert _state(streng, number, spot) == [("a", "9"), ("b", "3")], "equal in was and wordt only identifies"
    code, details_ = refuse(streng, number, spot(extra(a="1"))[0], spot(extra(a="10"))[0])
    assert (code, "extraElementen/a: in was '1', in de registratie '9'" in details_) == ("StUF063", True)
    change(streng, number, spot(extra(one("c")))[0], spot(extra(c="nieuw"))[0])
    assert _state(streng, number, spot) == [("a", "9"), ("b", "3"), ("c", "nieuw")]


@PLACES
def test_a_naam_that_repeats_has_after_a_change_the_values_that_wordt_says(
    door: Door, spot: Callable[[str], tuple[str, str]]
) -> None:
    """StUF 03.01, 5.2.4: all values of a repeating element stand in the message."""
    twee = extra(one("tel", "1"), one("tel", "2"), one("ander", "x"))
    number = _zaak(door, spot, twee)
    change(door, number, spot(twee)[0], spot(extra(one("tel", "2"), one("tel", "3")))[0])
    assert _state(door, number, spot) == [("tel", "2"), ("tel", "3"), ("ander", "x")]
    change(door, number, spot(extra(one("tel", "3"), one("tel", "2")))[0], spot("")[0])
    assert _state(door, number, spot) == [("ander", "x")]


@PLACES
def test_an_attribute_of_an_extra_element_is_part_of_it(door: Door, spot: Callable[[str], tuple[str, str]]) -> None:
    day = ' StUF:indOnvolledigeDatum="D"'
    number = _zaak(door, spot, extra(one("dag", "20260101", rest=day)))
    change(door, number, spot(extra(one("dag", "20260101", rest=day)))[0], spot(extra(dag="20260115"))[0])
    path = f"//z:antwoord/{spot('')[1]}/s:extraElement"
    assert texts(details(door, number), f"{path}/@s:indOnvolledigeDatum") == []
    assert texts(details(door, number), path) == ["20260115"]


SCOPES = {
    _in_zaak: "{}",
    _in_relatie: f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH"><ZKN:gerelateerde/>{{}}</ZKN:{ROL}>',
    _in_object: f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH"><ZKN:gerelateerde><ZKN:natuurlijkPersoon '
    f'StUF:entiteittype="NPS">{{}}</ZKN:natuurlijkPersoon></ZKN:gerelateerde></ZKN:{ROL}>',
    _in_status: '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT"/>{}</ZKN:heeft>',
}


@PLACES
def test_a_scope_that_names_one_gets_that_one(door: Door, spot: Callable[[str], tuple[str, str]]) -> None:
    """StUF 03.01, 6.3.3; what is asked and not there says so (6.4.2)."""

    def question(*names: str) -> list[tuple[str, str]]:
        asked = "".join(f'<StUF:extraElement naam="{naam}" xsi:nil="true"/>' for naam in names)
        scope = SCOPES[spot].format(f"<StUF:extraElementen>{asked}</StUF:extraElementen>")
        return _state(door, number, spot, scope)

    number = _zaak(door, spot, extra(geometrie="POINT(1 2)", inkomen="1200"))
    empty = "waardeOnbekend" if spot is _in_object else "geenWaarde"
    assert question("geometrie") == [("geometrie", "POINT(1 2)")]
    assert question("weg", "inkomen") == [("weg", empty), ("inkomen", "1200")]
    change(door, number, "", spot(extra(one("geometrie"), one("inkomen")))[0])
    assert question("geometrie") == [("geometrie", empty)]
    assert sorted(_state(door, number, spot)) == []


def test_what_another_zaak_told_of_a_person_stays_beside_what_this_one_tells(door: Door) -> None:
    bsn = "999990020"

    def with_(what: str) -> str:
        return new(door, relaties=rol(ROL, nps(bsn, extra=what)) + INITIATOR)

    first, second, derde = with_(extra(a="1", b="1")), with_(extra(b="2")), with_(extra(one("a")))
    assert [_state(door, number, _in_object) for number in (first, second, derde)] == [
        [("a", "1"), ("b", "1")],
        [("a", "1"), ("b", "2")],
        [("b", "1")],
    ]


@pytest.mark.parametrize("naam", ["heeftAlsDeelzaak", "heeftBetrekkingOpAndere"])
def test_of_a_relation_between_zaken_too(door: Door, naam: str) -> None:
    number, second = new(door), new(door)

    def relatie(soort: str, what: str) -> str:
        return other(naam, second, soort).replace(f"</ZKN:{naam}>", f"{what}</ZKN:{naam}>")

    change(door, number, "", relatie("T", extra(a="1", b="2")))
    change(door, number, relatie("W", extra(a="1")), relatie("W", extra(a="9")))
    change(door, number, "", relatie("T", extra(c="3")) + relatie("T", extra(d="4")))
    assert element(door, number, f"z:{naam}/s:extraElementen/s:extraElement") == ["9", "2", "3", "4"]


def test_of_a_document_and_its_relation_too(door: Door) -> None:
    zaak, number = new(door), new_number()
    bare = document(number, zaak, file=inhoud(b"een"))

    def with_(own: str, relatie: str) -> str:
        return bare.replace("<ZKN:isRelevantVoor", f"{own}<ZKN:isRelevantVoor").replace(
            "</ZKN:isRelevantVoor>", f"{relatie}</ZKN:isRelevantVoor>"
        )

    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", with_(extra(a="1", b="2"), extra(r="1", s="2"))))
    modified = with_(extra(b="3"), extra(s="3")).replace(inhoud(b"een"), "").replace(
        'EDC" StUF:verwerkingssoort="T"', 'EDC" StUF:verwerkingssoort="W"')  # fmt: skip
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("W", modified))
    assert documentstappen.element(door, number, "s:extraElementen/s:extraElement") == ["1", "3"]
    assert documentstappen.element(door, number, "z:isRelevantVoor/s:extraElementen/s:extraElement") == ["1", "3"]


def test_domain_data_are_replaced_by_those_of_the_same_form_only(door: Door) -> None:
    """The coding and media type do not count; an extraElement that the change does not name stays."""
    iwmo, ijw = "domeingegevens/iWmo", "domeingegevens/iJw"
    number = new(door)
    change(door, number, "", extra(one(iwmo, "een"), one(f"{ijw};codering=base64", "dHdlZQ=="), one("a", "1")))
    change(door, number, "", extra(one(f"{iwmo};mediatype=text/plain", "drie")))
    expected = [(f"{iwmo};mediatype=text/plain", "drie"), (f"{ijw};codering=base64", "dHdlZQ=="), ("a", "1")]
    assert _state(door, number, _in_zaak) == expected
    scope = f'<StUF:extraElementen><StUF:extraElement naam="{ijw}" xsi:nil="true"/></StUF:extraElementen>'
    assert _state(door, number, _in_zaak, scope) == expected[1:2]


def test_an_xml_element_in_one_of_a_sender_that_is_soepel_stays(door: Door) -> None:
    number = new(door)
    change(door, number, "", extra(one("vrij", "<x xmlns='urn:x'>1</x>"), one("a", "1")))
    change(door, number, "", extra(one("a", "2")))
    answer = door.succeeded("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>", ALLES))
    assert [len(node) for node in answer.iter("{http://www.egem.nl/StUF/StUF0301}extraElement")] == [1, 0]


@PLACES
def test_a_bare_nil_says_nothing_where_a_sender_has_it_so(door: Door, spot: Callable[[str], tuple[str, str]]) -> None:
    """`nil_zonder_novalue = "ongewijzigd"`, as a sender who is soepel has it: each extraElement is an element."""
    number = _zaak(door, spot, extra(a="1", b="2"))
    change(door, number, "", spot(extra('<StUF:extraElement naam="a" xsi:nil="true"/>', b="3"))[0])
    assert _state(door, number, spot) == [("a", "1"), ("b", "3")]
    change(door, number, "", spot(extra('<StUF:extraElement naam="a" xsi:nil="true"/>'))[0])
    assert _state(door, number, spot) == [("a", "1"), ("b", "3")]


def test_namen_of_a_new_zaak_come_back_as_they_came(door: Door) -> None:
    number = new(door, elementen=extra(one("b", "1"), one("a", "2"), one("b", "3"), one("leeg")), relaties=INITIATOR)
    assert _state(door, number, _in_zaak) == [("b", "1"), ("a", "2"), ("b", "3"), ("leeg", "geenWaarde")]

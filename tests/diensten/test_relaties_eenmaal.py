"""One relation is there once, holds as its dates say, and changes as its message says (StUF 03.01, 5.2.4 and 5.2.6)."""

from collections import Counter
from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    NO,
    client,
    gezinsplan,
    lk01,
    mdw,
    new_number,
    nps,
    other,
    rol,
    rol_empty,
    status,
    zaak,
)
from tests.berichten.bouw import is_van as is_van_
from tests.berichten.documenten import document, edc, edc_lk01, inhoud, pdf, relevant
from tests.diensten.documentstappen import add, documenten
from tests.diensten.stappen import INITIATOR, change, element, modification, new, refuse, sleutel
from tests.diensten.test_gelijktijdig import outcome, tegelijk
from tests.soap.conftest import Door

UITVOERENDE, BELANGHEBBENDE, INITIATIEF = "heeftAlsUitvoerende", "heeftAlsBelanghebbende", "heeftAlsInitiator"
OTHERS, DEELZAAK = "heeftBetrekkingOpAndere", "heeftAlsDeelzaak"
WEIGERT = "WMO-MAATW"
STRAKS, VOORBIJ = "20991231", "20200101"
BSN_A, BSN_B = "111222333", "123456782"


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, with one zaaktype that refuses what overtook another message."""
    return make_door(**{'code = "WMO-MAATW"': 'code = "WMO-MAATW"\nwas = "weigeren"'})


def tijdvak(end: str) -> str:
    return f"""<StUF:tijdvakRelatie><StUF:beginRelatie>20190105</StUF:beginRelatie>
        <StUF:eindRelatie>{end}</StUF:eindRelatie></StUF:tijdvakRelatie>"""


def extra(waarde: str) -> str:
    part = f'<StUF:extraElement naam="reden">{waarde}</StUF:extraElement>'
    return f"<StUF:extraElementen>{part}</StUF:extraElementen>"


def toelichting(waarde: str) -> str:
    return f"<ZKN:toelichting>{waarde}</ZKN:toelichting>"


def others(number: str, soort: str = "T", own: str = "", naam: str = OTHERS) -> str:
    return other(naam, number, soort).replace(f"</ZKN:{naam}>", f"{own}</ZKN:{naam}>")


def other_empty(soort: str) -> str:
    return f'<ZKN:{OTHERS} StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="{soort}" {NO}/>'


def verbonden(door: Door, number: str, naam: str = OTHERS) -> list[str]:
    return element(door, number, f"z:{naam}/z:gerelateerde/z:identificatie")


def who(door: Door, number: str, naam: str = UITVOERENDE) -> list[str]:
    return element(door, number, f"z:{naam}/z:gerelateerde//z:identificatie")


# --- a levensdomeinplan has a gezinsplan, now


def plan(door: Door) -> str:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number)))
    return number


def levensdomeinplan(number: str, after: str) -> str:
    return lk01("T", zaak(number, "DOMEINPLAN", relaties=client("999993653") + INITIATOR, after=after))


def test_a_gezinsplan_that_is_past_is_no_gezinsplan(door: Door) -> None:
    """RZS 6.4.3."""
    gezin, number = plan(door), new_number()
    code, explanation = door.fout("creeerZaak_Lk01", levensdomeinplan(number, others(gezin, own=tijdvak(VOORBIJ))))
    assert (code, "gezinsplan" in explanation) == ("StUF055", True)
    door.succeeded("creeerZaak_Lk01", levensdomeinplan(number, others(gezin)))
    for was, soort in ((others(gezin, "W"), "W"), ("", "T")):
        code, explanation = refuse(door, number, was, others(gezin, soort, tijdvak(VOORBIJ)))
        assert (code, "gezinsplan" in explanation) == ("StUF055", True)
    assert verbonden(door, number) == [gezin]


# --- said twice in one message


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_end_that_one_of_two_says_holds_whatever_their_order(door: Door, order: tuple[int, int]) -> None:
    large = new(door)
    for end, expected in ((VOORBIJ, False), (STRAKS, True)):
        links_ = [others(large), others(large, own=tijdvak(end))]
        one = new(door, after="".join(links_[n] for n in order))
        assert verbonden(door, one) == ([large] if expected else [])
        rollen = [rol(UITVOERENDE, mdw("m1")), rol(UITVOERENDE, mdw("m1"), tijdvak(end))]
        twee = new(door, relaties=INITIATOR + "".join(rollen[n] for n in order))
        assert who(door, twee) == (["m1"] if expected else [])
        relevante = [relevant(large), relevant(large, own=tijdvak(end))]
        number = new_number()
        piece = document(number, file=inhoud(pdf(number)), relaties="".join(relevante[n] for n in order))
        door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", piece))
        assert (number in documenten(door, large)) is expected


def test_a_message_that_contradicts_itself_is_refused_where_all_is_new_too(door: Door) -> None:
    large, number = new(door), new_number()
    double = rol(UITVOERENDE, mdw("m1"), toelichting("a")) + rol(UITVOERENDE, mdw("m1"), toelichting("b"))
    assert door.fout("creeerZaak_Lk01", lk01("T", zaak(number, relaties=INITIATOR + double)))[0] == "StUF067"
    assert refuse(door, large, "", double)[0] == "StUF067"
    twee = others(large, own=extra("a")) + others(large, own=extra("b"))
    assert door.fout("creeerZaak_Lk01", lk01("T", zaak(number, after=twee)))[0] == "StUF067"
    pieces = relevant(large, own="<ZKN:titel>a</ZKN:titel>") + relevant(large, own="<ZKN:titel>b</ZKN:titel>")
    piece = document(number, file=inhoud(pdf(number)), relaties=pieces)
    assert door.fout("voegZaakdocumentToe_Lk01", edc_lk01("T", piece))[0] == "StUF067"


def test_who_is_added_twice_in_one_message_is_there_once(door: Door) -> None:
    one = new(door)
    change(door, one, "", rol(UITVOERENDE, mdw("m1")) + rol(UITVOERENDE, mdw("m1"), toelichting("erbij")))
    assert (who(door, one), element(door, one, f"z:{UITVOERENDE}/z:toelichting")) == (["m1"], ["erbij"])
    twee = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")) * 2)
    assert who(door, twee) == ["m1"]


@pytest.mark.parametrize("added", [False, True])
def test_somebody_who_gets_the_number_of_another_is_there_once(door: Door, added: bool) -> None:
    """A number is said to be another's: the same as R, of somebody who is there or comes in the same message."""
    there_is = "" if added else rol(BELANGHEBBENDE, nps(BSN_B))
    number = new(door, relaties=rol(BELANGHEBBENDE, nps(BSN_A)) + there_is + INITIATOR)
    was, wordt = (rol(BELANGHEBBENDE, nps(bsn, soort="W"), soort="I") for bsn in (BSN_A, BSN_B))
    if added:
        was, wordt = was + rol_empty(BELANGHEBBENDE, "T"), wordt + rol(BELANGHEBBENDE, nps(BSN_B))
    change(door, number, was, wordt)
    assert element(door, number, f"z:{BELANGHEBBENDE}//b:inp.bsn") == [BSN_B]


# --- an end in the future, and told again


def test_who_ends_later_and_is_told_again_is_there_once_until_then(door: Door) -> None:
    large = new(door)
    one = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")), after=others(large))
    was = [rol(UITVOERENDE, mdw("m1", soort="I"), tijdvak(STRAKS), "E"), rol_empty(UITVOERENDE, "T")]
    wordt = [rol_empty(UITVOERENDE, "E"), rol(UITVOERENDE, mdw("m1"), toelichting("weer"))]
    change(door, one, "".join(was), "".join(wordt))
    assert (who(door, one), element(door, one, f"z:{UITVOERENDE}/z:toelichting")) == (["m1"], ["weer"])
    assert element(door, one, f"z:{UITVOERENDE}/s:tijdvakRelatie/s:eindRelatie") == [STRAKS]
    eindigt = others(large, "E", tijdvak(STRAKS)) + other_empty("T")
    change(door, one, eindigt, other_empty("E") + others(large))
    assert verbonden(door, one) == [large]
    assert element(door, one, f"z:{OTHERS}/s:tijdvakRelatie/s:eindRelatie") == [STRAKS]


def test_a_document_that_ends_later_and_is_told_again_is_there_once(door: Door) -> None:
    one = new(door)
    number = add(door, one)
    soorten = relevant(one, "E", tijdvak(STRAKS)) + relevant(one)
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(sleutel(number)), edc(sleutel(number) + soorten)))
    assert documenten(door, one).count(number) == 1


def test_an_initiator_is_replaced_at_once_or_not_at_all(door: Door) -> None:
    number = new(door)
    was = rol(INITIATIEF, mdw("regie1", soort="I"), tijdvak(STRAKS), "R")
    code, explanation = refuse(door, number, was, rol(INITIATIEF, mdw("regie2"), soort="R"))
    assert (code, "zonder einde in de toekomst" in explanation) == ("StUF055", True)


# --- the guard of was


def gezet(who_: str, soort: str, under: str = "I") -> str:
    by = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
        <ZKN:gerelateerde>{mdw(who_)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""
    return status(1, "20260102", under).replace("</ZKN:heeft>", by)


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_whom_a_relation_leads_to(door: Door, soort: str) -> None:
    number = new(door, code=WEIGERT, relaties=rol(BELANGHEBBENDE, nps("999990019", "Goed")) + INITIATOR)

    def halves(naam: str) -> tuple[str, str]:
        nieuwe = rol(BELANGHEBBENDE, nps(BSN_A), soort="R") if soort == "R" else rol_empty(BELANGHEBBENDE, soort)
        return rol(BELANGHEBBENDE, nps("999990019", naam), soort=soort), nieuwe

    code, explanation = refuse(door, number, *halves("Fout"))
    assert (code, f"{BELANGHEBBENDE}/gerelateerde/natuurlijkPersoon/geslachtsnaam" in explanation) == ("StUF063", True)
    change(door, number, *halves("Goed"))


def test_was_guards_who_set_a_status(door: Door) -> None:
    number = new(door, code=WEIGERT, after=gezet("z1", "T", "T"))
    for soort in "RW":
        assert refuse(door, number, gezet("fout", soort), gezet("z2", soort))[0] == "StUF063"
    change(door, number, gezet("z1", "R"), gezet("z2", "R"))
    assert element(door, number, "z:heeft/z:isGezetDoor//z:identificatie") == ["z2"]


@pytest.mark.parametrize("soort", ["R", "W"])
def test_was_guards_a_status_that_the_zaak_never_had(door: Door, soort: str) -> None:
    number = new(door, code=WEIGERT, after=status(1, "20260102"))
    assert refuse(door, number, status(2, "20260105", soort), status(3, "20260301", soort))[0] == "StUF063"
    change(door, number, status(1, "20260102", soort), status(3, "20260301", soort))
    filled_in = new(door, code=WEIGERT)
    change(door, filled_in, status(1, "20260105", soort), status(3, "20260301", soort))


# --- what is confirmed is done


def test_what_a_zaak_says_of_its_zaaktype_changes(door: Door) -> None:
    number = new(door)
    is_van = is_van_("B1026", "W")
    change(door, number, is_van, is_van.replace("</ZKN:isVan>", f"{extra('nieuw')}</ZKN:isVan>"))
    assert element(door, number, "z:isVan//s:extraElement") == ["nieuw"]
    for soort in "VE":
        assert refuse(door, number, is_van_("B1026", soort), is_van_("B1026", soort))[0] == "StUF055"


def test_i_of_one_in_was_and_of_another_in_wordt_is_refused(door: Door) -> None:
    number = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    was, wordt = (rol(UITVOERENDE, mdw(one, soort="I"), soort="I") for one in ("m1", "m2"))
    code, explanation = refuse(door, number, was, wordt)
    assert (code, "vervangen gaat met R" in explanation) == ("StUF055", True)
    change(door, number, was, was)


@pytest.mark.parametrize("soort", ["", "I", "W"])
def test_a_template_in_the_place_of_somebody_changes_nothing_however_it_is_written(door: Door, soort: str) -> None:
    """StUF 5.2.6: a relation that names nobody says nothing; .NET proxies send one for all that is unset."""

    def without(relatie: str) -> str:
        return relatie.replace(' StUF:verwerkingssoort=""', "")

    empty = nps("", "", "T").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {NO}/>")
    empty = empty.replace("<BG:geslachtsnaam></BG:geslachtsnaam>", f"<BG:geslachtsnaam {NO}/>")
    number = new(door, relaties=rol(BELANGHEBBENDE, nps(BSN_A)) + INITIATOR)
    change(
        door,
        number,
        without(rol(BELANGHEBBENDE, nps(BSN_A), soort=soort)),
        without(rol(BELANGHEBBENDE, empty, soort=soort)),
    )
    change(
        door,
        number,
        without(rol(BELANGHEBBENDE, nps(BSN_A), soort=soort) + rol(BELANGHEBBENDE, empty, soort="")),
        without(rol(BELANGHEBBENDE, empty, soort=soort) + rol(BELANGHEBBENDE, nps(BSN_B), soort="")),
    )
    assert element(door, number, f"z:{BELANGHEBBENDE}//b:inp.bsn") == [BSN_A, BSN_B]
    if soort == "":
        was, wordt = without(rol(INITIATIEF, mdw("regie1"), soort="")), without(rol(INITIATIEF, empty, soort=""))
        change(door, number, was, wordt)
        assert who(door, number, INITIATIEF) == ["regie1"]


# --- at the same moment


@pytest.mark.parametrize("round_", range(3))
def test_messages_at_once_make_no_ring_of_deelzaken(door: Door, round_: int) -> None:
    zaken = [new(door) for _ in range(9)]
    ringen = [zaken[n : n + 3] for n in (0, 3, 6)]
    pairs = [(ring[n], ring[(n + 1) % 3]) for n in range(3) for ring in ringen]
    berichten = [("updateZaak_Lk01", modification(from_, "", others(to, naam=DEELZAAK))) for from_, to in pairs]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 6, "StUF055": 3}, round_


def test_two_zaken_that_tell_of_each_other_at_once_have_one_relation(door: Door) -> None:
    """Also with an end to come, which no unique index sees."""
    pairs = [(new(door), new(door)) for _ in range(6)]
    berichten = [
        ("updateZaak_Lk01", modification(from_, "", others(to, own=tijdvak(STRAKS) + extra_))
        )
        for one, twee in pairs
        for from_, to, extra_ in ((one, twee, extra("a")), (twee, one, extra("b").replace("reden", "ook")))
    ]  # fmt: skip
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 12}
    for one, twee in pairs:
        assert (verbonden(door, one), verbonden(door, twee)) == ([twee], [one])
        assert sorted(element(door, one, f"z:{OTHERS}//s:extraElement")) == ["a", "b"], "what both said is kept"


def test_a_zaak_and_a_document_that_tell_of_each_other_at_once_have_one_relation(door: Door) -> None:
    pairs = []
    for _ in range(6):
        one, twee = new(door), new(door)
        pairs.append((twee, add(door, one)))
    berichten = []
    for zaak_, piece in pairs:
        over = edc(sleutel(piece) + relevant(zaak_, "T", tijdvak(STRAKS)))
        berichten.append(("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(sleutel(piece)), over)))
        heeft = f"""<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="T">
            <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">{sleutel(piece)}</ZKN:gerelateerde>
            {tijdvak(STRAKS)}</ZKN:heeftRelevant>"""
        berichten.append(("updateZaak_Lk01", modification(zaak_, "", heeft)))
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 12}
    for zaak_, piece in pairs:
        assert documenten(door, zaak_) == [piece]

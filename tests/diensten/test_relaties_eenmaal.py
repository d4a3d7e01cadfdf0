"""One relation is there once, holds as its dates say, and changes as its message says (StUF 03.01, 5.2.4 and 5.2.6)."""

from collections import Counter
from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    GEEN,
    ander,
    client,
    gezinsplan,
    lk01,
    mdw,
    nieuw_nummer,
    nps,
    rol,
    rol_leeg,
    status,
    zaak,
)
from tests.berichten.bouw import is_van as is_van_
from tests.berichten.documenten import document, edc, edc_lk01, inhoud, pdf, relevant
from tests.diensten.documentstappen import documenten, voeg_toe
from tests.diensten.stappen import INITIATOR, element, nieuw, sleutel, weiger, wijzig, wijziging
from tests.diensten.test_gelijktijdig import tegelijk, uitkomst
from tests.soap.conftest import Deur

UITVOERENDE, BELANGHEBBENDE, INITIATIEF = "heeftAlsUitvoerende", "heeftAlsBelanghebbende", "heeftAlsInitiator"
ANDERE, DEELZAAK = "heeftBetrekkingOpAndere", "heeftAlsDeelzaak"
WEIGERT = "WMO-MAATW"
STRAKS, VOORBIJ = "20991231", "20200101"
BSN_A, BSN_B = "111222333", "123456782"


@pytest.fixture(scope="module")
def deur(maak_deur: Callable[..., Deur]) -> Deur:
    """The doors, with one zaaktype that refuses what overtook another message."""
    return maak_deur(**{'code = "WMO-MAATW"': 'code = "WMO-MAATW"\nwas = "weigeren"'})


def tijdvak(eind: str) -> str:
    return f"""<StUF:tijdvakRelatie><StUF:beginRelatie>20190105</StUF:beginRelatie>
        <StUF:eindRelatie>{eind}</StUF:eindRelatie></StUF:tijdvakRelatie>"""


def extra(waarde: str) -> str:
    deel = f'<StUF:extraElement naam="reden">{waarde}</StUF:extraElement>'
    return f"<StUF:extraElementen>{deel}</StUF:extraElementen>"


def toelichting(waarde: str) -> str:
    return f"<ZKN:toelichting>{waarde}</ZKN:toelichting>"


def andere(nummer: str, soort: str = "T", eigen: str = "", naam: str = ANDERE) -> str:
    return ander(naam, nummer, soort).replace(f"</ZKN:{naam}>", f"{eigen}</ZKN:{naam}>")


def andere_leeg(soort: str) -> str:
    return f'<ZKN:{ANDERE} StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="{soort}" {GEEN}/>'


def verbonden(deur: Deur, nummer: str, naam: str = ANDERE) -> list[str]:
    return element(deur, nummer, f"z:{naam}/z:gerelateerde/z:identificatie")


def wie(deur: Deur, nummer: str, naam: str = UITVOERENDE) -> list[str]:
    return element(deur, nummer, f"z:{naam}/z:gerelateerde//z:identificatie")


# --- a levensdomeinplan has a gezinsplan, now


def plan(deur: Deur) -> str:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(nummer)))
    return nummer


def levensdomeinplan(nummer: str, na: str) -> str:
    return lk01("T", zaak(nummer, "DOMEINPLAN", relaties=client("999993653") + INITIATOR, na=na))


def test_a_gezinsplan_that_is_past_is_no_gezinsplan(deur: Deur) -> None:
    """RZS 6.4.3."""
    gezin, nummer = plan(deur), nieuw_nummer()
    code, uitleg = deur.fout("creeerZaak_Lk01", levensdomeinplan(nummer, andere(gezin, eigen=tijdvak(VOORBIJ))))
    assert (code, "gezinsplan" in uitleg) == ("StUF055", True)
    deur.gelukt("creeerZaak_Lk01", levensdomeinplan(nummer, andere(gezin)))
    for was, soort in ((andere(gezin, "W"), "W"), ("", "T")):
        code, uitleg = weiger(deur, nummer, was, andere(gezin, soort, tijdvak(VOORBIJ)))
        assert (code, "gezinsplan" in uitleg) == ("StUF055", True)
    assert verbonden(deur, nummer) == [gezin]


# --- said twice in one message


@pytest.mark.parametrize("volgorde", [(0, 1), (1, 0)])
def test_an_end_that_one_of_two_says_holds_whatever_their_order(deur: Deur, volgorde: tuple[int, int]) -> None:
    groot = nieuw(deur)
    for eind, verwacht in ((VOORBIJ, False), (STRAKS, True)):
        koppelingen_ = [andere(groot), andere(groot, eigen=tijdvak(eind))]
        een = nieuw(deur, na="".join(koppelingen_[n] for n in volgorde))
        assert verbonden(deur, een) == ([groot] if verwacht else [])
        rollen = [rol(UITVOERENDE, mdw("m1")), rol(UITVOERENDE, mdw("m1"), tijdvak(eind))]
        twee = nieuw(deur, relaties=INITIATOR + "".join(rollen[n] for n in volgorde))
        assert wie(deur, twee) == (["m1"] if verwacht else [])
        relevante = [relevant(groot), relevant(groot, eigen=tijdvak(eind))]
        nummer = nieuw_nummer()
        stuk = document(nummer, bestand=inhoud(pdf(nummer)), relaties="".join(relevante[n] for n in volgorde))
        deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", stuk))
        assert (nummer in documenten(deur, groot)) is verwacht


def test_a_message_that_contradicts_itself_is_refused_where_all_is_new_too(deur: Deur) -> None:
    groot, nummer = nieuw(deur), nieuw_nummer()
    dubbel = rol(UITVOERENDE, mdw("m1"), toelichting("a")) + rol(UITVOERENDE, mdw("m1"), toelichting("b"))
    assert deur.fout("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=INITIATOR + dubbel)))[0] == "StUF067"
    assert weiger(deur, groot, "", dubbel)[0] == "StUF067"
    twee = andere(groot, eigen=extra("a")) + andere(groot, eigen=extra("b"))
    assert deur.fout("creeerZaak_Lk01", lk01("T", zaak(nummer, na=twee)))[0] == "StUF067"
    stukken = relevant(groot, eigen="<ZKN:titel>a</ZKN:titel>") + relevant(groot, eigen="<ZKN:titel>b</ZKN:titel>")
    stuk = document(nummer, bestand=inhoud(pdf(nummer)), relaties=stukken)
    assert deur.fout("voegZaakdocumentToe_Lk01", edc_lk01("T", stuk))[0] == "StUF067"


def test_who_is_added_twice_in_one_message_is_there_once(deur: Deur) -> None:
    een = nieuw(deur)
    wijzig(deur, een, "", rol(UITVOERENDE, mdw("m1")) + rol(UITVOERENDE, mdw("m1"), toelichting("erbij")))
    assert (wie(deur, een), element(deur, een, f"z:{UITVOERENDE}/z:toelichting")) == (["m1"], ["erbij"])
    twee = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")) * 2)
    assert wie(deur, twee) == ["m1"]


@pytest.mark.parametrize("erbij", [False, True])
def test_somebody_who_gets_the_number_of_another_is_there_once(deur: Deur, erbij: bool) -> None:
    """A number is said to be another's: the same as R, of somebody who is there or comes in the same message."""
    er_is = "" if erbij else rol(BELANGHEBBENDE, nps(BSN_B))
    nummer = nieuw(deur, relaties=rol(BELANGHEBBENDE, nps(BSN_A)) + er_is + INITIATOR)
    was, wordt = (rol(BELANGHEBBENDE, nps(bsn, soort="W"), soort="I") for bsn in (BSN_A, BSN_B))
    if erbij:
        was, wordt = was + rol_leeg(BELANGHEBBENDE, "T"), wordt + rol(BELANGHEBBENDE, nps(BSN_B))
    wijzig(deur, nummer, was, wordt)
    assert element(deur, nummer, f"z:{BELANGHEBBENDE}//b:inp.bsn") == [BSN_B]


# --- an end in the future, and told again


def test_who_ends_later_and_is_told_again_is_there_once_until_then(deur: Deur) -> None:
    groot = nieuw(deur)
    een = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")), na=andere(groot))
    was = [rol(UITVOERENDE, mdw("m1", soort="I"), tijdvak(STRAKS), "E"), rol_leeg(UITVOERENDE, "T")]
    wordt = [rol_leeg(UITVOERENDE, "E"), rol(UITVOERENDE, mdw("m1"), toelichting("weer"))]
    wijzig(deur, een, "".join(was), "".join(wordt))
    assert (wie(deur, een), element(deur, een, f"z:{UITVOERENDE}/z:toelichting")) == (["m1"], ["weer"])
    assert element(deur, een, f"z:{UITVOERENDE}/s:tijdvakRelatie/s:eindRelatie") == [STRAKS]
    eindigt = andere(groot, "E", tijdvak(STRAKS)) + andere_leeg("T")
    wijzig(deur, een, eindigt, andere_leeg("E") + andere(groot))
    assert verbonden(deur, een) == [groot]
    assert element(deur, een, f"z:{ANDERE}/s:tijdvakRelatie/s:eindRelatie") == [STRAKS]


def test_a_document_that_ends_later_and_is_told_again_is_there_once(deur: Deur) -> None:
    een = nieuw(deur)
    nummer = voeg_toe(deur, een)
    soorten = relevant(een, "E", tijdvak(STRAKS)) + relevant(een)
    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(sleutel(nummer)), edc(sleutel(nummer) + soorten)))
    assert documenten(deur, een).count(nummer) == 1


def test_an_initiator_is_replaced_at_once_or_not_at_all(deur: Deur) -> None:
    nummer = nieuw(deur)
    was = rol(INITIATIEF, mdw("regie1", soort="I"), tijdvak(STRAKS), "R")
    code, uitleg = weiger(deur, nummer, was, rol(INITIATIEF, mdw("regie2"), soort="R"))
    assert (code, "zonder einde in de toekomst" in uitleg) == ("StUF055", True)


# --- the guard of was


def gezet(wie_: str, soort: str, onder: str = "I") -> str:
    door = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
        <ZKN:gerelateerde>{mdw(wie_)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""
    return status(1, "20260102", onder).replace("</ZKN:heeft>", door)


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_whom_a_relation_leads_to(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, code=WEIGERT, relaties=rol(BELANGHEBBENDE, nps("999990019", "Goed")) + INITIATOR)

    def halven(naam: str) -> tuple[str, str]:
        nieuwe = rol(BELANGHEBBENDE, nps(BSN_A), soort="R") if soort == "R" else rol_leeg(BELANGHEBBENDE, soort)
        return rol(BELANGHEBBENDE, nps("999990019", naam), soort=soort), nieuwe

    code, uitleg = weiger(deur, nummer, *halven("Fout"))
    assert (code, f"{BELANGHEBBENDE}/gerelateerde/natuurlijkPersoon/geslachtsnaam" in uitleg) == ("StUF063", True)
    wijzig(deur, nummer, *halven("Goed"))


def test_was_guards_who_set_a_status(deur: Deur) -> None:
    nummer = nieuw(deur, code=WEIGERT, na=gezet("z1", "T", "T"))
    for soort in "RW":
        assert weiger(deur, nummer, gezet("fout", soort), gezet("z2", soort))[0] == "StUF063"
    wijzig(deur, nummer, gezet("z1", "R"), gezet("z2", "R"))
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:identificatie") == ["z2"]


@pytest.mark.parametrize("soort", ["R", "W"])
def test_was_guards_a_status_that_the_zaak_never_had(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, code=WEIGERT, na=status(1, "20260102"))
    assert weiger(deur, nummer, status(2, "20260105", soort), status(3, "20260301", soort))[0] == "StUF063"
    wijzig(deur, nummer, status(1, "20260102", soort), status(3, "20260301", soort))
    ingevuld = nieuw(deur, code=WEIGERT)
    wijzig(deur, ingevuld, status(1, "20260105", soort), status(3, "20260301", soort))


# --- what is confirmed is done


def test_what_a_zaak_says_of_its_zaaktype_changes(deur: Deur) -> None:
    nummer = nieuw(deur)
    is_van = is_van_("B1026", "W")
    wijzig(deur, nummer, is_van, is_van.replace("</ZKN:isVan>", f"{extra('nieuw')}</ZKN:isVan>"))
    assert element(deur, nummer, "z:isVan//s:extraElement") == ["nieuw"]
    for soort in "VE":
        assert weiger(deur, nummer, is_van_("B1026", soort), is_van_("B1026", soort))[0] == "StUF055"


def test_i_of_one_in_was_and_of_another_in_wordt_is_refused(deur: Deur) -> None:
    nummer = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    was, wordt = (rol(UITVOERENDE, mdw(een, soort="I"), soort="I") for een in ("m1", "m2"))
    code, uitleg = weiger(deur, nummer, was, wordt)
    assert (code, "vervangen gaat met R" in uitleg) == ("StUF055", True)
    wijzig(deur, nummer, was, was)


@pytest.mark.parametrize("soort", ["", "I", "W"])
def test_a_template_in_the_place_of_somebody_changes_nothing_however_it_is_written(deur: Deur, soort: str) -> None:
    """StUF 5.2.6: a relation that names nobody says nothing; .NET proxies send one for all that is unset."""

    def zonder(relatie: str) -> str:
        return relatie.replace(' StUF:verwerkingssoort=""', "")

    leeg = nps("", "", "T").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {GEEN}/>")
    leeg = leeg.replace("<BG:geslachtsnaam></BG:geslachtsnaam>", f"<BG:geslachtsnaam {GEEN}/>")
    nummer = nieuw(deur, relaties=rol(BELANGHEBBENDE, nps(BSN_A)) + INITIATOR)
    wijzig(
        deur,
        nummer,
        zonder(rol(BELANGHEBBENDE, nps(BSN_A), soort=soort)),
        zonder(rol(BELANGHEBBENDE, leeg, soort=soort)),
    )
    wijzig(
        deur,
        nummer,
        zonder(rol(BELANGHEBBENDE, nps(BSN_A), soort=soort) + rol(BELANGHEBBENDE, leeg, soort="")),
        zonder(rol(BELANGHEBBENDE, leeg, soort=soort) + rol(BELANGHEBBENDE, nps(BSN_B), soort="")),
    )
    assert element(deur, nummer, f"z:{BELANGHEBBENDE}//b:inp.bsn") == [BSN_A, BSN_B]
    if soort == "":
        was, wordt = zonder(rol(INITIATIEF, mdw("regie1"), soort="")), zonder(rol(INITIATIEF, leeg, soort=""))
        wijzig(deur, nummer, was, wordt)
        assert wie(deur, nummer, INITIATIEF) == ["regie1"]


# --- at the same moment


@pytest.mark.parametrize("ronde", range(3))
def test_messages_at_once_make_no_ring_of_deelzaken(deur: Deur, ronde: int) -> None:
    zaken = [nieuw(deur) for _ in range(9)]
    ringen = [zaken[n : n + 3] for n in (0, 3, 6)]
    paren = [(ring[n], ring[(n + 1) % 3]) for n in range(3) for ring in ringen]
    berichten = [("updateZaak_Lk01", wijziging(van, "", andere(naar, naam=DEELZAAK))) for van, naar in paren]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 6, "StUF055": 3}, ronde


def test_two_zaken_that_tell_of_each_other_at_once_have_one_relation(deur: Deur) -> None:
    """Also with an end to come, which no unique index sees."""
    paren = [(nieuw(deur), nieuw(deur)) for _ in range(6)]
    berichten = [
        ("updateZaak_Lk01", wijziging(van, "", andere(naar, eigen=tijdvak(STRAKS) + extra_))
        )
        for een, twee in paren
        for van, naar, extra_ in ((een, twee, extra("a")), (twee, een, extra("b").replace("reden", "ook")))
    ]  # fmt: skip
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 12}
    for een, twee in paren:
        assert (verbonden(deur, een), verbonden(deur, twee)) == ([twee], [een])
        assert sorted(element(deur, een, f"z:{ANDERE}//s:extraElement")) == ["a", "b"], "what both said is kept"


def test_a_zaak_and_a_document_that_tell_of_each_other_at_once_have_one_relation(deur: Deur) -> None:
    paren = []
    for _ in range(6):
        een, twee = nieuw(deur), nieuw(deur)
        paren.append((twee, voeg_toe(deur, een)))
    berichten = []
    for zaak_, stuk in paren:
        over = edc(sleutel(stuk) + relevant(zaak_, "T", tijdvak(STRAKS)))
        berichten.append(("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(sleutel(stuk)), over)))
        heeft = f"""<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="T">
            <ZKN:gerelateerde StUF:entiteittype="EDC" StUF:verwerkingssoort="I">{sleutel(stuk)}</ZKN:gerelateerde>
            {tijdvak(STRAKS)}</ZKN:heeftRelevant>"""
        berichten.append(("updateZaak_Lk01", wijziging(zaak_, "", heeft)))
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 12}
    for zaak_, stuk in paren:
        assert documenten(deur, zaak_) == [stuk]

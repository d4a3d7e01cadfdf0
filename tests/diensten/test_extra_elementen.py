"""Each naam in StUF:extraElementen is an element of its own, wherever it stands (StUF 03.01, 3.2.4.1 and 5.2.4)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import ander, lv01, nieuw_nummer, nps, rol, status, teksten
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.diensten import documentstappen
from tests.diensten.stappen import INITIATOR, details, element, nieuw, weiger, wijzig
from tests.soap.conftest import Deur

from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import zkn

BSN = "999990019"
ROL = "heeftAlsBelanghebbende"
ALLES = 'StUF:scope="alles"'


def een(naam: str, waarde: str | None = None, *, soort: str = "geenWaarde", rest: str = "") -> str:
    """An extraElement, without a value when none is given."""
    if waarde is None:
        return f'<StUF:extraElement naam="{naam}" xsi:nil="true" StUF:noValue="{soort}"{rest}/>'
    return f'<StUF:extraElement naam="{naam}"{rest}>{waarde}</StUF:extraElement>'


def extra(*delen: str, **waarden: str) -> str:
    """The container, with these extraElementen."""
    return f"<StUF:extraElementen>{''.join((*delen, *(een(n, w) for n, w in waarden.items())))}</StUF:extraElementen>"


def _in_zaak(wat: str) -> tuple[str, str]:
    return wat, "z:object/s:extraElementen"


def _in_relatie(wat: str) -> tuple[str, str]:
    return rol(ROL, nps(BSN), wat, "W"), f"z:object/z:{ROL}/s:extraElementen"


def _in_object(wat: str) -> tuple[str, str]:
    return rol(
        ROL, nps(BSN, soort="W", extra=wat), soort="I"
    ), f"z:object/z:{ROL}//z:natuurlijkPersoon/s:extraElementen"


def _in_status(wat: str) -> tuple[str, str]:
    wie = status(1, "20260301", "W")
    return wie.replace("</ZKN:heeft>", f"{wat}</ZKN:heeft>"), "z:object/z:heeft/s:extraElementen"


PLEKKEN = pytest.mark.parametrize("plek", [_in_zaak, _in_relatie, _in_object, _in_status])


def _zaak(deur: Deur, plek: Callable[[str], tuple[str, str]], wat: str) -> str:
    """A zaak that has the relation and the status, with these extraElementen in one place."""
    nummer = nieuw(deur, relaties=rol(ROL, nps(BSN)) + INITIATOR, na=status(1, "20260301"))
    wijzig(deur, nummer, "", plek(wat)[0])
    return nummer


def _staat(
    deur: Deur, nummer: str, plek: Callable[[str], tuple[str, str]], scope: str = ALLES
) -> list[tuple[str, str]]:
    """The extraElementen of that place in an answer, as (naam, text or noValue)."""
    [antwoord] = details(deur, nummer, scope).iter(zkn("zakLa01"))
    assert controleer(antwoord) == []
    pad = f"//z:antwoord/{plek('')[1]}/s:extraElement"
    return [
        (naam, tekst or "".join(teksten(antwoord, f"{pad}[{plaats}]/@s:noValue")))
        for plaats, (naam, tekst) in enumerate(
            zip(teksten(antwoord, f"{pad}/@naam"), teksten(antwoord, pad), strict=True), 1
        )
    ]


@PLEKKEN
def test_a_naam_that_is_not_named_is_unchanged_and_geenwaarde_clears_one(
    deur: Deur, plek: Callable[[str], tuple[str, str]]
) -> None:
    nummer = _zaak(deur, plek, extra(reden="verhuizing", inkomen="1200"))
    wijzig(deur, nummer, "", plek(extra(betaald="ja"))[0])
    assert _staat(deur, nummer, plek) == [("reden", "verhuizing"), ("inkomen", "1200"), ("betaald", "ja")]
    wijzig(deur, nummer, "", plek(extra(een("reden"), inkomen="1300"))[0])
    assert _staat(deur, nummer, plek) == [("inkomen", "1300"), ("betaald", "ja")]
    wijzig(
        deur,
        nummer,
        "",
        plek(extra(een("inkomen", soort="nietOndersteund"), een("betaald", soort="waardeOnbekend")))[0],
    )
    assert _staat(deur, nummer, plek) == [("inkomen", "1300"), ("betaald", "waardeOnbekend")]
    wijzig(deur, nummer, "", plek(extra(een("inkomen"), een("betaald")))[0])
    assert _staat(deur, nummer, plek) == []


@PLEKKEN
def test_was_guards_each_naam_by_itself(maak_deur: Callable[..., Deur], plek: Callable[[str], tuple[str, str]]) -> None:
    streng = maak_deur(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    nummer = _zaak(streng, plek, extra(a="1", b="2"))
    wijzig(streng, nummer, plek(extra(a="1"))[0], plek(extra(a="9"))[0])
    assert _staat(streng, nummer, plek) == [("a", "9"), ("b", "2")]
    wijzig(streng, nummer, plek(extra(b="2", a="x"))[0], plek(extra(a="x", b="3"))[0])
    assert _staat(streng, nummer, plek) == [("a", "9"), ("b", "3")], "equal in was and wordt only identifies"
    code, details_ = weiger(streng, nummer, plek(extra(a="1"))[0], plek(extra(a="10"))[0])
    assert (code, "extraElementen/a: in was '1', in de registratie '9'" in details_) == ("StUF063", True)
    wijzig(streng, nummer, plek(extra(een("c")))[0], plek(extra(c="nieuw"))[0])
    assert _staat(streng, nummer, plek) == [("a", "9"), ("b", "3"), ("c", "nieuw")]


@PLEKKEN
def test_a_naam_that_repeats_has_after_a_change_the_values_that_wordt_says(
    deur: Deur, plek: Callable[[str], tuple[str, str]]
) -> None:
    """StUF 03.01, 5.2.4: all values of a repeating element stand in the message."""
    twee = extra(een("tel", "1"), een("tel", "2"), een("ander", "x"))
    nummer = _zaak(deur, plek, twee)
    wijzig(deur, nummer, plek(twee)[0], plek(extra(een("tel", "2"), een("tel", "3")))[0])
    assert _staat(deur, nummer, plek) == [("tel", "2"), ("tel", "3"), ("ander", "x")]
    wijzig(deur, nummer, plek(extra(een("tel", "3"), een("tel", "2")))[0], plek("")[0])
    assert _staat(deur, nummer, plek) == [("ander", "x")]


@PLEKKEN
def test_an_attribute_of_an_extra_element_is_part_of_it(deur: Deur, plek: Callable[[str], tuple[str, str]]) -> None:
    dag = ' StUF:indOnvolledigeDatum="D"'
    nummer = _zaak(deur, plek, extra(een("dag", "20260101", rest=dag)))
    wijzig(deur, nummer, plek(extra(een("dag", "20260101", rest=dag)))[0], plek(extra(dag="20260115"))[0])
    pad = f"//z:antwoord/{plek('')[1]}/s:extraElement"
    assert teksten(details(deur, nummer), f"{pad}/@s:indOnvolledigeDatum") == []
    assert teksten(details(deur, nummer), pad) == ["20260115"]


SCOPES = {
    _in_zaak: "{}",
    _in_relatie: f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH"><ZKN:gerelateerde/>{{}}</ZKN:{ROL}>',
    _in_object: f'<ZKN:{ROL} StUF:entiteittype="ZAKBTRBLH"><ZKN:gerelateerde><ZKN:natuurlijkPersoon '
    f'StUF:entiteittype="NPS">{{}}</ZKN:natuurlijkPersoon></ZKN:gerelateerde></ZKN:{ROL}>',
    _in_status: '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT"/>{}</ZKN:heeft>',
}


@PLEKKEN
def test_a_scope_that_names_one_gets_that_one(deur: Deur, plek: Callable[[str], tuple[str, str]]) -> None:
    """StUF 03.01, 6.3.3; what is asked and not there says so (6.4.2)."""

    def vraag(*namen: str) -> list[tuple[str, str]]:
        gevraagd = "".join(f'<StUF:extraElement naam="{naam}" xsi:nil="true"/>' for naam in namen)
        scope = SCOPES[plek].format(f"<StUF:extraElementen>{gevraagd}</StUF:extraElementen>")
        return _staat(deur, nummer, plek, scope)

    nummer = _zaak(deur, plek, extra(geometrie="POINT(1 2)", inkomen="1200"))
    leeg = "waardeOnbekend" if plek is _in_object else "geenWaarde"
    assert vraag("geometrie") == [("geometrie", "POINT(1 2)")]
    assert vraag("weg", "inkomen") == [("weg", leeg), ("inkomen", "1200")]
    wijzig(deur, nummer, "", plek(extra(een("geometrie"), een("inkomen")))[0])
    assert vraag("geometrie") == [("geometrie", leeg)]
    assert sorted(_staat(deur, nummer, plek)) == []


def test_what_another_zaak_told_of_a_person_stays_beside_what_this_one_tells(deur: Deur) -> None:
    bsn = "999990020"

    def met(wat: str) -> str:
        return nieuw(deur, relaties=rol(ROL, nps(bsn, extra=wat)) + INITIATOR)

    eerste, tweede, derde = met(extra(a="1", b="1")), met(extra(b="2")), met(extra(een("a")))
    assert [_staat(deur, nummer, _in_object) for nummer in (eerste, tweede, derde)] == [
        [("a", "1"), ("b", "1")],
        [("a", "1"), ("b", "2")],
        [("b", "1")],
    ]


@pytest.mark.parametrize("naam", ["heeftAlsDeelzaak", "heeftBetrekkingOpAndere"])
def test_of_a_relation_between_zaken_too(deur: Deur, naam: str) -> None:
    nummer, tweede = nieuw(deur), nieuw(deur)

    def relatie(soort: str, wat: str) -> str:
        return ander(naam, tweede, soort).replace(f"</ZKN:{naam}>", f"{wat}</ZKN:{naam}>")

    wijzig(deur, nummer, "", relatie("T", extra(a="1", b="2")))
    wijzig(deur, nummer, relatie("W", extra(a="1")), relatie("W", extra(a="9")))
    wijzig(deur, nummer, "", relatie("T", extra(c="3")) + relatie("T", extra(d="4")))
    assert element(deur, nummer, f"z:{naam}/s:extraElementen/s:extraElement") == ["9", "2", "3", "4"]


def test_of_a_document_and_its_relation_too(deur: Deur) -> None:
    zaak, nummer = nieuw(deur), nieuw_nummer()
    kaal = document(nummer, zaak, bestand=inhoud(b"een"))

    def met(eigen: str, relatie: str) -> str:
        return kaal.replace("<ZKN:isRelevantVoor", f"{eigen}<ZKN:isRelevantVoor").replace(
            "</ZKN:isRelevantVoor>", f"{relatie}</ZKN:isRelevantVoor>"
        )

    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", met(extra(a="1", b="2"), extra(r="1", s="2"))))
    gewijzigd = met(extra(b="3"), extra(s="3")).replace(inhoud(b"een"), "").replace(
        'EDC" StUF:verwerkingssoort="T"', 'EDC" StUF:verwerkingssoort="W"')  # fmt: skip
    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("W", gewijzigd))
    assert documentstappen.element(deur, nummer, "s:extraElementen/s:extraElement") == ["1", "3"]
    assert documentstappen.element(deur, nummer, "z:isRelevantVoor/s:extraElementen/s:extraElement") == ["1", "3"]


def test_domain_data_are_replaced_by_those_of_the_same_form_only(deur: Deur) -> None:
    """Whatever its coding or media type; what is not named stays, and so does what is no domain data."""
    iwmo, ijw = "domeingegevens/iWmo", "domeingegevens/iJw"
    nummer = nieuw(deur)
    wijzig(deur, nummer, "", extra(een(iwmo, "een"), een(f"{ijw};codering=base64", "dHdlZQ=="), een("a", "1")))
    wijzig(deur, nummer, "", extra(een(f"{iwmo};mediatype=text/plain", "drie")))
    verwacht = [(f"{iwmo};mediatype=text/plain", "drie"), (f"{ijw};codering=base64", "dHdlZQ=="), ("a", "1")]
    assert _staat(deur, nummer, _in_zaak) == verwacht
    scope = f'<StUF:extraElementen><StUF:extraElement naam="{ijw}" xsi:nil="true"/></StUF:extraElementen>'
    assert _staat(deur, nummer, _in_zaak, scope) == verwacht[1:2]


def test_an_xml_element_in_one_of_a_sender_that_is_soepel_stays(deur: Deur) -> None:
    nummer = nieuw(deur)
    wijzig(deur, nummer, "", extra(een("vrij", "<x xmlns='urn:x'>1</x>"), een("a", "1")))
    wijzig(deur, nummer, "", extra(een("a", "2")))
    antwoord = deur.gelukt("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", ALLES))
    assert [len(knoop) for knoop in antwoord.iter("{http://www.egem.nl/StUF/StUF0301}extraElement")] == [1, 0]


@PLEKKEN
def test_a_bare_nil_says_nothing_where_a_sender_has_it_so(deur: Deur, plek: Callable[[str], tuple[str, str]]) -> None:
    """`nil_zonder_novalue = "ongewijzigd"`, as a sender who is soepel has it: each extraElement is an element."""
    nummer = _zaak(deur, plek, extra(a="1", b="2"))
    wijzig(deur, nummer, "", plek(extra('<StUF:extraElement naam="a" xsi:nil="true"/>', b="3"))[0])
    assert _staat(deur, nummer, plek) == [("a", "1"), ("b", "3")]
    wijzig(deur, nummer, "", plek(extra('<StUF:extraElement naam="a" xsi:nil="true"/>'))[0])
    assert _staat(deur, nummer, plek) == [("a", "1"), ("b", "3")]


def test_namen_of_a_new_zaak_come_back_as_they_came(deur: Deur) -> None:
    nummer = nieuw(deur, elementen=extra(een("b", "1"), een("a", "2"), een("b", "3"), een("leeg")), relaties=INITIATOR)
    assert _staat(deur, nummer, _in_zaak) == [("b", "1"), ("a", "2"), ("b", "3"), ("leeg", "geenWaarde")]

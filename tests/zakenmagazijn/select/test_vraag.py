"""The parameters of a question, its faults, and questions on our own keys (StUF 03.01, 6.1 and tables 6.3 - 6.8)."""

import pytest
from tests.berichten.bouw import GEEN, element, lv01
from tests.zakenmagazijn.select.conftest import Magazijn, begin, bericht, met, nil, z
from tests.zakenmagazijn.select.test_relaties import b, wie

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.zakenmagazijn.select import lees_vraag
from regiesysteem.zakenmagazijn.select.question import MAX_CRITERIA

EERSTE, LAATSTE = z("startdatum", "20260101"), z("startdatum", "20261231")


def _lees(inrichting: Inrichting, gelijk: str = "", **vraag: object) -> tuple[str, str]:
    with pytest.raises(StufFout) as fout:
        lees_vraag(element(bericht(gelijk, **vraag)), inrichting)  # type: ignore[arg-type]
    return fout.value.code, fout.value.details


@pytest.mark.parametrize(
    ("vanaf", "tot", "naam"),
    [
        (EERSTE, None, "startdatum"),
        (None, EERSTE, "startdatum"),
        (EERSTE, z("einddatum", "20261231"), "einddatum, startdatum"),
        (EERSTE + z("einddatum", "20260101"), LAATSTE, "einddatum"),
        (met("heeft", z("volgnummer", "1")), met("heeft", z("code", "1")), "heeft/gerelateerde/code, heeft/ger"),
    ],
)
def test_stuf076_names_what_only_one_side_has(
    inrichting: Inrichting, vanaf: str | None, tot: str | None, naam: str
) -> None:
    code, details = _lees(inrichting, vanaf=vanaf, tot=tot)
    assert code == "StUF076"
    assert details.startswith(naam)


def test_the_sides_need_not_have_their_elements_in_the_same_order(magazijn: Magazijn) -> None:
    magazijn.zaak("a", startdatum="20260201", zaakniveau="2")
    magazijn.zaak("b", startdatum="20260201", zaakniveau="4")
    vanaf = EERSTE + z("zaakniveau", "1")
    assert magazijn.vraag(vanaf=vanaf, tot=z("zaakniveau", "3") + LAATSTE) == ["a"]


@pytest.mark.parametrize(
    ("gelijk", "vanaf", "naam"),
    [
        (EERSTE, EERSTE, "startdatum"),
        (nil("startdatum"), EERSTE, "startdatum"),
        (met("heeft", z("volgnummer", "1")), met("heeft", z("volgnummer", "1")), "heeft/gerelateerde/volgnummer"),
    ],
)
def test_stuf079_names_what_is_both_equal_and_in_a_range(
    inrichting: Inrichting, gelijk: str, vanaf: str, naam: str
) -> None:
    assert _lees(inrichting, gelijk, vanaf=vanaf, tot=vanaf) == ("StUF079", naam)


def test_stuf082_for_exact_in_a_range(inrichting: Inrichting) -> None:
    scherp = z("omschrijving", "a", 'StUF:exact="true"')
    assert _lees(inrichting, vanaf=scherp, tot=z("omschrijving", "b")) == ("StUF082", "omschrijving in vanaf")
    assert _lees(inrichting, vanaf=z("omschrijving", "a"), tot=scherp) == ("StUF082", "omschrijving in totEnMet")


def test_stuf085_for_an_incomplete_date_in_a_range(inrichting: Inrichting) -> None:
    deels = z("startdatum", "20260101", 'StUF:indOnvolledigeDatum="D"')
    volledig = z("startdatum", "20260101", 'StUF:indOnvolledigeDatum="V"')
    assert _lees(inrichting, vanaf=volledig, tot=deels) == ("StUF085", "startdatum in totEnMet")
    status = met("heeft", "", z("datumStatusGezet", "20260101", 'StUF:indOnvolledigeDatum="M"'))
    assert _lees(inrichting, vanaf=status, tot=status) == ("StUF085", "datumStatusGezet in vanaf")


class TestOwnKeys:
    """Questions on the keys that answers carry as sleutelVerzendend (6.3.2)."""

    def test_one_key(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        sleutel = magazijn.zaak("b")
        assert magazijn.vraag(attributen={"gelijk": f'StUF:sleutelOntvangend="{sleutel}"'}) == ["b"]

    def test_a_range_of_keys_with_one_or_two_sides(self, magazijn: Magazijn) -> None:
        een, _, drie = (magazijn.zaak(naam) for naam in "abc")
        vanaf, tot = f'StUF:sleutelOntvangend="{een + 1}"', f'StUF:sleutelOntvangend="{drie - 1}"'
        assert magazijn.vraag(attributen={"vanaf": vanaf, "totEnMet": tot}) == ["b"]
        assert magazijn.vraag(attributen={"vanaf": vanaf}) == ["b", "c"]
        assert magazijn.vraag(attributen={"totEnMet": tot}) == ["a", "b"]

    @pytest.mark.parametrize("sleutel", ["x", "-1", "99999999999999999999", "", "１"])
    def test_a_key_that_we_never_gave_finds_nothing(self, magazijn: Magazijn, sleutel: str) -> None:
        magazijn.zaak("a")
        assert magazijn.vraag(attributen={"gelijk": f'StUF:sleutelOntvangend="{sleutel}"'}) == []

    @pytest.mark.parametrize("sleutel", ["sleutelVerzendend", "sleutelGegevensbeheer"])
    def test_stuf094_for_keys_that_we_do_not_keep(self, inrichting: Inrichting, sleutel: str) -> None:
        code, details = _lees(inrichting, attributen={"gelijk": f'StUF:{sleutel}="7"'})
        assert code == "StUF094"
        assert sleutel in details

    def test_stuf088_for_two_keys(self, inrichting: Inrichting) -> None:
        twee = 'StUF:sleutelOntvangend="1" StUF:sleutelVerzendend="1"'
        assert _lees(inrichting, attributen={"gelijk": twee})[0] == "StUF088"
        een = 'StUF:sleutelOntvangend="1"'
        assert _lees(inrichting, attributen={"gelijk": een, "vanaf": een})[0] == "StUF088"

    def test_stuf091_for_a_key_beside_elements(self, inrichting: Inrichting) -> None:
        attributen = {"gelijk": 'StUF:sleutelOntvangend="1"'}
        assert _lees(inrichting, z("omschrijving", "x"), attributen=attributen) == ("StUF091", "omschrijving")
        assert _lees(inrichting, attributen=attributen, vanaf=EERSTE, tot=EERSTE)[0] == "StUF091"


class TestMaximum:
    """How many zaken an answer has (6.1, maximumAantal)."""

    def test_fifteen_when_the_question_does_not_say(self, magazijn: Magazijn) -> None:
        for plaats in range(16):
            magazijn.zaak(f"{plaats:02}")
        treffers = magazijn.treffers()
        assert (len(treffers.ids), treffers.meer, treffers.meldingen) == (15, True, [])

    def test_exactly_as_many_as_there_are_is_not_more(self, magazijn: Magazijn) -> None:
        for naam in "abc":
            magazijn.zaak(naam)
        assert not magazijn.treffers(maximum=3).meer
        assert magazijn.treffers(maximum=2).meer

    def test_our_own_bound_is_said_when_it_cut(self, magazijn: Magazijn) -> None:
        for plaats in range(51):
            magazijn.zaak(f"{plaats:02}")
        treffers = magazijn.treffers(maximum=10**29)
        assert (len(treffers.ids), treffers.meer) == (50, True)
        assert treffers.meldingen == ["StUF0002: Meer objecten gevraagd dan teruggegeven"]
        gelijk = z("identificatie", "07")
        assert magazijn.treffers(gelijk, maximum=60).meldingen == []

    @pytest.mark.parametrize("aantal", ["0", "-1", "1.5", "1_0", "veel", "٣", "9" * 40])
    def test_a_number_that_makes_no_sense_is_refused(self, inrichting: Inrichting, aantal: str) -> None:
        vraag = lv01("", parameters=f"<StUF:maximumAantal>{aantal}</StUF:maximumAantal>")
        with pytest.raises(StufFout) as fout:
            lees_vraag(element(vraag), inrichting)
        assert fout.value.code == "StUF055"
        assert "maximumAantal" in fout.value.details


@pytest.mark.parametrize("sortering", [14, 99, -1])
def test_stuf133_for_a_sortering_that_does_not_exist(inrichting: Inrichting, sortering: int) -> None:
    assert _lees(inrichting, sortering=sortering)[0] == "StUF133"


class TestNumber:
    """indicatorAantal (6.2, aantalVoorkomens)."""

    def test_counted_over_all_answers(self, magazijn: Magazijn) -> None:
        for plaats in range(5):
            magazijn.zaak(f"{plaats}", omschrijving="x")
        magazijn.zaak("ander")
        gelijk = z("omschrijving", "x")
        assert magazijn.treffers(gelijk, maximum=2, tel=True).aantal == 5
        assert magazijn.treffers(gelijk, maximum=5, tel=True).aantal == 5
        assert magazijn.treffers(gelijk, maximum=2).aantal is None

    def test_of_the_last_answer_the_zaken_in_it(self, magazijn: Magazijn) -> None:
        for naam in "abc":
            magazijn.zaak(naam)
        treffers = magazijn.treffers(start=begin(z("identificatie", "b")), tel=True)
        assert (treffers.aantal, treffers.meer) == (1, False)


OVER = "heeftBetrekkingOp"
POST, STAD = b("aoa.postcode", "1234AB"), b("wpl.woonplaatsNaam", "Ons Dorp")
WONEND, MEDEWERKER = "/adresBinnenland/aoa.postcode", "/medewerker/achternaam"


def _wie(naam: str, waarde: str) -> str:
    """A criterion on any zaakobject."""
    return met(OVER, z(naam, waarde))


def _als(soort: str, inhoud: str) -> str:
    """A zaakobject as an answer has it."""
    return met(OVER, z(soort, inhoud))


class TestStart:
    """What a vervolgvraag must say (6.3.4)."""

    def test_stuf103_without_a_start_object(self, inrichting: Inrichting) -> None:
        ja = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
        for rest in ("", "<ZKN:start/>"):
            with pytest.raises(StufFout) as fout:
                lees_vraag(element(lv01("", parameters=ja, rest=rest)), inrichting)
            assert fout.value.code == "StUF103"

    def test_a_start_object_without_the_indicator_means_nothing(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        nee = "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>"
        rest = f"<ZKN:start>{begin(z('identificatie', 'a'))}</ZKN:start>"
        vraag = lees_vraag(element(lv01("", parameters=nee, rest=rest)), magazijn.inrichting)
        assert vraag.start is None

    def test_stuf106_names_the_elements_of_the_range_that_are_missing(self, inrichting: Inrichting) -> None:
        start = begin(z("identificatie", "a") + z("resultaat", z("toelichting", "x")))
        bereik = EERSTE + z("resultaat", z("omschrijving", "a")) + met("heeft", z("volgnummer", "1"))
        code, details = _lees(inrichting, vanaf=bereik, tot=bereik, start=start)
        gemist = "heeft/gerelateerde/volgnummer, resultaat/omschrijving, startdatum"
        assert (code, details) == ("StUF106", gemist)

    @pytest.mark.parametrize(
        ("bereik", "voorwerp", "gemist"),
        [
            (met("heeft", z("volgnummer", "1")), met("heeft", z("code", "x")), "heeft/gerelateerde/volgnummer"),
            (met("heeft", "", z("datumStatusGezet", "2026")), met("heeft", ""), "heeft/datumStatusGezet"),
            (_wie("identificatie", "1"), _als("natuurlijkPersoon", b("geslachtsnaam", "x")), "/identificatie"),
            (_wie("naam", "1"), _als("medewerker", z("identificatie", "x")), "/naam"),
            (_wie("adresBinnenland", POST), _als("natuurlijkPersoon", b("geslachtsnaam", "x")), WONEND),
            (_wie("adresBinnenland", POST), _als("vestiging", b("verblijfsadres", STAD)), WONEND),
            (_wie("medewerker", z("achternaam", "x")), _als("medewerker", z("identificatie", "x")), MEDEWERKER),
            (_wie("medewerker", z("achternaam", "x")), _als("natuurlijkPersoon", ""), MEDEWERKER),
            (z("kenmerk", z("bron", "x")), z("kenmerk", z("kenmerk", "x")), "kenmerk/bron"),
        ],
    )
    def test_stuf106_looks_at_every_level(
        self, inrichting: Inrichting, bereik: str, voorwerp: str, gemist: str
    ) -> None:
        code, details = _lees(inrichting, vanaf=bereik, tot=bereik, start=begin(z("identificatie", "a") + voorwerp))
        assert (code, details) == ("StUF106", f"{OVER}/gerelateerde{gemist}" if gemist.startswith("/") else gemist)

    @pytest.mark.parametrize(
        ("bereik", "voorwerp"),
        [
            (met("isVan", z("code", "A")), met("isVan", z("code", "B"))),
            (met("isVan", z("code", "A")), nil("isVan")),
            (_wie("identificatie", "1"), _als("natuurlijkPersoon", b("inp.bsn", "2"))),
            (_wie("identificatie", "1"), _als("natuurlijkPersoon", b("anp.identificatie", "2"))),
            (_wie("identificatie", "1"), _als("medewerker", z("identificatie", "x"))),
            (_wie("naam", "1"), _als("nietNatuurlijkPersoon", b("statutaireNaam", "x"))),
            (_wie("typering", "MDW"), _als("medewerker", z("identificatie", "x"))),
            (_wie("naam", "1"), _als("adres", b("postcode", "1234AB"))),
            (_wie("adresBinnenland", POST), _als("natuurlijkPersoon", b("verblijfsadres", POST))),
            (_wie("adresBinnenland", POST), nil(OVER)),
            (z("anderZaakObject", z("lokatie", "x")), z("anderZaakObject", z("omschrijving", "x"))),
            ("<StUF:extraElementen/>" + z("onzin", "x"), ""),
        ],
    )
    def test_the_object_of_an_answer_may_say_it_in_its_own_way(
        self, inrichting: Inrichting, bereik: str, voorwerp: str
    ) -> None:
        """A subtype where the range speaks of any BTR or OBJ, a noValue, nothing where there is nothing to say."""
        vraag = bericht(vanaf=bereik, tot=bereik, start=begin(z("identificatie", "a") + voorwerp))
        assert lees_vraag(element(vraag), inrichting).start is not None

    def test_an_open_range_asks_nothing_that_an_answer_leaves_out(self, inrichting: Inrichting) -> None:
        start = begin(z("identificatie", "a"))
        open_ = z("resultaat", nil("omschrijving")) + nil("startdatum")
        assert _lees(inrichting, vanaf=open_, tot=open_, start=start) == ("StUF106", "startdatum")
        adres = _wie("adresBinnenland", b("aoa.postcode", "", GEEN)) + met(OVER, nil("naam"))
        start = begin(z("identificatie", "a") + _als("natuurlijkPersoon", b("voorletters", "x")))
        code, details = _lees(inrichting, vanaf=adres, tot=adres, start=start)
        assert (code, details) == ("StUF106", f"{OVER}/gerelateerde/naam")

    def test_the_elements_of_the_range_may_be_without_value(self, magazijn: Magazijn) -> None:
        for naam in "ab":
            magazijn.zaak(naam, startdatum="20260101")
        start = begin(z("identificatie", "a") + nil("startdatum"))
        assert magazijn.vraag(vanaf=EERSTE, tot=LAATSTE, start=start) == ["b"]

    @pytest.mark.parametrize("inhoud", ["", "<ZKN:identificatie/>", nil("identificatie")])
    def test_stuf106_for_an_object_without_identification(self, inrichting: Inrichting, inhoud: str) -> None:
        assert _lees(inrichting, start=begin(inhoud))[0] == "StUF106"

    def test_stuf106_for_a_zaak_that_does_not_exist(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        assert magazijn.fout(start=begin(z("identificatie", "weg")), sortering=9)[0] == "StUF106"
        assert magazijn.fout(start=begin("", 'StUF:sleutelOntvangend="0"'))[0] == "StUF106"


def test_a_question_has_a_bounded_number_of_criteria(magazijn: Magazijn) -> None:
    veel = wie("heeftAlsInitiator", "u1") * MAX_CRITERIA
    assert magazijn.vraag(veel) == []
    with pytest.raises(StufFout, match="StUF055") as fout:
        magazijn.vraag(veel + z("startdatum", "20260101"))
    assert f"{MAX_CRITERIA + 1} elementen" in fout.value.details
    halve = z("startdatum", "20260101") * (MAX_CRITERIA // 2)
    with pytest.raises(StufFout, match="StUF055"):
        magazijn.vraag(nil("einddatum"), vanaf=halve, tot=halve)

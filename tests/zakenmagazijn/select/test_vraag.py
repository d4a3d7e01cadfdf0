"""The parameters of a question, its faults, and questions on our own keys (StUF 03.01, 6.1 and tables 6.3 - 6.8)."""

import pytest
from tests.berichten.bouw import NO, element, lv01
from tests.zakenmagazijn.select.conftest import Magazijn, begin, bericht, nil, with_, z
from tests.zakenmagazijn.select.test_relaties import b, who

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.zakenmagazijn.select import read_question
from regiesysteem.zakenmagazijn.select.question import MAX_CRITERIA

FIRST, LAST = z("startdatum", "20260101"), z("startdatum", "20261231")


def _read(inrichting: Inrichting, gelijk: str = "", **question: object) -> tuple[str, str]:
    with pytest.raises(StufFout) as error:
        read_question(element(bericht(gelijk, **question)), inrichting)  # type: ignore[arg-type]
    return error.value.code, error.value.details


@pytest.mark.parametrize(
    ("vanaf", "until", "naam"),
    [
        (FIRST, None, "startdatum"),
        (None, FIRST, "startdatum"),
        (FIRST, z("einddatum", "20261231"), "einddatum, startdatum"),
        (FIRST + z("einddatum", "20260101"), LAST, "einddatum"),
        (with_("heeft", z("volgnummer", "1")), with_("heeft", z("code", "1")), "heeft/gerelateerde/code, heeft/ger"),
    ],
)
def test_stuf076_names_what_only_one_side_has(
    inrichting: Inrichting, vanaf: str | None, until: str | None, naam: str
) -> None:
    code, details = _read(inrichting, vanaf=vanaf, until=until)
    assert code == "StUF076"
    assert details.startswith(naam)


def test_the_sides_need_not_have_their_elements_in_the_same_order(magazijn: Magazijn) -> None:
    magazijn.zaak("a", startdatum="20260201", zaakniveau="2")
    magazijn.zaak("b", startdatum="20260201", zaakniveau="4")
    vanaf = FIRST + z("zaakniveau", "1")
    assert magazijn.question(vanaf=vanaf, until=z("zaakniveau", "3") + LAST) == ["a"]


@pytest.mark.parametrize(
    ("gelijk", "vanaf", "naam"),
    [
        (FIRST, FIRST, "startdatum"),
        (nil("startdatum"), FIRST, "startdatum"),
        (with_("heeft", z("volgnummer", "1")), with_("heeft", z("volgnummer", "1")), "heeft/gerelateerde/volgnummer"),
    ],
)
def test_stuf079_names_what_is_both_equal_and_in_a_range(
    inrichting: Inrichting, gelijk: str, vanaf: str, naam: str
) -> None:
    assert _read(inrichting, gelijk, vanaf=vanaf, until=vanaf) == ("StUF079", naam)


def test_stuf082_for_exact_in_a_range(inrichting: Inrichting) -> None:
    scherp = z("omschrijving", "a", 'StUF:exact="true"')
    assert _read(inrichting, vanaf=scherp, until=z("omschrijving", "b")) == ("StUF082", "omschrijving in vanaf")
    assert _read(inrichting, vanaf=z("omschrijving", "a"), until=scherp) == ("StUF082", "omschrijving in totEnMet")


def test_stuf085_for_an_incomplete_date_in_a_range(inrichting: Inrichting) -> None:
    partly = z("startdatum", "20260101", 'StUF:indOnvolledigeDatum="D"')
    complete = z("startdatum", "20260101", 'StUF:indOnvolledigeDatum="V"')
    assert _read(inrichting, vanaf=complete, until=partly) == ("StUF085", "startdatum in totEnMet")
    status = with_("heeft", "", z("datumStatusGezet", "20260101", 'StUF:indOnvolledigeDatum="M"'))
    assert _read(inrichting, vanaf=status, until=status) == ("StUF085", "datumStatusGezet in vanaf")


class TestOwnKeys:
    """Questions on the keys that answers carry as sleutelVerzendend (6.3.2)."""

    def test_one_key(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        sleutel = magazijn.zaak("b")
        assert magazijn.question(attributes={"gelijk": f'StUF:sleutelOntvangend="{sleutel}"'}) == ["b"]

    def test_a_range_of_keys_with_one_or_two_sides(self, magazijn: Magazijn) -> None:
        one, _, drie = (magazijn.zaak(naam) for naam in "abc")
        vanaf, until = f'StUF:sleutelOntvangend="{one + 1}"', f'StUF:sleutelOntvangend="{drie - 1}"'
        assert magazijn.question(attributes={"vanaf": vanaf, "totEnMet": until}) == ["b"]
        assert magazijn.question(attributes={"vanaf": vanaf}) == ["b", "c"]
        assert magazijn.question(attributes={"totEnMet": until}) == ["a", "b"]

    @pytest.mark.parametrize("sleutel", ["x", "-1", "99999999999999999999", "", "１"])
    def test_a_key_that_we_never_gave_finds_nothing(self, magazijn: Magazijn, sleutel: str) -> None:
        magazijn.zaak("a")
        assert magazijn.question(attributes={"gelijk": f'StUF:sleutelOntvangend="{sleutel}"'}) == []

    @pytest.mark.parametrize("sleutel", ["sleutelVerzendend", "sleutelGegevensbeheer"])
    def test_stuf094_for_keys_that_we_do_not_keep(self, inrichting: Inrichting, sleutel: str) -> None:
        code, details = _read(inrichting, attributes={"gelijk": f'StUF:{sleutel}="7"'})
        assert code == "StUF094"
        assert sleutel in details

    def test_stuf088_for_two_keys(self, inrichting: Inrichting) -> None:
        twee = 'StUF:sleutelOntvangend="1" StUF:sleutelVerzendend="1"'
        assert _read(inrichting, attributes={"gelijk": twee})[0] == "StUF088"
        one = 'StUF:sleutelOntvangend="1"'
        assert _read(inrichting, attributes={"gelijk": one, "vanaf": one})[0] == "StUF088"

    def test_stuf091_for_a_key_beside_elements(self, inrichting: Inrichting) -> None:
        attributes = {"gelijk": 'StUF:sleutelOntvangend="1"'}
        assert _read(inrichting, z("omschrijving", "x"), attributes=attributes) == ("StUF091", "omschrijving")
        assert _read(inrichting, attributes=attributes, vanaf=FIRST, until=FIRST)[0] == "StUF091"


class TestMaximum:
    """How many zaken an answer has (6.1, maximumAantal)."""

    def test_fifteen_when_the_question_does_not_say(self, magazijn: Magazijn) -> None:
        for place in range(16):
            magazijn.zaak(f"{place:02}")
        hits = magazijn.hits()
        assert (len(hits.ids), hits.more, hits.meldingen) == (15, True, [])

    def test_exactly_as_many_as_there_are_is_not_more(self, magazijn: Magazijn) -> None:
        for naam in "abc":
            magazijn.zaak(naam)
        assert not magazijn.hits(maximum=3).more
        assert magazijn.hits(maximum=2).more

    def test_our_own_bound_is_said_when_it_cut(self, magazijn: Magazijn) -> None:
        for place in range(51):
            magazijn.zaak(f"{place:02}")
        hits = magazijn.hits(maximum=10**29)
        assert (len(hits.ids), hits.more) == (50, True)
        assert hits.meldingen == ["StUF0002: Meer objecten gevraagd dan teruggegeven"]
        gelijk = z("identificatie", "07")
        assert magazijn.hits(gelijk, maximum=60).meldingen == []

    @pytest.mark.parametrize("count", ["0", "-1", "1.5", "1_0", "veel", "٣", "9" * 40])
    def test_a_number_that_makes_no_sense_is_refused(self, inrichting: Inrichting, count: str) -> None:
        question = lv01("", parameters=f"<StUF:maximumAantal>{count}</StUF:maximumAantal>")
        with pytest.raises(StufFout) as error:
            read_question(element(question), inrichting)
        assert error.value.code == "StUF055"
        assert "maximumAantal" in error.value.details


@pytest.mark.parametrize("sortering", [14, 99, -1])
def test_stuf133_for_a_sortering_that_does_not_exist(inrichting: Inrichting, sortering: int) -> None:
    assert _read(inrichting, sortering=sortering)[0] == "StUF133"


class TestNumber:
    """indicatorAantal (6.2, aantalVoorkomens)."""

    def test_counted_over_all_answers(self, magazijn: Magazijn) -> None:
        for place in range(5):
            magazijn.zaak(f"{place}", omschrijving="x")
        magazijn.zaak("ander")
        gelijk = z("omschrijving", "x")
        assert magazijn.hits(gelijk, maximum=2, count=True).aantal == 5
        assert magazijn.hits(gelijk, maximum=5, count=True).aantal == 5
        assert magazijn.hits(gelijk, maximum=2).aantal is None

    def test_of_the_last_answer_the_zaken_in_it(self, magazijn: Magazijn) -> None:
        for naam in "abc":
            magazijn.zaak(naam)
        hits = magazijn.hits(start=begin(z("identificatie", "b")), count=True)
        assert (hits.aantal, hits.more) == (1, False)


OVER = "heeftBetrekkingOp"
POST, STAD = b("aoa.postcode", "1234AB"), b("wpl.woonplaatsNaam", "Ons Dorp")
WONEND, MEDEWERKER = "/adresBinnenland/aoa.postcode", "/medewerker/achternaam"


def _who(naam: str, waarde: str) -> str:
    """A criterion on any zaakobject."""
    return with_(OVER, z(naam, waarde))


def _as(soort: str, inhoud: str) -> str:
    """A zaakobject as an answer has it."""
    return with_(OVER, z(soort, inhoud))


class TestStart:
    """The elements that a vervolgvraag must have (6.3.4)."""

    def test_stuf103_without_a_start_object(self, inrichting: Inrichting) -> None:
        yes = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
        for rest in ("", "<ZKN:start/>"):
            with pytest.raises(StufFout) as error:
                read_question(element(lv01("", parameters=yes, rest=rest)), inrichting)
            assert error.value.code == "StUF103"

    def test_a_start_object_without_the_indicator_means_nothing(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        nee = "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>"
        rest = f"<ZKN:start>{begin(z('identificatie', 'a'))}</ZKN:start>"
        question = read_question(element(lv01("", parameters=nee, rest=rest)), magazijn.inrichting)
        assert question.start is None

    def test_stuf106_names_the_elements_of_the_range_that_are_missing(self, inrichting: Inrichting) -> None:
        start = begin(z("identificatie", "a") + z("resultaat", z("toelichting", "x")))
        range_ = FIRST + z("resultaat", z("omschrijving", "a")) + with_("heeft", z("volgnummer", "1"))
        code, details = _read(inrichting, vanaf=range_, until=range_, start=start)
        missed = "heeft/gerelateerde/volgnummer, resultaat/omschrijving, startdatum"
        assert (code, details) == ("StUF106", missed)

    @pytest.mark.parametrize(
        ("range_", "instance", "missed"),
        [
            (with_("heeft", z("volgnummer", "1")), with_("heeft", z("code", "x")), "heeft/gerelateerde/volgnummer"),
            (with_("heeft", "", z("datumStatusGezet", "2026")), with_("heeft", ""), "heeft/datumStatusGezet"),
            (_who("identificatie", "1"), _as("natuurlijkPersoon", b("geslachtsnaam", "x")), "/identificatie"),
            (_who("naam", "1"), _as("medewerker", z("identificatie", "x")), "/naam"),
            (_who("adresBinnenland", POST), _as("natuurlijkPersoon", b("geslachtsnaam", "x")), WONEND),
            (_who("adresBinnenland", POST), _as("vestiging", b("verblijfsadres", STAD)), WONEND),
            (_who("medewerker", z("achternaam", "x")), _as("medewerker", z("identificatie", "x")), MEDEWERKER),
            (_who("medewerker", z("achternaam", "x")), _as("natuurlijkPersoon", ""), MEDEWERKER),
            (z("kenmerk", z("bron", "x")), z("kenmerk", z("kenmerk", "x")), "kenmerk/bron"),
        ],
    )
    def test_stuf106_looks_at_every_level(
        self, inrichting: Inrichting, range_: str, instance: str, missed: str
    ) -> None:
        code, details = _read(inrichting, vanaf=range_, until=range_, start=begin(z("identificatie", "a") + instance))
        assert (code, details) == ("StUF106", f"{OVER}/gerelateerde{missed}" if missed.startswith("/") else missed)

    @pytest.mark.parametrize(
        ("range_", "instance"),
        [
            (with_("isVan", z("code", "A")), with_("isVan", z("code", "B"))),
            (with_("isVan", z("code", "A")), nil("isVan")),
            (_who("identificatie", "1"), _as("natuurlijkPersoon", b("inp.bsn", "2"))),
            (_who("identificatie", "1"), _as("natuurlijkPersoon", b("anp.identificatie", "2"))),
            (_who("identificatie", "1"), _as("medewerker", z("identificatie", "x"))),
            (_who("naam", "1"), _as("nietNatuurlijkPersoon", b("statutaireNaam", "x"))),
            (_who("typering", "MDW"), _as("medewerker", z("identificatie", "x"))),
            (_who("naam", "1"), _as("adres", b("postcode", "1234AB"))),
            (_who("adresBinnenland", POST), _as("natuurlijkPersoon", b("verblijfsadres", POST))),
            (_who("adresBinnenland", POST), nil(OVER)),
            (z("anderZaakObject", z("lokatie", "x")), z("anderZaakObject", z("omschrijving", "x"))),
            ("<StUF:extraElementen/>" + z("onzin", "x"), ""),
        ],
    )
    def test_the_object_of_an_answer_may_say_it_in_its_own_way(
        self, inrichting: Inrichting, range_: str, instance: str
    ) -> None:
        """A subtype where the range speaks of any BTR or OBJ, a noValue, nothing where there is nothing to say."""
        question = bericht(vanaf=range_, until=range_, start=begin(z("identificatie", "a") + instance))
        assert read_question(element(question), inrichting).start is not None

    def test_an_open_range_asks_nothing_that_an_answer_leaves_out(self, inrichting: Inrichting) -> None:
        start = begin(z("identificatie", "a"))
        open_ = z("resultaat", nil("omschrijving")) + nil("startdatum")
        assert _read(inrichting, vanaf=open_, until=open_, start=start) == ("StUF106", "startdatum")
        adres = _who("adresBinnenland", b("aoa.postcode", "", NO)) + with_(OVER, nil("naam"))
        start = begin(z("identificatie", "a") + _as("natuurlijkPersoon", b("voorletters", "x")))
        code, details = _read(inrichting, vanaf=adres, until=adres, start=start)
        assert (code, details) == ("StUF106", f"{OVER}/gerelateerde/naam")

    def test_the_elements_of_the_range_may_be_without_value(self, magazijn: Magazijn) -> None:
        for naam in "ab":
            magazijn.zaak(naam, startdatum="20260101")
        start = begin(z("identificatie", "a") + nil("startdatum"))
        assert magazijn.question(vanaf=FIRST, until=LAST, start=start) == ["b"]

    @pytest.mark.parametrize("inhoud", ["", "<ZKN:identificatie/>", nil("identificatie")])
    def test_stuf106_for_an_object_without_identification(self, inrichting: Inrichting, inhoud: str) -> None:
        assert _read(inrichting, start=begin(inhoud))[0] == "StUF106"

    def test_stuf106_for_a_zaak_that_does_not_exist(self, magazijn: Magazijn) -> None:
        magazijn.zaak("a")
        assert magazijn.fout(start=begin(z("identificatie", "weg")), sortering=9)[0] == "StUF106"
        assert magazijn.fout(start=begin("", 'StUF:sleutelOntvangend="0"'))[0] == "StUF106"


def test_a_question_has_a_bounded_number_of_criteria(magazijn: Magazijn) -> None:
    many = who("heeftAlsInitiator", "u1") * MAX_CRITERIA
    assert magazijn.question(many) == []
    with pytest.raises(StufFout, match="StUF055") as error:
        magazijn.question(many + z("startdatum", "20260101"))
    assert f"{MAX_CRITERIA + 1} elementen" in error.value.details
    halve = z("startdatum", "20260101") * (MAX_CRITERIA // 2)
    with pytest.raises(StufFout, match="StUF055"):
        magazijn.question(nil("einddatum"), vanaf=halve, until=halve)

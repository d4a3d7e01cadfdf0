"""What a change says of elements: absent, noValue, groups, repeating elements, and the guard of `was`."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.inrichting.current import Zaaktype
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Gegevens, Waarde, is_leeg
from regiesysteem.zakenmagazijn.compare import Bewaking, gelijk, toegepast, wijzigingen
from regiesysteem.zkn.zaak import ZAK

TYPE = Zaaktype(1, "B1", "Een", "deelplan", was="weigeren", status_tegenspraak="weigeren", onbekende_status="weigeren")
GEEN, ONBEKEND, VAST, NIET, MAG_NIET = (
    {"@noValue": soort}
    for soort in ("geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund", "nietGeautoriseerd")
)
NIL = {"@nil": "true"}
BEKEND: Gegevens = {
    "omschrijving": "oud",
    "resultaat": {"omschrijving": "Toegekend", "toelichting": "ja"},
    "kenmerk": [{"kenmerk": "1", "bron": "a"}, {"kenmerk": "2", "bron": "b"}],
    "einddatum": "20260101",
}


def na(wordt: Gegevens, was: Gegevens | None = None, regel: str = "weigeren", bekend: Gegevens = BEKEND) -> Gegevens:
    """What is known after a change."""
    bewaking = Bewaking(replace(TYPE, was=regel))  # type: ignore[arg-type]
    uit = toegepast(ZAK.elementen, bekend, wijzigingen(bewaking, "", bekend, was, wordt))
    bewaking.besluit()
    return uit


def test_absent_stays_and_said_replaces() -> None:
    assert na({"omschrijving": "nieuw"}) == {**BEKEND, "omschrijving": "nieuw"}


@pytest.mark.parametrize("leeg", [GEEN, NIL])
@pytest.mark.parametrize("naam", ["omschrijving", "resultaat", "einddatum"])
def test_geenwaarde_clears(naam: str, leeg: Waarde) -> None:
    assert na({naam: leeg}) == {ander: waarde for ander, waarde in BEKEND.items() if ander != naam}


def test_geenwaarde_clears_all_of_a_repeating_element() -> None:
    assert "kenmerk" not in na({"kenmerk": [GEEN]})


@pytest.mark.parametrize("stil", [NIET, MAG_NIET])
def test_what_a_sender_does_not_support_says_nothing(stil: Waarde) -> None:
    zegt = {"omschrijving": stil, "resultaat": {"omschrijving": stil, "toelichting": "nee"}, "kenmerk": [stil]}
    verwacht = {**BEKEND, "resultaat": {"omschrijving": "Toegekend", "toelichting": "nee"}}
    assert na(zegt) == verwacht


@pytest.mark.parametrize("soort", [ONBEKEND, VAST])
def test_unknown_is_said_too(soort: Waarde) -> None:
    assert na({"omschrijving": soort})["omschrijving"] == soort


def test_a_group_changes_field_by_field() -> None:
    assert na({"resultaat": {"toelichting": "nee"}})["resultaat"] == {"omschrijving": "Toegekend", "toelichting": "nee"}
    assert na({"resultaat": {"toelichting": GEEN}})["resultaat"] == {"omschrijving": "Toegekend"}
    assert "resultaat" not in na({"resultaat": {"omschrijving": GEEN, "toelichting": NIL}})


def test_a_repeating_element_is_replaced_as_a_whole() -> None:
    assert na({"kenmerk": [{"kenmerk": "3", "bron": "c"}]})["kenmerk"] == [{"kenmerk": "3", "bron": "c"}]


@pytest.mark.parametrize("regel", ["weigeren", "loggen", "negeren"])
def test_of_a_repeating_element_is_left_what_wordt_says(regel: str) -> None:
    """StUF 03.01, 5.2.4, Overige regels: all values stand in the message, so none in wordt is none left."""
    een, twee = BEKEND["kenmerk"]
    assert "kenmerk" not in na({}, {"kenmerk": [een, twee]}, regel)
    assert na({"kenmerk": [twee]}, {"kenmerk": [twee, een]}, regel)["kenmerk"] == [twee]


@pytest.mark.parametrize("was", [{}, {"kenmerk": [NIET]}, {"kenmerk": [GEEN]}, {"resultaat": BEKEND["resultaat"]}])
def test_what_was_names_no_value_of_is_not_gone(was: Gegevens) -> None:
    assert na({}, was, "loggen") == BEKEND


def test_a_repeating_element_that_was_knows_otherwise_is_guarded_when_it_goes() -> None:
    with pytest.raises(StufFout) as fout:
        na({}, {"kenmerk": [{"kenmerk": "1", "bron": "a"}]})
    assert fout.value.code == "StUF063"
    een = "bron 'a', kenmerk '1'"
    assert f"in was {een}, in de registratie {een} en bron 'b', kenmerk '2'" in fout.value.details


def test_equal_in_was_and_wordt_is_identification() -> None:
    zelfde: Gegevens = {"omschrijving": "anders dan geregistreerd", "resultaat": {"omschrijving": "x"}}
    assert na(zelfde, zelfde) == BEKEND
    half: Gegevens = {"resultaat": {"omschrijving": "x", "toelichting": "nee"}}
    was: Gegevens = {"resultaat": {"omschrijving": "x", "toelichting": "ja"}}
    assert na(half, was)["resultaat"] == {"omschrijving": "Toegekend", "toelichting": "nee"}


def test_with_was_negeren_all_that_wordt_says_counts() -> None:
    assert na({"omschrijving": "nieuw"}, {"omschrijving": "nieuw"}, "negeren")["omschrijving"] == "nieuw"


@pytest.mark.parametrize(
    ("was", "wordt", "pad", "gezonden", "geregistreerd"),
    [
        ({"omschrijving": "ouder"}, {"omschrijving": "nieuw"}, "omschrijving", "'ouder'", "'oud'"),
        ({"omschrijving": GEEN}, {"omschrijving": "nieuw"}, "omschrijving", "geen waarde", "'oud'"),
        (
            {"resultaat": {"toelichting": "nee"}},
            {"resultaat": {"toelichting": "misschien"}},
            "resultaat/toelichting",
            "'nee'",
            "'ja'",
        ),
        ({"resultaat": GEEN}, {"resultaat": {"toelichting": "nee"}}, "resultaat", "geen waarde", "Toegekend"),
        ({"toelichting": "iets"}, {"toelichting": GEEN}, "toelichting", "'iets'", "geen waarde"),
    ],
)
def test_a_was_that_is_overtaken_is_refused_with_both_values(
    was: Gegevens, wordt: Gegevens, pad: str, gezonden: str, geregistreerd: str
) -> None:
    with pytest.raises(StufFout) as fout:
        na(wordt, was)
    assert fout.value.code == "StUF063"
    [plek, rest] = fout.value.details.partition("gewijzigd; ")[2].split(":", 1)
    assert plek == pad
    in_was, _, in_registratie = rest.partition(", in de registratie ")
    assert gezonden in in_was
    assert geregistreerd in in_registratie
    assert na(wordt, was, "loggen") != BEKEND or wordt == {"toelichting": GEEN}
    assert na(wordt, was, "negeren") == na(wordt, None)


@pytest.mark.parametrize(
    ("was", "wordt"),
    [
        ({"omschrijving": "oud"}, {"omschrijving": "nieuw"}),
        ({}, {"omschrijving": "nieuw"}),
        ({"omschrijving": ONBEKEND}, {"omschrijving": "nieuw"}),
        ({"omschrijving": NIET}, {"omschrijving": "nieuw"}),
        ({"toelichting": NIL}, {"toelichting": "nieuw"}),
        ({"resultaat": {"toelichting": "ja"}}, {"resultaat": {"toelichting": "nee"}}),
        ({"einddatum": {"_": "20260101", "@indOnvolledigeDatum": "V"}}, {"einddatum": "20260202"}),
        ({"kenmerk": BEKEND["kenmerk"]}, {"kenmerk": [{"kenmerk": "3", "bron": "c"}]}),
    ],
)
def test_a_was_that_agrees_or_does_not_know_is_accepted(was: Gegevens, wordt: Gegevens) -> None:
    assert na(wordt, was) == na(wordt, None)


def _waarden() -> st.SearchStrategy[Waarde]:
    soort = st.sampled_from(["geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund"])
    leeg = st.fixed_dictionaries({"@noValue": soort}) | st.just({"@nil": "true"})
    enkel = st.text(max_size=3) | leeg
    groep = st.dictionaries(st.sampled_from(["a", "b"]), enkel, max_size=2)
    return enkel | groep | st.lists(groep | leeg, max_size=3)


@given(bekend=_waarden(), wordt=_waarden())
def test_a_change_done_twice_is_a_change_done_once(bekend: Waarde, wordt: Waarde) -> None:
    eerst = na({"resultaat": wordt}, None, "negeren", {"resultaat": bekend})
    assert na({"resultaat": wordt}, None, "negeren", eerst) == eerst


@given(een=_waarden(), ander=_waarden())
def test_equality_is_one(een: Waarde, ander: Waarde) -> None:
    assert gelijk(een, een)
    assert gelijk(een, ander) == gelijk(ander, een)
    if is_leeg(een) and is_leeg(ander):
        assert gelijk(een, ander)

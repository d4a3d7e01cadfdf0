"""The elements that a change changes: absent, noValue, groups, repeating elements, and the guard of `was`."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.inrichting.current import Zaaktype
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Data, Waarde, is_empty
from regiesysteem.zakenmagazijn.compare import ZaakGuarding, applied, modifications, same_value
from regiesysteem.zkn.zaak import ZAK

TYPE = Zaaktype(1, "B1", "Een", "deelplan", was="weigeren", status_tegenspraak="weigeren", onbekende_status="weigeren")
NO, UNKNOWN, FIXED, NOT, MAG_NOT = (
    {"@noValue": soort}
    for soort in ("geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund", "nietGeautoriseerd")
)
NIL = {"@nil": "true"}
KNOWN: Data = {
    "omschrijving": "oud",
    "resultaat": {"omschrijving": "Toegekend", "toelichting": "ja"},
    "kenmerk": [{"kenmerk": "1", "bron": "a"}, {"kenmerk": "2", "bron": "b"}],
    "einddatum": "20260101",
}


def after(wordt: Data, was: Data | None = None, regel: str = "weigeren", known: Data = KNOWN) -> Data:
    """The known values after a change."""
    guard = ZaakGuarding(replace(TYPE, was=regel))  # type: ignore[arg-type]
    out = applied(ZAK.elementen, known, modifications(guard, "", known, was, wordt))
    guard.decide()
    return out


def test_absent_stays_and_said_replaces() -> None:
    assert after({"omschrijving": "nieuw"}) == {**KNOWN, "omschrijving": "nieuw"}


@pytest.mark.parametrize("empty", [NO, NIL])
@pytest.mark.parametrize("naam", ["omschrijving", "resultaat", "einddatum"])
def test_geenwaarde_clears(naam: str, empty: Waarde) -> None:
    assert after({naam: empty}) == {other: waarde for other, waarde in KNOWN.items() if other != naam}


def test_geenwaarde_clears_all_of_a_repeating_element() -> None:
    assert "kenmerk" not in after({"kenmerk": [NO]})


@pytest.mark.parametrize("quiet", [NOT, MAG_NOT])
def test_what_a_sender_does_not_support_says_nothing(quiet: Waarde) -> None:
    says = {"omschrijving": quiet, "resultaat": {"omschrijving": quiet, "toelichting": "nee"}, "kenmerk": [quiet]}
    expected = {**KNOWN, "resultaat": {"omschrijving": "Toegekend", "toelichting": "nee"}}
    assert after(says) == expected


@pytest.mark.parametrize("soort", [UNKNOWN, FIXED])
def test_unknown_is_said_too(soort: Waarde) -> None:
    assert after({"omschrijving": soort})["omschrijving"] == soort


def test_a_group_changes_field_by_field() -> None:
    assert after({"resultaat": {"toelichting": "nee"}})["resultaat"] == {
        "omschrijving": "Toegekend",
        "toelichting": "nee",
    }
    assert after({"resultaat": {"toelichting": NO}})["resultaat"] == {"omschrijving": "Toegekend"}
    assert "resultaat" not in after({"resultaat": {"omschrijving": NO, "toelichting": NIL}})


def test_a_repeating_element_is_replaced_as_a_whole() -> None:
    assert after({"kenmerk": [{"kenmerk": "3", "bron": "c"}]})["kenmerk"] == [{"kenmerk": "3", "bron": "c"}]


@pytest.mark.parametrize("regel", ["weigeren", "loggen", "negeren"])
def test_of_a_repeating_element_is_left_what_wordt_says(regel: str) -> None:
    """StUF 03.01, 5.2.4, Overige regels: all values stand in the message, so none in wordt is none left."""
    one, twee = KNOWN["kenmerk"]
    assert "kenmerk" not in after({}, {"kenmerk": [one, twee]}, regel)
    assert after({"kenmerk": [twee]}, {"kenmerk": [twee, one]}, regel)["kenmerk"] == [twee]


@pytest.mark.parametrize("was", [{}, {"kenmerk": [NOT]}, {"kenmerk": [NO]}, {"resultaat": KNOWN["resultaat"]}])
def test_what_was_names_no_value_of_is_not_gone(was: Data) -> None:
    assert after({}, was, "loggen") == KNOWN


def test_a_repeating_element_that_was_knows_otherwise_is_guarded_when_it_goes() -> None:
    with pytest.raises(StufFout) as error:
        after({}, {"kenmerk": [{"kenmerk": "1", "bron": "a"}]})
    assert error.value.code == "StUF063"
    one = "bron 'a', kenmerk '1'"
    assert f"in was {one}, in de registratie {one} en bron 'b', kenmerk '2'" in error.value.details


def test_equal_in_was_and_wordt_is_identification() -> None:
    same: Data = {"omschrijving": "anders dan geregistreerd", "resultaat": {"omschrijving": "x"}}
    assert after(same, same) == KNOWN
    half: Data = {"resultaat": {"omschrijving": "x", "toelichting": "nee"}}
    was: Data = {"resultaat": {"omschrijving": "x", "toelichting": "ja"}}
    assert after(half, was)["resultaat"] == {"omschrijving": "Toegekend", "toelichting": "nee"}


def test_with_was_negeren_all_that_wordt_says_counts() -> None:
    assert after({"omschrijving": "nieuw"}, {"omschrijving": "nieuw"}, "negeren")["omschrijving"] == "nieuw"


@pytest.mark.parametrize(
    ("was", "wordt", "path", "sent", "geregistreerd"),
    [
        ({"omschrijving": "ouder"}, {"omschrijving": "nieuw"}, "omschrijving", "'ouder'", "'oud'"),
        ({"omschrijving": NO}, {"omschrijving": "nieuw"}, "omschrijving", "geen waarde", "'oud'"),
        (
            {"resultaat": {"toelichting": "nee"}},
            {"resultaat": {"toelichting": "misschien"}},
            "resultaat/toelichting",
            "'nee'",
            "'ja'",
        ),
        ({"resultaat": NO}, {"resultaat": {"toelichting": "nee"}}, "resultaat", "geen waarde", "Toegekend"),
        ({"toelichting": "iets"}, {"toelichting": NO}, "toelichting", "'iets'", "geen waarde"),
    ],
)
def test_a_was_that_is_overtaken_is_refused_with_both_values(
    was: Data, wordt: Data, path: str, sent: str, geregistreerd: str
) -> None:
    with pytest.raises(StufFout) as error:
        after(wordt, was)
    assert error.value.code == "StUF063"
    [spot, rest] = error.value.details.partition("gewijzigd; ")[2].split(":", 1)
    assert spot == path
    in_was, _, in_registratie = rest.partition(", in de registratie ")
    assert sent in in_was
    assert geregistreerd in in_registratie
    assert after(wordt, was, "loggen") != KNOWN or wordt == {"toelichting": NO}
    assert after(wordt, was, "negeren") == after(wordt, None)


@pytest.mark.parametrize(
    ("was", "wordt"),
    [
        ({"omschrijving": "oud"}, {"omschrijving": "nieuw"}),
        ({}, {"omschrijving": "nieuw"}),
        ({"omschrijving": UNKNOWN}, {"omschrijving": "nieuw"}),
        ({"omschrijving": NOT}, {"omschrijving": "nieuw"}),
        ({"toelichting": NIL}, {"toelichting": "nieuw"}),
        ({"resultaat": {"toelichting": "ja"}}, {"resultaat": {"toelichting": "nee"}}),
        ({"einddatum": {"_": "20260101", "@indOnvolledigeDatum": "V"}}, {"einddatum": "20260202"}),
        ({"kenmerk": KNOWN["kenmerk"]}, {"kenmerk": [{"kenmerk": "3", "bron": "c"}]}),
    ],
)
def test_a_was_that_agrees_or_does_not_know_is_accepted(was: Data, wordt: Data) -> None:
    assert after(wordt, was) == after(wordt, None)


def _waarden() -> st.SearchStrategy[Waarde]:
    soort = st.sampled_from(["geenWaarde", "waardeOnbekend", "vastgesteldOnbekend", "nietOndersteund"])
    empty = st.fixed_dictionaries({"@noValue": soort}) | st.just({"@nil": "true"})
    single = st.text(max_size=3) | empty
    group = st.dictionaries(st.sampled_from(["a", "b"]), single, max_size=2)
    return single | group | st.lists(group | empty, max_size=3)


@given(known=_waarden(), wordt=_waarden())
def test_a_change_done_twice_is_a_change_done_once(known: Waarde, wordt: Waarde) -> None:
    first = after({"resultaat": wordt}, None, "negeren", {"resultaat": known})
    assert after({"resultaat": wordt}, None, "negeren", first) == first


@given(one=_waarden(), other=_waarden())
def test_equality_is_one(one: Waarde, other: Waarde) -> None:
    assert same_value(one, one)
    assert same_value(one, other) == same_value(other, one)
    if is_empty(one) and is_empty(other):
        assert same_value(one, other)

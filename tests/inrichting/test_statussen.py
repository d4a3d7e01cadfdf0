"""A statustype is found by volgnummer, code and omschrijving: whole, and what contradicts is decided by the rule."""

from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from regiesysteem.inrichting.current import Statustype, Zaaktype
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.find_status import Contradiction, Found, UnknownStatus, find_statustype

Regel = Literal["weigeren", "volgnummer", "omschrijving"]
REGELS: list[Regel] = ["weigeren", "volgnummer", "omschrijving"]


def make(*statustypen: tuple[int, str | None, str], regel: Regel = "weigeren") -> Zaaktype:
    return Zaaktype(
        id=1,
        code="Z",
        omschrijving="Z",
        soort="deelplan",
        was="loggen",
        status_tegenspraak=regel,
        onbekende_status="weigeren",
        statustypen=tuple(
            Statustype(100 + number, number, code, omschrijving, eindstatus=False)
            for number, code, omschrijving in sorted(statustypen)
        ),
    )


B1026 = make((1, "Ontv", "Ontvangen"), (2, "Afgeh", "Afgehandeld"))


def number(outcome: object) -> int:
    assert isinstance(outcome, Found), outcome
    return outcome.statustype.volgnummer


@pytest.mark.parametrize(
    ("volgnummer", "code", "omschrijving", "found"),
    [
        (1, "ontv", "Ontvangen", 1),  # as a back office in production sends it
        (1, None, None, 1),
        (None, "AFGEH", None, 2),
        (None, None, " afgehandeld ", 2),
        (2, "", " ", 2),
    ],
)
def test_found(volgnummer: int | None, code: str | None, omschrijving: str | None, found: int) -> None:
    assert number(find_statustype(B1026, volgnummer, code, omschrijving)) == found


@pytest.mark.parametrize(
    ("volgnummer", "code", "omschrijving"),
    [
        (None, None, None),
        (None, "", ""),
        (3, None, None),
        (0, None, None),
        (None, "Ont", None),
        (None, "Ontvangen", None),
        (None, None, "Ontvang"),
        (None, None, "Ontvangen zaak"),
        (None, None, "Ont vangen"),
        (None, None, "Ontv"),
        (3, "Inbeh", "In behandeling"),
    ],
)
@pytest.mark.parametrize("regel", REGELS)
def test_a_part_of_a_name_is_unknown_too(
    volgnummer: int | None, code: str | None, omschrijving: str | None, regel: Regel
) -> None:
    assert isinstance(find_statustype(B1026, volgnummer, code, omschrijving, regel), UnknownStatus)


def test_a_contradiction_names_what_came_and_what_is_known() -> None:
    outcome = find_statustype(B1026, 2, "Inbeh", "In behandeling")
    assert isinstance(outcome, Contradiction)
    assert [statustype.volgnummer for statustype in outcome.known] == [2]
    assert str(outcome) == (
        'ontvangen: volgnummer 2, code Inbeh, omschrijving "In behandeling"; '
        'bekend: volgnummer 2, code Afgeh, omschrijving "Afgehandeld"'
    )


def test_the_rule_decides_a_contradiction() -> None:
    afgehandeld = find_statustype(B1026, 2, "Inbeh", "In behandeling", "volgnummer")
    assert number(afgehandeld) == 2
    assert isinstance(afgehandeld, Found)
    assert isinstance(afgehandeld.despite, Contradiction)
    assert isinstance(find_statustype(B1026, 2, "Inbeh", "In behandeling", "omschrijving"), UnknownStatus)
    assert number(find_statustype(B1026, 2, "Afgeh", "Ontvangen", "omschrijving")) == 1
    assert number(find_statustype(B1026, 2, "Ontv", "Ontvangen", "volgnummer")) == 2
    # The value that decides was not sent.
    assert isinstance(find_statustype(B1026, None, "Afgeh", "Ontvangen", "volgnummer"), Contradiction)
    assert isinstance(find_statustype(B1026, 1, "Afgeh", None, "omschrijving"), Contradiction)


def test_the_rule_of_the_zaaktype_holds_when_none_is_given() -> None:
    zaaktype = make((1, "Ontv", "Ontvangen"), (2, "Afgeh", "Afgehandeld"), regel="volgnummer")
    assert number(find_statustype(zaaktype, 2, "Ontv", None)) == 2
    assert isinstance(find_statustype(zaaktype, 2, "Ontv", None, "weigeren"), Contradiction)


def test_a_status_without_code_contradicts_no_code() -> None:
    zaaktype = make((1, None, "Ontvangen"), (2, "Afgeh", "Afgehandeld"))
    assert number(find_statustype(zaaktype, 1, "Ontv", "Ontvangen")) == 1
    assert isinstance(find_statustype(zaaktype, 1, "Afgeh", "Ontvangen"), Contradiction)
    assert isinstance(find_statustype(zaaktype, None, "Ontv", None), UnknownStatus)


def test_the_literal_name_goes_first() -> None:
    zaaktype = make((1, "in", "Begin"), (2, "IN", "Beoordeling"))
    assert number(find_statustype(zaaktype, None, "IN", None)) == 2
    assert number(find_statustype(zaaktype, None, "in", None)) == 1
    for regel in REGELS:
        assert isinstance(find_statustype(zaaktype, None, "In", None, regel), Contradiction)


words = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=6).filter(str.strip)


@st.composite
def zaaktypen(draw: st.DrawFn) -> Zaaktype:
    numbers = draw(st.lists(st.integers(1, 9999), min_size=2, max_size=6, unique=True))
    codes = draw(st.lists(words, min_size=len(numbers), max_size=len(numbers), unique_by=folded))
    texts = draw(st.lists(words, min_size=len(numbers), max_size=len(numbers), unique_by=folded))
    return make(*zip(numbers, codes, texts, strict=True))


def written_otherwise(draw: st.DrawFn, text: str) -> str:
    # Only spellings that fold to the same: some letters have no second case.
    forms = [text, f" {text}\t", *(v for v in (text.upper(), text.lower()) if folded(v) == folded(text))]
    return draw(st.sampled_from(forms))


@st.composite
def sent_of(draw: st.DrawFn, statustype: Statustype) -> tuple[int | None, str | None, str | None]:
    """One or more of the values of a statustype, as a sender may spell them."""
    which = draw(st.integers(1, 7))
    return (
        statustype.volgnummer if which & 1 else None,
        written_otherwise(draw, statustype.code or "") if which & 2 else None,
        written_otherwise(draw, statustype.omschrijving) if which & 4 else None,
    )


@given(st.data(), zaaktypen(), st.sampled_from(REGELS))
def test_what_agrees_is_found_whatever_the_rule(data: st.DataObject, zaaktype: Zaaktype, regel: Regel) -> None:
    meant = data.draw(st.sampled_from(zaaktype.statustypen))
    outcome = find_statustype(zaaktype, *data.draw(sent_of(meant)), regel)
    assert outcome == Found(meant)


@given(zaaktypen(), st.integers(0, 10_000), words, words, st.sampled_from(REGELS))
def test_what_is_strange_is_unknown_whatever_the_rule(
    zaaktype: Zaaktype, volgnummer: int, code: str, omschrijving: str, regel: Regel
) -> None:
    for statustype in zaaktype.statustypen:
        assume(statustype.volgnummer != volgnummer)
        assume(folded(statustype.code or "") != folded(code))
        assume(folded(statustype.omschrijving) != folded(omschrijving))
    assert isinstance(find_statustype(zaaktype, volgnummer, code, omschrijving, regel), UnknownStatus)


@given(st.data(), zaaktypen())
def test_what_is_mixed_up_is_a_contradiction_and_is_decided(data: st.DataObject, zaaktype: Zaaktype) -> None:
    one, other = data.draw(st.permutations(zaaktype.statustypen))[:2]
    code = data.draw(st.sampled_from([one.code, other.code, None]))
    sent = (one.volgnummer, code, other.omschrijving)
    refused = find_statustype(zaaktype, *sent, "weigeren")
    assert isinstance(refused, Contradiction)
    assert set(refused.known) == {one, other}
    assert find_statustype(zaaktype, *sent, "volgnummer") == Found(one, refused)
    assert find_statustype(zaaktype, *sent, "omschrijving") == Found(other, refused)

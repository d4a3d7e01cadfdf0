"""A statustype is found by volgnummer, code and omschrijving: whole, and what contradicts is decided by the rule."""

from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from regiesysteem.inrichting.current import (
    Gevonden,
    OnbekendeStatus,
    Statustype,
    Tegenspraak,
    Zaaktype,
    vind_statustype,
)
from regiesysteem.inrichting.fields import gevouwen

Regel = Literal["weigeren", "volgnummer", "omschrijving"]
REGELS: list[Regel] = ["weigeren", "volgnummer", "omschrijving"]


def maak(*statustypen: tuple[int, str | None, str], regel: Regel = "weigeren") -> Zaaktype:
    return Zaaktype(
        id=1,
        code="Z",
        omschrijving="Z",
        soort="deelplan",
        was="loggen",
        status_tegenspraak=regel,
        onbekende_status="weigeren",
        statustypen=tuple(
            Statustype(100 + nummer, nummer, code, omschrijving, eindstatus=False)
            for nummer, code, omschrijving in sorted(statustypen)
        ),
    )


B1026 = maak((1, "Ontv", "Ontvangen"), (2, "Afgeh", "Afgehandeld"))


def nummer(uitkomst: object) -> int:
    assert isinstance(uitkomst, Gevonden), uitkomst
    return uitkomst.statustype.volgnummer


@pytest.mark.parametrize(
    ("volgnummer", "code", "omschrijving", "gevonden"),
    [
        (1, "ontv", "Ontvangen", 1),  # as a back office in production sends it
        (1, None, None, 1),
        (None, "AFGEH", None, 2),
        (None, None, " afgehandeld ", 2),
        (2, "", " ", 2),
    ],
)
def test_found(volgnummer: int | None, code: str | None, omschrijving: str | None, gevonden: int) -> None:
    assert nummer(vind_statustype(B1026, volgnummer, code, omschrijving)) == gevonden


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
    assert isinstance(vind_statustype(B1026, volgnummer, code, omschrijving, regel), OnbekendeStatus)


def test_a_contradiction_names_what_came_and_what_is_known() -> None:
    uitkomst = vind_statustype(B1026, 2, "Inbeh", "In behandeling")
    assert isinstance(uitkomst, Tegenspraak)
    assert [statustype.volgnummer for statustype in uitkomst.bekend] == [2]
    assert str(uitkomst) == (
        'ontvangen: volgnummer 2, code Inbeh, omschrijving "In behandeling"; '
        'bekend: volgnummer 2, code Afgeh, omschrijving "Afgehandeld"'
    )


def test_the_rule_decides_a_contradiction() -> None:
    afgehandeld = vind_statustype(B1026, 2, "Inbeh", "In behandeling", "volgnummer")
    assert nummer(afgehandeld) == 2
    assert isinstance(afgehandeld, Gevonden)
    assert isinstance(afgehandeld.ondanks, Tegenspraak)
    assert isinstance(vind_statustype(B1026, 2, "Inbeh", "In behandeling", "omschrijving"), OnbekendeStatus)
    assert nummer(vind_statustype(B1026, 2, "Afgeh", "Ontvangen", "omschrijving")) == 1
    assert nummer(vind_statustype(B1026, 2, "Ontv", "Ontvangen", "volgnummer")) == 2
    # What decides was not sent.
    assert isinstance(vind_statustype(B1026, None, "Afgeh", "Ontvangen", "volgnummer"), Tegenspraak)
    assert isinstance(vind_statustype(B1026, 1, "Afgeh", None, "omschrijving"), Tegenspraak)


def test_the_rule_of_the_zaaktype_holds_when_none_is_given() -> None:
    zaaktype = maak((1, "Ontv", "Ontvangen"), (2, "Afgeh", "Afgehandeld"), regel="volgnummer")
    assert nummer(vind_statustype(zaaktype, 2, "Ontv", None)) == 2
    assert isinstance(vind_statustype(zaaktype, 2, "Ontv", None, "weigeren"), Tegenspraak)


def test_a_status_without_code_contradicts_no_code() -> None:
    zaaktype = maak((1, None, "Ontvangen"), (2, "Afgeh", "Afgehandeld"))
    assert nummer(vind_statustype(zaaktype, 1, "Ontv", "Ontvangen")) == 1
    assert isinstance(vind_statustype(zaaktype, 1, "Afgeh", "Ontvangen"), Tegenspraak)
    assert isinstance(vind_statustype(zaaktype, None, "Ontv", None), OnbekendeStatus)


def test_the_literal_name_goes_first() -> None:
    zaaktype = maak((1, "in", "Begin"), (2, "IN", "Beoordeling"))
    assert nummer(vind_statustype(zaaktype, None, "IN", None)) == 2
    assert nummer(vind_statustype(zaaktype, None, "in", None)) == 1
    for regel in REGELS:
        assert isinstance(vind_statustype(zaaktype, None, "In", None, regel), Tegenspraak)


woorden = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=6).filter(str.strip)


@st.composite
def zaaktypen(draw: st.DrawFn) -> Zaaktype:
    nummers = draw(st.lists(st.integers(1, 9999), min_size=2, max_size=6, unique=True))
    codes = draw(st.lists(woorden, min_size=len(nummers), max_size=len(nummers), unique_by=gevouwen))
    teksten = draw(st.lists(woorden, min_size=len(nummers), max_size=len(nummers), unique_by=gevouwen))
    return maak(*zip(nummers, codes, teksten, strict=True))


def anders_geschreven(draw: st.DrawFn, tekst: str) -> str:
    # Only spellings that fold to the same: some letters have no second case.
    vormen = [tekst, f" {tekst}\t", *(v for v in (tekst.upper(), tekst.lower()) if gevouwen(v) == gevouwen(tekst))]
    return draw(st.sampled_from(vormen))


@st.composite
def gezonden_van(draw: st.DrawFn, statustype: Statustype) -> tuple[int | None, str | None, str | None]:
    """One or more of the values of a statustype, as a sender may spell them."""
    welke = draw(st.integers(1, 7))
    return (
        statustype.volgnummer if welke & 1 else None,
        anders_geschreven(draw, statustype.code or "") if welke & 2 else None,
        anders_geschreven(draw, statustype.omschrijving) if welke & 4 else None,
    )


@given(st.data(), zaaktypen(), st.sampled_from(REGELS))
def test_what_agrees_is_found_whatever_the_rule(data: st.DataObject, zaaktype: Zaaktype, regel: Regel) -> None:
    bedoeld = data.draw(st.sampled_from(zaaktype.statustypen))
    uitkomst = vind_statustype(zaaktype, *data.draw(gezonden_van(bedoeld)), regel)
    assert uitkomst == Gevonden(bedoeld)


@given(zaaktypen(), st.integers(0, 10_000), woorden, woorden, st.sampled_from(REGELS))
def test_what_is_strange_is_unknown_whatever_the_rule(
    zaaktype: Zaaktype, volgnummer: int, code: str, omschrijving: str, regel: Regel
) -> None:
    for statustype in zaaktype.statustypen:
        assume(statustype.volgnummer != volgnummer)
        assume(gevouwen(statustype.code or "") != gevouwen(code))
        assume(gevouwen(statustype.omschrijving) != gevouwen(omschrijving))
    assert isinstance(vind_statustype(zaaktype, volgnummer, code, omschrijving, regel), OnbekendeStatus)


@given(st.data(), zaaktypen())
def test_what_is_mixed_up_is_a_contradiction_and_is_decided(data: st.DataObject, zaaktype: Zaaktype) -> None:
    een, ander = data.draw(st.permutations(zaaktype.statustypen))[:2]
    code = data.draw(st.sampled_from([een.code, ander.code, None]))
    gezonden = (een.volgnummer, code, ander.omschrijving)
    geweigerd = vind_statustype(zaaktype, *gezonden, "weigeren")
    assert isinstance(geweigerd, Tegenspraak)
    assert set(geweigerd.bekend) == {een, ander}
    assert vind_statustype(zaaktype, *gezonden, "volgnummer") == Gevonden(een, geweigerd)
    assert vind_statustype(zaaktype, *gezonden, "omschrijving") == Gevonden(ander, geweigerd)

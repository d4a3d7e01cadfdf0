"""Dates and times in selections, complete or not, beside an oracle that knows the calendar (StUF 03.01, 6.3.1)."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.zakenmagazijn.select.conftest import Magazijn, nil, z

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.zakenmagazijn.select.conditions import bounds

END_DAY = timedelta(days=1) - timedelta(milliseconds=1)
DAGEN = st.dates(date(2019, 12, 1), date(2021, 3, 31))
TIMES = st.datetimes(datetime(2019, 12, 1), datetime(2021, 3, 31), allow_imaginary=False)  # noqa: DTZ001 - StUF has none
INDICATIES = "VDMJ"

# Around the ends of months and years, and leap days; with the precisions that StUF knows.
WAARDEN = [
    f"{day:%Y%m%d}{tijd}"
    for day in (
        date(2019, 12, 31),
        date(2020, 1, 1),
        date(2020, 1, 31),
        date(2020, 2, 1),
        date(2020, 2, 28),
        date(2020, 2, 29),
        date(2020, 3, 1),
        date(2020, 6, 15),
        date(2020, 12, 31),
        date(2021, 2, 28),
    )
    for tijd in ("", "12", "1200", "235959", "2359599", "23595999", "235959999")
]


def _text(moment: datetime, length: int) -> str:
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"[:length]


BOUND = st.builds(_text, TIMES, st.sampled_from([8, 10, 12, 14, 15, 16, 17])) | st.sampled_from(WAARDEN)


def _begin(text: str) -> datetime:
    full = text + "00000000000000000"[len(text) :]
    return datetime.strptime(full[:14], "%Y%m%d%H%M%S") + timedelta(milliseconds=int(full[14:]))  # noqa: DTZ007


def _end(text: str) -> datetime:
    """The last millisecond of the period that a text names."""
    full = text + "00000000235959999"[len(text) :]
    return datetime.strptime(full[:14], "%Y%m%d%H%M%S") + timedelta(milliseconds=int(full[14:]))  # noqa: DTZ007


def _dagen(text: str, indicatie: str) -> Iterator[date]:
    """All days that an incomplete date may be."""
    day = date(int(text[:4]), int(text[4:6]) if indicatie == "D" else 1, 1)
    first = day
    while day.year == first.year and (indicatie == "M" or day.month == first.month):
        yield day
        day += timedelta(days=1)


def _belongs_erin(text: str, indicatie: str, low: str | None, high: str | None) -> bool:
    under = _begin(low) if low else datetime.min  # noqa: DTZ901
    above = _end(high) if high else datetime.max  # noqa: DTZ901
    if indicatie == "V":
        return under <= _begin(text) <= above
    if indicatie == "J":
        return False
    moments = [datetime(day.year, day.month, day.day) for day in _dagen(text, indicatie)]  # noqa: DTZ001
    return under <= moments[0] and moments[-1] + END_DAY <= above


@given(DAGEN | st.just(date(2020, 2, 29)), st.sampled_from(INDICATIES), BOUND | st.none(), BOUND | st.none())
def test_an_incomplete_date_is_in_a_range_when_all_that_it_may_be_is(
    day: date, indicatie: str, low: str | None, high: str | None
) -> None:
    text = f"{day:%Y%m%d}"
    assert bounds(low, high).contains(text, indicatie) == _belongs_erin(text, indicatie, low, high)


@given(BOUND, st.sampled_from(INDICATIES), BOUND | st.none(), BOUND | st.none())
def test_the_bounds_for_an_index_leave_nothing_out(
    text: str, indicatie: str, low: str | None, high: str | None
) -> None:
    asked = bounds(low, high)
    if asked.contains(text, indicatie):
        widest = asked.widest
        assert widest[0] <= text <= widest[1]


@pytest.mark.parametrize("bound", ["00000000", "00010101", "99991231", "99999999999999999", "20261301", "20260230"])
def test_a_bound_outside_the_calendar_is_compared_too(bound: str) -> None:
    for low, high in ((bound, None), (None, bound), (bound, bound)):
        asked = bounds(low, high)
        for text, indicatie in itertools.product(("20260115", "00010101", "99991231"), INDICATIES):
            asked.contains(text, indicatie)
    assert bounds(None, "20260230").contains("20260200", "D")
    assert not bounds("99991201", None).contains("20260101", "M")
    assert not bounds("99991202", None).contains("99991201", "D")
    assert not bounds("99990102", None).contains("99990101", "M")


OPGESLAGEN = [(text, "V") for text in WAARDEN] + [
    (f"{year}{month}{day}", indicatie)
    for year in ("2019", "2020", "2021")
    for month in ("01", "02", "12")
    for day in ("00", "01", "15", "28")
    for indicatie in "DMJ"
]
NAMES = {f"{place:03}": waarde for place, waarde in enumerate(OPGESLAGEN)}


@pytest.fixture(scope="module")
def kalender(module_engine: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A zaak for every stored date, in a column with and one without an index, and in a time."""
    with module_engine.connect() as connection:
        magazijn = Magazijn(connection, inrichting)
        for naam, (text, indicatie) in NAMES.items():
            waarde = text if indicatie == "V" else {"_": text, "@indOnvolledigeDatum": indicatie}
            magazijn.zaak(naam, startdatum=waarde, einddatum=waarde, laatsteBetaaldatum=waarde)
        magazijn.zaak("zonder")
        yield magazijn
        connection.rollback()


def _range(naam: str, low: str | None, high: str | None) -> dict[str, str]:
    return {side: z(naam, bound) if bound else nil(naam) for side, bound in (("vanaf", low), ("until", high))}


@pytest.mark.parametrize("naam", ["startdatum", "einddatum", "laatsteBetaaldatum"])
@given(low=BOUND | st.none(), high=BOUND | st.none())
def test_the_database_agrees_with_the_calendar(
    kalender: Magazijn, naam: str, low: str | None, high: str | None
) -> None:
    if low is None and high is None:
        return
    expected = [who for who, (text, indicatie) in NAMES.items() if _belongs_erin(text, indicatie, low, high)]
    answer = kalender.hits(**_range(naam, low, high), maximum=50, count=True)
    assert answer.aantal == len(expected)
    assert kalender.names(answer.ids) == expected[:50]


@pytest.mark.parametrize("naam", ["startdatum", "einddatum"])
@pytest.mark.parametrize(("text", "indicatie"), [("20200115", "D"), ("20200101", "M"), ("20200101", "J")])
def test_an_incomplete_date_equals_only_the_same_one(kalender: Magazijn, naam: str, text: str, indicatie: str) -> None:
    asked = z(naam, text, f'StUF:indOnvolledigeDatum="{indicatie}"')
    assert kalender.question(asked) == [who for who, waarde in NAMES.items() if waarde == (text, indicatie)]


@pytest.mark.parametrize("naam", ["startdatum", "einddatum"])
def test_a_complete_date_does_not_equal_an_incomplete_one(kalender: Magazijn, naam: str) -> None:
    assert kalender.question(z(naam, "20200101")) == [
        who for who, waarde in NAMES.items() if waarde == ("20200101", "V")
    ]


@given(asked=BOUND)
def test_a_time_equals_all_moments_in_the_period_that_is_asked(kalender: Magazijn, asked: str) -> None:
    expected = [
        who
        for who, (text, indicatie) in NAMES.items()
        if indicatie == "V" and _begin(asked) <= _begin(text) <= _end(asked)
    ]
    assert kalender.question(z("laatsteBetaaldatum", asked)) == expected


@pytest.mark.parametrize("text", ["2026", "1 januari", "2026-01-01", "２０２６０１０１", "202601011200000000"])
def test_what_is_no_date_is_refused_with_its_element(kalender: Magazijn, text: str) -> None:
    for question in (
        {"gelijk": z("einddatum", text)},
        _range("startdatum", text, "20260101"),
        {"gelijk": f"<ZKN:isVan><ZKN:gerelateerde>{z('ingangsdatumObject', text)}</ZKN:gerelateerde></ZKN:isVan>"},
    ):
        code, details = kalender.fout(**question)
        assert code == "StUF055"
        assert "datum" in details


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_date_or_number_without_text_sets_no_condition_and_is_named(kalender: Magazijn, text: str) -> None:
    """Only a soepel sender gets here with it; with a noValue he could have said what he means."""
    alles = kalender.hits()
    entry = f"<ZKN:isVan><ZKN:gerelateerde>{z('ingangsdatumObject', text)}</ZKN:gerelateerde></ZKN:isVan>"
    for naam, question in (
        ("einddatum", z("einddatum", text)),
        ("laatsteBetaaldatum", z("laatsteBetaaldatum", text)),
        ("zaakniveau", z("zaakniveau", text)),
        ("ingangsdatumObject", entry),
    ):
        hits = kalender.hits(question)
        assert (hits.ids, hits.meldingen) == (alles.ids, [f"StUF0001: {naam}"])
    empty = kalender.hits(vanaf=z("startdatum", text), until=z("startdatum", "20191231"), count=True)
    assert empty.aantal == kalender.hits(**_range("startdatum", None, "20191231"), count=True).aantal

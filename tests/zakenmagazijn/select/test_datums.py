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
from regiesysteem.zakenmagazijn.select.conditions import grenzen

EINDE_DAG = timedelta(days=1) - timedelta(milliseconds=1)
DAGEN = st.dates(date(2019, 12, 1), date(2021, 3, 31))
TIJDEN = st.datetimes(datetime(2019, 12, 1), datetime(2021, 3, 31), allow_imaginary=False)  # noqa: DTZ001 - StUF has none
INDICATIES = "VDMJ"

# Around the ends of months and years, and leap days; with the precisions that StUF knows.
WAARDEN = [
    f"{dag:%Y%m%d}{tijd}"
    for dag in (
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


def _tekst(moment: datetime, lengte: int) -> str:
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"[:lengte]


GRENS = st.builds(_tekst, TIJDEN, st.sampled_from([8, 10, 12, 14, 15, 16, 17])) | st.sampled_from(WAARDEN)


def _begin(tekst: str) -> datetime:
    vol = tekst + "00000000000000000"[len(tekst) :]
    return datetime.strptime(vol[:14], "%Y%m%d%H%M%S") + timedelta(milliseconds=int(vol[14:]))  # noqa: DTZ007


def _einde(tekst: str) -> datetime:
    """The last millisecond of the period that a text names."""
    vol = tekst + "00000000235959999"[len(tekst) :]
    return datetime.strptime(vol[:14], "%Y%m%d%H%M%S") + timedelta(milliseconds=int(vol[14:]))  # noqa: DTZ007


def _dagen(tekst: str, indicatie: str) -> Iterator[date]:
    """All days that an incomplete date may be."""
    dag = date(int(tekst[:4]), int(tekst[4:6]) if indicatie == "D" else 1, 1)
    eerste = dag
    while dag.year == eerste.year and (indicatie == "M" or dag.month == eerste.month):
        yield dag
        dag += timedelta(days=1)


def _hoort_erin(tekst: str, indicatie: str, laag: str | None, hoog: str | None) -> bool:
    onder = _begin(laag) if laag else datetime.min  # noqa: DTZ901
    boven = _einde(hoog) if hoog else datetime.max  # noqa: DTZ901
    if indicatie == "V":
        return onder <= _begin(tekst) <= boven
    if indicatie == "J":
        return False
    momenten = [datetime(dag.year, dag.month, dag.day) for dag in _dagen(tekst, indicatie)]  # noqa: DTZ001
    return onder <= momenten[0] and momenten[-1] + EINDE_DAG <= boven


@given(DAGEN | st.just(date(2020, 2, 29)), st.sampled_from(INDICATIES), GRENS | st.none(), GRENS | st.none())
def test_an_incomplete_date_is_in_a_range_when_all_that_it_may_be_is(
    dag: date, indicatie: str, laag: str | None, hoog: str | None
) -> None:
    tekst = f"{dag:%Y%m%d}"
    assert grenzen(laag, hoog).bevat(tekst, indicatie) == _hoort_erin(tekst, indicatie, laag, hoog)


@given(GRENS, st.sampled_from(INDICATIES), GRENS | st.none(), GRENS | st.none())
def test_the_bounds_for_an_index_leave_nothing_out(
    tekst: str, indicatie: str, laag: str | None, hoog: str | None
) -> None:
    gevraagd = grenzen(laag, hoog)
    if gevraagd.bevat(tekst, indicatie):
        ruim = gevraagd.ruim
        assert ruim[0] <= tekst <= ruim[1]


@pytest.mark.parametrize("grens", ["00000000", "00010101", "99991231", "99999999999999999", "20261301", "20260230"])
def test_a_bound_outside_the_calendar_is_compared_too(grens: str) -> None:
    for laag, hoog in ((grens, None), (None, grens), (grens, grens)):
        gevraagd = grenzen(laag, hoog)
        for tekst, indicatie in itertools.product(("20260115", "00010101", "99991231"), INDICATIES):
            gevraagd.bevat(tekst, indicatie)
    assert grenzen(None, "20260230").bevat("20260200", "D")
    assert not grenzen("99991201", None).bevat("20260101", "M")
    assert not grenzen("99991202", None).bevat("99991201", "D")
    assert not grenzen("99990102", None).bevat("99990101", "M")


OPGESLAGEN = [(tekst, "V") for tekst in WAARDEN] + [
    (f"{jaar}{maand}{dag}", indicatie)
    for jaar in ("2019", "2020", "2021")
    for maand in ("01", "02", "12")
    for dag in ("00", "01", "15", "28")
    for indicatie in "DMJ"
]
NAMEN = {f"{plaats:03}": waarde for plaats, waarde in enumerate(OPGESLAGEN)}


@pytest.fixture(scope="module")
def kalender(motor: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A zaak for every stored date, in a column with and one without an index, and in a time."""
    with motor.connect() as verbinding:
        magazijn = Magazijn(verbinding, inrichting)
        for naam, (tekst, indicatie) in NAMEN.items():
            waarde = tekst if indicatie == "V" else {"_": tekst, "@indOnvolledigeDatum": indicatie}
            magazijn.zaak(naam, startdatum=waarde, einddatum=waarde, laatsteBetaaldatum=waarde)
        magazijn.zaak("zonder")
        yield magazijn
        verbinding.rollback()


def _bereik(naam: str, laag: str | None, hoog: str | None) -> dict[str, str]:
    return {zijde: z(naam, grens) if grens else nil(naam) for zijde, grens in (("vanaf", laag), ("tot", hoog))}


@pytest.mark.parametrize("naam", ["startdatum", "einddatum", "laatsteBetaaldatum"])
@given(laag=GRENS | st.none(), hoog=GRENS | st.none())
def test_the_database_agrees_with_the_calendar(
    kalender: Magazijn, naam: str, laag: str | None, hoog: str | None
) -> None:
    if laag is None and hoog is None:
        return
    verwacht = [wie for wie, (tekst, indicatie) in NAMEN.items() if _hoort_erin(tekst, indicatie, laag, hoog)]
    antwoord = kalender.treffers(**_bereik(naam, laag, hoog), maximum=50, tel=True)
    assert antwoord.aantal == len(verwacht)
    assert kalender.namen(antwoord.ids) == verwacht[:50]


@pytest.mark.parametrize("naam", ["startdatum", "einddatum"])
@pytest.mark.parametrize(("tekst", "indicatie"), [("20200115", "D"), ("20200101", "M"), ("20200101", "J")])
def test_an_incomplete_date_equals_only_the_same_one(kalender: Magazijn, naam: str, tekst: str, indicatie: str) -> None:
    gevraagd = z(naam, tekst, f'StUF:indOnvolledigeDatum="{indicatie}"')
    assert kalender.vraag(gevraagd) == [wie for wie, waarde in NAMEN.items() if waarde == (tekst, indicatie)]


@pytest.mark.parametrize("naam", ["startdatum", "einddatum"])
def test_a_complete_date_does_not_equal_an_incomplete_one(kalender: Magazijn, naam: str) -> None:
    assert kalender.vraag(z(naam, "20200101")) == [wie for wie, waarde in NAMEN.items() if waarde == ("20200101", "V")]


@given(gevraagd=GRENS)
def test_a_time_equals_all_moments_in_the_period_that_is_asked(kalender: Magazijn, gevraagd: str) -> None:
    verwacht = [
        wie
        for wie, (tekst, indicatie) in NAMEN.items()
        if indicatie == "V" and _begin(gevraagd) <= _begin(tekst) <= _einde(gevraagd)
    ]
    assert kalender.vraag(z("laatsteBetaaldatum", gevraagd)) == verwacht


@pytest.mark.parametrize("tekst", ["2026", "1 januari", "2026-01-01", "２０２６０１０１", "202601011200000000"])
def test_what_is_no_date_is_refused_with_its_element(kalender: Magazijn, tekst: str) -> None:
    for vraag in (
        {"gelijk": z("einddatum", tekst)},
        _bereik("startdatum", tekst, "20260101"),
        {"gelijk": f"<ZKN:isVan><ZKN:gerelateerde>{z('ingangsdatumObject', tekst)}</ZKN:gerelateerde></ZKN:isVan>"},
    ):
        code, details = kalender.fout(**vraag)
        assert code == "StUF055"
        assert "datum" in details


@pytest.mark.parametrize("tekst", ["", " \n"])
def test_a_date_or_number_without_text_sets_no_condition_and_is_named(kalender: Magazijn, tekst: str) -> None:
    """Only a soepel sender gets here with it; with a noValue he could have said what he means."""
    alles = kalender.treffers()
    ingang = f"<ZKN:isVan><ZKN:gerelateerde>{z('ingangsdatumObject', tekst)}</ZKN:gerelateerde></ZKN:isVan>"
    for naam, vraag in (
        ("einddatum", z("einddatum", tekst)),
        ("laatsteBetaaldatum", z("laatsteBetaaldatum", tekst)),
        ("zaakniveau", z("zaakniveau", tekst)),
        ("ingangsdatumObject", ingang),
    ):
        treffers = kalender.treffers(vraag)
        assert (treffers.ids, treffers.meldingen) == (alles.ids, [f"StUF0001: {naam}"])
    leeg = kalender.treffers(vanaf=z("startdatum", tekst), tot=z("startdatum", "20191231"), tel=True)
    assert leeg.aantal == kalender.treffers(**_bereik("startdatum", None, "20191231"), tel=True).aantal

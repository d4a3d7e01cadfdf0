"""Dates and times of 8 to 17 digits, complete or not (StUF 03.01, 3.2.2 and 3.4.1)."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.stuf.values import Waarde, objection, plus_days


@given(day=st.dates(), tijd=st.times(), length=st.sampled_from([8, 10, 12, 14, 15, 16, 17]))
def test_every_moment_exists_at_every_precision(day: date, tijd: time, length: int) -> None:
    assert objection(f"{day.isoformat()}{tijd:%H%M%S%f}".replace("-", "")[:length]) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026010", "8 tot en met 17"),
        ("202601011200001234", "8 tot en met 17"),
        ("2026-01-01", "8 tot en met 17"),
        ("２０２６０１０１", "8 tot en met 17"),
        ("20261301", "maand"),
        ("20260001", "maand"),
        ("20260230", "datum"),
        ("20250229", "datum"),
        ("20260100", "datum"),
        ("00000101", "datum"),
        ("2026010124", "een uur dat niet bestaat"),
        ("202601012360", "een minuut die niet bestaat"),
        ("20260101235960", "een seconde die niet bestaat"),
    ],
)
def test_what_does_not_exist_is_named(text: str, reason: str) -> None:
    error = objection(text)
    assert error is not None
    assert reason in error
    assert text in error


@pytest.mark.parametrize(
    ("text", "indicatie", "exists"),
    [
        ("20260000", "M", True),
        ("00000000", "J", True),
        ("20260200", "D", True),
        ("20260231", "D", True),
        ("20261300", "D", False),
        ("20260231", "V", False),
        ("20280229", "V", True),
    ],
)
def test_what_is_unknown_need_not_exist(text: str, indicatie: str, exists: bool) -> None:
    waarde: Waarde = {"_": text, "@indOnvolledigeDatum": indicatie}
    assert (objection(waarde) is None) == exists


@pytest.mark.parametrize("empty", [{"@noValue": "geenWaarde"}, {"@nil": "true"}])
def test_no_date_is_no_wrong_date(empty: Waarde) -> None:
    assert objection(empty) is None


@pytest.mark.parametrize(
    ("datum", "dagen", "expected"),
    [
        ("20260101", 42, "20260212"),
        ("20240228", 1, "20240229"),
        ("202601011230", 1, "20260102"),
        ("20260000", 1, None),
        ("99991231", 1, None),
        ("20260101", 10**9, None),
    ],
)
def test_days_later(datum: str, dagen: int, expected: str | None) -> None:
    assert plus_days(datum, dagen) == expected

"""The comparison of content models itself: it sees a difference where there is one, and none where there is none."""

from __future__ import annotations

import pytest
from tests.berichten.schema import Part
from tests.conformiteit.talen import EMPTY, Model, model, same_taal

A, B, C = (("element", naam) for naam in "abc")


def range_(*parts: Model) -> Model:
    rest: Model = EMPTY
    for part in reversed(parts):
        rest = ("reeks", part, rest)
    return rest


def keus(*branches: Model) -> Model:
    return ("keus", frozenset(branches))


def maal(kern: Model, minimum: int, maximum: int | None) -> Model:
    return ("maal", kern, minimum, maximum)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (keus(A, B), keus(B, A)),
        (maal(keus(A, B), 0, 1), maal(keus(maal(A, 0, 1), maal(B, 0, 1)), 0, 1)),
        (maal(range_(maal(A, 0, 1), maal(B, 0, 1)), 0, 1), range_(maal(A, 0, 1), maal(B, 0, 1))),
        (keus(range_(A, C), range_(B, C)), range_(keus(A, B), C)),
        (range_(A, maal(A, 0, 2)), maal(A, 1, 3)),
        (range_(A, maal(A, 0, None)), maal(A, 1, None)),
    ],
)
def test_the_same_said_differently(one: Model, other: Model) -> None:
    assert same_taal(one, other) is None


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        (A, B, ["a"]),
        (A, maal(A, 0, 1), []),
        (range_(A, B), range_(B, A), ["a", "b"]),
        (maal(A, 0, 2), maal(A, 0, 3), ["a", "a", "a"]),
        (maal(A, 0, 31), maal(A, 0, None), ["a"] * 32),
        (maal(keus(A, B), 0, 1), range_(maal(A, 0, 1), maal(B, 0, 1)), ["a", "b"]),
        (maal(range_(A, B), 0, 1), range_(maal(A, 0, 1), maal(B, 0, 1)), ["a"]),
    ],
)
def test_a_difference_is_shown_by_the_shortest_sequence(one: Model, other: Model, word: list[str]) -> None:
    assert same_taal(one, other) == word == same_taal(other, one)


def test_a_particle_without_content_is_empty() -> None:
    assert same_taal(model(None), model(Part("reeks", 1, 1))) is None

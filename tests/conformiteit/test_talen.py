"""The comparison of content models itself: it sees a difference where there is one, and none where there is none."""

from __future__ import annotations

import pytest
from tests.berichten.schema import Deel
from tests.conformiteit.talen import LEEG, Model, model, zelfde_taal

A, B, C = (("element", naam) for naam in "abc")


def reeks(*delen: Model) -> Model:
    rest: Model = LEEG
    for deel in reversed(delen):
        rest = ("reeks", deel, rest)
    return rest


def keus(*takken: Model) -> Model:
    return ("keus", frozenset(takken))


def maal(kern: Model, minimum: int, maximum: int | None) -> Model:
    return ("maal", kern, minimum, maximum)


@pytest.mark.parametrize(
    ("een", "ander"),
    [
        (keus(A, B), keus(B, A)),
        (maal(keus(A, B), 0, 1), maal(keus(maal(A, 0, 1), maal(B, 0, 1)), 0, 1)),
        (maal(reeks(maal(A, 0, 1), maal(B, 0, 1)), 0, 1), reeks(maal(A, 0, 1), maal(B, 0, 1))),
        (keus(reeks(A, C), reeks(B, C)), reeks(keus(A, B), C)),
        (reeks(A, maal(A, 0, 2)), maal(A, 1, 3)),
        (reeks(A, maal(A, 0, None)), maal(A, 1, None)),
    ],
)
def test_the_same_said_differently(een: Model, ander: Model) -> None:
    assert zelfde_taal(een, ander) is None


@pytest.mark.parametrize(
    ("een", "ander", "woord"),
    [
        (A, B, ["a"]),
        (A, maal(A, 0, 1), []),
        (reeks(A, B), reeks(B, A), ["a", "b"]),
        (maal(A, 0, 2), maal(A, 0, 3), ["a", "a", "a"]),
        (maal(A, 0, 31), maal(A, 0, None), ["a"] * 32),
        (maal(keus(A, B), 0, 1), reeks(maal(A, 0, 1), maal(B, 0, 1)), ["a", "b"]),
        (maal(reeks(A, B), 0, 1), reeks(maal(A, 0, 1), maal(B, 0, 1)), ["a"]),
    ],
)
def test_a_difference_is_shown_by_the_shortest_sequence(een: Model, ander: Model, woord: list[str]) -> None:
    assert zelfde_taal(een, ander) == woord == zelfde_taal(ander, een)


def test_a_particle_without_content_is_empty() -> None:
    assert zelfde_taal(model(None), model(Deel("reeks", 1, 1))) is None

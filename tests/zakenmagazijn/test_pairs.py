"""Occurrences of a relation in `was` and `wordt` find each other, also where senders leave out halves."""

import pytest

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.zakenmagazijn import pairs
from regiesysteem.zakenmagazijn.pairs import Change, changes, recognition
from regiesysteem.zkn.parties import MDW
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP_ANDERE, ROLLEN, ZAK_GERELATEERD

BELANGHEBBENDE = ROLLEN[0]


def rol(soort: str, who: str = "", *, empty: bool = False, zelf: str = "I") -> Voorkomen:
    if empty:
        return Voorkomen(BELANGHEBBENDE, soort, empty="geenWaarde")
    return Voorkomen(BELANGHEBBENDE, soort, {}, Gerelateerde(MDW, "medewerker", zelf, {"identificatie": who}))


def short(*out: Change) -> list[tuple[str, str | None, str | None]]:
    def who(side: Voorkomen | None) -> str | None:
        return str(side.gerelateerde.gegevens["identificatie"]) if side and side.gerelateerde else None

    return [(one.soort, who(one.was), who(one.wordt)) for one in out]


@pytest.mark.parametrize(
    ("was", "wordt", "expected"),
    [
        # as StUF wants it: the same order, empty counterparts
        ([rol("T", empty=True)], [rol("T", "a")], [("T", None, "a")]),
        ([rol("V", "a")], [rol("V", empty=True)], [("V", "a", None)]),
        ([rol("E", "a")], [rol("E", empty=True)], [("E", "a", None)]),
        ([rol("R", "a")], [rol("R", "b")], [("R", "a", "b")]),
        ([rol("W", "a"), rol("W", "b")], [rol("W", "a"), rol("W", "b")], [("W", "a", "a"), ("W", "b", "b")]),
        ([rol("I", "a"), rol("T", empty=True)], [rol("I", "a"), rol("T", "b")], [("I", "a", "a"), ("T", None, "b")]),
        # without the empty counterparts
        ([], [rol("T", "a")], [("T", None, "a")]),
        ([rol("V", "a")], [], [("V", "a", None)]),
        ([], [rol("V", "a")], [("V", None, "a")]),
        ([rol("V", "a")], [rol("T", "b")], [("T", None, "b"), ("V", "a", None)]),
        ([rol("I", "a")], [rol("T", "b"), rol("I", "a")], [("T", None, "b"), ("I", "a", "a")]),
        ([rol("V", "a"), rol("W", "b")], [rol("W", "b")], [("W", "b", "b"), ("V", "a", None)]),
        # in another order
        ([rol("W", "a"), rol("V", "b")], [rol("V", empty=True), rol("W", "a")], [("W", "a", "a"), ("V", "b", None)]),
        # W of another object is a replacement
        ([rol("W", "a")], [rol("W", "b")], [("R", "a", "b")]),
        # a change of the object makes identification a change
        ([rol("I", "a")], [rol("I", "a", zelf="W")], [("W", "a", "a")]),
        # no verwerkingssoort at all (soepel)
        ([], [rol("", "a")], [("T", None, "a")]),
        ([rol("", "a")], [rol("", empty=True)], [("V", "a", None)]),
        ([rol("", "a")], [rol("", "a"), rol("", "b")], [("W", "a", "a"), ("T", None, "b")]),
        ([rol("", "a"), rol("", "b")], [rol("", "b")], [("W", "b", "b"), ("V", "a", None)]),
        ([rol("", "a")], [rol("", "b")], [("T", None, "b"), ("V", "a", None)]),
        # on one side only
        ([rol("", "a")], [rol("V", empty=True)], [("V", "a", None)]),
        # nothing on either side
        ([rol("T", empty=True)], [rol("T", empty=True)], []),
        ([], [], []),
    ],
)  # fmt: skip
def test_pairs(
    was: list[Voorkomen], wordt: list[Voorkomen], expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert short(*changes(was, wordt)) == expected


def test_pairing_thousands_looks_at_each_but_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one they would be looked at eight million times."""
    gekeken = 0

    def count(gerelateerde: Gerelateerde | None) -> str | None:
        nonlocal gekeken
        gekeken += 1
        return recognition(gerelateerde)

    monkeypatch.setattr(pairs, "recognition", count)
    aantal = 4000
    was = [rol("W", str(n)) for n in range(aantal)]
    wordt = [rol("W", str(n)) for n in reversed(range(aantal))] + [rol("V", empty=True)]
    out = short(*changes(was, wordt))
    assert out == [("W", str(n), str(n)) for n in reversed(range(aantal))]
    assert gekeken < 6 * aantal


@pytest.mark.parametrize("soort", ["S", "O", "X"])
def test_another_verwerkingssoort_is_refused_by_name(soort: str) -> None:
    with pytest.raises(StufFout) as error:
        changes([], [rol(soort, "a")])
    assert error.value.code == "StUF055"
    assert BELANGHEBBENDE.naam in error.value.details


@pytest.mark.parametrize(("was", "wordt"), [([rol("T", "a")], [rol("T", empty=True)]), ([rol("R", "a")], [])])
def test_new_without_what_is_new_is_refused(was: list[Voorkomen], wordt: list[Voorkomen]) -> None:
    [one] = changes(was, wordt)
    with pytest.raises(StufFout, match="StUF055"):
        _ = one.new


def test_a_zaak_is_recognised_by_its_identificatie() -> None:
    def link(number: str) -> Voorkomen:
        zaak = Gerelateerde(ZAK_GERELATEERD, "", "I", {"identificatie": number})
        return Voorkomen(HEEFT_BETREKKING_OP_ANDERE, "W", {}, zaak)

    assert recognition(link("1900a").gerelateerde) == "ZAK 1900a"
    assert [one.soort for one in changes([link("1900a")], [link("1900b")])] == ["R"]

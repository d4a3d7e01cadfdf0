"""The work on a message grows with its size alone, whatever it is made of: counted in calls, not in seconds."""

import cProfile
import pstats
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from lxml import etree
from sqlalchemy import Connection
from tests.berichten.bouw import (
    ACTIE,
    client,
    envelope,
    lk01,
    lv01,
    mdw,
    new_number,
    other,
    rol,
    rol_empty,
    status,
    texts,
    zaak,
)
from tests.diensten.stappen import INITIATOR, modification, new, sleutel
from tests.diensten.stappen import details as details_of
from tests.soap.conftest import Door

from regiesysteem.access.caller import UNBOUNDED
from regiesysteem.db import Sql, count_statements
from regiesysteem.zakenmagazijn import loading, statuses


def _bsn(number: int) -> str:
    """The n-th number that meets the elfproef."""
    begin = 10_000_000 + 11 * number
    while (rest := sum(int(c) * w for c, w in zip(str(begin), range(9, 1, -1), strict=True)) % 11) == 10:
        begin += 1
    return f"{begin}{rest}"


def _extra(inhoud: str, count: int = 1) -> str:
    extras = "".join(f'<StUF:extraElement naam="e{n}">{inhoud}</StUF:extraElement>' for n in range(count))
    return lk01("T", zaak(new_number(), after=f"<StUF:extraElementen>{extras}</StUF:extraElementen>"))


def _clienten(count: int) -> str:
    return "".join(client(_bsn(number)) for number in range(count))


def _kenmerken(count: int) -> str:
    return "".join(
        f"<ZKN:kenmerk><ZKN:kenmerk>{n}</ZKN:kenmerk><ZKN:bron>x</ZKN:bron></ZKN:kenmerk>" for n in range(count)
    )


def _statussen(count: int) -> str:
    return "".join(status(1, f"{20260101120000000 + n}") for n in range(count))


def _vreemde(count: int) -> str:
    return "".join(f'<x xmlns="urn:{n}" a="b"/>' for n in range(count))


_SOORTEN: dict[str, tuple[str, Callable[[Door, int], str]]] = {
    "letters": ("creeerZaak_Lk01", lambda _, n: _extra("é" * n * 50)),
    "verwijzingen": ("creeerZaak_Lk01", lambda _, n: _extra("&amp;&#233;" * n * 20)),
    "cdata": ("creeerZaak_Lk01", lambda _, n: _extra("<![CDATA[<é>]]>" * n)),
    "commentaar": ("creeerZaak_Lk01", lambda _, n: _extra("x<!-- é -->" * n)),
    "tekst tussen elementen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01("T", zaak(new_number())).replace("<StUF:zender>", "é&amp;" * n * 20 + "<StUF:zender>", 1),
    ),
    "extraElementen": ("creeerZaak_Lk01", lambda _, n: _extra("x", n)),
    "kenmerken": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(new_number(), elementen=_kenmerken(n)))),
    "clienten": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(new_number(), relaties=_clienten(n) + INITIATOR))),
    "statussen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01(
            "T", zaak(new_number(), after="".join(status(1, f"{20260101120000000 + k}") for k in range(n)))
        ),
    ),
    "nieuwe clienten": (
        "updateZaak_Lk01",
        lambda door, n: modification(new(door), rol_empty("heeftBetrekkingOp", "T") * n, _clienten(n)),
    ),
    "een rol die er is": (
        "updateZaak_Lk01",
        lambda door, n: modification(
            new(door, relaties=INITIATOR + rol("heeftAlsUitvoerende", mdw("m1"))),
            "",
            rol("heeftAlsUitvoerende", mdw("m1")) * n,
        ),
    ),
    "een andere zaak": (
        "updateZaak_Lk01",
        lambda door, n: modification(new(door), "", other("heeftBetrekkingOpAndere", new(door)) * n),
    ),
    "onbekende elementen": (
        "creeerZaak_Lk01",
        lambda _, n: lk01("T", zaak(new_number(), elementen="<ZKN:onzin/>" * n)),
    ),
    "namespaces": (
        "creeerZaak_Lk01",
        lambda _, n: lk01("T", zaak(new_number(), elementen="".join(f'<x xmlns="urn:{k}" a="b"/>' for k in range(n)))),
    ),
    "objecten": ("creeerZaak_Lk01", lambda _, n: lk01("T", zaak(new_number()) + "<ZKN:object/>" * n)),
    "scope": ("zakLv01", lambda _, n: lv01(sleutel("1900X1"), "<ZKN:omschrijving/>" * n)),
    "criteria": ("zakLv01", lambda _, n: lv01("<ZKN:omschrijving>x</ZKN:omschrijving>" * n)),
}


@pytest.mark.parametrize("zender", ["GWS4all", "WmoVoorziening"], ids=["soepel", "streng"])
@pytest.mark.parametrize("soort", _SOORTEN)
def test_twice_the_message_is_twice_the_work(door: Door, soort: str, zender: str) -> None:
    dienst, make = _SOORTEN[soort]
    counts = []
    for size in (150, 150, 300):  # the first fills what is made once
        data = envelope(make(door, size).replace("GWS4all", zender))
        with cProfile.Profile() as meting:
            answer = door.post(data, SOAPAction=f'"{ACTIE}{dienst}"')
        assert b"verwijzing" not in answer.data
        counts.append(pstats.Stats(meting).total_calls)  # type: ignore[attr-defined]
    assert counts[2] < 2.5 * counts[1]


class _Counted(int):
    """An id that counts how often it is compared or looked up, which a profiler does not see."""

    keren = 0

    def __hash__(self) -> int:
        type(self).keren += 1
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        type(self).keren += 1
        return int.__eq__(self, other)


def test_statuses_that_go_are_each_looked_up_a_few_times(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    class _Read:
        @staticmethod
        def run(connection: Connection, parameters: dict[str, object]) -> SimpleNamespace:
            rows = echt.run(connection, parameters).mappings().all()
            return SimpleNamespace(mappings=lambda: [{**row, "id": _Counted(row["id"])} for row in rows])

    echt = statuses._READ
    monkeypatch.setattr(statuses, "_READ", _Read)
    count = 300
    moments = [f"{20260101120000000 + n}" for n in range(count)]
    number = new(door, after="".join(status(1, moment) for moment in moments))
    _Counted.keren = 0
    gone = "".join(status(1, moment, "V") for moment in moments[1:])
    door.succeeded("updateZaak_Lk01", modification(number, gone, ""))
    assert 0 < _Counted.keren < 20 * count


@pytest.mark.parametrize("element", ["omschrijving", "identificatie"])
def test_a_value_that_no_index_takes_is_told_as_what_it_is(door: Door, element: str) -> None:
    """A sender whose messages need not meet the schema may send a text of any length."""
    text = "".join(f"{n:x}" for n in range(20_000))
    for_ = door.counts()
    bericht = lk01("T", zaak("1900X1")).replace(f"</ZKN:{element}>", f"{text}</ZKN:{element}>", 1)
    code, details = door.fout("creeerZaak_Lk01", bericht)
    assert code == "StUF055"
    assert "lang" in details
    assert door.counts() == for_


def _plans(door: Door, datum: str, count: int, clienten: int = 20) -> list[str]:
    return sorted(new(door, start=datum, relaties=_clienten(clienten) + INITIATOR) for _ in range(count))


def _question(door: Door, datum: str, maximum: int, start: str = "") -> etree._Element:
    gelijk = f"<ZKN:startdatum>{datum}</ZKN:startdatum>"
    continuation = f"<StUF:indicatorVervolgvraag>{'true' if start else 'false'}</StUF:indicatorVervolgvraag>"
    parameters = f"{continuation}<StUF:maximumAantal>{maximum}</StUF:maximumAantal>"
    count = "<StUF:indicatorAantal>true</StUF:indicatorAantal>"
    from_ = f'<ZKN:start><ZKN:object StUF:entiteittype="ZAK">{sleutel(start)}</ZKN:object></ZKN:start>' if start else ""
    bericht = lv01(
        gelijk, 'StUF:scope="alles"', parameters=parameters + count, sortering=1, rest=f"{from_}<!--scope-->"
    )
    return door.succeeded("zakLv01", bericht)


_NUMBERS = "//z:antwoord/z:object/z:identificatie"


def test_an_answer_that_grows_too_large_stops_and_goes_on_with_a_vervolgvraag(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StUF 03.01, 6.4.1: who cannot give as many as was asked gives what he can, and says so."""
    datum = "20770101"
    plans = _plans(door, datum, 5)
    assert texts(_question(door, datum, 10), _NUMBERS) == plans
    monkeypatch.setattr(loading, "MAX_ANSWER", 18_000)
    got: list[str] = []
    while True:
        answer = _question(door, datum, 10, start=got[-1] if got else "")
        assert len(etree.tostring(answer)) < 10 * loading.MAX_ANSWER
        added = texts(answer, _NUMBERS)
        assert 0 < len(added) < 5
        # A vervolgvraag counts those that come from there on.
        assert texts(answer, "//s:aantalVoorkomens") == [str(5 - len(got))]
        got += added
        if texts(answer, "//s:indicatorVervolgvraag") == ["false"]:
            break
        assert texts(answer, "//z:melding") == ["StUF0002: Meer objecten gevraagd dan teruggegeven"]
    assert got == plans


def test_what_hangs_on_related_zaken_counts_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    datum = "20770201"
    plans = _plans(door, datum, 4)
    hoofden = sorted(
        new(door, start="20770202", relaties=INITIATOR, after=other("heeftBetrekkingOpAndere", plan)) for plan in plans
    )
    monkeypatch.setattr(loading, "MAX_ANSWER", 18_000)
    answer = _question(door, "20770202", 10)
    assert 0 < len(added := texts(answer, _NUMBERS)) < 4
    assert added == hoofden[: len(added)]
    assert texts(answer, "//s:indicatorVervolgvraag") == ["true"]


def test_a_zaak_that_no_answer_can_hold_is_refused_with_what_to_leave_out(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    [number] = _plans(door, "20770301", 1)
    monkeypatch.setattr(loading, "MAX_ZAAK", 5_000)
    for dienst in ("geefZaakdetails_Lv01", "zakLv01"):
        code, details = door.fout(dienst, lv01(sleutel(number), 'StUF:scope="alles"'))
        assert code == "StUF058"
        assert "vraag in scope minder" in details
        assert "heeftBetrekkingOp" in details
    assert texts(details_of(door, number, "<ZKN:omschrijving/>"), "//z:object/z:omschrijving") == ["Zaak"]


@pytest.mark.parametrize("few", [True, False])
def test_what_is_measured_is_made_once(door: Door, few: bool) -> None:
    """A planner that flattens the query makes each text of a zaak twice: to measure it, and to give it."""
    text = loading._command("z.id", ("relaties",), UNBOUNDED.kinds, few=few)._sql.replace("%(", ":").replace(")s", "")
    command = Sql(f"EXPLAIN {text}")
    with door.engine.connect() as connection:
        question = {"ids": [1, 2], "ruimte": 1, "objectrelaties": ["heeftBetrekkingOp"]}
        plan = "\n".join(command.run(connection, question).scalars())
    assert plan.count("on zaak_relatie") == 1, plan


def test_many_zaken_take_a_statement_for_fifty_of_them(door: Door) -> None:
    datum = "20770401"
    plans = _plans(door, datum, 51, clienten=1)
    with count_statements() as counter:
        assert texts(_question(door, datum, 100), _NUMBERS) == plans
    assert counter.aantal <= 6  # one is the look in the read log


@pytest.mark.parametrize(
    ("gelijk", "fits"),
    [
        ('<ZKN:omschrijving StUF:exact="false">{}</ZKN:omschrijving>'.format("é" * 1000), True),
        ('<ZKN:omschrijving StUF:exact="false">{}</ZKN:omschrijving>'.format("é" * 1001), False),
        ('<ZKN:omschrijving StUF:exact="0">{}</ZKN:omschrijving>'.format("%" * 100_000), False),
        ('<ZKN:omschrijving StUF:exact="false">a</ZKN:omschrijving>' * 10, True),
        ('<ZKN:omschrijving StUF:exact="false">a</ZKN:omschrijving>' * 11, False),
    ],
)
def test_what_is_looked_for_in_part_is_bounded_for_everyone(door: Door, gelijk: str, fits: bool) -> None:
    """A sender whose messages need not meet the schema may ask a text of any length, any number of times."""
    answer = door.send("zakLv01", lv01(gelijk, 'StUF:scope="kerngegevens"'))
    assert texts(answer, "//s:code") == ([] if fits else ["StUF055"])
    assert fits or "ten hoogste" in "".join(texts(answer, "//s:details"))

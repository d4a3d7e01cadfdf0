"""Messages at the same moment: each is done once and whole, and none waits for one that waits for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.berichten.bouw import ACTIE, envelope, lk01, mdw, new_number, nps, obj, other, rol, status, texts, zaak
from tests.diensten.stappen import INITIATOR, element, modification, new, sleutel
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem.stuf.xml import parse

TEGELIJK = 12
"""As many at once as there are threads; the doors of the tests have more connections."""


def _send(door: Door, dienst: str, bericht: str) -> bytes:
    """POST on a client of this thread alone; the answer as bytes."""
    client = Client(door.client.application)
    head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    return client.post("/", data=envelope(bericht), headers=head, buffered=True).data


def tegelijk(door: Door, berichten: Sequence[tuple[str, str]]) -> list[bytes]:
    """Send messages, as (dienst, message), TEGELIJK at a time and released together; the answers in their order."""
    slagboom = Barrier(min(TEGELIJK, len(berichten)))

    def one(pair: tuple[str, str], first: bool) -> bytes:
        if first:
            slagboom.wait(30)
        return _send(door, *pair)

    with ThreadPoolExecutor(TEGELIJK) as threads:
        work = [threads.submit(one, pair, place < slagboom.parties) for place, pair in enumerate(berichten)]
        return [one_work.result(60) for one_work in work]


def outcome(answer: bytes) -> str:
    """Bv03 or the code of the fault."""
    tree = parse(answer)
    return next(iter(texts(tree, "//s:code")), "") or "".join(texts(tree, "//s:berichtcode"))


@pytest.fixture
def without_conflict(capsys: pytest.CaptureFixture[str]) -> Callable[[], None]:
    """Check that no message had to be done again (after a deadlock it would be, and its sender would not see it)."""

    def check() -> None:
        assert "bericht_opnieuw" not in capsys.readouterr().out

    return check


def test_sixty_changes_of_one_zaak_are_all_applied(door: Door, without_conflict: Callable[[], None]) -> None:
    number = new(door, after=status(1, "20250101"))

    def wordt(i: int) -> str:
        who = rol("heeftAlsBelanghebbende", mdw(f"zestig{i:02d}"))
        return f"<ZKN:toelichting>{i}</ZKN:toelichting>{who}{status(1 + i % 2, f'202602{1 + i % 28:02d}{i // 28:02d}')}"

    berichten = [("updateZaak_Lk01", modification(number, "", wordt(i))) for i in range(60)]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 60}
    assert len(set(element(door, number, "z:heeftAlsBelanghebbende//z:identificatie"))) == 60
    dates = element(door, number, "z:heeft/z:datumStatusGezet")
    assert len(dates) == 61
    assert element(door, number, "z:heeft[z:indicatieLaatsteStatus='J']/z:datumStatusGezet") == [max(dates)]
    assert element(door, number, "z:toelichting")[0] in {str(i) for i in range(60)}
    without_conflict()


def test_the_last_of_many_equal_moments_is_one(door: Door) -> None:
    number = new(door, after=status(1, "20250101"))
    reason = "<ZKN:toelichting>{}</ZKN:toelichting>"
    berichten = [
        (
            "actualiseerZaakstatus_Lk01",
            modification(number, "", status(1 + i % 2, "20260201", extra=reason.format(i))),
        )
        for i in range(24)
    ]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 24}
    order = element(door, number, "z:heeft/z:toelichting")
    assert len(order) == 25
    assert element(door, number, "z:heeft[z:indicatieLaatsteStatus='J']/z:toelichting") == order[-1:]


@pytest.mark.parametrize("round_", range(5))
def test_of_creations_of_one_zaak_one_succeeds(door: Door, round_: int) -> None:
    number = new_number()
    for_ = door.counts()
    berichten = [
        ("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rol("heeftAlsInitiator", mdw(f"r{round_}-{i}")))))
        for i in range(6)
    ]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 1, "StUF067": 5}
    after = door.counts()
    difference = {table: after[table] - for_[table] for table in after}
    one_of_elk = {
        "bericht": 1,
        "zaak": 1,
        "object": 1,
        "zaak_relatie": 1,
        "zaak_status": 1,
        "audit": 1,
        "zaak_zaak": 0,
    }
    assert difference == one_of_elk, "of the others nothing is left"


def test_one_message_twelve_times_at_once_is_one_message(door: Door) -> None:
    number, ref = new_number(), f"twaalf{new_number()}"
    answers = tegelijk(door, [("creeerZaak_Lk01", lk01("T", zaak(number), ref=ref))] * 12)
    assert Counter(map(outcome, answers)) == {"Bv03": 12}
    assert len(set(answers)) == 1, "the same answer, to the byte"
    with door.engine.connect() as connection:
        question = "SELECT count(*) FROM audit a JOIN zaak z ON z.id = a.zaak_id WHERE identificatie = %s"
        assert connection.exec_driver_sql(question, (number,)).scalar_one() == 1


def test_new_people_named_in_opposite_order_wait_for_nobody(door: Door, without_conflict: Callable[[], None]) -> None:
    def bericht(order: Sequence[int], round_: int) -> tuple[str, str]:
        who = "".join(rol("heeftAlsBelanghebbende", mdw(f"om{round_}-{i}")) for i in order)
        return "creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=who + INITIATOR))

    ahead = range(40)
    berichten = [bericht(side, round_) for round_ in range(12) for side in (ahead, ahead[::-1])]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 24}
    with door.engine.connect() as connection:
        question = "SELECT count(*), count(DISTINCT sleutel) FROM object WHERE sleutel LIKE 'medewerker:om%%'"
        assert tuple(connection.exec_driver_sql(question).one()) == (480, 480)
    without_conflict()


def test_zaken_that_refer_to_each_other_wait_for_nobody(door: Door, without_conflict: Callable[[], None]) -> None:
    one, twee = new(door), new(door)

    def bericht(zelf: str, otherwise: str, i: int) -> tuple[str, str]:
        """With people on both sides, in opposite order: as a role and as who set the status."""
        a, b = (f"kruis{i}a", f"kruis{i}b") if zelf == one else (f"kruis{i}b", f"kruis{i}a")
        setter = (
            '<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T">'
            f"<ZKN:gerelateerde>{mdw(b)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"
        )
        heeft = status(1, f"2026030{1 + i % 9}").replace("</ZKN:heeft>", setter)
        wordt = rol("heeftAlsBelanghebbende", mdw(a)) + other("heeftBetrekkingOpAndere", otherwise) + heeft
        return "updateZaak_Lk01", modification(zelf, "", wordt)

    berichten = [bericht(*side, i) for i in range(15) for side in ((one, twee), (twee, one))]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 30}
    path = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert (element(door, one, path), element(door, twee, path)) == ([twee], [one])
    without_conflict()


def test_deelplannen_are_registered_while_their_plan_changes(door: Door, without_conflict: Callable[[], None]) -> None:
    plan = new(door)
    parts = [new_number() for _ in range(12)]
    nieuwe = [
        ("creeerZaak_Lk01", lk01("T", zaak(part, relaties=INITIATOR + other("heeftBetrekkingOpAndere", plan))))
        for part in parts
    ]
    others = [("updateZaak_Lk01", modification(plan, "", f"<ZKN:toelichting>{i}</ZKN:toelichting>")) for i in range(12)]
    berichten = [bericht for pair in zip(nieuwe, others, strict=True) for bericht in pair]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 24}
    assert sorted(element(door, plan, "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie")) == sorted(parts)
    without_conflict()


def test_an_unknown_zaaktype_named_by_many_at_once_is_taken_over_once(
    make_door: Callable[..., Door], without_conflict: Callable[[], None]
) -> None:
    clear = make_door(
        **{
            'onbekend_zaaktype = "weigeren"': 'onbekend_zaaktype = "overnemen"',
            'onbekende_status = "weigeren"': 'onbekende_status = "overnemen"',
        }
    )
    stt = "<ZKN:omschrijving>Samen</ZKN:omschrijving>"
    who = rol("heeftAlsInitiator", nps("999990378"))
    berichten = [
        ("creeerZaak_Lk01", lk01("T", zaak(new_number(), "SAMEN", relaties=who, after=status("", "20260301", stt=stt))))
        for _ in range(12)
    ]
    assert Counter(map(outcome, tegelijk(clear, berichten))) == {"Bv03": 12}
    with clear.engine.connect() as connection:
        question = (
            "SELECT count(DISTINCT z.id), count(s.id) FROM zaaktype z JOIN statustype s ON s.zaaktype_id = z.id "
            "WHERE z.code = 'SAMEN'"
        )
        assert tuple(connection.exec_driver_sql(question).one()) == (1, 1)
    without_conflict()
    make_door()


def test_a_change_of_a_zaak_that_is_being_registered_finds_it_or_not(door: Door) -> None:
    number = new_number()
    modification_ = lk01("W", obj(sleutel(number) + "<ZKN:toelichting>x</ZKN:toelichting>", "W"))
    berichten = [("creeerZaak_Lk01", lk01("T", zaak(number))), ("updateZaak_Lk01", modification_)]
    first, second = map(outcome, tegelijk(door, berichten))
    assert first == "Bv03"
    assert second in {"Bv03", "StUF064"}
    assert element(door, number, "z:toelichting") == (["x"] if second == "Bv03" else [""])

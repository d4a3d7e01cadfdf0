"""A relation is kept once and told from two sides: of two messages at the same moment no change is lost."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text
from tests.berichten.bouw import NO, lk01, obj, other
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.conftest import wait_until
from tests.diensten import documentstappen
from tests.diensten.stappen import change, element, modification, new, sleutel
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.diensten.test_gelijktijdig import outcome, tegelijk, without_conflict
from tests.soap.conftest import Door

__all__ = ["without_conflict"]

NAAM = "heeftBetrekkingOpAndere"
_WACHTEN = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
""")


def _together(door: Door, table: str, berichten: Sequence[tuple[str, str]]) -> list[str]:
    """Send messages that all come to the rows of `table` before any of them goes on; the outcomes."""
    with ThreadPoolExecutor(1) as apart, door.engine.connect() as houdt, door.engine.connect() as looks:
        houdt.execute(text(f"SELECT FROM {table} FOR UPDATE"))
        answers = apart.submit(tegelijk, door, berichten)

        def wachten() -> bool:
            looks.rollback()
            return bool(looks.execute(_WACHTEN).scalar_one() == len(berichten))

        wait_until(wachten, "alle berichten bij de rij")
        houdt.rollback()
        return [outcome(answer) for answer in answers.result(60)]


def _with(otherwise: str, soort: str, begin: str, end: str) -> str:
    tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie>{end}</StUF:tijdvakRelatie>"
    return other(NAAM, otherwise, soort).replace(f"</ZKN:{NAAM}>", f"{tijdvak}</ZKN:{NAAM}>")


_NO_END = f"<StUF:eindRelatie {NO}/>"
_END = "<StUF:eindRelatie>20270101</StUF:eindRelatie>"


def _linked(door: Door) -> tuple[str, str]:
    one, twee = new(door), new(door)
    change(door, one, "", _with(twee, "T", "20260101", _NO_END))
    return one, twee


def _begin(zelf: str, otherwise: str) -> tuple[str, str]:
    was, wordt = (_with(otherwise, "W", begin, _NO_END) for begin in ("20260101", "20260202"))
    return "updateZaak_Lk01", modification(zelf, was, wordt)


def test_changes_of_one_coupling_from_both_sides_are_both_kept(
    door: Door, without_conflict: Callable[[], None]
) -> None:
    one, twee = _linked(door)
    einde = [_with(one, "W", "20260101", end) for end in (_NO_END, _END)]
    berichten = [_begin(one, twee), ("updateZaak_Lk01", modification(twee, *einde))]
    assert _together(door, "zaak_zaak", berichten) == ["Bv03", "Bv03"]
    for zaak in (one, twee):
        tijdvak = f"z:{NAAM}/s:tijdvakRelatie"
        assert element(door, zaak, f"{tijdvak}/s:beginRelatie") == ["20260202"]
        assert element(door, zaak, f"{tijdvak}/s:eindRelatie") == ["20270101"]
    without_conflict()


def test_a_change_of_a_coupling_that_the_other_side_ends_is_not_acknowledged(door: Door) -> None:
    """Or it was in time, and the other ended what had changed: never a change of nothing."""
    one, twee = _linked(door)
    gone = ("updateZaak_Lk01", modification(twee, other(NAAM, one, "E"), ""))
    modified, beeindigd = _together(door, "zaak_zaak", [_begin(one, twee), gone])
    assert beeindigd == "Bv03"
    assert element(door, one, f"z:{NAAM}/z:gerelateerde/z:identificatie") == []
    with door.engine.connect() as connection:
        kept = connection.execute(text("SELECT inhoud::text FROM zaak_zaak ORDER BY id DESC LIMIT 1")).scalar_one()
    assert modified == ("Bv03" if "20260202" in kept else "StUF064")


def test_changes_of_many_couplings_from_both_sides_wait_for_nobody(
    door: Door, without_conflict: Callable[[], None]
) -> None:
    zaken = [new(door) for _ in range(4)]
    for place, zelf in enumerate(zaken):
        for otherwise in zaken[place + 1 :]:
            change(door, zelf, "", _with(otherwise, "T", "20260101", _NO_END))

    def bericht(zelf: str, round_: int) -> tuple[str, str]:
        others = [otherwise for otherwise in zaken[:: 1 if round_ % 2 else -1] if otherwise != zelf]
        wordt = "".join(_with(otherwise, "W", f"202602{1 + round_:02d}", _NO_END) for otherwise in others)
        return "updateZaak_Lk01", modification(zelf, "", wordt)

    berichten = [bericht(zelf, round_) for round_ in range(6) for zelf in zaken]
    assert Counter(map(outcome, tegelijk(door, berichten))) == {"Bv03": 24}
    without_conflict()


def test_changes_of_a_document_at_a_zaak_from_both_sides_are_both_kept(
    door: Door, without_conflict: Callable[[], None]
) -> None:
    zaak = new(door)
    number = documentstappen.add(door, zaak)
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    titel = relevant(zaak, "W", "<ZKN:titel>Van het document</ZKN:titel>")
    description = heeft_relevant(number, "W").replace(
        "</ZKN:heeftRelevant>", "<ZKN:beschrijving>Van de zaak</ZKN:beschrijving></ZKN:heeftRelevant>"
    )
    of_zaak = lk01("W", obj(sleutel(zaak) + heeft_relevant(number, "W"), "W"), obj(sleutel(zaak) + description, "W"))
    berichten = [
        ("edcLk01", edc_lk01("W", edc(zelf + relevant(zaak, "W")), edc(zelf + titel))),
        ("updateZaak_Lk01", of_zaak),
    ]
    assert _together(door, "document_zaak", berichten) == ["Bv03", "Bv03"]
    assert documentstappen.element(door, number, "z:isRelevantVoor/z:titel") == ["Van het document"]
    assert documentstappen.element(door, number, "z:isRelevantVoor/z:beschrijving") == ["Van de zaak"]
    without_conflict()

"""A relation is kept once and told from two sides: of two messages at the same moment no change is lost."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text
from tests.berichten.bouw import GEEN, ander, lk01, obj
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.conftest import wacht_tot
from tests.diensten import documentstappen
from tests.diensten.stappen import element, nieuw, sleutel, wijzig, wijziging
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.diensten.test_gelijktijdig import tegelijk, uitkomst, zonder_conflict
from tests.soap.conftest import Deur

__all__ = ["zonder_conflict"]

NAAM = "heeftBetrekkingOpAndere"
_WACHTEN = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
""")


def _samen(deur: Deur, tabel: str, berichten: Sequence[tuple[str, str]]) -> list[str]:
    """Send messages that all come to the rows of `tabel` before any of them goes on; the outcomes."""
    with ThreadPoolExecutor(1) as apart, deur.motor.connect() as houdt, deur.motor.connect() as kijkt:
        houdt.execute(text(f"SELECT FROM {tabel} FOR UPDATE"))
        antwoorden = apart.submit(tegelijk, deur, berichten)

        def wachten() -> bool:
            kijkt.rollback()
            return bool(kijkt.execute(_WACHTEN).scalar_one() == len(berichten))

        wacht_tot(wachten, "alle berichten bij de rij")
        houdt.rollback()
        return [uitkomst(antwoord) for antwoord in antwoorden.result(60)]


def _met(anders: str, soort: str, begin: str, einde: str) -> str:
    tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie>{einde}</StUF:tijdvakRelatie>"
    return ander(NAAM, anders, soort).replace(f"</ZKN:{NAAM}>", f"{tijdvak}</ZKN:{NAAM}>")


_GEEN_EINDE = f"<StUF:eindRelatie {GEEN}/>"
_EINDE = "<StUF:eindRelatie>20270101</StUF:eindRelatie>"


def _gekoppeld(deur: Deur) -> tuple[str, str]:
    een, twee = nieuw(deur), nieuw(deur)
    wijzig(deur, een, "", _met(twee, "T", "20260101", _GEEN_EINDE))
    return een, twee


def _begin(zelf: str, anders: str) -> tuple[str, str]:
    was, wordt = (_met(anders, "W", begin, _GEEN_EINDE) for begin in ("20260101", "20260202"))
    return "updateZaak_Lk01", wijziging(zelf, was, wordt)


def test_changes_of_one_coupling_from_both_sides_are_both_kept(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    een, twee = _gekoppeld(deur)
    einde = [_met(een, "W", "20260101", eind) for eind in (_GEEN_EINDE, _EINDE)]
    berichten = [_begin(een, twee), ("updateZaak_Lk01", wijziging(twee, *einde))]
    assert _samen(deur, "zaak_zaak", berichten) == ["Bv03", "Bv03"]
    for zaak in (een, twee):
        tijdvak = f"z:{NAAM}/s:tijdvakRelatie"
        assert element(deur, zaak, f"{tijdvak}/s:beginRelatie") == ["20260202"]
        assert element(deur, zaak, f"{tijdvak}/s:eindRelatie") == ["20270101"]
    zonder_conflict()


def test_a_change_of_a_coupling_that_the_other_side_ends_is_not_acknowledged(deur: Deur) -> None:
    """Or it was in time, and the other ended what had changed: never a change of nothing."""
    een, twee = _gekoppeld(deur)
    weg = ("updateZaak_Lk01", wijziging(twee, ander(NAAM, een, "E"), ""))
    gewijzigd, beeindigd = _samen(deur, "zaak_zaak", [_begin(een, twee), weg])
    assert beeindigd == "Bv03"
    assert element(deur, een, f"z:{NAAM}/z:gerelateerde/z:identificatie") == []
    with deur.motor.connect() as verbinding:
        bewaard = verbinding.execute(text("SELECT inhoud::text FROM zaak_zaak ORDER BY id DESC LIMIT 1")).scalar_one()
    assert gewijzigd == ("Bv03" if "20260202" in bewaard else "StUF064")


def test_changes_of_many_couplings_from_both_sides_wait_for_nobody(
    deur: Deur, zonder_conflict: Callable[[], None]
) -> None:
    zaken = [nieuw(deur) for _ in range(4)]
    for plaats, zelf in enumerate(zaken):
        for anders in zaken[plaats + 1 :]:
            wijzig(deur, zelf, "", _met(anders, "T", "20260101", _GEEN_EINDE))

    def bericht(zelf: str, ronde: int) -> tuple[str, str]:
        anderen = [anders for anders in zaken[:: 1 if ronde % 2 else -1] if anders != zelf]
        wordt = "".join(_met(anders, "W", f"202602{1 + ronde:02d}", _GEEN_EINDE) for anders in anderen)
        return "updateZaak_Lk01", wijziging(zelf, "", wordt)

    berichten = [bericht(zelf, ronde) for ronde in range(6) for zelf in zaken]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 24}
    zonder_conflict()


def test_changes_of_a_document_at_a_zaak_from_both_sides_are_both_kept(
    deur: Deur, zonder_conflict: Callable[[], None]
) -> None:
    zaak = nieuw(deur)
    nummer = documentstappen.voeg_toe(deur, zaak)
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    titel = relevant(zaak, "W", "<ZKN:titel>Van het document</ZKN:titel>")
    beschrijving = heeft_relevant(nummer, "W").replace(
        "</ZKN:heeftRelevant>", "<ZKN:beschrijving>Van de zaak</ZKN:beschrijving></ZKN:heeftRelevant>"
    )
    van_zaak = lk01("W", obj(sleutel(zaak) + heeft_relevant(nummer, "W"), "W"), obj(sleutel(zaak) + beschrijving, "W"))
    berichten = [
        ("edcLk01", edc_lk01("W", edc(zelf + relevant(zaak, "W")), edc(zelf + titel))),
        ("updateZaak_Lk01", van_zaak),
    ]
    assert _samen(deur, "document_zaak", berichten) == ["Bv03", "Bv03"]
    assert documentstappen.element(deur, nummer, "z:isRelevantVoor/z:titel") == ["Van het document"]
    assert documentstappen.element(deur, nummer, "z:isRelevantVoor/z:beschrijving") == ["Van de zaak"]
    zonder_conflict()

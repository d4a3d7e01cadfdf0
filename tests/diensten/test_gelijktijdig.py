"""Messages at the same moment: each is done once and whole, and none waits for one that waits for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.berichten.bouw import ACTIE, ander, envelop, lk01, mdw, nieuw_nummer, nps, obj, rol, status, teksten, zaak
from tests.diensten.stappen import INITIATOR, element, nieuw, sleutel, wijziging
from tests.soap.conftest import Deur
from werkzeug.test import Client

from regiesysteem.stuf.xml import ontleed

TEGELIJK = 12
"""As many at once as there are threads; the doors of the tests have more connections."""


def _stuur(deur: Deur, dienst: str, bericht: str) -> bytes:
    """POST on a client of this thread alone; the answer as bytes."""
    client = Client(deur.client.application)
    kop = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    return client.post("/", data=envelop(bericht), headers=kop, buffered=True).data


def tegelijk(deur: Deur, berichten: Sequence[tuple[str, str]]) -> list[bytes]:
    """Send messages, as (dienst, message), TEGELIJK at a time and released together; the answers in their order."""
    slagboom = Barrier(min(TEGELIJK, len(berichten)))

    def een(paar: tuple[str, str], eerste: bool) -> bytes:
        if eerste:
            slagboom.wait(30)
        return _stuur(deur, *paar)

    with ThreadPoolExecutor(TEGELIJK) as threads:
        werk = [threads.submit(een, paar, plaats < slagboom.parties) for plaats, paar in enumerate(berichten)]
        return [een_werk.result(60) for een_werk in werk]


def uitkomst(antwoord: bytes) -> str:
    """Bv03 or the code of the fault."""
    boom = ontleed(antwoord)
    return next(iter(teksten(boom, "//s:code")), "") or "".join(teksten(boom, "//s:berichtcode"))


@pytest.fixture
def zonder_conflict(capsys: pytest.CaptureFixture[str]) -> Callable[[], None]:
    """Check that no message had to be done again (after a deadlock it would be, and its sender would not see it)."""

    def controleer() -> None:
        assert "bericht_opnieuw" not in capsys.readouterr().out

    return controleer


def test_sixty_changes_of_one_zaak_are_all_applied(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    nummer = nieuw(deur, na=status(1, "20250101"))

    def wordt(i: int) -> str:
        wie = rol("heeftAlsBelanghebbende", mdw(f"zestig{i:02d}"))
        return f"<ZKN:toelichting>{i}</ZKN:toelichting>{wie}{status(1 + i % 2, f'202602{1 + i % 28:02d}{i // 28:02d}')}"

    berichten = [("updateZaak_Lk01", wijziging(nummer, "", wordt(i))) for i in range(60)]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 60}
    assert len(set(element(deur, nummer, "z:heeftAlsBelanghebbende//z:identificatie"))) == 60
    datums = element(deur, nummer, "z:heeft/z:datumStatusGezet")
    assert len(datums) == 61
    assert element(deur, nummer, "z:heeft[z:indicatieLaatsteStatus='J']/z:datumStatusGezet") == [max(datums)]
    assert element(deur, nummer, "z:toelichting")[0] in {str(i) for i in range(60)}
    zonder_conflict()


def test_the_last_of_many_equal_moments_is_one(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20250101"))
    reden = "<ZKN:toelichting>{}</ZKN:toelichting>"
    berichten = [
        (
            "actualiseerZaakstatus_Lk01",
            wijziging(nummer, "", status(1 + i % 2, "20260201", extra=reden.format(i))),
        )
        for i in range(24)
    ]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 24}
    volgorde = element(deur, nummer, "z:heeft/z:toelichting")
    assert len(volgorde) == 25
    assert element(deur, nummer, "z:heeft[z:indicatieLaatsteStatus='J']/z:toelichting") == volgorde[-1:]


@pytest.mark.parametrize("ronde", range(5))
def test_of_creations_of_one_zaak_one_succeeds(deur: Deur, ronde: int) -> None:
    nummer = nieuw_nummer()
    voor = deur.aantallen()
    berichten = [
        ("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=rol("heeftAlsInitiator", mdw(f"r{ronde}-{i}")))))
        for i in range(6)
    ]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 1, "StUF067": 5}
    na = deur.aantallen()
    verschil = {tabel: na[tabel] - voor[tabel] for tabel in na}
    een_van_elk = {
        "bericht": 1,
        "zaak": 1,
        "object": 1,
        "zaak_relatie": 1,
        "zaak_status": 1,
        "audit": 1,
        "zaak_zaak": 0,
    }
    assert verschil == een_van_elk, "of the others nothing is left"


def test_one_message_twelve_times_at_once_is_one_message(deur: Deur) -> None:
    nummer, ref = nieuw_nummer(), f"twaalf{nieuw_nummer()}"
    antwoorden = tegelijk(deur, [("creeerZaak_Lk01", lk01("T", zaak(nummer), ref=ref))] * 12)
    assert Counter(map(uitkomst, antwoorden)) == {"Bv03": 12}
    assert len(set(antwoorden)) == 1, "the same answer, to the byte"
    with deur.motor.connect() as verbinding:
        vraag = "SELECT count(*) FROM audit a JOIN zaak z ON z.id = a.zaak_id WHERE identificatie = %s"
        assert verbinding.exec_driver_sql(vraag, (nummer,)).scalar_one() == 1


def test_new_people_named_in_opposite_order_wait_for_nobody(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    def bericht(volgorde: Sequence[int], ronde: int) -> tuple[str, str]:
        wie = "".join(rol("heeftAlsBelanghebbende", mdw(f"om{ronde}-{i}")) for i in volgorde)
        return "creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), relaties=wie + INITIATOR))

    vooruit = range(40)
    berichten = [bericht(kant, ronde) for ronde in range(12) for kant in (vooruit, vooruit[::-1])]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 24}
    with deur.motor.connect() as verbinding:
        vraag = "SELECT count(*), count(DISTINCT sleutel) FROM object WHERE sleutel LIKE 'medewerker:om%%'"
        assert tuple(verbinding.exec_driver_sql(vraag).one()) == (480, 480)
    zonder_conflict()


def test_zaken_that_refer_to_each_other_wait_for_nobody(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    een, twee = nieuw(deur), nieuw(deur)

    def bericht(zelf: str, anders: str, i: int) -> tuple[str, str]:
        """With people on both sides, in opposite order: as a role and as who set the status."""
        a, b = (f"kruis{i}a", f"kruis{i}b") if zelf == een else (f"kruis{i}b", f"kruis{i}a")
        zetter = (
            '<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T">'
            f"<ZKN:gerelateerde>{mdw(b)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"
        )
        heeft = status(1, f"2026030{1 + i % 9}").replace("</ZKN:heeft>", zetter)
        wordt = rol("heeftAlsBelanghebbende", mdw(a)) + ander("heeftBetrekkingOpAndere", anders) + heeft
        return "updateZaak_Lk01", wijziging(zelf, "", wordt)

    berichten = [bericht(*kant, i) for i in range(15) for kant in ((een, twee), (twee, een))]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 30}
    pad = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert (element(deur, een, pad), element(deur, twee, pad)) == ([twee], [een])
    zonder_conflict()


def test_deelplannen_are_registered_while_their_plan_changes(deur: Deur, zonder_conflict: Callable[[], None]) -> None:
    plan = nieuw(deur)
    delen = [nieuw_nummer() for _ in range(12)]
    nieuwe = [
        ("creeerZaak_Lk01", lk01("T", zaak(deel, relaties=INITIATOR + ander("heeftBetrekkingOpAndere", plan))))
        for deel in delen
    ]
    andere = [("updateZaak_Lk01", wijziging(plan, "", f"<ZKN:toelichting>{i}</ZKN:toelichting>")) for i in range(12)]
    berichten = [bericht for paar in zip(nieuwe, andere, strict=True) for bericht in paar]
    assert Counter(map(uitkomst, tegelijk(deur, berichten))) == {"Bv03": 24}
    assert sorted(element(deur, plan, "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie")) == sorted(delen)
    zonder_conflict()


def test_an_unknown_zaaktype_named_by_many_at_once_is_taken_over_once(
    maak_deur: Callable[..., Deur], zonder_conflict: Callable[[], None]
) -> None:
    ruim = maak_deur(
        **{
            'onbekend_zaaktype = "weigeren"': 'onbekend_zaaktype = "overnemen"',
            'onbekende_status = "weigeren"': 'onbekende_status = "overnemen"',
        }
    )
    stt = "<ZKN:omschrijving>Samen</ZKN:omschrijving>"
    wie = rol("heeftAlsInitiator", nps("999990378"))
    berichten = [
        ("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), "SAMEN", relaties=wie, na=status("", "20260301", stt=stt))))
        for _ in range(12)
    ]
    assert Counter(map(uitkomst, tegelijk(ruim, berichten))) == {"Bv03": 12}
    with ruim.motor.connect() as verbinding:
        vraag = (
            "SELECT count(DISTINCT z.id), count(s.id) FROM zaaktype z JOIN statustype s ON s.zaaktype_id = z.id "
            "WHERE z.code = 'SAMEN'"
        )
        assert tuple(verbinding.exec_driver_sql(vraag).one()) == (1, 1)
    zonder_conflict()
    maak_deur()


def test_a_change_of_a_zaak_that_is_being_registered_finds_it_or_not(deur: Deur) -> None:
    nummer = nieuw_nummer()
    wijziging_ = lk01("W", obj(sleutel(nummer) + "<ZKN:toelichting>x</ZKN:toelichting>", "W"))
    berichten = [("creeerZaak_Lk01", lk01("T", zaak(nummer))), ("updateZaak_Lk01", wijziging_)]
    eerste, tweede = map(uitkomst, tegelijk(deur, berichten))
    assert eerste == "Bv03"
    assert tweede in {"Bv03", "StUF064"}
    assert element(deur, nummer, "z:toelichting") == (["x"] if tweede == "Bv03" else [""])

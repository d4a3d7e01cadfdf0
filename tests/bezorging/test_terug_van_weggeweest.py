"""A receiver that was away for a while gets all that waited, in order per zaak, and no storm."""

from collections import defaultdict
from pathlib import Path

from tests.berichten.bouw import new_number
from tests.bezorging.ontvangst import Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wait_until

ZAKEN, PER_ZAAK = 600, 4
TEGELIJK = 3
GEBEURTENISSEN = f"""
    INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
    SELECT 'ELDERS' || nr % {ZAKEN}, 'Update zaak', 'Bron', nr,
           jsonb_build_object('code', 'B1026', 'omschrijving', nr::text)
    FROM generate_series(1, {ZAKEN * PER_ZAAK}) nr ORDER BY nr
"""


def test_thousands_wait_and_then_come_in_order_so_many_at_a_time(
    make_opstelling: MakeOpstelling, tmp_path: Path
) -> None:
    map_ = tmp_path / "Weg"
    map_.mkdir()
    gone = Reception(map_)
    regie = make_opstelling(
        applicatie("Weg", gone.adres, f"tegelijk = {TEGELIJK}"),
        abonnement("Weg", 'zaaktype = "B1026"'),
        REGIE_NOTIFICATIE_PAUZE="3",
    )
    regie.change(GEBEURTENISSEN)
    regie.creeer(new_number())
    count = ZAKEN * PER_ZAAK + 1
    wait_until(lambda: regie.states("Weg") == {"wacht": count}, "alles wacht", logboek=regie.logboek)
    [(fouten, rest)] = _rest(regie)
    assert fouten >= 5
    assert rest
    [(attempts,)] = regie.sql("SELECT sum(pogingen) FROM notificatie")
    assert attempts <= 30, "a receiver that is away costs a try now and then"
    gone.start()
    try:
        wait_until(lambda: regie.states("Weg") == {"bezorgd": count}, "alles bezorgd", 300, regie.logboek)
    finally:
        gone.dood()
    per_zaak = defaultdict[str, list[str]](list)
    for one in gone.received():
        per_zaak[one.zaak].append(one.bericht.partition("omschrijving>")[2].partition("<")[0])
    assert sum(map(len, per_zaak.values())) == count
    for number in range(ZAKEN):
        expected = [str(nr) for nr in range(number or ZAKEN, ZAKEN * PER_ZAAK + 1, ZAKEN)]
        assert per_zaak[f"ELDERS{number}"] == expected
    assert max(one.gelijk for one in gone.received()) <= TEGELIJK


def _rest(regie: Opstelling) -> list[tuple[int, bool]]:
    question = "SELECT fouten, rust_tot IS NOT NULL FROM ontvanger WHERE applicatie = 'Weg'"
    return [(int(str(fouten)), bool(rest)) for fouten, rest in regie.sql(question)]

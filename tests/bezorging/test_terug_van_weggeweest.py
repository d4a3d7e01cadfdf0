"""A receiver that was away for a while gets all that waited, in order per zaak, and no storm."""

from collections import defaultdict
from pathlib import Path

from tests.berichten.bouw import nieuw_nummer
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wacht_tot

ZAKEN, PER_ZAAK = 600, 4
TEGELIJK = 3
GEBEURTENISSEN = f"""
    INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
    SELECT 'ELDERS' || nr % {ZAKEN}, 'Update zaak', 'Bron', nr,
           jsonb_build_object('code', 'B1026', 'omschrijving', nr::text)
    FROM generate_series(1, {ZAKEN * PER_ZAAK}) nr ORDER BY nr
"""


def test_thousands_wait_and_then_come_in_order_so_many_at_a_time(
    maak_opstelling: MaakOpstelling, tmp_path: Path
) -> None:
    map_ = tmp_path / "Weg"
    map_.mkdir()
    weg = Ontvangst(map_)
    regie = maak_opstelling(
        applicatie("Weg", weg.adres, f"tegelijk = {TEGELIJK}"),
        abonnement("Weg", 'zaaktype = "B1026"'),
        REGIE_NOTIFICATIE_PAUZE="3",
    )
    regie.wijzig(GEBEURTENISSEN)
    regie.creeer(nieuw_nummer())
    aantal = ZAKEN * PER_ZAAK + 1
    wacht_tot(lambda: regie.standen("Weg") == {"wacht": aantal}, "alles wacht", logboek=regie.logboek)
    [(fouten, rust)] = _rust(regie)
    assert fouten >= 5
    assert rust
    [(pogingen,)] = regie.sql("SELECT sum(pogingen) FROM notificatie")
    assert pogingen <= 30, "a receiver that is away costs a try now and then"
    weg.start()
    try:
        wacht_tot(lambda: regie.standen("Weg") == {"bezorgd": aantal}, "alles bezorgd", 300, regie.logboek)
    finally:
        weg.dood()
    per_zaak = defaultdict[str, list[str]](list)
    for een in weg.ontvangen():
        per_zaak[een.zaak].append(een.bericht.partition("omschrijving>")[2].partition("<")[0])
    assert sum(map(len, per_zaak.values())) == aantal
    for nummer in range(ZAKEN):
        verwacht = [str(nr) for nr in range(nummer or ZAKEN, ZAKEN * PER_ZAAK + 1, ZAKEN)]
        assert per_zaak[f"ELDERS{nummer}"] == verwacht
    assert max(een.gelijk for een in weg.ontvangen()) <= TEGELIJK


def _rust(regie: Opstelling) -> list[tuple[int, bool]]:
    vraag = "SELECT fouten, rust_tot IS NOT NULL FROM ontvanger WHERE applicatie = 'Weg'"
    return [(int(str(fouten)), bool(rust)) for fouten, rust in regie.sql(vraag)]
